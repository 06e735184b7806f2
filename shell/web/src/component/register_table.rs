//! A page of a register: filters, table, pages, files.

use askama::Template;
use askama::filters::HtmlSafe;
use register::{Cell, Heading, Kind, Page, Query};

use crate::component::{CellMarkup, cell};

/// A register's page as people see it. Filtering, ordering and paging are links and one form: all of it is in the
/// address.
#[derive(Clone, Debug, Template)]
#[template(path = "component/register_table.html")]
pub struct RegisterTable<'a> {
    title: &'a str,
    path: &'a str,
    page: &'a Page,
    query: &'a Query,
}

impl HtmlSafe for RegisterTable<'_> {}

impl<'a> RegisterTable<'a> {
    /// `path` is where the register is mounted; files are the same address with `format=xlsx`, `csv` or `json`.
    pub fn new(title: &'a str, path: &'a str, page: &'a Page, query: &'a Query) -> Self {
        Self { title, path, page, query }
    }

    fn cell(&self, content: &'a Cell) -> CellMarkup<'a> {
        cell(content)
    }

    fn columns(&self) -> impl Iterator<Item = (&'a Heading, Option<bool>)> {
        self.page.headings.iter().map(|heading| (heading, self.query.direction(heading.key)))
    }

    /// Numbers stand at the right; what is short by nature stays on one line.
    fn class(&self, column: &usize) -> Option<&'static str> {
        match self.page.headings.get(*column)?.kind {
            Kind::Money | Kind::Count | Kind::Rate | Kind::Real => Some("number"),
            Kind::Date | Kind::Instant | Kind::Light => Some("single"),
            Kind::Text => None,
        }
    }

    fn filters(&self) -> impl Iterator<Item = &'a Heading> {
        self.page.headings.iter().filter(|heading| heading.filterable)
    }

    /// Words can be sought at all.
    fn has_words(&self) -> bool {
        self.filters().any(|heading| !heading.kind.is_ordered())
    }

    fn has_filters(&self) -> bool {
        self.filters().next().is_some()
    }

    /// What the filter form carries on besides its own fields.
    fn kept(&self) -> Vec<(String, String)> {
        let beside = |name: &str| self.query.kept.iter().any(|(kept, _)| kept == name);
        let keeps = |name: &str| matches!(name, "sort" | "size") || beside(name);
        self.query.pairs().into_iter().filter(|(name, _)| keeps(name)).collect()
    }

    fn address(&self, query: &Query) -> String {
        match query.address() {
            address if address.is_empty() => self.path.to_owned(),
            address => format!("{}?{address}", self.path),
        }
    }

    fn sorted(&self, key: &&'static str) -> String {
        self.address(&self.query.sorted_by(key))
    }

    fn at(&self, number: &usize) -> String {
        self.address(&self.query.on_page(*number))
    }

    fn previous(&self) -> String {
        self.at(&(self.page.number - 1))
    }

    fn next(&self) -> String {
        self.at(&(self.page.number + 1))
    }

    fn file(&self, format: &str) -> String {
        let whole = self.query.on_page(1).address();
        let joint = if whole.is_empty() { "" } else { "&" };
        format!("{}?{whole}{joint}format={format}", self.path)
    }

    fn cleared(&self) -> String {
        let query = Query { kept: self.query.kept.clone(), sort: self.query.sort.clone(), ..Query::default() };
        self.address(&query)
    }

    /// A bound of a filter (`from`, `to`) as typed.
    fn bound(&self, heading: &Heading, bound: &str) -> String {
        self.query.typed(&format!("{}.{bound}", heading.key))
    }

    fn is_day(&self, heading: &Heading) -> bool {
        matches!(heading.kind, Kind::Date | Kind::Instant)
    }

    fn typed(&self, field: &str) -> String {
        self.query.typed(field)
    }

    /// Pages to offer: the first, the last, and those around this one; `None` is a gap.
    fn pages(&self) -> Vec<Option<usize>> {
        let (here, last) = (self.page.number, self.page.pages);
        let shown = |number: &usize| *number == 1 || *number == last || number.abs_diff(here) <= 2;
        let mut pages = Vec::new();
        for number in 1..=last {
            if shown(&number) {
                pages.push(Some(number));
            } else if pages.last() != Some(&None) {
                pages.push(None);
            }
        }
        pages
    }

    fn first_row(&self) -> usize {
        (self.page.number - 1) * self.query.size + 1
    }

    fn last_row(&self) -> usize {
        self.first_row() + self.page.rows.len() - 1
    }
}
