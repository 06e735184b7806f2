//! What a district grants, with figures fixed beforehand. 示例数据.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;

use kernel::Money;
use subsidy::facts::{EntryCost, EntryLine, EntryPart, ProjectInvestment, TrainedPersons};
use subsidy::parameters::Tier;
use subsidy::parties::{Payee, Payer};
use subsidy::{Account, Claim, Facts, Grant, Outcome, Overrides, ParameterSet, Program, assess};
use support::*;

fn outcome(program: &Program, claim: &Claim) -> Outcome {
    assess(program, claim, &Account::default()).unwrap().outcome
}

fn award(key: &str, readings: &[(&str, &str)], claim: &Claim) -> Money {
    outcome(&programs(readings)[&benefit(key)], claim).award()
}

#[test]
fn a_breakthrough_is_the_first_and_passes_its_number() {
    let of = |revenue: Money, before: i64| award("breakthrough", &[], &breakthrough(2025, revenue, yuan(before)));
    assert_eq!(of(yuan(100_000_000), 0), Money::ZERO, "突破 excludes the number itself");
    assert_eq!(of(Money::from_fen(10_000_000_001), 0), yuan(500_000));
    assert_eq!(of(yuan(620_000_000), 0), yuan(2_000_000), "two tiers at once: the higher one");
    assert_eq!(of(yuan(620_000_000), 90_000_000), yuan(2_000_000));
    assert_eq!(of(yuan(620_000_000), 300_000_000), yuan(1_500_000), "the difference");
    assert_eq!(of(yuan(620_000_000), 510_000_000), Money::ZERO, "not the first time");
    let full = [("first-breakthrough", "full")];
    let claim = breakthrough(2025, yuan(620_000_000), yuan(300_000_000));
    assert_eq!(award("breakthrough", &full, &claim), yuan(2_000_000));
    let early = breakthrough(2023, yuan(620_000_000), Money::ZERO);
    assert_eq!(award("breakthrough", &[], &early), Money::ZERO, "the year began before the plan");
    let audited = Claim { verified: Some(yuan(480_000_000)), ..breakthrough(2025, yuan(620_000_000), Money::ZERO) };
    assert_eq!(award("breakthrough", &[], &audited), yuan(500_000), "as much revenue as the audit verified");
}

#[test]
fn a_complex_gets_a_share_or_an_amount() {
    let claim = claim("complex", 2025, Facts::ProjectInvestment(ProjectInvestment { total: yuan(123_456_789) }));
    assert_eq!(award("complex", &[], &claim), Money::from_fen(1_234_567_890));
    let tiers = [(50_000_000, 3_000_000), (100_000_000, 8_000_000), (200_000_000, 12_000_000)];
    let tiers = tiers.map(|(over, amount)| Tier { over: yuan(over), amount: yuan(amount) }).to_vec();
    let amounts = ParameterSet { grant: Grant::Tiers(tiers), ..set("complex") };
    let plan = rulebook();
    let rulebook = subsidy::Rulebook { parameters: Arc::new(Arc::new(amounts).into()), ..plan.clone() };
    let program = rulebook.program_for(&claim, day("2026-06-30"), &Overrides::new()).unwrap();
    assert_eq!(outcome(&program, &claim).award(), yuan(8_000_000));
    assert_eq!(program.parties().0, Payer::City);
    assert_eq!(program.parties().1, Payee::District);
    let own = &programs(&[("complex-payee", "district-to-project")])[&benefit("complex")];
    assert_eq!((own.parties().0, own.parties().1), (Payer::District, Payee::Firm));
}

#[test]
fn what_entry_cost_counts_by_part_and_for_its_months() {
    let line = |number: &str, part, amount, paid: &str| EntryLine {
        number: Some(number.into()),
        part,
        amount: yuan(amount),
        paid: day(paid),
    };
    let lines = vec![
        line("甲1", EntryPart::Rent, 300_000, "2025-03-31"),
        line("甲1", EntryPart::Rent, 300_000, "2025-03-31"),
        line("甲2", EntryPart::FitOut, 1_000_000, "2025-02-28"),
        line("甲3", EntryPart::FitOut, 1_000_000, "2025-03-01"),
        line("甲4", EntryPart::Utilities, 40_000, "2026-01-10"),
        line("甲5", EntryPart::Telecom, 10_000, "2025-06-01"),
        line("甲6", EntryPart::Utilities, -5_000, "2025-06-01"),
    ];
    // Entered on the 31st: a month without a 31st ends the period on its last day.
    let of = |entered: &str, readings: &[(&str, &str)]| {
        let facts = EntryCost { entered: day(entered), lines: lines.clone() };
        award("park", readings, &claim("park", 2025, Facts::EntryCost(facts)))
    };
    // 300,000 × 50 % + 2,000,000 × 20 %; telecom counts at 0 %, utilities come to less than nothing.
    assert_eq!(of("2025-01-31", &[]), yuan(550_000));
    assert_eq!(of("2024-02-29", &[("entry-period", "one-year")]), yuan(200_000), "2025-02-28 is the last day");
    assert_eq!(of("2025-03-01", &[]), yuan(350_000), "what was paid before entry does not count");
}

#[test]
fn talent_is_granted_by_the_head_and_only_out_of_this_plans_money() {
    let claim = claim("talent", 2025, Facts::TrainedPersons(TrainedPersons { trained: 120, hired: 30 }));
    assert_eq!(award("talent", &[], &claim), yuan(285_000));
    let elsewhere = &programs(&[("talent-fund", "talent-budget")])[&benefit("talent")];
    let Outcome::NotEligible { failed, potential } = outcome(elsewhere, &claim) else { panic!("eligible") };
    assert_eq!(potential, yuan(285_000));
    assert!(failed[0].reason.contains("市人力社保局"), "{failed:?}");
}

#[test]
fn traces_name_the_set_and_who_pays() {
    let programs = programs(&[]);
    let told = |key: &str, claim: &Claim| {
        let program = &programs[&benefit(key)];
        assess(program, claim, &Account::default()).unwrap().trace.text(&program.clause)
    };
    let entry = EntryCost {
        entered: day("2024-11-20"),
        lines: vec![
            EntryLine { number: None, part: EntryPart::Rent, amount: yuan(240_000), paid: day("2025-01-05") },
            EntryLine { number: None, part: EntryPart::Purchase, amount: yuan(9_000_000), paid: day("2024-12-05") },
        ],
    };
    let persons = TrainedPersons { trained: 120, hired: 30 };
    let total = ProjectInvestment { total: yuan(80_000_000) };
    let traces = [
        told("breakthrough", &breakthrough(2025, yuan(620_000_000), yuan(300_000_000))),
        told("breakthrough", &breakthrough(2025, yuan(420_000_000), yuan(300_000_000))),
        told("complex", &claim("complex", 2025, Facts::ProjectInvestment(total))),
        told("park", &claim("park", 2025, Facts::EntryCost(entry))),
        told("talent", &claim("talent", 2025, Facts::TrainedPersons(persons))),
    ];
    insta::assert_snapshot!("district_traces", traces.join("\n"));
}

#[test]
fn a_set_that_cannot_be_carried_out_is_refused() {
    use subsidy::clause::Base;
    let good = set("breakthrough");
    good.check(Base::AnnualRevenue).unwrap();
    let tier = |over, amount| Tier { over: yuan(over), amount: yuan(amount) };
    let wrong = [
        ParameterSet { document: " ".into(), ..good.clone() },
        ParameterSet { until: Some(day("2023-01-01")), ..good.clone() },
        ParameterSet { grant: Grant::Tiers(Vec::new()), ..good.clone() },
        ParameterSet { grant: Grant::Tiers(vec![tier(5, 5), tier(4, 6)]), ..good.clone() },
        ParameterSet { grant: Grant::Tiers(vec![tier(5, 5), tier(6, 5)]), ..good.clone() },
        ParameterSet { grant: Grant::Tiers(vec![tier(-1, 5)]), ..good.clone() },
    ];
    for set in wrong {
        assert!(set.check(Base::AnnualRevenue).is_err(), "{set:?}");
    }
    let share = |percent: i64| Grant::Share(kernel::Rate::from_parts_per_million(percent * 10_000));
    for (percent, fits) in [(0, false), (10, true), (100, true), (101, false), (-1, false)] {
        let set = ParameterSet { grant: share(percent), ..set("complex") };
        assert_eq!(set.check(Base::ProjectInvestment).is_ok(), fits, "{percent} %");
    }
}
