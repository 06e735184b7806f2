//! What all requests share.

use std::sync::Arc;

use kernel::{CommandId, Digest, PersonId, Timestamp};
use tokio::sync::Mutex;

use crate::failure::Failure;
use crate::password::Passwords;
use crate::ports::{Access, AccessKind, AccessLog, Attempts, City, Credential, Desk, PortError, Session};
use crate::route::{Method, RouteCard};
use crate::session::Token;
use crate::settings::Settings;
use crate::throttle::{Throttle, locked_for};
use crate::totp::Totp;
use crate::visitor::{SignedIn, Visitor};

/// City, desk, access log and settings behind all pages.
pub struct Shell {
    pub(crate) city: Arc<dyn City>,
    pub(crate) desk: Arc<dyn Desk>,
    access_log: Arc<dyn AccessLog>,
    pub(crate) passwords: Passwords,
    pub(crate) settings: Settings,
    /// Signs form tokens.
    secret: [u8; 32],
    clients: Throttle,
    sign_ins: Throttle,
    /// Held while attempts are counted, so that guesses sent at once are counted one by one.
    counting: Mutex<()>,
    cards: Vec<RouteCard>,
}

/// Why nobody came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Turned {
    /// Login, password or code is wrong: which, is not said.
    Wrong,
    /// Locked for so many seconds.
    Locked(i64),
    /// Something failed.
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Turned {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What a person typed to come in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typed {
    pub login: String,
    pub password: String,
    pub code: String,
}

impl Shell {
    /// Over its ports.
    pub fn new(
        city: Arc<dyn City>,
        desk: Arc<dyn Desk>,
        access_log: Arc<dyn AccessLog>,
        passwords: Passwords,
        settings: Settings,
    ) -> Result<Self, PortError> {
        let mut secret = [0; 32];
        match settings.form_secret {
            Some(given) => secret = given,
            None => getrandom::fill(&mut secret).map_err(|error| PortError(error.to_string()))?,
        }
        let clients = Throttle::new(settings.burst, settings.per_minute);
        let sign_ins = Throttle::new(settings.sign_ins_per_minute, settings.sign_ins_per_minute);
        let (counting, cards) = (Mutex::default(), Vec::new());
        Ok(Self { city, desk, access_log, passwords, settings, secret, clients, sign_ins, counting, cards })
    }

    pub(crate) fn learn(&mut self, cards: Vec<RouteCard>) {
        self.cards = cards;
    }

    /// Paths and labels of the main navigation for a visitor, and whether each is where they are.
    pub(crate) fn entries(&self, visitor: &Visitor, path: &str) -> Vec<(&'static str, &'static str, bool)> {
        let mut entries: Vec<_> = self
            .cards
            .iter()
            .filter(|card| card.method == Method::Get && card.who.admits(visitor))
            .filter_map(|card| card.entry.map(|(place, label)| (place, card.pattern, label)))
            .collect();
        entries.sort_unstable();
        let is_at = |pattern: &str| {
            path == pattern || path.strip_prefix(pattern).is_some_and(|rest| pattern != "/" && rest.starts_with('/'))
        };
        // `/plan/indicators` is its own entry rather than part of `/plan`.
        let here = entries.iter().map(|entry| entry.1).filter(|pattern| is_at(pattern)).max_by_key(|p| p.len());
        entries.into_iter().map(|(_, pattern, label)| (pattern, label, Some(pattern) == here)).collect()
    }

    #[allow(clippy::disallowed_methods, reason = "the edge: ids of commands are made where forms are made")]
    pub(crate) fn new_command(&self) -> CommandId {
        CommandId(uuid::Uuid::now_v7())
    }

    pub(crate) fn form_token(&self, token: &Token) -> String {
        token.form_token(&self.secret)
    }

    pub(crate) fn accepts(&self, token: &Token, sent: &str) -> bool {
        token.accepts(&self.secret, sent)
    }

    /// Lets a request of a client through, or says when to come back.
    pub(crate) fn admit(&self, client: &str) -> Result<(), Failure> {
        self.clients.take(client, self.city.now()).map_err(Failure::TooMany)
    }

    /// The session of a token, unless it has run out; notes that it was used.
    pub(crate) async fn session(&self, token: &Token) -> Result<Option<Session>, PortError> {
        let Some(mut session) = self.desk.session(token.key()).await? else { return Ok(None) };
        let now = self.city.now();
        let unused = now.duration_since(session.seen_at).unsigned_abs();
        let lasted = now.duration_since(session.started_at).unsigned_abs();
        if unused > self.settings.idle || lasted > self.settings.longest {
            self.desk.end_session(token.key()).await?;
            return Ok(None);
        }
        if unused.as_secs() >= 60 {
            session.seen_at = now;
            self.desk.keep_session(token.key(), session.clone()).await?;
        }
        Ok(Some(session))
    }

    /// The visitor of a session, with the grants as they now stand.
    pub(crate) fn visitor(&self, session: Session) -> Visitor {
        let seats = self.city.seats(session.person);
        let chosen = session.seat.as_ref();
        let is_chosen = |seat: &&crate::ports::Seat| chosen == Some(&(seat.role, seat.organisation.clone()));
        let seat = seats.iter().find(is_chosen).or(seats.first()).cloned();
        let since_proof = self.city.now().duration_since(session.proved_at).unsigned_abs();
        Visitor::SignedIn(Arc::new(SignedIn {
            person: session.person,
            display_name: session.display_name,
            login: session.login,
            seat,
            seats,
            reauthenticated: since_proof <= self.settings.proof,
            must_change: session.must_change,
        }))
    }

    /// Signs a person in under a new token: whoever knew the old one is left behind.
    pub(crate) async fn sign_in(&self, typed: &Typed, client: &str) -> Result<(Token, Session), Turned> {
        let credential = self.prove(typed, client).await?;
        let (now, person) = (self.city.now(), credential.person);
        let session = Session {
            person,
            login: credential.login,
            display_name: credential.display_name,
            seat: self.city.seats(person).first().map(|seat| (seat.role, seat.organisation.clone())),
            started_at: now,
            seen_at: now,
            proved_at: now,
            must_change: credential.must_change,
        };
        let token = Token::new().map_err(|error| Failure::Fault(error.to_string()))?;
        self.desk.keep_session(token.key(), session.clone()).await?;
        Ok((token, session))
    }

    /// Whether login, password and code belong together. Counts failures and keeps locked logins out; a login that
    /// does not exist is counted, locked and costs as one that does.
    pub(crate) async fn prove(&self, typed: &Typed, client: &str) -> Result<Credential, Turned> {
        let now = self.city.now();
        self.sign_ins.take(client, now).map_err(Failure::TooMany)?;
        let login = typed.login.trim().to_lowercase();
        if login.is_empty() || login.len() > 100 {
            return Err(Turned::Wrong);
        }
        {
            let _counting = self.counting.lock().await;
            let attempts = self.desk.attempts(&login).await?;
            let locked = locked_for(attempts, now);
            if locked > 0 {
                return Err(Turned::Locked(locked));
            }
            // Counted as failed beforehand; forgotten on success.
            let failures = attempts.map_or(0, |attempts| attempts.failures) + 1;
            self.desk.keep_attempts(&login, Some(Attempts { failures, last: now })).await?;
        }
        let credential = self.desk.credential(&login).await?;
        let hash = credential.as_ref().map(|credential| credential.password_hash.as_str());
        let fits = self.passwords.fits(&typed.password, hash).await;
        let fits = fits.map_err(|error| Failure::Unavailable(error.to_string().into()))?;
        let Some(credential) = credential.filter(|_| fits) else { return Err(Turned::Wrong) };
        let credential = self.second_factor(credential, &typed.code, now).await?;
        self.desk.keep_attempts(&login, None).await?;
        Ok(credential)
    }

    async fn second_factor(&self, known: Credential, code: &str, now: Timestamp) -> Result<Credential, Turned> {
        if known.totp_secret.is_none() {
            return Ok(known);
        }
        let _counting = self.counting.lock().await;
        // Read again: a code that came in twice at once must not be accepted twice.
        let mut credential = self.desk.credential(&known.login).await?.ok_or(Turned::Wrong)?;
        let totp = Totp::from_secret(credential.totp_secret.clone().ok_or(Turned::Wrong)?);
        let step = totp.accept(code, now, credential.totp_last_step).ok_or(Turned::Wrong)?;
        credential.totp_last_step = Some(step);
        self.desk.keep_credential(credential.clone()).await?;
        Ok(credential)
    }

    /// Tells the access log.
    pub(crate) async fn record(
        &self,
        visitor: &Visitor,
        client: &str,
        path: &str,
        kind: AccessKind,
    ) -> Result<(), PortError> {
        let person: Option<PersonId> = visitor.signed_in().map(|signed_in| signed_in.person);
        let seat = visitor.seat().map(|seat| (seat.role, seat.organisation.clone()));
        let (client, path) = (client.to_owned(), path.to_owned());
        self.access_log.record(Access { at: self.city.now(), person, seat, client, path, kind }).await
    }

    /// Changes a person's session.
    pub(crate) async fn change_session(
        &self,
        key: Digest,
        change: impl FnOnce(&mut Session),
    ) -> Result<Option<Session>, PortError> {
        let Some(mut session) = self.desk.session(key).await? else { return Ok(None) };
        change(&mut session);
        self.desk.keep_session(key, session.clone()).await?;
        Ok(Some(session))
    }
}
