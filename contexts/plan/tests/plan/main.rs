//! Tests over whole plan folders and whole histories.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod check;
mod chongqing;
mod folder;
mod samples;
mod supervision;
