//! From a file to the columnar model and to Parquet, one thread; and a yield report
//!
//! `TESTDATA_BENCH_MB=64 cargo bench -p testdata`. Prints medians of five runs.
#![allow(clippy::unwrap_used)]

use std::time::Instant;

use stdf::generate;
use testdata::ingest::{Options, read_files};
use testdata::selection::Retest;
use testdata::{store, yields};

fn median(label: &str, bytes: u64, mut run: impl FnMut()) {
    let mut seconds: Vec<f64> = (0..5)
        .map(|_| {
            let started = Instant::now();
            run();
            started.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    println!("  {label:<44} {:>7.3} s {:>8.0} MB/s", seconds[2], bytes as f64 / 1e6 / seconds[2]);
}

fn main() {
    let megabytes: u64 = std::env::var("TESTDATA_BENCH_MB").ok().and_then(|text| text.parse().ok()).unwrap_or(64);
    let folder = std::env::temp_dir().join(format!("testdata-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("synthetic.stdf");
    let target = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    let bytes = generate::generate(&generate::Plan::default().of_size(megabytes << 20), target, |_| true).unwrap();
    println!("synthetic, little endian: {:.1} MB", bytes as f64 / 1e6);
    let full = Options::default();
    let brief = Options { results: false, ..Options::default() };
    median("yield report", bytes, || {
        let dataset = read_files(&[&path], &brief, |_, _| true).unwrap();
        std::hint::black_box(yields::report(&dataset, Retest::Last));
    });
    median("columns in memory (Arrow)", bytes, || {
        std::hint::black_box(read_files(&[&path], &full, |_, _| true).unwrap());
    });
    median("columns and Parquet store", bytes, || {
        let dataset = read_files(&[&path], &full, |_, _| true).unwrap();
        let written = store::write(&dataset, &folder.join("store")).unwrap();
        std::hint::black_box(written);
    });
    let dataset = read_files(&[&path], &full, |_, _| true).unwrap();
    let written = store::write(&dataset, &folder.join("store")).unwrap();
    println!("  Parquet: {:.1} MB, {} results", written.bytes as f64 / 1e6, written.rows);
    std::fs::remove_dir_all(&folder).unwrap();
}
