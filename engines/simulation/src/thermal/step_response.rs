//! What a step of power does over time, from a reduced model instead of from time steps.
//!
//! The temperature rise obeys C·dT/dt = b − K·T. A few dozen solutions of (K + s·C)·v = b, for s from slow to fast, span a
//! space in which the whole response lies very nearly; projected onto it the system is a small symmetric one, whose modes
//! decay as exp(−λt). Projection of a symmetric positive system stays stable, and s = 0 makes the steady end exact. (Rational
//! Krylov subspaces: Ruhe 1984; for thermal networks Codecasa and others 2003.)

use super::body::ThermalBody;
use super::conjugate::{Scale, Tolerance, Workspace, solve};
use super::multigrid::Multigrid;
use super::stencil::{Stencil, dot};
use crate::error::{Result, SimulationError};

/// Shifts tried for every decade of time.
const SHIFTS_PER_DECADE: f64 = 3.0;

/// Residual of the reduced model at a shift, relative to the power, below which the shift brings nothing new.
const KNOWN: f64 = 3e-5;

/// Temperature rises of chosen cells after the power of a body is switched on, from a state at the temperature of the
/// surroundings.
#[derive(Debug, Clone, PartialEq)]
pub struct StepResponse {
    /// Decay rates of the modes, 1/s.
    rates: Vec<f64>,
    /// Final rise in every mode, K, for every cell watched.
    rises: Vec<Vec<f64>>,
}

/// A symmetric system on the space spanned so far; the basis is orthonormal in C.
#[derive(Default)]
struct Reduced {
    basis: Vec<Vec<f64>>,
    stiffness: Vec<Vec<f64>>,
    load: Vec<f64>,
}

impl StepResponse {
    /// Builds the reduced model for times from `first` to `last` (seconds). Conductivities, films and radiation are those at
    /// `kelvin`, the temperatures of all cells: with a steady field the response ends there. `progress` hears a share from 0
    /// to 1 and stops the work by answering false.
    ///
    /// # Errors
    /// A body that makes no sense, heat without a way out, a solution that does not converge, or cancelled.
    pub fn new(
        body: &ThermalBody,
        kelvin: &[f64],
        watched: &[usize],
        (first, last): (f64, f64),
        progress: &mut dyn FnMut(f64) -> bool,
    ) -> Result<Self> {
        body.check()?;
        if !(first > 0.0 && last > first && last.is_finite()) {
            return Err(SimulationError::field("times", "must be positive and rising"));
        }
        if kelvin.len() != body.grid.len() {
            return Err(SimulationError::field("kelvin", "there must be one temperature for every cell"));
        }
        let reference = super::steady::reference_temperature(body);
        let mut links = body.links(Some(kelvin), reference);
        body.update_links(&mut links, Some(kelvin));
        let mut still = body.conductances(Some(kelvin), reference);
        for link in &links {
            still.sink[link.cell as usize] += link.conductance;
        }
        body.check_ways_out(&still)?;
        let capacities: Vec<f64> = body.capacities().iter().map(|c| f64::from(*c)).collect();
        let mut reduced = Reduced::default();
        let shifts = shifts(first, last);
        for (n, shift) in shifts.iter().enumerate() {
            if !progress(n as f64 / shifts.len() as f64) {
                return Err(SimulationError::Cancelled);
            }
            reduced.learn(body, &still, &capacities, *shift)?;
        }
        Ok(reduced.response(watched))
    }

    /// Rise of every watched cell after `time` seconds, K.
    pub fn at(&self, time: f64) -> Vec<f64> {
        let grown: Vec<f64> = self.rates.iter().map(|rate| -(-rate * time).exp_m1()).collect();
        self.rises.iter().map(|rises| dot(rises, &grown)).collect()
    }
}

/// Zero, then from coarse to fine between the slowest and the fastest rate of interest, so that most of the late ones are
/// found to bring nothing new.
fn shifts(first: f64, last: f64) -> Vec<f64> {
    let (slow, fast) = (0.3 / last, 3.0 / first);
    let count = ((fast / slow).log10() * SHIFTS_PER_DECADE).ceil().max(2.0);
    let mut stride = 1usize << (count.log2().floor() as u32);
    let mut order: Vec<usize> = vec![];
    while stride > 0 {
        order.extend((0..=count as usize).step_by(stride).filter(|n| stride == 1 || n % stride == 0));
        stride /= 2;
    }
    let mut seen = std::collections::BTreeSet::new();
    let fresh = order.into_iter().filter(|n| seen.insert(*n));
    std::iter::once(0.0).chain(fresh.map(|n| slow * (fast / slow).powf(n as f64 / count))).collect()
}

impl Reduced {
    /// Adds the solution at a shift, unless the space knows it already.
    fn learn(&mut self, body: &ThermalBody, still: &Stencil, capacities: &[f64], shift: f64) -> Result<()> {
        let mut stencil = still.clone();
        for (sink, capacity) in stencil.sink.iter_mut().zip(capacities) {
            *sink += (shift * capacity) as f32;
        }
        let mut guess = vec![0.0; body.power.len()];
        if !self.basis.is_empty() {
            for (amount, vector) in self.solve(shift).iter().zip(&self.basis) {
                guess.iter_mut().zip(vector).for_each(|(g, v)| *g += amount * v);
            }
            let mut image = vec![0.0; guess.len()];
            stencil.apply_with_dot(&guess, &mut image);
            image.iter_mut().zip(&body.power).for_each(|(image, power)| *image -= power);
            if dot(&image, &image) <= KNOWN * KNOWN * dot(&body.power, &body.power) {
                return Ok(());
            }
        }
        let mut multigrid = Multigrid::new(&body.grid, stencil);
        let tolerance = Tolerance { relative: 1e-7, iterations: 300 };
        solve(&mut multigrid, &body.power, &mut guess, &mut Workspace::default(), tolerance, Scale::Right)?;
        self.add(guess, still, capacities, &body.power);
        Ok(())
    }

    fn add(&mut self, mut vector: Vec<f64>, still: &Stencil, capacities: &[f64], power: &[f64]) {
        let weighted = |v: &[f64]| -> Vec<f64> { v.iter().zip(capacities).map(|(v, c)| v * c).collect() };
        let before = dot(&vector, &weighted(&vector)).sqrt();
        // Twice, because neighbouring shifts have nearly the same solution.
        for _ in 0..2 {
            let heavy = weighted(&vector);
            let amounts: Vec<f64> = self.basis.iter().map(|other| dot(other, &heavy)).collect();
            for (amount, other) in amounts.iter().zip(&self.basis) {
                vector.iter_mut().zip(other).for_each(|(v, o)| *v -= amount * o);
            }
        }
        let norm = dot(&vector, &weighted(&vector)).sqrt();
        if norm <= 1e-12 * before {
            return;
        }
        vector.iter_mut().for_each(|v| *v /= norm);
        let mut image = vec![0.0; vector.len()];
        let own = still.apply_with_dot(&vector, &mut image);
        let mut row: Vec<f64> = self.basis.iter().map(|other| dot(other, &image)).collect();
        row.push(own);
        for (known, value) in self.stiffness.iter_mut().zip(&row) {
            known.push(*value);
        }
        self.load.push(dot(&vector, power));
        self.stiffness.push(row);
        self.basis.push(vector);
    }

    /// Solves (K + shift)·y = load by Cholesky's factors.
    fn solve(&self, shift: f64) -> Vec<f64> {
        crate::small_matrix::solve_positive(&self.stiffness, shift, &self.load)
    }

    /// Modes of the reduced system, and what each brings to the watched cells.
    fn response(&self, watched: &[usize]) -> StepResponse {
        let (rates, modes) = crate::small_matrix::modes(&self.stiffness);
        let amounts: Vec<f64> = modes.iter().zip(&rates).map(|(mode, rate)| dot(mode, &self.load) / rate).collect();
        let rises = watched.iter().map(|cell| {
            let here: Vec<f64> = self.basis.iter().map(|vector| vector[*cell]).collect();
            modes.iter().zip(&amounts).map(|(mode, amount)| amount * dot(mode, &here)).collect()
        });
        StepResponse { rises: rises.collect(), rates }
    }
}
