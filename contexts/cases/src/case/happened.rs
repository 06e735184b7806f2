//! What can happen to a case.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kernel::history::Entry;
use kernel::{Deadline, DivisionCode, Evidence, Money, OrganisationId, PersonId, Recorded};
use serde::{Deserialize, Serialize};

use super::stage::{Level, Stage};
use super::{Applicant, Assessment};
use crate::key::{AdverseId, CallId, FundingPlanId, ItemKey, MeetingId, NoticeId, ObjectionId, OrderId, VoucherNumber};
use crate::material::{Changes, Material};
use crate::proactive::ProvenFact;
use crate::relation::Related;
use crate::support::Received;

/// The review a case goes to next, with its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Next {
    /// 区县初审
    DistrictReview {
        /// By when.
        due: Deadline,
    },
    /// 审计
    Audit {
        /// By when.
        due: Deadline,
    },
    /// 专家评审
    ExpertReview {
        /// By when.
        due: Deadline,
    },
    /// 市级复核
    CityReview {
        /// By when.
        due: Deadline,
    },
}

/// A claim as it came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// To which call.
    pub call: CallId,
    /// By whom.
    pub applicant: Applicant,
    /// With what.
    pub material: Arc<Material>,
    /// Who reviews it first.
    pub next: Next,
}

/// 免申即享: an award offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Of which call.
    pub call: CallId,
    /// To whom.
    pub applicant: Applicant,
    /// What the facts give as claim.
    pub material: Arc<Material>,
    /// The facts, each proven.
    pub facts: Vec<ProvenFact>,
    /// By when the firm answers.
    pub due: Deadline,
}

/// What an audit firm found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditReport {
    /// By whom.
    pub auditor: OrganisationId,
    /// 审定基数: the base it could verify.
    pub verified: Money,
    /// In words.
    pub opinion: String,
    /// The report.
    pub report: Evidence,
}

/// The experts are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complete {
    /// Average of their points, in hundredths of a point, rounded down.
    pub average: u32,
    /// By when the city reviews.
    pub due: Deadline,
}

impl From<&Complete> for Stage {
    fn from(complete: &Complete) -> Self {
        Self::CityReview { due: complete.due }
    }
}

/// What happened to a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(
    missing_docs,
    reason = "the fields say what the variant's first line says; units and limits are in their types"
)]
pub enum Happened {
    /// The firm applied.
    Submitted(Box<Submission>),
    /// The office offered an award.
    Offered(Box<Offer>),
    /// The firm accepted the offer and declared what it received elsewhere.
    Consented {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        received: Vec<Received>,
    },
    /// The firm declined the offer.
    Declined { reason: String },
    /// The firm took its claim back.
    Withdrawn { reason: String },
    /// The district found it true.
    DistrictPassed { opinion: String, next: Next },
    /// Sent back for completion.
    Returned { by: Level, reason: String, wanted: BTreeSet<ItemKey>, due: Deadline },
    /// The firm completed it; what is not named stays.
    Resubmitted { changes: Arc<Changes>, due: Deadline },
    /// An audit firm was chosen.
    AuditorChosen { auditor: OrganisationId },
    /// The audit firm reported.
    Audited { audit: Arc<AuditReport>, next: Next },
    /// Experts were named, each with the institution they work for.
    ExpertsSeated { seats: BTreeMap<PersonId, OrganisationId> },
    /// An expert gave points of 100.
    Scored {
        expert: PersonId,
        points: u8,
        opinion: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        complete: Option<Complete>,
    },
    /// Somebody may not touch the case from now on.
    Recused {
        person: PersonId,
        grounds: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        complete: Option<Complete>,
    },
    /// Who is related to the applicant was computed.
    RelationsRecorded { related: Arc<[Related]>, as_of: kernel::Date },
    /// An assessment arrived.
    Assessed(Assessment),
    /// Another district is in charge now.
    Reassigned { district: DivisionCode },
    /// The city recommends support.
    Recommended { opinion: String },
    /// Its call was settled: rank, and share of the budget; a share of nothing waits.
    Settled { rank: u32, share: Money, due: Deadline },
    /// A meeting decided.
    Decided { amount: Money, meeting: MeetingId, due: Deadline },
    /// It is publicly noticed.
    Noticed { notice: NoticeId, until: Deadline },
    /// Somebody objected.
    Objected { objection: ObjectionId },
    /// An objection was dismissed.
    ObjectionDismissed { objection: ObjectionId, reasons: String },
    /// An objection was upheld: a meeting decides again, within a share that the call can still bear.
    ObjectionUpheld { objection: ObjectionId, reasons: String, share: Money, due: Deadline },
    /// The notice ended and no objection stands.
    Confirmed { due: Deadline },
    /// It stands in a funding plan.
    Planned { plan: FundingPlanId, due: Deadline },
    /// Payment was ordered.
    Ordered { order: OrderId, amount: Money, due: Deadline },
    /// The order was taken back before anything was paid.
    OrderCancelled { order: OrderId, reason: String, due: Deadline },
    /// A voucher matched the order.
    Paid {
        order: OrderId,
        voucher: VoucherNumber,
        amount: Money,
        on: kernel::Date,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        acceptance: Option<Deadline>,
    },
    /// The bank sent the money back.
    ReturnedByBank { order: OrderId, voucher: VoucherNumber, amount: Money, reason: String, due: Deadline },
    /// The project was accepted, or failed.
    Accepted { passed: bool, opinion: String, report: Evidence },
    /// An adverse decision is intended: a clawback, or otherwise a rejection.
    AdverseProposed { adverse: AdverseId, clawback: bool },
    /// Nothing comes of the intended decision.
    AdverseDropped { adverse: AdverseId },
    /// Support is denied.
    Rejected { adverse: AdverseId },
    /// What was paid is asked back.
    ClawbackDecided { adverse: AdverseId, owed: Money, due: Deadline },
    /// A rejection or clawback was revoked.
    AdverseRevoked { adverse: AdverseId, due: Deadline },
    /// Something was paid back.
    InstalmentReceived { receipt: VoucherNumber, amount: Money, on: kernel::Date },
}

impl Happened {
    /// Whether it is the act of somebody who judges or moves the case, whom the next step may not be left to. A firm that
    /// consents judges nothing: whoever offered the award is still the one who took the step before.
    pub(crate) const fn is_handling(&self) -> bool {
        !matches!(
            self,
            Self::Consented { .. }
                | Self::AuditorChosen { .. }
                | Self::ExpertsSeated { .. }
                | Self::Recused { .. }
                | Self::RelationsRecorded { .. }
                | Self::Assessed(_)
                | Self::Reassigned { .. }
                | Self::Settled { .. }
                | Self::Objected { .. }
        )
    }

    /// Whether the firm itself did it.
    pub(crate) const fn is_by_firm(&self) -> bool {
        matches!(
            self,
            Self::Submitted(_)
                | Self::Consented { .. }
                | Self::Declined { .. }
                | Self::Withdrawn { .. }
                | Self::Resubmitted { .. }
        )
    }

    /// As the case's timeline shows it.
    pub(crate) fn entry(&self, recorded: &Recorded) -> Arc<Entry> {
        let said = |title, note: &str| Entry::new(recorded, title, Some(note), &[]);
        let plain = |title| Entry::new(recorded, title, None, &[]);
        match self {
            Self::Submitted(_) => plain("企业申报"),
            Self::Offered(_) => plain("推送免申即享"),
            Self::Consented { .. } => plain("企业确认"),
            Self::Declined { reason } => said("企业放弃", reason),
            Self::Withdrawn { reason } => said("企业撤回", reason),
            Self::DistrictPassed { opinion, .. } => said("区县初审通过", opinion),
            Self::Returned { by: Level::District, reason, .. } => said("区县退回补正", reason),
            Self::Returned { by: Level::City, reason, .. } => said("市级退回补正", reason),
            Self::Resubmitted { .. } => plain("企业补正"),
            Self::AuditorChosen { auditor } => said("确定审计机构", auditor.as_str()),
            Self::Audited { audit, .. } => {
                let note = format!("核定基数 {} 元。{}", audit.verified, audit.opinion);
                Entry::new(recorded, "审计报告", Some(&note), std::slice::from_ref(&audit.report))
            }
            Self::ExpertsSeated { seats } => said("确定评审专家", &format!("{} 人", seats.len())),
            // Points and opinions are shown to those who may read them, not on the timeline.
            Self::Scored { .. } => plain("专家评分"),
            Self::Recused { grounds, .. } => said("回避", grounds),
            Self::RelationsRecorded { related, as_of } => {
                said("核对关联关系", &format!("截至 {as_of}，关联方 {} 个", related.len()))
            }
            Self::Assessed(assessment) => {
                said("资金测算", &format!("最高 {} 元，拟支持 {} 元", assessment.ceiling, assessment.award))
            }
            Self::Reassigned { district } => said("属地调整", &district.to_string()),
            Self::Recommended { opinion } => said("市级复核通过", opinion),
            Self::Settled { rank, share, .. } if *share == Money::ZERO => {
                said("汇总测算", &format!("第 {rank} 位，预算已分配完毕，列为候补"))
            }
            Self::Settled { rank, share, .. } => said("汇总测算", &format!("第 {rank} 位，可支持 {share} 元")),
            Self::Decided { amount, .. } => said("会议审定", &format!("{amount} 元")),
            Self::Noticed { until, .. } => said("公示", &format!("至 {}", until.due)),
            Self::Objected { .. } => plain("收到异议"),
            Self::ObjectionDismissed { reasons, .. } => said("异议不成立", reasons),
            Self::ObjectionUpheld { reasons, .. } => said("异议成立，重新审定", reasons),
            Self::Confirmed { .. } => plain("公示期满"),
            Self::Planned { .. } => plain("列入资金计划"),
            Self::Ordered { amount, .. } => said("下达拨付指令", &format!("{amount} 元")),
            Self::OrderCancelled { reason, .. } => said("撤销拨付指令", reason),
            Self::Paid { voucher, amount, on, .. } => said("拨付到账", &format!("{on}，凭证 {voucher}，{amount} 元")),
            Self::ReturnedByBank { voucher, reason, .. } => said("银行退回", &format!("凭证 {voucher}：{reason}")),
            Self::Accepted { passed, opinion, report } => {
                let title = if *passed { "验收通过" } else { "验收未通过" };
                Entry::new(recorded, title, Some(opinion), std::slice::from_ref(report))
            }
            Self::AdverseProposed { clawback: true, .. } => plain("拟追回，告知企业"),
            Self::AdverseProposed { .. } => plain("拟不予支持，告知企业"),
            Self::AdverseDropped { .. } => plain("不再作出拟定的决定"),
            Self::Rejected { .. } => plain("不予支持"),
            Self::ClawbackDecided { owed, due, .. } => said("决定追回", &format!("{owed} 元，限 {}", due.due)),
            Self::AdverseRevoked { .. } => plain("决定被撤销"),
            Self::InstalmentReceived { receipt, amount, on } => {
                said("退款到账", &format!("{on}，凭证 {receipt}，{amount} 元"))
            }
        }
    }
}
