//! Measures the speed of the thermal solver: `cargo run --release --example speed -- [uniform|graded] [cells across]`.
use std::time::Instant;

use simulation::Result;
use simulation::grid::{Axis, Grid, Region};
use simulation::thermal::{Conductor, Facing, Film, Surface, ThermalBody, Tolerance, steady};

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

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let across: usize = arguments.get(2).and_then(|a| a.parse().ok()).unwrap_or(100);
    let tolerance: f64 = arguments.get(3).and_then(|a| a.parse().ok()).unwrap_or(1e-8);
    let body = match arguments.get(1).map(String::as_str) {
        Some("graded") => package(across)?,
        _ => uniform(across, 16)?,
    };
    let start = Instant::now();
    let field = steady(&body, Tolerance { relative: tolerance, iterations: 300 })?;
    let seconds = start.elapsed().as_secs_f64();
    let hottest =
        field.temperature.iter().zip(&body.cells).filter(|(_, m)| **m > 0).map(|(t, _)| *t).fold(0.0, f64::max);
    let cells = body.grid.len();
    println!(
        "{cells} cells, {} iterations, {seconds:.3} s, {:.2} M cells/s, energy error {:.1e}, hottest {hottest:.4} K",
        field.convergence.iterations,
        cells as f64 / seconds / 1e6,
        field.energy_error
    );
    Ok(())
}
