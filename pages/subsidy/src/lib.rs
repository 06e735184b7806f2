//! Benefits as pages: what a clause asks for, the public pre-claim check, assessments and their grounds, readings,
//! earlier payments, and what a firm received.

mod outcome_view;
mod precheck_answers;
mod precheck_form;
mod precheck_page;
mod precheck_rows;
mod sentence;
mod trace_table;
mod typed;
mod viewer;
mod words;

use office::{Hall, State};
use register::Register;
use web::Route;

/// Every page of this crate.
pub fn routes() -> Vec<Route<Hall>> {
    vec![
        Route::get("/precheck", precheck_page::ask).public(),
        Route::post("/precheck", precheck_page::answer).public(),
    ]
}

/// Every register of this crate.
pub fn registers() -> Vec<Register<State>> {
    Vec::new()
}
