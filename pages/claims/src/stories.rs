//! Firms claim, complete, and answer, through the pages alone.

use cases::case::Act;
use cases::support::Support;
use cases::{CallId, Command, StageKind};
use kernel::{Money, Role};
use web::testing::{Bench, Browser, Seen};

use super::story_city::{
    AGENT, City, NARROW_AGENT, OTHER_OWNER, OWNER, call, colleague, day, district, firm, officer, signed_in,
};

/// A small PDF. 示例数据.
fn pdf(title: &str) -> Vec<u8> {
    upload::example::pdf(title, &["示例数据"])
}

fn number(n: u32) -> String {
    format!("25{n:018}")
}

/// An invoice of the first firm to the third as its XML. 示例数据.
fn invoice(n: u32, net: i64) -> Vec<u8> {
    let (net, tax) = (Money::from_yuan(net), Money::from_yuan(net * 6 / 100));
    let (seller, buyer) = ((firm(1), "示例封测1有限公司"), (firm(3), "示例封测3有限公司"));
    let invoice = upload::example::invoice(&number(n), day("2025-06-30"), seller, buyer, net, tax);
    upload::example::xml(&invoice).into_bytes()
}

fn path(call: CallId, step: &str) -> String {
    format!("/calls/{call}/claim?step={step}")
}

/// Answers a step that must be fine, and tells where it leads.
async fn answer(browser: &mut Browser<'_>, path: &str, fields: &[(&str, &str)]) -> String {
    let fields: Vec<_> = fields.iter().copied().chain([("act", "next")]).collect();
    let seen = browser.post(path, &fields).await;
    assert_eq!(seen.status, 303, "{path}\n{}", seen.body);
    seen.header("location").to_owned()
}

async fn send_file(browser: &mut Browser<'_>, path: &str, name: &str, content: &[u8]) -> Seen {
    let fields = [("act", "next"), ("not-secret", "on")];
    browser.post_files(path, &fields, &[("files", name, content)]).await
}

async fn file(browser: &mut Browser<'_>, call: CallId, item: &str, name: &str, content: &[u8]) {
    let seen = send_file(browser, &path(call, &format!("material&item={item}")), name, content).await;
    assert_eq!(seen.status, 303, "{name}\n{}", seen.body);
}

const PROMISES: [(&str, &str); 2] = [("true", "on"), ("no-secret", "on")];

async fn submit(browser: &mut Browser<'_>, call: CallId) -> Seen {
    browser.post(&format!("/calls/{call}/claim/submit"), &PROMISES).await
}

const INVESTMENT: [(&str, &str); 4] =
    [("paid-in", "680,000,000"), ("proven-on", "2025-11-30"), ("proof", "audit"), ("progress", "100")];

const LOAN: [(&str, &str); 9] = [
    ("lender", "示例银行"),
    ("contract", "2024-01"),
    ("principal", "300000000"),
    ("paid", "15000000"),
    ("disbursed", "2024-03-01"),
    ("from", "2025-01-01"),
    ("until", "2026-01-01"),
    ("term", "over-five"),
    ("kind", "bank"),
];

/// Everything of an interest claim but sending it.
async fn fill_interest(browser: &mut Browser<'_>) {
    let call = call("interest");
    let firm = [("asks-packaging", "on"), ("packaging", "yes"), ("project", "示例扩产项目")];
    assert!(answer(browser, &path(call, "firm"), &firm).await.ends_with("step=investment"));
    answer(browser, &path(call, "investment"), &INVESTMENT).await;
    answer(browser, &path(call, "loan&n=1"), &LOAN).await;
    answer(browser, &path(call, "loans"), &[]).await;
    file(browser, call, "investment-proof", "审计报告.pdf", &pdf("审计报告")).await;
    file(browser, call, "loan-contracts", "合同.pdf", &pdf("合同")).await;
    answer(browser, &path(call, "received"), &[("elsewhere", "no")]).await;
}

async fn claim_interest(browser: &mut Browser<'_>) -> Seen {
    fill_interest(browser).await;
    answer(browser, &path(call("interest"), "amount"), &[("applied", "7350000")]).await;
    submit(browser, call("interest")).await
}

async fn claim_fees(browser: &mut Browser<'_>, invoices: &[(u32, i64)]) -> Seen {
    let call = call("test-fee");
    answer(browser, &path(call, "firm"), &[("asks-packaging", "on"), ("packaging", "yes")]).await;
    answer(browser, &path(call, "service"), &[("opens-capacity", "yes")]).await;
    for (n, net) in invoices {
        file(browser, call, "invoices", &format!("{n}.xml"), &invoice(*n, *net)).await;
    }
    let numbers: Vec<_> = invoices.iter().map(|(n, _)| number(*n)).collect();
    let adopted: Vec<_> = numbers.iter().map(|number| ("adopt", number.as_str())).chain([("act", "adopt")]).collect();
    let seen = browser.post(&path(call, "fees"), &adopted).await;
    assert_eq!(seen.status, 303, "{}", seen.body);
    // What is known of the customer is ticked already; the browser sends it along.
    let table = browser.get(&path(call, "fees")).await;
    assert_eq!(table.body.matches("name=\"in-city\"").count(), invoices.len());
    let lines: Vec<_> = (1..=invoices.len()).map(|n| n.to_string()).collect();
    let known: Vec<_> = lines.iter().map(|n| ("in-city", n.as_str())).chain([("lines", "on")]).collect();
    let all: Vec<_> = known.iter().copied().chain([("all", "open")]).collect();
    browser.post(&path(call, "fees"), &all).await;
    let open = lines.iter().map(|n| ("open", n.as_str()));
    let ticks: Vec<_> = known.iter().copied().chain(open).collect();
    answer(browser, &path(call, "fees"), &ticks).await;
    answer(browser, &path(call, "received"), &[("elsewhere", "no")]).await;
    answer(browser, &path(call, "amount"), &[("applied", "100000")]).await;
    submit(browser, call).await
}

async fn opened(browser: &mut Browser<'_>, path: &str, expected: &[&str]) -> Seen {
    let seen = browser.get(path).await;
    for words in expected {
        assert!(seen.body.contains(words), "{path}：{words}\n{}", seen.body);
    }
    seen
}

async fn arranged() -> (City, Bench) {
    let city = City::open().await;
    let bench = city.bench().await;
    (city, bench)
}

#[tokio::test]
async fn a_loan_is_claimed_for_from_the_call_to_the_receipt() {
    let (city, bench) = arranged().await;
    let id = call("interest");
    let mut public = bench.browser();
    opened(&mut public, "/calls", &["现在可以申报", "2025 年度 interest 示例批次", "预算"]).await;
    let of_call = [
        "实际到位投资在5亿元以上",
        "投资专项审计报告",
        "示例专项资金管理办法",
        "未发现排除、限制竞争",
        "10 个工作日",
        "登录后申报",
    ];
    opened(&mut public, &format!("/calls/{id}"), &of_call).await;

    let mut owner = signed_in(&bench, OWNER).await;
    let begins = ["由谁申报", "示例封测1有限公司", firm(1).as_str(), "示例封装", "永川区"].map(str::to_owned);
    opened(&mut owner, &format!("/calls/{id}/claim"), &begins.each_ref().map(String::as_str)).await;
    fill_interest(&mut owner).await;
    // Proposed by the computation of the formal assessment, shown line by line.
    opened(&mut owner, &path(id, "amount"), &["value=\"7350000.00\"", "300,000,000.00 × 4.90%"]).await;
    let early = submit(&mut owner, id).await;
    assert!(early.status == 422 && early.body.contains("“申请金额”还没有填写"), "{}", early.body);
    answer(&mut owner, &path(id, "amount"), &[("applied", "7350000.00")]).await;
    let unsworn = owner.post(&format!("/calls/{id}/claim/submit"), &[]).await;
    assert!(unsworn.status == 422 && unsworn.body.contains("#field-true"), "{}", unsworn.body);
    let sent = submit(&mut owner, id).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let receipt = sent.header("location").to_owned();
    // 2026-10-10, a Saturday, is worked for the National Day.
    opened(
        &mut owner,
        &receipt,
        &["申报已提交", "7,350,000.00 元", "永川区人民政府：区县初审，2026-10-22 前", "合同.pdf"],
    )
    .await;

    let case = city.case_of(1);
    assert_eq!(case.stage.kind(), StageKind::DistrictReview);
    assert_eq!(case.assessment.unwrap().award, Money::from_yuan(7_350_000));
    let material = case.material().unwrap();
    assert!(material.supports.contains(&Support::Loan("示例银行 2024-01".to_owned())));
    let home = receipt.trim_end_matches("/receipt");
    let shown = ["下一步", "区县初审", "本次测算", "重算，结果一致", "合同.pdf", "最迟", "撤回申报"];
    opened(&mut owner, home, &shown).await;
    opened(&mut owner, "/my-cases", &["7,350,000.00", "永川区人民政府：区县初审"]).await;
    let digest = material.items.values().flatten().next().unwrap().digest;
    assert!(!owner.get_bytes(&format!("{home}/files/{digest}")).await.is_empty());
    // A second claim to the call leads to the first.
    assert_eq!(owner.get(&format!("/calls/{id}/claim")).await.header("location"), home);
    // To another firm there is no such case.
    let mut other = signed_in(&bench, OTHER_OWNER).await;
    assert_eq!(other.get(home).await.status, 404);
    assert_eq!(other.get(&format!("{home}/files/{digest}")).await.status, 404);
    assert_eq!(other.post(&format!("{home}/withdraw"), &[("withdraw-reason", "x")]).await.status, 404);

    let taken_back = owner.post(&format!("{home}/withdraw"), &[("withdraw-reason", "示例：项目调整")]).await;
    assert_eq!(taken_back.status, 303, "{}", taken_back.body);
    assert_eq!(city.case_of(1).stage.kind(), StageKind::Withdrawn);
}

#[tokio::test]
async fn invoices_are_read_from_their_files_and_listed_by_the_firm() {
    let (city, bench) = arranged().await;
    let mut agent = signed_in(&bench, AGENT).await;
    let sent = claim_fees(&mut agent, &[(1, 1_000_000), (2, 1_500_000)]).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let case = city.case_of(1);
    let supports: Vec<_> = case.material().unwrap().supports.iter().cloned().collect();
    assert_eq!(supports, [Support::Invoice(number(1)), Support::Invoice(number(2))]);
    assert_eq!(case.assessment.unwrap().ceiling, Money::from_yuan(125_000));
    let filed = city.state().subsidy.filed(office::claims::claim_of(case.id)).unwrap().filed.claim.clone();
    let subsidy::Facts::TestFees(facts) = filed.facts else { panic!("other facts") };
    assert!(facts.lines.iter().all(|line| line.attributes.in_city && line.attributes.open_capacity));
    assert_eq!(facts.lines[0].customer.as_deref(), Some(&firm(3)));
}

#[tokio::test]
async fn an_invoice_that_stands_behind_another_case_is_refused_where_it_is_listed() {
    let (city, bench) = arranged().await;
    let mut owner = signed_in(&bench, OWNER).await;
    assert_eq!(claim_fees(&mut owner, &[(1, 1_000_000)]).await.status, 303);
    let mut other = signed_in(&bench, OTHER_OWNER).await;
    let refused = claim_fees(&mut other, &[(1, 1_000_000)]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("已用于另一办件") && refused.body.contains("claim?step=fees"), "{}", refused.body);
    let own = city.case_of(1).id.to_string();
    let check = other.get(&path(call("test-fee"), "check")).await;
    assert!(!check.body.contains(&own), "whose case it is, is not told");
    assert_eq!(city.state().cases.cases().count(), 1);
}

/// What a district sets is claimed like everything else; whose amounts apply nobody is asked.
#[tokio::test]
async fn what_districts_grant_is_claimed() {
    let (city, bench) = arranged().await;
    let mut owner = signed_in(&bench, OWNER).await;
    let packaging = [("asks-packaging", "on"), ("packaging", "yes")];
    let award = |n: usize| {
        let state = city.state();
        let cases: Vec<_> = state.cases.cases_of_firm(firm(1)).cloned().collect();
        assert_eq!(cases.len(), n);
        cases.into_iter().max_by_key(|case| case.id).unwrap().assessment.unwrap().award
    };

    let id = call("breakthrough");
    answer(&mut owner, &path(id, "firm"), &packaging).await;
    let empty = owner.post(&path(id, "revenue"), &[("revenue", "620000000"), ("act", "next")]).await;
    assert!(empty.status == 422 && empty.body.contains("#field-highest-before"), "{}", empty.body);
    answer(&mut owner, &path(id, "revenue"), &[("revenue", "620000000"), ("highest-before", "300000000")]).await;
    file(&mut owner, id, "audit-report", "审计报告.pdf", &pdf("审计报告")).await;
    answer(&mut owner, &path(id, "received"), &[("elsewhere", "no")]).await;
    // 2,000,000 less the 500,000 of the tier passed before.
    opened(&mut owner, &path(id, "amount"), &["1,500,000.00", "由区县财政拨付给申报企业"]).await;
    answer(&mut owner, &path(id, "amount"), &[("applied", "1500000")]).await;
    opened(&mut owner, &path(id, "check"), &["以前年度最高", "300,000,000.00 元"]).await;
    assert_eq!(submit(&mut owner, id).await.status, 303);
    assert_eq!(award(1), Money::from_yuan(1_500_000));

    let id = call("complex");
    answer(&mut owner, &path(id, "firm"), &[]).await;
    answer(&mut owner, &path(id, "total-investment"), &[("total-investment", "60000000")]).await;
    file(&mut owner, id, "filing", "备案证.pdf", &pdf("备案证")).await;
    answer(&mut owner, &path(id, "received"), &[("elsewhere", "no")]).await;
    answer(&mut owner, &path(id, "amount"), &[("applied", "6000000")]).await;
    let unnamed = submit(&mut owner, id).await;
    assert!(unnamed.status == 422 && unnamed.body.contains("请写明项目名称"), "{}", unnamed.body);
    answer(&mut owner, &path(id, "firm"), &[("project", "示例综合体")]).await;
    assert_eq!(submit(&mut owner, id).await.status, 303);
    assert_eq!(award(2), Money::from_yuan(6_000_000));

    let id = call("park");
    answer(&mut owner, &path(id, "firm"), &packaging).await;
    answer(&mut owner, &path(id, "entered"), &[("entered", "2025-01-31")]).await;
    file(&mut owner, id, "agreement", "入驻协议.pdf", &pdf("入驻协议")).await;
    let (seller, buyer) = ((firm(3), "示例封测3有限公司"), (firm(1), "示例封测1有限公司"));
    let (net, tax) = (Money::from_yuan(400_000), Money::from_yuan(36_000));
    let rent = upload::example::invoice(&number(9), day("2025-06-30"), seller, buyer, net, tax);
    file(&mut owner, id, "invoices", "租金.xml", upload::example::xml(&rent).as_bytes()).await;
    opened(&mut owner, &path(id, "entries"), &["读到、还没有列入", "436,000.00"]).await;
    let adopted = owner.post(&path(id, "entries"), &[("act", "adopt")]).await;
    assert_eq!(adopted.status, 303, "{}", adopted.body);
    opened(&mut owner, &path(id, "entries"), &["有缺漏，去补全"]).await;
    let line =
        [("number", number(9)), ("part", "rent".into()), ("amount", "436000".into()), ("paid", "2025-06-30".into())];
    let line: Vec<_> = line.iter().map(|(name, value)| (*name, value.as_str())).collect();
    answer(&mut owner, &path(id, "entry&n=1"), &line).await;
    answer(&mut owner, &path(id, "entry&n=2"), &[("part", "fit-out"), ("amount", "250000"), ("paid", "2025-03-02")])
        .await;
    answer(&mut owner, &path(id, "entries"), &[]).await;
    answer(&mut owner, &path(id, "received"), &[("elsewhere", "no")]).await;
    answer(&mut owner, &path(id, "amount"), &[("applied", "268000")]).await;
    let sent = submit(&mut owner, id).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    // 436,000 × 50 % + 250,000 × 20 %.
    assert_eq!(award(3), Money::from_yuan(268_000));
    let supported = city.state().cases.supported_by(&Support::Invoice(number(9))).count();
    assert_eq!(supported, 1, "the invoice stands behind no other claim");
}

#[tokio::test]
async fn a_platform_claims_its_operating_cost() {
    let (city, bench) = arranged().await;
    let mut owner = signed_in(&bench, OWNER).await;
    let id = call("platform");
    answer(&mut owner, &path(id, "firm"), &[]).await;
    let service = [
        ("public-service", "yes"),
        ("recognised-from", "2024-01-01"),
        ("recognised-until", "2027-12-31"),
        ("recognition-checked", "on"),
    ];
    answer(&mut owner, &path(id, "service"), &service).await;
    answer(&mut owner, &path(id, "costs"), &[("cost-staff", "8000000"), ("cost-depreciation", "3000000")]).await;
    file(&mut owner, id, "recognition", "认定.pdf", &pdf("认定")).await;
    file(&mut owner, id, "costs", "审计.pdf", &pdf("审计")).await;
    let bought = {
        let (seller, buyer) = ((firm(3), "示例封测3有限公司"), (firm(1), "示例封测1有限公司"));
        let invoice =
            upload::example::invoice(&number(9), day("2025-03-01"), seller, buyer, Money::from_yuan(9), Money::ZERO);
        upload::example::xml(&invoice).into_bytes()
    };
    file(&mut owner, id, "costs", "支出.xml", &bought).await;
    opened(&mut owner, &path(id, "invoices"), &[&number(9), "checked"]).await;
    answer(&mut owner, &path(id, "invoices"), &[("supports", &number(9))]).await;
    answer(&mut owner, &path(id, "received"), &[("elsewhere", "no")]).await;
    let amount = opened(&mut owner, &path(id, "amount"), &["按满分估算", "10% ×"]).await;
    assert!(amount.body.contains("value=\"800000.00\""), "{}", amount.body);
    answer(&mut owner, &path(id, "amount"), &[("applied", "800000")]).await;
    let sent = submit(&mut owner, id).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let case = city.case_of(1);
    assert_eq!(case.assessment.unwrap().award, Money::ZERO, "no score yet");
    assert!(case.material().unwrap().supports.contains(&Support::Invoice(number(9))));
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_kept_and_listed_with_its_question() {
    let (city, bench) = arranged().await;
    let mut owner = signed_in(&bench, OWNER).await;
    let id = call("interest");
    let mut loan = LOAN;
    loan[2].1 = "三亿";
    let wrong = owner.post(&path(id, "loan&n=1"), &loan).await;
    assert!(wrong.status == 422 && wrong.body.contains("#field-principal"), "{}", wrong.body);
    // Another browser, another day: what was typed is still there, right or wrong.
    city.on("2026-10-12").await;
    let mut again = signed_in(&bench, OWNER).await;
    opened(&mut again, &path(id, "loan&n=1"), &["三亿", "示例银行", "field-principal"]).await;
    let check = submit(&mut again, id).await;
    assert_eq!(check.status, 422);
    for missing in [
        "“申报主体”还没有填写",
        "step=investment",
        "三亿",
        "step=loan&#38;n=1",
        "还缺材料“投资专项审计报告”",
        "“其他资金”还没有填写",
    ] {
        assert!(check.body.contains(missing), "{missing}\n{}", check.body);
    }
    assert!(!check.body.contains("还缺材料“其他说明”"), "what is optional is not missing");
    assert_eq!(city.state().cases.cases().count(), 0);
    let material = path(id, "material&item=loan-contracts");
    let unconfirmed = again.post_files(&material, &[("act", "next")], &[("files", "a.pdf", &pdf("a"))]).await;
    assert!(unconfirmed.status == 422 && unconfirmed.body.contains("不含涉密信息"), "{}", unconfirmed.body);
    let lying = send_file(&mut again, &material, "合同.pdf", b"PK\x03\x04 no pdf").await;
    assert!(lying.status == 422 && lying.body.contains("合同.pdf："), "{}", lying.body);
    file(&mut again, id, "loan-contracts", "合同.pdf", &pdf("合同")).await;
    let listed = opened(&mut again, &material, &["合同.pdf", "已上传 1 个文件"]).await;
    let digest = listed.body.split("name=\"remove\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    again.post(&material, &[("remove", &digest)]).await;
    assert!(!again.get(&material).await.body.contains("已上传"));
}

#[tokio::test]
async fn money_that_another_department_reported_must_be_declared() {
    let (city, bench) = arranged().await;
    let funding = cases::support::OtherFunding {
        firm: firm(1),
        department: "示例科技局".to_owned(),
        programme: "示例专项".to_owned(),
        document: "示例科〔2025〕7号".to_owned(),
        amount: Money::from_yuan(300_000),
        on: day("2025-08-01"),
        supports: Default::default(),
        file: kernel::Digest::ZERO,
    };
    city.send(&officer(), Command::ImportOtherFunding(vec![funding])).await;
    let mut owner = signed_in(&bench, OWNER).await;
    let refused = claim_interest(&mut owner).await;
    assert!(refused.status == 422 && refused.body.contains("请在“其他资金”中列明"), "{}", refused.body);
    let id = call("interest");
    opened(&mut owner, &path(id, "received"), &["示例科〔2025〕7号", "列入声明"]).await;
    owner.post(&path(id, "received"), &[("act", "adopt")]).await;
    let sent = submit(&mut owner, id).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    assert_eq!(city.case_of(1).material().unwrap().received.len(), 1);
}

#[tokio::test]
async fn what_is_sent_back_is_completed_without_typing_anything_again() {
    let (city, bench) = arranged().await;
    let mut owner = signed_in(&bench, OWNER).await;
    assert_eq!(claim_interest(&mut owner).await.status, 303);
    let case = city.case_of(1);
    let wanted = ["loan-contracts".parse().unwrap()].into();
    let back = Act::Return { reason: "请补第 7 份利息单（示例）".to_owned(), wanted };
    city.send(&district(), Command::Case { case: case.id, expected: None, act: back }).await;
    let home = format!("/my-cases/{}/{}", firm(1), case.id);
    opened(&mut owner, &home, &["需要您补正", "请补第 7 份利息单", "借款合同与利息单", "去补正"]).await;
    // Somebody else of the firm completes it: nothing has to be typed again all the same.
    let mut agent = signed_in(&bench, AGENT).await;
    let begins =
        opened(&mut agent, &format!("{home}/complete"), &["这一项要求补正", "合同.pdf", "请补第 7 份利息单"]).await;
    assert!(begins.body.contains("第 1 步"), "{}", begins.body);
    let submit = format!("{home}/complete/submit");
    let unchanged = agent.post(&submit, &PROMISES).await;
    assert!(unchanged.status == 422 && unchanged.body.contains("还没有更换或补充"), "{}", unchanged.body);
    let material = format!("{home}/complete?step=material&item=loan-contracts");
    assert_eq!(send_file(&mut agent, &material, "利息单7.pdf", &pdf("利息单")).await.status, 303);
    opened(
        &mut agent,
        &format!("{home}/complete?step=check"),
        &["合同.pdf", "利息单7.pdf", "7,350,000.00", "提交补正"],
    )
    .await;
    let sent = agent.post(&submit, &PROMISES).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let completed = city.case_of(1);
    assert_eq!((completed.stage.kind(), completed.versions.len()), (StageKind::DistrictReview, 2));
    let (before, after) = (&completed.versions[0].material, &completed.versions[1].material);
    assert_eq!((before.claim, before.applied, &before.supports), (after.claim, after.applied, &after.supports));
    assert_eq!(after.items[&"loan-contracts".parse().unwrap()].len(), 2);
    assert_eq!(completed.assessment, case.assessment, "the same facts need no other assessment");
    assert_eq!(agent.get(&format!("{home}/complete")).await.header("location"), home);
}

#[tokio::test]
async fn other_facts_in_a_completion_are_assessed_again() {
    let (city, bench) = arranged().await;
    let mut owner = signed_in(&bench, OWNER).await;
    assert_eq!(claim_interest(&mut owner).await.status, 303);
    let case = city.case_of(1);
    let back = Act::Return { reason: "利息与银行回单不符（示例）".to_owned(), wanted: Default::default() };
    city.send(&district(), Command::Case { case: case.id, expected: None, act: back }).await;
    let complete = format!("/my-cases/{}/{}/complete", firm(1), case.id);
    let unchanged = owner.post(&format!("{complete}/submit"), &PROMISES).await;
    assert!(unchanged.status == 422 && unchanged.body.contains("没有任何补正内容"), "{}", unchanged.body);
    let mut loan = LOAN;
    loan[3].1 = "10000000";
    answer(&mut owner, &format!("{complete}?step=loan&n=1"), &loan).await;
    answer(&mut owner, &format!("{complete}?step=amount"), &[("applied", "5000000")]).await;
    let sent = owner.post(&format!("{complete}/submit"), &PROMISES).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let again = city.case_of(1);
    assert_eq!(again.assessment.unwrap().award, Money::from_yuan(5_000_000));
    assert_eq!(again.material().unwrap().applied, Money::from_yuan(5_000_000));
}

#[tokio::test]
async fn nobody_claims_without_authority_or_outside_the_window() {
    let (city, bench) = arranged().await;
    let mut narrow = signed_in(&bench, NARROW_AGENT).await;
    let refused = narrow.get(&format!("/calls/{}/claim", call("interest"))).await;
    assert!(refused.status == 403 && refused.body.contains("企业给您的授权不含“申报事项”"), "{}", refused.body);
    assert_eq!(claim_interest_posts(&mut narrow).await, 403);
    city.on("2026-12-01").await;
    let mut owner = signed_in(&bench, OWNER).await;
    let late = owner.get(&format!("/calls/{}/claim", call("interest"))).await;
    assert!(late.status == 422 && late.body.contains("今天不受理"), "{}", late.body);
    let mut public = bench.browser();
    opened(&mut public, "/calls", &["已截止"]).await;
    assert_eq!(city.state().cases.cases().count(), 0);
}

async fn claim_interest_posts(browser: &mut Browser<'_>) -> u16 {
    submit(browser, call("interest")).await.status.as_u16()
}

#[tokio::test]
async fn a_firm_is_heard_and_told_its_remedies_and_a_barred_one_is_turned_away() {
    let (city, bench) = arranged().await;
    let mut owner = signed_in(&bench, OWNER).await;
    assert_eq!(claim_interest(&mut owner).await.status, 303);
    let case = city.case_of(1);
    let adverse = cases::AdverseId(uuid::Uuid::from_u128(0xad));
    let citation = cases::document::Citation {
        document: "示例专项资金管理办法".into(),
        number: "示例〔2026〕1号".into(),
        article: "第十二条".into(),
    };
    let propose = Command::ProposeAdverse {
        adverse,
        case: case.id,
        kind: cases::adverse::Kind::Bar,
        reasons: "示例：提供虚假材料".to_owned(),
        basis: vec![citation],
        notice: city.file("事先告知书.pdf").await,
    };
    city.send(&officer(), propose).await;
    let home = format!("/my-cases/{}/{}", firm(1), case.id);
    opened(&mut owner, &home, &["限制申报", "示例：提供虚假材料", "第十二条", "截至 2026-10-15", "要求举行听证"]).await;
    let statement = format!("{home}/statements/{adverse}");
    let empty = owner.post_files(&statement, &[], &[]).await;
    assert!(empty.status == 422 && empty.body.contains("#field-statement"), "{}", empty.body);
    let spoken = owner.post_files(&statement, &[("statement", "材料真实，附说明（示例）")], &[]).await;
    assert_eq!(spoken.status, 303, "{}", spoken.body);
    opened(&mut owner, &home, &["陈述申辩.txt"]).await;
    let act = |act| Command::Adverse { adverse, expected: None, act };
    let remedy =
        cases::adverse::Remedy { reconsideration: "示例市人民政府".into(), court: "示例法院".into() };
    let make = cases::adverse::Act::Make {
        document: city.file("决定书.pdf").await,
        answer: Some("不予采纳（示例）".to_owned()),
        remedy,
    };
    city.send(&colleague(), act(make)).await;
    let serve = cases::adverse::Act::Serve {
        method: cases::adverse::Method::Direct,
        on: day("2026-10-09"),
        proof: city.file("送达回证.pdf").await,
    };
    city.send(&officer(), act(serve)).await;
    let shown = ["决定书.pdf", "不予采纳", "直接送达", "送达回证.pdf", "向示例市人民政府申请", "向示例法院起诉"];
    opened(&mut owner, &home, &shown).await;
    let barred = owner.get(&format!("/calls/{}/claim", call("test-fee"))).await;
    assert!(barred.status == 422 && barred.body.contains("被限制申报"), "{}", barred.body);
}

#[tokio::test]
async fn pages_exist_for_firms_and_for_nobody_else() {
    let (_city, bench) = arranged().await;
    let mut officer = signed_in(&bench, super::story_city::OFFICER).await;
    assert_eq!(officer.get("/my-cases").await.status, 403);
    let mut public = bench.browser();
    let asked = public.get(&format!("/calls/{}/claim", call("interest"))).await;
    assert!(asked.header("location").starts_with("/sign-in"), "{}", asked.body);
    assert!(Role::ALL.len() > 7);
}
