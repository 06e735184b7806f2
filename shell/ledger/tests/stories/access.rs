//! Who saw what, found by firm and by person, and chained.

use kernel::refusal::RefusalKind;
use kernel::{Actor, OrganisationId, Role};
use ledger::access::{Entry, SignInFailure, What, Who};
use ledger::vault::Subject;
use ledger::verify::verify;

use crate::samples::{at, person, store};

fn officer(number: u128) -> Who {
    let organisation = "500118".parse().unwrap();
    Who::Actor(Actor::Person { person: person(number), role: Role::DistrictOfficer, organisation })
}

fn read(firm: &OrganisationId, subject: u128, purpose: &str) -> What {
    let (subject, firm) = (Some(Subject::from(person(subject))), Some(firm.clone()));
    What::Read { subject, firm, purpose: purpose.into(), path: "/enterprises".into() }
}

#[tokio::test]
async fn a_firm_sees_who_looked_at_what_and_why() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    let (firm, other): (OrganisationId, OrganisationId) = ("firm-a".parse().unwrap(), "firm-b".parse().unwrap());
    let entry = |seconds, who, what| Entry { at: at(seconds), who, what };
    let entries = [
        entry(1, officer(1), read(&firm, 7, "核实年报")),
        entry(2, officer(2), read(&other, 8, "核实年报")),
        entry(3, officer(1), read(&firm, 9, "办理申报")),
        entry(4, Who::Unknown(store.vault.pseudonym("zhangsan")), What::SignInFailed(SignInFailure::UnknownLogin)),
        entry(5, Who::Person(person(1)), What::SignedOut { expired: true }),
        entry(6, officer(2), What::Refused { kind: RefusalKind::NotAllowed, reason: "无权".into(), path: "/".into() }),
    ];
    for entry in &entries {
        store.access.record(entry.clone()).await.unwrap();
    }
    let found = |list: Vec<ledger::access::RecordedEntry>| -> Vec<Entry> {
        list.into_iter().map(|recorded| recorded.entry).collect()
    };
    let of_firm = store.access.of_firm(&firm, None, 10).await.unwrap();
    let before = of_firm[0].sequence;
    assert_eq!(found(of_firm), [entries[2].clone(), entries[0].clone()]);
    assert_eq!(found(store.access.of_firm(&firm, Some(before), 10).await.unwrap()), [entries[0].clone()]);
    let by_person = store.access.by_person(person(1), None, 2).await.unwrap();
    assert_eq!(found(by_person), [entries[4].clone(), entries[2].clone()]);
    let of_subject = store.access.of_subject(person(8).into(), None, 10).await.unwrap();
    assert_eq!(found(of_subject), [entries[1].clone()]);
    let latest = store.access.latest(None, 100).await.unwrap();
    assert_eq!(found(latest), entries.iter().rev().cloned().collect::<Vec<_>>());
    assert_eq!(verify(store.access.log(), &[], |_| ()).await.unwrap().events, 6);
}

#[tokio::test]
async fn entries_that_come_together_share_a_commit_and_each_keeps_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    let firm: OrganisationId = "firm-a".parse().unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..200 {
        let (access, firm) = (store.access.clone(), firm.clone());
        tasks.spawn(async move {
            let what = read(&firm, number, &format!("第 {number} 次"));
            access.record(Entry { at: at(number as i64), who: officer(number), what }).await
        });
    }
    while let Some(recorded) = tasks.join_next().await {
        recorded.unwrap().unwrap();
    }
    let head = store.access.log().head().await.unwrap();
    assert_eq!(head.sequence.0, 200);
    assert!(head.batch < 200, "{} commits for 200 entries", head.batch);
    for number in [0, 77, 199] {
        let found = store.access.by_person(person(number), None, 10).await.unwrap();
        assert_eq!(found.len(), 1);
        assert!(matches!(&found[0].entry.what, What::Read { purpose, .. } if *purpose == format!("第 {number} 次")));
    }
    drop(store);
    let store = crate::samples::store(directory.path()).await;
    assert_eq!(store.access.of_firm(&firm, None, 1000).await.unwrap().len(), 200, "all were durable");
}
