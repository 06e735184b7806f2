//! Benefits: reviews, readings, earlier payments, and formal assessments up to the caps.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::date;
use kernel::{CreditCode, Date, Money, Rate, Year};
use subsidy::Command;
use subsidy::event::{Conclusion, EarlierPayment, Proposal, ProposalId, Review};
use subsidy::facts::{
    Facts, FeeAttributes, FeeLine, Investment, InvestmentProof, Loan, LoanInterest, LoanKind, OperatingCost,
    Recognition, Score, TermClass, TestFees,
};
use subsidy::interpretation::Interpretations;
use subsidy::{BenefitId, Claim, ClaimId, Clause, DecisionId, Point};

use super::World;
use super::agenda::Agenda;
use super::cast::Cast;
use super::firms::Firm;
use super::generator::Generator;

/// The year claims are assessed for before there are calls; later ones are cases.
const YEAR: Year = 2024;
/// The clauses' keys.
pub const INTEREST: &str = "interest";
pub const TEST_FEE: &str = "test-fee";
pub const PLATFORM: &str = "platform";

/// What a firm is like as a claimant.
#[derive(Clone, Copy)]
pub struct Borrower {
    /// Paid in, in fen.
    pub paid_in: i64,
    /// Loan, in fen.
    pub principal: i64,
    /// Of the loan.
    pub term: TermClass,
    /// Of the investment.
    pub proof: InvestmentProof,
}

/// The first reaches the lifetime cap exactly, the fourth falls short by a fen, the fifth has no accepted proof.
pub const BORROWERS: [Borrower; 5] = [
    Borrower {
        paid_in: 68_000_000_000,
        principal: 30_000_000_000,
        term: TermClass::OverFiveYears,
        proof: InvestmentProof::SpecialAudit,
    },
    Borrower {
        paid_in: 50_000_000_000,
        principal: 18_000_000_000,
        term: TermClass::OneToFiveYears,
        proof: InvestmentProof::CapitalVerification,
    },
    Borrower {
        paid_in: 112_000_000_000,
        principal: 24_000_000_000,
        term: TermClass::OverFiveYears,
        proof: InvestmentProof::CapitalVerification,
    },
    Borrower {
        paid_in: 49_999_999_999,
        principal: 12_000_000_000,
        term: TermClass::OneToFiveYears,
        proof: InvestmentProof::SpecialAudit,
    },
    Borrower {
        paid_in: 61_000_000_000,
        principal: 9_000_000_000,
        term: TermClass::UpToOneYear,
        proof: InvestmentProof::OwnStatement,
    },
];

struct Desk<'a> {
    cast: &'a Cast,
    agenda: &'a mut Agenda,
    generator: Generator,
    clauses: BTreeMap<BenefitId, Arc<Clause>>,
    interpretations: Arc<Interpretations>,
}

/// What districts grant.
pub const BREAKTHROUGH: &str = "breakthrough";
/// 公共服务综合体补助
pub const COMPLEX: &str = "complex";
/// 入驻支持
pub const PARK: &str = "park";

/// Everything the departments do about benefits.
pub fn pay(world: &World, cast: &Cast, agenda: &mut Agenda) {
    let generator = Generator::of_part(world.seed, "benefits");
    let Ok((clauses, interpretations)) = subsidy::rulebook::parse_clauses(&world.clauses) else { return };
    let mut desk = Desk { cast, agenda, generator, clauses, interpretations };
    desk.review();
    desk.read();
    let packaging: Vec<&Firm> = world.firms.iter().filter(|firm| firm.scope.is_some() && !firm.newcomer).collect();
    desk.earlier(&packaging);
    let platforms: Vec<&Firm> = world.platforms().collect();
    desk.assess_year(YEAR, &packaging, &platforms);
}

impl Desk<'_> {
    /// A fair-competition review of every clause, which lets it be carried out.
    fn review(&mut self) {
        let day = date(2024, 8, 20);
        for (benefit, clause) in self.clauses.clone() {
            let text = format!("示例数据\n公平竞争审查表\n{}\n", clause.title);
            let evidence = vec![self.agenda.paper(format!("{}公平竞争审查表（示例）.txt", clause.title), text)];
            let conclusion = match benefit.as_str() {
                PLATFORM => Conclusion::Exception("公平竞争审查条例第十二条：提升公共服务能力（示例）".into()),
                _ => Conclusion::Fair,
            };
            let body = "市级部门公平竞争审查小组（示例）".into();
            let expires = date(2027, 12, 31);
            let review = Review {
                parameters: None,
                benefit,
                clause: clause.digest,
                body,
                on: date(2024, 8, 19),
                conclusion,
                expires,
                evidence,
            };
            self.agenda.approve((day, 15), &self.cast.city, "公平竞争审查", Command::RecordReview(review));
        }
    }

    /// Readings confirmed by a second person; one was turned down, one is open.
    fn read(&mut self) {
        let points = [
            Point::ThresholdInclusive,
            Point::InterestBase,
            Point::InterestCapScope,
            Point::RelatedParties,
            Point::PlatformRecognition,
            Point::Rounding,
        ];
        for (nth, point) in points.into_iter().enumerate() {
            let day = date(2024, 9, 2).saturating_add(jiff::Span::new().days(nth as i64 % 3));
            let Some(id) = self.propose(point, day, false, "专题会议纪要〔2024〕3号（示例）") else {
                continue;
            };
            let approve = Command::ApproveInterpretation { proposal: id, expected: None };
            self.agenda.approve((date(2024, 9, 6), 15), &self.cast.working_group, "批准口径", approve);
        }
        if let Some(proposal) = self.propose(Point::Customers, date(2025, 3, 3), true, "企业来函建议（示例）")
        {
            let reason = "原文为“行业企业”，不宜缩小范围（示例）".to_owned();
            let reject = Command::RejectInterpretation { proposal, reason, expected: None };
            self.agenda.approve((date(2025, 3, 5), 15), &self.cast.working_group, "不同意口径", reject);
        }
        let recent = self.agenda.before().saturating_sub(jiff::Span::new().days(6));
        self.propose(Point::OperatingCost, recent, true, "平台运营单位来函（示例）");
    }

    /// Proposes the reading in force, or another one.
    fn propose(&mut self, point: Point, day: Date, other: bool, authority: &str) -> Option<ProposalId> {
        let id = ProposalId(self.generator.uuid(day));
        let interpretation = self.interpretations.get(point)?;
        let current = interpretation.on(day)?;
        let chosen = if other {
            interpretation.options.iter().map(|option| &option.key).find(|key| **key != current.chosen)?.clone()
        } else {
            current.chosen.clone()
        };
        let proposal = Proposal { id, point, chosen, authority: authority.into(), from: current.from, until: None };
        let proposal = Command::ChooseInterpretation(proposal);
        self.agenda.approve((day, 10), &self.cast.city, "提出口径", proposal);
        Some(id)
    }

    /// Payments made before this system, one of them before the plan.
    fn earlier(&mut self, firms: &[&Firm]) {
        let payments = [
            (0, INTEREST, 2022, 6_000_000, date(2022, 12, 20)),
            (2, INTEREST, 2023, 3_412_500, date(2023, 11, 28)),
            (6, TEST_FEE, 2023, 812_600, date(2023, 12, 8)),
            (8, TEST_FEE, 2023, 1_244_150, date(2023, 12, 8)),
        ];
        for (nth, (index, benefit, year, yuan, on)) in payments.into_iter().enumerate() {
            let (Some(firm), Ok(benefit)) = (firms.get(index), benefit.parse()) else { continue };
            let payment = EarlierPayment {
                voucher: format!("示例拨款-{year}-{:04}", nth + 1).into(),
                firm: firm.code,
                benefit,
                year,
                project: None,
                amount: Money::from_yuan(yuan),
                on,
            };
            let import = Command::ImportEarlierPayment(payment);
            self.agenda.note((date(2024, 9, 10), 15), &self.cast.finance, "导入此前拨款", import);
        }
    }

    fn assess_year(&mut self, year: Year, firms: &[&Firm], platforms: &[&Firm]) {
        let day = |nth: usize| date(year + 1, 5, 12).saturating_add(jiff::Span::new().days((nth % 10) as i64));
        for (nth, borrower) in BORROWERS.iter().enumerate() {
            let Some(firm) = firms.get(nth) else { continue };
            self.assess(firm.code, day(nth), INTEREST, year, interest(borrower, year));
        }
        for (nth, firm) in firms.iter().skip(5).take(12).enumerate() {
            let facts = self.fees(nth, firms, year);
            self.assess(firm.code, day(nth), TEST_FEE, year, facts);
        }
        for (nth, firm) in platforms.iter().enumerate() {
            let facts = self.cost(nth, year);
            self.assess(firm.code, day(nth), PLATFORM, year, facts);
        }
    }

    fn assess(&mut self, firm: CreditCode, day: Date, benefit: &str, year: Year, facts: Facts) {
        let decision = DecisionId(self.generator.uuid(day));
        let claim_id = ClaimId(self.generator.uuid(day));
        let score = u16::try_from(self.generator.between(7200, 9600)).ok().and_then(Score::from_hundredths);
        let Ok(benefit) = benefit.parse() else { return };
        let what = format!("{firm} {year} {benefit} 测算");
        let claim = Claim {
            benefit,
            year,
            project: None,
            packaging_test_firm: true,
            score,
            verified: None,
            district: None,
            facts,
        };
        let command = Command::Assess { decision, claim_id, firm, claim };
        self.agenda.approve((day, 15), &self.cast.city, what, command);
    }

    /// A year's fees; those of the first firm stand above what the yearly cap allows.
    fn fees(&mut self, nth: usize, firms: &[&Firm], year: Year) -> Facts {
        let lines = (0..4_i64).map(|quarter| {
            let yuan = if nth == 0 { 11_500_000 } else { self.generator.between(600_000, 8_000_000) };
            let net = Money::from_yuan(yuan);
            let month = i8::try_from(3 * quarter + 2).unwrap_or(2);
            let customer = firms.get((nth * 3 + 20).min(firms.len().saturating_sub(1))).map(|firm| firm.code);
            FeeLine {
                number: Some(format!("示例{year}{:06}", 100 * nth as i64 + quarter).into()),
                customer: customer.map(Box::new),
                net,
                tax: Money::from_fen(net.fen() * 6 / 100),
                invoiced: date(year, month, 20),
                performed: Some(date(year, month, 8)),
                attributes: FeeAttributes {
                    related: nth == 3 && quarter == 1,
                    in_city: quarter != 2,
                    design_firm: quarter % 2 == 0,
                    open_capacity: true,
                    supports_platform: false,
                },
            }
        });
        Facts::TestFees(TestFees { opens_capacity: nth != 11, lines: lines.collect() })
    }

    fn cost(&mut self, nth: usize, year: Year) -> Facts {
        let parts = std::array::from_fn(|part| {
            let most = [9_000_000, 4_000_000, 3_500_000, 2_500_000, 2_000_000, 6_000_000, 1_500_000, 600_000];
            Money::from_yuan(self.generator.between(most[part] / 3, most[part]) * (nth as i64 + 1))
        });
        let recognition = Recognition { from: date(2024, 1, 1), until: date(2027, 12, 31), checked: year >= YEAR };
        Facts::OperatingCost(OperatingCost { public_service: true, recognition: Some(recognition), parts })
    }
}

fn interest(borrower: &Borrower, year: Year) -> Facts {
    let investment = Investment {
        paid_in: Money::from_fen(borrower.paid_in),
        proven_on: date(year, 11, 30),
        proof: borrower.proof,
        progress: Rate::from_parts_per_million(850_000),
    };
    Facts::LoanInterest(LoanInterest { investment, planned: None, loans: vec![loan(borrower, year)] })
}

/// The borrower's loan over a year.
pub fn loan(borrower: &Borrower, year: Year) -> Loan {
    let principal = Money::from_fen(borrower.principal);
    Loan {
        principal,
        // 5.20 %: above every benchmark, so that the benchmark is what counts.
        paid: Rate::from_parts_per_million(52_000).of(principal, kernel::money::Rounding::HalfUp).unwrap_or_default(),
        disbursed: date(2023, 6, 15),
        from: date(year, 1, 1),
        until: date(year + 1, 1, 1),
        term: borrower.term,
        kind: LoanKind::Bank,
    }
}
