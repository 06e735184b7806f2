//! The log: an append-only chain of batches.

use std::pin::Pin;

use kernel::CommandId;

use crate::batch::{Batch, Fault, Head};

/// A future that can be named, so that [`Log`] can be a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An append-only chain of batches with an index of the commands in it.
///
/// One writer appends; any number of readers read what is durable. Every implementation passes the stories of
/// `tests/stories`.
pub trait Log: Send + Sync + 'static {
    /// The end of the durable chain.
    fn head(&self) -> BoxFuture<'_, Result<Head, LogError>>;

    /// Records a batch and its commands in one transaction; durable when it answers `Ok`.
    fn append<'a>(&'a self, batch: &'a Batch, commands: &'a [CommandId]) -> BoxFuture<'a, Result<(), AppendError>>;

    /// Up to `limit` batches after number `after`, in order. Fewer only at the end of the chain.
    fn batches(&self, after: u64, limit: u32) -> BoxFuture<'_, Result<Vec<Batch>, LogError>>;

    /// The batches in which these commands were recorded, in any order; commands never recorded are left out.
    fn locate<'a>(&'a self, commands: &'a [CommandId]) -> BoxFuture<'a, Result<Vec<(CommandId, u64)>, LogError>>;

    /// How many commands the index holds.
    fn command_count(&self) -> BoxFuture<'_, Result<u64, LogError>>;
}

/// A log could not be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The database answered with an error.
    #[error("读取账本数据库失败：{0}。请检查磁盘与文件权限；若反复出现，请停止写入并从备份恢复。")]
    Database(#[from] sqlx::Error),
    /// What is stored cannot be a batch.
    #[error("账本已损坏：{0}。请停止写入，运行 fengce ledger verify 查明位置，再从备份恢复。")]
    Damaged(#[from] Fault),
}

/// A batch was not acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Nothing was written and the chain is as it was: a full disk, say. The writer may try again.
    #[error("这一批没有写入账本，账本未变：{reason}。请检查磁盘空间与权限后重试。")]
    Refused {
        /// What stood in the way.
        reason: String,
    },
    /// A command of the batch was recorded before. Nothing was written.
    #[error("命令 {0} 已经记入账本，没有重复写入")]
    DuplicateCommand(CommandId),
    /// The batch does not follow the head: another writer was here, or the caller's head is stale. Nothing was written.
    #[error("这一批不接在账本末尾（末尾是第 {} 批）：{fault}。没有写入。", head.batch)]
    NotTheHead {
        /// The end of the chain as it stands.
        head: Head,
        /// How the batch fails to follow it.
        fault: Box<Fault>,
    },
    /// The commit was under way when it failed: it may or may not be durable. The process must stop and replay.
    #[error("提交结果不明：{reason}。程序将停止，重新启动后以账本为准。")]
    Uncertain {
        /// What failed.
        reason: String,
    },
}
