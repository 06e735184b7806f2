//! The preconditioner: one multigrid V-cycle in `f32`.
//!
//! Packages are stacks, so the strong couplings are vertical nearly everywhere: every smoothing step solves whole
//! z-columns exactly and z is never coarsened. Across the stack the couplings follow the spacings, and a graded grid has
//! strips where x is much stronger than y and the reverse. Therefore a level does not merge every pair of columns, but
//! only pairs that together stay below a size that grows from level to level: fine strips are coarsened alone until the
//! grid is even. Chebyshev-weighted column Jacobi then smooths on every level, voids included.

use std::ops::Range;

use super::stencil::{PARALLEL_FROM, Stencil, for_each_slab, residual_slab};
use crate::coarsening::Merge;
use crate::grid::Grid;
use crate::vectors::widest_vectors;

/// Resistance from the middle of a pair to the middle of one of its cells; nothing where the pair is cut by a void.
fn half_inner(inner: f32, share: f64) -> f64 {
    if inner > 0.0 { share / f64::from(inner) } else { 0.0 }
}

#[derive(Debug)]
struct Level {
    stencil: Stencil,
    /// Inverse pivots of the column factorisation; zero in cells without conductance.
    inverse_pivot: Vec<f32>,
    /// A row of zeros: what stands beyond the first slab.
    zeros: Vec<f32>,
    right: Vec<f32>,
    first: Vec<f32>,
    second: Vec<f32>,
    /// How this level was made from the finer one; absent on the finest.
    merges: Option<(Merge, Merge)>,
}

/// Weights of the two-step Chebyshev iteration on [low, 2]: the column Jacobi spectrum never exceeds 2.
#[derive(Debug, Clone, Copy)]
struct Weights {
    first: f32,
    second: f32,
    momentum: f32,
}

impl Weights {
    fn chebyshev(low: f64) -> Self {
        let (middle, half) = (0.5 * (2.0 + low), 0.5 * (2.0 - low));
        let sigma: f64 = middle / half;
        let rho = 1.0 / sigma;
        let next = 1.0 / (2.0 * sigma - rho);
        Self { first: (1.0 / middle) as f32, momentum: (next * rho) as f32, second: (2.0 * next / half) as f32 }
    }
}

/// A hierarchy for one operator.
#[derive(Debug)]
pub(crate) struct Multigrid {
    levels: Vec<Level>,
    weights: Weights,
}

impl Multigrid {
    /// Builds all levels for an operator on a grid.
    pub fn new(grid: &Grid, fine: Stencil) -> Self {
        let (mut dx, mut dy) = (grid.x.widths(), grid.y.widths());
        let smallest = dx.iter().chain(&dy).copied().fold(f64::INFINITY, f64::min);
        let mut levels = vec![Level::new(fine, None)];
        let mut limit = 2.5 * smallest;
        while dx.len() * dy.len() > 1 {
            let (mx, my) = (Merge::pairs(&dx, limit), Merge::pairs(&dy, limit));
            limit *= 2.0;
            if mx.len() * my.len() > (0.75 * (dx.len() * dy.len()) as f64) as usize {
                continue;
            }
            let coarse = coarsen(&levels[levels.len() - 1].stencil, &mx, &my);
            (dx, dy) = (mx.widths.clone(), my.widths.clone());
            levels.push(Level::new(coarse, Some((mx, my))));
        }
        Self { levels, weights: Weights::chebyshev(0.35) }
    }

    /// The finest operator.
    pub fn stencil(&self) -> &Stencil {
        &self.levels[0].stencil
    }

    /// Where to put the right-hand side before [`Self::cycle`].
    pub fn right_mut(&mut self) -> &mut [f32] {
        &mut self.levels[0].right
    }

    /// Applies one V-cycle to the right-hand side; the answer is valid until the next call.
    pub fn cycle(&mut self) -> &[f32] {
        let last = self.levels.len() - 1;
        for depth in 0..last {
            let (fine, coarse) = self.levels.split_at_mut(depth + 1);
            let (fine, coarse) = (&mut fine[depth], &mut coarse[0]);
            fine.smooth_from_zero(self.weights);
            fine.restrict_residual(coarse);
        }
        self.levels[last].solve_columns();
        for depth in (0..last).rev() {
            let (fine, coarse) = self.levels.split_at_mut(depth + 1);
            let (fine, coarse) = (&mut fine[depth], &coarse[0]);
            fine.add_correction(coarse);
            fine.smooth_again(self.weights);
        }
        &self.levels[0].second
    }
}

/// Coarse conductances: cells in series from middle to middle, rows of cells in parallel.
fn coarsen(fine: &Stencil, mx: &Merge, my: &Merge) -> Stencil {
    let (nz, fnx, fslab) = (fine.nz, fine.nx, fine.slab());
    let mut coarse = Stencil::new(mx.len(), my.len(), nz);
    let (cnx, cslab) = (coarse.nx, coarse.slab());
    let at = |i: usize, j: usize, k: usize| j * fslab + k * fnx + i;
    for_each_slab(
        &mut coarse.gx,
        cslab,
        || (),
        |(), cj, out| {
            for k in 0..nz {
                for ci in 0..cnx - 1 {
                    let (left, right) = (mx.children(ci), mx.children(ci + 1));
                    out[k * cnx + ci] = my
                        .children(cj)
                        .map(|j| {
                            let face = fine.gx[at(left.end - 1, j, k)];
                            if face <= 0.0 {
                                return 0.0;
                            }
                            let mut resistance = 1.0 / f64::from(face);
                            if left.len() == 2 {
                                resistance += half_inner(fine.gx[at(left.start, j, k)], mx.first_share[ci]);
                            }
                            if right.len() == 2 {
                                resistance += half_inner(fine.gx[at(right.start, j, k)], 1.0 - mx.first_share[ci + 1]);
                            }
                            (1.0 / resistance) as f32
                        })
                        .sum();
                }
            }
        },
    );
    for_each_slab(
        &mut coarse.gy,
        cslab,
        || (),
        |(), cj, out| {
            if cj + 1 == my.len() {
                return;
            }
            let (low, high) = (my.children(cj), my.children(cj + 1));
            for k in 0..nz {
                for i in 0..fnx {
                    let face = fine.gy[at(i, low.end - 1, k)];
                    if face <= 0.0 {
                        continue;
                    }
                    let mut resistance = 1.0 / f64::from(face);
                    if low.len() == 2 {
                        resistance += half_inner(fine.gy[at(i, low.start, k)], my.first_share[cj]);
                    }
                    if high.len() == 2 {
                        resistance += half_inner(fine.gy[at(i, high.start, k)], 1.0 - my.first_share[cj + 1]);
                    }
                    out[k * cnx + mx.parent[i] as usize] += (1.0 / resistance) as f32;
                }
            }
        },
    );
    let sum = |from: &[f32], out: &mut [f32], cj: usize| {
        for j in my.children(cj) {
            for k in 0..nz {
                let (row, target) = (&from[at(0, j, k)..at(0, j, k) + fnx], &mut out[k * cnx..(k + 1) * cnx]);
                add_children(row, mx, target);
            }
        }
    };
    for_each_slab(&mut coarse.gz, cslab, || (), |(), cj, out| sum(&fine.gz, out, cj));
    for_each_slab(&mut coarse.sink, cslab, || (), |(), cj, out| sum(&fine.sink, out, cj));
    coarse
}

/// Adds the cells of a fine row to their coarse cells.
#[inline]
fn add_children(row: &[f32], merge: &Merge, target: &mut [f32]) {
    if 2 * target.len() == row.len() {
        for (out, pair) in target.iter_mut().zip(row.chunks_exact(2)) {
            *out += pair[0] + pair[1];
        }
    } else {
        for (value, parent) in row.iter().zip(&merge.parent) {
            target[*parent as usize] += value;
        }
    }
}

impl Level {
    fn new(stencil: Stencil, merges: Option<(Merge, Merge)>) -> Self {
        let n = stencil.len();
        let mut inverse_pivot = vec![0.0; n];
        let zeros = vec![0.0; stencil.nx];
        for_each_slab(
            &mut inverse_pivot,
            stencil.slab(),
            || vec![0.0f32; stencil.nx],
            |leak, j, out| {
                factor_columns(&stencil, j, &zeros, leak, out);
            },
        );
        let (right, first, second) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        Self { stencil, inverse_pivot, zeros, right, first, second, merges }
    }

    /// The part of slab `j` of a vector.
    fn slab(&self, j: usize) -> Range<usize> {
        j * self.stencil.slab()..(j + 1) * self.stencil.slab()
    }

    /// Conductances upwards and inverse pivots of slab `j`.
    fn columns(&self, j: usize) -> Columns<'_> {
        let at = self.slab(j);
        Columns { nx: self.stencil.nx, upward: &self.stencil.gz[at.clone()], inverse: &self.inverse_pivot[at] }
    }

    /// `second = columns⁻¹·right`: exact on the coarsest level, which is one column.
    fn solve_columns(&mut self) {
        let mut out = std::mem::take(&mut self.second);
        let slab = self.stencil.slab();
        for (j, part) in out.chunks_mut(slab).enumerate() {
            solve_scaled(self.columns(j), &self.right[self.slab(j)], 1.0, part);
        }
        self.second = out;
    }

    /// Two Chebyshev steps from zero; the result is in `second`.
    fn smooth_from_zero(&mut self, w: Weights) {
        let slab = self.stencil.slab();
        let mut first = std::mem::take(&mut self.first);
        for_each_slab(
            &mut first,
            slab,
            || (),
            |(), j, out| solve_scaled(self.columns(j), &self.right[self.slab(j)], w.first, out),
        );
        let mut second = std::mem::take(&mut self.second);
        self.pass(&first, &mut second, |x, z, out| combine(x, 1.0 + w.momentum, z, w.second, out));
        (self.first, self.second) = (first, second);
    }

    /// Two Chebyshev steps on `second`.
    fn smooth_again(&mut self, w: Weights) {
        let (mut first, mut second) = (std::mem::take(&mut self.first), std::mem::take(&mut self.second));
        self.pass(&second, &mut first, |x, z, out| combine(x, 1.0, z, w.first, out));
        self.pass(&first, &mut second, |x, z, out| combine_with_old(x, 1.0 + w.momentum, z, w.second, w.momentum, out));
        (self.first, self.second) = (first, second);
    }

    /// For every slab: `z = columns⁻¹·(right − A·x)`, then `update(x, z, out)`.
    fn pass(&self, x: &[f32], out: &mut [f32], update: impl Fn(&[f32], &[f32], &mut [f32]) + Sync + Send) {
        let slab = self.stencil.slab();
        for_each_slab(
            out,
            slab,
            || vec![0.0f32; slab],
            |values, j, part| {
                let at = self.slab(j);
                residual_slab(&self.stencil, j, &self.right[at.clone()], x, &self.zeros, values);
                solve_columns_of(self.columns(j), values);
                update(&x[at], values, part);
            },
        );
    }

    /// The coarse right-hand side: residuals summed over the cells of each coarse cell.
    fn restrict_residual(&self, coarse: &mut Self) {
        let Some((mx, my)) = &coarse.merges else { return };
        let (slab, nx, nz, cnx) = (self.stencil.slab(), self.stencil.nx, self.stencil.nz, mx.len());
        let work = |scratch: &mut Vec<f32>, cj: usize, out: &mut [f32]| {
            out.fill(0.0);
            for j in my.children(cj) {
                residual_slab(&self.stencil, j, &self.right[self.slab(j)], &self.second, &self.zeros, scratch);
                for k in 0..nz {
                    add_children(&scratch[k * nx..(k + 1) * nx], mx, &mut out[k * cnx..(k + 1) * cnx]);
                }
            }
        };
        // The fine level decides whether it pays to go parallel.
        let cslab = coarse.stencil.slab();
        if self.stencil.len() < PARALLEL_FROM {
            let mut scratch = vec![0.0f32; slab];
            for (cj, out) in coarse.right.chunks_mut(cslab).enumerate() {
                work(&mut scratch, cj, out);
            }
        } else {
            use rayon::prelude::*;
            coarse
                .right
                .par_chunks_mut(cslab)
                .enumerate()
                .for_each_init(|| vec![0.0f32; slab], |scratch, (cj, out)| work(scratch, cj, out));
        }
    }

    /// `second += coarse correction`, the same value in all cells of a coarse cell.
    fn add_correction(&mut self, coarse: &Self) {
        let Some((mx, my)) = &coarse.merges else { return };
        let (slab, nx, nz, cnx, cslab) =
            (self.stencil.slab(), self.stencil.nx, self.stencil.nz, mx.len(), coarse.stencil.slab());
        for_each_slab(
            &mut self.second,
            slab,
            || (),
            |(), j, out| {
                let from = my.parent[j] as usize * cslab;
                for k in 0..nz {
                    let source = &coarse.second[from + k * cnx..from + (k + 1) * cnx];
                    let row = &mut out[k * nx..(k + 1) * nx];
                    if 2 * cnx == nx {
                        for (pair, value) in row.chunks_exact_mut(2).zip(source) {
                            pair[0] += value;
                            pair[1] += value;
                        }
                    } else {
                        for (value, parent) in row.iter_mut().zip(&mx.parent) {
                            *value += source[*parent as usize];
                        }
                    }
                }
            },
        );
    }
}

/// Conductances upwards and inverse pivots of the columns of one slab.
#[derive(Clone, Copy)]
struct Columns<'a> {
    nx: usize,
    upward: &'a [f32],
    inverse: &'a [f32],
}

impl Columns<'_> {
    /// What row `k` passes on to the row above it is added to that row.
    #[inline(always)]
    fn eliminate(self, k: usize, v: &mut [f32]) {
        let nx = self.nx;
        let (below, row) = v[(k - 1) * nx..(k + 1) * nx].split_at_mut(nx);
        let (g, inverse) = (&self.upward[(k - 1) * nx..k * nx], &self.inverse[(k - 1) * nx..k * nx]);
        for i in 0..nx {
            row[i] += g[i] * inverse[i] * below[i];
        }
    }

    /// Solves from the top downwards after the elimination.
    #[inline(always)]
    fn substitute(self, v: &mut [f32]) {
        let (nx, nz) = (self.nx, v.len() / self.nx);
        for (value, inverse) in v[(nz - 1) * nx..].iter_mut().zip(&self.inverse[(nz - 1) * nx..]) {
            *value *= inverse;
        }
        for k in (0..nz - 1).rev() {
            let (row, above) = v[k * nx..(k + 2) * nx].split_at_mut(nx);
            let (g, inverse) = (&self.upward[k * nx..(k + 1) * nx], &self.inverse[k * nx..(k + 1) * nx]);
            for i in 0..nx {
                row[i] = (row[i] + g[i] * above[i]) * inverse[i];
            }
        }
    }
}

widest_vectors! {
    /// Solves the columns of a slab in place.
    fn solve_columns_of(columns: Columns<'_>, v: &mut [f32]) {
        for k in 1..v.len() / columns.nx {
            columns.eliminate(k, v);
        }
        columns.substitute(v);
    }
}

widest_vectors! {
    /// `out = columns⁻¹·right·scale` for a slab.
    fn solve_scaled(columns: Columns<'_>, right: &[f32], scale: f32, out: &mut [f32]) {
        let nx = columns.nx;
        for (k, right) in right.chunks_exact(nx).enumerate() {
            for (out, right) in out[k * nx..(k + 1) * nx].iter_mut().zip(right) {
                *out = scale * right;
            }
            if k > 0 {
                columns.eliminate(k, out);
            }
        }
        columns.substitute(out);
    }
}

widest_vectors! {
    /// `out = keep·x + add·z`.
    fn combine(x: &[f32], keep: f32, z: &[f32], add: f32, out: &mut [f32]) {
        for ((out, x), z) in out.iter_mut().zip(x).zip(z) {
            *out = keep * x + add * z;
        }
    }
}

widest_vectors! {
    /// `out = keep·x + add·z − back·out`.
    fn combine_with_old(x: &[f32], keep: f32, z: &[f32], add: f32, back: f32, out: &mut [f32]) {
        for ((out, x), z) in out.iter_mut().zip(x).zip(z) {
            *out = keep * x - back * *out + add * z;
        }
    }
}

widest_vectors! {
    /// Pivots of slab `j` from bottom to top, written as sums of positive terms: nothing cancels, so `f32` is safe even
    /// where a tiny convection coefficient stands against metal.
    fn factor_columns(stencil: &Stencil, j: usize, zeros: &[f32], leak: &mut [f32], out: &mut [f32]) {
        let (nx, slab) = (stencil.nx, stencil.slab());
        // Conductance that leaves the part of the column below through anything but its top face.
        leak.fill(0.0);
        for (k, out) in out.chunks_exact_mut(nx).enumerate() {
            let at = j * slab + k * nx;
            let gy_low = if j > 0 { &stencil.gy[at - slab..at - slab + nx] } else { &zeros[..nx] };
            let (gx, gy) = (&stencil.gx[at..at + nx], &stencil.gy[at..at + nx]);
            let (gz, sink, leak) = (&stencil.gz[at..at + nx], &stencil.sink[at..at + nx], &mut leak[..nx]);
            for i in 0..nx {
                out[i] = leak[i] + sink[i] + gx[i] + gy_low[i] + gy[i];
            }
            for (out, left) in out[1..].iter_mut().zip(gx) {
                *out += left;
            }
            for i in 0..nx {
                let (open, pivot) = (out[i], out[i] + gz[i]);
                let inverse = if pivot > 0.0 { 1.0 / pivot } else { 0.0 };
                out[i] = inverse;
                leak[i] = gz[i] * open * inverse;
            }
        }
    }
}
