//! 拨付公开: what was paid, to whom, how much, when, and which sentence of the plan promised it.

use cases::payment::{OrderRecord, OrderStage};
use cases::{Call, Case};
use kernel::{Date, Money};
use office::State;
use register::{Cell, Column, Found, Kind, Register, Viewer, Visibility};
use web::{Answer, Counter, Page, show_register};

use super::links::buttons;
use super::readers::{READERS, case_cell, division_name, order_number, order_path};
use super::voucher::voucher_path;
use cases_pages::viewer::{firm_name, may_see};

/// A payment: an order with its last voucher.
struct Row {
    call: String,
    call_path: String,
    benefit: String,
    firm: String,
    district: String,
    amount: Money,
    recovered: Money,
    on: Date,
    sentence: (String, String),
    case: Cell,
    order: Cell,
    voucher: Cell,
}

/// The sentence of the plan that a call carries out: its anchor, and where it is read.
pub fn sentence(call: &Call) -> (String, String) {
    let anchor = call.terms.sentence.anchor.to_string();
    (anchor, format!("/plan?open={0}#{0}", call.terms.benefit))
}

fn row(state: &State, viewer: &Viewer, record: &OrderRecord) -> Option<Row> {
    let OrderStage::Paid { voucher } = &record.stage else { return None };
    let case: &Case = state.cases.case(record.order.case)?;
    let call = state.cases.call(case.call)?;
    let sees = READERS.iter().any(|role| viewer.role == Some(*role)) && may_see(state, viewer, case);
    let shown = |cell: Cell| if sees { cell } else { Cell::None };
    Some(Row {
        call: call.terms.title.clone(),
        call_path: format!("/calls/{}", call.id),
        benefit: benefit_name(state, case),
        firm: firm_name(state, record.order.firm),
        district: division_name(state, case.applicant.district),
        amount: record.order.amount,
        recovered: case.purse.recovered,
        on: state.cases.voucher(voucher)?.voucher.on,
        sentence: sentence(call),
        case: shown(case_cell(case)),
        order: shown(Cell::link(order_number(record), order_path(record))),
        voucher: shown(Cell::link(voucher.to_string(), voucher_path(voucher))),
    })
}

/// What a case's benefit is called.
pub fn benefit_name(state: &State, case: &Case) -> String {
    let known = case.benefit.as_str().parse().ok();
    known.map_or_else(|| case.benefit.to_string(), |benefit| subsidy_pages::benefit_title(state, &benefit))
}

fn found<'a>(state: &'a State, viewer: &Viewer) -> Found<'a, Row> {
    let paid = state.cases.orders().filter_map(|record| match &record.stage {
        OrderStage::Paid { voucher } => Some((state.cases.voucher(voucher)?.voucher.on, record)),
        _ => None,
    });
    let mut paid: Vec<(Date, &OrderRecord)> = paid.collect();
    paid.sort_by_key(|(on, record)| (std::cmp::Reverse(*on), record.order.id));
    let viewer = viewer.clone();
    Found::each(paid, move |(_, record): &(Date, &OrderRecord)| row(state, &viewer, record))
}

/// 拨付公开台账.
pub fn register() -> Register<State> {
    let description = "按国库或银行凭证已经拨付到企业的资金，逐笔公开：哪句承诺、哪个批次、哪家企业、多少、何时。银行账号、凭证号和个人信息不公开。";
    Register::declare_long("payments", "拨付公开", description, found)
        .column(Column::new("on", "到账日期", |row: &Row| Cell::Date(row.on)).kind(Kind::Date).sortable().filterable())
        .column(Column::new("firm", "企业", |row: &Row| Cell::text(row.firm.clone())).filterable().sortable())
        .column(Column::new("amount", "金额", |row: &Row| row.amount.into()).money().sortable().filterable())
        .column(Column::new("district", "区县", |row: &Row| Cell::text(row.district.clone())).filterable().sortable())
        .column(Column::new("benefit", "事项", |row: &Row| Cell::text(row.benefit.clone())).filterable().sortable())
        .column(
            Column::new("call", "申报批次", |row: &Row| Cell::link(row.call.clone(), row.call_path.clone()))
                .filterable()
                .sortable(),
        )
        .column(
            Column::new("recovered", "已追回", |row: &Row| {
                if row.recovered == Money::ZERO { Cell::None } else { row.recovered.into() }
            })
            .money()
            .sortable()
            .describe("按追回决定已经退还的金额"),
        )
        .column(
            Column::new("sentence", "计划原文", |row: &Row| {
                Cell::link(row.sentence.0.clone(), row.sentence.1.clone())
            })
            .filterable()
            .describe("承诺这笔资金的行动计划句子"),
        )
        .column(Column::new("case", "办件", |row: &Row| row.case.clone()).visible_to(Visibility::Roles(READERS)))
        .column(Column::new("order", "拨付指令", |row: &Row| row.order.clone()).visible_to(Visibility::Roles(READERS)))
        .column(
            Column::new("voucher", "凭证号", |row: &Row| row.voucher.clone()).visible_to(Visibility::Roles(READERS)),
        )
        .finish()
}

/// The register.
pub async fn list(counter: Counter, page: Page) -> Answer {
    let official = counter.visitor.role().is_some_and(|role| READERS.contains(&role));
    let links = [("对账", "/payments/reconciliation"), ("凭证", "/vouchers")].into_iter().filter(|_| official);
    show_register(&counter, page, &register(), buttons(links)?)
}
