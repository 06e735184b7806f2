//! Claims reviewed on their pages, act by act: whoever is of the firm, is related to it two steps deep, or took the step
//! before is refused in the very role that may, and nothing is recorded.

use axum::http::StatusCode;
use cases::StageKind;
use cases::case::Act;
use kernel::{Actor, Money, Role};
use uuid::Uuid;

use super::cases::{CASE, DISPUTED, NOTICED, colleague, officer};
use super::story::{Filled, OF_ITS_OWNER, Story, filled};
use super::{FIRM, acting, person};

const AUDITED: &str = "00000000-0000-7000-8000-0000000000e6";

const DISTRICT: Role = Role::DistrictOfficer;

fn district() -> Actor {
    acting(person(DISTRICT), DISTRICT, "500118")
}

fn expert() -> Actor {
    acting(person(Role::Expert), Role::Expert, "experts")
}

/// Every act on a single case, each tried by whoever is barred before it is done.
pub(super) async fn single_cases(story: &mut Story) {
    the_firm_asks_for_a_hearing(story).await;
    from_claim_to_recommendation(story).await;
    an_intended_rejection_is_dropped(story).await;
    a_rejection_is_heard_made_served_and_revoked(story).await;
    an_audit_firm_reports(story).await;
    an_objection_is_dismissed_and_the_project_accepted(story).await;
}

async fn from_claim_to_recommendation(story: &mut Story) {
    let queue = story.page(&district(), "/reviews").await;
    assert!(queue.body.contains("区县初审") && queue.body.contains(CASE), "{}", queue.words());
    let page = story.page(&district(), &format!("/cases/{FIRM}/{CASE}")).await;
    for word in ["申请金额", "借款合同", "未查毒", "初审通过", "退回补正", "示例控股有限公司", "逐项测算"]
    {
        assert!(page.body.contains(word), "{word}: {}", page.words());
    }
    let pattern = "/cases/{firm}/{case}/return";
    let fields = [("reason", "请补充完整合同"), ("wanted", "contract")];
    let back = filled(pattern, CASE, &fields);
    story.wrong(&district(), &back, &[("wanted", "contract")], "请填写").await;
    story.wrong(&district(), &back, &[("wanted", "nothing"), ("reason", "补充")], "材料清单中没有").await;
    story.act(&district(), back).await;
    assert_eq!(story.stage(CASE), StageKind::Returned);
    let file = story.city.hall.keep_file("补正合同.txt", "完整合同（示例）".as_bytes()).await.unwrap();
    let changes = cases::material::Changes {
        applied: Some(Money::from_yuan(6_900_000)),
        items: [("contract".parse().unwrap(), vec![file])].into(),
        ..Default::default()
    };
    let owner = acting(person(Role::Enterprise), Role::Enterprise, FIRM);
    let case = CASE.parse().unwrap();
    let resubmit = cases::Command::Case { case, expected: None, act: Act::Resubmit { changes } };
    story.city.send(owner, resubmit).await;
    let page = story.page(&district(), &format!("/cases/{FIRM}/{CASE}")).await;
    for word in ["补正合同.txt", "· 补正", "补正前", "7,000,000.00", "6,900,000.00", "第 2 次提交"] {
        assert!(page.body.contains(word), "{word}: {}", page.words());
    }
    files_are_opened(story).await;
    let fields = [("opinion", "材料齐全，情况属实")];
    let pass = filled("/cases/{firm}/{case}/pass", CASE, &fields);
    story.wrong(&district(), &pass, &[], "请填写").await;
    story.act(&district(), pass).await;
    assert_eq!(story.stage(CASE), StageKind::ExpertReview);
    experts_score(story).await;
    let officer = officer();
    // Another reading makes the assessment one to be made anew.
    let proposal = super::PROPOSAL.parse().unwrap();
    let approve = subsidy::Command::ApproveInterpretation { proposal, expected: None };
    story.city.send(officer.clone(), approve).await;
    let page = story.page(&officer, &format!("/cases/{FIRM}/{CASE}")).await;
    assert!(page.body.contains("测算后条款、口径或利率有变化"), "{}", page.words());
    let mut again = filled("/cases/{firm}/{case}/assess", CASE, &[]);
    again.follows = false;
    let before = story.case(CASE).assessment.unwrap();
    story.act(&officer, again).await;
    assert_ne!(story.case(CASE).assessment.unwrap().id, before.id);
    let fields = [("opinion", "符合办法规定，建议支持")];
    story.act(&officer, filled("/cases/{firm}/{case}/recommend", CASE, &fields)).await;
    assert_eq!(story.stage(CASE), StageKind::Recommended);
}

async fn files_are_opened(story: &Story) {
    let digest = story.case(CASE).material().unwrap().items.values().next().unwrap()[0].digest;
    let path = format!("/cases/{FIRM}/{CASE}/files/{digest}");
    let asked = story.page(&district(), &path).await;
    for word in ["还没有查毒", "打开前请知悉", "确认下载"] {
        assert!(asked.body.contains(word), "{word}: {}", asked.words());
    }
    let opened = story.page(&district(), &format!("{path}?open=unscanned")).await;
    assert!(opened.header("content-disposition").contains("attachment") && opened.body.contains("完整合同"));
    let stranger = story.page(&expert(), &path).await;
    assert_eq!(stranger.status, StatusCode::NOT_FOUND, "an expert who is not seated has no file to open");
    let owner = acting(person(Role::Enterprise), Role::Enterprise, FIRM);
    let own = story.page(&owner, &format!("/cases/{FIRM}/{CASE}")).await;
    assert_eq!(own.header("location"), format!("/my-cases/{FIRM}/{CASE}"));
}

async fn experts_score(story: &mut Story) {
    let Actor::Person { person: who, organisation, .. } = expert() else { return };
    let seat = format!("{who}@{organisation}");
    let fields = [("seats", seat.as_str())];
    let mut seats = filled("/cases/{firm}/{case}/experts", CASE, &fields);
    seats.follows = false;
    let page = story.page(&officer(), &format!("/cases/{FIRM}/{CASE}/experts")).await;
    assert!(page.body.contains("须回避：") && page.body.contains("持股 60%、任董事"), "{}", page.words());
    story.wrong(&officer(), &seats, &[], "请至少选择一位专家").await;
    let related = format!("{}@experts", Uuid::from_u128(OF_ITS_OWNER));
    story.wrong(&officer(), &seats, &[("seats", &related)], "应当回避").await;
    story.act(&officer(), seats).await;
    let page = story.page(&expert(), &format!("/cases/{FIRM}/{CASE}")).await;
    assert!(page.body.contains("申报内容") && page.body.contains("评分提交后不能更改"), "{}", page.words());
    for hidden in ["关联方", "逐项测算", "该企业的其他办件"] {
        assert!(!page.body.contains(hidden), "an expert reads {hidden}");
    }
    let fields = [("points", "88"), ("opinion", "技术可行，投资真实")];
    let score = filled("/cases/{firm}/{case}/score", CASE, &fields);
    story.wrong(&expert(), &score, &[("points", "101"), ("opinion", "好")], "0 至 100").await;
    story.act(&expert(), score).await;
    assert_eq!(story.stage(CASE), StageKind::CityReview);
    let page = story.page(&officer(), &format!("/cases/{FIRM}/{CASE}")).await;
    assert!(
        page.body.contains("88 分") && page.body.contains("平均 88.00 分") && page.body.contains("技术可行"),
        "{}",
        page.words()
    );
    let page = story.page(&district(), &format!("/cases/{FIRM}/{CASE}")).await;
    assert!(!page.body.contains("技术可行"), "opinions are for the department and those who watch");
}

const REASONS: [(&str, &str); 5] = [
    ("kind", "rejection"),
    ("reasons", "合同金额与回单不符\n经核实不属于贷款利息"),
    ("document", "示例专项资金管理办法"),
    ("number", "示例〔2026〕1号"),
    ("article", "第十二条"),
];

async fn an_intended_rejection_is_dropped(story: &mut Story) {
    let mut propose = filled("/cases/{firm}/{case}/adverse", CASE, &REASONS);
    propose.file = Some("notice");
    story.wrong(&colleague(1), &propose, &REASONS[..4], "请填写").await;
    let draft = story.post(&colleague(1), &filled("/cases/{firm}/{case}/adverse-draft", CASE, &[]), &REASONS).await;
    for word in ["代拟稿", "拟不予支持事先告知书", "《示例专项资金管理办法》（示例〔2026〕1号）第十二条", "要求听证"]
    {
        assert!(draft.body.contains(word), "{word}: {}", draft.words());
    }
    assert!(story.case(CASE).stage.may_be_rejected(), "a draft records nothing");
    story.act(&colleague(1), propose).await;
    assert_eq!(story.stage(CASE), StageKind::UnderAdverse);
    let reason = [("reason", "企业补交的材料已说明差额")];
    let mut drop = filled("/cases/{firm}/{case}/adverse/{adverse}/drop", CASE, &reason);
    drop.follows = true;
    let refused = story.post(&colleague(1), &drop, &reason).await;
    assert!(refused.status.is_client_error() && refused.body.contains("拟作这一决定的人"), "{}", refused.words());
    let mut early = filled("/cases/{firm}/{case}/adverse/{adverse}/make", CASE, &[]);
    early.file = Some("decision");
    let make = [("reconsideration", "示例市人民政府"), ("court", "示例中级人民法院")];
    story.wrong_but(&officer(), &early, &make, "期满前不能作出决定").await;
    story.act(&officer(), drop).await;
    assert_eq!(story.stage(CASE), StageKind::Recommended);
}

async fn the_firm_asks_for_a_hearing(story: &Story) {
    let owner = acting(person(Role::Enterprise), Role::Enterprise, FIRM);
    let file = story.city.hall.keep_file("申辩.txt", "示例申辩".as_bytes()).await.unwrap();
    let speak = cases::adverse::Act::Speak(cases::adverse::Statement { file, hearing: true });
    let adverse = "00000000-0000-7000-8000-0000000000c8".parse().unwrap();
    story.city.send(owner, cases::Command::Adverse { adverse, expected: None, act: speak }).await;
}

async fn a_rejection_is_heard_made_served_and_revoked(story: &mut Story) {
    let on = |pattern, fields, file| {
        let file = Some(file).filter(|file: &&str| !file.is_empty());
        Filled { pattern, case: DISPUTED, fields, file, follows: false }
    };
    let make: [(&str, &str); 3] = [
        ("answer", "回单经核对仍不一致，不予采纳"),
        ("reconsideration", "示例市人民政府"),
        ("court", "示例中级人民法院"),
    ];
    let heard = on("/cases/{firm}/{case}/adverse/{adverse}/hearing", &[], "record");
    let refused = story.post(&colleague(2), &heard, &[]).await;
    assert!(refused.body.contains("由您拟作"), "{}", refused.words());
    story.act(&officer(), heard).await;
    let mut decide = on("/cases/{firm}/{case}/adverse/{adverse}/make", &make, "decision");
    decide.follows = true;
    story.wrong(&officer(), &decide, &make[1..], "请写明是否采纳").await;
    let draft =
        story.post(&officer(), &filled("/cases/{firm}/{case}/adverse/{adverse}/draft", DISPUTED, &[]), &make).await;
    for word in ["不予支持决定书", "示例中级人民法院", "60 日", "6 个月", "不予采纳"] {
        assert!(draft.body.contains(word), "{word}: {}", draft.words());
    }
    story.act(&officer(), decide).await;
    assert_eq!(story.stage(DISPUTED), StageKind::Rejected);
    let served = [("method", "direct"), ("on", "2026-11-23")];
    let serve = on("/cases/{firm}/{case}/adverse/{adverse}/serve", &served, "proof");
    story.wrong(&officer(), &serve, &[("method", "direct"), ("on", "2026-11-01")], "早于决定日期").await;
    story.act(&officer(), serve).await;
    let page = story.page(&officer(), &format!("/cases/{FIRM}/{DISPUTED}")).await;
    assert!(page.body.contains("复议期限") && page.body.contains("2027-01-22"), "{}", page.words());
    let fields = [("route", "reconsideration")];
    story.act(&officer(), on("/cases/{firm}/{case}/adverse/{adverse}/contest", &fields, "document")).await;
    let fields = [("upheld", "revoked")];
    let mut resolve = on("/cases/{firm}/{case}/adverse/{adverse}/resolve", &fields, "document");
    resolve.follows = true;
    story.act(&colleague(2), resolve).await;
    assert_eq!(story.stage(DISPUTED), StageKind::CityReview);
}

async fn an_audit_firm_reports(story: &mut Story) {
    let (call, case) = ("00000000-0000-7000-8000-0000000000e5".parse().unwrap(), AUDITED);
    story.city.audited_call(call, case).await;
    let opinion = Act::PassDistrict { opinion: "属实（示例）".into() };
    let pass = cases::Command::Case { case: case.parse().unwrap(), expected: None, act: opinion };
    story.city.send(district(), pass).await;
    let fields = [("auditor", "audit-firm")];
    let mut choose = filled("/cases/{firm}/{case}/auditor", case, &fields);
    choose.follows = false;
    story.wrong(&officer(), &choose, &[], "请填写").await;
    story.act(&officer(), choose).await;
    let auditor = acting(person(Role::AuditFirm), Role::AuditFirm, "audit-firm");
    let page = story.page(&auditor, &format!("/cases/{FIRM}/{case}")).await;
    assert!(page.body.contains("提交审计报告") && !page.body.contains("关联方"), "{}", page.words());
    let fields = [("verified", "14,000,000.00"), ("opinion", "无保留意见")];
    let mut file = filled("/cases/{firm}/{case}/audit", case, &fields);
    file.file = Some("report");
    story.wrong(&auditor, &file, &[("verified", "很多"), ("opinion", "无")], "核定基数").await;
    story.act(&auditor, file).await;
    assert_eq!(story.stage(case), StageKind::CityReview);
    let page = story.page(&officer(), &format!("/cases/{FIRM}/{case}")).await;
    assert!(page.body.contains("14,000,000.00 元") && page.body.contains("无保留意见"), "{}", page.words());
    // Whoever steps aside sees the case no more in the queue as theirs, and may not act.
    let fields = [("grounds", "与该企业财务负责人是亲属")];
    let aside = filled("/cases/{firm}/{case}/recuse", case, &fields);
    let seen = story.post(&colleague(2), &aside, &fields).await;
    assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.words());
    let fields = [("opinion", "同意")];
    let recommend = filled("/cases/{firm}/{case}/recommend", case, &fields);
    story.wrong_but(&colleague(2), &recommend, &fields, "您已回避这一办件").await;
    let queue = story.page(&colleague(2), "/reviews").await;
    assert!(queue.body.contains("您已回避这一办件"), "{}", queue.words());
}

async fn an_objection_is_dismissed_and_the_project_accepted(story: &mut Story) {
    let fields = [("upheld", "dismissed"), ("reasons", "金额按利率表逐笔计算，无误")];
    let answer = filled("/cases/{firm}/{case}/objections/{objection}", NOTICED, &fields);
    // What was said stands beside the case, for the department.
    story.wrong(&officer(), &answer, &fields[..1], "异议内容：金额有误").await;
    story.act(&officer(), answer).await;
    let page = story.page(&officer(), &format!("/cases/{FIRM}/{NOTICED}")).await;
    assert!(page.body.contains("不成立") && page.body.contains("逐笔计算"), "{}", page.words());
    story.city.pay(NOTICED).await;
    assert_eq!(story.stage(NOTICED), StageKind::Paid);
    let fields = [("passed", "no"), ("opinion", "设备没有到位")];
    let mut accept = filled("/cases/{firm}/{case}/accept", NOTICED, &fields);
    accept.file = Some("report");
    story.wrong(&officer(), &accept, &fields[1..], "请选择一项").await;
    story.act(&officer(), accept).await;
    assert_eq!(story.stage(NOTICED), StageKind::AcceptanceFailed);
    let mut fields = REASONS;
    fields[0] = ("kind", "clawback");
    let with_amount: Vec<_> = fields.into_iter().chain([("amount", "99999999999")]).collect();
    let mut propose = filled("/cases/{firm}/{case}/adverse", NOTICED, &with_amount);
    propose.file = Some("notice");
    story.wrong(&colleague(1), &propose, &with_amount, "不超过企业实得").await;
    let net = story.case(NOTICED).purse.net().to_string();
    let right: Vec<_> = fields.into_iter().chain([("amount", net.as_str())]).collect();
    propose.fields = &right;
    story.act(&colleague(1), propose).await;
    assert_eq!(story.stage(NOTICED), StageKind::UnderAdverse);
}

/// A complaint goes past those it speaks of and those with a hand in the case; of a report only the discipline office knows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn complaints_and_reports_reach_whom_they_are_for() {
    let story = Story::begin().await;
    let (complaint, report) =
        ("/complaints/00000000-0000-7000-8000-0000000000ca", "/reports/00000000-0000-7000-8000-0000000000cb");
    let group = acting(person(Role::WorkingGroup), Role::WorkingGroup, "working-group");
    let discipline = acting(person(Role::Discipline), Role::Discipline, "discipline");
    assert!(story.page(&group, "/complaints").await.body.contains("示例封装有限公司"));
    let page = story.page(&group, complaint).await;
    assert!(page.body.contains("办理拖延") && page.body.contains("示例电话"), "{}", page.words());
    let with_a_hand = story.page(&colleague(1), complaint).await;
    assert_eq!(with_a_hand.status, StatusCode::NOT_FOUND, "they recommended the case");
    assert!(story.page(&colleague(1), "/complaints").await.body.contains("没有投诉"));
    for nobody in [&group, &officer(), &colleague(2), &district()] {
        for path in ["/reports", report] {
            let seen = story.page(nobody, path).await;
            assert_eq!(seen.status, StatusCode::NOT_FOUND, "{nobody:?} {path}");
        }
        let page = story.page(nobody, &format!("/cases/{FIRM}/{NOTICED}")).await;
        assert!(!page.body.contains("举报") && !page.body.contains("虚假合同"), "{nobody:?}: {}", page.words());
    }
    let page = story.page(&discipline, report).await;
    assert!(page.body.contains("虚假合同"), "{}", page.words());
    let answer = [("upheld", "dismissed"), ("reasons", "合同真实")];
    let mut browser = story.browser(&discipline).await;
    let seen = browser.post(report, &answer[..1]).await;
    assert!(seen.status == StatusCode::UNPROCESSABLE_ENTITY && seen.body.contains("请填写"), "{}", seen.words());
    assert_eq!(browser.post(report, &answer).await.status, StatusCode::SEE_OTHER);
    assert!(browser.get(report).await.body.contains("结论：不成立"));
    assert_eq!(browser.post(report, &answer).await.status, StatusCode::CONFLICT, "closed once");
    let mut browser = story.browser(&group).await;
    assert_eq!(browser.post(complaint, &answer).await.status, StatusCode::SEE_OTHER);
    assert_eq!(story.browser(&officer()).await.post(report, &answer).await.status, StatusCode::NOT_FOUND);
}

/// Who sees which cases, in the register, on their page, and as a file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_sees_the_cases_that_are_theirs() {
    let story = Story::begin().await;
    for (who, sees) in [
        (district(), true),
        (officer(), true),
        (acting(person(Role::WorkingGroup), Role::WorkingGroup, "working-group"), true),
        (acting(person(Role::Auditor), Role::Auditor, "audit-office"), true),
        (acting(person(Role::Finance), Role::Finance, "finance"), true),
        (acting(person(Role::AuditFirm), Role::AuditFirm, "audit-firm"), false),
    ] {
        let listed = story.page(&who, "/cases?format=json").await.body;
        assert_eq!(listed.contains("示例封装有限公司"), sees, "{who:?}: {listed}");
        let page = story.page(&who, &format!("/cases/{FIRM}/{CASE}")).await;
        assert_eq!(page.status, if sees { StatusCode::OK } else { StatusCode::NOT_FOUND }, "{who:?}");
    }
    // An expert sees what they scored, and no amounts that were computed of it.
    let listed = story.page(&expert(), "/cases?format=json").await.body;
    assert!(listed.contains("applied") && !listed.contains("assessed"), "{listed}");
    assert!(story.page(&officer(), "/cases?format=xlsx").await.header("content-disposition").contains("xlsx"));
    let back = story.page(&officer(), &format!("/cases/{FIRM}/{CASE}?as_of=2026-11-23")).await;
    assert_eq!(back.status, StatusCode::OK);
    let earlier = story.page(&officer(), &format!("/cases/{FIRM}/{CASE}?as_of=2026-11-20")).await;
    assert_eq!(earlier.status, StatusCode::NOT_FOUND, "it did not exist yet");
    let desk = story.page(&district(), "/desk").await;
    assert!(desk.body.contains("待办的办件") && desk.body.contains(CASE), "{}", desk.words());
}

/// What waits for somebody is shown a page at a time, most pressing first, and as a file in whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_queue_is_paged_like_every_register() {
    let story = Story::begin().await;
    let call = story.case(CASE).call;
    story.city.clock.set(super::instant("2026-11-25T02:00:00Z"));
    for n in 0..25_u32 {
        let case = format!("00000000-0000-7000-8000-0000000001{n:02}");
        story.city.claim(call, &case, Some(&format!("示例项目第{n}"))).await;
    }
    let first = story.page(&district(), "/reviews?size=20").await;
    for word in ["26 件，其中您可以办理 26 件", "第 1—20 条，共 26 条", "下一页"] {
        assert!(first.body.contains(word), "{word}: {}", first.words());
    }
    assert_eq!(first.body.matches(&format!("href=\"/cases/{FIRM}/")).count(), 20, "{}", first.words());
    assert!(first.body.contains(CASE), "the oldest is the most pressing");
    let second = story.page(&district(), "/reviews?size=20&page=2").await;
    assert_eq!(second.body.matches(&format!("href=\"/cases/{FIRM}/")).count(), 6, "{}", second.words());
    assert!(!second.body.contains(CASE));
    let all: serde_json::Value =
        serde_json::from_str(&story.page(&district(), "/reviews?format=json").await.body).unwrap();
    let due: Vec<_> = all["rows"].as_array().unwrap().iter().map(|row| row["due"].to_string()).collect();
    assert!(due.len() == 26 && due.is_sorted() && due[0] < due[25], "{due:?}");
    let none = story.page(&expert(), "/reviews").await;
    assert!(
        none.body.contains("没有等待您办理的办件") && !none.body.contains("class=\"register\""),
        "{}",
        none.words()
    );
}
