//! Excel out.

use kernel::{Timestamp, date::civil};
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use crate::cell::{Cell, Kind};
use crate::column::Heading;
use crate::declaration::Page;

/// The workbook could not be written.
#[derive(Debug, thiserror::Error)]
#[error("无法生成 Excel 文件：{0}。请缩小筛选范围后再试，或改用 CSV。")]
pub struct ExcelError(#[from] XlsxError);

/// Where the rows of a workbook come from; stands on its second sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// Of the register.
    pub title: String,
    /// Further lines: as-of date, filter, ledger sequence, 示例数据.
    pub lines: Vec<(String, String)>,
    /// When it was made.
    pub made_at: Timestamp,
}

/// Whole fen a double in yuan, with Excel's 15 digits, still holds exactly.
const EXACT_FEN: u64 = 1_000_000_000_000_000;

impl Page {
    /// A workbook with the rows on one sheet and what they mean on another. Amounts, counts, rates and days are
    /// numbers in Excel's own sense. The same page and provenance give the same bytes.
    pub fn excel(&self, provenance: &Provenance) -> Result<Vec<u8>, ExcelError> {
        let mut workbook = Workbook::new();
        let made = moment(provenance.made_at)?;
        workbook.set_properties(&DocProperties::new().set_title(&provenance.title).set_creation_datetime(&made));
        self.write_rows(workbook.add_worksheet().set_name("数据")?)?;
        self.write_meaning(workbook.add_worksheet().set_name("说明")?, provenance)?;
        Ok(workbook.save_to_buffer()?)
    }

    fn write_rows(&self, sheet: &mut Worksheet) -> Result<(), ExcelError> {
        let head = head_format();
        for (column, heading) in (0u16..).zip(&self.headings) {
            sheet.write_string_with_format(0, column, heading.label_with_unit(), &head)?;
            sheet.set_column_width(column, width(heading))?;
        }
        let formats: Vec<Format> = self.headings.iter().map(|heading| format_of(heading.kind)).collect();
        for (row, cells) in (1u32..).zip(&self.rows) {
            for ((column, cell), format) in (0u16..).zip(cells).zip(&formats) {
                write_cell(sheet, row, column, cell, format)?;
            }
        }
        sheet.set_freeze_panes(1, 0)?;
        let last_row = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        if let Some(last) = self.headings.len().checked_sub(1).and_then(|last| u16::try_from(last).ok()) {
            sheet.autofilter(0, 0, last_row, last)?;
        }
        Ok(())
    }

    fn write_meaning(&self, sheet: &mut Worksheet, provenance: &Provenance) -> Result<(), ExcelError> {
        let (head, wrapped) = (head_format(), Format::new().set_text_wrap().set_align(FormatAlign::Top));
        for (column, width) in [(0, 22.0), (1, 26.0), (2, 70.0)] {
            sheet.set_column_width(column, width)?;
        }
        sheet.write_string_with_format(0, 0, &provenance.title, &Format::new().set_bold().set_font_size(14))?;
        let made = ("导出时间".to_owned(), kernel::date::minute(provenance.made_at));
        let mut row = 1;
        for (name, text) in provenance.lines.iter().chain([&made]) {
            sheet.write_string(row, 0, name)?;
            sheet.write_string(row, 1, text)?;
            row += 1;
        }
        row += 1;
        for (column, label) in [(0, "列"), (1, "类型"), (2, "含义与来源")] {
            sheet.write_string_with_format(row, column, label, &head)?;
        }
        for heading in &self.headings {
            row += 1;
            sheet.write_string_with_format(row, 0, heading.label_with_unit(), &wrapped)?;
            sheet.write_string_with_format(row, 1, heading.kind.label(), &wrapped)?;
            sheet.write_string_with_format(row, 2, heading.description.as_ref(), &wrapped)?;
        }
        Ok(())
    }
}

pub(crate) fn head_format() -> Format {
    let format = Format::new().set_bold().set_border_bottom(FormatBorder::Thin);
    format.set_background_color(Color::RGB(0xF3_F1_EA)).set_text_wrap().set_align(FormatAlign::VerticalCenter)
}

fn format_of(kind: Kind) -> Format {
    match kind {
        Kind::Money => Format::new().set_num_format("#,##0.00"),
        Kind::Count => Format::new().set_num_format("#,##0"),
        Kind::Rate => Format::new().set_num_format("0.00##%"),
        Kind::Real => Format::new(),
        Kind::Date => Format::new().set_num_format("yyyy-mm-dd"),
        Kind::Instant => Format::new().set_num_format("yyyy-mm-dd hh:mm"),
        Kind::Text | Kind::Light => Format::new().set_num_format("@"),
    }
}

fn width(heading: &Heading) -> f64 {
    let head = heading.label_with_unit().chars().count() as f64 * 2.1 + 3.0;
    let least = match heading.kind {
        Kind::Money => 18.0,
        Kind::Text => 24.0,
        Kind::Instant => 17.0,
        Kind::Light => 16.0,
        Kind::Count | Kind::Rate | Kind::Real | Kind::Date => 12.0,
    };
    head.max(least)
}

fn moment(instant: Timestamp) -> Result<ExcelDateTime, XlsxError> {
    ExcelDateTime::parse_from_str(&kernel::date::minute(instant))
}

fn write_cell(sheet: &mut Worksheet, row: u32, column: u16, cell: &Cell, format: &Format) -> Result<(), ExcelError> {
    match cell {
        Cell::None => return Ok(()),
        Cell::Money(money) if money.fen().unsigned_abs() < EXACT_FEN => {
            sheet.write_number_with_format(row, column, money.fen() as f64 / 100.0, format)?
        }
        Cell::Count(count) if count.unsigned_abs() < EXACT_FEN => {
            sheet.write_number_with_format(row, column, *count as f64, format)?
        }
        Cell::Real(real) if real.0.is_finite() => sheet.write_number_with_format(row, column, real.0, format)?,
        Cell::Rate(rate) => {
            let share = rate.parts_per_million() as f64 / kernel::Rate::WHOLE as f64;
            sheet.write_number_with_format(row, column, share, format)?
        }
        Cell::Date(day) if day.year() >= 1900 => {
            sheet.write_datetime_with_format(row, column, excel_day(*day)?, format)?
        }
        Cell::Instant(instant) if civil(*instant).year() >= 1900 => {
            sheet.write_datetime_with_format(row, column, moment(*instant)?, format)?
        }
        other => sheet.write_string_with_format(row, column, other.plain(), format)?,
    };
    Ok(())
}

fn excel_day(day: kernel::Date) -> Result<ExcelDateTime, XlsxError> {
    let (month, of_month) = (day.month().unsigned_abs(), day.day().unsigned_abs());
    ExcelDateTime::from_ymd(day.year().unsigned_abs(), month, of_month)
}
