//! What the department does with a call, and what the public reads of it.

mod call_register;
mod desk;
mod draft_page;
mod fund_rule;
mod meeting_pages;
mod notice_form;
mod notice_pages;
mod offer_form;
mod settle_page;
mod sheet_form;
mod shown;
mod statistics_page;
#[cfg(test)]
pub mod stories;
mod terms_form;
mod voice_forms;

use office::{Hall, State};
use register::Register;
use web::Route;

use shown::{DEPARTMENT, OVERSEERS, RULE_KEEPERS, UPLOAD};

/// Every page of this crate.
pub fn routes() -> Vec<Route<Hall>> {
    [basis_routes(), draft_routes(), decision_routes(), public_routes()].into_iter().flatten().collect()
}

/// Fund rules and their reviews.
fn basis_routes() -> Vec<Route<Hall>> {
    const RULE: &str = "/fund-rules/00000000-0000-7000-8000-0000000000c3";
    const REVIEW: &str = "/fund-rules/00000000-0000-7000-8000-0000000000c3/review/interest";
    vec![
        Route::get("/fund-rules", fund_rule::list).register("fund-rules").roles(cases_pages::viewer::OFFICIALS),
        Route::get("/fund-rules/new", fund_rule::new_rule).roles(RULE_KEEPERS).proof(),
        Route::post("/fund-rules/new", fund_rule::record_rule).roles(RULE_KEEPERS).proof().upload(UPLOAD),
        Route::get("/fund-rules/{rule}", fund_rule::rule).public().sample(RULE),
        Route::get("/fund-rules/{rule}/file", fund_rule::rule_file)
            .public()
            .sample("/fund-rules/00000000-0000-7000-8000-0000000000c3/file"),
        Route::get("/fund-rules/{rule}/review/{benefit}", fund_rule::new_review)
            .roles(RULE_KEEPERS)
            .proof()
            .sample(REVIEW),
        Route::post("/fund-rules/{rule}/review/{benefit}", fund_rule::record_review)
            .roles(RULE_KEEPERS)
            .proof()
            .upload(UPLOAD)
            .sample(REVIEW),
        Route::get("/fund-rules/{rule}/review/{benefit}/file", fund_rule::review_file)
            .public()
            .sample("/fund-rules/00000000-0000-7000-8000-0000000000c3/review/interest/file"),
    ]
}

/// Drafting, performance sheets, publishing.
fn draft_routes() -> Vec<Route<Hall>> {
    const EDIT: &str = "/calls/00000000-0000-7000-8000-0000000000c1/edit";
    const TARGETS: &str = "/calls/00000000-0000-7000-8000-0000000000c1/targets";
    const MID_YEAR: &str = "/calls/00000000-0000-7000-8000-0000000000c1/mid-year";
    const SELF: &str = "/calls/00000000-0000-7000-8000-0000000000c1/self-assessment";
    const PUBLISH: &str = "/calls/00000000-0000-7000-8000-0000000000c1/publish";
    vec![
        Route::get("/calls/register", call_register::list).register("calls").roles(OVERSEERS).entry(44, "申报批次办理"),
        Route::get("/calls/new", draft_page::new).roles(DEPARTMENT),
        Route::post("/calls/new", draft_page::create).roles(DEPARTMENT),
        Route::get("/calls/{call}/edit", draft_page::edit).roles(DEPARTMENT).sample(EDIT),
        Route::post("/calls/{call}/edit", draft_page::change).roles(DEPARTMENT).sample(EDIT),
        Route::get("/calls/{call}/targets", sheet_form::targets).roles(DEPARTMENT).sample(TARGETS),
        Route::post("/calls/{call}/targets", sheet_form::file_targets).roles(DEPARTMENT).sample(TARGETS),
        Route::get("/calls/{call}/mid-year", sheet_form::mid_year).roles(DEPARTMENT).sample(MID_YEAR),
        Route::post("/calls/{call}/mid-year", sheet_form::file_mid_year).roles(DEPARTMENT).sample(MID_YEAR),
        Route::get("/calls/{call}/self-assessment", sheet_form::self_assessment).roles(DEPARTMENT).sample(SELF),
        Route::post("/calls/{call}/self-assessment", sheet_form::file_self_assessment).roles(DEPARTMENT).sample(SELF),
        Route::get("/calls/{call}/sheets", sheet_form::sheets)
            .roles(OVERSEERS)
            .sample("/calls/00000000-0000-7000-8000-0000000000c1/sheets"),
        Route::get("/calls/{call}/publish", desk::publish).roles(DEPARTMENT).proof().sample(PUBLISH),
        Route::post("/calls/{call}/publish", desk::issue).roles(DEPARTMENT).proof().upload(UPLOAD).sample(PUBLISH),
    ]
}

/// The desk, settling, meeting, notice.
fn decision_routes() -> Vec<Route<Hall>> {
    const DESK: &str = "/calls/00000000-0000-7000-8000-0000000000c1/desk";
    const SETTLE: &str = "/calls/00000000-0000-7000-8000-0000000000c1/settle";
    const MEETING: &str = "/calls/00000000-0000-7000-8000-0000000000c1/meeting";
    const HOLD: &str = "/calls/00000000-0000-7000-8000-0000000000c1/meeting/hold";
    const NOTICE: &str = "/calls/00000000-0000-7000-8000-0000000000c1/notice";
    vec![
        Route::get("/calls/{call}/desk", desk::desk).roles(OVERSEERS).reads("查看申报批次办理情况").sample(DESK),
        Route::get("/calls/{call}/offer", offer_form::ask)
            .roles(DEPARTMENT)
            .reads("比对免申即享数据")
            .sample("/calls/00000000-0000-7000-8000-0000000000c1/offer"),
        Route::post("/calls/{call}/offer", offer_form::offer)
            .roles(DEPARTMENT)
            .upload(UPLOAD)
            .sample("/calls/00000000-0000-7000-8000-0000000000c1/offer"),
        Route::get("/calls/{call}/settle", settle_page::ask).roles(DEPARTMENT).proof().reads("汇总测算").sample(SETTLE),
        Route::post("/calls/{call}/settle", settle_page::settle).roles(DEPARTMENT).proof().sample(SETTLE),
        Route::get("/calls/{call}/meeting", meeting_pages::pack).roles(OVERSEERS).reads("准备审定会议").sample(MEETING),
        Route::get("/calls/{call}/meeting/hold", meeting_pages::ask)
            .roles(DEPARTMENT)
            .proof()
            .reads("登记会议审定")
            .sample(HOLD),
        Route::post("/calls/{call}/meeting/hold", meeting_pages::hold)
            .roles(DEPARTMENT)
            .proof()
            .upload(UPLOAD)
            .sample(HOLD),
        Route::get("/meetings/{meeting}", meeting_pages::meeting)
            .roles(OVERSEERS)
            .reads("查看会议审定")
            .sample("/meetings/00000000-0000-7000-8000-0000000000c5"),
        Route::get("/meetings/{meeting}/minutes", meeting_pages::minutes)
            .roles(OVERSEERS)
            .reads("查看会议纪要")
            .sample("/meetings/00000000-0000-7000-8000-0000000000c5/minutes"),
        Route::get("/calls/{call}/notice", notice_form::ask).roles(DEPARTMENT).reads("准备公示").sample(NOTICE),
        Route::post("/calls/{call}/notice", notice_form::publish).roles(DEPARTMENT).upload(UPLOAD).sample(NOTICE),
    ]
}

/// What everybody reads, and what anybody may say.
fn public_routes() -> Vec<Route<Hall>> {
    const OBJECTION: &str = "/notices/00000000-0000-7000-8000-0000000000c4/objection";
    vec![
        Route::get("/calls/{call}/file", desk::notice_file)
            .public()
            .sample("/calls/00000000-0000-7000-8000-0000000000c1/file"),
        Route::get("/calls/statistics", statistics_page::statistics).public(),
        Route::get("/notices", notice_pages::list).public().entry(24, "公示"),
        Route::get("/notices/{notice}", notice_pages::notice)
            .public()
            .sample("/notices/00000000-0000-7000-8000-0000000000c4"),
        Route::get("/notices/{notice}/capture", notice_pages::capture)
            .public()
            .sample("/notices/00000000-0000-7000-8000-0000000000c4/capture"),
        Route::get("/notices/{notice}/objection", voice_forms::new_objection).public().sample(OBJECTION),
        Route::post("/notices/{notice}/objection", voice_forms::object).public().sparing().sample(OBJECTION),
        Route::get("/complaints/new", voice_forms::new_complaint).public(),
        Route::post("/complaints/new", voice_forms::complain).public().sparing(),
        Route::get("/reports/new", voice_forms::new_report).public(),
        Route::post("/reports/new", voice_forms::report).public().sparing(),
        Route::get("/receipts", voice_forms::receipts).public(),
        Route::post("/receipts", voice_forms::tell).public().sparing(),
    ]
}

/// Every register of this crate.
pub fn registers() -> Vec<Register<State>> {
    vec![fund_rule::fund_rules(None), call_register::calls()]
}
