//! From tester files to the model
//!
//! Records of several sites interleave: results are routed to parts by head and site (rule 11). A part takes its
//! number when it begins, so that results can name it before it has ended.

use std::path::{Path, PathBuf};

use stdf::tests::{TestKey, Tests};
use stdf::{OpenError, Reader, RecordType, RecordView, Text, view};

use crate::model::{About, Claim, Dataset, FileReport, Part, ResultColumns, Run, Test, Wafer, WaferLayout};
use crate::store::{Spill, StoreError};

/// Why files could not be read
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// Opening
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Writing what does not fit into memory
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The caller asked to stop
    #[error("cancelled")]
    Cancelled,
}

/// How to read
#[derive(Debug, Clone)]
pub struct Options {
    /// What tells one test from another
    pub key: TestKey,
    /// Whether to keep results, or only parts, bins and claims (much faster)
    pub results: bool,
    /// Bytes of results to hold in memory; more is spilled as Parquet
    pub memory: usize,
    /// Where to spill; the system's folder for temporary files by default
    pub spill_folder: PathBuf,
}

impl Default for Options {
    fn default() -> Self {
        Options { key: TestKey::NumberAndName, results: true, memory: 1 << 30, spill_folder: std::env::temp_dir() }
    }
}

const NO_PART: u32 = u32::MAX;

/// Reads files one after another into one dataset
///
/// `progress` gets the bytes read of the current file and returns whether to go on.
///
/// # Errors
/// When a file cannot be opened as STDF, or spilling fails. Damaged files are read as far as they go, see
/// [`Dataset::files`].
pub fn read_files(
    files: &[impl AsRef<Path>],
    options: &Options,
    mut progress: impl FnMut(&Path, u64) -> bool,
) -> Result<Dataset, IngestError> {
    let mut dataset = Dataset::default();
    for path in files {
        let path = path.as_ref();
        let reader = Reader::open(path)?;
        read_one(&mut dataset, reader, &path.display().to_string(), options, |position| progress(path, position))?;
    }
    Ok(dataset)
}

/// Reads one opened file into a dataset
///
/// # Errors
/// See [`read_files`]
pub fn read_one(
    dataset: &mut Dataset,
    mut reader: Reader,
    name: &str,
    options: &Options,
    mut progress: impl FnMut(u64) -> bool,
) -> Result<(), IngestError> {
    let mut session = Session::new(dataset, name, options);
    let mut records = 0u64;
    while let Some(frame) = reader.next_frame() {
        records += 1;
        if records.is_multiple_of(16_384) {
            if !progress(frame.offset) {
                return Err(IngestError::Cancelled);
            }
            session.spill_if_needed()?;
        }
        match frame.record_type() {
            Some(RecordType::Ptr) if options.results => session.parametric(&frame.read::<view::Ptr<'_>>()),
            Some(RecordType::Ftr) if options.results => session.functional(&frame.read::<view::Ftr<'_>>()),
            Some(RecordType::Mpr) if options.results => session.multiple(&frame.read::<view::Mpr<'_>>()),
            Some(RecordType::Str) if options.results => session.scan(&frame.read::<view::Str<'_>>()),
            Some(RecordType::Ptr | RecordType::Ftr | RecordType::Mpr | RecordType::Str | RecordType::Dtr) => {}
            Some(RecordType::Pir) => session.begin_part(&frame.read::<view::Pir<'_>>()),
            Some(RecordType::Prr) => session.end_part(&frame.read::<view::Prr<'_>>()),
            _ => session.other(&frame.decode()),
        }
    }
    session.end_run(false);
    let faults = reader.faults();
    let mut damage: Vec<String> = faults.kept().iter().map(ToString::to_string).collect();
    if faults.total() > damage.len() as u64 {
        damage.push(format!("and {} more places", faults.total() - damage.len() as u64));
    }
    let report = FileReport {
        file: name.to_owned(),
        bytes: reader.position(),
        records,
        damage,
        lost_bytes: faults.lost_bytes(),
        notes: session.notes(),
    };
    dataset.files.push(report);
    Ok(())
}

#[derive(Default)]
struct Tally {
    stray_results: u64,
    stray_parts: u64,
    unfinished_parts: u64,
    parts_without_results: u64,
    missing_mrr: u64,
}

struct Session<'d> {
    dataset: &'d mut Dataset,
    file: &'d str,
    options: &'d Options,
    run: Option<u32>,
    tests: Tests,
    /// This run's test numbers in the dataset
    mapped: Vec<u32>,
    open: Vec<u32>,
    wafer_of_head: Vec<Option<u32>>,
    tally: Tally,
}

fn text(bytes: &[u8]) -> String {
    Text::from(bytes).decode().trim().to_owned()
}

fn count(number: u32) -> Option<u32> {
    (number != u32::MAX).then_some(number)
}

impl<'d> Session<'d> {
    fn new(dataset: &'d mut Dataset, file: &'d str, options: &'d Options) -> Self {
        Session {
            dataset,
            file,
            options,
            run: None,
            tests: Tests::new(options.key),
            mapped: Vec::new(),
            open: vec![NO_PART; 1 << 16],
            wafer_of_head: vec![None; 256],
            tally: Tally::default(),
        }
    }

    fn begin_run(&mut self, mir: Option<&view::Mir<'_>>) {
        if self.run.is_some() {
            self.end_run(false);
        }
        let run = self.dataset.runs.len() as u32;
        let of = |field: fn(&view::Mir<'_>) -> String| mir.map(field).unwrap_or_default();
        self.dataset.runs.push(Run {
            file: self.file.to_owned(),
            lot: of(|mir| text(mir.lot_id)),
            product: of(|mir| text(mir.part_typ)),
            program: of(|mir| text(mir.job_nam)),
            step: of(|mir| text(mir.test_cod)),
            tester: of(|mir| text(mir.node_nam)),
            started: mir.map_or(0, |mir| mir.start_t),
            complete: false,
            layout: None,
        });
        self.run = Some(run);
        self.tests = Tests::new(self.options.key);
        self.mapped.clear();
    }

    /// The current run; a file without MIR has one without names
    fn current_run(&mut self) -> u32 {
        if self.run.is_none() {
            self.begin_run(None);
        }
        self.run.unwrap_or(0)
    }

    fn end_run(&mut self, complete: bool) {
        let Some(run) = self.run else { return };
        for slot in &mut self.open {
            if *slot != NO_PART {
                self.tally.unfinished_parts += 1;
                *slot = NO_PART;
            }
        }
        self.wafer_of_head.fill(None);
        self.learn_tests();
        if let Some(run) = self.dataset.runs.get_mut(run as usize) {
            run.complete |= complete;
            self.tally.missing_mrr += u64::from(!run.complete);
        }
        self.run = None;
    }

    /// Takes over what the records said about tests
    fn learn_tests(&mut self) {
        for (test, &index) in self.tests.all().iter().zip(&self.mapped) {
            let Some(known) = self.dataset.tests.get_mut(index as usize) else { continue };
            let (low, high) = (test.low.value(), test.high.value());
            known.limits_change |= test.limits_change
                || (known.low.is_some() && low.is_some() && known.low != low)
                || (known.high.is_some() && high.is_some() && known.high != high);
            known.low = known.low.or(low);
            known.high = known.high.or(high);
            if known.units.is_empty() {
                known.units = test.units.decode().trim().to_owned();
            }
        }
    }

    fn begin_part(&mut self, pir: &view::Pir<'_>) {
        let run = self.current_run();
        let wafer = self.wafer_of_head.get(usize::from(pir.head_num)).copied().flatten();
        let part = self.new_part(run, wafer, pir.head_num, pir.site_num);
        let slot = &mut self.open[slot_of(pir.head_num, pir.site_num)];
        self.tally.unfinished_parts += u64::from(*slot != NO_PART);
        *slot = part;
    }

    fn new_part(&mut self, run: u32, wafer: Option<u32>, head: u8, site: u8) -> u32 {
        self.dataset.parts.push(Part {
            run,
            wafer,
            head,
            site,
            flags: None,
            claimed_tests: 0,
            results: 0,
            hard_bin: 0,
            soft_bin: None,
            at: None,
            id: String::new(),
            milliseconds: 0,
        });
        self.dataset.parts.len() as u32 - 1
    }

    fn end_part(&mut self, prr: &view::Prr<'_>) {
        let slot = slot_of(prr.head_num, prr.site_num);
        let mut index = std::mem::replace(&mut self.open[slot], NO_PART);
        if index == NO_PART {
            // A PRR without PIR still counts: its bins are all that is known.
            self.tally.stray_parts += 1;
            let run = self.current_run();
            let wafer = self.wafer_of_head.get(usize::from(prr.head_num)).copied().flatten();
            index = self.new_part(run, wafer, prr.head_num, prr.site_num);
        }
        let results_wanted = self.options.results;
        if let Some(part) = self.dataset.parts.get_mut(index as usize) {
            part.flags = Some(prr.part_flg);
            part.claimed_tests = prr.num_test;
            part.hard_bin = prr.hard_bin;
            part.soft_bin = (prr.soft_bin != u16::MAX).then_some(prr.soft_bin);
            part.at = (prr.x_coord != i16::MIN && prr.y_coord != i16::MIN).then_some((prr.x_coord, prr.y_coord));
            part.id = text(prr.part_id);
            part.milliseconds = prr.test_t;
            self.tally.parts_without_results += u64::from(results_wanted && part.results == 0 && prr.num_test > 0);
        }
    }

    #[inline]
    fn route(&mut self, head: u8, site: u8) -> Option<u32> {
        let part = self.open[slot_of(head, site)];
        if let Some(part) = self.dataset.parts.get_mut(part as usize) {
            part.results += 1;
            return Some(self.open[slot_of(head, site)]);
        }
        self.tally.stray_results += 1;
        None
    }

    #[inline]
    fn columns(&mut self, index: usize) -> Option<&mut ResultColumns> {
        while self.mapped.len() <= index {
            self.map_next_test();
        }
        let mapped = *self.mapped.get(index)?;
        self.dataset.results.get_mut(mapped as usize)
    }

    #[cold]
    fn map_next_test(&mut self) {
        let Some(test) = self.tests.get(self.mapped.len()) else {
            self.mapped.push(0);
            return;
        };
        let name = test.name.decode().trim().to_owned();
        let key = (test.number, name.clone(), test.kind);
        let dataset = &mut *self.dataset;
        let index = *dataset.by_key.entry(key).or_insert_with(|| {
            dataset.tests.push(Test {
                number: test.number,
                name,
                kind: test.kind,
                units: String::new(),
                low: None,
                high: None,
                limits_change: false,
            });
            dataset.results.push(ResultColumns::default());
            dataset.tests.len() as u32 - 1
        });
        self.mapped.push(index);
    }

    #[inline]
    fn parametric(&mut self, ptr: &view::Ptr<'_>) {
        let index = self.tests.parametric(ptr);
        let Some(part) = self.route(ptr.head_num, ptr.site_num) else { return };
        if let Some(columns) = self.columns(index) {
            columns.push(part, ptr.result, ptr.test_flg);
        }
    }

    fn functional(&mut self, ftr: &view::Ftr<'_>) {
        let index = self.tests.functional(ftr);
        let Some(part) = self.route(ftr.head_num, ftr.site_num) else { return };
        if let Some(columns) = self.columns(index) {
            columns.push(part, f32::NAN, ftr.test_flg);
        }
    }

    fn scan(&mut self, str: &view::Str<'_>) {
        let index = self.tests.scan(str);
        let Some(part) = self.route(str.head_num, str.site_num) else { return };
        if let Some(columns) = self.columns(index) {
            columns.push(part, f32::NAN, str.test_flg);
        }
    }

    fn multiple(&mut self, mpr: &view::Mpr<'_>) {
        let index = self.tests.multiple(mpr);
        let Some(part) = self.route(mpr.head_num, mpr.site_num) else { return };
        if let Some(columns) = self.columns(index) {
            for (element, value) in mpr.rtn_rslt.iter().enumerate() {
                columns.push_element(part, element as u16, value, mpr.test_flg);
            }
            if mpr.rtn_rslt.is_empty() {
                columns.push_element(part, 0, f32::NAN, mpr.test_flg);
            }
        }
    }

    fn other(&mut self, view: &RecordView<'_>) {
        match view {
            RecordView::Mir(mir) => self.begin_run(Some(mir)),
            RecordView::Mrr(_) => self.end_run(true),
            RecordView::Wir(wir) => {
                let run = self.current_run();
                let wafer = self.dataset.wafers.len() as u32;
                self.dataset.wafers.push(Wafer { run, id: text(wir.wafer_id), head: wir.head_num });
                self.wafer_of_head[usize::from(wir.head_num)] = Some(wafer);
            }
            RecordView::Wrr(wrr) => {
                let wafer = self.wafer_of_head[usize::from(wrr.head_num)].take();
                if let Some(wafer) = wafer {
                    self.claim("WRR", About::Wafer(wafer), None, wrr.part_cnt, wrr.good_cnt);
                }
            }
            RecordView::Wcr(wcr) => {
                let run = self.current_run();
                if let Some(run) = self.dataset.runs.get_mut(run as usize) {
                    run.layout = Some(layout(wcr));
                }
            }
            RecordView::Pcr(pcr) => {
                self.claim("PCR", About::Parts, site(pcr.head_num, pcr.site_num), pcr.part_cnt, pcr.good_cnt);
            }
            RecordView::Hbr(hbr) => {
                let about = About::HardBin(hbr.hbin_num, passes(hbr.hbin_pf), text(hbr.hbin_nam));
                self.claim("HBR", about, site(hbr.head_num, hbr.site_num), hbr.hbin_cnt, u32::MAX);
            }
            RecordView::Sbr(sbr) => {
                let about = About::SoftBin(sbr.sbin_num, passes(sbr.sbin_pf), text(sbr.sbin_nam));
                self.claim("SBR", about, site(sbr.head_num, sbr.site_num), sbr.sbin_cnt, u32::MAX);
            }
            RecordView::Tsr(tsr) if self.options.results => {
                let about = About::Test(tsr.test_num, text(tsr.test_nam));
                self.claim("TSR", about, site(tsr.head_num, tsr.site_num), tsr.exec_cnt, tsr.fail_cnt);
            }
            _ => {}
        }
    }

    fn claim(&mut self, record: &'static str, about: About, site: Option<(u8, u8)>, first: u32, second: u32) {
        // Summaries may stand after MRR in files of careless testers: they belong to the last run.
        let run = self.run.unwrap_or_else(|| (self.dataset.runs.len() as u32).saturating_sub(1));
        self.dataset.claims.push(Claim { run, record, about, site, count: count(first), second: count(second) });
    }

    fn spill_if_needed(&mut self) -> Result<(), StoreError> {
        let held: usize = self.dataset.results.iter().map(ResultColumns::bytes).sum();
        if held > self.options.memory {
            let spill = match &mut self.dataset.spilled {
                Some(spill) => spill,
                none => none.insert(Spill::new(&self.options.spill_folder)?),
            };
            spill.write(&mut self.dataset.results)?;
        }
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        let tally = &self.tally;
        [
            (tally.missing_mrr, "runs without MRR: the file is cut off there"),
            (tally.stray_results, "results outside of any part: left out"),
            (tally.stray_parts, "PRR without PIR: counted as parts"),
            (tally.unfinished_parts, "parts that began and never ended: not counted as tested"),
            (
                tally.parts_without_results,
                "parts claim tests but have no results (sampled datalog): counted by their bins",
            ),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect()
    }
}

fn slot_of(head: u8, site: u8) -> usize {
    usize::from(head) << 8 | usize::from(site)
}

/// Head 255 is the summary over all sites (rule 3)
fn site(head: u8, site: u8) -> Option<(u8, u8)> {
    (head != 255).then_some((head, site))
}

/// Only P and F say something (rule 15)
fn passes(flag: u8) -> Option<bool> {
    match flag {
        b'P' => Some(true),
        b'F' => Some(false),
        _ => None,
    }
}

fn layout(wcr: &view::Wcr<'_>) -> WaferLayout {
    let side = |code: u8, yes: u8, no: u8| {
        if code == yes {
            Some(true)
        } else if code == no {
            Some(false)
        } else {
            None
        }
    };
    let millimetres = match wcr.wf_units {
        1 => Some(25.4),
        2 => Some(10.0),
        3 => Some(1.0),
        4 => Some(0.0254),
        _ => None,
    };
    let length = |value: f32| millimetres.map(|unit| value * unit).filter(|value| *value > 0.0);
    WaferLayout {
        x_grows_right: side(wcr.pos_x, b'R', b'L'),
        y_grows_up: side(wcr.pos_y, b'U', b'D'),
        flat: matches!(wcr.wf_flat, b'U' | b'D' | b'L' | b'R').then_some(char::from(wcr.wf_flat)),
        center: (wcr.center_x != i16::MIN && wcr.center_y != i16::MIN).then_some((wcr.center_x, wcr.center_y)),
        diameter_mm: length(wcr.wafr_siz),
        die_mm: length(wcr.die_wid).zip(length(wcr.die_ht)),
    }
}
