//! Pages of the plan: the living document, tasks, indicators, units, reports.

mod baseline_page;
mod card;
mod difference;
mod headline;
mod indicator_page;
mod judgement_form;
mod kept_file;
mod light_rule_page;
mod living;
mod margin;
mod money;
mod month_grid;
mod place;
mod register_pages;
mod registers;
mod report_form;
mod report_page;
mod standings;
mod task_page;
#[cfg(test)]
mod tests;
mod typed;
mod unit_page;
mod view;
mod words;

use kernel::Role;
use office::{Hall, State};
use register::{Register, Viewer};
use web::Route;

/// Who reads what units and the working group write to each other.
const OFFICIALS: &[Role] =
    &[Role::DistrictOfficer, Role::CityOfficer, Role::WorkingGroup, Role::Finance, Role::Auditor];
/// Who reads figures firm by firm, whatever the district.
const CITY: &[Role] = &[Role::CityOfficer, Role::WorkingGroup, Role::Finance, Role::Auditor];
/// Who reports for a responsible unit.
const REPORTERS: &[Role] = &[Role::DistrictOfficer, Role::CityOfficer, Role::WorkingGroup];
/// Who proposes baselines and judges.
const JUDGES: &[Role] = &[Role::CityOfficer, Role::WorkingGroup];
const WORKING_GROUP: &[Role] = &[Role::WorkingGroup];
/// Files of one form, in bytes.
const UPLOAD: usize = 20 << 20;

/// Whether a viewer reads what units and the working group write to each other.
fn is_official(viewer: &Viewer) -> bool {
    viewer.role.is_some_and(|role| OFFICIALS.contains(&role))
}

/// Every page of this crate.
pub fn routes() -> Vec<Route<Hall>> {
    let mut routes = public_routes();
    routes.extend(official_routes());
    routes
}

fn public_routes() -> Vec<Route<Hall>> {
    vec![
        Route::get("/plan", living::living).public().entry(10, "行动计划"),
        Route::get("/plan/tasks", register_pages::tasks).register("tasks").public().entry(12, "任务"),
        Route::get("/plan/tasks/{anchor}", task_page::task).public().sample("/plan/tasks/%E4%BA%8C%28%E4%B8%89%298"),
        Route::get("/plan/indicators", register_pages::indicators).register("indicators").public().entry(15, "指标"),
        Route::get("/plan/indicators/{key}", indicator_page::indicator)
            .public()
            .sample("/plan/indicators/packaging-revenue"),
        Route::get("/plan/observations", register_pages::observations).register("observations").public(),
        Route::get("/plan/units/{key}", unit_page::unit).public().sample("/plan/units/economy-information"),
        Route::get("/plan/lights", light_rule_page::rule).public(),
    ]
}

fn official_routes() -> Vec<Route<Hall>> {
    vec![
        Route::get("/plan/indicators/{key}/changes", indicator_page::changes)
            .roles(CITY)
            .reads("核对指标变动")
            .sample("/plan/indicators/packaging-revenue/changes"),
        Route::get("/plan/reports", register_pages::reports).register("reports").roles(OFFICIALS).entry(18, "进度报告"),
        Route::get("/plan/reports/new", report_form::new).roles(REPORTERS),
        Route::post("/plan/reports/new", report_form::submit).roles(REPORTERS).upload(UPLOAD),
        Route::get("/plan/reports/{plan}/{subject}/{unit}/{month}", report_page::report)
            .roles(OFFICIALS)
            .sample("/plan/reports/chongqing-2023/%E4%BA%8C%28%E4%B8%80%291/economy-information/2024-01"),
        Route::post("/plan/reports/{plan}/{subject}/{unit}/{month}/review", report_page::review)
            .roles(WORKING_GROUP)
            .sample("/plan/reports/chongqing-2023/%E4%BA%8C%28%E4%B8%80%291/economy-information/2024-01/review"),
        Route::get("/plan/goals/{goal}/baseline", baseline_page::baseline)
            .roles(JUDGES)
            .sample("/plan/goals/G2/baseline"),
        Route::post("/plan/goals/{goal}/baseline", baseline_page::propose)
            .roles(JUDGES)
            .upload(UPLOAD)
            .sample("/plan/goals/G2/baseline"),
        Route::post("/plan/goals/{goal}/baseline/sign-off", baseline_page::sign_off)
            .roles(&[Role::CityOfficer])
            .proof()
            .sample("/plan/goals/G2/baseline/sign-off"),
        Route::post("/plan/lights", light_rule_page::change).roles(WORKING_GROUP).proof(),
        // Proof comes before typing: a form with a file cannot be kept while the password is asked for.
        Route::get("/plan/judgements/{about}", judgement_form::form)
            .roles(JUDGES)
            .proof()
            .sample("/plan/judgements/goal%3AG4"),
        Route::post("/plan/judgements/{about}", judgement_form::judge)
            .roles(JUDGES)
            .proof()
            .upload(UPLOAD)
            .sample("/plan/judgements/goal%3AG4"),
        Route::get("/plan/files/{digest}", kept_file::kept_file)
            .roles(OFFICIALS)
            .sample("/plan/files/119a460077b98ac0203a3125fa312f1d8badd67dd3692ae587e5dddb1b79927b"),
    ]
}

/// Every register of this crate, as of the last day on which something was recorded.
pub fn registers() -> Vec<Register<State>> {
    vec![registers::tasks(None), registers::indicators(None), registers::observations(None), registers::reports(None)]
}
