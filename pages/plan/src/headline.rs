//! The figures above the document, at most six: the measured goals, the tasks' lights, the money.

use plan::lights::{Light, Signal};
use plan::parts::{Goal, Target};
use plan::standing::{IndicatorStanding, Observation};
use web::{AsOf, Figure};

use crate::card::{chart_of, goal_lamp, target_text};
use crate::money::{self, Spent};
use crate::view::View;
use crate::{place, words};

/// Figures shown at most.
const MOST: usize = 6;

/// The figures of the day.
pub fn headlines(view: &View, as_of: AsOf) -> Vec<Figure> {
    let goals = view.plan.goals.iter().filter_map(|goal| {
        let standing = view.indicator(&goal.indicator)?;
        Some(goal_figure(view, goal, standing, standing.latest.as_ref()?, as_of))
    });
    let rest = [tasks(view, as_of), money(view, as_of)];
    let goals: Vec<_> = goals.take(MOST - rest.len()).collect();
    goals.into_iter().chain(rest).collect()
}

fn goal_figure(view: &View, goal: &Goal, standing: &IndicatorStanding, latest: &Observation, as_of: AsOf) -> Figure {
    let unit = view.plan.indicator(&goal.indicator).map(|indicator| indicator.unit.clone()).unwrap_or_default();
    let told = words::told(view, &goal.indicator, latest);
    let mut figure = Figure::new(format!("{} {}", goal.key, goal.name), latest.value.headline(), &unit, told)
        .light(goal_lamp(Some(standing)))
        .href(place::opened(goal.key.as_str(), &as_of.suffix()));
    if let Target::Number { comparator, figure: target, unit, .. } = &goal.target {
        let gap = standing.target.as_ref().filter(|target| target.met == Some(false)).and_then(|target| target.gap);
        let gap = gap.map(|gap| format!("，差 {}", gap.headline())).unwrap_or_default();
        figure = figure.target(format!("{} {} {unit}{gap}", comparator.sign(), target_text(*target)));
    }
    if let Some((change, before)) = &standing.change {
        let change = words::signed(change.headline());
        figure = figure.delta(format!("较 {} 年 {change}", before.until().year()));
    }
    if let Some(apart) = words::apart(latest, &unit) {
        figure = figure.note(apart);
    }
    if let Some(Ok(forecast)) = &standing.forecast {
        figure = figure.drawing(&chart_of(view, goal, Some(forecast)).draw());
    }
    figure.source(words::records(latest), place::records(latest, view.day))
}

/// How many of the tasks are on time.
fn tasks(view: &View, as_of: AsOf) -> Figure {
    let signals: Vec<_> = view.plan.tasks.iter().filter_map(|task| view.task_signal(&task.anchor)).collect();
    let count = |light: Light| signals.iter().filter(|signal| **signal == Signal::Light(light)).count();
    let (green, yellow, red) = (count(Light::Green), count(Light::Yellow), count(Light::Red));
    let register = format!("/plan/tasks{}", as_of.suffix());
    Figure::new("任务按期", green.to_string(), format!("/ {} 项", signals.len()), format!("截至 {} · 绿灯", view.day))
        .target("全部按期")
        .delta(format!("黄灯 {yellow} · 红灯 {red}"))
        .source("任务台账", &register)
        .href(register)
}

/// What the benefits came to.
fn money(view: &View, as_of: AsOf) -> Figure {
    let spent = Spent::of_all(view);
    let figure = Figure::new("惠企资金到账", spent.headline(), "万元", spent.told(view));
    let payments = format!("/payments{}", as_of.suffix());
    let source = format!("{} 件到账", spent.spending.paid.cases);
    figure.href(place::opened(money::KEY, &as_of.suffix())).source(source, payments)
}
