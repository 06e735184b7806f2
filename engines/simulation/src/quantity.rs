//! Numbers as engineers write them, with the unit: `"0.85 mm"`, `"1.5 W"`, `"15 W/(m2·K)"`.

use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error};

use crate::error::{Result, SimulationError};

/// A physical dimension with its units as (spelling, factor to SI, offset to SI after the factor).
pub trait Dimension {
    /// What the dimension is called in messages.
    const NAME: &'static str;
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
        Self::read(text).map_err(|reason| SimulationError::field(field, reason))
    }

    fn read(text: &str) -> std::result::Result<Self, String> {
        let text = text.trim();
        let split = number_end(text);
        let (number, unit) = (text[..split].trim(), spelling(&text[split..]));
        let value: f64 = number.parse().map_err(|_| format!("`{text}` does not begin with a number"))?;
        let known = || D::UNITS.iter().map(|u| u.0).collect::<Vec<_>>().join(", ");
        if unit.is_empty() && !D::UNITS.iter().any(|u| u.0.is_empty()) {
            return Err(format!("`{text}` has no unit: {} is written with one of {}", D::NAME, known()));
        }
        let (_, factor, offset) = D::UNITS
            .iter()
            .find(|u| spelling(u.0) == unit)
            .ok_or_else(|| format!("`{text}`: {} is written with one of {}", D::NAME, known()))?;
        let si = value * factor + offset;
        if !si.is_finite() || si < D::LOWEST || (D::OPEN && si <= D::LOWEST) {
            let bound = if D::OPEN { "must be more than" } else { "must be at least" };
            let shown = (D::LOWEST - offset) / factor;
            return Err(format!("`{text}`: {} {bound} {shown} {}", D::NAME, text[split..].trim()));
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
        Self::read(&text).map_err(R::Error::custom)
    }
}

macro_rules! dimension {
    ($(#[$doc:meta])* $marker:ident, $alias:ident, $name:literal, $lowest:expr, $open:literal, [$(($unit:literal, $factor:expr, $offset:expr)),+]) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $marker;

        impl Dimension for $marker {
            const NAME: &'static str = $name;
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
    SizeDimension, Size, "a size", 0.0, true,
    [("mm", 1e-3, 0.0), ("um", 1e-6, 0.0), ("cm", 1e-2, 0.0), ("m", 1.0, 0.0), ("nm", 1e-9, 0.0), ("mil", 25.4e-6, 0.0), ("in", 25.4e-3, 0.0)]
);
dimension!(
    /// A coordinate or offset of any sign. Metres.
    PositionDimension, Position, "a position", f64::NEG_INFINITY, false,
    [("mm", 1e-3, 0.0), ("um", 1e-6, 0.0), ("cm", 1e-2, 0.0), ("m", 1.0, 0.0), ("nm", 1e-9, 0.0), ("mil", 25.4e-6, 0.0), ("in", 25.4e-3, 0.0)]
);
dimension!(
    /// Heat, zero or more. W.
    PowerDimension, Power, "a power", 0.0, false, [("W", 1.0, 0.0), ("mW", 1e-3, 0.0), ("uW", 1e-6, 0.0), ("kW", 1e3, 0.0)]
);
dimension!(
    /// Kelvin.
    TemperatureDimension, Temperature, "a temperature", 0.0, false, [("degC", 1.0, 273.15), ("K", 1.0, 0.0)]
);
dimension!(
    /// W/(m²·K).
    FilmDimension, FilmCoefficient, "a film coefficient", 0.0, false, [("W/(m2·K)", 1.0, 0.0), ("W/(cm2·K)", 1e4, 0.0)]
);
dimension!(
    /// W/(m·K).
    ConductivityDimension, Conductivity, "a thermal conductivity", 0.0, true, [("W/(m·K)", 1.0, 0.0)]
);
dimension!(
    /// kg/m³.
    DensityDimension, Density, "a density", 0.0, true, [("kg/m3", 1.0, 0.0), ("g/cm3", 1e3, 0.0)]
);
dimension!(
    /// J/(kg·K).
    SpecificHeatDimension, SpecificHeat, "a specific heat", 0.0, true, [("J/(kg·K)", 1.0, 0.0), ("J/(g·K)", 1e3, 0.0)]
);
dimension!(
    /// Pa.
    ModulusDimension, Modulus, "a modulus", 0.0, true, [("GPa", 1e9, 0.0), ("MPa", 1e6, 0.0), ("Pa", 1.0, 0.0)]
);
dimension!(
    /// 1/K.
    ExpansionDimension, Expansion, "a thermal expansion", -1e-4, false, [("ppm/K", 1e-6, 0.0), ("1/K", 1.0, 0.0)]
);
dimension!(
    /// A share between zero and more; the form of `%`.
    ShareDimension, Share, "a share", 0.0, false, [("%", 0.01, 0.0)]
);
dimension!(
    /// m²·K/W.
    InterfaceDimension, InterfaceResistance, "an interface resistance", 0.0, false,
    [("mm2·K/W", 1e-6, 0.0), ("cm2·K/W", 1e-4, 0.0), ("m2·K/W", 1.0, 0.0)]
);
dimension!(
    /// K/W.
    ResistanceDimension, ThermalResistance, "a thermal resistance", 0.0, true, [("K/W", 1.0, 0.0)]
);
dimension!(
    /// m/s.
    SpeedDimension, Speed, "a speed", 0.0, false, [("m/s", 1.0, 0.0)]
);
dimension!(
    /// s.
    DurationDimension, Duration, "a duration", 0.0, true,
    [("s", 1.0, 0.0), ("ms", 1e-3, 0.0), ("us", 1e-6, 0.0), ("min", 60.0, 0.0), ("h", 3600.0, 0.0)]
);
dimension!(
    /// A.
    CurrentDimension, Current, "a current", 0.0, true, [("A", 1.0, 0.0), ("mA", 1e-3, 0.0)]
);
dimension!(
    /// V.
    VoltageDimension, Voltage, "a voltage", 0.0, true, [("V", 1.0, 0.0), ("kV", 1e3, 0.0)]
);
dimension!(
    /// Ω·m.
    ResistivityDimension, Resistivity, "a resistivity", 0.0, true, [("ohm·m", 1.0, 0.0), ("uohm·cm", 1e-8, 0.0)]
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
