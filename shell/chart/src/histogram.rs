//! How often which values occur.

use crate::canvas::{Canvas, PARTS, Svg};
use crate::plane::{self, BOTTOM, LEFT, RIGHT, TOP};
use crate::scale::{Scale, spoken};

const SIZE: (f64, f64) = (640.0, 260.0);

/// Counts in bins of equal width, with limits.
#[derive(Clone, Debug)]
pub struct Histogram {
    id: String,
    title: String,
    unit: String,
    start: f64,
    width: f64,
    counts: Vec<usize>,
    limits: Vec<(f64, String)>,
}

impl Histogram {
    /// `id` is unique on its page; `start` is the left edge of the first bin.
    pub fn new(
        id: impl Into<String>,
        title: impl Into<String>,
        unit: impl Into<String>,
        (start, width): (f64, f64),
        counts: Vec<usize>,
    ) -> Self {
        Self { id: id.into(), title: title.into(), unit: unit.into(), start, width, counts, limits: Vec::new() }
    }

    /// A line across the plane, such as a test limit.
    pub fn limit(mut self, value: Option<f64>, label: impl Into<String>) -> Self {
        self.limits.extend(value.map(|value| (value, label.into())));
        self
    }

    /// The drawing.
    pub fn draw(&self) -> Svg {
        let (width, height) = SIZE;
        let (right, floor) = (width - RIGHT, height - BOTTOM);
        let mut canvas = Canvas::new(width, height);
        let end = self.start + self.width * self.counts.len() as f64;
        let ends = self.limits.iter().map(|(value, _)| *value).chain([self.start, end]);
        let across = Scale::covering(ends, 6.0, LEFT, right);
        let counts = self.counts.iter().map(|count| *count as f64).chain([0.0]);
        let upwards = Scale::covering(counts, 4.0, floor, TOP);
        plane::upwards(&mut canvas, &upwards, right, "个");
        for (index, count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let from = across.place(self.start + self.width * index as f64);
            let to = across.place(self.start + self.width * (index + 1) as f64);
            let top = upwards.place(*count as f64);
            canvas.rectangle(PARTS[0], (from, top), (to - from - 0.6).max(0.8), floor - top);
        }
        plane::across(&mut canvas, &across, floor, &self.unit);
        let mut taken: Vec<(f64, f64)> = Vec::new();
        for (value, label) in &self.limits {
            plane::limit_across(&mut canvas, &across, (TOP - 4.0, floor), (*value, label), &mut taken);
        }
        let all: usize = self.counts.iter().sum();
        let most = self.counts.iter().enumerate().max_by_key(|(_, count)| **count).map_or(0, |(index, _)| index);
        let middle = self.start + self.width * (most as f64 + 0.5);
        let description = format!("{all} 个值，最多的在 {} {} 附近。", spoken(middle, 6), self.unit);
        canvas.finish(&self.id, &self.title, &description)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn histogram() {
        let chart = Histogram::new("h", "漏电流 <分布>", "µA", (0.5, 0.25), vec![1, 4, 9, 3, 0, 1]);
        let drawn = chart.limit(Some(2.5), "上限").limit(None, "下限").draw().to_string();
        assert_eq!(drawn.matches("chart-part-1").count(), 5, "empty bins are not drawn");
        assert!(drawn.contains("&lt;分布&gt;") && drawn.contains(">上限<") && !drawn.contains("下限"));
    }
}
