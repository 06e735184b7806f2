//! A solid that is heated evenly: displacements, warpage and stresses.

use super::multigrid::Multigrid;
use super::operator::{Constants, Operator};
use crate::error::{Result, SimulationError};
use crate::grid::{Grid, Region};
use crate::reason::Reason;
use crate::thermal::stencil::dot;
use crate::thermal::{Convergence, Tolerance};

/// How a material deforms at one temperature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Solid {
    /// Young's modulus in x and y, Pa.
    pub modulus: f64,
    /// Young's modulus in z, Pa.
    pub modulus_z: f64,
    /// Poisson's ratio.
    pub poisson: f64,
    /// Free strain since the stress-free state, in-plane and in z.
    pub strain: [f64; 2],
}

impl Solid {
    /// C11, C33, C12, C13, C44, C66 of a solid with one axis of symmetry; Poisson's ratio and shear modulus out of the
    /// plane with the geometric mean of the moduli.
    pub(crate) fn constants(&self) -> Constants {
        let (e, z, nu) = (self.modulus, self.modulus_z, self.poisson);
        let mean = (e * z).sqrt();
        let (s11, s12, s13, s33) = (1.0 / e, -nu / e, -nu / mean, 1.0 / z);
        // Inverse of the compliance [[s11 s12 s13] [s12 s11 s13] [s13 s13 s33]].
        let sum = s33 * (s11 + s12) - 2.0 * s13 * s13;
        let c33 = (s11 + s12) / sum;
        let c13 = -s13 / sum;
        let (plus, minus) = (s33 / sum, 1.0 / (s11 - s12));
        let (shear_out, shear_in) = (mean / (2.0 * (1.0 + nu)), e / (2.0 * (1.0 + nu)));
        [0.5 * (plus + minus), c33, 0.5 * (plus - minus), c13, shear_out, shear_in].map(|v| v as f32)
    }

    /// Refuses what no solid can be; `number` is its place among the solids.
    pub(super) fn check(&self, number: usize) -> Result<()> {
        let good = self.modulus > 0.0 && self.modulus_z > 0.0 && (-0.9..0.499).contains(&self.poisson);
        if good && self.strain.iter().all(|s| s.is_finite()) {
            return Ok(());
        }
        Err(SimulationError::field(format!("solids[{number}]"), "modulus or Poisson's ratio out of range"))
    }
}

/// Which planes mirror the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Symmetry {
    /// The lowest x plane is a mirror.
    pub x: bool,
    /// The lowest y plane is a mirror.
    pub y: bool,
}

/// Everything a mechanical run needs. Nothing holds the body but its mirrors.
#[derive(Debug, Clone, PartialEq)]
pub struct SolidBody {
    /// The grid.
    pub grid: Grid,
    /// For every cell zero (void) or one plus an index into `solids`.
    pub cells: Vec<u16>,
    /// The materials.
    pub solids: Vec<Solid>,
    /// Mirrors.
    pub symmetry: Symmetry,
}

/// What acts on a body.
#[derive(Clone, Copy)]
pub struct Loading<'a> {
    /// Free strain (in-plane, z) of every element.
    pub strain: &'a dyn Fn(usize) -> [f64; 2],
    /// Force on node (i, j, k), N.
    pub forces: Option<&'a dyn Fn([usize; 3]) -> [f64; 3]>,
    /// Which components of node (i, j, k) a support holds.
    pub held: &'a dyn Fn([usize; 3]) -> [bool; 3],
}

impl Loading<'_> {
    /// Nothing acts and nothing holds.
    pub fn none() -> Self {
        Self { strain: &|_| [0.0; 2], forces: None, held: &|_| [false; 3] }
    }
}

/// A hierarchy with the motions that nothing holds.
struct Prepared {
    multigrid: Multigrid,
    modes: Vec<Vec<f64>>,
}

impl Prepared {
    fn solve(&mut self, loading: &Loading, start: Option<&Deformed>, tolerance: Tolerance) -> Result<Deformed> {
        let operator = self.multigrid.operator();
        let n = operator.len();
        let mut load = vec![0.0; n];
        operator.add_strain_load(loading.strain, &mut load);
        if let Some(forces) = loading.forces {
            let [px, py, pz] = operator.nodes();
            for (j, k, i) in (0..py).flat_map(|j| (0..pz).flat_map(move |k| (0..px).map(move |i| (j, k, i)))) {
                for (c, force) in forces([i, j, k]).iter().enumerate() {
                    let at = operator.index(i, j, k) + c * px;
                    load[at] += force * f64::from(operator.free[at]);
                }
            }
        }
        let mut displacement = start.map_or_else(|| vec![0.0; n], |last| last.displacement.clone());
        let convergence = self.multigrid.solve(&load, &mut displacement, &self.modes, tolerance)?;
        Ok(Deformed { nodes: self.multigrid.operator().nodes(), displacement, convergence })
    }
}

/// Displacements of all nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Deformed {
    /// Nodes in x, y, z.
    pub nodes: [usize; 3],
    /// Component c of node (i, j, k) at `((j * nz + k) * 3 + c) * nx + i` with the numbers of nodes; metres.
    pub displacement: Vec<f64>,
    /// Iterations and residual.
    pub convergence: Convergence,
}

impl Deformed {
    /// Displacement of a node, metres.
    pub fn at(&self, i: usize, j: usize, k: usize) -> [f64; 3] {
        let [nx, _, nz] = self.nodes;
        std::array::from_fn(|c| self.displacement[((j * nz + k) * 3 + c) * nx + i])
    }
}

/// Stress in the middle of an element, Pa: xx, yy, zz, xy, xz, yz.
pub type Stress = [f64; 6];

/// Von Mises' equivalent of a stress, Pa.
pub fn equivalent(s: &Stress) -> f64 {
    let normal = (s[0] - s[1]).powi(2) + (s[1] - s[2]).powi(2) + (s[2] - s[0]).powi(2);
    (0.5 * normal + 3.0 * (s[3] * s[3] + s[4] * s[4] + s[5] * s[5])).sqrt()
}

/// Largest principal stress, Pa (closed form for symmetric 3×3; Smith 1961).
pub fn largest_principal(s: &Stress) -> f64 {
    let off = s[3] * s[3] + s[4] * s[4] + s[5] * s[5];
    let mean = (s[0] + s[1] + s[2]) / 3.0;
    let [a, b, c] = [s[0] - mean, s[1] - mean, s[2] - mean];
    let p = ((a * a + b * b + c * c + 2.0 * off) / 6.0).sqrt();
    if p == 0.0 {
        return mean;
    }
    let [a, b, c, d, e, f] = [a / p, b / p, c / p, s[3] / p, s[4] / p, s[5] / p];
    let half = 0.5 * (a * (b * c - f * f) - d * (d * c - f * e) + e * (d * f - b * e));
    mean + 2.0 * p * (half.clamp(-1.0, 1.0).acos() / 3.0).cos()
}

impl SolidBody {
    /// The stiffness; `held` says which components of a node stand still beside those that mirrors hold.
    fn operator(&self, held_by_supports: &dyn Fn([usize; 3]) -> [bool; 3]) -> Result<Operator> {
        let shape = self.grid.shape();
        if self.cells.len() != self.grid.len() || self.cells.iter().any(|c| usize::from(*c) > self.solids.len()) {
            return Err(SimulationError::field("cells", "every cell needs a known material"));
        }
        self.solids.iter().enumerate().try_for_each(|(n, solid)| solid.check(n))?;
        let table: Vec<Constants> = self.solids.iter().map(Solid::constants).collect();
        let narrow = |w: Vec<f64>| w.iter().map(|v| *v as f32).collect::<Vec<f32>>();
        let of = |n: usize| {
            let value = |c: &u16| if *c == 0 { 0.0 } else { table[usize::from(*c) - 1][n] };
            self.cells.iter().map(value).collect::<Vec<f32>>()
        };
        let mut operator = Operator {
            shape,
            widths: [narrow(self.grid.x.widths()), narrow(self.grid.y.widths()), narrow(self.grid.z.widths())],
            constants: std::array::from_fn(of),
            flat: Default::default(),
            free: vec![],
            held: vec![],
        };
        let mut held = vec![false; operator.len()];
        let [px, py, pz] = operator.nodes();
        for j in 0..py {
            for k in 0..pz {
                for i in 0..px {
                    let at = operator.index(i, j, k);
                    let supports = held_by_supports([i, j, k]);
                    held[at] = supports[0] || (self.symmetry.x && i == 0);
                    held[at + px] = supports[1] || (self.symmetry.y && j == 0);
                    held[at + 2 * px] = supports[2];
                }
            }
        }
        operator.hold(held);
        self.check_connected(&operator)?;
        Ok(operator)
    }

    /// Refuses a body in several pieces: each would float.
    fn check_connected(&self, operator: &Operator) -> Result<()> {
        let [nx, ny, nz] = operator.shape;
        let solid = |e: usize| self.cells[e] != 0;
        let Some(first) = (0..self.cells.len()).find(|e| solid(*e)) else {
            return Err(SimulationError::field("package", Reason::NothingToDeform));
        };
        let mut seen = vec![false; self.cells.len()];
        seen[first] = true;
        let mut stack = vec![first];
        while let Some(e) = stack.pop() {
            let (i, k, j) = (e % nx, e / nx % nz, e / (nx * nz));
            let neighbours = [
                (i > 0).then(|| e - 1),
                (i + 1 < nx).then(|| e + 1),
                (k > 0).then(|| e - nx),
                (k + 1 < nz).then(|| e + nx),
                (j > 0).then(|| e - nx * nz),
                (j + 1 < ny).then(|| e + nx * nz),
            ];
            for next in neighbours.into_iter().flatten() {
                if solid(next) && !seen[next] {
                    seen[next] = true;
                    stack.push(next);
                }
            }
        }
        match (0..seen.len()).find(|e| solid(*e) && !seen[*e]) {
            None => Ok(()),
            Some(e) => {
                let at = self.grid.centre(e % nx, e / (nx * nz), e / nx % nz).map(|v| v * 1e3);
                let reason = Reason::Floats { x_mm: at[0], y_mm: at[1], z_mm: at[2] };
                Err(SimulationError::field("package", reason))
            }
        }
    }

    /// Solves for the displacements.
    ///
    /// # Errors
    /// For a body in pieces, materials out of range, or a run that does not converge.
    pub fn solve(&self, tolerance: Tolerance) -> Result<Deformed> {
        Ok(self.solve_all(std::slice::from_ref(&self.solids), tolerance)?.remove(0))
    }

    /// Solves the same body with other materials in turn (temperatures of a profile); each starts from the last. The
    /// hierarchy is kept while only strains differ.
    ///
    /// # Errors
    /// As [`Self::solve`].
    pub fn solve_all(&self, states: &[Vec<Solid>], tolerance: Tolerance) -> Result<Vec<Deformed>> {
        let mut out: Vec<Deformed> = Vec::with_capacity(states.len());
        let mut kept: Option<(Vec<Constants>, Prepared)> = None;
        for state in states {
            let body = Self { solids: state.clone(), ..self.clone() };
            let constants: Vec<Constants> = state.iter().map(Solid::constants).collect();
            let mut prepared = match kept.take() {
                Some((old, prepared)) if old == constants => prepared,
                _ => body.prepare(&|_| [false; 3])?,
            };
            let loading = Loading { strain: &|e| body.free_strain(e), ..Loading::none() };
            out.push(prepared.solve(&loading, out.last(), tolerance)?);
            kept = Some((constants, prepared));
        }
        Ok(out)
    }

    /// Solves with a free strain (in-plane, z) of its own for every element, as an uneven temperature causes, instead of the
    /// materials'.
    ///
    /// # Errors
    /// As [`Self::solve`].
    pub fn solve_strained(&self, strain: &dyn Fn(usize) -> [f64; 2], tolerance: Tolerance) -> Result<Deformed> {
        self.solve_loaded(&Loading { strain, ..Loading::none() }, tolerance)
    }

    /// Solves under free strains, forces and supports.
    ///
    /// # Errors
    /// As [`Self::solve`]. Forces that would set a body moving which nothing holds are not refused: only their part that
    /// deforms it counts.
    pub fn solve_loaded(&self, loading: &Loading, tolerance: Tolerance) -> Result<Deformed> {
        self.prepare(loading.held)?.solve(loading, None, tolerance)
    }

    /// Free strain of an element's material; none in voids.
    pub fn free_strain(&self, element: usize) -> [f64; 2] {
        match self.cells[element] {
            0 => [0.0; 2],
            material => self.solids[usize::from(material) - 1].strain,
        }
    }

    fn prepare(&self, held: &dyn Fn([usize; 3]) -> [bool; 3]) -> Result<Prepared> {
        let operator = self.operator(held)?;
        let modes = self.rigid_modes(&operator);
        Ok(Prepared { multigrid: Multigrid::new(operator)?, modes })
    }

    /// Rigid motions that mirrors and supports leave free, orthonormal.
    fn rigid_modes(&self, operator: &Operator) -> Vec<Vec<f64>> {
        let centre = [&self.grid.x, &self.grid.y, &self.grid.z].map(|a| 0.5 * (a.start() + a.end()));
        let size = self.grid.x.end() - self.grid.x.start();
        let [px, py, pz] = operator.nodes();
        // Three shifts and three turns of a node.
        let motions = |i: usize, j: usize, k: usize| -> [[f64; 3]; 6] {
            let place = [self.grid.x.planes()[i], self.grid.y.planes()[j], self.grid.z.planes()[k]];
            let [x, y, z] = std::array::from_fn(|d| (place[d] - centre[d]) / size);
            [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [-y, x, 0.0], [z, 0.0, -x], [0.0, -z, y]]
        };
        let nodes = || (0..py).flat_map(|j| (0..pz).flat_map(move |k| (0..px).map(move |i| (i, j, k))));
        // How much each combination of motions moves what is held: those that move nothing are free.
        let (mut resistance, mut count) = (vec![vec![0.0; 6]; 6], 0.0);
        for (i, j, k) in nodes() {
            let moved = motions(i, j, k);
            for c in (0..3).filter(|c| operator.held[operator.index(i, j, k) + c * px]) {
                count += 1.0;
                for (row, a) in resistance.iter_mut().zip(&moved) {
                    row.iter_mut().zip(&moved).for_each(|(value, b)| *value += a[c] * b[c]);
                }
            }
        }
        let (values, combinations) = crate::small_matrix::modes(&resistance);
        let mut modes: Vec<Vec<f64>> = Vec::new();
        for (_, shares) in values.iter().zip(&combinations).filter(|(value, _)| **value <= 1e-9 * count) {
            let mut mode = vec![0.0; operator.len()];
            for (i, j, k) in nodes() {
                let moved = motions(i, j, k);
                for c in 0..3 {
                    let at = operator.index(i, j, k) + c * px;
                    let motion: f64 = shares.iter().zip(&moved).map(|(share, motion)| share * motion[c]).sum();
                    mode[at] = motion * f64::from(operator.free[at]);
                }
            }
            for other in &modes {
                let amount = dot(other, &mode);
                mode.iter_mut().zip(other).for_each(|(m, o)| *m -= amount * o);
            }
            let norm = dot(&mode, &mode).sqrt();
            mode.iter_mut().for_each(|m| *m /= norm);
            modes.push(mode);
        }
        modes
    }

    /// Stress in the middle of an element; zero in voids.
    pub fn stress(&self, deformed: &Deformed, i: usize, j: usize, k: usize) -> Stress {
        self.stress_with(deformed, self.free_strain(self.grid.index(i, j, k)), [i, j, k])
    }

    /// Stress in the middle of an element that has a free strain (in-plane, z) of its own.
    pub fn stress_with(&self, deformed: &Deformed, free: [f64; 2], [i, j, k]: [usize; 3]) -> Stress {
        let material = self.cells[self.grid.index(i, j, k)];
        if material == 0 {
            return [0.0; 6];
        }
        stress_of(&self.solids[usize::from(material) - 1], &self.strain(deformed, i, j, k), free)
    }

    /// Total strain in the middle of an element: xx, yy, zz and shear angles xy, xz, yz.
    pub fn strain(&self, deformed: &Deformed, i: usize, j: usize, k: usize) -> Stress {
        let h = [self.grid.x.width(i), self.grid.y.width(j), self.grid.z.width(k)];
        let mut gradient = [[0.0; 3]; 3];
        for corner in 0..8usize {
            let u = deformed.at(i + (corner & 1), j + (corner >> 1 & 1), k + (corner >> 2));
            for (d, h) in h.iter().enumerate() {
                let sign = if corner >> d & 1 == 1 { 0.25 } else { -0.25 };
                (0..3).for_each(|c| gradient[c][d] += sign * u[c] / h);
            }
        }
        let g = gradient;
        [g[0][0], g[1][1], g[2][2], g[0][1] + g[1][0], g[0][2] + g[2][0], g[1][2] + g[2][1]]
    }

    /// Vertical displacement of a horizontal plane over a rectangle, less its best-fitting plane: (x, y, w) in metres.
    pub fn shape_of_plane(&self, deformed: &Deformed, height: f64, region: &Region) -> Vec<[f64; 3]> {
        let planes = self.grid.z.planes();
        let distance = |k: &usize| (planes[*k] - height).abs();
        let k = (0..planes.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0);
        let mut points = Vec::new();
        for (j, y) in self.grid.y.planes().iter().enumerate() {
            for (i, x) in self.grid.x.planes().iter().enumerate() {
                let slack = 1e-9;
                let inside = *x >= region.low[0] - slack
                    && *x <= region.high[0] + slack
                    && *y >= region.low[1] - slack
                    && *y <= region.high[1] + slack;
                if inside {
                    points.push([*x, *y, deformed.at(i, j, k)[2]]);
                }
            }
        }
        // A mirrored body has no tilt towards its mirrors; only free directions are fitted.
        subtract_plane(&mut points, !self.symmetry.x, !self.symmetry.y);
        points
    }
}

/// Stress of a solid under a strain (shear as angles), of which a part (in-plane, z) is free.
pub(super) fn stress_of(solid: &Solid, strain: &Stress, free: [f64; 2]) -> Stress {
    let [xx, yy, zz, xy, xz, yz] = *strain;
    let [c11, c33, c12, c13, c44, c66] = solid.constants().map(f64::from);
    let (xx, yy, zz) = (xx - free[0], yy - free[0], zz - free[1]);
    [
        c11 * xx + c12 * yy + c13 * zz,
        c12 * xx + c11 * yy + c13 * zz,
        c13 * (xx + yy) + c33 * zz,
        c66 * xy,
        c44 * xz,
        c44 * yz,
    ]
}

/// Takes the least-squares plane (with or without tilt in x and y) out of points.
fn subtract_plane(points: &mut [[f64; 3]], tilt_x: bool, tilt_y: bool) {
    let n = points.len().max(1) as f64;
    let mean: [f64; 3] = std::array::from_fn(|d| points.iter().map(|p| p[d]).sum::<f64>() / n);
    let sums = points.iter().fold([0.0; 5], |s, p| {
        let [x, y, w] = std::array::from_fn(|d| p[d] - mean[d]);
        [s[0] + x * x, s[1] + x * y, s[2] + y * y, s[3] + x * w, s[4] + y * w]
    });
    let (a, b) = match (tilt_x, tilt_y) {
        (true, true) => {
            let determinant = (sums[0] * sums[2] - sums[1] * sums[1]).max(f64::MIN_POSITIVE);
            (
                (sums[3] * sums[2] - sums[4] * sums[1]) / determinant,
                (sums[4] * sums[0] - sums[3] * sums[1]) / determinant,
            )
        }
        (true, false) => (sums[3] / sums[0].max(f64::MIN_POSITIVE), 0.0),
        (false, true) => (0.0, sums[4] / sums[2].max(f64::MIN_POSITIVE)),
        (false, false) => (0.0, 0.0),
    };
    for p in points {
        p[2] -= mean[2] + a * (p[0] - mean[0]) + b * (p[1] - mean[1]);
    }
}
