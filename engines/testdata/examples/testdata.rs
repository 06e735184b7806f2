//! The command line on its own: `cargo run -p testdata --features command-line --example testdata -- yield FILE`

use clap::Parser;

#[derive(Parser)]
#[command(name = "testdata", about = "What tester files tell")]
struct Program {
    #[command(subcommand)]
    command: testdata::command_line::Command,
}

fn main() -> std::process::ExitCode {
    match testdata::command_line::run(Program::parse().command, None, &mut std::io::stdout().lock()) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}
