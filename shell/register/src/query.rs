//! What a reader asks of a register, as it stands in the address.

use std::collections::BTreeMap;

use form_urlencoded::Serializer;
use kernel::{Date, Money, Rate};

use crate::cell::{Cell, Kind};
use crate::column::Viewer;
use crate::declaration::Register;

/// Words of addresses that no column may be called.
pub(crate) const RESERVED: [&str; 6] = ["as_of", "format", "page", "q", "size", "sort"];

/// Page sizes a reader can choose.
const SIZES: [usize; 4] = [20, 50, 100, 200];

/// Filter, order and page of a register. Written to and read from the query part of an address, so that every view
/// of a register can be kept and sent on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Words sought in any column of words that can be filtered.
    pub text: Option<String>,
    /// What is asked of single columns, by key.
    pub filters: BTreeMap<&'static str, Filter>,
    /// Most important first.
    pub sort: Vec<Sort>,
    /// From 1.
    pub page: usize,
    /// Rows on a page.
    pub size: usize,
    /// What else stood in the address, kept as it was: `as_of`.
    pub kept: Vec<(String, String)>,
    /// What could not be understood, in words for the reader.
    pub problems: Vec<String>,
}

/// What is asked of one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// The cell contains these words, whatever their case.
    Contains(String),
    /// The cell is one of the column's choices.
    Is(String),
    /// The cell lies between two values, both included; [`Cell::None`] is no bound.
    Between(Cell, Cell),
}

/// One column by which rows are ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// Of the column.
    pub key: &'static str,
    /// Largest first.
    pub descending: bool,
}

impl Filter {
    /// Whether a cell is let through.
    pub fn admits(&self, cell: &Cell) -> bool {
        match self {
            Self::Contains(words) => cell.words().to_lowercase().contains(&words.to_lowercase()),
            Self::Is(choice) => cell.words() == choice.as_str(),
            Self::Between(from, to) => {
                let above = *from == Cell::None || from.order(cell).is_le();
                let below = *to == Cell::None || cell.order(to).is_le();
                *cell != Cell::None && above && below
            }
        }
    }
}

impl Default for Query {
    /// Everything in its own order, 50 rows a page.
    fn default() -> Self {
        Self {
            text: None,
            filters: BTreeMap::new(),
            sort: Vec::new(),
            page: 1,
            size: 50,
            kept: Vec::new(),
            problems: Vec::new(),
        }
    }
}

impl Query {
    /// From the query part of an address, over the columns this viewer sees. What cannot be understood is left out
    /// and told in [`Query::problems`].
    pub fn parse<S: 'static>(register: &Register<S>, viewer: &Viewer, raw: &str) -> Self {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            match name.as_ref() {
                "q" => query.text = Some(value.to_owned()),
                "page" => query.page = query.number("page", value).max(1),
                "size" => query.take_size(value),
                "sort" => query.take_sort(register, viewer, value),
                "format" => {}
                "as_of" => query.kept.push((name.into_owned(), value.to_owned())),
                _ => query.take_filter(register, viewer, &name, value),
            }
        }
        query
    }

    fn number(&mut self, name: &str, value: &str) -> usize {
        value.parse().unwrap_or_else(|_| {
            self.problems.push(format!("{name}=“{value}”不是页码或条数，已按默认显示。"));
            1
        })
    }

    fn take_size(&mut self, value: &str) {
        let size = self.number("size", value);
        self.size = SIZES.into_iter().find(|choice| *choice >= size).unwrap_or(200);
    }

    fn take_sort<S: 'static>(&mut self, register: &Register<S>, viewer: &Viewer, value: &str) {
        for part in value.split(',') {
            let (key, descending) = part.strip_prefix('-').map_or((part, false), |key| (key, true));
            match register.headings_for(viewer).find(|heading| heading.key == key && heading.sortable) {
                Some(heading) => self.sort.push(Sort { key: heading.key, descending }),
                None => self.problems.push(format!("不能按“{key}”排序。")),
            }
        }
    }

    fn take_filter<S: 'static>(&mut self, register: &Register<S>, viewer: &Viewer, name: &str, value: &str) {
        let (key, bound) = name.split_once('.').unwrap_or((name, ""));
        let found = register.headings_for(viewer).find(|heading| heading.key == key && heading.filterable);
        let Some(heading) = found else {
            self.problems.push(format!("不能按“{key}”筛选。"));
            return;
        };
        if !heading.kind.is_ordered() {
            let value = value.to_owned();
            let filter = if heading.choices.is_empty() { Filter::Contains(value) } else { Filter::Is(value) };
            self.filters.insert(heading.key, filter);
            return;
        }
        let Some(cell) = parse_cell(heading.kind, bound, value) else {
            self.problems.push(format!("{}的筛选值“{value}”应为{}。", heading.label, heading.kind.label()));
            return;
        };
        let filter = self.filters.entry(heading.key).or_insert(Filter::Between(Cell::None, Cell::None));
        if let Filter::Between(from, to) = filter {
            match bound {
                "from" => *from = cell,
                "to" => *to = cell,
                _ => (*from, *to) = (cell.clone(), cell),
            }
        }
    }

    /// Names and values for an address, in a fixed order.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = self.kept.clone();
        let mut add = |name: &str, value: String| pairs.push((name.to_owned(), value));
        if let Some(text) = &self.text {
            add("q", text.clone());
        }
        for (key, filter) in &self.filters {
            match filter {
                Filter::Contains(words) | Filter::Is(words) => add(key, words.clone()),
                Filter::Between(from, to) => {
                    for (bound, cell) in [("from", from), ("to", to)] {
                        if *cell != Cell::None {
                            add(&format!("{key}.{bound}"), cell.plain());
                        }
                    }
                }
            }
        }
        if !self.sort.is_empty() {
            let sign = |sort: &Sort| format!("{}{}", if sort.descending { "-" } else { "" }, sort.key);
            add("sort", self.sort.iter().map(sign).collect::<Vec<_>>().join(","));
        }
        if self.size != Self::default().size {
            add("size", self.size.to_string());
        }
        if self.page > 1 {
            add("page", self.page.to_string());
        }
        pairs
    }

    /// The query part of an address, without `?`.
    pub fn address(&self) -> String {
        Serializer::new(String::new()).extend_pairs(self.pairs()).finish()
    }

    /// The same view, another page.
    pub fn on_page(&self, page: usize) -> Self {
        Self { page, ..self.clone() }
    }

    /// The same rows ordered by a column; ordering by it again turns it round. Back to the first page.
    pub fn sorted_by(&self, key: &'static str) -> Self {
        let descending = self.sort.first().is_some_and(|sort| sort.key == key && !sort.descending);
        Self { sort: vec![Sort { key, descending }], page: 1, ..self.clone() }
    }

    /// How rows are ordered by this column: `Some(true)` is largest first.
    pub fn direction(&self, key: &str) -> Option<bool> {
        self.sort.first().filter(|sort| sort.key == key).map(|sort| sort.descending)
    }

    /// What was typed into a filter field, by its name (`district`, `revenue.from`).
    pub fn typed(&self, field: &str) -> String {
        self.pairs().into_iter().find(|(name, _)| name == field).map(|(_, value)| value).unwrap_or_default()
    }

    /// Whether rows are left out.
    pub fn is_filtered(&self) -> bool {
        self.text.is_some() || !self.filters.is_empty()
    }
}

/// A bound of a filter; a moment is bounded by days, from the first instant of one to the last of another.
fn parse_cell(kind: Kind, bound: &str, value: &str) -> Option<Cell> {
    match kind {
        Kind::Money => value.parse::<Money>().ok().map(Cell::Money),
        Kind::Count => value.replace(',', "").parse().ok().map(Cell::Count),
        Kind::Rate => value.parse::<Rate>().ok().map(Cell::Rate),
        Kind::Real => value.parse::<f64>().ok().filter(|real| real.is_finite()).map(Cell::from),
        Kind::Date => value.parse::<Date>().ok().map(Cell::Date),
        Kind::Instant => {
            let day = value.parse::<Date>().ok()?;
            let last = if bound == "from" { day.yesterday().ok()? } else { day };
            Some(Cell::Instant(kernel::date::end_of(last)))
        }
        Kind::Text | Kind::Light => None,
    }
}
