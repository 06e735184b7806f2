//! Text as testers write it: bytes whose encoding nobody declared

use std::borrow::Cow;
use std::fmt;

/// How to read the bytes of a text field (rule 22)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// UTF-8 when the bytes are valid UTF-8, otherwise ISO 8859-1, which accepts every byte
    #[default]
    Utf8OrLatin1,
    /// UTF-8 when valid, otherwise GB 18030 (testers running a Chinese system locale)
    Utf8OrGb18030,
}

impl Encoding {
    /// Decodes; never fails, and borrows when the bytes are valid UTF-8
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Cow::Borrowed(text);
        }
        match self {
            Encoding::Utf8OrLatin1 => Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect()),
            Encoding::Utf8OrGb18030 => encoding_rs::GB18030.decode_without_bom_handling(bytes).0,
        }
    }
}

/// Owned text of a record: the bytes exactly as they stood in the file
#[derive(Clone, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Text(Vec<u8>);

impl Text {
    /// The stored bytes
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether the field is empty, which STDF uses for "missing"
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// UTF-8, else ISO 8859-1
    pub fn decode(&self) -> Cow<'_, str> {
        Encoding::default().decode(&self.0)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Text(text.as_bytes().to_vec())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Text(text.into_bytes())
    }
}

impl From<&[u8]> for Text {
    fn from(bytes: &[u8]) -> Self {
        Text(bytes.to_vec())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.decode())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.decode())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn falls_back_by_choice() {
        // "封测" in GB 18030
        let bytes = [0xb7, 0xe2, 0xb2, 0xe2];
        assert_eq!(Encoding::Utf8OrGb18030.decode(&bytes), "封测");
        assert_eq!(Encoding::Utf8OrLatin1.decode(&bytes), "·â²â");
        assert_eq!(Encoding::Utf8OrGb18030.decode("µA".as_bytes()), "µA");
    }
}
