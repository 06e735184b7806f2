//! Recusal and four eyes over the whole route table: every action that is mounted is refused to whoever is related to the
//! firm, two steps deep, and to whoever took the step before, or stands here with the reason why nobody is.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use cases::adverse::Remedy;
use cases::call::{Mode, Route};
use cases::case::Act as CaseAct;
use cases::voucher::{Payee, Use, Voucher};
use cases::{CaseId, StageKind};
use kernel::{Actor, Digest, Period, Role};
use uuid::Uuid;
use web::Method;

use super::cases::{CASE, colleague, finance, officer, second_finance};
use super::reviewing::single_cases;
use super::story::{Filled, OF_ITS_OWNER, OF_THE_FIRM, Story, code, filled, numbered};
use super::{FIRM, acting, day, firm, instant, person};

/// A call of one case, from the recommendation to what the firm pays back.
const CALL: &str = "00000000-0000-7000-8000-0000000000f1";
const WHOLE: &str = "00000000-0000-7000-8000-0000000000f2";
/// A call to which nobody applies: awards are offered.
const OFFERED: &str = "00000000-0000-7000-8000-0000000000f3";

/// Actions that nobody is refused for being related to a firm, with the reason of each group.
const FREE: [(&str, &[&str]); 11] = [
    (
        "one's own session and log-in",
        &[
            "/sign-in",
            "/sign-out",
            "/role",
            "/prove",
            "/account/password",
            "/account/second-factor",
            "/account/second-factor/off",
        ],
    ),
    (
        "who may act at all, under the rules of the three administrators: whoever acts is judged by who they are, in every \
         role and at every lent desk",
        &[
            "/people/new",
            "/people/{person}/erase",
            "/people/{person}/erase/confirm",
            "/people/{person}/erase/reject",
            "/people/{person}/grants/new",
            "/people/{person}/login",
            "/people/{person}/password",
            "/people/{person}/restore",
            "/people/{person}/suspend",
            "/people/{person}/unlock",
            "/grants/{id}/confirm",
            "/grants/{id}/reject",
            "/grants/{id}/revoke",
            "/delegations/new",
            "/delegations/{id}/end",
            "/organisations/new",
            "/organisations/{id}/close",
            "/organisations/{id}/rename",
            "/firms/{code}/acting/legal-person",
        ],
    ),
    (
        "a firm's say in its own matters: whoever brings it may handle none of its cases",
        &[
            "/calls/{call}/claim",
            "/calls/{call}/claim/submit",
            "/my-cases/{firm}/{case}/complete",
            "/my-cases/{firm}/{case}/complete/submit",
            "/my-cases/{firm}/{case}/consent",
            "/my-cases/{firm}/{case}/decline",
            "/my-cases/{firm}/{case}/statements/{adverse}",
            "/my-cases/{firm}/{case}/withdraw",
            "/payee-account",
            "/filings/new",
            "/filings/{id}/again",
            "/filings/{id}/withdraw",
            "/firms/{code}/acting/authorise",
            "/firms/{code}/acting/hand-over",
            "/authorisations/{id}/accept",
            "/authorisations/{id}/decline",
            "/authorisations/{id}/revoke",
            "/firms/{code}/amend/consent",
            "/firms/{code}/amend/consent-withdrawn",
        ],
    ),
    (
        "anybody may speak or ask how they were answered; who is related answers nothing",
        &["/notices/{notice}/objection", "/complaints/new", "/reports/new", "/receipts"],
    ),
    (
        "nothing is recorded: papers to print, tables checked before they are taken, answers computed, files of registers",
        &[
            "/cases/{firm}/{case}/adverse-draft",
            "/cases/{firm}/{case}/adverse/{adverse}/draft",
            "/vouchers/import",
            "/other-funding/import",
            "/import/firms",
            "/import/filings",
            "/precheck",
            "/exports",
        ],
    ),
    (
        "general rules, the same for every firm, on the authority of a document they name: a call's terms are fixed before \
         there is a case, a reading takes two people and counts from its date",
        &[
            "/fund-rules/new",
            "/fund-rules/{rule}/review/{benefit}",
            "/benefits/{key}/review",
            "/benefits/{key}/parameters/new",
            "/benefits/{key}/parameters/{set}/review",
            "/interpretations/{point}",
            "/proposals/{id}",
            "/calls/new",
            "/calls/{call}/edit",
            "/calls/{call}/targets",
            "/calls/{call}/publish",
        ],
    ),
    (
        "the department's report on its own budget, after the fact",
        &["/calls/{call}/mid-year", "/calls/{call}/self-assessment"],
    ),
    (
        "what others paid a firm, from their lists: it only ever lowers what the firm may get",
        &["/earlier-payments/new", "/other-funding/import/confirm"],
    ),
    (
        "the enterprise file and yearly returns, which two offices sign: no case moves by them, and claims prove what they \
         state by their own material",
        &[
            "/firms/new",
            "/import/firms/confirm",
            "/import/filings/confirm",
            "/filings/{id}/verify",
            "/filings/{id}/sign-off",
            "/returns/new",
            "/firms/{code}/amend/holding",
            "/firms/{code}/amend/honour",
            "/firms/{code}/amend/honour-revoked",
            "/firms/{code}/amend/name",
            "/firms/{code}/amend/operation",
            "/firms/{code}/amend/out-of-scope",
            "/firms/{code}/amend/recognition",
            "/firms/{code}/amend/recognition-check",
            "/firms/{code}/amend/recognition-withdrawn",
            "/firms/{code}/amend/scope",
            "/firms/{code}/amend/site",
            "/firms/{code}/amend/types",
        ],
    ),
    (
        "the plan's own progress, goals and lights: no firm's",
        &[
            "/plan/goals/{goal}/baseline",
            "/plan/goals/{goal}/baseline/sign-off",
            "/plan/judgements/{about}",
            "/plan/lights",
            "/plan/reports/new",
            "/plan/reports/{plan}/{subject}/{unit}/{month}/review",
        ],
    ),
    (
        "a firm's own engineering, which no office sees",
        &[
            "/simulation/new/{family}",
            "/simulation/runs/{id}/discard",
            "/simulation/runs/{id}/stop",
            "/testdata/new",
            "/testdata/{id}/cancel",
            "/testdata/{id}/discard",
            "/testdata/{id}/shares",
            "/testdata/{id}/shares/{digest}/revoke",
        ],
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_action_of_the_table_is_refused_to_the_barred_or_stands_here_with_its_reason() {
    let mut one = Story::begin().await;
    single_cases(&mut one).await;
    let mut many = Story::begin().await;
    many_cases(&mut many).await;
    let tried: BTreeSet<&str> = one.tried.union(&many.tried).copied().collect();
    let mounted = many.bench.cards().iter().filter(|card| card.method == Method::Post);
    let mounted: BTreeSet<&str> = mounted.map(|card| card.pattern).collect();
    let free: BTreeSet<&str> = FREE.iter().flat_map(|(_, patterns)| patterns.iter().copied()).collect();
    let undecided: Vec<_> =
        mounted.iter().filter(|action| !tried.contains(*action) && !free.contains(*action)).collect();
    assert!(undecided.is_empty(), "nobody tried whether the barred are refused, nor said why not: {undecided:#?}");
    let gone: Vec<_> = free.difference(&mounted).collect();
    assert!(gone.is_empty(), "excused, and not in the table: {gone:#?}");
    let both: Vec<_> = free.intersection(&tried).collect();
    assert!(both.is_empty(), "excused, and refused to the barred all the same: {both:#?}");
}

/// Every act that moves several cases at once, or answers for one without being on its page.
async fn many_cases(story: &mut Story) {
    an_award_is_offered(story).await;
    nobody_related_takes_an_expert_away(story).await;
    nobody_ends_a_tie_that_bars_them(story).await;
    a_call_is_settled_and_decided(story).await;
    the_public_is_asked_and_the_money_planned(story).await;
    money_is_ordered(story).await;
    money_is_paid_and_comes_back(story).await;
    the_firm_pays_back(story).await;
    what_people_said_is_answered(story).await;
}

fn over<'a>(pattern: &'static str, fields: &'a [(&'a str, &'a str)], file: &'a str) -> Filled<'a> {
    let file = Some(file).filter(|file| !file.is_empty());
    Filled { pattern, case: WHOLE, fields, file, follows: true }
}

/// Refused to both who are related, in this role, whatever the reason reads like; nothing is recorded.
async fn refused_to_the_related(story: &Story, role: Role, filled: &Filled<'_>) {
    for number in [OF_THE_FIRM, OF_ITS_OWNER] {
        let (before, somebody) = (story.sequence(), numbered(number, role));
        let seen = story.post(&somebody, filled, filled.fields).await;
        let (pattern, words) = (filled.pattern, seen.words());
        assert!(seen.status.is_client_error(), "{pattern} {somebody:?}: {words}");
        assert!(seen.status == StatusCode::NOT_FOUND || seen.body.contains("回避"), "{pattern} {somebody:?}: {words}");
        assert_eq!(story.sequence(), before, "{pattern} {somebody:?}: something was recorded");
    }
}

async fn done(story: &mut Story, right: &Actor, filled: &Filled<'_>) {
    let seen = story.post(right, filled, filled.fields).await;
    assert_eq!(seen.status, StatusCode::SEE_OTHER, "{} {right:?}: {}", filled.pattern, seen.words());
    story.tried.insert(filled.pattern);
}

/// Before there is a case, nobody is known to be related to it: the ties around the firm are looked up.
async fn an_award_is_offered(story: &mut Story) {
    let window = Period::new(day("2026-11-23"), day("2026-12-31")).unwrap();
    let route = Route { district: false, audit: false, experts: 0, notice_working_days: 7, acceptance_months: None };
    let call = OFFERED.parse().unwrap();
    story.city.publish_in_mode(call, "免申即享批次（示例）", window, route, Mode::Proactive).await;
    story.city.due("2026-11-23").await;
    story.places.insert("{call}", OFFERED.to_owned());
    let fields = [
        ("firm", FIRM),
        ("base", "loan-interest"),
        ("year", "2025"),
        ("packaging", "yes"),
        ("paid-in", "680000000"),
        ("proven-on", "2025-11-30"),
        ("proof", "audit"),
        ("progress", "100"),
        ("loan1-principal", "30000000"),
        ("loan1-paid", "1500000"),
        ("loan1-disbursed", "2024-03-01"),
        ("loan1-from", "2025-01-01"),
        ("loan1-until", "2026-01-01"),
        ("loan1-term", "over-five"),
        ("loan1-kind", "bank"),
        ("fact1-what", "2025 年度借款（示例）"),
        ("fact1-supplier", "500118"),
        ("fact1-authorisation", "授权书（示例）"),
        ("fact1-as-of", "2025-12-31"),
    ];
    let offer = over("/calls/{call}/offer", &fields, "fact1-file");
    refused_to_the_related(story, Role::CityOfficer, &offer).await;
    done(story, &officer(), &offer).await;
    let state = story.city.hall.office.published().state.clone();
    assert!(state.cases.cases_of(call).any(|case| case.stage.kind() == StageKind::Offered));
}

/// Stepping aside oneself is free; sending somebody else away is not.
async fn nobody_related_takes_an_expert_away(story: &mut Story) {
    let expert = person(Role::Expert).to_string();
    let fields = [("person", expert.as_str()), ("grounds", "曾任顾问（示例）")];
    let recuse = filled("/cases/{firm}/{case}/recuse", CASE, &fields);
    refused_to_the_related(story, Role::CityOfficer, &recuse).await;
    done(story, &officer(), &recuse).await;
}

/// Who is tied to a firm does not record that the tie is over: that the owner holds nothing any more.
async fn nobody_ends_a_tie_that_bars_them(story: &mut Story) {
    story.places.insert("{code}", FIRM.to_owned());
    let owned = Uuid::from_u128(1).to_string();
    let fields = [("id", owned.as_str()), ("on", "2026-11-22")];
    let ended = over("/firms/{code}/amend/holding-ended", &fields, "");
    refused_to_the_related(story, Role::DistrictOfficer, &ended).await;
    // Somebody else may; of the sister firm, whose tie nothing else here needs.
    story.places.insert("{code}", code(12).to_string());
    let owned = Uuid::from_u128(2).to_string();
    let fields = [("id", owned.as_str()), ("on", "2026-11-22")];
    let ended = over("/firms/{code}/amend/holding-ended", &fields, "");
    done(story, &acting(person(Role::DistrictOfficer), Role::DistrictOfficer, "500118"), &ended).await;
}

async fn a_call_is_settled_and_decided(story: &mut Story) {
    // What others of the firm's claims take of its cap is not what this is about.
    let owner = acting(person(Role::Enterprise), Role::Enterprise, FIRM);
    let withdraw = CaseAct::Withdraw { reason: "不再实施（示例）".into() };
    let withdraw = cases::Command::Case { case: CASE.parse().unwrap(), expected: None, act: withdraw };
    story.city.send(owner, withdraw).await;
    story.city.recommended("专项批次（示例）", (CALL, WHOLE, "示例项目戊"), "2026-11-23").await;
    story.city.clock.set(instant("2026-11-24T02:00:00Z"));
    story.city.due("2026-11-24").await;
    story.places.insert("{call}", CALL.to_owned());
    // Arithmetic: whoever recommended a case may settle the call.
    let settle = Filled { follows: false, ..over("/calls/{call}/settle", &[], "") };
    story.act(&officer(), settle).await;
    assert_eq!(story.stage(WHOLE), StageKind::Proposed);
    let (attends, share) = (person(Role::WorkingGroup).to_string(), story.case(WHOLE).stage.ceiling().to_string());
    let fields = [("on", "2026-11-24"), ("attendees", attends.as_str()), ("case", WHOLE), ("amount", share.as_str())];
    let related = numbered(OF_ITS_OWNER, Role::CityOfficer);
    let form = story.page(&related, &format!("/calls/{CALL}/meeting/hold")).await;
    assert!(form.body.contains("应当回避") && form.body.contains("name=\"amount\" value=\"\""), "{}", form.words());
    // Neither who recommended it nor who settled the call.
    let before = story.case(WHOLE).last_hands;
    assert_eq!(before, [officer(), colleague(1)].into_iter().filter_map(|actor| actor.person()).collect());
    story.act(&colleague(2), over("/calls/{call}/meeting/hold", &fields, "minutes")).await;
    assert_eq!(story.stage(WHOLE), StageKind::Decided);
}

async fn the_public_is_asked_and_the_money_planned(story: &mut Story) {
    let fields = [("url", "https://example.invalid/notice-2"), ("on", "2026-11-24"), ("cases", WHOLE)];
    story.act(&colleague(1), over("/calls/{call}/notice", &fields, "capture")).await;
    story.city.clock.set(instant("2026-12-08T02:00:00Z"));
    story.city.due("2026-12-08").await;
    assert_eq!(story.stage(WHOLE), StageKind::Confirmed);
    let related = numbered(OF_ITS_OWNER, Role::CityOfficer);
    let form = story.page(&related, &format!("/funding-plans/new?call={CALL}")).await;
    assert!(form.body.contains("应当回避") && !form.body.contains("name=\"case\""), "{}", form.words());
    let fields = [("call", CALL), ("number", "示例资金〔2026〕9号"), ("case", WHOLE)];
    story.act(&colleague(2), over("/funding-plans/new", &fields, "document")).await;
    assert_eq!(story.stage(WHOLE), StageKind::Planned);
}

/// The order of the case that was issued last.
fn order(story: &Story) -> cases::payment::OrderRecord {
    let state = story.city.hall.office.published().state.clone();
    let of_case = state.cases.orders().filter(|record| record.order.case.to_string() == WHOLE);
    of_case.max_by_key(|record| record.recorded.sequence).unwrap().clone()
}

async fn money_is_ordered(story: &mut Story) {
    let way = format!("{WHOLE} treasury");
    let fields = [("case", WHOLE), ("way", way.as_str())];
    story.act(&finance(), over("/orders/new", &fields, "")).await;
    story.places.insert("{order}", order(story).order.id.to_string());
    story.act(&second_finance(), over("/orders/{order}/cancel", &[("reason", "账户更换（示例）")], "")).await;
    assert_eq!(story.stage(WHOLE), StageKind::Planned);
    story.act(&finance(), over("/orders/new", &fields, "")).await;
    assert_eq!(story.stage(WHOLE), StageKind::Ordered);
}

/// The bank's file is taken in whole, whoever brings it; what they may not match waits for somebody else.
async fn money_is_paid_and_comes_back(story: &mut Story) {
    let order = order(story).order;
    let text =
        format!("凭证号,金额（元）,付款日期,收款人,拨付指令\nGK-9,{},2026-12-08,{FIRM},\n", order.amount.plain());
    let related = numbered(OF_ITS_OWNER, Role::Finance);
    let mut browser = story.browser(&related).await;
    let seen = browser.post_files("/vouchers/import", &[], &[("table", "回单.csv", text.as_bytes())]).await;
    assert!(seen.status.is_success() && seen.body.contains("GK-9"), "{}", seen.words());
    let digest = Digest::of(text.as_bytes()).to_string();
    let seen = browser.post("/vouchers/import/confirm", &[("digest", &digest), ("name", "回单.csv")]).await;
    assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.words());
    story.tried.insert("/vouchers/import/confirm");
    let state = story.city.hall.office.published().state.clone();
    assert_eq!(state.cases.voucher(&"GK-9".parse().unwrap()).unwrap().used, Use::InTransit);
    assert_eq!(story.stage(WHOLE), StageKind::Ordered, "a related person's file pays nothing");

    story.places.insert("{voucher}", "GK-9".to_owned());
    let chosen = order.id.to_string();
    let fields = [("order", chosen.as_str())];
    story.act(&second_finance(), over("/vouchers/{voucher}/match", &fields, "")).await;
    assert_eq!(story.stage(WHOLE), StageKind::Paid);
    let fields = [("on", "2026-12-08"), ("reason", "户名不符（示例）")];
    story.act(&finance(), over("/vouchers/{voucher}/return", &fields, "proof")).await;
    assert_eq!(story.stage(WHOLE), StageKind::Planned);
}

/// Paid after all, not accepted, clawed back: what the firm pays back is registered by nobody related.
async fn the_firm_pays_back(story: &mut Story) {
    let way = format!("{WHOLE} treasury");
    let fields = [("case", WHOLE), ("way", way.as_str())];
    story.act(&second_finance(), over("/orders/new", &fields, "")).await;
    let (order, case): (_, CaseId) = (order(story).order, WHOLE.parse().unwrap());
    let city = &story.city;
    let voucher = Voucher {
        number: "GK-10".parse().unwrap(),
        amount: order.amount,
        on: day("2026-12-08"),
        payee: Payee::Firm(firm()),
        order: Some(order.id),
    };
    let file = city.hall.keep_file("回单二.csv", "示例回单二".as_bytes()).await.unwrap();
    city.send(finance(), cases::Command::ImportVouchers { file, vouchers: vec![voucher] }).await;
    let failed =
        CaseAct::Accept { passed: false, opinion: "设备没有到位（示例）".into(), report: city.proof().await };
    city.send(officer(), cases::Command::Case { case, expected: None, act: failed }).await;
    let adverse = "00000000-0000-7000-8000-0000000000f4".parse().unwrap();
    let propose = cases::Command::ProposeAdverse {
        adverse,
        case,
        kind: cases::adverse::Kind::Clawback(order.amount),
        reasons: "设备没有到位（示例）".to_owned(),
        basis: vec![cases::document::Citation {
            document: "示例专项资金管理办法".to_owned(),
            number: "示例〔2026〕1号".to_owned(),
            article: "第十二条".to_owned(),
        }],
        notice: city.proof().await,
    };
    city.send(colleague(1), propose).await;
    city.clock.set(instant("2026-12-21T02:00:00Z"));
    let remedy =
        Remedy { reconsideration: "示例市人民政府".to_owned(), court: "示例中级人民法院".to_owned() };
    let make = cases::adverse::Act::Make { document: city.proof().await, answer: None, remedy };
    city.send(colleague(2), cases::Command::Adverse { adverse, expected: None, act: make }).await;
    assert_eq!(story.stage(WHOLE), StageKind::Repaying);
    let fields = [("case", WHOLE), ("receipt", "TK-1"), ("amount", "1000.00"), ("on", "2026-12-21")];
    story.act(&finance(), over("/vouchers/receipts/new", &fields, "proof")).await;
}

/// Complaints and reports do not exist for whoever is related to the firm they are about.
async fn what_people_said_is_answered(story: &mut Story) {
    story.places.insert("{complaint}", "00000000-0000-7000-8000-0000000000ca".to_owned());
    story.places.insert("{report}", "00000000-0000-7000-8000-0000000000cb".to_owned());
    let fields = [("upheld", "dismissed"), ("reasons", "经核实不属实（示例）")];
    for (role, seat, pattern) in [
        (Role::WorkingGroup, "working-group", "/complaints/{complaint}"),
        (Role::Discipline, "discipline", "/reports/{report}"),
    ] {
        let answer = over(pattern, &fields, "");
        refused_to_the_related(story, role, &answer).await;
        done(story, &acting(person(role), role, seat), &answer).await;
    }
}
