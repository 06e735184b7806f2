//! The public pre-claim check: the formal computation on a stranger's answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::{Date, DivisionCode, Money, Year};

use crate::account::{Account, Entry, Origin};
use crate::assess::{Assessment, assess};
use crate::benefit::BenefitId;
use crate::facts::{Claim, ClaimError, Facts, Score};
use crate::interpretation::Overrides;
use crate::program::CompileError;
use crate::rulebook::{Rulebook, RulebookError};

/// What a stranger answers. Nobody needs a name to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// The year asked about.
    pub year: Year,
    /// Where the firm is, for benefits whose amounts a district sets.
    pub district: Option<DivisionCode>,
    /// Whether the firm packages or tests.
    pub packaging_test_firm: bool,
    /// An expected score, if they have one.
    pub score: Option<Score>,
    /// Facts by benefit; benefits without facts are not checked.
    pub facts: BTreeMap<BenefitId, Facts>,
    /// What they already received under a benefit, by year.
    pub received: Vec<(BenefitId, Year, Money)>,
}

/// The answer for one benefit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prechecked {
    /// In Chinese.
    pub title: Arc<str>,
    /// How much, or which condition fails and from when it could be met.
    pub assessment: Result<Assessment, ClaimError>,
    /// Why this is no more than an estimate: the clause is not in force for formal assessment.
    pub estimate: Option<&'static str>,
}

/// Checks every benefit there are facts for. `activated` tells whether a clause has a valid fair-competition review.
pub fn precheck(
    rulebook: &Rulebook,
    answers: &Answers,
    on: Date,
    activated: impl Fn(&BenefitId) -> bool,
) -> Result<Vec<Prechecked>, RulebookError> {
    let mut checked = Vec::with_capacity(answers.facts.len());
    for (benefit, facts) in &answers.facts {
        let claim = Claim {
            benefit: benefit.clone(),
            year: answers.year,
            project: None,
            packaging_test_firm: answers.packaging_test_firm,
            score: answers.score,
            verified: None,
            district: answers.district,
            facts: facts.clone(),
        };
        let (title, assessment) = match rulebook.program_for(&claim, on, &Overrides::new()) {
            Ok(program) => (program.clause.title.clone(), assess(&program, &claim, &received(answers, benefit, on))),
            Err(RulebookError::Compile(CompileError::NoParameters(title))) => (title, Err(ClaimError::NoParameters)),
            Err(error) => return Err(error),
        };
        checked.push(Prechecked {
            title,
            assessment,
            estimate: (!activated(benefit)).then_some("该事项尚无有效的公平竞争审查记录，结果仅为估算"),
        });
    }
    Ok(checked)
}

/// The account the answers describe.
fn received(answers: &Answers, benefit: &BenefitId, on: Date) -> Account {
    let mut account = Account::default();
    for (number, (_, year, amount)) in answers.received.iter().filter(|(of, ..)| of == benefit).enumerate() {
        let entry = Entry { year: *year, project: None, amount: *amount, on, decision: None };
        account.set(Origin::Voucher(format!("自述{}", number + 1).into()), entry);
    }
    account
}
