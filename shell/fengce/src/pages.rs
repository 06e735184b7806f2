//! Every page crate, in one list.

use std::sync::Arc;

use exports::Exports;
use office::Hall;
use office::workbench::Worker;
use web::Route;

/// The route table of the program: the table that is mounted is the table tests walk.
pub fn routes(exports: &Arc<Exports>) -> Vec<Route<Hall>> {
    let mut routes = plan_pages::routes();
    routes.extend(enterprise_pages::routes());
    routes.extend(subsidy_pages::routes());
    routes.extend(claims_pages::routes());
    routes.extend(reviews_pages::routes());
    routes.extend(calls_pages::routes());
    routes.extend(payments_pages::routes());
    routes.extend(simulation_pages::routes());
    routes.extend(accounts_pages::routes());
    routes.extend(testdata_pages::routes());
    let shown = routes.iter().map(|route| *route.card()).collect();
    routes.extend(record_pages::routes(exports, shown));
    routes
}

/// Every register of the program, for the SQLite export and the data dictionary.
pub fn registers() -> Vec<register::Register<office::State>> {
    let mut registers = plan_pages::registers();
    registers.extend(enterprise_pages::registers());
    registers.extend(subsidy_pages::registers());
    registers.extend(claims_pages::registers());
    registers.extend(reviews_pages::registers());
    registers.extend(calls_pages::registers());
    registers.extend(payments_pages::registers());
    registers.extend(accounts_pages::registers());
    registers
}

/// Who does the long work that pages ask for.
pub fn workers() -> Vec<Arc<dyn Worker>> {
    vec![testdata_pages::worker(), Arc::new(simulation_pages::Simulator)]
}
