//! A field over a plane: cells of any width, a colour scale with numbers, outlines of parts, a marked point.

use crate::canvas::{AXIS, Canvas, Held, Ink, LABEL, Svg, VALUE, ink};
use crate::scale::{Scale, spoken};
use crate::shade::{STEPS, hexadecimal};

const LEFT: f64 = 52.0;
const TOP: f64 = 14.0;
const LEGEND: f64 = 112.0;
const LINE_BELOW: f64 = 40.0;
const OUTLINE: Ink = ink("chart-outline", r##"fill="none" stroke="#ffffff" stroke-width="1.1" stroke-opacity="0.85""##);
const PROBE: Ink = ink("chart-probe", r##"fill="none" stroke="#000000" stroke-width="4""##);
const PROBE_CORE: Ink = ink("chart-probe-core", r##"fill="none" stroke="#ffffff" stroke-width="1.6""##);

/// Columns of the grid of links laid over a picture: each wide enough to be hit.
const LINK_COLUMNS: usize = 23;

/// A map of cells.
#[derive(Clone, Debug)]
pub struct Map {
    id: String,
    title: String,
    unit: String,
    /// Borders of the columns and, from below, of the rows; millimetres.
    columns: Vec<f64>,
    rows: Vec<f64>,
    values: Vec<Option<f64>>,
    names: (String, String),
    stretch: f64,
    width: f64,
    outlines: Vec<[f64; 4]>,
    probe: Option<(f64, f64)>,
    range: Option<(f64, f64)>,
    decimals: usize,
}

impl Map {
    /// `id` is unique on its page. `columns` and `rows` are borders of cells in millimetres, rising; `value` gives the
    /// value of the cell in a column and a row (from below), or nothing where there is none.
    pub fn new(
        id: impl Into<String>,
        title: impl Into<String>,
        unit: impl Into<String>,
        columns: &[f64],
        rows: &[f64],
        value: impl Fn(usize, usize) -> Option<f64>,
    ) -> Self {
        let wide = columns.len().saturating_sub(1);
        let high = rows.len().saturating_sub(1);
        let values = (0..high).flat_map(|row| (0..wide).map(move |column| (column, row)));
        let values = values.map(|(column, row)| value(column, row).filter(|value| value.is_finite())).collect();
        Self {
            id: id.into(),
            title: title.into(),
            unit: unit.into(),
            columns: columns.to_vec(),
            rows: rows.to_vec(),
            values,
            names: ("x".to_owned(), "y".to_owned()),
            stretch: 1.0,
            width: 560.0,
            outlines: Vec::new(),
            probe: None,
            range: None,
            decimals: 1,
        }
    }

    /// Names of the directions across and up; x and y unless told.
    pub fn named(mut self, across: &str, up: &str) -> Self {
        self.names = (across.to_owned(), up.to_owned());
        self
    }

    /// Up is drawn so many times larger than across.
    pub fn stretched(mut self, times: f64) -> Self {
        self.stretch = times;
        self
    }

    /// Outlines of parts as left, bottom, right, top in millimetres.
    pub fn outlines(mut self, outlines: impl IntoIterator<Item = [f64; 4]>) -> Self {
        self.outlines = outlines.into_iter().collect();
        self
    }

    /// A marked point, millimetres.
    pub fn probe(mut self, place: Option<(f64, f64)>) -> Self {
        self.probe = place;
        self
    }

    /// The ends of the colour scale, so that several maps can be compared; those of the values unless told.
    pub fn range(mut self, range: (f64, f64)) -> Self {
        self.range = Some(range);
        self
    }

    /// Decimals of its numbers; 1 unless told.
    pub fn decimals(mut self, decimals: usize) -> Self {
        self.decimals = decimals;
        self
    }

    /// Width of the drawing area, pixels; 560 unless told. Text keeps its size, so a picture that will be printed small is
    /// made small.
    pub fn width(mut self, pixels: f64) -> Self {
        self.width = pixels;
        self
    }

    /// Lowest and highest value.
    pub fn extremes(&self) -> Option<(f64, f64)> {
        let values = self.values.iter().flatten();
        let ends = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
        (ends.0 <= ends.1).then_some(ends)
    }

    fn extent(&self) -> [f64; 4] {
        let ends = |axis: &[f64]| (axis.first().copied().unwrap_or(0.0), axis.last().copied().unwrap_or(1.0));
        let ((x0, x1), (y0, y1)) = (ends(&self.columns), ends(&self.rows));
        [x0, y0, if x1 > x0 { x1 } else { x0 + 1.0 }, if y1 > y0 { y1 } else { y0 + 1.0 }]
    }

    /// Width and height of the drawing area, pixels.
    fn area(&self) -> (f64, f64) {
        let [x0, y0, x1, y1] = self.extent();
        let height = self.width * (y1 - y0) / (x1 - x0) * self.stretch;
        if height > 620.0 { (self.width * 620.0 / height, 620.0) } else { (self.width, height.max(60.0)) }
    }

    fn size(&self) -> (f64, f64) {
        let (width, height) = self.area();
        (LEFT + width + LEGEND, TOP + height + LINE_BELOW)
    }

    fn scales(&self) -> (Scale, Scale) {
        let ([x0, y0, x1, y1], (width, height)) = (self.extent(), self.area());
        let across = Scale { low: x0, high: x1, step: 1.0, start: LEFT, end: LEFT + width };
        (across, Scale { low: y0, high: y1, step: 1.0, start: TOP + height, end: TOP })
    }

    /// What it shows, in words.
    pub fn description(&self) -> String {
        let Some((low, high)) = self.extremes() else { return "尚无数据。".to_owned() };
        let hottest = self.values.iter().position(|value| *value == Some(high)).unwrap_or(0);
        let wide = (self.columns.len() - 1).max(1);
        let middle = |axis: &[f64], at: usize| spoken(0.5 * (axis[at] + axis[at + 1]), 2);
        format!(
            "最低 {} {unit}，最高 {} {unit}，最高处 {} = {} mm、{} = {} mm。颜色由深蓝（低）到浅黄（高），亮度均匀递增。",
            spoken(low, self.decimals),
            spoken(high, self.decimals),
            self.names.0,
            middle(&self.columns, hottest % wide),
            self.names.1,
            middle(&self.rows, hottest / wide),
            unit = self.unit
        )
    }

    /// The drawing.
    pub fn draw(&self) -> Svg {
        let (width, height) = self.size();
        let mut canvas = Canvas::new(width, height);
        let (low, high) = self.range.or(self.extremes()).unwrap_or((0.0, 1.0));
        let (across, up) = self.scales();
        self.draw_cells(&mut canvas, (low, high), &across, &up);
        for [x0, y0, x1, y1] in &self.outlines {
            let corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)];
            let places = corners.map(|(x, y)| (across.place(*x), up.place(*y)));
            canvas.path(OUTLINE, &places, true);
        }
        self.draw_axes(&mut canvas, &across, &up);
        self.draw_legend(&mut canvas, (low, high));
        if let Some((x, y)) = self.probe {
            let (x, y) = (across.place(x), up.place(y));
            for ink in [PROBE, PROBE_CORE] {
                for (dx, dy) in [(9.0, 0.0), (0.0, 9.0)] {
                    canvas.path(ink, &[(x - dx, y - dy), (x + dx, y + dy)], false);
                }
            }
        }
        canvas.finish(&self.id, &self.title, &self.description())
    }

    /// Every shade is one path over all cells that have it or a lighter one, the darkest first: between two shades lies the
    /// darker of them and never the paper. Neighbours in a row become one rectangle.
    fn draw_cells(&self, canvas: &mut Canvas, (low, high): (f64, f64), across: &Scale, up: &Scale) {
        let wide = self.columns.len().saturating_sub(1);
        let span = if high > low { high - low } else { 1.0 };
        let shade = |value: f64| ((value - low) / span * STEPS as f64).clamp(0.0, STEPS as f64).round() as usize;
        let shades: Vec<Option<usize>> = self.values.iter().map(|value| value.map(shade)).collect();
        let present: std::collections::BTreeSet<usize> = shades.iter().flatten().copied().collect();
        for level in present {
            let mut boxes = Vec::new();
            for (row, cells) in shades.chunks(wide.max(1)).enumerate() {
                let (y0, y1) = (up.place(self.rows[row + 1]), up.place(self.rows[row]));
                let lit = |column: &usize| cells[*column].is_some_and(|shade| shade >= level);
                let mut column = 0;
                while let Some(start) = (column..cells.len()).find(lit) {
                    column = (start..cells.len()).find(|column| !lit(column)).unwrap_or(cells.len());
                    let (x0, x1) = (across.place(self.columns[start]), across.place(self.columns[column]));
                    boxes.push([x0, y0, x1 - x0, y1 - y0]);
                }
            }
            canvas.boxes(&hexadecimal(level as f64 / STEPS as f64), &boxes);
        }
    }

    fn draw_axes(&self, canvas: &mut Canvas, across: &Scale, up: &Scale) {
        let (floor, right) = (up.start, across.end);
        canvas.path(AXIS, &[(LEFT, TOP), (LEFT, floor), (right, floor)], false);
        for tick in round_ticks(across.low, across.high, ((right - LEFT) / 60.0).clamp(3.0, 8.0)) {
            let x = across.place(tick);
            canvas.path(AXIS, &[(x, floor), (x, floor + 4.0)], false);
            canvas.text(LABEL, (x, floor + 16.0), Held::Middle, &spoken(tick, 3));
        }
        let lines = ((floor - TOP) / 24.0).clamp(2.0, 8.0);
        for tick in round_ticks(up.low, up.high, lines) {
            let y = up.place(tick);
            canvas.path(AXIS, &[(LEFT - 4.0, y), (LEFT, y)], false);
            canvas.text(LABEL, (LEFT - 7.0, y + 4.0), Held::End, &spoken(tick, 3));
        }
        canvas.text(LABEL, (right, floor + 32.0), Held::End, &format!("{}（mm）", self.names.0));
        let stretched =
            if self.stretch > 1.01 { format!("，放大 {} 倍", spoken(self.stretch, 1)) } else { String::new() };
        canvas.text(LABEL, (LEFT, floor + 32.0), Held::Start, &format!("纵轴 {}（mm{stretched}）", self.names.1));
    }

    fn draw_legend(&self, canvas: &mut Canvas, (low, high): (f64, f64)) {
        let (width, height) = self.area();
        let x = LEFT + width + 18.0;
        let height = height.clamp(60.0, 320.0);
        let step = height / STEPS as f64;
        for n in 0..STEPS {
            let y = TOP + height - step * (n + 1) as f64;
            canvas.boxes(&hexadecimal((n as f64 + 0.5) / STEPS as f64), &[[x, y, 14.0, step + 0.4]]);
        }
        let marks = if height < 120.0 { 2 } else { 4 };
        for n in 0..=marks {
            let share = n as f64 / marks as f64;
            let y = TOP + height * (1.0 - share) + 4.0;
            let value = spoken(low + (high - low) * share, self.decimals);
            let ink = if n == 0 || n == marks { VALUE } else { LABEL };
            canvas.text(ink, (x + 20.0, y), Held::Start, &format!("{value} {}", self.unit));
        }
    }

    /// The same area as a grid of links without any ink, to be laid over the drawing: `address` names the page for a
    /// point in millimetres. For the mouse only: the page offers the same with two fields.
    pub fn links(&self, address: impl Fn(f64, f64) -> String) -> Svg {
        let (width, height) = self.size();
        let mut canvas = Canvas::new(width, height);
        let (across, up) = self.scales();
        let (area_width, area_height) = self.area();
        let step = area_width / LINK_COLUMNS as f64;
        let lines = (area_height / step).round().max(1.0) as usize;
        let line = area_height / lines as f64;
        let ([x0, y0, x1, y1], count) = (self.extent(), LINK_COLUMNS as f64);
        for row in 0..lines {
            for column in 0..LINK_COLUMNS {
                let x = x0 + (x1 - x0) * (column as f64 + 0.5) / count;
                let y = y0 + (y1 - y0) * (row as f64 + 0.5) / lines as f64;
                let (left, bottom) = (across.start + step * column as f64, up.start - line * row as f64);
                canvas.link(&address(x, y), [left, bottom - line, step, line]);
            }
        }
        canvas.finish_unseen()
    }
}

/// Round numbers between two values.
fn round_ticks(low: f64, high: f64, count: f64) -> Vec<f64> {
    let scale = Scale::covering([low, high], count, 0.0, 1.0);
    let slack = 1e-9 * (high - low).abs();
    scale.ticks().filter(|tick| *tick >= low - slack && *tick <= high + slack).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Map {
        let value = |column: usize, row: usize| (column + row != 3).then_some((column * row) as f64 * 10.0 + 25.0);
        Map::new("m", "有源面 <温度>", "°C", &[-1.0, -0.5, 0.5, 1.0], &[-1.0, 0.0, 0.25, 1.0], value)
    }

    #[test]
    fn uneven_cells_with_legend_outline_and_probe() {
        insta::assert_snapshot!(small().outlines([[-0.5, -0.5, 0.5, 0.5]]).probe(Some((0.2, 0.1))).draw());
    }

    #[test]
    fn every_place_has_a_link() {
        let links = small().links(|x, y| format!("?x={x:.2}&y={y:.2}")).to_string();
        assert_eq!(links.matches("<a ").count(), 23 * 23);
        assert!(links.contains("?x=-0.96&amp;y=-0.96") && links.contains("aria-hidden=\"true\""));
    }

    #[test]
    fn nothing_to_show_breaks_nothing() {
        for map in [
            Map::new("m", "空", "K", &[], &[], |_, _| None),
            Map::new("m", "空", "K", &[0.0, 1.0], &[0.0, 1.0], |_, _| Some(f64::NAN)),
            Map::new("m", "平", "K", &[0.0, 1.0], &[0.0, 1.0], |_, _| Some(3.0)),
        ] {
            assert!(!map.draw().to_string().contains("NaN"));
        }
    }
}
