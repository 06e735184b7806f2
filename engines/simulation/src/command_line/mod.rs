//! `fengce simulate …`: the same engine from a terminal.

mod other_tools;
mod thermal;
mod warpage;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::error::{Result, SimulationError};
use crate::grid::{Grid, Region};
use crate::package::{Input, sweep};
use crate::parasitics::ParasiticsInput;
use crate::vtk::{self, CellData, PointData};

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
    /// Write the temperatures over time as CSV: of dies with a power trace, of a stack with slots, of a floorplan's units.
    #[arg(long)]
    pub over_time: Option<PathBuf>,
    /// Write the field for ParaView: NAME.vtr as it was computed, NAME.vti resampled to an even image of the package.
    #[arg(long)]
    pub vtk: Option<PathBuf>,
    /// Write pictures: NAME-section.svg, NAME-plan.svg, NAME-temperature.svg, NAME-temperature-section.svg.
    #[arg(long)]
    pub svg: Option<PathBuf>,
    /// Write pictures: NAME-temperature.png and NAME-temperature-section.png.
    #[arg(long)]
    pub png: Option<PathBuf>,
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
    /// Write a picture: NAME-displacement.png.
    #[arg(long)]
    pub png: Option<PathBuf>,
    /// Compute the stress under the temperatures of operation too.
    #[arg(long)]
    pub operation: bool,
}

/// Hears how far a run is (0 to 1) and what it does; answering false stops it.
pub type Progress<'a> = &'a mut dyn FnMut(f64, &str) -> bool;

/// Carries out a command; results go to `out`.
///
/// # Errors
/// What is wrong with the input, or that a run did not converge.
pub fn run(command: &SimulateCommand, out: &mut dyn Write, progress: Progress) -> Result<()> {
    match command {
        SimulateCommand::Thermal(arguments) => thermal::run(arguments, out, progress),
        SimulateCommand::Warpage(arguments) => warpage::run(arguments, out, progress),
        SimulateCommand::Parasitics { file, json } => parasitics(file, *json, out),
        SimulateCommand::New { template, out: path } => new(template, path.as_deref(), out),
    }
}

/// Templates by name.
pub const TEMPLATES: [(&str, &str); 7] = [
    ("qfn", include_str!("../../templates/qfn.toml")),
    ("soic", include_str!("../../templates/soic.toml")),
    ("bga", include_str!("../../templates/bga.toml")),
    ("fcbga", include_str!("../../templates/fcbga.toml")),
    ("to247", include_str!("../../templates/to247.toml")),
    ("module", include_str!("../../templates/module.toml")),
    ("parasitics", include_str!("../../templates/parasitics.toml")),
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
fn inputs(file: &Path, changes: Option<&str>) -> Result<Vec<(String, Input)>> {
    let text = read_file(file)?;
    let inputs = match changes {
        None => Input::parse(&text).map(|input| vec![(String::new(), input)]),
        Some(changes) => sweep(&text, changes),
    };
    inputs.map_err(|e| match e {
        SimulationError::Input(unread) => file_error(file, unread),
        SimulationError::Field { field, reason } if field == "sweep" => SimulationError::field("--sweep", reason),
        other => other,
    })
}

fn refine(factor: f64) -> Result<f64> {
    if (0.5..=4.0).contains(&factor) {
        Ok(factor)
    } else {
        Err(SimulationError::field("--refine", "must lie between 0.5 and 4"))
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or("–".into(), |v| format!("{v:.3}"))
}

/// `NAME-suffix.extension` beside a given name.
fn beside(path: &Path, suffix: &str, extension: &str) -> PathBuf {
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!("{stem}-{suffix}.{extension}"))
}

/// The folder of a file, against which files that it names are read.
fn folder(file: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new(".")).to_owned()
}

fn write_bytes(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).map_err(|e| file_error(path, e))
}

/// Cells across and up of an even image for ParaView.
const IMAGE: [usize; 3] = [128, 128, 64];

/// Writes a field for ParaView; the ending of the name says in which form.
fn write_vtk(path: &Path, grid: &Grid, window: &Region, cells: &[CellData], points: &[PointData]) -> Result<()> {
    let mut file = fs::File::create(path).map(std::io::BufWriter::new).map_err(|e| file_error(path, e))?;
    let name = path.display().to_string();
    if path.extension().is_some_and(|e| e == "vti") {
        vtk::write_image(&mut file, &name, grid, window, IMAGE, cells)?;
    } else {
        vtk::write(&mut file, &name, grid, cells, points)?;
    }
    file.flush().map_err(|e| file_error(path, e))
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
