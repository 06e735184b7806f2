//! Forecast of a yearly value: a random walk with drift in its logarithm.
//!
//! Let *y* be the logarithms of *m* + 1 yearly values at years *t₀ < … < tₘ*, with *kᵢ = tᵢ − tᵢ₋₁* (1 when no
//! year is missing). The model is *yᵢ − yᵢ₋₁ ~ N(kᵢ·μ, kᵢ·σ²)*, independent. Its estimates are
//!
//! - drift *μ̂ = (yₘ − y₀) / T* with *T = tₘ − t₀*, whose variance is *σ²/T*;
//! - *σ̂² = Σ (yᵢ − yᵢ₋₁ − kᵢ·μ̂)² / kᵢ / (m − 1)*, with *m − 1* degrees of freedom.
//!
//! The value *h* years after *tₘ* has the mean *yₘ + h·μ̂* and the predictive variance *σ̂²·(h + h²/T)*: *h* for the
//! steps to come, *h²/T* because the drift itself is estimated. Standardised, it follows Student's t with *m − 1*
//! degrees of freedom exactly, so that a two-sided 80 % interval covers 80 % even with four points.
//! (The model: R. J. Hyndman and G. Athanasopoulos, *Forecasting: Principles and Practice*, drift method.)

use kernel::Year;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Fewer comparable points than this: no interval, no probability.
pub const FEWEST_POINTS: usize = 4;

/// One yearly value, in any unit, greater than zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Calendar year.
    pub year: Year,
    /// In the unit of the target.
    pub value: f64,
}

/// What can be said about the target year.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// Year by year after the last point up to the target year, for drawing the band.
    pub path: Vec<Projection>,
    /// P(value above the target) in the target year, 0 to 1.
    pub probability: f64,
    /// Yearly drift of the logarithm: 0.1 is about 10.5 % growth.
    pub drift: f64,
    /// Standard deviation of the logarithm's yearly step.
    pub deviation: f64,
    /// Comparable points used.
    pub points: usize,
}

/// The forecast for one year.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Projection {
    /// Calendar year.
    pub year: Year,
    /// Median.
    pub median: f64,
    /// Lower end of the 80 % interval: one in ten lies below.
    pub low: f64,
    /// Upper end of the 80 % interval: one in ten lies above.
    pub high: f64,
}

/// Why nothing can be said.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NoForecast {
    /// Too few comparable points.
    #[error("可比年度数据 {0} 个，少于 4 个，不给出区间和概率")]
    TooFewPoints(usize),
    /// Zero, negative or not a number.
    #[error("{0} 年的数值不大于零，不能取对数，不作预测")]
    NotPositive(Year),
    /// Two values for a year.
    #[error("{0} 年有不止一个数值，不作预测")]
    Repeated(Year),
    /// The target year is not after the last point.
    #[error("目标年度 {0} 已有数据，不再预测")]
    AlreadyMeasured(Year),
    /// Every year grew by the same rate.
    #[error("历年增速完全相同，无法估计波动，不给出区间和概率")]
    NoVariation,
}

/// Forecasts to the target year. Points in any order.
///
/// # Errors
/// The reason why nothing can be said, in words to show instead.
pub fn forecast(points: &[Point], target_year: Year, target: f64) -> Result<Forecast, NoForecast> {
    let mut points = points.to_vec();
    points.sort_by_key(|point| point.year);
    if let Some(point) = points.iter().find(|point| !(point.value.is_finite() && point.value > 0.0)) {
        return Err(NoForecast::NotPositive(point.year));
    }
    if let Some(pair) = points.windows(2).find(|pair| pair[0].year == pair[1].year) {
        return Err(NoForecast::Repeated(pair[0].year));
    }
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return Err(NoForecast::TooFewPoints(0));
    };
    if last.year >= target_year {
        return Err(NoForecast::AlreadyMeasured(target_year));
    }
    if points.len() < FEWEST_POINTS {
        return Err(NoForecast::TooFewPoints(points.len()));
    }
    let span = f64::from(last.year - first.year);
    let drift = (last.value.ln() - first.value.ln()) / span;
    let freedom = (points.len() - 2) as f64;
    let squares = points.windows(2).map(|pair| {
        let years = f64::from(pair[1].year - pair[0].year);
        let surprise = pair[1].value.ln() - pair[0].value.ln() - years * drift;
        surprise * surprise / years
    });
    let deviation = (squares.sum::<f64>() / freedom).sqrt();
    // Below this, rounding of the logarithms is all the variation there is.
    let student = StudentsT::new(0.0, 1.0, freedom).ok().filter(|_| deviation > 1e-12);
    let student = student.ok_or(NoForecast::NoVariation)?;
    let nine_tenths = student.inverse_cdf(0.9);
    let spread = |steps: f64| deviation * (steps + steps * steps / span).sqrt();
    let project = |year: Year| {
        let steps = f64::from(year - last.year);
        let centre = last.value.ln() + steps * drift;
        let reach = nine_tenths * spread(steps);
        Projection { year, median: centre.exp(), low: (centre - reach).exp(), high: (centre + reach).exp() }
    };
    let path = (last.year + 1..=target_year).map(project).collect();
    let steps = f64::from(target_year - last.year);
    let shortfall = (target.ln() - (last.value.ln() + steps * drift)) / spread(steps);
    let probability = if target > 0.0 { student.sf(shortfall) } else { 1.0 };
    Ok(Forecast { path, probability, drift, deviation, points: points.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: &[(Year, f64)]) -> Vec<Point> {
        values.iter().map(|&(year, value)| Point { year, value }).collect()
    }

    /// Four points leave two degrees of freedom, for which t has a closed quantile and distribution function.
    #[test]
    fn a_worked_example() {
        let forecast = forecast(&points(&[(2022, 80.0), (2023, 95.0), (2024, 104.0), (2025, 130.0)]), 2027, 200.0);
        let forecast = forecast.unwrap();
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-6 * b.abs(), "{a} is not {b}");
        let (drift, steps) = ((130.0f64 / 80.0).ln() / 3.0, [95.0f64 / 80.0, 104.0 / 95.0, 130.0 / 104.0]);
        let variance = steps.iter().map(|step| (step.ln() - drift).powi(2)).sum::<f64>() / 2.0;
        close(forecast.drift, drift);
        close(forecast.deviation, variance.sqrt());
        let spread = (variance * (2.0 + 4.0 / 3.0)).sqrt();
        let centre = 130.0f64.ln() + 2.0 * drift;
        let last = forecast.path[1];
        close(last.median, centre.exp());
        // (2p − 1) / √(2p(1 − p)) at p = 0.9: 1.885618.
        let quantile = 0.8 / (2.0f64 * 0.9 * 0.1).sqrt();
        close(last.low, (centre - quantile * spread).exp());
        close(last.high, (centre + quantile * spread).exp());
        let x = (200.0f64.ln() - centre) / spread;
        close(forecast.probability, 0.5 - x / (2.0 * (2.0 + x * x).sqrt()));
    }

    #[test]
    fn what_cannot_be_known_is_not_said() {
        let three = points(&[(2023, 80.0), (2024, 95.0), (2025, 104.0)]);
        assert_eq!(forecast(&three, 2027, 200.0), Err(NoForecast::TooFewPoints(3)));
        assert_eq!(forecast(&[], 2027, 200.0), Err(NoForecast::TooFewPoints(0)));
        let zero = points(&[(2022, 0.0), (2023, 95.0), (2024, 104.0), (2025, 1.0)]);
        assert_eq!(forecast(&zero, 2027, 200.0), Err(NoForecast::NotPositive(2022)));
        let nan = points(&[(2022, f64::NAN)]);
        assert_eq!(forecast(&nan, 2027, 200.0), Err(NoForecast::NotPositive(2022)));
        let twice = points(&[(2022, 1.0), (2022, 2.0), (2023, 2.0), (2024, 3.0)]);
        assert_eq!(forecast(&twice, 2027, 200.0), Err(NoForecast::Repeated(2022)));
        let even = points(&[(2022, 100.0), (2023, 110.0), (2024, 121.0), (2025, 133.1)]);
        assert_eq!(forecast(&even, 2027, 200.0), Err(NoForecast::NoVariation));
        let done = points(&[(2024, 1.0), (2025, 2.0), (2026, 3.0), (2027, 5.0)]);
        assert_eq!(forecast(&done, 2027, 200.0), Err(NoForecast::AlreadyMeasured(2027)));
    }

    #[test]
    fn a_missing_year_widens_but_does_not_bend() {
        let whole = points(&[(2020, 50.0), (2021, 62.0), (2022, 70.0), (2023, 90.0), (2024, 101.0)]);
        let mut holed = whole.clone();
        holed.remove(2);
        let (whole, holed) = (forecast(&whole, 2027, 200.0).unwrap(), forecast(&holed, 2027, 200.0).unwrap());
        assert!((whole.drift - holed.drift).abs() < 1e-12, "first and last points give the drift");
        assert_eq!((whole.points, holed.points), (5, 4));
    }

    /// SplitMix64 and Box–Muller: enough for a simulation that is the same on every machine.
    struct Noise(u64);

    impl Noise {
        fn uniform(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
        }

        fn normal(&mut self) -> f64 {
            (-2.0 * (1.0 - self.uniform()).ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
        }
    }

    /// 20,000 walks per length: the standard error of the coverage is 0.28 points.
    #[test]
    fn eighty_percent_cover_eighty_percent_and_probabilities_are_honest() {
        let mut noise = Noise(20231229);
        for length in 4..=8 {
            let (mut covered, mut promised, mut met) = (0u32, 0.0, 0u32);
            const WALKS: u32 = 20_000;
            for _ in 0..WALKS {
                let mut walk = vec![Point { year: 2018, value: 100.0 }];
                let mut value = 100.0f64;
                for step in 1..length + 2 {
                    value *= (0.08 + 0.15 * noise.normal()).exp();
                    walk.push(Point { year: 2018 + step, value });
                }
                let outcome = value;
                walk.truncate(usize::try_from(length).unwrap());
                let target = 100.0 * (0.08 * f64::from(length + 1)).exp();
                let forecast = forecast(&walk, 2018 + length + 1, target).unwrap();
                let last = forecast.path.last().unwrap();
                covered += u32::from(last.low <= outcome && outcome <= last.high);
                promised += forecast.probability;
                met += u32::from(outcome > target);
            }
            let coverage = f64::from(covered) / f64::from(WALKS);
            assert!((0.79..=0.81).contains(&coverage), "{length} points cover {coverage}");
            let (promised, met) = (promised / f64::from(WALKS), f64::from(met) / f64::from(WALKS));
            assert!((promised - met).abs() < 0.01, "{length} points promise {promised}, {met} are met");
        }
    }
}
