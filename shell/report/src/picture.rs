//! Drawings as pictures of dots, for programs that take no SVG.

use std::sync::Arc;

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::fontdb::{Database, Source};
use resvg::usvg::{Options, Tree};

use crate::ReportError;
use crate::typefaces::Typefaces;

/// Dots of the largest picture.
const MOST_PIXELS: f32 = 40e6;

/// The documents' family, under every name that a drawing may ask for.
pub(crate) fn letters(typefaces: &Typefaces) -> Arc<Database> {
    let mut letters = Database::new();
    for file in typefaces.files() {
        letters.load_font_source(Source::Binary(Arc::new(file)));
    }
    letters.set_sans_serif_family(&typefaces.family);
    letters.set_serif_family(&typefaces.family);
    letters.set_monospace_family(&typefaces.family);
    Arc::new(letters)
}

pub(crate) fn draw(svg: &str, width_pixels: u32, letters: Arc<Database>) -> Result<Vec<u8>, ReportError> {
    let failed = |error: &dyn std::fmt::Display| ReportError::Picture(error.to_string());
    let options = Options { font_family: "sans-serif".to_owned(), fontdb: letters, ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|error| failed(&error))?;
    let size = tree.size();
    let scale = width_pixels as f32 / size.width();
    let height = (size.height() * scale).ceil();
    if width_pixels as f32 * height > MOST_PIXELS {
        return Err(failed(&format!("{width_pixels} × {height}")));
    }
    let mut pixels = Pixmap::new(width_pixels, height as u32).ok_or_else(|| failed(&"0 × 0"))?;
    pixels.fill(Color::WHITE);
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| failed(&error))
}
