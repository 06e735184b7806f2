//! One claim over all contexts: filed and submitted in one act, its relations known and its award computed in the same
//! batch, counted at what was decided, released when withdrawn.

use std::collections::BTreeMap;

use cases::StageKind;
use cases::call::Route;
use cases::case::Act as CaseAct;
use enterprise::relation::{Holder, HoldingId, SubjectId};
use enterprise::{Change, Holding, HoldingKind};
use kernel::{Digest, Money, Role};
use subsidy::ClaimId;
use uuid::Uuid;

use crate::claims_city::*;

fn open() -> City {
    let route = Route { district: true, audit: false, experts: 1, notice_working_days: 7, acceptance_months: None };
    City::with_an_open_call(2, route)
}

fn the_case(city: &City) -> &cases::Case {
    city.state.cases.case(case(1)).unwrap()
}

fn awarded(city: &City) -> Money {
    let account = city.state.subsidy.account(firm(1), &"test-fee".parse().unwrap());
    account.entries().map(|(_, entry)| entry.amount).sum()
}

fn of_case(act: CaseAct) -> cases::Command {
    cases::Command::Case { case: case(1), expected: None, act }
}

#[test]
fn a_claim_is_filed_assessed_and_known_in_one_batch() {
    let mut city = open();
    let lines = city.send(&of_firm(1), application(&city, 1, fees(24_000_000)));
    assert_eq!(lines, 5, "filed, submitted, relations, assessment, and the assessment on the case");
    let assessment = the_case(&city).assessment.unwrap();
    assert_eq!(assessment.award, Money::from_yuan(1_200_000), "5 % of 24 million");
    let decision = city.state.subsidy.decision_on(ClaimId(case(1).0)).unwrap();
    assert_eq!(decision.decision.digest(), assessment.digest);
    assert_eq!(awarded(&city), Money::from_yuan(1_200_000));
    let related = the_case(&city).related.clone().unwrap();
    assert!(
        related.iter().any(|found| found.party == cases::relation::Party::Person(legal_person(1))),
        "its legal person"
    );

    city.send(&of_firm(1), of_case(CaseAct::Withdraw { reason: "示例".to_owned() }));
    assert_eq!(awarded(&city), Money::ZERO, "what is withdrawn takes no room under the cap");
}

#[test]
fn a_half_that_is_refused_leaves_nothing_of_the_whole() {
    let mut city = open();
    let before = city.state.digest();
    let mut lacking = fees(24_000_000);
    lacking.benefit = "interest".parse().unwrap();
    // The facts are of another benefit, and the call's window is over a month later.
    city.today = day("2026-03-20");
    let refused = city.try_send(&of_firm(1), application(&city, 1, lacking)).unwrap_err();
    assert!(refused.contains("申报期"), "{refused}");
    assert_eq!(city.state.digest(), before, "the facts were not kept either");
    city.today = day("2026-01-07");
    let stranger = acting(4, Role::DistrictOfficer, "500118");
    assert!(
        city.try_send(&stranger, application(&city, 1, fees(1))).is_err(),
        "nobody files for a firm but its people"
    );
}

#[test]
fn a_score_and_a_tie_found_later_change_what_is_computed_and_who_may_act() {
    let mut city = open();
    city.send(&of_firm(1), application(&city, 1, fees(24_000_000)));
    let district = acting(4, Role::DistrictOfficer, "500118");
    city.send(&district, of_case(CaseAct::PassDistrict { opinion: "属实".to_owned() }));
    let seats = BTreeMap::from([(person(8), organisation("experts"))]);
    city.send(&officer(2), of_case(CaseAct::SeatExperts { seats }));
    // Firm 2 owns firm 1, and the expert sits on its board: two ties away, found out only now.
    let id = |n| HoldingId(Uuid::from_u128(n));
    let holding = |holder, kind| Holding { holder, kind, from: day("2026-01-05"), until: None };
    let owner = Holder::Organisation { code: firm(2), name: "示例封测2有限公司".to_owned() };
    let owns = holding(owner, HoldingKind::Shareholder("60%".parse().unwrap()));
    let member = Holder::Person { subject: SubjectId(Uuid::from_u128(8)), identity: Digest::of(b"8") };
    let sits = holding(member, HoldingKind::Officer("董事".to_owned()));
    let hold =
        |firm, id, holding| enterprise::Command::Amend { firm, expected: None, change: Change::Hold { id, holding } };
    city.send(&district, hold(firm(1), id(1), owns));
    city.send(&district, hold(firm(2), id(2), sits));
    let expert = acting(8, Role::Expert, "experts");
    let score = || of_case(CaseAct::Score { points: 90, opinion: "好".to_owned() });
    let refused = city.try_send(&expert, score()).unwrap_err();
    assert!(refused.contains("应当回避") && refused.contains("持股"), "{refused}");

    let ended = Change::EndHolding { id: id(2), until: day("2026-01-05") };
    city.send(&district, enterprise::Command::Amend { firm: firm(2), expected: None, change: ended });
    let lines = city.send(&expert, score());
    assert_eq!(lines, 3, "the score, the assessment with it, and that on the case");
    assert_eq!(the_case(&city).stage.kind(), StageKind::CityReview);
    let decision = city.state.subsidy.decision_on(ClaimId(case(1).0)).unwrap();
    assert_eq!(decision.decision.claim.score.map(subsidy::facts::Score::hundredths), Some(9_000));
    assert_eq!(the_case(&city).assessment.unwrap().id.0, decision.decision.id.0);
}

/// Firm 1 lets somebody act for it from a day on, and they accept at once.
fn lets_act(city: &mut City, number: u128, who: u128, from: &str) {
    let id = accounts::AuthorisationId(Uuid::from_u128(number));
    let authorise = accounts::Command::Authorise {
        id,
        firm: firm(1),
        person: person(who),
        agency: None,
        scopes: [accounts::Scope::Claim].into(),
        from: day(from),
        until: day("2026-12-31"),
    };
    city.send(&of_firm(1), authorise);
    city.send(&acting(who, Role::Enterprise, firm(1).as_str()), accounts::Command::AcceptAuthorisation { id });
}

fn time_passes(city: &mut City, until: &str) {
    city.today = day(until);
    for (_, command) in office::due::commands(&city.state, city.today) {
        city.system(command);
    }
    assert!(office::due::commands(&city.state, city.today).is_empty(), "said once");
}

#[test]
fn a_tie_that_begins_by_its_date_or_is_handed_over_bars_from_then_on() {
    let mut city = open();
    city.send(&of_firm(1), application(&city, 1, fees(24_000_000)));
    let bars = |city: &City, who: u128| {
        let district = acting(who, Role::DistrictOfficer, "500118");
        let context = kernel::Context {
            now: kernel::date::end_of(city.today),
            actor: district,
            reauthenticated: true,
            calendar: city.state.city.calendar().clone(),
        };
        cases::view::unfit(&context, the_case(city)).is_some()
    };
    lets_act(&mut city, 1, 4, "2026-01-08");
    assert!(!bars(&city, 4), "agreed, and not begun");
    time_passes(&mut city, "2026-01-08");
    assert!(bars(&city, 4));
    lets_act(&mut city, 2, 3, "2026-01-08");
    let over = accounts::Command::HandOver { firm: firm(1), from: person(3), to: person(7) };
    assert!(!bars(&city, 7));
    city.send(&of_firm(1), over);
    assert!(bars(&city, 7) && !bars(&city, 3));
}

#[test]
fn a_holder_who_turns_out_to_be_somebody_with_an_account_is_barred() {
    let mut city = open();
    city.send(&of_firm(1), application(&city, 1, fees(24_000_000)));
    let identity = Digest::of(b"9");
    let holder = Holder::Person { subject: SubjectId(Uuid::from_u128(9)), identity };
    let kind = HoldingKind::Officer("监事".to_owned());
    let holding = Holding { holder, kind, from: day("2026-01-05"), until: None };
    let change = Change::Hold { id: HoldingId(Uuid::from_u128(9)), holding };
    let district = acting(4, Role::DistrictOfficer, "500118");
    city.send(&district, enterprise::Command::Amend { firm: firm(1), expected: None, change });
    let is_known = |city: &City| {
        let related = the_case(city).related.clone().unwrap();
        related.iter().any(|found| found.party == cases::relation::Party::Person(person(9)))
    };
    assert!(!is_known(&city));
    city.system(accounts::Command::RegisterPerson { person: person(9), identity: Some(identity) });
    assert!(is_known(&city));
}

#[test]
fn an_officer_offers_nothing_to_a_firm_they_are_related_to() {
    let mut city = open();
    let offer = |city: &City| {
        let applicant = office::claims::applicant(&city.state, firm(1), city.today).unwrap();
        let material = cases::material::Material {
            claim: fees(1).filed_digest(),
            applied: Money::from_yuan(1),
            project: None,
            items: BTreeMap::new(),
            supports: Default::default(),
            received: Vec::new(),
        };
        let (case, call, facts) = (case(2), CALL, Vec::new());
        cases::Command::Offer(Box::new(cases::proactive::Proposal { case, call, applicant, material, facts }))
    };
    let refused = city.try_send(&officer(2), offer(&city)).unwrap_err();
    assert!(refused.contains("公开申报"), "the call is open to all, and nothing else is in the way: {refused}");
    lets_act(&mut city, 1, 2, "2026-01-06");
    let refused = city.try_send(&officer(2), offer(&city)).unwrap_err();
    assert!(refused.contains("应当回避") && refused.contains("受雇"), "{refused}");
}

#[test]
fn what_a_case_is_about_is_stated_again_by_nobody_but_the_firm() {
    let mut city = open();
    city.send(&of_firm(1), application(&city, 1, fees(24_000_000)));
    let again = || {
        let (claim_id, firm, claim) = (ClaimId(case(1).0), firm(1), fees(1));
        subsidy::Command::FileClaim(subsidy::Filed { claim_id, firm, claim })
    };
    let refused = city.try_send(&officer(2), again()).unwrap_err();
    assert!(refused.contains("只能由企业"), "{refused}");
    city.send(&of_firm(1), again());
}
