//! How long a power device lasts when its load goes on and off: the junction's swing and what published models say.

use std::fmt;

use serde::Serialize;

use crate::error::Result;
use crate::life::{LifeEstimate, cips08, lesit, spread};
use crate::mesh::MeshSettings;
use crate::metrics::{CELSIUS, Study};
use crate::package::{PowerCycling, Setup};

/// The swing of the hottest junction and the cycles that models expect of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PowerCyclingLife {
    /// By how much the hottest junction warms while the load is on, K.
    pub swing_k: f64,
    /// Coldest junction temperature, °C: that of coolant or air, reached while the load is off.
    pub lowest_c: f64,
    /// Middle of the swing, °C.
    pub mean_c: f64,
    /// Cycles by model.
    pub estimates: Vec<LifeEstimate>,
    /// Largest over smallest estimate.
    pub spread: f64,
    /// What lies outside the range that a model was fitted to: its estimate is an extrapolation.
    pub beyond: Vec<Beyond>,
}

/// What a model of power cycling depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stress {
    /// By how much the junction warms, K.
    Swing,
    /// Coldest junction, °C.
    Lowest,
    /// Time on, s.
    TimeOn,
    /// Current in each wire, A.
    Current,
    /// Voltage class, V.
    Voltage,
    /// Diameter of the wires, µm.
    Wire,
}

impl Stress {
    /// Its unit.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Swing => "K",
            Self::Lowest => "°C",
            Self::TimeOn => "s",
            Self::Current => "A",
            Self::Voltage => "V",
            Self::Wire => "µm",
        }
    }
}

impl fmt::Display for Stress {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Swing => "junction swing",
            Self::Lowest => "lowest junction temperature",
            Self::TimeOn => "time on",
            Self::Current => "current per wire",
            Self::Voltage => "voltage class",
            Self::Wire => "wire diameter",
        })
    }
}

/// A figure outside the range that a model was fitted to. In reports of the engine it is told in English.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beyond {
    /// The model's short name.
    pub model: &'static str,
    /// What is outside.
    pub stress: Stress,
    /// How much it is, in its unit.
    pub value: f64,
    /// Lowest and highest of the tests.
    pub range: (f64, f64),
}

impl fmt::Display for Beyond {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { model, stress, value, range: (low, high) } = self;
        let unit = stress.unit();
        write!(f, "{model}: {stress} {value:.1} {unit}, fitted from {low} to {high} {unit}")
    }
}

impl Serialize for Beyond {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Ranges of the tests behind CIPS08 (Bayerer and others 2008, table of parameter limits).
const CIPS08_RANGES: [(Stress, (f64, f64)); 6] = [
    (Stress::Swing, (45.0, 150.0)),
    (Stress::Lowest, (20.0, 120.0)),
    (Stress::TimeOn, (1.0, 15.0)),
    (Stress::Current, (3.0, 23.0)),
    (Stress::Voltage, (600.0, 3300.0)),
    (Stress::Wire, (75.0, 500.0)),
];

/// Range of swings behind LESIT (Held and others 1997), K.
const LESIT_SWING: (f64, f64) = (30.0, 80.0);

impl Study {
    /// Life under the power cycles that the input describes; nothing if it describes none. Each cycle is long enough off to
    /// cool down.
    ///
    /// # Errors
    /// Those of a thermal run.
    pub fn power_cycling(
        &self,
        settings: &MeshSettings,
        progress: &mut dyn FnMut(f64, &str) -> bool,
    ) -> Result<Option<PowerCyclingLife>> {
        let Some(load) = &self.input.power_cycling else { return Ok(None) };
        let (response, _) = self.step_response(Setup::AsGiven, settings, (1e-4, load.on.si().max(1e-3)), progress)?;
        let swing = response.at(load.on.si()).into_iter().fold(0.0, f64::max);
        let environment = &self.input.environment;
        let cooled = environment.bottom.as_ref().or(environment.top.as_ref());
        let lowest_c = cooled.map_or(environment.ambient, |c| c.temperature).si() - CELSIUS;
        Ok(Some(life(load, swing, lowest_c)))
    }
}

fn life(load: &PowerCycling, swing: f64, lowest_c: f64) -> PowerCyclingLife {
    let (on, current) = (load.on.si(), load.current_per_wire.si());
    let (volts, wire) = (load.voltage_class.si(), load.wire.si() * 1e6);
    let mean_c = lowest_c + 0.5 * swing;
    let estimates = vec![
        LifeEstimate {
            model: "CIPS08 (Bayerer 2008)",
            cycles: cips08(swing, lowest_c, on, current, volts / 100.0, wire),
        },
        LifeEstimate { model: "LESIT (Held 1997)", cycles: lesit(swing, mean_c) },
    ];
    let values = [swing, lowest_c, on, current, volts, wire];
    let bayerer = CIPS08_RANGES.iter().zip(values).map(|((stress, range), value)| ("CIPS08", *stress, value, *range));
    let held = ("LESIT", Stress::Swing, swing, LESIT_SWING);
    let all = bayerer.chain([held]).map(|(model, stress, value, range)| Beyond { model, stress, value, range });
    let beyond = all.filter(|b| b.value < b.range.0 || b.value > b.range.1).collect();
    PowerCyclingLife { swing_k: swing, lowest_c, mean_c, spread: spread(&estimates), estimates, beyond }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Quantity;

    #[test]
    fn the_reference_point_and_what_lies_beyond() {
        let load = PowerCycling {
            on: Quantity::from_si(1.0),
            current_per_wire: Quantity::from_si(10.0),
            voltage_class: Quantity::from_si(1200.0),
            wire: Quantity::from_si(300e-6),
        };
        let usual = life(&load, 80.0, 40.0);
        assert!((usual.estimates[0].cycles / 81_235.0 - 1.0).abs() < 1e-3, "{usual:?}");
        assert!(usual.beyond.is_empty() && usual.spread > 1.0, "{usual:?}");
        let mild = life(&load, 20.0, 40.0);
        assert_eq!(mild.beyond.len(), 2, "{mild:?}");
        assert!(mild.estimates.iter().zip(&usual.estimates).all(|(mild, usual)| mild.cycles > usual.cycles));
    }
}
