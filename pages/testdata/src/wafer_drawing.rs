//! Wafer maps as tiles: bins with letters, values on a scale, marks for what was tested again or stands out.

use std::collections::{BTreeMap, HashMap, HashSet};

use chart::{Mark, RAMP, Tile, TileMap, Tone};
use testdata::map::{WaferMap, bounds};
use testdata::model::WaferLayout;
use testdata::outliers::At;

use crate::lot::Lot;
use crate::measure::Measure;

/// Colours that failing bins have of their own; the rest share the last.
const COLOURS: usize = 6;

/// One bin of the legend.
#[derive(Clone, Debug, PartialEq)]
pub struct BinSign {
    /// Hardware bin.
    pub bin: u16,
    /// Its letter; none for the bin of most good dies.
    pub letter: Option<char>,
    /// Its colour.
    pub tone: Tone,
    /// Dies in it, over all wafers.
    pub dies: usize,
    /// Whether its dies pass, fail, or were not judged.
    pub passed: Option<bool>,
}

/// The signs of a lot's bins: the same on every wafer.
pub fn signs(maps: &[WaferMap]) -> Vec<BinSign> {
    let mut bins: BTreeMap<u16, (usize, Option<bool>)> = BTreeMap::new();
    for die in maps.iter().flat_map(|map| map.dies.values()) {
        bins.entry(die.hard_bin).or_insert((0, die.passed)).0 += 1;
    }
    let mut ranked: Vec<_> = bins.into_iter().collect();
    ranked.sort_by_key(|(bin, (dies, _))| (std::cmp::Reverse(*dies), *bin));
    let (mut good, mut others) = (0_u8, 0_u8);
    let sign = |(bin, (dies, passed)): (u16, (usize, Option<bool>))| {
        let (letter, tone) = if passed == Some(true) {
            good = good.saturating_add(1);
            let letter = (good > 1).then(|| char::from(b'a' + (good - 2).min(25)));
            (letter, Tone::Plain)
        } else {
            let index = others;
            others = others.saturating_add(1);
            let letter = if index < 26 { char::from(b'A' + index) } else { '+' };
            (Some(letter), if passed.is_none() { Tone::Unknown } else { Tone::Part(index.min(COLOURS as u8 - 1)) })
        };
        BinSign { bin, letter, tone, dies, passed }
    };
    ranked.into_iter().map(sign).collect()
}

impl BinSign {
    /// Pass, fail or not judged.
    pub fn verdict(&self) -> &'static str {
        verdict(self.passed)
    }

    /// A swatch for the legend.
    pub fn swatch(&self) -> String {
        swatch(self.tone)
    }

    /// Its letter, or nothing.
    pub fn sign(&self) -> String {
        self.letter.map(String::from).unwrap_or_default()
    }
}

/// The style class of a colour in a legend.
fn swatch(tone: Tone) -> String {
    match tone {
        Tone::Plain => "swatch pass".to_owned(),
        Tone::Part(part) => format!("swatch part-{}", part + 1),
        Tone::Step(step) => format!("swatch step-{step}"),
        Tone::Unknown => "swatch".to_owned(),
    }
}

/// Pass, fail or not judged.
pub fn verdict(passed: Option<bool>) -> &'static str {
    match passed {
        Some(true) => "良",
        Some(false) => "失效",
        None => "未判",
    }
}

/// Where a die is drawn: column from the left, row from the top.
fn place(layout: WaferLayout, (low, high): (At, At), (x, y): At) -> (u32, u32) {
    let (x, y) = (i32::from(x), i32::from(y));
    let column = if layout.x_grows_right == Some(false) { i32::from(high.0) - x } else { x - i32::from(low.0) };
    let row = if layout.y_grows_up == Some(true) { i32::from(high.1) - y } else { y - i32::from(low.1) };
    (column.unsigned_abs(), row.unsigned_abs())
}

/// How the map lies, and whether the file says so.
pub fn orientation(layout: WaferLayout) -> String {
    let x = match layout.x_grows_right {
        Some(true) => "X 向右增大",
        Some(false) => "X 向左增大",
        None => "X 向右增大（文件未说明）",
    };
    let y = match layout.y_grows_up {
        Some(true) => "Y 向上增大",
        Some(false) => "Y 向下增大",
        None => "Y 向下增大（文件未说明）",
    };
    let flat = match layout.flat {
        Some('U') => "，缺口在上",
        Some('D') => "，缺口在下",
        Some('L') => "，缺口在左",
        Some('R') => "，缺口在右",
        _ => "，缺口方位文件未说明",
    };
    let size = layout.diameter_mm.map(|size| format!("，直径 {size} mm")).unwrap_or_default();
    format!("{x}，{y}{flat}{size}")
}

fn plane(layout: WaferLayout, corners: Option<(At, At)>, tiles: Vec<Tile>) -> TileMap {
    let (low, high) = corners.unwrap_or_default();
    let columns = (i32::from(high.0) - i32::from(low.0)).unsigned_abs() + 1;
    let rows = (i32::from(high.1) - i32::from(low.1)).unsigned_abs() + 1;
    let aspect = layout.die_mm.map_or(1.0, |(width, height)| f64::from(height / width));
    TileMap::new(columns, rows, tiles).aspect(aspect).flat(layout.flat)
}

/// What is drawn on a die.
struct Die {
    tone: Tone,
    letter: Option<char>,
    label: String,
}

/// How many tiles a map of links may have; beyond, dies are not links and the page stays light.
const LINKS: usize = 12_000;

/// What goes on a large map besides colours.
pub struct Besides<'l> {
    /// The lot, for attempts.
    pub lot: &'l Lot,
    /// Where a die leads: this, and its coordinates.
    pub link: Box<dyn Fn(At) -> String + 'l>,
    /// Suspected dies.
    pub suspected: HashSet<At>,
}

/// A large map of bins.
pub fn bins(map: &WaferMap, signs: &[BinSign], besides: &Besides<'_>) -> chart::Svg {
    let signs: HashMap<u16, &BinSign> = signs.iter().map(|sign| (sign.bin, sign)).collect();
    large(map, besides, |at| {
        let die = map.dies.get(&at)?;
        let sign = signs.get(&die.hard_bin);
        let tone = sign.map_or(Tone::Unknown, |sign| sign.tone);
        let label = format!("分档 {}（{}）", die.hard_bin, verdict(die.passed));
        Some(Die { tone, letter: sign.and_then(|sign| sign.letter), label })
    })
}

/// A large map of values between two ends of a scale.
pub fn values(
    map: &WaferMap,
    by_part: &HashMap<u32, f64>,
    (low, high): (f64, f64),
    measure: &Measure,
    besides: &Besides<'_>,
) -> chart::Svg {
    large(map, besides, |at| {
        let die = map.dies.get(&at)?;
        let Some(value) = by_part.get(&die.part) else {
            return Some(Die { tone: Tone::Unknown, letter: None, label: "没有测量值".to_owned() });
        };
        Some(Die { tone: Tone::Step(step(*value, low, high)), letter: None, label: measure.show(*value) })
    })
}

/// The step of a value on the scale.
pub fn step(value: f64, low: f64, high: f64) -> u8 {
    let share = if high > low { (value - low) / (high - low) } else { 0.5 };
    ((share * f64::from(RAMP)) as i64).clamp(0, i64::from(RAMP) - 1) as u8
}

/// The step of a share, the darker the larger: most places fail on no wafer, and those that do have to stand out.
fn darkening(share: f64, most: f64) -> u8 {
    RAMP - 1 - step(share, 0.0, most)
}

/// The legend of [`stacked`], least first.
pub fn share_scale(most: f64) -> Vec<(String, String)> {
    let labels = scale(0.0, most, |share| format!("{:.0}%", share * 100.0));
    labels
        .into_iter()
        .enumerate()
        .map(|(step, (_, label))| (swatch(Tone::Step(RAMP - 1 - step as u8)), label))
        .collect()
}

/// The steps of a scale with the values they stand for, least first, for a legend.
pub fn scale(low: f64, high: f64, show: impl Fn(f64) -> String) -> Vec<(String, String)> {
    let edge = |step: u8| low + (high - low) * f64::from(step) / f64::from(RAMP);
    let label = |step: u8| match step {
        0 => format!("≤ {}", show(edge(1))),
        last if last + 1 == RAMP => format!("> {}", show(edge(last))),
        between => format!("{} ～ {}", show(edge(between)), show(edge(between + 1))),
    };
    (0..RAMP).map(|step| (swatch(Tone::Step(step)), label(step))).collect()
}

fn large(map: &WaferMap, besides: &Besides<'_>, draw: impl Fn(At) -> Option<Die>) -> chart::Svg {
    let corners = map.bounds();
    let attempts = besides.lot.attempts(map);
    let mut at: Vec<At> = map.dies.keys().copied().collect();
    at.sort_unstable_by_key(|(x, y)| (*y, *x));
    let is_light = at.len() <= LINKS;
    let tiles = at.into_iter().filter_map(|at| {
        let die = draw(at)?;
        let times = attempts.and_then(|attempts| attempts.get(&at)).map_or(1, Vec::len);
        let again = if times > 1 { format!("，测了 {times} 次") } else { String::new() };
        let (column, row) = place(map.layout, corners.unwrap_or_default(), at);
        let mark = Mark { corner: times > 1, frame: besides.suspected.contains(&at) };
        let href = is_light.then(|| (besides.link)(at));
        let label = format!("X {} Y {}：{}{again}", at.0, at.1, die.label);
        Some(Tile { column, row, tone: die.tone, letter: die.letter, mark, href, label })
    });
    plane(map.layout, corners, tiles.collect()).large()
}

/// A small map of bins.
pub fn small(map: &WaferMap, signs: &[BinSign], id: &str, title: &str, description: &str) -> chart::Svg {
    let tones: HashMap<u16, Tone> = signs.iter().map(|sign| (sign.bin, sign.tone)).collect();
    let corners = map.bounds();
    let tiles = map.dies.iter().map(|(at, die)| {
        let tone = tones.get(&die.hard_bin).copied().unwrap_or(Tone::Unknown);
        bare(map.layout, corners, *at, tone)
    });
    plane(map.layout, corners, tiles.collect()).small(id, title, description)
}

/// A large map over several wafers: the share of them that fail at each place, from 0 to 1.
pub fn stacked(layout: WaferLayout, shares: &HashMap<At, f64>, most: f64) -> chart::Svg {
    let corners = bounds(shares.keys().copied());
    let mut at: Vec<(&At, &f64)> = shares.iter().collect();
    at.sort_unstable_by_key(|((x, y), _)| (*y, *x));
    let tiles = at.into_iter().map(|(at, share)| {
        let label = format!("X {} Y {}：{:.0}% 的晶圆失效", at.0, at.1, share * 100.0);
        Tile { label, ..bare(layout, corners, *at, Tone::Step(darkening(*share, most))) }
    });
    plane(layout, corners, tiles.collect()).large()
}

fn bare(layout: WaferLayout, corners: Option<(At, At)>, at: At, tone: Tone) -> Tile {
    let (column, row) = place(layout, corners.unwrap_or_default(), at);
    Tile { column, row, tone, letter: None, mark: Mark::default(), href: None, label: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_lie_as_the_file_says() {
        let layout = |right, up| WaferLayout { x_grows_right: right, y_grows_up: up, ..Default::default() };
        let corners = ((0, 0), (9, 4));
        assert_eq!(place(layout(None, None), corners, (2, 1)), (2, 1));
        assert_eq!(place(layout(Some(false), Some(true)), corners, (2, 1)), (7, 3));
        assert!(orientation(layout(None, Some(true))).starts_with("X 向右增大（文件未说明），Y 向上增大"));
    }

    #[test]
    fn every_value_has_a_step() {
        assert_eq!((step(0.0, 0.0, 1.0), step(1.0, 0.0, 1.0), step(5.0, 0.0, 1.0)), (0, RAMP - 1, RAMP - 1));
        assert_eq!(step(f64::NAN, 0.0, 1.0), 0);
        assert_eq!(scale(0.0, 12.0, |value| value.to_string())[1].1, "1 ～ 2");
    }
}
