//! Process control: SYL and SBL, Western Electric and Nelson rules, yield models

use serde::Serialize;

use crate::kernels::{Summary, summary};

/// Statistical yield and bin limits (AEC-Q002) from the yields or bin shares of past lots
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct StatisticalLimits {
    /// Past lots
    pub history: Summary,
    /// SYL1: mean − 3σ of yield; SBL1: mean + 3σ of a bin's share
    pub first: f64,
    /// SYL2: mean − 4σ; SBL2: mean + 4σ
    pub second: f64,
}

/// SYL1 and SYL2; `None` with fewer than two lots
pub fn yield_limits(yields: &[f64]) -> Option<StatisticalLimits> {
    let history = summary(yields).filter(|summary| summary.count > 1)?;
    let limit = |k: f64| history.mean - k * history.deviation;
    Some(StatisticalLimits { history, first: limit(3.0), second: limit(4.0) })
}

/// SBL1 and SBL2; `None` with fewer than two lots
pub fn bin_limits(shares: &[f64]) -> Option<StatisticalLimits> {
    let history = summary(shares).filter(|summary| summary.count > 1)?;
    let limit = |k: f64| history.mean + k * history.deviation;
    Some(StatisticalLimits { history, first: limit(3.0), second: limit(4.0) })
}

/// A set of control chart rules
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "command-line", derive(clap::ValueEnum))]
pub enum Rules {
    /// Western Electric's rules 1 to 4
    WesternElectric,
    /// Nelson's rules 1 to 8
    Nelson,
}

/// A rule that a point breaks, together with those before it
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Signal {
    /// Index of the point that completes the pattern
    pub index: usize,
    /// Number of the rule in its set
    pub rule: u8,
}

/// Individuals chart: centre line, sigma from moving ranges, and signals
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chart {
    /// Mean
    pub center: f64,
    /// Mean moving range of two / 1.128
    pub sigma: f64,
    /// Points that break a rule
    pub signals: Vec<Signal>,
    /// How it was computed
    pub method: &'static str,
}

/// Individuals chart of values in time order; `None` with fewer than two values
pub fn individuals(values: &[f64], rules: Rules) -> Option<Chart> {
    let center = summary(values)?.mean;
    let ranges: Vec<f64> = values.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    let sigma = summary(&ranges)?.mean / 1.128;
    Some(Chart {
        center,
        sigma,
        signals: signals(values, center, sigma, rules),
        method: "individuals chart: sigma = mean moving range of two / 1.128",
    })
}

/// The points that break a rule, for a given centre line and sigma
pub fn signals(values: &[f64], center: f64, sigma: f64, rules: Rules) -> Vec<Signal> {
    if sigma <= 0.0 {
        return Vec::new();
    }
    let z: Vec<f64> = values.iter().map(|value| (value - center) / sigma).collect();
    let mut signals = Vec::new();
    for index in 0..z.len() {
        let last = |count: usize| (index + 1 >= count).then(|| &z[index + 1 - count..=index]);
        // At least `least` of the last `count` beyond `k` on one side, the newest among them
        let beyond = |count: usize, least: usize, k: f64| {
            last(count).is_some_and(|window| {
                [1.0, -1.0].into_iter().any(|side| {
                    side * z[index] > k && window.iter().filter(|value| side * **value > k).count() >= least
                })
            })
        };
        let same_side = |count: usize| beyond(count, count, 0.0);
        let steps = |count: usize| {
            last(count).map(|window| window.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>())
        };
        let trend =
            steps(6).is_some_and(|steps| steps.iter().all(|step| *step > 0.0) || steps.iter().all(|step| *step < 0.0));
        let alternating = steps(14).is_some_and(|steps| steps.windows(2).all(|pair| pair[0] * pair[1] < 0.0));
        let broken: Vec<(u8, bool)> = match rules {
            Rules::WesternElectric => {
                vec![(1, z[index].abs() > 3.0), (2, beyond(3, 2, 2.0)), (3, beyond(5, 4, 1.0)), (4, same_side(8))]
            }
            Rules::Nelson => vec![
                (1, z[index].abs() > 3.0),
                (2, same_side(9)),
                (3, trend),
                (4, alternating),
                (5, beyond(3, 2, 2.0)),
                (6, beyond(5, 4, 1.0)),
                (7, last(15).is_some_and(|window| window.iter().all(|value| value.abs() < 1.0))),
                (8, last(8).is_some_and(|window| window.iter().all(|value| value.abs() > 1.0))),
            ],
        };
        signals.extend(broken.into_iter().filter(|(_, broken)| *broken).map(|(rule, _)| Signal { index, rule }));
    }
    signals
}

/// Yield as a function of defects per die (AD)
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub enum YieldModel {
    /// e^−AD
    Poisson,
    /// ((1 − e^−AD) / AD)²
    Murphy,
    /// 1 / (1 + AD)
    Seeds,
    /// (1 + AD/α)^−α
    NegativeBinomial {
        /// Clustering
        alpha: f64,
    },
}

impl YieldModel {
    /// Yield, 0 to 1, for `defects` per die
    pub fn at(self, defects: f64) -> f64 {
        match self {
            YieldModel::Poisson => (-defects).exp(),
            YieldModel::Murphy if defects == 0.0 => 1.0,
            YieldModel::Murphy => (-(-defects).exp_m1() / defects).powi(2),
            YieldModel::Seeds => 1.0 / (1.0 + defects),
            YieldModel::NegativeBinomial { alpha } => (1.0 + defects / alpha).powf(-alpha),
        }
    }

    /// Defect density that fits best (least squares of yield) pairs of die area and yield; `None` without pairs
    ///
    /// By golden-section search over 0 to 50 defects on the largest die; the residual is unimodal there in practice.
    pub fn fit(self, dies: &[(f64, f64)]) -> Option<f64> {
        let largest = dies.iter().map(|(area, _)| *area).fold(0.0, f64::max);
        if largest <= 0.0 {
            return None;
        }
        let residual =
            |density: f64| dies.iter().map(|(area, yield_)| (self.at(area * density) - yield_).powi(2)).sum::<f64>();
        let ratio = (5.0_f64.sqrt() - 1.0) / 2.0;
        let (mut low, mut high) = (0.0, 50.0 / largest);
        for _ in 0..200 {
            let (a, b) = (high - ratio * (high - low), low + ratio * (high - low));
            if residual(a) < residual(b) { high = b } else { low = a }
        }
        Some((low + high) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yield_models_at_one_defect() {
        let expected = [
            (YieldModel::Poisson, 0.36788),
            (YieldModel::Murphy, 0.39958),
            (YieldModel::Seeds, 0.5),
            (YieldModel::NegativeBinomial { alpha: 2.0 }, 0.44444),
        ];
        for (model, value) in expected {
            assert!((model.at(1.0) - value).abs() < 5e-6, "{model:?}");
            let dies: Vec<(f64, f64)> = [0.5, 1.0, 2.0].iter().map(|area| (*area, model.at(area * 0.7))).collect();
            assert!((model.fit(&dies).unwrap() - 0.7).abs() < 1e-6, "{model:?}");
        }
    }

    #[test]
    fn each_rule_fires_on_its_pattern_and_only_when_complete() {
        let fires = |values: &[f64], rules, rule| {
            signals(values, 0.0, 1.0, rules)
                .iter()
                .any(|signal| signal.rule == rule && signal.index == values.len() - 1)
        };
        let cases: [(Rules, u8, Vec<f64>); 11] = [
            (Rules::WesternElectric, 1, vec![3.1]),
            (Rules::WesternElectric, 2, vec![2.1, 0.0, 2.1]),
            (Rules::WesternElectric, 3, vec![1.1, 1.1, -0.5, 1.1, 1.1]),
            (Rules::WesternElectric, 4, vec![0.5; 8]),
            (Rules::Nelson, 2, vec![0.5; 9]),
            (Rules::Nelson, 3, vec![-0.9, -0.5, -0.1, 0.2, 0.5, 0.9]),
            (Rules::Nelson, 4, (0..14).map(|i| if i % 2 == 0 { 0.5 } else { -0.5 }).collect()),
            (Rules::Nelson, 5, vec![-2.1, 0.0, -2.1]),
            (Rules::Nelson, 6, vec![-1.1, -1.1, 0.5, -1.1, -1.1]),
            (Rules::Nelson, 7, (0..15).map(|i| if i % 3 == 0 { 0.5 } else { -0.2 }).collect()),
            (Rules::Nelson, 8, (0..8).map(|i| if i % 2 == 0 { 1.5 } else { -1.5 }).collect()),
        ];
        for (rules, rule, values) in cases {
            assert!(fires(&values, rules, rule), "{rules:?} {rule}");
            assert!(!fires(&values[1..], rules, rule), "{rules:?} {rule} too early");
        }
    }

    #[test]
    fn statistical_limits() {
        let limits = yield_limits(&[90.0, 92.0, 94.0]).unwrap();
        assert_eq!((limits.first, limits.second), (86.0, 84.0));
        let limits = bin_limits(&[1.0, 2.0, 3.0]).unwrap();
        assert_eq!((limits.first, limits.second), (5.0, 6.0));
    }
}
