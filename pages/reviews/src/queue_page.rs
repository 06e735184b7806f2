//! 待办: the cases that wait for whoever looks, most pressing first.

use askama::Template;
use kernel::Role;
use register::Light;
use web::{Answer, Counter, Empty, Failure, Page};

use cases_pages::case_head::{deadline_light, number, official_path};
use cases_pages::viewer::firm_name;

/// Those whom cases may wait for.
pub const HANDLERS: &[Role] = &[Role::DistrictOfficer, Role::CityOfficer, Role::Finance, Role::Expert, Role::AuditFirm];

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePage {
    rows: Vec<Row>,
    mine: usize,
    nothing: Empty,
}

struct Row {
    number: String,
    href: String,
    firm: String,
    call: String,
    step: &'static str,
    light: Light,
    due: String,
    barred: Option<String>,
}

/// What waits.
pub async fn queue(counter: Counter, page: Page) -> Answer {
    if !counter.as_of.is_now() {
        return Err(Failure::Unacceptable("待办只看今天，请去掉截至日期。".into()));
    }
    let (state, day, context) = (counter.state()?, counter.as_of.day(), counter.context()?);
    let waiting = cases::view::queue(&state.cases, &context);
    let row = |waiting: cases::view::Waiting| {
        let case = state.cases.case(waiting.case)?;
        Some(Row {
            number: number(case),
            href: official_path(case),
            firm: firm_name(&state, case.applicant.firm),
            call: state.cases.call(case.call).map(|call| call.terms.title.clone()).unwrap_or_default(),
            step: waiting.step,
            light: deadline_light(&state, waiting.due, day),
            due: waiting.due.due.to_string(),
            barred: waiting.barred,
        })
    };
    let rows: Vec<_> = waiting.into_iter().filter_map(row).collect();
    let mine = rows.iter().filter(|row| row.barred.is_none()).count();
    let nothing = Empty::new("没有待办", "目前没有等待您办理的办件。").action("看办件台账", "/cases");
    page.title("待办").crumb("办件", "/cases").show(&QueuePage { rows, mine, nothing })
}
