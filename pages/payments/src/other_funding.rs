//! 其他部门资金: what other departments and the state gave firms, imported from their lists so that nothing is paid twice.

use cases::support::OtherFunding;
use office::State;
use register::{Cell, Column, Found, Kind, Register, Viewer};
use web::{Answer, Counter, Page, show_register};

use super::links::buttons;
use super::readers::{IMPORTERS, LISTS};
use cases_pages::viewer::firm_name;

struct Row {
    funding: OtherFunding,
    firm: String,
    supports: String,
    cases: usize,
}

fn found<'a>(state: &'a State, viewer: &Viewer) -> Found<'a, Row> {
    if !viewer.role.is_some_and(|role| LISTS.contains(&role)) {
        return Found::none();
    }
    let mut seen: Vec<&OtherFunding> = state.cases.other_funding().collect();
    seen.sort_by_key(|funding| std::cmp::Reverse(funding.on));
    Found::each(seen, |funding: &&OtherFunding| {
        let supports: Vec<_> = funding.supports.iter().map(ToString::to_string).collect();
        Some(Row {
            firm: firm_name(state, funding.firm),
            supports: supports.join("、"),
            cases: state.cases.cases_of_firm(funding.firm).count(),
            funding: (*funding).clone(),
        })
    })
}

/// 其他部门资金台账.
pub fn register() -> Register<State> {
    let description = "其他部门和上级给过企业的资金。企业申报时没有说明的、支持过同一发票或借款的，会在办件中指出。";
    Register::declare_long("other-funding", "其他部门资金", description, found)
        .column(Column::new("firm", "企业", |row: &Row| Cell::text(row.firm.clone())).filterable().sortable())
        .column(
            Column::new("code", "统一社会信用代码", |row: &Row| Cell::text(row.funding.firm.to_string())).filterable(),
        )
        .column(
            Column::new("department", "资金来源部门", |row: &Row| Cell::text(row.funding.department.clone()))
                .filterable()
                .sortable(),
        )
        .column(
            Column::new("programme", "资金名称", |row: &Row| Cell::text(row.funding.programme.clone())).filterable(),
        )
        .column(Column::new("document", "下达文号", |row: &Row| Cell::text(row.funding.document.clone())).filterable())
        .column(Column::new("amount", "金额", |row: &Row| row.funding.amount.into()).money().sortable().filterable())
        .column(
            Column::new("on", "下达日期", |row: &Row| Cell::Date(row.funding.on))
                .kind(Kind::Date)
                .sortable()
                .filterable(),
        )
        .column(
            Column::new("supports", "所支持的发票和借款", |row: &Row| {
                if row.supports.is_empty() { Cell::None } else { Cell::text(row.supports.clone()) }
            })
            .filterable(),
        )
        .column(
            Column::new("cases", "本系统办件", |row: &Row| Cell::Count(row.cases as i64))
                .kind(Kind::Count)
                .unit("件")
                .sortable(),
        )
        .finish()
}

/// The register.
pub async fn list(counter: Counter, page: Page) -> Answer {
    let imports = counter.as_of.is_now() && counter.visitor.role().is_some_and(|role| IMPORTERS.contains(&role));
    let links = [("导入清单", "/other-funding/import")].into_iter().filter(|_| imports);
    show_register(&counter, page, &register(), buttons(links.chain([("此前拨款", "/earlier-payments")]))?)
}
