//! From adopted files to a decision that can be computed again, told in commands.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;

use kernel::{Actor, Context, CreditCode, Money, Recorded, Refusal, Role, Sequence, Timestamp};
use subsidy::event::{Conclusion, EarlierPayment, Proposal, Review};
use subsidy::{Claim, ClaimId, Command, DecisionId, Event, Outcome, Point, ProposalId, State, decide, recompute};
use support::*;

struct City {
    state: State,
    events: Vec<(Recorded, Event)>,
    now: Timestamp,
}

const OFFICER: u128 = 1;
const COLLEAGUE: u128 = 2;

fn person(person: u128, role: Role) -> Actor {
    Actor::Person {
        person: kernel::PersonId(uuid::Uuid::from_u128(person)),
        role,
        organisation: "economy-information".parse().unwrap(),
    }
}

fn firm() -> CreditCode {
    CreditCode::complete("91500118MAFAKE019").unwrap()
}

impl City {
    fn new() -> Self {
        Self { state: State::default(), events: Vec::new(), now: "2026-06-30T02:00:00Z".parse().unwrap() }
    }

    fn try_as(&self, actor: Actor, reauthenticated: bool, command: Command) -> Result<Vec<Event>, Refusal> {
        let context = Context { now: self.now, actor, reauthenticated, calendar: Arc::default() };
        decide(&self.state, &context, command)
    }

    fn run_as(&mut self, actor: Actor, command: Command) -> Result<(), Refusal> {
        for event in self.try_as(actor.clone(), true, command)? {
            let sequence = Sequence(self.events.len() as u64 + 1);
            let recorded = Recorded { sequence, at: self.now, actor: actor.clone() };
            // What is applied is what was stored.
            let event: Event = serde_json::from_str(&serde_json::to_string(&event).unwrap()).unwrap();
            self.state.apply(&recorded, &event).unwrap();
            self.events.push((recorded, event));
        }
        Ok(())
    }

    fn run(&mut self, command: Command) -> Result<(), Refusal> {
        self.run_as(person(OFFICER, Role::CityOfficer), command)
    }

    /// With files adopted and every clause reviewed.
    fn open() -> Self {
        let mut city = Self::new();
        city.run(Command::AdoptClauses { files: files() }).unwrap();
        city.run(Command::AdoptRates { text: RATES.to_owned() }).unwrap();
        for key in files().keys().filter_map(|file| file.strip_prefix("benefits/")?.strip_suffix(".toml")) {
            city.run(city.review(key)).unwrap();
        }
        city
    }

    fn review(&self, key: &str) -> Command {
        Command::RecordReview(Review {
            benefit: benefit(key),
            clause: self.state.clause(&benefit(key)).unwrap().digest,
            parameters: None,
            body: "示例审查机构".into(),
            on: day("2026-01-15"),
            conclusion: Conclusion::Fair,
            expires: day("2027-12-31"),
            evidence: Vec::new(),
        })
    }

    fn assess(&mut self, decision: u128, claim_id: u128, claim: Claim) -> Result<Outcome, Refusal> {
        let (decision, claim_id) =
            (DecisionId(uuid::Uuid::from_u128(decision)), ClaimId(uuid::Uuid::from_u128(claim_id)));
        self.run(Command::Assess { decision, claim_id, firm: firm(), claim })?;
        Ok(self.state.decision(decision).unwrap().decision.outcome.clone())
    }

    fn recomputes(&self) -> bool {
        self.state.decisions().all(|record| recompute(&self.state, record.decision.id).unwrap().agrees)
    }
}

fn payment(voucher: &str, amount: Money) -> Command {
    Command::ImportEarlierPayment(EarlierPayment {
        voucher: voucher.into(),
        firm: firm(),
        benefit: benefit("interest"),
        year: 2022,
        project: None,
        amount,
        on: day("2022-12-20"),
    })
}

#[test]
fn awards_stop_at_the_cap_and_every_decision_is_proven_again() {
    let mut city = City::open();
    city.run(payment("渝财示例2022-001", yuan(3_000_000))).unwrap();
    let awards: Vec<Money> = (1..=4)
        .map(|number| city.assess(number, number, interest(2025, vec![worked_loan()])).unwrap().award())
        .collect();
    assert_eq!(awards, [7_350_000, 7_350_000, 2_300_000, 0].map(yuan));
    let account = city.state.account(firm(), &benefit("interest"));
    let total: Money = account.entries().map(|(_, entry)| entry.amount).sum();
    assert_eq!(total, yuan(20_000_000));
    // The first claim assessed again, for less: its own decision does not stand in its way, and room opens.
    let smaller = subsidy::facts::Loan { principal: yuan(150_000_000), ..worked_loan() };
    assert_eq!(city.assess(5, 1, interest(2025, vec![smaller])).unwrap().award(), yuan(3_675_000));
    assert_eq!(city.assess(6, 4, interest(2025, vec![worked_loan()])).unwrap().award(), yuan(3_675_000));
    assert!(city.recomputes());
}

#[test]
fn a_clause_without_review_is_not_activated() {
    let mut city = City::new();
    city.run(Command::AdoptClauses { files: files() }).unwrap();
    city.run(Command::AdoptRates { text: RATES.to_owned() }).unwrap();
    let refusal = city.assess(1, 1, interest(2025, vec![worked_loan()])).unwrap_err();
    assert!(refusal.reason.contains("公平竞争审查"), "{refusal}");
    let mut unfair = city.review("interest");
    if let Command::RecordReview(review) = &mut unfair {
        review.conclusion = Conclusion::Unfair;
    }
    city.run(unfair).unwrap();
    assert!(city.assess(1, 1, interest(2025, vec![worked_loan()])).is_err());
    city.run(city.review("interest")).unwrap();
    assert!(city.assess(1, 1, interest(2025, vec![worked_loan()])).is_ok());
    // Another text needs another review.
    let mut files = files();
    for text in files.values_mut() {
        *text = text.replace("title = \"贷款贴息\"", "title = \"贴息\"");
    }
    city.run(Command::AdoptClauses { files }).unwrap();
    assert!(city.assess(2, 2, interest(2025, vec![worked_loan()])).is_err());
    assert!(city.recomputes(), "the old decision keeps its old clause");
}

fn reviewed(state: &State, set: &subsidy::ParameterSet, conclusion: Conclusion) -> Command {
    Command::RecordReview(Review {
        benefit: set.benefit.clone(),
        clause: state.clause(&set.benefit).unwrap().digest,
        parameters: Some(set.digest()),
        body: "示例审查机构".into(),
        on: day("2026-01-15"),
        conclusion,
        expires: day("2026-12-31"),
        evidence: Vec::new(),
    })
}

#[test]
fn a_district_grants_by_its_own_reviewed_set() {
    let mut city = City::open();
    let colleague = || person(COLLEAGUE, Role::CityOfficer);
    let filed = || breakthrough(2025, yuan(620_000_000), yuan(80_000_000));
    assert!(city.assess(1, 1, filed()).unwrap_err().reason.contains("没有经公平竞争审查"), "no set yet");
    let first = set("breakthrough");
    let of_district = |district: &str| Actor::Person {
        person: kernel::PersonId(uuid::Uuid::from_u128(7)),
        role: Role::DistrictOfficer,
        organisation: district.parse::<kernel::DivisionCode>().unwrap().into(),
    };
    let refusal = city.run_as(of_district("500112"), Command::AdoptParameters(first.clone())).unwrap_err();
    assert!(refusal.reason.contains("只能为本区县"), "{refusal}");
    let interest = subsidy::ParameterSet { benefit: benefit("interest"), ..first.clone() };
    assert!(city.run(Command::AdoptParameters(interest)).unwrap_err().reason.contains("不由区县定额"));
    let share = subsidy::Grant::Share("10%".parse().unwrap());
    let wrong = subsidy::ParameterSet { grant: share, ..first.clone() };
    assert!(city.run(Command::AdoptParameters(wrong)).is_err(), "a share of revenue is no breakthrough");
    city.run_as(of_district("500118"), Command::AdoptParameters(first.clone())).unwrap();
    assert!(city.run(Command::AdoptParameters(first.clone())).is_err(), "already there");
    assert!(city.assess(1, 1, filed()).is_err(), "not reviewed");
    city.run(reviewed(&city.state, &first, Conclusion::Fair)).unwrap();
    let filed = Claim { district: None, ..filed() };
    assert!(city.assess(1, 1, filed.clone()).is_err(), "nobody said in which district");
    let filed = Claim { district: Some(district()), ..filed };
    assert_eq!(city.assess(1, 1, filed.clone()).unwrap().award(), yuan(2_000_000));
    // A second set waits for its review, and whoever adopted it cannot give it.
    let subsidy::Grant::Tiers(mut tiers) = first.grant.clone() else { panic!("other grant") };
    tiers[1].amount = yuan(2_400_000);
    let second = subsidy::ParameterSet { grant: subsidy::Grant::Tiers(tiers), ..first.clone() };
    city.run(Command::AdoptParameters(second.clone())).unwrap();
    assert_eq!(city.assess(2, 1, filed.clone()).unwrap().award(), yuan(2_000_000));
    assert!(city.run(reviewed(&city.state, &second, Conclusion::Fair)).unwrap_err().reason.contains("两人"));
    city.run_as(colleague(), reviewed(&city.state, &second, Conclusion::Fair)).unwrap();
    assert_eq!(city.assess(3, 1, filed.clone()).unwrap().award(), yuan(2_400_000));
    // Found against: the earlier one counts again.
    city.run_as(colleague(), reviewed(&city.state, &second, Conclusion::Unfair)).unwrap();
    assert_eq!(city.assess(4, 1, filed.clone()).unwrap().award(), yuan(2_000_000));
    city.now = "2027-01-04T02:00:00Z".parse().unwrap();
    assert!(city.assess(5, 1, filed).is_err(), "the review of the set expired");
    assert!(city.recomputes());
}

fn proposal(id: u128, point: Point, chosen: &str, from: &str) -> (ProposalId, Command) {
    let id = ProposalId(uuid::Uuid::from_u128(id));
    let proposal =
        Proposal {
            id, point, chosen: chosen.into(), authority: "示例会议纪要".into(), from: day(from), until: None
        };
    (id, Command::ChooseInterpretation(proposal))
}

#[test]
fn a_reading_changes_by_two_people_from_its_date_on() {
    let mut city = City::open();
    city.assess(1, 1, interest(2025, vec![worked_loan()])).unwrap();
    let (id, propose) = proposal(9, Point::DayCount, "actual-360", "2026-07-01");
    city.run(propose).unwrap();
    let approve = || Command::ApproveInterpretation { proposal: id, expected: None };
    assert!(city.run(approve()).unwrap_err().reason.contains("两人"), "the proposer cannot approve");
    let colleague = || person(COLLEAGUE, Role::CityOfficer);
    let refusal = city.try_as(colleague(), false, approve()).unwrap_err();
    assert_eq!(refusal.kind, kernel::refusal::RefusalKind::NeedsReauthentication);
    city.run_as(colleague(), approve()).unwrap();
    assert!(city.run_as(colleague(), approve()).is_err(), "closed");
    assert_eq!(city.assess(2, 2, interest(2025, vec![worked_loan()])).unwrap().award(), yuan(7_350_000));
    city.now = "2026-06-30T16:00:00Z".parse().unwrap();
    // 15,000,000 paid is above 300,000,000 × 4.90 % × 365/360 = 14,904,166.67.
    let outcome = city.assess(3, 3, interest(2025, vec![worked_loan()])).unwrap();
    assert_eq!(outcome.award(), yuan(20_000_000 - 14_700_000), "the cap binds first");
    assert_eq!(city.assess(4, 1, interest(2025, vec![worked_loan()])).unwrap().award(), yuan(7_350_000));
    assert!(city.recomputes());
    // A new edition of the files keeps what was approved.
    let mut files = files();
    files.values_mut().for_each(|text| text.push_str("\n# 示例修订\n"));
    city.run(Command::AdoptClauses { files }).unwrap();
    let chosen =
        &city.state.interpretations().unwrap().get(Point::DayCount).unwrap().on(day("2026-07-01")).unwrap().chosen;
    assert_eq!(chosen.as_ref(), "actual-360");
}

#[test]
fn what_is_not_allowed_is_refused() {
    let mut city = City::open();
    let enterprise = person(3, Role::Enterprise);
    assert!(city.run_as(enterprise.clone(), Command::AdoptRates { text: RATES.to_owned() }).is_err());
    assert!(city.run_as(enterprise, payment("示例1", yuan(1))).is_err());
    city.run(payment("示例1", yuan(1))).unwrap();
    assert!(city.run(payment("示例1", yuan(2))).unwrap_err().reason.contains("不能重复导入"));
    assert!(city.run(payment("示例2", Money::ZERO)).is_err());
    assert!(city.run(Command::AdoptClauses { files: files() }).is_err(), "already in force");
    let broken = files().into_iter().map(|(name, text)| (name, text.replace("op = \"cap\"", "op = \"lid\""))).collect();
    let refusal = city.run(Command::AdoptClauses { files: broken }).unwrap_err();
    assert!(refusal.reason.contains("benefits/interest.toml:"), "{refusal}");
    let negative = subsidy::facts::Loan { principal: yuan(-1), ..worked_loan() };
    assert!(city.assess(1, 1, interest(2025, vec![negative])).is_err());
    assert!(
        city.try_as(person(OFFICER, Role::CityOfficer), false, Command::AdoptRates { text: String::new() }).is_err()
    );
    let (_, unknown) = proposal(1, Point::Rounding, "up", "2026-07-01");
    assert!(city.run(unknown).is_err());
}

#[test]
fn replay_gives_the_same_state() {
    let mut city = City::open();
    city.run(payment("示例1", yuan(3_000_000))).unwrap();
    let (id, propose) = proposal(9, Point::InterestBase, "benchmark", "2026-01-01");
    city.run(propose).unwrap();
    city.run_as(person(COLLEAGUE, Role::WorkingGroup), Command::ApproveInterpretation { proposal: id, expected: None })
        .unwrap();
    let mut seeded = Seeded(3);
    for number in 0..200 {
        // Claims that change their benefit are refused: also part of the story.
        let _ = city.assess(100 + number, 100 + number % 40, seeded.claim());
    }
    let mut again = State::default();
    for (recorded, event) in &city.events {
        again.apply(recorded, event).unwrap();
    }
    assert_eq!(again.digest(), city.state.digest());
    assert_ne!(again.digest(), City::open().state.digest());
    assert!(city.recomputes());
    let (recorded, last) = city.events.last().unwrap();
    assert!(again.apply(recorded, last).is_err(), "the same event twice is impossible");
}

/// A sample of every event; a new variant cannot be forgotten.
fn samples() -> Vec<Event> {
    let mut city = City::open();
    city.run(payment("渝财示例2022-001", yuan(3_000_000))).unwrap();
    let (first, propose) = proposal(8, Point::DayCount, "actual-360", "2026-07-01");
    city.run(propose).unwrap();
    let (second, propose) = proposal(9, Point::Rounding, "down", "2026-07-01");
    city.run(propose).unwrap();
    let colleague = || person(COLLEAGUE, Role::CityOfficer);
    city.run_as(colleague(), Command::ApproveInterpretation { proposal: first, expected: None }).unwrap();
    let reason = "示例理由".to_owned();
    city.run_as(colleague(), Command::RejectInterpretation { proposal: second, reason, expected: None }).unwrap();
    let claim_id = |n| ClaimId(uuid::Uuid::from_u128(n));
    let filed = subsidy::Filed { claim_id: claim_id(1), firm: firm(), claim: interest(2025, vec![worked_loan()]) };
    city.run(Command::FileClaim(filed)).unwrap();
    city.assess(1, 1, interest(2025, vec![worked_loan()])).unwrap();
    let change = subsidy::account::Change::Decided(yuan(7_000_000));
    city.run_as(Actor::System, Command::ChangeAccount { claim_id: claim_id(1), change }).unwrap();
    city.assess(2, 2, test_fees(2025, vec![])).unwrap();
    city.run(Command::AdoptParameters(set("breakthrough"))).unwrap();
    let mut seen = [false; 11];
    let mut samples = Vec::new();
    for (_, event) in city.events {
        let index = match &event {
            Event::ClausesAdopted { .. } => 0,
            Event::RatesAdopted { .. } => 1,
            Event::FairCompetitionReviewed(_) => 2,
            Event::InterpretationChosen(_) => 3,
            Event::InterpretationApproved { .. } => 4,
            Event::InterpretationRejected { .. } => 5,
            Event::EarlierPaymentImported(_) => 6,
            Event::AssessmentMade(_) => 7,
            Event::ClaimFiled(_) => 8,
            Event::AccountChanged { .. } => 9,
            Event::ParametersAdopted(_) => 10,
        };
        if !std::mem::replace(&mut seen[index], true) || index == 7 {
            samples.push(event);
        }
    }
    assert_eq!(seen, [true; 11]);
    samples
}

#[test]
fn event_samples() {
    // Digests of files, and the files themselves, change with the plan: only their shape is pinned.
    let shaped = samples().into_iter().map(|event| match event {
        Event::ClausesAdopted { .. } => Event::ClausesAdopted {
            digest: kernel::Digest::ZERO,
            files: [("benefits/interest.toml".to_owned(), "示例".to_owned())].into(),
        },
        Event::RatesAdopted { .. } => Event::RatesAdopted { digest: kernel::Digest::ZERO, text: "示例".to_owned() },
        Event::FairCompetitionReviewed(review) => {
            Event::FairCompetitionReviewed(Review { clause: kernel::Digest::ZERO, ..review })
        }
        Event::AssessmentMade(mut decision) => {
            let zero = kernel::Digest::ZERO;
            decision.grounds.clause = zero;
            decision.grounds.interpretations = zero;
            decision.grounds.rates = zero;
            decision.trace = zero;
            Event::AssessmentMade(decision)
        }
        other => other,
    });
    let lines: Vec<String> = shaped.map(|event| serde_json::to_string(&event).unwrap()).collect();
    insta::assert_snapshot!("events", lines.join("\n"));
}
