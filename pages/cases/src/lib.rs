//! Calls, claims, cases and payments as pages.
//!
//! | module | for whom |
//! |---|---|
//! | [`claim`] | firms: calls open now, a claim one question at a time, where it stands |
//! | [`review`] | district, city, experts, auditors, discipline: a case beside its evidence, and every act on it |
//! | [`call`] | the department: fund rules, calls, settling, meetings, notices; the public: notices, objections, statistics |
//! | [`money`] | finance: funding plans, orders, vouchers, what is in transit; the public: payments |

mod call;
mod case_head;
mod claim;
mod money;
mod review;
mod viewer;

use office::{Hall, State};
use register::Register;
use web::Route;

/// Every page of this crate.
pub fn routes() -> Vec<Route<Hall>> {
    let parts = [claim::routes(), review::routes(), call::routes(), money::routes()];
    parts.into_iter().flatten().collect()
}

/// Every register of this crate.
pub fn registers() -> Vec<Register<State>> {
    let parts = [claim::registers(), review::registers(), call::registers(), money::registers()];
    parts.into_iter().flatten().collect()
}
