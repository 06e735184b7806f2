//! The same amounts without words: columns in, columns out. For bulk assessment and what-ifs.
//!
//! Facts become three or four integers per claim ([`Columns::push`]); a tight loop over them gives ceiling and award
//! ([`Columns::run`]). Written apart from [`crate::assess()`] on purpose: the two check each other.

mod district;

use kernel::money::Rounding;
use kernel::{Date, Money, Rate, Year};

use crate::clause::{Measure, Requirement};
use crate::facts::{
    ClaimError, ClaimRef, CostPart, FactsRef, FeeAttributes, FeeLine, Investment, Loan, LoanKind, OperatingCost,
    Recognition, TermClass, order,
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
    /// First days of the rate rows as [`order`], newest first.
    rates_from: Vec<i32>,
    /// Parts per million by term class, newest first, 0 where none is published; at the end, what holds before the
    /// first row: nothing.
    rates: Vec<[i64; 3]>,
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
    /// The least measure that passes: “more than” is “at least one fen more”.
    least: i64,
    cap: i64,
    proof: ProofReading,
    /// Whether each kind of loan counts, in the order of [`LoanKind`].
    kinds: [bool; 5],
    /// What leaves a fee out.
    fees: FeeMask,
    /// All ones for the parts of operating cost that count, zero for the others.
    parts: [i64; CostPart::ALL.len()],
    needs: Needs,
    set: district::Set,
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
    /// In fen, at least 0; 0 when a condition fails.
    base: Vec<i64>,
    /// What the cap leaves, in fen.
    left: Vec<i64>,
    /// Award rate in parts per million, where claims differ in it.
    share: Vec<u32>,
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
    /// What was laid flat.
    pub fn program(&self) -> &'a Program {
        self.program
    }

    /// Lays a program flat.
    pub fn new(program: &'a Program) -> Self {
        let settings = &*program.settings;
        let rows = program.rate_table().into_iter().flat_map(|table| table.rows.rows().rev());
        let rates = rows.map(|(from, row)| {
            let parts = TermClass::ALL.map(|term| row.rate(term).map_or(0, Rate::parts_per_million));
            (order(from), parts)
        });
        let (rates_from, mut rates): (Vec<_>, Vec<_>) = rates.unzip();
        rates.push([0; 3]);
        let least = program.threshold.map_or(i64::MIN, |test| test.value.fen() + i64::from(!test.inclusive));
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
            rates_from,
            rates,
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
            least,
            cap: program.cap.value.fen(),
            proof: settings.investment_proof,
            kinds: LoanKind::ALL.map(|kind| settings.loan_kinds.accepts(kind)),
            fees,
            parts: CostPart::ALL.map(|part| if settings.operating_cost.includes(part) { -1 } else { 0 }),
            needs: Needs::of(program),
            set: district::Set::of(program),
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
        // Counted, not searched: loans of all years come mixed, and no branch could be foretold.
        let later: i32 = self.rates_from.iter().map(|from| i32::from(*from > day)).sum();
        let factor = self.rates[later as usize][loan.term as usize] * counted;
        let principal = loan.principal.fen();
        let benchmark = match principal.checked_mul(factor) {
            Some(product) if product < i64::MAX / 2 => self.yearly.narrow(product, 1),
            _ => self.ratio(principal, factor, self.yearly.whole as i64)?,
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

    /// Whether a district's claims of a year can be met: no other requirement than a firm's kind goes with them.
    fn district(&self, year: Year) -> bool {
        let others = self.needs.opens_capacity | self.needs.public_service | self.needs.recognition;
        !others & self.set.open(year)
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
        Self { base: column(), left: column(), ..Self::default() }
    }

    /// Forgets the claims and keeps the room.
    pub fn clear(&mut self) {
        let Self { base, left, share, greatest } = self;
        [base, left].into_iter().for_each(Vec::clear);
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
            FactsRef::AnnualRevenue(facts) => {
                let revenue = district::at_most(facts.revenue.fen(), claim.verified);
                (0, Some(bare.set.breakthrough(facts, revenue)), bare.district(claim.year))
            }
            FactsRef::ProjectInvestment(facts) => {
                let total = district::at_most(facts.total.fen(), claim.verified);
                (0, Some(bare.set.investment(total)), bare.district(claim.year))
            }
            FactsRef::EntryCost(facts) => (0, bare.set.entry(claim.year, facts), bare.district(claim.year)),
            FactsRef::TrainedPersons(facts) => (0, bare.set.persons(facts), bare.district(claim.year)),
        };
        let base = base.ok_or(ClaimError::Overflow)?;
        // What an audit verified of revenue and investment is in their amounts already.
        let limited = !matches!(claim.facts, FactsRef::AnnualRevenue(_) | FactsRef::ProjectInvestment(_));
        let base = if limited { district::at_most(base, claim.verified) } else { base };
        let of_base = bare.threshold.is_some_and(|test| test.measure != Measure::PaidInInvestment);
        let measure = if of_base { base.max(0) } else { measure };
        let passes = bare.threshold.is_none() | (measure >= bare.least);
        let base = if firm & meets & passes { base.max(0) } else { 0 };
        if bare.shares {
            let share = bare.program.award.1.rate(bare.program.rate.1, claim.score).unwrap_or_default();
            // A rate is at most 100 %, a million parts.
            self.share.push(share.parts_per_million() as u32);
        }
        self.base.push(base);
        self.left.push(bare.cap.saturating_sub(used.fen()));
        self.greatest = self.greatest.max(base);
        Ok(())
    }

    /// Ceiling and award of every claim.
    pub fn run(&self, bare: &Bare<'_>, awards: &mut Awards) {
        let program = bare.program;
        awards.award.resize(self.len(), 0);
        awards.ceiling.resize(if bare.shares { self.len() } else { 0 }, 0);
        let floor = program.floor.map_or(1, |(_, floor)| floor.fen().max(1));
        let rate = program.rate.1.parts_per_million();
        if bare.shares {
            let share = Scale::new(1, Rate::WHOLE, bare.half_up);
            match share.reach(self.greatest, rate) {
                Reach::Exact => self.run_shared(floor, rate, |base, rate| share.exact(base, rate), awards),
                Reach::Narrow => self.run_shared(floor, rate, |base, rate| share.narrow(base, rate), awards),
                Reach::Wide => self.run_shared(floor, rate, |base, rate| share.wide(base, rate), awards),
            }
        } else {
            let share = Scale::new(rate, Rate::WHOLE, bare.half_up);
            match share.reach(self.greatest, 1) {
                Reach::Exact => self.run_fixed(floor, |base| share.exact(base, 1), &mut awards.award),
                Reach::Narrow => self.run_fixed(floor, |base| share.narrow(base, 1), &mut awards.award),
                Reach::Wide => self.run_fixed(floor, |base| share.wide(base, 1), &mut awards.award),
            }
        }
    }

    /// One rate for all: the award is the ceiling.
    #[inline(always)]
    fn run_fixed(&self, floor: i64, share: impl Fn(i64) -> i64, awards: &mut [i64]) {
        let rows = self.base.iter().zip(&self.left).zip(awards);
        rows.for_each(|((base, left), award)| *award = under(share(*base), *left, floor));
    }

    /// Each claim at its own rate, under the common ceiling.
    #[inline(always)]
    fn run_shared(&self, floor: i64, rate: i64, share: impl Fn(i64, i64) -> i64, awards: &mut Awards) {
        let rows = self.base.iter().zip(&self.left).zip(&self.share);
        let rows = rows.zip(awards.ceiling.iter_mut().zip(&mut awards.award));
        rows.for_each(|(((base, left), own), (ceiling, award))| {
            *award = under(share(*base, i64::from(*own)), *left, floor);
            *ceiling = if *award > 0 { share(*base, rate).min(*left) } else { 0 };
        });
    }
}

/// Under what the cap leaves, and nothing below the floor, which is above 0.
#[inline(always)]
fn under(share: i64, left: i64, floor: i64) -> i64 {
    let award = share.min(left);
    if award >= floor { award } else { 0 }
}

/// `x × numerator × factor ÷ whole`, rounded, by multiplication with a reciprocal.
#[derive(Clone, Copy, Debug)]
struct Scale {
    numerator: i64,
    /// 2 to the `shift` times `denominator`.
    whole: u64,
    bias: u64,
    shift: u32,
    denominator: u64,
    /// ⌈2⁶⁴ ÷ denominator⌉.
    reciprocal: u64,
}

/// How far a [`Scale`] has to reach, from the cheapest way to the dearest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// [`Scale::exact`] is.
    Exact,
    /// [`Scale::narrow`] is.
    Narrow,
    /// Only [`Scale::wide`] is.
    Wide,
}

impl Scale {
    fn new(numerator: i64, whole: i64, half_up: bool) -> Self {
        let common = greatest_common_divisor(numerator, whole);
        // A denominator of 1 has no reciprocal below 2⁶⁴: doubling both changes nothing.
        let twice = if whole == common { 2 } else { 1 };
        let (numerator, whole) = (numerator / common * twice, (whole / common * twice) as u64);
        // What is even is shifted out, but for one factor: the rest then has a reciprocal that is good for longer.
        let shift = if whole.is_power_of_two() { whole.trailing_zeros() - 1 } else { whole.trailing_zeros() };
        let denominator = whole >> shift;
        let bias = if half_up { whole / 2 } else { 0 };
        Self { numerator, whole, bias, shift, denominator, reciprocal: (u64::MAX / denominator) + 1 }
    }

    /// The cheapest way that is right for every `x` up to `greatest` and factor up to `factor`.
    ///
    /// With r the reciprocal, d the denominator and e = r × d − 2⁶⁴ < d: n × r ÷ 2⁶⁴ = n ÷ d + n × e ÷ (d × 2⁶⁴), which
    /// has the floor of n ÷ d as long as the second term is below 1 ÷ d, so while n × e < 2⁶⁴.
    fn reach(self, greatest: i64, factor: i64) -> Reach {
        let product = i128::from(greatest) * i128::from(self.numerator) * i128::from(factor) + i128::from(self.bias);
        let excess = i128::from(self.reciprocal) * i128::from(self.denominator) - (1 << 64);
        if product > i128::from(i64::MAX) {
            Reach::Wide
        } else if (product >> self.shift) * excess < 1 << 64 {
            Reach::Exact
        } else {
            Reach::Narrow
        }
    }

    #[inline(always)]
    fn product(self, x: i64, factor: i64) -> u64 {
        (x * self.numerator * factor) as u64 + self.bias
    }

    #[inline(always)]
    fn exact(self, x: i64, factor: i64) -> i64 {
        ((u128::from(self.product(x, factor) >> self.shift) * u128::from(self.reciprocal)) >> 64) as i64
    }

    /// For products below 2⁶³: the reciprocal's quotient is right or one too great, which one comparison mends.
    #[inline]
    fn narrow(self, x: i64, factor: i64) -> i64 {
        let product = self.product(x, factor) >> self.shift;
        let quotient = ((u128::from(product) * u128::from(self.reciprocal)) >> 64) as u64;
        (quotient - u64::from(quotient * self.denominator > product)) as i64
    }

    /// For any product: the result fits, because no rate is above 100 %.
    fn wide(self, x: i64, factor: i64) -> i64 {
        let product = i128::from(x) * i128::from(self.numerator) * i128::from(factor) + i128::from(self.bias);
        i64::try_from(product / i128::from(self.whole)).unwrap_or(i64::MAX)
    }
}

fn greatest_common_divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a.max(1) } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_way_of_scaling_is_the_exact_quotient(
            greatest in 0_i64..=Money::LIMIT.fen(),
            part in 0_u64..=u64::MAX,
            rate in 1_i64..=Rate::WHOLE,
            whole in prop_oneof![Just(Rate::WHOLE), Just(Rate::WHOLE * 365), Just(Rate::WHOLE * 360), 1_i64..=Rate::WHOLE],
            factor in 0_i64..=Rate::WHOLE,
            half_up: bool,
            magnitude in 0_u32..54,
        ) {
            let greatest = greatest >> magnitude;
            let x = ((u128::from(part) * (greatest as u128 + 1)) >> 64) as i64;
            let scale = Scale::new(rate, whole, half_up);
            let bias = if half_up { i128::from(scale.whole) / 2 } else { 0 };
            let product = i128::from(x) * i128::from(scale.numerator) * i128::from(factor) + bias;
            let expected = product / i128::from(scale.whole);
            prop_assert_eq!(i128::from(scale.whole) * i128::from(rate), i128::from(scale.numerator) * i128::from(whole));
            if expected <= i128::from(i64::MAX) {
                prop_assert_eq!(i128::from(scale.wide(x, factor)), expected);
            }
            match scale.reach(greatest, factor) {
                Reach::Exact => {
                    prop_assert_eq!(i128::from(scale.exact(x, factor)), expected);
                    prop_assert_eq!(i128::from(scale.narrow(x, factor)), expected);
                }
                Reach::Narrow => prop_assert_eq!(i128::from(scale.narrow(x, factor)), expected),
                Reach::Wide => {}
            }
        }
    }

    #[test]
    fn a_scale_reaches_as_far_as_a_citys_amounts() {
        let half = Scale::new(500_000, Rate::WHOLE, true);
        assert_eq!(half.reach(Money::LIMIT.fen(), 1), Reach::Exact);
        let own = Scale::new(1, Rate::WHOLE, true);
        assert_eq!(own.reach(Money::from_yuan(500_000_000).fen(), Rate::WHOLE), Reach::Exact);
        assert_eq!(own.reach(Money::from_yuan(50_000_000_000).fen(), Rate::WHOLE), Reach::Narrow);
        assert_eq!(own.reach(Money::LIMIT.fen(), Rate::WHOLE), Reach::Wide);
    }
}
