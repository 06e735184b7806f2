//! What claims state for benefits whose amounts a district sets.

use std::sync::Arc;

use kernel::{Date, Money};
use serde::{Deserialize, Serialize};

use super::{ClaimError, MOST_LINES, accepted, not_negative};

/// 年度营收, and the highest of all earlier years: what makes a breakthrough the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnualRevenue {
    /// Of the claimed year.
    pub revenue: Money,
    /// The highest of any year before; zero for a firm without one.
    pub highest_before: Money,
}

/// 项目总投资: how large a service complex is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectInvestment {
    /// Of the whole project.
    pub total: Money,
}

/// What settling in a park cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryCost {
    /// Day of the entry agreement (入驻协议签订日): from it the months run in which costs count.
    pub entered: Date,
    /// Payments.
    pub lines: Vec<EntryLine>,
}

/// One payment for premises.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryLine {
    /// Invoice number, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Arc<str>>,
    /// For what.
    pub part: EntryPart,
    /// How much.
    pub amount: Money,
    /// When it was paid.
    pub paid: Date,
}

/// What a firm that settles pays for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryPart {
    /// 租金.
    Rent,
    /// 购房.
    Purchase,
    /// 装修.
    FitOut,
    /// 水电气.
    Utilities,
    /// 通讯.
    Telecom,
}

impl EntryPart {
    /// All, in the order a district's rates are listed.
    pub const ALL: [Self; 5] = [Self::Rent, Self::Purchase, Self::FitOut, Self::Utilities, Self::Telecom];

    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Rent => "租金",
            Self::Purchase => "购房",
            Self::FitOut => "装修",
            Self::Utilities => "水电气",
            Self::Telecom => "通讯",
        }
    }
}

/// Skilled people trained and taken on in the claimed year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainedPersons {
    /// Trained, with a certificate to show for it.
    pub trained: u32,
    /// Taken on, with a contract and social insurance.
    pub hired: u32,
}

/// More people than one firm's claim can be about.
const MOST_PERSONS: u32 = 1_000_000;

impl AnnualRevenue {
    pub(super) fn check(&self) -> Result<(), ClaimError> {
        not_negative("年度营收", self.revenue)?;
        not_negative("以前年度最高营收", self.highest_before)
    }
}

impl ProjectInvestment {
    pub(super) fn check(&self) -> Result<(), ClaimError> {
        not_negative("项目总投资", self.total)
    }
}

impl EntryCost {
    /// A line may be negative: a refund, or a red-letter invoice.
    pub(super) fn check(&self) -> Result<(), ClaimError> {
        if self.lines.len() > MOST_LINES {
            return Err(ClaimError::TooMany(MOST_LINES));
        }
        let fits = self.lines.iter().all(|line| accepted(line.amount));
        if fits { Ok(()) } else { Err(ClaimError::TooLarge("入驻费用")) }
    }
}

impl TrainedPersons {
    pub(super) fn check(&self) -> Result<(), ClaimError> {
        let fits = self.trained <= MOST_PERSONS && self.hired <= MOST_PERSONS;
        if fits { Ok(()) } else { Err(ClaimError::TooManyPersons(MOST_PERSONS)) }
    }
}
