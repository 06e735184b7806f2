//! The page for what went wrong.

use std::sync::Arc;

use askama::Template;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use data_encoding::BASE32_NOPAD;
use kernel::refusal::RefusalKind;
use ledger::access::What;

use crate::failure::Failure;
use crate::markup::Markup;
use crate::page::{Page, Visit};
use crate::ports::AccessBy;

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage<'a> {
    failure: &'a Failure,
    reference: Option<String>,
    can_look_now: bool,
    path: &'a str,
}

/// Shows it inside the layout, and tells the logs.
pub(crate) async fn show(visit: &Arc<Visit>, failure: &Failure) -> Response {
    let reference = match failure {
        Failure::Fault(detail) => {
            let reference = new_reference();
            tracing::error!(%reference, path = %visit.path, %detail, "fault");
            Some(reference)
        }
        _ => None,
    };
    if matches!(failure, Failure::Forbidden(_) | Failure::Foreign) {
        let (kind, reason) = (RefusalKind::NotAllowed, failure.advice().into_owned());
        let refused = What::Refused { kind, reason, path: visit.path.clone() };
        if let Err(error) = visit.shell.tell(AccessBy::Who(visit.visitor.who()), refused).await {
            tracing::error!(%error, "a refusal could not be recorded");
        }
    }
    let bare = failure.clone().into_response();
    let kept: HeaderMap = bare.headers().clone();
    let content = FailurePage { failure, reference, can_look_now: visit.query.contains("as_of="), path: &visit.path };
    let page = Page::new(visit.clone()).title(failure.title()).status(failure.status());
    match Markup::of(&content).and_then(|content| page.with(content)) {
        Ok(mut response) => {
            response.headers_mut().extend(
                kept.into_iter()
                    .filter(|(name, _)| name.as_ref().is_some_and(|name| *name == axum::http::header::RETRY_AFTER)),
            );
            response
        }
        Err(error) => {
            tracing::error!(%error, "the page for a failure could not be made");
            bare
        }
    }
}

/// Short enough to be read out on the telephone.
fn new_reference() -> String {
    let mut bytes = [0; 5];
    // Without randomness every reference is the same; the log line is still found by its time.
    let _ = getrandom::fill(&mut bytes);
    BASE32_NOPAD.encode(&bytes)
}
