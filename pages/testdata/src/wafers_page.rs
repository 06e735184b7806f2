//! All wafers of a data set at a glance, one of them large, all of them stacked.

use std::collections::HashMap;

use askama::Template;
use axum::extract::Path;
use office::workbench::Job;
use testdata::map::{WaferMap, stack};
use testdata::outliers::At;
use testdata::selection::measurements;
use web::{Answer, Counter, Failure, Markup, Page, Picture};

use crate::asked::Asked;
use crate::frame::{self, Frame, Tab, base};
use crate::lot::{self, Lot, beside, fault};
use crate::measure::Measure;
use crate::wafer_drawing::{self, Besides, BinSign, signs};

/// Wafers on one page of the gallery.
const ON_A_PAGE: usize = 50;
/// Dies listed below a large map.
const LISTED: usize = 300;
/// Parametric tests offered for colouring, worst capability first.
const OFFERED: usize = 60;

#[derive(Template)]
#[template(path = "wafers.html")]
struct WafersPage {
    frame: Frame,
    signs: Vec<BinSign>,
    maps: Vec<MapLine>,
    pages: Vec<(usize, String, bool)>,
    stacked: Option<Markup>,
    scale: Vec<(String, String)>,
    caption: String,
    worst: Vec<(At, String)>,
    orientation: String,
}

struct MapLine {
    href: String,
    picture: Picture,
}

fn good(map: &WaferMap) -> usize {
    map.dies.values().filter(|die| die.passed == Some(true)).count()
}

fn share(map: &WaferMap) -> f64 {
    100.0 * good(map) as f64 / map.dies.len().max(1) as f64
}

/// Small maps of all wafers, and all of them stacked.
pub async fn gallery(counter: Counter, Path(id): Path<String>, asked: Asked, page: Page) -> Answer {
    let (job, lot) = lot::lot(&counter, &id).await?;
    beside(move || {
        let content = gallery_content(&job, &lot, &asked);
        frame::page(page, &job, &asked.suffix(), "晶圆图").show(&content)
    })
    .await
}

fn gallery_content(job: &Job, lot: &Lot, asked: &Asked) -> WafersPage {
    let view = lot.view(asked.retest());
    let signs = signs(&view.maps);
    let last = view.maps.len().div_ceil(ON_A_PAGE).max(1);
    let here = asked.value::<usize>("page").unwrap_or(1).clamp(1, last);
    let shown = view.maps.iter().enumerate().skip((here - 1) * ON_A_PAGE).take(ON_A_PAGE);
    let maps = shown.map(|(number, map)| {
        let name = if map.wafer.is_empty() { format!("第 {} 片", number + 1) } else { map.wafer.clone() };
        let told = format!("{} 颗，良 {} 颗", map.dies.len(), good(map));
        let title = format!("晶圆 {name}，良率 {:.2}%", share(map));
        let drawn = wafer_drawing::small(map, &signs, &format!("wafer-{number}"), &title, &told);
        let picture = Picture::new(&drawn, format!("{name} · {:.1}%", share(map)));
        MapLine { href: format!("{}/wafers/{number}{}", base(job), asked.suffix()), picture }
    });
    let maps = maps.collect();
    let pages = (1..=last).map(|number| (number, asked.replaced("page", Some(&number.to_string())), number == here));
    let mut content = WafersPage {
        frame: Frame::new(job, &view.report.selection, asked, Tab::Wafers, job.job.title.clone()),
        signs,
        maps,
        pages: if last > 1 { pages.collect() } else { Vec::new() },
        stacked: None,
        scale: Vec::new(),
        caption: String::new(),
        worst: Vec::new(),
        orientation: String::new(),
    };
    if let [first, _, ..] = &view.maps[..] {
        stacked(&mut content, &view.maps, first);
    }
    content
}

fn stacked(content: &mut WafersPage, maps: &[WaferMap], first: &WaferMap) {
    let shares = stack(maps);
    let most = shares.values().copied().fold(0.0, f64::max);
    if most <= 0.0 {
        return;
    }
    content.stacked = Some(Markup::drawing(&wafer_drawing::stacked(first.layout, &shares, most)));
    content.scale = wafer_drawing::share_scale(most);
    content.caption = format!("{} 片晶圆叠加：每个位置失效的晶圆占比，最高 {:.0}%", maps.len(), most * 100.0);
    content.orientation = wafer_drawing::orientation(first.layout);
    let mut worst: Vec<(At, f64)> = shares.into_iter().collect();
    worst.sort_by(|(a, left), (b, right)| right.total_cmp(left).then(a.cmp(b)));
    content.worst = worst.into_iter().take(10).map(|(at, share)| (at, format!("{:.0}%", share * 100.0))).collect();
}

#[derive(Template)]
#[template(path = "wafer.html")]
struct WaferPage {
    frame: Frame,
    heading: String,
    base: String,
    here: String,
    previous: Option<String>,
    next: Option<String>,
    orientation: String,
    drawing: Markup,
    signs: Vec<BinSign>,
    scale: Vec<(String, String)>,
    colouring: String,
    tests: Vec<(u32, String, bool)>,
    kept: Vec<(String, String)>,
    again: Vec<DieLine>,
    failing: Vec<DieLine>,
    suspected: Vec<DieLine>,
    counts: (usize, usize, usize, usize),
    suffix: String,
}

struct DieLine {
    x: i16,
    y: i16,
    href: String,
    told: String,
}

/// One wafer, coloured by bin or by the values of one test.
pub async fn wafer(counter: Counter, Path((id, number)): Path<(String, usize)>, asked: Asked, page: Page) -> Answer {
    let (job, lot) = lot::lot(&counter, &id).await?;
    beside(move || {
        let content = wafer_content(&job, &lot, &asked, number)?;
        let title = content.heading.clone();
        let page = frame::page(page, &job, &asked.suffix(), &title);
        page.crumb("晶圆图", format!("{}/wafers{}", base(&job), asked.suffix())).show(&content)
    })
    .await
}

fn wafer_content(job: &Job, lot: &Lot, asked: &Asked, number: usize) -> Result<WaferPage, Failure> {
    let view = lot.view(asked.retest());
    let map = view.maps.get(number).ok_or_else(Failure::not_found)?;
    let (base, suffix) = (base(job), asked.suffix());
    let here = format!("{base}/wafers/{number}");
    let link = |at: At| format!("{}/die{}", frame::base(job), asked.with(die_address(number, at)));
    let reasons = lot.usual_screening()?.parts();
    // By position: what was found on the last attempt is shown under every policy.
    let attempts = lot.attempts(map);
    let suspected: HashMap<At, usize> = attempts
        .into_iter()
        .flatten()
        .filter_map(|(at, parts)| Some((*at, parts.iter().filter_map(|part| reasons.get(part)).copied().max()?)))
        .collect();
    let besides = Besides { lot, link: Box::new(link), suspected: suspected.keys().copied().collect() };
    let signs = signs(&view.maps);
    let chosen = asked.value::<u32>("test").filter(|test| (*test as usize) < lot.dataset.tests.len());
    let (drawing, scale, colouring) = match chosen {
        None => (wafer_drawing::bins(map, &signs, &besides), Vec::new(), "硬分档".to_owned()),
        Some(test) => by_value(lot, map, asked, test, &besides)?,
    };
    let name = if map.wafer.is_empty() { format!("第 {} 片", number + 1) } else { map.wafer.clone() };
    let neighbour = |number: usize| format!("{base}/wafers/{number}{}", asked.replaced("", None));
    let mut at: Vec<At> = map.dies.keys().copied().collect();
    at.sort_unstable_by_key(|(x, y)| (*y, *x));
    let line = |at: &At, told: String| DieLine { x: at.0, y: at.1, href: link(*at), told };
    let times = |at: &At| attempts.and_then(|attempts| attempts.get(at)).map_or(&[][..], Vec::as_slice);
    let verdicts = |at: &At| {
        let each = times(at).iter().filter_map(|part| lot.dataset.parts.get(*part as usize));
        each.map(|part| format!("{}（{}）", part.hard_bin, wafer_drawing::verdict(part.passed()))).collect::<Vec<_>>()
    };
    let again: Vec<&At> = at.iter().filter(|at| times(at).len() > 1).collect();
    let failing: Vec<&At> = at.iter().filter(|at| map.dies[at].passed != Some(true)).collect();
    let suspects: Vec<&At> = at.iter().filter(|at| suspected.contains_key(at)).collect();
    let counts = (map.dies.len(), again.len(), failing.len(), suspects.len());
    Ok(WaferPage {
        frame: Frame::new(job, &view.report.selection, asked, Tab::Wafers, job.job.title.clone()),
        heading: format!("晶圆 {name} · 良率 {:.2}%", share(map)),
        previous: number.checked_sub(1).map(neighbour),
        next: (number + 1 < view.maps.len()).then(|| neighbour(number + 1)),
        orientation: wafer_drawing::orientation(map.layout),
        drawing: Markup::drawing(&drawing),
        signs,
        scale,
        colouring,
        tests: offered(lot, asked, chosen)?,
        kept: asked.besides(&["test"]),
        again: again.iter().take(LISTED).map(|at| line(at, verdicts(at).join(" → "))).collect(),
        failing: failing.iter().take(LISTED).map(|at| line(at, format!("分档 {}", map.dies[at].hard_bin))).collect(),
        suspected: suspects.iter().take(LISTED).map(|at| line(at, format!("{} 条理由", suspected[at]))).collect(),
        counts,
        base,
        here,
        suffix,
    })
}

/// The drawing, its scale (swatch and values), and what it is coloured by.
type Coloured = (chart::Svg, Vec<(String, String)>, String);

fn by_value(lot: &Lot, map: &WaferMap, asked: &Asked, test: u32, besides: &Besides<'_>) -> Result<Coloured, Failure> {
    let of = lot.dataset.tests.get(test as usize).ok_or_else(Failure::not_found)?;
    let selection = &lot.view(asked.retest()).report.selection;
    let values =
        measurements(&lot.dataset, selection, test as usize, asked.value("element").unwrap_or(0)).map_err(fault)?;
    let by_part: HashMap<u32, f64> = values.into_iter().collect();
    let mut on: Vec<f64> = map.dies.values().filter_map(|die| by_part.get(&die.part).copied()).collect();
    on.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| testdata::kernels::quantile(&on, share, Default::default()).unwrap_or(0.0);
    // From the first to the last percentile: one wild value would leave all others in one colour.
    let (low, high) = (at(0.01), at(0.99));
    let measure = Measure::of(&of.units, [low, high]);
    let drawn = wafer_drawing::values(map, &by_part, (low, high), &measure, besides);
    let scale = wafer_drawing::scale(low, high, |value| measure.show(value));
    Ok((drawn, scale, format!("{}（色阶从第 1 到第 99 百分位）", lot.test_name(test))))
}

/// Parametric tests to colour by: the chosen one, and those of the worst capability.
fn offered(lot: &Lot, asked: &Asked, chosen: Option<u32>) -> Result<Vec<(u32, String, bool)>, Failure> {
    let mut rows: Vec<(u32, f64)> = lot
        .overview(asked.retest())?
        .iter()
        .filter(|row| row.measured > 0 && row.element == 0)
        .map(|row| (row.test, row.ppk.unwrap_or(f64::INFINITY)))
        .collect();
    rows.sort_by(|(a, left), (b, right)| left.total_cmp(right).then(a.cmp(b)));
    let mut offered: Vec<u32> = rows.into_iter().take(OFFERED).map(|(test, _)| test).collect();
    if let Some(chosen) = chosen.filter(|chosen| !offered.contains(chosen)) {
        offered.insert(0, chosen);
    }
    Ok(offered.into_iter().map(|test| (test, lot.test_name(test), chosen == Some(test))).collect())
}

/// The parameters of a die's address.
pub fn die_address(wafer: usize, at: At) -> [(&'static str, String); 3] {
    [("wafer", wafer.to_string()), ("x", at.0.to_string()), ("y", at.1.to_string())]
}
