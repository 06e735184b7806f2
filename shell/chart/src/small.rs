//! Drawings as high as a line of text.

use crate::canvas::{Canvas, LINE, PARTS, Svg, TARGET, TRACK};
use crate::scale::{Scale, spoken};

/// A series without axes, for a table cell or beside a figure.
#[derive(Clone, Debug)]
pub struct Sparkline {
    id: String,
    title: String,
    values: Vec<f64>,
}

impl Sparkline {
    /// `id` is unique on its page.
    pub fn new(id: impl Into<String>, title: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        let values = values.into_iter().filter(|value| value.is_finite()).collect();
        Self { id: id.into(), title: title.into(), values }
    }

    /// The drawing.
    pub fn draw(&self) -> Svg {
        let mut canvas = Canvas::new(96.0, 24.0);
        let scale = Scale::covering(self.values.iter().copied(), 3.0, 20.0, 4.0);
        let step = 84.0 / self.values.len().saturating_sub(1).max(1) as f64;
        let places: Vec<_> = self
            .values
            .iter()
            .enumerate()
            .map(|(index, value)| (5.0 + step * index as f64, scale.place(*value)))
            .collect();
        if places.len() > 1 {
            canvas.path(LINE, &places, false);
        }
        if let Some(last) = places.last() {
            canvas.dot(*last, 3.0);
        }
        let said: Vec<_> = self.values.iter().map(|value| spoken(*value, 1)).collect();
        let description =
            if said.is_empty() { "尚无数据。".to_owned() } else { format!("依次为 {}。", said.join("、")) };
        canvas.finish(&self.id, &self.title, &description)
    }
}

/// How much of a target is done.
#[derive(Clone, Debug)]
pub struct Meter {
    id: String,
    title: String,
    unit: String,
    done: f64,
    target: f64,
}

impl Meter {
    /// `id` is unique on its page.
    pub fn new(
        id: impl Into<String>,
        title: impl Into<String>,
        unit: impl Into<String>,
        done: f64,
        target: f64,
    ) -> Self {
        Self { id: id.into(), title: title.into(), unit: unit.into(), done, target }
    }

    /// The drawing. What goes beyond the target goes beyond its mark.
    pub fn draw(&self) -> Svg {
        const WIDTH: f64 = 240.0;
        let mut canvas = Canvas::new(WIDTH, 14.0);
        let most = self.done.max(self.target).max(f64::MIN_POSITIVE);
        let place = |value: f64| (value / most).clamp(0.0, 1.0) * (WIDTH - 2.0);
        canvas.rectangle(TRACK, (0.0, 4.0), WIDTH - 2.0, 6.0);
        canvas.rectangle(PARTS[0], (0.0, 4.0), place(self.done), 6.0);
        let mark = place(self.target);
        canvas.path(TARGET, &[(mark, 0.0), (mark, 14.0)], false);
        let (done, target) = (spoken(self.done, 1), spoken(self.target, 1));
        let description = format!("已完成 {done} {unit}，目标 {target} {unit}。", unit = self.unit);
        canvas.finish(&self.id, &self.title, &description)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sparkline() {
        insta::assert_snapshot!(Sparkline::new("k", "近六月", [3.0, 4.0, 3.5, 6.0, 7.0, 6.5]).draw());
        assert!(Sparkline::new("k", "空", []).draw().to_string().contains("尚无数据"));
    }

    #[test]
    fn meter() {
        insta::assert_snapshot!(Meter::new("m", "新增企业", "家", 6.0, 10.0).draw());
        assert!(!Meter::new("m", "零", "家", 0.0, 0.0).draw().to_string().contains("NaN"));
    }
}
