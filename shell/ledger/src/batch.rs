//! Batches: what one commit adds to the chain.

use kernel::{CommandId, Digest, Sequence, Timestamp};

/// One command's outcome, ready to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The command that was decided.
    pub command: CommandId,
    /// How many events the line carries.
    pub events: u32,
    /// One JSON object without a line break: `{"command":…,"at":…,"actor":…,"events":[…]}`.
    pub line: Vec<u8>,
}

/// The end of the chain: what the next batch must follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of the last batch; 0 when there is none.
    pub batch: u64,
    /// Of the last event; 0 when there is none.
    pub sequence: Sequence,
    /// Of the last batch; [`Digest::ZERO`] when there is none.
    pub digest: Digest,
}

impl Head {
    /// Nothing was recorded yet.
    pub const EMPTY: Self = Self { batch: 0, sequence: Sequence(0), digest: Digest::ZERO };
}

/// One committed group of commands: a link of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// From 1, without gaps.
    pub number: u64,
    /// Sequence of its first event.
    pub first: Sequence,
    /// How many events it holds.
    pub events: u64,
    /// When it was sealed.
    pub recorded_at: Timestamp,
    /// Digest of the batch before it.
    pub previous: Digest,
    /// SM3 over the header and the body, see [`Batch::compute`].
    pub digest: Digest,
    /// The lines, joined by one line feed, without one at the end.
    pub body: Vec<u8>,
}

impl Batch {
    /// The batch that follows `head` and records these drafts.
    pub fn seal(head: &Head, recorded_at: Timestamp, drafts: &[Draft]) -> Self {
        let lines = drafts.iter().map(|draft| (draft.events, draft.line.as_slice()));
        Self::seal_lines(head, recorded_at, lines)
    }

    /// The batch that follows `head` and records these lines, each with the number of events in it.
    pub fn seal_lines<'a>(head: &Head, recorded_at: Timestamp, lines: impl Iterator<Item = (u32, &'a [u8])>) -> Self {
        let mut body = Vec::new();
        let mut events = 0;
        for (index, (count, line)) in lines.enumerate() {
            if index > 0 {
                body.push(b'\n');
            }
            body.extend_from_slice(line);
            events += u64::from(count);
        }
        let mut batch = Self {
            number: head.batch + 1,
            first: Sequence(head.sequence.0 + 1),
            events,
            recorded_at,
            previous: head.digest,
            digest: Digest::ZERO,
            body,
        };
        batch.digest = batch.compute();
        batch
    }

    /// The digest this batch must carry: SM3 over
    /// previous (32 bytes) ‖ number (8) ‖ first (8) ‖ events (8) ‖ recorded_at in nanoseconds since 1970 (16, two's
    /// complement) ‖ body; all integers big-endian.
    pub fn compute(&self) -> Digest {
        Digest::of_parts([
            self.previous.as_bytes().as_slice(),
            &self.number.to_be_bytes(),
            &self.first.0.to_be_bytes(),
            &self.events.to_be_bytes(),
            &self.recorded_at.as_nanosecond().to_be_bytes(),
            &self.body,
        ])
    }

    /// The head once this batch is recorded.
    pub fn head(&self) -> Head {
        // `first` is at least 1: an empty batch leaves the sequence where it was.
        let sequence = Sequence(self.first.0.saturating_sub(1) + self.events);
        Head { batch: self.number, sequence, digest: self.digest }
    }

    /// Fails unless this batch names `head` as what it follows. Its own digest is taken on trust.
    pub fn links_to(&self, head: &Head) -> Result<(), Fault> {
        let batch = self.number;
        if batch != head.batch + 1 {
            return Err(Fault::Number { expected: head.batch + 1, found: batch });
        }
        if self.first.0 != head.sequence.0 + 1 {
            return Err(Fault::Sequence { batch, expected: Sequence(head.sequence.0 + 1), found: self.first });
        }
        if self.previous != head.digest {
            return Err(Fault::Link { batch, expected: head.digest, found: self.previous });
        }
        Ok(())
    }

    /// Fails unless this batch follows `head` and its digest is that of its bytes.
    pub fn follows(&self, head: &Head) -> Result<(), Fault> {
        self.links_to(head)?;
        let computed = self.compute();
        if computed != self.digest {
            return Err(Fault::Digest { batch: self.number, computed, stored: self.digest });
        }
        Ok(())
    }

    /// The lines, one per command.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let empty = self.body.is_empty();
        self.body.split(|byte| *byte == b'\n').filter(move |_| !empty)
    }
}

/// What is wrong with a chain, and where it was first found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Batches are numbered without gaps.
    #[error("第 {expected} 批缺失，此处存的是第 {found} 批")]
    Number {
        /// The number after the batch before.
        expected: u64,
        /// What is stored.
        found: u64,
    },
    /// Events are numbered without gaps.
    #[error("第 {batch} 批的首条事件序号应为 {expected}，存的是 {found}")]
    Sequence {
        /// Where.
        batch: u64,
        /// The sequence after the batch before.
        expected: Sequence,
        /// What is stored.
        found: Sequence,
    },
    /// A batch names another predecessor than the one that stands before it.
    #[error("第 {batch} 批记载的前一批摘要是 {found}，而前一批的摘要是 {expected}：前一批或本批被替换过")]
    Link {
        /// Where.
        batch: u64,
        /// Digest of the batch before.
        expected: Digest,
        /// What is stored.
        found: Digest,
    },
    /// The stored bytes do not give the stored digest.
    #[error("第 {batch} 批的内容与摘要不符（存 {stored}，重算 {computed}）：内容被改动或损坏")]
    Digest {
        /// Where.
        batch: u64,
        /// Over the stored bytes.
        computed: Digest,
        /// What is stored.
        stored: Digest,
    },
}
