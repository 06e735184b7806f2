//! `fengce simulate thermal` for the files of other tools: stacks of 3D-ICE and floorplans of HotSpot.

use std::io::Write;
use std::path::PathBuf;

use serde::Serialize;

use super::{Progress, ThermalArguments, folder, print, print_json, read_file, refine, write_file, write_vtk};
use crate::error::{Result, SimulationError};
use crate::formats::{hotspot, stack};
use crate::grid::{Grid, Region};
use crate::mesh::{MeshSettings, mesh};
use crate::metrics::CELSIUS;
use crate::over_time::{Interval, csv, follow};
use crate::thermal::{SteadyField, ThermalBody, Tolerance, steady};
use crate::vtk::CellData;

/// Temperatures of a die or unit.
#[derive(Serialize)]
struct Place {
    name: String,
    lowest_c: f64,
    mean_c: f64,
    highest_c: f64,
}

/// What a run over a file of another tool found.
#[derive(Serialize)]
struct Findings {
    file: String,
    cells: usize,
    iterations: usize,
    energy_error: f64,
    places: Vec<Place>,
}

fn place(grid: &Grid, field: &SteadyField, name: &str, cells: &[usize]) -> Place {
    let [nx, _, nz] = grid.shape();
    let (mut lowest, mut highest, mut sum, mut volume) = (f64::INFINITY, f64::NEG_INFINITY, 0.0, 0.0);
    for cell in cells {
        let (t, v) = (field.temperature[*cell] - CELSIUS, grid.volume(cell % nx, cell / (nx * nz), cell / nx % nz));
        (lowest, highest, sum, volume) = (t.min(lowest), t.max(highest), sum + t * v, volume + v);
    }
    Place { name: name.to_owned(), lowest_c: lowest, mean_c: sum / volume, highest_c: highest }
}

/// Prints findings, and writes what else was asked for.
fn report(
    a: &ThermalArguments,
    body: &ThermalBody,
    field: &SteadyField,
    groups: &[(String, Vec<usize>)],
    out: &mut dyn Write,
) -> Result<()> {
    if let Some(path) = &a.vtk {
        let celsius = |cell: usize| match body.cells[cell] {
            0 => f64::NAN,
            _ => field.temperature[cell] - CELSIUS,
        };
        let grid = &body.grid;
        let window =
            Region::new([grid.x.start(), grid.y.start(), grid.z.start()], [grid.x.end(), grid.y.end(), grid.z.end()]);
        write_vtk(path, grid, &window, &[CellData { name: "temperature_C", values: &celsius }], &[])?;
    }
    let findings = Findings {
        file: a.file.display().to_string(),
        cells: body.grid.len(),
        iterations: field.convergence.iterations,
        energy_error: field.energy_error,
        places: groups.iter().map(|(name, cells)| place(&body.grid, field, name, cells)).collect(),
    };
    if a.json {
        return print_json(out, &findings);
    }
    let mut text = format!("{}: {} cells, {} iterations", findings.file, findings.cells, findings.iterations);
    for p in &findings.places {
        let (low, mean, high) = (p.lowest_c, p.mean_c, p.highest_c);
        text += &format!("\n  {:<16} lowest {low:>9.3} °C   mean {mean:>9.3} °C   highest {high:>9.3} °C", p.name);
    }
    print(out, &text)
}

/// Follows the powers over time and writes the CSV, if that was asked for.
fn over_time(
    a: &ThermalArguments,
    body: &ThermalBody,
    start: f64,
    intervals: &[Interval],
    groups: &[(String, Vec<usize>)],
    progress: Progress,
) -> Result<()> {
    let Some(path) = &a.over_time else { return Ok(()) };
    if intervals.is_empty() {
        let reason = "the file describes no run over time (`solver: transient step …, slot …;`)";
        return Err(SimulationError::field("--over-time", reason));
    }
    let (names, cells): (Vec<String>, Vec<Vec<usize>>) = groups.iter().cloned().unzip();
    let start = vec![start; body.grid.len()];
    let moments = follow(body, start, intervals, &cells, &mut |share| progress(share, "time steps"))?;
    write_file(path, &csv(&names, &moments))
}

/// A stack of 3D-ICE on its own grid.
pub(super) fn stack(a: &ThermalArguments, out: &mut dyn Write, progress: Progress) -> Result<()> {
    let folder = folder(&a.file);
    let name = a.file.display().to_string();
    let stack = stack::read(&name, &read_file(&a.file)?, &|name| read_file(&folder.join(name)))?;
    let field = steady(&stack.body, Tolerance::default())?;
    let [nx, ny, _] = stack.body.grid.shape();
    let layer = |layer: usize| {
        (0..ny).flat_map(|j| (0..nx).map(move |i| (i, j))).map(|(i, j)| stack.body.grid.index(i, j, layer)).collect()
    };
    let groups: Vec<(String, Vec<usize>)> = stack.dies.iter().map(|(name, at)| (name.clone(), layer(*at))).collect();
    over_time(a, &stack.body, stack.initial, &stack.intervals(), &groups, progress)?;
    report(a, &stack.body, &field, &groups, out)
}

/// A floorplan of HotSpot with its package in full three dimensions.
pub(super) fn floorplan(a: &ThermalArguments, out: &mut dyn Write, progress: Progress) -> Result<()> {
    let needed = |path: &Option<PathBuf>, name: &str| {
        path.clone().ok_or_else(|| SimulationError::field(name, "is needed with a floorplan"))
    };
    let (trace, configuration) =
        (needed(&a.power_trace, "--power-trace")?, needed(&a.configuration, "--configuration")?);
    let units = hotspot::floorplan(&a.file.display().to_string(), &read_file(&a.file)?)?;
    let trace = hotspot::PowerTrace::read(&trace.display().to_string(), &read_file(&trace)?)?;
    let materials = a.floorplan_materials.as_deref().map(read_file).transpose()?.unwrap_or_default();
    let text = read_file(&configuration)?;
    let configuration = hotspot::Configuration::read(&configuration.display().to_string(), &text, &materials)?;
    let scene = hotspot::scene(&configuration, &units, &trace.means())?;
    let focus = scene.blocks.first().map(|b| b.region);
    let settings = MeshSettings { focus, focus_cells: 80.0, layer_cells: 1.0, growth: 0.3, ..Default::default() };
    let grid = mesh(&scene, &settings.refined(refine(a.refine)?))?;
    let body = scene.thermal_body(&grid)?;
    let field = steady(&body, Tolerance::default())?;
    let groups: Vec<(String, Vec<usize>)> = scene
        .probes
        .iter()
        .map(|p| (p.name.clone(), grid.cells_with_volume(&p.region).into_iter().map(|c| c.0).collect()))
        .collect();
    if a.over_time.is_some() {
        let seconds = configuration.number("sampling_intvl")?;
        let rows = (0..trace.rows.len()).map(|row| {
            let power = hotspot::scene(&configuration, &units, &trace.row(row))?.thermal_body(&grid)?.power;
            Ok(Interval { seconds, steps: 1, power })
        });
        let intervals: Vec<Interval> = rows.collect::<Result<_>>()?;
        let start = configuration.number("init_temp")?;
        over_time(a, &body, start, &intervals, &groups, progress)?;
    }
    report(a, &body, &field, &groups, out)
}
