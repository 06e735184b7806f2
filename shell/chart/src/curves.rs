//! One or several quantities over another, on a linear or logarithmic axis.

use crate::canvas::{AXIS, Canvas, GRID, Held, Ink, LABEL, Svg, TARGET, TARGET_LABEL, ink, width as text_width};
use crate::scale::{Scale, spoken};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 300.0;
const FLOOR: f64 = HEIGHT - 40.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = WIDTH - 18.0;

/// Told apart by dashes and marks as well as by colour.
const STROKES: [(Ink, Ink); 4] = [
    (
        ink("chart-series-1", r##"fill="none" stroke="#0b5f66" stroke-width="2""##),
        ink("chart-part-1", r##"fill="#0b5f66""##),
    ),
    (
        ink("chart-series-2", r##"fill="none" stroke="#b5762a" stroke-width="2" stroke-dasharray="7 4""##),
        ink("chart-part-2", r##"fill="#b5762a""##),
    ),
    (
        ink("chart-series-3", r##"fill="none" stroke="#5a7fb0" stroke-width="2" stroke-dasharray="2 3""##),
        ink("chart-part-3", r##"fill="#5a7fb0""##),
    ),
    (
        ink("chart-series-4", r##"fill="none" stroke="#a8321f" stroke-width="2" stroke-dasharray="9 3 2 3""##),
        ink("chart-part-4", r##"fill="#a8321f""##),
    ),
];

/// A chart of curves.
#[derive(Clone, Debug)]
pub struct Curves {
    id: String,
    title: String,
    across: (String, String),
    up: (String, String),
    logarithmic: bool,
    series: Vec<(String, Vec<(f64, f64)>)>,
    limits: Vec<(String, f64)>,
    decimals: usize,
}

impl Curves {
    /// `id` is unique on its page; the axes are named as (quantity, unit).
    pub fn new(id: impl Into<String>, title: impl Into<String>, across: (&str, &str), up: (&str, &str)) -> Self {
        let named = |(quantity, unit): (&str, &str)| (quantity.to_owned(), unit.to_owned());
        Self {
            id: id.into(),
            title: title.into(),
            across: named(across),
            up: named(up),
            logarithmic: false,
            series: Vec::new(),
            limits: Vec::new(),
            decimals: 2,
        }
    }

    /// Powers of ten at equal distances across; what is not above zero is left out.
    pub fn logarithmic(mut self) -> Self {
        self.logarithmic = true;
        self
    }

    /// A curve by its points in rising order; beyond the fourth, looks begin anew.
    pub fn series(mut self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let shown = |(x, y): &(f64, f64)| x.is_finite() && y.is_finite() && (!self.logarithmic || *x > 0.0);
        let points = points.into_iter().filter(shown).collect();
        self.series.push((name.into(), points));
        self
    }

    /// A line across at a value that must not be passed.
    pub fn limit(mut self, name: impl Into<String>, value: f64) -> Self {
        self.limits.push((name.into(), value));
        self
    }

    /// Decimals of its labels; 2 unless told.
    pub fn decimals(mut self, decimals: usize) -> Self {
        self.decimals = decimals;
        self
    }

    /// What it shows, in words.
    pub fn description(&self) -> String {
        let mut words: Vec<String> = self
            .series
            .iter()
            .filter_map(|(name, points)| {
                let (first, last) = (points.first()?, points.last()?);
                let say = |(x, y): &(f64, f64)| {
                    format!("{} {} 时 {} {}", self.tick(*x), self.across.1, spoken(*y, self.decimals), self.up.1)
                };
                Some(format!("{name}：{}，{}", say(first), say(last)))
            })
            .collect();
        if words.is_empty() {
            words.push("尚无数据".to_owned());
        }
        words.extend(
            self.limits.iter().map(|(name, value)| format!("{name} {} {}", spoken(*value, self.decimals), self.up.1)),
        );
        words.join("；") + "。"
    }

    fn tick(&self, x: f64) -> String {
        let power = x.log10();
        if self.logarithmic && !(-3.0..5.0).contains(&power.round()) {
            return format!("{}×10{}", spoken(x / 10f64.powf(power.floor()), 1), raised(power.floor() as i32));
        }
        spoken(x, if self.logarithmic { 6 } else { 1 })
    }

    /// The drawing.
    pub fn draw(&self) -> Svg {
        let mut canvas = Canvas::new(WIDTH, HEIGHT);
        let points = || self.series.iter().flat_map(|(_, points)| points);
        let scale_up = Scale::covering(
            points().map(|point| point.1).chain(self.limits.iter().map(|limit| limit.1)).chain(self.nearby_zero()),
            6.0,
            FLOOR,
            34.0,
        );
        let across = |x: f64| if self.logarithmic { x.log10() } else { x };
        let (low, high) = points().fold((f64::MAX, f64::MIN), |(l, h), point| (l.min(point.0), h.max(point.0)));
        let scale_across = match self.logarithmic {
            _ if low > high => Scale::covering([0.0, 1.0], 4.0, LEFT, RIGHT),
            true => {
                let (low, high) = (low.log10().floor(), high.log10().ceil());
                let high = if high > low { high } else { low + 1.0 };
                Scale { low, high, step: 1.0, start: LEFT, end: RIGHT }
            }
            false => Scale::covering([low, high], 10.0, LEFT, RIGHT),
        };
        self.draw_axes(&mut canvas, &scale_up, &scale_across);
        for (index, (_, points)) in self.series.iter().enumerate() {
            let (stroke, mark) = STROKES[index % STROKES.len()];
            let places: Vec<_> =
                points.iter().map(|(x, y)| (scale_across.place(across(*x)), scale_up.place(*y))).collect();
            if places.len() > 1 {
                canvas.path(stroke, &places, false);
            }
            if places.len() <= 16 {
                places.iter().for_each(|place| canvas.mark(mark, index, *place));
            }
        }
        self.draw_legend(&mut canvas);
        canvas.finish(&self.id, &self.title, &self.description())
    }

    /// Zero belongs to the picture unless all values are far from it.
    fn nearby_zero(&self) -> Option<f64> {
        let values = || self.series.iter().flat_map(|(_, points)| points).map(|point| point.1);
        let (low, high) = values().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
        (low <= high && low > 0.0 && low < 0.6 * high).then_some(0.0)
    }

    fn draw_axes(&self, canvas: &mut Canvas, up: &Scale, across: &Scale) {
        for tick in up.ticks() {
            let y = up.place(tick);
            canvas.path(GRID, &[(LEFT, y), (RIGHT, y)], false);
            canvas.text(LABEL, (LEFT - 8.0, y + 4.0), Held::End, &spoken(tick, self.decimals));
        }
        for tick in across.ticks() {
            let x = across.place(tick);
            canvas.path(GRID, &[(x, FLOOR), (x, FLOOR + 4.0)], false);
            let label = if self.logarithmic { format!("10{}", raised(tick as i32)) } else { spoken(tick, 2) };
            canvas.text(LABEL, (x, FLOOR + 17.0), Held::Middle, &label);
        }
        canvas.path(AXIS, &[(LEFT, FLOOR), (RIGHT, FLOOR)], false);
        for (name, value) in &self.limits {
            let y = up.place(*value);
            canvas.path(TARGET, &[(LEFT, y), (RIGHT, y)], false);
            let text = format!("{name} {}", spoken(*value, self.decimals));
            canvas.text(TARGET_LABEL, (RIGHT, y - 4.0), Held::End, &text);
        }
        let named = |(quantity, unit): &(String, String)| match unit.is_empty() {
            true => quantity.clone(),
            false => format!("{quantity}（{unit}）"),
        };
        canvas.text(LABEL, (0.0, 12.0), Held::Start, &named(&self.up));
        canvas.text(LABEL, (RIGHT, HEIGHT - 6.0), Held::End, &named(&self.across));
    }

    /// At the right above the picture; a single curve needs none.
    fn draw_legend(&self, canvas: &mut Canvas) {
        if self.series.len() < 2 {
            return;
        }
        let mut right = RIGHT;
        for (index, (name, _)) in self.series.iter().enumerate().rev() {
            let (stroke, mark) = STROKES[index % STROKES.len()];
            canvas.text(LABEL, (right, 12.0), Held::End, name);
            let end = right - text_width(name) - 6.0;
            canvas.path(stroke, &[(end - 26.0, 8.0), (end, 8.0)], false);
            canvas.mark(mark, index, (end - 13.0, 8.0));
            right = end - 26.0 - 16.0;
        }
    }
}

/// A power in raised figures.
fn raised(power: i32) -> String {
    const FIGURES: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let figures = power.unsigned_abs().to_string();
    let figures = figures.bytes().map(|figure| FIGURES[usize::from(figure - b'0')]);
    let sign = (power < 0).then_some('⁻');
    sign.into_iter().chain(figures).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heating_curve_on_a_logarithmic_axis() {
        let curve = [(1e-6, 0.02), (1e-4, 0.4), (1e-2, 2.0), (1.0, 9.5), (100.0, 31.0), (1000.0, 33.2)];
        let chart = Curves::new("z", "热阻抗", ("时间", "s"), ("Zth", "K/W")).logarithmic().series("甲", curve);
        insta::assert_snapshot!(chart.draw());
    }

    #[test]
    fn two_sweeps_and_a_limit() {
        let chart = Curves::new("v", "空洞 <扫描>", ("空洞", "%"), ("θJA", "K/W"))
            .series("均匀分布", [(0.0, 33.1), (25.0, 33.4), (50.0, 34.2)])
            .series("中心集中", [(0.0, 33.1), (25.0, 34.9), (50.0, 38.0)])
            .limit("上限", 40.0);
        insta::assert_snapshot!(chart.draw());
    }

    #[test]
    fn nothing_to_show_breaks_nothing() {
        let chart = Curves::new("n", "空", ("时间", "s"), ("Zth", "K/W")).logarithmic();
        let svg = chart.series("甲", [(0.0, 1.0), (f64::NAN, 2.0)]).draw().to_string();
        assert!(!svg.contains("NaN") && svg.contains("尚无数据"));
    }
}
