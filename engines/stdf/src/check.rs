//! Examining a file: what it holds, what is damaged, and what contradicts the format

use std::collections::{BTreeMap, HashMap};

use crate::bytes::ByteOrder;
use crate::fault::Faults;
use crate::reader::{Packing, Reader};
use crate::records::{Record, RecordType, RecordView, record};

/// What a file holds and what is wrong with it
#[derive(Debug, Clone)]
pub struct Examination {
    /// How it is packed
    pub packing: Packing,
    /// Byte order of its (last) FAR
    pub order: ByteOrder,
    /// Bytes on disk
    pub stored_bytes: u64,
    /// Bytes when unpacked
    pub unpacked_bytes: u64,
    /// Records of each known type
    pub records: BTreeMap<RecordType, u64>,
    /// Records of unknown type
    pub unknown: BTreeMap<(u8, u8), u64>,
    /// The MIR of each run
    pub runs: Vec<record::Mir>,
    /// Places where reading went wrong
    pub faults: Faults,
    /// What contradicts the format although it could be read
    pub findings: Vec<Finding>,
}

/// A contradiction, with the number of places where it was met
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// In words
    pub what: String,
    /// How often
    pub times: u64,
    /// Offset of the first place
    pub first_offset: u64,
}

impl Examination {
    /// Whether the file is whole and free of contradictions
    pub fn is_clean(&self) -> bool {
        self.faults.is_empty() && self.findings.is_empty()
    }
}

#[derive(Default)]
struct Book {
    findings: Vec<Finding>,
    by_what: HashMap<String, usize>,
}

impl Book {
    fn note_if(&mut self, condition: bool, what: &str, offset: u64) {
        if condition {
            self.note(what.into(), offset);
        }
    }

    fn note(&mut self, what: String, offset: u64) {
        if let Some(&index) = self.by_what.get(&what)
            && let Some(finding) = self.findings.get_mut(index)
        {
            finding.times += 1;
            return;
        }
        self.by_what.insert(what.clone(), self.findings.len());
        self.findings.push(Finding { what, times: 1, first_offset: offset });
    }
}

/// Reads a file to its end; `progress` is called now and then with the unpacked bytes read and returns whether to go on
pub fn examine(mut reader: Reader, mut progress: impl FnMut(u64) -> bool) -> Examination {
    let mut records = BTreeMap::new();
    let mut unknown = BTreeMap::new();
    let mut runs = Vec::new();
    let mut book = Book::default();
    let mut open: HashMap<(u8, u8), u64> = HashMap::new();
    let mut sections: i64 = 0;
    let mut ended = true;
    let mut count = 0u64;
    while let Some(frame) = reader.next_frame() {
        count += 1;
        let offset = frame.offset;
        let view = frame.decode();
        match view.record_type() {
            Some(kind) => *records.entry(kind).or_insert(0) += 1,
            None => *unknown.entry((frame.typ, frame.sub)).or_insert(0) += 1,
        }
        let (_, extra) = view.remainder();
        if view.record_type().is_some() && !extra.is_empty() {
            book.note(format!("{} has bytes after its last field, or ends inside a field", view.name()), offset);
        }
        match view {
            RecordView::Mir(mir) => {
                if !ended {
                    book.note("a run begins although the one before has no MRR".into(), offset);
                }
                ended = false;
                open.clear();
                if let Record::Mir(mir) = RecordView::Mir(mir).to_owned() {
                    runs.push(*mir);
                }
            }
            RecordView::Mrr(_) => {
                ended = true;
                for ((head, site), offset) in open.drain() {
                    book.note(format!("PIR of head {head}, site {site} has no PRR"), offset);
                }
            }
            RecordView::Pir(pir) => {
                let unfinished = open.insert((pir.head_num, pir.site_num), offset).is_some();
                book.note_if(unfinished, "PIR on a site whose part has not ended", offset);
            }
            RecordView::Prr(prr) => {
                let unbegun = open.remove(&(prr.head_num, prr.site_num)).is_none();
                book.note_if(unbegun, "PRR on a site where no part has begun", offset);
            }
            RecordView::Ptr(view) if !open.contains_key(&(view.head_num, view.site_num)) => {
                book.note("PTR outside of any part".into(), offset);
            }
            RecordView::Ftr(view) if !open.contains_key(&(view.head_num, view.site_num)) => {
                book.note("FTR outside of any part".into(), offset);
            }
            RecordView::Bps(_) => sections += 1,
            RecordView::Eps(_) => {
                sections -= 1;
                if sections < 0 {
                    book.note("EPS without BPS".into(), offset);
                    sections = 0;
                }
            }
            RecordView::Hbr(bin) if !matches!(bin.hbin_pf, b'P' | b'F') => {
                book.note("HBR does not say whether its bin passes (unknown is not a fail)".into(), offset);
            }
            _ => {}
        }
        if count.is_multiple_of(65_536) && !progress(offset) {
            break;
        }
    }
    let end = reader.position();
    if sections > 0 {
        book.note("BPS without EPS".into(), end);
    }
    if !ended {
        book.note("no MRR: the file is cut off, or the run was never closed".into(), end);
    }
    if runs.is_empty() {
        book.note("no MIR: lot and program are unknown".into(), 0);
    }
    Examination {
        packing: reader.packing(),
        order: reader.order(),
        stored_bytes: reader.size(),
        unpacked_bytes: end,
        records,
        unknown,
        runs,
        faults: reader.faults().clone(),
        findings: book.findings,
    }
}
