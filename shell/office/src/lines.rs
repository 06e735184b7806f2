//! Lines of the ledger with their place, for whoever takes the record of one matter away.

use std::collections::BTreeSet;

use kernel::{Digest, Sequence};
use ledger::{Batch, Log};

use crate::entry::Entry;
use crate::hall::{Hall, HallError};
use crate::replay::decode;

/// One line as it is stored, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredLine {
    /// Number of its batch.
    pub batch: u64,
    /// Of its batch, as chained.
    pub batch_digest: Digest,
    /// Place in the batch, from 1.
    pub line: usize,
    /// Of its first event.
    pub first: Sequence,
    /// What it says.
    pub entry: Entry,
    /// The stored bytes.
    pub text: Vec<u8>,
}

impl Hall {
    /// The lines that hold these events, in the order of the ledger; each once.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub async fn lines_of(&self, sequences: &BTreeSet<Sequence>) -> Result<Vec<StoredLine>, HallError> {
        let last = self.office.published().head.batch;
        let (mut found, mut after) = (Vec::new(), Sequence(0));
        for sequence in sequences {
            if *sequence <= after {
                continue;
            }
            let Some(batch) = self.batch_of(*sequence, last).await? else { continue };
            after = batch.head().sequence;
            found.extend(lines(&batch, sequences)?);
        }
        Ok(found)
    }

    /// The batch that holds an event: batches are in the order of their events.
    async fn batch_of(&self, sequence: Sequence, last: u64) -> Result<Option<Batch>, HallError> {
        let (mut low, mut high) = (1, last);
        while low <= high {
            let middle = low + (high - low) / 2;
            let Some(batch) = self.store().log.batches(middle - 1, 1).await?.pop() else { return Ok(None) };
            if sequence < batch.first {
                high = middle - 1;
            } else if sequence > batch.head().sequence {
                low = middle + 1;
            } else {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }
}

fn lines(batch: &Batch, sequences: &BTreeSet<Sequence>) -> Result<Vec<StoredLine>, HallError> {
    let (mut lines, mut first) = (Vec::new(), batch.first);
    for (index, (entry, text)) in decode(batch)?.into_iter().zip(batch.lines()).enumerate() {
        let next = Sequence(first.0 + entry.events.len() as u64);
        if sequences.range(first..next).next().is_some() {
            lines.push(StoredLine {
                batch: batch.number,
                batch_digest: batch.digest,
                line: index + 1,
                first,
                entry,
                text: text.to_vec(),
            });
        }
        first = next;
    }
    Ok(lines)
}
