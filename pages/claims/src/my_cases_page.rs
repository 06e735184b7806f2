//! All cases of a firm, those first that wait for it.

use askama::Template;
use cases::Case;
use kernel::Date;
use office::State;
use register::Light;
use web::{Answer, Counter, Empty, Page};

use super::claiming::own_firm;
use super::my_case::{NextStep, next_steps};
use cases_pages::case_head::{number, stage_light};

#[derive(Template)]
#[template(path = "my_cases.html")]
struct MyCases {
    firm: String,
    rows: Vec<Row>,
    open: Vec<(String, String, String)>,
    empty: Option<Empty>,
}

struct Row {
    href: String,
    number: String,
    call: String,
    stage: Light,
    applied: String,
    decided: String,
    paid: String,
    next: Vec<NextStep>,
}

fn row(state: &State, case: &Case, day: Date) -> Row {
    let call = state.cases.call(case.call).map(|call| call.terms.title.clone()).unwrap_or_default();
    let decided = case.stage.award().map(|award| award.amount.to_string()).unwrap_or_default();
    let paid = case.purse.net();
    Row {
        href: format!("/my-cases/{}/{}", case.applicant.firm, case.id),
        number: number(case),
        call,
        stage: stage_light(case.stage.kind()),
        applied: case.material().map(|material| material.applied.to_string()).unwrap_or_default(),
        decided,
        paid: if paid == kernel::Money::ZERO { String::new() } else { paid.to_string() },
        next: next_steps(state, case, day),
    }
}

/// The firm's own.
pub async fn my_cases(counter: Counter, page: Page) -> Answer {
    let (state, day, firm) = (counter.state()?, counter.as_of.day(), own_firm(&counter)?);
    let mut cases: Vec<_> = state.cases.cases_of_firm(firm).collect();
    let waits = |case: &Case| next_steps(&state, case, day).iter().any(|next| next.who.is_none());
    cases.sort_by_key(|case| (!waits(case), std::cmp::Reverse(case.received)));
    let rows: Vec<_> = cases.into_iter().map(|case| row(&state, case, day)).collect();
    let empty = rows.is_empty().then(|| {
        Empty::new("还没有办件", "提交申报后，办到哪一步、谁在办、什么时候办完，都在这里看。")
            .action("看看可以申报什么", "/calls")
    });
    let open = cases::view::open_to(&state.cases, firm, day).map(|call| {
        let until = format!("{} 截止", call.terms.window.until());
        (call.terms.title.clone(), format!("/calls/{}", call.id), until)
    });
    let open = open.collect();
    let firm = state.organisation_name(&firm.into());
    page.title("我的办件").show(&MyCases { firm, rows, open, empty })
}
