//! What dates demand of people: reports due or overdue, what waits for review or signature.

use kernel::deadline::Standing as Left;
use kernel::{Anchor, Date, Deadline, OrganisationId, WorkingCalendar};

use crate::document::{Plan, Subject};
use crate::key::{GoalKey, PlanKey};
use crate::lights::{MonthState, month_cells, report_deadline, responsible};
use crate::month::Month;
use crate::parts::{BaselineNeed, Percent};
use crate::progress::{ReportKey, Stage};
use crate::state::State;

/// Something a unit has to do about a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// A month's report on a task is due and not there, or was returned.
    Report {
        /// Which report.
        report: ReportKey,
        /// By when.
        deadline: Deadline,
        /// Working days left or late.
        standing: Left,
        /// What the working group wants mended, where it returned the report.
        returned: Option<String>,
    },
    /// A submitted report waits for the working group.
    Review {
        /// Which report.
        report: ReportKey,
    },
    /// The text gives no baseline for a goal, and none is signed off.
    Baseline {
        /// The plan.
        plan: PlanKey,
        /// The goal.
        goal: GoalKey,
        /// Whether one is proposed and waits for a signature.
        proposed: bool,
    },
}

impl Due {
    /// In Chinese, for a list of what waits.
    pub fn label(&self) -> String {
        match self {
            Self::Report { report, standing, returned, .. } => {
                let returned = if returned.is_some() { "（已退回，待补正）" } else { "" };
                format!("{} {}进度报告{returned}：{standing}", report.subject, report.month.label())
            }
            Self::Review { report } => {
                format!("{} {}进度报告待审核（{}）", report.subject, report.month.label(), report.unit)
            }
            Self::Baseline { goal, proposed: true, .. } => format!("目标 {goal} 的基数待签认"),
            Self::Baseline { goal, proposed: false, .. } => format!("目标 {goal} 的基数待提出"),
        }
    }
}

/// Everything that is due on a day in the plans in force, in the order of plan, task and month.
pub fn due(state: &State, calendar: &WorkingCalendar, today: Date) -> Vec<Due> {
    let mut due = Vec::new();
    for (key, _) in state.plans() {
        let Some(plan) = state.plan_on(key, today) else { continue };
        due.extend(baselines(state, plan));
        for task in &plan.tasks {
            due.extend(reports(state, plan, &task.anchor, calendar, today));
        }
    }
    due.extend(state.waiting_reports().map(|key| Due::Review { report: key.clone() }));
    due
}

fn baselines(state: &State, plan: &Plan) -> Vec<Due> {
    let needed = plan.goals.iter().filter(|goal| goal.baseline == BaselineNeed::NotInText);
    let open = needed.filter_map(|goal| {
        let record = state.baseline(&plan.meta.key, &goal.key);
        if record.is_some_and(|record| record.current().is_some() && record.proposed.is_none()) {
            return None;
        }
        let proposed = record.is_some_and(|record| record.proposed.is_some());
        Some(Due::Baseline { plan: plan.meta.key.clone(), goal: goal.key.clone(), proposed })
    });
    open.collect()
}

/// The months a unit has not reported on a task, up to the last completed month.
fn reports(state: &State, plan: &Plan, task: &Anchor, calendar: &WorkingCalendar, today: Date) -> Vec<Due> {
    let subject = plan.task(task).map(Subject::Task);
    let (Some(subject), Some(schedule), Some((_, rule))) =
        (subject, state.schedule(plan, task), state.light_rule(plan, today))
    else {
        return Vec::new();
    };
    let reporting = state.reporting_units(&plan.meta.key, task);
    let mut due = Vec::new();
    for (unit, _, _) in responsible(plan, subject, schedule, reporting) {
        let counted = crate::lights::counted(state, plan, task, &unit);
        for cell in month_cells(&rule, schedule, &counted, calendar, today) {
            if !matches!(cell.state, MonthState::Open | MonthState::Missing(_)) || finished(&counted, cell.month) {
                continue;
            }
            let report = report_key(plan, task, &unit, cell.month);
            let returned = match state.report(&report).map(|record| &record.stage) {
                Some(Stage::Returned { reason, .. }) => Some(reason.clone()),
                _ => None,
            };
            let deadline = report_deadline(&rule, calendar, cell.month);
            due.push(Due::Report { report, deadline, standing: deadline.standing(calendar, today), returned });
        }
    }
    due
}

fn finished(reports: &[crate::lights::Reported], month: Month) -> bool {
    reports.iter().any(|report| report.percent == Percent::DONE && report.month <= month)
}

fn report_key(plan: &Plan, task: &Anchor, unit: &OrganisationId, month: Month) -> ReportKey {
    ReportKey { plan: plan.meta.key.clone(), subject: task.clone(), unit: unit.clone(), month }
}
