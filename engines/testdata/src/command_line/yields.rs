//! `testdata yield`

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value as Json, json};

use super::{CommandError, Common, limits as limits_of, read, read_these, save, tell_files, test_name};
use crate::limits::{self, Breach, LotLimits};
use crate::model::Dataset;
use crate::overview::overviews;
use crate::report::{self, Language, Picture};
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
    /// Language of the HTML report
    #[arg(long, value_enum, default_value_t = Language::Chinese)]
    language: Language,
}

/// `testdata yield`
pub(super) fn run(arguments: &YieldArguments, out: &mut impl Write) -> Result<(), CommandError> {
    let dataset = read(&arguments.common, arguments.with_tests)?;
    let found = yields::report(&dataset, arguments.common.retest);
    let past = past_limits(arguments)?;
    let breaches = past.as_ref().map(|limits| limits.breaches(&dataset, &found.selection)).unwrap_or_default();
    let densities = limits::defect_densities(&dataset, &found);
    if let Some(path) = &arguments.html {
        let pictures = if arguments.with_tests { worst_tests(&dataset, &found)? } else { Vec::new() };
        save(path, report::html_in(arguments.language, &dataset, &found, &pictures).as_bytes())?;
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
    writeln!(out, "Method: {}", found.method)?;
    writeln!(out, "Same part means: {}", found.selection.rule())?;
    let chosen = &found.selection;
    writeln!(
        out,
        "{} attempts at {} parts; {} repeats, {} of them without retest flag",
        chosen.attempts, chosen.unique, chosen.repeats, chosen.unflagged_repeats
    )?;
    tell_files(&dataset, out)?;
    writeln!(out, "\n{:<32} {:>9} {:>9} {:>9}", "", "parts", "passed", "yield %")?;
    let mut line = |name: &str, tally: &yields::Tally| {
        let percent = tally.percent().map_or("–".into(), |percent| format!("{percent:.2}"));
        writeln!(out, "{name:<32} {:>9} {:>9} {percent:>9}", tally.total(), tally.passed)
    };
    for (policy, tally) in &found.by_policy {
        let mark = if *policy == chosen.retest { "→ " } else { "  " };
        line(&format!("{mark}{}", report::policy_name(*policy)), tally)?;
    }
    for (lot, tally) in &found.lots {
        line(&format!("lot {lot}"), tally)?;
    }
    for ((_, wafer), tally) in &found.wafers {
        line(&format!("wafer {wafer}"), tally)?;
    }
    for ((head, site), tally) in &found.sites {
        line(&format!("head {head} site {site}"), tally)?;
    }
    writeln!(out, "\nhardware bin                         parts   share %  cumulative %")?;
    for bin in found.hard_bins.iter().take(20) {
        let name = format!("{} {}", bin.number.unwrap_or_default(), bin.name);
        writeln!(out, "{name:<32} {:>9} {:>9.2} {:>13.2}", bin.tally.total(), bin.percent, bin.cumulative_percent)?;
    }
    if let Some(limits) = &past {
        tell_limits(limits, &breaches, out)?;
    }
    if !densities.is_empty() {
        writeln!(out, "\nyield model (least squares)      defects/cm²   misses by %")?;
    }
    for density in &densities {
        let model = format!("{:?}", density.model);
        writeln!(out, "{model:<32} {:>11.4} {:>13.2}", density.per_square_centimetre, density.misses_by)?;
    }
    writeln!(out, "\n{} claims do not agree with the parts", found.differences.len())?;
    for row in found.differences.iter().take(20) {
        writeln!(out, "  {} {}: claimed {}, counted {}", row.record, row.about, row.claimed, row.counted)?;
    }
    Ok(())
}

/// Tests drawn in a report
const PICTURES: usize = 12;

/// Histograms of the tests of least Ppk
fn worst_tests(dataset: &Dataset, found: &yields::YieldReport) -> Result<Vec<Picture>, CommandError> {
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
        pictures.push(Picture { svg: plot::histogram(&heading, &bars, limits_of(dataset, test)), heading });
    }
    Ok(pictures)
}

fn past_limits(arguments: &YieldArguments) -> Result<Option<LotLimits>, CommandError> {
    if arguments.history.is_empty() {
        return Ok(None);
    }
    let past: Dataset = read_these(&arguments.history, &arguments.common.options(false))?;
    let limits = limits::from_history(&past, &select(&past, arguments.common.retest));
    let too_few = || CommandError::Request("limits need files of at least two past lots".into());
    limits.map(Some).ok_or_else(too_few)
}

fn tell_limits(limits: &LotLimits, breaches: &[Breach], out: &mut impl Write) -> Result<(), CommandError> {
    let LotLimits { lots, yields, bins } = limits;
    writeln!(out, "\nlimits of {lots} past lots (AEC-Q002): mean ∓ 3σ and 4σ, in percent")?;
    writeln!(out, "yield{:<27} {:>9.2} {:>9.2}", "", yields.first, yields.second)?;
    for (bin, limits) in bins {
        writeln!(out, "hardware bin {bin:<19} {:>9.2} {:>9.2}", limits.first, limits.second)?;
    }
    for breach in breaches {
        let what = breach.bin.map_or("yield".to_owned(), |bin| format!("hardware bin {bin}"));
        let name = if breach.bin.is_some() { "SBL" } else { "SYL" };
        writeln!(
            out,
            "  lot {}: {what} {:.2} breaks {name}{} ({:.2})",
            breach.lot, breach.percent, breach.level, breach.limit
        )?;
    }
    if breaches.is_empty() {
        writeln!(out, "  no lot breaks them")?;
    }
    Ok(())
}
