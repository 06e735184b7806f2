//! The ledger as text, from which an outside party can compute every digest anew.
//!
//! The format, `fengce-export-1`, is UTF-8 text. Every line ends with one line feed (0x0A). The first line is
//!
//! ```json
//! {"format":"fengce-export-1"}
//! ```
//!
//! Then, for every batch in order, one header line and `lines` body lines:
//!
//! ```json
//! {"batch":2,"first":4,"events":3,"recorded_at":"1795449600000000000","previous":"<hex>","digest":"<hex>","lines":2,"bytes":412}
//! {"command":"…","at":"…","actor":…,"events":[…]}
//! {"command":"…","at":"…","actor":…,"events":[…]}
//! ```
//!
//! `recorded_at` is nanoseconds since 1970-01-01T00:00:00Z in decimal, as text because it exceeds what some JSON
//! readers hold in a number. `bytes` is the length of the body: the body lines as they stand here, joined by line
//! feeds, without the last line's. A batch without lines has an empty body.
//!
//! To check: start with `previous` = 32 zero bytes, `batch` = 1, `first` = 1. For every batch, `previous` must be the
//! digest of the batch before, `batch` one more than its number, and `first` its `first` plus its `events`. The digest is
//! SM3 (GB/T 32905-2016) over the following bytes, integers big-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 32 | `previous` |
//! | 8 | `batch` |
//! | 8 | `first` |
//! | 8 | `events` |
//! | 16 | `recorded_at`, two's complement |
//! | `bytes` | the body |
//!
//! The digest of the last batch is what signed checkpoints ([`crate::checkpoint`]) name.

use std::io::{self, Write};

use kernel::{Digest, Sequence};
use serde::Serialize;

use crate::batch::{Batch, Fault, Head};
use crate::log::{Log, LogError};

/// Batches read at a time.
const PAGE: u32 = 256;

#[derive(Serialize)]
struct Format {
    format: &'static str,
}

#[derive(Serialize)]
struct Header {
    batch: u64,
    first: Sequence,
    events: u64,
    recorded_at: String,
    previous: Digest,
    digest: Digest,
    lines: usize,
    bytes: usize,
}

/// The ledger could not be written out.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// It could not be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// It is not a chain: what was written so far is sound, the rest is not written.
    #[error("{0}。导出已停止，请先运行 fengce ledger verify。")]
    Chain(#[from] Fault),
    /// The output took no more.
    #[error("导出写入失败：{0}。请检查磁盘空间后重新导出。")]
    Output(#[from] io::Error),
}

/// Writes the whole chain and answers with its end. `progress` is told the end reached after every few hundred batches.
pub async fn export(
    log: &dyn Log,
    mut output: impl Write,
    mut progress: impl FnMut(&Head),
) -> Result<Head, ExportError> {
    write_line(&mut output, &Format { format: "fengce-export-1" })?;
    let mut head = Head::EMPTY;
    loop {
        let page = log.batches(head.batch, PAGE).await?;
        if page.is_empty() {
            output.flush()?;
            return Ok(head);
        }
        for batch in &page {
            batch.follows(&head)?;
            write_batch(&mut output, batch)?;
            head = batch.head();
        }
        progress(&head);
    }
}

fn write_batch(output: &mut impl Write, batch: &Batch) -> io::Result<()> {
    let header = Header {
        batch: batch.number,
        first: batch.first,
        events: batch.events,
        recorded_at: batch.recorded_at.as_nanosecond().to_string(),
        previous: batch.previous,
        digest: batch.digest,
        lines: batch.lines().count(),
        bytes: batch.body.len(),
    };
    write_line(output, &header)?;
    if !batch.body.is_empty() {
        output.write_all(&batch.body)?;
        output.write_all(b"\n")?;
    }
    Ok(())
}

fn write_line(output: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *output, value)?;
    output.write_all(b"\n")
}
