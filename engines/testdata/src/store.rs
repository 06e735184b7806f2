//! Parquet: the dataset on disk, and results that do not fit into memory
//!
//! Layout: `product=P/lot=L/wafer=W/{parts,results}.parquet`, `tests.parquet` at the top. A row group holds a block of
//! parts; in it results are sorted by test, then by order of execution, and readers skip to one test by page statistics.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float32Array, Int16Array, RecordBatch, StringArray, UInt8Array, UInt16Array, UInt32Array,
};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::model::{Dataset, ResultColumns};
use crate::result_reader::ResultFile;
use crate::result_writer::ResultWriter;

/// Why reading or writing Parquet failed
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system refused
    #[error("{path}: {source}")]
    Io {
        /// The file
        path: PathBuf,
        /// Why
        source: std::io::Error,
    },
    /// Parquet
    #[error("Parquet: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// Arrow
    #[error("Arrow: {0}")]
    Arrow(#[from] arrow_schema::ArrowError),
    /// A file has other columns than this program writes
    #[error("{0}: not written by this program: its results are not laid out as test, part, element, value, flags")]
    Foreign(PathBuf),
}

pub(crate) fn create(path: &Path) -> Result<File, StoreError> {
    File::create(path).map_err(|source| StoreError::Io { path: path.to_owned(), source })
}

/// Results that were moved out of memory: numbered Parquet files that are removed when dropped
#[derive(Debug)]
pub struct Spill {
    folder: PathBuf,
    files: Vec<ResultFile>,
}

impl Spill {
    pub(crate) fn new(parent: &Path) -> Result<Spill, StoreError> {
        // The process id and a counter make the name unique without asking clock or random source.
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let folder = parent.join(format!("testdata-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|source| StoreError::Io { path: folder.clone(), source })?;
        Ok(Spill { folder, files: Vec::new() })
    }

    /// Writes all columns out and leaves them empty
    pub(crate) fn write(&mut self, results: &mut [ResultColumns]) -> Result<(), StoreError> {
        let path = self.folder.join(format!("{}.parquet", self.files.len()));
        let mut writer = ResultWriter::new(create(&path)?, 1)?;
        for (test, columns) in (0u32..).zip(results) {
            let columns = std::mem::take(columns);
            writer.write(0, test, &columns, 0..columns.len())?;
            writer.end_test()?;
            if writer.held() > SPILL_BUFFER {
                writer.write_largest()?;
            }
        }
        writer.close()?;
        self.files.push(ResultFile::new(path));
        Ok(())
    }

    /// The spilled results of one test, in order
    pub(crate) fn read(&self, test: u32) -> Result<ResultColumns, StoreError> {
        let mut columns = ResultColumns::default();
        self.files.iter().try_for_each(|file| file.of_test(test, &mut columns))?;
        Ok(columns)
    }
}

impl Drop for Spill {
    fn drop(&mut self) {
        // Nothing can be done about a folder that cannot be removed; the system cleans its temporary files.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// What was written
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Files
    pub files: Vec<PathBuf>,
    /// Bytes of all files
    pub bytes: u64,
    /// Result rows
    pub rows: u64,
}

/// Writes a dataset, partitioned by product, lot and wafer, into a folder, with as many threads as there are processors
///
/// # Errors
/// When the folder cannot be written
pub fn write(dataset: &Dataset, folder: &Path) -> Result<Written, StoreError> {
    write_with(dataset, folder, std::thread::available_parallelism().map_or(1, usize::from))
}

/// See [`write`]; what is in the files does not depend on the number of threads
///
/// # Errors
/// When the folder cannot be written
pub fn write_with(dataset: &Dataset, folder: &Path, threads: usize) -> Result<Written, StoreError> {
    let mut written = Written::default();
    make_folder(folder)?;
    written.add(folder.join("tests.parquet"), &[tests_batch(dataset)?])?;
    // A partition is a run's wafer, or the run itself for parts that have none. A wafer that begins twice in one run
    // (probed again) is one partition: by its path, or the second file would replace the first.
    let mut targets: Vec<PathBuf> = Vec::new();
    let mut parts_of: Vec<Vec<u32>> = Vec::new();
    let mut number_of: HashMap<(u32, Option<u32>), usize> = HashMap::new();
    for (index, part) in (0u32..).zip(&dataset.parts) {
        let (run, wafer) = (part.run, part.wafer);
        let number = *number_of.entry((run, wafer)).or_insert_with(|| {
            let target = folder.join(partition_path(dataset, run, wafer)).join(format!("results-{run}.parquet"));
            let known = targets.iter().position(|known| *known == target);
            known.unwrap_or_else(|| {
                targets.push(target);
                parts_of.push(Vec::new());
                targets.len() - 1
            })
        });
        if let Some(parts) = parts_of.get_mut(number) {
            parts.push(index);
        }
    }
    for (target, parts) in targets.iter().zip(&parts_of) {
        make_folder(target.parent().unwrap_or(folder))?;
        let run = parts.first().and_then(|&part| dataset.parts.get(part as usize)).map_or(0, |part| part.run);
        written.add(target.with_file_name(format!("parts-{run}.parquet")), &[parts_batch(dataset, parts)?])?;
    }
    let places = Places::of(dataset, &parts_of);
    let threads = threads.clamp(1, targets.len().max(1));
    let share = targets.len().div_ceil(threads).max(1);
    let rows: Result<Vec<u64>, StoreError> = std::thread::scope(|scope| {
        let work: Vec<_> = (0..targets.len())
            .step_by(share)
            .zip(targets.chunks(share))
            .map(|(first, targets)| {
                let places = &places;
                scope.spawn(move || write_results(dataset, places, first, targets))
            })
            .collect();
        work.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    written.rows = rows?.into_iter().sum();
    targets.into_iter().try_for_each(|path| written.count(path))?;
    Ok(written)
}

/// Parts whose results share a row group: few enough that one part's results are found quickly, and so many that
/// there are some 250,000 rows
fn block_of_parts(tests: usize) -> usize {
    ((1 << 18) / tests.max(1)).clamp(1 << 12, 1 << 16)
}

/// Where the results of each part go
struct Places {
    /// Number of the block, over all partitions
    block_of: Vec<u32>,
    /// Of each partition, the first block; and the number of all blocks at the end
    first_block: Vec<u32>,
}

impl Places {
    fn of(dataset: &Dataset, parts_of: &[Vec<u32>]) -> Places {
        let most = block_of_parts(dataset.tests.len());
        let mut places = Places { block_of: vec![0; dataset.parts.len()], first_block: vec![0] };
        let mut next = 0;
        for parts in parts_of {
            let size = parts.len().div_ceil(parts.len().div_ceil(most).max(1)).max(1);
            for block in parts.chunks(size) {
                for &part in block {
                    if let Some(of) = places.block_of.get_mut(part as usize) {
                        *of = next;
                    }
                }
                next += 1;
            }
            places.first_block.push(next);
        }
        places
    }

    fn first_block(&self, partition: usize) -> u32 {
        self.first_block.get(partition).copied().unwrap_or(0)
    }
}

/// Compressed bytes that the open files of one thread may hold before a row group is closed
const BUFFERED: usize = 64 << 20;

/// The same for results that are moved out of memory
const SPILL_BUFFER: usize = 4 << 20;

/// Writes the results of the partitions from `first` on, one file for each
fn write_results(dataset: &Dataset, places: &Places, first: usize, paths: &[PathBuf]) -> Result<u64, StoreError> {
    let mut writers = Vec::new();
    // Of each block of these partitions, its writer and its number there
    let mut targets: Vec<(usize, usize)> = Vec::new();
    for (number, path) in paths.iter().enumerate() {
        let blocks = places.first_block(first + number + 1) - places.first_block(first + number);
        targets.extend((0..blocks as usize).map(|block| (number, block)));
        writers.push(ResultWriter::new(create(path)?, blocks as usize)?);
    }
    let first_block = places.first_block(first);
    for test in 0..dataset.tests.len() {
        let columns = dataset.column(test)?;
        // Parts of one block stand together, so results fall into few stretches.
        let mut rest = columns.part.as_slice();
        while let Some(part) = rest.first() {
            let of = |part: u32| places.block_of.get(part as usize).copied();
            let block = of(*part);
            let length = rest.iter().position(|part| of(*part) != block).unwrap_or(rest.len());
            let start = columns.len() - rest.len();
            let place = block.and_then(|block| block.checked_sub(first_block)).map(|block| block as usize);
            if let Some((number, block)) = place.and_then(|place| targets.get(place))
                && let Some(writer) = writers.get_mut(*number)
            {
                writer.write(*block, test as u32, &columns, start..start + length)?;
            }
            rest = rest.get(length..).unwrap_or_default();
        }
        writers.iter_mut().try_for_each(ResultWriter::end_test)?;
        if writers.iter().map(ResultWriter::held).sum::<usize>() > BUFFERED
            && let Some(largest) = writers.iter_mut().max_by_key(|writer| writer.held())
        {
            largest.write_largest()?;
        }
    }
    let mut rows = 0;
    for writer in writers {
        rows += writer.close()?;
    }
    Ok(rows)
}

impl Written {
    fn add(&mut self, path: PathBuf, batches: &[RecordBatch]) -> Result<(), StoreError> {
        if let Some(first) = batches.first() {
            let level = ZstdLevel::try_new(1).unwrap_or_default();
            let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
            let mut writer = ArrowWriter::try_new(create(&path)?, first.schema(), Some(properties))?;
            for batch in batches {
                writer.write(batch)?;
            }
            writer.close()?;
            self.count(path)?;
        }
        Ok(())
    }

    fn count(&mut self, path: PathBuf) -> Result<(), StoreError> {
        let size = std::fs::metadata(&path).map_err(|source| StoreError::Io { path: path.clone(), source })?;
        self.bytes += size.len();
        self.files.push(path);
        Ok(())
    }
}

fn make_folder(folder: &Path) -> Result<PathBuf, StoreError> {
    std::fs::create_dir_all(folder).map_err(|source| StoreError::Io { path: folder.to_owned(), source })?;
    Ok(folder.to_owned())
}

pub(crate) fn partition_path(dataset: &Dataset, run: u32, wafer: Option<u32>) -> PathBuf {
    let run = dataset.runs.get(run as usize);
    let wafer = wafer.and_then(|wafer| dataset.wafers.get(wafer as usize)).map_or("", |wafer| wafer.id.as_str());
    let part = |key: &str, value: &str| format!("{key}={}", safe(value));
    PathBuf::from(part("product", run.map_or("", |run| &run.product)))
        .join(part("lot", run.map_or("", |run| &run.lot)))
        .join(part("wafer", wafer))
}

/// Texts of testers must not climb out of the folder or surprise other readers of the partition's name
fn safe(text: &str) -> String {
    let kept: String = text.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect();
    if kept.trim_matches('.').is_empty() { "_".into() } else { kept }
}

fn tests_batch(dataset: &Dataset) -> Result<RecordBatch, StoreError> {
    let tests = &dataset.tests;
    Ok(RecordBatch::try_from_iter_with_nullable([
        ("test", Arc::new(UInt32Array::from_iter_values(0..tests.len() as u32)) as ArrayRef, false),
        ("number", Arc::new(UInt32Array::from_iter_values(tests.iter().map(|test| test.number))), false),
        ("name", Arc::new(StringArray::from_iter_values(tests.iter().map(|test| &test.name))), false),
        ("kind", Arc::new(StringArray::from_iter_values(tests.iter().map(|test| format!("{:?}", test.kind)))), false),
        ("units", Arc::new(StringArray::from_iter_values(tests.iter().map(|test| &test.units))), false),
        ("low_limit", Arc::new(tests.iter().map(|test| test.low).collect::<Float32Array>()), true),
        ("high_limit", Arc::new(tests.iter().map(|test| test.high).collect::<Float32Array>()), true),
    ])?)
}

fn parts_batch(dataset: &Dataset, numbers: &[u32]) -> Result<RecordBatch, StoreError> {
    let parts: Vec<_> = numbers.iter().filter_map(|&number| dataset.parts.get(number as usize)).collect();
    let of_run = |run: u32, field: fn(&crate::model::Run) -> &str| {
        dataset.runs.get(run as usize).map(field).unwrap_or_default().to_owned()
    };
    Ok(RecordBatch::try_from_iter_with_nullable([
        ("part", Arc::new(UInt32Array::from_iter_values(numbers.iter().copied())) as ArrayRef, false),
        ("run", Arc::new(UInt32Array::from_iter_values(parts.iter().map(|part| part.run))), false),
        (
            "file",
            Arc::new(StringArray::from_iter_values(parts.iter().map(|part| of_run(part.run, |run| &run.file)))),
            false,
        ),
        ("part_id", Arc::new(StringArray::from_iter_values(parts.iter().map(|part| &part.id))), false),
        ("head", Arc::new(UInt8Array::from_iter_values(parts.iter().map(|part| part.head))), false),
        ("site", Arc::new(UInt8Array::from_iter_values(parts.iter().map(|part| part.site))), false),
        ("x", Arc::new(parts.iter().map(|part| part.at.map(|at| at.0)).collect::<Int16Array>()), true),
        ("y", Arc::new(parts.iter().map(|part| part.at.map(|at| at.1)).collect::<Int16Array>()), true),
        ("hard_bin", Arc::new(UInt16Array::from_iter_values(parts.iter().map(|part| part.hard_bin))), false),
        ("soft_bin", Arc::new(parts.iter().map(|part| part.soft_bin).collect::<UInt16Array>()), true),
        ("passed", Arc::new(parts.iter().map(|part| part.passed()).collect::<BooleanArray>()), true),
        ("milliseconds", Arc::new(UInt32Array::from_iter_values(parts.iter().map(|part| part.milliseconds))), false),
    ])?)
}
