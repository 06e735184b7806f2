//! `fengce simulate …`: the same engine from a terminal.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::drawing::{View, field, geometry};
use crate::error::{Result, SimulationError};
use crate::formats::{hotspot, stack};
use crate::grid::Region;
use crate::impedance::{ladder, structure_function, time_constants};
use crate::mesh::mesh;
use crate::metrics::{Solved, Study, ThermalReport, Wanted, probe};
use crate::package::{Input, Setup};
use crate::parasitics::ParasiticsInput;
use crate::thermal::{Tolerance, steady};
use crate::vtk;
use crate::warpage::WarpageReport;

/// Simulate a package: temperatures, warpage, parasitics.
#[derive(Debug, Clone, Subcommand)]
pub enum SimulateCommand {
    /// Temperatures and thermal resistances of a package (.toml), a stack (.stk) or a floorplan (.flp).
    Thermal(ThermalArguments),
    /// Warpage over the reflow profile, die stress, solder life.
    Warpage(WarpageArguments),
    /// Resistance, inductance and capacitance of wires, vias and traces.
    Parasitics {
        /// Input file.
        file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write a commented template.
    New {
        /// What for: qfn, soic, bga, fcbga, to247, module, parasitics.
        template: String,
        /// Where to; prints if absent. An existing file is not replaced.
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

/// Arguments of `thermal`.
#[derive(Debug, Clone, Args)]
pub struct ThermalArguments {
    /// Input file.
    pub file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Vary one field, as `package.dies.0.attach.voids=0 %,10 %,50 %`.
    #[arg(long)]
    pub sweep: Option<String>,
    /// Compute θJC and θJB too.
    #[arg(long)]
    pub resistances: bool,
    /// Estimate the error of the mesh with a second, finer one.
    #[arg(long)]
    pub mesh_error: bool,
    /// Cells smaller by this factor (0.5 to 4).
    #[arg(long, default_value_t = 1.0)]
    pub refine: f64,
    /// Write Zth(t) of a power step and the structure function as CSV.
    #[arg(long)]
    pub impedance: Option<PathBuf>,
    /// Write the field for ParaView (.vtr).
    #[arg(long)]
    pub vtk: Option<PathBuf>,
    /// Write pictures: NAME-section.svg, NAME-plan.svg, NAME-temperature.svg.
    #[arg(long)]
    pub svg: Option<PathBuf>,
    /// Power trace of a floorplan (.ptrace).
    #[arg(long)]
    pub power_trace: Option<PathBuf>,
    /// Configuration of a floorplan (.config).
    #[arg(long)]
    pub configuration: Option<PathBuf>,
    /// Material list of a floorplan.
    #[arg(long)]
    pub floorplan_materials: Option<PathBuf>,
}

/// Arguments of `warpage`.
#[derive(Debug, Clone, Args)]
pub struct WarpageArguments {
    /// Input file.
    pub file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Vary one field, as `package.mould=emc,emc-high-k`.
    #[arg(long)]
    pub sweep: Option<String>,
    /// Cells smaller by this factor (0.5 to 4).
    #[arg(long, default_value_t = 1.0)]
    pub refine: f64,
    /// Write the displacements of the first temperature for ParaView (.vtr).
    #[arg(long)]
    pub vtk: Option<PathBuf>,
    /// Write pictures: NAME-section.svg and NAME-displacement.svg.
    #[arg(long)]
    pub svg: Option<PathBuf>,
}

/// Hears how far a run is (0 to 1) and what it does; answering false stops it.
pub type Progress<'a> = &'a mut dyn FnMut(f64, &str) -> bool;

/// Carries out a command; results go to `out`.
///
/// # Errors
/// What is wrong with the input, or that a run did not converge.
pub fn run(command: &SimulateCommand, out: &mut dyn Write, progress: Progress) -> Result<()> {
    match command {
        SimulateCommand::Thermal(arguments) => thermal(arguments, out, progress),
        SimulateCommand::Warpage(arguments) => warpage(arguments, out, progress),
        SimulateCommand::Parasitics { file, json } => parasitics(file, *json, out),
        SimulateCommand::New { template, out: path } => new(template, path.as_deref(), out),
    }
}

/// Templates by name.
pub const TEMPLATES: [(&str, &str); 7] = [
    ("qfn", include_str!("../templates/qfn.toml")),
    ("soic", include_str!("../templates/soic.toml")),
    ("bga", include_str!("../templates/bga.toml")),
    ("fcbga", include_str!("../templates/fcbga.toml")),
    ("to247", include_str!("../templates/to247.toml")),
    ("module", include_str!("../templates/module.toml")),
    ("parasitics", include_str!("../templates/parasitics.toml")),
];

fn new(template: &str, path: Option<&Path>, out: &mut dyn Write) -> Result<()> {
    let known = TEMPLATES.iter().find(|(name, _)| *name == template.to_lowercase());
    let (_, text) = known.ok_or_else(|| {
        let names: Vec<&str> = TEMPLATES.iter().map(|t| t.0).collect();
        SimulationError::field("template", format!("no template `{template}`; there are {}", names.join(", ")))
    })?;
    match path {
        None => print(out, text),
        Some(path) if path.exists() => Err(file_error(path, "exists already; choose another name")),
        Some(path) => write_file(path, text),
    }
}

fn file_error(path: &Path, reason: impl ToString) -> SimulationError {
    SimulationError::File { path: path.display().to_string(), reason: reason.to_string() }
}

fn read_file(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|e| file_error(path, e))
}

fn write_file(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|e| file_error(path, e))
}

fn print(out: &mut dyn Write, text: &str) -> Result<()> {
    writeln!(out, "{text}").map_err(|e| SimulationError::File { path: "output".into(), reason: e.to_string() })
}

fn print_json(out: &mut dyn Write, value: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|e| SimulationError::field("json", e.to_string()))?;
    print(out, &text)
}

/// Inputs of a file: one, or one per value of the sweep with that value.
fn inputs(file: &Path, sweep: Option<&str>) -> Result<Vec<(String, Input)>> {
    let text = read_file(file)?;
    let named = |e: SimulationError| match e {
        SimulationError::Field { field, reason } if field == "input" => file_error(file, reason),
        other => other,
    };
    let Some(sweep) = sweep else { return Ok(vec![(String::new(), Input::parse(&text).map_err(named)?)]) };
    let (path, values) = sweep
        .split_once('=')
        .ok_or_else(|| SimulationError::field("--sweep", "is written as path.to.field=value,value"))?;
    let table: toml::Value = toml::from_str(&text).map_err(|e| file_error(file, e))?;
    values
        .split(',')
        .map(|value| {
            let mut changed = table.clone();
            set(&mut changed, path.trim(), value.trim())?;
            Ok((value.trim().to_owned(), Input::from_value(changed).map_err(named)?))
        })
        .collect()
}

/// Replaces one value of a table by path; numbers in the path count from zero in lists.
fn set(table: &mut toml::Value, path: &str, value: &str) -> Result<()> {
    let missing = |part: &str| SimulationError::field("--sweep", format!("`{part}` of `{path}` is not in the file"));
    let mut place = table;
    for part in path.split('.') {
        place = match part.parse::<usize>() {
            Ok(index) => place.get_mut(index).ok_or_else(|| missing(part))?,
            Err(_) => place.get_mut(part).ok_or_else(|| missing(part))?,
        };
    }
    *place = match place {
        toml::Value::Integer(_) => toml::Value::Integer(value.parse().map_err(|_| missing(path))?),
        toml::Value::Float(_) => toml::Value::Float(value.parse().map_err(|_| missing(path))?),
        _ => toml::Value::String(value.to_owned()),
    };
    Ok(())
}

fn refine(factor: f64) -> Result<f64> {
    if (0.5..=4.0).contains(&factor) {
        Ok(factor)
    } else {
        Err(SimulationError::field("--refine", "must lie between 0.5 and 4"))
    }
}

fn thermal(a: &ThermalArguments, out: &mut dyn Write, progress: Progress) -> Result<()> {
    match a.file.extension().and_then(|e| e.to_str()) {
        Some("stk") => return thermal_stack(&a.file, out),
        Some("flp") => return thermal_floorplan(a, out),
        _ => {}
    }
    let factor = refine(a.refine)?;
    let folder = a.file.parent().unwrap_or(Path::new(".")).to_owned();
    let read = |name: &str| read_file(&folder.join(name));
    let wanted = Wanted { resistances: a.resistances, error_estimate: a.mesh_error };
    let mut reports: Vec<(String, ThermalReport)> = Vec::new();
    for (value, input) in inputs(&a.file, a.sweep.as_deref())? {
        let study = Study::new(input, &read)?;
        let settings = study.mesh_settings().refined(factor);
        let (report, solved) = study.thermal(&settings, wanted, &mut *progress)?;
        if value.is_empty() {
            pictures(a, &study, &solved)?;
            if let Some(path) = &a.impedance {
                let setup = if study.input.package.sits_on_board() { Setup::AsGiven } else { Setup::ColdBottom };
                let curve = study.impedance(setup, &settings, 3000.0, 10, &mut *progress)?;
                write_file(path, &impedance_csv(&curve))?;
            }
        }
        reports.push((value, report));
    }
    match (a.json, reports.as_slice()) {
        (true, [(value, report)]) if value.is_empty() => print_json(out, report),
        (true, all) => print_json(out, &all),
        (false, [(value, report)]) if value.is_empty() => print(out, &thermal_text(report)),
        (false, all) => {
            let mut text =
                format!("{:>16} {:>10} {:>10} {:>10}", a.sweep.as_deref().unwrap_or(""), "Tj °C", "θJA K/W", "ψJT K/W");
            for (value, report) in all {
                let hottest = report.probes.iter().map(|p| p.highest_c).fold(f64::MIN, f64::max);
                text += &format!(
                    "\n{value:>16} {hottest:>10.2} {:>10} {:>10}",
                    number(report.theta_ja),
                    number(report.psi_jt)
                );
            }
            print(out, &text)
        }
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or("–".into(), |v| format!("{v:.3}"))
}

fn thermal_text(r: &ThermalReport) -> String {
    let mut text = format!("{}: {:.3} W, ambient {:.1} °C, {} cells", r.name, r.power_w, r.ambient_c, r.cells);
    for p in &r.probes {
        text += &format!("\n  {:<20} highest {:>8.2} °C   mean {:>8.2} °C", p.name, p.highest_c, p.mean_c);
    }
    for (name, value) in [
        ("θJA", r.theta_ja),
        ("ψJT", r.psi_jt),
        ("ψJB", r.psi_jb),
        ("θJB", r.theta_jb),
        ("θJC top", r.theta_jc_top),
        ("θJC bottom", r.theta_jc_bottom),
    ] {
        if value.is_some() {
            text += &format!("\n  {name:<20} {} K/W", number(value));
        }
    }
    if let (Some(top), Some(board)) = (r.theta_jc_top, r.theta_jb) {
        text += &format!("\n  two-resistor model   junction–case {top:.3}, junction–board {board:.3} K/W");
    }
    for s in &r.surfaces {
        text += &format!("\n  heat by {:<16} {:>8.4} W   mean {:>7.2} °C", s.name, s.heat_w, s.mean_c);
    }
    if let Some(error) = r.mesh_error {
        text += &format!("\n  error of the mesh    {:.1} % of the rise (from two meshes)", error * 100.0);
    }
    text += &format!("\n  energy balance       {:.1e}", r.energy_error);
    let low: Vec<&str> = r
        .materials
        .iter()
        .filter(|m| m.confidence == crate::material::Confidence::Low)
        .map(|m| m.name.as_str())
        .collect();
    if !low.is_empty() {
        text += &format!("\n  low confidence (ask the supplier): {}", low.join(", "));
    }
    text
}

fn impedance_csv(curve: &[(f64, f64)]) -> String {
    let mut text = String::from("time_s,zth_k_per_w\n");
    curve.iter().for_each(|(t, z)| text += &format!("{t:.6e},{z:.6e}\n"));
    text += "\nstructure function\nresistance_k_per_w,capacitance_j_per_k\n";
    let stages = ladder(&time_constants(curve, 10, 2000));
    structure_function(&stages).iter().for_each(|(r, c)| text += &format!("{r:.6e},{c:.6e}\n"));
    text
}

/// `NAME-suffix.svg` beside a given name.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!("{stem}-{suffix}.svg"))
}

fn pictures(a: &ThermalArguments, study: &Study, solved: &Solved) -> Result<()> {
    let celsius = |cell: usize| (solved.body.cells[cell] != 0).then(|| solved.field.temperature[cell] - 273.15);
    if let Some(path) = &a.vtk {
        let mut file = std::io::BufWriter::new(fs::File::create(path).map_err(|e| file_error(path, e))?);
        let temperature = vtk::CellData { name: "temperature_C", values: &|cell| celsius(cell).unwrap_or(f64::NAN) };
        let material = vtk::CellData { name: "material", values: &|cell| f64::from(solved.body.cells[cell]) };
        vtk::write(&mut file, &path.display().to_string(), &solved.body.grid, &[temperature, material], &[])?;
    }
    if let Some(path) = &a.svg {
        let body = study.package.body;
        let bounds = solved.scene.bounds()?;
        let window = Region::new(
            [body.low[0] - 1e-3, body.low[1] - 1e-3, bounds.low[2]],
            [body.high[0] + 1e-3, body.high[1] + 1e-3, bounds.high[2]],
        );
        let die = study.package.dies.first().map_or(body, |d| d.active);
        let [_, y, z] = die.centre();
        write_file(&beside(path, "section"), &geometry(&solved.scene, View::Section(y), &window, "剖面图"))?;
        write_file(&beside(path, "plan"), &geometry(&solved.scene, View::Plan(z), &window, "俯视图"))?;
        let map = field(&solved.body.grid, &celsius, View::Plan(z), &window, "芯片有源面温度", "°C");
        write_file(&beside(path, "temperature"), &map)?;
        let cut = field(&solved.body.grid, &celsius, View::Section(y), &window, "剖面温度", "°C");
        write_file(&beside(path, "temperature-section"), &cut)?;
    }
    Ok(())
}

fn thermal_stack(file: &Path, out: &mut dyn Write) -> Result<()> {
    let folder = file.parent().unwrap_or(Path::new(".")).to_owned();
    let name = file.display().to_string();
    let stack = stack::read(&name, &read_file(file)?, &|name| read_file(&folder.join(name)))?;
    let solved = steady(&stack.body, Tolerance::default())?;
    let [nx, ny, _] = stack.body.grid.shape();
    let mut text = format!("{name}: {} cells, {} iterations", stack.body.grid.len(), solved.convergence.iterations);
    for (die, layer) in &stack.dies {
        let cells = (0..ny).flat_map(|j| (0..nx).map(move |i| (i, j)));
        let values: Vec<f64> = cells.map(|(i, j)| solved.temperature[stack.body.grid.index(i, j, *layer)]).collect();
        let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        text += &format!("\n  {die:<16} lowest {low:.3} K   mean {mean:.3} K   highest {high:.3} K");
    }
    print(out, &text)
}

fn thermal_floorplan(a: &ThermalArguments, out: &mut dyn Write) -> Result<()> {
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
    let settings =
        crate::mesh::MeshSettings { focus, focus_cells: 80.0, layer_cells: 1.0, growth: 0.3, ..Default::default() };
    let body = scene.thermal_body(&mesh(&scene, &settings.refined(refine(a.refine)?))?)?;
    let field = steady(&body, Tolerance::default())?;
    let solved = Solved { scene, body, field };
    let mut text = String::from("unit,mean_K");
    for unit in &units {
        let mean = probe(&solved, &unit.name).map_or(f64::NAN, |p| p.mean_c + 273.15);
        text += &format!("\n{},{mean:.3}", unit.name);
    }
    print(out, &text)
}

fn warpage(a: &WarpageArguments, out: &mut dyn Write, progress: Progress) -> Result<()> {
    let factor = refine(a.refine)?;
    let folder = a.file.parent().unwrap_or(Path::new(".")).to_owned();
    let mut reports: Vec<(String, WarpageReport)> = Vec::new();
    for (value, input) in inputs(&a.file, a.sweep.as_deref())? {
        let study = Study::new(input, &|name| read_file(&folder.join(name)))?;
        let settings = study.warpage_mesh().refined(factor);
        let (report, warped) = study.warpage(&settings, &mut *progress)?;
        if value.is_empty() {
            let grid = &warped.body.grid;
            let first = &warped.states[0];
            if let Some(path) = &a.vtk {
                let mut file = std::io::BufWriter::new(fs::File::create(path).map_err(|e| file_error(path, e))?);
                let material = vtk::CellData { name: "material", values: &|cell| f64::from(warped.body.cells[cell]) };
                let moved = vtk::PointData { name: "displacement_m", values: &|i, j, k| first.at(i, j, k) };
                vtk::write(&mut file, &path.display().to_string(), grid, &[material], &[moved])?;
            }
            if let Some(path) = &a.svg {
                let window = warped.scene.bounds()?;
                let section = geometry(&warped.scene, View::Section(window.low[1]), &window, "剖面图");
                write_file(&beside(path, "section"), &section)?;
                let (nx, nz) = (grid.x.cells(), grid.z.cells());
                let lift = |cell: usize| {
                    let (i, j, k) = (cell % nx, cell / (nx * nz), cell / nx % nz);
                    (warped.body.cells[cell] != 0).then(|| first.at(i, j, k)[2] * 1e6)
                };
                let plan = View::Plan(window.low[2] + 1e-9);
                write_file(&beside(path, "displacement"), &field(grid, &lift, plan, &window, "底面竖向位移", "µm"))?;
            }
        }
        reports.push((value, report));
    }
    match (a.json, reports.as_slice()) {
        (true, [(value, report)]) if value.is_empty() => print_json(out, report),
        (true, all) => print_json(out, &all),
        (false, all) => {
            for (value, report) in all {
                if !value.is_empty() {
                    print(
                        out,
                        &format!("{} = {value}", a.sweep.as_deref().and_then(|s| s.split('=').next()).unwrap_or("")),
                    )?;
                }
                print(out, &warpage_text(report))?;
            }
            Ok(())
        }
    }
}

fn warpage_text(r: &WarpageReport) -> String {
    let part = if r.quarter { "a quarter by symmetry" } else { "the whole" };
    let mut text = format!("{}: {} unknowns, {part}\n", r.name, r.unknowns);
    text += &format!(
        "{:>8} {:>12} {:>14} {:>16} {:>16}",
        "°C", "warpage µm", "plate est. µm", "die tension MPa", "die equiv. MPa"
    );
    for p in &r.points {
        text += &format!(
            "\n{:>8.1} {:>12.2} {:>14.2} {:>16.1} {:>16.1}",
            p.temperature_c, p.warpage_um, p.layered_plate_um, p.die_tension_mpa, p.die_equivalent_mpa
        );
    }
    if let (Some(limit), Some(within)) = (r.limit_um, r.within_limit) {
        text += &format!("\n  limit {limit:.0} µm: {}", if within { "kept" } else { "EXCEEDED" });
    }
    if let Some(s) = &r.solder {
        text += &format!("\n  outermost joint: shear strain range {:.3} %", s.strain_range * 100.0);
        for e in &s.estimates {
            text += &format!("\n    {:<24} {:>10.0} cycles", e.model, e.cycles);
        }
        text += &format!("\n    the models differ by a factor of {:.1}", s.spread);
        for (name, factor) in &s.acceleration {
            text += &format!("\n    acceleration {name}: {factor:.1}");
        }
    }
    for assumption in &r.assumptions {
        text += &format!("\n  assumed: {assumption}");
    }
    text
}

fn parasitics(file: &Path, json: bool, out: &mut dyn Write) -> Result<()> {
    let input = ParasiticsInput::parse(&read_file(file)?).map_err(|e| file_error(file, e))?;
    let results = input.compute()?;
    if json {
        return print_json(out, &results);
    }
    let mut text = format!(
        "{}\n{:<20} {:>12} {:>12} {:>12} {:>10} {:>12}",
        input.name, "", "R mΩ", "L nH", "C fF", "Z0 Ω", "M nH"
    );
    for p in &results {
        let scaled = |value: Option<f64>, factor: f64| number(value.map(|v| v * factor));
        text += &format!(
            "\n{:<20} {:>12.4} {:>12.5} {:>12} {:>10} {:>12}",
            p.name,
            p.resistance_ohm * 1e3,
            p.inductance_h * 1e9,
            scaled(p.capacitance_f, 1e15),
            scaled(p.impedance_ohm, 1.0),
            scaled(p.mutual_h, 1e9)
        );
    }
    print(out, &text)
}
