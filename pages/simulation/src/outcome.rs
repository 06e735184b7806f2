//! What a run found, as it is kept: everything a page or a report shows, without computing anything again.

use serde::{Deserialize, Serialize};
use simulation::metrics::MeshCheck;

/// A part of the results that may be missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part<T> {
    /// Not asked for, or not meaningful for this package.
    Absent,
    /// There.
    Done(T),
    /// Tried, and why there is no result.
    Failed(String),
}

impl<T> Part<T> {
    /// The result, if there is one.
    pub fn done(&self) -> Option<&T> {
        match self {
            Self::Done(part) => Some(part),
            _ => None,
        }
    }

    /// Why there is none although it was asked for.
    pub fn failure(&self) -> Option<&str> {
        match self {
            Self::Failed(why) => Some(why),
            _ => None,
        }
    }
}

/// Everything a run found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Of a package.
    Package(Box<PackageOutcome>),
    /// Of wires, vias and traces.
    Conductors(Vec<Conductor>),
}

/// What was found for a package.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PackageOutcome {
    /// Temperatures and resistances.
    pub thermal: Thermal,
    /// The same on a finer mesh.
    pub mesh: Part<MeshCheck>,
    /// Heating curve.
    pub impedance: Part<Impedance>,
    /// Voids from 0 to 50 %.
    pub voids: Part<Vec<VoidPoint>>,
    /// Deformation.
    pub warpage: Part<Warpage>,
    /// Life by several models, with what they assume.
    pub life: Vec<LifeModel>,
    /// The swing of the junction in power cycles.
    pub cycling: Part<Cycling>,
    /// Materials the runs relied on.
    pub materials: Vec<MaterialUsed>,
}

/// Temperatures and resistances; K/W and °C.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Thermal {
    /// All heat, W.
    pub power_w: f64,
    /// °C.
    pub ambient_c: f64,
    /// Hottest place of any die, °C.
    pub junction_c: f64,
    /// Dies and places: name, highest and mean °C.
    pub probes: Vec<(String, f64, f64)>,
    /// Surfaces: name, W out, mean °C.
    pub surfaces: Vec<(String, f64, f64)>,
    /// JESD51 figures by symbol, K/W, in the order they are shown.
    pub resistances: Vec<(String, f64)>,
    /// Cells.
    pub cells: usize,
    /// Heat in minus heat out over heat in.
    pub energy_error: f64,
}

impl Thermal {
    /// A figure by its symbol.
    pub fn resistance(&self, symbol: &str) -> Option<f64> {
        self.resistances.iter().find(|(name, _)| name == symbol).map(|(_, value)| *value)
    }
}

/// A heating curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Impedance {
    /// What cools: as given, or a cold plate below.
    pub setup: String,
    /// Seconds and K/W.
    pub curve: Vec<(f64, f64)>,
    /// Cumulative structure function: K/W and J/K.
    pub structure: Vec<(f64, f64)>,
}

/// One point of the void sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VoidPoint {
    /// Share of the area, %.
    pub voids_percent: f64,
    /// Junction with many small voids, °C.
    pub spread_c: f64,
    /// Junction with one void in the middle, °C.
    pub centre_c: f64,
}

/// Deformation over the reflow profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Warpage {
    /// Temperatures.
    pub points: Vec<WarpagePoint>,
    /// Allowed, µm.
    pub limit_um: Option<f64>,
    /// Whether all points stay within.
    pub within_limit: Option<bool>,
    /// Shear strain range of the outermost joint, for packages with balls.
    pub joint_strain: Option<f64>,
    /// Norris–Landzberg acceleration by constants.
    pub acceleration: Vec<(String, f64)>,
    /// Unknowns.
    pub unknowns: usize,
    /// Whether a quarter was solved.
    pub quarter: bool,
    /// What the run takes for granted.
    pub assumptions: Vec<String>,
}

/// Deformation and stress at one temperature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WarpagePoint {
    /// °C.
    pub temperature_c: f64,
    /// Highest minus lowest of the underside, µm; positive if the middle stands up.
    pub warpage_um: f64,
    /// By the layered plate, µm.
    pub layered_plate_um: f64,
    /// Largest principal stress in any die, MPa.
    pub die_tension_mpa: f64,
    /// Largest equivalent stress in any die, MPa.
    pub die_equivalent_mpa: f64,
}

/// What power cycles do to the hottest junction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cycling {
    /// Coldest, °C.
    pub lowest_c: f64,
    /// By how much it warms while the load is on, K.
    pub swing_k: f64,
    /// Figures outside the ranges that the models were fitted to.
    pub beyond: Vec<String>,
}

/// A life by one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LifeModel {
    /// Model and source.
    pub model: String,
    /// Cycles.
    pub cycles: f64,
}

/// A material and where its figures come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MaterialUsed {
    /// Name in input files.
    pub name: String,
    /// Name on pages.
    pub label: String,
    /// Source.
    pub source: String,
    /// Trust.
    pub confidence: simulation::material::Confidence,
}

/// What a conductor amounts to; SI units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conductor {
    /// Name.
    pub name: String,
    /// Ω.
    pub resistance_ohm: f64,
    /// H.
    pub inductance_h: f64,
    /// F.
    pub capacitance_f: Option<f64>,
    /// Ω.
    pub impedance_ohm: Option<f64>,
    /// Relative.
    pub effective_permittivity: Option<f64>,
    /// H.
    pub mutual_h: Option<f64>,
}

/// The temperature field with what is needed to draw and probe it. Lengths in millimetres.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Borders of the cells in x, y and z.
    pub planes: [Vec<f64>; 3],
    /// °C in the order of the engine's grid; nothing in voids.
    pub celsius: Vec<Option<f32>>,
    /// Material of each cell: zero for void, else one plus an index.
    pub materials: Vec<u16>,
    /// Names of the materials.
    pub names: Vec<String>,
    /// Planes worth looking at.
    pub views: Vec<View>,
    /// Outlines of dies and pad: name, lower and upper corner.
    pub outlines: Vec<(String, [f64; 3], [f64; 3])>,
}

/// A plane worth looking at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// As it stands in addresses.
    pub key: String,
    /// What people call it.
    pub label: String,
    /// Whether it is a plan at a height, or a section at a y.
    pub plan: bool,
    /// Height or y.
    pub at: f64,
    /// Left, bottom, right, top of the window.
    pub window: [f64; 4],
}

/// The underside's displacement at one temperature. Lengths in millimetres.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// °C.
    pub temperature_c: f64,
    /// Nodes in x and y.
    pub nodes: [Vec<f64>; 2],
    /// µm over the best-fitting plane, row by row in x; nothing where there is no material.
    pub lift_um: Vec<Option<f32>>,
}

/// A junction beyond which no package works and no figure of a material holds, °C.
const BEYOND_USE: f64 = 250.0;

/// What has to be said of a void sweep that leaves the range in which its figures mean something.
pub fn void_warning(points: &[VoidPoint]) -> Option<String> {
    let hot = points.iter().any(|point| point.spread_c.max(point.centre_c) > BEYOND_USE);
    hot.then(|| format!("高于 {BEYOND_USE:.0} °C 的结温只说明这样的空洞不可接受：芯片早已失效，材料数据也不再成立。"))
}

/// Where the package is bent most, one way or the other.
pub fn worst(warpage: &Warpage) -> Option<&WarpagePoint> {
    warpage.points.iter().max_by(|a, b| a.warpage_um.abs().total_cmp(&b.warpage_um.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_that_leaves_all_use_says_so() {
        let point = |centre_c| VoidPoint { voids_percent: 50.0, spread_c: 120.0, centre_c };
        assert!(void_warning(&[point(249.0)]).is_none());
        assert!(void_warning(&[point(120.0), point(1099.0)]).unwrap().contains("250 °C"));
    }
}
