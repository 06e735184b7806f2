//! What a unit answers for: tasks, measures, lights, late reports.

use askama::Template;
use axum::extract::Path;
use kernel::{DivisionCode, OrganisationId};
use plan::lights::{MonthState, Signal, UnitStanding};
use plan::parts::{Task, UnitKind};
use plan::{Plan, Subject};
use register::Light as Lamp;
use web::{Answer, Counter, Failure, Page};

use crate::card::lamp_of;
use crate::task_page::{MeasureRow, measure_row};
use crate::view::View;
use crate::{place, words};

#[derive(Template)]
#[template(path = "unit.html")]
struct UnitPage {
    name: String,
    full_name: String,
    kind: &'static str,
    lights: Vec<(Lamp, usize)>,
    tasks: Vec<TaskRow>,
    late: Vec<LateRow>,
    members: Vec<(String, String)>,
    indicators: Vec<(String, String)>,
    hosted_by: Option<(String, String)>,
    is_own: bool,
}

struct TaskRow {
    anchor: String,
    name: String,
    href: String,
    kind: &'static str,
    leads: bool,
    lamp: Lamp,
    latest: String,
    planned: String,
    reasons: String,
    measures: Vec<MeasureRow>,
}

/// A month reported late or not at all.
struct LateRow {
    anchor: String,
    task: String,
    href: String,
    month: String,
    due: String,
    how: String,
    is_missing: bool,
}

/// Who a page is about: a unit of the plan, or one of the districts.
enum Who<'a> {
    Unit(&'a plan::parts::Unit),
    District(OrganisationId),
}

impl Who<'_> {
    fn find<'a>(view: &'a View, key: &OrganisationId) -> Option<Who<'a>> {
        if let Some(unit) = view.plan.unit(key) {
            return Some(Who::Unit(unit));
        }
        let code: DivisionCode = key.as_str().parse().ok()?;
        let named = view.plan.tasks.iter().any(|task| {
            let schedule = view.state.plan.schedule(&view.plan, &task.anchor);
            schedule.is_some_and(|schedule| schedule.districts.contains(&code))
        });
        let reports = || view.state.plan.reports().any(|(report, _)| report.unit == *key);
        (named || reports()).then(|| Who::District(key.clone()))
    }

    fn is_everywhere(&self) -> bool {
        matches!(self, Self::Unit(unit) if unit.kind == UnitKind::Districts)
    }

    fn answers_for(&self, plan: &Plan, subject: Subject<'_>) -> bool {
        match self {
            Self::Unit(unit) => plan.units_of(subject).iter().any(|listed| listed.key == unit.key),
            Self::District(code) => crate::report_form::answers_for(plan, subject, code),
        }
    }

    /// Where it stands on a task; the districts together have no light of their own.
    fn standing<'a>(&self, view: &'a View, task: &Task) -> Option<&'a UnitStanding> {
        let key = match self {
            Self::Unit(unit) => &unit.key,
            Self::District(code) => code,
        };
        view.task(&task.anchor)?.units.iter().find(|unit| unit.unit == *key)
    }
}

/// The page.
pub async fn unit(counter: Counter, Path(key): Path<String>, page: Page) -> Answer {
    let key: OrganisationId = key.parse().map_err(|_| Failure::not_found())?;
    let view = View::on(&counter)?;
    let who = Who::find(&view, &key).ok_or_else(Failure::not_found)?;
    let suffix = counter.as_of.suffix();
    let viewer = counter.visitor.viewer();
    let answered = answered(&view, &who);
    let (full_name, kind, hosted_by) = match &who {
        Who::Unit(unit) => (unit.full_name.clone(), kind(unit.kind), unit.hosted_by.clone()),
        Who::District(_) => (String::new(), "区县", None),
    };
    let content = UnitPage {
        name: words::unit_name(&view, &key),
        full_name,
        kind,
        lights: lights(&view, &who, &answered),
        tasks: answered.iter().map(|task| task_row(&view, &who, task, &suffix)).collect(),
        late: answered.iter().flat_map(|task| late(&view, &who, task, &suffix)).collect(),
        members: if who.is_everywhere() { districts(&view, &suffix) } else { Vec::new() },
        indicators: produced(&view, &key, &suffix),
        hosted_by: hosted_by.map(|key| (words::unit_name(&view, &key), format!("{}{suffix}", place::unit(&key)))),
        is_own: counter.as_of.is_now()
            && counter.visitor.organisation() == Some(&key)
            && viewer.role.is_some_and(|role| crate::REPORTERS.contains(&role)),
    };
    page.title(content.name.clone()).crumb("任务", format!("/plan/tasks{suffix}")).show(&content)
}

const fn kind(kind: UnitKind) -> &'static str {
    match kind {
        UnitKind::Municipal => "市级部门",
        UnitKind::Central => "中央驻渝机构，只作收悉",
        UnitKind::Districts => "区县，由专班逐一指定",
        UnitKind::WorkingGroup => "工作专班",
    }
}

fn answered<'a>(view: &'a View, who: &Who<'_>) -> Vec<&'a Task> {
    let answers = |task: &&Task| {
        let measures = task.measures.iter().map(|measure| Subject::Measure(task, measure));
        std::iter::once(Subject::Task(task)).chain(measures).any(|subject| who.answers_for(&view.plan, subject))
    };
    view.plan.tasks.iter().filter(answers).collect()
}

/// How many tasks show which light, the gravest first.
fn lights(view: &View, who: &Who<'_>, tasks: &[&Task]) -> Vec<(Lamp, usize)> {
    let signals: Vec<Signal> =
        tasks.iter().filter_map(|task| who.standing(view, task)).map(|standing| standing.signal).collect();
    let mut kinds = signals.clone();
    kinds.sort();
    kinds.dedup();
    let count = |kind: &Signal| signals.iter().filter(|signal| *signal == kind).count();
    kinds.iter().rev().map(|kind| (lamp_of(Some(*kind)), count(kind))).collect()
}

fn task_row(view: &View, who: &Who<'_>, task: &Task, suffix: &str) -> TaskRow {
    let standing = who.standing(view, task);
    let schedule = view.state.plan.schedule(&view.plan, &task.anchor);
    let latest = standing.and_then(|standing| standing.latest);
    let planned = schedule.zip(latest).map(|(schedule, (month, _))| format!("{}%", schedule.planned(month).get()));
    let measures = task.measures.iter().filter(|measure| who.answers_for(&view.plan, Subject::Measure(task, measure)));
    let leads = |unit: &UnitStanding| schedule.is_some_and(|schedule| schedule.lead.as_ref() == Some(&unit.unit));
    // Together the districts show the task's light.
    let signal = match standing {
        Some(standing) => Some(standing.signal),
        None if who.is_everywhere() => view.task_signal(&task.anchor),
        None => None,
    };
    TaskRow {
        anchor: task.anchor.to_string(),
        name: task.name.clone(),
        href: format!("{}{suffix}", place::task(&task.anchor)),
        kind: words::kind(task.kind),
        leads: standing.is_some_and(leads),
        lamp: lamp_of(signal),
        latest: latest
            .map_or_else(|| "—".to_owned(), |(month, percent)| format!("{} {}%", month.label(), percent.get())),
        planned: planned.unwrap_or_else(|| "—".to_owned()),
        reasons: standing.map(|standing| standing.reasons.join("；")).unwrap_or_default(),
        measures: measures.map(|measure| measure_row(view, measure, suffix)).collect(),
    }
}

/// Months reported late or missing, the latest first.
fn late(view: &View, who: &Who<'_>, task: &Task, suffix: &str) -> Vec<LateRow> {
    let months = who.standing(view, task).into_iter().flat_map(|standing| standing.months.iter().rev());
    let row = |cell: &plan::lights::MonthCell| {
        let (how, is_missing) = match cell.state {
            MonthState::Open | MonthState::InTime(_) => return None,
            MonthState::Late(percent, late) => (format!("逾期第 {late} 个月补报，进度 {}%", percent.get()), false),
            MonthState::Missing(late) => (format!("逾期第 {late} 个月仍未报送"), true),
        };
        Some(LateRow {
            anchor: task.anchor.to_string(),
            task: task.name.clone(),
            href: format!("{}{suffix}", place::task(&task.anchor)),
            month: cell.month.label(),
            due: cell.deadline.due.to_string(),
            how,
            is_missing,
        })
    };
    months.filter_map(row).collect()
}

/// The districts named for any task.
fn districts(view: &View, suffix: &str) -> Vec<(String, String)> {
    let schedules = view.plan.tasks.iter().filter_map(|task| view.state.plan.schedule(&view.plan, &task.anchor));
    let mut codes: Vec<DivisionCode> = schedules.flat_map(|schedule| schedule.districts.iter().copied()).collect();
    codes.sort();
    codes.dedup();
    let named = |code: DivisionCode| {
        let key = OrganisationId::from(code);
        (words::unit_name(view, &key), format!("{}{suffix}", place::unit(&key)))
    };
    codes.into_iter().map(named).collect()
}

/// Indicators it answers for.
fn produced(view: &View, key: &OrganisationId, suffix: &str) -> Vec<(String, String)> {
    let own = view.plan.indicators.iter().filter(|indicator| indicator.producer.as_ref() == Some(key));
    own.map(|indicator| (indicator.name.clone(), format!("{}{suffix}", place::indicator(&indicator.key)))).collect()
}
