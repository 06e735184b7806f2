//! Adopting a plan and changing the rule it is supervised by.

use std::sync::Arc;

use kernel::{Actor, Context, Date, Dated, Digest, Impossible, Recorded, Refusal, Revision, Role};
use serde::Serialize;

use crate::document::{Files, Plan};
use crate::key::PlanKey;
use crate::parts::LightRule;
use crate::state::{Event, State, in_force, written};

/// One adopted edition of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edition {
    /// Of its folder; names the document in the state.
    pub digest: Digest,
    /// First day on which it is in force.
    pub effective_on: Date,
    /// When it was adopted, by whom.
    pub recorded: Recorded,
}

/// A change of the rule for lights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleChange {
    /// First day on which the rule holds.
    pub from: Date,
    /// Why.
    pub reason: String,
    /// When, by whom.
    pub recorded: Recorded,
}

/// What was decided about a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PlanRecord {
    /// Oldest first; an edition never takes force before its predecessor.
    pub editions: Vec<Edition>,
    /// Rules for lights set by command, beside those in the plan's files.
    pub rules: Dated<LightRule>,
    /// How they came to be, oldest first.
    pub rule_changes: Vec<RuleChange>,
    /// Counts editions and rule changes.
    pub revision: Revision,
}

impl PlanRecord {
    /// The edition in force on a day; before the first, the first.
    pub fn edition_on(&self, day: Date) -> Option<&Edition> {
        let in_force = self.editions.iter().rev().find(|edition| edition.effective_on <= day);
        in_force.or(self.editions.first())
    }

    pub(crate) fn change_light_rule(&mut self, recorded: &Recorded, from: Date, rule: &LightRule, reason: &str) {
        self.rules.set(from, rule.clone());
        self.rule_changes.push(RuleChange { from, reason: reason.to_owned(), recorded: recorded.clone() });
        self.revision = self.revision.next();
    }
}

/// What an adoption event carries, besides the key.
pub(crate) struct Adoption<'a> {
    pub effective_on: Date,
    pub digest: Digest,
    pub files: &'a Files,
}

pub(crate) fn adopt(state: &State, context: &Context, effective_on: Date, files: Files) -> Result<Vec<Event>, Refusal> {
    if context.actor != Actor::System {
        context.require(&[Role::WorkingGroup])?;
        context.require_reauthentication()?;
    }
    let plan = Plan::read(&files).map_err(|findings| {
        let first = findings.first().map(ToString::to_string).unwrap_or_default();
        let reason = format!("规划文件有 {} 处问题，不能采纳。第一处：{first}", findings.len());
        Refusal::invalid("files", reason)
    })?;
    let key = plan.meta.key.clone();
    if let Some(last) = state.editions(&key).last() {
        if last.digest == plan.digest {
            return Err(Refusal::conflict("这一版规划已经采纳，内容没有变化。"));
        }
        if effective_on < last.effective_on {
            let reason = format!("上一版自 {} 起施行，新版不能早于它。", last.effective_on);
            return Err(Refusal::invalid("effective_on", reason));
        }
    }
    Ok(vec![Event::Adopted { plan: key, effective_on, digest: plan.digest, files }])
}

pub(crate) fn apply(
    state: &mut State,
    recorded: &Recorded,
    key: &PlanKey,
    adoption: Adoption<'_>,
) -> Result<(), Impossible> {
    let Adoption { effective_on, digest, files } = adoption;
    if Plan::digest_of(files) != digest {
        return Err(Impossible::at(recorded, format!("规划 {key} 的文件与其摘要不符")));
    }
    let plan = crate::check::restore(files).map_err(|findings| {
        let first = findings.first().map(ToString::to_string).unwrap_or_default();
        Impossible::at(recorded, format!("已采纳的规划 {key} 无法读取：{first}"))
    })?;
    if plan.meta.key != *key {
        return Err(Impossible::at(recorded, format!("规划 {key} 的文件自称 {}", plan.meta.key)));
    }
    state.documents.insert(digest, Arc::new(plan));
    let record = Arc::make_mut(state.plans.entry(key.clone()).or_default());
    record.editions.push(Edition { digest, effective_on, recorded: recorded.clone() });
    record.revision = record.revision.next();
    Ok(())
}

pub(crate) fn change_light_rule(
    state: &State,
    context: &Context,
    plan: PlanKey,
    from: Date,
    rule: LightRule,
    reason: String,
    expected: Option<Revision>,
) -> Result<Vec<Event>, Refusal> {
    context.require(&[Role::WorkingGroup])?;
    context.require_reauthentication()?;
    in_force(state, context, &plan)?;
    state.plan_record(&plan).map_or(Ok(()), |record| record.revision.expect(expected))?;
    let reason = written("reason", &reason, 500)?;
    if from < context.today() {
        return Err(Refusal::invalid("from", "亮灯规则不溯及既往，施行日期请填今天或以后。"));
    }
    rule.validate().map_err(|error| Refusal::invalid("rule", format!("{error}。")))?;
    Ok(vec![Event::LightRuleChanged { plan, from, rule, reason }])
}
