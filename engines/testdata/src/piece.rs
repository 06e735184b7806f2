//! Parts and their results, read from a stretch of a file
//!
//! A piece knows its run, its wafers and the number of its first part, and nothing of what stands before it: pieces are
//! read on several threads and joined in the order of the file. A piece begins and ends where no part is open.

use std::collections::HashSet;

use stdf::tests::{BareResult, TestKey, Tests};
use stdf::{Encoding, Frame, RecordType, view};

use crate::model::Part;

const NO_PART: u32 = u32::MAX;

/// Where a piece stands
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub run: u32,
    /// Wafers by test head
    pub wafers: Vec<Option<u32>>,
    /// Number of the first part
    pub first_part: u32,
}

impl Place {
    /// Before any run
    pub fn nowhere() -> Place {
        Place { run: 0, wafers: Vec::new(), first_part: 0 }
    }
}

/// How to read it
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    pub key: TestKey,
    pub encoding: Encoding,
    pub results: bool,
}

/// What did not go together
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub stray_results: u64,
    pub stray_parts: u64,
    pub unfinished_parts: u64,
    pub parts_without_results: u64,
    pub missing_mrr: u64,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.stray_results += other.stray_results;
        self.stray_parts += other.stray_parts;
        self.unfinished_parts += other.unfinished_parts;
        self.parts_without_results += other.parts_without_results;
        self.missing_mrr += other.missing_mrr;
    }
}

/// Which sites have an open part
pub(crate) struct OpenSites {
    open: Vec<bool>,
    count: usize,
}

impl OpenSites {
    pub fn new() -> Self {
        OpenSites { open: vec![false; 1 << 16], count: 0 }
    }

    /// Follows a PIR or PRR; gives how many parts it brings into being
    pub fn follow(&mut self, begins: bool, head: u8, site: u8) -> u32 {
        let Some(open) = self.open.get_mut(slot_of(head, site)) else { return 0 };
        let was = std::mem::replace(open, begins);
        self.count = self.count + usize::from(begins) - usize::from(was);
        u32::from(begins || !was)
    }

    pub fn none(&self) -> bool {
        self.count == 0
    }
}

/// Whether records of this type belong to a piece; all others are the run's
pub(crate) fn belongs(kind: Option<RecordType>) -> bool {
    use RecordType::{Bps, Dtr, Eps, Ftr, Gdr, Mpr, Pir, Prr, Ptr, Str};
    matches!(kind, None | Some(Ptr | Ftr | Mpr | Str | Pir | Prr | Dtr | Gdr | Bps | Eps))
}

/// One result: its fields together, so that taking it touches one place in memory
#[derive(Debug, Clone, Copy)]
pub(crate) struct PieceRow {
    pub part: u32,
    pub value: f32,
    pub flags: u8,
}

/// The results of one test in a piece
#[derive(Debug, Default)]
pub(crate) struct PieceRows {
    pub rows: Vec<PieceRow>,
    /// Which of several results (MPR); empty when all are 0
    pub elements: Vec<u16>,
}

impl PieceRows {
    fn push(&mut self, row: PieceRow, element: u16) {
        if element != 0 || !self.elements.is_empty() {
            self.elements.resize(self.rows.len(), 0);
            self.elements.push(element);
        }
        self.rows.push(row);
    }
}

pub(crate) struct Piece {
    pub place: Place,
    pub parts: Vec<Part>,
    pub tests: Tests,
    /// Results of each of `tests`
    pub results: Vec<PieceRows>,
    pub tally: Tally,
    reading: Reading,
    /// Open part of each head and site, counted from this piece's first
    open: Vec<u32>,
    /// Sites whose last scan record is to be continued (rule 21)
    continued: HashSet<usize>,
}

impl Piece {
    pub fn new(place: Place, reading: Reading) -> Piece {
        Piece {
            place,
            parts: Vec::new(),
            tests: Tests::of_stretch(reading.key),
            results: Vec::new(),
            tally: Tally::default(),
            reading,
            open: vec![NO_PART; 1 << 16],
            continued: HashSet::new(),
        }
    }

    /// Reads a record for which [`belongs`] holds
    #[inline]
    pub fn feed(&mut self, frame: &Frame<'_>) {
        match frame.record_type() {
            Some(RecordType::Ptr) if self.reading.results => match BareResult::of(frame) {
                Some(of) => {
                    let test = self.tests.bare(&of);
                    self.push(test, (of.head, of.site), of.result, of.flags);
                }
                None => {
                    let mut ptr = view::Ptr::MISSING;
                    frame.read_into(&mut ptr);
                    let test = self.tests.parametric(&ptr);
                    self.push(test, (ptr.head_num, ptr.site_num), ptr.result, ptr.test_flg);
                }
            },
            Some(RecordType::Ftr) if self.reading.results => {
                let mut ftr = view::Ftr::MISSING;
                frame.read_into(&mut ftr);
                self.functional(&ftr);
            }
            Some(RecordType::Mpr) if self.reading.results => {
                let mut mpr = view::Mpr::MISSING;
                frame.read_into(&mut mpr);
                self.multiple(&mpr);
            }
            Some(RecordType::Str) if self.reading.results => self.scan(&frame.read::<view::Str<'_>>()),
            Some(RecordType::Pir) => self.begin_part(&frame.read::<view::Pir<'_>>()),
            Some(RecordType::Prr) => self.end_part(&frame.read::<view::Prr<'_>>()),
            _ => {}
        }
    }

    /// Bytes of results held
    pub fn bytes(&self) -> usize {
        self.results.iter().map(|rows| rows.rows.len() * size_of::<PieceRow>()).sum()
    }

    /// The run ends: parts that are still open never end
    pub fn close(&mut self) {
        for slot in &mut self.open {
            if *slot != NO_PART {
                self.tally.unfinished_parts += 1;
                *slot = NO_PART;
            }
        }
    }

    fn begin_part(&mut self, pir: &view::Pir<'_>) {
        let part = self.new_part(pir.head_num, pir.site_num);
        let slot = &mut self.open[slot_of(pir.head_num, pir.site_num)];
        self.tally.unfinished_parts += u64::from(*slot != NO_PART);
        *slot = part;
        self.continued.remove(&slot_of(pir.head_num, pir.site_num));
    }

    fn new_part(&mut self, head: u8, site: u8) -> u32 {
        self.parts.push(Part {
            run: self.place.run,
            wafer: self.place.wafers.get(usize::from(head)).copied().flatten(),
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
        self.parts.len() as u32 - 1
    }

    fn end_part(&mut self, prr: &view::Prr<'_>) {
        let slot = slot_of(prr.head_num, prr.site_num);
        let mut index = std::mem::replace(&mut self.open[slot], NO_PART);
        if index == NO_PART {
            // A PRR without PIR still counts: its bins are all that is known.
            self.tally.stray_parts += 1;
            index = self.new_part(prr.head_num, prr.site_num);
        }
        if let Some(part) = self.parts.get_mut(index as usize) {
            part.flags = Some(prr.part_flg);
            part.claimed_tests = prr.num_test;
            part.hard_bin = prr.hard_bin;
            part.soft_bin = (prr.soft_bin != u16::MAX).then_some(prr.soft_bin);
            part.at = (prr.x_coord != i16::MIN && prr.y_coord != i16::MIN).then_some((prr.x_coord, prr.y_coord));
            part.id = text(self.reading.encoding, prr.part_id);
            part.milliseconds = prr.test_t;
            self.tally.parts_without_results +=
                u64::from(self.reading.results && part.results == 0 && prr.num_test > 0);
        }
    }

    /// The open part of a head and site, by its number in the dataset (rule 11)
    #[inline]
    fn route(&mut self, head: u8, site: u8) -> Option<u32> {
        let open = self.open[slot_of(head, site)];
        if let Some(part) = self.parts.get_mut(open as usize) {
            part.results += 1;
            return Some(self.place.first_part + open);
        }
        self.tally.stray_results += 1;
        None
    }

    #[inline]
    fn rows(&mut self, test: usize) -> Option<&mut PieceRows> {
        if test >= self.results.len() {
            self.results.resize_with(test + 1, PieceRows::default);
        }
        self.results.get_mut(test)
    }

    #[inline]
    fn push(&mut self, test: usize, (head, site): (u8, u8), value: f32, flags: u8) {
        let Some(part) = self.route(head, site) else { return };
        if let Some(rows) = self.rows(test) {
            rows.rows.push(PieceRow { part, value, flags });
        }
    }

    fn functional(&mut self, ftr: &view::Ftr<'_>) {
        let test = self.tests.functional(ftr);
        self.push(test, (ftr.head_num, ftr.site_num), f32::NAN, ftr.test_flg);
    }

    fn scan(&mut self, str: &view::Str<'_>) {
        let slot = slot_of(str.head_num, str.site_num);
        let continues = self.continued.remove(&slot);
        if str.cont_flg != 0 {
            self.continued.insert(slot);
        }
        if continues {
            return;
        }
        let test = self.tests.scan(str);
        self.push(test, (str.head_num, str.site_num), f32::NAN, str.test_flg);
    }

    fn multiple(&mut self, mpr: &view::Mpr<'_>) {
        let test = self.tests.multiple(mpr);
        let Some(part) = self.route(mpr.head_num, mpr.site_num) else { return };
        if let Some(rows) = self.rows(test) {
            let flags = mpr.test_flg;
            for (element, value) in mpr.rtn_rslt.iter().enumerate() {
                rows.push(PieceRow { part, value, flags }, element as u16);
            }
            if mpr.rtn_rslt.is_empty() {
                rows.push(PieceRow { part, value: f32::NAN, flags }, 0);
            }
        }
    }
}

pub(crate) fn text(encoding: Encoding, bytes: &[u8]) -> String {
    encoding.decode(bytes).trim().to_owned()
}

fn slot_of(head: u8, site: u8) -> usize {
    usize::from(head) << 8 | usize::from(site)
}
