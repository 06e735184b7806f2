//! What a firm holds on paper: honours, recognitions, and the consents it gave.

use std::collections::BTreeMap;

use kernel::{Date, OrganisationId, Period, Year};
use serde::{Deserialize, Serialize};

kernel::uuid_id!(
    /// An honour a firm was awarded.
    HonourId
);
kernel::uuid_id!(
    /// A recognition (认定) of a firm.
    RecognitionId
);
kernel::uuid_id!(
    /// A consent a firm gave.
    ConsentId
);

/// A title that expires, such as 专精特新中小企业.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Honour {
    /// What it is called.
    pub title: String,
    /// Who awarded it: 国家级, 市级, 区县级.
    pub level: HonourLevel,
    /// The document that awarded it.
    pub document: String,
    /// First and last day of validity.
    pub valid: Period,
    /// Taken back on, with the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<(Date, String)>,
}

impl Honour {
    /// Whether it holds on the day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.valid.contains(day) && self.revoked.as_ref().is_none_or(|(on, _)| day < *on)
    }
}

/// Whose honour it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HonourLevel {
    /// 国家级
    National,
    /// 市级
    City,
    /// 区县级
    District,
}

impl HonourLevel {
    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::National => "国家级",
            Self::City => "市级",
            Self::District => "区县级",
        }
    }
}

/// A recognition that benefits depend on, such as 市级集成电路公共服务平台.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recognition {
    /// What the firm is recognised as; clause files refer to it by this key.
    pub kind: String,
    /// Document number.
    pub document: String,
    /// First and last day of validity.
    pub valid: Period,
    /// The annual checks, by the year checked.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub checks: BTreeMap<Year, AnnualCheck>,
    /// Taken back on, with the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<(Date, String)>,
}

/// The outcome of a year's check (年检).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnualCheck {
    /// Decided on.
    pub on: Date,
    /// Whether the firm still qualifies.
    pub passed: bool,
    /// Why.
    pub opinion: String,
}

impl Recognition {
    /// Whether it holds on the day: valid, not withdrawn, and its latest annual check before the day passed.
    pub fn holds_on(&self, day: Date) -> bool {
        let checked = self.checks.values().rfind(|check| check.on <= day);
        self.valid.contains(day)
            && self.withdrawn.as_ref().is_none_or(|(on, _)| day < *on)
            && checked.is_none_or(|check| check.passed)
    }
}

/// A firm allows an organisation to see what belongs to it, for a purpose, until a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Who may see.
    pub to: OrganisationId,
    /// What may be seen.
    pub what: String,
    /// For what purpose only.
    pub purpose: String,
    /// First and last day.
    pub valid: Period,
    /// Taken back on; from that day it holds no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Date>,
}

impl Consent {
    /// Whether it holds on the day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.valid.contains(day) && self.withdrawn.is_none_or(|on| day < on)
    }
}
