//! The checks every route passes through.

use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use axum::RequestPartsExt;
use axum::body::Body;
use axum::extract::{ConnectInfo, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method as HttpMethod, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use futures::FutureExt;
use kernel::PersonId;
use ledger::access::What;
use tracing::Instrument as _;

use crate::failure::Failure;
use crate::page::Visit;
use crate::ports::AccessBy;
use crate::resume::{self, Resume};
use crate::route::RouteCard;
use crate::session::Token;
use crate::shell::{Shell, Turned, Typed};
use crate::submitted::{Submitted, Takes};
use crate::visitor::{AsOf, Visitor};
use crate::{failure_page, headers, measures};

/// One route's gate.
#[derive(Clone)]
pub(crate) struct Gate {
    pub shell: Arc<Shell>,
    pub card: RouteCard,
}

/// A request on its way: who asks is known, the body is read.
struct Arrival {
    visit: Arc<Visit>,
    submitted: Option<Submitted>,
}

/// What stops a request before its handler: a page of its own, or a failure.
enum Stop {
    Answer(Box<Response>),
    Failure(Failure),
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

/// Passes a request through its route's checks, counted and within a span of its own, and dresses what comes back.
pub(crate) async fn pass(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (card, measures, begun) = (gate.card, gate.shell.measures.clone(), Instant::now());
    let method = measures::method(card.method);
    let span = tracing::info_span!("request", method, pattern = card.pattern);
    let response = through(gate, request, next).instrument(span.clone()).await;
    let (status, took) = (response.status(), begun.elapsed());
    measures.answered(&card, status, took);
    let milliseconds = took.as_secs_f64() * 1e3;
    span.in_scope(|| tracing::info!(status = status.as_u16(), milliseconds, "answered"));
    response
}

async fn through(gate: Gate, mut request: Request, next: Next) -> Response {
    let visit = match gate.recognise(&mut request).await {
        Ok(visit) => visit,
        Err((visit, failure)) => return gate.dress(&visit, failure_page::show(&visit, &failure).await),
    };
    let mut arrival = Arrival { visit, submitted: None };
    let response = match gate.prepare(&mut arrival, request).await {
        Ok(request) => gate.run(&arrival, request, next).await,
        Err(Stop::Answer(response)) => *response,
        Err(Stop::Failure(failure)) => gate.answer(&arrival, failure).await,
    };
    gate.dress(&arrival.visit, response)
}

impl Gate {
    /// Finds out who asks, from where, as of when.
    async fn recognise(&self, request: &mut Request) -> Result<Arc<Visit>, (Arc<Visit>, Failure)> {
        let shell = &self.shell;
        let client = client_of(request, shell);
        let token = Token::from_cookie(request.headers(), shell.settings.secure);
        let token_is_new = token.is_none();
        let now = shell.city.now();
        let query = request.uri().query().unwrap_or_default().to_owned();
        let as_of = AsOf::parse(&query, now);
        let fresh = match token {
            Some(token) => Ok(token),
            None => Token::new().map_err(|error| Failure::Fault(error.to_string())),
        };
        let (token, broken) = match fresh {
            Ok(token) => (token, None),
            Err(failure) => (Token::nobody(), Some(failure)),
        };
        let mut visit = Visit {
            shell: shell.clone(),
            visitor: Visitor::Public,
            as_of: as_of.as_ref().copied().unwrap_or(AsOf::now(now)),
            path: request.uri().path().to_owned(),
            query,
            client,
            token,
            token_is_new,
            token_used: AtomicBool::new(false),
        };
        if let Some(failure) = broken {
            return Err((Arc::new(visit), failure));
        }
        if let Err(failure) = shell.admit(&visit.client) {
            return Err((Arc::new(visit), failure));
        }
        if !token_is_new {
            match shell.session(&visit.token).await {
                Ok(Some(session)) => match shell.visitor(&session).await {
                    Ok(visitor) => visit.visitor = visitor,
                    Err(error) => return Err((Arc::new(visit), error.into())),
                },
                Ok(None) => {}
                Err(error) => return Err((Arc::new(visit), error.into())),
            }
        }
        let visit = Arc::new(visit);
        as_of.map_err(|failure| (visit.clone(), failure))?;
        Ok(visit)
    }

    /// Reads the body, checks its token, asks for proof, and lets only those in who may.
    async fn prepare(&self, arrival: &mut Arrival, request: Request) -> Result<Request, Stop> {
        let mut request = request;
        if request.method() == HttpMethod::POST {
            self.read_body(arrival, &mut request).await?;
            self.take_proof(arrival).await?;
        }
        let visit = arrival.visit.clone();
        if !self.card.who.admits(&visit.visitor) {
            return Err(self.turn_away(&visit).into());
        }
        let must_change = visit.visitor.signed_in().is_some_and(|signed_in| signed_in.must_change);
        if must_change && !visit.path.starts_with("/account") && visit.path != "/sign-out" {
            return Err(Stop::Answer(Box::new(Redirect::to("/account/password").into_response())));
        }
        if self.card.sparing && arrival.submitted.is_some() {
            visit.shell.admit_words(&visit.client)?;
        }
        if self.card.proof && !visit.visitor.reauthenticated() {
            return Err(Failure::ProveFirst.into());
        }
        if let Some(submitted) = &arrival.submitted {
            request.extensions_mut().insert(Arc::new(submitted.clone()));
        }
        request.extensions_mut().insert(visit);
        Ok(request)
    }

    async fn read_body(&self, arrival: &mut Arrival, request: &mut Request) -> Result<(), Stop> {
        let visit = &arrival.visit;
        let settings = &visit.shell.settings;
        let (limit, takes) = match (self.card.large_files, self.card.upload) {
            (true, _) => (settings.large_body_bytes, Takes::LargeFiles(&settings.incoming_folder)),
            (false, Some(bytes)) => (bytes, Takes::Files),
            (false, None) => (settings.form_bytes, Takes::Fields),
        };
        // Nobody uploads before it is known that they may.
        if !matches!(takes, Takes::Fields) && !self.card.who.admits(&visit.visitor) {
            return Err(self.turn_away(visit).into());
        }
        if !is_from_here(request.headers()) {
            return Err(Failure::Foreign.into());
        }
        let whole = std::mem::replace(request, Request::new(Body::empty()));
        let (parts, body) = whole.into_parts();
        let copy = Request::from_parts(parts.clone(), body);
        *request = Request::from_parts(parts, Body::empty());
        let mut submitted = Submitted::read(copy, limit, takes).await?;
        let sent = submitted.take("_csrf").unwrap_or_default();
        if visit.token_is_new || !visit.shell.accepts(&visit.token, &sent) {
            return Err(Failure::Foreign.into());
        }
        arrival.submitted = Some(submitted);
        Ok(())
    }

    /// A form that comes back from the page that asked for a password: proves, then goes on as if it had been sent so.
    async fn take_proof(&self, arrival: &mut Arrival) -> Result<(), Stop> {
        let Some(submitted) = &mut arrival.submitted else { return Ok(()) };
        let Some(password) = submitted.take(resume::PASSWORD) else { return Ok(()) };
        let code = submitted.take(resume::CODE).unwrap_or_default();
        let login = submitted.take(resume::LOGIN);
        let visit = arrival.visit.clone();
        let typed = Typed { login: login.unwrap_or_default(), password, code };
        let is_new = visit.visitor.signed_in().is_none();
        let proved = if is_new {
            visit.shell.sign_in(&typed, &visit.client).await
        } else {
            let again = visit.shell.prove_again(&visit.token, typed, &visit.client).await;
            again.map(|session| (visit.token.clone(), session))
        };
        match proved {
            Ok((token, session)) => {
                let visitor = visit.shell.visitor(&session).await?;
                arrival.visit = Arc::new(visit.become_known(visitor, token, is_new));
                Ok(())
            }
            Err(Turned::Failed(failure)) => Err(failure.into()),
            Err(turned) => {
                let page = Resume::new(&visit, arrival.submitted.as_ref(), Some(&turned)).show(&visit)?;
                Err(Stop::Answer(Box::new(page)))
            }
        }
    }

    fn turn_away(&self, visit: &Visit) -> Failure {
        match visit.visitor.signed_in() {
            None => Failure::SignInFirst,
            Some(_) if self.card.hidden => Failure::not_found(),
            Some(signed_in) => {
                let others = signed_in.seats.iter().filter(|seat| match self.card.who {
                    crate::Who::Roles(roles) => roles.contains(&seat.role),
                    _ => true,
                });
                let labels: Vec<String> =
                    others.map(|seat| format!("{}·{}", seat.organisation_name, seat.role.label())).collect();
                let advice = if labels.is_empty() {
                    "如确需办理，请联系本单位管理员授权。".to_owned()
                } else {
                    format!("请在页面右上角切换为“{}”后再打开。", labels.join("”或“"))
                };
                Failure::Forbidden(format!("您当前的身份不能查看或办理此项。{advice}").into())
            }
        }
    }

    /// Runs the handler, no longer than allowed; a handler that panics harms nobody else.
    async fn run(&self, arrival: &Arrival, request: Request, next: Next) -> Response {
        let visit = &arrival.visit;
        let (mut parts, body) = request.into_parts();
        let read = self.read(visit, &mut parts).await;
        let handler = AssertUnwindSafe(next.run(Request::from_parts(parts, body))).catch_unwind();
        let response = match tokio::time::timeout(visit.shell.settings.patience, handler).await {
            Ok(Ok(response)) => response,
            Ok(Err(_)) => Failure::Fault("处理程序异常终止（panic）".to_owned()).into_response(),
            Err(_) => Failure::TookTooLong.into_response(),
        };
        if let Some(failure) = response.extensions().get::<Failure>().cloned() {
            return self.answer(arrival, failure).await;
        }
        if let (Some(read), true) = (read, response.status().is_success()) {
            // What was to be logged is withheld when it could not be.
            if let Err(error) = visit.shell.tell(AccessBy::Who(visit.visitor.who()), read).await {
                return self.answer(arrival, error.into()).await;
            }
        }
        response
    }

    /// What the access log is told when the handler has answered.
    async fn read(&self, visit: &Visit, parts: &mut Parts) -> Option<What> {
        let reads = self.card.reads?;
        let parameters = parts.extract::<RawPathParams>().await.ok()?;
        let named = |name: Option<&str>| {
            let found = parameters.iter().find(|(parameter, _)| Some(*parameter) == name);
            found.map(|(_, value)| value)
        };
        let person: Option<PersonId> = named(reads.person).and_then(|value| value.parse().ok());
        let firm = named(reads.firm).and_then(|value| value.parse().ok());
        let (purpose, path) = (reads.purpose.to_owned(), visit.path.clone());
        Some(What::Read { subject: person.map(Into::into), firm, purpose, path })
    }

    /// The page for a failure: where proving who one is would help, a page that asks and then goes on.
    async fn answer(&self, arrival: &Arrival, failure: Failure) -> Response {
        let visit = &arrival.visit;
        match (&failure, &arrival.submitted) {
            (Failure::SignInFirst | Failure::ProveFirst, Some(submitted)) if !submitted.has_files() => {
                match Resume::new(visit, Some(submitted), None).show(visit) {
                    Ok(page) => page,
                    Err(error) => failure_page::show(visit, &error.into()).await,
                }
            }
            (Failure::SignInFirst, _) => Redirect::to(&format!("/sign-in?then={}", visit.here())).into_response(),
            (Failure::ProveFirst, _) => Redirect::to(&format!("/prove?then={}", visit.here())).into_response(),
            _ => failure_page::show(visit, &failure).await,
        }
    }

    /// Headers and cookie.
    fn dress(&self, visit: &Visit, mut response: Response) -> Response {
        let secure = visit.shell.settings.secure;
        headers::protect(response.headers_mut(), secure);
        let needs_cookie = visit.token_is_new && visit.token_used.load(Ordering::Relaxed);
        let needs_cookie = needs_cookie && !response.headers().contains_key(header::SET_COOKIE);
        if let (true, Some(cookie)) = (needs_cookie, visit.token.cookie(secure)) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
}

/// Whether a form comes from a page of this site: browsers say so themselves.
fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match (text("origin"), text("host")) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, rest)| rest == host),
        // Neither header: an old browser or no browser at all. The token decides.
        _ => true,
    }
}

/// The address that asks: of the connection, or as the trusted proxy names it. An IPv6 client is its /64.
fn client_of(request: &mut Request, shell: &Shell) -> String {
    let named = shell.settings.client_header.as_ref().and_then(|name| request.headers().get(name));
    let named = named.and_then(|value| value.to_str().ok()).and_then(|value| value.rsplit(',').next());
    let named = named.and_then(|value| value.trim().parse::<IpAddr>().ok());
    let connected = || request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    match named.or_else(connected) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        None => "unknown".to_owned(),
    }
}
