//! Published and analytic cases for the thermal solver, with their tolerances.
#![allow(clippy::unwrap_used)]

use simulation::formats::{hotspot, stack};
use simulation::grid::{Axis, Grid, Region};
use simulation::mesh::{MeshSettings, mesh};
use simulation::over_time::{Interval, follow};
use simulation::thermal::{
    Conductor, Facing, Film, StepResponse, Surface, ThermalBody, TimeMethod, Tolerance, Transient, steady,
};

fn surface(name: &str, facing: Facing, film: Film, emissivity: f64, ambient: f64) -> Surface {
    Surface { name: name.into(), facing: vec![facing], region: Region::all(), film, emissivity, ambient }
}

fn solid(grid: Grid, conductor: Conductor, surfaces: Vec<Surface>) -> ThermalBody {
    let n = grid.len();
    ThermalBody {
        cells: vec![1; n],
        power: vec![0.0; n],
        conductors: vec![conductor],
        surfaces,
        contacts: vec![],
        grid,
    }
}

/// Planes of a geometric grading towards both sides of `edge` between 0 and `end`.
fn towards(edge: f64, end: f64, cells: usize) -> Axis {
    let share = |n: usize| (n as f64 / cells as f64).powf(1.6);
    let mut planes: Vec<f64> = (0..cells).map(|n| edge * (1.0 - share(cells - n))).collect();
    planes.push(edge);
    planes.extend((1..=cells).map(|n| edge + (end - edge) * share(n)));
    Axis::new(planes).unwrap()
}

/// Mean and maximum resistance of a 30×30×3 mm plate, k 390, heated on 10×10 mm, h 1000 W/(m²·K) at the other side.
/// A quarter is solved; the maximum is extrapolated from the cell middle to the surface.
fn spreading(cells: usize) -> (f64, f64) {
    let x = towards(5e-3, 15e-3, cells);
    let grid = Grid { x: x.clone(), y: x, z: Axis::uniform(0.0, 3e-3, cells).unwrap() };
    let film = Film::Coefficient(1000.0);
    let mut body =
        solid(grid, Conductor::isotropic(390.0, 3.4e6), vec![surface("bottom", Facing::Down, film, 0.0, 0.0)]);
    let grid = body.grid.clone();
    let source = Region::new([0.0, 0.0, 3e-3 * (1.0 - 1.0 / cells as f64)], [5e-3, 5e-3, 3e-3]);
    let heated = grid.cells_with_volume(&source);
    let volume: f64 = heated.iter().map(|c| c.1).sum();
    heated.iter().for_each(|(c, v)| body.power[*c] = 0.25 * v / volume);
    let field = steady(&body, Tolerance::default()).unwrap();
    // Heat enters through the upper face: the flux makes the surface warmer than the cell's middle by q·(d/2)/k.
    let to_surface = 1.0 / 1e-4 * 0.5 * 3e-3 / cells as f64 / 390.0;
    let mean = heated.iter().map(|(c, v)| field.temperature[*c] * v).sum::<f64>() / volume + to_surface;
    let corner = field.temperature[grid.index(0, 0, cells - 1)] + to_surface;
    assert!(field.energy_error.abs() < 1e-6);
    (mean, corner)
}

#[test]
fn spreading_resistance_within_a_tenth_of_a_percent() {
    let (mean, highest) = spreading(40);
    assert!((mean / 1.226463 - 1.0).abs() < 1e-3, "{mean}");
    assert!((highest / 1.260276 - 1.0).abs() < 1e-3, "{highest}");
}

#[test]
fn nafems_t2_radiation() {
    let grid = Grid {
        x: Axis::uniform(0.0, 0.1, 40).unwrap(),
        y: Axis::uniform(0.0, 0.01, 1).unwrap(),
        z: Axis::uniform(0.0, 0.01, 1).unwrap(),
    };
    let hot = surface("hot end", Facing::Left, Film::FixedTemperature, 0.0, 1000.0);
    let cold = surface("radiating end", Facing::Right, Film::None, 0.98, 300.0);
    let body = solid(grid, Conductor::isotropic(55.563, 7850.0 * 460.0), vec![hot, cold]);
    let field = steady(&body, Tolerance::default()).unwrap();
    let end = field.surface_temperature[1];
    assert!((end / 927.0 - 1.0).abs() < 5e-3, "{end}");
    assert!(field.passes > 2);
}

/// Temperature at 0.08 m after 32 s; the end at 0.1 m follows 100·sin(πt/40).
fn t3(cells: usize, steps: usize, method: TimeMethod) -> f64 {
    let grid = Grid {
        x: Axis::uniform(0.0, 0.1, cells).unwrap(),
        y: Axis::uniform(0.0, 0.01, 1).unwrap(),
        z: Axis::uniform(0.0, 0.01, 1).unwrap(),
    };
    let ends = vec![
        surface("cold end", Facing::Left, Film::FixedTemperature, 0.0, 0.0),
        surface("driven end", Facing::Right, Film::FixedTemperature, 0.0, 0.0),
    ];
    let body = solid(grid, Conductor::isotropic(35.0, 7200.0 * 440.5), ends);
    let tolerance = Tolerance { relative: 1e-10, iterations: 300 };
    let mut run = Transient::uniform(&body, 0.0, tolerance).unwrap();
    for _ in 0..steps {
        run.advance(32.0 / steps as f64, method, |time, drive| {
            drive.ambient[1] = 100.0 * (std::f64::consts::PI * time / 40.0).sin();
        })
        .unwrap();
    }
    let at = body.grid.x.cell_at(0.08);
    0.5 * (run.temperature(at) + run.temperature(at - 1))
}

#[test]
fn nafems_t3_transient() {
    let end = t3(100, 64, TimeMethod::TwoStage);
    assert!((end / 36.60 - 1.0).abs() < 5e-3, "{end}");
    let first_order = t3(100, 640, TimeMethod::BackwardEuler);
    assert!((first_order / 36.60 - 1.0).abs() < 5e-3, "{first_order}");
}

#[test]
fn both_time_methods_converge_with_their_order() {
    let exact = t3(50, 2048, TimeMethod::TwoStage);
    let error = |steps, method| (t3(50, steps, method) - exact).abs();
    let second = error(32, TimeMethod::TwoStage) / error(64, TimeMethod::TwoStage);
    let first = error(64, TimeMethod::BackwardEuler) / error(128, TimeMethod::BackwardEuler);
    assert!((3.5..4.6).contains(&second), "{second}");
    assert!((1.8..2.2).contains(&first), "{first}");
}

/// Temperature at (0.6, 0.2) of a 0.6 × 1.0 m plate, 100 at the lower edge, convection at right and top.
fn t4(cells: usize) -> f64 {
    let grid = Grid {
        x: Axis::uniform(0.0, 0.6, 3 * cells).unwrap(),
        y: Axis::uniform(0.0, 1.0, 5 * cells).unwrap(),
        z: Axis::uniform(0.0, 0.1, 1).unwrap(),
    };
    let film = Film::Coefficient(750.0);
    let edges = vec![
        surface("lower edge", Facing::Front, Film::FixedTemperature, 0.0, 100.0),
        surface("right edge", Facing::Right, film, 0.0, 0.0),
        surface("upper edge", Facing::Back, film, 0.0, 0.0),
    ];
    let body = solid(grid, Conductor::isotropic(52.0, 1e6), edges);
    let field = steady(&body, Tolerance { relative: 1e-11, iterations: 300 }).unwrap().temperature;
    let (i, j) = (3 * cells - 1, cells);
    let row = |j: usize| field[body.grid.index(i, j, 0)];
    // To the edge: 2k/d against h.
    let half = 52.0 * 2.0 / (0.2 / cells as f64);
    0.5 * (row(j) + row(j - 1)) * half / (half + 750.0)
}

#[test]
fn nafems_t4_and_second_order_in_space() {
    let values = [8, 16, 32, 64].map(t4);
    assert!((values[3] / 18.25 - 1.0).abs() < 5e-3, "{values:?}");
    let ratio = (values[0] - values[1]) / (values[1] - values[2]);
    assert!((3.0..5.5).contains(&ratio), "{ratio} from {values:?}");
}

/// A mode of a plate with exact solution: error falls by four when cells are halved, on a graded grid too.
#[test]
fn second_order_for_a_smooth_solution() {
    let error = |cells: usize, graded: bool| {
        let axis = if graded { towards(0.4, 1.0, cells / 2) } else { Axis::uniform(0.0, 1.0, cells).unwrap() };
        let grid = Grid { x: axis.clone(), y: axis.clone(), z: Axis::uniform(0.0, 1.0, 1).unwrap() };
        let walls = [Facing::Left, Facing::Right, Facing::Front, Facing::Back]
            .map(|f| surface("wall", f, Film::FixedTemperature, 0.0, 0.0));
        let mut body = solid(grid, Conductor::isotropic(1.0, 1.0), walls.to_vec());
        let pi = std::f64::consts::PI;
        let exact = |n: usize| (pi * axis.centre(n)).sin();
        for j in 0..axis.cells() {
            for i in 0..axis.cells() {
                let at = body.grid.index(i, j, 0);
                body.power[at] = 2.0 * pi * pi * exact(i) * exact(j) * body.grid.volume(i, j, 0);
            }
        }
        let field = steady(&body, Tolerance { relative: 1e-11, iterations: 300 }).unwrap().temperature;
        let mut sum = 0.0;
        for j in 0..axis.cells() {
            for i in 0..axis.cells() {
                let difference = field[body.grid.index(i, j, 0)] - exact(i) * exact(j);
                sum += difference * difference * body.grid.volume(i, j, 0);
            }
        }
        sum.sqrt()
    };
    for graded in [false, true] {
        let ratio = error(32, graded) / error(64, graded);
        assert!((3.5..4.5).contains(&ratio), "{ratio}, graded {graded}");
    }
}

/// Silicon of 0.2 mm on copper on a weak polymer, heated in a corner, cooled below.
fn layered() -> ThermalBody {
    let x = Axis::uniform(0.0, 8e-3, 20).unwrap();
    let planes = [0.0, 0.2, 0.4, 0.8, 1.2, 1.25, 1.3, 1.35, 1.4, 1.45, 1.5].map(|z| z * 1e-3);
    let grid = Grid { x: x.clone(), y: x, z: Axis::new(planes.to_vec()).unwrap() };
    let film = Film::Coefficient(800.0);
    let mut body =
        solid(grid, Conductor::isotropic(148.0, 1.65e6), vec![surface("below", Facing::Down, film, 0.0, 300.0)]);
    body.conductors.push(Conductor::isotropic(398.0, 3.45e6));
    body.conductors.push(Conductor::isotropic(0.8, 1.9e6));
    let grid = body.grid.clone();
    for (low, high, material) in [(0.0, 0.4e-3, 3), (0.4e-3, 1.2e-3, 2)] {
        let place = Region::new([0.0, 0.0, low], [8e-3, 8e-3, high]);
        grid.cells_with_volume(&place).iter().for_each(|(c, _)| body.cells[*c] = material);
    }
    let heated = grid.cells_with_volume(&Region::new([0.0, 0.0, 1.45e-3], [2e-3, 3e-3, 1.5e-3]));
    heated.iter().for_each(|(c, _)| body.power[*c] = 5.0 / heated.len() as f64);
    body
}

#[test]
fn the_reduced_model_heats_up_as_time_steps_do() {
    let body = layered();
    let ambient = vec![300.0; body.grid.len()];
    let watched = [body.grid.index(0, 0, 9), body.grid.index(19, 19, 0)];
    let response = StepResponse::new(&body, &ambient, &watched, (1e-5, 100.0), &mut |_| true).unwrap();
    let tolerance = Tolerance { relative: 1e-9, iterations: 300 };
    let mut run = Transient::uniform(&body, 300.0, tolerance).unwrap();
    for n in 0..140 {
        // Twenty points a decade of time, two steps to each.
        let until = 1e-5 * 10f64.powf(f64::from(n) / 20.0);
        let step = 0.5 * (until - run.time());
        for _ in 0..2 {
            run.advance(step, TimeMethod::TwoStage, |_, _| {}).unwrap();
        }
        for (cell, rise) in watched.iter().zip(response.at(until)) {
            let stepped = run.temperature(*cell) - 300.0;
            assert!((rise - stepped).abs() < 2e-3 * stepped.abs() + 2e-3, "{until} s: {rise} against {stepped}");
        }
    }
    let end = steady(&body, tolerance).unwrap();
    for (cell, rise) in watched.iter().zip(response.at(1e4)) {
        assert!((rise / (end.temperature[*cell] - 300.0) - 1.0).abs() < 1e-5, "{rise}");
    }
}

#[test]
fn the_reduced_model_stops_when_asked_and_refuses_nonsense() {
    let body = layered();
    let ambient = vec![300.0; body.grid.len()];
    let stopped = StepResponse::new(&body, &ambient, &[0], (1e-5, 1.0), &mut |share| share < 0.3);
    assert_eq!(stopped, Err(simulation::SimulationError::Cancelled));
    assert!(StepResponse::new(&body, &ambient, &[0], (1.0, 1e-5), &mut |_| true).is_err());
    assert!(StepResponse::new(&body, &[], &[0], (1e-5, 1.0), &mut |_| true).is_err());
}

#[test]
fn powers_over_time_end_where_the_steady_state_is() {
    let body = layered();
    let off = vec![0.0; body.grid.len()];
    let intervals = [
        Interval { seconds: 200.0, steps: 40, power: body.power.clone() },
        Interval { seconds: 200.0, steps: 40, power: off.clone() },
    ];
    let start = vec![300.0; body.grid.len()];
    let group = vec![(0..body.grid.len()).collect::<Vec<usize>>()];
    let moments = follow(&body, start.clone(), &intervals, &group, &mut |_| true).unwrap();
    assert_eq!(moments.len(), 81);
    let end = steady(&body, Tolerance::default()).unwrap().temperature.into_iter().fold(0.0, f64::max);
    assert!((moments[40].highest_k[0] - end).abs() < 0.01, "{} against {end}", moments[40].highest_k[0]);
    assert!((moments[80].highest_k[0] - 300.0).abs() < 0.01, "{}", moments[80].highest_k[0]);
    assert!(moments[..40].windows(2).all(|m| m[0].highest_k[0] <= m[1].highest_k[0] + 1e-6));
    let short = [Interval { seconds: 1.0, steps: 1, power: vec![] }];
    assert!(follow(&body, start, &short, &group, &mut |_| true).unwrap_err().to_string().contains("intervals[0]"));
}

fn data() -> Option<String> {
    let folder = std::env::var("FENGCE_DATA").ok();
    if folder.is_none() {
        skipped("FENGCE_DATA does not name the folder of sample data");
    }
    folder
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

#[test]
fn three_d_ice_bothsink_within_a_thousandth_of_a_kelvin() {
    let Some(folder) = data() else { return };
    let folder = format!("{folder}/simulation/3dice");
    let text = read(&format!("{folder}/bothsink_100.stk"));
    let mut stack = stack::read("bothsink_100.stk", &text, &|name| Ok(read(&format!("{folder}/{name}")))).unwrap();
    stack.body.power = stack.power(0);
    let field = steady(&stack.body, Tolerance::default()).unwrap().temperature;
    for (die, layer) in &stack.dies {
        let map: Vec<Vec<f64>> = read(&format!("{folder}/tmap_{die}_100.txt"))
            .lines()
            .filter(|line| !line.starts_with('%') && !line.trim().is_empty())
            .map(|line| line.split_whitespace().map(|t| t.parse().unwrap()).collect())
            .collect();
        assert_eq!((map.len(), map[0].len()), (100, 100));
        let mut worst: f64 = 0.0;
        for (j, row) in map.iter().enumerate() {
            for (i, theirs) in row.iter().enumerate() {
                worst = worst.max((field[stack.body.grid.index(i, j, *layer)] - theirs).abs());
            }
        }
        println!("{die}: largest difference {worst:.5} K");
        // Their file has three decimals: half a unit of the last place belongs to the printing.
        assert!(worst <= 0.001, "{die}: {worst}");
    }
}

#[test]
fn three_d_ice_over_time_follows_its_slots() {
    let Some(folder) = data() else { return };
    let folder = format!("{folder}/simulation/3dice");
    let text = read(&format!("{folder}/bothsink_100.stk"))
        .replace("steady ;", "transient step 0.02, slot 0.2 ;")
        .replace("cell length 100 , width 100 ;", "cell length 250 , width 250 ;");
    let stack = stack::read("bothsink.stk", &text, &|name| Ok(read(&format!("{folder}/{name}")))).unwrap();
    let intervals = stack.intervals();
    assert_eq!((intervals.len(), intervals[0].steps, stack.time), (12, 10, Some((0.02, 0.2))));
    let cells = vec![(0..stack.body.grid.len()).collect::<Vec<usize>>()];
    let start = vec![stack.initial; stack.body.grid.len()];
    let moments = follow(&stack.body, start, &intervals, &cells, &mut |_| true).unwrap();
    assert_eq!(moments.len(), 121);
    // Slots of 0.2 s are long against the chip's time constant: each ends in its own steady state.
    for slot in [0, 4, 11] {
        let body = ThermalBody { power: stack.power(slot), ..stack.body.clone() };
        let end = steady(&body, Tolerance::default()).unwrap().temperature.into_iter().fold(0.0, f64::max);
        let ours = moments[10 * (slot + 1)].highest_k[0];
        assert!((ours - end).abs() < 0.02, "slot {slot}: {ours} against {end}");
    }
}

#[test]
fn hotspot_example_two_within_a_fifth_of_a_kelvin_of_the_converged_values() {
    let Some(folder) = data() else { return };
    let folder = format!("{folder}/simulation/hotspot/ex2");
    let file = |name: &str| read(&format!("{folder}/{name}"));
    let units = hotspot::floorplan("ev6.flp", &file("ev6.flp")).unwrap();
    let trace = hotspot::PowerTrace::read("gcc.ptrace", &file("gcc.ptrace")).unwrap();
    // The example names aluminium (237 W/(m·K)) for spreader and sink, but the published block temperatures, the
    // converged ones and HotSpot's own, are those of its default of 400 W/(m·K): with 237 every block is 1.3 to 4.9 K hotter.
    let materials = file("example.materials").replace("237.0", "400.0");
    let configuration = hotspot::Configuration::read("example.config", &file("example.config"), &materials).unwrap();
    let scene = hotspot::scene(&configuration, &units, &trace.means()).unwrap();
    let chip = scene.blocks[0].region;
    let settings =
        MeshSettings { focus: Some(chip), focus_cells: 120.0, layer_cells: 1.0, growth: 0.3, ..Default::default() };
    let grid = mesh(&scene, &settings).unwrap();
    let body = scene.thermal_body(&grid).unwrap();
    let field = steady(&body, Tolerance::default()).unwrap();
    let mut worst: f64 = 0.0;
    for line in file("block_compare.csv").lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let unit = units.iter().find(|u| u.name == fields[0]).unwrap();
        // Units are compared by area-weighted means over the thickness of the chip.
        let high = [unit.low[0] + unit.size[0], unit.low[1] + unit.size[1], chip.high[2]];
        let cells = body.grid.cells_with_volume(&Region::new([unit.low[0], unit.low[1], 0.0], high));
        let volume: f64 = cells.iter().map(|c| c.1).sum();
        let mean = cells.iter().map(|(c, v)| field.temperature[*c] * v).sum::<f64>() / volume;
        let theirs: f64 = fields[1].parse().unwrap();
        worst = worst.max((mean - theirs).abs());
    }
    println!("{} cells, largest difference {worst:.4} K, {} iterations", body.grid.len(), field.convergence.iterations);
    assert!(worst <= 0.2, "{worst}");
}

/// Past the capture of output, so that a plain run of the tests shows it.
fn skipped(why: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}
