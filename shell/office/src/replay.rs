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

/// Batches read and decoded at a time: decoding uses all cores, applying one.
const WINDOW: u32 = 512;

/// Reads the lines of one batch.
pub fn decode(batch: &Batch) -> Result<Vec<Entry>, ReplayError> {
    let lines = batch.lines().enumerate();
    lines
        .map(|(index, line)| {
            serde_json::from_slice(line).map_err(|source| ReplayError::Unreadable {
                batch: batch.number,
                line: index + 1,
                source,
            })
        })
        .collect()
}

/// Replays the whole ledger; `progress` hears the number of events replayed so far.
pub async fn replay(log: &dyn Log, mut progress: impl FnMut(u64)) -> Result<(Published, Outcomes), ReplayError> {
    let mut published = Published::default();
    let mut outcomes = Outcomes::new();
    loop {
        let batches = log.batches(published.head.batch, WINDOW).await?;
        if batches.is_empty() {
            return Ok((published, outcomes));
        }
        let decoded: Vec<_> = batches.par_iter().map(decode).collect();
        for (batch, entries) in batches.iter().zip(decoded) {
            let entries = entries?;
            let mut first = batch.first;
            for entry in &entries {
                let last = Sequence(first.0 + entry.events.len() as u64 - 1);
                outcomes.insert(entry.command, (first, last));
                first = Sequence(last.0 + 1);
            }
            published.replay_decoded(batch, entries)?;
        }
        progress(published.head.sequence.0);
    }
}
