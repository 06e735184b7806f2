//! `stdf info|check|convert|split|anonymise|generate`, to be mounted in a program's command line

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::bytes::ByteOrder;
use crate::check::{Examination, examine};
use crate::edit::{self, Filter};
use crate::reader::{OpenError, Packing, Reader, unpack};
use crate::records::RecordType;
use crate::writer::{WriteError, Writer};
use crate::{atdf, generate, json};

/// What to do with STDF files
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Show what files hold: lot, product, tester, runs and record counts
    Info(Files),
    /// Read files to their end and report damage and contradictions; fails when there are any
    Check(Files),
    /// Convert: other byte order, ATDF, JSON lines, packing; filter by type, site or test; several files are merged
    Convert(Convert),
    /// Split a file into its runs, one file for each MIR
    Split {
        /// The file to read
        input: PathBuf,
        /// Folder for `NAME-1.stdf` and so on; none of them may exist
        output: PathBuf,
    },
    /// Replace every name by a pseudonym and move all times; results stay
    Anonymise {
        /// The file to read
        input: PathBuf,
        /// The file to write; must not exist
        output: PathBuf,
    },
    /// Write a synthetic file, marked as synthetic
    Generate(Generate),
}

/// Files to read
#[derive(Debug, Clone, Args)]
pub struct Files {
    /// STDF files, plain or packed with gzip, bzip2, zip or Zstandard
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What to convert into what
#[derive(Debug, Clone, Args)]
pub struct Convert {
    /// Files to read; `.atdf` and `.atd` are read as ATDF
    #[arg(required = true)]
    inputs: Vec<PathBuf>,
    /// The file to write; must not exist. Its name decides: .atdf/.atd, .jsonl, otherwise STDF; then .gz or .zst packs
    #[arg(short, long)]
    output: PathBuf,
    /// Byte order of the output; by default that of the first input
    #[arg(long)]
    order: Option<Order>,
    /// Keep only these record types, such as PTR,PRR
    #[arg(long, value_delimiter = ',')]
    types: Vec<String>,
    /// Keep only these sites
    #[arg(long, value_delimiter = ',')]
    sites: Vec<u8>,
    /// Keep only these test numbers
    #[arg(long, value_delimiter = ',')]
    tests: Vec<u32>,
}

/// Byte order by name
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Order {
    /// Least significant byte first
    Little,
    /// Most significant byte first
    Big,
}

impl From<Order> for ByteOrder {
    fn from(order: Order) -> ByteOrder {
        match order {
            Order::Little => ByteOrder::Little,
            Order::Big => ByteOrder::Big,
        }
    }
}

/// What to generate
#[derive(Debug, Clone, Args)]
pub struct Generate {
    /// The file to write; must not exist
    output: PathBuf,
    /// About how large, in megabytes; decides the number of wafers
    #[arg(long, default_value_t = 64)]
    megabytes: u64,
    /// Same seed, same file
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Parametric tests
    #[arg(long, default_value_t = 100)]
    parametric: u32,
    /// Functional tests
    #[arg(long, default_value_t = 10)]
    functional: u32,
    /// Dies along a wafer's diameter
    #[arg(long, default_value_t = 40)]
    diameter: i16,
    /// Sites tested in parallel
    #[arg(long, default_value_t = 4)]
    sites: u8,
    /// A site whose contacts are worn, so that it fails more than the others
    #[arg(long)]
    worn_site: Option<u8>,
    /// Byte order
    #[arg(long, value_enum, default_value_t = Order::Little)]
    order: Order,
}

/// Why a command failed
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Opening
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Writing
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The operating system refused
    #[error("{path}: {source}")]
    Io {
        /// The file
        path: PathBuf,
        /// Why
        source: io::Error,
    },
    /// Printing failed
    #[error("printing failed: {0}")]
    Print(#[from] io::Error),
    /// ATDF could not be read
    #[error("{path}: {source}")]
    Atdf {
        /// The file
        path: PathBuf,
        /// Why
        source: atdf::AtdfError,
    },
    /// A record type that does not exist
    #[error("{0:?} is no record type: use the three letters of the specification, such as PTR")]
    Type(String),
    /// `check` found something
    #[error("{0} of {1} files are damaged or contradict the format")]
    NotClean(usize, usize),
}

impl From<atdf::AtdfError> for CommandError {
    fn from(source: atdf::AtdfError) -> Self {
        CommandError::Atdf { path: PathBuf::from("ATDF"), source }
    }
}

/// Carries out a command, printing to `out`; progress goes to standard error when that is a terminal
///
/// # Errors
/// With a message for the user
pub fn run(command: Command, out: &mut impl Write) -> Result<(), CommandError> {
    match command {
        Command::Info(files) => files.files.iter().try_for_each(|path| {
            let examination = read(path)?;
            print(path, &examination, files.json, false, out)
        }),
        Command::Check(files) => {
            let mut unclean = 0;
            for path in &files.files {
                let examination = read(path)?;
                unclean += usize::from(!examination.is_clean());
                print(path, &examination, files.json, true, out)?;
            }
            if unclean > 0 { Err(CommandError::NotClean(unclean, files.files.len())) } else { Ok(()) }
        }
        Command::Convert(convert) => run_convert(&convert, out),
        Command::Anonymise { input, output } => {
            let mut reader = Reader::open(&input)?;
            let mut writer = Writer::new(target(&output)?, reader.order());
            let (written, left_out) = edit::anonymise(&mut reader, &mut writer)?;
            finish(writer.finish(), &output)?;
            report_faults(&input, &reader, out)?;
            writeln!(out, "{written} records written, {left_out} with free content left out")?;
            Ok(())
        }
        Command::Split { input, output } => run_split(&input, &output, out),
        Command::Generate(plan) => run_generate(&plan, out),
    }
}

/// A progress bar over bytes
pub fn progress_bar(total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
    ProgressBar::new(total).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn read(path: &Path) -> Result<Examination, CommandError> {
    let reader = Reader::open(path)?;
    let bar = progress_bar(reader.size());
    let examination = examine(reader, |position| {
        bar.set_position(position);
        true
    });
    bar.finish_and_clear();
    Ok(examination)
}

fn print(
    path: &Path,
    examination: &Examination,
    as_json: bool,
    with_findings: bool,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let counts: Vec<(&str, u64)> = examination.records.iter().map(|(kind, count)| (kind.name(), *count)).collect();
    let faults: Vec<String> = examination.faults.kept().iter().map(ToString::to_string).collect();
    if as_json {
        let runs: Vec<_> = examination
            .runs
            .iter()
            .map(|mir| {
                json!({ "lot": mir.lot_id.decode(), "product": mir.part_typ.decode(), "program": mir.job_nam.decode(),
                        "tester": mir.node_nam.decode(), "started": mir.start_t })
            })
            .collect();
        let findings: Vec<_> = examination
            .findings
            .iter()
            .map(
                |finding| json!({ "what": finding.what, "times": finding.times, "first_offset": finding.first_offset }),
            )
            .collect();
        let object = json!({
            "file": path, "stored_bytes": examination.stored_bytes, "unpacked_bytes": examination.unpacked_bytes,
            "order": format!("{:?}", examination.order), "packing": format!("{:?}", examination.packing),
            "runs": runs, "records": counts.into_iter().collect::<std::collections::BTreeMap<_, _>>(),
            "faults": faults, "lost_bytes": examination.faults.lost_bytes(), "findings": findings,
        });
        writeln!(out, "{object}")?;
        return Ok(());
    }
    writeln!(out, "{}", path.display())?;
    writeln!(
        out,
        "  {:?} endian, {:?}, {} bytes ({} unpacked)",
        examination.order, examination.packing, examination.stored_bytes, examination.unpacked_bytes
    )?;
    for mir in &examination.runs {
        writeln!(
            out,
            "  lot {}, product {}, program {}, tester {}",
            mir.lot_id, mir.part_typ, mir.job_nam, mir.node_nam
        )?;
    }
    for line in counts.chunks(8) {
        let cells: Vec<String> = line.iter().map(|(name, count)| format!("{name} {count}")).collect();
        writeln!(out, "  {}", cells.join("  "))?;
    }
    for ((typ, sub), count) in &examination.unknown {
        writeln!(out, "  unknown type ({typ}, {sub}): {count}")?;
    }
    for fault in &faults {
        writeln!(out, "  damage {fault}")?;
    }
    let untold = examination.faults.total().saturating_sub(faults.len() as u64);
    if untold > 0 {
        writeln!(out, "  and {untold} more places of damage")?;
    }
    if with_findings {
        for finding in &examination.findings {
            writeln!(out, "  {} ({} times, first at byte {})", finding.what, finding.times, finding.first_offset)?;
        }
        if examination.is_clean() {
            writeln!(out, "  whole and free of contradictions")?;
        }
    }
    Ok(())
}

fn report_faults(path: &Path, reader: &Reader, out: &mut impl Write) -> io::Result<()> {
    let faults = reader.faults();
    for fault in faults.kept() {
        writeln!(out, "{}: damage {fault}", path.display())?;
    }
    if faults.lost_bytes() > 0 {
        writeln!(out, "{}: {} bytes could not be read and are not in the output", path.display(), faults.lost_bytes())?;
    }
    Ok(())
}

fn target(path: &Path) -> Result<Box<dyn Write>, CommandError> {
    let io = |source| CommandError::Io { path: path.to_owned(), source };
    let file = BufWriter::with_capacity(1 << 20, File::create_new(path).map_err(io)?);
    Ok(match path.extension().and_then(OsStr::to_str) {
        Some("gz") => Box::new(flate2::write::GzEncoder::new(file, flate2::Compression::default())),
        Some("zst") => Box::new(zstd::Encoder::new(file, 3).map_err(io)?.auto_finish()),
        _ => Box::new(file),
    })
}

fn finish(outcome: io::Result<Box<dyn Write>>, path: &Path) -> Result<(), CommandError> {
    outcome.map(drop).map_err(|source| CommandError::Io { path: path.to_owned(), source })
}

/// The extension that says the format: the one before `.gz` or `.zst`
fn format_of(path: &Path) -> Option<&str> {
    let outer = path.extension()?.to_str()?;
    if matches!(outer, "gz" | "zst") { Path::new(path.file_stem()?).extension()?.to_str() } else { Some(outer) }
}

fn is_atdf(path: &Path) -> bool {
    matches!(format_of(path), Some("atdf" | "atd"))
}

fn run_convert(convert: &Convert, out: &mut impl Write) -> Result<(), CommandError> {
    let types: Result<Vec<RecordType>, CommandError> = convert
        .types
        .iter()
        .map(|name| RecordType::from_name(&name.to_uppercase()).ok_or_else(|| CommandError::Type(name.clone())))
        .collect();
    let filter = Filter { types: types?, sites: convert.sites.clone(), tests: convert.tests.clone() };
    let format = format_of(&convert.output).unwrap_or_default();
    let mut order = convert.order.map(ByteOrder::from);
    let mut target = Some(target(&convert.output)?);
    let mut writer: Option<Writer<Box<dyn Write>>> = None;
    let mut count = 0u64;
    for (index, path) in convert.inputs.iter().enumerate() {
        let text = is_atdf(path);
        let mut source = if text { None } else { Some(Reader::open(path)?) };
        let file_order = source.as_ref().map(Reader::order).unwrap_or_default();
        let order = *order.get_or_insert(file_order);
        if !matches!(format, "atdf" | "atd" | "jsonl")
            && let Some(target) = target.take()
        {
            writer = Some(Writer::new(target, order));
        }
        let mut put = |view: &crate::RecordView<'_>, frame: Option<&crate::Frame<'_>>| -> Result<(), CommandError> {
            if index > 0 && view.record_type() == Some(RecordType::Far) && format != "jsonl" {
                return Ok(());
            }
            count += 1;
            match (&mut writer, &mut target, frame) {
                (Some(writer), _, Some(frame)) => writer.frame(frame)?,
                (Some(writer), _, None) => writer.record(view)?,
                (None, Some(target), _) if format == "jsonl" => writeln!(target, "{}", json::record(view))?,
                (None, Some(target), _) => atdf::write_line(view, target)?,
                (None, None, _) => {}
            }
            Ok(())
        };
        if let Some(reader) = &mut source {
            while let Some(frame) = reader.next_frame() {
                if filter.keeps(&frame) {
                    put(&frame.decode(), Some(&frame))?;
                }
            }
            report_faults(path, reader, out)?;
        } else {
            let io = |source| CommandError::Io { path: path.clone(), source };
            let mut file = BufReader::new(File::open(path).map_err(io)?);
            let packing = Packing::sniff(file.fill_buf().map_err(io)?);
            let file = unpack(file, packing, path)?;
            let far = atdf::far(order.cpu_type());
            atdf::read(BufReader::new(file), |record| match record.as_view() {
                crate::RecordView::Far(_) => put(&crate::RecordView::Far(far.as_view()), None),
                view => put(&view, None),
            })?;
        }
    }
    let done = match (writer, target) {
        (Some(writer), _) => writer.finish(),
        (None, Some(mut target)) => target.flush().map(|()| target),
        (None, None) => return Ok(()),
    };
    finish(done, &convert.output)?;
    writeln!(out, "{count} records written to {}", convert.output.display())?;
    Ok(())
}

fn run_split(input: &Path, folder: &Path, out: &mut impl Write) -> Result<(), CommandError> {
    let mut reader = Reader::open(input)?;
    std::fs::create_dir_all(folder).map_err(|source| CommandError::Io { path: folder.to_owned(), source })?;
    // Of `lot.stdf.gz`, the part before the first dot
    let name = input.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = name.split('.').next().unwrap_or_default().to_owned();
    let mut paths = Vec::new();
    let (runs, left_out) = edit::split(&mut reader, |run| {
        let path = folder.join(format!("{name}-{}.stdf", run + 1));
        let file = File::create_new(&path)?;
        paths.push(path);
        Ok(BufWriter::with_capacity(1 << 20, file))
    })?;
    report_faults(input, &reader, out)?;
    paths.iter().try_for_each(|path| writeln!(out, "{}", path.display()))?;
    writeln!(out, "{runs} runs; {left_out} records before the first MIR left out")?;
    Ok(())
}

fn run_generate(wanted: &Generate, out: &mut impl Write) -> Result<(), CommandError> {
    let plan = generate::Plan {
        seed: wanted.seed,
        order: wanted.order.into(),
        parametric: wanted.parametric,
        functional: wanted.functional,
        diameter: wanted.diameter.clamp(1, 1000),
        sites: wanted.sites.max(1),
        worn_site: wanted.worn_site,
        ..generate::Plan::default()
    }
    .of_size(wanted.megabytes << 20);
    let bar = progress_bar(wanted.megabytes << 20);
    let target = target(&wanted.output)?;
    let written = generate::generate(&plan, target, |position| {
        bar.set_position(position);
        true
    })?;
    bar.finish_and_clear();
    writeln!(out, "{}: {written} bytes, {} wafers of {} dies", wanted.output.display(), plan.wafers, plan.dies())?;
    Ok(())
}
