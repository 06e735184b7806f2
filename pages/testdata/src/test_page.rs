//! One test: its numbers, distribution, sites, wafers, order, control chart, repeatability, and another test beside it.

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use axum::extract::Path;
use chart::{Box as BoxDrawing, Boxes, Histogram, Scatter};
use office::workbench::Job;
use testdata::capability::{Capability, capability};
use testdata::control::{Chart, Rules, individuals};
use testdata::distribution::{BoxPlot, box_plot, histogram_of_sorted, site_to_site};
use testdata::gauge::{Gauge, Study, by_anova, by_range};
use testdata::kernels::{QuantileMethod, correlation, quantile, sorted};
use testdata::model::Test;
use testdata::outliers::{PatLimits, pat_limits};
use testdata::selection::{Retest, measurements};
use web::{Answer, Counter, Failure, Page, Picture};

use crate::asked::Asked;
use crate::frame::{self, Frame, Tab, base};
use crate::lot::{self, Lot, beside, fault};
use crate::measure::Measure;

/// Boxes in one drawing.
const BOXES: usize = 40;
/// Points of a control chart that are circled.
const MARKED: usize = 400;
/// Values of one control chart, the last ones.
const CHARTED: usize = 2_000;

#[derive(Template)]
#[template(path = "test.html")]
struct TestPage {
    frame: Frame,
    heading: String,
    here: String,
    kept: Vec<(String, String)>,
    previous: Option<(String, String)>,
    next: Option<(String, String)>,
    elements: Vec<(u16, String, bool)>,
    facts: Vec<(&'static str, String)>,
    method: &'static str,
    window: Option<(String, String)>,
    distribution: Option<Picture>,
    sites: Option<Picture>,
    site_test: String,
    wafers: Option<Picture>,
    trend: Option<Picture>,
    signals: String,
    rules: Vec<(&'static str, &'static str, bool)>,
    pat: String,
    outside: Vec<(String, String)>,
    gauges: Vec<GaugeLine>,
    gauge_note: String,
    with: String,
    against: Option<Picture>,
    against_note: String,
    wafer_link: Option<String>,
}

struct GaugeLine {
    method: &'static str,
    cells: Vec<(&'static str, String)>,
}

/// The page of one test.
pub async fn test(counter: Counter, Path((id, number)): Path<(String, u32)>, asked: Asked, page: Page) -> Answer {
    let (job, lot) = lot::lot(&counter, &id).await?;
    beside(move || {
        let content = content(&job, &lot, &asked, number)?;
        let title = content.heading.clone();
        let page = frame::page(page, &job, &asked.suffix(), &title);
        page.crumb("测试项", format!("{}/tests{}", base(&job), asked.suffix())).show(&content)
    })
    .await
}

/// The values of a test and what they are read with.
struct Read<'l> {
    lot: &'l Lot,
    test: &'l Test,
    values: Vec<(u32, f64)>,
    /// The values alone, ascending
    sorted: Vec<f64>,
    measure: Measure,
    low: Option<f64>,
    high: Option<f64>,
    /// Values beyond are left out of drawings: one wild value would flatten all others.
    window: Option<(f64, f64)>,
}

impl Read<'_> {
    fn is_drawn(&self, value: f64) -> bool {
        self.window.is_none_or(|(from, to)| (from..=to).contains(&value))
    }

    fn scaled(&self, value: Option<f64>) -> Option<f64> {
        value.map(|value| value * self.measure.factor)
    }

    fn part(&self, number: u32) -> Option<&testdata::model::Part> {
        self.lot.dataset.parts.get(number as usize)
    }
}

fn content(job: &Job, lot: &Lot, asked: &Asked, number: u32) -> Result<TestPage, Failure> {
    let test = lot.dataset.tests.get(number as usize).ok_or_else(Failure::not_found)?;
    let element: u16 = asked.value("element").unwrap_or(0);
    let selection = &lot.view(asked.retest()).report.selection;
    let values = measurements(&lot.dataset, selection, number as usize, element).map_err(fault)?;
    let (low, high) = (test.low.map(f64::from), test.high.map(f64::from));
    let ends = values.iter().map(|(_, value)| *value).chain(low).chain(high);
    let measure = Measure::of(&test.units, ends);
    let only: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
    let sorted = sorted(&only);
    let window = window(&sorted, low, high).filter(|_| asked.text("range") != Some("all"));
    let read = Read { lot, test, values, sorted, measure, low, high, window };
    let mut groups: BTreeMap<(u32, Option<u32>), Vec<f64>> = BTreeMap::new();
    for (part, value) in &read.values {
        if let Some(part) = read.part(*part) {
            groups.entry((part.run, part.wafer)).or_default().push(*value);
        }
    }
    let capable = capability(&groups.values().cloned().collect::<Vec<_>>(), low, high);
    let base = base(job);
    let rows = lot.overview(asked.retest())?;
    let elements: Vec<u16> = rows.iter().filter(|row| row.test == number).map(|row| row.element).collect();
    let row = rows.iter().find(|row| row.test == number && row.element == element);
    let failed = row.map_or((0, 0), |row| (row.executed, row.failed));
    let name = lot.test_name(number);
    let mut page = TestPage {
        frame: Frame::new(job, selection, asked, Tab::Tests, job.job.title.clone()),
        heading: if element > 0 { format!("{name} [{element}]") } else { name },
        here: format!("{base}/tests/{number}"),
        kept: asked.besides(&["with", "rules"]),
        previous: neighbour(lot, asked, &base, number.checked_sub(1)),
        next: neighbour(lot, asked, &base, number.checked_add(1)),
        elements: elements
            .iter()
            .filter(|_| elements.len() > 1)
            .map(|of| (*of, asked.replaced("element", Some(&of.to_string())), *of == element))
            .collect(),
        facts: facts(&read, capable.as_ref(), failed),
        window: beyond(&read, asked),
        method: "Cp、Cpk：组内标准差（按晶圆合并，只有一组时没有）；Pp、Ppk：总体样本标准差（n − 1）。",
        distribution: None,
        sites: None,
        site_test: String::new(),
        wafers: None,
        trend: None,
        signals: String::new(),
        rules: Vec::new(),
        pat: String::new(),
        outside: Vec::new(),
        gauges: Vec::new(),
        gauge_note: String::new(),
        with: asked.text("with").unwrap_or_default().to_owned(),
        against: None,
        against_note: String::new(),
        wafer_link: (!lot.view(asked.retest()).maps.is_empty() && !only.is_empty())
            .then(|| format!("{base}/wafers/0{}", asked.with([("test", number.to_string())]))),
    };
    if only.is_empty() {
        return Ok(page);
    }
    distribution(&mut page, &read, asked, &base);
    by_site(&mut page, &read);
    by_wafer(&mut page, &read, groups);
    in_order(&mut page, &read, &only, asked);
    gauge(&mut page, lot, &read, number, element)?;
    beside_another(&mut page, lot, &read, asked)?;
    Ok(page)
}

/// What is drawn when some values are far out: limits and six times the distance of the quartiles, whichever is wider.
fn window(sorted: &[f64], low: Option<f64>, high: Option<f64>) -> Option<(f64, f64)> {
    let at = |share: f64| quantile(sorted, share, QuantileMethod::Inclusive);
    let (first, third) = (at(0.25)?, at(0.75)?);
    let reach = 6.0 * (third - first);
    let from = low.map_or(first - reach, |low| low.min(first - reach));
    let to = high.map_or(third + reach, |high| high.max(third + reach));
    let is_far = *sorted.first()? < from || *sorted.last()? > to;
    (is_far && reach > 0.0).then_some((from, to))
}

/// How many values the drawings leave out, and the address that draws all or leaves them out again.
fn beyond(read: &Read<'_>, asked: &Asked) -> Option<(String, String)> {
    if asked.text("range") == Some("all") {
        return Some(("图中画出全部值。".to_owned(), asked.replaced("range", None)));
    }
    read.window?;
    let left_out = read.values.iter().filter(|(_, value)| !read.is_drawn(*value)).count();
    let told = format!("有 {left_out} 个值离得太远，没有画进图里（统计数都包含它们）。");
    Some((told, asked.replaced("range", Some("all"))))
}

fn neighbour(lot: &Lot, asked: &Asked, base: &str, number: Option<u32>) -> Option<(String, String)> {
    let number = number.filter(|number| (*number as usize) < lot.dataset.tests.len())?;
    Some((lot.test_name(number), format!("{base}/tests/{number}{}", asked.suffix())))
}

fn facts(
    read: &Read<'_>,
    capable: Option<&Capability>,
    (executed, failed): (usize, usize),
) -> Vec<(&'static str, String)> {
    let measure = &read.measure;
    let number = |value: Option<f64>| value.map_or_else(|| "—".to_owned(), |value| format!("{value:.3}"));
    let limits = match (read.low, read.high) {
        (None, None) => "没有".to_owned(),
        (low, high) => format!("{} ～ {} {}", measure.maybe(low), measure.maybe(high), measure.unit),
    };
    let mut facts = vec![
        ("种类", crate::words::kind(read.test.kind).to_owned()),
        ("限值", if read.test.limits_change { format!("{limits}（文件中有不同限值）") } else { limits }),
        ("执行", executed.to_string()),
        ("失效", format!("{failed}（{:.2}%）", 100.0 * failed as f64 / executed.max(1) as f64)),
    ];
    let Some(of) = capable else { return facts };
    facts.extend([
        ("测量值", of.overall.count.to_string()),
        ("均值", measure.show(of.overall.mean)),
        ("标准差", measure.show(of.overall.deviation)),
        ("最小 ～ 最大", format!("{} ～ {}", measure.number(of.overall.min), measure.show(of.overall.max))),
        ("组内标准差", of.within.map_or_else(|| "—（只有一组）".to_owned(), |within| measure.show(within))),
        ("Cp / Cpk", format!("{} / {}", number(of.cp), number(of.cpk))),
        ("Pp / Ppk", format!("{} / {}", number(of.pp), number(of.ppk))),
    ]);
    facts
}

fn distribution(page: &mut TestPage, read: &Read<'_>, asked: &Asked, base: &str) {
    let (measure, unit) = (&read.measure, read.measure.unit.clone());
    let passing: Vec<f64> = read
        .values
        .iter()
        .filter(|(part, _)| read.part(*part).and_then(|part| part.passed()) == Some(true))
        .map(|(_, value)| *value)
        .collect();
    let pat: Option<PatLimits> = pat_limits(&passing, 6.0, 30, (read.low, read.high), QuantileMethod::Inclusive);
    let drawn: Vec<f64> = read.sorted.iter().copied().filter(|value| read.is_drawn(*value)).collect();
    if let Some(of) = histogram_of_sorted(&drawn) {
        let edges = (of.start * measure.factor, of.width * measure.factor);
        let mut drawn = Histogram::new("distribution", "分布", unit, edges, of.counts)
            .limit(read.scaled(read.low), "下限")
            .limit(read.scaled(read.high), "上限");
        if let Some(pat) = &pat {
            // PAT never goes beyond a test's limit; where it is cut off there, one line is enough.
            let own = |limit: f64, of: Option<f64>| Some(limit * measure.factor).filter(|_| of != Some(limit));
            drawn = drawn.limit(own(pat.low, read.low), "PAT 下").limit(own(pat.high, read.high), "PAT 上");
        }
        page.distribution = Some(Picture::new(&drawn.draw(), "分箱宽度按 Freedman–Diaconis 规则"));
    }
    page.pat = match &pat {
        None => "良品的测量值不足 30 个，或没有变化，不给 PAT 限。".to_owned(),
        Some(pat) => format!(
            "整批良品 {} 个值：稳健均值（中位数）{}，稳健标准差 (Q3 − Q1) ÷ 1.35 = {}，四分位按线性插值（n − 1）；± 6 倍为 {} ～ {}，不超出测试限。",
            pat.count,
            measure.show(pat.median),
            measure.show(pat.sigma),
            measure.number(pat.low),
            measure.show(pat.high)
        ),
    };
    if let Some(pat) = pat {
        let outside = read.values.iter().filter(|(part, value)| {
            read.part(*part).and_then(|part| part.passed()) == Some(true) && pat.rejects(*value)
        });
        page.outside =
            outside.take(50).map(|(part, value)| (part_link(read, asked, base, *part), measure.show(*value))).collect();
    }
}

fn part_link(_: &Read<'_>, asked: &Asked, base: &str, part: u32) -> String {
    format!("{base}/die{}", asked.with([("part", part.to_string())]))
}

fn drawn_box(label: String, of: BoxPlot, read: &Read<'_>) -> BoxDrawing {
    let factor = read.measure.factor;
    BoxDrawing {
        label,
        quartiles: of.quartiles.map(|value| value * factor),
        whiskers: of.whiskers.map(|value| value * factor),
        beyond: of.beyond.into_iter().filter(|value| read.is_drawn(*value)).map(|value| value * factor).collect(),
    }
}

fn by_site(page: &mut TestPage, read: &Read<'_>) {
    let values: Vec<((u8, u8), f64)> = read
        .values
        .iter()
        .filter_map(|(part, value)| read.part(*part).map(|part| ((part.head, part.site), *value)))
        .collect();
    let mut by_site: BTreeMap<(u8, u8), Vec<f64>> = BTreeMap::new();
    for (site, value) in &values {
        by_site.entry(*site).or_default().push(*value);
    }
    let boxes = by_site.iter().take(BOXES).filter_map(|((head, site), values)| {
        let label = if *head == 1 { format!("座 {site}") } else { format!("{head}-{site}") };
        Some(drawn_box(label, box_plot(values)?, read))
    });
    let drawn = Boxes::new("sites", "各测试座", read.measure.unit.clone(), boxes.collect()).draw();
    page.sites = Some(Picture::new(&drawn, "箱：四分位；须：1.5 倍四分位距以内；短横：其外的值"));
    if let Some(of) = site_to_site(&values).difference {
        let said = if of.p < 0.001 {
            "各测试座的均值有显著差别"
        } else {
            "看不出测试座之间均值有差别"
        };
        page.site_test = format!(
            "单因素方差分析：F = {:.3}，p {}，{said}；座间占总变差 {:.1}%。",
            of.f,
            if of.p < 1e-300 { "< 1e-300".to_owned() } else { format!("= {:.3e}", of.p) },
            of.r_squared * 100.0
        );
    }
}

fn by_wafer(page: &mut TestPage, read: &Read<'_>, groups: BTreeMap<(u32, Option<u32>), Vec<f64>>) {
    let dataset = &read.lot.dataset;
    let mut named: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for ((_, wafer), values) in groups {
        let Some(wafer) = wafer.and_then(|wafer| dataset.wafers.get(wafer as usize)) else { continue };
        named.entry(wafer.id.clone()).or_default().extend(values);
    }
    if named.len() < 2 {
        return;
    }
    let shared = shared_beginning(named.keys());
    let boxes = named.iter().take(BOXES).filter_map(|(name, values)| {
        let label = name.get(shared..).unwrap_or(name).to_owned();
        Some(drawn_box(label, box_plot(values)?, read))
    });
    let drawn = Boxes::new("wafers", "各晶圆", read.measure.unit.clone(), boxes.collect()).draw();
    page.wafers = Some(Picture::new(&drawn, format!("{} 片晶圆，最多画 {BOXES} 片", named.len())));
}

/// Bytes with which all names begin up to their numbers: wafers of one lot differ at the end, and labels are short.
fn shared_beginning<'n>(mut names: impl Iterator<Item = &'n String>) -> usize {
    let Some(first) = names.next() else { return 0 };
    let shared = names.fold(first.len(), |shared, name| {
        first.bytes().zip(name.bytes()).take(shared).take_while(|(a, b)| a == b).count()
    });
    // A number is not cut in two, nor a character.
    let digits = first.as_bytes()[..shared].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let cut = shared - digits;
    if first.is_char_boundary(cut) { cut } else { 0 }
}

fn in_order(page: &mut TestPage, read: &Read<'_>, only: &[f64], asked: &Asked) {
    let nelson = asked.text("rules") == Some("nelson");
    page.rules = vec![("Western Electric 1–4", "western-electric", !nelson), ("Nelson 1–8", "nelson", nelson)];
    let from = only.len().saturating_sub(CHARTED);
    let charted = &only[from..];
    let rules = if nelson { Rules::Nelson } else { Rules::WesternElectric };
    let chart: Option<Chart> = individuals(charted, rules);
    let factor = read.measure.factor;
    let points = |index: usize, value: f64| ((index + 1) as f64, value * factor);
    let mut drawn = Scatter::new(
        "trend",
        "按测试顺序",
        "序号",
        read.measure.unit.clone(),
        charted
            .iter()
            .enumerate()
            .filter(|(_, value)| read.is_drawn(**value))
            .map(|(index, value)| points(from + index, *value))
            .collect(),
    );
    drawn = drawn.limit(read.scaled(read.low), "下限").limit(read.scaled(read.high), "上限");
    if let Some(chart) = chart.filter(|chart| chart.sigma > 0.0) {
        let mut marked: Vec<usize> = chart.signals.iter().map(|signal| signal.index).collect();
        marked.dedup();
        let mut by_rule: BTreeMap<u8, usize> = BTreeMap::new();
        for signal in &chart.signals {
            *by_rule.entry(signal.rule).or_default() += 1;
        }
        let by_rule: Vec<String> = by_rule.iter().map(|(rule, count)| format!("规则 {rule}：{count} 处")).collect();
        page.signals = format!(
            "单值控制图：中心线 {}，σ = 移动极差均值 ÷ 1.128 = {}。{}",
            read.measure.show(chart.center),
            read.measure.show(chart.sigma),
            if by_rule.is_empty() {
                "没有违反规则的点。".to_owned()
            } else {
                format!("{}。", by_rule.join("，"))
            }
        );
        let shown = marked.iter().filter(|index| read.is_drawn(charted[**index]));
        let signals = shown.take(MARKED).map(|index| points(from + index, charted[*index])).collect();
        drawn = drawn
            .limit(Some((chart.center + 3.0 * chart.sigma) * factor), "+3σ")
            .limit(Some((chart.center - 3.0 * chart.sigma) * factor), "−3σ")
            .signals(signals);
    }
    let said = if from > 0 {
        format!("最后 {CHARTED} 个值；圈出违反规则的点，最多 {MARKED} 个")
    } else {
        format!("圈出违反规则的点，最多 {MARKED} 个")
    };
    page.trend = Some(Picture::new(&drawn.draw(), said));
}

/// Sites as appraisers, parts that every site measured equally often.
fn gauge(page: &mut TestPage, lot: &Lot, read: &Read<'_>, number: u32, element: u16) -> Result<(), Failure> {
    let every = &lot.view(Retest::All).report.selection;
    if every.repeats == 0 {
        page.gauge_note = "没有重复测量，做不了量具研究。".to_owned();
        return Ok(());
    }
    // The same die, or the same part where there are no coordinates
    type Same<'d> = (&'d str, Option<(i16, i16)>, &'d str);
    let mut cells: BTreeMap<(u8, u8), BTreeMap<Same<'_>, Vec<f64>>> = BTreeMap::new();
    for (number, value) in measurements(&lot.dataset, every, number as usize, element).map_err(fault)? {
        let Some(part) = read.part(number) else { continue };
        let wafer = part.wafer.and_then(|wafer| lot.dataset.wafers.get(wafer as usize)).map_or("", |wafer| &wafer.id);
        let same = (wafer, part.at, if part.at.is_some() { "" } else { part.id.as_str() });
        cells.entry((part.head, part.site)).or_default().entry(same).or_default().push(value);
    }
    // Crossed and balanced: the parts that every site measured, as often as all of them did at least.
    let sites = cells.len();
    let mut times: HashMap<Same<'_>, Vec<usize>> = HashMap::new();
    for parts in cells.values() {
        for (name, values) in parts {
            times.entry(*name).or_default().push(values.len());
        }
    }
    let mut common: Vec<(Same<'_>, usize)> = times
        .into_iter()
        .filter(|(_, times)| times.len() == sites)
        .filter_map(|(name, times)| Some((name, *times.iter().min()?)))
        .filter(|(_, times)| *times >= 2)
        .collect();
    common.sort_unstable();
    let trials = common.iter().map(|(_, times)| *times).min().unwrap_or(0);
    let values = cells.values().map(|parts| {
        common
            .iter()
            .map(|(name, _)| parts.get(name).map(|values| values[..trials].to_vec()).unwrap_or_default())
            .collect()
    });
    let Ok(study) = Study::new(values.collect()) else {
        page.gauge_note = format!(
            "量具研究（GR&R）要求每个测试座对同样的芯片各测两次以上，这批数据不满足：{sites} 个测试座，共同测过两次以上的芯片 {} 颗。",
            common.len()
        );
        return Ok(());
    };
    page.gauge_note = format!("测试座作为测量者：{sites} 个测试座 × {} 颗 × {trials} 次。", common.len());
    let tolerance = read.low.zip(read.high).map(|(low, high)| high - low);
    let found = [
        Some(("方差分析（AIAG MSA 第 4 版，交互不显著时并入）", by_anova(&study, tolerance, 0.25))),
        by_range(&study, tolerance).map(|of| ("均值–极差法（AIAG MSA 第 4 版附录 C 系数）", of)),
    ];
    page.gauges = found.into_iter().flatten().map(|(method, of)| gauge_line(method, &of, &read.measure)).collect();
    Ok(())
}

fn gauge_line(method: &'static str, of: &Gauge, measure: &Measure) -> GaugeLine {
    let percent = |value: Option<f64>| value.map_or_else(|| "—".to_owned(), |value| format!("{value:.2}%"));
    let cells = vec![
        ("重复性 EV", measure.show(of.ev)),
        ("再现性 AV", measure.show(of.av)),
        ("GRR", measure.show(of.grr)),
        ("零件 PV", measure.show(of.pv)),
        ("总变差 TV", measure.show(of.tv)),
        ("%GRR", percent(Some(of.percent_grr))),
        ("%公差", percent(of.percent_tolerance)),
        ("ndc", of.ndc.to_string()),
    ];
    GaugeLine { method, cells }
}

/// Another test's values on the same parts.
fn beside_another(page: &mut TestPage, lot: &Lot, read: &Read<'_>, asked: &Asked) -> Result<(), Failure> {
    let Some(wanted) = asked.text("with") else { return Ok(()) };
    let Some(other) = lot.dataset.find_tests(wanted).first().copied() else {
        page.against_note = format!("没有编号或名称含“{wanted}”的测试项。");
        return Ok(());
    };
    let selection = &lot.view(asked.retest()).report.selection;
    let theirs: HashMap<u32, f64> =
        measurements(&lot.dataset, selection, other, 0).map_err(fault)?.into_iter().collect();
    let pairs: Vec<(f64, f64)> =
        read.values.iter().filter_map(|(part, value)| Some((*value, *theirs.get(part)?))).collect();
    let name = lot.test_name(other as u32);
    let units = lot.dataset.tests.get(other).map_or("", |test| test.units.as_str());
    let measure = Measure::of(units, pairs.iter().map(|pair| pair.1));
    let Some(r) = correlation(&pairs) else {
        page.against_note = format!("与“{name}”没有足够的共同测量值。");
        return Ok(());
    };
    page.against_note = format!("与“{name}”：{} 对，Pearson 相关系数 r = {r:.4}。", pairs.len());
    let points = pairs.iter().map(|(x, y)| (x * read.measure.factor, y * measure.factor)).collect();
    let drawn =
        Scatter::new("against", format!("与 {name} 的相关"), read.measure.unit.clone(), measure.unit.clone(), points);
    page.against = Some(Picture::new(&drawn.draw(), format!("横轴：本测试项；纵轴：{name}")));
    Ok(())
}
