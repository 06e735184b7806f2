//! From what a stranger typed to the answers the check is computed from.

use kernel::{Date, DivisionCode, Money, Period, Year};
use subsidy::clause::Base;
use subsidy::facts::{
    AnnualRevenue, EntryCost, EntryLine, EntryPart, Facts, FeeAttributes, FeeLine, Investment, InvestmentProof, Loan,
    LoanInterest, LoanKind, OperatingCost, PlannedInvestment, ProjectInvestment, Recognition, Score, TermClass,
    TestFees, TrainedPersons,
};
use subsidy::{Answers, BenefitId};
use web::{FromFields, Reader};

use crate::precheck_rows::{
    COST, ENTERED, ENTRIES, EntryRow, FEES, FeeRow, LOANS, LoanRow, Named, PERSONS, RECEIVED, REVENUE, TOTAL_INVESTMENT,
};
use crate::typed::{CalendarYear, Day, Percent, Points};

/// Name of the hidden field that says which questions were asked.
pub const BASE: &str = "base";
/// Kinds of questions, as that field names them.
pub const BASES: [(&str, Base); 7] = [
    ("loan-interest", Base::LoanInterest),
    ("test-fees", Base::TestFees),
    ("operating-cost", Base::OperatingCost),
    ("annual-revenue", Base::AnnualRevenue),
    ("project-investment", Base::ProjectInvestment),
    ("entry-cost", Base::EntryCost),
    ("trained-persons", Base::TrainedPersons),
];
/// Parts of entry cost.
pub const PARTS: [(&str, EntryPart); 5] = [
    ("rent", EntryPart::Rent),
    ("purchase", EntryPart::Purchase),
    ("fit-out", EntryPart::FitOut),
    ("utilities", EntryPart::Utilities),
    ("telecom", EntryPart::Telecom),
];
/// Yes or no.
pub const YES_NO: [(&str, bool); 2] = [("yes", true), ("no", false)];
/// Proofs of investment.
pub const PROOFS: [(&str, InvestmentProof); 3] = [
    ("audit", InvestmentProof::SpecialAudit),
    ("verification", InvestmentProof::CapitalVerification),
    ("own", InvestmentProof::OwnStatement),
];
/// Term classes of loans.
pub const TERMS: [(&str, TermClass); 3] = [
    ("up-to-one", TermClass::UpToOneYear),
    ("one-to-five", TermClass::OneToFiveYears),
    ("over-five", TermClass::OverFiveYears),
];
/// Kinds of loan.
pub const KINDS: [(&str, LoanKind); 5] = [
    ("bank", LoanKind::Bank),
    ("entrusted", LoanKind::Entrusted),
    ("affiliate", LoanKind::Affiliate),
    ("lease", LoanKind::FinanceLease),
    ("other", LoanKind::Other),
];

/// What a stranger typed.
pub struct Typed {
    /// Which questions were answered.
    pub base: Base,
    year: Year,
    district: Option<DivisionCode>,
    packaging_test_firm: bool,
    score: Option<Score>,
    facts: Facts,
    received: Vec<(Year, Money)>,
}

impl Typed {
    /// As answers for a benefit.
    pub fn answers(self, benefit: &BenefitId) -> Answers {
        let received = self.received.into_iter().map(|(year, amount)| (benefit.clone(), year, amount));
        Answers {
            year: self.year,
            district: self.district,
            packaging_test_firm: self.packaging_test_firm,
            score: self.score,
            facts: [(benefit.clone(), self.facts)].into(),
            received: received.collect(),
        }
    }
}

impl FromFields for Typed {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let base = reader.choice(BASE, "事项", &BASES)?;
        let year = reader.required::<CalendarYear>("year", "申报年度");
        let district = match base.by_district() {
            true => reader.required::<DivisionCode>(DISTRICT.0, DISTRICT.1).map(Some),
            false => Some(None),
        };
        let packaging = match asks_for_the_firm(base) {
            true => yes_no(reader, ("packaging", "是否封装测试企业")),
            false => Some(false),
        };
        let score = reader.optional::<Points>("score", "得分");
        // A wrong year is already noted; the rest is read all the same, so that all errors are shown at once.
        let claimed = year.map_or(2000, |year| year.0);
        let facts = match base {
            Base::LoanInterest => loan_interest(reader).map(Facts::LoanInterest),
            Base::TestFees => test_fees(reader, claimed).map(Facts::TestFees),
            Base::OperatingCost => operating_cost(reader).map(Facts::OperatingCost),
            Base::AnnualRevenue => revenue(reader).map(Facts::AnnualRevenue),
            Base::ProjectInvestment => total_investment(reader).map(Facts::ProjectInvestment),
            Base::EntryCost => entry_cost(reader).map(Facts::EntryCost),
            Base::TrainedPersons => persons(reader).map(Facts::TrainedPersons),
        };
        let received = received(reader);
        let year = year?.0;
        let (packaging_test_firm, score) = (packaging?, score?.map(|points| points.0));
        let district = district?;
        Some(Self { base, year, district, packaging_test_firm, score, facts: facts?, received: received? })
    }
}

/// Where the firm is.
pub const DISTRICT: Named = ("district", "企业所在区县");

/// Whether a benefit asks if the firm packages or tests: platforms and complexes need not.
pub const fn asks_for_the_firm(base: Base) -> bool {
    !matches!(base, Base::OperatingCost | Base::ProjectInvestment)
}

/// 年度营收, and the highest before.
pub fn revenue(reader: &mut Reader<'_>) -> Option<AnnualRevenue> {
    let [revenue, before] = REVENUE.map(|named| amount(reader, named));
    Some(AnnualRevenue { revenue: revenue?, highest_before: before? })
}

/// 项目总投资
pub fn total_investment(reader: &mut Reader<'_>) -> Option<ProjectInvestment> {
    Some(ProjectInvestment { total: amount(reader, TOTAL_INVESTMENT)? })
}

fn entry_cost(reader: &mut Reader<'_>) -> Option<EntryCost> {
    let entered = day(reader, ENTERED);
    let lines: Vec<_> = ENTRIES.iter().enumerate().map(|(index, row)| entry(reader, row, index == 0)).collect();
    let lines: Option<Vec<_>> = lines.into_iter().collect();
    Some(EntryCost { entered: entered?, lines: lines?.into_iter().flatten().collect() })
}

/// One payment for premises; `Some(None)` is a row left empty.
pub fn entry(reader: &mut Reader<'_>, row: &EntryRow, is_required: bool) -> Option<Option<EntryLine>> {
    if !is_required && !is_filled(reader, &row.names()) {
        return Some(None);
    }
    let part = reader.choice(row.part.0, row.part.1, &PARTS);
    let amount = amount(reader, row.amount);
    let paid = day(reader, row.paid);
    Some(Some(EntryLine { number: None, part: part?, amount: amount?, paid: paid? }))
}

/// 培训与用工人数
pub fn persons(reader: &mut Reader<'_>) -> Option<TrainedPersons> {
    let [trained, hired] = PERSONS.map(|(name, label)| reader.required::<u32>(name, label));
    Some(TrainedPersons { trained: trained?, hired: hired? })
}

/// Yes or no.
pub fn yes_no(reader: &mut Reader<'_>, (name, label): Named) -> Option<bool> {
    reader.choice(name, label, &YES_NO)
}

/// Whether something was typed into one of these fields.
pub fn is_filled(reader: &Reader<'_>, names: &[&str]) -> bool {
    names.iter().any(|name| reader.all(name).iter().any(|typed| !typed.trim().is_empty()))
}

/// An amount that is not negative.
pub fn amount(reader: &mut Reader<'_>, (name, label): Named) -> Option<Money> {
    let amount = reader.required::<Money>(name, label)?;
    if amount.is_negative() {
        reader.refuse(name, label, "不能为负数");
        return None;
    }
    if amount > Money::LIMIT {
        reader.refuse(name, label, "超出可受理的范围，请检查单位是不是元");
        return None;
    }
    Some(amount)
}

/// A day.
pub fn day(reader: &mut Reader<'_>, (name, label): Named) -> Option<Date> {
    reader.required::<Day>(name, label).map(|day| day.0)
}

fn loan_interest(reader: &mut Reader<'_>) -> Option<LoanInterest> {
    let investment = investment(reader);
    let planned = planned(reader);
    let loans: Vec<_> = LOANS.iter().enumerate().map(|(index, row)| loan(reader, row, index == 0)).collect();
    let loans: Option<Vec<_>> = loans.into_iter().collect();
    Some(LoanInterest { investment: investment?, planned: planned?, loans: loans?.into_iter().flatten().collect() })
}

/// 实际到位投资 with its proof.
pub fn investment(reader: &mut Reader<'_>) -> Option<Investment> {
    let paid_in = amount(reader, ("paid-in", "实际到位投资"));
    let proven_on = day(reader, ("proven-on", "证明日期"));
    let proof = reader.choice("proof", "用什么证明", &PROOFS);
    let progress = reader.required::<Percent>("progress", "建设进度");
    Some(Investment { paid_in: paid_in?, proven_on: proven_on?, proof: proof?, progress: progress?.0 })
}

const PLANNED: [Named; 3] =
    [("planned-by", "计划日期"), ("planned-paid-in", "届时到位投资"), ("planned-progress", "届时建设进度")];

fn planned(reader: &mut Reader<'_>) -> Option<Option<PlannedInvestment>> {
    if !is_filled(reader, &PLANNED.map(|(name, _)| name)) {
        return Some(None);
    }
    let [by, paid_in, progress] = PLANNED;
    let by = day(reader, by);
    let paid_in = amount(reader, paid_in);
    let progress = reader.required::<Percent>(progress.0, progress.1);
    Some(Some(PlannedInvestment { by: by?, paid_in: paid_in?, progress: progress?.0 }))
}

/// One loan; `Some(None)` is a row left empty.
pub fn loan(reader: &mut Reader<'_>, row: &LoanRow, is_required: bool) -> Option<Option<Loan>> {
    if !is_required && !is_filled(reader, &row.names()) {
        return Some(None);
    }
    let principal = amount(reader, row.principal);
    let paid = amount(reader, row.paid);
    let disbursed = day(reader, row.disbursed);
    let from = day(reader, row.from);
    let until = day(reader, row.until);
    // Said here, so that the list of errors keeps the order of the form.
    let period = from.zip(until).filter(|(from, until)| until > from);
    if from.is_some() && until.is_some() && period.is_none() {
        reader.refuse(row.until.0, row.until.1, "应晚于计息期起始日");
    }
    let term = reader.choice(row.term.0, row.term.1, &TERMS);
    let kind = reader.choice(row.kind.0, row.kind.1, &KINDS);
    let (from, until) = period?;
    let (principal, paid, disbursed) = (principal?, paid?, disbursed?);
    Some(Some(Loan { principal, paid, disbursed, from, until, term: term?, kind: kind? }))
}

fn test_fees(reader: &mut Reader<'_>, year: Year) -> Option<TestFees> {
    let opens_capacity = yes_no(reader, ("opens-capacity", "是否开放产能"));
    let lines: Vec<_> = FEES.iter().enumerate().map(|(index, row)| fee(reader, row, year, index == 0)).collect();
    let lines: Option<Vec<_>> = lines.into_iter().collect();
    Some(TestFees { opens_capacity: opens_capacity?, lines: lines?.into_iter().flatten().collect() })
}

/// One invoice, or a year's fees of a kind; `Some(None)` is a row left empty. Without a date it stands on the first day
/// of the year.
pub fn fee(reader: &mut Reader<'_>, row: &FeeRow, year: Year, is_required: bool) -> Option<Option<FeeLine>> {
    if !is_required && !is_filled(reader, &row.names()) {
        return Some(None);
    }
    let net = amount(reader, row.net);
    let tax = match is_filled(reader, &[row.tax.0]) {
        true => amount(reader, row.tax),
        false => Some(Money::ZERO),
    };
    let invoiced = reader.optional::<Day>(row.invoiced.0, row.invoiced.1);
    let attributes = FeeAttributes {
        related: reader.ticked(row.related.0),
        in_city: reader.ticked(row.in_city.0),
        design_firm: reader.ticked(row.design_firm.0),
        open_capacity: reader.ticked(row.open_capacity.0),
        supports_platform: reader.ticked(row.supports_platform.0),
    };
    let (net, tax, invoiced) = (net?, tax?, invoiced?);
    // A yearly sum stands on the first day of its year.
    let invoiced = invoiced.map_or_else(|| Period::year(year).from(), |day| day.0);
    let performed = Some(invoiced);
    Some(Some(FeeLine { number: None, customer: None, net, tax, invoiced, performed, attributes }))
}

const RECOGNITION: [Named; 2] = [("recognised-from", "认定有效期起"), ("recognised-until", "认定有效期止")];

fn operating_cost(reader: &mut Reader<'_>) -> Option<OperatingCost> {
    let service = service(reader);
    let parts = costs(reader);
    let (public_service, recognition) = service?;
    Some(OperatingCost { public_service, recognition, parts: parts? })
}

/// Whether the platform serves the public, and its recognition.
pub fn service(reader: &mut Reader<'_>) -> Option<(bool, Option<Recognition>)> {
    let public_service = yes_no(reader, ("public-service", "是否提供公共服务"));
    let recognition = recognition(reader);
    Some((public_service?, recognition?))
}

/// The year's operating cost by part, at least one of them given.
pub fn costs(reader: &mut Reader<'_>) -> Option<[Money; COST.len()]> {
    let mut parts = [Some(Money::ZERO); COST.len()];
    for (part, named) in parts.iter_mut().zip(COST) {
        if is_filled(reader, &[named.0]) {
            *part = amount(reader, named);
        }
    }
    if !is_filled(reader, &COST.map(|(name, _)| name)) {
        let (name, label) = COST[0];
        reader.refuse(name, label, "请至少填写一项运营费");
        return None;
    }
    let parts: Option<Vec<Money>> = parts.into_iter().collect();
    parts?.try_into().ok()
}

fn recognition(reader: &mut Reader<'_>) -> Option<Option<Recognition>> {
    if !is_filled(reader, &RECOGNITION.map(|(name, _)| name)) {
        return Some(None);
    }
    let [from, until] = RECOGNITION;
    let first = day(reader, from);
    let last = day(reader, until);
    let (first, last) = (first?, last?);
    if last < first {
        reader.refuse(until.0, until.1, "早于起始日");
        return None;
    }
    Some(Some(Recognition { from: first, until: last, checked: reader.ticked("recognition-checked") }))
}

fn received(reader: &mut Reader<'_>) -> Option<Vec<(Year, Money)>> {
    let mut rows = Vec::new();
    for row in RECEIVED {
        if is_filled(reader, &[row.year.0, row.amount.0]) {
            let year = reader.required::<CalendarYear>(row.year.0, row.year.1);
            rows.push((year, amount(reader, row.amount)));
        }
    }
    rows.into_iter().map(|(year, amount)| Some((year?.0, amount?))).collect()
}
