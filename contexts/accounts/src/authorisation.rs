//! People acting for firms.

use std::collections::BTreeSet;

use kernel::{CreditCode, Date, Dated, OrganisationId, PersonId, Revision};
use serde::{Deserialize, Serialize};

kernel::uuid_id!(
    /// A firm's authorisation of a person.
    AuthorisationId
);

/// What a person may do for a firm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// 报送材料: the enterprise file, annual filings, statistical returns.
    Filings,
    /// 申报事项: claims.
    Claim,
    /// 下单: orders of services.
    Order,
}

impl Scope {
    /// Every scope, as forms list them.
    pub const ALL: [Self; 3] = [Self::Filings, Self::Claim, Self::Order];

    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Filings => "报送材料",
            Self::Claim => "申报事项",
            Self::Order => "下单",
        }
    }
}

/// A firm lets a person act for it. The record outlives its holders: a handover changes the holder, not the record, so
/// that nothing begun under it is orphaned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Authorisation {
    /// Its key.
    pub id: AuthorisationId,
    /// Which firm.
    pub firm: CreditCode,
    /// Who, by the day they took over.
    pub holders: Dated<PersonId>,
    /// The agency (代办机构) through which; none: the firm's own staff.
    pub agency: Option<OrganisationId>,
    /// What for.
    pub scopes: BTreeSet<Scope>,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// Where it stands.
    pub stage: Stage,
    /// Of this record.
    pub revision: Revision,
}

/// Where an authorisation stands. Transitions consume the stage they start from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Stage {
    /// 待接受
    Offered,
    /// 有效
    Accepted,
    /// 已谢绝
    Declined,
    /// 已撤销
    Revoked {
        /// First day without it.
        on: Date,
        /// Why.
        reason: String,
    },
}

impl Stage {
    /// In Chinese.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Offered => "待接受",
            Self::Accepted => "有效",
            Self::Declined => "已谢绝",
            Self::Revoked { .. } => "已撤销",
        }
    }

    /// Whether it holds or may come to hold.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Offered | Self::Accepted)
    }

    pub(crate) fn accept(self) -> Option<Self> {
        matches!(self, Self::Offered).then_some(Self::Accepted)
    }

    pub(crate) fn decline(self) -> Option<Self> {
        matches!(self, Self::Offered).then_some(Self::Declined)
    }

    pub(crate) fn revoke(self, on: Date, reason: String) -> Option<Self> {
        self.is_open().then_some(Self::Revoked { on, reason })
    }
}

impl Authorisation {
    /// Who holds it on the day, whether or not it is valid then.
    pub fn holder_on(&self, day: Date) -> Option<PersonId> {
        self.holders.on(day).map(|(_, person)| *person)
    }

    /// Who holds it now.
    pub fn holder(&self) -> Option<PersonId> {
        self.holders.rows().next_back().map(|(_, person)| *person)
    }

    /// Whether it lets this person act for the firm on the day.
    pub fn lets_act(&self, person: PersonId, day: Date) -> bool {
        let valid = self.from <= day && day <= self.until;
        valid && matches!(self.stage, Stage::Accepted) && self.holder_on(day) == Some(person)
    }
}
