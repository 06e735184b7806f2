//! One year of 封测费用支持 with figures fixed beforehand: one call of 28,800,000 元, one proactive call, 30 claims, every way a
//! case can leave the straight path once.
//!
//! Firm n is assessed at n × 100,000 元. Without firm 3, rejected, 43,200,000 元 are asked: everybody gets two thirds, and ten
//! fen left over go to the ten firms whose number leaves one when divided by three. All firms are 示例数据.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on panics")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use cases::account::{Change, effect};
use cases::adverse::{self, Kind, Method, Remedy, Route as Turn, Statement};
use cases::call::{self, Mode};
use cases::case::Act;
use cases::challenge::{self, Against};
use cases::meeting::Meeting;
use cases::notice::Publication;
use cases::payment::{Channel, NewOrder};
use cases::performance::{Attained, Figure, Sheet, prefilled};
use cases::proactive::{MatchedFact, Proposal};
use cases::statistics::{by_district, days_per_step, sums};
use cases::support::{OtherFunding, Received, Support};
use cases::voucher::{Payee, Voucher};
use cases::{
    AdverseId, CallId, Command, ComplaintId, Event, FundingPlanId, MeetingId, NoticeId, ObjectionId, OrderId, ReportId,
    StageKind, VoucherNumber, view,
};
use common::*;
use kernel::{Actor, Money, Role};

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
    the_calls_open(&mut city);
    firms_apply(&mut city);
    an_award_is_offered_and_declined(&mut city);
    districts_and_experts_review(&mut city);
    the_city_recommends_and_rejects(&mut city);
    the_budget_is_shared_out(&mut city);
    the_meeting_decides_and_the_public_is_asked(&mut city);
    money_goes_out(&mut city);
    the_objection_leads_to_less(&mut city);
    projects_are_accepted_and_one_is_not(&mut city);
    the_year_is_judged(&mut city);
}

fn the_calls_open(city: &mut City) {
    let terms_of_call = terms(Money::from_yuan(28_800_000), route());
    let publish = call::Act::Publish { notice: document("申报通知", "2026-01-04") };
    city.send(&officer(1), call_act(call::Act::Draft(terms_of_call.clone())));
    assert!(city.refused(&officer(1), call_act(publish)).contains("绩效目标表"), "no targets yet");
    let mut unreviewed = terms_of_call.clone();
    unreviewed.benefit = "platform".parse().unwrap();
    let second = CallId(id(802));
    let of_second = |act| Command::Call { call: second, expected: None, act };
    city.send(&officer(1), of_second(call::Act::Draft(unreviewed)));
    let publish = call::Act::Publish { notice: document("申报通知", "2026-01-04") };
    assert!(city.refused(&officer(1), of_second(publish)).contains("公平竞争审查"));
    city.publish_drafted(CALL);
    let mut short = terms_of_call.clone();
    short.route.notice_working_days = 4;
    assert!(city.refused(&officer(1), of_second(call::Act::Amend(short))).contains("下限"), "the law's period");
    let mut proactive = terms_of_call;
    (proactive.mode, proactive.title) = (Mode::Proactive, "封装测试费用免申即享（示例）".into());
    city.publish(PROACTIVE, proactive);
    assert!(city.refused(&of_firm(1), submit(1)).contains("申报期"));
    city.on("2026-01-05");
}

fn firms_apply(city: &mut City) {
    city.on("2026-01-12");
    let mut incomplete = material(1, Money::from_yuan(100_000));
    incomplete.items.remove(&"invoices".parse().unwrap());
    let command = Command::Submit { case: case(1), call: CALL, applicant: applicant(1), material: incomplete };
    assert!(city.refused(&of_firm(1), command).contains("发票清单"));
    assert!(city.refused(&of_firm(2), submit(1)).contains("不能办理"), "not for another firm");
    for n in (1..=29).filter(|n| *n != 10 && *n != 12) {
        city.send(&of_firm(n), submit(n));
    }
    assert!(city.refused(&of_firm(1), submit(31)).contains("不能办理"));

    // Firm 10 comes with an invoice of firm 1.
    let mut twice = material(10, Money::from_yuan(1_000_000));
    twice.supports.insert(Support::Invoice(format!("{:020}", 1)));
    let command = Command::Submit { case: case(10), call: CALL, applicant: applicant(10), material: twice };
    assert!(city.refused(&of_firm(10), command).contains("不得重复支持"));
    city.send(&of_firm(10), submit(10));

    // Firm 12 got money from elsewhere and says so only when asked.
    let elsewhere = OtherFunding {
        firm: firm(12),
        department: "示例市科技局".into(),
        programme: "示例研发补助".into(),
        document: "示例〔2025〕7号".into(),
        amount: Money::from_yuan(50_000),
        on: day("2025-11-03"),
        supports: BTreeSet::new(),
        file: file("示例下达计划.xlsx").digest,
    };
    city.send(&finance(1), Command::ImportOtherFunding(vec![elsewhere.clone()]));
    assert!(city.refused(&finance(1), Command::ImportOtherFunding(vec![elsewhere])).contains("已经导入"));
    assert!(city.refused(&of_firm(12), submit(12)).contains("没有说明"));
    let mut declared = material(12, Money::from_yuan(1_200_000));
    let (department, document) = ("示例市科技局".to_owned(), "示例〔2025〕7号".to_owned());
    declared.received.push(Received { department, document, amount: Money::from_yuan(50_000) });
    let command = Command::Submit { case: case(12), call: CALL, applicant: applicant(12), material: declared };
    city.send(&of_firm(12), command);
}

fn an_award_is_offered_and_declined(city: &mut City) {
    let fact = |as_of| MatchedFact {
        what: "2025 年封测费 60,000,000 元".into(),
        supplier: Some(organisation("taxation")),
        authorisation: Some("示例授权书 3 号".into()),
        file: Some(file("示例开票汇总.csv")),
        as_of,
    };
    let proposal = |n, as_of| {
        let material = material(n, Money::from_yuan(3_000_000));
        Command::Offer(Box::new(Proposal {
            case: case(n),
            call: PROACTIVE,
            applicant: applicant(n),
            material,
            facts: vec![fact(as_of)],
        }))
    };
    // A fact without a date proves nothing: the firm is invited to apply instead.
    let events = city.send(&officer(1), proposal(31, None));
    assert!(matches!(&events[..], [Event::Invited { missing, .. }] if missing[0].contains("数据日期")));
    assert!(city.state.case(case(31)).is_none());
    city.send(&officer(1), proposal(30, Some(day("2026-01-10"))));
    assert_eq!(city.stage(30), StageKind::Offered);
    assert!(view::missing(&city.state, city.state.case(case(30)).unwrap()).is_empty(), "assessed and related");
    city.act(&of_firm(30), 30, Act::Decline { reason: "另行申报研发支持".into() });
    let uninvited = Command::Submit {
        case: case(33),
        call: PROACTIVE,
        applicant: applicant(29),
        material: material(33, Money::from_yuan(1)),
    };
    assert!(city.refused(&of_firm(29), uninvited).contains("免申即享"));
    let invited = Command::Submit {
        case: case(31),
        call: PROACTIVE,
        applicant: applicant(31),
        material: material(31, Money::from_yuan(3_000_000)),
    };
    city.send(&of_firm(31), invited);
    city.act(&of_firm(31), 31, Act::Withdraw { reason: "改报下一批".into() });
}

fn districts_and_experts_review(city: &mut City) {
    city.on("2026-01-20");
    let pass = || Act::PassDistrict { opinion: "现场核实，属实".into() };
    assert!(city.refused(&district_of(2), act(1, pass())).contains("办理"), "another district's firm");
    // Firm 2 is sent back for its contract and keeps what it had.
    let wanted = BTreeSet::from(["contract".parse().unwrap()]);
    city.act(&district_of(2), 2, Act::Return { reason: "缺少合同".into(), wanted });
    let nothing = act(2, Act::Resubmit { changes: cases::material::Changes::default() });
    assert!(city.refused(&of_firm(2), nothing).contains("合同"));
    city.on("2026-01-22");
    let items = BTreeMap::from([("contract".parse().unwrap(), vec![file("2-合同.pdf")])]);
    let changes = cases::material::Changes { items, ..Default::default() };
    city.act(&of_firm(2), 2, Act::Resubmit { changes });
    let versions = &city.state.case(case(2)).unwrap().versions;
    assert_eq!((versions.len(), versions[1].material.items.len()), (2, 3), "both versions stay");
    for n in 1..=29 {
        city.act(&district_of(n), n, pass());
    }
    city.on("2026-02-03");
    let seats = |experts: &[u128]| {
        let seat = |n: &u128| (person(40 + n), organisation(&format!("institute-{n}")));
        Act::SeatExperts { seats: experts.iter().map(seat).collect() }
    };
    let refusal = city.refused(&officer(1), act(4, seats(&[1, 2])));
    assert!(refusal.contains("持股 60%、任独立董事"), "{refusal}");
    for n in 1..=29 {
        let panel: &[u128] = if n == 4 { &[2, 3] } else { &[1, 2] };
        city.act(&officer(1), n, seats(panel));
        for e in panel {
            let points = 60 + ((n * 7 + *e as u32) % 40) as u8;
            city.act(&expert(*e), n, Act::Score { points, opinion: "同意支持".into() });
        }
    }
    assert!(city.refused(&expert(3), act(4, Act::Score { points: 90, opinion: "再评".into() })).contains("不能评分"));
}

fn the_city_recommends_and_rejects(city: &mut City) {
    city.on("2026-02-24");
    let recommend = || Act::Recommend { opinion: "符合条件".into() };
    for n in survivors() {
        city.act(&officer(1), n, recommend());
    }
    assert!(city.refused(&officer(2), call_act(call::Act::Settle)).contains("1 件"), "firm 3 is still under review");
    // Firm 3 is told first, and rejected only when its days to speak are over, by somebody else, with the remedies.
    let proposal = |basis| Command::ProposeAdverse {
        adverse: AdverseId(id(3)),
        case: case(3),
        kind: Kind::Rejection,
        reasons: "产能不对外开放".into(),
        basis,
        notice: file("事先告知书.pdf"),
    };
    assert!(city.refused(&officer(1), proposal(Vec::new())).contains("依据"));
    city.send(&officer(1), proposal(vec![citation()]));
    let make = |answer: Option<&str>| adverse::Act::Make {
        document: file("不予支持决定书.pdf"),
        answer: answer.map(Into::into),
        remedy: Remedy { reconsideration: "示例市人民政府".into(), court: "示例区人民法院".into() },
    };
    city.on("2026-03-02");
    let refusal = city.refused(&officer(2), adverse_act(3, make(None)));
    assert!(refusal.contains("2026-03-02"), "five working days, a Saturday worked for Spring Festival among them");
    city.on("2026-03-03");
    assert!(city.refused(&officer(1), adverse_act(3, make(None))).contains("另一位"));
    city.send(&officer(2), adverse_act(3, make(None)));
    assert_eq!(city.stage(3), StageKind::Rejected);
    let serve = adverse::Act::Serve { method: Method::Direct, on: day("2026-03-06"), proof: file("送达回证.pdf") };
    assert!(city.refused(&officer(2), adverse_act(3, serve.clone())).contains("今天"));
    city.on("2026-03-06");
    city.send(&officer(2), adverse_act(3, serve));
    let adverse::Stage::Served { service, .. } = &city.state.adverse(AdverseId(id(3))).unwrap().stage else { panic!() };
    assert_eq!(service.reconsideration.due, day("2026-05-06"), "60 days end on 5 May, a holiday");
    assert_eq!(service.litigation.due, day("2026-09-07"), "six months end on a Sunday");
}

fn the_budget_is_shared_out(city: &mut City) {
    city.on("2026-03-20");
    city.send(&officer(1), call_act(call::Act::Settle));
    let ceiling = |n| city.state.case(case(n)).unwrap().stage.ceiling();
    for n in survivors() {
        assert_eq!(ceiling(n), share(n), "firm {n}");
    }
    let fixed = [(1, 6_666_667), (2, 13_333_333), (5, 33_333_333), (6, 40_000_000), (7, 46_666_667), (8, 53_333_333)];
    assert!(fixed.iter().all(|(n, amount)| share(*n) == fen(*amount)));
    assert_eq!(city.state.call(CALL).unwrap().available(), Money::ZERO, "to the fen");
}

fn meeting(n: u128, attendees: &[u128], amounts: impl IntoIterator<Item = (u32, Money)>, on: &str) -> Command {
    let meeting = Meeting {
        id: MeetingId(id(n)),
        call: CALL,
        on: day(on),
        minutes: file("会议纪要.pdf"),
        attendees: attendees.iter().map(|n| person(*n)).collect(),
        recused: BTreeMap::new(),
    };
    let resolutions = amounts.into_iter().map(|(n, amount)| (case(n), amount)).collect();
    Command::HoldMeeting { meeting, resolutions }
}

fn notice(n: u128, cases: impl IntoIterator<Item = u32>, on: &str) -> Command {
    Command::PublishNotice(Publication {
        id: NoticeId(id(n)),
        call: CALL,
        url: "https://example.org/notice".into(),
        capture: file("公示截图.pdf"),
        on: day(on),
        cases: cases.into_iter().map(case).collect(),
    })
}

fn the_meeting_decides_and_the_public_is_asked(city: &mut City) {
    city.on("2026-03-24");
    let more = [(1, share(1) + fen(1))];
    assert!(city.refused(&officer(2), meeting(1, &[51, 52], more, "2026-03-24")).contains("超过"));
    let related = meeting(1, &[41, 51], [(4, share(4))], "2026-03-24");
    assert!(city.refused(&officer(2), related).contains("回避"), "expert 1 sits in the meeting");
    let all = || survivors().map(|n| (n, share(n)));
    assert!(city.refused(&officer(1), meeting(1, &[51], all(), "2026-03-24")).contains("相邻"), "recommended them");
    city.send(&officer(2), meeting(1, &[51, 52], all(), "2026-03-24"));
    city.on("2026-03-25");
    assert!(city.refused(&officer(2), notice(1, survivors(), "2026-03-25")).contains("相邻"));
    city.send(&officer(3), notice(1, survivors(), "2026-03-25"));
    assert_eq!(city.state.notice(NoticeId(id(1))).unwrap().until.due, day("2026-04-03"), "seven working days");

    city.on("2026-03-30");
    let object = |n: u32| challenge::Command::Object {
        id: ObjectionId(id(u128::from(n))),
        case: case(n),
        statement: file("异议书.pdf"),
        contact: None,
    };
    for n in [5, 6] {
        city.send(&Actor::System, Command::Challenge(object(n)));
    }
    let before = city.state.case(case(11)).unwrap().clone();
    let report = challenge::Command::Report {
        id: ReportId(id(11)),
        case: case(11),
        statement: file("举报信.pdf"),
        contact: None,
    };
    city.send(&Actor::System, Command::Challenge(report));
    assert_eq!(*city.state.case(case(11)).unwrap(), before, "a report leaves no trace on the case");
    let discipline = acting(60, Role::Discipline, "discipline-office");
    assert_eq!(city.state.reports_for(&officer(1)).count(), 0);
    assert_eq!(city.state.reports_for(&discipline).count(), 1);
    let close = |id| challenge::Command::CloseReport { id, upheld: false, reasons: "查无实据".into() };
    assert!(city.try_send(&officer(1), Command::Challenge(close(ReportId(id(11))))).is_err());
    city.send(&discipline, Command::Challenge(close(ReportId(id(11)))));
    let complain = challenge::Command::Complain {
        id: ComplaintId(id(7)),
        case: case(7),
        against: Against::Person(person(2)),
        statement: file("投诉书.pdf"),
        contact: None,
    };
    city.send(&of_firm(7), Command::Challenge(complain));
    assert_eq!(city.state.complaints_for(&officer(2)).count(), 0, "not to whom it is about");
    let group = acting(70, Role::WorkingGroup, "working-group");
    assert_eq!(city.state.complaints_for(&group).count(), 1);

    city.on("2026-04-02");
    let answer = |n: u32, upheld| {
        let id = ObjectionId(id(u128::from(n)));
        Command::Challenge(challenge::Command::AnswerObjection { id, upheld, reasons: "经复核".into() })
    };
    assert!(city.refused(&officer(3), answer(6, false)).contains("相邻"), "published the notice");
    city.send(&officer(1), answer(6, false));
    city.send(&officer(1), answer(5, true));
    assert_eq!(city.stage(5), StageKind::Proposed, "a meeting decides again");
    city.on("2026-04-07");
    let confirmed = survivors().filter(|n| city.stage(*n) == StageKind::Confirmed).count();
    assert_eq!(confirmed, 27, "all but firm 5, the day after");
    assert!(city.refused(&Actor::System, Command::Challenge(object(29))).contains("公示期"));
}

fn plan(n: u128, cases: impl IntoIterator<Item = u32>) -> Command {
    Command::PlanFunding {
        plan: FundingPlanId(id(n)),
        call: CALL,
        number: "示例资金计划 1 号".into(),
        document: file("资金计划.pdf"),
        cases: cases.into_iter().map(case).collect(),
    }
}

fn orders(orders: impl IntoIterator<Item = (u128, u32)>) -> Command {
    let new = |(n, of): (u128, u32)| NewOrder {
        id: order(n),
        case: case(of),
        channel: if of == 9 { Channel::District(DISTRICTS[1].parse().unwrap()) } else { Channel::Treasury },
        account: kernel::Digest::of(&of.to_be_bytes()),
    };
    Command::IssueOrders(orders.into_iter().map(new).collect())
}

fn paid(name: &str, payee: Payee, amount: Money, on: &str) -> Voucher {
    Voucher { number: number(name), amount, on: day(on), payee, order: None }
}

fn import(name: &str, vouchers: Vec<Voucher>) -> Command {
    Command::ImportVouchers { file: file(name), vouchers }
}

fn money_goes_out(city: &mut City) {
    city.on("2026-04-08");
    let all = || survivors().filter(|n| *n != 5);
    city.send(&officer(2), plan(1, all()));
    let total = city.state.funding_plan(FundingPlanId(id(1))).unwrap().plan.total();
    assert_eq!(total, fen(2_880_000_000 - 33_333_333));
    city.on("2026-04-10");
    city.send(&finance(1), orders(all().map(|n| (u128::from(n), n))));
    city.on("2026-04-15");
    let voucher = |n: u32, amount| paid(&format!("GK-{n}"), Payee::Firm(firm(n)), amount, "2026-04-14");
    let mut rows: Vec<_> = all().filter(|n| *n != 12).map(|n| voucher(n, share(n))).collect();
    // Firm 9 is paid through its district; for firm 12 the file is a fen short.
    rows.push(paid("QX-9", Payee::District(DISTRICTS[1].parse().unwrap()), share(9), "2026-04-13"));
    rows.push(voucher(12, share(12) - fen(1)));
    let district_first = rows.len() - 2;
    rows.swap(0, district_first);
    assert!(city.refused(&officer(1), import("国库回单.csv", rows.clone())).contains("财政"));
    city.send(&finance(2), import("国库回单.csv", rows.clone()));
    assert!(city.refused(&finance(2), import("国库回单.csv", rows.clone())).contains("已经导入过"));
    assert!(city.refused(&finance(2), import("国库回单-副本.csv", rows)).contains("凭证"), "not under another name");
    assert_eq!(city.stage(9), StageKind::Paid, "both legs in one file");
    assert_eq!(city.stage(12), StageKind::Ordered);
    assert_eq!(city.state.in_transit().count(), 1);
    let by_hand =
        |voucher: &str, n: u32| Command::MatchVoucher { voucher: number(voucher), order: order(u128::from(n)) };
    assert!(city.refused(&finance(2), by_hand("GK-12", 12)).contains("不符"), "a fen is a fen");
    assert!(city.refused(&finance(2), by_hand("GK-1", 12)).contains("已经对应"));
    let elsewhere = acting(39, Role::Finance, "another-finance");
    let missing = paid("GK-12B", Payee::Firm(firm(12)), share(12), "2026-04-15");
    city.send(&elsewhere, import("国库补单.csv", vec![missing]));
    assert_eq!(city.stage(12), StageKind::Ordered, "another finance office imports and does not match");
    assert!(city.refused(&elsewhere, by_hand("GK-12B", 12)).contains("由该机构人员办理"));
    city.send(&finance(2), by_hand("GK-12B", 12));
    assert_eq!(city.stage(12), StageKind::Paid);
    assert!(city.refused(&finance(1), import("空.csv", Vec::new())).contains("没有凭证"));

    // The bank sends firm 7's money back; it is ordered and paid again.
    city.on("2026-04-20");
    let back = Command::ReturnVoucher {
        voucher: number("GK-7"),
        on: day("2026-04-17"),
        reason: "户名不符".into(),
        proof: file("退票通知.pdf"),
    };
    city.send(&finance(1), back.clone());
    assert!(city.refused(&finance(1), back).contains("已经退回"));
    let sent_back = city.state.voucher(&number("GK-7")).unwrap().back.clone().unwrap();
    assert_eq!((sent_back.on, &sent_back.proof), (day("2026-04-17"), &file("退票通知.pdf")));
    assert_eq!((city.stage(7), city.state.case(case(7)).unwrap().purse.net()), (StageKind::Planned, Money::ZERO));
    city.send(&finance(2), orders([(107, 7)]));
    city.on("2026-04-24");
    let again = paid("GK-7B", Payee::Firm(firm(7)), share(7), "2026-04-23");
    city.send(&finance(2), import("国库回单-2.csv", vec![again]));
    assert_eq!(city.stage(7), StageKind::Ordered, "whoever ordered does not match: it stays in transit");
    city.send(&finance(1), by_hand("GK-7B", 107));
    assert_eq!(city.stage(7), StageKind::Paid);
}

fn the_objection_leads_to_less(city: &mut City) {
    city.on("2026-04-27");
    city.send(&officer(2), meeting(2, &[51, 52], [(5, Money::from_yuan(300_000))], "2026-04-27"));
    city.send(&officer(3), notice(2, [5], "2026-04-27"));
    assert_eq!(city.state.notice(NoticeId(id(2))).unwrap().until.due, day("2026-05-09"), "over Labour Day");
    city.on("2026-05-11");
    city.send(&officer(1), plan(2, [5]));
    city.send(&finance(1), orders([(105, 5)]));
    let voucher = paid("GK-5", Payee::Firm(firm(5)), Money::from_yuan(300_000), "2026-05-11");
    city.send(&finance(2), import("国库回单-3.csv", vec![voucher]));
    let call = city.state.call(CALL).unwrap();
    assert_eq!(call.available(), fen(33_333_333 - 30_000_000), "what the meeting saved");
}

fn projects_are_accepted_and_one_is_not(city: &mut City) {
    // Firm 3 had turned to the higher authority, which upheld the rejection.
    let turn = adverse::Act::Contest { route: Turn::Reconsideration, document: file("受理通知.pdf") };
    city.send(&officer(1), adverse_act(3, turn));
    city.send(&officer(1), adverse_act(3, adverse::Act::Resolve { upheld: true, document: file("复议决定.pdf") }));

    city.on("2026-09-15");
    assert_eq!(city.state.adverse(AdverseId(id(3))).unwrap().stage.label(), "已生效", "nobody sued in time");
    let accept = |passed| Act::Accept { passed, opinion: "现场验收".into(), report: file("验收报告.pdf") };
    for n in survivors() {
        city.act(&officer(1), n, accept(n != 8));
    }
    assert_eq!(city.stage(8), StageKind::AcceptanceFailed);
    let claw = |amount, adverse| Command::ProposeAdverse {
        adverse: AdverseId(id(adverse)),
        case: case(8),
        kind: amount,
        reasons: "封测服务未实际发生".into(),
        basis: vec![citation()],
        notice: file("追回告知书.pdf"),
    };
    assert!(city.refused(&officer(2), claw(Kind::Clawback(share(8) + fen(1)), 8)).contains("实得"));
    city.send(&officer(2), claw(Kind::Clawback(share(8)), 8));
    city.send(&officer(2), claw(Kind::Bar, 88));
    let speak = |hearing| adverse::Act::Speak(Statement { file: file("申辩书.pdf"), hearing });
    city.on("2026-09-18");
    city.send(&of_firm(8), adverse_act(8, speak(true)));
    city.send(&of_firm(8), adverse_act(88, speak(false)));
    let make = |answer: Option<&str>| adverse::Act::Make {
        document: file("追回决定书.pdf"),
        answer: answer.map(Into::into),
        remedy: Remedy { reconsideration: "示例市人民政府".into(), court: "示例区人民法院".into() },
    };
    assert!(city.refused(&officer(3), adverse_act(8, make(None))).contains("听证"));
    assert!(city.refused(&officer(3), adverse_act(88, make(None))).contains("是否采纳"));
    city.on("2026-09-28");
    city.send(&officer(3), adverse_act(8, adverse::Act::RecordHearing { record: file("听证笔录.pdf") }));
    city.send(&officer(3), adverse_act(8, make(Some("证据不足，不予采纳"))));
    city.send(&officer(3), adverse_act(88, make(Some("证据不足，不予采纳"))));
    let instalment = |name: &str, amount| Command::ReceiveInstalment {
        receipt: number(name),
        case: case(8),
        amount,
        on: day("2026-10-12"),
        proof: file("缴款书.pdf"),
    };
    city.on("2026-10-12");
    city.send(&finance(1), instalment("JK-1", Money::from_yuan(200_000)));
    assert!(city.refused(&finance(1), instalment("JK-1", fen(1))).contains("重复"));
    assert!(city.refused(&finance(1), instalment("JK-2", share(8))).contains("尚欠"));
    city.send(&finance(1), instalment("JK-2", fen(53_333_333 - 20_000_000)));
    assert_eq!(city.stage(8), StageKind::Repaid);
    let received: Money = city.state.receipts().filter(|receipt| receipt.case == case(8)).map(|one| one.amount).sum();
    assert_eq!(received, city.state.case(case(8)).unwrap().purse.recovered);
    assert_eq!(city.state.barred_until(firm(8), day("2029-09-28")).map(|(until, _)| until), Some(day("2029-09-28")));
    assert_eq!(city.state.barred_until(firm(8), day("2029-09-29")), None);
    let later = terms(Money::from_yuan(1_000), route());
    let window = kernel::Period::new(day("2026-10-12"), day("2026-11-30")).unwrap();
    let later = call::Terms { window, ..later };
    let next = CallId(id(803));
    city.publish(next, later);
    city.on("2026-10-13");
    let command = Command::Submit {
        case: case(308),
        call: next,
        applicant: applicant(8),
        material: material(308, Money::from_yuan(1)),
    };
    assert!(city.refused(&of_firm(8), command).contains("限制申报"));
}

fn the_year_is_judged(city: &mut City) {
    let cases = || city.state.cases_of(CALL);
    let total = sums(cases());
    assert_eq!((total.cases, total.firms, total.small_and_medium), (29, 29, 15));
    assert_eq!(total.applied, Money::from_yuan(43_500_000));
    assert_eq!(total.decided, fen(2_876_666_667));
    assert_eq!((total.paid, total.recovered), (fen(2_823_333_334), fen(53_333_333)));
    assert_eq!(total.paid_to_small_and_medium, fen(1_476_666_667));
    let districts: Vec<_> = by_district(cases()).into_values().map(|sums| (sums.cases, sums.paid)).collect();
    assert_eq!(districts, [(14, fen(1_346_666_667)), (15, fen(1_476_666_667))]);
    let steps = days_per_step(cases(), &city.calendar);
    let of = |stage| steps.get(&stage).map(|taken| (taken.left, taken.median, taken.longest));
    assert_eq!(of(StageKind::Noticed), Some((29, 7, 7)), "28 once and firm 5 twice");
    assert_eq!(of(StageKind::Returned), Some((1, 2, 2)));
    assert_eq!(steps[&StageKind::Closed].standing, 27);

    // What the cap account hears adds up to what the cases say.
    let (mut decided, mut paid) = (BTreeMap::new(), Money::ZERO);
    for (_, event) in &city.events {
        let Some(effect) = effect(&city.state, event) else { continue };
        match effect.change {
            Change::Decided(amount) => drop(decided.insert(effect.case, amount)),
            Change::Released => drop(decided.remove(&effect.case)),
            Change::Paid(amount) => paid = paid + amount,
            Change::Returned(amount) | Change::ClawedBack(amount) => paid = paid - amount,
        }
    }
    assert_eq!((decided.into_values().sum::<Money>(), paid), (total.decided, total.paid));

    let prefilled = prefilled(&city.state, CALL);
    assert_eq!((prefilled.firms_paid, prefilled.paid), (27, total.paid));
    let attained = Attained { name: "支持企业数".into(), value: Figure::Count(27), deviation: None };
    let sheet = Sheet::SelfAssessment { attained: vec![attained], score: 92, conclusion: "达到目标".into() };
    city.send(&officer(1), call_act(call::Act::FileSheet(sheet)));

    let timeline = view::timeline(&city.state, city.state.case(case(8)).unwrap());
    let titles: Vec<_> = timeline.iter().map(|step| step.title.as_str()).collect();
    assert_eq!(titles.iter().filter(|title| title.contains("听证")).count(), 2, "asked for and held");
    assert_eq!(titles.last(), Some(&"退款到账"));
    replayed(city);
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
