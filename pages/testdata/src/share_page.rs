//! Links by which a customer reads a report without an account: made, listed, revoked, followed.

use askama::Template;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect};
use jiff::SignedDuration;
use kernel::Timestamp;
use office::hall::{Seen, Seer, Sighting};
use office::workbench::{Job, ShareToken};
use testdata::selection::Retest;
use testdata::yields::YieldReport;
use web::{Answer, Counter, Draft, Failure, Form, FromFields, Markup, Page, Picture, Reader};

use crate::asked::Asked;
use crate::frame::base;
use crate::lot::{self, Lot, beside};
use crate::wafer_drawing::{BinSign, signs, small};
use crate::words::{POLICIES, policy};

/// How long a link may work, in days.
const DAYS: [(&str, &str); 4] = [("7", "7 天"), ("30", "30 天"), ("90", "90 天"), ("365", "一年")];
/// Wafers drawn in a shared report.
const MAPS: usize = 25;

/// What the owner types for a link.
pub struct Typed {
    label: String,
    days: i64,
}

impl FromFields for Typed {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let label = reader.required::<String>("label", "给谁看");
        let days = reader.choice("days", "有效期", &[("7", 7), ("30", 30), ("90", 90), ("365", 365)]);
        Some(Self { label: label?, days: days? })
    }
}

/// The links to a data set, as its owner sees them.
pub struct Links {
    lines: Vec<LinkLine>,
    seen: Vec<(String, String)>,
}

struct LinkLine {
    digest: String,
    label: String,
    created: String,
    until: String,
    works: bool,
}

#[derive(Template)]
#[template(path = "links.html")]
struct LinksSection<'a> {
    links: &'a Links,
    base: &'a str,
    draft: &'a Draft,
    days: &'static [(&'static str, &'static str)],
}

impl Links {
    /// The part of the page with the links and the form for another.
    pub fn section(&self, base: &str, draft: &Draft) -> Result<Markup, askama::Error> {
        Markup::of(&LinksSection { links: self, base, draft, days: &DAYS })
    }
}

/// The links to a job, and who followed them.
pub async fn links(counter: &Counter, job: &Job) -> Result<Links, Failure> {
    let (shares, now) = (counter.hall.workbench().shares(job).await?, counter.hall.office.now());
    let line = |share: &office::workbench::Share| LinkLine {
        digest: share.digest.to_string(),
        label: share.label.clone(),
        created: kernel::date::minute(share.created_at),
        until: kernel::date::minute(share.until),
        works: share.until > now,
    };
    let path = base(job);
    let entries = counter.hall.sightings_of(&job.job.organisation, 200).await?;
    let seen = entries.into_iter().filter_map(|recorded| match recorded.entry.what {
        Seen::Read { purpose, path: of, .. } if of == path && matches!(recorded.entry.who, Seer::Visitor) => {
            Some((kernel::date::minute(recorded.entry.at), purpose))
        }
        _ => None,
    });
    Ok(Links { lines: shares.iter().map(line).collect(), seen: seen.take(20).collect() })
}

#[derive(Template)]
#[template(path = "made.html")]
struct MadePage {
    path: String,
    label: String,
    until: String,
    back: String,
}

/// Makes a link and shows it once.
pub async fn make(counter: Counter, Path(id): Path<String>, page: Page, form: Form<Typed>) -> Answer {
    let (job, _) = lot::lot(&counter, &id).await?;
    let Some(typed) = form.read else {
        return Err(Failure::Unacceptable("请写明链接给谁看（例如客户名称），并选择有效期。".into()));
    };
    let until = counter.hall.office.now().checked_add(SignedDuration::from_hours(24 * typed.days));
    let until = until.map_err(|error| Failure::Fault(error.to_string()))?;
    let token = counter.hall.workbench().share(&job, &typed.label, until).await?;
    let content = MadePage {
        path: format!("/shared/testdata/{}", token.as_str()),
        label: typed.label,
        until: kernel::date::minute(until),
        back: base(&job),
    };
    crate::frame::page(page, &job, "", "分享链接").show(&content)
}

/// Ends a link.
pub async fn revoke(counter: Counter, Path((id, digest)): Path<(String, String)>, _: Form<()>) -> Answer {
    let (job, _) = lot::job(&counter, &id).await?;
    let digest = digest.parse().map_err(|_| Failure::not_found())?;
    counter.hall.workbench().revoke(&job, &digest).await?;
    Ok(Redirect::to(&format!("{}#links", base(&job))).into_response())
}

#[derive(Template)]
#[template(path = "shared.html")]
struct SharedPage {
    title: String,
    firm: String,
    until: String,
    path: String,
    rows: Vec<(&'static str, usize, usize, String)>,
    sites: Vec<(String, usize, String)>,
    bins: Vec<(String, String, usize, String)>,
    signs: Vec<BinSign>,
    maps: Vec<(String, Picture)>,
    more: usize,
}

/// What a customer sees who follows a link: the report, and nothing that leads further.
pub async fn follow(counter: Counter, Path(token): Path<String>, asked: Asked, page: Page) -> Answer {
    let gone = || Failure::NotFound("这个链接已经失效，或者地址不完整。请向发给您链接的企业索取新的链接。".into());
    let token = ShareToken::typed(&token);
    let (job, folder) = counter.hall.workbench().follow(&token).await?.ok_or_else(gone)?;
    if job.job.kind != crate::work::KIND {
        return Err(gone());
    }
    let shares = counter.hall.workbench().shares(&job).await?;
    let share = shares.into_iter().find(|share| share.digest == token.digest()).ok_or_else(gone)?;
    // The owner sees who looked; the log gets the data set's address, not the link's, which is a secret.
    let what = Seen::Read {
        subject: None,
        firm: Some(job.job.organisation.clone()),
        purpose: format!("凭分享链接查看测试报告（给：{}）", share.label),
        path: base(&job),
    };
    let at: Timestamp = counter.hall.office.now();
    counter.hall.sight(Sighting { at, who: Seer::Visitor, what }).await?;
    let lot = lot::open(job.job.id, folder, job.job.input.clone()).await?;
    if asked.text("format") == Some("html") {
        let html =
            beside(move || Ok(testdata::report::html(&lot.dataset, &lot.view(Retest::Last).report, &[]))).await?;
        return Ok(unlisted(web::file(html.into_bytes(), "text/html; charset=utf-8", "report.html")));
    }
    let firm = counter.state()?.organisation_name(&job.job.organisation);
    let path = format!("/shared/testdata/{}", token.as_str());
    let until = kernel::date::minute(share.until);
    let shown = beside(move || {
        let content = shared(&lot, job.job.title.clone(), firm, until, path);
        page.title(format!("测试报告 · {}", job.job.title)).show(&content)
    });
    Ok(unlisted(shown.await?))
}

/// No search engine lists it, and no page it links to learns its address.
fn unlisted(mut response: axum::response::Response) -> axum::response::Response {
    let headers = response.headers_mut();
    headers.insert(header::HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}

fn shared(lot: &Lot, title: String, firm: String, until: String, path: String) -> SharedPage {
    let view = lot.view(Retest::Last);
    let report: &YieldReport = &view.report;
    let percent = |percent: Option<f64>| percent.map_or_else(|| "—".to_owned(), |percent| format!("{percent:.2}%"));
    let signs = signs(&view.maps);
    let maps = view.maps.iter().take(MAPS).enumerate().map(|(number, map)| {
        let good = map.dies.values().filter(|die| die.passed == Some(true)).count();
        let told = format!("{} 颗，良 {good} 颗", map.dies.len());
        let drawn = small(map, &signs, &format!("wafer-{number}"), &format!("晶圆 {}", map.wafer), &told);
        (
            map.wafer.clone(),
            Picture::new(&drawn, format!("{}：{:.1}%", map.wafer, 100.0 * good as f64 / map.dies.len().max(1) as f64)),
        )
    });
    let maps = maps.collect();
    SharedPage {
        title,
        firm,
        until,
        path,
        rows: POLICIES
            .iter()
            .filter_map(|(retest, _, _)| report.by_policy.iter().find(|(of, _)| of == retest))
            .map(|(retest, tally)| (policy(*retest), tally.total(), tally.passed, percent(tally.percent())))
            .collect(),
        sites: report
            .sites
            .iter()
            .map(|((head, site), tally)| {
                (format!("测试头 {head} · 测试座 {site}"), tally.total(), percent(tally.percent()))
            })
            .collect(),
        bins: report
            .hard_bins
            .iter()
            .take(40)
            .map(|bin| {
                let number = bin.number.map_or_else(|| "无".to_owned(), |number| number.to_string());
                (number, bin.name.clone(), bin.tally.total(), format!("{:.2}%", bin.percent))
            })
            .collect(),
        more: view.maps.len().saturating_sub(MAPS),
        signs,
        maps,
    }
}
