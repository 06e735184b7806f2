//! Distributions side by side.

use crate::canvas::{AXIS, Canvas, Held, LABEL, LINE, PARTS, SIGNAL, Svg};
use crate::plane::{self, BOTTOM, LEFT, RIGHT, TOP};
use crate::scale::{Scale, spoken};

const SIZE: (f64, f64) = (640.0, 260.0);
/// Points beyond the whiskers that are drawn for one box.
const BEYOND: usize = 60;

/// One distribution: quartiles, whiskers and the values beyond them.
#[derive(Clone, Debug)]
pub struct Box {
    /// What it is of.
    pub label: String,
    /// First quartile, median, third quartile.
    pub quartiles: [f64; 3],
    /// Ends of the whiskers.
    pub whiskers: [f64; 2],
    /// Values beyond the whiskers.
    pub beyond: Vec<f64>,
}

/// Boxes side by side, one axis of values.
#[derive(Clone, Debug)]
pub struct Boxes {
    id: String,
    title: String,
    unit: String,
    boxes: Vec<Box>,
}

impl Boxes {
    /// `id` is unique on its page.
    pub fn new(id: impl Into<String>, title: impl Into<String>, unit: impl Into<String>, boxes: Vec<Box>) -> Self {
        Self { id: id.into(), title: title.into(), unit: unit.into(), boxes }
    }

    /// The drawing.
    pub fn draw(&self) -> Svg {
        let (width, height) = SIZE;
        let (right, floor) = (width - RIGHT, height - BOTTOM);
        let mut canvas = Canvas::new(width, height);
        let values = self.boxes.iter().flat_map(|of| of.whiskers.iter().chain(&of.beyond).copied());
        let scale = Scale::covering(values, 5.0, floor, TOP);
        plane::upwards(&mut canvas, &scale, right, &self.unit);
        let step = (right - LEFT) / self.boxes.len().max(1) as f64;
        let half = (step * 0.32).min(18.0);
        // Labels that would run into each other are left out at equal distances.
        let every = (44.0 / step).ceil().max(1.0) as usize;
        for (index, of) in self.boxes.iter().enumerate() {
            let middle = LEFT + (index as f64 + 0.5) * step;
            let [low, high] = of.whiskers.map(|value| scale.place(value));
            let [first, median, third] = of.quartiles.map(|value| scale.place(value));
            canvas.path(AXIS, &[(middle, low), (middle, high)], false);
            canvas.rectangle(PARTS[2], (middle - half, third), half * 2.0, (first - third).max(1.0));
            canvas.path(LINE, &[(middle - half, median), (middle + half, median)], false);
            for value in of.beyond.iter().take(BEYOND) {
                let y = scale.place(*value);
                canvas.path(SIGNAL, &[(middle - 2.0, y), (middle + 2.0, y)], false);
            }
            if index % every == 0 {
                canvas.text(LABEL, (middle, floor + 17.0), Held::Middle, &of.label);
            }
        }
        let said = self.boxes.iter().take(20).map(|of| format!("{} 中位数 {}", of.label, spoken(of.quartiles[1], 6)));
        let description = format!("单位{}：{}。", self.unit, said.collect::<Vec<_>>().join("，"));
        canvas.finish(&self.id, &self.title, &description)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes() {
        let of = |label: &str| Box {
            label: label.into(),
            quartiles: [1.0, 2.0, 3.0],
            whiskers: [0.0, 4.0],
            beyond: vec![9.0],
        };
        let drawn = Boxes::new("b", "各测试座", "V", vec![of("0"), of("1")]).draw().to_string();
        assert_eq!(drawn.matches("chart-part-3").count(), 2);
        assert!(drawn.contains("0 中位数 2，1 中位数 2"));
    }
}
