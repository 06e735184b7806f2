//! A register and the pages of it.

use std::borrow::Cow;
use std::ops::Range;

use crate::cell::Cell;
use crate::column::{Column, Heading, Viewer};
use crate::query::{Query, RESERVED};

/// How the rows of a register are found in the state.
type Rows<S, R> = Box<dyn for<'a> Fn(&'a S, &'a Viewer) -> Found<'a, R> + Send + Sync>;

/// The rows a viewer may see, in their own order. Those of a long register are made only when they are shown, or when
/// something is asked of all of them.
pub struct Found<'a, R>(Rowlike<'a, R>);

enum Rowlike<'a, R> {
    Made(Vec<R>),
    ToMake { total: usize, make: Box<dyn Fn(usize) -> Option<R> + 'a> },
}

impl<'a, R> Found<'a, R> {
    /// One row for each of these records, made by `row` when it is needed; none for a record that is not there.
    pub fn each<K: 'a>(records: Vec<K>, row: impl Fn(&K) -> Option<R> + 'a) -> Self {
        let total = records.len();
        Self(Rowlike::ToMake { total, make: Box::new(move |place| row(records.get(place)?)) })
    }

    /// None at all.
    pub fn none() -> Self {
        Self(Rowlike::Made(Vec::new()))
    }

    fn total(&self) -> usize {
        match &self.0 {
            Rowlike::Made(rows) => rows.len(),
            Rowlike::ToMake { total, .. } => *total,
        }
    }

    /// The rows at these places.
    fn make(self, places: Range<usize>) -> Vec<R> {
        match self.0 {
            Rowlike::Made(rows) => rows.into_iter().skip(places.start).take(places.len()).collect(),
            Rowlike::ToMake { make, .. } => places.filter_map(make).collect(),
        }
    }
}

impl<R> From<Vec<R>> for Found<'_, R> {
    fn from(rows: Vec<R>) -> Self {
        Self(Rowlike::Made(rows))
    }
}

/// A register being declared, whose rows are `R`, found in a state `S`.
pub struct Declaration<S, R> {
    key: &'static str,
    title: Cow<'static, str>,
    description: Cow<'static, str>,
    rows: Rows<S, R>,
    columns: Vec<Column<R>>,
}

impl<S: 'static, R: 'static> Declaration<S, R> {
    /// One more column, at the right.
    pub fn column(mut self, column: Column<R>) -> Self {
        self.columns.push(column);
        self
    }

    /// The register.
    ///
    /// # Panics
    /// In debug builds when two columns share a key or a key is a reserved word of addresses.
    pub fn finish(self) -> Register<S> {
        for (index, column) in self.columns.iter().enumerate() {
            let key = column.heading.key;
            debug_assert!(!RESERVED.contains(&key), "台账 {} 的列名 {key} 是保留字", self.key);
            let earlier = self.columns.iter().take(index);
            debug_assert!(earlier.clone().all(|other| other.heading.key != key), "台账 {} 有两列 {key}", self.key);
        }
        let headings = self.columns.iter().map(|column| column.heading.clone()).collect();
        let Self { key, title, description, .. } = &self;
        Register { key, title: title.clone(), description: description.clone(), headings, source: Box::new(self) }
    }
}

/// A register over a state `S`. What its rows are is no longer seen from outside, so that registers can be kept
/// in one list.
pub struct Register<S> {
    /// Name in addresses: lower-case ASCII, stable.
    pub key: &'static str,
    /// What people call it.
    pub title: Cow<'static, str>,
    /// What stands in it, for the data dictionary.
    pub description: Cow<'static, str>,
    headings: Vec<Heading>,
    source: Box<dyn Source<S> + Send + Sync>,
}

/// One page of a register, or the whole of it for a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Heads of the columns this viewer sees.
    pub headings: Vec<Heading>,
    /// Cells, row by row, in the order of the headings.
    pub rows: Vec<Vec<Cell>>,
    /// Rows that match the query, on all pages.
    pub matching: usize,
    /// Rows this viewer may see.
    pub total: usize,
    /// Number of this page, from 1.
    pub number: usize,
    /// Number of pages, at least 1.
    pub pages: usize,
}

impl<S: 'static> Register<S> {
    /// Begins a register: name in addresses, title, what stands in it, and its rows for a viewer.
    pub fn declare<R: 'static>(
        key: &'static str,
        title: impl Into<Cow<'static, str>>,
        description: impl Into<Cow<'static, str>>,
        rows: impl Fn(&S, &Viewer) -> Vec<R> + Send + Sync + 'static,
    ) -> Declaration<S, R> {
        Self::declare_long(key, title, description, move |state, viewer| rows(state, viewer).into())
    }

    /// As [`Register::declare`], for a register that grows with the city: its rows are made when they are shown.
    pub fn declare_long<R: 'static>(
        key: &'static str,
        title: impl Into<Cow<'static, str>>,
        description: impl Into<Cow<'static, str>>,
        rows: impl for<'a> Fn(&'a S, &'a Viewer) -> Found<'a, R> + Send + Sync + 'static,
    ) -> Declaration<S, R> {
        let (title, description) = (title.into(), description.into());
        Declaration { key, title, description, rows: Box::new(rows), columns: Vec::new() }
    }

    /// Every column, whoever may see it.
    pub fn headings(&self) -> &[Heading] {
        &self.headings
    }

    /// The columns this viewer sees.
    pub fn headings_for<'a>(&'a self, viewer: &'a Viewer) -> impl Iterator<Item = &'a Heading> {
        self.headings.iter().filter(|heading| heading.visibility.admits(viewer))
    }

    /// The page a query asks for. A page number past the end gives the last page.
    pub fn page(&self, state: &S, viewer: &Viewer, query: &Query) -> Page {
        self.source.select(state, viewer, query, Some(query.size))
    }

    /// All rows that match a query, for a file.
    pub fn all(&self, state: &S, viewer: &Viewer, query: &Query) -> Page {
        self.source.select(state, viewer, query, None)
    }
}

/// A register whose row type is hidden.
trait Source<S> {
    fn select(&self, state: &S, viewer: &Viewer, query: &Query, size: Option<usize>) -> Page;
}

impl<S, R> Source<S> for Declaration<S, R> {
    fn select(&self, state: &S, viewer: &Viewer, query: &Query, size: Option<usize>) -> Page {
        let visible: Vec<&Column<R>> =
            self.columns.iter().filter(|column| column.heading.visibility.admits(viewer)).collect();
        let found = (self.rows)(state, viewer);
        let total = found.total();
        let chosen = if query.is_filtered() || !query.sort.is_empty() {
            let mut chosen = found.make(0..total);
            chosen.retain(|row| matches(&visible, query, row));
            for sort in query.sort.iter().rev() {
                if let Some(column) = visible.iter().find(|column| column.heading.key == sort.key) {
                    order_by(&mut chosen, column, sort.descending);
                }
            }
            Found::from(chosen)
        } else {
            found
        };
        let matching = chosen.total();
        let size = size.unwrap_or(matching).max(1);
        let pages = matching.div_ceil(size).max(1);
        let number = query.page.clamp(1, pages);
        let first = (number - 1) * size;
        let shown = chosen.make(first..(first + size).min(matching));
        let rows = shown.iter().map(|row| visible.iter().map(|column| (column.make)(row)).collect()).collect();
        let headings = visible.iter().map(|column| column.heading.clone()).collect();
        Page { headings, rows, matching, total, number, pages }
    }
}

/// Stable; each cell is made once. Nothing known stays last whichever way round.
fn order_by<R>(rows: &mut Vec<R>, column: &Column<R>, descending: bool) {
    let mut keyed: Vec<(Cell, R)> = rows.drain(..).map(|row| ((column.make)(&row), row)).collect();
    keyed.sort_by(|(a, _), (b, _)| match (a, b) {
        (Cell::None, _) | (_, Cell::None) => a.order(b),
        _ if descending => a.order(b).reverse(),
        _ => a.order(b),
    });
    rows.extend(keyed.into_iter().map(|(_, row)| row));
}

fn matches<R>(visible: &[&Column<R>], query: &Query, row: &R) -> bool {
    let filtered = visible.iter().filter_map(|column| Some((column, query.filters.get(column.heading.key)?)));
    for (column, filter) in filtered {
        if !filter.admits(&(column.make)(row)) {
            return false;
        }
    }
    let Some(text) = &query.text else { return true };
    let sought = text.to_lowercase();
    let mut searched = visible.iter().filter(|column| column.heading.filterable && !column.heading.kind.is_ordered());
    searched.any(|column| (column.make)(row).words().to_lowercase().contains(&sought))
}
