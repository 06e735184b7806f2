//! The first plan, as data: complete, and equal to the published text.

mod folder;

use plan::check::check;

#[test]
fn the_plan_is_in_order() {
    let report = check(&folder::chongqing());
    let findings: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    println!("{}", report.coverage);
}
