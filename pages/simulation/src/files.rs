//! What a run is taken away as: input, results, fields, pictures, the report.

use axum::extract::{Path, Query};
use simulation::grid::{Axis, Grid};
use simulation::vtk;
use web::{Answer, Counter, Failure, file};

use crate::outcome::{Field, Outcome};
use crate::owner::{self, Run};
use crate::run_page::Asked;
use crate::{document, kept, pictures};

/// Width of pictures, pixels.
const PICTURE_WIDTH: u32 = 1600;

/// One file of a run.
pub async fn take(counter: Counter, Path((id, name)): Path<(String, String)>, Query(asked): Query<Asked>) -> Answer {
    let run = owner::run(&counter, &id).await?;
    // The input can be taken from any run; the rest is there when it is done.
    if name == "input.toml" {
        return Ok(file(
            run.order.toml.into_bytes(),
            "application/toml; charset=utf-8",
            &named(&run.job.job.title, "输入.toml"),
        ));
    }
    if name == "power.csv" {
        let map = run.order.power_map.ok_or_else(Failure::not_found)?;
        return Ok(file(map.into_bytes(), "text/csv; charset=utf-8", &named(&run.job.job.title, "power.csv")));
    }
    if !run.is_done() {
        return Err(Failure::not_found());
    }
    let title = run.job.job.title.clone();
    match name.as_str() {
        "result.json" => {
            let bytes = kept::bytes(&run.folder, kept::OUTCOME).await?;
            Ok(file(bytes, "application/json", &named(&title, "结果.json")))
        }
        "report.pdf" => {
            let bytes = report(&counter, &run).await?;
            Ok(file(bytes, "application/pdf", &named(&title, "仿真报告.pdf")))
        }
        "heating.csv" => {
            let text = heating(&kept::outcome(&run.folder).await?).ok_or_else(Failure::not_found)?;
            Ok(file(text.into_bytes(), "text/csv; charset=utf-8", &named(&title, "热阻抗.csv")))
        }
        "temperature.vtr" => {
            let field = kept::field(&run.folder).await?;
            let bytes =
                apart(move || temperature_grid(&field)).await?.map_err(|error| Failure::Fault(error.to_string()))?;
            Ok(file(bytes, "model/vnd.vtk", &named(&title, "温度.vtr")))
        }
        "displacement.vtr" => {
            let bytes = kept::bytes(&run.folder, &format!("warpage-{}.vtr", asked.shape)).await?;
            Ok(file(bytes, "model/vnd.vtk", &named(&title, "位移.vtr")))
        }
        "temperature.svg" | "temperature.png" | "displacement.svg" | "displacement.png" => {
            picture(&run, &name, &asked).await
        }
        _ => Err(Failure::not_found()),
    }
}

/// A file name that says whose it is.
fn named(title: &str, what: &str) -> String {
    let title: String =
        title.chars().map(|c| if "/\\:*?\"<>|".contains(c) || c.is_control() { '-' } else { c }).collect();
    format!("{title}-{what}")
}

/// Work that would hold up others, on a thread of its own.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Failure::Fault(error.to_string()))
}

async fn picture(run: &Run, name: &str, asked: &Asked) -> Answer {
    let title = &run.job.job.title;
    let svg = if name.starts_with("temperature") {
        let field = kept::field(&run.folder).await?;
        let view = pictures::view(&field, &asked.view).ok_or_else(Failure::not_found)?;
        pictures::temperature("temperature", &field, view, asked.place()).draw()
    } else {
        let shapes = kept::shapes(&run.folder).await?;
        pictures::displacement("displacement", shapes.get(asked.shape).ok_or_else(Failure::not_found)?).draw()
    };
    let what = if name.starts_with("temperature") { "温度" } else { "位移" };
    if name.ends_with(".svg") {
        return Ok(file(svg.to_string().into_bytes(), "image/svg+xml", &named(title, &format!("{what}.svg"))));
    }
    let press = apart(report::Press::installed).await?.map_err(unprinted)?;
    let png = apart(move || press.picture(&svg.to_string(), PICTURE_WIDTH)).await?.map_err(unprinted)?;
    Ok(file(png, "image/png", &named(title, &format!("{what}.png"))))
}

/// Without a font there is no paper: said to the person; anything else is a fault.
fn unprinted(error: report::ReportError) -> Failure {
    match error {
        report::ReportError::NoChineseFont | report::ReportError::FontFolder(_) => {
            Failure::Unavailable(error.to_string().into())
        }
        other => Failure::Fault(other.to_string()),
    }
}

async fn report(counter: &Counter, run: &Run) -> Result<Vec<u8>, Failure> {
    let outcome = kept::outcome(&run.folder).await?;
    let (field, shapes) = match &outcome {
        Outcome::Package(_) => (Some(kept::field(&run.folder).await?), kept::shapes(&run.folder).await?),
        Outcome::Conductors(_) => (None, Vec::new()),
    };
    let state = counter.state()?;
    let demonstration = state.city.identity().is_some_and(|city| city.demonstration);
    let firm = state.organisation_name(&run.job.job.organisation);
    let date = kernel::date::civil(run.job.finished_at.unwrap_or(run.job.created_at));
    let document = document::of(
        &run.order,
        &outcome,
        field.as_ref(),
        &shapes,
        &document::Origin { firm, date, demonstration, run: run.id() },
    );
    let press = apart(report::Press::installed).await?.map_err(unprinted)?;
    apart(move || press.print(&document)).await?.map_err(unprinted)
}

fn heating(outcome: &Outcome) -> Option<String> {
    let Outcome::Package(package) = outcome else { return None };
    let impedance = package.impedance.done()?;
    let mut text = String::from("time_s,zth_k_per_w\n");
    impedance.curve.iter().for_each(|(t, z)| text += &format!("{t:.6e},{z:.6e}\n"));
    text += "\nresistance_k_per_w,capacitance_j_per_k\n";
    impedance.structure.iter().for_each(|(r, c)| text += &format!("{r:.6e},{c:.6e}\n"));
    Some(text)
}

fn temperature_grid(field: &Field) -> simulation::Result<Vec<u8>> {
    let axis = |d: usize| Axis::new(field.planes[d].iter().map(|place| place * 1e-3).collect());
    let grid = Grid { x: axis(0)?, y: axis(1)?, z: axis(2)? };
    let celsius = |cell: usize| field.celsius.get(cell).copied().flatten().map_or(f64::NAN, f64::from);
    let material = |cell: usize| field.materials.get(cell).copied().map_or(0.0, f64::from);
    let data = [
        vtk::CellData { name: "temperature_C", values: &celsius },
        vtk::CellData { name: "material", values: &material },
    ];
    let mut bytes = Vec::new();
    vtk::write(&mut bytes, "temperature.vtr", &grid, &data, &[])?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_leave_its_folder() {
        assert_eq!(named("../a/b\\c", "输入.toml"), "..-a-b-c-输入.toml");
    }
}
