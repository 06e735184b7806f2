//! Cap accounts: what a firm already received under a benefit, so that a cap is never passed.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::{Date, Money, Year};
use serde::{Deserialize, Serialize};

use crate::benefit::{ClaimId, DecisionId};

/// What a cap counts over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CapScope {
    /// All awards to the enterprise.
    Enterprise,
    /// Awards for one project of the enterprise.
    Project,
}

/// How long a cap counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CapPeriod {
    /// Per calendar year of the claim.
    Year,
    /// Over all years.
    Lifetime,
}

/// Where an entry comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Paid outside this system (also before the plan), imported with its voucher number.
    Voucher(Arc<str>),
    /// Decided here for a claim. A later decision on the same claim takes its place.
    Claim(ClaimId),
}

/// What became of an assessed claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// This much was decided: it takes the place of the award assessed.
    Decided(Money),
    /// Nothing of it stands any more.
    Released,
    /// The firm paid this much back: it no longer has it.
    ClawedBack(Money),
}

/// One amount that counts towards a cap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Year of the claim it belongs to.
    pub year: Year,
    /// Project, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<Arc<str>>,
    /// How much.
    pub amount: Money,
    /// Day of the payment or decision.
    pub on: Date,
    /// The decision behind it, where it was made here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionId>,
}

/// What one firm received under one benefit, over all years and projects. The order in which entries came does not
/// matter: only their sum over a cap's scope does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(Origin, Entry)>", into = "Vec<(Origin, Entry)>")]
pub struct Account {
    entries: BTreeMap<Origin, Entry>,
}

impl From<Vec<(Origin, Entry)>> for Account {
    fn from(entries: Vec<(Origin, Entry)>) -> Self {
        Self { entries: entries.into_iter().collect() }
    }
}

impl From<Account> for Vec<(Origin, Entry)> {
    fn from(account: Account) -> Self {
        account.entries.into_iter().collect()
    }
}

impl Account {
    /// Sets the entry of this origin; an earlier one of the same origin is replaced and returned.
    pub fn set(&mut self, origin: Origin, entry: Entry) -> Option<Entry> {
        self.entries.insert(origin, entry)
    }

    /// Takes an entry out: a decision that was withdrawn.
    pub fn remove(&mut self, origin: &Origin) -> Option<Entry> {
        self.entries.remove(origin)
    }

    /// Takes over what became of a claim.
    pub fn change(&mut self, claim: ClaimId, change: Change) {
        let origin = Origin::Claim(claim);
        let Change::Decided(amount) = change else {
            let left = match (change, self.entries.get(&origin)) {
                (Change::ClawedBack(back), Some(entry)) => entry.amount.saturating_less(back),
                _ => Money::ZERO,
            };
            match self.entries.get_mut(&origin).filter(|_| left > Money::ZERO) {
                Some(entry) => entry.amount = left,
                None => drop(self.entries.remove(&origin)),
            }
            return;
        };
        if let Some(entry) = self.entries.get_mut(&origin) {
            entry.amount = amount;
        }
    }

    /// The account without one claim's own entry: what an assessment of that claim starts from.
    pub fn without(&self, claim: ClaimId) -> Self {
        let mut other = self.clone();
        other.remove(&Origin::Claim(claim));
        other
    }

    /// All entries with where they come from.
    pub fn entries(&self) -> impl Iterator<Item = (&Origin, &Entry)> {
        self.entries.iter()
    }

    /// Whether nothing was ever received.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What counts towards a cap for a claim of this year and project. Saturates instead of overflowing, which only
    /// makes less remain.
    pub fn used(&self, scope: CapScope, period: CapPeriod, year: Year, project: Option<&str>) -> Money {
        self.counted(scope, period, year, project).map(|entry| entry.amount).sum()
    }

    /// The entries that count towards a cap. An entry whose project is unknown counts for every project.
    pub fn counted(
        &self,
        scope: CapScope,
        period: CapPeriod,
        year: Year,
        project: Option<&str>,
    ) -> impl Iterator<Item = &Entry> {
        let counts = move |entry: &&Entry| {
            counts_towards((scope, period), (entry.year, entry.project.as_deref()), (year, project))
        };
        self.entries.values().filter(counts)
    }
}

/// Whether what was received for one year and project counts towards a cap for another: (year, project) each.
pub(crate) fn counts_towards(
    (scope, period): (CapScope, CapPeriod),
    received: (Year, Option<&str>),
    claimed: (Year, Option<&str>),
) -> bool {
    let in_year = period == CapPeriod::Lifetime || received.0 == claimed.0;
    let in_project = match (scope, received.1, claimed.1) {
        (CapScope::Project, Some(received), Some(claimed)) => received == claimed,
        _ => true,
    };
    in_year && in_project
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(year: i16) -> Date {
        kernel::Period::year(year).from()
    }

    fn entry(year: Year, project: Option<&str>, yuan: i64) -> Entry {
        Entry { year, project: project.map(Into::into), amount: Money::from_yuan(yuan), on: date(year), decision: None }
    }

    #[test]
    fn scopes_and_periods() {
        let mut account = Account::default();
        account.set(Origin::Voucher("V1".into()), entry(2022, None, 1));
        account.set(Origin::Voucher("V2".into()), entry(2024, Some("A"), 10));
        account.set(Origin::Voucher("V3".into()), entry(2024, Some("B"), 100));
        let used = |scope, period, project| account.used(scope, period, 2024, project).fen() / 100;
        assert_eq!(used(CapScope::Enterprise, CapPeriod::Lifetime, None), 111);
        assert_eq!(used(CapScope::Enterprise, CapPeriod::Year, None), 110);
        assert_eq!(used(CapScope::Project, CapPeriod::Lifetime, Some("A")), 11, "an unknown project counts everywhere");
        assert_eq!(used(CapScope::Project, CapPeriod::Year, Some("B")), 100);
    }

    #[test]
    fn the_same_claim_decided_again_replaces_its_entry() {
        let claim = ClaimId(uuid::Uuid::from_u128(1));
        let mut account = Account::default();
        account.set(Origin::Claim(claim), entry(2024, None, 5));
        account.set(Origin::Claim(claim), entry(2024, None, 7));
        assert_eq!(account.used(CapScope::Enterprise, CapPeriod::Lifetime, 2024, None), Money::from_yuan(7));
        assert!(account.without(claim).is_empty());
    }

    #[test]
    fn what_was_decided_counts_and_what_was_paid_back_does_not() {
        let claim = ClaimId(uuid::Uuid::from_u128(1));
        let mut account = Account::default();
        let left = |account: &Account| account.used(CapScope::Enterprise, CapPeriod::Lifetime, 2024, None).fen() / 100;
        account.change(claim, Change::Decided(Money::from_yuan(3)));
        assert_eq!(left(&account), 0, "nothing counts that was never assessed");
        account.set(Origin::Claim(claim), entry(2024, None, 7));
        account.change(claim, Change::Decided(Money::from_yuan(5)));
        account.change(claim, Change::ClawedBack(Money::from_yuan(2)));
        assert_eq!(left(&account), 3);
        account.change(claim, Change::ClawedBack(Money::from_yuan(3)));
        assert!(account.is_empty(), "all of it came back");
        account.set(Origin::Claim(claim), entry(2024, None, 7));
        account.change(claim, Change::Released);
        assert!(account.is_empty());
    }
}
