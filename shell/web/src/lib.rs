//! Session, layout, components, the route table: how pages meet people.
//!
//! A page crate exports `pub fn routes() -> Vec<web::Route>`; [`mount`] wraps each route with the same checks
//! (rate limit, session, role, cross-site token, re-authentication, time limit, access log), so that the table that
//! mounts is the table tests walk. A handler takes [`Page`] (the frame around every page), [`Visitor`], [`AsOf`] and
//! [`Form`] and answers with [`Answer`]; whatever goes wrong is a [`Failure`], shown as a page that says what to do.

pub mod asset;
pub mod component;
mod counter;
mod credential_pages;
mod credentials;
mod failure;
mod failure_page;
mod form;
mod form_page;
mod gate;
mod headers;
mod incoming;
mod markup;
mod measures;
mod mount;
mod on_ledger;
mod page;
mod password;
pub mod ports;
mod reader;
mod register_page;
mod resume;
mod route;
mod session;
mod settings;
mod shell;
mod sign_in;
#[cfg(test)]
mod stories;
mod styleguide;
mod submitted;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod throttle;
mod totp;
#[cfg(test)]
mod upload_stories;
mod visitor;

pub use component::{Empty, Figure, JobProgress, Picture, RegisterTable, Step, StepState, Steps, Timeline, light};
pub use counter::Counter;
pub use credentials::{Account, Credentials, GiveError, LoginName};
pub use failure::Failure;
pub use form::{Draft, Field, Form};
pub use form_page::{FormPage, go};
pub use incoming::Incoming;
pub use markup::Markup;
pub use measures::Measures;
pub use mount::mount;
pub use on_ledger::OnLedger;
pub use page::Page;
pub use password::{PasswordError, Passwords, one_time_password};
pub use reader::{FromFields, Reader};
pub use register_page::{file, show_register, show_rows};
pub use route::{Method, Reads, Route, RouteCard, Who};
pub use settings::Settings;
pub use shell::Shell;
pub use submitted::Upload;
pub use totp::Totp;
pub use visitor::{AsOf, SignedIn, Visitor};

/// What a handler gives: a page or another response, or a failure shown as a page.
pub type Answer = Result<axum::response::Response, Failure>;
