//! Large files on their way in: on disk from the first byte, gone unless somebody takes them.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use crate::failure::Failure;

/// A large file sent with a form. It lies in a folder for incoming files and is removed with its last copy, unless it
/// was moved away before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// As the person who sent it calls it; the last part of any path.
    pub name: String,
    /// Bytes.
    pub size: u64,
    held: Arc<Held>,
}

impl Incoming {
    /// Where it lies now.
    pub fn path(&self) -> &Path {
        &self.held.0
    }

    /// Moves it to where it will stay.
    ///
    /// # Errors
    /// When the system refuses. The file then still lies where it was.
    pub async fn move_to(&self, target: &Path) -> io::Result<()> {
        match tokio::fs::rename(self.path(), target).await {
            // Another file system: copied, and the original goes with its last holder.
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                tokio::fs::copy(self.path(), target).await.map(drop)
            }
            moved => moved,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Held(PathBuf);

impl Drop for Held {
    fn drop(&mut self) {
        // It may have been moved; what cannot be removed is swept at the next start.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A file that is being written.
pub(crate) struct Writing {
    held: Held,
    file: File,
    size: u64,
}

impl Writing {
    pub async fn begin(folder: &Path) -> Result<Self, Failure> {
        tokio::fs::create_dir_all(folder).await.map_err(|error| refused(&error))?;
        let mut name = [0; 12];
        getrandom::fill(&mut name).map_err(|error| Failure::Fault(error.to_string()))?;
        let path = folder.join(format!("{}.part", data_encoding::HEXLOWER.encode(&name)));
        let file = File::create_new(&path).await.map_err(|error| refused(&error))?;
        Ok(Self { held: Held(path), file, size: 0 })
    }

    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), Failure> {
        self.size += chunk.len() as u64;
        self.file.write_all(chunk).await.map_err(|error| refused(&error))
    }

    /// The whole file; `None` for an empty field, which browsers send as a file without name or content.
    pub async fn finish(mut self, name: String) -> Result<Option<Incoming>, Failure> {
        self.file.flush().await.map_err(|error| refused(&error))?;
        let Self { held, size, .. } = self;
        let empty = name.is_empty() && size == 0;
        Ok((!empty).then(|| Incoming { name, size, held: Arc::new(held) }))
    }
}

fn refused(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Failure::Unavailable("服务器的磁盘空间不足，没有保存。请联系系统管理员。".into())
        }
        _ => Failure::Fault(format!("incoming file: {error}")),
    }
}
