//! The register of interpretation points.

use kernel::Date;
use office::State;
use register::{Cell, Column, Kind, Light, Register, Viewer};
use subsidy::Point;
use subsidy::interpretation::{Choice, Interpretation};
use subsidy::state::ProposalStage;
use web::{Answer, Counter, Markup, Page, show_register};

use crate::benefit_page::confidence;
use crate::viewer::{OFFICIALS, approver_name};

struct Row {
    point: Point,
    interpretation: Interpretation,
    choice: Option<Choice>,
    approver: String,
    open: usize,
}

impl Row {
    fn chosen(&self) -> Cell {
        let option = self.choice.as_ref().and_then(|choice| self.interpretation.option(&choice.chosen));
        option.map_or(Cell::None, |option| Cell::text(option.label.to_string()))
    }
}

/// The readings of a State hold as of the last day any of them was recorded to hold from, or later: the last approved
/// wins. A register has no day of its own, so it shows the last reading.
fn last(interpretation: &Interpretation) -> Option<&Choice> {
    interpretation.on(Date::MAX).or_else(|| interpretation.choices.last())
}

/// 解释口径台账.
pub fn interpretations() -> Register<State> {
    let rows = |state: &State, viewer: &Viewer| {
        let may_see = viewer.role.is_some_and(|role| OFFICIALS.contains(&role));
        let points = state.subsidy.interpretations().filter(|_| may_see);
        let points = points.into_iter().flat_map(|set| set.iter());
        let row = |(point, interpretation): (Point, &Interpretation)| {
            let choice = last(interpretation).cloned();
            let waits = |stage: &ProposalStage| *stage == ProposalStage::Open;
            let proposals = state.subsidy.proposals();
            Row {
                point,
                approver: choice.as_ref().map(|choice| approver_name(state, &choice.approver)).unwrap_or_default(),
                choice,
                interpretation: interpretation.clone(),
                open: proposals.filter(|record| record.proposal.point == point && waits(&record.stage)).count(),
            }
        };
        points.map(row).collect()
    };
    let description = "条款原文没有写明、而又影响金额或资格的问题，每个一行；改变读法须由两人办理。";
    Register::declare("interpretations", "解释口径台账", description, rows)
        .column(
            Column::new("number", "编号", |row: &Row| {
                Cell::link(row.interpretation.number.to_string(), format!("/interpretations/{}", row.point))
            })
            .filterable()
            .sortable(),
        )
        .column(
            Column::new("question", "问题", |row: &Row| Cell::text(row.interpretation.question.to_string()))
                .filterable(),
        )
        .column(Column::new("chosen", "现行读法", Row::chosen).filterable())
        .column(
            Column::new("authority", "依据", |row: &Row| {
                row.choice.as_ref().map_or(Cell::None, |choice| Cell::text(choice.authority.to_string()))
            })
            .filterable(),
        )
        .column(Column::new("approver", "批准", |row: &Row| Cell::text(row.approver.clone())).filterable())
        .column(
            Column::new("valid", "生效日", |row: &Row| row.choice.as_ref().map(|choice| choice.from).into())
                .kind(Kind::Date)
                .sortable()
                .filterable(),
        )
        .column(
            Column::new("confidence", "来源", |row: &Row| confidence(row.interpretation.confidence).into())
                .kind(Kind::Light)
                .choices(["已见于来源", "待核实"])
                .sortable()
                .describe("待核实的，用于决定金额以前须核对原始来源"),
        )
        .column(
            Column::new("waiting", "待批准", |row: &Row| match row.open {
                0 => Cell::None,
                open => Light::watch(format!("{open} 项")).into(),
            })
            .kind(Kind::Light)
            .sortable(),
        )
        .finish()
}

/// The register.
pub async fn list(counter: Counter, page: Page) -> Answer {
    show_register(&counter, page, &interpretations(), Markup::default())
}
