//! Files of other tools and tables from spreadsheets.

pub mod hotspot;
pub mod power_map;
pub mod power_trace;
pub mod stack;
