//! A report that is one HTML file: no script, no style attribute, nothing loaded from elsewhere; Chinese or English

use std::fmt::Write;

pub use crate::language::Language;
use crate::map::wafer_maps;
use crate::model::Dataset;
use crate::plot;
use crate::yields::{Bin, Difference, Tally, YieldReport};

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

// Writing into a String cannot fail.
macro_rules! put {
    ($out:expr, $($argument:tt)*) => { let _ = write!($out, $($argument)*); };
}

const STYLE: &str = "body{font:16px/1.6 system-ui,'Noto Sans SC','Microsoft YaHei',sans-serif;max-width:60rem;\
margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}table{border-collapse:collapse;font-size:14px;\
line-height:1.45;margin:.5rem 0 1.5rem}th,td{border-bottom:1px solid #ddd;padding:.25rem .75rem;text-align:right;\
font-variant-numeric:tabular-nums}th:first-child,td:first-child{text-align:left}svg{max-width:100%;height:auto}\
.note{color:#555}";

/// Wafer maps drawn in one report; further wafers are only listed
const MAPS: usize = 30;

/// Differences listed in one report; of further ones only the number is told
const DIFFERENCES: usize = 1000;

/// A picture with its heading, such as a test's histogram
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// What it shows
    pub heading: String,
    /// SVG
    pub svg: String,
}

/// Yield report of a dataset as a page in Chinese; `extra_plots` (SVG) stand at its end
pub fn html(dataset: &Dataset, report: &YieldReport, extra_plots: &[String]) -> String {
    let pictures: Vec<Picture> =
        extra_plots.iter().map(|svg| Picture { heading: String::new(), svg: svg.clone() }).collect();
    html_in(Language::Chinese, dataset, report, &pictures)
}

/// Yield report of a dataset as a page
pub fn html_in(language: Language, dataset: &Dataset, report: &YieldReport, pictures: &[Picture]) -> String {
    let say = |chinese, english| language.say(chinese, english);
    let mut out = String::new();
    let title = say("良率报告", "Yield report");
    put!(
        out,
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1>",
        say("zh-CN", "en")
    );
    head(&mut out, dataset, report, language);
    let policies = report.by_policy.iter().map(|(policy, tally)| (language.policy(*policy).to_owned(), tally));
    table(&mut out, language, (say("按复测口径", "Yield by retest policy"), say("口径", "policy")), policies);
    let lots = report.lots.iter().map(|(lot, tally)| (lot.clone(), tally));
    table(&mut out, language, (say("按批次", "By lot"), say("批次", "lot")), lots);
    let wafers = report.wafers.iter().map(|((lot, wafer), tally)| (format!("{lot}, {wafer}"), tally));
    table(&mut out, language, (say("按晶圆", "By wafer"), say("批次，晶圆", "lot, wafer")), wafers);
    let sites = report.sites.iter().map(|((head, site), tally)| {
        let more =
            report.fails_more((*head, *site)).map(|z| format!(" — {} (z = {z:.1})", say("失效偏多", "fails more")));
        (format!("{head}, {site}{}", more.unwrap_or_default()), tally)
    });
    table(&mut out, language, (say("按测试座", "By site"), say("测试头，测试座", "head, site")), sites);
    bins(&mut out, language, say("硬分档", "Hardware bins"), &report.hard_bins);
    bins(&mut out, language, say("软分档", "Software bins"), &report.soft_bins);
    differences(&mut out, language, &report.differences);
    files(&mut out, language, dataset);
    let maps = wafer_maps(dataset, &report.selection);
    if !maps.is_empty() {
        put!(out, "<h2>{}</h2>", say("晶圆图", "Wafer maps"));
    }
    maps.iter().take(MAPS).for_each(|map| out.push_str(&plot::bin_map(map, language)));
    if maps.len() > MAPS {
        let more = maps.len() - MAPS;
        put!(out, "<p class=\"note\">{more} {}</p>", say("张晶圆图未画出。", "more wafers are not drawn."));
    }
    for picture in pictures {
        if !picture.heading.is_empty() {
            put!(out, "<h2>{}</h2>", escape(&picture.heading));
        }
        out.push_str(&picture.svg);
    }
    out + "</body></html>"
}

fn head(out: &mut String, dataset: &Dataset, report: &YieldReport, language: Language) {
    let say = |chinese, english| language.say(chinese, english);
    for run in &dataset.runs {
        put!(
            out,
            "<p>{} <b>{}</b>, {} {}, {} {}, {} {} <span class=\"note\">({})</span></p>",
            say("批次", "Lot"),
            escape(&run.lot),
            say("产品", "product"),
            escape(&run.product),
            say("程序", "program"),
            escape(&run.program),
            say("测试机", "tester"),
            escape(&run.tester),
            escape(&run.file)
        );
    }
    let chosen = &report.selection;
    let (policy, rule) = (language.policy(chosen.retest), escape(&language.rule(chosen)));
    let (attempts, unique) = (chosen.attempts, chosen.unique);
    let (repeats, unflagged) = (chosen.repeats, chosen.unflagged_repeats);
    match language {
        Language::Chinese => {
            put!(
                out,
                "<p class=\"note\">算法：良率 = 选定芯片中合格的 ÷ 全部选定芯片；合格与否依 PRR 的 PART_FLG 第 3、4 位。复测口径：{policy}。同一芯片的认定：{rule}。共测试 {attempts} 次，{unique} 个芯片，重复 {repeats} 次，其中 {unflagged} 次未带复测标志。</p>"
            );
        }
        Language::English => {
            put!(
                out,
                "<p class=\"note\">Method: {}. Retest policy: {policy}. Same part means: {rule}. {attempts} attempts, {unique} parts, {repeats} repeats, of which {unflagged} carry no retest flag.</p>",
                report.method
            );
        }
    }
}

fn bins(out: &mut String, language: Language, title: &str, bins: &[Bin]) {
    let say = |chinese, english| language.say(chinese, english);
    put!(out, "<h2>{title}</h2><table><tr>");
    for heading in [
        say("分档", "bin"),
        say("名称", "name"),
        say("芯片", "parts"),
        say("合格", "passed"),
        say("占比", "share"),
        say("累计", "cumulative"),
    ] {
        put!(out, "<th>{heading}</th>");
    }
    put!(out, "</tr>");
    for bin in bins {
        let number = bin.number.map_or(say("无", "none").into(), |number| number.to_string());
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

fn differences(out: &mut String, language: Language, differences: &[Difference]) {
    let say = |chinese, english| language.say(chinese, english);
    put!(out, "<h2>{}</h2>", say("测试机汇总与实数不符之处", "Claims that do not agree"));
    if differences.is_empty() {
        let none =
            say("没有：测试机的汇总与逐件相加一致。", "None: what the tester claims is what the parts add up to.");
        put!(out, "<p>{none}</p>");
        return;
    }
    put!(
        out,
        "<table><tr><th>{}</th><th>{}</th><th>{}</th><th>{}</th></tr>",
        say("记录", "record"),
        say("事项", "about"),
        say("汇总所称", "claimed"),
        say("实数", "counted")
    );
    for row in differences.iter().take(DIFFERENCES) {
        put!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            row.record,
            escape(&language.claim(&row.about)),
            row.claimed,
            row.counted
        );
    }
    put!(out, "</table>");
    if differences.len() > DIFFERENCES {
        let more = differences.len() - DIFFERENCES;
        put!(out, "<p class=\"note\">{more} {}</p>", say("处未列出。", "more are not listed."));
    }
}

fn files(out: &mut String, language: Language, dataset: &Dataset) {
    put!(out, "<h2>{}</h2>", language.say("文件", "Files"));
    for file in &dataset.files {
        let (name, bytes, records, lost) = (escape(&file.file), file.bytes, file.records, file.lost_bytes);
        match language {
            Language::Chinese => {
                put!(out, "<p>{name}：{bytes} 字节，{records} 条记录，{lost} 字节未能读出。</p><ul>");
            }
            Language::English => {
                put!(out, "<p>{name}: {bytes} bytes, {records} records, {lost} bytes not read.</p><ul>");
            }
        }
        for line in file.damage.iter().chain(&file.notes) {
            put!(out, "<li>{}</li>", escape(&language.remark(line)));
        }
        put!(out, "</ul>");
    }
}

fn table<'t>(
    out: &mut String,
    language: Language,
    (title, heading): (&str, &str),
    rows: impl Iterator<Item = (String, &'t Tally)>,
) {
    let say = |chinese, english| language.say(chinese, english);
    put!(
        out,
        "<h2>{title}</h2><table><tr><th>{heading}</th><th>{}</th><th>{}</th><th>{}</th><th>{}</th><th>{}</th></tr>",
        say("芯片", "parts"),
        say("合格", "passed"),
        say("不合格", "failed"),
        say("未判", "not judged"),
        say("良率", "yield")
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
