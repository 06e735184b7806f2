//! `testdata yield|map|capability|correlation|pat|grr|spc|store`, to be mounted in a program's command line

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use stdf::Encoding;
use stdf::tests::TestKey;

use crate::export::ExportError;
use crate::gauge::NotBalanced;
use crate::ingest::{IngestError, Options, read_files};
use crate::language::Language;
use crate::model::Dataset;
use crate::selection::Retest;
use crate::store::{self, StoreError};

mod maps;
mod outliers;
mod tests;
mod yields;

pub use maps::MapArguments;
pub use outliers::PatArguments;
pub use tests::{CorrelationArguments, SpcArguments};
pub use yields::YieldArguments;

/// What to find out from tester files
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Yield by lot, wafer, site and bin; re-probed parts; claims that do not agree
    Yield(YieldArguments),
    /// Wafer maps as SVG: bins, one test's values, or all wafers stacked
    Map(MapArguments),
    /// Cp, Cpk, Pp, Ppk, histogram and sites of tests
    Capability(TestArguments),
    /// Which tests move together: the strongest correlations, or one test against all others
    Correlation(CorrelationArguments),
    /// Outliers: PAT, nearest neighbour residual, bad neighbourhoods, clusters, bad positions; new bins to files
    Pat(PatArguments),
    /// Gauge repeatability and reproducibility: sites (or files) as appraisers, parts tested repeatedly
    Grr(TestArguments),
    /// Individuals control chart of a test in order of execution
    Spc(SpcArguments),
    /// Write everything as Parquet, partitioned by product, lot and wafer
    Store(StoreArguments),
}

/// What every command takes
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// STDF files, plain or packed
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Which attempts at a die or part count
    #[arg(long, value_enum, default_value_t = Retest::Last)]
    retest: Retest,
    /// What tells tests apart
    #[arg(long, value_enum, default_value_t = Key::NumberAndName)]
    test_key: Key,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// How texts that are not UTF-8 are read
    #[arg(long, value_enum, default_value_t = Texts::Latin1)]
    texts: Texts,
    /// Megabytes of results to hold in memory; more goes to temporary Parquet files
    #[arg(long, default_value_t = 1024)]
    memory: usize,
    /// Threads that read and write; as many as processors by default
    #[arg(long)]
    threads: Option<usize>,
    /// Language of what is printed, drawn and reported; JSON is the same in both
    #[arg(long, value_enum, default_value_t = Language::Chinese)]
    lang: Language,
}

/// Encoding of texts that are not UTF-8
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Texts {
    /// ISO 8859-1
    Latin1,
    /// GB 18030, of testers that run a Chinese system
    Gb18030,
}

/// What tells one test from another
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Key {
    /// Number and name
    NumberAndName,
    /// Number alone
    Number,
    /// Name alone
    Name,
}

/// Options of commands about tests
#[derive(Debug, Clone, Args)]
pub struct TestArguments {
    #[command(flatten)]
    common: Common,
    /// Only tests with this number or part of a name; all otherwise
    #[arg(long)]
    test: Option<String>,
    /// Folder for plots (SVG)
    #[arg(long)]
    plots: Option<PathBuf>,
    /// Draw each plot as PNG too
    #[arg(long)]
    png: bool,
}

/// Options of `store`
#[derive(Debug, Clone, Args)]
pub struct StoreArguments {
    #[command(flatten)]
    common: Common,
    /// Folder to write to
    #[arg(short, long)]
    output: PathBuf,
}

/// Why a command failed
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Reading
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// Parquet
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Exporting
    #[error(transparent)]
    Export(#[from] ExportError),
    /// Opening again for re-binning
    #[error(transparent)]
    Open(#[from] stdf::OpenError),
    /// The operating system refused
    #[error("{path}: {source}")]
    Io {
        /// The file
        path: PathBuf,
        /// Why
        source: std::io::Error,
    },
    /// Printing failed
    #[error("printing failed: {0}")]
    Print(#[from] std::io::Error),
    /// The gauge study is not crossed
    #[error(transparent)]
    Gauge(#[from] NotBalanced),
    /// Something that was asked for is not there, or does not go together
    #[error("{0}")]
    Request(String),
}

/// Draws SVG text as PNG, so many pixels wide; this crate has no raster library of its own
pub type Painter<'p> = &'p dyn Fn(&str, u32) -> Result<Vec<u8>, String>;

/// Carries out a command, printing to `out`; progress goes to standard error when that is a terminal
///
/// Without a painter, PNG is refused.
///
/// # Errors
/// With a message for the user
pub fn run(command: Command, painter: Option<Painter<'_>>, out: &mut impl Write) -> Result<(), CommandError> {
    match command {
        Command::Yield(arguments) => yields::run(&arguments, out),
        Command::Map(arguments) => maps::run(&arguments, painter, out),
        Command::Capability(arguments) => tests::capability(&arguments, painter, out),
        Command::Correlation(arguments) => tests::correlation(&arguments, painter, out),
        Command::Pat(arguments) => outliers::run(&arguments, out),
        Command::Grr(arguments) => tests::gauge(&arguments, out),
        Command::Spc(arguments) => tests::control(&arguments, painter, out),
        Command::Store(arguments) => {
            let dataset = read(&arguments.common, true)?;
            let threads = arguments.common.options(true).threads;
            let written = store::write_with(&dataset, &arguments.output, threads)?;
            if arguments.common.json {
                let object = serde_json::json!({ "results": written.rows, "files": written.files, "bytes": written.bytes, "read": &dataset.files });
                writeln!(out, "{object}")?;
                return Ok(());
            }
            let language = arguments.common.lang;
            tell_files(&dataset, language, out)?;
            let (rows, files, bytes) = (written.rows, written.files.len(), written.bytes);
            match language {
                Language::Chinese => writeln!(out, "{rows} 条结果，{files} 个文件，{bytes} 字节")?,
                Language::English => writeln!(out, "{rows} results in {files} files, {bytes} bytes")?,
            }
            Ok(())
        }
    }
}

impl Common {
    fn options(&self, results: bool) -> Options {
        let key = match self.test_key {
            Key::NumberAndName => TestKey::NumberAndName,
            Key::Number => TestKey::Number,
            Key::Name => TestKey::Name,
        };
        let encoding = match self.texts {
            Texts::Latin1 => Encoding::Utf8OrLatin1,
            Texts::Gb18030 => Encoding::Utf8OrGb18030,
        };
        let usual = Options::default();
        let threads = self.threads.unwrap_or(usual.threads).max(1);
        Options { key, results, encoding, threads, memory: self.memory << 20, ..usual }
    }
}

fn read(common: &Common, results: bool) -> Result<Dataset, CommandError> {
    read_these(&common.files, &common.options(results))
}

fn read_these(files: &[PathBuf], options: &Options) -> Result<Dataset, CommandError> {
    let total = files.iter().filter_map(|path| std::fs::metadata(path).ok()).map(|data| data.len()).sum();
    let bar = stdf::command_line::progress_bar(total);
    let (mut file, mut before, mut last) = (PathBuf::new(), 0, 0);
    let dataset = read_files(files, options, |path, position| {
        if path != file {
            before += last;
            file = path.to_owned();
        }
        last = position;
        bar.set_position(before + position);
        true
    })?;
    bar.finish_and_clear();
    Ok(dataset)
}

fn save(path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    let io = |source| CommandError::Io { path: path.to_owned(), source };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(io)?;
    }
    std::fs::write(path, bytes).map_err(io)
}

fn file_name(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' }).collect()
}

/// Pixels across a PNG
const PIXELS: u32 = 1280;

/// Where plots go, and whether as PNG too
struct Plots<'p> {
    folder: &'p Path,
    painter: Option<Painter<'p>>,
}

impl<'p> Plots<'p> {
    fn into(
        folder: &'p Path,
        png: bool,
        painter: Option<Painter<'p>>,
        language: Language,
    ) -> Result<Self, CommandError> {
        if png && painter.is_none() {
            let message =
                language.say("这个程序不能画 PNG，请去掉 --png", "this program cannot draw PNG: leave out --png");
            return Err(CommandError::Request(message.into()));
        }
        Ok(Plots { folder, painter: painter.filter(|_| png) })
    }

    /// Writes a plot; gives the files
    fn save(&self, name: &str, svg: &str) -> Result<Vec<PathBuf>, CommandError> {
        let path = self.folder.join(format!("{}.svg", file_name(name)));
        save(&path, svg.as_bytes())?;
        let mut written = vec![path];
        if let Some(paint) = self.painter {
            let path = self.folder.join(format!("{}.png", file_name(name)));
            save(&path, &paint(svg, PIXELS).map_err(CommandError::Request)?)?;
            written.push(path);
        }
        Ok(written)
    }
}

fn tell_files(dataset: &Dataset, language: Language, out: &mut impl Write) -> Result<(), CommandError> {
    for file in &dataset.files {
        for line in file.damage.iter().chain(&file.notes) {
            writeln!(out, "  {}: {}", file.file, language.remark(line))?;
        }
    }
    Ok(())
}

fn test_name(dataset: &Dataset, test: usize) -> String {
    dataset.tests.get(test).map(|test| format!("{} {}", test.number, test.name)).unwrap_or_default()
}

fn wanted_tests(dataset: &Dataset, wanted: Option<&str>, language: Language) -> Result<Vec<usize>, CommandError> {
    match wanted {
        None => Ok((0..dataset.tests.len()).collect()),
        Some(wanted) => {
            let found = dataset.find_tests(wanted);
            if found.is_empty() {
                let none = language.say("没有编号或名称含此的测试项", "no test has this number or in its name");
                Err(CommandError::Request(format!("{none}: {wanted:?}")))
            } else {
                Ok(found)
            }
        }
    }
}

fn limits(dataset: &Dataset, test: usize) -> (Option<f64>, Option<f64>) {
    dataset.tests.get(test).map(|test| (test.low.map(f64::from), test.high.map(f64::from))).unwrap_or_default()
}
