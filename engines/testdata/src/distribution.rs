//! Histograms, box plots, trends, and one site against another

use serde::Serialize;

use crate::gauge::{OneWay, one_way};
use crate::kernels::{QuantileMethod, Summary, correlation, f_tail, quantile, sorted, summary};

/// Counts in bins of equal width
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Histogram {
    /// Left edge of the first bin
    pub start: f64,
    /// Width of a bin
    pub width: f64,
    /// Values in each bin; the last bin includes its right edge
    pub counts: Vec<usize>,
}

/// Bin width by Freedman and Diaconis (2 IQR / ∛n), between 5 and 60 bins; `None` without values
pub fn histogram(values: &[f64]) -> Option<Histogram> {
    histogram_of_sorted(&sorted(values))
}

/// See [`histogram`], of values in ascending order
pub fn histogram_of_sorted(sorted: &[f64]) -> Option<Histogram> {
    let (min, max) = (*sorted.first()?, *sorted.last()?);
    let spread =
        quantile(sorted, 0.75, QuantileMethod::Inclusive)? - quantile(sorted, 0.25, QuantileMethod::Inclusive)?;
    let ideal = 2.0 * spread / (sorted.len() as f64).cbrt();
    let bins = if ideal > 0.0 { ((max - min) / ideal).ceil().clamp(5.0, 60.0) as usize } else { 5 };
    let width = if max > min { (max - min) / bins as f64 } else { 1.0 };
    let mut counts = vec![0; bins];
    for value in sorted {
        counts[(((value - min) / width) as usize).min(bins - 1)] += 1;
    }
    Some(Histogram { start: min, width, counts })
}

/// Tukey's box: quartiles, whiskers to the outermost values within 1.5 IQR, values beyond
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BoxPlot {
    /// Quartiles (type 7)
    pub quartiles: [f64; 3],
    /// Ends of the whiskers
    pub whiskers: [f64; 2],
    /// Values beyond the whiskers
    pub beyond: Vec<f64>,
}

/// `None` without values
pub fn box_plot(values: &[f64]) -> Option<BoxPlot> {
    let sorted = sorted(values);
    let at = |p| quantile(&sorted, p, QuantileMethod::Inclusive);
    let quartiles = [at(0.25)?, at(0.5)?, at(0.75)?];
    let reach = 1.5 * (quartiles[2] - quartiles[0]);
    let inside = |value: &&f64| (quartiles[0] - reach..=quartiles[2] + reach).contains(*value);
    let whiskers = [*sorted.iter().find(inside)?, *sorted.iter().rev().find(inside)?];
    Some(BoxPlot { quartiles, whiskers, beyond: sorted.iter().filter(|value| !inside(value)).copied().collect() })
}

/// Sites compared on one test
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SiteComparison {
    /// Head, site, and its values
    pub sites: Vec<((u8, u8), Summary)>,
    /// Whether the sites' means differ: one-way analysis of variance
    pub difference: Option<OneWay>,
}

/// Compares sites; values are (head, site) and measurement
pub fn site_to_site(values: &[((u8, u8), f64)]) -> SiteComparison {
    let mut by_site: std::collections::BTreeMap<(u8, u8), Vec<f64>> = Default::default();
    for (site, value) in values {
        by_site.entry(*site).or_default().push(*value);
    }
    let sites = by_site.iter().filter_map(|(site, values)| Some((*site, summary(values)?))).collect();
    let groups: Vec<Vec<f64>> = by_site.into_values().collect();
    SiteComparison { sites, difference: one_way(&groups) }
}

/// A straight line through values in order of execution
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Trend {
    /// Change from one value to the next, by least squares
    pub slope: f64,
    /// The line's value at the first one
    pub start: f64,
    /// Share of variation that the line explains
    pub r_squared: f64,
    /// Probability of a steeper line when there is no trend (F test)
    pub p: f64,
}

/// `None` with fewer than three values or without variation
pub fn trend(values: &[f64]) -> Option<Trend> {
    let pairs: Vec<(f64, f64)> = values.iter().enumerate().map(|(index, value)| (index as f64, *value)).collect();
    let freedom = (pairs.len() as f64) - 2.0;
    let r = correlation(&pairs).filter(|_| freedom > 0.0)?;
    let all = summary(values)?;
    let places = summary(&pairs.iter().map(|(index, _)| *index).collect::<Vec<_>>())?;
    let slope = r * all.deviation / places.deviation;
    let r_squared = r * r;
    let p = if r_squared < 1.0 { f_tail(r_squared * freedom / (1.0 - r_squared), 1.0, freedom) } else { 0.0 };
    Some(Trend { slope, start: all.mean - slope * places.mean, r_squared, p })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_counted_once() {
        let values: Vec<f64> = (0..1000).map(|i| f64::from(i * i % 97)).collect();
        assert_eq!(histogram(&values).unwrap().counts.iter().sum::<usize>(), 1000);
        assert_eq!(histogram(&[3.0, 3.0]).unwrap().counts.iter().sum::<usize>(), 2);
    }

    #[test]
    fn a_line_is_found_and_noise_is_none() {
        let line = trend(&[1.0, 3.0, 5.0, 7.0]).unwrap();
        assert!((line.slope - 2.0).abs() < 1e-12 && (line.start - 1.0).abs() < 1e-12 && line.p < 1e-9);
        // By hand: x 0 to 4, y 2 1 3 1 2: slope 0, so r is 0 and every F is greater
        let none = trend(&[2.0, 1.0, 3.0, 1.0, 2.0]).unwrap();
        assert!(none.slope.abs() < 1e-12 && none.p > 0.999);
        assert_eq!(trend(&[1.0, 2.0]), None);
    }

    #[test]
    fn box_by_hand() {
        let plot = box_plot(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 50.0]).unwrap();
        assert_eq!((plot.quartiles, plot.whiskers, plot.beyond), ([3.25, 5.5, 7.75], [1.0, 9.0], vec![50.0]));
    }
}
