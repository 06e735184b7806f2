//! Temperatures over time.

use super::body::{Link, ThermalBody};
use rayon::prelude::*;

use super::conjugate::{CHUNK, Scale, Tolerance, Workspace, solve};
use super::multigrid::Multigrid;
use super::steady::reference_temperature;
use super::stencil::dot;
use crate::error::{Result, SimulationError};
use crate::vectors::widest_vectors;

/// How a time step is taken. Both damp fast modes instead of letting them ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeMethod {
    /// First order; what 3D-ICE does.
    BackwardEuler,
    /// Second order, two stages with the same operator (SDIRK, γ = 1 − 1/√2; Alexander 1977).
    TwoStage,
}

/// What may change while time runs.
#[derive(Debug)]
pub struct Drive<'a> {
    /// Heat given to every cell, W.
    pub power: &'a mut [f64],
    /// Temperature of the surroundings of every surface, kelvin.
    pub ambient: &'a mut [f64],
}

/// A body on its way through time. Properties are taken at the starting temperature.
#[derive(Debug)]
pub struct Transient<'a> {
    body: &'a ThermalBody,
    links: Vec<Link>,
    capacities: Vec<f32>,
    /// The operator of the present step length, and that length in seconds.
    operator: Option<(f64, Multigrid)>,
    work: Workspace,
    power: Vec<f64>,
    ambient: Vec<f64>,
    reference: f64,
    rise: Vec<f64>,
    increment: Vec<f64>,
    right: Vec<f64>,
    tolerance: Tolerance,
    time: f64,
    iterations: usize,
}

impl<'a> Transient<'a> {
    /// Starts from temperatures of all cells, kelvin.
    pub fn new(body: &'a ThermalBody, start: Vec<f64>, tolerance: Tolerance) -> Result<Self> {
        body.check()?;
        if start.len() != body.grid.len() {
            return Err(SimulationError::field("start", "there must be one temperature for every cell"));
        }
        let reference = reference_temperature(body);
        let mut links = body.links(Some(&start), reference);
        body.update_links(&mut links, Some(&start));
        let rise = start.iter().zip(&body.cells).map(|(t, m)| if *m == 0 { 0.0 } else { t - reference }).collect();
        let n = body.grid.len();
        Ok(Self {
            links,
            capacities: body.capacities(),
            operator: None,
            work: Workspace::default(),
            power: body.power.clone(),
            ambient: body.surfaces.iter().map(|s| s.ambient).collect(),
            reference,
            rise,
            increment: vec![0.0; n],
            right: vec![0.0; n],
            tolerance,
            time: 0.0,
            iterations: 0,
            body,
        })
    }

    /// Starts with all cells at one temperature, kelvin.
    pub fn uniform(body: &'a ThermalBody, kelvin: f64, tolerance: Tolerance) -> Result<Self> {
        Self::new(body, vec![kelvin; body.grid.len()], tolerance)
    }

    /// Seconds since the start.
    pub fn time(&self) -> f64 {
        self.time
    }

    /// Linear iterations so far.
    pub fn iterations(&self) -> usize {
        self.iterations
    }

    /// Temperature of a cell, kelvin.
    pub fn temperature(&self, cell: usize) -> f64 {
        self.reference + self.rise[cell]
    }

    /// Temperatures of all cells, kelvin.
    pub fn temperatures(&self) -> Vec<f64> {
        self.rise.iter().map(|t| t + self.reference).collect()
    }

    /// Goes on by `step` seconds. `drive` is called with the time of each stage and may change power and surroundings.
    pub fn advance(&mut self, step: f64, method: TimeMethod, mut drive: impl FnMut(f64, Drive)) -> Result<()> {
        match method {
            TimeMethod::BackwardEuler => {
                drive(self.time + step, Drive { power: &mut self.power, ambient: &mut self.ambient });
                self.implicit_increment(step)?;
            }
            TimeMethod::TwoStage => {
                let gamma = 1.0 - std::f64::consts::FRAC_1_SQRT_2;
                drive(self.time + gamma * step, Drive { power: &mut self.power, ambient: &mut self.ambient });
                self.implicit_increment(gamma * step)?;
                // The first stage leaves T₀ + δ₁; the second starts from T₀ + (1 − γ)/γ·δ₁.
                let beyond = (1.0 - gamma) / gamma - 1.0;
                self.rise.iter_mut().zip(&self.increment).for_each(|(t, d)| *t += beyond * d);
                drive(self.time + step, Drive { power: &mut self.power, ambient: &mut self.ambient });
                self.implicit_increment(gamma * step)?;
            }
        }
        self.time += step;
        Ok(())
    }

    /// Solves (C/h + K)·T = P + C/h·T₀; the first guess goes on by the last change.
    fn implicit_increment(&mut self, length: f64) -> Result<()> {
        self.prepare(length);
        let Some((length, multigrid)) = &mut self.operator else { return Ok(()) };
        let rate = 1.0 / *length as f32;
        let chunks = self.right.par_chunks_mut(CHUNK).zip(self.power.par_chunks(CHUNK));
        let chunks = chunks.zip(self.capacities.par_chunks(CHUNK)).zip(self.rise.par_chunks_mut(CHUNK));
        let chunks = chunks.zip(self.increment.par_chunks_mut(CHUNK));
        // Scale for the tolerance: heat given, exchanged and being stored; not all that is stored, which may be much more.
        let squares: Vec<f64> = chunks.map(|((((r, p), c), t), d)| store_and_guess(r, p, c, t, d, rate)).collect();
        let mut scale: f64 = squares.iter().sum();
        for link in &self.links {
            let ambient = self.ambient[usize::from(link.surface)] - self.reference;
            let heat = f64::from(link.conductance) * ambient;
            self.right[link.cell as usize] += heat;
            scale += heat * heat;
        }
        let scale = Scale::Of(scale.sqrt());
        let done = solve(multigrid, &self.right, &mut self.rise, &mut self.work, self.tolerance, scale)?;
        self.iterations += done.iterations;
        let changes = self.increment.par_chunks_mut(CHUNK).zip(self.rise.par_chunks(CHUNK));
        changes.for_each(|(d, t)| d.iter_mut().zip(t).for_each(|(d, t)| *d = t - *d));
        Ok(())
    }

    /// Builds the operator for a step length, unless it is the one at hand.
    fn prepare(&mut self, length: f64) {
        if self.operator.as_ref().is_some_and(|(old, _)| (old / length - 1.0).abs() < 1e-9) {
            return;
        }
        if let Some((old, _)) = self.operator.take() {
            self.increment.iter_mut().for_each(|d| *d *= (length / old).min(1.0));
        }
        let kelvin = self.temperatures();
        let mut stencil = self.body.conductances(Some(&kelvin), self.reference);
        for link in &self.links {
            stencil.sink[link.cell as usize] += link.conductance;
        }
        let rate = 1.0 / length as f32;
        for (sink, capacity) in stencil.sink.iter_mut().zip(&self.capacities) {
            *sink += rate * capacity;
        }
        self.operator = Some((length, Multigrid::new(&self.body.grid, stencil)));
    }
}

widest_vectors! {
    /// `right = P + rate·C·T`; then T goes on by the last change, and the place of the change keeps the old T. Returns the
    /// squares of the power and of the heat stored at the last change's rate.
    fn store_and_guess(
        right: &mut [f64],
        power: &[f64],
        capacity: &[f32],
        rise: &mut [f64],
        change: &mut [f64],
        rate: f32,
    ) -> f64 {
        let n = right.len();
        let mut stored = [0.0; 8];
        let (power, capacity, rise, change) = (&power[..n], &capacity[..n], &mut rise[..n], &mut change[..n]);
        for i in 0..n {
            let old = rise[i];
            let capacity = f64::from(rate * capacity[i]);
            right[i] = power[i] + capacity * old;
            rise[i] = old + change[i];
            stored[i % 8] += (capacity * change[i]) * (capacity * change[i]);
            change[i] = old;
        }
        dot(power, power) + stored.iter().sum::<f64>()
    }
}
