//! Messages to people: on their way out by SMS, e-mail or webhook, and in their inbox here.
//!
//! Sending is at least once: a message stays in the outbox until it is marked delivered, so that one sent just before
//! a crash is sent again under the same key.

use kernel::{PersonId, Timestamp};

use super::{Desk, DeskError, id, person, stored};
use crate::database::instant;

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

/// The outbox and the inboxes.
pub struct Messages<'a>(pub(super) &'a Desk);

impl Messages<'_> {
    /// Puts a message in the outbox, due at once; answers `false` when one of this key was put before.
    pub async fn send(&self, message: &OutboxMessage, now: Timestamp) -> Result<bool, DeskError> {
        let sql = "insert into outbox (key, channel, recipient, title, body, due_at) values (?, ?, ?, ?, ?, ?)
                   on conflict (key) do nothing";
        let query = sqlx::query(sql)
            .bind(&message.key)
            .bind(&message.channel)
            .bind(id(message.recipient))
            .bind(&message.title)
            .bind(&message.body)
            .bind(stored(now));
        Ok(query.execute(&mut *self.0.writer().await).await?.rows_affected() == 1)
    }

    /// Messages to be sent now, longest due first.
    pub async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<Outgoing>, DeskError> {
        let sql = "select key, channel, recipient, title, body, attempts, last_error from outbox
                   where delivered_at is null and due_at <= ? order by due_at, key limit ?";
        type Row = (String, String, Vec<u8>, String, String, u32, Option<String>);
        let rows: Vec<Row> = sqlx::query_as(sql).bind(stored(now)).bind(limit).fetch_all(self.0.readers()).await?;
        let due = rows.into_iter().map(|(key, channel, recipient, title, body, attempts, last_error)| {
            let recipient = person(&recipient)?;
            Ok(Outgoing { message: OutboxMessage { key, channel, recipient, title, body }, attempts, last_error })
        });
        due.collect()
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

    /// Puts a message in a person's inbox; answers `false` when one of this key was put before.
    pub async fn notify(&self, person: PersonId, message: &InboxMessage) -> Result<bool, DeskError> {
        let query = sqlx::query("insert into inbox values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing")
            .bind(id(person))
            .bind(&message.key)
            .bind(&message.title)
            .bind(&message.body)
            .bind(message.link.as_deref())
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
        let sql = "select key, title, body, link, at, read_at from inbox where person = ?
                   order by at desc, key desc limit ?";
        type Row = (String, String, String, Option<String>, i64, Option<i64>);
        let rows: Vec<Row> = sqlx::query_as(sql).bind(id(person)).bind(limit).fetch_all(self.0.readers()).await?;
        let message = |(key, title, body, link, at, read_at): Row| {
            let (at, read_at) = (instant(at), read_at.map(instant));
            InboxMessage { key, title, body, link, at, read_at }
        };
        Ok(rows.into_iter().map(message).collect())
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
}
