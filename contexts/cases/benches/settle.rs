//! Closing a call of 5,000 claims: ranking, proportional reduction, a meeting over all, the vouchers of all, and what
//! the ledger must write.
//! Run with `cargo bench -p cases`. Medians; every run starts from the same state and its result is checked.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a benchmark fails by panicking")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::time::{Duration, Instant};

use cases::call::{self, Route};
use cases::case::Act;
use cases::meeting::Meeting;
use cases::notice::Publication;
use cases::payment::{Channel, NewOrder};
use cases::voucher::{Payee, Voucher};
use cases::{
    CaseId, Command, Event, FundingPlanId, MeetingId, NoticeId, OrderId, State, decide, due, statistics, view,
};
use common::{CALL, City, case, file, finance, firm, id, officer, person};
use kernel::{Actor, Digest, Money, Recorded, Role, Sequence};

const CLAIMS: u32 = 5_000;
const RUNS: usize = 15;
const BUDGET: Money = Money::from_yuan(100_000_000);

/// 5,000 claims recommended, the call closed.
fn city() -> City {
    let mut city = City::new();
    let route = Route { district: false, experts: 0, ..common::route() };
    city.publish(CALL, common::terms(BUDGET, route));
    city.on("2026-01-12");
    for n in 1..=CLAIMS {
        let award = Money::from_fen(10_000_000 + i64::from(n) * 7_919 % 90_000_000);
        city.awards.insert(case(n), award);
        let material = common::material(n, award);
        let of_firm = common::acting(100_000 + u128::from(n), Role::Enterprise, firm(n).as_str());
        let applicant = cases::case::Applicant { firm: firm(n), ..common::applicant(n) };
        city.send(&of_firm, Command::Submit { case: case(n), call: CALL, applicant, material });
        city.act(&officer(1), n, Act::Recommend { opinion: "符合条件".into() });
    }
    city.on("2026-03-20");
    city
}

/// Decided, noticed, planned and ordered, with the vouchers that pay it all, in no order.
fn ordered(state: State, city: &City, shares: BTreeMap<CaseId, Money>) -> (City, Vec<Voucher>) {
    let (calendar, today) = (city.calendar.clone(), city.today);
    let mut city = City { state, calendar, today, links: Vec::new(), awards: BTreeMap::new(), events: Vec::new() };
    let all: Vec<_> = shares.keys().copied().collect();
    let meeting = meeting(&city);
    city.send(&officer(2), Command::HoldMeeting { meeting, resolutions: shares.clone() });
    let (url, capture, on) = ("https://example.org".to_owned(), file("截图.pdf"), city.today);
    let publication = Publication { id: NoticeId(id(1)), call: CALL, url, capture, on, cases: all.clone() };
    city.send(&officer(3), Command::PublishNotice(publication));
    city.on("2026-04-07");
    let (number, document, plan) = ("计划".to_owned(), file("计划.pdf"), FundingPlanId(id(1)));
    city.send(&officer(2), Command::PlanFunding { plan, call: CALL, number, document, cases: all.clone() });
    let order = |case: &CaseId| NewOrder {
        id: OrderId(case.0),
        case: *case,
        channel: Channel::Treasury,
        account: Digest::ZERO,
    };
    city.send(&finance(1), Command::IssueOrders(all.iter().map(order).collect()));
    let voucher = |n: u32| Voucher {
        number: format!("GK-{n}").parse().unwrap(),
        amount: shares[&case(n)],
        on: city.today,
        payee: Payee::Firm(firm(n)),
        order: None,
    };
    let vouchers = (0..CLAIMS).map(|n| voucher(n * 7 % CLAIMS + 1)).collect();
    (city, vouchers)
}

fn meeting(city: &City) -> Meeting {
    Meeting {
        id: MeetingId(id(1)),
        call: CALL,
        on: city.today,
        minutes: file("会议纪要.pdf"),
        attendees: BTreeSet::from([person(51), person(52)]),
        recused: BTreeMap::new(),
    }
}

/// Decided, written and applied, as the one writer does it.
fn carried_out(city: &City, state: &State, actor: &Actor, command: Command) -> (State, Vec<u8>, usize) {
    let context = city.context(actor);
    let events = decide(state, &context, command).unwrap();
    let line = serde_json::to_vec(&events).unwrap();
    let mut state = state.clone();
    for (n, event) in events.iter().enumerate() {
        let recorded = Recorded { sequence: Sequence(1_000_000 + n as u64), at: context.now, actor: actor.clone() };
        state.apply(&recorded, event).unwrap();
    }
    (state, line, events.len())
}

fn median(what: &str, mut run: impl FnMut() -> String) {
    let mut times: Vec<Duration> = Vec::new();
    let mut told = String::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        told = black_box(run());
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let (median, worst) = (times[RUNS / 2], times[RUNS - 1]);
    println!("{what:32} median {:8.2} ms, worst {:8.2} ms   {told}", ms(median), ms(worst));
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn main() {
    let city = city();
    let settle = || Command::Call { call: CALL, expected: None, act: call::Act::Settle };
    let (settled, ..) = carried_out(&city, &city.state, &officer(2), settle());
    assert_eq!(settled.call(CALL).unwrap().available(), Money::ZERO, "shared out to the fen");
    median("settle: decide, write, apply", || {
        let (_, line, events) = carried_out(&city, &city.state, &officer(2), settle());
        format!("{events} events, {} KB", line.len() / 1024)
    });
    median("settle: decide alone", || {
        let events = decide(&city.state, &city.context(&officer(2)), settle()).unwrap();
        assert!(matches!(events[0], Event::Call { .. }));
        String::new()
    });
    let shares: BTreeMap<_, _> = settled.cases_of(CALL).map(|case| (case.id, case.stage.ceiling())).collect();
    median("meeting over all", || {
        let meeting = meeting(&city);
        let command = Command::HoldMeeting { meeting, resolutions: shares.clone() };
        let (_, line, events) = carried_out(&city, &settled, &officer(2), command);
        format!("{events} events, {} KB", line.len() / 1024)
    });
    let (ordered, vouchers) = ordered(settled.clone(), &city, shares);
    median("import of as many vouchers", || {
        let command = Command::ImportVouchers { file: file("国库回单.csv"), vouchers: vouchers.clone() };
        let (paid, line, events) = carried_out(&ordered, &ordered.state, &finance(2), command);
        assert_eq!(paid.in_transit().count(), 0);
        format!("{events} events, {} KB", line.len() / 1024)
    });
    median("due", || format!("{} due", due::due(&settled, &city.calendar, city.today).len()));
    median("queue of an officer", || format!("{} waiting", view::queue(&settled, &city.context(&officer(2))).len()));
    median("statistics", || {
        let steps = statistics::days_per_step(settled.cases_of(CALL), &city.calendar);
        format!("{} steps, {} districts", steps.len(), statistics::by_district(settled.cases_of(CALL)).len())
    });
}
