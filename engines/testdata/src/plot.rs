//! Plots as SVG text: attributes only, no style, no script; every plot says in words what it shows

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use crate::control::Chart;
use crate::distribution::{BoxPlot, Histogram};
use crate::language::Language;
use crate::map::{WaferMap, bounds};
use crate::model::WaferLayout;
use crate::outliers::At;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 320.0;
const MARGIN: f64 = 48.0;
/// Colours for bins other than the passing one, told apart with common colour vision deficiencies (Okabe and Ito)
const BIN_COLOURS: [&str; 8] = ["#d55e00", "#0072b2", "#e69f00", "#cc79a7", "#56b4e9", "#f0e442", "#000000", "#999999"];
const PASS_COLOUR: &str = "#009e73";

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn open(width: f64, height: f64, title: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"12\"><title>{0}</title>\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/><text x=\"8\" y=\"16\">{0}</text>",
        escape(title)
    )
}

// Writing into a String cannot fail.
macro_rules! draw {
    ($out:expr, $($argument:tt)*) => { let _ = write!($out, $($argument)*); };
}

/// Where a die is drawn: columns from the left, rows from the top
fn place(layout: WaferLayout, low: At, high: At, (x, y): At) -> (i32, i32) {
    let (x, y) = (i32::from(x), i32::from(y));
    let column = if layout.x_grows_right == Some(false) { i32::from(high.0) - x } else { x - i32::from(low.0) };
    let row = if layout.y_grows_up == Some(true) { i32::from(high.1) - y } else { y - i32::from(low.1) };
    (column, row)
}

fn orientation(layout: WaferLayout, language: Language) -> String {
    let say = |chinese, english| language.say(chinese, english);
    let x = match layout.x_grows_right {
        Some(true) => say("X 向右", "X to the right"),
        Some(false) => say("X 向左", "X to the left"),
        None => say("X 向右（文件未说明）", "X to the right (not said by the file)"),
    };
    let y = match layout.y_grows_up {
        Some(true) => say("Y 向上", "Y upwards"),
        Some(false) => say("Y 向下", "Y downwards"),
        None => say("Y 向下（文件未说明）", "Y downwards (not said by the file)"),
    };
    let flat = match layout.flat {
        Some('U') => say("，平边在上", ", flat up"),
        Some('D') => say("，平边在下", ", flat down"),
        Some('L') => say("，平边在左", ", flat left"),
        Some('R') => say("，平边在右", ", flat right"),
        _ => "",
    };
    format!("{x}{}{y}{flat}", say("，", ", "))
}

fn grid(
    layout: WaferLayout,
    title: &str,
    dies: &BTreeMap<At, (String, String)>,
    legend: &[(String, String)],
    language: Language,
) -> String {
    let Some((low, high)) = bounds(dies.keys().copied()) else {
        return open(
            WIDTH,
            60.0,
            &format!("{title}{}", language.say("：没有带坐标的芯片", ": no dies with coordinates")),
        ) + "</svg>";
    };
    let columns = f64::from(i32::from(high.0) - i32::from(low.0) + 1);
    let rows = f64::from(i32::from(high.1) - i32::from(low.1) + 1);
    let aspect = layout.die_mm.map_or(1.0, |(width, height)| f64::from(height / width)).clamp(0.1, 10.0);
    let cell = (560.0 / columns).min(560.0 / (rows * aspect)).max(1.0);
    let (width, height) =
        (columns * cell + 220.0, (rows * cell * aspect + 60.0).max(legend.len() as f64 * 18.0 + 60.0));
    let mut out = open(width.max(420.0), height, title);
    draw!(out, "<text x=\"8\" y=\"34\" fill=\"#555555\">{}</text>", escape(&orientation(layout, language)));
    for (at, (colour, label)) in dies {
        let (column, row) = place(layout, low, high, *at);
        draw!(
            out,
            "<rect x=\"{:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{:.2}\" fill=\"{colour}\"><title>X {} Y {}: {}</title></rect>",
            8.0 + f64::from(column) * cell,
            44.0 + f64::from(row) * cell * aspect,
            cell * 0.94,
            cell * aspect * 0.94,
            at.0,
            at.1,
            escape(label)
        );
    }
    for (index, (colour, label)) in legend.iter().enumerate() {
        let y = 54.0 + index as f64 * 18.0;
        let x = columns * cell + 24.0;
        draw!(out, "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"12\" height=\"12\" fill=\"{colour}\"/>", y - 10.0);
        draw!(out, "<text x=\"{:.1}\" y=\"{y:.1}\">{}</text>", x + 18.0, escape(label));
    }
    out + "</svg>"
}

/// Map of hardware bins; bins are named in the legend, most dies first
pub fn bin_map(map: &WaferMap, language: Language) -> String {
    let say = |chinese, english| language.say(chinese, english);
    let mut bins: BTreeMap<u16, (usize, Option<bool>)> = BTreeMap::new();
    for die in map.dies.values() {
        let bin = bins.entry(die.hard_bin).or_insert((0, die.passed));
        bin.0 += 1;
    }
    let mut ranked: Vec<(u16, (usize, Option<bool>))> = bins.into_iter().collect();
    ranked.sort_by_key(|(bin, (count, _))| (std::cmp::Reverse(*count), *bin));
    let mut colours: HashMap<u16, &str> = HashMap::new();
    let mut next = 0;
    let mut legend = Vec::new();
    for (bin, (count, passed)) in ranked {
        let colour = if passed == Some(true) {
            PASS_COLOUR
        } else {
            next += 1;
            BIN_COLOURS[(next - 1) % BIN_COLOURS.len()]
        };
        colours.insert(bin, colour);
        let verdict = match passed {
            Some(true) => say("良", "pass"),
            Some(false) => say("失效", "fail"),
            None => say("未判", "not judged"),
        };
        legend.push((colour.to_owned(), format!("{} {bin} ({verdict}): {count}", say("分档", "bin"))));
    }
    let dies = map
        .dies
        .iter()
        .map(|(at, die)| {
            (
                *at,
                (
                    colours.get(&die.hard_bin).copied().unwrap_or("#999999").to_owned(),
                    format!("{} {}", say("分档", "bin"), die.hard_bin),
                ),
            )
        })
        .collect();
    let title = match language {
        Language::Chinese => format!("批次 {} 晶圆 {}：硬分档", map.lot, map.wafer),
        Language::English => format!("Lot {} wafer {}: hardware bins", map.lot, map.wafer),
    };
    grid(map.layout, &title, &dies, &legend, language)
}

/// Map of values, from dark blue (least) over green to yellow (greatest)
pub fn value_map(layout: WaferLayout, title: &str, values: &HashMap<At, f64>, language: Language) -> String {
    let (low, high) = values
        .values()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)));
    let span = if high > low { high - low } else { 1.0 };
    let dies = values.iter().map(|(at, value)| (*at, (colour((value - low) / span), format!("{value:.6}")))).collect();
    let legend: Vec<(String, String)> = (0..=4)
        .map(|step| f64::from(step) / 4.0)
        .map(|part| (colour(part), format!("{:.6}", low + part * span)))
        .collect();
    grid(layout, title, &dies, &legend, language)
}

fn colour(part: f64) -> String {
    const STOPS: [[f64; 3]; 3] = [[68.0, 1.0, 84.0], [33.0, 145.0, 140.0], [253.0, 231.0, 37.0]];
    let scaled = part.clamp(0.0, 1.0) * 2.0;
    let from = (scaled as usize).min(1);
    let mix = |channel: usize| {
        (STOPS[from][channel] + (STOPS[from + 1][channel] - STOPS[from][channel]) * (scaled - from as f64)) as u8
    };
    format!("#{:02x}{:02x}{:02x}", mix(0), mix(1), mix(2))
}

struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    fn over(values: impl Iterator<Item = f64>) -> Axis {
        let (low, high) = values
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        let pad = if high > low { (high - low) * 0.05 } else { 0.5 };
        if low > high { Axis { low: 0.0, high: 1.0 } } else { Axis { low: low - pad, high: high + pad } }
    }

    fn across(&self, value: f64) -> f64 {
        MARGIN + (value - self.low) / (self.high - self.low) * (WIDTH - 2.0 * MARGIN)
    }

    fn up(&self, value: f64) -> f64 {
        HEIGHT - MARGIN - (value - self.low) / (self.high - self.low) * (HEIGHT - 2.0 * MARGIN)
    }
}

/// Histogram with limits
pub fn histogram(title: &str, histogram: &Histogram, limits: (Option<f64>, Option<f64>), language: Language) -> String {
    let say = |chinese, english| language.say(chinese, english);
    let end = histogram.start + histogram.width * histogram.counts.len() as f64;
    let axis = Axis::over([Some(histogram.start), Some(end), limits.0, limits.1].into_iter().flatten());
    let most = histogram.counts.iter().copied().max().unwrap_or(1).max(1) as f64;
    let mut out = open(WIDTH, HEIGHT, title);
    for (index, &count) in histogram.counts.iter().enumerate() {
        let left = axis.across(histogram.start + histogram.width * index as f64);
        let right = axis.across(histogram.start + histogram.width * (index + 1) as f64);
        let height = count as f64 / most * (HEIGHT - 2.0 * MARGIN);
        draw!(
            out,
            "<rect x=\"{left:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{height:.2}\" fill=\"#0072b2\"><title>{count}</title></rect>",
            HEIGHT - MARGIN - height,
            (right - left - 0.5).max(0.5)
        );
    }
    for (limit, name) in [(limits.0, say("下限", "low limit")), (limits.1, say("上限", "high limit"))] {
        if let Some(limit) = limit {
            let x = axis.across(limit);
            draw!(
                out,
                "<path d=\"M{x:.2} {MARGIN}V{}\" stroke=\"#d55e00\" stroke-dasharray=\"4 3\"/>",
                HEIGHT - MARGIN
            );
            draw!(out, "<text x=\"{x:.2}\" y=\"{}\" text-anchor=\"middle\">{name} {limit}</text>", MARGIN - 6.0);
        }
    }
    ticks_across(&mut out, &axis);
    out + "</svg>"
}

fn ticks_across(out: &mut String, axis: &Axis) {
    for step in 0..=4 {
        let value = axis.low + (axis.high - axis.low) * f64::from(step) / 4.0;
        let x = axis.across(value);
        draw!(out, "<text x=\"{x:.2}\" y=\"{}\" text-anchor=\"middle\">{value:.5}</text>", HEIGHT - MARGIN + 18.0);
    }
}

fn ticks_up(out: &mut String, axis: &Axis) {
    for step in 0..=4 {
        let value = axis.low + (axis.high - axis.low) * f64::from(step) / 4.0;
        draw!(out, "<text x=\"4\" y=\"{:.2}\">{value:.4}</text>", axis.up(value));
    }
}

/// Values in time order with centre line, three-sigma lines and marked signals
pub fn control_chart(title: &str, values: &[f64], chart: &Chart, language: Language) -> String {
    let mean = language.say("均值", "mean");
    let rule = language.say("规则", "rule");
    let lines =
        [(chart.center, mean), (chart.center - 3.0 * chart.sigma, "−3σ"), (chart.center + 3.0 * chart.sigma, "+3σ")];
    let axis = Axis::over(values.iter().copied().chain(lines.iter().map(|line| line.0)));
    let mut out = open(WIDTH, HEIGHT, title);
    for (value, name) in lines {
        let y = axis.up(value);
        draw!(out, "<path d=\"M{MARGIN} {y:.2}H{}\" stroke=\"#999999\"/>", WIDTH - MARGIN);
        draw!(out, "<text x=\"{}\" y=\"{y:.2}\">{name}</text>", WIDTH - MARGIN + 4.0);
    }
    let x = |index: usize| MARGIN + index as f64 / (values.len().max(2) - 1) as f64 * (WIDTH - 2.0 * MARGIN);
    let path: Vec<String> =
        values.iter().enumerate().map(|(index, value)| format!("{:.2},{:.2}", x(index), axis.up(*value))).collect();
    draw!(out, "<polyline points=\"{}\" fill=\"none\" stroke=\"#0072b2\"/>", path.join(" "));
    for signal in &chart.signals {
        draw!(
            out,
            "<circle cx=\"{:.2}\" cy=\"{:.2}\" r=\"4\" fill=\"none\" stroke=\"#d55e00\"><title>{rule} {}</title></circle>",
            x(signal.index),
            axis.up(values[signal.index]),
            signal.rule
        );
    }
    out + "</svg>"
}

/// Points drawn in one scatter plot; of more, every n-th is drawn
const POINTS: usize = 5000;

/// One value against another
pub fn scatter(title: &str, pairs: &[(f64, f64)]) -> String {
    let across = Axis::over(pairs.iter().map(|pair| pair.0));
    let up = Axis::over(pairs.iter().map(|pair| pair.1));
    let mut out = open(WIDTH, HEIGHT, title);
    for (x, y) in pairs.iter().step_by(pairs.len().div_ceil(POINTS).max(1)) {
        draw!(
            out,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"1.5\" fill=\"#0072b2\" fill-opacity=\"0.5\"/>",
            across.across(*x),
            up.up(*y)
        );
    }
    ticks_across(&mut out, &across);
    ticks_up(&mut out, &up);
    out + "</svg>"
}

/// Boxes side by side, such as one for each site
pub fn boxes(title: &str, boxes: &[(String, BoxPlot)]) -> String {
    let axis =
        Axis::over(boxes.iter().flat_map(|(_, plot)| plot.whiskers.into_iter().chain(plot.beyond.iter().copied())));
    let mut out = open(WIDTH, HEIGHT, title);
    let step = (WIDTH - 2.0 * MARGIN) / boxes.len().max(1) as f64;
    for (index, (name, plot)) in boxes.iter().enumerate() {
        let center = MARGIN + (index as f64 + 0.5) * step;
        let half = (step * 0.3).min(30.0);
        let [q1, q2, q3] = plot.quartiles.map(|value| axis.up(value));
        let [bottom, top] = plot.whiskers.map(|value| axis.up(value));
        draw!(out, "<path d=\"M{center:.2} {bottom:.2}V{top:.2}\" stroke=\"#333333\"/>");
        draw!(
            out,
            "<rect x=\"{:.2}\" y=\"{q3:.2}\" width=\"{:.2}\" height=\"{:.2}\" fill=\"#cfe3f3\" stroke=\"#0072b2\"/>",
            center - half,
            half * 2.0,
            (q1 - q3).max(0.5)
        );
        draw!(
            out,
            "<path d=\"M{:.2} {q2:.2}H{:.2}\" stroke=\"#0072b2\" stroke-width=\"2\"/>",
            center - half,
            center + half
        );
        for value in plot.beyond.iter().take(200) {
            draw!(out, "<circle cx=\"{center:.2}\" cy=\"{:.2}\" r=\"2\" fill=\"#d55e00\"/>", axis.up(*value));
        }
        draw!(
            out,
            "<text x=\"{center:.2}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            HEIGHT - MARGIN + 18.0,
            escape(name)
        );
    }
    ticks_up(&mut out, &axis);
    out + "</svg>"
}
