//! Every record of every sample (and of generated files) equals what rust-stdf reads
//!
//! Samples are read from the folder that `FENGCE_SAMPLES` names; without it only generated files are compared.

#![allow(clippy::unwrap_used)]

use std::io::{Cursor, Read};
use std::path::PathBuf;

use rust_stdf::stdf_file::StdfReader;
use rust_stdf::{CompressType, StdfRecord};
use serde_json::{Map, Value as Json, json};
use stdf::generic::Generic;
use stdf::{ByteOrder, Reader, RecordView, Value, generate};

/// rust-stdf names these fields differently or shows them as absent when missing
const OPTIONAL: &[&str] = &[
    "OPT_FLAG", "RES_SCAL", "LLM_SCAL", "HLM_SCAL", "LO_LIMIT", "HI_LIMIT", "UNITS", "C_RESFMT", "C_LLMFMT",
    "C_HLMFMT", "LO_SPEC", "HI_SPEC", "START_IN", "INCR_IN", "RTN_INDX", "UNITS_IN",
];

fn json_of(value: &Value) -> Json {
    let latin = |bytes: &[u8]| Json::String(bytes.iter().map(|&byte| char::from(byte)).collect());
    match value {
        Value::Unsigned(number) => json!(number),
        Value::Signed(number) => json!(number),
        Value::Real4(number) => json!(number),
        Value::Real8(number) => json!(number),
        Value::Flags(flags) => json!([flags]),
        Value::Character(character) => latin(&[*character]),
        Value::Text(text) => latin(text.as_bytes()),
        Value::Bytes(bytes) => json!(bytes),
        Value::Bits(bits) => json!({ "bit_count": bits.count, "bit_data": bits.bytes }),
        Value::Nibbles(nibbles) => json!(nibbles.as_view().nibbles().collect::<Vec<u8>>()),
        Value::List(values) => Json::Array(values.iter().map(json_of).collect()),
        Value::Generic(generic) => match generic {
            Generic::Pad => json!("B0"),
            other => json!(format!("{other:?}")),
        },
    }
}

fn ours(view: &RecordView<'_>) -> Map<String, Json> {
    // Fields that are not in the record have the specification's missing value in both.
    let mut whole = view.to_owned();
    whole.set_present(view.record_type().map_or(0, |kind| kind.layout().len() as u8));
    let whole = whole.as_view();
    let present = view.values().len();
    let optional = matches!(view.name(), "PTR" | "MPR");
    whole
        .values()
        .into_iter()
        .enumerate()
        .map(|(index, (name, value))| {
            let name = name.to_uppercase();
            let absent = optional && index >= present && OPTIONAL.contains(&name.as_str());
            // An absent OPT_FLAG declares every optional field invalid here; rust-stdf gives 0, as if all were valid.
            let flagless = index >= present && name == "OPT_FLAG" && !optional;
            let json = if absent {
                Json::Null
            } else if flagless {
                json!([0])
            } else {
                json_of(&value)
            };
            (name, json)
        })
        .collect()
}

macro_rules! theirs {
    ($($name:ident)*) => {
        fn theirs(record: &StdfRecord) -> (&'static str, Map<String, Json>) {
            let (name, fields) = match record {
                $( StdfRecord::$name(fields) => (stringify!($name), serde_json::to_value(fields).unwrap()), )*
                _ => ("???", json!({})),
            };
            let Json::Object(fields) = fields else { panic!("{name} is not an object") };
            (name, fields)
        }
    };
}
theirs! { FAR ATR VUR MIR MRR PCR HBR SBR PMR PGR PLR RDR SDR PSR NMR CNR
SSR CDR WIR WRR WCR PIR PRR TSR PTR MPR FTR STR BPS EPS GDR DTR }

fn compare(label: &str, bytes: Vec<u8>) -> usize {
    let mut oracle = StdfReader::from(Cursor::new(bytes.clone()), &CompressType::Uncompressed).unwrap();
    let mut reader = Reader::from_bytes(bytes).unwrap();
    let mut count = 0;
    for record in oracle.get_record_iter() {
        let record = record.unwrap();
        let frame = reader.next_frame().unwrap_or_else(|| panic!("{label}: we end after {count} records"));
        let view = frame.decode();
        let (name, mut fields) = theirs(&record);
        let mut mine = ours(&view);
        assert_eq!(view.name(), name, "{label}: record {count}");
        for (ours, theirs) in [("GEN_DATA", "GEN_DATA")] {
            if let (Some(list), Some(other)) = (mine.remove(ours), fields.remove(theirs)) {
                assert_eq!(list.as_array().map(Vec::len), other.as_array().map(Vec::len), "{label}: GDR {count}");
            }
        }
        assert_eq!(mine, fields, "{label}: {name}, record {count} at byte {}", frame.offset);
        count += 1;
    }
    assert!(reader.next_frame().is_none(), "{label}: we read more than {count} records");
    assert!(reader.faults().is_empty(), "{label}: {:?}", reader.faults());
    count
}

#[test]
fn generated_files_read_the_same() {
    for order in [ByteOrder::Little, ByteOrder::Big] {
        let mut bytes = Vec::new();
        let plan = generate::Plan { order, diameter: 10, parametric: 7, ..generate::Plan::default() };
        generate::generate(&plan, &mut bytes, |_| true).unwrap();
        assert!(compare("generated", bytes) > 500);
    }
}

#[test]
fn samples_read_the_same() {
    let Some(folder) = std::env::var_os("FENGCE_SAMPLES").map(PathBuf::from) else {
        skipped("FENGCE_SAMPLES names no folder of sample files");
        return;
    };
    for (name, records) in [("lot3.stdf.gz", 1), ("d10_1.std", 1), ("x.stdf", 1)] {
        let packed = std::fs::read(folder.join(name)).unwrap();
        let mut bytes = Vec::new();
        if name.ends_with(".gz") {
            flate2::read::MultiGzDecoder::new(&packed[..]).read_to_end(&mut bytes).unwrap();
        } else {
            bytes = packed;
        }
        let count = compare(name, bytes);
        println!("{name}: {count} records equal");
        assert!(count >= records);
    }
}

/// Past the capture of output, so that a plain run of the tests shows it.
fn skipped(why: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}
