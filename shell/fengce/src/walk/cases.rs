//! A fund rule, its review, calls and cases in the small city, under the ids that samples name: a claim that waits for its
//! district, one about to be rejected, one of an earlier call in public notice with an objection, and one that was paid
//! and whose money the bank sent back.

use std::collections::{BTreeMap, BTreeSet};

use accounts::GrantId;
use cases::call::{Act, Mode, PlanSentence, Route, Terms};
use cases::case::Act as CaseAct;
use cases::document::Document;
use cases::material::{Item, Material};
use cases::performance::{Figure, IndicatorKind, Sheet, Target};
use cases::reduction::Reduction;
use cases::support::Support;
use cases::{CallId, CaseId, FundRuleId, basis};
use kernel::{Actor, Money, Period, PersonId, Role};
use subsidy::facts::Facts;
use subsidy::filed::Filed;
use subsidy::{Claim, ClaimId};
use uuid::Uuid;

use super::{City, FIRM, acting, day, facts, firm, instant, person};

const RULE: &str = "00000000-0000-7000-8000-0000000000c3";
const CALL: &str = "00000000-0000-7000-8000-0000000000c1";
pub(super) const CASE: &str = "00000000-0000-7000-8000-0000000000c2";
/// The earlier call.
const EARLIER: &str = "00000000-0000-7000-8000-0000000000a1";
/// About to be rejected.
pub(super) const DISPUTED: &str = "00000000-0000-7000-8000-0000000000a2";
/// Of the earlier call, in public notice.
pub(super) const NOTICED: &str = "00000000-0000-7000-8000-0000000000a3";
const NOTICE: &str = "00000000-0000-7000-8000-0000000000c4";
const MEETING: &str = "00000000-0000-7000-8000-0000000000c5";
/// Of a call before that: paid, and sent back by the bank.
const PAID: &str = "00000000-0000-7000-8000-0000000000b4";
const PAID_CALL: &str = "00000000-0000-7000-8000-0000000000b5";
const PAID_MEETING: &str = "00000000-0000-7000-8000-0000000000b6";
const PAID_NOTICE: &str = "00000000-0000-7000-8000-0000000000b7";
const PLAN: &str = "00000000-0000-7000-8000-0000000000c6";
const ORDER: &str = "00000000-0000-7000-8000-0000000000c7";
const VOUCHER: &str = "示例-0001";
const ADVERSE: &str = "00000000-0000-7000-8000-0000000000c8";
const OBJECTION: &str = "00000000-0000-7000-8000-0000000000c9";
const COMPLAINT: &str = "00000000-0000-7000-8000-0000000000ca";
const REPORT: &str = "00000000-0000-7000-8000-0000000000cb";
const ISSUER: &str = "economy-information";
const SENTENCE: &str = "三(二)1-句1";

/// An officer of the department in charge.
pub(super) fn officer() -> Actor {
    acting(person(Role::CityOfficer), Role::CityOfficer, ISSUER)
}

/// A tenth of the loan: several projects of one firm share the cap of all its years.
fn of_a_project() -> Facts {
    let mut facts = facts();
    if let Facts::LoanInterest(interest) = &mut facts {
        for loan in &mut interest.loans {
            loan.principal = Money::from_yuan(30_000_000);
            loan.paid = Money::from_yuan(1_500_000);
        }
    }
    facts
}

fn route() -> Route {
    Route { district: true, audit: false, experts: 1, notice_working_days: 7, acceptance_months: Some(6) }
}

/// Colleagues of the bench's officer: nobody takes two following steps.
pub(super) fn colleague(number: u128) -> Actor {
    acting(PersonId(Uuid::from_u128(100 + number)), Role::CityOfficer, ISSUER)
}

/// An officer of the finance office.
pub(super) fn finance() -> Actor {
    acting(person(Role::Finance), Role::Finance, "finance")
}

/// Another.
pub(super) fn second_finance() -> Actor {
    acting(PersonId(Uuid::from_u128(151)), Role::Finance, "finance")
}

impl City {
    /// A programme, a call whose case was paid and sent back by the bank in part of its way, and one as far as its public
    /// notice; to be followed by [`Self::call_and_claim`] on a later day.
    pub(super) async fn earlier_calls(&self) {
        self.colleagues().await;
        self.programme().await;
        let title = "2025 年度贷款贴息第一批（示例）";
        self.noticed(title, (PAID_CALL, PAID, "示例项目丁"), ("2026-10-12", "2026-10-14"), (PAID_MEETING, PAID_NOTICE))
            .await;
        self.paid().await;
        self.clock.set(instant("2026-11-18T02:00:00Z"));
        let title = "2024 年度贷款贴息申报（示例）";
        self.noticed(title, (EARLIER, NOTICED, "示例项目甲"), ("2026-11-18", "2026-11-20"), (MEETING, NOTICE)).await;
    }

    /// A call of one day, and its case from the claim to the recommendation.
    pub(super) async fn recommended(&self, title: &str, (call, case, project): (&str, &str, &str), opens: &str) {
        let call = call.parse().unwrap();
        let opened = Period::new(day(opens), day(opens)).unwrap();
        self.publish(call, title, opened).await;
        self.claim(call, case, Some(project)).await;
        let case: CaseId = case.parse().unwrap();
        let act = |act| cases::Command::Case { case, expected: None, act };
        let district = acting(person(Role::DistrictOfficer), Role::DistrictOfficer, "500118");
        self.send(district, act(CaseAct::PassDistrict { opinion: "属实（示例）".into() })).await;
        let seats = BTreeMap::from([(person(Role::Expert), "experts".parse().unwrap())]);
        self.send(officer(), act(CaseAct::SeatExperts { seats })).await;
        let expert = acting(person(Role::Expert), Role::Expert, "experts");
        self.send(expert, act(CaseAct::Score { points: 86, opinion: "可行（示例）".into() })).await;
        self.send(colleague(1), act(CaseAct::Recommend { opinion: "同意（示例）".into() })).await;
    }

    /// As [`Self::recommended`], and on to its public notice.
    async fn noticed(
        &self,
        title: &str,
        of: (&str, &str, &str),
        (opens, decided): (&str, &str),
        (meeting_id, notice): (&str, &str),
    ) {
        self.recommended(title, of, opens).await;
        let (call, case): (CallId, CaseId) = (of.0.parse().unwrap(), of.1.parse().unwrap());
        self.clock.set(instant(&format!("{decided}T01:00:00Z")));
        let today = day(decided);
        self.due(decided).await;
        self.send(officer(), cases::Command::Call { call, expected: None, act: Act::Settle }).await;
        let meeting = cases::meeting::Meeting {
            id: meeting_id.parse().unwrap(),
            call,
            on: today,
            minutes: self.proof().await,
            attendees: colleague(2).person().into_iter().collect(),
            recused: BTreeMap::new(),
        };
        let share = self.hall.office.published().state.cases.case(case).unwrap().stage.ceiling();
        // Little for the first: the firm's cap has to reach for the claims that follow.
        let amount = if meeting_id == PAID_MEETING { share.min(Money::from_yuan(100_000)) } else { share };
        let resolutions = BTreeMap::from([(case, amount)]);
        self.send(colleague(2), cases::Command::HoldMeeting { meeting, resolutions }).await;
        let publication = cases::notice::Publication {
            id: notice.parse().unwrap(),
            call,
            url: "https://example.invalid/notice".to_owned(),
            capture: self.proof().await,
            on: today,
            cases: vec![case],
        };
        self.send(colleague(1), cases::Command::PublishNotice(publication)).await;
    }

    /// A call that is open, a claim that waits for its district, another about to be rejected, and what people said.
    pub(super) async fn call_and_claim(&self) {
        let call = CALL.parse().unwrap();
        let window = Period::new(day("2026-11-23"), day("2026-12-31")).unwrap();
        self.publish(call, "2025 年度贷款贴息申报（示例）", window).await;
        self.claim(call, CASE, None).await;
        self.claim(call, DISPUTED, Some("示例项目乙")).await;
        let propose = cases::Command::ProposeAdverse {
            adverse: ADVERSE.parse().unwrap(),
            case: DISPUTED.parse().unwrap(),
            kind: cases::adverse::Kind::Rejection,
            reasons: "借款合同与银行回单不符（示例）".to_owned(),
            basis: vec![cases::document::Citation {
                document: "示例专项资金管理办法".to_owned(),
                number: "示例〔2026〕1号".to_owned(),
                article: "第十二条".to_owned(),
            }],
            notice: self.proof().await,
        };
        self.send(colleague(2), propose).await;
        self.voices().await;
    }

    async fn voices(&self) {
        use cases::challenge::{Against, Command};
        let case = NOTICED.parse().unwrap();
        let say = async |id: &str, words: &str| {
            let said = self.hall.seal_statement(id.parse().unwrap(), words, Some("示例电话")).await;
            said.unwrap()
        };
        let (statement, contact) = say(OBJECTION, "金额有误（示例）").await;
        let object = Command::Object { id: OBJECTION.parse().unwrap(), case, statement, contact };
        let (statement, contact) = say(COMPLAINT, "办理拖延（示例）").await;
        let against = Against::Office("500118".parse().unwrap());
        let complain = Command::Complain { id: COMPLAINT.parse().unwrap(), case, against, statement, contact };
        let (statement, contact) = say(REPORT, "虚假合同（示例）").await;
        let report = Command::Report { id: REPORT.parse().unwrap(), case, statement, contact };
        for (key, command) in [("object", object), ("complain", complain), ("report", report)] {
            self.hall.submit_as_system(key, cases::Command::Challenge(command)).await.unwrap();
        }
    }

    /// The case whose notice is over is planned, ordered, paid, and its money sent back by the bank.
    async fn paid(&self) {
        self.clock.set(instant("2026-10-28T02:00:00Z"));
        self.due("2026-10-28").await;
        let case: CaseId = PAID.parse().unwrap();
        let record = self.hall.office.published().state.cases.case(case).unwrap().clone();
        let (plan, document) = (PLAN.parse().unwrap(), self.proof().await);
        let number = "示例资金〔2026〕0号".to_owned();
        let planned = cases::Command::PlanFunding { plan, call: record.call, number, document, cases: vec![case] };
        self.send(colleague(2), planned).await;
        let account = office::BankAccount::new("示例封装有限公司", "示例银行", "6200000000000001").unwrap();
        let account = self.hall.keep_account(firm(), &account).await.unwrap();
        let order: cases::OrderId = ORDER.parse().unwrap();
        let new = cases::payment::NewOrder { id: order, case, channel: cases::payment::Channel::Treasury, account };
        self.send(finance(), cases::Command::IssueOrders(vec![new])).await;
        let number: cases::VoucherNumber = VOUCHER.parse().unwrap();
        let voucher = cases::voucher::Voucher {
            number: number.clone(),
            amount: record.stage.decided(),
            on: day("2026-10-28"),
            payee: cases::voucher::Payee::Firm(firm()),
            order: Some(order),
        };
        let file = self.hall.keep_file("回单.csv", "示例回单".as_bytes()).await.unwrap();
        self.send(second_finance(), cases::Command::ImportVouchers { file, vouchers: vec![voucher] }).await;
        let (on, reason, proof) = (day("2026-10-28"), "户名不符（示例）".to_owned(), self.proof().await);
        self.send(finance(), cases::Command::ReturnVoucher { voucher: number, on, reason, proof }).await;
    }

    async fn colleagues(&self) {
        use accounts::Command as Accounts;
        let system = super::founder("xitong", Role::SystemAdministrator);
        let guard = super::founder("anquan", Role::SecurityAdministrator);
        for actor in [colleague(1), colleague(2), second_finance()] {
            let Actor::Person { person, role, organisation } = actor else { continue };
            self.send(system.clone(), Accounts::RegisterPerson { person, identity: None }).await;
            let (id, from) = (GrantId(person.0), day("2024-01-02"));
            self.send(guard.clone(), Accounts::Grant { id, person, role, organisation, from, until: None }).await;
        }
    }

    fn adopted(&self) -> kernel::Digest {
        let state = self.hall.office.published().state.clone();
        let (_, record) = state.plan.plans().next().unwrap();
        record.editions.last().unwrap().digest
    }

    async fn document(&self, title: &str) -> Document {
        let (number, issuer) = ("示例〔2026〕1号".to_owned(), ISSUER.parse().unwrap());
        Document {
            title: title.to_owned(),
            number,
            issuer,
            file: self.proof().await,
            from: day("2024-01-01"),
            until: None,
        }
    }

    async fn programme(&self) {
        let rule = basis::FundRule {
            id: RULE.parse().unwrap(),
            document: self.document("示例专项资金管理办法").await,
            plan: self.adopted(),
            anchors: BTreeSet::from([SENTENCE.parse().unwrap()]),
            benefits: BTreeSet::from(["interest".parse().unwrap()]),
        };
        let review = basis::FairCompetitionReview {
            benefit: "interest".parse().unwrap(),
            rule: rule.id,
            reviewed: rule.document.file.digest,
            body: "审查小组（示例）".to_owned(),
            on: day("2026-01-05"),
            conclusion: basis::Conclusion::Fair,
            expires: day("2030-12-31"),
            evidence: self.proof().await,
        };
        self.send(officer(), cases::Command::Basis(basis::Command::RecordRule(rule))).await;
        self.send(officer(), cases::Command::Basis(basis::Command::RecordReview(review))).await;
    }

    /// A call that asks for an audit and for no expert, and a claim to it.
    pub(super) async fn audited_call(&self, call: CallId, case: &str) {
        let today = kernel::date::civil(self.hall.office.now());
        let route = Route { audit: true, experts: 0, ..route() };
        self.publish_with(call, "审计批次（示例）", Period::new(today, day("2026-12-31")).unwrap(), route).await;
        self.claim(call, case, Some("示例项目丙")).await;
    }

    /// A case in public notice is confirmed, planned, ordered and paid.
    pub(super) async fn pay(&self, case: &str) {
        let case: CaseId = case.parse().unwrap();
        self.clock.set(instant("2026-12-08T02:00:00Z"));
        self.due("2026-12-08").await;
        let state = self.hall.office.published().state.clone();
        let record = state.cases.case(case).unwrap();
        let (call, amount) = (record.call, record.stage.decided());
        let (plan, document) = ("00000000-0000-7000-8000-0000000000d1".parse().unwrap(), self.proof().await);
        let number = "示例资金〔2026〕1号".to_owned();
        let planned = cases::Command::PlanFunding { plan, call, number, document, cases: vec![case] };
        self.send(colleague(1), planned).await;
        let order: cases::OrderId = "00000000-0000-7000-8000-0000000000d2".parse().unwrap();
        let account = kernel::Digest::of(b"account");
        let new = cases::payment::NewOrder { id: order, case, channel: cases::payment::Channel::Treasury, account };
        self.send(finance(), cases::Command::IssueOrders(vec![new])).await;
        let voucher = cases::voucher::Voucher {
            number: "示例-支付-1".parse().unwrap(),
            amount,
            on: day("2026-12-08"),
            payee: cases::voucher::Payee::Firm(firm()),
            order: Some(order),
        };
        let file = self.proof().await;
        self.send(second_finance(), cases::Command::ImportVouchers { file, vouchers: vec![voucher] }).await;
    }

    /// What a day demands of the program, hour after hour.
    pub(super) async fn due(&self, today: &str) {
        loop {
            let demanded = office::due::commands(&self.hall.office.published().state, day(today));
            if demanded.is_empty() {
                return;
            }
            for (key, command) in demanded {
                self.hall.submit_as_system(&key, command).await.unwrap();
            }
        }
    }

    async fn publish(&self, call: CallId, title: &str, window: Period) {
        self.publish_with(call, title, window, route()).await;
    }

    async fn publish_with(&self, call: CallId, title: &str, window: Period, route: Route) {
        self.publish_in_mode(call, title, window, route, Mode::Open).await;
    }

    pub(super) async fn publish_in_mode(&self, call: CallId, title: &str, window: Period, route: Route, mode: Mode) {
        let item = |key: &str, title: &str, required| Item { key: key.parse().unwrap(), title: title.into(), required };
        let terms = Terms {
            title: title.to_owned(),
            year: 2025,
            issuer: ISSUER.parse().unwrap(),
            finance: "finance".parse().unwrap(),
            benefit: "interest".parse().unwrap(),
            sentence: PlanSentence { plan: self.adopted(), anchor: SENTENCE.parse().unwrap() },
            rule: FundRuleId(RULE.parse().unwrap()),
            mode,
            window,
            scope: "实际到位投资在 5 亿元以上的封测类企业".to_owned(),
            checklist: vec![item("contract", "借款合同", true), item("report", "专项审计报告", false)],
            budget: Money::from_yuan(50_000_000),
            reduction: Reduction::Proportional,
            route,
            sharing: BTreeMap::new(),
        };
        let target = Target { name: "支持企业数".into(), kind: IndicatorKind::Output, target: Figure::Count(3) };
        let notice = self.document("申报通知（示例）").await;
        for act in [Act::Draft(terms), Act::FileSheet(Sheet::Targets(vec![target])), Act::Publish { notice }] {
            self.send(officer(), cases::Command::Call { call, expected: None, act }).await;
        }
    }

    /// A claim of the firm, filed and submitted in one go; a firm has several where each is for another project.
    pub(super) async fn claim(&self, call: CallId, case: &str, project: Option<&str>) {
        let id: CaseId = case.parse().unwrap();
        let claim = Claim {
            benefit: "interest".parse().unwrap(),
            year: 2025,
            project: project.map(Into::into),
            packaging_test_firm: true,
            score: None,
            verified: None,
            district: None,
            facts: project.map_or_else(facts, |_| of_a_project()),
        };
        let material = Material {
            claim: claim.filed_digest(),
            applied: Money::from_yuan(7_000_000),
            project: project.map(str::to_owned),
            items: BTreeMap::from([("contract".parse().unwrap(), vec![self.proof().await])]),
            supports: BTreeSet::from([Support::Loan(format!("示例银行 {}", project.unwrap_or("1")))]),
            received: Vec::new(),
        };
        let state = self.hall.office.published().state.clone();
        let applicant = office::claims::applicant(&state, firm(), kernel::date::civil(self.hall.office.now())).unwrap();
        let filed = Filed { claim_id: ClaimId(id.0), firm: firm(), claim };
        let submit = cases::Command::Submit { case: id, call, applicant, material };
        let act = office::Act::together(subsidy::Command::FileClaim(filed), [submit.into()]);
        self.send_act(acting(person(Role::Enterprise), Role::Enterprise, FIRM), act).await;
    }
}
