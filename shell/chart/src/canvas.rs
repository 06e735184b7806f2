//! Writing SVG.

use std::fmt::{self, Write as _};

/// A finished drawing: safe to put into a page as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Svg(String);

impl fmt::Display for Svg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a text is held.
#[derive(Clone, Copy)]
pub(crate) enum Held {
    Start,
    Middle,
    End,
}

/// How a shape is inked: the class for themes, the attributes for documents without a style sheet.
#[derive(Clone, Copy)]
pub(crate) struct Ink {
    pub class: &'static str,
    pub attributes: &'static str,
}

pub(crate) const fn ink(class: &'static str, attributes: &'static str) -> Ink {
    Ink { class, attributes }
}

pub(crate) const LINE: Ink = ink(
    "chart-line",
    r##"fill="none" stroke="#0b5f66" stroke-width="2" stroke-linejoin="round" stroke-linecap="round""##,
);
pub(crate) const FORECAST: Ink =
    ink("chart-forecast", r##"fill="none" stroke="#0b5f66" stroke-width="2" stroke-dasharray="4 4""##);
pub(crate) const BAND: Ink = ink("chart-band", r##"fill="#0b5f66" fill-opacity="0.13""##);
pub(crate) const TARGET: Ink =
    ink("chart-target", r##"fill="none" stroke="#a8321f" stroke-width="1" stroke-dasharray="2 3""##);
pub(crate) const GRID: Ink = ink("chart-grid", r##"fill="none" stroke="#e4e0d6" stroke-width="1""##);
pub(crate) const AXIS: Ink = ink("chart-axis", r##"fill="none" stroke="#6b7178" stroke-width="1""##);
pub(crate) const DOT: Ink = ink("chart-dot", r##"fill="#0b5f66" stroke="#ffffff" stroke-width="1""##);
pub(crate) const TRACK: Ink = ink("chart-track", r##"fill="#e4e0d6""##);
pub(crate) const LABEL: Ink = ink("chart-label", r##"fill="#5a626b" font-size="11""##);
pub(crate) const VALUE: Ink = ink("chart-value", r##"fill="#1c2024" font-size="11.5" font-weight="600""##);
pub(crate) const TARGET_LABEL: Ink = ink("chart-target-label", r##"fill="#a8321f" font-size="11""##);
/// The parts of a stack, and plain bars in the first of them.
pub(crate) const PARTS: [Ink; 6] = [
    ink("chart-part-1", r##"fill="#0b5f66""##),
    ink("chart-part-2", r##"fill="#b5762a""##),
    ink("chart-part-3", r##"fill="#5a7fb0""##),
    ink("chart-part-4", r##"fill="#a8321f""##),
    ink("chart-part-5", r##"fill="#6f8f4e""##),
    ink("chart-part-6", r##"fill="#7b6a94""##),
];

/// What is as it should be, drawn so that what is not stands out.
pub(crate) const PASS: Ink = ink("chart-pass", r##"fill="#dfe9e1""##);
/// A mark on something drawn.
pub(crate) const MARK: Ink = ink("chart-mark", r##"fill="none" stroke="#1c2024" stroke-width="1.5""##);
/// Points too many to be counted.
pub(crate) const POINT: Ink = ink("chart-point", r##"fill="#0b5f66" fill-opacity="0.45""##);
/// Points that stand out.
pub(crate) const SIGNAL: Ink = ink("chart-signal", r##"fill="none" stroke="#a8321f" stroke-width="1.5""##);

/// Width of a text at 11 px, roughly: East Asian characters are square, others about half as wide.
pub(crate) fn width(text: &str) -> f64 {
    text.chars().map(|c| if c >= '\u{2e80}' { 11.0 } else { 6.4 }).sum()
}

pub(crate) struct Canvas {
    body: String,
    width: f64,
    height: f64,
}

impl Canvas {
    pub fn new(width: f64, height: f64) -> Self {
        Self { body: String::new(), width, height }
    }

    fn put(&mut self, markup: fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.body.write_fmt(markup);
        self.body.push('\n');
    }

    pub fn path(&mut self, ink: Ink, places: &[(f64, f64)], closed: bool) {
        let mut d = String::new();
        for (index, (x, y)) in places.iter().enumerate() {
            let _ = write!(d, "{}{} {}", if index == 0 { "M" } else { "L" }, Px(*x), Px(*y));
        }
        let end = if closed { "Z" } else { "" };
        self.put(format_args!(r#"<path class="{}" {} d="{d}{end}"/>"#, ink.class, ink.attributes));
    }

    pub fn rectangle(&mut self, ink: Ink, (x, y): (f64, f64), width: f64, height: f64) {
        let (x, y, width, height) = (Px(x), Px(y), Px(width.max(0.0)), Px(height));
        let Ink { class, attributes } = ink;
        self.put(format_args!(
            r#"<rect class="{class}" {attributes} x="{x}" y="{y}" width="{width}" height="{height}" rx="1"/>"#
        ));
    }

    pub fn dot(&mut self, (x, y): (f64, f64), radius: f64) {
        let (x, y, radius) = (Px(x), Px(y), Px(radius));
        self.put(format_args!(r#"<circle class="{}" {} cx="{x}" cy="{y}" r="{radius}"/>"#, DOT.class, DOT.attributes));
    }

    /// Markup of one's own: what is too special for a method.
    pub fn raw(&mut self, markup: fmt::Arguments<'_>) {
        self.put(markup);
    }

    pub fn text(&mut self, ink: Ink, (x, y): (f64, f64), held: Held, text: &str) {
        let anchor = match held {
            Held::Start => "start",
            Held::Middle => "middle",
            Held::End => "end",
        };
        let (x, y, Ink { class, attributes }) = (Px(x), Px(y), ink);
        let text = Escaped(text);
        self.put(format_args!(
            r#"<text class="{class}" {attributes} x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>"#
        ));
    }

    /// As [`Canvas::finish`], for a drawing whose parts are links: those who do not see it get the same from a table beside
    /// it, so the drawing itself is hidden from them.
    pub fn finish_beside_table(self) -> Svg {
        let (width, height, body) = (Px(self.width), Px(self.height), self.body);
        Svg(format!(
            "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" aria-hidden=\"true\">\n{body}</svg>"
        ))
    }

    /// A mark whose shape tells which of several curves it belongs to.
    pub fn mark(&mut self, ink: Ink, shape: usize, (x, y): (f64, f64)) {
        match shape % 4 {
            0 => {
                let Ink { class, attributes } = ink;
                let (x, y) = (Px(x), Px(y));
                self.put(format_args!(r#"<circle class="{class}" {attributes} cx="{x}" cy="{y}" r="3.2"/>"#));
            }
            1 => self.rectangle(ink, (x - 3.0, y - 3.0), 6.0, 6.0),
            2 => self.path(ink, &[(x, y - 4.2), (x + 4.2, y), (x, y + 4.2), (x - 4.2, y)], true),
            _ => self.path(ink, &[(x, y - 4.0), (x + 4.0, y + 3.4), (x - 4.0, y + 3.4)], true),
        }
    }

    /// Boxes (left, top, width, height) of one colour that no theme changes, as part of a picture of data.
    pub fn boxes(&mut self, colour: &str, boxes: &[[f64; 4]]) {
        let mut d = String::new();
        for [x, y, width, height] in boxes {
            // By the places of its edges, so that neighbours share theirs to the last digit and no seam shows.
            let (right, bottom) = (Px(x + width), Px(y + height));
            let _ = write!(d, "M{} {}H{right}V{bottom}H{}z", Px(*x), Px(*y), Px(*x));
        }
        self.put(format_args!(r#"<path fill="{colour}" d="{d}"/>"#));
    }

    /// A box without ink that leads somewhere. Out of the tab order: there can be hundreds.
    pub fn link(&mut self, address: &str, [x, y, width, height]: [f64; 4]) {
        let (address, x, y, width, height) = (Escaped(address), Px(x), Px(y), Px(width), Px(height));
        self.put(format_args!(
            r#"<a href="{address}" tabindex="-1"><rect fill="none" pointer-events="all" x="{x}" y="{y}" width="{width}" height="{height}"/></a>"#
        ));
    }

    /// A layer for the mouse only, of the same size as the drawing under it.
    pub fn finish_unseen(self) -> Svg {
        let (width, height, body) = (Px(self.width), Px(self.height), self.body);
        Svg(format!(
            "<svg class=\"chart chart-links\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" aria-hidden=\"true\">\n{body}</svg>"
        ))
    }

    /// `id` is unique on its page; `description` says in words what the drawing shows.
    pub fn finish(self, id: &str, title: &str, description: &str) -> Svg {
        let (id, title, description) = (Escaped(id), Escaped(title), Escaped(description));
        let (width, height, body) = (Px(self.width), Px(self.height), self.body);
        Svg(format!(
            "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\">\n\
             <title id=\"{id}-title\">{title}</title>\n<desc id=\"{id}-desc\">{description}</desc>\n{body}</svg>"
        ))
    }
}

/// A coordinate with at most one decimal: stable and short.
pub(crate) struct Px(pub f64);

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = if self.0.is_finite() { (self.0 * 10.0).round() as i64 } else { 0 };
        let sign = if tenths < 0 { "-" } else { "" };
        let (whole, rest) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
        if rest == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{rest}") }
    }
}

pub(crate) struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '&' => f.write_str("&amp;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            c => f.write_char(c),
        })
    }
}
