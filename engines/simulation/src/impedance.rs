//! From a heating curve to time constants and to the structure function (Székely and Van Bien 1988; JESD51-14).

use serde::Serialize;

use crate::small_matrix::solve_positive;
use crate::thermal::stencil::dot;

/// One stage of a ladder from the junction to ambient: capacitance to ground, then resistance onwards.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Stage {
    /// J/K.
    pub capacitance: f64,
    /// K/W.
    pub resistance: f64,
}

/// Weight of the squares of the resistances beside the misfit, relative to the diagonal of the normal equations: enough to
/// spread a line over its neighbours on the grid, too little to be seen in the curve.
const SPREAD: f64 = 1e-9;

/// Time constants on a grid of `per_decade` a decade: (seconds, K/W) with Zth(t) = Σ R·(1 − exp(−t/τ)) and no R negative:
/// least squares over relative differences, exactly solved with an active set (Lawson and Hanson, Solving Least Squares
/// Problems, 1974, chapter 23), which takes at most `exchanges` exchanges.
pub fn time_constants(curve: &[(f64, f64)], per_decade: usize, exchanges: usize) -> Vec<(f64, f64)> {
    let (Some(first), Some(last)) = (curve.first(), curve.last()) else { return vec![] };
    if !(first.0 > 0.0 && last.0 > first.0 && last.1 > 0.0) {
        return vec![];
    }
    let count = ((last.0 / first.0).log10() * per_decade as f64).ceil() as usize + per_decade / 2;
    let tau: Vec<f64> =
        (0..count).map(|n| first.0 * 10f64.powf((n as f64 - 0.25 * per_decade as f64) / per_decade as f64)).collect();
    // Relative weights make the fast stages count as much as the slow ones.
    let weight = |z: f64| 1.0 / z.max(1e-3 * last.1);
    let response = |t: f64, tau: f64| -(-t / tau).exp_m1();
    let rows: Vec<Vec<f64>> =
        curve.iter().map(|(t, z)| tau.iter().map(|tau| weight(*z) * response(*t, *tau)).collect()).collect();
    let target: Vec<f64> = curve.iter().map(|(_, z)| weight(*z) * z.max(0.0)).collect();
    let mut normal: Vec<Vec<f64>> =
        (0..count).map(|a| (0..count).map(|b| rows.iter().map(|row| row[a] * row[b]).sum()).collect()).collect();
    let largest = (0..count).map(|n| normal[n][n]).fold(0.0, f64::max);
    (0..count).for_each(|n| normal[n][n] += SPREAD * largest);
    let right: Vec<f64> =
        (0..count).map(|n| rows.iter().zip(&target).map(|(row, target)| row[n] * target).sum()).collect();
    let resistance = non_negative(&normal, &right, exchanges);
    tau.into_iter().zip(resistance).filter(|(_, r)| *r > 1e-9 * last.1).collect()
}

/// The x ≥ 0 that makes ½xᵀNx − bᵀx least, for a positive N.
fn non_negative(normal: &[Vec<f64>], right: &[f64], exchanges: usize) -> Vec<f64> {
    let n = right.len();
    let (mut x, mut free) = (vec![0.0; n], vec![false; n]);
    let threshold = 1e-12 * right.iter().fold(0.0f64, |largest, b| largest.max(b.abs()));
    for _ in 0..exchanges {
        let pull = |i: usize| right[i] - dot(&normal[i], &x);
        let candidates = (0..n).filter(|i| !free[*i]).map(|i| (i, pull(i)));
        let Some((enters, pull)) = candidates.max_by(|a, b| a.1.total_cmp(&b.1)) else { break };
        if pull <= threshold {
            break;
        }
        free[enters] = true;
        loop {
            let set: Vec<usize> = (0..n).filter(|i| free[*i]).collect();
            let rows: Vec<Vec<f64>> = set.iter().map(|r| set.iter().map(|c| normal[*r][*c]).collect()).collect();
            let part: Vec<f64> = set.iter().map(|r| right[*r]).collect();
            let wanted = solve_positive(&rows, 0.0, &part);
            // As far towards the unconstrained answer as no resistance turns negative.
            let reach = set.iter().zip(&wanted).filter(|(_, w)| **w <= 0.0);
            let reach = reach.map(|(i, w)| x[*i] / (x[*i] - w)).fold(1.0, f64::min);
            for (i, w) in set.iter().zip(&wanted) {
                x[*i] += reach * (w - x[*i]);
                if *w <= 0.0 && x[*i] <= 1e-14 * x.iter().fold(0.0, |a: f64, b| a.max(*b)) {
                    (x[*i], free[*i]) = (0.0, false);
                }
            }
            if wanted.iter().all(|w| *w > 0.0) || set.is_empty() {
                break;
            }
        }
    }
    x
}

/// The ladder with the same impedance as parallel time constants. The impedance is bᵀ(s + Λ)⁻¹b with Λ = 1/τ and
/// b² = R/τ; Lanczos' process turns Λ into a tridiagonal matrix, which is the ladder scaled by its capacitances.
pub fn ladder(constants: &[(f64, f64)]) -> Vec<Stage> {
    let n = constants.len();
    let lambda: Vec<f64> = constants.iter().map(|(tau, _)| 1.0 / tau).collect();
    let start: Vec<f64> = constants.iter().map(|(tau, r)| (r / tau).sqrt()).collect();
    let square: f64 = start.iter().map(|v| v * v).sum();
    if n == 0 || square <= 0.0 {
        return vec![];
    }
    let mut basis: Vec<Vec<f64>> = vec![start.iter().map(|v| v / square.sqrt()).collect()];
    let (mut diagonal, mut off) = (Vec::new(), Vec::new());
    for step in 0..n {
        let image: Vec<f64> = basis[step].iter().zip(&lambda).map(|(q, l)| q * l).collect();
        diagonal.push(dot(&basis[step], &image));
        // Twice against all earlier vectors: time constants span many decades.
        let mut rest = image;
        for _ in 0..2 {
            for q in &basis {
                let amount = dot(q, &rest);
                rest.iter_mut().zip(q).for_each(|(r, q)| *r -= amount * q);
            }
        }
        let norm = dot(&rest, &rest).sqrt();
        if step + 1 == n || norm <= 1e-13 * diagonal[step] {
            break;
        }
        off.push(norm);
        basis.push(rest.iter().map(|v| v / norm).collect());
    }
    // d₁ = g₁/C₁, e₁² = g₁²/(C₁C₂), d₂ = (g₁ + g₂)/C₂ and so on; C₁ = 1/b².
    let mut stages = Vec::new();
    let (mut capacitance, mut before) = (1.0 / square, 0.0);
    for (step, d) in diagonal.iter().enumerate() {
        let conductance = d * capacitance - before;
        if !(conductance > 0.0 && capacitance > 0.0 && conductance.is_finite()) {
            break;
        }
        stages.push(Stage { capacitance, resistance: 1.0 / conductance });
        let Some(e) = off.get(step) else { break };
        capacitance = conductance * conductance / (e * e * capacitance);
        before = conductance;
    }
    stages
}

/// Cumulative structure function: (K/W from the junction, J/K passed).
pub fn structure_function(stages: &[Stage]) -> Vec<(f64, f64)> {
    let (mut resistance, mut capacitance) = (0.0, 0.0);
    stages
        .iter()
        .map(|stage| {
            capacitance += stage.capacitance;
            resistance += stage.resistance;
            (resistance, capacitance)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ladder_of_two_comes_back_from_its_time_constants() {
        let (c1, r1, c2, r2) = (0.01, 2.0, 0.5, 5.0);
        // Eigenvalues of C^-½ G C^-½ with G = [[g1, -g1], [-g1, g1 + g2]].
        let (g1, g2): (f64, f64) = (1.0 / r1, 1.0 / r2);
        let (a, d, e2) = (g1 / c1, (g1 + g2) / c2, g1 * g1 / (c1 * c2));
        let (mean, half) = (0.5 * (a + d), (0.25 * (a - d) * (a - d) + e2).sqrt());
        let constants: Vec<(f64, f64)> = [mean + half, mean - half]
            .iter()
            .map(|l| {
                let share = e2 / (e2 + (a - l) * (a - l));
                (1.0 / l, share / c1 / l)
            })
            .collect();
        let stages = ladder(&constants);
        assert_eq!(stages.len(), 2);
        for (stage, (c, r)) in stages.iter().zip([(c1, r1), (c2, r2)]) {
            assert!(
                (stage.capacitance / c - 1.0).abs() < 1e-9 && (stage.resistance / r - 1.0).abs() < 1e-9,
                "{stage:?}"
            );
        }
    }

    #[test]
    fn the_curve_comes_back_from_its_structure_function() {
        let known = [(1e-3, 0.5), (0.1, 2.0), (10.0, 20.0)];
        let z = |t: f64| known.iter().map(|(tau, r)| r * (1.0 - (-t / tau).exp())).sum::<f64>();
        let curve: Vec<(f64, f64)> =
            (0..=160).map(|n| 1e-5 * 10f64.powf(f64::from(n) / 20.0)).map(|t| (t, z(t))).collect();
        let constants = time_constants(&curve, 10, 2000);
        let total: f64 = constants.iter().map(|c| c.1).sum();
        assert!((total / 22.5 - 1.0).abs() < 0.01, "{total}");
        let back = |t: f64| constants.iter().map(|(tau, r)| r * (1.0 - (-t / tau).exp())).sum::<f64>();
        for (t, z) in curve.iter().skip(20) {
            assert!((back(*t) - z).abs() < 0.02 * z + 1e-3, "{t} s: {} against {z}", back(*t));
        }
        let function = structure_function(&ladder(&constants));
        let end = function[function.len() - 1].0;
        assert!(function.windows(2).all(|w| w[0].0 < w[1].0 && w[0].1 <= w[1].1));
        assert!((end / total - 1.0).abs() < 0.05, "{end}");
    }
}
