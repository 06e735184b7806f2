//! The restore drill, and what backups refuse.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use ledger::access::{Entry, What, Who};
use ledger::backup::{BackupError, Keys, backup, restore};
use ledger::checkpoint::{Chain, Checkpoint};
use ledger::crypto::PublicKey;
use ledger::verify::verify;
use ledger::{Log, Store, StoreError};

use crate::samples::{at, draft, every_byte, holds, person, record, store};

/// A store in which something of every kind is kept.
async fn lived_in(root: &Path) -> (Store, kernel::Evidence) {
    let store = store(root).await;
    for number in 1..=20 {
        record(&*store.log, &[draft(number, 2, "甲")]).await;
    }
    store.checkpoints.sign(Chain::Ledger, store.log.head().await.unwrap(), at(30)).unwrap();
    let what = What::SignedIn { second_factor: true };
    store.access.record(Entry { at: at(31), who: Who::Person(person(1)), what }).await.unwrap();
    store.checkpoints.sign(Chain::Access, store.access.log().head().await.unwrap(), at(32)).unwrap();
    store.vault.put(person(1).into(), "name", "示例甲".as_bytes()).await.unwrap();
    store.desk.drafts().save(person(1), "claim", "{}", at(33)).await.unwrap();
    let evidence = store.files.put("营业执照.pdf", b"content of a file").await.unwrap();
    let folder = store.layout().work().join("a-job");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("result.parquet"), b"what the work left").unwrap();
    (store, evidence)
}

#[tokio::test]
async fn the_restore_drill() {
    let directory = tempfile::tempdir().unwrap();
    let [root, copy, back] = ["data", "backup", "restored"].map(|name| directory.path().join(name));
    let (running, evidence) = lived_in(&root).await;
    let mut steps = 0;
    let manifest = backup(&root, &copy, at(40), |_| steps += 1).await.unwrap();
    assert_eq!(steps, manifest.files.len());
    let head = running.log.head().await.unwrap();
    assert_eq!((manifest.batch, manifest.digest), (head.batch, head.digest));
    let secrets =
        ["master.key", "signing.pem", "subjects.keys"].map(|name| std::fs::read(root.join("keys").join(name)));
    let bytes = every_byte(&copy);
    assert!(secrets.into_iter().all(|secret| !holds(&bytes, &secret.unwrap())), "no key is in the backup");
    // What happens after the backup is not in it.
    record(&*running.log, &[draft(99, 1, "乙")]).await;
    drop(running);

    assert_eq!(restore(&copy, &back, Keys::From(&root.join("keys")), |_| ()).await.unwrap(), manifest);
    let store = store(&back).await;
    assert_eq!(store.log.head().await.unwrap(), head);
    let public = PublicKey::open(&store.layout().public_key()).unwrap();
    let checkpoints = Checkpoint::read(&store.layout().checkpoints(), &public).unwrap();
    let of = |chain| checkpoints.iter().filter(|one| one.chain == chain).copied().collect::<Vec<_>>();
    assert_eq!(verify(&*store.log, &of(Chain::Ledger), |_| ()).await.unwrap().checkpoints, 1);
    assert_eq!(verify(store.access.log(), &of(Chain::Access), |_| ()).await.unwrap().checkpoints, 1);
    let name = store.vault.get(person(1).into(), "name").await.unwrap().unwrap();
    assert_eq!(*name, "示例甲".as_bytes());
    assert!(store.desk.drafts().load(person(1), "claim").await.unwrap().is_some());
    assert_eq!(store.files.get(&evidence.digest).await.unwrap(), b"content of a file");
    let result = store.layout().work().join("a-job/result.parquet");
    assert_eq!(std::fs::read(result).unwrap(), b"what the work left");
    assert_eq!(store.access.by_person(person(1), None, 10).await.unwrap().len(), 1);
    // Life goes on.
    record(&*store.log, &[draft(99, 1, "乙")]).await;
    store.access.record(Entry { at: at(50), who: Who::Visitor, what: What::Reauthenticated }).await.unwrap();
}

#[tokio::test]
async fn without_its_keys_a_restored_store_is_not_opened_as_if_new() {
    let directory = tempfile::tempdir().unwrap();
    let [root, copy, back, renewed] = ["data", "backup", "back", "new"].map(|name| directory.path().join(name));
    drop(lived_in(&root).await);
    backup(&root, &copy, at(40), |_| ()).await.unwrap();
    restore(&copy, &back, Keys::Later, |_| ()).await.unwrap();
    assert!(matches!(Store::open(&back).await.err().unwrap(), StoreError::KeysMissing(_)));

    restore(&copy, &renewed, Keys::New, |_| ()).await.unwrap();
    let store = store(&renewed).await;
    let unreadable = store.vault.get(person(1).into(), "name").await.unwrap_err();
    assert!(unreadable.to_string().contains("keys"), "{unreadable}");
    // Each file of checkpoints is read with one key: what the old key signed is put aside with it.
    store.checkpoints.sign(Chain::Ledger, store.log.head().await.unwrap(), at(60)).unwrap();
    let public = PublicKey::open(&store.layout().public_key()).unwrap();
    assert_eq!(Checkpoint::read(&store.layout().checkpoints(), &public).unwrap().len(), 1);
    let old = PublicKey::open(&copy.join("checkpoints/public-key.pem")).unwrap();
    let aside = std::fs::read_dir(renewed.join("checkpoints")).unwrap().map(|entry| entry.unwrap().path());
    let aside: Vec<_> = aside.filter(|path| path.to_string_lossy().contains("checkpoints-")).collect();
    assert_eq!(Checkpoint::read(&aside[0], &old).unwrap().len(), 2);
}

#[tokio::test]
async fn neither_overwrites_anything_and_a_damaged_backup_is_not_restored() {
    let directory = tempfile::tempdir().unwrap();
    let [root, copy, back] = ["data", "backup", "back"].map(|name| directory.path().join(name));
    let (running, evidence) = lived_in(&root).await;
    assert!(matches!(backup(&copy, &back, at(1), |_| ()).await, Err(BackupError::NotAStore(_))));
    assert!(matches!(backup(&root, &root, at(1), |_| ()).await, Err(BackupError::TargetNotEmpty(_))));
    std::fs::create_dir(&copy).unwrap();
    backup(&root, &copy, at(1), |_| ()).await.unwrap();
    assert!(matches!(backup(&root, &copy, at(1), |_| ()).await, Err(BackupError::TargetNotEmpty(_))));
    assert!(matches!(restore(&copy, &root, Keys::Later, |_| ()).await, Err(BackupError::TargetNotEmpty(_))));
    drop(running);

    let name = evidence.digest.to_string();
    let file = format!("files/{}/{}/{name}", &name[..2], &name[2..4]);
    for path in ["ledger.sqlite", "checkpoints/checkpoints.jsonl", file.as_str()] {
        let whole = std::fs::read(copy.join(path)).unwrap();
        let mut damaged = whole.clone();
        *damaged.last_mut().unwrap() ^= 1;
        std::fs::set_permissions(copy.join(path), std::fs::Permissions::from_mode(0o644)).unwrap();
        std::fs::write(copy.join(path), damaged).unwrap();
        let error = restore(&copy, &back, Keys::Later, |_| ()).await.unwrap_err();
        assert!(matches!(&error, BackupError::Damaged { path: named, .. } if named == path), "{error}");
        std::fs::remove_file(copy.join(path)).unwrap();
        let error = restore(&copy, &back, Keys::Later, |_| ()).await.unwrap_err();
        assert!(matches!(&error, BackupError::Damaged { path: named, .. } if named == path), "{error}");
        std::fs::write(copy.join(path), whole).unwrap();
    }
    let manifest = std::fs::read_to_string(copy.join("manifest.json")).unwrap();
    std::fs::write(copy.join("manifest.json"), manifest.replace("ledger.sqlite", "../ledger.sqlite")).unwrap();
    assert!(matches!(restore(&copy, &back, Keys::Later, |_| ()).await, Err(BackupError::NotABackup { .. })));
    std::fs::remove_file(copy.join("manifest.json")).unwrap();
    assert!(matches!(restore(&copy, &back, Keys::Later, |_| ()).await, Err(BackupError::NotABackup { .. })));
    assert!(!back.exists(), "nothing stands under the target's name");
    let left: Vec<_> = std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "nothing half-made is left: {left:?}");
}

#[tokio::test]
async fn a_backup_whose_ledger_was_rewritten_and_relisted_is_not_restored() {
    let directory = tempfile::tempdir().unwrap();
    let [root, copy, back] = ["data", "backup", "back"].map(|name| directory.path().join(name));
    drop(lived_in(&root).await);
    backup(&root, &copy, at(40), |_| ()).await.unwrap();
    let ledger = copy.join("ledger.sqlite");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&ledger);
    let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
    let cut =
        "drop trigger batch_never_goes; delete from batch where number = 20; delete from command where batch = 20";
    sqlx::raw_sql(cut).execute(&mut connection).await.unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    let mut manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(copy.join("manifest.json")).unwrap()).unwrap();
    let bytes = std::fs::read(&ledger).unwrap();
    let listed = &mut manifest["files"]["ledger.sqlite"];
    *listed = serde_json::json!({ "size": bytes.len(), "digest": kernel::Digest::of(&bytes) });
    std::fs::write(copy.join("manifest.json"), manifest.to_string()).unwrap();
    let error = restore(&copy, &back, Keys::Later, |_| ()).await.unwrap_err();
    assert!(error.to_string().contains("账本被截断"), "{error}");
    assert!(!back.exists());
}

#[tokio::test]
async fn a_second_process_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let first = store(directory.path()).await;
    let error = Store::open(directory.path()).await.err().unwrap();
    assert!(matches!(error, StoreError::InUse(_)) && error.to_string().contains("另一个 fengce 进程"), "{error}");
    let keys = std::fs::metadata(directory.path().join("keys")).unwrap().permissions().mode();
    assert_eq!(keys & 0o777, 0o700);
    drop(first);
    store(directory.path()).await;
}
