//! The automatic mesh: planes on every edge of the geometry, cells that grow gently away from small parts.

use crate::error::{Result, SimulationError};
use crate::grid::{Axis, Grid, Region};
use crate::scene::Scene;

/// How fine to mesh.
#[derive(Debug, Clone, PartialEq)]
pub struct MeshSettings {
    /// Cells through every layer, at least.
    pub layer_cells: f64,
    /// Cells across the region of interest (usually the dies), at least.
    pub focus_cells: f64,
    /// Region of interest; everything if absent.
    pub focus: Option<Region>,
    /// By how much the cell size may grow per distance: 0.5 makes neighbours differ by about a half.
    pub growth: f64,
    /// Largest cell over the largest extent.
    pub largest_share: f64,
    /// Refuse meshes with more cells.
    pub limit: usize,
}

impl Default for MeshSettings {
    fn default() -> Self {
        Self { layer_cells: 2.0, focus_cells: 24.0, focus: None, growth: 0.5, largest_share: 0.06, limit: 20_000_000 }
    }
}

impl MeshSettings {
    /// The same with cells larger (below one) or smaller (above one) by a factor.
    #[must_use]
    pub fn refined(&self, factor: f64) -> Self {
        Self {
            layer_cells: self.layer_cells * factor,
            focus_cells: self.focus_cells * factor,
            growth: self.growth / factor,
            largest_share: self.largest_share / factor,
            ..self.clone()
        }
    }
}

/// Makes a grid for a scene.
///
/// # Errors
/// If the scene is empty or the mesh would be too large.
pub fn mesh(scene: &Scene, settings: &MeshSettings) -> Result<Grid> {
    let bounds = scene.bounds()?;
    let focus = settings.focus.unwrap_or(bounds);
    let mut axes = Vec::with_capacity(3);
    for d in 0..3 {
        let tolerance = 1e-4 * (focus.high[d] - focus.low[d]);
        let edges = edges(scene, d, (bounds.low[d], bounds.high[d]), tolerance);
        let largest = settings.largest_share * (bounds.high[d] - bounds.low[d]);
        let smallest = if d == 2 { 0.0 } else { (focus.high[d] - focus.low[d]) / settings.focus_cells };
        let cells = if d == 2 { settings.layer_cells } else { 1.0 };
        let limits = (smallest, largest);
        axes.push(Axis::new(graded(&edges, cells, limits, settings.growth, (focus.low[d], focus.high[d]), d == 2))?);
    }
    let cells = axes.iter().map(Axis::cells).product();
    if cells > settings.limit {
        return Err(SimulationError::TooManyCells { cells, limit: settings.limit });
    }
    let [x, y, z] = [axes[0].clone(), axes[1].clone(), axes[2].clone()];
    Ok(Grid { x, y, z })
}

/// Sorted block edges within the bounds, those closer than the tolerance taken as one.
fn edges(scene: &Scene, d: usize, (low, high): (f64, f64), tolerance: f64) -> Vec<f64> {
    let mut edges: Vec<f64> = scene
        .blocks
        .iter()
        .flat_map(|b| [b.region.low[d], b.region.high[d]])
        .filter(|e| *e > low && *e < high)
        .collect();
    edges.sort_by(f64::total_cmp);
    let mut out = vec![low];
    for edge in edges {
        if edge - out[out.len() - 1] > tolerance && high - edge > tolerance {
            out.push(edge);
        }
    }
    out.push(high);
    out
}

/// Planes on all edges, and between them cells whose size follows h(x) = min over edges of (h_edge + growth·distance).
fn graded(
    edges: &[f64],
    cells: f64,
    (smallest, largest): (f64, f64),
    growth: f64,
    focus: (f64, f64),
    stacked: bool,
) -> Vec<f64> {
    let intervals: Vec<f64> = edges.windows(2).map(|e| e[1] - e[0]).collect();
    // Cell size wanted at both sides of every edge: thin layers are cut, wide gaps are not needlessly.
    let wanted = |n: usize| {
        let inside = edges[n] >= focus.0 - 1e-12 && edges[n + 1] <= focus.1 + 1e-12;
        let size = match (stacked, inside) {
            (true, _) => intervals[n] / cells,
            (false, true) => smallest,
            (false, false) => (0.5 * intervals[n]).max(2.0 * smallest),
        };
        size.min(largest)
    };
    let at_edge: Vec<f64> = (0..edges.len())
        .map(|e| {
            let left = if e > 0 { wanted(e - 1) } else { f64::INFINITY };
            let right = if e + 1 < edges.len() { wanted(e) } else { f64::INFINITY };
            left.min(right)
        })
        .collect();
    let size = |x: f64, n: usize| {
        let near = edges.iter().zip(&at_edge).map(|(e, h)| h + growth * (x - e).abs()).fold(largest, f64::min);
        near.min(wanted(n))
    };
    let mut planes = vec![edges[0]];
    for n in 0..intervals.len() {
        const SAMPLES: usize = 64;
        let step = intervals[n] / SAMPLES as f64;
        let mut counted = [0.0; SAMPLES + 1];
        for s in 0..SAMPLES {
            counted[s + 1] = counted[s] + step / size(edges[n] + step * (s as f64 + 0.5), n);
        }
        let total = counted[SAMPLES];
        let parts = (total - 1e-6).ceil().max(1.0) as usize;
        for part in 1..parts {
            let target = total * part as f64 / parts as f64;
            let s = counted.partition_point(|c| *c < target).clamp(1, SAMPLES);
            let within = (target - counted[s - 1]) / (counted[s] - counted[s - 1]);
            planes.push(edges[n] + step * (s as f64 - 1.0 + within));
        }
        planes.push(edges[n + 1]);
    }
    planes
}
