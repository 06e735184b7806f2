//! Files made for the tests, byte by byte. 示例数据.
#![allow(dead_code, reason = "each test uses some")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a file that cannot be made is a broken test")]

use std::io::{Cursor, Write as _};

use upload::{Inspected, Invoice, Limits, Unacceptable, example, inspect};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

pub fn looked(name: &str, content: &[u8]) -> Result<Inspected, Unacceptable> {
    inspect(name, content, &Limits::default())
}

/// What the person who uploads is told.
pub fn refusal(name: &str, content: &[u8]) -> String {
    looked(name, content).expect_err(name).to_string()
}

pub fn invoice() -> Invoice {
    example::invoice(
        "26502000000012345678",
        kernel::Date::constant(2026, 3, 5),
        ("91500000MAEX00010T".parse().unwrap(), "示例仪器有限公司"),
        ("91500106MAEX00029K".parse().unwrap(), "示例（重庆）封测有限公司"),
        kernel::Money::from_fen(123_456_789),
        kernel::Money::from_fen(16_049_383),
    )
}

pub fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

pub const WORD_TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;
pub const SHEET_TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"#;

/// A Word document with more parts.
pub fn docx_with(more: &[(&str, &[u8])]) -> Vec<u8> {
    let mut entries: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", WORD_TYPES.as_bytes()),
        ("_rels/.rels", br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#),
        ("word/document.xml", "<w:document xmlns:w=\"w\"><w:body><w:p><w:r><w:t>示例数据</w:t></w:r></w:p></w:body></w:document>".as_bytes()),
    ];
    entries.extend_from_slice(more);
    zip(&entries)
}

pub fn docx() -> Vec<u8> {
    docx_with(&[])
}

pub fn xlsx() -> Vec<u8> {
    zip(&[("[Content_Types].xml", SHEET_TYPES.as_bytes()), ("xl/workbook.xml", b"<workbook/>")])
}

pub fn relationship(kind: &str, target: &str) -> String {
    format!(
        r#"<Relationships><Relationship Id="a" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}" TargetMode="External"/></Relationships>"#
    )
}

pub fn png(width: u32, height: u32) -> Vec<u8> {
    let chunk = |name: &[u8], data: &[u8]| {
        let length = u32::try_from(data.len()).unwrap().to_be_bytes();
        [length.as_slice(), name, data, &[0; 4]].concat()
    };
    let head = [width.to_be_bytes().as_slice(), &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &head), chunk(b"IDAT", b"xxxx"), chunk(b"IEND", b"")].concat()
}

pub fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut jpeg = b"\xff\xd8\xff\xe0\x00\x07JFIF\0".to_vec();
    jpeg.extend(b"\xff\xc0\x00\x0b\x08");
    jpeg.extend(height.to_be_bytes());
    jpeg.extend(width.to_be_bytes());
    jpeg.extend(b"\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00data\xff\x00more\xff\xd0again\xff\xd9");
    jpeg
}

pub fn pdf() -> Vec<u8> {
    example::pdf("设备采购合同", &["甲方：示例（重庆）封测有限公司", "乙方：示例仪器有限公司"])
}

/// A PDF with one more object in front of the index.
pub fn pdf_with(object: &[u8]) -> Vec<u8> {
    let pdf = pdf();
    let at = pdf.windows(5).rposition(|window| window == b"xref\n").unwrap();
    // The last `xref` is that of `startxref`; the index begins with the one before.
    let at = pdf[..at].windows(5).rposition(|window| window == b"xref\n").unwrap();
    let head = &pdf[..at];
    let place = head.len() + object.len() + 12;
    let mut whole = [head, b"9 0 obj\n", object, b"\nendobj\n"].concat();
    whole.extend(&pdf[at..]);
    let text_end = whole.windows(9).rposition(|window| window == b"startxref").unwrap();
    whole.truncate(text_end);
    whole.extend(format!("startxref\n{}\n%%EOF\n", place.min(head.len() + object.len())).bytes());
    whole
}

pub fn flate(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// A PDF stream with a dictionary.
pub fn stream(dictionary: &str, data: &[u8]) -> Vec<u8> {
    [format!("<< {dictionary} /Length {} >>\nstream\n", data.len()).as_bytes(), data, b"\nendstream"].concat()
}

/// Lies about the unpacked size in both headers of the only entry called so.
pub fn lying(mut archive: Vec<u8>, name: &str) -> Vec<u8> {
    for (signature, size_at, name_at) in [(b"PK\x03\x04", 22, 30), (b"PK\x01\x02", 24, 46)] {
        let at = (0..archive.len())
            .find(|at| archive[*at..].starts_with(signature) && archive[*at + name_at..].starts_with(name.as_bytes()));
        let at = at.unwrap() + size_at;
        archive[at..at + 4].copy_from_slice(&10_u32.to_le_bytes());
    }
    archive
}

/// Says on the error stream itself what a test could not do here.
pub fn skipped(why: &str) {
    use std::io::Write as _;
    let _gone = writeln!(std::io::stderr(), "skipped: {why}");
}
