//! Progress reports: a unit reports on a task or measure for a month, the working group accepts or returns.

use std::sync::Arc;

use kernel::{
    Anchor, Context, Date, DivisionCode, Evidence, Impossible, OrganisationId, Recorded, Refusal, Revision, Role,
};
use serde::{Deserialize, Serialize};

use crate::document::Plan;
use crate::key::PlanKey;
use crate::month::Month;
use crate::parts::{Percent, UnitKind};
use crate::state::{State, in_force, written};

/// Which report: one per plan, task or measure, unit and month.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReportKey {
    /// The plan.
    pub plan: PlanKey,
    /// The task or measure.
    pub subject: Anchor,
    /// The unit: a department by its key in the plan, a district by its division code.
    pub unit: OrganisationId,
    /// The month reported on.
    pub month: Month,
}

impl ReportKey {
    /// The first and last possible key of a unit's reports on a subject.
    pub(crate) fn all_months(plan: &PlanKey, subject: &Anchor, unit: &OrganisationId) -> (Self, Self) {
        let at = |month| Self { plan: plan.clone(), subject: subject.clone(), unit: unit.clone(), month };
        (at(Month::MIN), at(Month::MAX))
    }

    /// Before every report on a subject.
    pub(crate) fn first_of(plan: &PlanKey, subject: &Anchor) -> Option<Self> {
        // The smallest organisation id there can be.
        let unit = "--".parse().ok()?;
        Some(Self { plan: plan.clone(), subject: subject.clone(), unit, month: Month::MIN })
    }
}

/// What a unit reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// How much of the task is done at the end of the month.
    pub percent: Percent,
    /// What was done, in the words of the unit. Official text.
    pub narrative: String,
    /// What proves it.
    pub evidence: Vec<Evidence>,
}

/// What to do with a report.
#[derive(Clone, Debug)]
pub enum ReportCommand {
    /// Submit it, or submit it again after it was returned. By an officer of the unit.
    Submit(Progress),
    /// Accept it. By the working group.
    Accept,
    /// Return it with a reason. By the working group.
    Return {
        /// What to mend.
        reason: String,
    },
}

/// How a report changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportEvent {
    /// The unit submitted it.
    Submitted(Arc<Progress>),
    /// The working group accepted it.
    Accepted,
    /// The working group returned it.
    Returned {
        /// What to mend.
        reason: String,
    },
}

/// Where a report stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Nothing was submitted yet.
    #[default]
    Missing,
    /// Waits for the working group.
    Submitted(Arc<Progress>),
    /// Waits for the unit.
    Returned {
        /// What it had reported.
        progress: Arc<Progress>,
        /// What to mend.
        reason: String,
    },
    /// Final.
    Accepted(Arc<Progress>),
}

impl Stage {
    /// The stage after an event; `None` when the event cannot follow.
    fn after(self, event: &ReportEvent) -> Option<Self> {
        match (self, event) {
            (Self::Missing | Self::Returned { .. }, ReportEvent::Submitted(progress)) => {
                Some(Self::Submitted(Arc::clone(progress)))
            }
            (Self::Submitted(progress), ReportEvent::Accepted) => Some(Self::Accepted(progress)),
            (Self::Submitted(progress), ReportEvent::Returned { reason }) => {
                Some(Self::Returned { progress, reason: reason.clone() })
            }
            _ => None,
        }
    }

    /// In Chinese, as pages show it.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Missing => "未报送",
            Self::Submitted(_) => "待审核",
            Self::Returned { .. } => "已退回",
            Self::Accepted(_) => "已采纳",
        }
    }
}

/// A report and its history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReportRecord {
    /// Where it stands.
    pub stage: Stage,
    /// The day it was first submitted, which decides whether it was in time.
    pub first_submitted: Option<Date>,
    /// Everything that happened, oldest first.
    pub history: Vec<(Recorded, ReportEvent)>,
    /// Counts what happened.
    pub revision: Revision,
}

impl ReportRecord {
    /// What counts as reported: submitted or accepted, not what was returned.
    pub fn progress(&self) -> Option<&Progress> {
        match &self.stage {
            Stage::Submitted(progress) | Stage::Accepted(progress) => Some(progress),
            Stage::Missing | Stage::Returned { .. } => None,
        }
    }

    pub(crate) fn apply(&mut self, recorded: &Recorded, event: &ReportEvent) -> Result<(), Impossible> {
        let next = std::mem::take(&mut self.stage).after(event);
        self.stage = next.ok_or_else(|| Impossible::at(recorded, "进度报告的事件次序不可能"))?;
        self.first_submitted.get_or_insert_with(|| recorded.day());
        self.history.push((recorded.clone(), event.clone()));
        self.revision = self.revision.next();
        Ok(())
    }
}

pub(crate) fn decide(
    state: &State,
    context: &Context,
    key: &ReportKey,
    expected: Option<Revision>,
    command: ReportCommand,
) -> Result<ReportEvent, Refusal> {
    let document = in_force(state, context, &key.plan)?;
    let missing = ReportRecord::default();
    let record = state.report(key).unwrap_or(&missing);
    let event = match command {
        ReportCommand::Submit(mut progress) => {
            let organisation = context.require(&[Role::CityOfficer, Role::DistrictOfficer, Role::WorkingGroup])?;
            if *organisation != key.unit {
                return Err(Refusal::not_allowed("只能报送本单位的进度。"));
            }
            answers_for(document, key)?;
            in_period(document, key.month, context.today())?;
            progress.narrative = written("narrative", &progress.narrative, 2000)?;
            ReportEvent::Submitted(Arc::new(progress))
        }
        ReportCommand::Accept => {
            context.require(&[Role::WorkingGroup])?;
            ReportEvent::Accepted
        }
        ReportCommand::Return { reason } => {
            context.require(&[Role::WorkingGroup])?;
            ReportEvent::Returned { reason: written("reason", &reason, 500)? }
        }
    };
    record.revision.expect(expected)?;
    if record.stage.clone().after(&event).is_none() {
        let stage = record.stage.label();
        let reason = match event {
            ReportEvent::Submitted(_) => format!("该月报告{stage}，不能重复报送；如需更正，请联系工作专班退回。"),
            _ => format!("该月报告{stage}，只有待审核的报告可以采纳或退回。"),
        };
        return Err(Refusal::conflict(reason));
    }
    Ok(event)
}

/// Whether the unit is responsible for the task or measure.
fn answers_for(document: &Plan, key: &ReportKey) -> Result<(), Refusal> {
    let subject = document.subject(&key.subject);
    let subject = subject.ok_or_else(|| Refusal::not_found(format!("行动计划中没有任务或举措 {}。", key.subject)))?;
    let units = document.units_of(subject);
    let is_district = key.unit.as_str().parse::<DivisionCode>().is_ok();
    let answers = units.iter().any(|unit| match unit.kind {
        UnitKind::Districts => is_district,
        _ => unit.key == key.unit,
    });
    if answers {
        return Ok(());
    }
    let names: Vec<_> = units.iter().map(|unit| unit.name.as_str()).collect();
    let listed = if names.is_empty() { "原文未列责任单位".to_owned() } else { names.join("、") };
    Err(Refusal::not_allowed(format!("本单位不是“{}”的责任单位（{listed}）。", subject.name())))
}

fn in_period(document: &Plan, month: Month, today: Date) -> Result<(), Refusal> {
    let (from, until) = (Month::of(document.meta.from), Month::of(document.meta.until));
    if month < from || month > until {
        return Err(Refusal::invalid("month", format!("月份应在规划期（{from} 至 {until}）之内。")));
    }
    if month > Month::of(today) {
        return Err(Refusal::invalid("month", "不能报送尚未到来的月份。"));
    }
    Ok(())
}
