//! A report that is one HTML file: no script, no style attribute, nothing loaded from elsewhere

use std::fmt::Write;

use crate::map::wafer_maps;
use crate::model::Dataset;
use crate::plot;
use crate::selection::Retest;
use crate::yields::{Tally, YieldReport};

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

macro_rules! put {
    ($out:expr, $($argument:tt)*) => { let _ = write!($out, $($argument)*); };
}

const STYLE: &str = "body{font:16px/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;\
background:#fff}table{border-collapse:collapse;font-size:14px;line-height:1.45;margin:.5rem 0 1.5rem}\
th,td{border-bottom:1px solid #ddd;padding:.25rem .75rem;text-align:right;font-variant-numeric:tabular-nums}\
th:first-child,td:first-child{text-align:left}svg{max-width:100%;height:auto}.note{color:#555}";

/// Wafer maps drawn in one report; further wafers are only listed
const MAPS: usize = 30;

/// Yield report of a dataset as a page
pub fn html(dataset: &Dataset, report: &YieldReport, extra_plots: &[String]) -> String {
    let mut out = String::new();
    put!(
        out,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Yield report</title><style>{STYLE}</style></head><body>"
    );
    put!(out, "<h1>Yield report</h1>");
    for run in &dataset.runs {
        put!(
            out,
            "<p>Lot <b>{}</b>, product {}, program {}, tester {} <span class=\"note\">({})</span></p>",
            escape(&run.lot),
            escape(&run.product),
            escape(&run.program),
            escape(&run.tester),
            escape(&run.file)
        );
    }
    put!(
        out,
        "<p class=\"note\">Method: {}. Retest policy: {:?}. Same part means: {}. {} attempts, {} parts, {} repeats, of which {} carry no retest flag.</p>",
        report.method,
        report.selection.retest,
        escape(&report.selection.rule()),
        report.selection.attempts,
        report.selection.unique,
        report.selection.repeats,
        report.selection.unflagged_repeats
    );
    table(
        &mut out,
        "Yield by retest policy",
        "policy",
        report.by_policy.iter().map(|(policy, tally)| (policy_name(*policy), tally)),
    );
    table(&mut out, "By lot", "lot", report.lots.iter().map(|(lot, tally)| (lot.clone(), tally)));
    table(
        &mut out,
        "By wafer",
        "lot, wafer",
        report.wafers.iter().map(|((lot, wafer), tally)| (format!("{lot}, {wafer}"), tally)),
    );
    table(
        &mut out,
        "By site",
        "head, site",
        report.sites.iter().map(|((head, site), tally)| (format!("{head}, {site}"), tally)),
    );
    for (title, bins) in [("Hardware bins", &report.hard_bins), ("Software bins", &report.soft_bins)] {
        put!(
            out,
            "<h2>{title}</h2><table><tr><th>bin</th><th>name</th><th>parts</th><th>passed</th><th>share</th><th>cumulative</th></tr>"
        );
        for bin in bins {
            let number = bin.number.map_or("none".into(), |number| number.to_string());
            put!(
                out,
                "<tr><td>{number}</td><td>{}</td><td>{}</td><td>{}</td><td>{:.2} %</td><td>{:.2} %</td></tr>",
                escape(&bin.name),
                bin.tally.total(),
                bin.tally.passed,
                bin.percent,
                bin.cumulative_percent
            );
        }
        put!(out, "</table>");
    }
    put!(out, "<h2>Claims that do not agree</h2>");
    if report.differences.is_empty() {
        put!(out, "<p>None: what the tester claims is what the parts add up to.</p>");
    } else {
        put!(out, "<table><tr><th>record</th><th>about</th><th>claimed</th><th>counted</th></tr>");
        for row in report.differences.iter().take(1000) {
            put!(
                out,
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                row.record,
                escape(&row.about),
                row.claimed,
                row.counted
            );
        }
        put!(out, "</table>");
    }
    put!(out, "<h2>Files</h2>");
    for file in &dataset.files {
        put!(
            out,
            "<p>{}: {} bytes, {} records, {} bytes not read.</p><ul>",
            escape(&file.file),
            file.bytes,
            file.records,
            file.lost_bytes
        );
        for line in file.damage.iter().chain(&file.notes) {
            put!(out, "<li>{}</li>", escape(line));
        }
        put!(out, "</ul>");
    }
    let maps = wafer_maps(dataset, &report.selection);
    if !maps.is_empty() {
        put!(out, "<h2>Wafer maps</h2>");
    }
    maps.iter().take(MAPS).for_each(|map| out.push_str(&plot::bin_map(map)));
    if maps.len() > MAPS {
        put!(out, "<p class=\"note\">{} more wafers are not drawn.</p>", maps.len() - MAPS);
    }
    extra_plots.iter().for_each(|plot| out.push_str(plot));
    out + "</body></html>"
}

/// Name of a policy for people
pub fn policy_name(policy: Retest) -> String {
    match policy {
        Retest::All => "every attempt",
        Retest::First => "first attempt",
        Retest::Last => "last attempt",
        Retest::Best => "best attempt",
    }
    .to_owned()
}

fn table<'t>(out: &mut String, title: &str, heading: &str, rows: impl Iterator<Item = (String, &'t Tally)>) {
    put!(
        out,
        "<h2>{title}</h2><table><tr><th>{heading}</th><th>parts</th><th>passed</th><th>failed</th><th>not judged</th><th>yield</th></tr>"
    );
    for (name, tally) in rows {
        let percent = tally.percent().map_or("–".into(), |percent| format!("{percent:.2} %"));
        put!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{percent}</td></tr>",
            escape(&name),
            tally.total(),
            tally.passed,
            tally.failed,
            tally.unjudged
        );
    }
    put!(out, "</table>");
}
