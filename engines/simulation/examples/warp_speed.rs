//! Measures one warpage solution of a quarter of a moulded ball grid array:
//! `cargo run --release --example warp_speed -- [cells across the die]`.
use std::time::Instant;

use simulation::Result;
use simulation::mesh::MeshSettings;
use simulation::metrics::Study;
use simulation::package::Input;
use simulation::quantity::Temperature;

fn main() -> Result<()> {
    let across: f64 = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(40.0);
    let mut input = Input::parse(include_str!("../templates/bga.toml"))?;
    input.reflow.temperatures = vec![Temperature::from_si(298.15)];
    let mut study = Study::new(input, &|name| Err(simulation::SimulationError::field(name, "is not read")))?;
    study.package.balls.clear();
    let settings = MeshSettings { focus_cells: across, largest_share: 0.03, ..study.warpage_mesh() };
    let start = Instant::now();
    let (report, warped) = study.warpage(&settings, &mut |_, _| true)?;
    println!(
        "{} unknowns, {:?} cells, {} iterations, {:.3} s, warpage {:.3} µm",
        report.unknowns,
        warped.body.grid.shape(),
        warped.states[0].convergence.iterations,
        start.elapsed().as_secs_f64(),
        report.points[0].warpage_um
    );
    Ok(())
}
