//! Parts that pass and should not ship, by all methods at once, with the reason for each
//!
//! The methods are those of [`crate::outliers`]; which run and how strict they are is in [`Rules`].

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::export::Rebin;
use crate::kernels::QuantileMethod;
use crate::map::{WaferMap, wafer_maps};
use crate::model::{Dataset, Test};
use crate::outliers::{
    At, Edge, clusters, good_die_bad_neighbourhood, nearest_neighbour_residual, pat_limits, same_position,
};
use crate::selection::{Selection, measurements};
use crate::store::StoreError;

/// Which methods run, and their thresholds; `None` is off
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// PAT: limits at the median ± so many robust standard deviations
    pub pat: Option<f64>,
    /// Static PAT takes its limits from all parts, dynamic PAT from each wafer
    pub pat_is_static: bool,
    /// Values below which PAT gives no limits
    pub pat_least: usize,
    /// NNR: residual from the neighbours beyond so many robust standard deviations
    pub residual: Option<f64>,
    /// GDBN: failing share of the eight neighbours, 0 to 1
    pub neighbourhood: Option<f64>,
    /// Z-PAT: share of wafers that fail at one position, 0 to 1
    pub position: Option<f64>,
    /// Failing dies that make a cluster, whose ring of good dies is suspect
    pub cluster: Option<usize>,
}

impl Default for Rules {
    /// PAT at 6 sigma by wafer with at least 30 values, GDBN at 75 %, Z-PAT at half of the wafers, clusters of 8
    fn default() -> Self {
        Rules {
            pat: Some(6.0),
            pat_is_static: false,
            pat_least: 30,
            residual: None,
            neighbourhood: Some(0.75),
            position: Some(0.5),
            cluster: Some(8),
        }
    }
}

/// A method that suspects parts
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Method {
    /// Part average testing
    Pat,
    /// Nearest neighbour residual
    Residual,
    /// Good die in bad neighbourhood
    Neighbourhood,
    /// Same position on many wafers
    Position,
    /// Guard ring of a cluster
    Cluster,
}

/// One reason to suspect one part
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suspicion {
    /// The selected attempt
    pub part: u32,
    /// The method
    pub method: Method,
    /// The test, for methods that look at values
    pub test: Option<u32>,
    /// Value, residual, failing share, or number of failing dies
    pub found: f64,
    /// Low and high limit it lies outside of, for PAT
    pub limits: Option<(f64, f64)>,
}

/// What all methods found
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Screening {
    /// Every reason, by part
    pub suspicions: Vec<Suspicion>,
    /// Tests with enough values for PAT
    pub tests_screened: usize,
    /// Tests without enough values or without variation
    pub tests_left_out: usize,
}

impl Screening {
    /// The suspected parts, each with the number of reasons, ascending
    pub fn parts(&self) -> BTreeMap<u32, usize> {
        let mut parts = BTreeMap::new();
        for suspicion in &self.suspicions {
            *parts.entry(suspicion.part).or_default() += 1;
        }
        parts
    }

    /// New bins for the suspected parts; `reason` puts the first suspicion of each into words
    pub fn rebins(&self, bin: u16, reason: impl Fn(&Suspicion) -> String) -> Vec<Rebin> {
        let mut first: BTreeMap<u32, &Suspicion> = BTreeMap::new();
        for suspicion in &self.suspicions {
            first.entry(suspicion.part).or_insert(suspicion);
        }
        first.into_iter().map(|(part, suspicion)| Rebin { part, bin, reason: reason(suspicion) }).collect()
    }
}

/// Screens the passing ones of the selected parts; `progress` gets the number of tests done and returns whether to go on
///
/// # Errors
/// When results on disk cannot be read. `None` when the caller asked to stop.
pub fn screen(
    dataset: &Dataset,
    selection: &Selection,
    rules: &Rules,
    mut progress: impl FnMut(usize) -> bool,
) -> Result<Option<Screening>, StoreError> {
    let mut screening = Screening::default();
    let maps = wafer_maps(dataset, selection);
    by_position(&maps, rules, &mut screening.suspicions);
    if rules.pat.is_some() || rules.residual.is_some() {
        for (number, test) in dataset.tests.iter().enumerate() {
            if !progress(number) {
                return Ok(None);
            }
            let mut values = measurements(dataset, selection, number, 0)?;
            values.retain(|(part, _)| dataset.parts.get(*part as usize).and_then(|part| part.passed()) == Some(true));
            by_value(dataset, &maps, rules, (number as u32, test), &values, &mut screening);
        }
    }
    screening.suspicions.sort_by_key(|suspicion| (suspicion.part, suspicion.method, suspicion.test));
    Ok(Some(screening))
}

fn by_value(
    dataset: &Dataset,
    maps: &[WaferMap],
    rules: &Rules,
    (number, test): (u32, &Test),
    values: &[(u32, f64)],
    screening: &mut Screening,
) {
    let limits = (test.low.map(f64::from), test.high.map(f64::from));
    if let Some(k) = rules.pat {
        let mut groups: BTreeMap<Option<u32>, Vec<(u32, f64)>> = BTreeMap::new();
        for &(part, value) in values {
            let wafer = dataset.parts.get(part as usize).and_then(|part| part.wafer);
            groups.entry(wafer.filter(|_| !rules.pat_is_static)).or_default().push((part, value));
        }
        let mut screened = false;
        for group in groups.values() {
            let only: Vec<f64> = group.iter().map(|(_, value)| *value).collect();
            let found = pat_limits(&only, k, rules.pat_least, limits, QuantileMethod::Inclusive);
            let Some(pat) = found else { continue };
            screened = true;
            screening.suspicions.extend(group.iter().filter(|(_, value)| pat.rejects(*value)).map(|&(part, value)| {
                let limits = Some((pat.low, pat.high));
                Suspicion { part, method: Method::Pat, test: Some(number), found: value, limits }
            }));
        }
        screening.tests_screened += usize::from(screened);
        screening.tests_left_out += usize::from(!screened);
    }
    if let Some(k) = rules.residual {
        let by_part: HashMap<u32, f64> = values.iter().copied().collect();
        for map in maps {
            let on = map.dies.iter().filter_map(|(at, die)| Some((*at, *by_part.get(&die.part)?)));
            let on: HashMap<At, f64> = on.collect();
            for (at, found) in nearest_neighbour_residual(&on, 1, k) {
                let Some(die) = map.dies.get(&at) else { continue };
                let (part, method) = (die.part, Method::Residual);
                screening.suspicions.push(Suspicion { part, method, test: Some(number), found, limits: None });
            }
        }
    }
}

fn by_position(maps: &[WaferMap], rules: &Rules, suspicions: &mut Vec<Suspicion>) {
    let everywhere = match rules.position {
        Some(threshold) if maps.len() > 1 => {
            same_position(&maps.iter().map(WaferMap::passed).collect::<Vec<_>>(), threshold)
        }
        _ => Vec::new(),
    };
    for map in maps {
        let passed = map.passed();
        let mut suspect = |at: At, method: Method, found: f64| {
            if let Some(die) = map.dies.get(&at).filter(|die| die.passed == Some(true)) {
                suspicions.push(Suspicion { part: die.part, method, test: None, found, limits: None });
            }
        };
        if let Some(threshold) = rules.neighbourhood {
            for (at, share) in good_die_bad_neighbourhood(&passed, threshold, 1.0, Edge::Ignore) {
                suspect(at, Method::Neighbourhood, share);
            }
        }
        for (at, share) in &everywhere {
            suspect(*at, Method::Position, *share);
        }
        if let Some(least) = rules.cluster {
            for cluster in clusters(&passed, least, 1) {
                for at in &cluster.guard {
                    suspect(*at, Method::Cluster, cluster.fails.len() as f64);
                }
            }
        }
    }
}
