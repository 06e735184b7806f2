//! What the disk gives, and what the ledger makes of it: `cargo bench -p ledger`.
//!
//! Every figure is the median of five runs, on the disk that holds the build. `FENGCE_BENCH_EVENTS` sets how many
//! events the verified chain holds (1,000,000 unless told).

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a measurement that cannot go on stops")]

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use kernel::{CommandId, Digest, OrganisationId, PersonId, Timestamp};
use ledger::access::{Entry, What, Who};
use ledger::sqlite::SqliteLog;
use ledger::verify::{Report, verify};
use ledger::{Batch, Draft, Head, Log, Store};
use uuid::Uuid;

const RUNS: usize = 5;
const RUN: Duration = Duration::from_secs(2);
const CLIENTS: u128 = 256;

#[tokio::main]
async fn main() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let root = directory.path();
    println!("disk: {:.0} fsync/s after appending 4 KiB", median(|| fsyncs(root)));
    println!("SM3: {:.0} MB/s", median(sm3));
    for per_batch in [1, 16, 256] {
        let mut rates = Vec::new();
        for run in 0..RUNS {
            rates.push(appended(&root.join(format!("append-{per_batch}-{run}.sqlite")), per_batch).await);
        }
        let rate = middle(rates);
        println!("append: {rate:.0} batches/s of {per_batch}, {:.0} commands/s", rate * per_batch as f64);
    }
    group_commit(root).await;
    let events = std::env::var("FENGCE_BENCH_EVENTS").map_or(1_000_000, |text| text.parse().unwrap());
    verification(&root.join("verified.sqlite"), events).await;
}

/// Processor time this process has used, in seconds: what a busy machine does not distort. Zero where `/proc` has no
/// word on it.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the name in brackets, user and system time are fields 12 and 13, in hundredths of a second.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_ascii_whitespace().skip(11).take(2);
    fields.map(|field| field.parse::<f64>().unwrap_or_default() / 100.0).sum()
}

fn median(mut measure: impl FnMut() -> f64) -> f64 {
    middle((0..RUNS).map(|_| measure()).collect())
}

fn middle(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn fsyncs(root: &Path) -> f64 {
    let mut file = File::create(root.join("fsync")).unwrap();
    let (started, mut count) = (Instant::now(), 0.0);
    while started.elapsed() < RUN {
        file.write_all(&[7; 4096]).unwrap();
        file.sync_all().unwrap();
        count += 1.0;
    }
    count / started.elapsed().as_secs_f64()
}

fn sm3() -> f64 {
    let bytes = vec![7; 64 << 20];
    let started = Instant::now();
    std::hint::black_box(Digest::of(&bytes));
    bytes.len() as f64 / 1e6 / started.elapsed().as_secs_f64()
}

/// A command as the program writes them: one event of a filing.
fn draft(number: u128) -> Draft {
    let command = CommandId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number));
    let line = format!(
        r#"{{"command":"{command}","at":"2026-11-23T08:00:00Z","actor":{{"person":{{"person":"{command}","role":"enterprise","organisation":"91500000MA00000000"}}}},"events":[{{"Enterprise":{{"Filed":{{"firm":"91500000MA00000000","year":2025,"revenue":{number},"scope":"封测业务"}}}}}}]}}"#
    );
    Draft { command, events: 1, line: line.into_bytes() }
}

fn drafts(first: u128, count: u128) -> (Vec<Draft>, Vec<CommandId>) {
    let drafts: Vec<Draft> = (first..first + count).map(draft).collect();
    let commands = drafts.iter().map(|draft| draft.command).collect();
    (drafts, commands)
}

async fn append(log: &SqliteLog, head: &mut Head, count: u128) {
    let (drafts, commands) = drafts(u128::from(head.sequence.0), count);
    let batch = Batch::seal(head, Timestamp::UNIX_EPOCH, &drafts);
    log.append(&batch, &commands).await.unwrap();
    *head = batch.head();
}

async fn appended(path: &Path, per_batch: u128) -> f64 {
    let log = SqliteLog::open(path).await.unwrap();
    let (mut head, started) = (Head::EMPTY, Instant::now());
    while started.elapsed() < RUN {
        append(&log, &mut head, per_batch).await;
    }
    head.batch as f64 / started.elapsed().as_secs_f64()
}

/// Closed-loop clients, each waiting until its entry of the access log is durable.
async fn group_commit(root: &Path) {
    let store = Store::open(&root.join("store")).await.unwrap();
    let firm: OrganisationId = "91500000MA00000000".parse().unwrap();
    let (mut rates, mut slowest) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let started = Instant::now();
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (access, firm) = (store.access.clone(), firm.clone());
                tokio::spawn(async move {
                    let mut waits = Vec::new();
                    while started.elapsed() < RUN {
                        let what = What::Read {
                            subject: None,
                            firm: Some(firm.clone()),
                            purpose: "核实年报".into(),
                            path: "/enterprises/91500000MA00000000".into(),
                        };
                        let who = Who::Person(PersonId(Uuid::from_u128(client)));
                        let sent = Instant::now();
                        access.record(Entry { at: Timestamp::UNIX_EPOCH, who, what }).await.unwrap();
                        waits.push(sent.elapsed().as_secs_f64() * 1e3);
                    }
                    waits
                })
            })
            .collect();
        let mut waits = Vec::new();
        for client in clients {
            waits.extend(client.await.unwrap());
        }
        waits.sort_by(f64::total_cmp);
        rates.push(waits.len() as f64 / started.elapsed().as_secs_f64());
        slowest.push(waits[waits.len() * 99 / 100]);
    }
    let (rate, p99) = (middle(rates), middle(slowest));
    println!("access log: {CLIENTS} closed-loop clients, {rate:.0} durable entries/s, p99 {p99:.1} ms");
}

async fn verification(path: &Path, events: u64) {
    let log = SqliteLog::open(path).await.unwrap();
    let mut head = Head::EMPTY;
    while head.sequence.0 < events {
        append(&log, &mut head, 256).await;
    }
    drop(log);
    // Opening settles the write-ahead log, so that the file is all there is.
    let log = SqliteLog::open(path).await.unwrap();
    let mut report = Report::default();
    let (mut times, mut processor) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let (started, used) = (Instant::now(), processor_seconds());
        report = verify(&log, &[], |_| ()).await.unwrap();
        times.push(started.elapsed().as_secs_f64());
        processor.push(processor_seconds() - used);
    }
    let (time, processor, events) = (middle(times), middle(processor), report.events as f64);
    let (body, file) = (report.bytes as f64, std::fs::metadata(path).unwrap().len() as f64);
    println!(
        "verify: {:.0} events/s, {:.0} MB/s; {:.0} events per processor second ({events:.0} events, {:.0} MB of lines)",
        events / time,
        body / 1e6 / time,
        events / processor,
        body / 1e6
    );
    println!("on disk: {:.0} bytes/event, {:.0} of them the line", file / events, body / events);
}
