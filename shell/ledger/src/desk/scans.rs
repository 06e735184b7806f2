//! What a virus scanner said of kept files. A file of which nothing stands here was not looked at.

use kernel::{Digest, Timestamp};

use super::{Desk, DeskError, stored};

/// The table of scans.
pub struct Scans<'a>(pub(super) &'a Desk);

impl Scans<'_> {
    /// Notes what was said of a file, in place of what was said before.
    pub async fn note(&self, file: Digest, verdict: &str, at: Timestamp) -> Result<(), DeskError> {
        let query = sqlx::query("insert or replace into scan values (?, ?, ?)");
        let query = query.bind(&file.as_bytes()[..]).bind(verdict).bind(stored(at));
        query.execute(&mut *self.0.writer().await).await?;
        Ok(())
    }

    /// What was said of a file last.
    pub async fn of(&self, file: Digest) -> Result<Option<String>, DeskError> {
        let query = sqlx::query_scalar("select verdict from scan where file = ?").bind(&file.as_bytes()[..]);
        Ok(query.fetch_optional(self.0.readers()).await?)
    }
}
