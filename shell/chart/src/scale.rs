//! From values to places.

/// Round steps a reader can count in: 1, 2, 2.5 or 5 times a power of ten.
const STEPS: [f64; 5] = [1.0, 2.0, 2.5, 5.0, 10.0];

/// A linear scale between two values that are round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    pub low: f64,
    pub high: f64,
    pub step: f64,
    /// Place of `low`, in pixels.
    pub start: f64,
    /// Place of `high`, in pixels.
    pub end: f64,
}

impl Scale {
    /// Covers all finite values with about `count` round steps.
    pub fn covering(values: impl IntoIterator<Item = f64>, count: f64, start: f64, end: f64) -> Self {
        let finite = values.into_iter().filter(|value| value.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), value| (a.min(value), b.max(value)));
        let (low, high) = if low > high { (0.0, 1.0) } else { (low, high) };
        let span = if high > low { high - low } else { high.abs().max(1.0) };
        let power = 10f64.powf((span / count).log10().floor());
        let step = STEPS.iter().map(|step| step * power).find(|step| span / step <= count).unwrap_or(10.0 * power);
        let (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
        let high = if high > low { high } else { low + step };
        Self { low, high, step, start, end }
    }

    /// From the smallest value to the largest, whatever they are.
    pub fn around(values: impl IntoIterator<Item = f64>, start: f64, end: f64) -> Self {
        let finite = values.into_iter().filter(|value| value.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), value| (a.min(value), b.max(value)));
        if low < high {
            Self { low, high, step: high - low, start, end }
        } else {
            Self::covering([low], 1.0, start, end)
        }
    }

    /// Place of a value, in pixels.
    pub fn place(&self, value: f64) -> f64 {
        self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)
    }

    /// The round values between both ends.
    pub fn ticks(&self) -> impl Iterator<Item = f64> {
        let (low, step) = (self.low, self.step);
        let count = ((self.high - low) / step).round() as u32;
        (0..=count).map(move |index| low + step * f64::from(index))
    }
}

/// A number for people: at most so many decimals, no trailing zeros, thousands separators.
pub(crate) fn spoken(value: f64, decimals: usize) -> String {
    let fixed = format!("{:.decimals$}", value.abs());
    let (whole, rest) = fixed.split_once('.').unwrap_or((&fixed, ""));
    let rest = rest.trim_end_matches('0');
    let mut text = String::new();
    if value < 0.0 && fixed.bytes().any(|b| b.is_ascii_digit() && b != b'0') {
        text.push('−');
    }
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if !rest.is_empty() {
        text.push('.');
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_spoken_plainly() {
        assert_eq!(spoken(1_234.50, 2), "1,234.5");
        assert_eq!(spoken(-0.001, 2), "0");
        assert_eq!(spoken(-3.0, 0), "−3");
    }

    proptest! {
        #[test]
        fn every_value_lies_on_the_scale(values in proptest::collection::vec(-1e9..1e9f64, 1..20)) {
            let scale = Scale::covering(values.iter().copied(), 4.0, 100.0, 0.0);
            for value in values {
                let place = scale.place(value);
                prop_assert!((-1e-6..=100.0 + 1e-6).contains(&place), "{value} at {place}");
            }
            prop_assert!(scale.ticks().count() <= 7);
        }
    }
}
