//! Writing the file.

use std::path::{Path, PathBuf};

use kernel::{Date, Role, Timestamp};
use office::State;
use register::{Cell, Heading, Kind, Query, Register, Viewer};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

/// The file could not be written. Nothing stands under its name.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The name is taken.
    #[error("{} 已存在，未作改动。请指定一个新的文件名。", .0.display())]
    Exists(PathBuf),
    /// The database.
    #[error("台账文件无法写入：{0}。请检查路径与磁盘空间。")]
    Database(#[from] sqlx::Error),
    /// The system.
    #[error("台账文件无法写入：{0}。请检查路径与磁盘空间。")]
    System(#[from] std::io::Error),
    /// The day's State.
    #[error(transparent)]
    Replay(#[from] office::ReplayError),
}

/// As of when a file holds the registers, and when it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The day, in China, whose end (or, on the day itself, whose present) it holds.
    pub as_of: Date,
    /// When it was written.
    pub made_at: Timestamp,
}

/// Writes every register as an auditor sees it into a new SQLite file, with a table `export` that tells as of when, a
/// table `registers` that tells what they are and a table `columns` that tells what their columns mean. Answers with
/// the number of rows. Money is in whole fen, percentages in parts per million, days and instants as text.
pub async fn write_registers(
    registers: &[Register<State>],
    state: &State,
    standing: Standing,
    path: &Path,
) -> Result<u64, WriteError> {
    if path.exists() {
        return Err(WriteError::Exists(path.to_owned()));
    }
    replace_registers(registers, state, standing, path).await
}

/// As [`write_registers`], in place of what stands under the name. Readers of the old file keep it.
pub(crate) async fn replace_registers(
    registers: &[Register<State>],
    state: &State,
    standing: Standing,
    path: &Path,
) -> Result<u64, WriteError> {
    let partial = path.with_added_extension("partial");
    if partial.exists() {
        std::fs::remove_file(&partial)?;
    }
    let written = write_to(registers, state, standing, &partial).await;
    match written {
        Ok(rows) => {
            std::fs::rename(&partial, path)?;
            Ok(rows)
        }
        Err(error) => {
            // The error matters more than what is left behind, which the next run removes.
            let _ = std::fs::remove_file(&partial);
            Err(error)
        }
    }
}

async fn write_to(
    registers: &[Register<State>],
    state: &State,
    standing: Standing,
    path: &Path,
) -> Result<u64, WriteError> {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.journal_mode(SqliteJournalMode::Delete).connect().await?;
    let mut transaction = connection.begin().await?;
    for sql in [
        "create table export (city text not null, demonstration integer not null, as_of text not null,
         made_at text not null)",
        "create table registers (name text primary key, title text not null, description text not null)",
        "create table columns (register text not null, name text not null, label text not null, unit text,
         kind text not null, description text not null, primary key (register, name))",
    ] {
        sqlx::query(sql).execute(&mut *transaction).await?;
    }
    let identity = state.city.identity();
    sqlx::query("insert into export values (?, ?, ?, ?)")
        .bind(identity.map_or("", |city| city.name.as_str()))
        .bind(identity.is_some_and(|city| city.demonstration))
        .bind(standing.as_of.to_string())
        .bind(standing.made_at.to_string())
        .execute(&mut *transaction)
        .await?;
    let mut rows = 0;
    for register in registers {
        rows += write_register(register, state, &mut transaction).await?;
    }
    transaction.commit().await?;
    connection.close().await?;
    Ok(rows)
}

/// Sees everything, changes nothing.
fn auditor() -> Viewer {
    Viewer { role: Some(Role::Auditor), ..Viewer::public() }
}

async fn write_register(
    register: &Register<State>,
    state: &State,
    connection: &mut SqliteConnection,
) -> Result<u64, WriteError> {
    let viewer = auditor();
    let page = register.all(state, &viewer, &Query::parse(register, &viewer, ""));
    sqlx::query("insert into registers values (?, ?, ?)")
        .bind(register.key)
        .bind(register.title.as_ref())
        .bind(register.description.as_ref())
        .execute(&mut *connection)
        .await?;
    for heading in &page.headings {
        sqlx::query("insert into columns values (?, ?, ?, ?, ?, ?)")
            .bind(register.key)
            .bind(heading.key)
            .bind(heading.label.as_ref())
            .bind(stored_unit(heading))
            .bind(heading.kind.label())
            .bind(heading.description.as_ref())
            .execute(&mut *connection)
            .await?;
    }
    let table = quoted(register.key);
    let columns: Vec<String> = page.headings.iter().map(|heading| quoted(heading.key)).collect();
    let create = format!("create table {table} ({})", columns.join(", "));
    sqlx::query(AssertSqlSafe(create)).execute(&mut *connection).await?;
    let marks = vec!["?"; columns.len()].join(", ");
    let insert = format!("insert into {table} values ({marks})");
    for row in &page.rows {
        let query = row.iter().fold(sqlx::query(AssertSqlSafe(insert.as_str())), |query, cell| match cell {
            Cell::None => query.bind(None::<i64>),
            Cell::Money(money) => query.bind(money.fen()),
            Cell::Count(count) => query.bind(*count),
            Cell::Rate(rate) => query.bind(rate.parts_per_million()),
            Cell::Real(real) => query.bind(real.0),
            Cell::Date(day) => query.bind(day.to_string()),
            Cell::Instant(at) => query.bind(at.to_string()),
            other => query.bind(other.words().into_owned()),
        });
        query.execute(&mut *connection).await?;
    }
    Ok(page.rows.len() as u64)
}

/// The unit in which the file holds a column's values.
fn stored_unit(heading: &Heading) -> Option<&'static str> {
    match heading.kind {
        Kind::Money => Some("分"),
        Kind::Rate => Some("百万分之一"),
        _ => heading.unit,
    }
}

/// A name that SQLite takes as it is: keys of registers and columns are words of this program.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
