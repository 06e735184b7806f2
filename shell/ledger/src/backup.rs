//! Backup beside the running program, and restore.
//!
//! A backup is a folder: the databases, the files, the checkpoints, and `manifest.json` with the SM3 digest of each.
//! It appears under its name only when it is whole and durable. Keys are never in it: they are kept apart (see
//! [`crate::store`]). Each database is copied as of one moment, in an order in which nothing copied names what is
//! missing: checkpoints, ledger, access log, vault, desk, files. Folders of long work are copied as they stand; what is
//! removed or written meanwhile belongs to work that is begun anew.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

use kernel::{Digest, Sequence, Timestamp};
use serde::{Deserialize, Serialize};
use sm3::{Digest as _, Sm3};
use sqlx::ConnectOptions;

use crate::batch::Head;
use crate::checkpoint::{Chain, Checkpoint, CheckpointError};
use crate::crypto::{CryptoError, PublicKey};
use crate::database::{self, OpenError};
use crate::durable;
use crate::log::{Log, LogError};
use crate::sqlite::SqliteLog;
use crate::store::{Layout, StoreError};
use crate::verify::{VerifyError, verify};

const FORMAT: &str = "fengce-backup-1";
const MANIFEST: &str = "manifest.json";
const DATABASES: [&str; 4] = ["ledger.sqlite", "access.sqlite", "vault.sqlite", "desk.sqlite"];
const CHECKPOINTS: &str = "checkpoints";
const FILES: &str = "files";
const WORK: &str = "work";

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    format: String,
    /// When it was begun.
    pub made_at: Timestamp,
    /// Last batch of the ledger in it.
    pub batch: u64,
    /// Last event of the ledger in it.
    pub sequence: Sequence,
    /// Digest of that batch.
    pub digest: Digest,
    /// Every file by its path below the folder, parts joined by `/`.
    pub files: BTreeMap<String, Content>,
}

/// Size and digest of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// In bytes.
    pub size: u64,
    /// SM3.
    pub digest: Digest,
}

/// How far a backup or restore is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Files copied.
    pub files: u64,
    /// Bytes copied.
    pub bytes: u64,
}

/// A backup was not made or not restored. Nothing stands under the target's name.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The target holds something.
    #[error("目标目录 {} 不是空的，未作任何改动。请指定一个不存在的或空的目录。", .0.display())]
    TargetNotEmpty(PathBuf),
    /// There is no ledger to back up.
    #[error("{} 不是 fengce 的数据目录（没有 ledger.sqlite）。请检查路径。", .0.display())]
    NotAStore(PathBuf),
    /// There is no whole backup.
    #[error("{} 不是完整的备份（manifest.json 缺失或无法识别：{reason}）。请换一份备份。", path.display())]
    NotABackup {
        /// Where.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file of the backup is not what the manifest says.
    #[error("备份中的 {path} 与清单不符（{reason}），没有恢复。请换一份备份。")]
    Damaged {
        /// Which file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The system refused.
    #[error("备份或恢复时读写 {} 失败：{source}。请检查磁盘空间与权限。", path.display())]
    System {
        /// Where.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// A database could not be copied.
    #[error("数据库 {} 复制失败：{source}。请检查磁盘空间与权限。", path.display())]
    Database {
        /// Which.
        path: PathBuf,
        /// What SQLite said.
        source: sqlx::Error,
    },
    /// A database could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A chain could not be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A restored chain is not whole.
    #[error("恢复出的账本没有通过核验，没有恢复：{0}")]
    Verify(#[from] VerifyError),
    /// The checkpoints cannot be believed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The public key cannot be read.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// New keys could not be made.
    #[error(transparent)]
    Store(#[from] Box<StoreError>),
}

/// Where the keys of a restored directory come from.
#[derive(Clone, Copy, Debug)]
pub enum Keys<'a> {
    /// Copied from where they were kept apart.
    From(&'a Path),
    /// Put into `keys/` by hand afterwards; until then the directory cannot be opened.
    Later,
    /// The old ones are lost: new ones are made, and what was sealed stays sealed.
    New,
}

/// Copies everything but the keys from a data directory, whether or not a process has it open, into a new folder.
/// Dropping the future ends the work and leaves nothing.
pub async fn backup(
    root: &Path,
    target: &Path,
    now: Timestamp,
    mut progress: impl FnMut(&Progress),
) -> Result<Manifest, BackupError> {
    if !Layout::of(root).ledger().exists() {
        return Err(BackupError::NotAStore(root.to_owned()));
    }
    let staging = Staging::begin(target)?;
    let mut files = BTreeMap::new();
    let mut copied = Progress::default();
    let mut keep = |path: String, content: Content| {
        copied.files += 1;
        copied.bytes += content.size;
        progress(&copied);
        files.insert(path, content);
    };
    for path in files_below(root, CHECKPOINTS)? {
        keep(path.clone(), copy(root, &staging.folder, &path).await?);
    }
    for database in DATABASES {
        vacuum_into(&root.join(database), &staging.folder.join(database)).await?;
        keep(database.to_owned(), digest(&staging.folder.join(database)).await?);
    }
    let stored = files_below(root, FILES)?.into_iter().filter(|path| !path.starts_with("files/incoming/"));
    for path in stored {
        keep(path.clone(), copy(root, &staging.folder, &path).await?);
    }
    for path in files_below(root, WORK)? {
        match copy(root, &staging.folder, &path).await {
            Ok(content) => keep(path, content),
            Err(BackupError::System { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    let Head { batch, sequence, digest } =
        SqliteLog::open_to_read(&Layout::of(&staging.folder).ledger()).await?.head().await?;
    let manifest = Manifest { format: FORMAT.to_owned(), made_at: now, batch, sequence, digest, files };
    let path = staging.folder.join(MANIFEST);
    let text = serde_json::to_vec_pretty(&manifest).map_err(|error| failed(&path, error.into()))?;
    durable::create_public(&path, &text).map_err(|source| failed(&path, source))?;
    staging.finish()?;
    Ok(manifest)
}

/// Makes a data directory from a backup: every file is compared with the manifest, then both chains are verified, the
/// ledger against its checkpoints too. Refuses a target that holds anything.
pub async fn restore(
    backup: &Path,
    target: &Path,
    keys: Keys<'_>,
    mut progress: impl FnMut(&Progress),
) -> Result<Manifest, BackupError> {
    let manifest = read_manifest(backup)?;
    let staging = Staging::begin(target)?;
    let mut copied = Progress::default();
    for (path, expected) in &manifest.files {
        let content = copy(backup, &staging.folder, path).await.map_err(|error| match error {
            BackupError::System { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                BackupError::Damaged { path: path.clone(), reason: "文件缺失".into() }
            }
            other => other,
        })?;
        if content != *expected {
            return Err(BackupError::Damaged { path: path.clone(), reason: "内容不同".into() });
        }
        copied.files += 1;
        copied.bytes += content.size;
        progress(&copied);
    }
    let layout = Layout::of(&staging.folder);
    verify_chains(&layout).await?;
    match keys {
        Keys::Later => {}
        Keys::New => {
            std::fs::create_dir(layout.keys()).map_err(|source| failed(&layout.keys(), source))?;
            crate::store::create_keys(&layout).map_err(Box::new)?;
        }
        Keys::From(kept) => {
            for path in files_below(kept, "")? {
                copy(kept, &layout.keys(), &path).await?;
            }
        }
    }
    staging.finish()?;
    Ok(manifest)
}

async fn verify_chains(layout: &Layout) -> Result<(), BackupError> {
    let mut checkpoints = Vec::new();
    if layout.checkpoints().exists() {
        checkpoints = Checkpoint::read(&layout.checkpoints(), &PublicKey::open(&layout.public_key())?)?;
    }
    for (chain, path) in [(Chain::Ledger, layout.ledger()), (Chain::Access, layout.access())] {
        let log = SqliteLog::open_to_read(&path).await?;
        let of_chain: Vec<_> = checkpoints.iter().filter(|checkpoint| checkpoint.chain == chain).copied().collect();
        // Checkpoints are copied first, so none is newer than the chain.
        verify(&log, &of_chain, |_| ()).await?;
        log.close().await;
    }
    Ok(())
}

fn read_manifest(backup: &Path) -> Result<Manifest, BackupError> {
    let wrong = |reason: String| BackupError::NotABackup { path: backup.to_owned(), reason };
    let text = std::fs::read(backup.join(MANIFEST)).map_err(|error| wrong(error.to_string()))?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
    if manifest.format != FORMAT {
        return Err(wrong(format!("格式为 {}，应为 {FORMAT}", manifest.format)));
    }
    let plain = |path: &str| Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    match manifest.files.keys().find(|path| !plain(path)) {
        Some(path) => Err(wrong(format!("清单中的路径 {path} 指向备份之外"))),
        None => Ok(manifest),
    }
}

/// A folder being filled beside the target, which takes the target's name when it is whole.
struct Staging {
    folder: PathBuf,
    target: PathBuf,
    finished: bool,
}

impl Staging {
    fn begin(target: &Path) -> Result<Self, BackupError> {
        let occupied = match std::fs::read_dir(target) {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(source) => return Err(failed(target, source)),
        };
        let name = target.file_name().filter(|_| !occupied);
        let Some(name) = name else { return Err(BackupError::TargetNotEmpty(target.to_owned())) };
        let folder = target.with_file_name(format!("{}.incomplete", name.to_string_lossy()));
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&folder, error)),
            _ => std::fs::create_dir_all(&folder).map_err(|source| failed(&folder, source))?,
        }
        Ok(Self { folder, target: target.to_owned(), finished: false })
    }

    fn finish(mut self) -> Result<(), BackupError> {
        let finish = || -> io::Result<()> {
            sync_folders(&self.folder)?;
            // An empty target gives way.
            std::fs::rename(&self.folder, &self.target)?;
            durable::sync_parent(&self.target)
        };
        finish().map_err(|source| failed(&self.target, source))?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.finished {
            // What cannot be removed now is removed by the next attempt.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    durable::sync_directory(folder)
}

/// Paths of all files below `root`/`part`, relative to `root`, in order.
fn files_below(root: &Path, part: &str) -> Result<Vec<String>, BackupError> {
    let folder = root.join(part);
    let mut found = Vec::new();
    let mut names = Vec::new();
    let entries = match std::fs::read_dir(&folder) {
        // Long work was discarded while its folder was being listed.
        Err(error) if error.kind() == io::ErrorKind::NotFound && part.starts_with(WORK) => return Ok(found),
        entries => entries.map_err(|source| failed(&folder, source))?,
    };
    for entry in entries {
        let entry = entry.map_err(|source| failed(&folder, source))?;
        let is_folder = entry.file_type().map_err(|source| failed(&folder, source))?.is_dir();
        names.push((entry.file_name().to_string_lossy().into_owned(), is_folder));
    }
    names.sort();
    for (name, is_folder) in names {
        let path = if part.is_empty() { name } else { format!("{part}/{name}") };
        if is_folder {
            found.extend(files_below(root, &path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

async fn vacuum_into(from: &Path, to: &Path) -> Result<(), BackupError> {
    let failed = |source| BackupError::Database { path: from.to_owned(), source };
    let mut connection = database::reading(from).connect().await.map_err(failed)?;
    let name = to.to_string_lossy().into_owned();
    sqlx::query("vacuum into ?").bind(name).execute(&mut connection).await.map_err(failed)?;
    sqlx::Connection::close(connection).await.map_err(failed)
}

/// Copies one file, durably, and answers with what was read.
async fn copy(from: &Path, to: &Path, path: &str) -> Result<Content, BackupError> {
    let (from, to) = (from.join(path), to.join(path));
    blocking(move || {
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder).map_err(|source| failed(folder, source))?;
        }
        let mut input = File::open(&from).map_err(|source| failed(&from, source))?;
        let permissions = input.metadata().map_err(|source| failed(&from, source))?.permissions();
        let mut output = File::create_new(&to).map_err(|source| failed(&to, source))?;
        let content = pump(&mut input, &mut output).map_err(|source| failed(&from, source))?;
        let settled = output.set_permissions(permissions).and_then(|()| output.sync_all());
        settled.map_err(|source| failed(&to, source))?;
        Ok(content)
    })
    .await
}

/// Makes a written file durable and answers with what is in it.
async fn digest(path: &Path) -> Result<Content, BackupError> {
    let path = path.to_owned();
    blocking(move || {
        let read = || -> io::Result<Content> {
            let mut file = File::open(&path)?;
            file.sync_all()?;
            pump(&mut file, &mut io::sink())
        };
        read().map_err(|source| failed(&path, source))
    })
    .await
}

fn pump(input: &mut impl Read, output: &mut impl Write) -> io::Result<Content> {
    let mut hasher = Sm3::new();
    let mut buffer = vec![0; 1 << 16];
    let mut size = 0;
    loop {
        let read = input.read(&mut buffer)?;
        if read == 0 {
            return Ok(Content { size, digest: Digest::from_bytes(hasher.finalize().into()) });
        }
        hasher.update(&buffer[..read]);
        output.write_all(&buffer[..read])?;
        size += read as u64;
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

fn failed(path: &Path, source: io::Error) -> BackupError {
    BackupError::System { path: path.to_owned(), source }
}
