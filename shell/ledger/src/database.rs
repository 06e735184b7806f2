//! How every database file of the store is opened: write-ahead log, full synchronisation, one writing connection,
//! a few reading ones.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use kernel::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Row, SqliteConnection};
use tokio::sync::Mutex;

/// Reading connections per database file. Each has a thread of its own.
const READERS: u32 = 4;

/// A database file could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// SQLite answered with an error.
    #[error("打不开数据库 {}：{source}。请检查目录权限、磁盘空间，以及文件是否完整。", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: sqlx::Error,
    },
    /// Written by another version of the program.
    #[error("数据库 {} 的结构版本是 {found}，本程序需要 {expected}。请换用写入它的程序版本。", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Version in the file.
        found: i64,
        /// Version this program writes.
        expected: i64,
    },
}

/// The tables of one database file.
pub(crate) struct Schema {
    /// Stands in the file's `user_version`.
    pub version: i64,
    /// Statements that create everything and set `user_version`.
    pub create: &'static str,
}

/// An open database file.
pub(crate) struct Database {
    /// The only connection that writes.
    pub writer: Mutex<SqliteConnection>,
    /// Connections that read what is committed.
    pub readers: SqlitePool,
}

impl Database {
    /// Opens the file, creating it with its tables when it does not exist.
    pub async fn open(path: &Path, schema: &Schema) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Database { path: path.to_owned(), source };
        let mut writer = options(path).create_if_missing(true).connect().await.map_err(failed)?;
        let fresh = version(&mut writer).await.map_err(failed)? == 0;
        if fresh {
            let create = format!("begin immediate; {} commit;", schema.create);
            sqlx::raw_sql(sqlx::AssertSqlSafe(create)).execute(&mut writer).await.map_err(failed)?;
        }
        let found = version(&mut writer).await.map_err(failed)?;
        if found != schema.version {
            return Err(OpenError::Version { path: path.to_owned(), found, expected: schema.version });
        }
        // Frames that a dying process left unsynchronised become durable in the file itself before anyone relies on
        // them. A reader that holds them back (`fengce ledger verify`, say) reads them with the same right.
        settle(&mut writer).await.map_err(failed)?;
        Ok(Self { writer: Mutex::new(writer), readers: readers(path).await.map_err(failed)? })
    }

    /// Makes overwritten and deleted rows leave the write-ahead log too. Fails when a reader holds them there for ten
    /// seconds.
    pub async fn settle(&self) -> Result<(), sqlx::Error> {
        if settle(&mut *self.writer.lock().await).await? {
            return Ok(());
        }
        let held = "旧内容正被其他读取占用，未能清除，请稍后重试同一操作";
        Err(sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::WouldBlock, held)))
    }
}

/// Reading connections to an existing file, beside whoever writes it.
pub(crate) async fn readers(path: &Path) -> Result<SqlitePool, sqlx::Error> {
    SqlitePoolOptions::new()
        .max_connections(READERS)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_with(reading(path))
        .await
}

/// Options for reading an existing file.
pub(crate) fn reading(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(Duration::from_secs(10))
        .disable_statement_logging()
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(10))
        .pragma("secure_delete", "on")
        .disable_statement_logging()
}

async fn version(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query("pragma user_version").fetch_one(connection).await?.try_get(0)
}

/// Empties the write-ahead log into the file; answers whether no reader held it back.
async fn settle(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let busy: i64 = sqlx::query("pragma wal_checkpoint(truncate)").fetch_one(connection).await?.try_get(0)?;
    Ok(busy == 0)
}

/// An instant as stored: nanoseconds since 1970. `None` outside the years 1678–2262.
pub(crate) fn nanoseconds(instant: Timestamp) -> Option<i64> {
    i64::try_from(instant.as_nanosecond()).ok()
}

/// The instant stored as nanoseconds since 1970.
pub(crate) fn instant(nanoseconds: i64) -> Timestamp {
    Timestamp::from_nanosecond(nanoseconds.into()).unwrap_or(Timestamp::MAX)
}

/// A stored value that its type cannot hold.
pub(crate) fn parse<T: FromStr>(text: &str) -> Result<T, sqlx::Error>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.parse().map_err(|error: T::Err| sqlx::Error::Decode(Box::new(error)))
}

/// The 16 bytes of a stored id.
pub(crate) fn uuid(bytes: &[u8]) -> Result<uuid::Uuid, sqlx::Error> {
    uuid::Uuid::from_slice(bytes).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// The 32 bytes of a stored digest.
pub(crate) fn digest(bytes: &[u8]) -> Result<kernel::Digest, sqlx::Error> {
    let bytes =
        bytes.try_into().map_err(|error: std::array::TryFromSliceError| sqlx::Error::Decode(Box::new(error)))?;
    Ok(kernel::Digest::from_bytes(bytes))
}
