//! Any bytes: no panic, no unbounded memory, every byte accounted for, every record written back as it was
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some(mut frames) = stdf::Frames::new(bytes) {
        let mut read = 0;
        let mut body = Vec::new();
        for frame in frames.by_ref() {
            read += frame.length() as u64;
            body.clear();
            let record = frame.own();
            record.as_view().write_body(frame.order, &mut body).expect("a record that was read can be written");
            assert_eq!(body, frame.body);
        }
        assert_eq!(read + frames.faults().lost_bytes(), bytes.len() as u64);
    }
    if let Ok(reader) = stdf::Reader::from_bytes(bytes.to_vec()) {
        let mut seen = 0u64;
        // Packed bytes may unpack to very much: stop after a while, as a user with a limit would.
        stdf::check::examine(reader, |_| {
            seen += 1;
            seen < 16
        });
    }
});
