//! One row for each test: what a test browser sorts and filters
//!
//! Each test's results are read once, for all retest policies together, and in the order of the tests, so that
//! the memory needed is that of one test.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stdf::tests::{TestKind, Verdict};

use crate::capability::capability;
use crate::kernels::summary;
use crate::model::{Dataset, ResultColumns};
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
/// # Errors
/// When results on disk cannot be read. `None` when the caller asked to stop.
pub fn overviews(
    dataset: &Dataset,
    selections: &[Selection],
    mut progress: impl FnMut(usize) -> bool,
) -> Result<Option<Vec<Vec<TestOverview>>>, StoreError> {
    let mut rows: Vec<Vec<TestOverview>> = selections.iter().map(|_| Vec::new()).collect();
    for test in 0..dataset.tests.len() {
        if !progress(test) {
            return Ok(None);
        }
        let columns = dataset.column(test)?;
        for (selection, rows) in selections.iter().zip(&mut rows) {
            rows.extend(of_test(dataset, selection, test, &columns));
        }
    }
    Ok(Some(rows))
}

/// What is gathered about one element before it is summed up
#[derive(Default)]
struct Gathered {
    executed: usize,
    failed: usize,
    /// By group of capability (a wafer, or a run of parts without one)
    groups: BTreeMap<(u32, Option<u32>), Vec<f64>>,
    sites: BTreeMap<(u8, u8), (f64, usize)>,
}

fn of_test(dataset: &Dataset, selection: &Selection, test: usize, columns: &ResultColumns) -> Vec<TestOverview> {
    let Some(of) = dataset.tests.get(test) else { return Vec::new() };
    let mut elements: BTreeMap<u16, Gathered> = BTreeMap::new();
    for row in 0..columns.len() {
        let number = columns.part[row];
        if !selection.selected.get(number as usize).is_some_and(|selected| *selected) {
            continue;
        }
        let Some(part) = dataset.parts.get(number as usize) else { continue };
        let gathered = elements.entry(columns.element.get(row).copied().unwrap_or(0)).or_default();
        gathered.executed += 1;
        gathered.failed += usize::from(Verdict::from_flags(columns.flags[row]) == Verdict::Failed);
        if columns.is_valid(row) && !matches!(of.kind, TestKind::Functional | TestKind::Scan) {
            let value = f64::from(columns.value[row]);
            gathered.groups.entry((part.run, part.wafer)).or_default().push(value);
            let site = gathered.sites.entry((part.head, part.site)).or_default();
            site.0 += value;
            site.1 += 1;
        }
    }
    if elements.is_empty() {
        elements.insert(0, Gathered::default());
    }
    let limits = (of.low.map(f64::from), of.high.map(f64::from));
    elements.into_iter().map(|(element, gathered)| gathered.sum_up(test as u32, element, limits)).collect()
}

impl Gathered {
    fn sum_up(self, test: u32, element: u16, limits: (Option<f64>, Option<f64>)) -> TestOverview {
        let groups: Vec<Vec<f64>> = self.groups.into_values().collect();
        let capability = capability(&groups, limits.0, limits.1);
        let overall = capability.as_ref().map(|of| of.overall);
        let means: Vec<f64> = self.sites.values().map(|(sum, count)| sum / *count as f64).collect();
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
