//! CSV in: what treasuries and banks export, as a sheet of text.

use calamine::DataRef;

use crate::excel_in::{Gathered, Limits, Sheet, SheetError};

impl Sheet {
    /// A file by its content: a workbook, or else comma-separated text in UTF-8 or GB 18030.
    pub fn of_file(bytes: &[u8], limits: &Limits) -> Result<Self, SheetError> {
        if bytes.starts_with(b"PK") { Self::read(bytes, limits) } else { Self::read_text(bytes, limits) }
    }

    /// Comma-separated text in UTF-8, with or without a byte-order mark, or in GB 18030, as Excel in China writes it.
    /// Rows are numbered as the lines they begin on.
    pub fn read_text(bytes: &[u8], limits: &Limits) -> Result<Self, SheetError> {
        if bytes.len() > limits.file_bytes {
            return Err(SheetError::TooLarge { found: bytes.len(), limit: limits.file_bytes });
        }
        let unreadable = || SheetError::NotText;
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
            Err(_) => {
                let text = encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(bytes);
                text.ok_or_else(unreadable)?.into_owned()
            }
        };
        if text.contains('\0') {
            return Err(unreadable());
        }
        let mut records = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut gathered = Gathered::default();
        for record in records.records() {
            let record = record.map_err(|_| unreadable())?;
            let row = record.position().map_or(0, |from| line_of(&text, from));
            for (column, cell) in (0u32..).zip(&record) {
                gathered.take((row, column), &DataRef::String(cell.to_owned()), limits)?;
            }
        }
        gathered.finish("CSV".to_owned())
    }
}

/// From zero, the line on which a record begins: empty lines before it are passed over.
fn line_of(text: &str, from: &csv::Position) -> u32 {
    let rest = usize::try_from(from.byte()).ok().and_then(|byte| text.as_bytes().get(byte..)).unwrap_or_default();
    let empty = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n').count();
    u32::try_from(from.line() - 1 + empty as u64).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Sheet, SheetError> {
        Sheet::of_file(bytes, &Limits::default())
    }

    #[test]
    fn text_is_read_in_both_encodings_with_the_lines_it_stands_on() {
        let text = "凭证号,金额（元）\r\n\r\n渝-1,\"1,200.50\"\r\n渝-2,3\r\n";
        let marked = format!("\u{feff}{text}");
        let (chinese, _, _) = encoding_rs::GB18030.encode(text);
        for bytes in [text.as_bytes(), marked.as_bytes(), &chinese] {
            let sheet = read(bytes).unwrap();
            assert_eq!(sheet.head, ["凭证号", "金额（元）"]);
            let rows: Vec<_> = sheet.rows.iter().map(|row| (row.number, row.cells.join("|"))).collect();
            assert_eq!(rows, [(3, "渝-1|1,200.50".to_owned()), (4, "渝-2|3".to_owned())]);
        }
    }

    #[test]
    fn what_is_no_text_and_what_is_too_much_is_refused() {
        assert!(matches!(read(b"\xff\xfe\x00"), Err(SheetError::NotText)));
        assert!(matches!(read(b"a\0b"), Err(SheetError::NotText)));
        assert!(matches!(read(b""), Err(SheetError::Empty(_))));
        assert!(matches!(read(b"PK not a workbook"), Err(SheetError::Unreadable(_))));
        let narrow = Limits { columns: 1, ..Limits::default() };
        assert!(matches!(Sheet::of_file(b"a,b", &narrow), Err(SheetError::TooManyCells { .. })));
    }
}
