//! What a template sees: itself, the frame of all documents, fonts, and its data.

use jiff::civil::Date;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Dict, Duration, Value};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use crate::ReportError;
use crate::typefaces::Typefaces;

/// Paper, head, foot, tables: the same for all documents.
const FRAME: &str = include_str!("../templates/frame.typ");

/// A small world: two sources and nothing else.
pub(crate) struct SmallWorld<'a> {
    library: LazyHash<Library>,
    typefaces: &'a Typefaces,
    main: Source,
    frame: Source,
    date: Date,
}

fn file(name: &str) -> Result<FileId, ReportError> {
    let path = VirtualPath::new(name).map_err(|error| ReportError::Template(format!("{name}: {error:?}")))?;
    Ok(FileId::new(RootedPath::new(VirtualRoot::Project, path)))
}

impl<'a> SmallWorld<'a> {
    pub fn new(typefaces: &'a Typefaces, template: &str, data: Value, date: Date) -> Result<Self, ReportError> {
        let inputs: Dict = [("data".into(), data), ("font".into(), Value::Str(typefaces.family.as_str().into()))]
            .into_iter()
            .collect();
        Ok(Self {
            library: LazyHash::new(Library::builder().with_inputs(inputs).build()),
            typefaces,
            main: Source::new(file("/main.typ")?, template.to_owned()),
            frame: Source::new(file("/frame.typ")?, FRAME.to_owned()),
            date,
        })
    }
}

impl World for SmallWorld<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        self.typefaces.store.book()
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let known = [&self.main, &self.frame].into_iter().find(|source| source.id() == id);
        known.cloned().ok_or_else(|| FileError::NotFound(format!("{id:?}").into()))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.source(id).map(|source| Bytes::from_string(source.text().to_owned()))
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.typefaces.store.font(index)
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        let (month, day) = (u8::try_from(self.date.month()).ok()?, u8::try_from(self.date.day()).ok()?);
        Datetime::from_ymd(i32::from(self.date.year()), month, day)
    }
}
