//! Complaints (投诉) and reports (举报): each read and answered by whom the context gives it, and by nobody else.

use std::fmt::Display;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use cases::challenge::{Against, Answer as Said, Answered, Command, Complaint, Report};
use cases::{CaseId, ComplaintId, ReportId};
use kernel::{Deadline, Evidence, Role};
use office::State;
use register::Light;
use uuid::Uuid;
use web::{Answer, Counter, Draft, Empty, Failure, Form, FromFields, Page, Reader, go};

use cases_pages::case_head::{deadline_light, number};
use cases_pages::viewer::firm_name;

/// To whom complaints may come.
pub const COMPLAINTS: &[Role] = &[Role::CityOfficer, Role::WorkingGroup, Role::Discipline];
/// The discipline office alone: for everybody else there are no reports.
pub const REPORTS: &[Role] = &[Role::Discipline];

#[derive(Template)]
#[template(path = "said_list.html")]
struct ListPage {
    title: &'static str,
    about: &'static str,
    rows: Vec<Row>,
    nothing: Empty,
}

struct Row {
    href: String,
    on: String,
    about: String,
    against: String,
    standing: Light,
}

#[derive(Template)]
#[template(path = "said.html")]
struct SaidPage {
    title: &'static str,
    about: String,
    against: String,
    on: String,
    standing: Light,
    statement: Option<String>,
    contact: Option<String>,
    answer: Option<(&'static str, String, String)>,
    action: Option<String>,
    draft: Draft,
}

/// What a complaint and a report have in common.
struct One<'a> {
    id: Uuid,
    path: String,
    case: CaseId,
    against: String,
    sealed: &'a Evidence,
    due: Deadline,
    on: String,
    answer: &'a Said,
}

fn path(folder: &str, id: impl Display) -> String {
    format!("/{folder}/{id}")
}

fn complaint<'a>(state: &State, said: &'a Answered<Complaint>) -> One<'a> {
    let against = match &said.said.against {
        Against::Person(_) => "经办人员".to_owned(),
        Against::Office(office) => state.organisation_name(office),
    };
    One {
        id: said.said.id.0,
        path: path("complaints", said.said.id),
        case: said.said.case,
        against,
        sealed: &said.said.statement,
        due: said.said.due,
        on: said.recorded.day().to_string(),
        answer: &said.answer,
    }
}

fn report(said: &Answered<Report>) -> One<'_> {
    One {
        id: said.said.id.0,
        path: path("reports", said.said.id),
        case: said.said.case,
        against: String::new(),
        sealed: &said.said.statement,
        due: said.said.due,
        on: said.recorded.day().to_string(),
        answer: &said.answer,
    }
}

/// What it is about: the case by number, call and firm.
fn about(state: &State, case: CaseId) -> String {
    let Some(case) = state.cases.case(case) else { return case.to_string() };
    let call = state.cases.call(case.call).map(|call| call.terms.title.clone()).unwrap_or_default();
    format!("{} · {} · {call}", number(case), firm_name(state, case.applicant.firm))
}

fn standing(state: &State, counter: &Counter, one: &One<'_>) -> Light {
    match one.answer {
        Said::Open => deadline_light(state, one.due, counter.as_of.day()),
        Said::Upheld { .. } => Light::watch("已办结：成立"),
        Said::Dismissed { .. } => Light::good("已办结：不成立"),
    }
}

fn row(state: &State, counter: &Counter, one: &One<'_>) -> Row {
    Row {
        href: one.path.clone(),
        on: one.on.clone(),
        about: about(state, one.case),
        against: one.against.clone(),
        standing: standing(state, counter, one),
    }
}

/// Complaints that whoever looks may see.
pub async fn complaints(counter: Counter, page: Page) -> Answer {
    let (state, actor) = (counter.state()?, counter.visitor.actor()?);
    let seen = state.cases.complaints_for(&actor);
    let rows = seen.map(|said| row(&state, &counter, &complaint(&state, said))).collect();
    let title = "投诉";
    let about = "对经办人员和机构的投诉。被投诉的人和经办过该办件的人看不到。";
    let nothing = Empty::new("没有投诉", "目前没有应由您办理的投诉。");
    page.title(title).show(&ListPage { title, about, rows, nothing })
}

/// Reports, for the discipline office.
pub async fn reports(counter: Counter, page: Page) -> Answer {
    let (state, actor) = (counter.state()?, counter.visitor.actor()?);
    let rows = state.cases.reports_for(&actor).map(|said| row(&state, &counter, &report(said))).collect();
    let title = "举报";
    let about = "对项目的举报，只有机关纪委可以看到；办件经办人员看不到，也不知道有没有。";
    let nothing = Empty::new("没有举报", "目前没有收到举报。");
    page.title(title).show(&ListPage { title, about, rows, nothing })
}

/// What somebody says in answer.
pub struct Conclusion {
    upheld: bool,
    reasons: String,
}

impl FromFields for Conclusion {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let upheld = reader.choice("upheld", "结论", &[("dismissed", false), ("upheld", true)]);
        let reasons = reader.text("reasons", "理由", 1000, true);
        Some(Self { upheld: upheld?, reasons: reasons? })
    }
}

async fn show(counter: &Counter, state: &State, page: Page, title: &'static str, one: One<'_>, draft: Draft) -> Answer {
    let told = counter.hall.statement(one.id, one.sealed).await?;
    let (statement, contact) = told.map_or((None, None), |(statement, contact)| (Some(statement), contact));
    let answer = match one.answer {
        Said::Open => None,
        Said::Upheld { reasons, recorded } => Some(("成立", reasons.clone(), recorded.day().to_string())),
        Said::Dismissed { reasons, recorded } => Some(("不成立", reasons.clone(), recorded.day().to_string())),
    };
    let status = if draft.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let content = SaidPage {
        title,
        about: about(state, one.case),
        on: one.on.clone(),
        standing: standing(state, counter, &one),
        statement,
        contact,
        action: (answer.is_none() && counter.as_of.is_now()).then(|| one.path.clone()),
        answer,
        against: one.against,
        draft,
    };
    let list = if title == "投诉" { "/complaints" } else { "/reports" };
    page.title(title).status(status).crumb(title, list).show(&content)
}

fn found_complaint(counter: &Counter, state: &State, id: &str) -> Result<Answered<Complaint>, Failure> {
    let id: ComplaintId = id.parse().map_err(|_| Failure::not_found())?;
    let actor = counter.visitor.actor()?;
    let found = state.cases.complaints_for(&actor).find(|complaint| complaint.said.id == id).cloned();
    found.ok_or_else(Failure::not_found)
}

fn found_report(counter: &Counter, state: &State, id: &str) -> Result<Answered<Report>, Failure> {
    let id: ReportId = id.parse().map_err(|_| Failure::not_found())?;
    let actor = counter.visitor.actor()?;
    let found = state.cases.reports_for(&actor).find(|report| report.said.id == id).cloned();
    found.ok_or_else(Failure::not_found)
}

/// One complaint.
pub async fn complaint_page(counter: Counter, Path(id): Path<String>, page: Page) -> Answer {
    let state = counter.state()?;
    let said = found_complaint(&counter, &state, &id)?;
    let draft = page.form();
    show(&counter, &state, page, "投诉", complaint(&state, &said), draft).await
}

/// A complaint is answered.
pub async fn answer_complaint(counter: Counter, Path(id): Path<String>, page: Page, form: Form<Conclusion>) -> Answer {
    let state = counter.state()?;
    let said = found_complaint(&counter, &state, &id)?;
    let Form { read, draft, command, .. } = form;
    let one = complaint(&state, &said);
    let Some(Conclusion { upheld, reasons }) = read else {
        return show(&counter, &state, page, "投诉", one, draft).await;
    };
    let answer = Command::AnswerComplaint { id: said.said.id, upheld, reasons };
    let sent = counter.submit(command, cases::Command::Challenge(answer)).await;
    match draft.unless_done(sent)? {
        Some(draft) => show(&counter, &state, page, "投诉", one, draft).await,
        None => Ok(go(&one.path)),
    }
}

/// One report.
pub async fn report_page(counter: Counter, Path(id): Path<String>, page: Page) -> Answer {
    let state = counter.state()?;
    let said = found_report(&counter, &state, &id)?;
    let draft = page.form();
    show(&counter, &state, page, "举报", report(&said), draft).await
}

/// A report is closed.
pub async fn close_report(counter: Counter, Path(id): Path<String>, page: Page, form: Form<Conclusion>) -> Answer {
    let state = counter.state()?;
    let said = found_report(&counter, &state, &id)?;
    let Form { read, draft, command, .. } = form;
    let one = report(&said);
    let Some(Conclusion { upheld, reasons }) = read else {
        return show(&counter, &state, page, "举报", one, draft).await;
    };
    let answer = Command::CloseReport { id: said.said.id, upheld, reasons };
    let sent = counter.submit(command, cases::Command::Challenge(answer)).await;
    match draft.unless_done(sent)? {
        Some(draft) => show(&counter, &state, page, "举报", one, draft).await,
        None => Ok(go(&one.path)),
    }
}
