//! What may be forgotten: personal data and personal free text, under a key of their own per subject.
//!
//! Ciphertext is in a database and in its backups; the keys are in a small file that no backup holds. Erasing a
//! subject overwrites its key in place, so every copy of the ciphertext, in backups too, is noise from then on. The
//! ledger holds a digest keyed with the same secret ([`Vault::digest`]): after erasure nobody can try out what it was.
//! The desk seals what is personal on it with the same secret ([`Vault::seal_for`]).

mod keys;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use kernel::{Digest, PersonId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::crypto::{CryptoError, Secret};
use crate::database::{self, Database, OpenError, Schema};
use keys::{Key, SubjectKeys};

const SCHEMA: Schema = Schema {
    version: 1,
    create: "
        create table item (
            subject blob not null check (length(subject) = 16),
            name text not null,
            sealed blob not null,
            primary key (subject, name)
        ) strict, without rowid;
        pragma user_version = 1;",
};

/// A natural person whose data the vault keeps: one with an account, or one merely named in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Subject(pub Uuid);

impl From<PersonId> for Subject {
    fn from(person: PersonId) -> Self {
        Self(person.0)
    }
}

/// Personal data could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The database answered with an error.
    #[error("保密库数据库出错：{0}。请检查磁盘与文件权限。")]
    Database(#[from] sqlx::Error),
    /// The database could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A key file or the cipher failed.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// The key file could not be written or read.
    #[error("个人密钥文件无法读写：{0}。请检查 keys 目录的权限与磁盘空间。")]
    Keys(#[from] std::io::Error),
    /// The key file is damaged.
    #[error("个人密钥文件第 {record} 条损坏。请用单独保管的 keys 副本替换后重新启动。")]
    DamagedKeys {
        /// From 1.
        record: usize,
    },
    /// The subject was erased: nothing can be read or added.
    #[error("该人员的个人信息已按要求删除，不能读取，也不能再添加")]
    Erased,
    /// There is ciphertext but no key: the vault was restored without its keys.
    #[error("保密库中有该人员的密文，但没有对应的密钥。请把单独保管的 keys 目录放回数据目录后重新启动。")]
    KeyMissing,
}

/// The vault: ciphertext in a database, keys in a file apart.
pub struct Vault {
    database: Database,
    keys: Arc<SubjectKeys>,
    master: Secret,
}

impl Vault {
    /// Opens the vault, whose ciphertext is in `database` and whose per-subject keys are in `keys`, making both when
    /// they do not exist.
    pub(crate) async fn open(database: &Path, keys: &Path, master: Secret) -> Result<Self, VaultError> {
        let keys = Arc::new(SubjectKeys::open(keys)?);
        Ok(Self { database: Database::open(database, &SCHEMA).await?, keys, master })
    }

    /// Keeps a value of this name for the subject, replacing an earlier one.
    pub async fn put(&self, subject: Subject, name: &str, plain: &[u8]) -> Result<(), VaultError> {
        let sealed = match self.key(subject).await? {
            Key::Live(secret) => secret.seal(&bound(subject, name), plain)?,
            Key::Erased => return Err(VaultError::Erased),
        };
        sqlx::query("insert or replace into item values (?, ?, ?)")
            .bind(subject.0.as_bytes().as_slice())
            .bind(name)
            .bind(sealed)
            .execute(&mut *self.database.writer.lock().await)
            .await?;
        Ok(())
    }

    /// The value of this name; `None` when there is none.
    pub async fn get(&self, subject: Subject, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        Ok(self.all(subject).await?.remove(name))
    }

    /// Everything kept for the subject, by name.
    pub async fn all(&self, subject: Subject) -> Result<BTreeMap<String, Zeroizing<Vec<u8>>>, VaultError> {
        if self.is_erased(subject) {
            return Err(VaultError::Erased);
        }
        let rows: Vec<(String, Vec<u8>)> = sqlx::query_as("select name, sealed from item where subject = ?")
            .bind(subject.0.as_bytes().as_slice())
            .fetch_all(&self.database.readers)
            .await?;
        rows.into_iter().map(|(name, sealed)| Ok((name.clone(), self.unseal(subject, &name, &sealed)?))).collect()
    }

    /// The values of one name for many subjects, such as the names to be shown in a list. Subjects without a value,
    /// erased ones among them, are left out.
    pub async fn names_of(
        &self,
        subjects: &[Subject],
        name: &str,
    ) -> Result<BTreeMap<Subject, Zeroizing<Vec<u8>>>, VaultError> {
        let list: Vec<String> = subjects.iter().map(|subject| format!("\"{}\"", subject.0.simple())).collect();
        let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "select subject, sealed from json_each(?) cross join item on subject = unhex(value) where name = ?",
        )
        .bind(format!("[{}]", list.join(",")))
        .bind(name)
        .fetch_all(&self.database.readers)
        .await?;
        let opened = rows.into_iter().map(|(subject, sealed)| {
            let subject = Subject(database::uuid(&subject)?);
            Ok((subject, self.unseal(subject, name, &sealed)?))
        });
        // A row met between the overwriting of its key and its removal is as good as gone.
        opened.filter(|opened| !matches!(opened, Err(VaultError::Erased))).collect()
    }

    /// Forgets the subject: its key is overwritten, its ciphertext removed. What is left is that the subject was erased.
    pub async fn erase(&self, subject: Subject) -> Result<(), VaultError> {
        let keys = self.keys.clone();
        blocking(move || keys.erase(subject)).await?;
        sqlx::query("delete from item where subject = ?")
            .bind(subject.0.as_bytes().as_slice())
            .execute(&mut *self.database.writer.lock().await)
            .await?;
        self.database.settle().await?;
        Ok(())
    }

    /// Whether the subject was erased.
    pub fn is_erased(&self, subject: Subject) -> bool {
        matches!(self.keys.get(subject), Some(Key::Erased))
    }

    /// A digest of a value that only this vault can compute, and nobody once the subject is erased: for the ledger.
    pub async fn digest(&self, subject: Subject, name: &str, plain: &[u8]) -> Result<Digest, VaultError> {
        match self.key(subject).await? {
            Key::Live(secret) => Ok(secret.digest(&[&bound(subject, name), plain])),
            Key::Erased => Err(VaultError::Erased),
        }
    }

    /// A stand-in for a text that belongs to nobody known, such as a mistyped log-in: equal for equal texts, and not to
    /// be computed without the master key.
    pub fn pseudonym(&self, text: &str) -> Digest {
        self.master.digest(&[b"pseudonym", text.as_bytes()])
    }

    /// Seals a value under the master key for keeping elsewhere, such as a TOTP secret in the desk tables. `place` must
    /// be given again to open it.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        Ok(self.master.seal(place.as_bytes(), plain)?)
    }

    /// Opens what [`Vault::seal`] sealed for this place.
    pub fn open_sealed(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        Ok(self.master.open(place.as_bytes(), sealed)?)
    }

    /// Seals a value under the subject's own key for keeping elsewhere, such as a log-in name in the desk tables: once
    /// the subject is erased nobody opens it, there or in a backup. `place` must be given again to open it.
    pub async fn seal_for(&self, subject: Subject, place: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        match self.key(subject).await? {
            Key::Live(secret) => Ok(secret.seal(&bound(subject, place), plain)?),
            Key::Erased => Err(VaultError::Erased),
        }
    }

    /// Opens what [`Vault::seal_for`] sealed for this subject and place.
    pub fn open_for(&self, subject: Subject, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.unseal(subject, place, sealed)
    }

    /// The subject's key, made when it has none. Making one waits for the disk, off the threads that serve others.
    async fn key(&self, subject: Subject) -> Result<Key, VaultError> {
        match self.keys.get(subject) {
            Some(key) => Ok(key),
            None => {
                let keys = self.keys.clone();
                blocking(move || keys.get_or_create(subject)).await
            }
        }
    }

    fn unseal(&self, subject: Subject, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        match self.keys.get(subject) {
            Some(Key::Live(secret)) => Ok(secret.open(&bound(subject, name), sealed)?),
            Some(Key::Erased) => Err(VaultError::Erased),
            None => Err(VaultError::KeyMissing),
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

/// Where a value belongs: it opens nowhere else.
fn bound(subject: Subject, name: &str) -> Vec<u8> {
    [subject.0.as_bytes().as_slice(), name.as_bytes()].concat()
}
