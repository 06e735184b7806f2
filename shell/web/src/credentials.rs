//! Giving people their way in: log-in names and one-time passwords, for the pages of administrators.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use kernel::{Digest, PersonId, Timestamp};
use ledger::access::What;
use ledger::vault::Subject;

use crate::failure::Failure;
use crate::page::Visit;
use crate::password::one_time_password;
use crate::ports::{AccessBy, Known};
use crate::shell::normal;
use crate::throttle::locked_for;

/// A log-in name: 3 to 32 lower-case letters, digits, dots, hyphens or underscores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginName(String);

/// Not a log-in name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("登录名应为 3 至 32 个小写字母、数字、点、连字符或下划线，例如 zhang.san")]
pub struct LoginNameError;

impl LoginName {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LoginName {
    type Err = LoginNameError;

    fn from_str(text: &str) -> Result<Self, LoginNameError> {
        let name = normal(text);
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte);
        let fits = (3..=32).contains(&name.len()) && name.bytes().all(allowed);
        if fits { Ok(Self(name)) } else { Err(LoginNameError) }
    }
}

impl fmt::Display for LoginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a person signs in, as far as administrators may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// What they type.
    pub login: String,
    /// When the password was last changed.
    pub password_changed_at: Timestamp,
    /// Whether the password was set by somebody else and not changed since.
    pub must_change: bool,
    /// Whether a second factor is asked for.
    pub has_second_factor: bool,
    /// For how many seconds nobody may try this log-in name; 0 when it is not locked.
    pub locked_for: i64,
}

/// A way in could not be given.
#[derive(Debug, thiserror::Error)]
pub enum GiveError {
    /// Somebody has the log-in name.
    #[error("登录名“{0}”已被使用，请换一个。")]
    Taken(LoginName),
    /// The person has a way in already.
    #[error("此人已经开通登录。忘记密码请用“重置密码”。")]
    Given,
    /// Something failed.
    #[error("{}", .0.advice())]
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for GiveError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Gives people their way in. An extractor; which routes have it is what says who may.
pub struct Credentials {
    visit: Arc<Visit>,
}

impl<S: Sync> FromRequestParts<S> for Credentials {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Ok(Self { visit: Visit::of(parts)? })
    }
}

impl Credentials {
    /// Whose log-in name it is.
    pub async fn person(&self, login: &LoginName) -> Result<Option<PersonId>, Failure> {
        Ok(self.visit.shell.desk.credential(login.as_str()).await?.map(|known| known.person))
    }

    /// How the person signs in; `None` when they cannot.
    pub async fn of(&self, person: PersonId) -> Result<Option<Account>, Failure> {
        let shell = &self.visit.shell;
        let Some(known) = shell.desk.credential_of(person).await? else { return Ok(None) };
        let attempts = shell.desk.attempts(&known.login).await?;
        Ok(Some(Account {
            login: known.login,
            password_changed_at: known.password_changed_at,
            must_change: known.must_change,
            has_second_factor: known.totp_secret.is_some(),
            locked_for: locked_for(attempts, shell.city.now()),
        }))
    }

    /// Lets a person in under a log-in name. Answers with the one-time password: it is kept nowhere and shown once.
    pub async fn give(&self, person: PersonId, login: LoginName) -> Result<String, GiveError> {
        let shell = &self.visit.shell;
        if shell.desk.credential_of(person).await?.is_some() {
            return Err(GiveError::Given);
        }
        if self.person(&login).await?.is_some() {
            return Err(GiveError::Taken(login));
        }
        let (password, password_hash) = self.fresh().await?;
        let known = Known {
            person,
            login: login.0,
            password_hash,
            password_changed_at: shell.city.now(),
            must_change: true,
            totp_secret: None,
            last_totp_step: None,
        };
        shell.desk.keep_credential(known).await?;
        self.tell(person).await?;
        Ok(password)
    }

    /// Sets another one-time password, signs the person out everywhere and lets a locked log-in try again. With
    /// `drop_second_factor`, for somebody who lost their device, the second factor is turned off too.
    pub async fn reset(&self, person: PersonId, drop_second_factor: bool) -> Result<String, Failure> {
        let shell = &self.visit.shell;
        let known = shell.desk.credential_of(person).await?.ok_or_else(Failure::not_found)?;
        let (password, hash) = self.fresh().await?;
        let now = shell.city.now();
        let change = |known: &mut Known| {
            (known.password_hash, known.password_changed_at, known.must_change) = (hash, now, true);
            if drop_second_factor {
                (known.totp_secret, known.last_totp_step) = (None, None);
            }
            Some(())
        };
        shell.change_credential(&known.login, change).await?.ok_or_else(Failure::not_found)?;
        shell.desk.keep_attempts(&known.login, None).await?;
        self.sign_out(person).await?;
        self.tell(person).await?;
        Ok(password)
    }

    /// Forgets failed attempts, so that a locked log-in may try again.
    pub async fn unlock(&self, person: PersonId) -> Result<(), Failure> {
        let desk = &self.visit.shell.desk;
        let known = desk.credential_of(person).await?.ok_or_else(Failure::not_found)?;
        desk.keep_attempts(&known.login, None).await?;
        self.tell(person).await
    }

    /// Ends every session of a person.
    pub async fn sign_out(&self, person: PersonId) -> Result<(), Failure> {
        // No token has this digest: all of the person's sessions are others.
        Ok(self.visit.shell.desk.end_other_sessions(person, Digest::ZERO).await?)
    }

    async fn fresh(&self) -> Result<(String, String), Failure> {
        let unavailable = |error: crate::PasswordError| Failure::Unavailable(error.to_string().into());
        let password = one_time_password().map_err(unavailable)?;
        let hash = self.visit.shell.passwords.hash(&password).await.map_err(unavailable)?;
        Ok((password, hash))
    }

    async fn tell(&self, person: PersonId) -> Result<(), Failure> {
        let by = AccessBy::Who(self.visit.visitor.who());
        Ok(self.visit.shell.tell(by, What::CredentialGiven { subject: Subject::from(person) }).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_name_is_plain() {
        assert_eq!("Zhang.San ".parse::<LoginName>().unwrap().as_str(), "zhang.san");
        for bad in ["", "ab", "张三", "a b c", "a@b", &"x".repeat(33)] {
            assert_eq!(bad.parse::<LoginName>(), Err(LoginNameError), "{bad}");
        }
    }
}
