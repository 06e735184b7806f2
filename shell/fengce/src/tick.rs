//! What the hour brings: people are told what waits for them.

use ledger::desk::InboxMessage;
use office::Hall;
use office::due::due;

/// Tells people what dates demand of them. Each is told once, however often it is called; what fails is logged and
/// tried again the next hour.
pub async fn tick(hall: &Hall) {
    let (published, now) = (hall.office.published(), hall.office.now());
    for due in due(&published.state, kernel::date::civil(now)) {
        let message = InboxMessage {
            key: due.key,
            title: due.title,
            body: due.body,
            link: Some(due.link),
            at: now,
            read_at: None,
        };
        if let Err(error) = hall.store().desk.messages().notify(due.to, &message).await {
            tracing::error!(key = message.key, %error, "a reminder was not kept");
        }
    }
}
