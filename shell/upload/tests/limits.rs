//! Each limit on its own, and archives that are put together as no office program would.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod made;

use made::{docx_with, invoice, looked};
use upload::{Limits, Unacceptable, example, inspect};

#[test]
fn each_limit_is_counted_while_unpacking() {
    let noise: Vec<u8> = (0_u32..40_000).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let file = docx_with(&[("word/a.bin", &noise), ("word/b.bin", &noise)]);
    let limits = Limits::default();
    assert!(inspect("a.docx", &file, &limits).is_ok());
    for limits in [Limits { unpacked_bytes: 200_000, ..limits }, Limits { entries: 4, ..limits }] {
        assert!(matches!(inspect("a.docx", &file, &limits), Err(Unacceptable::Bomb { .. })));
    }
    let lie = made::lying(file, "word/a.bin");
    assert!(inspect("a.docx", &lie, &Limits { unpacked_bytes: 200_000, ..limits }).is_err());
    let chart = docx_with(&[("word/embeddings/a.xlsx", &made::xlsx())]);
    assert!(inspect("a.docx", &chart, &limits).is_ok());
    assert!(inspect("a.docx", &chart, &Limits { depth: 0, ..limits }).is_err());
    let ofd = example::ofd(&invoice()).unwrap();
    assert!(inspect("a.ofd", &ofd, &Limits { xml_bytes: 300, ..limits }).is_err());
    assert!(inspect("a.ofd", &ofd, &Limits { xml_elements: 5, ..limits }).is_err());
}

#[test]
fn paths_and_links_out_of_the_archive_are_refused() {
    for name in ["../../etc/cron.d/a", "/etc/a", "word\\..\\..\\a", "C:/a"] {
        let said = looked("a.docx", &docx_with(&[(name, b"x")]));
        assert!(matches!(said, Err(Unacceptable::Structure { .. })), "{name}: {said:?}");
    }
    let same = docx_with(&[("WORD/Document.xml", b"<a/>")]);
    assert!(matches!(looked("a.docx", &same), Err(Unacceptable::Structure { .. })), "the same part for Office");
    let mut linked = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    linked.add_symlink("[Content_Types].xml", "/etc/passwd", zip::write::SimpleFileOptions::default()).unwrap();
    let said = looked("a.docx", &linked.finish().unwrap().into_inner());
    assert!(matches!(said, Err(Unacceptable::Structure { .. })), "{said:?}");
}
