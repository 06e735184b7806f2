//! 一案一卷: one case as one volume. A document with an index of its parts and pages and of its files with their digests, and
//! an archive that holds the document, every file under a name people can read, and a manifest.
//!
//! The same volume gives the same bytes, so that two copies of it can be compared.

use std::io::{Cursor, Write as _};

use jiff::civil::Date;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::{Document, ReportError};

const TEMPLATE: &str = include_str!("../templates/archive.typ");

/// Everything a volume says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// What the case is about.
    pub title: String,
    /// The case's number.
    pub number: String,
    /// The cover: label and value.
    pub cover: Vec<(String, String)>,
    /// The parts, in the order they are bound.
    pub sections: Vec<Section>,
    /// Every file of the case.
    pub files: Vec<Filed>,
    /// Whether everything is invented.
    pub sample: bool,
    /// The day it was made as of.
    pub day: Date,
}

/// A part of a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// As the index calls it.
    pub title: String,
    /// What stands in it.
    pub blocks: Vec<Block>,
}

/// What stands in a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A heading within the section.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// Labels and values.
    Pairs(Vec<(String, String)>),
    /// A table: heads, rows, and which columns hold numbers, from zero.
    Table(Vec<&'static str>, Vec<Vec<String>>, Vec<usize>),
}

/// A file of the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    /// What it is for: “申报材料 · 借款合同”.
    pub what: String,
    /// As whoever sent it called it.
    pub name: String,
    /// Where it lies in the archive: [`Filed::place`].
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// Of its content, in hexadecimal (SM3).
    pub digest: String,
}

impl Filed {
    /// Where a file lies in the archive: a folder, its number in the volume, and its name without what file systems
    /// do not take.
    pub fn place(folder: &str, number: usize, name: &str) -> String {
        format!("{}/{number:02}-{}", plain(folder), plain(name))
    }
}

/// A name that every file system takes and that leads nowhere else.
fn plain(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if "/\\:*?\"<>|".contains(c) || c.is_control() { '-' } else { c }).take(80).collect();
    let plain = plain.trim().trim_matches('.').to_owned();
    if plain.is_empty() { "未命名".to_owned() } else { plain }
}

impl Section {
    /// An empty section.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), blocks: Vec::new() }
    }

    /// With one more block; an empty table or list of pairs is left out.
    pub fn with(mut self, block: Block) -> Self {
        let is_empty = match &block {
            Block::Pairs(pairs) => pairs.is_empty(),
            Block::Table(_, rows, _) => rows.is_empty(),
            Block::Heading(text) | Block::Text(text) => text.is_empty(),
        };
        if !is_empty {
            self.blocks.push(block);
        }
        self
    }
}

fn block(block: &Block) -> Value {
    match block {
        Block::Heading(text) => json!({ "kind": "heading", "text": text }),
        Block::Text(text) => json!({ "kind": "text", "text": text }),
        Block::Pairs(pairs) => json!({ "kind": "pairs", "pairs": pairs }),
        Block::Table(heads, rows, numbers) => {
            json!({ "kind": "table", "heads": heads, "rows": rows, "numbers": numbers })
        }
    }
}

impl Volume {
    /// As a document to be printed.
    pub fn document(&self) -> Document {
        let sections = self.sections.iter().map(|section| {
            let blocks: Vec<_> = section.blocks.iter().map(block).collect();
            json!({ "title": section.title, "blocks": blocks })
        });
        let files = self.files.iter().enumerate().map(|(index, file)| {
            json!([(index + 1).to_string(), file.what, file.name, file.size.to_string(), file.digest])
        });
        let data = json!({
            "title": self.title,
            "number": self.number,
            "cover": self.cover,
            "sections": sections.collect::<Vec<_>>(),
            "files": files.collect::<Vec<_>>(),
            "sample": self.sample,
            "day": { "year": self.day.year(), "month": self.day.month(), "day": self.day.day() },
        });
        Document { template: TEMPLATE, data, date: self.day }
    }

    /// What lies in the archive, as other programs read it.
    fn manifest(&self, packed: &[Packed]) -> Vec<u8> {
        let listed = packed
            .iter()
            .map(|one| json!({ "path": one.path, "what": one.what, "size": one.content.len(), "sm3": one.digest }));
        let manifest = json!({
            "format": "fengce-archive-1",
            "case": self.number,
            "title": self.title,
            "as_of": self.day.to_string(),
            "sample": self.sample,
            "files": listed.collect::<Vec<_>>(),
        });
        let mut text = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
        text.push(b'\n');
        text
    }

    /// The archive over these files, which [`Volume::files`] and the document are part of, and the manifest.
    ///
    /// # Errors
    /// If two files lie at one place.
    pub fn pack(&self, packed: &[Packed]) -> Result<Vec<u8>, ReportError> {
        let failed = |error: zip::result::ZipError| ReportError::Packing(error.to_string());
        // One time for all: the same volume gives the same bytes.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644);
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        let manifest = self.manifest(packed);
        let parts = packed.iter().map(|one| (one.path.as_str(), one.content.as_slice()));
        for (path, content) in parts.chain([(MANIFEST, manifest.as_slice())]) {
            archive.start_file(path, options).map_err(failed)?;
            archive.write_all(content).map_err(|error| ReportError::Packing(error.to_string()))?;
        }
        Ok(archive.finish().map_err(failed)?.into_inner())
    }
}

/// Where the manifest lies.
pub const MANIFEST: &str = "清单.json";

/// A file to be packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// Where it lies in the archive.
    pub path: String,
    /// What it is.
    pub what: String,
    /// Of its content, in hexadecimal (SM3).
    pub digest: String,
    /// Its content.
    pub content: Vec<u8>,
}
