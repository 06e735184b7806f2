//! People, as pseudonyms.

use kernel::{Date, Digest, PersonId, Revision};
use serde::Serialize;

use crate::erasure::{Ground, Proposal};

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
    /// An erasure that waits for a second person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erasure: Option<Proposal>,
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
    /// 已清除: never acts again; vault and desk know nothing of them.
    Erased {
        /// Since.
        on: Date,
        /// On what ground.
        ground: Ground,
    },
}

impl Standing {
    /// In Chinese.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Active => "在用",
            Self::Suspended { .. } => "停用",
            Self::Erased { .. } => "已清除",
        }
    }
}
