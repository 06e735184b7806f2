//! `fengce subsidy package`: every recorded decision with all it was made from, for an independent check.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use subsidy::package::{LedgerHead, package};

use crate::keeping;

/// Replays the ledger beside whoever may be writing it, and writes the package.
pub async fn run(dir: &Path, out: &Path) -> anyhow::Result<ExitCode> {
    let published = keeping::replayed(dir).await?;
    let head = LedgerHead { sequence: published.head.sequence, digest: published.head.digest };
    let packed = package(&published.state.subsidy, head)?;
    // Another name first: what stands under the asked name is whole.
    let partial = out.with_added_extension("partial");
    let failed = || format!("{} 无法写入", out.display());
    let written = write(&partial, &packed).and_then(|()| Ok(std::fs::hard_link(&partial, out)?));
    drop(std::fs::remove_file(&partial));
    written.with_context(failed)?;
    println!(
        "已打包 {} 份测算，账本到第 {} 条事件：{}\n核对：python3 tools/check_decisions.py {}",
        packed.decisions.len(),
        head.sequence,
        out.display(),
        out.display()
    );
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, packed: &subsidy::package::Package) -> anyhow::Result<()> {
    let mut output = std::io::BufWriter::new(std::fs::File::create(path)?);
    serde_json::to_writer_pretty(&mut output, packed)?;
    output.write_all(b"\n")?;
    output.flush()?;
    Ok(output.get_ref().sync_all()?)
}
