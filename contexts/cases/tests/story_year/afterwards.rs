//! Projects are accepted and one is not; what the year comes to.

use std::collections::BTreeMap;

use cases::account::{Change, effect};
use cases::adverse::{self, Kind, Remedy, Route as Turn, Statement};
use cases::call;
use cases::case::Act;
use cases::performance::{Attained, Figure, Sheet, prefilled};
use cases::statistics::{by_district, days_per_step, sums};
use cases::{AdverseId, CallId, Command, StageKind, view};
use kernel::Money;

use crate::common::*;
use crate::{adverse_act, call_act, fen, number, replayed, share, survivors};

pub fn projects_are_accepted_and_one_is_not(city: &mut City) {
    // Firm 3 had turned to the higher authority, which upheld the rejection.
    let turn = adverse::Act::Contest { route: Turn::Reconsideration, document: file("受理通知.pdf") };
    city.send(&officer(1), adverse_act(3, turn));
    city.send(&officer(1), adverse_act(3, adverse::Act::Resolve { upheld: true, document: file("复议决定.pdf") }));

    city.on("2026-09-15");
    assert_eq!(city.state.adverse(AdverseId(id(3))).unwrap().stage.label(), "已生效", "nobody sued in time");
    let accept = |passed| Act::Accept { passed, opinion: "现场验收".into(), report: file("验收报告.pdf") };
    for n in survivors() {
        city.act(&officer(1), n, accept(n != 8));
    }
    assert_eq!(city.stage(8), StageKind::AcceptanceFailed);
    let claw = |amount, adverse| Command::ProposeAdverse {
        adverse: AdverseId(id(adverse)),
        case: case(8),
        kind: amount,
        reasons: "封测服务未实际发生".into(),
        basis: vec![citation()],
        notice: file("追回告知书.pdf"),
    };
    assert!(city.refused(&officer(2), claw(Kind::Clawback(share(8) + fen(1)), 8)).contains("实得"));
    city.send(&officer(2), claw(Kind::Clawback(share(8)), 8));
    city.send(&officer(2), claw(Kind::Bar, 88));
    let speak = |hearing| adverse::Act::Speak(Statement { file: file("申辩书.pdf"), hearing });
    city.on("2026-09-18");
    city.send(&of_firm(8), adverse_act(8, speak(true)));
    city.send(&of_firm(8), adverse_act(88, speak(false)));
    let make = |answer: Option<&str>| adverse::Act::Make {
        document: file("追回决定书.pdf"),
        answer: answer.map(Into::into),
        remedy: Remedy { reconsideration: "示例市人民政府".into(), court: "示例区人民法院".into() },
    };
    assert!(city.refused(&officer(3), adverse_act(8, make(None))).contains("听证"));
    assert!(city.refused(&officer(3), adverse_act(88, make(None))).contains("是否采纳"));
    city.on("2026-09-28");
    city.send(&officer(3), adverse_act(8, adverse::Act::RecordHearing { record: file("听证笔录.pdf") }));
    city.send(&officer(3), adverse_act(8, make(Some("证据不足，不予采纳"))));
    city.send(&officer(3), adverse_act(88, make(Some("证据不足，不予采纳"))));
    let instalment = |name: &str, amount| Command::ReceiveInstalment {
        receipt: number(name),
        case: case(8),
        amount,
        on: day("2026-10-12"),
        proof: file("缴款书.pdf"),
    };
    city.on("2026-10-12");
    city.send(&finance(1), instalment("JK-1", Money::from_yuan(200_000)));
    assert!(city.refused(&finance(1), instalment("JK-1", fen(1))).contains("重复"));
    assert!(city.refused(&finance(1), instalment("JK-2", share(8))).contains("尚欠"));
    city.send(&finance(1), instalment("JK-2", fen(53_333_333 - 20_000_000)));
    assert_eq!(city.stage(8), StageKind::Repaid);
    let received: Money = city.state.receipts().filter(|receipt| receipt.case == case(8)).map(|one| one.amount).sum();
    assert_eq!(received, city.state.case(case(8)).unwrap().purse.recovered);
    assert_eq!(city.state.barred_until(firm(8), day("2029-09-28")).map(|(until, _)| until), Some(day("2029-09-28")));
    assert_eq!(city.state.barred_until(firm(8), day("2029-09-29")), None);
    let later = terms(Money::from_yuan(1_000), route());
    let window = kernel::Period::new(day("2026-10-12"), day("2026-11-30")).unwrap();
    let later = call::Terms { window, ..later };
    let next = CallId(id(803));
    city.publish(next, later);
    city.on("2026-10-13");
    let command = Command::Submit {
        case: case(308),
        call: next,
        applicant: applicant(8),
        material: material(308, Money::from_yuan(1)),
    };
    assert!(city.refused(&of_firm(8), command).contains("限制申报"));
}

pub fn the_year_is_judged(city: &mut City) {
    let cases = || city.state.cases_of(CALL);
    let total = sums(cases());
    assert_eq!((total.cases, total.firms, total.small_and_medium), (29, 29, 15));
    assert_eq!(total.applied, Money::from_yuan(43_500_000));
    assert_eq!(total.decided, fen(2_876_666_667));
    assert_eq!((total.paid, total.recovered), (fen(2_823_333_334), fen(53_333_333)));
    assert_eq!(total.paid_to_small_and_medium, fen(1_476_666_667));
    let districts: Vec<_> = by_district(cases()).into_values().map(|sums| (sums.cases, sums.paid)).collect();
    assert_eq!(districts, [(14, fen(1_346_666_667)), (15, fen(1_476_666_667))]);
    let steps = days_per_step(cases(), &city.calendar);
    let of = |stage| steps.get(&stage).map(|taken| (taken.left, taken.median, taken.longest));
    assert_eq!(of(StageKind::Noticed), Some((29, 7, 7)), "28 once and firm 5 twice");
    assert_eq!(of(StageKind::Returned), Some((1, 2, 2)));
    assert_eq!(steps[&StageKind::Closed].standing, 27);

    // What the cap account hears adds up to what the cases say.
    let (mut decided, mut paid) = (BTreeMap::new(), Money::ZERO);
    for (_, event) in &city.events {
        let Some(effect) = effect(&city.state, event) else { continue };
        match effect.change {
            Change::Decided(amount) => drop(decided.insert(effect.case, amount)),
            Change::Released => drop(decided.remove(&effect.case)),
            Change::Paid(amount) => paid = paid + amount,
            Change::Returned(amount) | Change::ClawedBack(amount) => paid = paid - amount,
        }
    }
    assert_eq!((decided.into_values().sum::<Money>(), paid), (total.decided, total.paid));

    let prefilled = prefilled(&city.state, CALL);
    assert_eq!((prefilled.firms_paid, prefilled.paid), (27, total.paid));
    let attained = Attained { name: "支持企业数".into(), value: Figure::Count(27), deviation: None };
    let sheet = Sheet::SelfAssessment { attained: vec![attained], score: 92, conclusion: "达到目标".into() };
    city.send(&officer(1), call_act(call::Act::FileSheet(sheet)));

    let timeline = view::timeline(&city.state, city.state.case(case(8)).unwrap());
    let titles: Vec<_> = timeline.iter().map(|step| step.title.as_str()).collect();
    assert_eq!(titles.iter().filter(|title| title.contains("听证")).count(), 2, "asked for and held");
    assert_eq!(titles.last(), Some(&"退款到账"));
    replayed(city);
}
