//! Puts parts on top of each other and refuses what cannot be built.

use super::input::{Attach, Die, VoidPattern};
use crate::error::{Result, SimulationError};
use crate::grid::Region;
use crate::material::{Confidence, Curve, Elasticity, Library, Material};
use crate::quantity::Size;
use crate::reason::Reason;
use crate::scene::{Scene, Source};
use crate::thermal::Contact;

/// A die in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedDie {
    /// Name from the input.
    pub name: String,
    /// The whole die.
    pub region: Region,
    /// The thin active layer that makes the heat.
    pub active: Region,
    /// W; the mean over its trace, if it has one.
    pub power: f64,
    /// Power over time as (seconds, W until the next time); empty without a trace. The last time ends the trace.
    pub trace: Vec<(f64, f64)>,
}

/// Reads text files that an input names, so that the engine itself opens none.
pub type ReadFile<'a> = &'a dyn Fn(&str) -> Result<String>;

pub(super) struct Builder<'a> {
    pub scene: Scene,
    pub library: &'a Library,
    pub read: ReadFile<'a>,
    pub dies: Vec<PlacedDie>,
}

/// Extent in x and y around a middle, metres.
pub(super) type Rectangle = [[f64; 2]; 2];

pub(super) fn rectangle(size: &[Size; 2], middle: [f64; 2]) -> Rectangle {
    std::array::from_fn(|d| [middle[d] - 0.5 * size[d].si(), middle[d] + 0.5 * size[d].si()])
}

pub(super) fn slab(rectangle: Rectangle, low: f64, high: f64) -> Region {
    Region::new([rectangle[0][0], rectangle[1][0], low], [rectangle[0][1], rectangle[1][1], high])
}

pub(super) fn inside(inner: Rectangle, outer: Rectangle) -> bool {
    (0..2).all(|d| inner[d][0] >= outer[d][0] - 1e-9 && inner[d][1] <= outer[d][1] + 1e-9)
}

impl Builder<'_> {
    /// Adds a box of a library material.
    pub fn add(&mut self, field: &str, name: &str, material: &str, region: Region) -> Result<()> {
        let material = self.library.find(field, material)?;
        self.scene.add(name, material, region);
        Ok(())
    }

    /// Adds a thin joint on top of `bottom`; returns its upper side.
    pub fn joint(&mut self, field: &str, name: &str, attach: &Attach, place: Rectangle, bottom: f64) -> Result<f64> {
        let voids = attach.voids.si();
        if voids > 0.9 {
            return Err(SimulationError::field(format!("{field}.voids"), Reason::TooManyVoids));
        }
        let material = self.library.find(&format!("{field}.material"), &attach.material)?;
        let top = bottom + attach.thickness.si();
        match attach.void_pattern {
            VoidPattern::Spread => {
                let porous = with_voids(material, voids);
                self.scene.add(name, &porous, slab(place, bottom, top));
            }
            VoidPattern::Centre => {
                self.scene.add(name, material, slab(place, bottom, top));
                if voids > 0.0 {
                    let hole = place.map(|[low, high]| {
                        let (middle, half) = (0.5 * (low + high), 0.5 * (high - low) * voids.sqrt());
                        [middle - half, middle + half]
                    });
                    self.add(field, "void", "air", slab(hole, bottom, top))?;
                }
            }
        }
        if attach.interface.si() > 0.0 {
            let region = slab(place, f64::NEG_INFINITY, f64::INFINITY);
            self.scene.contacts.push(Contact { height: bottom, region, resistance: attach.interface.si() });
        }
        Ok(top)
    }

    /// Places dies with their joints on a support; returns the height of the highest upper side.
    pub fn dies(&mut self, dies: &[Die], support: Rectangle, bottom: f64, ceiling: f64) -> Result<f64> {
        if dies.is_empty() {
            return Err(SimulationError::field("package.dies", Reason::NoDies));
        }
        let mut highest = bottom;
        for (number, die) in dies.iter().enumerate() {
            let field = format!("package.dies[{number}]");
            let place = rectangle(&die.size, die.at.map(|p| p.si()));
            let (below, base) = match &die.on {
                None => (support, bottom),
                Some(name) => {
                    let carrier = self.dies.iter().find(|placed| &placed.name == name).ok_or_else(|| {
                        SimulationError::field(format!("{field}.on"), Reason::NoDieBefore { name: name.clone() })
                    })?;
                    let r = carrier.region;
                    ([[r.low[0], r.high[0]], [r.low[1], r.high[1]]], r.high[2])
                }
            };
            if die.on.is_none() && !inside(place, below) {
                return Err(SimulationError::field(format!("{field}.size"), Reason::DieBeyondSupport));
            }
            let top = self.die(&field, die, place, base, false)?;
            if top > ceiling - 1e-9 {
                let reason = Reason::DieTooHigh { reaches_mm: top * 1e3, limit_mm: ceiling * 1e3 };
                return Err(SimulationError::field(format!("{field}.thickness"), reason));
            }
            highest = highest.max(top);
        }
        Ok(highest)
    }

    /// Places one die on its joint; returns its upper side.
    pub fn die(&mut self, field: &str, die: &Die, place: Rectangle, base: f64, face_down: bool) -> Result<f64> {
        let low = base + die.attach.thickness.si();
        let thickness = die.thickness.si();
        let region = slab(place, low, low + thickness);
        if let Some(other) = self.dies.iter().find(|d| d.region.overlaps(&slab(place, base, low + thickness))) {
            let reason = Reason::DiesOverlap { name: other.name.clone() };
            return Err(SimulationError::field(format!("{field}.at"), reason));
        }
        if self.dies.iter().any(|d| d.name == die.name) {
            let reason = Reason::NameTaken { name: die.name.clone() };
            return Err(SimulationError::field(format!("{field}.name"), reason));
        }
        self.joint(&format!("{field}.attach"), &format!("{} attach", die.name), &die.attach, place, base)?;
        self.add(&format!("{field}.material"), &die.name, &die.material, region)?;
        let depth = (0.2 * thickness).min(20e-6);
        let active = if face_down {
            slab(place, low, low + depth)
        } else {
            slab(place, low + thickness - depth, low + thickness)
        };
        self.add(&format!("{field}.material"), &format!("{} active side", die.name), &die.material, active)?;
        let trace = match &die.power_trace {
            Some(file) => crate::formats::power_trace::read(file, &(self.read)(file)?)?,
            None => vec![],
        };
        let power = self.power(field, die, active, crate::formats::power_trace::mean(&trace))?;
        self.dies.push(PlacedDie { name: die.name.clone(), region, active, power, trace });
        Ok(low + thickness)
    }

    /// Adds the heat of a die: even, or by a power map.
    fn power(&mut self, field: &str, die: &Die, active: Region, traced: Option<f64>) -> Result<f64> {
        let given = match traced {
            Some(_) if die.power.si() > 0.0 => {
                return Err(SimulationError::field(format!("{field}.power"), Reason::PowerTwice));
            }
            Some(mean) => mean,
            None => die.power.si(),
        };
        let Some(file) = &die.power_map else {
            if given > 0.0 {
                self.scene.sources.push(Source { name: die.name.clone(), region: active, power: given });
            }
            return Ok(given);
        };
        let map = crate::formats::power_map::read(file, &(self.read)(file)?)?;
        let sources = map.sources(&die.name, active, (given > 0.0).then_some(given));
        let sources = sources.map_err(|reason| SimulationError::field(format!("{field}.power_map"), reason))?;
        let total = sources.iter().map(|s| s.power).sum();
        self.scene.sources.extend(sources);
        Ok(total)
    }
}

/// A joint with many small voids: heat and force pass through what is left; in-plane by Maxwell's relation for
/// non-conducting cylinders (Maxwell 1873; two dimensions).
fn with_voids(material: &Material, share: f64) -> Material {
    if share <= 0.0 {
        return material.clone();
    }
    let left = 1.0 - share;
    let in_plane = left / (1.0 + share);
    let [x, y, z] = &material.conductivity;
    Material {
        name: format!("{} ({:.0} % void)", material.name, share * 100.0),
        conductivity: [x.scaled(in_plane), y.scaled(in_plane), z.scaled(left)],
        density: material.density * left,
        elasticity: material.elasticity.clone().map(|e| Elasticity { modulus: e.modulus.scaled(left), ..e }),
        ..material.clone()
    }
}

/// A layer of which a share is copper. Both run through the whole thickness, so heat flows in them side by side in z; in
/// the plane patterned copper is taken between side by side and one after the other (Hashin and Shtrikman's mean for
/// two-dimensional composites, self-consistent form by Bruggeman 1935).
pub(super) fn with_copper(base: &Material, copper: &Material, share: f64) -> std::result::Result<Material, Reason> {
    if !(0.0..=1.0).contains(&share) {
        return Err(Reason::ShareOfCopper);
    }
    if share == 0.0 {
        return Ok(base.clone());
    }
    let at = |material: &Material, d: usize| material.conductivity[d].at(320.0);
    let plane = |d: usize| {
        let (a, b) = (at(copper, d), at(base, d));
        let half = 0.5 * (2.0 * share - 1.0) * (a - b);
        Curve::Constant(half + (half * half + a * b).sqrt())
    };
    let z = Curve::Constant(share * at(copper, 2) + (1.0 - share) * at(base, 2));
    let mix = |a: f64, b: f64| share * a + (1.0 - share) * b;
    let heat = mix(copper.density * copper.specific_heat, base.density * base.specific_heat);
    let density = mix(copper.density, base.density);
    Ok(Material {
        name: format!("{} with {:.0} % copper", base.name, share * 100.0),
        label: format!("{}（铜 {:.0} %）", base.label, share * 100.0),
        conductivity: [plane(0), plane(1), z],
        density,
        specific_heat: heat / density,
        elasticity: mixed_elasticity(base, copper, share),
        resistivity: None,
        source: format!("mixed from {} and {}", base.name, copper.name),
        confidence: Confidence::Low,
    })
}

/// Stiffness by volume, expansion by stiffness (side by side); out of the plane by volume.
fn mixed_elasticity(base: &Material, copper: &Material, share: f64) -> Option<Elasticity> {
    let (b, c) = (base.elasticity.as_ref()?, copper.elasticity.as_ref()?);
    let temperatures = [213.15, 298.15, 398.15, 473.15, 533.15];
    let table = |f: &dyn Fn(f64) -> f64| Curve::Table(temperatures.iter().map(|t| (*t, f(*t))).collect());
    let modulus = |t: f64| share * c.modulus.at(t) + (1.0 - share) * b.modulus.at(t);
    let expansion = |t: f64| {
        let weighted =
            share * c.modulus.at(t) * c.expansion.at(t) + (1.0 - share) * b.modulus.at(t) * b.expansion.at(t);
        weighted / modulus(t)
    };
    let upright = |t: f64| share * c.expansion_z.at(t) + (1.0 - share) * b.expansion_z.at(t);
    Some(Elasticity {
        modulus: table(&modulus),
        modulus_z_ratio: share + (1.0 - share) * b.modulus_z_ratio,
        poisson: share * c.poisson + (1.0 - share) * b.poisson,
        expansion: table(&expansion),
        expansion_z: table(&upright),
        stress_free: b.stress_free,
    })
}
