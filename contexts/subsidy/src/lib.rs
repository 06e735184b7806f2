//! Benefits (事项): clauses as data, assessment with a trace, cap accounts.

pub mod account;
pub mod benefit;
pub mod clause;
pub mod facts;
pub mod finding;
pub mod interpretation;
pub mod rates;
pub mod settings;
