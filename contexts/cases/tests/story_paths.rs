//! Ways through the crate that the year does not take: audit, direct filing, loans, shared invoices, a queue, a proactive
//! award that is accepted, decisions that are dropped or revoked, what people see waiting.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on panics")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use cases::adverse::{self, Kind, Method, Remedy, Route as Turn};
use cases::call::{self, Mode, Route, Terms};
use cases::case::{Act, barred_experts};
use cases::challenge;
use cases::due::{Subject, Who};
use cases::meeting::Meeting;
use cases::notice::Publication;
use cases::payment::{Channel, NewOrder};
use cases::proactive::{MatchedFact, Proposal};
use cases::reduction::{Last, Order, Reduction};
use cases::relation::{Link, Party, Tie};
use cases::support::{OtherFunding, Support};
use cases::voucher::{Payee, Voucher};
use cases::{
    AdverseId, CallId, Command, FundingPlanId, MeetingId, NoticeId, ObjectionId, OrderId, StageKind, due, view,
};
use common::*;
use kernel::{Actor, Digest, Money, OrganisationId, Period, Role};

fn direct_route() -> Route {
    Route { district: false, audit: false, experts: 0, notice_working_days: 5, acceptance_months: None }
}

fn yuan(yuan: i64) -> Money {
    Money::from_yuan(yuan)
}

fn submit(call: CallId, n: u32, of: u32, supports: &[Support]) -> Command {
    let mut material = material(n, yuan(100));
    material.supports = supports.iter().cloned().collect();
    Command::Submit { case: case(n), call, applicant: applicant(of), material }
}

fn recommend() -> Act {
    Act::Recommend { opinion: "符合条件".into() }
}

fn settle(city: &mut City, call: CallId, by: u128) {
    city.send(&officer(by), Command::Call { call, expected: None, act: call::Act::Settle });
}

/// A meeting decides and the public is asked; the case's number names all of it.
fn decide_and_notice(city: &mut City, call: CallId, n: u32, amount: Money) {
    let key = id(u128::from(n));
    let meeting = Meeting {
        id: MeetingId(key),
        call,
        on: city.today,
        minutes: file("纪要.pdf"),
        attendees: BTreeSet::from([person(51)]),
        recused: BTreeMap::new(),
    };
    let resolutions = BTreeMap::from([(case(n), amount)]);
    city.send(&officer(2), Command::HoldMeeting { meeting, resolutions });
    let (url, capture, on) = ("https://example.org".to_owned(), file("截图.pdf"), city.today);
    let publication = Publication { id: NoticeId(key), call, url, capture, on, cases: vec![case(n)] };
    city.send(&officer(3), Command::PublishNotice(publication));
}

/// From settled to ordered.
fn order(city: &mut City, call: CallId, n: u32, amount: Money) {
    decide_and_notice(city, call, n, amount);
    let key = id(u128::from(n));
    let until = city.state.notice(NoticeId(key)).unwrap().until.due;
    city.reach(until.tomorrow().unwrap());
    let (number, document) = ("计划".to_owned(), file("计划.pdf"));
    let plan = Command::PlanFunding { plan: FundingPlanId(key), call, number, document, cases: vec![case(n)] };
    city.send(&officer(2), plan);
    let order = NewOrder { id: OrderId(key), case: case(n), channel: Channel::Treasury, account: Digest::ZERO };
    city.send(&finance(1), Command::IssueOrders(vec![order]));
}

fn pay(city: &mut City, n: u32, of: u32, amount: Money) {
    let (payee, number) = (Payee::Firm(firm(of)), format!("GK-{n}-{}", city.today).parse().unwrap());
    let voucher = Voucher { number, amount, on: city.today, payee, order: None };
    let file = file(&format!("{n}-{}.csv", city.today));
    city.send(&finance(2), Command::ImportVouchers { file, vouchers: vec![voucher] });
}

#[test]
fn a_proactive_award_accepted_is_paid_like_any_other() {
    let mut city = City::new();
    let terms = Terms { mode: Mode::Proactive, ..terms(yuan(1_000), direct_route()) };
    city.publish(CALL, terms);
    city.on("2026-01-05");
    city.awards.insert(case(1), yuan(300));
    let fact = MatchedFact {
        what: "封测费".into(),
        supplier: Some(organisation("taxation")),
        authorisation: Some("示例授权书".into()),
        file: Some(file("汇总.csv")),
        as_of: Some(day("2026-01-04")),
    };
    let (applicant, material) = (applicant(1), material(1, yuan(300)));
    let proposal = Proposal { case: case(1), call: CALL, applicant, material, facts: vec![fact] };
    city.send(&Actor::System, Command::Offer(Box::new(proposal)));
    let waiting = view::queue(&city.state, &city.context(&of_firm(1)));
    assert_eq!(waiting.iter().map(|waiting| waiting.step).collect::<Vec<_>>(), ["确认免申即享"]);
    let consent = || Act::Consent { received: Vec::new() };
    let other = Command::Case { case: case(1), expected: None, act: consent() };
    assert!(city.refused(&of_firm(2), other).contains("不能办理"));
    city.act(&of_firm(1), 1, consent());
    city.on("2026-02-24");
    settle(&mut city, CALL, 1);
    city.on("2026-03-02");
    order(&mut city, CALL, 1, yuan(300));
    assert_eq!(city.stage(1), StageKind::Ordered);
    assert_eq!(view::missing(&city.state, city.state.case(case(1)).unwrap()), ["拨付凭证"]);
    pay(&mut city, 1, 1, yuan(300));
    assert_eq!(city.stage(1), StageKind::Closed, "nothing to accept");
}

#[test]
fn an_audit_where_the_call_asks_and_a_central_unit_files_directly() {
    let mut city = City::new();
    let parent: OrganisationId = organisation("audit-parent");
    let own = |organisation: OrganisationId| Party::Organisation(organisation);
    city.links.push(Link { one: own(parent.clone()), other: own(firm(1).into()), tie: Tie::Controller });
    city.links.push(Link { one: own(parent), other: own(organisation("audit-1")), tie: Tie::Controller });
    let route = Route { district: true, audit: true, ..direct_route() };
    city.publish(CALL, terms(yuan(1_000), route));
    city.on("2026-01-05");
    city.awards.insert(case(1), yuan(100));
    let central = cases::case::Applicant { direct: true, ..applicant(1) };
    let material = material(1, yuan(100));
    city.send(&of_firm(1), Command::Submit { case: case(1), call: CALL, applicant: central, material });
    assert_eq!(city.stage(1), StageKind::Audit, "no district in between");
    let choose = |auditor: &str| Act::ChooseAuditor { auditor: organisation(auditor) };
    let related = Command::Case { case: case(1), expected: None, act: choose("audit-1") };
    assert!(city.refused(&officer(1), related).contains("回避"), "a sister of the firm's");
    city.act(&officer(1), 1, choose("audit-2"));
    let report = || Act::FileAudit { verified: yuan(2_000), opinion: "属实".into(), report: file("审计.pdf") };
    let other = Command::Case { case: case(1), expected: None, act: report() };
    assert!(city.refused(&acting(80, Role::AuditFirm, "audit-3"), other).contains("audit-2"));
    city.act(&acting(80, Role::AuditFirm, "audit-2"), 1, report());
    assert_eq!(city.stage(1), StageKind::CityReview);
    let stale = Command::Case { case: case(1), expected: Some(kernel::Revision(1)), act: recommend() };
    assert!(city.refused(&officer(1), stale).contains("刷新"), "the form was shown before the report came");
    city.act(&officer(1), 1, recommend());
    let experts = BTreeMap::from([(person(41), organisation("audit-1")), (person(42), organisation("institute-2"))]);
    let barred: Vec<_> = barred_experts(city.state.case(case(1)).unwrap(), &experts).collect();
    assert_eq!(barred, [(person(41), "实际控制、实际控制".to_owned())]);
}

#[test]
fn one_invoice_supports_one_benefit_unless_an_interpretation_shares_it() {
    let mut city = City::new();
    city.send(&officer(1), Command::Basis(cases::basis::Command::RecordReview(review("platform"))));
    let other = CallId(id(811));
    let shared = CallId(id(812));
    let platform = Terms { benefit: "platform".parse().unwrap(), ..terms(yuan(1_000), direct_route()) };
    let sharing = BTreeMap::from([("test-fee".parse().unwrap(), "示例解释第 3 条".to_owned())]);
    city.publish(CALL, terms(yuan(1_000), direct_route()));
    city.publish(other, platform.clone());
    city.publish(shared, Terms { sharing, ..platform });
    let next_year = CallId(id(813));
    city.publish(next_year, Terms { year: 2026, ..terms(yuan(1_000), direct_route()) });
    city.on("2026-01-05");
    let (invoice, loan) = (Support::Invoice("1".into()), Support::Loan("示例银行 1".into()));
    city.send(&of_firm(1), submit(CALL, 1, 1, &[invoice.clone(), loan.clone()]));
    assert!(city.refused(&of_firm(1), submit(other, 2, 1, std::slice::from_ref(&invoice))).contains("发票 1"));
    city.send(&of_firm(1), submit(shared, 3, 1, std::slice::from_ref(&invoice)));
    let again = submit(next_year, 4, 1, std::slice::from_ref(&invoice));
    assert!(city.refused(&of_firm(1), again).contains("发票 1"), "an invoice counts once");
    city.send(&of_firm(1), submit(next_year, 5, 1, std::slice::from_ref(&loan)));
    // A claim taken back sets its invoice free.
    city.act(&of_firm(1), 1, Act::Withdraw { reason: "改报".into() });
    city.act(&of_firm(1), 3, Act::Withdraw { reason: "改报".into() });
    city.send(&of_firm(1), submit(other, 6, 1, &[invoice]));
}

#[test]
fn whom_a_queue_does_not_reach_waits_for_what_comes_free() {
    let mut city = City::new();
    let reduction = Reduction::Queue { order: Order::Received, last: Last::Nothing };
    city.publish(CALL, Terms { reduction, ..terms(yuan(500), direct_route()) });
    city.on("2026-01-05");
    for n in 1..=3 {
        city.awards.insert(case(n), yuan(200));
        city.send(&of_firm(n), submit(CALL, n, n, &[]));
        city.act(&officer(1), n, recommend());
    }
    city.on("2026-02-24");
    settle(&mut city, CALL, 1);
    assert_eq!([1, 2, 3].map(|n| city.stage(n)), [StageKind::Proposed, StageKind::Proposed, StageKind::Waitlisted]);
    city.act(&of_firm(1), 1, Act::Withdraw { reason: "不再实施".into() });
    settle(&mut city, CALL, 1);
    assert_eq!(city.stage(3), StageKind::Proposed);
    assert_eq!(city.state.call(CALL).unwrap().available(), yuan(100));
}

#[test]
fn money_from_elsewhere_found_later_stops_a_case() {
    let mut city = City::new();
    city.publish(CALL, terms(yuan(500), direct_route()));
    city.on("2026-01-05");
    for n in 1..=2 {
        city.awards.insert(case(n), yuan(100));
        city.send(&of_firm(n), submit(CALL, n, n, &[Support::Invoice(n.to_string())]));
        city.act(&officer(1), n, recommend());
    }
    city.on("2026-02-24");
    settle(&mut city, CALL, 1);
    let elsewhere = |n: u32| OtherFunding {
        firm: firm(n),
        department: "示例市科技局".into(),
        programme: "示例研发补助".into(),
        document: "示例〔2026〕9号".into(),
        amount: yuan(10),
        on: day("2026-02-20"),
        supports: BTreeSet::from([Support::Invoice(n.to_string())]),
        file: file("示例下达计划.xlsx").digest,
    };
    city.send(&finance(1), Command::ImportOtherFunding(vec![elsewhere(1)]));
    let meeting = Meeting {
        id: MeetingId(id(9)),
        call: CALL,
        on: city.today,
        minutes: file("纪要.pdf"),
        attendees: BTreeSet::from([person(51)]),
        recused: BTreeMap::new(),
    };
    let resolutions = BTreeMap::from([(case(1), yuan(100))]);
    let refusal = city.refused(&officer(2), Command::HoldMeeting { meeting, resolutions });
    assert!(refusal.contains("示例市科技局"), "{refusal}");
    decide_and_notice(&mut city, CALL, 2, yuan(100));
    city.on("2026-03-10");
    let (number, document, plan) = ("计划".to_owned(), file("计划.pdf"), FundingPlanId(id(9)));
    city.send(&officer(2), Command::PlanFunding { plan, call: CALL, number, document, cases: vec![case(2)] });
    city.send(&finance(1), Command::ImportOtherFunding(vec![elsewhere(2)]));
    let order = NewOrder { id: OrderId(id(9)), case: case(2), channel: Channel::Treasury, account: Digest::ZERO };
    assert!(city.refused(&finance(1), Command::IssueOrders(vec![order])).contains("发票 2"), "in the last moment");
}

#[test]
fn an_overdue_acceptance_blocks_the_next_claim() {
    let mut city = City::new();
    city.publish(CALL, terms(yuan(500), Route { acceptance_months: Some(1), ..direct_route() }));
    let window = Period::new(day("2026-04-01"), day("2026-06-30")).unwrap();
    let next = CallId(id(820));
    city.publish(next, Terms { window, ..terms(yuan(500), direct_route()) });
    city.on("2026-01-05");
    city.awards.insert(case(1), yuan(100));
    city.send(&of_firm(1), submit(CALL, 1, 1, &[]));
    city.act(&officer(1), 1, recommend());
    city.on("2026-02-25");
    settle(&mut city, CALL, 1);
    order(&mut city, CALL, 1, yuan(100));
    pay(&mut city, 1, 1, yuan(100));
    let due_by = city.state.case(case(1)).unwrap().stage.due().unwrap().due;
    assert_eq!((city.today, due_by), (day("2026-03-04"), day("2026-04-07")), "4 April begins Qingming");
    city.on("2026-04-08");
    assert!(city.refused(&of_firm(1), submit(next, 2, 1, &[])).contains("逾期没有验收"));
    city.act(&officer(1), 1, Act::Accept { passed: true, opinion: "通过".into(), report: file("验收.pdf") });
    city.send(&of_firm(1), submit(next, 2, 1, &[]));
}

/// What a meeting saved was given to the next in the queue: an objection upheld later cannot bring it back.
#[test]
fn an_upheld_objection_takes_nothing_from_others() {
    let mut city = City::new();
    let reduction = Reduction::Queue { order: Order::Received, last: Last::Partly };
    city.publish(CALL, Terms { reduction, ..terms(yuan(500), direct_route()) });
    city.on("2026-01-05");
    for n in 1..=2 {
        city.awards.insert(case(n), yuan(500));
        city.send(&of_firm(n), submit(CALL, n, n, &[]));
        city.act(&officer(1), n, recommend());
    }
    city.on("2026-02-24");
    settle(&mut city, CALL, 1);
    decide_and_notice(&mut city, CALL, 1, yuan(300));
    settle(&mut city, CALL, 1);
    assert_eq!(city.state.case(case(2)).unwrap().stage.ceiling(), yuan(200));
    let (statement, objection) = (file("异议.pdf"), ObjectionId(id(1)));
    let object = challenge::Command::Object { id: objection, case: case(1), statement, contact: None };
    city.send(&Actor::System, Command::Challenge(object));
    let answer = challenge::Command::AnswerObjection { id: objection, upheld: true, reasons: "应予核增".into() };
    city.send(&officer(1), Command::Challenge(answer));
    assert_eq!(city.state.case(case(1)).unwrap().stage.ceiling(), yuan(300), "not 500");
    assert_eq!(city.state.call(CALL).unwrap().available(), Money::ZERO);
}

/// A case paid, clawed back in part, and the clawback revoked by a court: what came back is owed again.
#[test]
fn a_revoked_clawback_pays_back_what_was_repaid() {
    let mut city = City::new();
    city.publish(CALL, terms(yuan(500), direct_route()));
    city.on("2026-01-05");
    city.awards.insert(case(1), yuan(400));
    city.send(&of_firm(1), submit(CALL, 1, 1, &[]));
    city.act(&officer(1), 1, recommend());
    city.on("2026-02-24");
    settle(&mut city, CALL, 1);
    city.on("2026-03-02");
    order(&mut city, CALL, 1, yuan(400));
    pay(&mut city, 1, 1, yuan(400));
    let propose = |adverse| Command::ProposeAdverse {
        adverse: AdverseId(id(adverse)),
        case: case(1),
        kind: Kind::Clawback(yuan(150)),
        reasons: "部分费用不实".into(),
        basis: vec![citation()],
        notice: file("告知.pdf"),
    };
    let act = |adverse, act| Command::Adverse { adverse: AdverseId(id(adverse)), expected: None, act };
    let dropped = || adverse::Act::Drop { reason: "企业补充了凭证".into() };
    city.send(&officer(1), propose(1));
    assert!(city.refused(&officer(1), act(1, dropped())).contains("拟作"));
    city.send(&officer(2), act(1, dropped()));
    assert_eq!(city.stage(1), StageKind::Closed, "where it stood");
    city.send(&officer(1), propose(2));
    city.on("2026-03-31");
    let make = adverse::Act::Make {
        document: file("决定.pdf"),
        answer: None,
        remedy: Remedy { reconsideration: "示例市人民政府".into(), court: "示例区人民法院".into() },
    };
    city.send(&officer(2), act(2, make));
    let late = due::due(&city.state, &city.calendar, day("2026-06-01"));
    let owing = late.iter().find(|due| due.subject == Subject::Case(case(1))).unwrap();
    assert_eq!((owing.step, &owing.who), ("退还资金", &Who::Firm(firm(1))));
    assert!(matches!(owing.standing, kernel::deadline::Standing::Late(_)));
    // Announced on 31 March, served thirty days later: not before.
    let serve = |on| adverse::Act::Serve { method: Method::Announcement, on, proof: file("公告.pdf") };
    assert!(city.refused(&officer(1), act(2, serve(day("2026-03-31")))).contains("送达"));
    let instalment = Command::ReceiveInstalment {
        receipt: "JK-1".parse().unwrap(),
        case: case(1),
        amount: yuan(60),
        on: day("2026-03-31"),
        proof: file("缴款.pdf"),
    };
    city.send(&finance(2), instalment);
    city.on("2026-05-08");
    city.send(&officer(1), act(2, serve(day("2026-03-31"))));
    let document = || file("判决.pdf");
    city.send(&officer(1), act(2, adverse::Act::Contest { route: Turn::Litigation, document: document() }));
    city.send(&officer(1), act(2, adverse::Act::Resolve { upheld: false, document: document() }));
    let paid = |city: &City| city.state.case(case(1)).unwrap().purse.net();
    assert_eq!((city.stage(1), paid(&city)), (StageKind::Planned, yuan(340)));
    let reject = Command::ProposeAdverse {
        adverse: AdverseId(id(3)),
        case: case(1),
        kind: Kind::Rejection,
        reasons: "部分费用不实".into(),
        basis: vec![citation()],
        notice: file("告知.pdf"),
    };
    assert!(city.refused(&officer(2), reject).contains("已拨付"), "what was paid can only be clawed back");
    let again = NewOrder { id: OrderId(id(99)), case: case(1), channel: Channel::Treasury, account: Digest::ZERO };
    city.send(&finance(1), Command::IssueOrders(vec![again]));
    assert_eq!(city.state.order(OrderId(id(99))).unwrap().order.amount, yuan(60));
    pay(&mut city, 1, 1, yuan(60));
    assert_eq!((city.stage(1), paid(&city)), (StageKind::Closed, yuan(400)));
}

#[test]
fn a_queue_says_whose_turn_it_is_and_who_may_not() {
    let mut city = City::new();
    city.links.push(kin(1, person(1)));
    city.publish(CALL, terms(yuan(500), Route { district: true, ..direct_route() }));
    city.on("2026-01-05");
    city.send(&of_firm(1), submit(CALL, 1, 1, &[]));
    let pass = Act::PassDistrict { opinion: "属实".into() };
    let waiting = view::queue(&city.state, &city.context(&district_of(1)));
    assert_eq!((waiting[0].step, waiting[0].due.due), ("区县初审", day("2026-01-19")));
    assert!(view::queue(&city.state, &city.context(&district_of(2))).is_empty());
    city.send(
        &Actor::System,
        Command::Case { case: case(1), expected: None, act: Act::Reassign { district: "500157".parse().unwrap() } },
    );
    assert!(view::queue(&city.state, &city.context(&district_of(1))).is_empty(), "another district is in charge now");
    city.act(&acting(22, Role::DistrictOfficer, "500157"), 1, pass);
    let barred = |n| view::queue(&city.state, &city.context(&officer(n)))[0].barred.clone();
    assert!(barred(1).unwrap().contains("近亲属"));
    assert_eq!(barred(2), None);
    assert_eq!(view::missing(&city.state, city.state.case(case(1)).unwrap()), ["资金测算"]);
    let without = Command::Case { case: case(1), expected: None, act: recommend() };
    assert!(city.refused(&officer(2), without).contains("资金测算"));
    let recuse = |person| Act::Recuse { person, grounds: "曾任该企业顾问".into() };
    city.act(&officer(2), 1, recuse(person(2)));
    assert!(barred_by(&city, 2).contains("回避"));
    let forged = cases::relation::Relations { links: Vec::new(), as_of: city.today };
    let forged = Command::Case { case: case(1), expected: None, act: Act::RecordRelations(forged) };
    assert!(city.refused(&officer(1), forged).contains("系统"));
}

fn barred_by(city: &City, n: u128) -> String {
    view::queue(&city.state, &city.context(&officer(n)))[0].barred.clone().unwrap_or_default()
}
