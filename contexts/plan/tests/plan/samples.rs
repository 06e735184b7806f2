//! One sample of every event, pinned as JSON: the shapes the ledger keeps.

use std::collections::BTreeMap;

use kernel::{Digest, Evidence, Money};
use plan::Event;
use plan::baseline::{Baseline, BaselineEvent};
use plan::judgement::{About, Judgement};
use plan::lights::Light;
use plan::parts::{Figure, LightRule, Milestone, Percent, Schedule};
use plan::progress::{Progress, ReportEvent, ReportKey};

fn evidence() -> Vec<Evidence> {
    vec![Evidence { digest: Digest::of(b"minutes"), name: "会议纪要.pdf".into(), size: 7 }]
}

fn percent(percent: u8) -> Percent {
    percent.try_into().unwrap()
}

fn report(event: ReportEvent) -> Event {
    let report = ReportKey {
        plan: "chongqing-2023".parse().unwrap(),
        subject: "二(一)1".parse().unwrap(),
        unit: "economy-information".parse().unwrap(),
        month: "2026-05".parse().unwrap(),
    };
    Event::Report { report, event }
}

fn baseline(goal: &str, event: BaselineEvent) -> Event {
    Event::Baseline { plan: "chongqing-2023".parse().unwrap(), goal: goal.parse().unwrap(), event }
}

fn figure(value: Figure) -> Baseline {
    let source = "年度统计".into();
    Baseline { as_of: "2023-12-31".parse().unwrap(), value, scope_version: 1, source, evidence: evidence() }
}

/// Every variant, nested ones included.
fn samples() -> Vec<Event> {
    let plan = || "chongqing-2023".parse().unwrap();
    let judged = |about, grade: Option<&str>| Event::Judged {
        plan: plan(),
        about,
        judgement: Judgement {
            light: Light::Yellow,
            grade: grade.map(str::to_owned),
            reason: "可比对象不足".into(),
            evidence: evidence(),
        },
    };
    vec![
        Event::Adopted {
            plan: plan(),
            effective_on: "2024-01-01".parse().unwrap(),
            digest: Digest::of(b"files"),
            files: BTreeMap::from([("plan.toml".to_owned(), "key = \"chongqing-2023\"\n".to_owned())]),
        },
        baseline("G1", BaselineEvent::Proposed(figure(Figure::Money(Money::from_yuan(9_876_543_210))))),
        baseline("G2", BaselineEvent::Proposed(figure(Figure::Count(41)))),
        baseline("G2", BaselineEvent::SignedOff),
        Event::ScheduleSet {
            plan: plan(),
            task: "二(三)7".parse().unwrap(),
            schedule: Schedule {
                start: "2024-03".parse().unwrap(),
                lead: Some("districts".parse().unwrap()),
                districts: vec!["500118".parse().unwrap()],
                milestones: vec![Milestone {
                    month: "2027-12".parse().unwrap(),
                    percent: percent(100),
                    what: "完成".into(),
                }],
            },
            reason: "指定有关区县".into(),
        },
        report(ReportEvent::Submitted(std::sync::Arc::new(Progress {
            percent: percent(45),
            narrative: "示例".into(),
            evidence: evidence(),
        }))),
        report(ReportEvent::Returned { reason: "请附证明".into() }),
        report(ReportEvent::Accepted),
        Event::LightRuleChanged {
            plan: plan(),
            from: "2026-01-01".parse().unwrap(),
            rule: LightRule {
                lag_yellow_from: 10,
                lag_red_above: 30,
                start_yellow_from: 1,
                start_red_from: 3,
                late_yellow_from: 1,
                late_red_above: 2,
                report_due_working_days: 10,
                forecast_green_from: 60,
                forecast_yellow_from: 30,
            },
            reason: "年度调整".into(),
        },
        judged(About::Goal("G4".parse().unwrap()), Some("国内先进")),
        judged(About::Task("二(一)1".parse().unwrap()), None),
    ]
}

/// A new variant does not compile here until it has a number, and has no sample until it is in the list.
fn variant(event: &Event) -> usize {
    match event {
        Event::Adopted { .. } => 0,
        Event::Baseline { event: BaselineEvent::Proposed(_), .. } => 1,
        Event::Baseline { event: BaselineEvent::SignedOff, .. } => 2,
        Event::ScheduleSet { .. } => 3,
        Event::Report { event: ReportEvent::Submitted(_), .. } => 4,
        Event::Report { event: ReportEvent::Returned { .. }, .. } => 5,
        Event::Report { event: ReportEvent::Accepted, .. } => 6,
        Event::LightRuleChanged { .. } => 7,
        Event::Judged { .. } => 8,
    }
}

#[test]
fn the_json_of_every_event() {
    let samples = samples();
    let seen: std::collections::BTreeSet<_> = samples.iter().map(variant).collect();
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), (0..9).collect::<Vec<_>>());
    let lines: Vec<_> = samples.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
    for (event, line) in samples.iter().zip(&lines) {
        assert_eq!(serde_json::from_str::<Event>(line).unwrap(), *event, "reads back");
    }
    insta::assert_snapshot!("events", lines.join("\n"));
}
