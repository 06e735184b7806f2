//! Runs as long work of a firm.

use office::workbench::{Assignment, Ended, Worker};
use simulation::SimulationError;

use crate::order::{Order, complaint};
use crate::outcome::Outcome;
use crate::{kept, run};

/// Kind of the work.
pub const KIND: &str = "simulation";

/// Carries out orders and leaves their results in their folders.
#[derive(Clone, Copy, Debug, Default)]
pub struct Simulator;

impl Worker for Simulator {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn work(&self, assignment: &Assignment) -> Result<String, Ended> {
        let order: Order = serde_json::from_str(&assignment.input)
            .map_err(|error| Ended::Failed(format!("这项仿真的输入读不懂（{error}），请从表单重新提交。")))?;
        let found = run::run(&order, &mut |done, total, what| assignment.progress(done, total, what).is_ok());
        let found = found.map_err(|error| match error {
            SimulationError::Cancelled => Ended::Cancelled,
            other => Ended::Failed(complaint(order.family, &other).message),
        })?;
        kept::keep(&assignment.folder, &found).map_err(|error| {
            Ended::Failed(format!("结果无法写入磁盘（{error}）。请联系系统管理员检查磁盘空间，然后重新提交。"))
        })?;
        Ok(summary(&found.outcome))
    }
}

/// The outcome in a few words, for lists.
fn summary(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Conductors(conductors) => format!("{} 个导体", conductors.len()),
        Outcome::Package(package) => {
            let junction = format!("结温 {:.1} °C", package.thermal.junction_c);
            let theta = package.thermal.resistance("θJA").map(|theta| format!("θJA {theta:.1} K/W"));
            let points =
                package.warpage.done().map(|warpage| warpage.points.iter().map(|point| point.warpage_um.abs()));
            let warpage = points.map(|points| format!("最大翘曲 {:.0} µm", points.fold(0.0, f64::max)));
            [Some(junction), theta, warpage].into_iter().flatten().collect::<Vec<_>>().join("，")
        }
    }
}
