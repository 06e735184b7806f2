//! What the pages call things, and what the engine's remarks are called in Chinese.

use stdf::tests::TestKind;
use testdata::screening::{Method, Suspicion};
use testdata::selection::Retest;

use crate::measure::Measure;

/// The policies in the order pages offer them, with their names in addresses.
pub const POLICIES: [(Retest, &str, &str); 4] = [
    (Retest::Last, "last", "末次"),
    (Retest::First, "first", "首次"),
    (Retest::Best, "best", "最好一次"),
    (Retest::All, "all", "逐次全计"),
];

/// What a retest policy is called.
pub fn policy(retest: Retest) -> &'static str {
    POLICIES.iter().find(|(of, _, _)| *of == retest).map_or("", |(_, _, label)| label)
}

/// What a kind of test is called.
pub fn kind(kind: TestKind) -> &'static str {
    match kind {
        TestKind::Parametric => "参数 PTR",
        TestKind::MultipleResult => "多值 MPR",
        TestKind::Functional => "功能 FTR",
        TestKind::Scan => "扫描 STR",
    }
}

/// What a method of screening is called.
pub fn method(method: Method) -> &'static str {
    match method {
        Method::Pat => "PAT",
        Method::Residual => "NNR 邻域残差",
        Method::Neighbourhood => "GDBN 坏邻域好芯片",
        Method::Position => "Z-PAT 同位失效",
        Method::Cluster => "失效簇外圈",
    }
}

/// Why one part is suspected, in words; `test` is what the test is called, `units` what it is measured in.
pub fn suspicion(of: &Suspicion, test: &str, units: &str) -> String {
    let limits = of.limits.into_iter().flat_map(|(low, high)| [low, high]);
    let measure = Measure::of(units, limits.chain([of.found]));
    let short = |value: f64| measure.show(value);
    match (of.method, of.limits) {
        (Method::Pat, Some((low, high))) => {
            let (value, low, high) = (short(of.found), short(low), short(high));
            format!("PAT：{test} 为 {value}，超出 {low} ～ {high}")
        }
        (Method::Pat, None) => format!("PAT：{test} 为 {}", short(of.found)),
        (Method::Residual, _) => format!("NNR：{test} 与相邻芯片相差 {}", short(of.found)),
        (Method::Neighbourhood, _) => format!("GDBN：相邻芯片 {:.0}% 失效", of.found * 100.0),
        (Method::Position, _) => format!("Z-PAT：本批 {:.0}% 的晶圆在此位置失效", of.found * 100.0),
        (Method::Cluster, _) => format!("失效簇外圈：紧邻 {:.0} 颗相连的失效芯片", of.found),
    }
}

/// Reasons for suspicions in English, for files that other programs read.
pub fn suspicion_for_files(of: &Suspicion, test: &str) -> String {
    match of.method {
        Method::Pat => {
            let (low, high) = of.limits.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
            format!("PAT {test}: {} outside {low} to {high}", of.found)
        }
        Method::Residual => format!("NNR {test}: residual {}", of.found),
        Method::Neighbourhood => format!("GDBN: {:.0} % of neighbours fail", of.found * 100.0),
        Method::Position => format!("Z-PAT: {:.0} % of wafers fail here", of.found * 100.0),
        Method::Cluster => format!("guard ring of a cluster of {:.0} failing dies", of.found),
    }
}
