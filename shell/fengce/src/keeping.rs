//! `fengce ledger`, `backup` and `restore`: proving the record and keeping copies of it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use ledger::checkpoint::{Chain, Checkpoint};
use ledger::crypto::PublicKey;
use ledger::sqlite::SqliteLog;
use ledger::verify::{self, Report};
use ledger::{Layout, backup, export};
use office::Published;

use crate::command_line::{self, Ledger};
use crate::terminal;

/// `fengce ledger …`.
pub async fn ledger(command: Ledger) -> anyhow::Result<ExitCode> {
    match command {
        Ledger::Verify { dir, checkpoints, public_key } => verify(&dir, checkpoints, public_key.as_deref()).await,
        Ledger::Export { dir, out } => export(&dir, out.as_deref()).await,
    }
}

/// A bar for work of unknown length.
pub fn spinner(what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} {spinner} {msg} {elapsed}");
    let bar = ProgressBar::new_spinner().with_prefix(what);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Opens a chain beside whoever may be writing it.
pub async fn opened(path: &Path) -> anyhow::Result<SqliteLog> {
    if !path.exists() {
        anyhow::bail!("{} 不存在：这不是 fengce 的数据目录，请用 --dir 指定。", path.display());
    }
    Ok(SqliteLog::open_to_read(path).await?)
}

/// The city as its ledger has it, beside whoever may be writing it.
pub async fn replayed(dir: &Path) -> anyhow::Result<Published> {
    let log = opened(&Layout::of(dir).ledger()).await?;
    let bar = spinner("重放账本");
    let (published, _) = office::replay::replay(&log, |events| bar.set_message(format!("{events} 条事件"))).await?;
    bar.finish_and_clear();
    Ok(published)
}

async fn verify(
    dir: &Path,
    checkpoints: Option<Option<PathBuf>>,
    public_key: Option<&Path>,
) -> anyhow::Result<ExitCode> {
    let layout = Layout::of(dir);
    let signed = match checkpoints {
        None => Vec::new(),
        Some(file) => {
            let key = PublicKey::open(public_key.unwrap_or(&layout.public_key()))?;
            Checkpoint::read(&file.unwrap_or_else(|| layout.checkpoints()), &key)?
        }
    };
    let chains = [(Chain::Ledger, layout.ledger(), "账本"), (Chain::Access, layout.access(), "访问日志")];
    for (chain, path, name) in chains {
        let of_chain: Vec<Checkpoint> = signed.iter().filter(|checkpoint| checkpoint.chain == chain).copied().collect();
        let log = opened(&path).await?;
        let bar = spinner("校验");
        let told =
            |report: &Report| bar.set_message(format!("{name}：{} 批，{} 条事件", report.batches, report.events));
        let verified = verify::verify(&log, &of_chain, told).await;
        bar.finish_and_clear();
        match verified {
            Ok(report) => println!("{}", told_of(name, &report, signed.is_empty())),
            Err(error) => {
                eprintln!("{name}校验未通过：{error}");
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    if signed.is_empty() {
        println!("未对照检查点：整链重算的篡改要用 --checkpoints 对照另行保管的检查点才能发现。");
    }
    Ok(ExitCode::SUCCESS)
}

fn told_of(name: &str, report: &Report, alone: bool) -> String {
    let Report { batches, events, commands, checkpoints, .. } = report;
    let held = if alone { String::new() } else { format!("，对照检查点 {checkpoints} 个") };
    format!("{name}校验通过：{batches} 批，{commands} 条命令，{events} 条事件{held}。")
}

async fn export(dir: &Path, out: Option<&Path>) -> anyhow::Result<ExitCode> {
    let log = opened(&Layout::of(dir).ledger()).await?;
    let bar = spinner("导出");
    let progress = |head: &ledger::Head| bar.set_message(format!("第 {} 批", head.batch));
    let head = match out {
        Some(path) => {
            // Another name first: what stands under the asked name is whole.
            let partial = path.with_added_extension("partial");
            let failed = || format!("{} 无法写入", path.display());
            let file = std::fs::File::create_new(&partial).with_context(failed)?;
            let mut output = std::io::BufWriter::new(file);
            let head = export::export(&log, &mut output, progress).await;
            let head = head.inspect_err(|_| drop(std::fs::remove_file(&partial)))?;
            output.flush().and_then(|()| output.get_ref().sync_all()).with_context(failed)?;
            std::fs::rename(&partial, path).with_context(failed)?;
            head
        }
        None => export::export(&log, std::io::stdout().lock(), progress).await?,
    };
    bar.finish_and_clear();
    eprintln!("已导出 {} 批，共 {} 条事件，末批摘要 {}", head.batch, head.sequence, head.digest);
    Ok(ExitCode::SUCCESS)
}

/// `fengce backup`.
pub async fn backup(command: &command_line::Backup) -> anyhow::Result<ExitCode> {
    let bar = spinner("备份");
    let progress = |done: &backup::Progress| bar.set_message(copied(done));
    let manifest = backup::backup(&command.dir, &command.target, terminal::now(), progress).await?;
    bar.finish_and_clear();
    println!(
        "已备份到 {}：{} 个文件，账本到第 {} 批（{} 条事件）。",
        command.target.display(),
        manifest.files.len(),
        manifest.batch,
        manifest.sequence
    );
    println!("密钥不在备份中：请把 {} 另行保管在一处安全的地方。", Layout::of(&command.dir).keys().display());
    Ok(ExitCode::SUCCESS)
}

fn copied(done: &backup::Progress) -> String {
    format!("{} 个文件，{} MiB", done.files, done.bytes >> 20)
}

/// `fengce restore`.
pub async fn restore(command: &command_line::Restore) -> anyhow::Result<ExitCode> {
    let keys = match (&command.keys, command.new_keys) {
        (Some(folder), _) => backup::Keys::From(folder),
        (None, true) => backup::Keys::New,
        (None, false) => backup::Keys::Later,
    };
    let bar = spinner("恢复");
    let progress = |done: &backup::Progress| bar.set_message(copied(done));
    let manifest = backup::restore(&command.backup, &command.dir, keys, progress).await?;
    bar.finish_and_clear();
    println!(
        "已恢复到 {}：{} 个文件，账本到第 {} 批（{} 条事件），与备份时一致。",
        command.dir.display(),
        manifest.files.len(),
        manifest.batch,
        manifest.sequence
    );
    match keys {
        backup::Keys::From(_) => {}
        backup::Keys::Later => {
            println!("请把单独保管的密钥放回 {} 后再启动。", Layout::of(&command.dir).keys().display())
        }
        backup::Keys::New => println!("已生成新密钥：原先加密的个人信息不能再读取，此后的检查点由新密钥签名。"),
    }
    Ok(ExitCode::SUCCESS)
}
