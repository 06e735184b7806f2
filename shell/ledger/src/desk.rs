//! The desk: what may be lost or forgotten without the record suffering. Credentials, sessions, drafts, messages on
//! their way, jobs under way. Times are passed in.
//!
//! Everything is in one database file of its own. What is personal in it is sealed under its person's key in the vault,
//! so that erasing the person also erases it in backups made before; [`Desk::forget`] removes what concerns a person.

mod census;
mod credentials;
mod drafts;
mod jobs;
mod messages;
mod scans;
mod sessions;
mod shares;

use std::path::Path;
use std::sync::Arc;

use kernel::{PersonId, Timestamp};
use sqlx::SqliteConnection;
use tokio::sync::MutexGuard;

pub use census::Census;
pub use credentials::{Attempts, Credential, Credentials};
pub use drafts::{Drafts, FormDraft};
pub use jobs::{Job, JobId, JobState, Jobs, Lease, NewJob, Order};
pub use messages::{InboxMessage, Messages, OutboxMessage, Outgoing};
pub use scans::Scans;
pub use sessions::{Grant, Session, Sessions};
pub use shares::{Share, ShareToken, Shares};

use crate::database::{self, Database, OpenError, Schema};
use crate::vault::{Subject, Vault, VaultError};

const SCHEMA: Schema = Schema { version: 4, create: include_str!("desk/schema.sql") };

/// A desk table could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The database answered with an error.
    #[error("工作台数据库出错：{0}。请检查磁盘空间与文件权限。")]
    Database(#[from] sqlx::Error),
    /// The log-in name is taken, or the person has one already.
    #[error("登录名“{0}”已被使用，请换一个登录名。")]
    LoginTaken(String),
    /// What is sealed could not be sealed or opened.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// What was sealed is not what was to be sealed: the file was altered by another program.
    #[error("工作台中的一条记录内容损坏。请从备份恢复，或联系维护者。")]
    Damaged,
}

/// The desk tables.
pub struct Desk {
    database: Database,
    vault: Arc<Vault>,
}

impl Desk {
    pub(crate) async fn open(path: &Path, vault: Arc<Vault>) -> Result<Self, OpenError> {
        Ok(Self { database: Database::open(path, &SCHEMA).await?, vault })
    }

    /// Log-in names, password hashes and second factors.
    pub fn credentials(&self) -> Credentials<'_> {
        Credentials(self)
    }

    /// Who is signed in.
    pub fn sessions(&self) -> Sessions<'_> {
        Sessions(self)
    }

    /// Forms begun and not yet sent.
    pub fn drafts(&self) -> Drafts<'_> {
        Drafts(self)
    }

    /// Messages to people: on their way out, and in their inbox.
    pub fn messages(&self) -> Messages<'_> {
        Messages(self)
    }

    /// Long work.
    pub fn jobs(&self) -> Jobs<'_> {
        Jobs(self)
    }

    /// Links to the outcome of long work.
    pub fn shares(&self) -> Shares<'_> {
        Shares(self)
    }

    /// What a virus scanner said of kept files.
    pub fn scans(&self) -> Scans<'_> {
        Scans(self)
    }

    /// Removes everything that concerns a person, so that the file's bytes no longer hold it. What they asked for on
    /// behalf of an organisation stays the organisation's, asked for by nobody.
    pub async fn forget(&self, person: PersonId) -> Result<(), DeskError> {
        let mut writer = self.writer().await;
        let mut transaction = sqlx::Connection::begin(&mut *writer).await?;
        for statement in [
            "delete from credential where person = ?",
            "delete from session where person = ?",
            "delete from draft where owner = ?",
            "delete from outbox where recipient = ?",
            "delete from inbox where person = ?",
            "update job set owner = zeroblob(16) where owner = ?",
        ] {
            sqlx::query(statement).bind(id(person)).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        drop(writer);
        self.database.settle().await?;
        Ok(())
    }

    async fn seal(&self, person: PersonId, place: &str, plain: &[u8]) -> Result<Vec<u8>, DeskError> {
        Ok(self.vault.seal_for(Subject::from(person), place, plain).await?)
    }

    fn opened(&self, person: PersonId, place: &str, sealed: &[u8]) -> Result<String, DeskError> {
        let plain = self.vault.open_for(Subject::from(person), place, sealed)?;
        String::from_utf8(plain.to_vec()).map_err(|_| DeskError::Damaged)
    }

    async fn writer(&self) -> MutexGuard<'_, SqliteConnection> {
        self.database.writer.lock().await
    }

    fn readers(&self) -> &sqlx::SqlitePool {
        &self.database.readers
    }
}

fn id(person: PersonId) -> Vec<u8> {
    person.0.as_bytes().to_vec()
}

fn person(bytes: &[u8]) -> Result<PersonId, sqlx::Error> {
    Ok(PersonId(database::uuid(bytes)?))
}

/// An instant as stored; beyond the year 2262 it is as good as never.
fn stored(at: Timestamp) -> i64 {
    database::nanoseconds(at).unwrap_or(i64::MAX)
}
