//! What things are called on every page of this crate.

use kernel::{Actor, OrganisationId, Period, timeline::Step};
use office::evidence::Audience;
use plan::IndicatorKey;
use plan::parts::{Frequency, TaskKind};
use plan::standing::Observation;
use web::Timeline;

use crate::card::division_name;
use crate::view::View;

/// A unit by its name in the plan, a district by its name in the catalog.
pub fn unit_name(view: &View, key: &OrganisationId) -> String {
    view.plan.unit(key).map_or_else(|| division_name(view, key.as_str()), |unit| unit.name.clone())
}

/// An actor by organisation and role; people's names stay in the vault.
pub fn actor_name(view: &View, actor: &Actor) -> String {
    match actor {
        Actor::System => "系统".to_owned(),
        Actor::Person { role, organisation, .. } => {
            format!("{} · {}", view.state.organisation_name(organisation), role.label())
        }
    }
}

/// What kind of part of the plan a task is.
pub const fn kind(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::Path => "发展路径",
        TaskKind::Task => "重点任务",
        TaskKind::Safeguard => "保障措施",
    }
}

/// How often a value is due.
pub const fn frequency(frequency: Frequency) -> &'static str {
    match frequency {
        Frequency::Monthly => "每月",
        Frequency::Quarterly => "每季度",
        Frequency::Annual => "每年",
        Frequency::OnReview => "评审时",
    }
}

/// `2025 年度`, `截至 2026-11-23`.
pub fn period(period: Period) -> String {
    let (from, until) = (period.from(), period.until());
    match period {
        _ if from == until => format!("截至 {until}"),
        _ if period == Period::year(from.year()) => format!("{} 年度", from.year()),
        _ => format!("{from} 至 {until}"),
    }
}

/// What the scope leaves out, beside the value: `另：自封自测 12.30 亿元，不计入`.
pub fn apart(observation: &Observation, unit: &str) -> Option<String> {
    let apart = observation.apart.as_ref()?;
    let told = apart.as_of.map(|day| format!("（{day} 公布）")).unwrap_or_default();
    Some(match apart.value {
        Some(value) => format!("另：{} {} {unit}{told}，不计入", apart.what, value.in_unit(unit)),
        None => format!("另：{}不计入，按公布规则不公布", apart.what),
    })
}

/// Of what period, under which scope, and for the public since when.
pub fn told(view: &View, indicator: &IndicatorKey, latest: &Observation) -> String {
    let scope = scope(view, indicator, latest.scope_version);
    let is_stock = latest.period.from() == latest.period.until();
    let published = match view.audience {
        Audience::Public if !is_stock => format!(" · {} 公布", latest.as_of),
        _ => String::new(),
    };
    format!("{} · {scope}{published}", period(latest.period))
}

/// How many records a value is made of, in words.
pub fn records(latest: &Observation) -> String {
    let is_stock = latest.period.from() == latest.period.until();
    if is_stock { format!("{} 户企业档案", latest.records) } else { format!("{} 份签核申报", latest.records) }
}

/// A scope version, by its name where it has one.
pub fn scope(view: &View, indicator: &IndicatorKey, version: u32) -> String {
    let scopes = view.plan.indicator(indicator).into_iter().flat_map(|indicator| &indicator.scopes);
    let name = scopes.filter(|scope| scope.version == version).find_map(|scope| scope.name.as_deref());
    name.map_or_else(|| format!("口径 v{version}"), |name| format!("{name} v{version}"))
}

/// With a plus where it rose.
pub fn signed(text: String) -> String {
    let is_zero = text.trim_matches(['0', '.', '-']).is_empty();
    if is_zero || text.starts_with('-') { text } else { format!("+{text}") }
}

/// A record's history as this viewer may read it: what units wrote to the working group, and their files, are read
/// by officials on the report's own page.
pub fn timeline(view: &View, mut steps: Vec<Step>, with_notes: bool) -> Timeline {
    for step in &mut steps {
        step.evidence.clear();
        if !with_notes {
            step.note = None;
        }
    }
    Timeline::new(&steps, |actor| actor_name(view, actor))
}
