//! A data set: how far it is, and when it is done its yield, bins, claims, files and links for customers.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};
use chart::Bars;
use office::workbench::{Job, JobState};
use register::Light;
use testdata::language::Language;
use testdata::model::FileReport;
use testdata::selection::Retest;
use testdata::yields::{Bin, Tally, YieldReport};
use web::{Answer, Counter, Draft, Failure, Figure, Form, JobProgress, Markup, Page, Picture};

use crate::asked::Asked;
use crate::frame::{Frame, Tab, base};
use crate::lot::{self, Lot, beside};
use crate::new_page::spoken_size;
use crate::share_page::{Links, links};
use crate::words::policy;

/// Bins drawn in a Pareto.
const BINS: usize = 12;
/// Rows of a long table; more are in the report.
const ROWS: usize = 200;

#[derive(Template)]
#[template(path = "waiting.html")]
struct WaitingPage {
    title: String,
    files: Vec<String>,
    progress: JobProgress,
    base: String,
    draft: Draft,
}

#[derive(Template)]
#[template(path = "lot.html")]
struct LotPage {
    frame: Frame,
    base: String,
    suffix: String,
    figures: Vec<Figure>,
    sites: Vec<SiteLine>,
    wafers: Vec<(String, String, Counts)>,
    lots: Vec<(String, Counts)>,
    pareto: Picture,
    bins: Vec<BinLine>,
    soft_bins: Vec<BinLine>,
    differences: Vec<(&'static str, String, u32, u32)>,
    more_differences: usize,
    runs: Vec<RunLine>,
    files: Vec<FileLine>,
    links: Links,
    draft: Draft,
}

/// Counts of a group of parts as a row shows them.
struct Counts {
    total: usize,
    passed: usize,
    failed: usize,
    unjudged: usize,
    percent: String,
}

impl From<&Tally> for Counts {
    fn from(tally: &Tally) -> Self {
        let percent = tally.percent().map_or_else(|| "—".to_owned(), |percent| format!("{percent:.2}%"));
        Self { total: tally.total(), passed: tally.passed, failed: tally.failed, unjudged: tally.unjudged, percent }
    }
}

struct SiteLine {
    name: String,
    counts: Counts,
    light: Option<Light>,
}

struct BinLine {
    number: String,
    name: String,
    counts: Counts,
    share: String,
    cumulative: String,
}

struct RunLine {
    lot: String,
    product: String,
    program: String,
    step: String,
    tester: String,
    started: String,
    complete: bool,
    file: String,
}

struct FileLine {
    name: String,
    size: String,
    records: u64,
    lost: u64,
    remarks: Vec<String>,
    light: Light,
}

/// The data set, or how far the work on it is.
pub async fn show(counter: Counter, Path(id): Path<String>, asked: Asked, page: Page) -> Answer {
    let (job, folder) = lot::job(&counter, &id).await?;
    let page = page.title(job.job.title.clone()).crumb("测试数据", "/testdata");
    if job.state != JobState::Done {
        return waiting(page, &job);
    }
    let links = links(&counter, &job).await?;
    let lot = lot::open(job.job.id, folder, job.job.input.clone()).await?;
    beside(move || {
        let draft = page.form().fill([("days", "30")]);
        let content = content(&job, &lot, &asked, links, draft);
        page.show(&content)
    })
    .await
}

fn waiting(page: Page, job: &Job) -> Answer {
    let request: Option<crate::work::Request> = serde_json::from_str(&job.job.input).ok();
    let files = request.map(|request| request.files.into_iter().map(|file| file.name).collect()).unwrap_or_default();
    let (progress, draft, title) = (JobProgress::of(job), page.form(), job.job.title.clone());
    let page = if progress.is_under_way() { page.again_after(2) } else { page };
    page.show(&WaitingPage { title, files, progress, base: base(job), draft })
}

fn content(job: &Job, lot: &Lot, asked: &Asked, links: Links, draft: Draft) -> LotPage {
    let view = lot.view(asked.retest());
    let report = &view.report;
    let base = base(job);
    let wafers = view.maps.iter().enumerate().map(|(number, map)| {
        let mut tally = Tally::default();
        for die in map.dies.values() {
            match die.passed {
                Some(true) => tally.passed += 1,
                Some(false) => tally.failed += 1,
                None => tally.unjudged += 1,
            }
        }
        let name = if map.wafer.is_empty() { "（无编号）".to_owned() } else { map.wafer.clone() };
        (name, format!("{base}/wafers/{number}{}", asked.suffix()), Counts::from(&tally))
    });
    let differences = &report.differences;
    LotPage {
        frame: Frame::new(job, &report.selection, asked, Tab::Overview, job.job.title.clone()),
        figures: figures(report, asked.retest()),
        sites: sites(report),
        wafers: wafers.collect(),
        lots: report.lots.iter().map(|(lot, tally)| (lot.clone(), tally.into())).collect(),
        pareto: pareto(report),
        bins: bins(&report.hard_bins),
        soft_bins: bins(&report.soft_bins),
        differences: differences
            .iter()
            .take(ROWS)
            .map(|of| (of.record, Language::Chinese.claim(&of.about), of.claimed, of.counted))
            .collect(),
        more_differences: differences.len().saturating_sub(ROWS),
        runs: runs(lot),
        files: lot.dataset.files.iter().map(|of| file(lot, of)).collect(),
        suffix: asked.suffix(),
        base,
        links,
        draft,
    }
}

fn figures(report: &YieldReport, retest: Retest) -> Vec<Figure> {
    let by = |wanted: Retest| report.by_policy.iter().find(|(of, _)| *of == wanted).map(|(_, tally)| tally);
    let of = |tally: &Tally| format!("{} / {}", tally.passed, tally.total());
    let percent = |tally: &Tally| tally.percent().map_or_else(|| "—".to_owned(), |percent| format!("{percent:.2}"));
    let mut figures = Vec::new();
    for policy_of in [Retest::First, Retest::Last, Retest::All] {
        if let Some(tally) = by(policy_of) {
            let figure = Figure::new(format!("{}良率", policy(policy_of)), percent(tally), "%", of(tally));
            figures.push(if policy_of == retest { figure.light(Light::good("本页所取")) } else { figure });
        }
    }
    let selection = &report.selection;
    let repeats = Figure::new("复测", selection.repeats.to_string(), "次", format!("共 {} 颗", selection.unique));
    figures.push(if selection.unflagged_repeats > 0 {
        repeats.light(Light::watch(format!("{} 次未打复测标志", selection.unflagged_repeats)))
    } else {
        repeats
    });
    let count = report.differences.len();
    let claims = Figure::new("汇总记录不符", count.to_string(), "处", "由 PRR 重新累计核对");
    figures.push(claims.light(if count == 0 { Light::good("一致") } else { Light::watch("见下表") }));
    figures
}

/// Sites, and which of them fails more often than the others would explain: two-proportion z test against all others.
fn sites(report: &YieldReport) -> Vec<SiteLine> {
    let line = |((head, site), tally): (&(u8, u8), &Tally)| {
        let light = report.site_z((*head, *site)).map(|z| {
            if z > 3.0 {
                Light::bad(format!("失效偏多（z = {z:.1}）"))
            } else if z < -3.0 {
                Light::good(format!("失效偏少（z = {z:.1}）"))
            } else {
                Light::good("与其他测试座一致")
            }
        });
        SiteLine { name: format!("测试头 {head} · 测试座 {site}"), counts: tally.into(), light }
    };
    report.sites.iter().map(line).collect()
}

fn pareto(report: &YieldReport) -> Picture {
    let failing = report.hard_bins.iter().filter(|bin| bin.tally.passed < bin.tally.total());
    let rows = failing.take(BINS).map(|bin| {
        let name = if bin.name.is_empty() { String::new() } else { format!(" {}", bin.name) };
        (format!("分档 {}{name}", number(bin.number)), bin.tally.total() as f64)
    });
    let drawn = Bars::new("pareto", "失效硬分档", "颗").rows(rows).decimals(0).draw();
    Picture::new(&drawn, format!("失效最多的硬分档，最多画 {BINS} 个"))
}

fn number(bin: Option<u16>) -> String {
    bin.map_or_else(|| "无".to_owned(), |bin| bin.to_string())
}

fn bins(bins: &[Bin]) -> Vec<BinLine> {
    let line = |bin: &Bin| BinLine {
        number: number(bin.number),
        name: bin.name.clone(),
        counts: (&bin.tally).into(),
        share: format!("{:.2}%", bin.percent),
        cumulative: format!("{:.2}%", bin.cumulative_percent),
    };
    bins.iter().take(ROWS).map(line).collect()
}

fn runs(lot: &Lot) -> Vec<RunLine> {
    let line = |run: &testdata::model::Run| RunLine {
        lot: run.lot.clone(),
        product: run.product.clone(),
        program: run.program.clone(),
        step: run.step.clone(),
        tester: run.tester.clone(),
        started: match kernel::Timestamp::from_second(i64::from(run.started)) {
            Ok(at) if run.started > 0 => kernel::date::minute(at),
            _ => "—".to_owned(),
        },
        complete: run.complete,
        file: run.file.clone(),
    };
    lot.dataset.runs.iter().take(ROWS).map(line).collect()
}

fn file(lot: &Lot, file: &FileReport) -> FileLine {
    let is_cut = lot.dataset.runs.iter().any(|run| run.file == file.file && !run.complete);
    let light = match (file.records, file.damage.is_empty() && file.lost_bytes == 0) {
        (0, _) => Light::bad("没有读出"),
        (_, true) if is_cut => Light::watch("被截断"),
        (_, true) => Light::good("全部读出"),
        _ => Light::watch("部分读出"),
    };
    FileLine {
        name: file.file.clone(),
        size: spoken_size(file.bytes),
        records: file.records,
        lost: file.lost_bytes,
        remarks: file.damage.iter().chain(&file.notes).map(|line| Language::Chinese.remark(line)).collect(),
        light,
    }
}

/// Wishes the work ended.
pub async fn cancel(counter: Counter, Path(id): Path<String>, _: Form<()>) -> Answer {
    let (job, _) = lot::job(&counter, &id).await?;
    counter.hall.workbench().cancel(&job).await?;
    Ok(Redirect::to(&base(&job)).into_response())
}

/// Removes the data set with its files, results and links.
pub async fn discard(counter: Counter, Path(id): Path<String>, form: Form<Sure>) -> Answer {
    let (job, _) = lot::job(&counter, &id).await?;
    if form.read.is_none() {
        return Err(Failure::Unacceptable("请先勾选“我知道删除后无法恢复”，再删除。".into()));
    }
    counter.hall.workbench().discard(&job).await?;
    lot::close(job.job.id);
    Ok(Redirect::to("/testdata").into_response())
}

/// That nothing brings it back is known.
pub struct Sure;

impl web::FromFields for Sure {
    fn from_fields(reader: &mut web::Reader<'_>) -> Option<Self> {
        reader.must_tick("sure", "我知道删除后无法恢复").map(|()| Self)
    }
}

/// The report as one file that needs nothing else.
pub async fn report(counter: Counter, Path(id): Path<String>, asked: Asked) -> Answer {
    let (job, lot) = lot::lot(&counter, &id).await?;
    let name = format!("{}-report.html", job.job.title);
    let html = beside(move || Ok(testdata::report::html(&lot.dataset, &lot.view(asked.retest()).report, &[]))).await?;
    Ok(web::file(html.into_bytes(), "text/html; charset=utf-8", &name))
}

impl LotPage {
    fn lamp(&self, light: &Light) -> Result<Markup, askama::Error> {
        Markup::of(&web::light(light))
    }
}
