//! Floorplans (`.flp`), power traces (`.ptrace`) and configuration of HotSpot, solved in full three dimensions instead of
//! with its lumped periphery.

use std::collections::BTreeMap;

use crate::error::{Result, SimulationError};
use crate::grid::Region;
use crate::material::{Confidence, Curve, Material};
use crate::reason::Reason;
use crate::scene::{Probe, Scene, Source};
use crate::thermal::{Facing, Film, Surface};

/// A unit of a floorplan: name, extent and lower left corner in metres.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// Name.
    pub name: String,
    /// Width and height.
    pub size: [f64; 2],
    /// Left and bottom.
    pub low: [f64; 2],
}

/// Reads a floorplan.
pub fn floorplan(file: &str, text: &str) -> Result<Vec<Unit>> {
    let mut units = Vec::new();
    for (number, line) in content(text) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let mut values = [0.0; 4];
        for (at, value) in values.iter_mut().enumerate() {
            let text = fields.get(at + 1).copied().unwrap_or_default();
            *value = text.parse().map_err(|_| SimulationError::text(file, number, Reason::NotAUnit))?;
        }
        if !(values[0] > 0.0 && values[1] > 0.0) {
            return Err(SimulationError::text(file, number, Reason::NoExtent));
        }
        let [width, height, left, bottom] = values;
        units.push(Unit { name: fields[0].to_owned(), size: [width, height], low: [left, bottom] });
    }
    if units.is_empty() {
        return Err(SimulationError::text(file, 1, Reason::NoUnits));
    }
    Ok(units)
}

/// Lines that say something, with their numbers.
fn content(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(n, line)| (n + 1, line.split('#').next().unwrap_or("").trim()));
    lines.filter(|(_, line)| !line.is_empty())
}

/// A power trace: names of the units and, for every sampling interval, W of each.
#[derive(Debug, Clone, PartialEq)]
pub struct PowerTrace {
    /// Names in column order.
    pub names: Vec<String>,
    /// One row per interval.
    pub rows: Vec<Vec<f64>>,
}

impl PowerTrace {
    /// Reads a trace.
    pub fn read(file: &str, text: &str) -> Result<Self> {
        let mut lines = content(text);
        let (_, head) = lines.next().ok_or_else(|| SimulationError::text(file, 1, Reason::EmptyFile))?;
        let names: Vec<String> = head.split_whitespace().map(str::to_owned).collect();
        let mut rows = Vec::new();
        for (number, line) in lines {
            let row: Vec<f64> = line.split_whitespace().filter_map(|f| f.parse().ok()).collect();
            if row.len() != names.len() {
                let reason = Reason::ColumnCount { found: row.len(), needed: names.len() };
                return Err(SimulationError::text(file, number, reason));
            }
            rows.push(row);
        }
        if rows.is_empty() {
            return Err(SimulationError::text(file, 2, Reason::NoRows));
        }
        Ok(Self { names, rows })
    }

    /// Power by unit in one interval (counted from zero), W.
    pub fn row(&self, number: usize) -> BTreeMap<&str, f64> {
        let values = self.rows.get(number).map(Vec::as_slice).unwrap_or_default();
        self.names.iter().map(String::as_str).zip(values.iter().copied()).collect()
    }

    /// Mean power by unit, W: what the steady state sees.
    pub fn means(&self) -> BTreeMap<&str, f64> {
        let mean = |column: usize| self.rows.iter().map(|r| r[column]).sum::<f64>() / self.rows.len() as f64;
        self.names.iter().enumerate().map(|(column, name)| (name.as_str(), mean(column))).collect()
    }
}

/// The parts of a configuration that describe the package.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    values: BTreeMap<String, String>,
    materials: BTreeMap<String, (f64, f64)>,
    file: String,
}

impl Configuration {
    /// Reads a configuration (`-key value`) and the material list that goes with it (may be empty).
    pub fn read(file: &str, text: &str, materials: &str) -> Result<Self> {
        let values = content(text)
            .filter_map(|(_, line)| line.strip_prefix('-')?.split_once(char::is_whitespace))
            .map(|(key, value)| (key.to_owned(), value.trim().to_owned()))
            .collect();
        let lines: Vec<&str> = content(materials).map(|(_, line)| line).collect();
        let mut known = BTreeMap::new();
        let mut at = 0;
        while at + 3 < lines.len() {
            let fluid = lines[at + 1] == "fluid";
            if let (Ok(k), Ok(heat)) = (lines[at + 2].parse(), lines[at + 3].parse()) {
                known.insert(lines[at].to_owned(), (k, heat));
            }
            at += if fluid { 5 } else { 4 };
        }
        Ok(Self { values, materials: known, file: file.to_owned() })
    }

    /// A number by key.
    pub fn number(&self, key: &str) -> Result<f64> {
        let text = self.values.get(key).map(String::as_str).unwrap_or_default();
        text.parse().map_err(|_| SimulationError::field(format!("{}: -{key}", self.file), "is missing or no number"))
    }

    /// Conductivity and volumetric heat of a part, from its material or its own values.
    fn material(&self, part: &str) -> Result<Material> {
        let named = self.values.get(&format!("material_{part}")).and_then(|name| self.materials.get(name));
        let (k, heat) = match named {
            Some(values) => *values,
            None => (self.number(&format!("k_{part}"))?, self.number(&format!("p_{part}"))?),
        };
        Ok(Material {
            name: part.to_owned(),
            label: part.to_owned(),
            conductivity: std::array::from_fn(|_| Curve::Constant(k)),
            density: heat,
            specific_heat: 1.0,
            elasticity: None,
            resistivity: None,
            source: self.file.clone(),
            confidence: Confidence::Medium,
        })
    }
}

/// Chip, interface, spreader and sink as HotSpot describes them, with z growing from the active side of the chip to the
/// sink. Every unit becomes a probe in the middle plane of the chip.
pub fn scene(configuration: &Configuration, units: &[Unit], power: &BTreeMap<&str, f64>) -> Result<Scene> {
    let extent: [f64; 2] = std::array::from_fn(|d| units.iter().map(|u| u.low[d] + u.size[d]).fold(0.0, f64::max));
    let middle = extent.map(|e| 0.5 * e);
    let chip = configuration.number("t_chip")?;
    let mut scene = Scene::default();
    let mut height = 0.0;
    for (part, side) in
        [("chip", None), ("interface", None), ("spreader", Some("s_spreader")), ("sink", Some("s_sink"))]
    {
        let thickness = configuration.number(&format!("t_{part}"))?;
        let half = match side {
            Some(key) => [0.5 * configuration.number(key)?; 2],
            None => middle,
        };
        let low = [middle[0] - half[0], middle[1] - half[1], height];
        let high = [middle[0] + half[0], middle[1] + half[1], height + thickness];
        scene.add(part, &configuration.material(part)?, Region::new(low, high));
        height += thickness;
    }
    for unit in units {
        let high = [unit.low[0] + unit.size[0], unit.low[1] + unit.size[1], chip];
        let region = Region::new([unit.low[0], unit.low[1], 0.0], high);
        scene.blocks.push(crate::scene::Block { name: unit.name.clone(), material: Some(0), region });
        let watts = *power
            .get(unit.name.as_str())
            .ok_or_else(|| SimulationError::field(format!("power of {}", unit.name), "is not in the power trace"))?;
        scene.sources.push(Source { name: unit.name.clone(), region, power: watts });
        scene.probes.push(Probe { name: unit.name.clone(), region });
    }
    let side = configuration.number("s_sink")?;
    scene.surfaces.push(Surface {
        name: "sink".into(),
        facing: vec![Facing::Up],
        region: Region { low: [f64::NEG_INFINITY, f64::NEG_INFINITY, height], ..Region::all() },
        film: Film::Coefficient(1.0 / (configuration.number("r_convec")? * side * side)),
        emissivity: 0.0,
        ambient: configuration.number("ambient")?,
    });
    Ok(scene)
}
