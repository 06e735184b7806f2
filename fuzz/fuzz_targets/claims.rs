//! Any bytes as a claims file: every row is read or named, never a panic; what is read can be assessed.
#![no_main]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use subsidy::{Rates, Rulebook};

static RULEBOOK: LazyLock<Rulebook> = LazyLock::new(|| {
    let files: BTreeMap<String, String> = [
        ("benefits/interest.toml", include_str!("../../plans/chongqing-2023/benefits/interest.toml")),
        ("benefits/platform.toml", include_str!("../../plans/chongqing-2023/benefits/platform.toml")),
        ("benefits/test-fee.toml", include_str!("../../plans/chongqing-2023/benefits/test-fee.toml")),
        ("interpretations.toml", include_str!("../../plans/chongqing-2023/interpretations.toml")),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .into();
    let (clauses, interpretations) = subsidy::rulebook::parse_clauses(&files).expect("the plan's own clauses");
    let rates = include_str!("../../catalog/rates.toml");
    let rates = Arc::new(Rates::parse("rates.toml", rates).expect("the plan's own rates"));
    Rulebook { clauses, interpretations, rates }
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let read = subsidy::bulk::read_claims(bytes, &RULEBOOK);
    let _ = read.errors.iter().map(ToString::to_string).collect::<Vec<_>>();
});
