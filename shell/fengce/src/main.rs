//! fengce: carries out a city's action plan for IC packaging and test.

mod assess;
#[cfg(test)]
mod by_hand;
mod command_line;
mod demonstration;
mod embedded;
mod foundation;
mod founding;
mod keeping;
mod metrics;
mod notify;
mod package;
mod pages;
mod plan_check;
mod registers;
mod serve;
mod terminal;
mod tick;
#[cfg(test)]
mod walk;
mod what_if;

use std::process::ExitCode;

use clap::Parser;
use command_line::{Command, CommandLine};
use serve::ServeOptions;

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_env_filter(filter()).with_writer(std::io::stderr).init();
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
    // So that Ctrl-C is heard during work that is not asynchronous.
    let _entered = runtime.enter();
    match command {
        Command::Plan(command_line::Plan::Check { dir }) => plan_check::run(&dir),
        Command::Subsidy(command_line::Subsidy::Assess { plan, rates, format, claims }) => {
            assess::run(&plan, &rates, format, &claims)
        }
        Command::Subsidy(command_line::Subsidy::WhatIf(asked)) => runtime.block_on(what_if::run(&asked)),
        Command::Subsidy(command_line::Subsidy::Package { dir, out }) => runtime.block_on(package::run(&dir, &out)),
        Command::Ledger(ledger) => runtime.block_on(keeping::ledger(ledger)),
        Command::Backup(backup) => runtime.block_on(keeping::backup(&backup)),
        Command::Restore(restore) => runtime.block_on(keeping::restore(&restore)),
        Command::Registers(registers) => runtime.block_on(registers::run(&registers)),
        Command::Demo(demo) => runtime.block_on(async {
            if !terminal::make_demonstration(&demo).await? {
                return Ok(terminal::interrupted_code());
            }
            if !demo.no_serve {
                serve::serve(ServeOptions::of_demonstration(demo)).await?;
            }
            Ok(ExitCode::SUCCESS)
        }),
        Command::Stdf(command) => Ok(ended(stdf::command_line::run(command, &mut std::io::stdout().lock()))),
        Command::Testdata(command) => {
            let paint = |svg: &str, width| {
                report::Press::installed()
                    .and_then(|press| press.picture(svg, width))
                    .map_err(|error| error.to_string())
            };
            Ok(ended(testdata::command_line::run(command, Some(&paint), &mut std::io::stdout().lock())))
        }
        Command::Simulate(command) => Ok(ended(terminal::simulate(&command))),
        Command::Serve(serve) => runtime.block_on(async {
            serve::serve(ServeOptions::of(serve)).await?;
            Ok(ExitCode::SUCCESS)
        }),
    }
}

/// How an engine's command ended; its error says what to do.
fn ended<E: std::fmt::Display>(result: Result<(), E>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What is logged: warnings, unless `RUST_LOG` says otherwise.
fn filter() -> tracing_subscriber::EnvFilter {
    tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into())
}
