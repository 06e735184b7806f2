//! Files that reports, baselines and judgements name as proof.

use axum::extract::Path;
use kernel::{Digest, Evidence};
use plan::progress::ReportEvent;
use web::{Answer, Counter, Failure};

use crate::view::View;

/// A kept file that a record of the plan names. Always downloaded, never shown inside the page.
pub async fn kept_file(counter: Counter, Path(digest): Path<String>) -> Answer {
    let digest: Digest = digest.parse().map_err(|_| Failure::not_found())?;
    let view = View::on(&counter)?;
    let evidence = named(&view, digest).ok_or_else(Failure::not_found)?;
    let content = counter.hall.file(&digest).await?;
    Ok(web::file(content, "application/octet-stream", &evidence.name))
}

fn named(view: &View, digest: Digest) -> Option<Evidence> {
    let plan = &view.state.plan;
    let reports = plan.reports().flat_map(|(_, record)| &record.history).filter_map(|(_, event)| match event {
        ReportEvent::Submitted(progress) => Some(&progress.evidence),
        ReportEvent::Accepted | ReportEvent::Returned { .. } => None,
    });
    let goals = || view.plan.goals.iter();
    let baselines = goals().filter_map(|goal| plan.baseline(&view.key, &goal.key)).flat_map(|record| {
        let entries = record.signed_off.iter().map(|signed| &signed.entry).chain(&record.proposed);
        entries.map(|entry| &entry.baseline.evidence)
    });
    let about_goals = goals().map(|goal| plan::judgement::About::Goal(goal.key.clone()));
    let about_tasks = view.plan.tasks.iter().map(|task| plan::judgement::About::Task(task.anchor.clone()));
    let judgements = about_goals.chain(about_tasks).filter_map(|about| plan.judgement(&view.key, &about));
    let judgements = judgements.flat_map(|record| record.given.iter().map(|(_, judgement)| &judgement.evidence));
    reports.chain(baselines).chain(judgements).flatten().find(|evidence| evidence.digest == digest).cloned()
}
