//! Tiles on a plane, such as the dies of a wafer: large with a link for each, or small, many on a page.
//!
//! A category is told by its letter as well as by its colour; values have a scale that grows from dark blue to yellow in
//! even steps of lightness, so that it is read without colour vision too.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::canvas::{Canvas, Escaped, MARK, PARTS, PASS, Px, Svg, TRACK};
use crate::shade::hexadecimal;

/// Steps of the scale of values.
pub const RAMP: u8 = 12;

/// What a tile says by its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// As it should be.
    Plain,
    /// One of several categories: the first six have colours of their own.
    Part(u8),
    /// A value on the scale, from 0 to [`RAMP`] − 1.
    Step(u8),
    /// Nothing is known.
    Unknown,
}

/// What is marked on a tile besides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// A corner: tested again.
    pub corner: bool,
    /// A frame: stands out.
    pub frame: bool,
}

/// One tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// From the left, from 0.
    pub column: u32,
    /// From the top, from 0.
    pub row: u32,
    /// Its colour.
    pub tone: Tone,
    /// Its letter, drawn where there is room.
    pub letter: Option<char>,
    /// Its marks.
    pub mark: Mark,
    /// Where it leads.
    pub href: Option<String>,
    /// What it is, in words.
    pub label: String,
}

/// A plane of tiles.
#[derive(Clone, Debug)]
pub struct TileMap {
    columns: u32,
    rows: u32,
    /// Height of a tile to its width.
    aspect: f64,
    /// Where the plane's edge is flat: U, D, L or R.
    flat: Option<char>,
    tiles: Vec<Tile>,
}

/// The colour of a step of the scale, which is that of fields too.
pub fn ramp_colour(step: u8) -> String {
    hexadecimal(f64::from(step.min(RAMP - 1)) / f64::from(RAMP - 1))
}

fn fill(tone: Tone) -> String {
    let ink = match tone {
        Tone::Plain => PASS,
        Tone::Part(part) => PARTS[usize::from(part).min(PARTS.len() - 1)],
        Tone::Unknown => TRACK,
        Tone::Step(step) => return format!("fill=\"{}\"", ramp_colour(step)),
    };
    format!("class=\"{}\" {}", ink.class, ink.attributes)
}

impl TileMap {
    /// Tiles on a plane of so many columns and rows.
    pub fn new(columns: u32, rows: u32, tiles: Vec<Tile>) -> Self {
        Self { columns: columns.max(1), rows: rows.max(1), aspect: 1.0, flat: None, tiles }
    }

    /// Height of a tile to its width; 1 unless told.
    pub fn aspect(mut self, aspect: f64) -> Self {
        self.aspect = if aspect.is_finite() { aspect.clamp(0.2, 5.0) } else { 1.0 };
        self
    }

    /// Where the flat or notch is: U, D, L or R.
    pub fn flat(mut self, flat: Option<char>) -> Self {
        self.flat = flat;
        self
    }

    /// Width and height of a tile so that the plane fits into a square.
    fn tile(&self, side: f64) -> (f64, f64) {
        let (columns, rows) = (f64::from(self.columns), f64::from(self.rows));
        let width = (side / columns).min(side / (rows * self.aspect));
        (width, width * self.aspect)
    }

    /// Large: each tile leads somewhere and says what it is when pointed at. Has to stand beside a table or form that
    /// offers the same, since it is hidden from those who do not see it.
    pub fn large(&self) -> Svg {
        const SIDE: f64 = 720.0;
        const EDGE: f64 = 12.0;
        let (width, height) = self.tile(SIDE);
        let (all_width, all_height) = (width * f64::from(self.columns), height * f64::from(self.rows));
        let mut canvas = Canvas::new(all_width + 2.0 * EDGE, all_height + 2.0 * EDGE);
        let gap = if width >= 5.0 { 0.8 } else { 0.2 };
        let place = |tile: &Tile| (EDGE + f64::from(tile.column) * width, EDGE + f64::from(tile.row) * height);
        for tile in &self.tiles {
            let (x, y) = place(tile);
            let (fill, title) = (fill(tile.tone), Escaped(&tile.label));
            let shape = format!(
                r#"<rect {fill} x="{}" y="{}" width="{}" height="{}"><title>{title}</title></rect>"#,
                Px(x),
                Px(y),
                Px(width - gap),
                Px(height - gap)
            );
            match &tile.href {
                Some(href) => {
                    canvas.raw(format_args!(r#"<a href="{}" tabindex="-1">{shape}</a>"#, Escaped(href)));
                }
                None => canvas.raw(format_args!("{shape}")),
            }
        }
        if width >= 9.0 && height >= 9.0 {
            self.letters(&mut canvas, place, (width - gap, height - gap));
        }
        self.marks(&mut canvas, place, (width - gap, height - gap));
        self.edge(&mut canvas, EDGE, (all_width, all_height));
        canvas.finish_beside_table()
    }

    /// Small: no letters, marks or links; runs of equal tiles are one shape. `description` says what is to be seen.
    pub fn small(&self, id: &str, title: &str, description: &str) -> Svg {
        const SIDE: f64 = 150.0;
        const EDGE: f64 = 4.0;
        let (width, height) = self.tile(SIDE);
        let (all_width, all_height) = (width * f64::from(self.columns), height * f64::from(self.rows));
        let mut canvas = Canvas::new(all_width + 2.0 * EDGE, all_height + 2.0 * EDGE);
        let mut by_row: BTreeMap<(Tone, u32), Vec<u32>> = BTreeMap::new();
        for tile in &self.tiles {
            by_row.entry((tile.tone, tile.row)).or_default().push(tile.column);
        }
        let mut shapes: BTreeMap<Tone, String> = BTreeMap::new();
        for ((tone, row), mut columns) in by_row {
            columns.sort_unstable();
            columns.dedup();
            let shape = shapes.entry(tone).or_default();
            let mut rest = columns.as_slice();
            while let Some(first) = rest.first() {
                let run = rest.iter().zip(*first..).take_while(|(column, expected)| *column == expected).count();
                let x = Px(EDGE + f64::from(*first) * width);
                let y = Px(EDGE + f64::from(row) * height);
                // The width of a run is rounded at its end, so that runs neither gap nor overlap.
                let end = Px(EDGE + f64::from(*first + run as u32) * width);
                let _ = write!(shape, "M{x} {y}H{end}v{}H{x}z", Px(height));
                rest = &rest[run..];
            }
        }
        for (tone, d) in shapes {
            canvas.raw(format_args!(r#"<path {} d="{d}"/>"#, fill(tone)));
        }
        self.edge(&mut canvas, EDGE, (all_width, all_height));
        canvas.finish(id, title, description)
    }

    fn letters(&self, canvas: &mut Canvas, place: impl Fn(&Tile) -> (f64, f64), (width, height): (f64, f64)) {
        let size = (height * 0.72).min(width * 0.9).min(13.0);
        for tile in &self.tiles {
            let Some(letter) = tile.letter else { continue };
            let (x, y) = place(tile);
            let mut text = [0; 4];
            let (class, ink) = match tile.tone {
                Tone::Plain => ("chart-letter-plain", "#1c2024"),
                _ => ("chart-letter", "#ffffff"),
            };
            canvas.raw(format_args!(
                r##"<text class="{class}" fill="{ink}" font-size="{}" x="{}" y="{}" text-anchor="middle" pointer-events="none">{}</text>"##,
                Px(size),
                Px(x + width / 2.0),
                Px(y + height / 2.0 + size * 0.36),
                Escaped(letter.encode_utf8(&mut text))
            ));
        }
    }

    fn marks(&self, canvas: &mut Canvas, place: impl Fn(&Tile) -> (f64, f64), (width, height): (f64, f64)) {
        let (mut corners, mut frames) = (String::new(), String::new());
        for tile in &self.tiles {
            let (x, y) = place(tile);
            if tile.mark.corner {
                let _ =
                    write!(corners, "M{} {}h{}v{}z", Px(x + width * 0.55), Px(y), Px(width * 0.45), Px(height * 0.45));
            }
            if tile.mark.frame {
                let _ = write!(frames, "M{} {}h{}v{}h-{}z", Px(x), Px(y), Px(width), Px(height), Px(width));
            }
        }
        for (d, class, attributes) in
            [(corners, "chart-corner", r##"fill="#1c2024""##), (frames, MARK.class, MARK.attributes)]
        {
            if !d.is_empty() {
                canvas.raw(format_args!(r#"<path class="{class}" {attributes} pointer-events="none" d="{d}"/>"#));
            }
        }
    }

    /// The flat side, as a bar.
    fn edge(&self, canvas: &mut Canvas, edge: f64, (width, height): (f64, f64)) {
        let (thick, long) = (edge * 0.4, 0.3);
        let across = (edge + width * (0.5 - long / 2.0), width * long);
        let down = (edge + height * (0.5 - long / 2.0), height * long);
        let (place, size) = match self.flat {
            Some('U') => ((across.0, edge * 0.2), (across.1, thick)),
            Some('D') => ((across.0, edge * 1.4 + height), (across.1, thick)),
            Some('L') => ((edge * 0.2, down.0), (thick, down.1)),
            Some('R') => ((edge * 1.4 + width, down.0), (thick, down.1)),
            _ => return,
        };
        canvas.raw(format_args!(
            r##"<rect class="chart-flat" fill="#6b7178" x="{}" y="{}" width="{}" height="{}"/>"##,
            Px(place.0),
            Px(place.1),
            Px(size.0),
            Px(size.1)
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tile(column: u32, row: u32, tone: Tone) -> Tile {
        let (letter, mark) = (None, Mark::default());
        Tile { column, row, tone, letter, mark, href: Some(format!("/d?x={column}&y={row}")), label: "<X>".into() }
    }

    #[test]
    fn small_maps_draw_runs() {
        let tiles =
            vec![tile(0, 0, Tone::Plain), tile(1, 0, Tone::Plain), tile(3, 0, Tone::Plain), tile(2, 0, Tone::Part(1))];
        let drawn = TileMap::new(4, 1, tiles).small("m", "晶圆 1", "4 颗").to_string();
        assert_eq!(drawn.matches("<path").count(), 2, "one shape a tone");
        assert_eq!(drawn.matches('M').count(), 3, "two runs and one tile");
        insta::assert_snapshot!(drawn);
    }

    #[test]
    fn large_maps_link_and_escape() {
        let mut marked = tile(0, 0, Tone::Part(0));
        (marked.letter, marked.mark) = (Some('A'), Mark { corner: true, frame: true });
        let drawn = TileMap::new(2, 2, vec![marked, tile(1, 1, Tone::Step(11))]).flat(Some('D')).large().to_string();
        insta::assert_snapshot!(drawn);
    }

    #[test]
    fn the_scale_grows_lighter_step_by_step() {
        let lightness = |step: u8| {
            let colour = ramp_colour(step);
            let part = |from: usize| f64::from(u8::from_str_radix(&colour[from..from + 2], 16).unwrap());
            0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
        };
        assert!((1..RAMP).all(|step| lightness(step) > lightness(step - 1) + 5.0));
    }
}
