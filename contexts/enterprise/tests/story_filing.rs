//! A firm's revenue from the first draft to a correction, and everyone who may not touch it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on panics")]

mod common;

use common::*;
use enterprise::filing::{self, Stage, StageKind};
use enterprise::revenue::revenue;
use enterprise::{Command, decide, view};
use kernel::{Money, Revision};

#[test]
fn from_registration_to_a_correction() {
    let mut city = City::on("2026-03-02");
    let (firm, boss) = (firm(1), enterprise(1, firm(1)));
    let officer = || district(20, YONGCHUAN);
    city.accepts(
        boss.clone(),
        Command::Register {
            firm,
            registration: registration("示例封测一厂", site(YONGCHUAN, "大安街道")),
            scope: None,
        },
    );
    city.accepts(
        officer(),
        Command::Amend {
            firm,
            expected: Some(Revision(1)),
            change: enterprise::Change::EnterScope(entry("2021-06-01")),
        },
    );

    city.accepts(boss.clone(), file(100, firm, 2025, material(60_000_000, 5_000_000)));
    let waiting = view::waiting_for_district(&city.state, YONGCHUAN.parse().unwrap(), "2026-03-02".parse().unwrap());
    assert_eq!((waiting.len(), waiting[0].due.due.to_string().as_str()), (1, "2026-03-16"), "ten working days");

    city.accepts(officer(), send_back(100));
    assert_eq!(view::returned_to_firm(&city.state, firm)[0].1, "请附审计报告");
    city.refuses(officer(), verify(100), "退回企业");
    city.accepts(boss.clone(), resubmit(100, material(61_000_000, 5_000_000)));
    city.accepts(officer(), verify(100));
    assert_eq!(revenue(&city.state, 2025, None).unwrap().total(), Money::ZERO, "verified is not signed off");
    assert_eq!(view::waiting_for_city(&city.state).len(), 1);
    city.accepts(department(30), sign_off(100));
    let year = revenue(&city.state, 2025, None).unwrap();
    assert_eq!(year.total(), Money::from_yuan(61_000_000));
    assert_eq!(year.signed_off.captive, Money::from_yuan(5_000_000), "captive work is shown apart and not counted");
    assert_eq!(year.counting().map(|row| row.filing).collect::<Vec<_>>(), [filing_id(100)]);

    city.refuses(boss.clone(), file(101, firm, 2025, material(1, 0)), "发起更正");
    city.accepts(boss.clone(), correct(101, 100, firm, 2025, material(59_000_000, 5_000_000)));
    let row = revenue(&city.state, 2025, None).unwrap().rows.remove(0);
    assert_eq!((row.filing, row.correction), (filing_id(100), Some(filing_id(101))), "the old one counts until then");
    city.accepts(officer(), verify(101));
    city.accepts(department(30), sign_off(101));
    assert_eq!(revenue(&city.state, 2025, None).unwrap().total(), Money::from_yuan(59_000_000));
    let old = city.state.filing(filing_id(100)).unwrap();
    assert_eq!(old.stage, Stage::Superseded { by: filing_id(101) });
    assert_eq!(old.submissions.len(), 2, "what was sent in first is still there");
    city.refuses(boss, correct(102, 100, firm, 2025, material(1, 0)), "现行有效");

    let titles: Vec<_> = view::timeline(&city.state, firm).into_iter().map(|step| step.title).collect();
    assert_eq!(titles.len(), 11, "{titles:?}");
    assert_eq!(city.replayed().digest(), city.state.digest());
}

#[test]
fn only_the_district_in_charge_that_day_verifies() {
    let mut city = City::on("2026-01-19");
    let (water, plain) = (firm(1), firm(2));
    city.found(water, "示例水土厂", site(BEIBEI, "水土街道"));
    city.found(plain, "示例渝北厂", site(YUBEI, "回兴街道"));
    for (n, firm) in [(1, water), (2, plain)] {
        city.accepts(enterprise(1, firm), file(n, firm, 2025, material(10_000_000, 0)));
    }
    city.refuses(district(20, YONGCHUAN), verify(1), "北碚区");
    city.today("2026-01-24");
    city.refuses(district(21, LIANGJIANG), verify(1), "北碚区");
    city.refuses(district(21, LIANGJIANG), verify(2), "渝北区");
    city.accepts(district(22, BEIBEI), send_back(1));
    city.accepts(enterprise(1, water), resubmit(1, material(10_000_000, 0)));

    city.today("2026-01-25");
    city.refuses(district(22, BEIBEI), verify(1), "两江新区");
    city.refuses(district(23, YUBEI), verify(2), "两江新区");
    let here = |division: &str, day: &str| {
        view::waiting_for_district(&city.state, division.parse().unwrap(), day.parse().unwrap()).len()
    };
    assert_eq!([here(LIANGJIANG, "2026-01-25"), here(BEIBEI, "2026-01-25")], [2, 0], "work follows authority");
    assert_eq!([here(LIANGJIANG, "2026-01-24"), here(BEIBEI, "2026-01-24")], [0, 1]);
    city.accepts(district(21, LIANGJIANG), verify(1));
    city.accepts(district(21, LIANGJIANG), verify(2));
}

#[test]
fn a_town_that_went_the_other_way() {
    let mut city = City::on("2025-12-01");
    let firm = firm(1);
    city.found(firm, "示例统景厂", site(YUBEI, "统景镇"));
    city.accepts(enterprise(1, firm), file(1, firm, 2024, material(10_000_000, 0)));
    let summary = view::summary(&city.state, firm, "2025-12-01".parse().unwrap()).unwrap();
    assert_eq!(summary.lying_in.unwrap().to_string(), BEIBEI, "in law since 2025-11-06");
    assert_eq!(summary.competent.unwrap().to_string(), YUBEI, "until authority passes");
    city.today("2026-01-26");
    city.accepts(district(20, BEIBEI), verify(1));
    let new = Command::Register {
        firm: common::firm(2),
        registration: registration("示例", site(LIANGJIANG, "")),
        scope: None,
    };
    city.today("2026-01-26");
    city.accepts(enterprise(2, common::firm(2)), new);
}

#[test]
fn a_place_nobody_is_in_charge_of_is_refused() {
    let mut city = City::on("2025-12-01");
    let new =
        Command::Register { firm: firm(2), registration: registration("示例", site(LIANGJIANG, "")), scope: None };
    city.refuses(enterprise(2, firm(2)), new, "移交前");
}

#[test]
fn nobody_does_two_steps() {
    let mut city = City::on("2026-03-02");
    let firm = firm(1);
    city.found(firm, "示例", site(YONGCHUAN, ""));
    city.accepts(enterprise(1, firm), file(1, firm, 2025, material(10_000_000, 0)));
    city.refuses(district(1, YONGCHUAN), verify(1), "报送人");
    city.accepts(district(20, YONGCHUAN), verify(1));
    city.refuses(department(20), sign_off(1), "同一人");
    city.refuses(department(1), sign_off(1), "报送人");
    city.refuses(other_department(30), sign_off(1), "责任部门");
    city.refuses(district(20, YONGCHUAN), sign_off(1), "市级经办");
    let mut context = city.context(department(30));
    context.reauthenticated = false;
    let refusal = decide(&city.state, &context, sign_off(1)).unwrap_err();
    assert_eq!(refusal.kind, kernel::refusal::RefusalKind::NeedsReauthentication);
    city.accepts(department(30), sign_off(1));
    city.refuses(department(30), sign_off(1), "已签核");
}

#[test]
fn agents_stay_with_their_firm() {
    let mut city = City::on("2026-03-02");
    for (n, name) in [(1, "示例甲"), (2, "示例乙")] {
        city.found(firm(n), name, site(YONGCHUAN, ""));
    }
    city.refuses(agent(5, firm(2)), file(1, firm(1), 2025, material(1, 0)), "切换身份");
    city.accepts(agent(5, firm(1)), file(1, firm(1), 2025, material(1, 0)));
    city.refuses(agent(5, firm(2)), withdraw(1), "切换身份");
    let rename = enterprise::Change::Rename { name: "新名".into(), from: "2026-03-01".parse().unwrap() };
    city.refuses(agent(5, firm(1)), Command::Amend { firm: firm(1), expected: None, change: rename }, "企业");
    city.accepts(agent(5, firm(1)), withdraw(1));
}

#[test]
fn stale_forms_and_bad_figures_are_refused() {
    let mut city = City::on("2026-03-02");
    let (firm, boss) = (firm(1), enterprise(1, firm(1)));
    city.found(firm, "示例", site(YONGCHUAN, ""));
    let mut wrong = material(10, 0);
    wrong.figures.contract = wrong.figures.revenue + Money::from_fen(1);
    city.refuses(boss.clone(), file(1, firm, 2025, wrong), "大于营业收入");
    city.refuses(boss.clone(), file(1, firm, 2025, material(600_000_000_000, 0)), "单位是否填错");
    city.refuses(boss.clone(), file(1, firm, 2026, material(10, 0)), "尚未结束");
    city.refuses(boss.clone(), file(1, firm, 2019, material(10, 0)), "没有 2019 年度");
    let unproven = filing::Material { evidence: Vec::new(), ..material(10, 0) };
    city.refuses(boss.clone(), file(1, firm, 2025, unproven), "证明材料");
    let other = filing::Material { scope: "1999".into(), ..material(10, 0) };
    city.refuses(boss.clone(), file(1, firm, 2025, other), "2023-1");
    city.accepts(boss.clone(), file(1, firm, 2025, material(10, 0)));
    city.refuses(boss.clone(), file(2, firm, 2025, material(10, 0)), "在办");
    let shown = city.state.filing(filing_id(1)).unwrap().revision;
    city.accepts(boss.clone(), withdraw(1));
    city.accepts(boss, resubmit(1, material(20, 0)));
    let stale = filing::Command::Verify { id: filing_id(1), expected: Some(shown), opinion: None };
    city.refuses(district(20, YONGCHUAN), Command::Filing(stale), "刷新页面");
    assert_eq!(city.state.filing(filing_id(1)).unwrap().stage.kind(), StageKind::Filed);
}

#[test]
fn a_jump_against_last_year_is_pointed_out() {
    let mut city = City::on("2026-03-02");
    let firm = firm(1);
    city.found(firm, "示例", site(YONGCHUAN, ""));
    for (n, year, contract) in [(1, 2024, 10_000_000), (2, 2025, 10_000_000_000)] {
        city.accepts(enterprise(1, firm), file(n, firm, year, material(contract, 0)));
        city.accepts(district(20, YONGCHUAN), verify(n));
        city.accepts(department(30), sign_off(n));
    }
    let notes = view::attention(&city.state, city.state.filing(filing_id(2)).unwrap());
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].contains("变动超过 100%"), "{notes:?}");
    let size = city.state.size(firm, "2026-03-02".parse().unwrap()).unwrap();
    assert_eq!((size.size.label(), size.filing), ("中型", filing_id(2)), "320 people drop a tier despite the revenue");
}
