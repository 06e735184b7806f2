//! Benefits (事项): clauses as data, assessment with a trace, cap accounts.
//!
//! A clause file binds every character of its sentence to an operator ([`clause`]); the open points are read by
//! dated interpretations ([`interpretation`], [`settings`]); [`program`] compiles both with the rates of the day.
//! [`assess()`] computes one claim with a Chinese trace, [`bare`] computes many without words; both agree to the fen.
//! [`what_if`] computes all recorded claims again under other rules; a [`package`] lets a stranger's program do it.

pub mod account;
pub mod assess;
pub mod bare;
mod base;
pub mod benefit;
pub mod bulk;
pub mod clause;
pub mod decide;
pub mod decision;
mod district;
pub mod event;
pub mod facts;
pub mod filed;
pub mod finding;
pub mod interpretation;
pub mod package;
pub mod parameters;
pub mod parties;
pub mod precheck;
pub mod program;
pub mod rates;
pub mod rulebook;
pub mod settings;
pub mod state;
pub mod trace;
pub mod what_if;

pub use account::{Account, CapPeriod, CapScope};
pub use assess::{Assessment, Failure, Outcome, assess};
pub use benefit::{BenefitId, ClaimId, DecisionId};
pub use clause::{Clause, Place};
pub use decide::{Command, decide};
pub use decision::{Decision, Grounds, recompute};
pub use event::{Event, ProposalId};
pub use facts::{Claim, ClaimError, Facts};
pub use filed::{Filed, FiledRecord};
pub use finding::Finding;
pub use interpretation::{Interpretations, Overrides, Point};
pub use parameters::{Grant, ParameterSet};
pub use precheck::{Answers, Prechecked, precheck};
pub use program::{CompileError, ENGINE_VERSION, Program};
pub use rates::Rates;
pub use rulebook::Rulebook;
pub use settings::Settings;
pub use state::State;
pub use trace::Trace;
