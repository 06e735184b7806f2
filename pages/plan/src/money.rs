//! What the benefits came to: for offices as assessed by now, for the public in steps that hide single firms.

use kernel::Money;
use office::evidence::{Audience, public_awards};
use subsidy::{BenefitId, Outcome};

use crate::view::View;

/// The card of all money together.
pub const KEY: &str = "资金";

/// What one benefit, or all of them, came to.
#[derive(Clone, Debug, Default)]
pub struct Spent {
    /// Assessed; `None` where it may not be public.
    pub assessed: Option<Money>,
    /// Claims found eligible; for offices.
    pub eligible: usize,
    /// Claims that were not; for offices.
    pub refused: usize,
    /// Paid before, by vouchers: amount and number; for offices.
    pub earlier: Option<(Money, usize)>,
    /// The month's end the public reads it of.
    pub until: Option<kernel::Date>,
    /// Why it may not be public.
    pub withheld: Option<&'static str>,
}

impl Spent {
    /// Under one benefit.
    pub fn of(view: &View, benefit: &BenefitId) -> Self {
        match view.audience {
            Audience::Offices => now(view, |other| other == benefit),
            Audience::Public => match public_awards(&view.state, benefit, view.day) {
                Ok(closed) => Self {
                    assessed: Some(closed.map_or(Money::ZERO, |closed| closed.total)),
                    until: closed.map(|closed| closed.until),
                    ..Self::default()
                },
                Err(why) => Self { withheld: Some(why.label()), ..Self::default() },
            },
        }
    }

    /// Under all of them. For the public this is the sum of what is public of each, so that nothing can be subtracted.
    pub fn of_all(view: &View) -> Self {
        match view.audience {
            Audience::Offices => now(view, |_| true),
            Audience::Public => {
                let each: Vec<_> = view.state.subsidy.clauses().map(|clause| Self::of(view, &clause.benefit)).collect();
                let assessed: Vec<Money> = each.iter().filter_map(|spent| spent.assessed).collect();
                Self {
                    assessed: (!assessed.is_empty()).then(|| assessed.iter().copied().sum()),
                    until: each.iter().filter_map(|spent| spent.until).max(),
                    withheld: each.iter().find_map(|spent| spent.withheld),
                    ..Self::default()
                }
            }
        }
    }

    /// In 万元, or a dash.
    pub fn headline(&self) -> String {
        self.assessed.map_or_else(|| "—".to_owned(), Money::ten_thousands)
    }

    /// Of when, and what it counts.
    pub fn told(&self, view: &View) -> String {
        match (view.audience, self.until, self.withheld) {
            (Audience::Offices, ..) => format!("截至 {} · 已测算 {} 笔，拨付以凭证为准", view.day, self.eligible),
            (Audience::Public, Some(until), None) => format!("截至 {until} · 已测算，按月公布"),
            (Audience::Public, Some(until), Some(_)) => format!("截至 {until} · 已测算，部分事项不公布"),
            (Audience::Public, None, Some(why)) => why.to_owned(),
            (Audience::Public, None, None) => "尚无测算".to_owned(),
        }
    }
}

fn now(view: &View, wanted: impl Fn(&BenefitId) -> bool) -> Spent {
    let subsidy = &view.state.subsidy;
    let vouchers: Vec<_> = subsidy.vouchers().filter(|payment| wanted(&payment.benefit)).collect();
    let earlier = vouchers.iter().map(|payment| payment.amount).sum();
    let mut spent = Spent {
        assessed: Some(Money::ZERO),
        earlier: (!vouchers.is_empty()).then_some((earlier, vouchers.len())),
        ..Spent::default()
    };
    for record in subsidy.decisions().filter(|record| wanted(&record.decision.claim.benefit)) {
        let standing = subsidy.decision_on(record.decision.claim_id);
        if standing.is_none_or(|standing| standing.decision.id != record.decision.id) {
            // Decided again since: the later decision stands.
            continue;
        }
        match &record.decision.outcome {
            Outcome::Eligible { award, .. } => {
                spent.assessed = spent.assessed.map(|sum| sum + *award);
                spent.eligible += 1;
            }
            Outcome::NotEligible { .. } => spent.refused += 1,
        }
    }
    spent
}
