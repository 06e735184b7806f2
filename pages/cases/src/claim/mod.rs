//! What a firm does: finds a call, claims, completes, answers, and sees where its claim stands.

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
