//! Parts that pass and should not ship: PAT, Z-PAT, good die in bad neighbourhood, nearest neighbour residual, clusters
//!
//! PAT follows AEC-Q001: robust mean = median, robust sigma = (Q3 − Q1) / 1.35, limits = median ± 6 robust sigma.

use std::collections::{HashMap, HashSet, VecDeque};

use serde::Serialize;

use crate::kernels::{QuantileMethod, quantile, sorted};

/// Limits from the data themselves
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PatLimits {
    /// Median
    pub median: f64,
    /// (Q3 − Q1) / 1.35
    pub sigma: f64,
    /// median − k sigma, never below the test's low limit
    pub low: f64,
    /// median + k sigma, never above the test's high limit
    pub high: f64,
    /// Values used
    pub count: usize,
    /// How quartiles were placed
    pub quartiles: QuantileMethod,
}

/// Limits around the robust mean; `None` with fewer than `least` values or without variation
///
/// Static PAT computes them once from a reference of several lots; dynamic PAT from the passing parts of each lot or
/// wafer.
pub fn pat_limits(
    values: &[f64],
    k: f64,
    least: usize,
    test_limits: (Option<f64>, Option<f64>),
    quartiles: QuantileMethod,
) -> Option<PatLimits> {
    if values.len() < least.max(2) {
        return None;
    }
    let sorted = sorted(values);
    let median = quantile(&sorted, 0.5, QuantileMethod::Inclusive)?;
    let sigma = (quantile(&sorted, 0.75, quartiles)? - quantile(&sorted, 0.25, quartiles)?) / 1.35;
    if sigma <= 0.0 {
        return None;
    }
    let low = (median - k * sigma).max(test_limits.0.unwrap_or(f64::NEG_INFINITY));
    let high = (median + k * sigma).min(test_limits.1.unwrap_or(f64::INFINITY));
    Some(PatLimits { median, sigma, low, high, count: values.len(), quartiles })
}

impl PatLimits {
    /// Whether a value lies outside
    pub fn rejects(&self, value: f64) -> bool {
        value < self.low || value > self.high
    }
}

/// Coordinates of a die
pub type At = (i16, i16);

const NEIGHBOURS: [(i16, i16); 8] = [(-1, -1), (0, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (0, 1), (1, 1)];

/// What stands for neighbours beyond the wafer's edge or not tested
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub enum Edge {
    /// They do not count: the share is of the tested neighbours
    #[default]
    Ignore,
    /// They count as failing
    CountAsFail,
}

/// Good dies whose failing share among the eight neighbours reaches `threshold` (0 to 1)
///
/// `diagonal` is the weight of the four diagonal neighbours relative to the four direct ones.
pub fn good_die_bad_neighbourhood(
    dies: &HashMap<At, bool>,
    threshold: f64,
    diagonal: f64,
    edge: Edge,
) -> Vec<(At, f64)> {
    let mut found: Vec<(At, f64)> = dies
        .iter()
        .filter(|(_, passed)| **passed)
        .filter_map(|(&(x, y), _)| {
            let (mut failing, mut all) = (0.0, 0.0);
            for (dx, dy) in NEIGHBOURS {
                let weight = if dx != 0 && dy != 0 { diagonal } else { 1.0 };
                let neighbour = x.checked_add(dx).zip(y.checked_add(dy)).and_then(|at| dies.get(&at).copied());
                match (neighbour, edge) {
                    (Some(passed), _) => {
                        all += weight;
                        failing += if passed { 0.0 } else { weight };
                    }
                    (None, Edge::CountAsFail) => {
                        all += weight;
                        failing += weight;
                    }
                    (None, Edge::Ignore) => {}
                }
            }
            let share = if all > 0.0 { failing / all } else { 0.0 };
            (all > 0.0 && share >= threshold).then_some(((x, y), share))
        })
        .collect();
    found.sort_by_key(|(at, _)| *at);
    found
}

/// Dies whose value departs from the median of its neighbours within `radius` by more than `k` robust sigma of all such
/// residuals
pub fn nearest_neighbour_residual(values: &HashMap<At, f64>, radius: i16, k: f64) -> Vec<(At, f64)> {
    let mut residuals: Vec<(At, f64)> = values
        .iter()
        .filter_map(|(&(x, y), &value)| {
            let mut around = Vec::new();
            for dy in -radius..=radius {
                for dx in -radius..=radius {
                    if (dx, dy) != (0, 0)
                        && let Some(at) = x.checked_add(dx).zip(y.checked_add(dy))
                        && let Some(&neighbour) = values.get(&at)
                    {
                        around.push(neighbour);
                    }
                }
            }
            let center = quantile(&sorted(&around), 0.5, QuantileMethod::Inclusive)?;
            Some(((x, y), value - center))
        })
        .collect();
    residuals.sort_by_key(|(at, _)| *at);
    let only: Vec<f64> = residuals.iter().map(|(_, residual)| *residual).collect();
    let Some(limits) = pat_limits(&only, k, 8, (None, None), QuantileMethod::Inclusive) else { return Vec::new() };
    residuals.retain(|(_, residual)| limits.rejects(*residual));
    residuals
}

/// Positions whose dies fail on at least `threshold` (0 to 1) of the lot's wafers; the good dies there are suspect
pub fn same_position(wafers: &[HashMap<At, bool>], threshold: f64) -> Vec<(At, f64)> {
    let mut counts: HashMap<At, (usize, usize)> = HashMap::new();
    for (at, passed) in wafers.iter().flatten() {
        let count = counts.entry(*at).or_default();
        count.0 += usize::from(!passed);
        count.1 += 1;
    }
    let mut found: Vec<(At, f64)> = counts
        .into_iter()
        .map(|(at, (failed, all))| (at, failed as f64 / all as f64))
        .filter(|(_, share)| *share >= threshold)
        .collect();
    found.sort_by_key(|(at, _)| *at);
    found
}

/// Failing dies that touch each other, with the good dies in a ring around them
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cluster {
    /// Failing dies, connected along edges and corners
    pub fails: Vec<At>,
    /// Good dies within the ring
    pub guard: Vec<At>,
}

/// Connected failing dies of at least `least`, with a guard ring of `ring` dies
pub fn clusters(dies: &HashMap<At, bool>, least: usize, ring: i16) -> Vec<Cluster> {
    let mut seen: HashSet<At> = HashSet::new();
    let mut starts: Vec<At> = dies.iter().filter(|(_, passed)| !**passed).map(|(at, _)| *at).collect();
    starts.sort_unstable();
    let mut clusters = Vec::new();
    for start in starts {
        if !seen.insert(start) {
            continue;
        }
        let mut fails = Vec::new();
        let mut queue = VecDeque::from([start]);
        while let Some((x, y)) = queue.pop_front() {
            fails.push((x, y));
            for (dx, dy) in NEIGHBOURS {
                if let Some(at) = x.checked_add(dx).zip(y.checked_add(dy))
                    && dies.get(&at) == Some(&false)
                    && seen.insert(at)
                {
                    queue.push_back(at);
                }
            }
        }
        if fails.len() < least {
            continue;
        }
        fails.sort_unstable();
        let mut guard: Vec<At> = fails
            .iter()
            .flat_map(|&(x, y)| {
                (-ring..=ring)
                    .flat_map(move |dy| (-ring..=ring).filter_map(move |dx| x.checked_add(dx).zip(y.checked_add(dy))))
            })
            .filter(|at| dies.get(at) == Some(&true))
            .collect();
        guard.sort_unstable();
        guard.dedup();
        clusters.push(Cluster { fails, guard });
    }
    clusters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wafer(rows: &[&str]) -> HashMap<At, bool> {
        (0i16..)
            .zip(rows)
            .flat_map(|(y, row)| (0i16..).zip(row.chars()).map(move |(x, die)| ((x, y), die == '.')))
            .collect()
    }

    #[test]
    fn pat_by_hand() {
        let mut values: Vec<f64> = (1..=9).map(f64::from).collect();
        values.push(100.0);
        // Median 5.5; quartiles (type 7) 3.25 and 7.75; sigma 4.5 / 1.35
        let limits = pat_limits(&values, 6.0, 2, (None, Some(20.0)), QuantileMethod::Inclusive).unwrap();
        assert!((limits.sigma - 4.5 / 1.35).abs() < 1e-12);
        assert!((limits.low - (5.5 - 20.0)).abs() < 1e-12);
        assert_eq!(limits.high, 20.0);
        assert!(limits.rejects(100.0) && !limits.rejects(9.0));
    }

    #[test]
    fn a_good_die_among_bad_ones_is_found_and_the_edge_counts_as_said() {
        let dies = wafer(&["XXX", "X.X", "XXX"]);
        assert_eq!(good_die_bad_neighbourhood(&dies, 1.0, 1.0, Edge::Ignore), [((1, 1), 1.0)]);
        let corner = wafer(&[".X", "X."]);
        assert!(good_die_bad_neighbourhood(&corner, 0.8, 1.0, Edge::Ignore).is_empty());
        assert_eq!(good_die_bad_neighbourhood(&corner, 0.8, 1.0, Edge::CountAsFail).len(), 2);
        let share = good_die_bad_neighbourhood(&corner, 0.5, 0.5, Edge::Ignore)[0].1;
        assert!((share - 2.0 / 2.5).abs() < 1e-12);
    }

    #[test]
    fn clusters_touch_at_corners_and_get_a_ring() {
        let dies = wafer(&["X...", ".X..", "....", "...X"]);
        let found = clusters(&dies, 2, 1);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].fails, [(0, 0), (1, 1)]);
        assert_eq!(found[0].guard.len(), 7);
    }

    #[test]
    fn a_local_step_is_a_residual() {
        let mut values: HashMap<At, f64> = (0..10)
            .flat_map(|y| (0..10).map(move |x| ((x, y), f64::from(x) + 0.01 * f64::from((x * 7 + y * 13) % 10))))
            .collect();
        values.insert((5, 5), 20.0);
        let found = nearest_neighbour_residual(&values, 1, 20.0);
        assert_eq!(found.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [(5, 5)]);
    }

    #[test]
    fn same_place_on_every_wafer() {
        let lot = [wafer(&["X."]), wafer(&["X."]), wafer(&[".."])];
        assert_eq!(same_position(&lot, 0.6).len(), 1);
    }
}
