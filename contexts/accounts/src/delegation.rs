//! An officer's desk during absence.

use kernel::{Date, PersonId, Revision};
use serde::Serialize;

use crate::grant::GrantId;

kernel::uuid_id!(
    /// A delegation of one grant.
    DelegationId
);

/// A colleague of the same organisation acts in an officer's role for some days. What is done is recorded under the
/// colleague's own name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delegation {
    /// Its key.
    pub id: DelegationId,
    /// The grant that is lent.
    pub grant: GrantId,
    /// Whose it is.
    pub of: PersonId,
    /// Who acts.
    pub to: PersonId,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// Ended early: first day without it.
    pub ended: Option<Date>,
    /// Of this record.
    pub revision: Revision,
}

impl Delegation {
    /// Whether the colleague acts on the day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && day <= self.until && self.ended.is_none_or(|ended| day < ended)
    }
}
