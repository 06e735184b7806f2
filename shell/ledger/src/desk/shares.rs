//! Links by which a customer without an account reads the outcome of a firm's work, until a day or until revoked.

use kernel::{Digest, Timestamp};
use sqlx::Row;
use uuid::Uuid;

use super::jobs::{job_of, key};
use super::{Desk, DeskError, Job, JobId, stored};
use crate::crypto::{self, CryptoError};
use crate::database::{self, instant};

/// The secret part of a link: 128 bits that nobody guesses. Only its digest is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareToken(String);

impl ShareToken {
    /// A new one.
    pub fn random() -> Result<Self, CryptoError> {
        Ok(Self(Uuid::from_bytes(*crypto::random()?).simple().to_string()))
    }

    /// As somebody typed or followed it.
    pub fn typed(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// As it stands in the link.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is stored of it, and what names it to its owner.
    pub fn digest(&self) -> Digest {
        Digest::of_parts([b"share:", self.0.as_bytes()])
    }
}

/// A link as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Digest of its token.
    pub digest: Digest,
    /// To which job.
    pub job: JobId,
    /// For whom, in the owner's words.
    pub label: String,
    /// Since when.
    pub created_at: Timestamp,
    /// Works until then.
    pub until: Timestamp,
}

/// The table of links.
pub struct Shares<'a>(pub(super) &'a Desk);

impl Shares<'_> {
    /// Makes a link.
    pub async fn create(&self, share: &Share) -> Result<(), DeskError> {
        let sql = "insert into share (token, job, label, created_at, until) values (?, ?, ?, ?, ?)";
        let query = sqlx::query(sql).bind(&share.digest.as_bytes()[..]).bind(key(share.job)).bind(&share.label);
        let query = query.bind(stored(share.created_at)).bind(stored(share.until));
        query.execute(&mut *self.0.writer().await).await?;
        Ok(())
    }

    /// The job a link leads to at this instant.
    pub async fn follow(&self, token: &ShareToken, now: Timestamp) -> Result<Option<Job>, DeskError> {
        let sql = "select job.* from share join job on job.id = share.job where share.token = ? and share.until > ?";
        let digest = token.digest();
        let query = sqlx::query(sql).bind(&digest.as_bytes()[..]).bind(stored(now));
        let row = query.fetch_optional(self.0.readers()).await?;
        Ok(row.map(|row| job_of(&row)).transpose()?)
    }

    /// The links to a job, newest first, those that ran out too.
    pub async fn of(&self, job: JobId) -> Result<Vec<Share>, DeskError> {
        let query = sqlx::query("select * from share where job = ? order by created_at desc, token").bind(key(job));
        let rows = query.fetch_all(self.0.readers()).await?;
        let share = |row: &sqlx::sqlite::SqliteRow| -> Result<Share, sqlx::Error> {
            Ok(Share {
                digest: database::digest(row.try_get("token")?)?,
                job,
                label: row.try_get("label")?,
                created_at: instant(row.try_get("created_at")?),
                until: instant(row.try_get("until")?),
            })
        };
        Ok(rows.iter().map(share).collect::<Result<_, _>>()?)
    }

    /// Ends a link of this job at once.
    pub async fn revoke(&self, job: JobId, digest: &Digest) -> Result<(), DeskError> {
        let query = sqlx::query("delete from share where job = ? and token = ?");
        let query = query.bind(key(job)).bind(&digest.as_bytes()[..]);
        query.execute(&mut *self.0.writer().await).await?;
        Ok(())
    }
}
