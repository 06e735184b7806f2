//! What happened.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::{CreditCode, Date, Digest, Evidence, Money, Year};
use serde::{Deserialize, Serialize};

use crate::account::Change;
use crate::benefit::{BenefitId, ClaimId};
use crate::decision::Decision;
use crate::filed::Filed;
use crate::interpretation::Point;
use crate::parameters::ParameterSet;

kernel::uuid_id!(
    /// One proposal to read a point otherwise.
    ProposalId
);

/// What happened to benefits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A plan's clause files and interpretations are in force.
    ClausesAdopted {
        /// Of the files' names and texts.
        digest: Digest,
        /// Name → text, `interpretations.toml` among them.
        files: BTreeMap<String, String>,
    },
    /// The rate file is in force.
    RatesAdopted {
        /// Of the text.
        digest: Digest,
        /// `rates.toml`.
        text: String,
    },
    /// A district set what it grants where the plan leaves the amount to it.
    ParametersAdopted(ParameterSet),
    /// A fair-competition review of a clause, or of a district's parameter set, was recorded.
    FairCompetitionReviewed(Review),
    /// Someone proposes to read a point otherwise.
    InterpretationChosen(Proposal),
    /// A second person approved it; it holds from its date on.
    InterpretationApproved {
        /// Which proposal.
        proposal: ProposalId,
        /// Who approved, as traces name them: role and organisation.
        approver: Arc<str>,
    },
    /// A second person turned it down.
    InterpretationRejected {
        /// Which proposal.
        proposal: ProposalId,
        /// Why.
        reason: String,
    },
    /// A payment made outside this system counts towards the cap.
    EarlierPaymentImported(EarlierPayment),
    /// A firm stated what it claims.
    ClaimFiled(Box<Filed>),
    /// A claim was assessed; the award counts towards the cap.
    AssessmentMade(Box<Decision>),
    /// What became of an assessed claim changes what counts towards the cap.
    AccountChanged {
        /// Of which claim.
        claim_id: ClaimId,
        /// What counts from now on.
        change: Change,
    },
}

/// 公平竞争审查 of one clause as it stands in its file, or of one district's parameter set under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Which benefit.
    pub benefit: BenefitId,
    /// The clause file that was reviewed: another text needs another review.
    pub clause: Digest,
    /// The parameter set that was reviewed, where it is not the clause itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Digest>,
    /// Who reviewed.
    pub body: Arc<str>,
    /// When.
    pub on: Date,
    /// With what result.
    pub conclusion: Conclusion,
    /// Last day on which the review holds.
    pub expires: Date,
    /// The review document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

impl Review {
    /// Whether what was reviewed may be carried out on a day.
    pub fn allows_on(&self, day: Date) -> bool {
        self.conclusion.allows() && self.on <= day && day <= self.expires
    }
}

/// Results of a fair-competition review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// 不具有排除、限制竞争效果.
    Fair,
    /// 适用例外规定, with the basis.
    Exception(Arc<str>),
    /// 不得实施.
    Unfair,
}

impl Conclusion {
    /// Whether the clause may be carried out.
    pub const fn allows(&self) -> bool {
        !matches!(self, Self::Unfair)
    }

    /// In Chinese.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Fair => "未发现排除、限制竞争",
            Self::Exception(_) => "适用例外规定",
            Self::Unfair => "不得实施",
        }
    }
}

/// A proposal to read a point otherwise from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Its id.
    pub id: ProposalId,
    /// Which point.
    pub point: Point,
    /// Which option.
    pub chosen: Arc<str>,
    /// What it rests on.
    pub authority: Arc<str>,
    /// First day.
    pub from: Date,
    /// Last day, where one is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// A payment made outside this system, also before the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierPayment {
    /// Treasury or bank voucher number; unique.
    pub voucher: Arc<str>,
    /// Who was paid.
    pub firm: CreditCode,
    /// Under which benefit it counts.
    pub benefit: BenefitId,
    /// For which year.
    pub year: Year,
    /// For which project, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<Arc<str>>,
    /// How much.
    pub amount: Money,
    /// When.
    pub on: Date,
}
