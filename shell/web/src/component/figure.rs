//! Headline figures and drawings.

use askama::Template;
use askama::filters::HtmlSafe;
use register::Light;

use crate::markup::Markup;

/// A headline figure: value, unit, period, and where it stands and comes from. At most six on a page.
#[derive(Clone, Debug, Template)]
#[template(path = "component/figure.html")]
pub struct Figure {
    label: String,
    value: String,
    unit: String,
    period: String,
    target: Option<String>,
    delta: Option<String>,
    source: Option<(String, String)>,
    shown: Option<Light>,
    href: Option<String>,
    note: Option<String>,
    drawing: Option<Markup>,
}

impl HtmlSafe for Figure {}

impl Figure {
    /// Label, value as people read it, unit, and the period or day it is of.
    pub fn new(
        label: impl Into<String>,
        value: impl Into<String>,
        unit: impl Into<String>,
        period: impl Into<String>,
    ) -> Self {
        Self {
            label: label.into(),
            value: value.into(),
            unit: unit.into(),
            period: period.into(),
            target: None,
            delta: None,
            source: None,
            shown: None,
            href: None,
            note: None,
            drawing: None,
        }
    }

    /// What is aimed at, with its unit.
    pub fn target(mut self, target: impl Into<String>) -> Self {
        self.target = Some(target.into());
        self
    }

    /// The difference to before, and what before is.
    pub fn delta(mut self, delta: impl Into<String>) -> Self {
        self.delta = Some(delta.into());
        self
    }

    /// What it is computed from, and where that is seen.
    pub fn source(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.source = Some((label.into(), href.into()));
        self
    }

    /// How it stands.
    pub fn light(mut self, light: Light) -> Self {
        self.shown = Some(light);
        self
    }

    /// What stands beside the value and is not in it.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Its course over time; the figure takes twice the width.
    pub fn drawing(mut self, drawing: &chart::Svg) -> Self {
        self.drawing = Some(Markup::drawing(drawing));
        self
    }

    /// Where more of it is seen.
    pub fn href(mut self, href: impl Into<String>) -> Self {
        self.href = Some(href.into());
        self
    }
}

/// A drawing with its caption.
#[derive(Clone, Debug, Template)]
#[template(
    source = r#"<figure class="picture">{{ drawing }}{% if !caption.is_empty() %}<figcaption>{{ caption }}</figcaption>{% endif %}</figure>"#,
    ext = "html"
)]
pub struct Picture {
    drawing: Markup,
    caption: String,
}

impl HtmlSafe for Picture {}

impl Picture {
    /// A drawing; an empty caption is left out.
    pub fn new(drawing: &chart::Svg, caption: impl Into<String>) -> Self {
        Self { drawing: Markup::drawing(drawing), caption: caption.into() }
    }
}
