//! What pages of cases share, whoever works on them: who may see a case, and what every page of one begins with.
//!
//! The pages themselves are in the crates beside this one, by who works there: `claims` (firms), `reviews` (district,
//! city, experts, audit firm, discipline), `calls` (the department, the public), `payments` (finance, the public).

pub mod case_head;
#[cfg(feature = "testing")]
pub mod testing;
pub mod viewer;
