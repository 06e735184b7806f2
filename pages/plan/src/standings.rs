//! Where everything in a plan stands, kept while nothing it is computed from changes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use enterprise::publication::Withheld;
use kernel::{Anchor, Date, WorkingCalendar, Year};
use office::evidence::{Audience, observations, standing_of};
use plan::lights::Standing;
use plan::standing::{IndicatorStanding, Observation};
use plan::{IndicatorKey, Plan};

/// Where everything in a plan stands.
pub struct Standings {
    /// By anchor.
    pub tasks: BTreeMap<Anchor, Standing>,
    /// By anchor.
    pub measures: BTreeMap<Anchor, Standing>,
    /// Every value, oldest first, and what follows from them.
    pub indicators: BTreeMap<IndicatorKey, (Vec<Observation>, IndicatorStanding)>,
    /// Years that have records but nothing public, and why; asked by one page only.
    pub withheld: OnceLock<Vec<(Year, Withheld)>>,
}

/// Standings, and all they were computed from.
struct Computed {
    plans: plan::State,
    enterprises: enterprise::State,
    cases: cases::State,
    calendar: Arc<WorkingCalendar>,
    plan: Arc<Plan>,
    day: Date,
    audience: Audience,
    standings: Arc<Standings>,
}

/// The latest ones computed, oldest first: today's, and a few earlier days that people look back to.
static COMPUTED: Mutex<Vec<Computed>> = Mutex::new(Vec::new());
const KEPT: usize = 16;

impl Computed {
    fn is_of(&self, plan: &Arc<Plan>, day: Date, audience: Audience) -> bool {
        self.day == day && self.audience == audience && Arc::ptr_eq(&self.plan, plan)
    }

    fn holds_in(&self, state: &office::State) -> bool {
        Arc::ptr_eq(&self.calendar, state.city.calendar())
            && self.plans.is_unchanged(&state.plan)
            && self.enterprises.is_unchanged(&state.enterprise)
            && self.cases.has_same_cases(&state.cases)
    }
}

impl Standings {
    /// As computed before from the same State, or anew.
    pub fn of(state: &office::State, plan: &Arc<Plan>, day: Date, audience: Audience) -> Arc<Self> {
        let kept = || COMPUTED.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |computed: &&Computed| computed.is_of(plan, day, audience) && computed.holds_in(state);
        let known = kept().iter().find(fits).map(|computed| computed.standings.clone());
        if let Some(standings) = known {
            return standings;
        }
        let standings = Arc::new(Self::compute(state, plan, day, audience));
        let computed = Computed {
            plans: state.plan.clone(),
            enterprises: state.enterprise.clone(),
            cases: state.cases.clone(),
            calendar: state.city.calendar().clone(),
            plan: plan.clone(),
            day,
            audience,
            standings: standings.clone(),
        };
        let mut kept = kept();
        // Of a plan, day and audience, only the latest is asked for again.
        kept.retain(|other| !other.is_of(plan, day, audience));
        let surplus = (kept.len() + 1).saturating_sub(KEPT);
        kept.drain(..surplus);
        kept.push(computed);
        standings
    }

    fn compute(state: &office::State, plan: &Arc<Plan>, day: Date, audience: Audience) -> Self {
        let calendar = state.city.calendar();
        let standing = |anchor: &Anchor| {
            let mut standing = plan::lights::standing(&state.plan, plan, anchor, calendar, day)?;
            name_districts(state, &mut standing);
            Some(standing)
        };
        let tasks = plan.tasks.iter().filter_map(|task| Some((task.anchor.clone(), standing(&task.anchor)?))).collect();
        let all = plan.tasks.iter().flat_map(|task| &task.measures);
        let measures = all.filter_map(|m| Some((m.anchor.clone(), standing(&m.anchor)?))).collect();
        let indicators = plan.indicators.iter().map(|indicator| {
            let observed = observations(state, indicator, day, audience);
            let standing = standing_of(state, plan, indicator, &observed, day);
            (indicator.key.clone(), (observed, standing))
        });
        Self { tasks, measures, indicators: indicators.collect(), withheld: OnceLock::new() }
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
