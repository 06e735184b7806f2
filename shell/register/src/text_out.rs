//! CSV and JSON.

use serde_json::{Map, Value, json};

use crate::cell::Cell;
use crate::column::Heading;
use crate::declaration::Page;

/// Characters that make a spreadsheet take a text for a formula (OWASP, “CSV Injection”).
const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

impl Page {
    /// CSV in UTF-8 with CRLF (RFC 4180). With a byte-order mark, Excel opens it in the right encoding. Texts that a
    /// spreadsheet would take for a formula get an apostrophe in front; numbers are left as they are.
    pub fn csv(&self, byte_order_mark: bool) -> Vec<u8> {
        let mut bytes = if byte_order_mark { "\u{feff}".as_bytes().to_vec() } else { Vec::new() };
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut bytes);
        let heads = self.headings.iter().map(Heading::label_with_unit);
        let rows = self.rows.iter().map(|row| row.iter().map(harmless).collect::<Vec<_>>());
        for record in std::iter::once(heads.collect::<Vec<_>>()).chain(rows) {
            // Writing to memory cannot fail, and every record has the same length.
            let written = writer.write_record(&record);
            debug_assert!(written.is_ok());
        }
        drop(writer);
        bytes
    }

    /// JSON: what was asked for and the rows, as objects by column key. Money is text in yuan, a rate text with `%`,
    /// a count a number, nothing `null`; a link and a light are objects.
    pub fn json(&self) -> Value {
        let object = |row: &Vec<Cell>| {
            let pairs = self.headings.iter().zip(row);
            Value::Object(pairs.map(|(heading, cell)| (heading.key.to_owned(), value(cell))).collect::<Map<_, _>>())
        };
        json!({
            "total": self.total,
            "matching": self.matching,
            "page": self.number,
            "pages": self.pages,
            "rows": self.rows.iter().map(object).collect::<Vec<_>>(),
        })
    }
}

fn harmless(cell: &Cell) -> String {
    let text = cell.plain();
    let is_words = matches!(cell, Cell::Text(_) | Cell::Link { .. } | Cell::Light(_));
    if is_words && text.starts_with(FORMULA_STARTS) { format!("'{text}") } else { text }
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::None => Value::Null,
        Cell::Count(count) => json!(count),
        Cell::Real(real) => json!(real.0),
        Cell::Instant(instant) => json!(instant.to_string()),
        Cell::Link { text, href } => json!({ "text": text, "href": href }),
        Cell::Light(light) => json!({ "tone": light.tone.class(), "word": light.word }),
        other => json!(other.plain()),
    }
}
