//! Role home pages, people and organisations, the access log, and who holds which role.

mod delegation_page;
mod desk;
mod erasure_forms;
mod grant_forms;
mod organisations;
mod oversight;
mod people;
mod person_forms;

use accounts::organisation::ADMINISTRATORS;
use kernel::Role;
use office::{Hall, State};
use register::Register;
use web::{Answer, Counter, Markup, Page, Route, show_register};

async fn grants(counter: Counter, page: Page) -> Answer {
    show_register(&counter, page, &oversight::grants(), Markup::default())
}

const SYSTEM: &[Role] = &[Role::SystemAdministrator];
const SECURITY: &[Role] = &[Role::SecurityAdministrator];
const GUARDIANS: &[Role] = &[Role::SecurityAdministrator, Role::AuditAdministrator, Role::Auditor];
const KEEPERS: &[Role] =
    &[Role::SystemAdministrator, Role::SecurityAdministrator, Role::AuditAdministrator, Role::Auditor];

/// Every page of this crate.
pub fn routes() -> Vec<Route<Hall>> {
    let mut routes = vec![
        Route::get("/", desk::home).public(),
        Route::get("/desk", desk::desk).entry(1, "工作台"),
        Route::get("/access-log", oversight::access_log)
            .roles(&[Role::AuditAdministrator, Role::Auditor])
            .entry(80, "访问日志")
            .reads("查看访问日志"),
        Route::get("/grants", grants).register("grants").roles(GUARDIANS).entry(85, "授权台账").reads("查看授权台账"),
        Route::get("/delegations", delegation_page::delegations).reads("查看外出委托"),
        Route::get("/delegations/new", delegation_page::new).reads("选择受托同事"),
        Route::post("/delegations/new", delegation_page::lend).proof(),
        Route::post("/delegations/{id}/end", delegation_page::end).proof().sample(DELEGATION_END),
    ];
    routes.extend(people_routes());
    routes.extend(organisation_routes());
    routes
}

const DELEGATION_END: &str = "/delegations/00000000-0000-7000-8000-000000000000/end";

fn people_routes() -> Vec<Route<Hall>> {
    // Pages are tried with the district's officer of the city in which every route is tried, and the officer's grant;
    // actions with the security administrator with whom every city begins.
    macro_rules! of {
        ($rest:literal) => {
            concat!("/people/00000000-0000-0000-0000-000000000002", $rest)
        };
    }
    macro_rules! to {
        ($rest:literal) => {
            concat!("/people/b0516586-cd7a-8d03-bdf6-a43ef62c0c23", $rest)
        };
    }
    macro_rules! grant {
        ($act:literal) => {
            concat!("/grants/00000000-0000-0000-0000-000000000002/", $act)
        };
    }
    vec![
        Route::get("/people", people::people).roles(&ADMINISTRATORS).entry(82, "人员").reads("查看人员名单"),
        Route::get("/people/new", person_forms::new).roles(SYSTEM),
        Route::post("/people/new", person_forms::register).roles(SYSTEM).proof(),
        Route::get("/people/{person}", people::person)
            .roles(&ADMINISTRATORS)
            .reads("查看人员信息")
            .person("person")
            .sample(of!("")),
        Route::get("/people/{person}/login", person_forms::new_login)
            .roles(SYSTEM)
            .reads("开通登录")
            .person("person")
            .sample(of!("/login")),
        Route::post("/people/{person}/login", person_forms::give_login).roles(SYSTEM).proof().sample(to!("/login")),
        Route::get("/people/{person}/password", person_forms::reset_form)
            .roles(SECURITY)
            .reads("重置密码")
            .person("person")
            .sample(of!("/password")),
        Route::post("/people/{person}/password", person_forms::reset).roles(SECURITY).proof().sample(to!("/password")),
        Route::post("/people/{person}/unlock", person_forms::unlock).roles(SECURITY).proof().sample(to!("/unlock")),
        Route::get("/people/{person}/suspend", person_forms::new_suspension)
            .roles(SECURITY)
            .reads("停用人员")
            .person("person")
            .sample(of!("/suspend")),
        Route::post("/people/{person}/suspend", person_forms::suspend).roles(SECURITY).proof().sample(to!("/suspend")),
        Route::post("/people/{person}/restore", person_forms::restore).roles(SECURITY).proof().sample(to!("/restore")),
        Route::get("/people/{person}/grants/new", grant_forms::new)
            .roles(SECURITY)
            .reads("授予角色")
            .person("person")
            .sample(of!("/grants/new")),
        Route::post("/people/{person}/grants/new", grant_forms::grant)
            .roles(SECURITY)
            .proof()
            .sample(to!("/grants/new")),
        Route::post("/grants/{id}/confirm", grant_forms::confirm)
            .roles(&ADMINISTRATORS)
            .proof()
            .sample(grant!("confirm")),
        Route::get("/grants/{id}/reject", grant_forms::new_rejection)
            .roles(&ADMINISTRATORS)
            .reads("复核角色")
            .sample(grant!("reject")),
        Route::post("/grants/{id}/reject", grant_forms::reject).roles(&ADMINISTRATORS).proof().sample(grant!("reject")),
        Route::get("/grants/{id}/revoke", grant_forms::new_revocation)
            .roles(SECURITY)
            .reads("收回角色")
            .sample(grant!("revoke")),
        Route::post("/grants/{id}/revoke", grant_forms::revoke).roles(SECURITY).proof().sample(grant!("revoke")),
        Route::get("/people/{person}/erase", erasure_forms::new)
            .roles(SECURITY)
            .reads("清除个人信息")
            .person("person")
            .sample(of!("/erase")),
        Route::post("/people/{person}/erase", erasure_forms::propose).roles(SECURITY).proof().sample(to!("/erase")),
        Route::post("/people/{person}/erase/confirm", erasure_forms::confirm)
            .roles(&ADMINISTRATORS)
            .proof()
            .sample(to!("/erase/confirm")),
        Route::post("/people/{person}/erase/reject", erasure_forms::reject)
            .roles(&ADMINISTRATORS)
            .proof()
            .sample(to!("/erase/reject")),
    ]
}

fn organisation_routes() -> Vec<Route<Hall>> {
    vec![
        Route::get("/organisations", organisations::organisations)
            .register("organisations")
            .roles(KEEPERS)
            .entry(84, "机构"),
        Route::get("/organisations/new", organisations::new).roles(SYSTEM),
        Route::post("/organisations/new", organisations::open).roles(SYSTEM).proof(),
        Route::get("/organisations/{id}", organisations::organisation)
            .roles(KEEPERS)
            .reads("查看机构人员")
            .sample("/organisations/system"),
        Route::get("/organisations/{id}/rename", organisations::new_name)
            .roles(SYSTEM)
            .sample("/organisations/system/rename"),
        Route::post("/organisations/{id}/rename", organisations::rename)
            .roles(SYSTEM)
            .proof()
            .sample("/organisations/system/rename"),
        Route::get("/organisations/{id}/close", organisations::new_end)
            .roles(SYSTEM)
            .sample("/organisations/system/close"),
        Route::post("/organisations/{id}/close", organisations::close)
            .roles(SYSTEM)
            .proof()
            .sample("/organisations/system/close"),
    ]
}

/// Every register of this crate.
pub fn registers() -> Vec<Register<State>> {
    vec![oversight::grants(), organisations::register()]
}
