//! Baselines: the starting point that the text does not give, proposed by one officer and signed off by another.

use kernel::{Context, Date, Evidence, Impossible, Recorded, Refusal, Revision, Role};
use serde::{Deserialize, Serialize};

use crate::key::{GoalKey, PlanKey};
use crate::parts::{BaselineNeed, Figure, Target};
use crate::state::{State, in_force, written};

/// The starting point of a goal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// The day it describes, such as the last day before the plan.
    pub as_of: Date,
    /// The value on that day (or in the year that ends on it).
    pub value: Figure,
    /// The scope version of the goal's indicator under which it was counted.
    pub scope_version: u32,
    /// Where it comes from, in words.
    pub source: String,
    /// What proves it.
    pub evidence: Vec<Evidence>,
}

/// What to do with a baseline.
#[derive(Clone, Debug)]
pub enum BaselineCommand {
    /// Propose one, or a correction of the one in force. By a city officer or the working group.
    Propose(Baseline),
    /// Sign off the proposal. By another city officer, reauthenticated.
    SignOff,
}

/// How a baseline changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BaselineEvent {
    /// It was proposed.
    Proposed(Baseline),
    /// The proposal was signed off.
    SignedOff,
}

/// A baseline with who proposed or signed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// What it says.
    pub baseline: Baseline,
    /// When and by whom it was proposed.
    pub proposed: Recorded,
}

/// A baseline that was signed off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SignedOff {
    /// What was proposed.
    pub entry: Entry,
    /// When and by whom it was signed off.
    pub signed_off: Recorded,
}

impl Entry {
    fn sign_off(self, signed_off: Recorded) -> SignedOff {
        SignedOff { entry: self, signed_off }
    }
}

/// The baseline of a goal: a proposal that waits, and what was signed off, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BaselineRecord {
    /// Waits for a second officer.
    pub proposed: Option<Entry>,
    /// The last one is in force.
    pub signed_off: Vec<SignedOff>,
    /// Counts proposals and signatures.
    pub revision: Revision,
}

impl BaselineRecord {
    /// The baseline in force.
    pub fn current(&self) -> Option<&Baseline> {
        self.signed_off.last().map(|signed| &signed.entry.baseline)
    }

    pub(crate) fn apply(&mut self, recorded: &Recorded, event: &BaselineEvent) -> Result<(), Impossible> {
        match event {
            BaselineEvent::Proposed(baseline) => {
                self.proposed = Some(Entry { baseline: baseline.clone(), proposed: recorded.clone() });
            }
            BaselineEvent::SignedOff => {
                let entry = self.proposed.take().ok_or_else(|| Impossible::at(recorded, "签认了不存在的基数"))?;
                self.signed_off.push(entry.sign_off(recorded.clone()));
            }
        }
        self.revision = self.revision.next();
        Ok(())
    }
}

pub(crate) fn decide(
    state: &State,
    context: &Context,
    plan: &PlanKey,
    goal: &GoalKey,
    expected: Option<Revision>,
    command: BaselineCommand,
) -> Result<BaselineEvent, Refusal> {
    let document = in_force(state, context, plan)?;
    let stated = document.goal(goal).ok_or_else(|| Refusal::not_found(format!("行动计划中没有目标 {goal}。")))?;
    let record = state.baseline(plan, goal);
    let revision = record.map(|record| record.revision).unwrap_or_default();
    match command {
        BaselineCommand::Propose(mut baseline) => {
            context.require(&[Role::CityOfficer, Role::WorkingGroup])?;
            revision.expect(expected)?;
            if stated.baseline == BaselineNeed::NotNeeded {
                return Err(Refusal::forbidden(format!("目标 {goal} 不需要基数。")));
            }
            baseline.source = written("source", &baseline.source, 500)?;
            let indicator = document.indicator(&stated.indicator);
            let known = indicator.is_some_and(|i| i.scopes.iter().any(|scope| scope.version == baseline.scope_version));
            if !known {
                return Err(Refusal::invalid("scope_version", "没有这个口径版本，请从指标的口径中选择。"));
            }
            if baseline.as_of > context.today() {
                return Err(Refusal::invalid("as_of", "基数的日期不能晚于今天。"));
            }
            let negative = match baseline.value {
                Figure::Money(money) => money.is_negative(),
                Figure::Count(count) => count < 0,
            };
            if negative {
                return Err(Refusal::invalid("value", "基数不能为负数。"));
            }
            if let Target::Number { figure, .. } = &stated.target
                && std::mem::discriminant(figure) != std::mem::discriminant(&baseline.value)
            {
                return Err(Refusal::invalid("value", "基数的类型与目标不一致：金额目标请填金额，家数目标请填家数。"));
            }
            Ok(BaselineEvent::Proposed(baseline))
        }
        BaselineCommand::SignOff => {
            context.require(&[Role::CityOfficer])?;
            context.require_reauthentication()?;
            revision.expect(expected)?;
            let waiting = record.and_then(|record| record.proposed.as_ref());
            let waiting = waiting.ok_or_else(|| Refusal::conflict("没有待签认的基数。"))?;
            if waiting.proposed.actor.person() == context.actor.person() {
                return Err(Refusal::not_allowed("提出人不能签认自己提出的基数，请由另一位市级经办签认。"));
            }
            Ok(BaselineEvent::SignedOff)
        }
    }
}
