//! What is kept: the log, verification, checkpoints, vault, desk tables, files, backup.
//!
//! [`Store::open`] opens a data directory, laid out as [`store`] tells, under a lock that keeps a second process out.
//! In it:
//!
//! | | what | forgets? | proved by |
//! |---|---|---|---|
//! | [`Store::log`] | what was decided, a chain of [`Batch`]es | never | [`verify`], [`checkpoint`]s |
//! | [`Store::access`] | who saw what, a second chain | never, and holds no personal data | the same |
//! | [`Store::vault`] | personal data under a key per subject | by overwriting the key | keyed digests in the ledger |
//! | [`Store::desk`] | credentials, sessions, drafts, messages, jobs | freely | – |
//! | [`Store::files`] | uploaded files under their SM3 digest | never | their names |
//!
//! The crate knows no context: a line of the log is an opaque JSON object of which it reads only the `command` and how
//! many `events` there are. [`export`] documents the format in which an outside party can compute every digest anew;
//! [`checkpoint`] the signed statements that such a party keeps; [`backup`] what a backup holds.
//!
//! # Invariants
//!
//! - An append is durable when it answers `Ok`, and answers [`AppendError::Refused`] only when nothing was written. When
//!   it cannot know, it answers [`AppendError::Uncertain`], and from then on nothing else until the process starts anew.
//! - Digests are computed over stored bytes, never over values written out again.
//! - A file or folder appears under its name whole and durable, or not at all.
//! - Keys are in `keys/` only; no backup holds them.
//! - Times, ids and events are passed in; only keys and nonces are drawn from the system's random numbers.

pub mod access;
pub mod backup;
pub mod batch;
pub mod checkpoint;
pub mod crypto;
pub mod database;
pub mod desk;
mod durable;
pub mod export;
pub mod files;
pub mod log;
pub mod memory;
pub mod sqlite;
pub mod store;
pub mod vault;
pub mod verify;

pub use batch::{Batch, Draft, Fault, Head};
pub use log::{AppendError, BoxFuture, Log, LogError};
pub use store::{Layout, Store, StoreError};
