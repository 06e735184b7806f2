//! Changing the state, for `apply` of each part; what follows from a record is kept beside it.

use std::sync::Arc;

use kernel::{Evidence, Impossible, Money, Recorded};

use super::State;
use crate::adverse::AdverseDecision;
use crate::call::Call;
use crate::case::{self, Case};
use crate::challenge::{Answered, Complaint, Objection, Report};
use crate::key::{AdverseId, CallId, CaseId, ComplaintId, NoticeId, ObjectionId, OrderId, ReportId, VoucherNumber};
use crate::payment::{self, OrderRecord};
use crate::support::OtherFunding;
use crate::voucher::{self, Receipt, SentBack, Use, Voucher, VoucherRecord};

impl State {
    pub(crate) fn insert_call(&mut self, recorded: &Recorded, call: Call) -> Result<(), Impossible> {
        let id = call.id;
        match self.calls.insert(id, Arc::new(call)) {
            None => Ok(()),
            Some(_) => Err(Impossible::at(recorded, format!("批次 {id} 重复"))),
        }
    }

    pub(crate) fn call_mut(&mut self, recorded: &Recorded, id: CallId) -> Result<&mut Call, Impossible> {
        let call = self.calls.get_mut(&id).map(Arc::make_mut);
        call.ok_or_else(|| Impossible::at(recorded, format!("没有批次 {id}")))
    }

    pub(crate) fn insert_case(&mut self, recorded: &Recorded, case: Case) -> Result<(), Impossible> {
        let id = case.id;
        self.index.of_call.entry(case.call).or_default().insert(id);
        self.index.of_firm.entry(case.applicant.firm).or_default().insert(id);
        self.index.open.insert(id);
        self.index_supports(&case);
        match self.cases.insert(id, Arc::new(case)) {
            None => Ok(()),
            Some(_) => Err(Impossible::at(recorded, format!("办件 {id} 重复"))),
        }
    }

    fn index_supports(&mut self, case: &Case) {
        for support in case.material().iter().flat_map(|material| &material.supports) {
            self.index.supported.entry(support.clone()).or_default().insert(case.id);
        }
    }

    pub(crate) fn change_case(
        &mut self,
        recorded: &Recorded,
        id: CaseId,
        change: impl FnOnce(&mut Case) -> Result<(), Impossible>,
    ) -> Result<(), Impossible> {
        let case = self.cases.get_mut(&id).ok_or_else(|| Impossible::at(recorded, format!("没有办件 {id}")))?;
        let case = Arc::make_mut(case);
        let (committed, versions) = (case.stage.committed(), case.versions.len());
        let was_noticed = notice_of(case);
        change(case)?;
        let (call, difference) = (case.call, case.stage.committed() - committed);
        let (is_open, noticed) = (case.stage.is_open(), notice_of(case));
        if case.versions.len() != versions {
            let case = case.clone();
            self.index_supports(&case);
        }
        if is_open {
            self.index.open.insert(id)
        } else {
            self.index.open.remove(&id)
        };
        if let Some(notice) = was_noticed.filter(|_| noticed.is_none()) {
            self.close_notice(notice);
        }
        if difference != Money::ZERO {
            let call = self.call_mut(recorded, call)?;
            call.committed = call.committed + difference;
        }
        Ok(())
    }

    /// A notice none of whose cases waits for its end needs no more looking at.
    fn close_notice(&mut self, id: NoticeId) {
        let waits = |case: &CaseId| self.case(*case).and_then(notice_of) == Some(id);
        if self.notice(id).is_some_and(|notice| !notice.cases.keys().any(waits)) {
            self.index.open_notices.remove(&id);
        }
    }

    pub(crate) fn insert_order(&mut self, recorded: &Recorded, record: OrderRecord) -> Result<(), Impossible> {
        let id = record.order.id;
        self.await_voucher(&record, true);
        match self.orders.insert(id, Arc::new(record)) {
            None => Ok(()),
            Some(_) => Err(Impossible::at(recorded, format!("拨付指令 {id} 重复"))),
        }
    }

    pub(crate) fn move_order(
        &mut self,
        recorded: &Recorded,
        id: OrderId,
        event: &payment::Event,
    ) -> Result<(), Impossible> {
        let record = self.orders.get(&id).ok_or_else(|| Impossible::at(recorded, format!("没有拨付指令 {id}")))?;
        let mut record = (**record).clone();
        self.await_voucher(&record, false);
        let next = record.stage.clone().after(record.order.channel, event);
        record.stage = next.ok_or_else(|| Impossible::at(recorded, format!("拨付指令 {id} 的状态不允许这一步")))?;
        self.await_voucher(&record, true);
        self.orders.insert(id, Arc::new(record));
        Ok(())
    }

    fn await_voucher(&mut self, record: &OrderRecord, awaits: bool) {
        let Some(payee) = voucher::awaited(record) else { return };
        let orders = self.index.awaited.entry((payee, record.order.amount)).or_default();
        if awaits {
            orders.insert(record.order.id)
        } else {
            orders.remove(&record.order.id)
        };
    }

    pub(crate) fn insert_vouchers(
        &mut self,
        recorded: &Recorded,
        file: &Evidence,
        vouchers: &[Voucher],
    ) -> Result<(), Impossible> {
        self.voucher_files.insert(file.digest);
        for voucher in vouchers {
            let record = VoucherRecord {
                voucher: voucher.clone(),
                file: file.digest,
                recorded: recorded.clone(),
                used: Use::InTransit,
                back: None,
            };
            if self.vouchers.insert(voucher.number.clone(), Arc::new(record)).is_some() {
                return Err(Impossible::at(recorded, format!("凭证 {} 重复", voucher.number)));
            }
        }
        Ok(())
    }

    pub(crate) fn use_voucher(
        &mut self,
        recorded: &Recorded,
        number: &VoucherNumber,
        used: Use,
    ) -> Result<(), Impossible> {
        let record = self.vouchers.get_mut(number).map(Arc::make_mut);
        let record = record.ok_or_else(|| Impossible::at(recorded, format!("没有凭证 {number}")))?;
        record.used = match (record.used, used) {
            (Use::InTransit, Use::Matched(order)) => Use::Matched(order),
            (Use::Matched(order), Use::Returned(of)) if order == of => Use::Returned(of),
            _ => return Err(Impossible::at(recorded, format!("凭证 {number} 不能这样使用"))),
        };
        Ok(())
    }

    pub(crate) fn send_back(
        &mut self,
        recorded: &Recorded,
        number: &VoucherNumber,
        back: SentBack,
    ) -> Result<(), Impossible> {
        let record = self.vouchers.get_mut(number).map(Arc::make_mut);
        record.ok_or_else(|| Impossible::at(recorded, format!("没有凭证 {number}")))?.back = Some(Arc::new(back));
        Ok(())
    }

    pub(crate) fn insert_receipt(&mut self, receipt: Receipt) -> Result<(), Impossible> {
        let number = receipt.receipt.clone();
        if self.receipts.contains_key(&number) {
            return Err(Impossible::at(&receipt.recorded, format!("退款凭证 {number} 重复")));
        }
        self.receipts.insert(number, Arc::new(receipt));
        Ok(())
    }

    pub(crate) fn insert_other_funding(&mut self, rows: &[OtherFunding]) {
        for funding in rows.iter().cloned().map(Arc::new) {
            for support in &funding.supports {
                let of_support = self.index.funding_of_support.entry(support.clone()).or_default();
                of_support.push_back(Arc::clone(&funding));
            }
            let of_firm = self.index.funding_of_firm.entry(funding.firm).or_default();
            of_firm.push_back(Arc::clone(&funding));
            self.other_funding.push_back(funding);
        }
    }

    pub(crate) fn insert_adverse(&mut self, recorded: &Recorded, decision: AdverseDecision) -> Result<(), Impossible> {
        let (id, firm) = (decision.id, decision.intended.firm);
        self.index.adverse_of_firm.entry(firm).or_default().insert(id);
        match self.adverse.insert(id, Arc::new(decision)) {
            None => Ok(()),
            Some(_) => Err(Impossible::at(recorded, format!("决定 {id} 重复"))),
        }
    }

    pub(crate) fn adverse_mut(
        &mut self,
        recorded: &Recorded,
        id: AdverseId,
    ) -> Result<&mut AdverseDecision, Impossible> {
        let decision = self.adverse.get_mut(&id).map(Arc::make_mut);
        decision.ok_or_else(|| Impossible::at(recorded, format!("没有决定 {id}")))
    }

    pub(crate) fn insert_objection(&mut self, said: Objection, recorded: &Recorded) {
        self.objections.insert(said.id, Arc::new(Answered::open(said, recorded)));
    }

    pub(crate) fn objection_mut(&mut self, id: ObjectionId) -> Option<&mut Answered<Objection>> {
        self.objections.get_mut(&id).map(Arc::make_mut)
    }

    pub(crate) fn insert_complaint(&mut self, said: Complaint, recorded: &Recorded) {
        self.complaints.insert(said.id, Arc::new(Answered::open(said, recorded)));
    }

    pub(crate) fn complaint_mut(&mut self, id: ComplaintId) -> Option<&mut Answered<Complaint>> {
        self.complaints.get_mut(&id).map(Arc::make_mut)
    }

    pub(crate) fn insert_report(&mut self, said: Report, recorded: &Recorded) {
        self.reports.insert(said.id, Arc::new(Answered::open(said, recorded)));
    }

    pub(crate) fn report_mut(&mut self, id: ReportId) -> Option<&mut Answered<Report>> {
        self.reports.get_mut(&id).map(Arc::make_mut)
    }
}

const fn notice_of(case: &Case) -> Option<NoticeId> {
    match &case.stage {
        case::Stage::Noticed { notice, .. } => Some(*notice),
        _ => None,
    }
}
