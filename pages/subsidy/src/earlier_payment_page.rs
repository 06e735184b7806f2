//! Payments made outside this system: the register, and one imported by form.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use kernel::refusal::RefusalKind;
use kernel::{CreditCode, Date, Money};
use office::{State, SubmitError};
use register::{Cell, Column, Found, Kind, Register, Viewer};
use subsidy::event::EarlierPayment;
use subsidy::{BenefitId, Command};
use web::{Answer, Counter, Draft, Field, Form, FromFields, Markup, Page, Reader, show_register};

use crate::links::Links;
use crate::typed::{CalendarYear, Day};
use crate::viewer::{PAYERS, benefit_title, firm_name, may_see};

struct Row {
    payment: EarlierPayment,
    firm: String,
    benefit: String,
}

fn found<'a>(state: &'a State, viewer: &Viewer) -> Found<'a, Row> {
    let seen = state.subsidy.vouchers().filter(|payment| may_see(state, viewer, payment.firm, &payment.benefit));
    Found::each(seen.collect(), |payment: &&Arc<EarlierPayment>| {
        Some(Row {
            payment: EarlierPayment::clone(payment),
            firm: firm_name(state, payment.firm),
            benefit: benefit_title(state, &payment.benefit),
        })
    })
}

/// 此前拨款台账.
pub fn earlier_payments() -> Register<State> {
    let description = "在本系统以外（包括计划出台以前）拨付、计入上限的资金，每张凭证一行。";
    Register::declare_long("earlier-payments", "此前拨款台账", description, found)
        .column(
            Column::new("voucher", "凭证号", |row: &Row| Cell::text(row.payment.voucher.to_string()))
                .filterable()
                .sortable()
                .describe("国库或银行拨款凭证号，不得重复"),
        )
        .column(Column::new("firm", "企业", |row: &Row| Cell::text(row.firm.clone())).filterable().sortable())
        .column(
            Column::new("code", "统一社会信用代码", |row: &Row| Cell::text(row.payment.firm.to_string())).filterable(),
        )
        .column(Column::new("benefit", "事项", |row: &Row| Cell::text(row.benefit.clone())).filterable().sortable())
        .column(
            Column::new("year", "年度", |row: &Row| Cell::text(row.payment.year.to_string()))
                .filterable()
                .sortable()
                .describe("计入哪一年的上限"),
        )
        .column(Column::new("project", "项目", |row: &Row| {
            row.payment.project.as_ref().map_or(Cell::None, |project| Cell::text(project.to_string()))
        }))
        .column(Column::new("amount", "金额", |row: &Row| row.payment.amount.into()).money().sortable().filterable())
        .column(
            Column::new("paid", "拨付日期", |row: &Row| Cell::Date(row.payment.on))
                .kind(Kind::Date)
                .sortable()
                .filterable(),
        )
        .finish()
}

/// The register.
pub async fn list(counter: Counter, page: Page) -> Answer {
    let may_import = counter.as_of.is_now() && counter.visitor.role().is_some_and(|role| PAYERS.contains(&role));
    let links = if may_import { vec![("导入一笔", "/earlier-payments/new")] } else { Vec::new() };
    show_register(&counter, page, &earlier_payments(), Markup::of(&Links { links })?)
}

/// What an official types.
pub struct Typed {
    payment: EarlierPayment,
}

impl FromFields for Typed {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let voucher = reader.required::<String>("voucher", "凭证号");
        let firm = reader.required::<CreditCode>("firm", "统一社会信用代码");
        let benefit = reader.required::<BenefitId>("benefit", "事项");
        let year = reader.required::<CalendarYear>("year", "年度");
        let project = reader.optional::<String>("project", "项目");
        let amount = reader.required::<Money>("amount", "金额");
        let on: Option<Date> = reader.required::<Day>("on", "拨付日期").map(|day| day.0);
        let payment = EarlierPayment {
            voucher: voucher?.into(),
            firm: firm?,
            benefit: benefit?,
            year: year?.0,
            project: project?.map(Into::into),
            amount: amount?,
            on: on?,
        };
        Some(Self { payment })
    }
}

#[derive(Template)]
#[template(path = "earlier_payment.html")]
struct FormPage {
    draft: Draft,
    fields: Vec<Field>,
}

fn show(counter: &Counter, page: &Page, draft: Draft) -> Answer {
    let state = counter.state()?;
    let status = if draft.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let benefits = state.subsidy.clauses().map(|clause| (clause.benefit.to_string(), clause.title.to_string()));
    let benefits: Vec<_> = benefits.collect();
    let fields = vec![
        draft.text("voucher", "凭证号").hint("国库或银行拨款凭证号；同一凭证只能导入一次").required(),
        draft.text("firm", "统一社会信用代码").hint("18 位").required(),
        draft.select("benefit", "事项", &benefits).required(),
        draft.count("year", "年度").hint("计入哪一年的上限").required(),
        draft.text("project", "项目"),
        draft.money("amount", "金额（元）").required(),
        draft.date("on", "拨付日期").required(),
    ];
    let page = page.clone().title("导入此前拨款").status(status).crumb("此前拨款台账", "/earlier-payments");
    page.show(&FormPage { draft, fields })
}

/// The form.
pub async fn new(counter: Counter, page: Page) -> Answer {
    let draft = page.form();
    show(&counter, &page, draft)
}

/// One payment is imported.
pub async fn import(counter: Counter, page: Page, form: Form<Typed>) -> Answer {
    let Form { read, draft, command, .. } = form;
    let Some(typed) = read else { return show(&counter, &page, draft) };
    match counter.submit(command, Command::ImportEarlierPayment(typed.payment)).await {
        Ok(_) => Ok(Redirect::to("/earlier-payments").into_response()),
        // Another voucher with this number: what was typed stays, so that the number can be corrected.
        Err(SubmitError::Refused(refusal)) if refusal.kind == RefusalKind::Conflict => {
            show(&counter, &page, draft.complain(refusal.reason))
        }
        Err(SubmitError::Refused(refusal)) => show(&counter, &page, draft.refused(refusal)?),
        Err(error) => Err(error.into()),
    }
}
