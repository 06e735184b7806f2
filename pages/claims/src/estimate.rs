//! What a claim would give, computed from the answers by the code of the formal assessment.

use kernel::{Date, Money};
use office::State;
use subsidy::facts::Score;
use subsidy::settings::AwardReading;
use subsidy::{Account, Assessment, Claim, Clause, Outcome, Overrides};
use subsidy_pages::{OutcomeView, TraceTable, words};

/// An assessment of answers.
pub struct Estimate {
    /// As computed.
    pub assessment: Assessment,
    /// Whether the full score was assumed, because experts have not given theirs.
    pub full_score: bool,
}

impl Estimate {
    /// Of a claim, over what the firm received already. What stands in its way is said in words.
    pub fn of(state: &State, clause: &Clause, claim: &Claim, account: &Account, today: Date) -> Result<Self, String> {
        let rulebook = state.subsidy.rulebook().ok_or("还没有采纳利率表，暂时不能估算。")?;
        let program = rulebook.program_for(claim, today, &Overrides::new()).map_err(|error| error.to_string())?;
        let scored = words::award_reading(clause, &program.settings) != AwardReading::AtCeiling;
        let full_score = scored && claim.score.is_none();
        let score = if full_score { Score::from_hundredths(10_000) } else { claim.score };
        let claim = Claim { score, ..claim.clone() };
        let assessment = subsidy::assess(&program, &claim, account).map_err(|error| error.to_string())?;
        Ok(Self { assessment, full_score })
    }

    /// What it gives.
    pub fn award(&self) -> Money {
        self.assessment.outcome.award()
    }

    /// What stands in the way, in words.
    pub fn failed(&self) -> Vec<String> {
        match &self.assessment.outcome {
            Outcome::Eligible { .. } => Vec::new(),
            Outcome::NotEligible { failed, .. } => failed.iter().map(|failure| failure.reason.clone()).collect(),
        }
    }

    /// The outcome as a figure with its conditions.
    pub fn outcome(&self, clause: &Clause) -> OutcomeView {
        let label = if self.full_score { "按满分估算，最多" } else { "按所填内容测算" };
        OutcomeView::new(clause, &self.assessment.outcome, self.assessment.year, label)
    }

    /// Line by line.
    pub fn trace(&self, clause: &Clause, note: String) -> TraceTable {
        TraceTable::new(clause, &self.assessment.trace, note, &format!("/benefits/{}", clause.benefit))
    }
}
