//! The work behind a data set: files to columns, columns to disk, one row a test, and the usual screening.

use std::path::{Path, PathBuf};

use kernel::OrganisationId;
use office::workbench::{Assignment, Ended, Worker};
use serde::{Deserialize, Serialize};
use stdf::Reader;
use stdf::tests::TestKey;
use testdata::ingest::{IngestError, Options, read_one};
use testdata::model::{Dataset, FileReport};
use testdata::overview::{TestOverview, overviews};
use testdata::screening::{Rules, screen};
use testdata::selection::{Retest, select};
use testdata::store::StoreError;
use testdata::yields::Tally;
use testdata::{kept, yields};

use crate::words::POLICIES;

/// Kind of job.
pub const KIND: &str = "testdata";
/// Bytes of results held in memory while reading; more goes to disk.
const MEMORY: usize = 512 << 20;

/// What is asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// The files, in the order of reading.
    pub files: Vec<Source>,
    /// What tells one test from another.
    pub key: Key,
}

/// A tester file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// As its owner calls it.
    pub name: String,
    /// Where it lies.
    pub place: Place,
}

/// Where a tester file lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In the job's folder, under this name.
    Uploaded(String),
    /// In the firm's folder on the server, under this path.
    Server(PathBuf),
}

/// What tells one test from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Key {
    /// Number and name
    NumberAndName,
    /// Number alone
    Number,
    /// Name alone
    Name,
}

impl From<Key> for TestKey {
    fn from(key: Key) -> Self {
        match key {
            Key::NumberAndName => Self::NumberAndName,
            Key::Number => Self::Number,
            Key::Name => Self::Name,
        }
    }
}

/// What the list of data sets shows of one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Summary {
    /// Lots, in order of appearance.
    pub lots: Vec<String>,
    /// Products.
    pub products: Vec<String>,
    /// Wafers; 0 when there are none.
    pub wafers: usize,
    /// Attempts that ended.
    pub attempts: usize,
    /// Tests.
    pub tests: usize,
    /// Results.
    pub results: u64,
    /// Passed, failed and unjudged of the last attempts.
    pub passed: usize,
    /// All parts of the last attempts.
    pub parts: usize,
    /// Whether some file was damaged or could not be read.
    pub damaged: bool,
}

/// Reads tester files.
pub struct Ingest {
    /// Folder on the server with one folder for each firm, if the operator opened one.
    pub tester_folder: Option<PathBuf>,
}

/// The folder of a firm's tester files on the server: named by its code, nothing else.
pub fn firm_folder(tester_folder: &Path, firm: &OrganisationId) -> PathBuf {
    tester_folder.join(firm.as_str())
}

/// Where a source of a job lies.
pub fn path_of(source: &Source, job: &Path, tester_folder: Option<&Path>, firm: &OrganisationId) -> Option<PathBuf> {
    match &source.place {
        Place::Uploaded(name) => Some(job.join("inputs").join(name)),
        Place::Server(path) => tester_folder.map(|folder| firm_folder(folder, firm).join(path)),
    }
}

/// Where the data set of a job lies.
pub fn results(job: &Path) -> PathBuf {
    job.join("results")
}

/// Where the rows of a policy lie.
pub fn overview_file(job: &Path, retest: Retest) -> PathBuf {
    let key = POLICIES.iter().find(|(of, _, _)| *of == retest).map_or("last", |(_, key, _)| key);
    results(job).join(format!("tests-{key}.json"))
}

/// Where the usual screening of the last attempts lies.
pub fn screening_file(job: &Path) -> PathBuf {
    results(job).join("screening.json")
}

/// Where the summary lies.
pub fn summary_file(job: &Path) -> PathBuf {
    results(job).join("summary.json")
}

impl Worker for Ingest {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn work(&self, assignment: &Assignment) -> Result<String, Ended> {
        let request: Request = serde_json::from_str(&assignment.input)
            .map_err(|error| Ended::Failed(format!("提交的内容无法识别（{error}），请重新上传。")))?;
        let mut dataset = self.read(assignment, &request)?;
        if dataset.parts.is_empty() {
            let why: Vec<String> = dataset
                .files
                .iter()
                .flat_map(|file| file.damage.iter().map(|line| testdata::language::Language::Chinese.remark(line)))
                .collect();
            let why = if why.is_empty() { String::new() } else { format!("：{}", why.join("；")) };
            return Err(Ended::Failed(format!(
                "文件中没有读到任何芯片的测试记录{why}。请确认上传的是测试机输出的 STDF 文件。"
            )));
        }
        let folder = results(&assignment.folder);
        // What an earlier attempt left is incomplete.
        let _ = std::fs::remove_dir_all(&folder);
        assignment.progress(620, 1000, "写入列存储")?;
        let written = kept::keep(&dataset, &folder).map_err(failed)?;
        dataset.results = Vec::new();
        let dataset = kept::open(&folder).map_err(failed)?;
        self.sum_up(assignment, &dataset)?;
        let summary = summary(&dataset, written.rows);
        save(&summary_file(&assignment.folder), &summary)?;
        Ok(outcome(&summary))
    }
}

impl Ingest {
    /// Reads all files; one that cannot be read is reported and the others are read all the same.
    fn read(&self, assignment: &Assignment, request: &Request) -> Result<Dataset, Ended> {
        let options = Options {
            key: request.key.into(),
            memory: MEMORY,
            spill_folder: assignment.folder.clone(),
            ..Options::default()
        };
        let mut dataset = Dataset::default();
        let count = request.files.len().max(1) as u64;
        for (number, source) in (0u64..).zip(&request.files) {
            let path = path_of(source, &assignment.folder, self.tester_folder.as_deref(), &assignment.organisation);
            let size = path.as_ref().and_then(|path| std::fs::metadata(path).ok()).map_or(0, |of| of.len()).max(1);
            let told = format!("读取 {}", source.name);
            let reader = match path.as_ref().map(Reader::open) {
                Some(Ok(reader)) => reader,
                Some(Err(error)) => {
                    dataset.files.push(unread(source, &without_path(&error)));
                    continue;
                }
                None => {
                    dataset.files.push(unread(source, "服务器文件夹已停用，无法读取"));
                    continue;
                }
            };
            // A packed file unpacks to an unknown length: its share of the bar fills up as if to six times its size.
            let unpacked = if reader.mapped().is_some() { size } else { size.saturating_mul(6) };
            let read = read_one(&mut dataset, reader, &source.name, &options, |position| {
                let share = (position.min(unpacked) * 600 / unpacked + number * 600) / count;
                assignment.progress(share, 1000, &told).is_ok()
            });
            match read {
                Ok(()) => {}
                Err(IngestError::Cancelled) => return Err(Ended::Cancelled),
                Err(IngestError::Store(error)) => return Err(failed(error)),
                Err(IngestError::Open(error)) => dataset.files.push(unread(source, &without_path(&error))),
            }
        }
        Ok(dataset)
    }

    /// One row a test under every policy, and the usual screening.
    fn sum_up(&self, assignment: &Assignment, dataset: &Dataset) -> Result<(), Ended> {
        let tests = dataset.tests.len().max(1) as u64;
        let selections = POLICIES.map(|(retest, _, _)| select(dataset, retest));
        // Without repeats every policy chooses the same attempts.
        let different = if selections[0].repeats == 0 { &selections[..1] } else { &selections[..] };
        let rows = overviews(dataset, different, |done| {
            assignment.progress(700 + done as u64 * 150 / tests, 1000, "汇总各测试项").is_ok()
        });
        let rows: Vec<Vec<TestOverview>> = rows.map_err(failed)?.ok_or(Ended::Cancelled)?;
        for ((retest, _, _), rows) in POLICIES.iter().zip(rows.iter().cycle()) {
            save(&overview_file(&assignment.folder, *retest), rows)?;
        }
        let [last, ..] = &selections;
        let screening = screen(dataset, last, &Rules::default(), |done| {
            assignment.progress(850 + done as u64 * 150 / tests, 1000, "筛查异常芯片").is_ok()
        });
        save(&screening_file(&assignment.folder), &screening.map_err(failed)?.ok_or(Ended::Cancelled)?)
    }
}

/// A path of the server is nobody's business but the operator's.
fn without_path(error: &stdf::OpenError) -> String {
    match error {
        stdf::OpenError::Io { source, .. } => format!("无法读取（{source}）"),
        stdf::OpenError::NotStdf { .. } => "不是 STDF 文件，开头既没有 FAR，也没有可识别的记录".to_owned(),
        stdf::OpenError::Archive { message, .. } => format!("压缩包无法打开（{message}）"),
    }
}

fn unread(source: &Source, why: &str) -> FileReport {
    FileReport {
        file: source.name.clone(),
        bytes: 0,
        records: 0,
        damage: vec![why.to_owned()],
        lost_bytes: 0,
        notes: Vec::new(),
    }
}

fn failed(error: StoreError) -> Ended {
    Ended::Failed(format!("结果无法写入或读回（{error}）。请联系系统管理员检查磁盘空间。"))
}

fn save(path: &Path, value: &impl Serialize) -> Result<(), Ended> {
    let told = |error: &dyn std::fmt::Display| {
        Ended::Failed(format!("结果无法写入（{error}）。请联系系统管理员检查磁盘空间。"))
    };
    let bytes = serde_json::to_vec(value).map_err(|error| told(&error))?;
    std::fs::write(path, bytes).map_err(|error| told(&error))
}

fn summary(dataset: &Dataset, results: u64) -> Summary {
    let mut lots: Vec<String> = Vec::new();
    let mut products: Vec<String> = Vec::new();
    for run in &dataset.runs {
        for (list, name) in [(&mut lots, &run.lot), (&mut products, &run.product)] {
            if !name.is_empty() && !list.contains(name) {
                list.push(name.clone());
            }
        }
    }
    let last: Tally = yields::report(dataset, Retest::Last).total;
    let mut wafers: Vec<(u32, &str)> = dataset.wafers.iter().map(|wafer| (wafer.run, wafer.id.as_str())).collect();
    wafers.sort_unstable();
    wafers.dedup();
    Summary {
        lots,
        products,
        wafers: wafers.len(),
        attempts: dataset.parts.iter().filter(|part| part.flags.is_some()).count(),
        tests: dataset.tests.len(),
        results,
        passed: last.passed,
        parts: last.total(),
        damaged: dataset.files.iter().any(|file| !file.damage.is_empty() || file.lost_bytes > 0)
            || dataset.runs.iter().any(|run| !run.complete),
    }
}

fn outcome(summary: &Summary) -> String {
    let share = 100.0 * summary.passed as f64 / summary.parts.max(1) as f64;
    let wafers = if summary.wafers > 0 { format!("{} 片晶圆，", summary.wafers) } else { String::new() };
    let damaged = if summary.damaged { "；有文件损坏或没有读完，见“文件”" } else { "" };
    format!("{wafers}{} 次测试，{} 个测试项，末次良率 {share:.2}%{damaged}。", summary.attempts, summary.tests)
}
