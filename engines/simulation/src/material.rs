//! Materials: what they conduct, store and expand, where the figures come from and how far to trust them.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::{self, Result, SimulationError};
use crate::quantity::{Conductivity, Density, Expansion, Modulus, Quantity, SpecificHeat, Temperature};
use crate::quantity::{Dimension, Resistivity};
use crate::reason::Reason;
use crate::thermal::Conductor;

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

    /// The curve times a number.
    pub fn scaled(&self, factor: f64) -> Self {
        match self {
            Self::Constant(value) => Self::Constant(value * factor),
            Self::Power { at_300, exponent } => Self::Power { at_300: at_300 * factor, exponent: *exponent },
            Self::Table(points) => Self::Table(points.iter().map(|(t, v)| (*t, v * factor)).collect()),
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

/// How far a figure may be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A textbook or typical value: ask the supplier.
    Low,
    /// Published by a maker or a tool for this class of material.
    Medium,
    /// Measured and published in a primary source.
    High,
}

/// Elastic behaviour and expansion; the glass transition splits polymers in two.
#[derive(Debug, Clone, PartialEq)]
pub struct Elasticity {
    /// Young's modulus in x and y, Pa over kelvin.
    pub modulus: Curve,
    /// Modulus in z over the modulus in x and y (one if isotropic).
    pub modulus_z_ratio: f64,
    /// Poisson's ratio.
    pub poisson: f64,
    /// Expansion in x and y, 1/K over kelvin.
    pub expansion: Curve,
    /// Expansion in z, 1/K over kelvin.
    pub expansion_z: Curve,
    /// Temperature at which the material was joined without stress, kelvin; `None` takes the package's.
    pub stress_free: Option<f64>,
}

impl Elasticity {
    /// Free expansion from the stress-free temperature to another, in-plane and in z (dimensionless).
    pub fn free_strain(&self, from: f64, to: f64) -> [f64; 2] {
        [integral(&self.expansion, from, to), integral(&self.expansion_z, from, to)]
    }
}

/// ∫ curve dT by the trapezoid rule in steps below one kelvin: exact for the piecewise linear curves used.
fn integral(curve: &Curve, from: f64, to: f64) -> f64 {
    if let Curve::Constant(value) = curve {
        return value * (to - from);
    }
    let steps = (to - from).abs().ceil().max(1.0);
    let step = (to - from) / steps;
    let sum: f64 = (0..steps as usize)
        .map(|n| {
            let at = from + step * n as f64;
            0.5 * (curve.at(at) + curve.at(at + step))
        })
        .sum();
    sum * step
}

/// A material of the library or of an input file.
#[derive(Debug, Clone, PartialEq)]
pub struct Material {
    /// Name that inputs use.
    pub name: String,
    /// Chinese name for pages.
    pub label: String,
    /// Conductivity in x, y, z, W/(m·K) over kelvin.
    pub conductivity: [Curve; 3],
    /// kg/m³.
    pub density: f64,
    /// J/(kg·K).
    pub specific_heat: f64,
    /// Elastic data, where known.
    pub elasticity: Option<Elasticity>,
    /// Electrical resistivity at 20 °C, Ω·m, where known.
    pub resistivity: Option<f64>,
    /// Where the figures come from.
    pub source: String,
    /// How far to trust them.
    pub confidence: Confidence,
}

impl Material {
    /// The thermal side.
    pub fn conductor(&self) -> Conductor {
        Conductor { conductivity: self.conductivity.clone(), volumetric_heat: self.density * self.specific_heat }
    }
}

/// A curve as written: one value, a power law, or a table of temperature and value.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, bound = "")]
enum WrittenCurve<D: Dimension> {
    Power(WrittenPower<D>),
    Table(Vec<(Temperature, Quantity<D>)>),
    Value(Quantity<D>),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, bound = "")]
struct WrittenPower<D: Dimension> {
    at_300_k: Quantity<D>,
    exponent: f64,
}

impl<D: Dimension> WrittenCurve<D> {
    fn curve(&self) -> Curve {
        match self {
            Self::Value(value) => Curve::Constant(value.si()),
            Self::Power(power) => Curve::Power { at_300: power.at_300_k.si(), exponent: power.exponent },
            Self::Table(points) => Curve::Table(points.iter().map(|(t, v)| (t.si(), v.si())).collect()),
        }
    }
}

/// A material as an input file writes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenMaterial {
    #[serde(default)]
    label: String,
    conductivity: WrittenCurve<crate::quantity::ConductivityDimension>,
    conductivity_z: Option<Conductivity>,
    density: Density,
    specific_heat: SpecificHeat,
    modulus: Option<WrittenCurve<crate::quantity::ModulusDimension>>,
    modulus_z: Option<Modulus>,
    modulus_above_glass: Option<Modulus>,
    poisson: Option<f64>,
    expansion: Option<WrittenCurve<crate::quantity::ExpansionDimension>>,
    expansion_z: Option<Expansion>,
    expansion_above_glass: Option<Expansion>,
    glass_transition: Option<Temperature>,
    stress_free: Option<Temperature>,
    resistivity: Option<Resistivity>,
    #[serde(default)]
    source: String,
    confidence: Option<Confidence>,
}

/// Half the width of the glass transition over which values change from one side to the other, kelvin.
const GLASS_HALF_WIDTH: f64 = 10.0;

fn glass(below: &Curve, above: Option<f64>, transition: Option<f64>) -> Curve {
    match (above, transition) {
        (Some(above), Some(t)) => {
            Curve::Table(vec![(t - GLASS_HALF_WIDTH, below.at(t)), (t + GLASS_HALF_WIDTH, above)])
        }
        _ => below.clone(),
    }
}

impl WrittenMaterial {
    fn read(&self, name: &str) -> Result<Material> {
        let field = |leaf: &str| format!("materials.{name}.{leaf}");
        let conductivity = self.conductivity.curve();
        if !conductivity.is_positive() {
            return Err(SimulationError::field(field("conductivity"), Reason::NotPositiveOrNotRising));
        }
        let z = self.conductivity_z.map_or(conductivity.clone(), |k| Curve::Constant(k.si()));
        Ok(Material {
            name: name.to_owned(),
            label: if self.label.is_empty() { name.to_owned() } else { self.label.clone() },
            conductivity: [conductivity.clone(), conductivity, z],
            density: self.density.si(),
            specific_heat: self.specific_heat.si(),
            elasticity: self.elasticity(field)?,
            resistivity: self.resistivity.map(Quantity::si),
            source: self.source.clone(),
            confidence: self.confidence.unwrap_or(Confidence::Medium),
        })
    }

    fn elasticity(&self, field: impl Fn(&str) -> String) -> Result<Option<Elasticity>> {
        let (Some(modulus), Some(poisson), Some(expansion)) = (&self.modulus, self.poisson, &self.expansion) else {
            return Ok(None);
        };
        if !(-0.9..0.499).contains(&poisson) {
            return Err(SimulationError::field(field("poisson"), Reason::OutOfRange { low: -0.9, high: 0.499 }));
        }
        let (modulus, expansion) = (modulus.curve(), expansion.curve());
        if !modulus.is_positive() {
            return Err(SimulationError::field(field("modulus"), Reason::NotPositiveOrNotRising));
        }
        let transition = self.glass_transition.map(Quantity::si);
        let modulus_z_ratio = self.modulus_z.map_or(1.0, |z| z.si() / modulus.at(298.15));
        let expansion_z = self.expansion_z.map_or(expansion.clone(), |a| Curve::Constant(a.si()));
        let above = self.expansion_above_glass.map(Quantity::si);
        Ok(Some(Elasticity {
            modulus: glass(&modulus, self.modulus_above_glass.map(Quantity::si), transition),
            modulus_z_ratio,
            poisson,
            expansion: glass(&expansion, above, transition),
            expansion_z: glass(&expansion_z, above, transition),
            stress_free: self.stress_free.map(Quantity::si),
        }))
    }
}

/// Materials by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Library {
    materials: BTreeMap<String, Material>,
}

impl Library {
    /// The library that comes with the program.
    pub fn built_in() -> Result<Self> {
        let mut library = Self { materials: BTreeMap::new() };
        let written: BTreeMap<String, WrittenMaterial> = error::read(include_str!("../../../catalog/materials.toml"))?;
        library.extend(&written)?;
        Ok(library)
    }

    /// Adds materials of an input file; they replace those of the same name.
    pub fn extend(&mut self, written: &BTreeMap<String, WrittenMaterial>) -> Result<()> {
        for (name, material) in written {
            self.materials.insert(name.clone(), material.read(name)?);
        }
        Ok(())
    }

    /// A material by name; `field` is the place that asked.
    pub fn find(&self, field: &str, name: &str) -> Result<&Material> {
        self.materials.get(name).ok_or_else(|| {
            let known = self.materials.keys().cloned().collect::<Vec<_>>().join(", ");
            SimulationError::field(field, Reason::UnknownMaterial { name: name.to_owned(), known })
        })
    }

    /// All materials in order of name.
    pub fn all(&self) -> impl Iterator<Item = &Material> {
        self.materials.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_library_is_sound() {
        let library = Library::built_in().unwrap();
        assert!(library.all().count() >= 30);
        assert!(library.all().all(|m| !m.source.is_empty()));
    }

    #[test]
    fn silicon_follows_glassbrenner_and_slack_within_four_percent() {
        let silicon = Library::built_in().unwrap();
        let silicon = silicon.find("", "silicon").unwrap();
        for (kelvin, measured) in [(400.0, 98.9), (500.0, 76.2), (600.0, 61.9)] {
            let ours = silicon.conductivity[0].at(kelvin);
            assert!((ours / measured - 1.0).abs() < 0.04, "{kelvin} K: {ours} against {measured}");
        }
    }

    #[test]
    fn free_strain_crosses_the_glass_transition() {
        let library = Library::built_in().unwrap();
        let emc = library.find("", "emc").unwrap().elasticity.clone().unwrap();
        let below = emc.free_strain(298.15, 348.15)[0];
        assert!((below - 9e-6 * 50.0).abs() < 1e-9);
        let above = emc.free_strain(473.15, 523.15)[0];
        assert!((above - 35e-6 * 50.0).abs() < 1e-9);
    }
}
