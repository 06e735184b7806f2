//! How long steps take, and what went where.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{CreditCode, Date, DivisionCode, Money, WorkingCalendar};

use crate::case::{Case, StageKind};

/// How long cases stood in a stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Times a case left it.
    pub left: u32,
    /// Median of working days until then.
    pub median: i32,
    /// Longest.
    pub longest: i32,
    /// Cases standing in it now.
    pub standing: u32,
}

/// Working days per step over these cases. A case that came to a step twice counts twice.
pub fn days_per_step<'a>(
    cases: impl IntoIterator<Item = &'a Case>,
    calendar: &WorkingCalendar,
) -> BTreeMap<StageKind, Taken> {
    let mut days: BTreeMap<StageKind, Vec<i32>> = BTreeMap::new();
    let mut steps: BTreeMap<StageKind, Taken> = BTreeMap::new();
    for case in cases {
        for pair in case.passages.windows(2) {
            let [at, next] = pair else { continue };
            days.entry(at.stage).or_default().push(calendar.between(at.entered, next.entered));
        }
        steps.entry(case.stage.kind()).or_default().standing += 1;
    }
    for (stage, mut days) in days {
        days.sort_unstable();
        let step = steps.entry(stage).or_default();
        step.left = u32::try_from(days.len()).unwrap_or(u32::MAX);
        step.median = days.get(days.len() / 2).copied().unwrap_or_default();
        step.longest = days.last().copied().unwrap_or_default();
    }
    steps
}

/// What went where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Cases.
    pub cases: u32,
    /// Firms they are of.
    pub firms: u32,
    /// Of these small and medium ones.
    pub small_and_medium: u32,
    /// Applied for.
    pub applied: Money,
    /// Decided, standing.
    pub decided: Money,
    /// With the firms.
    pub paid: Money,
    /// Of what is with them, with small and medium ones.
    pub paid_to_small_and_medium: Money,
    /// Paid back.
    pub recovered: Money,
}

/// Sums over cases.
pub fn sums<'a>(cases: impl IntoIterator<Item = &'a Case>) -> Sums {
    let mut sums = Sums::default();
    let mut firms: BTreeSet<CreditCode> = BTreeSet::new();
    for case in cases {
        let small = case.applicant.small_or_medium;
        sums.cases += 1;
        if firms.insert(case.applicant.firm) {
            sums.firms += 1;
            sums.small_and_medium += u32::from(small);
        }
        sums.applied = sums.applied + case.material().map(|material| material.applied).unwrap_or_default();
        sums.decided = sums.decided + case.stage.decided();
        sums.paid = sums.paid + case.purse.net();
        sums.recovered = sums.recovered + case.purse.recovered;
        if small {
            sums.paid_to_small_and_medium = sums.paid_to_small_and_medium + case.purse.net();
        }
    }
    sums
}

/// Sums by the district in charge.
pub fn by_district<'a>(cases: impl IntoIterator<Item = &'a Case>) -> BTreeMap<DivisionCode, Sums> {
    let mut districts: BTreeMap<DivisionCode, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        districts.entry(case.applicant.district).or_default().push(case);
    }
    districts.into_iter().map(|(district, cases)| (district, sums(cases))).collect()
}

/// Working days from application to the last payment, for a paid case.
pub fn days_to_payment(case: &Case, calendar: &WorkingCalendar) -> Option<i32> {
    let first: Date = case.passages.first()?.entered;
    let ordered = case.passages.iter().rposition(|passage| passage.stage == StageKind::Ordered)?;
    let paid = case.passages.get(ordered + 1)?;
    matches!(paid.stage, StageKind::Paid | StageKind::Closed).then(|| calendar.between(first, paid.entered))
}
