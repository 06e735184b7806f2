//! What readers see: a State that is durable, and marks from which earlier days are replayed.

use imbl::OrdMap;
use kernel::{Date, Sequence, Timestamp};
use ledger::{Batch, Head};

use crate::replay::ReplayError;
use crate::state::State;

/// A durable State with its place in the ledger, and marks to look back from.
#[derive(Clone)]
pub struct Published {
    /// Everything decided up to `head`.
    pub state: State,
    /// The last durable batch.
    pub head: Head,
    /// When the last command was decided. The clock never goes behind it.
    pub at: Timestamp,
    first_day: Option<Date>,
    marks: OrdMap<Date, Mark>,
    /// Of the last mark, or of the one this was replayed from: what is replayed for a look back makes none of its own.
    marked: Sequence,
}

/// The State at the end of a day, kept so that the days after it need not be replayed from the beginning.
#[derive(Clone)]
pub(crate) struct Mark {
    pub state: State,
    pub head: Head,
}

/// Events between two marks at least; the days they fall on are then replayed within some milliseconds
/// (docs/benchmarks.md). A mark costs a copy of every record that changes after it.
const EVENTS_BETWEEN_MARKS: u64 = 8_192;

impl Default for Published {
    /// Before the first event.
    fn default() -> Self {
        Self::from_mark(Mark { state: State::default(), head: Head::EMPTY })
    }
}

impl Published {
    /// The earliest day that can be looked back to.
    pub fn first_day(&self) -> Option<Date> {
        self.first_day
    }

    /// From where a day is replayed: the last mark that is not after it.
    pub(crate) fn mark_before(&self, day: Date) -> Mark {
        let mark = self.marks.get_prev(&day).map(|(_, mark)| mark.clone());
        mark.unwrap_or(Mark { state: State::default(), head: Head::EMPTY })
    }

    /// To replay onwards from.
    pub(crate) fn from_mark(Mark { state, head }: Mark) -> Self {
        let (at, marked) = (Timestamp::UNIX_EPOCH, head.sequence);
        Self { state, head, at, first_day: None, marks: OrdMap::new(), marked }
    }

    /// After a batch that was decided as `state` at `at`.
    pub(crate) fn advanced(&self, state: State, head: Head, at: Timestamp) -> Self {
        let mut advanced = self.clone();
        advanced.turn_to(at);
        Self { state, head, at, ..advanced }
    }

    /// Replays one stored batch, already decoded.
    pub fn replay_decoded(&mut self, batch: &Batch, entries: Vec<crate::Entry>) -> Result<(), ReplayError> {
        // All that a batch records was decided at one instant.
        self.turn_to(batch.recorded_at);
        let mut sequence = batch.first;
        for entry in entries {
            for (recorded, event) in entry.recorded(sequence) {
                self.state.apply(&recorded, event)?;
            }
            sequence.0 += entry.events.len() as u64;
        }
        self.at = batch.recorded_at;
        self.head = batch.head();
        Ok(())
    }

    /// Something is about to happen at `at`: the day before it may be worth a mark.
    fn turn_to(&mut self, at: Timestamp) {
        if self.head == Head::EMPTY {
            self.first_day.get_or_insert(kernel::date::civil(at));
            return;
        }
        if self.head.sequence.0 - self.marked.0 < EVENTS_BETWEEN_MARKS {
            return;
        }
        let (before, day) = (kernel::date::civil(self.at), kernel::date::civil(at));
        if before < day {
            self.marks.insert(before, Mark { state: self.state.clone(), head: self.head });
            self.marked = self.head.sequence;
        }
    }
}
