//! ATDF, the text form of STDF, both ways
//!
//! ATDF orders the fields of some records differently (rule 23) and says flags with letters; [`columns`] is that
//! knowledge, everything else follows from the record table. Records that ATDF does not know (TSR's flags aside, all of
//! V4-2007) are written with their STDF fields in order. ATDF has no way to say a delimiter inside a text: here a
//! backslash, `|`, comma in lists, control character or byte that is no UTF-8 becomes `\xHH`.
//!
//! What ATDF cannot carry: bytes after a record's last field, padding bits, unknown records (they become comments),
//! and the difference between "no limit" and "limit as before".

use std::io::{self, BufRead, Write};

use crate::field::OwnedPacked;
use crate::generic::Generic;
use crate::layout::FieldLayout;
use crate::records::{Record, RecordType, RecordView, record};
use crate::text::Text;
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
const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

fn is_time(name: &str) -> bool {
    matches!(name, "setup_t" | "start_t" | "finish_t" | "mod_tim")
}

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

fn cell(name: &str, value: &Value) -> String {
    match value {
        Value::Unsigned(0) if is_time(name) => String::new(),
        Value::Unsigned(seconds) if is_time(name) => time_text(*seconds as i64),
        Value::Unsigned(number) => number.to_string(),
        Value::Signed(-32_768) => String::new(),
        Value::Signed(number) => number.to_string(),
        Value::Real4(number) => number.to_string(),
        Value::Real8(number) => number.to_string(),
        Value::Flags(flags) => flags.to_string(),
        Value::Character(b' ') => String::new(),
        Value::Character(character) => escape(&[*character], false),
        Value::Text(text) => escape(text.as_bytes(), false),
        Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02X}")).collect(),
        Value::Bits(bits) => {
            let set: Vec<String> = bits.as_view().set_bits().map(|bit| bit.to_string()).collect();
            set.join(",")
        }
        Value::Nibbles(nibbles) => {
            let states: Vec<String> = nibbles.as_view().nibbles().map(|state| format!("{state:X}")).collect();
            states.join(",")
        }
        Value::List(values) if values.iter().any(|value| matches!(value, Value::Generic(_))) => {
            let fields: Vec<String> = values
                .iter()
                .map(|value| if let Value::Generic(g) = value { generic_cell(g) } else { String::new() })
                .collect();
            fields.join("|")
        }
        Value::List(values) => {
            let cells: Vec<String> = values
                .iter()
                .map(
                    |value| if let Value::Text(text) = value { escape(text.as_bytes(), true) } else { cell("", value) },
                )
                .collect();
            cells.join(",")
        }
        Value::Generic(generic) => generic_cell(generic),
    }
}

fn generic_cell(generic: &Generic) -> String {
    match generic {
        Generic::Pad => "P".into(),
        Generic::U1(number) => format!("U{number}"),
        Generic::U2(number) => format!("M{number}"),
        Generic::U4(number) => format!("B{number}"),
        Generic::I1(number) => format!("I{number}"),
        Generic::I2(number) => format!("S{number}"),
        Generic::I4(number) => format!("L{number}"),
        Generic::R4(number) => format!("F{number}"),
        Generic::R8(number) => format!("D{number}"),
        Generic::Text(text) => format!("T{}", escape(text.as_bytes(), false)),
        Generic::Bytes(bytes) => format!("X{}", cell("", &Value::Bytes(bytes.clone()))),
        Generic::Bits(bits) => format!("Y{}", cell("", &Value::Bits(bits.clone()))),
        Generic::Nibble(nibble) => format!("N{nibble:X}"),
    }
}

fn escape(bytes: &[u8], in_list: bool) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        let count = chunk.valid().chars().count();
        for (index, character) in chunk.valid().chars().enumerate() {
            let edge = character == ' ' && (index == 0 || index + 1 == count);
            if matches!(character, '\\' | '|') || (character == ',' && in_list) || character.is_ascii_control() || edge
            {
                out.push_str(&format!("\\x{:02X}", character as u32));
            } else {
                out.push(character);
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02X}"));
        }
    }
    out
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let code = rest.get(at + 1..at + 4)?.strip_prefix('x')?;
        out.push(u8::from_str_radix(code, 16).ok()?);
        rest = rest.get(at + 4..)?;
    }
    out.extend_from_slice(rest.as_bytes());
    Some(out)
}

/// `hh:mm:ss dd-MMM-yyyy`; the date arithmetic is the proleptic Gregorian calendar's, counted from 0000-03-01
fn time_text(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = (shifted_month + 2) % 12;
    let year = year_of_era + era * 400 + i64::from(month < 2);
    let name = MONTHS.get(month as usize).copied().unwrap_or("JAN");
    format!("{:02}:{:02}:{:02} {day:02}-{name}-{year:04}", rest / 3600, rest / 60 % 60, rest % 60)
}

fn time_value(text: &str) -> Option<u64> {
    let (clock, date) = text.trim().split_once(' ')?;
    let mut clock = clock.splitn(3, ':').map(|part| part.parse::<i64>().ok());
    let mut date = date.trim().splitn(3, '-');
    let day: i64 = date.next()?.parse().ok()?;
    let month = date.next()?.to_uppercase();
    let month = MONTHS.iter().position(|name| *name == month)? as i64;
    let year: i64 = date.next()?.parse().ok().filter(|year| (0..10_000).contains(year))?;
    let shifted_year = if month < 2 { year - 1 } else { year };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let day_of_year = (153 * ((month + 10) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    let seconds = days * 86_400 + clock.next()?? * 3600 + clock.next()?? * 60 + clock.next()??;
    u64::try_from(seconds).ok()
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

fn element_width(value: &Value) -> u64 {
    let Value::List(values) = value else { return 1 };
    let widest = values.iter().map(|value| match value {
        Value::Unsigned(number) if *number > u64::from(u32::MAX) => 8,
        Value::Unsigned(number) if *number > 65_535 => 4,
        Value::Unsigned(number) if *number > 255 => 2,
        Value::Text(text) => text.as_bytes().len() as u64,
        _ => 1,
    });
    widest.max().unwrap_or(1)
}

fn parse_cell(code: &str, name: &str, cell: &str) -> Option<Value> {
    Some(match code {
        "U*4" if is_time(name) => Value::Unsigned(time_value(cell)?),
        "U*1" | "U*2" | "U*4" | "U*8" | "U*f" => Value::Unsigned(cell.parse().ok()?),
        "I*1" | "I*2" | "I*4" => Value::Signed(cell.parse().ok()?),
        "R*4" => Value::Real4(cell.parse().ok()?),
        "R*8" => Value::Real8(cell.parse().ok()?),
        "B*1" => Value::Flags(cell.parse().ok()?),
        "C*1" => Value::Character(*unescape(cell)?.first()?),
        "C*n" | "S*n" | "C*f" => Value::Text(Text::from(unescape(cell)?.as_slice())),
        "kxC*n" => Value::List(cell.split(',').map(|cell| parse_cell("C*n", "", cell)).collect::<Option<_>>()?),
        "B*n" => Value::Bytes(parse_hex(cell)?),
        "D*n" => Value::Bits(parse_bits(cell)?),
        "N*1" => {
            let states: Option<Vec<u8>> = cell.split(',').map(|state| u8::from_str_radix(state, 16).ok()).collect();
            Value::Nibbles(OwnedPacked::from_nibbles(&states.filter(|states| states.len() <= 65_535)?))
        }
        _ => return None,
    })
}

fn parse_hex(cell: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = cell.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

fn parse_bits(cell: &str) -> Option<OwnedPacked> {
    let set: Vec<u16> = cell.split(',').map(|bit| bit.trim().parse().ok()).collect::<Option<_>>()?;
    let count = set.iter().max()?.checked_add(1)?;
    let mut bytes = vec![0u8; usize::from(count).div_ceil(8)];
    for bit in set {
        *bytes.get_mut(usize::from(bit / 8))? |= 1 << (bit % 8);
    }
    Some(OwnedPacked { count, bytes })
}

fn parse_generic(cell: &str) -> Option<Generic> {
    let mut letters = cell.chars();
    let letter = letters.next()?;
    let rest = letters.as_str();
    Some(match letter {
        'P' => Generic::Pad,
        'U' => Generic::U1(rest.parse().ok()?),
        'M' => Generic::U2(rest.parse().ok()?),
        'B' => Generic::U4(rest.parse().ok()?),
        'I' => Generic::I1(rest.parse().ok()?),
        'S' => Generic::I2(rest.parse().ok()?),
        'L' => Generic::I4(rest.parse().ok()?),
        'F' => Generic::R4(rest.parse().ok()?),
        'D' => Generic::R8(rest.parse().ok()?),
        'T' => Generic::Text(Text::from(unescape(rest)?.as_slice())),
        'X' => Generic::Bytes(parse_hex(rest)?),
        'Y' => Generic::Bits(if rest.is_empty() { OwnedPacked::default() } else { parse_bits(rest)? }),
        'N' => Generic::Nibble(u8::from_str_radix(rest, 16).ok()?),
        _ => return None,
    })
}

/// A FAR for files made from ATDF
pub fn far(cpu_type: u8) -> record::Far {
    record::Far { cpu_type, ..record::Far::default() }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn times_go_both_ways() {
        for seconds in [0, 951_782_399, 951_782_400, 1_700_000_000, 4_102_444_799] {
            assert_eq!(time_value(&time_text(seconds as i64)), Some(seconds));
        }
        assert_eq!(time_text(951_782_400), "00:00:00 29-FEB-2000");
    }

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
