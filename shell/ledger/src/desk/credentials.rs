//! Log-in names, password hashes and second factors.

use kernel::{PersonId, Timestamp};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Desk, DeskError, id, person, stored};
use crate::database::instant;

/// How a person proves who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Whose.
    pub person: PersonId,
    /// Log-in name, unique.
    pub login: String,
    /// Argon2 hash in PHC text form.
    pub password_hash: String,
    /// When it was last changed.
    pub password_changed_at: Timestamp,
    /// TOTP secret, sealed under the vault's master key; `None` until enrolled.
    pub sealed_totp: Option<Vec<u8>>,
    /// The last TOTP step (30 s since 1970) that was accepted: it and earlier ones are used up.
    pub last_totp_step: Option<u64>,
    /// Failed attempts since the last success.
    pub failures: u32,
    /// No attempt is heard before then.
    pub locked_until: Option<Timestamp>,
}

/// The table of credentials.
pub struct Credentials<'a>(pub(super) &'a Desk);

impl Credentials<'_> {
    /// Adds a person's credential.
    pub async fn add(&self, credential: &Credential) -> Result<(), DeskError> {
        let added = sqlx::query("insert into credential values (?, ?, ?, ?, ?, ?, ?, ?)")
            .bind(id(credential.person))
            .bind(&credential.login)
            .bind(&credential.password_hash)
            .bind(stored(credential.password_changed_at))
            .bind(credential.sealed_totp.as_deref())
            .bind(credential.last_totp_step.map(|step| i64::try_from(step).unwrap_or(i64::MAX)))
            .bind(credential.failures)
            .bind(credential.locked_until.map(stored))
            .execute(&mut *self.0.writer().await)
            .await;
        match added {
            Err(error) if error.as_database_error().is_some_and(|database| database.is_unique_violation()) => {
                Err(DeskError::LoginTaken(credential.login.clone()))
            }
            other => Ok(other.map(drop)?),
        }
    }

    /// Whose log-in name it is.
    pub async fn by_login(&self, login: &str) -> Result<Option<Credential>, DeskError> {
        let row = sqlx::query("select * from credential where login = ?")
            .bind(login)
            .fetch_optional(self.0.readers())
            .await?;
        Ok(row.map(|row| credential(&row)).transpose()?)
    }

    /// The person's credential.
    pub async fn of(&self, person: PersonId) -> Result<Option<Credential>, DeskError> {
        let row = sqlx::query("select * from credential where person = ?")
            .bind(id(person))
            .fetch_optional(self.0.readers())
            .await?;
        Ok(row.map(|row| credential(&row)).transpose()?)
    }

    /// Sets a new password and forgets failures.
    pub async fn set_password(&self, person: PersonId, hash: &str, at: Timestamp) -> Result<(), DeskError> {
        let sql = "update credential set password_hash = ?, password_changed_at = ?, failures = 0, locked_until = null
                   where person = ?";
        let query = sqlx::query(sql).bind(hash).bind(stored(at)).bind(id(person));
        existing(query.execute(&mut *self.0.writer().await).await?.rows_affected())
    }

    /// Enrols a second factor, or with `None` removes it.
    pub async fn set_totp(&self, person: PersonId, sealed: Option<&[u8]>) -> Result<(), DeskError> {
        let sql = "update credential set sealed_totp = ?, last_totp_step = null where person = ?";
        let query = sqlx::query(sql).bind(sealed).bind(id(person));
        existing(query.execute(&mut *self.0.writer().await).await?.rows_affected())
    }

    /// Uses up a TOTP step. Answers `false` when it, or a later one, was used before: the code is then refused, even
    /// when two attempts come at once.
    pub async fn use_totp_step(&self, person: PersonId, step: u64) -> Result<bool, DeskError> {
        let sql = "update credential set last_totp_step = ?1
                   where person = ?2 and (last_totp_step is null or last_totp_step < ?1)";
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        let query = sqlx::query(sql).bind(step).bind(id(person));
        Ok(query.execute(&mut *self.0.writer().await).await?.rows_affected() == 1)
    }

    /// Counts a failed attempt and answers with the count since the last success.
    pub async fn failed(&self, person: PersonId) -> Result<u32, DeskError> {
        let sql = "update credential set failures = failures + 1 where person = ? returning failures";
        let count: Option<u32> =
            sqlx::query_scalar(sql).bind(id(person)).fetch_optional(&mut *self.0.writer().await).await?;
        count.ok_or(DeskError::NoCredential)
    }

    /// Hears no attempt before `until`.
    pub async fn lock(&self, person: PersonId, until: Timestamp) -> Result<(), DeskError> {
        let query = sqlx::query("update credential set locked_until = ? where person = ?");
        let query = query.bind(stored(until)).bind(id(person));
        existing(query.execute(&mut *self.0.writer().await).await?.rows_affected())
    }

    /// Forgets failures after a success or by an administrator's hand.
    pub async fn unlock(&self, person: PersonId) -> Result<(), DeskError> {
        let query = sqlx::query("update credential set failures = 0, locked_until = null where person = ?");
        existing(query.bind(id(person)).execute(&mut *self.0.writer().await).await?.rows_affected())
    }
}

fn existing(rows: u64) -> Result<(), DeskError> {
    if rows == 0 { Err(DeskError::NoCredential) } else { Ok(()) }
}

fn credential(row: &SqliteRow) -> Result<Credential, sqlx::Error> {
    Ok(Credential {
        person: person(row.try_get("person")?)?,
        login: row.try_get("login")?,
        password_hash: row.try_get("password_hash")?,
        password_changed_at: instant(row.try_get("password_changed_at")?),
        sealed_totp: row.try_get("sealed_totp")?,
        last_totp_step: row.try_get::<Option<i64>, _>("last_totp_step")?.map(i64::unsigned_abs),
        failures: row.try_get("failures")?,
        locked_until: row.try_get::<Option<i64>, _>("locked_until")?.map(instant),
    })
}
