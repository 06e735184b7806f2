//! The command line: one table from which help follows.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use axum::http::HeaderName;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::what_if::Assignment;

/// fengce 封测: carries out a city's action plan for its IC packaging-and-test industry.
#[derive(Parser)]
#[command(name = "fengce", version, about, max_term_width = 110)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Subcommand)]
pub enum Command {
    /// Make a demonstration city (invented firms, 示例数据) and serve it
    Demo(Demo),
    /// Serve the city in a data directory; an empty directory becomes a city with the plan and no firms
    Serve(Serve),
    /// Examine a plan kept as data
    #[command(subcommand)]
    Plan(Plan),
    /// Assess benefit claims exactly
    #[command(subcommand)]
    Subsidy(Subsidy),
    /// Verify or export the ledger
    #[command(subcommand)]
    Ledger(Ledger),
    /// Copy everything but the keys of a data directory, also while it is served
    Backup(Backup),
    /// Make a data directory from a backup
    Restore(Restore),
    /// Write all registers into one SQLite file, also while the city is served
    Registers(Registers),
    /// Read, check, convert and anonymise tester files (STDF)
    #[command(subcommand)]
    Stdf(stdf::command_line::Command),
    /// Yield, wafer maps, capability, outliers, gauge studies and control charts from tester files
    #[command(subcommand)]
    Testdata(testdata::command_line::Command),
    /// Temperature, warpage and parasitics of a package
    #[command(subcommand)]
    Simulate(simulation::command_line::SimulateCommand),
}

/// Where the city is kept and where it is served.
#[derive(Args)]
pub struct Serve {
    /// Data directory: ledger, files, keys
    #[arg(long, value_name = "DIR", env = "FENGCE_DIR", default_value = "data")]
    pub dir: PathBuf,
    /// TCP port
    #[arg(long, env = "FENGCE_PORT", default_value_t = 8110)]
    pub port: u16,
    /// Address to listen on; anything but loopback belongs behind a TLS proxy
    #[arg(long, env = "FENGCE_ADDRESS", default_value = "127.0.0.1")]
    pub address: IpAddr,
    /// Send cookies only over TLS (set this behind a TLS proxy)
    #[arg(long, env = "FENGCE_SECURE_COOKIES")]
    pub secure_cookies: bool,
    /// Behind a proxy: the header whose last value is the client's address, such as X-Forwarded-For. Whoever reaches
    /// the port without the proxy can then write any address: leave it reachable for the proxy alone
    #[arg(long, value_name = "HEADER", env = "FENGCE_CLIENT_HEADER")]
    pub client_header: Option<HeaderName>,
    /// Serve measurements (/metrics, Prometheus text format) on a listener of their own, such as 127.0.0.1:9110
    #[arg(long, value_name = "ADDRESS:PORT", env = "FENGCE_METRICS")]
    pub metrics: Option<SocketAddr>,
    /// How many nightly SQLite files of all registers are kept in DIR/exports; 0 makes none
    #[arg(long, value_name = "NUMBER", env = "FENGCE_EXPORTS_KEPT", default_value_t = EXPORTS_KEPT)]
    pub exports_kept: usize,
    /// Hand messages also to a gateway (SMS, e-mail): one JSON file each in this folder, see docs/notification.md
    #[arg(long, value_name = "DIR", env = "FENGCE_OUTBOX")]
    pub outbox: Option<PathBuf>,
    /// Folder from which firms take tester files: one folder inside it for each firm, named by its credit code
    #[arg(long, value_name = "DIR", env = "FENGCE_TESTER_FOLDER")]
    pub tester_folder: Option<PathBuf>,
    /// Have uploads scanned by a ClamAV daemon: tcp://HOST:PORT or unix:/SOCKET, see docs/scanner.md
    #[arg(long, value_name = "ADDRESS", env = "FENGCE_SCANNER")]
    pub scanner: Option<upload::ClamdAddress>,
    /// Largest upload of tester files at once, in megabytes
    #[arg(long, value_name = "MB", env = "FENGCE_LARGEST_UPLOAD_MB", default_value_t = LARGEST_UPLOAD_MB)]
    pub largest_upload_mb: usize,
    #[command(flatten)]
    pub foundation: FoundationFolders,
}

/// Megabytes of tester files taken at once unless told otherwise.
pub const LARGEST_UPLOAD_MB: usize = 4_096;
/// Nightly files that are kept unless told otherwise.
pub const EXPORTS_KEPT: usize = 30;

/// Other files to begin a city with than those of the program.
#[derive(Args)]
pub struct FoundationFolders {
    /// Begin an empty directory with this plan folder instead of the program's
    #[arg(long, value_name = "DIR", env = "FENGCE_PLAN")]
    pub plan: Option<PathBuf>,
    /// Begin an empty directory with the catalogs of this folder instead of the program's
    #[arg(long, value_name = "DIR", env = "FENGCE_CATALOG")]
    pub catalog: Option<PathBuf>,
}

/// A seeded, invented city.
#[derive(Args)]
pub struct Demo {
    /// Data directory of the demonstration; made anew when it does not exist
    #[arg(long, value_name = "DIR", default_value = "demo-data")]
    pub dir: PathBuf,
    /// TCP port
    #[arg(long, default_value_t = 8110)]
    pub port: u16,
    /// The same seed makes the same city
    #[arg(long, default_value_t = 2023)]
    pub seed: u64,
    /// Make the city and stop
    #[arg(long)]
    pub no_serve: bool,
    #[command(flatten)]
    pub foundation: FoundationFolders,
}

/// Plans as data.
#[derive(Subcommand)]
pub enum Plan {
    /// Check that every sentence is bound, or is prose that demands nothing; exit 1 with line numbers otherwise
    Check {
        /// A plan directory, such as plans/chongqing-2023
        dir: PathBuf,
    },
}

/// Benefits.
#[derive(Subcommand)]
pub enum Subsidy {
    /// Assess every claim of a CSV file, with a trace an official can read
    #[command(after_long_help = crate::assess::columns_help())]
    Assess {
        /// The plan directory whose clauses and interpretations apply
        #[arg(long, value_name = "DIR", default_value = "plans/chongqing-2023")]
        plan: PathBuf,
        /// Dated rate tables
        #[arg(long, value_name = "FILE", default_value = "catalog/rates.toml")]
        rates: PathBuf,
        /// How to answer
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
        /// The claims
        claims: PathBuf,
    },
    /// Compute every recorded assessment again under other rules; without a change, under every other option alone
    WhatIf(WhatIf),
    /// Write every recorded decision with all it was made from, for tools/check_decisions.py
    Package {
        /// Data directory
        #[arg(long, value_name = "DIR", default_value = "demo-data")]
        dir: PathBuf,
        /// The JSON file; must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

/// Other rules for every recorded assessment.
#[derive(Args)]
pub struct WhatIf {
    /// Data directory
    #[arg(long, value_name = "DIR", default_value = "demo-data")]
    pub dir: PathBuf,
    /// Another reading of a point, such as related-parties=included; may be given again
    #[arg(long, value_name = "POINT=OPTION")]
    pub reading: Vec<Assignment>,
    /// Another cap in yuan, such as interest=30000000; may be given again
    #[arg(long, value_name = "BENEFIT=YUAN")]
    pub cap: Vec<Assignment>,
    /// Another share, such as test-fee=4%; may be given again
    #[arg(long, value_name = "BENEFIT=PERCENT")]
    pub rate: Vec<Assignment>,
    /// Money for each year of claims, such as platform=5000000; may be given again
    #[arg(long, value_name = "BENEFIT=YUAN")]
    pub budget: Vec<Assignment>,
    /// Where a budget does not suffice: in the order of assessment instead of in proportion
    #[arg(long)]
    pub queue: bool,
    /// How to answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub format: Format,
}

/// How to answer.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Traces and a summary for people
    Table,
    /// One object per claim
    Json,
    /// One row per claim
    Csv,
}

/// The ledger.
#[derive(Subcommand)]
pub enum Ledger {
    /// Recompute every digest; with checkpoints, find a rewritten or truncated ledger
    Verify {
        /// Data directory
        #[arg(long, value_name = "DIR", default_value = "demo-data")]
        dir: PathBuf,
        /// Signed checkpoints to hold against the ledger: a copy kept elsewhere, or the data directory's own when no file is named
        #[arg(long, value_name = "FILE", num_args = 0..=1)]
        checkpoints: Option<Option<PathBuf>>,
        /// The public key the checkpoints must be signed with; the data directory's own by default
        #[arg(long, value_name = "FILE")]
        public_key: Option<PathBuf>,
    },
    /// Write the ledger as JSON lines from which anyone can recompute every digest
    Export {
        /// Data directory
        #[arg(long, value_name = "DIR", default_value = "demo-data")]
        dir: PathBuf,
        /// Output file; standard output by default
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// A copy of everything but the keys.
#[derive(Args)]
pub struct Backup {
    /// Data directory
    #[arg(long, value_name = "DIR", default_value = "demo-data")]
    pub dir: PathBuf,
    /// Where the backup goes; must not exist
    pub target: PathBuf,
}

/// A data directory from a backup.
#[derive(Args)]
pub struct Restore {
    /// The backup
    pub backup: PathBuf,
    /// The keys, kept apart from the backup; without them personal data stays unreadable
    #[arg(long, value_name = "DIR")]
    pub keys: Option<PathBuf>,
    /// The keys are lost: make new ones. What was encrypted with the old ones can never be read again
    #[arg(long, conflicts_with = "keys")]
    pub new_keys: bool,
    /// The new data directory; must be empty or absent
    pub dir: PathBuf,
}

/// All registers in one file.
#[derive(Args)]
pub struct Registers {
    /// Data directory
    #[arg(long, value_name = "DIR", default_value = "demo-data")]
    pub dir: PathBuf,
    /// The SQLite file; must not exist
    pub out: PathBuf,
}
