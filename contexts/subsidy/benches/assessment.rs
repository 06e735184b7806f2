//! Assessment speed: clauses loaded from the plan's TOML files, one million firms × three clauses, columns larger
//! than the cache. Run with `cargo bench -p subsidy`. Before anything is timed, a sample of the rows is checked
//! against the traced path; a mismatch stops the run.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;
use std::time::Instant;

use kernel::Money;
use subsidy::account::{Entry, Origin};
use subsidy::bare::{Awards, Bare, Columns};
use subsidy::facts::{Claim, ClaimRef, Facts, FactsRef, FeeLine, Investment, Loan, OperatingCost, Score};
use subsidy::{Account, Program, assess};
use support::{Seeded, benefit, day, programs};

const FIRMS: usize = 1_000_000;
const RUNS: usize = 15;
/// Firms built and computed at a time where input building is measured.
const BLOCK: usize = 4_096;

/// One million firms' facts as a store holds them: flat, each firm lending slices.
struct Firms {
    investments: Vec<Investment>,
    loans: Vec<Loan>,
    fees: Vec<FeeLine>,
    costs: Vec<OperatingCost>,
    scores: Vec<Option<Score>>,
    used: [Vec<Money>; 3],
}

const YEAR: i16 = 2025;

fn firms() -> Firms {
    let mut seeded = Seeded(42);
    let mut firms = Firms {
        investments: Vec::with_capacity(FIRMS),
        loans: Vec::with_capacity(FIRMS),
        fees: Vec::with_capacity(FIRMS),
        costs: Vec::with_capacity(FIRMS),
        scores: Vec::with_capacity(FIRMS),
        used: Default::default(),
    };
    while firms.costs.len() < FIRMS || firms.fees.len() < FIRMS || firms.loans.len() < FIRMS {
        let claim = seeded.claim();
        match claim.facts {
            Facts::LoanInterest(facts) if !facts.loans.is_empty() && firms.loans.len() < FIRMS => {
                firms.investments.push(facts.investment);
                // Interest of the claimed year, as a claim for that year states it.
                let Loan { from, until, .. } = facts.loans[0];
                let begins = kernel::Date::new(YEAR, from.month(), from.day()).unwrap();
                let until = begins.checked_add(from.duration_until(until)).unwrap();
                firms.loans.push(Loan { from: begins, until, ..facts.loans[0] });
            }
            Facts::TestFees(facts) if !facts.lines.is_empty() && firms.fees.len() < FIRMS => {
                firms.fees.push(FeeLine { number: None, invoiced: day("2025-01-01"), ..facts.lines[0].clone() });
            }
            Facts::OperatingCost(facts) if firms.costs.len() < FIRMS => {
                firms.costs.push(facts);
                firms.scores.push(claim.score);
            }
            _ => {}
        }
    }
    firms.used = [20_000_000, 2_000_000, 4_000_000]
        .map(|cap| (0..FIRMS).map(|_| if seeded.percent(50) { Money::ZERO } else { seeded.money(cap) }).collect());
    firms
}

/// The three clauses, in the order of `Firms::used`.
const CLAUSES: [&str; 3] = ["interest", "test-fee", "platform"];

impl Firms {
    fn claim<'a>(&self, score: Option<Score>, facts: FactsRef<'a>) -> ClaimRef<'a> {
        ClaimRef { year: YEAR, packaging_test_firm: true, score, verified: None, facts }
    }

    fn interest(&self, firm: usize) -> ClaimRef<'_> {
        let loans = std::slice::from_ref(&self.loans[firm]);
        self.claim(None, FactsRef::LoanInterest(&self.investments[firm], loans))
    }

    fn test_fee(&self, firm: usize) -> ClaimRef<'_> {
        let lines = std::slice::from_ref(&self.fees[firm]);
        self.claim(None, FactsRef::TestFees { opens_capacity: true, lines })
    }

    fn platform(&self, firm: usize) -> ClaimRef<'_> {
        self.claim(self.scores[firm], FactsRef::OperatingCost(&self.costs[firm]))
    }

    /// The same claim with words, for the traced path.
    fn traced(&self, firm: usize, clause: usize) -> (Claim, Account) {
        let key = CLAUSES[clause];
        let claim = [Self::interest, Self::test_fee, Self::platform][clause](self, firm);
        let facts = match claim.facts {
            FactsRef::LoanInterest(investment, loans) => Facts::LoanInterest(subsidy::facts::LoanInterest {
                investment: *investment,
                planned: None,
                loans: loans.to_vec(),
            }),
            FactsRef::TestFees { opens_capacity, lines } => {
                Facts::TestFees(subsidy::facts::TestFees { opens_capacity, lines: lines.to_vec() })
            }
            FactsRef::OperatingCost(cost) => Facts::OperatingCost(cost.clone()),
            FactsRef::AnnualRevenue(facts) => Facts::AnnualRevenue(*facts),
            FactsRef::ProjectInvestment(facts) => Facts::ProjectInvestment(*facts),
            FactsRef::EntryCost(facts) => Facts::EntryCost(facts.clone()),
            FactsRef::TrainedPersons(facts) => Facts::TrainedPersons(*facts),
        };
        let score = if clause == 2 { self.scores[firm] } else { None };
        let claim = Claim {
            benefit: benefit(key),
            year: YEAR,
            project: None,
            packaging_test_firm: true,
            score,
            verified: None,
            district: None,
            facts,
        };
        let mut account = Account::default();
        let amount = self.used[clause][firm];
        let entry = Entry { year: YEAR, project: None, amount, on: day("2025-12-31"), decision: None };
        account.set(Origin::Voucher("示例".into()), entry);
        (claim, account)
    }
}

/// From facts to columns, clause by clause.
fn build(firms: &Firms, range: std::ops::Range<usize>, bares: &[Bare<'_>; 3], columns: &mut [Columns; 3]) {
    columns.iter_mut().for_each(Columns::clear);
    let [interest, test_fee, platform] = columns;
    for firm in range.clone() {
        interest.push(&bares[0], firms.interest(firm), firms.used[0][firm]).unwrap();
    }
    for firm in range.clone() {
        test_fee.push(&bares[1], firms.test_fee(firm), firms.used[1][firm]).unwrap();
    }
    for firm in range {
        platform.push(&bares[2], firms.platform(firm), firms.used[2][firm]).unwrap();
    }
}

fn run(bares: &[Bare<'_>; 3], columns: &[Columns; 3], awards: &mut [Awards; 3]) {
    for clause in 0..3 {
        columns[clause].run(&bares[clause], &mut awards[clause]);
    }
}

/// Seconds of one run.
struct Seconds {
    /// Median by the clock.
    median: f64,
    /// Mean processor time, where the system tells: what a busy machine leaves comparable.
    processor: f64,
}

impl Seconds {
    fn text(&self, per_run: f64, unit: &str) -> String {
        let rate = |seconds: f64| per_run / seconds / 1e6;
        let (clock, processor) = (self.median, self.processor);
        format!(
            "{:.2} ms, {:.1} M {unit}/s (processor time {:.2} ms, {:.1} M {unit}/s)",
            clock * 1e3,
            rate(clock),
            processor * 1e3,
            rate(processor)
        )
    }

    fn micros(&self, times: f64) -> String {
        format!("{:.2} µs (processor time {:.2} µs)", self.median / times * 1e6, self.processor / times * 1e6)
    }
}

/// Nanoseconds this thread ran, on Linux.
fn processor_time() -> Option<u64> {
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
}

fn measure(mut timed: impl FnMut()) -> Seconds {
    let before = processor_time();
    let mut seconds: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            timed();
            start.elapsed().as_secs_f64()
        })
        .collect();
    let processor = before.zip(processor_time()).map_or(f64::NAN, |(before, after)| (after - before) as f64 / 1e9);
    seconds.sort_by(f64::total_cmp);
    Seconds { median: seconds[RUNS / 2], processor: processor / RUNS as f64 }
}

fn check(firms: &Firms, programs: &[&Program; 3], awards: &[Awards; 3]) {
    let mut eligible = 0;
    for firm in (0..FIRMS).step_by(37) {
        for clause in 0..3 {
            let (claim, account) = firms.traced(firm, clause);
            let outcome = assess(programs[clause], &claim, &account).unwrap().outcome;
            let bare = (awards[clause].ceiling()[firm], awards[clause].award()[firm]);
            assert_eq!((outcome.ceiling().fen(), outcome.award().fen()), bare, "firm {firm}, clause {clause}");
            eligible += usize::from(bare.1 > 0);
        }
    }
    println!("checked against the traced path: {} claims, {eligible} with an award", FIRMS.div_ceil(37) * 3);
}

fn main() {
    // `cargo test --benches` starts benchmarks with this: nothing here is a test.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let programs = programs(&[]);
    let programs = CLAUSES.map(|key| &programs[&benefit(key)]);
    let bares = programs.map(Bare::new);
    let firms = firms();
    let mut columns: [Columns; 3] = std::array::from_fn(|_| Columns::with_capacity(FIRMS));
    let mut awards: [Awards; 3] = Default::default();
    let mut block: [Awards; 3] = Default::default();
    build(&firms, 0..FIRMS, &bares, &mut columns);
    run(&bares, &columns, &mut awards);
    check(&firms, &programs, &awards);

    let bare = measure(|| run(&bares, black_box(&columns), &mut awards));
    println!("bare, {FIRMS} firms × 3 clauses: {}", bare.text(FIRMS as f64, "firms"));
    // Block by block, as bulk runs do: the columns of a block stay in the cache.
    let built = measure(|| {
        for first in (0..FIRMS).step_by(BLOCK) {
            build(black_box(&firms), first..(first + BLOCK).min(FIRMS), &bares, &mut columns);
            run(&bares, &columns, &mut block);
            black_box(&block);
        }
    });
    println!("with input building: {}", built.text(FIRMS as f64, "firms"));
    build(&firms, 0..FIRMS, &bares, &mut columns);
    for clause in 0..3 {
        let name = &programs[clause].clause.benefit;
        let only = measure(|| columns[clause].run(&bares[clause], black_box(&mut awards[clause])));
        println!("  bare, {name} alone: {}", only.text(FIRMS as f64, "firms"));
        let (claim, account) = firms.traced(1, clause);
        let single = measure(|| {
            for _ in 0..10_000 {
                black_box(assess(programs[clause], black_box(&claim), &account).unwrap());
            }
        });
        println!("  single with full trace, {name}: {}", single.micros(10_000.0));
    }
    let (claim, account) = firms.traced(1, 0);
    let rulebook = support::rulebook();
    let on = day("2026-06-30");
    let whole = measure(|| {
        for _ in 0..1_000 {
            black_box(subsidy::decision::assess_under(rulebook, black_box(&claim), &account, on).unwrap());
        }
    });
    println!("  compiled, assessed, every digest taken: {}", whole.micros(1_000.0));
}
