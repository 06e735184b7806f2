//! One row for each test: what a test browser sorts and filters
//!
//! Each test's results are read once, for all retest policies together, and in the order of the tests, so that
//! the memory needed is that of one test.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use serde::{Deserialize, Serialize};
use stdf::tests::{TestKind, Verdict};

use crate::capability::capability;
use crate::kernels::summary;
use crate::model::{Dataset, Part, ResultColumns};
use crate::selection::Selection;
use crate::store::StoreError;

/// One test (one element of it, for tests with several results) under one retest policy
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TestOverview {
    /// Number of the test in the dataset
    pub test: u32,
    /// Which of several results (MPR); 0 otherwise
    pub element: u16,
    /// Results of the selected attempts, with or without a measurement
    pub executed: usize,
    /// Results whose `TEST_FLG` says that they failed
    pub failed: usize,
    /// Results that are measurements (rule 7)
    pub measured: usize,
    /// Mean
    pub mean: Option<f64>,
    /// Sample standard deviation (n − 1)
    pub deviation: Option<f64>,
    /// Least value
    pub min: Option<f64>,
    /// Greatest value
    pub max: Option<f64>,
    /// With the deviation pooled within wafers
    pub cp: Option<f64>,
    /// With the deviation pooled within wafers
    pub cpk: Option<f64>,
    /// With the overall deviation
    pub pp: Option<f64>,
    /// With the overall deviation
    pub ppk: Option<f64>,
    /// Greatest less least mean of a site, in overall standard deviations; `None` with one site
    pub site_spread: Option<f64>,
}

/// The rows of all tests under each selection; `progress` gets the number of tests done and returns whether to go on
///
/// With as many threads as there are processors; the rows do not depend on it.
///
/// # Errors
/// When results on disk cannot be read. `None` when the caller asked to stop.
pub fn overviews(
    dataset: &Dataset,
    selections: &[Selection],
    mut progress: impl FnMut(usize) -> bool,
) -> Result<Option<Vec<Vec<TestOverview>>>, StoreError> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).clamp(1, dataset.tests.len().max(1));
    let places = Places::of(dataset);
    // Without retests the policies select the same: what is known of one is known of the other.
    let same_as: Vec<usize> = (0..selections.len())
        .map(|at| (0..at).find(|&before| selections[before].selected == selections[at].selected).unwrap_or(at))
        .collect();
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (to_caller, done) = channel();
    let mut by_test: BTreeMap<usize, Vec<Vec<TestOverview>>> = BTreeMap::new();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let to_caller = to_caller.clone();
            let (places, same_as, next, stop) = (&places, &same_as, &next, &stop);
            scope.spawn(move || {
                let mut gathered = Gathered::default();
                while !stop.load(Ordering::Relaxed) {
                    let test = next.fetch_add(1, Ordering::Relaxed);
                    if test >= dataset.tests.len() {
                        return;
                    }
                    let rows = dataset
                        .column(test)
                        .map(|columns| rows_of(dataset, places, selections, same_as, test, &columns, &mut gathered));
                    if to_caller.send((test, rows)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(to_caller);
        let mut outcome = Ok(());
        loop {
            if outcome.is_ok() && !progress(by_test.len()) {
                stop.store(true, Ordering::Relaxed);
            }
            match done.recv() {
                Ok((test, Ok(rows))) => {
                    by_test.insert(test, rows);
                }
                Ok((_, Err(error))) => {
                    stop.store(true, Ordering::Relaxed);
                    outcome = Err(error);
                }
                Err(_) => return outcome,
            }
        }
    })?;
    // Told to stop, even if the last tests were done before the threads heard of it
    if stop.into_inner() {
        return Ok(None);
    }
    let mut rows: Vec<Vec<TestOverview>> = selections.iter().map(|_| Vec::new()).collect();
    for of_test in by_test.into_values() {
        for (rows, of_selection) in rows.iter_mut().zip(of_test) {
            rows.extend(of_selection);
        }
    }
    Ok(Some(rows))
}

/// Where each part stands: found once, used for every result
struct Places {
    /// Group of capability: a wafer, or a run of parts without one; numbered in their order
    group_of: Vec<u32>,
    /// Head and site
    site_of: Vec<u32>,
    groups: usize,
    sites: usize,
}

impl Places {
    fn of(dataset: &Dataset) -> Places {
        let numbers = |keys: BTreeSet<(u32, Option<u32>)>| -> BTreeMap<(u32, Option<u32>), u32> {
            keys.into_iter().zip(0..).collect()
        };
        let group = |part: &Part| (part.run, part.wafer);
        let site = |part: &Part| (u32::from(part.head) << 8 | u32::from(part.site), None);
        let groups = numbers(dataset.parts.iter().map(group).collect());
        let sites = numbers(dataset.parts.iter().map(site).collect());
        let find = |numbers: &BTreeMap<_, u32>, key| numbers.get(&key).copied().unwrap_or(0);
        Places {
            group_of: dataset.parts.iter().map(|part| find(&groups, group(part))).collect(),
            site_of: dataset.parts.iter().map(|part| find(&sites, site(part))).collect(),
            groups: groups.len(),
            sites: sites.len(),
        }
    }
}

/// The rows of a test under each selection
fn rows_of(
    dataset: &Dataset,
    places: &Places,
    selections: &[Selection],
    same_as: &[usize],
    test: usize,
    columns: &ResultColumns,
    gathered: &mut Gathered,
) -> Vec<Vec<TestOverview>> {
    let mut rows: Vec<Vec<TestOverview>> = Vec::with_capacity(selections.len());
    for (at, selection) in selections.iter().enumerate() {
        let known = same_as.get(at).filter(|before| **before < at).and_then(|before| rows.get(*before)).cloned();
        rows.push(known.unwrap_or_else(|| of_test(dataset, places, selection, test, columns, gathered)));
    }
    rows
}

fn of_test(
    dataset: &Dataset,
    places: &Places,
    selection: &Selection,
    test: usize,
    columns: &ResultColumns,
    gathered: &mut Gathered,
) -> Vec<TestOverview> {
    let Some(of) = dataset.tests.get(test) else { return Vec::new() };
    let is_measured = !matches!(of.kind, TestKind::Functional | TestKind::Scan);
    let limits = (of.low.map(f64::from), of.high.map(f64::from));
    let selected = |row: usize| selection.selected.get(columns.part[row] as usize).is_some_and(|selected| *selected);
    let mut elements: Vec<u16> =
        (0..columns.element.len()).filter(|&row| selected(row)).map(|row| columns.element[row]).collect();
    elements.sort_unstable();
    elements.dedup();
    if elements.is_empty() {
        elements.push(0);
    }
    let mut rows = Vec::with_capacity(elements.len());
    for element in elements {
        gathered.clear(places);
        for row in 0..columns.len() {
            if !selected(row) || columns.element.get(row).is_some_and(|of| *of != element) {
                continue;
            }
            gathered.executed += 1;
            gathered.failed += usize::from(Verdict::from_flags(columns.flags[row]) == Verdict::Failed);
            if is_measured && columns.is_valid(row) {
                gathered.take(places, columns.part[row] as usize, f64::from(columns.value[row]));
            }
        }
        rows.push(gathered.sum_up(test as u32, element, limits));
    }
    rows
}

/// What is gathered about one element before it is summed up; its memory serves for the next one
#[derive(Default)]
struct Gathered {
    executed: usize,
    failed: usize,
    /// By group of capability
    groups: Vec<Vec<f64>>,
    /// Sum and count by site
    sites: Vec<(f64, usize)>,
}

impl Gathered {
    fn clear(&mut self, places: &Places) {
        (self.executed, self.failed) = (0, 0);
        self.groups.iter_mut().for_each(Vec::clear);
        self.groups.resize_with(places.groups, Vec::new);
        self.sites.clear();
        self.sites.resize(places.sites, (0.0, 0));
    }

    #[inline]
    fn take(&mut self, places: &Places, part: usize, value: f64) {
        let group = places.group_of.get(part).and_then(|group| self.groups.get_mut(*group as usize));
        let site = places.site_of.get(part).and_then(|site| self.sites.get_mut(*site as usize));
        if let (Some(group), Some(site)) = (group, site) {
            group.push(value);
            site.0 += value;
            site.1 += 1;
        }
    }

    fn sum_up(&self, test: u32, element: u16, limits: (Option<f64>, Option<f64>)) -> TestOverview {
        let capability = capability(&self.groups, limits.0, limits.1);
        let overall = capability.as_ref().map(|of| of.overall);
        let means: Vec<f64> = self.sites.iter().filter(|of| of.1 > 0).map(|(sum, count)| sum / *count as f64).collect();
        let apart = summary(&means).filter(|of| of.count > 1).map(|of| of.max - of.min);
        let deviation = overall.map(|of| of.deviation);
        let site_spread = apart.zip(deviation.filter(|of| *of > 0.0)).map(|(apart, deviation)| apart / deviation);
        let index = |of: fn(&crate::capability::Capability) -> Option<f64>| capability.as_ref().and_then(of);
        TestOverview {
            test,
            element,
            executed: self.executed,
            failed: self.failed,
            measured: overall.map_or(0, |of| of.count),
            mean: overall.map(|of| of.mean),
            deviation,
            min: overall.map(|of| of.min),
            max: overall.map(|of| of.max),
            cp: index(|of| of.cp),
            cpk: index(|of| of.cpk),
            pp: index(|of| of.pp),
            ppk: index(|of| of.ppk),
            site_spread,
        }
    }
}
