//! One die or part: each attempt at it, side by side, with every result.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Path;
use office::workbench::Job;
use register::Light;
use stdf::tests::{TestKind, Verdict};
use testdata::model::Part;
use testdata::outliers::At;
use web::{Answer, Counter, Failure, Markup, Page};

use crate::asked::Asked;
use crate::frame::{self, Frame, Tab, base};
use crate::lot::{self, Lot, beside, fault};
use crate::measure::Measure;
use crate::wafer_drawing::verdict;

/// Value and flags of one test in one attempt, if it was executed.
type Measured = Option<(f32, u8)>;
/// By test and element, what each attempt measured.
type Results = BTreeMap<(u32, u16), Vec<Measured>>;

/// Tests on one page.
const ON_A_PAGE: usize = 500;

#[derive(Template)]
#[template(path = "die.html")]
struct DiePage {
    frame: Frame,
    heading: String,
    facts: Vec<(&'static str, String)>,
    attempts: Vec<Attempt>,
    suspicions: Vec<String>,
    rows: Vec<Row>,
    only_failing: bool,
    toggle: String,
    hidden: usize,
    around: Vec<(&'static str, String)>,
}

struct Attempt {
    number: u32,
    counted: bool,
    light: Light,
    place: String,
    bins: String,
    seconds: String,
    results: String,
    file: String,
}

struct Row {
    href: String,
    name: String,
    limits: String,
    unit: String,
    cells: Vec<(String, Option<Light>)>,
}

/// A die by its wafer and coordinates, or a part by the number of one of its attempts.
pub async fn die(counter: Counter, Path(id): Path<String>, asked: Asked, page: Page) -> Answer {
    let (job, lot) = lot::lot(&counter, &id).await?;
    beside(move || {
        let content = content(&job, &lot, &asked)?;
        let title = content.heading.clone();
        let page = frame::page(page, &job, &asked.suffix(), &title);
        let page = match asked.value::<usize>("wafer") {
            Some(wafer) => page.crumb("晶圆", format!("{}/wafers/{wafer}{}", base(&job), asked.suffix())),
            None => page,
        };
        page.show(&content)
    })
    .await
}

/// The attempts an address names, in order of testing.
fn attempts(lot: &Lot, asked: &Asked) -> Option<Vec<u32>> {
    if let (Some(wafer), Some(x), Some(y)) = (asked.value("wafer"), asked.value("x"), asked.value("y")) {
        let map = lot.map(asked.retest(), wafer)?;
        return lot.attempts(map)?.get(&(x, y)).cloned();
    }
    let number: u32 = asked.value("part")?;
    let part = lot.dataset.parts.get(number as usize)?;
    let lot_of = |part: &Part| lot.dataset.runs.get(part.run as usize).map(|run| run.lot.as_str());
    if part.id.is_empty() {
        return Some(vec![number]);
    }
    let same = |other: &Part| {
        other.id == part.id && lot_of(other) == lot_of(part) && other.at == part.at && other.flags.is_some()
    };
    Some((0u32..).zip(&lot.dataset.parts).filter(|(_, other)| same(other)).map(|(number, _)| number).collect())
}

fn content(job: &Job, lot: &Lot, asked: &Asked) -> Result<DiePage, Failure> {
    let gone = || Failure::NotFound("这个位置没有测试记录，请核对晶圆和坐标。".into());
    let numbers = attempts(lot, asked).filter(|numbers| !numbers.is_empty()).ok_or_else(gone)?;
    let view = lot.view(asked.retest());
    let selected = &view.report.selection.selected;
    let parts: Vec<(u32, &Part)> =
        numbers.iter().filter_map(|number| Some((*number, lot.dataset.parts.get(*number as usize)?))).collect();
    let (_, first) = parts.first().ok_or_else(gone)?;
    let only_failing = asked.has("failing");
    let (all, results) = measured(lot, &numbers, only_failing)?;
    let rows: Vec<Row> =
        results.iter().map(|((test, element), cells)| row(job, lot, asked, (*test, *element), cells)).collect();
    let suspicions = lot.usual_screening()?.suspicions.iter().filter(|of| numbers.contains(&of.part));
    let suspicions = suspicions.map(|of| lot.told(of));
    let heading = match first.at {
        Some((x, y)) => format!("芯片 X {x} Y {y}"),
        None => format!("芯片 {}", if first.id.is_empty() { "（无编号）" } else { &first.id }),
    };
    Ok(DiePage {
        frame: Frame::new(job, &view.report.selection, asked, Tab::Wafers, job.job.title.clone()),
        heading,
        facts: facts(lot, first),
        attempts: parts.iter().map(|(number, part)| attempt(lot, *number, part, selected)).collect(),
        suspicions: suspicions.collect(),
        hidden: all - rows.len(),
        rows,
        only_failing,
        toggle: format!("{}/die{}", base(job), asked.replaced("failing", (!only_failing).then_some("1"))),
        around: first.at.map(|at| around(job, lot, asked, at)).unwrap_or_default(),
    })
}

/// What these attempts measured, as much as fits on a page; and how many tests they executed
fn measured(lot: &Lot, numbers: &[u32], only_failing: bool) -> Result<(usize, Results), Failure> {
    // First which tests and with what verdict, then the values of those that are shown: values are what takes time.
    let mut executed: BTreeMap<(u32, u16), bool> = BTreeMap::new();
    for number in numbers {
        let mut look = |test: u32, element: u16, flags: u8| {
            *executed.entry((test, element)).or_default() |= Verdict::from_flags(flags) == Verdict::Failed;
            false
        };
        lot.dataset.results_of(*number, &mut look).map_err(fault)?;
    }
    let shown = executed.iter().filter(|(_, failed)| !only_failing || **failed).take(ON_A_PAGE);
    let mut results: Results = shown.map(|(test, _)| (*test, vec![None; numbers.len()])).collect();
    for (column, number) in numbers.iter().enumerate() {
        let wanted = |test: u32, element: u16, _: u8| results.contains_key(&(test, element));
        for result in lot.dataset.results_of(*number, wanted).map_err(fault)? {
            // A test executed twice in one attempt: the last one counts, as everywhere.
            if let Some(cell) = results.get_mut(&(result.test, result.element)).and_then(|cells| cells.get_mut(column))
            {
                *cell = Some((result.value, result.flags));
            }
        }
    }
    Ok((executed.len(), results))
}

fn facts(lot: &Lot, part: &Part) -> Vec<(&'static str, String)> {
    let run = lot.dataset.runs.get(part.run as usize);
    let wafer = part.wafer.and_then(|wafer| lot.dataset.wafers.get(wafer as usize));
    let facts = [
        ("批次", run.map(|run| run.lot.clone())),
        ("晶圆", wafer.map(|wafer| wafer.id.clone())),
        ("芯片编号", Some(part.id.clone())),
        ("产品", run.map(|run| run.product.clone())),
        ("程序", run.map(|run| run.program.clone())),
    ];
    let known = |(label, value): (&'static str, Option<String>)| {
        value.filter(|value| !value.is_empty()).map(|value| (label, value))
    };
    facts.into_iter().filter_map(known).collect()
}

fn attempt(lot: &Lot, number: u32, part: &Part, selected: &[bool]) -> Attempt {
    let soft = part.soft_bin.map(|bin| format!(" · 软 {bin}")).unwrap_or_default();
    let missing = usize::from(part.claimed_tests).saturating_sub(part.results as usize);
    let sampled = if missing > 0 { format!("（声称 {}）", part.claimed_tests) } else { String::new() };
    Attempt {
        number,
        counted: selected.get(number as usize).is_some_and(|selected| *selected),
        light: match part.passed() {
            Some(true) => Light::good(verdict(Some(true))),
            Some(false) => Light::bad(verdict(Some(false))),
            None => Light::unknown(verdict(None)),
        },
        place: format!("测试头 {} · 测试座 {}", part.head, part.site),
        bins: format!("硬 {}{soft}", part.hard_bin),
        seconds: if part.milliseconds > 0 {
            format!("{:.3} 秒", f64::from(part.milliseconds) / 1e3)
        } else {
            "—".to_owned()
        },
        results: format!("{}{sampled}", part.results),
        file: lot.dataset.runs.get(part.run as usize).map(|run| run.file.clone()).unwrap_or_default(),
    }
}

fn row(job: &Job, lot: &Lot, asked: &Asked, (test, element): (u32, u16), cells: &[Measured]) -> Row {
    let of = lot.dataset.tests.get(test as usize);
    let limits = of.map(|of| (of.low.map(f64::from), of.high.map(f64::from))).unwrap_or_default();
    let values = cells.iter().flatten().map(|(value, _)| f64::from(*value));
    let units = of.map_or("", |of| of.units.as_str());
    let measure = Measure::of(units, values.chain(limits.0).chain(limits.1));
    let is_measured = of.is_some_and(|of| matches!(of.kind, TestKind::Parametric | TestKind::MultipleResult));
    let cell = |cell: &Measured| match cell {
        None => ("—".to_owned(), None),
        Some((value, flags)) => {
            let verdict = Verdict::from_flags(*flags);
            let text = if is_measured && value.is_finite() { measure.number(f64::from(*value)) } else { String::new() };
            let light = match verdict {
                Verdict::Failed => Some(Light::bad("失效")),
                _ if text.is_empty() => Some(Light::good("过")),
                _ => None,
            };
            (text, light)
        }
    };
    let name = lot.test_name(test);
    let element_address = (element > 0).then(|| ("element", element.to_string()));
    Row {
        href: format!("{}/tests/{test}{}", base(job), asked.with(element_address)),
        name: if element > 0 { format!("{name} [{element}]") } else { name },
        limits: match limits {
            (None, None) => "—".to_owned(),
            (low, high) => format!("{} ～ {}", measure.maybe(low), measure.maybe(high)),
        },
        unit: measure.unit.clone(),
        cells: cells.iter().map(cell).collect(),
    }
}

/// Links to the neighbours that were tested.
fn around(job: &Job, lot: &Lot, asked: &Asked, (x, y): At) -> Vec<(&'static str, String)> {
    let Some(wafer) = asked.value::<usize>("wafer") else { return Vec::new() };
    let Some(map) = lot.map(asked.retest(), wafer) else { return Vec::new() };
    let neighbours = [("X−1", (-1, 0)), ("X＋1", (1, 0)), ("Y−1", (0, -1)), ("Y＋1", (0, 1))];
    let link = |(label, (dx, dy)): (&'static str, (i16, i16))| {
        let at = (x.checked_add(dx)?, y.checked_add(dy)?);
        map.dies.contains_key(&at).then(|| {
            let address = crate::wafers_page::die_address(wafer, at);
            (label, format!("{}/die{}", base(job), asked.with(address)))
        })
    };
    neighbours.into_iter().filter_map(link).collect()
}

impl DiePage {
    fn lamp(&self, light: &Light) -> Result<Markup, askama::Error> {
        Markup::of(&web::light(light))
    }
}
