//! Closed-loop clients on a real office over a real ledger: `cargo bench -p office --bench clients`.
//!
//! 256 clients, each a firm with its officers, send one command after another: filings through firm, district and
//! city, progress reports and their acceptance, consents. Each waits until its command is durable before it sends the
//! next. Medians of five runs, on the disk that holds the build.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a measurement that cannot go on stops")]
#![allow(dead_code, reason = "the city is shared with other benchmarks")]

#[path = "city/mod.rs"]
mod city;
#[path = "../../fengce/src/embedded.rs"]
#[allow(unused_imports, reason = "its tests are run where it belongs")]
mod embedded;

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use city::{City, Script};
use jiff::civil::{Date, date};
use ledger::verify::verify;
use ledger::{Log, Store};
use office::{Office, SetClock};

const RUNS: usize = 5;
const RUN: Duration = Duration::from_secs(4);
const CLIENTS: u64 = 256;
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
    let root = directory.path();
    let dir = root.join("city");
    let store = Store::open(&dir).await.unwrap();
    let log: Arc<dyn Log> = store.log.clone();
    let clock = Arc::new(SetClock::at(city::at(city::BEGINS, 8)));
    let office = Arc::new(Office::open(log.clone(), clock.clone(), |_| ()).await.unwrap());
    let city = Arc::new(City::of(CLIENTS));
    let mut scripts = city::grow(&office, &clock, &city, 0, city::BEGINS).await;
    clock.set(city::at(TODAY, 10));
    let (mut rates, mut middles, mut slowest, mut disks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        disks.push(fsyncs(root));
        let (rate, waits);
        (rate, waits, scripts) = run(&office, &city, scripts).await;
        rates.push(rate);
        middles.push(waits[waits.len() / 2]);
        slowest.push(waits[waits.len() * 99 / 100]);
    }
    println!("disk: {:.0} fsync/s after appending 4 KiB (of the runs: {:.0?})", middle(&mut disks.clone()), disks);
    println!(
        "office: {CLIENTS} closed-loop clients, {:.0} durable commands/s (of the runs: {rates:.0?})",
        middle(&mut rates.clone())
    );
    println!(
        "wait: p50 {:.1} ms, p99 {:.1} ms (of the runs: {slowest:.1?})",
        middle(&mut middles),
        middle(&mut slowest.clone())
    );
    report_bytes(&dir, log.as_ref(), office.published().head.batch).await;
}

/// One run: commands a second, waits in milliseconds in order, and the scripts for the next run.
async fn run(office: &Arc<Office>, city: &Arc<City>, scripts: Vec<Script>) -> (f64, Vec<f64>, Vec<Script>) {
    let started = Instant::now();
    let clients: Vec<_> = scripts
        .into_iter()
        .map(|mut script| {
            let (office, city) = (office.clone(), city.clone());
            tokio::spawn(async move {
                let mut waits = Vec::new();
                while started.elapsed() < RUN {
                    let Some(envelope) = script.next(&city, TODAY) else { continue };
                    let sent = Instant::now();
                    office.submit(envelope).await.unwrap();
                    waits.push(sent.elapsed().as_secs_f64() * 1e3);
                }
                (script, waits)
            })
        })
        .collect();
    let (mut scripts, mut waits) = (Vec::new(), Vec::new());
    for client in clients {
        let (script, own) = client.await.unwrap();
        scripts.push(script);
        waits.extend(own);
    }
    let rate = waits.len() as f64 / started.elapsed().as_secs_f64();
    waits.sort_by(f64::total_cmp);
    (rate, waits, scripts)
}

async fn report_bytes(dir: &Path, log: &dyn Log, batches: u64) {
    let mut times: Vec<f64> = Vec::new();
    let mut report = ledger::verify::Report::default();
    for _ in 0..RUNS {
        let started = Instant::now();
        report = verify(log, &[], |_| ()).await.unwrap();
        times.push(started.elapsed().as_secs_f64());
    }
    let (events, file) = (report.events as f64, std::fs::metadata(dir.join("ledger.sqlite")).unwrap().len() as f64);
    println!("verify, apart: {:.0} events/s ({events:.0} events in {batches} batches)", events / middle(&mut times));
    println!("on disk: {:.0} bytes/event, {:.0} of them the line", file / events, report.bytes as f64 / events);
}

fn fsyncs(root: &Path) -> f64 {
    let mut file = File::create(root.join("fsync")).unwrap();
    let (started, mut count) = (Instant::now(), 0.0);
    while started.elapsed() < Duration::from_secs(1) {
        file.write_all(&[7; 4096]).unwrap();
        file.sync_all().unwrap();
        count += 1.0;
    }
    count / started.elapsed().as_secs_f64()
}

fn middle(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
