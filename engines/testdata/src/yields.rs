//! Yield by lot, wafer, site and bin, and what the testers claim about it (rules 3, 12, 15)

use std::collections::BTreeMap;

use serde::Serialize;

pub use crate::claims::{Difference, differences};
use crate::model::{About, Dataset, Part};
use crate::selection::{Retest, Selection, select};

/// Passed, failed and unjudged parts
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    /// Passed
    pub passed: usize,
    /// Failed
    pub failed: usize,
    /// The tester gave no verdict (`PART_FLG` bit 4)
    pub unjudged: usize,
}

impl Tally {
    pub(crate) fn add(&mut self, part: &Part) {
        match part.passed() {
            Some(true) => self.passed += 1,
            Some(false) => self.failed += 1,
            None => self.unjudged += 1,
        }
    }

    /// All parts
    pub fn total(&self) -> usize {
        self.passed + self.failed + self.unjudged
    }

    /// Passed of all, in percent; unjudged parts count as not passed. `None` without parts
    pub fn percent(&self) -> Option<f64> {
        (self.total() > 0).then(|| 100.0 * self.passed as f64 / self.total() as f64)
    }
}

/// One bin of a Pareto
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bin {
    /// Number; `None` for parts without a software bin
    pub number: Option<u16>,
    /// Name, as HBR or SBR claim it
    pub name: String,
    /// Parts in it
    pub tally: Tally,
    /// Share of all parts in percent
    pub percent: f64,
    /// Share of this and all larger bins in percent
    pub cumulative_percent: f64,
}

/// Yield by everything
#[derive(Debug, Clone, Serialize)]
pub struct YieldReport {
    /// How attempts were chosen
    pub selection: Selection,
    /// How percentages were computed
    pub method: &'static str,
    /// All parts
    pub total: Tally,
    /// Yield under each policy, in the order all, first, last, best
    pub by_policy: Vec<(Retest, Tally)>,
    /// By lot
    pub lots: BTreeMap<String, Tally>,
    /// By lot and wafer
    pub wafers: Vec<((String, String), Tally)>,
    /// By head and site
    pub sites: BTreeMap<(u8, u8), Tally>,
    /// Hardware bins, most parts first
    pub hard_bins: Vec<Bin>,
    /// Software bins, most parts first
    pub soft_bins: Vec<Bin>,
    /// Claims that do not agree with the parts
    pub differences: Vec<Difference>,
}

/// Standard errors from which a site is said to fail more than the others
const REMARKABLE: f64 = 3.0;

impl YieldReport {
    /// By how many standard errors the share of a site's parts that do not pass differs from that of all other sites:
    /// the z of the two-proportion test with the pooled share; `None` with one site, or when all pass or none
    pub fn site_z(&self, site: (u8, u8)) -> Option<f64> {
        let of = self.sites.get(&site)?;
        let (here, others) = (of.total() as f64, self.total.total() as f64 - of.total() as f64);
        let bad_here = here - of.passed as f64;
        let bad_others = others - (self.total.passed as f64 - of.passed as f64);
        let pooled = (bad_here + bad_others) / (here + others);
        let error = (pooled * (1.0 - pooled) * (1.0 / here + 1.0 / others)).sqrt();
        (here > 0.0 && others > 0.0 && error > 0.0).then(|| (bad_here / here - bad_others / others) / error)
    }

    /// The z of a site that fails remarkably more than the others (beyond 3)
    pub fn fails_more(&self, site: (u8, u8)) -> Option<f64> {
        self.site_z(site).filter(|z| *z > REMARKABLE)
    }
}

/// Yield of a selection of attempts
pub fn report(dataset: &Dataset, retest: Retest) -> YieldReport {
    let selection = select(dataset, retest);
    let by_policy = [Retest::All, Retest::First, Retest::Last, Retest::Best]
        .into_iter()
        .map(|policy| (policy, tally(dataset, &select(dataset, policy))))
        .collect();
    let mut lots: BTreeMap<String, Tally> = BTreeMap::new();
    let mut wafers: Vec<((String, String), Tally)> = Vec::new();
    let mut wafer_rows: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut sites: BTreeMap<(u8, u8), Tally> = BTreeMap::new();
    let (mut hard, mut soft): (BTreeMap<Option<u16>, Tally>, BTreeMap<Option<u16>, Tally>) = Default::default();
    for part in selection.parts.iter().filter_map(|&number| dataset.parts.get(number as usize)) {
        let lot = dataset.runs.get(part.run as usize).map(|run| run.lot.clone()).unwrap_or_default();
        if let Some(wafer) = part.wafer.and_then(|wafer| dataset.wafers.get(wafer as usize)) {
            let key = (lot.clone(), wafer.id.clone());
            let row = *wafer_rows.entry(key.clone()).or_insert_with(|| {
                wafers.push((key, Tally::default()));
                wafers.len() - 1
            });
            wafers[row].1.add(part);
        }
        lots.entry(lot).or_default().add(part);
        sites.entry((part.head, part.site)).or_default().add(part);
        hard.entry(Some(part.hard_bin)).or_default().add(part);
        soft.entry(part.soft_bin).or_default().add(part);
    }
    YieldReport {
        method: "passed parts of all selected parts; verdicts from PART_FLG bits 3 and 4 of PRR",
        total: tally(dataset, &selection),
        by_policy,
        lots,
        wafers,
        sites,
        hard_bins: pareto(dataset, hard, false),
        soft_bins: pareto(dataset, soft, true),
        differences: differences(dataset),
        selection,
    }
}

fn tally(dataset: &Dataset, selection: &Selection) -> Tally {
    let mut tally = Tally::default();
    selection.parts.iter().filter_map(|&number| dataset.parts.get(number as usize)).for_each(|part| tally.add(part));
    tally
}

fn pareto(dataset: &Dataset, bins: BTreeMap<Option<u16>, Tally>, software: bool) -> Vec<Bin> {
    let total: usize = bins.values().map(Tally::total).sum();
    let name = |number: Option<u16>| {
        let found = dataset.claims.iter().find_map(|claim| match &claim.about {
            About::HardBin(bin, _, name) if !software && Some(*bin) == number && !name.is_empty() => Some(name.clone()),
            About::SoftBin(bin, _, name) if software && Some(*bin) == number && !name.is_empty() => Some(name.clone()),
            _ => None,
        });
        found.unwrap_or_default()
    };
    let mut rows: Vec<(Option<u16>, Tally)> = bins.into_iter().collect();
    rows.sort_by_key(|(number, tally)| (std::cmp::Reverse(tally.total()), *number));
    let mut sum = 0;
    rows.into_iter()
        .map(|(number, tally)| {
            sum += tally.total();
            let percent = |count: usize| 100.0 * count as f64 / total.max(1) as f64;
            Bin { number, name: name(number), tally, percent: percent(tally.total()), cumulative_percent: percent(sum) }
        })
        .collect()
}
