//! The enterprise file as pages: registers, a firm, its filings, kept files.

mod filing_form;
mod filing_page;
mod firm_page;
mod kept_file;
mod registers;

use kernel::Role;
use office::{Hall, State};
use register::Register;
use web::{Answer, Counter, Markup, Page, Route, show_register};

pub use firm_page::actor_name;
pub use registers::{division_name, may_see};

/// Who has something to look for in the registers of firms.
const READERS: &[Role] = &[
    Role::Enterprise,
    Role::Agent,
    Role::DistrictOfficer,
    Role::CityOfficer,
    Role::WorkingGroup,
    Role::Finance,
    Role::Auditor,
];
const FIRM: &[Role] = &[Role::Enterprise, Role::Agent];

async fn firms(counter: Counter, page: Page) -> Answer {
    show_register(&counter, page, &registers::firms(), Markup::default())
}

async fn filings(counter: Counter, page: Page) -> Answer {
    show_register(&counter, page, &registers::filings(), Markup::default())
}

/// The filing of the city in which every route is tried.
macro_rules! sample_filing {
    () => {
        "/filings/00000000-0000-7000-8000-000000000000"
    };
}

/// Every page of this crate.
pub fn routes() -> Vec<Route<Hall>> {
    vec![
        Route::get("/firms", firms).register("firms").roles(READERS).entry(30, "企业").reads("查看企业台账"),
        Route::get("/firms/{code}", firm_page::firm)
            .roles(READERS)
            .reads("查看企业档案")
            .firm("code")
            .sample("/firms/91500118000000001G"),
        Route::get("/filings", filings)
            .register("filings")
            .roles(READERS)
            .entry(40, "年度申报")
            .reads("查看年度申报台账"),
        Route::get("/filings/new", filing_form::new).roles(FIRM),
        Route::post("/filings/new", filing_form::file).roles(FIRM).upload(filing_form::UPLOAD),
        Route::get("/firms/{code}/filings/{id}", filing_page::filing)
            .roles(READERS)
            .reads("查看年度申报")
            .firm("code")
            .sample("/firms/91500118000000001G/filings/00000000-0000-7000-8000-000000000000"),
        Route::get("/filings/{id}/again", filing_form::again).roles(FIRM).sample(concat!(sample_filing!(), "/again")),
        Route::post("/filings/{id}/again", filing_form::resubmit)
            .roles(FIRM)
            .upload(filing_form::UPLOAD)
            .sample(concat!(sample_filing!(), "/again")),
        Route::post("/filings/{id}/withdraw", filing_page::withdraw)
            .roles(FIRM)
            .sample(concat!(sample_filing!(), "/withdraw")),
        Route::post("/filings/{id}/verify", filing_page::verify)
            .roles(&[Role::DistrictOfficer])
            .sample(concat!(sample_filing!(), "/verify")),
        Route::post("/filings/{id}/sign-off", filing_page::sign_off)
            .roles(&[Role::CityOfficer])
            .proof()
            .sample(concat!(sample_filing!(), "/sign-off")),
        Route::get("/files/{digest}", kept_file::kept_file)
            .roles(READERS)
            .reads("查看证明材料")
            .sample("/files/119a460077b98ac0203a3125fa312f1d8badd67dd3692ae587e5dddb1b79927b"),
    ]
}

/// Every register of this crate.
pub fn registers() -> Vec<Register<State>> {
    vec![registers::firms(), registers::filings()]
}
