//! Files that filings name as proof.

use axum::extract::Path;
use kernel::{Digest, Evidence};
use web::{Answer, Counter, Failure};

use crate::registers::may_see;

/// A kept file, for whoever may see a filing that names it. Always downloaded, never shown inside the page.
pub async fn kept_file(counter: Counter, Path(digest): Path<String>) -> Answer {
    let digest: Digest = digest.parse().map_err(|_| Failure::not_found())?;
    let (state, viewer, day) = (counter.state()?, counter.visitor.viewer(), counter.as_of.day());
    let visible = state.enterprise.filings().filter(|filing| may_see(&state, &viewer, filing.firm, day));
    let named: Option<Evidence> = visible
        .flat_map(|filing| &filing.submissions)
        .flat_map(|submission| &submission.material.evidence)
        .find(|evidence| evidence.digest == digest)
        .cloned();
    let evidence = named.ok_or_else(Failure::not_found)?;
    let content = counter.hall.file(&digest).await?;
    Ok(web::file(content, "application/octet-stream", &evidence.name))
}
