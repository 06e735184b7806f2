//! The registers of tasks, indicators, observations and reports, declared once.

use kernel::{Date, Recorded};
use office::State;
use plan::Subject;
use plan::lights::{MonthState, Signal, Standing, report_deadline};
use plan::parts::Target;
use plan::progress::{ReportKey, ReportRecord, Stage};
use register::{Cell, Column, Found, Kind, Light, Register, Viewer};
use web::AsOf;

use crate::card::{goal_lamp, lamp_of, target_text};
use crate::view::{View, audience};
use crate::{place, words};

/// The last day on which something was recorded: registers without a day asked for speak as of it.
fn last_day(state: &State) -> Date {
    let reports = state.plan.reports().filter_map(|(_, record)| record.history.last()).map(|(recorded, _)| recorded);
    let plans = state.plan.plans().flat_map(|(_, record)| record.editions.last()).map(|edition| &edition.recorded);
    let firms = state.enterprise.firms().filter_map(|firm| firm.history.last()).map(|entry| &entry.recorded);
    let filings = state.enterprise.filings().filter_map(|filing| filing.history.last()).map(|entry| &entry.recorded);
    reports.chain(plans).chain(firms).chain(filings).map(Recorded::day).max().unwrap_or(Date::MIN)
}

fn view_of(state: &State, as_of: Option<AsOf>, viewer: &Viewer) -> Option<(View, String)> {
    let day = as_of.map_or_else(|| last_day(state), |as_of| as_of.day());
    let suffix = as_of.map(|as_of| as_of.suffix()).unwrap_or_default();
    Some((View::of(state.clone(), day, audience(viewer)).ok()?, suffix))
}

/// Months of all units of a task together.
#[derive(Clone, Copy, Default)]
pub struct Months {
    /// Due by now, or there before they were due.
    pub due: i64,
    /// Reported.
    pub reported: i64,
    /// Reported after the deadline, or missing.
    pub late: i64,
}

/// How many months were to be reported and were.
pub fn months(standing: &Standing) -> Months {
    let mut months = Months::default();
    for cell in standing.units.iter().flat_map(|unit| &unit.months) {
        let (due, reported, late) = match cell.state {
            MonthState::Open => (0, 0, 0),
            MonthState::InTime(_) => (1, 1, 0),
            MonthState::Late(..) => (1, 1, 1),
            MonthState::Missing(_) => (1, 0, 1),
        };
        months.due += due;
        months.reported += reported;
        months.late += late;
    }
    months
}

/// The latest progress of the unit that is furthest behind; central agencies are not measured.
pub fn reported(standing: &Standing) -> Option<u8> {
    let rated = standing.units.iter().filter(|unit| unit.signal != Signal::Received);
    rated.filter_map(|unit| unit.latest).map(|(_, percent)| percent.get()).min()
}

/// Why a task has its light: all of it where something is wrong, and one line where nothing is.
fn reason(standing: &Standing) -> String {
    match (standing.signal, standing.reasons.as_slice()) {
        (Signal::Light(plan::lights::Light::Green), [first, rest @ ..]) if !rest.is_empty() => {
            format!("{first}；其余 {} 个单位同为绿灯", rest.len())
        }
        (_, reasons) => reasons.join("；"),
    }
}

struct TaskRow {
    anchor: String,
    name: String,
    href: String,
    kind: &'static str,
    lamp: Light,
    reasons: String,
    planned: Option<u8>,
    reported: Option<u8>,
    units: String,
    months: Months,
}

/// 任务台账.
pub fn tasks(as_of: Option<AsOf>) -> Register<State> {
    let rows = move |state: &State, viewer: &Viewer| {
        let Some((view, suffix)) = view_of(state, as_of, viewer) else { return Vec::new() };
        let row = |task: &plan::parts::Task| {
            let standing = view.task(&task.anchor);
            let units = view.plan.units_of(Subject::Task(task));
            TaskRow {
                anchor: task.anchor.to_string(),
                name: task.name.clone(),
                href: format!("{}{suffix}", place::task(&task.anchor)),
                kind: words::kind(task.kind),
                lamp: lamp_of(view.task_signal(&task.anchor)),
                reasons: standing.map(reason).unwrap_or_default(),
                planned: standing.and_then(|standing| standing.planned).map(|percent| percent.get()),
                reported: standing.and_then(reported),
                units: units.iter().map(|unit| unit.name.as_str()).collect::<Vec<_>>().join("、"),
                months: standing.map(months).unwrap_or_default(),
            }
        };
        view.plan.tasks.iter().map(row).collect()
    };
    let percent = |percent: Option<u8>| percent.map_or(Cell::None, |percent| Cell::Count(i64::from(percent)));
    let lights = ["绿灯", "黄灯", "红灯", "收悉", "尚未评定"];
    Register::declare("tasks", "任务台账", "行动计划的重点任务、发展路径和保障措施，每项一行，亮灯附理由。", rows)
        .column(
            Column::new("anchor", "条款", |row: &TaskRow| Cell::text(row.anchor.clone()))
                .filterable()
                .sortable()
                .describe("原文编号"),
        )
        .column(
            Column::new("task", "任务", |row: &TaskRow| Cell::link(row.name.clone(), row.href.clone())).filterable(),
        )
        .column(Column::new("kind", "类别", |row: &TaskRow| Cell::text(row.kind)).choices([
            "发展路径",
            "重点任务",
            "保障措施",
        ]))
        .column(
            Column::new("light", "亮灯", |row: &TaskRow| row.lamp.clone().into())
                .kind(Kind::Light)
                .choices(lights)
                .sortable()
                .describe("各责任单位中最差的一个，按当日生效的亮灯规则计算"),
        )
        .column(Column::new("reason", "理由", |row: &TaskRow| Cell::text(row.reasons.clone())).filterable())
        .column(
            Column::new("planned", "计划进度", move |row: &TaskRow| percent(row.planned))
                .kind(Kind::Count)
                .unit("%")
                .sortable()
                .describe("上一个完整月份末的计划进度，节点之间按直线推算"),
        )
        .column(
            Column::new("reported", "报送进度", move |row: &TaskRow| percent(row.reported))
                .kind(Kind::Count)
                .unit("%")
                .sortable()
                .describe("各责任单位最近一次报送的进度中最低的一个，不含中央驻渝机构"),
        )
        .column(
            Column::new("units", "责任单位", |row: &TaskRow| Cell::text(row.units.clone()))
                .filterable()
                .describe("原文所列，不分主次"),
        )
        .column(
            Column::new("months", "已报月数", |row: &TaskRow| Cell::Count(row.months.reported))
                .kind(Kind::Count)
                .sortable()
                .describe("各责任单位已报送的月份合计"),
        )
        .column(
            Column::new("due", "应报月数", |row: &TaskRow| Cell::Count(row.months.due))
                .kind(Kind::Count)
                .sortable()
                .describe("各责任单位到期应报的月份合计"),
        )
        .column(
            Column::new("late", "逾期月数", |row: &TaskRow| Cell::Count(row.months.late))
                .kind(Kind::Count)
                .sortable()
                .describe("逾期补报和逾期未报的月份合计"),
        )
        .finish()
}

struct IndicatorRow {
    key: String,
    name: String,
    href: String,
    goal: String,
    value: Option<String>,
    unit: String,
    period: String,
    target: String,
    lamp: Light,
    producer: String,
    frequency: &'static str,
    scope: u32,
    note: String,
}

/// 指标台账.
pub fn indicators(as_of: Option<AsOf>) -> Register<State> {
    let rows = move |state: &State, viewer: &Viewer| {
        let Some((view, suffix)) = view_of(state, as_of, viewer) else { return Vec::new() };
        let row = |indicator: &plan::parts::Indicator| {
            let goal = office::evidence::goal_of(&view.plan, indicator);
            let standing = view.indicator(&indicator.key);
            let latest = standing.and_then(|standing| standing.latest.as_ref());
            let target = goal.map(|goal| match &goal.target {
                Target::Number { comparator, figure, unit, .. } => {
                    format!("{} {} {unit}", comparator.sign(), target_text(*figure))
                }
                Target::Judged { .. } => "分级研判".to_owned(),
            });
            let in_force = indicator.scopes.iter().filter(|scope| scope.from <= view.day);
            let notes = standing.map(|standing| standing.notes.join("；"));
            IndicatorRow {
                key: indicator.key.to_string(),
                name: indicator.name.clone(),
                href: format!("{}{suffix}", place::indicator(&indicator.key)),
                goal: goal.map(|goal| goal.key.to_string()).unwrap_or_default(),
                value: latest.map(|latest| latest.value.in_unit(&indicator.unit)),
                unit: indicator.unit.clone(),
                period: latest.map(|latest| words::period(latest.period)).unwrap_or_default(),
                target: target.unwrap_or_default(),
                lamp: goal_lamp(standing),
                producer: indicator.producer.as_ref().map(|key| words::unit_name(&view, key)).unwrap_or_default(),
                frequency: words::frequency(indicator.frequency),
                scope: in_force.map(|scope| scope.version).max().unwrap_or(1),
                note: notes.unwrap_or_default(),
            }
        };
        view.plan.indicators.iter().map(row).collect()
    };
    Register::declare("indicators", "指标台账", "行动计划的全部指标。没有记录可算的显示“尚未计量”，不显示为零。", rows)
        .column(
            Column::new("indicator", "指标", |row: &IndicatorRow| Cell::link(row.name.clone(), row.href.clone()))
                .filterable()
                .sortable(),
        )
        .column(Column::new("goal", "目标", |row: &IndicatorRow| Cell::text(row.goal.clone())).filterable().sortable())
        .column(
            Column::new("value", "最新数值", |row: &IndicatorRow| row.value.clone().map_or(Cell::None, Cell::text))
                .describe("由记录计算，不由人填写；对外按公布规则分步公布"),
        )
        .column(Column::new("measure", "单位", |row: &IndicatorRow| Cell::text(row.unit.clone())))
        .column(Column::new("period", "期间", |row: &IndicatorRow| Cell::text(row.period.clone())))
        .column(Column::new("target", "目标值", |row: &IndicatorRow| Cell::text(row.target.clone())))
        .column(
            Column::new("light", "前景", |row: &IndicatorRow| row.lamp.clone().into())
                .kind(Kind::Light)
                .choices(["已达目标", "有望实现", "需关注", "难以实现", "尚未评定"])
                .sortable()
                .describe("已达目标，或按预测的达标概率"),
        )
        .column(
            Column::new("producer", "产出单位", |row: &IndicatorRow| Cell::text(row.producer.clone()))
                .filterable()
                .sortable(),
        )
        .column(Column::new("frequency", "频率", |row: &IndicatorRow| Cell::text(row.frequency)).choices([
            "每月",
            "每季度",
            "每年",
            "评审时",
        ]))
        .column(
            Column::new("scope", "口径版本", |row: &IndicatorRow| Cell::Count(i64::from(row.scope))).kind(Kind::Count),
        )
        .column(Column::new("note", "说明", |row: &IndicatorRow| Cell::text(row.note.clone())).filterable())
        .column(Column::new("key", "键名", |row: &IndicatorRow| Cell::text(row.key.clone())).describe("稳定的标识"))
        .finish()
}

struct ObservationRow {
    indicator: String,
    href: String,
    period: String,
    until: Date,
    value: String,
    apart: String,
    unit: String,
    scope: u32,
    signed_off: bool,
    records: u32,
    reference: String,
}

/// 指标数值台账.
pub fn observations(as_of: Option<AsOf>) -> Register<State> {
    let rows = move |state: &State, viewer: &Viewer| {
        let Some((view, suffix)) = view_of(state, as_of, viewer) else { return Vec::new() };
        let of_indicator = |indicator: &plan::parts::Indicator| {
            let observed = view.observations(&indicator.key).to_vec();
            let rows = observed.into_iter().map(|observation| ObservationRow {
                indicator: indicator.name.clone(),
                href: format!("{}{suffix}", place::indicator(&indicator.key)),
                period: words::period(observation.period),
                until: observation.period.until(),
                value: observation.value.in_unit(&indicator.unit),
                apart: words::apart(&observation, &indicator.unit).unwrap_or_default(),
                unit: indicator.unit.clone(),
                scope: observation.scope_version,
                signed_off: observation.signed_off,
                records: observation.records,
                reference: observation.reference,
            });
            rows.collect::<Vec<_>>()
        };
        view.plan.indicators.iter().flat_map(of_indicator).collect()
    };
    Register::declare("observations", "指标数值台账", "每个指标每个期间的数值，及其口径、记录数和出处。", rows)
        .column(
            Column::new("indicator", "指标", |row: &ObservationRow| {
                Cell::link(row.indicator.clone(), row.href.clone())
            })
            .filterable()
            .sortable(),
        )
        .column(Column::new("period", "期间", |row: &ObservationRow| Cell::text(row.period.clone())).filterable())
        .column(
            Column::new("until", "期末", |row: &ObservationRow| Cell::Date(row.until))
                .kind(Kind::Date)
                .sortable()
                .filterable(),
        )
        .column(Column::new("value", "数值", |row: &ObservationRow| Cell::text(row.value.clone())))
        .column(Column::new("measure", "单位", |row: &ObservationRow| Cell::text(row.unit.clone())))
        .column(
            Column::new("scope", "口径版本", |row: &ObservationRow| Cell::Count(i64::from(row.scope)))
                .kind(Kind::Count),
        )
        .column(
            Column::new("apart", "另列", |row: &ObservationRow| Cell::text(row.apart.clone()))
                .describe("按口径不计入、单独列示的部分"),
        )
        .column(
            Column::new("state", "确认", |row: &ObservationRow| {
                Cell::text(if row.signed_off { "全部签核" } else { "另有待签核" })
            })
            .choices(["全部签核", "另有待签核"])
            .describe("计入的记录之外，是否还有未经市级确认的填报"),
        )
        .column(
            Column::new("records", "记录数", |row: &ObservationRow| Cell::Count(i64::from(row.records)))
                .kind(Kind::Count)
                .sortable(),
        )
        .column(Column::new("source", "出处", |row: &ObservationRow| Cell::link("查看记录", row.reference.clone())))
        .finish()
}

struct ReportRow {
    subject: String,
    anchor: String,
    unit: String,
    month: String,
    href: String,
    stage: &'static str,
    percent: Option<u8>,
    planned: Option<u8>,
    submitted: Option<Date>,
    deadline: Option<Date>,
}

/// What a report says, whatever became of it.
pub fn said(record: &ReportRecord) -> Option<&plan::progress::Progress> {
    match &record.stage {
        Stage::Missing => None,
        Stage::Submitted(progress) | Stage::Accepted(progress) | Stage::Returned { progress, .. } => Some(progress),
    }
}

fn found_reports<'a>(state: &'a State, as_of: Option<AsOf>, viewer: &Viewer) -> Found<'a, ReportRow> {
    let Some((view, suffix)) = view_of(state, as_of, viewer).filter(|_| crate::is_official(viewer)) else {
        return Found::none();
    };
    let rule = view.state.plan.light_rule(&view.plan, view.day);
    let reports = state.plan.reports().filter(|(key, _)| key.plan == view.key).collect();
    Found::each(reports, move |(key, record): &(&ReportKey, &ReportRecord)| {
        let subject = view.plan.subject(&key.subject);
        let schedule = subject.and_then(|subject| view.state.plan.schedule(&view.plan, &subject.task().anchor));
        let deadline = rule.as_ref().map(|(_, rule)| report_deadline(rule, view.state.city.calendar(), key.month));
        Some(ReportRow {
            subject: subject.map_or_else(|| key.subject.to_string(), |subject| subject.name().to_owned()),
            anchor: key.subject.to_string(),
            unit: words::unit_name(&view, &key.unit),
            month: key.month.to_string(),
            href: format!("{}{suffix}", place::report(key)),
            stage: record.stage.label(),
            percent: said(record).map(|progress| progress.percent.get()),
            planned: schedule.map(|schedule| schedule.planned(key.month).get()),
            submitted: record.first_submitted,
            deadline: deadline.map(|deadline| deadline.due),
        })
    })
}

/// 进度报告台账, for officials.
pub fn reports(as_of: Option<AsOf>) -> Register<State> {
    let percent = |percent: Option<u8>| percent.map_or(Cell::None, |percent| Cell::Count(i64::from(percent)));
    let day = |day: Option<Date>| day.map_or(Cell::None, Cell::Date);
    let about = "责任单位按月报送的任务进度，每份一行。";
    Register::declare_long("reports", "进度报告台账", about, move |state, viewer| {
        found_reports(state, as_of, viewer)
    })
    .column(
        Column::new("subject", "任务或举措", |row: &ReportRow| Cell::link(row.subject.clone(), row.href.clone()))
            .filterable()
            .sortable(),
    )
    .column(Column::new("anchor", "条款", |row: &ReportRow| Cell::text(row.anchor.clone())).filterable().sortable())
    .column(Column::new("unit", "报送单位", |row: &ReportRow| Cell::text(row.unit.clone())).filterable().sortable())
    .column(Column::new("month", "月份", |row: &ReportRow| Cell::text(row.month.clone())).filterable().sortable())
    .column(
        Column::new("stage", "状态", |row: &ReportRow| Cell::text(row.stage))
            .choices(["待审核", "已退回", "已采纳"])
            .sortable(),
    )
    .column(
        Column::new("percent", "报送进度", move |row: &ReportRow| percent(row.percent))
            .kind(Kind::Count)
            .unit("%")
            .sortable()
            .filterable(),
    )
    .column(
        Column::new("planned", "计划进度", move |row: &ReportRow| percent(row.planned))
            .kind(Kind::Count)
            .unit("%")
            .sortable(),
    )
    .column(
        Column::new("submitted", "首次报送", move |row: &ReportRow| day(row.submitted))
            .kind(Kind::Date)
            .sortable()
            .filterable(),
    )
    .column(
        Column::new("deadline", "报送时限", move |row: &ReportRow| day(row.deadline))
            .kind(Kind::Date)
            .sortable()
            .describe("月末后若干个工作日，按亮灯规则"),
    )
    .finish()
}
