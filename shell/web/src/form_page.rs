//! A page that is one form.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use office::{Outcome, SubmitError};

use crate::Answer;
use crate::failure::Failure;
use crate::form::{Draft, Field};
use crate::markup::Markup;
use crate::page::Page;

/// A page that is one form: heading, what to know, fields, one button.
#[derive(Template)]
#[template(path = "form_page.html")]
pub struct FormPage {
    heading: String,
    intro: Vec<String>,
    above: Markup,
    told: Option<String>,
    action: String,
    draft: Draft,
    groups: Vec<(&'static str, Vec<Field>)>,
    takes_files: bool,
    button: &'static str,
}

impl FormPage {
    /// Under this heading, sent to this path.
    pub fn new(heading: impl Into<String>, action: impl Into<String>, draft: Draft) -> Self {
        Self {
            heading: heading.into(),
            intro: Vec::new(),
            above: Markup::default(),
            told: None,
            action: action.into(),
            draft,
            groups: Vec::new(),
            takes_files: false,
            button: "提交",
        }
    }

    /// A paragraph above the form.
    pub fn intro(mut self, text: impl Into<String>) -> Self {
        self.intro.push(text.into());
        self
    }

    /// Markup of one's own above the form: a link to a template.
    pub fn above(mut self, content: &impl Template) -> Result<Self, Failure> {
        self.above = Markup::of(content)?;
        Ok(self)
    }

    /// What must not be overlooked, in a box above the form.
    pub fn told(mut self, text: impl Into<String>) -> Self {
        self.told = Some(text.into());
        self
    }

    /// One more field.
    pub fn field(self, field: Field) -> Self {
        self.group("", [field])
    }

    /// Fields that belong together, under a legend.
    pub fn group(mut self, legend: &'static str, fields: impl IntoIterator<Item = Field>) -> Self {
        self.groups.push((legend, fields.into_iter().collect()));
        self
    }

    /// It takes files.
    pub fn files(mut self) -> Self {
        self.takes_files = true;
        self
    }

    /// What the button says.
    pub fn button(mut self, label: &'static str) -> Self {
        self.button = label;
        self
    }

    /// The page; 422 when something is wrong with the form.
    pub fn show(self, page: Page) -> Answer {
        let status = if self.draft.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        page.title(self.heading.clone()).status(status).show(&self)
    }
}

impl Draft {
    /// What became of the command a form sent: nothing when it was carried out, the form to be shown again when what
    /// was typed stands in its way, a failure otherwise.
    pub fn unless_done(self, sent: Result<Outcome, SubmitError>) -> Result<Option<Self>, Failure> {
        match sent {
            Ok(_) => Ok(None),
            Err(SubmitError::Refused(refusal)) => self.refused(refusal).map(Some),
            Err(error) => Err(error.into()),
        }
    }
}

/// On to another page of this site after something was done.
pub fn go(path: &str) -> Response {
    Redirect::to(path).into_response()
}
