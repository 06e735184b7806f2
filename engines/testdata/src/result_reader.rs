//! Reading results back: the rows of one test, or of one part, and nothing else
//!
//! Pages that hold one value only (see `result_writer`) are not even read: their bounds in the page index say it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader};
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::Int32Type;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::page_index::column_index::{ColumnIndexMetaData, PrimitiveColumnIndex};
use parquet::file::page_index::offset_index::PageLocation;
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::file::statistics::Statistics;

use crate::kept::PartResult;
use crate::model::ResultColumns;
use crate::result_writer::VALUE;
use crate::store::StoreError;

const TEST: usize = 0;
const PART: usize = 1;
const ELEMENT: usize = 2;
const FLAGS: usize = 4;

/// A file of results; opened when it is first asked
#[derive(Debug)]
pub(crate) struct ResultFile {
    pub path: PathBuf,
    opened: OnceLock<Opened>,
}

#[derive(Debug)]
struct Opened {
    file: File,
    metadata: ParquetMetaData,
}

impl ResultFile {
    pub fn new(path: PathBuf) -> ResultFile {
        ResultFile { path, opened: OnceLock::new() }
    }

    fn opened(&self) -> Result<&Opened, StoreError> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened);
        }
        let file = File::open(&self.path).map_err(|source| StoreError::Io { path: self.path.clone(), source })?;
        let metadata =
            ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Required).parse_and_finish(&file)?;
        Ok(self.opened.get_or_init(|| Opened { file, metadata }))
    }

    fn groups<'f>(&self, opened: &'f Opened) -> Result<Vec<RowGroup<'f>>, StoreError> {
        let count = opened.metadata.num_row_groups();
        (0..count).map(|number| RowGroup::of(opened, number).ok_or_else(|| self.foreign())).collect()
    }

    fn foreign(&self) -> StoreError {
        StoreError::Foreign(self.path.clone())
    }

    /// Appends all results of one test
    pub fn of_test(&self, test: u32, columns: &mut ResultColumns) -> Result<(), StoreError> {
        for group in self.groups(self.opened()?)? {
            let first = group.first_page_reaching(test);
            for page in first..group.pages() {
                let Some((least, most)) = group.bounds(TEST, page) else { return Err(self.foreign()) };
                if least > test {
                    break;
                }
                let rows = group.rows(page);
                let wanted = if least == most {
                    0..rows
                } else {
                    let tests = group.numbers(TEST, page, &self.path)?;
                    tests.partition_point(|&of| of < test)..tests.partition_point(|&of| of <= test)
                };
                group.append(page, wanted, columns, &self.path)?;
            }
        }
        Ok(())
    }

    /// The results of one part that are wanted by test, element and flags; only their values are read
    pub fn of_part(
        &self,
        part: u32,
        wanted: &mut dyn FnMut(u32, u16, u8) -> bool,
    ) -> Result<Vec<PartResult>, StoreError> {
        let mut found = Vec::new();
        for group in self.groups(self.opened()?)? {
            if !group.may_hold_part(part) {
                continue;
            }
            let chunk = group.chunk(PART)?;
            let mut last: Option<(Bytes, Vec<usize>)> = None;
            for page in 0..group.pages() {
                if group.bounds(PART, page).is_none_or(|(least, most)| !(least..=most).contains(&part)) {
                    continue;
                }
                // Tests that ran on the same parts have the same page of parts.
                let bytes = group.slice(PART, page, &chunk).ok_or_else(|| self.foreign())?;
                let rows = match last.take() {
                    Some((of, rows)) if of == bytes => rows,
                    _ => {
                        let parts = group.decode(PART, page, bytes.clone(), &self.path)?;
                        (0..parts.len()).filter(|&row| parts[row] == part).collect()
                    }
                };
                for &row in &rows {
                    let (test, element) =
                        (group.number(TEST, page, row, &self.path)?, group.number(ELEMENT, page, row, &self.path)?);
                    let flags = group.number(FLAGS, page, row, &self.path)? as u8;
                    if wanted(test, element as u16, flags) {
                        let value = group.split(page, &self.path)?.at(row);
                        found.push(PartResult { test, element: element as u16, value, flags });
                    }
                }
                last = Some((bytes, rows));
            }
        }
        Ok(found)
    }
}

/// A row group with its part of the page index
struct RowGroup<'f> {
    opened: &'f Opened,
    number: usize,
    places: [&'f [PageLocation]; 5],
    bounds: [Option<&'f PrimitiveColumnIndex<i32>>; 5],
}

impl<'f> RowGroup<'f> {
    fn of(opened: &'f Opened, number: usize) -> Option<RowGroup<'f>> {
        let places = opened.metadata.offset_index()?.get(number)?;
        let bounds = opened.metadata.column_index()?.get(number)?;
        let place = |column: usize| places.get(column).map(|of| of.page_locations.as_slice());
        let bound = |column: usize| match bounds.get(column) {
            Some(ColumnIndexMetaData::INT32(index)) => Some(index),
            _ => None,
        };
        let group = RowGroup {
            opened,
            number,
            places: [place(0)?, place(1)?, place(2)?, place(3)?, place(4)?],
            bounds: [bound(0), bound(1), bound(2), bound(3), bound(4)],
        };
        // Pages of all columns have the same rows, or this program did not write them.
        let same = |column: usize| group.places[column].len() == group.places[TEST].len();
        (1..5).all(same).then_some(group)
    }

    fn pages(&self) -> usize {
        self.places[TEST].len()
    }

    fn rows(&self, page: usize) -> usize {
        let first = |page: usize| self.places[TEST].get(page).map(|place| place.first_row_index);
        let all = self.opened.metadata.row_group(self.number).num_rows();
        let end = first(page + 1).unwrap_or(all);
        usize::try_from(end - first(page).unwrap_or(end)).unwrap_or(0)
    }

    /// Least and greatest number of a page
    fn bounds(&self, column: usize, page: usize) -> Option<(u32, u32)> {
        let index = self.bounds.get(column).copied().flatten()?;
        Some((*index.min_values().get(page)? as u32, *index.max_values().get(page)? as u32))
    }

    /// The first page whose tests do not all come before this one
    fn first_page_reaching(&self, test: u32) -> usize {
        let most = self.bounds[TEST].map(PrimitiveColumnIndex::max_values).unwrap_or_default();
        most.partition_point(|&most| (most as u32) < test)
    }

    fn may_hold_part(&self, part: u32) -> bool {
        match self.opened.metadata.row_group(self.number).column(PART).statistics() {
            Some(Statistics::Int32(of)) => {
                let bound = |bound: Option<&i32>, none: u32| bound.map_or(none, |bound| *bound as u32);
                (bound(of.min_opt(), 0)..=bound(of.max_opt(), u32::MAX)).contains(&part)
            }
            _ => true,
        }
    }

    /// All bytes of a column
    fn chunk(&self, column: usize) -> Result<(u64, Bytes), StoreError> {
        let (start, length) = self.opened.metadata.row_group(self.number).column(column).byte_range();
        Ok((start, read(&self.opened.file, start, length as usize)?))
    }

    fn slice(&self, column: usize, page: usize, (start, chunk): &(u64, Bytes)) -> Option<Bytes> {
        let place = self.places[column].get(page)?;
        let from = usize::try_from(place.offset).ok()?.checked_sub(usize::try_from(*start).ok()?)?;
        let to = from + usize::try_from(place.compressed_page_size).ok()?;
        (to <= chunk.len()).then(|| chunk.slice(from..to))
    }

    fn bytes(&self, column: usize, page: usize, path: &Path) -> Result<Bytes, StoreError> {
        let place = self.places[column].get(page).ok_or_else(|| StoreError::Foreign(path.to_owned()))?;
        Ok(read(&self.opened.file, place.offset as u64, place.compressed_page_size as usize)?)
    }

    fn reader(&self, column: usize, page: usize, bytes: Bytes) -> Result<SerializedPageReader<Bytes>, StoreError> {
        let metadata = self.opened.metadata.row_group(self.number).column(column).clone().into_builder();
        let metadata = metadata.set_data_page_offset(0).set_total_compressed_size(bytes.len() as i64).build()?;
        Ok(SerializedPageReader::new(Arc::new(bytes), &metadata, self.rows(page), None)?)
    }

    fn decode(&self, column: usize, page: usize, bytes: Bytes, path: &Path) -> Result<Vec<u32>, StoreError> {
        let description = self.opened.metadata.row_group(self.number).column(column).column_descr_ptr();
        let pages = Box::new(self.reader(column, page, bytes)?);
        let mut numbers: Vec<i32> = Vec::with_capacity(self.rows(page));
        let rows = self.rows(page);
        ColumnReaderImpl::<Int32Type>::new(description, pages).read_records(rows, None, None, &mut numbers)?;
        if numbers.len() != rows {
            return Err(StoreError::Foreign(path.to_owned()));
        }
        Ok(numbers.into_iter().map(|number| number as u32).collect())
    }

    /// The numbers of a page
    fn numbers(&self, column: usize, page: usize, path: &Path) -> Result<Vec<u32>, StoreError> {
        match self.bounds(column, page) {
            Some((least, most)) if least == most => Ok(vec![least; self.rows(page)]),
            _ => self.decode(column, page, self.bytes(column, page, path)?, path),
        }
    }

    /// One number of a page
    fn number(&self, column: usize, page: usize, row: usize, path: &Path) -> Result<u32, StoreError> {
        match self.bounds(column, page) {
            Some((least, most)) if least == most => Ok(least),
            _ => Ok(self.numbers(column, page, path)?.get(row).copied().unwrap_or(0)),
        }
    }

    /// The values of a page
    fn split(&self, page: usize, path: &Path) -> Result<Split, StoreError> {
        let read = self.reader(VALUE, page, self.bytes(VALUE, page, path)?)?.get_next_page()?;
        match read {
            Some(Page::DataPageV2 { buf, encoding: Encoding::BYTE_STREAM_SPLIT, .. })
                if buf.len() == 4 * self.rows(page) =>
            {
                Ok(Split(buf))
            }
            _ => Err(StoreError::Foreign(path.to_owned())),
        }
    }

    /// Appends some rows of a page to the columns of their test
    fn append(
        &self,
        page: usize,
        rows: std::ops::Range<usize>,
        columns: &mut ResultColumns,
        path: &Path,
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        columns.part.extend_from_slice(self.numbers(PART, page, path)?.get(rows.clone()).unwrap_or_default());
        self.split(page, path)?.append(rows.clone(), &mut columns.value);
        match self.bounds(FLAGS, page) {
            Some((least, most)) if least == most => columns.flags.resize(columns.part.len(), least as u8),
            _ => columns.flags.extend(self.numbers(FLAGS, page, path)?[rows.clone()].iter().map(|of| *of as u8)),
        }
        if self.bounds(ELEMENT, page) != Some((0, 0)) || !columns.element.is_empty() {
            columns.element.resize(columns.part.len() - rows.len(), 0);
            columns.element.extend(self.numbers(ELEMENT, page, path)?[rows].iter().map(|of| *of as u16));
        }
        Ok(())
    }
}

/// Values whose first bytes stand together, then their second ones, and so on
struct Split(Bytes);

impl Split {
    fn at(&self, row: usize) -> f32 {
        let rows = self.0.len() / 4;
        f32::from_le_bytes([0, 1, 2, 3].map(|byte| self.0.get(byte * rows + row).copied().unwrap_or(0)))
    }

    fn append(&self, wanted: std::ops::Range<usize>, values: &mut Vec<f32>) {
        let rows = self.0.len() / 4;
        let stream = |byte: usize| self.0.get(byte * rows + wanted.start..byte * rows + wanted.end).unwrap_or_default();
        let (first, second, third, fourth) = (stream(0), stream(1), stream(2), stream(3));
        values.extend(
            first
                .iter()
                .zip(second)
                .zip(third)
                .zip(fourth)
                .map(|(((&first, &second), &third), &fourth)| f32::from_le_bytes([first, second, third, fourth])),
        );
    }
}

/// Bytes of a file, at a place and without moving any other reader
fn read(file: &File, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
    #[cfg(unix)]
    {
        let mut bytes = vec![0; length];
        std::os::unix::fs::FileExt::read_exact_at(file, &mut bytes, start)?;
        Ok(Bytes::from(bytes))
    }
    #[cfg(not(unix))]
    parquet::file::reader::ChunkReader::get_bytes(file, start, length)
}
