//! The story's figures, worked out by hand before anything computed them.
//!
//! Test fees: 5 % of the net invoices of the year, half a fen up, at most 2,000,000 元 a firm and year. In the first call
//! 6,268,372.70 元 are asked for 4,000,000 元 (claim 3 is rejected): everybody gets 400,000,000 / 626,837,270 of their
//! award in whole fen, and the seven fen left over go to the seven largest remainders: those of 7 (.997), 12, 14, 13, 1,
//! 16 and 8 (.439); the next is that of 9 (.401). Interest: half of principal × benchmark rate (4.90 % above five
//! years, 4.75 % above one, 4.35 % up to one), 365 of 365 days, at most 20,000,000 元 a firm for ever. Platforms:
//! 10 % × score of the cost without depreciation and what other funds bore, at most 4,000,000 元 a year.

use std::collections::{BTreeMap, BTreeSet};

use cases::StageKind::{self, *};
use cases::adverse;
use cases::challenge::Answer;
use cases::payment::OrderStage;
use cases::relation::Party;
use cases::support::Support;
use cases::voucher::Use;
use jiff::civil::date;
use kernel::{Actor, Digest, Money, Role};
use office::State;

use super::super::tests::{CITY, FULL};
use super::super::{Recipe, World};
use super::calls::Batch;
use super::claims::{ALL, Number};
use super::{call_id, case_id};
use crate::foundation::Foundation;

/// Claims of the year that is over.
const OF_THE_YEAR: std::ops::RangeInclusive<Number> = 1..=30;

/// A claim, where it stands, and in fen: award, share, decided, with the firm.
type Row = (Number, StageKind, i64, i64, i64, i64);

const STORY: [Row; 50] = [
    // 9,695,600.00 × 5 % = 484,780.00; × 400,000,000 / 626,837,270 = 30,934,982.54
    (1, Closed, 48_478_000, 30_934_983, 30_934_983, 30_934_983),
    // 6,131,250.50 × 5 % = 306,562.525; share 19,562,495.38. Returned for its contract, and completed.
    (2, Closed, 30_656_253, 19_562_495, 19_562_495, 19_562_495),
    // 9,000,000.00 × 5 %. Rejected after a hearing.
    (3, Rejected, 45_000_000, 0, 0, 0),
    // 12,554,000.40 × 5 % = 627,700.02; share 40,055,054.16. An expert is recused.
    (4, Closed, 62_770_002, 40_055_054, 40_055_054, 40_055_054),
    // 7,777,777.70 × 5 % = 388,888.885; share 24,815,939.23. An objection is upheld: 150,000.00.
    (5, Closed, 38_888_889, 24_815_939, 15_000_000, 15_000_000),
    // 5,700,320.00 × 5 % = 285,016.00; share 18,187,559.27. An objection is dismissed.
    (6, Closed, 28_501_600, 18_187_559, 18_187_559, 18_187_559),
    // 3,999,999.99 × 5 % = 199,999.9995; share 12,762,482.997. Sent back by the bank, paid again.
    (7, Closed, 20_000_000, 12_762_483, 12_762_483, 12_762_483),
    // 12,600,000.00 × 5 %; share 40,201,821.44. Clawed back in two instalments: the firm has nothing.
    (8, Repaid, 63_000_000, 40_201_822, 40_201_822, 0),
    // 2,468,013.57 × 5 % = 123,400.6785; share 7,874,495.40. Paid through its district.
    (9, Closed, 12_340_068, 7_874_495, 7_874_495, 7_874_495),
    // 8,050,000.00 × 5 %, without 1,000,000.00 of a related party; share 25,684,497.03.
    (10, Closed, 40_250_000, 25_684_497, 25_684_497, 25_684_497),
    // 10,010,010.10 × 5 % = 500,500.505; share 31,938,146.24
    (11, Closed, 50_050_051, 31_938_146, 31_938_146, 31_938_146),
    // 6,600,000.00 × 5 %, without 500,000.00 of the year before; share 21,058,096.94
    (12, Closed, 33_000_000, 21_058_097, 21_058_097, 21_058_097),
    // 14,250,000.00 × 5 %; share 45,466,345.68. Declared what it received elsewhere.
    (13, Closed, 71_250_000, 45_466_346, 45_466_346, 45_466_346),
    // 1,888,888.88 × 5 % = 94,444.444; share 6,026,727.80
    (14, Closed, 9_444_444, 6_026_728, 6_026_728, 6_026_728),
    // 20,500,000.00 × 5 %; share 65,407,725.36
    (15, Closed, 102_500_000, 65_407_725, 65_407_725, 65_407_725),
    // 3,141,592.65 × 5 % = 157,079.6325; share 10,023,630.53
    (16, Closed, 15_707_963, 10_023_631, 10_023_631, 10_023_631),
    // 300,000,000 × 4.90 % × ½ = 7,350,000.00; paid before: 6,000,000.00 in 2022, and for the 366 days of 2024
    // 7,370,136.99: the cap leaves 6,629,863.01.
    (17, Closed, 662_986_301, 662_986_301, 662_986_301, 662_986_301),
    // 180,000,000 × 4.75 % = 8,550,000.00, of which the audit verifies 8,000,000.00; half of it.
    (18, Closed, 400_000_000, 400_000_000, 400_000_000, 400_000_000),
    // 240,000,000 × 4.90 % × ½; paid before: 3,412,500.00 and 5,896,109.59, which leaves enough.
    (19, Closed, 588_000_000, 588_000_000, 588_000_000, 588_000_000),
    // Investment a fen short of 500,000,000.00: no award, withdrawn.
    (20, Withdrawn, 0, 0, 0, 0),
    // 90,000,000 × 4.35 % × ½ = 1,957,500.00, once an audit proves the investment; 18,000,000.00 − 6,629,863.01 −
    // 4,000,000.00 − 5,880,000.00 are left.
    (21, Closed, 195_750_000, 149_013_699, 149_013_699, 149_013_699),
    // 150,000,000 × 4.90 % × ½ and 66,000,000 × 4.75 % × ½: nothing is left.
    (22, Waitlisted, 367_500_000, 0, 0, 0),
    (23, Waitlisted, 156_750_000, 0, 0, 0),
    // (88 + 86 + 92) / 3 = 88.66 points: 8.866 % × 20,000,000.00
    (24, Closed, 177_320_000, 177_320_000, 177_320_000, 177_320_000),
    // 92.00 points: 9.2 % × 13,579,246.80 = 1,249,290.7056
    (25, Closed, 124_929_071, 124_929_071, 124_929_071, 124_929_071),
    // 91.33 points: 9.133 % × 52,000,000.00 = 4,749,160.00, capped.
    (26, Closed, 400_000_000, 400_000_000, 400_000_000, 400_000_000),
    // 46,000,000.00 × 5 % = 2,300,000.00, capped. Offered, and consented to.
    (27, Closed, 200_000_000, 200_000_000, 200_000_000, 200_000_000),
    // 9,999,999.99 × 5 % = 499,999.9995. Offered, and declined.
    (28, Declined, 50_000_000, 0, 0, 0),
    // 5,432,109.87 × 5 % = 271,605.4935
    (29, Closed, 27_160_549, 27_160_549, 27_160_549, 27_160_549),
    // 3,210,000.00 × 5 %. A fact lacked its date: invited to apply, applied.
    (30, Closed, 16_050_000, 16_050_000, 16_050_000, 16_050_000),
    // 113,109,400.00 passes 100,000,000.00 for the first time: 500,000.00; 1,600,000.00 / 2,000,000.00 of it.
    (49, Closed, 50_000_000, 40_000_000, 40_000_000, 40_000_000),
    // 509,970,700.00 passes 500,000,000.00, after 325,211,000.00 had passed 100,000,000.00: 2,000,000.00 − 500,000.00.
    (50, Closed, 150_000_000, 120_000_000, 120_000_000, 120_000_000),
    // 153,189,100.00 passes what 149,590,300.00 had passed: nothing, withdrawn.
    (51, Withdrawn, 0, 0, 0, 0),
    // The second call suffices for all: 5 % of 4,000,000.00, 6,543,210.98, 2,750,000.00, 8,200,000.20, 5,555,555.55,
    // 3,300,000.00, 7,000,000.00, 9,090,909.09.
    (31, Paid, 20_000_000, 20_000_000, 20_000_000, 20_000_000),
    (32, Ordered, 32_716_055, 32_716_055, 32_716_055, 0),
    (33, Planned, 13_750_000, 13_750_000, 13_750_000, 0),
    (34, Confirmed, 41_000_001, 41_000_001, 41_000_001, 0),
    (35, Noticed, 27_777_778, 27_777_778, 27_777_778, 0),
    (36, Decided, 16_500_000, 16_500_000, 16_500_000, 0),
    (37, Proposed, 35_000_000, 35_000_000, 0, 0),
    (38, UnderAdverse, 45_454_545, 45_454_545, 0, 0),
    // 6,120,000.00 × 5 %. Paid, and failed its acceptance.
    (48, AcceptanceFailed, 30_600_000, 30_600_000, 30_600_000, 30_600_000),
    // The open call: 5 % of 4,800,000.00, 3,625,000.00, 2,980,000.00, 6,150,000.00, 7,302,500.00, 11,400,000.00,
    // 2,666,600.00, 5,050,505.05; and one offered: 3,840,000.00.
    (39, DistrictReview, 24_000_000, 0, 0, 0),
    (40, DistrictReview, 18_125_000, 0, 0, 0),
    (41, Returned, 14_900_000, 0, 0, 0),
    (42, Audit, 30_750_000, 0, 0, 0),
    (43, Audit, 36_512_500, 0, 0, 0),
    (44, ExpertReview, 57_000_000, 0, 0, 0),
    (45, CityReview, 13_333_000, 0, 0, 0),
    (46, Recommended, 25_252_525, 0, 0, 0),
];

fn state() -> &'static State {
    &CITY.0
}

fn case(number: Number) -> &'static cases::Case {
    state().cases.case(case_id(FULL.seed, number)).unwrap()
}

#[test]
fn every_claim_comes_to_what_the_clauses_give_by_hand() {
    assert_eq!(OF_THE_YEAR.count(), 30);
    let offered: Row = (47, Offered, 19_200_000, 0, 0, 0);
    let mut numbers = BTreeSet::new();
    for (number, stage, award, share, decided, has) in STORY.into_iter().chain([offered]) {
        numbers.insert(number);
        let case = case(number);
        let found = (
            case.stage.kind(),
            case.assessment.unwrap().award.fen(),
            case.stage.ceiling().fen(),
            case.stage.decided().fen(),
            case.purse.net().fen(),
        );
        assert_eq!(found, (stage, award, share, decided, has), "claim {number}");
    }
    assert_eq!(numbers, ALL.collect());
    assert_eq!(state().cases.cases().count(), ALL.count(), "and there are no others");
}

#[test]
fn what_is_paid_is_decided_and_what_is_decided_fits_the_budget() {
    let cases = &state().cases;
    for call in cases.calls() {
        let mut committed = Money::ZERO;
        for case in cases.cases_of(call.id) {
            let (net, decided, share) = (case.purse.net(), case.stage.decided(), case.stage.ceiling());
            assert!(net <= decided && decided <= share, "{}", case.id);
            assert!(share <= case.assessment.map(|assessment| assessment.award).unwrap_or_default(), "{}", case.id);
            assert!(case.assessment.is_none_or(|assessment| assessment.award <= assessment.ceiling), "{}", case.id);
            committed = committed + case.stage.committed();
        }
        assert!(committed <= call.terms.budget, "{}", call.terms.title);
        assert_eq!(committed, call.committed, "{}", call.terms.title);
    }
    let total = |batch| {
        let cases = cases.cases_of(call_id(FULL.seed, batch));
        cases.map(|case| case.purse.net()).sum::<Money>().fen()
    };
    // 4,000,000.00 less claim 5's share and claim 8's, with what claim 5 got; all; three; three.
    assert_eq!(total(Batch::Fees), 400_000_000 - 24_815_939 + 15_000_000 - 40_201_822);
    assert_eq!(total(Batch::Interest), 1_800_000_000);
    assert_eq!(total(Batch::Platform), 702_249_071);
    assert_eq!(total(Batch::Proactive), 243_210_549);
    assert_eq!(total(Batch::Breakthrough), 160_000_000);
}

#[test]
fn nothing_is_paid_without_its_voucher() {
    let cases = &state().cases;
    let mut by_voucher: BTreeMap<_, i64> = BTreeMap::new();
    for record in cases.vouchers() {
        if let Use::Matched(order) = record.used {
            let order = cases.order(order).unwrap();
            let last = matches!(&order.stage, OrderStage::Paid { voucher } if *voucher == record.voucher.number);
            if last {
                *by_voucher.entry(order.order.case).or_default() += record.voucher.amount.fen();
            }
        }
    }
    for case in cases.cases() {
        let stands = case.purse.paid.fen() - case.purse.returned.fen();
        assert_eq!(by_voucher.get(&case.id).copied().unwrap_or_default(), stands, "{}", case.id);
    }
    let in_transit: Vec<_> = cases.in_transit().map(|record| record.voucher.amount.fen()).collect();
    assert_eq!(in_transit, [32_716_054], "a fen short of its order");
}

#[test]
fn every_way_off_the_straight_path_is_there_once() {
    let state = state();
    let went = |number, stage| case(number).passages.iter().filter(|passage| passage.stage == stage).count();
    assert_eq!((went(2, Returned), case(2).versions.len()), (1, 2), "returned by the district and completed");
    assert_eq!((went(21, Returned), case(21).versions.len()), (1, 2), "returned by the city, with other facts");
    assert_eq!((went(5, Proposed), went(6, Proposed)), (2, 1), "one objection upheld, one dismissed");
    let answers: Vec<_> = state.cases.objections().map(|objection| &objection.answer).collect();
    assert!(matches!(answers[..], [_, _, _]));
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Answer::Upheld { .. })).count(), 1);
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Answer::Dismissed { .. })).count(), 1);
    assert_eq!(answers.iter().filter(|answer| ***answer == Answer::Open).count(), 1);
    // The hearing, the remedy and the proof of service of the rejection: nobody turned anywhere in time.
    let Rejected = case(3).stage.kind() else { panic!() };
    let rejection = state.cases.adverse_of_firm(case(3).applicant.firm).next().unwrap();
    let titles: Vec<_> = rejection.timeline().into_iter().map(|step| step.title).collect();
    assert_eq!(titles, ["告知", "企业要求听证", "听证", "作出决定", "送达", "期满生效"]);
    assert!(matches!(rejection.stage, adverse::Stage::Final { .. }));
    assert!(rejection.stage.made().is_some_and(|made| made.remedy.reconsideration.contains("示例")));
    // The expert is an officer of the parent: two ties away, and recused.
    let related = case(4).related.as_deref().unwrap();
    let (expert, _) = case(4).recused.first_key_value().unwrap();
    let way = related.iter().find(|related| related.party == Party::Person(*expert)).unwrap().way();
    assert_eq!(way, "持股 60%、任独立董事");
    assert!(!case(4).opinions.contains_key(expert));
    // Sent back by the bank and paid again; through a district; back in two instalments.
    assert_eq!(case(7).purse.returned, case(7).stage.decided());
    assert_eq!(went(7, Planned), 2);
    let through = state.cases.orders().filter(|order| order.order.channel != cases::payment::Channel::Treasury);
    assert_eq!(through.map(|order| order.order.case).collect::<Vec<_>>(), [case(9).id]);
    assert_eq!((case(8).purse.recovered, went(8, AcceptanceFailed)), (case(8).stage.decided(), 1));
    // Verified less than claimed.
    assert_eq!(case(18).audit.as_ref().unwrap().verified, Money::from_yuan(8_000_000));
    // Offered and consented to, declined, fallen back to an application.
    assert_eq!((went(27, Offered), went(28, Declined), went(30, Offered)), (1, 1, 0));
    assert!(state.cases.invitation(call_id(FULL.seed, Batch::Proactive), case(30).applicant.firm).is_some());
    // One complaint and one report answered, one of each open; the report is nobody's but the discipline office's.
    let as_role = |role, organisation: &str| Actor::Person {
        person: kernel::PersonId(uuid::Uuid::nil()),
        role,
        organisation: organisation.parse().unwrap(),
    };
    let group = as_role(Role::WorkingGroup, "working-group");
    let complaints: Vec<_> = state.cases.complaints_for(&group).map(|complaint| complaint.is_open()).collect();
    assert_eq!(complaints.iter().filter(|open| **open).count(), 1, "{complaints:?}");
    assert_eq!(complaints.len(), 2);
    let discipline = as_role(Role::Discipline, "discipline-office");
    let reports: Vec<_> = state.cases.reports_for(&discipline).map(|report| report.is_open()).collect();
    assert_eq!((reports.len(), reports.iter().filter(|open| **open).count()), (2, 1));
    assert_eq!(state.cases.reports_for(&group).count(), 0);
}

#[test]
fn the_firms_that_visitors_sign_in_as_have_not_applied_to_the_open_call() {
    let (state, accounts) = &*CITY;
    let call = state.cases.call(call_id(FULL.seed, Batch::Current)).unwrap();
    assert!(matches!(call.stage, cases::call::Stage::Open { .. }) && call.terms.window.contains(FULL.today));
    for login in ["qiye", "qiye2"] {
        let account = accounts.iter().find(|account| account.login == login).unwrap();
        let firm = state.accounts.firms_of_legal_person(account.person, FULL.today).next().unwrap();
        assert!(!state.cases.cases_of(call.id).any(|case| case.applicant.firm == firm), "{login}");
        assert_eq!(state.cases.barred_until(firm, FULL.today), None);
    }
}

#[test]
fn whoever_signs_in_for_a_case_finds_one_waiting() {
    let (state, accounts) = &*CITY;
    let now = super::super::agenda::instant(FULL.today, 9);
    let waiting = |login: &str| {
        let account = accounts.iter().find(|account| account.login == login).unwrap();
        let choices = accounts::grants_of(&state.accounts, account.person, FULL.today);
        let queues = choices.into_iter().filter(|choice| choice.role == account.role).flat_map(|choice| {
            let actor = Actor::Person { person: account.person, role: choice.role, organisation: choice.organisation };
            let context =
                kernel::Context { now, actor, reauthenticated: true, calendar: state.city.calendar().clone() };
            cases::view::queue(&state.cases, &context)
        });
        queues.filter(|waiting| waiting.barred.is_none()).count()
    };
    for login in
        ["quxian", "quxian2", "shiji", "shiji2", "shiji3", "zhuanjia", "sanfang", "caizheng", "caizheng2", "daili"]
    {
        assert!(waiting(login) > 0, "{login}");
    }
}

#[test]
fn the_dates_demand_nothing_that_was_left_undone_in_the_year() {
    let overdue = cases::due::due(&state().cases, state().city.calendar(), FULL.today);
    let late: Vec<_> = overdue
        .iter()
        .filter(|due| due.deadline.due < FULL.today)
        .filter(|due| match due.subject {
            cases::due::Subject::Case(id) => {
                OF_THE_YEAR.map(|number| case_id(FULL.seed, number)).any(|known| known == id)
            }
            _ => false,
        })
        .collect();
    assert!(late.is_empty(), "{late:?}");
}

#[test]
fn the_story_can_be_told_with_other_seeds_and_on_other_days() {
    // In the middle of the year, and after it.
    for (seed, today, cases) in [(10, date(2026, 4, 17), 29), (16, date(2027, 2, 10), 51)] {
        let (state, _) = super::super::tests::rehearse(&Recipe { seed, today, ..FULL });
        assert_eq!(state.cases.cases().count(), cases, "{today}");
    }
}

#[test]
fn what_firms_send_in_is_what_the_program_takes() {
    let world = World::invent(&FULL, &Foundation::embedded()).unwrap();
    let papers = world.agenda(FULL.today).0.into_parts().papers;
    let by_digest: BTreeMap<_, _> = papers.iter().map(|paper| (Digest::of(&paper.content), paper)).collect();
    let mut invoices = 0;
    // What is offered rests on what the tax office knows; the firm sends in nothing.
    for number in ALL.filter(|number| case(*number).facts.is_empty()) {
        let material = case(number).material().unwrap();
        let mut read = BTreeSet::new();
        for evidence in material.items.values().flatten() {
            let content = &by_digest[&evidence.digest].content;
            let inspected = upload::inspect(&evidence.name, content, &upload::Limits::default());
            let inspected = inspected.unwrap_or_else(|refusal| panic!("{}: {refusal}", evidence.name));
            read.extend(inspected.invoices.iter().map(|invoice| Support::Invoice(invoice.number.clone())));
            let seller = inspected.invoices.iter().all(|invoice| invoice.seller == Some(case(number).applicant.firm));
            assert!(seller, "{}", evidence.name);
        }
        invoices += read.len();
        let stated = material.supports.iter().filter(|support| matches!(support, Support::Invoice(_)));
        assert_eq!(read, stated.cloned().collect(), "claim {number}");
    }
    assert_eq!(invoices, 40, "every invoice of every claim is read from its file");
}
