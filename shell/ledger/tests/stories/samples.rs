//! Drafts, batches and stores to tell stories with.

use std::path::Path;

use kernel::{CommandId, PersonId, Timestamp};
use ledger::{Batch, Draft, Head, Log, Store, StoreError};
use uuid::Uuid;

/// Seconds after the beginning of 2026 in China.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_767_196_800 + seconds).unwrap()
}

pub fn command(number: u128) -> CommandId {
    CommandId(Uuid::from_u128(number))
}

pub fn person(number: u128) -> PersonId {
    PersonId(Uuid::from_u128(0xA000 + number))
}

/// One command with this many events that say `word`.
pub fn draft(number: u128, events: u32, word: &str) -> Draft {
    let command = command(number);
    let list: Vec<String> = (0..events).map(|event| format!(r#"{{"Noted":"{word}{event}"}}"#)).collect();
    let line = format!(r#"{{"command":"{command}","at":"{}","events":[{}]}}"#, at(0), list.join(","));
    Draft { command, events, line: line.into_bytes() }
}

/// Appends these drafts as one batch.
pub async fn record(log: &dyn Log, drafts: &[Draft]) -> Batch {
    let head = log.head().await.unwrap();
    let batch = Batch::seal(&head, at(head.batch as i64), drafts);
    log.append(&batch, &commands(drafts)).await.unwrap();
    batch
}

pub fn commands(drafts: &[Draft]) -> Vec<CommandId> {
    drafts.iter().map(|draft| draft.command).collect()
}

/// A chain of `count` batches of two commands each, whose events say `word`, with the commands' places.
pub fn chain(count: u64, word: &str) -> (Vec<Batch>, Vec<(CommandId, u64)>) {
    let (mut head, mut batches, mut index) = (Head::EMPTY, Vec::new(), Vec::new());
    for number in 1..=count {
        let drafts = [draft(u128::from(number) * 2, 2, word), draft(u128::from(number) * 2 + 1, 1, word)];
        let batch = Batch::seal(&head, at(number as i64), &drafts);
        index.extend(commands(&drafts).into_iter().map(|command| (command, number)));
        head = batch.head();
        batches.push(batch);
    }
    (batches, index)
}

pub async fn store(root: &Path) -> Store {
    opened(root).await.unwrap()
}

/// Opens a store that may have been let go a moment ago: a connection on its own thread lets go of the lock last.
pub async fn opened(root: &Path) -> Result<Store, StoreError> {
    for _ in 0..3_000 {
        match Store::open(root).await {
            Err(StoreError::InUse(_)) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            opened => return opened,
        }
    }
    Store::open(root).await
}

/// The bytes of every file below a folder, one after another.
pub fn every_byte(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            bytes.extend(every_byte(&path));
        } else {
            // A write-ahead log goes away by itself when the last connection is closed.
            bytes.extend(std::fs::read(&path).unwrap_or_default());
        }
    }
    bytes
}

pub fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}
