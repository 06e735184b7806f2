//! The enterprise file (一企一档): who a firm is, where it stands, what it filed, and what may be said of it.
//!
//! One record per unified social credit code ([`FirmFile`]) and one per annual filing ([`filing::Filing`]). Everything
//! changes through [`decide`] and [`State::apply`]; everything shown is a function of [`State`] ([`view`], [`revenue`],
//! [`publication`], [`release`], [`relation::related`]). Divisions, calendar, firm sizes, the chain and the filing rules are dated
//! data adopted by command ([`catalog::Catalog`]).
//!
//! ```text
//! Register ─► FirmFile ─ Amend (name, site, scope, honours, recognitions, holdings, consents)
//!                │
//!              File ─► Filed ─Verify─► Verified ─SignOff─► SignedOff ─(a correction is signed off)─► Superseded
//!                        ▲  └─Return/Withdraw─► Returned ◄─Return─┘
//!                        └──────────Resubmit──────┘
//! ```
//!
//! # Claim material and statistical returns
//! What a firm files for claims and goals ([`filing::Figures`]) and what it returns under the Statistics Law
//! ([`statistics::StatisticalReturn`]) are different types; nothing converts one into the other.
//! ```
//! fn assess(_: &enterprise::filing::Figures) {}
//! fn claim(filed: &enterprise::filing::Figures) { assess(filed) }
//! ```
//! ```compile_fail,E0308
//! fn assess(_: &enterprise::filing::Figures) {}
//! fn claim(returned: &enterprise::statistics::StatisticalReturn) { assess(returned) }
//! ```
//! ```compile_fail,E0277
//! fn claim(returned: enterprise::statistics::StatisticalReturn) -> enterprise::filing::Figures { returned.into() }
//! ```
//! Nor can the figures be read one firm at a time:
//! ```compile_fail,E0616
//! fn peek(returned: &enterprise::statistics::StatisticalReturn) -> usize { returned.items.len() }
//! ```

pub mod authority;
pub mod baseline;
pub mod catalog;
pub mod change;
pub mod filing;
pub mod firm;
pub mod import;
pub mod publication;
pub mod relation;
pub mod release;
pub mod revenue;
pub mod standing;
pub mod state;
pub mod statistics;
pub mod text;
pub mod view;

pub use catalog::{Catalog, Size};
pub use change::Change;
pub use filing::{Figures, Filing, FilingId, Stage};
pub use firm::{FirmFile, FirmType, LegalForm, Registration, ScopeEntry, Site};
pub use relation::{Holding, HoldingKind};
pub use state::{Command, Event, State, decide};
