//! The data directory: everything one installation keeps, opened together under one lock.
//!
//! ```text
//! lock                          held while a process has the directory open
//! ledger.sqlite                 the ledger                                     ┐
//! access.sqlite                 the access log                                 │
//! vault.sqlite                  personal data, encrypted                       │ in backups
//! desk.sqlite                   credentials, sessions, drafts, messages, jobs; │
//!                               what is personal sealed under its subject's key │
//! files/ab/cd/<digest>          uploaded files by their SM3 digest             │
//! work/<job>/                   inputs and results of long work, by job        │
//! checkpoints/checkpoints.jsonl signed checkpoints, to be copied out           │
//! checkpoints/public-key.pem    the public key they are signed with            ┘
//! exports/registers-<day>.sqlite nightly files of all registers, made anew at will
//! keys/signing.pem              the signing key                                ┐
//! keys/master.key               from which second factors are sealed           │ never in backups
//! keys/subjects.keys            one secret per subject of the vault            ┘
//! ```
//!
//! `keys/` is kept apart: copy it to one other safe place after each change, replacing the copy that is there. An
//! archive of old copies would bring erased keys back.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kernel::Digest;
use zeroize::Zeroizing;

use crate::access::AccessLog;
use crate::checkpoint::Checkpoints;
use crate::crypto::{CryptoError, Secret, SigningKeyFile};
use crate::database::OpenError;
use crate::desk::Desk;
use crate::durable;
use crate::files::{Files, FilesError};
use crate::sqlite::{OpenOrLogError, SqliteLog};
use crate::vault::{Vault, VaultError};

/// Where everything is in a data directory.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Of this directory.
    pub fn of(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The ledger's database.
    pub fn ledger(&self) -> PathBuf {
        self.root.join("ledger.sqlite")
    }

    /// The access log's database.
    pub fn access(&self) -> PathBuf {
        self.root.join("access.sqlite")
    }

    /// The signed checkpoints.
    pub fn checkpoints(&self) -> PathBuf {
        self.root.join("checkpoints").join("checkpoints.jsonl")
    }

    /// The public key that checkpoints are signed with.
    pub fn public_key(&self) -> PathBuf {
        self.root.join("checkpoints").join("public-key.pem")
    }

    /// Nightly files of all registers, which can be made anew and are in no backup.
    pub fn exports(&self) -> PathBuf {
        self.root.join("exports")
    }

    /// The folder of keys, which no backup holds.
    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    pub(crate) fn vault(&self) -> PathBuf {
        self.root.join("vault.sqlite")
    }

    pub(crate) fn desk(&self) -> PathBuf {
        self.root.join("desk.sqlite")
    }

    pub(crate) fn files(&self) -> PathBuf {
        self.root.join("files")
    }

    /// The folder of long work: one folder for each job, removed with it.
    pub fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    fn signing_key(&self) -> PathBuf {
        self.keys().join("signing.pem")
    }

    fn master_key(&self) -> PathBuf {
        self.keys().join("master.key")
    }

    fn subject_keys(&self) -> PathBuf {
        self.keys().join("subjects.keys")
    }
}

/// A data directory could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has it open.
    #[error(
        "数据目录 {} 正被另一个 fengce 进程使用。请先停止那个进程（例如正在运行的 serve 或 demo），或改用别的目录。",
        .0.display()
    )]
    InUse(PathBuf),
    /// There are records but no keys.
    #[error(
        "数据目录 {} 缺少密钥（keys/）。如果是从备份恢复的，请把单独保管的 keys 目录放回这里；\
         密钥确已丢失时，用 fengce restore --new-keys 重新生成，已加密的个人信息将无法再读取。",
        .0.display()
    )]
    KeysMissing(PathBuf),
    /// The system refused.
    #[error("数据目录 {} 无法使用：{source}。请检查路径、权限与磁盘空间。", path.display())]
    System {
        /// Where.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// A chain.
    #[error(transparent)]
    Log(#[from] OpenOrLogError),
    /// The desk tables.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The files.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The keys.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

/// An open data directory.
pub struct Store {
    /// What was decided.
    pub log: Arc<SqliteLog>,
    /// Who saw what.
    pub access: AccessLog,
    /// What may be forgotten.
    pub vault: Arc<Vault>,
    /// What may be lost.
    pub desk: Desk,
    /// Uploaded files.
    pub files: Files,
    /// Signs the ends of the chains.
    pub checkpoints: Checkpoints,
    layout: Layout,
    /// Held open, and with it the lock, as long as the store.
    _lock: File,
}

impl Store {
    /// Opens the directory, making it and its keys when it is new. Refuses when another process has it open, and when
    /// there are records without keys.
    pub async fn open(root: &Path) -> Result<Self, StoreError> {
        let layout = Layout::of(root);
        let failed = |source| StoreError::System { path: root.to_owned(), source };
        prepare_directories(&layout).map_err(failed)?;
        let lock = take_lock(&layout)?;
        let keys = layout.master_key().exists() && layout.signing_key().exists();
        if !keys {
            if layout.ledger().exists() {
                return Err(StoreError::KeysMissing(root.to_owned()));
            }
            create_keys(&layout)?;
        }
        let signer = SigningKeyFile::open(&layout.signing_key())?;
        publish_key(&layout, &signer).map_err(failed)?;
        let master = read_master_key(&layout)?;
        let vault = Arc::new(Vault::open(&layout.vault(), &layout.subject_keys(), master).await?);
        Ok(Self {
            access: AccessLog::open(&layout.access()).await?,
            desk: Desk::open(&layout.desk(), vault.clone()).await?,
            vault,
            files: Files::open(&layout.files())?,
            checkpoints: Checkpoints::new(layout.checkpoints(), Box::new(signer)),
            // Last: a directory whose opening was cut short holds no ledger yet and is opened as new.
            log: Arc::new(SqliteLog::open(&layout.ledger()).await?),
            layout,
            _lock: lock,
        })
    }

    /// Where everything is.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }
}

/// Makes new keys for a directory whose keys are lost. What was sealed with the old ones stays sealed for ever, and
/// checkpoints from now on are signed by the new key.
pub fn create_keys(layout: &Layout) -> Result<(), StoreError> {
    let folder = layout.keys();
    let failed = |source| StoreError::System { path: folder.clone(), source };
    if !layout.master_key().exists() {
        durable::create_secret(&layout.master_key(), Secret::random()?.as_bytes()).map_err(failed)?;
    }
    if !layout.signing_key().exists() {
        SigningKeyFile::create(&layout.signing_key())?;
    }
    Ok(())
}

fn prepare_directories(layout: &Layout) -> io::Result<()> {
    // Password hashes and confidential files are for the account that runs the program.
    let mut own = std::fs::DirBuilder::new();
    own.recursive(true).mode(0o700);
    let folders = [layout.root.clone(), layout.files(), layout.work(), layout.root.join("checkpoints"), layout.keys()];
    folders.iter().try_for_each(|folder| own.create(folder))?;
    durable::sync_directory(&layout.root)
}

fn take_lock(layout: &Layout) -> Result<File, StoreError> {
    let path = layout.lock();
    let failed = |source| StoreError::System { path: path.clone(), source };
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(layout.root.clone())),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Puts the public key beside the checkpoints. When another key signed before, its public half and what it signed are
/// put aside under its name, for each file of checkpoints is read with one key.
fn publish_key(layout: &Layout, signer: &SigningKeyFile) -> io::Result<()> {
    let path = layout.public_key();
    match std::fs::read_to_string(&path) {
        Ok(published) if published == signer.public().pem() => return Ok(()),
        Ok(before) => {
            let before = Digest::of(before.as_bytes()).short();
            if layout.checkpoints().exists() {
                let aside = layout.checkpoints().with_file_name(format!("checkpoints-{before}.jsonl"));
                std::fs::rename(layout.checkpoints(), aside)?;
            }
            std::fs::rename(&path, path.with_file_name(format!("public-key-{before}.pem")))?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    durable::create_public(&path, signer.public().pem().as_bytes())
}

fn read_master_key(layout: &Layout) -> Result<Secret, StoreError> {
    let path = layout.master_key();
    let failed = |source| StoreError::System { path: path.clone(), source };
    let bytes = std::fs::read(&path).map(Zeroizing::new).map_err(failed)?;
    let bytes: [u8; 32] = bytes
        .as_slice()
        .try_into()
        .map_err(|_| failed(io::Error::other("主密钥文件应为 32 字节，请换回正确的文件")))?;
    Ok(Secret::from_bytes(bytes))
}
