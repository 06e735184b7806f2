//! What the cap account of another context must learn from an event here.
//!
//! `react` asks [`effect`] for every event, with the state after it, and tells the account.

use kernel::{CreditCode, Money, Year};

use crate::case::Happened;
use crate::key::{BenefitId, CaseId};
use crate::state::{Event, State};

/// What changed for a cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A meeting decided this amount: it takes the place of the award assessed.
    Decided(Money),
    /// No decision stands any more: rejected, withdrawn, declined, or to be decided again.
    Released,
    /// This much was paid.
    Paid(Money),
    /// This much came back from the bank, and is to be paid again.
    Returned(Money),
    /// This much was paid back by the firm.
    ClawedBack(Money),
}

/// A change for the account of a firm under a benefit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// By which case; its claim has the same id.
    pub case: CaseId,
    /// Whose account.
    pub firm: CreditCode,
    /// Under which benefit.
    pub benefit: BenefitId,
    /// For which year.
    pub year: Year,
    /// What changed.
    pub change: Change,
}

/// What an event means for a cap account. `state` is the one after it.
pub fn effect(state: &State, event: &Event) -> Option<Effect> {
    let Event::Case { case, happened } = event else { return None };
    let change = match happened {
        Happened::Decided { amount, .. } => Change::Decided(*amount),
        Happened::ObjectionUpheld { .. }
        | Happened::Rejected { .. }
        | Happened::Withdrawn { .. }
        | Happened::Declined { .. } => Change::Released,
        Happened::Paid { amount, .. } => Change::Paid(*amount),
        Happened::ReturnedByBank { amount, .. } => Change::Returned(*amount),
        Happened::InstalmentReceived { amount, .. } => Change::ClawedBack(*amount),
        _ => return None,
    };
    let case = state.case(*case)?;
    Some(Effect { case: case.id, firm: case.applicant.firm, benefit: case.benefit.clone(), year: case.year, change })
}
