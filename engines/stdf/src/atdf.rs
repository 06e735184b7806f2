//! ATDF, the text form of STDF, both ways
//!
//! ATDF orders the fields of some records differently (rule 23) and says flags with letters; [`columns`] is that
//! knowledge, everything else follows from the record table. Records that ATDF does not know (TSR's flags aside, all of
//! V4-2007) are written with their STDF fields in order. ATDF has no way to say a delimiter inside a text: here a
//! backslash, `|`, comma in lists, control character or byte that is no UTF-8 becomes `\xHH`.
//!
//! What ATDF cannot carry: bytes after a record's last field, padding bits, unknown records (they become comments),
//! and the difference between "no limit" and "limit as before".

mod cells;

use std::io::{self, BufRead, Write};

use cells::{cell, element_width, parse_cell, parse_generic};

use crate::layout::FieldLayout;
use crate::records::{Record, RecordType, RecordView, record};
use crate::value::Value;

/// ATDF cannot be read
#[derive(Debug, thiserror::Error)]
pub enum AtdfError {
    /// The operating system refused
    #[error("reading failed: {0}")]
    Io(#[from] io::Error),
    /// A line makes no sense
    #[error("line {line}: {what}")]
    Line {
        /// Line number, from 1
        line: u64,
        /// What is wrong
        what: String,
    },
}

/// One column of an ATDF record
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// A field of the STDF record
    Field(&'static str),
    /// P, F, A (passed alternate limits) or nothing, from `TEST_FLG` and `PARM_FLG`
    TestVerdict,
    /// Alarm letters, from `TEST_FLG` and `PARM_FLG`
    Alarms,
    /// L and H: a value equal to the low or high limit passes
    LimitCompare,
    /// P, F or nothing, from `PART_FLG`
    PartVerdict,
    /// I (same part id) or C (same coordinates), from `PART_FLG`
    Retest,
    /// Y when the part ended abnormally
    Abort,
    /// The letter A, and the ATDF version: FAR begins differently
    FileType,
    /// See [`Column::FileType`]
    AtdfVersion,
}

use Column::{Abort, Alarms, AtdfVersion, Field, FileType, LimitCompare, PartVerdict, Retest, TestVerdict};

macro_rules! fields {
    ($($name:literal)*) => { &[$(Field($name)),*] };
}

/// The columns of a record type in ATDF
pub fn columns(kind: RecordType) -> Vec<Column> {
    let special: &[Column] = match kind {
        RecordType::Far => &[FileType, Field("stdf_ver"), AtdfVersion],
        RecordType::Mir => fields!["lot_id" "part_typ" "job_nam" "node_nam" "tstr_typ" "setup_t" "start_t" "oper_nam"
            "mode_cod" "stat_num" "sblot_id" "test_cod" "rtst_cod" "job_rev" "exec_typ" "exec_ver" "prot_cod"
            "cmod_cod" "burn_tim" "tst_temp" "user_txt" "aux_file" "pkg_typ" "famly_id" "date_cod" "facil_id"
            "floor_id" "proc_id" "oper_frq" "spec_nam" "spec_ver" "flow_id" "setup_id" "dsgn_rev" "eng_id" "rom_cod"
            "serl_num" "supr_nam"],
        RecordType::Wir => fields!["head_num" "start_t" "site_grp" "wafer_id"],
        RecordType::Wrr => fields!["head_num" "finish_t" "part_cnt" "wafer_id" "site_grp" "rtst_cnt" "abrt_cnt"
            "good_cnt" "func_cnt" "fabwf_id" "frame_id" "mask_id" "usr_desc" "exc_desc"],
        RecordType::Wcr => fields!["wf_flat" "pos_x" "pos_y" "wafr_siz" "die_ht" "die_wid" "wf_units" "center_x"
            "center_y"],
        RecordType::Prr => &[
            Field("head_num"),
            Field("site_num"),
            Field("part_id"),
            Field("num_test"),
            PartVerdict,
            Field("hard_bin"),
            Field("soft_bin"),
            Field("x_coord"),
            Field("y_coord"),
            Retest,
            Abort,
            Field("test_t"),
            Field("part_txt"),
            Field("part_fix"),
        ],
        RecordType::Tsr => fields!["head_num" "site_num" "test_num" "test_nam" "test_typ" "exec_cnt" "fail_cnt"
            "alrm_cnt" "seq_name" "test_lbl" "test_tim" "test_min" "test_max" "tst_sums" "tst_sqrs"],
        RecordType::Ptr => &[
            Field("test_num"),
            Field("head_num"),
            Field("site_num"),
            Field("result"),
            TestVerdict,
            Alarms,
            Field("test_txt"),
            Field("alarm_id"),
            LimitCompare,
            Field("units"),
            Field("lo_limit"),
            Field("hi_limit"),
            Field("c_resfmt"),
            Field("c_llmfmt"),
            Field("c_hlmfmt"),
            Field("lo_spec"),
            Field("hi_spec"),
            Field("res_scal"),
            Field("llm_scal"),
            Field("hlm_scal"),
        ],
        RecordType::Mpr => &[
            Field("test_num"),
            Field("head_num"),
            Field("site_num"),
            Field("rtn_stat"),
            Field("rtn_rslt"),
            TestVerdict,
            Alarms,
            Field("test_txt"),
            Field("alarm_id"),
            LimitCompare,
            Field("units"),
            Field("lo_limit"),
            Field("hi_limit"),
            Field("start_in"),
            Field("incr_in"),
            Field("units_in"),
            Field("rtn_indx"),
            Field("c_resfmt"),
            Field("c_llmfmt"),
            Field("c_hlmfmt"),
            Field("lo_spec"),
            Field("hi_spec"),
            Field("res_scal"),
            Field("llm_scal"),
            Field("hlm_scal"),
        ],
        RecordType::Ftr => &[
            Field("test_num"),
            Field("head_num"),
            Field("site_num"),
            TestVerdict,
            Alarms,
            Field("vect_nam"),
            Field("time_set"),
            Field("cycl_cnt"),
            Field("rel_vadr"),
            Field("rept_cnt"),
            Field("num_fail"),
            Field("xfail_ad"),
            Field("yfail_ad"),
            Field("vect_off"),
            Field("rtn_indx"),
            Field("rtn_stat"),
            Field("pgm_indx"),
            Field("pgm_stat"),
            Field("fail_pin"),
            Field("op_code"),
            Field("test_txt"),
            Field("alarm_id"),
            Field("prog_txt"),
            Field("rslt_txt"),
            Field("patg_num"),
            Field("spin_map"),
        ],
        _ => {
            let layout = kind.layout();
            let counts = |name| layout.iter().any(|field| field.count == Some(name) || field.width == Some(name));
            return layout.iter().filter(|field| !counts(field.name)).map(|field| Field(field.name)).collect();
        }
    };
    special.to_vec()
}

/// Flag bits that declare an optional field invalid, for the record types that have `OPT_FLAG`
fn validity(kind: RecordType, field: &str) -> Option<u8> {
    let bit = match (kind, field) {
        (RecordType::Ptr | RecordType::Mpr, "res_scal") => 0x01,
        (RecordType::Mpr, "start_in" | "incr_in") => 0x02,
        (RecordType::Ptr | RecordType::Mpr, "lo_spec") => 0x04,
        (RecordType::Ptr | RecordType::Mpr, "hi_spec") => 0x08,
        (RecordType::Ptr | RecordType::Mpr, "lo_limit" | "llm_scal") => 0x50,
        (RecordType::Ptr | RecordType::Mpr, "hi_limit" | "hlm_scal") => 0xa0,
        (RecordType::Ftr, "cycl_cnt") => 0x01,
        (RecordType::Ftr, "rel_vadr") => 0x02,
        (RecordType::Ftr, "rept_cnt") => 0x04,
        (RecordType::Ftr, "num_fail") => 0x08,
        (RecordType::Ftr, "xfail_ad" | "yfail_ad") => 0x10,
        (RecordType::Ftr, "vect_off") => 0x20,
        (RecordType::Tsr, "test_min") => 0x01,
        (RecordType::Tsr, "test_max") => 0x02,
        (RecordType::Tsr, "test_tim") => 0x04,
        (RecordType::Tsr, "tst_sums") => 0x10,
        (RecordType::Tsr, "tst_sqrs") => 0x20,
        _ => return None,
    };
    Some(bit)
}

const TEST_LETTERS: &[(u8, char)] = &[(0x01, 'A'), (0x04, 'U'), (0x08, 'T'), (0x10, 'N'), (0x20, 'X')];
const PARAMETER_LETTERS: &[(u8, char)] = &[(0x01, 'S'), (0x02, 'D'), (0x04, 'O'), (0x08, 'H'), (0x10, 'L')];

/// Writes one record as an ATDF line
///
/// # Errors
/// When the target refuses
pub fn write_line(record: &RecordView<'_>, out: &mut impl Write) -> io::Result<()> {
    let Some(kind) = record.record_type() else {
        let (typ, sub) = record.codes();
        return writeln!(out, "/ record of unknown type ({typ}, {sub}) left out");
    };
    let values = record.values();
    let value = |name: &str| values.iter().find(|(field, _)| *field == name).map(|(_, value)| value);
    let flags = |name: &str| if let Some(Value::Flags(flags)) = value(name) { *flags } else { 0 };
    let (test, parameter, part) = (flags("test_flg"), flags("parm_flg"), flags("part_flg"));
    let invalid = if let Some(Value::Flags(flags)) = value("opt_flag") { *flags } else { 0xff };
    let cells: Vec<String> = columns(kind)
        .into_iter()
        .map(|column| match column {
            FileType => "A".into(),
            AtdfVersion => "2".into(),
            TestVerdict => match (test & 0x40, test & 0x80, parameter & 0x20) {
                (0, 0, 0) => "P".into(),
                (0, 0, _) => "A".into(),
                (0, _, _) => "F".into(),
                _ => String::new(),
            },
            Alarms => letters(TEST_LETTERS, test) + &letters(PARAMETER_LETTERS, parameter),
            LimitCompare => letters(&[(0x40, 'L'), (0x80, 'H')], parameter),
            PartVerdict => if part & 0x10 != 0 {
                ""
            } else if part & 8 != 0 {
                "F"
            } else {
                "P"
            }
            .into(),
            Retest => letters(&[(1, 'I'), (2, 'C')], part),
            Abort => letters(&[(4, 'Y')], part),
            Field("result") if test & 2 != 0 => String::new(),
            Field(name) if validity(kind, name).is_some_and(|bit| invalid & bit != 0) => String::new(),
            Field(name) => value(name).map(|value| cell(name, value)).unwrap_or_default(),
        })
        .collect();
    let used = cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
    writeln!(out, "{}:{}", kind.name(), cells.get(..used).unwrap_or_default().join("|"))
}

fn letters(table: &[(u8, char)], flags: u8) -> String {
    table.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, letter)| letter).collect()
}

/// Reads ATDF line by line and gives each record to `each`
///
/// # Errors
/// At the first line that makes no sense, and whatever `each` returns
pub fn read<E: From<AtdfError>>(source: impl BufRead, mut each: impl FnMut(Record) -> Result<(), E>) -> Result<u64, E> {
    let mut pending: Option<(u64, String)> = None;
    let mut count = 0;
    let mut finish = |pending: &mut Option<(u64, String)>| -> Result<(), E> {
        if let Some((line, text)) = pending.take() {
            let record = parse_line(&text).map_err(|what| AtdfError::Line { line, what })?;
            count += 1;
            each(record)?;
        }
        Ok(())
    };
    for (index, line) in source.lines().enumerate() {
        let line = line.map_err(AtdfError::Io)?;
        // A line that begins with a space continues the one before.
        if let (Some(rest), Some((_, text))) = (line.strip_prefix(' '), &mut pending) {
            text.push_str(rest);
            continue;
        }
        finish(&mut pending)?;
        if !line.trim().is_empty() && !line.starts_with('/') {
            pending = Some((index as u64 + 1, line));
        }
    }
    finish(&mut pending)?;
    Ok(count)
}

/// Reads one record from its ATDF line
///
/// # Errors
/// In words, when the line makes no sense
pub fn parse_line(line: &str) -> Result<Record, String> {
    let (name, rest) = line.split_once(':').ok_or("no record name before a colon")?;
    let kind = RecordType::from_name(name.trim()).ok_or_else(|| format!("{name:?} is no record type"))?;
    let mut record = kind.empty();
    let layout = kind.layout();
    if kind == RecordType::Gdr {
        let fields = rest.split('|').filter(|cell| !cell.is_empty());
        let fields: Option<Vec<Value>> = fields.map(|cell| parse_generic(cell).map(Value::Generic)).collect();
        let fields = fields.ok_or("a field of GDR has no known type letter, or no value of that type")?;
        record.set("fld_cnt", Value::Unsigned(fields.len() as u64));
        record.set("gen_data", Value::List(fields));
        return Ok(record);
    }
    // What the letters and omissions of the line add up to
    let (mut test, mut parameter, mut part, mut invalid) = (0x40u8, 0u8, 0x10u8, 0xffu8);
    let mut last = minimum(kind);
    for (column, cell) in columns(kind).into_iter().zip(rest.split('|')) {
        let cell = cell.trim();
        let Field(name) = column else {
            flag_column(column, cell, &mut test, &mut parameter, &mut part);
            continue;
        };
        if cell.is_empty() {
            if name == "result" {
                test |= 2;
            }
            continue;
        }
        let index = layout.iter().position(|field| field.name == name).ok_or("unknown column")?;
        let field = layout.get(index).ok_or("unknown column")?;
        set_field(&mut record, field, cell).ok_or_else(|| format!("{}.{name} cannot be {cell:?}", kind.name()))?;
        last = last.max(index + 1);
        if let Some(bit) = validity(kind, name).filter(|_| !matches!(name, "llm_scal" | "hlm_scal")) {
            invalid &= !bit;
        }
    }
    // A limit that is not given is the one of the test's first record.
    if matches!(kind, RecordType::Ptr | RecordType::Mpr) {
        invalid &= !0xc0;
        invalid |= 0x02 * u8::from(kind == RecordType::Ptr);
    }
    record.set("test_flg", Value::Flags(test));
    record.set("parm_flg", Value::Flags(parameter));
    record.set("part_flg", Value::Flags(part));
    record.set("opt_flag", Value::Flags(invalid));
    if kind == RecordType::Far {
        last = layout.len();
    }
    record.set_present(last as u8);
    Ok(record)
}

/// Fields that a record always has, so that flags said by letters are written even when nothing follows them
fn minimum(kind: RecordType) -> usize {
    match kind {
        RecordType::Ptr => 6,
        RecordType::Mpr => 7,
        RecordType::Ftr => 4,
        RecordType::Prr => 5,
        _ => 0,
    }
}

fn flag_column(column: Column, cell: &str, test: &mut u8, parameter: &mut u8, part: &mut u8) {
    let bits = |table: &[(u8, char)]| {
        table.iter().filter(|(_, letter)| cell.contains(*letter)).fold(0, |flags, (bit, _)| flags | bit)
    };
    match (column, cell) {
        (TestVerdict, "P") => *test &= !0x40,
        (TestVerdict, "F") => *test = *test & !0x40 | 0x80,
        (TestVerdict, "A") => {
            *test &= !0x40;
            *parameter |= 0x20;
        }
        (Alarms, _) => {
            *test |= bits(TEST_LETTERS);
            *parameter |= bits(PARAMETER_LETTERS);
        }
        (LimitCompare, _) => *parameter |= bits(&[(0x40, 'L'), (0x80, 'H')]),
        (PartVerdict, "P") => *part &= !0x10,
        (PartVerdict, "F") => *part = *part & !0x10 | 8,
        (Retest, _) => *part |= bits(&[(1, 'I'), (2, 'C')]),
        (Abort, "Y") => *part |= 4,
        _ => {}
    }
}

fn set_field(record: &mut Record, field: &FieldLayout, cell: &str) -> Option<()> {
    let value = match field.count {
        None => parse_cell(field.code, field.name, cell)?,
        Some(count) => {
            let value = if field.code == "N*1" {
                parse_cell(field.code, field.name, cell)?
            } else {
                Value::List(cell.split(',').map(|cell| parse_cell(field.code, "", cell)).collect::<Option<_>>()?)
            };
            let length = match &value {
                Value::List(values) => values.len() as u64,
                Value::Nibbles(nibbles) => u64::from(nibbles.count),
                _ => 0,
            };
            if let Some(width) = field.width {
                record.set(width, Value::Unsigned(element_width(&value)));
            }
            record.set(count, Value::Unsigned(length)).then_some(())?;
            value
        }
    };
    record.set(field.name, value).then_some(())
}

/// A FAR for files made from ATDF
pub fn far(cpu_type: u8) -> record::Far {
    record::Far { cpu_type, ..record::Far::default() }
}

#[cfg(test)]
mod unit {
    use super::*;
    use crate::text::Text;

    #[test]
    fn order_differs_from_stdf() {
        let Record::Wrr(wrr) = parse_line("WRR:1|10:35:24 23-JUL-1992|492|W01|3|102||131|131").unwrap() else {
            panic!()
        };
        assert_eq!((wrr.part_cnt, wrr.site_grp, wrr.good_cnt, wrr.wafer_id), (492, 3, 131, Text::from("W01")));
        assert_eq!(wrr.abrt_cnt, u32::MAX);
    }

    #[test]
    fn bad_lines_are_named() {
        assert!(parse_line("XYZ:1").unwrap_err().contains("XYZ"));
        assert!(parse_line("PTR:a|1").unwrap_err().contains("test_num"));
    }
}
