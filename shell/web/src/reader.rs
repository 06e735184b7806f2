//! From what was typed to what was meant.

use std::fmt::Display;
use std::str::FromStr;

use kernel::Date;

use crate::form::Draft;
use crate::incoming::Incoming;
use crate::submitted::Upload;

/// Something a form can be read as. `None` when a field is wrong: the reader has noted which and why.
///
/// ```
/// # use kernel::Money;
/// struct Filing { revenue: Money, note: Option<String> }
/// impl web::FromFields for Filing {
///     fn from_fields(reader: &mut web::Reader<'_>) -> Option<Self> {
///         // Read every field before the first `?`, so that all errors are shown at once.
///         let revenue = reader.required("revenue", "营业收入");
///         let note = reader.optional("note", "备注");
///         Some(Self { revenue: revenue?, note: note? })
///     }
/// }
/// ```
pub trait FromFields: Sized {
    /// Reads all fields.
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self>;
}

/// A form without fields of its own: a button.
impl FromFields for () {
    fn from_fields(_: &mut Reader<'_>) -> Option<Self> {
        Some(())
    }
}

/// Reads fields and notes what is wrong with them.
pub struct Reader<'a> {
    pub(crate) draft: &'a mut Draft,
}

/// A day as typed.
struct Day(Date);

impl FromStr for Day {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| format!("“{text}”不是日期，请写成 2026-10-31 这样的形式"))
    }
}

/// Characters in a field of a single line, unless it says otherwise.
const LINE: usize = 200;

impl Reader<'_> {
    /// A field that must be filled in.
    pub fn required<T>(&mut self, name: &'static str, label: &'static str) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        let value = self.optional(name, label)?;
        if value.is_none() {
            self.refuse(name, label, "请填写");
        }
        value
    }

    /// A field that may be left empty: `Some(None)`.
    pub fn optional<T>(&mut self, name: &'static str, label: &'static str) -> Option<Option<T>>
    where
        T: FromStr,
        T::Err: Display,
    {
        let typed = self.draft.value(name).trim().to_owned();
        if typed.is_empty() {
            return Some(None);
        }
        if typed.chars().count() > LINE {
            self.refuse(name, label, &format!("请控制在 {LINE} 个字以内"));
            return None;
        }
        match typed.parse() {
            Ok(value) => Some(Some(value)),
            Err(error) => {
                let error: T::Err = error;
                self.refuse(name, label, &error.to_string());
                None
            }
        }
    }

    /// A day that must be filled in.
    pub fn day(&mut self, name: &'static str, label: &'static str) -> Option<Date> {
        self.required::<Day>(name, label).map(|day| day.0)
    }

    /// A day that may be left empty: `Some(None)`.
    pub fn optional_day(&mut self, name: &'static str, label: &'static str) -> Option<Option<Date>> {
        self.optional::<Day>(name, label).map(|day| day.map(|day| day.0))
    }

    /// Text of several lines with at most so many characters; empty text is refused when `required`.
    pub fn text(&mut self, name: &'static str, label: &'static str, most: usize, required: bool) -> Option<String> {
        let typed = self.draft.value(name).replace("\r\n", "\n").trim().to_owned();
        let count = typed.chars().count();
        if count == 0 && required {
            self.refuse(name, label, "请填写");
            None
        } else if count > most {
            self.refuse(name, label, &format!("现有 {count} 个字，请控制在 {most} 个字以内"));
            None
        } else {
            Some(typed)
        }
    }

    /// One of several values, as offered by [`Draft::select`] or [`Draft::radios`].
    pub fn choice<T: Copy>(&mut self, name: &'static str, label: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let typed = self.draft.value(name);
        let found = choices.iter().find(|(value, _)| *value == typed).map(|(_, choice)| *choice);
        if found.is_none() {
            self.refuse(name, label, "请选择一项");
        }
        found
    }

    /// Whether a box is ticked.
    pub fn ticked(&self, name: &str) -> bool {
        !self.draft.value(name).is_empty()
    }

    /// A box that must be ticked.
    pub fn must_tick(&mut self, name: &'static str, label: &'static str) -> Option<()> {
        if self.ticked(name) {
            return Some(());
        }
        self.refuse(name, label, "请勾选确认");
        None
    }

    /// All values of a field that can stand several times.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.draft.all(name).map(str::to_owned).collect()
    }

    /// A file that may be left out.
    pub fn optional_file(&self, name: &str) -> Option<Upload> {
        self.draft.file(name).cloned()
    }

    /// A file.
    pub fn file(&mut self, name: &'static str, label: &'static str) -> Option<Upload> {
        let file = self.draft.file(name).cloned();
        if file.is_none() {
            self.refuse(name, label, "请选择文件");
        }
        file
    }

    /// All files of a field, in the order they were sent.
    pub fn files(&self, name: &str) -> Vec<Upload> {
        self.draft.files(name).cloned().collect()
    }

    /// Large files, of a route that takes them ([`crate::Route::large_files`]); none is fine.
    pub fn incoming(&self, name: &str) -> Vec<Incoming> {
        self.draft.incoming(name).cloned().collect()
    }

    /// Notes what is wrong with a field.
    pub fn refuse(&mut self, name: &'static str, label: &'static str, message: &str) {
        self.draft.refuse_field(name, label, message);
    }
}
