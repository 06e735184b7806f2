//! Simulation as pages: a form for each package family with its drawing, runs as long work, pictures with a probe,
//! comparison, files and a report.
//!
//! The forms are data ([`fields`]): a field is a place in the engine's input file with a name and a unit. What a firm
//! types becomes such a file, and any such file becomes a filled form. A run leaves its results in a folder of the firm's
//! ([`kept`]); pages and reports only draw what is there. To everybody but the firm there is no such run.

mod compare_page;
mod document;
mod family;
mod fields;
mod files;
mod form_page;
mod kept;
mod list_page;
mod order;
mod outcome;
mod owner;
mod pictures;
mod quantities;
mod run;
mod run_page;
#[cfg(test)]
mod stories;
mod words;
mod worker;

use kernel::Role;
use office::Hall;
use web::Route;

pub use example::{EXAMPLE, example};
pub use worker::{KIND, Simulator};

mod example;

/// Who simulates: firms, and those who act for them.
const FIRM: &[Role] = &[Role::Enterprise, Role::Agent];

/// The run that a demonstration begins with.
macro_rules! example_run {
    ($rest:literal) => {
        concat!("/simulation/runs/01900000-0000-7000-8000-53494d554c01", $rest)
    };
}

/// Every page of this crate.
pub fn routes() -> Vec<Route<Hall>> {
    vec![
        Route::get("/simulation", list_page::list).roles(FIRM).entry(60, "仿真测试"),
        Route::get("/simulation/compare", compare_page::compare).roles(FIRM),
        Route::get("/simulation/new/{family}", form_page::new).roles(FIRM).sample("/simulation/new/qfn"),
        Route::post("/simulation/new/{family}", form_page::send)
            .roles(FIRM)
            .sample("/simulation/new/qfn")
            .upload(form_page::UPLOAD),
        // Everybody signed in comes this far, and finds nothing unless the run is of their own firm.
        Route::get("/simulation/runs/{id}", run_page::show).hidden().sample(example_run!("")),
        Route::post("/simulation/runs/{id}/stop", run_page::stop).hidden().sample(example_run!("/stop")),
        Route::post("/simulation/runs/{id}/discard", run_page::discard).hidden().sample(example_run!("/discard")),
        Route::get("/simulation/runs/{id}/{file}", files::take).hidden().sample(example_run!("/report.pdf")),
    ]
}
