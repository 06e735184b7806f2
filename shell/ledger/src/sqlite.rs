//! The log in one SQLite file.

use std::collections::HashSet;
use std::path::Path;

use kernel::{CommandId, Sequence};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{Row, SqliteConnection};
use tokio::sync::Mutex;

use crate::batch::{Batch, Head};
use crate::database::{self, Database, OpenError, Schema};
use crate::log::{AppendError, BoxFuture, Log, LogError};

const SCHEMA: Schema = Schema {
    version: 1,
    create: "
        create table batch (
            number integer primary key,
            first integer not null,
            events integer not null,
            recorded_at integer not null, -- nanoseconds since 1970
            previous blob not null check (length(previous) = 32),
            digest blob not null check (length(digest) = 32),
            body blob not null
        ) strict;
        create table command (
            command_id blob primary key check (length(command_id) = 16),
            batch integer not null
        ) strict, without rowid;
        create trigger batch_never_changes before update on batch
            begin select raise(abort, '账本只能追加'); end;
        create trigger batch_never_goes before delete on batch
            begin select raise(abort, '账本只能追加'); end;
        pragma user_version = 1;",
};

/// SQLite's primary result codes that say nothing was written: full, read-only, busy, locked, too big, constraint.
const NOTHING_WRITTEN: [i32; 6] = [13, 8, 5, 6, 18, 19];

/// A chain in one SQLite file: one row per batch, and a unique index of commands.
///
/// One connection writes, in one transaction per batch, synchronised to the disk before it answers; others read.
pub struct SqliteLog {
    readers: SqlitePool,
    /// None: opened for reading.
    writer: Option<Mutex<Writer>>,
}

struct Writer {
    connection: SqliteConnection,
    head: Head,
    standing: Standing,
}

/// What is known about the writing connection.
enum Standing {
    /// Nothing is under way; `head` is the head.
    Settled,
    /// A transaction began; if this is met later, the caller went away in the middle.
    UnderWay,
    /// A commit failed half-way: only a new process may go on.
    Uncertain(String),
}

impl SqliteLog {
    /// Opens the chain for writing, creating the file when it does not exist. The caller holds the directory's lock.
    pub async fn open(path: &Path) -> Result<Self, OpenOrLogError> {
        let database = Database::open(path, &SCHEMA).await?;
        let mut connection = database.writer.into_inner();
        let head = read_head(&mut connection).await?;
        let writer = Writer { connection, head, standing: Standing::Settled };
        Ok(Self { readers: database.readers, writer: Some(Mutex::new(writer)) })
    }

    /// Opens an existing chain for reading, beside the process that writes it.
    pub async fn open_to_read(path: &Path) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Database { path: path.to_owned(), source };
        Ok(Self { readers: database::readers(path).await.map_err(failed)?, writer: None })
    }

    /// Closes the reading connections, so that no trace of them is left beside the file.
    pub(crate) async fn close(self) {
        self.readers.close().await;
    }

    /// Creates tables of the caller's own beside the chain.
    pub(crate) async fn create_beside(&self, create: &'static str) -> Result<(), LogError> {
        if let Some(writer) = &self.writer {
            sqlx::raw_sql(create).execute(&mut writer.lock().await.connection).await?;
        }
        Ok(())
    }

    /// Connections that read what is durable.
    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// Appends as [`Log::append`] does and, in the same transaction, runs `also`.
    pub(crate) async fn append_with(
        &self,
        batch: &Batch,
        commands: &[CommandId],
        also: impl AsyncFnOnce(&mut SqliteConnection) -> Result<(), sqlx::Error>,
    ) -> Result<(), AppendError> {
        let refused = |reason: &str| AppendError::Refused { reason: reason.to_owned() };
        let writer = self.writer.as_ref().ok_or_else(|| refused("账本以只读方式打开"))?;
        let recorded_at =
            database::nanoseconds(batch.recorded_at).ok_or_else(|| refused("记录时间超出可保存的范围"))?;
        let mut writer = writer.lock().await;
        writer.prepare().await?;
        if let Err(fault) = batch.links_to(&writer.head) {
            return Err(AppendError::NotTheHead { head: writer.head, fault: Box::new(fault) });
        }
        let mut seen = HashSet::with_capacity(commands.len());
        if let Some(twice) = commands.iter().find(|command| !seen.insert(**command)) {
            return Err(AppendError::DuplicateCommand(*twice));
        }
        writer.standing = Standing::UnderWay;
        let connection = &mut writer.connection;
        let written = match write(connection, batch, recorded_at, commands).await {
            Ok(()) => also(connection).await,
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            return Err(writer.abandon(error, commands).await);
        }
        match sqlx::raw_sql("commit").execute(&mut writer.connection).await {
            Ok(_) => {
                writer.head = batch.head();
                writer.standing = Standing::Settled;
                Ok(())
            }
            Err(error) if nothing_written(&error) => Err(writer.abandon(error, commands).await),
            Err(error) => Err(writer.uncertain(error.to_string())),
        }
    }
}

impl Writer {
    /// Refuses to go on after an uncertain commit; ends what a caller that went away left under way.
    async fn prepare(&mut self) -> Result<(), AppendError> {
        match &self.standing {
            Standing::Settled => Ok(()),
            Standing::Uncertain(reason) => Err(AppendError::Uncertain { reason: reason.clone() }),
            Standing::UnderWay => {
                // Whether the abandoned commit went through or not, the file knows. No transaction open is no error.
                let _ = sqlx::raw_sql("rollback").execute(&mut self.connection).await;
                match read_head(&mut self.connection).await {
                    Ok(head) => {
                        self.head = head;
                        self.standing = Standing::Settled;
                        Ok(())
                    }
                    Err(error) => Err(self.uncertain(error.to_string())),
                }
            }
        }
    }

    /// Rolls back and says why; uncertain when even that fails or the chain is not as it was.
    async fn abandon(&mut self, error: sqlx::Error, commands: &[CommandId]) -> AppendError {
        // A full disk may have rolled back already: then there is no transaction to end.
        let _ = sqlx::raw_sql("rollback").execute(&mut self.connection).await;
        match read_head(&mut self.connection).await {
            Ok(head) if head == self.head => self.standing = Standing::Settled,
            Ok(_) => return self.uncertain(format!("{error}；回滚之后账本末尾与写入前不同")),
            Err(second) => return self.uncertain(format!("{error}；回滚之后无法读取账本：{second}")),
        }
        let unique = error.as_database_error().is_some_and(|database| database.is_unique_violation());
        if unique {
            let known = locate(&mut self.connection, commands).await.unwrap_or_default();
            if let Some((command, _)) = known.first() {
                return AppendError::DuplicateCommand(*command);
            }
        }
        AppendError::Refused { reason: error.to_string() }
    }

    fn uncertain(&mut self, reason: String) -> AppendError {
        self.standing = Standing::Uncertain(reason.clone());
        AppendError::Uncertain { reason }
    }
}

impl Log for SqliteLog {
    fn head(&self) -> BoxFuture<'_, Result<Head, LogError>> {
        Box::pin(async {
            let mut connection = self.readers.acquire().await?;
            read_head(&mut connection).await
        })
    }

    fn append<'a>(&'a self, batch: &'a Batch, commands: &'a [CommandId]) -> BoxFuture<'a, Result<(), AppendError>> {
        Box::pin(self.append_with(batch, commands, async |_| Ok(())))
    }

    fn batches(&self, after: u64, limit: u32) -> BoxFuture<'_, Result<Vec<Batch>, LogError>> {
        Box::pin(async move {
            let rows = sqlx::query(
                "select number, first, events, recorded_at, previous, digest, body
                 from batch where number > ? order by number limit ?",
            )
            .bind(signed(after))
            .bind(limit)
            .fetch_all(&self.readers)
            .await?;
            rows.into_iter().map(|row| batch_of(&row)).collect()
        })
    }

    fn locate<'a>(&'a self, commands: &'a [CommandId]) -> BoxFuture<'a, Result<Vec<(CommandId, u64)>, LogError>> {
        Box::pin(async move {
            let mut connection = self.readers.acquire().await?;
            Ok(locate(&mut connection, commands).await?)
        })
    }

    fn command_count(&self) -> BoxFuture<'_, Result<u64, LogError>> {
        Box::pin(async {
            let count: i64 = sqlx::query_scalar("select count(*) from command").fetch_one(&self.readers).await?;
            Ok(count.unsigned_abs())
        })
    }
}

async fn write(
    connection: &mut SqliteConnection,
    batch: &Batch,
    recorded_at: i64,
    commands: &[CommandId],
) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("begin immediate").execute(&mut *connection).await?;
    sqlx::query("insert into batch values (?, ?, ?, ?, ?, ?, ?)")
        .bind(signed(batch.number))
        .bind(signed(batch.first.0))
        .bind(signed(batch.events))
        .bind(recorded_at)
        .bind(batch.previous.as_bytes().as_slice())
        .bind(batch.digest.as_bytes().as_slice())
        .bind(batch.body.as_slice())
        .execute(&mut *connection)
        .await?;
    if !commands.is_empty() {
        sqlx::query("insert into command select unhex(value), ? from json_each(?)")
            .bind(signed(batch.number))
            .bind(json_list(commands))
            .execute(connection)
            .await?;
    }
    Ok(())
}

async fn locate(
    connection: &mut SqliteConnection,
    commands: &[CommandId],
) -> Result<Vec<(CommandId, u64)>, sqlx::Error> {
    // One row for all: fetching a row each takes far longer than finding it.
    let found: Option<String> = sqlx::query_scalar(
        "select group_concat(value || batch, ' ') from json_each(?) cross join command on command_id = unhex(value)",
    )
    .bind(json_list(commands))
    .fetch_one(connection)
    .await?;
    let found = found.unwrap_or_default();
    let pairs = found.split_ascii_whitespace().map(|pair| {
        let (command, batch) = pair.split_at_checked(32).unwrap_or((pair, ""));
        Ok((CommandId(database::parse(command)?), database::parse(batch)?))
    });
    pairs.collect()
}

/// Ids as a JSON list of hexadecimal texts: one statement for a whole batch.
fn json_list(commands: &[CommandId]) -> String {
    let mut list = String::with_capacity(commands.len() * 35 + 2);
    for command in commands {
        list.push_str(if list.is_empty() { "[\"" } else { "\",\"" });
        list.push_str(command.0.simple().encode_lower(&mut uuid::Uuid::encode_buffer()));
    }
    list.push_str(if list.is_empty() { "[]" } else { "\"]" });
    list
}

async fn read_head(connection: &mut SqliteConnection) -> Result<Head, LogError> {
    let row = sqlx::query("select number, first, events, digest from batch order by number desc limit 1")
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(Head::EMPTY) };
    let (number, first, events) = (unsigned(&row, "number")?, unsigned(&row, "first")?, unsigned(&row, "events")?);
    let digest = database::digest(row.try_get("digest")?)?;
    Ok(Head { batch: number, sequence: Sequence(first.saturating_sub(1) + events), digest })
}

fn batch_of(row: &SqliteRow) -> Result<Batch, LogError> {
    Ok(Batch {
        number: unsigned(row, "number")?,
        first: Sequence(unsigned(row, "first")?),
        events: unsigned(row, "events")?,
        recorded_at: database::instant(row.try_get("recorded_at")?),
        previous: database::digest(row.try_get("previous")?)?,
        digest: database::digest(row.try_get("digest")?)?,
        body: row.try_get("body")?,
    })
}

/// A count as SQLite stores it. Two to the 63rd batches are out of reach.
fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn unsigned(row: &SqliteRow, column: &str) -> Result<u64, sqlx::Error> {
    let stored: i64 = row.try_get(column)?;
    u64::try_from(stored).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// Whether SQLite promises that the failed statement left nothing behind.
fn nothing_written(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|database| database.code());
    let code = code.and_then(|code| code.parse::<i32>().ok());
    code.is_some_and(|extended| NOTHING_WRITTEN.contains(&(extended & 0xff)))
}

/// A log could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenOrLogError {
    /// The file could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Its end could not be read.
    #[error(transparent)]
    Log(#[from] LogError),
}
