//! Statistical yield and bin limits from past lots (AEC-Q002), and lots that break them

use std::collections::BTreeMap;

use serde::Serialize;

use crate::control::{StatisticalLimits, YieldModel, bin_limits, yield_limits};
use crate::model::Dataset;
use crate::selection::Selection;
use crate::yields::{Tally, YieldReport};

/// What past lots allow
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LotLimits {
    /// Past lots
    pub lots: usize,
    /// SYL1 and SYL2, in percent
    pub yields: StatisticalLimits,
    /// SBL1 and SBL2 of each failing hardware bin, in percent of the lot's parts
    pub bins: BTreeMap<u16, StatisticalLimits>,
}

/// A lot beyond a limit
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Breach {
    /// The lot
    pub lot: String,
    /// The bin, or `None` for the yield
    pub bin: Option<u16>,
    /// Yield or share of the bin in percent
    pub percent: f64,
    /// The limit that it breaks, in percent
    pub limit: f64,
    /// 1 for SYL1 or SBL1 (review the lot), 2 for SYL2 or SBL2 (hold it)
    pub level: u8,
}

type Lots = BTreeMap<String, (Tally, BTreeMap<u16, Tally>)>;

fn lots(dataset: &Dataset, selection: &Selection) -> Lots {
    let mut lots = Lots::new();
    for part in selection.parts.iter().filter_map(|&number| dataset.parts.get(number as usize)) {
        let lot = dataset.runs.get(part.run as usize).map_or("", |run| run.lot.as_str());
        if !lots.contains_key(lot) {
            lots.insert(lot.to_owned(), Default::default());
        }
        if let Some((all, bins)) = lots.get_mut(lot) {
            all.add(part);
            bins.entry(part.hard_bin).or_default().add(part);
        }
    }
    lots
}

fn share(tally: Option<&Tally>, all: &Tally) -> f64 {
    100.0 * tally.map_or(0, Tally::total) as f64 / all.total().max(1) as f64
}

/// Limits from past lots; `None` with fewer than two
pub fn from_history(dataset: &Dataset, selection: &Selection) -> Option<LotLimits> {
    let lots = lots(dataset, selection);
    let yields: Vec<f64> = lots.values().filter_map(|(all, _)| all.percent()).collect();
    let mut failing: BTreeMap<u16, bool> = BTreeMap::new();
    for (bin, tally) in lots.values().flat_map(|(_, bins)| bins) {
        *failing.entry(*bin).or_insert(true) &= tally.passed == 0;
    }
    let bins = failing
        .into_iter()
        .filter(|(_, failing)| *failing)
        .filter_map(|(bin, _)| {
            let shares: Vec<f64> = lots.values().map(|(all, bins)| share(bins.get(&bin), all)).collect();
            Some((bin, bin_limits(&shares)?))
        })
        .collect();
    Some(LotLimits { lots: lots.len(), yields: yield_limits(&yields)?, bins })
}

impl LotLimits {
    /// The lots of a dataset that break a limit; a bin that no past lot had breaks none
    pub fn breaches(&self, dataset: &Dataset, selection: &Selection) -> Vec<Breach> {
        let mut found = Vec::new();
        for (lot, (all, bins)) in lots(dataset, selection) {
            let percent = all.percent().unwrap_or(0.0);
            let of_yield = [(2, self.yields.second), (1, self.yields.first)];
            if let Some((level, limit)) = of_yield.into_iter().find(|(_, limit)| percent < *limit) {
                found.push(Breach { lot: lot.clone(), bin: None, percent, limit, level });
            }
            for (bin, limits) in &self.bins {
                let percent = share(bins.get(bin), &all);
                let of_bin = [(2, limits.second), (1, limits.first)];
                if let Some((level, limit)) = of_bin.into_iter().find(|(_, limit)| percent > *limit) {
                    found.push(Breach { lot: lot.clone(), bin: Some(*bin), percent, limit, level });
                }
            }
        }
        found
    }
}

/// A yield model fitted to wafers
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DefectDensity {
    /// The model
    pub model: YieldModel,
    /// Defects in a square centimetre
    pub per_square_centimetre: f64,
    /// Root mean square of what the model misses, in percentage points of yield
    pub misses_by: f64,
    /// Wafers with a known die size
    pub wafers: usize,
}

/// Fits each yield model to the wafers whose files say how large a die is; empty when none does
///
/// With dice of one size the models differ in the density alone; only wafers of several products can tell which model
/// is right.
pub fn defect_densities(dataset: &Dataset, report: &YieldReport) -> Vec<DefectDensity> {
    let area = |lot: &str| {
        let (width, height) = dataset.runs.iter().find(|run| run.lot == lot)?.layout?.die_mm?;
        Some(f64::from(width) * f64::from(height) / 100.0)
    };
    let wafers: Vec<(f64, f64)> =
        report.wafers.iter().filter_map(|((lot, _), tally)| Some((area(lot)?, tally.percent()? / 100.0))).collect();
    [YieldModel::Poisson, YieldModel::Murphy, YieldModel::Seeds, YieldModel::NegativeBinomial { alpha: 2.0 }]
        .into_iter()
        .filter_map(|model| {
            let density = model.fit(&wafers)?;
            let squares: f64 = wafers.iter().map(|(area, good)| (model.at(area * density) - good).powi(2)).sum();
            let misses_by = 100.0 * (squares / wafers.len() as f64).sqrt();
            Some(DefectDensity { model, per_square_centimetre: density, misses_by, wafers: wafers.len() })
        })
        .collect()
}
