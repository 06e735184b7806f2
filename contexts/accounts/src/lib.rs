//! Organisations, people, and who may act in which role for whom on which day.
//!
//! People are pseudonyms ([`kernel::PersonId`]); names, telephone numbers and log-ins live in the vault and the desk
//! tables, never in events. Officers hold roles through [`grant::Grant`]s given by the security administrator; people
//! act for firms through [`authorisation::Authorisation`]s given by the firm's legal person; during absence an
//! officer's desk is delegated ([`delegation::Delegation`]). [`grants_of`] lists what a session may choose from.
//!
//! The three administrators (三员分立) exclude each other, and giving any of those roles takes two people; so does
//! forgetting a person ([`erasure`]).

pub mod authorisation;
pub mod choice;
pub mod command;
pub mod delegation;
pub mod erasure;
pub mod grant;
pub mod organisation;
pub mod person;
pub mod state;

pub use authorisation::{Authorisation, AuthorisationId, Scope};
pub use choice::{Because, Choice, grants_of, permits};
pub use command::{Command, decide};
pub use delegation::{Delegation, DelegationId};
pub use grant::{Grant, GrantId};
pub use organisation::{Organisation, OrganisationKind};
pub use person::Person;
pub use state::{Event, State};
