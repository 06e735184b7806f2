//! A case: claim beside evidence, the trace of its assessment, who is related, other money, what was said of it, what
//! happened to it, and what whoever looks can do.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use cases::Stage;
use cases::adverse::Kind;
use kernel::{Money, Role};
use register::Light;
use subsidy::DecisionId;
use subsidy_pages::TraceTable;
use web::{Answer, Counter, Page, Steps, Timeline, go};

use super::claim_view::ClaimView;
use super::decision_view::{self, DecisionView};
use super::seen::{Address, Seen};
use super::step::{Card, StepForm};
use super::ties::{self, Tied};
use super::{ON_CASE, ON_DECISION, ON_OBJECTION, handling};
use cases_pages::case_head::{deadline_light, number, stage_light, steps};
use cases_pages::viewer::{FIRM, firm_name};

#[derive(Template)]
#[template(path = "case.html")]
struct CasePage {
    number: String,
    firm: String,
    code: String,
    call: String,
    benefit: String,
    standing: Light,
    due: Option<Light>,
    steps: Steps,
    figures: Vec<(&'static str, String)>,
    facts: Vec<(String, String, String)>,
    claim: ClaimView,
    behind: Option<Behind>,
    archive: String,
    opinions: Option<Opinions>,
    audit: Option<Audit>,
    decisions: Vec<DecisionView>,
    objections: Vec<ObjectionView>,
    attention: Vec<String>,
    attention_count: Option<Light>,
    tabs: Vec<(&'static str, String, bool)>,
    form: Option<StepForm>,
}

/// What those see who decide or watch, and those who are only asked about the claim do not.
struct Behind {
    trace: Option<TraceTable>,
    assessment: Option<String>,
    untraced: &'static str,
    tied: Option<Vec<Tied>>,
    money: ties::Money,
    timeline: Timeline,
}

struct Opinions {
    average: Option<String>,
    rows: Vec<(String, String, String)>,
}

struct Audit {
    auditor: String,
    verified: String,
    opinion: String,
    name: String,
    href: String,
}

struct ObjectionView {
    on: String,
    standing: Light,
    answer: String,
    href: Option<String>,
}

/// The case.
pub async fn case(counter: Counter, Path(address): Path<Address>, page: Page) -> Answer {
    if counter.visitor.role().is_some_and(|role| FIRM.contains(&role)) {
        let named = |key: &str| address.get(key).cloned().unwrap_or_default();
        return Ok(go(&format!("/my-cases/{}/{}{}", named("firm"), named("case"), counter.as_of.suffix())));
    }
    let state = counter.state()?;
    let seen = Seen::find(&counter, &state, &address).await?;
    show(&seen, page, None)
}

/// Shows a case, with the form of an act where one is asked for; else with that of the next act whoever looks can take.
pub fn show(seen: &Seen<'_>, page: Page, form: Option<(&'static str, StepForm)>) -> Answer {
    let cards = match (seen.adverse, seen.objection) {
        (Some(_), _) => ON_DECISION,
        (_, Some(_)) => ON_OBJECTION,
        _ => ON_CASE,
    };
    let offered: Vec<Card> = cards.iter().copied().filter(|card| card.is_offered(seen)).collect();
    let next = || {
        let card = offered.iter().find(|card| !card.apart)?;
        Some((card.pattern, card.form(seen, &page)))
    };
    let wrong = form.as_ref().is_some_and(|(_, form)| form.wrong);
    let (current, form) = form.or_else(next).unzip();
    let tabs = offered.iter().map(|card| (card.title, card.path(seen), current == Some(card.pattern)));
    let title = format!("{} {}", firm_name(seen.state, seen.case.applicant.firm), number(seen.case));
    let content = CasePage { tabs: tabs.collect(), form, ..content(seen) };
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = page.title(title).status(status).crumb("办件", "/cases");
    let page = if seen.adverse.is_some() || seen.objection.is_some() {
        page.crumb(number(seen.case), seen.path())
    } else {
        page
    };
    page.show(&content)
}

fn content(seen: &Seen<'_>) -> CasePage {
    let attention = if seen.is_consulted() { Vec::new() } else { attention(seen) };
    let count = (!attention.is_empty()).then(|| Light::watch(attention.len().to_string()));
    let (state, case) = (seen.state, seen.case);
    let consulted = seen.is_consulted();
    let benefit = case.benefit.as_str().parse().ok();
    let benefit = benefit.map(|benefit| subsidy_pages::benefit_title(state, &benefit));
    let facts = case.facts.iter().map(|fact| {
        let source =
            format!("{}，{}，截至 {}", state.organisation_name(&fact.supplier), fact.authorisation, fact.as_of);
        (fact.what.clone(), source, seen.file_path(&fact.file))
    });
    CasePage {
        number: number(case),
        firm: firm_name(state, case.applicant.firm),
        code: case.applicant.firm.to_string(),
        call: seen.call.terms.title.clone(),
        benefit: benefit.unwrap_or_else(|| case.benefit.to_string()),
        standing: stage_light(case.stage.kind()),
        due: case.stage.due().map(|due| deadline_light(state, due, seen.day)),
        steps: steps(state, seen.call, case, seen.day),
        figures: figures(seen),
        facts: facts.collect(),
        claim: ClaimView::of(seen),
        behind: (!consulted).then(|| behind(seen)),
        archive: format!("{}/archive", seen.path()),
        opinions: opinions(seen),
        audit: audit(seen),
        decisions: if consulted { Vec::new() } else { decision_view::of(seen) },
        objections: if consulted { Vec::new() } else { objections(seen) },
        attention,
        attention_count: count,
        tabs: Vec::new(),
        form: None,
    }
}

/// What was asked, computed, shared out, decided and paid: as far as the case is.
fn figures(seen: &Seen<'_>) -> Vec<(&'static str, String)> {
    let case = seen.case;
    let yuan = |amount: Money| format!("{amount} 元");
    let mut figures = vec![("申请", yuan(case.material().map(|material| material.applied).unwrap_or_default()))];
    if seen.is_consulted() {
        return figures;
    }
    if let Some(assessment) = case.assessment {
        figures.push(("条款允许最高", yuan(assessment.ceiling)));
        figures.push(("测算拟支持", yuan(assessment.award)));
    }
    let (share, decided) = (case.stage.ceiling(), case.stage.decided());
    let positive = [("可支持份额", share), ("会议审定", decided), ("已拨付", case.purse.paid)];
    figures.extend(
        positive.into_iter().filter(|(_, amount)| *amount > Money::ZERO).map(|(label, amount)| (label, yuan(amount))),
    );
    if case.purse.net() != case.purse.paid {
        figures.push(("企业实得", yuan(case.purse.net())));
    }
    if let Stage::Repaying { owed, received, .. } = &case.stage {
        figures.push(("待退还", yuan(owed.saturating_less(*received))));
    }
    figures
}

fn behind(seen: &Seen<'_>) -> Behind {
    let made = seen.case.assessment.and_then(|made| seen.state.subsidy.decision(DecisionId(made.id.0)));
    let suffix = if seen.context.is_some() { String::new() } else { format!("?as_of={}", seen.day) };
    let explained = format!("/benefits/{}{suffix}", seen.case.benefit);
    let trace = made.and_then(|record| subsidy_pages::trace_of(seen.state, &record.decision, &explained));
    let mut steps = cases::view::timeline(&seen.state.cases, seen.case);
    for note in steps.iter_mut().filter_map(|step| step.note.as_mut()) {
        // An audit firm that was chosen, a district that is in charge now.
        if let Ok(named) = note.parse() {
            *note = seen.state.organisation_name(&named);
        }
    }
    Behind {
        untraced: if made.is_some() {
            "这一测算由旧版规则引擎作出，此处不能重算。"
        } else {
            "还没有资金测算。"
        },
        trace,
        assessment: made
            .map(|record| format!("/decisions/{}/{}{suffix}", seen.case.applicant.firm, record.decision.id)),
        tied: ties::tied(seen),
        money: ties::Money::of(seen),
        timeline: Timeline::new(&steps, |actor| seen.actor(actor)).files_below(&format!("{}/files", seen.path())),
    }
}

/// Points and opinions, for the department and those who watch; an expert sees their own.
fn opinions(seen: &Seen<'_>) -> Option<Opinions> {
    let watches = seen.is_department() || matches!(seen.role(), Some(Role::WorkingGroup | Role::Auditor));
    let own = seen.role() == Some(Role::Expert);
    let seats = match &seen.case.stage {
        Stage::ExpertReview { seats, .. } => Some(seats),
        _ => None,
    };
    let people = seats.into_iter().flat_map(|seats| seats.keys()).chain(seen.case.opinions.keys());
    let people: std::collections::BTreeSet<_> = people.copied().collect();
    let shown = people.into_iter().filter(|person| watches || (own && seen.viewer.person == Some(*person)));
    let row = |person| {
        let points = seen.case.points.get(&person);
        let opinion = seen.case.opinions.get(&person).map(|text| text.to_string());
        let said = opinion.unwrap_or_else(|| "还没有评分".to_owned());
        (seen.called(person), points.map(|points| format!("{points} 分")).unwrap_or_default(), said)
    };
    let rows: Vec<_> = shown.map(row).collect();
    let average = seen.case.score.filter(|_| watches);
    let average = average.map(|score| format!("平均 {}.{:02} 分", score / 100, score % 100));
    (!rows.is_empty() || average.is_some()).then_some(Opinions { average, rows })
}

fn audit(seen: &Seen<'_>) -> Option<Audit> {
    let audit = seen.case.audit.as_deref().filter(|_| seen.role() != Some(Role::Expert))?;
    Some(Audit {
        auditor: seen.state.organisation_name(&audit.auditor),
        verified: format!("{} 元", audit.verified),
        opinion: audit.opinion.clone(),
        name: audit.report.name.clone(),
        href: seen.file_path(&audit.report),
    })
}

fn objections(seen: &Seen<'_>) -> Vec<ObjectionView> {
    use cases::challenge::Answer as Answered;
    let own = seen.state.cases.objections().filter(|objection| objection.said.case == seen.case.id);
    let view = |objection: &cases::challenge::Answered<cases::challenge::Objection>| {
        let (standing, answer) = match &objection.answer {
            Answered::Open => (deadline_light(seen.state, objection.said.due, seen.day), String::new()),
            Answered::Upheld { reasons, .. } => (Light::watch("成立"), reasons.clone()),
            Answered::Dismissed { reasons, .. } => (Light::good("不成立"), reasons.clone()),
        };
        let answers = objection.is_open() && seen.is_department() && seen.context.is_some();
        let href = format!("{}/objections/{}", seen.path(), objection.said.id);
        ObjectionView { on: objection.recorded.day().to_string(), standing, answer, href: answers.then_some(href) }
    };
    own.map(view).collect()
}

/// What somebody who decides should not overlook.
fn attention(seen: &Seen<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(reason) = seen.barred().filter(|_| seen.role() != Some(Role::Auditor)) {
        lines.push(reason);
    }
    let missing = cases::view::missing(&seen.state.cases, seen.case);
    if !missing.is_empty() {
        lines.push(format!("还缺：{}", missing.join("、")));
    }
    if seen.case.stage.is_under_review() && seen.case.assessment.is_some() {
        lines.extend(handling::outdated(seen).map(|why| format!("{why}，请重新测算")));
    }
    if let Some((until, _)) = seen.state.cases.barred_until(seen.case.applicant.firm, seen.day) {
        lines.push(format!("该企业在 {until} 前被限制申报"));
    }
    let bars = |kind| kind == Kind::Bar;
    let pending =
        seen.adverse_decisions().filter(|decision| !bars(decision.intended.kind) && decision.stage.made().is_none());
    lines.extend(pending.filter(|decision| matches!(decision.stage, cases::adverse::Stage::Notified { .. })).map(
        |decision| {
            format!("已告知拟{}，企业可在 {} 前陈述申辩", decision.intended.kind.label(), decision.intended.until.due)
        },
    ));
    lines
}
