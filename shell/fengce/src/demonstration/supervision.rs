//! The plan carried out: baselines, schedules, monthly reports and what the working group makes of them.

use jiff::civil::date;
use kernel::{Anchor, Date, DivisionCode, Money};
use plan::baseline::{Baseline, BaselineCommand};
use plan::judgement::{About, Judgement};
use plan::lights::Light;
use plan::parts::{BaselineNeed, Figure, Percent, Schedule, Target, Task, UnitKind};
use plan::progress::{Progress, ReportCommand, ReportKey};
use plan::{Command, GoalKey, Month, Subject};

use super::World;
use super::agenda::{Agenda, Hand};
use super::cast::Cast;
use super::firms::BASELINE;
use super::generator::Generator;

/// How a task fares: what its light will show, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    /// As planned.
    Steady,
    /// One unit some points behind.
    Lagging,
    /// One unit far behind.
    FarBehind,
    /// One unit reports late now and then.
    Late,
    /// One unit stopped reporting.
    Silent,
    /// One unit's last report was sent back.
    Returned,
}

/// Tasks take these in turn.
const COURSES: [Course; 7] = [
    Course::Steady,
    Course::Lagging,
    Course::Steady,
    Course::Late,
    Course::Steady,
    Course::FarBehind,
    Course::Returned,
];

/// The districts the working group names where the text says 有关区县.
pub const DISTRICTS: [&str; 4] = ["500902", "500109", "500118", "500120"];

struct Months<'a> {
    world: &'a World,
    cast: &'a Cast,
    agenda: &'a mut Agenda,
    generator: Generator,
}

/// Everything the units and the working group do about the plan.
pub fn supervise(world: &World, cast: &Cast, agenda: &mut Agenda) {
    let generator = Generator::of_part(world.seed, "supervision");
    let mut months = Months { world, cast, agenda, generator };
    months.baselines();
    let scheduled = world.plan.tasks.iter().filter_map(|task| Some((task, world.plan.schedules.get(&task.anchor)?)));
    for (index, (task, schedule)) in scheduled.enumerate() {
        let schedule = months.name_districts(task, schedule);
        // The ninth task's districts fell silent; the others follow the table.
        let course = if index == 8 { Course::Silent } else { COURSES[index % COURSES.len()] };
        for (nth, unit) in months.units(task, &schedule).iter().enumerate() {
            let course = if nth == 1 { course } else { Course::Steady };
            months.report(task, &schedule, unit, course);
        }
    }
    months.judge();
}

impl Months<'_> {
    fn baselines(&mut self) {
        let of_2023 = |firm: &super::firms::Firm| firm.years.get(&2023).map(|figures| figures.contract);
        let revenue: Money = self.world.firms.iter().filter(|firm| firm.scope.is_some()).filter_map(of_2023).sum();
        let established = |firm: &&super::firms::Firm| firm.scope.is_some() && firm.registered_on <= BASELINE;
        let count = self.world.firms.iter().filter(established).count();
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        for goal in self.world.plan.goals.iter().filter(|goal| goal.baseline == BaselineNeed::NotInText) {
            let text = format!("示例数据\n目标 {} 基数说明\n", goal.key);
            let evidence = vec![self.agenda.paper(format!("{}基数说明（示例）.txt", goal.key), text)];
            let scopes = self.world.plan.indicator(&goal.indicator).map(|indicator| indicator.scopes.as_slice());
            let scope_version = scopes.and_then(|scopes| scopes.last()).map_or(1, |scope| scope.version);
            let (value, source, signed) = match &goal.target {
                Target::Number { figure: Figure::Money(_), .. } => {
                    (Figure::Money(revenue), "2023 年度申报合计（示例）", true)
                }
                Target::Number { .. } => (Figure::Count(count), "基期在营封测企业家数（示例）", true),
                // Waits for the second officer.
                Target::Judged { .. } => (Figure::Count(41), "支柱产业封测需求抽样调查，百分比（示例）", false),
            };
            let proposed =
                if signed { date(2024, 6, 11) } else { self.world.working_days_before(self.agenda.before(), 6) };
            let baseline = Baseline { as_of: BASELINE, value, scope_version, source: source.to_owned(), evidence };
            self.baseline(&goal.key, (proposed, 10), &self.cast.city, BaselineCommand::Propose(baseline));
            if signed {
                self.baseline(&goal.key, (date(2024, 6, 14), 15), &self.cast.second_city, BaselineCommand::SignOff);
            }
        }
    }

    fn baseline(&mut self, goal: &GoalKey, at: (Date, i8), hand: &Hand, command: BaselineCommand) {
        let (plan, goal) = (self.world.plan.meta.key.clone(), goal.clone());
        let what = format!("目标 {goal} 的基数");
        self.agenda.approve(at, hand, what, Command::Baseline { plan, goal, expected: None, command });
    }

    /// Names the districts where the text leaves them open.
    fn name_districts(&mut self, task: &Task, schedule: &Schedule) -> Schedule {
        let units = self.world.plan.units_of(Subject::Task(task));
        if !units.iter().any(|unit| unit.kind == UnitKind::Districts) {
            return schedule.clone();
        }
        let schedule = Schedule { districts: self.world.reporting_districts(), ..schedule.clone() };
        let command = Command::SetSchedule {
            plan: self.world.plan.meta.key.clone(),
            task: task.anchor.clone(),
            schedule: schedule.clone(),
            reason: "逐一指定有关区县（示例）".to_owned(),
            expected: None,
        };
        self.agenda.note((date(2024, 1, 15), 15), &self.cast.working_group, "指定区县", command);
        schedule
    }

    /// Who reports on a task: the departments the text lists, and the districts named.
    fn units(&self, task: &Task, schedule: &Schedule) -> Vec<Hand> {
        let listed = self.world.plan.units_of(Subject::Task(task));
        let departments = listed.iter().filter_map(|unit| self.cast.departments.get(&unit.key).cloned());
        let districts = schedule.districts.iter().filter_map(|code| self.cast.districts.get(code).cloned());
        departments.chain(districts).collect()
    }

    fn report(&mut self, task: &Task, schedule: &Schedule, unit: &Hand, course: Course) {
        let last = Month::of(self.agenda.before()).previous().min(Month::of(self.world.plan.meta.until));
        let mut reached = 0;
        let strays = self.generator.between(0, 3);
        for month in schedule.start.until(last) {
            let left = last.since(month);
            let planned = i64::from(schedule.planned(month).get());
            let behind = match course {
                // Behind since about a year ago.
                Course::Lagging if left < 12 => 16,
                Course::FarBehind if left < 14 => 36,
                _ => self.generator.between(-1, 4),
            };
            reached = (planned - behind).clamp(reached, 99);
            let silent = course == Course::Silent && left < 4;
            if silent {
                continue;
            }
            let delay = if course == Course::Late && (i64::from(left) % 7 == strays) { 24 } else { 0 };
            let days = *self.generator.pick(&[4_i64, 6, 8]) + delay;
            let day = self.world.working_days_after(month.last_day(), days);
            let key = ReportKey {
                plan: self.world.plan.meta.key.clone(),
                subject: task.anchor.clone(),
                unit: unit.organisation.clone(),
                month,
            };
            let percent = u8::try_from(reached).ok().and_then(|percent| Percent::try_from(percent).ok());
            let progress = self.progress(task, schedule, month, percent.unwrap_or_default());
            self.submit(&key, day, unit, progress.clone());
            self.answer(&key, day, unit, progress, course == Course::Returned, left);
        }
    }

    /// The working group accepts, or sends back and is answered.
    fn answer(&mut self, key: &ReportKey, day: Date, unit: &Hand, progress: Progress, strict: bool, left: i32) {
        let reviewed = self.world.working_days_after(day, 3);
        let working_group = self.cast.working_group.clone();
        let returns = strict && left % 9 == 0;
        if !returns {
            // A few of the last month's reports still wait to be read.
            if left > 0 || !self.generator.chance(12) {
                self.send(key, (reviewed, 15), &working_group, ReportCommand::Accept);
            }
            return;
        }
        let reason = "进展描述与上月相同，请补充本月完成情况和佐证（示例）".to_owned();
        self.send(key, (reviewed, 15), &working_group, ReportCommand::Return { reason });
        if left > 0 {
            let again = self.world.working_days_after(reviewed, 2);
            self.submit(key, again, unit, progress);
            self.send(key, (self.world.working_days_after(again, 2), 15), &working_group, ReportCommand::Accept);
        }
    }

    fn progress(&mut self, task: &Task, schedule: &Schedule, month: Month, percent: Percent) -> Progress {
        let next = schedule.milestones.iter().find(|milestone| milestone.month >= month);
        let what = next.map_or("", |milestone| milestone.what.as_str());
        let narrative = format!("推进“{}”：围绕“{what}”开展工作，累计完成 {}%（示例）。", task.name, percent.get());
        let evidence = if month.number() % 6 == 0 {
            let text = format!("示例数据\n{}\n{} 工作简报\n", task.name, month.label());
            vec![self.agenda.paper(format!("{}工作简报（示例）.txt", month.label()), text)]
        } else {
            Vec::new()
        };
        Progress { percent, narrative, evidence }
    }

    fn submit(&mut self, key: &ReportKey, day: Date, unit: &Hand, progress: Progress) {
        self.send(key, (day, 10), unit, ReportCommand::Submit(progress));
    }

    fn send(&mut self, key: &ReportKey, at: (Date, i8), hand: &Hand, command: ReportCommand) {
        let what = format!("{} {} {} 进度报告", key.subject, key.unit, key.month);
        self.agenda.note(at, hand, what, Command::Report { report: key.clone(), expected: None, command });
    }

    /// Once a year the working group judges the graded goals and the tasks that trouble it.
    fn judge(&mut self) {
        for (nth, day) in [date(2025, 1, 20), date(2026, 1, 19)].into_iter().enumerate() {
            for goal in &self.world.plan.goals {
                let Target::Judged { grades, .. } = &goal.target else { continue };
                let grade = grades.get((nth + 1).min(grades.len().saturating_sub(1))).cloned();
                let light = if nth == 0 { Light::Yellow } else { Light::Green };
                let reason = format!("专班会同专家研判：{}有进展，证据清单见附件（示例）", goal.name);
                self.give(day, About::Goal(goal.key.clone()), Judgement { light, grade, reason, evidence: Vec::new() });
            }
            let troubled: Vec<Anchor> = self.world.plan.schedules.keys().skip(nth).step_by(5).cloned().collect();
            for task in troubled {
                let reason = "调研认为要素保障仍有堵点，需加强调度（示例）".to_owned();
                let judgement = Judgement { light: Light::Yellow, grade: None, reason, evidence: Vec::new() };
                self.give(day, About::Task(task), judgement);
            }
        }
    }

    fn give(&mut self, day: Date, about: About, judgement: Judgement) {
        let plan = self.world.plan.meta.key.clone();
        let what = format!("研判 {about}");
        let command = Command::Judge { plan, about, judgement, expected: None };
        self.agenda.approve((day, 16), &self.cast.working_group, what, command);
    }
}

/// The named districts as codes.
pub fn districts() -> Vec<DivisionCode> {
    DISTRICTS.iter().filter_map(|code| code.parse().ok()).collect()
}
