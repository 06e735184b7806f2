//! Every recorded decision with all it was made from, in one JSON file: what a program that shares nothing with this
//! one needs to compute it again, offline. `tools/check_decisions.py` is such a program; the rules it follows are
//! written in `docs/assessment-rules.md`.

use std::collections::BTreeMap;

use kernel::{CreditCode, Date, Digest, Sequence, Timestamp};
use serde::Serialize;

use crate::assess::Outcome;
use crate::benefit::{ClaimId, DecisionId};
use crate::decision::{AssessError, Grounds, inputs, recompute};
use crate::state::{DecisionRecord, State};

/// The form of the file; another form has another name.
pub const FORM: &str = "fengce-decisions-1";

/// All recorded decisions.
#[derive(Clone, Debug, Serialize)]
pub struct Package {
    /// [`FORM`].
    pub form: &'static str,
    /// How far the ledger was read.
    pub ledger: LedgerHead,
    /// Clause files by their digest.
    pub clauses: BTreeMap<Digest, String>,
    /// Sets of interpretations by their digest: the JSON it is taken over, as text.
    pub interpretations: BTreeMap<Digest, String>,
    /// Rate files by their digest.
    pub rates: BTreeMap<Digest, String>,
    /// Districts' parameter sets by their digest: the JSON it is taken over, as text.
    pub parameters: BTreeMap<Digest, String>,
    /// In the order they were recorded in.
    pub decisions: Vec<Packed>,
}

/// The last batch of the ledger the decisions stand in: the same as in its signed checkpoints and its export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LedgerHead {
    /// The last event.
    pub sequence: Sequence,
    /// Digest of the last batch.
    pub digest: Digest,
}

/// One decision.
#[derive(Clone, Debug, Serialize)]
pub struct Packed {
    /// Its id.
    pub id: DecisionId,
    /// The claim it decides.
    pub claim_id: ClaimId,
    /// Whose claim.
    pub firm: CreditCode,
    /// The day whose readings and rates apply.
    pub on: Date,
    /// Where in the ledger.
    pub sequence: Sequence,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Under what it was made, by digest.
    pub grounds: Grounds,
    /// Claim and cap account: the JSON that `grounds.inputs` is taken over, as text.
    pub inputs: String,
    /// What came out.
    pub outcome: Outcome,
    /// Step by step, as officials read it.
    pub trace: String,
    /// Of the trace, as recorded.
    pub trace_digest: Digest,
}

/// Packs every recorded decision. A decision that this program cannot compute again is an error: what is handed to an
/// auditor is whole.
pub fn package(state: &State, ledger: LedgerHead) -> Result<Package, AssessError> {
    let mut records: Vec<_> = state.decisions().collect();
    records.sort_by_key(|record| record.recorded.sequence);
    let mut package = Package {
        form: FORM,
        ledger,
        clauses: BTreeMap::new(),
        interpretations: BTreeMap::new(),
        rates: BTreeMap::new(),
        parameters: BTreeMap::new(),
        decisions: Vec::with_capacity(records.len()),
    };
    for record in records {
        package.add(state, record)?;
    }
    Ok(package)
}

impl Package {
    fn add(&mut self, state: &State, record: &DecisionRecord) -> Result<(), AssessError> {
        let decision = &record.decision;
        let rulebook = state.rulebook_of(&decision.grounds)?;
        let clause = rulebook.clauses.get(&decision.claim.benefit);
        let clause = clause.ok_or(AssessError::Lost("条款文件", decision.grounds.clause))?;
        self.clauses.entry(clause.digest).or_insert_with(|| clause.text.to_string());
        let interpretations = &rulebook.interpretations;
        self.interpretations.entry(interpretations.digest()).or_insert_with(|| interpretations.canonical());
        self.rates.entry(rulebook.rates.digest()).or_insert_with(|| rulebook.rates.text().to_owned());
        if let Some(digest) = decision.grounds.parameters {
            let record = state.parameter_set(digest).ok_or(AssessError::Lost("区县细则", digest))?;
            self.parameters.entry(digest).or_insert_with(|| record.set.canonical());
        }
        self.decisions.push(Packed {
            id: decision.id,
            claim_id: decision.claim_id,
            firm: decision.firm,
            on: decision.on,
            sequence: record.recorded.sequence,
            recorded_at: record.recorded.at,
            grounds: decision.grounds,
            inputs: inputs(&decision.claim, &decision.account),
            outcome: decision.outcome.clone(),
            trace: recompute(state, decision.id)?.assessment.trace.text(clause),
            trace_digest: decision.trace,
        });
        Ok(())
    }
}
