//! Good parts that should not ship: by which rules, which parts, why, and new bins for other programs.

use std::io::{self, Write};
use std::sync::Arc;

use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use office::workbench::Job;
use stdf::Reader;
use testdata::export::{self, Rebin};
use testdata::screening::{Method, Rules, Screening, Suspicion};
use tokio::sync::mpsc;
use web::{Answer, Counter, Failure, Page};

use crate::asked::Asked;
use crate::frame::{self, Frame, Tab, base};
use crate::lot::{self, Lot, Screened, beside};
use crate::words::{method, suspicion_for_files};
use crate::work::path_of;

/// Suspected parts on one page.
const ON_A_PAGE: usize = 200;
/// The bin suspected parts get unless another is asked for.
const NEW_BIN: u16 = 200;

#[derive(Template)]
#[template(path = "outliers.html")]
struct OutliersPage {
    frame: Frame,
    here: String,
    kept: Vec<(String, String)>,
    fields: Fields,
    found: Option<Found>,
    under_way: Option<(usize, usize)>,
}

/// The rules as typed.
struct Fields {
    pat: String,
    is_static: bool,
    residual: String,
    neighbourhood: String,
    position: String,
    cluster: String,
    bin: String,
}

struct Found {
    parts: usize,
    selected: usize,
    methods: Vec<(&'static str, usize, String)>,
    tests: (usize, usize),
    rows: Vec<Row>,
    pages: Vec<(usize, String, bool)>,
    downloads: Vec<(String, String)>,
    yields: (String, String),
}

struct Row {
    href: String,
    lot: String,
    wafer: String,
    at: String,
    id: String,
    site: u8,
    old: u16,
    reasons: Vec<String>,
}

/// The rules an address asks for; the usual ones when it says nothing.
fn rules(asked: &Asked) -> Rules {
    if !asked.has("set") {
        return Rules::default();
    }
    let positive = |name: &str| asked.value::<f64>(name).filter(|value| value.is_finite() && *value > 0.0);
    let share = |name: &str| positive(name).map(|percent| (percent / 100.0).min(1.0));
    Rules {
        pat: positive("pat"),
        pat_is_static: asked.text("limits") == Some("static"),
        pat_least: Rules::default().pat_least,
        residual: positive("nnr"),
        neighbourhood: share("gdbn"),
        position: share("zpat"),
        cluster: asked.value::<usize>("cluster").filter(|count| *count > 0),
    }
}

fn fields(rules: &Rules, asked: &Asked) -> Fields {
    let text = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let percent = |value: Option<f64>| text(value.map(|value| (value * 1e4).round() / 100.0));
    Fields {
        pat: text(rules.pat),
        is_static: rules.pat_is_static,
        residual: text(rules.residual),
        neighbourhood: percent(rules.neighbourhood),
        position: percent(rules.position),
        cluster: rules.cluster.map(|count| count.to_string()).unwrap_or_default(),
        bin: bin(asked).to_string(),
    }
}

fn bin(asked: &Asked) -> u16 {
    asked.value("bin").unwrap_or(NEW_BIN)
}

/// The suspected parts, or their new bins as a file.
pub async fn outliers(counter: Counter, Path(id): Path<String>, asked: Asked, page: Page) -> Answer {
    let (job, lot) = lot::lot(&counter, &id).await?;
    let rules = rules(&asked);
    let usual = rules == Rules::default() && asked.retest() == testdata::selection::Retest::Last;
    let screened = if usual {
        Screened::Found(Arc::new(lot.usual_screening()?.clone()))
    } else {
        lot.screened(asked.retest(), rules).await?
    };
    let screening = match screened {
        Screened::Found(screening) => screening,
        Screened::UnderWay(done, total) => {
            let mut content = content(&job, &lot, &asked, &rules);
            content.under_way = Some((done, total));
            return frame::page(page, &job, &asked.suffix(), "异常筛查").again_after(3).show(&content);
        }
    };
    if let Some(format) = asked.text("format") {
        return download(&counter, &job, &lot, &asked, &screening, format).await;
    }
    beside(move || {
        let mut content = content(&job, &lot, &asked, &rules);
        content.found = Some(found(&job, &lot, &asked, &screening));
        frame::page(page, &job, &asked.suffix(), "异常筛查").show(&content)
    })
    .await
}

fn content(job: &Job, lot: &Lot, asked: &Asked, rules: &Rules) -> OutliersPage {
    let selection = &lot.view(asked.retest()).report.selection;
    OutliersPage {
        frame: Frame::new(job, selection, asked, Tab::Outliers, job.job.title.clone()),
        here: format!("{}/outliers", base(job)),
        kept: asked.besides(&["set", "pat", "limits", "nnr", "gdbn", "zpat", "cluster", "bin", "page", "format"]),
        fields: fields(rules, asked),
        found: None,
        under_way: None,
    }
}

fn found(job: &Job, lot: &Lot, asked: &Asked, screening: &Screening) -> Found {
    let view = lot.view(asked.retest());
    let parts = screening.parts();
    let methods = [Method::Pat, Method::Residual, Method::Neighbourhood, Method::Position, Method::Cluster];
    let stated = |of: Method| match of {
        Method::Pat => "中位数 ± k × (Q3 − Q1) ÷ 1.35，四分位线性插值（n − 1），只取良品（AEC-Q001）",
        Method::Residual => "与周围 8 颗中位数之差，超出全片残差的稳健限",
        Method::Neighbourhood => "良品周围 8 颗中失效的占比达到阈值；片外和未测的不计",
        Method::Position => "同一位置在各片上失效的占比达到阈值",
        Method::Cluster => "相连（含对角）的失效达到颗数，其外一圈良品",
    };
    let counted = methods.into_iter().map(|of| {
        let mut by: Vec<u32> = screening.suspicions.iter().filter(|one| one.method == of).map(|one| one.part).collect();
        by.dedup();
        (method(of), by.len(), stated(of).to_owned())
    });
    let pages = parts.len().div_ceil(ON_A_PAGE).max(1);
    let here = asked.value::<usize>("page").unwrap_or(1).clamp(1, pages);
    let shown = parts.keys().skip((here - 1) * ON_A_PAGE).take(ON_A_PAGE);
    let total = &view.report.total;
    let percent = |passed: usize| format!("{:.2}%", 100.0 * passed as f64 / total.total().max(1) as f64);
    Found {
        parts: parts.len(),
        selected: view.report.selection.parts.len(),
        methods: counted.collect(),
        tests: (screening.tests_screened, screening.tests_left_out),
        rows: shown.map(|part| row(job, lot, asked, screening, *part)).collect(),
        pages: if pages > 1 {
            (1..=pages)
                .map(|number| (number, asked.replaced("page", Some(&number.to_string())), number == here))
                .collect()
        } else {
            Vec::new()
        },
        downloads: downloads(lot, asked),
        yields: (percent(total.passed), percent(total.passed.saturating_sub(parts.len()))),
    }
}

fn row(job: &Job, lot: &Lot, asked: &Asked, screening: &Screening, number: u32) -> Row {
    let dataset = &lot.dataset;
    let part = dataset.parts.get(number as usize);
    let wafer = part.and_then(|part| part.wafer).and_then(|wafer| dataset.wafers.get(wafer as usize));
    let run = part.and_then(|part| dataset.runs.get(part.run as usize));
    let first = screening.suspicions.partition_point(|of| of.part < number);
    let own = screening.suspicions[first..].iter().take_while(|of| of.part == number);
    let all: Vec<String> = own.map(|of| lot.told(of)).collect();
    let more = all.len().saturating_sub(4);
    let mut reasons: Vec<String> = all.into_iter().take(4).collect();
    if more > 0 {
        reasons.push(format!("另有 {more} 条"));
    }
    Row {
        href: format!("{}/die{}", base(job), asked.with([("part", number.to_string())])),
        lot: run.map(|run| run.lot.clone()).unwrap_or_default(),
        wafer: wafer.map(|wafer| wafer.id.clone()).unwrap_or_default(),
        at: part.and_then(|part| part.at).map(|(x, y)| format!("{x}, {y}")).unwrap_or_default(),
        id: part.map(|part| part.id.clone()).unwrap_or_default(),
        site: part.map_or(0, |part| part.site),
        old: part.map_or(0, |part| part.hard_bin),
        reasons,
    }
}

fn test_of(lot: &Lot, of: &Suspicion) -> String {
    of.test.map(|test| lot.test_name(test)).unwrap_or_default()
}

/// Files offered: a list in two formats, a map for each wafer, and each tester file with new bins.
fn downloads(lot: &Lot, asked: &Asked) -> Vec<(String, String)> {
    let address = |format: &str, which: Option<(&str, usize)>| {
        let address = asked.replaced("format", Some(format));
        which.map_or(address.clone(), |(name, number)| format!("{address}&{name}={number}"))
    };
    let mut offered =
        vec![("清单 Excel".to_owned(), address("xlsx", None)), ("清单 CSV".to_owned(), address("csv", None))];
    for (number, map) in lot.view(asked.retest()).maps.iter().enumerate() {
        offered.push((format!("SEMI E142 图：{}", map.wafer), address("e142", Some(("wafer", number)))));
    }
    for (number, file) in lot.request.files.iter().enumerate() {
        if lot.dataset.runs.iter().any(|run| run.file == file.name) {
            offered.push((format!("改了分档的 STDF：{}", file.name), address("stdf", Some(("file", number)))));
        }
    }
    offered
}

async fn download(
    counter: &Counter,
    job: &Job,
    lot: &Arc<Lot>,
    asked: &Asked,
    screening: &Screening,
    format: &str,
) -> Answer {
    let rebins = screening.rebins(bin(asked), |of| suspicion_for_files(of, &test_of(lot, of)));
    let title = job.job.title.clone();
    let wafer = asked.value("wafer");
    let (retest, lot) = (asked.retest(), lot.clone());
    let failed = |error: &dyn std::fmt::Display| Failure::Fault(error.to_string());
    match format {
        "csv" => {
            beside(move || {
                let mut bytes = "\u{feff}".as_bytes().to_vec();
                export::csv(&lot.dataset, &rebins, &mut bytes).map_err(|error| failed(&error))?;
                Ok(web::file(bytes, "text/csv; charset=utf-8", &format!("{title}-outliers.csv")))
            })
            .await
        }
        "xlsx" => {
            beside(move || {
                let bytes = export::excel(&lot.dataset, &rebins).map_err(|error| failed(&error))?;
                let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
                Ok(web::file(bytes, kind, &format!("{title}-outliers.xlsx")))
            })
            .await
        }
        "e142" => {
            beside(move || {
                let map = wafer.and_then(|number| lot.map(retest, number)).ok_or_else(Failure::not_found)?;
                let mut bytes = Vec::new();
                export::e142(map, &rebins, &mut bytes).map_err(|error| failed(&error))?;
                Ok(web::file(bytes, "application/xml", &format!("{title}-{}.xml", map.wafer)))
            })
            .await
        }
        "stdf" => corrected(counter, &lot, asked, rebins),
        other => Err(Failure::Unacceptable(format!("没有“{other}”这种格式，可选 xlsx、csv、e142、stdf。").into())),
    }
}

/// A tester file with new bins, sent as it is written: it can be as large as what came in.
fn corrected(counter: &Counter, lot: &Arc<Lot>, asked: &Asked, rebins: Vec<Rebin>) -> Answer {
    let number = asked.value::<usize>("file").ok_or_else(Failure::not_found)?;
    let source = lot.request.files.get(number).ok_or_else(Failure::not_found)?;
    let owner = lot::owner(counter).ok_or_else(Failure::not_found)?;
    let path = path_of(source, lot.folder(), crate::settings::tester_folder(), owner);
    let gone = || Failure::NotFound(format!("原文件“{}”已经不在，无法改写。请重新上传后再导出。", source.name).into());
    let mut reader = path.and_then(|path| Reader::open(path).ok()).ok_or_else(gone)?;
    // Parts are numbered across files; the file's own numbers begin with its first part.
    let is_own = |part: &testdata::model::Part| {
        lot.dataset.runs.get(part.run as usize).is_some_and(|run| run.file == source.name)
    };
    let first = (0u32..).zip(&lot.dataset.parts).find(|(_, part)| is_own(part)).map_or(0, |(number, _)| number);
    let own = rebins.into_iter().filter(|rebin| lot.dataset.parts.get(rebin.part as usize).is_some_and(is_own));
    let own: Vec<Rebin> = own.map(|rebin| Rebin { part: rebin.part - first, ..rebin }).collect();
    let (sender, receiver) = mpsc::channel(4);
    tokio::task::spawn_blocking(move || {
        let mut target = Sending { sender: sender.clone(), buffer: Vec::with_capacity(PIECE) };
        let written =
            export::stdf(&mut reader, &own, &mut target).map_err(io::Error::other).and_then(|_| target.flush());
        if let Err(error) = written {
            // The connection breaks off, so that nobody takes half a file for a whole one.
            let _ = sender.blocking_send(Err(error));
        }
    });
    let pieces = futures_of(receiver);
    let stem = source.name.rsplit('/').next().unwrap_or_default();
    let stem = stem.split('.').next().unwrap_or("corrected");
    let mut response: Response = Body::from_stream(pieces).into_response();
    let encoded: String = form_urlencoded::byte_serialize(format!("{stem}-corrected.stdf").as_bytes()).collect();
    let disposition = format!("attachment; filename*=UTF-8''{}", encoded.replace('+', "%20"));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// Bytes sent at once.
const PIECE: usize = 1 << 18;

/// Writes into a response, piece by piece; waits when the other end is slow.
struct Sending {
    sender: mpsc::Sender<io::Result<Bytes>>,
    buffer: Vec<u8>,
}

impl Write for Sending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let piece = Bytes::from(std::mem::replace(&mut self.buffer, Vec::with_capacity(PIECE)));
        self.sender.blocking_send(Ok(piece)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

fn futures_of(receiver: mpsc::Receiver<io::Result<Bytes>>) -> impl futures::Stream<Item = io::Result<Bytes>> {
    futures::stream::unfold(receiver, async |mut receiver| receiver.recv().await.map(|piece| (piece, receiver)))
}
