//! Where an indicator stands: value, target, gap, change, forecast. The values come from records of other
//! contexts and are handed in as plain data.

use kernel::{Date, Period, Year};

use crate::baseline::Baseline;
use crate::forecast::{Forecast, NoForecast, Point, forecast};
use crate::lights::Light;
use crate::parts::{Comparator, Figure, Goal, Indicator, LightRule, Query, Target};

/// One value of an indicator, computed from records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// What it covers: a year for revenue, a day for a stock of firms.
    pub period: Period,
    /// The value.
    pub value: Figure,
    /// The scope version under which it was counted.
    pub scope_version: u32,
    /// Whether nothing else was filed for the period that still waits to be signed off. What waits is not in the value.
    pub signed_off: bool,
    /// How many records it is made of.
    pub records: u32,
    /// Where to drill down: a query that a page can link to.
    pub reference: String,
    /// The day up to which records are in it.
    pub as_of: Date,
    /// What the scope leaves out of the value and shows beside it.
    pub apart: Option<Apart>,
}

/// What is shown beside a value and is not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apart {
    /// What it is: `自封自测`.
    pub what: String,
    /// How much; `None` where it would tell on a single firm.
    pub value: Option<Figure>,
    /// The day it was made public, where that was before the value beside it.
    pub as_of: Option<Date>,
}

/// Where an indicator stands against the goal it measures.
#[derive(Clone, Debug, PartialEq)]
pub struct IndicatorStanding {
    /// The latest value.
    pub latest: Option<Observation>,
    /// Change to the previous comparable value, with its period.
    pub change: Option<(Figure, Period)>,
    /// Target, gap and whether it is met.
    pub target: Option<TargetStanding>,
    /// Change since the baseline, where one of the same scope version is signed off.
    pub since_baseline: Option<Figure>,
    /// What can be said about the target year.
    pub forecast: Option<Result<Forecast, NoForecast>>,
    /// The computed light: met, or by the probability of the forecast.
    pub light: Option<Light>,
    /// What a reader has to know, in words: not measured, provisional, no baseline, scope changed.
    pub notes: Vec<String>,
}

/// A value against its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetStanding {
    /// More than, or at least.
    pub comparator: Comparator,
    /// The number.
    pub target: Figure,
    /// Target − value; `None` without a value. Not above zero when reached.
    pub gap: Option<Figure>,
    /// Whether the value reaches it; `None` without a value.
    pub met: Option<bool>,
    /// The day by which.
    pub deadline: Date,
}

/// Where an indicator stands on a day. `observations` in any order; those that begin after `today` are left out.
/// Annual values of the latest one's scope version are comparable and feed the forecast.
pub fn standing(
    indicator: &Indicator,
    goal: Option<&Goal>,
    observations: &[Observation],
    baseline: Option<&Baseline>,
    rule: Option<&LightRule>,
    today: Date,
) -> IndicatorStanding {
    let mut known: Vec<_> = observations.iter().filter(|observation| observation.period.from() <= today).collect();
    known.sort_by_key(|observation| (observation.period.until(), observation.as_of));
    let latest = known.last().copied();
    let comparable = |other: &&&Observation| latest.is_some_and(|latest| latest.scope_version == other.scope_version);
    let previous = known.iter().rev().skip(1).find(|o| comparable(o) && latest.is_some_and(|l| l.period != o.period));
    let change = latest.zip(previous).and_then(|(latest, previous)| {
        let change = latest.value.less(previous.value)?;
        Some((change, previous.period))
    });
    let target = goal.and_then(|goal| against_target(goal, latest));
    let since_baseline = latest.zip(baseline).and_then(|(latest, baseline)| {
        let same = latest.scope_version == baseline.scope_version;
        if same { latest.value.less(baseline.value) } else { None }
    });
    let comparable: Vec<_> = known.iter().filter(comparable).copied().collect();
    let forecast = target.as_ref().and_then(|target| forecast_of(target, &comparable));
    let light = light_of(target.as_ref(), forecast.as_ref(), rule, today);
    let notes = notes(indicator, goal, &known, baseline);
    IndicatorStanding { latest: latest.cloned(), change, target, since_baseline, forecast, light, notes }
}

fn against_target(goal: &Goal, latest: Option<&Observation>) -> Option<TargetStanding> {
    let Target::Number { comparator, figure, .. } = &goal.target else { return None };
    let (comparator, target) = (*comparator, *figure);
    let gap = latest.and_then(|latest| target.less(latest.value));
    let met = latest.and_then(|latest| comparator.is_met(latest.value, target));
    Some(TargetStanding { comparator, target, gap, met, deadline: goal.deadline })
}

/// Only money over whole years: counts of firms are too small for a logarithm to mean anything.
fn forecast_of(target: &TargetStanding, comparable: &[&Observation]) -> Option<Result<Forecast, NoForecast>> {
    let Figure::Money(goal) = target.target else { return None };
    let points: Vec<_> = comparable.iter().filter_map(|observation| annual(observation)).collect();
    Some(forecast(&points, target.deadline.year(), in_yuan(goal.fen())))
}

fn annual(observation: &Observation) -> Option<Point> {
    let year: Year = observation.period.from().year();
    match observation.value {
        Figure::Money(money) if observation.period == Period::year(year) => {
            Some(Point { year, value: in_yuan(money.fen()) })
        }
        _ => None,
    }
}

fn in_yuan(fen: i64) -> f64 {
    fen as f64 / 100.0
}

fn light_of(
    target: Option<&TargetStanding>,
    forecast: Option<&Result<Forecast, NoForecast>>,
    rule: Option<&LightRule>,
    today: Date,
) -> Option<Light> {
    let target = target?;
    match target.met? {
        true => Some(Light::Green),
        false if today > target.deadline => Some(Light::Red),
        false => {
            let percent = forecast?.as_ref().ok()?.probability * 100.0;
            let rule = rule?;
            Some(match percent {
                _ if percent >= f64::from(rule.forecast_green_from) => Light::Green,
                _ if percent >= f64::from(rule.forecast_yellow_from) => Light::Yellow,
                _ => Light::Red,
            })
        }
    }
}

fn notes(
    indicator: &Indicator,
    goal: Option<&Goal>,
    known: &[&Observation],
    baseline: Option<&Baseline>,
) -> Vec<String> {
    let mut notes = Vec::new();
    let needs_baseline = goal.is_some_and(|goal| goal.baseline == crate::parts::BaselineNeed::NotInText);
    if needs_baseline && baseline.is_none() {
        notes.push("原文未给出基数，基数尚未签认".to_owned());
    }
    let Some(latest) = known.last() else {
        let note = if indicator.query == Query::NotYetMeasured { "尚未计量" } else { "尚无数据" };
        notes.push(note.to_owned());
        return notes;
    };
    if !latest.signed_off {
        notes.push("另有填报尚待市级签核，未计入，签核后数值会变动".to_owned());
    }
    if known.iter().any(|observation| observation.scope_version != latest.scope_version) {
        notes.push(format!("口径有变更，只与口径 v{} 的数值比较", latest.scope_version));
    }
    if baseline.is_some_and(|baseline| baseline.scope_version != latest.scope_version) {
        notes.push("基数的口径与最新数值不同，不作比较".to_owned());
    }
    notes
}
