//! fengce: carries out a city's action plan for IC packaging and test.

mod assess;
mod command_line;
mod demonstration;
mod embedded;
mod founding;
mod keeping;
mod plan_check;
mod registers;
mod terminal;
mod tick;

use std::process::ExitCode;

use clap::Parser;
use command_line::{Command, CommandLine};

fn main() -> ExitCode {
    let CommandLine { command } = CommandLine::parse();
    match run(command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new()?;
    match command {
        Command::Plan(command_line::Plan::Check { dir }) => plan_check::run(&dir),
        Command::Subsidy(command_line::Subsidy::Assess { plan, rates, format, claims }) => {
            assess::run(&plan, &rates, format, &claims)
        }
        Command::Ledger(ledger) => runtime.block_on(keeping::ledger(ledger)),
        Command::Backup(backup) => runtime.block_on(keeping::backup(&backup)),
        Command::Restore(restore) => runtime.block_on(keeping::restore(&restore)),
        Command::Registers(registers) => runtime.block_on(registers::run(&registers)),
        Command::Demo(demo) => runtime.block_on(async {
            let made = terminal::make_demonstration(&demo).await?;
            Ok(if made { ExitCode::SUCCESS } else { terminal::interrupted_code() })
        }),
        Command::Serve(_) => anyhow::bail!("serve"),
    }
}
