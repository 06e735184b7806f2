//! A chain that is not what it was does not pass.

use kernel::Sequence;
use ledger::checkpoint::{Chain, Checkpoint, CheckpointError, Checkpoints};
use ledger::crypto::{PublicKey, SigningKeyFile};
use ledger::memory::MemoryLog;
use ledger::verify::{Report, VerifyError, verify};
use ledger::{Batch, Fault, Head, Log};
use proptest::prelude::*;

use crate::samples::{at, chain, command, store};

async fn outcome(batches: Vec<Batch>, checkpoints: &[Checkpoint]) -> Result<Report, VerifyError> {
    let (_, index) = chain(batches.len() as u64, "");
    verify(&MemoryLog::of(batches, index), checkpoints, |_| ()).await
}

fn checkpoint(batch: &Batch) -> Checkpoint {
    Checkpoint { chain: Chain::Ledger, head: batch.head(), at: at(100) }
}

#[tokio::test]
async fn a_sound_chain_passes_with_its_counts() {
    let (batches, index) = chain(600, "甲");
    let checkpoints = [checkpoint(&batches[0]), checkpoint(&batches[399]), checkpoint(&batches[399])];
    let bytes = batches.iter().map(|batch| batch.body.len() as u64).sum();
    let mut seen = Vec::new();
    let report = verify(&MemoryLog::of(batches, index), &checkpoints, |report| seen.push(report.batches)).await;
    let expected = Report { batches: 600, events: 1800, commands: 1200, bytes, checkpoints: 3 };
    assert_eq!(report.unwrap(), expected);
    assert!(seen.len() > 1 && seen.is_sorted() && seen.last() == Some(&600), "progress: {seen:?}");
}

#[tokio::test]
async fn every_kind_of_damage_is_named() {
    type Damage = fn(&mut Vec<Batch>);
    let cases: [(Damage, &str); 7] = [
        (|batches| batches[3].body[40] ^= 1, "第 4 批的内容与摘要不符"),
        (|batches| batches[3].events += 1, "第 4 批的内容与摘要不符"),
        (|batches| drop(batches.remove(3)), "第 4 批缺失"),
        (|batches| batches.swap(3, 4), "第 4 批缺失"),
        (|batches| batches[3].first = Sequence(99), "第 4 批的首条事件序号应为 10"),
        (|batches| batches[3].previous = batches[0].digest, "第 4 批记载的前一批摘要"),
        (
            |batches| {
                batches[3].recorded_at = at(77);
                batches[3].digest = batches[3].compute();
            },
            "第 5 批记载的前一批摘要",
        ),
    ];
    for (damage, told) in cases {
        let (mut batches, index) = chain(6, "甲");
        damage(&mut batches);
        let error = verify(&MemoryLog::of(batches, index), &[], |_| ()).await.unwrap_err();
        assert!(error.to_string().starts_with(told), "{error}");
    }
}

#[tokio::test]
async fn a_header_that_counts_wrongly_is_found_even_when_hashed() {
    let (mut batches, index) = chain(1, "甲");
    batches[0].events += 1;
    batches[0].digest = batches[0].compute();
    let error = verify(&MemoryLog::of(batches, index), &[], |_| ()).await.unwrap_err();
    assert!(matches!(error, VerifyError::Events { batch: 1, stated: 4, found: 3 }), "{error}");
    let (mut batches, index) = chain(1, "甲");
    batches[0].body.truncate(20);
    batches[0].digest = batches[0].compute();
    let error = verify(&MemoryLog::of(batches, index), &[], |_| ()).await.unwrap_err();
    assert!(matches!(error, VerifyError::Line { batch: 1, line: 1, .. }), "{error}");
}

#[tokio::test]
async fn the_index_of_commands_must_agree() {
    let (batches, index) = chain(3, "甲");
    let mut missing = index.clone();
    missing.remove(2);
    let error = verify(&MemoryLog::of(batches.clone(), missing), &[], |_| ()).await.unwrap_err();
    assert!(matches!(error, VerifyError::Index { batch: 2, indexed: None, .. }), "{error}");
    let mut misplaced = index.clone();
    misplaced[2].1 = 3;
    let error = verify(&MemoryLog::of(batches.clone(), misplaced), &[], |_| ()).await.unwrap_err();
    assert!(matches!(error, VerifyError::Index { batch: 2, indexed: Some(3), .. }), "{error}");
    let surplus = index.into_iter().chain([(command(999), 1)]);
    let error = verify(&MemoryLog::of(batches, surplus), &[], |_| ()).await.unwrap_err();
    assert!(matches!(error, VerifyError::Surplus { indexed: 7, found: 6 }), "{error}");
}

#[tokio::test]
async fn a_ledger_rewritten_and_hashed_anew_fails_its_checkpoint() {
    let (batches, _) = chain(6, "甲");
    let (rewritten, _) = chain(6, "乙");
    assert!(outcome(rewritten.clone(), &[]).await.is_ok(), "every digest was computed anew: nothing shows");
    let error = outcome(rewritten, &[checkpoint(&batches[3])]).await.unwrap_err();
    assert!(matches!(error, VerifyError::Rewritten { batch: 4, .. }), "{error}");
}

#[tokio::test]
async fn a_ledger_cut_at_the_end_fails_its_checkpoint() {
    let (mut batches, _) = chain(6, "甲");
    let signed = checkpoint(&batches[4]);
    assert!(outcome(batches.clone(), &[signed]).await.is_ok());
    batches.truncate(4);
    assert!(outcome(batches.clone(), &[]).await.is_ok(), "nothing shows");
    let error = outcome(batches, &[signed]).await.unwrap_err();
    assert!(matches!(error, VerifyError::Truncated { batch: 5, end: 4, .. }), "{error}");
    assert!(matches!(outcome(Vec::new(), &[signed]).await, Err(VerifyError::Truncated { batch: 5, end: 0, .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_altered_byte_passes(batch in 0_usize..5, place in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let (mut batches, _) = chain(5, "甲");
        let place = place.index(batches[batch].body.len());
        batches[batch].body[place] ^= 1 << bit;
        let head = batch.checked_sub(1).map_or(Head::EMPTY, |before| batches[before].head());
        let fault = batches[batch].follows(&head).unwrap_err();
        let found = matches!(fault, Fault::Digest { batch: found, .. } if found == batch as u64 + 1);
        prop_assert!(found);
    }
}

#[tokio::test]
async fn checkpoints_are_believed_only_as_they_were_signed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("checkpoints.jsonl");
    let key = SigningKeyFile::create(&directory.path().join("key.pem")).unwrap();
    let public: PublicKey = key.public().clone();
    let (batches, _) = chain(3, "甲");
    let checkpoints = Checkpoints::new(path.clone(), Box::new(key));
    assert_eq!(checkpoints.sign(Chain::Ledger, Head::EMPTY, at(1)).unwrap(), None, "nothing to sign");
    for batch in &batches {
        checkpoints.sign(Chain::Ledger, batch.head(), at(1)).unwrap();
    }
    assert_eq!(Checkpoint::read(&path, &public).unwrap().len(), 3);

    // A process died while it wrote: the unfinished line is as if it had not been begun.
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, [&whole[..], br#"{"chain":"led"#].concat()).unwrap();
    assert_eq!(Checkpoint::read(&path, &public).unwrap().len(), 3);
    checkpoints.sign(Chain::Access, batches[0].head(), at(2)).unwrap();
    let read = Checkpoint::read(&path, &public).unwrap();
    assert_eq!((read.len(), read[3].chain), (4, Chain::Access));

    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("\"batch\":2", "\"batch\":9", 1)).unwrap();
    assert!(matches!(Checkpoint::read(&path, &public), Err(CheckpointError::Forged { line: 2, .. })));
    std::fs::write(&path, text.replacen("{\"chain\"", "{chain", 1)).unwrap();
    assert!(matches!(Checkpoint::read(&path, &public), Err(CheckpointError::Malformed { line: 1, .. })));
    std::fs::write(&path, &text).unwrap();
    let other = SigningKeyFile::create(&directory.path().join("other.pem")).unwrap();
    assert!(matches!(Checkpoint::read(&path, other.public()), Err(CheckpointError::OtherKey { line: 1, .. })));
}

#[test]
fn openssl_believes_a_checkpoint_too() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name| directory.path().join(name);
    let key = SigningKeyFile::create(&file("key.pem")).unwrap();
    std::fs::write(file("public.pem"), key.public().pem()).unwrap();
    let checkpoints = Checkpoints::new(file("checkpoints.jsonl"), Box::new(key));
    checkpoints.sign(Chain::Ledger, chain(2, "甲").0[1].head(), at(1)).unwrap();

    let line: serde_json::Value = serde_json::from_slice(&std::fs::read(file("checkpoints.jsonl")).unwrap()).unwrap();
    let text = |name: &str| line[name].as_str().map_or_else(|| line[name].to_string(), str::to_owned);
    let fields = ["chain", "batch", "sequence", "digest", "at"].map(text).join("\n");
    std::fs::write(file("message.txt"), format!("fengce-checkpoint-1\n{fields}\n")).unwrap();
    let signature = text("signature");
    let byte = |at: usize| u8::from_str_radix(&signature[at * 2..at * 2 + 2], 16).unwrap();
    let signature = sm2::dsa::Signature::from_slice(&(0..64).map(byte).collect::<Vec<_>>()).unwrap();
    std::fs::write(file("signature.der"), signature.to_der()).unwrap();
    let check = |message: &'static str| {
        std::process::Command::new("openssl")
            .args(["dgst", "-sm3", "-sigopt", "distid:1234567812345678", "-verify"])
            .args([file("public.pem"), "-signature".into(), file("signature.der"), file(message)])
            .output()
    };
    let Ok(believed) = check("message.txt") else { return skipped("no openssl to ask") };
    assert!(believed.status.success(), "{believed:?}");
    assert!(!check("public.pem").unwrap().status.success(), "nothing else is believed");
}

#[tokio::test]
async fn rows_changed_behind_the_programs_back_are_found() {
    let directory = tempfile::tempdir().unwrap();
    {
        let store = store(directory.path()).await;
        for number in 1..=3 {
            crate::samples::record(&*store.log, &[crate::samples::draft(number, 2, "甲")]).await;
        }
        let head = store.log.head().await.unwrap();
        store.checkpoints.sign(Chain::Ledger, head, at(5)).unwrap();
        verify(&*store.log, &[], |_| ()).await.unwrap();
    }
    let path = directory.path().join("ledger.sqlite");
    let mut connection =
        sqlx::ConnectOptions::connect(&sqlx::sqlite::SqliteConnectOptions::new().filename(&path)).await.unwrap();
    let update = "update batch set events = 3 where number = 2";
    let refused = sqlx::raw_sql(update).execute(&mut connection).await.unwrap_err();
    assert!(refused.to_string().contains("账本只能追加"), "{refused}");
    sqlx::raw_sql("drop trigger batch_never_changes").execute(&mut connection).await.unwrap();
    sqlx::raw_sql(update).execute(&mut connection).await.unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    let store = store(directory.path()).await;
    let error = verify(&*store.log, &[], |_| ()).await.unwrap_err();
    assert!(matches!(error, VerifyError::Chain(Fault::Digest { batch: 2, .. })), "{error}");
}

/// Past the capture of output, so that a plain run of the tests shows it.
fn skipped(why: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}
