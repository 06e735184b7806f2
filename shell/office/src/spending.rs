//! What became of a benefit's money: applied for, assessed, decided, paid. Each is another thing, and says which.
//!
//! The public reads what was published and what was paid of it: a notice names each firm with its amount, so these sums
//! tell nothing that is not public. What is only applied for or assessed is not: it moves at month ends and hides single
//! firms ([`crate::evidence::public_awards`]).

use std::collections::{BTreeMap, BTreeSet};

use cases::case::Stage;
use cases::payment::OrderStage;
use cases::{BenefitId, Case, CaseId};
use kernel::{CreditCode, Date, Money, Recorded};

use crate::evidence::Audience;
use crate::state::State;

/// How many cases, of how many firms, with how much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Cases.
    pub cases: u32,
    /// Firms they are of.
    pub firms: u32,
    /// How much.
    pub amount: Money,
}

/// What was decided and what was paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spending {
    /// By meetings, as it stands: for offices all of it, for the public as notices showed it.
    pub decided: Part,
    /// By vouchers, less what came back.
    pub paid: Part,
}

/// A payment that reached a firm: an order with its voucher.
#[derive(Clone, Copy, Debug)]
pub struct Payment<'a> {
    /// When, by the voucher.
    pub on: Date,
    /// For which case.
    pub case: &'a Case,
    /// How much.
    pub amount: Money,
    /// Where, when and by whom the voucher was recorded.
    pub recorded: &'a Recorded,
}

fn part<'a>(amounts: impl IntoIterator<Item = (&'a Case, Money)>) -> Part {
    let (mut part, mut firms) = (Part::default(), BTreeSet::<CreditCode>::new());
    for (case, amount) in amounts.into_iter().filter(|(_, amount)| *amount > Money::ZERO) {
        part.cases += 1;
        part.firms += u32::from(firms.insert(case.applicant.firm));
        part.amount = part.amount + amount;
    }
    part
}

/// What the public was shown of each case, by its latest notice; nothing of one that is decided anew since.
pub fn noticed(state: &State) -> BTreeMap<CaseId, Money> {
    let mut shown: BTreeMap<CaseId, (Date, Money)> = BTreeMap::new();
    for notice in state.cases.notices() {
        for (case, amount) in &notice.cases {
            let latest = shown.entry(*case).or_insert((notice.on, *amount));
            if latest.0 <= notice.on {
                *latest = (notice.on, *amount);
            }
        }
    }
    let stands = |case: &Case| case.stage.award().is_some() && !matches!(case.stage, Stage::Decided { .. });
    let amounts = shown.into_iter().map(|(case, (_, amount))| (case, amount));
    amounts.filter(|(case, _)| state.cases.case(*case).is_some_and(stands)).collect()
}

/// What became of the money of one benefit, or of all.
pub fn spending(state: &State, benefit: Option<&BenefitId>, audience: Audience) -> Spending {
    let wanted = |case: &Case| benefit.is_none_or(|benefit| case.benefit == *benefit);
    match audience {
        Audience::Offices => {
            let cases = || state.cases.cases().map(AsRef::as_ref).filter(|case| wanted(case));
            Spending {
                decided: part(cases().map(|case| (case, case.stage.decided()))),
                paid: part(cases().map(|case| (case, case.purse.net()))),
            }
        }
        Audience::Public => {
            let shown = noticed(state);
            let cases = || {
                let known = shown.iter().filter_map(|(case, amount)| Some((state.cases.case(*case)?, *amount)));
                known.filter(|(case, _)| wanted(case))
            };
            Spending { decided: part(cases()), paid: part(cases().map(|(case, _)| (case, case.purse.net()))) }
        }
    }
}

/// Every payment that reached a firm and stayed there, by the day of its voucher.
pub fn payments(state: &State) -> Vec<Payment<'_>> {
    let paid = state.cases.orders().filter_map(|record| {
        let OrderStage::Paid { voucher } = &record.stage else { return None };
        let found = state.cases.voucher(voucher)?;
        let (case, voucher) = (state.cases.case(record.order.case)?, &found.voucher);
        Some(Payment { on: voucher.on, case, amount: voucher.amount, recorded: &found.recorded })
    });
    let mut payments: Vec<_> = paid.collect();
    payments.sort_by_key(|payment| (payment.on, payment.case.id));
    payments
}
