//! What pages of the plan look at: one State, the plan in force in it, and a day.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use kernel::{Anchor, Date, WorkingCalendar};
use office::Hall;
use plan::lights::{Light, Signal, Standing};
use plan::standing::{IndicatorStanding, Observation};
use plan::{GoalKey, IndicatorKey, Plan, PlanKey};
use web::{AsOf, Failure};

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
    standings: Arc<Standings>,
}

/// Where everything in a plan stands.
struct Standings {
    tasks: BTreeMap<Anchor, Standing>,
    measures: BTreeMap<Anchor, Standing>,
    indicators: BTreeMap<IndicatorKey, (Vec<Observation>, IndicatorStanding)>,
}

/// Standings, and all they were computed from.
struct Computed {
    plans: plan::State,
    enterprises: enterprise::State,
    calendar: Arc<WorkingCalendar>,
    plan: Arc<Plan>,
    day: Date,
    standings: Arc<Standings>,
}

/// The latest ones computed, oldest first: today's, and a few earlier days that people look back to.
static COMPUTED: Mutex<Vec<Computed>> = Mutex::new(Vec::new());
const KEPT: usize = 8;

impl Computed {
    fn holds_for(&self, state: &office::State, plan: &Arc<Plan>, day: Date) -> bool {
        self.day == day
            && Arc::ptr_eq(&self.plan, plan)
            && Arc::ptr_eq(&self.calendar, state.city.calendar())
            && self.plans.is_unchanged(&state.plan)
            && self.enterprises.is_unchanged(&state.enterprise)
    }
}

impl Standings {
    /// As computed before from the same State, or anew.
    fn of(state: &office::State, plan: &Arc<Plan>, day: Date) -> Arc<Self> {
        let kept = || COMPUTED.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept().iter().find(|computed| computed.holds_for(state, plan, day)).map(|c| c.standings.clone());
        if let Some(standings) = known {
            return standings;
        }
        let standings = Arc::new(Self::compute(state, plan, day));
        let computed = Computed {
            plans: state.plan.clone(),
            enterprises: state.enterprise.clone(),
            calendar: state.city.calendar().clone(),
            plan: plan.clone(),
            day,
            standings: standings.clone(),
        };
        let mut kept = kept();
        // Of a day and plan, only the latest is asked for again.
        kept.retain(|other| other.day != day || !Arc::ptr_eq(&other.plan, plan));
        let surplus = (kept.len() + 1).saturating_sub(KEPT);
        kept.drain(..surplus);
        kept.push(computed);
        standings
    }

    fn compute(state: &office::State, plan: &Arc<Plan>, day: Date) -> Self {
        let calendar = state.city.calendar();
        let standing = |anchor: &Anchor| plan::lights::standing(&state.plan, plan, anchor, calendar, day);
        let tasks: BTreeMap<_, _> =
            plan.tasks.iter().filter_map(|task| Some((task.anchor.clone(), standing(&task.anchor)?))).collect();
        let all = plan.tasks.iter().flat_map(|task| &task.measures);
        let measures = all.filter_map(|m| Some((m.anchor.clone(), standing(&m.anchor)?))).collect();
        let indicators = plan.indicators.iter().map(|indicator| {
            let observed = office::evidence::observations(state, indicator, day);
            let standing = office::evidence::standing_of(state, plan, indicator, &observed, day);
            (indicator.key.clone(), (observed, standing))
        });
        Self { tasks, measures, indicators: indicators.collect() }
    }
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
        let standings = Standings::of(&state, &plan, day);
        Ok(Self { state, key, plan, day, standings })
    }

    /// Where a task stands.
    pub fn task(&self, anchor: &Anchor) -> Option<&Standing> {
        self.standings.tasks.get(anchor)
    }

    /// Where a measure stands.
    pub fn measure(&self, anchor: &Anchor) -> Option<&Standing> {
        self.standings.measures.get(anchor)
    }

    /// Where an indicator stands.
    pub fn indicator(&self, key: &IndicatorKey) -> Option<&IndicatorStanding> {
        self.standings.indicators.get(key).map(|(_, standing)| standing)
    }

    /// Every value of an indicator that the records give, oldest first.
    pub fn observations(&self, key: &IndicatorKey) -> &[Observation] {
        self.standings.indicators.get(key).map_or(&[], |(observed, _)| observed)
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
