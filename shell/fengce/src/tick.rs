//! What the hour brings: the program does what dates demand of it, people are told what waits for them, sessions nobody
//! uses end, and who was to be forgotten is.

use jiff::SignedDuration;
use ledger::access::{Entry, What, Who};
use ledger::desk::{InboxMessage, OutboxMessage};
use office::Hall;
use office::due::{Due, commands, due};

/// Does what dates demand of the program, and tells people what they demand of them: in their inbox, and through each of
/// these channels. Each thing happens once, however often it is called; what fails is logged and tried again the next
/// hour.
pub async fn tick(hall: &Hall, channels: &[String]) {
    let today = kernel::date::civil(hall.office.now());
    for (key, command) in commands(&hall.office.published().state, today) {
        if let Err(error) = hall.submit_as_system(&key, command).await {
            tracing::error!(key, %error, "what the day demands was not done");
        }
    }
    let published = hall.office.published();
    for due in due(&published.state, today) {
        let key = due.key.clone();
        if let Err(error) = tell(hall, channels, due).await {
            tracing::error!(key, %error, "a reminder was not kept");
        }
    }
    if let Err(error) = end_sessions(hall).await {
        tracing::error!(%error, "unused sessions were not ended");
    }
    if let Err(error) = hall.finish_erasures().await {
        tracing::error!(%error, "somebody who was to be forgotten is not forgotten yet");
    }
}

/// The inbox remembers what was told; what goes out is put into the outbox before, so that a crash between the two
/// loses nothing, and under a key, so that it is put there once.
async fn tell(hall: &Hall, channels: &[String], due: Due) -> Result<(), ledger::desk::DeskError> {
    let (messages, now) = (hall.store().desk.messages(), hall.office.now());
    if messages.told(due.to, &due.key).await? {
        return Ok(());
    }
    for channel in channels {
        let key = format!("{channel}:{}:{}", due.to, due.key);
        let (title, body) = (due.title.clone(), due.body.clone());
        let message = OutboxMessage { key, channel: channel.clone(), recipient: due.to, title, body };
        messages.send(&message, now).await?;
    }
    let Due { to, key, title, body, link } = due;
    let message = InboxMessage { key, title, body, link: Some(link), at: now, read_at: None };
    messages.notify(to, &message).await.map(drop)
}

/// Sessions end when they are next used too late; those never used again end here.
async fn end_sessions(hall: &Hall) -> Result<(), office::hall::HallError> {
    let (now, settings) = (hall.office.now(), web::Settings::default());
    let before = |limit: std::time::Duration| {
        let limit = SignedDuration::try_from(limit).unwrap_or(SignedDuration::MAX);
        now.checked_sub(limit).unwrap_or(kernel::Timestamp::MIN)
    };
    let ended = hall.store().desk.sessions().expire(before(settings.idle), before(settings.longest)).await?;
    for person in ended {
        hall.sight(Entry { at: now, who: Who::Person(person), what: What::SignedOut { expired: true } }).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kernel::PersonId;
    use office::SetClock;

    use super::*;

    #[tokio::test]
    async fn a_reminder_reaches_inbox_and_outbox_once() {
        let place = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock::at("2026-01-05T01:00:00Z".parse().unwrap()));
        let hall = Hall::open(place.path(), clock, |_| ()).await.unwrap();
        let text = |text: &str| text.to_owned();
        let to = PersonId(uuid::Uuid::from_u128(7));
        let due = Due { to, key: text("k"), title: text("t"), body: text("b"), link: text("/tasks") };
        for _ in 0..2 {
            tell(&hall, &[text("folder")], due.clone()).await.unwrap();
        }
        assert_eq!(hall.inbox(to, 9).await.unwrap().len(), 1);
        let out = hall.store().desk.messages().due(hall.office.now(), 9).await.unwrap();
        assert_eq!(out.iter().map(|out| out.message.key.as_str()).collect::<Vec<_>>(), [format!("folder:{to}:k")]);
    }
}
