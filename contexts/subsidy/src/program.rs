//! A clause, its readings and the rates, compiled for one day into integer operations.

use std::sync::Arc;

use kernel::{Date, Digest, Money, Rate};

use crate::account::{Account, CapPeriod, CapScope};
use crate::clause::{Band, Base, Clause, Measure, Operator, Place, Requirement};
use crate::facts::Score;
use crate::interpretation::Point;
use crate::parameters::{Grant, ParameterSet};
use crate::rates::{RateTable, Rates};
use crate::settings::{AwardReading, Settings, Threshold};

/// Version of the meaning of the operators. A decision stores it; when the meaning changes, the old version stays.
pub const ENGINE_VERSION: u16 = 1;

/// A compiled clause: everything an assessment needs besides the claim and its cap account.
#[derive(Clone, Debug)]
pub struct Program {
    /// The clause.
    pub clause: Arc<Clause>,
    /// The readings in force.
    pub settings: Arc<Settings>,
    /// The rates.
    pub rates: Arc<Rates>,
    /// What the district grants, where the clause leaves it to a district.
    pub parameters: Option<Arc<ParameterSet>>,
    /// The day of the assessment.
    pub on: Date,
    pub(crate) threshold: Option<ThresholdTest>,
    pub(crate) requirements: Vec<(Place, Requirement)>,
    pub(crate) base: (Place, Base),
    pub(crate) rate: (Place, Rate),
    pub(crate) award: (Place, AwardRule),
    pub(crate) cap: Cap,
    pub(crate) window: Option<Place>,
    pub(crate) prorate: Option<Place>,
    pub(crate) dedupe: Option<Place>,
    pub(crate) floor: Option<(Place, Money)>,
}

/// A threshold with what must hold besides the amount.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThresholdTest {
    pub place: Place,
    pub measure: Measure,
    pub value: Money,
    pub inclusive: bool,
    pub progress: Option<Rate>,
    pub proof: bool,
}

impl ThresholdTest {
    pub const fn holds(&self, amount: Money) -> bool {
        if self.inclusive { amount.fen() >= self.value.fen() } else { amount.fen() > self.value.fen() }
    }
}

/// How the award's rate follows from the ceiling's.
#[derive(Clone, Debug)]
pub(crate) enum AwardRule {
    AtCeiling,
    ByScore,
    Bands(Vec<Band>),
}

impl AwardRule {
    /// The award's rate; `None` when a score is needed and none is known.
    pub fn rate(&self, ceiling: Rate, score: Option<Score>) -> Option<Rate> {
        match self {
            Self::AtCeiling => Some(ceiling),
            Self::ByScore => {
                let parts = ceiling.parts_per_million() * i64::from(score?.hundredths()) / 10_000;
                Some(Rate::from_parts_per_million(parts))
            }
            Self::Bands(bands) => {
                let score = score?;
                let band = bands.iter().find(|band| band.from <= score);
                Some(band.map_or(Rate::default(), |band| band.rate.min(ceiling)))
            }
        }
    }
}

/// A cap over a scope.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cap {
    pub place: Place,
    pub value: Money,
    pub scope: CapScope,
    pub period: CapPeriod,
}

/// Why a clause cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// The clause file passed its check without this: a fault of the program.
    #[error("条款缺少运算“{0}”")]
    Lacks(&'static str),
    /// The chosen reading needs bands that the clause file does not have.
    #[error("选择了按得分分档，但条款文件中没有 tier 规则")]
    NoBands,
    /// The chosen series is not in the catalog.
    #[error("利率表中没有所选的利率系列")]
    NoRates,
    /// The district has no set in force.
    #[error("“{0}”的金额由区县细则规定，所在区县在这一天没有生效的细则")]
    NoParameters(Arc<str>),
    /// The set was made for another kind of base: the clause changed since.
    #[error("区县细则的给付方式与“{0}”现行条款不符，请区县重新制定")]
    OtherGrant(Arc<str>),
}

impl Program {
    /// Compiles a clause under readings and rates for an assessment on a day.
    pub fn compile(
        clause: &Arc<Clause>,
        settings: &Arc<Settings>,
        rates: &Arc<Rates>,
        parameters: Option<&Arc<ParameterSet>>,
        on: Date,
    ) -> Result<Self, CompileError> {
        let find = |wanted: fn(&Operator) -> bool| clause.operators().find(|(_, operator, _)| wanted(operator));
        let place_of = |wanted: fn(&Operator) -> bool| find(wanted).map(|(place, ..)| place);
        let base = match find(|operator| matches!(operator, Operator::Base(_))) {
            Some((place, Operator::Base(base), _)) => (place, *base),
            _ => return Err(CompileError::Lacks("base")),
        };
        if base.1 == Base::LoanInterest && rates.table(settings.rate_series).is_none() {
            return Err(CompileError::NoRates);
        }
        let district = place_of(|operator| matches!(operator, Operator::District));
        let parameters = parameters.filter(|_| district.is_some()).cloned();
        let (rate, cap) = match district {
            Some(place) => {
                let set = parameters.as_deref().ok_or_else(|| CompileError::NoParameters(clause.title.clone()))?;
                by_district(clause, place, base.1, set)?
            }
            None => match find(|operator| matches!(operator, Operator::Rate(_))) {
                Some((place, Operator::Rate(rate), _)) => ((place, *rate), cap(clause, settings)?),
                _ => return Err(CompileError::Lacks("rate")),
            },
        };
        Ok(Self {
            threshold: threshold(clause, settings),
            requirements: requirements(clause),
            base,
            rate,
            award: award(clause, settings)?.unwrap_or((rate.0, AwardRule::AtCeiling)),
            cap,
            window: place_of(|operator| matches!(operator, Operator::Window)),
            prorate: place_of(|operator| matches!(operator, Operator::Prorate)),
            dedupe: place_of(|operator| matches!(operator, Operator::Dedupe)),
            floor: place_of(|operator| matches!(operator, Operator::FloorExclude))
                .map(|place| (place, settings.minimum_award)),
            clause: clause.clone(),
            settings: settings.clone(),
            rates: rates.clone(),
            parameters,
            on,
        })
    }

    /// What counts towards the cap for this claim.
    pub fn used(&self, account: &Account, claim: &crate::facts::Claim) -> Money {
        account.used(self.cap.scope, self.cap.period, claim.year, claim.project.as_deref())
    }

    /// The rate table in use.
    pub(crate) fn rate_table(&self) -> Option<&RateTable> {
        self.rates.table(self.settings.rate_series)
    }

    /// Of the clause file and the rate file.
    pub fn digests(&self) -> (Digest, Digest) {
        (self.clause.digest, self.rates.digest())
    }
}

fn threshold(clause: &Clause, settings: &Settings) -> Option<ThresholdTest> {
    clause.operators().find_map(|(place, operator, points)| {
        let (measure, value, inclusive) = match operator {
            Operator::AtLeast(measure, value) => {
                let exclusive =
                    points.contains(&Point::ThresholdInclusive) && settings.threshold_inclusive == Threshold::Exclusive;
                (*measure, *value, !exclusive)
            }
            Operator::MoreThan(measure, value) => (*measure, *value, false),
            _ => return None,
        };
        let progress = points.contains(&Point::InvestmentProgress).then_some(settings.investment_progress);
        let proof = points.contains(&Point::InvestmentProof);
        Some(ThresholdTest { place, measure, value, inclusive, progress, proof })
    })
}

fn requirements(clause: &Clause) -> Vec<(Place, Requirement)> {
    let required = clause.operators().filter_map(|(place, operator, _)| match operator {
        Operator::Require(requirement) => Some((place, *requirement)),
        _ => None,
    });
    required.collect()
}

/// The award rule stands where the clause leaves discretion; without any, the award is the ceiling.
fn award(clause: &Clause, settings: &Settings) -> Result<Option<(Place, AwardRule)>, CompileError> {
    let reading = clause.operators().find_map(|(place, operator, points)| {
        let reading = points.iter().find_map(|point| match point {
            Point::InterestAward => Some(settings.interest_award),
            Point::PlatformPerformance => Some(settings.platform_performance),
            _ => None,
        });
        matches!(operator, Operator::Rate(_) | Operator::Discretionary).then_some((place, reading?))
    });
    let bands = || {
        let mut tiers = clause.operators().filter_map(|(_, operator, _)| match operator {
            Operator::Tier(bands) => Some(bands.clone()),
            _ => None,
        });
        tiers.next().ok_or(CompileError::NoBands)
    };
    match reading {
        Some((place, AwardReading::AtCeiling)) => Ok(Some((place, AwardRule::AtCeiling))),
        Some((place, AwardReading::ByScore)) => Ok(Some((place, AwardRule::ByScore))),
        Some((place, AwardReading::Bands)) => Ok(Some((place, AwardRule::Bands(bands()?)))),
        None => Ok(None),
    }
}

/// Rate and cap of a district's set. Where it grants amounts instead of a share, the base is the amount and the rate all
/// of it.
fn by_district(
    clause: &Clause,
    place: Place,
    base: Base,
    set: &ParameterSet,
) -> Result<((Place, Rate), Cap), CompileError> {
    if !set.grant.fits(base) {
        return Err(CompileError::OtherGrant(clause.title.clone()));
    }
    let rate = match set.grant {
        Grant::Share(rate) => rate,
        Grant::Tiers(_) | Grant::ByPart(_) | Grant::PerPerson { .. } => Rate::from_parts_per_million(Rate::WHOLE),
    };
    let cap = Cap { place, value: set.cap.value, scope: set.cap.scope, period: set.cap.period };
    Ok(((place, rate), cap))
}

fn cap(clause: &Clause, settings: &Settings) -> Result<Cap, CompileError> {
    let cap = clause.operators().find_map(|(place, operator, points)| match operator {
        Operator::Cap(value, scope, period) => {
            let read = points.contains(&Point::InterestCapScope).then(|| settings.interest_cap_scope.parts());
            let (scope, period) = read.unwrap_or((*scope, *period));
            Some(Cap { place, value: *value, scope, period })
        }
        _ => None,
    });
    cap.ok_or(CompileError::Lacks("cap"))
}
