//! The office: the one State, the path every change takes, and what contexts hand each other.
//!
//! Command → [`carry_out`] (decide, apply, react) → one durable append → publish. Readers hold a [`Published`] and
//! never wait. Nothing here knows HTTP, files or SQL.

pub mod account;
pub mod carry_out;
pub mod city;
pub mod claims;
pub mod clock;
pub mod due;
mod earlier;
pub mod entry;
pub mod evidence;
pub mod hall;
pub mod lines;
pub mod measures;
pub mod office;
pub mod published;
pub mod react;
pub mod relations;
pub mod replay;
pub mod spending;
pub mod state;
pub mod workbench;
pub mod writer;

pub use account::BankAccount;
pub use carry_out::{Act, Envelope, carry_out};
pub use clock::{Clock, SetClock, SystemClock};
pub use entry::Entry;
pub use hall::Hall;
pub use office::Office;
pub use published::Published;
pub use replay::ReplayError;
pub use state::{Command, Event, State};
pub use workbench::Workbench;
pub use writer::{Health, Outcome, SubmitError};
