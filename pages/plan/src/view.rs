//! What pages of the plan look at: one State, the plan in force in it, and a day.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::{Anchor, Date};
use office::evidence::{Audience, indicator_standing, observations};
use plan::lights::{Light, Signal, Standing};
use plan::parts::Indicator;
use plan::standing::{IndicatorStanding, Observation};
use plan::{GoalKey, IndicatorKey, Plan, PlanKey};
use register::Viewer;
use web::{Counter, Failure};

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
    /// For whom figures of firms are computed.
    pub audience: Audience,
    tasks: BTreeMap<Anchor, Standing>,
    measures: BTreeMap<Anchor, Standing>,
    indicators: BTreeMap<IndicatorKey, IndicatorStanding>,
}

impl View {
    /// The city on the day asked for, as the visitor may see it.
    pub fn on(counter: &Counter) -> Result<Self, Failure> {
        Self::of(counter.state()?, counter.as_of.day(), audience(&counter.visitor.viewer()))
    }

    /// A State on a day.
    pub fn of(state: office::State, day: Date, audience: Audience) -> Result<Self, Failure> {
        let (key, plan) = crate::living::shown_plan(&state, day).ok_or_else(|| before_the_first(day))?;
        let calendar = state.city.calendar();
        let standing = |anchor: &Anchor| {
            let mut standing = plan::lights::standing(&state.plan, &plan, anchor, calendar, day)?;
            name_districts(&state, &mut standing);
            Some(standing)
        };
        let tasks: BTreeMap<_, _> =
            plan.tasks.iter().filter_map(|task| Some((task.anchor.clone(), standing(&task.anchor)?))).collect();
        let all = plan.tasks.iter().flat_map(|task| &task.measures);
        let measures = all.filter_map(|m| Some((m.anchor.clone(), standing(&m.anchor)?))).collect();
        let indicators = plan.indicators.iter().map(|indicator| {
            let standing = indicator_standing(&state, &plan, indicator, day, audience);
            (indicator.key.clone(), standing)
        });
        let indicators = indicators.collect();
        Ok(Self { state, key, plan, day, audience, tasks, measures, indicators })
    }

    /// Every value of an indicator, oldest first.
    pub fn observations(&self, indicator: &Indicator) -> Vec<Observation> {
        observations(&self.state, indicator, self.day, self.audience)
    }

    /// What an office should know that the public reads: its latest value, where the viewer reads another.
    pub fn public_value(&self, indicator: &Indicator) -> Option<Observation> {
        let live = self.indicator(&indicator.key)?.latest.as_ref()?;
        let public = observations(&self.state, indicator, self.day, Audience::Public).pop()?;
        (self.audience == Audience::Offices && (public.value, public.period) != (live.value, live.period))
            .then_some(public)
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

/// The plan knows districts by their codes; people read their names.
fn name_districts(state: &office::State, standing: &mut Standing) {
    let Some(catalog) = state.enterprise.catalog() else { return };
    for reason in &mut standing.reasons {
        let Some((code, rest)) = reason.split_once('：') else { continue };
        if let Some(division) = code.parse().ok().and_then(|code| catalog.divisions.get(code)) {
            *reason = format!("{}：{rest}", division.name);
        }
    }
}

/// Offices read what is signed off; everybody else what was made public.
pub fn audience(viewer: &Viewer) -> Audience {
    if crate::is_official(viewer) { Audience::Offices } else { Audience::Public }
}

fn before_the_first(day: Date) -> Failure {
    Failure::NotFound(format!("{day} 时本系统还没有记录，请选择之后的日期。").into())
}
