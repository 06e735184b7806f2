//! What was decided about plans, and the one way it changes.

use std::ops::Bound;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use kernel::{Anchor, Context, Date, Dated, Digest, Impossible, OrganisationId, Recorded, Refusal, Revision};
use serde::{Deserialize, Serialize};

use crate::adoption::{self, Adoption, Edition, PlanRecord};
use crate::baseline::{self, BaselineCommand, BaselineEvent, BaselineRecord};
use crate::document::{Files, Plan};
use crate::judgement::{self, About, Judgement, JudgementRecord};
use crate::key::{GoalKey, PlanKey};
use crate::parts::{LightRule, Schedule};
use crate::progress::{self, ReportCommand, ReportEvent, ReportKey, ReportRecord, Stage};
use crate::schedule::{self, ScheduleRecord};

/// All plans and what happened to them. Cloning is O(1).
#[derive(Clone, Default)]
pub struct State {
    /// Every edition ever adopted, by its digest.
    pub(crate) documents: OrdMap<Digest, Arc<Plan>>,
    pub(crate) plans: OrdMap<PlanKey, Arc<PlanRecord>>,
    pub(crate) baselines: OrdMap<(PlanKey, GoalKey), Arc<BaselineRecord>>,
    pub(crate) schedules: OrdMap<(PlanKey, Anchor), Arc<ScheduleRecord>>,
    pub(crate) reports: OrdMap<ReportKey, Arc<ReportRecord>>,
    /// Reports the working group has to read; follows from `reports`.
    waiting: OrdSet<ReportKey>,
    pub(crate) judgements: OrdMap<(PlanKey, About), Arc<JudgementRecord>>,
}

/// What people and the program ask of plans.
#[derive(Clone, Debug)]
pub enum Command {
    /// Adopt a plan, or a corrected edition of it. By the working group, or by the program when a city is set up.
    Adopt {
        /// First day on which this edition is in force.
        effective_on: Date,
        /// The whole folder.
        files: Files,
    },
    /// The starting point of a goal.
    Baseline {
        /// The plan.
        plan: PlanKey,
        /// The goal.
        goal: GoalKey,
        /// The revision of the baseline that the form showed.
        expected: Option<Revision>,
        /// What to do.
        command: BaselineCommand,
    },
    /// Set when a task is planned to happen and who leads it. By the working group.
    SetSchedule {
        /// The plan.
        plan: PlanKey,
        /// The task.
        task: Anchor,
        /// Replaces the whole schedule.
        schedule: Schedule,
        /// Why.
        reason: String,
        /// The revision that the form showed.
        expected: Option<Revision>,
    },
    /// The report of a unit on a task or measure for a month.
    Report {
        /// Which report.
        report: ReportKey,
        /// The revision that the form showed.
        expected: Option<Revision>,
        /// What to do.
        command: ReportCommand,
    },
    /// Change the rule for lights from a day on. By the working group, reauthenticated.
    ChangeLightRule {
        /// The plan.
        plan: PlanKey,
        /// First day on which it holds; not in the past.
        from: Date,
        /// The whole rule.
        rule: LightRule,
        /// Why.
        reason: String,
        /// The revision of the plan that the form showed.
        expected: Option<Revision>,
    },
    /// Record what people judge of a goal or task: a light of its own beside the computed one.
    Judge {
        /// The plan.
        plan: PlanKey,
        /// The goal or task.
        about: About,
        /// The judgement.
        judgement: Judgement,
        /// The revision that the form showed.
        expected: Option<Revision>,
    },
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A plan, or a corrected edition of it, is in force.
    Adopted {
        /// The plan.
        plan: PlanKey,
        /// First day on which this edition is in force.
        effective_on: Date,
        /// Of the folder.
        digest: Digest,
        /// The whole folder.
        files: Files,
    },
    /// A baseline changed.
    Baseline {
        /// The plan.
        plan: PlanKey,
        /// The goal.
        goal: GoalKey,
        /// How.
        event: BaselineEvent,
    },
    /// A schedule was set.
    ScheduleSet {
        /// The plan.
        plan: PlanKey,
        /// The task.
        task: Anchor,
        /// The whole schedule.
        schedule: Schedule,
        /// Why.
        reason: String,
    },
    /// A report changed.
    Report {
        /// Which report.
        report: ReportKey,
        /// How.
        event: ReportEvent,
    },
    /// Another rule for lights holds from a day on.
    LightRuleChanged {
        /// The plan.
        plan: PlanKey,
        /// First day on which it holds.
        from: Date,
        /// The whole rule.
        rule: LightRule,
        /// Why.
        reason: String,
    },
    /// People judged a goal or task.
    Judged {
        /// The plan.
        plan: PlanKey,
        /// The goal or task.
        about: About,
        /// The judgement.
        judgement: Judgement,
    },
}

/// Decides a command.
///
/// # Errors
/// A refusal in words a person can act on; nothing changes.
pub fn decide(state: &State, context: &Context, command: Command) -> Result<Vec<Event>, Refusal> {
    match command {
        Command::Adopt { effective_on, files } => adoption::adopt(state, context, effective_on, files),
        Command::Baseline { plan, goal, expected, command } => {
            let event = baseline::decide(state, context, &plan, &goal, expected, command)?;
            Ok(vec![Event::Baseline { plan, goal, event }])
        }
        Command::SetSchedule { plan, task, schedule, reason, expected } => {
            schedule::decide(state, context, plan, task, schedule, reason, expected)
        }
        Command::Report { report, expected, command } => {
            let event = progress::decide(state, context, &report, expected, command)?;
            Ok(vec![Event::Report { report, event }])
        }
        Command::ChangeLightRule { plan, from, rule, reason, expected } => {
            adoption::change_light_rule(state, context, plan, from, rule, reason, expected)
        }
        Command::Judge { plan, about, judgement, expected } => {
            judgement::decide(state, context, plan, about, judgement, expected)
        }
    }
}

impl State {
    /// Takes over what was decided.
    ///
    /// # Errors
    /// A history that cannot have happened.
    pub fn apply(&mut self, recorded: &Recorded, event: &Event) -> Result<(), Impossible> {
        match event {
            Event::Adopted { plan, effective_on, digest, files } => {
                adoption::apply(self, recorded, plan, Adoption { effective_on: *effective_on, digest: *digest, files })
            }
            Event::Baseline { plan, goal, event } => {
                self.known(recorded, plan)?;
                let record = self.baselines.entry((plan.clone(), goal.clone())).or_default();
                Arc::make_mut(record).apply(recorded, event)
            }
            Event::ScheduleSet { plan, task, schedule, reason } => {
                self.known(recorded, plan)?;
                let record = self.schedules.entry((plan.clone(), task.clone())).or_default();
                Arc::make_mut(record).apply(recorded, schedule, reason);
                Ok(())
            }
            Event::Report { report, event } => {
                self.known(recorded, &report.plan)?;
                let record = Arc::make_mut(self.reports.entry(report.clone()).or_default());
                record.apply(recorded, event)?;
                if matches!(record.stage, Stage::Submitted(_)) {
                    self.waiting.insert(report.clone());
                } else {
                    self.waiting.remove(report);
                }
                Ok(())
            }
            Event::LightRuleChanged { plan, from, rule, reason } => {
                let record = self.plans.get_mut(plan).ok_or_else(|| unknown(recorded, plan))?;
                Arc::make_mut(record).change_light_rule(recorded, *from, rule, reason);
                Ok(())
            }
            Event::Judged { plan, about, judgement } => {
                self.known(recorded, plan)?;
                let record = self.judgements.entry((plan.clone(), about.clone())).or_default();
                Arc::make_mut(record).apply(recorded, judgement);
                Ok(())
            }
        }
    }

    fn known(&self, recorded: &Recorded, plan: &PlanKey) -> Result<(), Impossible> {
        if self.plans.contains_key(plan) { Ok(()) } else { Err(unknown(recorded, plan)) }
    }

    /// Whether both are one and the same state, unchanged: answered by comparing pointers, so “no” may also be said of
    /// states that only look alike.
    pub fn is_unchanged(&self, other: &Self) -> bool {
        self.documents.ptr_eq(&other.documents)
            && self.plans.ptr_eq(&other.plans)
            && self.baselines.ptr_eq(&other.baselines)
            && self.schedules.ptr_eq(&other.schedules)
            && self.reports.ptr_eq(&other.reports)
            && self.judgements.ptr_eq(&other.judgements)
    }

    /// Over everything, in the order of the keys: two states with the same history have the same digest.
    pub fn digest(&self) -> Digest {
        let mut bytes = Vec::new();
        let mut put = |part: Result<Vec<u8>, serde_json::Error>| {
            bytes.extend(part.unwrap_or_default());
            bytes.push(b'\n');
        };
        self.plans.iter().for_each(|row| put(serde_json::to_vec(&row)));
        self.baselines.iter().for_each(|row| put(serde_json::to_vec(&row)));
        self.schedules.iter().for_each(|row| put(serde_json::to_vec(&row)));
        self.reports.iter().for_each(|row| put(serde_json::to_vec(&row)));
        self.judgements.iter().for_each(|row| put(serde_json::to_vec(&row)));
        Digest::of(&bytes)
    }

    /// Every plan, by key.
    pub fn plans(&self) -> impl Iterator<Item = (&PlanKey, &PlanRecord)> {
        self.plans.iter().map(|(key, record)| (key, record.as_ref()))
    }

    /// What was decided about a plan.
    pub fn plan_record(&self, plan: &PlanKey) -> Option<&PlanRecord> {
        self.plans.get(plan).map(AsRef::as_ref)
    }

    /// The edition of a plan that is in force on a day; before the first, the first.
    pub fn plan_on(&self, plan: &PlanKey, day: Date) -> Option<&Arc<Plan>> {
        self.document(&self.plans.get(plan)?.edition_on(day)?.digest)
    }

    /// An edition by its digest.
    pub fn document(&self, digest: &Digest) -> Option<&Arc<Plan>> {
        self.documents.get(digest)
    }

    /// Editions of a plan, oldest first.
    pub fn editions(&self, plan: &PlanKey) -> &[Edition] {
        self.plans.get(plan).map_or(&[], |record| record.editions.as_slice())
    }

    /// The baseline of a goal, whether proposed or signed off.
    pub fn baseline(&self, plan: &PlanKey, goal: &GoalKey) -> Option<&BaselineRecord> {
        self.baselines.get(&(plan.clone(), goal.clone())).map(AsRef::as_ref)
    }

    /// The schedule of a task: as set by command, else as in the plan's files.
    pub fn schedule<'a>(&'a self, plan: &'a Plan, task: &Anchor) -> Option<&'a Schedule> {
        let set = self.schedules.get(&(plan.meta.key.clone(), task.clone()));
        set.and_then(|record| record.current()).or_else(|| plan.schedules.get(task))
    }

    /// How a task's schedule came to be, where a command changed it.
    pub fn schedule_record(&self, plan: &PlanKey, task: &Anchor) -> Option<&ScheduleRecord> {
        self.schedules.get(&(plan.clone(), task.clone())).map(AsRef::as_ref)
    }

    /// The rule for lights on a day: the latest of those in the plan's files and those set by command.
    pub fn light_rule(&self, plan: &Plan, day: Date) -> Option<(Date, LightRule)> {
        let changed =
            self.plans.get(&plan.meta.key).map(|record| &record.rules).and_then(|rules: &Dated<_>| rules.on(day));
        let of_files = plan.light_rule(day);
        let later = match (changed, of_files) {
            (Some(changed), Some(of_files)) if of_files.0 > changed.0 => of_files,
            (Some(changed), _) => changed,
            (None, of_files) => of_files?,
        };
        Some((later.0, later.1.clone()))
    }

    /// One report.
    pub fn report(&self, key: &ReportKey) -> Option<&ReportRecord> {
        self.reports.get(key).map(AsRef::as_ref)
    }

    /// Every report, by plan, subject, unit and month.
    pub fn reports(&self) -> impl Iterator<Item = (&ReportKey, &ReportRecord)> {
        self.reports.iter().map(|(key, record)| (key, record.as_ref()))
    }

    /// The reports that wait for the working group, by plan, subject, unit and month.
    pub fn waiting_reports(&self) -> impl Iterator<Item = &ReportKey> {
        self.waiting.iter()
    }

    /// The reports of one unit on one task or measure, oldest month first.
    pub fn reports_of<'a>(
        &'a self,
        plan: &PlanKey,
        subject: &Anchor,
        unit: &OrganisationId,
    ) -> impl DoubleEndedIterator<Item = (&'a ReportKey, &'a ReportRecord)> {
        let (first, last) = ReportKey::all_months(plan, subject, unit);
        self.reports.range(first..=last).map(|(key, record)| (key, record.as_ref()))
    }

    /// The units that reported on a task or measure, in the order of their keys.
    pub fn reporting_units(&self, plan: &PlanKey, subject: &Anchor) -> Vec<OrganisationId> {
        let mut units = Vec::new();
        let Some(mut from) = ReportKey::first_of(plan, subject) else { return units };
        // From one unit's reports to the next unit's, however many months each has.
        while let Some((key, _)) = self.reports.range((Bound::Excluded(from), Bound::Unbounded)).next()
            && key.plan == *plan
            && key.subject == *subject
        {
            units.push(key.unit.clone());
            from = ReportKey::all_months(plan, subject, &key.unit).1;
        }
        units
    }

    /// What people judged of a goal or task.
    pub fn judgement(&self, plan: &PlanKey, about: &About) -> Option<&JudgementRecord> {
        self.judgements.get(&(plan.clone(), about.clone())).map(AsRef::as_ref)
    }
}

fn unknown(recorded: &Recorded, plan: &PlanKey) -> Impossible {
    Impossible::at(recorded, format!("规划 {plan} 尚未采纳"))
}

/// The edition in force today, or the refusal to name.
pub(crate) fn in_force<'a>(state: &'a State, context: &Context, plan: &PlanKey) -> Result<&'a Arc<Plan>, Refusal> {
    state.plan_on(plan, context.today()).ok_or_else(|| Refusal::not_found(format!("没有名为 {plan} 的行动计划。")))
}

/// A reason that a person wrote: trimmed, neither empty nor endless.
pub(crate) fn written(field: &'static str, text: &str, limit: usize) -> Result<String, Refusal> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 {
        return Err(Refusal::invalid(field, "请填写，不能为空。"));
    }
    if length > limit {
        return Err(Refusal::invalid(field, format!("共 {length} 字，请精简到 {limit} 字以内。")));
    }
    Ok(text.to_owned())
}
