//! Log-in names, password hashes, second factors, and failed attempts.

use kernel::{Digest, PersonId, Timestamp};
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
    /// What the head of each page calls them.
    pub display_name: String,
    /// Argon2 hash in PHC text form.
    pub password_hash: String,
    /// When it was last changed.
    pub password_changed_at: Timestamp,
    /// Set by someone else: to be changed before anything else.
    pub must_change: bool,
    /// TOTP secret, sealed under the vault's master key; `None` until enrolled.
    pub sealed_totp: Option<Vec<u8>>,
    /// The last TOTP step (30 s since 1970) that was accepted: it and earlier ones are used up.
    pub last_totp_step: Option<u64>,
}

/// Failed attempts in a row of one log-in name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// How many.
    pub failures: u32,
    /// The latest.
    pub last: Timestamp,
}

/// The table of credentials.
pub struct Credentials<'a>(pub(super) &'a Desk);

impl Credentials<'_> {
    /// Keeps a person's credential, replacing an earlier one. Fails when someone else has the log-in name.
    pub async fn keep(&self, credential: &Credential) -> Result<(), DeskError> {
        let sql = "insert into credential values (?, ?, ?, ?, ?, ?, ?, ?)
                   on conflict (person) do update set login = excluded.login, display_name = excluded.display_name,
                   password_hash = excluded.password_hash, password_changed_at = excluded.password_changed_at,
                   must_change = excluded.must_change, sealed_totp = excluded.sealed_totp,
                   last_totp_step = excluded.last_totp_step";
        let kept = sqlx::query(sql)
            .bind(id(credential.person))
            .bind(&credential.login)
            .bind(&credential.display_name)
            .bind(&credential.password_hash)
            .bind(stored(credential.password_changed_at))
            .bind(credential.must_change)
            .bind(credential.sealed_totp.as_deref())
            .bind(credential.last_totp_step.map(|step| i64::try_from(step).unwrap_or(i64::MAX)))
            .execute(&mut *self.0.writer().await)
            .await;
        match kept {
            Err(error) if error.as_database_error().is_some_and(|database| database.is_unique_violation()) => {
                Err(DeskError::LoginTaken(credential.login.clone()))
            }
            other => Ok(other.map(drop)?),
        }
    }

    /// Whose log-in name it is.
    pub async fn by_login(&self, login: &str) -> Result<Option<Credential>, DeskError> {
        let query = sqlx::query("select * from credential where login = ?").bind(login.to_owned());
        let row = query.fetch_optional(self.0.readers()).await?;
        Ok(row.map(|row| credential(&row)).transpose()?)
    }

    /// The person's credential.
    pub async fn of(&self, person: PersonId) -> Result<Option<Credential>, DeskError> {
        let query = sqlx::query("select * from credential where person = ?").bind(id(person));
        let row = query.fetch_optional(self.0.readers()).await?;
        Ok(row.map(|row| credential(&row)).transpose()?)
    }

    /// Failed attempts under a log-in name's pseudonym.
    pub async fn attempts(&self, login: &Digest) -> Result<Option<Attempts>, DeskError> {
        let query = sqlx::query("select failures, last_at from attempt where login = ?");
        let row = query.bind(login.as_bytes().to_vec()).fetch_optional(self.0.readers()).await?;
        let attempts = |row: SqliteRow| -> Result<Attempts, sqlx::Error> {
            Ok(Attempts { failures: row.try_get("failures")?, last: instant(row.try_get("last_at")?) })
        };
        Ok(row.map(attempts).transpose()?)
    }

    /// Keeps failed attempts under a log-in name's pseudonym; `None` forgets them.
    pub async fn keep_attempts(&self, login: &Digest, attempts: Option<Attempts>) -> Result<(), DeskError> {
        let login = login.as_bytes().to_vec();
        let query = match attempts {
            Some(Attempts { failures, last }) => sqlx::query("insert or replace into attempt values (?, ?, ?)")
                .bind(login)
                .bind(failures)
                .bind(stored(last)),
            None => sqlx::query("delete from attempt where login = ?").bind(login),
        };
        query.execute(&mut *self.0.writer().await).await?;
        Ok(())
    }
}

fn credential(row: &SqliteRow) -> Result<Credential, sqlx::Error> {
    Ok(Credential {
        person: person(row.try_get("person")?)?,
        login: row.try_get("login")?,
        display_name: row.try_get("display_name")?,
        password_hash: row.try_get("password_hash")?,
        password_changed_at: instant(row.try_get("password_changed_at")?),
        must_change: row.try_get("must_change")?,
        sealed_totp: row.try_get("sealed_totp")?,
        last_totp_step: row.try_get::<Option<i64>, _>("last_totp_step")?.map(i64::unsigned_abs),
    })
}
