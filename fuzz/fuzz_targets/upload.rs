//! Any bytes as an uploaded file: taken with invoices that are whole, or refused, never a panic, never much memory.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let limits = upload::Limits { unpacked_bytes: 4 << 20, xml_bytes: 1 << 20, ..upload::Limits::default() };
    if let Ok(found) = upload::inspect("文件", bytes, &limits) {
        for invoice in found.invoices {
            assert!(matches!((invoice.number.len(), &invoice.code), (20, None) | (8, Some(_))));
        }
    }
});
