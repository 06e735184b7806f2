//! Recusal and four eyes where one act moves many cases, and where somebody answers for a case without moving it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on panics")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use cases::call::{self, Mode, Route, Terms};
use cases::case::{Act, StageKind};
use cases::challenge::{self, Against};
use cases::meeting::Meeting;
use cases::notice::Publication;
use cases::payment::{Channel, NewOrder};
use cases::proactive::{MatchedFact, Proposal};
use cases::voucher::{Payee, Voucher};
use cases::{Command, ComplaintId, FundingPlanId, MeetingId, NoticeId, OrderId, ReportId};
use kernel::{Actor, Digest, Money, PersonId, Role};

use common::{CALL, City, acting, applicant, case, expert, file, finance, firm, id, kin, material, of_firm, officer};
use common::{day, organisation, person, terms};

/// An officer of the department who is kin of firm 1, and one of the finance office.
const KIN: u128 = 7;

fn related() -> Actor {
    officer(KIN)
}

fn related_finance() -> Actor {
    acting(KIN, Role::Finance, common::FINANCE)
}

fn yuan(yuan: i64) -> Money {
    Money::from_yuan(yuan)
}

fn direct() -> Route {
    Route { district: false, audit: false, experts: 0, acceptance_months: None, ..common::route() }
}

/// Two firms' cases, recommended by officer 1; to the first, somebody of the department is related.
fn two_recommended() -> City {
    let mut city = City::new();
    city.links.push(kin(1, person(KIN)));
    city.publish(CALL, terms(yuan(1_000), direct()));
    city.on("2026-01-05");
    for n in 1..=2 {
        city.awards.insert(case(n), yuan(100 * i64::from(n)));
        let (applicant, material) = (applicant(n), material(n, yuan(300)));
        city.send(&of_firm(n), Command::Submit { case: case(n), call: CALL, applicant, material });
        city.act(&officer(1), n, Act::Recommend { opinion: "符合条件".into() });
    }
    city.on("2026-02-24");
    city
}

fn settle() -> Command {
    Command::Call { call: CALL, expected: None, act: call::Act::Settle }
}

fn meeting(city: &City, attendees: &[u128], recused: &[(u32, u128)], decided: &[u32]) -> Command {
    let mut left: BTreeMap<_, BTreeSet<PersonId>> = BTreeMap::new();
    for (of, who) in recused {
        left.entry(case(*of)).or_default().insert(person(*who));
    }
    let meeting = Meeting {
        id: MeetingId(id(500)),
        call: CALL,
        on: city.today,
        minutes: file("纪要.pdf"),
        attendees: attendees.iter().map(|n| person(*n)).collect(),
        recused: left,
    };
    let resolutions = decided.iter().map(|n| (case(*n), yuan(100))).collect();
    Command::HoldMeeting { meeting, resolutions }
}

fn notice(city: &City, cases: &[u32]) -> Command {
    Command::PublishNotice(Publication {
        id: NoticeId(id(501)),
        call: CALL,
        url: "https://example.org".to_owned(),
        capture: file("截图.pdf"),
        on: city.today,
        cases: cases.iter().map(|n| case(*n)).collect(),
    })
}

fn plan(cases: &[u32]) -> Command {
    let (plan, document) = (FundingPlanId(id(502)), file("计划.pdf"));
    let cases = cases.iter().map(|n| case(*n)).collect();
    Command::PlanFunding { plan, call: CALL, number: "计划".to_owned(), document, cases }
}

fn orders(cases: &[u32]) -> Command {
    let order = |n: &u32| {
        let (channel, account) = (Channel::Treasury, Digest::ZERO);
        NewOrder { id: OrderId(id(600 + u128::from(*n))), case: case(*n), channel, account }
    };
    Command::IssueOrders(cases.iter().map(order).collect())
}

fn vouchers(city: &City, cases: &[u32]) -> Command {
    let voucher = |n: &u32| Voucher {
        number: format!("GK-{n}").parse().unwrap(),
        amount: yuan(100),
        on: city.today,
        payee: Payee::Firm(firm(*n)),
        order: None,
    };
    Command::ImportVouchers { file: file("回单.csv"), vouchers: cases.iter().map(voucher).collect() }
}

/// Refused because of the first case, which the answer names.
fn names_the_case(city: &mut City, actor: &Actor, command: Command, why: &str) {
    let refusal = city.refused(actor, command);
    let named = refusal.contains(&case(1).to_string()) && refusal.contains(firm(1).as_str());
    assert!(named && refusal.contains(why), "{refusal}");
}

#[test]
fn an_act_over_many_cases_names_the_one_its_actor_may_not_touch() {
    let mut city = two_recommended();
    names_the_case(&mut city, &related(), settle(), "近亲属");
    city.send(&officer(1), settle());
    let all = meeting(&city, &[51], &[], &[1, 2]);
    names_the_case(&mut city, &related(), all.clone(), "近亲属");
    names_the_case(&mut city, &officer(1), all.clone(), "相邻两个环节");
    city.send(&officer(2), all);
    let all = notice(&city, &[1, 2]);
    names_the_case(&mut city, &related(), all.clone(), "近亲属");
    names_the_case(&mut city, &officer(2), all.clone(), "相邻两个环节");
    city.send(&officer(3), all);
    city.on("2026-03-10");
    names_the_case(&mut city, &related(), plan(&[1, 2]), "近亲属");
    names_the_case(&mut city, &officer(3), plan(&[1, 2]), "相邻两个环节");
    city.send(&officer(2), plan(&[1, 2]));
    names_the_case(&mut city, &related_finance(), orders(&[1, 2]), "近亲属");
    let both = acting(2, Role::Finance, common::FINANCE);
    names_the_case(&mut city, &both, orders(&[1, 2]), "相邻两个环节");
    city.send(&finance(1), orders(&[1, 2]));
    // The bank's file is taken in whole; what its reader may not match waits for somebody else.
    let all = vouchers(&city, &[1, 2]);
    city.send(&related_finance(), all);
    assert_eq!([1, 2].map(|n| city.stage(n)), [StageKind::Ordered, StageKind::Closed]);
    let by_hand = || Command::MatchVoucher { voucher: "GK-1".parse().unwrap(), order: OrderId(id(601)) };
    assert!(city.refused(&related_finance(), by_hand()).contains("近亲属"));
    assert!(city.refused(&finance(1), by_hand()).contains("相邻两个环节"), "whoever ordered does not say it was paid");
    city.send(&finance(2), by_hand());
    assert_eq!(city.stage(1), StageKind::Closed);
}

#[test]
fn what_a_related_person_may_not_decide_they_may_leave_to_others() {
    let mut city = two_recommended();
    city.send(&officer(1), settle());
    let others = meeting(&city, &[51], &[], &[2]);
    city.send(&related(), others);
    assert_eq!([1, 2].map(|n| city.stage(n)), [StageKind::Proposed, StageKind::Decided]);
}

#[test]
fn whoever_settled_does_not_record_the_meeting_nor_whoever_recommended() {
    let mut city = two_recommended();
    city.send(&officer(2), settle());
    let all = meeting(&city, &[51], &[], &[1, 2]);
    for who in [1, 2] {
        names_the_case(&mut city, &officer(who), all.clone(), "相邻两个环节");
    }
    city.send(&officer(3), all);
}

#[test]
fn somebody_stays_in_the_meeting_for_every_case() {
    let mut city = two_recommended();
    city.send(&officer(1), settle());
    let unsaid = meeting(&city, &[51, KIN], &[], &[1, 2]);
    assert!(city.refused(&officer(2), unsaid).contains("应登记其对该件回避"));
    let nobody = meeting(&city, &[KIN], &[(1, KIN)], &[1, 2]);
    assert!(city.refused(&officer(2), nobody).contains("全部回避"));
    let left = meeting(&city, &[51, KIN], &[(1, KIN)], &[1, 2]);
    city.send(&officer(2), left);
    assert_eq!(city.state.meeting(MeetingId(id(500))).unwrap().recused.len(), 1);
}

#[test]
fn a_related_officer_takes_no_judge_off_a_case() {
    let mut city = City::new();
    city.links.push(kin(1, person(KIN)));
    city.publish(CALL, terms(yuan(1_000), Route { experts: 1, ..direct() }));
    city.on("2026-01-05");
    city.awards.insert(case(1), yuan(100));
    let (applicant, material) = (applicant(1), material(1, yuan(300)));
    city.send(&of_firm(1), Command::Submit { case: case(1), call: CALL, applicant, material });
    let seats = [1, 2].map(|n| (person(40 + n), organisation(&format!("institute-{n}"))));
    city.act(&officer(1), 1, Act::SeatExperts { seats: BTreeMap::from(seats) });
    city.act(&expert(1), 1, Act::Score { points: 90, opinion: "可行".into() });
    let recuse = |who| {
        let act = Act::Recuse { person: person(who), grounds: "曾任该企业顾问".into() };
        Command::Case { case: case(1), expected: None, act }
    };
    assert!(city.refused(&related(), recuse(42)).contains("近亲属"), "the expert who has not scored yet");
    assert_eq!(city.stage(1), StageKind::ExpertReview);
    city.send(&related(), recuse(KIN));
    assert!(city.refused(&related(), recuse(42)).contains("您已回避"));
    city.send(&officer(2), recuse(42));
    assert_eq!(city.stage(1), StageKind::CityReview, "whoever is left has scored");
}

#[test]
fn whoever_offered_an_award_does_not_record_that_it_was_decided() {
    let mut city = City::new();
    city.publish(CALL, Terms { mode: Mode::Proactive, ..terms(yuan(1_000), direct()) });
    city.on("2026-01-05");
    city.awards.insert(case(1), yuan(100));
    let fact = MatchedFact {
        what: "封测费".into(),
        supplier: Some(organisation("taxation")),
        authorisation: Some("示例授权书".into()),
        file: Some(file("汇总.csv")),
        as_of: Some(day("2026-01-04")),
    };
    let (applicant, material) = (applicant(1), material(1, yuan(300)));
    let proposal = Proposal { case: case(1), call: CALL, applicant, material, facts: vec![fact] };
    city.send(&officer(2), Command::Offer(Box::new(proposal)));
    city.act(&of_firm(1), 1, Act::Consent { received: Vec::new() });
    city.on("2026-02-24");
    city.send(&officer(1), settle());
    let all = meeting(&city, &[51], &[], &[1]);
    names_the_case(&mut city, &officer(2), all.clone(), "相邻两个环节");
    city.send(&officer(3), all);
}

#[test]
fn complaints_and_reports_are_not_answered_by_whoever_is_related_to_the_firm() {
    let mut city = two_recommended();
    let (complaint, report) = (ComplaintId(id(700)), ReportId(id(701)));
    let against = Against::Person(person(1));
    let complain =
        challenge::Command::Complain {
            id: complaint, case: case(1), against, statement: file("投诉"), contact: None
        };
    let tell = challenge::Command::Report { id: report, case: case(1), statement: file("举报"), contact: None };
    for said in [complain, tell] {
        city.send(&Actor::System, Command::Challenge(said));
    }
    let answer = Command::Challenge(challenge::Command::AnswerComplaint {
        id: complaint,
        upheld: false,
        reasons: "按期办理".into(),
    });
    let close =
        Command::Challenge(challenge::Command::CloseReport {
            id: report, upheld: false, reasons: "合同真实".into()
        });
    for (role, office, command) in
        [(Role::WorkingGroup, "working-group", answer), (Role::Discipline, "discipline", close)]
    {
        let (kin, other) = (acting(KIN, role, office), acting(90, role, office));
        assert!(city.refused(&kin, command.clone()).contains("不由您办理"));
        assert_eq!(city.state.complaints_for(&kin).count() + city.state.reports_for(&kin).count(), 0);
        city.send(&other, command);
    }
}
