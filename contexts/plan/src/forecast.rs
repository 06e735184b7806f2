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
