//! What a claim states, typed per base. Every amount is proven by material in the case; here are the numbers only.

use std::sync::Arc;

use kernel::{CreditCode, Date, Digest, DivisionCode, Money, Rate, Year};
use serde::{Deserialize, Serialize};

use crate::benefit::BenefitId;
use crate::clause::Base;

mod district;

pub use district::{AnnualRevenue, EntryCost, EntryLine, EntryPart, ProjectInvestment, TrainedPersons};

/// What is claimed for one benefit and year. Whose claim it is stands beside it, so that a question without a name
/// (the public pre-claim check) is computed by the same code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// For what.
    pub benefit: BenefitId,
    /// The calendar year the claim is about.
    pub year: Year,
    /// The project, where a cap counts per project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<Arc<str>>,
    /// Whether the firm's products make it a packaging-and-test firm (产品证明；no industry code of its own exists).
    pub packaging_test_firm: bool,
    /// 评审或绩效得分 in hundredths of a point (0–10000), once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// 审定基数: as much of the base as an audit could verify, where one did. No more than this counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<Money>,
    /// Whose parameter set applies, where a district sets the amount: the district in charge of the firm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub district: Option<DivisionCode>,
    /// What the benefit's base is computed from.
    pub facts: Facts,
}

/// A score of 0 to 100 points in hundredths of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Score(u16);

impl Score {
    /// From hundredths of a point; `None` above 100 points.
    pub const fn from_hundredths(hundredths: u16) -> Option<Self> {
        if hundredths <= 10_000 { Some(Self(hundredths)) } else { None }
    }

    /// In hundredths of a point.
    pub const fn hundredths(self) -> u16 {
        self.0
    }
}

impl TryFrom<u16> for Score {
    type Error = String;
    fn try_from(hundredths: u16) -> Result<Self, String> {
        Self::from_hundredths(hundredths).ok_or_else(|| format!("得分 {hundredths}（百分之一分）超过 100 分"))
    }
}

impl From<Score> for u16 {
    fn from(score: Score) -> Self {
        score.0
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// The facts behind each kind of base.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Facts {
    /// 贷款利息: investment and loans.
    LoanInterest(LoanInterest),
    /// 封测费用: what customers were invoiced.
    TestFees(TestFees),
    /// 企业运营费: what running a service platform cost.
    OperatingCost(OperatingCost),
    /// 年度营收: this year's and the highest before.
    AnnualRevenue(AnnualRevenue),
    /// 项目总投资.
    ProjectInvestment(ProjectInvestment),
    /// 入驻费用: what settling in a park cost.
    EntryCost(EntryCost),
    /// 培训与用工人数.
    TrainedPersons(TrainedPersons),
}

/// Investment paid in, and the loans behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoanInterest {
    /// Paid in so far.
    pub investment: Investment,
    /// What the firm plans: lets the answer name the earliest date on which the condition could be met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<PlannedInvestment>,
    /// Each loan's interest in the claimed year.
    pub loans: Vec<Loan>,
}

/// 实际到位投资, as a report proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Investment {
    /// Paid in by `proven_on`.
    pub paid_in: Money,
    /// Date of the proof.
    pub proven_on: Date,
    /// What kind of proof.
    pub proof: InvestmentProof,
    /// How far the project is built.
    pub progress: Rate,
}

/// What proves paid-in investment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InvestmentProof {
    /// 验资报告.
    CapitalVerification,
    /// 专项审计报告.
    SpecialAudit,
    /// The firm's own statement.
    OwnStatement,
}

/// Investment and progress the firm expects by a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedInvestment {
    /// By when.
    pub by: Date,
    /// Paid in by then, altogether.
    pub paid_in: Money,
    /// Progress by then.
    pub progress: Rate,
}

/// One loan's interest over one interest period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loan {
    /// Principal outstanding over the period.
    pub principal: Money,
    /// Interest actually paid for the period.
    pub paid: Money,
    /// When the loan was paid out.
    pub disbursed: Date,
    /// First day of the interest period.
    pub from: Date,
    /// The day the interest period ends: the due date, or the day the next period begins.
    pub until: Date,
    /// Term class of the loan contract.
    pub term: TermClass,
    /// Who lent, in what form.
    pub kind: LoanKind,
}

/// Term classes of the benchmark table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TermClass {
    /// 一年以内（含一年）.
    UpToOneYear,
    /// 一至五年（含五年）.
    OneToFiveYears,
    /// 五年以上.
    OverFiveYears,
}

impl TermClass {
    /// All, shortest first.
    pub const ALL: [Self; 3] = [Self::UpToOneYear, Self::OneToFiveYears, Self::OverFiveYears];

    /// In Chinese, as the benchmark table names it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::UpToOneYear => "一年以内（含一年）",
            Self::OneToFiveYears => "一至五年（含五年）",
            Self::OverFiveYears => "五年以上",
        }
    }
}

/// Kinds of loan the guides distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoanKind {
    /// 银行贷款.
    Bank,
    /// 委托贷款.
    Entrusted,
    /// 关联企业借款.
    Affiliate,
    /// 融资租赁.
    FinanceLease,
    /// 其他借款 (private lending and the like).
    Other,
}

impl LoanKind {
    /// All.
    pub const ALL: [Self; 5] = [Self::Bank, Self::Entrusted, Self::Affiliate, Self::FinanceLease, Self::Other];

    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Bank => "银行贷款",
            Self::Entrusted => "委托贷款",
            Self::Affiliate => "关联企业借款",
            Self::FinanceLease => "融资租赁",
            Self::Other => "其他借款",
        }
    }
}

/// Fees for packaging and test that customers were invoiced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestFees {
    /// Whether the firm opens capacity to other firms of the industry.
    pub opens_capacity: bool,
    /// Invoices, or yearly sums of them.
    pub lines: Vec<FeeLine>,
}

/// One invoice, or the sum of a year's invoices with the same attributes (then `number` is absent and `invoiced`
/// is the first day of the year).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeLine {
    /// Invoice number; absent for a yearly sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Arc<str>>,
    /// Who was invoiced. Boxed because no computation reads it: lines stay small where millions are computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Box<CreditCode>>,
    /// Without value-added tax.
    pub net: Money,
    /// Value-added tax.
    pub tax: Money,
    /// Date of the invoice.
    pub invoiced: Date,
    /// When the service was completed, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performed: Option<Date>,
    /// What kind of customer and service it is.
    #[serde(flatten)]
    pub attributes: FeeAttributes,
}

/// What decides whether a fee counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FeeAttributes {
    /// Customer and firm are related parties.
    pub related: bool,
    /// The customer is registered in the city.
    pub in_city: bool,
    /// The customer is an IC design firm.
    pub design_firm: bool,
    /// The service used capacity the firm opened (开放产能), not its ordinary business.
    pub open_capacity: bool,
    /// The same invoice also supports a platform claim.
    pub supports_platform: bool,
}

/// A year of running a public service platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatingCost {
    /// Whether it offers chip test, verification and the like to packaging-and-test firms.
    pub public_service: bool,
    /// 市级集成电路公共服务平台认定.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recognition: Option<Recognition>,
    /// The cost of the year by part, in the order of [`CostPart::ALL`].
    pub parts: [Money; CostPart::ALL.len()],
}

/// A recognition document and how long it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recognition {
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// Passed the annual check for the claimed year.
    pub checked: bool,
}

/// Parts of operating cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CostPart {
    /// 人工.
    Staff,
    /// 水电气.
    Energy,
    /// 材料与耗材.
    Materials,
    /// 维修维护与校准.
    Maintenance,
    /// 房租物业.
    Rent,
    /// 折旧摊销.
    Depreciation,
    /// 已由其他财政资金承担的支出.
    PubliclyFunded,
    /// 其他.
    Other,
}

impl CostPart {
    /// All, in the order [`OperatingCost::parts`] holds them.
    pub const ALL: [Self; 8] = [
        Self::Staff,
        Self::Energy,
        Self::Materials,
        Self::Maintenance,
        Self::Rent,
        Self::Depreciation,
        Self::PubliclyFunded,
        Self::Other,
    ];

    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Staff => "人工",
            Self::Energy => "水电气",
            Self::Materials => "材料与耗材",
            Self::Maintenance => "维修维护与校准",
            Self::Rent => "房租物业",
            Self::Depreciation => "折旧摊销",
            Self::PubliclyFunded => "已由其他财政资金承担的支出",
            Self::Other => "其他",
        }
    }
}

impl InvestmentProof {
    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::CapitalVerification => "验资报告",
            Self::SpecialAudit => "专项审计报告",
            Self::OwnStatement => "企业自行说明",
        }
    }
}

/// Why a claim cannot be assessed at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// The facts are for another benefit.
    #[error("填报的事实与事项不符：此事项需要{0}")]
    WrongFacts(&'static str),
    /// An amount that cannot be negative is.
    #[error("{0}不能为负数")]
    Negative(&'static str),
    /// An amount beyond what is accepted.
    #[error("{0}超出可受理的范围（绝对值不超过 90 万亿元），请检查单位")]
    TooLarge(&'static str),
    /// An interest period that ends before it begins.
    #[error("第 {0} 笔借款的计息期截止日应晚于起始日")]
    Period(usize),
    /// More lines than are accepted.
    #[error("明细超过 {0} 行，请合并后再报")]
    TooMany(usize),
    /// More people than are accepted.
    #[error("人数超过 {0}，请检查是否填错")]
    TooManyPersons(u32),
    /// The district has not set the amount.
    #[error("所在区县没有现行有效的细则，此事项暂不能测算")]
    NoParameters,
    /// A sum or product left the range of an `i64`.
    #[error("金额之和超出可计算的范围，请检查单位是否填错")]
    Overflow,
}

/// Lines accepted in one claim.
pub const MOST_LINES: usize = 100_000;

impl Claim {
    /// Borrowed, for bulk assessment.
    pub fn as_ref(&self) -> ClaimRef<'_> {
        let facts = match &self.facts {
            Facts::LoanInterest(facts) => FactsRef::LoanInterest(&facts.investment, &facts.loans),
            Facts::TestFees(facts) => FactsRef::TestFees { opens_capacity: facts.opens_capacity, lines: &facts.lines },
            Facts::OperatingCost(facts) => FactsRef::OperatingCost(facts),
            Facts::AnnualRevenue(facts) => FactsRef::AnnualRevenue(facts),
            Facts::ProjectInvestment(facts) => FactsRef::ProjectInvestment(facts),
            Facts::EntryCost(facts) => FactsRef::EntryCost(facts),
            Facts::TrainedPersons(facts) => FactsRef::TrainedPersons(facts),
        };
        let Self { year, packaging_test_firm, score, verified, .. } = *self;
        ClaimRef { year, packaging_test_firm, score, verified, facts }
    }

    /// The claim as the firm filed it: without what offices add on the way (score, verified base, district).
    pub fn as_filed(&self) -> Self {
        Self { score: None, verified: None, district: None, ..self.clone() }
    }

    /// Names what was filed: the same through all that offices add. Over the JSON of [`Self::as_filed`].
    pub fn filed_digest(&self) -> Digest {
        Digest::of(&serde_json::to_vec(&self.as_filed()).unwrap_or_default())
    }

    /// Refuses facts no computation should start from.
    pub fn check(&self, base: Base) -> Result<(), ClaimError> {
        self.as_ref().check(base)
    }
}

/// A claim's facts, wherever they are stored: columnar stores lend slices of their loans and invoices.
#[derive(Clone, Copy, Debug)]
pub struct ClaimRef<'a> {
    /// As [`Claim::year`].
    pub year: Year,
    /// As [`Claim::packaging_test_firm`].
    pub packaging_test_firm: bool,
    /// As [`Claim::score`].
    pub score: Option<Score>,
    /// As [`Claim::verified`].
    pub verified: Option<Money>,
    /// As [`Claim::facts`].
    pub facts: FactsRef<'a>,
}

/// Borrowed [`Facts`].
#[derive(Clone, Copy, Debug)]
pub enum FactsRef<'a> {
    /// Investment and loans.
    LoanInterest(&'a Investment, &'a [Loan]),
    /// Fees.
    TestFees {
        /// As [`TestFees::opens_capacity`].
        opens_capacity: bool,
        /// As [`TestFees::lines`].
        lines: &'a [FeeLine],
    },
    /// Operating cost.
    OperatingCost(&'a OperatingCost),
    /// Revenue.
    AnnualRevenue(&'a AnnualRevenue),
    /// Total investment.
    ProjectInvestment(&'a ProjectInvestment),
    /// Entry cost.
    EntryCost(&'a EntryCost),
    /// People.
    TrainedPersons(&'a TrainedPersons),
}

/// Within ±[`Money::LIMIT`], so that sums of up to a thousand lines cannot overflow unseen.
const fn accepted(amount: Money) -> bool {
    amount.fen().wrapping_add(Money::LIMIT.fen()) as u64 <= 2 * Money::LIMIT.fen() as u64
}

/// Whether amounts, joined by “or”, are all at least 0 and well within [`Money::LIMIT`]: one comparison for many, for
/// the inner loop of bulk assessment.
const fn unremarkable(amounts: i64) -> bool {
    (amounts as u64) < 1 << 52
}

/// A number that orders days without a branch; not a count of days.
#[inline]
pub(crate) fn order(day: Date) -> i32 {
    (i32::from(day.year()) << 16) | (i32::from(day.month()) << 8) | i32::from(day.day())
}

fn not_negative(name: &'static str, amount: Money) -> Result<(), ClaimError> {
    if amount.is_negative() {
        Err(ClaimError::Negative(name))
    } else if accepted(amount) {
        Ok(())
    } else {
        Err(ClaimError::TooLarge(name))
    }
}

impl ClaimRef<'_> {
    /// Refuses facts no computation should start from. A fee line may be negative: a red-letter invoice (红字发票).
    #[inline(always)]
    pub fn check(&self, base: Base) -> Result<(), ClaimError> {
        if let Some(verified) = self.verified {
            not_negative("审定基数", verified)?;
        }
        match (self.facts, base) {
            (FactsRef::LoanInterest(investment, loans), Base::LoanInterest) => {
                not_negative("到位投资", investment.paid_in)?;
                if loans.len() > MOST_LINES {
                    return Err(ClaimError::TooMany(MOST_LINES));
                }
                let whole = |loan: &Loan| {
                    unremarkable(loan.principal.fen() | loan.paid.fen()) & (order(loan.from) < order(loan.until))
                };
                if loans.iter().all(whole) {
                    return Ok(());
                }
                for (index, loan) in loans.iter().enumerate() {
                    not_negative("借款本金", loan.principal)?;
                    not_negative("实付利息", loan.paid)?;
                    if loan.until <= loan.from {
                        return Err(ClaimError::Period(index + 1));
                    }
                }
                Ok(())
            }
            (FactsRef::TestFees { lines, .. }, Base::TestFees) => {
                if lines.len() > MOST_LINES {
                    return Err(ClaimError::TooMany(MOST_LINES));
                }
                let fits = |line: &FeeLine| accepted(line.net) && accepted(line.tax);
                if lines.iter().all(fits) { Ok(()) } else { Err(ClaimError::TooLarge("发票金额")) }
            }
            (FactsRef::OperatingCost(cost), Base::OperatingCost) => {
                if unremarkable(cost.parts.iter().fold(0, |joined, part| joined | part.fen())) {
                    return Ok(());
                }
                cost.parts.iter().try_for_each(|part| not_negative("运营费", *part))
            }
            (FactsRef::AnnualRevenue(facts), Base::AnnualRevenue) => facts.check(),
            (FactsRef::ProjectInvestment(facts), Base::ProjectInvestment) => facts.check(),
            (FactsRef::EntryCost(facts), Base::EntryCost) => facts.check(),
            (FactsRef::TrainedPersons(facts), Base::TrainedPersons) => facts.check(),
            (_, Base::LoanInterest) => Err(ClaimError::WrongFacts("投资与借款")),
            (_, Base::TestFees) => Err(ClaimError::WrongFacts("封测费用明细")),
            (_, Base::OperatingCost) => Err(ClaimError::WrongFacts("平台运营费")),
            (_, base) => Err(ClaimError::WrongFacts(base.label())),
        }
    }
}
