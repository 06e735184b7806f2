//! Every page crate, in one list.

use std::sync::Arc;

use office::Hall;
use office::workbench::Worker;
use web::Route;

/// The route table of the program.
pub fn routes() -> Vec<Route<Hall>> {
    let mut routes = plan_pages::routes();
    routes.extend(enterprise_pages::routes());
    routes.extend(subsidy_pages::routes());
    routes.extend(accounts_pages::routes());
    routes
}

/// Every register of the program, for the SQLite export and the data dictionary.
pub fn registers() -> Vec<register::Register<office::State>> {
    let mut registers = plan_pages::registers();
    registers.extend(enterprise_pages::registers());
    registers.extend(subsidy_pages::registers());
    registers.extend(accounts_pages::registers());
    registers
}

/// Who does the long work that pages ask for.
pub fn workers() -> Vec<Arc<dyn Worker>> {
    Vec::new()
}
