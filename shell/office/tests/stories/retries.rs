//! A command sent again is answered with what it led to the first time, and happens once.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kernel::{Actor, CommandId, PersonId};
use ledger::Log as _;
use office::{Envelope, Hall, Outcome, SetClock};

fn person(number: u128) -> PersonId {
    PersonId(uuid::Uuid::from_u128(number))
}

/// Registers a person, under an id of its own.
fn registers(id: u128, who: u128) -> Envelope {
    let command = accounts::Command::RegisterPerson { person: person(who), identity: None };
    let id = CommandId(uuid::Uuid::from_u128(id));
    Envelope { id, actor: Actor::System, reauthenticated: true, act: office::Act::from(command) }
}

async fn open(dir: &Path) -> Hall {
    let clock = Arc::new(SetClock::at("2026-01-05T01:00:00Z".parse().unwrap()));
    Hall::open(dir, clock, |_| ()).await.unwrap()
}

/// Waits until the writer has let go of the ledger.
async fn close(hall: Hall) {
    let log = Arc::downgrade(&hall.store().log);
    drop(hall);
    while log.strong_count() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn people(hall: &Hall) -> usize {
    hall.office.published().state.accounts.people().count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_is_answered_with_the_first_outcome_also_after_a_restart() {
    let place = tempfile::tempdir().unwrap();
    let hall = open(place.path()).await;
    let first = hall.office.submit(registers(1, 10)).await.unwrap();
    hall.office.submit(registers(2, 11)).await.unwrap();
    let head = hall.office.published().head;
    let again = Outcome { repeated: true, ..first };
    assert!(!first.repeated);
    assert_eq!(hall.office.submit(registers(1, 10)).await.unwrap(), again);
    // Whatever it carries: the id is what is asked for.
    assert_eq!(hall.office.submit(registers(1, 99)).await.unwrap(), again);
    assert_eq!((hall.office.published().head, people(&hall)), (head, 2), "nothing was recorded");
    let digest = hall.office.published().state.digest();
    close(hall).await;
    let hall = open(place.path()).await;
    assert_eq!(hall.office.published().state.digest(), digest);
    assert_eq!(hall.office.submit(registers(1, 10)).await.unwrap(), again, "after a restart too");
    assert_eq!((hall.office.published().head, people(&hall)), (head, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sent_many_times_at_once_it_happens_once() {
    let place = tempfile::tempdir().unwrap();
    let hall = open(place.path()).await;
    for round in 0..20 {
        let sent = (0..8).map(|_| {
            let office = hall.office.clone();
            tokio::spawn(async move { office.submit(registers(100 + round, 1000 + round)).await.unwrap() })
        });
        let mut outcomes = Vec::new();
        for sent in sent.collect::<Vec<_>>() {
            outcomes.push(sent.await.unwrap());
        }
        let first = outcomes[0];
        assert!(outcomes.iter().all(|one| (one.first, one.last) == (first.first, first.last)), "{outcomes:?}");
        assert_eq!(outcomes.iter().filter(|one| !one.repeated).count(), 1, "{outcomes:?}");
    }
    assert_eq!(people(&hall), 20);
    assert_eq!(hall.office.published().head.sequence.0, 20, "one event each");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_refused_may_be_sent_again_under_the_same_id() {
    let place = tempfile::tempdir().unwrap();
    let hall = open(place.path()).await;
    let suspend = |id| Envelope {
        act: accounts::Command::SuspendPerson { person: person(10), reason: "离职".to_owned() }.into(),
        ..registers(id, 10)
    };
    assert!(hall.office.submit(suspend(5)).await.is_err(), "only an administrator may");
    let outcome = hall.office.submit(registers(5, 10)).await.unwrap();
    assert!(!outcome.repeated, "a refusal is no outcome: nothing was recorded under the id");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_is_found_by_an_event_in_it() {
    let place = tempfile::tempdir().unwrap();
    let hall = open(place.path()).await;
    for n in 0..9 {
        hall.office.submit(registers(100 + n, 1000 + n)).await.unwrap();
    }
    let asked = [3, 9, 10].map(kernel::Sequence).into();
    let found = hall.lines_of(&asked).await.unwrap();
    assert_eq!(found.iter().map(|line| line.first.0).collect::<Vec<_>>(), [3, 9], "the tenth did not happen");
    for line in found {
        let batch = hall.store().log.batches(line.batch - 1, 1).await.unwrap().pop().unwrap();
        assert_eq!(
            (batch.compute(), batch.lines().nth(line.line - 1)),
            (line.batch_digest, Some(line.text.as_slice()))
        );
    }
}
