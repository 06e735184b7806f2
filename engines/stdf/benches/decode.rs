//! Full decode against rust-stdf in the same run: same file in memory, one thread, equal checksums
//!
//! `STDF_BENCH_MB=64 cargo bench -p stdf` (default 64); with `FENGCE_SAMPLES`, lot3 too. Prints medians of seven runs.

#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::io::{Cursor, Read};
use std::time::Instant;

use rust_stdf::stdf_file::StdfReader;
use rust_stdf::{CompressType, StdfRecord, StdfRecordView};
use stdf::{ByteOrder, Frames, Record, RecordType, RecordView, generate, view};

#[derive(Debug, Default, PartialEq, Clone, Copy)]
struct Checksum {
    records: u64,
    results: f64,
    names: u64,
    parts: u64,
}

impl Checksum {
    fn add(&mut self, record: &Record) {
        self.records += 1;
        match record {
            Record::Ptr(ptr) => {
                self.results += f64::from(ptr.result);
                self.names += ptr.test_txt.as_bytes().len() as u64 + u64::from(ptr.test_num) + u64::from(ptr.site_num);
            }
            Record::Prr(prr) => self.parts += u64::from(prr.hard_bin) + prr.part_id.as_bytes().len() as u64,
            _ => {}
        }
    }
}

fn median(label: &str, bytes: &[u8], mut run: impl FnMut(&[u8]) -> Checksum) -> (f64, Checksum) {
    let mut speeds = Vec::new();
    let mut checksum = Checksum::default();
    for _ in 0..7 {
        let started = Instant::now();
        checksum = black_box(run(black_box(bytes)));
        speeds.push(bytes.len() as f64 / 1e6 / started.elapsed().as_secs_f64());
    }
    speeds.sort_by(f64::total_cmp);
    println!("  {label:<38} {:>8.0} MB/s", speeds[3]);
    (speeds[3], checksum)
}

fn walk(bytes: &[u8]) -> Checksum {
    Checksum { records: Frames::new(bytes).unwrap().count() as u64, ..Checksum::default() }
}

fn views(bytes: &[u8]) -> Checksum {
    let mut sum = Checksum::default();
    let (mut ptr, mut prr, mut other) = (view::Ptr::MISSING, view::Prr::MISSING, RecordView::NOTHING);
    for frame in Frames::new(bytes).unwrap() {
        sum.records += 1;
        match frame.record_type() {
            Some(RecordType::Ptr) => {
                frame.read_into(&mut ptr);
                black_box(&ptr);
                sum.results += f64::from(ptr.result);
                sum.names += ptr.test_txt.len() as u64 + u64::from(ptr.test_num) + u64::from(ptr.site_num);
            }
            Some(RecordType::Prr) => {
                frame.read_into(&mut prr);
                black_box(&prr);
                sum.parts += u64::from(prr.hard_bin) + prr.part_id.len() as u64;
            }
            _ => {
                frame.decode_into(&mut other);
                black_box(&other);
            }
        }
    }
    sum
}

fn owned(bytes: &[u8]) -> Checksum {
    let mut sum = Checksum::default();
    for frame in Frames::new(bytes).unwrap() {
        sum.add(black_box(&frame.own()));
    }
    sum
}

fn owned_in_place(bytes: &[u8]) -> Checksum {
    let mut sum = Checksum::default();
    let mut record = Record::default();
    for frame in Frames::new(bytes).unwrap() {
        frame.own_into(&mut record);
        sum.add(black_box(&record));
    }
    sum
}

fn peer_views(bytes: &[u8]) -> Checksum {
    let mut reader = StdfReader::from(Cursor::new(bytes), &CompressType::Uncompressed).unwrap();
    let mut sum = Checksum::default();
    let mut records = reader.get_rawdata_view_iter();
    while let Some(raw) = records.next() {
        let raw = raw.unwrap();
        sum.records += 1;
        let view: StdfRecordView<'_> = (&raw).into();
        match view {
            StdfRecordView::PTR(ptr) => {
                black_box(&ptr);
                sum.results += f64::from(ptr.result());
                sum.names +=
                    ptr.test_txt().as_bytes().len() as u64 + u64::from(ptr.test_num()) + u64::from(ptr.site_num());
            }
            StdfRecordView::PRR(prr) => sum.parts += u64::from(prr.hard_bin()) + prr.part_id().as_bytes().len() as u64,
            _ => {}
        }
    }
    sum
}

fn peer_owned(bytes: &[u8]) -> Checksum {
    let mut reader = StdfReader::from(Cursor::new(bytes), &CompressType::Uncompressed).unwrap();
    let mut sum = Checksum::default();
    for record in reader.get_record_iter() {
        sum.records += 1;
        match record.unwrap() {
            StdfRecord::PTR(ptr) => {
                black_box(&ptr);
                sum.results += f64::from(ptr.result);
                sum.names += ptr.test_txt.len() as u64 + u64::from(ptr.test_num) + u64::from(ptr.site_num);
            }
            StdfRecord::PRR(prr) => sum.parts += u64::from(prr.hard_bin) + prr.part_id.len() as u64,
            _ => {}
        }
    }
    sum
}

fn compare(label: &str, bytes: &[u8]) {
    println!("{label}: {:.1} MB", bytes.len() as f64 / 1e6);
    median("walk the headers", bytes, walk);
    let (view_speed, view_sum) = median("decode into views", bytes, views);
    let (owned_speed, owned_sum) = median("decode into owned records, each new", bytes, owned);
    let (in_place_speed, in_place_sum) = median("decode into an owned record, in place", bytes, owned_in_place);
    let (peer_view_speed, peer_view_sum) = median("rust-stdf 1.1.0 views", bytes, peer_views);
    let (peer_owned_speed, peer_owned_sum) = median("rust-stdf 1.1.0 owned records", bytes, peer_owned);
    assert_eq!(view_sum, owned_sum, "views and owned records differ");
    assert_eq!(view_sum, in_place_sum, "views and owned records in place differ");
    assert_eq!(view_sum, peer_view_sum, "rust-stdf's views differ");
    assert_eq!(view_sum, peer_owned_sum, "rust-stdf's owned records differ");
    println!(
        "  views: {:.2} x rust-stdf's views, {:.2} x its owned records; owned: {:.2} x, in place {:.2} x its owned records",
        view_speed / peer_view_speed,
        view_speed / peer_owned_speed,
        owned_speed / peer_owned_speed,
        in_place_speed / peer_owned_speed
    );
}

fn main() {
    let megabytes: u64 = std::env::var("STDF_BENCH_MB").ok().and_then(|text| text.parse().ok()).unwrap_or(64);
    for order in [ByteOrder::Little, ByteOrder::Big] {
        let mut bytes = Vec::new();
        let plan = generate::Plan { order, ..generate::Plan::default() }.of_size(megabytes << 20);
        generate::generate(&plan, &mut bytes, |_| true).unwrap();
        compare(&format!("synthetic, {order:?} endian"), &bytes);
    }
    if let Some(folder) = std::env::var_os("FENGCE_SAMPLES") {
        let packed = std::fs::read(std::path::Path::new(&folder).join("lot3.stdf.gz")).unwrap();
        let mut bytes = Vec::new();
        flate2::read::MultiGzDecoder::new(&packed[..]).read_to_end(&mut bytes).unwrap();
        compare("lot3", &bytes);
    }
}
