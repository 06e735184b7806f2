//! Thermal resistances as data sheets state them (JESD51 terms), with the error of the mesh.

use serde::{Deserialize, Serialize};

use crate::error::{Result, SimulationError};
use crate::grid::{Grid, Region};
use crate::material::{Confidence, Library};
use crate::mesh::{MeshSettings, mesh};
use crate::package::{BoardKind, Input, Package, ReadFile, Setup, build, set_up};
use crate::power_cycling::PowerCyclingLife;
use crate::reason::Reason;
use crate::scene::Scene;
use crate::thermal::{SteadyField, StepResponse, ThermalBody, Tolerance, steady};

/// Celsius zero, kelvin.
pub(crate) const CELSIUS: f64 = 273.15;

/// Where curves of thermal impedance begin, seconds.
const FIRST_TIME: f64 = 1e-6;

/// Which results to compute beyond the run as given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wanted {
    /// θJB, θJC top and bottom: three more runs.
    pub resistances: bool,
    /// A second, finer mesh for the error estimate.
    pub error_estimate: bool,
}

/// Temperatures of one die or probe, °C.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProbeResult {
    /// Name of the die or place.
    pub name: String,
    /// Highest.
    pub highest_c: f64,
    /// Volume mean.
    pub mean_c: f64,
}

/// Heat through one surface, W.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SurfaceResult {
    /// Name.
    pub name: String,
    /// Heat out.
    pub heat_w: f64,
    /// Mean temperature, °C.
    pub mean_c: f64,
}

/// A material that the run relied on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MaterialUsed {
    /// Name.
    pub name: String,
    /// Source of its figures.
    pub source: String,
    /// Trust.
    pub confidence: Confidence,
}

/// The package as two resistances that meet in the junction (JESD15-3): a model for system designers that says nothing about
/// the inside.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TwoResistor {
    /// Junction to the top of the case, K/W: θJC top.
    pub junction_to_case: f64,
    /// Junction to the board, K/W: θJB.
    pub junction_to_board: f64,
}

/// The run as given on a finer mesh.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MeshCheck {
    /// Cells of the finer mesh.
    pub cells: usize,
    /// Hottest place of any die on it, °C.
    pub junction_c: f64,
    /// θJA on it, K/W, where there is one.
    pub theta_ja: Option<f64>,
    /// Estimated error of the highest temperature rise on the first mesh, as a share of the rise.
    pub error: f64,
}

/// The thermal answer for a package.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ThermalReport {
    /// Title.
    pub name: String,
    /// Total heat, W.
    pub power_w: f64,
    /// Ambient, °C.
    pub ambient_c: f64,
    /// Hottest place of any die, °C.
    pub junction_c: f64,
    /// Dies and places.
    pub probes: Vec<ProbeResult>,
    /// Where the heat goes.
    pub surfaces: Vec<SurfaceResult>,
    /// Junction (hottest die, highest temperature) to ambient, K/W.
    pub theta_ja: Option<f64>,
    /// Junction to the middle of the package top, K/W of all heat.
    pub psi_jt: Option<f64>,
    /// Junction to the board 1 mm from the package, K/W of all heat.
    pub psi_jb: Option<f64>,
    /// Junction to board with a ring cold plate, K/W.
    pub theta_jb: Option<f64>,
    /// Junction to a cold plate on the top, K/W; nothing where there is no case over the junction.
    pub theta_jc_top: Option<f64>,
    /// Junction to a cold plate at the underside, K/W.
    pub theta_jc_bottom: Option<f64>,
    /// The two-resistor model, where both resistances were asked for.
    pub two_resistor: Option<TwoResistor>,
    /// Life under power cycles, where the input describes them; [`Study::power_cycling`] computes it.
    pub power_cycling: Option<PowerCyclingLife>,
    /// Cells of the mesh.
    pub cells: usize,
    /// The same on a second, finer mesh, if asked for.
    pub mesh: Option<MeshCheck>,
    /// Heat in minus heat out over heat in.
    pub energy_error: f64,
    /// Materials with their sources.
    pub materials: Vec<MaterialUsed>,
}

/// A solved field with its problem, for pictures.
#[derive(Debug, Clone, PartialEq)]
pub struct Solved {
    /// Geometry.
    pub scene: Scene,
    /// Problem.
    pub body: ThermalBody,
    /// Answer.
    pub field: SteadyField,
}

/// A package read, built and ready to run.
#[derive(Debug, Clone)]
pub struct Study {
    /// The input.
    pub input: Input,
    /// Materials.
    pub library: Library,
    /// The package.
    pub package: Package,
}

impl Study {
    /// Builds the package of an input.
    ///
    /// # Errors
    /// Names the field that cannot be built.
    pub fn new(input: Input, read: ReadFile) -> Result<Self> {
        let mut library = Library::built_in()?;
        library.extend(&input.materials)?;
        let package = build(&input.package, &library, read)?;
        Ok(Self { input, library, package })
    }

    /// The mesh settings for this package: fine over the body, finer over the dies.
    pub fn mesh_settings(&self) -> MeshSettings {
        let dies = self.package.dies.iter().map(|d| d.region);
        let focus = dies.reduce(|a, b| {
            Region::new(
                std::array::from_fn(|d| a.low[d].min(b.low[d])),
                std::array::from_fn(|d| a.high[d].max(b.high[d])),
            )
        });
        MeshSettings { focus, layer_cells: 1.0, focus_cells: 16.0, growth: 0.7, ..MeshSettings::default() }
    }

    /// Solves one set-up.
    pub fn solve(&self, setup: Setup, settings: &MeshSettings) -> Result<Solved> {
        let scene = set_up(&self.package, &self.input, &self.library, setup)?;
        if scene.power() <= 0.0 {
            return Err(SimulationError::field("package.dies.power", Reason::NoPower));
        }
        let grid = mesh(&scene, settings)?;
        let body = scene.thermal_body(&grid)?;
        let field = steady(&body, Tolerance { relative: 1e-7, iterations: 400 })?;
        Ok(Solved { scene, body, field })
    }

    /// Temperatures and resistances; `progress` hears what is done, from 0 to 1, and stops the run by answering false.
    pub fn thermal(
        &self,
        settings: &MeshSettings,
        wanted: Wanted,
        progress: &mut dyn FnMut(f64, &str) -> bool,
    ) -> Result<(ThermalReport, Solved)> {
        let mut tell =
            |share: f64, what: &str| if progress(share, what) { Ok(()) } else { Err(SimulationError::Cancelled) };
        tell(0.0, "temperatures")?;
        let solved = self.solve(Setup::AsGiven, settings)?;
        let mut report = self.report(&solved);
        if wanted.error_estimate {
            tell(0.2, "error of the mesh")?;
            report.mesh = Some(self.mesh_check(settings, &report)?);
        }
        if wanted.resistances {
            let power = solved.scene.power();
            let resistance = |setup, reference: Option<&str>| -> Result<f64> {
                let run = self.solve(setup, settings)?;
                let base = match reference {
                    None => self.input.environment.ambient.si(),
                    Some(name) => probe(&run, name).map_or(f64::NAN, |p| p.mean_c + CELSIUS),
                };
                Ok((self.junction(&run) + CELSIUS - base) / power)
            };
            if !self.package.has_bare_junction() {
                tell(0.5, "θJC top")?;
                report.theta_jc_top = Some(resistance(Setup::ColdTop, None)?);
            }
            tell(0.65, "θJC bottom")?;
            report.theta_jc_bottom = Some(resistance(Setup::ColdBottom, None)?);
            if self.input.package.sits_on_board() && self.input.board.kind != BoardKind::None {
                tell(0.8, "θJB")?;
                report.theta_jb = Some(resistance(Setup::BoardRing, Some("board"))?);
            }
        }
        if let (Some(junction_to_case), Some(junction_to_board)) = (report.theta_jc_top, report.theta_jb) {
            report.two_resistor = Some(TwoResistor { junction_to_case, junction_to_board });
        }
        tell(1.0, "done")?;
        Ok((report, solved))
    }

    /// The run as given on a mesh with cells √2 smaller, and what the two say about the error of the first: the difference of
    /// their rises, scaled to the limit of a second-order method: |f₂ − f₁| / (1 − 1/2).
    ///
    /// # Errors
    /// As a thermal run.
    pub fn mesh_check(&self, settings: &MeshSettings, first: &ThermalReport) -> Result<MeshCheck> {
        let report = self.report(&self.solve(Setup::AsGiven, &settings.refined(std::f64::consts::SQRT_2))?);
        let rise = (report.junction_c - first.ambient_c).abs().max(1e-12);
        let error = 2.0 * (report.junction_c - first.junction_c).abs() / rise;
        Ok(MeshCheck { cells: report.cells, junction_c: report.junction_c, theta_ja: report.theta_ja, error })
    }

    /// Highest temperature of any die, °C.
    fn junction(&self, solved: &Solved) -> f64 {
        let dies = self.package.dies.iter().filter_map(|d| probe(solved, &d.name));
        dies.map(|p| p.highest_c).fold(f64::NEG_INFINITY, f64::max)
    }

    fn report(&self, solved: &Solved) -> ThermalReport {
        let (junction, power) = (self.junction(solved), solved.scene.power());
        let ambient_c = self.input.environment.ambient.si() - CELSIUS;
        let against = |name: &str| probe(solved, name).map(|p| (junction - p.mean_c) / power);
        let in_air = self.input.environment.bottom.is_none() && self.input.environment.top.is_none();
        let surfaces = solved.body.surfaces.iter().enumerate();
        ThermalReport {
            name: self.input.name.clone(),
            power_w: power,
            ambient_c,
            junction_c: junction,
            probes: solved.scene.probes.iter().filter_map(|p| probe(solved, &p.name)).collect(),
            surfaces: surfaces
                .map(|(n, s)| SurfaceResult {
                    name: s.name.clone(),
                    heat_w: solved.field.surface_heat[n],
                    mean_c: solved.field.surface_temperature[n] - CELSIUS,
                })
                .collect(),
            theta_ja: in_air.then_some((junction - ambient_c) / power),
            psi_jt: against("case top"),
            psi_jb: against("board"),
            theta_jb: None,
            theta_jc_top: None,
            theta_jc_bottom: None,
            two_resistor: None,
            power_cycling: None,
            cells: solved.body.grid.len(),
            mesh: None,
            energy_error: solved.field.energy_error,
            materials: solved
                .scene
                .materials
                .iter()
                .map(|m| MaterialUsed { name: m.name.clone(), source: m.source.clone(), confidence: m.confidence })
                .collect(),
        }
    }

    /// Thermal impedance of the hottest die after a step of power, K/W over seconds, from 1 µs to `end` on a
    /// logarithmic scale of `per_decade` points. `setup` says what cools.
    pub fn impedance(
        &self,
        setup: Setup,
        settings: &MeshSettings,
        end: f64,
        per_decade: usize,
        progress: &mut dyn FnMut(f64, &str) -> bool,
    ) -> Result<Vec<(f64, f64)>> {
        let decades = (end / FIRST_TIME).log10();
        let count = (decades * per_decade as f64).ceil() as usize;
        let time_of = |n: usize| FIRST_TIME * 10f64.powf(n as f64 / per_decade as f64);
        let (response, solved) = self.step_response(setup, settings, (FIRST_TIME, end), &mut *progress)?;
        let power = solved.scene.power();
        let highest = |time: f64| response.at(time).into_iter().fold(f64::NEG_INFINITY, f64::max);
        let points = (0..=count).map(|n| (time_of(n), highest(time_of(n)) / power)).collect();
        progress(1.0, "Zth");
        Ok(points)
    }

    /// How the active side of the die with the most power warms after a step of all powers, for times from `first` to `last`
    /// seconds, with the steady state that it ends in. Conductivities and films stay those of the steady state.
    pub(crate) fn step_response(
        &self,
        setup: Setup,
        settings: &MeshSettings,
        times: (f64, f64),
        progress: &mut dyn FnMut(f64, &str) -> bool,
    ) -> Result<(StepResponse, Solved)> {
        let solved = self.solve(setup, settings)?;
        let hottest = self.package.dies.iter().max_by(|a, b| a.power.total_cmp(&b.power));
        let cells = hottest.map(|d| cells_of(&solved.body.grid, &solved.body.cells, &d.active)).unwrap_or_default();
        let tell = &mut |share: f64| progress(share, "Zth");
        let response = StepResponse::new(&solved.body, &solved.field.temperature, &cells, times, tell)?;
        Ok((response, solved))
    }
}

/// Solid cells in a region; a flat region takes the cells under it.
pub(crate) fn cells_of(grid: &Grid, cells: &[u16], region: &Region) -> Vec<usize> {
    let axes = [&grid.x, &grid.y, &grid.z];
    let ranges: [Vec<usize>; 3] = std::array::from_fn(|d| {
        let inside: Vec<usize> = axes[d].cells_between(region.low[d], region.high[d]).collect();
        if inside.is_empty() {
            let middle = 0.5 * (region.low[d] + region.high[d]);
            let below = if region.high[d] <= region.low[d] { middle - 1e-9 } else { middle };
            vec![axes[d].cell_at(below)]
        } else {
            inside
        }
    });
    let mut out = Vec::new();
    for &j in &ranges[1] {
        for &k in &ranges[2] {
            out.extend(ranges[0].iter().map(|i| grid.index(*i, j, k)).filter(|c| cells[*c] != 0));
        }
    }
    out
}

/// Temperatures at a named probe.
pub fn probe(solved: &Solved, name: &str) -> Option<ProbeResult> {
    let place = solved.scene.probes.iter().find(|p| p.name == name)?;
    let cells = cells_of(&solved.body.grid, &solved.body.cells, &place.region);
    let (nx, nz) = (solved.body.grid.x.cells(), solved.body.grid.z.cells());
    let (mut highest, mut sum, mut volume) = (f64::NEG_INFINITY, 0.0, 0.0);
    for cell in cells {
        let v = solved.body.grid.volume(cell % nx, cell / (nx * nz), cell / nx % nz);
        highest = highest.max(solved.field.temperature[cell]);
        sum += v * solved.field.temperature[cell];
        volume += v;
    }
    (volume > 0.0).then(|| ProbeResult {
        name: name.to_owned(),
        highest_c: highest - CELSIUS,
        mean_c: sum / volume - CELSIUS,
    })
}
