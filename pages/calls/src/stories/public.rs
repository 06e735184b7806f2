//! The public reads notices and objects, complains, reports.

use cases::challenge::Command as Challenge;
use cases_pages::testing::{CALL, CASE, City, account, case, colleague, location, receipt_of, told};
use kernel::{Actor, Role};
use web::testing::Bench;

const PAPER: &[u8] = "示例数据".as_bytes();

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_citizen_objects_and_reads_the_answer() {
    let city = City::decided().await;
    let bench = city.bench(crate::routes()).await;
    let mut officer = bench.signed_in(Role::CityOfficer).await;
    let form = format!("/calls/{CALL}/notice");
    let preview = officer.get(&form).await.body;
    assert!(preview.contains("1,600,000.00") && !preview.contains("示例机密项目"), "{preview}");
    let ids: Vec<_> = (1..=4).map(|n| case(n).to_string()).collect();
    let fields = |url: &'static str| {
        let cases = ids.iter().map(|id| ("cases", id.as_str()));
        [("url", url), ("on", "2026-11-23")].into_iter().chain(cases).collect::<Vec<_>>()
    };
    let capture = [("capture", "截图.png", PAPER)];
    told(&officer.post_files(&form, &fields("example.org"), &capture).await, "完整网址");
    let notice = location(&officer.post_files(&form, &fields("https://example.org/1"), &capture).await);

    let mut citizen = bench.browser();
    assert!(citizen.get("/notices").await.body.contains(&notice), "in the list");
    let shown = citizen.get(&notice).await.body;
    assert!(
        shown.contains("示例封测1有限公司") && shown.contains("1,600,000.00") && shown.contains("到 2026-12-02 为止"),
        "{shown}"
    );
    assert!(!shown.contains("示例机密项目"), "what may be a trade secret is not told");
    assert_eq!(citizen.get(&format!("{notice}/capture")).await.body.as_bytes(), PAPER);

    let objection = format!("{notice}/objection");
    let empty = [("case", ids[0].as_str()), ("statement", "")];
    told(&citizen.post(&objection, &empty).await, "请填写");
    let said = "该企业 2025 年没有开放产能，我是其客户。";
    let contact = "13800000000";
    let fields = [("case", ids[0].as_str()), ("statement", said), ("contact", contact)];
    let thanked = citizen.post(&objection, &fields).await;
    let receipt = receipt_of(&thanked);
    let state = city.state();
    let recorded = state.cases.objections().next().unwrap();
    let sealed = city.hall.file(&recorded.said.statement.digest).await.unwrap();
    assert!(!String::from_utf8_lossy(&sealed).contains("开放产能"), "sealed");
    let opened = city.hall.statement(recorded.said.id.0, &recorded.said.statement).await.unwrap();
    assert_eq!(opened, Some((said.to_owned(), Some(contact.to_owned()))), "for whoever answers");
    assert_eq!(recorded.recorded.actor, Actor::System, "who sent it is not kept");
    assert!(citizen.get(&notice).await.body.contains("有异议，办理中"));

    let pending = citizen.post("/receipts", &[("receipt", &receipt)]).await.body;
    assert!(pending.contains("办理中") && pending.contains("答复期限"), "{pending}");
    let (id, reasons) = (recorded.said.id, "经查属实，退回重新审定".to_owned());
    let answer = Challenge::AnswerObjection { id, upheld: true, reasons };
    city.send(&colleague(2), cases::Command::Challenge(answer)).await;
    let mut anywhere = bench.browser();
    let lower = receipt.to_lowercase().replace('-', " ");
    let answered = anywhere.post("/receipts", &[("receipt", &lower)]).await.body;
    assert!(answered.contains("成立") && answered.contains("经查属实"), "{answered}");
    told(&anywhere.post("/receipts", &[("receipt", "0000-0000-0000-0000")]).await, "没有这个编号");
    assert!(citizen.get(&notice).await.body.contains("重新审定"));
    let late = citizen.post(&objection, &fields).await;
    told(&late, "不在公示期内");
    assert!(late.body.contains(said), "what was written is not lost");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_complaint_reaches_those_it_does_not_speak_of() {
    let city = City::noticed().await;
    let bench = city.bench(crate::routes()).await;
    let mut citizen = bench.browser();
    let id = CASE.to_string();
    let fields = [("case", id.as_str()), ("statement", "迟迟不答复"), ("contact", "")];
    told(&citizen.post("/complaints/new", &fields).await, "请选择投诉哪个单位");
    let fields: Vec<_> = fields.into_iter().chain([("against", "unit-3")]).collect();
    receipt_of(&citizen.post("/complaints/new", &fields).await);
    let state = city.state();
    assert_eq!(state.cases.complaints_for(&colleague(2)).count(), 0, "not to the office it speaks of");
    assert_eq!(state.cases.complaints_for(&account(Role::WorkingGroup)).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_are_slowed_down() {
    let city = City::noticed().await;
    let settings = web::Settings { words_per_minute: 2, ..web::Settings::default() };
    let bench = Bench::with(crate::routes(), city.hall.clone(), settings).await.unwrap();
    let (mut citizen, id) = (bench.browser(), CASE.to_string());
    let fields = [("case", id.as_str()), ("statement", "示例"), ("contact", "")];
    for _ in 0..2 {
        receipt_of(&citizen.post("/reports/new", &fields).await);
    }
    assert_eq!(citizen.post("/reports/new", &fields).await.status, 429);
    assert_eq!(citizen.post("/receipts", &[("receipt", "0")]).await.status, 429, "nor are receipts tried out");
    assert_eq!(citizen.get("/reports/new").await.status, 200, "looking is free");
    bench.city.pass(60);
    receipt_of(&citizen.post("/reports/new", &fields).await);
}
