//! Steady temperatures, with the iteration over k(T), radiation and natural convection.

use super::body::{Link, ThermalBody};
use super::conjugate::{Convergence, Scale, Tolerance, Workspace, solve};
use super::multigrid::Multigrid;
use crate::error::{Computation, Result, SimulationError};

/// A steady temperature field and what vouches for it.
#[derive(Debug, Clone, PartialEq)]
pub struct SteadyField {
    /// Temperature of every cell, kelvin; that of the first surface's surroundings in voids.
    pub temperature: Vec<f64>,
    /// Linear iterations of the last pass and the residual reached.
    pub convergence: Convergence,
    /// Passes over temperature-dependent properties (one if nothing depends on temperature).
    pub passes: usize,
    /// Heat leaving through every surface, W.
    pub surface_heat: Vec<f64>,
    /// Mean temperature of every surface, kelvin.
    pub surface_temperature: Vec<f64>,
    /// Heat in minus heat out over the heat in.
    pub energy_error: f64,
}

/// Passes after which the iteration over temperature-dependent properties is given up.
const MOST_PASSES: usize = 60;

/// Largest change of any temperature between two passes that counts as settled, kelvin.
const SETTLED: f64 = 1e-3;

/// While temperatures still move by more than this between passes (kelvin), a linear residual of 1e-4 is enough.
const MOVING: f64 = 0.05;

/// Solves for the steady temperature.
///
/// # Errors
/// [`SimulationError::Field`] for a body that makes no sense, [`SimulationError::NoHeatSink`] where heat has no way out,
/// [`SimulationError::NotConverged`] if the tolerance is not met.
pub fn steady(body: &ThermalBody, tolerance: Tolerance) -> Result<SteadyField> {
    steady_from(body, tolerance, None)
}

/// As [`steady`], starting from an earlier field of the same grid.
pub fn steady_from(body: &ThermalBody, tolerance: Tolerance, start: Option<&[f64]>) -> Result<SteadyField> {
    body.check()?;
    let reference = reference_temperature(body);
    let mut work = Workspace::default();
    let mut kelvin: Option<Vec<f64>> = start.map(<[f64]>::to_vec);
    let mut links = body.links(kelvin.as_deref(), reference);
    let mut moving = body.is_nonlinear();
    for pass in 1..=MOST_PASSES {
        if pass > 1 {
            refresh_half_cells(body, &mut links, kelvin.as_deref(), reference);
        }
        body.update_links(&mut links, kelvin.as_deref());
        let mut stencil = body.conductances(kelvin.as_deref(), reference);
        let mut right = body.power.clone();
        add_links(body, &links, reference, &mut stencil.sink, &mut right);
        if pass == 1 {
            body.check_ways_out(&stencil)?;
        }
        let mut multigrid = Multigrid::new(&body.grid, stencil);
        let mut rise = match &kelvin {
            Some(kelvin) => {
                kelvin.iter().zip(&body.cells).map(|(t, m)| if *m == 0 { 0.0 } else { t - reference }).collect()
            }
            None => vec![0.0; right.len()],
        };
        let loose = Tolerance { relative: tolerance.relative.max(1e-4), ..tolerance };
        let asked = if moving { loose } else { tolerance };
        let convergence = solve(&mut multigrid, &right, &mut rise, &mut work, asked, Scale::Right)?;
        // Coarse corrections reach into voids too: what they leave there is no temperature.
        rise.iter_mut().zip(&body.cells).for_each(|(t, m)| *t = if *m == 0 { reference } else { *t + reference });
        let change = kelvin.as_ref().map(|old| largest_difference(old, &rise, &body.cells));
        if !body.is_nonlinear() || (!moving && change.is_some_and(|change| change < SETTLED)) {
            return Ok(report(body, &links, rise, convergence, pass));
        }
        moving = moving && change.is_none_or(|change| change > MOVING);
        kelvin = Some(rise);
    }
    Err(SimulationError::NotConverged {
        what: Computation::Properties,
        residual: f64::NAN,
        tolerance: SETTLED,
        iterations: MOST_PASSES,
    })
}

/// Half cells follow k(T); the film part of the links stays for the surface temperatures of the next evaluation.
fn refresh_half_cells(body: &ThermalBody, links: &mut [Link], kelvin: Option<&[f64]>, reference: f64) {
    for (link, fresh) in links.iter_mut().zip(body.links(kelvin, reference)) {
        link.half = fresh.half;
    }
}

/// Temperatures are counted from here, so that nothing is lost to a common offset.
pub(super) fn reference_temperature(body: &ThermalBody) -> f64 {
    body.surfaces.first().map_or(293.15, |surface| surface.ambient)
}

/// Adds the ways out to the operator and the surroundings to the right-hand side.
pub(super) fn add_links(body: &ThermalBody, links: &[Link], reference: f64, sink: &mut [f32], right: &mut [f64]) {
    for link in links {
        let cell = link.cell as usize;
        sink[cell] += link.conductance;
        let ambient = body.surfaces[usize::from(link.surface)].ambient;
        right[cell] += f64::from(link.conductance) * (ambient - reference);
    }
}

fn largest_difference(old: &[f64], new: &[f64], cells: &[u16]) -> f64 {
    let solid = old.iter().zip(new).zip(cells).filter(|(_, m)| **m != 0);
    solid.map(|((a, b), _)| (a - b).abs()).fold(0.0, f64::max)
}

fn report(
    body: &ThermalBody,
    links: &[Link],
    temperature: Vec<f64>,
    convergence: Convergence,
    passes: usize,
) -> SteadyField {
    let mut surface_heat = vec![0.0; body.surfaces.len()];
    let mut moved = 0.0;
    for link in links {
        let surface = usize::from(link.surface);
        let heat = f64::from(link.conductance) * (temperature[link.cell as usize] - body.surfaces[surface].ambient);
        surface_heat[surface] += heat;
        moved += heat.abs();
    }
    let given: f64 = body.power.iter().sum();
    let scale = body.power.iter().map(|p| p.abs()).sum::<f64>().max(moved);
    let out: f64 = surface_heat.iter().sum();
    let energy_error = if scale > 0.0 { (given - out) / scale } else { 0.0 };
    let surface_temperature = body.surface_means(links, &temperature);
    SteadyField { temperature, convergence, passes, surface_heat, surface_temperature, energy_error }
}
