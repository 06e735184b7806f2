//! What reviewers do: a case beside its claim, evidence, trace, history and related parties, and every act on it.

use office::{Hall, State};
use register::Register;
use web::Route;

/// Its pages.
pub fn routes() -> Vec<Route<Hall>> {
    Vec::new()
}

/// Its registers.
pub fn registers() -> Vec<Register<State>> {
    Vec::new()
}
