//! Fields as PNG: the picture, its scale and the numbers on it, for reports and messages that cannot show SVG.

use std::io::Write;

use crate::drawing::{View, ramp, value_range};
use crate::error::{Result, SimulationError};
use crate::grid::{Grid, Region};

/// Pixels of the longer side of the picture itself.
const LONGER: usize = 960;

/// Margin around the picture, pixels.
const MARGIN: usize = 24;

/// Room for the scale at the right, pixels.
const SCALE: usize = 190;

/// Enlargement of the letters, which are drawn on five by seven dots.
const DOT: usize = 2;

/// A picture of red, green and blue bytes.
struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

/// A field of cell values in a window with its scale, as the bytes of a PNG file; `value` gives nothing for voids, which stay
/// white. `unit` stands behind the numbers of the scale. Sections are stretched in z so that thin layers can be seen.
///
/// # Errors
/// If the window holds no cell with a value.
pub fn field_png(
    grid: &Grid,
    value: &dyn Fn(usize) -> Option<f64>,
    view: View,
    window: &Region,
    unit: &str,
) -> Result<Vec<u8>> {
    let ([right, up], cut, at) = view.axes();
    let extent = [window.high[right] - window.low[right], window.high[up] - window.low[up]];
    let (low, high) = value_range(grid, value, view, window)
        .ok_or_else(|| SimulationError::field("window", "there is nothing to see in this part of the grid"))?;
    let section = matches!(view, View::Section(_));
    let ratio = if section { 0.42 } else { extent[1] / extent[0] };
    let longer = LONGER as f64 / ratio.max(1.0);
    let (width, height) = (longer.max(1.0) as usize, (longer * ratio).max(1.0) as usize);
    let mut canvas = Canvas::new(width + 2 * MARGIN + SCALE, height.max(180) + 2 * MARGIN);
    let axes = [&grid.x, &grid.y, &grid.z];
    let layer = axes[cut].cell_at(at);
    let place = |n: usize, of: usize, axis: usize, size: f64| window.low[axis] + (n as f64 + 0.5) / of as f64 * size;
    let columns: Vec<usize> = (0..width).map(|x| axes[right].cell_at(place(x, width, right, extent[0]))).collect();
    for y in 0..height {
        let row = axes[up].cell_at(place(height - 1 - y, height, up, extent[1]));
        for (x, column) in columns.iter().enumerate() {
            let mut cell = [0; 3];
            (cell[right], cell[up], cell[cut]) = (*column, row, layer);
            if let Some(value) = value(grid.index(cell[0], cell[1], cell[2])) {
                canvas.set(MARGIN + x, MARGIN + y, ramp((value - low) / (high - low).max(1e-12)));
            }
        }
    }
    canvas.scale(width + 2 * MARGIN, height.clamp(180, 480), (low, high), unit);
    canvas.png()
}

impl Canvas {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![255; 3 * width * height] }
    }

    fn set(&mut self, x: usize, y: usize, colour: [u8; 3]) {
        if x < self.width && y < self.height {
            let at = 3 * (y * self.width + x);
            self.pixels[at..at + 3].copy_from_slice(&colour);
        }
    }

    /// The scale of colours with five numbers beside it.
    fn scale(&mut self, left: usize, height: usize, (low, high): (f64, f64), unit: &str) {
        for y in 0..height {
            let colour = ramp(1.0 - y as f64 / (height - 1).max(1) as f64);
            (0..20).for_each(|x| self.set(left + x, MARGIN + y, colour));
        }
        for n in 0..=4usize {
            let share = n as f64 / 4.0;
            let y = MARGIN + ((1.0 - share) * (height - 1) as f64) as usize;
            (0..6).for_each(|x| self.set(left + 20 + x, y, [0; 3]));
            let text = format!("{:.1} {unit}", low + (high - low) * share);
            self.text(left + 32, y.saturating_sub(3 * DOT), &text);
        }
    }

    fn text(&mut self, left: usize, top: usize, text: &str) {
        for (n, letter) in text.chars().enumerate() {
            for (row, dots) in glyph(letter).iter().enumerate() {
                for column in (0..5usize).filter(|column| dots >> (4 - column) & 1 == 1) {
                    let (x, y) = (left + (6 * n + column) * DOT, top + row * DOT);
                    (0..DOT * DOT).for_each(|d| self.set(x + d % DOT, y + d / DOT, [0; 3]));
                }
            }
        }
    }

    /// The file: header, one compressed piece, end (ISO/IEC 15948).
    fn png(&self) -> Result<Vec<u8>> {
        let failed = |e: std::io::Error| SimulationError::File { path: "png".into(), reason: e.to_string() };
        let mut header = Vec::with_capacity(13);
        header.extend((self.width as u32).to_be_bytes());
        header.extend((self.height as u32).to_be_bytes());
        // Eight bits, colour, deflate, no filter choice, not interlaced.
        header.extend([8, 2, 0, 0, 0]);
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        for row in self.pixels.chunks(3 * self.width) {
            packed.write_all(&[0]).and_then(|()| packed.write_all(row)).map_err(failed)?;
        }
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        chunk(&mut file, b"IHDR", &header);
        chunk(&mut file, b"IDAT", &packed.finish().map_err(failed)?);
        chunk(&mut file, b"IEND", &[]);
        Ok(file)
    }
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    file.extend((data.len() as u32).to_be_bytes());
    file.extend(kind);
    file.extend(data);
    let mut sum = flate2::Crc::new();
    sum.update(kind);
    sum.update(data);
    file.extend(sum.sum().to_be_bytes());
}

/// Dots of the letters that numbers and units need, row by row; others are left out.
fn glyph(letter: char) -> [u8; 7] {
    match letter {
        '0' => [14, 17, 19, 21, 25, 17, 14],
        '1' => [4, 12, 4, 4, 4, 4, 14],
        '2' => [14, 17, 1, 2, 4, 8, 31],
        '3' => [31, 2, 4, 2, 1, 17, 14],
        '4' => [2, 6, 10, 18, 31, 2, 2],
        '5' => [31, 16, 30, 1, 1, 17, 14],
        '6' => [6, 8, 16, 30, 17, 17, 14],
        '7' => [31, 1, 2, 4, 8, 8, 8],
        '8' => [14, 17, 17, 14, 17, 17, 14],
        '9' => [14, 17, 17, 15, 1, 2, 12],
        '.' => [0, 0, 0, 0, 0, 12, 12],
        '-' => [0, 0, 0, 31, 0, 0, 0],
        '°' => [6, 9, 9, 6, 0, 0, 0],
        'C' => [14, 17, 16, 16, 16, 17, 14],
        'K' => [17, 18, 20, 24, 20, 18, 17],
        'M' => [17, 27, 21, 21, 17, 17, 17],
        'P' => [30, 17, 17, 30, 16, 16, 16],
        'W' => [17, 17, 17, 21, 21, 21, 10],
        'a' => [0, 0, 14, 1, 15, 17, 15],
        'm' => [0, 0, 26, 21, 21, 17, 17],
        'µ' | 'μ' => [0, 0, 17, 17, 19, 29, 16],
        '/' => [0, 1, 2, 4, 8, 16, 0],
        '%' => [24, 25, 2, 4, 8, 19, 3],
        _ => [0; 7],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Axis;

    #[test]
    fn a_picture_is_a_whole_file_of_its_size() {
        let axis = Axis::uniform(0.0, 1e-3, 4).unwrap();
        let grid = Grid { x: axis.clone(), y: axis.clone(), z: axis };
        let window = Region::new([0.0; 3], [1e-3; 3]);
        let value = |cell: usize| (!cell.is_multiple_of(5)).then_some(cell as f64);
        for view in [View::Section(5e-4), View::Plan(5e-4)] {
            let file = field_png(&grid, &value, view, &window, "°C").unwrap();
            assert!(file.starts_with(b"\x89PNG\r\n\x1a\n") && file.ends_with(b"IEND\xaeB`\x82"));
            let number = |at: usize| u32::from_be_bytes([file[at], file[at + 1], file[at + 2], file[at + 3]]) as usize;
            let (width, height, packed) = (number(16), number(20), number(33));
            let mut pixels = Vec::new();
            let mut unpack = flate2::read::ZlibDecoder::new(&file[41..41 + packed]);
            std::io::Read::read_to_end(&mut unpack, &mut pixels).unwrap();
            assert_eq!(pixels.len(), height * (3 * width + 1));
            assert!(pixels.iter().any(|p| *p != 255 && *p != 0));
        }
    }

    #[test]
    fn nothing_to_see_is_refused() {
        let axis = Axis::uniform(0.0, 1e-3, 4).unwrap();
        let grid = Grid { x: axis.clone(), y: axis.clone(), z: axis };
        let said = field_png(&grid, &|_| None, View::Plan(0.0), &Region::new([0.0; 3], [1e-3; 3]), "K").unwrap_err();
        assert!(said.to_string().contains("nothing to see"));
    }
}
