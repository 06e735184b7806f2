//! Stories of what is kept. `log` holds for every [`ledger::Log`]; the rest tells of one store.

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
