//! `fengce simulate warpage`.

use std::io::Write;

use super::{
    Progress, WarpageArguments, beside, folder, inputs, print, print_json, read_file, refine, write_bytes, write_file,
    write_vtk,
};
use crate::drawing::{View, field, geometry};
use crate::error::Result;
use crate::metrics::{Study, Wanted};
use crate::raster::field_png;
use crate::vtk;
use crate::warpage::{WarpageReport, Warped};

/// Warpage over the profile, and in operation if asked for.
pub(super) fn run(a: &WarpageArguments, out: &mut dyn Write, progress: Progress) -> Result<()> {
    let factor = refine(a.refine)?;
    let folder = folder(&a.file);
    let mut reports: Vec<(String, WarpageReport)> = Vec::new();
    for (value, input) in inputs(&a.file, a.sweep.as_deref())? {
        let study = Study::new(input, &|name| read_file(&folder.join(name)))?;
        let settings = study.warpage_mesh().refined(factor);
        let (mut report, warped) = study.warpage(&settings, &mut *progress)?;
        if value.is_empty() {
            pictures(a, &warped)?;
        }
        if a.operation {
            let (_, solved) = study.thermal(&study.mesh_settings(), Wanted::default(), &mut *progress)?;
            report.operation = Some(study.warpage_in_operation(&solved, &settings)?);
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
    if let Some(p) = &r.operation {
        text += &format!(
            "\n{:>8} {:>12.2} {:>14} {:>16.1} {:>16.1}   (in operation, mean {:.1} °C)",
            "", p.warpage_um, "", p.die_tension_mpa, p.die_equivalent_mpa, p.temperature_c
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

/// Displacements at the first temperature.
fn pictures(a: &WarpageArguments, warped: &Warped) -> Result<()> {
    let (grid, first) = (&warped.body.grid, &warped.states[0]);
    let window = warped.scene.bounds()?;
    if let Some(path) = &a.vtk {
        let material = vtk::CellData { name: "material", values: &|cell| f64::from(warped.body.cells[cell]) };
        let moved = vtk::PointData { name: "displacement_m", values: &|i, j, k| first.at(i, j, k) };
        write_vtk(path, grid, &window, &[material], &[moved])?;
    }
    let (nx, nz) = (grid.x.cells(), grid.z.cells());
    let lift = |cell: usize| {
        let (i, j, k) = (cell % nx, cell / (nx * nz), cell / nx % nz);
        (warped.body.cells[cell] != 0).then(|| first.at(i, j, k)[2] * 1e6)
    };
    let plan = View::Plan(window.low[2] + 1e-9);
    if let Some(path) = &a.svg {
        let section = geometry(&warped.scene, View::Section(window.low[1]), &window, "剖面图");
        write_file(&beside(path, "section", "svg"), &section)?;
        write_file(&beside(path, "displacement", "svg"), &field(grid, &lift, plan, &window, "底面竖向位移", "µm"))?;
    }
    if let Some(path) = &a.png {
        write_bytes(&beside(path, "displacement", "png"), &field_png(grid, &lift, plan, &window, "µm")?)?;
    }
    Ok(())
}
