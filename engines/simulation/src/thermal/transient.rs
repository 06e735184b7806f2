//! Temperatures over time.

use super::body::{Link, ThermalBody};
use super::conjugate::{Tolerance, Workspace, solve};
use super::multigrid::Multigrid;
use super::steady::reference_temperature;
use crate::error::{Result, SimulationError};

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

    /// Solves (C/h + K)·δ = P − K·T and adds δ; the last δ is the first guess.
    fn implicit_increment(&mut self, length: f64) -> Result<()> {
        self.prepare(length);
        let Some((length, multigrid)) = &mut self.operator else { return Ok(()) };
        multigrid.stencil().apply_with_dot(&self.rise, &mut self.right);
        for (((r, p), c), t) in self.right.iter_mut().zip(&self.power).zip(&self.capacities).zip(&self.rise) {
            *r = p + f64::from(*c / *length as f32) * t - *r;
        }
        // Scale for the tolerance: the power and the heat exchanged, not the remaining change, which ends at zero.
        let mut scale = crate::thermal::stencil::dot(&self.power, &self.power);
        for link in &self.links {
            let ambient = self.ambient[usize::from(link.surface)] - self.reference;
            let heat = f64::from(link.conductance) * ambient;
            self.right[link.cell as usize] += heat;
            scale += heat * heat;
        }
        let done = solve(multigrid, &self.right, &mut self.increment, &mut self.work, self.tolerance, scale.sqrt())?;
        self.iterations += done.iterations;
        self.rise.iter_mut().zip(&self.increment).for_each(|(t, d)| *t += d);
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
        for (sink, capacity) in stencil.sink.iter_mut().zip(&self.capacities) {
            *sink += capacity / length as f32;
        }
        self.operator = Some((length, Multigrid::new(&self.body.grid, stencil)));
    }
}
