//! Any bytes as a line of the ledger: read or refused, never a panic; what is read writes and reads as the same.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(entry) = serde_json::from_slice::<office::Entry>(bytes) {
        let line = serde_json::to_vec(&entry).expect("an entry that was read can be written");
        assert_eq!(serde_json::from_slice::<office::Entry>(&line).expect("and read again"), entry);
    }
});
