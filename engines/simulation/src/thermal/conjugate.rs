//! Conjugate gradients in `f64` around the `f32` multigrid cycle.

use rayon::prelude::*;

use super::multigrid::Multigrid;
use super::stencil::{PARALLEL_FROM, dot};
use crate::error::{Computation, Result, SimulationError};
use crate::vectors::widest_vectors;

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

/// Cells that one piece of parallel work takes.
pub(super) const CHUNK: usize = 8192;

/// What the residual is measured against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scale {
    /// The right-hand side.
    Right,
    /// A figure of the caller, W; the first residual if it is zero.
    Of(f64),
}

/// Solves `A·x = right` from the given start.
pub(crate) fn solve(
    multigrid: &mut Multigrid,
    right: &[f64],
    x: &mut [f64],
    work: &mut Workspace,
    tolerance: Tolerance,
    scale: Scale,
) -> Result<Convergence> {
    let n = right.len();
    work.residual.resize(n, 0.0);
    work.direction.resize(n, 0.0);
    work.image.resize(n, 0.0);
    let Workspace { residual, direction, image } = work;
    multigrid.stencil().apply_with_dot(x, image);
    let first = first_residual(right, image, residual, multigrid.right_mut()).sqrt();
    let norm = match scale {
        Scale::Right => sum_of(right, right, n, dot).sqrt(),
        Scale::Of(scale) if scale > 0.0 => scale,
        Scale::Of(_) => first,
    };
    if first == 0.0 {
        return Ok(Convergence::default());
    }
    let mut relative = first / norm;
    let mut before = 0.0;
    for iteration in 0..=tolerance.iterations {
        if relative <= tolerance.relative {
            return Ok(Convergence { iterations: iteration, residual: relative });
        }
        if !relative.is_finite() || iteration == tolerance.iterations {
            break;
        }
        let correction = multigrid.cycle();
        let now = sum_of(residual, correction, n, dot_mixed);
        let beta = if iteration == 0 { 0.0 } else { now / before };
        before = now;
        update_direction(direction, correction, beta);
        let curvature = multigrid.stencil().apply_with_dot(direction, image);
        if curvature <= 0.0 || !curvature.is_finite() {
            break;
        }
        let step = Step { x, residual, single: multigrid.right_mut(), direction, image, length: now / curvature };
        relative = step.take().sqrt() / norm;
    }
    Err(SimulationError::NotConverged {
        what: Computation::Temperature,
        residual: relative,
        tolerance: tolerance.relative,
        iterations: tolerance.iterations,
    })
}

/// The sum of a function of pieces of two vectors, in an order that does not depend on how the work is split.
fn sum_of<A: Sync, B: Sync>(a: &[A], b: &[B], n: usize, part: impl Fn(&[A], &[B]) -> f64 + Sync) -> f64 {
    let part = |(a, b): (&[A], &[B])| part(a, b);
    if n < PARALLEL_FROM {
        a.chunks(CHUNK).zip(b.chunks(CHUNK)).map(part).sum()
    } else {
        a.par_chunks(CHUNK).zip(b.par_chunks(CHUNK)).map(part).collect::<Vec<f64>>().iter().sum()
    }
}

widest_vectors! {
    fn dot_mixed(a: &[f64], b: &[f32]) -> f64 {
        let mut sums = [0.0; 8];
        let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
        let tail: f64 = a8.remainder().iter().zip(b8.remainder()).map(|(x, y)| x * f64::from(*y)).sum();
        for (x, y) in a8.zip(b8) {
            for lane in 0..8 {
                sums[lane] += x[lane] * f64::from(y[lane]);
            }
        }
        sums.iter().sum::<f64>() + tail
    }
}

widest_vectors! {
    /// The residual in both precisions; returns its square.
    fn residual_part(right: &[f64], image: &[f64], residual: &mut [f64], single: &mut [f32]) -> f64 {
        for (((r, s), b), ax) in residual.iter_mut().zip(single).zip(right).zip(image) {
            *r = b - ax;
            *s = *r as f32;
        }
        dot(residual, residual)
    }
}

fn first_residual(right: &[f64], image: &[f64], residual: &mut [f64], single: &mut [f32]) -> f64 {
    if right.len() < PARALLEL_FROM {
        return residual_part(right, image, residual, single);
    }
    let parts = residual.par_chunks_mut(CHUNK).zip(single.par_chunks_mut(CHUNK));
    let parts = parts.zip(right.par_chunks(CHUNK)).zip(image.par_chunks(CHUNK));
    parts.map(|(((r, s), b), ax)| residual_part(b, ax, r, s)).collect::<Vec<f64>>().iter().sum()
}

widest_vectors! {
    fn direction_part(direction: &mut [f64], correction: &[f32], beta: f64) {
        for (p, z) in direction.iter_mut().zip(correction) {
            *p = f64::from(*z) + beta * *p;
        }
    }
}

/// `direction = correction + beta·direction`.
fn update_direction(direction: &mut [f64], correction: &[f32], beta: f64) {
    if direction.len() < PARALLEL_FROM {
        direction_part(direction, correction, beta);
    } else {
        let parts = direction.par_chunks_mut(CHUNK).zip(correction.par_chunks(CHUNK));
        parts.for_each(|(p, z)| direction_part(p, z, beta));
    }
}

/// A move along the direction, which changes x and the residual (in both precisions).
struct Step<'a> {
    x: &'a mut [f64],
    residual: &'a mut [f64],
    single: &'a mut [f32],
    direction: &'a [f64],
    image: &'a [f64],
    length: f64,
}

impl Step<'_> {
    /// Returns the new residual's square.
    fn take(self) -> f64 {
        let length = self.length;
        if self.x.len() < PARALLEL_FROM {
            return step_part(self.x, self.residual, self.single, self.direction, self.image, length);
        }
        let moved = self.x.par_chunks_mut(CHUNK).zip(self.residual.par_chunks_mut(CHUNK));
        let moved = moved.zip(self.single.par_chunks_mut(CHUNK));
        let parts = moved.zip(self.direction.par_chunks(CHUNK)).zip(self.image.par_chunks(CHUNK));
        let squares = parts.map(|((((x, r), s), p), q)| step_part(x, r, s, p, q, length));
        squares.collect::<Vec<f64>>().iter().sum()
    }
}

widest_vectors! {
    fn step_part(
        x: &mut [f64],
        residual: &mut [f64],
        single: &mut [f32],
        direction: &[f64],
        image: &[f64],
        length: f64,
    ) -> f64 {
        for (x, p) in x.iter_mut().zip(direction) {
            *x += length * p;
        }
        for ((r, s), q) in residual.iter_mut().zip(single).zip(image) {
            *r -= length * q;
            *s = *r as f32;
        }
        dot(residual, residual)
    }
}
