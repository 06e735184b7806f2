//! The action plan as data: text, anchors, units, goals, tasks, indicators, progress, lights, forecast.
//!
//! A plan is a folder of files ([`Files`]). [`check`](check::check) says whether every character of the text is
//! bound; [`Plan::read`] yields the plan; a command adopts it into the [`State`]. What people then do with it
//! (baselines, schedules, monthly reports, rules, judgements) are further commands. Lights, standings, forecasts
//! and what is due are pure functions of the state and a day.
//!
//! Nothing of any particular city is in the code: another plan is another folder.

pub mod check;
pub mod document;
pub mod key;
pub mod month;
pub mod parts;
mod source;
pub mod text;

pub use document::{Files, Plan, Subject};
pub use key::{BenefitKey, GoalKey, IndicatorKey, PlanKey, RecordKey};
pub use month::Month;
