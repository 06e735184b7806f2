//! Appends batches to a ledger until something stops it, and says so.
//!
//! `ledger-appender <database> [bytes per line]` prints `head <batch>` once, then `ack <batch> <digest>` after every
//! acknowledged batch, then `refused …` or `uncertain …` when one is not, and exits with 0.

use std::io::Write;
use std::path::Path;

use kernel::{CommandId, Timestamp};
use ledger::sqlite::SqliteLog;
use ledger::{AppendError, Batch, Draft, Log};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("which database?")?;
    let bytes: usize = arguments.next().map_or(Ok(200), |text| text.parse())?;
    let log = SqliteLog::open(Path::new(&path)).await?;
    let mut head = log.head().await?;
    say(&format!("head {}", head.batch))?;
    loop {
        let number = head.batch + 1;
        // Three commands a batch, so that half a batch would show.
        let drafts: Vec<Draft> = (0..3).map(|part| draft(number, part, bytes)).collect();
        let commands: Vec<CommandId> = drafts.iter().map(|draft| draft.command).collect();
        let batch = Batch::seal(&head, Timestamp::from_second(1_700_000_000 + number as i64)?, &drafts);
        match log.append(&batch, &commands).await {
            Ok(()) => head = batch.head(),
            Err(AppendError::Uncertain { reason }) => return Ok(say(&format!("uncertain {reason}"))?),
            Err(other) => return Ok(say(&format!("refused {other}"))?),
        }
        say(&format!("ack {number} {}", batch.digest))?;
    }
}

fn draft(number: u64, part: u64, bytes: usize) -> Draft {
    let command = CommandId(uuid::Uuid::from_u128(u128::from(number * 8 + part)));
    let line = format!(r#"{{"command":"{command}","events":[{{"Noted":"{}"}}]}}"#, "注".repeat(bytes / 3));
    Draft { command, events: 1, line: line.into_bytes() }
}

fn say(line: &str) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}
