//! Semiconductor test data: one columnar model of runs, parts, tests and results, and the statistics on it
//!
//! [`ingest::read_files`] reads tester files into a [`model::Dataset`]; [`selection::select`] chooses attempts by a
//! retest policy; the other modules compute from the two. Every result says how it was computed.

pub mod capability;
pub mod claims;
#[cfg(feature = "command-line")]
pub mod command_line;
pub mod control;
pub mod distribution;
pub mod export;
pub mod gauge;
pub mod ingest;
pub mod kept;
pub mod kernels;
pub mod language;
pub mod limits;
pub mod map;
pub mod model;
pub mod outliers;
pub mod overview;
mod parallel;
mod piece;
pub mod plot;
pub mod report;
mod result_reader;
mod result_writer;
pub mod screening;
pub mod selection;
pub mod store;
pub mod yields;
