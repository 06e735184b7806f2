//! Parquet: the dataset on disk, and results that do not fit into memory
//!
//! Layout: `product=P/lot=L/wafer=W/{parts,results}.parquet`, `tests.parquet` at the top. Results are sorted by test,
//! then by order of execution: the columns `test`, `part` and `element` shrink to nearly nothing by delta encoding,
//! `flags` by its dictionary, and readers skip to one test by page statistics.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, BooleanArray, Float32Array, Int16Array, RecordBatch, StringArray, UInt8Array, UInt16Array,
    UInt32Array,
};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReaderBuilder, RowSelection, RowSelector};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::model::{Dataset, ResultColumns};

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
    #[error("{0}: not written by this program: its columns are not test, part, element, value, flags")]
    Foreign(PathBuf),
}

/// Rows of a row group: about 10 MB of values
const ROWS: usize = 1 << 20;

fn result_schema() -> Arc<Schema> {
    Arc::new(Schema::new(vec![
        Field::new("test", DataType::UInt32, false),
        Field::new("part", DataType::UInt32, false),
        Field::new("element", DataType::UInt16, false),
        Field::new("value", DataType::Float32, false),
        Field::new("flags", DataType::UInt8, false),
    ]))
}

fn properties() -> WriterProperties {
    let delta = |builder: parquet::file::properties::WriterPropertiesBuilder, name: &str| {
        let column = ColumnPath::from(name);
        builder
            .set_column_dictionary_enabled(column.clone(), false)
            .set_column_encoding(column, Encoding::DELTA_BINARY_PACKED)
    };
    let value = ColumnPath::from("value");
    let level = ZstdLevel::try_new(1).unwrap_or_default();
    let builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(ROWS))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_column_statistics_enabled(ColumnPath::from("test"), EnabledStatistics::Page)
        .set_column_dictionary_enabled(value.clone(), false)
        .set_column_encoding(value.clone(), Encoding::BYTE_STREAM_SPLIT)
        .set_column_statistics_enabled(value, EnabledStatistics::None);
    ["test", "part", "element"].into_iter().fold(builder, delta).build()
}

fn batch(test: u32, columns: ResultColumns) -> Result<RecordBatch, StoreError> {
    let rows = columns.len();
    let (part, element, value, flags) = columns.into_arrow();
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(UInt32Array::from_value(test, rows)),
        Arc::new(part),
        Arc::new(element),
        Arc::new(value),
        Arc::new(flags),
    ];
    Ok(RecordBatch::try_new(result_schema(), arrays)?)
}

pub(crate) fn create(path: &Path) -> Result<File, StoreError> {
    File::create(path).map_err(|source| StoreError::Io { path: path.to_owned(), source })
}

/// Results that were moved out of memory: numbered Parquet files that are removed when dropped
#[derive(Debug)]
pub struct Spill {
    folder: PathBuf,
    files: u32,
    /// For each file and test: first row and number of rows
    index: Vec<(u32, u32, usize, usize)>,
}

impl Spill {
    pub(crate) fn new(parent: &Path) -> Result<Spill, StoreError> {
        // The process id and a counter make the name unique without asking clock or random source.
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let folder = parent.join(format!("testdata-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|source| StoreError::Io { path: folder.clone(), source })?;
        Ok(Spill { folder, files: 0, index: Vec::new() })
    }

    fn path(&self, file: u32) -> PathBuf {
        self.folder.join(format!("{file}.parquet"))
    }

    /// Writes all columns out and leaves them empty
    pub(crate) fn write(&mut self, results: &mut [ResultColumns]) -> Result<(), StoreError> {
        let path = self.path(self.files);
        let mut writer = ArrowWriter::try_new(create(&path)?, result_schema(), Some(properties()))?;
        let mut row = 0;
        for (test, columns) in results.iter_mut().enumerate() {
            let columns = std::mem::take(columns);
            if columns.is_empty() {
                continue;
            }
            self.index.push((self.files, test as u32, row, columns.len()));
            row += columns.len();
            writer.write(&batch(test as u32, columns)?)?;
        }
        writer.close()?;
        self.files += 1;
        Ok(())
    }

    /// The spilled results of one test, in order
    pub(crate) fn read(&self, test: u32) -> Result<ResultColumns, StoreError> {
        let mut columns = ResultColumns::default();
        for &(file, _, first, rows) in self.index.iter().filter(|(_, of, _, _)| *of == test) {
            let path = self.path(file);
            let open = File::open(&path).map_err(|source| StoreError::Io { path: path.clone(), source })?;
            let selection = RowSelection::from(vec![RowSelector::skip(first), RowSelector::select(rows)]);
            let reader = ParquetRecordBatchReaderBuilder::try_new(open)?.with_row_selection(selection).build()?;
            for batch in reader {
                columns.append(columns_of(&batch?, &path)?);
            }
        }
        Ok(columns)
    }
}

impl Drop for Spill {
    fn drop(&mut self) {
        // Nothing can be done about a folder that cannot be removed; the system cleans its temporary files.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub(crate) fn columns_of(batch: &RecordBatch, path: &Path) -> Result<ResultColumns, StoreError> {
    fn typed<'b, T: Array + 'static>(batch: &'b RecordBatch, name: &str) -> Option<&'b T> {
        batch.column_by_name(name)?.as_any().downcast_ref()
    }
    let part: Option<&UInt32Array> = typed(batch, "part");
    let element: Option<&UInt16Array> = typed(batch, "element");
    let value: Option<&Float32Array> = typed(batch, "value");
    let flags: Option<&UInt8Array> = typed(batch, "flags");
    let (Some(part), Some(element), Some(value), Some(flags)) = (part, element, value, flags) else {
        return Err(StoreError::Foreign(path.to_owned()));
    };
    let element =
        if element.values().iter().all(|&element| element == 0) { Vec::new() } else { element.values().to_vec() };
    Ok(ResultColumns {
        part: part.values().to_vec(),
        element,
        value: value.values().to_vec(),
        flags: flags.values().to_vec(),
    })
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

/// Writes a dataset, partitioned by product, lot and wafer, into a folder
///
/// # Errors
/// When the folder cannot be written
pub fn write(dataset: &Dataset, folder: &Path) -> Result<Written, StoreError> {
    let mut written = Written::default();
    make_folder(folder)?;
    written.add(folder.join("tests.parquet"), &[tests_batch(dataset)?])?;
    // A partition is a run's wafer, or the run itself for parts that have none. A wafer that begins twice in one run
    // (probed again) is one partition: by its path, or the second file would replace the first.
    let mut places: Vec<PathBuf> = Vec::new();
    let mut number_of: std::collections::HashMap<(u32, Option<u32>), usize> = std::collections::HashMap::new();
    let mut partition_of: Vec<usize> = Vec::with_capacity(dataset.parts.len());
    for part in &dataset.parts {
        let (run, wafer) = (part.run, part.wafer);
        let number = *number_of.entry((run, wafer)).or_insert_with(|| {
            let place = partition_path(dataset, run, wafer).join(format!("results-{run}.parquet"));
            places.iter().position(|known| *known == place).unwrap_or_else(|| {
                places.push(place);
                places.len() - 1
            })
        });
        partition_of.push(number);
    }
    let mut writers = Vec::new();
    for (number, place) in places.iter().enumerate() {
        let path = folder.join(place);
        make_folder(path.parent().unwrap_or(folder))?;
        let parts: Vec<u32> =
            (0..dataset.parts.len() as u32).filter(|&part| partition_of.get(part as usize) == Some(&number)).collect();
        let run = parts.first().and_then(|&part| dataset.parts.get(part as usize)).map_or(0, |part| part.run);
        written.add(path.with_file_name(format!("parts-{run}.parquet")), &[parts_batch(dataset, &parts)?])?;
        writers.push((ArrowWriter::try_new(create(&path)?, result_schema(), Some(properties()))?, path));
    }
    for test in 0..dataset.tests.len() {
        let columns = dataset.column(test)?;
        written.rows += columns.len() as u64;
        // Parts of one partition stand together, so results fall into few stretches.
        let mut start = 0;
        let of = |row: usize| partition_of.get(columns.part[row] as usize).copied().unwrap_or(0);
        while start < columns.len() {
            let partition = of(start);
            let mut end = start + 1;
            while end < columns.len() && of(end) == partition {
                end += 1;
            }
            let stretch = ResultColumns {
                part: columns.part[start..end].to_vec(),
                element: columns.element.get(start..end).map(<[u16]>::to_vec).unwrap_or_default(),
                value: columns.value[start..end].to_vec(),
                flags: columns.flags[start..end].to_vec(),
            };
            if let Some((writer, _)) = writers.get_mut(partition) {
                writer.write(&batch(test as u32, stretch)?)?;
            }
            start = end;
        }
    }
    for (writer, path) in writers {
        writer.close()?;
        written.count(path)?;
    }
    Ok(written)
}

impl Written {
    fn add(&mut self, path: PathBuf, batches: &[RecordBatch]) -> Result<(), StoreError> {
        if let Some(first) = batches.first() {
            let level = ZstdLevel::try_new(3).unwrap_or_default();
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
