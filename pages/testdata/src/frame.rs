//! What stands above every page of a data set: its name, where one is in it, which attempts count.

use askama::Template;
use askama::filters::HtmlSafe;
use office::workbench::Job;
use testdata::selection::Selection;
use web::Page;

use crate::asked::Asked;
use crate::words::{POLICIES, policy};

/// The pages of a data set, in the order of their tabs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// Yield, bins, claims, files.
    Overview,
    /// Wafer maps.
    Wafers,
    /// Tests.
    Tests,
    /// Suspected parts.
    Outliers,
    /// Compared with another.
    Compare,
}

const TABS: [(Tab, &str, &str); 5] = [
    (Tab::Overview, "", "概览"),
    (Tab::Wafers, "/wafers", "晶圆图"),
    (Tab::Tests, "/tests", "测试项"),
    (Tab::Outliers, "/outliers", "异常筛查"),
    (Tab::Compare, "/compare", "批次对比"),
];

/// Head of a page of a data set.
#[derive(Clone, Debug, Template)]
#[template(path = "frame.html")]
pub struct Frame {
    heading: String,
    tabs: Vec<(&'static str, String, bool)>,
    policies: Vec<(&'static str, String, bool)>,
    rule: String,
}

impl HtmlSafe for Frame {}

impl Frame {
    /// Of a data set, under the policy asked for.
    pub fn new(job: &Job, selection: &Selection, asked: &Asked, here: Tab, heading: impl Into<String>) -> Self {
        let base = base(job);
        let suffix = asked.suffix();
        let tab =
            |(tab, path, label): &(Tab, &str, &'static str)| (*label, format!("{base}{path}{suffix}"), *tab == here);
        let chosen = asked.retest();
        let choice = |(retest, key, label): &(testdata::selection::Retest, &str, &'static str)| {
            (*label, asked.replaced("retest", Some(*key)), *retest == chosen)
        };
        Self {
            heading: heading.into(),
            tabs: TABS.iter().map(tab).collect(),
            policies: POLICIES.iter().map(choice).collect(),
            rule: rule(selection),
        }
    }
}

/// Path of a data set.
pub fn base(job: &Job) -> String {
    format!("/testdata/{}", job.job.id)
}

/// A page of a data set, with the way to it.
pub fn page(page: Page, job: &Job, suffix: &str, title: &str) -> Page {
    let page = page.title(title).crumb("测试数据", "/testdata");
    page.crumb(job.job.title.clone(), format!("{}{suffix}", base(job)))
}

/// By what attempts are known to be of the same die or part, and what follows.
fn rule(selection: &Selection) -> String {
    let ways = [
        (selection.by_die, "批次＋晶圆＋坐标"),
        (selection.by_part_id, "批次＋芯片编号"),
        (selection.alone, "无从识别，逐次单列"),
    ];
    let ways: Vec<String> =
        ways.into_iter().filter(|(count, _)| *count > 0).map(|(count, way)| format!("{way}（{count} 次）")).collect();
    let repeats = match (selection.repeats, selection.unflagged_repeats) {
        (0, _) => "没有复测".to_owned(),
        (all, 0) => format!("复测 {all} 次"),
        (all, silent) => format!("复测 {all} 次，其中 {silent} 次文件没有打复测标志"),
    };
    let count = policy(selection.retest);
    format!("同一颗按{}识别；{repeats}；按“{count}”计入 {} 次。", ways.join("、"), selection.parts.len())
}
