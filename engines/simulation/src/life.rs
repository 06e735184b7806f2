//! Life of solder joints and power modules by published models. They disagree by factors: show the spread.

use serde::Serialize;

/// Boltzmann's constant, J/K.
const BOLTZMANN: f64 = 1.380_649e-23;

/// An estimate with its model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LifeEstimate {
    /// Model and its source.
    pub model: &'static str,
    /// Cycles to half of failures (or as the model defines it).
    pub cycles: f64,
}

/// Engelmaier's model of solder fatigue (IEEE Trans. CHMT 6, 1983), ε_f′ = 0.325. Shear strain range, mean cycle
/// temperature in °C, dwell at each end in minutes.
pub fn engelmaier(strain_range: f64, mean_c: f64, dwell_minutes: f64) -> f64 {
    let exponent = -0.442 - 6e-4 * mean_c + 1.74e-2 * (1.0 + 360.0 / dwell_minutes).ln();
    0.5 * (strain_range / (2.0 * 0.325)).powf(1.0 / exponent)
}

/// One thermal cycle: ends in kelvin and cycles a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cycle {
    /// Cold end, kelvin.
    pub low: f64,
    /// Hot end, kelvin.
    pub high: f64,
    /// Cycles per day.
    pub per_day: f64,
}

/// Constants of the Norris–Landzberg acceleration (name, exponent of ΔT, exponent of frequency, activation kelvin).
pub const NORRIS_LANDZBERG: [(&str, f64, f64, f64); 3] = [
    ("SnPb (Norris and Landzberg 1969)", 1.9, 1.0 / 3.0, 1414.0),
    ("SAC (Pan and others 2005)", 2.65, 0.136, 2185.0),
    ("SAC305 (Lall and others 2012)", 2.3, 0.3, 4562.0),
];

/// By how much a test cycle is harder than a use cycle, for each set of constants.
pub fn norris_landzberg(test: Cycle, operation: Cycle) -> [(&'static str, f64); 3] {
    NORRIS_LANDZBERG.map(|(name, n, m, activation)| {
        let swing = (test.high - test.low) / (operation.high - operation.low);
        let frequency = operation.per_day / test.per_day;
        (name, swing.powf(n) * frequency.powf(m) * (activation * (1.0 / operation.high - 1.0 / test.high)).exp())
    })
}

/// Syed's model for SAC from the creep energy density of a cycle, MPa (ECTC 2004).
pub fn syed(energy_mpa: f64) -> f64 {
    1.0 / (0.0019 * energy_mpa)
}

/// Darveaux's model (ECTC 2000): cycles to start a crack and to run it through a joint of a diameter (metres), from the
/// energy density of a cycle in MPa.
pub fn darveaux(energy_mpa: f64, diameter: f64) -> f64 {
    let psi = energy_mpa * 145.037_738;
    let start = 71_000.0 * psi.powf(-1.62);
    let growth_inch = 2.76e-7 * psi.powf(1.05);
    start + diameter / 25.4e-3 / growth_inch
}

/// CIPS08 (Bayerer and others 2008) for modules: junction swing K, lowest junction °C, heating time s, current per wire
/// A, voltage class in hundreds of volts, wire diameter µm.
pub fn cips08(swing: f64, lowest_c: f64, on_seconds: f64, current: f64, voltage: f64, wire_um: f64) -> f64 {
    2.03e14
        * swing.powf(-4.416)
        * (1285.0 / (lowest_c + 273.15)).exp()
        * on_seconds.powf(-0.463)
        * current.powf(-0.716)
        * voltage.powf(-0.761)
        * wire_um.powf(-0.5)
}

/// LESIT (Held and others 1997) for modules: junction swing K and mean junction °C.
pub fn lesit(swing: f64, mean_c: f64) -> f64 {
    3.025e5 * swing.powf(-5.039) * (9.891e-20 / (BOLTZMANN * (mean_c + 273.15))).exp()
}

/// Flow stress that SAC305 reaches at a strain rate (1/s) and temperature (K), MPa: Anand's model with the constants of
/// Motalab and others (ITherm 2012).
pub fn anand_saturation(rate: f64, kelvin: f64) -> f64 {
    let drive = rate / 3501.0 * (9320.0 / kelvin).exp();
    30.2 / 4.0 * drive.powf(0.01) * drive.powf(0.25).asinh()
}

/// All solder models for a strain range: the energy of a cycle is taken as flow stress times strain range, √3 between
/// shear and equivalent cancelling; the flow stress is Anand's at the mean temperature and the rate of the ramp.
pub fn solder_estimates(strain_range: f64, cycle: Cycle, dwell_seconds: f64, diameter: f64) -> Vec<LifeEstimate> {
    let mean = 0.5 * (cycle.low + cycle.high);
    let ramp = (43_200.0 / cycle.per_day - dwell_seconds).max(60.0);
    let flow = anand_saturation(strain_range / 3f64.sqrt() / ramp, mean);
    let energy = flow / 3f64.sqrt() * strain_range;
    vec![
        LifeEstimate {
            model: "Engelmaier 1983 (SnPb)",
            cycles: engelmaier(strain_range, mean - 273.15, dwell_seconds / 60.0),
        },
        LifeEstimate { model: "Syed 2004 (SAC)", cycles: syed(energy) },
        LifeEstimate { model: "Darveaux 2000 (SnPb)", cycles: darveaux(energy, diameter) },
    ]
}

/// Largest over smallest estimate.
pub fn spread(estimates: &[LifeEstimate]) -> f64 {
    let ends = estimates.iter().fold((f64::INFINITY, 0.0f64), |(low, high), e| (low.min(e.cycles), high.max(e.cycles)));
    ends.1 / ends.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(ours: f64, theirs: f64) {
        assert!((ours / theirs - 1.0).abs() < 1e-3, "{ours} against {theirs}");
    }

    #[test]
    fn reference_values() {
        near(engelmaier(0.01, 42.5, 15.0), 12_726.0);
        let test = Cycle { low: 233.15, high: 398.15, per_day: 24.0 };
        let operation = Cycle { low: 293.15, high: 333.15, per_day: 1.0 };
        let factors = norris_landzberg(test, operation);
        near(factors[0].1, 10.24);
        near(factors[1].1, 80.94);
        near(factors[2].1, 93.82);
        near(cips08(80.0, 40.0, 1.0, 10.0, 12.0, 300.0), 81_235.0);
        near(lesit(80.0, 85.0), 37_860.0);
        near(anand_saturation(1e-3, 298.15), 42.09);
        near(syed(0.1), 1.0 / 1.9e-4);
    }

    #[test]
    fn more_strain_is_never_longer_life() {
        let cycle = Cycle { low: 233.15, high: 398.15, per_day: 24.0 };
        let lives = |strain| solder_estimates(strain, cycle, 900.0, 0.4e-3);
        for (mild, harsh) in lives(0.005).iter().zip(lives(0.02)) {
            assert!(mild.cycles > harsh.cycles, "{}", mild.model);
        }
    }
}
