//! The department runs a call: from the rule to the notice's draft, offers without an application, performance sheets.

use cases::StageKind;
use cases::call::{self, Mode, Stage, Terms};
use cases::performance::{Figure, IndicatorKind, Sheet, Target};
use cases_pages::testing::{CALL, City, case, colleague, day, firm, location, told};
use kernel::{Money, Period, PersonId, Role};
use uuid::Uuid;

const PAPER: &[u8] = "示例数据".as_bytes();

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_rule_to_a_published_call() {
    let city = City::founded().await;
    city.on("2026-11-23").await;
    let bench = city.bench(crate::routes()).await;
    let mut officer = bench.signed_in(Role::CityOfficer).await;
    let choose = officer.get("/calls/new").await.body;
    assert!(choose.contains("请先登记支持本事项的资金管理办法"), "{choose}");

    let sentence = city.sentence();
    let anchor = format!("{}|{}", sentence.plan, sentence.anchor);
    let typed =
        [("title", "示例办法"), ("number", "示例〔2026〕9号"), ("from", "2026-01-01"), ("benefits", "test-fee")];
    let refused = officer.post_files("/fund-rules/new", &typed, &[("file", "办法.pdf", PAPER)]).await;
    told(&refused, "请至少选择行动计划中的一句");
    let typed: Vec<_> = typed.into_iter().chain([("anchors", anchor.as_str())]).collect();
    let rule = location(&officer.post_files("/fund-rules/new", &typed, &[("file", "办法.pdf", PAPER)]).await);
    let shown = bench.browser().get(&rule).await.body;
    assert!(shown.contains("示例办法") && shown.contains("未审查"), "{shown}");
    assert!(shown.contains("封测费用5%") || shown.contains("封测费"), "the sentence itself: {shown}");

    let rule_id = rule.rsplit('/').next().unwrap().to_owned();
    let basis = format!("{rule_id}|{}", sentence.anchor);
    let form = officer.get("/calls/new?benefit=test-fee").await.body;
    assert!(
        form.contains(&basis) && form.contains("示例单位6"),
        "rule, sentence and finance office are offered: {form}"
    );
    let terms = [
        ("benefit", "test-fee"),
        ("title", "示例批次"),
        ("year", "2025"),
        ("basis", &basis),
        ("mode", "open"),
        ("from", "2026-12-01"),
        ("until", "2027-01-31"),
        ("scope", "示例范围"),
        ("item_key", ""),
        ("item_title", "申请表"),
        ("item_required", "yes"),
        ("item_key", ""),
        ("item_title", "合同"),
        ("item_required", "no"),
        ("budget", "3,000,000"),
        ("reduction", "proportional"),
        ("finance", "unit-6"),
        ("district", "on"),
        ("experts", "0"),
        ("notice_working_days", "7"),
        ("acceptance_months", ""),
    ];
    let mut short = terms;
    short[19] = ("notice_working_days", "1");
    told(&officer.post("/calls/new", &short).await, "短于现行规定的下限");
    let desk = location(&officer.post("/calls/new", &terms).await);
    let shown = officer.get(&desk).await.body;
    assert!(
        shown.contains("没有有效的公平竞争审查结论，不能发布") && shown.contains("还没有填报绩效目标表"),
        "{shown}"
    );

    let call = desk.trim_end_matches("/desk").to_owned();
    let targets = [("name", "支持企业户数"), ("kind", "output"), ("unit", "count"), ("value", "三")];
    told(&officer.post(&format!("{call}/targets"), &targets).await, "不是整数");
    let targets = [("name", "支持企业户数"), ("kind", "output"), ("unit", "count"), ("value", "3")];
    location(&officer.post(&format!("{call}/targets"), &targets).await);
    let publish = format!("{call}/publish");
    let issued = [("title", "申报通知"), ("number", "示例〔2026〕10号"), ("from", "2026-11-23")];
    let before = officer.get(&publish).await.body;
    assert!(before.contains("发布会被拒绝"), "said beforehand: {before}");
    told(&officer.post_files(&publish, &issued, &[("file", "通知.pdf", PAPER)]).await, "公平竞争审查");

    let review = format!("{rule}/review/test-fee");
    let typed =
        [("body", "示例审查小组"), ("on", "2026-11-20"), ("conclusion", "exception"), ("expires", "2028-12-31")];
    let lacking = officer.post_files(&review, &typed, &[("evidence", "审查表.pdf", PAPER)]).await;
    told(&lacking, "例外规定的依据");
    let typed = [("body", "示例审查小组"), ("on", "2026-11-20"), ("conclusion", "fair"), ("expires", "2028-12-31")];
    location(&officer.post_files(&review, &typed, &[("evidence", "审查表.pdf", PAPER)]).await);
    assert_eq!(bench.browser().get(&format!("{call}/file")).await.status, 404, "a draft is nobody's business");
    location(&officer.post_files(&publish, &issued, &[("file", "通知.pdf", PAPER)]).await);
    let state = city.state();
    let published = state.cases.calls().next().unwrap();
    assert!(matches!(published.stage, Stage::Published { .. }));
    let item = |n: usize| (published.terms.checklist[n].key.to_string(), published.terms.checklist[n].required);
    assert_eq!([item(0), item(1)], [("item-1".to_owned(), true), ("item-2".to_owned(), false)]);
    assert_eq!(bench.browser().get(&format!("{call}/file")).await.body.as_bytes(), PAPER, "everybody reads the notice");

    let again = officer.get("/calls/new?benefit=test-fee").await.body;
    assert!(again.contains("已按“示例批次”预填") && again.contains("value=\"2026\""), "{again}");
    assert!(again.contains("2027-12-01") && again.contains("value=\"3000000.00\""), "a year later: {again}");
    let mut other = bench.signed_in(Role::Finance).await;
    assert_eq!(other.get(&desk).await.status, 200, "who pays sees the desk");
    assert_eq!(other.get(&publish).await.status, 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_settled() {
    let city = City::recommended().await;
    let bench = city.bench(crate::routes()).await;
    let mut officer = bench.signed_in(Role::CityOfficer).await;
    let (settle, hold) = (format!("/calls/{CALL}/settle"), format!("/calls/{CALL}/meeting/hold"));
    // 2,000,000 + 1,200,000 + 800,000 + 1,000,000 are asked of 4,000,000: four fifths each.
    let preview = officer.get(&settle).await.body;
    for share in ["1,600,000.00", "960,000.00", "640,000.00", "800,000.00", "5,000,000.00"] {
        assert!(preview.contains(share), "{share}: {preview}");
    }
    assert_eq!(city.stage(1), StageKind::Recommended, "looking decides nothing");
    location(&officer.post(&settle, &[]).await);
    assert_eq!(city.stage(1), StageKind::Proposed);
    let shown = officer.get(&hold).await.body;
    assert!(shown.contains("相邻两个环节不能是同一人"), "who settled does not record the meeting: {shown}");
    assert!(!shown.contains("value=\"1600000.00\""), "nothing is filled in for them: {shown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_meeting_decides() {
    let city = City::settled().await;
    let bench = city.bench(crate::routes()).await;
    let mut officer = bench.signed_in(Role::CityOfficer).await;
    let (pack, hold) = (format!("/calls/{CALL}/meeting"), format!("/calls/{CALL}/meeting/hold"));
    let shown = officer.get(&pack).await.body;
    assert!(shown.contains("示例封测1有限公司") && shown.contains("4,000,000.00"), "{shown}");
    let excel = officer.get_bytes(&format!("{pack}?format=xlsx")).await;
    assert!(excel.starts_with(b"PK"), "Excel");

    let shares = [(1, "1600000.00"), (2, "960000.00"), (3, "640000.00"), (4, "")];
    let ids: Vec<_> = shares.iter().map(|(n, _)| case(*n).to_string()).collect();
    let attendee = PersonId(Uuid::from_u128(101)).to_string();
    let form = |first: &'static str| {
        let mut fields = vec![("on", "2026-11-23"), ("attendees", attendee.as_str())];
        for ((n, amount), id) in shares.iter().zip(&ids) {
            fields.push(("case", id.as_str()));
            fields.push(("amount", if *n == 1 { first } else { amount }));
        }
        fields
    };
    let minutes = [("minutes", "纪要.pdf", PAPER)];
    told(&officer.post_files(&hold, &form("1600000.01"), &minutes).await, "超过汇总测算的可支持金额");
    let shown = officer.post_files(&hold, &form("一百"), &minutes).await;
    told(&shown, "审定金额");
    assert!(shown.body.contains("value=\"一百\""), "what was typed stays");
    let meeting = location(&officer.post_files(&hold, &form("1500000"), &minutes).await);
    assert_eq!([city.stage(1), city.stage(4)], [StageKind::Decided, StageKind::Proposed], "one was left undecided");
    let shown = officer.get(&meeting).await.body;
    assert!(shown.contains("1,500,000.00") && shown.contains("示例人员101") && !shown.contains("示例封测4"), "{shown}");
    let next = officer.get(&format!("/calls/{CALL}/notice")).await.body;
    assert!(next.contains("相邻两个环节不能是同一人"), "who decided does not publish: {next}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_award_is_offered_or_the_firm_invited() {
    let city = City::with_a_rule().await;
    let officer = colleague(1);
    let terms = Terms {
        mode: Mode::Proactive,
        window: Period::new(day("2026-10-08"), day("2026-12-20")).unwrap(),
        ..city.terms()
    };
    city.act(&officer, call::Act::Draft(terms)).await;
    let targets = vec![Target { name: "户数".to_owned(), kind: IndicatorKind::Output, target: Figure::Count(1) }];
    city.act(&officer, call::Act::FileSheet(Sheet::Targets(targets))).await;
    city.act(&officer, call::Act::Publish { notice: city.document("通知").await }).await;
    city.on("2026-10-08").await;
    city.on("2026-11-23").await;
    let bench = city.bench(crate::routes()).await;
    let mut officer = bench.signed_in(Role::CityOfficer).await;
    let offer = format!("/calls/{CALL}/offer");
    let form = officer.get(&format!("{offer}?firm={}", firm(1))).await.body;
    assert!(form.contains("示例封测1有限公司") && form.contains("name=\"fee1-net\""), "{form}");
    let code = firm(1).to_string();
    let other = firm(2).to_string();
    let fields = |firm: &'static str, net: &'static str, authorisation: &'static str| {
        vec![
            ("firm", firm),
            ("base", "test-fees"),
            ("year", "2025"),
            ("packaging", "yes"),
            ("opens-capacity", "yes"),
            ("fee1-net", net),
            ("fee1-tax", "0"),
            ("fee1-invoiced", "2025-05-06"),
            ("fee1-in-city", "yes"),
            ("fee1-design-firm", "yes"),
            ("fee1-open-capacity", "yes"),
            ("fact1-what", "2025 年度封测费（示例）"),
            ("fact1-supplier", "500118"),
            ("fact1-authorisation", authorisation),
            ("fact1-as-of", "2025-12-31"),
        ]
    };
    let (code, other): (&'static str, &'static str) = (code.leak(), other.leak());
    let file = [("fact1-file", "税务数据.pdf", PAPER)];
    let refused = officer.post_files(&offer, &fields(code, "0", "授权书"), &file).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    location(&officer.post_files(&offer, &fields(code, "10000000", "授权书（示例）"), &file).await);
    let state = city.state();
    let offered = state.cases.cases().next().unwrap();
    assert_eq!(offered.stage.kind(), StageKind::Offered);
    assert_eq!(offered.assessment.unwrap().award, Money::from_yuan(500_000), "5 % of ten million");
    assert_eq!(offered.material().unwrap().applied, Money::from_yuan(500_000));

    let desk = location(&officer.post_files(&offer, &fields(other, "10000000", ""), &file).await);
    let shown = officer.get(&desk).await.body;
    assert!(shown.contains("邀请自行申报") && shown.contains("缺少使用授权"), "{shown}");
    assert_eq!(city.state().cases.cases().count(), 1, "nothing was offered to the second");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sheets_know_what_the_records_know() {
    let city = City::settled().await;
    let bench = city.bench(crate::routes()).await;
    let mut officer = bench.signed_in(Role::CityOfficer).await;
    let (mid_year, own) = (format!("/calls/{CALL}/mid-year"), format!("/calls/{CALL}/self-assessment"));
    let form = officer.get(&mid_year).await.body;
    assert!(form.contains("按记录") && form.contains("value=\"0\""), "nobody is paid yet: {form}");
    location(&officer.post(&mid_year, &[("value", "0"), ("deviation", "")]).await);
    let missed = [("value", "0"), ("deviation", ""), ("score", "80"), ("conclusion", "示例")];
    told(&officer.post(&own, &missed).await, "请写明偏差原因");
    let told_why = [("value", "0"), ("deviation", "尚未拨付"), ("score", "80"), ("conclusion", "示例结论")];
    let sheets = location(&officer.post(&own, &told_why).await);
    let printed = officer.get(&sheets).await.body;
    for word in ["绩效目标表", "绩效年中监控", "绩效自评", "未达到", "尚未拨付", "示例结论"] {
        assert!(printed.contains(word), "{word}: {printed}");
    }
}
