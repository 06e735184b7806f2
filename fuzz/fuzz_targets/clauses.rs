//! Any text as a clause, as interpretations, as rates, as a catalog: findings, never a panic.
#![no_main]

use std::collections::BTreeMap;

const INTERPRETATIONS: &str = include_str!("../../plans/chongqing-2023/interpretations.toml");
const CLAUSE: &str = include_str!("../../plans/chongqing-2023/benefits/interest.toml");

libfuzzer_sys::fuzz_target!(|text: &str| {
    let folder = |clause: &str, interpretations: &str| {
        let files = [("benefits/interest.toml", clause), (subsidy::rulebook::INTERPRETATIONS_FILE, interpretations)];
        files.map(|(name, text)| (name.to_owned(), text.to_owned())).into_iter().collect::<BTreeMap<_, _>>()
    };
    let _ = subsidy::rulebook::parse_clauses(&folder(text, INTERPRETATIONS));
    let _ = subsidy::rulebook::parse_clauses(&folder(CLAUSE, text));
    let _ = subsidy::Rates::parse("rates.toml", text);
    let catalog = enterprise::Catalog::FILES.map(|name| (name.to_owned(), text.to_owned())).into_iter().collect();
    let _ = enterprise::Catalog::parse(&catalog);
});
