//! The living document, tasks, indicators
