//! Payment orders (拨付指令): the register, and one order with its vouchers, taken back while nothing was paid.

use askama::Template;
use axum::extract::Path;
use cases::payment::{OrderRecord, OrderStage};
use cases::voucher::Use;
use cases::{Case, Command, OrderId};
use kernel::{Money, Role};
use office::State;
use register::{Cell, Column, Found, Kind, Light, Register, Viewer, Visibility};
use web::{Answer, Counter, Draft, Failure, Form, FromFields, Page, Reader, go, show_register};

use super::links::buttons;
use super::readers::{
    FINANCE, ORDER_STAGES, call_title, case_cell, channel_words, order_light, order_number, order_path, sees_case,
};
use super::reconciliation::plan_of;
use super::voucher::voucher_path;
use cases_pages::case_head::{deadline_light, number, official_path};
use cases_pages::viewer::{firm_name, may_see};

/// An order as tables show it.
pub struct Row {
    record: OrderRecord,
    case: Cell,
    firm: String,
    district: String,
    call: String,
    plan: String,
    channel: String,
    due: Option<kernel::Date>,
}

fn row(state: &State, record: &OrderRecord) -> Option<Row> {
    let case = state.cases.case(record.order.case)?;
    let plan = plan_of(&case.stage).and_then(|plan| state.cases.funding_plan(plan));
    let waits = matches!(record.stage, OrderStage::Issued | OrderStage::Transferred { .. });
    Some(Row {
        case: case_cell(case),
        firm: firm_name(state, record.order.firm),
        district: super::readers::division_name(state, case.applicant.district),
        call: call_title(state, case.call),
        plan: plan.map(|record| record.plan.number.clone()).unwrap_or_default(),
        channel: channel_words(state, record.order.channel),
        due: case.stage.due().filter(|_| waits).map(|due| due.due),
        record: record.clone(),
    })
}

fn found<'a>(state: &'a State, viewer: &Viewer) -> Found<'a, Row> {
    let seen = state.cases.orders().filter(|record| sees_case(state, viewer, record.order.case));
    let mut seen: Vec<&OrderRecord> = seen.collect();
    seen.sort_by_key(|record| std::cmp::Reverse(record.recorded.sequence));
    Found::each(seen, |record: &&OrderRecord| row(state, record))
}

/// 拨付指令台账.
pub fn register() -> Register<State> {
    let description = "按资金计划下达的拨付指令。到账只以国库或银行的凭证为准；没有凭证的都在途中。";
    Register::declare_long("orders", "拨付指令", description, found)
        .column(
            Column::new("number", "指令编号", |row: &Row| {
                Cell::link(order_number(&row.record), order_path(&row.record))
            })
            .filterable()
            .sortable(),
        )
        .column(
            Column::new("issued", "下达日期", |row: &Row| Cell::Date(row.record.recorded.day()))
                .kind(Kind::Date)
                .sortable()
                .filterable(),
        )
        .column(Column::new("firm", "企业", |row: &Row| Cell::text(row.firm.clone())).filterable().sortable())
        .column(Column::new("district", "区县", |row: &Row| Cell::text(row.district.clone())).filterable().sortable())
        .column(Column::new("case", "办件", |row: &Row| row.case.clone()).filterable())
        .column(Column::new("call", "申报批次", |row: &Row| Cell::text(row.call.clone())).filterable().sortable())
        .column(Column::new("plan", "资金计划", |row: &Row| Cell::text(row.plan.clone())).filterable())
        .column(
            Column::new("amount", "金额", |row: &Row| row.record.order.amount.into()).money().sortable().filterable(),
        )
        .column(Column::new("channel", "拨付路径", |row: &Row| Cell::text(row.channel.clone())).filterable())
        .column(
            Column::new("stage", "状态", |row: &Row| order_light(&row.record.stage).into())
                .kind(Kind::Light)
                .choices(ORDER_STAGES)
                .sortable(),
        )
        .column(
            Column::new("due", "到账期限", |row: &Row| row.due.map_or(Cell::None, Cell::Date))
                .kind(Kind::Date)
                .sortable()
                .filterable()
                .describe("在途指令按时限规则应当到账的日期"),
        )
        .column(
            Column::new("account", "账户摘要", |row: &Row| Cell::text(row.record.order.account.short()))
                .visible_to(Visibility::Roles(&[Role::Finance, Role::Auditor]))
                .describe("收款账户的加密摘要，账号本身在保密库"),
        )
        .finish()
}

/// The register.
pub async fn list(counter: Counter, page: Page) -> Answer {
    let pays = counter.as_of.is_now() && counter.visitor.role().is_some_and(|role| FINANCE.contains(&role));
    let for_finance = [("下达指令", "/orders/new"), ("国库拨付文件", "/orders/file")];
    let links =
        for_finance.into_iter().filter(|_| pays).chain([("在途", "/vouchers/in-transit"), ("凭证", "/vouchers")]);
    show_register(&counter, page, &register(), buttons(links)?)
}

struct VoucherLine {
    number: String,
    href: String,
    on: kernel::Date,
    amount: Money,
    what: Light,
}

#[derive(Template)]
#[template(path = "order.html")]
struct OrderPage {
    number: String,
    stage: Light,
    due: Option<Light>,
    amount: Money,
    firm: String,
    code: String,
    case: (String, String),
    call: String,
    channel: String,
    account: String,
    issued: String,
    reason: Option<String>,
    vouchers: Vec<VoucherLine>,
    cancel: Option<CancelForm>,
}

struct CancelForm {
    draft: Draft,
    action: String,
    reason: web::Field,
}

/// An order its viewer may see, with its case.
fn seen<'a>(counter: &Counter, state: &'a State, id: &str) -> Result<(&'a OrderRecord, &'a Case), Failure> {
    let id: OrderId = id.parse().map_err(|_| Failure::not_found())?;
    let record = state.cases.order(id).ok_or_else(Failure::not_found)?;
    let case = state.cases.case(record.order.case).ok_or_else(Failure::not_found)?;
    if may_see(state, &counter.visitor.viewer(), case) { Ok((record, case)) } else { Err(Failure::not_found()) }
}

fn vouchers(state: &State, record: &OrderRecord) -> Vec<VoucherLine> {
    let of = state.cases.vouchers().filter_map(|voucher| {
        let what = match voucher.used {
            Use::Matched(order) if order == record.order.id => match &record.stage {
                OrderStage::Paid { voucher: last } if *last == voucher.voucher.number => Light::good("到账"),
                _ => Light::watch("转区县"),
            },
            Use::Returned(order) if order == record.order.id => Light::bad("银行退回"),
            _ => return None,
        };
        Some(VoucherLine {
            number: voucher.voucher.number.to_string(),
            href: voucher_path(&voucher.voucher.number),
            on: voucher.voucher.on,
            amount: voucher.voucher.amount,
            what,
        })
    });
    let mut of: Vec<_> = of.collect();
    of.sort_by_key(|line| line.on);
    of
}

fn show(counter: &Counter, state: &State, page: Page, id: &str, draft: Draft) -> Answer {
    let (record, case) = seen(counter, state, id)?;
    let day = counter.as_of.day();
    let waits = matches!(record.stage, OrderStage::Issued | OrderStage::Transferred { .. });
    let finance = state.cases.call(case.call).map(|call| call.terms.finance.clone());
    let pays = counter.visitor.role() == Some(Role::Finance) && counter.visitor.organisation() == finance.as_ref();
    let may_cancel = pays && counter.as_of.is_now() && record.stage == OrderStage::Issued;
    let status =
        if draft.has_errors() { axum::http::StatusCode::UNPROCESSABLE_ENTITY } else { axum::http::StatusCode::OK };
    let content = OrderPage {
        number: order_number(record),
        stage: order_light(&record.stage),
        due: case.stage.due().filter(|_| waits).map(|due| deadline_light(state, due, day)),
        amount: record.order.amount,
        firm: firm_name(state, record.order.firm),
        code: record.order.firm.to_string(),
        case: (number(case), official_path(case)),
        call: call_title(state, case.call),
        channel: channel_words(state, record.order.channel),
        account: record.order.account.short(),
        issued: format!(
            "{} · {}",
            kernel::date::minute(record.recorded.at),
            subsidy_pages::actor_name(state, &record.recorded.actor)
        ),
        reason: match &record.stage {
            OrderStage::Returned { reason, .. } | OrderStage::Cancelled { reason } => Some(reason.clone()),
            _ => None,
        },
        vouchers: vouchers(state, record),
        cancel: may_cancel.then(|| CancelForm {
            action: format!("{}/cancel", order_path(record)),
            reason: draft.lines("reason", "撤销原因").hint("例如：企业书面要求更换收款账户").required(),
            draft: draft.clone(),
        }),
    };
    let title = format!("拨付指令 {}", content.number);
    page.title(title).status(status).crumb("拨付指令", "/orders").show(&content)
}

/// One order.
pub async fn order(counter: Counter, Path(id): Path<String>, page: Page) -> Answer {
    let state = counter.state()?;
    let draft = page.form();
    show(&counter, &state, page, &id, draft)
}

/// Why an order is taken back.
pub struct Reason(String);

impl FromFields for Reason {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        reader.text("reason", "撤销原因", 500, true).map(Self)
    }
}

/// Takes an order back.
pub async fn cancel(counter: Counter, Path(id): Path<String>, page: Page, form: Form<Reason>) -> Answer {
    let state = counter.state()?;
    let (record, _) = seen(&counter, &state, &id)?;
    let (order, path) = (record.order.id, order_path(record));
    let Form { read, draft, command, .. } = form;
    let Some(Reason(reason)) = read else { return show(&counter, &state, page, &id, draft) };
    let sent = counter.submit(command, Command::CancelOrder { order, reason }).await;
    match draft.unless_done(sent)? {
        None => Ok(go(&path)),
        Some(draft) => show(&counter, &state, page, &id, draft),
    }
}
