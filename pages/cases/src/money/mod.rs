//! Payment: plans, orders, vouchers, and what is still on its way.

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
