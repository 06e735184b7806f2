//! What one context's event demands of another, in the same transaction. Never called on replay.

use crate::state::{Command, Event, State};

/// The commands that follow from an event, sent by the system.
pub fn react(_state: &State, _event: &Event) -> Vec<Command> {
    Vec::new()
}
