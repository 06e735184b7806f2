//! A dataset that stays on disk and is opened again without its results
//!
//! Beside the Parquet of [`store::write`] lie `attempts.parquet` (every attempt in order) and `dataset.json` (runs,
//! wafers, tests, claims about bins, differences, file reports). An opened dataset holds these in memory; the results of
//! one test are read when asked for, and only the pages of the files that hold that test.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int16Array, RecordBatch, StringArray, UInt8Array, UInt16Array, UInt32Array};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::{Deserialize, Serialize};
use stdf::tests::TestKind;

use crate::model::{About, Claim, Dataset, FileReport, Part, ResultColumns, Run, Test, Wafer};
use crate::result_reader::ResultFile;
use crate::store::{self, StoreError, Written};
use crate::yields::{self, Difference};

const ATTEMPTS: &str = "attempts.parquet";
const REST: &str = "dataset.json";

/// Where the results of an opened dataset lie
#[derive(Debug)]
pub(crate) struct Kept {
    files: Vec<ResultFile>,
    pub(crate) differences: Vec<Difference>,
}

/// One result of one attempt
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PartResult {
    /// Number of the test in the dataset
    pub test: u32,
    /// Which of several results (MPR)
    pub element: u16,
    /// Result in base units; NaN where the test has none
    pub value: f32,
    /// `TEST_FLG`
    pub flags: u8,
}

/// What is not a table
#[derive(Serialize, Deserialize)]
struct Rest {
    runs: Vec<Run>,
    wafers: Vec<Wafer>,
    tests: Vec<TestRow>,
    claims: Vec<ClaimRow>,
    differences: Vec<DifferenceRow>,
    files: Vec<FileReport>,
}

#[derive(Serialize, Deserialize)]
struct TestRow {
    number: u32,
    name: String,
    kind: String,
    units: String,
    low: Option<f32>,
    high: Option<f32>,
    limits_change: bool,
    /// Data sets that were kept before pins were read have none
    #[serde(default)]
    pins: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct ClaimRow {
    run: u32,
    record: String,
    about: About,
    site: Option<(u8, u8)>,
    count: Option<u32>,
    second: Option<u32>,
}

#[derive(Serialize, Deserialize)]
struct DifferenceRow {
    record: String,
    about: String,
    claimed: u32,
    counted: u32,
}

const KINDS: [(TestKind, &str); 4] = [
    (TestKind::Parametric, "PTR"),
    (TestKind::MultipleResult, "MPR"),
    (TestKind::Functional, "FTR"),
    (TestKind::Scan, "STR"),
];
const CLAIMING: [&str; 5] = ["PCR", "HBR", "SBR", "WRR", "TSR"];

/// The record a kind of test is written in
pub fn kind_record(kind: TestKind) -> &'static str {
    KINDS.iter().find(|(of, _)| *of == kind).map_or("PTR", |(_, record)| record)
}

fn kind_of(record: &str) -> TestKind {
    KINDS.iter().find(|(_, name)| *name == record).map_or(TestKind::Parametric, |(kind, _)| *kind)
}

fn claiming(record: &str) -> &'static str {
    CLAIMING.into_iter().find(|name| *name == record).unwrap_or("")
}

/// Writes a dataset into a folder so that [`open`] finds all of it again
///
/// Claims about single tests (TSR) are compared now and not kept: what differs is.
///
/// # Errors
/// When the folder cannot be written or spilled results cannot be read back
pub fn keep(dataset: &Dataset, folder: &Path) -> Result<Written, StoreError> {
    let written = store::write(dataset, folder)?;
    let attempts = folder.join(ATTEMPTS);
    let batch = attempts_batch(&dataset.parts)?;
    let mut writer = parquet::arrow::ArrowWriter::try_new(store::create(&attempts)?, batch.schema(), None)?;
    writer.write(&batch)?;
    writer.close()?;
    let row = |test: &Test| TestRow {
        number: test.number,
        name: test.name.clone(),
        kind: kind_record(test.kind).to_owned(),
        units: test.units.clone(),
        low: test.low,
        high: test.high,
        limits_change: test.limits_change,
        pins: test.pins.clone(),
    };
    let claim = |claim: &Claim| ClaimRow {
        run: claim.run,
        record: claim.record.to_owned(),
        about: claim.about.clone(),
        site: claim.site,
        count: claim.count,
        second: claim.second,
    };
    let difference = |of: Difference| DifferenceRow {
        record: of.record.to_owned(),
        about: of.about,
        claimed: of.claimed,
        counted: of.counted,
    };
    let rest = Rest {
        runs: dataset.runs.clone(),
        wafers: dataset.wafers.clone(),
        tests: dataset.tests.iter().map(row).collect(),
        claims: dataset.claims.iter().filter(|claim| claim.record != "TSR").map(claim).collect(),
        differences: yields::differences(dataset).into_iter().map(difference).collect(),
        files: dataset.files.clone(),
    };
    let path = folder.join(REST);
    let bytes =
        serde_json::to_vec(&rest).map_err(|source| StoreError::Io { path: path.clone(), source: source.into() })?;
    std::fs::write(&path, bytes).map_err(|source| StoreError::Io { path, source })?;
    Ok(written)
}

/// Opens what [`keep`] wrote; results stay on disk until a test is asked for
///
/// # Errors
/// When the folder was not written by [`keep`] or cannot be read
pub fn open(folder: &Path) -> Result<Dataset, StoreError> {
    let path = folder.join(REST);
    let io = |source| StoreError::Io { path: path.clone(), source };
    let bytes = std::fs::read(&path).map_err(io)?;
    let rest: Rest = serde_json::from_slice(&bytes).map_err(|source| io(source.into()))?;
    let test = |row: TestRow| Test {
        number: row.number,
        name: row.name,
        kind: kind_of(&row.kind),
        units: row.units,
        low: row.low,
        high: row.high,
        limits_change: row.limits_change,
        pins: row.pins,
    };
    let claim = |row: ClaimRow| Claim {
        run: row.run,
        record: claiming(&row.record),
        about: row.about,
        site: row.site,
        count: row.count,
        second: row.second,
    };
    let difference = |row: DifferenceRow| Difference {
        record: claiming(&row.record),
        about: row.about,
        claimed: row.claimed,
        counted: row.counted,
    };
    let mut dataset = Dataset {
        runs: rest.runs,
        wafers: rest.wafers,
        tests: rest.tests.into_iter().map(test).collect(),
        claims: rest.claims.into_iter().map(claim).collect(),
        files: rest.files,
        parts: read_attempts(&folder.join(ATTEMPTS))?,
        ..Dataset::default()
    };
    let mut files: Vec<ResultFile> = Vec::new();
    for (run, wafer) in partitions(&dataset) {
        let path = folder.join(result_file(&dataset, run, wafer));
        if files.iter().all(|file| file.path != path) {
            files.push(ResultFile::new(path));
        }
    }
    let differences = rest.differences.into_iter().map(difference).collect();
    dataset.kept = Some(Kept { files, differences });
    Ok(dataset)
}

fn partitions(dataset: &Dataset) -> Vec<(u32, Option<u32>)> {
    let mut partitions: Vec<_> = dataset.parts.iter().map(|part| (part.run, part.wafer)).collect();
    partitions.sort_unstable();
    partitions.dedup();
    partitions
}

fn result_file(dataset: &Dataset, run: u32, wafer: Option<u32>) -> PathBuf {
    store::partition_path(dataset, run, wafer).join(format!("results-{run}.parquet"))
}

impl Dataset {
    /// The results of one attempt, by test, that are wanted by test, element and `TEST_FLG`; only their values are read
    ///
    /// # Errors
    /// When results on disk cannot be read
    pub fn results_of(
        &self,
        part: u32,
        mut wanted: impl FnMut(u32, u16, u8) -> bool,
    ) -> Result<Vec<PartResult>, StoreError> {
        if let Some(kept) = &self.kept {
            let Some(attempt) = self.parts.get(part as usize) else { return Ok(Vec::new()) };
            let file = result_file(self, attempt.run, attempt.wafer);
            return match kept.files.iter().find(|kept| kept.path.ends_with(&file)) {
                Some(file) => file.of_part(part, &mut wanted),
                None => Ok(Vec::new()),
            };
        }
        let mut found = Vec::new();
        for test in 0..self.tests.len() {
            let columns = self.column(test)?;
            for row in (0..columns.len()).filter(|&row| columns.part[row] == part) {
                let element = columns.element.get(row).copied().unwrap_or(0);
                let result =
                    PartResult { test: test as u32, element, value: columns.value[row], flags: columns.flags[row] };
                if wanted(result.test, element, result.flags) {
                    found.push(result);
                }
            }
        }
        Ok(found)
    }
}

impl Kept {
    /// All results of one test, in the order of the partitions
    pub(crate) fn column(&self, test: u32) -> Result<ResultColumns, StoreError> {
        let mut columns = ResultColumns::default();
        self.files.iter().try_for_each(|file| file.of_test(test, &mut columns))?;
        Ok(columns)
    }
}

fn typed<'b, T: Array + 'static>(batch: &'b RecordBatch, name: &str, path: &Path) -> Result<&'b T, StoreError> {
    let column = batch.column_by_name(name).and_then(|column| column.as_any().downcast_ref());
    column.ok_or_else(|| StoreError::Foreign(path.to_owned()))
}

fn attempts_batch(parts: &[Part]) -> Result<RecordBatch, StoreError> {
    let column = |of: fn(&Part) -> u32| Arc::new(UInt32Array::from_iter_values(parts.iter().map(of))) as ArrayRef;
    let short = |of: fn(&Part) -> Option<u16>| Arc::new(parts.iter().map(of).collect::<UInt16Array>()) as ArrayRef;
    let byte = |of: fn(&Part) -> Option<u8>| Arc::new(parts.iter().map(of).collect::<UInt8Array>()) as ArrayRef;
    let place = |of: fn(&Part) -> Option<i16>| Arc::new(parts.iter().map(of).collect::<Int16Array>()) as ArrayRef;
    Ok(RecordBatch::try_from_iter_with_nullable([
        ("run", column(|part| part.run), false),
        ("wafer", Arc::new(parts.iter().map(|part| part.wafer).collect::<UInt32Array>()) as ArrayRef, true),
        ("head", byte(|part| Some(part.head)), true),
        ("site", byte(|part| Some(part.site)), true),
        ("flags", byte(|part| part.flags), true),
        ("claimed_tests", short(|part| Some(part.claimed_tests)), true),
        ("results", column(|part| part.results), false),
        ("hard_bin", short(|part| Some(part.hard_bin)), true),
        ("soft_bin", short(|part| part.soft_bin), true),
        ("x", place(|part| part.at.map(|at| at.0)), true),
        ("y", place(|part| part.at.map(|at| at.1)), true),
        ("part_id", Arc::new(StringArray::from_iter_values(parts.iter().map(|part| &part.id))) as ArrayRef, false),
        ("milliseconds", column(|part| part.milliseconds), false),
    ])?)
}

fn read_attempts(path: &Path) -> Result<Vec<Part>, StoreError> {
    let file = File::open(path).map_err(|source| StoreError::Io { path: path.to_owned(), source })?;
    let mut parts = Vec::new();
    for batch in ParquetRecordBatchReaderBuilder::try_new(file)?.build()? {
        let batch = batch?;
        let long = |name: &str| typed::<UInt32Array>(&batch, name, path);
        let short = |name: &str| typed::<UInt16Array>(&batch, name, path);
        let byte = |name: &str| typed::<UInt8Array>(&batch, name, path);
        let place = |name: &str| typed::<Int16Array>(&batch, name, path);
        let (run, wafer, results, milliseconds) =
            (long("run")?, long("wafer")?, long("results")?, long("milliseconds")?);
        let (claimed, hard, soft) = (short("claimed_tests")?, short("hard_bin")?, short("soft_bin")?);
        let (head, site, flags) = (byte("head")?, byte("site")?, byte("flags")?);
        let (x, y) = (place("x")?, place("y")?);
        let id: &StringArray = typed(&batch, "part_id", path)?;
        parts.extend((0..batch.num_rows()).map(|row| Part {
            run: run.value(row),
            wafer: wafer.is_valid(row).then(|| wafer.value(row)),
            head: head.value(row),
            site: site.value(row),
            flags: flags.is_valid(row).then(|| flags.value(row)),
            claimed_tests: claimed.value(row),
            results: results.value(row),
            hard_bin: hard.value(row),
            soft_bin: soft.is_valid(row).then(|| soft.value(row)),
            at: (x.is_valid(row) && y.is_valid(row)).then(|| (x.value(row), y.value(row))),
            id: id.value(row).to_owned(),
            milliseconds: milliseconds.value(row),
        }));
    }
    Ok(parts)
}
