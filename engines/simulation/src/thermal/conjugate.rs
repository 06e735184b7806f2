//! Conjugate gradients in `f64` around the `f32` multigrid cycle.

use rayon::prelude::*;

use super::multigrid::Multigrid;
use super::stencil::{PARALLEL_FROM, dot};
use crate::error::{Result, SimulationError};

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// Residual relative to the right-hand side (Euclidean norms).
    pub relative: f64,
    /// Iterations after which the run is given up.
    pub iterations: usize,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self { relative: 1e-8, iterations: 300 }
    }
}

/// How a solution was reached.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize)]
pub struct Convergence {
    /// Iterations spent.
    pub iterations: usize,
    /// Residual relative to the right-hand side.
    pub residual: f64,
}

/// Vectors kept between solutions of one grid, so that time steps allocate nothing.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    residual: Vec<f64>,
    direction: Vec<f64>,
    image: Vec<f64>,
}

const CHUNK: usize = 8192;

/// Solves `A·x = right` from the given start. The residual is measured against the right-hand side, or against `scale`
/// where that is larger.
pub(crate) fn solve(
    multigrid: &mut Multigrid,
    right: &[f64],
    x: &mut [f64],
    work: &mut Workspace,
    tolerance: Tolerance,
    scale: f64,
) -> Result<Convergence> {
    let n = right.len();
    let norm = norm(right).max(scale);
    if norm == 0.0 {
        x.fill(0.0);
        return Ok(Convergence::default());
    }
    work.residual.resize(n, 0.0);
    work.direction.resize(n, 0.0);
    work.image.resize(n, 0.0);
    let Workspace { residual, direction, image } = work;
    multigrid.stencil().apply_with_dot(x, image);
    for ((r, b), ax) in residual.iter_mut().zip(right).zip(image.iter()) {
        *r = b - ax;
    }
    let mut relative = self::norm(residual) / norm;
    let mut before = 0.0;
    for iteration in 0..=tolerance.iterations {
        if relative <= tolerance.relative {
            return Ok(Convergence { iterations: iteration, residual: relative });
        }
        if !relative.is_finite() || iteration == tolerance.iterations {
            break;
        }
        for (to, from) in multigrid.right_mut().iter_mut().zip(residual.iter()) {
            *to = *from as f32;
        }
        let correction = multigrid.cycle();
        let now = dot_mixed(residual, correction);
        let beta = if iteration == 0 { 0.0 } else { now / before };
        before = now;
        update_direction(direction, correction, beta);
        let curvature = multigrid.stencil().apply_with_dot(direction, image);
        if curvature <= 0.0 || !curvature.is_finite() {
            break;
        }
        relative = step(x, residual, direction, image, now / curvature).sqrt() / norm;
    }
    Err(SimulationError::NotConverged {
        what: "the temperature",
        residual: relative,
        tolerance: tolerance.relative,
        iterations: tolerance.iterations,
    })
}

fn norm(v: &[f64]) -> f64 {
    v.chunks(CHUNK).map(|part| dot(part, part)).sum::<f64>().sqrt()
}

fn dot_mixed(a: &[f64], b: &[f32]) -> f64 {
    let part = |(a, b): (&[f64], &[f32])| {
        let mut sums = [0.0; 8];
        let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
        let tail: f64 = a8.remainder().iter().zip(b8.remainder()).map(|(x, y)| x * f64::from(*y)).sum();
        for (x, y) in a8.zip(b8) {
            for lane in 0..8 {
                sums[lane] += x[lane] * f64::from(y[lane]);
            }
        }
        sums.iter().sum::<f64>() + tail
    };
    if a.len() < PARALLEL_FROM {
        a.chunks(CHUNK).zip(b.chunks(CHUNK)).map(part).sum()
    } else {
        a.par_chunks(CHUNK).zip(b.par_chunks(CHUNK)).map(part).collect::<Vec<f64>>().iter().sum()
    }
}

/// `direction = correction + beta·direction`.
fn update_direction(direction: &mut [f64], correction: &[f32], beta: f64) {
    let part = |(p, z): (&mut [f64], &[f32])| {
        for (p, z) in p.iter_mut().zip(z) {
            *p = f64::from(*z) + beta * *p;
        }
    };
    if direction.len() < PARALLEL_FROM {
        part((direction, correction));
    } else {
        direction.par_chunks_mut(CHUNK).zip(correction.par_chunks(CHUNK)).for_each(part);
    }
}

/// A piece of x, residual, direction and image.
type Part<'a> = (((&'a mut [f64], &'a mut [f64]), &'a [f64]), &'a [f64]);

/// Moves along the direction; returns the new residual's square.
fn step(x: &mut [f64], residual: &mut [f64], direction: &[f64], image: &[f64], length: f64) -> f64 {
    let part = |(((x, r), p), q): Part| {
        for (x, p) in x.iter_mut().zip(p) {
            *x += length * p;
        }
        for (r, q) in r.iter_mut().zip(q) {
            *r -= length * q;
        }
        dot(r, r)
    };
    if x.len() < PARALLEL_FROM {
        x.chunks_mut(CHUNK)
            .zip(residual.chunks_mut(CHUNK))
            .zip(direction.chunks(CHUNK))
            .zip(image.chunks(CHUNK))
            .map(part)
            .sum()
    } else {
        x.par_chunks_mut(CHUNK)
            .zip(residual.par_chunks_mut(CHUNK))
            .zip(direction.par_chunks(CHUNK))
            .zip(image.par_chunks(CHUNK))
            .map(part)
            .collect::<Vec<f64>>()
            .iter()
            .sum()
    }
}
