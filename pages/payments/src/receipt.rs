//! 企业退款: what firms paid back of what is clawed back, and taking in one instalment.

use axum::extract::{Path, Query};
use cases::voucher::Receipt;
use cases::{CaseId, Command, Stage, VoucherNumber};
use kernel::{Date, Money};
use office::State;
use register::{Cell, Column, Found, Kind, Register, Viewer};
use serde::Deserialize;
use web::{Answer, Counter, Draft, Failure, Form, FormPage, FromFields, Page, Reader, Upload, go, show_register};

use super::links::buttons;
use super::readers::{call_title, case_cell, sees_case};
use super::typed::Day;
use cases_pages::case_head::{number, official_path};
use cases_pages::viewer::firm_name;

struct Row {
    receipt: Receipt,
    firm: String,
    case: Cell,
    call: String,
}

fn found<'a>(state: &'a State, viewer: &Viewer) -> Found<'a, Row> {
    let seen = state.cases.receipts().filter(|receipt| sees_case(state, viewer, receipt.case));
    let mut seen: Vec<&Receipt> = seen.collect();
    seen.sort_by_key(|receipt| std::cmp::Reverse(receipt.recorded.sequence));
    Found::each(seen, |receipt: &&Receipt| {
        let case = state.cases.case(receipt.case)?;
        Some(Row {
            firm: firm_name(state, case.applicant.firm),
            case: case_cell(case),
            call: call_title(state, case.call),
            receipt: (*receipt).clone(),
        })
    })
}

/// 企业退款台账.
pub fn register() -> Register<State> {
    let description = "按追回决定退还的资金，可以分次；退还的资金上缴国库，不回到批次预算。";
    Register::declare_long("receipts", "企业退款", description, found)
        .column(
            Column::new("receipt", "退款凭证号", |row: &Row| Cell::text(row.receipt.receipt.to_string()))
                .filterable()
                .sortable(),
        )
        .column(
            Column::new("on", "退款日期", |row: &Row| Cell::Date(row.receipt.on))
                .kind(Kind::Date)
                .sortable()
                .filterable(),
        )
        .column(Column::new("firm", "企业", |row: &Row| Cell::text(row.firm.clone())).filterable().sortable())
        .column(Column::new("case", "办件", |row: &Row| row.case.clone()).filterable())
        .column(Column::new("call", "申报批次", |row: &Row| Cell::text(row.call.clone())).filterable())
        .column(Column::new("amount", "金额", |row: &Row| row.receipt.amount.into()).money().sortable().filterable())
        .column(Column::new("proof", "缴款凭证", |row: &Row| {
            Cell::link(row.receipt.proof.name.clone(), format!("/vouchers/receipts/{}/proof", row.receipt.proof.digest))
        }))
        .finish()
}

/// The register.
pub async fn list(counter: Counter, page: Page) -> Answer {
    show_register(&counter, page, &register(), buttons([("在途与追回", "/vouchers/in-transit#owing")])?)
}

/// What proves a receipt.
pub async fn proof(counter: Counter, Path(digest): Path<String>) -> Answer {
    let (state, viewer) = (counter.state()?, counter.visitor.viewer());
    let named = state
        .cases
        .receipts()
        .find(|receipt| receipt.proof.digest.to_string() == digest && sees_case(&state, &viewer, receipt.case));
    let proof = &named.ok_or_else(Failure::not_found)?.proof;
    let content = counter.hall.file(&proof.digest).await?;
    Ok(web::file(content, "application/octet-stream", &proof.name))
}

/// Which case pays back.
#[derive(Deserialize)]
pub struct Asked {
    case: Option<String>,
}

/// One instalment.
pub struct Typed {
    case: CaseId,
    receipt: VoucherNumber,
    amount: Money,
    on: Date,
    proof: Upload,
}

impl FromFields for Typed {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let case = reader.required("case", "办件");
        let receipt = reader.required("receipt", "退款凭证号");
        let amount = reader.required("amount", "退款金额");
        let on = reader.required::<Day>("on", "退款日期");
        let proof = reader.file("proof", "缴款凭证");
        Some(Self { case: case?, receipt: receipt?, amount: amount?, on: on?.0, proof: proof? })
    }
}

fn show(counter: &Counter, state: &State, page: Page, case: &str, draft: Draft) -> Answer {
    let id: CaseId = case.parse().map_err(|_| Failure::not_found())?;
    let seen = state.cases.case(id).filter(|case| sees_case(state, &counter.visitor.viewer(), case.id));
    let case = seen.ok_or_else(Failure::not_found)?;
    let Stage::Repaying { owed, received, .. } = &case.stage else {
        let what = format!("办件 {} 现在是“{}”，没有要退还的资金。", number(case), case.stage.kind().label());
        return Err(Failure::Stale(what.into()));
    };
    let left = owed.saturating_less(*received);
    let chosen = if draft.value("case").is_empty() { draft.fill([("case", id.to_string())]) } else { draft };
    let draft = chosen;
    let choice = [(id.to_string(), format!("{} · {}", number(case), firm_name(state, case.applicant.firm)))];
    let fields = [
        draft.select("case", "办件", &choice).required(),
        draft.text("receipt", "退款凭证号").hint("国库缴款书或银行回单号，不得重复").required(),
        draft.money("amount", "退款金额（元）").hint(format!("不超过尚欠的 {left} 元，可以分次")).required(),
        draft.date("on", "退款日期").required(),
        draft.upload("proof", "缴款凭证", ".pdf,.ofd,.jpg,.png").hint("不超过 20 MB").required(),
    ];
    FormPage::new("登记企业退款", "/vouchers/receipts/new", draft)
        .intro(format!("应追回 {owed} 元，已退 {received} 元，尚欠 {left} 元。"))
        .group("", fields)
        .files()
        .button("登记退款")
        .show(page.crumb("企业退款", "/vouchers/receipts").crumb(number(case), official_path(case)))
}

/// The form.
pub async fn new(counter: Counter, page: Page, Query(asked): Query<Asked>) -> Answer {
    let state = counter.state()?;
    let Some(case) = asked.case.filter(|case| !case.is_empty()) else { return Ok(go("/vouchers/in-transit#owing")) };
    let draft = page.form();
    show(&counter, &state, page, &case, draft)
}

/// One instalment came in.
pub async fn receive(counter: Counter, page: Page, form: Form<Typed>) -> Answer {
    let state = counter.state()?;
    let Form { read, draft, command, .. } = form;
    let case = draft.value("case").to_owned();
    let Some(Typed { case: id, receipt, amount, on, proof }) = read else {
        return show(&counter, &state, page, &case, draft);
    };
    let proof = counter.keep(&proof).await?;
    let sent = counter.submit(command, Command::ReceiveInstalment { receipt, case: id, amount, on, proof }).await;
    match draft.unless_done(sent)? {
        None => Ok(go("/vouchers/receipts")),
        Some(draft) => show(&counter, &state, page, &case, draft),
    }
}
