//! Whatever is sent in: an answer, never a panic.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod made;

use made::{docx, invoice, jpeg, looked, pdf, pdf_with, png, stream, xlsx};
use proptest::prelude::*;
use upload::example;

fn files() -> Vec<Vec<u8>> {
    let made = invoice();
    let objects = made::flate(b"10 0 << /Type /Catalog >>");
    vec![
        pdf(),
        pdf_with(&stream("/Type /ObjStm /N 1 /First 5 /Filter /FlateDecode", &objects)),
        pdf_with(&stream("/Type /EmbeddedFile", example::xml(&made).as_bytes())),
        example::ofd(&made).unwrap(),
        example::xml(&made).into_bytes(),
        png(30, 20),
        jpeg(30, 20),
        docx(),
        xlsx(),
    ]
}

/// First bytes that choose a reader.
const STARTS: [&[u8]; 8] = [
    b"",
    b"%PDF-1.7\n",
    b"PK\x03\x04",
    b"<?xml version='1.0' encoding='gbk'?><EInvoice>",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"\xff\xfe<",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
];

#[test]
fn every_truncation_is_answered() {
    for file in files() {
        assert!(looked("a", &file).is_ok());
        for length in 0..file.len() {
            let _ = looked("a", &file[..length]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn random_bytes_are_answered(start in 0..STARTS.len(), rest in proptest::collection::vec(any::<u8>(), 0..600), name in ".{0,12}") {
        let _ = looked(&name, &[STARTS[start], &rest].concat());
    }

    #[test]
    fn damaged_files_are_answered(which in 0..9_usize, changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut file = files().swap_remove(which);
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        if let Ok(found) = looked("a", &file) {
            for invoice in found.invoices {
                prop_assert!(matches!(invoice.number.len(), 8 | 20));
            }
        }
    }

    #[test]
    fn any_made_invoice_is_read_again(serial in 0..10_u64.pow(15), net in -10_i64.pow(12)..10_i64.pow(12), rate in 0..20_i64, day in 1..28_i8, name in "[一-龥A-Za-z&<>\"]{1,20}") {
        let mut made = invoice();
        made.number = format!("26502{serial:015}");
        made.issued = kernel::Date::new(2026, 5, day).unwrap();
        made.net = kernel::Money::from_fen(net);
        made.tax = kernel::Money::from_fen(net * rate / 100);
        made.total = made.net + made.tax;
        made.red = made.total.is_negative();
        made.buyer_name = Some(name);
        prop_assert_eq!(looked("a.xml", example::xml(&made).as_bytes()).unwrap().invoices, vec![made.clone()]);
        made.kind = upload::InvoiceKind::Unstated;
        prop_assert_eq!(looked("a.ofd", &example::ofd(&made).unwrap()).unwrap().invoices, vec![made]);
    }
}
