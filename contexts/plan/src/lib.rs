//! The action plan as data: text, anchors, units, goals, tasks, indicators, progress, lights, forecast.
//!
//! A plan is a folder of files ([`Files`]). [`check`](check::check) says whether every character of the text is
//! bound; [`Plan::read`] yields the plan; a command adopts it into the [`State`]. What people then do with it
//! (baselines, schedules, monthly reports, rules, judgements) are further commands. Lights ([`lights::standing`]),
//! indicators ([`standing::standing`]), forecasts and what is due ([`due::due`]) are pure functions of the state
//! and a day.
//!
//! Nothing of any particular city is in the code: another plan is another folder.

pub mod adoption;
pub mod baseline;
pub mod check;
pub mod document;
pub mod due;
pub mod forecast;
pub mod judgement;
pub mod key;
pub mod lights;
pub mod month;
pub mod parts;
pub mod progress;
pub mod schedule;
mod source;
pub mod standing;
pub mod state;
pub mod text;
pub mod timeline;

pub use document::{Files, Plan, Subject};
pub use key::{BenefitKey, GoalKey, IndicatorKey, PlanKey, RecordKey};
pub use month::Month;
pub use state::{Command, Event, State, decide};
