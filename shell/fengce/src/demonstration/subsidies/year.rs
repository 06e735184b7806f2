//! The four calls of the year that is over: thirty claims, every way off the straight path once.

use std::collections::BTreeSet;

use cases::adverse::{self, Kind, Method, Remedy, Statement};
use cases::case::Act;
use cases::challenge::{self, Against};
use cases::document::Citation;
use cases::material::Changes;
use cases::proactive::{MatchedFact, Proposal};
use cases::support::{OtherFunding, Received};
use cases::voucher::Payee;
use cases::{AdverseId, Command, ComplaintId, ObjectionId, ReportId};
use jiff::civil::date;
use kernel::{Date, Money};
use subsidy::Filed;
use subsidy::facts::InvestmentProof;

use super::super::agenda::Hand;
use super::super::cast::key;
use super::Story;
use super::calls::{Batch, keys};
use super::claims::Number;
use super::steps::voucher_number;

/// What the first meeting decided on test fees, in fen: everybody's share of 4,000,000 元.
const FEES_DECIDED: [(Number, i64); 15] = [
    (1, 30_934_983),
    (2, 19_562_495),
    (4, 40_055_054),
    (5, 24_815_939),
    (6, 18_187_559),
    (7, 12_762_483),
    (8, 40_201_822),
    (9, 7_874_495),
    (10, 25_684_497),
    (11, 31_938_146),
    (12, 21_058_097),
    (13, 45_466_346),
    (14, 6_026_728),
    (15, 65_407_725),
    (16, 10_023_631),
];
/// After the objection against it was upheld: some of its invoices were another's.
const FEES_DECIDED_AGAIN: (Number, i64) = (5, 15_000_000);
/// What the meeting decided on interest: the fourth gets what is left of 18,000,000 元, two wait.
const INTEREST_DECIDED: [(Number, i64); 4] =
    [(17, 662_986_301), (18, 400_000_000), (19, 588_000_000), (21, 149_013_699)];
/// On platforms: by score, the last at its cap.
const PLATFORM_DECIDED: [(Number, i64); 3] = [(24, 177_320_000), (25, 124_929_071), (26, 400_000_000)];
/// On what was offered, and applied for by the one whose facts did not suffice.
const PROACTIVE_DECIDED: [(Number, i64); 3] = [(27, 200_000_000), (29, 27_160_549), (30, 16_050_000)];

const fn day(month: i8, day: i8) -> Date {
    date(2026, month, day)
}

pub(super) fn fen<const N: usize>(decided: [(Number, i64); N]) -> [(Number, Money); N] {
    decided.map(|(number, fen)| (number, Money::from_fen(fen)))
}

fn numbers<const N: usize>(decided: [(Number, i64); N]) -> Vec<Number> {
    decided.iter().map(|(number, _)| *number).collect()
}

/// Where a firm may turn.
pub(super) fn remedy() -> Remedy {
    Remedy { reconsideration: "示例市人民政府".to_owned(), court: "示例区人民法院".to_owned() }
}

/// What decisions against a firm rest on.
pub(super) fn citation() -> Citation {
    Citation {
        document: "集成电路封测产业专项资金管理办法（示例）".to_owned(),
        number: "示例经信规范〔2025〕1号".to_owned(),
        article: "第十二条".to_owned(),
    }
}

impl Story<'_> {
    /// 封测费用补助: reduced to the budget.
    pub(super) fn fees(&mut self) {
        self.publish(Batch::Fees);
        self.other_funding();
        for number in 1..=16 {
            self.one_of_fees(number);
        }
        self.rejection();
        self.settle(Batch::Fees, day(4, 3));
        self.meet(Batch::Fees, "封测费用第一批", day(4, 8), &fen(FEES_DECIDED));
        self.notice(Batch::Fees, "封测费用第一批", day(4, 10), &numbers(FEES_DECIDED));
        self.said_against();
        let confirmed: Vec<Number> = numbers(FEES_DECIDED).into_iter().filter(|number| *number != 5).collect();
        self.plan(Batch::Fees, "封测费用第一批", day(4, 24), &confirmed);
        let (first, second) = (self.cast.finance.clone(), self.cast.second_finance.clone());
        self.order(&first, day(4, 28), &confirmed, &[9], false);
        self.money_goes_out(&second, &confirmed);
        self.sent_back_by_the_bank(&first, &second);
        self.decided_again(&first, &second);
        for number in numbers(FEES_DECIDED) {
            self.accept(number, day(9, 14 + i8::try_from(number % 4).unwrap_or(0)), number != 8);
        }
        self.clawback(&first);
        // The budget without claim 5's share, with what it got in the end; then without what came back.
        let (half, end) = (Money::from_fen(390_184_061), Money::from_fen(349_982_239));
        self.judge(Batch::Fees, Some((day(7, 6), 15, half)), (day(10, 28), 14, end));
    }

    fn one_of_fees(&mut self, number: Number) {
        let nth = i64::from(number);
        let filed = self.after(day(1, 26), 1 + nth * 4 / 3);
        let received = match number {
            13 => vec![Received {
                department: "示例市科技局".to_owned(),
                document: "示例科〔2025〕7号".to_owned(),
                amount: Money::from_yuan(50_000),
            }],
            _ => Vec::new(),
        };
        self.apply_with(Batch::Fees, number, filed, if number == 2 { "contract" } else { "" }, received);
        let mut passed = self.after(filed, 4);
        if number == 2 {
            // Sent back for its contract; nothing else is typed again.
            let officer = self.district(2, passed);
            let reason = "缺少封测服务合同，请补充（示例）".to_owned();
            self.act(2, (passed, 14), &officer, Act::Return { reason, wanted: keys(&["contract"]) });
            let again = self.after(passed, 3);
            self.complete(Batch::Fees, 2, again, "contract");
            passed = self.after(again, 3);
        }
        self.pass(number, passed);
        let seated = self.after(passed, 2);
        let panel = match nth % 3 {
            _ if number == super::claims::RELATED => {
                let (city, person) =
                    (self.cast.city.clone(), self.cast.experts.get(2).map(|expert| expert.hand.person));
                let Some(person) = person else { return };
                let grounds = "系申报企业控股股东的独立董事（持股 60%、任独立董事），依规回避（示例）".to_owned();
                self.act(number, (seated, 10), &city, Act::Recuse { person, grounds });
                [0, 1]
            }
            0 => [0, 1],
            1 => [1, 2],
            _ => [0, 2],
        };
        let points = |expert: usize| 60 + u8::try_from((nth * 7 + expert as i64 * 5) % 40).unwrap_or(0);
        self.review(number, seated, &panel.map(|expert| (expert, points(expert))));
        if number != 3 {
            self.recommend(number, self.after(seated, 5));
        }
    }

    /// Money of another department: imported, and declared by the firm.
    fn other_funding(&mut self) {
        let file = self.paper("示例市科技局下达计划", "示例科〔2025〕7号");
        let row = OtherFunding {
            firm: self.firm(13).code,
            department: "示例市科技局".to_owned(),
            programme: "示例研发补助".to_owned(),
            document: "示例科〔2025〕7号".to_owned(),
            amount: Money::from_yuan(50_000),
            on: date(2025, 11, 3),
            supports: BTreeSet::new(),
            file: file.digest,
        };
        let finance = self.cast.finance.clone();
        self.agenda.approve((day(1, 20), 15), &finance, "导入其他部门资金", Command::ImportOtherFunding(vec![row]));
    }

    fn adverse(&mut self, hand: &Hand, at: (Date, i8), name: &str, act: adverse::Act) {
        let adverse = AdverseId(self.id(name));
        self.agenda.approve(at, hand, name, Command::Adverse { adverse, expected: None, act });
    }

    pub(super) fn propose_adverse(
        &mut self,
        hand: &Hand,
        at: (Date, i8),
        name: &str,
        number: Number,
        kind: Kind,
        reasons: &str,
    ) {
        let notice = self.paper(&format!("{name}事先告知书"), reasons);
        let (adverse, case) = (AdverseId(self.id(name)), self.case(number));
        let basis = vec![citation()];
        let command = Command::ProposeAdverse { adverse, case, kind, reasons: reasons.to_owned(), basis, notice };
        self.agenda.approve(at, hand, name, command);
    }

    fn make_and_serve(&mut self, hand: &Hand, on: Date, served: Date, name: &str, answer: &str) {
        let document = self.paper(&format!("{name}决定书"), answer);
        let make = adverse::Act::Make { document, answer: Some(answer.to_owned()), remedy: remedy() };
        self.adverse(hand, (on, 15), name, make);
        let proof = self.paper(&format!("{name}送达回证"), "法定代表人签收");
        let serve = adverse::Act::Serve { method: Method::Direct, on: served, proof };
        self.adverse(hand, (served, 15), name, serve);
    }

    /// Claim 3: told, heard, rejected, served.
    fn rejection(&mut self) {
        const NAME: &str = "不予支持（第 3 件）";
        let (first, second) = (self.cast.city.clone(), self.cast.second_city.clone());
        let reasons = "合同显示产能只为自用，没有向行业企业开放（示例）";
        self.propose_adverse(&first, (day(3, 5), 15), NAME, 3, Kind::Rejection, reasons);
        let file = self.paper("第 3 件陈述申辩书", "要求听证");
        let filer = self.filer(3);
        self.adverse(&filer, (day(3, 10), 10), NAME, adverse::Act::Speak(Statement { file, hearing: true }));
        let record = self.paper("第 3 件听证笔录", "双方陈述如下……");
        self.adverse(&second, (day(3, 18), 10), NAME, adverse::Act::RecordHearing { record });
        self.make_and_serve(&second, day(3, 24), day(3, 26), NAME, "听证中未能提供对外服务的证据，不予采纳（示例）");
    }

    /// Two objections, a complaint about staff, a report against a project.
    fn said_against(&mut self) {
        for number in [5, 6] {
            let statement =
                self.agenda.statement(format!("对示例第 {number} 件的公示有异议：认为其申报的发票有误（示例数据）"));
            let id = ObjectionId(self.id(&format!("objection {number}")));
            let case = self.case(number);
            let object = challenge::Command::Object { id, case, statement, contact: None };
            self.agenda.publicly((day(4, 15), 11), "提出异议", Command::Challenge(object));
            let (upheld, reasons) = match number {
                5 => (true, "经核实，部分发票属另一企业的服务，异议成立，重新审定（示例）"),
                _ => (false, "经核对合同与发票，申报属实，异议不成立（示例）"),
            };
            let answer = challenge::Command::AnswerObjection { id, upheld, reasons: reasons.to_owned() };
            let city = self.cast.city.clone();
            self.agenda.approve((day(4, 20), 15), &city, "答复异议", Command::Challenge(answer));
        }
        let id = ComplaintId(self.id("complaint 10"));
        let statement = self.agenda.statement("示例第 10 件：认为经办人员答复迟缓（示例数据）".to_owned());
        let against = Against::Person(self.cast.second_city.person);
        let complain = challenge::Command::Complain { id, case: self.case(10), against, statement, contact: None };
        let filer = self.filer(10);
        self.agenda.note((day(4, 16), 10), &filer, "投诉", Command::Challenge(complain));
        let reasons = "经调阅办理记录，各环节均在时限内（示例）".to_owned();
        let answer = challenge::Command::AnswerComplaint { id, upheld: false, reasons };
        let group = self.cast.working_group.clone();
        self.agenda.approve((day(4, 24), 15), &group, "答复投诉", Command::Challenge(answer));
        let id = ReportId(self.id("report 11"));
        let statement = self.agenda.statement("示例第 11 件：反映申报的服务没有实际发生（示例数据）".to_owned());
        let report = challenge::Command::Report { id, case: self.case(11), statement, contact: None };
        self.agenda.publicly((day(4, 17), 11), "举报", Command::Challenge(report));
        let close =
            challenge::Command::CloseReport { id, upheld: false, reasons: "查无实据（示例）".to_owned() };
        let discipline = self.cast.discipline.clone();
        self.agenda.approve((day(5, 15), 15), &discipline, "办结举报", Command::Challenge(close));
    }

    /// One file of the treasury's pays them all; the ninth is paid through its district, which pays a week later.
    fn money_goes_out(&mut self, importer: &Hand, confirmed: &[Number]) {
        let decided = fen(FEES_DECIDED);
        let amount = |number: Number| decided.iter().find(|(of, _)| *of == number).map(|(_, amount)| *amount);
        let mut rows = Vec::new();
        for number in confirmed {
            let Some(amount) = amount(*number) else { continue };
            let row = self.voucher(&format!("国库-2026-{:04}", 100 + u16::from(*number)), *number, amount, day(5, 6));
            let Some(mut row) = row else { continue };
            if *number == 9 {
                row.payee = Payee::District(self.applicant(9, day(4, 28)).district);
            }
            rows.push(row);
        }
        self.import(importer, day(5, 8), "国库拨款回单-0508", rows);
        let second_leg = amount(9).and_then(|amount| self.voucher("区县-2026-0009", 9, amount, day(5, 14)));
        self.import(importer, day(5, 15), "区县财政拨款回单-0515", second_leg.into_iter().collect());
    }

    fn sent_back_by_the_bank(&mut self, first: &Hand, second: &Hand) {
        let proof = self.paper("银行退票通知", "户名不符");
        let Some(voucher) = voucher_number("国库-2026-0107") else { return };
        let (on, reason) = (day(5, 11), "收款户名不符（示例）".to_owned());
        let back = Command::ReturnVoucher { voucher, on, reason, proof };
        self.agenda.approve((day(5, 13), 15), first, "登记银行退回", back);
        self.order(second, day(5, 18), &[7], &[], true);
        let again = self.voucher("国库-2026-0207", 7, Money::from_fen(12_762_483), day(5, 20));
        self.import(first, day(5, 22), "国库拨款回单-0522", again.into_iter().collect());
    }

    /// Claim 5, after the objection against it was upheld.
    fn decided_again(&mut self, first: &Hand, second: &Hand) {
        let decided = fen([FEES_DECIDED_AGAIN]);
        self.meet(Batch::Fees, "封测费用第一批复议", day(5, 6), &decided);
        self.notice(Batch::Fees, "封测费用第一批复议", day(5, 8), &[5]);
        self.plan(Batch::Fees, "封测费用第一批复议", day(5, 22), &[5]);
        self.order(first, day(5, 26), &[5], &[], false);
        let row = self.voucher("国库-2026-0205", 5, decided[0].1, day(5, 28));
        self.import(second, day(5, 29), "国库拨款回单-0529", row.into_iter().collect());
    }

    /// Claim 8 failed its acceptance: the whole comes back in two instalments.
    fn clawback(&mut self, finance: &Hand) {
        const NAME: &str = "追回（第 8 件）";
        let (second, third) = (self.cast.second_city.clone(), self.cast.third_city.clone());
        let kind = Kind::Clawback(Money::from_fen(40_201_822));
        self.propose_adverse(&second, (day(9, 17), 15), NAME, 8, kind, "验收认定部分封测服务没有实际发生（示例）");
        let file = self.paper("第 8 件陈述申辩书", "愿意分两次退还");
        let filer = self.filer(8);
        self.adverse(&filer, (day(9, 21), 10), NAME, adverse::Act::Speak(Statement { file, hearing: false }));
        self.make_and_serve(&third, day(9, 28), day(9, 29), NAME, "同意在期限内分两次退还（示例）");
        for (name, fen, on) in
            [("缴款-2026-0001", 20_000_000, day(10, 14)), ("缴款-2026-0002", 20_201_822, day(10, 26))]
        {
            let proof = self.paper(&format!("{name}缴款书"), "已缴入国库");
            let Some(receipt) = voucher_number(name) else { continue };
            let case = self.case(8);
            let command = Command::ReceiveInstalment { receipt, case, amount: Money::from_fen(fen), on, proof };
            self.agenda.approve((on, 15), finance, name, command);
        }
    }

    /// 贷款贴息: audited, in the order in which claims came.
    pub(super) fn interest(&mut self) {
        self.publish(Batch::Interest);
        let verified: [(Number, i64); 7] = [
            (17, 1_470_000_000),
            // The audit could not find a loan slip of half a month.
            (18, 800_000_000),
            (19, 1_176_000_000),
            (20, 570_000_000),
            (21, 391_500_000),
            (22, 735_000_000),
            (23, 313_500_000),
        ];
        for (number, verified) in verified {
            let filed = self.after(day(3, 1), i64::from(number - 16));
            self.apply(Batch::Interest, number, filed);
            let passed = self.after(filed, 4);
            self.pass(number, passed);
            self.choose_auditor(number, self.after(passed, 2));
            let audited = self.after(passed, 10);
            self.audit(number, audited, Money::from_fen(verified));
            let reviewed = self.after(audited, 4);
            match number {
                20 => {
                    let filer = self.filer(20);
                    let reason = "到位投资差一分钱未到五亿元，下一批次再报（示例）".to_owned();
                    self.act(20, (reviewed, 10), &filer, Act::Withdraw { reason });
                }
                21 => {
                    self.proven_anew(reviewed);
                    self.recommend(21, self.after(reviewed, 6));
                }
                _ => self.recommend(number, reviewed),
            }
        }
        self.settle(Batch::Interest, day(5, 11));
        self.meet(Batch::Interest, "贷款贴息", day(5, 15), &fen(INTEREST_DECIDED));
        let (first, second) = (self.cast.finance.clone(), self.cast.second_finance.clone());
        self.paid_smoothly(Batch::Interest, "贷款贴息", day(5, 18), &INTEREST_DECIDED, (&first, &second));
        let end = (day(10, 29), 4, Money::from_fen(1_800_000_000));
        self.judge(Batch::Interest, None, end);
    }

    /// Claim 21 is sent back by the city: its own statement proves no investment. It comes again with an audit.
    fn proven_anew(&mut self, day: Date) {
        let reason = "到位投资须有验资报告或专项审计报告，企业自行说明不予认可（示例）".to_owned();
        let city = self.cast.city.clone();
        self.act(21, (day, 10), &city, Act::Return { reason, wanted: keys(&["investment-proof"]) });
        let Some((claim, material)) = self.claim(Batch::Interest, 21, Some(InvestmentProof::SpecialAudit)) else {
            return;
        };
        let report = self.paper("第 21 件到位投资专项审计报告", "实际到位投资 610,000,000.00 元");
        let items = keys(&["investment-proof"]).into_iter().map(|key| (key, vec![report.clone()])).collect();
        let changes = Changes { claim: Some(material.claim), items, ..Changes::default() };
        let (case, filer) = (self.case(21), self.filer(21));
        let filed = Filed { claim_id: office::claims::claim_of(case), firm: self.firm(21).code, claim };
        let resubmit = Command::Case { case, expected: None, act: Act::Resubmit { changes } };
        let act = office::Act::together(subsidy::Command::FileClaim(filed), [resubmit.into()]);
        self.agenda.together((self.after(day, 3), 10), &filer, "办件 21 补正", act);
    }

    /// Published, planned, ordered, paid, and nothing happens meanwhile.
    fn paid_smoothly(
        &mut self,
        batch: Batch,
        name: &str,
        published: Date,
        decided: &[(Number, i64)],
        (orders, imports): (&Hand, &Hand),
    ) {
        let numbers: Vec<Number> = decided.iter().map(|(number, _)| *number).collect();
        self.notice(batch, name, published, &numbers);
        let planned = self.after(published, 9);
        self.plan(batch, name, planned, &numbers);
        let ordered = self.after(planned, 2);
        self.order(orders, ordered, &numbers, &[], false);
        let paid = self.after(ordered, 3);
        let row = |(number, fen): &(Number, i64)| {
            self.voucher(&format!("国库-2026-{:04}", 300 + u16::from(*number)), *number, Money::from_fen(*fen), paid)
        };
        let rows = decided.iter().filter_map(row).collect();
        let imported = self.after(paid, 2);
        self.import(imports, imported, &format!("国库拨款回单-{name}"), rows);
    }

    /// 公共服务平台奖励: by score.
    pub(super) fn platforms(&mut self) {
        self.publish(Batch::Platform);
        let points: [(Number, [u8; 3]); 3] = [(24, [88, 86, 92]), (25, [95, 90, 91]), (26, [91, 93, 90])];
        for (number, points) in points {
            let filed = self.after(day(3, 15), i64::from(number - 23) * 2);
            self.apply(Batch::Platform, number, filed);
            let passed = self.after(filed, 5);
            self.pass(number, passed);
            let seated = self.after(passed, 3);
            self.review(number, seated, &[(0, points[0]), (1, points[1]), (2, points[2])]);
            self.recommend(number, self.after(seated, 7));
        }
        self.settle(Batch::Platform, day(5, 12));
        self.meet(Batch::Platform, "平台奖励", day(5, 20), &fen(PLATFORM_DECIDED));
        let (first, second) = (self.cast.finance.clone(), self.cast.second_finance.clone());
        self.paid_smoothly(Batch::Platform, "平台奖励", day(5, 22), &PLATFORM_DECIDED, (&second, &first));
        for number in numbers(PLATFORM_DECIDED) {
            self.accept(number, day(10, 20), true);
        }
        let end = (day(10, 30), 3, Money::from_fen(702_249_071));
        self.judge(Batch::Platform, None, end);
    }

    /// 免申即享: two consent, one declines, one is invited to apply because a fact has no date.
    pub(super) fn proactive(&mut self) {
        self.publish(Batch::Proactive);
        for number in 27..=30 {
            self.offer(Batch::Proactive, number, day(4, 20), number != 30);
        }
        for number in [27, 29] {
            let filer = self.filer(number);
            self.act(number, (day(4, 27), 10), &filer, Act::Consent { received: Vec::new() });
        }
        let filer = self.filer(28);
        self.act(28, (day(4, 28), 10), &filer, Act::Decline { reason: "另行申报研发支持（示例）".to_owned() });
        self.apply(Batch::Proactive, 30, day(5, 11));
        self.pass(30, day(5, 18));
        self.recommend(30, day(5, 22));
        self.settle(Batch::Proactive, day(6, 8));
        self.meet(Batch::Proactive, "免申即享", day(6, 12), &fen(PROACTIVE_DECIDED));
        let (first, second) = (self.cast.finance.clone(), self.cast.second_finance.clone());
        self.paid_smoothly(Batch::Proactive, "免申即享", day(6, 15), &PROACTIVE_DECIDED, (&first, &second));
    }

    /// Offers an award for what the tax office's figures prove; without a date they prove nothing.
    pub(super) fn offer(&mut self, batch: Batch, number: Number, day: Date, proven: bool) {
        let Some((claim, material)) = self.claim(batch, number, None) else { return };
        let (case, call, city) = (self.case(number), self.call(batch), self.cast.city.clone());
        let year = self.year_of(batch);
        let file = self.paper(&format!("第 {number} 件开票汇总"), &format!("{year} 年开票合计"));
        let fact = MatchedFact {
            what: format!("{year} 年封装测试服务开票金额"),
            supplier: Some(key("tax-office")),
            authorisation: Some("示例数据共享授权书 3 号".to_owned()),
            file: Some(file),
            as_of: proven.then_some(day),
        };
        let applicant = self.applicant(number, day);
        let firm = applicant.firm;
        let offer = Command::Offer(Box::new(Proposal { case, call, applicant, material, facts: vec![fact] }));
        let what = format!("办件 {number} 推送免申即享");
        if proven {
            let filed = Filed { claim_id: office::claims::claim_of(case), firm, claim };
            let act = office::Act::together(subsidy::Command::FileClaim(filed), [offer.into()]);
            self.agenda.together((day, 15), &city, what, act);
        } else {
            self.agenda.approve((day, 15), &city, what, offer);
        }
    }
}
