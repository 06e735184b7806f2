//! The tests of a data set: sorted, filtered, paged, exported. One row a test was computed when the files were read, so
//! that the table answers at once however many results there are.

use std::sync::{Arc, LazyLock};

use axum::extract::Path;
use register::{Cell, Column, Kind, Query, Register};
use testdata::overview::TestOverview;
use testdata::selection::Retest;
use web::{Answer, Counter, Markup, Page, RegisterTable};

use crate::asked::Asked;
use crate::frame::{self, Frame, Tab, base};
use crate::lot::{self, Lot, beside};
use crate::words::kind;

/// What the register is of: a data set under a policy.
struct Rows {
    lot: Arc<Lot>,
    retest: Retest,
    base: Arc<str>,
    suffix: Arc<str>,
}

/// One row, found by its place.
#[derive(Clone)]
struct Row {
    lot: Arc<Lot>,
    retest: Retest,
    base: Arc<str>,
    suffix: Arc<str>,
    index: usize,
}

impl Row {
    fn of(&self) -> Option<&TestOverview> {
        self.lot.overview(self.retest).ok()?.get(self.index)
    }

    fn cell<T: Into<Cell>>(&self, of: impl FnOnce(&TestOverview) -> T) -> Cell {
        self.of().map_or(Cell::None, |row| of(row).into())
    }

    fn test<T: Into<Cell>>(&self, of: impl FnOnce(&testdata::model::Test) -> T) -> Cell {
        let test = self.of().and_then(|row| self.lot.dataset.tests.get(row.test as usize));
        test.map_or(Cell::None, |test| of(test).into())
    }

    /// Name that leads to the test's page.
    fn link(&self) -> Cell {
        let Some(row) = self.of() else { return Cell::None };
        let Some(test) = self.lot.dataset.tests.get(row.test as usize) else { return Cell::None };
        let (mut href, mut name) = (format!("{}/tests/{}{}", self.base, row.test, self.suffix), test.name.clone());
        if name.is_empty() {
            name = "（无名称）".to_owned();
        }
        if row.element > 0 {
            href = format!("{href}{}element={}", if self.suffix.is_empty() { "?" } else { "&" }, row.element);
            name = format!("{name} [{}]", row.element);
        }
        Cell::link(name, href)
    }
}

fn count(of: usize) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}

static TESTS: LazyLock<Register<Rows>> = LazyLock::new(|| {
    let real = |key, label: &'static str, of: fn(&TestOverview) -> Option<f64>| {
        Column::new(key, label, move |row: &Row| row.cell(of)).kind(Kind::Real).sortable()
    };
    let rows = |over: &Rows, _: &register::Viewer| {
        let all = over.lot.overview(over.retest).map_or(0, <[_]>::len);
        let row = |index| Row {
            lot: over.lot.clone(),
            retest: over.retest,
            base: over.base.clone(),
            suffix: over.suffix.clone(),
            index,
        };
        (0..all).map(row).collect()
    };
    Register::declare("tests", "测试项", "一批测试数据的各个测试项。", rows)
        // Words, not a count: nobody adds test numbers up, and who seeks one types it.
        .column(
            Column::new("number", "编号", |row: &Row| row.test(|test| Cell::text(test.number.to_string())))
                .filterable(),
        )
        .column(Column::new("name", "名称", Row::link).sortable().filterable())
        .column(Column::new("kind", "种类", |row: &Row| row.test(|test| Cell::text(kind(test.kind)))).choices([
            "参数 PTR",
            "多值 MPR",
            "功能 FTR",
            "扫描 STR",
        ]))
        .column(Column::new("units", "单位", |row: &Row| row.test(|test| Cell::text(test.units.clone()))))
        .column(Column::new("low", "下限", |row: &Row| row.test(|test| test.low.map(f64::from))).kind(Kind::Real))
        .column(Column::new("high", "上限", |row: &Row| row.test(|test| test.high.map(f64::from))).kind(Kind::Real))
        .column(
            Column::new("executed", "执行", |row: &Row| row.cell(|of| count(of.executed))).kind(Kind::Count).sortable(),
        )
        .column(
            Column::new("failed", "失效", |row: &Row| row.cell(|of| count(of.failed)))
                .kind(Kind::Count)
                .sortable()
                .filterable()
                .describe("TEST_FLG 判为失效的次数"),
        )
        .column(real("mean", "均值", |of| of.mean))
        .column(real("deviation", "标准差", |of| of.deviation).describe("总体样本标准差（n − 1）"))
        .column(real("min", "最小", |of| of.min))
        .column(real("max", "最大", |of| of.max))
        .column(real("cp", "Cp", |of| of.cp).describe("组内标准差：按晶圆合并；只有一组时没有"))
        .column(real("cpk", "Cpk", |of| of.cpk).filterable().describe("组内标准差：按晶圆合并；只有一组时没有"))
        .column(real("pp", "Pp", |of| of.pp).describe("总体样本标准差（n − 1）"))
        .column(real("ppk", "Ppk", |of| of.ppk).filterable().describe("总体样本标准差（n − 1）"))
        .column(
            real("spread", "座间差", |of| of.site_spread).filterable().describe("各测试座均值的最大差 ÷ 总体标准差"),
        )
        .finish()
});

#[derive(askama::Template)]
#[template(
    source = r#"<div class="wide">{{ frame }}<p class="why">Cp、Cpk 用组内标准差（按晶圆合并，只有一组时没有）；Pp、Ppk 用总体样本标准差（n − 1）。座间差 = 各测试座均值的最大差 ÷ 总体标准差。点列名排序；限值、均值等都是基本单位。</p>{{ table }}</div>"#,
    ext = "html"
)]
struct TestsPage<'a> {
    frame: Frame,
    table: RegisterTable<'a>,
}

/// The table, or all matching rows as a file.
pub async fn browser(counter: Counter, Path(id): Path<String>, asked: Asked, page: Page) -> Answer {
    let (job, lot) = lot::lot(&counter, &id).await?;
    beside(move || {
        let retest = asked.retest();
        lot.overview(retest)?;
        let over = Rows { lot: lot.clone(), retest, base: base(&job).into(), suffix: asked.suffix().into() };
        let query = query(&counter, page.query());
        let page = frame::page(page, &job, &asked.suffix(), "测试项");
        let selection = &lot.view(retest).report.selection;
        let frame = Frame::new(&job, selection, &asked, Tab::Tests, job.job.title.clone());
        let content = |table: RegisterTable<'_>| Markup::of(&TestsPage { frame, table });
        web::show_rows(&counter, page, &TESTS, &over, &query, content)
    })
    .await
}

/// The register's own parameters; the policy is kept beside them.
fn query(counter: &Counter, raw: &str) -> Query {
    let (own, kept): (Vec<_>, Vec<_>) =
        form_urlencoded::parse(raw.as_bytes()).into_owned().partition(|(name, _)| name != "retest");
    let own = form_urlencoded::Serializer::new(String::new()).extend_pairs(own).finish();
    let mut query = Query::parse(&TESTS, &counter.visitor.viewer(), &own);
    query.kept.extend(kept.into_iter().filter(|(_, value)| !value.is_empty()));
    query
}
