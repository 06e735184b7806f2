//! The command line of the engine on its own:
//! `cargo run --release -p simulation --features command-line --example simulate -- new qfn`.

use clap::Parser;
use simulation::command_line::{SimulateCommand, run};

/// Simulate a package.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: SimulateCommand,
}

fn main() -> std::process::ExitCode {
    let arguments = Arguments::parse();
    let mut progress = |share: f64, what: &str| {
        eprint!("\r{:>3.0} %  {what:<24}", share * 100.0);
        true
    };
    let done = run(&arguments.command, &mut std::io::stdout().lock(), &mut progress);
    eprintln!();
    match done {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}
