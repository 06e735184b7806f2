//! `testdata yield`

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value as Json, json};

use super::{CommandError, Common, limits as limits_of, read, read_these, save, tell_files, test_name};
use crate::language::{Language, left, right};
use crate::limits::{self, Breach, LotLimits};
use crate::model::Dataset;
use crate::overview::overviews;
use crate::report::{self, Picture};
use crate::selection::{measurements, select};
use crate::{distribution, plot, yields};

/// Options of `yield`
#[derive(Debug, Clone, Args)]
pub struct YieldArguments {
    #[command(flatten)]
    common: Common,
    /// Read test results too, so that TSR claims are checked
    #[arg(long)]
    with_tests: bool,
    /// Files of past lots: their statistical yield and bin limits (SYL, SBL) judge the lots given
    #[arg(long, num_args = 1..)]
    history: Vec<PathBuf>,
    /// Write a report as one HTML file
    #[arg(long)]
    html: Option<PathBuf>,
}

/// `testdata yield`
pub(super) fn run(arguments: &YieldArguments, out: &mut impl Write) -> Result<(), CommandError> {
    let language = arguments.common.lang;
    let dataset = read(&arguments.common, arguments.with_tests)?;
    let found = yields::report(&dataset, arguments.common.retest);
    let past = past_limits(arguments)?;
    let breaches = past.as_ref().map(|limits| limits.breaches(&dataset, &found.selection)).unwrap_or_default();
    let densities = limits::defect_densities(&dataset, &found);
    if let Some(path) = &arguments.html {
        let pictures = if arguments.with_tests { worst_tests(&dataset, &found, language)? } else { Vec::new() };
        save(path, report::html_in(language, &dataset, &found, &pictures).as_bytes())?;
    }
    if arguments.common.json {
        let by_name = |rows: Vec<(String, &yields::Tally)>| -> Json {
            rows.into_iter()
                .map(|(name, tally)| json!({ "name": name, "tally": tally, "percent": tally.percent() }))
                .collect()
        };
        let object = json!({
            "method": found.method, "identity": found.selection.rule(), "selection": &found.selection,
            "total": &found.total, "percent": found.total.percent(),
            "policies": by_name(found.by_policy.iter().map(|(policy, tally)| (format!("{policy:?}"), tally)).collect()),
            "lots": by_name(found.lots.iter().map(|(lot, tally)| (lot.clone(), tally)).collect()),
            "wafers": by_name(found.wafers.iter().map(|((lot, wafer), tally)| (format!("{lot}/{wafer}"), tally)).collect()),
            "sites": by_name(found.sites.iter().map(|((head, site), tally)| (format!("{head}/{site}"), tally)).collect()),
            "hard_bins": &found.hard_bins, "soft_bins": &found.soft_bins, "differences": &found.differences,
            "limits": &past, "breaches": &breaches, "defect_densities": &densities, "files": &dataset.files,
        });
        writeln!(out, "{object}")?;
        return Ok(());
    }
    tell(language, &dataset, &found, out)?;
    if let Some(limits) = &past {
        tell_limits(language, limits, &breaches, out)?;
    }
    let say = |chinese, english| language.say(chinese, english);
    if !densities.is_empty() {
        let title = left(say("良率模型（最小二乘）", "yield model (least squares)"), 32);
        writeln!(
            out,
            "\n{title} {} {}",
            right(say("缺陷/cm²", "defects/cm²"), 11),
            right(say("偏差 %", "misses by %"), 13)
        )?;
    }
    for density in &densities {
        let model = format!("{:?}", density.model);
        writeln!(out, "{model:<32} {:>11.4} {:>13.2}", density.per_square_centimetre, density.misses_by)?;
    }
    let count = found.differences.len();
    writeln!(out, "\n{count} {}", say("处测试机汇总与逐条累计不符", "claims do not agree with the parts"))?;
    for row in found.differences.iter().take(20) {
        let (claimed, counted) = (say("所报", "claimed"), say("累计", "counted"));
        writeln!(
            out,
            "  {} {}: {claimed} {}, {counted} {}",
            row.record,
            language.claim(&row.about),
            row.claimed,
            row.counted
        )?;
    }
    Ok(())
}

/// Yield by everything
fn tell(
    language: Language,
    dataset: &Dataset,
    found: &yields::YieldReport,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let say = |chinese, english| language.say(chinese, english);
    let chosen = &found.selection;
    let (attempts, unique, repeats, unflagged) =
        (chosen.attempts, chosen.unique, chosen.repeats, chosen.unflagged_repeats);
    match language {
        Language::Chinese => {
            writeln!(out, "算法：良率 = 选中芯片里的良品 ÷ 全部选中芯片；良否依 PRR 的 PART_FLG 第 3、4 位")?;
            writeln!(out, "同一颗芯片的认定：{}", language.rule(chosen))?;
            writeln!(out, "{unique} 颗芯片测了 {attempts} 次；复测 {repeats} 次，其中 {unflagged} 次没有复测标志")?;
        }
        Language::English => {
            writeln!(out, "Method: {}", found.method)?;
            writeln!(out, "Same part means: {}", language.rule(chosen))?;
            writeln!(
                out,
                "{attempts} attempts at {unique} parts; {repeats} repeats, {unflagged} of them without retest flag"
            )?;
        }
    }
    tell_files(dataset, language, out)?;
    let headings =
        [say("芯片", "parts"), say("良", "passed"), say("良率 %", "yield %")].map(|heading| right(heading, 9));
    writeln!(out, "\n{:<32} {}", "", headings.join(" "))?;
    let mut rows: Vec<(String, &yields::Tally, String)> = Vec::new();
    for (policy, tally) in &found.by_policy {
        let mark = if *policy == chosen.retest { "→ " } else { "  " };
        rows.push((format!("{mark}{}", language.policy(*policy)), tally, String::new()));
    }
    rows.extend(found.lots.iter().map(|(lot, tally)| (format!("{} {lot}", say("批次", "lot")), tally, String::new())));
    let wafers = found.wafers.iter();
    rows.extend(wafers.map(|((_, wafer), tally)| (format!("{} {wafer}", say("晶圆", "wafer")), tally, String::new())));
    for (&(head, site), tally) in &found.sites {
        let name = format!("{} {head} {} {site}", say("测试头", "head"), say("测试座", "site"));
        let more = found.fails_more((head, site));
        let more =
            more.map(|z| format!("  ← {} (z = {z:.1})", say("失效比其他测试座多", "fails more than the others")));
        rows.push((name, tally, more.unwrap_or_default()));
    }
    for (name, tally, remark) in rows {
        let percent = tally.percent().map_or("–".into(), |percent| format!("{percent:.2}"));
        writeln!(out, "{} {:>9} {:>9} {percent:>9}{remark}", left(&name, 32), tally.total(), tally.passed)?;
    }
    let headings =
        [right(say("芯片", "parts"), 9), right(say("占比 %", "share %"), 9), right(say("累计 %", "cumulative %"), 13)];
    writeln!(out, "\n{} {}", left(say("硬分档", "hardware bin"), 32), headings.join(" "))?;
    for bin in found.hard_bins.iter().take(20) {
        let name = left(&format!("{} {}", bin.number.unwrap_or_default(), bin.name), 32);
        writeln!(out, "{name} {:>9} {:>9.2} {:>13.2}", bin.tally.total(), bin.percent, bin.cumulative_percent)?;
    }
    Ok(())
}

/// Tests drawn in a report
const PICTURES: usize = 12;

/// Histograms of the tests of least Ppk
fn worst_tests(
    dataset: &Dataset,
    found: &yields::YieldReport,
    language: Language,
) -> Result<Vec<Picture>, CommandError> {
    let Some(mut rows) =
        overviews(dataset, std::slice::from_ref(&found.selection), |_| true)?.and_then(|mut of| of.pop())
    else {
        return Ok(Vec::new());
    };
    rows.retain(|row| row.ppk.is_some());
    rows.sort_by(|one, other| one.ppk.partial_cmp(&other.ppk).unwrap_or(std::cmp::Ordering::Equal));
    let mut pictures = Vec::new();
    for row in rows.iter().take(PICTURES) {
        let test = row.test as usize;
        let values: Vec<f64> =
            measurements(dataset, &found.selection, test, row.element)?.into_iter().map(|(_, value)| value).collect();
        let Some(bars) = distribution::histogram(&values) else { continue };
        let number = |value: Option<f64>| value.map_or("–".into(), |value| format!("{value:.3}"));
        let (ppk, cpk) = (number(row.ppk), number(row.cpk));
        let heading = format!("{}: Ppk {ppk}, Cpk {cpk}, n {}", test_name(dataset, test), row.measured);
        pictures.push(Picture { svg: plot::histogram(&heading, &bars, limits_of(dataset, test), language), heading });
    }
    Ok(pictures)
}

fn past_limits(arguments: &YieldArguments) -> Result<Option<LotLimits>, CommandError> {
    if arguments.history.is_empty() {
        return Ok(None);
    }
    let past: Dataset = read_these(&arguments.history, &arguments.common.options(false))?;
    let limits = limits::from_history(&past, &select(&past, arguments.common.retest));
    let say = |chinese, english| arguments.common.lang.say(chinese, english);
    let too_few = say("限值至少要两个往批的文件", "limits need files of at least two past lots");
    let too_few = || CommandError::Request(too_few.into());
    limits.map(Some).ok_or_else(too_few)
}

fn tell_limits(
    language: Language,
    limits: &LotLimits,
    breaches: &[Breach],
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let LotLimits { lots, yields, bins } = limits;
    let say = |chinese, english| language.say(chinese, english);
    let (of_yield, of_bin) = (say("良率", "yield"), say("硬分档", "hardware bin"));
    match language {
        Language::Chinese => writeln!(out, "\n{lots} 个往批的限值（AEC-Q002）：均值 ∓ 3σ、4σ，百分数")?,
        Language::English => writeln!(out, "\nlimits of {lots} past lots (AEC-Q002): mean ∓ 3σ and 4σ, in percent")?,
    }
    writeln!(out, "{} {:>9.2} {:>9.2}", left(of_yield, 32), yields.first, yields.second)?;
    for (bin, limits) in bins {
        writeln!(out, "{} {:>9.2} {:>9.2}", left(&format!("{of_bin} {bin}"), 32), limits.first, limits.second)?;
    }
    for breach in breaches {
        let what = breach.bin.map_or(of_yield.to_owned(), |bin| format!("{of_bin} {bin}"));
        let name = if breach.bin.is_some() { "SBL" } else { "SYL" };
        let (lot, breaks) = (say("批次", "lot"), say("超出", "breaks"));
        let (percent, level, limit) = (breach.percent, breach.level, breach.limit);
        writeln!(out, "  {lot} {}: {what} {percent:.2} {breaks} {name}{level} ({limit:.2})", breach.lot)?;
    }
    if breaches.is_empty() {
        writeln!(out, "  {}", say("没有批次超出", "no lot breaks them"))?;
    }
    Ok(())
}
