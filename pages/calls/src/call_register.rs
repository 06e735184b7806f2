//! The register of calls, for those who run them and those who watch over them.

use askama::Template;
use cases::Call;
use cases::call::Stage;
use cases::statistics::{Sums, sums};
use kernel::{Date, Money, Role};
use office::State;
use register::{Cell, Column, Kind, Light, Register, Viewer};
use web::{Answer, Counter, Markup, Page, show_register};

use super::shown::{DEPARTMENT, benefit_title};
use super::terms_form::mode_label;

struct Row {
    href: String,
    title: String,
    benefit: String,
    issuer: String,
    year: kernel::Year,
    mode: &'static str,
    stage: Light,
    from: Date,
    until: Date,
    budget: Money,
    shared: Money,
    left: Money,
    sums: Sums,
}

/// Whether a viewer may see how a call stands.
fn may_see(viewer: &Viewer, call: &Call) -> bool {
    let own = viewer.organisation.as_ref();
    match viewer.role {
        Some(Role::WorkingGroup | Role::Auditor) => true,
        Some(Role::CityOfficer) => own == Some(&call.terms.issuer),
        Some(Role::Finance) => own == Some(&call.terms.finance) && call.stage != Stage::Draft,
        _ => false,
    }
}

fn stage(call: &Call) -> Light {
    let word = call.stage.label();
    match call.stage {
        Stage::Closed { .. } => Light::watch(word),
        Stage::Open { .. } => Light::good(word),
        _ => Light::unknown(word),
    }
}

fn row(state: &State, call: &Call) -> Row {
    let terms = &call.terms;
    Row {
        href: format!("/calls/{}/desk", call.id),
        title: terms.title.clone(),
        benefit: benefit_title(state, &terms.benefit),
        issuer: state.organisation_name(&terms.issuer),
        year: terms.year,
        mode: mode_label(terms.mode),
        stage: stage(call),
        from: terms.window.from(),
        until: terms.window.until(),
        budget: terms.budget,
        shared: state.cases.cases_of(call.id).map(|case| case.stage.committed()).sum(),
        left: call.available(),
        sums: sums(state.cases.cases_of(call.id)),
    }
}

/// 申报批次台账.
pub fn calls() -> Register<State> {
    let rows = |state: &State, viewer: &Viewer| {
        let mut seen: Vec<_> = state.cases.calls().filter(|call| may_see(viewer, call)).collect();
        seen.sort_by_key(|call| (std::cmp::Reverse(call.terms.window.from()), call.id));
        seen.into_iter().map(|call| row(state, call)).collect()
    };
    let description = "申报批次及其预算、分配、审定和到账。审定不超过分配，到账以匹配的凭证为准。";
    Register::declare("calls", "申报批次台账", description, rows)
        .column(
            Column::new("title", "申报批次", |row: &Row| Cell::link(row.title.clone(), row.href.clone()))
                .filterable()
                .sortable(),
        )
        .column(Column::new("benefit", "事项", |row: &Row| Cell::text(row.benefit.clone())).filterable().sortable())
        .column(Column::new("issuer", "主管部门", |row: &Row| Cell::text(row.issuer.clone())).filterable())
        .column(Column::new("year", "支持年度", |row: &Row| Cell::text(row.year.to_string())).filterable().sortable())
        .column(Column::new("mode", "方式", |row: &Row| Cell::text(row.mode)).choices(["公开申报", "免申即享"]))
        .column(Column::new("stage", "状态", |row: &Row| row.stage.clone().into()).kind(Kind::Light).choices([
            "拟制",
            "已发布",
            "申报中",
            "已截止",
            "已汇总",
        ]))
        .column(Column::new("from", "申报开始", |row: &Row| Cell::Date(row.from)).kind(Kind::Date).sortable())
        .column(Column::new("until", "申报截止", |row: &Row| Cell::Date(row.until)).kind(Kind::Date).sortable())
        .column(
            Column::new("cases", "办件", |row: &Row| i64::from(row.sums.cases).into())
                .kind(Kind::Count)
                .unit("件")
                .sortable(),
        )
        .column(Column::new("budget", "预算", |row: &Row| row.budget.into()).money().sortable())
        .column(Column::new("applied", "申请金额", |row: &Row| row.sums.applied.into()).money().sortable())
        .column(Column::new("shared", "已分配", |row: &Row| row.shared.into()).money().sortable())
        .column(Column::new("decided", "审定金额", |row: &Row| row.sums.decided.into()).money().sortable())
        .column(Column::new("paid", "到账金额", |row: &Row| row.sums.paid.into()).money().sortable())
        .column(Column::new("left", "余额", |row: &Row| row.left.into()).money().sortable())
        .finish()
}

#[derive(Template)]
#[template(
    source = r#"<p class="actions">{% if acts %}<a class="button" href="/calls/new">拟制申报通知</a> {% endif %}<a href="/fund-rules">资金管理办法</a> <a href="/calls/statistics">统计</a></p>"#,
    ext = "html"
)]
struct Actions {
    acts: bool,
}

/// The register.
pub async fn list(counter: Counter, page: Page) -> Answer {
    let acts = counter.visitor.role().is_some_and(|role| DEPARTMENT.contains(&role));
    show_register(&counter, page, &calls(), Markup::of(&Actions { acts })?)
}
