//! Finished markup.

use std::fmt;

use askama::filters::HtmlSafe;

/// Markup that templates put into a page as it is. Only templates and components make it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markup(String);

impl Markup {
    /// What a template renders.
    pub fn of(template: &impl askama::Template) -> Result<Self, askama::Error> {
        template.render().map(Self)
    }

    /// A drawing; `chart` escapes what it is given.
    pub fn drawing(svg: &chart::Svg) -> Self {
        Self(svg.to_string())
    }

    pub(crate) fn trusted(markup: String) -> Self {
        Self(markup)
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Markup {}
