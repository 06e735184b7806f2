//! A series of observations, where it is meant to go, and where it seems to be going.

use crate::canvas::{
    AXIS, BAND, Canvas, FORECAST, GRID, Held, LABEL, LINE, Svg, TARGET, TARGET_LABEL, VALUE, width as text_width,
};
use crate::scale::{Scale, spoken};

/// One observation.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Under the axis: `2025`.
    pub label: String,
    /// In the chart's unit; not finite where nothing was observed.
    pub value: f64,
}

impl Point {
    /// An observation.
    pub fn new(label: impl Into<String>, value: f64) -> Self {
        Self { label: label.into(), value }
    }
}

/// One step of a forecast.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// Under the axis: `2027`.
    pub label: String,
    /// Lower end of the interval.
    pub low: f64,
    /// Middle.
    pub middle: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// A line chart: observations, a target, a forecast fan, and labels at the ends of the lines.
#[derive(Clone, Debug)]
pub struct Line {
    id: String,
    title: String,
    unit: String,
    points: Vec<Point>,
    forecast: Vec<Estimate>,
    interval: String,
    target: Option<f64>,
    decimals: usize,
    size: (f64, f64),
}

impl Line {
    /// `id` is unique on its page.
    pub fn new(id: impl Into<String>, title: impl Into<String>, unit: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            unit: unit.into(),
            points: Vec::new(),
            forecast: Vec::new(),
            interval: String::new(),
            target: None,
            decimals: 1,
            size: (300.0, 130.0),
        }
    }

    /// What was observed, in order of time.
    pub fn points(mut self, points: impl IntoIterator<Item = Point>) -> Self {
        self.points = points.into_iter().collect();
        self
    }

    /// What is to be expected after the last observation; `interval` names the fan: `80% 区间`.
    pub fn forecast(mut self, interval: impl Into<String>, steps: impl IntoIterator<Item = Estimate>) -> Self {
        self.interval = interval.into();
        self.forecast = steps.into_iter().collect();
        self
    }

    /// Where it is meant to go.
    pub fn target(mut self, target: f64) -> Self {
        self.target = Some(target);
        self
    }

    /// Decimals of its labels; 1 unless told.
    pub fn decimals(mut self, decimals: usize) -> Self {
        self.decimals = decimals;
        self
    }

    /// As wide as a page, with an axis of values, rather than as wide as a card.
    pub fn wide(mut self) -> Self {
        self.size = (720.0, 260.0);
        self
    }

    fn is_wide(&self) -> bool {
        self.size.0 > 400.0
    }

    /// What it shows, in words.
    pub fn description(&self) -> String {
        let spoken = |value: f64| spoken(value, self.decimals);
        let mut words = Vec::new();
        let known = || self.points.iter().filter(|point| point.value.is_finite());
        if let (Some(first), Some(last)) = (known().next(), known().next_back()) {
            let (from, to) = (spoken(first.value), spoken(last.value));
            words.push(format!("{}为 {from} {unit}，{}为 {to} {unit}", first.label, last.label, unit = self.unit));
        } else {
            words.push("尚无数据".to_owned());
        }
        if let Some(end) = self.forecast.last() {
            let (middle, low, high) = (spoken(end.middle), spoken(end.low), spoken(end.high));
            words.push(format!("{}预测 {middle} {}，{} {low}—{high}", end.label, self.unit, self.interval));
        }
        if let Some(target) = self.target {
            words.push(format!("目标 {} {}", spoken(target), self.unit));
        }
        words.join("；") + "。"
    }

    /// The drawing.
    pub fn draw(&self) -> Svg {
        let (width, height) = self.size;
        let mut canvas = Canvas::new(width, height);
        let left = if self.is_wide() { 48.0 } else { 8.0 };
        let right = width - if self.forecast.is_empty() { 44.0 } else { 50.0 };
        let values = self.points.iter().map(|point| point.value).chain(self.target);
        let values = values.chain(self.forecast.iter().flat_map(|step| [step.low, step.high]));
        let scale = match self.is_wide() {
            true => Scale::covering(values, 5.0, height - 24.0, 16.0),
            // Without an axis of values there is no need for round ends.
            false => Scale::around(values, height - 32.0, 18.0),
        };
        let count = self.points.len() + self.forecast.len();
        let step = if count > 1 { (right - left) / (count - 1) as f64 } else { 0.0 };
        let x = |index: usize| left + step * index as f64;
        self.draw_axes(&mut canvas, &scale, (left, right), &x);
        let places: Vec<_> = (0..).map(x).zip(&self.points).map(|(x, p)| (x, scale.place(p.value), p.value)).collect();
        self.draw_forecast(&mut canvas, &scale, &places, &x);
        let known: Vec<(f64, f64)> = places.iter().filter(|p| p.2.is_finite()).map(|p| (p.0, p.1)).collect();
        if known.len() > 1 {
            canvas.path(LINE, &known, false);
        }
        for (index, place) in known.iter().enumerate() {
            let is_last = index + 1 == known.len();
            canvas.dot(*place, if is_last { 4.0 } else { 2.6 });
        }
        self.draw_last_value(&mut canvas, &scale, &known);
        canvas.finish(&self.id, &self.title, &self.description())
    }

    fn draw_axes(&self, canvas: &mut Canvas, scale: &Scale, (left, right): (f64, f64), x: &impl Fn(usize) -> f64) {
        let (width, height) = self.size;
        let floor = height - 24.0;
        if self.is_wide() {
            for tick in scale.ticks() {
                let y = scale.place(tick);
                canvas.path(GRID, &[(left, y), (right, y)], false);
                canvas.text(LABEL, (left - 8.0, y + 4.0), Held::End, &spoken(tick, self.decimals));
            }
        }
        canvas.path(AXIS, &[(left, floor), (right, floor)], false);
        if let Some(target) = self.target {
            let y = scale.place(target);
            canvas.path(TARGET, &[(left, y), (right, y)], false);
            let text = format!("目标 {}", spoken(target, self.decimals));
            // At the left, unless the line begins there.
            let starts_near = self.points.first().is_some_and(|point| (scale.place(point.value) - y).abs() < 20.0);
            let (place, held) = if starts_near { (right, Held::End) } else { (left, Held::Start) };
            canvas.text(TARGET_LABEL, (place, y - 4.0), held, &text);
        }
        let labels: Vec<&str> = self.labels().collect();
        let last_observed = self.points.len().saturating_sub(1);
        let mut free_from = f64::NEG_INFINITY;
        for (index, label) in labels.iter().enumerate() {
            let half = text_width(label) / 2.0;
            let place = x(index).max(half).min(width - half);
            let kept = [0, last_observed, labels.len() - 1];
            let next_kept = kept.iter().filter(|kept| **kept > index).min();
            let next_starts = next_kept.map(|kept| x(*kept) - text_width(labels[*kept]) / 2.0);
            let is_free = place - half >= free_from;
            let leaves_room = next_starts.is_none_or(|next| place + half + 8.0 <= next);
            if is_free && (kept.contains(&index) || leaves_room) {
                canvas.text(LABEL, (place, height - 8.0), Held::Middle, label);
                free_from = place + half + 8.0;
            }
        }
    }

    fn labels(&self) -> impl Iterator<Item = &str> {
        let forecast = self.forecast.iter().map(|step| step.label.as_str());
        self.points.iter().map(|point| point.label.as_str()).chain(forecast)
    }

    fn draw_forecast(&self, canvas: &mut Canvas, scale: &Scale, places: &[(f64, f64, f64)], x: &impl Fn(usize) -> f64) {
        let (Some(end), Some(&(last_x, last_y, _))) = (self.forecast.last(), places.last()) else { return };
        let steps = || self.forecast.iter().enumerate().map(|(index, step)| (x(places.len() + index), step));
        let lower = std::iter::once((last_x, last_y)).chain(steps().map(|(x, step)| (x, scale.place(step.low))));
        let upper: Vec<_> = steps().map(|(x, step)| (x, scale.place(step.high))).collect();
        let band: Vec<_> = lower.chain(upper.into_iter().rev()).collect();
        canvas.path(BAND, &band, true);
        let middle = std::iter::once((last_x, last_y)).chain(steps().map(|(x, step)| (x, scale.place(step.middle))));
        canvas.path(FORECAST, &middle.collect::<Vec<_>>(), false);
        let right = x(places.len() + self.forecast.len() - 1) + 6.0;
        let [high, middle, low] = apart([end.high, end.middle, end.low].map(|value| scale.place(value) + 4.0));
        canvas.text(LABEL, (right, high), Held::Start, &spoken(end.high, self.decimals));
        canvas.text(VALUE, (right, middle), Held::Start, &spoken(end.middle, self.decimals));
        canvas.text(LABEL, (right, low), Held::Start, &spoken(end.low, self.decimals));
    }

    /// Beside the last observation: below it when the line comes from above, so that text and line do not meet.
    fn draw_last_value(&self, canvas: &mut Canvas, scale: &Scale, known: &[(f64, f64)]) {
        let Some(&(x, y)) = known.last() else { return };
        let Some(value) = self.points.iter().rev().map(|point| point.value).find(|value| value.is_finite()) else {
            return;
        };
        let text = spoken(value, self.decimals);
        if self.forecast.is_empty() {
            canvas.text(VALUE, (x + 8.0, y + 4.0), Held::Start, &text);
        } else {
            let target = self.target.map(|target| scale.place(target));
            let near_target = target.is_some_and(|target| (y - 10.0 - target).abs() < 12.0);
            let falls = known.len() > 1 && known[known.len() - 2].1 < y;
            let below = near_target || falls;
            canvas.text(VALUE, (x, if below { y + 17.0 } else { y - 9.0 }), Held::Middle, &text);
        }
    }
}

/// Three labels one above another, at least a line apart; the middle one keeps its place.
fn apart([high, middle, low]: [f64; 3]) -> [f64; 3] {
    const LINE_HEIGHT: f64 = 12.5;
    [high.min(middle - LINE_HEIGHT), middle, low.max(middle + LINE_HEIGHT)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revenue() -> Line {
        let observed = [("2021", 96.0), ("2022", 108.5), ("2023", 121.0), ("2024", 142.0), ("2025", 163.4)];
        let estimate = |label: &str, low, middle, high| Estimate { label: label.into(), low, middle, high };
        Line::new("g1", "封测产业营收", "亿元")
            .points(observed.map(|(year, value)| Point::new(year, value)))
            .forecast("80% 区间", [estimate("2026", 172.0, 186.0, 201.0), estimate("2027", 182.0, 211.8, 247.0)])
            .target(200.0)
    }

    #[test]
    fn card() {
        insta::assert_snapshot!(revenue().draw());
    }

    #[test]
    fn wide() {
        insta::assert_snapshot!(revenue().wide().draw());
    }

    #[test]
    fn without_data_it_says_so() {
        let empty = Line::new("e", "<空>", "家").target(10.0);
        insta::assert_snapshot!(empty.draw());
    }

    #[test]
    fn gaps_and_single_points_do_not_break_it() {
        let gap = Line::new("g", "有缺口", "家").points([Point::new("2024", f64::NAN), Point::new("2025", 3.0)]);
        let svg = gap.draw().to_string();
        assert!(!svg.contains("NaN") && svg.contains("2025为 3 家"));
    }
}
