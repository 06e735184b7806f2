//! The same amounts without words: columns in, columns out. For bulk assessment and what-ifs.
//!
//! Facts become three or four integers per claim ([`Columns::push`]); a tight loop over them gives ceiling and award
//! ([`Columns::run`]). Written apart from [`crate::assess()`] on purpose: the two check each other.

use kernel::money::Rounding;
use kernel::{Date, Money, Rate, Year};

use crate::clause::{Base, Measure, Requirement};
use crate::facts::{
    ClaimError, ClaimRef, CostPart, FactsRef, FeeAttributes, FeeLine, Investment, Loan, LoanKind, OperatingCost,
    Recognition, TermClass,
};
use crate::program::{AwardRule, Program, ThresholdTest};
use crate::settings::{
    CustomerLocation, Customers, FeeTax, FeeYear, InterestBase, InterestDays, InvoiceSharing, OrdinaryBusiness,
    ProofReading, RateDate, RecognitionReading, RelatedParties,
};

/// A program with what its inner loops need laid flat: readings as numbers and masks, so that random claims cost
/// arithmetic instead of mispredicted branches.
#[derive(Clone, Debug)]
pub struct Bare<'a> {
    program: &'a Program,
    /// Rate rows, newest first: (first day as [`order`], parts per million by term class; 0 where none is published).
    rates: Vec<(i32, [i64; 3])>,
    /// Interest at the published rate: one ÷ (a million parts × days in a year).
    yearly: Scale,
    /// First eligible day as [`day_number`] and as [`order`]; the beginning of time where there is no window.
    first: (i32, i32),
    on: i32,
    /// 1 where the last day of an interest period counts.
    extra: i32,
    prorates: bool,
    dedupes: bool,
    half_up: bool,
    interest_base: InterestBase,
    at_disbursement: bool,
    by_invoice: bool,
    /// All ones where tax counts.
    gross: i64,
    threshold: Option<ThresholdTest>,
    proof: ProofReading,
    /// Whether each kind of loan counts, in the order of [`LoanKind`].
    kinds: [bool; 5],
    /// What leaves a fee out.
    fees: FeeMask,
    /// All ones for the parts of operating cost that count, zero for the others.
    parts: [i64; CostPart::ALL.len()],
    needs: Needs,
    /// Whether each claim has an award rate of its own.
    shares: bool,
}

/// Attributes a fee must not have, or must have, to count.
#[derive(Clone, Copy, Debug)]
struct FeeMask {
    not_related: bool,
    design_firm: bool,
    in_city: bool,
    open_capacity: bool,
    not_platform: bool,
}

/// Requirements besides the threshold.
#[derive(Clone, Copy, Debug, Default)]
struct Needs {
    packaging_test_firm: bool,
    opens_capacity: bool,
    public_service: bool,
    recognition: bool,
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
        let settings = &*program.settings;
        let rows = program.rate_table().into_iter().flat_map(|table| table.rows.rows().rev());
        let rates = rows.map(|(from, row)| {
            let parts = TermClass::ALL.map(|term| row.rate(term).map_or(0, Rate::parts_per_million));
            (order(from), parts)
        });
        let first = program.window.map(|_| settings.first_eligible_date);
        let half_up = settings.rounding == Rounding::HalfUp;
        let fees = FeeMask {
            not_related: settings.related_parties == RelatedParties::Excluded,
            design_firm: settings.customers == Customers::DesignFirms,
            in_city: settings.customer_location == CustomerLocation::InCity,
            open_capacity: settings.ordinary_business == OrdinaryBusiness::OpenedOnly,
            not_platform: program.dedupe.is_some() && settings.invoice_sharing == InvoiceSharing::OneBenefit,
        };
        Self {
            rates: rates.collect(),
            yearly: Scale::new(1, Rate::WHOLE * settings.day_count, half_up),
            first: first.map_or((i32::MIN, i32::MIN), |first| (day_number(first), order(first))),
            on: order(program.on),
            extra: i32::from(settings.interest_days == InterestDays::FirstAndLast),
            prorates: program.prorate.is_some(),
            dedupes: program.dedupe.is_some(),
            half_up,
            interest_base: settings.interest_base,
            at_disbursement: settings.rate_date == RateDate::Disbursement,
            by_invoice: settings.fee_year == FeeYear::InvoiceDate,
            gross: if settings.fee_tax == FeeTax::Gross { -1 } else { 0 },
            threshold: program.threshold,
            proof: settings.investment_proof,
            kinds: LoanKind::ALL.map(|kind| settings.loan_kinds.accepts(kind)),
            fees,
            parts: CostPart::ALL.map(|part| if settings.operating_cost.includes(part) { -1 } else { 0 }),
            needs: Needs::of(program),
            shares: !matches!(program.award.1, AwardRule::AtCeiling),
            program,
        }
    }

    /// `x × numerator ÷ denominator`, rounded as the settings say; in 64 bits where it fits. All are ≥ 0.
    #[inline]
    fn ratio(&self, x: i64, numerator: i64, denominator: i64) -> Option<i64> {
        let bias = if self.half_up { denominator / 2 } else { 0 };
        match x.checked_mul(numerator).and_then(|product| product.checked_add(bias)) {
            Some(product) => Some((product as u64 / denominator as u64) as i64),
            None => {
                let product = i128::from(x) * i128::from(numerator) + i128::from(bias);
                i64::try_from(product / i128::from(denominator)).ok()
            }
        }
    }

    #[inline]
    fn investment(&self, investment: &Investment) -> bool {
        self.threshold.filter(|test| test.measure == Measure::PaidInInvestment).is_none_or(|test| {
            let proven = !test.proof | self.proof.accepts(investment.proof);
            let built = test.progress.is_none_or(|needed| investment.progress >= needed);
            (order(investment.proven_on) <= self.on) & proven & built
        })
    }

    #[inline]
    fn loan(&self, loan: &Loan) -> Option<i64> {
        let (begin, until) = (day_number(loan.from), day_number(loan.until));
        let from = begin.max(self.first.0);
        let windowed = from != begin;
        let counts = self.kinds[loan.kind as usize] & (from < until) & (!windowed | self.prorates);
        // Where nothing counts, the product below is of zero days.
        let counted = i64::from(if counts { until + self.extra - from } else { 0 });
        let paid = if counts & windowed {
            self.ratio(loan.paid.fen(), counted, i64::from(until + self.extra - begin))?
        } else if counts {
            loan.paid.fen()
        } else {
            0
        };
        if self.interest_base == InterestBase::Paid {
            return Some(paid);
        }
        let day = order(if self.at_disbursement { loan.disbursed } else { loan.from });
        let row = self.rates.iter().find(|(from, _)| *from <= day);
        let factor = row.map_or(0, |(_, parts)| parts[loan.term as usize]) * counted;
        let principal = loan.principal.fen();
        let benchmark = match principal.checked_mul(factor) {
            Some(product) if product < i64::MAX / 2 => self.yearly.narrow(product, 1),
            _ => self.ratio(principal, factor, self.yearly.denominator as i64)?,
        };
        Some(if self.interest_base == InterestBase::Benchmark { benchmark } else { paid.min(benchmark) })
    }

    #[inline]
    fn fees(&self, year: Year, lines: &[FeeLine]) -> Option<i64> {
        let repeated = if self.dedupes && lines.len() > 1 { repeated(lines) } else { Vec::new() };
        let mut sum = 0_i64;
        for (index, line) in lines.iter().enumerate() {
            let day = if self.by_invoice { Some(line.invoiced) } else { line.performed };
            let in_year = day.is_some_and(|day| (day.year() == year) & (self.first.1 <= order(day)));
            let counts = in_year & self.fees.counts(line.attributes) & (repeated.get(index) != Some(&true));
            let amount = line.net.fen() + (line.tax.fen() & self.gross);
            sum = sum.checked_add(if counts { amount } else { 0 })?;
        }
        Some(sum)
    }

    /// The parts that count. Each is within [`Money::LIMIT`], so eight cannot overflow.
    #[inline]
    fn cost(&self, year: Year, cost: &OperatingCost) -> i64 {
        let sum: i64 = cost.parts.iter().zip(self.parts).map(|(part, counts)| part.fen() & counts).sum();
        if order_of(year, 1, 1) >= self.first.1 { sum } else { 0 }
    }
}

impl FeeMask {
    #[inline]
    const fn counts(self, fee: FeeAttributes) -> bool {
        !((self.not_related & fee.related)
            | (self.design_firm & !fee.design_firm)
            | (self.in_city & !fee.in_city)
            | (self.open_capacity & !fee.open_capacity)
            | (self.not_platform & fee.supports_platform))
    }
}

impl Needs {
    fn of(program: &Program) -> Self {
        let needs = |wanted| program.requirements.iter().any(|(_, requirement)| *requirement == wanted);
        let asked = program.settings.platform_recognition == RecognitionReading::Required;
        Self {
            packaging_test_firm: needs(Requirement::PackagingTestFirm),
            opens_capacity: needs(Requirement::OpensCapacity),
            public_service: needs(Requirement::PublicService),
            recognition: needs(Requirement::MunicipalPlatform) && asked,
        }
    }

    /// Whether a platform is recognised on the last day of the claimed year, with that year's check passed.
    #[inline]
    fn recognised(year: Year, cost: &OperatingCost) -> bool {
        let last = order_of(year, 12, 31);
        let holds = |paper: Recognition| paper.checked & (order(paper.from) <= last) & (last <= order(paper.until));
        cost.recognition.is_some_and(holds)
    }
}

/// A number that orders days without a branch; not a count of days.
#[inline]
fn order(day: Date) -> i32 {
    order_of(day.year(), day.month(), day.day())
}

#[inline]
fn order_of(year: Year, month: i8, day: i8) -> i32 {
    (i32::from(year) << 16) | (i32::from(month) << 8) | i32::from(day)
}

/// Days since 1970-01-01 by arithmetic on the proleptic Gregorian calendar, without branches: the inner loop needs
/// two per loan, and going through a duration costs more than the rest of the loan.
#[inline]
fn day_number(day: Date) -> i32 {
    let (year, month, day) = (i32::from(day.year()), i32::from(day.month()), i32::from(day.day()));
    // Years begin in March, so that the leap day is the last; shifted by thirty 400-year cycles to stay positive.
    let early = i32::from(month <= 2);
    let year = (year - early + 12_000) as u32;
    let day_of_year = (153 * (month - 3 + 12 * early) + 2) / 5 + day - 1;
    (365 * year + year / 4 - year / 100 + year / 400) as i32 + day_of_year - 30 * 146_097 - 719_468
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
        [measure, base, used].into_iter().for_each(Vec::clear);
        share.clear();
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
    // Inlined into its caller's loop, where the kind of facts is known, it loses its match and its memory traffic.
    #[inline(always)]
    pub fn push(&mut self, bare: &Bare<'_>, claim: ClaimRef<'_>, used: Money) -> Result<(), ClaimError> {
        claim.check(bare.program.base.1)?;
        let needs = bare.needs;
        let firm = !needs.packaging_test_firm | claim.packaging_test_firm;
        let (measure, base, meets) = match claim.facts {
            FactsRef::LoanInterest(investment, loans) => {
                let sum = loans.iter().try_fold(0_i64, |sum, loan| sum.checked_add(bare.loan(loan)?));
                let others = needs.opens_capacity | needs.public_service | needs.recognition;
                (investment.paid_in.fen(), sum, bare.investment(investment) & !others)
            }
            FactsRef::TestFees { opens_capacity, lines } => {
                let others = needs.public_service | needs.recognition;
                (0, bare.fees(claim.year, lines), (!needs.opens_capacity | opens_capacity) & !others)
            }
            FactsRef::OperatingCost(cost) => {
                let recognised = !needs.recognition || Needs::recognised(claim.year, cost);
                let serves = !needs.public_service | cost.public_service;
                (0, Some(bare.cost(claim.year, cost)), serves & recognised & !needs.opens_capacity)
            }
        };
        let base = base.ok_or(ClaimError::Overflow)?;
        let base = if firm & meets { base.max(0) } else { 0 };
        if let Some(test) = &bare.threshold {
            self.measure.push(if test.measure == Measure::PaidInInvestment { measure } else { base });
        }
        if bare.shares {
            let share = bare.program.award.1.rate(bare.program.rate.1, claim.score).unwrap_or_default();
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
        let rows = rows.zip(awards.ceiling.iter_mut().zip(&mut awards.award));
        let both = |full: i64, part: i64, used: i64| {
            let award = limits.award(part, used);
            (if award > 0 { full.min(limits.cap - used) } else { 0 }, award)
        };
        if narrow && self.measure.is_empty() {
            rows.for_each(|(((base, used), own), (ceiling, award))| {
                let (full, part) = (share.narrow(*base, rate), share.narrow(*base, i64::from(*own)));
                (*ceiling, *award) = both(full, part, *used);
            });
        } else {
            rows.enumerate().for_each(|(row, (((base, used), own), (ceiling, award)))| {
                let (full, part) = (share.wide(*base, rate), share.wide(*base, i64::from(*own)));
                (*ceiling, *award) = if self.passes(row, limits) { both(full, part, *used) } else { (0, 0) };
            });
        }
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
#[derive(Clone, Copy, Debug)]
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
