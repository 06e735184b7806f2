//! `fengce registers`: every register in one SQLite file.

use std::process::ExitCode;

use exports::{Standing, write_registers};

use crate::{command_line, keeping, terminal};

/// Replays the ledger beside whoever may be writing it, and writes what the registers hold then.
pub async fn run(command: &command_line::Registers) -> anyhow::Result<ExitCode> {
    let published = keeping::replayed(&command.dir).await?;
    let registers = crate::pages::registers();
    let standing = Standing { as_of: terminal::today(), made_at: terminal::now() };
    let rows = write_registers(&registers, &published.state, standing, &command.out).await?;
    println!("已写出 {} 个台账，共 {rows} 行：{}", registers.len(), command.out.display());
    Ok(ExitCode::SUCCESS)
}
