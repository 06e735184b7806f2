//! `fengce simulate thermal` for packages.

use std::io::Write;

use super::{
    Progress, ThermalArguments, beside, folder, inputs, number, other_tools, print, print_json, read_file, refine,
    write_bytes, write_file, write_vtk,
};
use crate::drawing::{View, field, geometry};
use crate::error::Result;
use crate::grid::Region;
use crate::impedance::{ladder, structure_function, time_constants};
use crate::metrics::{CELSIUS, MeshCheck, Solved, Study, ThermalReport, Wanted};
use crate::over_time::csv;
use crate::package::Setup;
use crate::raster::field_png;
use crate::vtk;

/// Temperatures, resistances and what was asked for beyond them.
pub(super) fn run(a: &ThermalArguments, out: &mut dyn Write, progress: Progress) -> Result<()> {
    match a.file.extension().and_then(|e| e.to_str()) {
        Some("stk") => return other_tools::stack(a, out, progress),
        Some("flp") => return other_tools::floorplan(a, out, progress),
        _ => {}
    }
    let factor = refine(a.refine)?;
    let folder = folder(&a.file);
    let read = |name: &str| read_file(&folder.join(name));
    let wanted = Wanted { resistances: a.resistances, error_estimate: a.mesh_error };
    let mut reports: Vec<(String, ThermalReport)> = Vec::new();
    for (value, input) in inputs(&a.file, a.sweep.as_deref())? {
        let study = Study::new(input, &read)?;
        let settings = study.mesh_settings().refined(factor);
        let (mut report, solved) = study.thermal(&settings, wanted, &mut *progress)?;
        report.power_cycling = study.power_cycling(&settings, &mut *progress)?;
        if value.is_empty() {
            pictures(a, &study, &solved)?;
            if let Some(path) = &a.impedance {
                let setup = if study.input.package.sits_on_board() { Setup::AsGiven } else { Setup::ColdBottom };
                let curve = study.impedance(setup, &settings, 3000.0, 10, &mut *progress)?;
                write_file(path, &impedance_csv(&curve))?;
            }
            if let Some(path) = &a.over_time {
                let (names, moments) = study.over_time(&settings, &mut *progress)?;
                write_file(path, &csv(&names, &moments))?;
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
                text += &format!(
                    "\n{value:>16} {:>10.2} {:>10} {:>10}",
                    report.junction_c,
                    number(report.theta_ja),
                    number(report.psi_jt)
                );
            }
            print(out, &text)
        }
    }
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
    if let Some(model) = &r.two_resistor {
        let (case, board) = (model.junction_to_case, model.junction_to_board);
        text += &format!("\n  two-resistor model   junction–case {case:.3}, junction–board {board:.3} K/W");
    }
    if let Some(life) = &r.power_cycling {
        text += &format!("\n  power cycles: junction {:.1} to {:.1} °C", life.lowest_c, life.lowest_c + life.swing_k);
        for e in &life.estimates {
            text += &format!("\n    {:<24} {:>10.0} cycles", e.model, e.cycles);
        }
        text += &format!("\n    the models differ by a factor of {:.1}", life.spread);
        life.beyond.iter().for_each(|what| text += &format!("\n    extrapolated: {what}"));
    }
    for s in &r.surfaces {
        text += &format!("\n  heat by {:<16} {:>8.4} W   mean {:>7.2} °C", s.name, s.heat_w, s.mean_c);
    }
    if let Some(MeshCheck { error, .. }) = r.mesh {
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

fn pictures(a: &ThermalArguments, study: &Study, solved: &Solved) -> Result<()> {
    let celsius = |cell: usize| (solved.body.cells[cell] != 0).then(|| solved.field.temperature[cell] - CELSIUS);
    let body = study.package.body;
    let bounds = solved.scene.bounds()?;
    let window = Region::new(
        [body.low[0] - 1e-3, body.low[1] - 1e-3, bounds.low[2]],
        [body.high[0] + 1e-3, body.high[1] + 1e-3, bounds.high[2]],
    );
    let grid = &solved.body.grid;
    if let Some(path) = &a.vtk {
        let temperature = vtk::CellData { name: "temperature_C", values: &|cell| celsius(cell).unwrap_or(f64::NAN) };
        let material = vtk::CellData { name: "material", values: &|cell| f64::from(solved.body.cells[cell]) };
        write_vtk(path, grid, &window, &[temperature, material], &[])?;
    }
    let die = study.package.dies.first().map_or(body, |d| d.active);
    let [_, y, z] = die.centre();
    if let Some(path) = &a.svg {
        let part = |suffix| beside(path, suffix, "svg");
        write_file(&part("section"), &geometry(&solved.scene, View::Section(y), &window, "剖面图"))?;
        write_file(&part("plan"), &geometry(&solved.scene, View::Plan(z), &window, "俯视图"))?;
        let map = field(grid, &celsius, View::Plan(z), &window, "芯片有源面温度", "°C");
        write_file(&part("temperature"), &map)?;
        let cut = field(grid, &celsius, View::Section(y), &window, "剖面温度", "°C");
        write_file(&part("temperature-section"), &cut)?;
    }
    if let Some(path) = &a.png {
        for (suffix, view) in [("temperature", View::Plan(z)), ("temperature-section", View::Section(y))] {
            write_bytes(&beside(path, suffix, "png"), &field_png(grid, &celsius, view, &window, "°C")?)?;
        }
    }
    Ok(())
}
