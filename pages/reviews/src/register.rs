//! 办件台账: every case a viewer may see.

use std::sync::Arc;

use cases::{Case, StageKind};
use kernel::{Date, Money, Role};
use office::State;
use register::{Cell, Column, Found, Kind, Register, Viewer, Visibility};
use web::{Answer, Counter, Markup, Page, show_register};

use cases_pages::case_head::{number, official_path, stage_light};
use cases_pages::viewer::{firm_name, may_see};

/// Everybody but those who are only asked about a claim.
const ALL_BUT_CONSULTED: &[Role] =
    &[Role::DistrictOfficer, Role::CityOfficer, Role::WorkingGroup, Role::Finance, Role::Auditor];

struct Row {
    case: Arc<Case>,
    firm: String,
    call: String,
    benefit: String,
    district: String,
    today: Date,
}

/// The last day recorded in a State: registers speak as of it.
fn day_of(state: &State) -> Date {
    let last = state.cases.cases().filter_map(|case| case.history.last());
    last.map(|entry| entry.recorded.day()).max().unwrap_or(Date::MIN)
}

fn found<'a>(state: &'a State, viewer: &Viewer) -> Found<'a, Row> {
    let today = day_of(state);
    let seen: Vec<_> = state.cases.cases().filter(|case| may_see(state, viewer, case)).collect();
    Found::each(seen, move |case: &&Arc<Case>| {
        let benefit = case.benefit.as_str().parse().ok();
        let benefit = benefit.map(|benefit| subsidy_pages::benefit_title(state, &benefit));
        let catalog = state.enterprise.catalog();
        let division = catalog.and_then(|catalog| catalog.divisions.get(case.applicant.district));
        Some(Row {
            firm: firm_name(state, case.applicant.firm),
            call: state.cases.call(case.call).map(|call| call.terms.title.clone()).unwrap_or_default(),
            benefit: benefit.unwrap_or_else(|| case.benefit.to_string()),
            district: division.map_or_else(|| case.applicant.district.to_string(), |division| division.name.clone()),
            case: Arc::clone(case),
            today,
        })
    })
}

/// An amount once there is one.
fn positive(amount: Money) -> Cell {
    if amount > Money::ZERO { amount.into() } else { Cell::None }
}

/// Days since the case entered the stage it is in, while it is open.
fn days_in_stage(row: &Row) -> Cell {
    let entered = row.case.passages.last().map(|passage| passage.entered);
    let days = entered.filter(|_| row.case.stage.is_open()).and_then(|entered| {
        let days = entered.until(row.today).ok()?.get_days();
        Some(Cell::Count(i64::from(days)))
    });
    days.unwrap_or(Cell::None)
}

/// 办件台账.
pub fn cases() -> Register<State> {
    let watchers = || Visibility::Roles(ALL_BUT_CONSULTED);
    Register::declare_long("cases", "办件台账", "每一件申报从受理到拨付、验收，每件一行。", found)
        .column(
            Column::new("number", "办件编号", |row: &Row| Cell::link(number(&row.case), official_path(&row.case)))
                .filterable()
                .sortable()
                .describe("受理年份和账本序号"),
        )
        .column(Column::new("firm", "企业", |row: &Row| Cell::text(row.firm.clone())).filterable().sortable())
        .column(Column::new("call", "申报批次", |row: &Row| Cell::text(row.call.clone())).filterable().sortable())
        .column(Column::new("benefit", "事项", |row: &Row| Cell::text(row.benefit.clone())).filterable().sortable())
        .column(Column::new("district", "属地", |row: &Row| Cell::text(row.district.clone())).filterable().sortable())
        .column(
            Column::new("year", "年度", |row: &Row| Cell::text(row.case.year.to_string()))
                .filterable()
                .sortable()
                .describe("申报所对应的年度"),
        )
        .column(
            Column::new("stage", "环节", |row: &Row| stage_light(row.case.stage.kind()).into())
                .kind(Kind::Light)
                .choices(StageKind::ALL.map(StageKind::label))
                .sortable(),
        )
        .column(
            Column::new("due", "办理时限", |row: &Row| {
                row.case.stage.due().map_or(Cell::None, |due| Cell::Date(due.due))
            })
            .kind(Kind::Date)
            .sortable()
            .filterable(),
        )
        .column(
            Column::new("days", "本环节已用", days_in_stage)
                .kind(Kind::Count)
                .unit("日")
                .sortable()
                .describe("进入本环节至台账截止日的日历天数，办结的不计"),
        )
        .column(
            Column::new("applied", "申请", |row: &Row| {
                row.case.material().map_or(Cell::None, |material| material.applied.into())
            })
            .money()
            .sortable()
            .filterable(),
        )
        .column(
            Column::new("assessed", "测算", |row: &Row| {
                row.case.assessment.map_or(Cell::None, |assessment| assessment.award.into())
            })
            .money()
            .sortable()
            .visible_to(watchers())
            .describe("现行测算拟支持的金额；不符合条件的为零"),
        )
        .column(
            Column::new("share", "可支持份额", |row: &Row| positive(row.case.stage.ceiling()))
                .money()
                .sortable()
                .visible_to(watchers())
                .describe("汇总测算后按预算分得的份额"),
        )
        .column(
            Column::new("decided", "审定", |row: &Row| positive(row.case.stage.decided()))
                .money()
                .sortable()
                .visible_to(watchers()),
        )
        .column(
            Column::new("paid", "企业实得", |row: &Row| positive(row.case.purse.net()))
                .money()
                .sortable()
                .visible_to(watchers())
                .describe("凭证到账减退汇和退回"),
        )
        .column(
            Column::new("scale", "规模", |row: &Row| {
                Cell::text(if row.case.applicant.small_or_medium { "中小微" } else { "大型或未划型" })
            })
            .choices(["中小微", "大型或未划型"])
            .describe("受理时按企业档案划型"),
        )
        .column(
            Column::new("code", "统一社会信用代码", |row: &Row| {
                Cell::text(row.case.applicant.firm.to_string())
            })
            .filterable(),
        )
        .finish()
}

/// The register.
pub async fn list(counter: Counter, page: Page) -> Answer {
    show_register(&counter, page, &cases(), Markup::default())
}
