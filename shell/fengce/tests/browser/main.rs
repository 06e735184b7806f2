//! Pages as people see them: the demonstration city in Chromium, both themes held against WCAG 2.2 AA by axe-core, and
//! the stories of a filing from the firm to the goal on the living document, and of a claim from the call to the city's desk.
//!
//! Skips, and says so, where no Chromium is installed (`FENGCE_CHROMIUM` names one elsewhere). Screenshots go to
//! `FENGCE_SCREENSHOTS`, or nowhere.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod city;
mod claim;
mod eyes;

use city::City;
use eyes::{Eyes, Theme};

/// Pages anyone sees.
const PUBLIC: &[(&str, &str)] = &[
    ("plan", "/plan"),
    ("plan-opened", "/plan?open=G1"),
    ("plan-earlier", "/plan?as_of=2026-06-30"),
    ("precheck", "/precheck"),
    ("benefits", "/benefits"),
    ("calls", "/calls"),
    ("notices", "/notices"),
    ("payments", "/payments"),
    ("statistics", "/calls/statistics"),
    ("verify", "/verify"),
    ("dictionary", "/dictionary"),
    ("sign-in", "/sign-in"),
    ("styleguide", "/styleguide"),
];

/// The simulation that a demonstration city begins with.
const EXAMPLE_RUN: &str = "/simulation/runs/01900000-0000-7000-8000-53494d554c01";
/// The same with a section, a point and a temperature chosen.
const EXAMPLE_PROBED: &str = "/simulation/runs/01900000-0000-7000-8000-53494d554c01?view=section&x=0.4&y=0.3&shape=3";

/// Pages of people at work; FIRM is the firm that filed.
const AT_WORK: &[(&str, &str, &str)] = &[
    ("desk-firm", "qiye", "/desk"),
    ("filing-form", "qiye", "/filings/new"),
    ("authorise", "qiye", "/firms/FIRM/acting/authorise"),
    ("acting", "qiye", "/firms/FIRM/acting"),
    ("amend", "qiye", "/firms/FIRM/amend"),
    ("holding-form", "qiye", "/firms/FIRM/amend/holding"),
    ("returns-form", "qiye", "/returns/new"),
    ("test-lots", "qiye", "/testdata"),
    ("test-lot-new", "qiye", "/testdata/new"),
    ("test-lot", "qiye", "/testdata/00000000-0000-7000-8000-7e57da7a0001"),
    ("wafers", "qiye", "/testdata/00000000-0000-7000-8000-7e57da7a0001/wafers"),
    ("wafer", "qiye", "/testdata/00000000-0000-7000-8000-7e57da7a0001/wafers/0"),
    ("wafer-values", "qiye", "/testdata/00000000-0000-7000-8000-7e57da7a0001/wafers/0?test=3"),
    ("die", "qiye", "/testdata/00000000-0000-7000-8000-7e57da7a0001/die?wafer=0&x=12&y=12"),
    ("tests", "qiye", "/testdata/00000000-0000-7000-8000-7e57da7a0001/tests?sort=ppk"),
    ("test", "qiye", "/testdata/00000000-0000-7000-8000-7e57da7a0001/tests/3?with=1001"),
    ("outliers", "qiye", "/testdata/00000000-0000-7000-8000-7e57da7a0001/outliers?set=1&pat=4&gdbn=60&bin=200"),
    ("simulation", "qiye", "/simulation"),
    ("simulation-form", "qiye", "/simulation/new/qfn"),
    ("simulation-form-bga", "qiye", "/simulation/new/bga"),
    ("simulation-run", "qiye", EXAMPLE_RUN),
    ("simulation-probe", "qiye", EXAMPLE_PROBED),
    ("desk-district", "quxian", "/desk"),
    ("firms", "quxian", "/firms"),
    ("firm-form", "quxian", "/firms/new"),
    ("import-firms", "quxian", "/import/firms"),
    ("delegations", "quxian", "/delegations"),
    ("desk-city", "shiji", "/desk"),
    ("filings", "shiji", "/filings?sort=-packaging"),
    ("decisions", "shiji", "/decisions"),
    ("cases", "shiji", "/cases"),
    ("reviews", "shiji", "/reviews"),
    ("calls-register", "shiji", "/calls/register"),
    ("call-form", "shiji", "/calls/new"),
    ("fund-rules", "shiji", "/fund-rules"),
    ("what-if", "shiji", "/what-if"),
    ("funding-plans", "shiji", "/funding-plans"),
    ("orders", "caizheng", "/orders"),
    ("vouchers", "caizheng", "/vouchers"),
    ("in-transit", "caizheng", "/vouchers/in-transit"),
    ("reconciliation", "caizheng", "/payments/reconciliation"),
    ("reviews-expert", "zhuanjia", "/reviews"),
    ("reviews-auditor", "sanfang", "/reviews"),
    ("reports", "jijian", "/reports"),
    ("desk-group", "zhuanban", "/desk"),
    ("exports", "shenji", "/exports"),
    ("access-log", "anshen", "/access-log"),
    ("people", "anquan", "/people"),
    ("organisations", "xitong", "/organisations"),
    ("person-form", "xitong", "/people/new"),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_city_in_a_browser() {
    let Some(chromium) = eyes::chromium() else {
        skipped("no Chromium (install it, or name it in FENGCE_CHROMIUM)");
        return;
    };
    let city = City::open().await;
    let eyes = Eyes::open(&chromium).await;
    for theme in [Theme::Light, Theme::Dark] {
        for (name, path) in PUBLIC {
            eyes.look(&city, name, path, theme).await;
        }
    }
    let firm = a_filing_moves_the_goal(&city, &eyes).await;
    a_package_is_simulated(&city, &eyes).await;
    let own = claim::is_filed(&city, &eyes).await;
    claim::is_reviewed(&city, &eyes, &own).await;
    let mut login = "";
    for (name, who, path) in AT_WORK {
        if login != *who {
            eyes.sign_in(&city, who).await;
            login = who;
        }
        for theme in [Theme::Light, Theme::Dark] {
            eyes.look(&city, name, &path.replace("FIRM", &firm), theme).await;
        }
    }
    let faults = eyes.faults();
    assert!(faults.is_empty(), "axe found:\n{}", faults.join("\n"));
}

/// A firm files, its district verifies, the city signs off, and G1 moves for offices; the page of a month earlier does
/// not, nor does what everybody else reads: one firm's figure would be the difference. Answers with the firm's code.
async fn a_filing_moves_the_goal(city: &City, eyes: &Eyes) -> String {
    eyes.sign_in(city, "shiji").await;
    let before = eyes.first_figure(city, "/plan").await;
    let earlier = eyes.first_figure(city, "/plan?as_of=2026-06-30").await;
    eyes.sign_in(city, "qiye").await;
    let public = eyes.first_figure(city, "/plan").await;
    eyes.open_page(city, "/filings/new").await;
    for (field, value) in [
        ("year", "2025"),
        ("revenue", "1,000,000,000.00"),
        ("contract", "900000000"),
        ("captive", "0"),
        ("research", "50000000"),
        ("assets", "2000000000"),
        ("staff", "800"),
        ("research_staff", "120"),
    ] {
        eyes.fill(field, value).await;
    }
    eyes.attach("evidence", "审计报告-示例.txt", "示例数据").await;
    eyes.press_box("not_secret").await;
    eyes.send("form[enctype]").await;
    let filing = eyes.path().await;
    assert!(filing.starts_with("/firms/"), "filed, and sent to the filing: {filing}: {}", eyes.words().await);
    eyes.sign_in(city, "quxian").await;
    eyes.open_page(city, &filing).await;
    eyes.choose("verdict", "agree").await;
    eyes.send("form.panel").await;
    eyes.sign_in(city, "shiji").await;
    assert_eq!(eyes.first_figure(city, "/plan").await, before, "verified is not signed off");
    eyes.open_page(city, &filing).await;
    eyes.choose("verdict", "agree").await;
    eyes.send("form.panel").await;
    let after = eyes.first_figure(city, "/plan").await;
    let difference = after.parse::<f64>().unwrap() - before.parse::<f64>().unwrap();
    assert!((difference - 9.0).abs() < 0.011, "{before} → {after}: nine 亿元 more");
    assert_eq!(eyes.first_figure(city, "/plan?as_of=2026-06-30").await, earlier, "the past stays");
    eyes.sign_in(city, "qiye").await;
    assert_eq!(eyes.first_figure(city, "/plan").await, public, "one firm alone moves nothing in public");
    filing.split('/').nth(2).unwrap().to_owned()
}

/// Past the capture of output, so that a plain run of the tests shows it.
fn skipped(why: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

/// An engineer of a firm opens the QFN form, makes the die smaller, draws it, has it computed, and compares it with the
/// run that is already there.
async fn a_package_is_simulated(city: &City, eyes: &Eyes) {
    eyes.sign_in(city, "qiye").await;
    eyes.open_page(city, EXAMPLE_RUN).await;
    eyes.wait_for("#inputs-head").await;
    eyes.open_page(city, "/simulation/new/qfn").await;
    eyes.fill("\"package.dies.0.size\"", "2 mm × 2 mm").await;
    eyes.fill("\"package.thickness\"", "0.85").await;
    eyes.press("button[value=run]").await;
    assert!(eyes.words().await.contains("没有单位"), "{}", eyes.words().await);
    eyes.fill("\"package.thickness\"", "0.85 mm").await;
    eyes.press("button[value=draw]").await;
    eyes.wait_for("figure.sheet svg").await;
    eyes.press("button[value=run]").await;
    eyes.wait_for("#inputs-head").await;
    let smaller = eyes.path().await;
    for theme in [Theme::Light, Theme::Dark] {
        let runs = [EXAMPLE_RUN, &smaller].map(|path| format!("run={}", path.rsplit('/').next().unwrap()));
        eyes.look(city, "simulation-compare", &format!("/simulation/compare?{}", runs.join("&")), theme).await;
    }
    assert!(eyes.words().await.contains("≠"), "what differs is marked");
}
