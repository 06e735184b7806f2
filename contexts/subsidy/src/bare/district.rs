//! What a district grants, without words.

use kernel::money::Rounding;
use kernel::{Date, Money, Rate, Year};

use super::{Scale, order, order_of};
use crate::clause::Base;
use crate::facts::{AnnualRevenue, EntryCost, EntryPart, TrainedPersons};
use crate::parameters::{Grant, Tier};
use crate::parties::Payer;
use crate::program::Program;
use crate::settings::Breakthrough;

/// A parameter set laid flat. Amounts in fen.
#[derive(Clone, Debug, Default)]
pub(super) struct Set {
    /// (passed, granted), lowest first; empty where the base itself counts.
    tiers: Vec<(i64, i64)>,
    /// Parts per million of each part of entry cost.
    rates: [i64; EntryPart::ALL.len()],
    trained: i64,
    hired: i64,
    full: bool,
    half_up: bool,
    months: i32,
    dedupes: bool,
    first: i32,
    /// Whether claims of a year are refused that begins before the first eligible day.
    yearly: bool,
    /// Out of other funds: nothing is granted here.
    elsewhere: bool,
}

impl Set {
    pub(super) fn of(program: &Program) -> Self {
        let settings = &program.settings;
        let first = program.window.map_or(i32::MIN, |_| order(settings.first_eligible_date));
        let mut flat = Self {
            full: settings.first_breakthrough == Breakthrough::Full,
            half_up: settings.rounding == Rounding::HalfUp,
            months: settings.entry_period,
            dedupes: program.dedupe.is_some(),
            first,
            yearly: matches!(program.base.1, Base::AnnualRevenue | Base::TrainedPersons),
            elsewhere: program.parties().0 == Payer::TalentFunds,
            ..Self::default()
        };
        match program.parameters.as_ref().map(|set| &set.grant) {
            Some(Grant::Tiers(tiers)) => {
                flat.tiers = tiers.iter().map(|Tier { over, amount }| (over.fen(), amount.fen())).collect();
            }
            Some(Grant::ByPart(rates)) => flat.rates = rates.map(Rate::parts_per_million),
            Some(Grant::PerPerson { trained, hired }) => (flat.trained, flat.hired) = (trained.fen(), hired.fen()),
            Some(Grant::Share(_)) | None => {}
        }
        flat
    }

    /// Whether a claim of a year can be met.
    pub(super) fn open(&self, year: Year) -> bool {
        !self.elsewhere & (!self.yearly | (order_of(year, 1, 1) >= self.first))
    }

    fn passed(&self, amount: i64) -> usize {
        self.tiers.iter().filter(|(over, _)| amount > *over).count()
    }

    fn amount(&self, passed: usize) -> i64 {
        passed.checked_sub(1).and_then(|last| self.tiers.get(last)).map_or(0, |(_, amount)| *amount)
    }

    /// The amount of a revenue that passes more tiers than any before.
    pub(super) fn breakthrough(&self, facts: &AnnualRevenue, revenue: i64) -> i64 {
        let (before, now) = (self.passed(facts.highest_before.fen()), self.passed(revenue));
        let less = if self.full { 0 } else { self.amount(before) };
        if now > before { self.amount(now) - less } else { 0 }
    }

    /// The amount of an investment; itself, where a share of it is granted.
    pub(super) fn investment(&self, total: i64) -> i64 {
        if self.tiers.is_empty() { total } else { self.amount(self.passed(total)) }
    }

    pub(super) fn persons(&self, facts: &TrainedPersons) -> Option<i64> {
        let trained = self.trained.checked_mul(i64::from(facts.trained))?;
        trained.checked_add(self.hired.checked_mul(i64::from(facts.hired))?)
    }

    pub(super) fn entry(&self, year: Year, facts: &EntryCost) -> Option<i64> {
        let mut sums = [0_i64; EntryPart::ALL.len()];
        let last = month_order(facts.entered) + i64::from(self.months) * 32;
        for (index, line) in facts.lines.iter().enumerate() {
            let again = |number: &str| facts.lines[..index].iter().any(|other| other.number.as_deref() == Some(number));
            let repeated = self.dedupes && line.number.as_deref().is_some_and(again);
            let in_time = (facts.entered <= line.paid) & (month_order(line.paid) <= last);
            let counts = in_time & (line.paid.year() == year) & (order(line.paid) >= self.first) & !repeated;
            let sum = &mut sums[line.part as usize];
            *sum = sum.checked_add(if counts { line.amount.fen() } else { 0 })?;
        }
        sums.into_iter().zip(self.rates).try_fold(0_i64, |granted, (sum, rate)| {
            granted.checked_add(Scale::new(rate.max(0), Rate::WHOLE, self.half_up).wide(sum.max(0), 1))
        })
    }
}

/// Orders days within and across months; a month is 32 days long.
fn month_order(day: Date) -> i64 {
    (i64::from(day.year()) * 12 + i64::from(day.month())) * 32 + i64::from(day.day())
}

/// As much as an audit could verify.
pub(super) fn at_most(base: i64, verified: Option<Money>) -> i64 {
    verified.map_or(base, |verified| base.min(verified.fen()))
}
