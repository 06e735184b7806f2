//! Single steps of a case, from the claim to the voucher.

use std::collections::BTreeMap;

use cases::case::Act;
use cases::material::{Changes, Material};
use cases::meeting::Meeting;
use cases::notice::Publication;
use cases::payment::{Channel, NewOrder};
use cases::support::Received;
use cases::voucher::{Payee, Voucher};
use cases::{Command, FundingPlanId, MeetingId, NoticeId, OrderId, VoucherNumber};
use kernel::{Date, Digest, Evidence, Money, Rate};
use subsidy::facts::{Facts, InvestmentProof};
use subsidy::{Claim, Filed};

use super::super::agenda::Hand;
use super::Story;
use super::calls::{Batch, checklist};
use super::claims::{self, Number};

impl Story<'_> {
    /// Notes an act on a case.
    pub(super) fn act(&mut self, number: Number, at: (Date, i8), hand: &Hand, act: Act) {
        let case = self.case(number);
        let what = format!("办件 {number}");
        self.agenda.approve(at, hand, what, Command::Case { case, expected: None, act });
    }

    pub(super) fn claim(
        &self,
        batch: Batch,
        number: Number,
        proof: Option<InvestmentProof>,
    ) -> Option<(Claim, Material)> {
        let (claim, supports) = claims::claim(self.world, (number, self.firm(number)), self.year_of(batch), proof)?;
        let digest = claim.filed_digest();
        let material = Material {
            claim: digest,
            applied: applied(&claim),
            project: None,
            items: BTreeMap::new(),
            supports,
            received: Vec::new(),
        };
        Some((claim, material))
    }

    /// A file for every item of the checklist but `without`.
    pub(super) fn items(
        &mut self,
        batch: Batch,
        number: Number,
        without: &str,
    ) -> BTreeMap<cases::ItemKey, Vec<Evidence>> {
        let mut items = BTreeMap::new();
        for (key, title, _) in checklist(batch.benefit()).iter().filter(|(key, ..)| *key != without) {
            let Ok(parsed) = key.parse() else { continue };
            let files = match *key {
                "invoices" => self.invoices(batch, number),
                _ => {
                    let text = format!("申报单位：{}\n办件：示例第 {number} 件", self.firm(number).name);
                    vec![self.paper(title, &text)]
                }
            };
            items.insert(parsed, files);
        }
        items
    }

    /// Its invoices as their files: the first as XML, another as OFD.
    fn invoices(&mut self, batch: Batch, number: Number) -> Vec<Evidence> {
        let Some(customer) = claims::customer(self.world) else { return Vec::new() };
        let (seller, buyer) = (self.firm(number).clone(), (customer.code, customer.name.as_str()));
        let invoices = claims::invoices(number, self.year_of(batch)).into_iter().enumerate();
        let mut files = Vec::new();
        for (nth, claims::Invoice { number, net, tax, on, .. }) in invoices {
            let invoice = upload::example::invoice(&number, on, (seller.code, &seller.name), buyer, net, tax);
            let (ending, content) = match (nth, upload::example::ofd(&invoice)) {
                (1, Ok(content)) => ("ofd", content),
                _ => ("xml", upload::example::xml(&invoice).into_bytes()),
            };
            files.push(self.agenda.file(format!("发票-{number}（示例）.{ending}"), content));
        }
        files
    }

    /// The firm applies: the claim's facts and the case in one act.
    pub(super) fn apply(&mut self, batch: Batch, number: Number, day: Date) {
        self.apply_with(batch, number, day, "", Vec::new());
    }

    pub(super) fn apply_with(
        &mut self,
        batch: Batch,
        number: Number,
        day: Date,
        without: &str,
        received: Vec<Received>,
    ) {
        let Some((claim, material)) = self.claim(batch, number, None) else { return };
        let material = Material { items: self.items(batch, number, without), received, ..material };
        let (case, call, filer) = (self.case(number), self.call(batch), self.filer(number));
        let applicant = self.applicant(number, day);
        let filed = Filed { claim_id: office::claims::claim_of(case), firm: applicant.firm, claim };
        let submit = Command::Submit { case, call, applicant, material };
        let act = office::Act::together(subsidy::Command::FileClaim(filed), [submit.into()]);
        self.agenda.together((day, 10), &filer, format!("办件 {number} 申报"), act);
    }

    pub(super) fn pass(&mut self, number: Number, day: Date) {
        let officer = self.district(number, day);
        let opinion = "经现场核实，申报内容属实（示例）".to_owned();
        self.act(number, (day, 14), &officer, Act::PassDistrict { opinion });
    }

    /// Asks these of the three experts, who score on the two days after.
    pub(super) fn review(&mut self, number: Number, day: Date, panel: &[(usize, u8)]) {
        self.seat(number, day, panel);
        for (nth, (expert, points)) in panel.iter().enumerate() {
            let day = self.after(day, 1 + nth as i64);
            self.score(number, day, *expert, *points);
        }
    }

    pub(super) fn seat(&mut self, number: Number, day: Date, panel: &[(usize, u8)]) {
        let seats = panel.iter().filter_map(|(expert, _)| {
            let hand = &self.cast.experts.get(*expert)?.hand;
            Some((hand.person, hand.organisation.clone()))
        });
        let seats = seats.collect();
        let city = self.cast.city.clone();
        self.act(number, (day, 11), &city, Act::SeatExperts { seats });
    }

    pub(super) fn score(&mut self, number: Number, day: Date, expert: usize, points: u8) {
        let Some(hand) = self.cast.experts.get(expert).map(|expert| expert.hand.clone()) else { return };
        self.act(number, (day, 16), &hand, Act::Score { points, opinion: "同意支持（示例）".to_owned() });
    }

    pub(super) fn choose_auditor(&mut self, number: Number, day: Date) {
        let (city, auditor) = (self.cast.city.clone(), self.cast.auditor.organisation.clone());
        self.act(number, (day, 11), &city, Act::ChooseAuditor { auditor });
    }

    pub(super) fn audit(&mut self, number: Number, day: Date, verified: Money) {
        let report = self.paper(&format!("第 {number} 件专项审计报告"), &format!("核定基数 {verified} 元"));
        let (opinion, auditor) = (format!("核定基数 {verified} 元（示例）"), self.cast.auditor.clone());
        self.act(number, (day, 15), &auditor, Act::FileAudit { verified, opinion, report });
    }

    pub(super) fn recommend(&mut self, number: Number, day: Date) {
        let city = self.cast.city.clone();
        self.act(number, (day, 16), &city, Act::Recommend { opinion: "符合条件，拟予支持（示例）".to_owned() });
    }

    /// The second officer records the meeting: the first recommended the cases.
    pub(super) fn meet(&mut self, batch: Batch, name: &str, day: Date, amounts: &[(Number, Money)]) {
        let minutes = self.paper(&format!("{name}审定会议纪要"), &format!("会议审定 {} 件", amounts.len()));
        let hand = self.cast.second_city.clone();
        let meeting = Meeting {
            id: MeetingId(self.id(&format!("meeting {name}"))),
            call: self.call(batch),
            on: day,
            minutes,
            attendees: [hand.person, self.cast.third_city.person, self.cast.working_group.person].into(),
            recused: BTreeMap::new(),
        };
        let resolutions = amounts.iter().map(|(number, amount)| (self.case(*number), *amount)).collect();
        self.agenda.approve((day, 15), &hand, name, Command::HoldMeeting { meeting, resolutions });
    }

    /// The third officer publishes what the meeting decided.
    pub(super) fn notice(&mut self, batch: Batch, name: &str, day: Date, numbers: &[Number]) {
        let capture = self.paper(&format!("{name}公示页面"), "公示期内如有异议，请以书面形式反映。");
        let id = NoticeId(self.id(&format!("notice {name}")));
        let url = format!("https://example.org/shili/gongshi/{}", id.0.simple());
        let cases = numbers.iter().map(|number| self.case(*number)).collect();
        let publication = Publication { id, call: self.call(batch), url, capture, on: day, cases };
        let hand = self.cast.third_city.clone();
        self.agenda.approve((day, 11), &hand, name, Command::PublishNotice(publication));
    }

    pub(super) fn plan(&mut self, batch: Batch, name: &str, day: Date, numbers: &[Number]) {
        let document = self.paper(&format!("{name}资金计划"), &format!("列入 {} 件", numbers.len()));
        let plan = FundingPlanId(self.id(&format!("plan {name}")));
        let cases = numbers.iter().map(|number| self.case(*number)).collect();
        let number = format!("示例经信财〔{}〕{name}", day.year());
        let hand = self.cast.second_city.clone();
        let command = Command::PlanFunding { plan, call: self.call(batch), number, document, cases };
        self.agenda.approve((day, 11), &hand, name, command);
    }

    fn order_id(&self, number: Number, again: bool) -> OrderId {
        OrderId(self.id(&format!("order {number} {again}")))
    }

    /// Orders payment, through the district for those named in `through`; `again`: after the bank had sent it back.
    pub(super) fn order(&mut self, hand: &Hand, day: Date, numbers: &[Number], through: &[Number], again: bool) {
        let one = |number: &Number| NewOrder {
            id: self.order_id(*number, again),
            case: self.case(*number),
            channel: if through.contains(number) {
                Channel::District(self.applicant(*number, day).district)
            } else {
                Channel::Treasury
            },
            // Stands for the account until it is kept in the vault.
            account: Digest::of(self.firm(*number).code.as_str().as_bytes()),
        };
        let orders = numbers.iter().map(one).collect();
        self.agenda.approve((day, 10), hand, "下达拨付指令", Command::IssueOrders(orders));
    }

    /// A row of the treasury's file: paid to the firm.
    pub(super) fn voucher(&self, name: &str, number: Number, amount: Money, on: Date) -> Option<Voucher> {
        let payee = Payee::Firm(self.firm(number).code);
        Some(Voucher { number: voucher_number(name)?, amount, on, payee, order: None })
    }

    /// Finance imports a file of the treasury's.
    pub(super) fn import(&mut self, hand: &Hand, day: Date, name: &str, vouchers: Vec<Voucher>) {
        let mut text = "凭证号,金额（元）,付款日期,收款人\n".to_owned();
        for Voucher { number, amount, on, payee, .. } in &vouchers {
            let payee = match payee {
                Payee::Firm(code) => code.to_string(),
                Payee::District(code) => code.to_string(),
            };
            text += &format!("{number},{},{on},{payee}\n", amount.plain());
        }
        let file = self.agenda.paper(format!("{name}（示例）.csv"), text);
        self.agenda.approve((day, 15), hand, "导入凭证", Command::ImportVouchers { file, vouchers });
    }

    pub(super) fn accept(&mut self, number: Number, day: Date, passed: bool) {
        let report = self.paper(&format!("第 {number} 件验收报告"), if passed { "验收通过" } else { "验收未通过" });
        let opinion = if passed {
            "服务真实，验收通过（示例）"
        } else {
            "部分封测服务没有实际发生（示例）"
        };
        let city = self.cast.city.clone();
        self.act(number, (day, 15), &city, Act::Accept { passed, opinion: opinion.to_owned(), report });
    }

    /// The firm sends in what was asked for, and nothing else.
    pub(super) fn complete(&mut self, batch: Batch, number: Number, day: Date, wanted: &str) {
        let mut items = self.items(batch, number, "");
        items.retain(|key, _| key.as_str() == wanted);
        let filer = self.filer(number);
        self.act(number, (day, 10), &filer, Act::Resubmit { changes: Changes { items, ..Changes::default() } });
    }
}

/// The number of a voucher of the story.
pub fn voucher_number(name: &str) -> Option<VoucherNumber> {
    format!("示例-{name}").parse().ok()
}

/// What a firm asks for: the clause's rate of all it paid or earned, as firms do.
fn applied(claim: &Claim) -> Money {
    let (rate, base, most) = match &claim.facts {
        Facts::LoanInterest(facts) => (500_000, facts.loans.iter().map(|loan| loan.paid).sum(), 20_000_000),
        Facts::TestFees(facts) => (50_000, facts.lines.iter().map(|line| line.net).sum(), 2_000_000),
        Facts::OperatingCost(facts) => (100_000, facts.parts.iter().copied().sum::<Money>(), 4_000_000),
        // What a district grants is a fixed amount: firms name the most there is.
        _ => return Money::from_yuan(5_000_000),
    };
    let asked = Rate::from_parts_per_million(rate).of(base, kernel::money::Rounding::HalfUp).unwrap_or_default();
    asked.min(Money::from_yuan(most))
}
