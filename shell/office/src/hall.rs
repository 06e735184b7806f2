//! The hall (大厅): what a page reaches of the city. The office, the files, the names of people, who looked at what.
//!
//! Pages depend on this and never on the ledger crate: whatever they may read or keep goes through a method here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kernel::{CommandId, Digest, Evidence, OrganisationId, PersonId, Timestamp};
use ledger::access::{AccessError, RecordedEntry};
use ledger::checkpoint::CheckpointError;
use ledger::desk::{DeskError, InboxMessage};
use ledger::files::FilesError;
use ledger::vault::{Subject, VaultError};
use ledger::{Log, LogError, Store, StoreError};
use uuid::Uuid;

use upload::{Scanner, Verdict};

use crate::carry_out::{Act, Envelope};
use crate::clock::Clock;
use crate::office::Office;
use crate::replay::ReplayError;
use crate::workbench::Workbench;
use crate::writer::{Outcome, SubmitError};

pub use ledger::access::{Entry as Sighting, What as Seen, Who as Seer};
pub use ledger::checkpoint::{Chain, SignedCheckpoint};
pub use ledger::desk::InboxMessage as Message;

/// The vault's name for a person's name.
pub const NAME: &str = "name";
const STATEMENT: &str = "statement";
const CONTACT: &str = "contact";

/// A city opened for business. Clones share it.
#[derive(Clone)]
pub struct Hall {
    /// Where State is read and commands are sent.
    pub office: Arc<Office>,
    store: Arc<Store>,
    workbench: Workbench,
    scanner: Arc<dyn Scanner>,
}

/// The city could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data directory.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger.
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

/// What is kept beside the ledger could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum HallError {
    /// Files.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// Personal data.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Desk tables.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The access log.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// A checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Lines of the ledger.
    #[error(transparent)]
    Lines(#[from] ReplayError),
}

impl Hall {
    /// Opens a data directory and replays its ledger. `progress` hears how many events are replayed.
    pub async fn open(dir: &Path, clock: Arc<dyn Clock>, progress: impl FnMut(u64)) -> Result<Self, OpenError> {
        let store = Arc::new(Store::open(dir).await?);
        let log: Arc<dyn Log> = store.log.clone();
        let office = Arc::new(Office::open(log, clock.clone(), progress).await?);
        let workbench = Workbench::new(store.clone(), clock);
        Ok(Self { office, workbench, store, scanner: Arc::new(upload::Unconfigured) })
    }

    /// With a virus scanner that looks at what people upload from now on.
    #[must_use]
    pub fn scanned_by(self, scanner: Arc<dyn Scanner>) -> Self {
        Self { scanner, ..self }
    }

    /// Long work of organisations.
    pub fn workbench(&self) -> &Workbench {
        &self.workbench
    }

    /// What lies beneath, for the wiring in the binary; pages have no dependency with which to use it.
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Sends a command of the program itself: what dates demand, what an installation begins with. The id is derived
    /// from `key`, so that the same key never happens twice.
    pub async fn submit_as_system(&self, key: &str, act: impl Into<Act>) -> Result<Outcome, SubmitError> {
        let id = CommandId::derived([b"system:", key.as_bytes()]);
        let actor = kernel::Actor::System;
        self.office.submit(Envelope { id, actor, reauthenticated: true, act: act.into() }).await
    }

    /// Keeps a file for ever under its digest.
    pub async fn keep_file(&self, name: &str, content: &[u8]) -> Result<Evidence, HallError> {
        Ok(self.store.files.put(name, content).await?)
    }

    /// Has a file that somebody uploaded looked at, and keeps it unless the scanner knows it as infected. What was said of
    /// it is kept for [`Self::verdict`].
    pub async fn keep_uploaded(&self, name: &str, content: &[u8]) -> Result<Result<Evidence, Verdict>, HallError> {
        let verdict = self.scanner.scan(content).await;
        if matches!(verdict, Verdict::Infected { .. }) {
            return Ok(Err(verdict));
        }
        let evidence = self.keep_file(name, content).await?;
        let said = serde_json::to_string(&verdict).unwrap_or_default();
        self.store.desk.scans().note(evidence.digest, &said, self.office.now()).await?;
        Ok(Ok(evidence))
    }

    /// What a scanner said of a kept file; 未查毒 where none did, or what it said was lost with the desk.
    pub async fn verdict(&self, digest: Digest) -> Result<Verdict, HallError> {
        let said = self.store.desk.scans().of(digest).await?;
        let read = said.and_then(|said| serde_json::from_str(&said).ok());
        Ok(read.unwrap_or_else(|| Verdict::Unscanned { why: "没有查毒记录".to_owned() }))
    }

    /// A kept file's content, verified against its digest.
    pub async fn file(&self, digest: &Digest) -> Result<Vec<u8>, HallError> {
        Ok(self.store.files.get(digest).await?)
    }

    /// Whether a file is kept under this digest.
    pub async fn holds_file(&self, digest: &Digest) -> bool {
        self.store.files.holds(digest).await
    }

    /// What a person is called; the vault forgets it when the person is erased.
    pub async fn name_person(&self, person: PersonId, name: &str) -> Result<(), HallError> {
        Ok(self.store.vault.put(Subject(person.0), NAME, name.as_bytes()).await?)
    }

    /// Names of people; those erased or unknown are left out.
    pub async fn names(&self, people: &[PersonId]) -> Result<BTreeMap<PersonId, String>, HallError> {
        let subjects: Vec<_> = people.iter().map(|person| Subject(person.0)).collect();
        let names = self.store.vault.names_of(&subjects, NAME).await?;
        let spelled = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(names.into_iter().map(|(subject, name)| (PersonId(subject.0), spelled(&name))).collect())
    }

    /// Seals what somebody said whose name nobody asked for: an objection, a complaint, a report. `id` is what it is
    /// recorded under. Answers with the sealed file and the digest of the contact, for the record.
    pub async fn seal_statement(
        &self,
        id: Uuid,
        statement: &str,
        contact: Option<&str>,
    ) -> Result<(Evidence, Option<Digest>), HallError> {
        let (vault, whose) = (&self.store.vault, Subject(id));
        let sealed = vault.seal_for(whose, STATEMENT, statement.as_bytes()).await?;
        let kept = self.store.files.put("陈述（已加密）", &sealed).await?;
        let Some(contact) = contact else { return Ok((kept, None)) };
        vault.put(whose, CONTACT, contact.as_bytes()).await?;
        Ok((kept, Some(vault.digest(whose, CONTACT, contact.as_bytes()).await?)))
    }

    /// What was said under this id, and the contact of whoever gave one, for those whom the record is for; `None` once
    /// it was forgotten.
    pub async fn statement(&self, id: Uuid, sealed: &Evidence) -> Result<Option<(String, Option<String>)>, HallError> {
        let (vault, whose) = (&self.store.vault, Subject(id));
        if vault.is_erased(whose) {
            return Ok(None);
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let content = self.store.files.get(&sealed.digest).await?;
        let statement = vault.open_for(whose, STATEMENT, &content)?;
        let contact = vault.get(whose, CONTACT).await?;
        Ok(Some((text(&statement), contact.map(|contact| text(&contact)))))
    }

    /// The digest under which a person's identity document is known: the same document gives the same digest, and
    /// nobody without the vault's master key can try documents out.
    pub fn identity_digest(&self, document: &str) -> Digest {
        let plain: String = document.chars().filter(|c| !c.is_whitespace()).collect();
        self.store.vault.pseudonym(&format!("identity document {}", plain.to_uppercase()))
    }

    /// Forgets a person: vault and desk. What they did stays under their pseudonym.
    pub async fn erase_person(&self, person: PersonId) -> Result<(), HallError> {
        // The key goes last: as long as it is there, an erasure that was cut short is done again.
        self.store.desk.forget(person).await?;
        Ok(self.store.vault.erase(Subject(person.0)).await?)
    }

    /// Forgets everybody whose erasure is recorded and not yet carried out: called after the decision, and again every
    /// hour for one that was cut short. Answers with who was forgotten.
    pub async fn finish_erasures(&self) -> Result<Vec<PersonId>, HallError> {
        let state = self.office.published().state.clone();
        let erased = state.accounts.people().filter_map(|person| match &person.standing {
            accounts::person::Standing::Erased { ground, .. } => Some((person.id, *ground)),
            _ => None,
        });
        let mut forgotten = Vec::new();
        for (person, ground) in erased {
            let subject = Subject(person.0);
            if self.store.vault.is_erased(subject) {
                continue;
            }
            // Said first: that somebody was forgotten must not itself be lost.
            let (who, reason) = (Seer::Actor(kernel::Actor::System), ground.label().to_owned());
            self.sight(Sighting { at: self.office.now(), who, what: Seen::Erased { subject, reason } }).await?;
            self.erase_person(person).await?;
            forgotten.push(person);
        }
        Ok(forgotten)
    }

    /// The latest readings of a firm's data, newest first.
    pub async fn sightings_of(&self, firm: &OrganisationId, limit: u32) -> Result<Vec<RecordedEntry>, HallError> {
        Ok(self.store.access.of_firm(firm, None, limit).await?)
    }

    /// The latest entries of the access log, newest first, for the audit administrator.
    pub async fn latest_sightings(&self, limit: u32) -> Result<Vec<RecordedEntry>, HallError> {
        Ok(self.store.access.latest(None, limit).await?)
    }

    /// Writes into the access log; durable when it answers.
    pub async fn sight(&self, entry: Sighting) -> Result<(), HallError> {
        Ok(self.store.access.record(entry).await?)
    }

    /// Messages to a person, newest first.
    pub async fn inbox(&self, person: PersonId, limit: u32) -> Result<Vec<InboxMessage>, HallError> {
        Ok(self.store.desk.messages().inbox(person, limit).await?)
    }

    /// Notes that a message was read.
    pub async fn read_message(&self, person: PersonId, key: &str, at: Timestamp) -> Result<(), HallError> {
        Ok(self.store.desk.messages().read(person, key, at).await?)
    }

    /// Keeps what a person has typed so far into a form.
    pub async fn save_draft(&self, owner: PersonId, form: &str, content: &str) -> Result<(), HallError> {
        Ok(self.store.desk.drafts().save(owner, form, content, self.office.now()).await?)
    }

    /// What a person has typed so far into a form, and when.
    pub async fn draft(&self, owner: PersonId, form: &str) -> Result<Option<(String, Timestamp)>, HallError> {
        let draft = self.store.desk.drafts().load(owner, form).await?;
        Ok(draft.map(|draft| (draft.content, draft.updated_at)))
    }

    /// Forgets a draft once its form was sent.
    pub async fn discard_draft(&self, owner: PersonId, form: &str) -> Result<(), HallError> {
        Ok(self.store.desk.drafts().discard(owner, form).await?)
    }

    /// Signs the ends of both chains and publishes the checkpoints. Answers with the instant signed.
    pub async fn sign_checkpoints(&self) -> Result<Timestamp, HallError> {
        let now = self.office.now();
        self.store.checkpoints.sign(Chain::Ledger, self.office.published().head, now)?;
        self.store.checkpoints.sign(Chain::Access, self.store.access.log().head().await?, now)?;
        Ok(now)
    }

    /// The checkpoints published so far, oldest first.
    pub async fn checkpoints(&self) -> Result<Vec<SignedCheckpoint>, HallError> {
        let store = self.store.clone();
        Ok(blocking(move || store.checkpoints.published()).await?)
    }

    /// The published file of checkpoints as it stands, for whoever keeps a copy; empty before the first.
    pub async fn checkpoint_file(&self) -> Result<Vec<u8>, HallError> {
        self.published_file(self.store.layout().checkpoints()).await
    }

    /// The public key that checkpoints are signed with, in PEM.
    pub async fn public_key(&self) -> Result<Vec<u8>, HallError> {
        self.published_file(self.store.layout().public_key()).await
    }

    async fn published_file(&self, path: PathBuf) -> Result<Vec<u8>, HallError> {
        match tokio::fs::read(&path).await {
            Ok(content) => Ok(content),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(source) => Err(CheckpointError::File { path, source }.into()),
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}
