//! A plan folder in which one file is any text: findings, never a panic.
#![no_main]

const FILES: [(&str, &str); 9] = [
    ("plan.toml", include_str!("../../plans/chongqing-2023/plan.toml")),
    ("text.toml", include_str!("../../plans/chongqing-2023/text.toml")),
    ("published.txt", include_str!("../../plans/chongqing-2023/published.txt")),
    ("units.toml", include_str!("../../plans/chongqing-2023/units.toml")),
    ("goals.toml", include_str!("../../plans/chongqing-2023/goals.toml")),
    ("tasks.toml", include_str!("../../plans/chongqing-2023/tasks.toml")),
    ("indicators.toml", include_str!("../../plans/chongqing-2023/indicators.toml")),
    ("schedule.toml", include_str!("../../plans/chongqing-2023/schedule.toml")),
    ("lights.toml", include_str!("../../plans/chongqing-2023/lights.toml")),
];

libfuzzer_sys::fuzz_target!(|input: (u8, &str)| {
    let (which, text) = input;
    let mut files: plan::Files = FILES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    files.insert(FILES[usize::from(which) % FILES.len()].0.to_owned(), text.to_owned());
    let _ = plan::Plan::read(&files);
});
