//! The receipt of a claim: its number, when it came in, what was sent, who does what next by when.

use askama::Template;
use axum::extract::Path;
use cases::CaseId;
use web::{Answer, Counter, Page};

use super::my_case::{NextStep, found, next_steps};
use super::step::title_of;
use cases_pages::case_head::number;

#[derive(Template)]
#[template(path = "receipt.html")]
struct Receipt {
    number: String,
    firm: String,
    call: String,
    applied: String,
    received: String,
    sequence: String,
    version: usize,
    next: Vec<NextStep>,
    files: Vec<(String, String, String)>,
    href: String,
}

/// For whoever sent it, to be printed.
pub async fn receipt(counter: Counter, Path((firm, case)): Path<(String, CaseId)>, page: Page) -> Answer {
    let state = counter.state()?;
    let (case, call) = found(&counter, &state, &firm, case)?;
    let version = case.versions.last();
    let material = case.material();
    let files = material.iter().flat_map(|material| &material.items).flat_map(|(item, files)| {
        let title = title_of(call, item);
        files.iter().map(move |file| (title.clone(), file.name.clone(), file.digest.to_string()))
    });
    let content = Receipt {
        number: number(case),
        firm: state.organisation_name(&case.applicant.firm.into()),
        call: call.terms.title.clone(),
        applied: material.map(|material| material.applied.to_string()).unwrap_or_default(),
        received: version.map(|version| kernel::date::minute(version.recorded.at)).unwrap_or_default(),
        sequence: version.map(|version| version.recorded.sequence.to_string()).unwrap_or_default(),
        version: case.versions.len(),
        next: next_steps(&state, case, counter.as_of.day()),
        files: files.collect(),
        href: format!("/my-cases/{}/{}", case.applicant.firm, case.id),
    };
    page.title("申报回执").crumb("我的办件", "/my-cases").show(&content)
}
