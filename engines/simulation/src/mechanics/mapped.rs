//! Bricks of any shape: bodies with curved or tapered sides, whose nodes lie on the true surface.
//!
//! The element is that of the tensor grid, eight nodes with incompatible modes that are eliminated element by element (Taylor,
//! Beresford and Wilson 1976), here by 2 × 2 × 2 Gauss points. The stiffness is assembled; conjugate gradients are
//! preconditioned by a symmetric Gauss–Seidel sweep. For some ten thousand nodes: package runs take the tensor grid.

use super::body::{Deformed, Loading, Solid, Stress, stress_of};
use crate::error::{Computation, Result, SimulationError};
use crate::small_matrix::{Square, inverted};
use crate::thermal::stencil::dot;
use crate::thermal::{Convergence, Tolerance};

/// A block of bricks in three directions, whose nodes stand anywhere.
#[derive(Debug, Clone, PartialEq)]
pub struct MappedBody {
    /// Elements in three directions.
    pub shape: [usize; 3],
    /// Places of the nodes, metres: node (i, j, k) at `(j * (nz + 1) + k) * (nx + 1) + i`. The three directions are
    /// right-handed.
    pub nodes: Vec<[f64; 3]>,
    /// For every element (i, j, k) at `(j * nz + k) * nx + i` an index into `solids`.
    pub cells: Vec<u16>,
    /// The materials; anisotropic ones keep the axes of space.
    pub solids: Vec<Solid>,
}

/// Displacements of the nodes of an element, then its three incompatible modes in three components.
const UNKNOWNS: usize = 33;

/// Those that nodes share.
const NODAL: usize = 24;

/// Blocks of a node with itself and its neighbours.
const NEIGHBOURS: usize = 27;

type Matrix = [[f64; UNKNOWNS]; UNKNOWNS];

/// Rows of blocks: `blocks[27 * node + neighbour]`, neighbours in the order of nodes.
struct Assembled {
    nodes: [usize; 3],
    blocks: Vec<Square>,
    /// Inverse of every node's own block.
    inverse: Vec<Square>,
}

impl MappedBody {
    /// Solves under free strains, forces and supports; supports have to hold the body.
    ///
    /// # Errors
    /// Places or materials that make no sense, an element turned inside out, or a run that does not converge.
    pub fn solve(&self, loading: &Loading, tolerance: Tolerance) -> Result<Deformed> {
        self.check()?;
        let points = self.shape.map(|n| n + 1);
        let count = points.iter().product::<usize>();
        let mut blocks = vec![[0.0; 9]; NEIGHBOURS * count];
        let mut load = vec![0.0; 3 * count];
        for [i, j, k] in places(self.shape) {
            let element = self.element(i, j, k);
            let (matrix, thermal) = self.stiffness([i, j, k], (loading.strain)(element))?;
            let corners = self.corners([i, j, k]);
            for (a, at) in corners.iter().enumerate() {
                (0..3).for_each(|c| load[3 * at + c] += thermal[3 * a + c]);
                for b in 0..8usize {
                    // Where corner b lies from corner a, −1, 0 or 1 in each direction.
                    let step = |d: usize| 1 + (b >> d & 1) - (a >> d & 1);
                    let block = &mut blocks[NEIGHBOURS * at + 9 * step(1) + 3 * step(2) + step(0)];
                    for (n, value) in block.iter_mut().enumerate() {
                        *value += matrix[3 * a + n / 3][3 * b + n % 3];
                    }
                }
            }
        }
        let mut held = vec![false; 3 * count];
        for [i, j, k] in places(points) {
            let at = 3 * self.node(i, j, k);
            let fixed = (loading.held)([i, j, k]);
            let force = loading.forces.map_or([0.0; 3], |forces| forces([i, j, k]));
            for c in 0..3 {
                held[at + c] = fixed[c];
                load[at + c] = if fixed[c] { 0.0 } else { load[at + c] + force[c] };
            }
        }
        let system = Assembled::new(points, blocks, &held);
        let (found, convergence) = system.solve(&load, tolerance)?;
        let mut displacement = vec![0.0; found.len()];
        for [i, j, k] in places(points) {
            for c in 0..3 {
                displacement[((j * points[2] + k) * 3 + c) * points[0] + i] = found[3 * self.node(i, j, k) + c];
            }
        }
        Ok(Deformed { nodes: points, displacement, convergence })
    }

    /// Middle of an element, metres.
    pub fn centre(&self, [i, j, k]: [usize; 3]) -> [f64; 3] {
        let corners = self.corners([i, j, k]);
        std::array::from_fn(|d| corners.iter().map(|at| self.nodes[*at][d]).sum::<f64>() / 8.0)
    }

    /// Stress in the middle of an element that has a free strain (in-plane, z) of its own.
    ///
    /// # Errors
    /// An element turned inside out.
    pub fn stress(&self, deformed: &Deformed, free: [f64; 2], [i, j, k]: [usize; 3]) -> Result<Stress> {
        let corners = self.corners([i, j, k]);
        let jacobian = self.jacobian(&corners, [0.0; 3]);
        let (inverse, _) = self.inverse(&jacobian, [i, j, k])?;
        let mut g = [[0.0; 3]; 3];
        for (corner, slopes) in shape_slopes([0.0; 3]).iter().enumerate() {
            let slopes = turned(&inverse, slopes);
            let u = deformed.at(i + (corner & 1), j + (corner >> 1 & 1), k + (corner >> 2));
            (0..9).for_each(|n| g[n / 3][n % 3] += u[n / 3] * slopes[n % 3]);
        }
        let strain = [g[0][0], g[1][1], g[2][2], g[0][1] + g[1][0], g[0][2] + g[2][0], g[1][2] + g[2][1]];
        Ok(stress_of(self.solid([i, j, k]), &strain, free))
    }

    fn check(&self) -> Result<()> {
        let [nodes, elements] = [1, 0].map(|more| self.shape.map(|n| n + more).iter().product::<usize>());
        let sized = elements > 0 && self.nodes.len() == nodes && self.cells.len() == elements;
        if !sized || self.nodes.iter().flatten().any(|v| !v.is_finite()) {
            return Err(SimulationError::field("nodes", "every node needs a place, every element a material"));
        }
        if self.cells.iter().any(|c| usize::from(*c) >= self.solids.len()) {
            return Err(SimulationError::field("cells", "every cell needs a known material"));
        }
        self.solids.iter().enumerate().try_for_each(|(n, solid)| solid.check(n))
    }

    fn node(&self, i: usize, j: usize, k: usize) -> usize {
        (j * (self.shape[2] + 1) + k) * (self.shape[0] + 1) + i
    }

    fn element(&self, i: usize, j: usize, k: usize) -> usize {
        (j * self.shape[2] + k) * self.shape[0] + i
    }

    fn solid(&self, [i, j, k]: [usize; 3]) -> &Solid {
        &self.solids[usize::from(self.cells[self.element(i, j, k)])]
    }

    /// Nodes of an element; bit d of the corner's number says whether it is the far one in direction d.
    fn corners(&self, [i, j, k]: [usize; 3]) -> [usize; 8] {
        std::array::from_fn(|c| self.node(i + (c & 1), j + (c >> 1 & 1), k + (c >> 2)))
    }

    /// Change of place (rows) with each natural coordinate (columns).
    fn jacobian(&self, corners: &[usize; 8], at: [f64; 3]) -> Square {
        let slopes = shape_slopes(at);
        std::array::from_fn(|n| (0..8).map(|c| self.nodes[corners[c]][n / 3] * slopes[c][n % 3]).sum())
    }

    fn inverse(&self, jacobian: &Square, element: [usize; 3]) -> Result<(Square, f64)> {
        let (inverse, determinant) = inverted(jacobian);
        if determinant > 0.0 {
            return Ok((inverse, determinant));
        }
        let [x, y, z] = self.centre(element);
        let reason = format!("the element around ({x:.4}, {y:.4}, {z:.4}) m is turned inside out");
        Err(SimulationError::field("nodes", reason))
    }

    /// Stiffness of an element without its incompatible modes (the first [`NODAL`] rows and columns), and the nodal forces of
    /// a free strain.
    fn stiffness(&self, place: [usize; 3], free: [f64; 2]) -> Result<(Matrix, [f64; NODAL])> {
        let corners = self.corners(place);
        let [c11, c33, c12, c13, c44, c66] = self.solid(place).constants().map(f64::from);
        let normal = [[c11, c12, c13], [c12, c11, c13], [c13, c13, c33]];
        let plane = (c11 + c12) * free[0] + c13 * free[1];
        let strained = [plane, plane, 2.0 * c13 * free[0] + c33 * free[1]];
        let middle = self.inverse(&self.jacobian(&corners, [0.0; 3]), place)?;
        let mut matrix = [[0.0; UNKNOWNS]; UNKNOWNS];
        let mut thermal = [0.0; NODAL];
        for point in 0..8usize {
            let at: [f64; 3] = std::array::from_fn(|d| if point >> d & 1 == 1 { GAUSS } else { -GAUSS });
            let (inverse, volume) = self.inverse(&self.jacobian(&corners, at), place)?;
            // Slopes in space of the eight shape functions and of the three modes 1 − ξ², whose share of the volume is fixed by
            // the Jacobian of the middle: then a constant stress does no work on them and the patch test is passed.
            let mut slopes = [[0.0; 3]; UNKNOWNS / 3];
            shape_slopes(at).iter().zip(&mut slopes).for_each(|(own, slopes)| *slopes = turned(&inverse, own));
            for d in 0..3 {
                let own = std::array::from_fn(|e| if e == d { -2.0 * at[d] * middle.1 / volume } else { 0.0 });
                slopes[8 + d] = turned(&middle.0, &own);
            }
            for (a, p) in slopes.iter().enumerate() {
                for (b, q) in slopes.iter().enumerate() {
                    for c in 0..3 {
                        for d in 0..3 {
                            let shear = |c: usize, d: usize| if c + d == 1 { c66 } else { c44 };
                            let own = if c == d {
                                let across = (0..3).filter(|e| *e != c).map(|e| shear(c, e) * p[e] * q[e]).sum::<f64>();
                                normal[c][c] * p[c] * q[c] + across
                            } else {
                                normal[c][d] * p[c] * q[d] + shear(c, d) * p[d] * q[c]
                            };
                            matrix[3 * a + c][3 * b + d] += volume * own;
                        }
                    }
                }
                if a < 8 {
                    (0..3).for_each(|c| thermal[3 * a + c] += volume * p[c] * strained[c]);
                }
            }
        }
        // Modes that no neighbour shares are eliminated, the last first.
        for last in (NODAL..UNKNOWNS).rev() {
            let own = matrix[last];
            for row in matrix.iter_mut().take(last) {
                let share = row[last] / own[last];
                row.iter_mut().zip(&own).take(last).for_each(|(value, own)| *value -= share * own);
            }
        }
        Ok((matrix, thermal))
    }
}

/// Place of the Gauss points of the second order, 1/√3; their weight is one.
const GAUSS: f64 = 0.577_350_269_189_625_8;

/// All triples below a shape.
fn places([nx, ny, nz]: [usize; 3]) -> impl Iterator<Item = [usize; 3]> {
    (0..ny).flat_map(move |j| (0..nz).flat_map(move |k| (0..nx).map(move |i| [i, j, k])))
}

/// Slopes of the eight shape functions in natural coordinates.
fn shape_slopes(at: [f64; 3]) -> [[f64; 3]; 8] {
    std::array::from_fn(|corner| {
        let sign = |d: usize| if corner >> d & 1 == 1 { 1.0 } else { -1.0 };
        let half = |d: usize| 0.5 * (1.0 + sign(d) * at[d]);
        std::array::from_fn(|d| 0.5 * sign(d) * half((d + 1) % 3) * half((d + 2) % 3))
    })
}

/// Slopes in space from those in natural coordinates, by the inverse of the Jacobian.
fn turned(inverse: &Square, slopes: &[f64; 3]) -> [f64; 3] {
    std::array::from_fn(|d| (0..3).map(|e| slopes[e] * inverse[3 * e + d]).sum())
}

impl Assembled {
    /// Held components keep only themselves.
    fn new(nodes: [usize; 3], mut blocks: Vec<Square>, held: &[bool]) -> Self {
        let empty = Self { nodes, blocks: vec![], inverse: vec![] };
        let count = held.len() / 3;
        for at in 0..count {
            for neighbour in 0..NEIGHBOURS {
                let other = empty.neighbour(at, neighbour);
                let block = &mut blocks[NEIGHBOURS * at + neighbour];
                for (n, value) in block.iter_mut().enumerate() {
                    if held[3 * at + n / 3] || held[3 * other + n % 3] {
                        *value = f64::from(u8::from(neighbour == NEIGHBOURS / 2 && n / 3 == n % 3));
                    }
                }
            }
        }
        let inverse = (0..count).map(|at| inverted(&blocks[NEIGHBOURS * at + NEIGHBOURS / 2]).0).collect();
        Self { blocks, inverse, ..empty }
    }

    /// The node that a block couples to. Beyond the border it is any other one, with a block of zeros.
    fn neighbour(&self, at: usize, neighbour: usize) -> usize {
        let [nx, ny, nz] = self.nodes;
        let step = (neighbour / 9 * nz + neighbour / 3 % 3) * nx + neighbour % 3;
        (at + step).saturating_sub((nz + 1) * nx + 1).min(nx * ny * nz - 1)
    }

    /// Sum over some neighbours of a node.
    fn row(&self, at: usize, neighbours: std::ops::Range<usize>, v: &[f64]) -> [f64; 3] {
        let mut sum = [0.0; 3];
        for neighbour in neighbours {
            let other = 3 * self.neighbour(at, neighbour);
            let (block, x) = (&self.blocks[NEIGHBOURS * at + neighbour], &v[other..other + 3]);
            for c in 0..3 {
                sum[c] += block[3 * c] * x[0] + block[3 * c + 1] * x[1] + block[3 * c + 2] * x[2];
            }
        }
        sum
    }

    fn apply(&self, v: &[f64], out: &mut [f64]) {
        out.chunks_mut(3).enumerate().for_each(|(at, out)| out.copy_from_slice(&self.row(at, 0..NEIGHBOURS, v)));
    }

    /// One sweep of Gauss–Seidel up through the nodes from zero, then one down.
    fn sweep(&self, right: &[f64], z: &mut [f64]) {
        let (count, own) = (right.len() / 3, NEIGHBOURS / 2);
        z.fill(0.0);
        let visit = |at: usize, neighbours: [std::ops::Range<usize>; 2], z: &mut [f64]| {
            let mut rest: [f64; 3] = std::array::from_fn(|c| right[3 * at + c]);
            for range in neighbours {
                let taken = self.row(at, range, z);
                (0..3).for_each(|c| rest[c] -= taken[c]);
            }
            let inverse = &self.inverse[at];
            (0..3).for_each(|c| z[3 * at + c] = dot(&inverse[3 * c..3 * c + 3], &rest));
        };
        (0..count).for_each(|at| visit(at, [0..own, 0..0], z));
        (0..count).rev().for_each(|at| visit(at, [0..own, own + 1..NEIGHBOURS], z));
    }

    fn solve(&self, right: &[f64], tolerance: Tolerance) -> Result<(Vec<f64>, Convergence)> {
        let n = right.len();
        let (mut x, mut residual) = (vec![0.0; n], right.to_vec());
        let [mut direction, mut image, mut correction] = std::array::from_fn(|_| vec![0.0; n]);
        let scale = dot(right, right).sqrt();
        if scale == 0.0 {
            return Ok((x, Convergence::default()));
        }
        let (mut before, mut relative) = (0.0, 1.0);
        for iteration in 0..=tolerance.iterations {
            if relative <= tolerance.relative {
                return Ok((x, Convergence { iterations: iteration, residual: relative }));
            }
            self.sweep(&residual, &mut correction);
            let now = dot(&residual, &correction);
            let beta = if iteration == 0 { 0.0 } else { now / before };
            before = now;
            direction.iter_mut().zip(&correction).for_each(|(p, z)| *p = z + beta * *p);
            self.apply(&direction, &mut image);
            let length = now / dot(&direction, &image);
            x.iter_mut().zip(&direction).for_each(|(x, p)| *x += length * p);
            residual.iter_mut().zip(&image).for_each(|(r, q)| *r -= length * q);
            relative = dot(&residual, &residual).sqrt() / scale;
            if !relative.is_finite() {
                break;
            }
        }
        Err(SimulationError::NotConverged {
            what: Computation::Displacement,
            residual: relative,
            tolerance: tolerance.relative,
            iterations: tolerance.iterations,
        })
    }
}
