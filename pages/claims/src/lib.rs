//! What a firm does: finds a call, claims, completes, answers, and sees where its claim stands.
//!
//! ```text
//! call_list ─► call_page ─► wizard (step by step, kept in kept) ─► check_page ─► receipt_page ─► my_case_page
//!                              step_page, list_bodies, files_step ◄── answers, prefill      returned: wizard again
//! ```

mod answers;
mod call_list;
mod call_page;
mod check_page;
mod claiming;
mod compose;
mod course;
mod estimate;
mod files_step;
mod firm_facts;
mod kept;
mod list_bodies;
mod lists_step;
mod my_acts;
mod my_case;
mod my_case_page;
mod my_cases_page;
mod prefill;
mod receipt_page;
mod step;
mod step_page;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod story_city;
mod taken;
mod wizard;

use office::{Hall, State};
use register::Register;
use web::Route;

use cases_pages::viewer::FIRM;

/// Every page of this crate.
pub fn routes() -> Vec<Route<Hall>> {
    [calls(), claims(), my_cases()].into_iter().flatten().collect()
}

/// What everybody reads of calls.
fn calls() -> Vec<Route<Hall>> {
    vec![
        Route::get("/calls", call_list::calls).public().entry(25, "申报批次"),
        Route::get("/calls/{call}", call_page::call).public().sample("/calls/00000000-0000-7000-8000-0000000000c1"),
        Route::get("/calls/{call}/files/{digest}", call_page::file).public().hidden().sample(
            "/calls/00000000-0000-7000-8000-0000000000c1/files/\
             0000000000000000000000000000000000000000000000000000000000000000",
        ),
    ]
}

/// A claim being written.
fn claims() -> Vec<Route<Hall>> {
    let call = "/calls/00000000-0000-7000-8000-0000000000c1/claim";
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
    ]
}

/// Where a route of a case is tried.
macro_rules! of_case {
    ($end:literal) => {
        concat!("/my-cases/91500118000000001G/00000000-0000-7000-8000-0000000000c2", $end)
    };
}

/// A firm's own cases. To everybody else they do not exist.
fn my_cases() -> Vec<Route<Hall>> {
    let own =
        |route: Route<Hall>, purpose, sample| route.roles(FIRM).hidden().reads(purpose).firm("firm").sample(sample);
    let act = |route: Route<Hall>, sample| route.roles(FIRM).hidden().sample(sample);
    vec![
        Route::get("/my-cases", my_cases_page::my_cases).roles(FIRM).entry(35, "我的办件"),
        own(Route::get("/my-cases/{firm}/{case}", my_case_page::my_case), "查看本企业办件", of_case!("")),
        own(Route::get("/my-cases/{firm}/{case}/receipt", receipt_page::receipt), "查看申报回执", of_case!("/receipt")),
        own(
            Route::get("/my-cases/{firm}/{case}/files/{digest}", my_case_page::file),
            "下载本企业办件的文件",
            of_case!("/files/0000000000000000000000000000000000000000000000000000000000000000"),
        ),
        act(Route::post("/my-cases/{firm}/{case}/withdraw", my_acts::withdraw), of_case!("/withdraw")),
        act(Route::post("/my-cases/{firm}/{case}/consent", my_acts::consent), of_case!("/consent")),
        act(Route::post("/my-cases/{firm}/{case}/decline", my_acts::decline), of_case!("/decline")),
        act(
            Route::post("/my-cases/{firm}/{case}/statements/{adverse}", my_acts::speak).upload(taken::BODY),
            of_case!("/statements/00000000-0000-7000-8000-0000000000c8"),
        ),
        own(Route::get("/my-cases/{firm}/{case}/complete", wizard::ask_again), "补正本企业办件", of_case!("/complete")),
        act(
            Route::post("/my-cases/{firm}/{case}/complete", wizard::answer_again).upload(taken::BODY),
            of_case!("/complete"),
        ),
        act(
            Route::post("/my-cases/{firm}/{case}/complete/submit", check_page::submit_again),
            of_case!("/complete/submit"),
        ),
        own(
            Route::get("/my-cases/{firm}/{case}/complete/files/{digest}", wizard::file_again),
            "下载补正中的文件",
            of_case!("/complete/files/0000000000000000000000000000000000000000000000000000000000000000"),
        ),
    ]
}

/// Every register of this crate.
pub fn registers() -> Vec<Register<State>> {
    Vec::new()
}
