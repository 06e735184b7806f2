//! The first plan, as data: complete, equal to the published text, and what the text says.

use crate::folder;
use kernel::{Anchor, Money};
use plan::check::check;
use plan::parts::{Comparator, Figure, Target, TaskKind, UnitKind};
use plan::text::{Binding, UnitPiece};
use plan::{Plan, Subject};

fn anchor(text: &str) -> Anchor {
    text.parse().unwrap()
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn the_plan_is_in_order() {
    let report = check(&folder::chongqing());
    let findings: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    println!("{}", report.coverage);
    assert!(report.coverage.prose_per_mille() <= 30, "prose stays the exception: {}", report.coverage);
}

/// Independent of the check: blocks joined here, against the file as published.
#[test]
fn not_a_character_is_lost() {
    let files = folder::chongqing();
    let plan = Plan::read(&files).unwrap();
    let joined: String = plan.blocks.iter().map(|block| block.text()).collect();
    assert_eq!(squeezed(&joined), squeezed(&files["published.txt"]));
}

#[test]
fn what_the_text_says() {
    let plan = Plan::read(&folder::chongqing()).unwrap();
    let kinds = |kind| plan.tasks.iter().filter(|task| task.kind == kind).count();
    assert_eq!((kinds(TaskKind::Path), kinds(TaskKind::Task), kinds(TaskKind::Safeguard)), (3, 10, 4));
    let units = |kind| plan.units.iter().filter(|unit| unit.kind == kind).count();
    assert_eq!((units(UnitKind::Municipal), units(UnitKind::Central)), (10, 2));
    let numbers: Vec<_> = plan
        .goals
        .iter()
        .filter_map(|goal| match &goal.target {
            Target::Number { comparator, figure, .. } => Some((goal.key.as_str(), *comparator, *figure)),
            Target::Judged { .. } => None,
        })
        .collect();
    let expected = [
        ("G1", Comparator::MoreThan, Figure::Money(Money::from_yuan(20_000_000_000))),
        ("G2", Comparator::AtLeast, Figure::Count(10)),
        ("G3", Comparator::AtLeast, Figure::Count(2)),
    ];
    assert_eq!(numbers, expected);
    let goals = plan.sentence(&anchor("一(二)-句1")).unwrap();
    let bound = goals.segments.iter().map(|segment| match &segment.binding {
        Binding::Goal(key) => key.as_str(),
        _ => "",
    });
    assert_eq!(bound.collect::<Vec<_>>(), ["G1", "G2", "G3", "G4", "G5", "G6"], "six promises share one sentence");
    let (words, punctuation) = goals.segments[0].words_and_punctuation();
    assert_eq!((words, punctuation), ("到2027年，全市集成电路封测产业营收突破200亿元", "；"));
}

#[test]
fn who_answers_for_what() {
    let plan = Plan::read(&folder::chongqing()).unwrap();
    let names = |place: &str| -> Vec<&str> {
        let subject = plan.subject(&anchor(place)).unwrap();
        plan.units_of(subject).iter().map(|unit| unit.name.as_str()).collect()
    };
    assert_eq!(names("二(三)7"), ["有关区县政府"]);
    assert_eq!(names("二(三)8-b"), ["市经济信息委", "市国资委", "市市场监管局", "有关区县政府"]);
    assert_eq!(names("二(三)10").len(), 4);
    assert_eq!(names("三(一)-d"), ["有关区县政府"], "the sentence itself says who");
    assert!(names("一(一)①").is_empty());
    let list = plan.sentence(&anchor("二(一)1-责任单位")).unwrap();
    let Binding::Units(units) = &list.segments[0].binding else { panic!("a list of units") };
    let pieces = plan.unit_pieces(units, &list.segments[0].text);
    let named = pieces.iter().filter_map(|piece| match piece {
        UnitPiece::Unit(_, name) => Some(*name),
        UnitPiece::Between(_) => None,
    });
    assert_eq!(named.collect::<Vec<_>>(), ["市经济信息委", "市招商投资局", "有关区县（自治县，以下简称区县）政府"]);
    let benefit = plan.measure_of_benefit(&"interest".parse().unwrap()).unwrap();
    assert!(matches!(benefit, Subject::Measure(_, measure) if measure.anchor.as_str() == "三(二)1-a"));
}
