//! `testdata yield|map|capability|pat|grr|spc|store`, to be mounted in a program's command line

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value as Json, json};
use stdf::tests::TestKey;

use crate::capability::capability;
use crate::control::{Rules, individuals};
use crate::distribution::{box_plot, histogram, site_to_site};
use crate::export::{self, ExportError, Rebin};
use crate::gauge::{NotBalanced, Study, by_anova, by_range};
use crate::ingest::{IngestError, Options, read_files};
use crate::kernels::QuantileMethod;
use crate::map::{WaferMap, stack, wafer_maps};
use crate::model::Dataset;
use crate::outliers::{
    Edge, clusters, good_die_bad_neighbourhood, nearest_neighbour_residual, pat_limits, same_position,
};
use crate::selection::{Retest, Selection, measurements, select};
use crate::store::{self, StoreError};
use crate::{plot, report, yields};

/// What to find out from tester files
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Yield by lot, wafer, site and bin; re-probed parts; claims that do not agree
    Yield(YieldArguments),
    /// Wafer maps as SVG: bins, one test's values, or all wafers stacked
    Map(MapArguments),
    /// Cp, Cpk, Pp, Ppk, histogram and sites of tests
    Capability(TestArguments),
    /// Outliers: PAT, nearest neighbour residual, bad neighbourhoods, clusters, bad positions; new bins to files
    Pat(PatArguments),
    /// Gauge repeatability and reproducibility: sites (or files) as appraisers, parts tested repeatedly
    Grr(TestArguments),
    /// Individuals control chart of a test in order of execution
    Spc(SpcArguments),
    /// Write everything as Parquet, partitioned by product, lot and wafer
    Store(StoreArguments),
}

/// What every command takes
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// STDF files, plain or packed
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Which attempts at a die or part count
    #[arg(long, value_enum, default_value_t = Retest::Last)]
    retest: Retest,
    /// What tells tests apart
    #[arg(long, value_enum, default_value_t = Key::NumberAndName)]
    test_key: Key,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Megabytes of results to hold in memory; more goes to temporary Parquet files
    #[arg(long, default_value_t = 1024)]
    memory: usize,
}

/// What tells one test from another
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Key {
    /// Number and name
    NumberAndName,
    /// Number alone
    Number,
    /// Name alone
    Name,
}

/// Options of `yield`
#[derive(Debug, Clone, Args)]
pub struct YieldArguments {
    #[command(flatten)]
    common: Common,
    /// Read test results too, so that TSR claims are checked
    #[arg(long)]
    with_tests: bool,
    /// Write a report as one HTML file
    #[arg(long)]
    html: Option<PathBuf>,
}

/// Options of `map`
#[derive(Debug, Clone, Args)]
pub struct MapArguments {
    #[command(flatten)]
    common: Common,
    /// Folder for the SVG files
    #[arg(short, long, default_value = ".")]
    output: PathBuf,
    /// Draw this test's values (number or part of the name) instead of bins
    #[arg(long)]
    test: Option<String>,
    /// Draw the share of failing wafers at each position
    #[arg(long)]
    stacked: bool,
}

/// Options of commands about tests
#[derive(Debug, Clone, Args)]
pub struct TestArguments {
    #[command(flatten)]
    common: Common,
    /// Only tests with this number or part of a name; all otherwise
    #[arg(long)]
    test: Option<String>,
    /// Folder for SVG plots
    #[arg(long)]
    plots: Option<PathBuf>,
}

/// Options of `spc`
#[derive(Debug, Clone, Args)]
pub struct SpcArguments {
    #[command(flatten)]
    tests: TestArguments,
    /// Rules
    #[arg(long, value_enum, default_value_t = Rules::Nelson)]
    rules: Rules,
}

/// Options of `pat`
#[derive(Debug, Clone, Args)]
pub struct PatArguments {
    #[command(flatten)]
    tests: TestArguments,
    /// Limits from all files together (static) instead of from each wafer (dynamic)
    #[arg(long = "static")]
    static_limits: bool,
    /// Robust sigma to each side
    #[arg(long, default_value_t = 6.0)]
    k: f64,
    /// Failing share of neighbours from which a good die is rejected, 0 to 1
    #[arg(long, default_value_t = 0.75)]
    neighbourhood: f64,
    /// Failing dies that make a cluster
    #[arg(long, default_value_t = 6)]
    cluster: usize,
    /// Share of wafers failing at one position from which its good dies are rejected
    #[arg(long, default_value_t = 0.75)]
    position: f64,
    /// Robust sigma of the residual from neighbours; 0 leaves it out
    #[arg(long, default_value_t = 8.0)]
    residual: f64,
    /// The bin that outliers get
    #[arg(long, default_value_t = 99)]
    bin: u16,
    /// Write the new bins: .csv, .xlsx, .xml (SEMI E142, one wafer) or .stdf (one input file)
    #[arg(short, long)]
    output: Option<PathBuf>,
}

/// Options of `store`
#[derive(Debug, Clone, Args)]
pub struct StoreArguments {
    #[command(flatten)]
    common: Common,
    /// Folder to write to
    #[arg(short, long)]
    output: PathBuf,
}

/// Why a command failed
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Reading
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// Parquet
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Exporting
    #[error(transparent)]
    Export(#[from] ExportError),
    /// Opening again for re-binning
    #[error(transparent)]
    Open(#[from] stdf::OpenError),
    /// The operating system refused
    #[error("{path}: {source}")]
    Io {
        /// The file
        path: PathBuf,
        /// Why
        source: std::io::Error,
    },
    /// Printing failed
    #[error("printing failed: {0}")]
    Print(#[from] std::io::Error),
    /// The gauge study is not crossed
    #[error(transparent)]
    Gauge(#[from] NotBalanced),
    /// Something that was asked for is not there, or does not go together
    #[error("{0}")]
    Request(String),
}

/// Carries out a command, printing to `out`; progress goes to standard error when that is a terminal
///
/// # Errors
/// With a message for the user
pub fn run(command: Command, out: &mut impl Write) -> Result<(), CommandError> {
    match command {
        Command::Yield(arguments) => run_yield(&arguments, out),
        Command::Map(arguments) => run_map(&arguments, out),
        Command::Capability(arguments) => run_capability(&arguments, out),
        Command::Pat(arguments) => run_pat(&arguments, out),
        Command::Grr(arguments) => run_grr(&arguments, out),
        Command::Spc(arguments) => run_spc(&arguments, out),
        Command::Store(arguments) => {
            let dataset = read(&arguments.common, true)?;
            let written = store::write(&dataset, &arguments.output)?;
            writeln!(out, "{} results in {} files, {} bytes", written.rows, written.files.len(), written.bytes)?;
            Ok(())
        }
    }
}

fn read(common: &Common, results: bool) -> Result<Dataset, CommandError> {
    let key = match common.test_key {
        Key::NumberAndName => TestKey::NumberAndName,
        Key::Number => TestKey::Number,
        Key::Name => TestKey::Name,
    };
    let options = Options { key, results, memory: common.memory << 20, ..Options::default() };
    let total = common.files.iter().filter_map(|path| std::fs::metadata(path).ok()).map(|data| data.len()).sum();
    let bar = stdf::command_line::progress_bar(total);
    let (mut file, mut before, mut last) = (PathBuf::new(), 0, 0);
    let dataset = read_files(&common.files, &options, |path, position| {
        if path != file {
            before += last;
            file = path.to_owned();
        }
        last = position;
        bar.set_position(before + position);
        true
    })?;
    bar.finish_and_clear();
    Ok(dataset)
}

fn save(path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    let io = |source| CommandError::Io { path: path.to_owned(), source };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(io)?;
    }
    std::fs::write(path, bytes).map_err(io)
}

fn file_name(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' }).collect()
}

fn tell_files(dataset: &Dataset, out: &mut impl Write) -> Result<(), CommandError> {
    for file in &dataset.files {
        for line in file.damage.iter().chain(&file.notes) {
            writeln!(out, "  {}: {line}", file.file)?;
        }
    }
    Ok(())
}

fn run_yield(arguments: &YieldArguments, out: &mut impl Write) -> Result<(), CommandError> {
    let dataset = read(&arguments.common, arguments.with_tests)?;
    let found = yields::report(&dataset, arguments.common.retest);
    if let Some(path) = &arguments.html {
        save(path, report::html(&dataset, &found, &[]).as_bytes())?;
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
            "files": &dataset.files,
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
    writeln!(out, "\n{} claims do not agree with the parts", found.differences.len())?;
    for row in found.differences.iter().take(20) {
        writeln!(out, "  {} {}: claimed {}, counted {}", row.record, row.about, row.claimed, row.counted)?;
    }
    Ok(())
}

fn run_map(arguments: &MapArguments, out: &mut impl Write) -> Result<(), CommandError> {
    let dataset = read(&arguments.common, arguments.test.is_some())?;
    let selection = select(&dataset, arguments.common.retest);
    let maps = wafer_maps(&dataset, &selection);
    let layout = maps.first().map(|map| map.layout).unwrap_or_default();
    let mut drawn: Vec<(String, String)> = Vec::new();
    if arguments.stacked {
        let title = format!("Share of {} wafers failing at each position", maps.len());
        drawn.push(("stacked".into(), plot::value_map(layout, &title, &stack(&maps))));
    } else if let Some(wanted) = &arguments.test {
        for test in wanted_tests(&dataset, Some(wanted))? {
            let values: HashMap<u32, f64> = measurements(&dataset, &selection, test, 0)?.into_iter().collect();
            for map in &maps {
                let of_map = values_on(map, &values);
                let title = format!("Lot {} wafer {}: {}", map.lot, map.wafer, test_name(&dataset, test));
                let name = format!("{}-{}-{}", map.lot, map.wafer, test_name(&dataset, test));
                drawn.push((name, plot::value_map(map.layout, &title, &of_map)));
            }
        }
    } else {
        drawn.extend(maps.iter().map(|map| (format!("{}-{}", map.lot, map.wafer), plot::bin_map(map))));
    }
    for (name, svg) in &drawn {
        let path = arguments.output.join(format!("{}.svg", file_name(name)));
        save(&path, svg.as_bytes())?;
        writeln!(out, "{}", path.display())?;
    }
    if drawn.is_empty() {
        writeln!(out, "no wafer has dies with coordinates")?;
    }
    Ok(())
}

fn values_on(map: &WaferMap, values: &HashMap<u32, f64>) -> HashMap<(i16, i16), f64> {
    map.dies.iter().filter_map(|(at, die)| Some((*at, *values.get(&die.part)?))).collect()
}

fn test_name(dataset: &Dataset, test: usize) -> String {
    dataset.tests.get(test).map(|test| format!("{} {}", test.number, test.name)).unwrap_or_default()
}

fn wanted_tests(dataset: &Dataset, wanted: Option<&str>) -> Result<Vec<usize>, CommandError> {
    match wanted {
        None => Ok((0..dataset.tests.len()).collect()),
        Some(wanted) => {
            let found = dataset.find_tests(wanted);
            if found.is_empty() {
                Err(CommandError::Request(format!("no test has the number or name {wanted:?}")))
            } else {
                Ok(found)
            }
        }
    }
}

fn limits(dataset: &Dataset, test: usize) -> (Option<f64>, Option<f64>) {
    dataset.tests.get(test).map(|test| (test.low.map(f64::from), test.high.map(f64::from))).unwrap_or_default()
}

fn run_capability(arguments: &TestArguments, out: &mut impl Write) -> Result<(), CommandError> {
    let dataset = read(&arguments.common, true)?;
    let selection = select(&dataset, arguments.common.retest);
    let mut rows = Vec::new();
    let number = |value: Option<f64>| value.map_or("–".into(), |value| format!("{value:.3}"));
    if !arguments.common.json {
        writeln!(out, "Cp, Cpk: within wafers; Pp, Ppk: overall (n − 1). Sites: p value of one-way ANOVA.")?;
        writeln!(
            out,
            "{:<32} {:>7} {:>12} {:>12} {:>7} {:>7} {:>7} {:>7} {:>8}",
            "test", "n", "mean", "s", "Cp", "Cpk", "Pp", "Ppk", "sites p"
        )?;
    }
    for test in wanted_tests(&dataset, arguments.test.as_deref())? {
        let values = measurements(&dataset, &selection, test, 0)?;
        let mut groups: BTreeMap<(u32, Option<u32>), Vec<f64>> = BTreeMap::new();
        for (part, value) in &values {
            let part = &dataset.parts[*part as usize];
            groups.entry((part.run, part.wafer)).or_default().push(*value);
        }
        let groups: Vec<Vec<f64>> = groups.into_values().collect();
        let (low, high) = limits(&dataset, test);
        let Some(found) = capability(&groups, low, high) else { continue };
        let by_site: Vec<((u8, u8), f64)> = values
            .iter()
            .map(|(part, value)| ((dataset.parts[*part as usize].head, dataset.parts[*part as usize].site), *value))
            .collect();
        let sites = site_to_site(&by_site);
        let name = test_name(&dataset, test);
        if let Some(folder) = &arguments.plots {
            let only: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
            if let Some(bars) = histogram(&only) {
                save(
                    &folder.join(format!("{}.svg", file_name(&name))),
                    plot::histogram(&name, &bars, (low, high)).as_bytes(),
                )?;
            }
            let boxes: Vec<_> = sites
                .sites
                .iter()
                .filter_map(|(site, _)| {
                    let of: Vec<f64> = by_site.iter().filter(|(of, _)| of == site).map(|(_, value)| *value).collect();
                    Some((format!("site {}", site.1), box_plot(&of)?))
                })
                .collect();
            save(&folder.join(format!("{}-sites.svg", file_name(&name))), plot::boxes(&name, &boxes).as_bytes())?;
        }
        if arguments.common.json {
            rows.push(json!({ "test": name, "capability": found, "sites": sites }));
        } else {
            writeln!(
                out,
                "{name:<32} {:>7} {:>12.6} {:>12.6} {:>7} {:>7} {:>7} {:>7} {:>8}",
                found.overall.count,
                found.overall.mean,
                found.overall.deviation,
                number(found.cp),
                number(found.cpk),
                number(found.pp),
                number(found.ppk),
                number(sites.difference.map(|difference| difference.p))
            )?;
        }
    }
    if arguments.common.json {
        writeln!(out, "{}", Json::Array(rows))?;
    }
    Ok(())
}

/// The outliers of all methods; a part is named once, with the first reason
fn outliers(dataset: &Dataset, selection: &Selection, arguments: &PatArguments) -> Result<Vec<Rebin>, CommandError> {
    let mut reasons: BTreeMap<u32, String> = BTreeMap::new();
    let maps = wafer_maps(dataset, selection);
    for test in wanted_tests(dataset, arguments.tests.test.as_deref())? {
        let values: Vec<(u32, f64)> = measurements(dataset, selection, test, 0)?
            .into_iter()
            .filter(|(part, _)| dataset.parts[*part as usize].passed() == Some(true))
            .collect();
        let mut groups: BTreeMap<Option<u32>, Vec<(u32, f64)>> = BTreeMap::new();
        for (part, value) in &values {
            let group = if arguments.static_limits { None } else { dataset.parts[*part as usize].wafer };
            groups.entry(group).or_default().push((*part, *value));
        }
        let name = test_name(dataset, test);
        for group in groups.values() {
            let only: Vec<f64> = group.iter().map(|(_, value)| *value).collect();
            let Some(pat) = pat_limits(&only, arguments.k, 30, limits(dataset, test), QuantileMethod::Inclusive) else {
                continue;
            };
            for (part, value) in group.iter().filter(|(_, value)| pat.rejects(*value)) {
                reasons
                    .entry(*part)
                    .or_insert_with(|| format!("PAT {name}: {value} outside {} to {}", pat.low, pat.high));
            }
        }
        if arguments.residual > 0.0 {
            let by_part: HashMap<u32, f64> = values.into_iter().collect();
            for map in &maps {
                for (at, residual) in nearest_neighbour_residual(&values_on(map, &by_part), 1, arguments.residual) {
                    if let Some(die) = map.dies.get(&at) {
                        reasons
                            .entry(die.part)
                            .or_insert_with(|| format!("residual from neighbours {name}: {residual}"));
                    }
                }
            }
        }
    }
    let positions = if maps.len() > 1 {
        same_position(&maps.iter().map(WaferMap::passed).collect::<Vec<_>>(), arguments.position)
    } else {
        Vec::new()
    };
    for map in &maps {
        let passed = map.passed();
        let mut suspects: Vec<((i16, i16), String)> =
            good_die_bad_neighbourhood(&passed, arguments.neighbourhood, 1.0, Edge::Ignore)
                .into_iter()
                .map(|(at, share)| {
                    (at, format!("good die in bad neighbourhood: {:.0} % of neighbours fail", share * 100.0))
                })
                .collect();
        for cluster in clusters(&passed, arguments.cluster, 1) {
            let reason = format!("guard ring of a cluster of {} failing dies", cluster.fails.len());
            suspects.extend(cluster.guard.into_iter().map(|at| (at, reason.clone())));
        }
        suspects.extend(
            positions.iter().map(|(at, share)| (*at, format!("Z-PAT: {:.0} % of wafers fail here", share * 100.0))),
        );
        for (at, reason) in suspects {
            if let Some(die) = map.dies.get(&at).filter(|die| die.passed == Some(true)) {
                reasons.entry(die.part).or_insert(reason);
            }
        }
    }
    Ok(reasons.into_iter().map(|(part, reason)| Rebin { part, bin: arguments.bin, reason }).collect())
}

fn run_pat(arguments: &PatArguments, out: &mut impl Write) -> Result<(), CommandError> {
    let common = &arguments.tests.common;
    let dataset = read(common, true)?;
    let selection = select(&dataset, common.retest);
    let rebins = outliers(&dataset, &selection, arguments)?;
    if let Some(path) = &arguments.output {
        let bytes = match path.extension().and_then(|extension| extension.to_str()) {
            Some("csv") => {
                let mut bytes = Vec::new();
                export::csv(&dataset, &rebins, &mut bytes)?;
                bytes
            }
            Some("xlsx") => export::excel(&dataset, &rebins)?,
            Some("xml") => {
                let maps = wafer_maps(&dataset, &selection);
                let [map] = &maps[..] else {
                    return Err(CommandError::Request(format!(
                        "E142 holds one wafer, there are {}: give one wafer's file",
                        maps.len()
                    )));
                };
                let mut bytes = Vec::new();
                export::e142(map, &rebins, &mut bytes)?;
                bytes
            }
            Some("stdf" | "std") => {
                let [input] = &common.files[..] else {
                    return Err(CommandError::Request("STDF output needs exactly one input file".into()));
                };
                let mut bytes = Vec::new();
                export::stdf(&mut stdf::Reader::open(input)?, &rebins, &mut bytes)?;
                bytes
            }
            _ => return Err(CommandError::Request("output must end in .csv, .xlsx, .xml or .stdf".into())),
        };
        save(path, &bytes)?;
    }
    if common.json {
        writeln!(out, "{}", json!({ "k": arguments.k, "static": arguments.static_limits, "outliers": rebins }))?;
        return Ok(());
    }
    let kind = if arguments.static_limits { "static" } else { "dynamic (each wafer)" };
    writeln!(
        out,
        "PAT {kind}: median ± {} (Q3 − Q1)/1.35 of passing parts, quartiles by the inclusive method",
        arguments.k
    )?;
    writeln!(out, "{} of {} selected parts are outliers", rebins.len(), selection.parts.len())?;
    for rebin in rebins.iter().take(50) {
        let part = &dataset.parts[rebin.part as usize];
        let at = part.at.map_or(String::new(), |(x, y)| format!(" X {x} Y {y}"));
        writeln!(out, "  part {}{at} site {}: {}", part.id, part.site, rebin.reason)?;
    }
    Ok(())
}

fn run_grr(arguments: &TestArguments, out: &mut impl Write) -> Result<(), CommandError> {
    let dataset = read(&arguments.common, true)?;
    let every = select(&dataset, Retest::All);
    let mut rows = Vec::new();
    for test in wanted_tests(&dataset, arguments.test.as_deref())? {
        // Appraiser: run and site. Part: part id.
        let mut cells: BTreeMap<(u32, u8), BTreeMap<&str, Vec<f64>>> = BTreeMap::new();
        for (part, value) in measurements(&dataset, &every, test, 0)? {
            let part = &dataset.parts[part as usize];
            cells.entry((part.run, part.site)).or_default().entry(&part.id).or_default().push(value);
        }
        if cells.is_empty() {
            continue;
        }
        let study = Study::new(cells.into_values().map(|parts| parts.into_values().collect()).collect())?;
        let (low, high) = limits(&dataset, test);
        let tolerance = low.zip(high).map(|(low, high)| high - low);
        let name = test_name(&dataset, test);
        let found = [Some(by_anova(&study, tolerance, 0.25)), by_range(&study, tolerance)];
        for gauge in found.into_iter().flatten() {
            if arguments.common.json {
                rows.push(json!({ "test": name, "gauge": gauge }));
                continue;
            }
            writeln!(out, "{name}: {}", gauge.method)?;
            writeln!(
                out,
                "  EV {:.6}  AV {:.6}  GRR {:.6}  PV {:.6}  TV {:.6}  %GRR {:.2}  ndc {}",
                gauge.ev, gauge.av, gauge.grr, gauge.pv, gauge.tv, gauge.percent_grr, gauge.ndc
            )?;
        }
    }
    if arguments.common.json {
        writeln!(out, "{}", Json::Array(rows))?;
    }
    Ok(())
}

fn run_spc(arguments: &SpcArguments, out: &mut impl Write) -> Result<(), CommandError> {
    let tests = &arguments.tests;
    let dataset = read(&tests.common, true)?;
    let selection = select(&dataset, tests.common.retest);
    let mut rows = Vec::new();
    for test in wanted_tests(&dataset, tests.test.as_deref())? {
        let values: Vec<f64> =
            measurements(&dataset, &selection, test, 0)?.into_iter().map(|(_, value)| value).collect();
        let Some(chart) = individuals(&values, arguments.rules) else { continue };
        let name = test_name(&dataset, test);
        if let Some(folder) = &tests.plots {
            save(
                &folder.join(format!("{}-spc.svg", file_name(&name))),
                plot::control_chart(&name, &values, &chart).as_bytes(),
            )?;
        }
        if tests.common.json {
            rows.push(json!({ "test": name, "chart": chart }));
            continue;
        }
        let mut counts: BTreeMap<u8, usize> = BTreeMap::new();
        chart.signals.iter().for_each(|signal| *counts.entry(signal.rule).or_default() += 1);
        let signals: Vec<String> = counts.iter().map(|(rule, count)| format!("rule {rule}: {count}")).collect();
        writeln!(
            out,
            "{name:<32} n {:>6}  mean {:.6}  sigma {:.6}  {}",
            values.len(),
            chart.center,
            chart.sigma,
            signals.join(", ")
        )?;
    }
    if tests.common.json {
        writeln!(out, "{}", Json::Array(rows))?;
    } else {
        writeln!(out, "individuals charts: sigma = mean moving range of two / 1.128; {:?} rules", arguments.rules)?;
    }
    Ok(())
}
