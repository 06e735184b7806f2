//! What readers see: a State that is durable, and every earlier day's.

use imbl::OrdMap;
use kernel::{Date, Timestamp};
use ledger::{Batch, Head};

use crate::replay::ReplayError;
use crate::state::State;

/// A durable State with its place in the ledger, and the State at the end of every earlier day on which something
/// happened. Persistent maps share what did not change, so ten years of days cost little more than the changes.
#[derive(Clone)]
pub struct Published {
    /// Everything decided up to `head`.
    pub state: State,
    /// The last durable batch.
    pub head: Head,
    /// When the last command was decided. The clock never goes behind it.
    pub at: Timestamp,
    days: OrdMap<Date, State>,
}

impl Default for Published {
    /// Before the first event.
    fn default() -> Self {
        Self { state: State::default(), head: Head::EMPTY, at: Timestamp::UNIX_EPOCH, days: OrdMap::new() }
    }
}

impl Published {
    /// The State at the end of a day in China; `None` before the first event.
    pub fn on(&self, day: Date) -> Option<&State> {
        if kernel::date::civil(self.at) <= day && self.head != Head::EMPTY {
            return Some(&self.state);
        }
        self.days.get_prev(&day).map(|(_, state)| state)
    }

    /// The earliest day that can be looked back to.
    pub fn first_day(&self) -> Option<Date> {
        let today = (self.head != Head::EMPTY).then(|| kernel::date::civil(self.at));
        self.days.get_min().map(|(day, _)| *day).or(today)
    }

    /// After a batch that was decided as `state` at `at`.
    pub(crate) fn advanced(&self, state: State, head: Head, at: Timestamp) -> Self {
        let mut days = self.days.clone();
        let (before, day) = (kernel::date::civil(self.at), kernel::date::civil(at));
        if before < day && self.head != Head::EMPTY {
            days.insert(before, self.state.clone());
        }
        Self { state, head, at, days }
    }

    /// Replays one stored batch, already decoded.
    pub fn replay_decoded(&mut self, batch: &Batch, entries: Vec<crate::Entry>) -> Result<(), ReplayError> {
        let mut sequence = batch.first;
        for entry in entries {
            let (before, day) = (kernel::date::civil(self.at), kernel::date::civil(entry.at));
            if before < day && sequence.0 > 1 {
                self.days.insert(before, self.state.clone());
            }
            for (recorded, event) in entry.recorded(sequence) {
                self.state.apply(&recorded, event)?;
            }
            sequence.0 += entry.events.len() as u64;
            self.at = entry.at;
        }
        self.head = batch.head();
        Ok(())
    }
}
