//! Changing files: filter, merge, split, anonymise
//!
//! All of them stream: memory does not grow with the file, records that are not touched are copied byte for byte.

use std::collections::HashMap;
use std::io::Write;

use crate::framing::Frame;
use crate::reader::Reader;
use crate::records::{Record, RecordType, RecordView};
use crate::text::Text;
use crate::value::Value;
use crate::writer::{WriteError, Writer};

/// Which records to keep
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only these types; empty means all
    pub types: Vec<RecordType>,
    /// Only records of these sites (and records of no site, and summaries); empty means all
    pub sites: Vec<u8>,
    /// Only results of these tests; empty means all
    pub tests: Vec<u32>,
}

impl Filter {
    /// Whether a record stays; FAR always does
    pub fn keeps(&self, frame: &Frame<'_>) -> bool {
        let Some(kind) = frame.record_type() else { return self.types.is_empty() };
        if kind == RecordType::Far {
            return true;
        }
        if !self.types.is_empty() && !self.types.contains(&kind) {
            return false;
        }
        let view = frame.decode();
        let (site, test) = match view {
            RecordView::Pir(record) => (Some(record.site_num), None),
            RecordView::Prr(record) => (Some(record.site_num), None),
            RecordView::Ptr(record) => (Some(record.site_num), Some(record.test_num)),
            RecordView::Mpr(record) => (Some(record.site_num), Some(record.test_num)),
            RecordView::Ftr(record) => (Some(record.site_num), Some(record.test_num)),
            RecordView::Str(record) => (Some(record.site_num), Some(record.test_num)),
            RecordView::Tsr(record) => (None, Some(record.test_num)),
            _ => (None, None),
        };
        site.is_none_or(|site| self.sites.is_empty() || self.sites.contains(&site))
            && test.is_none_or(|test| self.tests.is_empty() || self.tests.contains(&test))
    }
}

/// Copies the records that a filter keeps; returns how many were kept and how many left out
///
/// # Errors
/// When the target refuses, or an unknown record would have to change its byte order
pub fn filter<W: Write>(
    reader: &mut Reader,
    filter: &Filter,
    writer: &mut Writer<W>,
) -> Result<(u64, u64), WriteError> {
    let mut counts = (0, 0);
    while let Some(frame) = reader.next_frame() {
        if filter.keeps(&frame) {
            writer.frame(&frame)?;
            counts.0 += 1;
        } else {
            counts.1 += 1;
        }
    }
    Ok(counts)
}

/// Writes several files one after another as runs of one file, in the writer's byte order
///
/// Only the first FAR is kept; each run keeps its MIR and MRR (rule 19), so nothing is recounted or lost.
///
/// # Errors
/// When the target refuses, or an unknown record would have to change its byte order
pub fn merge<W: Write>(readers: impl IntoIterator<Item = Reader>, writer: &mut Writer<W>) -> Result<u64, WriteError> {
    let mut count = 0;
    writer.far()?;
    for mut reader in readers {
        while let Some(frame) = reader.next_frame() {
            if frame.record_type() != Some(RecordType::Far) {
                writer.frame(&frame)?;
                count += 1;
            }
        }
    }
    Ok(count)
}

/// Splits a file into its runs: `open` is asked for a target for each MIR; FAR, ATR and VUR precede each run
///
/// Gives the number of runs, and of records before the first MIR that belong to none and are left out.
///
/// # Errors
/// When a target refuses
pub fn split<W: Write>(
    reader: &mut Reader,
    mut open: impl FnMut(usize) -> std::io::Result<W>,
) -> Result<(usize, u64), WriteError> {
    let mut left_out = 0;
    let mut prologue: Vec<(u8, u8, Vec<u8>)> = Vec::new();
    let mut writer: Option<Writer<W>> = None;
    let mut runs = 0;
    while let Some(frame) = reader.next_frame() {
        match frame.record_type() {
            Some(RecordType::Far) => {
                prologue.clear();
                prologue.push((frame.typ, frame.sub, frame.body.to_vec()));
                continue;
            }
            Some(RecordType::Atr | RecordType::Vur) if prologue.len() < 256 => {
                prologue.push((frame.typ, frame.sub, frame.body.to_vec()));
                continue;
            }
            Some(RecordType::Mir) => {
                if let Some(done) = writer.take() {
                    done.finish()?;
                }
                let mut next = Writer::new(open(runs)?, frame.order);
                for (typ, sub, body) in &prologue {
                    next.frame(&Frame { offset: 0, order: frame.order, typ: *typ, sub: *sub, body })?;
                }
                runs += 1;
                writer = Some(next);
            }
            _ => {}
        }
        match &mut writer {
            Some(writer) => writer.frame(&frame)?,
            None => left_out += 1,
        }
    }
    if let Some(done) = writer {
        done.finish()?;
    }
    Ok((runs, left_out))
}

/// Text fields that may name a firm, a person, a product or a place
const CONFIDENTIAL: &[(RecordType, &[&str])] = &[
    (RecordType::Atr, &["cmd_line"]),
    (
        RecordType::Mir,
        &[
            "lot_id", "part_typ", "node_nam", "tstr_typ", "job_nam", "job_rev", "sblot_id", "oper_nam", "exec_typ",
            "exec_ver", "user_txt", "aux_file", "pkg_typ", "famly_id", "date_cod", "facil_id", "floor_id", "proc_id",
            "oper_frq", "spec_nam", "spec_ver", "flow_id", "setup_id", "dsgn_rev", "eng_id", "rom_cod", "serl_num",
            "supr_nam",
        ],
    ),
    (RecordType::Mrr, &["usr_desc", "exc_desc"]),
    (
        RecordType::Sdr,
        &[
            "hand_typ", "hand_id", "card_typ", "card_id", "load_typ", "load_id", "dib_typ", "dib_id", "cabl_typ",
            "cabl_id", "cont_typ", "cont_id", "lasr_typ", "lasr_id", "extr_typ", "extr_id",
        ],
    ),
    (RecordType::Wir, &["wafer_id"]),
    (RecordType::Wrr, &["wafer_id", "fabwf_id", "frame_id", "mask_id", "usr_desc", "exc_desc"]),
    (RecordType::Prr, &["part_id", "part_txt"]),
    (RecordType::Hbr, &["hbin_nam"]),
    (RecordType::Sbr, &["sbin_nam"]),
    (RecordType::Pmr, &["chan_nam", "phy_nam", "log_nam"]),
    (RecordType::Pgr, &["grp_nam"]),
    (RecordType::Tsr, &["test_nam", "seq_name", "test_lbl"]),
    (RecordType::Bps, &["seq_name"]),
    (RecordType::Ptr, &["test_txt", "alarm_id"]),
    (RecordType::Mpr, &["test_txt", "alarm_id"]),
    (RecordType::Ftr, &["vect_nam", "time_set", "op_code", "test_txt", "alarm_id", "prog_txt", "rslt_txt"]),
    (RecordType::Dtr, &["text_dat"]),
];

/// Types whose free content cannot be told from secrets: left out
const LEFT_OUT: &[RecordType] = &[
    RecordType::Gdr,
    RecordType::Psr,
    RecordType::Nmr,
    RecordType::Cnr,
    RecordType::Ssr,
    RecordType::Cdr,
    RecordType::Str,
    RecordType::Plr,
];

/// Replaces every text that may name a firm, person, product or place by a pseudonym, the same for the same text
/// within one run of this value, and moves all times so that the first set-up is at 2000-01-01
///
/// Numbers, bins, coordinates, limits, units and the order of events stay, so yields and statistics do not change.
#[derive(Debug, Default)]
pub struct Anonymiser {
    names: HashMap<Text, u32>,
    shift: Option<i64>,
    /// Records left out because their free content cannot be judged
    pub left_out: u64,
}

/// 2000-01-01T00:00:00 in seconds since 1970
const EPOCH: i64 = 946_684_800;

impl Anonymiser {
    /// The record without names, or `None` when it must be left out
    pub fn record(&mut self, frame: &Frame<'_>) -> Option<Record> {
        let kind = frame.record_type().filter(|kind| !LEFT_OUT.contains(kind));
        let Some(kind) = kind else {
            self.left_out += 1;
            return None;
        };
        let view = frame.decode();
        let (present, _) = view.remainder();
        let mut record = view.to_owned();
        for (name, value) in view.values().into_iter().take(usize::from(present)) {
            let confidential = CONFIDENTIAL.iter().any(|(of, fields)| *of == kind && fields.contains(&name));
            match value {
                Value::Text(text) if confidential && !text.is_empty() => {
                    let pseudonym = self.pseudonym(text, name);
                    record.set(name, Value::Text(pseudonym));
                }
                Value::Unsigned(time) if matches!(name, "setup_t" | "start_t" | "finish_t" | "mod_tim") && time > 0 => {
                    let shift = *self.shift.get_or_insert(EPOCH - time as i64);
                    let moved = (time as i64 + shift).clamp(0, i64::from(u32::MAX)) as u64;
                    record.set(name, Value::Unsigned(moved));
                }
                Value::Bytes(bytes) if name == "part_fix" && !bytes.is_empty() => {
                    record.set(name, Value::Bytes(Vec::new()));
                }
                _ => {}
            }
        }
        clear_extra(&mut record);
        Some(record)
    }

    fn pseudonym(&mut self, text: Text, field: &str) -> Text {
        let next = self.names.len() as u32 + 1;
        let number = *self.names.entry(text).or_insert(next);
        Text::from(format!("{field}-{number}").as_str())
    }
}

/// Bytes after the last field may hold anything
fn clear_extra(record: &mut Record) {
    let view = record.as_view();
    let (present, extra) = view.remainder();
    if extra.is_empty() {
        return;
    }
    let mut bare = view.record_type().map(RecordType::empty).unwrap_or_else(|| record.clone());
    for (name, value) in view.values() {
        bare.set(name, value);
    }
    bare.set_present(present);
    *record = bare;
}

/// Anonymises a whole file; returns how many records were written and how many left out
///
/// # Errors
/// When the target refuses
pub fn anonymise<W: Write>(reader: &mut Reader, writer: &mut Writer<W>) -> Result<(u64, u64), WriteError> {
    let mut anonymiser = Anonymiser::default();
    let mut written = 0;
    while let Some(frame) = reader.next_frame() {
        if let Some(record) = anonymiser.record(&frame) {
            writer.record(&record.as_view())?;
            written += 1;
        }
    }
    Ok((written, anonymiser.left_out))
}
