//! Looking back to a day gives what stood at its end, also after a restart.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use jiff::civil::date;
use kernel::{Date, Digest, PersonId, Timestamp};
use office::{Hall, SetClock};

/// Days on which something happens, and how many people are registered on each: enough for marks in between.
const DAYS: [(Date, u128); 6] = [
    (date(2026, 1, 5), 2_500),
    (date(2026, 1, 6), 4_000),
    (date(2026, 1, 7), 4_500),
    (date(2026, 1, 9), 3),
    (date(2026, 2, 1), 9_000),
    (date(2026, 2, 2), 2),
];

fn hour(day: Date, hour: i8) -> Timestamp {
    jiff::tz::offset(8).to_timestamp(day.at(hour, 0, 0, 0)).unwrap()
}

async fn live(hall: &Hall, clock: &SetClock) -> BTreeMap<Date, Digest> {
    let mut ends = BTreeMap::new();
    let mut registered = 0;
    for (day, people) in DAYS {
        clock.set(hour(day, 23));
        let commands = (registered..registered + people).map(|number| {
            let person = PersonId(uuid::Uuid::from_u128(number + 1));
            let register = accounts::Command::RegisterPerson { person, identity: None };
            async move { hall.submit_as_system(&format!("person {number}"), register).await.unwrap() }
        });
        join_all(commands).await;
        registered += people;
        ends.insert(day, hall.office.published().state.digest());
    }
    ends
}

async fn seen(hall: &Hall, day: Date) -> Option<Digest> {
    hall.office.state_on(day).await.unwrap().map(|state| state.digest())
}

async fn looks_back(hall: &Hall, ends: &BTreeMap<Date, Digest>) {
    assert_eq!(hall.office.published().first_day(), Some(date(2026, 1, 5)));
    assert_eq!(seen(hall, date(2026, 1, 4)).await, None, "before the first event there is nothing");
    // Neither the order nor asking twice matters.
    for day in [5, 9, 6, 7, 9, 5] {
        let day = date(2026, 1, day);
        assert_eq!(seen(hall, day).await, Some(ends[&day]), "{day}");
    }
    assert_eq!(seen(hall, date(2026, 1, 8)).await, Some(ends[&date(2026, 1, 7)]), "a day without events");
    assert_eq!(seen(hall, date(2026, 1, 31)).await, Some(ends[&date(2026, 1, 9)]));
    for day in [date(2026, 2, 1), date(2026, 2, 2)] {
        assert_eq!(seen(hall, day).await, Some(ends[&day]));
    }
    assert_eq!(seen(hall, date(2026, 2, 20)).await, Some(ends[&date(2026, 2, 2)]), "after the last event it is now");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_that_ended_looks_as_it_did_at_its_end() {
    let place = tempfile::tempdir().unwrap();
    let clock = Arc::new(SetClock::at(hour(DAYS[0].0, 1)));
    let hall = Hall::open(place.path(), clock.clone(), |_| ()).await.unwrap();
    assert_eq!(seen(&hall, date(2026, 1, 5)).await, None, "an empty ledger has no days");
    let ends = live(&hall, &clock).await;
    looks_back(&hall, &ends).await;
    let log = Arc::downgrade(&hall.store().log);
    drop(hall);
    while log.strong_count() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let hall = Hall::open(place.path(), clock, |_| ()).await.unwrap();
    looks_back(&hall, &ends).await;
}
