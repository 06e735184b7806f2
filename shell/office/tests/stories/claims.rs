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
