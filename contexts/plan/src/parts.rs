//! What stands behind the text: units, goals, tasks, measures, indicators, schedules, the rule for lights.

use kernel::{Anchor, Date, DivisionCode, Money, OrganisationId};
use serde::{Deserialize, Serialize};

use crate::key::{BenefitKey, GoalKey, IndicatorKey, PlanKey, RecordKey};
use crate::month::Month;

/// The document itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Meta {
    /// Its key, the name of its folder.
    pub key: PlanKey,
    /// Its title, as published.
    pub title: String,
    /// A short name for menus.
    pub short: String,
    /// The city or region: `重庆`.
    pub place: String,
    /// The document number (文号).
    pub number: String,
    /// Who issued it.
    pub issuer: String,
    /// The day of signature.
    pub issued: Date,
    /// First day of the period it plans for.
    pub from: Date,
    /// Last day of the period it plans for.
    pub until: Date,
    /// Words that introduce a list of responsible units: `责任单位`.
    pub unit_list_words: Vec<String>,
}

/// A unit the text makes responsible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Unit {
    /// Key of the organisation: `economy-information`.
    pub key: OrganisationId,
    /// Short name, as the plan writes it.
    pub name: String,
    /// Full official name.
    pub full_name: String,
    /// What it is.
    pub kind: UnitKind,
    /// Every way the text writes it. The longest match counts.
    pub in_text: Vec<String>,
    /// The unit in whose house it works (办公室设在).
    #[serde(default)]
    pub hosted_by: Option<OrganisationId>,
}

/// What a unit is, which decides how it is supervised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnitKind {
    /// A department of the city: reports, and is shown a light.
    Municipal,
    /// An agency of the State in the city: “report received”, never a light.
    Central,
    /// The governments of the districts concerned, which the schedule names one by one.
    Districts,
    /// The working group (专班) that coordinates and accepts reports.
    WorkingGroup,
}

/// How a value is held against its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparator {
    /// 突破、超过: the number itself does not reach it.
    MoreThan,
    /// 以上、不少于: includes the number (民法典第一千二百五十九条).
    AtLeast,
}

/// A measured value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Figure {
    /// An amount of money.
    Money(#[serde(with = "kernel::money::in_yuan")] Money),
    /// A number of firms, persons, projects.
    Count(i64),
}

/// A goal of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Goal {
    /// `G1`.
    pub key: GoalKey,
    /// Short name for cards and menus.
    pub name: String,
    /// What it is measured by.
    pub indicator: IndicatorKey,
    /// What is to be reached.
    pub target: Target,
    /// The day by which.
    pub deadline: Date,
    /// Who and what counts.
    pub scope: String,
    /// What the text says of the starting point.
    pub baseline: BaselineNeed,
}

/// What is to be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Target {
    /// A number in the text.
    Number {
        /// Above it, or at least it.
        comparator: Comparator,
        /// The number.
        figure: Figure,
        /// Unit of the figure as people read it: `亿元`, `家`.
        unit: String,
        /// The words of the text that say so: `突破200亿元`.
        words: String,
    },
    /// A state that experts judge on a graded scale; never computed.
    Judged {
        /// What a judgement is to be based on.
        criterion: String,
        /// The grades, worst first.
        grades: Vec<String>,
    },
}

/// What the text says of the starting point of a goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BaselineNeed {
    /// 原文未给出基数: a dated record has to be proposed and signed off.
    NotInText,
    /// The goal holds whatever the starting point.
    NotNeeded,
}

/// Part of the plan that is carried out and supervised as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Task {
    /// Place of its heading: `二(一)1`.
    pub anchor: Anchor,
    /// What kind of part it is.
    pub kind: TaskKind,
    /// Short name for registers and menus.
    pub name: String,
    /// What it breaks down into.
    pub measures: Vec<Measure>,
}

/// What kind of part of the plan a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskKind {
    /// 发展路径: sets a direction, names no responsible unit.
    Path,
    /// 重点任务.
    Task,
    /// 保障措施.
    Safeguard,
}

/// One thing the plan demands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Measure {
    /// Its own place: `二(一)1-a`.
    pub anchor: Anchor,
    /// Short name.
    pub name: String,
    /// Units narrower than the task's list, where the sentence itself says who. Empty: the task's list.
    #[serde(default)]
    pub units: Vec<OrganisationId>,
    /// Record types that will carry it.
    pub records: Vec<RecordKey>,
    /// What shows that it happens.
    #[serde(default)]
    pub indicators: Vec<IndicatorKey>,
    /// The benefit that it grants, where it grants one by clause.
    #[serde(default)]
    pub benefit: Option<BenefitKey>,
}

/// A type of record that carries measures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RecordType {
    /// `revenue-filing`.
    pub key: RecordKey,
    /// In Chinese.
    pub name: String,
}

/// A number that the plan is steered by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Indicator {
    /// `packaging-revenue`.
    pub key: IndicatorKey,
    /// Short name.
    pub name: String,
    /// Unit as people read it.
    pub unit: String,
    /// The unit that answers for it. `None`: the text names none.
    #[serde(default)]
    pub producer: Option<OrganisationId>,
    /// How often a value is due.
    pub frequency: Frequency,
    /// The query over records that yields it. Left out in a file: [`Query::NotYetMeasured`].
    #[serde(default)]
    pub query: Query,
    /// What counts, by date: a value names the version it was made under, and only values of one version compare.
    #[serde(rename = "scope")]
    pub scopes: Vec<Scope>,
}

/// What counts towards an indicator, from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scope {
    /// 1, 2, …
    pub version: u32,
    /// First day on which it holds.
    pub from: Date,
    /// In a few words, where figures stand beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What counts and what does not.
    pub definition: String,
}

/// How often a value is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Frequency {
    /// 每月.
    Monthly,
    /// 每季度.
    Quarterly,
    /// 每年.
    Annual,
    /// On occasion of an expert review.
    OnReview,
}

/// The queries over records that the program knows. A plan chooses from them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Query {
    /// Revenue from packaging and test in signed-off filings of a year, once per credit code.
    RevenueSum,
    /// Operating firms in scope that entered after the baseline day.
    NewFirms,
    /// Those of [`Query::NewFirms`] whose signed-off revenue stands in this relation to an amount.
    NewFirmsAboveRevenue {
        /// Above it, or at least it.
        comparator: Comparator,
        /// Per firm and year.
        #[serde(with = "kernel::money::in_yuan")]
        revenue: Money,
        /// The words of the text that say so: `超过5亿元`.
        words: String,
    },
    /// What firms were paid under this benefit so far, by matched vouchers.
    BenefitPaid(BenefitKey),
    /// Firms that were paid under any benefit so far.
    FirmsPaid {
        /// Whether only small and medium ones count.
        #[serde(rename = "small-and-medium-only")]
        small_and_medium_only: bool,
    },
    /// Median of the working days from application to payment, over cases paid in a year.
    DaysToPayment,
    /// No records to compute it from yet: shown as “尚未计量”, never as zero.
    #[default]
    NotYetMeasured,
}

/// When a task is planned to happen, and who answers for it. Configuration: the text ranks no unit and dates no task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Schedule {
    /// First month in which something is to happen.
    pub start: Month,
    /// Who leads; only one of the task's own units.
    #[serde(default)]
    pub lead: Option<OrganisationId>,
    /// The districts concerned (有关区县), where the text names the districts.
    #[serde(default)]
    pub districts: Vec<DivisionCode>,
    /// Planned progress, in order; the last is 100.
    #[serde(rename = "milestone")]
    pub milestones: Vec<Milestone>,
}

/// Planned progress at the end of a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Milestone {
    /// By the end of which month.
    pub month: Month,
    /// How much of the task, 0 to 100.
    pub percent: Percent,
    /// What is to be there by then.
    pub what: String,
}

/// Why a schedule cannot be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// No milestone.
    #[error("进度安排没有节点")]
    Empty,
    /// A milestone before the start.
    #[error("首个节点早于启动月份")]
    BeforeStart,
    /// Months or percentages do not rise.
    #[error("节点的月份应依次递增，进度不得回落")]
    NotInOrder,
    /// The last milestone is not 100 %.
    #[error("最后一个节点应为 100%")]
    NotToTheEnd,
}

/// A whole percentage from 0 to 100.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Percent(u8);

/// Above 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("进度 {0}% 超过 100%")]
pub struct PercentError(u8);

impl Percent {
    /// Done.
    pub const DONE: Self = Self(100);

    /// As a whole number.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Percent {
    type Error = PercentError;
    fn try_from(percent: u8) -> Result<Self, PercentError> {
        if percent <= 100 { Ok(Self(percent)) } else { Err(PercentError(percent)) }
    }
}

impl From<Percent> for u8 {
    fn from(percent: Percent) -> Self {
        percent.0
    }
}

/// The thresholds at which a light changes. Dated data, changed by command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LightRule {
    /// Yellow from this many points behind the schedule on.
    pub lag_yellow_from: u8,
    /// Red above this many points behind the schedule.
    pub lag_red_above: u8,
    /// Yellow when not started this many months after the planned month.
    pub start_yellow_from: u8,
    /// Red when not started this many months after the planned month.
    pub start_red_from: u8,
    /// Yellow when a month's report is this many months late.
    pub late_yellow_from: u8,
    /// Red when a month's report is more than this many months late.
    pub late_red_above: u8,
    /// A month's report is due this many working days after the month ends.
    pub report_due_working_days: u8,
    /// Green when the target is met with at least this probability, in percent.
    pub forecast_green_from: u8,
    /// Yellow when the target is met with at least this probability, in percent; red below.
    pub forecast_yellow_from: u8,
}

/// Thresholds that contradict one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("红灯阈值应严于黄灯阈值，概率阈值应为 0 至 100，且绿灯高于黄灯")]
pub struct LightRuleError;

impl LightRule {
    /// Whether every red threshold lies beyond its yellow one.
    pub fn validate(&self) -> Result<(), LightRuleError> {
        let ordered = self.lag_yellow_from <= self.lag_red_above
            && self.lag_red_above <= 100
            && self.start_yellow_from < self.start_red_from
            && self.late_yellow_from <= self.late_red_above
            && self.forecast_yellow_from < self.forecast_green_from
            && self.forecast_green_from <= 100;
        if ordered { Ok(()) } else { Err(LightRuleError) }
    }
}

impl Comparator {
    /// Whether the value reaches the target.
    pub fn is_met(self, value: Figure, target: Figure) -> Option<bool> {
        let (value, target) = match (value, target) {
            (Figure::Money(value), Figure::Money(target)) => (value.fen(), target.fen()),
            (Figure::Count(value), Figure::Count(target)) => (value, target),
            _ => return None,
        };
        Some(match self {
            Self::MoreThan => value > target,
            Self::AtLeast => value >= target,
        })
    }

    /// As a sign.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::MoreThan => ">",
            Self::AtLeast => "≥",
        }
    }
}

impl Figure {
    /// `self − other`; `None` when one is money and the other a count.
    pub fn less(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Money(a), Self::Money(b)) => Some(Self::Money(a - b)),
            (Self::Count(a), Self::Count(b)) => Some(Self::Count(a.saturating_sub(b))),
            _ => None,
        }
    }

    /// For a headline: money in 亿元 with two decimals, counts plain. The unit stands in the indicator.
    pub fn headline(self) -> String {
        match self {
            Self::Money(money) => money.hundred_millions(),
            Self::Count(count) => count.to_string(),
        }
    }

    /// As [`Self::headline`], in the unit of its indicator: money in 万元 where that is the unit.
    pub fn in_unit(self, unit: &str) -> String {
        match self {
            Self::Money(money) if unit == "万元" => money.ten_thousands(),
            other => other.headline(),
        }
    }
}

impl Schedule {
    /// Planned progress at the end of a month, by straight lines between the milestones, rounded down.
    pub fn planned(&self, month: Month) -> Percent {
        if month < self.start {
            return Percent(0);
        }
        let mut before = (self.start.previous(), 0u8);
        for milestone in &self.milestones {
            let after = (milestone.month, milestone.percent.0);
            if month <= after.0 {
                let span = after.0.since(before.0).max(1);
                let gained = i32::from(after.1.saturating_sub(before.1)) * month.since(before.0) / span;
                return Percent(before.1.saturating_add(u8::try_from(gained).unwrap_or(0)).min(100));
            }
            before = after;
        }
        Percent(before.1)
    }

    /// Whether the milestones follow one another up to 100 % and begin no earlier than the start.
    pub fn validate(&self) -> Result<(), ScheduleError> {
        let first = self.milestones.first().ok_or(ScheduleError::Empty)?;
        if first.month < self.start {
            return Err(ScheduleError::BeforeStart);
        }
        let follow = |pair: &[Milestone]| pair[0].month < pair[1].month && pair[0].percent <= pair[1].percent;
        if !self.milestones.windows(2).all(follow) {
            return Err(ScheduleError::NotInOrder);
        }
        let ends_at_100 = self.milestones.last().is_some_and(|last| last.percent == Percent::DONE);
        if ends_at_100 { Ok(()) } else { Err(ScheduleError::NotToTheEnd) }
    }

    /// The last planned month.
    pub fn end(&self) -> Month {
        self.milestones.last().map_or(self.start, |milestone| milestone.month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn straight_lines_between_milestones() {
        let milestone = |month: &str, percent: u8| Milestone {
            month: month.parse().unwrap(),
            percent: percent.try_into().unwrap(),
            what: String::new(),
        };
        let schedule = Schedule {
            start: "2024-03".parse().unwrap(),
            lead: None,
            districts: vec![],
            milestones: vec![milestone("2024-12", 20), milestone("2025-12", 44), milestone("2026-06", 100)],
        };
        let planned = |month: &str| schedule.planned(month.parse().unwrap()).get();
        assert_eq!(planned("2024-02"), 0);
        assert_eq!(planned("2024-03"), 2);
        assert_eq!(planned("2024-12"), 20);
        assert_eq!(planned("2025-06"), 32);
        assert_eq!(planned("2026-06"), 100);
        assert_eq!(planned("2030-01"), 100);
    }

    #[test]
    fn the_number_itself_counts_only_for_at_least() {
        let target = Figure::Money(Money::from_yuan(500_000_000));
        assert_eq!(Comparator::MoreThan.is_met(target, target), Some(false));
        assert_eq!(Comparator::AtLeast.is_met(target, target), Some(true));
        assert_eq!(Comparator::AtLeast.is_met(Figure::Count(1), target), None);
    }
}
