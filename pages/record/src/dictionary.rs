//! 数据字典: every column of every register, as a register of its own.

use std::sync::Arc;

use axum::Extension;
use kernel::Role;
use office::State;
use register::{Cell, Column, Register, Viewer};
use web::{Answer, Counter, Markup, Page, RouteCard, Who, show_register};

use crate::Shown;

/// One column of one register.
#[derive(Clone)]
struct Row {
    register: String,
    href: Option<String>,
    readers: String,
    heading: register::Heading,
}

/// Declared from the declarations of the others.
pub fn register(shown: &Shown) -> Register<State> {
    let rows_of = |register: &Register<State>| {
        let card = shown.card(register.key);
        let row = |heading: &register::Heading| Row {
            register: register.title.to_string(),
            href: card.map(|card| card.pattern.to_owned()),
            readers: card.map_or_else(String::new, readers),
            heading: heading.clone(),
        };
        register.headings().iter().map(row).collect::<Vec<_>>()
    };
    let described: Vec<Row> = shown.registers.iter().flat_map(rows_of).collect();
    let titles: Vec<String> = shown.registers.iter().map(|register| register.title.to_string()).collect();
    let rows = move |_: &State, _: &Viewer| described.clone();
    let about =
        "全部台账的每一列：名称、单位、含义、谁可以看。由台账的声明生成，与页面、Excel、CSV、JSON 和 SQLite 导出一致。";
    Register::declare("dictionary", "数据字典", about, rows)
        .column(
            Column::new("register", "台账", |row: &Row| match &row.href {
                Some(href) => Cell::link(row.register.clone(), href.clone()),
                None => Cell::text(row.register.clone()),
            })
            .choices(titles)
            .sortable()
            .describe("台账的标题，指向它的页面。"),
        )
        .column(
            Column::new("label", "列", |row: &Row| Cell::text(row.heading.label.to_string()))
                .filterable()
                .describe("页面、Excel 和 CSV 的表头。"),
        )
        .column(
            Column::new("key", "键", |row: &Row| Cell::text(row.heading.key))
                .filterable()
                .describe("地址、JSON 和 SQLite 中的列名，不随表头改变。"),
        )
        .column(Column::new("kind", "类型", |row: &Row| Cell::text(row.heading.kind.label())).filterable())
        .column(Column::new("unit", "单位", |row: &Row| row.heading.unit.map_or(Cell::None, Cell::text)))
        .column(
            Column::new("visibility", "谁可以看这一列", |row: &Row| Cell::text(row.heading.visibility.label()))
                .filterable()
                .describe("不能看的人，在任何格式中都没有这一列。"),
        )
        .column(
            Column::new("readers", "谁可以打开台账", |row: &Row| Cell::text(row.readers.clone()))
                .filterable()
                .describe("打开以后看到哪些行，还取决于所属的区县或企业。"),
        )
        .column(Column::new("query", "筛选与排序", |row: &Row| {
            let able = [(row.heading.filterable, "可筛选"), (row.heading.sortable, "可排序")];
            let words: Vec<_> = able.iter().filter(|(able, _)| *able).map(|(_, word)| *word).collect();
            Cell::text(words.join("、"))
        }))
        .column(
            Column::new("description", "说明", |row: &Row| Cell::text(row.heading.description.to_string()))
                .filterable(),
        )
        .finish()
}

/// Who may open a route, in words.
pub fn readers(card: &RouteCard) -> String {
    match card.who {
        Who::Public => "公开".to_owned(),
        Who::SignedIn => "登录用户".to_owned(),
        Who::Roles(roles) => roles.iter().map(|role| Role::label(*role)).collect::<Vec<_>>().join("、"),
    }
}

/// The page.
pub async fn show(counter: Counter, page: Page, Extension(register): Extension<Arc<Register<State>>>) -> Answer {
    show_register(&counter, page, &register, Markup::default())
}
