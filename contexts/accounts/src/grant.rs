//! Roles granted to people in organisations.

use kernel::{Date, OrganisationId, PersonId, Recorded, Revision, Role};
use serde::Serialize;

kernel::uuid_id!(
    /// A person's role in an organisation.
    GrantId
);

/// A person holds a role in an organisation, from a day to a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grant {
    /// Its key.
    pub id: GrantId,
    /// Who.
    pub person: PersonId,
    /// As what.
    pub role: Role,
    /// For whom.
    pub organisation: OrganisationId,
    /// First day.
    pub from: Date,
    /// Last day; open when none.
    pub until: Option<Date>,
    /// Who proposed it.
    pub given: Recorded,
    /// Where it stands.
    pub stage: Stage,
    /// Of this record.
    pub revision: Revision,
}

/// Where a grant stands. Transitions consume the stage they start from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Stage {
    /// 待复核: an administrator's role waits for a second person.
    Proposed,
    /// 有效
    Active,
    /// 未通过复核
    Rejected {
        /// Why.
        reason: String,
    },
    /// 已收回
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
            Self::Proposed => "待复核",
            Self::Active => "有效",
            Self::Rejected { .. } => "未通过复核",
            Self::Revoked { .. } => "已收回",
        }
    }

    pub(crate) fn confirm(self) -> Option<Self> {
        matches!(self, Self::Proposed).then_some(Self::Active)
    }

    pub(crate) fn reject(self, reason: String) -> Option<Self> {
        matches!(self, Self::Proposed).then_some(Self::Rejected { reason })
    }

    pub(crate) fn revoke(self, on: Date, reason: String) -> Option<Self> {
        matches!(self, Self::Active).then_some(Self::Revoked { on, reason })
    }
}

impl Grant {
    /// Whether it gives the role on the day, persons and organisations aside.
    pub fn holds_on(&self, day: Date) -> bool {
        let begun = self.from <= day && self.until.is_none_or(|until| day <= until);
        begun
            && match &self.stage {
                Stage::Active => true,
                Stage::Revoked { on, .. } => day < *on,
                Stage::Proposed | Stage::Rejected { .. } => false,
            }
    }

    /// Whether it holds, waits, or will hold on or after the day: what administrators exclude each other by.
    pub fn may_still_hold(&self, day: Date) -> bool {
        let open = matches!(self.stage, Stage::Proposed | Stage::Active);
        open && self.until.is_none_or(|until| day <= until)
    }
}
