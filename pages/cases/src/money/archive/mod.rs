//! 一案一卷.
use office::Hall;
use web::Route;

/// Its pages.
pub fn routes() -> Vec<Route<Hall>> {
    Vec::new()
}
