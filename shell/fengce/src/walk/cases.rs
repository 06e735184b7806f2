//! A fund rule, its review, a call and a case in the small city, under the ids that samples name.

use std::collections::{BTreeMap, BTreeSet};

use cases::call::{Act, Mode, PlanSentence, Route, Terms};
use cases::document::Document;
use cases::material::{Item, Material};
use cases::performance::{Figure, IndicatorKind, Sheet, Target};
use cases::reduction::Reduction;
use cases::support::Support;
use cases::{CallId, CaseId, FundRuleId, basis};
use kernel::{Actor, Money, Period, Role};
use subsidy::filed::Filed;
use subsidy::{Claim, ClaimId};

use super::{City, FIRM, acting, day, facts, firm, person};

const RULE: &str = "00000000-0000-7000-8000-0000000000c3";
const CALL: &str = "00000000-0000-7000-8000-0000000000c1";
pub(super) const CASE: &str = "00000000-0000-7000-8000-0000000000c2";
const ISSUER: &str = "economy-information";
const SENTENCE: &str = "三(二)1-句1";

/// An officer of the department in charge.
pub(super) fn officer() -> Actor {
    acting(person(Role::CityOfficer), Role::CityOfficer, ISSUER)
}

impl City {
    /// A programme that was reviewed, a call that is open, and a claim that waits for its district.
    pub(super) async fn call_and_claim(&self) {
        self.programme().await;
        self.publish().await;
        self.claim(CASE, None).await;
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

    async fn publish(&self) {
        let item = |key: &str, title: &str, required| Item { key: key.parse().unwrap(), title: title.into(), required };
        let terms = Terms {
            title: "2025 年度贷款贴息申报（示例）".to_owned(),
            year: 2025,
            issuer: ISSUER.parse().unwrap(),
            finance: "finance".parse().unwrap(),
            benefit: "interest".parse().unwrap(),
            sentence: PlanSentence { plan: self.adopted(), anchor: SENTENCE.parse().unwrap() },
            rule: FundRuleId(RULE.parse().unwrap()),
            mode: Mode::Open,
            window: Period::new(day("2026-11-23"), day("2026-12-31")).unwrap(),
            scope: "实际到位投资在 5 亿元以上的封测类企业".to_owned(),
            checklist: vec![item("contract", "借款合同", true), item("report", "专项审计报告", false)],
            budget: Money::from_yuan(50_000_000),
            reduction: Reduction::Proportional,
            route: Route {
                district: true,
                audit: false,
                experts: 1,
                notice_working_days: 7,
                acceptance_months: Some(6),
            },
            sharing: BTreeMap::new(),
        };
        let call: CallId = CALL.parse().unwrap();
        let target = Target { name: "支持企业数".into(), kind: IndicatorKind::Output, target: Figure::Count(3) };
        let notice = self.document("申报通知（示例）").await;
        for act in [Act::Draft(terms), Act::FileSheet(Sheet::Targets(vec![target])), Act::Publish { notice }] {
            self.send(officer(), cases::Command::Call { call, expected: None, act }).await;
        }
    }

    /// A claim of the firm, filed and submitted in one go; a firm has several where each is for another project.
    pub(super) async fn claim(&self, case: &str, project: Option<&str>) {
        let id: CaseId = case.parse().unwrap();
        let claim = Claim {
            benefit: "interest".parse().unwrap(),
            year: 2025,
            project: project.map(Into::into),
            packaging_test_firm: true,
            score: None,
            verified: None,
            facts: facts(),
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
        let applicant = office::claims::applicant(&state, firm(), day("2026-11-23")).unwrap();
        let filed = Filed { claim_id: ClaimId(id.0), firm: firm(), claim };
        let submit = cases::Command::Submit { case: id, call: CALL.parse().unwrap(), applicant, material };
        let act = office::Act::together(subsidy::Command::FileClaim(filed), [submit.into()]);
        self.send_act(acting(person(Role::Enterprise), Role::Enterprise, FIRM), act).await;
    }
}
