//! 红黄绿灯: where tasks stand against their schedule, by the editable rule, always with the reason in words.

use std::collections::BTreeMap;

use kernel::{Anchor, Date, Deadline, DivisionCode, OrganisationId, WorkingCalendar};
use serde::{Deserialize, Serialize};

use crate::document::{Plan, Subject};
use crate::month::Month;
use crate::parts::{LightRule, Percent, Schedule, UnitKind};
use crate::state::State;

/// A light, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Light {
    /// 绿灯: as planned.
    Green,
    /// 黄灯: needs attention.
    Yellow,
    /// 红灯: overdue.
    Red,
}

impl Light {
    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Green => "绿灯",
            Self::Yellow => "黄灯",
            Self::Red => "红灯",
        }
    }
}

/// What is shown for a task or unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    /// Nothing to rate yet: no schedule, not begun, nobody named.
    NotRated,
    /// A central agency: whether its report arrived, never a light.
    Received,
    /// Rated by the rule.
    Light(Light),
}

/// The report of one month, as far as a light needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported {
    /// Reported on.
    pub month: Month,
    /// Done at its end.
    pub percent: Percent,
    /// First submitted.
    pub submitted: Date,
}

/// How a month's report stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthCell {
    /// Reported on.
    pub month: Month,
    /// When the report was or is due.
    pub deadline: Deadline,
    /// In time, late, missing.
    pub state: MonthState,
    /// Planned progress at the end of the month.
    pub planned: Percent,
    /// Its own light. A missed month made up later stays yellow.
    pub light: Light,
}

/// Whether a month was reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MonthState {
    /// Not due yet and not there.
    Open,
    /// Reported by the deadline.
    InTime(Percent),
    /// Reported in this month after the deadline: 1 is the first.
    Late(Percent, u32),
    /// Missing in this month after the deadline: 1 is the first.
    Missing(u32),
}

/// Where one unit stands on a task or measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitStanding {
    /// The unit; for a district its division code.
    pub unit: OrganisationId,
    /// Its name where the plan knows it.
    pub name: Option<String>,
    /// Light, or received, or not rated.
    pub signal: Signal,
    /// Why, in words; the gravest first.
    pub reasons: Vec<String>,
    /// The latest month reported, with its progress.
    pub latest: Option<(Month, Percent)>,
    /// Every month since the start, oldest first.
    pub months: Vec<MonthCell>,
}

/// Where a task or measure stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The task or measure.
    pub subject: Anchor,
    /// The worst of its units' lights.
    pub signal: Signal,
    /// Why, in words, naming the unit.
    pub reasons: Vec<String>,
    /// Planned progress at the end of the last completed month.
    pub planned: Option<Percent>,
    /// Unit by unit, in the order of the text.
    pub units: Vec<UnitStanding>,
    /// The day on which the rule that was used came into force.
    pub rule_from: Option<Date>,
}

impl Signal {
    /// The light, where there is one.
    pub const fn light(self) -> Option<Light> {
        match self {
            Self::Light(light) => Some(light),
            Self::NotRated | Self::Received => None,
        }
    }

    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NotRated => "未评灯",
            Self::Received => "收悉",
            Self::Light(light) => light.label(),
        }
    }
}

/// How many months after the deadline a day lies: 0 in time, 1 within the first month after it.
fn months_late(deadline: Deadline, day: Date) -> u32 {
    if day <= deadline.due {
        return 0;
    }
    // The same day of the month in which the day lies, or of the next.
    let months = Month::of(day).since(Month::of(deadline.due));
    let same_day = deadline.due.saturating_add(jiff::Span::new().months(i64::from(months)));
    u32::try_from(months).unwrap_or(0) + u32::from(same_day < day)
}

/// When a month's report is due.
pub fn report_deadline(rule: &LightRule, calendar: &WorkingCalendar, month: Month) -> Deadline {
    Deadline::working_days(calendar, month.last_day(), u16::from(rule.report_due_working_days))
}

/// Every month to be reported from the start to the last completed one, or to the first that reports 100 %.
pub fn month_cells(
    rule: &LightRule,
    schedule: &Schedule,
    reports: &[Reported],
    calendar: &WorkingCalendar,
    today: Date,
) -> Vec<MonthCell> {
    let done = reports.iter().filter(|report| report.percent == Percent::DONE).map(|report| report.month).min();
    let last = done.unwrap_or(Month::of(today).previous()).min(Month::of(today));
    let reported: BTreeMap<Month, &Reported> = reports.iter().map(|report| (report.month, report)).collect();
    let cell = |month: Month| {
        let deadline = report_deadline(rule, calendar, month);
        let report = reported.get(&month);
        let state = match report {
            Some(report) => match months_late(deadline, report.submitted) {
                0 => MonthState::InTime(report.percent),
                late => MonthState::Late(report.percent, late),
            },
            None => match months_late(deadline, today) {
                0 => MonthState::Open,
                late => MonthState::Missing(late),
            },
        };
        let light = match state {
            MonthState::Missing(late) if late > u32::from(rule.late_red_above) => Light::Red,
            MonthState::Missing(late) | MonthState::Late(_, late) if late >= u32::from(rule.late_yellow_from) => {
                Light::Yellow
            }
            _ => Light::Green,
        };
        MonthCell { month, deadline, state, planned: schedule.planned(month), light }
    };
    schedule.start.until(last).map(cell).collect()
}

/// The light of one unit, with reasons, the gravest first. `reports` are those that count, in any order.
pub fn unit_light(
    rule: &LightRule,
    schedule: &Schedule,
    reports: &[Reported],
    calendar: &WorkingCalendar,
    today: Date,
) -> (Light, Vec<String>) {
    light_of_cells(rule, schedule, reports, &month_cells(rule, schedule, reports, calendar, today), today)
}

fn light_of_cells(
    rule: &LightRule,
    schedule: &Schedule,
    reports: &[Reported],
    cells: &[MonthCell],
    today: Date,
) -> (Light, Vec<String>) {
    let latest = reports.iter().max_by_key(|report| report.month);
    let reasons = [
        lag(rule, schedule, latest),
        late_start(rule, schedule, reports, today),
        missing_months(rule, cells),
        made_up_late(cells),
    ];
    let mut reasons: Vec<(Light, String)> = reasons.into_iter().flatten().collect();
    // Stable: the gravest first, otherwise in the order above.
    reasons.sort_by_key(|(light, _)| std::cmp::Reverse(*light));
    let light = reasons.first().map_or(Light::Green, |(light, _)| *light);
    (light, reasons.into_iter().map(|(_, reason)| reason).collect())
}

/// Behind the schedule at the end of the last month reported.
fn lag(rule: &LightRule, schedule: &Schedule, latest: Option<&Reported>) -> Option<(Light, String)> {
    let latest = latest?;
    let planned = schedule.planned(latest.month).get();
    let percent = latest.percent.get();
    let behind = planned.saturating_sub(percent);
    let month = latest.month.label();
    Some(if behind > rule.lag_red_above {
        let limit = rule.lag_red_above;
        (Light::Red, format!("{month}进度 {percent}%，计划 {planned}%，落后 {behind} 个百分点，超过 {limit} 个百分点"))
    } else if behind > 0 && behind >= rule.lag_yellow_from {
        let limit = rule.lag_yellow_from;
        (
            Light::Yellow,
            format!("{month}进度 {percent}%，计划 {planned}%，落后 {behind} 个百分点，达到 {limit} 个百分点"),
        )
    } else {
        (Light::Green, format!("{month}进度 {percent}%，计划 {planned}%"))
    })
}

/// No progress above zero after the planned month of the start.
fn late_start(rule: &LightRule, schedule: &Schedule, reports: &[Reported], today: Date) -> Option<(Light, String)> {
    let started = reports.iter().any(|report| report.percent > Percent::default());
    let months = u32::try_from(Month::of(today).since(schedule.start)).ok()?;
    if started || months == 0 {
        return None;
    }
    let light = match months {
        _ if months >= u32::from(rule.start_red_from) => Light::Red,
        _ if months >= u32::from(rule.start_yellow_from) => Light::Yellow,
        _ => return None,
    };
    Some((light, format!("计划{}启动，已过 {months} 个月仍无启动记录", schedule.start.label())))
}

/// Reports that are due and not there.
fn missing_months(rule: &LightRule, cells: &[MonthCell]) -> Option<(Light, String)> {
    let missing = || {
        cells.iter().filter_map(|cell| match cell.state {
            MonthState::Missing(late) if late >= u32::from(rule.late_yellow_from) => Some((cell, late)),
            _ => None,
        })
    };
    let (first, late) = missing().next()?;
    let light = missing().map(|(cell, _)| cell.light).max()?;
    let count = missing().count();
    let month = first.month.label();
    let reason = match count {
        1 => format!("{month}进度逾期第 {late} 个月仍未报送"),
        _ => format!("{month}起共 {count} 个月的进度未报送，最长逾期第 {late} 个月"),
    };
    Some((light, reason))
}

/// The month last due was reported late: yellow until a month is reported in time again.
fn made_up_late(cells: &[MonthCell]) -> Option<(Light, String)> {
    let last = cells.iter().rfind(|cell| !matches!(cell.state, MonthState::Open))?;
    match last.state {
        MonthState::Late(_, late) if last.light == Light::Yellow => {
            Some((Light::Yellow, format!("{}进度在逾期第 {late} 个月补报，补报不转绿", last.month.label())))
        }
        _ => None,
    }
}

/// Where a task or measure stands on a day. `None` when the plan has no such task or measure.
///
/// A measure on which nobody reported yet stands where its task stands.
pub fn standing(
    state: &State,
    plan: &Plan,
    subject: &Anchor,
    calendar: &WorkingCalendar,
    today: Date,
) -> Option<Standing> {
    let found = plan.subject(subject)?;
    let task = found.task();
    let reporting = state.reporting_units(&plan.meta.key, subject);
    if let (Subject::Measure(..), true) = (found, reporting.is_empty()) {
        let mut of_task = standing(state, plan, &task.anchor, calendar, today)?;
        of_task.reasons.insert(0, format!("本举措尚无单独报告，随任务 {}", task.anchor));
        return Some(Standing { subject: subject.clone(), units: Vec::new(), ..of_task });
    }
    let rule = state.light_rule(plan, today);
    let schedule = state.schedule(plan, &task.anchor);
    let (Some((rule_from, rule)), Some(schedule)) = (rule, schedule) else {
        return Some(not_rated(subject, "没有进度安排，不评灯".to_owned()));
    };
    if today < schedule.start.first_day() && reporting.is_empty() {
        return Some(not_rated(subject, format!("计划{}启动，尚未开始", schedule.start.label())));
    }
    let units = responsible(plan, found, schedule, reporting);
    let units: Vec<_> = units
        .into_iter()
        .map(|(unit, name, kind)| {
            let reports = counted(state, plan, subject, &unit);
            unit_standing(&rule, schedule, &reports, calendar, today, (unit, name, kind))
        })
        .collect();
    let signal = units.iter().map(|unit| unit.signal).max().unwrap_or(Signal::NotRated);
    let mut reasons: Vec<_> = units
        .iter()
        .filter(|unit| unit.signal == signal)
        .flat_map(|unit| {
            let name = unit.name.clone().unwrap_or_else(|| unit.unit.to_string());
            unit.reasons.first().map(|reason| format!("{name}：{reason}"))
        })
        .collect();
    if units.is_empty() {
        reasons.push("有关区县尚未指定，不评灯".to_owned());
    }
    let planned = Some(schedule.planned(Month::of(today).previous()));
    Some(Standing { subject: subject.clone(), signal, reasons, planned, units, rule_from: Some(rule_from) })
}

fn not_rated(subject: &Anchor, reason: String) -> Standing {
    Standing {
        subject: subject.clone(),
        signal: Signal::NotRated,
        reasons: vec![reason],
        planned: None,
        units: Vec::new(),
        rule_from: None,
    }
}

/// The units that answer, one by one: departments by name, districts by code.
pub(crate) fn responsible(
    plan: &Plan,
    subject: Subject<'_>,
    schedule: &Schedule,
    reporting: Vec<OrganisationId>,
) -> Vec<(OrganisationId, Option<String>, UnitKind)> {
    let mut units = Vec::new();
    for unit in plan.units_of(subject) {
        if unit.kind == UnitKind::Districts {
            let named = schedule.districts.iter().map(|code| OrganisationId::from(*code));
            let is_district = |unit: &&OrganisationId| unit.as_str().parse::<DivisionCode>().is_ok();
            let reported = reporting.iter().filter(is_district).cloned();
            let mut districts: Vec<_> = named.chain(reported).collect();
            districts.sort();
            districts.dedup();
            units.extend(districts.into_iter().map(|code| (code, None, UnitKind::Districts)));
        } else {
            units.push((unit.key.clone(), Some(unit.name.clone()), unit.kind));
        }
    }
    units
}

/// A unit's reports that count.
pub(crate) fn counted(state: &State, plan: &Plan, subject: &Anchor, unit: &OrganisationId) -> Vec<Reported> {
    let reports = state.reports_of(&plan.meta.key, subject, unit);
    let counted = reports.filter_map(|(key, record)| {
        let percent = record.progress()?.percent;
        Some(Reported { month: key.month, percent, submitted: record.first_submitted? })
    });
    counted.collect()
}

fn unit_standing(
    rule: &LightRule,
    schedule: &Schedule,
    reports: &[Reported],
    calendar: &WorkingCalendar,
    today: Date,
    (unit, name, kind): (OrganisationId, Option<String>, UnitKind),
) -> UnitStanding {
    let months = month_cells(rule, schedule, reports, calendar, today);
    let latest = reports.iter().max_by_key(|report| report.month).map(|report| (report.month, report.percent));
    let (signal, reasons) = if kind == UnitKind::Central {
        let received =
            latest.map_or("尚未收到报告".to_owned(), |(month, _)| format!("已收到{}报告", month.label()));
        (Signal::Received, vec![received])
    } else {
        let (light, reasons) = light_of_cells(rule, schedule, reports, &months, today);
        (Signal::Light(light), reasons)
    };
    UnitStanding { unit, name, signal, reasons, latest, months }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parts::Milestone;
    use jiff::civil::date;
    use proptest::prelude::*;

    proptest! {
        /// Counted month by month, as a person would.
        #[test]
        fn months_late_are_the_months_begun_since_the_deadline(due in 0_i32..1500, later in 0_i32..1500) {
            let on = |days: i32| date(2023, 1, 1).saturating_add(jiff::Span::new().days(days));
            let due = Deadline { due: on(due), started: on(0) };
            let day = on(later);
            let limit = |months: u32| due.due.saturating_add(jiff::Span::new().months(i64::from(months)));
            let counted = (0..).find(|months| day <= limit(*months)).unwrap();
            prop_assert_eq!(months_late(due, day), counted);
        }
    }

    fn rule() -> LightRule {
        LightRule {
            lag_yellow_from: 10,
            lag_red_above: 30,
            start_yellow_from: 1,
            start_red_from: 3,
            late_yellow_from: 1,
            late_red_above: 2,
            report_due_working_days: 10,
            forecast_green_from: 60,
            forecast_yellow_from: 30,
        }
    }

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    /// 10 points a month from January 2024.
    fn schedule() -> Schedule {
        let what = String::new();
        let milestone = Milestone { month: month("2024-10"), percent: Percent::DONE, what };
        Schedule { start: month("2024-01"), lead: None, districts: vec![], milestones: vec![milestone] }
    }

    fn report(text: &str, percent: u8, submitted: Date) -> Reported {
        Reported { month: month(text), percent: percent.try_into().unwrap(), submitted }
    }

    /// In time up to a month, the last one with this progress.
    fn in_time(last: &str, percent: u8) -> Vec<Reported> {
        let months = month("2024-01").until(month(last));
        let mut reports: Vec<_> = months
            .map(|month| Reported { month, percent: schedule().planned(month), submitted: month.next().first_day() })
            .collect();
        reports.last_mut().unwrap().percent = percent.try_into().unwrap();
        reports
    }

    fn light(reports: &[Reported], today: Date) -> (Light, String) {
        let (light, reasons) = unit_light(&rule(), &schedule(), reports, &WorkingCalendar::default(), today);
        (light, reasons.first().cloned().unwrap_or_default())
    }

    #[test]
    fn behind_by_ten_is_yellow_by_more_than_thirty_red() {
        let today = date(2024, 7, 3);
        for (percent, expected) in
            [(60, Light::Green), (51, Light::Green), (50, Light::Yellow), (30, Light::Yellow), (29, Light::Red)]
        {
            let (light, reason) = light(&in_time("2024-06", percent), today);
            assert_eq!(light, expected, "{percent}: {reason}");
        }
        let (_, reason) = light(&in_time("2024-06", 29), today);
        assert_eq!(reason, "2024年6月进度 29%，计划 60%，落后 31 个百分点，超过 30 个百分点");
    }

    #[test]
    fn not_started_is_yellow_after_the_month_red_after_three() {
        let idle = |last: &str| -> Vec<Reported> {
            let months = month("2024-01").until(month(last));
            months
                .map(|m| Reported { month: m, percent: Percent::default(), submitted: m.next().first_day() })
                .collect()
        };
        assert_eq!(light(&[], date(2024, 1, 31)), (Light::Green, String::new()));
        assert_eq!(light(&idle("2024-01"), date(2024, 2, 1)).0, Light::Yellow);
        let (light, reason) = light(&idle("2024-03"), date(2024, 4, 1));
        assert_eq!((light, reason.as_str()), (Light::Red, "计划2024年1月启动，已过 3 个月仍无启动记录"));
    }

    #[test]
    fn late_by_a_month_is_yellow_by_more_than_two_red_and_made_up_stays_yellow() {
        let reports = in_time("2024-05", 50);
        // June is due ten working days after 30 June: 12 July.
        assert_eq!(light(&reports, date(2024, 7, 12)).0, Light::Green);
        assert_eq!(light(&reports, date(2024, 7, 13)).0, Light::Yellow);
        let (red, reason) = light(&reports, date(2024, 9, 13));
        assert_eq!((red, reason.as_str()), (Light::Red, "2024年6月起共 2 个月的进度未报送，最长逾期第 3 个月"));
        let mut made_up = reports;
        made_up.push(report("2024-06", 60, date(2024, 9, 13)));
        made_up.push(report("2024-07", 70, date(2024, 9, 13)));
        let (yellow, reason) = light(&made_up, date(2024, 9, 13));
        assert_eq!((yellow, reason.as_str()), (Light::Yellow, "2024年7月进度在逾期第 1 个月补报，补报不转绿"));
        let cells = month_cells(&rule(), &schedule(), &made_up, &WorkingCalendar::default(), date(2024, 9, 13));
        assert_eq!(cells[5].light, Light::Yellow, "a made-up month stays yellow in the register");
        made_up.push(report("2024-08", 80, date(2024, 9, 13)));
        assert_eq!(light(&made_up, date(2024, 9, 13)).0, Light::Green, "a month reported in time is green again");
    }

    #[test]
    fn nothing_is_due_after_a_hundred_percent() {
        let mut reports = in_time("2024-06", 100);
        assert_eq!(light(&reports, date(2025, 6, 1)).0, Light::Green);
        reports.pop();
        assert_eq!(light(&reports, date(2025, 6, 1)).0, Light::Red);
    }

    proptest! {
        #[test]
        fn more_progress_never_worsens_a_light(less in 0u8..=100, more in 0u8..=100, last in 1i8..=10, after in 0i64..200) {
            let (less, more) = (less.min(more), less.max(more));
            let last = Month::of(date(2024, last, 1)).to_string();
            let today = month(&last).last_day().saturating_add(jiff::Span::new().days(after));
            let of = |percent| light(&in_time(&last, percent), today).0;
            prop_assert!(of(more) <= of(less), "{more}% is {:?}, {less}% is {:?}", of(more), of(less));
        }

        #[test]
        fn waiting_never_improves_a_light(percent in 0u8..100, last in 1i8..=10, sooner in 0i64..400, longer in 0i64..400) {
            let last = Month::of(date(2024, last, 1)).to_string();
            let of = |days| light(&in_time(&last, percent), month(&last).next().last_day().saturating_add(jiff::Span::new().days(days))).0;
            prop_assert!(of(sooner) <= of(sooner + longer));
        }

        #[test]
        fn reporting_later_never_improves_a_light(sooner in 0i64..200, later in 0i64..200) {
            let today = date(2025, 6, 1);
            let of = |days| {
                let mut reports = in_time("2024-06", 60);
                reports[5].submitted = date(2024, 7, 1).saturating_add(jiff::Span::new().days(days));
                reports[5].percent = Percent::DONE;
                light(&reports, today).0
            };
            prop_assert!(of(sooner) <= of(sooner + later));
        }

        #[test]
        fn a_stricter_rule_never_improves_a_light(percent in 0u8..=100, yellow in 1u8..40, red in 1u8..60) {
            let today = date(2024, 7, 3);
            let strict = LightRule { lag_yellow_from: yellow.min(10), lag_red_above: red.min(30).max(yellow.min(10)), ..rule() };
            let reports = in_time("2024-06", percent);
            let of = |rule: &LightRule| unit_light(rule, &schedule(), &reports, &WorkingCalendar::default(), today).0;
            prop_assert!(of(&rule()) <= of(&strict));
        }

        #[test]
        fn a_light_other_than_green_has_a_reason(percent in 0u8..=100, last in 1i8..=10, days in 0i64..400) {
            let last = Month::of(date(2024, last, 1)).to_string();
            let (light, reason) = light(&in_time(&last, percent), month(&last).last_day().saturating_add(jiff::Span::new().days(days)));
            prop_assert!(light == Light::Green || !reason.is_empty());
        }
    }
}
