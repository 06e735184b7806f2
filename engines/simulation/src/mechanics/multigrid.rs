//! Conjugate gradients in `f64` around a multigrid cycle in `f32` for the bricks: whole columns of nodes are solved
//! exactly, the grid is coarsened across the stack as in the thermal solver, and the coarsest grid is solved directly.

use rayon::prelude::*;

use super::operator::Operator;
use crate::coarsening::Merge;
use crate::error::{Computation, Result, SimulationError};
use crate::small_matrix::inverted;
use crate::thermal::stencil::dot;
use crate::thermal::{Convergence, Tolerance};

/// Unknowns below which a grid is solved directly.
const DIRECT_BELOW: usize = 900;

/// Steps of the Chebyshev smoother before and after the coarse grid.
const STEPS: usize = 3;

/// Where a fine node lies between coarse nodes.
type Between = (u32, f32, u32, f32);

#[derive(Debug)]
struct Level {
    operator: Operator,
    columns: Columns,
    /// Largest eigenvalue of columns⁻¹·A.
    largest: f32,
    right: Vec<f32>,
    x: Vec<f32>,
    step: Vec<f32>,
    work: Vec<f32>,
    /// Fine nodes between this level's nodes, in x and y; absent on the finest.
    between: Option<[Vec<Between>; 2]>,
}

/// Block-tridiagonal factors of all columns: nine inverse pivots and nine couplings upwards per node.
#[derive(Debug)]
struct Columns {
    inverse: Vec<[f32; 9]>,
    upward: Vec<[f32; 9]>,
}

/// A banded Cholesky factor of the coarsest grid.
#[derive(Debug)]
struct Direct {
    order: Vec<usize>,
    band: usize,
    factor: Vec<f32>,
}

/// The preconditioner.
#[derive(Debug)]
pub(crate) struct Multigrid {
    levels: Vec<Level>,
    direct: Direct,
}

impl Multigrid {
    pub fn new(fine: Operator) -> Result<Self> {
        let mut levels = vec![Level::new(fine, None)];
        let smallest = levels[0].operator.widths[..2].iter().flatten().copied().fold(f32::INFINITY, f32::min);
        let mut limit = 2.5 * f64::from(smallest);
        loop {
            let finest = &levels[levels.len() - 1].operator;
            let [nx, ny, _] = finest.shape;
            if finest.len() < DIRECT_BELOW || nx * ny == 1 {
                break;
            }
            let widths = |d: usize| finest.widths[d].iter().map(|w| f64::from(*w)).collect::<Vec<f64>>();
            let (mx, my) = (Merge::pairs(&widths(0), limit), Merge::pairs(&widths(1), limit));
            limit *= 2.0;
            if mx.len() * my.len() > (0.75 * (nx * ny) as f64) as usize {
                continue;
            }
            let (operator, between) = coarsen(finest, &mx, &my);
            levels.push(Level::new(operator, Some(between)));
        }
        let direct = Direct::new(&levels[levels.len() - 1].operator)?;
        Ok(Self { levels, direct })
    }

    pub fn operator(&self) -> &Operator {
        &self.levels[0].operator
    }

    fn cycle(&mut self, residual: &[f64]) -> &[f32] {
        for (to, from) in self.levels[0].right.iter_mut().zip(residual) {
            *to = *from as f32;
        }
        let last = self.levels.len() - 1;
        for depth in 0..last {
            let (fine, coarse) = self.levels.split_at_mut(depth + 1);
            let (fine, coarse) = (&mut fine[depth], &mut coarse[0]);
            fine.x.fill(0.0);
            fine.smooth(true);
            fine.restrict(coarse);
        }
        let coarsest = &mut self.levels[last];
        coarsest.x.copy_from_slice(&coarsest.right);
        self.direct.solve(&mut coarsest.x);
        for depth in (0..last).rev() {
            let (fine, coarse) = self.levels.split_at_mut(depth + 1);
            let (fine, coarse) = (&mut fine[depth], &coarse[0]);
            fine.prolong(coarse);
            fine.smooth(false);
        }
        &self.levels[0].x
    }

    /// Solves `A·x = right`; `modes` are orthonormal rigid motions that nothing holds and that are kept at zero.
    pub fn solve(
        &mut self,
        right: &[f64],
        x: &mut [f64],
        modes: &[Vec<f64>],
        tolerance: Tolerance,
    ) -> Result<Convergence> {
        let n = right.len();
        let mut image = vec![0.0; n];
        self.operator().apply(x, &mut image);
        let mut residual: Vec<f64> = right.iter().zip(&image).map(|(b, a)| b - a).collect();
        remove(modes, &mut residual);
        let scale = dot(right, right).sqrt();
        if scale == 0.0 {
            x.fill(0.0);
            return Ok(Convergence::default());
        }
        let mut direction = vec![0.0; n];
        let mut correction = vec![0.0; n];
        let mut before = 1.0;
        let mut relative = dot(&residual, &residual).sqrt() / scale;
        for iteration in 0..tolerance.iterations {
            if relative <= tolerance.relative {
                remove(modes, x);
                return Ok(Convergence { iterations: iteration, residual: relative });
            }
            if !relative.is_finite() {
                break;
            }
            for (to, from) in correction.iter_mut().zip(self.cycle(&residual)) {
                *to = f64::from(*from);
            }
            remove(modes, &mut correction);
            let now = dot(&residual, &correction);
            let beta = if iteration == 0 { 0.0 } else { now / before };
            before = now;
            direction.iter_mut().zip(&correction).for_each(|(p, z)| *p = z + beta * *p);
            self.operator().apply(&direction, &mut image);
            let length = now / dot(&direction, &image);
            x.iter_mut().zip(&direction).for_each(|(x, p)| *x += length * p);
            residual.iter_mut().zip(&image).for_each(|(r, q)| *r -= length * q);
            remove(modes, &mut residual);
            relative = dot(&residual, &residual).sqrt() / scale;
        }
        Err(SimulationError::NotConverged {
            what: Computation::Displacement,
            residual: relative,
            tolerance: tolerance.relative,
            iterations: tolerance.iterations,
        })
    }
}

/// Takes rigid motions out of a vector.
fn remove(modes: &[Vec<f64>], v: &mut [f64]) {
    for mode in modes {
        let amount = dot(mode, v);
        v.iter_mut().zip(mode).for_each(|(v, m)| *v -= amount * m);
    }
}

/// The coarse grid: stiffness averaged by volume, nodes kept at the ends of merged elements.
fn coarsen(fine: &Operator, mx: &Merge, my: &Merge) -> (Operator, [Vec<Between>; 2]) {
    let nz = fine.shape[2];
    let shape = [mx.len(), my.len(), nz];
    let narrow = |w: &[f64]| w.iter().map(|v| *v as f32).collect::<Vec<f32>>();
    let mut coarse = Operator {
        shape,
        widths: [narrow(&mx.widths), narrow(&my.widths), fine.widths[2].clone()],
        constants: std::array::from_fn(|_| vec![0.0; shape.iter().product()]),
        flat: Default::default(),
        free: vec![],
        held: vec![],
    };
    for j in 0..fine.shape[1] {
        let cj = my.parent[j] as usize;
        for k in 0..nz {
            for i in 0..fine.shape[0] {
                let ci = mx.parent[i] as usize;
                let share = fine.widths[0][i] * fine.widths[1][j] / (coarse.widths[0][ci] * coarse.widths[1][cj]);
                let (from, to) = (fine.element(i, j, k), coarse.element(ci, cj, k));
                for n in 0..6 {
                    coarse.constants[n][to] += share * fine.constants[n][from];
                }
            }
        }
    }
    let mut held = vec![false; coarse.len()];
    for j in 0..=shape[1] {
        for k in 0..=nz {
            for i in 0..=shape[0] {
                for c in 0..3 {
                    let from = fine.index(mx.starts[i], my.starts[j], k) + c * (fine.shape[0] + 1);
                    held[coarse.index(i, j, k) + c * (shape[0] + 1)] = fine.held[from];
                }
            }
        }
    }
    coarse.hold(held);
    let between = [mx, my].map(|m| {
        let mut nodes: Vec<Between> = Vec::with_capacity(m.parent.len() + 1);
        for (node, parent) in m.parent.iter().enumerate() {
            let first = m.starts[*parent as usize] == node;
            let share = if first { 0.0 } else { m.first_share[*parent as usize] as f32 };
            nodes.push((*parent, 1.0 - share, parent + 1, share));
        }
        nodes.push((m.len() as u32, 1.0, m.len() as u32, 0.0));
        nodes
    });
    (coarse, between)
}

impl Level {
    fn new(operator: Operator, between: Option<[Vec<Between>; 2]>) -> Self {
        let n = operator.len();
        let columns = Columns::new(&operator);
        let mut level = Self {
            columns,
            largest: 1.0,
            right: vec![0.0; n],
            x: vec![0.0; n],
            step: vec![0.0; n],
            work: vec![0.0; n],
            between,
            operator,
        };
        level.largest = 1.1 * level.power_iteration();
        level
    }

    /// Largest eigenvalue by twelve steps from a rough vector.
    fn power_iteration(&mut self) -> f32 {
        let mut state = 12345u32;
        for (x, free) in self.x.iter_mut().zip(&self.operator.free) {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *x = (state as f32 / u32::MAX as f32 - 0.5) * free;
        }
        let mut largest = 1.0;
        for _ in 0..12 {
            self.operator.apply(&self.x, &mut self.work);
            self.columns.solve(&self.operator, &mut self.work);
            let norm = self.work.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
            if norm == 0.0 {
                return 1.0;
            }
            let old = self.x.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
            largest = (norm / old) as f32;
            for (x, w) in self.x.iter_mut().zip(&self.work) {
                *x = (f64::from(*w) / norm) as f32;
            }
        }
        largest
    }

    /// Chebyshev steps with the column solves, on the upper part of the spectrum.
    fn smooth(&mut self, from_zero: bool) {
        let (high, low) = (self.largest, self.largest / 12.0);
        let (middle, half) = (0.5 * (high + low), 0.5 * (high - low));
        let sigma = middle / half;
        let mut rho = 1.0 / sigma;
        for n in 0..STEPS {
            if n == 0 && from_zero {
                self.work.copy_from_slice(&self.right);
            } else {
                self.residual();
            }
            self.columns.solve(&self.operator, &mut self.work);
            let (momentum, weight) = if n == 0 {
                (0.0, 1.0 / middle)
            } else {
                let next = 1.0 / (2.0 * sigma - rho);
                let pair = (next * rho, 2.0 * next / half);
                rho = next;
                pair
            };
            for ((x, step), z) in self.x.iter_mut().zip(&mut self.step).zip(&self.work) {
                *step = if n == 0 { weight * z } else { momentum * *step + weight * z };
                *x += *step;
            }
        }
    }

    /// `work = right − A·x`.
    fn residual(&mut self) {
        self.operator.apply(&self.x, &mut self.work);
        for (w, b) in self.work.iter_mut().zip(&self.right) {
            *w = b - *w;
        }
    }

    fn restrict(&mut self, coarse: &mut Self) {
        self.residual();
        let Some([bx, by]) = &coarse.between else { return };
        coarse.right.fill(0.0);
        let (fine_row, coarse_row, slab) = (bx.len(), coarse.operator.shape[0] + 1, self.operator.slab());
        let coarse_slab = coarse.operator.slab();
        for (j, (j0, w0, j1, w1)) in by.iter().enumerate() {
            for (target, weight) in [(*j0, *w0), (*j1, *w1)] {
                if weight == 0.0 {
                    continue;
                }
                let to = &mut coarse.right[target as usize * coarse_slab..(target as usize + 1) * coarse_slab];
                let from = &self.work[j * slab..(j + 1) * slab];
                for (row, out) in from.chunks(fine_row).zip(to.chunks_mut(coarse_row)) {
                    for (value, (i0, v0, i1, v1)) in row.iter().zip(bx) {
                        out[*i0 as usize] += weight * v0 * value;
                        out[*i1 as usize] += weight * v1 * value;
                    }
                }
            }
        }
        for (r, free) in coarse.right.iter_mut().zip(&coarse.operator.free) {
            *r *= free;
        }
    }

    fn prolong(&mut self, coarse: &Self) {
        let Some([bx, by]) = &coarse.between else { return };
        let (fine_row, coarse_row, slab) = (bx.len(), coarse.operator.shape[0] + 1, self.operator.slab());
        let coarse_slab = coarse.operator.slab();
        for (j, (j0, w0, j1, w1)) in by.iter().enumerate() {
            let low = &coarse.x[*j0 as usize * coarse_slab..(*j0 as usize + 1) * coarse_slab];
            let high = &coarse.x[*j1 as usize * coarse_slab..(*j1 as usize + 1) * coarse_slab];
            let range = j * slab..(j + 1) * slab;
            let rows = self.x[range.clone()].chunks_mut(fine_row).zip(self.operator.free[range].chunks(fine_row));
            for ((row, free), (a, b)) in rows.zip(low.chunks(coarse_row).zip(high.chunks(coarse_row))) {
                for ((value, free), (i0, v0, i1, v1)) in row.iter_mut().zip(free).zip(bx) {
                    let (i0, i1) = (*i0 as usize, *i1 as usize);
                    *value += free * (w0 * (v0 * a[i0] + v1 * a[i1]) + w1 * (v0 * b[i0] + v1 * b[i1]));
                }
            }
        }
    }
}

impl Columns {
    fn new(operator: &Operator) -> Self {
        let [px, py, pz] = operator.nodes();
        let mut own = vec![[0.0f64; 9]; px * py * pz];
        let mut up = vec![[0.0f64; 9]; px * py * pz];
        let [nx, ny, nz] = operator.shape;
        let at = |i: usize, j: usize, k: usize| (j * pz + k) * px + i;
        for j in 0..ny {
            for k in 0..nz {
                for i in 0..nx {
                    if operator.constants[0][operator.element(i, j, k)] <= 0.0 {
                        continue;
                    }
                    let blocks = operator.corner_blocks(i, j, k);
                    for corner in 0..8usize {
                        let node = at(i + (corner & 1), j + (corner >> 1 & 1), k + (corner >> 2));
                        add_corner(&mut own[node], &blocks[0], corner, false);
                        if corner & 4 == 0 {
                            add_corner(&mut up[node], &blocks[1], corner, true);
                        }
                    }
                }
            }
        }
        let mut inverse = vec![[0.0f32; 9]; own.len()];
        let mut upward = vec![[0.0f32; 9]; own.len()];
        for j in 0..py {
            for i in 0..px {
                let mut carry = [0.0f64; 9];
                for k in 0..pz {
                    let node = at(i, j, k);
                    let base = operator.index(i, j, k);
                    let free: [f64; 3] = std::array::from_fn(|c| f64::from(operator.free[base + c * px]));
                    let mut pivot = own[node];
                    for n in 0..9 {
                        pivot[n] = (pivot[n] - carry[n]) * free[n / 3] * free[n % 3];
                    }
                    for c in 0..3 {
                        if free[c] == 0.0 || pivot[4 * c] <= 0.0 {
                            (0..3).for_each(|d| {
                                pivot[3 * c + d] = 0.0;
                                pivot[3 * d + c] = 0.0;
                            });
                            pivot[4 * c] = 1.0;
                        }
                    }
                    let (inv, _) = inverted(&pivot);
                    let above_free: [f64; 3] = if k + 1 < pz {
                        let next = operator.index(i, j, k + 1);
                        std::array::from_fn(|c| f64::from(operator.free[next + c * px]))
                    } else {
                        [0.0; 3]
                    };
                    let mut coupling = up[node];
                    for n in 0..9 {
                        coupling[n] *= free[n / 3] * above_free[n % 3];
                    }
                    carry = congruent(&coupling, &inv);
                    inverse[node] = inv.map(|v| v as f32);
                    upward[node] = coupling.map(|v| v as f32);
                }
            }
        }
        Self { inverse, upward }
    }

    /// Solves all columns in place.
    fn solve(&self, operator: &Operator, v: &mut [f32]) {
        let (px, pz, slab) = (operator.shape[0] + 1, operator.shape[2] + 1, operator.slab());
        let work = |(j, part): (usize, &mut [f32])| {
            let nodes = j * pz * px;
            for k in 0..pz {
                let row = 3 * k * px;
                for i in 0..px {
                    let y: [f32; 3] = std::array::from_fn(|c| part[row + c * px + i]);
                    let z = multiply(&self.inverse[nodes + k * px + i], &y);
                    (0..3).for_each(|c| part[row + c * px + i] = z[c]);
                    if k + 1 < pz {
                        let o = &self.upward[nodes + k * px + i];
                        for d in 0..3 {
                            let down = o[d] * z[0] + o[3 + d] * z[1] + o[6 + d] * z[2];
                            part[row + (3 + d) * px + i] -= down;
                        }
                    }
                }
            }
            for k in (0..pz - 1).rev() {
                let row = 3 * k * px;
                for i in 0..px {
                    let above: [f32; 3] = std::array::from_fn(|c| part[row + (3 + c) * px + i]);
                    let pull = multiply(&self.upward[nodes + k * px + i], &above);
                    let back = multiply(&self.inverse[nodes + k * px + i], &pull);
                    (0..3).for_each(|c| part[row + c * px + i] -= back[c]);
                }
            }
        };
        if v.len() < 12_000 {
            v.chunks_mut(slab).enumerate().for_each(work);
        } else {
            v.par_chunks_mut(slab).enumerate().for_each(work);
        }
    }
}

/// Adds an element's block for a corner, mirrored from the reference corner (all signs positive). Upwards it is the
/// coupling from the lower node (rows) to the one above it (columns): the reference has the upper node first.
fn add_corner(target: &mut [f64; 9], block: &[[f32; 3]; 3], corner: usize, upward: bool) {
    let place = if upward { corner | 4 } else { corner };
    let negative = |c: usize| place >> c & 1 == 0;
    for c in 0..3 {
        for d in 0..3 {
            let value = f64::from(if upward { block[d][c] } else { block[c][d] });
            target[3 * c + d] += if negative(c) != negative(d) { -value } else { value };
        }
    }
}

fn multiply(m: &[f32; 9], v: &[f32; 3]) -> [f32; 3] {
    std::array::from_fn(|r| m[3 * r] * v[0] + m[3 * r + 1] * v[1] + m[3 * r + 2] * v[2])
}

/// `cᵀ·m·c`.
fn congruent(c: &[f64; 9], m: &[f64; 9]) -> [f64; 9] {
    let mc: [f64; 9] = std::array::from_fn(|n| (0..3).map(|s| m[3 * (n / 3) + s] * c[3 * s + n % 3]).sum());
    std::array::from_fn(|n| (0..3).map(|s| c[3 * s + n / 3] * mc[3 * s + n % 3]).sum())
}

impl Direct {
    /// Factorises the coarsest operator, column of nodes by column of nodes. A hundred-thousandth of the diagonal is
    /// added, so that rigid motions (which the right-hand side does not contain) leave a positive matrix.
    fn new(operator: &Operator) -> Result<Self> {
        let [px, py, pz] = operator.nodes();
        let mut order = Vec::with_capacity(operator.len());
        let along_y = px > py;
        let (slow, fast) = if along_y { (px, py) } else { (py, px) };
        for s in 0..slow {
            for f in 0..fast {
                for k in 0..pz {
                    let (i, j) = if along_y { (s, f) } else { (f, s) };
                    order.extend((0..3).map(|c| operator.index(i, j, k) + c * px));
                }
            }
        }
        let n = order.len();
        let band = (fast + 2) * pz * 3;
        let mut position = vec![0usize; n];
        order.iter().enumerate().for_each(|(p, at)| position[*at] = p);
        // Row r of the lower band is stored at r·(band + 1); the diagonal is last.
        let mut factor = vec![0.0f64; n * (band + 1)];
        let (mut unit, mut image) = (vec![0.0f64; n], vec![0.0f64; n]);
        for (p, at) in order.iter().enumerate() {
            unit[*at] = 1.0;
            operator.apply(&unit, &mut image);
            unit[*at] = 0.0;
            for row in p..n.min(p + band + 1) {
                factor[row * (band + 1) + band + p - row] = image[order[row]];
            }
            let diagonal = &mut factor[p * (band + 1) + band];
            let fixed = operator.free[*at] == 0.0 || *diagonal <= 0.0;
            *diagonal = if fixed { 1.0 } else { *diagonal * (1.0 + 1e-5) };
            if fixed {
                for row in p + 1..n.min(p + band + 1) {
                    factor[row * (band + 1) + band + p - row] = 0.0;
                }
            }
        }
        cholesky(&mut factor, n, band)?;
        Ok(Self { order, band, factor: factor.iter().map(|v| *v as f32).collect() })
    }

    fn solve(&self, v: &mut [f32]) {
        let (band, n) = (self.band, self.order.len());
        let mut y: Vec<f32> = self.order.iter().map(|at| v[*at]).collect();
        for row in 0..n {
            let first = row.saturating_sub(band);
            let l = &self.factor[row * (band + 1) + band + first - row..row * (band + 1) + band];
            let sum: f32 = l.iter().zip(&y[first..row]).map(|(a, b)| a * b).sum();
            y[row] = (y[row] - sum) / self.factor[row * (band + 1) + band];
        }
        for row in (0..n).rev() {
            let first = row.saturating_sub(band);
            y[row] /= self.factor[row * (band + 1) + band];
            let value = y[row];
            let l = &self.factor[row * (band + 1) + band + first - row..row * (band + 1) + band];
            y[first..row].iter_mut().zip(l).for_each(|(y, l)| *y -= l * value);
        }
        self.order.iter().zip(&y).for_each(|(at, y)| v[*at] = *y);
    }
}

/// Cholesky factor in place, row by row.
fn cholesky(factor: &mut [f64], n: usize, band: usize) -> Result<()> {
    let width = band + 1;
    for row in 0..n {
        let first = row.saturating_sub(band);
        let (done, mine) = factor.split_at_mut(row * width);
        for column in first..row {
            let start = first.max(column.saturating_sub(band));
            let theirs = &done[column * width + band + start - column..column * width + band];
            let ours = &mine[band + start - row..band + column - row];
            let sum = dot(theirs, ours);
            mine[band + column - row] = (mine[band + column - row] - sum) / done[column * width + band];
        }
        let ours = &mine[band + first - row..band];
        let pivot = mine[band] - dot(ours, ours);
        if pivot <= 0.0 || !pivot.is_finite() {
            return Err(SimulationError::NotConverged {
                what: Computation::Factorisation,
                residual: pivot,
                tolerance: 0.0,
                iterations: row,
            });
        }
        mine[band] = pivot.sqrt();
    }
    Ok(())
}
