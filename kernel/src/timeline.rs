//! The one shape in which any record shows its history.

use crate::actor::Recorded;
use crate::digest::Evidence;

/// One thing that happened to a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where, when, by whom.
    pub recorded: Recorded,
    /// What happened, in a few words: “区县核实”.
    pub title: String,
    /// Reason, opinion or figure, where there is one.
    pub note: Option<String>,
    /// What proves it.
    pub evidence: Vec<Evidence>,
}
