//! From a file to columns, to Parquet and to a yield report, with one thread and with all; other readers in the same run
//!
//! `TESTDATA_BENCH_MB=64 cargo bench -p testdata`. Prints medians. `TESTDATA_PEERS` names a Python interpreter that has
//! some of stdf-convert, pystdf and Semi-ATE-STDF; the slow ones read a file of 4 MB. `TESTDATA_BENCH_RUNS` (default 5).
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use stdf::generate;
use testdata::ingest::{Options, read_files};
use testdata::selection::Retest;
use testdata::{store, yields};

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Only what has `TESTDATA_BENCH_ONLY` in its name
fn median(label: &str, bytes: u64, mut run: impl FnMut()) {
    if std::env::var("TESTDATA_BENCH_ONLY").is_ok_and(|only| !label.contains(&only)) {
        return;
    }
    let runs = number("TESTDATA_BENCH_RUNS", 5) as usize;
    let mut seconds: Vec<f64> = (0..runs)
        .map(|_| {
            let started = Instant::now();
            run();
            started.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    let seconds = seconds[runs / 2];
    println!("  {label:<44} {seconds:>7.3} s {:>8.1} MB/s", bytes as f64 / 1e6 / seconds);
}

fn generated(path: &Path, megabytes: u64) -> u64 {
    let target = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    generate::generate(&generate::Plan::default().of_size(megabytes << 20), target, |_| true).unwrap()
}

fn peer(python: &str, path: &Path, bytes: u64, reader: &str, runs: usize) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers.py");
    let mut seconds: Vec<f64> = (0..runs)
        .filter_map(|_| {
            let output = Command::new(python).arg(script).arg(path).arg(reader).output().ok()?;
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            text.split_whitespace().nth(1)?.parse().ok()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    match seconds.get(seconds.len() / 2) {
        Some(&seconds) => println!("  {reader:<44} {seconds:>7.3} s {:>8.2} MB/s", bytes as f64 / 1e6 / seconds),
        None => eprintln!("skipped: {reader} does not run with {python}"),
    }
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("synthetic.stdf");
    let bytes = generated(&path, number("TESTDATA_BENCH_MB", 64));
    println!("synthetic, little endian: {:.1} MB", bytes as f64 / 1e6);
    let brief = Options { results: false, ..Options::default() };
    median("yield report from parts and bins", bytes, || {
        let dataset = read_files(&[&path], &brief, |_, _| true).unwrap();
        std::hint::black_box(yields::report(&dataset, Retest::Last));
    });
    let every = Options::default().threads;
    for threads in if every > 1 { vec![1, every] } else { vec![1] } {
        let options = Options { threads, ..Options::default() };
        median(&format!("columns in memory, {threads} threads"), bytes, || {
            std::hint::black_box(read_files(&[&path], &options, |_, _| true).unwrap());
        });
        median(&format!("columns and Parquet store, {threads} threads"), bytes, || {
            let dataset = read_files(&[&path], &options, |_, _| true).unwrap();
            std::hint::black_box(store::write_with(&dataset, &folder.path().join("store"), threads).unwrap());
        });
        median(&format!("yield report with TSR claims, {threads} threads"), bytes, || {
            let dataset = read_files(&[&path], &options, |_, _| true).unwrap();
            std::hint::black_box(yields::report(&dataset, Retest::Last));
        });
    }
    let dataset = read_files(&[&path], &Options::default(), |_, _| true).unwrap();
    let written = store::write(&dataset, &folder.path().join("store")).unwrap();
    println!("  Parquet: {:.1} MB, {} results", written.bytes as f64 / 1e6, written.rows);
    let Ok(python) = std::env::var("TESTDATA_PEERS") else { return };
    peer(&python, &path, bytes, "stdf_convert", 3);
    let small = folder.path().join("small.stdf");
    let bytes = generated(&small, 4);
    println!("synthetic, little endian: {:.1} MB", bytes as f64 / 1e6);
    for reader in ["pystdf", "semi_ate"] {
        peer(&python, &small, bytes, reader, 1);
    }
}
