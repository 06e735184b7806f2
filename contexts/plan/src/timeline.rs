//! The history of plans, baselines, schedules, reports and judgements, as the one timeline view shows it.

use kernel::timeline::Step;
use kernel::{Anchor, Evidence, Recorded};

use crate::adoption::PlanRecord;
use crate::baseline::BaselineRecord;
use crate::judgement::JudgementRecord;
use crate::key::PlanKey;
use crate::progress::{ReportEvent, ReportRecord};
use crate::schedule::ScheduleRecord;
use crate::state::State;

fn step(recorded: &Recorded, title: impl Into<String>, note: Option<String>, evidence: &[Evidence]) -> Step {
    Step { recorded: recorded.clone(), title: title.into(), note, evidence: evidence.to_vec() }
}

impl PlanRecord {
    /// Editions and changes of the rule, oldest first.
    pub fn timeline(&self) -> Vec<Step> {
        let editions = self.editions.iter().map(|edition| {
            let note = format!("自 {} 起施行，摘要 {}", edition.effective_on, edition.digest.short());
            step(&edition.recorded, "采纳规划", Some(note), &[])
        });
        let rules = self.rule_changes.iter().map(|change| {
            let note = format!("自 {} 起施行：{}", change.from, change.reason);
            step(&change.recorded, "调整亮灯规则", Some(note), &[])
        });
        in_order(editions.chain(rules).collect())
    }
}

impl BaselineRecord {
    /// Proposals that were signed off or wait, oldest first.
    pub fn timeline(&self) -> Vec<Step> {
        let proposed = self.signed_off.iter().map(|signed| &signed.entry).chain(&self.proposed).map(|entry| {
            let baseline = &entry.baseline;
            let note = format!("{}，{}", baseline.as_of, baseline.source);
            step(&entry.proposed, "提出基数", Some(note), &baseline.evidence)
        });
        let signed = self.signed_off.iter().map(|signed| step(&signed.signed_off, "签认基数", None, &[]));
        in_order(proposed.chain(signed).collect())
    }
}

impl ScheduleRecord {
    /// Every schedule set, oldest first.
    pub fn timeline(&self) -> Vec<Step> {
        let set = |change: &crate::schedule::ScheduleChange| {
            step(&change.recorded, "调整进度安排", Some(change.reason.clone()), &[])
        };
        self.changes.iter().map(set).collect()
    }
}

impl ReportRecord {
    /// Submitted, returned, accepted, oldest first.
    pub fn timeline(&self) -> Vec<Step> {
        let told = |(recorded, event): &(Recorded, ReportEvent)| match event {
            ReportEvent::Submitted(progress) => {
                let title = format!("报送进度 {}%", progress.percent.get());
                step(recorded, title, Some(progress.narrative.clone()), &progress.evidence)
            }
            ReportEvent::Accepted => step(recorded, "采纳报告", None, &[]),
            ReportEvent::Returned { reason } => step(recorded, "退回报告", Some(reason.clone()), &[]),
        };
        self.history.iter().map(told).collect()
    }
}

impl JudgementRecord {
    /// Every judgement, oldest first.
    pub fn timeline(&self) -> Vec<Step> {
        let given = self.given.iter().map(|(recorded, judgement)| {
            let grade = judgement.grade.as_ref().map(|grade| format!("（{grade}）")).unwrap_or_default();
            let title = format!("人工研判：{}{grade}", judgement.light.label());
            step(recorded, title, Some(judgement.reason.clone()), &judgement.evidence)
        });
        given.collect()
    }
}

/// Everything that happened to a task and its measures: schedule, reports of every unit, judgements; oldest first.
pub fn of_task(state: &State, plan: &PlanKey, task: &Anchor) -> Vec<Step> {
    let mut steps = state.schedule_record(plan, task).map(ScheduleRecord::timeline).unwrap_or_default();
    let reports = state.reports().filter(|(key, _)| key.plan == *plan && key.subject.is_within(task));
    for (key, record) in reports {
        let told = record.timeline().into_iter().map(|step| {
            let title = format!("{} {}（{} {}）", step.title, key.month.label(), key.unit, key.subject);
            Step { title, ..step }
        });
        steps.extend(told);
    }
    let judged = state.judgement(plan, &crate::judgement::About::Task(task.clone()));
    steps.extend(judged.map(JudgementRecord::timeline).unwrap_or_default());
    in_order(steps)
}

fn in_order(mut steps: Vec<Step>) -> Vec<Step> {
    steps.sort_by_key(|step| step.recorded.sequence);
    steps
}
