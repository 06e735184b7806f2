//! How one command's outcome stands in the ledger: one line of JSON.

use kernel::{Actor, CommandId, Recorded, Sequence, Timestamp};
use serde::{Deserialize, Serialize};

use crate::state::Event;

/// One command that was carried out, as recorded: never re-serialised, so the stored bytes stay what was signed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Unique in the ledger.
    pub command: CommandId,
    /// When it was decided.
    pub at: Timestamp,
    /// Who sent it.
    pub actor: Actor,
    /// What happened, in order; never empty.
    pub events: Vec<Event>,
}

impl Entry {
    /// The events with their place in the ledger, the first of them at `first`.
    pub fn recorded(&self, first: Sequence) -> impl Iterator<Item = (Recorded, &Event)> {
        self.events.iter().zip(first.0..).map(|(event, sequence)| {
            let recorded = Recorded { sequence: Sequence(sequence), at: self.at, actor: self.actor.clone() };
            (recorded, event)
        })
    }
}
