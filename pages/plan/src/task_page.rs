//! A task on one page: its sentences, its measures, who answers for it, month by month, and what happened.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};
use kernel::Anchor;
use plan::judgement::About;
use plan::lights::{Signal, Standing};
use plan::parts::{Measure, Schedule, Task};
use plan::{Month, Subject};
use register::{Light as Lamp, Viewer};
use web::{Answer, AsOf, Counter, Failure, Page, Timeline};

use crate::card::lamp_of;
use crate::month_grid::MonthGrid;
use crate::view::View;
use crate::{place, registers, words};

/// Steps of the timeline shown at most: a task with six units has some hundred a year.
const MOST_STEPS: usize = 60;

#[derive(Template)]
#[template(path = "task.html")]
struct TaskPage {
    anchor: Anchor,
    name: String,
    kind: &'static str,
    heading: String,
    lamp: Lamp,
    reasons: Vec<String>,
    rule_from: String,
    planned: String,
    reported: String,
    months: String,
    sentences: Vec<(String, String)>,
    measures: Vec<MeasureRow>,
    units: Vec<UnitRow>,
    listed: Vec<(String, String)>,
    grid: Option<MonthGrid>,
    schedule: Option<ScheduleView>,
    judgement: Option<(Lamp, String, String)>,
    timeline: Timeline,
    older: usize,
    suffix: String,
    report_href: Option<String>,
    judge_href: Option<String>,
}

/// A measure, with what shows that it happens.
pub struct MeasureRow {
    /// Its place.
    pub anchor: Anchor,
    /// Short name.
    pub name: String,
    /// In the living document, opened.
    pub href: String,
    /// Where it stands.
    pub lamp: Lamp,
    /// Why.
    pub reason: String,
    /// What carries it.
    pub records: String,
    /// Name with value, and where it is read.
    pub indicators: Vec<(String, String)>,
    /// Where the benefit is read that it grants.
    pub benefit: Option<String>,
}

struct UnitRow {
    name: String,
    href: String,
    leads: bool,
    lamp: Lamp,
    latest: String,
    planned: String,
    reasons: String,
}

struct ScheduleView {
    start: String,
    lead: String,
    districts: Vec<(String, String)>,
    milestones: Vec<(String, u8, String, &'static str)>,
    changes: usize,
}

/// The page.
pub async fn task(counter: Counter, Path(anchor): Path<String>, page: Page) -> Answer {
    let anchor: Anchor = anchor.parse().map_err(|_| Failure::not_found())?;
    let view = View::on(&counter)?;
    let suffix = counter.as_of.suffix();
    match view.plan.subject(&anchor).ok_or_else(Failure::not_found)? {
        Subject::Measure(task, _) => {
            Ok(Redirect::to(&format!("{}{suffix}", place::task(&task.anchor))).into_response())
        }
        Subject::Task(task) => {
            let content = TaskPage::of(&view, task, &counter.visitor.viewer(), counter.as_of);
            page.title(format!("{} {}", task.anchor, task.name))
                .crumb("任务", format!("/plan/tasks{suffix}"))
                .show(&content)
        }
    }
}

impl TaskPage {
    fn of(view: &View, task: &Task, viewer: &Viewer, as_of: AsOf) -> Self {
        let suffix = as_of.suffix();
        let official = crate::is_official(viewer);
        let standing = view.task(&task.anchor);
        let schedule = view.state.plan.schedule(&view.plan, &task.anchor);
        let months = standing.map(registers::months).unwrap_or_default();
        let percent = |percent: Option<u8>| percent.map_or_else(|| "—".to_owned(), |percent| format!("{percent}%"));
        let grid = standing.map(|standing| MonthGrid::of(view, &task.anchor, standing, &suffix, official));
        let (timeline, older) = timeline(view, task, official);
        Self {
            anchor: task.anchor.clone(),
            name: task.name.clone(),
            kind: words::kind(task.kind),
            heading: view.plan.heading(&task.anchor).unwrap_or_default().to_owned(),
            lamp: lamp_of(view.task_signal(&task.anchor)),
            reasons: standing.map(|standing| standing.reasons.clone()).unwrap_or_default(),
            rule_from: standing.and_then(|s| s.rule_from).map(|from| from.to_string()).unwrap_or_default(),
            planned: percent(standing.and_then(|standing| standing.planned).map(|planned| planned.get())),
            reported: percent(standing.and_then(registers::reported)),
            months: format!("{} / {}", months.reported, months.due),
            sentences: sentences(view, &task.anchor, &suffix),
            measures: task.measures.iter().map(|measure| measure_row(view, measure, &suffix)).collect(),
            units: standing.map(|standing| unit_rows(view, standing, schedule, &suffix)).unwrap_or_default(),
            listed: listed(view, task, &suffix),
            grid: grid.filter(|grid| !grid.is_empty()),
            schedule: schedule.map(|schedule| schedule_view(view, task, schedule, &suffix)),
            judgement: judgement(view, task),
            timeline,
            older,
            report_href: report_href(view, task, viewer, as_of),
            judge_href: (as_of.is_now() && viewer.role.is_some_and(|role| crate::JUDGES.contains(&role)))
                .then(|| place::judgement(&About::Task(task.anchor.clone()))),
            suffix,
        }
    }
}

/// Each sentence with its place in the living document.
fn sentences(view: &View, anchor: &Anchor, suffix: &str) -> Vec<(String, String)> {
    let within = view.plan.sentences().filter(|sentence| sentence.anchor.is_within(anchor));
    within.map(|sentence| (sentence.text(), place::sentence(anchor, suffix))).collect()
}

/// A measure where it stands.
pub fn measure_row(view: &View, measure: &Measure, suffix: &str) -> MeasureRow {
    let standing = view.measure(&measure.anchor);
    let records = measure.records.iter().filter_map(|key| view.plan.record(key));
    let indicators = measure.indicators.iter().filter_map(|key| view.plan.indicator(key)).map(|indicator| {
        let latest = view.indicator(&indicator.key).and_then(|standing| standing.latest.as_ref());
        let value = latest.map(|latest| latest.value.in_unit(&indicator.unit));
        let value = value.map_or_else(|| "尚未计量".to_owned(), |value| format!("{value} {}", indicator.unit));
        (format!("{}：{value}", indicator.name), format!("{}{suffix}", place::indicator(&indicator.key)))
    });
    MeasureRow {
        anchor: measure.anchor.clone(),
        name: measure.name.clone(),
        href: place::opened(measure.anchor.as_str(), suffix),
        lamp: lamp_of(view.measure_signal(&measure.anchor)),
        reason: standing.and_then(|standing| standing.reasons.first()).cloned().unwrap_or_default(),
        records: records.map(|record| record.name.as_str()).collect::<Vec<_>>().join("、"),
        indicators: indicators.collect(),
        benefit: measure.benefit.as_ref().map(|benefit| format!("/benefits/{benefit}")),
    }
}

fn unit_rows(view: &View, standing: &Standing, schedule: Option<&Schedule>, suffix: &str) -> Vec<UnitRow> {
    let row = |unit: &plan::lights::UnitStanding| {
        let month = unit.latest.map(|(month, _)| month);
        let planned = schedule.zip(month).map(|(schedule, month)| format!("{}%", schedule.planned(month).get()));
        UnitRow {
            name: unit.name.clone().unwrap_or_else(|| words::unit_name(view, &unit.unit)),
            href: format!("{}{suffix}", place::unit(&unit.unit)),
            leads: schedule.is_some_and(|schedule| schedule.lead.as_ref() == Some(&unit.unit)),
            lamp: lamp_of(Some(unit.signal)),
            latest: unit
                .latest
                .map_or_else(|| "—".to_owned(), |(month, percent)| format!("{} {}%", month.label(), percent.get())),
            planned: planned.filter(|_| unit.signal != Signal::Received).unwrap_or_else(|| "—".to_owned()),
            reasons: unit.reasons.join("；"),
        }
    };
    standing.units.iter().map(row).collect()
}

/// The responsible units as the text lists them.
fn listed(view: &View, task: &Task, suffix: &str) -> Vec<(String, String)> {
    let units = view.plan.units_of(Subject::Task(task)).into_iter();
    units.map(|unit| (unit.name.clone(), format!("{}{suffix}", place::unit(&unit.key)))).collect()
}

fn schedule_view(view: &View, task: &Task, schedule: &Schedule, suffix: &str) -> ScheduleView {
    let this_month = Month::of(view.day);
    let milestones = schedule.milestones.iter().map(|milestone| {
        let when = if milestone.month < this_month { "已到期" } else { "未到期" };
        (milestone.month.label(), milestone.percent.get(), milestone.what.clone(), when)
    });
    let districts = schedule.districts.iter().map(|code| {
        let key = (*code).into();
        (words::unit_name(view, &key), format!("{}{suffix}", place::unit(&key)))
    });
    let record = view.state.plan.schedule_record(&view.key, &task.anchor);
    ScheduleView {
        start: schedule.start.label(),
        lead: schedule.lead.as_ref().map(|lead| words::unit_name(view, lead)).unwrap_or_default(),
        districts: districts.collect(),
        milestones: milestones.collect(),
        changes: record.map_or(0, |record| record.changes.len()),
    }
}

fn judgement(view: &View, task: &Task) -> Option<(Lamp, String, String)> {
    let record = view.state.plan.judgement(&view.key, &About::Task(task.anchor.clone()))?;
    let (recorded, judgement) = record.current()?;
    let by = format!("{} · {}", words::actor_name(view, &recorded.actor), recorded.day());
    Some((lamp_of(Some(Signal::Light(judgement.light))), judgement.reason.clone(), by))
}

/// The latest steps, and how many older ones there are.
fn timeline(view: &View, task: &Task, official: bool) -> (Timeline, usize) {
    let mut steps = plan::timeline::of_task(&view.state.plan, &view.key, &task.anchor);
    let older = steps.len().saturating_sub(MOST_STEPS);
    steps.drain(..older);
    for step in &mut steps {
        // The plan names units by their keys; people read names.
        if let Some((before, after)) = step.title.split_once('（') {
            let (unit, rest) = after.split_once(' ').unwrap_or((after, ""));
            if let Ok(key) = unit.parse() {
                step.title = format!("{before}（{} {rest}", words::unit_name(view, &key));
            }
        }
    }
    (words::timeline(view, steps, official), older)
}

/// Where an officer of a responsible unit reports the last completed month.
fn report_href(view: &View, task: &Task, viewer: &Viewer, as_of: AsOf) -> Option<String> {
    let reports = viewer.role.is_some_and(|role| crate::REPORTERS.contains(&role));
    let own = viewer.organisation.as_ref().filter(|_| reports && as_of.is_now())?;
    let answers = crate::report_form::answers_for(&view.plan, Subject::Task(task), own);
    answers.then(|| place::new_report(&task.anchor, Month::of(view.day).previous()))
}
