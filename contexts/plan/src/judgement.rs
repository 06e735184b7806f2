//! Human judgement: a light of its own beside the computed one, with a reason and who gave it.

use std::fmt;
use std::str::FromStr;

use kernel::{Anchor, Context, Evidence, Recorded, Refusal, Revision, Role};
use serde::{Deserialize, Serialize};

use crate::key::{GoalKey, PlanKey};
use crate::lights::Light;
use crate::parts::Target;
use crate::state::{Event, State, in_force, written};

/// What a judgement is about. As text: `goal:G4` or `task:二(一)1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// A goal.
    Goal(GoalKey),
    /// A task.
    Task(Anchor),
}

/// Not what a judgement can be about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}”不是研判对象：应为 goal:目标 或 task:任务锚点")]
pub struct AboutError(String);

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Goal(goal) => write!(f, "goal:{goal}"),
            Self::Task(task) => write!(f, "task:{task}"),
        }
    }
}

impl FromStr for About {
    type Err = AboutError;
    fn from_str(text: &str) -> Result<Self, AboutError> {
        let about = match text.split_once(':') {
            Some(("goal", goal)) => goal.parse().map(Self::Goal).ok(),
            Some(("task", task)) => task.parse().map(Self::Task).ok(),
            _ => None,
        };
        about.ok_or_else(|| AboutError(text.to_owned()))
    }
}

/// What people judge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// The light they give.
    pub light: Light,
    /// The grade, for a goal that the plan grades.
    pub grade: Option<String>,
    /// Why.
    pub reason: String,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
}

/// The judgements of a goal or task, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct JudgementRecord {
    /// The last one stands.
    pub given: Vec<(Recorded, Judgement)>,
    /// Counts them.
    pub revision: Revision,
}

impl JudgementRecord {
    /// The judgement that stands, with who gave it.
    pub fn current(&self) -> Option<&(Recorded, Judgement)> {
        self.given.last()
    }

    pub(crate) fn apply(&mut self, recorded: &Recorded, judgement: &Judgement) {
        self.given.push((recorded.clone(), judgement.clone()));
        self.revision = self.revision.next();
    }
}

pub(crate) fn decide(
    state: &State,
    context: &Context,
    plan: PlanKey,
    about: About,
    mut judgement: Judgement,
    expected: Option<Revision>,
) -> Result<Vec<Event>, Refusal> {
    context.require(&[Role::WorkingGroup, Role::CityOfficer])?;
    context.require_reauthentication()?;
    let document = in_force(state, context, &plan)?;
    let grades: &[String] = match &about {
        About::Goal(goal) => match &document.goal(goal).ok_or_else(|| unknown(&about))?.target {
            Target::Judged { grades, .. } => grades,
            Target::Number { .. } => &[],
        },
        About::Task(task) => document.task(task).map(|_| &[][..]).ok_or_else(|| unknown(&about))?,
    };
    let revision = state.judgement(&plan, &about).map(|record| record.revision).unwrap_or_default();
    revision.expect(expected)?;
    judgement.reason = written("reason", &judgement.reason, 1000)?;
    match &judgement.grade {
        Some(grade) if !grades.contains(grade) => {
            Err(Refusal::invalid("grade", format!("没有“{grade}”这个等级，可选：{}。", grades.join("、"))))
        }
        None if !grades.is_empty() => Err(Refusal::invalid("grade", format!("请选择等级：{}。", grades.join("、")))),
        _ => Ok(vec![Event::Judged { plan, about, judgement }]),
    }
}

fn unknown(about: &About) -> Refusal {
    Refusal::not_found(format!("行动计划中没有 {about}。"))
}
