//! Measures one case, set-up included, as the median of several runs in one process:
//! `cargo run --release -p simulation --example speed -- CASE SIZE [REPEATS] [TOLERANCE]`. Cases and sizes: uniform and graded
//! (cells across), stack and transient (3D-ICE's example, cell width in µm), qfn and impedance (refinement), warpage (cells
//! across the die).

use std::time::Instant;

use simulation::formats::stack;
use simulation::grid::{Axis, Grid, Region};
use simulation::mesh::MeshSettings;
use simulation::metrics::{Study, Wanted};
use simulation::over_time::follow;
use simulation::package::{Input, Setup};
use simulation::quantity::Temperature;
use simulation::thermal::{Conductor, Facing, Film, Surface, ThermalBody, Tolerance, steady};
use simulation::{Result, SimulationError};

fn surface(name: &str, facing: Vec<Facing>, coefficient: f64) -> Surface {
    Surface {
        name: name.into(),
        facing,
        region: Region::all(),
        film: Film::Coefficient(coefficient),
        emissivity: 0.0,
        ambient: 300.0,
    }
}

/// Two dies of 50 µm cooled on both sides, as 3D-ICE's example, `across`² cells in each of 16 layers.
fn uniform(across: usize, layers: usize) -> Result<ThermalBody> {
    let (side, thickness) = (0.01, 100e-6);
    let x = Axis::uniform(0.0, side, across)?;
    let grid = Grid { x: x.clone(), y: x, z: Axis::uniform(0.0, thickness, layers)? };
    let mut power = vec![0.0; grid.len()];
    for j in 0..across {
        for i in 0..across / 2 {
            power[grid.index(i, j, layers / 2)] = 50.0 / (across * across / 2) as f64;
        }
    }
    Ok(ThermalBody {
        cells: vec![1; grid.len()],
        conductors: vec![Conductor::isotropic(130.0, 1.63566e6)],
        power,
        surfaces: vec![surface("top", vec![Facing::Up], 1e5), surface("bottom", vec![Facing::Down], 1e5)],
        contacts: vec![],
        grid,
    })
}

/// Planes with small cells in the middle and large ones outside.
fn graded(half: f64, core: f64, cells: usize) -> Result<Axis> {
    let inner = cells * 6 / 10;
    let fine = core / (inner / 2) as f64;
    let mut planes: Vec<f64> = (0..=inner / 2).map(|i| fine * i as f64).collect();
    let outer = cells / 2 - inner / 2;
    let (mut low, mut high) = (1.0, 3.0);
    for _ in 0..80 {
        let ratio: f64 = 0.5 * (low + high);
        let reach: f64 = (1..=outer).map(|n| fine * ratio.powi(n as i32)).sum();
        if reach < half - core { low = ratio } else { high = ratio }
    }
    for n in 1..=outer {
        planes.push(planes[planes.len() - 1] + fine * low.powi(n as i32));
    }
    let mirrored: Vec<f64> = planes.iter().skip(1).rev().map(|p| -p).chain(planes.iter().copied()).collect();
    Axis::new(mirrored)
}

/// A chip, interface, spreader and sink that stick out beyond each other, voids around, on a graded grid.
fn package(across: usize) -> Result<ThermalBody> {
    let x = graded(30e-3, 8e-3, across)?;
    let mut z = vec![0.0];
    for (thickness, cells) in [(150e-6, 6), (20e-6, 2), (1e-3, 6), (6.9e-3, 10)] {
        let start = z[z.len() - 1];
        z.extend((1..=cells).map(|n| start + thickness * n as f64 / cells as f64));
    }
    let grid = Grid { x: x.clone(), y: x, z: Axis::new(z)? };
    let [nx, ny, nz] = grid.shape();
    let (mut cells, mut power) = (vec![0u16; grid.len()], vec![0.0; grid.len()]);
    for j in 0..ny {
        for k in 0..nz {
            for i in 0..nx {
                let [x, y, z] = grid.centre(i, j, k);
                let reach = x.abs().max(y.abs());
                let at = grid.index(i, j, k);
                cells[at] = match z {
                    z if z < 150e-6 && reach < 8e-3 => 1,
                    z if z < 170e-6 && reach < 8e-3 => 2,
                    z if z > 170e-6 && z < 1.17e-3 && reach < 15e-3 => 3,
                    z if z > 1.17e-3 => 3,
                    _ => 0,
                };
                if k == 0 && cells[at] == 1 && x < 2e-3 && y > 1e-3 {
                    power[at] = 50.0 * grid.volume(i, j, k) / (10e-3 * 7e-3 * 25e-6);
                }
            }
        }
    }
    Ok(ThermalBody {
        cells,
        conductors: vec![
            Conductor::isotropic(130.0, 1.63e6),
            Conductor::isotropic(4.0, 4e6),
            Conductor::isotropic(237.0, 2.42e6),
        ],
        power,
        surfaces: vec![surface("sink", vec![Facing::Up], 2777.8)],
        contacts: vec![],
        grid,
    })
}

/// 3D-ICE's example with two dies between two sinks (files under `FENGCE_DATA/simulation/3dice`), with cells of a width in
/// micrometres, as the text of its description.
fn bothsink(cell_um: usize, solver: &str) -> String {
    let text = read("bothsink_100.stk");
    let cells = format!("cell length {cell_um} , width {cell_um} ;");
    text.replace("cell length 100 , width 100 ;", &cells).replace("steady ;", solver)
}

fn read(name: &str) -> String {
    let folder = std::env::var("FENGCE_DATA").unwrap_or_default();
    let path = format!("{folder}/simulation/3dice/{name}");
    std::fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("{path}: {e} (FENGCE_DATA names the folder of sample data)"))
}

fn parse(text: &str) -> Result<stack::Stack> {
    stack::read("bothsink.stk", text, &|name| Ok(read(name)))
}

fn template(text: &str) -> Result<Study> {
    Study::new(Input::parse(text)?, &|name| Err(SimulationError::field(name, "is not read")))
}

/// Solves once, set-up included; says how many cells or unknowns there were and what came out.
fn solve(case: &str, size: f64, tolerance: f64) -> Result<(usize, String)> {
    let across = size as usize;
    let tolerance = Tolerance { relative: tolerance, iterations: 300 };
    let told = |body: &ThermalBody| -> Result<(usize, String)> {
        let field = steady(body, tolerance)?;
        let solid = field.temperature.iter().zip(&body.cells).filter(|(_, m)| **m > 0);
        let hottest = solid.map(|(t, _)| *t).fold(0.0, f64::max);
        Ok((body.grid.len(), format!("{} iterations, hottest {hottest:.4} K", field.convergence.iterations)))
    };
    match case {
        "uniform" => told(&uniform(across, 16)?),
        "graded" => told(&package(across)?),
        "stack" => told(&parse(&bothsink(across, "steady ;"))?.body),
        "transient" => {
            let stack = parse(&bothsink(across, "transient step 0.02, slot 0.2 ;"))?;
            let start = vec![stack.initial; stack.body.grid.len()];
            let watched = vec![(0..stack.body.grid.len()).collect()];
            let moments = follow(&stack.body, start, &stack.intervals(), &watched, &mut |_| true)?;
            let last = moments.last().map_or(f64::NAN, |m| m.highest_k[0]);
            Ok((stack.body.grid.len(), format!("{} steps, hottest {last:.4} K", moments.len() - 1)))
        }
        "qfn" => {
            let study = template(include_str!("../templates/qfn.toml"))?;
            let wanted = Wanted { resistances: false, error_estimate: false };
            let (report, _) = study.thermal(&study.mesh_settings().refined(size), wanted, &mut |_, _| true)?;
            Ok((report.cells, format!("theta JA {:.3} K/W", report.theta_ja.unwrap_or(f64::NAN))))
        }
        "impedance" => {
            let study = template(include_str!("../templates/qfn.toml"))?;
            let settings = study.mesh_settings().refined(size);
            let curve = study.impedance(Setup::AsGiven, &settings, 3000.0, 10, &mut |_, _| true)?;
            Ok((curve.len(), format!("Zth(3000 s) {:.3} K/W", curve.last().map_or(f64::NAN, |p| p.1))))
        }
        "warpage" => {
            let mut input = Input::parse(include_str!("../templates/bga.toml"))?;
            input.reflow.temperatures = vec![Temperature::from_si(298.15)];
            let mut study = Study::new(input, &|name| Err(SimulationError::field(name, "is not read")))?;
            study.package.balls.clear();
            let settings = MeshSettings { focus_cells: size, largest_share: 0.75 / size, ..study.warpage_mesh() };
            let (report, warped) = study.warpage(&settings, &mut |_, _| true)?;
            let shape = warped.body.grid.shape();
            let (steps, bow) = (warped.states[0].convergence.iterations, report.points[0].warpage_um);
            Ok((report.unknowns, format!("{shape:?} elements, {steps} iterations, warpage {bow:.3} um")))
        }
        _ => Err(SimulationError::field("case", "uniform, graded, stack, transient, qfn, impedance or warpage")),
    }
}

/// Most memory the process has held, where the system tells.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown").trim().to_owned();
    line.strip_suffix(" kB")
        .and_then(|kib| kib.parse().ok())
        .map_or(line.clone(), |kib: f64| format!("{:.0} MB", kib / 976.56))
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |at: usize, otherwise: f64| arguments.get(at).and_then(|a| a.parse().ok()).unwrap_or(otherwise);
    let case = arguments.get(1).map_or("uniform", String::as_str);
    let (size, repeats, tolerance) = (number(2, 100.0), number(3, 5.0) as usize, number(4, 1e-8));
    let mut seconds = Vec::new();
    let mut outcome = (0, String::new());
    for _ in 0..repeats.max(1) {
        let start = Instant::now();
        outcome = solve(case, size, tolerance)?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    let median = seconds[seconds.len() / 2];
    println!(
        "{case} {size}: {} unknowns, median {median:.4} s of {} ({:.4} to {:.4}), {:.2} M/s, {}, {}",
        outcome.0,
        seconds.len(),
        seconds[0],
        seconds[seconds.len() - 1],
        outcome.0 as f64 / median / 1e6,
        peak_memory(),
        outcome.1
    );
    Ok(())
}
