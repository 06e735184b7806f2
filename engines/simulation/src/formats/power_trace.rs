//! Power of a die over time as CSV: `time_s,power_W`; each power holds until the next time, and the last line ends it.

use crate::error::{Result, SimulationError};
use crate::reason::Reason;

/// Reads a trace as (seconds, W).
///
/// # Errors
/// Names the line that is no pair of numbers, goes back in time or has a negative power.
pub fn read(file: &str, text: &str) -> Result<Vec<(f64, f64)>> {
    let mut trace: Vec<(f64, f64)> = Vec::new();
    let mut headed = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim().trim_start_matches('\u{feff}');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let fields: Vec<&str> = line.split([',', ';', '\t']).map(str::trim).collect();
        if !headed {
            let names: Vec<String> = fields.iter().map(|f| f.to_lowercase()).collect();
            if names != ["time_s", "power_w"] {
                return Err(SimulationError::text(
                    file,
                    number + 1,
                    Reason::Columns { names: "time_s,power_W".into() },
                ));
            }
            headed = true;
            continue;
        }
        let numbers: Vec<f64> = fields.iter().filter_map(|f| f.parse().ok()).filter(|v: &f64| v.is_finite()).collect();
        let [time, power] = numbers[..] else {
            return Err(SimulationError::text(file, number + 1, Reason::NoTimeAndPower));
        };
        if trace.last().is_some_and(|last| time <= last.0) {
            return Err(SimulationError::text(file, number + 1, Reason::TimeGoesBack));
        }
        if power < 0.0 {
            return Err(SimulationError::text(file, number + 1, Reason::NotPositive { text: power.to_string() }));
        }
        trace.push((time, power));
    }
    match mean(&trace) {
        Some(mean) if mean > 0.0 => Ok(trace),
        _ => Err(SimulationError::text(file, 1, Reason::TraceWithoutPower)),
    }
}

/// Mean power over the trace, W.
pub fn mean(trace: &[(f64, f64)]) -> Option<f64> {
    let (first, last) = (trace.first()?, trace.last()?);
    let energy: f64 = trace.windows(2).map(|pair| pair[0].1 * (pair[1].0 - pair[0].0)).sum();
    (last.0 > first.0).then(|| energy / (last.0 - first.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_hold_until_the_next_time() {
        let trace = read("t.csv", "time_s,power_W\n0,2\n1,0\n4,0\n").unwrap();
        assert_eq!(trace.len(), 3);
        assert_eq!(mean(&trace), Some(0.5));
    }

    #[test]
    fn refusals_name_file_and_line() {
        for (text, expected) in [
            ("0,1\n1,0\n", "line 1"),
            ("time_s,power_W\n0,1\n0,2\n", "line 3: the time must be later"),
            ("time_s,power_W\n0,-1\n", "line 2: `-1` is not a number of zero or more"),
            ("time_s,power_W\n0,1\n1\n", "line 3: needs a time"),
            ("time_s,power_W\n0,1\n", "two times"),
            ("", "two times"),
        ] {
            let said = read("t.csv", text).unwrap_err().to_string();
            assert!(said.contains("t.csv") && said.contains(expected), "{text}: {said}");
        }
    }
}
