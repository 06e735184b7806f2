//! The stiffness of a tensor grid of eight-node bricks with incompatible modes, without any matrix.
//!
//! On a rectangular brick the displacements are written in products of ξ, η and ζ, which are orthogonal. The energy then
//! falls into small independent parts, and the incompatible modes of Wilson (1973; Taylor, Beresford and Wilson 1976) can
//! be eliminated by hand: the shear that is linear along its own plane vanishes, and the normal strains linear in one
//! direction see the stiffness with that direction's stress free. Bending of thin layers is exact, nothing locks.

use rayon::prelude::*;

use crate::thermal::stencil::Real;

/// Below this many unknowns a parallel pass costs more than it saves.
const PARALLEL_FROM: usize = 12_000;

/// Elements treated side by side.
const LANES: usize = 8;

type Lane<T> = [T; LANES];

/// Elastic constants of a solid that is the same in x and y: C11 = C22, C33, C12, C13 = C23, C44 = C55, C66, Pa.
pub(crate) type Constants = [f32; 6];

/// Stiffness on one grid. Node (i, j, k), component c is stored at `((j * (nz + 1) + k) * 3 + c) * (nx + 1) + i`.
#[derive(Debug, Clone)]
pub(crate) struct Operator {
    /// Elements in x, y, z.
    pub shape: [usize; 3],
    /// Element widths, metres.
    pub widths: [Vec<f32>; 3],
    /// Constants of every element by constant: `constants[n][(j * nz + k) * nx + i]`; zero in voids.
    pub constants: [Vec<f32>; 6],
    /// Plane-stress constants made of them, set by [`Self::hold`]: ζ (xx, xy), then ξ and η (own plane, coupling, z).
    pub flat: [Vec<f32>; 5],
    /// One for free unknowns, zero for held ones and in voids.
    pub free: Vec<f32>,
    /// Unknowns that a symmetry plane or a support holds at zero.
    pub held: Vec<bool>,
}

/// What every lane of elements needs, from constants and widths; volumes carry the 1/64 of the two transforms.
struct Stiffness<T> {
    a: [Lane<T>; 3],
    c: [Lane<T>; 6],
    /// Plane-stress constants for ζ (xx, xy) and for ξ and η (own plane, coupling, z).
    flat: [Lane<T>; 2],
    bent: [Lane<T>; 3],
    volume: Lane<T>,
}

impl Operator {
    pub fn nodes(&self) -> [usize; 3] {
        self.shape.map(|n| n + 1)
    }

    /// Unknowns in a slab of nodes of equal j.
    pub fn slab(&self) -> usize {
        3 * (self.shape[0] + 1) * (self.shape[2] + 1)
    }

    pub fn len(&self) -> usize {
        self.slab() * (self.shape[1] + 1)
    }

    /// Index of a node's first component; the others follow at distances of `nx + 1`.
    pub fn index(&self, i: usize, j: usize, k: usize) -> usize {
        (j * (self.shape[2] + 1) + k) * 3 * (self.shape[0] + 1) + i
    }

    pub fn element(&self, i: usize, j: usize, k: usize) -> usize {
        (j * self.shape[2] + k) * self.shape[0] + i
    }

    /// Sets which unknowns are held; nodes without any solid around them are not free either.
    pub fn hold(&mut self, held: Vec<bool>) {
        self.free = vec![0.0; self.len()];
        let elements = self.constants[0].len();
        self.flat = std::array::from_fn(|_| vec![0.0; elements]);
        for e in 0..elements {
            let derived = condensed(&std::array::from_fn(|n| self.constants[n][e]));
            (0..5).for_each(|n| self.flat[n][e] = derived[n]);
        }
        let [nx, ny, nz] = self.shape;
        for j in 0..ny {
            for k in 0..nz {
                for i in 0..nx {
                    if self.constants[0][self.element(i, j, k)] <= 0.0 {
                        continue;
                    }
                    for corner in 0..8usize {
                        let at = self.index(i + (corner & 1), j + (corner >> 1 & 1), k + (corner >> 2));
                        (0..3).for_each(|c| self.free[at + c * (nx + 1)] = 1.0);
                    }
                }
            }
        }
        self.free.iter_mut().zip(&held).filter(|(_, held)| **held).for_each(|(free, _)| *free = 0.0);
        self.held = held;
    }

    /// `out = A·v`, zero at fixed unknowns. Even and odd slabs of elements take turns, so that no two write one node.
    pub fn apply<T: Real>(&self, v: &[T], out: &mut [T]) {
        let slab = self.slab();
        out.fill(T::from(0.0));
        for parity in 0..2 {
            let work = |(n, part): (usize, &mut [T])| {
                let j = 2 * n + parity;
                if j < self.shape[1] {
                    let (low, high) = part.split_at_mut(slab);
                    self.apply_slab(j, v, low, high);
                }
            };
            let target = &mut out[parity * slab..];
            if self.len() < PARALLEL_FROM {
                target.chunks_mut(2 * slab).enumerate().for_each(work);
            } else {
                target.par_chunks_mut(2 * slab).enumerate().for_each(work);
            }
        }
        for (value, free) in out.iter_mut().zip(&self.free) {
            *value = *value * T::from(*free);
        }
    }

    fn apply_slab<T: Real>(&self, j: usize, v: &[T], low: &mut [T], high: &mut [T]) {
        let [nx, _, nz] = self.shape;
        let (row, slab) = (nx + 1, self.slab());
        for k in 0..nz {
            let starts = [j * slab + 3 * k * row, (j + 1) * slab + 3 * k * row];
            for first in (0..nx).step_by(LANES) {
                let count = LANES.min(nx - first);
                let mut modes = [[[T::from(0.0); LANES]; 8]; 3];
                for (c, modes) in modes.iter_mut().enumerate() {
                    let read = |y: usize, z: usize, lane: &mut [Lane<T>; 2]| {
                        let at = starts[y] + (3 * z + c) * row + first;
                        let values = &v[at..at + count + 1];
                        for l in 0..count {
                            lane[0][l] = values[l + 1] + values[l];
                            lane[1][l] = values[l + 1] - values[l];
                        }
                    };
                    transform(modes, read);
                }
                let stiffness = self.stiffness(first, count, j, k);
                let forces = stiffness.forces(&modes);
                for (c, force) in forces.iter().enumerate() {
                    scatter(force, |y, z, lane| {
                        let target = if y == 0 { &mut *low } else { &mut *high };
                        let at = 3 * k * row + (3 * z + c) * row + first;
                        for l in 0..count {
                            target[at + l] += lane[0][l] - lane[1][l];
                        }
                        for l in 0..count {
                            target[at + l + 1] += lane[0][l] + lane[1][l];
                        }
                    });
                }
            }
        }
    }

    #[inline(always)]
    fn stiffness<T: Real>(&self, first: usize, count: usize, j: usize, k: usize) -> Stiffness<T> {
        let zero = [T::from(0.0); LANES];
        let mut s = Stiffness { a: [zero; 3], c: [zero; 6], flat: [zero; 2], bent: [zero; 3], volume: zero };
        let at = self.element(first, j, k);
        let (hy, hz) = (self.widths[1][j], self.widths[2][k]);
        for l in 0..count {
            let hx = self.widths[0][first + l];
            s.a[0][l] = T::from(2.0 / hx);
            s.a[1][l] = T::from(2.0 / hy);
            s.a[2][l] = T::from(2.0 / hz);
            s.volume[l] = T::from(hx * hy * hz / 64.0);
        }
        let copy = |from: &[f32], to: &mut Lane<T>| {
            for (to, from) in to.iter_mut().zip(&from[at..at + count]) {
                *to = T::from(*from);
            }
        };
        (0..6).for_each(|n| copy(&self.constants[n], &mut s.c[n]));
        (0..2).for_each(|n| copy(&self.flat[n], &mut s.flat[n]));
        (0..3).for_each(|n| copy(&self.flat[n + 2], &mut s.bent[n]));
        s
    }

    /// Adds the nodal forces that an initial strain (in-plane, z) of every element causes.
    pub fn add_strain_load(&self, strain: impl Fn(usize) -> [f64; 2], out: &mut [f64]) {
        let [nx, ny, nz] = self.shape;
        for j in 0..ny {
            for k in 0..nz {
                for i in 0..nx {
                    let element = self.element(i, j, k);
                    let [plane, upright] = strain(element);
                    let c: [f64; 6] = std::array::from_fn(|n| f64::from(self.constants[n][element]));
                    let h = [self.widths[0][i], self.widths[1][j], self.widths[2][k]].map(f64::from);
                    let in_plane = (c[0] + c[2]) * plane + c[3] * upright;
                    let stress = [in_plane, in_plane, 2.0 * c[3] * plane + c[1] * upright];
                    for corner in 0..8usize {
                        let at = self.index(i + (corner & 1), j + (corner >> 1 & 1), k + (corner >> 2));
                        for d in 0..3 {
                            let sign = if corner >> d & 1 == 1 { 1.0 } else { -1.0 };
                            let area = h[(d + 1) % 3] * h[(d + 2) % 3];
                            out[at + d * (nx + 1)] += sign * 0.25 * area * stress[d];
                        }
                    }
                }
            }
        }
        out.iter_mut().zip(&self.free).for_each(|(f, free)| *f *= f64::from(*free));
    }

    /// Response of an element to a unit displacement of its upper right back node: for components c and c', force at the
    /// node itself and at the node below it.
    pub fn corner_blocks(&self, i: usize, j: usize, k: usize) -> [[[f32; 3]; 3]; 2] {
        let stiffness = self.stiffness::<f32>(i, 1, j, k);
        let mut blocks = [[[0.0; 3]; 3]; 2];
        for c in 0..3 {
            let mut modes = [[[0.0f32; LANES]; 8]; 3];
            modes[c].iter_mut().for_each(|m| m[0] = 1.0);
            let forces = stiffness.forces(&modes);
            for (other, force) in forces.iter().enumerate() {
                blocks[0][c][other] = (0..8).map(|m| force[m][0]).sum();
                blocks[1][c][other] = (0..8).map(|m| if m & 4 == 0 { force[m][0] } else { -force[m][0] }).sum();
            }
        }
        blocks
    }
}

/// Plane-stress constants: ζ (xx, xy), then ξ and η (own plane, coupling to z, z). Zero in voids.
fn condensed(c: &Constants) -> [f32; 5] {
    if c[0] <= 0.0 || c[1] <= 0.0 {
        return [0.0; 5];
    }
    let z = c[3] * c[3] / c[1];
    let coupling = c[2] / c[0];
    [c[0] - z, c[2] - z, c[0] - c[2] * coupling, c[3] - c[3] * coupling, c[1] - c[3] * c[3] / c[0]]
}

/// From the four rows of nodes to the eight products: index bits are ξ = 1, η = 2, ζ = 4.
#[inline(always)]
fn transform<T: Real>(modes: &mut [Lane<T>; 8], read: impl Fn(usize, usize, &mut [Lane<T>; 2])) {
    let zero = [T::from(0.0); LANES];
    let mut rows = [[zero; 2]; 4];
    for (n, row) in rows.iter_mut().enumerate() {
        read(n & 1, n >> 1, row);
    }
    for x in 0..2 {
        for l in 0..LANES {
            let (a, b, c, d) = (rows[0][x][l], rows[1][x][l], rows[2][x][l], rows[3][x][l]);
            let (low_sum, low_difference, high_sum, high_difference) = (b + a, b - a, d + c, d - c);
            modes[x][l] = high_sum + low_sum;
            modes[x + 2][l] = high_difference + low_difference;
            modes[x + 4][l] = high_sum - low_sum;
            modes[x + 6][l] = high_difference - low_difference;
        }
    }
}

/// The transposed way back.
#[inline(always)]
fn scatter<T: Real>(forces: &[Lane<T>; 8], mut write: impl FnMut(usize, usize, &[Lane<T>; 2])) {
    for z in 0..2 {
        for y in 0..2 {
            let mut lane = [[T::from(0.0); LANES]; 2];
            for x in 0..2 {
                for l in 0..LANES {
                    let (s, e, t, b) = (forces[x][l], forces[x + 2][l], forces[x + 4][l], forces[x + 6][l]);
                    let low = if y == 0 { s - e } else { s + e };
                    let high = if y == 0 { t - b } else { t + b };
                    lane[x][l] = if z == 0 { low - high } else { low + high };
                }
            }
            write(y, z, &lane);
        }
    }
}

impl<T: Real> Stiffness<T> {
    /// Generalised forces of the modes of all three components.
    #[inline(always)]
    fn forces(&self, m: &[[Lane<T>; 8]; 3]) -> [[Lane<T>; 8]; 3] {
        let mut f = [[[T::from(0.0); LANES]; 8]; 3];
        let (third, ninth) = (T::from(1.0 / 3.0), T::from(1.0 / 9.0));
        for l in 0..LANES {
            let (ax, ay, az) = (self.a[0][l], self.a[1][l], self.a[2][l]);
            let [c11, c33, c12, c13, c44, c66]: [T; 6] = std::array::from_fn(|n| self.c[n][l]);
            let (fa, fb) = (self.flat[0][l], self.flat[1][l]);
            let (p, q, r) = (self.bent[0][l], self.bent[1][l], self.bent[2][l]);
            let v = self.volume[l];
            let (v3, v9) = (v * third, v * ninth);
            let u = |c: usize, n: usize| m[c][n][l];
            // Constant strains.
            let (exx, eyy, ezz) = (ax * u(0, 1), ay * u(1, 2), az * u(2, 4));
            let sxx = v * (c11 * exx + c12 * eyy + c13 * ezz);
            let syy = v * (c12 * exx + c11 * eyy + c13 * ezz);
            let szz = v * (c13 * (exx + eyy) + c33 * ezz);
            let sxy = v * c66 * (ay * u(0, 2) + ax * u(1, 1));
            let sxz = v * c44 * (az * u(0, 4) + ax * u(2, 1));
            let syz = v * c44 * (az * u(1, 4) + ay * u(2, 2));
            // Strains linear in ζ, η and ξ.
            let (zx, zy) = (ax * u(0, 5), ay * u(1, 6));
            let txy = v3 * c66 * (ay * u(0, 6) + ax * u(1, 5));
            let (hx, hz) = (ax * u(0, 3), az * u(2, 6));
            let txz = v3 * c44 * (az * u(0, 6) + ax * u(2, 3));
            let (gy, gz) = (ay * u(1, 3), az * u(2, 5));
            let tyz = v3 * c44 * (az * u(1, 5) + ay * u(2, 3));
            let (xx, yy, zz) = (ax * ax, ay * ay, az * az);
            f[0][1][l] = ax * sxx;
            f[0][2][l] = ay * sxy;
            f[0][3][l] = v3 * ax * (p * hx + q * hz);
            f[0][4][l] = az * sxz;
            f[0][5][l] = v3 * ax * (fa * zx + fb * zy);
            f[0][6][l] = ay * txy + az * txz;
            f[0][7][l] = v9 * u(0, 7) * (xx * p + yy * c66 + zz * c44);
            f[1][1][l] = ax * sxy;
            f[1][2][l] = ay * syy;
            f[1][3][l] = v3 * ay * (p * gy + q * gz);
            f[1][4][l] = az * syz;
            f[1][5][l] = ax * txy + az * tyz;
            f[1][6][l] = v3 * ay * (fb * zx + fa * zy);
            f[1][7][l] = v9 * u(1, 7) * (yy * p + xx * c66 + zz * c44);
            f[2][1][l] = ax * sxz;
            f[2][2][l] = ay * syz;
            f[2][3][l] = ax * txz + ay * tyz;
            f[2][4][l] = az * szz;
            f[2][5][l] = v3 * az * (q * gy + r * gz);
            f[2][6][l] = v3 * az * (q * hx + r * hz);
            f[2][7][l] = v9 * u(2, 7) * (zz * r + (xx + yy) * c44);
        }
        f
    }
}
