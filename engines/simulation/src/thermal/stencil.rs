//! The seven-point operator: one conductance per cell face and one to the surroundings.

use rayon::prelude::*;

use crate::vectors::widest_vectors;

/// Below this many cells a parallel pass costs more than it saves.
pub(crate) const PARALLEL_FROM: usize = 20_000;

/// `f32` in the preconditioner, `f64` in the conjugate gradients; conductances are `f32` for both.
pub(crate) trait Real:
    Copy
    + Send
    + Sync
    + From<f32>
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::AddAssign
{
}

impl Real for f32 {}
impl Real for f64 {}

/// Conductances in W/K. Heat that leaves one cell enters its neighbour exactly, whatever the rounding of the
/// conductance, because the operator is applied in flux form: the energy balance does not depend on `f32`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stencil {
    pub nx: usize,
    pub ny: usize,
    pub nz: usize,
    /// Towards i + 1; zero in the last cell of a row.
    pub gx: Vec<f32>,
    /// Towards j + 1.
    pub gy: Vec<f32>,
    /// Towards k + 1.
    pub gz: Vec<f32>,
    /// To the surroundings (and to the previous time step, if there is one).
    pub sink: Vec<f32>,
}

/// One row of cells with the rows around it.
struct Row<'a, T> {
    centre: &'a [T],
    y_low: &'a [T],
    y_high: &'a [T],
    z_low: &'a [T],
    z_high: &'a [T],
    gx: &'a [f32],
    gy_low: &'a [f32],
    gy_high: &'a [f32],
    gz_low: &'a [f32],
    gz_high: &'a [f32],
    sink: &'a [f32],
}

impl<T: Real> Row<'_, T> {
    /// `out = A·v` for the row.
    #[inline(always)]
    fn apply(&self, out: &mut [T]) {
        let n = out.len();
        let (c, yl, yh) = (&self.centre[..n], &self.y_low[..n], &self.y_high[..n]);
        let (zl, zh) = (&self.z_low[..n], &self.z_high[..n]);
        let (gyl, gyh) = (&self.gy_low[..n], &self.gy_high[..n]);
        let (gzl, gzh, sink, gx) = (&self.gz_low[..n], &self.gz_high[..n], &self.sink[..n], &self.gx[..n]);
        let to = |g: f32, v: T, other: T| T::from(g) * (v - other);
        for i in 0..n {
            let v = c[i];
            out[i] = T::from(sink[i]) * v
                + (to(gyl[i], v, yl[i]) + to(gyh[i], v, yh[i]))
                + (to(gzl[i], v, zl[i]) + to(gzh[i], v, zh[i]));
        }
        if n > 1 {
            out[0] += to(gx[0], c[0], c[1]);
            let (left, right, g_left) = (&c[..n - 2], &c[2..], &gx[..n - 2]);
            let (middle, g_right, inner) = (&c[1..n - 1], &gx[1..n - 1], &mut out[1..n - 1]);
            for i in 0..n - 2 {
                let v = middle[i];
                inner[i] += to(g_left[i], v, left[i]) + to(g_right[i], v, right[i]);
            }
            out[n - 1] += to(gx[n - 2], c[n - 1], c[n - 2]);
        }
    }
}

impl Stencil {
    pub fn new(nx: usize, ny: usize, nz: usize) -> Self {
        let n = nx * ny * nz;
        Self { nx, ny, nz, gx: vec![0.0; n], gy: vec![0.0; n], gz: vec![0.0; n], sink: vec![0.0; n] }
    }

    pub fn len(&self) -> usize {
        self.sink.len()
    }

    /// Cells in a slab of equal j.
    pub fn slab(&self) -> usize {
        self.nx * self.nz
    }

    /// Row `k` of slab `j` of a vector with everything around it; `zeros` is a row of zeros.
    #[inline(always)]
    fn row<'a, T>(&'a self, j: usize, k: usize, v: &'a [T], zeros: &'a [f32]) -> Row<'a, T> {
        let (nx, slab) = (self.nx, self.slab());
        let at = j * slab + k * nx;
        let centre = &v[at..at + nx];
        let around = |inside: bool, at: usize| if inside { &v[at..at + nx] } else { centre };
        Row {
            centre,
            y_low: around(j > 0, at.wrapping_sub(slab)),
            y_high: around(j + 1 < self.ny, at + slab),
            z_low: around(k > 0, at.wrapping_sub(nx)),
            z_high: around(k + 1 < self.nz, at + nx),
            gx: &self.gx[at..at + nx],
            gy_low: if j > 0 { &self.gy[at - slab..at - slab + nx] } else { zeros },
            gy_high: &self.gy[at..at + nx],
            gz_low: if k > 0 { &self.gz[at - nx..at] } else { zeros },
            gz_high: &self.gz[at..at + nx],
            sink: &self.sink[at..at + nx],
        }
    }

    /// `out = A·v` and `v·A·v`.
    pub fn apply_with_dot(&self, v: &[f64], out: &mut [f64]) -> f64 {
        let (slab, zeros) = (self.slab(), vec![0.0f32; self.nx]);
        let work = |(j, out): (usize, &mut [f64])| {
            apply_slab(self, j, v, &zeros, out);
            dot(&v[j * slab..(j + 1) * slab], out)
        };
        if self.len() < PARALLEL_FROM {
            out.chunks_mut(slab).enumerate().map(work).sum()
        } else {
            // Collected first so that the sum does not depend on how the work was split.
            out.par_chunks_mut(slab).enumerate().map(work).collect::<Vec<f64>>().iter().sum()
        }
    }
}

widest_vectors! {
    /// `out = A·v` for slab `j`; `zeros` is a row of zeros.
    fn apply_slab<T: Real>(stencil: &Stencil, j: usize, v: &[T], zeros: &[f32], out: &mut [T]) {
        for (k, out) in out.chunks_exact_mut(stencil.nx).enumerate() {
            stencil.row(j, k, v, zeros).apply(out);
        }
    }
}

widest_vectors! {
    /// `out = right − A·v` for slab `j`, where `right` is that of the slab.
    pub(super) fn residual_slab(stencil: &Stencil, j: usize, right: &[f32], v: &[f32], zeros: &[f32], out: &mut [f32]) {
        let nx = stencil.nx;
        for (k, (out, right)) in out.chunks_exact_mut(nx).zip(right.chunks_exact(nx)).enumerate() {
            stencil.row(j, k, v, zeros).apply(out);
            for (value, right) in out.iter_mut().zip(right) {
                *value = right - *value;
            }
        }
    }
}

widest_vectors! {
    /// Eight running sums, so that the compiler may use vector registers.
    pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
        let mut sums = [0.0; 8];
        let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
        let tail: f64 = a8.remainder().iter().zip(b8.remainder()).map(|(x, y)| x * y).sum();
        for (x, y) in a8.zip(b8) {
            for lane in 0..8 {
                sums[lane] += x[lane] * y[lane];
            }
        }
        sums.iter().sum::<f64>() + tail
    }
}

/// Calls `work` for every slab of `out`, in parallel where that pays.
pub(crate) fn for_each_slab<S: Send>(
    out: &mut [f32],
    slab: usize,
    scratch: impl Fn() -> S + Sync + Send,
    work: impl Fn(&mut S, usize, &mut [f32]) + Sync + Send,
) {
    if out.len() < PARALLEL_FROM {
        let mut scratch = scratch();
        for (j, part) in out.chunks_mut(slab).enumerate() {
            work(&mut scratch, j, part);
        }
    } else {
        out.par_chunks_mut(slab).enumerate().for_each_init(scratch, |scratch, (j, part)| work(scratch, j, part));
    }
}
