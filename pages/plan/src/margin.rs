//! What stands in the margin of a paragraph before anything is opened: the goals it states, the task it is, what its
//! benefits came to. A few words each; the rest is behind the sentence.

use std::collections::BTreeSet;

use kernel::Anchor;
use plan::Subject;
use plan::lights::{Light, Signal};
use plan::parts::Target;
use plan::text::{Binding, Block};
use register::Light as Lamp;
use web::AsOf;

use crate::card::{goal_lamp, lamp_of, target_text};
use crate::money::Spent;
use crate::place;
use crate::registers::reported;
use crate::view::View;

/// One line of the margin.
pub struct MarginLine {
    /// How it stands.
    pub lamp: Option<Lamp>,
    /// What it is, and where it is read on.
    pub label: String,
    /// Where.
    pub href: String,
    /// The figure.
    pub value: String,
    /// Why, where it does not stand well.
    pub reason: String,
}

/// Goals are listed where a paragraph states at least so many; elsewhere they are only mentioned.
pub const LISTED: usize = 3;

/// The margin of a block.
pub fn lines(view: &View, block: &Block, as_of: AsOf) -> Vec<MarginLine> {
    let segments = || block.sentences().iter().flat_map(|sentence| &sentence.segments);
    let goals = goals_of(block);
    let mut lines = Vec::new();
    if goals.len() >= LISTED {
        lines.extend(goals.iter().filter_map(|goal| goal_line(view, goal, as_of)));
    }
    let tasks: BTreeSet<&Anchor> = segments().filter_map(|segment| task_of(view, &segment.binding)).collect();
    if let (Some(task), 1) = (tasks.first(), tasks.len()) {
        lines.extend(task_line(view, task, as_of));
    }
    lines.extend(segments().filter_map(|segment| benefit_line(view, &segment.binding, as_of)));
    lines
}

/// The goals a block names.
pub fn goals_of(block: &Block) -> Vec<&plan::GoalKey> {
    let segments = block.sentences().iter().flat_map(|sentence| &sentence.segments);
    segments.filter_map(|segment| if let Binding::Goal(goal) = &segment.binding { Some(goal) } else { None }).collect()
}

fn task_of<'a>(view: &'a View, binding: &'a Binding) -> Option<&'a Anchor> {
    let subject = match binding {
        Binding::Measure(anchor) => view.plan.subject(anchor)?,
        Binding::Benefit(benefit) => view.plan.measure_of_benefit(benefit)?,
        _ => return None,
    };
    let (Subject::Task(task) | Subject::Measure(task, _)) = subject;
    Some(&task.anchor)
}

fn goal_line(view: &View, key: &plan::GoalKey, as_of: AsOf) -> Option<MarginLine> {
    let goal = view.plan.goal(key)?;
    let standing = view.indicator(&goal.indicator);
    let unit = view.plan.indicator(&goal.indicator).map_or("", |indicator| indicator.unit.as_str());
    let latest = standing.and_then(|standing| standing.latest.as_ref());
    let value = match (latest, &goal.target) {
        (Some(latest), Target::Number { figure, .. }) => {
            format!("{} / {} {unit}", latest.value.headline(), target_text(*figure))
        }
        _ => String::new(),
    };
    Some(MarginLine {
        lamp: Some(goal_lamp(standing)),
        label: goal.key.to_string(),
        href: place::opened(goal.key.as_str(), &as_of.suffix()),
        value,
        reason: String::new(),
    })
}

fn task_line(view: &View, anchor: &Anchor, as_of: AsOf) -> Option<MarginLine> {
    let standing = view.task(anchor).filter(|standing| standing.signal != Signal::NotRated)?;
    let percent = |percent: Option<u8>| percent.map(|percent| format!("{percent}%"));
    let planned = percent(standing.planned.map(|percent| percent.get()));
    let value = match (percent(reported(standing)), planned) {
        (Some(reported), Some(planned)) => format!("报送 {reported} / 计划 {planned}"),
        (None, Some(planned)) => format!("未报送 / 计划 {planned}"),
        _ => String::new(),
    };
    let is_well = matches!(standing.signal, Signal::Light(Light::Green) | Signal::Received);
    let reason = standing.reasons.first().filter(|_| !is_well).cloned().unwrap_or_default();
    Some(MarginLine {
        lamp: Some(lamp_of(Some(standing.signal))),
        label: "进度".to_owned(),
        href: format!("{}{}", place::task(anchor), as_of.suffix()),
        value,
        reason,
    })
}

fn benefit_line(view: &View, binding: &Binding, as_of: AsOf) -> Option<MarginLine> {
    let Binding::Benefit(benefit) = binding else { return None };
    let clause = view.state.subsidy.clause(&benefit.as_str().parse().ok()?)?;
    let spent = Spent::of(view, &clause.benefit);
    Some(MarginLine {
        lamp: None,
        label: clause.title.to_string(),
        href: place::opened(benefit.as_str(), &as_of.suffix()),
        value: format!("到账 {} 万元", spent.headline()),
        reason: String::new(),
    })
}
