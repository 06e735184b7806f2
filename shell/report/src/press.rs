//! From a document to a PDF.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use jiff::civil::Date;
use resvg::usvg::fontdb::Database;
use typst::diag::{SourceDiagnostic, SourceResult};
use typst::foundations::{Smart, Value};
use typst_layout::PagedDocument;
use typst_pdf::PdfOptions;

use crate::typefaces::{self, Typefaces};
use crate::world::SmallWorld;
use crate::{ReportError, picture};

/// A document to be printed.
#[derive(Debug, Clone)]
pub struct Document {
    /// Typst source; a constant of the program, so that what people type cannot be part of it. It begins with
    /// `#import "/frame.typ": *` and finds the data in `data`.
    pub template: &'static str,
    /// Everything the document says. Drawings are SVG text, put on paper by the frame's `drawing`.
    pub data: serde_json::Value,
    /// The day the document is of; nothing else in it knows a date.
    pub date: Date,
}

/// Fonts, found once; prints any number of documents, from several threads at a time.
pub struct Press {
    typefaces: Typefaces,
    letters: OnceLock<Arc<Database>>,
}

/// Prints after which memorised layout is forgotten.
const MEMORY: usize = 2;

impl Press {
    fn of(typefaces: Typefaces) -> Self {
        Self { typefaces, letters: OnceLock::new() }
    }

    /// With the system's fonts and those of a folder.
    ///
    /// # Errors
    /// If no font has Chinese characters or the folder cannot be read.
    pub fn open(folder: Option<&Path>) -> Result<Self, ReportError> {
        Typefaces::search(folder, true).map(Self::of)
    }

    /// With the fonts of a folder and no others.
    ///
    /// # Errors
    /// As [`Press::open`].
    pub fn with_fonts_of(folder: &Path) -> Result<Self, ReportError> {
        Typefaces::search(Some(folder), false).map(Self::of)
    }

    /// The press of this process: fonts are searched when it is first asked for, in the system and in the folder that
    /// the setting `FENGCE_FONTS` names.
    ///
    /// # Errors
    /// As [`Press::open`]; the same answer until the process ends.
    pub fn installed() -> Result<&'static Self, ReportError> {
        static INSTALLED: OnceLock<Result<Press, ReportError>> = OnceLock::new();
        INSTALLED.get_or_init(|| Self::open(typefaces::configured().as_deref())).as_ref().map_err(Clone::clone)
    }

    /// The family documents are set in.
    pub fn family(&self) -> &str {
        &self.typefaces.family
    }

    /// A drawing (SVG text) as a PNG picture of a width in pixels, on white.
    ///
    /// # Errors
    /// If the drawing cannot be read or the picture would be absurdly large.
    pub fn picture(&self, svg: &str, width_pixels: u32) -> Result<Vec<u8>, ReportError> {
        picture::draw(svg, width_pixels, self.letters.get_or_init(|| picture::letters(&self.typefaces)).clone())
    }

    /// Prints a document; a second or so of work, so not on a thread that answers requests.
    ///
    /// # Errors
    /// If the template does not fit the data.
    pub fn print(&self, document: &Document) -> Result<Vec<u8>, ReportError> {
        let data: Value = serde_json::from_value(document.data.clone())
            .map_err(|error| ReportError::Template(format!("数据：{error}")))?;
        let world = SmallWorld::new(&self.typefaces, document.template, data, document.date)?;
        let pages: PagedDocument = done(typst::compile(&world).output)?;
        // Without a time stamp: the document's own date is in it, and the same input must give the same bytes.
        let options = PdfOptions { creator: Smart::Custom(Some("fengce".to_owned())), ..PdfOptions::default() };
        let pdf = done(typst_pdf::pdf(&pages, &options));
        typst::comemo::evict(MEMORY);
        pdf
    }
}

fn done<T>(result: SourceResult<T>) -> Result<T, ReportError> {
    let told = |found: &SourceDiagnostic| {
        found.hints.iter().fold(found.message.to_string(), |all, hint| format!("{all}（{}）", hint.v))
    };
    result.map_err(|found| ReportError::Template(found.iter().map(told).collect::<Vec<_>>().join("；")))
}
