//! Statistics kernels: every other module takes its numbers from here
//!
//! Sums run in double precision; variances by the two-pass formula with the correction term for the mean's rounding
//! (Chan, Golub and LeVeque 1983), so that values with many constant leading digits lose nothing.

use serde::Serialize;

/// Count, mean, standard deviation (n − 1), least and greatest value
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Summary {
    /// Number of values
    pub count: usize,
    /// Arithmetic mean
    pub mean: f64,
    /// Sample standard deviation with n − 1; 0 for a single value
    pub deviation: f64,
    /// Least value
    pub min: f64,
    /// Greatest value
    pub max: f64,
}

/// Values that are summed up side by side: the processor adds one while it still works on the others
const LANES: usize = 8;

/// Sums up; `None` when there is no value
pub fn summary(values: &[f64]) -> Option<Summary> {
    let first = *values.first()?;
    let count = values.len() as f64;
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    let (mut least, mut most) = ([first; LANES], [first; LANES]);
    for chunk in chunks.iter().copied().chain(std::iter::once(padded(rest, first))) {
        for lane in 0..LANES {
            sums[lane] += chunk[lane] - first;
            least[lane] = if chunk[lane] < least[lane] { chunk[lane] } else { least[lane] };
            most[lane] = if chunk[lane] > most[lane] { chunk[lane] } else { most[lane] };
        }
    }
    let mean = first + sums.iter().sum::<f64>() / count;
    let (mut squares, mut differences) = ([0.0; LANES], [0.0; LANES]);
    for chunk in chunks.iter().copied().chain(std::iter::once(padded(rest, mean))) {
        for lane in 0..LANES {
            let difference = chunk[lane] - mean;
            squares[lane] += difference * difference;
            differences[lane] += difference;
        }
    }
    let difference: f64 = differences.iter().sum();
    let squares: f64 = squares.iter().sum::<f64>() - difference * difference / count;
    let deviation = if values.len() > 1 { (squares.max(0.0) / (count - 1.0)).sqrt() } else { 0.0 };
    let (min, max) = (least.into_iter().fold(first, f64::min), most.into_iter().fold(first, f64::max));
    Some(Summary { count: values.len(), mean, deviation, min, max })
}

/// The last few values, filled up with one that adds nothing
fn padded(rest: &[f64], with: f64) -> [f64; LANES] {
    let mut chunk = [with; LANES];
    chunk.iter_mut().zip(rest).for_each(|(to, value)| *to = *value);
    chunk
}

/// How quantiles between two values are placed
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub enum QuantileMethod {
    /// Linear between order statistics at (n − 1)p, as spreadsheets' `PERCENTILE.INC` (Hyndman–Fan type 7)
    #[default]
    Inclusive,
    /// Linear between order statistics at (n + 1)p, as `PERCENTILE.EXC` (Hyndman–Fan type 6)
    Exclusive,
    /// Medians of the halves, without the median when n is odd (Moore and McCabe); quartiles only
    Halves,
}

/// Quantile of sorted values; `None` when there is no value
pub fn quantile(sorted: &[f64], p: f64, method: QuantileMethod) -> Option<f64> {
    let count = sorted.len();
    let last = count.checked_sub(1)?;
    let position = match method {
        QuantileMethod::Inclusive => last as f64 * p,
        QuantileMethod::Exclusive => ((count + 1) as f64 * p - 1.0).clamp(0.0, last as f64),
        QuantileMethod::Halves => {
            let half = count / 2;
            let part = if p < 0.5 {
                sorted.get(..half)?
            } else if p > 0.5 {
                sorted.get(count - half..)?
            } else {
                sorted
            };
            let part = if part.is_empty() { sorted } else { part };
            return quantile(part, 0.5, QuantileMethod::Inclusive);
        }
    };
    let below = position.floor() as usize;
    let (low, high) = (*sorted.get(below)?, *sorted.get((below + 1).min(last))?);
    Some(low + (high - low) * (position - below as f64))
}

/// Sorts a copy, in the order of [`f64::total_cmp`]
pub fn sorted(values: &[f64]) -> Vec<f64> {
    // Whole numbers in the same order: sorting them is much faster. The mapping is its own inverse.
    let turned = |bits: i64| bits ^ (((bits >> 63) as u64) >> 1) as i64;
    let mut keys: Vec<i64> = values.iter().map(|value| turned(value.to_bits() as i64)).collect();
    keys.sort_unstable();
    keys.into_iter().map(|key| f64::from_bits(turned(key) as u64)).collect()
}

/// Pearson's correlation of pairs; `None` with fewer than two pairs or without variation
pub fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    let (x, y): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let (mean_x, mean_y) = (summary(&x)?.mean, summary(&y)?.mean);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for &(x, y) in pairs {
        xx += (x - mean_x) * (x - mean_x);
        yy += (y - mean_y) * (y - mean_y);
        xy += (x - mean_x) * (y - mean_y);
    }
    (xx > 0.0 && yy > 0.0).then(|| xy / (xx * yy).sqrt())
}

/// Natural logarithm of the gamma function (Lanczos, g = 7, nine terms; relative error below 1e-14)
pub fn ln_gamma(x: f64) -> f64 {
    const TERMS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let shifted = x - 1.0;
    let base = shifted + 7.5;
    let series = TERMS
        .iter()
        .enumerate()
        .fold(0.999_999_999_999_809_9, |sum, (index, term)| sum + term / (shifted + index as f64 + 1.0));
    0.5 * (2.0 * std::f64::consts::PI).ln() + (shifted + 0.5) * base.ln() - base + series.ln()
}

/// Regularised incomplete beta function by its continued fraction (Lentz)
pub fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp() / a;
    const TINY: f64 = 1e-300;
    let safe = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut c, mut d) = (1.0, 1.0 / safe(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for step in 1..500 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / safe(1.0 + even * d);
        c = safe(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / safe(1.0 + odd * d);
        c = safe(1.0 + odd / c);
        fraction *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    front * fraction
}

/// Probability that an F-distributed variable exceeds `f`
pub fn f_tail(f: f64, between: f64, within: f64) -> f64 {
    if f <= 0.0 {
        return 1.0;
    }
    incomplete_beta(within / 2.0, between / 2.0, within / (within + between * f))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_by_each_method() {
        let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        let quartiles = |method| (quantile(&values, 0.25, method).unwrap(), quantile(&values, 0.75, method).unwrap());
        assert_eq!(quartiles(QuantileMethod::Inclusive), (2.75, 6.25));
        assert_eq!(quartiles(QuantileMethod::Exclusive), (2.25, 6.75));
        assert_eq!(quartiles(QuantileMethod::Halves), (2.5, 6.5));
    }

    #[test]
    fn values_are_sorted_as_numbers() {
        let values = [3.5, -0.0, f64::INFINITY, -7.25, 0.0, f64::NEG_INFINITY, 1e-300, -1e300];
        let mut expected = values;
        expected.sort_by(f64::total_cmp);
        assert_eq!(sorted(&values).iter().map(|v| v.to_bits()).collect::<Vec<_>>(), expected.map(f64::to_bits));
    }

    #[test]
    fn f_distribution_from_printed_tables() {
        // 5 % points: F(4, 20) = 2.866, F(2, 10) = 4.103, F(1, 5) = 6.608
        for (f, between, within) in [(2.8661, 4.0, 20.0), (4.1028, 2.0, 10.0), (6.6079, 1.0, 5.0)] {
            assert!((f_tail(f, between, within) - 0.05).abs() < 1e-5);
        }
    }
}
