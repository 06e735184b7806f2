//! What is kept: the log, verification, checkpoints, vault, desk tables, files, backup.

pub mod batch;
pub mod log;

pub use batch::{Batch, Draft, Fault, Head};
pub use log::{AppendError, BoxFuture, Log, LogError};
