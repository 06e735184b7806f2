//! Files that a firm's records name as proof.

use axum::extract::Path;
use enterprise::FirmFile;
use kernel::{Digest, Evidence};
use office::State;
use web::{Answer, Counter, Failure};

use crate::registers::may_see;

/// A kept file, for whoever may see the firm whose file, filings or authorisations name it. Always downloaded, never
/// shown inside the page.
pub async fn kept_file(counter: Counter, Path(digest): Path<String>) -> Answer {
    let digest: Digest = digest.parse().map_err(|_| Failure::not_found())?;
    let (state, viewer, day) = (counter.state()?, counter.visitor.viewer(), counter.as_of.day());
    let visible = state.enterprise.firms().filter(|file| may_see(&state, &viewer, file.code, day));
    let named: Option<Evidence> = visible.flat_map(|file| evidence(&state, file)).find(|one| one.digest == digest);
    let evidence = named.ok_or_else(Failure::not_found)?;
    let content = counter.hall.file(&digest).await?;
    Ok(web::file(content, "application/octet-stream", &evidence.name))
}

/// Everything a firm's records name as proof.
fn evidence(state: &State, file: &FirmFile) -> Vec<Evidence> {
    let of_file = file.history.iter().flat_map(|entry| entry.evidence.iter().cloned());
    let filings = state.enterprise.years().flat_map(|year| state.enterprise.filings_of_year(file.code, year));
    let of_filings = filings.flat_map(|filing| &filing.submissions);
    let of_filings = of_filings.flat_map(|submission| submission.material.evidence.iter().cloned());
    let of_rights = state.accounts.timeline(file.code).into_iter().flat_map(|step| step.evidence);
    of_file.chain(of_filings).chain(of_rights).collect()
}
