//! How long a claim takes: what the rules allow for each step, and what steps really took.

use std::collections::BTreeMap;

use cases::rules::{Length, TimeLimit};
use cases::statistics::{Taken, days_per_step};
use cases::{Call, Case, StageKind};
use kernel::Date;
use office::State;

/// Cases that must have left a step before its median is shown: fewer would tell of single firms.
const FEWEST: u32 = 3;

/// A step ahead.
pub struct Ahead {
    /// What is done.
    pub label: &'static str,
    /// By whom.
    pub who: String,
    /// How long the rules allow.
    pub limit: String,
    /// The last day if every step before takes all it may; for a case on its way.
    pub by: Option<Date>,
    /// Median of working days that cases took.
    pub median: Option<String>,
}

/// A step with its time limit and who takes it.
struct Leg {
    limit: TimeLimit,
    stage: StageKind,
    who: String,
}

fn legs(state: &State, call: &Call, case: Option<&Case>) -> Vec<Leg> {
    let route = &call.terms.route;
    let department = state.organisation_name(&call.terms.issuer);
    let finance = state.organisation_name(&call.terms.finance);
    let district =
        case.map_or_else(|| "所在区县".to_owned(), |case| state.organisation_name(&case.applicant.district.into()));
    let leg = |limit, stage, who: &str| Leg { limit, stage, who: who.to_owned() };
    let reviewed = case.is_none_or(|case| !case.applicant.direct);
    let reviews = [
        (route.district && reviewed).then(|| leg(TimeLimit::DistrictReview, StageKind::DistrictReview, &district)),
        route.audit.then(|| leg(TimeLimit::Audit, StageKind::Audit, "审计机构")),
        (route.experts > 0).then(|| leg(TimeLimit::ExpertReview, StageKind::ExpertReview, "评审专家")),
    ];
    let rest = [
        leg(TimeLimit::CityReview, StageKind::CityReview, &department),
        leg(TimeLimit::Settlement, StageKind::Recommended, &department),
        leg(TimeLimit::Meeting, StageKind::Proposed, &department),
        leg(TimeLimit::NoticePublication, StageKind::Decided, &department),
        leg(TimeLimit::PublicNotice, StageKind::Noticed, &department),
        leg(TimeLimit::FundingPlan, StageKind::Confirmed, &department),
        leg(TimeLimit::PaymentOrder, StageKind::Planned, &finance),
        leg(TimeLimit::Transit, StageKind::Ordered, &finance),
    ];
    reviews.into_iter().flatten().chain(rest).collect()
}

fn spoken(length: Length) -> String {
    match length {
        Length::WorkingDays(days) => format!("{days} 个工作日"),
        Length::Days(days) => format!("{days} 日"),
        Length::Months(months) => format!("{months} 个月"),
    }
}

/// How long each stage took in the city so far.
pub fn taken(state: &State) -> BTreeMap<StageKind, Taken> {
    days_per_step(state.cases.cases().map(AsRef::as_ref), state.city.calendar())
}

/// The steps of a call, or those still ahead of a case, with their limits. The call settles only after its window, so
/// that what follows counts from there at the earliest.
pub fn ahead(state: &State, call: &Call, case: Option<&Case>, today: Date) -> Vec<Ahead> {
    let Some(rules) = state.cases.rules() else { return Vec::new() };
    let (taken, calendar) = (taken(state), state.city.calendar());
    let legs = legs(state, call, case);
    let stage = case.map(|case| case.stage.kind());
    let begins = match stage {
        None => Some(0),
        Some(StageKind::Waitlisted) => None,
        Some(StageKind::Returned) => Some(0),
        Some(stage) => legs.iter().position(|leg| leg.stage == stage),
    };
    let Some(begins) = begins else { return Vec::new() };
    let mut reached = case.map(|case| case.stage.due().map_or(today, |due| due.due.max(today)));
    let row = |(index, leg): (usize, &Leg)| {
        let agreed = matches!(leg.limit, TimeLimit::PublicNotice);
        let length = match agreed {
            true => Length::WorkingDays(call.terms.route.notice_working_days),
            false => rules.row(leg.limit, today)?.length,
        };
        if leg.limit == TimeLimit::Settlement {
            reached = reached.map(|reached| reached.max(call.terms.window.until()));
        }
        let is_now = case.is_some() && index == 0 && stage == Some(leg.stage) && leg.stage != StageKind::Recommended;
        if !is_now {
            reached = reached.map(|reached| length.deadline(calendar, reached).due);
        }
        let median = taken.get(&leg.stage).filter(|taken| taken.left >= FEWEST);
        Some(Ahead {
            label: leg.limit.label(),
            who: leg.who.clone(),
            limit: spoken(length),
            by: reached,
            median: median.map(|taken| format!("{} 个工作日（{} 件）", taken.median, taken.left)),
        })
    };
    legs.get(begins..).unwrap_or_default().iter().enumerate().filter_map(row).collect()
}
