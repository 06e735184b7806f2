//! When a task is planned to happen. The plan's files give a first schedule; the working group sets another.

use std::sync::Arc;

use kernel::{Anchor, Context, Recorded, Refusal, Revision, Role};
use serde::Serialize;

use crate::document::{Plan, Subject};
use crate::key::PlanKey;
use crate::month::Month;
use crate::parts::{Schedule, UnitKind};
use crate::state::{Event, State, in_force, written};

/// One schedule that was set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScheduleChange {
    /// The whole schedule.
    pub schedule: Schedule,
    /// Why.
    pub reason: String,
    /// When, by whom.
    pub recorded: Recorded,
}

/// The schedules set for a task by command, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ScheduleRecord {
    /// The last one holds.
    pub changes: Vec<ScheduleChange>,
    /// Counts them.
    pub revision: Revision,
}

impl ScheduleRecord {
    /// The schedule that holds.
    pub fn current(&self) -> Option<&Schedule> {
        self.changes.last().map(|change| &change.schedule)
    }

    pub(crate) fn apply(&mut self, recorded: &Recorded, schedule: &Schedule, reason: &str) {
        let change =
            ScheduleChange { schedule: schedule.clone(), reason: reason.to_owned(), recorded: recorded.clone() };
        self.changes.push(change);
        self.revision = self.revision.next();
    }
}

pub(crate) fn decide(
    state: &State,
    context: &Context,
    plan: PlanKey,
    task: Anchor,
    schedule: Schedule,
    reason: String,
    expected: Option<Revision>,
) -> Result<Vec<Event>, Refusal> {
    context.require(&[Role::WorkingGroup])?;
    let document = in_force(state, context, &plan)?;
    let revision = state.schedule_record(&plan, &task).map(|record| record.revision).unwrap_or_default();
    revision.expect(expected)?;
    let reason = written("reason", &reason, 500)?;
    fits(document, &task, &schedule)?;
    Ok(vec![Event::ScheduleSet { plan, task, schedule, reason }])
}

/// Whether the schedule keeps to what the text says of the task.
fn fits(document: &Arc<Plan>, task: &Anchor, schedule: &Schedule) -> Result<(), Refusal> {
    let found = document.task(task).ok_or_else(|| Refusal::not_found(format!("行动计划中没有任务 {task}。")))?;
    let units = document.units_of(Subject::Task(found));
    if let Some(lead) = schedule.lead.as_ref().filter(|lead| !units.iter().any(|unit| unit.key == **lead)) {
        let reason = format!("{lead} 不在原文所列责任单位之中，牵头单位只能从中选定。");
        return Err(Refusal::invalid("lead", reason));
    }
    if !schedule.districts.is_empty() && !units.iter().any(|unit| unit.kind == UnitKind::Districts) {
        return Err(Refusal::invalid("districts", "原文未将该任务交给区县，请删去区县。"));
    }
    schedule.validate().map_err(|error| Refusal::invalid("milestones", format!("{error}。")))?;
    let (from, until) = (Month::of(document.meta.from), Month::of(document.meta.until));
    if schedule.start < from || schedule.end() > until {
        let reason = format!("进度安排应在规划期（{from} 至 {until}）之内。");
        return Err(Refusal::invalid("milestones", reason));
    }
    Ok(())
}
