//! Fifty variants over 5,000 recorded claims: every other option of every point, then other caps, rates and budgets.
//! Run with `cargo bench -p subsidy --bench what_if`. Before anything is timed, the unchanged variant is held against
//! what was recorded.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use kernel::{CreditCode, Money};
use subsidy::account::{Entry, Origin};
use subsidy::decision::assess_under;
use subsidy::settings::Reduction;
use subsidy::what_if::{Budget, History, Variant};
use subsidy::{Account, BenefitId, ClaimId, Decision, DecisionId};
use support::{Seeded, benefit, day, rulebook, yuan};

const CLAIMS: usize = 5_000;
const FIRMS: u64 = 1_250;
const VARIANTS: usize = 50;
const RUNS: usize = 15;

/// Valid codes for invented firms: the first eight characters and a number, with both check characters.
fn firm(number: u64) -> CreditCode {
    let text = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let codes = text.chars().flat_map(|nine| text.chars().map(move |ten| (nine, ten)));
    let body = format!("91500000MA{number:06}");
    let mut found = codes.filter_map(|(nine, ten)| format!("{body}{nine}{ten}").parse::<CreditCode>().ok());
    found.next().unwrap()
}

fn past() -> Vec<Decision> {
    let mut seeded = Seeded(2027);
    let firms: Vec<CreditCode> = (0..FIRMS).map(firm).collect();
    let mut accounts: BTreeMap<(CreditCode, BenefitId), Account> = BTreeMap::new();
    let decide = |number: usize| {
        let claim = seeded.claim();
        let claim = seeded.audited(claim);
        let firm = firms[seeded.below(FIRMS) as usize];
        let account = accounts.entry((firm, claim.benefit.clone())).or_insert_with(|| seeded.account());
        // Over 250 days, as departments work.
        let on = day("2026-01-05").saturating_add(std::time::Duration::from_secs(86_400 * (number / 20) as u64));
        let before = account.clone();
        let (assessment, grounds, trace) = assess_under(rulebook(), &claim, &before, on).unwrap();
        let (id, claim_id) =
            (DecisionId(uuid::Uuid::from_u128(number as u128)), ClaimId(uuid::Uuid::from_u128(number as u128)));
        let amount = assessment.outcome.award();
        if amount > Money::ZERO {
            let entry = Entry { year: claim.year, project: None, amount, on, decision: Some(id) };
            account.set(Origin::Claim(claim_id), entry);
        }
        Decision { id, claim_id, firm, claim, account: before, on, grounds, outcome: assessment.outcome, trace }
    };
    (0..CLAIMS).map(decide).collect()
}

fn variants() -> Vec<Variant> {
    let mut variants = Vec::with_capacity(VARIANTS);
    for (point, interpretation) in rulebook().interpretations.iter() {
        let chosen = interpretation.on(day("2026-06-30")).unwrap().chosen.clone();
        let others = interpretation.options.iter().filter(|option| option.key != chosen);
        variants.extend(
            others.map(|option| Variant { readings: [(point, option.key.clone())].into(), ..Variant::default() }),
        );
    }
    println!("  {} other options", variants.len());
    for step in 0_i64.. {
        if variants.len() >= VARIANTS {
            break;
        }
        let key = benefit(["interest", "test-fee", "platform"][step as usize % 3]);
        let mut variant = Variant::default();
        match step % 4 {
            0 => drop(variant.caps.insert(key, yuan(1_000_000 * (step + 1)))),
            1 => drop(variant.rates.insert(key, "4%".parse().unwrap())),
            _ => {
                let sharing = if step % 4 == 2 { Reduction::Proportional } else { Reduction::Queue };
                variant.budgets.insert(key, Budget { amount: yuan(50_000_000), sharing });
            }
        }
        variants.push(variant);
    }
    variants.truncate(VARIANTS);
    variants
}

fn milliseconds(mut timed: impl FnMut()) -> f64 {
    let mut taken: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            timed();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    taken.sort_by(f64::total_cmp);
    taken[RUNS / 2]
}

fn main() {
    let decisions = past();
    let history = || History::new(&decisions, |_| Ok(rulebook().clone())).unwrap();
    let laid_out = history();
    let recorded = laid_out.recorded();
    assert_eq!(laid_out.project(&Variant::default()).unwrap(), recorded, "unchanged is as recorded");
    println!("{CLAIMS} claims of {FIRMS} firms, median of {RUNS}");
    let variants = variants();
    let laying = milliseconds(|| drop(black_box(history())));
    println!("  laying the history out: {laying:.1} ms");
    let mut moved = 0;
    let all = milliseconds(|| {
        moved = 0;
        for variant in &variants {
            let projection = laid_out.project(variant).unwrap();
            black_box(laid_out.totals(&projection));
            moved += laid_out.changes(&recorded, &projection).len();
        }
    });
    println!("  {VARIANTS} variants with totals, who gains, who loses: {all:.1} ms ({moved} changes for a firm)");
    let one = milliseconds(|| drop(black_box(laid_out.project(&variants[0]).unwrap())));
    println!("  one variant: {one:.2} ms");
}
