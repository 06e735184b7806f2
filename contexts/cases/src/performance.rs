//! 预算绩效: what a call is to achieve, what it had achieved half way, and how it judges itself.

use std::collections::BTreeSet;

use kernel::{Money, Rate, Refusal};
use serde::{Deserialize, Serialize};

use crate::key::CallId;
use crate::state::State;
use crate::text;

/// What an indicator measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IndicatorKind {
    /// 产出指标
    Output,
    /// 成本指标
    Cost,
    /// 效益指标
    Benefit,
    /// 满意度指标
    Satisfaction,
}

/// A value with its kind of unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Figure {
    /// So many.
    Count(i64),
    /// So much money.
    Amount(Money),
    /// Such a share.
    Share(Rate),
}

impl Figure {
    fn is_like(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }

    /// Whether it reaches the target; `None` for another kind of unit.
    pub fn reaches(self, target: Self) -> Option<bool> {
        match (self, target) {
            (Self::Count(value), Self::Count(target)) => Some(value >= target),
            (Self::Amount(value), Self::Amount(target)) => Some(value >= target),
            (Self::Share(value), Self::Share(target)) => Some(value >= target),
            _ => None,
        }
    }
}

/// A line of the target sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// 指标名称
    pub name: String,
    /// What it measures.
    pub kind: IndicatorKind,
    /// 指标值
    pub target: Figure,
}

/// What an indicator came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attained {
    /// 指标名称, as in the target sheet.
    pub name: String,
    /// 完成值
    pub value: Figure,
    /// 偏差原因: required where the target is not reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviation: Option<String>,
}

/// One of the three sheets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sheet {
    /// 绩效目标表
    Targets(Vec<Target>),
    /// 年中监控
    MidYear(Vec<Attained>),
    /// 绩效自评
    SelfAssessment {
        /// Every indicator.
        attained: Vec<Attained>,
        /// 自评得分, of 100.
        score: u8,
        /// In words.
        conclusion: String,
    },
}

impl Sheet {
    /// In Chinese.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Targets(_) => "绩效目标表",
            Self::MidYear(_) => "绩效年中监控",
            Self::SelfAssessment { .. } => "绩效自评",
        }
    }
}

/// Refuses a target sheet that measures nothing or says something twice.
pub(crate) fn checked_targets(targets: &[Target]) -> Result<(), Refusal> {
    if targets.is_empty() {
        return Err(Refusal::invalid("targets", "请至少填写一个绩效指标。"));
    }
    let mut names = BTreeSet::new();
    for target in targets {
        let name = text::required("targets", "绩效指标名称", &target.name)?;
        if !names.insert(name) {
            return Err(Refusal::invalid("targets", format!("绩效指标“{}”填了两次。", target.name)));
        }
    }
    Ok(())
}

/// Refuses a sheet that does not answer the targets: all of them when `complete`, with a reason where one is missed
/// at the end.
pub(crate) fn checked_attained(targets: &[Target], attained: &[Attained], complete: bool) -> Result<(), Refusal> {
    for line in attained {
        let target = targets.iter().find(|target| target.name == line.name);
        let target = target.ok_or_else(|| {
            Refusal::invalid("attained", format!("绩效目标表里没有指标“{}”，请按目标表填写。", line.name))
        })?;
        if !line.value.is_like(target.target) {
            let what = format!("指标“{}”的完成值与目标值单位不同，请核对。", line.name);
            return Err(Refusal::invalid("attained", what));
        }
        let missed = line.value.reaches(target.target) == Some(false);
        if complete && missed && line.deviation.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
            return Err(Refusal::invalid("attained", format!("指标“{}”未达到目标，请写明偏差原因。", line.name)));
        }
    }
    let unanswered = targets.iter().find(|target| !attained.iter().any(|line| line.name == target.name));
    match unanswered.filter(|_| complete) {
        Some(target) => Err(Refusal::invalid("attained", format!("绩效自评缺少指标“{}”。", target.name))),
        None => Ok(()),
    }
}

/// What the records say of a call, to prefill its sheets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prefilled {
    /// Cases that came in.
    pub cases: u32,
    /// Firms paid.
    pub firms_paid: u32,
    /// Of these small and medium ones.
    pub small_and_medium_paid: u32,
    /// Decided, standing.
    pub decided: Money,
    /// Paid, less what came back.
    pub paid: Money,
    /// Of the call.
    pub budget: Money,
}

/// Prefills from the records of a call.
pub fn prefilled(state: &State, call: CallId) -> Prefilled {
    let budget = state.call(call).map(|call| call.terms.budget).unwrap_or_default();
    let mut sums = Prefilled { budget, ..Prefilled::default() };
    let mut firms = BTreeSet::new();
    for case in state.cases_of(call) {
        sums.cases += 1;
        sums.decided = sums.decided + case.stage.decided();
        sums.paid = sums.paid + case.purse.net();
        if case.purse.net() > Money::ZERO && firms.insert(case.applicant.firm) {
            sums.firms_paid += 1;
            sums.small_and_medium_paid += u32::from(case.applicant.small_or_medium);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_target_needs_its_reason_at_the_end() {
        let target = |name: &str, target| Target { name: name.into(), kind: IndicatorKind::Output, target };
        let targets =
            [target("支持企业数", Figure::Count(10)), target("带动投资", Figure::Amount(Money::from_yuan(5)))];
        checked_targets(&targets).unwrap();
        let attained = |value, deviation: Option<&str>| Attained {
            name: "支持企业数".into(),
            value,
            deviation: deviation.map(Into::into),
        };
        let line = [attained(Figure::Count(9), None)];
        assert!(checked_attained(&targets, &line, false).is_ok(), "half way nothing is missed yet");
        assert!(checked_attained(&targets, &line, true).unwrap_err().reason.contains("偏差原因"));
        let line = [attained(Figure::Count(9), Some("一家停产"))];
        assert!(checked_attained(&targets, &line, true).unwrap_err().reason.contains("带动投资"));
        let line = [attained(Figure::Amount(Money::ZERO), None)];
        assert!(checked_attained(&targets, &line, false).unwrap_err().reason.contains("单位不同"));
    }
}
