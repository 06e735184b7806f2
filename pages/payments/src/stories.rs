//! Money goes out: planned, ordered, paid by vouchers and by nothing else, sent back, reconciled, bound. 示例数据：all firms
//! and figures are invented.

use std::io::{Cursor, Read as _};

use cases::payment::{Channel, NewOrder, OrderStage};
use cases::{Case, Command, OrderId, StageKind};
use kernel::{Actor, Digest, Money, Role};
use office::BankAccount;
use register::Viewer;
use uuid::Uuid;
use web::testing::{Bench, Browser, Seen};

use super::readers::order_number;
use super::reconciliation::sums;
use cases_pages::testing::{CALL, City, acting, case, day, firm, location, told, unit};

const PAPER: &[u8] = "示例数据".as_bytes();

/// Another finance officer than the bench's.
fn second_finance() -> Actor {
    acting(306, Role::Finance, unit(Role::Finance))
}

fn of(city: &City, n: usize) -> Case {
    city.state().cases.case(case(n)).unwrap().clone()
}

/// Firms 1 to 4, their notice over; firms 1 to 3 have an account.
async fn confirmed() -> City {
    let city = City::noticed().await;
    for n in 1..=3 {
        let account =
            BankAccount::new(&format!("示例封测{n}有限公司"), "示例银行重庆分行", &format!("62000000000000{n:02}"));
        city.hall.keep_account(firm(n), &account.unwrap()).await.unwrap();
    }
    city.on("2026-12-04").await;
    city
}

/// The bench's municipal officer plans the cases.
async fn plan(officer: &mut Browser<'_>, cases: &[usize]) -> Seen {
    let ids: Vec<String> = cases.iter().map(|n| case(*n).to_string()).collect();
    let call = CALL.to_string();
    let mut typed = vec![("call", call.as_str()), ("number", "示例〔2026〕9号")];
    typed.extend(ids.iter().map(|id| ("case", id.as_str())));
    officer.post_files("/funding-plans/new", &typed, &[("document", "计划.pdf", PAPER)]).await
}

/// A browser whose person proved just before who they are: signing in does.
async fn signed_in(bench: &Bench, role: Role) -> Browser<'_> {
    bench.signed_in(role).await
}

async fn order_as_second(city: &City, cases: &[usize]) {
    let mut orders = Vec::new();
    for n in cases {
        let (account, _) = city.hall.account(firm(*n)).await.unwrap().unwrap();
        let id = OrderId(Uuid::from_u128(0x700 + *n as u128));
        orders.push(NewOrder { id, case: case(*n), channel: Channel::Treasury, account });
    }
    city.send(&second_finance(), Command::IssueOrders(orders)).await;
}

async fn import(finance: &mut Browser<'_>, name: &str, text: &str) -> Seen {
    let seen = finance.post_files("/vouchers/import", &[], &[("table", name, text.as_bytes())]).await;
    if seen.status != 200 {
        return seen;
    }
    assert!(seen.body.contains("尚未导入"), "{}", seen.body);
    let digest = Digest::of(text.as_bytes()).to_string();
    finance.post("/vouchers/import/confirm", &[("digest", &digest), ("name", name)]).await
}

const HEAD: &str = "凭证号,金额（元）,付款日期,收款人,拨付指令\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_takes_confirmed_cases_and_orders_take_planned_ones() {
    let city = confirmed().await;
    let bench = city.bench(crate::routes()).await;
    let mut officer = signed_in(&bench, Role::CityOfficer).await;
    let mut finance = signed_in(&bench, Role::Finance).await;
    let calls = officer.get("/funding-plans/new").await.body;
    assert!(calls.contains("4 件") && calls.contains("4,000,000.00"), "{calls}");
    let draft = officer.get(&format!("/funding-plans/draft?call={CALL}")).await.body;
    for word in ["代拟稿", "示例封测4有限公司", "共支持 4 件", "示例专项资金管理办法", "2026-11-23 会议审定"]
    {
        assert!(draft.contains(word), "{word} is missing in {draft}");
    }
    assert!(!draft.contains("示例〔2026〕9号"), "a draft bears no number");
    told(&plan(&mut officer, &[]).await, "请至少选择一件");
    assert!(finance.get("/funding-plans/new").await.status == 403, "the department plans");
    let planned = location(&plan(&mut officer, &[1, 2, 3, 4]).await);
    let shown = finance.get(&planned).await.body;
    for word in ["示例〔2026〕9号", "4,000,000.00", "示例封测1有限公司", "下达指令（4 件）"] {
        assert!(shown.contains(word), "{word} is missing in {shown}");
    }
    assert!(plan(&mut officer, &[1]).await.status == 422, "no case stands in two plans");
    let mut citizen = bench.browser();
    assert!(citizen.get(&planned).await.status.is_redirection(), "not for everybody");

    let form = finance.get("/orders/new").await.body;
    assert!(form.contains("**** 0001") && form.contains("企业还没有填写"), "{form}");
    assert!(!form.contains("6200000000000001"), "no account number in full");
    let ids = [case(1).to_string(), case(4).to_string()];
    let way = format!("{} district", case(1));
    told(&finance.post("/orders/new", &[("case", &ids[0]), ("case", &ids[1])]).await, "还没有提供收款账户");
    assert_eq!(city.stage(1), StageKind::Planned, "all or none");
    told(&finance.post("/orders/new", &[]).await, "请至少选择一件");
    location(&finance.post("/orders/new", &[("case", &ids[0]), ("way", &way)]).await);
    assert_eq!(city.stage(1), StageKind::Ordered);
    let state = city.state();
    let record = state.cases.orders().next().unwrap();
    let district = "500118".parse().unwrap();
    assert_eq!(record.order.channel, Channel::District(district));
    let (digest, _) = city.hall.account(firm(1)).await.unwrap().unwrap();
    assert_eq!((record.order.account, record.order.amount), (digest, of(&city, 1).stage.decided()));

    let path = format!("/orders/{}", record.order.id);
    assert!(finance.get(&path).await.body.contains("还没有对应的凭证"));
    let cancel = format!("{path}/cancel");
    assert!(officer.post(&cancel, &[("reason", "x")]).await.status == 403, "the department does not cancel");
    told(&finance.post(&cancel, &[("reason", "")]).await, "请填写");
    let own = finance.post(&cancel, &[("reason", "换账户")]).await;
    told(&own, "上一环节由您办理");
    let cancelled = Command::CancelOrder { order: record.order.id, reason: "企业更换账户".to_owned() };
    city.send(&second_finance(), cancelled).await;
    assert_eq!(city.stage(1), StageKind::Planned);
    assert!(finance.get(&path).await.body.contains("企业更换账户"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_paid_without_a_voucher_and_a_wrong_row_takes_nothing() {
    let city = confirmed().await;
    let bench = city.bench(crate::routes()).await;
    let mut officer = signed_in(&bench, Role::CityOfficer).await;
    let mut finance = signed_in(&bench, Role::Finance).await;
    location(&plan(&mut officer, &[1, 2, 3]).await);
    order_as_second(&city, &[1, 2, 3]).await;
    let amount = |n: usize| of(&city, n).stage.decided().plain();
    let number = |n: u128| order_number(city.state().cases.order(OrderId(Uuid::from_u128(0x700 + n))).unwrap());
    let transit = finance.get("/vouchers/in-transit").await.body;
    assert!(transit.contains("3 笔 · 3,200,000.00 元"), "{transit}");

    let wrong = format!("{HEAD}GK-1,{},2026-12-04,示例封测1有限公司,\nGK-1,0,昨天,火星财政局,ZF2026-9\n", amount(1));
    let refused = import(&mut finance, "回单.csv", &wrong).await;
    assert_eq!(refused.status, 422);
    for word in ["没有导入任何一行", "在文件中重复", "金额应大于 0", "不是日期", "不是在册企业", "没有编号为 ZF2026-9"]
    {
        assert!(refused.body.contains(word), "{word} is missing in {}", refused.body);
    }
    let late = format!("{HEAD}GK-1,{},2026-12-31,示例封测1有限公司,\n", amount(1));
    let late = import(&mut finance, "回单.csv", &late).await;
    assert!(late.status == 422 && late.body.contains("在今天"), "{}", late.body);
    let headless = import(&mut finance, "回单.csv", "号,元\n1,2\n").await;
    told(&headless, "表头缺少列");
    assert_eq!(city.state().cases.vouchers().count(), 0, "nothing was taken");

    // Firm 1 by its name, firm 2 by the order's number in the remark, a third of an amount that fits nothing.
    let good = format!(
        "{HEAD}GK-1,{},2026/12/4,示例封测1有限公司,\nGK-2,\"{}\",20261204,{},{}\nGK-9,123.45,2026-12-04,永川区财政局,\n",
        amount(1),
        of(&city, 2).stage.decided(),
        firm(2),
        number(2)
    );
    location(&import(&mut finance, "回单.csv", &good).await);
    assert_eq!([1, 2, 3].map(|n| city.stage(n)), [StageKind::Paid, StageKind::Paid, StageKind::Ordered].map(closed));
    let again = import(&mut finance, "回单-副本.csv", &good).await;
    assert!(again.status == 422 && again.body.contains("已经导入"), "{}", again.body);
    let transit = finance.get("/vouchers/in-transit").await.body;
    assert!(transit.contains("1 笔 · 640,000.00 元"), "{transit}");
    assert!(transit.contains("1 张 · 123.45 元"), "{transit}");

    // A paid order is not cancelled, and a voucher that does not fit is not matched.
    let paid = OrderId(Uuid::from_u128(0x701));
    let page = finance.get(&format!("/orders/{paid}")).await.body;
    assert!(!page.contains("撤销这一指令") && page.contains("GK-1"), "{page}");
    let refused = finance.post(&format!("/orders/{paid}/cancel"), &[("reason", "x")]).await;
    assert!(refused.status == 409 || refused.status == 422, "{}", refused.status);
    let third = OrderId(Uuid::from_u128(0x703)).to_string();
    let unfit = finance.post("/vouchers/GK-9/match", &[("order", &third)]).await;
    told(&unfit, "不符");
    assert_eq!(city.stage(3), StageKind::Ordered);
    told(&finance.post("/vouchers/GK-9/match", &[]).await, "请选择");
    assert!(officer.get("/vouchers/GK-9").await.status == 404, "a loose voucher is for those who look after money");
}

/// Where nothing is accepted a paid case is closed.
fn closed(kind: StageKind) -> StageKind {
    if kind == StageKind::Paid { StageKind::Closed } else { kind }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_bank_sends_back_is_ordered_again_and_everything_reconciles() {
    let city = confirmed().await;
    let bench = city.bench(crate::routes()).await;
    let mut officer = signed_in(&bench, Role::CityOfficer).await;
    let mut finance = signed_in(&bench, Role::Finance).await;
    location(&plan(&mut officer, &[1, 2]).await);
    order_as_second(&city, &[1, 2]).await;
    let amount = of(&city, 1).stage.decided();
    let text = format!("{HEAD}GK-1,{},2026-12-04,{},\n", amount.plain(), firm(1));
    location(&import(&mut finance, "回单.csv", &text).await);
    let typed = [("on", "2026-12-04"), ("reason", "户名不符")];
    told(&finance.post_files("/vouchers/GK-1/return", &typed, &[]).await, "请选择文件");
    let sent = finance.post_files("/vouchers/GK-1/return", &typed, &[("proof", "退票.pdf", PAPER)]).await;
    // Whoever matched it last may not take the next step either: a colleague registers the return.
    told(&sent, "上一环节由您办理");
    let proof = city.file("退票.pdf").await;
    let back = |on: &str| Command::ReturnVoucher {
        voucher: "GK-1".parse().unwrap(),
        on: day(on),
        reason: "户名不符".to_owned(),
        proof: proof.clone(),
    };
    let early = city.try_send(&second_finance(), back("2026-12-03")).await.unwrap_err();
    assert!(early.contains("早于凭证日期"), "{early}");
    city.send(&second_finance(), back("2026-12-04")).await;
    assert_eq!(city.stage(1), StageKind::Planned);
    let shown = finance.get("/vouchers/GK-1").await.body;
    assert!(shown.contains("户名不符") && shown.contains("退票通知"), "{shown}");
    let id = case(1).to_string();
    location(&finance.post("/orders/new", &[("case", &id)]).await);
    let again = format!("{HEAD}GK-1B,{},2026-12-04,{},\n", amount.plain(), firm(1));
    location(&import(&mut finance, "回单-2.csv", &again).await);
    assert_eq!(city.stage(1), StageKind::Ordered, "whoever ordered does not match");
    let voucher = city.state().cases.voucher(&"GK-1B".parse().unwrap()).unwrap().voucher.clone();
    let state = city.state();
    let open = state.cases.orders().find(|one| one.order.case == case(1) && one.stage == OrderStage::Issued).unwrap();
    let matched = Command::MatchVoucher { voucher: voucher.number, order: open.order.id };
    city.send(&second_finance(), matched).await;
    assert_eq!(city.stage(1), StageKind::Closed);

    let state = city.state();
    let viewer = Viewer::new(Role::Auditor, "audit".parse().unwrap());
    let sums = sums(&state, &viewer, state.cases.call(CALL).unwrap());
    let decided: Money = (1..=4).map(|n| of(&city, n).stage.decided()).sum();
    assert_eq!((sums.decided, sums.paid, sums.returned), (decided, amount, amount));
    assert_eq!(
        (sums.ordered, sums.in_transit),
        (amount + amount + of(&city, 2).stage.decided(), of(&city, 2).stage.decided())
    );
    assert!(sums.balances() && sums.not_planned == of(&city, 3).stage.decided() + of(&city, 4).stage.decided());
    let page = finance.get("/payments/reconciliation").await.body;
    assert!(page.contains("● </span>") || page.contains("平"), "{page}");
    assert!(page.contains(&sums.ordered.to_string()) && !page.contains("不平"), "{page}");

    // The public reads what reached a firm, and neither voucher nor case.
    let public = bench.browser().get("/payments").await.body;
    assert!(public.contains("示例封测1有限公司") && public.contains(&amount.to_string()), "{public}");
    assert!(
        !public.contains("GK-1B") && !public.contains("示例封测2有限公司") && !public.contains("/cases/"),
        "{public}"
    );
    assert!(finance.get("/payments").await.body.contains("GK-1B"));
    let json = bench.browser().get("/payments?format=json").await.body;
    assert!(json.contains("\"matching\":1") && !json.contains("voucher"), "{json}");
    let desk_numbers = finance.get("/orders?stage=%E5%B7%B2%E4%B8%8B%E8%BE%BE").await.body;
    assert!(
        desk_numbers.contains("示例封测2有限公司") && !desk_numbers.contains("示例封测1有限公司"),
        "{desk_numbers}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn account_numbers_leave_the_vault_for_the_treasury_only() {
    let city = confirmed().await;
    let bench = city.bench(crate::routes()).await;
    let mut officer = signed_in(&bench, Role::CityOfficer).await;
    let mut finance = signed_in(&bench, Role::Finance).await;
    location(&plan(&mut officer, &[1]).await);
    order_as_second(&city, &[1]).await;
    let changed = BankAccount::new("示例封测1有限公司", "示例银行", "6200000000000099").unwrap();
    city.hall.keep_account(firm(1), &changed).await.unwrap();
    let file = finance.get("/orders/file?format=csv").await.body;
    assert!(
        file.contains("6200000000000001") && !file.contains("6200000000000099"),
        "paid where the order says: {file}"
    );
    assert!(officer.get("/orders/file").await.status == 403);
    let read = bench.memory.told().into_iter().filter(|one| format!("{one:?}").contains("国库拨付文件")).count();
    assert_eq!(read, 1, "every reading is recorded");
    let json = finance.get("/orders?format=json").await.body;
    assert!(!json.contains("6200000000000001"), "{json}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_departments_money_is_listed_all_rows_or_none() {
    let city = confirmed().await;
    let bench = city.bench(crate::routes()).await;
    let mut finance = signed_in(&bench, Role::Finance).await;
    let head = "统一社会信用代码,资金来源部门,资金名称,下达文号,金额（元）,下达日期,发票号\n";
    let row = format!("{},示例科技局,示例补助,示例〔2025〕7号,50000,2025-11-03,示例0001、示例0002\n", firm(1));
    let bad = format!("{head}{row}{row}");
    let refused = finance.post_files("/other-funding/import", &[], &[("table", "清单.csv", bad.as_bytes())]).await;
    told(&refused, "在文件中重复");
    let good = format!("{head}{row}");
    let seen = finance.post_files("/other-funding/import", &[], &[("table", "清单.csv", good.as_bytes())]).await;
    assert!(seen.body.contains("1 条资金记录"), "{}", seen.body);
    let digest = Digest::of(good.as_bytes()).to_string();
    let confirm = [("digest", digest.as_str()), ("name", "清单.csv")];
    location(&finance.post("/other-funding/import/confirm", &confirm).await);
    let listed = finance.get("/other-funding").await.body;
    assert!(listed.contains("示例科技局") && listed.contains("发票 示例0001、发票 示例0002"), "{listed}");
    let twice = finance.post("/other-funding/import/confirm", &confirm).await;
    assert!(twice.status == 422 && twice.body.contains("已经导入过"), "{}", twice.body);
    assert_eq!(city.state().cases.other_funding().count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_is_one_volume_whose_every_file_and_figure_is_the_states() {
    let city = confirmed().await;
    let bench = city.bench(crate::routes()).await;
    let mut officer = signed_in(&bench, Role::CityOfficer).await;
    let mut finance = signed_in(&bench, Role::Finance).await;
    location(&plan(&mut officer, &[1]).await);
    order_as_second(&city, &[1]).await;
    let text = format!("{HEAD}GK-1,{},2026-12-04,{},\n", of(&city, 1).stage.decided().plain(), firm(1));
    location(&import(&mut finance, "回单.csv", &text).await);
    let base = format!("/cases/{}/{}/archive", firm(1), case(1));
    let index = officer.get(&base).await.body;
    for word in ["卷内目录", "依据", "资金计划与拨付", "申请表", "会议纪要", "公示截图", "计划.pdf"]
    {
        assert!(index.contains(word), "{word} is missing in {index}");
    }
    let other = format!("/cases/{}/{}/archive", firm(2), case(1));
    assert_eq!(officer.get(&other).await.status, 404, "the firm in the address is the case's");
    if let Err(error) = report::Press::installed() {
        return eprintln!("skipped: {error}");
    }
    let began = std::time::Instant::now();
    let zip = officer.get_bytes(&format!("{base}.zip")).await;
    eprintln!("archive in {:?}", began.elapsed());
    assert!(zip == officer.get_bytes(&format!("{base}.zip")).await, "the same bytes twice");
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    let mut read = |path: &str| {
        let mut content = Vec::new();
        archive.by_name(path).unwrap().read_to_end(&mut content).unwrap();
        content
    };
    let manifest: serde_json::Value = serde_json::from_slice(&read(report::archive::MANIFEST)).unwrap();
    let state = city.state();
    let listed = manifest["files"].as_array().unwrap();
    for one in listed {
        let content = read(one["path"].as_str().unwrap());
        assert_eq!(one["sm3"], Digest::of(&content).to_string(), "{one}");
        assert_eq!(one["size"], content.len());
    }
    let held = |digest: Digest| listed.iter().any(|one| one["sm3"] == digest.to_string());
    let case = state.cases.case(case(1)).unwrap();
    let material = case.material().unwrap();
    assert!(material.items.values().flatten().all(|file| held(file.digest)), "all material");
    let meeting = state.cases.meeting(case.stage.award().unwrap().meeting).unwrap();
    assert!(held(meeting.minutes.digest) && held(state.cases.funding_plans().next().unwrap().plan.document.digest));

    let lines = String::from_utf8(read("账本/行.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let events: Vec<u64> = lines.iter().map(|line| line["first"].as_u64().unwrap()).collect();
    assert!(events.is_sorted() && lines.len() > 8, "{lines:?}");
    for line in &lines {
        let text = line["text"].as_str().unwrap_or_default();
        assert!(text.is_empty() || line["sm3"] == Digest::of(text.as_bytes()).to_string(), "{line}");
        for n in 2..=4 {
            assert!(!text.contains(firm(n).as_str()), "what is also another's is named by its digest: {text}");
        }
    }
    assert!(lines.iter().any(|line| line["text"].is_null()), "the meeting was about four cases");
    assert!(lines.iter().any(|line| line["text"].as_str().is_some_and(|text| text.contains("submitted"))));
}
