//! Many claims at once, from and to files: what `fengce subsidy assess` does.

pub mod columns;
mod read;
mod write;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry::{Occupied, Vacant};

use kernel::{CreditCode, Date, DivisionCode, Money};

use crate::account::{Account, Entry, Origin};
use crate::assess::{Assessment, assess};
use crate::benefit::BenefitId;
use crate::facts::{Claim, ClaimError};
use crate::interpretation::Overrides;
use crate::program::{CompileError, Program};
use crate::rulebook::{Rulebook, RulebookError};

pub use read::{ReadClaims, RowError, Withheld, read_claims};
pub use write::{Format, write};

/// One claim read from a file: the rows of one firm, benefit, year and project together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRow {
    /// 1-based line of its first row.
    pub line: u64,
    /// Whose claim.
    pub firm: CreditCode,
    /// As the file names the firm.
    pub name: String,
    /// What is claimed.
    pub claim: Claim,
    /// What the firm received under the benefit before this file, where stated.
    pub received: Option<Money>,
}

/// One claim and what came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessed {
    /// The claim.
    pub row: ClaimRow,
    /// What came out.
    pub assessment: Assessment,
}

/// Why a file was not assessed to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BulkError {
    /// Asked to stop.
    #[error("已按要求停止，没有写出任何结果")]
    Cancelled,
    /// The clauses, readings or rates.
    #[error(transparent)]
    Rulebook(#[from] RulebookError),
}

/// Assesses claims in their order: what an earlier claim of a firm is awarded counts towards the cap of its later
/// ones. A claim that cannot be computed becomes a row error; `progress` hears (done, all); `cancelled` is asked
/// every few hundred claims.
pub fn assess_all(
    rulebook: &Rulebook,
    on: Date,
    rows: Vec<ClaimRow>,
    progress: &mut dyn FnMut(usize, usize),
    cancelled: &dyn Fn() -> bool,
) -> Result<(Vec<Assessed>, Vec<RowError>), BulkError> {
    let mut programs: BTreeMap<(BenefitId, Option<DivisionCode>), Program> = BTreeMap::new();
    let all = rows.len();
    let mut accounts: BTreeMap<(CreditCode, BenefitId), Account> = BTreeMap::new();
    let (mut assessed, mut errors) = (Vec::with_capacity(all), Vec::new());
    for (done, row) in rows.into_iter().enumerate() {
        if done % 256 == 0 {
            progress(done, all);
            if cancelled() {
                return Err(BulkError::Cancelled);
            }
        }
        let benefit = &row.claim.benefit;
        let program = match programs.entry((benefit.clone(), row.claim.district)) {
            Occupied(known) => known.into_mut(),
            Vacant(new) => match rulebook.program_for(&row.claim, on, &Overrides::new()) {
                Ok(program) => new.insert(program),
                Err(RulebookError::Compile(CompileError::NoParameters(_))) => {
                    let message = ClaimError::NoParameters.to_string();
                    errors.push(RowError { line: row.line, column: Some("district"), message });
                    continue;
                }
                Err(error) => return Err(error.into()),
            },
        };
        let account = accounts.entry((row.firm, benefit.clone())).or_default();
        let entry =
            |amount| Entry { year: row.claim.year, project: row.claim.project.clone(), amount, on, decision: None };
        if let Some(received) = row.received {
            let origin = Origin::Voucher(format!("{} 年前已享受", row.claim.year).into());
            account.set(origin, entry(received));
        }
        match assess(program, &row.claim, account) {
            Ok(assessment) => {
                let award = assessment.outcome.award();
                account.set(Origin::Voucher(format!("第 {} 行", row.line).into()), entry(award));
                assessed.push(Assessed { row, assessment });
            }
            Err(error) => errors.push(RowError { line: row.line, column: None, message: error.to_string() }),
        }
    }
    progress(all, all);
    Ok((assessed, errors))
}
