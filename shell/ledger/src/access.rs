//! The access log: who read which personal or confidential data and why, what was refused, who signed in.
//!
//! It is a second chain of the same kind, in its own file. Nothing personal stands in it, for it cannot forget: people
//! are ids, unknown log-ins are pseudonyms ([`crate::vault::Vault::pseudonym`]). Entries are recorded in groups; an
//! entry is durable when [`AccessLog::record`] answers, so that what is to be logged can be withheld until it is.

use std::path::Path;

use kernel::refusal::RefusalKind;
use kernel::{Actor, Digest, OrganisationId, PersonId, Sequence, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;
use tokio::sync::{mpsc, oneshot};

use crate::batch::{Batch, Head};
use crate::log::{AppendError, Log, LogError};
use crate::sqlite::{OpenOrLogError, SqliteLog};
use crate::vault::Subject;

/// Entries recorded in one commit, at most.
const GROUP: usize = 512;

/// Beside the chain: where each entry is, by who acted, whose firm's data and whose personal data it concerns.
const INDEX: &str = "
    create table if not exists entry (
        sequence integer primary key,
        batch integer not null,
        line integer not null, -- from 0
        actor blob,
        firm text,
        subject blob
    ) strict;
    create index if not exists entry_of_actor on entry (actor, sequence) where actor is not null;
    create index if not exists entry_of_firm on entry (firm, sequence) where firm is not null;
    create index if not exists entry_of_subject on entry (subject, sequence) where subject is not null;";

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: Who,
    /// What.
    pub what: What,
}

/// Who did it, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    /// A person in a role, or the program.
    Actor(Actor),
    /// A person who has not chosen a role yet.
    Person(PersonId),
    /// A log-in name that belongs to nobody, as the vault's pseudonym for it.
    Unknown(Digest),
    /// Nobody signed in.
    Visitor,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Personal or confidential data was shown.
    Read {
        /// Whose personal data.
        subject: Option<Subject>,
        /// Whose firm's data.
        firm: Option<OrganisationId>,
        /// Why: the task at hand, as the person or the page states it.
        purpose: String,
        /// Of the page.
        path: String,
    },
    /// A command or page was refused.
    Refused {
        /// Kind of refusal.
        kind: RefusalKind,
        /// As the person was told. Refusals repeat no personal data.
        reason: String,
        /// Of the page.
        path: String,
    },
    /// Password and, where demanded, second factor were right.
    SignedIn {
        /// Whether a second factor was given.
        second_factor: bool,
    },
    /// Signing in failed.
    SignInFailed(SignInFailure),
    /// The session ended.
    SignedOut {
        /// Not by the person: it stood idle too long or was ended from elsewhere.
        expired: bool,
    },
    /// The person proved again who they are, before an approval.
    Reauthenticated,
    /// The password or second factor was changed.
    CredentialChanged,
    /// An administrator gave somebody a log-in name or a new password, or let a locked log-in try again.
    CredentialGiven {
        /// To whom.
        subject: Subject,
    },
    /// A subject's personal data was erased.
    Erased {
        /// Whose.
        subject: Subject,
        /// On what ground.
        reason: String,
    },
}

/// Why signing in failed. The person is told less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignInFailure {
    /// No such log-in.
    UnknownLogin,
    /// Wrong password.
    Password,
    /// Wrong or used second factor.
    SecondFactor,
    /// Too many failures.
    Locked,
    /// The person holds no role, or the account was suspended.
    NoGrant,
}

/// An entry and its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEntry {
    /// Place in the access chain.
    pub sequence: Sequence,
    /// What was recorded.
    pub entry: Entry,
}

/// The line of one entry, of the same shape as a command's.
#[derive(Serialize, Deserialize)]
struct Line<E> {
    events: [E; 1],
}

/// An entry was not recorded, or entries could not be read.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The group it was in did not reach the log: do not show what was to be logged.
    #[error("访问日志没有记下这次操作，因此未予执行：{0}")]
    NotRecorded(String),
    /// Entries could not be read.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// The access log. Cloning gives another handle.
#[derive(Clone)]
pub struct AccessLog {
    log: std::sync::Arc<SqliteLog>,
    queue: mpsc::Sender<(Entry, oneshot::Sender<Result<(), String>>)>,
}

impl AccessLog {
    /// Opens the chain and starts the task that records; the task ends with the last handle.
    pub(crate) async fn open(path: &Path) -> Result<Self, OpenOrLogError> {
        let log = SqliteLog::open(path).await?;
        log.create_beside(INDEX).await?;
        let head = log.head().await?;
        let log = std::sync::Arc::new(log);
        let (queue, entries) = mpsc::channel(GROUP);
        tokio::spawn(record_groups(log.clone(), head, entries));
        Ok(Self { log, queue })
    }

    /// The chain, for verification and checkpoints.
    pub fn log(&self) -> &dyn Log {
        self.log.as_ref()
    }

    /// Records an entry; durable when it answers. On failure, withhold what was to be logged.
    pub async fn record(&self, entry: Entry) -> Result<(), AccessError> {
        let stopped = || AccessError::NotRecorded("记录任务已停止，请重新启动程序".into());
        let (done, answer) = oneshot::channel();
        self.queue.send((entry, done)).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?.map_err(AccessError::NotRecorded)
    }

    /// The latest entries about a firm's data, newest first, before the given place in the chain.
    pub async fn of_firm(
        &self,
        firm: &OrganisationId,
        before: Option<Sequence>,
        limit: u32,
    ) -> Result<Vec<RecordedEntry>, AccessError> {
        let sql = "select e.sequence, e.line, b.body from entry e join batch b on b.number = e.batch
                   where e.firm = ? and e.sequence < ? order by e.sequence desc limit ?";
        self.find(sqlx::query_as(sql).bind(firm.as_str().to_owned()), before, limit).await
    }

    /// The latest entries about what a person did, newest first.
    pub async fn by_person(
        &self,
        person: PersonId,
        before: Option<Sequence>,
        limit: u32,
    ) -> Result<Vec<RecordedEntry>, AccessError> {
        let sql = "select e.sequence, e.line, b.body from entry e join batch b on b.number = e.batch
                   where e.actor = ? and e.sequence < ? order by e.sequence desc limit ?";
        self.find(sqlx::query_as(sql).bind(person.0.as_bytes().to_vec()), before, limit).await
    }

    /// The latest entries about a person's own data, newest first.
    pub async fn of_subject(
        &self,
        subject: Subject,
        before: Option<Sequence>,
        limit: u32,
    ) -> Result<Vec<RecordedEntry>, AccessError> {
        let sql = "select e.sequence, e.line, b.body from entry e join batch b on b.number = e.batch
                   where e.subject = ? and e.sequence < ? order by e.sequence desc limit ?";
        self.find(sqlx::query_as(sql).bind(subject.0.as_bytes().to_vec()), before, limit).await
    }

    /// The latest entries of all, newest first, for the audit administrator.
    pub async fn latest(&self, before: Option<Sequence>, limit: u32) -> Result<Vec<RecordedEntry>, AccessError> {
        let sql = "select e.sequence, e.line, b.body from entry e join batch b on b.number = e.batch
                   where e.sequence < ? order by e.sequence desc limit ?";
        self.find(sqlx::query_as(sql), before, limit).await
    }

    async fn find(
        &self,
        query: sqlx::query::QueryAs<'_, sqlx::Sqlite, (i64, i64, Vec<u8>), sqlx::sqlite::SqliteArguments>,
        before: Option<Sequence>,
        limit: u32,
    ) -> Result<Vec<RecordedEntry>, AccessError> {
        let before = before.map_or(i64::MAX, |sequence| i64::try_from(sequence.0).unwrap_or(i64::MAX));
        let rows = query.bind(before).bind(limit).fetch_all(self.log.readers()).await.map_err(LogError::from)?;
        let entries = rows.into_iter().map(|(sequence, line, body)| {
            let line = body.split(|byte| *byte == b'\n').nth(usize::try_from(line).unwrap_or(usize::MAX));
            let line: Line<Entry> = serde_json::from_slice(line.unwrap_or_default())
                .map_err(|error| LogError::Database(sqlx::Error::Decode(Box::new(error))))?;
            let [entry] = line.events;
            Ok(RecordedEntry { sequence: Sequence(sequence.unsigned_abs()), entry })
        });
        entries.collect()
    }
}

type Waiting = (Entry, oneshot::Sender<Result<(), String>>);

/// Records what has come in while the last group was being written, group after group.
async fn record_groups(log: std::sync::Arc<SqliteLog>, mut head: Head, mut queue: mpsc::Receiver<Waiting>) {
    let mut group = Vec::with_capacity(GROUP);
    while queue.recv_many(&mut group, GROUP).await > 0 {
        let outcome = record_group(&log, &head, &group).await;
        match &outcome {
            Ok(now) => head = *now,
            Err(AppendError::NotTheHead { head: now, .. }) => head = *now,
            Err(_) => {}
        }
        let told = outcome.map(|_| ()).map_err(|error| error.to_string());
        for (_, done) in group.drain(..) {
            // Whoever no longer waits does not need the answer.
            let _ = done.send(told.clone());
        }
    }
}

async fn record_group(log: &SqliteLog, head: &Head, group: &[Waiting]) -> Result<Head, AppendError> {
    let refused = |error: serde_json::Error| AppendError::Refused { reason: error.to_string() };
    let lines: Result<Vec<Vec<u8>>, _> =
        group.iter().map(|(entry, _)| serde_json::to_vec(&Line { events: [entry] }).map_err(refused)).collect();
    let lines = lines?;
    let recorded_at = group.iter().map(|(entry, _)| entry.at).max().unwrap_or_default();
    let batch = Batch::seal_lines(head, recorded_at, lines.iter().map(|line| (1, line.as_slice())));
    let places: Vec<Place<'_>> = group.iter().map(|(entry, _)| Place::of(entry)).collect();
    let places = serde_json::to_string(&places).map_err(refused)?;
    let (number, first) = (batch.number, batch.first);
    let also = async |connection: &mut SqliteConnection| {
        // One statement for the whole group: a statement for each entry would take longer than the commit.
        sqlx::query(
            "insert into entry
             select ? + key, ?, key, unhex(value ->> 'actor'), value ->> 'firm', unhex(value ->> 'subject')
             from json_each(?)",
        )
        .bind(i64::try_from(first.0).unwrap_or(i64::MAX))
        .bind(i64::try_from(number).unwrap_or(i64::MAX))
        .bind(places)
        .execute(connection)
        .await
        .map(drop)
    };
    log.append_with(&batch, &[], also).await?;
    Ok(batch.head())
}

/// Under what an entry is found.
#[derive(Serialize)]
struct Place<'a> {
    /// Sixteen bytes in hexadecimal.
    actor: Option<String>,
    firm: Option<&'a OrganisationId>,
    /// Sixteen bytes in hexadecimal.
    subject: Option<String>,
}

impl<'a> Place<'a> {
    fn of(entry: &'a Entry) -> Self {
        let actor = match &entry.who {
            Who::Actor(actor) => actor.person(),
            Who::Person(person) => Some(*person),
            Who::Unknown(_) | Who::Visitor => None,
        };
        let (firm, subject) = match &entry.what {
            What::Read { firm, subject, .. } => (firm.as_ref(), *subject),
            What::Erased { subject, .. } | What::CredentialGiven { subject } => (None, Some(*subject)),
            _ => (None, None),
        };
        let actor = actor.map(|person| person.0.simple().to_string());
        Self { actor, firm, subject: subject.map(|subject| subject.0.simple().to_string()) }
    }
}
