//! A log in memory, for tests: it forgets everything, and it can be made from any batches, sound or not.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kernel::CommandId;

use crate::batch::{Batch, Head};
use crate::log::{AppendError, BoxFuture, Log, LogError};

/// A chain that lives as long as the value. Durability aside, it behaves as every [`Log`] does.
#[derive(Default)]
pub struct MemoryLog {
    chain: Mutex<Chain>,
}

#[derive(Default)]
struct Chain {
    batches: Vec<Batch>,
    commands: BTreeMap<CommandId, u64>,
}

impl MemoryLog {
    /// From batches and an index as they are, whether or not they make a chain.
    pub fn of(batches: Vec<Batch>, commands: impl IntoIterator<Item = (CommandId, u64)>) -> Self {
        Self { chain: Mutex::new(Chain { batches, commands: commands.into_iter().collect() }) }
    }

    fn chain(&self) -> MutexGuard<'_, Chain> {
        self.chain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append_now(&self, batch: &Batch, commands: &[CommandId]) -> Result<(), AppendError> {
        let mut chain = self.chain();
        let head = chain.batches.last().map_or(Head::EMPTY, Batch::head);
        batch.links_to(&head).map_err(|fault| AppendError::NotTheHead { head, fault: Box::new(fault) })?;
        for (index, command) in commands.iter().enumerate() {
            if chain.commands.contains_key(command) || commands.iter().take(index).any(|other| other == command) {
                return Err(AppendError::DuplicateCommand(*command));
            }
        }
        chain.commands.extend(commands.iter().map(|command| (*command, batch.number)));
        chain.batches.push(batch.clone());
        Ok(())
    }
}

impl Log for MemoryLog {
    fn head(&self) -> BoxFuture<'_, Result<Head, LogError>> {
        let head = self.chain().batches.last().map_or(Head::EMPTY, Batch::head);
        Box::pin(std::future::ready(Ok(head)))
    }

    fn append<'a>(&'a self, batch: &'a Batch, commands: &'a [CommandId]) -> BoxFuture<'a, Result<(), AppendError>> {
        Box::pin(std::future::ready(self.append_now(batch, commands)))
    }

    fn batches(&self, after: u64, limit: u32) -> BoxFuture<'_, Result<Vec<Batch>, LogError>> {
        let chain = self.chain();
        let found = chain.batches.iter().filter(|batch| batch.number > after).take(limit as usize);
        Box::pin(std::future::ready(Ok(found.cloned().collect())))
    }

    fn locate<'a>(&'a self, commands: &'a [CommandId]) -> BoxFuture<'a, Result<Vec<(CommandId, u64)>, LogError>> {
        let chain = self.chain();
        let found = commands.iter().filter_map(|command| Some((*command, *chain.commands.get(command)?)));
        Box::pin(std::future::ready(Ok(found.collect())))
    }

    fn command_count(&self) -> BoxFuture<'_, Result<u64, LogError>> {
        let count = self.chain().commands.len() as u64;
        Box::pin(std::future::ready(Ok(count)))
    }
}
