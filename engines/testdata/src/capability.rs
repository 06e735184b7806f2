//! Cp, Cpk and Pp, Ppk, each with its own sigma
//!
//! Cp and Cpk take the variation within rational groups (here: a wafer, or a run of parts without wafers), pooled;
//! Pp and Ppk take the overall sample deviation. A report never names one when it computed the other.

use serde::Serialize;

use crate::kernels::{Summary, summary};

/// Capability of one test
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Capability {
    /// All values
    pub overall: Summary,
    /// Pooled deviation within groups: sqrt(Σ(nᵢ−1)sᵢ² / Σ(nᵢ−1)); `None` with fewer than two groups of two values
    pub within: Option<f64>,
    /// Groups of at least two values
    pub groups: usize,
    /// (high − low) / 6 within
    pub cp: Option<f64>,
    /// Least distance of the mean from a limit / 3 within
    pub cpk: Option<f64>,
    /// (high − low) / 6 overall
    pub pp: Option<f64>,
    /// Least distance of the mean from a limit / 3 overall
    pub ppk: Option<f64>,
    /// How it was computed
    pub method: &'static str,
}

/// From grouped values; `None` when there is no value
pub fn capability(groups: &[Vec<f64>], low: Option<f64>, high: Option<f64>) -> Option<Capability> {
    let all: Vec<f64> = groups.iter().flatten().copied().collect();
    let overall = summary(&all)?;
    let (mut squares, mut freedom, mut counted) = (0.0, 0.0, 0);
    for group in groups.iter().filter(|group| group.len() > 1).filter_map(|group| summary(group)) {
        squares += group.deviation * group.deviation * (group.count - 1) as f64;
        freedom += (group.count - 1) as f64;
        counted += 1;
    }
    let within = (counted > 1).then(|| (squares / freedom).sqrt());
    let spread = |sigma: f64| low.zip(high).filter(|_| sigma > 0.0).map(|(low, high)| (high - low) / (6.0 * sigma));
    let nearest = |sigma: f64| {
        let to_low = low.map(|low| overall.mean - low);
        let to_high = high.map(|high| high - overall.mean);
        let least = match (to_low, to_high) {
            (Some(low), Some(high)) => Some(low.min(high)),
            (one, other) => one.or(other),
        };
        least.filter(|_| sigma > 0.0).map(|least| least / (3.0 * sigma))
    };
    Some(Capability {
        overall,
        within,
        groups: counted,
        cp: within.and_then(spread),
        cpk: within.and_then(nearest),
        pp: spread(overall.deviation),
        ppk: nearest(overall.deviation),
        method: "Cp, Cpk: deviation pooled within groups (wafers); Pp, Ppk: overall sample deviation (n − 1)",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn within_and_overall_are_told_apart() {
        // Two groups of deviation 1 whose means are 10 apart
        let groups = [vec![-1.0, 0.0, 1.0], vec![9.0, 10.0, 11.0]];
        let result = capability(&groups, Some(-1.0), Some(11.0)).unwrap();
        assert_eq!((result.within, result.cp, result.cpk), (Some(1.0), Some(2.0), Some(2.0)));
        let overall = (154.0_f64 / 5.0).sqrt();
        assert!((result.pp.unwrap() - 2.0 / overall).abs() < 1e-12);
        let one = capability(&groups[..1], Some(-3.0), None).unwrap();
        assert_eq!((one.cp, one.cpk, one.pp, one.ppk), (None, None, None, Some(1.0)));
    }
}
