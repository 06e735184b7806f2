//! Words every context shares.
//!
//! The kernel knows no context and does no I/O: it holds exact money, civil dates and their calendars,
//! the codes Chinese administration runs on, ids, and the shape of a decision ([`Context`] in, events or
//! [`Refusal`] out).

pub mod actor;
pub mod anchor;
pub mod calendar;
pub mod credit_code;
pub mod date;
pub mod deadline;
pub mod digest;
pub mod division;
pub mod history;
pub mod id;
pub mod money;
pub mod prose;
pub mod rate;
pub mod refusal;
pub mod text;
pub mod timeline;

pub use actor::{Actor, Context, Recorded, Role};
pub use anchor::Anchor;
pub use calendar::WorkingCalendar;
pub use credit_code::CreditCode;
pub use date::{Date, Dated, Period, Timestamp, Year};
pub use deadline::Deadline;
pub use digest::{Digest, Evidence};
pub use division::{Division, DivisionCode, Divisions, Township};
pub use id::{CommandId, OrganisationId, PersonId, Revision, Sequence};
pub use money::Money;
pub use rate::Rate;
pub use refusal::{Impossible, Refusal};
