//! The rows of a long register are made when they are shown.
#![allow(clippy::unwrap_used)]

use std::cell::Cell as Counter;

use register::{Cell, Column, Found, Query, Register, Viewer};

thread_local! {
    static MADE: Counter<usize> = const { Counter::new(0) };
}

struct Row(i64);

fn found<'a>(state: &'a [i64; 300], _: &Viewer) -> Found<'a, Row> {
    Found::each(state.iter().collect(), |number: &&i64| {
        MADE.set(MADE.get() + 1);
        Some(Row(**number))
    })
}

fn numbers(long: bool) -> Register<[i64; 300]> {
    let declared = if long {
        Register::declare_long("numbers", "数", "示例数据。", found)
    } else {
        Register::declare("numbers", "数", "示例数据。", |state: &[i64; 300], _| {
            state.iter().map(|n| Row(*n)).collect()
        })
    };
    declared
        .column(Column::new("number", "数", |row: &Row| Cell::Count(row.0)).kind(register::Kind::Count).sortable())
        .column(Column::new("last", "末位", |row: &Row| Cell::text((row.0 % 10).to_string())).filterable())
        .finish()
}

/// What a query shows of the long register, and how many rows were made for it.
fn shown(query: &str) -> (register::Page, usize) {
    let (state, viewer) = (std::array::from_fn(|place| (place as i64 * 7) % 300), Viewer::default());
    let [long, short] = [true, false].map(numbers);
    let asked = Query::parse(&long, &viewer, query);
    assert_eq!(asked.problems, Vec::<String>::new());
    MADE.set(0);
    let page = long.page(&state, &viewer, &asked);
    assert_eq!(page, short.page(&state, &viewer, &asked), "{query}: a long register shows what a short one shows");
    (page, MADE.get())
}

#[test]
fn a_page_in_its_own_order_makes_only_its_rows() {
    assert_eq!(shown("").1, 50);
    let (last, made) = shown("page=15&size=20");
    assert_eq!((last.rows.len(), last.number, last.pages, made), (20, 15, 15, 20));
    let (past, made) = shown("page=99&size=200");
    assert_eq!((past.rows.len(), past.number, made), (100, 2, 100));
}

#[test]
fn what_is_asked_of_all_rows_makes_all() {
    let (sorted, made) = shown("sort=-number&size=20");
    assert_eq!((sorted.rows[0][0].clone(), made), (Cell::Count(299), 300));
    let (filtered, made) = shown("last=3");
    assert_eq!((filtered.matching, filtered.total, made), (30, 300, 300));
}
