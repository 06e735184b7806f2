//! Verification: is this chain whole, and is it the one that was signed?

use std::collections::HashMap;

use kernel::{CommandId, Digest, Timestamp};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::batch::{Batch, Fault, Head};
use crate::checkpoint::Checkpoint;
use crate::log::{Log, LogError};

/// Batches read at a time.
const PAGE: u32 = 256;

/// What was gone through, so far or in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Batches whose digest was computed anew.
    pub batches: u64,
    /// Events in them.
    pub events: u64,
    /// Commands in them, each found in the index.
    pub commands: u64,
    /// Body bytes hashed.
    pub bytes: u64,
    /// Signed checkpoints that named a batch as it stands.
    pub checkpoints: u64,
}

/// A chain that is not what it should be, or could not be read.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It could not be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A batch is wrong in itself or does not follow the one before.
    #[error("{0}")]
    Chain(#[from] Fault),
    /// A line is not what a draft may be.
    #[error("第 {batch} 批第 {line} 行不是有效的记录：{reason}")]
    Line {
        /// Where.
        batch: u64,
        /// From 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// The header counts other events than the lines hold.
    #[error("第 {batch} 批记载 {stated} 条事件，实际有 {found} 条")]
    Events {
        /// Where.
        batch: u64,
        /// In the header.
        stated: u64,
        /// In the lines.
        found: u64,
    },
    /// The index does not know a command that stands in the chain, or knows it elsewhere: retries could act twice.
    #[error("第 {batch} 批的命令 {command} 在命令索引中{}", indexed.map_or_else(|| "缺失".into(), |at| format!("记为第 {at} 批")))]
    Index {
        /// Where it stands.
        batch: u64,
        /// Which.
        command: CommandId,
        /// Batch the index names.
        indexed: Option<u64>,
    },
    /// The index knows commands that do not stand in the chain.
    #[error("命令索引有 {indexed} 条，账本中只有 {found} 条：索引中有账本之外的命令")]
    Surplus {
        /// In the index.
        indexed: u64,
        /// In the chain.
        found: u64,
    },
    /// The chain ends before a signed checkpoint.
    #[error("账本被截断：{at} 签名的检查点在第 {batch} 批，而账本只到第 {end} 批")]
    Truncated {
        /// Batch the checkpoint names.
        batch: u64,
        /// When it was signed.
        at: Timestamp,
        /// Last batch there is.
        end: u64,
    },
    /// The chain holds another batch where a signed checkpoint stands.
    #[error(
        "账本被改写：第 {batch} 批与 {at} 签名的检查点不符（签名时 {}…，现为 {}…）。该批或更早的内容在签名之后被替换过。",
        signed.short(), found.short()
    )]
    Rewritten {
        /// Where.
        batch: u64,
        /// When it was signed.
        at: Timestamp,
        /// Digest that was signed.
        signed: Digest,
        /// Digest that stands there.
        found: Digest,
    },
}

/// What a line must hold for its place in the index; the rest is not the ledger's to read.
#[derive(Deserialize)]
struct Line {
    command: Option<CommandId>,
    events: Vec<IgnoredAny>,
}

/// A page of batches checked in themselves and against each other.
struct Checked {
    head: Head,
    heads: Vec<Head>,
    commands: Vec<(CommandId, u64)>,
    report: Report,
}

/// Goes through the whole chain: each digest over the stored bytes, the links, the sequences, the index of commands,
/// and each given checkpoint of this chain against the batch it names. Stops at the first fault. The chain may grow
/// meanwhile.
///
/// `progress` is called after every few hundred batches with what was gone through so far.
pub async fn verify(
    log: &dyn Log,
    checkpoints: &[Checkpoint],
    mut progress: impl FnMut(&Report),
) -> Result<Report, VerifyError> {
    let mut head = Head::EMPTY;
    let mut report = Report::default();
    let mut signed: HashMap<u64, Vec<&Checkpoint>> = HashMap::new();
    for checkpoint in checkpoints {
        signed.entry(checkpoint.head.batch).or_default().push(checkpoint);
    }
    let mut page = log.batches(0, PAGE).await?;
    let mut unindexed = Vec::new();
    loop {
        let Some(last) = page.last() else {
            match_index(log, &std::mem::take(&mut unindexed)).await?;
            // Counted before looking once more, so that what is appended meanwhile is not taken for a surplus.
            let indexed = log.command_count().await?;
            page = log.batches(head.batch, PAGE).await?;
            if !page.is_empty() {
                continue;
            }
            return conclude(signed, head, indexed, report);
        };
        let after = last.number;
        // While this page is hashed, the next is read and the commands of the one before are looked up.
        let checking = tokio::task::spawn_blocking(move || check(&page, head));
        let (next, matched, checked) = tokio::join!(log.batches(after, PAGE), match_index(log, &unindexed), checking);
        matched?;
        let checked = match checked {
            Ok(checked) => checked?,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        };
        unindexed = checked.commands;
        for found in &checked.heads {
            for checkpoint in signed.remove(&found.batch).unwrap_or_default() {
                match_checkpoint(checkpoint, found)?;
                report.checkpoints += 1;
            }
        }
        head = checked.head;
        report.batches += checked.report.batches;
        report.events += checked.report.events;
        report.commands += checked.report.commands;
        report.bytes += checked.report.bytes;
        progress(&report);
        page = next?;
    }
}

/// At the end of the chain: no checkpoint may lie beyond it, and the index may hold nothing more.
fn conclude(
    unmet: HashMap<u64, Vec<&Checkpoint>>,
    head: Head,
    indexed: u64,
    report: Report,
) -> Result<Report, VerifyError> {
    let beyond = unmet.into_values().flatten().min_by_key(|checkpoint| checkpoint.head.batch);
    if let Some(Checkpoint { head: Head { batch, .. }, at, .. }) = beyond {
        return Err(VerifyError::Truncated { batch: *batch, at: *at, end: head.batch });
    }
    if indexed != report.commands {
        return Err(VerifyError::Surplus { indexed, found: report.commands });
    }
    Ok(report)
}

fn check(page: &[Batch], mut head: Head) -> Result<Checked, VerifyError> {
    let mut report = Report::default();
    let mut commands = Vec::new();
    let mut heads = Vec::with_capacity(page.len());
    for batch in page {
        batch.follows(&head)?;
        let mut events = 0;
        for (index, text) in batch.lines().enumerate() {
            let malformed = |error: serde_json::Error| {
                let (batch, line) = (batch.number, index + 1);
                VerifyError::Line { batch, line, reason: error.to_string() }
            };
            let line: Line = serde_json::from_slice(text).map_err(malformed)?;
            events += line.events.len() as u64;
            commands.extend(line.command.map(|command| (command, batch.number)));
        }
        if events != batch.events {
            return Err(VerifyError::Events { batch: batch.number, stated: batch.events, found: events });
        }
        head = batch.head();
        heads.push(head);
        report.batches += 1;
        report.events += events;
        report.bytes += batch.body.len() as u64;
    }
    report.commands = commands.len() as u64;
    Ok(Checked { head, heads, commands, report })
}

async fn match_index(log: &dyn Log, commands: &[(CommandId, u64)]) -> Result<(), VerifyError> {
    let ids: Vec<CommandId> = commands.iter().map(|(command, _)| *command).collect();
    let known: HashMap<CommandId, u64> = log.locate(&ids).await?.into_iter().collect();
    for (command, batch) in commands {
        let indexed = known.get(command).copied();
        if indexed != Some(*batch) {
            return Err(VerifyError::Index { batch: *batch, command: *command, indexed });
        }
    }
    Ok(())
}

fn match_checkpoint(checkpoint: &Checkpoint, found: &Head) -> Result<(), VerifyError> {
    if checkpoint.head == *found {
        return Ok(());
    }
    let (batch, at) = (found.batch, checkpoint.at);
    Err(VerifyError::Rewritten { batch, at, signed: checkpoint.head.digest, found: found.digest })
}
