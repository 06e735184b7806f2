//! A run, from an order to everything that is kept of it. Pure: no files, no clock; progress is told and may stop it.

use simulation::grid::Region;
use simulation::impedance::{ladder, structure_function, time_constants};
use simulation::life::LifeEstimate;
use simulation::mechanics::Deformed;
use simulation::metrics::{Solved, Study, ThermalReport, Wanted as Resistances};
use simulation::package::{Input, Setup};
use simulation::warpage::{WarpageReport, Warped};
use simulation::{Result, SimulationError, vtk};
use toml::Value;

use crate::family::Family;
use crate::order::{Order, complaint, find, put};
use crate::outcome::{
    Conductor, Cycling, Field, Impedance, LifeModel, MaterialUsed, Outcome, PackageOutcome, Part, Shape, Thermal, View,
    VoidPoint, Warpage, WarpagePoint,
};
use crate::words;

/// Everything a run leaves behind.
#[derive(Clone, Debug)]
pub struct Found {
    /// What pages and reports show.
    pub outcome: Outcome,
    /// For pictures and probes.
    pub field: Option<Field>,
    /// For pictures of the deformation.
    pub shapes: Vec<Shape>,
    /// Fields for ParaView: file name and content.
    pub grids: Vec<(String, Vec<u8>)>,
}

/// Hears how far a run is: units done, of how many, and what is being done. Answers whether to go on.
pub type Tell<'a> = &'a mut dyn FnMut(u64, u64, &str) -> bool;

/// Void shares of the sweep, %.
const VOIDS: [f64; 6] = [0.0, 10.0, 20.0, 30.0, 40.0, 50.0];

/// End of the heating curve, s: still air takes about that long.
const HEATING_END: f64 = 3000.0;

/// Parts of a thousand of a run, told as it goes along.
struct Meter<'a> {
    tell: Tell<'a>,
    family: Family,
    done: u64,
    total: u64,
}

impl Meter<'_> {
    /// Carries out a stage of some weight; the stage tells its own progress from 0 to 1.
    fn stage<T>(&mut self, weight: u64, run: impl FnOnce(&mut dyn FnMut(f64, &str) -> bool) -> Result<T>) -> Result<T> {
        let (done, total, tell) = (self.done, self.total, &mut *self.tell);
        let mut progress = |share: f64, what: &str| {
            let within = (share.clamp(0.0, 1.0) * weight as f64 * 100.0) as u64;
            tell(done * 100 + within, total * 100, words::stage(what))
        };
        let result = run(&mut progress);
        self.done += weight;
        result
    }

    /// The same for a part without which the rest still stands: only being stopped stops the run.
    fn part<T>(
        &mut self,
        weight: u64,
        run: impl FnOnce(&mut dyn FnMut(f64, &str) -> bool) -> Result<T>,
    ) -> Result<Part<T>> {
        match self.stage(weight, run) {
            Ok(part) => Ok(Part::Done(part)),
            Err(SimulationError::Cancelled) => Err(SimulationError::Cancelled),
            Err(error) => Ok(Part::Failed(complaint(self.family, &error).message)),
        }
    }
}

/// Carries out an order.
///
/// # Errors
/// If the input is wrong, the temperatures do not converge, or somebody stopped it.
pub fn run(order: &Order, tell: Tell) -> Result<Found> {
    if order.family == Family::Parasitics {
        let conductors = order.conductors()?.compute()?.into_iter().map(|c| Conductor {
            name: c.name,
            resistance_ohm: c.resistance_ohm,
            inductance_h: c.inductance_h,
            capacitance_f: c.capacitance_f,
            impedance_ohm: c.impedance_ohm,
            effective_permittivity: c.effective_permittivity,
            mutual_h: c.mutual_h,
        });
        return Ok(Found {
            outcome: Outcome::Conductors(conductors.collect()),
            field: None,
            shapes: vec![],
            grids: vec![],
        });
    }
    let wanted = order.wanted;
    let weights = [(wanted.resistances, 3), (wanted.impedance, 4), (wanted.voids, 11), (wanted.warpage, 8)];
    let study = order.study()?;
    let cycles = if study.input.power_cycling.is_some() { 4 } else { 0 };
    let total = 4 + cycles + weights.iter().filter(|(on, _)| *on).map(|(_, weight)| weight).sum::<u64>();
    let mut meter = Meter { tell, family: order.family, done: 0, total };
    let settings = study.mesh_settings();
    let resistances = Resistances { resistances: wanted.resistances, error_estimate: false };
    let (report, solved) =
        meter.stage(if wanted.resistances { 4 } else { 1 }, |p| study.thermal(&settings, resistances, p))?;
    let mesh = meter.part(3, |p| match p(0.0, "第二套网格") {
        true => study.mesh_check(&settings, &report),
        false => Err(SimulationError::Cancelled),
    })?;
    let impedance = if wanted.impedance { meter.part(4, |p| impedance(&study, p))? } else { Part::Absent };
    let voids = if wanted.voids { meter.part(11, |p| voids(order, p))? } else { Part::Absent };
    let deformed =
        if wanted.warpage { meter.part(8, |p| study.warpage(&study.warpage_mesh(), p))? } else { Part::Absent };
    let cycles = match study.input.power_cycling {
        Some(_) => meter.part(4, |p| study.power_cycling(&settings, p))?,
        None => Part::Absent,
    };
    let mut life = Vec::new();
    let cycling = match cycles {
        Part::Done(Some(found)) => {
            life.extend(found.estimates.iter().map(life_model));
            let beyond = found.beyond.iter().map(words::beyond).collect();
            Part::Done(Cycling { lowest_c: found.lowest_c, swing_k: found.swing_k, beyond })
        }
        Part::Failed(why) => Part::Failed(why),
        Part::Done(None) | Part::Absent => Part::Absent,
    };
    let (warpage, shapes, grids) = match deformed {
        Part::Done((report, warped)) => {
            life.extend(report.solder.iter().flat_map(|solder| &solder.estimates).map(life_model));
            (Part::Done(warpage(&report)), shapes(&study, &warped), displacement_grids(&warped)?)
        }
        Part::Failed(why) => (Part::Failed(why), vec![], vec![]),
        Part::Absent => (Part::Absent, vec![], vec![]),
    };
    // What a formula cannot tell has no place in a table.
    life.retain(|life| life.cycles.is_finite() && life.cycles > 0.0);
    let materials = materials(&solved);
    let field = field(&study, &solved)?;
    let outcome =
        PackageOutcome { thermal: thermal(&report), mesh, impedance, voids, warpage, life, cycling, materials };
    Ok(Found { outcome: Outcome::Package(Box::new(outcome)), field: Some(field), shapes, grids })
}

fn thermal(report: &ThermalReport) -> Thermal {
    let resistances = [
        ("θJA", report.theta_ja),
        ("ψJT", report.psi_jt),
        ("ψJB", report.psi_jb),
        ("θJB", report.theta_jb),
        ("θJC（顶）", report.theta_jc_top),
        ("θJC（底）", report.theta_jc_bottom),
    ];
    let known = resistances.into_iter().filter_map(|(symbol, value)| Some((symbol.to_owned(), value?)));
    Thermal {
        power_w: report.power_w,
        ambient_c: report.ambient_c,
        junction_c: report.junction_c,
        probes: report.probes.iter().map(|p| (p.name.clone(), p.highest_c, p.mean_c)).collect(),
        surfaces: report.surfaces.iter().map(|s| (s.name.clone(), s.heat_w, s.mean_c)).collect(),
        resistances: known.collect(),
        cells: report.cells,
        energy_error: report.energy_error,
    }
}

fn impedance(study: &Study, progress: &mut dyn FnMut(f64, &str) -> bool) -> Result<Impedance> {
    let (setup, words) = match study.input.package.sits_on_board() {
        true => (Setup::AsGiven, "按所填环境"),
        false => (Setup::ColdBottom, "底面装冷板"),
    };
    let curve = study.impedance(setup, &study.mesh_settings(), HEATING_END, 10, progress)?;
    let structure = structure_function(&ladder(&time_constants(&curve, 10, 2000)));
    Ok(Impedance { setup: words.to_owned(), curve, structure })
}

/// The junction for shares of void in the joint that all heat passes, spread evenly and as one void in the middle.
fn voids(order: &Order, progress: &mut dyn FnMut(f64, &str) -> bool) -> Result<Vec<VoidPoint>> {
    let values = order.values();
    let joint = [order.family.swept_joint(), "package.die.attach"];
    let joint = joint.into_iter().find(|joint| find(&values, joint).is_some()).unwrap_or(joint[0]);
    let run = |share: f64, pattern: &str| {
        let mut changed = values.clone();
        put(&mut changed, &format!("{joint}.voids"), Value::String(format!("{share} %")));
        put(&mut changed, &format!("{joint}.void_pattern"), Value::String(pattern.to_owned()));
        let study = order.study_of(Input::from_value(changed)?)?;
        let nothing = Resistances { resistances: false, error_estimate: false };
        let (report, _) = study.thermal(&study.mesh_settings(), nothing, &mut |_, _| true)?;
        Ok::<f64, SimulationError>(report.junction_c)
    };
    let mut points = Vec::new();
    for (n, share) in VOIDS.into_iter().enumerate() {
        if !progress(n as f64 / VOIDS.len() as f64, &format!("空洞 {share} %")) {
            return Err(SimulationError::Cancelled);
        }
        let spread = run(share, "spread")?;
        let centre = if share == 0.0 { spread } else { run(share, "centre")? };
        points.push(VoidPoint { voids_percent: share, spread_c: spread, centre_c: centre });
    }
    Ok(points)
}

fn life_model(estimate: &LifeEstimate) -> LifeModel {
    LifeModel { model: estimate.model.to_owned(), cycles: estimate.cycles }
}

fn warpage(report: &WarpageReport) -> Warpage {
    let point = |p: &simulation::warpage::WarpagePoint| WarpagePoint {
        temperature_c: p.temperature_c,
        warpage_um: p.warpage_um,
        layered_plate_um: p.layered_plate_um,
        die_tension_mpa: p.die_tension_mpa,
        die_equivalent_mpa: p.die_equivalent_mpa,
    };
    let acceleration = report.solder.iter().flat_map(|solder| &solder.acceleration);
    Warpage {
        points: report.points.iter().map(point).collect(),
        limit_um: report.limit_um,
        within_limit: report.within_limit,
        joint_strain: report.solder.as_ref().map(|solder| solder.strain_range),
        acceleration: acceleration.map(|(name, factor)| ((*name).to_owned(), *factor)).collect(),
        unknowns: report.unknowns,
        quarter: report.quarter,
        assumptions: report.assumptions.iter().map(|text| words::assumption(*text).to_owned()).collect(),
    }
}

/// The underside at every temperature; a quarter is mirrored.
fn shapes(study: &Study, warped: &Warped) -> Vec<Shape> {
    let body = study.package.body;
    let temperatures = study.input.reflow.temperatures.iter().map(|t| t.si() - 273.15);
    let shape = |(state, temperature_c): (&Deformed, f64)| {
        let points = warped.body.shape_of_plane(state, body.low[2], &body);
        let axis = |d: usize| {
            let mut places: Vec<f64> = points.iter().map(|point| point[d] * 1e3).collect();
            places.sort_by(f64::total_cmp);
            places.dedup();
            places
        };
        let (x, y) = (axis(0), axis(1));
        let lift: Vec<f64> = points.iter().map(|point| point[2] * 1e6).collect();
        let symmetry = warped.body.symmetry;
        let (columns, rows) = (mirrored(x.len(), symmetry.x), mirrored(y.len(), symmetry.y));
        let spread = |places: &[f64], order: &[(usize, f64)]| order.iter().map(|(n, sign)| places[*n] * sign).collect();
        let lift_um = rows.iter().flat_map(|(row, _)| columns.iter().map(move |(column, _)| (*row, *column)));
        let lift_um = lift_um.map(|(row, column)| lift.get(row * x.len() + column).map(|value| *value as f32));
        Shape { temperature_c, nodes: [spread(&x, &columns), spread(&y, &rows)], lift_um: lift_um.collect() }
    };
    warped.states.iter().zip(temperatures).map(shape).collect()
}

/// Numbers of nodes with the sign of their place: the mirror image first, the node on the mirror once.
fn mirrored(count: usize, mirror: bool) -> Vec<(usize, f64)> {
    let image = (1..count).rev().map(|n| (n, -1.0)).filter(|_| mirror);
    image.chain((0..count).map(|n| (n, 1.0))).collect()
}

fn displacement_grids(warped: &Warped) -> Result<Vec<(String, Vec<u8>)>> {
    let grid = |(number, state): (usize, &Deformed)| {
        let name = format!("warpage-{number}.vtr");
        let mut bytes = Vec::new();
        let material = vtk::CellData { name: "material", values: &|cell| f64::from(warped.body.cells[cell]) };
        let moved = vtk::PointData { name: "displacement_m", values: &|i, j, k| state.at(i, j, k) };
        vtk::write(&mut bytes, &name, &warped.body.grid, &[material], &[moved])?;
        Ok((name, bytes))
    };
    warped.states.iter().enumerate().map(grid).collect()
}

fn materials(solved: &Solved) -> Vec<MaterialUsed> {
    let used = |m: &simulation::material::Material| MaterialUsed {
        name: m.name.clone(),
        label: m.label.clone(),
        source: m.source.clone(),
        confidence: m.confidence,
    };
    solved.scene.materials.iter().map(used).collect()
}

fn field(study: &Study, solved: &Solved) -> Result<Field> {
    let grid = &solved.body.grid;
    let millimetres = |planes: &[f64]| planes.iter().map(|place| place * 1e3).collect();
    let celsius = solved.body.cells.iter().zip(&solved.field.temperature);
    let corner = |place: [f64; 3]| place.map(|value| value * 1e3);
    let outline = |name: &str, region: &Region| (name.to_owned(), corner(region.low), corner(region.high));
    let dies = study.package.dies.iter().map(|die| outline(&die.name, &die.region));
    Ok(Field {
        planes: [millimetres(grid.x.planes()), millimetres(grid.y.planes()), millimetres(grid.z.planes())],
        celsius: celsius.map(|(cell, kelvin)| (*cell != 0).then_some((kelvin - 273.15) as f32)).collect(),
        materials: solved.body.cells.clone(),
        names: solved.scene.materials.iter().map(|material| material.label.clone()).collect(),
        views: views(study, &solved.scene.bounds()?),
        outlines: dies.chain(study.package.exposed.map(|pad| outline("焊盘", &pad))).collect(),
    })
}

/// The planes an engineer looks at first.
fn views(study: &Study, bounds: &Region) -> Vec<View> {
    let body = study.package.body;
    let margin = 0.1 * body.size()[0].max(body.size()[1]);
    let (low, high) = ([body.low[0] - margin, body.low[1] - margin], [body.high[0] + margin, body.high[1] + margin]);
    let clip = |d: usize, value: f64| value.clamp(bounds.low[d], bounds.high[d]) * 1e3;
    let near = [clip(0, low[0]), clip(1, low[1]), clip(0, high[0]), clip(1, high[1])];
    let plan = |key: &str, label: String, at: f64, window: [f64; 4]| View {
        key: key.into(),
        label,
        plan: true,
        at: at * 1e3,
        window,
    };
    let mut views = Vec::new();
    for (number, die) in study.package.dies.iter().enumerate() {
        let name = if study.package.dies.len() > 1 { format!("“{}”", die.name) } else { String::new() };
        views.push(plan(&format!("die-{number}"), format!("芯片{name}有源面"), die.active.centre()[2], near));
    }
    if let Some(die) = study.package.dies.first() {
        views.push(plan("joint", "芯片下方接合层".into(), die.region.low[2] - 1e-6, near));
        let section = |key: &str, label: &str, low_z: f64| View {
            key: key.into(),
            label: label.into(),
            plan: false,
            at: die.region.centre()[1] * 1e3,
            window: [
                near[0],
                clip(2, low_z),
                near[2],
                clip(2, bounds.high[2].min(body.high[2] + 4.0 * body.size()[2])),
            ],
        };
        views.push(section("section", "剖面，过芯片中心", body.low[2] - 2.5 * body.size()[2]));
    }
    views.push(plan("top", "封装顶面".into(), body.high[2] - 1e-6, near));
    views.push(plan("bottom", "封装底面".into(), body.low[2] + 1e-6, near));
    if bounds.low[2] < -1e-9 {
        let whole = [bounds.low[0], bounds.low[1], bounds.high[0], bounds.high[1]].map(|value| value * 1e3);
        views.push(plan("board", "测试板顶面".into(), (-0.1e-3_f64).max(bounds.low[2] + 1e-6), whole));
    }
    views
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Wanted;

    fn order(family: Family, wanted: bool) -> Order {
        let wanted = Wanted { resistances: wanted, impedance: false, voids: wanted, warpage: wanted };
        Order { family, toml: family.template().to_owned(), power_map: None, wanted }
    }

    #[test]
    fn a_qfn_from_its_template() {
        let mut told = Vec::new();
        let found = run(&order(Family::Qfn, true), &mut |done, total, what| {
            told.push((done, total, what.to_owned()));
            true
        });
        let found = found.unwrap();
        assert!(told.windows(2).all(|pair| pair[0].0 <= pair[1].0) && told.iter().all(|t| t.0 <= t.1), "{told:?}");
        let Outcome::Package(outcome) = &found.outcome else { panic!("a package") };
        let theta = outcome.thermal.resistance("θJA").unwrap();
        assert!((20.0..45.0).contains(&theta), "{theta}");
        assert!(outcome.mesh.done().unwrap().error < 0.05, "{:?}", outcome.mesh);
        let voids = outcome.voids.done().unwrap();
        assert_eq!(voids.len(), 6);
        assert!(
            voids.windows(2).all(|pair| pair[0].spread_c < pair[1].spread_c && pair[0].centre_c < pair[1].centre_c)
        );
        let warpage = outcome.warpage.done().unwrap();
        assert_eq!((warpage.points.len(), found.shapes.len(), found.grids.len()), (4, 4, 4));
        let field = found.field.unwrap();
        let hottest = field.celsius.iter().flatten().fold(f32::MIN, |a, b| a.max(*b));
        assert!((f64::from(hottest) - outcome.thermal.junction_c).abs() < 0.01);
        // A quarter comes back whole: the shape is even in x.
        let shape = &found.shapes[0];
        let wide = shape.nodes[0].len();
        assert!((shape.nodes[0][0] + shape.nodes[0][wide - 1]).abs() < 1e-9);
        assert_eq!(shape.lift_um.len(), wide * shape.nodes[1].len());
    }

    #[test]
    fn somebody_stops_it() {
        let mut left = 3;
        let stopped = run(&order(Family::Qfn, true), &mut |_, _, _| {
            left -= 1;
            left > 0
        });
        assert_eq!(stopped.map(|_| ()).unwrap_err(), SimulationError::Cancelled);
    }

    #[test]
    fn power_packages_have_life_models_that_disagree() {
        let found = run(&order(Family::To247, false), &mut |_, _, _| true).unwrap();
        let Outcome::Package(outcome) = &found.outcome else { panic!("a package") };
        assert_eq!(outcome.life.len(), 2);
        assert!(outcome.life.iter().all(|life| life.cycles.is_finite() && life.cycles > 1.0), "{:?}", outcome.life);
        let cycling = outcome.cycling.done().unwrap();
        // Two seconds warm a TO-247 on a cold plate almost to the end.
        let end = outcome.thermal.junction_c - cycling.lowest_c;
        assert!(cycling.lowest_c == 60.0 && (0.8 * end..=end).contains(&cycling.swing_k), "{cycling:?} of {end} K");
    }

    #[test]
    fn conductors_need_no_package() {
        let found = run(&order(Family::Parasitics, false), &mut |_, _, _| true).unwrap();
        let Outcome::Conductors(conductors) = found.outcome else { panic!("conductors") };
        assert!((conductors[0].inductance_h * 1e9 - 0.865).abs() < 0.002);
    }
}
