//! Two data sets side by side: yield, bins, and the tests that moved.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};
use office::workbench::JobState;
use register::{Cell, Column, Kind, Query, Register};
use testdata::model::Test;
use testdata::overview::TestOverview;
use testdata::yields::Tally;
use web::{Answer, Counter, Failure, Markup, Page, RegisterTable};

use crate::asked::Asked;
use crate::frame::{self, Frame, Tab, base};
use crate::lot::{self, Lot, beside, owner};
use crate::words::{POLICIES, policy};
use crate::work::KIND;

#[derive(Template)]
#[template(path = "compare.html")]
struct ComparePage {
    frame: Frame,
    here: String,
    kept: Vec<(String, String)>,
    others: Vec<(String, String, bool)>,
    against: Option<Against>,
}

struct Against {
    names: (String, String),
    yields: Vec<(&'static str, String, String, String)>,
    bins: Vec<BinLine>,
    tests: (usize, usize, usize),
    table: Markup,
}

struct BinLine {
    bin: String,
    here: String,
    there: String,
    difference: String,
    sure: bool,
}

/// One test that both have.
#[derive(Clone)]
struct Moved {
    test: Test,
    element: u16,
    href: String,
    here: TestOverview,
    there: TestOverview,
}

impl Moved {
    /// Difference of means in the first's standard deviations.
    fn shift(&self) -> Option<f64> {
        let deviation = self.here.deviation.filter(|deviation| *deviation > 0.0)?;
        Some((self.there.mean? - self.here.mean?) / deviation)
    }

    /// Ratio of standard deviations.
    fn ratio(&self) -> Option<f64> {
        Some(self.there.deviation? / self.here.deviation.filter(|deviation| *deviation > 0.0)?)
    }

    fn failing(of: &TestOverview) -> f64 {
        100.0 * of.failed as f64 / of.executed.max(1) as f64
    }
}

static MOVED: LazyLock<Register<Vec<Moved>>> = LazyLock::new(|| {
    let real = |key, label: &'static str, of: fn(&Moved) -> Option<f64>| {
        Column::new(key, label, move |row: &Moved| of(row).into()).kind(Kind::Real).sortable()
    };
    let size = |value: Option<f64>| value.map(f64::abs);
    Register::declare("moved-tests", "测试项对比", "两批都有的测试项。", |rows: &Vec<Moved>, _| {
        rows.clone()
    })
    .column(Column::new("number", "编号", |row: &Moved| Cell::text(row.test.number.to_string())).filterable())
    .column(
        Column::new("name", "名称", |row: &Moved| {
            let name =
                if row.element > 0 { format!("{} [{}]", row.test.name, row.element) } else { row.test.name.clone() };
            Cell::link(if name.is_empty() { "（无名称）".to_owned() } else { name }, row.href.clone())
        })
        .filterable(),
    )
    .column(Column::new("units", "单位", |row: &Moved| Cell::text(row.test.units.clone())))
    .column(real("mean", "均值：本批", |row| row.here.mean))
    .column(real("other_mean", "均值：对方", |row| row.there.mean))
    .column(
        real("shift", "|均值差| ÷ σ", |row| row.shift().map(f64::abs))
            .filterable()
            .describe("均值之差的绝对值 ÷ 本批总体标准差"),
    )
    .column(real("ratio", "σ 之比", |row| row.ratio()).describe("对方的总体标准差 ÷ 本批的"))
    .column(real("ppk", "Ppk：本批", |row| row.here.ppk))
    .column(real("other_ppk", "Ppk：对方", |row| row.there.ppk))
    .column(real("failing", "失效 %：本批", |row| Some(Moved::failing(&row.here))))
    .column(real("other_failing", "失效 %：对方", |row| Some(Moved::failing(&row.there))))
    .column(
        Column::new("failing_shift", "失效 % 之差", move |row: &Moved| {
            size(Some(Moved::failing(&row.there) - Moved::failing(&row.here))).into()
        })
        .kind(Kind::Real)
        .sortable(),
    )
    .finish()
});

/// From the list: the first of two, compared with the second.
pub async fn two(asked: Asked) -> Answer {
    let (Some(a), Some(b)) = (asked.text("a"), asked.text("b")) else { return Err(Failure::not_found()) };
    let address = form_urlencoded::Serializer::new(String::new()).append_pair("with", b).finish();
    let id: office::workbench::JobId = a.parse().map_err(|_| Failure::not_found())?;
    Ok(Redirect::to(&format!("/testdata/{id}/compare?{address}")).into_response())
}

/// One data set compared with another of the same firm.
pub async fn compare(counter: Counter, Path(id): Path<String>, asked: Asked, page: Page) -> Answer {
    let (job, here) = lot::lot(&counter, &id).await?;
    let firm = owner(&counter).ok_or_else(Failure::not_found)?;
    let jobs = counter.hall.workbench().of(firm, KIND, 500).await?;
    let chosen = asked.text("with").map(str::to_owned);
    let others: Vec<(String, String, bool)> = jobs
        .iter()
        .filter(|other| other.state == JobState::Done && other.job.id != job.job.id)
        .map(|other| {
            (other.job.id.to_string(), other.job.title.clone(), chosen.as_deref() == Some(&other.job.id.to_string()))
        })
        .collect();
    let there = match &chosen {
        Some(id) if *id != job.job.id.to_string() => Some(lot::lot(&counter, id).await?),
        _ => None,
    };
    beside(move || {
        let retest = asked.retest();
        let suffix = asked.suffix();
        let page = frame::page(page, &job, &suffix, "批次对比");
        let mut content = ComparePage {
            frame: Frame::new(&job, &here.view(retest).report.selection, &asked, Tab::Compare, job.job.title.clone()),
            here: format!("{}/compare", base(&job)),
            kept: asked.besides(&["with", "page"]).into_iter().filter(|(name, _)| name == "retest").collect(),
            others,
            against: None,
        };
        let Some((other, there)) = there else { return page.show(&content) };
        let rows = moved(&here, &there, &asked, &base(&job))?;
        let query = query(&counter, page.query());
        let names = (job.job.title.clone(), other.job.title.clone());
        let common = rows.len();
        let in_table = move |table: RegisterTable<'_>| {
            content.against = Some(Against {
                yields: yields(&here, &there, &asked),
                bins: bins(&here, &there, &asked),
                tests: (common, here.dataset.tests.len(), there.dataset.tests.len()),
                table: Markup::of(&table)?,
                names,
            });
            Markup::of(&content)
        };
        web::show_rows(&counter, page, &MOVED, &rows, &query, in_table)
    })
    .await
}

fn query(counter: &Counter, raw: &str) -> Query {
    let (kept, own): (Vec<_>, Vec<_>) = form_urlencoded::parse(raw.as_bytes())
        .into_owned()
        .partition(|(name, _)| matches!(name.as_str(), "retest" | "with"));
    let own = form_urlencoded::Serializer::new(String::new()).extend_pairs(own).finish();
    let mut query = Query::parse(&MOVED, &counter.visitor.viewer(), &own);
    if query.sort.is_empty() {
        query.sort.push(register::Sort { key: "shift", descending: true });
    }
    query.kept.extend(kept.into_iter().filter(|(_, value)| !value.is_empty()));
    query
}

/// The tests that both have, by number, name and kind.
fn moved(here: &Arc<Lot>, there: &Arc<Lot>, asked: &Asked, base: &str) -> Result<Vec<Moved>, Failure> {
    let retest = asked.retest();
    let known: HashMap<(u32, &str, testdata::model::TestKind), usize> = there
        .dataset
        .tests
        .iter()
        .enumerate()
        .map(|(index, test)| ((test.number, test.name.as_str(), test.kind), index))
        .collect();
    let theirs: HashMap<(u32, u16), &TestOverview> =
        there.overview(retest)?.iter().map(|row| ((row.test, row.element), row)).collect();
    let row = |row: &TestOverview| {
        let test = here.dataset.tests.get(row.test as usize)?;
        let other = *known.get(&(test.number, test.name.as_str(), test.kind))?;
        let there = *theirs.get(&(other as u32, row.element))?;
        let element = (row.element > 0).then(|| ("element", row.element.to_string()));
        let href = format!("{base}/tests/{}{}", row.test, asked.with(element));
        Some(Moved { test: test.clone(), element: row.element, href, here: row.clone(), there: there.clone() })
    };
    Ok(here.overview(retest)?.iter().filter_map(row).collect())
}

fn percent(tally: &Tally) -> String {
    tally.percent().map_or_else(|| "—".to_owned(), |percent| format!("{percent:.2}%"))
}

fn yields(here: &Lot, there: &Lot, asked: &Asked) -> Vec<(&'static str, String, String, String)> {
    let (ours, theirs) = (&here.view(asked.retest()).report.by_policy, &there.view(asked.retest()).report.by_policy);
    let of = |rows: &[(testdata::selection::Retest, Tally)], wanted| {
        rows.iter().find(|(of, _)| *of == wanted).map(|(_, tally)| *tally).unwrap_or_default()
    };
    POLICIES
        .iter()
        .map(|(retest, _, _)| {
            let (a, b) = (of(ours, *retest), of(theirs, *retest));
            let difference = a.percent().zip(b.percent()).map(|(a, b)| format!("{:+.2}", b - a));
            (policy(*retest), percent(&a), percent(&b), difference.unwrap_or_default())
        })
        .collect()
}

/// Shares of hardware bins, with the two-proportion z test.
fn bins(here: &Lot, there: &Lot, asked: &Asked) -> Vec<BinLine> {
    let reports = [here, there].map(|lot| &lot.view(asked.retest()).report);
    let totals = reports.map(|report| report.total.total() as f64);
    let mut counts: BTreeMap<Option<u16>, [usize; 2]> = BTreeMap::new();
    for (side, report) in reports.iter().enumerate() {
        for bin in &report.hard_bins {
            counts.entry(bin.number).or_default()[side] += bin.tally.total();
        }
    }
    let mut rows: Vec<(Option<u16>, [f64; 2], f64)> = counts
        .into_iter()
        .map(|(bin, counts)| {
            let shares = [counts[0] as f64 / totals[0].max(1.0), counts[1] as f64 / totals[1].max(1.0)];
            let pooled = (counts[0] + counts[1]) as f64 / (totals[0] + totals[1]).max(1.0);
            let error = (pooled * (1.0 - pooled) * (1.0 / totals[0].max(1.0) + 1.0 / totals[1].max(1.0))).sqrt();
            (bin, shares, if error > 0.0 { (shares[1] - shares[0]) / error } else { 0.0 })
        })
        .collect();
    rows.sort_by(|(a, left, _), (b, right, _)| {
        let apart = |shares: &[f64; 2]| (shares[1] - shares[0]).abs();
        apart(right).total_cmp(&apart(left)).then(a.cmp(b))
    });
    let line = |(bin, shares, z): (Option<u16>, [f64; 2], f64)| BinLine {
        bin: bin.map_or_else(|| "无".to_owned(), |bin| bin.to_string()),
        here: format!("{:.2}%", shares[0] * 100.0),
        there: format!("{:.2}%", shares[1] * 100.0),
        difference: format!("{:+.2}", (shares[1] - shares[0]) * 100.0),
        sure: z.abs() > 3.0,
    };
    rows.into_iter().take(30).map(line).collect()
}
