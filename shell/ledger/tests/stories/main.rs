//! Stories of what is kept. `log` holds for every [`ledger::Log`]; the rest tells of one store.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a story that cannot go on fails")]

mod access;
mod backup;
mod crash;
mod desk;
mod export;
mod files;
mod log;
mod samples;
mod vault;
mod verification;
