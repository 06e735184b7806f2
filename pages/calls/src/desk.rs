//! The department's page of one call: where it stands, what is next, what the money does; and publishing it.

use askama::Template;
use axum::extract::Path;
use cases::call::{Act, Stage};
use cases::document::Document;
use cases::statistics::sums;
use cases::{Call, StageKind};
use kernel::{Date, Money};
use office::State;
use register::Light;
use web::{Answer, Counter, Draft, Failure, Form, FormPage, FromFields, Page, Picture, Reader, Timeline, Upload, go};

use super::shown::{
    PAPERS, benefit_title, found_for_office, found_in_charge, is_in_charge, keep, sentence_address, sentence_text,
};
use super::terms_form::mode_label;
use cases_pages::case_head::stage_light;

/// Something that must be so before a call is published.
struct Condition {
    light: Light,
    what: String,
    href: Option<String>,
}

/// Everything publishing asks for, as it is on a day.
fn conditions(state: &State, call: &Call, today: Date) -> Vec<Condition> {
    let condition = |holds: bool, so: &str, not: &str, href: String| Condition {
        light: if holds { Light::good("具备") } else { Light::bad("缺少") },
        what: if holds { so.to_owned() } else { not.to_owned() },
        href: (!holds).then_some(href),
    };
    let (terms, rule) = (&call.terms, state.cases.fund_rule(call.terms.rule));
    let in_force = rule.is_some_and(|rule| rule.document.holds_on(today));
    let reviewed = state.cases.fair_competition(&terms.benefit, terms.rule, today);
    vec![
        condition(
            in_force,
            "资金管理办法在有效期内",
            "资金管理办法今天不在有效期内，请登记现行办法后修改草稿",
            "/fund-rules".to_owned(),
        ),
        condition(
            reviewed.is_some(),
            &reviewed.map_or_else(String::new, |found| format!("公平竞争审查有效至 {}", found.review.expires)),
            "本事项没有有效的公平竞争审查结论，不能发布",
            format!("/fund-rules/{}/review/{}", terms.rule, terms.benefit),
        ),
        condition(
            call.targets().is_some(),
            "绩效目标表已填报",
            "还没有填报绩效目标表",
            format!("/calls/{}/targets", call.id),
        ),
        condition(
            terms.window.until() >= today,
            "申报期没有过去",
            "申报期已经过去，请修改草稿",
            format!("/calls/{}/edit", call.id),
        ),
    ]
}

struct Count {
    light: Light,
    cases: usize,
    applied: Money,
    assessed: Money,
    decided: Money,
    href: String,
}

struct Link {
    label: &'static str,
    href: String,
    is_next: bool,
}

#[derive(Template)]
#[template(path = "desk.html")]
struct DeskPage {
    title: String,
    stage: &'static str,
    benefit: String,
    sentence: (String, String, String),
    rule: (String, String),
    facts: Vec<(&'static str, String)>,
    conditions: Vec<Condition>,
    advice: Option<String>,
    links: Vec<Link>,
    money: Vec<(&'static str, Money)>,
    left: Money,
    budget: Option<Picture>,
    counts: Vec<Count>,
    total: cases::statistics::Sums,
    invited: Vec<(String, String, String)>,
    notices: Vec<(String, String, String)>,
    meetings: Vec<(String, String)>,
    timeline: Timeline,
}

/// How many cases stand where, in the order of the way they go.
fn counts(state: &State, call: &Call) -> Vec<Count> {
    let mut stages: std::collections::BTreeMap<StageKind, Vec<&cases::Case>> = Default::default();
    for case in state.cases.cases_of(call.id) {
        stages.entry(case.stage.kind()).or_default().push(case);
    }
    let assessed = |case: &&&cases::Case| case.assessment.map(|assessment| assessment.award).unwrap_or_default();
    let count = |(stage, cases): (StageKind, Vec<&cases::Case>)| {
        let sums = sums(cases.iter().copied());
        Count {
            light: stage_light(stage),
            cases: cases.len(),
            applied: sums.applied,
            assessed: cases.iter().map(|case| assessed(&case)).sum(),
            decided: sums.decided,
            href: format!("/cases?call={}&stage={}", encoded(&call.terms.title), encoded(stage.label())),
        }
    };
    stages.into_iter().map(count).collect()
}

/// As the value of a query parameter.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// What may be done next with a call, and what may be looked at.
fn links(state: &State, call: &Call, acts: bool) -> Vec<Link> {
    let link = |label, path: &str, is_next| Link { label, href: format!("/calls/{}/{path}", call.id), is_next };
    let cases = || state.cases.cases_of(call.id);
    let is_draft = call.stage == Stage::Draft;
    let may_settle = matches!(call.stage, Stage::Closed { .. } | Stage::Settled { .. })
        && cases().any(|case| case.stage.waits_for_settlement());
    let stands = |kind: StageKind| cases().any(|case| case.stage.kind() == kind);
    let proactive = call.terms.mode == cases::call::Mode::Proactive && matches!(call.stage, Stage::Open { .. });
    let mut links = Vec::new();
    if acts && is_draft {
        links.push(link("发布申报通知", "publish", call.targets().is_some()));
        links.push(link("绩效目标表", "targets", call.targets().is_none()));
        links.push(link("修改草稿", "edit", false));
    }
    if acts && proactive {
        links.push(link("推送免申即享", "offer", true));
    }
    if acts && may_settle {
        links.push(link("汇总测算", "settle", true));
    }
    if stands(StageKind::Proposed) {
        links.push(link("会议材料", "meeting", false));
    }
    if acts && stands(StageKind::Proposed) {
        links.push(link("登记会议审定", "meeting/hold", true));
    }
    if acts && stands(StageKind::Decided) {
        links.push(link("发布公示", "notice", true));
    }
    if acts && !is_draft {
        links.push(link("年中监控", "mid-year", false));
    }
    if acts && matches!(call.stage, Stage::Settled { .. }) {
        links.push(link("绩效自评", "self-assessment", false));
    }
    if !call.sheets.is_empty() {
        links.push(link("绩效表", "sheets", false));
    }
    links
}

fn facts(state: &State, call: &Call) -> Vec<(&'static str, String)> {
    let (terms, route) = (&call.terms, &call.terms.route);
    let mut way = vec![];
    if route.district {
        way.push("区县初审".to_owned());
    }
    if route.audit {
        way.push("审计机构报告".to_owned());
    }
    if route.experts > 0 {
        way.push(format!("{} 位专家评审", route.experts));
    }
    way.push("市级复核、会议审定".to_owned());
    way.push(format!("公示 {} 个工作日", route.notice_working_days));
    if let Some(months) = route.acceptance_months {
        way.push(format!("拨付后 {months} 个月内验收"));
    }
    vec![
        ("方式", mode_label(terms.mode).to_owned()),
        ("支持年度", format!("{} 年", terms.year)),
        ("申报期", format!("{} 至 {}", terms.window.from(), terms.window.until())),
        ("预算不足时", terms.reduction.label().to_owned()),
        ("环节", way.join("，")),
        ("拨付", state.organisation_name(&terms.finance)),
    ]
}

fn advice(call: &Call, state: &State) -> Option<String> {
    let on_the_way = state.cases.cases_of(call.id).filter(|case| case.stage.is_under_review()).count();
    match &call.stage {
        Stage::Draft => None,
        Stage::Published { .. } => Some(format!("{} 起由系统自动开放申报。", call.terms.window.from())),
        Stage::Open { .. } => Some(format!("{} 之后由系统自动截止。", call.terms.window.until())),
        Stage::Closed { due, .. } if on_the_way > 0 => {
            Some(format!("还有 {on_the_way} 件没有完成审核；全部办结后汇总测算，期限 {}。", due.due))
        }
        Stage::Closed { due, .. } => Some(format!("审核已全部完成，请在 {} 前汇总测算。", due.due)),
        Stage::Settled { .. } if on_the_way > 0 => {
            Some(format!("另有 {on_the_way} 件重新进入审核；办结后可再次汇总，分配余下的预算。"))
        }
        Stage::Settled { .. } => None,
    }
}

/// The desk of a call.
pub async fn desk(counter: Counter, Path(key): Path<String>, page: Page) -> Answer {
    let state = counter.state()?;
    let call = found_for_office(&state, &counter, &key)?;
    let (terms, today) = (&call.terms, counter.as_of.day());
    let total = sums(state.cases.cases_of(call.id));
    let shared: Money = state.cases.cases_of(call.id).map(|case| case.stage.committed()).sum();
    let invited = state.cases.invitations_to(call.id).map(|(firm, invitation)| {
        (
            cases_pages::viewer::firm_name(&state, firm),
            invitation.recorded.day().to_string(),
            invitation.missing.join("；"),
        )
    });
    let notices = state.cases.notices().filter(|notice| notice.call == call.id);
    let meetings = state.cases.meetings().filter(|meeting| meeting.call == call.id);
    let rule = state.cases.fund_rule(terms.rule).map(|rule| rule.document.title.clone()).unwrap_or_default();
    let history: Vec<_> = call.history.iter().map(|entry| entry.step()).collect();
    let content = DeskPage {
        title: terms.title.clone(),
        stage: call.stage.label(),
        benefit: benefit_title(&state, &terms.benefit),
        sentence: (
            terms.sentence.anchor.to_string(),
            sentence_text(&state, &terms.sentence),
            sentence_address(&terms.benefit),
        ),
        rule: (rule, format!("/fund-rules/{}", terms.rule)),
        facts: facts(&state, call),
        conditions: if call.stage == Stage::Draft { conditions(&state, call, today) } else { Vec::new() },
        advice: advice(call, &state),
        links: links(&state, call, is_in_charge(&counter, call)),
        money: vec![("预算", terms.budget), ("已分配", shared), ("审定", total.decided), ("到账", total.paid)],
        left: call.available(),
        budget: budget(call, shared, &total),
        counts: counts(&state, call),
        total,
        invited: invited.collect(),
        notices: notices
            .map(|notice| {
                let until = format!("{} 至 {}", notice.on, notice.until.due);
                (notice.id.to_string(), until, format!("{} 件", notice.cases.len()))
            })
            .collect(),
        meetings: meetings.map(|meeting| (meeting.id.to_string(), meeting.on.to_string())).collect(),
        timeline: Timeline::new(&history, |actor| super::shown::actor_name(&state, actor)),
    };
    page.title(terms.title.clone()).crumb("申报批次", "/calls").show(&content)
}

/// The budget as a bar: paid, decided and not paid, shared out and not decided, left.
fn budget(call: &Call, shared: Money, total: &cases::statistics::Sums) -> Option<Picture> {
    if call.stage == Stage::Draft {
        return None;
    }
    let yuan = |money: Money| money.fen() as f64 / 1_000_000.0;
    let undecided = shared.saturating_less(total.decided);
    let unpaid = total.decided.saturating_less(total.paid);
    let parts = vec![yuan(total.paid), yuan(unpaid), yuan(undecided), yuan(call.available())];
    let names = ["到账", "审定未到账", "已分配未审定", "余额"];
    let bars = chart::StackedBars::new("call-budget", "预算使用", "万元", names);
    let drawing = bars.rows([("预算", parts)]).draw();
    Some(Picture::new(&drawing, "预算使用，万元"))
}

/// The notice as it was issued, as typed.
pub struct Issued {
    title: String,
    number: String,
    from: Date,
    file: Upload,
}

impl FromFields for Issued {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let title = reader.text("title", "文件名称", 100, true);
        let number = reader.text("number", "文号", 60, true);
        let from = reader.day("from", "印发日期");
        let file = reader.file("file", "申报通知");
        Some(Self { title: title?, number: number?, from: from?, file: file? })
    }
}

#[derive(Template)]
#[template(
    source = r#"<ul class="plain">{% for condition in conditions %}<li>{{ web::light(condition.light) }} {% if let Some(href) = condition.href %}<a href="{{ href }}">{{ condition.what }}</a>{% else %}{{ condition.what }}{% endif %}</li>{% endfor %}</ul>"#,
    ext = "html"
)]
struct Conditions {
    conditions: Vec<Condition>,
}

fn show_publish(state: &State, counter: &Counter, page: Page, call: &Call, draft: Draft) -> Answer {
    let conditions = conditions(state, call, counter.as_of.day());
    let lacks = conditions.iter().any(|condition| condition.href.is_some());
    let mut form = FormPage::new("发布申报通知", format!("/calls/{}/publish", call.id), draft.clone())
        .intro(format!("“{}”发布后不能再改；{} 起由系统自动开放申报。", call.terms.title, call.terms.window.from()))
        .above(&Conditions { conditions })?;
    if lacks {
        form = form.told("上面标为“缺少”的项目办完之前，发布会被拒绝。");
    }
    let form = form
        .field(draft.text("title", "文件名称").required())
        .field(draft.text("number", "文号").required())
        .field(draft.date("from", "印发日期").required())
        .field(draft.upload("file", "申报通知", PAPERS).hint("正式印发的文件，不超过 20 MB").required())
        .files()
        .button("发布（需再次验证身份）");
    form.show(page.crumb(call.terms.title.clone(), format!("/calls/{}/desk", call.id)))
}

/// The form of publishing.
pub async fn publish(counter: Counter, Path(key): Path<String>, page: Page) -> Answer {
    let state = counter.state()?;
    let call = found_in_charge(&state, &counter, &key)?;
    if call.stage != Stage::Draft {
        return Ok(go(&format!("/calls/{}/desk", call.id)));
    }
    let day = counter.as_of.day().to_string();
    let draft = page.form().fill([("title", call.terms.title.clone()), ("from", day)]).revision(call.revision);
    show_publish(&state, &counter, page, call, draft)
}

/// Publishes a call.
pub async fn issue(counter: Counter, Path(key): Path<String>, page: Page, form: Form<Issued>) -> Answer {
    let state = counter.state()?;
    let call = found_in_charge(&state, &counter, &key)?;
    let Form { read, draft, command, revision } = form;
    let Some(Issued { title, number, from, file }) = read else {
        return show_publish(&state, &counter, page, call, draft);
    };
    let file = keep(&counter, &file).await?;
    let notice = Document { title, number, issuer: call.terms.issuer.clone(), file, from, until: None };
    let act = Act::Publish { notice };
    let sent = counter.submit(command, cases::Command::Call { call: call.id, expected: revision, act }).await;
    match draft.unless_done(sent)? {
        Some(draft) => show_publish(&state, &counter, page, call, draft),
        None => Ok(go(&format!("/calls/{}/desk", call.id))),
    }
}

/// The notice of a call that was published, for everybody.
pub async fn notice_file(counter: Counter, Path(key): Path<String>) -> Answer {
    let state = counter.state()?;
    let call = super::shown::found(&state, &key)?;
    let notice = match &call.stage {
        Stage::Draft => return Err(Failure::not_found()),
        Stage::Published { notice }
        | Stage::Open { notice }
        | Stage::Closed { notice, .. }
        | Stage::Settled { notice } => notice,
    };
    super::shown::send(&counter, &notice.file).await
}
