//! A call of 5,000 claims closes: the program ends its window, an officer shares the budget out, every case has its rank
//! and share, durable in the ledger.
//!
//! `cargo bench -p office --bench closing`; `FENGCE_BENCH_CLAIMS` for another number. With `FENGCE_BENCH_CITY` the city is
//! made once in that empty folder and kept, with log-ins for `tools/page_times.py --cases`.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark that cannot go on panics")]

#[path = "../tests/stories/claims_city.rs"]
mod claims_city;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use argon2::PasswordHasher as _;
use cases::call::{self, Route};
use cases::case::Act as CaseAct;
use claims_city::*;
use futures::future::join_all;
use kernel::{Actor, CommandId, Date, Timestamp};
use ledger::Store;
use ledger::desk::Credential;
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

async fn closes(script: &[(Timestamp, Actor, Act)], dir: &Path) -> (Duration, Duration, u64) {
    let clock = Arc::new(SetClock::at(script[0].0));
    let hall = Hall::open(dir, clock.clone(), |_| ()).await.unwrap();
    let mut done = 0;
    for same_time in script.chunk_by(|one, next| one.0 == next.0) {
        clock.set(same_time[0].0);
        // Few enough that tokio lets them be sent in one go, so that they arrive in order.
        for few in same_time.chunks(50) {
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

/// Lets an officer, finance and a firm in, for whoever wants to look.
async fn admit(dir: &Path) {
    let store = Store::open(dir).await.unwrap();
    let hash = argon2::Argon2::default().hash_password(b"fengce-shili-2023").unwrap().to_string();
    let finance = acting(6, kernel::Role::Finance, "finance");
    for (login, actor) in [("city", officer(2)), ("colleague", officer(3)), ("finance", finance), ("firm", of_firm(1))]
    {
        let credential = Credential {
            person: actor.person().unwrap(),
            login: login.to_owned(),
            password_hash: hash.clone(),
            password_changed_at: at(day("2026-01-04")),
            must_change: false,
            sealed_totp: None,
            last_totp_step: None,
        };
        store.desk.credentials().keep(&credential).await.unwrap();
    }
}

fn main() {
    // `cargo test --benches` starts benchmarks with this: nothing here is a test.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let claims = std::env::var("FENGCE_BENCH_CLAIMS").ok().and_then(|text| text.parse().ok()).unwrap_or(5_000);
    let script = script(claims);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if let Some(kept) = std::env::var_os("FENGCE_BENCH_CITY").map(PathBuf::from) {
        println!("{:?}", runtime.block_on(closes(&script, &kept)));
        return runtime.block_on(admit(&kept));
    }
    let mut runs: Vec<_> = Vec::new();
    for _ in 0..RUNS {
        let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        runs.push(runtime.block_on(closes(&script, &place.path().join("data"))));
    }
    runs.sort_by_key(|(closed, settled, _)| *closed + *settled);
    let (closed, settled, events) = runs[RUNS / 2];
    println!(
        "{claims} claims: window closed in {closed:.1?}, budget shared out and durable in {settled:.1?}, {events} events"
    );
}
