//! One report: what the unit says, what proves it, where it stands, and the working group's answer.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use kernel::Role;
use office::SubmitError;
use plan::progress::{ReportCommand, ReportKey, ReportRecord, Stage};
use web::{Answer, Counter, Draft, Failure, Form, FromFields, Page, Reader, Step, Steps, Timeline};

use crate::view::View;
use crate::{place, registers, words};

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage {
    anchor: String,
    name: String,
    task_href: String,
    unit: String,
    unit_href: String,
    month: String,
    steps: Steps,
    percent: String,
    planned: String,
    narrative: String,
    evidence: Vec<(String, String, u64)>,
    returned: Option<String>,
    deadline: String,
    timeline: Timeline,
    draft: Draft,
    review: Option<String>,
    again: Option<String>,
}

/// Plan, task or measure, unit and month, as the address names them.
type Address = (String, String, String, String);

fn key_of(view: &View, (plan, subject, unit, month): Address) -> Option<ReportKey> {
    let key = ReportKey {
        plan: plan.parse().ok()?,
        subject: subject.parse().ok()?,
        unit: unit.parse().ok()?,
        month: month.parse().ok()?,
    };
    (key.plan == view.key).then_some(key)
}

/// The report.
pub async fn report(counter: Counter, Path(address): Path<Address>, page: Page) -> Answer {
    let view = View::on(&counter)?;
    let key = key_of(&view, address).ok_or_else(Failure::not_found)?;
    let draft = page.form();
    show(&counter, &view, &key, page, draft)
}

fn show(counter: &Counter, view: &View, key: &ReportKey, page: Page, draft: Draft) -> Answer {
    let record = view.state.plan.report(key).ok_or_else(Failure::not_found)?;
    let subject = view.plan.subject(&key.subject).ok_or_else(Failure::not_found)?;
    let suffix = counter.as_of.suffix();
    let said = registers::said(record);
    let schedule = view.state.plan.schedule(&view.plan, &subject.task().anchor);
    let evidence = said.map(|said| said.evidence.as_slice()).unwrap_or_default();
    let is_now = counter.as_of.is_now();
    let reviews = is_now && counter.visitor.role() == Some(Role::WorkingGroup);
    let own = is_now && counter.visitor.organisation() == Some(&key.unit);
    let waits = matches!(record.stage, Stage::Submitted(_));
    let returned = match &record.stage {
        Stage::Returned { reason, .. } => Some(reason.clone()),
        _ => None,
    };
    let draft = if draft.has_errors() { draft } else { draft.revision(record.revision) };
    let content = ReportPage {
        anchor: key.subject.to_string(),
        name: subject.name().to_owned(),
        task_href: format!("{}{suffix}", place::task(&subject.task().anchor)),
        unit: words::unit_name(view, &key.unit),
        unit_href: format!("{}{suffix}", place::unit(&key.unit)),
        month: key.month.label(),
        steps: steps(record),
        percent: said.map(|said| format!("{}%", said.percent.get())).unwrap_or_default(),
        planned: schedule.map(|schedule| format!("{}%", schedule.planned(key.month).get())).unwrap_or_default(),
        narrative: said.map(|said| said.narrative.clone()).unwrap_or_default(),
        evidence: evidence.iter().map(|file| (file.name.clone(), place::kept(file), file.size)).collect(),
        deadline: deadline(view, key, record),
        timeline: words::timeline(view, record.timeline(), true),
        review: (reviews && waits).then(|| format!("{}/review", place::report(key))),
        again: (own && returned.is_some()).then(|| place::new_report(&key.subject, key.month)),
        returned,
        draft,
    };
    let status = if content.draft.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page.title(format!("{} {} 进度报告", key.subject, key.month.label()))
        .crumb("进度报告", format!("/plan/reports{suffix}"))
        .status(status)
        .show(&content)
}

fn steps(record: &ReportRecord) -> Steps {
    let submitted = record.first_submitted.map(|day| day.to_string()).unwrap_or_default();
    let last = record.history.last().map(|(recorded, _)| recorded.day().to_string()).unwrap_or_default();
    Steps::new(match record.stage {
        Stage::Missing => vec![Step::current("报送", "未报送"), Step::ahead("专班审核"), Step::ahead("采纳")],
        Stage::Submitted(_) => {
            vec![Step::done("报送", submitted), Step::current("专班审核", ""), Step::ahead("采纳")]
        }
        Stage::Returned { .. } => {
            vec![Step::current("补正后重新报送", last), Step::ahead("专班审核"), Step::ahead("采纳")]
        }
        Stage::Accepted(_) => vec![Step::done("报送", submitted), Step::done("专班审核", ""), Step::done("采纳", last)],
    })
}

/// When it was due, and whether it came in time: the first submission counts.
fn deadline(view: &View, key: &ReportKey, record: &ReportRecord) -> String {
    let Some((_, rule)) = view.state.plan.light_rule(&view.plan, view.day) else { return String::new() };
    let due = plan::lights::report_deadline(&rule, view.state.city.calendar(), key.month).due;
    match record.first_submitted {
        Some(day) if day <= due => format!("{due} 到期，{day} 首次报送，按期"),
        Some(day) => format!("{due} 到期，{day} 首次报送，逾期"),
        None => format!("{due} 到期"),
    }
}

/// What the working group answers.
pub struct Review {
    accepts: bool,
    reason: String,
}

impl FromFields for Review {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let accepts = reader.choice("verdict", "意见", &[("accept", true), ("return", false)]);
        let reason = reader.text("reason", "退回原因", 500, accepts == Some(false));
        Some(Self { accepts: accepts?, reason: reason? })
    }
}

/// The working group accepts, or sends back.
pub async fn review(counter: Counter, Path(address): Path<Address>, page: Page, form: Form<Review>) -> Answer {
    let view = View::on(&counter)?;
    let key = key_of(&view, address).ok_or_else(Failure::not_found)?;
    let Form { read, draft, command, revision } = form;
    let Some(Review { accepts, reason }) = read else { return show(&counter, &view, &key, page, draft) };
    let decided = if accepts { ReportCommand::Accept } else { ReportCommand::Return { reason } };
    let sent = plan::Command::Report { report: key.clone(), expected: revision, command: decided };
    match counter.submit(command, sent).await {
        Ok(_) => Ok(Redirect::to(&place::report(&key)).into_response()),
        Err(SubmitError::Refused(refusal)) => show(&counter, &view, &key, page, draft.refused(refusal)?),
        Err(error) => Err(error.into()),
    }
}
