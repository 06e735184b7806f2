//! Resistance, inductance and capacitance of bond wires, vias and traces in closed form.

use serde::{Deserialize, Serialize};

use crate::error::{self, Result, SimulationError};
use crate::quantity::{Resistivity, Size};
use crate::reason::Reason;

/// Vacuum permeability over 2π, H/m.
const MU_OVER_TWO_PI: f64 = 2e-7;

/// Vacuum permittivity, F/m (CODATA 2018).
const VACUUM_PERMITTIVITY: f64 = 8.854_187_812_8e-12;

/// Wave resistance of vacuum, Ω.
const WAVE_RESISTANCE: f64 = 376.730_313_668;

/// Speed of light, m/s.
const LIGHT: f64 = 299_792_458.0;

/// What a conductor amounts to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parasitics {
    /// Name from the input.
    pub name: String,
    /// Direct-current resistance, Ω.
    pub resistance_ohm: f64,
    /// Partial self-inductance, H.
    pub inductance_h: f64,
    /// Capacitance, F, where the form knows one.
    pub capacitance_f: Option<f64>,
    /// Wave impedance, Ω, for traces.
    pub impedance_ohm: Option<f64>,
    /// Effective relative permittivity, for traces.
    pub effective_permittivity: Option<f64>,
    /// Mutual inductance to the neighbour, H, where a spacing is given.
    pub mutual_h: Option<f64>,
}

/// Self-inductance of a straight round wire at low frequency: μ₀/2π·l·(ln(2l/r) − ¾) (Rosa 1908). Metres, H.
pub fn wire_inductance(length: f64, diameter: f64) -> f64 {
    MU_OVER_TWO_PI * length * ((4.0 * length / diameter).ln() - 0.75)
}

/// Mutual inductance of two parallel straight wires of equal length (Grover 1946). Metres, H.
pub fn mutual_inductance(length: f64, spacing: f64) -> f64 {
    let q = length / spacing;
    MU_OVER_TWO_PI * length * ((q + (1.0 + q * q).sqrt()).ln() - (1.0 + 1.0 / (q * q)).sqrt() + 1.0 / q)
}

/// Resistance of a round conductor. Ω·m, metres, Ω.
pub fn round_resistance(resistivity: f64, length: f64, diameter: f64) -> f64 {
    resistivity * length / (0.25 * std::f64::consts::PI * diameter * diameter)
}

/// Self-inductance of a via (Katti and others, IEEE Trans. Electron Devices 57, 2010). Metres, H.
pub fn via_inductance(length: f64, radius: f64) -> f64 {
    let diagonal = (radius * radius + 4.0 * length * length).sqrt();
    0.5 * MU_OVER_TWO_PI * (2.0 * length * ((2.0 * length + diagonal) / radius).ln() + radius - diagonal)
}

/// Capacitance of the oxide around a through-silicon via, without the depletion of the silicon (its upper bound).
pub fn via_capacitance(length: f64, radius: f64, oxide: f64, permittivity: f64) -> f64 {
    2.0 * std::f64::consts::PI * VACUUM_PERMITTIVITY * permittivity * length / ((radius + oxide) / radius).ln()
}

/// Wave impedance (Ω) and effective permittivity of a microstrip by width over height (Hammerstad and Jensen 1980).
pub fn microstrip(width_over_height: f64, permittivity: f64) -> (f64, f64) {
    let u = width_over_height;
    let a = 1.0
        + ((u.powi(4) + (u / 52.0).powi(2)) / (u.powi(4) + 0.432)).ln() / 49.0
        + (1.0 + (u / 18.1).powi(3)).ln() / 18.7;
    let b = 0.564 * ((permittivity - 0.9) / (permittivity + 3.0)).powf(0.053);
    let effective = 0.5 * (permittivity + 1.0) + 0.5 * (permittivity - 1.0) * (1.0 + 10.0 / u).powf(-a * b);
    let f = 6.0 + (2.0 * std::f64::consts::PI - 6.0) * (-(30.666 / u).powf(0.7528)).exp();
    let air = WAVE_RESISTANCE / (2.0 * std::f64::consts::PI) * (f / u + (1.0 + 4.0 / (u * u)).sqrt()).ln();
    (air / effective.sqrt(), effective)
}

/// An input file of conductors.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParasiticsInput {
    /// Title.
    pub name: String,
    /// Bond wires.
    #[serde(default)]
    pub wires: Vec<Wire>,
    /// Through-silicon vias.
    #[serde(default)]
    pub vias: Vec<Via>,
    /// Traces over a plane.
    #[serde(default)]
    pub traces: Vec<Trace>,
}

/// A bond wire.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wire {
    /// Name.
    pub name: String,
    /// Length along the loop.
    pub length: Size,
    /// Diameter.
    pub diameter: Size,
    /// Resistivity; gold at 20 °C if absent.
    pub resistivity: Option<Resistivity>,
    /// Distance to a parallel neighbour.
    pub spacing: Option<Size>,
}

/// A through-silicon via.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Via {
    /// Name.
    pub name: String,
    /// Length.
    pub length: Size,
    /// Radius of the metal.
    pub radius: Size,
    /// Thickness of the oxide.
    pub oxide: Size,
    /// Resistivity; plated copper if absent.
    pub resistivity: Option<Resistivity>,
}

/// A trace over a plane (microstrip).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// Name.
    pub name: String,
    /// Length.
    pub length: Size,
    /// Width.
    pub width: Size,
    /// Thickness of the metal.
    pub thickness: Size,
    /// Height over the plane.
    pub height: Size,
    /// Relative permittivity of the dielectric.
    pub permittivity: f64,
    /// Resistivity; copper if absent.
    pub resistivity: Option<Resistivity>,
}

/// Resistivity of gold at 20 °C, Ω·m (CRC handbook).
const GOLD: f64 = 2.44e-8;

/// Resistivity of plated copper at 20 °C, Ω·m.
const COPPER: f64 = 1.72e-8;

/// Relative permittivity of silicon dioxide.
const OXIDE: f64 = 3.9;

impl ParasiticsInput {
    /// Reads a TOML text.
    pub fn parse(text: &str) -> Result<Self> {
        error::read(text)
    }

    /// Computes all conductors in the order of the input: wires, vias, traces.
    ///
    /// # Errors
    /// Names the conductor whose figures make no sense.
    pub fn compute(&self) -> Result<Vec<Parasitics>> {
        let mut out = Vec::new();
        for wire in &self.wires {
            out.push(wire.compute()?);
        }
        out.extend(self.vias.iter().map(Via::compute));
        for trace in &self.traces {
            out.push(trace.compute()?);
        }
        if out.is_empty() {
            return Err(SimulationError::field("wires", Reason::NoConductors));
        }
        Ok(out)
    }
}

impl Wire {
    fn compute(&self) -> Result<Parasitics> {
        let (length, diameter) = (self.length.si(), self.diameter.si());
        if length < 4.0 * diameter {
            return Err(SimulationError::field(format!("wires.{}.length", self.name), Reason::WireTooShort));
        }
        if self.spacing.is_some_and(|s| s.si() < diameter) {
            return Err(SimulationError::field(format!("wires.{}.spacing", self.name), Reason::WiresTouch));
        }
        Ok(Parasitics {
            name: self.name.clone(),
            resistance_ohm: round_resistance(self.resistivity.map_or(GOLD, |r| r.si()), length, diameter),
            inductance_h: wire_inductance(length, diameter),
            capacitance_f: None,
            impedance_ohm: None,
            effective_permittivity: None,
            mutual_h: self.spacing.map(|s| mutual_inductance(length, s.si())),
        })
    }
}

impl Via {
    fn compute(&self) -> Parasitics {
        let (length, radius) = (self.length.si(), self.radius.si());
        Parasitics {
            name: self.name.clone(),
            resistance_ohm: round_resistance(self.resistivity.map_or(COPPER, |r| r.si()), length, 2.0 * radius),
            inductance_h: via_inductance(length, radius),
            capacitance_f: Some(via_capacitance(length, radius, self.oxide.si(), OXIDE)),
            impedance_ohm: None,
            effective_permittivity: None,
            mutual_h: None,
        }
    }
}

impl Trace {
    fn compute(&self) -> Result<Parasitics> {
        if !(1.0..=128.0).contains(&self.permittivity) {
            let field = format!("traces.{}.permittivity", self.name);
            return Err(SimulationError::field(field, Reason::OutOfRange { low: 1.0, high: 128.0 }));
        }
        let (impedance, effective) = microstrip(self.width.si() / self.height.si(), self.permittivity);
        let (length, speed) = (self.length.si(), LIGHT / effective.sqrt());
        let section = self.width.si() * self.thickness.si();
        Ok(Parasitics {
            name: self.name.clone(),
            resistance_ohm: self.resistivity.map_or(COPPER, |r| r.si()) * length / section,
            inductance_h: impedance / speed * length,
            capacitance_f: Some(length / (impedance * speed)),
            impedance_ohm: Some(impedance),
            effective_permittivity: Some(effective),
            mutual_h: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(ours: f64, theirs: f64) {
        assert!((ours / theirs - 1.0).abs() < 2e-3, "{ours} against {theirs}");
    }

    #[test]
    fn reference_values() {
        near(wire_inductance(1e-3, 25e-6), 0.865e-9);
        near(round_resistance(GOLD, 1e-3, 25e-6), 49.7e-3);
        near(via_capacitance(100e-6, 10e-6, 0.2e-6, OXIDE), 1096e-15);
        near(round_resistance(COPPER, 100e-6, 20e-6), 5.47e-3);
        near(via_inductance(100e-6, 10e-6), 54.8e-12);
        let (impedance, effective) = microstrip(2.0, 4.2);
        near(impedance, 49.71);
        near(effective, 3.207);
    }

    #[test]
    fn mutual_inductance_stays_below_self_inductance() {
        for spacing in [30e-6, 100e-6, 1e-3] {
            assert!(mutual_inductance(1e-3, spacing) < wire_inductance(1e-3, 25e-6));
        }
        assert!(mutual_inductance(1e-3, 50e-6) > mutual_inductance(1e-3, 100e-6));
    }

    #[test]
    fn refusals_name_the_conductor() {
        let text = "name = 'x'\n[[wires]]\nname = 'w1'\nlength = '0.05 mm'\ndiameter = '25 um'\n";
        let error = ParasiticsInput::parse(text).unwrap().compute().unwrap_err().to_string();
        assert!(error.contains("wires.w1.length"), "{error}");
    }
}
