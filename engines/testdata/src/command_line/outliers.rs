//! `testdata pat`

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::{
    CommandError, Common, TestArguments, file_name, read, read_these, save, tell_files, test_name, wanted_tests,
};
use crate::export::{self, Rebin};
use crate::language::Language;
use crate::map::{WaferMap, wafer_maps};
use crate::model::Dataset;
use crate::screening::{Method, Rules, Screening, Suspicion, references, screen_with};
use crate::selection::{Selection, select};

/// Options of `pat`
#[derive(Debug, Clone, Args)]
pub struct PatArguments {
    #[command(flatten)]
    tests: TestArguments,
    /// Limits from all files together (static) instead of from each wafer (dynamic)
    #[arg(long = "static")]
    static_limits: bool,
    /// Files of past lots from which static limits are computed, instead of from the files given
    #[arg(long, num_args = 1..)]
    reference: Vec<PathBuf>,
    /// PAT: robust sigma to each side of the median; 0 leaves it out
    #[arg(long, default_value_t = 6.0)]
    k: f64,
    /// GDBN: failing share of neighbours from which a good die is rejected, 0 to 1; above 1 leaves it out
    #[arg(long, default_value_t = 0.75)]
    neighbourhood: f64,
    /// Failing dies that make a cluster, whose ring of good dies is rejected; 0 leaves it out
    #[arg(long, default_value_t = 8)]
    cluster: usize,
    /// Z-PAT: share of wafers failing at one position from which its good dies are rejected; above 1 leaves it out
    #[arg(long, default_value_t = 0.5)]
    position: f64,
    /// NNR: robust sigma of the residual from neighbours; 0 leaves it out
    #[arg(long, default_value_t = 0.0)]
    residual: f64,
    /// The bin that outliers get
    #[arg(long, default_value_t = 99)]
    bin: u16,
    /// Write the new bins: .csv, .xlsx, .xml (SEMI E142; with several wafers a file for each) or .stdf (one input file)
    #[arg(short, long)]
    output: Option<PathBuf>,
}

/// `testdata pat`
pub(super) fn run(arguments: &PatArguments, out: &mut impl Write) -> Result<(), CommandError> {
    let common = &arguments.tests.common;
    let dataset = read(common, true)?;
    let selection = select(&dataset, common.retest);
    let rules = Rules {
        pat: Some(arguments.k).filter(|k| *k > 0.0),
        pat_is_static: arguments.static_limits,
        residual: Some(arguments.residual).filter(|k| *k > 0.0),
        neighbourhood: Some(arguments.neighbourhood).filter(|share| *share <= 1.0),
        position: Some(arguments.position).filter(|share| *share <= 1.0),
        cluster: Some(arguments.cluster).filter(|least| *least > 0),
        ..Rules::default()
    };
    let reference = if arguments.reference.is_empty() {
        None
    } else {
        let past = read_these(&arguments.reference, &common.options(true))?;
        Some(references(&past, &select(&past, common.retest), &rules)?)
    };
    let tests = wanted_tests(&dataset, arguments.tests.test.as_deref(), common.lang)?;
    let wanted = |test: usize| tests.contains(&test);
    let found = screen_with(&dataset, &selection, &rules, wanted, reference.as_ref(), |_| true)?.unwrap_or_default();
    let rebins = rebins(&dataset, &found, arguments.bin);
    let written = match &arguments.output {
        Some(path) => export_to(path, &dataset, &selection, &rebins, common)?,
        None => Vec::new(),
    };
    if common.json {
        let object = json!({
            "rules": rules, "tests_screened": found.tests_screened, "tests_left_out": found.tests_left_out,
            "outliers": rebins, "files": written, "read": &dataset.files,
        });
        writeln!(out, "{object}")?;
        return Ok(());
    }
    let language = common.lang;
    let say = |chinese, english| language.say(chinese, english);
    let kind = match (&reference, arguments.static_limits) {
        (Some(_), _) => say("静态，限值取自参考文件", "static, from the reference files"),
        (None, true) => say("静态，限值取自这些文件", "static, from these files"),
        (None, false) => say("动态，逐片晶圆取限值", "dynamic, of each wafer"),
    };
    tell_files(&dataset, language, out)?;
    let (k, screened, left_out) = (arguments.k, found.tests_screened, found.tests_left_out);
    let (count, selected) = (rebins.len(), selection.parts.len());
    match language {
        Language::Chinese => {
            writeln!(
                out,
                "PAT（{kind}）：良品中位数 ± {k} × (Q3 − Q1)/1.35，四分位按线性插值（n − 1）；{screened} 个测试项，另有 {left_out} 个值太少"
            )?;
            writeln!(out, "选中的 {selected} 颗芯片中有 {count} 颗异常")?;
        }
        Language::English => {
            writeln!(
                out,
                "PAT {kind}: median ± {k} (Q3 − Q1)/1.35 of passing parts, quartiles by the inclusive method; {screened} tests, {left_out} left out for want of values"
            )?;
            writeln!(out, "{count} of {selected} selected parts are outliers")?;
        }
    }
    for rebin in rebins.iter().take(50) {
        let part = &dataset.parts[rebin.part as usize];
        let at = part.at.map_or(String::new(), |(x, y)| format!(" X {x} Y {y}"));
        let reasons = told(&dataset, &found, rebin.part, language);
        writeln!(out, "  {} {}{at} {} {}: {reasons}", say("芯片", "part"), part.id, say("测试座", "site"), part.site)?;
    }
    if rebins.len() > 50 {
        let more = rebins.len() - 50;
        match language {
            Language::Chinese => writeln!(out, "  另有 {more} 颗：--json 或 --output 列出全部")?,
            Language::English => writeln!(out, "  and {more} more: --json or --output lists all")?,
        }
    }
    written.iter().try_for_each(|path| writeln!(out, "{}", path.display()))?;
    Ok(())
}

/// Reasons told of one part on the terminal; the files have all
const TOLD: usize = 2;

/// Why a part is suspected, in few words
fn told(dataset: &Dataset, found: &Screening, part: u32, language: Language) -> String {
    let say = |chinese, english| language.say(chinese, english);
    let of_part: Vec<&Suspicion> = found.suspicions.iter().filter(|of| of.part == part).collect();
    let short = |of: &&Suspicion| {
        let name = of.test.map(|test| test_name(dataset, test as usize)).unwrap_or_default();
        let test = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let (value, percent) = (six_digits(of.found), format!("{:.0} %", 100.0 * of.found));
        match of.method {
            Method::Pat => {
                let (low, high) = of.limits.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
                let (low, high) = (six_digits(low), six_digits(high));
                format!("PAT {test} {value} ({} {low} ～ {high})", say("限", "limits"))
            }
            Method::Residual => format!("NNR {test} {value}"),
            Method::Neighbourhood => format!("GDBN {percent} {}", say("的相邻芯片失效", "of neighbours fail")),
            Method::Position => format!("Z-PAT {percent} {}", say("的晶圆在此失效", "of wafers fail here")),
            Method::Cluster => format!("{} {value}", say("失效簇外圈，颗数", "ring of a cluster of")),
        }
    };
    let more = of_part.len().saturating_sub(TOLD);
    let reasons = of_part.iter().take(TOLD).map(short).collect::<Vec<_>>().join("; ");
    match (more, language) {
        (0, _) => reasons,
        (_, Language::Chinese) => format!("{reasons}；另 {more} 条"),
        (_, Language::English) => format!("{reasons}; {more} more"),
    }
}

/// A value for people: six significant digits
fn six_digits(value: f64) -> String {
    let decimals = 5 - value.abs().log10().floor().clamp(-12.0, 12.0) as i32;
    match decimals {
        0..=9 if value != 0.0 => format!("{value:.*}", decimals as usize),
        _ if value == 0.0 => "0".to_owned(),
        _ => format!("{value:.5e}"),
    }
}

/// New bins, each with all reasons
fn rebins(dataset: &Dataset, found: &Screening, bin: u16) -> Vec<Rebin> {
    let mut reasons: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for suspicion in &found.suspicions {
        let percent = 100.0 * suspicion.found;
        let test = suspicion.test.map(|test| test_name(dataset, test as usize)).unwrap_or_default();
        let value = suspicion.found;
        let (low, high) = suspicion.limits.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        reasons.entry(suspicion.part).or_default().push(match suspicion.method {
            Method::Pat => format!("PAT {test}: {value} outside {low} to {high}"),
            Method::Residual => format!("residual from neighbours {test}: {value}"),
            Method::Neighbourhood => format!("good die in bad neighbourhood: {percent:.0} % of neighbours fail"),
            Method::Position => format!("Z-PAT: {percent:.0} % of wafers fail here"),
            Method::Cluster => format!("guard ring of a cluster of {value} failing dies"),
        });
    }
    reasons.into_iter().map(|(part, reasons)| Rebin { part, bin, reason: reasons.join("; ") }).collect()
}

/// Writes the new bins in the format that the name says; gives the files
fn export_to(
    path: &Path,
    dataset: &Dataset,
    selection: &Selection,
    rebins: &[Rebin],
    common: &Common,
) -> Result<Vec<PathBuf>, CommandError> {
    let mut bytes = Vec::new();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => export::csv(dataset, rebins, &mut bytes)?,
        Some("xlsx") => bytes = export::excel(dataset, rebins)?,
        Some("xml") => return export_maps(path, &wafer_maps(dataset, selection), rebins),
        Some("stdf" | "std") => {
            let [input] = &common.files[..] else {
                return Err(CommandError::Request("STDF output needs exactly one input file".into()));
            };
            export::stdf(&mut stdf::Reader::open(input)?, rebins, &mut bytes)?;
        }
        _ => return Err(CommandError::Request("output must end in .csv, .xlsx, .xml or .stdf".into())),
    }
    save(path, &bytes)?;
    Ok(vec![path.to_owned()])
}

/// One E142 file for each wafer: of several, the lot and wafer stand before the extension
fn export_maps(path: &Path, maps: &[WaferMap], rebins: &[Rebin]) -> Result<Vec<PathBuf>, CommandError> {
    if maps.is_empty() {
        return Err(CommandError::Request("no wafer has dies with coordinates: there is no map to write".into()));
    }
    let mut written = Vec::new();
    for map in maps {
        let wafer = file_name(&format!("{}-{}", map.lot, map.wafer));
        let target = if maps.len() == 1 { path.to_owned() } else { path.with_extension(format!("{wafer}.xml")) };
        let mut bytes = Vec::new();
        export::e142(map, rebins, &mut bytes)?;
        save(&target, &bytes)?;
        written.push(target);
    }
    Ok(written)
}
