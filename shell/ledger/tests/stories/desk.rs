//! The desk tables.

use kernel::{Digest, OrganisationId, Role};
use ledger::desk::{
    Attempts, Credential, DeskError, FormDraft, Grant, InboxMessage, JobId, JobState, Lease, NewJob, Order,
    OutboxMessage, Session, Share, ShareToken,
};
use uuid::Uuid;

use crate::samples::{at, every_byte, holds, person, store};

fn credential(number: u128, login: &str) -> Credential {
    Credential {
        person: person(number),
        login: login.into(),
        password_hash: "$argon2id$示例".into(),
        password_changed_at: at(0),
        must_change: true,
        sealed_totp: None,
        last_totp_step: None,
    }
}

#[tokio::test]
async fn a_credential_is_replaced_and_attempts_are_counted_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    let table = store.desk.credentials();
    table.keep(&credential(1, "zhangsan")).await.unwrap();
    let taken = table.keep(&credential(2, "zhangsan")).await;
    assert!(matches!(taken, Err(DeskError::LoginTaken(_))));
    assert_eq!(table.by_login("zhangsan").await.unwrap(), Some(credential(1, "zhangsan")));
    assert_eq!(table.of(person(2)).await.unwrap(), None);

    let changed = Credential {
        must_change: false,
        sealed_totp: Some(b"sealed".to_vec()),
        last_totp_step: Some(101),
        ..credential(1, "zhangsan")
    };
    table.keep(&changed).await.unwrap();
    assert_eq!(table.of(person(1)).await.unwrap(), Some(changed));

    let name = Digest::of(b"nobody");
    assert_eq!(table.attempts(&name).await.unwrap(), None);
    let failed = Some(Attempts { failures: 3, last: at(9) });
    table.keep_attempts(&name, failed).await.unwrap();
    assert_eq!(table.attempts(&name).await.unwrap(), failed);
    table.keep_attempts(&name, None).await.unwrap();
    assert_eq!(table.attempts(&name).await.unwrap(), None);
}

#[tokio::test]
async fn sessions_are_found_chosen_for_and_expire() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    let table = store.desk.sessions();
    let session = |number: u8, whose: u128, seen: i64| Session {
        token: Digest::of(&[number]),
        person: person(whose),
        chosen: None,
        must_change: false,
        created_at: at(0),
        last_seen_at: at(seen),
        reauthenticated_at: at(0),
    };
    for session in [session(1, 1, 0), session(2, 1, 0), session(3, 1, 0), session(4, 2, 0)] {
        table.keep(&session).await.unwrap();
    }
    let grant = Grant { role: Role::DistrictOfficer, organisation: "500118".parse().unwrap() };
    let expected = Session { chosen: Some(grant), reauthenticated_at: at(50), ..session(1, 1, 60) };
    table.keep(&expected).await.unwrap();
    assert_eq!(table.find(&Digest::of(&[1])).await.unwrap(), Some(expected));
    table.end(&Digest::of(&[2])).await.unwrap();
    assert_eq!(table.find(&Digest::of(&[2])).await.unwrap(), None);
    assert_eq!(table.end_all(person(1), Some(&Digest::of(&[1]))).await.unwrap(), 1);
    assert_eq!(table.expire(at(30), at(0)).await.unwrap(), [person(2)], "idle");
    assert_eq!(table.expire(at(30), at(1)).await.unwrap(), [person(1)], "too old, though active");
}

#[tokio::test]
async fn messages_go_out_at_least_once_and_are_told_once() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    let table = store.desk.messages();
    let message = OutboxMessage {
        key: "notice-1".into(),
        channel: "sms".into(),
        recipient: person(1),
        title: "公示".into(),
        body: "公示期今日届满".into(),
    };
    assert!(table.send(&message, at(0)).await.unwrap());
    assert!(!table.send(&message, at(0)).await.unwrap(), "same key");
    assert_eq!(table.due(at(0), 10).await.unwrap().len(), 1);
    table.failed("notice-1", "网关超时", at(60)).await.unwrap();
    assert!(table.due(at(59), 10).await.unwrap().is_empty());
    let due = table.due(at(60), 10).await.unwrap();
    assert_eq!((&due[0].message, due[0].attempts, due[0].last_error.as_deref()), (&message, 1, Some("网关超时")));
    table.delivered("notice-1", at(61)).await.unwrap();
    assert!(table.due(at(99), 10).await.unwrap().is_empty());
    assert!(!table.send(&message, at(99)).await.unwrap(), "still the same key");
    assert_eq!(table.clear_delivered(at(62)).await.unwrap(), 1);

    let received = |key: &str, seconds| InboxMessage {
        key: key.into(),
        title: "办件".into(),
        body: "请补正".into(),
        link: Some("/cases/1".into()),
        at: at(seconds),
        read_at: None,
    };
    for one in [received("a", 1), received("b", 2)] {
        assert!(table.notify(person(1), &one).await.unwrap());
        assert!(!table.notify(person(1), &one).await.unwrap());
    }
    assert_eq!(table.unread(person(1)).await.unwrap(), 2);
    table.read(person(1), "a", at(3)).await.unwrap();
    assert_eq!(table.unread(person(1)).await.unwrap(), 1);
    let read = InboxMessage { read_at: Some(at(3)), ..received("a", 1) };
    assert_eq!(table.inbox(person(1), 10).await.unwrap(), [received("b", 2), read]);
    assert_eq!(table.inbox(person(2), 10).await.unwrap(), []);
}

#[tokio::test]
async fn a_job_is_leased_reported_on_taken_over_and_cancelled() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    let table = store.desk.jobs();
    let job = |number| NewJob {
        id: JobId(Uuid::from_u128(number)),
        owner: person(1),
        organisation: firm(),
        kind: "assess".into(),
        title: "示例".into(),
        input: "{}".into(),
    };
    assert!(table.ask(&job(1), at(0)).await.unwrap() && table.ask(&job(2), at(1)).await.unwrap());
    assert!(!table.ask(&job(1), at(2)).await.unwrap(), "asked for before");
    let lease = |worker: &str, until| Lease { worker: worker.into(), until: at(until) };
    let taken = table.lease(&lease("one", 30), at(10)).await.unwrap().unwrap();
    assert_eq!((taken.job, taken.state), (job(1), JobState::Running));
    let order = table.progress(job(1).id, &lease("one", 40), 3, 9, "第 3 行").await.unwrap();
    assert_eq!(order, Order::Continue);
    let shown = table.get(job(1).id).await.unwrap().unwrap();
    assert_eq!((shown.done, shown.total, shown.message.as_str()), (3, 9, "第 3 行"));

    // The worker dies; its lease runs out; the oldest such job comes first and begins anew.
    let taken = table.lease(&lease("two", 90), at(41)).await.unwrap().unwrap();
    assert_eq!((taken.job.id, taken.done), (job(1).id, 0));
    assert_eq!(table.progress(job(1).id, &lease("one", 99), 9, 9, "").await.unwrap(), Order::Lost);
    assert!(!table.finish(job(1).id, "one", JobState::Done, "", at(50)).await.unwrap());

    table.cancel(job(1).id, at(51)).await.unwrap();
    assert_eq!(table.progress(job(1).id, &lease("two", 99), 1, 9, "").await.unwrap(), Order::Cancel);
    assert!(table.finish(job(1).id, "two", JobState::Cancelled, "已取消", at(52)).await.unwrap());
    table.cancel(job(2).id, at(53)).await.unwrap();
    assert_eq!(table.lease(&lease("two", 99), at(54)).await.unwrap(), None, "cancelled before it began");
    let states: Vec<_> = table.of(&firm(), "assess", 10).await.unwrap().into_iter().map(|job| job.state).collect();
    assert_eq!(states, [JobState::Cancelled, JobState::Cancelled]);
    assert_eq!(table.of(&"another".parse().unwrap(), "assess", 10).await.unwrap(), []);
}

fn firm() -> OrganisationId {
    "a-firm".parse().unwrap()
}

#[tokio::test]
async fn a_link_leads_to_a_job_until_it_ends_or_is_revoked() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    let (jobs, shares) = (store.desk.jobs(), store.desk.shares());
    let (id, owner, organisation) = (JobId(Uuid::from_u128(1)), person(1), firm());
    let job = NewJob { id, owner, organisation, kind: "yield".into(), title: "甲".into(), input: "{}".into() };
    jobs.ask(&job, at(0)).await.unwrap();
    let tokens = [ShareToken::random().unwrap(), ShareToken::random().unwrap()];
    for token in &tokens {
        let share = Share { digest: token.digest(), job: id, label: "客户".into(), created_at: at(1), until: at(60) };
        shares.create(&share).await.unwrap();
    }
    let [first, second] = &tokens;
    assert_eq!(shares.follow(first, at(59)).await.unwrap().unwrap().job, job);
    assert_eq!(shares.follow(first, at(60)).await.unwrap(), None, "it ran out");
    assert_eq!(shares.follow(&ShareToken::typed("guessed"), at(2)).await.unwrap(), None);
    assert!(!holds(&every_byte(directory.path()), first.as_str().as_bytes()), "the token itself is nowhere");
    shares.revoke(id, &first.digest()).await.unwrap();
    assert_eq!(shares.follow(first, at(2)).await.unwrap(), None);
    assert!(shares.follow(second, at(2)).await.unwrap().is_some());
    assert!(!jobs.remove(id).await.unwrap(), "it waits");
    jobs.cancel(id, at(3)).await.unwrap();
    assert!(jobs.remove(id).await.unwrap());
    assert_eq!(shares.of(id).await.unwrap(), []);
}

#[tokio::test]
async fn a_forgotten_person_leaves_no_byte_on_the_desk() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path()).await;
    let drafts = store.desk.drafts();
    for number in 1..=30 {
        drafts.save(person(number), "claim", &format!("{{\"说明\":\"只属于{number}的话\"}}"), at(1)).await.unwrap();
    }
    drafts.save(person(7), "filing", "{}", at(2)).await.unwrap();
    let forms: Vec<_> = drafts.of(person(7)).await.unwrap().into_iter().map(|draft| draft.form).collect();
    assert_eq!(forms, ["filing", "claim"]);
    drafts.discard(person(7), "filing").await.unwrap();
    assert_eq!(drafts.load(person(7), "filing").await.unwrap(), None);
    store.desk.credentials().keep(&credential(7, "login-of-seven")).await.unwrap();
    let desk = || [".sqlite", ".sqlite-wal"].map(|end| std::fs::read(directory.path().join(format!("desk{end}"))));
    let bytes = || desk().into_iter().flatten().flatten().collect::<Vec<u8>>();
    let whose = |number| person(number).0.into_bytes();
    assert!(holds(&bytes(), &whose(7)));
    store.desk.forget(person(7)).await.unwrap();
    assert!(!holds(&bytes(), &whose(7)), "no row is left");
    assert!(holds(&bytes(), &whose(8)), "others are not forgotten");
    let everything = every_byte(directory.path());
    for trace in ["只属于7的话", "只属于8的话", "login-of-seven"] {
        assert!(!holds(&everything, trace.as_bytes()), "{trace} was never there in clear");
    }
    let kept: FormDraft = drafts.load(person(8), "claim").await.unwrap().unwrap();
    assert_eq!(kept.updated_at, at(1));
}
