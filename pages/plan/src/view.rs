//! What pages of the plan look at: one State, the plan in force in it, and a day.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::{Anchor, Date};
use office::Hall;
use plan::lights::{Light, Signal, Standing};
use plan::standing::IndicatorStanding;
use plan::{GoalKey, IndicatorKey, Plan, PlanKey};
use web::{AsOf, Failure};

/// A State on a day, with what is computed once per page.
pub struct View {
    /// As of the day.
    pub state: office::State,
    /// Of the plan shown.
    pub key: PlanKey,
    /// In force on the day.
    pub plan: Arc<Plan>,
    /// The day.
    pub day: Date,
    tasks: BTreeMap<Anchor, Standing>,
    measures: BTreeMap<Anchor, Standing>,
    indicators: BTreeMap<IndicatorKey, IndicatorStanding>,
}

impl View {
    /// The city on the day asked for.
    pub fn on(hall: &Hall, as_of: AsOf) -> Result<Self, Failure> {
        let published = hall.office.published();
        let day = as_of.day();
        let state = match as_of.chosen() {
            None => published.state.clone(),
            Some(day) => published.on(day).cloned().ok_or_else(|| before_the_first(day))?,
        };
        Self::of(state, day)
    }

    /// A State on a day.
    pub fn of(state: office::State, day: Date) -> Result<Self, Failure> {
        let (key, plan) = crate::living::shown_plan(&state, day).ok_or_else(|| before_the_first(day))?;
        let calendar = state.city.calendar();
        let standing = |anchor: &Anchor| plan::lights::standing(&state.plan, &plan, anchor, calendar, day);
        let tasks: BTreeMap<_, _> =
            plan.tasks.iter().filter_map(|task| Some((task.anchor.clone(), standing(&task.anchor)?))).collect();
        let all = plan.tasks.iter().flat_map(|task| &task.measures);
        let measures = all.filter_map(|m| Some((m.anchor.clone(), standing(&m.anchor)?))).collect();
        let indicators = plan.indicators.iter().map(|indicator| {
            let standing = office::evidence::indicator_standing(&state, &plan, indicator, day);
            (indicator.key.clone(), standing)
        });
        let indicators = indicators.collect();
        Ok(Self { state, key, plan, day, tasks, measures, indicators })
    }

    /// Where a task stands.
    pub fn task(&self, anchor: &Anchor) -> Option<&Standing> {
        self.tasks.get(anchor)
    }

    /// Where a measure stands.
    pub fn measure(&self, anchor: &Anchor) -> Option<&Standing> {
        self.measures.get(anchor)
    }

    /// Where an indicator stands.
    pub fn indicator(&self, key: &IndicatorKey) -> Option<&IndicatorStanding> {
        self.indicators.get(key)
    }

    /// A task's light.
    pub fn task_signal(&self, anchor: &Anchor) -> Option<Signal> {
        self.task(anchor).map(|standing| standing.signal)
    }

    /// A measure's light.
    pub fn measure_signal(&self, anchor: &Anchor) -> Option<Signal> {
        self.measure(anchor).map(|standing| standing.signal)
    }

    /// The computed light of the indicator behind a goal.
    pub fn goal_light(&self, goal: &GoalKey) -> Option<Light> {
        self.indicator(&self.plan.goal(goal)?.indicator)?.light
    }
}

fn before_the_first(day: Date) -> Failure {
    Failure::NotFound(format!("{day} 时本系统还没有记录，请选择之后的日期。").into())
}
