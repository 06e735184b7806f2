//! The register of assessments.

use std::sync::Arc;

use office::State;
use register::{Cell, Column, Found, Kind, Light, Register, Viewer};
use subsidy::state::DecisionRecord;
use subsidy::{Decision, Outcome};
use web::{Answer, Counter, Markup, Page, show_register};

use crate::links::Links;
use crate::viewer::{benefit_title, firm_name, may_see};

struct Row {
    record: Arc<DecisionRecord>,
    firm: String,
    benefit: String,
    is_replaced: bool,
}

impl Row {
    fn decision(&self) -> &Decision {
        &self.record.decision
    }
}

/// Where the page of a decision is.
pub fn address(decision: &Decision) -> String {
    format!("/decisions/{}/{}", decision.firm, decision.id)
}

/// Whether a later assessment of the same claim took a decision's place.
pub fn is_replaced(state: &State, decision: &Decision) -> bool {
    state.subsidy.decision_on(decision.claim_id).is_none_or(|last| last.decision.id != decision.id)
}

/// Where a decision stands, as a light.
pub fn standing(decision: &Decision, is_replaced: bool) -> Light {
    match &decision.outcome {
        _ if is_replaced => Light::unknown("已重新测算"),
        Outcome::Eligible { .. } => Light::good("符合"),
        Outcome::NotEligible { .. } => Light::bad("不符合"),
    }
}

fn found<'a>(state: &'a State, viewer: &Viewer) -> Found<'a, Row> {
    let seen = state
        .subsidy
        .decisions()
        .filter(|record| may_see(state, viewer, record.decision.firm, &record.decision.claim.benefit));
    Found::each(seen.collect(), |record: &&Arc<DecisionRecord>| {
        Some(Row {
            firm: firm_name(state, record.decision.firm),
            benefit: benefit_title(state, &record.decision.claim.benefit),
            is_replaced: is_replaced(state, &record.decision),
            record: Arc::clone(record),
        })
    })
}

/// 测算台账.
pub fn decisions() -> Register<State> {
    let description = "惠企资金的正式测算，每次一行；同一申报重新测算的，以后一次为准。";
    Register::declare_long("decisions", "测算台账", description, found)
        .column(
            Column::new("firm", "企业", |row: &Row| Cell::link(row.firm.clone(), address(row.decision())))
                .filterable()
                .sortable(),
        )
        .column(
            Column::new("code", "统一社会信用代码", |row: &Row| Cell::text(row.decision().firm.to_string()))
                .filterable(),
        )
        .column(Column::new("benefit", "事项", |row: &Row| Cell::text(row.benefit.clone())).filterable().sortable())
        .column(
            Column::new("year", "年度", |row: &Row| Cell::text(row.decision().claim.year.to_string()))
                .filterable()
                .sortable()
                .describe("利息、费用发生的自然年度"),
        )
        .column(
            Column::new("outcome", "结果", |row: &Row| standing(row.decision(), row.is_replaced).into())
                .kind(Kind::Light)
                .choices(["符合", "不符合", "已重新测算"])
                .sortable(),
        )
        .column(
            Column::new("award", "测算金额", |row: &Row| row.decision().outcome.award().into())
                .money()
                .sortable()
                .filterable()
                .describe("计入上限账户的金额；不符合的为零"),
        )
        .column(
            Column::new("ceiling", "本次上限", |row: &Row| row.decision().outcome.ceiling().into())
                .money()
                .sortable()
                .describe("条款与账户余额允许的最高金额"),
        )
        .column(
            Column::new("made", "测算日期", |row: &Row| Cell::Date(row.decision().on))
                .kind(Kind::Date)
                .sortable()
                .filterable()
                .describe("适用当日的条款、口径与利率"),
        )
        .column(
            Column::new("reasons", "不符合的原因", |row: &Row| match &row.decision().outcome {
                Outcome::Eligible { .. } => Cell::None,
                Outcome::NotEligible { failed, .. } => {
                    let reasons: Vec<_> = failed.iter().map(|failure| failure.reason.as_str()).collect();
                    Cell::text(reasons.join("；"))
                }
            })
            .filterable(),
        )
        .finish()
}

/// The register.
pub async fn list(counter: Counter, page: Page) -> Answer {
    let links = vec![("解释口径", "/interpretations"), ("此前拨款", "/earlier-payments"), ("政策推演", "/what-if")];
    show_register(&counter, page, &decisions(), Markup::of(&Links { links })?)
}
