//! Settling a call (汇总测算): who would get what, before it is done.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use cases::Call;
use cases::call::{Act, preview};
use kernel::Money;
use office::State;
use web::{Answer, Counter, Draft, Form, Page, go};

use super::shown::found_in_charge;
use cases_pages::viewer::firm_name;

struct ShareRow {
    rank: u32,
    firm: String,
    href: String,
    score: Option<String>,
    award: Money,
    share: Money,
    cut: Money,
    waits: bool,
}

#[derive(Template)]
#[template(path = "settle.html")]
struct SettlePage {
    id: String,
    title: String,
    method: &'static str,
    available: Money,
    asked: Money,
    given: Money,
    cut: Money,
    left: Money,
    rows: Vec<ShareRow>,
    on_the_way: usize,
    barred: Vec<(String, String)>,
    unassessed: usize,
    draft: Draft,
}

/// Points with their hundredths.
pub fn score_text(hundredths: u32) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn show(state: &State, counter: &Counter, page: Page, call: &Call, draft: Draft) -> Answer {
    let (settlement, shares) = preview(&state.cases, call);
    let rows = shares.iter().filter_map(|share| {
        let case = state.cases.case(share.case)?;
        let award = case.assessment.map(|assessment| assessment.award).unwrap_or_default();
        Some(ShareRow {
            rank: share.rank,
            firm: firm_name(state, case.applicant.firm),
            href: cases_pages::case_head::official_path(case),
            score: case.score.map(score_text),
            award,
            share: share.share,
            cut: award - share.share,
            waits: share.share == Money::ZERO,
        })
    });
    let context = counter.context()?;
    let waiting = || state.cases.cases_of(call.id).filter(|case| case.stage.waits_for_settlement());
    let barred = waiting().filter_map(|case| {
        // Whoever recommended a case may settle it; whoever is related may not.
        let organisation = counter.visitor.organisation()?;
        let person = context.actor.person()?;
        let why = cases::meeting::must_leave(&context, case, person, organisation)?;
        Some((firm_name(state, case.applicant.firm), why))
    });
    let status = if draft.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let content = SettlePage {
        id: call.id.to_string(),
        title: call.terms.title.clone(),
        method: settlement.reduction.label(),
        available: settlement.available,
        asked: settlement.asked,
        given: settlement.given,
        cut: settlement.asked - settlement.given,
        left: settlement.available.saturating_less(settlement.given),
        rows: rows.collect(),
        on_the_way: state.cases.cases_of(call.id).filter(|case| case.stage.is_under_review()).count(),
        barred: barred.collect(),
        unassessed: waiting().filter(|case| case.assessment.is_none()).count(),
        draft: draft.revision(call.revision),
    };
    let page = page.title("汇总测算").status(status);
    page.crumb(call.terms.title.clone(), format!("/calls/{}/desk", call.id)).show(&content)
}

/// What settling would give.
pub async fn ask(counter: Counter, Path(key): Path<String>, page: Page) -> Answer {
    let state = counter.state()?;
    let call = found_in_charge(&state, &counter, &key)?;
    let draft = page.form();
    show(&state, &counter, page, call, draft)
}

/// Settles.
pub async fn settle(counter: Counter, Path(key): Path<String>, page: Page, form: Form<()>) -> Answer {
    let state = counter.state()?;
    let call = found_in_charge(&state, &counter, &key)?;
    let Form { draft, command, revision, .. } = form;
    let act = cases::Command::Call { call: call.id, expected: revision, act: Act::Settle };
    match draft.unless_done(counter.submit(command, act).await)? {
        Some(draft) => show(&state, &counter, page, call, draft),
        None => Ok(go(&format!("/calls/{}/desk", call.id))),
    }
}
