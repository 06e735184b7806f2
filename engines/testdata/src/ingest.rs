//! From tester files to the model
//!
//! Records of runs, wafers and claims are read in order by one session; parts and results, nearly all of a file, are
//! read in pieces, by several threads when the file is large and lies in memory. A part takes its number when it
//! begins, so that results can name it before it has ended.

use std::path::{Path, PathBuf};

use stdf::tests::{TestKey, Tests};
use stdf::{Encoding, Faults, OpenError, Reader, RecordView, view};

use crate::model::{About, Claim, Dataset, FileReport, ResultColumns, Run, Test, Wafer, WaferLayout};
use crate::piece::{Piece, Place, Reading, Tally, belongs, text};
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
    /// How texts that are not UTF-8 are read (rule 22)
    pub encoding: Encoding,
    /// Threads that decode a large file; one more walks its headers. The result does not depend on it
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            key: TestKey::NumberAndName,
            results: true,
            memory: 1 << 30,
            spill_folder: std::env::temp_dir(),
            encoding: Encoding::default(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

/// Bytes of results after which a piece is joined to the dataset
const PIECE: usize = 4 << 20;

/// Plain files from this size on are read by several threads
const LARGE: usize = 16 << 20;

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
    reader: Reader,
    name: &str,
    options: &Options,
    mut progress: impl FnMut(u64) -> bool,
) -> Result<(), IngestError> {
    read_from(dataset, reader, name, options, LARGE, &mut progress)
}

/// `large` is the size from which several threads read
pub(crate) fn read_from(
    dataset: &mut Dataset,
    mut reader: Reader,
    name: &str,
    options: &Options,
    large: usize,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<(), IngestError> {
    let mut session = Session::new(dataset, name, options);
    let (records, bytes, faults) = match reader.mapped() {
        Some(bytes) if options.results && options.threads > 1 && bytes.len() >= large => {
            crate::parallel::read(&mut session, bytes, &mut |position| {
                reader.release(position);
                progress(position)
            })?
        }
        _ => {
            let mut records = 0;
            let mut piece = None;
            while let Some(frame) = reader.next_frame() {
                records += 1;
                session.feed(&mut piece, &frame)?;
                if records % 16_384 == 0 {
                    let position = frame.offset;
                    if !progress(position) {
                        return Err(IngestError::Cancelled);
                    }
                    session.join_if_large(&mut piece)?;
                    reader.release(position);
                }
            }
            session.end_run(&mut piece, false)?;
            (records, reader.position(), reader.faults().clone())
        }
    };
    let report = session.report(records, bytes, &faults);
    dataset.files.push(report);
    Ok(())
}

pub(crate) struct Session<'d> {
    dataset: &'d mut Dataset,
    file: &'d str,
    pub options: &'d Options,
    run: Option<u32>,
    tests: Tests,
    /// This run's test numbers in the dataset
    mapped: Vec<u32>,
    /// This run's pin names by PMR index (rule 16)
    pins: std::collections::HashMap<u16, String>,
    wafers: Vec<Option<u32>>,
    /// Parts so far, with those of pieces that are still being read
    pub next_part: u32,
    tally: Tally,
}

fn count(number: u32) -> Option<u32> {
    (number != u32::MAX).then_some(number)
}

impl<'d> Session<'d> {
    fn new(dataset: &'d mut Dataset, file: &'d str, options: &'d Options) -> Self {
        Session {
            next_part: dataset.parts.len() as u32,
            dataset,
            file,
            options,
            run: None,
            tests: Tests::new(options.key),
            mapped: Vec::new(),
            pins: std::collections::HashMap::new(),
            wafers: vec![None; 256],
            tally: Tally::default(),
        }
    }

    fn text(&self, bytes: &[u8]) -> String {
        text(self.options.encoding, bytes)
    }

    /// Reads a record of any type
    pub fn feed(&mut self, piece: &mut Option<Piece>, frame: &stdf::Frame<'_>) -> Result<(), StoreError> {
        if belongs(frame.record_type()) {
            let place = if piece.is_none() { Some(self.place()) } else { None };
            let piece = piece.get_or_insert_with(|| Piece::new(place.unwrap_or_else(Place::nowhere), self.reading()));
            piece.feed(frame);
            return Ok(());
        }
        self.other(piece, &frame.decode())
    }

    /// Where the next part stands
    pub fn place(&mut self) -> Place {
        let run = self.current_run();
        Place { run, wafers: self.wafers.clone(), first_part: self.next_part }
    }

    pub fn reading(&self) -> Reading {
        Reading { key: self.options.key, encoding: self.options.encoding, results: self.options.results }
    }

    fn begin_run(&mut self, mir: Option<&view::Mir<'_>>) {
        let run = self.dataset.runs.len() as u32;
        let of = |field: fn(&view::Mir<'_>) -> Vec<u8>| mir.map(|mir| self.text(&field(mir))).unwrap_or_default();
        let run_record = Run {
            file: self.file.to_owned(),
            lot: of(|mir| mir.lot_id.to_vec()),
            product: of(|mir| mir.part_typ.to_vec()),
            program: of(|mir| mir.job_nam.to_vec()),
            step: of(|mir| mir.test_cod.to_vec()),
            tester: of(|mir| mir.node_nam.to_vec()),
            started: mir.map_or(0, |mir| mir.start_t),
            complete: false,
            layout: None,
        };
        self.dataset.runs.push(run_record);
        self.run = Some(run);
        self.tests = Tests::new(self.options.key);
        self.mapped.clear();
        self.pins.clear();
    }

    /// The current run; a file without MIR has one without names
    fn current_run(&mut self) -> u32 {
        if self.run.is_none() {
            self.begin_run(None);
        }
        self.run.unwrap_or(0)
    }

    pub fn end_run(&mut self, piece: &mut Option<Piece>, complete: bool) -> Result<(), StoreError> {
        if let Some(mut piece) = piece.take() {
            piece.close();
            self.join(&mut piece)?;
            self.finish(piece);
        }
        let Some(run) = self.run else { return Ok(()) };
        self.wafers.fill(None);
        self.learn_tests();
        if let Some(run) = self.dataset.runs.get_mut(run as usize) {
            run.complete |= complete;
            self.tally.missing_mrr += u64::from(!run.complete);
        }
        self.run = None;
        Ok(())
    }

    /// Takes over what the records said about tests
    fn learn_tests(&mut self) {
        for (test, &index) in self.tests.all().iter().zip(&self.mapped) {
            let units = text(self.options.encoding, test.units.as_bytes());
            let Some(known) = self.dataset.tests.get_mut(index as usize) else { continue };
            let (low, high) = (test.low.value(), test.high.value());
            known.limits_change |= test.limits_change
                || (known.low.is_some() && low.is_some() && known.low != low)
                || (known.high.is_some() && high.is_some() && known.high != high);
            known.low = known.low.or(low);
            known.high = known.high.or(high);
            if known.units.is_empty() {
                known.units = units;
            }
            if known.pins.is_empty() {
                let name = |pin: &u16| self.pins.get(pin).cloned().unwrap_or_else(|| format!("PMR {pin}"));
                known.pins = test.pins.iter().map(name).collect();
            }
        }
    }

    pub fn join_if_large(&mut self, piece: &mut Option<Piece>) -> Result<(), StoreError> {
        match piece {
            Some(piece) if piece.bytes() >= PIECE.min(self.options.memory / 2) => self.join(piece),
            _ => Ok(()),
        }
    }

    /// Takes over a piece's results; its parts stay in it until [`Session::finish`]
    pub fn join(&mut self, piece: &mut Piece) -> Result<(), StoreError> {
        for (at, test) in piece.tests.all().iter().enumerate() {
            let index = self.tests.absorb(test);
            let Some(rows) = piece.results.get_mut(at) else { continue };
            while self.mapped.len() <= index {
                self.map_next_test();
            }
            let mapped = self.mapped.get(index).copied().unwrap_or(0);
            if let Some(known) = self.dataset.results.get_mut(mapped as usize) {
                known.take(rows);
            }
        }
        self.spill_if_needed()
    }

    /// Takes over the parts of a piece that is read to its end
    pub fn finish(&mut self, mut piece: Piece) {
        self.tally.add(piece.tally);
        self.dataset.parts.append(&mut piece.parts);
        self.next_part = self.next_part.max(self.dataset.parts.len() as u32);
    }

    fn map_next_test(&mut self) {
        let Some(test) = self.tests.get(self.mapped.len()) else {
            self.mapped.push(0);
            return;
        };
        let name = self.text(test.name.as_bytes());
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
                pins: Vec::new(),
            });
            dataset.results.push(ResultColumns::default());
            dataset.tests.len() as u32 - 1
        });
        self.mapped.push(index);
    }

    /// Reads a record that belongs to no part
    pub fn other(&mut self, piece: &mut Option<Piece>, view: &RecordView<'_>) -> Result<(), StoreError> {
        match view {
            RecordView::Mir(mir) => {
                self.end_run(piece, false)?;
                self.begin_run(Some(mir));
            }
            RecordView::Mrr(_) => self.end_run(piece, true)?,
            RecordView::Wir(wir) => {
                let run = self.current_run();
                let wafer = self.dataset.wafers.len() as u32;
                let id = self.text(wir.wafer_id);
                self.dataset.wafers.push(Wafer { run, id, head: wir.head_num });
                self.set_wafer(piece, wir.head_num, Some(wafer));
            }
            RecordView::Wrr(wrr) => {
                let wafer = self.wafers.get(usize::from(wrr.head_num)).copied().flatten();
                self.set_wafer(piece, wrr.head_num, None);
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
            RecordView::Pmr(pmr) => {
                let name = [pmr.log_nam, pmr.phy_nam, pmr.chan_nam].into_iter().find(|name| !name.is_empty());
                if let Some(name) = name {
                    self.pins.insert(pmr.pmr_indx, self.text(name));
                }
            }
            RecordView::Pcr(pcr) => {
                self.claim("PCR", About::Parts, site(pcr.head_num, pcr.site_num), pcr.part_cnt, pcr.good_cnt);
            }
            RecordView::Hbr(hbr) => {
                let about = About::HardBin(hbr.hbin_num, passes(hbr.hbin_pf), self.text(hbr.hbin_nam));
                self.claim("HBR", about, site(hbr.head_num, hbr.site_num), hbr.hbin_cnt, u32::MAX);
            }
            RecordView::Sbr(sbr) => {
                let about = About::SoftBin(sbr.sbin_num, passes(sbr.sbin_pf), self.text(sbr.sbin_nam));
                self.claim("SBR", about, site(sbr.head_num, sbr.site_num), sbr.sbin_cnt, u32::MAX);
            }
            RecordView::Tsr(tsr) if self.options.results => {
                let about = About::Test(tsr.test_num, self.text(tsr.test_nam));
                self.claim("TSR", about, site(tsr.head_num, tsr.site_num), tsr.exec_cnt, tsr.fail_cnt);
            }
            _ => {}
        }
        Ok(())
    }

    fn set_wafer(&mut self, piece: &mut Option<Piece>, head: u8, wafer: Option<u32>) {
        let of_piece = piece.as_mut().map(|piece| &mut piece.place.wafers);
        for wafers in [Some(&mut self.wafers), of_piece].into_iter().flatten() {
            if let Some(of_head) = wafers.get_mut(usize::from(head)) {
                *of_head = wafer;
            }
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

    fn report(&self, records: u64, bytes: u64, faults: &Faults) -> FileReport {
        let mut damage: Vec<String> = faults.kept().iter().map(ToString::to_string).collect();
        if faults.total() > damage.len() as u64 {
            damage.push(format!("and {} more places", faults.total() - damage.len() as u64));
        }
        FileReport {
            file: self.file.to_owned(),
            bytes,
            records,
            damage,
            lost_bytes: faults.lost_bytes(),
            notes: self.notes(),
        }
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
