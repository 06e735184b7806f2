//! From the stored ledger back to State.

use std::collections::HashMap;

use kernel::{CommandId, Impossible, Sequence};
use ledger::{Batch, Log, LogError};
use rayon::prelude::*;

use crate::entry::Entry;
use crate::published::Published;

/// Why the ledger could not be replayed: start-up stops.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The database could not be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// An entry is not what this program writes.
    #[error(
        "账本第 {batch} 批第 {line} 行无法解读：{source}。请先运行 fengce ledger verify；若校验通过，说明程序版本早于账本，请升级程序。"
    )]
    Unreadable {
        /// Batch number.
        batch: u64,
        /// Line in the batch, from 1.
        line: usize,
        /// What the JSON reader said.
        source: serde_json::Error,
    },
    /// History contradicts itself.
    #[error(transparent)]
    Impossible(#[from] Impossible),
}

/// Which events each command caused: the first and the last.
pub type Outcomes = HashMap<CommandId, (Sequence, Sequence)>;

/// Batches read at a time.
const WINDOW: u32 = 128;

/// Batches and what their lines say.
pub(crate) type Decoded = Vec<(Batch, Result<Vec<Entry>, ReplayError>)>;

/// Reads the lines of one batch.
pub fn decode(batch: &Batch) -> Result<Vec<Entry>, ReplayError> {
    let unreadable = |index, source| ReplayError::Unreadable { batch: batch.number, line: index + 1, source };
    match std::str::from_utf8(&batch.body) {
        // Known to be text as a whole: the reader need not look at each word again.
        Ok(body) => {
            let lines = body.split('\n').filter(|_| !body.is_empty()).enumerate();
            lines.map(|(index, line)| serde_json::from_str(line).map_err(|source| unreadable(index, source))).collect()
        }
        // The line that is none is found by the reader.
        Err(_) => {
            let lines = batch.lines().enumerate();
            lines
                .map(|(index, line)| serde_json::from_slice(line).map_err(|source| unreadable(index, source)))
                .collect()
        }
    }
}

/// Replays the whole ledger; `progress` hears the number of events replayed so far.
pub async fn replay(log: &dyn Log, mut progress: impl FnMut(u64)) -> Result<(Published, Outcomes), ReplayError> {
    let commands = usize::try_from(log.command_count().await?).unwrap_or_default();
    let mut replayed = Replayed { published: Published::default(), outcomes: Outcomes::with_capacity(commands) };
    let mut ahead = log.batches(0, WINDOW).await?;
    let mut decoded = Decoded::new();
    while !(ahead.is_empty() && decoded.is_empty()) {
        // Three windows are under way: one is read, the one before it decoded, the one before that applied.
        let read_up_to = ahead.last().or(decoded.last().map(|(batch, _)| batch)).map_or(0, |batch| batch.number);
        let step = tokio::task::spawn_blocking(move || {
            let (applied, next) = rayon::join(|| replayed.apply(decoded), || decode_all(ahead));
            applied.map(|()| (replayed, next))
        });
        let (read, step) = tokio::join!(log.batches(read_up_to, WINDOW), step);
        ahead = read?;
        (replayed, decoded) = match step {
            Ok(step) => step?,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        };
        progress(replayed.published.head.sequence.0);
    }
    Ok((replayed.published, replayed.outcomes))
}

/// What came of the batches applied so far.
struct Replayed {
    published: Published,
    outcomes: Outcomes,
}

impl Replayed {
    fn apply(&mut self, decoded: Decoded) -> Result<(), ReplayError> {
        for (batch, entries) in decoded {
            let entries = entries?;
            let mut first = batch.first;
            for entry in &entries {
                let last = Sequence(first.0 + entry.events.len() as u64 - 1);
                self.outcomes.insert(entry.command, (first, last));
                first = Sequence(last.0 + 1);
            }
            self.published.replay_decoded(&batch, entries)?;
        }
        Ok(())
    }
}

pub(crate) fn decode_all(batches: Vec<Batch>) -> Decoded {
    let decoded = batches.into_par_iter().map(|batch| {
        let entries = decode(&batch);
        (batch, entries)
    });
    decoded.collect()
}
