//! How much there is on the desk, for whoever watches the machine.

use super::{Desk, DeskError};

/// Counts, and nothing of whom or what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Sessions that have not ended.
    pub sessions: u64,
    /// Jobs by their state.
    pub jobs: Vec<(String, u64)>,
    /// Messages in the outbox that no channel took yet.
    pub undelivered: u64,
}

impl Desk {
    /// Counts what there is.
    pub async fn census(&self) -> Result<Census, DeskError> {
        let count = |sql: &'static str| async move {
            let counted: i64 = sqlx::query_scalar(sql).fetch_one(self.readers()).await?;
            Ok::<_, sqlx::Error>(counted.unsigned_abs())
        };
        let jobs = sqlx::query_as("select state, count(*) from job group by state order by state");
        let jobs: Vec<(String, i64)> = jobs.fetch_all(self.readers()).await?;
        Ok(Census {
            sessions: count("select count(*) from session").await?,
            jobs: jobs.into_iter().map(|(state, count)| (state, count.unsigned_abs())).collect(),
            undelivered: count("select count(*) from outbox where delivered_at is null").await?,
        })
    }
}
