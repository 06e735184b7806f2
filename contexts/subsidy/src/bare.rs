//! The same amounts without words: columns in, columns out. For bulk assessment and what-ifs.
//!
//! Facts become three or four integers per claim ([`Columns::push`]); a tight loop over them gives ceiling and award
//! ([`Columns::run`]). Written apart from [`crate::assess()`] on purpose: the two check each other.

use kernel::money::Rounding;
use kernel::{Date, Money, Rate};

use crate::clause::{Base, Measure, Requirement};
use crate::facts::{ClaimError, ClaimRef, CostPart, FactsRef, FeeLine, Investment, Loan, OperatingCost};
use crate::program::{AwardRule, Program};
use crate::settings::{FeeTax, FeeYear, InterestBase, InterestDays, RateDate, RecognitionReading};

/// A program with what its inner loops need laid flat.
#[derive(Clone, Debug)]
pub struct Bare<'a> {
    program: &'a Program,
    /// Rate rows, newest first: (first day, parts per million by term class; 0 where none is published).
    rates: Vec<(Date, [i64; 3])>,
    /// 1 for the parts of operating cost that count, 0 for the others.
    parts: [i64; CostPart::ALL.len()],
    /// Whether each claim has an award rate of its own.
    shares: bool,
}

/// One clause's claims, ready to be computed. All columns have the same length, or none where not needed.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// What the threshold is put on, in fen.
    measure: Vec<i64>,
    /// In fen; 0 when a condition other than the threshold fails.
    base: Vec<i64>,
    /// Award rate in parts per million, where claims differ in it.
    share: Vec<u32>,
    /// What counts towards the cap, in fen.
    used: Vec<i64>,
    greatest: i64,
}

/// Ceilings and awards in fen, in the order the claims were pushed.
#[derive(Clone, Debug, Default)]
pub struct Awards {
    /// Empty where the award is the ceiling.
    ceiling: Vec<i64>,
    award: Vec<i64>,
}

impl Awards {
    /// What each claim is awarded.
    pub fn award(&self) -> &[i64] {
        &self.award
    }

    /// The ceiling of each claim.
    pub fn ceiling(&self) -> &[i64] {
        if self.ceiling.is_empty() { &self.award } else { &self.ceiling }
    }

    /// The sum of all awards in fen; beyond an `i64` only for claims far outside a city's means.
    pub fn total(&self) -> i128 {
        self.award.iter().map(|award| i128::from(*award)).sum()
    }
}

impl<'a> Bare<'a> {
    /// Lays a program flat.
    pub fn new(program: &'a Program) -> Self {
        let rows = program.rate_table().into_iter().flat_map(|table| table.rows.rows().rev());
        let rates = rows.map(|(from, row)| {
            let parts = crate::facts::TermClass::ALL.map(|term| row.rate(term).map_or(0, Rate::parts_per_million));
            (from, parts)
        });
        Self {
            rates: rates.collect(),
            parts: CostPart::ALL.map(|part| i64::from(program.settings.operating_cost.includes(part))),
            shares: !matches!(program.award.1, AwardRule::AtCeiling),
            program,
        }
    }

    /// `x × numerator ÷ denominator`, rounded as the settings say; in 64 bits where it fits. All are ≥ 0.
    fn ratio(&self, x: i64, numerator: i64, denominator: i64) -> Option<i64> {
        let half_up = self.program.settings.rounding == Rounding::HalfUp;
        let bias = if half_up { denominator / 2 } else { 0 };
        match x.checked_mul(numerator).and_then(|product| product.checked_add(bias)) {
            Some(product) => Some((product as u64 / denominator as u64) as i64),
            None => {
                let product = i128::from(x) * i128::from(numerator) + i128::from(bias);
                i64::try_from(product / i128::from(denominator)).ok()
            }
        }
    }

    fn conditions(&self, claim: &ClaimRef<'_>) -> bool {
        self.program.requirements.iter().all(|(_, requirement)| match (requirement, claim.facts) {
            (Requirement::PackagingTestFirm, _) => claim.packaging_test_firm,
            (Requirement::OpensCapacity, FactsRef::TestFees { opens_capacity, .. }) => opens_capacity,
            (Requirement::PublicService, FactsRef::OperatingCost(cost)) => cost.public_service,
            (Requirement::MunicipalPlatform, FactsRef::OperatingCost(cost)) => self.recognised(claim, cost),
            _ => false,
        })
    }

    fn recognised(&self, claim: &ClaimRef<'_>, cost: &OperatingCost) -> bool {
        let last = kernel::Period::year(claim.year).until();
        self.program.settings.platform_recognition == RecognitionReading::NotRequired
            || cost.recognition.is_some_and(|paper| paper.checked && paper.from <= last && last <= paper.until)
    }

    fn investment(&self, investment: &Investment) -> bool {
        self.program.threshold.filter(|test| test.measure == Measure::PaidInInvestment).is_none_or(|test| {
            investment.proven_on <= self.program.on
                && (!test.proof || self.program.settings.investment_proof.accepts(investment.proof))
                && test.progress.is_none_or(|needed| investment.progress >= needed)
        })
    }

    fn loan(&self, loan: &Loan) -> Option<i64> {
        let settings = &*self.program.settings;
        if !settings.loan_kinds.accepts(loan.kind) {
            return Some(0);
        }
        let windowed = self.program.window.is_some() && loan.from < settings.first_eligible_date;
        let from = if windowed { settings.first_eligible_date } else { loan.from };
        if from >= loan.until || (windowed && self.program.prorate.is_none()) {
            return Some(0);
        }
        let extra = i64::from(settings.interest_days == InterestDays::FirstAndLast);
        let last = day_number(loan.until) + extra;
        let counted = last - day_number(from);
        let paid = if windowed {
            self.ratio(loan.paid.fen(), counted, last - day_number(loan.from))?
        } else {
            loan.paid.fen()
        };
        if settings.interest_base == InterestBase::Paid {
            return Some(paid);
        }
        let day = if settings.rate_date == RateDate::Disbursement { loan.disbursed } else { loan.from };
        let row = self.rates.iter().find(|(from, _)| *from <= day);
        let rate = row.map_or(0, |(_, parts)| parts[loan.term as usize]);
        let benchmark = self.ratio(loan.principal.fen(), rate * counted, Rate::WHOLE * settings.day_count)?;
        Some(if settings.interest_base == InterestBase::Benchmark || rate == 0 {
            benchmark
        } else {
            paid.min(benchmark)
        })
    }

    fn fees(&self, claim: &ClaimRef<'_>, lines: &[FeeLine]) -> Option<i64> {
        let settings = &*self.program.settings;
        let dedupe = self.program.dedupe.is_some();
        let repeated = if dedupe && lines.len() > 1 { repeated(lines) } else { Vec::new() };
        let mut sum = 0_i64;
        for (index, line) in lines.iter().enumerate() {
            let left_out = settings.leaves_out(line.attributes);
            let left_out =
                left_out.is_some_and(|point| dedupe || point != crate::interpretation::Point::InvoiceSharing);
            let day = if settings.fee_year == FeeYear::InvoiceDate { Some(line.invoiced) } else { line.performed };
            let in_year = day.is_some_and(|day| {
                day.year() == claim.year && (self.program.window.is_none() || settings.first_eligible_date <= day)
            });
            if !left_out && in_year && repeated.get(index) != Some(&true) {
                let tax = if settings.fee_tax == FeeTax::Gross { line.tax.fen() } else { 0 };
                sum = sum.checked_add(line.net.fen() + tax)?;
            }
        }
        Some(sum)
    }

    fn cost(&self, claim: &ClaimRef<'_>, cost: &OperatingCost) -> Option<i64> {
        let first = self.program.settings.first_eligible_date;
        if self.program.window.is_some() && kernel::Period::year(claim.year).from() < first {
            return Some(0);
        }
        cost.parts.iter().zip(self.parts).try_fold(0_i64, |sum, (part, counts)| sum.checked_add(part.fen() * counts))
    }
}

/// Days since 1970-01-01.
fn day_number(day: Date) -> i64 {
    Date::constant(1970, 1, 1).duration_until(day).as_hours() / 24
}

/// Which lines repeat the number of an earlier line.
fn repeated(lines: &[FeeLine]) -> Vec<bool> {
    let mut order: Vec<(&str, usize)> = Vec::with_capacity(lines.len());
    order.extend(lines.iter().enumerate().filter_map(|(index, line)| Some((line.number.as_deref()?, index))));
    order.sort_unstable();
    let mut repeated = vec![false; if order.is_empty() { 0 } else { lines.len() }];
    for pair in order.windows(2) {
        if pair[0].0 == pair[1].0 {
            repeated[pair[1].1] = true;
        }
    }
    repeated
}

impl Columns {
    /// Room for so many claims.
    pub fn with_capacity(claims: usize) -> Self {
        let column = || Vec::with_capacity(claims);
        Self { base: column(), used: column(), ..Self::default() }
    }

    /// Forgets the claims and keeps the room.
    pub fn clear(&mut self) {
        let Self { measure, base, share, used, greatest } = self;
        (measure.clear(), base.clear(), share.clear(), used.clear());
        *greatest = 0;
    }

    /// Number of claims.
    pub fn len(&self) -> usize {
        self.base.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.base.is_empty()
    }

    /// Adds a claim; `used` is what counts towards its cap ([`Program::used`]). Refuses what
    /// [`crate::assess()`] refuses, and then adds nothing.
    pub fn push(&mut self, bare: &Bare<'_>, claim: ClaimRef<'_>, used: Money) -> Result<(), ClaimError> {
        claim.check(bare.program.base.1)?;
        let (measure, base) = match claim.facts {
            FactsRef::LoanInterest(investment, loans) => {
                let sum = loans.iter().try_fold(0_i64, |sum, loan| sum.checked_add(bare.loan(loan)?));
                (investment.paid_in.fen(), sum.map(|sum| if bare.investment(investment) { sum } else { 0 }))
            }
            FactsRef::TestFees { lines, .. } => (0, bare.fees(&claim, lines)),
            FactsRef::OperatingCost(cost) => (0, bare.cost(&claim, cost)),
        };
        let base = base.ok_or(ClaimError::Overflow)?;
        let (rule, ceiling) = (&bare.program.award.1, bare.program.rate.1);
        let share = if bare.shares { rule.rate(ceiling, claim.score).unwrap_or_default() } else { ceiling };
        let base = if bare.conditions(&claim) { base.max(0) } else { 0 };
        if let Some(test) = &bare.program.threshold {
            self.measure.push(if test.measure == Measure::PaidInInvestment { measure } else { base });
        }
        if bare.shares {
            // A rate is at most 100 %, a million parts.
            self.share.push(share.parts_per_million() as u32);
        }
        self.base.push(base);
        self.used.push(used.fen());
        self.greatest = self.greatest.max(base);
        Ok(())
    }

    /// Ceiling and award of every claim.
    pub fn run(&self, bare: &Bare<'_>, awards: &mut Awards) {
        let program = bare.program;
        awards.award.resize(self.len(), 0);
        awards.ceiling.resize(if bare.shares { self.len() } else { 0 }, 0);
        let test = program.threshold;
        // The least measure that passes: “more than” is “at least one fen more”.
        let least = test.map_or(i64::MIN, |test| test.value.fen() + i64::from(!test.inclusive));
        let limits = Limits {
            least,
            cap: program.cap.value.fen(),
            floor: program.floor.map_or(1, |(_, floor)| floor.fen().max(1)),
        };
        let rate = program.rate.1.parts_per_million();
        let half_up = program.settings.rounding == Rounding::HalfUp;
        if bare.shares {
            let share = Scale::new(1, Rate::WHOLE, half_up);
            self.run_shared(&limits, rate, share, awards);
        } else {
            let share = Scale::new(rate, Rate::WHOLE, half_up);
            self.run_fixed(&limits, share, &mut awards.award);
        }
    }

    /// One rate for all: the award is the ceiling.
    fn run_fixed(&self, limits: &Limits, share: Scale, awards: &mut [i64]) {
        let narrow = share.is_narrow(self.greatest, 1);
        let rows = self.base.iter().zip(&self.used).zip(awards);
        match (self.measure.is_empty(), narrow) {
            (true, true) => rows.for_each(|((base, used), award)| {
                *award = limits.award(share.narrow(*base, 1), *used);
            }),
            (false, true) => rows.zip(&self.measure).for_each(|(((base, used), award), measure)| {
                let full = limits.award(share.narrow(*base, 1), *used);
                *award = if *measure >= limits.least { full } else { 0 };
            }),
            (_, false) => rows.enumerate().for_each(|(row, ((base, used), award))| {
                let full = limits.award(share.wide(*base, 1), *used);
                *award = if self.passes(row, limits) { full } else { 0 };
            }),
        }
    }

    /// Each claim at its own rate, under the common ceiling.
    fn run_shared(&self, limits: &Limits, rate: i64, share: Scale, awards: &mut Awards) {
        let narrow = share.is_narrow(self.greatest, rate);
        let rows = self.base.iter().zip(&self.used).zip(&self.share);
        let out = awards.ceiling.iter_mut().zip(&mut awards.award);
        rows.zip(out).enumerate().for_each(|(row, (((base, used), own), (ceiling, award)))| {
            let own = i64::from(*own);
            let (full, part) = if narrow {
                (share.narrow(*base, rate), share.narrow(*base, own))
            } else {
                (share.wide(*base, rate), share.wide(*base, own))
            };
            *award = if self.passes(row, limits) { limits.award(part, *used) } else { 0 };
            *ceiling = if *award > 0 { full.min((limits.cap - *used).max(0)) } else { 0 };
        });
    }

    fn passes(&self, row: usize, limits: &Limits) -> bool {
        self.measure.get(row).is_none_or(|measure| *measure >= limits.least)
    }
}

struct Limits {
    least: i64,
    cap: i64,
    floor: i64,
}

impl Limits {
    /// Under what the cap leaves, and nothing below the floor.
    #[inline]
    fn award(&self, share: i64, used: i64) -> i64 {
        let award = share.min(self.cap.saturating_sub(used));
        if award >= self.floor { award } else { 0 }
    }
}

/// `x × numerator × factor ÷ denominator`, rounded, by multiplication with a reciprocal.
#[derive(Clone, Copy)]
struct Scale {
    numerator: i64,
    denominator: u64,
    bias: u64,
    /// ⌊(2⁶⁴ − 1) ÷ denominator⌋.
    reciprocal: u64,
}

impl Scale {
    fn new(numerator: i64, denominator: i64, half_up: bool) -> Self {
        let common = greatest_common_divisor(numerator, denominator);
        let (numerator, denominator) = (numerator / common, (denominator / common) as u64);
        let bias = if half_up { denominator / 2 } else { 0 };
        Self { numerator, denominator, bias, reciprocal: u64::MAX / denominator }
    }

    /// Whether [`Scale::narrow`] is exact for every `x` up to `greatest` and factor up to `factor`.
    fn is_narrow(self, greatest: i64, factor: i64) -> bool {
        let product = i128::from(greatest) * i128::from(self.numerator) * i128::from(factor);
        product + i128::from(self.bias) <= i128::from(i64::MAX)
    }

    /// For products below 2⁶³: the reciprocal's quotient is right or one too small, which one comparison mends.
    #[inline]
    fn narrow(self, x: i64, factor: i64) -> i64 {
        let product = (x * self.numerator * factor) as u64 + self.bias;
        let quotient = ((u128::from(product) * u128::from(self.reciprocal)) >> 64) as u64;
        let rest = product - quotient * self.denominator;
        (quotient + u64::from(rest >= self.denominator)) as i64
    }

    /// For any product: the result fits, because no rate is above 100 %.
    fn wide(self, x: i64, factor: i64) -> i64 {
        let product = i128::from(x) * i128::from(self.numerator) * i128::from(factor) + i128::from(self.bias);
        i64::try_from(product / i128::from(self.denominator)).unwrap_or(i64::MAX)
    }
}

fn greatest_common_divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a.max(1) } else { greatest_common_divisor(b, a % b) }
}

impl Base {
    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::LoanInterest => "贷款利息",
            Self::TestFees => "封测费用",
            Self::OperatingCost => "平台运营费",
        }
    }
}
