//! Axes of both kinds: what histograms, boxes and clouds of points stand in.

use crate::canvas::{AXIS, Canvas, GRID, Held, LABEL, TARGET, TARGET_LABEL, width as text_width};
use crate::scale::{Scale, spoken};

pub(crate) const LEFT: f64 = 64.0;
pub(crate) const RIGHT: f64 = 14.0;
pub(crate) const TOP: f64 = 22.0;
pub(crate) const BOTTOM: f64 = 26.0;

/// Decimals that tell the steps of a scale apart.
fn decimals(scale: &Scale) -> usize {
    // A step of 0.25 needs two decimals although its power of ten is one tenth.
    let places = (-scale.step.log10().floor()).max(0.0) as usize;
    let power = 10_f64.powi(places as i32);
    let exact = (scale.step * power - (scale.step * power).round()).abs() < 1e-9;
    (if exact { places } else { places + 1 }).min(9)
}

/// Values across: ticks below the floor.
pub(crate) fn across(canvas: &mut Canvas, scale: &Scale, floor: f64, unit: &str) {
    canvas.path(AXIS, &[(scale.start, floor), (scale.end, floor)], false);
    let decimals = decimals(scale);
    for tick in scale.ticks() {
        let x = scale.place(tick);
        canvas.path(AXIS, &[(x, floor), (x, floor + 4.0)], false);
        canvas.text(LABEL, (x, floor + 17.0), Held::Middle, &spoken(tick, decimals));
    }
    canvas.text(LABEL, (scale.end, floor - 5.0), Held::End, unit);
}

/// Values upwards: lines across the plane, labels at the left, the unit on top.
pub(crate) fn upwards(canvas: &mut Canvas, scale: &Scale, right: f64, unit: &str) {
    let decimals = decimals(scale);
    for tick in scale.ticks() {
        let y = scale.place(tick);
        canvas.path(GRID, &[(LEFT, y), (right, y)], false);
        canvas.text(LABEL, (LEFT - 6.0, y + 4.0), Held::End, &spoken(tick, decimals));
    }
    canvas.text(LABEL, (LEFT - 6.0, scale.end - 10.0), Held::End, unit);
}

/// A limit in a plane whose values go across. A label that would meet others in `taken` goes below them.
pub(crate) fn limit_across(
    canvas: &mut Canvas,
    scale: &Scale,
    (top, floor): (f64, f64),
    (value, label): (f64, &str),
    taken: &mut Vec<(f64, f64)>,
) {
    let x = scale.place(value);
    canvas.path(TARGET, &[(x, top), (x, floor)], false);
    let half = text_width(label) / 2.0;
    let place = x.max(scale.start + half).min(scale.end - half);
    let (from, to) = (place - half - 3.0, place + half + 3.0);
    let met = taken.iter().filter(|(left, right)| from < *right && *left < to).count();
    taken.push((from, to));
    canvas.text(TARGET_LABEL, (place, top - 5.0 + 13.0 * met as f64), Held::Middle, label);
}

/// A limit in a plane whose values go upwards. A label that would meet others in `taken` stands to the left of them.
pub(crate) fn limit_upwards(
    canvas: &mut Canvas,
    scale: &Scale,
    right: f64,
    (value, label): (f64, &str),
    taken: &mut Vec<(f64, f64)>,
) {
    let y = scale.place(value);
    canvas.path(TARGET, &[(LEFT, y), (right, y)], false);
    let beside: f64 = taken.iter().filter(|(other, _)| (other - y).abs() < 12.0).map(|(_, width)| width).sum();
    taken.push((y, text_width(label) + 10.0));
    canvas.text(TARGET_LABEL, (right - beside, y - 4.0), Held::End, label);
}
