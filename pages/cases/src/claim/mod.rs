//! What a firm does: finds a call, claims, completes, answers, and sees where its claim stands.
//!
//! ```text
//! call_list ─► call_page ─► wizard (step by step, kept in kept) ─► check_page ─► receipt_page ─► my_case_page
//!                              step_page, list_bodies, files_step ◄── answers, prefill      returned: wizard again
//! ```

mod answers;
mod check_page;
mod claiming;
mod compose;
mod estimate;
mod files_step;
mod firm_facts;
mod kept;
mod list_bodies;
mod lists_step;
mod prefill;
mod step;
mod step_page;
mod taken;
mod wizard;

use office::{Hall, State};
use register::Register;
use web::Route;

use crate::viewer::FIRM;

/// Its pages.
pub fn routes() -> Vec<Route<Hall>> {
    let call = "/calls/00000000-0000-7000-8000-0000000000c1/claim";
    let again = "/my-cases/91500118000000001G/00000000-0000-7000-8000-0000000000c2/complete";
    vec![
        Route::get("/calls/{call}/claim", wizard::ask).roles(FIRM).sample(call),
        Route::post("/calls/{call}/claim", wizard::answer).roles(FIRM).upload(taken::BODY).sample(call),
        Route::post("/calls/{call}/claim/submit", check_page::submit)
            .roles(FIRM)
            .sample("/calls/00000000-0000-7000-8000-0000000000c1/claim/submit"),
        Route::get("/calls/{call}/claim/files/{digest}", wizard::file).roles(FIRM).hidden().sample(
            "/calls/00000000-0000-7000-8000-0000000000c1/claim/files/\
             0000000000000000000000000000000000000000000000000000000000000000",
        ),
        Route::get("/my-cases/{firm}/{case}/complete", wizard::ask_again)
            .roles(FIRM)
            .hidden()
            .reads("补正本企业办件")
            .firm("firm")
            .sample(again),
        Route::post("/my-cases/{firm}/{case}/complete", wizard::answer_again)
            .roles(FIRM)
            .hidden()
            .upload(taken::BODY)
            .sample(again),
        Route::post("/my-cases/{firm}/{case}/complete/submit", check_page::submit_again)
            .roles(FIRM)
            .hidden()
            .sample("/my-cases/91500118000000001G/00000000-0000-7000-8000-0000000000c2/complete/submit"),
        Route::get("/my-cases/{firm}/{case}/complete/files/{digest}", wizard::file_again).roles(FIRM).hidden().sample(
            "/my-cases/91500118000000001G/00000000-0000-7000-8000-0000000000c2/complete/files/\
             0000000000000000000000000000000000000000000000000000000000000000",
        ),
    ]
}

/// Its registers.
pub fn registers() -> Vec<Register<State>> {
    Vec::new()
}
