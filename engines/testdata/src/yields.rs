//! Yield by lot, wafer, site and bin, and what the testers claim about it (rules 3, 12, 15)

use std::collections::BTreeMap;

use serde::Serialize;

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
    fn add(&mut self, part: &Part) {
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

/// A claim that the parts contradict
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The record
    pub record: &'static str,
    /// What it is about, in words
    pub about: String,
    /// What it claims
    pub claimed: u32,
    /// What the attempts in the file add up to
    pub counted: u32,
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

/// Compares every claim with what the attempts of its run add up to
///
/// Claims count attempts, so every attempt counts here, whatever the retest policy.
pub fn differences(dataset: &Dataset) -> Vec<Difference> {
    if let Some(kept) = &dataset.kept {
        return kept.differences.clone();
    }
    let mut differences = Vec::new();
    for claim in &dataset.claims {
        let of_claim = |part: &&Part| {
            part.flags.is_some()
                && part.run == claim.run
                && claim.site.is_none_or(|(head, site)| (part.head, part.site) == (head, site))
        };
        let parts = || dataset.parts.iter().filter(of_claim);
        let place = claim.site.map_or("all sites".to_owned(), |(head, site)| format!("head {head} site {site}"));
        let mut compare = |about: String, claimed: Option<u32>, counted: usize| {
            if let Some(claimed) = claimed.filter(|&claimed| claimed as usize != counted) {
                differences.push(Difference { record: claim.record, about, claimed, counted: counted as u32 });
            }
        };
        let passed = |part: &&Part| part.passed() == Some(true);
        match &claim.about {
            About::Parts => {
                compare(format!("parts, {place}"), claim.count, parts().count());
                compare(format!("good parts, {place}"), claim.second, parts().filter(passed).count());
            }
            About::HardBin(bin, _, _) => {
                let counted = parts().filter(|part| part.hard_bin == *bin).count();
                compare(format!("hardware bin {bin}, {place}"), claim.count, counted);
            }
            About::SoftBin(bin, _, _) => {
                let counted = parts().filter(|part| part.soft_bin == Some(*bin)).count();
                compare(format!("software bin {bin}, {place}"), claim.count, counted);
            }
            About::Wafer(wafer) => {
                let id = dataset.wafers.get(*wafer as usize).map_or("", |wafer| wafer.id.as_str());
                let on = || parts().filter(|part| part.wafer == Some(*wafer));
                compare(format!("parts of wafer {id}"), claim.count, on().count());
                compare(format!("good parts of wafer {id}"), claim.second, on().filter(passed).count());
            }
            About::Test(number, name) => {
                // Only what is in memory is counted: TSR counts executions, a sampled datalog holds fewer.
                let Some(test) = dataset
                    .tests
                    .iter()
                    .position(|test| test.number == *number && (name.is_empty() || test.name == *name))
                else {
                    compare(format!("executions of test {number} {name}, {place}"), claim.count.filter(|&c| c > 0), 0);
                    continue;
                };
                let Ok(columns) = dataset.column(test) else { continue };
                let (mut executed, mut failed) = (0, 0);
                for (index, &part) in columns.part.iter().enumerate() {
                    let first = columns.element.get(index).copied().unwrap_or(0) == 0;
                    if first && dataset.parts.get(part as usize).is_some_and(|part| of_claim(&part)) {
                        executed += 1;
                        let verdict = stdf::tests::Verdict::from_flags(columns.flags[index]);
                        failed += usize::from(verdict == stdf::tests::Verdict::Failed);
                    }
                }
                compare(format!("executions of test {number} {name}, {place}"), claim.count, executed);
                compare(format!("failures of test {number} {name}, {place}"), claim.second, failed);
            }
        }
    }
    differences
}
