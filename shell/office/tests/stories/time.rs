//! The machine's clock may go back; decisions do not.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use kernel::{PersonId, Timestamp};
use ledger::Log as _;
use office::{Hall, SetClock};

async fn register(hall: &Hall, who: u128) {
    let person = PersonId(uuid::Uuid::from_u128(who));
    let command = accounts::Command::RegisterPerson { person, identity: None };
    hall.submit_as_system(&format!("person-{who}"), command).await.unwrap();
}

/// When each command was decided, in the order of the ledger, from its batches and from its lines.
async fn recorded(hall: &Hall) -> (Vec<Timestamp>, Vec<Timestamp>) {
    let batches = hall.store().log.batches(0, 1000).await.unwrap();
    let lines = batches.iter().flat_map(|batch| office::replay::decode(batch).unwrap());
    (batches.iter().map(|batch| batch.recorded_at).collect(), lines.map(|entry| entry.at).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_goes_back_never_makes_a_decision_earlier_than_the_last() {
    let place = tempfile::tempdir().unwrap();
    let noon: Timestamp = "2026-03-02T04:00:00Z".parse().unwrap();
    let hours = |hours: i64| noon + SignedDuration::from_hours(hours);
    let clock = Arc::new(SetClock::at(noon));
    let hall = Hall::open(place.path(), clock.clone(), |_| ()).await.unwrap();
    for (who, now) in [(1, hours(0)), (2, hours(-1)), (3, hours(-48)), (4, hours(2)), (5, hours(1))] {
        clock.set(now);
        register(&hall, who).await;
        assert!(hall.office.now() >= hall.office.published().at, "nor does anybody see an earlier time");
    }
    let log = Arc::downgrade(&hall.store().log);
    drop(hall);
    while log.strong_count() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The next process starts on a machine whose clock is a year behind.
    let hall = Hall::open(place.path(), Arc::new(SetClock::at(hours(-24 * 365))), |_| ()).await.unwrap();
    assert_eq!(hall.office.now(), hours(2));
    register(&hall, 6).await;
    let (batches, lines) = recorded(&hall).await;
    assert_eq!(lines, [0, 0, 0, 2, 2, 2].map(hours));
    assert_eq!(batches, lines, "one command in each batch here");
}
