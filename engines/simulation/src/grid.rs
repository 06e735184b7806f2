//! The tensor grid that all fields live on: three rows of planes, cells between them.

use crate::error::{Result, SimulationError};

/// Strictly increasing plane positions along one direction, in metres.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    planes: Vec<f64>,
}

impl Axis {
    /// Takes planes that are finite, strictly increasing and at least two.
    pub fn new(planes: Vec<f64>) -> Result<Self> {
        let ordered = planes.windows(2).all(|pair| pair[0] < pair[1]);
        if planes.len() < 2 || !ordered || planes.iter().any(|p| !p.is_finite()) {
            return Err(SimulationError::field("grid", "planes must be finite, strictly increasing and at least two"));
        }
        Ok(Self { planes })
    }

    /// `cells` equal cells from `start` to `end` (metres).
    pub fn uniform(start: f64, end: f64, cells: usize) -> Result<Self> {
        let step = (end - start) / cells.max(1) as f64;
        let mut planes: Vec<f64> = (0..cells).map(|i| start + step * i as f64).collect();
        planes.push(end);
        Self::new(planes)
    }

    /// Number of cells.
    pub fn cells(&self) -> usize {
        self.planes.len() - 1
    }

    /// Plane positions, metres.
    pub fn planes(&self) -> &[f64] {
        &self.planes
    }

    /// Lowest plane, metres.
    pub fn start(&self) -> f64 {
        self.planes[0]
    }

    /// Highest plane, metres.
    pub fn end(&self) -> f64 {
        self.planes[self.planes.len() - 1]
    }

    /// Width of a cell, metres.
    pub fn width(&self, cell: usize) -> f64 {
        self.planes[cell + 1] - self.planes[cell]
    }

    /// Widths of all cells, metres.
    pub fn widths(&self) -> Vec<f64> {
        self.planes.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    /// Centre of a cell, metres.
    pub fn centre(&self, cell: usize) -> f64 {
        0.5 * (self.planes[cell] + self.planes[cell + 1])
    }

    /// The cell that holds a position; positions outside go to the nearest cell.
    pub fn cell_at(&self, position: f64) -> usize {
        self.planes.partition_point(|p| *p <= position).clamp(1, self.cells()) - 1
    }

    /// Cells whose centres lie between two positions.
    pub fn cells_between(&self, low: f64, high: f64) -> std::ops::Range<usize> {
        let first = (0..self.cells()).position(|i| self.centre(i) > low).unwrap_or(self.cells());
        let end = (0..self.cells()).position(|i| self.centre(i) > high).unwrap_or(self.cells());
        first..end.max(first)
    }

    /// The same extent with every cell cut in two.
    pub fn halved(&self) -> Self {
        let mut planes = Vec::with_capacity(2 * self.cells() + 1);
        for cell in 0..self.cells() {
            planes.push(self.planes[cell]);
            planes.push(self.centre(cell));
        }
        planes.push(self.end());
        Self { planes }
    }
}

/// An axis-aligned box, metres; `low` is below `high` in every direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    /// Lower corner (x, y, z).
    pub low: [f64; 3],
    /// Upper corner (x, y, z).
    pub high: [f64; 3],
}

impl Region {
    /// A box from its corners, metres.
    pub fn new(low: [f64; 3], high: [f64; 3]) -> Self {
        Self { low, high }
    }

    /// Everything.
    pub fn all() -> Self {
        Self { low: [f64::NEG_INFINITY; 3], high: [f64::INFINITY; 3] }
    }

    /// Whether a point lies inside (borders included).
    pub fn contains(&self, point: [f64; 3]) -> bool {
        (0..3).all(|d| point[d] >= self.low[d] && point[d] <= self.high[d])
    }

    /// Middle of the box.
    pub fn centre(&self) -> [f64; 3] {
        std::array::from_fn(|d| 0.5 * (self.low[d] + self.high[d]))
    }

    /// Edge lengths.
    pub fn size(&self) -> [f64; 3] {
        std::array::from_fn(|d| self.high[d] - self.low[d])
    }

    /// Volume, m³.
    pub fn volume(&self) -> f64 {
        self.size().iter().product()
    }

    /// Whether two boxes share volume (touching is not sharing).
    pub fn overlaps(&self, other: &Self) -> bool {
        (0..3).all(|d| self.low[d] < other.high[d] && other.low[d] < self.high[d])
    }
}

/// Three axes; a cell (i, j, k) is stored at `(j * nz + k) * nx + i`, so that a slab of equal j is contiguous.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Across the package.
    pub x: Axis,
    /// Along the package.
    pub y: Axis,
    /// Upwards, from the board to the lid.
    pub z: Axis,
}

impl Grid {
    /// Number of cells in x, y and z.
    pub fn shape(&self) -> [usize; 3] {
        [self.x.cells(), self.y.cells(), self.z.cells()]
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.shape().iter().product()
    }

    /// A grid always has cells; present because `len` is.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Storage index of cell (i, j, k).
    pub fn index(&self, i: usize, j: usize, k: usize) -> usize {
        (j * self.z.cells() + k) * self.x.cells() + i
    }

    /// Centre of cell (i, j, k), metres.
    pub fn centre(&self, i: usize, j: usize, k: usize) -> [f64; 3] {
        [self.x.centre(i), self.y.centre(j), self.z.centre(k)]
    }

    /// Volume of cell (i, j, k), m³.
    pub fn volume(&self, i: usize, j: usize, k: usize) -> f64 {
        self.x.width(i) * self.y.width(j) * self.z.width(k)
    }

    /// Storage index of the cell that holds a point.
    pub fn cell_at(&self, point: [f64; 3]) -> usize {
        self.index(self.x.cell_at(point[0]), self.y.cell_at(point[1]), self.z.cell_at(point[2]))
    }

    /// Cell ranges in x, y and z whose centres lie in a region.
    pub fn cells_in(&self, region: &Region) -> [std::ops::Range<usize>; 3] {
        [
            self.x.cells_between(region.low[0], region.high[0]),
            self.y.cells_between(region.low[1], region.high[1]),
            self.z.cells_between(region.low[2], region.high[2]),
        ]
    }

    /// Storage indices and volumes of the cells whose centres lie in a region.
    pub fn cells_with_volume(&self, region: &Region) -> Vec<(usize, f64)> {
        let [xs, ys, zs] = self.cells_in(region);
        let mut cells = Vec::with_capacity(xs.len() * ys.len() * zs.len());
        for j in ys {
            for k in zs.clone() {
                for i in xs.clone() {
                    cells.push((self.index(i, j, k), self.volume(i, j, k)));
                }
            }
        }
        cells
    }

    /// Every cell cut into eight.
    pub fn halved(&self) -> Self {
        Self { x: self.x.halved(), y: self.y.halved(), z: self.z.halved() }
    }
}
