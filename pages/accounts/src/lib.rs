//! Role home pages, the access log, and who holds which role.

mod desk;
mod oversight;

use kernel::Role;
use office::{Hall, State};
use register::Register;
use web::{Answer, Counter, Markup, Page, Route, show_register};

async fn grants(counter: Counter, page: Page) -> Answer {
    show_register(&counter, page, &oversight::grants(), Markup::default())
}

/// Every page of this crate.
pub fn routes() -> Vec<Route<Hall>> {
    const GUARDIANS: &[Role] = &[Role::SecurityAdministrator, Role::AuditAdministrator, Role::Auditor];
    vec![
        Route::get("/", desk::home).public(),
        Route::get("/desk", desk::desk).entry(1, "工作台"),
        Route::get("/access-log", oversight::access_log)
            .roles(&[Role::AuditAdministrator, Role::Auditor])
            .entry(80, "访问日志")
            .reads("查看访问日志"),
        Route::get("/grants", grants).register("grants").roles(GUARDIANS).entry(85, "授权台账").reads("查看授权台账"),
    ]
}

/// Every register of this crate.
pub fn registers() -> Vec<Register<State>> {
    vec![oversight::grants()]
}
