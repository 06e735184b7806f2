//! One year of 封测费用支持 with figures fixed beforehand: one call of 28,800,000 元, one proactive call, 30 claims, every way a
//! case can leave the straight path once.
//!
//! Firm n is assessed at n × 100,000 元. Without firm 3, rejected, 43,200,000 元 are asked: everybody gets two thirds, and ten
//! fen left over go to the ten firms whose number leaves one when divided by three. All firms are 示例数据.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on panics")]

#[path = "../common/mod.rs"]
mod common;

mod afterwards;
mod decision;
mod payment;
mod review;

use cases::case::Act;
use cases::{AdverseId, CallId, Command, OrderId, VoucherNumber, adverse, call};
use common::*;
use kernel::Money;

const PROACTIVE: CallId = CallId(uuid::Uuid::from_u128(801));

fn fen(fen: i64) -> Money {
    Money::from_fen(fen)
}

/// Two thirds of n × 100,000 元, with the fen left over where it goes.
fn share(n: u32) -> Money {
    fen(i64::from(n) * 20_000_000 / 3 + i64::from(n % 3 == 1))
}

fn number(text: &str) -> VoucherNumber {
    text.parse().unwrap()
}

fn order(n: u128) -> OrderId {
    OrderId(id(n))
}

fn adverse_act(adverse: u128, act: adverse::Act) -> Command {
    Command::Adverse { adverse: AdverseId(id(adverse)), expected: None, act }
}

fn act(n: u32, act: Act) -> Command {
    Command::Case { case: case(n), expected: None, act }
}

fn call_act(act: call::Act) -> Command {
    Command::Call { call: CALL, expected: None, act }
}

fn submit(n: u32) -> Command {
    let material = material(n, Money::from_yuan(i64::from(n) * 100_000));
    Command::Submit { case: case(n), call: CALL, applicant: applicant(n), material }
}

fn survivors() -> impl Iterator<Item = u32> {
    (1..=29).filter(|n| *n != 3)
}

#[test]
fn one_year() {
    let mut city = City::new();
    // Expert 1 is an officer of the firm that owns firm 4: two ties away.
    let parent = cases::relation::Party::Organisation(organisation("parent-of-4"));
    let owns = cases::relation::Tie::Shareholder("60%".parse().unwrap());
    let firm_4 = cases::relation::Party::Organisation(firm(4).into());
    city.links.push(cases::relation::Link { one: parent.clone(), other: firm_4, tie: owns });
    let sits = cases::relation::Tie::Officer("独立董事".into());
    let of_expert = cases::relation::Party::Person(person(41));
    city.links.push(cases::relation::Link { one: of_expert, other: parent, tie: sits });
    for n in 1..=30 {
        city.awards.insert(case(n), Money::from_yuan(i64::from(n) * 100_000));
    }
    review::the_calls_open(&mut city);
    review::firms_apply(&mut city);
    review::an_award_is_offered_and_declined(&mut city);
    review::districts_and_experts_review(&mut city);
    review::the_city_recommends_and_rejects(&mut city);
    review::the_budget_is_shared_out(&mut city);
    decision::the_meeting_decides_and_the_public_is_asked(&mut city);
    payment::money_goes_out(&mut city);
    decision::the_objection_leads_to_less(&mut city);
    afterwards::projects_are_accepted_and_one_is_not(&mut city);
    afterwards::the_year_is_judged(&mut city);
}

/// The ledger read again from its text gives the same state.
fn replayed(city: &City) {
    let mut state = cases::State::default();
    for (recorded, event) in &city.events {
        let line = serde_json::to_string(event).unwrap();
        state.apply(recorded, &serde_json::from_str(&line).unwrap()).unwrap();
    }
    assert_eq!(state.digest(), city.state.digest());
}
