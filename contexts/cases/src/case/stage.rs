//! Where a case stands.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Deadline, Money, OrganisationId, PersonId};
use serde::{Deserialize, Serialize};

use super::happened::Next;
use crate::key::{AdverseId, FundingPlanId, ItemKey, MeetingId, NoticeId, ObjectionId, OrderId};

/// Which authority reviews.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// 区县
    District,
    /// 市级
    City,
}

/// An expert's place on a panel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seat {
    /// For which institution the expert works.
    pub organisation: OrganisationId,
    /// Points of 100, once given.
    pub points: Option<u8>,
}

/// What a meeting decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Award {
    /// How much; never above the share.
    pub amount: Money,
    /// The case's share of the budget: the most a meeting may decide.
    pub share: Money,
    /// Which meeting.
    pub meeting: MeetingId,
}

/// Where a case stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// 待企业确认（免申即享）
    Offered {
        /// By when the firm answers.
        due: Deadline,
    },
    /// 待区县初审
    DistrictReview {
        /// By when the district answers.
        due: Deadline,
    },
    /// 待审计报告
    Audit {
        /// By when the audit firm reports.
        due: Deadline,
        /// Which, once chosen.
        auditor: Option<OrganisationId>,
    },
    /// 专家评审中
    ExpertReview {
        /// By when all have scored.
        due: Deadline,
        /// The panel.
        seats: BTreeMap<PersonId, Seat>,
    },
    /// 待市级复核
    CityReview {
        /// By when the department answers.
        due: Deadline,
    },
    /// 退回补正
    Returned {
        /// By when the firm completes it.
        due: Deadline,
        /// Who returned it, and will review it again.
        by: Level,
        /// What to do.
        reason: String,
        /// Items to be completed.
        wanted: BTreeSet<ItemKey>,
    },
    /// 待汇总: recommended; waits for the call to be settled.
    Recommended,
    /// 候补: the budget did not reach this far.
    Waitlisted,
    /// 待会议审定
    Proposed {
        /// Its share of the budget: from here on its ceiling.
        share: Money,
        /// By when a meeting decides.
        due: Deadline,
    },
    /// 待公示
    Decided {
        /// What was decided.
        award: Award,
        /// By when the notice appears.
        due: Deadline,
    },
    /// 公示中
    Noticed {
        /// What was decided.
        award: Award,
        /// The notice.
        notice: NoticeId,
        /// Its last day.
        until: Deadline,
        /// Objections not answered yet.
        open: BTreeSet<ObjectionId>,
    },
    /// 待列入资金计划
    Confirmed {
        /// What was decided.
        award: Award,
        /// By when it stands in a plan.
        due: Deadline,
    },
    /// 待下达拨付指令
    Planned {
        /// What was decided.
        award: Award,
        /// The plan.
        plan: FundingPlanId,
        /// By when the order is given.
        due: Deadline,
    },
    /// 拨付途中
    Ordered {
        /// What was decided.
        award: Award,
        /// The plan.
        plan: FundingPlanId,
        /// The order.
        order: OrderId,
        /// By when the voucher is expected.
        due: Deadline,
    },
    /// 已拨付，待验收
    Paid {
        /// What was decided.
        award: Award,
        /// The plan.
        plan: FundingPlanId,
        /// By when the project is accepted.
        due: Deadline,
    },
    /// 验收未通过
    AcceptanceFailed {
        /// What was decided.
        award: Award,
        /// The plan.
        plan: FundingPlanId,
    },
    /// 办结
    Closed {
        /// What was decided.
        award: Award,
        /// The plan.
        plan: FundingPlanId,
    },
    /// 拟作不利决定: the firm is heard before it is decided.
    UnderAdverse {
        /// Which decision.
        adverse: AdverseId,
        /// Where it stood, and stands again if nothing comes of it.
        before: Box<Self>,
    },
    /// 不予支持
    Rejected {
        /// By which decision.
        adverse: AdverseId,
    },
    /// 追回中
    Repaying {
        /// What was decided.
        award: Award,
        /// The plan.
        plan: FundingPlanId,
        /// By which decision.
        adverse: AdverseId,
        /// What is to come back.
        owed: Money,
        /// What came back.
        received: Money,
        /// By when all of it.
        due: Deadline,
    },
    /// 已追回
    Repaid {
        /// What was decided.
        award: Award,
        /// The plan.
        plan: FundingPlanId,
        /// By which decision.
        adverse: AdverseId,
        /// What came back.
        received: Money,
    },
    /// 企业撤回
    Withdrawn,
    /// 企业放弃（免申即享）
    Declined,
}

/// The stages without their content, for columns, filters and counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each is documented at the stage it stands for")]
pub enum StageKind {
    Offered,
    DistrictReview,
    Audit,
    ExpertReview,
    CityReview,
    Returned,
    Recommended,
    Waitlisted,
    Proposed,
    Decided,
    Noticed,
    Confirmed,
    Planned,
    Ordered,
    Paid,
    AcceptanceFailed,
    Closed,
    UnderAdverse,
    Rejected,
    Repaying,
    Repaid,
    Withdrawn,
    Declined,
}

impl StageKind {
    /// Every one of them, in the order a case goes through them.
    pub const ALL: [Self; 23] = [
        Self::Offered,
        Self::DistrictReview,
        Self::Audit,
        Self::ExpertReview,
        Self::CityReview,
        Self::Returned,
        Self::Recommended,
        Self::Waitlisted,
        Self::Proposed,
        Self::Decided,
        Self::Noticed,
        Self::Confirmed,
        Self::Planned,
        Self::Ordered,
        Self::Paid,
        Self::AcceptanceFailed,
        Self::Closed,
        Self::UnderAdverse,
        Self::Rejected,
        Self::Repaying,
        Self::Repaid,
        Self::Withdrawn,
        Self::Declined,
    ];

    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Offered => "待企业确认",
            Self::DistrictReview => "待区县初审",
            Self::Audit => "待审计报告",
            Self::ExpertReview => "专家评审中",
            Self::CityReview => "待市级复核",
            Self::Returned => "退回补正",
            Self::Recommended => "待汇总",
            Self::Waitlisted => "候补",
            Self::Proposed => "待会议审定",
            Self::Decided => "待公示",
            Self::Noticed => "公示中",
            Self::Confirmed => "待列入资金计划",
            Self::Planned => "待下达拨付指令",
            Self::Ordered => "拨付途中",
            Self::Paid => "已拨付，待验收",
            Self::AcceptanceFailed => "验收未通过",
            Self::Closed => "办结",
            Self::UnderAdverse => "拟作不利决定",
            Self::Rejected => "不予支持",
            Self::Repaying => "追回中",
            Self::Repaid => "已追回",
            Self::Withdrawn => "企业撤回",
            Self::Declined => "企业放弃",
        }
    }
}

impl From<&Next> for Stage {
    fn from(next: &Next) -> Self {
        match *next {
            Next::DistrictReview { due } => Self::DistrictReview { due },
            Next::Audit { due } => Self::Audit { due, auditor: None },
            Next::ExpertReview { due } => Self::ExpertReview { due, seats: BTreeMap::new() },
            Next::CityReview { due } => Self::CityReview { due },
        }
    }
}

impl Stage {
    /// Which stage.
    pub const fn kind(&self) -> StageKind {
        match self {
            Self::Offered { .. } => StageKind::Offered,
            Self::DistrictReview { .. } => StageKind::DistrictReview,
            Self::Audit { .. } => StageKind::Audit,
            Self::ExpertReview { .. } => StageKind::ExpertReview,
            Self::CityReview { .. } => StageKind::CityReview,
            Self::Returned { .. } => StageKind::Returned,
            Self::Recommended => StageKind::Recommended,
            Self::Waitlisted => StageKind::Waitlisted,
            Self::Proposed { .. } => StageKind::Proposed,
            Self::Decided { .. } => StageKind::Decided,
            Self::Noticed { .. } => StageKind::Noticed,
            Self::Confirmed { .. } => StageKind::Confirmed,
            Self::Planned { .. } => StageKind::Planned,
            Self::Ordered { .. } => StageKind::Ordered,
            Self::Paid { .. } => StageKind::Paid,
            Self::AcceptanceFailed { .. } => StageKind::AcceptanceFailed,
            Self::Closed { .. } => StageKind::Closed,
            Self::UnderAdverse { .. } => StageKind::UnderAdverse,
            Self::Rejected { .. } => StageKind::Rejected,
            Self::Repaying { .. } => StageKind::Repaying,
            Self::Repaid { .. } => StageKind::Repaid,
            Self::Withdrawn => StageKind::Withdrawn,
            Self::Declined => StageKind::Declined,
        }
    }

    /// By when somebody is expected to act.
    pub const fn due(&self) -> Option<Deadline> {
        match self {
            Self::Offered { due }
            | Self::DistrictReview { due }
            | Self::Audit { due, .. }
            | Self::ExpertReview { due, .. }
            | Self::CityReview { due }
            | Self::Returned { due, .. }
            | Self::Proposed { due, .. }
            | Self::Decided { due, .. }
            | Self::Noticed { until: due, .. }
            | Self::Confirmed { due, .. }
            | Self::Planned { due, .. }
            | Self::Ordered { due, .. }
            | Self::Paid { due, .. }
            | Self::Repaying { due, .. } => Some(*due),
            _ => None,
        }
    }

    /// What a meeting decided and still stands.
    pub const fn award(&self) -> Option<&Award> {
        match self {
            Self::Decided { award, .. }
            | Self::Noticed { award, .. }
            | Self::Confirmed { award, .. }
            | Self::Planned { award, .. }
            | Self::Ordered { award, .. }
            | Self::Paid { award, .. }
            | Self::AcceptanceFailed { award, .. }
            | Self::Closed { award, .. }
            | Self::Repaying { award, .. }
            | Self::Repaid { award, .. } => Some(award),
            Self::UnderAdverse { before, .. } => before.award(),
            _ => None,
        }
    }

    /// The amount decided that still stands.
    pub fn decided(&self) -> Money {
        self.award().map(|award| award.amount).unwrap_or_default()
    }

    /// The share of the budget: the most that can be decided or was.
    pub fn ceiling(&self) -> Money {
        match self {
            Self::Proposed { share, .. } => *share,
            Self::UnderAdverse { before, .. } => before.ceiling(),
            stage => stage.award().map(|award| award.share).unwrap_or_default(),
        }
    }

    /// What it takes of the call's budget. What is paid back goes to the treasury and not into the call.
    pub fn committed(&self) -> Money {
        match self {
            Self::Proposed { share, .. } => *share,
            Self::UnderAdverse { before, .. } => before.committed(),
            stage => stage.decided(),
        }
    }

    /// Whether somebody still has to review it, or the firm to complete it.
    pub fn is_under_review(&self) -> bool {
        match self {
            Self::Offered { .. }
            | Self::DistrictReview { .. }
            | Self::Audit { .. }
            | Self::ExpertReview { .. }
            | Self::CityReview { .. }
            | Self::Returned { .. } => true,
            Self::UnderAdverse { before, .. } => before.is_under_review(),
            _ => false,
        }
    }

    /// Whether settling its call concerns it.
    pub const fn waits_for_settlement(&self) -> bool {
        matches!(self, Self::Recommended | Self::Waitlisted)
    }

    /// Whether its invoices and loans are taken.
    pub const fn holds_supports(&self) -> bool {
        !matches!(self, Self::Rejected { .. } | Self::Withdrawn | Self::Declined)
    }

    /// Whether anything may still happen by itself or by somebody's duty.
    pub const fn is_open(&self) -> bool {
        !matches!(
            self,
            Self::Closed { .. } | Self::Rejected { .. } | Self::Repaid { .. } | Self::Withdrawn | Self::Declined
        )
    }

    pub(super) const fn paid_under(&self) -> Option<(Award, FundingPlanId)> {
        match self {
            Self::Paid { award, plan, .. } | Self::AcceptanceFailed { award, plan } | Self::Closed { award, plan } => {
                Some((*award, *plan))
            }
            _ => None,
        }
    }

    /// Whether what was paid may be asked back.
    pub const fn may_be_clawed_back(&self) -> bool {
        self.paid_under().is_some()
    }

    /// Whether support may still be denied: until payment is ordered, and not while the public is asked.
    pub const fn may_be_rejected(&self) -> bool {
        self.may_be_withdrawn() || matches!(self, Self::Confirmed { .. } | Self::Planned { .. })
    }

    /// Whether the firm may take its claim back: until a meeting decided.
    pub const fn may_be_withdrawn(&self) -> bool {
        matches!(
            self,
            Self::DistrictReview { .. }
                | Self::Audit { .. }
                | Self::ExpertReview { .. }
                | Self::CityReview { .. }
                | Self::Returned { .. }
                | Self::Recommended
                | Self::Waitlisted
                | Self::Proposed { .. }
        )
    }
}
