//! From the stored ledger back to State: `cargo bench -p office --bench replay`.
//!
//! A city of 2,000 firms is grown through a real office to `FENGCE_BENCH_EVENTS` events (1,000,000 unless told), or
//! taken from `FENGCE_BENCH_CITY`, a folder that is filled when it is empty. Medians of five runs.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a measurement that cannot go on stops")]
#![allow(dead_code, reason = "the city is shared with other benchmarks")]

#[path = "city/mod.rs"]
mod city;
#[path = "../../fengce/src/embedded.rs"]
#[allow(unused_imports, reason = "its tests are run where it belongs")]
mod embedded;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use argon2::password_hash::PasswordHasher as _;
use city::City;
use jiff::civil::{Date, date};
use ledger::desk::Credential;
use ledger::{Batch, Log, Store};
use office::{Entry, Office, Published, SetClock, State};

const RUNS: usize = 5;
const FIRMS: u64 = 2_000;
const TODAY: Date = date(2026, 11, 20);

fn main() {
    // `cargo test --benches` starts benchmarks with this: nothing here is a test.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(measure());
}

async fn measure() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let dir = std::env::var_os("FENGCE_BENCH_CITY").map_or_else(|| directory.path().join("city"), PathBuf::from);
    let store = Store::open(&dir).await.unwrap();
    let log: Arc<dyn Log> = store.log.clone();
    if log.head().await.unwrap().batch == 0 {
        grow(log.clone()).await;
    }
    admit(&store).await;
    let digest = measured(log.as_ref()).await;
    phases(log.as_ref(), digest).await;
}

async fn grow(log: Arc<dyn Log>) {
    let events = std::env::var("FENGCE_BENCH_EVENTS").map_or(1_000_000, |text| text.parse().unwrap());
    let clock = Arc::new(SetClock::at(city::at(city::BEGINS, 8)));
    let office = Office::open(log, clock.clone(), |_| ()).await.unwrap();
    let started = Instant::now();
    city::grow(&office, &clock, &City::of(FIRMS), events, TODAY).await;
    let (grown, seconds) = (office.published().head.sequence.0, started.elapsed().as_secs_f64());
    println!("grown through the office: {grown} events in {seconds:.1} s, {:.0} events/s", grown as f64 / seconds);
}

/// Lets people into the city, for `tools/page_times.py`, which knows the password.
async fn admit(store: &Store) {
    let hash = argon2::Argon2::default().hash_password(b"fengce-shili-2023").unwrap().to_string();
    for (login, actor) in City::of(FIRMS).log_ins() {
        let credential = Credential {
            person: actor.person().unwrap(),
            login: login.to_owned(),
            password_hash: hash.clone(),
            password_changed_at: city::at(city::BEGINS, 8),
            must_change: false,
            sealed_totp: None,
            last_totp_step: None,
        };
        store.desk.credentials().keep(&credential).await.unwrap();
    }
}

/// The whole of start-up, as [`Office::open`] does it.
async fn measured(log: &dyn Log) -> kernel::Digest {
    let (mut times, mut events) = (Vec::new(), 0);
    let before = resident();
    let mut kept = 0.0;
    let mut last = None;
    for _ in 0..RUNS {
        drop(last.take());
        let started = Instant::now();
        let (published, outcomes) = office::replay::replay(log, |_| ()).await.unwrap();
        times.push(started.elapsed().as_secs_f64());
        kept = resident() - before;
        events = published.head.sequence.0;
        last = Some((published, outcomes));
    }
    times.sort_by(f64::total_cmp);
    let seconds = times[RUNS / 2];
    println!(
        "start-up (read, decode, apply): {seconds:.2} s, {:.2} M events/s ({events} events)",
        events as f64 / seconds / 1e6
    );
    println!("resident memory after it: {kept:.0} MB more than before");
    last.map(|(published, _)| published.state.digest()).unwrap()
}

/// Each step alone, on one core.
async fn phases(log: &dyn Log, digest: kernel::Digest) {
    let started = Instant::now();
    let mut batches: Vec<Batch> = Vec::new();
    loop {
        let more = log.batches(batches.last().map_or(0, |batch| batch.number), 512).await.unwrap();
        if more.is_empty() {
            break;
        }
        batches.extend(more);
    }
    let events: u64 = batches.iter().map(|batch| batch.events).sum();
    let bytes: usize = batches.iter().map(|batch| batch.body.len()).sum();
    let rate = |seconds: f64| events as f64 / seconds / 1e6;
    println!(
        "  read: {:.2} M events/s, {:.0} bytes a line",
        rate(started.elapsed().as_secs_f64()),
        bytes as f64 / events as f64
    );
    let mut scanning = Vec::new();
    for _ in 0..RUNS {
        let started = Instant::now();
        for line in batches.iter().flat_map(Batch::lines) {
            let _: serde::de::IgnoredAny = serde_json::from_slice(line).unwrap();
        }
        scanning.push(started.elapsed().as_secs_f64());
    }
    scanning.sort_by(f64::total_cmp);
    println!("  peer: serde_json only scanning the lines: {:.2} M events/s", rate(scanning[RUNS / 2]));
    let mut published = Published::default();
    let (decoding, applying) = timed(&batches, |batch, entries| published.replay_decoded(batch, entries).unwrap());
    println!("  decode: {:.2} M events/s", rate(decoding));
    println!("  apply, keeping the State of every day: {:.2} M events/s", rate(applying));
    println!("  decode + apply: {:.2} M events/s", rate(decoding + applying));
    assert_eq!(published.state.digest(), digest, "decoding line by line gives the same State");
    drop(published);
    let mut state = State::default();
    let (decoding, applying) = timed(&batches, |batch, entries| {
        let mut sequence = batch.first;
        for entry in entries {
            for (recorded, event) in entry.recorded(sequence) {
                state.apply(&recorded, event).unwrap();
            }
            sequence.0 += entry.events.len() as u64;
        }
    });
    println!("  apply, keeping no earlier day: {:.2} M events/s", rate(applying));
    println!("  decode + apply, keeping no earlier day: {:.2} M events/s", rate(decoding + applying));
}

/// Seconds of decoding, and of what is then done with the entries.
fn timed(batches: &[Batch], mut apply: impl FnMut(&Batch, Vec<Entry>)) -> (f64, f64) {
    let (mut decoding, mut applying) = (0.0, 0.0);
    for batch in batches {
        let started = Instant::now();
        let entries = office::replay::decode(batch).unwrap();
        let decoded = Instant::now();
        apply(batch, entries);
        decoding += (decoded - started).as_secs_f64();
        applying += decoded.elapsed().as_secs_f64();
    }
    (decoding, applying)
}

/// Resident memory in MB; 0 where the system does not tell.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or_default() / 1024.0
}
