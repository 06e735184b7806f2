//! Funding plans (资金计划): the register, making one of confirmed cases, one plan, and its words for the office system.

use askama::Template;
use axum::extract::{Path, Query};
use cases::payment::PlanRecord;
use cases::{Call, CallId, Case, CaseId, Command, FundingPlanId, Stage};
use kernel::{Date, Money, Role};
use office::State;
use register::{Cell, Column, Found, Kind, Light, Register, Viewer};
use serde::Deserialize;
use web::{Answer, Counter, Draft, Empty, Failure, Form, FromFields, Page, Reader, Upload, go, show_register};

use super::links::buttons;
use super::readers::{DEPARTMENT, call_title, division_name};
use super::typed::derived;
use cases_pages::case_head::{deadline_light, number, official_path, stage_light};
use cases_pages::viewer::{firm_name, may_see};

/// The document, in bytes.
pub const UPLOAD: usize = 20 << 20;
const DOCUMENTS: &str = ".pdf,.ofd,.docx";

/// Whether a viewer may see a plan: where they may see one of its cases.
pub fn may_see_plan(state: &State, viewer: &Viewer, record: &PlanRecord) -> bool {
    let mut cases = record.plan.amounts.keys().filter_map(|case| state.cases.case(*case));
    cases.any(|case| may_see(state, viewer, case))
}

struct Row {
    record: PlanRecord,
    call: String,
    budget: Money,
    ordered: usize,
    paid: Money,
}

fn found<'a>(state: &'a State, viewer: &Viewer) -> Found<'a, Row> {
    let seen = state.cases.funding_plans().filter(|record| may_see_plan(state, viewer, record));
    let mut seen: Vec<&PlanRecord> = seen.collect();
    seen.sort_by_key(|record| std::cmp::Reverse(record.recorded.sequence));
    Found::each(seen, |record: &&PlanRecord| {
        let cases = || record.plan.amounts.keys().filter_map(|case| state.cases.case(*case));
        Some(Row {
            call: call_title(state, record.plan.call),
            budget: state.cases.call(record.plan.call).map(|call| call.terms.budget).unwrap_or_default(),
            ordered: cases().filter(|case| !matches!(case.stage, Stage::Planned { .. })).count(),
            paid: cases().map(|case| case.purse.paid - case.purse.returned).sum(),
            record: (*record).clone(),
        })
    })
}

/// 资金计划台账.
pub fn register() -> Register<State> {
    let description = "公示期满的办件按批次列入资金计划，财政据此下达拨付指令。";
    Register::declare_long("funding-plans", "资金计划", description, found)
        .column(
            Column::new("number", "文号", |row: &Row| {
                Cell::link(row.record.plan.number.clone(), format!("/funding-plans/{}", row.record.plan.id))
            })
            .filterable()
            .sortable(),
        )
        .column(Column::new("call", "申报批次", |row: &Row| Cell::text(row.call.clone())).filterable().sortable())
        .column(
            Column::new("on", "登记日期", |row: &Row| Cell::Date(row.record.recorded.day()))
                .kind(Kind::Date)
                .sortable()
                .filterable(),
        )
        .column(
            Column::new("cases", "办件", |row: &Row| Cell::Count(row.record.plan.amounts.len() as i64))
                .kind(Kind::Count)
                .unit("件")
                .sortable(),
        )
        .column(Column::new("total", "计划金额", |row: &Row| row.record.plan.total().into()).money().sortable())
        .column(Column::new("budget", "批次预算", |row: &Row| row.budget.into()).money())
        .column(
            Column::new("ordered", "已下达指令", |row: &Row| Cell::Count(row.ordered as i64))
                .kind(Kind::Count)
                .unit("件")
                .describe("已经下达拨付指令或者更进一步的办件"),
        )
        .column(
            Column::new("paid", "已到账", |row: &Row| row.paid.into())
                .money()
                .sortable()
                .describe("计划内办件凭证金额合计，扣除银行退回"),
        )
        .finish()
}

/// The register.
pub async fn list(counter: Counter, page: Page) -> Answer {
    let plans = counter.as_of.is_now() && counter.visitor.role().is_some_and(|role| DEPARTMENT.contains(&role));
    let before = buttons(plans.then_some(("编制资金计划", "/funding-plans/new")))?;
    show_register(&counter, page, &register(), before)
}

/// Which call a plan is made for.
#[derive(Deserialize)]
pub struct Asked {
    call: Option<String>,
}

struct Choice {
    id: String,
    number: String,
    href: String,
    firm: String,
    district: String,
    amount: Money,
    due: Option<Light>,
    chosen: bool,
    barred: Option<String>,
}

#[derive(Template)]
#[template(path = "plan_new.html")]
struct NewPage {
    draft: Draft,
    call: String,
    title: String,
    cases: Vec<Choice>,
    total: Money,
    planned: Money,
    budget: Money,
    fields: Vec<web::Field>,
}

#[derive(Template)]
#[template(path = "plan_calls.html")]
struct CallsPage {
    empty: Option<Empty>,
    calls: Vec<(String, String, usize, Money)>,
}

/// Cases of a call that wait for a plan.
fn confirmed<'a>(state: &'a State, call: &'a Call) -> impl Iterator<Item = &'a Case> {
    state.cases.cases_of(call.id).filter(|case| matches!(case.stage, Stage::Confirmed { .. }))
}

fn is_own(counter: &Counter, call: &Call) -> bool {
    counter.visitor.organisation() == Some(&call.terms.issuer)
}

fn own_call<'a>(counter: &Counter, state: &'a State, id: &str) -> Result<&'a Call, Failure> {
    let id: CallId = id.parse().map_err(|_| Failure::not_found())?;
    let call = state.cases.call(id).ok_or_else(Failure::not_found)?;
    if is_own(counter, call) { Ok(call) } else { Err(Failure::not_found()) }
}

fn choose_call(counter: &Counter, state: &State, page: Page) -> Answer {
    let own = state.cases.calls().filter(|call| is_own(counter, call));
    let calls = own.map(|call| {
        let (count, total) = confirmed(state, call)
            .fold((0, Money::ZERO), |(count, total), case| (count + 1, total + case.stage.decided()));
        (call.id.to_string(), call.terms.title.clone(), count, total)
    });
    let calls: Vec<_> = calls.filter(|(_, _, count, _)| *count > 0).collect();
    let empty = calls.is_empty().then(|| {
        let text = "公示期满且没有未答复异议的办件，会自动出现在这里。";
        Empty::new("没有等待列入资金计划的办件", text).action("查看资金计划", "/funding-plans")
    });
    page.title("编制资金计划").crumb("资金计划", "/funding-plans").show(&CallsPage { empty, calls })
}

/// What the department types.
pub struct Typed {
    call: CallId,
    number: String,
    document: Upload,
    cases: Vec<CaseId>,
}

impl FromFields for Typed {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let call = reader.required("call", "申报批次");
        let number = reader.required::<String>("number", "资金计划文号");
        let document = reader.file("document", "资金计划文件");
        let cases: Option<Vec<CaseId>> = reader.all("case").iter().map(|id| id.parse().ok()).collect();
        if cases.as_ref().is_none_or(Vec::is_empty) {
            reader.refuse("case", "办件", "请至少选择一件要列入的办件");
            return None;
        }
        Some(Self { call: call?, number: number?, document: document?, cases: cases? })
    }
}

fn show_new(counter: &Counter, state: &State, page: Page, call: &Call, draft: Draft) -> Answer {
    let is_blank = !draft.has_errors();
    let (day, context) = (counter.as_of.day(), counter.context()?);
    let choice = |case: &Case| {
        let (id, barred) = (case.id.to_string(), cases::view::barred(&context, case));
        Choice {
            chosen: if is_blank { barred.is_none() } else { draft.all("case").any(|chosen| chosen == id) },
            id,
            number: number(case),
            href: official_path(case),
            firm: firm_name(state, case.applicant.firm),
            district: division_name(state, case.applicant.district),
            amount: case.stage.decided(),
            due: case.stage.due().map(|due| deadline_light(state, due, day)),
            barred,
        }
    };
    let cases: Vec<_> = confirmed(state, call).map(choice).collect();
    let standing = state.cases.cases_of(call.id).filter(|case| super::reconciliation::plan_of(&case.stage).is_some());
    let fields = vec![
        draft.text("number", "资金计划文号").hint("正式印发后的文号，例如 渝经信〔2026〕××号").required(),
        draft
            .upload("document", "资金计划文件", DOCUMENTS)
            .hint("正式印发的文件，PDF、OFD 或 DOCX，不超过 20 MB")
            .required(),
    ];
    let status = if is_blank { axum::http::StatusCode::OK } else { axum::http::StatusCode::UNPROCESSABLE_ENTITY };
    let content = NewPage {
        call: call.id.to_string(),
        title: call.terms.title.clone(),
        total: cases.iter().map(|choice| choice.amount).sum(),
        planned: standing.map(|case| case.stage.decided()).sum(),
        budget: call.terms.budget,
        cases,
        fields,
        draft,
    };
    page.title("编制资金计划").status(status).crumb("资金计划", "/funding-plans").show(&content)
}

/// The form, or which call it is to be for.
pub async fn new(counter: Counter, page: Page, Query(asked): Query<Asked>) -> Answer {
    let state = counter.state()?;
    let Some(call) = asked.call.filter(|call| !call.is_empty()) else { return choose_call(&counter, &state, page) };
    let call = own_call(&counter, &state, &call)?;
    let draft = page.form();
    show_new(&counter, &state, page, call, draft)
}

/// Cases enter a plan.
pub async fn make(counter: Counter, page: Page, form: Form<Typed>) -> Answer {
    let state = counter.state()?;
    let Form { read, draft, command, .. } = form;
    let Some(Typed { call, number, document, cases }) = read else {
        let call = own_call(&counter, &state, draft.value("call"))?;
        return show_new(&counter, &state, page, call, draft);
    };
    let of_call = own_call(&counter, &state, &call.to_string())?;
    let plan = FundingPlanId(derived(command, "funding plan", 0));
    let document = counter.keep(&document).await?;
    let sent = counter.submit(command, Command::PlanFunding { plan, call, number, document, cases }).await;
    match draft.unless_done(sent)? {
        None => Ok(go(&format!("/funding-plans/{plan}"))),
        Some(draft) => show_new(&counter, &state, page, of_call, draft),
    }
}

struct Line {
    number: String,
    href: Option<String>,
    firm: String,
    code: String,
    district: String,
    amount: Money,
    stage: Light,
}

fn line(state: &State, viewer: &Viewer, case: &Case, amount: Money) -> Line {
    Line {
        number: number(case),
        href: may_see(state, viewer, case).then(|| official_path(case)),
        firm: firm_name(state, case.applicant.firm),
        code: case.applicant.firm.to_string(),
        district: division_name(state, case.applicant.district),
        amount,
        stage: stage_light(case.stage.kind()),
    }
}

#[derive(Template)]
#[template(path = "plan.html")]
struct PlanPage {
    number: String,
    id: String,
    call: String,
    call_path: String,
    on: Date,
    document: (String, String),
    lines: Vec<Line>,
    total: Money,
    budget: Money,
    may_order: bool,
    waiting: usize,
}

fn seen_plan(counter: &Counter, state: &State, id: &str) -> Result<PlanRecord, Failure> {
    let id: FundingPlanId = id.parse().map_err(|_| Failure::not_found())?;
    let record = state.cases.funding_plan(id).filter(|record| may_see_plan(state, &counter.visitor.viewer(), record));
    record.cloned().ok_or_else(Failure::not_found)
}

fn lines(state: &State, viewer: &Viewer, record: &PlanRecord) -> Vec<Line> {
    let seen = record.plan.amounts.iter().filter_map(|(case, amount)| Some((state.cases.case(*case)?, *amount)));
    let seen = seen.filter(|(case, _)| may_see(state, viewer, case));
    let mut lines: Vec<_> = seen.map(|(case, amount)| line(state, viewer, case, amount)).collect();
    lines.sort_by(|one, other| one.number.cmp(&other.number));
    lines
}

/// One plan.
pub async fn plan(counter: Counter, Path(id): Path<String>, page: Page) -> Answer {
    let state = counter.state()?;
    let record = seen_plan(&counter, &state, &id)?;
    let viewer = counter.visitor.viewer();
    let lines = lines(&state, &viewer, &record);
    let call = state.cases.call(record.plan.call);
    let waiting = record.plan.amounts.keys().filter_map(|case| state.cases.case(*case));
    let waiting = waiting.filter(|case| matches!(case.stage, Stage::Planned { .. })).count();
    let pays = call.is_some_and(|call| counter.visitor.organisation() == Some(&call.terms.finance));
    let content = PlanPage {
        id,
        number: record.plan.number.clone(),
        call: call_title(&state, record.plan.call),
        call_path: format!("/calls/{}", record.plan.call),
        on: record.recorded.day(),
        document: (record.plan.document.name.clone(), format!("/funding-plans/{}/document", record.plan.id)),
        total: lines.iter().map(|line| line.amount).sum(),
        budget: call.map(|call| call.terms.budget).unwrap_or_default(),
        may_order: pays && viewer.role == Some(Role::Finance) && counter.as_of.is_now(),
        waiting,
        lines,
    };
    page.title(format!("资金计划 {}", record.plan.number)).crumb("资金计划", "/funding-plans").show(&content)
}

/// The document of a plan.
pub async fn document(counter: Counter, Path(id): Path<String>) -> Answer {
    let state = counter.state()?;
    let record = seen_plan(&counter, &state, &id)?;
    let content = counter.hall.file(&record.plan.document.digest).await?;
    Ok(web::file(content, "application/octet-stream", &record.plan.document.name))
}

#[derive(Template)]
#[template(path = "plan_draft.html")]
struct DraftPage {
    title: String,
    addressee: String,
    issuer: String,
    basis: Vec<String>,
    firms: usize,
    total: Money,
    budget: Money,
    lines: Vec<Line>,
}

fn show_draft(state: &State, page: Page, call: &Call, cases: &[&Case], lines: Vec<Line>) -> Answer {
    let rule = state.cases.fund_rule(call.terms.rule).map(|rule| &rule.document);
    let meetings: std::collections::BTreeSet<_> = cases
        .iter()
        .filter_map(|case| state.cases.meeting(case.stage.award()?.meeting))
        .map(|meeting| meeting.on)
        .collect();
    let basis = rule.map(|rule| format!("《{}》（{}）", rule.title, rule.number)).into_iter();
    let basis = basis.chain(meetings.iter().map(|on| format!("{on} 会议审定意见和公示结果")));
    let title = format!("关于下达{}资金计划的通知", call.terms.title);
    let content = DraftPage {
        addressee: state.organisation_name(&call.terms.finance),
        issuer: state.organisation_name(&call.terms.issuer),
        basis: basis.collect(),
        firms: lines.len(),
        total: lines.iter().map(|line| line.amount).sum(),
        budget: call.terms.budget,
        title: title.clone(),
        lines,
    };
    page.title(format!("{title}（代拟稿）")).crumb("资金计划", "/funding-plans").show(&content)
}

/// The words of a plan that is not made yet: over all confirmed cases of a call.
pub async fn draft_of_call(counter: Counter, page: Page, Query(asked): Query<Asked>) -> Answer {
    let (state, viewer) = (counter.state()?, counter.visitor.viewer());
    let call = own_call(&counter, &state, asked.call.as_deref().unwrap_or_default())?;
    let cases: Vec<&Case> = confirmed(&state, call).collect();
    let lines = cases.iter().map(|case| line(&state, &viewer, case, case.stage.decided())).collect();
    show_draft(&state, page, call, &cases, lines)
}

/// The words of a plan as it was made.
pub async fn draft_of_plan(counter: Counter, Path(id): Path<String>, page: Page) -> Answer {
    let (state, viewer) = (counter.state()?, counter.visitor.viewer());
    let record = seen_plan(&counter, &state, &id)?;
    let call = state.cases.call(record.plan.call).ok_or_else(Failure::not_found)?;
    let cases: Vec<&Case> = record.plan.amounts.keys().filter_map(|case| state.cases.case(*case)).collect();
    show_draft(&state, page, call, &cases, lines(&state, &viewer, &record))
}
