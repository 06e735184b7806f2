//! Warpage of a package over the reflow profile, die stress and the life of its solder joints.

use std::fmt;

use serde::Serialize;

use crate::error::{Result, SimulationError};
use crate::grid::{Grid, Region};
use crate::life::{Cycle, LifeEstimate, norris_landzberg, solder_estimates, spread};
use crate::material::Material;
use crate::mechanics::{Deformed, Solid, SolidBody, Symmetry, equivalent, largest_principal, layered_plate};
use crate::mesh::{MeshSettings, mesh};
use crate::metrics::{MaterialUsed, Solved, Study};
use crate::reason::Reason;
use crate::scene::{Block, Scene};
use crate::thermal::Tolerance;

/// Celsius zero, kelvin.
const CELSIUS: f64 = 273.15;

/// When displacements count as found.
const TOLERANCE: Tolerance = Tolerance { relative: 1e-6, iterations: 400 };

/// Warpage and stress at one temperature.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WarpagePoint {
    /// °C.
    pub temperature_c: f64,
    /// Highest minus lowest point of the underside over its best-fitting plane, µm; positive if the middle stands up.
    pub warpage_um: f64,
    /// The same by the layered plate over the die, µm.
    pub layered_plate_um: f64,
    /// Largest principal stress in any die, MPa.
    pub die_tension_mpa: f64,
    /// Largest equivalent stress in any die, MPa.
    pub die_equivalent_mpa: f64,
}

/// What a run takes for granted. In reports of the engine it is told in English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assumption {
    /// No creep, cure shrinkage or relaxation.
    LinearElastic,
    /// One temperature everywhere.
    EvenTemperature,
    /// Nothing holds the body.
    FreeBody,
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::LinearElastic => "linear elastic with E(T); no creep, cure shrinkage or viscoelastic relaxation",
            Self::EvenTemperature => {
                "even temperature; every material without stress at its own stress-free temperature, else the package's"
            }
            Self::FreeBody => "free body: no board, balls or leads hold it",
        })
    }
}

impl Serialize for Assumption {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What thermal cycling does to the outermost solder joint.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SolderLife {
    /// Shear strain range of the outermost joint: package against board, over the height of the joint.
    pub strain_range: f64,
    /// Estimates.
    pub estimates: Vec<LifeEstimate>,
    /// Largest over smallest.
    pub spread: f64,
    /// Norris–Landzberg acceleration against 20 to 60 °C once a day, by constants.
    pub acceleration: Vec<(&'static str, f64)>,
}

/// The mechanical answer for a package.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WarpageReport {
    /// Title.
    pub name: String,
    /// Over the profile.
    pub points: Vec<WarpagePoint>,
    /// Warpage allowed, µm.
    pub limit_um: Option<f64>,
    /// Whether all points stay within.
    pub within_limit: Option<bool>,
    /// Under the temperatures of operation, if asked for: [`Study::warpage_in_operation`]; the temperature is the body's mean.
    pub operation: Option<WarpagePoint>,
    /// Solder joints, for packages with balls.
    pub solder: Option<SolderLife>,
    /// Unknowns solved for.
    pub unknowns: usize,
    /// Whether a quarter was solved.
    pub quarter: bool,
    /// Materials with their sources.
    pub materials: Vec<MaterialUsed>,
    /// What the run assumes.
    pub assumptions: Vec<Assumption>,
}

/// Body and displacements at every temperature, for pictures.
#[derive(Debug, Clone, PartialEq)]
pub struct Warped {
    /// Geometry.
    pub scene: Scene,
    /// The solved body (materials of the last temperature).
    pub body: SolidBody,
    /// Displacements in the order of the temperatures.
    pub states: Vec<Deformed>,
}

impl Study {
    /// Mesh for mechanics: one element through thin layers is enough, since they do not lock.
    pub fn warpage_mesh(&self) -> MeshSettings {
        MeshSettings { layer_cells: 1.0, focus_cells: 24.0, growth: 1.0, largest_share: 0.06, ..self.mesh_settings() }
    }

    /// Warpage at the temperatures of the input.
    ///
    /// # Errors
    /// Names the material without elastic data, or says that the run did not converge.
    pub fn warpage(
        &self,
        settings: &MeshSettings,
        progress: &mut dyn FnMut(f64, &str) -> bool,
    ) -> Result<(WarpageReport, Warped)> {
        let reflow = &self.input.reflow;
        if reflow.temperatures.is_empty() {
            return Err(SimulationError::field("reflow.temperatures", Reason::NoTemperatures));
        }
        let scene = self.body_scene();
        let quarter = is_symmetric(&scene);
        let scene = if quarter { clipped(&scene, quadrant()) } else { scene };
        if !progress(0.0, "mesh") {
            return Err(SimulationError::Cancelled);
        }
        let grid = mesh(&scene, settings)?;
        let cells = self.solid_cells(&scene, &grid)?;
        let mut temperatures: Vec<f64> = reflow.temperatures.iter().map(|t| t.si()).collect();
        let asked = temperatures.len();
        if !self.package.balls.is_empty() {
            temperatures.extend(reflow.cycle.iter().map(|t| t.si()));
        }
        let states: Vec<Vec<Solid>> =
            temperatures.iter().map(|t| scene.materials.iter().map(|m| self.solid(m, *t)).collect()).collect();
        let symmetry = Symmetry { x: quarter, y: quarter };
        let mut body = SolidBody { grid, cells, solids: states[0].clone(), symmetry };
        let mut deformed: Vec<Deformed> = Vec::new();
        for (n, state) in states.iter().enumerate() {
            body.solids = state.clone();
            deformed.push(body.solve(TOLERANCE)?);
            if !progress((n + 1) as f64 / states.len() as f64, "warpage") {
                return Err(SimulationError::Cancelled);
            }
        }
        let mut points = Vec::new();
        for n in 0..asked {
            body.solids = states[n].clone();
            let strain = |e: usize| body.free_strain(e);
            points.push(self.point(&body, &deformed[n], temperatures[n], &strain));
        }
        let limit_um = reflow.limit.map(|l| l.si() * 1e6);
        let within_limit = limit_um.map(|limit| points.iter().all(|p| p.warpage_um.abs() <= limit));
        let solder = if self.package.balls.is_empty() { None } else { Some(self.solder(&body, &deformed[asked..])?) };
        let report = WarpageReport {
            name: self.input.name.clone(),
            points,
            limit_um,
            within_limit,
            operation: None,
            solder,
            unknowns: deformed[0].displacement.len(),
            quarter,
            materials: scene
                .materials
                .iter()
                .map(|m| MaterialUsed { name: m.name.clone(), source: m.source.clone(), confidence: m.confidence })
                .collect(),
            assumptions: vec![Assumption::LinearElastic, Assumption::EvenTemperature, Assumption::FreeBody],
        };
        deformed.truncate(asked);
        Ok((report, Warped { scene, body, states: deformed }))
    }

    /// The package's body alone: what lies outside it (balls, outer leads) does not stiffen it.
    fn body_scene(&self) -> Scene {
        clipped(&self.package.scene, self.package.body)
    }

    fn solid(&self, material: &Material, kelvin: f64) -> Solid {
        match &material.elasticity {
            Some(e) => {
                let modulus = e.modulus.at(kelvin);
                let from = e.stress_free.unwrap_or(self.input.reflow.stress_free.si());
                let modulus_z = modulus * e.modulus_z_ratio;
                Solid { modulus, modulus_z, poisson: e.poisson, strain: e.free_strain(from, kelvin) }
            }
            // Never painted: a place holder for materials that carry nothing.
            None => Solid { modulus: 1.0, modulus_z: 1.0, poisson: 0.0, strain: [0.0; 2] },
        }
    }

    /// Materials of the elements; air and pastes carry nothing.
    fn solid_cells(&self, scene: &Scene, grid: &Grid) -> Result<Vec<u16>> {
        let mut cells = scene.paint(grid);
        for cell in &mut cells {
            if *cell != 0 && scene.materials[usize::from(*cell) - 1].elasticity.is_none() {
                *cell = 0;
            }
        }
        for die in &self.package.dies {
            let painted = crate::metrics::cells_of(grid, &cells, &solved_part(&die.region, grid));
            if painted.is_empty() {
                return Err(SimulationError::field(format!("die {}", die.name), Reason::NoElasticData));
            }
        }
        Ok(cells)
    }

    /// Warpage and stress under the uneven temperatures of a solved thermal run, from the stress-free temperature of each
    /// material. Moduli are those at the mean temperature of the body.
    ///
    /// # Errors
    /// As [`Self::warpage`].
    pub fn warpage_in_operation(&self, solved: &Solved, settings: &MeshSettings) -> Result<WarpagePoint> {
        let scene = self.body_scene();
        let grid = mesh(&scene, settings)?;
        let cells = self.solid_cells(&scene, &grid)?;
        let [nx, _, nz] = grid.shape();
        let place = |e: usize| grid.centre(e % nx, e / (nx * nz), e / nx % nz);
        let kelvin: Vec<f64> =
            (0..grid.len()).map(|e| solved.field.temperature[solved.body.grid.cell_at(place(e))]).collect();
        let (mut sum, mut volume) = (0.0, 0.0);
        for e in (0..grid.len()).filter(|e| cells[*e] != 0) {
            let own = grid.volume(e % nx, e / (nx * nz), e / nx % nz);
            (sum, volume) = (sum + own * kelvin[e], volume + own);
        }
        let mean = sum / volume;
        let solids: Vec<Solid> = scene.materials.iter().map(|m| self.solid(m, mean)).collect();
        let strain = |e: usize| match cells[e] {
            0 => [0.0; 2],
            material => self.solid(&scene.materials[usize::from(material) - 1], kelvin[e]).strain,
        };
        let strains: Vec<[f64; 2]> = (0..grid.len()).map(strain).collect();
        let body = SolidBody { grid: grid.clone(), cells: cells.clone(), solids, symmetry: Symmetry::default() };
        let deformed = body.solve_strained(&|e| strains[e], TOLERANCE)?;
        Ok(self.point(&body, &deformed, mean, &|e| strains[e]))
    }

    /// Warpage and stress in the dies; `strain` is the free strain of every element.
    fn point(
        &self,
        body: &SolidBody,
        deformed: &Deformed,
        kelvin: f64,
        strain: &dyn Fn(usize) -> [f64; 2],
    ) -> WarpagePoint {
        let underside = self.package.body.low[2];
        let shape = body.shape_of_plane(deformed, underside, &self.package.body);
        let (low, high) = shape.iter().fold((f64::MAX, f64::MIN), |(l, h), p| (l.min(p[2]), h.max(p[2])));
        let distance = |p: &&[f64; 3]| p[0] * p[0] + p[1] * p[1];
        let middle = shape.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).map_or(0.0, |p| p[2]);
        let corner = shape.iter().max_by(|a, b| distance(a).total_cmp(&distance(b))).map_or(0.0, |p| p[2]);
        let sign = if middle >= corner { 1.0 } else { -1.0 };
        let (mut tension, mut stress): (f64, f64) = (0.0, 0.0);
        for die in &self.package.dies {
            let [xs, ys, zs] = body.grid.cells_in(&solved_part(&die.region, &body.grid));
            for j in ys {
                for k in zs.clone() {
                    for i in xs.clone() {
                        let s = body.stress_with(deformed, strain(body.grid.index(i, j, k)), [i, j, k]);
                        tension = tension.max(largest_principal(&s));
                        stress = stress.max(equivalent(&s));
                    }
                }
            }
        }
        WarpagePoint {
            temperature_c: kelvin - CELSIUS,
            warpage_um: sign * (high - low) * 1e6,
            layered_plate_um: self.plate_estimate(&self.body_scene(), kelvin) * 1e6,
            die_tension_mpa: tension * 1e-6,
            die_equivalent_mpa: stress * 1e-6,
        }
    }

    /// Bow by the layered plate: the stack under the first die over the die's half diagonal, the stack beside it beyond.
    fn plate_estimate(&self, scene: &Scene, kelvin: f64) -> f64 {
        let half = |r: &Region| 0.5 * (r.size()[0].powi(2) + r.size()[1].powi(2)).sqrt();
        let Some(die) = self.package.dies.first() else { return 0.0 };
        let (inner, outer) = (half(&die.region), half(&self.package.body));
        let body = self.package.body;
        let beside = [0.5 * (die.region.high[0] + body.high[0]), 0.5 * (die.region.high[1] + body.high[1])];
        let curvature = |at: [f64; 2]| layered_plate(&self.stack(scene, at, kelvin)).0;
        let middle = die.region.centre();
        let (under, edge) = (curvature([middle[0], middle[1]]), curvature(beside));
        // Parabola over the die, then on with the slope at its edge and the outer curvature.
        let rest = outer - inner;
        0.5 * under * inner * inner + under * inner * rest + 0.5 * edge * rest * rest
    }

    /// Layers from the bottom at a place, up to the first gap: what lies over a gap, such as a lid over its paste, does not bend
    /// with them.
    fn stack(&self, scene: &Scene, at: [f64; 2], kelvin: f64) -> Vec<(f64, Solid)> {
        let here = |b: &&Block| (0..2).all(|d| b.region.low[d] <= at[d] && b.region.high[d] >= at[d]);
        let blocks: Vec<&Block> = scene.blocks.iter().filter(here).collect();
        let mut planes: Vec<f64> = blocks.iter().flat_map(|b| [b.region.low[2], b.region.high[2]]).collect();
        planes.sort_by(f64::total_cmp);
        planes.dedup_by(|a, b| (*a - *b).abs() < 1e-9);
        let mut layers = Vec::new();
        for pair in planes.windows(2) {
            let middle = 0.5 * (pair[0] + pair[1]);
            let top = blocks.iter().rev().find(|b| b.region.low[2] < middle && b.region.high[2] > middle);
            let material = top.and_then(|b| b.material).map(|material| &scene.materials[material]);
            match material.filter(|material| material.elasticity.is_some()) {
                Some(material) => layers.push((pair[1] - pair[0], self.solid(material, kelvin))),
                None if layers.is_empty() => {}
                None => break,
            }
        }
        layers
    }

    /// Shear of the outermost joint between cold and hot: the package's own movement there against the board's free one.
    fn solder(&self, body: &SolidBody, states: &[Deformed]) -> Result<SolderLife> {
        let reflow = &self.input.reflow;
        let [cold, hot] = reflow.cycle.map(|t| t.si());
        if hot <= cold {
            return Err(SimulationError::field("reflow.cycle", Reason::HotEndColder));
        }
        let distance = |r: &Region| r.centre()[0].hypot(r.centre()[1]);
        let outermost = self.package.balls.iter().max_by(|a, b| distance(a).total_cmp(&distance(b)));
        let Some(ball) = outermost else { return Err(SimulationError::field("package.balls", Reason::NoBalls)) };
        let place = ball.centre().map(f64::abs);
        let nearest = |planes: &[f64], at: f64| {
            (0..planes.len()).min_by(|a, b| (planes[*a] - at).abs().total_cmp(&(planes[*b] - at).abs())).unwrap_or(0)
        };
        let (i, j) = (nearest(body.grid.x.planes(), place[0]), nearest(body.grid.y.planes(), place[1]));
        let (first, last) = (states[0].at(i, j, 0), states[1].at(i, j, 0));
        let fr4 = self.library.find("board", "fr4")?;
        let board = fr4.elasticity.as_ref().map_or(0.0, |e| e.free_strain(cold, hot)[0]);
        let at = [body.grid.x.planes()[i], body.grid.y.planes()[j]];
        let slip: [f64; 2] = std::array::from_fn(|d| (last[d] - first[d]) - board * at[d]);
        let height = ball.size()[2];
        let strain_range = slip[0].hypot(slip[1]) / height;
        let cycle = Cycle { low: cold, high: hot, per_day: reflow.cycles_per_day };
        let estimates = solder_estimates(strain_range, cycle, reflow.dwell.si(), ball.size()[0]);
        let operation = Cycle { low: 293.15, high: 333.15, per_day: 1.0 };
        Ok(SolderLife {
            strain_range,
            spread: spread(&estimates),
            estimates,
            acceleration: norris_landzberg(cycle, operation).to_vec(),
        })
    }
}

/// The image of a region in the part that is solved: a die on the other side of a mirror is its mirror image.
fn solved_part(region: &Region, grid: &Grid) -> Region {
    let starts = [grid.x.start(), grid.y.start()];
    let mut out = *region;
    for (d, start) in starts.iter().enumerate() {
        if *start == 0.0 && region.low[d] + region.high[d] < 0.0 {
            (out.low[d], out.high[d]) = (-region.high[d], -region.low[d]);
        }
    }
    out
}

fn quadrant() -> Region {
    Region { low: [0.0, 0.0, f64::NEG_INFINITY], ..Region::all() }
}

/// Blocks cut to a box.
fn clipped(scene: &Scene, to: Region) -> Scene {
    let mut out = Scene { materials: scene.materials.clone(), ..Scene::default() };
    for block in &scene.blocks {
        let region = Region::new(
            std::array::from_fn(|d| block.region.low[d].max(to.low[d])),
            std::array::from_fn(|d| block.region.high[d].min(to.high[d])),
        );
        if (0..3).all(|d| region.high[d] - region.low[d] > 1e-9) {
            out.blocks.push(Block { region, ..block.clone() });
        }
    }
    out
}

/// Whether every block has its mirror image in x and in y.
fn is_symmetric(scene: &Scene) -> bool {
    let mirrored = |region: &Region, d: usize| {
        let mut out = *region;
        (out.low[d], out.high[d]) = (-region.high[d], -region.low[d]);
        out
    };
    let same = |a: &Region, b: &Region| {
        (0..3).all(|d| (a.low[d] - b.low[d]).abs() < 1e-9 && (a.high[d] - b.high[d]).abs() < 1e-9)
    };
    scene.blocks.iter().all(|block| {
        (0..2).all(|d| {
            let image = mirrored(&block.region, d);
            scene.blocks.iter().any(|other| other.material == block.material && same(&other.region, &image))
        })
    })
}
