//! Days that ended, replayed when somebody looks back to them and kept for a while.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use kernel::Date;
use ledger::{Batch, Log};

use crate::published::{Mark, Published};
use crate::replay::{ReplayError, decode_all};
use crate::state::State;

/// Days kept after somebody looked back to them. They share what did not change between them.
const DAYS: usize = 64;

/// Batches read at a time.
const WINDOW: u32 = 64;

/// The days that were looked back to last, latest at the end. What a day that ended looks like never changes.
#[derive(Default)]
pub(crate) struct Earlier {
    days: Mutex<VecDeque<(Date, State)>>,
    /// One replay at a time: looking back must not keep the machine from its other work.
    turn: tokio::sync::Mutex<()>,
}

impl Earlier {
    /// The State at the end of a day before the one `published` stands on; `None` before the first event.
    pub async fn on(&self, day: Date, published: &Published, log: &dyn Log) -> Result<Option<State>, ReplayError> {
        if published.first_day().is_none_or(|first| day < first) {
            return Ok(None);
        }
        if let Some(state) = self.kept(day) {
            return Ok(Some(state));
        }
        let _turn = self.turn.lock().await;
        // Whoever had the turn before may have asked for the same day.
        if let Some(state) = self.kept(day) {
            return Ok(Some(state));
        }
        let state = replay_to(day, published.mark_before(day), log).await?;
        let mut days = self.days.lock().unwrap_or_else(PoisonError::into_inner);
        if days.len() == DAYS {
            days.pop_front();
        }
        days.push_back((day, state.clone()));
        Ok(Some(state))
    }

    fn kept(&self, day: Date) -> Option<State> {
        let mut days = self.days.lock().unwrap_or_else(PoisonError::into_inner);
        let place = days.iter().position(|(kept, _)| *kept == day)?;
        let kept = days.remove(place)?;
        let state = kept.1.clone();
        days.push_back(kept);
        Some(state)
    }
}

/// What was recorded after `mark`, up to the end of `day`.
async fn replay_to(day: Date, mark: Mark, log: &dyn Log) -> Result<State, ReplayError> {
    let mut published = Published::from_mark(mark);
    loop {
        let mut batches = log.batches(published.head.batch, WINDOW).await?;
        let read = batches.len();
        batches.retain(|batch| kernel::date::civil(batch.recorded_at) <= day);
        let is_last = batches.len() < read || read < WINDOW as usize;
        published = applied(published, batches).await?;
        if is_last {
            return Ok(published.state);
        }
    }
}

/// Decoding and applying take longer than a page may hold up others: on a thread for such work.
async fn applied(mut published: Published, batches: Vec<Batch>) -> Result<Published, ReplayError> {
    let work = move || {
        for (batch, entries) in decode_all(batches) {
            published.replay_decoded(&batch, entries?)?;
        }
        Ok(published)
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(applied) => applied,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}
