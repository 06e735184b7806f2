//! Messages to people: on their way out by SMS, e-mail or webhook, and in their inbox here.
//!
//! Sending is at least once: a message stays in the outbox until it is marked delivered, so that one sent just before
//! a crash is sent again under the same key.

use kernel::{PersonId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Desk, DeskError, id, person, stored};
use crate::database::instant;
use crate::vault::VaultError;

/// A message to be sent. The address is looked up in the vault when it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxMessage {
    /// Unique for what it tells whom: putting it again changes nothing.
    pub key: String,
    /// Name of the channel: `sms`, `email`, `webhook`.
    pub channel: String,
    /// To whom.
    pub recipient: PersonId,
    /// Subject line.
    pub title: String,
    /// Text.
    pub body: String,
}

/// A message due for sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// What to send.
    pub message: OutboxMessage,
    /// How often it was tried before.
    pub attempts: u32,
    /// What stood in the way last time.
    pub last_error: Option<String>,
}

/// A message to be read on the person's home page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxMessage {
    /// Unique for the person.
    pub key: String,
    /// One line.
    pub title: String,
    /// Text.
    pub body: String,
    /// Page to go to.
    pub link: Option<String>,
    /// When it came.
    pub at: Timestamp,
    /// When it was read.
    pub read_at: Option<Timestamp>,
}

/// What is sealed of a message.
#[derive(Serialize, Deserialize)]
struct Content {
    title: String,
    body: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

/// Where a message's content is sealed: it opens under no other key and in no other box.
fn place(table: &str, key: &str) -> String {
    format!("desk {table} {key}")
}

/// The outbox and the inboxes.
pub struct Messages<'a>(pub(super) &'a Desk);

impl Messages<'_> {
    /// Puts a message in the outbox, due at once; answers `false` when one of this key was put before, or nobody is there
    /// any more to be told.
    pub async fn send(&self, message: &OutboxMessage, now: Timestamp) -> Result<bool, DeskError> {
        let OutboxMessage { key, recipient, title, body, .. } = message.clone();
        let content = Content { title, body, link: None };
        let Some(sealed) = self.sealed(recipient, &place("outbox", &key), &content).await? else { return Ok(false) };
        let sql = "insert into outbox (key, channel, recipient, sealed_content, due_at) values (?, ?, ?, ?, ?)
                   on conflict (key) do nothing";
        let query = sqlx::query(sql)
            .bind(&message.key)
            .bind(&message.channel)
            .bind(id(message.recipient))
            .bind(sealed)
            .bind(stored(now));
        Ok(query.execute(&mut *self.0.writer().await).await?.rows_affected() == 1)
    }

    /// Messages to be sent now, longest due first.
    pub async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<Outgoing>, DeskError> {
        let sql = "select key, channel, recipient, sealed_content, attempts, last_error from outbox
                   where delivered_at is null and due_at <= ? order by due_at, key limit ?";
        type Row = (String, String, Vec<u8>, Vec<u8>, u32, Option<String>);
        let rows: Vec<Row> = sqlx::query_as(sql).bind(stored(now)).bind(limit).fetch_all(self.0.readers()).await?;
        let due = rows.into_iter().map(|(key, channel, recipient, sealed, attempts, last_error)| {
            let recipient = person(&recipient)?;
            let Content { title, body, .. } = self.content(recipient, &place("outbox", &key), &sealed)?;
            Ok(Outgoing { message: OutboxMessage { key, channel, recipient, title, body }, attempts, last_error })
        });
        // What came back with an old backup is not sent to somebody erased since.
        due.filter(|due| !matches!(due, Err(DeskError::Vault(VaultError::Erased)))).collect()
    }

    /// The channel took the message.
    pub async fn delivered(&self, key: &str, at: Timestamp) -> Result<(), DeskError> {
        let query = sqlx::query("update outbox set delivered_at = ?, attempts = attempts + 1 where key = ?");
        query.bind(stored(at)).bind(key).execute(&mut *self.0.writer().await).await?;
        Ok(())
    }

    /// The channel did not take it; try again from `retry_at` on.
    pub async fn failed(&self, key: &str, error: &str, retry_at: Timestamp) -> Result<(), DeskError> {
        let sql = "update outbox set attempts = attempts + 1, last_error = ?, due_at = ? where key = ?";
        let query = sqlx::query(sql).bind(error).bind(stored(retry_at)).bind(key);
        query.execute(&mut *self.0.writer().await).await?;
        Ok(())
    }

    /// Removes messages delivered before a time.
    pub async fn clear_delivered(&self, before: Timestamp) -> Result<u64, DeskError> {
        let query = sqlx::query("delete from outbox where delivered_at < ?").bind(stored(before));
        Ok(query.execute(&mut *self.0.writer().await).await?.rows_affected())
    }

    /// Puts a message in a person's inbox; answers `false` when one of this key was put before, or the person was erased.
    pub async fn notify(&self, person: PersonId, message: &InboxMessage) -> Result<bool, DeskError> {
        let InboxMessage { key, title, body, link, .. } = message.clone();
        let content = Content { title, body, link };
        let Some(sealed) = self.sealed(person, &place("inbox", &key), &content).await? else { return Ok(false) };
        let query = sqlx::query("insert into inbox values (?, ?, ?, ?, ?) on conflict do nothing")
            .bind(id(person))
            .bind(key)
            .bind(sealed)
            .bind(stored(message.at))
            .bind(message.read_at.map(stored));
        Ok(query.execute(&mut *self.0.writer().await).await?.rows_affected() == 1)
    }

    /// Whether a message of this key was put in the person's inbox.
    pub async fn told(&self, person: PersonId, key: &str) -> Result<bool, DeskError> {
        let query = sqlx::query_scalar("select exists (select 1 from inbox where person = ? and key = ?)");
        Ok(query.bind(id(person)).bind(key).fetch_one(self.0.readers()).await?)
    }

    /// A person's messages, newest first.
    pub async fn inbox(&self, person: PersonId, limit: u32) -> Result<Vec<InboxMessage>, DeskError> {
        let sql = "select key, sealed_content, at, read_at from inbox where person = ?
                   order by at desc, key desc limit ?";
        type Row = (String, Vec<u8>, i64, Option<i64>);
        let rows: Vec<Row> = sqlx::query_as(sql).bind(id(person)).bind(limit).fetch_all(self.0.readers()).await?;
        let message = |(key, sealed, at, read_at): Row| {
            let Content { title, body, link } = self.content(person, &place("inbox", &key), &sealed)?;
            let (at, read_at) = (instant(at), read_at.map(instant));
            Ok(InboxMessage { key, title, body, link, at, read_at })
        };
        rows.into_iter().map(message).collect()
    }

    /// How many messages the person has not read.
    pub async fn unread(&self, person: PersonId) -> Result<u32, DeskError> {
        let query = sqlx::query_scalar("select count(*) from inbox where person = ? and read_at is null");
        Ok(query.bind(id(person)).fetch_one(self.0.readers()).await?)
    }

    /// The person read a message.
    pub async fn read(&self, person: PersonId, key: &str, at: Timestamp) -> Result<(), DeskError> {
        let query = sqlx::query("update inbox set read_at = ? where person = ? and key = ? and read_at is null");
        query.bind(stored(at)).bind(id(person)).bind(key).execute(&mut *self.0.writer().await).await?;
        Ok(())
    }

    /// `None` for an erased person.
    async fn sealed(&self, whose: PersonId, place: &str, content: &Content) -> Result<Option<Vec<u8>>, DeskError> {
        let plain = serde_json::to_vec(content).map_err(|_| DeskError::Damaged)?;
        match self.0.seal(whose, place, &plain).await {
            Err(DeskError::Vault(VaultError::Erased)) => Ok(None),
            sealed => sealed.map(Some),
        }
    }

    fn content(&self, whose: PersonId, place: &str, sealed: &[u8]) -> Result<Content, DeskError> {
        serde_json::from_str(&self.0.opened(whose, place, sealed)?).map_err(|_| DeskError::Damaged)
    }
}
