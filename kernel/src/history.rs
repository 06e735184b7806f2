//! What a record remembers of its own past.

use std::sync::Arc;

use serde::Serialize;

use crate::timeline::Step;
use crate::{Evidence, Recorded};

/// One thing that happened to a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Where, when, by whom.
    pub recorded: Recorded,
    /// What happened, in a few words.
    pub title: &'static str,
    /// Reason, opinion, figure or new value, where there is one.
    pub note: Option<Arc<str>>,
    /// What proves it.
    pub evidence: Arc<[Evidence]>,
}

impl Entry {
    /// To be held by the record and by whatever earlier state shares it.
    pub fn new(recorded: &Recorded, title: &'static str, note: Option<&str>, evidence: &[Evidence]) -> Arc<Self> {
        // Most entries prove nothing: all of those share one empty list.
        let evidence = if evidence.is_empty() { Arc::default() } else { evidence.into() };
        Arc::new(Self { recorded: recorded.clone(), title, note: note.map(Into::into), evidence })
    }

    /// In the shape every timeline shows.
    pub fn step(&self) -> Step {
        Step {
            recorded: self.recorded.clone(),
            title: self.title.to_owned(),
            note: self.note.as_deref().map(str::to_owned),
            evidence: self.evidence.to_vec(),
        }
    }
}
