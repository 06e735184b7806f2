//! The data sets of a firm.

use askama::Template;
use office::workbench::{Job, JobState};
use register::Light;
use testdata::control::yield_limits;
use web::{Answer, Counter, Empty, Failure, Page};

use crate::lot::owner;
use crate::work::{self, KIND, Summary};

/// Data sets listed.
const LISTED: u32 = 500;

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage {
    lines: Vec<Line>,
    finished: Vec<(String, String)>,
    empty: Empty,
    under_way: bool,
    limits: Option<String>,
}

struct Line {
    href: String,
    title: String,
    at: String,
    light: Light,
    summary: Option<Summary>,
    share: String,
    message: String,
}

impl Line {
    fn lots(&self) -> String {
        self.summary.as_ref().map(|of| of.lots.join("、")).unwrap_or_default()
    }
}

/// All of them, newest first.
pub async fn list(counter: Counter, page: Page) -> Answer {
    let firm = owner(&counter).ok_or_else(Failure::not_found)?;
    let jobs = counter.hall.workbench().of(firm, KIND, LISTED).await?;
    let mut lines = Vec::with_capacity(jobs.len());
    for job in &jobs {
        let folder = counter.hall.workbench().folder(job.job.id)?;
        lines.push(line(job, &folder));
    }
    let finished = jobs.iter().filter(|job| job.state == JobState::Done);
    let finished = finished.map(|job| (job.job.id.to_string(), job.job.title.clone())).collect();
    let empty =
        Empty::new("还没有测试数据", "把测试机输出的 STDF 文件传上来，几分钟后就能看到良率、晶圆图和异常芯片。");
    let under_way = jobs.iter().any(|job| matches!(job.state, JobState::Waiting | JobState::Running));
    let limits = limits(&lines);
    let content =
        ListPage { limits, lines, finished, empty: empty.action("上传测试数据", "/testdata/new"), under_way };
    let page = if under_way { page.again_after(4) } else { page };
    page.title("测试数据").show(&content)
}

/// Lots from which statistical yield limits are computed, at least.
const HISTORY: usize = 6;

/// Statistical yield limits (AEC-Q002) over the listed lots, and which of them lie below.
fn limits(lines: &[Line]) -> Option<String> {
    let yields: Vec<(&str, f64)> = lines
        .iter()
        .filter_map(|line| Some((line.title.as_str(), line.summary.as_ref().filter(|of| of.parts > 0)?)))
        .map(|(title, of)| (title, 100.0 * of.passed as f64 / of.parts as f64))
        .collect();
    if yields.len() < HISTORY {
        return None;
    }
    let only: Vec<f64> = yields.iter().map(|(_, percent)| *percent).collect();
    let of = yield_limits(&only)?;
    let below: Vec<&str> = yields.iter().filter(|(_, percent)| *percent < of.first).map(|(title, _)| *title).collect();
    let below = if below.is_empty() {
        "没有批次低于 SYL1".to_owned()
    } else {
        format!("低于 SYL1 的：{}", below.join("、"))
    };
    Some(format!(
        "末次良率的统计限（AEC-Q002，{} 批）：均值 {:.2}%，SYL1 = 均值 − 3σ = {:.2}%，SYL2 = 均值 − 4σ = {:.2}%；{below}。",
        of.history.count, of.history.mean, of.first, of.second
    ))
}

fn line(job: &Job, folder: &std::path::Path) -> Line {
    let summary = (job.state == JobState::Done)
        .then(|| std::fs::read(work::summary_file(folder)).ok())
        .flatten()
        .and_then(|bytes| serde_json::from_slice::<Summary>(&bytes).ok());
    let light = match job.state {
        JobState::Waiting => Light::unknown("等待处理"),
        JobState::Running if job.total > 0 => Light::watch(format!("处理中 {}%", 100 * job.done / job.total)),
        JobState::Running => Light::watch("处理中"),
        JobState::Done if summary.as_ref().is_some_and(|of| of.damaged) => Light::watch("已完成，文件有损坏"),
        JobState::Done => Light::good("已完成"),
        JobState::Failed => Light::bad("未能完成"),
        JobState::Cancelled => Light::unknown("已停止"),
    };
    let share = summary.as_ref().filter(|of| of.parts > 0);
    let share = share.map(|of| format!("{:.2}%", 100.0 * of.passed as f64 / of.parts as f64)).unwrap_or_default();
    let message = if job.state == JobState::Failed { job.message.clone() } else { String::new() };
    Line {
        href: format!("/testdata/{}", job.job.id),
        title: job.job.title.clone(),
        at: kernel::date::minute(job.created_at),
        light,
        summary,
        share,
        message,
    }
}
