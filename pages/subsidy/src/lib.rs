//! Benefits as pages: what a clause asks for, the public pre-claim check, assessments and their grounds, readings,
//! earlier payments, and what a firm received.
//!
//! What a claim asks is what the pre-claim check asks: its questions ([`precheck_form`]) and the reading of their answers
//! ([`precheck_answers`], [`typed`]) are open to the pages of claims, and so are sentence, outcome and trace.

mod benefit_page;
mod decision_page;
mod decision_register;
mod earlier_payment_page;
mod interpretation_page;
mod interpretation_register;
mod links;
mod my_benefits_page;
mod outcome_view;
mod parameters_form;
mod parameters_page;
mod parameters_view;
pub mod precheck_answers;
pub mod precheck_form;
mod precheck_page;
pub mod precheck_rows;
mod review_page;
mod sentence;
#[cfg(test)]
mod stories;
mod trace_table;
pub mod typed;
mod viewer;
mod what_if_choices;
mod what_if_page;
pub mod words;

use office::{Hall, State};
use register::Register;
use web::Route;

pub use decision_page::{EntryRow, entry_rows, facts_in_words, trace_of};
pub use outcome_view::OutcomeView;
pub use sentence::Sentence;
pub use trace_table::TraceTable;
pub use viewer::{actor_name, benefit_title};

use viewer::{FIRM, IN_CHARGE, OFFICIALS, PAYERS, READERS, SETTERS};

/// Where tests read a district's parameter set.
macro_rules! sample_set {
    () => {
        "/benefits/breakthrough/parameters/3a36d12011e3d624fa7dfc9bcf3bb0421b5cfd728cafe86788e3ca5ac59f57d3"
    };
}

/// Every page of this crate.
pub fn routes() -> Vec<Route<Hall>> {
    vec![
        Route::get("/benefits", benefit_page::benefits).public().entry(20, "惠企事项"),
        Route::get("/benefits/{key}", benefit_page::benefit).public().sample("/benefits/interest"),
        Route::get("/benefits/{key}/review", review_page::new)
            .roles(IN_CHARGE)
            .proof()
            .sample("/benefits/interest/review"),
        Route::post("/benefits/{key}/review", review_page::record)
            .roles(IN_CHARGE)
            .proof()
            .upload(review_page::UPLOAD)
            .sample("/benefits/interest/review"),
        Route::get("/benefits/{key}/parameters/new", parameters_page::new)
            .roles(SETTERS)
            .proof()
            .sample("/benefits/breakthrough/parameters/new"),
        Route::post("/benefits/{key}/parameters/new", parameters_page::adopt)
            .roles(SETTERS)
            .proof()
            .sample("/benefits/breakthrough/parameters/new"),
        Route::get("/benefits/{key}/parameters/{set}", parameters_page::set).public().sample(sample_set!()),
        Route::get("/benefits/{key}/parameters/{set}/review", review_page::new_of_set)
            .roles(IN_CHARGE)
            .proof()
            .sample(concat!(sample_set!(), "/review")),
        Route::post("/benefits/{key}/parameters/{set}/review", review_page::record_of_set)
            .roles(IN_CHARGE)
            .proof()
            .upload(review_page::UPLOAD)
            .sample(concat!(sample_set!(), "/review")),
        Route::get("/precheck", precheck_page::ask).public(),
        Route::post("/precheck", precheck_page::answer).public().sample("/precheck?benefit=interest"),
        Route::get("/decisions", decision_register::list)
            .register("decisions")
            .roles(OFFICIALS)
            .entry(50, "测算")
            .reads("查看测算台账"),
        Route::get("/decisions/{id}", decision_page::find)
            .roles(READERS)
            .sample("/decisions/00000000-0000-7000-8000-000000000001"),
        Route::get("/decisions/{firm}/{id}", decision_page::decision)
            .roles(READERS)
            .reads("查看资金测算")
            .firm("firm")
            .sample("/decisions/91500118000000001G/00000000-0000-7000-8000-000000000001"),
        Route::get("/interpretations", interpretation_register::list).register("interpretations").roles(OFFICIALS),
        Route::get("/interpretations/{point}", interpretation_page::point)
            .roles(OFFICIALS)
            .sample("/interpretations/interest-base"),
        Route::post("/interpretations/{point}", interpretation_page::propose)
            .roles(IN_CHARGE)
            .sample("/interpretations/interest-base"),
        Route::get("/proposals/{id}", interpretation_page::proposal)
            .roles(OFFICIALS)
            .sample("/proposals/00000000-0000-7000-8000-000000000002"),
        Route::post("/proposals/{id}", interpretation_page::decide)
            .roles(IN_CHARGE)
            .proof()
            .sample("/proposals/00000000-0000-7000-8000-000000000002"),
        Route::get("/what-if", what_if_page::what_if).roles(OFFICIALS).entry(52, "政策推演").reads("政策推演"),
        Route::get("/earlier-payments", earlier_payment_page::list)
            .register("earlier-payments")
            .roles(OFFICIALS)
            .reads("查看此前拨款台账"),
        Route::get("/earlier-payments/new", earlier_payment_page::new).roles(PAYERS),
        Route::post("/earlier-payments/new", earlier_payment_page::import).roles(PAYERS),
        Route::get("/my-benefits", my_benefits_page::my_benefits).roles(FIRM).entry(50, "我的惠企资金"),
    ]
}

/// Every register of this crate.
pub fn registers() -> Vec<Register<State>> {
    vec![
        decision_register::decisions(),
        interpretation_register::interpretations(),
        earlier_payment_page::earlier_payments(),
    ]
}
