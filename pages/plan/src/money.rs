//! What the benefits came to: assessed, decided, paid. Offices read all of it as it is now; the public reads what notices
//! showed and what was paid of it, and what is only assessed in steps that hide single firms.

use kernel::Money;
use office::evidence::{Audience, public_awards};
use office::spending::{Spending, spending};
use subsidy::{BenefitId, Outcome};

use crate::view::View;

/// The card of all money together.
pub const KEY: &str = "资金";

/// What one benefit, or all of them, came to.
#[derive(Clone, Debug, Default)]
pub struct Spent {
    /// What meetings decided and vouchers paid.
    pub spending: Spending,
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
        let key = benefit.as_str().parse().ok();
        let spending = key.map(|key| spending(&view.state, Some(&key), view.audience)).unwrap_or_default();
        Self { spending, ..Self::assessed_under(view, benefit) }
    }

    fn assessed_under(view: &View, benefit: &BenefitId) -> Self {
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
        Self { spending: spending(&view.state, None, view.audience), ..Self::assessed_in_all(view) }
    }

    fn assessed_in_all(view: &View) -> Self {
        match view.audience {
            Audience::Offices => now(view, |_| true),
            Audience::Public => {
                let clauses = view.state.subsidy.clauses();
                let each: Vec<_> = clauses.map(|clause| Self::assessed_under(view, &clause.benefit)).collect();
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

    /// Paid, in 万元.
    pub fn headline(&self) -> String {
        self.spending.paid.amount.ten_thousands()
    }

    /// What was assessed, in words: how much and of when, or why it is not told.
    pub fn assessed_words(&self) -> String {
        let amount = self.assessed.map(|sum| format!("{} 万元", sum.ten_thousands()));
        match (amount, self.until, self.withheld) {
            (Some(amount), Some(until), None) => format!("{amount}（截至 {until}，按月公布）"),
            (Some(amount), Some(until), Some(_)) => format!("{amount}（截至 {until}，部分事项不公布）"),
            (_, _, Some(why)) => why.to_owned(),
            (Some(amount), None, None) if self.eligible > 0 => format!("{amount}（{} 笔）", self.eligible),
            _ => "尚无测算".to_owned(),
        }
    }

    /// Of when, and what stands beside it.
    pub fn told(&self, view: &View) -> String {
        let decided = self.spending.decided.amount.ten_thousands();
        let what = if view.audience == Audience::Public { "公示" } else { "审定" };
        format!("截至 {} · 凭证到账，{what} {decided} 万元", view.day)
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
