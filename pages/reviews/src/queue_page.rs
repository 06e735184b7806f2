//! 待办: the cases that wait for whoever looks, most pressing first, a page at a time like every register.

use askama::Template;
use cases::Case;
use cases::view::Waiting;
use kernel::{Date, Role};
use office::State;
use register::{Cell, Column, Found, Kind, Query, Register, Viewer};
use web::{Answer, Counter, Empty, Failure, Markup, Page, RegisterTable, show_rows};

use cases_pages::case_head::{deadline_light, number, official_path};
use cases_pages::viewer::firm_name;

/// Those whom cases may wait for.
pub const HANDLERS: &[Role] = &[Role::DistrictOfficer, Role::CityOfficer, Role::Finance, Role::Expert, Role::AuditFirm];

/// What waits for one person on a day.
struct Queue {
    state: State,
    day: Date,
    waiting: Vec<Waiting>,
}

struct Row {
    number: Cell,
    firm: String,
    call: String,
    step: &'static str,
    due: Date,
    standing: Cell,
    barred: Option<String>,
}

impl Queue {
    fn row(&self, waiting: &Waiting) -> Option<Row> {
        let case: &Case = self.state.cases.case(waiting.case)?;
        Some(Row {
            number: Cell::link(number(case), official_path(case)),
            firm: firm_name(&self.state, case.applicant.firm),
            call: self.state.cases.call(case.call).map(|call| call.terms.title.clone()).unwrap_or_default(),
            step: waiting.step,
            due: waiting.due.due,
            standing: deadline_light(&self.state, waiting.due, self.day).into(),
            barred: waiting.barred.clone(),
        })
    }
}

fn found<'a>(queue: &'a Queue, _: &Viewer) -> Found<'a, Row> {
    Found::each(queue.waiting.iter().collect(), |waiting: &&Waiting| queue.row(waiting))
}

/// Only of one person's: it stands in no list of registers.
fn register() -> Register<Queue> {
    Register::declare_long("reviews", "待办", "等待本人办理的办件，按时限排列，最急的在前。", found)
        .column(Column::new("number", "办件编号", |row: &Row| row.number.clone()).filterable().sortable())
        .column(Column::new("firm", "企业", |row: &Row| Cell::text(row.firm.clone())).filterable().sortable())
        .column(Column::new("call", "申报批次", |row: &Row| Cell::text(row.call.clone())).filterable().sortable())
        .column(Column::new("step", "要办的事", |row: &Row| Cell::text(row.step)).filterable().sortable())
        .column(
            Column::new("due", "办理时限", |row: &Row| Cell::Date(row.due)).kind(Kind::Date).sortable().filterable(),
        )
        .column(Column::new("standing", "剩余", |row: &Row| row.standing.clone()).kind(Kind::Light))
        .column(
            Column::new("barred", "须由他人办理", |row: &Row| row.barred.clone().map_or(Cell::None, Cell::text))
                .describe("本人应当回避，或上一环节由本人办理的原因"),
        )
        .finish()
}

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePage<'a> {
    waiting: usize,
    mine: usize,
    nothing: Empty,
    table: RegisterTable<'a>,
}

/// What waits.
pub async fn queue(counter: Counter, page: Page) -> Answer {
    if !counter.as_of.is_now() {
        return Err(Failure::Unacceptable("待办只看今天，请去掉截至日期。".into()));
    }
    let (state, day, context) = (counter.state()?, counter.as_of.day(), counter.context()?);
    let waiting = cases::view::queue(&state.cases, &context);
    let mine = waiting.iter().filter(|waiting| waiting.barred.is_none()).count();
    let queue = Queue { state, day, waiting };
    let register = register();
    let query = Query::parse(&register, &counter.visitor.viewer(), page.query());
    let page = page.title("待办").crumb("办件", "/cases");
    let nothing = Empty::new("没有待办", "目前没有等待您办理的办件。").action("看办件台账", "/cases");
    show_rows(&counter, page, &register, &queue, &query, |table| {
        Markup::of(&QueuePage { waiting: queue.waiting.len(), mine, nothing, table })
    })
}
