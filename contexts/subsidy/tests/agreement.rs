//! Three ways to the same fen: the traced path, the bare columns, and an oracle over fractions that shares no
//! arithmetic with either.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Date, Money, Year};
use subsidy::bare::{Awards, Bare, Columns};
use subsidy::facts::{Claim, CostPart, EntryCost, EntryPart, Facts, FeeLine, Loan, LoanKind, OperatingCost, TermClass};
use subsidy::{Account, Outcome, Program, assess};
use support::*;

/// ⌊a ÷ b + ½⌋ over 128 bits, for a ≥ 0.
fn half_up(a: i128, b: i128) -> i128 {
    (2 * a + b) / (2 * b)
}

/// Days from the civil calendar alone.
fn days(day: Date) -> i128 {
    let (mut year, month) = (i128::from(day.year()), i128::from(day.month()));
    if month <= 2 {
        year -= 1;
    }
    let shifted = (month + 9) % 12;
    365 * year + year / 4 - year / 100 + year / 400 + (153 * shifted + 2) / 5 + i128::from(day.day())
}

fn oracle_loan(loan: &Loan) -> i128 {
    let first = days(day("2023-12-29"));
    let (from, until) = (days(loan.from).max(first), days(loan.until));
    if loan.kind == LoanKind::Other || from >= until {
        return 0;
    }
    let new = loan.disbursed >= day("2015-10-24");
    let rate = match (loan.term, new) {
        _ if loan.disbursed < day("2015-08-26") => return 0,
        (TermClass::UpToOneYear, true) => 435,
        (TermClass::OneToFiveYears, true) => 475,
        (TermClass::OverFiveYears, true) => 490,
        (TermClass::UpToOneYear, false) => 460,
        (TermClass::OneToFiveYears, false) => 500,
        (TermClass::OverFiveYears, false) => 515,
    };
    let benchmark = half_up(i128::from(loan.principal.fen()) * rate * (until - from), 10_000 * 365);
    let paid = half_up(i128::from(loan.paid.fen()) * (until - from), until - days(loan.from));
    benchmark.min(paid)
}

fn oracle_fees(year: Year, lines: &[FeeLine]) -> i128 {
    let mut numbers = BTreeSet::new();
    let mut sum = 0;
    for line in lines {
        let again = line.number.as_ref().is_some_and(|number| !numbers.insert(number.clone()));
        let counts = !line.attributes.related && !line.attributes.supports_platform && !again;
        if counts && line.invoiced.year() == year && line.invoiced >= day("2023-12-29") {
            sum += i128::from(line.net.fen());
        }
    }
    sum
}

fn oracle_cost(year: Year, cost: &OperatingCost) -> i128 {
    let last = kernel::Period::year(year).until();
    let recognised = cost.recognition.is_some_and(|r| r.from <= last && last <= r.until && r.checked);
    if year < 2024 || !cost.public_service || !recognised {
        return 0;
    }
    let counts = |part: &CostPart| !matches!(part, CostPart::Depreciation | CostPart::PubliclyFunded);
    CostPart::ALL
        .iter()
        .zip(cost.parts)
        .filter(|(part, _)| counts(part))
        .map(|(_, amount)| i128::from(amount.fen()))
        .sum()
}

/// Days 1 to 28 have their like in every month.
fn oracle_entry(year: Year, facts: &EntryCost) -> i128 {
    let last = Date::new(facts.entered.year() + 3, facts.entered.month(), facts.entered.day()).unwrap();
    let mut seen = std::collections::HashSet::new();
    let mut sums = [0_i128; 5];
    for line in &facts.lines {
        let first_time = line.number.as_ref().is_none_or(|number| seen.insert(number.clone()));
        let in_time = facts.entered <= line.paid && line.paid <= last && line.paid >= day("2023-12-29");
        if first_time && in_time && line.paid.year() == year {
            let part = EntryPart::ALL.iter().position(|part| *part == line.part).unwrap();
            sums[part] += i128::from(line.amount.fen());
        }
    }
    let percent = [50, 10, 20, 30, 0];
    sums.iter().zip(percent).map(|(sum, percent)| (2 * (*sum).max(0) * percent + 100) / 200).sum()
}

/// (ceiling, award) in fen, written from the sentences and default readings alone.
fn oracle(claim: &Claim, account: &Account) -> (i128, i128) {
    let entries = || account.entries().map(|(_, entry)| entry);
    let of_year = || entries().filter(|entry| entry.year == claim.year);
    let sum = |amounts: &mut dyn Iterator<Item = Money>| amounts.map(|amount| i128::from(amount.fen())).sum::<i128>();
    let firm = claim.packaging_test_firm;
    let counted = |base: i128| claim.verified.map_or(base, |verified| base.min(i128::from(verified.fen())));
    let (ceiling, award, remaining) = match &claim.facts {
        Facts::LoanInterest(facts) => {
            let investment = facts.investment;
            let eligible = firm
                && investment.paid_in >= yuan(500_000_000)
                && investment.proven_on <= day("2026-06-30")
                && investment.progress.parts_per_million() >= 500_000
                && investment.proof != subsidy::facts::InvestmentProof::OwnStatement;
            let base = counted(facts.loans.iter().map(oracle_loan).sum());
            let half = if eligible { half_up(base, 2) } else { 0 };
            (half, half, 2_000_000_000 - sum(&mut entries().map(|entry| entry.amount)))
        }
        Facts::TestFees(facts) => {
            let base = counted(oracle_fees(claim.year, &facts.lines)).max(0);
            let share = if firm && facts.opens_capacity { half_up(base, 20) } else { 0 };
            (share, share, 200_000_000 - sum(&mut of_year().map(|entry| entry.amount)))
        }
        Facts::OperatingCost(facts) => {
            let base = counted(oracle_cost(claim.year, facts));
            let score = claim.score.map_or(0, |score| i128::from(score.hundredths()));
            let remaining = 400_000_000 - sum(&mut of_year().map(|entry| entry.amount));
            (half_up(base, 10), half_up(base * score, 100_000), remaining)
        }
        Facts::AnnualRevenue(facts) => {
            let amount = |revenue: i128| match revenue {
                10_000_000_001.. if revenue <= 50_000_000_000 => 50_000_000,
                50_000_000_001.. if revenue <= 100_000_000_000 => 200_000_000,
                100_000_000_001.. => 500_000_000,
                _ => 0,
            };
            let now = amount(counted(i128::from(facts.revenue.fen())));
            let more = now - amount(i128::from(facts.highest_before.fen()));
            let award = if firm && claim.year >= 2024 { more.max(0) } else { 0 };
            (award, award, 500_000_000 - sum(&mut entries().map(|entry| entry.amount)))
        }
        Facts::ProjectInvestment(facts) => {
            let share = half_up(counted(i128::from(facts.total.fen())), 10);
            (share, share, 3_000_000_000 - sum(&mut entries().map(|entry| entry.amount)))
        }
        Facts::EntryCost(facts) => {
            let award = if firm { counted(oracle_entry(claim.year, facts)) } else { 0 };
            (award, award, 200_000_000 - sum(&mut of_year().map(|entry| entry.amount)))
        }
        Facts::TrainedPersons(facts) => {
            let base = i128::from(facts.trained) * 200_000 + i128::from(facts.hired) * 150_000;
            let award = if firm && claim.year >= 2024 { counted(base) } else { 0 };
            (award, award, 100_000_000 - sum(&mut of_year().map(|entry| entry.amount)))
        }
    };
    let remaining = remaining.max(0);
    if award.min(remaining) == 0 { (0, 0) } else { (ceiling.min(remaining), award.min(remaining)) }
}

/// Claims of one benefit, collected until they are computed together.
struct Batch<'a> {
    bare: Bare<'a>,
    columns: Columns,
    expected: Vec<(i64, i64)>,
}

fn batches(programs: &BTreeMap<subsidy::BenefitId, Program>) -> BTreeMap<&subsidy::BenefitId, Batch<'_>> {
    let batch = |program| Batch { bare: Bare::new(program), columns: Columns::default(), expected: Vec::new() };
    programs.iter().map(|(benefit, program)| (benefit, batch(program))).collect()
}

fn check(batches: BTreeMap<&subsidy::BenefitId, Batch<'_>>) {
    for (benefit, batch) in batches {
        let mut awards = Awards::default();
        batch.columns.run(&batch.bare, &mut awards);
        let found: Vec<_> = awards.ceiling().iter().copied().zip(awards.award().iter().copied()).collect();
        assert_eq!(found.len(), batch.expected.len());
        for (row, (found, expected)) in found.iter().zip(&batch.expected).enumerate() {
            assert_eq!(found, expected, "{benefit}, claim {row}: (ceiling, award)");
        }
        let elsewhere = batch.bare.program().parties().0 == subsidy::parties::Payer::TalentFunds;
        let eligible = found.iter().any(|(_, award)| *award > 0);
        assert!(eligible != elsewhere, "{benefit}: none is eligible, nothing is tested");
    }
}

#[test]
fn a_million_random_claims() {
    let programs = programs(&[]);
    let mut batches = batches(&programs);
    let mut seeded = Seeded(20_231_229);
    for number in 0..1_000_000 {
        let claim = seeded.claim();
        let (claim, account) = (seeded.audited(claim), seeded.account());
        let program = &programs[&claim.benefit];
        let outcome = assess(program, &claim, &account).unwrap().outcome;
        let traced = (i128::from(outcome.ceiling().fen()), i128::from(outcome.award().fen()));
        assert_eq!(traced, oracle(&claim, &account), "claim {number}: {claim:?} {account:?} {outcome:?}");
        let batch = batches.get_mut(&claim.benefit).unwrap();
        batch.columns.push(&batch.bare, claim.as_ref(), program.used(&account, &claim)).unwrap();
        batch.expected.push((outcome.ceiling().fen(), outcome.award().fen()));
    }
    check(batches);
}

#[test]
fn traced_and_bare_agree_under_every_option() {
    for (point, interpretation) in rulebook().interpretations.iter() {
        for option in &interpretation.options {
            let programs = programs(&[(&point.key(), &option.key)]);
            let mut batches = batches(&programs);
            let mut seeded = Seeded(point as u64 + 1);
            for _ in 0..2_000 {
                let claim = seeded.claim();
                let (claim, account) = (seeded.audited(claim), seeded.account());
                let program = &programs[&claim.benefit];
                let outcome = assess(program, &claim, &account).unwrap().outcome;
                let batch = batches.get_mut(&claim.benefit).unwrap();
                batch.columns.push(&batch.bare, claim.as_ref(), program.used(&account, &claim)).unwrap();
                batch.expected.push((outcome.ceiling().fen(), outcome.award().fen()));
            }
            check(batches);
        }
    }
}

/// Absurd but accepted amounts take the wide path; what overflows is refused by both.
#[test]
fn extremes_agree_or_are_refused() {
    let programs = programs(&[]);
    let limit = Money::LIMIT;
    let loan = Loan { principal: limit, paid: limit, ..worked_loan() };
    let cases = [
        interest(2025, vec![loan]),
        interest(2025, vec![loan; 50_000]),
        test_fees(2025, vec![fee(None, limit, "2025-01-01"); 3]),
        test_fees(2025, vec![fee(None, limit, "2025-01-01"); 50_000]),
        platform(2025, [limit; 8], 10_000),
        platform(2025, [limit; 8], 1),
    ];
    for claim in cases {
        let program = &programs[&claim.benefit];
        let account = Account::default();
        let traced = assess(program, &claim, &account).map(|assessment| match assessment.outcome {
            Outcome::Eligible { ceiling, award } => (ceiling.fen(), award.fen()),
            Outcome::NotEligible { .. } => (0, 0),
        });
        let bare = Bare::new(program);
        let mut columns = Columns::default();
        let pushed = columns.push(&bare, claim.as_ref(), Money::ZERO).map(|()| {
            let mut awards = Awards::default();
            columns.run(&bare, &mut awards);
            (awards.ceiling()[0], awards.award()[0])
        });
        assert_eq!(traced, pushed, "{}", claim.benefit);
    }
}
