//! Semiconductor test data: columnar model and statistics
pub mod ingest;
pub mod model;
pub mod store;
