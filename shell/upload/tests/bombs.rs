//! Files made to exhaust whoever opens them: refused, within bounded memory. The only test of its process, so that the peak is its own.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod made;

use std::io::Write as _;

use made::{docx_with, looked, zip};
use upload::Unacceptable;

/// Peak resident memory of this process in kibibytes; `None` where the system does not tell.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB").parse().ok()
}

/// A second name for the same packed bytes: the way to petabytes.
fn overlapping(mut archive: Vec<u8>, name: &str) -> Vec<u8> {
    let record_at = (0..archive.len())
        .find(|at| archive[*at..].starts_with(b"PK\x01\x02") && archive[*at + 46..].starts_with(name.as_bytes()))
        .unwrap();
    let end_at = archive.len() - 22;
    let mut record = archive[record_at..record_at + 46 + name.len()].to_vec();
    record[30..34].fill(0);
    record[46] ^= 1;
    let mut end = archive.split_off(end_at);
    archive.extend(&record);
    for at in [8, 10] {
        let count = u16::from_le_bytes([end[at], end[at + 1]]) + 1;
        end[at..at + 2].copy_from_slice(&count.to_le_bytes());
    }
    let size = u32::from_le_bytes([end[12], end[13], end[14], end[15]]) + record.len() as u32;
    end[12..16].copy_from_slice(&size.to_le_bytes());
    archive.extend(end);
    archive
}

/// Blanks in one entry, packed without ever being in memory as a whole.
const BLANKS: usize = 48 << 20;

fn packed_blanks(name: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("[Content_Types].xml", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(made::WORD_TYPES.as_bytes()).unwrap();
    zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    for _ in 0..BLANKS >> 20 {
        zip.write_all(&[b' '; 1 << 20]).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn bombs_are_refused_within_bounded_memory() {
    const GIVEN: u64 = 32 << 10;
    let flat = packed_blanks("word/media/image1.bin");
    assert!(BLANKS / flat.len() > 900, "packs 1:{}", BLANKS / flat.len());
    let types = packed_blanks("_rels/.rels");
    let inner = docx_with(&[("word/a.bin", &vec![0; 4 << 20])]);
    let nested = docx_with(&[("word/embeddings/a.docx", &inner)]);
    let third = docx_with(&[("word/embeddings/a.docx", &docx_with(&[("word/embeddings/b.xlsx", &made::xlsx())]))]);
    let names: Vec<String> = (0..5_000).map(|number| format!("word/{number}")).collect();
    let many = docx_with(&names.iter().map(|name| (name.as_str(), b"".as_slice())).collect::<Vec<_>>());
    let laughs: String = (1..10).map(|n| format!("<!ENTITY l{n} '{}'>", format!("&l{};", n - 1).repeat(10))).collect();
    let laughs = format!(
        "<?xml version='1.0'?><!DOCTYPE EInvoice [<!ENTITY l0 '哈'>{laughs}]><EInvoice><Header><EIid>&l9;</EIid></Header></EInvoice>"
    );
    let in_ofd = zip(&[("OFD.xml", b"<OFD/>"), ("Doc_0/Attachs/original_invoice.xml", laughs.as_bytes())]);
    let deep = format!("<EInvoice>{}", "<a>".repeat(2_000_000));
    let before = peak();
    for (what, content) in [("flat", &flat), ("read", &types), ("nested", &nested), ("many", &many)] {
        let said = looked("a.docx", content);
        assert!(matches!(said, Err(Unacceptable::Bomb { .. })), "{what}: {said:?}");
    }
    let said = looked("a.docx", &made::lying(flat.clone(), "word/media/image1.bin"));
    assert!(matches!(said, Err(Unacceptable::Damaged { .. } | Unacceptable::Bomb { .. })), "{said:?}");
    let said = looked("a.docx", &overlapping(flat.clone(), "word/media/image1.bin"));
    assert!(matches!(said, Err(Unacceptable::Structure { .. })), "{said:?}");
    assert!(matches!(looked("a.docx", &third), Err(Unacceptable::Embedded { .. })));
    for content in [laughs.as_bytes(), &in_ofd] {
        let said = looked("a", content);
        assert!(matches!(said, Err(Unacceptable::DocumentType { .. })), "{said:?}");
    }
    assert!(matches!(looked("a.xml", deep.as_bytes()), Err(Unacceptable::Bomb { .. })));
    match before.zip(peak()) {
        Some((before, after)) => assert!(after - before < GIVEN, "took {} MiB", (after - before) >> 10),
        None => made::skipped("memory is not measured: the system has no /proc/self/status"),
    }
}
