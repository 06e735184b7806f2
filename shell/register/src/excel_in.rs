//! Excel in: a sheet becomes rows of text with their places, or is refused.

use std::io::{Cursor, Read as _};

use calamine::{DataRef, Reader as _, Xlsx};
use kernel::Timestamp;
use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, Workbook};

use crate::excel_out::{ExcelError, head_format};

/// How much a workbook from outside may be. A workbook is a compressed archive: what it unpacks to is measured before
/// anything is read from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of the file, in bytes.
    pub file_bytes: usize,
    /// Of everything in the archive once unpacked, in bytes.
    pub unpacked_bytes: u64,
    /// Rows below the head.
    pub rows: u32,
    /// Columns.
    pub columns: u32,
    /// Characters in one cell.
    pub cell_characters: usize,
}

impl Default for Limits {
    /// 10 MiB packed, 100 MiB unpacked, 20,000 rows, 100 columns, 2,000 characters in a cell.
    fn default() -> Self {
        Self { file_bytes: 10 << 20, unpacked_bytes: 100 << 20, rows: 20_000, columns: 100, cell_characters: 2_000 }
    }
}

/// Files in an honest workbook's archive.
const MOST_PARTS: usize = 500;

/// Heading of the column in which errors are written.
const ERRORS: &str = "错误说明";

/// Digits beyond which Excel has already changed a number.
const EXACT_NUMBER: f64 = 1e15;

/// A workbook that cannot be taken in at all.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// Larger than allowed.
    #[error("文件大小为 {found} 字节，超过上限 {limit} 字节。请拆分后分次上传。")]
    TooLarge {
        /// Of the file.
        found: usize,
        /// Most bytes accepted.
        limit: usize,
    },
    /// Unpacks to more than allowed: an archive bomb, or pictures in the sheet.
    #[error(
        "文件解压后超过 {limit} 字节（或部件过多），已拒绝。请删除图片等多余内容，只保留数据后另存为新的 .xlsx 文件。"
    )]
    Bomb {
        /// Most bytes accepted.
        limit: u64,
    },
    /// Not a workbook.
    #[error("无法读取该文件：{0}。请用 Excel 或 WPS 另存为 .xlsx 格式（不加密）后再上传。")]
    Unreadable(String),
    /// Neither a workbook nor text.
    #[error(
        "无法读取该文件：不是 .xlsx 工作簿，也不是 UTF-8 或 GB18030（GBK）编码的 CSV 文本。请用 Excel 或 WPS 另存后再上传。"
    )]
    NotText,
    /// No head row.
    #[error("工作表“{0}”没有表头。第一行应为列名，请使用下载的模板。")]
    Empty(String),
    /// More rows or columns than allowed.
    #[error("工作表超出范围：最多 {rows} 行、{columns} 列。请拆分，并删除表格右侧和下方的空白格式。")]
    TooManyCells {
        /// Most rows.
        rows: u32,
        /// Most columns.
        columns: u32,
    },
    /// Two columns of the head are called the same.
    #[error("表头第 {column} 列“{label}”与前面的列重名，请保留一列。")]
    RepeatedHead {
        /// From 1.
        column: u32,
        /// As it stands in the head.
        label: String,
    },
    /// A column that is needed is not there.
    #[error("表头缺少列：{0}。请使用下载的模板，不要修改列名。")]
    MissingColumns(String),
}

/// A sheet as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Name of the sheet.
    pub name: String,
    /// The first row, trimmed.
    pub head: Vec<String>,
    /// Rows below it that hold anything.
    pub rows: Vec<SheetRow>,
    /// Cells whose text cannot be trusted, found while reading.
    pub errors: Vec<RowError>,
}

/// One row of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetRow {
    /// As Excel numbers it: the head is 1.
    pub number: u32,
    /// As many as the head has columns, trimmed; numbers without separators, days as `2026-11-23`.
    pub cells: Vec<String>,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    /// As Excel numbers it.
    pub row: u32,
    /// Label of the column; `None` when the row as a whole is meant.
    pub column: Option<String>,
    /// What was wrong and what to do.
    pub message: String,
}

impl Sheet {
    /// The first sheet of a workbook (.xlsx), or the one called “数据”.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, SheetError> {
        if bytes.len() > limits.file_bytes {
            return Err(SheetError::TooLarge { found: bytes.len(), limit: limits.file_bytes });
        }
        measure(bytes, limits.unpacked_bytes)?;
        let unreadable = |error: calamine::XlsxError| SheetError::Unreadable(error.to_string());
        let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
        let names = workbook.sheet_names();
        let name = names.iter().find(|name| *name == "数据").or(names.first()).cloned();
        let name = name.ok_or_else(|| SheetError::Unreadable("文件中没有工作表".to_owned()))?;
        let mut cells = workbook.worksheet_cells_reader(&name).map_err(unreadable)?;
        let mut gathered = Gathered::default();
        while let Some(cell) = cells.next_cell().map_err(unreadable)? {
            gathered.take(cell.get_position(), cell.get_value(), limits)?;
        }
        gathered.finish(name)
    }

    /// Without the column that [`Sheet::with_errors`] wrote: a workbook that was corrected is sent again as it is.
    pub fn without_errors(mut self) -> Self {
        if let Some(place) = self.head.iter().position(|label| label == ERRORS) {
            self.head.remove(place);
            for row in &mut self.rows {
                row.cells.remove(place);
            }
        }
        self
    }

    /// For every label asked for, the place of its column. The unit in brackets may be left out in the head.
    pub fn places(&self, labels: &[&str]) -> Result<Vec<usize>, SheetError> {
        let bare = |text: &str| text.split('（').next().unwrap_or(text).trim().to_owned();
        let find = |label: &&str| {
            let exact = self.head.iter().position(|head| head == label);
            exact.or_else(|| self.head.iter().position(|head| bare(head) == bare(label)))
        };
        let missing: Vec<&str> = labels.iter().copied().filter(|label| find(label).is_none()).collect();
        if missing.is_empty() {
            Ok(labels.iter().filter_map(find).collect())
        } else {
            Err(SheetError::MissingColumns(missing.join("、")))
        }
    }

    /// An empty workbook to be filled in: a sheet of headings, and one that explains each column. Columns are name,
    /// whether it must be filled in, and what to write. Cells are text, so that no code or day is changed by Excel.
    pub fn template(columns: &[(&str, bool, &str)], made_at: Timestamp) -> Result<Vec<u8>, ExcelError> {
        let mut workbook = Workbook::new();
        let made = ExcelDateTime::parse_from_str(&kernel::date::minute(made_at))?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
        let (plain, head) = (Format::new().set_num_format("@"), head_format());
        let sheet = workbook.add_worksheet().set_name("数据")?;
        for (column, (name, ..)) in (0u16..).zip(columns) {
            sheet.set_column_width(column, 24)?;
            sheet.set_column_format(column, &plain)?;
            sheet.write_string_with_format(0, column, *name, &head)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        let sheet = workbook.add_worksheet().set_name("填写说明")?;
        for (column, label) in (0u16..).zip(["列名", "是否必填", "怎么填"]) {
            sheet.write_string_with_format(0, column, label, &head)?;
            sheet.set_column_width(column, [28, 10, 80][usize::from(column)])?;
        }
        for (row, (name, required, explained)) in (1u32..).zip(columns) {
            sheet.write_string(row, 0, *name)?;
            sheet.write_string(row, 1, if *required { "必填" } else { "选填" })?;
            sheet.write_string(row, 2, *explained)?;
        }
        Ok(workbook.save_to_buffer()?)
    }

    /// The same sheet with a last column that says what is wrong, the rows in question coloured, to be corrected and
    /// sent again.
    pub fn with_errors(&self, errors: &[RowError], made_at: Timestamp) -> Result<Vec<u8>, ExcelError> {
        let mut workbook = Workbook::new();
        let made = ExcelDateTime::parse_from_str(&kernel::date::minute(made_at))?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
        let sheet = workbook.add_worksheet().set_name("数据")?;
        let (plain, head) = (Format::new().set_num_format("@"), head_format());
        let wrong = plain.clone().set_background_color(Color::RGB(0xFB_E9_E6));
        let last = u16::try_from(self.head.len()).unwrap_or(u16::MAX);
        for (column, label) in (0u16..).zip(&self.head) {
            sheet.write_string_with_format(0, column, label, &head)?;
            sheet.set_column_width(column, 20)?;
        }
        sheet.write_string_with_format(0, last, ERRORS, &head)?;
        sheet.set_column_width(last, 60)?;
        for (place, row) in (1u32..).zip(&self.rows) {
            let own: Vec<&RowError> = errors.iter().filter(|error| error.row == row.number).collect();
            for ((column, text), label) in (0u16..).zip(&row.cells).zip(&self.head) {
                let is_wrong = own.iter().any(|error| error.column.as_ref() == Some(label));
                sheet.write_string_with_format(place, column, text, if is_wrong { &wrong } else { &plain })?;
            }
            if !own.is_empty() {
                let said: Vec<String> = own.iter().map(|error| error.said()).collect();
                sheet.write_string_with_format(place, last, said.join("\n"), &wrong.clone().set_text_wrap())?;
            }
        }
        sheet.set_freeze_panes(1, 0)?;
        Ok(workbook.save_to_buffer()?)
    }
}

impl RowError {
    fn said(&self) -> String {
        match &self.column {
            Some(column) => format!("{column}：{}", self.message),
            None => self.message.clone(),
        }
    }
}

impl std::fmt::Display for RowError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "第 {} 行 {}", self.row, self.said())
    }
}

/// Unpacks every part into nothing and counts; sizes an archive declares about itself are not believed.
fn measure(bytes: &[u8], limit: u64) -> Result<(), SheetError> {
    let unreadable = |error: &dyn std::fmt::Display| SheetError::Unreadable(error.to_string());
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| unreadable(&error))?;
    if archive.len() > MOST_PARTS {
        return Err(SheetError::Bomb { limit });
    }
    let mut left = limit;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| unreadable(&error))?;
        let read = std::io::copy(&mut part.take(left + 1), &mut std::io::sink()).map_err(|error| unreadable(&error))?;
        left = left.checked_sub(read).ok_or(SheetError::Bomb { limit })?;
    }
    Ok(())
}

/// Cells read so far. Rows and columns are bounded before memory is taken for them: a sheet may name the cell
/// XFD1048576 in a few bytes.
#[derive(Default)]
pub(crate) struct Gathered {
    rows: std::collections::BTreeMap<u32, Vec<(u32, String)>>,
    doubtful: Vec<(u32, u32, String)>,
}

impl Gathered {
    pub(crate) fn take(
        &mut self,
        (row, column): (u32, u32),
        value: &DataRef<'_>,
        limits: &Limits,
    ) -> Result<(), SheetError> {
        let (text, doubt) = text_of(value);
        if let Some(doubt) = doubt {
            self.doubtful.push((row, column, doubt));
        }
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        if row > limits.rows || column >= limits.columns {
            return Err(SheetError::TooManyCells { rows: limits.rows, columns: limits.columns });
        }
        let mut text = text.to_owned();
        if let Some((end, _)) = text.char_indices().nth(limits.cell_characters) {
            self.doubtful.push((row, column, format!("内容超过 {} 个字，请缩短", limits.cell_characters)));
            text.truncate(end);
        }
        self.rows.entry(row).or_default().push((column, text));
        Ok(())
    }

    pub(crate) fn finish(mut self, name: String) -> Result<Sheet, SheetError> {
        let Some(first) = self.rows.remove(&0) else { return Err(SheetError::Empty(name)) };
        let width = first.iter().map(|(column, _)| *column as usize + 1).max().unwrap_or(0);
        let head = spread(first, width);
        for (index, label) in head.iter().enumerate() {
            if !label.is_empty() && head.iter().take(index).any(|earlier| earlier == label) {
                let column = u32::try_from(index + 1).unwrap_or(u32::MAX);
                return Err(SheetError::RepeatedHead { column, label: label.clone() });
            }
        }
        let label = |column: u32| head.get(column as usize).cloned();
        let doubtful = self.doubtful.into_iter();
        let errors = doubtful.map(|(row, column, message)| RowError { row: row + 1, column: label(column), message });
        let errors = errors.collect();
        let rows = self.rows.into_iter().map(|(row, cells)| SheetRow { number: row + 1, cells: spread(cells, width) });
        let rows = rows.collect();
        Ok(Sheet { name, head, rows, errors })
    }
}

fn spread(cells: Vec<(u32, String)>, width: usize) -> Vec<String> {
    let mut texts = vec![String::new(); width];
    for (column, text) in cells {
        if let Some(place) = texts.get_mut(column as usize) {
            *place = text;
        }
    }
    texts
}

/// The text of a cell, and why it cannot be trusted.
fn text_of(value: &DataRef<'_>) -> (String, Option<String>) {
    let text = match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Float(number) if number.abs() >= EXACT_NUMBER => {
            let doubt = "是超过 15 位的数字，Excel 已丢失末尾数位：请把单元格格式设为“文本”后重新填写";
            return (number.to_string(), Some(doubt.to_owned()));
        }
        DataRef::Float(number) => number.to_string(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Bool(truth) => if *truth { "是" } else { "否" }.to_owned(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::DateTime(moment) => {
            let (year, month, day, hour, minute, _, _) = moment.to_ymd_hms_milli();
            let date = format!("{year:04}-{month:02}-{day:02}");
            if (hour, minute) == (0, 0) { date } else { format!("{date} {hour:02}:{minute:02}") }
        }
        DataRef::Error(error) => return (error.to_string(), Some(format!("是公式错误 {error}，请填写数值"))),
    };
    (text, None)
}
