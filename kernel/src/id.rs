//! Names of things.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Digest;

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

impl CommandId {
    /// The id that follows from these parts: the same parts give the same id, so that whatever is sent again under it
    /// happens once. For commands that no one chose an id for.
    pub fn derived<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        // Each part goes in as its own digest: where one ends and the next begins counts too.
        let parts: Vec<Digest> = parts.into_iter().map(Digest::of).collect();
        let whole = Digest::of_parts(parts.iter().map(|part| part.as_bytes().as_slice()));
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&whole.as_bytes()[..16]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

uuid_id!(
    /// A natural person. A pseudonym: the name behind it is in the vault.
    PersonId
);

/// An organisation: a department by its key in the plan (`economy-information`), a district by its division code
/// (`500118`), a firm by its credit code. Stable, readable, fit for a URL.
///
/// Held where it stands: each of a city's million events names one, and none of them is worth an allocation.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrganisationId {
    /// Followed by zeros, so that the order of the bytes is the order of the texts.
    text: [u8; MOST],
    length: u8,
}

/// Characters of an organisation's key at most.
const MOST: usize = 40;

/// Not 2–40 ASCII letters, digits or hyphens.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}”不是机构编号：应为 2 至 40 个英文字母、数字或连字符")]
pub struct OrganisationIdError(String);

impl OrganisationId {
    /// As text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.text.get(..usize::from(self.length)).unwrap_or_default()).unwrap_or_default()
    }

    /// A text that is known to fit.
    fn holding(text: &str) -> Self {
        let (mut held, length) = ([0; MOST], text.len().min(MOST));
        held[..length].copy_from_slice(&text.as_bytes()[..length]);
        Self { text: held, length: length as u8 }
    }
}

impl FromStr for OrganisationId {
    type Err = OrganisationIdError;
    fn from_str(text: &str) -> Result<Self, OrganisationIdError> {
        let fits = (2..=MOST).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if fits { Ok(Self::holding(text)) } else { Err(OrganisationIdError(text.to_owned())) }
    }
}

crate::serialized_as_text!(OrganisationId);

impl From<crate::CreditCode> for OrganisationId {
    fn from(code: crate::CreditCode) -> Self {
        Self::holding(code.as_str())
    }
}

impl From<crate::DivisionCode> for OrganisationId {
    fn from(code: crate::DivisionCode) -> Self {
        Self::holding(&code.to_string())
    }
}

impl fmt::Display for OrganisationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for OrganisationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn organisations_are_ordered_as_their_texts(one in "[a-z0-9-]{2,40}", other in "[a-z0-9-]{2,40}") {
            let (left, right): (OrganisationId, OrganisationId) = (one.parse().unwrap(), other.parse().unwrap());
            prop_assert_eq!(left.cmp(&right), one.cmp(&other));
            prop_assert_eq!(left.as_str(), &one);
            let written = serde_json::to_string(&left).unwrap();
            prop_assert_eq!(serde_json::from_str::<OrganisationId>(&written).unwrap(), left);
        }
    }

    #[test]
    fn other_texts_are_no_organisation() {
        for bad in ["", "a", "经信委", "a b", &"a".repeat(41)] {
            assert!(bad.parse::<OrganisationId>().is_err(), "{bad}");
            assert!(serde_json::from_str::<OrganisationId>(&format!("\"{bad}\"")).is_err(), "{bad}");
        }
    }
}
