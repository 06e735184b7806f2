//! The per-subject secrets, in one file of fixed-size records that is written in place.
//!
//! A record is the subject (16 bytes), its secret (32 bytes) and the first 16 bytes of SM3 over both. A database would
//! leave copies of a key in journals and free pages; here erasing writes zeros where the secret stood, once and for all.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kernel::Digest;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Subject, VaultError};
use crate::crypto::Secret;
use crate::durable;

const SUBJECT: usize = 16;
const SECRET: usize = 32;
const CHECK: usize = 16;
const RECORD: usize = SUBJECT + SECRET + CHECK;

/// What is known of a subject's secret.
#[derive(Clone)]
pub(super) enum Key {
    Live(Arc<Secret>),
    Erased,
}

pub(super) struct SubjectKeys {
    opened: Mutex<Opened>,
}

struct Opened {
    file: File,
    records: HashMap<Subject, (usize, Key)>,
}

impl SubjectKeys {
    pub fn open(path: &Path) -> Result<Self, VaultError> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        durable::sync_parent(path)?;
        let mut bytes = Zeroizing::new(Vec::new());
        file.read_to_end(&mut bytes)?;
        // A record cut short was never acknowledged: the next one takes its place.
        let whole = bytes.len() / RECORD * RECORD;
        file.set_len(whole as u64)?;
        let records = bytes[..whole].chunks_exact(RECORD).enumerate().map(|(index, record)| {
            let (subject, key) = parse(record).ok_or(VaultError::DamagedKeys { record: index + 1 })?;
            Ok((subject, (index, key)))
        });
        let records = records.collect::<Result<_, VaultError>>()?;
        Ok(Self { opened: Mutex::new(Opened { file, records }) })
    }

    pub fn get(&self, subject: Subject) -> Option<Key> {
        self.opened().records.get(&subject).map(|(_, key)| key.clone())
    }

    /// The subject's secret, made and durable when it had none.
    pub fn get_or_create(&self, subject: Subject) -> Result<Key, VaultError> {
        let mut opened = self.opened();
        if let Some((_, key)) = opened.records.get(&subject) {
            return Ok(key.clone());
        }
        let secret = Arc::new(Secret::random()?);
        let place = opened.records.len();
        opened.write(place, subject, secret.as_bytes())?;
        let key = Key::Live(secret);
        opened.records.insert(subject, (place, key.clone()));
        Ok(key)
    }

    /// Overwrites the subject's secret with zeros, durably. A subject without one is marked erased all the same.
    pub fn erase(&self, subject: Subject) -> Result<(), VaultError> {
        let mut opened = self.opened();
        let place = opened.records.get(&subject).map_or(opened.records.len(), |(place, _)| *place);
        opened.write(place, subject, &[0; SECRET])?;
        opened.records.insert(subject, (place, Key::Erased));
        Ok(())
    }

    fn opened(&self) -> MutexGuard<'_, Opened> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Opened {
    fn write(&mut self, place: usize, subject: Subject, secret: &[u8; SECRET]) -> Result<(), std::io::Error> {
        let mut record = Zeroizing::new([0; RECORD]);
        let mut rest = record.as_mut_slice();
        rest.write_all(subject.0.as_bytes())?;
        rest.write_all(secret)?;
        rest.write_all(&check(subject.0.as_bytes(), secret))?;
        self.file.write_all_at(record.as_slice(), (place * RECORD) as u64)?;
        self.file.sync_all()
    }
}

fn parse(record: &[u8]) -> Option<(Subject, Key)> {
    let (subject, rest) = record.split_first_chunk::<SUBJECT>()?;
    let (secret, stored) = rest.split_first_chunk::<SECRET>()?;
    let key = if secret == &[0; SECRET] {
        // Zeros are an erased secret even when the process died before the check was written.
        Key::Erased
    } else if stored == check(subject, secret) {
        Key::Live(Arc::new(Secret::from_bytes(*secret)))
    } else {
        return None;
    };
    Some((Subject(Uuid::from_bytes(*subject)), key))
}

fn check(subject: &[u8], secret: &[u8]) -> [u8; CHECK] {
    let mut check = [0; CHECK];
    check.copy_from_slice(&Digest::of_parts([subject, secret]).as_bytes()[..CHECK]);
    check
}
