//! A plan from adoption to red and green lights, over commands only.

use crate::folder;
use std::sync::Arc;

use kernel::refusal::RefusalKind;
use kernel::{Actor, Anchor, Context, Money, Period, PersonId, Recorded, Refusal, Role, Sequence, WorkingCalendar};
use plan::baseline::{Baseline, BaselineCommand};
use plan::due::{Due, due};
use plan::judgement::{About, Judgement};
use plan::lights::{Light, Signal, standing};
use plan::parts::{Figure, Schedule};
use plan::progress::{Progress, ReportCommand, ReportKey};
use plan::standing::Observation;
use plan::{Command, Event, Plan, PlanKey, State, decide};

/// A city: its state, everything recorded, and the clock.
struct City {
    state: State,
    log: Vec<(Recorded, Event)>,
    now: kernel::Timestamp,
}

impl City {
    fn new(today: &str) -> Self {
        Self { state: State::default(), log: Vec::new(), now: noon(today) }
    }

    /// Chongqing, adopted on the first working day of 2024.
    fn chongqing() -> Self {
        let mut city = Self::new("2024-01-02");
        let adopt = Command::Adopt { effective_on: "2024-01-01".parse().unwrap(), files: folder::chongqing() };
        city.send(Actor::System, adopt).unwrap();
        city
    }

    fn on(&mut self, day: &str) -> &mut Self {
        self.now = noon(day);
        self
    }

    fn send(&mut self, actor: Actor, command: Command) -> Result<(), Refusal> {
        self.send_with(actor, true, command)
    }

    fn send_with(&mut self, actor: Actor, reauthenticated: bool, command: Command) -> Result<(), Refusal> {
        let calendar = Arc::new(WorkingCalendar::default());
        let context = Context { now: self.now, actor: actor.clone(), reauthenticated, calendar };
        for event in decide(&self.state, &context, command)? {
            let sequence = Sequence(self.log.len() as u64 + 1);
            let recorded = Recorded { sequence, at: self.now, actor: actor.clone() };
            self.state.apply(&recorded, &event).unwrap();
            self.log.push((recorded, event));
        }
        Ok(())
    }

    fn plan(&self) -> Arc<Plan> {
        self.state.plan_on(&key(), kernel::date::civil(self.now)).unwrap().clone()
    }

    fn signal(&self, subject: &str) -> (Signal, String) {
        let today = kernel::date::civil(self.now);
        let standing =
            standing(&self.state, &self.plan(), &anchor(subject), &WorkingCalendar::default(), today).unwrap();
        (standing.signal, standing.reasons.join("；"))
    }

    fn report(&mut self, unit: &str, subject: &str, month: &str, percent: u8) -> Result<(), Refusal> {
        let role = if unit.starts_with('5') { Role::DistrictOfficer } else { Role::CityOfficer };
        let command = ReportCommand::Submit(progress(percent));
        let command = Command::Report { report: report_key(unit, subject, month), expected: None, command };
        self.send(person(1, role, unit), command)
    }
}

fn noon(day: &str) -> kernel::Timestamp {
    format!("{day}T04:00:00Z").parse().unwrap()
}

fn key() -> PlanKey {
    "chongqing-2023".parse().unwrap()
}

fn anchor(text: &str) -> Anchor {
    text.parse().unwrap()
}

fn person(number: u8, role: Role, organisation: &str) -> Actor {
    let id = format!("00000000-0000-7000-8000-0000000000{number:02}");
    Actor::Person { person: PersonId(id.parse().unwrap()), role, organisation: organisation.parse().unwrap() }
}

fn working_group() -> Actor {
    person(9, Role::WorkingGroup, "working-group")
}

fn officer(number: u8) -> Actor {
    person(number, Role::CityOfficer, "economy-information")
}

fn report_key(unit: &str, subject: &str, month: &str) -> ReportKey {
    let (unit, month) = (unit.parse().unwrap(), month.parse().unwrap());
    ReportKey { plan: key(), subject: anchor(subject), unit, month }
}

fn progress(percent: u8) -> Progress {
    Progress {
        percent: percent.try_into().unwrap(), narrative: "示例数据：按计划推进".into(), evidence: vec![]
    }
}

fn baseline(goal: &str, command: BaselineCommand) -> Command {
    Command::Baseline { plan: key(), goal: goal.parse().unwrap(), expected: None, command }
}

fn count(value: i64) -> BaselineCommand {
    let as_of = "2023-12-31".parse().unwrap();
    let source = "示例数据：名录核对".into();
    BaselineCommand::Propose(Baseline {
        as_of,
        value: Figure::Count(value),
        scope_version: 1,
        source,
        evidence: vec![],
    })
}

#[test]
fn a_plan_is_adopted_once_and_two_live_side_by_side() {
    let mut city = City::chongqing();
    let again = Command::Adopt { effective_on: "2024-01-01".parse().unwrap(), files: folder::chongqing() };
    assert_eq!(city.send(Actor::System, again.clone()).unwrap_err().kind, RefusalKind::Conflict);
    assert_eq!(city.send(officer(1), again).unwrap_err().kind, RefusalKind::NotAllowed);
    let other = Command::Adopt { effective_on: "2025-03-01".parse().unwrap(), files: folder::jiangzhou() };
    city.send(working_group(), other).unwrap();
    assert_eq!(city.state.plans().count(), 2);
    let mut broken = folder::jiangzhou();
    broken.get_mut("plan.toml").unwrap().push_str("\nsurprise = 1\n");
    let refused =
        city.send(Actor::System, Command::Adopt { effective_on: "2025-03-01".parse().unwrap(), files: broken });
    let reason = refused.unwrap_err().reason;
    assert!(reason.contains("plan.toml:"), "{reason}");
}

#[test]
fn a_corrected_edition_takes_force_on_its_day() {
    let mut city = City::chongqing();
    let mut files = folder::chongqing();
    let goals = files.get_mut("goals.toml").unwrap();
    *goals = goals.replace("按统一社会信用代码去重", "按法人去重");
    city.on("2025-05-01");
    city.send(working_group(), Command::Adopt { effective_on: "2025-06-01".parse().unwrap(), files }).unwrap();
    let scope = |day: &str| city.state.plan_on(&key(), day.parse().unwrap()).unwrap().goals[0].scope.clone();
    assert!(scope("2025-05-31").contains("信用代码"));
    assert!(scope("2025-06-01").contains("按法人去重"));
    assert_eq!(city.state.plan_record(&key()).unwrap().timeline().len(), 2);
}

#[test]
fn a_baseline_needs_two_people() {
    let mut city = City::chongqing();
    city.send(officer(1), baseline("G2", count(41))).unwrap();
    let sign = || baseline("G2", BaselineCommand::SignOff);
    assert_eq!(city.send(officer(1), sign()).unwrap_err().kind, RefusalKind::NotAllowed, "not by the proposer");
    let refused = city.send_with(officer(2), false, sign()).unwrap_err();
    assert_eq!(refused.kind, RefusalKind::NeedsReauthentication);
    city.send(officer(2), sign()).unwrap();
    let record = city.state.baseline(&key(), &"G2".parse().unwrap()).unwrap();
    assert_eq!(record.current().unwrap().value, Figure::Count(41));
    assert_eq!(record.timeline().len(), 2);
    assert_eq!(city.send(officer(2), sign()).unwrap_err().kind, RefusalKind::Conflict, "nothing waits");
    assert_eq!(city.send(officer(1), baseline("G1", count(41))).unwrap_err().field.as_deref(), Some("value"));
    assert_eq!(city.send(officer(1), baseline("G2", count(-1))).unwrap_err().field.as_deref(), Some("value"));
    assert_eq!(city.send(officer(1), baseline("G3", count(1))).unwrap_err().kind, RefusalKind::Forbidden);
    assert_eq!(city.send(officer(1), baseline("G9", count(1))).unwrap_err().kind, RefusalKind::NotFound);
}

#[test]
fn a_report_goes_out_comes_back_and_is_accepted() {
    let mut city = City::chongqing();
    city.on("2024-02-05").report("economy-information", "二(一)1", "2024-01", 5).unwrap();
    let again = city.report("economy-information", "二(一)1", "2024-01", 6).unwrap_err();
    assert_eq!(again.kind, RefusalKind::Conflict);
    let review = |command| Command::Report {
        report: report_key("economy-information", "二(一)1", "2024-01"),
        expected: None,
        command,
    };
    assert_eq!(city.send(officer(1), review(ReportCommand::Accept)).unwrap_err().kind, RefusalKind::NotAllowed);
    city.send(working_group(), review(ReportCommand::Return { reason: "请补充证明".into() })).unwrap();
    let waiting = due(&city.state, &WorkingCalendar::default(), "2024-02-06".parse().unwrap());
    let returned = |due: &Due| matches!(due, Due::Report { returned: Some(reason), .. } if reason == "请补充证明");
    assert!(waiting.iter().any(returned), "the unit sees what to mend");
    city.report("economy-information", "二(一)1", "2024-01", 4).unwrap();
    city.send(working_group(), review(ReportCommand::Accept)).unwrap();
    let record = city.state.report(&report_key("economy-information", "二(一)1", "2024-01")).unwrap();
    assert_eq!(record.stage.label(), "已采纳");
    assert_eq!(record.timeline().len(), 4);
    let stale = Command::Report {
        report: report_key("economy-information", "二(一)1", "2024-01"),
        expected: Some(kernel::Revision(1)),
        command: ReportCommand::Accept,
    };
    assert_eq!(city.send(working_group(), stale).unwrap_err(), Refusal::stale());
}

#[test]
fn only_responsible_units_report_and_only_on_months_that_came() {
    let mut city = City::chongqing();
    city.on("2024-02-05");
    let refused = city.report("education", "二(一)1", "2024-01", 5).unwrap_err();
    assert!(refused.reason.contains("市经济信息委、市招商投资局、有关区县政府"), "{}", refused.reason);
    assert_eq!(
        city.report("economy-information", "二(一)1", "2024-03", 5).unwrap_err().field.as_deref(),
        Some("month")
    );
    assert_eq!(city.report("economy-information", "二(九)1", "2024-01", 5).unwrap_err().kind, RefusalKind::NotFound);
    city.report("500118", "二(三)7", "2024-01", 1).unwrap();
    city.report("economy-information", "二(一)1-b", "2024-01", 1).unwrap();
    assert_eq!(city.report("economy-information", "三(一)-d", "2024-01", 1).unwrap_err().kind, RefusalKind::NotAllowed);
    city.report("500118", "三(一)-d", "2024-01", 1).unwrap();
}

#[test]
fn lights_turn_as_the_rule_says_and_central_agencies_never_do() {
    let mut city = City::chongqing();
    city.on("2024-02-05").report("economy-information", "二(一)1", "2024-01", 2).unwrap();
    city.report("investment-promotion", "二(一)1", "2024-01", 2).unwrap();
    assert_eq!(city.signal("二(一)1").0, Signal::Light(Light::Green));
    city.on("2024-06-20");
    let (signal, reason) = city.signal("二(一)1");
    assert_eq!(signal, Signal::Light(Light::Red));
    assert!(reason.starts_with("市经济信息委："), "{reason}");
    let (inherited, reason) = city.signal("二(一)1-c");
    assert_eq!(inherited, signal);
    assert!(reason.contains("随任务"), "{reason}");
    assert_eq!(city.signal("一(一)①").0, Signal::NotRated, "a path has no units and no schedule");
    let plan = city.plan();
    let finance =
        standing(&city.state, &plan, &anchor("二(三)10"), &WorkingCalendar::default(), "2026-01-01".parse().unwrap());
    let finance = finance.unwrap();
    let of = |key: &str| finance.units.iter().find(|unit| unit.unit.as_str() == key).unwrap().signal;
    assert_eq!(of("central-bank"), Signal::Received);
    assert_eq!(of("financial-regulation"), Signal::Received);
    assert_eq!(of("state-assets"), Signal::Light(Light::Red));
}

#[test]
fn the_districts_concerned_are_named_by_the_working_group() {
    let mut city = City::chongqing();
    city.on("2024-06-20");
    assert_eq!(city.signal("二(三)7").0, Signal::NotRated);
    let mut schedule: Schedule = city.plan().schedules[&anchor("二(三)7")].clone();
    schedule.districts = vec!["500118".parse().unwrap()];
    let set = |schedule: Schedule, task: &str| {
        let reason = "指定有关区县".into();
        Command::SetSchedule { plan: key(), task: anchor(task), schedule, reason, expected: None }
    };
    assert_eq!(city.send(officer(1), set(schedule.clone(), "二(三)7")).unwrap_err().kind, RefusalKind::NotAllowed);
    city.send(working_group(), set(schedule.clone(), "二(三)7")).unwrap();
    assert_eq!(city.signal("二(三)7").0, Signal::Light(Light::Red));
    schedule.lead = Some("education".parse().unwrap());
    let refused = city.send(working_group(), set(schedule.clone(), "二(三)7")).unwrap_err();
    assert_eq!(refused.field.as_deref(), Some("lead"));
    schedule.lead = None;
    schedule.milestones.pop();
    let refused = city.send(working_group(), set(schedule, "二(三)7")).unwrap_err();
    assert_eq!(refused.field.as_deref(), Some("milestones"));
}

#[test]
fn the_rule_is_dated_and_not_retroactive() {
    let mut city = City::chongqing();
    city.on("2024-06-20");
    let plan = city.plan();
    let (_, rule) = city.state.light_rule(&plan, "2024-06-20".parse().unwrap()).unwrap();
    let gentle = plan::parts::LightRule { lag_yellow_from: 20, ..rule };
    let change = |from: &str| Command::ChangeLightRule {
        plan: key(),
        from: from.parse().unwrap(),
        rule: gentle.clone(),
        reason: "年中调整".into(),
        expected: None,
    };
    assert_eq!(city.send(working_group(), change("2024-06-19")).unwrap_err().field.as_deref(), Some("from"));
    city.send(working_group(), change("2024-07-01")).unwrap();
    let yellow_from = |day: &str| city.state.light_rule(&plan, day.parse().unwrap()).unwrap().1.lag_yellow_from;
    assert_eq!((yellow_from("2024-06-30"), yellow_from("2024-07-01")), (10, 20));
}

#[test]
fn a_judgement_stands_beside_the_computed_light() {
    let mut city = City::chongqing();
    let judge = |about: &str, grade: Option<&str>| Command::Judge {
        plan: key(),
        about: about.parse::<About>().unwrap(),
        judgement: Judgement {
            light: Light::Yellow,
            grade: grade.map(str::to_owned),
            reason: "示例数据：可比对象不足".into(),
            evidence: vec![],
        },
        expected: None,
    };
    city.send(working_group(), judge("goal:G4", Some("国内先进"))).unwrap();
    assert_eq!(city.send(working_group(), judge("goal:G4", None)).unwrap_err().field.as_deref(), Some("grade"));
    assert_eq!(city.send(working_group(), judge("goal:G1", Some("很好"))).unwrap_err().field.as_deref(), Some("grade"));
    city.send(working_group(), judge("task:二(一)1", None)).unwrap();
    assert_eq!(city.send(working_group(), judge("task:二(九)9", None)).unwrap_err().kind, RefusalKind::NotFound);
    let record = city.state.judgement(&key(), &"goal:G4".parse().unwrap()).unwrap();
    assert_eq!(record.current().unwrap().1.light, Light::Yellow);
}

#[test]
fn replay_gives_the_same_digest() {
    let mut city = City::chongqing();
    city.send(officer(1), baseline("G2", count(41))).unwrap();
    city.on("2024-02-05").report("economy-information", "二(一)1", "2024-01", 5).unwrap();
    let mut replayed = State::default();
    for (recorded, event) in &city.log {
        let line = serde_json::to_string(event).unwrap();
        replayed.apply(recorded, &serde_json::from_str(&line).unwrap()).unwrap();
    }
    assert_eq!(replayed.digest(), city.state.digest());
    let mut shortened = State::default();
    shortened.apply(&city.log[0].0, &city.log[0].1).unwrap();
    assert_ne!(shortened.digest(), city.state.digest());
    let orphan = State::default().apply(&city.log[1].0, &city.log[1].1).unwrap_err();
    assert!(orphan.to_string().contains("尚未采纳"), "{orphan}");
}

#[test]
fn an_indicator_stands_against_its_goal() {
    let city = City::chongqing();
    let plan = city.plan();
    let goal = plan.goal(&"G1".parse().unwrap()).unwrap();
    let indicator = plan.indicator(&goal.indicator).unwrap();
    let rule = plan.light_rule("2026-06-01".parse().unwrap()).map(|(_, rule)| rule);
    let observed = |year: i16, hundred_millions: i64, scope_version: u32| Observation {
        period: Period::year(year),
        value: Figure::Money(Money::from_yuan(hundred_millions * 100_000_000)),
        scope_version,
        signed_off: year < 2025,
        records: 38,
        reference: format!("/filings?year={year}"),
        as_of: "2026-05-31".parse().unwrap(),
        apart: None,
    };
    let today = "2026-06-01".parse().unwrap();
    let stand = |values: &[Observation]| plan::standing::standing(indicator, Some(goal), values, None, rule, today);
    let none = stand(&[]);
    assert!(none.light.is_none() && none.notes.iter().any(|note| note == "尚无数据"));
    let four = stand(&[observed(2022, 96, 1), observed(2023, 110, 1), observed(2024, 131, 1), observed(2025, 163, 1)]);
    let target = four.target.unwrap();
    assert_eq!(target.gap, Some(Figure::Money(Money::from_yuan(3_700_000_000))));
    assert_eq!((target.met, four.change.unwrap().1), (Some(false), Period::year(2024)));
    let forecast = four.forecast.unwrap().unwrap();
    assert_eq!(forecast.path.iter().map(|step| step.year).collect::<Vec<_>>(), [2026, 2027]);
    assert!(four.notes.iter().any(|note| note.contains("尚待市级签核，未计入")));
    let mixed = stand(&[observed(2022, 96, 1), observed(2023, 110, 1), observed(2024, 131, 1), observed(2025, 163, 2)]);
    assert!(mixed.forecast.unwrap().is_err(), "one point of a new scope is no series");
    assert!(mixed.change.is_none() && mixed.notes.iter().any(|note| note.contains("口径有变更")));
    let reached = stand(&[observed(2025, 200, 1)]);
    assert_eq!(reached.target.unwrap().met, Some(false), "突破 excludes the number itself");
    assert_eq!(stand(&[observed(2025, 201, 1)]).light, Some(Light::Green));
}
