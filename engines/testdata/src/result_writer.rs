//! Results as Parquet pages that are cut where a test ends
//!
//! A row group holds the results of one block of parts, sorted by test; a page holds one test (or several with few
//! rows), and the pages of all columns have the same rows. So a reader of one test takes exactly its rows, a reader of
//! one part exactly its block, and what is the same in a whole page (test, element, flags; parts in steady steps) takes
//! some twenty bytes and next to no time: it is written as differences of no width instead of being hashed or
//! compressed value by value.

use std::fs::File;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, Type, ZstdLevel};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ColumnIndexBuilder, OffsetIndexBuilder};
use parquet::file::properties::WriterProperties;
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedFileWriter, SerializedPageWriter, TrackedWrite};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnDescPtr;

use crate::model::ResultColumns;

const SCHEMA: &str = "message results {
    REQUIRED INT32 test (INTEGER(32, false));
    REQUIRED INT32 part (INTEGER(32, false));
    REQUIRED INT32 element (INTEGER(16, false));
    REQUIRED FLOAT value;
    REQUIRED INT32 flags (INTEGER(8, false));
}";

/// Place of the column that holds the value
pub(crate) const VALUE: usize = 3;
const COLUMNS: usize = 5;

/// Rows from which a test has a page of its own
const LEAST_ROWS: usize = 1 << 11;

/// Rows of a page at most
const MOST_ROWS: usize = 1 << 15;

/// Bytes from which a page is compressed
const WORTH_COMPRESSING: usize = 96;

/// One file of results, open for writing
pub(crate) struct ResultWriter {
    file: SerializedFileWriter<File>,
    blocks: Vec<Block>,
    encoder: Encoder,
}

impl ResultWriter {
    /// A file whose parts fall into so many blocks
    pub fn new(file: File, blocks: usize) -> Result<ResultWriter> {
        let schema = Arc::new(parse_message_type(SCHEMA)?);
        let level = ZstdLevel::try_new(1)?;
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
        Ok(ResultWriter {
            file: SerializedFileWriter::new(file, schema, Arc::new(properties))?,
            blocks: (0..blocks).map(|_| Block::default()).collect(),
            encoder: Encoder::new()?,
        })
    }

    /// Takes some rows of a test's results for a block; tests come in ascending order
    pub fn write(
        &mut self,
        block: usize,
        test: u32,
        columns: &ResultColumns,
        rows: std::ops::Range<usize>,
    ) -> Result<()> {
        let Some(block) = self.blocks.get_mut(block) else { return Ok(()) };
        if block.pending.value.is_empty() && rows.len() >= LEAST_ROWS {
            let mut start = rows.start;
            while start < rows.end {
                let end = rows.end.min(start + MOST_ROWS);
                let of_page = PageRows {
                    test: Tests::One(test),
                    part: columns.part.get(start..end).unwrap_or_default(),
                    element: columns.element.get(start..end).unwrap_or_default(),
                    value: columns.value.get(start..end).unwrap_or_default(),
                    flags: columns.flags.get(start..end).unwrap_or_default(),
                };
                block.group.page(&mut self.encoder, &of_page)?;
                start = end;
            }
            return Ok(());
        }
        block.pending.take(test, columns, rows);
        if block.pending.value.len() >= MOST_ROWS { block.flush(&mut self.encoder) } else { Ok(()) }
    }

    /// No more rows of this test will come
    pub fn end_test(&mut self) -> Result<()> {
        let full = self.blocks.iter_mut().filter(|block| block.pending.value.len() >= LEAST_ROWS);
        full.into_iter().try_for_each(|block| block.flush(&mut self.encoder))
    }

    /// Bytes of pages that are not in the file yet
    pub fn held(&self) -> usize {
        self.blocks.iter().map(|block| block.group.bytes()).sum()
    }

    /// Writes the block that holds most bytes as a row group
    pub fn write_largest(&mut self) -> Result<()> {
        match self.blocks.iter_mut().max_by_key(|block| block.group.bytes()) {
            Some(block) => block.close(&mut self.file, &mut self.encoder),
            None => Ok(()),
        }
    }

    /// Writes everything; gives the number of rows in the file
    pub fn close(mut self) -> Result<u64> {
        for block in &mut self.blocks {
            block.close(&mut self.file, &mut self.encoder)?;
        }
        let written = self.file.close()?;
        Ok(written.file_metadata().num_rows() as u64)
    }
}

/// The results of some parts: a row group, and rows that fill no page yet
#[derive(Default)]
struct Block {
    pending: Pending,
    group: Group,
}

impl Block {
    fn flush(&mut self, encoder: &mut Encoder) -> Result<()> {
        if self.pending.value.is_empty() {
            return Ok(());
        }
        self.group.page(encoder, &self.pending.rows())?;
        self.pending.clear();
        Ok(())
    }

    fn close(&mut self, file: &mut SerializedFileWriter<File>, encoder: &mut Encoder) -> Result<()> {
        self.flush(encoder)?;
        std::mem::take(&mut self.group).write(file)
    }
}

#[derive(Default)]
struct Pending {
    test: Vec<u32>,
    part: Vec<u32>,
    element: Vec<u16>,
    value: Vec<f32>,
    flags: Vec<u8>,
}

impl Pending {
    fn take(&mut self, test: u32, columns: &ResultColumns, rows: std::ops::Range<usize>) {
        self.part.extend_from_slice(columns.part.get(rows.clone()).unwrap_or_default());
        self.value.extend_from_slice(columns.value.get(rows.clone()).unwrap_or_default());
        self.flags.extend_from_slice(columns.flags.get(rows.clone()).unwrap_or_default());
        self.element.extend_from_slice(columns.element.get(rows).unwrap_or_default());
        self.element.resize(self.part.len(), 0);
        self.test.resize(self.part.len(), test);
    }

    fn rows(&self) -> PageRows<'_> {
        let test = match (self.test.first(), self.test.last()) {
            (Some(first), Some(last)) if first == last => Tests::One(*first),
            _ => Tests::Several(&self.test),
        };
        PageRows { test, part: &self.part, element: &self.element, value: &self.value, flags: &self.flags }
    }

    fn clear(&mut self) {
        self.test.clear();
        self.part.clear();
        self.element.clear();
        self.value.clear();
        self.flags.clear();
    }
}

#[derive(Clone, Copy)]
enum Tests<'r> {
    One(u32),
    Several(&'r [u32]),
}

/// The rows of one page
struct PageRows<'r> {
    test: Tests<'r>,
    part: &'r [u32],
    /// Empty when all are 0
    element: &'r [u16],
    value: &'r [f32],
    flags: &'r [u8],
}

/// A row group, encoded
#[derive(Default)]
struct Group {
    chunks: [Chunk; COLUMNS],
    rows: usize,
}

impl Group {
    fn bytes(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.bytes.bytes_written()).sum()
    }

    fn page(&mut self, encoder: &mut Encoder, rows: &PageRows<'_>) -> Result<()> {
        let count = rows.value.len();
        let [test, part, element, value, flags] = &mut self.chunks;
        match rows.test {
            Tests::One(number) => encoder.constant(test, number as i32, count),
            Tests::Several(numbers) => encoder.whole(test, numbers.iter().map(|number| *number as i32)),
        }?;
        encoder.whole(part, rows.part.iter().map(|number| *number as i32))?;
        if rows.element.is_empty() {
            encoder.constant(element, 0, count)?;
        } else {
            encoder.whole(element, rows.element.iter().map(|number| i32::from(*number)))?;
        }
        encoder.real(value, rows.value)?;
        match rows.flags.first() {
            Some(first) if rows.flags.iter().all(|of| of == first) => {
                encoder.constant(flags, i32::from(*first), count)?;
            }
            _ => encoder.whole(flags, rows.flags.iter().map(|of| i32::from(*of)))?,
        }
        self.rows += count;
        Ok(())
    }

    fn write(self, file: &mut SerializedFileWriter<File>) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let columns = file.schema_descr().columns().to_vec();
        let mut group = file.next_row_group()?;
        for (column, (chunk, description)) in self.chunks.into_iter().zip(columns).enumerate() {
            let (bytes, close) = chunk.close(column, description, self.rows)?;
            group.append_column(&bytes, close)?;
        }
        group.close()?;
        Ok(())
    }
}

/// One column of a row group
struct Chunk {
    bytes: TrackedWrite<Vec<u8>>,
    uncompressed: usize,
    /// Row count and size of each page
    pages: Vec<(usize, usize)>,
    /// Least and greatest value of each page, of whole numbers
    bounds: Vec<(i32, i32)>,
}

impl Default for Chunk {
    fn default() -> Self {
        Chunk { bytes: TrackedWrite::new(Vec::new()), uncompressed: 0, pages: Vec::new(), bounds: Vec::new() }
    }
}

impl Chunk {
    /// Takes a page; `is_compressed` says whether `body` is
    fn push(
        &mut self,
        body: Vec<u8>,
        is_compressed: bool,
        length: usize,
        encoding: Encoding,
        rows: usize,
    ) -> Result<()> {
        let count = u32::try_from(rows).map_err(|error| ParquetError::General(error.to_string()))?;
        let page = Page::DataPageV2 {
            buf: Bytes::from(body),
            num_values: count,
            encoding,
            num_nulls: 0,
            num_rows: count,
            def_levels_byte_len: 0,
            rep_levels_byte_len: 0,
            is_compressed,
            statistics: None,
        };
        let written = SerializedPageWriter::new(&mut self.bytes).write_page(CompressedPage::new(page, length))?;
        self.uncompressed += written.uncompressed_size;
        self.pages.push((rows, written.compressed_size));
        Ok(())
    }

    fn close(self, column: usize, description: ColumnDescPtr, rows: usize) -> Result<(Bytes, ColumnCloseResult)> {
        let bytes = Bytes::from(self.bytes.into_inner()?);
        let (encoding, kind) = if column == VALUE {
            (Encoding::BYTE_STREAM_SPLIT, Type::FLOAT)
        } else {
            (Encoding::DELTA_BINARY_PACKED, Type::INT32)
        };
        let mut places = OffsetIndexBuilder::new();
        let mut offset = 0;
        for (rows, size) in &self.pages {
            places.append_offset_and_size(offset, *size as i32);
            places.append_row_count(*rows as i64);
            offset += *size as i64;
        }
        let mut metadata = ColumnChunkMetaData::builder(description)
            .set_encodings(vec![encoding])
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .set_total_compressed_size(bytes.len() as i64)
            .set_total_uncompressed_size(self.uncompressed as i64)
            .set_num_values(rows as i64)
            .set_data_page_offset(0);
        let mut column_index = None;
        if kind == Type::INT32 {
            // Unsigned numbers, stored in a signed type; their order is that of unsigned numbers.
            let least = self.bounds.iter().map(|bounds| bounds.0 as u32).min().map(|least| least as i32);
            let most = self.bounds.iter().map(|bounds| bounds.1 as u32).max().map(|most| most as i32);
            metadata = metadata.set_statistics(Statistics::int32(least, most, None, Some(0), false));
            let mut index = ColumnIndexBuilder::new(kind);
            for (least, most) in &self.bounds {
                index.append(false, least.to_le_bytes().to_vec(), most.to_le_bytes().to_vec(), 0);
            }
            column_index = Some(index.build()?);
        }
        let close = ColumnCloseResult {
            bytes_written: bytes.len() as u64,
            rows_written: rows as u64,
            metadata: metadata.build()?,
            bloom_filter: None,
            column_index,
            offset_index: Some(places.build()),
        };
        Ok((bytes, close))
    }
}

/// Makes the bodies of pages
struct Encoder {
    zstd: zstd::bulk::Compressor<'static>,
    split: Vec<u8>,
    numbers: Vec<i32>,
}

impl Encoder {
    fn new() -> Result<Encoder> {
        let zstd = zstd::bulk::Compressor::new(1).map_err(|error| ParquetError::External(Box::new(error)))?;
        Ok(Encoder { zstd, split: Vec::new(), numbers: Vec::new() })
    }

    /// The same number in every row
    fn constant(&mut self, chunk: &mut Chunk, number: i32, rows: usize) -> Result<()> {
        let mut body = Vec::with_capacity(24);
        steady(number, 0, rows, &mut body);
        chunk.bounds.push((number, number));
        let length = body.len();
        chunk.push(body, false, length, Encoding::DELTA_BINARY_PACKED, rows)
    }

    /// Numbers by their differences
    fn whole(&mut self, chunk: &mut Chunk, numbers: impl Iterator<Item = i32>) -> Result<()> {
        self.numbers.clear();
        self.numbers.extend(numbers);
        let numbers = &self.numbers;
        let unsigned = |number: &i32| *number as u32;
        let (Some(least), Some(most)) = (numbers.iter().map(unsigned).min(), numbers.iter().map(unsigned).max()) else {
            return Ok(());
        };
        chunk.bounds.push((least as i32, most as i32));
        let mut body = Vec::with_capacity(32);
        deltas(numbers, &mut body);
        let rows = numbers.len();
        self.compressed(chunk, body, Encoding::DELTA_BINARY_PACKED, rows)
    }

    /// Values, their first bytes together, then their second ones: alike bytes compress
    fn real(&mut self, chunk: &mut Chunk, values: &[f32]) -> Result<()> {
        let mut split = std::mem::take(&mut self.split);
        split.clear();
        split.resize(values.len() * 4, 0);
        for (byte, stream) in split.chunks_exact_mut(values.len().max(1)).enumerate() {
            for (to, value) in stream.iter_mut().zip(values) {
                *to = (value.to_bits() >> (8 * byte)) as u8;
            }
        }
        let packed = self.zstd.compress(&split).map_err(|error| ParquetError::External(Box::new(error)))?;
        let length = split.len();
        let outcome = if packed.len() < length {
            chunk.push(packed, true, length, Encoding::BYTE_STREAM_SPLIT, values.len())
        } else {
            chunk.push(split.clone(), false, length, Encoding::BYTE_STREAM_SPLIT, values.len())
        };
        self.split = split;
        outcome
    }

    fn compressed(&mut self, chunk: &mut Chunk, body: Vec<u8>, encoding: Encoding, rows: usize) -> Result<()> {
        let length = body.len();
        if length >= WORTH_COMPRESSING {
            let packed = self.zstd.compress(&body).map_err(|error| ParquetError::External(Box::new(error)))?;
            if packed.len() < length {
                return chunk.push(packed, true, length, encoding, rows);
            }
        }
        chunk.push(body, false, length, encoding, rows)
    }
}

/// Values of a block of differences, and of the parts of it that have a width of their own
const DELTA_BLOCK: usize = 128;
const MINIBLOCKS: usize = 4;

fn varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn zigzag(number: i32, out: &mut Vec<u8>) {
    varint(u64::from(((number << 1) ^ (number >> 31)) as u32), out);
}

/// Numbers in equal steps: `DELTA_BINARY_PACKED` with one block of no width
fn steady(first: i32, step: i32, rows: usize, out: &mut Vec<u8>) {
    let block = rows.saturating_sub(1).next_multiple_of(DELTA_BLOCK).max(DELTA_BLOCK);
    varint(block as u64, out);
    varint(MINIBLOCKS as u64, out);
    varint(rows as u64, out);
    zigzag(first, out);
    if rows > 1 {
        zigzag(step, out);
        out.extend_from_slice(&[0; MINIBLOCKS]);
    }
}

/// `DELTA_BINARY_PACKED` of Parquet's encodings: blocks of differences less their least one, packed by bits
fn deltas(numbers: &[i32], out: &mut Vec<u8>) {
    let Some(&first) = numbers.first() else { return };
    let step = numbers.get(1).map_or(0, |second| second.wrapping_sub(first));
    if numbers.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == step) {
        return steady(first, step, numbers.len(), out);
    }
    varint(DELTA_BLOCK as u64, out);
    varint(MINIBLOCKS as u64, out);
    varint(numbers.len() as u64, out);
    zigzag(first, out);
    let mut differences = [0i32; DELTA_BLOCK];
    for (before, after) in numbers.chunks(DELTA_BLOCK).zip(numbers[1..].chunks(DELTA_BLOCK)) {
        let known = after.len();
        for ((to, before), after) in differences.iter_mut().zip(before).zip(after) {
            *to = after.wrapping_sub(*before);
        }
        let least = differences[..known].iter().copied().min().unwrap_or(0);
        differences[known..].fill(least);
        zigzag(least, out);
        let above = |difference: &i32| difference.wrapping_sub(least) as u32;
        let minis = differences.chunks(DELTA_BLOCK / MINIBLOCKS);
        let width = |mini: &[i32]| 32 - mini.iter().map(above).fold(0, |all, one| all | one).leading_zeros();
        let begun = (known * MINIBLOCKS).div_ceil(DELTA_BLOCK);
        out.extend(minis.clone().enumerate().map(|(at, mini)| if at < begun { width(mini) as u8 } else { 0 }));
        for mini in minis.take(begun) {
            pack(mini.iter().map(above), width(mini), out);
        }
    }
}

/// Numbers of so many bits one after another, lowest bit first
fn pack(numbers: impl Iterator<Item = u32>, width: u32, out: &mut Vec<u8>) {
    let (mut bits, mut filled) = (0u64, 0);
    for number in numbers {
        bits |= u64::from(number) << filled;
        filled += width;
        while filled >= 8 {
            out.push(bits as u8);
            bits >>= 8;
            filled -= 8;
        }
    }
    if filled > 0 {
        out.push(bits as u8);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::result_reader::ResultFile;

    /// Whatever the rows and however they fall into blocks, each test and each part is found again as it was written
    fn check(rows: Vec<(u32, u32, u16, f32, u8)>, blocks: usize, early: bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.parquet");
        let mut rows = rows;
        rows.sort_by_key(|row| row.0);
        let block_of = |part: u32| part as usize % blocks;
        let mut writer = ResultWriter::new(File::create(&path).unwrap(), blocks).unwrap();
        for of_test in rows.chunk_by(|one, other| one.0 == other.0) {
            let mut columns = ResultColumns::default();
            for (_, part, element, value, flags) in of_test {
                columns.part.push(*part);
                columns.value.push(*value);
                columns.flags.push(*flags);
                columns.element.push(*element);
            }
            if columns.element.iter().all(|element| *element == 0) {
                columns.element.clear();
            }
            for row in 0..columns.len() {
                writer.write(block_of(columns.part[row]), of_test[0].0, &columns, row..row + 1).unwrap();
            }
            writer.end_test().unwrap();
            if early {
                writer.write_largest().unwrap();
            }
        }
        assert_eq!(writer.close().unwrap(), rows.len() as u64);
        let file = ResultFile::new(path);
        let bits = |value: f32| value.to_bits();
        let tests: std::collections::BTreeSet<u32> = rows.iter().map(|row| row.0).chain([0, 7, u32::MAX]).collect();
        for test in tests {
            let mut columns = ResultColumns::default();
            file.of_test(test, &mut columns).unwrap();
            let mut expected: Vec<_> = rows.iter().filter(|row| row.0 == test).collect();
            expected.sort_by_key(|row| block_of(row.1));
            let mut found: Vec<_> = (0..columns.len())
                .map(|row| {
                    let element = columns.element.get(row).copied().unwrap_or(0);
                    (columns.part[row], element, bits(columns.value[row]), columns.flags[row])
                })
                .collect();
            found.sort_by_key(|row| block_of(row.0));
            let expected: Vec<_> = expected.into_iter().map(|row| (row.1, row.2, bits(row.3), row.4)).collect();
            assert_eq!(found, expected, "test {test}");
        }
        for part in rows.iter().map(|row| row.1).take(20).chain([3]) {
            let found = file.of_part(part, &mut |_, _, flags| flags < 200).unwrap();
            let found: Vec<_> = found.iter().map(|row| (row.test, row.element, bits(row.value), row.flags)).collect();
            let expected = rows.iter().filter(|row| row.1 == part && row.4 < 200);
            let expected: Vec<_> = expected.map(|row| (row.0, row.2, bits(row.3), row.4)).collect();
            assert_eq!(found, expected, "part {part}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
        #[test]
        fn everything_is_found_again(
            rows in proptest::collection::vec(
                (
                    prop_oneof![0u32..4, any::<u32>()],
                    prop_oneof![0u32..40, any::<u32>()],
                    prop_oneof![4 => Just(0u16), 1 => any::<u16>()],
                    any::<f32>(),
                    prop_oneof![4 => Just(0u8), 1 => any::<u8>()],
                ),
                0..400,
            ),
            blocks in 1usize..4,
            early: bool,
        ) {
            check(rows, blocks, early);
        }
    }

    #[test]
    fn so_are_tests_of_many_rows() {
        let rows =
            (0..3u32).flat_map(|test| (0..40_000u32).map(move |row| (test, row / 2 * 3 + row % 2, 0, row as f32, 0)));
        check(rows.collect(), 1, false);
    }
}
