//! The baseline of a goal: proposed by one officer, signed off by another.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use kernel::{Date, Money, Role};
use office::SubmitError;
use plan::GoalKey;
use plan::baseline::{Baseline, BaselineCommand, BaselineRecord};
use plan::parts::{BaselineNeed, Figure, Goal, Target};
use web::{Answer, Counter, Draft, Failure, Form, FromFields, Page, Reader, Timeline, Upload};

use crate::typed::{Count, Day};
use crate::view::View;
use crate::{place, words};

/// What an officer proposes. The value is read by the goal's kind: an amount, or a number.
pub struct Proposal {
    as_of: Date,
    value: String,
    scope_version: u32,
    source: String,
    evidence: Option<Upload>,
}

impl FromFields for Proposal {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let as_of = reader.required::<Day>("as_of", "基数日");
        let value = reader.required::<String>("value", "基数");
        let scope_version = reader.required::<Count>("scope_version", "口径版本");
        let source = reader.text("source", "数据来源", 500, true);
        let evidence = reader.optional_file("evidence");
        let scope_version = u32::try_from(scope_version?.0).ok();
        Some(Self { as_of: as_of?.0, value: value?, scope_version: scope_version?, source: source?, evidence })
    }
}

/// A baseline as pages show it.
pub struct BaselineView {
    /// Value with its unit.
    pub value: String,
    /// The day it describes.
    pub as_of: Date,
    /// Under which it was counted.
    pub scope_version: u32,
    /// In words.
    pub source: String,
    /// Who proposed it, when.
    pub proposed: String,
    /// Who signed it off, when.
    pub signed_off: Option<String>,
    /// What proves it, and where it is read.
    pub evidence: Vec<(String, String)>,
}

/// The baseline in force and the one that waits.
pub fn baselines(view: &View, record: &BaselineRecord, unit: &str) -> (Option<BaselineView>, Option<BaselineView>) {
    let by = |recorded: &kernel::Recorded| format!("{} · {}", words::actor_name(view, &recorded.actor), recorded.day());
    let shown = |entry: &plan::baseline::Entry, signed_off: Option<String>| BaselineView {
        value: match entry.baseline.value {
            Figure::Money(money) => format!("{} 亿元", money.hundred_millions()),
            Figure::Count(count) => format!("{count} {unit}"),
        },
        as_of: entry.baseline.as_of,
        scope_version: entry.baseline.scope_version,
        source: entry.baseline.source.clone(),
        proposed: by(&entry.proposed),
        signed_off,
        evidence: entry.baseline.evidence.iter().map(|file| (file.name.clone(), place::kept(file))).collect(),
    };
    let current = record.signed_off.last().map(|signed| shown(&signed.entry, Some(by(&signed.signed_off))));
    (current, record.proposed.as_ref().map(|entry| shown(entry, None)))
}

#[derive(Template)]
#[template(path = "baseline.html")]
struct BaselinePage {
    goal: String,
    name: String,
    scope: String,
    needed: bool,
    current: Option<BaselineView>,
    waiting: Option<BaselineView>,
    own: bool,
    can_propose: bool,
    can_sign: bool,
    in_money: bool,
    unit: String,
    scopes: Vec<(String, String)>,
    draft: Draft,
    action: String,
    timeline: Timeline,
    indicator_href: String,
}

fn goal_of<'a>(view: &'a View, key: &str) -> Result<&'a Goal, Failure> {
    let key: Option<GoalKey> = key.parse().ok();
    key.and_then(|key| view.plan.goal(&key)).ok_or_else(Failure::not_found)
}

fn in_money(goal: &Goal) -> bool {
    matches!(goal.target, Target::Number { figure: Figure::Money(_), .. })
}

/// The baseline and its forms.
pub async fn baseline(counter: Counter, Path(goal): Path<String>, page: Page) -> Answer {
    let view = View::on(&counter)?;
    let goal = goal_of(&view, &goal)?;
    let draft = page.form().fill([("as_of", view.plan.meta.from.yesterday().unwrap_or(view.day).to_string())]);
    show(&counter, &view, goal, page, draft)
}

fn show(counter: &Counter, view: &View, goal: &Goal, page: Page, draft: Draft) -> Answer {
    let missing = BaselineRecord::default();
    let record = view.state.plan.baseline(&view.key, &goal.key).unwrap_or(&missing);
    let indicator = view.plan.indicator(&goal.indicator).ok_or_else(Failure::not_found)?;
    let (current, waiting) = baselines(view, record, &indicator.unit);
    let proposer = record.proposed.as_ref().and_then(|entry| entry.proposed.actor.person());
    let own = proposer.is_some() && proposer == counter.visitor.signed_in().map(|signed_in| signed_in.person);
    let is_now = counter.as_of.is_now();
    let scope =
        |scope: &plan::parts::Scope| (scope.version.to_string(), format!("v{}：{}", scope.version, scope.definition));
    let draft = if draft.has_errors() { draft } else { draft.revision(record.revision) };
    let content = BaselinePage {
        goal: goal.key.to_string(),
        name: goal.name.clone(),
        scope: goal.scope.clone(),
        needed: goal.baseline == BaselineNeed::NotInText,
        can_propose: is_now && goal.baseline == BaselineNeed::NotInText,
        can_sign: is_now && waiting.is_some() && !own && counter.visitor.role() == Some(Role::CityOfficer),
        own: own && waiting.is_some(),
        current,
        waiting,
        in_money: in_money(goal),
        unit: indicator.unit.clone(),
        scopes: indicator.scopes.iter().map(scope).collect(),
        action: place::baseline(&goal.key),
        timeline: words::timeline(view, record.timeline(), true),
        indicator_href: format!("{}{}", place::indicator(&goal.indicator), counter.as_of.suffix()),
        draft,
    };
    let status = if content.draft.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page.title(format!("目标 {} 的基数", goal.key))
        .crumb("指标", "/plan/indicators")
        .crumb(indicator.name.clone(), place::indicator(&indicator.key))
        .status(status)
        .show(&content)
}

fn value_of(goal: &Goal, typed: &str) -> Result<Figure, String> {
    if in_money(goal) {
        let money = typed.parse::<Money>().map_err(|error| format!("{error}"))?;
        return Ok(Figure::Money(money));
    }
    let count = typed.parse::<Count>().map_err(str::to_owned)?;
    Ok(Figure::Count(count.0))
}

/// An officer proposes.
pub async fn propose(counter: Counter, Path(goal): Path<String>, page: Page, form: Form<Proposal>) -> Answer {
    let view = View::on(&counter)?;
    let goal = goal_of(&view, &goal)?;
    let Form { read, draft, command, revision } = form;
    let Some(typed) = read else { return show(&counter, &view, goal, page, draft) };
    let value = match value_of(goal, &typed.value) {
        Ok(value) => value,
        Err(error) => {
            let draft = draft.refused(kernel::Refusal::invalid("value", error))?;
            return show(&counter, &view, goal, page, draft);
        }
    };
    let mut evidence = Vec::new();
    if let Some(upload) = &typed.evidence {
        evidence.push(counter.keep(upload).await?);
    }
    let Proposal { as_of, scope_version, source, .. } = typed;
    let proposed = BaselineCommand::Propose(Baseline { as_of, value, scope_version, source, evidence });
    let sent = plan::Command::Baseline {
        plan: view.key.clone(),
        goal: goal.key.clone(),
        expected: revision,
        command: proposed,
    };
    match counter.submit(command, sent).await {
        Ok(_) => Ok(Redirect::to(&place::baseline(&goal.key)).into_response()),
        Err(SubmitError::Refused(refusal)) => show(&counter, &view, goal, page, draft.refused(refusal)?),
        Err(error) => Err(error.into()),
    }
}

/// Another officer signs off what was shown.
pub async fn sign_off(counter: Counter, Path(goal): Path<String>, page: Page, form: Form<()>) -> Answer {
    let view = View::on(&counter)?;
    let goal = goal_of(&view, &goal)?;
    let Form { draft, command, revision, .. } = form;
    let sent = plan::Command::Baseline {
        plan: view.key.clone(),
        goal: goal.key.clone(),
        expected: revision,
        command: BaselineCommand::SignOff,
    };
    match counter.submit(command, sent).await {
        Ok(_) => Ok(Redirect::to(&place::baseline(&goal.key)).into_response()),
        Err(SubmitError::Refused(refusal)) => show(&counter, &view, goal, page, draft.refused(refusal)?),
        Err(error) => Err(error.into()),
    }
}
