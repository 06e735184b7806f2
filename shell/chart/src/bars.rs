//! Bars lie on their side, so that Chinese labels of any length can be read.

use crate::canvas::{AXIS, Canvas, Held, LABEL, PARTS, Svg, TARGET, TARGET_LABEL, VALUE, width as text_width};
use crate::scale::{Scale, spoken};

const WIDTH: f64 = 560.0;
const ROW: f64 = 26.0;
const THICK: f64 = 16.0;

/// One bar per row.
#[derive(Clone, Debug)]
pub struct Bars {
    id: String,
    title: String,
    unit: String,
    rows: Vec<(String, f64)>,
    target: Option<f64>,
    decimals: usize,
}

impl Bars {
    /// `id` is unique on its page.
    pub fn new(id: impl Into<String>, title: impl Into<String>, unit: impl Into<String>) -> Self {
        let (id, title, unit) = (id.into(), title.into(), unit.into());
        Self { id, title, unit, rows: Vec::new(), target: None, decimals: 1 }
    }

    /// Labels and values, from the top.
    pub fn rows<T: Into<String>>(mut self, rows: impl IntoIterator<Item = (T, f64)>) -> Self {
        self.rows = rows.into_iter().map(|(label, value)| (label.into(), value)).collect();
        self
    }

    /// A line across all bars.
    pub fn target(mut self, target: f64) -> Self {
        self.target = Some(target);
        self
    }

    /// Decimals of its labels; 1 unless told.
    pub fn decimals(mut self, decimals: usize) -> Self {
        self.decimals = decimals;
        self
    }

    /// The drawing.
    pub fn draw(&self) -> Svg {
        let top = if self.target.is_some() { 20.0 } else { 4.0 };
        let height = top + ROW * self.rows.len().max(1) as f64 + 4.0;
        let mut canvas = Canvas::new(WIDTH, height);
        let left = label_width(self.rows.iter().map(|(label, _)| label.as_str()));
        let values = self.rows.iter().map(|(_, value)| *value).chain(self.target).chain([0.0]);
        let scale = Scale::covering(values, 6.0, left, WIDTH - 76.0);
        let zero = scale.place(0.0);
        for (index, (label, value)) in self.rows.iter().enumerate() {
            let y = top + ROW * index as f64;
            let end = if value.is_finite() { scale.place(*value) } else { zero };
            canvas.text(LABEL, (left - 8.0, y + 16.0), Held::End, label);
            canvas.rectangle(PARTS[0], (zero.min(end), y + 4.0), (end - zero).abs(), THICK);
            let text = if value.is_finite() { spoken(*value, self.decimals) } else { "无数据".to_owned() };
            canvas.text(VALUE, (zero.max(end) + 6.0, y + 16.0), Held::Start, &text);
        }
        canvas.path(AXIS, &[(zero, top), (zero, height - 2.0)], false);
        if let Some(target) = self.target {
            let x = scale.place(target);
            canvas.path(TARGET, &[(x, top - 4.0), (x, height - 2.0)], false);
            canvas.text(TARGET_LABEL, (x, 12.0), Held::Middle, &format!("目标 {}", spoken(target, self.decimals)));
        }
        let said = self.rows.iter().map(|(label, value)| format!("{label} {}", spoken(*value, self.decimals)));
        let description = format!("单位{}：{}。", self.unit, said.collect::<Vec<_>>().join("，"));
        canvas.finish(&self.id, &self.title, &description)
    }
}

/// Bars made of parts that add up.
#[derive(Clone, Debug)]
pub struct StackedBars {
    id: String,
    title: String,
    unit: String,
    parts: Vec<String>,
    rows: Vec<(String, Vec<f64>)>,
    decimals: usize,
}

impl StackedBars {
    /// `id` is unique on its page; `parts` are named in the legend. At most six: what goes beyond is best summed up
    /// as “其他” beforehand, and shares the last colour here.
    pub fn new<T: Into<String>>(
        id: impl Into<String>,
        title: impl Into<String>,
        unit: impl Into<String>,
        parts: impl IntoIterator<Item = T>,
    ) -> Self {
        let parts = parts.into_iter().map(Into::into).collect();
        Self { id: id.into(), title: title.into(), unit: unit.into(), parts, rows: Vec::new(), decimals: 1 }
    }

    /// Labels and the values of their parts, none below zero.
    pub fn rows<T: Into<String>>(mut self, rows: impl IntoIterator<Item = (T, Vec<f64>)>) -> Self {
        self.rows = rows.into_iter().map(|(label, values)| (label.into(), values)).collect();
        self
    }

    /// Decimals of its labels; 1 unless told.
    pub fn decimals(mut self, decimals: usize) -> Self {
        self.decimals = decimals;
        self
    }

    /// The drawing, a legend above the bars.
    pub fn draw(&self) -> Svg {
        let legend = self.legend();
        let top = legend.last().map_or(4.0, |(_, y, _)| y + 14.0);
        let height = top + ROW * self.rows.len().max(1) as f64 + 4.0;
        let mut canvas = Canvas::new(WIDTH, height);
        for (index, (x, y, name)) in legend.iter().enumerate() {
            canvas.rectangle(PARTS[index.min(PARTS.len() - 1)], (*x, y - 9.0), 10.0, 10.0);
            canvas.text(LABEL, (x + 15.0, *y), Held::Start, name);
        }
        let left = label_width(self.rows.iter().map(|(label, _)| label.as_str()));
        let totals = self.rows.iter().map(|(_, values)| values.iter().sum::<f64>());
        let scale = Scale::covering(totals.chain([0.0]), 6.0, left, WIDTH - 76.0);
        for (index, (label, values)) in self.rows.iter().enumerate() {
            let y = top + ROW * index as f64;
            canvas.text(LABEL, (left - 8.0, y + 16.0), Held::End, label);
            let mut sum = 0.0;
            for (part, value) in values.iter().enumerate() {
                let start = scale.place(sum);
                sum += value.max(0.0);
                let place = (start, y + 4.0);
                canvas.rectangle(PARTS[part.min(PARTS.len() - 1)], place, scale.place(sum) - start - 1.0, THICK);
            }
            let total = spoken(sum, self.decimals);
            canvas.text(VALUE, (scale.place(sum) + 6.0, y + 16.0), Held::Start, &total);
        }
        canvas.finish(&self.id, &self.title, &self.description())
    }

    /// Places of the legend's entries, line by line.
    fn legend(&self) -> Vec<(f64, f64, &str)> {
        let (mut x, mut y) = (0.0, 12.0);
        let mut places = Vec::new();
        for name in &self.parts {
            let needed = 15.0 + text_width(name) + 18.0;
            if x > 0.0 && x + needed > WIDTH {
                (x, y) = (0.0, y + 18.0);
            }
            places.push((x, y, name.as_str()));
            x += needed;
        }
        places
    }

    fn description(&self) -> String {
        let row = |(label, values): &(String, Vec<f64>)| {
            let parts = self.parts.iter().zip(values);
            let parts: Vec<_> =
                parts.map(|(name, value)| format!("{name} {}", spoken(*value, self.decimals))).collect();
            format!("{label}：{}", parts.join("，"))
        };
        format!("单位{}。{}。", self.unit, self.rows.iter().map(row).collect::<Vec<_>>().join("；"))
    }
}

fn label_width<'a>(labels: impl Iterator<Item = &'a str>) -> f64 {
    labels.map(text_width).fold(40.0, f64::max).min(220.0) + 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars() {
        let rows = [("永川区", 58.2), ("西部科学城重庆高新区", 91.0), ("两江新区", -4.0)];
        insta::assert_snapshot!(Bars::new("b", "各区县营收", "亿元").rows(rows).target(60.0).draw());
    }

    #[test]
    fn stacked_bars() {
        let chart = StackedBars::new("s", "营收构成", "亿元", ["封装", "测试", "材料"]);
        let rows = [("2024", vec![80.0, 40.0, 22.0]), ("2025", vec![90.0, 48.4, 25.0])];
        insta::assert_snapshot!(chart.rows(rows).draw());
    }
}
