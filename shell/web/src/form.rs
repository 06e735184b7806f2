//! Forms: what was typed, what is wrong with it, and how it is shown.

use std::convert::Infallible;
use std::sync::Arc;

use askama::Template;
use askama::filters::HtmlSafe;
use axum::extract::{FromRequest, Request};
use kernel::refusal::{Refusal, RefusalKind};
use kernel::{CommandId, Revision};

use crate::failure::Failure;
use crate::incoming::Incoming;
use crate::markup::Markup;
use crate::page::Visit;
use crate::reader::{FromFields, Reader};
use crate::submitted::{Shared, Submitted, Upload};

/// A form as shown: empty, or with what was typed and what is wrong with it. Templates ask it for its fields.
#[derive(Clone, Debug)]
pub struct Draft {
    submitted: Arc<Submitted>,
    errors: Vec<FieldError>,
    token: String,
    command: CommandId,
    revision: Option<Revision>,
}

/// What is wrong with one field, or with the form as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
struct FieldError {
    field: Option<String>,
    label: String,
    message: String,
}

impl Draft {
    pub(crate) fn blank(token: String, command: CommandId) -> Self {
        Self { submitted: Arc::default(), errors: Vec::new(), token, command, revision: None }
    }

    /// Filled in beforehand.
    pub fn fill<T: Into<String>>(mut self, values: impl IntoIterator<Item = (&'static str, T)>) -> Self {
        let fields = values.into_iter().map(|(name, value)| (name.to_owned(), value.into()));
        Arc::make_mut(&mut self.submitted).fields.extend(fields);
        self
    }

    /// Filled with what was typed earlier and kept.
    pub fn restore(mut self, typed: impl IntoIterator<Item = (String, String)>) -> Self {
        Arc::make_mut(&mut self.submitted).fields.extend(typed);
        self
    }

    /// What was typed, field by field, without what the form itself carries: to be kept and restored later.
    pub fn typed(&self) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.submitted.fields.iter().filter(|(name, _)| !name.starts_with('_'));
        fields.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Reads what is filled in, noting what is wrong, as when the form is sent.
    pub fn read<T: FromFields>(&mut self) -> Option<T> {
        let read = T::from_fields(&mut Reader { draft: self });
        if self.has_errors() { None } else { read }
    }

    /// Everything that is wrong: name of the field, its label, what is wrong with it.
    pub fn faults(&self) -> impl Iterator<Item = (Option<&str>, &str, &str)> {
        self.errors.iter().map(|error| (error.field.as_deref(), error.label.as_str(), error.message.as_str()))
    }

    /// Files that were sent in a field, in the order they were sent.
    pub fn files<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Upload> {
        self.submitted.files.iter().filter(move |(field, _)| field == name).map(|(_, file)| file)
    }

    /// The revision of the record this form shows; sent back with it.
    pub fn revision(mut self, revision: Revision) -> Self {
        self.revision = Some(revision);
        self
    }

    /// The first value of a field, as typed.
    pub fn value(&self, name: &str) -> &str {
        self.submitted.field(name).unwrap_or_default()
    }

    /// All values of a field, as typed.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.submitted.fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// A file that was sent.
    pub fn file(&self, name: &str) -> Option<&Upload> {
        self.submitted.file(name)
    }

    /// Large files that were sent in a field, in the order they were sent.
    pub fn incoming<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Incoming> {
        self.submitted.incoming.iter().filter(move |(field, _)| field == name).map(|(_, file)| file)
    }

    /// Whether anything is wrong.
    pub fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    pub(crate) fn refuse_field(&mut self, field: &str, label: &str, message: &str) {
        let (field, label, message) = (Some(field.to_owned()), label.to_owned(), message.to_owned());
        self.errors.push(FieldError { field, label, message });
    }

    /// Notes something wrong with the form as a whole.
    pub fn complain(mut self, message: impl Into<String>) -> Self {
        self.errors.push(FieldError { field: None, label: String::new(), message: message.into() });
        self
    }

    /// Notes something wrong with one field.
    pub fn complain_at(mut self, field: &str, message: impl Into<String>) -> Self {
        let (field, label, message) = (Some(field.to_owned()), String::new(), message.into());
        self.errors.push(FieldError { field, label, message });
        self
    }

    /// Takes a refused command back into the form, to be shown again; a refusal that concerns no form is a failure.
    pub fn refused(mut self, refusal: Refusal) -> Result<Self, Failure> {
        match refusal.kind {
            RefusalKind::Invalid | RefusalKind::Forbidden => {
                let field = refusal.field.map(|field| field.into_owned());
                self.errors.push(FieldError { field, label: String::new(), message: refusal.reason.into_owned() });
                Ok(self)
            }
            _ => Err(refusal.into()),
        }
    }

    /// Hidden fields every form needs: cross-site token, command id, revision.
    pub fn hidden(&self) -> Result<Markup, askama::Error> {
        Markup::of(&Hidden { draft: self })
    }

    /// The list of what is wrong, each linking to its field; nothing when nothing is.
    pub fn errors(&self) -> Result<Markup, askama::Error> {
        if self.errors.is_empty() { Ok(Markup::default()) } else { Markup::of(&Errors { errors: &self.errors }) }
    }

    fn field(&self, kind: FieldKind, name: &'static str, label: &'static str) -> Field {
        let errors = self.errors.iter().filter(|error| error.field.as_deref() == Some(name));
        let errors = errors.map(|error| error.message.clone()).collect();
        let values = self.all(name).map(str::to_owned).collect();
        Field {
            kind,
            name,
            label,
            hint: None,
            required: false,
            errors,
            values,
            choices: Vec::new(),
            width: "",
            rows: 4,
        }
    }

    /// One line of text.
    pub fn text(&self, name: &'static str, label: &'static str) -> Field {
        self.field(FieldKind::Input { kind: "text", mode: None, complete: "off" }, name, label)
    }

    /// A whole number.
    pub fn count(&self, name: &'static str, label: &'static str) -> Field {
        let kind = FieldKind::Input { kind: "text", mode: Some("numeric"), complete: "off" };
        Field { width: "short", ..self.field(kind, name, label) }
    }

    /// An amount of money, in yuan.
    pub fn money(&self, name: &'static str, label: &'static str) -> Field {
        let kind = FieldKind::Input { kind: "text", mode: Some("decimal"), complete: "off" };
        Field { width: "medium", ..self.field(kind, name, label) }
    }

    /// A day.
    pub fn date(&self, name: &'static str, label: &'static str) -> Field {
        let kind = FieldKind::Input { kind: "date", mode: None, complete: "off" };
        Field { width: "medium", ..self.field(kind, name, label) }
    }

    /// A password; what was typed is not shown again. `complete` is `current-password` or `new-password`.
    pub fn password(&self, name: &'static str, label: &'static str, complete: &'static str) -> Field {
        let kind = FieldKind::Input { kind: "password", mode: None, complete };
        Field { values: Vec::new(), width: "medium", ..self.field(kind, name, label) }
    }

    /// A line of text that browsers may fill in: `username`, `one-time-code` …
    pub fn known(&self, name: &'static str, label: &'static str, complete: &'static str) -> Field {
        let mode = (complete == "one-time-code").then_some("numeric");
        let kind = FieldKind::Input { kind: "text", mode, complete };
        Field { width: "medium", ..self.field(kind, name, label) }
    }

    /// Several lines of text.
    pub fn lines(&self, name: &'static str, label: &'static str) -> Field {
        self.field(FieldKind::Lines, name, label)
    }

    /// One of several, in a list that opens. `choices` are values and labels.
    pub fn select<V: ToString, L: ToString>(
        &self,
        name: &'static str,
        label: &'static str,
        choices: &[(V, L)],
    ) -> Field {
        let choices = choices.iter().map(|(value, label)| (value.to_string(), label.to_string())).collect();
        Field { choices, width: "medium", ..self.field(FieldKind::Select, name, label) }
    }

    /// One of a few, all in sight.
    pub fn radios<V: ToString, L: ToString>(
        &self,
        name: &'static str,
        label: &'static str,
        choices: &[(V, L)],
    ) -> Field {
        Field { kind: FieldKind::Radios, width: "", ..self.select(name, label, choices) }
    }

    /// Any number of several, all in sight. A choice without a value is the heading of those that follow.
    pub fn ticks<V: ToString, L: ToString>(
        &self,
        name: &'static str,
        label: &'static str,
        choices: &[(V, L)],
    ) -> Field {
        Field { kind: FieldKind::Ticks, width: "", ..self.select(name, label, choices) }
    }

    /// A box to tick.
    pub fn tick(&self, name: &'static str, label: &'static str) -> Field {
        self.field(FieldKind::Tick, name, label)
    }

    /// A file; the form needs `enctype="multipart/form-data"`.
    pub fn upload(&self, name: &'static str, label: &'static str, accept: &'static str) -> Field {
        self.field(FieldKind::File { accept, several: false }, name, label)
    }

    /// One or several files; the form needs `enctype="multipart/form-data"`.
    pub fn uploads(&self, name: &'static str, label: &'static str, accept: &'static str) -> Field {
        self.field(FieldKind::File { accept, several: true }, name, label)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FieldKind {
    Input { kind: &'static str, mode: Option<&'static str>, complete: &'static str },
    Lines,
    Select,
    Radios,
    Ticks,
    Tick,
    File { accept: &'static str, several: bool },
}

/// One field with its label, hint and errors. Templates print it.
#[derive(Clone, Debug, Template)]
#[template(path = "component/field.html")]
pub struct Field {
    kind: FieldKind,
    name: &'static str,
    label: &'static str,
    hint: Option<String>,
    required: bool,
    errors: Vec<String>,
    values: Vec<String>,
    choices: Vec<(String, String)>,
    width: &'static str,
    rows: u8,
}

impl HtmlSafe for Field {}

impl Field {
    /// A sentence below the label: unit, example, where to find the value.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Must be filled in; said beside the label.
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Must be filled in under a condition, such as that nothing was kept from before.
    pub fn required_if(self, condition: bool) -> Self {
        if condition { self.required() } else { self }
    }

    /// As wide as a few digits.
    pub fn short(mut self) -> Self {
        self.width = "short";
        self
    }

    /// Rows of a text of several lines.
    pub fn rows(mut self, rows: u8) -> Self {
        self.rows = rows;
        self
    }

    /// Whether it is a group of small fields under one legend.
    fn is_group(&self) -> bool {
        matches!(self.kind, FieldKind::Radios | FieldKind::Ticks)
    }

    fn value(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }

    fn has(&self, value: &str) -> bool {
        self.values.iter().any(|chosen| chosen == value)
    }

    /// What describes the field to those who hear it: hint, then errors.
    fn described_by(&self) -> Option<String> {
        let hint = self.hint.is_some().then(|| format!("hint-{}", self.name));
        let error = (!self.errors.is_empty()).then(|| format!("error-{}", self.name));
        let ids: Vec<String> = hint.into_iter().chain(error).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

#[derive(Template)]
#[template(
    source = r#"<input type="hidden" name="_csrf" value="{{ draft.token }}"><input type="hidden" name="_command" value="{{ draft.command }}">{% if let Some(revision) = draft.revision %}<input type="hidden" name="_revision" value="{{ revision }}">{% endif %}"#,
    ext = "html"
)]
struct Hidden<'a> {
    draft: &'a Draft,
}

#[derive(Template)]
#[template(path = "component/errors.html")]
struct Errors<'a> {
    errors: &'a [FieldError],
}

/// A form that was sent, read as a `T`. An extractor; never rejects: what cannot be read is in `read`.
pub struct Form<T> {
    /// What was meant; `None` when something is wrong, which `draft` then shows.
    pub read: Option<T>,
    /// What was typed, to be shown again.
    pub draft: Draft,
    /// The id of the command this form sends: the same when it is sent again.
    pub command: CommandId,
    /// The revision of the record the form showed.
    pub revision: Option<Revision>,
}

impl<T: FromFields> Form<T> {
    /// What was meant, or the form to be shown again.
    pub fn done(self) -> Result<(T, Draft), Box<Draft>> {
        match self.read {
            Some(read) => Ok((read, self.draft)),
            None => Err(Box::new(self.draft)),
        }
    }
}

impl<T: FromFields, S: Sync> FromRequest<S> for Form<T> {
    type Rejection = Failure;
    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let (parts, _) = request.into_parts();
        let visit = Visit::of(&parts)?;
        let submitted = parts.extensions.get::<Shared>().cloned().unwrap_or_default();
        let command = submitted.command().unwrap_or_else(|| visit.shell.new_command());
        let sent_revision = submitted.field("_revision").and_then(|revision| revision.parse().ok());
        let revision = sent_revision.map(Revision);
        let mut draft = Draft { submitted, revision, ..Draft::blank(visit.form_token(), command) };
        let read = T::from_fields(&mut Reader { draft: &mut draft });
        // A field can be wrong without the form being unreadable, such as one that was too long and is optional.
        let read = if draft.has_errors() { None } else { read };
        // A corrected form is a new command: the first was never carried out.
        if read.is_none() {
            draft.command = visit.shell.new_command();
        }
        Ok(Self { read, draft, command, revision })
    }
}

/// Nothing can go wrong while a form is only shown.
impl From<Infallible> for Failure {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
