//! What must hold for any claims: never above a cap, monotone, independent of order.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use kernel::Money;
use proptest::prelude::*;
use subsidy::account::{Entry, Origin};
use subsidy::{Account, Claim, Facts, assess};
use support::*;

fn entry(claim: &Claim, amount: Money) -> Entry {
    Entry { year: claim.year, project: None, amount, on: day("2026-06-30"), decision: None }
}

/// Assesses claims one after another, each award counting for the next.
fn paid_in_order(claims: &[Claim], account: &Account, overrides: &[(&str, &str)]) -> Vec<Money> {
    let programs = programs(overrides);
    let mut account = account.clone();
    let pay = |(number, claim): (usize, &Claim)| {
        let award = assess(&programs[&claim.benefit], claim, &account).unwrap().outcome.award();
        account.set(Origin::Voucher(format!("第{number}笔").into()), entry(claim, award));
        award
    };
    claims.iter().enumerate().map(pay).collect()
}

fn loans(amounts: &[i64]) -> Vec<Claim> {
    let loan =
        |fen: &i64| interest(2025, vec![subsidy::facts::Loan { principal: Money::from_fen(*fen), ..worked_loan() }]);
    amounts.iter().map(loan).collect()
}

fn fees(amounts: &[i64]) -> Vec<Claim> {
    amounts.iter().map(|fen| test_fees(2025, vec![fee(None, Money::from_fen(*fen), "2025-03-03")])).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn never_above_the_cap_and_the_order_does_not_matter(
        mut amounts in prop::collection::vec(0_i64..60_000_000_000, 1..12),
        before in 0_i64..2_500_000_000,
        floor in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let overrides: &[(&str, &str)] = if floor { &[("minimum-award", "two-hundred-thousand")] } else { &[] };
        let mut account = Account::default();
        let first = entry(&interest(2025, vec![]), Money::from_fen(before));
        account.set(Origin::Voucher("计划前".into()), first);
        let cap = yuan(20_000_000);
        let total: Money = paid_in_order(&loans(&amounts), &account, overrides).into_iter().sum();
        prop_assert!(total + Money::from_fen(before) <= cap.max(Money::from_fen(before)));
        let mut seeded = Seeded(seed);
        for index in (1..amounts.len()).rev() {
            amounts.swap(index, seeded.below(index as u64 + 1) as usize);
        }
        let awards = paid_in_order(&loans(&amounts), &account, overrides);
        let again: Money = awards.iter().copied().sum();
        if floor {
            // The floor is compared award by award, after the cap: the order can decide about the last award before
            // the cap is full, and about nothing else.
            let minimum = yuan(200_000);
            prop_assert!(awards.iter().all(|award| *award == Money::ZERO || *award >= minimum));
            prop_assert!((total - again).fen().abs() < minimum.fen(), "{total} and {again}");
            let left = |total: Money| cap.saturating_less(total + Money::from_fen(before));
            prop_assert!(total == again || left(total).max(left(again)) < minimum, "only where the cap is nearly full");
        } else {
            prop_assert_eq!(total, again);
        }
    }

    #[test]
    fn splitting_a_claim_gains_at_most_the_rounding(parts in prop::collection::vec(1_i64..5_000_000_000, 1..10)) {
        let split: Money = paid_in_order(&fees(&parts), &Account::default(), &[]).into_iter().sum();
        let whole: Money = paid_in_order(&fees(&[parts.iter().sum()]), &Account::default(), &[]).into_iter().sum();
        prop_assert!(split <= yuan(2_000_000));
        // Each part is rounded by at most half a fen, the whole likewise.
        prop_assert!((split - whole).fen().unsigned_abs() as usize <= parts.len().div_ceil(2) + 1);
    }

    #[test]
    fn more_base_never_gives_less(base in 0_i64..6_000_000_000, more in 0_i64..6_000_000_000, used in 0_i64..300_000_000) {
        let mut account = Account::default();
        let first = entry(&test_fees(2025, vec![]), Money::from_fen(used));
        account.set(Origin::Voucher("示例".into()), first);
        let award = |fen| paid_in_order(&fees(&[fen]), &account, &[])[0];
        prop_assert!(award(base) <= award(base + more));
        let interest = |fen| paid_in_order(&loans(&[fen]), &Account::default(), &[])[0];
        prop_assert!(interest(base) <= interest(base + more));
    }

    #[test]
    fn the_award_is_never_above_the_ceiling(seed in any::<u64>()) {
        let mut seeded = Seeded(seed);
        for reading in ["by-score", "bands", "at-ceiling"] {
            let programs = programs(&[("platform-performance", reading)]);
            let (claim, account) = (seeded.claim(), seeded.account());
            let outcome = assess(&programs[&claim.benefit], &claim, &account).unwrap().outcome;
            prop_assert!(outcome.award() <= outcome.ceiling());
        }
    }

    #[test]
    fn the_account_does_not_know_the_order_of_its_entries(seed in any::<u64>()) {
        let account = Seeded(seed).account();
        let mut backwards: Vec<_> = account.entries().map(|(o, e)| (o.clone(), e.clone())).collect();
        backwards.reverse();
        let again = Account::from(backwards);
        prop_assert_eq!(&account, &again);
        let json = serde_json::to_string(&account).unwrap();
        prop_assert_eq!(&account, &serde_json::from_str::<Account>(&json).unwrap());
    }
}

/// The public check is the formal assessment: equal on 10,000 generated firms, each asking about all three benefits.
#[test]
fn the_public_check_equals_the_formal_assessment() {
    let on = day("2026-06-30");
    let programs = programs(&[("talent-fund", "talent-budget")]);
    let mut seeded = Seeded(110);
    for _ in 0..10_000 {
        let claims: std::collections::BTreeMap<_, _> =
            (0..5).map(|_| seeded.claim()).map(|claim| (claim.benefit.clone(), claim)).collect();
        let Some(one) = claims.values().next() else { continue };
        let received = yuan(seeded.below(3_000_000) as i64);
        let answers = subsidy::Answers {
            year: one.year,
            district: Some(district()),
            packaging_test_firm: one.packaging_test_firm,
            score: one.score,
            facts: claims.iter().map(|(benefit, claim)| (benefit.clone(), claim.facts.clone())).collect(),
            received: claims.keys().map(|benefit| (benefit.clone(), one.year, received)).collect(),
        };
        let checked = subsidy::precheck(rulebook(), &answers, on, |_| true).unwrap();
        for (checked, (benefit, claim)) in checked.iter().zip(&claims) {
            let (packaging_test_firm, score, year) = (one.packaging_test_firm, one.score, one.year);
            let formal = Claim { packaging_test_firm, score, year, district: Some(district()), ..claim.clone() };
            let mut account = Account::default();
            account.set(Origin::Voucher("渝财示例".into()), entry(&formal, received));
            assert_eq!(checked.assessment, assess(&programs[benefit], &formal, &account));
            assert_eq!(checked.estimate, None);
        }
        let estimated = subsidy::precheck(rulebook(), &answers, on, |_| false).unwrap();
        assert!(estimated.iter().all(|checked| checked.estimate.is_some()));
    }
}

/// Facts of the wrong kind are refused, never computed.
#[test]
fn facts_of_another_benefit_are_refused() {
    let programs = programs(&[]);
    let claim = Claim { benefit: benefit("platform"), ..interest(2025, vec![worked_loan()]) };
    assert!(matches!(claim.facts, Facts::LoanInterest(_)));
    assert!(assess(&programs[&claim.benefit], &claim, &Account::default()).is_err());
}
