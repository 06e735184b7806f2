//! What the records of other contexts say about the plan's indicators: plain data handed from one to the other.

use kernel::{Date, OrganisationId, Period, Year};
use plan::Plan;
use plan::parts::{Comparator, Figure, Goal, Indicator, Query};
use plan::standing::{IndicatorStanding, Observation, standing};

use crate::state::State;

/// Where an indicator stands on a day, from the records of that State.
pub fn indicator_standing(state: &State, plan: &Plan, indicator: &Indicator, today: Date) -> IndicatorStanding {
    standing_of(state, plan, indicator, &observations(state, indicator, today), today)
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
pub fn observations(state: &State, indicator: &Indicator, today: Date) -> Vec<Observation> {
    let in_force = indicator.scopes.iter().filter(|scope| scope.from <= today);
    let version = in_force.map(|scope| scope.version).max().unwrap_or(1);
    match &indicator.query {
        Query::RevenueSum => revenue(state, version, today),
        Query::NewFirms => new_firms(state, version, today, |_| true),
        Query::NewFirmsAboveRevenue { comparator, revenue, .. } => new_firms(state, version, today, |firm| {
            let amount = firm.revenue.map(|(amount, _)| Figure::Money(amount));
            amount.and_then(|amount| Comparator::is_met(*comparator, amount, Figure::Money(*revenue))) == Some(true)
        }),
        Query::NotYetMeasured => Vec::new(),
    }
}

/// Signed-off packaging-and-test revenue, year by year; a year without a signed-off filing has no value.
fn revenue(state: &State, scope_version: u32, today: Date) -> Vec<Observation> {
    let years = state.enterprise.years().filter(|year| *year < today.year());
    let of_year = |year: Year| {
        let revenue = enterprise::revenue::revenue(&state.enterprise, year, None)?;
        let open = revenue.verified.firms + revenue.filed.firms + revenue.returned.firms;
        (revenue.signed_off.firms > 0).then(|| Observation {
            period: Period::year(year),
            value: Figure::Money(revenue.total()),
            scope_version,
            signed_off: open == 0,
            records: revenue.signed_off.firms,
            reference: format!("/filings?year={year}&stage=已签核"),
            as_of: today,
        })
    };
    years.filter_map(of_year).collect()
}

/// Firms that entered the scope after the signed-off baseline: at each year's end since, and today.
fn new_firms(
    state: &State,
    scope_version: u32,
    today: Date,
    counts: impl Fn(&enterprise::view::Newcomer) -> bool,
) -> Vec<Observation> {
    let known = state.enterprise.baselines().filter(|baseline| baseline.day <= today);
    let Some(baseline) = known.max_by_key(|baseline| baseline.day) else { return Vec::new() };
    let year_ends = (baseline.day.year() + 1..today.year()).map(|year| Period::year(year).until());
    let on = |day: Date| {
        // The latest year whose filings can be complete on the day.
        let year = day.year() - 1;
        let newcomers = enterprise::view::newcomers(&state.enterprise, baseline, day, year);
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
            as_of: today,
        })
    };
    year_ends.chain([today]).filter_map(on).collect()
}

impl State {
    /// What people call an organisation; its id where nobody named it.
    pub fn organisation_name(&self, id: &OrganisationId) -> String {
        let named = self.accounts.organisation(id).map(|organisation| organisation.name.clone());
        let firm = || Some(self.enterprise.firm(id.as_str().parse().ok()?)?.name().to_owned());
        named.or_else(firm).unwrap_or_else(|| id.to_string())
    }
}
