//! The ports over the ledger's store.

use std::sync::Arc;

use kernel::{Digest, PersonId};
use ledger::Store;
use ledger::access::{Entry, Who};
use ledger::desk::{Attempts, Credential, Session};

use crate::ports::{Access, AccessBy, AccessLog, BoxFuture, Desk, Known, PortError};

/// Desk and access log of a store.
#[derive(Clone)]
pub struct OnLedger(Arc<Store>);

impl OnLedger {
    /// Over an open store.
    pub fn new(store: Arc<Store>) -> Self {
        Self(store)
    }

    /// Signs form tokens, the same after every start: [`crate::Settings::form_secret`].
    pub fn form_secret(&self) -> [u8; 32] {
        *self.0.vault.pseudonym("form tokens of the web shell").as_bytes()
    }

    fn known(&self, credential: Credential) -> Result<Known, PortError> {
        let Credential { person, login, password_hash, password_changed_at, .. } = credential;
        let Credential { must_change, sealed_totp, last_totp_step, .. } = credential;
        let open = |sealed: Vec<u8>| self.0.vault.open_sealed(&place(person), &sealed).map(|plain| plain.to_vec());
        let totp_secret = sealed_totp.map(open).transpose().map_err(failed)?;
        Ok(Known { person, login, password_hash, password_changed_at, must_change, totp_secret, last_totp_step })
    }

    fn credential_of(&self, known: Known) -> Result<Credential, PortError> {
        let Known { person, login, password_hash, password_changed_at, .. } = known;
        let Known { must_change, totp_secret, last_totp_step, .. } = known;
        let seal = |secret: Vec<u8>| self.0.vault.seal(&place(person), &secret);
        let sealed_totp = totp_secret.map(seal).transpose().map_err(failed)?;
        Ok(Credential { person, login, password_hash, password_changed_at, must_change, sealed_totp, last_totp_step })
    }

    /// What is typed as a login may be a password: attempts are kept under its pseudonym.
    fn pseudonym(&self, login: &str) -> Digest {
        self.0.vault.pseudonym(login)
    }
}

/// Binds a sealed secret to its person: it opens for no other.
fn place(person: PersonId) -> String {
    format!("totp {person}")
}

fn failed(error: impl std::error::Error) -> PortError {
    PortError(error.to_string())
}

impl Desk for OnLedger {
    fn session(&self, key: Digest) -> BoxFuture<'_, Result<Option<Session>, PortError>> {
        Box::pin(async move { self.0.desk.sessions().find(&key).await.map_err(failed) })
    }

    fn keep_session(&self, session: Session) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(async move { self.0.desk.sessions().keep(&session).await.map_err(failed) })
    }

    fn end_session(&self, key: Digest) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(async move { self.0.desk.sessions().end(&key).await.map_err(failed) })
    }

    fn end_other_sessions(&self, person: PersonId, but: Digest) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(async move { self.0.desk.sessions().end_all(person, Some(&but)).await.map(drop).map_err(failed) })
    }

    fn credential<'a>(&'a self, login: &'a str) -> BoxFuture<'a, Result<Option<Known>, PortError>> {
        Box::pin(async move {
            let found = self.0.desk.credentials().by_login(login).await.map_err(failed)?;
            found.map(|credential| self.known(credential)).transpose()
        })
    }

    fn credential_of(&self, person: PersonId) -> BoxFuture<'_, Result<Option<Known>, PortError>> {
        Box::pin(async move {
            let found = self.0.desk.credentials().of(person).await.map_err(failed)?;
            found.map(|credential| self.known(credential)).transpose()
        })
    }

    fn display_name(&self, person: PersonId) -> BoxFuture<'_, Result<Option<String>, PortError>> {
        Box::pin(async move {
            let names = self.0.vault.names_of(&[person.into()], office::hall::NAME).await.map_err(failed)?;
            Ok(names.into_values().next().map(|name| String::from_utf8_lossy(&name).into_owned()))
        })
    }

    fn keep_credential(&self, known: Known) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(async move {
            let credential = self.credential_of(known)?;
            self.0.desk.credentials().keep(&credential).await.map_err(failed)
        })
    }

    fn attempts<'a>(&'a self, login: &'a str) -> BoxFuture<'a, Result<Option<Attempts>, PortError>> {
        Box::pin(async move { self.0.desk.credentials().attempts(&self.pseudonym(login)).await.map_err(failed) })
    }

    fn keep_attempts<'a>(&'a self, login: &'a str, attempts: Option<Attempts>) -> BoxFuture<'a, Result<(), PortError>> {
        Box::pin(async move {
            let login = self.pseudonym(login);
            self.0.desk.credentials().keep_attempts(&login, attempts).await.map_err(failed)
        })
    }
}

impl AccessLog for OnLedger {
    fn record(&self, access: Access) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(async move {
            let Access { at, by, what } = access;
            let who = match by {
                AccessBy::Who(who) => who,
                AccessBy::Stranger(login) => Who::Unknown(self.pseudonym(&login)),
            };
            self.0.access.record(Entry { at, who, what }).await.map_err(failed)
        })
    }
}
