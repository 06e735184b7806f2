//! What is wrong in a clause, interpretation or rate file, and on which line.

use std::fmt;
use std::ops::Range;

/// One thing to mend in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file, as it was named to the parser.
    pub file: String,
    /// 1-based line.
    pub line: usize,
    /// What is wrong and what to do, in Chinese.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}：{}", self.file, self.line, self.message)
    }
}

/// A file being read: turns byte spans into lines and collects findings.
pub(crate) struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    pub(crate) findings: Vec<Finding>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, findings: Vec::new() }
    }

    /// The 1-based line on which a byte stands.
    pub(crate) fn line(&self, byte: usize) -> usize {
        self.text.bytes().take(byte).filter(|b| *b == b'\n').count() + 1
    }

    /// A finding on a span.
    pub(crate) fn find(&mut self, span: &Range<usize>, message: impl Into<String>) {
        self.find_on(self.line(span.start), message);
    }

    /// A finding on a line.
    pub(crate) fn find_on(&mut self, line: usize, message: impl Into<String>) {
        self.findings.push(Finding { file: self.file.to_owned(), line, message: message.into() });
    }

    /// Reads the file into its raw form; a syntax error becomes a finding on its line.
    pub(crate) fn read<T: serde::de::DeserializeOwned>(&mut self) -> Option<T> {
        match toml::from_str(self.text) {
            Ok(raw) => Some(raw),
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                self.find(&span, format!("无法读取：{}", error.message()));
                None
            }
        }
    }

    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, Vec<Finding>> {
        match value {
            Some(value) if self.findings.is_empty() => Ok(value),
            _ => Err(self.findings),
        }
    }
}

/// Reads a word of a closed vocabulary through its serde names.
pub(crate) fn word<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    let deserializer = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(text);
    T::deserialize(deserializer).ok()
}
