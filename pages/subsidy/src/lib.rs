//! 

use office::{Hall, State};
use register::Register;
use web::Route;

/// Every page of this crate.
pub fn routes() -> Vec<Route<Hall>> {
    Vec::new()
}

/// Every register of this crate.
pub fn registers() -> Vec<Register<State>> {
    Vec::new()
}
