//! Materials.
/// A property over absolute temperature.
#[derive(Debug, Clone, PartialEq)]
pub enum Curve {
    /// The same at all temperatures.
    Constant(f64),
    /// `at_300·(300 K/T)^exponent`.
    Power {
        /// Value at 300 K.
        at_300: f64,
        /// Exponent.
        exponent: f64,
    },
    /// Points (kelvin, value) in rising order, linear between, constant beyond.
    Table(Vec<(f64, f64)>),
}

impl Curve {
    /// Value at a temperature in kelvin.
    pub fn at(&self, kelvin: f64) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Power { at_300, exponent } => at_300 * (300.0 / kelvin.max(1.0)).powf(*exponent),
            Self::Table(points) => interpolate(points, kelvin),
        }
    }

    /// Whether the curve is positive and finite everywhere.
    pub fn is_positive(&self) -> bool {
        let good = |v: f64| v > 0.0 && v.is_finite();
        match self {
            Self::Constant(value) => good(*value),
            Self::Power { at_300, exponent } => good(*at_300) && exponent.is_finite(),
            Self::Table(points) => {
                !points.is_empty()
                    && points.iter().all(|p| good(p.1) && p.0.is_finite())
                    && points.windows(2).all(|pair| pair[0].0 < pair[1].0)
            }
        }
    }
}

/// Linear between points, constant beyond; zero without points.
pub(crate) fn interpolate(points: &[(f64, f64)], at: f64) -> f64 {
    let next = points.partition_point(|p| p.0 <= at);
    match (next.checked_sub(1).and_then(|i| points.get(i)), points.get(next)) {
        (Some(low), Some(high)) => low.1 + (high.1 - low.1) * (at - low.0) / (high.0 - low.0),
        (Some(only), None) | (None, Some(only)) => only.1,
        (None, None) => 0.0,
    }
}
