//! Semiconductor test data: columnar model and statistics
