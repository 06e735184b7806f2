//! Temperatures under powers that change: traces of a floorplan, of a stack or of the dies of a package.

use serde::Serialize;

use crate::error::{Result, SimulationError};
use crate::mesh::{MeshSettings, mesh};
use crate::metrics::{CELSIUS, Study, cells_of};
use crate::package::{Setup, set_up};
use crate::reason::Reason;
use crate::thermal::{ThermalBody, TimeMethod, Tolerance, Transient, steady};

/// A stretch of time with constant powers.
#[derive(Debug, Clone, PartialEq)]
pub struct Interval {
    /// How long, seconds.
    pub seconds: f64,
    /// Equal time steps to take in it.
    pub steps: usize,
    /// Heat of every cell, W.
    pub power: Vec<f64>,
}

/// Temperatures at one time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Moment {
    /// Seconds since the start.
    pub seconds: f64,
    /// Highest temperature of every group of cells watched, kelvin.
    pub highest_k: Vec<f64>,
}

/// Follows a body through intervals from given temperatures (kelvin); one moment for every time step, the start included.
/// `progress` hears the share of the intervals that is done and stops the work by answering false.
///
/// # Errors
/// A body or an interval that makes no sense, a step that does not converge, or cancelled.
pub fn follow(
    body: &ThermalBody,
    start: Vec<f64>,
    intervals: &[Interval],
    watched: &[Vec<usize>],
    progress: &mut dyn FnMut(f64) -> bool,
) -> Result<Vec<Moment>> {
    let mut run = Transient::new(body, start, Tolerance { relative: 1e-6, iterations: 300 })?;
    let highest = |run: &Transient, cells: &Vec<usize>| {
        cells.iter().map(|c| run.temperature(*c)).fold(f64::NEG_INFINITY, f64::max)
    };
    let moment = |run: &Transient| Moment {
        seconds: run.time(),
        highest_k: watched.iter().map(|cells| highest(run, cells)).collect(),
    };
    let mut moments = vec![moment(&run)];
    for (number, interval) in intervals.iter().enumerate() {
        if !(interval.seconds > 0.0 && interval.steps > 0 && interval.power.len() == body.grid.len()) {
            let reason = "an interval needs a length, at least one step and a power for every cell";
            return Err(SimulationError::field(format!("intervals[{number}]"), reason));
        }
        for _ in 0..interval.steps {
            let step = interval.seconds / interval.steps as f64;
            run.advance(step, TimeMethod::BackwardEuler, |_, drive| drive.power.copy_from_slice(&interval.power))?;
            moments.push(moment(&run));
        }
        if !progress((number + 1) as f64 / intervals.len() as f64) {
            return Err(SimulationError::Cancelled);
        }
    }
    Ok(moments)
}

/// Time steps in each stretch of a package's power traces.
const STEPS: usize = 8;

impl Study {
    /// The highest temperature of every die over time (names, then moments), with the dies' power traces, from the state at
    /// ambient. Dies without a trace have their power all the time.
    ///
    /// # Errors
    /// If no die has a trace, or as for a thermal run.
    pub fn over_time(
        &self,
        settings: &MeshSettings,
        progress: &mut dyn FnMut(f64, &str) -> bool,
    ) -> Result<(Vec<String>, Vec<Moment>)> {
        let mut times: Vec<f64> = self.package.dies.iter().flat_map(|d| d.trace.iter().map(|p| p.0)).collect();
        times.sort_by(f64::total_cmp);
        times.dedup();
        if times.len() < 2 {
            return Err(SimulationError::field("package.dies.power_trace", Reason::NoTrace));
        }
        let scene = set_up(&self.package, &self.input, &self.library, Setup::AsGiven)?;
        let grid = mesh(&scene, settings)?;
        let body = scene.thermal_body(&grid)?;
        let intervals = times.windows(2).map(|pair| {
            let mut now = scene.clone();
            for die in self.package.dies.iter().filter(|d| !d.trace.is_empty()) {
                let before = die.trace.partition_point(|p| p.0 <= pair[0]);
                let watts = before.checked_sub(1).map_or(0.0, |n| die.trace[n].1);
                let own = now.sources.iter_mut().filter(|s| s.name == die.name);
                own.for_each(|s| s.power *= watts / die.power);
            }
            let power = now.thermal_body(&grid)?.power;
            Ok(Interval { seconds: pair[1] - pair[0], steps: STEPS, power })
        });
        let intervals: Vec<Interval> = intervals.collect::<Result<_>>()?;
        // Films depend on the temperature: those of the steady state under the mean power are close throughout.
        let mut settled = steady(&body, Tolerance { relative: 1e-6, iterations: 400 })?.temperature;
        let ambient = self.input.environment.ambient.si();
        let cells: Vec<Vec<usize>> =
            self.package.dies.iter().map(|d| cells_of(&body.grid, &body.cells, &d.active)).collect();
        let frozen = body.frozen(&settled);
        settled.fill(ambient);
        let moments = follow(&frozen, settled, &intervals, &cells, &mut |share| progress(share, "time steps"))?;
        Ok((self.package.dies.iter().map(|d| d.name.clone()).collect(), moments))
    }
}

/// Moments as CSV: `time_s`, then a column in °C for every name.
pub fn csv(names: &[String], moments: &[Moment]) -> String {
    let mut text = String::from("time_s");
    names.iter().for_each(|name| text += &format!(",{} (C)", name.replace([',', '\n'], " ")));
    for moment in moments {
        text += &format!("\n{:.6e}", moment.seconds);
        moment.highest_k.iter().for_each(|k| text += &format!(",{:.4}", k - CELSIUS));
    }
    text.push('\n');
    text
}
