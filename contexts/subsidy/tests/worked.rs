//! The figures fixed beforehand, and the traces an official reads.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use kernel::Money;
use subsidy::account::{Entry, Origin};
use subsidy::{Account, Claim, Outcome, assess};
use support::*;

fn award(claim: &Claim, account: &Account) -> Money {
    assess(&programs(&[])[&claim.benefit], claim, account).unwrap().outcome.award()
}

fn text(claim: &Claim, account: &Account) -> String {
    let programs = programs(&[]);
    let program = &programs[&claim.benefit];
    assess(program, claim, account).unwrap().trace.text(&program.clause)
}

/// A payment from before the plan.
fn imported(year: i16, amount: Money) -> Account {
    let mut account = Account::default();
    let entry = Entry { year, project: None, amount, on: day("2022-12-20"), decision: None };
    account.set(Origin::Voucher("渝财示例2022-001".into()), entry);
    account
}

#[test]
fn three_hundred_million_for_a_year_at_the_benchmark() {
    let claim = interest(2025, vec![worked_loan()]);
    assert_eq!(award(&claim, &Account::default()), yuan(7_350_000));
    insta::assert_snapshot!("interest", text(&claim, &imported(2022, yuan(12_600_000))));
}

#[test]
fn later_claims_stop_at_twenty_million_with_what_was_paid_before_the_plan() {
    let mut account = imported(2022, yuan(3_000_000));
    let mut paid = yuan(3_000_000);
    for year in 2024..2030 {
        let award = award(&interest(2025, vec![worked_loan()]), &account);
        paid = paid + award;
        let entry = Entry { year, project: None, amount: award, on: day("2026-06-30"), decision: None };
        account.set(Origin::Voucher(format!("示例{year}").into()), entry);
    }
    assert_eq!(paid, yuan(20_000_000), "7.35 + 7.35 + 2.30 million after 3 million, then nothing");
}

#[test]
fn forty_million_of_fees_give_two_million_and_not_a_fen_more_that_year() {
    let claim = test_fees(2025, vec![fee(Some("示例0001"), yuan(40_000_000), "2025-05-06")]);
    assert_eq!(award(&claim, &Account::default()), yuan(2_000_000));
    let more = test_fees(2025, vec![fee(Some("示例0002"), yuan(40_000_020), "2025-05-06")]);
    assert_eq!(award(&more, &Account::default()), yuan(2_000_000));
    let outcome = assess(&programs(&[])[&claim.benefit], &more, &imported(2025, yuan(2_000_000))).unwrap().outcome;
    assert_eq!(outcome.award(), Money::ZERO);
    assert_eq!(outcome.earliest(), Some(day("2026-01-01")), "the year's cap opens again on New Year's Day");
    let less = test_fees(2025, vec![fee(None, Money::from_fen(3_999_999_989), "2025-01-01")]);
    assert_eq!(award(&less, &Account::default()), Money::from_fen(199_999_999), "5 % of 39,999,999.89, half up");
    let lines = vec![
        fee(Some("示例0003"), yuan(12_000_000), "2025-02-28"),
        fee(Some("示例0003"), yuan(12_000_000), "2025-02-28"),
        fee(Some("示例0004"), yuan(9_000_000), "2024-12-31"),
        subsidy::facts::FeeLine {
            attributes: subsidy::facts::FeeAttributes { related: true, ..ORDINARY },
            ..fee(Some("示例0005"), yuan(5_000_000), "2025-07-01")
        },
    ];
    insta::assert_snapshot!("test-fee", text(&test_fees(2025, lines), &imported(2025, yuan(1_500_000))));
}

#[test]
fn no_more_counts_than_an_audit_verified() {
    let filed = test_fees(2025, vec![fee(Some("示例0001"), yuan(24_000_000), "2025-05-06")]);
    let audited = |verified| Claim { verified: Some(verified), ..filed.clone() };
    let amounts = [yuan(21_360_000), yuan(24_000_000), yuan(30_000_000)].map(|verified| {
        let claim = audited(verified);
        assert_eq!(claim.filed_digest(), filed.filed_digest(), "what was filed stays what it is");
        award(&claim, &Account::default())
    });
    assert_eq!(amounts, [yuan(1_068_000), yuan(1_200_000), yuan(1_200_000)], "5 % of the lower of the two");
    assert_eq!(serde_json::to_string(&filed).unwrap().find("verified"), None, "older records keep their digests");
    insta::assert_snapshot!("test-fee-audited", text(&audited(yuan(21_360_000)), &Account::default()));

    let outcome = assess(&programs(&[])[&filed.benefit], &audited(Money::ZERO), &Account::default()).unwrap().outcome;
    assert!(matches!(outcome, Outcome::NotEligible { failed, .. } if failed.len() == 1), "nothing could be verified");
    let below = assess(&programs(&[])[&filed.benefit], &audited(yuan(-1)), &Account::default());
    assert_eq!(below.unwrap_err().to_string(), "审定基数不能为负数");
}

#[test]
fn a_platform_is_rewarded_by_its_service() {
    let parts = [8_000_000, 2_000_000, 3_000_000, 1_000_000, 500_000, 9_000_000, 700_000, 300_000].map(yuan);
    let claim = platform(2025, parts, 8_650);
    // 14.8 million count; 10 % × 86.5 points.
    assert_eq!(award(&claim, &Account::default()), yuan(1_280_200));
    let outcome = assess(&programs(&[])[&claim.benefit], &claim, &Account::default()).unwrap().outcome;
    assert_eq!(outcome.ceiling(), yuan(1_480_000));
    insta::assert_snapshot!("platform", text(&claim, &Account::default()));
    let full = platform(2025, [40_000_000, 0, 0, 0, 0, 0, 0, 0].map(yuan), 10_000);
    assert_eq!(award(&full, &Account::default()), yuan(4_000_000));
}

#[test]
fn a_condition_that_fails_says_which_and_from_when() {
    let mut claim = interest(2025, vec![worked_loan()]);
    if let subsidy::Facts::LoanInterest(facts) = &mut claim.facts {
        facts.investment.paid_in = Money::from_fen(49_999_999_999);
        facts.planned = Some(subsidy::facts::PlannedInvestment {
            by: day("2027-03-31"),
            paid_in: yuan(500_000_000),
            progress: "100%".parse().unwrap(),
        });
    }
    let outcome = assess(&programs(&[])[&claim.benefit], &claim, &Account::default()).unwrap().outcome;
    assert_eq!(outcome.earliest(), Some(day("2027-03-31")));
    let Outcome::NotEligible { failed, potential } = outcome else { panic!("a fen is missing") };
    assert_eq!(potential, yuan(7_350_000));
    assert_eq!(failed.len(), 1);
    assert!(failed[0].reason.contains("499,999,999.99"), "{}", failed[0].reason);
}

/// Every reading changes amount or eligibility of some claim, but those that say who pays whom.
#[test]
fn every_option_can_change_the_outcome() {
    let chosen = programs(&[]);
    let mut seeded = Seeded(7);
    let claims: Vec<_> = (0..20_000).map(|_| (seeded.claim(), seeded.account())).collect();
    let outcome = |programs: &std::collections::BTreeMap<_, subsidy::Program>, claim: &Claim, account: &Account| {
        assess(&programs[&claim.benefit], claim, account).unwrap().outcome
    };
    let before: Vec<_> = claims.iter().map(|(claim, account)| outcome(&chosen, claim, account)).collect();
    for (point, interpretation) in rulebook().interpretations.iter() {
        for option in &interpretation.options {
            // Reduction acts when a call closes; talent is out of this plan's money already; the interest cap per
            // project needs claims that name projects.
            use subsidy::Point::{ComplexPayee, Reduction, TalentFund, TalentPayee};
            let elsewhere = matches!(point, Reduction | ComplexPayee | TalentFund | TalentPayee);
            let elsewhere = elsewhere || option.key.as_ref() == "project-lifetime";
            if interpretation.choices[0].chosen == option.key || elsewhere {
                continue;
            }
            let other = programs(&[(&point.key(), &option.key)]);
            let changed = claims.iter().zip(&before).filter(|((c, a), before)| outcome(&other, c, a) != **before);
            assert!(changed.count() > 0, "{point}: {} changes nothing", option.key);
        }
    }
}
