//! A unit reports on a task or measure for a month, or sends a returned report again.

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use kernel::{Anchor, DivisionCode, Evidence, OrganisationId, Revision};
use office::SubmitError;
use plan::parts::{Percent, UnitKind};
use plan::progress::{Progress, ReportCommand, ReportKey, ReportRecord, Stage};
use plan::{Month, Plan, Subject};
use serde::Deserialize;
use web::{Answer, Counter, Draft, Failure, Form, FromFields, Page, Reader, Upload};

use crate::typed::UpToHundred;
use crate::view::View;
use crate::{place, registers, words};

/// What the address asks for; without both, a list to choose from.
#[derive(Deserialize)]
pub struct Asked {
    subject: Option<Anchor>,
    month: Option<Month>,
}

/// What an officer types.
pub struct Typed {
    percent: Percent,
    narrative: String,
    evidence: Option<Upload>,
}

impl FromFields for Typed {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let percent = reader.required::<UpToHundred>("percent", "累计进度");
        let narrative = reader.text("narrative", "进展情况", 2000, true);
        let evidence = reader.optional_file("evidence");
        let percent = percent.and_then(|percent| Percent::try_from(percent.0).ok());
        reader.must_tick("not_secret", "确认材料不含涉密内容")?;
        Some(Self { percent: percent?, narrative: narrative?, evidence })
    }
}

/// Whether a unit answers for a task or measure: by name, or as one of the districts.
pub fn answers_for(plan: &Plan, subject: Subject<'_>, unit: &OrganisationId) -> bool {
    let is_district = unit.as_str().parse::<DivisionCode>().is_ok();
    plan.units_of(subject).iter().any(|listed| match listed.kind {
        UnitKind::Districts => is_district,
        _ => listed.key == *unit,
    })
}

#[derive(Template)]
#[template(path = "report_form.html")]
struct FormPage {
    heading: String,
    action: String,
    draft: Draft,
    unit: String,
    quoted: String,
    planned: Option<u8>,
    before: Option<(String, u8, String)>,
    returned: Option<String>,
    kept_files: Vec<String>,
    deadline: String,
}

#[derive(Template)]
#[template(path = "report_choice.html")]
struct ChoicePage {
    subjects: Vec<(String, String, bool)>,
    months: Vec<(String, String)>,
}

fn own_unit(counter: &Counter) -> Result<OrganisationId, Failure> {
    counter.visitor.organisation().cloned().ok_or(Failure::SignInFirst)
}

/// The form, or the list to choose from.
pub async fn new(counter: Counter, Query(asked): Query<Asked>, page: Page) -> Answer {
    let (view, unit) = (View::on(&counter)?, own_unit(&counter)?);
    let (Some(subject), Some(month)) = (asked.subject.clone(), asked.month) else {
        return choose(&view, &unit, asked.subject.as_ref(), page);
    };
    let key = ReportKey { plan: view.key.clone(), subject, unit, month };
    let record = view.state.plan.report(&key);
    let draft = page.form().revision(record.map(|record| record.revision).unwrap_or_default());
    let draft = match record.and_then(registers::said) {
        Some(said) => draft.fill([("percent", said.percent.get().to_string()), ("narrative", said.narrative.clone())]),
        None => draft,
    };
    show(&view, &key, page, draft)
}

fn choose(view: &View, unit: &OrganisationId, chosen: Option<&Anchor>, page: Page) -> Answer {
    let plan = view.plan.as_ref();
    let mut subjects = Vec::new();
    for task in &plan.tasks {
        let of_task = task.measures.iter().map(|measure| (Subject::Measure(task, measure), &measure.anchor));
        for (subject, anchor) in std::iter::once((Subject::Task(task), &task.anchor)).chain(of_task) {
            if answers_for(plan, subject, unit) {
                let label = format!("{anchor} {}", subject.name());
                subjects.push((anchor.to_string(), label, chosen == Some(anchor)));
            }
        }
    }
    let (first, last) = (Month::of(plan.meta.from), Month::of(view.day).min(Month::of(plan.meta.until)));
    let months = first.until(last).rev().map(|month| (month.to_string(), month.label())).collect();
    page.title("报送进度").crumb("进度报告", "/plan/reports").show(&ChoicePage { subjects, months })
}

fn show(view: &View, key: &ReportKey, page: Page, draft: Draft) -> Answer {
    let plan = view.plan.as_ref();
    let subject = plan.subject(&key.subject).ok_or_else(Failure::not_found)?;
    if !answers_for(plan, subject, &key.unit) {
        let reason = format!("本单位不是“{}”的责任单位，请从“报送进度”中选择本单位负责的任务。", subject.name());
        return Err(Failure::Forbidden(reason.into()));
    }
    let record = view.state.plan.report(key);
    if let Some(record) = record.filter(|record| record.progress().is_some()) {
        let reason = format!(
            "{}的报告{}，不能重复报送；如需更正，请联系工作专班退回。",
            key.month.label(),
            record.stage.label()
        );
        return Err(Failure::Stale(reason.into()));
    }
    let before = view.state.plan.reports_of(&key.plan, &key.subject, &key.unit);
    let mut before = before.filter(|(other, _)| other.month < key.month).filter_map(|(other, record)| {
        let said = record.progress()?;
        Some((other.month.label(), said.percent.get(), said.narrative.clone()))
    });
    let schedule = view.state.plan.schedule(plan, &subject.task().anchor);
    let rule = view.state.plan.light_rule(plan, view.day);
    let calendar = view.state.city.calendar();
    let deadline = rule.map(|(_, rule)| {
        let deadline = plan::lights::report_deadline(&rule, calendar, key.month);
        format!("{} 前报送，{}", deadline.due, deadline.standing(calendar, view.day))
    });
    let quoted = plan.places(|binding| match binding {
        plan::text::Binding::Measure(anchor) => anchor.is_within(&key.subject),
        _ => false,
    });
    let content = FormPage {
        heading: format!("{} {} · {}", key.subject, subject.name(), key.month.label()),
        action: place::new_report(&key.subject, key.month),
        unit: words::unit_name(view, &key.unit),
        quoted: quoted.iter().map(|(_, segment)| segment.text.as_str()).collect(),
        planned: schedule.map(|schedule| schedule.planned(key.month).get()),
        before: before.next_back(),
        returned: returned(record),
        kept_files: kept(record).into_iter().map(|file| file.name).collect(),
        deadline: deadline.unwrap_or_default(),
        draft,
    };
    let status = if content.draft.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page.title("报送进度").crumb("进度报告", "/plan/reports").status(status).show(&content)
}

fn returned(record: Option<&ReportRecord>) -> Option<String> {
    match record.map(|record| &record.stage) {
        Some(Stage::Returned { reason, .. }) => Some(reason.clone()),
        _ => None,
    }
}

/// Files that a returned report already named: they stay with it.
fn kept(record: Option<&ReportRecord>) -> Vec<Evidence> {
    record.and_then(registers::said).map(|said| said.evidence.clone()).unwrap_or_default()
}

/// The unit reports.
pub async fn submit(counter: Counter, Query(asked): Query<Asked>, page: Page, form: Form<Typed>) -> Answer {
    let (view, unit) = (View::on(&counter)?, own_unit(&counter)?);
    let missing = || Failure::Unacceptable("请先选择任务和月份，再填写进度。".into());
    let (subject, month) = (asked.subject.ok_or_else(missing)?, asked.month.ok_or_else(missing)?);
    let key = ReportKey { plan: view.key.clone(), subject, unit, month };
    let Form { read, draft, command, revision } = form;
    let Some(typed) = read else { return show(&view, &key, page, draft) };
    let mut evidence = kept(view.state.plan.report(&key));
    if let Some(upload) = &typed.evidence {
        evidence.push(counter.keep(upload).await?);
    }
    let progress = Progress { percent: typed.percent, narrative: typed.narrative, evidence };
    let expected: Option<Revision> = revision;
    let sent = plan::Command::Report { report: key.clone(), expected, command: ReportCommand::Submit(progress) };
    match counter.submit(command, sent).await {
        Ok(_) => Ok(Redirect::to(&place::report(&key)).into_response()),
        Err(SubmitError::Refused(refusal)) => show(&view, &key, page, draft.refused(refusal)?),
        Err(error) => Err(error.into()),
    }
}
