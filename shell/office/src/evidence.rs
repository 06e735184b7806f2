//! What the records of other contexts say about the plan's indicators: plain data handed from one to the other.

use std::collections::{BTreeMap, BTreeSet};

use enterprise::publication::{Closed, Withheld, at_month_ends};
use enterprise::view::Newcomer;
use kernel::{Date, Money, OrganisationId, Period, Year};
use plan::Plan;
use plan::parts::{Comparator, Figure, Goal, Indicator, Query};
use plan::standing::{Apart, IndicatorStanding, Observation, standing};
use subsidy::BenefitId;

use crate::spending::{self, Payment};
use crate::state::State;

/// For whom a value is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// What was made public, in steps that hide single firms.
    Public,
    /// What is signed off now: offices.
    Offices,
}

/// Where an indicator stands on a day, from the records of that State.
pub fn indicator_standing(
    state: &State,
    plan: &Plan,
    indicator: &Indicator,
    today: Date,
    audience: Audience,
) -> IndicatorStanding {
    standing_of(state, plan, indicator, &observations(state, indicator, today, audience), today)
}

/// As [`indicator_standing`], from observations made before in the same State.
pub fn standing_of(
    state: &State,
    plan: &Plan,
    indicator: &Indicator,
    observed: &[Observation],
    today: Date,
) -> IndicatorStanding {
    let goal = goal_of(plan, indicator);
    let baseline =
        goal.and_then(|goal| state.plan.baseline(&plan.meta.key, &goal.key)).and_then(|record| record.current());
    let rule = state.plan.light_rule(plan, today);
    standing(indicator, goal, observed, baseline, rule.as_ref().map(|(_, rule)| rule), today)
}

/// The goal an indicator measures.
pub fn goal_of<'a>(plan: &'a Plan, indicator: &Indicator) -> Option<&'a Goal> {
    plan.goals.iter().find(|goal| goal.indicator == indicator.key)
}

/// Every value of an indicator that the records give, oldest first.
pub fn observations(state: &State, indicator: &Indicator, today: Date, audience: Audience) -> Vec<Observation> {
    let in_force = indicator.scopes.iter().filter(|scope| scope.from <= today);
    let version = in_force.map(|scope| scope.version).max().unwrap_or(1);
    match (&indicator.query, audience) {
        (Query::RevenueSum, Audience::Offices) => revenue(state, version, today),
        (Query::RevenueSum, Audience::Public) => released(state, indicator, version, today),
        (Query::NewFirms, _) => new_firms(state, version, (today, audience), |_| |_: &Newcomer| true),
        (Query::NewFirmsAboveRevenue { comparator, revenue, .. }, _) => {
            let is_above =
                move |amount| Comparator::is_met(*comparator, Figure::Money(amount), Figure::Money(*revenue));
            new_firms(state, version, (today, audience), |year| {
                let released = state.enterprise.released_amounts(year);
                move |firm: &Newcomer| {
                    let amount = match audience {
                        Audience::Public => released.and_then(|amounts| amounts.get(&firm.firm)).copied(),
                        Audience::Offices => firm.revenue.map(|(amount, _)| amount),
                    };
                    amount.and_then(is_above) == Some(true)
                }
            })
        }
        (Query::BenefitPaid(benefit), _) => benefit_paid(state, benefit, version, today),
        (Query::FirmsPaid { small_and_medium_only }, _) => {
            let counts = |payment: &Payment<'_>| !small_and_medium_only || payment.case.applicant.small_or_medium;
            so_far(state, version, today, counts, |paid| {
                let firms: BTreeSet<_> = paid.iter().map(|payment| payment.case.applicant.firm).collect();
                Figure::Count(i64::try_from(firms.len()).unwrap_or(i64::MAX))
            })
        }
        (Query::DaysToPayment, _) => days_to_payment(state, version, (today, audience)),
        (Query::NotYetMeasured, _) => Vec::new(),
    }
}

/// Years with signed-off filings of which nothing may be public yet, and why.
pub fn withheld(state: &State, indicator: &Indicator, today: Date) -> Vec<(Year, Withheld)> {
    if indicator.query != Query::RevenueSum {
        return Vec::new();
    }
    let years = state.enterprise.years().filter(|year| *year < today.year());
    years.filter_map(|year| Some((year, enterprise::release::withheld(&state.enterprise, year)?))).collect()
}

/// Signed-off packaging-and-test revenue, year by year; a year without a signed-off filing has no value.
fn revenue(state: &State, scope_version: u32, today: Date) -> Vec<Observation> {
    let years = state.enterprise.years().filter(|year| *year < today.year());
    let of_year = |year: Year| {
        let revenue = enterprise::revenue::revenue(&state.enterprise, year, None)?;
        (revenue.signed_off.firms > 0).then(|| Observation {
            period: Period::year(year),
            value: Figure::Money(revenue.total()),
            scope_version,
            signed_off: is_complete(&revenue),
            records: revenue.signed_off.firms,
            reference: format!("/filings?year={year}&stage=已签核"),
            as_of: today,
            apart: apart(revenue.captive_counts, Some((revenue.signed_off.captive, None))),
        })
    };
    years.filter_map(of_year).collect()
}

/// The same as it was last made public.
fn released(state: &State, indicator: &Indicator, scope_version: u32, today: Date) -> Vec<Observation> {
    let years = state.enterprise.released_years().filter(|year| *year < today.year());
    let of_year = |year: Year| {
        let released = state.enterprise.released(year)?;
        let scope = state.enterprise.catalog()?.filing.scope(&released.release.scope)?;
        let live = enterprise::revenue::revenue(&state.enterprise, year, None);
        Some(Observation {
            period: Period::year(year),
            value: Figure::Money(released.release.total),
            scope_version,
            signed_off: live.as_ref().is_none_or(is_complete),
            records: u32::try_from(released.release.filings.len()).unwrap_or(u32::MAX),
            reference: format!("/plan/indicators/{}#releases", indicator.key),
            as_of: released.recorded.day(),
            apart: apart(scope.captive_counts, released_captive(state, year)),
        })
    };
    years.filter_map(of_year).collect()
}

/// Whether nothing of the year waits to be signed off.
fn is_complete(revenue: &enterprise::revenue::Revenue) -> bool {
    revenue.verified.firms + revenue.filed.firms + revenue.returned.firms == 0
}

/// Captive work as last made public, with the day where it was not the last release that told it.
fn released_captive(state: &State, year: Year) -> Option<(Money, Option<Date>)> {
    let mut releases = state.enterprise.releases(year).rev().enumerate();
    releases.find_map(|(age, released)| Some((released.release.captive?, (age > 0).then(|| released.recorded.day()))))
}

/// Captive work, where the scope shows it apart.
fn apart(captive_counts: bool, captive: Option<(Money, Option<Date>)>) -> Option<Apart> {
    (!captive_counts).then(|| Apart {
        what: "自封自测".to_owned(),
        value: captive.map(|(amount, _)| Figure::Money(amount)),
        as_of: captive.and_then(|(_, day)| day),
    })
}

/// Firms that entered the scope after the signed-off baseline: at each year's end since, and today; for the public,
/// instead of today, on the day of the last release.
/// `counting` says of a year which newcomers count.
fn new_firms<C: Fn(&Newcomer) -> bool>(
    state: &State,
    scope_version: u32,
    (today, audience): (Date, Audience),
    counting: impl Fn(Year) -> C,
) -> Vec<Observation> {
    let known = state.enterprise.baselines().filter(|baseline| baseline.day <= today);
    let Some(baseline) = known.max_by_key(|baseline| baseline.day) else { return Vec::new() };
    let last = match audience {
        Audience::Offices => Some(today),
        Audience::Public => last_release(state).map(|day| day.min(today)),
    };
    let Some(last) = last.filter(|last| *last >= baseline.day) else { return Vec::new() };
    let year_ends = (baseline.day.year() + 1..last.year()).map(|year| Period::year(year).until());
    let on = |day: Date| {
        // The latest year whose filings can be complete on the day.
        let year = day.year() - 1;
        let newcomers = enterprise::view::newcomers(&state.enterprise, baseline, day, year);
        let counts = counting(year);
        let counted = newcomers.iter().filter(|firm| counts(firm)).count();
        Some(Observation {
            period: Period::new(day, day).ok()?,
            value: Figure::Count(i64::try_from(counted).unwrap_or(i64::MAX)),
            scope_version,
            signed_off: true,
            records: u32::try_from(counted).unwrap_or(u32::MAX),
            reference: format!(
                "/firms?entered.from={}&as_of={day}",
                baseline.day.saturating_add(jiff::Span::new().days(1))
            ),
            as_of: last,
            apart: None,
        })
    };
    year_ends.chain([last]).filter_map(on).collect()
}

/// What firms were paid under a benefit, by vouchers.
fn benefit_paid(state: &State, benefit: &plan::BenefitKey, scope_version: u32, today: Date) -> Vec<Observation> {
    let counts = |payment: &Payment<'_>| payment.case.benefit.as_str() == benefit.as_str();
    so_far(state, scope_version, today, counts, |paid| Figure::Money(paid.iter().map(|payment| payment.amount).sum()))
}

/// A figure over all payments so far that count: at each year's end since the first, and today. A notice told of each
/// before it was paid, so offices and the public read the same.
fn so_far(
    state: &State,
    scope_version: u32,
    today: Date,
    counts: impl Fn(&Payment<'_>) -> bool,
    figure: impl Fn(&[Payment<'_>]) -> Figure,
) -> Vec<Observation> {
    let payments: Vec<_> =
        spending::payments(state).into_iter().filter(|paid| paid.on <= today && counts(paid)).collect();
    let Some(first) = payments.first() else { return Vec::new() };
    let year_ends = (first.on.year()..today.year()).map(|year| Period::year(year).until());
    let on = |day: Date| {
        let until = payments.partition_point(|payment| payment.on <= day);
        let paid = payments.get(..until)?;
        Some(Observation {
            period: Period::new(day, day).ok()?,
            value: figure(paid),
            scope_version,
            signed_off: true,
            records: u32::try_from(paid.len()).unwrap_or(u32::MAX),
            reference: "/payments".to_owned(),
            as_of: today,
            apart: None,
        })
    };
    year_ends.chain([today]).filter_map(on).collect()
}

/// Median working days from application to payment over the cases paid in each year; for the public, none of a year
/// in which fewer firms were paid than the rule of publication asks for.
fn days_to_payment(state: &State, scope_version: u32, (today, audience): (Date, Audience)) -> Vec<Observation> {
    let calendar = state.city.calendar();
    let mut years: BTreeMap<Year, (Vec<i32>, BTreeSet<kernel::CreditCode>)> = BTreeMap::new();
    for payment in spending::payments(state).iter().filter(|payment| payment.on <= today) {
        let Some(days) = cases::statistics::days_to_payment(payment.case, calendar) else { continue };
        let (all, firms) = years.entry(payment.on.year()).or_default();
        all.push(days);
        firms.insert(payment.case.applicant.firm);
    }
    let least = state.enterprise.catalog().map_or(usize::MAX, |c| c.filing.publication.firms_at_least as usize);
    let may_tell = |firms: usize| audience == Audience::Offices || firms >= least;
    let of_year = |(year, (mut days, firms)): (Year, (Vec<i32>, BTreeSet<_>))| {
        days.sort_unstable();
        let median = days.get(days.len() / 2).copied().filter(|_| may_tell(firms.len()))?;
        let whole = Period::year(year);
        Some(Observation {
            period: Period::new(whole.from(), whole.until().min(today)).ok()?,
            value: Figure::Count(median.into()),
            scope_version,
            signed_off: true,
            records: u32::try_from(days.len()).unwrap_or(u32::MAX),
            reference: "/calls/statistics".to_owned(),
            as_of: today,
            apart: None,
        })
    };
    years.into_iter().filter_map(of_year).collect()
}

/// The day on which anything was last made public.
fn last_release(state: &State) -> Option<Date> {
    let latest = state.enterprise.released_years().filter_map(|year| state.enterprise.released(year));
    latest.map(|released| released.recorded.day()).max()
}

/// What the public reads of assessments under a benefit: a sum that moves at month ends, or why there is none.
pub fn public_awards(state: &State, benefit: &BenefitId, today: Date) -> Result<Option<Closed>, Withheld> {
    let entries = state.subsidy.awarded(benefit).map(|awarded| (awarded.day, awarded.firm, awarded.change));
    let catalog = state.enterprise.catalog();
    catalog.map_or(Ok(None), |catalog| at_month_ends(&catalog.filing.publication, entries, today))
}

impl State {
    /// What people call an organisation; its id where nobody named it.
    pub fn organisation_name(&self, id: &OrganisationId) -> String {
        let named = self.accounts.organisation(id).map(|organisation| organisation.name.clone());
        let firm = || Some(self.enterprise.firm(id.as_str().parse().ok()?)?.name().to_owned());
        let division = || {
            let code = id.as_str().parse().ok()?;
            Some(self.enterprise.catalog()?.divisions.get(code)?.name.clone())
        };
        named.or_else(firm).or_else(division).unwrap_or_else(|| id.to_string())
    }
}
