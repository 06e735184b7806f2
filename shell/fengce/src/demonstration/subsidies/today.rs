//! What is under way today: a case at every stage, so that everybody who signs in has work, and an open call for which
//! the firms `qiye` and `qiye2` have not applied.

use cases::Command;
use cases::adverse::Kind;
use cases::case::Act;
use cases::challenge::{self, Against};
use cases::{ComplaintId, ObjectionId, ReportId};
use jiff::civil::date;
use kernel::{Date, Money};

use super::Story;
use super::calls::{Batch, keys};
use super::year::fen;

/// The year is over and paid: from this day on there is a call under way, as long as the fund rules hold.
const FROM: Date = date(2026, 10, 1);
/// When the fund rules and their reviews end.
const UNTIL: Date = date(2027, 12, 31);

impl Story<'_> {
    pub(super) fn under_way(&mut self) {
        if !(FROM..=UNTIL).contains(&self.agenda.before()) {
            return;
        }
        self.second_call();
        self.current_call();
        self.publish(Batch::Offered);
        self.offer(Batch::Offered, 47, self.before(3), true);
    }

    /// Claims 31–38 and 48: one paid, one failed after payment, one with a voucher a fen short, and one at every stage
    /// before.
    fn second_call(&mut self) {
        self.publish(Batch::Second);
        for (nth, number) in (31..=38).chain([48]).enumerate() {
            let filed = self.before(60 - nth as i64);
            self.apply(Batch::Second, number, filed);
            let passed = self.after(filed, 4);
            self.pass(number, passed);
            self.recommend(number, self.after(passed, 6));
        }
        self.settle(Batch::Second, self.before(20));
        let decided = [(31, 20_000_000), (32, 32_716_055), (33, 13_750_000), (34, 41_000_001), (48, 30_600_000)];
        self.meet(Batch::Second, "封测费用第二批之一", self.before(19), &fen(decided));
        self.notice(Batch::Second, "封测费用第二批之一", self.before(18), &[31, 32, 33, 34, 48]);
        self.plan(Batch::Second, "封测费用第二批之一", self.before(10), &[31, 32, 33, 48]);
        let (first, second) = (self.cast.finance.clone(), self.cast.second_finance.clone());
        self.order(&first, self.before(8), &[31, 32, 48], &[], false);
        let on = self.before(5);
        let rows = [("国库-0331", 31, 20_000_000), ("国库-0332", 32, 32_716_054), ("国库-0348", 48, 30_600_000)];
        let rows = rows.map(|(name, number, fen)| self.voucher(name, number, Money::from_fen(fen), on));
        self.import(&second, self.before(4), "国库拨款回单-第二批", rows.into_iter().flatten().collect());
        self.accept(48, self.before(2), false);
        self.meet(Batch::Second, "封测费用第二批之二", self.before(5), &fen([(35, 27_777_778)]));
        self.notice(Batch::Second, "封测费用第二批之二", self.before(3), &[35]);
        self.meet(Batch::Second, "封测费用第二批之三", self.before(2), &fen([(36, 16_500_000)]));
        let officer = self.cast.second_city.clone();
        let reasons = "发票对应的服务地点与申报材料不符（示例）";
        self.propose_adverse(&officer, (self.before(2), 16), "不予支持（第 38 件）", 38, Kind::Rejection, reasons);
        self.said_lately();
    }

    /// An objection, a complaint and a report that wait for an answer.
    fn said_lately(&mut self) {
        let statement = self.agenda.statement("对示例第 35 件的公示有异议：认为其申报金额有误（示例数据）".to_owned());
        let id = ObjectionId(self.id("objection 35"));
        let object = challenge::Command::Object { id, case: self.case(35), statement, contact: None };
        self.agenda.publicly((self.before(1), 11), "提出异议", Command::Challenge(object));
        let statement = self.agenda.statement("示例第 33 件：认为经办人员答复迟缓（示例数据）".to_owned());
        let against = Against::Office(self.cast.finance.organisation.clone());
        let id = ComplaintId(self.id("complaint 33"));
        let complain = challenge::Command::Complain { id, case: self.case(33), against, statement, contact: None };
        let filer = self.filer(33);
        self.agenda.note((self.before(2), 10), &filer, "投诉", Command::Challenge(complain));
        let statement = self.agenda.statement("示例第 31 件：反映申报的服务没有实际发生（示例数据）".to_owned());
        let id = ReportId(self.id("report 31"));
        let report = challenge::Command::Report { id, case: self.case(31), statement, contact: None };
        self.agenda.publicly((self.before(2), 11), "举报", Command::Challenge(report));
    }

    /// Claims 39–46 on the open call: from the district's desk to the recommendation.
    fn current_call(&mut self) {
        self.publish(Batch::Current);
        for number in [39, 40] {
            self.apply(Batch::Current, number, self.before(3));
        }
        self.apply(Batch::Current, 41, self.before(7));
        let returned = self.before(3);
        let officer = self.district(41, returned);
        let reason = "发票清单与合同金额不一致，请重新上传发票（示例）".to_owned();
        self.act(41, (returned, 14), &officer, Act::Return { reason, wanted: keys(&["invoices"]) });
        for number in 42..=46 {
            self.apply(Batch::Current, number, self.before(14));
            self.pass(number, self.before(12));
        }
        for (number, chosen) in [(43, 4), (44, 11), (45, 11), (46, 11)] {
            self.choose_auditor(number, self.before(chosen));
        }
        let verified = [(44, 1_140_000_000), (45, 266_660_000), (46, 505_050_505)];
        for (number, verified) in verified {
            self.audit(number, self.before(9), Money::from_fen(verified));
        }
        self.seat(44, self.before(2), &[(0, 0), (1, 0)]);
        self.review(45, self.before(7), &[(1, 82), (2, 79)]);
        self.review(46, self.before(8), &[(0, 88), (2, 91)]);
        self.recommend(46, self.before(3));
    }
}
