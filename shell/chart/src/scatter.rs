//! Points in a plane: values over order, or one quantity against another.

use crate::canvas::{Canvas, POINT, Px, SIGNAL, Svg};
use crate::plane::{self, BOTTOM, LEFT, RIGHT, TOP};
use crate::scale::{Scale, spoken};

const SIZE: (f64, f64) = (640.0, 260.0);
/// Points drawn; more are thinned out, which the description says.
const MOST: usize = 4_000;

/// Points in a plane.
#[derive(Clone, Debug)]
pub struct Scatter {
    id: String,
    title: String,
    across: String,
    upwards: String,
    points: Vec<(f64, f64)>,
    signals: Vec<(f64, f64)>,
    limits: Vec<(f64, String)>,
}

impl Scatter {
    /// `id` is unique on its page; `across` and `upwards` name the axes with their units.
    pub fn new(
        id: impl Into<String>,
        title: impl Into<String>,
        across: impl Into<String>,
        upwards: impl Into<String>,
        points: Vec<(f64, f64)>,
    ) -> Self {
        let (signals, limits) = (Vec::new(), Vec::new());
        Self {
            id: id.into(),
            title: title.into(),
            across: across.into(),
            upwards: upwards.into(),
            points,
            signals,
            limits,
        }
    }

    /// A line across the plane at a value of the upward axis.
    pub fn limit(mut self, value: Option<f64>, label: impl Into<String>) -> Self {
        self.limits.extend(value.map(|value| (value, label.into())));
        self
    }

    /// Points that stand out; none of them is thinned out.
    pub fn signals(mut self, signals: Vec<(f64, f64)>) -> Self {
        self.signals = signals;
        self
    }

    /// The drawing.
    pub fn draw(&self) -> Svg {
        let (width, height) = SIZE;
        let (right, floor) = (width - RIGHT, height - BOTTOM);
        let mut canvas = Canvas::new(width, height);
        let all = || self.points.iter().chain(&self.signals);
        let across = Scale::covering(all().map(|point| point.0), 6.0, LEFT, right);
        let values = all().map(|point| point.1).chain(self.limits.iter().map(|(value, _)| *value));
        let upwards = Scale::covering(values, 5.0, floor, TOP);
        plane::upwards(&mut canvas, &upwards, right, &self.upwards);
        plane::across(&mut canvas, &across, floor, &self.across);
        let every = self.points.len().div_ceil(MOST).max(1);
        let shown = self.points.iter().step_by(every);
        // One path of tiny squares: thousands of circles would make the page heavy.
        let mut d = String::new();
        for (x, y) in shown.filter(|(x, y)| x.is_finite() && y.is_finite()) {
            d.push_str(&format!("M{} {}h2v2h-2z", Px(across.place(*x) - 1.0), Px(upwards.place(*y) - 1.0)));
        }
        canvas.raw(format_args!(r#"<path class="{}" {} d="{d}"/>"#, POINT.class, POINT.attributes));
        for (x, y) in &self.signals {
            let (x, y) = (Px(across.place(*x)), Px(upwards.place(*y)));
            canvas.raw(format_args!(
                r#"<circle class="{}" {} cx="{x}" cy="{y}" r="4"/>"#,
                SIGNAL.class, SIGNAL.attributes
            ));
        }
        let mut taken: Vec<(f64, f64)> = Vec::new();
        for (value, label) in &self.limits {
            plane::limit_upwards(&mut canvas, &upwards, right, (*value, label), &mut taken);
        }
        let thinned = if every > 1 { format!("（每 {every} 个画一个）") } else { String::new() };
        let (low, high) = self
            .points
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), point| (low.min(point.1), high.max(point.1)));
        let range =
            if low <= high { format!("，从 {} 到 {}", spoken(low, 6), spoken(high, 6)) } else { String::new() };
        let description =
            format!("{} 个点{thinned}，{}{range}；标出 {} 个。", self.points.len(), self.upwards, self.signals.len());
        canvas.finish(&self.id, &self.title, &description)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_points_are_thinned_and_signals_are_not() {
        let points = (0..10_000).map(|index| (f64::from(index), f64::from(index % 7))).collect();
        let drawn = Scatter::new("s", "趋势", "序号", "V", points)
            .signals(vec![(3.0, 9.0)])
            .limit(Some(8.0), "上限")
            .draw()
            .to_string();
        assert!(drawn.contains("每 3 个画一个") && drawn.contains("标出 1 个"));
        assert_eq!(drawn.matches("<circle").count(), 1);
    }
}
