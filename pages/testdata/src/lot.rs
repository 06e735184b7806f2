//! A finished data set, opened: its owner's alone, kept open for the next page.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use kernel::OrganisationId;
use office::workbench::{Job, JobId, JobState};
use serde::de::DeserializeOwned;
use testdata::kept;
use testdata::map::{WaferMap, wafer_maps};
use testdata::model::Dataset;
use testdata::outliers::At;
use testdata::overview::TestOverview;
use testdata::screening::{Rules, Screening, Suspicion, screen};
use testdata::selection::Retest;
use testdata::store::StoreError;
use testdata::yields::{self, YieldReport};
use web::{Counter, Failure};

use crate::words::{POLICIES, suspicion};
use crate::work::{self, KIND, Request};

/// Screenings by other rules that are kept of one data set.
const KEPT_SCREENINGS: usize = 8;
/// How often, and how many times, a page looks whether a screening is found before it says that it is under way.
const BREATH: Duration = Duration::from_millis(50);
const PATIENCE: usize = 100;
/// Data sets kept open; the one not used for the longest time goes first.
const OPEN: usize = 6;

/// A data set and what was computed from it so far. Its files never change, so neither does this.
pub struct Lot {
    /// What was asked.
    pub request: Request,
    /// Runs, wafers, attempts, tests; results on disk.
    pub dataset: Dataset,
    folder: PathBuf,
    views: [OnceLock<View>; 4],
    attempts: OnceLock<HashMap<WaferName, HashMap<At, Vec<u32>>>>,
    overviews: [OnceLock<Vec<TestOverview>>; 4],
    usual: OnceLock<Screening>,
    screenings: Mutex<Vec<Asked>>,
}

/// A screening by other rules than the usual ones: under way, or found.
struct Asked {
    retest: Retest,
    rules: Rules,
    /// Tests looked at so far.
    done: Arc<AtomicUsize>,
    found: Option<Result<Arc<Screening>, Failure>>,
}

/// How a screening stands.
pub enum Screened {
    /// Found.
    Found(Arc<Screening>),
    /// So many tests of so many are looked at.
    UnderWay(usize, usize),
}

/// Lot and wafer.
type WaferName = (String, String);

/// Numbers in a name count as numbers: wafer 2 comes before wafer 10.
fn counted(name: &str) -> String {
    let mut text = String::new();
    let mut digits = String::new();
    for c in name.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            text.push_str(&format!("{digits:0>12}"));
            digits.clear();
        }
        text.push(c);
    }
    text
}

/// A data set under one retest policy.
pub struct View {
    /// Yield and the selection it is of.
    pub report: YieldReport,
    /// Maps of the wafers.
    pub maps: Vec<WaferMap>,
}

static SHELF: Mutex<Vec<(JobId, Arc<Lot>)>> = Mutex::new(Vec::new());

/// The job of an address, if it belongs to who asks: to everybody else there is none.
pub async fn job(counter: &Counter, id: &str) -> Result<(Job, PathBuf), Failure> {
    let owner = owner(counter).ok_or_else(Failure::not_found)?;
    let id: JobId = id.parse().map_err(|_| Failure::not_found())?;
    counter.hall.workbench().get(owner, KIND, id).await?.ok_or_else(Failure::not_found)
}

/// The firm that is acted for.
pub fn owner(counter: &Counter) -> Option<&OrganisationId> {
    let is_firm = counter.visitor.role().is_some_and(|role| crate::FIRM.contains(&role));
    counter.visitor.organisation().filter(|_| is_firm)
}

/// The finished data set of an address, if it belongs to who asks.
pub async fn lot(counter: &Counter, id: &str) -> Result<(Job, Arc<Lot>), Failure> {
    let (job, folder) = job(counter, id).await?;
    if job.state != JobState::Done {
        return Err(Failure::NotFound("这批数据还没有处理完，请回到数据页查看进度。".into()));
    }
    let lot = open(job.job.id, folder, job.job.input.clone()).await?;
    Ok((job, lot))
}

/// Opens a finished data set, whoever asks: the caller has looked who.
pub async fn open(id: JobId, folder: PathBuf, input: String) -> Result<Arc<Lot>, Failure> {
    if let Some(lot) = taken_from_shelf(id, &folder) {
        return Ok(lot);
    }
    let request: Request = serde_json::from_str(&input).map_err(|error| Failure::Fault(error.to_string()))?;
    let lot = beside(move || {
        let dataset = kept::open(&work::results(&folder)).map_err(fault)?;
        let (views, attempts, overviews, usual, screenings) = Default::default();
        Ok(Arc::new(Lot { request, dataset, folder, views, attempts, overviews, usual, screenings }))
    })
    .await?;
    put_on_shelf(id, lot.clone());
    Ok(lot)
}

/// The folder tells cities apart: identifiers of the demonstration are the same in each.
fn taken_from_shelf(id: JobId, folder: &Path) -> Option<Arc<Lot>> {
    let mut shelf = SHELF.lock().unwrap_or_else(PoisonError::into_inner);
    let place = shelf.iter().position(|(known, lot)| *known == id && lot.folder == folder)?;
    let found = shelf.remove(place);
    let lot = found.1.clone();
    shelf.push(found);
    Some(lot)
}

fn put_on_shelf(id: JobId, lot: Arc<Lot>) {
    let mut shelf = SHELF.lock().unwrap_or_else(PoisonError::into_inner);
    shelf.push((id, lot));
    if shelf.len() > OPEN {
        shelf.remove(0);
    }
}

/// Closes a data set that was discarded.
pub fn close(id: JobId) {
    SHELF.lock().unwrap_or_else(PoisonError::into_inner).retain(|(known, _)| *known != id);
}

/// Does what takes the processor or the disk for a while on a thread of its own.
pub async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(Failure::Fault(error.to_string())))
}

/// What is on disk cannot be read.
#[allow(clippy::needless_pass_by_value, reason = "taken by map_err")]
pub fn fault(error: StoreError) -> Failure {
    Failure::Fault(error.to_string())
}

fn place(retest: Retest) -> usize {
    POLICIES.iter().position(|(of, _, _)| *of == retest).unwrap_or(0)
}

impl Lot {
    /// Under a retest policy.
    pub fn view(&self, retest: Retest) -> &View {
        self.views[place(retest)].get_or_init(|| {
            let report = yields::report(&self.dataset, retest);
            let mut maps = wafer_maps(&self.dataset, &report.selection);
            // In an order of their own, so that a wafer has the same number under every policy.
            maps.sort_by_cached_key(|map| (counted(&map.lot), counted(&map.wafer)));
            View { report, maps }
        })
    }

    /// Every attempt at every die that has coordinates, by wafer, in order.
    pub fn attempts(&self, map: &WaferMap) -> Option<&HashMap<At, Vec<u32>>> {
        let all = self.attempts.get_or_init(|| {
            let mut all: HashMap<WaferName, HashMap<At, Vec<u32>>> = HashMap::new();
            for (number, part) in (0u32..).zip(&self.dataset.parts) {
                let wafer = part.wafer.and_then(|wafer| self.dataset.wafers.get(wafer as usize));
                let (Some(wafer), Some(at), Some(_)) = (wafer, part.at, part.flags) else { continue };
                let lot = self.dataset.runs.get(part.run as usize).map(|run| run.lot.clone()).unwrap_or_default();
                all.entry((lot, wafer.id.clone())).or_default().entry(at).or_default().push(number);
            }
            all
        });
        all.get(&(map.lot.clone(), map.wafer.clone()))
    }

    /// One row a test under a retest policy.
    pub fn overview(&self, retest: Retest) -> Result<&[TestOverview], Failure> {
        let slot = &self.overviews[place(retest)];
        if let Some(rows) = slot.get() {
            return Ok(rows);
        }
        let rows = read(work::overview_file(&self.folder, retest))?;
        Ok(slot.get_or_init(|| rows))
    }

    /// What the usual rules find among the last attempts; found when the files were read.
    pub fn usual_screening(&self) -> Result<&Screening, Failure> {
        if let Some(found) = self.usual.get() {
            return Ok(found);
        }
        let found = read(work::screening_file(&self.folder))?;
        Ok(self.usual.get_or_init(|| found))
    }

    /// What rules find under a policy. Begins the search, and waits a moment for it.
    pub async fn screened(self: &Arc<Self>, retest: Retest, rules: Rules) -> Result<Screened, Failure> {
        let done = {
            let mut asked = self.screenings.lock().unwrap_or_else(PoisonError::into_inner);
            match asked.iter().find(|of| of.retest == retest && of.rules == rules) {
                Some(Asked { found: Some(found), .. }) => return Ok(Screened::Found(found.clone()?)),
                Some(of) => of.done.clone(),
                None => {
                    if asked.len() >= KEPT_SCREENINGS {
                        asked.retain(|of| of.found.is_none());
                    }
                    let done = Arc::new(AtomicUsize::new(0));
                    asked.push(Asked { retest, rules, done: done.clone(), found: None });
                    let (lot, tally) = (self.clone(), done.clone());
                    tokio::task::spawn_blocking(move || lot.search(retest, rules, &tally));
                    done
                }
            }
        };
        for _ in 0..PATIENCE {
            tokio::time::sleep(BREATH).await;
            let asked = self.screenings.lock().unwrap_or_else(PoisonError::into_inner);
            let of = asked.iter().find(|of| of.retest == retest && of.rules == rules);
            if let Some(found) = of.and_then(|of| of.found.clone()) {
                return Ok(Screened::Found(found?));
            }
        }
        Ok(Screened::UnderWay(done.load(Ordering::Relaxed), self.dataset.tests.len()))
    }

    fn search(&self, retest: Retest, rules: Rules, tally: &AtomicUsize) {
        let selection = &self.view(retest).report.selection;
        let found = screen(&self.dataset, selection, &rules, |done| {
            tally.store(done, Ordering::Relaxed);
            true
        });
        let found = found.map(|found| Arc::new(found.unwrap_or_default())).map_err(fault);
        let mut asked = self.screenings.lock().unwrap_or_else(PoisonError::into_inner);
        for of in asked.iter_mut().filter(|of| of.retest == retest && of.rules == rules) {
            of.found = Some(found.clone());
        }
    }

    /// Where its files and results lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What a test is called: number and name.
    pub fn test_name(&self, test: u32) -> String {
        self.dataset.tests.get(test as usize).map_or_else(String::new, |of| format!("{} {}", of.number, of.name))
    }

    /// Why a part is suspected, in words.
    pub fn told(&self, of: &Suspicion) -> String {
        let test = of.test.and_then(|test| self.dataset.tests.get(test as usize));
        let name = of.test.map(|test| self.test_name(test)).unwrap_or_default();
        suspicion(of, &name, test.map_or("", |test| test.units.as_str()))
    }

    /// The map and its number of a lot's wafer.
    pub fn map(&self, retest: Retest, number: usize) -> Option<&WaferMap> {
        self.view(retest).maps.get(number)
    }
}

fn read<T: DeserializeOwned>(path: PathBuf) -> Result<T, Failure> {
    let bytes = std::fs::read(&path).map_err(|error| Failure::Fault(format!("{}: {error}", path.display())))?;
    serde_json::from_slice(&bytes).map_err(|error| Failure::Fault(format!("{}: {error}", path.display())))
}
