//! The process is really killed, the disk really full.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use kernel::Digest;
use ledger::sqlite::SqliteLog;
use ledger::verify::{Report, verify};
use ledger::{Head, Log};

const APPENDER: &str = env!("CARGO_BIN_EXE_ledger-appender");
const KILLS: u32 = 25;

/// Opens the ledger as the next process would, and verifies it.
async fn reopen(path: &Path) -> (Head, Report) {
    let log = SqliteLog::open(path).await.unwrap();
    let report = verify(&log, &[], |_| ()).await.unwrap();
    let head = log.head().await.unwrap();
    assert_eq!((head.batch, head.sequence.0), (report.batches, report.batches * 3), "no batch is there in part");
    (head, report)
}

/// The digest with which a batch stands in the ledger.
async fn digest_of(path: &Path, batch: u64) -> Option<Digest> {
    let log = SqliteLog::open_to_read(path).await.unwrap();
    log.batches(batch - 1, 1).await.unwrap().first().map(|batch| batch.digest)
}

/// The last acknowledgement among the lines a writer printed, and what it said besides.
fn acknowledged(lines: impl Iterator<Item = String>) -> (Option<(u64, Digest)>, Vec<String>) {
    let (mut last, mut rest) = (None, Vec::new());
    for line in lines {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["ack", batch, digest] if digest.len() == 64 => {
                last = Some((batch.parse().unwrap(), digest.parse().unwrap()));
            }
            _ => rest.push(line),
        }
    }
    (last, rest)
}

/// Small steps that look random and are the same in every run: the moments of death.
fn pauses() -> impl Iterator<Item = Duration> {
    let mut state = 0x9E37_79B9_u64;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Duration::from_micros(state >> 49)
    })
}

#[tokio::test]
async fn killed_at_any_moment_it_loses_nothing_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.sqlite");
    let (mut all, mut before) = (0, Head::EMPTY);
    for pause in pauses().take(KILLS as usize) {
        let mut child = Command::new(APPENDER).arg(&path).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let started = lines.next().unwrap();
        assert_eq!(started, format!("head {}", before.batch));
        std::thread::sleep(pause);
        // SIGKILL: nothing of the process runs any more.
        child.kill().unwrap();
        child.wait().unwrap();
        let (last, _) = acknowledged(lines);
        let (head, _) = reopen(&path).await;
        if let Some((batch, digest)) = last {
            assert!(batch <= head.batch, "batch {batch} was acknowledged and is lost");
            assert!(head.batch <= batch + 1, "more than the one batch under way is there");
            assert_eq!(digest_of(&path, batch).await, Some(digest));
            all += batch - before.batch;
        }
        before = head;
    }
    assert!(all > 0, "nothing was ever acknowledged");
    println!("{all} batches acknowledged before {KILLS} deaths, none lost");
}

#[tokio::test]
async fn a_file_that_may_not_grow_stops_it_cleanly() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.sqlite");
    // 512 blocks of 1 KiB; without the signal, the write itself fails (EFBIG).
    let script = format!("trap '' XFSZ; ulimit -f 512; exec {APPENDER} '{}' 3000", path.display());
    let output = Command::new("bash").args(["-c", &script]).output();
    let Ok(output) = output else { return skipped("no bash to set a limit on file size with") };
    stopped_cleanly(&path, &output.stdout).await;
}

#[tokio::test]
async fn a_full_disk_stops_it_cleanly() {
    let directory = tempfile::tempdir().unwrap();
    let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).arg(directory.path()).output();
    if !mount.is_ok_and(|output| output.status.success()) {
        return skipped("may not mount a small tmpfs to fill");
    }
    let mounted = Mounted(directory.path());
    let path = directory.path().join("ledger.sqlite");
    let output = Command::new(APPENDER).arg(&path).arg("3000").output().unwrap();
    // Opened anew on the full disk it may not be able to settle: give it room as an operator would.
    let grown = Command::new("mount").args(["-o", "remount,size=16m"]).arg(directory.path()).status().unwrap();
    assert!(grown.success());
    stopped_cleanly(&path, &output.stdout).await;
    drop(mounted);
}

struct Mounted<'a>(&'a Path);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        // Lazily: a database thread may be just about to close its file.
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

/// It acknowledged some batches, then said that one was refused or uncertain; the ledger ends at the last acknowledged
/// (or, when uncertain, at the one after), and goes on from there.
async fn stopped_cleanly(path: &Path, output: &[u8]) {
    let (last, said) = acknowledged(String::from_utf8_lossy(output).lines().map(str::to_owned));
    let (batch, digest) = last.expect("some batches fit");
    let end = said.last().cloned().unwrap_or_default();
    println!("stopped after batch {batch}: {end}");
    assert!(end.starts_with("refused") || end.starts_with("uncertain"), "{end}");
    let (head, _) = reopen(path).await;
    if end.starts_with("refused") {
        assert_eq!((head.batch, head.digest), (batch, digest));
    } else {
        assert!(head.batch == batch || head.batch == batch + 1);
        assert_eq!(digest_of(path, batch).await, Some(digest));
    }
    let mut child = Command::new(APPENDER).arg(path).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok).take(2);
    let (next, _) = acknowledged(lines);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(next.unwrap().0, head.batch + 1, "with room again, it goes on");
    reopen(path).await;
}

/// Past the capture of output, so that a plain run of the tests shows it.
fn skipped(why: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}
