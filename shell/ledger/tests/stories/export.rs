//! An outside party, knowing only the documented format, computes every digest anew.

use ledger::Log;
use ledger::export::export;
use ledger::memory::MemoryLog;
use serde_json::Value;
use sm3::{Digest, Sm3};

use crate::samples::chain;

#[tokio::test]
async fn every_digest_can_be_computed_from_the_export_alone() {
    let (batches, index) = chain(300, "甲");
    let log = MemoryLog::of(batches.clone(), index);
    let mut text = Vec::new();
    let head = export(&log, &mut text, |_| ()).await.unwrap();
    assert_eq!(head, log.head().await.unwrap());

    let mut rest = std::str::from_utf8(&text).unwrap();
    let mut line = || {
        let (line, after) = rest.split_once('\n')?;
        rest = after;
        Some(line)
    };
    assert_eq!(line(), Some(r#"{"format":"fengce-export-1"}"#));
    let (mut previous, mut number, mut first) = ("0".repeat(64), 0, 1);
    while let Some(header) = line() {
        let header: Value = serde_json::from_str(header).unwrap();
        let body: Vec<&str> = (0..header["lines"].as_u64().unwrap()).map(|_| line().unwrap()).collect();
        let body = body.join("\n");
        assert_eq!(body.len() as u64, header["bytes"].as_u64().unwrap());
        number += 1;
        assert_eq!(header["batch"].as_u64(), Some(number));
        assert_eq!(header["first"].as_u64(), Some(first));
        assert_eq!(header["previous"].as_str(), Some(previous.as_str()));
        let events = header["events"].as_u64().unwrap();
        let recorded_at: i128 = header["recorded_at"].as_str().unwrap().parse().unwrap();
        let mut hasher = Sm3::new();
        for pair in previous.as_bytes().chunks(2) {
            hasher.update([u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()]);
        }
        hasher.update(number.to_be_bytes());
        hasher.update(first.to_be_bytes());
        hasher.update(events.to_be_bytes());
        hasher.update(recorded_at.to_be_bytes());
        hasher.update(body);
        previous = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(header["digest"].as_str(), Some(previous.as_str()));
        first += events;
    }
    assert_eq!((number, previous), (300, head.digest.to_string()));
}
