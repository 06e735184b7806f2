//! `testdata capability|correlation|grr|spc`

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::io::Write;

use clap::Args;
use serde_json::{Value as Json, json};

use super::{CommandError, Painter, Plots, TestArguments, limits, read, test_name, wanted_tests};
use crate::control::{Rules, individuals};
use crate::distribution::{box_plot, histogram, site_to_site, trend};
use crate::gauge::{Study, by_anova, by_range};
use crate::language::{Language, left, right};
use crate::selection::{Retest, measurements, select};
use crate::{capability, kernels, plot};

/// Options of `spc`
#[derive(Debug, Clone, Args)]
pub struct SpcArguments {
    #[command(flatten)]
    tests: TestArguments,
    /// Rules
    #[arg(long, value_enum, default_value_t = Rules::Nelson)]
    rules: Rules,
}

/// Options of `correlation`
#[derive(Debug, Clone, Args)]
pub struct CorrelationArguments {
    #[command(flatten)]
    tests: TestArguments,
    /// Compare with this one test (number or part of the name) instead of all pairs
    #[arg(long)]
    with: Option<String>,
    /// Pairs to show
    #[arg(long, default_value_t = 20)]
    show: usize,
}

impl TestArguments {
    fn plots<'p>(&'p self, painter: Option<Painter<'p>>) -> Result<Option<Plots<'p>>, CommandError> {
        let into = |folder| Plots::into(folder, self.png, painter, self.common.lang);
        self.plots.as_deref().map(into).transpose()
    }
}

/// Tests of which all pairs are compared; more would take hours
const PAIRED: usize = 500;

/// `testdata correlation`
pub(super) fn correlation(
    arguments: &CorrelationArguments,
    painter: Option<Painter<'_>>,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let TestArguments { common, test, .. } = &arguments.tests;
    let language = common.lang;
    let plots = arguments.tests.plots(painter)?;
    let dataset = read(common, true)?;
    let selection = select(&dataset, common.retest);
    let tests = wanted_tests(&dataset, test.as_deref(), language)?;
    let with = match &arguments.with {
        Some(wanted) => wanted_tests(&dataset, Some(wanted), language)?,
        None if tests.len() > PAIRED => {
            let message = match language {
                Language::Chinese => {
                    format!("{} 个测试项两两组合太多：用 --test 选一些，或用 --with 选一个", tests.len())
                }
                Language::English => {
                    format!("{} tests have too many pairs: choose some by --test, or one by --with", tests.len())
                }
            };
            return Err(CommandError::Request(message));
        }
        None => tests.clone(),
    };
    let mut values: HashMap<usize, HashMap<u32, f64>> = HashMap::new();
    for &test in tests.iter().chain(&with) {
        if let Entry::Vacant(entry) = values.entry(test) {
            entry.insert(measurements(&dataset, &selection, test, 0)?.into_iter().collect());
        }
    }
    let pairs_of = |one: usize, other: usize| -> Vec<(f64, f64)> {
        let (Some(one), Some(other)) = (values.get(&one), values.get(&other)) else { return Vec::new() };
        let mut parts: Vec<(u32, f64, f64)> =
            one.iter().filter_map(|(part, x)| Some((*part, *x, *other.get(part)?))).collect();
        parts.sort_unstable_by_key(|(part, _, _)| *part);
        parts.into_iter().map(|(_, x, y)| (x, y)).collect()
    };
    let mut found: Vec<(usize, usize, f64, usize)> = Vec::new();
    for &one in &tests {
        for &other in with.iter().filter(|&&other| other != one && (arguments.with.is_some() || other > one)) {
            let pairs = pairs_of(one, other);
            found.extend(kernels::correlation(&pairs).map(|r| (one, other, r, pairs.len())));
        }
    }
    found.sort_by(|a, b| b.2.abs().total_cmp(&a.2.abs()));
    found.truncate(arguments.show);
    let name = |test| test_name(&dataset, test);
    if let Some(plots) = plots {
        for &(one, other, r, _) in &found {
            let (x, y) = (name(one), name(other));
            let title = format!("{y} {} {x}: r {r:.4}", language.say("对", "against"));
            plots.save(&format!("{x}-{y}"), &plot::scatter(&title, &pairs_of(one, other)))?;
        }
    }
    if common.json {
        let rows: Vec<Json> = found
            .iter()
            .map(|&(one, other, r, parts)| json!({ "test": name(one), "with": name(other), "r": r, "parts": parts }))
            .collect();
        writeln!(out, "{}", json!({ "method": "Pearson", "pairs": rows }))?;
        return Ok(());
    }
    let method =
        ("Pearson 相关系数 r，取两项都有测量值的选中芯片", "Pearson's r over selected parts that have both results");
    writeln!(out, "{}", language.say(method.0, method.1))?;
    for (one, other, r, parts) in found {
        writeln!(out, "{} {} {r:>8.4} {parts:>8}", left(&name(one), 32), left(&name(other), 32))?;
    }
    Ok(())
}

/// `testdata capability`
pub(super) fn capability(
    arguments: &TestArguments,
    painter: Option<Painter<'_>>,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let language = arguments.common.lang;
    let say = |chinese, english| language.say(chinese, english);
    let plots = arguments.plots(painter)?;
    let dataset = read(&arguments.common, true)?;
    let selection = select(&dataset, arguments.common.retest);
    let mut rows = Vec::new();
    let number = |value: Option<f64>| value.map_or("–".into(), |value| format!("{value:.3}"));
    if !arguments.common.json {
        let method = say(
            "Cp、Cpk：晶圆内（组内）标准差；Pp、Ppk：总体（n − 1）。p 值：测试座之间（单因素方差分析）、随测试顺序的趋势（F 检验）。",
            "Cp, Cpk: within wafers; Pp, Ppk: overall (n − 1). p of differing sites (one-way ANOVA) and of a trend over execution (F test).",
        );
        writeln!(out, "{method}")?;
        let headings = [("n", 7), (say("均值", "mean"), 12), ("s", 12), ("Cp", 7), ("Cpk", 7), ("Pp", 7), ("Ppk", 7)];
        let p_values = [(say("测试座 p", "sites p"), 8), (say("趋势 p", "trend p"), 8)];
        let headings: Vec<String> =
            headings.into_iter().chain(p_values).map(|(heading, width)| right(heading, width)).collect();
        writeln!(out, "{} {}", left(say("测试项", "test"), 32), headings.join(" "))?;
    }
    for test in wanted_tests(&dataset, arguments.test.as_deref(), arguments.common.lang)? {
        let values = measurements(&dataset, &selection, test, 0)?;
        let mut groups: BTreeMap<(u32, Option<u32>), Vec<f64>> = BTreeMap::new();
        for (part, value) in &values {
            let part = &dataset.parts[*part as usize];
            groups.entry((part.run, part.wafer)).or_default().push(*value);
        }
        let groups: Vec<Vec<f64>> = groups.into_values().collect();
        let (low, high) = limits(&dataset, test);
        let Some(found) = capability::capability(&groups, low, high) else { continue };
        let by_site: Vec<((u8, u8), f64)> = values
            .iter()
            .map(|(part, value)| ((dataset.parts[*part as usize].head, dataset.parts[*part as usize].site), *value))
            .collect();
        let sites = site_to_site(&by_site);
        let only: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
        let drift = trend(&only);
        let name = test_name(&dataset, test);
        if let Some(plots) = &plots {
            if let Some(bars) = histogram(&only) {
                plots.save(&name, &plot::histogram(&name, &bars, (low, high), language))?;
            }
            let boxes: Vec<_> = sites
                .sites
                .iter()
                .filter_map(|(site, _)| {
                    let of: Vec<f64> = by_site.iter().filter(|(of, _)| of == site).map(|(_, value)| *value).collect();
                    Some((format!("{} {}", say("测试座", "site"), site.1), box_plot(&of)?))
                })
                .collect();
            plots.save(&format!("{name}-sites"), &plot::boxes(&name, &boxes))?;
        }
        if arguments.common.json {
            rows.push(json!({ "test": name, "capability": found, "sites": sites, "trend": drift }));
        } else {
            writeln!(
                out,
                "{} {:>7} {:>12.6} {:>12.6} {:>7} {:>7} {:>7} {:>7} {:>8} {:>8}",
                left(&name, 32),
                found.overall.count,
                found.overall.mean,
                found.overall.deviation,
                number(found.cp),
                number(found.cpk),
                number(found.pp),
                number(found.ppk),
                number(sites.difference.map(|difference| difference.p)),
                number(drift.map(|trend| trend.p))
            )?;
        }
    }
    if arguments.common.json {
        writeln!(out, "{}", Json::Array(rows))?;
    }
    Ok(())
}

/// `testdata grr`
pub(super) fn gauge(arguments: &TestArguments, out: &mut impl Write) -> Result<(), CommandError> {
    let dataset = read(&arguments.common, true)?;
    let every = select(&dataset, Retest::All);
    let mut rows = Vec::new();
    for test in wanted_tests(&dataset, arguments.test.as_deref(), arguments.common.lang)? {
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

/// `testdata spc`
pub(super) fn control(
    arguments: &SpcArguments,
    painter: Option<Painter<'_>>,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let tests = &arguments.tests;
    let language = tests.common.lang;
    let plots = tests.plots(painter)?;
    let dataset = read(&tests.common, true)?;
    let selection = select(&dataset, tests.common.retest);
    let mut rows = Vec::new();
    for test in wanted_tests(&dataset, tests.test.as_deref(), language)? {
        let values: Vec<f64> =
            measurements(&dataset, &selection, test, 0)?.into_iter().map(|(_, value)| value).collect();
        let Some(chart) = individuals(&values, arguments.rules) else { continue };
        let name = test_name(&dataset, test);
        if let Some(plots) = &plots {
            plots.save(&format!("{name}-spc"), &plot::control_chart(&name, &values, &chart, language))?;
        }
        if tests.common.json {
            rows.push(json!({ "test": name, "chart": chart }));
            continue;
        }
        let mut counts: BTreeMap<u8, usize> = BTreeMap::new();
        chart.signals.iter().for_each(|signal| *counts.entry(signal.rule).or_default() += 1);
        let signals: Vec<String> =
            counts.iter().map(|(rule, count)| format!("{} {rule}: {count}", language.say("规则", "rule"))).collect();
        writeln!(
            out,
            "{} n {:>6}  {} {:.6}  {} {:.6}  {}",
            left(&name, 32),
            values.len(),
            language.say("均值", "mean"),
            chart.center,
            language.say("标准差", "sigma"),
            chart.sigma,
            signals.join(", ")
        )?;
    }
    if tests.common.json {
        writeln!(out, "{}", Json::Array(rows))?;
    } else {
        let method = (
            "单值控制图：标准差 = 相邻两值移动极差的均值 ÷ 1.128；规则",
            "individuals charts: sigma = mean moving range of two / 1.128; rules",
        );
        writeln!(out, "{}: {:?}", language.say(method.0, method.1), arguments.rules)?;
    }
    Ok(())
}
