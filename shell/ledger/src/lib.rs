//! What is kept: the log, verification, checkpoints, vault, desk tables, files, backup.

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
