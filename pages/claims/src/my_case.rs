//! A case as its firm finds it: only its own, whose turn it is, by when.

use cases::due::{Who, expected};
use cases::{Call, Case, CaseId};
use kernel::Date;
use office::State;
use register::Light;
use web::{Counter, Failure};

use super::claiming::own_firm;
use cases_pages::case_head::deadline_light;

/// What is done next.
pub struct NextStep {
    /// In a few words.
    pub step: &'static str,
    /// By whom; nothing when it is the firm's own turn.
    pub who: Option<String>,
    /// By when.
    pub due: String,
    /// How long there is.
    pub light: Light,
}

/// A firm's own case with its call; to everybody else there is none.
pub fn found<'a>(counter: &Counter, state: &'a State, firm: &str, id: CaseId) -> Result<(&'a Case, &'a Call), Failure> {
    let own = own_firm(counter)?;
    let case = state.cases.case(id).filter(|case| case.applicant.firm == own && own.as_str() == firm);
    let case = case.ok_or_else(Failure::not_found)?;
    let call = state.cases.call(case.call).ok_or_else(Failure::not_found)?;
    Ok((case, call))
}

/// Who does what next. Which experts there are is nobody's business before they have judged.
pub fn next_steps(state: &State, case: &Case, day: Date) -> Vec<NextStep> {
    let mut next: Vec<NextStep> = Vec::new();
    for expected in expected(&state.cases, case) {
        let who = match &expected.who {
            Who::Firm(_) => None,
            Who::Office(_, office) => Some(state.organisation_name(office)),
            Who::Holders(role) => Some(role.label().to_owned()),
            Who::Person(_) => Some("评审专家".to_owned()),
        };
        if next.iter().any(|known| known.step == expected.step && known.who == who) {
            continue;
        }
        let light = deadline_light(state, expected.due, day);
        next.push(NextStep { step: expected.step, who, due: expected.due.due.to_string(), light });
    }
    next
}
