//! What the department does with a call, and what the public reads of it.

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
