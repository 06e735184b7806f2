//! What stands in a firm's file: scope, baseline, honours, recognitions, holdings, consents, statistics.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on panics")]

mod common;

use std::collections::BTreeSet;

use common::*;
use enterprise::baseline::{self, BaselineId};
use enterprise::firm::Operation;
use enterprise::publication::{Cell, Withheld};
use enterprise::relation::{Holder, Holding, HoldingId, HoldingKind, Party, SubjectId, related};
use enterprise::standing::{
    AnnualCheck, Consent, ConsentId, Honour, HonourId, HonourLevel, Recognition, RecognitionId,
};
use enterprise::statistics::{self, Form, ReturnId};
use enterprise::{Change, Command, FirmType, ScopeEntry, view};
use kernel::{Actor, CreditCode, Date, Digest, Money, Period, Revision};
use uuid::Uuid;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn period(from: &str, until: &str) -> Period {
    Period::new(day(from), day(until)).unwrap()
}

fn amend(firm: CreditCode, change: Change) -> Command {
    Command::Amend { firm, expected: None, change }
}

#[test]
fn new_firms_are_counted_against_a_signed_baseline() {
    let mut city = City::on("2024-01-10");
    city.found(firm(1), "示例老厂", site(YONGCHUAN, ""));
    let take = |n, on| {
        let (basis, evidence) = ("年度名录".to_owned(), vec![evidence("名录.pdf")]);
        Command::TakeBaseline(baseline::Command { id: BaselineId(Uuid::from_u128(n)), day: day(on), basis, evidence })
    };
    city.refuses(other_department(30), take(1, "2023-12-31"), "责任部门");
    city.accepts(department(30), take(1, "2023-12-31"));

    city.today("2026-03-02");
    let late = Command::Register {
        firm: firm(2),
        registration: registration("示例新厂", site(YONGCHUAN, "")),
        scope: Some(entry("2024-07-01")),
    };
    city.accepts(department(30), late);
    city.accepts(enterprise(2, firm(2)), file(1, firm(2), 2025, material(600_000_000, 0)));
    city.accepts(district(20, YONGCHUAN), verify(1));
    city.accepts(department(30), sign_off(1));
    // Found out later: it had been there all along, so it is neither in the baseline nor new.
    city.found(firm(3), "示例漏登厂", site(YONGCHUAN, ""));

    let baseline = city.state.baseline(BaselineId(Uuid::from_u128(1))).unwrap();
    let new = view::newcomers(&city.state, baseline, day("2026-03-02"), 2025);
    let found: Vec<_> = new.iter().map(|new| (new.firm, new.revenue)).collect();
    assert_eq!(found, [(firm(2), Some((Money::from_yuan(600_000_000), filing_id(1))))]);

    let close = Change::Operate { operation: Operation::Closed, from: day("2026-02-01"), reason: "注销".into() };
    city.accepts(district(20, YONGCHUAN), amend(firm(2), close));
    let baseline = city.state.baseline(BaselineId(Uuid::from_u128(1))).unwrap();
    assert!(view::newcomers(&city.state, baseline, day("2026-03-02"), 2025).is_empty(), "closed firms do not count");
    assert_eq!(view::newcomers(&city.state, baseline, day("2026-01-31"), 2025).len(), 1, "the day before they do");
}

#[test]
fn scope_needs_products_and_officers() {
    let mut city = City::on("2026-03-02");
    let register =
        |scope| Command::Register { firm: firm(1), registration: registration("示例", site(YONGCHUAN, "")), scope };
    city.refuses(enterprise(1, firm(1)), register(Some(entry("2021-06-01"))), "不填写");
    let bare = ScopeEntry { evidence: Vec::new(), ..entry("2021-06-01") };
    city.refuses(district(20, YONGCHUAN), register(Some(bare)), "产品证据");
    let unknown = ScopeEntry { industry: "3999".into(), ..entry("2021-06-01") };
    city.refuses(district(20, YONGCHUAN), register(Some(unknown)), "GB/T 4754");
    city.refuses(district(20, BEIBEI), register(None), "永川区");
    city.accepts(enterprise(1, firm(1)), register(None));
    city.refuses(enterprise(1, firm(1)), register(None), "已有企业档案");
    city.refuses(enterprise(1, firm(1)), amend(firm(1), Change::EnterScope(entry("2021-06-01"))), "区县经办");
    assert_eq!(city.state.in_scope_on(day("2026-03-02")).count(), 0);
    city.accepts(district(20, YONGCHUAN), amend(firm(1), Change::EnterScope(entry("2021-06-01"))));
    assert_eq!(city.state.in_scope_on(day("2021-05-31")).count(), 0);
    assert_eq!(city.state.in_scope_on(day("2021-06-01")).count(), 1);
    let classify = |segment: &str| Change::Classify {
        types: BTreeSet::from([FirmType::Osat, FirmType::Speciality]),
        segments: BTreeSet::from([segment.to_owned()]),
    };
    city.refuses(district(20, YONGCHUAN), amend(firm(1), classify("nonsense")), "nonsense");
    city.accepts(district(20, YONGCHUAN), amend(firm(1), classify("pkg-qfn")));
    let stale = Command::Amend { firm: firm(1), expected: Some(Revision(1)), change: classify("pkg-qfp") };
    city.refuses(district(20, YONGCHUAN), stale, "刷新页面");
    let summary = view::summary(&city.state, firm(1), day("2026-03-02")).unwrap();
    assert_eq!((summary.segments, summary.in_scope_since), (vec!["QFN/DFN/PDFN".to_owned()], Some(day("2021-06-01"))));
}

#[test]
fn a_move_keeps_its_history_and_changes_who_is_in_charge() {
    let mut city = City::on("2026-03-02");
    city.found(firm(1), "示例", site(YONGCHUAN, "大安街道"));
    let moved = Change::Move { site: site(BEIBEI, "歇马街道"), from: day("2026-02-01") };
    city.accepts(enterprise(1, firm(1)), amend(firm(1), moved));
    let file = city.state.firm(firm(1)).unwrap();
    assert_eq!(file.site_on(day("2026-01-31")).unwrap().district.to_string(), YONGCHUAN);
    assert_eq!(file.site_on(day("2026-02-01")).unwrap().district.to_string(), BEIBEI);
    city.accepts(enterprise(1, firm(1)), file_2025());
    city.refuses(district(20, YONGCHUAN), verify(1), "北碚区");
    city.accepts(district(21, BEIBEI), verify(1));
}

fn file_2025() -> Command {
    file(1, firm(1), 2025, material(1_000_000, 0))
}

#[test]
fn recognitions_expire_fail_and_are_withdrawn() {
    let mut city = City::on("2026-03-02");
    city.found(firm(1), "示例", site(YONGCHUAN, ""));
    let id = RecognitionId(Uuid::from_u128(1));
    let recognition = Recognition {
        kind: "municipal-ic-platform".into(),
        document: "渝示例〔2024〕1号".into(),
        valid: period("2024-01-01", "2026-12-31"),
        checks: Default::default(),
        withdrawn: None,
    };
    let recognise = Change::Recognise { id, recognition, evidence: vec![evidence("认定文件.pdf")] };
    city.refuses(district(20, YONGCHUAN), amend(firm(1), recognise.clone()), "市级经办");
    city.accepts(department(30), amend(firm(1), recognise));
    let holds = |city: &City, on: &str| view::recognised(&city.state, firm(1), "municipal-ic-platform", day(on));
    assert!(holds(&city, "2024-01-01") && !holds(&city, "2027-01-01") && !holds(&city, "2023-12-31"));
    let check = |year, passed| Change::CheckRecognition {
        id,
        year,
        check: AnnualCheck { on: day("2026-03-01"), passed, opinion: "现场检查".into() },
    };
    city.accepts(department(30), amend(firm(1), check(2025, false)));
    assert!(holds(&city, "2026-02-28") && !holds(&city, "2026-03-01"), "from the day of the failed check");
    city.refuses(department(30), amend(firm(1), check(2025, true)), "已有年检结论");

    let honour = Honour {
        title: "专精特新中小企业".into(),
        level: HonourLevel::City,
        document: "示例〔2025〕2号".into(),
        valid: period("2025-01-01", "2027-12-31"),
        revoked: None,
    };
    let id = HonourId(Uuid::from_u128(2));
    city.accepts(other_department(31), amend(firm(1), Change::AwardHonour { id, honour, evidence: Vec::new() }));
    assert_eq!(view::summary(&city.state, firm(1), day("2027-12-31")).unwrap().honours.len(), 1);
    city.accepts(
        other_department(31),
        amend(firm(1), Change::RevokeHonour { id, on: day("2026-03-01"), reason: "复核不合格".into() }),
    );
    assert!(view::summary(&city.state, firm(1), day("2026-03-01")).unwrap().honours.is_empty());
}

#[test]
fn relations_are_found_within_two_steps_and_explained() {
    let mut city = City::on("2026-03-02");
    for (n, name) in [(1, "甲"), (2, "乙"), (3, "丙"), (4, "丁")] {
        city.found(firm(n), name, site(YONGCHUAN, ""));
    }
    let mut next = 0;
    let mut hold = |city: &mut City, of: u32, holder: Holder, kind: HoldingKind| {
        next += 1;
        let holding = Holding { holder, kind, from: day("2024-01-01"), until: None };
        city.send(
            enterprise(9, firm(of)),
            amend(firm(of), Change::Hold { id: HoldingId(Uuid::from_u128(next)), holding }),
        )
    };
    let organisation = |n| Holder::Organisation { code: firm(n), name: "持有人".into() };
    let person = Holder::Person { subject: SubjectId(Uuid::from_u128(7)), identity: Digest::of(b"keyed") };
    let share = |text: &str| HoldingKind::Shareholder(text.parse().unwrap());
    hold(&mut city, 1, organisation(2), share("60%")).unwrap();
    hold(&mut city, 3, organisation(2), HoldingKind::Controller).unwrap();
    hold(&mut city, 3, person.clone(), HoldingKind::Officer("董事".into())).unwrap();
    hold(&mut city, 4, person, share("10%")).unwrap();
    assert!(hold(&mut city, 1, organisation(4), share("41%")).unwrap_err().reason.contains("101%"));
    assert!(hold(&mut city, 1, organisation(1), share("1%")).is_err(), "not of itself");

    let found = related(&city.state, firm(1), day("2026-03-02"), 2);
    let parties: Vec<_> = found.iter().map(|related| related.party.clone()).collect();
    assert_eq!(parties, [Party::Firm(firm(2)), Party::Firm(firm(3))]);
    assert_eq!(found[1].explained(&city.state, firm(1)), "甲 ←持股 60%— 乙 —实际控制→ 丙");
    assert!(related(&city.state, firm(1), day("2023-12-31"), 2).is_empty(), "before anybody held anything");
    let far = related(&city.state, firm(1), day("2026-03-02"), 4);
    assert!(far.iter().any(|related| related.party == Party::Firm(firm(4))), "through the shared person");
    let end = Change::EndHolding { id: HoldingId(Uuid::from_u128(1)), until: day("2026-03-01") };
    city.accepts(enterprise(9, firm(1)), amend(firm(1), end));
    assert!(related(&city.state, firm(1), day("2026-03-02"), 2).is_empty());
}

#[test]
fn consent_is_the_firms_own() {
    let mut city = City::on("2026-03-02");
    city.found(firm(1), "示例", site(YONGCHUAN, ""));
    let id = ConsentId(Uuid::from_u128(1));
    let consent = Consent {
        to: DEPARTMENT.parse().unwrap(),
        what: "订单汇总".into(),
        purpose: "产能对接".into(),
        valid: period("2026-03-02", "2026-12-31"),
        withdrawn: None,
    };
    let give = amend(firm(1), Change::GiveConsent { id, consent });
    city.refuses(department(30), give.clone(), "企业");
    city.refuses(enterprise(1, firm(2)), give.clone(), "切换身份");
    city.accepts(enterprise(1, firm(1)), give);
    city.accepts(enterprise(1, firm(1)), amend(firm(1), Change::WithdrawConsent { id, on: day("2026-03-02") }));
    assert!(!city.state.firm(firm(1)).unwrap().consents[&id].holds_on(day("2026-03-02")));
}

#[test]
fn statistics_come_out_only_as_sums() {
    let mut city = City::on("2026-03-02");
    let year = Period::year(2025);
    let hand_in = |n: u32, valid| {
        let form = Form { number: "示例-101".into(), approval: "国统制〔2025〕0号".into(), valid };
        let items = [("A01".to_owned(), Money::from_yuan(i64::from(n) * 100))].into();
        Command::Return(statistics::Command {
            id: ReturnId(Uuid::from_u128(n.into())),
            firm: firm(n),
            form,
            period: year,
            items,
        })
    };
    let valid = period("2026-01-01", "2026-12-31");
    for n in 1..=3 {
        city.found(firm(n), "示例", site(YONGCHUAN, ""));
    }
    city.refuses(enterprise(1, firm(1)), hand_in(1, period("2025-01-01", "2025-12-31")), "有效期");
    for n in 1..=2 {
        city.accepts(enterprise(1, firm(n)), hand_in(n, valid));
    }
    city.refuses(enterprise(1, firm(1)), hand_in(1, valid), "重复报送");
    let sum = |city: &City| {
        let rule = &city.state.catalog().unwrap().filing.publication;
        statistics::aggregate(&city.state, "示例-101", year, "A01", rule)
    };
    assert_eq!(sum(&city), Cell::Withheld(Withheld::FewFirms));
    city.accepts(enterprise(1, firm(3)), hand_in(3, valid));
    assert_eq!(sum(&city), Cell::Published { firms: 3, total: Money::from_yuan(600) });
}

#[test]
fn a_catalog_with_a_mistake_is_refused_with_its_line() {
    let mut city = City::on("2026-03-02");
    city.refuses(Actor::System, Command::AdoptCatalog { files: catalog_files() }, "已经生效");
    let mut files = catalog_files();
    files.insert("firm-size.toml".into(), "[[rule]]\nfrom = \"soon\"\n".into());
    city.refuses(Actor::System, Command::AdoptCatalog { files }, "firm-size.toml 第 2 行");
    city.refuses(enterprise(1, firm(1)), Command::AdoptCatalog { files: catalog_files() }, "系统管理员");
}
