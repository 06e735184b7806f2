//! Signed checkpoints: statements that a chain had reached a certain batch, kept where the database cannot reach.
//!
//! Each line of the published file is one JSON object:
//!
//! ```json
//! {"chain":"ledger","batch":7,"sequence":31,"digest":"<hex>","at":"2026-11-23T16:00:00Z","key":"<hex>","signature":"<hex>"}
//! ```
//!
//! `digest` is that of the batch, `at` is RFC 3339 in UTC as written, `key` is SM3 of the signing key's public half
//! (DER), and `signature` is SM2 with SM3 (identity `1234567812345678`), r then s, over the UTF-8 text
//!
//! ```text
//! fengce-checkpoint-1\n<chain>\n<batch>\n<sequence>\n<digest>\n<at>\n
//! ```
//!
//! Another program checks it so, once the signature is in DER form:
//! `openssl dgst -sm3 -verify public-key.pem -sigopt distid:1234567812345678 -signature signature.der message.txt`.
//!
//! Whoever keeps a copy of the file and of the public key can show that the chain was rewritten or cut, even when
//! every digest in it was computed anew.

use std::fs::OpenOptions;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use kernel::{Digest, Sequence, Timestamp};
use serde::{Deserialize, Serialize};

use crate::batch::Head;
use crate::crypto::{CryptoError, Signer, Verifier};
use crate::durable;

/// Which chain a checkpoint speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Chain {
    /// What was decided.
    Ledger,
    /// Who saw what.
    Access,
}

impl Chain {
    /// As checkpoints write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ledger => "ledger",
            Self::Access => "access",
        }
    }
}

/// At this time the chain ended here. Read from a file, it was signed by the key the reader was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which chain.
    pub chain: Chain,
    /// Its end.
    pub head: Head,
    /// When.
    pub at: Timestamp,
}

/// A line of the published file, word for word. Whoever reads it has still to verify its signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedCheckpoint {
    /// Which chain.
    pub chain: Chain,
    /// Number of its last batch.
    pub batch: u64,
    /// Of its last event.
    pub sequence: Sequence,
    /// Of its last batch.
    pub digest: Digest,
    /// When.
    pub at: Timestamp,
    /// SM3 of the signing key's public half.
    pub key: Digest,
    /// r, then s, in 128 hexadecimal digits.
    pub signature: String,
}

impl SignedCheckpoint {
    /// What it states.
    pub fn checkpoint(&self) -> Checkpoint {
        let Self { chain, batch, sequence, digest, at, .. } = *self;
        Checkpoint { chain, head: Head { batch, sequence, digest }, at }
    }
}

/// A checkpoint file could not be written, read or believed.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The system refused.
    #[error("检查点文件 {} 无法读写：{source}。请检查路径、权限与磁盘空间。", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// A line is not a checkpoint.
    #[error("检查点文件 {} 第 {line} 行不是检查点：{reason}。请使用原样抄出的文件。", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A line was signed by another key.
    #[error(
        "检查点文件 {} 第 {line} 行由另一把密钥签名（指纹 {}…，提供的公钥是 {}…）。请使用当时抄存的公钥。",
        path.display(), found.short(), expected.short()
    )]
    OtherKey {
        /// Which file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// Key the line names.
        found: Digest,
        /// Key the reader was given.
        expected: Digest,
    },
    /// A signature does not hold.
    #[error("检查点文件 {} 第 {line} 行的签名不成立：该行被改动过", path.display())]
    Forged {
        /// Which file.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// Signing failed.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

impl Checkpoint {
    /// The text that is signed.
    pub fn message(&self) -> String {
        let Head { batch, sequence, digest } = self.head;
        format!("fengce-checkpoint-1\n{}\n{batch}\n{sequence}\n{digest}\n{}\n", self.chain.name(), self.at)
    }

    /// Reads a published file. Every line must be signed by the given key; an unfinished last line is left out.
    pub fn read(path: &Path, verifier: &dyn Verifier) -> Result<Vec<Self>, CheckpointError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| CheckpointError::File { path: path.to_owned(), source })?;
        let finished = text.rfind('\n').map_or("", |end| &text[..end]);
        let lines = finished.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        lines.map(|(index, line)| Self::believe(path, index + 1, line, verifier)).collect()
    }

    fn believe(path: &Path, line: usize, text: &str, verifier: &dyn Verifier) -> Result<Self, CheckpointError> {
        let malformed = |reason: String| CheckpointError::Malformed { path: path.to_owned(), line, reason };
        let signed: SignedCheckpoint = serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
        let signature = bytes_of_hex(&signed.signature);
        let signature = signature.ok_or_else(|| malformed("签名应为 128 位十六进制数字".into()))?;
        let checkpoint = signed.checkpoint();
        if signed.key != verifier.fingerprint() {
            let (path, expected) = (path.to_owned(), verifier.fingerprint());
            return Err(CheckpointError::OtherKey { path, line, found: signed.key, expected });
        }
        if !verifier.verifies(checkpoint.message().as_bytes(), &signature) {
            return Err(CheckpointError::Forged { path: path.to_owned(), line });
        }
        Ok(checkpoint)
    }
}

/// The published file to which this installation appends, and the key it signs with.
pub struct Checkpoints {
    path: PathBuf,
    signer: Box<dyn Signer>,
    /// One line is written at a time.
    writing: Mutex<()>,
}

impl Checkpoints {
    /// Appends to `path`, created when the first checkpoint is signed.
    pub fn new(path: PathBuf, signer: Box<dyn Signer>) -> Self {
        Self { path, signer, writing: Mutex::new(()) }
    }

    /// The published file, to be copied out.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was published so far, oldest first; nothing before the first checkpoint.
    pub fn published(&self) -> Result<Vec<SignedCheckpoint>, CheckpointError> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(CheckpointError::File { path: self.path.clone(), source }),
        };
        let finished = text.rfind('\n').map_or("", |end| &text[..end]);
        let lines = finished.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let signed = lines.map(|(index, line)| {
            serde_json::from_str(line).map_err(|error| {
                let (path, reason) = (self.path.clone(), error.to_string());
                CheckpointError::Malformed { path, line: index + 1, reason }
            })
        });
        signed.collect()
    }

    /// Signs that the chain ends at `head` and appends the line; durable when it answers. An empty chain is not signed.
    pub fn sign(&self, chain: Chain, head: Head, at: Timestamp) -> Result<Option<Checkpoint>, CheckpointError> {
        if head == Head::EMPTY {
            return Ok(None);
        }
        let checkpoint = Checkpoint { chain, head, at };
        let signature = self.signer.sign(checkpoint.message().as_bytes())?;
        let line = SignedCheckpoint {
            chain,
            batch: head.batch,
            sequence: head.sequence,
            digest: head.digest,
            at,
            key: self.signer.fingerprint(),
            signature: signature.iter().map(|byte| format!("{byte:02x}")).collect(),
        };
        let failed = |source| CheckpointError::File { path: self.path.clone(), source };
        let mut text = serde_json::to_string(&line).map_err(|error| failed(error.into()))?;
        text.push('\n');
        self.append(text.as_bytes()).map_err(failed)?;
        Ok(Some(checkpoint))
    }

    fn append(&self, line: &[u8]) -> io::Result<()> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&self.path)?;
        // A process that died while writing left a line without its end: it was never published.
        let mut written = Vec::new();
        file.read_to_end(&mut written)?;
        let finished = written.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        if finished < written.len() {
            file.set_len(finished as u64)?;
        }
        file.seek(SeekFrom::End(0))?;
        file.write_all(line)?;
        file.sync_all()?;
        durable::sync_parent(&self.path)
    }
}

fn bytes_of_hex(text: &str) -> Option<[u8; 64]> {
    let mut bytes = [0; 64];
    if text.len() != 128 || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}
