//! Messages on their way out: the port through which a gateway (SMS, e-mail) gets them, and a folder as its working
//! local implementation.
//!
//! The inbox on a person's desk is always filled. What goes out besides stays in the outbox until a [`Notifier`] took
//! it: at least once, under the same key, later and later after each failure. The contract of the folder stands in
//! `docs/notification.md`.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use kernel::{Digest, PersonId, Timestamp};
use ledger::BoxFuture;
use ledger::desk::{DeskError, Outgoing};
use office::Hall;
use serde::Serialize;

/// A way out to people, beside their inbox.
pub trait Notifier: Send + Sync {
    /// Its name, with which messages in the outbox are marked.
    fn channel(&self) -> &str;

    /// Hands a message on; `Ok` once it is durable there. The same message may come again under the same key: it must
    /// then have one effect.
    fn hand_on<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<(), NotifyError>>;
}

/// The channel did not take a message; it is tried again.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotifyError(pub String);

/// What a gateway gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Letter {
    /// Unique for what it tells whom.
    pub key: String,
    /// To whom: the pseudonym, under which the gateway keeps telephone number or mail address.
    pub recipient: PersonId,
    /// What the person is called; `None` when unknown or erased.
    pub name: Option<String>,
    /// Subject line.
    pub title: String,
    /// Text.
    pub body: String,
    /// How often it was handed on before without success.
    pub attempts: u32,
}

/// Messages handed on at a time.
const AT_ONCE: u32 = 100;
/// Shortest and longest wait before the next attempt.
const WAIT: (SignedDuration, SignedDuration) = (SignedDuration::from_mins(1), SignedDuration::from_hours(6));
/// How long a delivered message is remembered.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The wait after so many attempts: doubling from the shortest to the longest.
fn wait_after(attempts: u32) -> SignedDuration {
    let (shortest, longest) = WAIT;
    let factor = 1_i32.checked_shl(attempts.min(16)).unwrap_or(i32::MAX);
    shortest.checked_mul(factor).map_or(longest, |wait| wait.min(longest))
}

/// Hands on what is due, and notes what became of it. Answers how many were taken.
pub async fn deliver(hall: &Hall, notifiers: &[Box<dyn Notifier>]) -> Result<usize, DeskError> {
    let (now, messages) = (hall.office.now(), hall.store().desk.messages());
    let mut taken = 0;
    for outgoing in messages.due(now, AT_ONCE).await? {
        let (key, attempts) = (outgoing.message.key.clone(), outgoing.attempts);
        match hand_on(hall, notifiers, outgoing).await {
            Ok(()) => {
                messages.delivered(&key, now).await?;
                taken += 1;
            }
            Err(error) => {
                tracing::warn!(key, attempts, %error, "a message was not taken");
                messages.failed(&key, &error.to_string(), later(now, wait_after(attempts))).await?;
            }
        }
    }
    if let Ok(before) = now.checked_sub(REMEMBERED) {
        messages.clear_delivered(before).await?;
    }
    Ok(taken)
}

async fn hand_on(hall: &Hall, notifiers: &[Box<dyn Notifier>], outgoing: Outgoing) -> Result<(), NotifyError> {
    let Outgoing { message, attempts, .. } = outgoing;
    let notifier = notifiers.iter().find(|notifier| notifier.channel() == message.channel);
    let notifier = notifier.ok_or_else(|| NotifyError(format!("渠道 {} 没有配置", message.channel)))?;
    let names = hall.names(&[message.recipient]).await.map_err(|error| NotifyError(error.to_string()))?;
    let name = names.get(&message.recipient).cloned();
    let ledger::desk::OutboxMessage { key, recipient, title, body, .. } = message;
    notifier.hand_on(&Letter { key, recipient, name, title, body, attempts }).await
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.checked_add(wait).unwrap_or(now)
}

/// One JSON file per message in a folder, for a gateway that takes files away.
pub struct Folder(PathBuf);

impl Folder {
    /// Of the folder, made when it is not there, readable for nobody else.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        std::os::unix::fs::DirBuilderExt::mode(std::fs::DirBuilder::new().recursive(true), 0o700).create(path)?;
        Ok(Self(path.to_owned()))
    }
}

impl Notifier for Folder {
    fn channel(&self) -> &str {
        "folder"
    }

    fn hand_on<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<(), NotifyError>> {
        let (folder, letter) = (self.0.clone(), letter.clone());
        Box::pin(async move {
            let put = tokio::task::spawn_blocking(move || put(&folder, &letter)).await;
            match put {
                Ok(put) => put.map_err(|error| NotifyError(error.to_string())),
                Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
            }
        })
    }
}

/// Written under another name first: what ends in `.json` is whole. The name follows from the key, so that a message
/// handed on twice before the gateway looked is there once.
fn put(folder: &Path, letter: &Letter) -> std::io::Result<()> {
    let name = Digest::of(letter.key.as_bytes()).to_string();
    let (partial, path) = (folder.join(format!("{name}.partial")), folder.join(format!("{name}.json")));
    let content = serde_json::to_vec_pretty(letter)?;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
    file.write_all(&content)?;
    file.sync_all()?;
    std::fs::rename(&partial, &path)?;
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::Mutex;

    use ledger::desk::OutboxMessage;
    use office::SetClock;

    use super::*;

    /// Refuses so often, then takes.
    struct Stubborn(Mutex<(u32, Vec<Letter>)>);

    impl Notifier for Stubborn {
        fn channel(&self) -> &str {
            "sms"
        }

        fn hand_on<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<(), NotifyError>> {
            let mut held = self.0.lock().unwrap();
            let refused = held.0 > 0;
            if refused {
                held.0 -= 1;
            } else {
                held.1.push(letter.clone());
            }
            Box::pin(std::future::ready(if refused { Err(NotifyError("busy".to_owned())) } else { Ok(()) }))
        }
    }

    fn letter(channel: &str) -> OutboxMessage {
        let recipient = PersonId(uuid::Uuid::from_u128(7));
        let text = |text: &str| text.to_owned();
        OutboxMessage {
            key: text("sms:a"), channel: text(channel), recipient, title: text("待办"), body: text("请")
        }
    }

    #[tokio::test]
    async fn a_message_goes_out_until_it_is_taken_later_and_later() {
        let place = tempfile::tempdir().unwrap();
        let start: Timestamp = "2026-01-05T01:00:00Z".parse().unwrap();
        let clock = Arc::new(SetClock::at(start));
        let hall = Hall::open(place.path(), clock.clone(), |_| ()).await.unwrap();
        let notifiers: Vec<Box<dyn Notifier>> = vec![Box::new(Stubborn(Mutex::new((2, Vec::new()))))];
        let messages = hall.store().desk.messages();
        assert!(messages.send(&letter("sms"), start).await.unwrap());
        assert!(!messages.send(&letter("sms"), start).await.unwrap(), "once for a key");
        // Refused at once, then after a minute, then after two more; taken at the third attempt.
        for (second, taken) in [(0, 0), (59, 0), (60, 0), (179, 0), (180, 1), (10_000, 0)] {
            clock.set(start + SignedDuration::from_secs(second));
            assert_eq!(deliver(&hall, &notifiers).await.unwrap(), taken, "after {second} s");
        }
        assert!(messages.send(&OutboxMessage { key: "b".into(), ..letter("fax") }, start).await.unwrap());
        assert_eq!(deliver(&hall, &notifiers).await.unwrap(), 0);
        let due = messages.due(clock_now(&clock) + SignedDuration::from_mins(2), 9).await.unwrap();
        assert_eq!(due[0].last_error.as_deref(), Some("渠道 fax 没有配置"), "kept, and says why");
    }

    fn clock_now(clock: &SetClock) -> Timestamp {
        office::Clock::now(clock)
    }

    #[tokio::test]
    async fn a_folder_holds_each_message_once_and_whole() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(&place.path().join("out")).unwrap();
        let OutboxMessage { key, recipient, title, body, .. } = letter("folder");
        let letter = Letter { key, recipient, name: None, title, body, attempts: 0 };
        folder.hand_on(&letter).await.unwrap();
        folder.hand_on(&letter).await.unwrap();
        let files: Vec<_> = std::fs::read_dir(place.path().join("out")).unwrap().map(Result::unwrap).collect();
        assert_eq!(files.len(), 1);
        let read: serde_json::Value = serde_json::from_slice(&std::fs::read(files[0].path()).unwrap()).unwrap();
        assert_eq!((read["key"].as_str(), read["title"].as_str()), (Some("sms:a"), Some("待办")));
        std::fs::remove_dir_all(place.path().join("out")).unwrap();
        assert!(folder.hand_on(&letter).await.is_err(), "what cannot be written is not taken");
    }

    #[test]
    fn the_wait_doubles_and_ends_at_six_hours() {
        let minutes = [0, 1, 2, 8, 9, 40].map(|attempts| wait_after(attempts).as_mins());
        assert_eq!(minutes, [1, 2, 4, 256, 360, 360]);
    }
}
