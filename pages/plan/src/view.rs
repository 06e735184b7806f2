//! What pages of the plan look at: one State, the plan in force in it, and a day.

use std::sync::{Arc, OnceLock};

use enterprise::publication::Withheld;
use kernel::{Anchor, Date, Year};
use office::evidence::Audience;
use plan::lights::{Light, Signal, Standing};
use plan::parts::{Indicator, Query};
use plan::standing::{IndicatorStanding, Observation};
use plan::{GoalKey, IndicatorKey, Plan, PlanKey};
use register::Viewer;
use web::{Counter, Failure};

use crate::standings::Standings;

/// A State on a day, with what is computed once for all pages while neither plans nor firms change.
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
    /// Looked up by pages that show where something stands; a list of reports does not.
    standings: OnceLock<Arc<Standings>>,
}

impl View {
    /// The city on the day asked for, as the visitor may see it.
    pub fn on(counter: &Counter) -> Result<Self, Failure> {
        Self::of(counter.state()?, counter.as_of.day(), audience(&counter.visitor.viewer()))
    }

    /// A State on a day.
    pub fn of(state: office::State, day: Date, audience: Audience) -> Result<Self, Failure> {
        let (key, plan) = crate::living::shown_plan(&state, day).ok_or_else(|| before_the_first(day))?;
        Ok(Self { state, key, plan, day, audience, standings: OnceLock::new() })
    }

    fn standings(&self) -> &Standings {
        self.standings.get_or_init(|| Standings::of(&self.state, &self.plan, self.day, self.audience))
    }

    /// Every value of an indicator, oldest first.
    pub fn observations(&self, indicator: &IndicatorKey) -> &[Observation] {
        self.standings().indicators.get(indicator).map_or(&[], |(observed, _)| observed)
    }

    /// What an office should know that the public reads: its latest value, where the viewer reads another.
    pub fn public_value(&self, indicator: &Indicator) -> Option<Observation> {
        if self.audience == Audience::Public {
            return None;
        }
        let live = self.indicator(&indicator.key)?.latest.as_ref()?;
        let standings = Standings::of(&self.state, &self.plan, self.day, Audience::Public);
        let public = standings.indicators.get(&indicator.key)?.0.last()?;
        ((public.value, public.period) != (live.value, live.period)).then(|| public.clone())
    }

    /// Years in which an indicator has records but nothing public, and why.
    pub fn withheld(&self, indicator: &Indicator) -> &[(Year, Withheld)] {
        if indicator.query != Query::RevenueSum {
            return &[];
        }
        let years = || office::evidence::withheld(&self.state, indicator, self.day);
        self.standings().withheld.get_or_init(years)
    }

    /// Where a task stands.
    pub fn task(&self, anchor: &Anchor) -> Option<&Standing> {
        self.standings().tasks.get(anchor)
    }

    /// Where a measure stands.
    pub fn measure(&self, anchor: &Anchor) -> Option<&Standing> {
        self.standings().measures.get(anchor)
    }

    /// Where an indicator stands.
    pub fn indicator(&self, key: &IndicatorKey) -> Option<&IndicatorStanding> {
        self.standings().indicators.get(key).map(|(_, standing)| standing)
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

/// Offices read what is signed off; everybody else what was made public.
pub fn audience(viewer: &Viewer) -> Audience {
    if crate::is_official(viewer) { Audience::Offices } else { Audience::Public }
}

fn before_the_first(day: Date) -> Failure {
    Failure::NotFound(format!("{day} 时本系统还没有记录，请选择之后的日期。").into())
}
