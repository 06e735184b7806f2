//! What other rules would have given, held against the recorded awards and a naive recomputation.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use kernel::{CreditCode, Money};
use proptest::prelude::*;
use subsidy::account::{Entry, Origin};
use subsidy::decision::assess_under;
use subsidy::settings::Reduction;
use subsidy::what_if::{Budget, History, Projection, Variant, WhatIfError};
use subsidy::{Account, BenefitId, Claim, ClaimId, Decision, DecisionId, Grounds, Overrides, Point, Rulebook, assess};
use support::*;

const FIRMS: [&str; 5] =
    ["91320200142248781B", "914403001922038216", "91330100799655058B", "9144030071526726XG", "91110000802100433B"];

type Accounts = BTreeMap<(CreditCode, BenefitId), Account>;

fn enter(accounts: &mut Accounts, decision: &Decision) {
    let account = accounts.entry((decision.firm, decision.claim.benefit.clone())).or_default();
    let Claim { year, project, .. } = decision.claim.clone();
    let amount = decision.outcome.award();
    if amount > Money::ZERO {
        let entry = Entry { year, project, amount, on: decision.on, decision: Some(decision.id) };
        account.set(Origin::Claim(decision.claim_id), entry);
    } else {
        account.remove(&Origin::Claim(decision.claim_id));
    }
}

/// The rules in force when a claim was assessed: after the thirtieth, a year of interest has 360 days, and VAT counts.
fn rules_of(number: u128) -> &'static Rulebook {
    static LATER: OnceLock<Rulebook> = OnceLock::new();
    let later = || {
        let mut files = files();
        let text = files.get_mut("interpretations.toml").unwrap();
        for (before, after) in
            [("chosen = \"actual-365\"", "chosen = \"actual-360\""), ("chosen = \"net\"", "chosen = \"gross\"")]
        {
            assert!(text.contains(before));
            *text = text.replace(before, after);
        }
        let plan = Rulebook::parse(&files, "rates.toml", RATES).unwrap();
        Rulebook { parameters: rulebook().parameters.clone(), ..plan }
    };
    if number > 30 { LATER.get_or_init(later) } else { rulebook() }
}

fn decided(number: u128, claim_id: u128, firm: usize, claim: Claim, accounts: &mut Accounts) -> Decision {
    let firm: CreditCode = FIRMS[firm].parse().unwrap();
    let claim_id = ClaimId(uuid::Uuid::from_u128(claim_id));
    let account = accounts.entry((firm, claim.benefit.clone())).or_default().without(claim_id);
    let on = day("2026-06-01").saturating_add(std::time::Duration::from_secs(86_400 * (number as u64 % 25)));
    let (assessment, grounds, trace) = assess_under(rules_of(number), &claim, &account, on).unwrap();
    let (id, outcome) = (DecisionId(uuid::Uuid::from_u128(number)), assessment.outcome);
    let decision = Decision { id, claim_id, firm, claim, account, on, grounds, outcome, trace };
    enter(accounts, &decision);
    decision
}

/// Claims of five firms one after another, some assessed again, some with projects and audits; where `offices` act, some
/// awards were reduced or withdrawn before the next assessment.
fn past(seed: u64, claims: u128, offices: bool) -> Vec<Decision> {
    let mut seeded = Seeded(seed);
    let mut accounts = Accounts::new();
    for firm in FIRMS {
        let firm: CreditCode = firm.parse().unwrap();
        accounts.extend(["interest", "test-fee", "platform"].map(|key| ((firm, benefit(key)), seeded.account())));
    }
    let mut decisions: Vec<Decision> = Vec::new();
    for number in 0..claims {
        let again =
            (!decisions.is_empty() && seeded.percent(20)).then(|| seeded.below(decisions.len() as u64) as usize);
        let claim = seeded.claim();
        let claim = seeded.audited(claim);
        let project = seeded.percent(30).then(|| Arc::from(["甲", "乙"][seeded.below(2) as usize]));
        let claim = Claim { project, packaging_test_firm: true, ..claim };
        let decision = match again.map(|index| decisions[index].clone()) {
            Some(earlier) if earlier.claim.benefit == claim.benefit => {
                let firm = FIRMS.iter().position(|firm| earlier.firm.as_str() == *firm).unwrap();
                decided(number, earlier.claim_id.0.as_u128(), firm, claim, &mut accounts)
            }
            _ => decided(number, number, seeded.below(5) as usize, claim, &mut accounts),
        };
        if offices && seeded.percent(15) {
            let account = accounts.get_mut(&(decision.firm, decision.claim.benefit.clone())).unwrap();
            let origin = Origin::Claim(decision.claim_id);
            if let Some(entry) = account.remove(&origin)
                && seeded.percent(50)
            {
                account.set(origin, Entry { amount: Money::from_fen(entry.amount.fen() / 3), ..entry });
            }
        }
        decisions.push(decision);
    }
    decisions
}

fn history(decisions: &[Decision]) -> History<'_> {
    let of = |grounds: &Grounds| {
        let rules = [0, 31].map(rules_of);
        rules.into_iter().find(|rules| rules.interpretations_digest() == grounds.interpretations).cloned()
    };
    History::new(decisions, |grounds| Ok(of(grounds).unwrap())).unwrap()
}

fn project(history: &History<'_>, variant: &Variant) -> Projection {
    history.project(variant).unwrap()
}

/// One after another by the traced path, with accounts kept beside.
fn naive(decisions: &[Decision], readings: &Overrides) -> BTreeMap<ClaimId, Money> {
    let (mut accounts, mut awards) = (Accounts::new(), BTreeMap::new());
    for decision in decisions {
        let key = (decision.firm, decision.claim.benefit.clone());
        let account = accounts.entry(key).or_insert_with(|| {
            let vouchers = decision.account.entries().filter(|(origin, _)| matches!(origin, Origin::Voucher(_)));
            Account::from(vouchers.map(|(o, e)| (o.clone(), e.clone())).collect::<Vec<_>>())
        });
        let rules = rules_of(decision.id.0.as_u128());
        let program = rules.program_for(&decision.claim, decision.on, readings).unwrap();
        let without = account.without(decision.claim_id);
        let outcome = assess(&program, &decision.claim, &without).unwrap().outcome;
        awards.insert(decision.claim_id, outcome.award());
        enter(&mut accounts, &Decision { outcome, ..decision.clone() });
    }
    awards
}

fn by_claim(history: &History<'_>, projection: &Projection) -> BTreeMap<ClaimId, Money> {
    let ids = history.claims().iter().map(|decision| decision.claim_id);
    ids.zip(projection.awards.iter().copied()).collect()
}

fn every_option() -> Vec<(Point, Arc<str>)> {
    let points = rulebook().interpretations.iter();
    points.flat_map(|(point, of)| of.options.iter().map(move |option| (point, option.key.clone()))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn nothing_changed_gives_what_was_recorded(seed in any::<u64>(), offices in any::<bool>()) {
        let decisions = past(seed, 60, offices);
        let history = history(&decisions);
        prop_assert_eq!(project(&history, &Variant::default()), history.recorded());
        // Naming what holds for everybody anyway, or a budget that nobody reaches, changes nothing either.
        let chosen = rulebook().interpretations.iter();
        let chosen = chosen.filter(|(point, _)| ![Point::DayCount, Point::FeeTax].contains(point));
        let chosen = chosen.map(|(point, of)| (point, of.on(day("2026-06-30")).unwrap().chosen.clone())).collect();
        let enough = Budget { amount: yuan(100_000_000_000), sharing: Reduction::Proportional };
        let same = Variant {
            readings: chosen,
            caps: [(benefit("interest"), yuan(20_000_000))].into(),
            rates: [(benefit("test-fee"), "5%".parse().unwrap())].into(),
            budgets: [(benefit("platform"), enough)].into(),
        };
        prop_assert_eq!(project(&history, &same).awards, history.recorded().awards);
    }

    #[test]
    fn every_reading_agrees_with_the_traced_path(seed in any::<u64>(), option in any::<prop::sample::Index>()) {
        let decisions = past(seed, 40, false);
        let history = history(&decisions);
        let (point, key) = every_option()[option.index(every_option().len())].clone();
        let readings = Overrides::from([(point, key)]);
        let variant = Variant { readings: readings.clone(), ..Variant::default() };
        prop_assert_eq!(by_claim(&history, &project(&history, &variant)), naive(&decisions, &readings));
    }

    #[test]
    fn a_higher_cap_takes_nothing_from_anybody(seed in any::<u64>(), low in 0_i64..4_000_000, more in 0_i64..4_000_000) {
        let decisions = past(seed, 60, false);
        let history = history(&decisions);
        for key in ["interest", "test-fee", "platform"] {
            let capped = |yuan| Variant { caps: [(benefit(key), Money::from_yuan(yuan))].into(), ..Variant::default() };
            let (lower, higher) = (project(&history, &capped(low)), project(&history, &capped(low + more)));
            prop_assert!(lower.awards.iter().zip(&higher.awards).all(|(lower, higher)| lower <= higher));
        }
    }

    #[test]
    fn a_budget_is_kept_and_who_gains_and_loses_adds_up(seed in any::<u64>(), amount in 0_i64..30_000_000, queue in any::<bool>()) {
        let decisions = past(seed, 60, true);
        let history = history(&decisions);
        let sharing = if queue { Reduction::Queue } else { Reduction::Proportional };
        let budget = Budget { amount: yuan(amount), sharing };
        let variant = Variant { budgets: [(benefit("test-fee"), budget)].into(), ..Variant::default() };
        let projection = project(&history, &variant);
        for used in &projection.budgets {
            prop_assert_eq!(used.shared, used.asked.min(used.amount), "nothing is left lying");
        }
        let recorded = history.recorded();
        let total = |projection: &Projection| projection.awards.iter().copied().sum::<Money>();
        let changes = history.changes(&recorded, &projection);
        let difference: Money = changes.iter().map(|change| change.difference()).sum();
        prop_assert_eq!(difference, total(&projection) - total(&recorded));
        prop_assert!(changes.iter().all(|change| change.before != change.after));
        let of_benefits: Money = history.totals(&projection).values().map(|totals| totals.total).sum();
        prop_assert_eq!(of_benefits, total(&projection));
    }
}

/// Figures fixed beforehand: 三家企业，一个年度的封测费用补助，再加一家企业下一年度的贴息。
#[test]
fn who_gains_and_who_loses() {
    let mut accounts = Accounts::new();
    let fees = |yuan_of_fees| test_fees(2025, vec![fee(None, yuan(yuan_of_fees), "2025-05-06")]);
    let related = |claim: Claim| match claim.facts {
        subsidy::Facts::TestFees(mut facts) => {
            facts.lines[0].attributes.related = true;
            Claim { facts: subsidy::Facts::TestFees(facts), ..claim }
        }
        _ => claim,
    };
    let decisions = [
        decided(1, 1, 0, fees(60_000_000), &mut accounts),
        decided(2, 2, 1, fees(20_000_000), &mut accounts),
        decided(3, 3, 2, related(fees(8_000_000)), &mut accounts),
    ];
    let history = history(&decisions);
    let recorded = history.recorded();
    assert_eq!(recorded.awards, [2_000_000, 1_000_000, 0].map(yuan), "one at its cap, one below, one related");

    let included = Variant { readings: [(Point::RelatedParties, "included".into())].into(), ..Variant::default() };
    let with_related = project(&history, &included);
    assert_eq!(with_related.awards, [2_000_000, 1_000_000, 400_000].map(yuan));
    let changes = history.changes(&recorded, &with_related);
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].firm.as_str(), changes[0].difference()), (FIRMS[2], yuan(400_000)));

    let rate = Variant { rates: [(benefit("test-fee"), "4%".parse().unwrap())].into(), ..Variant::default() };
    assert_eq!(project(&history, &rate).awards, [2_000_000, 800_000, 0].map(yuan));

    let budget = |sharing| {
        let budget = Budget { amount: yuan(2_400_000), sharing };
        let variant = Variant { budgets: [(benefit("test-fee"), budget)].into(), ..included.clone() };
        let projection = project(&history, &variant);
        assert_eq!((projection.budgets[0].asked, projection.budgets[0].shared), (yuan(3_400_000), yuan(2_400_000)));
        projection.awards
    };
    // 24/34 of each; the fen left over go to the largest remainders.
    assert_eq!(budget(Reduction::Proportional), [141_176_471, 70_588_235, 28_235_294].map(Money::from_fen));
    assert_eq!(budget(Reduction::Queue), [2_000_000, 400_000, 0].map(yuan));

    let unknown = Variant { readings: [(Point::Rounding, "up".into())].into(), ..Variant::default() };
    assert!(matches!(history.project(&unknown), Err(WhatIfError::Rulebook(_))));
}

/// A share out of one year's budget, and not the award before it, counts towards the lifetime cap of the next year.
#[test]
fn what_a_budget_cut_leaves_room_under_the_cap() {
    let mut accounts = Accounts::new();
    let large = || subsidy::facts::Loan { principal: yuan(600_000_000), paid: yuan(30_000_000), ..worked_loan() };
    let next = || subsidy::facts::Loan { from: day("2026-01-01"), until: day("2027-01-01"), ..large() };
    let decisions = [
        decided(1, 1, 0, interest(2025, vec![large()]), &mut accounts),
        decided(2, 2, 0, interest(2026, vec![next()]), &mut accounts),
    ];
    let history = history(&decisions);
    assert_eq!(history.recorded().awards, [14_700_000, 5_300_000].map(yuan), "20 million together");
    let budget = Budget { amount: yuan(12_000_000), sharing: Reduction::Proportional };
    let variant = Variant { budgets: [(benefit("interest"), budget)].into(), ..Variant::default() };
    assert_eq!(project(&history, &variant).awards, [12_000_000, 8_000_000].map(yuan));
    let cap = Variant { caps: [(benefit("interest"), yuan(30_000_000))].into(), ..Variant::default() };
    assert_eq!(project(&history, &cap).awards, [14_700_000, 14_700_000].map(yuan));
}
