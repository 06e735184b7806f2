//! What all requests share.

use std::sync::Arc;

use kernel::CommandId;
use ledger::access::{SignInFailure, What, Who};
use ledger::desk::{Attempts, Grant, Session};
use tokio::sync::Mutex;

use crate::failure::Failure;
use crate::measures::Measures;
use crate::password::Passwords;
use crate::ports::{Access, AccessBy, AccessLog, City, Desk, Known, PortError, Seat};
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
    words: Throttle,
    /// Held while attempts are counted and credentials changed, so that guesses sent at once are counted one by one
    /// and a code sent twice at once is accepted once.
    turn: Mutex<()>,
    cards: Vec<RouteCard>,
    pub(crate) measures: Measures,
}

/// Why nobody came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Turned {
    /// Login, password or code is wrong, or the login is locked for some seconds.
    Away(SignInFailure, i64),
    /// Something failed.
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Turned {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Characters of a login that are looked at.
const LONGEST_LOGIN: usize = 64;

/// A log-in name as it is kept and looked for, however it was typed.
pub(crate) fn normal(login: &str) -> String {
    login.trim().to_lowercase().chars().take(LONGEST_LOGIN).collect()
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
        let words = Throttle::new(settings.words_per_minute, settings.words_per_minute);
        let (turn, cards, measures) = (Mutex::default(), Vec::new(), Measures::default());
        Ok(Self {
            city,
            desk,
            access_log,
            passwords,
            settings,
            secret,
            clients,
            sign_ins,
            words,
            turn,
            cards,
            measures,
        })
    }

    /// What is counted about requests; clones count together.
    pub fn measures(&self) -> Measures {
        self.measures.clone()
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

    /// Lets a client write into the record once more without an account, or says when to come back.
    pub(crate) fn admit_words(&self, client: &str) -> Result<(), Failure> {
        self.words.take(client, self.city.now()).map_err(Failure::TooMany)
    }

    /// The session of a token, unless it has run out; notes that it was used.
    pub(crate) async fn session(&self, token: &Token) -> Result<Option<Session>, PortError> {
        let key = token.key();
        let Some(mut session) = self.desk.session(key).await? else { return Ok(None) };
        let now = self.city.now();
        let unused = now.duration_since(session.last_seen_at).unsigned_abs();
        let lasted = now.duration_since(session.created_at).unsigned_abs();
        if unused > self.settings.idle || lasted > self.settings.longest {
            self.desk.end_session(key).await?;
            let who = Who::Person(session.person);
            self.tell(AccessBy::Who(who), What::SignedOut { expired: true }).await?;
            return Ok(None);
        }
        if unused.as_secs() >= 60 {
            session.last_seen_at = now;
            self.desk.keep_session(session.clone()).await?;
        }
        Ok(Some(session))
    }

    /// The visitor of a session, with the grants as they now stand.
    pub(crate) async fn visitor(&self, session: &Session) -> Result<Visitor, PortError> {
        let seats = self.city.seats(session.person);
        let is_chosen = |seat: &&Seat| {
            let chosen = session.chosen.as_ref();
            chosen.is_some_and(|grant| grant.role == seat.role && grant.organisation == seat.organisation)
        };
        let seat = seats.iter().find(is_chosen).or(seats.first()).cloned();
        let now = self.city.now();
        let since_proof = now.duration_since(session.reauthenticated_at).unsigned_abs();
        let Session { person, must_change, .. } = *session;
        let display_name = self.desk.display_name(person).await?.unwrap_or_default();
        let reauthenticated = since_proof <= self.settings.proof;
        let signed_in = SignedIn { person, display_name, seat, seats, reauthenticated, must_change };
        Ok(Visitor::SignedIn(Arc::new(signed_in)))
    }

    /// Signs a person in under a new token: whoever knew the old one is left behind.
    pub(crate) async fn sign_in(&self, typed: &Typed, client: &str) -> Result<(Token, Session), Turned> {
        let known = self.prove(typed, client).await?;
        let (now, person) = (self.city.now(), known.person);
        let token = Token::new().map_err(|error| Failure::Fault(error.to_string()))?;
        let first = self.city.seats(person).into_iter().next();
        let session = Session {
            token: token.key(),
            person,
            chosen: first.map(|seat| Grant { role: seat.role, organisation: seat.organisation }),
            must_change: known.must_change,
            created_at: now,
            last_seen_at: now,
            reauthenticated_at: now,
        };
        self.desk.keep_session(session.clone()).await?;
        let second_factor = known.totp_secret.is_some();
        self.tell(AccessBy::Who(Who::Person(person)), What::SignedIn { second_factor }).await?;
        Ok((token, session))
    }

    /// The person of a session proves again who they are.
    pub(crate) async fn prove_again(&self, token: &Token, typed: Typed, client: &str) -> Result<Session, Turned> {
        let session = self.desk.session(token.key()).await?.ok_or(Failure::SignInFirst)?;
        let known = self.desk.credential_of(session.person).await?.ok_or(Failure::SignInFirst)?;
        self.prove(&Typed { login: known.login, ..typed }, client).await?;
        let session = Session { reauthenticated_at: self.city.now(), ..session };
        self.desk.keep_session(session.clone()).await?;
        self.tell(AccessBy::Who(Who::Person(session.person)), What::Reauthenticated).await?;
        Ok(session)
    }

    /// Whether login, password and code belong together. Counts failures and keeps locked logins out; a login that
    /// nobody has is counted, locked and costs like one that somebody has. Failures are told to the access log.
    async fn prove(&self, typed: &Typed, client: &str) -> Result<Known, Turned> {
        self.sign_ins.take(client, self.city.now()).map_err(Failure::TooMany)?;
        let login = normal(&typed.login);
        let known = self.desk.credential(&login).await?;
        let by = match &known {
            Some(known) => AccessBy::Who(Who::Person(known.person)),
            None => AccessBy::Stranger(login.clone()),
        };
        let proved = self.compare(known, &login, typed).await;
        if let Err(Turned::Away(why, _)) = &proved {
            self.tell(by, What::SignInFailed(*why)).await?;
        }
        proved
    }

    async fn compare(&self, known: Option<Known>, login: &str, typed: &Typed) -> Result<Known, Turned> {
        let locked = self.count(login).await?;
        if locked > 0 {
            return Err(Turned::Away(SignInFailure::Locked, locked));
        }
        let hash = known.as_ref().map(|known| known.password_hash.as_str());
        let fits = self.passwords.fits(&typed.password, hash).await;
        let fits = fits.map_err(|error| Failure::Unavailable(error.to_string().into()))?;
        let known = known.ok_or(Turned::Away(SignInFailure::UnknownLogin, 0))?;
        if !fits {
            return Err(Turned::Away(SignInFailure::Password, 0));
        }
        if known.totp_secret.is_some() && !self.accept_code(login, &typed.code).await? {
            return Err(Turned::Away(SignInFailure::SecondFactor, 0));
        }
        self.desk.keep_attempts(login, None).await?;
        Ok(known)
    }

    /// Counts an attempt as failed beforehand (success forgets it), and answers for how many seconds the login is
    /// locked.
    async fn count(&self, login: &str) -> Result<i64, PortError> {
        let _turn = self.turn.lock().await;
        let (attempts, now) = (self.desk.attempts(login).await?, self.city.now());
        let locked = locked_for(attempts, now);
        if locked == 0 {
            let failures = attempts.map_or(0, |attempts| attempts.failures).saturating_add(1);
            self.desk.keep_attempts(login, Some(Attempts { failures, last: now })).await?;
        }
        Ok(locked)
    }

    /// Whether a code of the second factor is right and was not used before; uses it up.
    async fn accept_code(&self, login: &str, code: &str) -> Result<bool, PortError> {
        let now = self.city.now();
        let accept = |known: &mut Known| {
            let totp = Totp::from_secret(known.totp_secret.clone()?);
            known.last_totp_step = Some(totp.accept(code, now, known.last_totp_step)?);
            Some(())
        };
        Ok(self.change_credential(login, accept).await?.is_some())
    }

    /// Changes what lets a login in, one change at a time; `None` when nobody has it or the change refuses, and then
    /// nothing is kept.
    pub(crate) async fn change_credential<T>(
        &self,
        login: &str,
        change: impl FnOnce(&mut Known) -> Option<T>,
    ) -> Result<Option<T>, PortError> {
        let _turn = self.turn.lock().await;
        let Some(mut known) = self.desk.credential(login).await? else { return Ok(None) };
        let changed = change(&mut known);
        if changed.is_some() {
            self.desk.keep_credential(known).await?;
        }
        Ok(changed)
    }

    /// Changes a session.
    pub(crate) async fn change_session(
        &self,
        token: &Token,
        change: impl FnOnce(&mut Session),
    ) -> Result<(), PortError> {
        if let Some(mut session) = self.desk.session(token.key()).await? {
            change(&mut session);
            self.desk.keep_session(session).await?;
        }
        Ok(())
    }

    /// Tells the access log.
    pub(crate) async fn tell(&self, by: AccessBy, what: What) -> Result<(), PortError> {
        self.access_log.record(Access { at: self.city.now(), by, what }).await
    }
}
