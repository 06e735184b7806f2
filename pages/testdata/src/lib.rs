//! Test data as pages: a firm's tester files, from upload to a corrected map and a report for its customer.
//!
//! A data set is one job of the workbench: its folder holds the files as they came (`inputs`) and what was made of them
//! (`results`, see [`work`]). It belongs to the firm that is acted for. To everybody else — officers, auditors, other
//! firms — it does not exist: every page asks [`lot::job`] first, which finds only the firm's own.

mod asked;
mod compare_page;
mod die_page;
mod frame;
mod list_page;
mod lot;
mod lot_page;
mod measure;
mod new_page;
mod outliers_page;
mod settings;
mod share_page;
#[cfg(test)]
mod stories;
mod test_page;
mod tests_page;
mod wafer_drawing;
mod wafers_page;
mod words;
pub mod work;

use std::sync::Arc;

use kernel::Role;
use office::Hall;
use office::workbench::Worker;
use web::Route;

pub use settings::open_tester_folder;

/// Who has test data: firms, and those who act for one.
pub(crate) const FIRM: &[Role] = &[Role::Enterprise, Role::Agent];

/// The data set of the demonstration.
pub const EXAMPLE: &str = "00000000-0000-7000-8000-7e57da7a0001";

macro_rules! sample {
    ($rest:literal) => {
        concat!("/testdata/00000000-0000-7000-8000-7e57da7a0001", $rest)
    };
}

/// Every page of this crate.
pub fn routes() -> Vec<Route<Hall>> {
    let own = |route: Route<Hall>| route.roles(FIRM).hidden();
    vec![
        own(Route::get("/testdata", list_page::list).entry(50, "测试数据")),
        own(Route::get("/testdata/new", new_page::form)),
        own(Route::post("/testdata/new", new_page::take).large_files()),
        own(Route::get("/testdata/compare", compare_page::two)
            .sample("/testdata/compare?a=00000000-0000-7000-8000-7e57da7a0001&b=00000000-0000-7000-8000-7e57da7a0001")),
        own(Route::get("/testdata/{id}", lot_page::show).sample(sample!(""))),
        own(Route::post("/testdata/{id}/cancel", lot_page::cancel).sample(sample!("/cancel"))),
        own(Route::post("/testdata/{id}/discard", lot_page::discard).sample(sample!("/discard"))),
        own(Route::get("/testdata/{id}/report", lot_page::report).sample(sample!("/report"))),
        own(Route::get("/testdata/{id}/wafers", wafers_page::gallery).sample(sample!("/wafers"))),
        own(Route::get("/testdata/{id}/wafers/{number}", wafers_page::wafer).sample(sample!("/wafers/0"))),
        own(Route::get("/testdata/{id}/die", die_page::die).sample(sample!("/die?part=0"))),
        own(Route::get("/testdata/{id}/tests", tests_page::browser).sample(sample!("/tests"))),
        own(Route::get("/testdata/{id}/tests/{number}", test_page::test).sample(sample!("/tests/0"))),
        own(Route::get("/testdata/{id}/outliers", outliers_page::outliers).sample(sample!("/outliers"))),
        own(Route::get("/testdata/{id}/compare", compare_page::compare).sample(sample!("/compare"))),
        own(Route::post("/testdata/{id}/shares", share_page::make).sample(sample!("/shares"))),
        own(Route::post("/testdata/{id}/shares/{digest}/revoke", share_page::revoke)
            .sample(sample!("/shares/0/revoke"))),
        Route::get("/shared/testdata/{token}", share_page::follow).public().hidden().sample("/shared/testdata/none"),
    ]
}

/// Does the long work these pages ask for.
pub fn worker() -> Arc<dyn Worker> {
    Arc::new(work::Ingest { tester_folder: settings::tester_folder().map(std::path::Path::to_owned) })
}
