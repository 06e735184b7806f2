//! The record itself: how anybody proves the ledger, what stands in every register (data dictionary, interface
//! description), and files of all registers for auditors.

mod dictionary;
mod export_page;
mod interface;
mod verify_page;

use std::sync::Arc;

use exports::{Exports, Registers};
use kernel::Role;
use office::Hall;
use web::{Route, RouteCard};

/// All registers, and where each is shown.
#[derive(Clone)]
struct Shown {
    registers: Registers,
    cards: Arc<Vec<RouteCard>>,
}

impl Shown {
    /// The route that shows a register.
    fn card(&self, key: &str) -> Option<&RouteCard> {
        self.cards.iter().find(|card| card.register == Some(key))
    }
}

/// Every page of this crate, over the registers of `exports`, which `shown` show.
pub fn routes(exports: &Arc<Exports>, shown: Vec<RouteCard>) -> Vec<Route<Hall>> {
    const AUDITORS: &[Role] = &[Role::Auditor];
    let shown = Shown { registers: exports.registers().clone(), cards: Arc::new(shown) };
    let dictionary = Arc::new(dictionary::register(&shown));
    vec![
        Route::get("/verify", verify_page::verify).public(),
        Route::get("/verify/checkpoints.jsonl", verify_page::checkpoints).public(),
        Route::get("/verify/public-key.pem", verify_page::public_key).public(),
        Route::get("/dictionary", dictionary::show).public().with(dictionary),
        Route::get("/api/openapi.json", interface::describe).public().with(shown),
        Route::get("/exports", export_page::list).roles(AUDITORS).entry(82, "台账导出").with(exports.clone()),
        Route::post("/exports", export_page::make).roles(AUDITORS).proof().with(exports.clone()),
        Route::get("/exports/{day}", export_page::download)
            .roles(AUDITORS)
            .proof()
            .reads("下载全部台账")
            .sample("/exports/2026-11-23")
            .with(exports.clone()),
    ]
}
