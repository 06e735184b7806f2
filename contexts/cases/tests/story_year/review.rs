//! From the call to the shares of its budget: firms apply, districts, experts and the city review.

use std::collections::{BTreeMap, BTreeSet};

use cases::adverse::{self, Kind, Method, Remedy};
use cases::call::{self, Mode};
use cases::case::Act;
use cases::proactive::{MatchedFact, Proposal};
use cases::support::{OtherFunding, Received, Support};
use cases::{AdverseId, CallId, Command, Event, StageKind, view};
use kernel::Money;

use crate::common::*;
use crate::{PROACTIVE, act, adverse_act, call_act, fen, share, submit, survivors};

pub fn the_calls_open(city: &mut City) {
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

pub fn firms_apply(city: &mut City) {
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

pub fn an_award_is_offered_and_declined(city: &mut City) {
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

pub fn districts_and_experts_review(city: &mut City) {
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

pub fn the_city_recommends_and_rejects(city: &mut City) {
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

pub fn the_budget_is_shared_out(city: &mut City) {
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
