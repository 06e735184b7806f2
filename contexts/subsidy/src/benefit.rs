//! Names of benefits, claims and decisions.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A benefit (事项) by the key its clause file carries: `interest`, `test-fee`, `platform`. Fit for a URL.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BenefitId(Arc<str>);

/// Not 2–40 lower-case letters, digits or hyphens.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}”不是事项代号：应为 2 至 40 个小写英文字母、数字或连字符，例如 test-fee")]
pub struct BenefitIdError(String);

impl BenefitId {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BenefitId {
    type Err = BenefitIdError;
    fn from_str(text: &str) -> Result<Self, BenefitIdError> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let fits = (2..=40).contains(&text.len()) && text.bytes().all(allowed);
        if fits { Ok(Self(text.into())) } else { Err(BenefitIdError(text.to_owned())) }
    }
}

kernel::serialized_as_text!(BenefitId);

impl fmt::Display for BenefitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for BenefitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

kernel::uuid_id!(
    /// One claim (申报): the same claim assessed again replaces its earlier decision in the cap account.
    ClaimId
);
kernel::uuid_id!(
    /// One recorded assessment (资金测算).
    DecisionId
);
