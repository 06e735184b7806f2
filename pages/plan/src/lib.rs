//! Pages of the plan: the living document, tasks, indicators, units, reports.

mod card;
mod living;
mod view;

use office::{Hall, State};
use register::Register;
use web::Route;

/// Every page of this crate.
pub fn routes() -> Vec<Route<Hall>> {
    vec![Route::get("/plan", living::living).public().entry(10, "行动计划")]
}

/// Every register of this crate.
pub fn registers() -> Vec<Register<State>> {
    Vec::new()
}
