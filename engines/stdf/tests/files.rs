//! Whole files: byte-exact round trips, damage, packing, editing, ATDF

#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::path::PathBuf;

use proptest::prelude::*;
use stdf::edit::{self, Filter};
use stdf::{
    ByteOrder, FaultKind, Frames, Packing, Reader, Record, RecordType, RecordView, Value, Writer, atdf, check, generate,
};

fn generated(order: ByteOrder) -> Vec<u8> {
    let plan = generate::Plan { order, diameter: 8, parametric: 6, functional: 2, ..generate::Plan::default() };
    let mut bytes = Vec::new();
    generate::generate(&plan, &mut bytes, |_| true).unwrap();
    bytes
}

fn samples() -> Vec<(String, Vec<u8>)> {
    let Some(folder) = std::env::var_os("FENGCE_SAMPLES").map(PathBuf::from) else {
        skipped("FENGCE_SAMPLES names no folder of sample files");
        return Vec::new();
    };
    ["lot3.stdf.gz", "d10_1.std", "x.stdf"]
        .into_iter()
        .map(|name| {
            let mut reader = Reader::open(folder.join(name)).unwrap();
            let mut bytes = Vec::new();
            let mut writer = Writer::new(&mut bytes, reader.order());
            while let Some(frame) = reader.next_frame() {
                writer.frame(&frame).unwrap();
            }
            (name.to_owned(), bytes)
        })
        .collect()
}

/// Decoded, owned, borrowed again, written
fn rewritten(bytes: &[u8], order: ByteOrder) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out, order);
    let mut record = Record::default();
    for frame in Frames::new(bytes).unwrap() {
        frame.own_into(&mut record);
        assert_eq!(record, frame.own(), "in place of another record, and new");
        writer.record(&record.as_view()).unwrap();
    }
    out
}

#[test]
fn owned_records_write_the_same_bytes() {
    for order in [ByteOrder::Little, ByteOrder::Big] {
        let bytes = generated(order);
        assert_eq!(rewritten(&bytes, order), bytes);
    }
    for (name, bytes) in samples() {
        assert!(rewritten(&bytes, Frames::new(&bytes).unwrap().order()) == bytes, "{name}");
    }
}

#[test]
fn changing_the_byte_order_twice_changes_nothing() {
    let swap = |bytes: &[u8], order| {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out, order);
        Frames::new(bytes).unwrap().for_each(|frame| writer.frame(&frame).unwrap());
        out
    };
    let little = generated(ByteOrder::Little);
    let big = swap(&little, ByteOrder::Big);
    assert_eq!(big, generated(ByteOrder::Big));
    assert_eq!(swap(&big, ByteOrder::Little), little);
    for (name, bytes) in samples() {
        let order = Frames::new(&bytes).unwrap().order();
        assert!(swap(&swap(&bytes, order.swapped()), order) == bytes, "{name}");
    }
}

#[test]
fn every_packing_is_read_alike_whatever_its_name() {
    let plain = generated(ByteOrder::Little);
    let count = Frames::new(&plain).unwrap().count();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).unwrap();
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip2.write_all(&plain).unwrap();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("a.stdf", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(&plain).unwrap();
    let packed = [
        (Packing::Gzip, gzip.finish().unwrap()),
        (Packing::Bzip2, bzip2.finish().unwrap()),
        (Packing::Zip, zip.finish().unwrap().into_inner()),
        (Packing::Zstd, zstd::encode_all(&plain[..], 1).unwrap()),
        (Packing::Plain, plain),
    ];
    for (packing, bytes) in packed {
        let file = tempfile::Builder::new().suffix(".txt").tempfile().unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        let mut reader = Reader::open(file.path()).unwrap();
        let mut read = 0;
        while reader.next_frame().is_some() {
            read += 1;
        }
        assert_eq!((reader.packing(), read, reader.faults().total()), (packing, count, 0));
    }
}

#[test]
fn a_cut_file_says_where_it_ends() {
    let bytes = generated(ByteOrder::Little);
    let whole: Vec<_> = Frames::new(&bytes).unwrap().map(|frame| (frame.offset, frame.length())).collect();
    let (offset, length) = whole[whole.len() / 2];
    let cut = offset as usize + length - 1;
    let mut frames = Frames::new(&bytes[..cut]).unwrap();
    assert_eq!(frames.by_ref().count(), whole.len() / 2);
    let fault = &frames.faults().kept()[0];
    assert_eq!((fault.offset, fault.records_before), (offset, whole.len() as u64 / 2));
    assert!(matches!(fault.kind, FaultKind::Truncated { .. }), "{fault}");
    let examination = check::examine(Reader::from_bytes(bytes[..cut].to_vec()).unwrap(), |_| true);
    assert!(examination.findings.iter().any(|finding| finding.what.contains("no MRR")));
}

#[test]
fn a_wrong_length_costs_one_record() {
    let bytes = generated(ByteOrder::Little);
    let whole: Vec<_> = Frames::new(&bytes).unwrap().map(|frame| (frame.offset, frame.typ)).collect();
    let (index, &(offset, _)) = whole.iter().enumerate().skip(100).find(|(_, (_, typ))| *typ == 15).unwrap();
    for wrong in [[0xff, 0xff], [3, 0], [0x40, 0x01]] {
        let mut damaged = bytes.clone();
        damaged[offset as usize..offset as usize + 2].copy_from_slice(&wrong);
        let mut frames = Frames::new(&damaged).unwrap();
        let read = frames.by_ref().map(|frame| frame.offset).collect::<Vec<_>>();
        assert!(!frames.faults().is_empty(), "{wrong:?}");
        assert!(whole.len() - read.len() <= 2, "{wrong:?}: lost {}", whole.len() - read.len());
        assert_eq!(read[index..].last(), whole.last().map(|(offset, _)| offset));
    }
}

#[test]
fn garbage_between_records_is_skipped_and_named() {
    let mut bytes = generated(ByteOrder::Big);
    let at = Frames::new(&bytes).unwrap().nth(50).unwrap().offset as usize;
    let count = Frames::new(&bytes).unwrap().count();
    bytes.splice(at..at, [0xee; 777]);
    let mut frames = Frames::new(&bytes).unwrap();
    assert_eq!(frames.by_ref().count(), count);
    assert_eq!(frames.faults().lost_bytes(), 777);
    assert_eq!(frames.faults().kept()[0].offset, at as u64);
}

#[test]
fn concatenated_files_of_both_orders_are_two_runs() {
    let mut bytes = generated(ByteOrder::Little);
    bytes.extend(generated(ByteOrder::Big));
    let examination = check::examine(Reader::from_bytes(bytes).unwrap(), |_| true);
    assert_eq!((examination.runs.len(), examination.order), (2, ByteOrder::Big));
    assert!(examination.is_clean(), "{:?}", examination.findings);
}

#[test]
fn filter_merge_split() {
    let bytes = generated(ByteOrder::Little);
    let mut out = Vec::new();
    let mut reader = Reader::from_bytes(bytes.clone()).unwrap();
    let by_site = Filter { sites: vec![2], ..Filter::default() };
    edit::filter(&mut reader, &by_site, &mut Writer::new(&mut out, ByteOrder::Little)).unwrap();
    assert!(Frames::new(&out).unwrap().all(|frame| match frame.decode() {
        RecordView::Ptr(ptr) => ptr.site_num == 2,
        _ => true,
    }));
    let mut merged = Vec::new();
    let readers = [ByteOrder::Little, ByteOrder::Big].map(|order| Reader::from_bytes(generated(order)).unwrap());
    edit::merge(readers, &mut Writer::new(&mut merged, ByteOrder::Little)).unwrap();
    let mut parts: Vec<tempfile::NamedTempFile> = Vec::new();
    let folder = tempfile::tempdir().unwrap();
    let runs = edit::split(&mut Reader::from_bytes(merged).unwrap(), |_| {
        let file = tempfile::NamedTempFile::new_in(folder.path())?;
        let again = file.reopen()?;
        parts.push(file);
        Ok(again)
    })
    .unwrap();
    assert_eq!(runs, (2, 0));
    for part in &parts {
        assert_eq!(std::fs::read(part.path()).unwrap(), bytes);
    }
}

#[test]
fn anonymised_files_keep_numbers_and_lose_names() {
    let bytes = generated(ByteOrder::Little);
    let mut out = Vec::new();
    let mut reader = Reader::from_bytes(bytes.clone()).unwrap();
    edit::anonymise(&mut reader, &mut Writer::new(&mut out, ByteOrder::Little)).unwrap();
    let text = String::from_utf8_lossy(&out);
    assert!(!text.contains(generate::MARK) && !text.contains("Vdd_leak"));
    let results = |bytes: &[u8]| -> Vec<u32> {
        let values = Frames::new(bytes).unwrap().filter_map(|frame| match frame.decode() {
            RecordView::Ptr(ptr) => Some(ptr.result.to_bits()),
            _ => None,
        });
        values.collect()
    };
    assert_eq!(results(&out), results(&bytes));
}

#[test]
fn atdf_goes_both_ways() {
    let mut files = samples();
    files.push(("generated".into(), generated(ByteOrder::Little)));
    for (name, bytes) in files {
        let mut first = Vec::new();
        Frames::new(&bytes).unwrap().for_each(|frame| atdf::write_line(&frame.decode(), &mut first).unwrap());
        let mut stdf = Vec::new();
        let mut writer = Writer::new(&mut stdf, ByteOrder::Little);
        atdf::read(&first[..], |record| -> Result<(), Box<dyn std::error::Error>> {
            writer.record(&record.as_view())?;
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut second = Vec::new();
        let mut frames = Frames::new(&stdf).unwrap();
        frames.by_ref().for_each(|frame| atdf::write_line(&frame.decode(), &mut second).unwrap());
        assert!(frames.faults().is_empty());
        let (first, second) = (String::from_utf8(first).unwrap(), String::from_utf8(second).unwrap());
        for (one, two) in first.lines().zip(second.lines()) {
            assert_eq!(one, two, "{name}");
        }
        assert_eq!(first.lines().count(), second.lines().count());
    }
}

#[test]
fn every_type_round_trips_with_every_field_missing_in_turn() {
    for kind in RecordType::ALL {
        let mut record = kind.empty();
        for (index, field) in kind.layout().iter().enumerate() {
            if field.code == "C*n" && field.count.is_none() {
                assert!(record.set(field.name, Value::Text(format!("text {index}").as_str().into())));
            }
            if field.code == "kxC*n" {
                assert!(record.set(field.name, Value::List(vec![Value::Text("V4-2007".into())])));
            }
        }
        for present in 0..=kind.layout().len() {
            record.set_present(present as u8);
            for order in [ByteOrder::Little, ByteOrder::Big] {
                let mut bytes = Vec::new();
                let mut writer = Writer::new(&mut bytes, order);
                writer.far().unwrap();
                writer.record(&record.as_view()).unwrap();
                let last = Frames::new(&bytes).unwrap().last().unwrap();
                let (read, extra) = last.decode().remainder();
                // An array of no elements takes no bytes: it counts as read.
                assert!(read as usize >= present && extra.is_empty(), "{}", kind.name());
                assert_eq!(rewritten(&bytes, order), bytes, "{}", kind.name());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_body_of_any_type_is_written_back_byte_for_byte(
        kind in proptest::sample::select(RecordType::ALL.to_vec()),
        body in proptest::collection::vec(any::<u8>(), 0..300),
        big in any::<bool>(),
    ) {
        let order = if big { ByteOrder::Big } else { ByteOrder::Little };
        let (typ, sub) = kind.codes();
        let frame = stdf::Frame { offset: 0, order, typ, sub, body: &body };
        let mut out = Vec::new();
        frame.own().as_view().write_body(order, &mut out).unwrap();
        prop_assert_eq!(out, body);
    }

    #[test]
    fn damage_anywhere_never_panics_and_accounts_for_every_byte(
        at in 0usize..5000,
        damage in proptest::collection::vec(any::<u8>(), 1..40),
    ) {
        let mut bytes = generated(ByteOrder::Little);
        let at = at % bytes.len();
        for (byte, wrong) in bytes[at..].iter_mut().zip(&damage) {
            *byte = *wrong;
        }
        if let Some(mut frames) = Frames::new(&bytes) {
            let read: usize = frames.by_ref().map(|frame| frame.length()).sum();
            prop_assert_eq!(read as u64 + frames.faults().lost_bytes(), bytes.len() as u64);
        }
    }
}

/// Past the capture of output, so that a plain run of the tests shows it.
fn skipped(why: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}
