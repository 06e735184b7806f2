//! Drawings of the geometry and of fields as SVG (attributes only, no style sheets or scripts).

use std::fmt::Write as _;

use crate::grid::{Grid, Region};
use crate::scene::Scene;

/// Which way a picture looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum View {
    /// Cut at a y position (metres), seen from the front: x to the right, z up.
    Section(f64),
    /// Cut at a height (metres), seen from above: x to the right, y up.
    Plan(f64),
}

impl View {
    /// The axes that run right and up, and the one that is cut.
    pub(crate) fn axes(self) -> ([usize; 2], usize, f64) {
        match self {
            Self::Section(y) => ([0, 2], 1, y),
            Self::Plan(z) => ([0, 1], 2, z),
        }
    }
}

/// Width of the drawing area, SVG units.
const WIDTH: f64 = 720.0;

/// Height of the drawing area of a section, whose z is stretched to fill it.
const SECTION_HEIGHT: f64 = 300.0;

/// Margin around the drawing area.
const MARGIN: f64 = 40.0;

/// Maps metres to SVG units.
struct Frame {
    low: [f64; 2],
    scale: [f64; 2],
    height: f64,
}

impl Frame {
    fn new(view: View, bounds: &Region) -> Self {
        let ([right, up], _, _) = view.axes();
        let extent = [bounds.high[right] - bounds.low[right], bounds.high[up] - bounds.low[up]];
        let across = WIDTH / extent[0];
        let height = if matches!(view, View::Section(_)) { SECTION_HEIGHT } else { extent[1] * across };
        Self { low: [bounds.low[right], bounds.low[up]], scale: [across, height / extent[1]], height }
    }

    /// Left, top, width and height of a rectangle.
    fn rectangle(&self, low: [f64; 2], high: [f64; 2]) -> [f64; 4] {
        let x = MARGIN + (low[0] - self.low[0]) * self.scale[0];
        let y = MARGIN + self.height - (high[1] - self.low[1]) * self.scale[1];
        [x, y, (high[0] - low[0]) * self.scale[0], (high[1] - low[1]) * self.scale[1]]
    }
}

fn open(width: f64, height: f64, title: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"13\"><title>{}</title>",
        escape(title)
    )
}

/// Text that may stand in XML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A colour per material: metals warm, silicon blue, polymers grey, board green, the rest by turns.
fn colour(name: &str) -> &'static str {
    const KNOWN: [(&str, &str); 18] = [
        ("silicon-", "#8fb8c9"),
        ("silicon", "#4a7fb5"),
        ("sic", "#4a7fb5"),
        ("gan", "#4a7fb5"),
        ("vias", "#c98a4b"),
        ("% copper", "#cf9a5f"),
        ("copper", "#c8763a"),
        ("alloy", "#b08d6a"),
        ("alumin", "#b9bec4"),
        ("sac305", "#a9a39a"),
        ("solder-mask", "#2f7d5b"),
        ("solder", "#a9a39a"),
        ("epoxy", "#7a5c99"),
        ("emc", "#555b61"),
        ("fr4", "#88a86b"),
        ("bt-core", "#9db37a"),
        ("air", "#f2f5f7"),
        ("silver", "#9aa4ad"),
    ];
    KNOWN.iter().find(|(key, _)| name.contains(key)).map_or("#b7a57a", |(_, colour)| colour)
}

/// The geometry in a window, with a legend of materials.
pub fn geometry(scene: &Scene, view: View, window: &Region, title: &str) -> String {
    let frame = Frame::new(view, window);
    let ([right, up], cut, at) = view.axes();
    let mut shown: Vec<usize> = Vec::new();
    let mut shapes = String::new();
    for block in &scene.blocks {
        let Some(material) = block.material else { continue };
        let region = block.region;
        if region.low[cut] > at || region.high[cut] <= at {
            continue;
        }
        let clip = |d: usize| (region.low[d].max(window.low[d]), region.high[d].min(window.high[d]));
        let ((x0, x1), (y0, y1)) = (clip(right), clip(up));
        if x1 <= x0 || y1 <= y0 {
            continue;
        }
        if !shown.contains(&material) {
            shown.push(material);
        }
        let [x, y, w, h] = frame.rectangle([x0, y0], [x1, y1]);
        let name = &scene.materials[material].name;
        let _ = write!(
            shapes,
            "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{w:.2}\" height=\"{h:.2}\" fill=\"{}\" stroke=\"#20262b\" \
             stroke-width=\"0.4\"><title>{} — {}</title></rect>",
            colour(name),
            escape(&block.name),
            escape(name)
        );
    }
    let lines = shown.len().div_ceil(2) as f64;
    let height = frame.height + 2.0 * MARGIN + 22.0 * lines + 24.0;
    let mut svg = open(WIDTH + 2.0 * MARGIN, height, title);
    let _ = write!(svg, "<text x=\"{MARGIN}\" y=\"24\" font-size=\"15\">{}</text>{shapes}", escape(title));
    let below = frame.height + MARGIN + 18.0;
    let millimetres = |d: usize| (window.high[d] - window.low[d]) * 1e3;
    let stretch = frame.scale[1] / frame.scale[0];
    let note = if stretch > 1.01 { format!("，竖向放大 {stretch:.1} 倍") } else { String::new() };
    let _ = write!(
        svg,
        "<text x=\"{MARGIN}\" y=\"{below:.0}\">{:.3} × {:.3} mm{note}</text>",
        millimetres(right),
        millimetres(up)
    );
    for (n, material) in shown.iter().enumerate() {
        let material = &scene.materials[*material];
        let (x, y) = (MARGIN + (n % 2) as f64 * WIDTH / 2.0, below + 14.0 + (n / 2) as f64 * 22.0);
        let _ = write!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"14\" height=\"14\" fill=\"{}\" stroke=\"#20262b\" stroke-width=\"0.4\"/>\
             <text x=\"{}\" y=\"{}\">{}</text>",
            colour(&material.name),
            x + 20.0,
            y + 12.0,
            escape(&material.label)
        );
    }
    svg.push_str("</svg>");
    svg
}

/// Colours from low to high, readable without colour vision (after the cividis map of Nuñez and others 2018).
const RAMP: [[f64; 3]; 6] = [
    [0.0, 34.0, 78.0],
    [53.0, 69.0, 108.0],
    [102.0, 105.0, 112.0],
    [148.0, 142.0, 119.0],
    [200.0, 184.0, 102.0],
    [254.0, 232.0, 56.0],
];

/// The colour of a share between zero and one: red, green, blue.
pub(crate) fn ramp(share: f64) -> [u8; 3] {
    let place = share.clamp(0.0, 1.0) * (RAMP.len() - 1) as f64;
    let low = (place.floor() as usize).min(RAMP.len() - 2);
    let mix = |c: usize| RAMP[low][c] + (RAMP[low + 1][c] - RAMP[low][c]) * (place - low as f64);
    std::array::from_fn(|c| mix(c).round() as u8)
}

fn hexadecimal([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Lowest and highest value that a view of a window shows.
pub fn value_range(
    grid: &Grid,
    value: &dyn Fn(usize) -> Option<f64>,
    view: View,
    window: &Region,
) -> Option<(f64, f64)> {
    let ([right, up], cut, at) = view.axes();
    let axes = [&grid.x, &grid.y, &grid.z];
    let mut place = [0; 3];
    place[cut] = axes[cut].cell_at(at);
    let mut range: Option<(f64, f64)> = None;
    for u in axes[up].cells_between(window.low[up], window.high[up]) {
        for r in axes[right].cells_between(window.low[right], window.high[right]) {
            (place[right], place[up]) = (r, u);
            if let Some(value) = value(grid.index(place[0], place[1], place[2])) {
                range = Some(range.map_or((value, value), |(low, high)| (low.min(value), high.max(value))));
            }
        }
    }
    range
}

/// A field of cell values in a window with its legend; `value` gives nothing for voids. `unit` labels the legend.
pub fn field(
    grid: &Grid,
    value: &dyn Fn(usize) -> Option<f64>,
    view: View,
    window: &Region,
    title: &str,
    unit: &str,
) -> String {
    let frame = Frame::new(view, window);
    let ([right, up], cut, at) = view.axes();
    let axes = [&grid.x, &grid.y, &grid.z];
    let layer = axes[cut].cell_at(at);
    let index = |r: usize, u: usize| {
        let mut place = [0; 3];
        (place[right], place[up], place[cut]) = (r, u, layer);
        grid.index(place[0], place[1], place[2])
    };
    let columns = axes[right].cells_between(window.low[right], window.high[right]);
    let rows = axes[up].cells_between(window.low[up], window.high[up]);
    let (low, high) = value_range(grid, value, view, window).unwrap_or((0.0, 0.0));
    let span = (high - low).max(1e-12);
    let mut svg = open(WIDTH + 2.0 * MARGIN + 90.0, frame.height + 2.0 * MARGIN, title);
    let _ = write!(svg, "<text x=\"{MARGIN}\" y=\"24\" font-size=\"15\">{}</text>", escape(title));
    for u in rows {
        // Neighbours of one shade become one rectangle.
        let mut run: Option<(usize, String)> = None;
        let (y0, y1) = (axes[up].planes()[u].max(window.low[up]), axes[up].planes()[u + 1].min(window.high[up]));
        let mut close = |from: usize, to: usize, shade: &str| {
            let (x0, x1) =
                (axes[right].planes()[from].max(window.low[right]), axes[right].planes()[to].min(window.high[right]));
            let [x, y, w, h] = frame.rectangle([x0, y0], [x1, y1]);
            let _ = write!(
                svg,
                "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{:.2}\" height=\"{:.2}\" fill=\"{shade}\"/>",
                w + 0.3,
                h + 0.3
            );
        };
        for r in columns.clone() {
            let shade = value(index(r, u)).map(|v| hexadecimal(ramp(((v - low) / span * 40.0).round() / 40.0)));
            if run.as_ref().map(|(_, s)| s) != shade.as_ref() {
                if let Some((from, old)) = run.take() {
                    close(from, r, &old);
                }
                run = shade.map(|s| (r, s));
            }
        }
        if let Some((from, old)) = run {
            close(from, columns.end, &old);
        }
    }
    legend(&mut svg, &frame, (low, high), unit);
    svg.push_str("</svg>");
    svg
}

fn legend(svg: &mut String, frame: &Frame, (low, high): (f64, f64), unit: &str) {
    let x = MARGIN + WIDTH + 12.0;
    let height = frame.height.min(300.0);
    for n in 0..40 {
        let y = MARGIN + height * (1.0 - (f64::from(n) + 1.0) / 40.0);
        let _ = write!(
            svg,
            "<rect x=\"{x:.0}\" y=\"{y:.2}\" width=\"14\" height=\"{:.2}\" fill=\"{}\"/>",
            height / 40.0 + 0.3,
            hexadecimal(ramp((f64::from(n) + 0.5) / 40.0))
        );
    }
    for n in 0..=4 {
        let share = f64::from(n) / 4.0;
        let _ = write!(
            svg,
            "<text x=\"{:.0}\" y=\"{:.1}\">{:.1} {}</text>",
            x + 18.0,
            MARGIN + height * (1.0 - share) + 5.0,
            low + (high - low) * share,
            escape(unit)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Study;
    use crate::package::Input;

    #[test]
    fn drawings_are_well_formed_and_name_the_parts() {
        let input = Input::parse(include_str!("../templates/qfn.toml")).unwrap();
        let study = Study::new(input, &|_| unreachable!()).unwrap();
        let window = study.package.body;
        for view in [View::Section(0.0), View::Plan(0.3e-3)] {
            let svg = geometry(&study.package.scene, view, &window, "剖面 <section>");
            assert!(svg.starts_with("<svg") && svg.ends_with("</svg>") && svg.contains("die"));
            assert!(!svg.contains("<section>") && !svg.contains("style=") && !svg.contains("NaN"));
        }
    }
}
