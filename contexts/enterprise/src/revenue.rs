//! Packaging-and-test revenue of a year, from filings.

use kernel::{CreditCode, Money, Period, Year};

use crate::filing::{Filing, FilingId, Stage, StageKind};
use crate::state::State;

/// Firms and their revenue, contract and captive apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// How many firms.
    pub firms: u32,
    /// 对外代工
    pub contract: Money,
    /// 自封自测
    pub captive: Money,
}

impl Part {
    fn add(&mut self, row: &Row) {
        self.firms += 1;
        self.contract = self.contract + row.contract;
        self.captive = self.captive + row.captive;
    }
}

/// One firm's filing in the year's revenue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Whose.
    pub firm: CreditCode,
    /// The record behind the figure.
    pub filing: FilingId,
    /// Where it stands.
    pub stage: StageKind,
    /// 对外代工
    pub contract: Money,
    /// 自封自测
    pub captive: Money,
    /// A correction of it that is still on its way.
    pub correction: Option<FilingId>,
}

impl Row {
    /// Its revenue under a scope that counts captive work or not.
    pub fn amount(&self, captive_counts: bool) -> Money {
        if captive_counts { self.contract + self.captive } else { self.contract }
    }
}

/// A year's revenue, each firm once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revenue {
    /// The year.
    pub year: Year,
    /// The scope version, by its key in the catalog.
    pub scope: String,
    /// Whether captive revenue is in [`Revenue::total`].
    pub captive_counts: bool,
    /// What counts.
    pub signed_off: Part,
    /// Waiting for the city; not in the total.
    pub verified: Part,
    /// Waiting for the district; not in the total.
    pub filed: Part,
    /// Back at the firm; not in the total.
    pub returned: Part,
    /// Every filing above, by credit code.
    pub rows: Vec<Row>,
    /// Firms in scope in that year that filed nothing.
    pub missing: Vec<CreditCode>,
    /// Filings left out because the firm was not in scope on any day of the year.
    pub outside: Vec<FilingId>,
    /// Filings left out because they follow another scope version.
    pub other_scope: Vec<FilingId>,
}

impl Revenue {
    /// Signed-off revenue under the scope.
    pub fn total(&self) -> Money {
        let captive = if self.captive_counts { self.signed_off.captive } else { Money::ZERO };
        self.signed_off.contract + captive
    }

    /// The filings that make up [`Revenue::total`].
    pub fn counting(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.stage == StageKind::SignedOff)
    }
}

/// The year's revenue under a scope version, by default the one in force for the year. `None` while no catalog is
/// adopted or the scope is unknown.
pub fn revenue(state: &State, year: Year, scope: Option<&str>) -> Option<Revenue> {
    let rules = &state.catalog()?.filing;
    let scope = match scope {
        Some(id) => rules.scope(id)?,
        None => rules.scope_of(year)?,
    };
    let mut revenue = Revenue {
        year,
        scope: scope.id.clone(),
        captive_counts: scope.captive_counts,
        signed_off: Part::default(),
        verified: Part::default(),
        filed: Part::default(),
        returned: Part::default(),
        rows: Vec::new(),
        missing: Vec::new(),
        outside: Vec::new(),
        other_scope: Vec::new(),
    };
    let period = Period::year(year);
    for (firm, filings) in state.filed_in(year) {
        let Some((row, filing)) = effective(firm, filings) else { continue };
        if !state.firm(firm).is_some_and(|file| file.in_scope_during(period)) {
            revenue.outside.push(row.filing);
        } else if filing.scope() != scope.id {
            revenue.other_scope.push(row.filing);
        } else {
            let part = match row.stage {
                StageKind::SignedOff => &mut revenue.signed_off,
                StageKind::Verified => &mut revenue.verified,
                StageKind::Filed => &mut revenue.filed,
                StageKind::Returned | StageKind::Superseded => &mut revenue.returned,
            };
            part.add(&row);
            revenue.rows.push(row);
        }
    }
    let has_filed = state.who_filed_in(year);
    let missing = state.firms().filter(|file| file.in_scope_during(period) && !has_filed(file.code));
    revenue.missing = missing.map(|file| file.code).collect();
    Some(revenue)
}

/// The one filing that stands for a firm's year: the signed-off one, or else the one on its way. `filings` come newest
/// first, so that those corrected long ago are not looked at.
fn effective<'a>(firm: CreditCode, filings: impl Iterator<Item = &'a Filing>) -> Option<(Row, &'a Filing)> {
    let (mut open, mut signed) = (None, None);
    for filing in filings {
        if filing.stage.is_open() {
            open = Some(filing);
        } else if matches!(filing.stage, Stage::SignedOff { .. }) {
            signed = Some(filing);
            break;
        }
    }
    let filing = signed.or(open)?;
    let figures = filing.figures();
    let row = Row {
        firm,
        filing: filing.id,
        stage: filing.stage.kind(),
        contract: figures.contract,
        captive: figures.captive,
        correction: signed.and(open).map(|open| open.id),
    };
    Some((row, filing))
}
