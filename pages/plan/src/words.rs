//! What things are called on every page of this crate.

use kernel::{Actor, OrganisationId, Period, timeline::Step};
use plan::parts::{Frequency, TaskKind};
use plan::standing::Observation;
use register::Viewer;
use web::Timeline;

use crate::card::division_name;
use crate::view::View;

/// Figures of fewer firms than this are not public.
const FEWEST_FIRMS: u32 = 3;

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

/// The value as this viewer may read it: an amount of fewer than three firms would tell on one of them.
pub fn value(observation: &Observation, viewer: &Viewer) -> Option<String> {
    let amount = matches!(observation.value, plan::parts::Figure::Money(_));
    let few = amount && observation.records < FEWEST_FIRMS;
    (!few || crate::is_official(viewer)).then(|| observation.value.headline())
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
