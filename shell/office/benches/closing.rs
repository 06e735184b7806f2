//! A call of 5,000 claims closes: the program ends its window, an officer shares the budget out, every case has its rank
//! and share, durable in the ledger.
//!
//! `cargo bench -p office --bench closing`; `FENGCE_BENCH_CLAIMS` for another number.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark that cannot go on panics")]

#[path = "../tests/stories/claims_city.rs"]
mod claims_city;

use std::sync::Arc;
use std::time::{Duration, Instant};

use cases::call::{self, Route};
use cases::case::Act as CaseAct;
use claims_city::*;
use futures::future::join_all;
use kernel::{Actor, CommandId, Date, Timestamp};
use office::{Act, Command, Envelope, Hall, SetClock};
use uuid::Uuid;

const RUNS: usize = 5;

fn at(day: Date) -> Timestamp {
    kernel::date::end_of(day.yesterday().unwrap()) + jiff::SignedDuration::from_hours(10)
}

/// All that leads to a call whose window is over tomorrow, with every claim recommended.
fn script(claims: u32) -> Vec<(Timestamp, Actor, Act)> {
    let route = Route { district: false, audit: false, experts: 0, notice_working_days: 7, acceptance_months: None };
    let mut city = City::with_an_open_call(claims, route);
    for n in 1..=claims {
        let act = application(&city, n, fees(2_000_000 + i64::from(n) * 1_000));
        city.send(&of_firm(n), act);
    }
    city.today = day("2026-02-10");
    for n in 1..=claims {
        let act = CaseAct::Recommend { opinion: "符合".to_owned() };
        city.send(&officer(2), cases::Command::Case { case: case(n), expected: None, act });
    }
    city.sent
}

async fn send(hall: &Hall, n: usize, actor: &Actor, act: Act) {
    let id = CommandId(Uuid::from_u128(n as u128 + 1));
    hall.office.submit(Envelope { id, actor: actor.clone(), reauthenticated: true, act }).await.unwrap();
}

async fn closes(script: &[(Timestamp, Actor, Act)]) -> (Duration, Duration, u64) {
    let place = tempfile::tempdir().unwrap();
    let clock = Arc::new(SetClock::at(script[0].0));
    let hall = Hall::open(&place.path().join("data"), clock.clone(), |_| ()).await.unwrap();
    let mut done = 0;
    for same_time in script.chunk_by(|one, next| one.0 == next.0) {
        clock.set(same_time[0].0);
        // Fewer than the office's queue holds, so that they arrive in order.
        for few in same_time.chunks(2_000) {
            let sent = few.iter().enumerate();
            join_all(sent.map(|(n, (_, actor, act))| send(&hall, done + n, actor, act.clone()))).await;
            done += few.len();
        }
    }
    clock.set(at(day("2026-02-11")));
    let before = hall.office.published().head.sequence.0;
    let begun = Instant::now();
    let state = hall.office.published().state.clone();
    for (key, command) in office::due::commands(&state, day("2026-02-11")) {
        hall.submit_as_system(&key, command).await.unwrap();
    }
    let closed = begun.elapsed();
    let settle = cases::Command::Call { call: CALL, expected: None, act: call::Act::Settle };
    send(&hall, done, &officer(3), Command::from(settle).into()).await;
    (closed, begun.elapsed() - closed, hall.office.published().head.sequence.0 - before)
}

fn main() {
    let claims = std::env::var("FENGCE_BENCH_CLAIMS").ok().and_then(|text| text.parse().ok()).unwrap_or(5_000);
    let script = script(claims);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runs: Vec<_> = (0..RUNS).map(|_| runtime.block_on(closes(&script))).collect();
    runs.sort_by_key(|(closed, settled, _)| *closed + *settled);
    let (closed, settled, events) = runs[RUNS / 2];
    println!(
        "{claims} claims: window closed in {closed:.1?}, budget shared out and durable in {settled:.1?}, {events} events"
    );
}
