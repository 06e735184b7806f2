//! The command line on its own: `cargo run -p stdf --features command-line --example stdf -- info FILE`

use clap::Parser;

#[derive(Parser)]
#[command(name = "stdf", about = "STDF V4 and V4-2007 files")]
struct Program {
    #[command(subcommand)]
    command: stdf::command_line::Command,
}

fn main() -> std::process::ExitCode {
    match stdf::command_line::run(Program::parse().command, &mut std::io::stdout().lock()) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}
