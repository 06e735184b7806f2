//! The frame around every page.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::failure::Failure;
use crate::form::Draft;
use crate::markup::Markup;
use crate::session::{self, Token};
use crate::shell::Shell;
use crate::visitor::{AsOf, Visitor};
use crate::{Answer, asset};

/// What the gate found out about a request; shared with extractors through the request's extensions.
pub(crate) struct Visit {
    pub shell: Arc<Shell>,
    pub visitor: Visitor,
    pub as_of: AsOf,
    pub path: String,
    pub query: String,
    pub client: String,
    /// The cookie's token, or a new one that becomes the cookie when a form asks for it.
    pub token: Token,
    pub token_is_new: bool,
    pub token_used: AtomicBool,
}

impl Visit {
    pub fn of(parts: &Parts) -> Result<Arc<Self>, Failure> {
        let visit = parts.extensions.get::<Arc<Self>>().cloned();
        visit.ok_or_else(|| Failure::Fault("页面不是通过 web::mount 挂载的".to_owned()))
    }

    /// The same visit after its visitor became known, or known again.
    pub fn become_known(&self, visitor: Visitor, token: Token, is_new: bool) -> Self {
        let Self { shell, as_of, path, query, client, token_is_new, .. } = self;
        Self {
            shell: shell.clone(),
            visitor,
            as_of: *as_of,
            path: path.clone(),
            query: query.clone(),
            client: client.clone(),
            token,
            token_is_new: *token_is_new || is_new,
            token_used: AtomicBool::new(is_new),
        }
    }

    /// The address asked for, as the value of a query parameter.
    pub fn here(&self) -> String {
        let here = if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) };
        form_urlencoded::byte_serialize(here.as_bytes()).collect()
    }

    /// The cross-site token of forms on this page.
    pub fn form_token(&self) -> String {
        self.token_used.store(true, Ordering::Relaxed);
        self.shell.form_token(&self.token)
    }
}

/// The frame of a page: title, breadcrumbs, and everything the layout shows around the content. An extractor.
#[derive(Clone)]
pub struct Page {
    visit: Arc<Visit>,
    title: String,
    crumbs: Vec<(String, String)>,
    status: StatusCode,
    again_after: Option<u32>,
}

impl<S: Sync> FromRequestParts<S> for Page {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Visit::of(parts).map(Self::new)
    }
}

impl Page {
    pub(crate) fn new(visit: Arc<Visit>) -> Self {
        Self { visit, title: String::new(), crumbs: Vec::new(), status: StatusCode::OK, again_after: None }
    }

    /// What the browser's tab and, unless the content has its own, the reader's ear call it.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// A step on the way here, from the outside in.
    pub fn crumb(mut self, label: impl Into<String>, path: impl Into<String>) -> Self {
        self.crumbs.push((label.into(), path.into()));
        self
    }

    /// Another status than 200: 422 for a form that must be corrected.
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The browser asks for the page again after so many seconds: while long work is under way.
    pub fn again_after(mut self, seconds: u32) -> Self {
        self.again_after = Some(seconds);
        self
    }

    /// An empty form of this visit.
    pub fn form(&self) -> Draft {
        Draft::blank(self.visit.form_token(), self.visit.shell.new_command())
    }

    /// The path asked for.
    pub fn path(&self) -> &str {
        &self.visit.path
    }

    /// The query part of the address, without `?`.
    pub fn query(&self) -> &str {
        &self.visit.query
    }

    /// Name of the cookie that carries the session.
    pub fn cookie_name(&self) -> &'static str {
        session::cookie_name(self.visit.shell.settings.secure)
    }

    /// The page with this content.
    pub fn show(&self, content: &impl Template) -> Answer {
        Ok(self.with(Markup::of(content)?)?)
    }

    pub(crate) fn with(&self, content: Markup) -> Result<Response, askama::Error> {
        let layout = Layout::new(self, content).render()?;
        let mut response = (self.status, Html(layout)).into_response();
        if let Some(seconds) = self.again_after {
            response.headers_mut().insert(header::REFRESH, seconds.into());
        }
        Ok(response)
    }
}

#[derive(Template)]
#[template(path = "layout.html")]
struct Layout<'a> {
    page: &'a Page,
    content: Markup,
    city: String,
    is_demonstration: bool,
    stylesheet: &'static str,
    icon: &'static str,
    entries: Vec<(&'static str, &'static str, bool)>,
    token: Option<String>,
    sequence: String,
    checkpoint: Option<String>,
    kept: Vec<(String, String)>,
    first_day: Option<String>,
    today: String,
}

impl<'a> Layout<'a> {
    fn new(page: &'a Page, content: Markup) -> Self {
        let visit = &page.visit;
        let city = &visit.shell.city;
        let footing = city.footing();
        let signed_in = visit.visitor.signed_in().is_some();
        Self {
            page,
            content,
            city: city.name(),
            is_demonstration: city.is_demonstration(),
            stylesheet: asset::stylesheet(),
            icon: asset::icon(),
            entries: visit.shell.entries(&visit.visitor, &visit.path),
            token: signed_in.then(|| visit.form_token()),
            sequence: register::Cell::Count(i64::try_from(footing.sequence.0).unwrap_or(i64::MAX)).to_string(),
            checkpoint: footing.checkpoint.map(kernel::date::minute),
            kept: Self::kept(&visit.query),
            first_day: city.first_day().map(|day| day.to_string()),
            today: kernel::date::civil(city.now()).to_string(),
        }
    }

    /// What the date form must carry on so that it keeps the page; the page of a register begins anew.
    fn kept(query: &str) -> Vec<(String, String)> {
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        pairs.filter(|(name, value)| !matches!(name.as_str(), "as_of" | "page") && !value.is_empty()).collect()
    }

    fn visitor(&self) -> &Visitor {
        &self.page.visit.visitor
    }

    fn as_of(&self) -> &AsOf {
        &self.page.visit.as_of
    }

    /// Where to come back to after signing in.
    fn here(&self) -> String {
        self.page.visit.here()
    }
}
