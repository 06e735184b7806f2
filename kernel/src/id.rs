//! Names of things.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Declares an id that is a UUID v7, made at the edge and passed in.
#[macro_export]
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub uuid::Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    };
}

uuid_id!(
    /// One command, unique in the ledger: sending it again returns the first outcome.
    CommandId
);
uuid_id!(
    /// A natural person. A pseudonym: the name behind it is in the vault.
    PersonId
);

/// An organisation: a department by its key in the plan (`economy-information`), a district by its division code
/// (`500118`), a firm by its credit code. Stable, readable, fit for a URL.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrganisationId(Arc<str>);

/// Not 2–40 ASCII letters, digits or hyphens.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}”不是机构编号：应为 2 至 40 个英文字母、数字或连字符")]
pub struct OrganisationIdError(String);

impl OrganisationId {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OrganisationId {
    type Err = OrganisationIdError;
    fn from_str(text: &str) -> Result<Self, OrganisationIdError> {
        let fits = (2..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if fits { Ok(Self(text.into())) } else { Err(OrganisationIdError(text.to_owned())) }
    }
}

impl TryFrom<String> for OrganisationId {
    type Error = OrganisationIdError;
    fn try_from(text: String) -> Result<Self, OrganisationIdError> {
        text.parse()
    }
}

impl From<OrganisationId> for String {
    fn from(id: OrganisationId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl From<crate::CreditCode> for OrganisationId {
    fn from(code: crate::CreditCode) -> Self {
        Self(code.as_str().into())
    }
}

impl From<crate::DivisionCode> for OrganisationId {
    fn from(code: crate::DivisionCode) -> Self {
        Self(code.to_string().into())
    }
}

impl fmt::Display for OrganisationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for OrganisationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Position of an event in the ledger, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sequence(pub u64);

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How often a record changed. A form shows the revision it was made from; a command carrying an older one is
/// refused, so that nobody overwrites what they have not seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub u32);

impl Revision {
    /// The next revision.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// Refuses a form that was shown before the record last changed. `None`: no form was shown.
    pub fn expect(self, shown: Option<Self>) -> Result<(), crate::Refusal> {
        match shown {
            Some(shown) if shown != self => Err(crate::Refusal::stale()),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
