//! How long the pages of a large lot take: 5,000 tests × 100,000 parts unless told otherwise
//!
//! `cargo bench -p testdata-pages`; `BROWSER_TESTS`, `BROWSER_PARTS` and `BROWSER_REQUESTS` change the size. Prints median
//! and 99th percentile of whole requests (gate, page, table, markup), in one process without a network.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use kernel::{PersonId, Role, Timestamp};
use office::workbench::{Assignment, Ended, JobId, JobState, NewJob, Worker};
use office::{Hall, SetClock};
use testdata::kept;
use testdata::model::{Dataset, Part, ResultColumns, Run, Test, TestKind, Wafer};
use testdata::overview::overviews;
use testdata::screening::Screening;
use testdata::selection::{Retest, select};
use testdata_pages::work;
use web::Settings;
use web::testing::{Bench, Browser};

/// Wafers of the lot.
const WAFERS: usize = 25;

fn asked(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Writes a lot as the worker of the pages does, but from nothing.
struct Synthetic {
    tests: usize,
    parts: usize,
}

impl Worker for Synthetic {
    fn kind(&self) -> &'static str {
        work::KIND
    }

    fn work(&self, assignment: &Assignment) -> Result<String, Ended> {
        let folder = work::results(&assignment.folder);
        let begun = Instant::now();
        let dataset = self.dataset();
        let written = kept::keep(&dataset, &folder).unwrap();
        drop(dataset);
        println!(
            "  written: {:.2} GB of Parquet in {:.0} s",
            written.bytes as f64 / 1e9,
            begun.elapsed().as_secs_f64()
        );
        let dataset = kept::open(&folder).unwrap();
        let begun = Instant::now();
        let rows = overviews(&dataset, &[select(&dataset, Retest::Last)], |_| true).unwrap().unwrap();
        println!("  one row a test: {:.0} s", begun.elapsed().as_secs_f64());
        for retest in [Retest::First, Retest::Last, Retest::Best, Retest::All] {
            let file = work::overview_file(&assignment.folder, retest);
            std::fs::write(file, serde_json::to_vec(&rows[0]).unwrap()).unwrap();
        }
        let none = serde_json::to_vec(&Screening::default()).unwrap();
        std::fs::write(work::screening_file(&assignment.folder), none).unwrap();
        Ok(String::new())
    }
}

impl Synthetic {
    fn dataset(&self) -> Dataset {
        let run = Run {
            file: "synthetic".into(),
            lot: "SYNTHETIC".into(),
            product: "SYNTHETIC".into(),
            program: String::new(),
            step: String::new(),
            tester: String::new(),
            started: 0,
            complete: true,
            layout: None,
        };
        let on_one = self.parts.div_ceil(WAFERS);
        let across = (on_one as f64).sqrt().ceil() as usize;
        let part = |number: usize| {
            let (wafer, on) = (number / on_one, number % on_one);
            let failed = number.wrapping_mul(2_654_435_761).is_multiple_of(17);
            Part {
                run: 0,
                wafer: Some(wafer as u32),
                head: 1,
                site: (number % 16) as u8,
                flags: Some(if failed { 8 } else { 0 }),
                claimed_tests: 0,
                results: self.tests as u32,
                hard_bin: if failed { 2 + (number % 9) as u16 } else { 1 },
                soft_bin: None,
                at: Some(((on % across) as i16, (on / across) as i16)),
                id: String::new(),
                milliseconds: 0,
            }
        };
        let test = |number: usize| Test {
            number: 1_000 + number as u32,
            name: format!("SYNTHETIC_{number}"),
            kind: TestKind::Parametric,
            units: "V".into(),
            low: Some(-4.0),
            high: Some(4.0),
            limits_change: false,
            pins: Vec::new(),
        };
        let column = |test: usize| {
            let value = |part: usize| {
                let mixed = (part * 31 + test * 7_919).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                ((mixed >> 40) as f32 / (1 << 24) as f32 - 0.5) * 6.0
            };
            ResultColumns {
                part: (0..self.parts as u32).collect(),
                element: Vec::new(),
                value: (0..self.parts).map(value).collect(),
                flags: vec![0; self.parts],
            }
        };
        let mut dataset = Dataset::default();
        dataset.runs.push(run);
        dataset.wafers = (0..WAFERS).map(|number| Wafer { run: 0, id: format!("{number:02}"), head: 1 }).collect();
        dataset.parts = (0..self.parts).map(part).collect();
        dataset.tests = (0..self.tests).map(test).collect();
        dataset.results = (0..self.tests).map(column).collect();
        dataset
    }
}

async fn measure(firm: &mut Browser<'_>, label: &str, requests: usize, path: impl Fn(usize) -> String) {
    let mut taken: Vec<Duration> = Vec::with_capacity(requests);
    let mut bytes = 0;
    for number in 0..requests {
        let begun = Instant::now();
        let seen = firm.get(&path(number)).await;
        taken.push(begun.elapsed());
        assert!(seen.status.is_success(), "{} {}", seen.status, path(number));
        bytes = bytes.max(seen.body.len());
    }
    taken.sort_unstable();
    let at = |share: f64| taken[((taken.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("  {label:<44} median {:>7.1} ms   p99 {:>7.1} ms   {:>5} kB", at(0.5), at(0.99), bytes / 1_000);
}

#[tokio::main]
async fn main() {
    let (tests, parts) = (asked("BROWSER_TESTS", 5_000), asked("BROWSER_PARTS", 100_000));
    let requests = asked("BROWSER_REQUESTS", 200);
    println!("{tests} tests × {parts} parts on {WAFERS} wafers, {requests} requests each");
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(SetClock::at(Timestamp::from_second(1_795_399_200).unwrap()));
    let hall = Hall::open(dir.path(), clock, |_| {}).await.unwrap();
    let settings = Settings { burst: u32::MAX, sign_ins_per_minute: u32::MAX, ..Settings::default() };
    let bench = Bench::with(testdata_pages::routes(), hall.clone(), settings).await.unwrap();
    let id: JobId = testdata_pages::EXAMPLE.parse().unwrap();
    let firm: kernel::OrganisationId = "unit-0".parse().unwrap();
    let request = work::Request { files: Vec::new(), key: work::Key::NumberAndName };
    let job = NewJob {
        id,
        owner: PersonId(id.0),
        organisation: firm.clone(),
        kind: work::KIND.into(),
        title: "SYNTHETIC".into(),
        input: serde_json::to_string(&request).unwrap(),
    };
    hall.workbench().ask(&job).await.unwrap();
    let workers: Vec<Arc<dyn Worker>> = vec![Arc::new(Synthetic { tests, parts })];
    let working = hall.clone();
    let worker = tokio::spawn(async move { working.workbench().run(&workers, "bench").await });
    while hall.workbench().get(&firm, work::KIND, id).await.unwrap().is_none_or(|(job, _)| job.state != JobState::Done)
    {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    worker.abort();
    let mut firm = bench.signed_in(Role::Enterprise).await;
    let base = format!("/testdata/{id}");
    let begun = Instant::now();
    firm.get(&format!("{base}/tests")).await;
    println!("  opening the lot, first table                 {:>14.1} ms", begun.elapsed().as_secs_f64() * 1e3);
    let orders = ["ppk", "-failed", "-spread", "cpk", "name"];
    measure(&mut firm, "tests: sorted, filtered, paged", requests, |number| {
        let page = number * 13 % (tests / 50).max(1) + 1;
        format!("{base}/tests?sort={}&page={page}&q={}", orders[number % orders.len()], number % 10)
    })
    .await;
    measure(&mut firm, "one test: all drawings", requests, |number| format!("{base}/tests/{}", number * 97 % tests))
        .await;
    measure(&mut firm, "one wafer by bin", requests / 4 + 1, |number| format!("{base}/wafers/{}", number % WAFERS))
        .await;
    measure(&mut firm, "one wafer by values of a test", requests / 4 + 1, |number| {
        format!("{base}/wafers/{}?test={}", number % WAFERS, number * 97 % tests)
    })
    .await;
    measure(&mut firm, "one die: all its results", requests / 8 + 1, |number| {
        format!("{base}/die?part={}", number * 997 % parts)
    })
    .await;
}
