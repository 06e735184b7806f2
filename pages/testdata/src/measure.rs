//! Values with their units, in the power of a thousand that people would write.

use register::Real;

/// How the values of one test are shown: a factor and the unit that goes with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// Shown values are base values times this.
    pub factor: f64,
    /// The unit, with its prefix.
    pub unit: String,
}

const PREFIXES: [(i32, &str); 9] =
    [(-15, "f"), (-12, "p"), (-9, "n"), (-6, "µ"), (-3, "m"), (0, ""), (3, "k"), (6, "M"), (9, "G")];
/// Units that testers write and that take a prefix.
const TAKES_PREFIX: [&str; 16] =
    ["V", "A", "v", "a", "W", "F", "H", "S", "s", "Hz", "HZ", "Ohm", "OHM", "ohm", "Ω", "sec"];

impl Measure {
    /// For values as large as these (limits, least and greatest value) in a test's base units.
    pub fn of(units: &str, values: impl IntoIterator<Item = f64>) -> Self {
        let plain = Self { factor: 1.0, unit: units.to_owned() };
        let largest = values.into_iter().filter(|value| value.is_finite()).map(f64::abs).fold(0.0, f64::max);
        if largest == 0.0 {
            return plain;
        }
        let power = (largest.log10() / 3.0).floor() as i32 * 3;
        if TAKES_PREFIX.contains(&units) {
            let power = power.clamp(-15, 9);
            let prefix = PREFIXES.iter().find(|(of, _)| *of == power).map_or("", |(_, prefix)| prefix);
            return Self { factor: 10_f64.powi(-power), unit: format!("{prefix}{units}") };
        }
        if (-3..=3).contains(&power) {
            return plain;
        }
        Self { factor: 10_f64.powi(-power), unit: format!("×10^{power} {units}").trim_end().to_owned() }
    }

    /// A base value as shown, without its unit.
    pub fn number(&self, value: f64) -> String {
        Real(value * self.factor).to_string()
    }

    /// A base value as shown, with its unit.
    pub fn show(&self, value: f64) -> String {
        format!("{} {}", self.number(value), self.unit).trim_end().to_owned()
    }

    /// The same for what may be missing.
    pub fn maybe(&self, value: Option<f64>) -> String {
        value.map_or_else(|| "—".to_owned(), |value| self.number(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_take_the_prefix_people_would_write() {
        let leak = Measure::of("A", [1.5e-7, -2e-9]);
        assert_eq!((leak.unit.as_str(), leak.show(1.5e-7)), ("nA", "150 nA".to_owned()));
        assert_eq!(Measure::of("V", [3.3]).show(3.3), "3.3 V");
        assert_eq!(Measure::of("", [2.0e-9]).unit, "×10^-9");
        assert_eq!(Measure::of("%", [12.0]).show(12.0), "12 %");
        assert_eq!(Measure::of("V", []).show(0.0), "0 V");
    }
}
