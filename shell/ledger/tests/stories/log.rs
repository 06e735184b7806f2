//! What every log does, told once and instantiated per implementation.

use kernel::{Digest, Sequence};
use ledger::verify::verify;
use ledger::{AppendError, Batch, Head, Log};

use crate::samples::{at, command, commands, draft, record};

/// Instantiates the stories for a log; `$open` makes an empty one, with what must outlive it.
macro_rules! stories_of_a_log {
    ($name:ident, $open:expr) => {
        mod $name {
            stories_of_a_log!(
                @each $open,
                an_empty_log_has_an_empty_head,
                what_is_appended_is_read_back_as_it_was,
                a_command_is_recorded_once,
                a_batch_must_follow_the_head,
                batches_are_read_in_pages,
                of_two_writers_at_once_one_wins,
                a_writer_that_goes_away_leaves_nothing_half_done,
                it_can_be_verified_while_it_grows
            );
        }
    };
    (@each $open:expr, $($story:ident),*) => {
        $(
            #[tokio::test]
            async fn $story() {
                let (log, _kept) = $open.await;
                super::$story(&log).await;
            }
        )*
    };
}

stories_of_a_log!(in_memory, async { (ledger::memory::MemoryLog::default(), ()) });
stories_of_a_log!(in_sqlite, async {
    let directory = tempfile::tempdir().unwrap();
    let log = ledger::sqlite::SqliteLog::open(&directory.path().join("log.sqlite")).await.unwrap();
    (log, directory)
});

async fn an_empty_log_has_an_empty_head(log: &dyn Log) {
    assert_eq!(log.head().await.unwrap(), Head::EMPTY);
    assert_eq!(log.batches(0, 10).await.unwrap(), []);
    assert_eq!(log.command_count().await.unwrap(), 0);
    assert_eq!(log.locate(&[]).await.unwrap(), []);
}

async fn what_is_appended_is_read_back_as_it_was(log: &dyn Log) {
    let drafts = [draft(1, 2, "甲"), draft(2, 0, ""), draft(3, 1, "乙")];
    let first = record(log, &drafts).await;
    let second = record(log, &[draft(4, 1, "丙")]).await;
    assert_eq!(log.head().await.unwrap(), second.head());
    assert_eq!(second.first, Sequence(4));
    let read = log.batches(0, 10).await.unwrap();
    assert_eq!(read, [first.clone(), second.clone()]);
    let lines: Vec<&[u8]> = read[0].lines().collect();
    assert_eq!(lines, drafts.iter().map(|draft| draft.line.as_slice()).collect::<Vec<_>>());
    read[0].follows(&Head::EMPTY).unwrap();
    read[1].follows(&first.head()).unwrap();
}

async fn a_command_is_recorded_once(log: &dyn Log) {
    let first = record(log, &[draft(1, 1, "甲"), draft(2, 1, "乙")]).await;
    for drafts in [vec![draft(3, 1, "丙"), draft(2, 1, "丁")], vec![draft(5, 1, "戊"), draft(5, 1, "戊")]] {
        let again = Batch::seal(&first.head(), at(9), &drafts);
        let refused = log.append(&again, &commands(&drafts)).await.unwrap_err();
        let repeated = drafts.last().unwrap().command;
        assert!(matches!(refused, AppendError::DuplicateCommand(command) if command == repeated), "{refused}");
    }
    assert_eq!(log.head().await.unwrap(), first.head(), "nothing of the refused batches was kept");
    assert_eq!(log.command_count().await.unwrap(), 2);
    let second = record(log, &[draft(3, 1, "丙")]).await;
    let mut located = log.locate(&[command(3), command(7), command(1)]).await.unwrap();
    located.sort();
    assert_eq!(located, [(command(1), first.number), (command(3), second.number)]);
}

async fn a_batch_must_follow_the_head(log: &dyn Log) {
    let first = record(log, &[draft(1, 1, "甲")]).await;
    let stale = Batch::seal(&Head::EMPTY, at(2), &[draft(2, 1, "乙")]);
    let other = Head { digest: Digest::of(b"another past"), ..first.head() };
    let forked = Batch::seal(&other, at(2), &[draft(2, 1, "乙")]);
    let gap = Batch::seal(&Head { sequence: Sequence(7), ..first.head() }, at(2), &[draft(2, 1, "乙")]);
    for wrong in [stale, forked, gap] {
        let refused = log.append(&wrong, &commands(&[draft(2, 1, "乙")])).await.unwrap_err();
        assert!(matches!(refused, AppendError::NotTheHead { head, .. } if head == first.head()), "{refused}");
    }
    assert_eq!(log.command_count().await.unwrap(), 1);
    record(log, &[draft(2, 1, "乙")]).await;
}

async fn batches_are_read_in_pages(log: &dyn Log) {
    for number in 1..=7 {
        record(log, &[draft(number, 1, "页")]).await;
    }
    let mut numbers = Vec::new();
    let mut after = 0;
    loop {
        let page = log.batches(after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.number;
        numbers.push(page.iter().map(|batch| batch.number).collect::<Vec<_>>());
    }
    assert_eq!(numbers, [vec![1, 2, 3], vec![4, 5, 6], vec![7]]);
}

async fn of_two_writers_at_once_one_wins(log: &dyn Log) {
    let (one, other) = ([draft(1, 1, "甲")], [draft(2, 1, "乙")]);
    let (ones, others) = (Batch::seal(&Head::EMPTY, at(1), &one), Batch::seal(&Head::EMPTY, at(1), &other));
    let (a, b) = (commands(&one), commands(&other));
    let (first, second) = tokio::join!(log.append(&ones, &a), log.append(&others, &b));
    assert!(first.is_ok() != second.is_ok());
    let head = log.head().await.unwrap();
    assert_eq!(head, if first.is_ok() { ones.head() } else { others.head() });
    assert_eq!(log.command_count().await.unwrap(), 1);
}

async fn a_writer_that_goes_away_leaves_nothing_half_done(log: &dyn Log) {
    let mut head = Head::EMPTY;
    for number in 0..60 {
        let drafts = [draft(number * 2 + 1, 1, "甲"), draft(number * 2 + 2, 1, "乙")];
        let ids = commands(&drafts);
        let batch = Batch::seal(&head, at(1), &drafts);
        let patience = std::time::Duration::from_micros(number as u64 * 50);
        let _ = tokio::time::timeout(patience, log.append(&batch, &ids)).await;
        // Whether it went through, the next writer learns.
        match log.append(&batch, &ids).await {
            Ok(()) | Err(AppendError::NotTheHead { .. }) => head = batch.head(),
            Err(other) => panic!("{other}"),
        }
        assert_eq!(log.head().await.unwrap(), head);
    }
    assert_eq!(verify(log, &[], |_| ()).await.unwrap().commands, 120);
}

async fn it_can_be_verified_while_it_grows(log: &dyn Log) {
    let writing = async {
        for number in 1..=60 {
            record(log, &[draft(number, 1, "长")]).await;
            tokio::task::yield_now().await;
        }
    };
    let verifying = async {
        for _ in 0..20 {
            verify(log, &[], |_| ()).await.unwrap();
        }
    };
    tokio::join!(writing, verifying);
}
