//! People, as pseudonyms.

use kernel::{Date, Digest, PersonId, Revision};
use serde::Serialize;

/// A person known to the system. Who it is stands in the vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// The pseudonym.
    pub id: PersonId,
    /// Keyed digest of the identity document: one person registers once. Without the vault's key it says nothing.
    pub identity: Option<Digest>,
    /// First day.
    pub from: Date,
    /// Whether the account is in use, and if not, why.
    pub standing: Standing,
    /// Of this record.
    pub revision: Revision,
}

/// Whether a person may act at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Standing {
    /// May act.
    Active,
    /// 停用: may not act until restored.
    Suspended {
        /// Since.
        since: Date,
        /// Why, without personal matters.
        reason: String,
    },
}
