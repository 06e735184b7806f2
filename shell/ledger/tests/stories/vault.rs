//! What is erased is gone: from ledger, vault, keys and backup bytes.

use kernel::Digest;
use ledger::backup::{Keys, backup, restore};
use ledger::desk::{Credential, InboxMessage, OutboxMessage, Session};
use ledger::vault::{Subject, VaultError};
use ledger::{Store, StoreError};

use crate::samples::{at, draft, every_byte, holds, opened, person, record, store};

const NAME: &str = "欧阳示例甲";
const LOGIN: &str = "ouyang-shili-jia";
const DRAFT: &str = "尚未提交的情况说明，示例数据";
const MESSAGE: &str = "欧阳示例甲，您好：请补正身份材料";
const OPINION: &str = "本人身体原因的情况说明，示例数据";

fn subject(number: u128) -> Subject {
    person(number).into()
}

async fn text(store: &Store, subject: Subject, name: &str) -> Option<String> {
    let value = store.vault.get(subject, name).await.unwrap();
    value.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn what_is_put_is_read_by_name_and_in_lists() {
    let directory = tempfile::tempdir().unwrap();
    {
        let store = store(directory.path()).await;
        store.vault.put(subject(1), "name", "旧名".as_bytes()).await.unwrap();
        store.vault.put(subject(1), "name", NAME.as_bytes()).await.unwrap();
        store.vault.put(subject(1), "phone", b"023-00000000").await.unwrap();
        store.vault.put(subject(2), "name", "示例乙".as_bytes()).await.unwrap();
    }
    let store = store(directory.path()).await;
    assert_eq!(text(&store, subject(1), "name").await.as_deref(), Some(NAME));
    assert_eq!(text(&store, subject(1), "address").await, None);
    assert_eq!(text(&store, subject(3), "name").await, None);
    assert_eq!(store.vault.all(subject(1)).await.unwrap().len(), 2);
    let names = store.vault.names_of(&[subject(1), subject(2), subject(3)], "name").await.unwrap();
    assert_eq!(names.keys().copied().collect::<Vec<_>>(), [subject(1), subject(2)]);
    let sealed = store.vault.seal("totp", b"secret").unwrap();
    assert_eq!(*store.vault.open_sealed("totp", &sealed).unwrap(), b"secret");
    assert!(store.vault.open_sealed("other place", &sealed).is_err());
}

/// Everything the desk can hold of a person. Answers with what must not be found afterwards.
async fn sit_at_the_desk(store: &Store) -> Vec<&'static str> {
    const HASH: &str = "$argon2id$v=19$m=65536,t=3,p=1$ZXhhbXBsZXM$c2hpbGktc2hpbGk";
    let (whose, desk) = (person(60), &store.desk);
    let credential = Credential {
        person: whose,
        login: LOGIN.into(),
        password_hash: HASH.into(),
        password_changed_at: at(0),
        must_change: true,
        sealed_totp: None,
        last_totp_step: None,
    };
    desk.credentials().keep(&credential).await.unwrap();
    assert_eq!(desk.credentials().by_login(LOGIN).await.unwrap(), Some(credential));
    let session = Session {
        token: Digest::of(b"sixty"),
        person: whose,
        chosen: None,
        must_change: false,
        created_at: at(0),
        last_seen_at: at(0),
        reauthenticated_at: at(0),
    };
    desk.sessions().keep(&session).await.unwrap();
    desk.drafts().save(whose, "claim", DRAFT, at(0)).await.unwrap();
    let (title, body) = (MESSAGE.to_owned(), OPINION.to_owned());
    let letter = OutboxMessage { key: "sixty".into(), channel: "sms".into(), recipient: whose, title, body };
    desk.messages().send(&letter, at(0)).await.unwrap();
    let (title, body) = (MESSAGE.to_owned(), OPINION.to_owned());
    let link = Some(format!("/people/{LOGIN}"));
    let note = InboxMessage { key: "sixty".into(), title, body, link, at: at(0), read_at: None };
    desk.messages().notify(whose, &note).await.unwrap();
    assert_eq!(desk.messages().inbox(whose, 9).await.unwrap(), [note]);
    vec![LOGIN, HASH, DRAFT, MESSAGE, OPINION, NAME]
}

#[tokio::test]
async fn after_erasure_no_byte_anywhere_tells_of_the_subject() {
    let directory = tempfile::tempdir().unwrap();
    let (root, copy) = (directory.path().join("data"), directory.path().join("backup"));
    let open = store(&root).await;
    for number in 0..50 {
        open.vault.put(subject(number), "name", format!("示例{number}").as_bytes()).await.unwrap();
    }
    open.vault.put(subject(60), "name", NAME.as_bytes()).await.unwrap();
    open.vault.put(subject(60), "opinion", OPINION.as_bytes()).await.unwrap();
    let digest = open.vault.digest(subject(60), "opinion", OPINION.as_bytes()).await.unwrap();
    assert_eq!(open.vault.digest(subject(60), "opinion", OPINION.as_bytes()).await.unwrap(), digest);
    record(&*open.log, &[draft(1, 1, &digest.to_string())]).await;
    let desk_of_60 = sit_at_the_desk(&open).await;
    backup(&root, &copy, at(1), |_| ()).await.unwrap();

    // The subject's secret stands in the key file behind its id.
    let keys = std::fs::read(root.join("keys/subjects.keys")).unwrap();
    let place = keys.windows(16).position(|window| window == subject(60).0.as_bytes()).unwrap();
    let secret = keys[place + 16..place + 48].to_vec();
    let ciphertext = |bytes: &[u8]| holds(bytes, subject(60).0.as_bytes());
    assert!(ciphertext(&std::fs::read(copy.join("vault.sqlite")).unwrap()), "the backup does hold the ciphertext");

    open.vault.erase(subject(60)).await.unwrap();
    open.desk.forget(person(60)).await.unwrap();
    assert!(desk_of_60.iter().all(|trace| trace.len() > 8), "long enough not to be met by chance");
    for file in ["vault.sqlite", "vault.sqlite-wal"] {
        assert!(!ciphertext(&std::fs::read(root.join(file)).unwrap()), "the ciphertext left {file} at once");
    }
    let still_open = every_byte(directory.path());
    drop(open);
    let closed = every_byte(directory.path());
    for bytes in [&still_open, &closed] {
        for trace in [NAME.as_bytes(), OPINION.as_bytes(), &secret, &secret[..16]] {
            assert!(!holds(bytes, trace));
        }
        // The desk, too, in the directory and in the backup made before.
        for trace in &desk_of_60 {
            assert!(!holds(bytes, trace.as_bytes()), "{trace}");
        }
    }

    let store = store(&root).await;
    assert!(store.vault.is_erased(subject(60)) && !store.vault.is_erased(subject(1)));
    assert!(matches!(store.vault.get(subject(60), "name").await, Err(VaultError::Erased)));
    assert!(matches!(store.vault.put(subject(60), "name", b"again").await, Err(VaultError::Erased)));
    assert!(matches!(store.vault.digest(subject(60), "opinion", OPINION.as_bytes()).await, Err(VaultError::Erased)));
    assert_eq!(text(&store, subject(1), "name").await.as_deref(), Some("示例1"));
    drop(store);

    // A backup from before the erasure, with the keys as they are now, does not bring it back.
    let again = directory.path().join("again");
    restore(&copy, &again, Keys::From(&root.join("keys")), |_| ()).await.unwrap();
    let again = crate::samples::store(&again).await;
    assert!(matches!(again.vault.get(subject(60), "name").await, Err(VaultError::Erased)));
    assert!(again.vault.names_of(&[subject(60)], "name").await.unwrap().is_empty());
    assert_eq!(again.desk.credentials().by_login(LOGIN).await.unwrap(), None, "nor lets them in");
    assert!(again.desk.messages().due(at(9), 9).await.unwrap().is_empty(), "nor writes to them");
    assert_eq!(text(&again, subject(1), "name").await.as_deref(), Some("示例1"));
}

#[tokio::test]
async fn a_key_file_cut_short_or_damaged_is_met_plainly() {
    let directory = tempfile::tempdir().unwrap();
    let keys = directory.path().join("keys/subjects.keys");
    {
        let store = store(directory.path()).await;
        store.vault.put(subject(1), "name", NAME.as_bytes()).await.unwrap();
    }
    let whole = std::fs::read(&keys).unwrap();
    std::fs::write(&keys, [&whole[..], &[1; 30]].concat()).unwrap();
    {
        let store = store(directory.path()).await;
        assert_eq!(text(&store, subject(1), "name").await.as_deref(), Some(NAME));
        store.vault.put(subject(2), "name", b"next").await.unwrap();
    }
    {
        let store = store(directory.path()).await;
        assert_eq!(text(&store, subject(2), "name").await.as_deref(), Some("next"));
    }
    let mut damaged = whole.clone();
    damaged[20] ^= 1;
    std::fs::write(&keys, damaged).unwrap();
    let error = opened(directory.path()).await.err().unwrap();
    assert!(matches!(error, StoreError::Vault(VaultError::DamagedKeys { record: 1 })), "{error}");
    std::fs::write(&keys, b"").unwrap();
    let store = store(directory.path()).await;
    assert!(matches!(store.vault.get(subject(1), "name").await, Err(VaultError::KeyMissing)));
}
