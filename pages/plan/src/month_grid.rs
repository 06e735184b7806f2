//! Units × months: who reported what when, as symbols with words.

use std::collections::BTreeMap;

use askama::Template;
use askama::filters::HtmlSafe;
use kernel::Anchor;
use plan::Month;
use plan::lights::{Light, MonthCell, MonthState, Signal, Standing, UnitStanding};
use plan::progress::ReportKey;
use register::Tone;

use crate::view::View;
use crate::{place, words};

/// Every month since the start, unit by unit.
#[derive(Template)]
#[template(path = "month_grid.html")]
pub struct MonthGrid {
    years: Vec<(i16, usize)>,
    months: Vec<Month>,
    rows: Vec<Row>,
}

impl HtmlSafe for MonthGrid {}

struct Row {
    name: String,
    href: String,
    cells: Vec<Option<Cell>>,
}

struct Cell {
    tone: Tone,
    /// What stands beside the symbol: the percentage, or nothing.
    text: String,
    words: String,
    href: Option<String>,
}

impl MonthGrid {
    /// Of a task or measure. `linked`: each month leads to its report.
    pub fn of(view: &View, subject: &Anchor, standing: &Standing, suffix: &str, linked: bool) -> Self {
        let all = || standing.units.iter().flat_map(|unit| &unit.months).map(|cell| cell.month);
        let months: Vec<Month> = match (all().min(), all().max()) {
            (Some(first), Some(last)) => first.until(last).collect(),
            _ => Vec::new(),
        };
        let mut years: Vec<(i16, usize)> = Vec::new();
        for month in &months {
            match years.last_mut() {
                Some((year, count)) if *year == month.year() => *count += 1,
                _ => years.push((month.year(), 1)),
            }
        }
        let rows = standing.units.iter().map(|unit| row(view, subject, unit, &months, suffix, linked)).collect();
        Self { years, months, rows }
    }

    /// Whether there is any month to show.
    pub fn is_empty(&self) -> bool {
        self.months.is_empty()
    }
}

fn row(view: &View, subject: &Anchor, unit: &UnitStanding, months: &[Month], suffix: &str, linked: bool) -> Row {
    let rated = unit.signal != Signal::Received;
    let known: BTreeMap<Month, &MonthCell> = unit.months.iter().map(|cell| (cell.month, cell)).collect();
    let cell = |month: &Month| {
        let found = known.get(month)?;
        let key =
            ReportKey { plan: view.key.clone(), subject: subject.clone(), unit: unit.unit.clone(), month: found.month };
        let is_there = linked && view.state.plan.report(&key).is_some();
        let href = is_there.then(|| format!("{}{suffix}", place::report(&key)));
        Some(Cell { href, ..cell_of(found, rated) })
    };
    Row {
        name: unit.name.clone().unwrap_or_else(|| words::unit_name(view, &unit.unit)),
        href: format!("{}{suffix}", place::unit(&unit.unit)),
        cells: months.iter().map(cell).collect(),
    }
}

fn cell_of(cell: &MonthCell, rated: bool) -> Cell {
    let percent = match cell.state {
        MonthState::InTime(percent) | MonthState::Late(percent, _) => Some(percent.get()),
        MonthState::Open | MonthState::Missing(_) => None,
    };
    let how = match cell.state {
        MonthState::Open => "尚未到期".to_owned(),
        MonthState::InTime(_) if !rated => "收悉".to_owned(),
        MonthState::Missing(_) | MonthState::Late(..) if !rated => "未按期收到".to_owned(),
        MonthState::InTime(_) => "按期报送".to_owned(),
        MonthState::Late(_, late) => format!("逾期第 {late} 个月补报"),
        MonthState::Missing(late) => format!("逾期第 {late} 个月仍未报送"),
    };
    let tone = match (cell.state, cell.light) {
        (MonthState::Open, _) => Tone::Unknown,
        _ if !rated => Tone::Unknown,
        (_, Light::Green) => Tone::Good,
        (_, Light::Yellow) => Tone::Watch,
        (_, Light::Red) => Tone::Bad,
    };
    let planned = cell.planned.get();
    let progress = percent.map(|percent| format!("进度 {percent}%，")).unwrap_or_default();
    let words = format!("{}：{progress}计划 {planned}%，{how}", cell.month.label());
    Cell { tone, text: percent.map(|percent| percent.to_string()).unwrap_or_default(), words, href: None }
}
