//! A recorded assessment, and proving it again.

use kernel::{CreditCode, Date, Digest};
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::assess::{Assessment, Outcome, assess};
use crate::benefit::{ClaimId, DecisionId};
use crate::facts::{Claim, ClaimError};
use crate::interpretation::Overrides;
use crate::program::{ENGINE_VERSION, Program};
use crate::rulebook::{Rulebook, RulebookError};
use crate::state::State;

/// Everything an assessment was made from, and what came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Its id.
    pub id: DecisionId,
    /// The claim it decides; a later decision on the same claim takes its place.
    pub claim_id: ClaimId,
    /// Whose claim.
    pub firm: CreditCode,
    /// What was claimed.
    pub claim: Claim,
    /// The cap account before, without the claim's own earlier decision.
    pub account: Account,
    /// The day whose readings and rates apply.
    pub on: Date,
    /// Under what it was made.
    pub grounds: Grounds,
    /// What came out.
    pub outcome: Outcome,
    /// Of the trace's text.
    pub trace: Digest,
}

impl Decision {
    /// Of everything it states: what a case names as the assessment it rests on.
    pub fn digest(&self) -> Digest {
        Digest::of(&serde_json::to_vec(self).unwrap_or_default())
    }
}

/// Under what a decision was made, by digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Grounds {
    /// The clause file.
    pub clause: Digest,
    /// The set of interpretations.
    pub interpretations: Digest,
    /// The rate file.
    pub rates: Digest,
    /// The district's parameter set, where a district sets the amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Digest>,
    /// Claim and cap account.
    pub inputs: Digest,
    /// [`ENGINE_VERSION`].
    pub engine: u16,
}

/// Why a claim cannot be assessed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssessError {
    /// The facts.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// The clause, readings or rates.
    #[error(transparent)]
    Rulebook(#[from] RulebookError),
    /// No such decision in the ledger.
    #[error("没有编号为 {0} 的测算记录")]
    NoSuchDecision(DecisionId),
    /// A file the decision names is not in the ledger.
    #[error("测算所依据的{0}（{1}）不在账本中")]
    Lost(&'static str, Digest),
    /// Made by another version of the engine than this program carries.
    #[error("该测算由第 {0} 版规则引擎作出，本程序只有第 {ENGINE_VERSION} 版，请用当时的程序复算")]
    Engine(u16),
}

/// The digest of a claim and the cap account it starts from.
pub fn inputs_digest(claim: &Claim, account: &Account) -> Digest {
    Digest::of(inputs(claim, account).as_bytes())
}

/// A claim and the cap account it starts from as JSON: what [`inputs_digest`] is taken over.
pub fn inputs(claim: &Claim, account: &Account) -> String {
    serde_json::to_string(&(claim, account)).unwrap_or_default()
}

/// Assesses a claim under a rulebook on a day and names what it was made from.
pub fn assess_under(
    rulebook: &Rulebook,
    claim: &Claim,
    account: &Account,
    on: Date,
) -> Result<(Assessment, Grounds, Digest), AssessError> {
    let program = rulebook.program_for(claim, on, &Overrides::new())?;
    let assessment = assess(&program, claim, account)?;
    let (clause, rates) = program.digests();
    let grounds = Grounds {
        clause,
        interpretations: rulebook.interpretations_digest(),
        rates,
        parameters: program.parameters.as_ref().map(|set| set.digest()),
        inputs: inputs_digest(claim, account),
        engine: ENGINE_VERSION,
    };
    let trace = trace_digest(&program, &assessment);
    Ok((assessment, grounds, trace))
}

fn trace_digest(program: &Program, assessment: &Assessment) -> Digest {
    Digest::of(assessment.trace.text(&program.clause).as_bytes())
}

/// An old decision computed again from what the ledger holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recomputed {
    /// The assessment, with its trace.
    pub assessment: Assessment,
    /// Whether amounts, reasons and trace are those recorded.
    pub agrees: bool,
}

/// Computes a recorded decision again under the clause, readings and rates of its day.
pub fn recompute(state: &State, id: DecisionId) -> Result<Recomputed, AssessError> {
    let decision = state.decision(id).ok_or(AssessError::NoSuchDecision(id))?;
    let decision = &decision.decision;
    let grounds = decision.grounds;
    if grounds.engine != ENGINE_VERSION {
        return Err(AssessError::Engine(grounds.engine));
    }
    let rulebook = state.rulebook_of(&grounds)?;
    let (assessment, again, trace) = assess_under(&rulebook, &decision.claim, &decision.account, decision.on)?;
    let agrees = assessment.outcome == decision.outcome && again == grounds && trace == decision.trace;
    Ok(Recomputed { assessment, agrees })
}
