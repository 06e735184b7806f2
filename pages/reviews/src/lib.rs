//! What reviewers do: a case beside its claim, evidence, trace, history and related parties, and every act on it.
//!
//! An act is a [`step::Step`]: where its form is, when it fits, which fields it has, what it sends. The case page shows
//! the form beside the case; whatever is refused is shown in it.

mod adverse;
mod case_page;
mod claim_view;
mod consulted;
mod decision_view;
mod handling;
mod kept_file;
mod objection;
mod paper;
mod propose;
mod queue_page;
mod register;
mod said;
mod seen;
mod step;
mod ties;
mod typed;

use ::register::Register;
use office::{Hall, State};
use web::Route;

use cases_pages::viewer::OFFICIALS;
use kernel::Role;
use step::Card;

/// Who may open a case; a firm is led to its own page of it.
const READERS: &[Role] = &[
    Role::Enterprise,
    Role::Agent,
    Role::DistrictOfficer,
    Role::CityOfficer,
    Role::WorkingGroup,
    Role::Finance,
    Role::Expert,
    Role::AuditFirm,
    Role::Auditor,
];

/// What can be done on a case, in the order it is offered.
const ON_CASE: &[Card] = &[
    Card::of::<handling::PassDistrict>(),
    Card::of::<consulted::FileAudit>(),
    Card::of::<consulted::Score>(),
    Card::of::<consulted::ChooseAuditor>(),
    Card::of::<consulted::SeatExperts>(),
    Card::of::<handling::AssessAgain>(),
    Card::of::<handling::Recommend>(),
    Card::of::<handling::Accept>(),
    Card::of::<handling::SendBack>(),
    Card::of::<propose::Propose>(),
    Card::of::<consulted::Recuse>(),
];

/// What can be done on a decision against the firm.
const ON_DECISION: &[Card] = &[
    Card::of::<adverse::RecordHearing>(),
    Card::of::<adverse::Make>(),
    Card::of::<adverse::Serve>(),
    Card::of::<adverse::Resolve>(),
    Card::of::<adverse::Contest>(),
    Card::of::<adverse::DropIt>(),
];

/// What can be done on an objection.
const ON_OBJECTION: &[Card] = &[Card::of::<objection::AnswerObjection>()];

macro_rules! sample_case {
    ($below:literal) => {
        concat!("/cases/91500118000000001G/00000000-0000-7000-8000-0000000000c2", $below)
    };
}
macro_rules! sample_decision {
    ($below:literal) => {
        concat!(
            "/cases/91500118000000001G/00000000-0000-7000-8000-0000000000a2/adverse/00000000-0000-7000-8000-0000000000c8",
            $below
        )
    };
}

/// Every page of this crate.
pub fn routes() -> Vec<Route<Hall>> {
    let mut routes = reading();
    routes.extend(step::routes::<handling::PassDistrict>());
    routes.extend(step::routes::<handling::SendBack>());
    routes.extend(step::routes::<handling::Recommend>());
    routes.extend(step::routes::<handling::AssessAgain>());
    routes.extend(step::routes::<handling::Accept>());
    routes.extend(step::routes::<consulted::ChooseAuditor>());
    routes.extend(step::routes::<consulted::FileAudit>());
    routes.extend(step::routes::<consulted::SeatExperts>());
    routes.extend(step::routes::<consulted::Score>());
    routes.extend(step::routes::<consulted::Recuse>());
    routes.extend(step::routes::<propose::Propose>());
    routes.extend(step::routes::<adverse::RecordHearing>());
    routes.extend(step::routes::<adverse::DropIt>());
    routes.extend(step::routes::<adverse::Make>());
    routes.extend(step::routes::<adverse::Serve>());
    routes.extend(step::routes::<adverse::Contest>());
    routes.extend(step::routes::<adverse::Resolve>());
    routes.extend(step::routes::<objection::AnswerObjection>());
    routes.extend(drafts());
    routes.extend(complaints_and_reports());
    routes
}

fn reading() -> Vec<Route<Hall>> {
    vec![
        Route::get("/cases", register::list).register("cases").roles(OFFICIALS).entry(45, "办件").reads("查看办件台账"),
        Route::get("/reviews", queue_page::queue).roles(queue_page::HANDLERS).reads("查看待办"),
        Route::get("/cases/{firm}/{case}", case_page::case)
            .roles(READERS)
            .reads("办理办件")
            .firm("firm")
            .sample(sample_case!(""))
            .hidden(),
        Route::get("/cases/{firm}/{case}/files/{digest}", kept_file::file)
            .roles(OFFICIALS)
            .reads("查看办件材料")
            .firm("firm")
            .sample(sample_case!("/files/119a460077b98ac0203a3125fa312f1d8badd67dd3692ae587e5dddb1b79927b"))
            .hidden(),
        Route::get("/cases/{firm}/{case}/adverse/{adverse}", case_page::case)
            .roles(READERS)
            .reads("办理不利决定")
            .firm("firm")
            .sample(sample_decision!(""))
            .hidden(),
    ]
}

/// Papers to print from what was typed; nothing is recorded.
fn drafts() -> [Route<Hall>; 2] {
    [
        Route::post("/cases/{firm}/{case}/adverse-draft", propose::draft)
            .roles(propose::PROPOSERS)
            .upload(step::UPLOAD)
            .sample(sample_case!("/adverse-draft")),
        Route::post("/cases/{firm}/{case}/adverse/{adverse}/draft", adverse::draft)
            .roles(step::DEPARTMENT)
            .upload(step::UPLOAD)
            .sample(sample_decision!("/draft")),
    ]
}

fn complaints_and_reports() -> [Route<Hall>; 6] {
    const COMPLAINT: &str = "/complaints/00000000-0000-7000-8000-0000000000ca";
    const REPORT: &str = "/reports/00000000-0000-7000-8000-0000000000cb";
    [
        Route::get("/complaints", said::complaints).roles(said::COMPLAINTS).reads("查看投诉"),
        Route::get("/complaints/{complaint}", said::complaint_page)
            .roles(said::COMPLAINTS)
            .reads("办理投诉")
            .sample(COMPLAINT)
            .hidden(),
        Route::post("/complaints/{complaint}", said::answer_complaint)
            .roles(said::COMPLAINTS)
            .sample(COMPLAINT)
            .hidden(),
        Route::get("/reports", said::reports).roles(said::REPORTS).reads("查看举报").hidden(),
        Route::get("/reports/{report}", said::report_page)
            .roles(said::REPORTS)
            .reads("办理举报")
            .sample(REPORT)
            .hidden(),
        Route::post("/reports/{report}", said::close_report).roles(said::REPORTS).sample(REPORT).hidden(),
    ]
}

/// Every register of this crate.
pub fn registers() -> Vec<Register<State>> {
    vec![register::cases()]
}
