//! Wafer maps: bins, values, and several wafers stacked
//!
//! Orientation comes from the file (rule 14); a file that does not say is drawn with X to the right and Y downwards,
//! and the map says so.

use std::collections::HashMap;

use serde::Serialize;

use crate::model::{Dataset, WaferLayout};
use crate::outliers::At;
use crate::selection::Selection;

/// One die of a bin map
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Die {
    /// The selected attempt
    pub part: u32,
    /// Hardware bin
    pub hard_bin: u16,
    /// Software bin
    pub soft_bin: Option<u16>,
    /// Whether it passed; `None` when the tester did not judge it
    pub passed: Option<bool>,
}

/// The dies of one wafer under a retest policy
#[derive(Debug, Clone, PartialEq)]
pub struct WaferMap {
    /// Lot
    pub lot: String,
    /// Wafer
    pub wafer: String,
    /// Orientation and size
    pub layout: WaferLayout,
    /// Dies by coordinates
    pub dies: HashMap<At, Die>,
}

impl WaferMap {
    /// Whether each judged die passed
    pub fn passed(&self) -> HashMap<At, bool> {
        self.dies.iter().filter_map(|(at, die)| Some((*at, die.passed?))).collect()
    }

    /// The dies' values, from values by part
    pub fn values(&self, by_part: &HashMap<u32, f64>) -> HashMap<At, f64> {
        self.dies.iter().filter_map(|(at, die)| Some((*at, *by_part.get(&die.part)?))).collect()
    }

    /// Least and greatest coordinates: (x, y), (x, y)
    pub fn bounds(&self) -> Option<(At, At)> {
        bounds(self.dies.keys().copied())
    }
}

/// Least and greatest coordinates
pub fn bounds(dies: impl Iterator<Item = At>) -> Option<(At, At)> {
    dies.fold(None, |bounds, (x, y)| match bounds {
        None => Some(((x, y), (x, y))),
        Some((low, high)) => Some(((x.min(low.0), y.min(low.1)), (x.max(high.0), y.max(high.1)))),
    })
}

/// The maps of all wafers that have dies with coordinates; attempts in several runs of one wafer fall into one map
pub fn wafer_maps(dataset: &Dataset, selection: &Selection) -> Vec<WaferMap> {
    let mut maps: Vec<WaferMap> = Vec::new();
    let mut by_name: HashMap<(String, String), usize> = HashMap::new();
    for &number in &selection.parts {
        let Some(part) = dataset.parts.get(number as usize) else { continue };
        let wafer = part.wafer.and_then(|wafer| dataset.wafers.get(wafer as usize));
        let (Some(wafer), Some(at)) = (wafer, part.at) else { continue };
        let run = dataset.runs.get(part.run as usize);
        let lot = run.map(|run| run.lot.clone()).unwrap_or_default();
        let index = *by_name.entry((lot.clone(), wafer.id.clone())).or_insert_with(|| {
            let layout = run.and_then(|run| run.layout).unwrap_or_default();
            maps.push(WaferMap { lot, wafer: wafer.id.clone(), layout, dies: HashMap::new() });
            maps.len() - 1
        });
        let die = Die { part: number, hard_bin: part.hard_bin, soft_bin: part.soft_bin, passed: part.passed() };
        maps[index].dies.insert(at, die);
    }
    maps
}

/// Share of failing wafers at each position, over several wafers
pub fn stack(maps: &[WaferMap]) -> HashMap<At, f64> {
    let mut counts: HashMap<At, (f64, f64)> = HashMap::new();
    for (at, passed) in maps.iter().flat_map(|map| map.passed()) {
        let count = counts.entry(at).or_default();
        count.0 += f64::from(u8::from(!passed));
        count.1 += 1.0;
    }
    counts.into_iter().map(|(at, (failed, all))| (at, failed / all)).collect()
}
