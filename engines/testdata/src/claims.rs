//! What the testers' summaries claim, against what the attempts in the file add up to (rules 3, 15)
//!
//! Summaries count attempts, so every attempt counts here, whatever the retest policy. Parts and results are counted
//! once, into tables by run, head and site; each claim then is a look-up.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use stdf::tests::Verdict;

use crate::model::{About, Claim, Dataset};

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

/// Run, head and site
type Place = (u32, u8, u8);

#[derive(Default)]
struct Parts {
    all: usize,
    good: usize,
    hard: HashMap<u16, usize>,
    soft: HashMap<u16, usize>,
}

/// Executions and failures
type Executions = (usize, usize);

/// Compares every claim with what the attempts of its run add up to
///
/// A TSR claims for the test of its number and name; when no test has that name, for the tests of its number: programs
/// name a test differently in TSR and in its results.
pub fn differences(dataset: &Dataset) -> Vec<Difference> {
    if let Some(kept) = &dataset.kept {
        return kept.differences.clone();
    }
    let mut places: BTreeMap<Place, Parts> = BTreeMap::new();
    let mut wafers: Vec<(usize, usize)> = vec![(0, 0); dataset.wafers.len()];
    for part in dataset.parts.iter().filter(|part| part.flags.is_some()) {
        let passed = part.passed() == Some(true);
        let place = places.entry((part.run, part.head, part.site)).or_default();
        place.all += 1;
        place.good += usize::from(passed);
        *place.hard.entry(part.hard_bin).or_default() += 1;
        if let Some(bin) = part.soft_bin {
            *place.soft.entry(bin).or_default() += 1;
        }
        if let Some(wafer) = part.wafer.and_then(|wafer| wafers.get_mut(wafer as usize)) {
            wafer.0 += 1;
            wafer.1 += usize::from(passed);
        }
    }
    let tests = Tests::of_claims(dataset);
    dataset.claims.iter().flat_map(|claim| contradictions(dataset, claim, &places, &wafers, &tests)).collect()
}

/// Head 255 speaks of the whole run, site 255 of all sites of its head (rule 3)
fn covers(claim: &Claim, (run, head, site): Place) -> bool {
    run == claim.run
        && claim.site.is_none_or(|(of_head, of_site)| head == of_head && (of_site == 255 || site == of_site))
}

fn contradictions(
    dataset: &Dataset,
    claim: &Claim,
    places: &BTreeMap<Place, Parts>,
    wafers: &[(usize, usize)],
    tests: &Tests,
) -> Vec<Difference> {
    let sum = |count: &dyn Fn(&Parts) -> usize| -> usize {
        places.iter().filter(|(place, _)| covers(claim, **place)).map(|(_, parts)| count(parts)).sum()
    };
    let place = match claim.site {
        None => "all sites".to_owned(),
        Some((head, 255)) => format!("head {head}, all sites"),
        Some((head, site)) => format!("head {head} site {site}"),
    };
    let mut found = Vec::new();
    let mut compare = |about: String, claimed: Option<u32>, counted: usize| {
        if let Some(claimed) = claimed.filter(|&claimed| claimed as usize != counted) {
            found.push(Difference { record: claim.record, about, claimed, counted: counted as u32 });
        }
    };
    match &claim.about {
        About::Parts => {
            compare(format!("parts, {place}"), claim.count, sum(&|parts| parts.all));
            compare(format!("good parts, {place}"), claim.second, sum(&|parts| parts.good));
        }
        About::HardBin(bin, _, _) => {
            let counted = sum(&|parts| parts.hard.get(bin).copied().unwrap_or(0));
            compare(format!("hardware bin {bin}, {place}"), claim.count, counted);
        }
        About::SoftBin(bin, _, _) => {
            let counted = sum(&|parts| parts.soft.get(bin).copied().unwrap_or(0));
            compare(format!("software bin {bin}, {place}"), claim.count, counted);
        }
        About::Wafer(wafer) => {
            let id = dataset.wafers.get(*wafer as usize).map_or("", |wafer| wafer.id.as_str());
            let (all, good) = wafers.get(*wafer as usize).copied().unwrap_or_default();
            compare(format!("parts of wafer {id}"), claim.count, all);
            compare(format!("good parts of wafer {id}"), claim.second, good);
        }
        About::Test(number, name) => {
            let (of, other_name) = tests.claimed(dataset, *number, name);
            let (executed, failed) = of
                .iter()
                .filter_map(|test| tests.executions.get(test))
                .flatten()
                .filter(|(place, _)| covers(claim, **place))
                .fold((0, 0), |sum, (_, count)| (sum.0 + count.0, sum.1 + count.1));
            let called = other_name.map_or(String::new(), |other| format!(" (called {other:?} in its results)"));
            // A test that never ran may be claimed with zero executions.
            compare(format!("executions of test {number} {name}{called}, {place}"), claim.count, executed);
            compare(format!("failures of test {number} {name}{called}, {place}"), claim.second, failed);
        }
    }
    found
}

/// The tests that claims are about, with their executions by place
struct Tests {
    by_number: HashMap<u32, Vec<usize>>,
    executions: HashMap<usize, BTreeMap<Place, Executions>>,
}

impl Tests {
    fn of_claims(dataset: &Dataset) -> Tests {
        let mut by_number: HashMap<u32, Vec<usize>> = HashMap::new();
        for (index, test) in dataset.tests.iter().enumerate() {
            by_number.entry(test.number).or_default().push(index);
        }
        let mut tests = Tests { by_number, executions: HashMap::new() };
        let wanted: BTreeSet<usize> = dataset
            .claims
            .iter()
            .filter_map(|claim| match &claim.about {
                About::Test(number, name) => Some(tests.claimed(dataset, *number, name).0),
                _ => None,
            })
            .flatten()
            .collect();
        tests.executions = wanted.into_iter().map(|test| (test, executions(dataset, test))).collect();
        tests
    }

    /// The tests that a TSR is about, and the name that they have when it is another one
    fn claimed<'d>(&self, dataset: &'d Dataset, number: u32, name: &str) -> (Vec<usize>, Option<&'d str>) {
        let numbered = self.by_number.get(&number).map(Vec::as_slice).unwrap_or_default();
        let name_of = |test: usize| dataset.tests.get(test).map_or("", |test| test.name.as_str());
        let named: Vec<usize> = numbered.iter().copied().filter(|&test| name_of(test) == name).collect();
        if named.is_empty() {
            let other = numbered.first().filter(|_| !name.is_empty()).map(|&test| name_of(test));
            return (numbered.to_vec(), other);
        }
        (named, None)
    }
}

fn executions(dataset: &Dataset, test: usize) -> BTreeMap<Place, Executions> {
    let mut counts: BTreeMap<Place, Executions> = BTreeMap::new();
    // Results that cannot be read back are counted as absent: the difference shows it.
    let Ok(columns) = dataset.column(test) else { return counts };
    let mut last: Option<(u32, Place)> = None;
    for (index, (&number, &flags)) in columns.part.iter().zip(&columns.flags).enumerate() {
        let first_element = columns.element.get(index).copied().unwrap_or(0) == 0;
        let executed = flags & 0x10 == 0;
        let place = match last {
            Some((part, place)) if part == number => Some(place),
            _ => dataset
                .parts
                .get(number as usize)
                .filter(|part| part.flags.is_some())
                .map(|part| (part.run, part.head, part.site)),
        };
        let Some(place) = place.filter(|_| first_element && executed) else { continue };
        last = Some((number, place));
        let count = counts.entry(place).or_default();
        count.0 += 1;
        count.1 += usize::from(Verdict::from_flags(flags) == Verdict::Failed);
    }
    counts
}
