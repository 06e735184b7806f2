//! Files under the SM3 digest of their content: written once, never replaced.
//!
//! `ab/cd/abcd…` below the store's folder, read-only; uploads grow under `incoming/` and appear under their name whole
//! and durable, or not at all.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use kernel::{Digest, Evidence};
use sm3::{Digest as _, Sm3};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

use crate::{crypto, durable};

/// A file could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The system refused.
    #[error("文件存储出错（{}）：{source}。请检查磁盘空间与目录权限。", path.display())]
    System {
        /// Where.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// More bytes than allowed. Nothing was stored.
    #[error("文件超过 {} MB 的上限，没有保存。请压缩或拆分后重新上传。", limit / 1_000_000)]
    TooLarge {
        /// In bytes.
        limit: u64,
    },
    /// An empty upload. Nothing was stored.
    #[error("文件是空的，没有保存。请检查后重新上传。")]
    Empty,
    /// The system gives no random numbers.
    #[error(transparent)]
    Random(#[from] crypto::CryptoError),
    /// No file of this digest.
    #[error("文件 {}… 不在文件库中。若刚从备份恢复，请核对备份是否完整。", .0.short())]
    Missing(Digest),
    /// What is stored is no longer what was put.
    #[error("文件 {}… 的内容与摘要不符，已损坏。请从备份恢复该文件。", .0.short())]
    Damaged(Digest),
}

/// The folder of content-addressed files.
#[derive(Clone, Debug)]
pub struct Files {
    root: PathBuf,
}

impl Files {
    /// Opens the folder, creating it, and removes what unfinished uploads left.
    pub(crate) fn open(root: &Path) -> Result<Self, FilesError> {
        let incoming = root.join("incoming");
        let prepare = || -> io::Result<()> {
            std::fs::create_dir_all(&incoming)?;
            for left in std::fs::read_dir(&incoming)? {
                std::fs::remove_file(left?.path())?;
            }
            durable::sync_directory(root)
        };
        prepare().map_err(|source| FilesError::System { path: incoming.clone(), source })?;
        Ok(Self { root: root.to_owned() })
    }

    /// Where a file of this digest is or would be, below the store's folder.
    pub(crate) fn place(digest: &Digest) -> PathBuf {
        let name = digest.to_string();
        [&name[..2], &name[2..4], &name].iter().collect()
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.root.join(Self::place(digest))
    }

    /// Begins an upload of at most `limit` bytes.
    pub async fn upload(&self, limit: u64) -> Result<Upload, FilesError> {
        let name = Uuid::from_bytes(*crypto::random()?).simple().to_string();
        let temporary = self.root.join("incoming").join(name);
        let file = File::create_new(&temporary).await.map_err(|source| failed(&temporary, source))?;
        let files = self.clone();
        Ok(Upload { files, temporary: Some(temporary), file, hasher: Sm3::new(), size: 0, limit })
    }

    /// Stores bytes at hand.
    pub async fn put(&self, name: &str, content: &[u8]) -> Result<Evidence, FilesError> {
        let mut upload = self.upload(content.len() as u64).await?;
        upload.write(content).await?;
        upload.finish(name).await
    }

    /// The content, proved to be what was put.
    pub async fn get(&self, digest: &Digest) -> Result<Vec<u8>, FilesError> {
        let mut content = Vec::new();
        self.read(digest, |chunk| content.extend_from_slice(chunk)).await?;
        Ok(content)
    }

    /// Whether the file is there, without reading it.
    pub async fn holds(&self, digest: &Digest) -> bool {
        tokio::fs::try_exists(self.path(digest)).await.unwrap_or(false)
    }

    /// Opens a file for sending it in pieces. It is proved to be what was put before the first byte is sent.
    pub async fn open_file(&self, digest: &Digest) -> Result<File, FilesError> {
        self.read(digest, |_| ()).await?;
        let path = self.path(digest);
        File::open(&path).await.map_err(|source| failed(&path, source))
    }

    async fn read(&self, digest: &Digest, mut chunk: impl FnMut(&[u8])) -> Result<(), FilesError> {
        let path = self.path(digest);
        let mut file = File::open(&path).await.map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => FilesError::Missing(*digest),
            _ => failed(&path, source),
        })?;
        let mut hasher = Sm3::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = file.read(&mut buffer).await.map_err(|source| failed(&path, source))?;
            if read == 0 {
                break;
            }
            hasher.update(&buffer[..read]);
            chunk(&buffer[..read]);
        }
        if Digest::from_bytes(hasher.finalize().into()) == *digest { Ok(()) } else { Err(FilesError::Damaged(*digest)) }
    }
}

/// A file on its way in. Dropped unfinished, it leaves nothing.
pub struct Upload {
    files: Files,
    /// None once the file has its name.
    temporary: Option<PathBuf>,
    file: File,
    hasher: Sm3,
    size: u64,
    limit: u64,
}

impl Upload {
    /// Adds a piece. Refuses when the limit is passed.
    pub async fn write(&mut self, piece: &[u8]) -> Result<(), FilesError> {
        self.size += piece.len() as u64;
        if self.size > self.limit {
            return Err(FilesError::TooLarge { limit: self.limit });
        }
        self.hasher.update(piece);
        self.file.write_all(piece).await.map_err(|source| failed(&self.files.root, source))
    }

    /// Gives the file its name, durably. `name` is what the person calls it.
    pub async fn finish(mut self, name: &str) -> Result<Evidence, FilesError> {
        if self.size == 0 {
            return Err(FilesError::Empty);
        }
        let digest = Digest::from_bytes(std::mem::take(&mut self.hasher).finalize().into());
        let path = self.files.path(&digest);
        self.file.flush().await.map_err(|source| failed(&path, source))?;
        self.file.sync_all().await.map_err(|source| failed(&path, source))?;
        if let Some(temporary) = self.temporary.take() {
            let target = path.clone();
            let placing = tokio::task::spawn_blocking(move || place(&temporary, &target)).await;
            match placing {
                Ok(placed) => placed.map_err(|source| failed(&path, source))?,
                Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
            }
        }
        Ok(Evidence { digest, name: name.to_owned(), size: self.size })
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // What cannot be removed now is removed when the store is next opened.
            let _ = std::fs::remove_file(temporary);
        }
    }
}

/// Moves a finished file to its name, unless the name is taken: then the same content is there already.
fn place(temporary: &Path, target: &Path) -> io::Result<()> {
    std::fs::set_permissions(temporary, std::fs::Permissions::from_mode(0o444))?;
    let folder = target.parent().unwrap_or(target);
    std::fs::create_dir_all(folder)?;
    let linked = match std::fs::hard_link(temporary, target) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    };
    std::fs::remove_file(temporary)?;
    linked?;
    durable::sync_directory(folder)?;
    folder.ancestors().skip(1).take(2).try_for_each(durable::sync_directory)
}

fn failed(path: &Path, source: io::Error) -> FilesError {
    FilesError::System { path: path.to_owned(), source }
}
