//! The route table.

use axum::handler::Handler;
use axum::routing::{self, MethodRouter};
use kernel::Role;

use crate::visitor::Visitor;

/// Who may open a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everyone.
    Public,
    /// Everyone who has signed in.
    SignedIn,
    /// Those who act in one of these roles.
    Roles(&'static [Role]),
}

impl Who {
    /// Whether this visitor may.
    pub fn admits(self, visitor: &Visitor) -> bool {
        match self {
            Self::Public => true,
            Self::SignedIn => visitor.signed_in().is_some(),
            Self::Roles(roles) => visitor.role().is_some_and(|role| roles.contains(&role)),
        }
    }
}

/// The two methods of pages: reading and changing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads; also answers HEAD.
    Get,
    /// Changes.
    Post,
}

/// What the access log is told when a route reads firm or personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reads {
    /// Why the page exists: “核验企业档案”.
    pub purpose: &'static str,
    /// Name of the path parameter that names the firm whose data it is.
    pub firm: Option<&'static str>,
    /// Name of the path parameter that names the person whose data it is.
    pub person: Option<&'static str>,
}

/// What a route says about itself: everything but its handler.
#[derive(Clone, Copy, Debug)]
pub struct RouteCard {
    /// Reading or changing.
    pub method: Method,
    /// Pattern with parameters in braces: `/firms/{code}`.
    pub pattern: &'static str,
    /// Who may open it.
    pub who: Who,
    /// Set when it reads firm or personal data.
    pub reads: Option<Reads>,
    /// A path that exists in the city in which tests try every route.
    pub sample: &'static str,
    /// Place and label in the main navigation of those who may open it.
    pub entry: Option<(u16, &'static str)>,
    /// Whether the person must have proved just before who they are.
    pub proof: bool,
    /// Largest body, in bytes, when it takes files.
    pub upload: Option<usize>,
    /// Key of the register it shows, as a page and, with `format=`, as a file.
    pub register: Option<&'static str>,
    /// Whether it takes large files, which go to disk as they come in.
    pub large_files: bool,
    /// Whether one client may send only few such forms a minute: what anybody may write into the record.
    pub sparing: bool,
    /// Whether it does not exist for those who may not open it, and may not exist for those who may.
    pub hidden: bool,
}

/// A page or an action, mounted by [`crate::mount`] with the same checks as every other.
/// `S` is what handlers take as `State`.
#[derive(Clone)]
pub struct Route<S = ()> {
    card: RouteCard,
    pub(crate) service: MethodRouter<S>,
}

impl<S: Clone + Send + Sync + 'static> Route<S> {
    fn new(method: Method, pattern: &'static str, service: MethodRouter<S>) -> Self {
        let card = RouteCard {
            method,
            pattern,
            who: Who::SignedIn,
            reads: None,
            sample: pattern,
            entry: None,
            proof: false,
            upload: None,
            register: None,
            large_files: false,
            sparing: false,
            hidden: false,
        };
        Self { card, service }
    }

    /// A page, for those who have signed in until told otherwise.
    pub fn get<H: Handler<T, S>, T: 'static>(pattern: &'static str, handler: H) -> Self {
        Self::new(Method::Get, pattern, routing::get(handler))
    }

    /// An action, for those who have signed in until told otherwise.
    pub fn post<H: Handler<T, S>, T: 'static>(pattern: &'static str, handler: H) -> Self {
        Self::new(Method::Post, pattern, routing::post(handler))
    }

    /// Who may open it.
    pub fn who(mut self, who: Who) -> Self {
        self.card.who = who;
        self
    }

    /// Everyone may open it.
    pub fn public(self) -> Self {
        self.who(Who::Public)
    }

    /// These roles may open it.
    pub fn roles(self, roles: &'static [Role]) -> Self {
        self.who(Who::Roles(roles))
    }

    /// It reads firm or personal data, for this purpose: the access log is told.
    pub fn reads(mut self, purpose: &'static str) -> Self {
        self.card.reads = Some(Reads { purpose, firm: None, person: None });
        self
    }

    /// The path parameter that names the firm whose data it reads.
    pub fn firm(mut self, parameter: &'static str) -> Self {
        if let Some(reads) = &mut self.card.reads {
            reads.firm = Some(parameter);
        }
        self
    }

    /// The path parameter that names the person whose data it reads.
    pub fn person(mut self, parameter: &'static str) -> Self {
        if let Some(reads) = &mut self.card.reads {
            reads.person = Some(parameter);
        }
        self
    }

    /// A path that exists in the city in which tests try every route, where the pattern has parameters.
    pub fn sample(mut self, path: &'static str) -> Self {
        self.card.sample = path;
        self
    }

    /// Stands in the main navigation of those who may open it, ordered by `place`.
    pub fn entry(mut self, place: u16, label: &'static str) -> Self {
        self.card.entry = Some((place, label));
        self
    }

    /// The person must have proved just before who they are; if not, they are asked, and what they typed is kept.
    pub fn proof(mut self) -> Self {
        self.card.proof = true;
        self
    }

    /// Takes files: bodies up to so many bytes.
    pub fn upload(mut self, bytes: usize) -> Self {
        self.card.upload = Some(bytes);
        self
    }

    /// Shows the register of this key with [`crate::show_register`]: the interface description names it.
    pub fn register(mut self, key: &'static str) -> Self {
        self.card.register = Some(key);
        self
    }

    /// What its handler takes as [`axum::Extension`]: something that stands beside the city.
    pub fn with<T: Clone + Send + Sync + 'static>(mut self, beside: T) -> Self {
        self.service = self.service.layer(axum::Extension(beside));
        self
    }

    /// Takes large files: bodies up to [`crate::Settings::large_body_bytes`], which go to disk as they come in.
    pub fn large_files(mut self) -> Self {
        self.card.large_files = true;
        self
    }

    /// One client may send only few such forms a minute ([`crate::Settings::words_per_minute`]): for what anybody may write
    /// into the record without an account.
    pub fn sparing(mut self) -> Self {
        self.card.sparing = true;
        self
    }

    /// For those who may not open it, it does not exist, so that nobody learns what others have. Its handler says the same
    /// to those who may open such pages, but not this one.
    pub fn hidden(mut self) -> Self {
        self.card.hidden = true;
        self
    }

    /// What it says about itself.
    pub fn card(&self) -> &RouteCard {
        &self.card
    }
}
