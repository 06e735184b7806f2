//! Why an indicator reads differently on two days: the records that were signed off, corrected, entered or left in
//! between.

use std::collections::{BTreeMap, BTreeSet};

use enterprise::filing::FilingId;
use kernel::{CreditCode, Date, Money, Recorded, Year};
use office::State;
use office::evidence::Audience;
use plan::parts::{Comparator, Figure, Indicator, Query};
use plan::standing::Observation;

use crate::words;

/// One period on both days.
pub struct PeriodDifference {
    /// `2025 年度`, `最新`.
    pub period: String,
    /// On the earlier day.
    pub before: Option<Observation>,
    /// On the later day.
    pub after: Option<Observation>,
}

impl PeriodDifference {
    /// After less before; what was not there counts as nothing.
    pub fn change(&self) -> Option<Figure> {
        let value = |observation: &Option<Observation>| observation.as_ref().map(|observation| observation.value);
        match (value(&self.before), value(&self.after)) {
            (Some(before), Some(after)) => after.less(before),
            (None, after) => after,
            (Some(_), None) => None,
        }
    }
}

/// One record behind the difference.
pub struct Change {
    /// Where it stands in the ledger; `None` where a date alone made the difference.
    pub recorded: Option<Recorded>,
    /// What happened: `市级签核 2025 年度申报`. Says nothing of the firm.
    pub what: String,
    /// Whose record it is.
    pub firm: CreditCode,
    /// The record, where it is a filing.
    pub filing: Option<FilingId>,
    /// How much it moves the value; `None` for a number of firms.
    pub amount: Option<Money>,
}

/// A State on a day.
#[derive(Clone, Copy)]
pub struct On<'a> {
    /// As of the day.
    pub state: &'a State,
    /// The day.
    pub day: Date,
    /// For whom.
    pub audience: Audience,
}

/// Every period that either day knows, oldest first; the stock on the day itself is compared with that of the other.
pub fn periods(before: On<'_>, after: On<'_>, indicator: &Indicator) -> Vec<PeriodDifference> {
    let known = |on: On<'_>| -> BTreeMap<(bool, Date), Observation> {
        let observed = office::evidence::observations(on.state, indicator, on.day, on.audience);
        let placed = observed.into_iter().map(|observation| {
            let until = observation.period.until();
            let is_today = until == observation.as_of && observation.period.from() == until;
            ((is_today, if is_today { Date::MAX } else { until }), observation)
        });
        placed.collect()
    };
    let (mut before, mut after) = (known(before), known(after));
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).copied().collect();
    let pair = |key: (bool, Date)| {
        let (before, after) = (before.remove(&key), after.remove(&key));
        let named = after.as_ref().or(before.as_ref()).map(|observation| words::period(observation.period));
        let period = if key.0 { "当日".to_owned() } else { named.unwrap_or_default() };
        PeriodDifference { period, before, after }
    };
    keys.into_iter().map(pair).collect()
}

/// The records behind the difference, oldest first.
pub fn changes(before: On<'_>, after: On<'_>, indicator: &Indicator) -> Vec<Change> {
    let mut changes = match &indicator.query {
        Query::RevenueSum => filings(before, after),
        Query::NewFirms => firms(before, after, |_| true),
        Query::NewFirmsAboveRevenue { comparator, revenue, .. } => firms(before, after, |firm| {
            let amount = firm.revenue.as_ref().map(|(amount, _)| Figure::Money(*amount));
            let reaches = |amount| Comparator::is_met(*comparator, amount, Figure::Money(*revenue));
            amount.and_then(reaches) == Some(true)
        }),
        Query::BenefitPaid(benefit) => payments(before, after, |case| case.benefit.as_str() == benefit.as_str()),
        Query::FirmsPaid { small_and_medium_only } => {
            payments(before, after, |case| !small_and_medium_only || case.applicant.small_or_medium)
        }
        Query::DaysToPayment => payments(before, after, |_| true),
        Query::NotYetMeasured => Vec::new(),
    };
    changes.sort_by_key(|change| change.recorded.as_ref().map(|recorded| recorded.sequence));
    changes
}

/// The filings that count in a year, with what each adds.
fn counting(state: &State, year: Year) -> BTreeMap<CreditCode, (FilingId, Money)> {
    let Some(revenue) = enterprise::revenue::revenue(&state.enterprise, year, None) else { return BTreeMap::new() };
    revenue.counting().map(|row| (row.firm, (row.filing, row.amount(revenue.captive_counts)))).collect()
}

fn filings(before: On<'_>, after: On<'_>) -> Vec<Change> {
    let years: BTreeSet<Year> = before.state.enterprise.years().chain(after.state.enterprise.years()).collect();
    let mut changes = Vec::new();
    for year in years {
        let (then, now) = (counting(before.state, year), counting(after.state, year));
        for (firm, (filing, amount)) in &now {
            let earlier = then.get(firm);
            if earlier.is_some_and(|(known, _)| known == filing) {
                continue;
            }
            let what = match earlier {
                Some(_) => format!("签核 {year} 年度申报的更正"),
                None => format!("市级签核 {year} 年度申报"),
            };
            let amount = earlier.map_or(*amount, |(_, earlier)| *amount - *earlier);
            changes.push(Change {
                recorded: latest(after.state, *filing),
                what,
                firm: *firm,
                filing: Some(*filing),
                amount: Some(amount),
            });
        }
        for (firm, (filing, amount)) in then.iter().filter(|(firm, _)| !now.contains_key(firm)) {
            changes.push(Change {
                recorded: latest(after.state, *filing),
                what: format!("{year} 年度申报不再计入"),
                firm: *firm,
                filing: Some(*filing),
                amount: Some(Money::ZERO - *amount),
            });
        }
    }
    changes
}

/// The last thing that happened to a filing.
fn latest(state: &State, filing: FilingId) -> Option<Recorded> {
    state.enterprise.filing(filing)?.history.last().map(|entry| entry.recorded.clone())
}

/// Payments that only one of the days knows.
fn payments(before: On<'_>, after: On<'_>, counts: impl Fn(&cases::Case) -> bool) -> Vec<Change> {
    let known = |on: On<'_>| {
        let paid = office::spending::payments(on.state).into_iter();
        let paid = paid.filter(|payment| payment.on <= on.day && counts(payment.case));
        let change = paid.map(|payment| Change {
            recorded: Some(payment.recorded.clone()),
            what: format!("{} 到账", payment.on),
            firm: payment.case.applicant.firm,
            filing: None,
            amount: Some(payment.amount),
        });
        let key = |change: &Change| (change.recorded.as_ref().map(|recorded| recorded.sequence), change.firm);
        change.map(|change| (key(&change), change)).collect::<BTreeMap<_, _>>()
    };
    let (then, mut now) = (known(before), known(after));
    now.retain(|sequence, _| !then.contains_key(sequence));
    now.into_values().collect()
}

fn newcomers(on: On<'_>) -> Vec<enterprise::view::Newcomer> {
    let known = on.state.enterprise.baselines().filter(|baseline| baseline.day <= on.day);
    let Some(baseline) = known.max_by_key(|baseline| baseline.day) else { return Vec::new() };
    enterprise::view::newcomers(&on.state.enterprise, baseline, on.day, on.day.year() - 1)
}

fn firms(before: On<'_>, after: On<'_>, counts: impl Fn(&enterprise::view::Newcomer) -> bool) -> Vec<Change> {
    let counted = |on: On<'_>| -> BTreeMap<CreditCode, Date> {
        newcomers(on).iter().filter(|firm| counts(firm)).map(|firm| (firm.firm, firm.entered)).collect()
    };
    let (then, now) = (counted(before), counted(after));
    let change = |firm: &CreditCode, what: String| {
        let mut history = after.state.enterprise.firm(*firm).into_iter().flat_map(|file| file.history.iter().rev());
        let recorded = history.find(|entry| entry.recorded.day() > before.day);
        Change { recorded: recorded.map(|entry| entry.recorded.clone()), what, firm: *firm, filing: None, amount: None }
    };
    let came = now.iter().filter(|(firm, _)| !then.contains_key(firm));
    let came = came.map(|(firm, entered)| change(firm, format!("新计入（{entered} 纳入口径）")));
    let left = then.keys().filter(|firm| !now.contains_key(firm));
    came.chain(left.map(|firm| change(firm, "不再计入".to_owned()))).collect()
}
