//! Log-in names, password hashes, second factors, and failed attempts.

use kernel::{Digest, PersonId, Timestamp};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Desk, DeskError, id, person, stored};
use crate::database::instant;
use crate::vault::VaultError;

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

/// Where a log-in name and a password hash are sealed: neither opens in the place of the other.
const LOGIN: &str = "desk login";
const HASH: &str = "desk password hash";

/// The table of credentials.
pub struct Credentials<'a>(pub(super) &'a Desk);

impl Credentials<'_> {
    /// Keeps a person's credential, replacing an earlier one. Fails when someone else has the log-in name.
    pub async fn keep(&self, credential: &Credential) -> Result<(), DeskError> {
        let whose = credential.person;
        let login = self.0.seal(whose, LOGIN, credential.login.as_bytes()).await?;
        let hash = self.0.seal(whose, HASH, credential.password_hash.as_bytes()).await?;
        let sql = "insert into credential values (?, ?, ?, ?, ?, ?, ?, ?)
                   on conflict (person) do update set login = excluded.login, sealed_login = excluded.sealed_login,
                   sealed_hash = excluded.sealed_hash, password_changed_at = excluded.password_changed_at,
                   must_change = excluded.must_change, sealed_totp = excluded.sealed_totp,
                   last_totp_step = excluded.last_totp_step";
        let kept = sqlx::query(sql)
            .bind(id(whose))
            .bind(self.digest(&credential.login))
            .bind(login)
            .bind(hash)
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
        let query = sqlx::query("select * from credential where login = ?").bind(self.digest(login));
        self.opened(query.fetch_optional(self.0.readers()).await?)
    }

    /// The person's credential.
    pub async fn of(&self, person: PersonId) -> Result<Option<Credential>, DeskError> {
        let query = sqlx::query("select * from credential where person = ?").bind(id(person));
        self.opened(query.fetch_optional(self.0.readers()).await?)
    }

    /// What a log-in name is found by: nobody without the master key can try names out.
    fn digest(&self, login: &str) -> Vec<u8> {
        self.0.vault.pseudonym(&format!("login {login}")).as_bytes().to_vec()
    }

    fn opened(&self, row: Option<SqliteRow>) -> Result<Option<Credential>, DeskError> {
        let Some(row) = row else { return Ok(None) };
        let person = person(row.try_get("person")?)?;
        // A row that came back with an old backup lets nobody in who was erased since.
        let login = match self.0.opened(person, LOGIN, row.try_get("sealed_login")?) {
            Err(DeskError::Vault(VaultError::Erased)) => return Ok(None),
            login => login?,
        };
        Ok(Some(Credential {
            person,
            login,
            password_hash: self.0.opened(person, HASH, row.try_get("sealed_hash")?)?,
            password_changed_at: instant(row.try_get("password_changed_at")?),
            must_change: row.try_get("must_change")?,
            sealed_totp: row.try_get("sealed_totp")?,
            last_totp_step: row.try_get::<Option<i64>, _>("last_totp_step")?.map(i64::unsigned_abs),
        }))
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
