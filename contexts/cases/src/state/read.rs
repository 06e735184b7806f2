//! Reading the state: every record by its key, and the ways from one to others.

use std::sync::Arc;

use kernel::{Actor, CreditCode, Date, Digest, Money, Refusal};

use super::State;
use crate::adverse::AdverseDecision;
use crate::basis::{FundRule, ReviewRecord};
use crate::call::Call;
use crate::case::Case;
use crate::challenge::{self, Answered, Complaint, Objection, Report};
use crate::key::{
    AdverseId, BenefitId, CallId, CaseId, ComplaintId, FundRuleId, FundingPlanId, MeetingId, NoticeId, ObjectionId,
    OrderId, ReportId, VoucherNumber,
};
use crate::meeting::Meeting;
use crate::notice::Notice;
use crate::payment::{OrderRecord, PlanRecord};
use crate::proactive::Invitation;
use crate::rules::Rules;
use crate::support::{OtherFunding, Support};
use crate::voucher::{Payee, Receipt, Use, VoucherRecord};

impl State {
    /// The rules in force.
    pub fn rules(&self) -> Option<&Arc<Rules>> {
        self.rules.as_ref()
    }

    pub(crate) fn required_rules(&self) -> Result<&Rules, Refusal> {
        self.rules
            .as_deref()
            .ok_or_else(|| Refusal::conflict("还没有采用时限规则，请系统管理员先导入 case-rules.toml。"))
    }

    /// By key.
    pub fn fund_rule(&self, id: FundRuleId) -> Option<&FundRule> {
        self.fund_rules.get(&id).map(AsRef::as_ref)
    }

    /// Every fund rule.
    pub fn fund_rules(&self) -> impl Iterator<Item = &FundRule> {
        self.fund_rules.values().map(AsRef::as_ref)
    }

    /// Reviews of a benefit, oldest first.
    pub fn reviews_of(&self, benefit: &BenefitId) -> impl Iterator<Item = &ReviewRecord> {
        self.reviews.get(benefit).into_iter().flatten().map(AsRef::as_ref)
    }

    /// By key.
    pub fn call(&self, id: CallId) -> Option<&Call> {
        self.calls.get(&id).map(AsRef::as_ref)
    }

    /// Every call.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.calls.values().map(AsRef::as_ref)
    }

    pub(crate) fn required_call(&self, id: CallId) -> Result<&Call, Refusal> {
        self.call(id).ok_or_else(|| Refusal::not_found("没有这个申报批次，请从列表中重新打开。"))
    }

    /// By key.
    pub fn case(&self, id: CaseId) -> Option<&Case> {
        self.cases.get(&id).map(AsRef::as_ref)
    }

    /// Every case, by key.
    pub fn cases(&self) -> impl Iterator<Item = &Arc<Case>> {
        self.cases.values()
    }

    /// Cases of a call.
    pub fn cases_of(&self, call: CallId) -> impl Iterator<Item = &Case> {
        self.index.of_call.get(&call).into_iter().flatten().filter_map(|id| self.case(*id))
    }

    /// Cases of a firm.
    pub fn cases_of_firm(&self, firm: CreditCode) -> impl Iterator<Item = &Case> {
        self.index.of_firm.get(&firm).into_iter().flatten().filter_map(|id| self.case(*id))
    }

    /// Cases in which anything may still happen.
    pub fn open_cases(&self) -> impl Iterator<Item = &Case> {
        self.index.open.iter().filter_map(|id| self.case(*id))
    }

    /// Cases that rest on an invoice or loan, in whatever version of their material.
    pub fn supported_by(&self, support: &Support) -> impl Iterator<Item = &Case> {
        let cases = self.index.supported.get(support).into_iter().flatten().filter_map(|id| self.case(*id));
        let support = support.clone();
        cases.filter(move |case| case.material().is_some_and(|material| material.supports.contains(&support)))
    }

    /// Firms invited to apply to a call because facts did not suffice for an offer.
    pub fn invitations_to(&self, call: CallId) -> impl Iterator<Item = (CreditCode, &Invitation)> {
        let invited = self.invitations.get(&call).into_iter().flatten();
        invited.map(|(firm, invitation)| (*firm, invitation.as_ref()))
    }

    /// The invitation of a firm to apply to a call.
    pub fn invitation(&self, call: CallId, firm: CreditCode) -> Option<&Invitation> {
        self.invitations.get(&call)?.get(&firm).map(AsRef::as_ref)
    }

    /// By key.
    pub fn meeting(&self, id: MeetingId) -> Option<&Meeting> {
        self.meetings.get(&id).map(AsRef::as_ref)
    }

    /// Every meeting.
    pub fn meetings(&self) -> impl Iterator<Item = &Meeting> {
        self.meetings.values().map(AsRef::as_ref)
    }

    /// By key.
    pub fn notice(&self, id: NoticeId) -> Option<&Notice> {
        self.notices.get(&id).map(AsRef::as_ref)
    }

    /// Every notice.
    pub fn notices(&self) -> impl Iterator<Item = &Notice> {
        self.notices.values().map(AsRef::as_ref)
    }

    /// Notices whose cases are not all confirmed or sent back.
    pub(crate) fn open_notices(&self) -> impl Iterator<Item = &Notice> {
        self.index.open_notices.iter().filter_map(|id| self.notice(*id))
    }

    /// By key.
    pub fn funding_plan(&self, id: FundingPlanId) -> Option<&PlanRecord> {
        self.plans.get(&id).map(AsRef::as_ref)
    }

    /// Every funding plan.
    pub fn funding_plans(&self) -> impl Iterator<Item = &PlanRecord> {
        self.plans.values().map(AsRef::as_ref)
    }

    /// By key.
    pub fn order(&self, id: OrderId) -> Option<&OrderRecord> {
        self.orders.get(&id).map(AsRef::as_ref)
    }

    /// Every order.
    pub fn orders(&self) -> impl Iterator<Item = &OrderRecord> {
        self.orders.values().map(AsRef::as_ref)
    }

    /// Orders that wait to see this payee paid this amount.
    pub(crate) fn orders_awaiting(&self, payee: Payee, amount: Money) -> impl Iterator<Item = OrderId> {
        self.index.awaited.get(&(payee, amount)).into_iter().flatten().copied()
    }

    /// By number.
    pub fn voucher(&self, number: &VoucherNumber) -> Option<&VoucherRecord> {
        self.vouchers.get(number).map(AsRef::as_ref)
    }

    /// Every voucher, by number.
    pub fn vouchers(&self) -> impl Iterator<Item = &VoucherRecord> {
        self.vouchers.values().map(AsRef::as_ref)
    }

    /// Vouchers that match no order.
    pub fn in_transit(&self) -> impl Iterator<Item = &VoucherRecord> {
        self.vouchers().filter(|record| record.used == Use::InTransit)
    }

    pub(crate) fn voucher_file(&self, digest: &Digest) -> bool {
        self.voucher_files.contains(digest)
    }

    /// What a firm paid back, by the bank's number.
    pub fn receipt(&self, number: &VoucherNumber) -> Option<&Receipt> {
        self.receipts.get(number).map(AsRef::as_ref)
    }

    /// Everything firms paid back.
    pub fn receipts(&self) -> impl Iterator<Item = &Receipt> {
        self.receipts.values().map(AsRef::as_ref)
    }

    /// Other departments' money.
    pub fn other_funding(&self) -> impl Iterator<Item = &OtherFunding> {
        self.other_funding.iter().map(AsRef::as_ref)
    }

    /// Other departments' money for a firm.
    pub fn other_funding_of(&self, firm: CreditCode) -> impl Iterator<Item = &OtherFunding> {
        self.index.funding_of_firm.get(&firm).into_iter().flatten().map(AsRef::as_ref)
    }

    /// Other departments' money for an invoice or loan.
    pub fn other_funding_for(&self, support: &Support) -> impl Iterator<Item = &OtherFunding> {
        self.index.funding_of_support.get(support).into_iter().flatten().map(AsRef::as_ref)
    }

    /// By key.
    pub fn adverse(&self, id: AdverseId) -> Option<&AdverseDecision> {
        self.adverse.get(&id).map(AsRef::as_ref)
    }

    /// Every adverse decision.
    pub fn adverse_decisions(&self) -> impl Iterator<Item = &AdverseDecision> {
        self.adverse.values().map(AsRef::as_ref)
    }

    /// Adverse decisions against a firm.
    pub fn adverse_of_firm(&self, firm: CreditCode) -> impl Iterator<Item = &AdverseDecision> {
        self.index.adverse_of_firm.get(&firm).into_iter().flatten().filter_map(|id| self.adverse(*id))
    }

    /// The last day of a bar that keeps a firm from applying on a day, and the decision.
    pub fn barred_until(&self, firm: CreditCode, day: Date) -> Option<(Date, AdverseId)> {
        let bars = self.adverse_of_firm(firm).filter_map(|decision| Some((decision.bar_until()?, decision.id)));
        bars.filter(|(until, _)| day <= *until).max()
    }

    /// By key.
    pub fn objection(&self, id: ObjectionId) -> Option<&Answered<Objection>> {
        self.objections.get(&id).map(AsRef::as_ref)
    }

    /// Every objection.
    pub fn objections(&self) -> impl Iterator<Item = &Answered<Objection>> {
        self.objections.values().map(AsRef::as_ref)
    }

    /// Complaints this actor may see.
    pub fn complaints_for<'a>(&'a self, actor: &'a Actor) -> impl Iterator<Item = &'a Answered<Complaint>> {
        self.complaints.values().map(AsRef::as_ref).filter(|complaint| challenge::may_see(self, actor, complaint))
    }

    /// Reports, for the discipline office, whoever is related to the firm aside; nobody else is told that there are any.
    pub fn reports_for<'a>(&'a self, actor: &'a Actor) -> impl Iterator<Item = &'a Answered<Report>> {
        self.reports.values().map(AsRef::as_ref).filter(|report| challenge::may_see_report(self, actor, report))
    }

    pub(crate) fn all_complaints(&self) -> impl Iterator<Item = &Answered<Complaint>> {
        self.complaints.values().map(AsRef::as_ref)
    }

    pub(crate) fn all_reports(&self) -> impl Iterator<Item = &Answered<Report>> {
        self.reports.values().map(AsRef::as_ref)
    }

    pub(crate) fn complaint_by_key(&self, id: ComplaintId) -> Option<&Answered<Complaint>> {
        self.complaints.get(&id).map(AsRef::as_ref)
    }

    pub(crate) fn report_by_key(&self, id: ReportId) -> Option<&Answered<Report>> {
        self.reports.get(&id).map(AsRef::as_ref)
    }

    pub(crate) fn objections_between(&self, least: ObjectionId, most: ObjectionId) -> Option<&Answered<Objection>> {
        self.objections.range(least..=most).next().map(|(_, found)| found.as_ref())
    }

    pub(crate) fn complaints_between(&self, least: ComplaintId, most: ComplaintId) -> Option<&Answered<Complaint>> {
        self.complaints.range(least..=most).next().map(|(_, found)| found.as_ref())
    }

    pub(crate) fn reports_between(&self, least: ReportId, most: ReportId) -> Option<&Answered<Report>> {
        self.reports.range(least..=most).next().map(|(_, found)| found.as_ref())
    }
}
