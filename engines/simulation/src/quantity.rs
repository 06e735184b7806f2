//! Numbers as engineers write them, with the unit: `"0.85 mm"`, `"1.5 W"`, `"15 W/(m2·K)"`.

use std::marker::PhantomData;

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error};

use crate::error::{Result, SimulationError};
use crate::reason::Reason;

/// What kind of quantity a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs, reason = "named as the quantities are")]
pub enum Measure {
    Size,
    Position,
    Power,
    Temperature,
    FilmCoefficient,
    Conductivity,
    Density,
    SpecificHeat,
    Modulus,
    Expansion,
    Share,
    InterfaceResistance,
    ThermalResistance,
    Speed,
    Duration,
    Current,
    Voltage,
    Resistivity,
}

/// Why a text is no quantity of its field.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, thiserror::Error)]
pub struct UnreadQuantity {
    /// As it was written.
    pub text: String,
    /// What it should have been.
    pub measure: Measure,
    /// Units it can be written with; the first is the usual one.
    pub units: Vec<String>,
    /// What is wrong.
    pub fault: Fault,
}

/// What can be wrong with a quantity.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Fault {
    /// It does not begin with a number.
    NoNumber,
    /// The number stands alone.
    NoUnit,
    /// The unit is of another quantity, or unknown.
    WrongUnit,
    /// It is too low.
    TooLow {
        /// The lowest value, in the unit it was written with.
        lowest: f64,
        /// That unit.
        unit: String,
        /// Whether the lowest value itself is too low.
        open: bool,
    },
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Size => "a size",
            Self::Position => "a position",
            Self::Power => "a power",
            Self::Temperature => "a temperature",
            Self::FilmCoefficient => "a film coefficient",
            Self::Conductivity => "a thermal conductivity",
            Self::Density => "a density",
            Self::SpecificHeat => "a specific heat",
            Self::Modulus => "a modulus",
            Self::Expansion => "a thermal expansion",
            Self::Share => "a share",
            Self::InterfaceResistance => "an interface resistance",
            Self::ThermalResistance => "a thermal resistance",
            Self::Speed => "a speed",
            Self::Duration => "a duration",
            Self::Current => "a current",
            Self::Voltage => "a voltage",
            Self::Resistivity => "a resistivity",
        })
    }
}

impl fmt::Display for UnreadQuantity {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { text, measure, .. } = self;
        let units = self.units.join(", ");
        match &self.fault {
            Fault::NoNumber => write!(f, "`{text}` does not begin with a number"),
            Fault::NoUnit => write!(f, "`{text}` has no unit: {measure} is written with one of {units}"),
            Fault::WrongUnit => write!(f, "`{text}`: {measure} is written with one of {units}"),
            Fault::TooLow { lowest, unit, open } => {
                let bound = if *open { "more than" } else { "at least" };
                write!(f, "`{text}`: {measure} must be {bound} {lowest} {unit}")
            }
        }
    }
}

/// What begins the message with which a quantity passes through a reader that knows only messages.
const PASSING: &str = "quantity ";

impl UnreadQuantity {
    /// What passed through a reader as a message, if it did.
    pub(crate) fn from_message(message: &str) -> Option<Self> {
        serde_json::from_str(message.strip_prefix(PASSING)?).ok()
    }

    fn message(&self) -> String {
        serde_json::to_string(self).map_or_else(|_| self.to_string(), |json| format!("{PASSING}{json}"))
    }
}

/// A physical dimension with its units as (spelling, factor to SI, offset to SI after the factor).
pub trait Dimension {
    /// Which quantity it is.
    const MEASURE: Measure;
    /// Known units; the first is the example in messages.
    const UNITS: &'static [(&'static str, f64, f64)];
    /// Lowest value allowed, SI.
    const LOWEST: f64;
    /// Whether the lowest value itself is refused.
    const OPEN: bool = false;
}

/// A value in SI units that was written with a unit of its dimension.
#[derive(Debug, PartialEq)]
pub struct Quantity<D> {
    si: f64,
    dimension: PhantomData<D>,
}

impl<D> Clone for Quantity<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D> Copy for Quantity<D> {}

impl<D: Dimension> Quantity<D> {
    /// A value given in SI units.
    pub fn from_si(si: f64) -> Self {
        Self { si, dimension: PhantomData }
    }

    /// The value in SI units.
    pub fn si(self) -> f64 {
        self.si
    }

    /// Reads a number with its unit.
    ///
    /// # Errors
    /// If the unit is missing, unknown or of another dimension, or the value is out of range; `field` names the place.
    pub fn parse(field: &str, text: &str) -> Result<Self> {
        Self::read(text).map_err(|unread| SimulationError::field(field, Reason::Quantity(Box::new(unread))))
    }

    /// As [`Self::parse`], with only what is wrong.
    ///
    /// # Errors
    /// If the unit is missing, unknown or of another dimension, or the value is out of range.
    pub fn read(text: &str) -> std::result::Result<Self, UnreadQuantity> {
        let text = text.trim();
        let wrong = |fault: Fault| {
            let units = D::UNITS.iter().map(|unit| unit.0.to_owned()).collect();
            UnreadQuantity { text: text.to_owned(), measure: D::MEASURE, units, fault }
        };
        let split = number_end(text);
        let (number, unit) = (text[..split].trim(), spelling(&text[split..]));
        let value: f64 = number.parse().map_err(|_| wrong(Fault::NoNumber))?;
        if unit.is_empty() && !D::UNITS.iter().any(|u| u.0.is_empty()) {
            return Err(wrong(Fault::NoUnit));
        }
        let (_, factor, offset) =
            D::UNITS.iter().find(|u| spelling(u.0) == unit).ok_or_else(|| wrong(Fault::WrongUnit))?;
        let si = value * factor + offset;
        if !si.is_finite() || si < D::LOWEST || (D::OPEN && si <= D::LOWEST) {
            let (lowest, unit) = ((D::LOWEST - offset) / factor, text[split..].trim().to_owned());
            return Err(wrong(Fault::TooLow { lowest, unit, open: D::OPEN }));
        }
        Ok(Self::from_si(si))
    }
}

/// Where the number ends: an exponent belongs to it, a unit that begins with `e` does not.
fn number_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut end = 0;
    while end < bytes.len() {
        let exponent = matches!(bytes[end], b'e' | b'E')
            && bytes.get(end + 1).is_some_and(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+'));
        let sign = matches!(bytes[end], b'-' | b'+') && (end == 0 || matches!(bytes[end - 1], b'e' | b'E'));
        if !(bytes[end].is_ascii_digit() || bytes[end] == b'.' || exponent || sign) {
            break;
        }
        end += 1;
    }
    end
}

/// Units compare without spaces, dots, brackets and with plain letters.
fn spelling(unit: &str) -> String {
    unit.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '·' | '*' | '(' | ')' | '^' | '°' | '⋅'))
        .map(|c| match c {
            'µ' | 'μ' => 'u',
            '²' => '2',
            '³' => '3',
            '\u{03a9}' | '\u{2126}' => 'O',
            other => other,
        })
        .collect::<String>()
        .replace('℃', "C")
        .replace("degC", "C")
        .replace("ohm", "O")
}

impl<'de, D: Dimension> Deserialize<'de> for Quantity<D> {
    fn deserialize<R: Deserializer<'de>>(deserializer: R) -> std::result::Result<Self, R::Error> {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            Integer(i64),
            Float(f64),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::Text(text) => text,
            Written::Integer(number) => number.to_string(),
            Written::Float(number) => number.to_string(),
        };
        Self::read(&text).map_err(|unread| R::Error::custom(unread.message()))
    }
}

macro_rules! dimension {
    ($(#[$doc:meta])* $marker:ident, $alias:ident, $lowest:expr, $open:literal, [$(($unit:literal, $factor:expr, $offset:expr)),+]) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $marker;

        impl Dimension for $marker {
            const MEASURE: Measure = Measure::$alias;
            const UNITS: &'static [(&'static str, f64, f64)] = &[$(($unit, $factor, $offset)),+];
            const LOWEST: f64 = $lowest;
            const OPEN: bool = $open;
        }

        $(#[$doc])*
        pub type $alias = Quantity<$marker>;
    };
}

dimension!(
    /// A thickness, width or diameter: more than zero. Metres.
    SizeDimension, Size, 0.0, true,
    [("mm", 1e-3, 0.0), ("um", 1e-6, 0.0), ("cm", 1e-2, 0.0), ("m", 1.0, 0.0), ("nm", 1e-9, 0.0), ("mil", 25.4e-6, 0.0), ("in", 25.4e-3, 0.0)]
);
dimension!(
    /// A coordinate or offset of any sign. Metres.
    PositionDimension, Position, f64::NEG_INFINITY, false,
    [("mm", 1e-3, 0.0), ("um", 1e-6, 0.0), ("cm", 1e-2, 0.0), ("m", 1.0, 0.0), ("nm", 1e-9, 0.0), ("mil", 25.4e-6, 0.0), ("in", 25.4e-3, 0.0)]
);
dimension!(
    /// Heat, zero or more. W.
    PowerDimension, Power, 0.0, false, [("W", 1.0, 0.0), ("mW", 1e-3, 0.0), ("uW", 1e-6, 0.0), ("kW", 1e3, 0.0)]
);
dimension!(
    /// Kelvin.
    TemperatureDimension, Temperature, 0.0, false, [("degC", 1.0, 273.15), ("K", 1.0, 0.0)]
);
dimension!(
    /// W/(m²·K).
    FilmDimension, FilmCoefficient, 0.0, false, [("W/(m2·K)", 1.0, 0.0), ("W/(cm2·K)", 1e4, 0.0)]
);
dimension!(
    /// W/(m·K).
    ConductivityDimension, Conductivity, 0.0, true, [("W/(m·K)", 1.0, 0.0)]
);
dimension!(
    /// kg/m³.
    DensityDimension, Density, 0.0, true, [("kg/m3", 1.0, 0.0), ("g/cm3", 1e3, 0.0)]
);
dimension!(
    /// J/(kg·K).
    SpecificHeatDimension, SpecificHeat, 0.0, true, [("J/(kg·K)", 1.0, 0.0), ("J/(g·K)", 1e3, 0.0)]
);
dimension!(
    /// Pa.
    ModulusDimension, Modulus, 0.0, true, [("GPa", 1e9, 0.0), ("MPa", 1e6, 0.0), ("Pa", 1.0, 0.0)]
);
dimension!(
    /// 1/K.
    ExpansionDimension, Expansion, -1e-4, false, [("ppm/K", 1e-6, 0.0), ("1/K", 1.0, 0.0)]
);
dimension!(
    /// A share between zero and more; the form of `%`.
    ShareDimension, Share, 0.0, false, [("%", 0.01, 0.0)]
);
dimension!(
    /// m²·K/W.
    InterfaceDimension, InterfaceResistance, 0.0, false,
    [("mm2·K/W", 1e-6, 0.0), ("cm2·K/W", 1e-4, 0.0), ("m2·K/W", 1.0, 0.0)]
);
dimension!(
    /// K/W.
    ResistanceDimension, ThermalResistance, 0.0, true, [("K/W", 1.0, 0.0)]
);
dimension!(
    /// m/s.
    SpeedDimension, Speed, 0.0, false, [("m/s", 1.0, 0.0)]
);
dimension!(
    /// s.
    DurationDimension, Duration, 0.0, true,
    [("s", 1.0, 0.0), ("ms", 1e-3, 0.0), ("us", 1e-6, 0.0), ("min", 60.0, 0.0), ("h", 3600.0, 0.0)]
);
dimension!(
    /// A.
    CurrentDimension, Current, 0.0, true, [("A", 1.0, 0.0), ("mA", 1e-3, 0.0)]
);
dimension!(
    /// V.
    VoltageDimension, Voltage, 0.0, true, [("V", 1.0, 0.0), ("kV", 1e3, 0.0)]
);
dimension!(
    /// Ω·m.
    ResistivityDimension, Resistivity, 0.0, true, [("ohm·m", 1.0, 0.0), ("uohm·cm", 1e-8, 0.0)]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_however_they_are_spelled() {
        assert!((Size::parse("t", "0.85 mm").unwrap().si() - 0.85e-3).abs() < 1e-12);
        assert!((Size::parse("t", "25µm").unwrap().si() - 25e-6).abs() < 1e-12);
        assert!((Temperature::parse("t", "25 °C").unwrap().si() - 298.15).abs() < 1e-9);
        assert!((FilmCoefficient::parse("h", "1e1 W/m²K").unwrap().si() - 10.0).abs() < 1e-9);
        assert!((InterfaceResistance::parse("r", "5 mm²·K/W").unwrap().si() - 5e-6).abs() < 1e-12);
    }

    #[test]
    fn refusals_name_field_and_units() {
        let missing = Size::parse("die.thickness", "0.2").unwrap_err().to_string();
        assert!(missing.contains("die.thickness") && missing.contains("no unit"), "{missing}");
        let negative = Size::parse("die.thickness", "-0.2 mm").unwrap_err().to_string();
        assert!(negative.contains("more than 0 mm"), "{negative}");
        let wrong = Size::parse("die.thickness", "0.2 W").unwrap_err().to_string();
        assert!(wrong.contains("one of mm"), "{wrong}");
    }
}
