//! Runs belong to the firm that asked for them: to everybody else there are none.

use std::path::PathBuf;

use kernel::OrganisationId;
use office::workbench::{Job, JobId, JobState};
use web::{Counter, Failure};

use crate::order::Order;
use crate::worker::KIND;

/// A run of the visitor's own firm.
pub struct Run {
    /// How far it is.
    pub job: Job,
    /// Where its results are.
    pub folder: PathBuf,
    /// What was asked.
    pub order: Order,
}

impl Run {
    /// Its id as it stands in addresses.
    pub fn id(&self) -> String {
        self.job.job.id.to_string()
    }

    /// Where it is seen.
    pub fn path(&self) -> String {
        path(self.job.job.id)
    }

    /// Whether there are results.
    pub fn is_done(&self) -> bool {
        self.job.state == JobState::Done
    }
}

/// Where a run is seen.
pub fn path(id: JobId) -> String {
    format!("/simulation/runs/{id}")
}

/// The firm whose runs the visitor sees.
pub fn firm(counter: &Counter) -> Result<OrganisationId, Failure> {
    counter.visitor.organisation().cloned().ok_or_else(Failure::not_found)
}

/// A run by its id, if it is the visitor's firm's own.
pub async fn run(counter: &Counter, id: &str) -> Result<Run, Failure> {
    let id: JobId = id.parse().map_err(|_| Failure::not_found())?;
    let found = counter.hall.workbench().get(&firm(counter)?, KIND, id).await?;
    let (job, folder) = found.ok_or_else(Failure::not_found)?;
    let order = serde_json::from_str(&job.job.input).map_err(|error| Failure::Fault(format!("{id}: {error}")))?;
    Ok(Run { job, folder, order })
}
