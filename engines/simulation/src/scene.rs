//! Geometry: boxes of material, sources, surfaces and interfaces, before any mesh.

use crate::error::{Result, SimulationError};
use crate::grid::{Grid, Region};
use crate::material::Material;
use crate::reason::Reason;
use crate::thermal::{Contact, Surface, ThermalBody};

/// A box of one material. Later blocks take the place of earlier ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// What it is, such as `die 1`.
    pub name: String,
    /// Index into [`Scene::materials`]; `None` is empty space.
    pub material: Option<usize>,
    /// Where it is, metres.
    pub region: Region,
}

/// Heat spread evenly over a box.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Which die or block it belongs to.
    pub name: String,
    /// Where, metres.
    pub region: Region,
    /// W.
    pub power: f64,
}

/// A place whose temperature is reported.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// Name in reports.
    pub name: String,
    /// The box over which the maximum and the mean are taken; a flat box takes the cells it touches.
    pub region: Region,
}

/// A package with its surroundings.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scene {
    /// Materials in use.
    pub materials: Vec<Material>,
    /// Boxes, painted in order.
    pub blocks: Vec<Block>,
    /// Heat.
    pub sources: Vec<Source>,
    /// Ways out for heat.
    pub surfaces: Vec<Surface>,
    /// Interface resistances.
    pub contacts: Vec<Contact>,
    /// Places to report.
    pub probes: Vec<Probe>,
}

impl Scene {
    /// Index of a material, added if it is new.
    pub fn material(&mut self, material: &Material) -> usize {
        match self.materials.iter().position(|m| m == material) {
            Some(index) => index,
            None => {
                self.materials.push(material.clone());
                self.materials.len() - 1
            }
        }
    }

    /// Adds a box.
    pub fn add(&mut self, name: impl Into<String>, material: &Material, region: Region) {
        let material = Some(self.material(material));
        self.blocks.push(Block { name: name.into(), material, region });
    }

    /// The smallest box around all blocks.
    ///
    /// # Errors
    /// If there are none.
    pub fn bounds(&self) -> Result<Region> {
        let mut blocks = self.blocks.iter().filter(|b| b.material.is_some());
        let first = blocks.next().ok_or_else(|| SimulationError::field("package", Reason::NoParts))?.region;
        Ok(blocks.fold(first, |all, block| {
            Region::new(
                std::array::from_fn(|d| all.low[d].min(block.region.low[d])),
                std::array::from_fn(|d| all.high[d].max(block.region.high[d])),
            )
        }))
    }

    /// Material of every cell: zero for void, else one plus the index of the material.
    pub fn paint(&self, grid: &Grid) -> Vec<u16> {
        let mut cells = vec![0u16; grid.len()];
        for block in &self.blocks {
            let value = block.material.map_or(0, |m| m as u16 + 1);
            let [xs, ys, zs] = grid.cells_in(&block.region);
            for j in ys {
                for k in zs.clone() {
                    let row = grid.index(0, j, k);
                    cells[row + xs.start..row + xs.end].fill(value);
                }
            }
        }
        cells
    }

    /// Total heat, W.
    pub fn power(&self) -> f64 {
        self.sources.iter().map(|s| s.power).sum()
    }

    /// The thermal problem on a grid.
    ///
    /// # Errors
    /// If a source heats nothing.
    pub fn thermal_body(&self, grid: &Grid) -> Result<ThermalBody> {
        let cells = self.paint(grid);
        let mut power = vec![0.0; grid.len()];
        for source in &self.sources {
            spread(grid, &cells, source, &mut power)?;
        }
        Ok(ThermalBody {
            grid: grid.clone(),
            cells,
            conductors: self.materials.iter().map(Material::conductor).collect(),
            power,
            surfaces: self.surfaces.clone(),
            contacts: self.contacts.clone(),
        })
    }
}

/// Spreads a source over cells by the volume they share with it, so that the grid need not follow power maps.
fn spread(grid: &Grid, cells: &[u16], source: &Source, power: &mut [f64]) -> Result<()> {
    let axes = [&grid.x, &grid.y, &grid.z];
    let shares: [Vec<(usize, f64)>; 3] = std::array::from_fn(|d| {
        let (low, high) = (source.region.low[d], source.region.high[d]);
        (axes[d].cell_at(low)..=axes[d].cell_at(high))
            .map(|c| (c, high.min(axes[d].planes()[c + 1]) - low.max(axes[d].planes()[c])))
            .filter(|(c, shared)| *shared > 1e-9 * axes[d].width(*c))
            .collect()
    });
    let mut parts = Vec::new();
    for (j, y) in &shares[1] {
        for (k, z) in &shares[2] {
            for (i, x) in &shares[0] {
                let cell = grid.index(*i, *j, *k);
                if cells[cell] != 0 {
                    parts.push((cell, x * y * z));
                }
            }
        }
    }
    let volume: f64 = parts.iter().map(|p| p.1).sum();
    if volume <= 0.0 {
        return Err(SimulationError::field(format!("power of {}", source.name), Reason::HeatWithoutMaterial));
    }
    for (cell, share) in parts {
        power[cell] += source.power * share / volume;
    }
    Ok(())
}
