//! 代拟稿: the words of a notice or decision for the office's own system to issue. No head, no number, no seal.

use askama::Template;
use cases::adverse::{AdverseDecision, Kind, Stage, Statement};
use cases::document::Citation;
use cases::rules::{Confidence, TimeLimit};
use web::{Answer, Page};

use super::adverse::Answered;
use super::propose::Intention;
use super::seen::Seen;
use cases_pages::case_head::number;
use cases_pages::viewer::firm_name;

#[derive(Template)]
#[template(path = "paper.html")]
struct Paper {
    title: String,
    addressee: String,
    opening: String,
    parts: Vec<(&'static str, Vec<String>)>,
    issuer: String,
    remarks: Vec<String>,
}

/// What is decided, as a sentence.
fn decided(kind: Kind) -> String {
    match kind {
        Kind::Rejection => "对上述申报不予支持。".to_owned(),
        Kind::Clawback(amount) => format!("追回已拨付资金 {amount} 元。"),
        Kind::Bar => "限制你单位申报专项资金。".to_owned(),
    }
}

fn basis(citations: &[Citation]) -> Vec<String> {
    citations.iter().map(ToString::to_string).collect()
}

fn paragraphs(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// How long a period is on the day, and what is to be said of its source outside of the draft.
fn period(seen: &Seen<'_>, limit: TimeLimit) -> (String, Option<String>) {
    let row = seen.state.cases.rules().and_then(|rules| rules.row(limit, seen.day).cloned());
    let Some(row) = row else { return ("（时限未定）".to_owned(), None) };
    let doubt = match row.confidence {
        Confidence::Confirmed => None,
        Confidence::Recalled => Some("凭记忆录入，行文前须核对原文"),
        Confidence::Proposed => Some("拟定值，须经责任部门确认"),
    };
    let remark = doubt.map(|doubt| format!("“{}”{}：{}（{doubt}）。", limit.label(), row.length, row.source));
    (row.length.to_string(), remark)
}

fn matter(seen: &Seen<'_>) -> String {
    format!("你单位申报的“{}”（办件编号 {}）", seen.call.terms.title, number(seen.case))
}

fn issue(seen: &Seen<'_>, page: Page, paper: Paper) -> Answer {
    let title = format!("{}（代拟稿）", paper.title);
    page.title(title).crumb("办件", "/cases").crumb(number(seen.case), seen.path()).show(&paper)
}

fn addressee(seen: &Seen<'_>) -> String {
    let firm = seen.case.applicant.firm;
    format!("{}（统一社会信用代码 {firm}）", firm_name(seen.state, firm))
}

/// 事先告知书.
pub fn notice(seen: &Seen<'_>, page: Page, intention: &Intention) -> Answer {
    let (hearing, remark) = period(seen, TimeLimit::Hearing);
    let rights = format!(
        "你单位可以自收到本告知书之日起 {hearing}内向本机关书面陈述、申辩，也可以要求听证；逾期未提出的，视为放弃上述权利。"
    );
    let paper = Paper {
        title: format!("拟{}事先告知书", intention.kind.label()),
        addressee: addressee(seen),
        opening: format!("{}，经审核，拟作出{}的决定。现将有关事项告知如下：", matter(seen), intention.kind.label()),
        parts: vec![
            ("一、拟作决定", vec![decided(intention.kind)]),
            ("二、事实和理由", paragraphs(&intention.reasons)),
            ("三、依据", basis(&intention.basis)),
            ("四、你单位的权利", vec![rights]),
        ],
        issuer: seen.state.organisation_name(&seen.call.terms.issuer),
        remarks: remark.into_iter().collect(),
    };
    issue(seen, page, paper)
}

fn said(statement: Option<&Statement>) -> String {
    match statement {
        None => "你单位在规定期限内没有陈述申辩，也没有要求听证。".to_owned(),
        Some(Statement { hearing: true, .. }) => "你单位提出了陈述申辩并要求听证，本机关已举行听证。".to_owned(),
        Some(_) => "你单位提出了陈述申辩。".to_owned(),
    }
}

/// 决定书, with where the firm may turn.
pub fn decision(seen: &Seen<'_>, page: Page, decision: &AdverseDecision, typed: &Answered) -> Answer {
    let intended = &decision.intended;
    let told = decision.history.first().map(|entry| entry.recorded.day().to_string()).unwrap_or_default();
    let statement = match &decision.stage {
        Stage::Notified { statement } => statement.as_ref(),
        Stage::Heard { statement, .. } => Some(statement),
        _ => None,
    };
    let (reconsideration, first) = period(seen, TimeLimit::Reconsideration);
    let (litigation, second) = period(seen, TimeLimit::Litigation);
    let (bar, third) = period(seen, TimeLimit::Bar);
    let is_bar = intended.kind == Kind::Bar;
    let outcome = match intended.kind {
        Kind::Bar => format!("自本决定作出之日起 {bar}内，限制你单位申报专项资金。"),
        kind => decided(kind),
    };
    let heard = [said(statement)].into_iter().chain(typed.answer.as_deref().map(paragraphs).into_iter().flatten());
    let remedy = format!(
        "不服本决定的，可以自收到本决定书之日起 {reconsideration}内向{}申请行政复议，也可以自收到本决定书之日起 {litigation}内依法向{}提起行政诉讼。",
        typed.remedy.reconsideration, typed.remedy.court
    );
    let paper = Paper {
        title: format!("{}决定书", intended.kind.label()),
        addressee: addressee(seen),
        opening: format!("{}，本机关已于 {told} 事先告知拟作出的决定，现决定如下：", matter(seen)),
        parts: vec![
            ("一、事实和理由", paragraphs(&intended.reasons)),
            ("二、陈述申辩及采纳情况", heard.collect()),
            ("三、依据", basis(&intended.basis)),
            ("四、决定", vec![outcome]),
            ("五、救济途径", vec![remedy]),
        ],
        issuer: seen.state.organisation_name(&seen.call.terms.issuer),
        remarks: [first, second, third.filter(|_| is_bar)].into_iter().flatten().collect(),
    };
    issue(seen, page, paper)
}
