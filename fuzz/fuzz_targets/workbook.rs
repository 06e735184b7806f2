//! Any bytes as an Excel workbook: within its limits or refused, never a panic, never much memory.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let limits = register::Limits { unpacked_bytes: 1 << 20, ..register::Limits::default() };
    if let Ok(sheet) = register::Sheet::read(bytes, &limits) {
        assert!(sheet.rows.len() <= limits.rows as usize);
    }
});
