//! The enterprise file as pages: registers, a firm, its filings, kept files.

mod acting_forms;
mod acting_page;
mod amend;
mod amend_basics;
mod amend_relations;
mod amend_standing;
mod filing_form;
mod filing_page;
mod firm_form;
mod firm_page;
mod import_page;
mod kept_file;
mod registers;
mod return_page;

use kernel::Role;
use office::{Hall, State};
use register::Register;
use web::{Answer, Counter, Failure, Markup, Page, Route, show_register};

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
/// They, and who verifies legal persons.
const ACTING_READERS: &[Role] = &[
    Role::Enterprise,
    Role::Agent,
    Role::DistrictOfficer,
    Role::CityOfficer,
    Role::WorkingGroup,
    Role::Finance,
    Role::Auditor,
    Role::SecurityAdministrator,
];

/// Buttons above a register.
#[derive(askama::Template)]
#[template(
    source = r#"<p class="actions">{% for (label, href) in links %}<a class="button quiet" href="{{ href }}">{{ label }}</a>{% endfor %}</p>"#,
    ext = "html"
)]
struct Buttons {
    links: &'static [(&'static str, &'static str)],
}

fn buttons(
    counter: &Counter,
    roles: &[Role],
    links: &'static [(&'static str, &'static str)],
) -> Result<Markup, Failure> {
    let may = counter.as_of.is_now() && counter.visitor.role().is_some_and(|role| roles.contains(&role));
    Ok(if may { Markup::of(&Buttons { links })? } else { Markup::default() })
}

async fn firms(counter: Counter, page: Page) -> Answer {
    let above = buttons(&counter, amend::GOVERNMENT, &[("企业建档", "/firms/new"), ("表格导入", "/import/firms")])?;
    show_register(&counter, page, &registers::firms(), above)
}

async fn filings(counter: Counter, page: Page) -> Answer {
    let above = buttons(&counter, FIRM, &[("报送年度数据", "/filings/new"), ("表格报送", "/import/filings")])?;
    show_register(&counter, page, &registers::filings(), above)
}

/// The filing of the city in which every route is tried.
macro_rules! sample_filing {
    () => {
        "/filings/00000000-0000-7000-8000-000000000000"
    };
}

/// Every page of this crate.
pub fn routes() -> Vec<Route<Hall>> {
    let mut routes = file_routes();
    routes.extend(amend_routes());
    routes.extend(acting_routes());
    routes.extend(import_routes());
    routes
}

fn amend_routes() -> Vec<Route<Hall>> {
    use amend::routes;
    let mut all = vec![
        Route::get("/firms/new", firm_form::new).roles(amend::GOVERNMENT),
        Route::post("/firms/new", firm_form::register).roles(amend::GOVERNMENT).upload(amend::UPLOAD),
        Route::get("/firms/{code}/amend", amend::amend)
            .roles(READERS)
            .reads("查看档案变更")
            .firm("code")
            .sample("/firms/91500118000000001G/amend"),
    ];
    all.extend(routes::<amend_basics::Rename>());
    all.extend(routes::<amend_basics::Relocate>());
    all.extend(routes::<amend_basics::Operate>());
    all.extend(routes::<amend_basics::Classify>());
    all.extend(routes::<amend_basics::EnterScope>());
    all.extend(routes::<amend_basics::LeaveScope>());
    all.extend(routes::<amend_standing::Award>());
    all.extend(routes::<amend_standing::RevokeAward>());
    all.extend(routes::<amend_standing::Recognise>());
    all.extend(routes::<amend_standing::Check>());
    all.extend(routes::<amend_standing::Withdraw>());
    all.extend(routes::<amend_relations::Hold>());
    all.extend(routes::<amend_relations::EndHold>());
    all.extend(routes::<amend_relations::Allow>());
    all.extend(routes::<amend_relations::Disallow>());
    all
}

fn acting_routes() -> Vec<Route<Hall>> {
    const ACTING: &str = "/firms/91500118000000001G/acting";
    macro_rules! acting {
        ($what:literal) => {
            concat!("/firms/91500118000000001G/acting/", $what)
        };
    }
    macro_rules! given {
        ($what:literal) => {
            concat!("/authorisations/00000000-0000-0000-0000-00000000004d/", $what)
        };
    }
    const VERIFIERS: &[Role] = &[Role::SecurityAdministrator];
    vec![
        Route::get("/firms/{code}/acting", acting_page::acting)
            .roles(ACTING_READERS)
            .reads("查看谁能为企业办事")
            .firm("code")
            .sample(ACTING),
        Route::get("/firms/{code}/acting/legal-person", acting_forms::new_legal_person)
            .roles(VERIFIERS)
            .proof()
            .sample(acting!("legal-person")),
        Route::post("/firms/{code}/acting/legal-person", acting_forms::appoint)
            .roles(VERIFIERS)
            .proof()
            .upload(amend::UPLOAD)
            .sample(acting!("legal-person")),
        Route::get("/firms/{code}/acting/authorise", acting_forms::new_offer)
            .roles(amend::FIRM)
            .sample(acting!("authorise")),
        Route::post("/firms/{code}/acting/authorise", acting_forms::authorise)
            .roles(amend::FIRM)
            .proof()
            .sample(acting!("authorise")),
        Route::get("/firms/{code}/acting/hand-over", acting_forms::new_handover)
            .roles(FIRM)
            .reads("选择移交人")
            .firm("code")
            .sample(acting!("hand-over")),
        Route::post("/firms/{code}/acting/hand-over", acting_forms::hand_over)
            .roles(FIRM)
            .proof()
            .sample(acting!("hand-over")),
        Route::get("/authorisations", acting_forms::mine),
        Route::post("/authorisations/{id}/accept", acting_forms::accept).proof().sample(given!("accept")),
        Route::post("/authorisations/{id}/decline", acting_forms::decline).proof().sample(given!("decline")),
        Route::get("/authorisations/{id}/revoke", acting_forms::new_revocation).roles(FIRM).sample(given!("revoke")),
        Route::post("/authorisations/{id}/revoke", acting_forms::revoke).roles(FIRM).proof().sample(given!("revoke")),
    ]
}

fn import_routes() -> Vec<Route<Hall>> {
    let all = |roles: &'static [Role], paths: [&'static str; 3]| {
        let [table, template, confirm] = paths;
        [
            Route::get(table, import_page::new).roles(roles),
            Route::post(table, import_page::upload).roles(roles).upload(import_page::UPLOAD),
            Route::get(template, import_page::template).roles(roles),
            Route::post(confirm, import_page::confirm).roles(roles).proof(),
        ]
    };
    // Officers register firms; a firm and its agents file for it.
    let firms = ["/import/firms", "/import/firms/template", "/import/firms/confirm"];
    let filings = ["/import/filings", "/import/filings/template", "/import/filings/confirm"];
    all(amend::GOVERNMENT, firms).into_iter().chain(all(FIRM, filings)).collect()
}

fn file_routes() -> Vec<Route<Hall>> {
    const RETURNERS: &[Role] = &[Role::Enterprise, Role::Agent, Role::CityOfficer];
    vec![
        Route::get("/returns", return_page::returns).roles(RETURNERS).reads("查看收到的统计调查表"),
        Route::get("/returns/new", return_page::new).roles(RETURNERS),
        Route::post("/returns/new", return_page::file).roles(RETURNERS).proof(),
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
