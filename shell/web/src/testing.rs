//! For tests of page crates: a desk in memory, a clock that is set, a browser without a window, and the walk over the
//! route table.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use jiff::SignedDuration;
use kernel::{Date, Digest, OrganisationId, PersonId, Role, Sequence, Timestamp};
use ledger::desk::{Attempts, Session};
use tower::ServiceExt as _;

use crate::mount::own_routes;
use crate::password::Passwords;
use crate::ports::{Access, AccessLog, BoxFuture, City, Desk, Footing, Known, PortError, Seat};
use crate::route::{Method, Route, RouteCard, Who};
use crate::settings::Settings;
use crate::shell::Shell;

/// The password of everyone on a test bench.
pub const PASSWORD: &str = "a bench for all";

/// Desk and access log in memory.
#[derive(Default)]
pub struct Memory {
    sessions: Mutex<HashMap<Digest, Session>>,
    credentials: Mutex<HashMap<String, Known>>,
    attempts: Mutex<HashMap<String, Attempts>>,
    told: Mutex<Vec<Access>>,
}

fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn ready<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, Result<T, PortError>> {
    Box::pin(std::future::ready(Ok(value)))
}

impl Memory {
    /// What the access log was told so far.
    pub fn told(&self) -> Vec<Access> {
        held(&self.told).clone()
    }

    /// What lets a login in.
    pub fn known(&self, login: &str) -> Option<Known> {
        held(&self.credentials).get(login).cloned()
    }
}

impl Desk for Memory {
    fn session(&self, key: Digest) -> BoxFuture<'_, Result<Option<Session>, PortError>> {
        ready(held(&self.sessions).get(&key).cloned())
    }

    fn keep_session(&self, session: Session) -> BoxFuture<'_, Result<(), PortError>> {
        held(&self.sessions).insert(session.token, session);
        ready(())
    }

    fn end_session(&self, key: Digest) -> BoxFuture<'_, Result<(), PortError>> {
        held(&self.sessions).remove(&key);
        ready(())
    }

    fn end_other_sessions(&self, person: PersonId, but: Digest) -> BoxFuture<'_, Result<(), PortError>> {
        held(&self.sessions).retain(|key, session| session.person != person || *key == but);
        ready(())
    }

    fn credential<'a>(&'a self, login: &'a str) -> BoxFuture<'a, Result<Option<Known>, PortError>> {
        ready(self.known(login))
    }

    fn credential_of(&self, person: PersonId) -> BoxFuture<'_, Result<Option<Known>, PortError>> {
        ready(held(&self.credentials).values().find(|known| known.person == person).cloned())
    }

    fn display_name(&self, person: PersonId) -> BoxFuture<'_, Result<Option<String>, PortError>> {
        ready(Some(format!("示例人员{}", person.0.as_u128())))
    }

    fn keep_credential(&self, known: Known) -> BoxFuture<'_, Result<(), PortError>> {
        held(&self.credentials).insert(known.login.clone(), known);
        ready(())
    }

    fn attempts<'a>(&'a self, login: &'a str) -> BoxFuture<'a, Result<Option<Attempts>, PortError>> {
        ready(held(&self.attempts).get(login).copied())
    }

    fn keep_attempts<'a>(&'a self, login: &'a str, attempts: Option<Attempts>) -> BoxFuture<'a, Result<(), PortError>> {
        let mut kept = held(&self.attempts);
        match attempts {
            Some(attempts) => kept.insert(login.to_owned(), attempts),
            None => kept.remove(login),
        };
        ready(())
    }
}

impl AccessLog for Memory {
    fn record(&self, access: Access) -> BoxFuture<'_, Result<(), PortError>> {
        held(&self.told).push(access);
        ready(())
    }
}

/// A city of one account per role, whose clock is set by hand.
pub struct BenchCity {
    now: Mutex<Timestamp>,
}

impl BenchCity {
    /// Lets time pass.
    pub fn pass(&self, seconds: i64) {
        let mut now = held(&self.now);
        *now = now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(*now);
    }
}

impl City for BenchCity {
    fn name(&self) -> String {
        "示例市".to_owned()
    }

    fn is_demonstration(&self) -> bool {
        true
    }

    fn now(&self) -> Timestamp {
        *held(&self.now)
    }

    fn first_day(&self) -> Option<Date> {
        Some(jiff::civil::date(2024, 1, 1))
    }

    fn footing(&self) -> Footing {
        Footing { sequence: Sequence(128_406), checkpoint: Timestamp::from_second(1_795_363_200).ok() }
    }

    /// Everyone has the role of their number; the first also has the second's.
    fn seats(&self, person: PersonId) -> Vec<Seat> {
        let number = person.0.as_u128() as usize;
        let roles = Role::ALL.iter().skip(number).take(if number == 0 { 2 } else { 1 });
        let organisation = |number: usize| format!("unit-{number}").parse::<OrganisationId>().ok();
        roles
            .filter_map(|role| {
                let organisation = organisation(number)?;
                Some(Seat { role: *role, organisation, organisation_name: format!("示例单位{number}") })
            })
            .collect()
    }
}

/// A mounted route table with everything it needs, in memory.
pub struct Bench {
    router: Router,
    cards: Vec<RouteCard>,
    /// Desk and access log.
    pub memory: Arc<Memory>,
    /// The city, whose clock is set by hand.
    pub city: Arc<BenchCity>,
}

/// What a request was answered with.
#[derive(Debug)]
pub struct Seen {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub body: String,
}

impl Seen {
    /// What a person reads of the page's main part, with the status, for the message of a failed assertion.
    pub fn words(&self) -> String {
        let main = self.body.split("<main").nth(1).unwrap_or(&self.body).split("</main").next().unwrap_or_default();
        let mut words = String::new();
        let mut inside = false;
        for c in main.chars() {
            match c {
                '<' => inside = true,
                '>' => inside = false,
                c if !inside => words.push(c),
                _ => {}
            }
        }
        format!("{} {}", self.status, words.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// A header as text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The cross-site token of the first form.
    pub fn form_token(&self) -> &str {
        let after = self.body.split_once("name=\"_csrf\" value=\"").map_or("", |(_, after)| after);
        after.split('"').next().unwrap_or_default()
    }
}

impl Bench {
    /// Mounts routes, with the shell's own, for accounts `role-0` to `role-12` in the order of [`Role::ALL`], all with
    /// the password [`PASSWORD`].
    pub async fn new<S: Clone + Send + Sync + 'static>(routes: Vec<Route<S>>, state: S) -> Result<Self, PortError> {
        let settings = Self::patient();
        Self::with(routes, state, settings).await
    }

    /// As [`Bench::new`], with other settings.
    pub async fn with<S: Clone + Send + Sync + 'static>(
        routes: Vec<Route<S>>,
        state: S,
        settings: Settings,
    ) -> Result<Self, PortError> {
        let city = Arc::new(BenchCity { now: Mutex::new(Self::begins()?) });
        Self::mount(routes, state, settings, city.clone(), city).await
    }

    /// As [`Bench::new`], over another city, which says who may act as what: account `role-N` is the person whose
    /// number is N. Its clock is its own; that of the bench stands still.
    pub async fn over<S: Clone + Send + Sync + 'static>(
        routes: Vec<Route<S>>,
        state: S,
        city: Arc<dyn City>,
    ) -> Result<Self, PortError> {
        let settings = Self::patient();
        let idle = Arc::new(BenchCity { now: Mutex::new(Self::begins()?) });
        Self::mount(routes, state, settings, city, idle).await
    }

    /// Settings under which nobody is told to slow down.
    fn patient() -> Settings {
        let most = u32::MAX;
        Settings { burst: most, sign_ins_per_minute: most, words_per_minute: most, ..Settings::default() }
    }

    fn begins() -> Result<Timestamp, PortError> {
        Timestamp::from_second(1_795_399_200).map_err(|error| PortError(error.to_string()))
    }

    async fn mount<S: Clone + Send + Sync + 'static>(
        routes: Vec<Route<S>>,
        state: S,
        settings: Settings,
        over: Arc<dyn City>,
        city: Arc<BenchCity>,
    ) -> Result<Self, PortError> {
        let failed = |error: &dyn std::fmt::Display| PortError(error.to_string());
        let passwords = Passwords::cheap().map_err(|error| failed(&error))?;
        let password_hash = passwords.hash(PASSWORD).await.map_err(|error| failed(&error))?;
        let (memory, now) = (Arc::new(Memory::default()), Self::begins()?);
        for number in 0..Role::ALL.len() {
            memory
                .keep_credential(Known {
                    person: PersonId(uuid::Uuid::from_u128(number as u128)),
                    login: format!("role-{number}"),
                    password_hash: password_hash.clone(),
                    password_changed_at: now,
                    must_change: false,
                    totp_secret: None,
                    last_totp_step: None,
                })
                .await?;
        }
        let shell = Shell::new(over, memory.clone(), memory.clone(), passwords, settings)?;
        let cards = own_routes().iter().chain(&routes).map(|route: &Route<S>| *route.card()).collect();
        Ok(Self { router: crate::mount(routes, state, shell), cards, memory, city })
    }

    /// Around a router that was mounted elsewhere, over a desk and a city of its own.
    pub fn around(router: Router) -> Self {
        let city = BenchCity { now: Mutex::new(Timestamp::UNIX_EPOCH) };
        Self { router, cards: Vec::new(), memory: Arc::default(), city: Arc::new(city) }
    }

    /// Everything that is mounted, the shell's own with it.
    pub fn cards(&self) -> &[RouteCard] {
        &self.cards
    }

    /// The mounted table, to be served to a browser with a window.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Body>) -> Seen {
        let answer = self.router.clone().oneshot(request).await;
        let (parts, body) = answer.unwrap_or_else(|never| match never {}).into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        Seen { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    /// A browser that has not been here before.
    pub fn browser(&self) -> Browser<'_> {
        Browser { bench: self, cookie: None }
    }

    /// A browser signed in as the account of a role.
    pub async fn signed_in(&self, role: Role) -> Browser<'_> {
        let number = Role::ALL.iter().position(|other| *other == role).unwrap_or_default();
        let mut browser = self.browser();
        browser.sign_in(&format!("role-{number}"), PASSWORD, "").await;
        browser
    }

    /// Opens every route as everyone, and tells where somebody got in who may not, did not who may, or where an
    /// action went through without the token of its form.
    pub async fn walk(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        for card in &self.cards {
            self.walk_route(card, None, &mut complaints).await;
            for role in Role::ALL {
                self.walk_route(card, Some(role), &mut complaints).await;
            }
        }
        complaints
    }

    async fn walk_route(&self, card: &RouteCard, role: Option<Role>, complaints: &mut Vec<String>) {
        let mut browser = match role {
            Some(role) => self.signed_in(role).await,
            None => self.browser(),
        };
        let may = match (card.who, role) {
            (Who::Public, _) | (Who::SignedIn, Some(_)) => true,
            (Who::Roles(roles), Some(role)) => roles.contains(&role),
            (_, None) => false,
        };
        let seen = match card.method {
            Method::Get => browser.get(card.sample).await,
            Method::Post => browser.post(card.sample, &[]).await,
        };
        let not_there = card.hidden && seen.status == StatusCode::NOT_FOUND;
        if not_there && card.who != Who::Public && role.is_some() {
            // Whether it exists for whom is what the pages' own tests know.
            return;
        }
        let turned_away = seen.body.contains("您当前的身份不能查看或办理此项");
        let asked_to_sign_in = role.is_none()
            && (seen.header("location").starts_with("/sign-in") || seen.status == StatusCode::UNAUTHORIZED);
        let got_in = !turned_away && !asked_to_sign_in;
        let who = role.map_or("公众", Role::label);
        let mut complain = |what: &str| {
            complaints.push(format!("{who} {:?} {}：{what}（{}）", card.method, card.sample, seen.status));
        };
        if got_in != may {
            complain(if may { "应当可以打开" } else { "不应可以打开" });
        }
        let is_well = match card.method {
            Method::Get => seen.status.is_success() || seen.status.is_redirection() || not_there,
            Method::Post => !seen.status.is_server_error() && seen.status != StatusCode::METHOD_NOT_ALLOWED,
        };
        if may && !is_well {
            complain("没有正常打开");
        }
        if card.method == Method::Post {
            let foreign = browser.post_as_it_is(card.sample, "a=1").await;
            if foreign.status != StatusCode::FORBIDDEN && may {
                complain("没有表单令牌也被受理");
            }
        }
    }
}

/// A browser without a window: it keeps its cookie and sends forms with their token.
pub struct Browser<'a> {
    bench: &'a Bench,
    cookie: Option<String>,
}

impl Browser<'_> {
    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Seen {
        let request = Request::get(path);
        let request = self.cookie.iter().fold(request, |request, cookie| request.header(header::COOKIE, cookie));
        let seen = self.bench.send(request.body(Body::empty()).unwrap_or_default()).await;
        self.keep_cookie(&seen);
        seen
    }

    /// Opens a path whose answer is no text.
    pub async fn get_bytes(&mut self, path: &str) -> Vec<u8> {
        let request = Request::get(path);
        let request = self.cookie.iter().fold(request, |request, cookie| request.header(header::COOKIE, cookie));
        let answer = self.bench.router.clone().oneshot(request.body(Body::empty()).unwrap_or_default()).await;
        let body = answer.unwrap_or_else(|never| match never {}).into_body();
        to_bytes(body, usize::MAX).await.unwrap_or_default().to_vec()
    }

    /// Sends a form, with the token of this visit.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Seen {
        let token = self.form_token().await;
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.append_pair("_csrf", &token).extend_pairs(fields);
        self.post_as_it_is(path, &body.finish()).await
    }

    /// Sends a body as it is.
    pub async fn post_as_it_is(&mut self, path: &str, body: &str) -> Seen {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = self.cookie.iter().fold(request, |request, cookie| request.header(header::COOKIE, cookie));
        let seen = self.bench.send(request.body(Body::from(body.to_owned())).unwrap_or_default()).await;
        self.keep_cookie(&seen);
        seen
    }

    /// Sends a form with files (field, name, content), with the token of this visit.
    pub async fn post_files(&mut self, path: &str, fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Seen {
        const EDGE: &str = "edge-of-a-part-in-a-test";
        let token = self.form_token().await;
        let mut body = Vec::new();
        for (name, value) in std::iter::once(&("_csrf", token.as_str())).chain(fields) {
            let head = format!("--{EDGE}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(head.as_bytes());
        }
        for (field, name, content) in files {
            let head = format!("content-disposition: form-data; name=\"{field}\"; filename=\"{name}\"");
            body.extend_from_slice(format!("--{EDGE}\r\n{head}\r\n\r\n").as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{EDGE}--\r\n").as_bytes());
        let request = Request::post(path).header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={EDGE}"));
        let request = self.cookie.iter().fold(request, |request, cookie| request.header(header::COOKIE, cookie));
        let seen = self.bench.send(request.body(Body::from(body)).unwrap_or_default()).await;
        self.keep_cookie(&seen);
        seen
    }

    /// The token forms of this visit carry.
    pub async fn form_token(&mut self) -> String {
        let page = self.get("/account").await;
        if page.form_token().is_empty() {
            self.get("/sign-in").await.form_token().to_owned()
        } else {
            page.form_token().to_owned()
        }
    }

    /// Signs in.
    pub async fn sign_in(&mut self, login: &str, password: &str, code: &str) -> Seen {
        self.post("/sign-in", &[("login", login), ("password", password), ("code", code)]).await
    }

    fn keep_cookie(&mut self, seen: &Seen) {
        if let Some(pair) = seen.header("set-cookie").split(';').next().filter(|pair| !pair.is_empty()) {
            self.cookie = Some(pair.to_owned());
        }
    }
}
