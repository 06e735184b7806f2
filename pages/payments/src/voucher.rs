//! Vouchers (凭证): what treasury and bank say was paid. The register, and one voucher, matched by hand or sent back.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use cases::payment::OrderRecord;
use cases::voucher::{Use, VoucherRecord, awaited};
use cases::{Command, OrderId, VoucherNumber};
use kernel::{Context, Date, Money, Role};
use office::State;
use register::{Cell, Column, Found, Kind, Light, Register, Viewer};
use web::{Answer, Counter, Draft, Failure, Field, Form, FromFields, Page, Reader, Upload, go, show_register};

use super::links::buttons;
use super::readers::{FINANCE, OVERSEERS, call_title, case_number, order_number, order_path, payee_words, sees_case};
use super::typed::Day;
use cases_pages::viewer::firm_name;

/// A proof, in bytes.
pub const UPLOAD: usize = 20 << 20;
/// Candidates shown for a voucher.
const MOST_CANDIDATES: usize = 50;

/// Where a voucher is read.
pub fn voucher_path(number: &VoucherNumber) -> String {
    let text = number.to_string();
    let escaped = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    });
    format!("/vouchers/{}", escaped.collect::<String>())
}

/// Whether a viewer may see a voucher: with the case it pays, or, as long as it pays none, those who look after money.
pub fn may_see_voucher(state: &State, viewer: &Viewer, record: &VoucherRecord) -> bool {
    match record.used {
        Use::InTransit => viewer.role.is_some_and(|role| OVERSEERS.contains(&role)),
        Use::Matched(order) | Use::Returned(order) => {
            state.cases.order(order).is_some_and(|order| sees_case(state, viewer, order.order.case))
        }
    }
}

/// What a voucher is good for, as a light.
pub fn use_light(used: Use) -> Light {
    match used {
        Use::InTransit => Light::watch("在途"),
        Use::Matched(_) => Light::good("已对应"),
        Use::Returned(_) => Light::bad("银行退回"),
    }
}

struct Row {
    record: VoucherRecord,
    payee: String,
    order: Option<(String, String)>,
    firm: String,
    call: String,
}

fn row(state: &State, record: &VoucherRecord) -> Row {
    let order = match record.used {
        Use::InTransit => None,
        Use::Matched(order) | Use::Returned(order) => state.cases.order(order),
    };
    let case = order.and_then(|order| state.cases.case(order.order.case));
    Row {
        payee: payee_words(state, record.voucher.payee),
        order: order.map(|order| (order_number(order), order_path(order))),
        firm: order.map(|order| firm_name(state, order.order.firm)).unwrap_or_default(),
        call: case.map(|case| call_title(state, case.call)).unwrap_or_default(),
        record: record.clone(),
    }
}

fn found<'a>(state: &'a State, viewer: &Viewer) -> Found<'a, Row> {
    let seen = state.cases.vouchers().filter(|record| may_see_voucher(state, viewer, record));
    let mut seen: Vec<&VoucherRecord> = seen.collect();
    seen.sort_by_key(|record| (std::cmp::Reverse(record.voucher.on), record.voucher.number.clone()));
    Found::each(seen, |record: &&VoucherRecord| Some(row(state, record)))
}

/// 拨付凭证台账.
pub fn register() -> Register<State> {
    let description = "从国库或银行文件导入的凭证，逐张一行。办件只凭对应的凭证变为已拨付。";
    Register::declare_long("vouchers", "拨付凭证", description, found)
        .column(
            Column::new("number", "凭证号", |row: &Row| {
                Cell::link(row.record.voucher.number.to_string(), voucher_path(&row.record.voucher.number))
            })
            .filterable()
            .sortable(),
        )
        .column(
            Column::new("on", "付款日期", |row: &Row| Cell::Date(row.record.voucher.on))
                .kind(Kind::Date)
                .sortable()
                .filterable(),
        )
        .column(
            Column::new("amount", "金额", |row: &Row| row.record.voucher.amount.into()).money().sortable().filterable(),
        )
        .column(Column::new("payee", "收款人", |row: &Row| Cell::text(row.payee.clone())).filterable().sortable())
        .column(
            Column::new("used", "状态", |row: &Row| use_light(row.record.used).into())
                .kind(Kind::Light)
                .choices(["在途", "已对应", "银行退回"])
                .sortable(),
        )
        .column(
            Column::new("order", "拨付指令", |row: &Row| {
                row.order.as_ref().map_or(Cell::None, |(number, path)| Cell::link(number.clone(), path.clone()))
            })
            .filterable(),
        )
        .column(Column::new("firm", "企业", |row: &Row| Cell::text(row.firm.clone())).filterable().sortable())
        .column(Column::new("call", "申报批次", |row: &Row| Cell::text(row.call.clone())).filterable())
        .column(
            Column::new("imported", "导入日期", |row: &Row| Cell::Date(row.record.recorded.day()))
                .kind(Kind::Date)
                .sortable()
                .filterable(),
        )
        .column(
            Column::new("back", "退回日期", |row: &Row| {
                row.record.back.as_ref().map_or(Cell::None, |back| Cell::Date(back.on))
            })
            .kind(Kind::Date)
            .sortable()
            .filterable(),
        )
        .column(Column::new("reason", "退回原因", |row: &Row| {
            row.record.back.as_ref().map_or(Cell::None, |back| Cell::text(back.reason.clone()))
        }))
        .column(
            Column::new("file", "来源文件", |row: &Row| Cell::text(row.record.file.short()))
                .describe("导入文件的 SM3 摘要（前 8 位）"),
        )
        .finish()
}

/// The register.
pub async fn list(counter: Counter, page: Page) -> Answer {
    let pays = counter.as_of.is_now() && counter.visitor.role().is_some_and(|role| FINANCE.contains(&role));
    let import = [("导入凭证", "/vouchers/import")].into_iter().filter(|_| pays);
    let links = import.chain([
        ("在途", "/vouchers/in-transit"),
        ("企业退款", "/vouchers/receipts"),
        ("此前拨款", "/earlier-payments"),
    ]);
    show_register(&counter, page, &register(), buttons(links)?)
}

/// An order that a voucher may belong to.
struct Candidate {
    id: String,
    number: String,
    href: String,
    firm: String,
    case: String,
    amount: Money,
    issued: Date,
    same_payee: bool,
    same_amount: bool,
    barred: Option<String>,
}

struct MatchForm {
    draft: Draft,
    action: String,
    candidates: Vec<Candidate>,
    more: usize,
}

impl MatchForm {
    /// Whether any order can be chosen.
    fn fits(&self) -> bool {
        self.candidates.iter().any(|candidate| candidate.barred.is_none())
    }
}

struct ReturnForm {
    draft: Draft,
    action: String,
    fields: Vec<Field>,
}

#[derive(Template)]
#[template(path = "voucher.html")]
struct VoucherPage {
    number: String,
    used: Light,
    amount: Money,
    on: Date,
    payee: String,
    named: Option<String>,
    order: Option<(String, String)>,
    case: Option<(String, String)>,
    firm: String,
    imported: String,
    file: String,
    back: Option<(Date, String, String)>,
    matching: Option<MatchForm>,
    returning: Option<ReturnForm>,
    days: i32,
}

fn seen<'a>(counter: &Counter, state: &'a State, number: &str) -> Result<&'a VoucherRecord, Failure> {
    let number: VoucherNumber = number.parse().map_err(|_| Failure::not_found())?;
    let record = state.cases.voucher(&number).ok_or_else(Failure::not_found)?;
    if may_see_voucher(state, &counter.visitor.viewer(), record) { Ok(record) } else { Err(Failure::not_found()) }
}

/// Open orders of this finance office, those of the same payee and amount first.
fn candidates(state: &State, context: &Context, viewer: &Viewer, record: &VoucherRecord) -> (Vec<Candidate>, usize) {
    let open = state.cases.orders().filter_map(|order| Some((awaited(order)?, order)));
    let open = open.filter(|(_, order)| sees_case(state, viewer, order.order.case));
    let mut open: Vec<_> = open.collect();
    let fits = |payee: cases::voucher::Payee, order: &OrderRecord| {
        (payee == record.voucher.payee, order.order.amount == record.voucher.amount)
    };
    open.sort_by_key(|(payee, order)| {
        let (same_payee, same_amount) = fits(*payee, order);
        let gap = (order.order.amount.fen() - record.voucher.amount.fen()).abs();
        (!(same_payee && same_amount), !same_payee, !same_amount, gap, order.recorded.sequence)
    });
    let more = open.len().saturating_sub(MOST_CANDIDATES);
    let shown = open.into_iter().take(MOST_CANDIDATES).map(|(payee, order)| {
        let (same_payee, same_amount) = fits(payee, order);
        let command = Command::MatchVoucher { voucher: record.voucher.number.clone(), order: order.order.id };
        let refused = cases::decide(&state.cases, context, command).err();
        Candidate {
            id: order.order.id.to_string(),
            number: order_number(order),
            href: order_path(order),
            firm: firm_name(state, order.order.firm),
            case: case_number(state, order.order.case),
            amount: order.order.amount,
            issued: order.recorded.day(),
            same_payee,
            same_amount,
            barred: refused.map(|refusal| refusal.reason.into_owned()),
        }
    });
    (shown.collect(), more)
}

/// Which form was sent and comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    Nothing,
    Match,
    Return,
}

fn show(counter: &Counter, state: &State, page: Page, record: &VoucherRecord, (sent, draft): (Sent, Draft)) -> Answer {
    let viewer = counter.visitor.viewer();
    let pays = viewer.role == Some(Role::Finance) && counter.as_of.is_now();
    let path = voucher_path(&record.voucher.number);
    let order = match record.used {
        Use::InTransit => None,
        Use::Matched(order) | Use::Returned(order) => state.cases.order(order),
    };
    let case = order.and_then(|order| state.cases.case(order.order.case));
    let own = |form: Sent| if sent == form { draft.clone() } else { page.form() };
    let matching = (pays && record.used == Use::InTransit).then(|| -> Result<MatchForm, Failure> {
        let context = counter.context()?;
        let (candidates, more) = candidates(state, &context, &viewer, record);
        Ok(MatchForm { draft: own(Sent::Match), action: format!("{path}/match"), candidates, more })
    });
    let returning = (pays && matches!(record.used, Use::Matched(_))).then(|| {
        let draft = own(Sent::Return);
        let fields = vec![
            draft.date("on", "退回日期").required(),
            draft.lines("reason", "退回原因").hint("例如：户名不符、账号已销户").rows(2).required(),
            draft
                .upload("proof", "退票通知", ".pdf,.ofd,.jpg,.png")
                .hint("银行或国库的退回通知，不超过 20 MB")
                .required(),
        ];
        ReturnForm { action: format!("{path}/return"), fields, draft }
    });
    let status = if draft.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let content = VoucherPage {
        number: record.voucher.number.to_string(),
        used: use_light(record.used),
        amount: record.voucher.amount,
        on: record.voucher.on,
        payee: payee_words(state, record.voucher.payee),
        named: record
            .voucher
            .order
            .map(|named| state.cases.order(named).map_or_else(|| named.to_string(), order_number)),
        order: order.map(|order| (order_number(order), order_path(order))),
        case: case.map(|case| (cases_pages::case_head::number(case), cases_pages::case_head::official_path(case))),
        firm: order.map(|order| firm_name(state, order.order.firm)).unwrap_or_default(),
        imported: format!(
            "{} · {}",
            kernel::date::minute(record.recorded.at),
            subsidy_pages::actor_name(state, &record.recorded.actor)
        ),
        file: record.file.short(),
        back: record.back.as_ref().map(|back| (back.on, back.reason.clone(), format!("{path}/proof"))),
        matching: matching.transpose()?,
        returning,
        days: state.city.calendar().between(record.voucher.on, counter.as_of.day()),
    };
    let title = format!("凭证 {}", content.number);
    page.title(title).status(status).crumb("拨付凭证", "/vouchers").show(&content)
}

/// One voucher.
pub async fn voucher(counter: Counter, Path(number): Path<String>, page: Page) -> Answer {
    let state = counter.state()?;
    let record = seen(&counter, &state, &number)?;
    let draft = page.form();
    show(&counter, &state, page, record, (Sent::Nothing, draft))
}

/// The proof that the bank sent its money back.
pub async fn proof(counter: Counter, Path(number): Path<String>) -> Answer {
    let state = counter.state()?;
    let record = seen(&counter, &state, &number)?;
    let proof = record.back.as_ref().map(|back| &back.proof).ok_or_else(Failure::not_found)?;
    let content = counter.hall.file(&proof.digest).await?;
    Ok(web::file(content, "application/octet-stream", &proof.name))
}

/// The order chosen.
pub struct Chosen(OrderId);

impl FromFields for Chosen {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        if reader.all("order").is_empty() {
            reader.refuse("order", "拨付指令", "请选择这张凭证对应的拨付指令");
            return None;
        }
        reader.required("order", "拨付指令").map(Self)
    }
}

/// A voucher in transit is matched with an order.
pub async fn match_by_hand(counter: Counter, Path(number): Path<String>, page: Page, form: Form<Chosen>) -> Answer {
    let state = counter.state()?;
    let record = seen(&counter, &state, &number)?;
    let Form { read, draft, command, .. } = form;
    let Some(Chosen(order)) = read else { return show(&counter, &state, page, record, (Sent::Match, draft)) };
    let voucher = record.voucher.number.clone();
    let path = voucher_path(&voucher);
    let sent = counter.submit(command, Command::MatchVoucher { voucher, order }).await;
    match unless_refused(draft, sent)? {
        None => Ok(go(&path)),
        Some(draft) => show(&counter, &state, page, record, (Sent::Match, draft)),
    }
}

/// As [`Draft::unless_done`]; what does not fit is said in the form and not on a page of its own.
fn unless_refused(draft: Draft, sent: Result<office::Outcome, office::SubmitError>) -> Result<Option<Draft>, Failure> {
    match sent {
        Err(office::SubmitError::Refused(refusal)) if refusal.kind == kernel::refusal::RefusalKind::Conflict => {
            Ok(Some(draft.complain(refusal.reason)))
        }
        other => draft.unless_done(other),
    }
}

/// How the bank sent it back.
pub struct Back {
    on: Date,
    reason: String,
    proof: Upload,
}

impl FromFields for Back {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let on = reader.required::<Day>("on", "退回日期");
        let reason = reader.text("reason", "退回原因", 500, true);
        let proof = reader.file("proof", "退票通知");
        Some(Self { on: on?.0, reason: reason?, proof: proof? })
    }
}

/// The bank sent a voucher's money back.
pub async fn give_back(counter: Counter, Path(number): Path<String>, page: Page, form: Form<Back>) -> Answer {
    let state = counter.state()?;
    let record = seen(&counter, &state, &number)?;
    let Form { read, draft, command, .. } = form;
    let Some(Back { on, reason, proof }) = read else {
        return show(&counter, &state, page, record, (Sent::Return, draft));
    };
    let proof = counter.keep(&proof).await?;
    let voucher = record.voucher.number.clone();
    let path = voucher_path(&voucher);
    let sent = counter.submit(command, Command::ReturnVoucher { voucher, on, reason, proof }).await;
    match unless_refused(draft, sent)? {
        None => Ok(go(&path)),
        Some(draft) => show(&counter, &state, page, record, (Sent::Return, draft)),
    }
}
