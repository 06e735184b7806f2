//! The typed readings of every interpretation point on one day.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use kernel::{Date, Money, Rate, money::Rounding};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::account::{CapPeriod, CapScope};
use crate::facts::{CostPart, FeeAttributes, InvestmentProof, LoanKind};
use crate::finding::word;
use crate::interpretation::{Choosable, Point};
use crate::rates::RateSeries;

macro_rules! reading {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }
    };
}

reading!(
    /// “以上”.
    Threshold {
        /// ≥.
        Inclusive,
        /// >.
        Exclusive,
    }
);
reading!(
    /// What interest counts.
    InterestBase {
        /// The lower of interest paid and interest at the published rate, loan by loan.
        LowerOfPaidAndBenchmark,
        /// At the published rate, whatever was paid.
        Benchmark,
        /// As paid.
        Paid,
    }
);
reading!(
    /// On which day the published rate is read.
    RateDate {
        /// 放款日.
        Disbursement,
        /// First day of the interest period.
        PeriodStart,
    }
);
reading!(
    /// Which days of an interest period count.
    InterestDays {
        /// 算头不算尾.
        FirstNotLast,
        /// 头尾都算.
        FirstAndLast,
    }
);
reading!(
    /// Which proofs of investment are accepted.
    ProofReading {
        /// 验资报告或专项审计报告.
        VerificationOrAudit,
        /// Also the firm's own statement.
        Any,
    }
);
reading!(
    /// Which loans count.
    LoanReading {
        /// 银行贷款 only.
        BankOnly,
        /// 银行、委托、关联企业借款、融资租赁.
        BankEntrustedAffiliateLease,
    }
);
reading!(
    /// How the award follows from the ceiling.
    AwardReading {
        /// The award is the ceiling.
        AtCeiling,
        /// The ceiling rate times the score.
        ByScore,
        /// The rate of the score's band in the clause file.
        Bands,
    }
);
reading!(
    /// Over what a cap counts.
    CapReading {
        /// One enterprise, all years.
        EnterpriseLifetime,
        /// One enterprise, each year.
        EnterpriseYear,
        /// Each project, all years.
        ProjectLifetime,
    }
);
reading!(
    /// Value-added tax in fees.
    FeeTax {
        /// 不含税.
        Net,
        /// 含税.
        Gross,
    }
);
reading!(
    /// Fees from related parties.
    RelatedParties {
        /// Not counted.
        Excluded,
        /// Counted.
        Included,
    }
);
reading!(
    /// Which date puts a fee into a year.
    FeeYear {
        /// 开票日期.
        InvoiceDate,
        /// 服务完成日期.
        PerformanceDate,
    }
);
reading!(
    /// Whose fees count.
    Customers {
        /// 行业企业.
        IndustryFirms,
        /// 集成电路设计企业 only.
        DesignFirms,
    }
);
reading!(
    /// Where customers are.
    CustomerLocation {
        /// Anywhere.
        Anywhere,
        /// Registered in the city.
        InCity,
    }
);
reading!(
    /// Ordinary packaging-and-test business.
    OrdinaryBusiness {
        /// Counts.
        Counts,
        /// Only capacity that was opened counts.
        OpenedOnly,
    }
);
reading!(
    /// An invoice that also supports a platform claim.
    InvoiceSharing {
        /// One invoice, one benefit.
        OneBenefit,
        /// May support both.
        Both,
    }
);
reading!(
    /// What is left out of operating cost.
    CostReading {
        /// Depreciation, and what other public money paid.
        LessDepreciationAndPublic,
        /// What other public money paid.
        LessPublic,
        /// Nothing.
        All,
    }
);
reading!(
    /// Recognition as a municipal platform.
    RecognitionReading {
        /// A precondition.
        Required,
        /// Not asked for.
        NotRequired,
    }
);
reading!(
    /// When the budget does not suffice.
    Reduction {
        /// Every award is reduced by the same proportion.
        Proportional,
        /// In order, until the money is spent.
        Queue,
    }
);
reading!(
    /// 综合体补助 (三(二)2): who pays whom.
    ComplexPayee {
        /// The city to the district, which passes it on.
        CityToDistrict,
        /// The district to the project.
        DistrictToProject,
    }
);
reading!(
    /// Subsidies for training and hiring (二(三)9): out of which money, and so on whose account they count.
    TalentFund {
        /// Talent and employment funds of 市教委 and 市人力社保局: not on this plan's accounts.
        TalentBudget,
        /// The money of this plan.
        PlanBudget,
    }
);
reading!(
    /// Subsidies for training and hiring: to whom.
    TalentPayee {
        /// The firm that trained or hired.
        Firm,
        /// The people themselves; the firm claims for them.
        Persons,
    }
);
reading!(
    /// A revenue that passes a higher tier after a lower one was passed in an earlier year.
    Breakthrough {
        /// The difference between the two tiers.
        Difference,
        /// The higher tier in full.
        Full,
    }
);

/// Every point, read. Field names follow [`Point`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is documented at the point and reading of its name")]
pub struct Settings {
    pub threshold_inclusive: Threshold,
    pub interest_base: InterestBase,
    pub rate_series: RateSeries,
    /// Days in a year of interest.
    pub day_count: i64,
    pub rate_date: RateDate,
    pub interest_days: InterestDays,
    pub investment_progress: Rate,
    pub investment_proof: ProofReading,
    pub loan_kinds: LoanReading,
    pub interest_award: AwardReading,
    pub interest_cap_scope: CapReading,
    pub fee_tax: FeeTax,
    pub related_parties: RelatedParties,
    pub fee_year: FeeYear,
    pub customers: Customers,
    pub customer_location: CustomerLocation,
    pub ordinary_business: OrdinaryBusiness,
    pub invoice_sharing: InvoiceSharing,
    pub operating_cost: CostReading,
    pub platform_recognition: RecognitionReading,
    pub platform_performance: AwardReading,
    pub minimum_award: Money,
    pub first_eligible_date: Date,
    pub rounding: Rounding,
    pub reduction: Reduction,
    pub complex_payee: ComplexPayee,
    pub talent_fund: TalentFund,
    pub talent_payee: TalentPayee,
    pub first_breakthrough: Breakthrough,
    /// Months from the day of entry.
    pub entry_period: i32,
    /// The options behind the readings, for traces.
    pub readings: BTreeMap<Point, Reading>,
}

/// One point's reading in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// How officials cite the point: `I-02`.
    pub number: Arc<str>,
    /// The option in Chinese.
    pub label: Arc<str>,
}

/// Why readings are not settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// No reading holds on the day.
    #[error("解释点“{0}”在 {1} 没有生效的选择，请先批准一项")]
    NotChosen(Point, Date),
    /// The key is not among the options.
    #[error("解释点“{0}”没有选项“{1}”")]
    NoSuchOption(Point, Arc<str>),
    /// The option's key or value means nothing for this point.
    #[error("解释点“{0}”的选项“{1}”无法执行：{2}")]
    Unreadable(Point, Arc<str>, String),
    /// The point is missing altogether.
    #[error("缺少解释点“{0}”")]
    Missing(Point),
}

/// Reads one point's option as a word of its vocabulary.
fn keyed<T: DeserializeOwned>(point: Point, option: &Choosable) -> Result<T, SettingError> {
    word(&option.key)
        .ok_or_else(|| SettingError::Unreadable(point, option.key.clone(), "选项代号不是程序能执行的读法".to_owned()))
}

/// Reads one point's option as the value it carries.
fn valued<T: FromStr<Err: std::fmt::Display>>(point: Point, option: &Choosable) -> Result<T, SettingError> {
    let unreadable = |why: String| SettingError::Unreadable(point, option.key.clone(), why);
    let value = option.value.as_deref().ok_or_else(|| unreadable("须写明 value".to_owned()))?;
    value.parse().map_err(|error| unreadable(format!("{error}")))
}

fn day_count(point: Point, option: &Choosable) -> Result<i64, SettingError> {
    match valued(point, option)? {
        days @ 360..=366 => Ok(days),
        days => Err(SettingError::Unreadable(point, option.key.clone(), format!("一年 {days} 天不是计息惯例"))),
    }
}

fn months(point: Point, option: &Choosable) -> Result<i32, SettingError> {
    match valued(point, option)? {
        months @ 1..=600 => Ok(months),
        months => Err(SettingError::Unreadable(point, option.key.clone(), format!("{months} 个月不在 1 至 600 之间"))),
    }
}

impl Settings {
    /// From one option per point.
    pub(crate) fn from_options(
        options: &BTreeMap<Point, &Choosable>,
        readings: BTreeMap<Point, Reading>,
    ) -> Result<Self, SettingError> {
        let at = |point: Point| options.get(&point).copied().ok_or(SettingError::Missing(point));
        macro_rules! key {
            ($point:ident) => {
                keyed(Point::$point, at(Point::$point)?)?
            };
        }
        macro_rules! value {
            ($point:ident) => {
                valued(Point::$point, at(Point::$point)?)?
            };
        }
        Ok(Self {
            threshold_inclusive: key!(ThresholdInclusive),
            interest_base: key!(InterestBase),
            rate_series: key!(RateSeries),
            day_count: day_count(Point::DayCount, at(Point::DayCount)?)?,
            rate_date: key!(RateDate),
            interest_days: key!(InterestDays),
            investment_progress: value!(InvestmentProgress),
            investment_proof: key!(InvestmentProof),
            loan_kinds: key!(LoanKinds),
            interest_award: key!(InterestAward),
            interest_cap_scope: key!(InterestCapScope),
            fee_tax: key!(FeeTax),
            related_parties: key!(RelatedParties),
            fee_year: key!(FeeYear),
            customers: key!(Customers),
            customer_location: key!(CustomerLocation),
            ordinary_business: key!(OrdinaryBusiness),
            invoice_sharing: key!(InvoiceSharing),
            operating_cost: key!(OperatingCost),
            platform_recognition: key!(PlatformRecognition),
            platform_performance: key!(PlatformPerformance),
            minimum_award: value!(MinimumAward),
            first_eligible_date: value!(FirstEligibleDate),
            rounding: key!(Rounding),
            reduction: key!(Reduction),
            complex_payee: key!(ComplexPayee),
            talent_fund: key!(TalentFund),
            talent_payee: key!(TalentPayee),
            first_breakthrough: key!(FirstBreakthrough),
            entry_period: months(Point::EntryPeriod, at(Point::EntryPeriod)?)?,
            readings,
        })
    }

    /// Whether an option can be carried out for its point.
    pub(crate) fn check(point: Point, option: &Choosable) -> Result<(), SettingError> {
        match point {
            Point::ThresholdInclusive => keyed::<Threshold>(point, option).map(drop),
            Point::InterestBase => keyed::<InterestBase>(point, option).map(drop),
            Point::RateSeries => keyed::<RateSeries>(point, option).map(drop),
            Point::DayCount => day_count(point, option).map(drop),
            Point::RateDate => keyed::<RateDate>(point, option).map(drop),
            Point::InterestDays => keyed::<InterestDays>(point, option).map(drop),
            Point::InvestmentProgress => valued::<Rate>(point, option).map(drop),
            Point::InvestmentProof => keyed::<ProofReading>(point, option).map(drop),
            Point::LoanKinds => keyed::<LoanReading>(point, option).map(drop),
            Point::InterestAward | Point::PlatformPerformance => keyed::<AwardReading>(point, option).map(drop),
            Point::InterestCapScope => keyed::<CapReading>(point, option).map(drop),
            Point::FeeTax => keyed::<FeeTax>(point, option).map(drop),
            Point::RelatedParties => keyed::<RelatedParties>(point, option).map(drop),
            Point::FeeYear => keyed::<FeeYear>(point, option).map(drop),
            Point::Customers => keyed::<Customers>(point, option).map(drop),
            Point::CustomerLocation => keyed::<CustomerLocation>(point, option).map(drop),
            Point::OrdinaryBusiness => keyed::<OrdinaryBusiness>(point, option).map(drop),
            Point::InvoiceSharing => keyed::<InvoiceSharing>(point, option).map(drop),
            Point::OperatingCost => keyed::<CostReading>(point, option).map(drop),
            Point::PlatformRecognition => keyed::<RecognitionReading>(point, option).map(drop),
            Point::MinimumAward => valued::<Money>(point, option).map(drop),
            Point::FirstEligibleDate => valued::<Date>(point, option).map(drop),
            Point::Rounding => keyed::<Rounding>(point, option).map(drop),
            Point::Reduction => keyed::<Reduction>(point, option).map(drop),
            Point::ComplexPayee => keyed::<ComplexPayee>(point, option).map(drop),
            Point::TalentFund => keyed::<TalentFund>(point, option).map(drop),
            Point::TalentPayee => keyed::<TalentPayee>(point, option).map(drop),
            Point::FirstBreakthrough => keyed::<Breakthrough>(point, option).map(drop),
            Point::EntryPeriod => months(point, option).map(drop),
        }
    }
}

impl ProofReading {
    /// Whether this proof is accepted.
    pub const fn accepts(self, proof: InvestmentProof) -> bool {
        matches!(self, Self::Any) || !matches!(proof, InvestmentProof::OwnStatement)
    }
}

impl LoanReading {
    /// Whether this kind of loan counts.
    pub const fn accepts(self, kind: LoanKind) -> bool {
        match self {
            Self::BankOnly => matches!(kind, LoanKind::Bank),
            Self::BankEntrustedAffiliateLease => !matches!(kind, LoanKind::Other),
        }
    }
}

impl CapReading {
    /// As scope and period.
    pub const fn parts(self) -> (CapScope, CapPeriod) {
        match self {
            Self::EnterpriseLifetime => (CapScope::Enterprise, CapPeriod::Lifetime),
            Self::EnterpriseYear => (CapScope::Enterprise, CapPeriod::Year),
            Self::ProjectLifetime => (CapScope::Project, CapPeriod::Lifetime),
        }
    }
}

impl CostReading {
    /// Whether this part of the cost counts.
    pub const fn includes(self, part: CostPart) -> bool {
        match self {
            Self::LessDepreciationAndPublic => !matches!(part, CostPart::Depreciation | CostPart::PubliclyFunded),
            Self::LessPublic => !matches!(part, CostPart::PubliclyFunded),
            Self::All => true,
        }
    }
}

impl Settings {
    /// The first reading that leaves a fee with these attributes out; `None` when it counts.
    pub fn leaves_out(&self, fee: FeeAttributes) -> Option<Point> {
        if fee.related && self.related_parties == RelatedParties::Excluded {
            Some(Point::RelatedParties)
        } else if !fee.design_firm && self.customers == Customers::DesignFirms {
            Some(Point::Customers)
        } else if !fee.in_city && self.customer_location == CustomerLocation::InCity {
            Some(Point::CustomerLocation)
        } else if !fee.open_capacity && self.ordinary_business == OrdinaryBusiness::OpenedOnly {
            Some(Point::OrdinaryBusiness)
        } else if fee.supports_platform && self.invoice_sharing == InvoiceSharing::OneBenefit {
            Some(Point::InvoiceSharing)
        } else {
            None
        }
    }
}
