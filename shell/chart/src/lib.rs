//! Data to SVG, for pages and documents.
//!
//! Every drawing is one `<svg>` with a title and a description for those who do not see it. Colours are classes
//! (`chart-line`, `chart-target`, `chart-part-1` …) so that light, dark and print themes decide; attributes give
//! plain colours where no style sheet is read, as in a printed document. There is no `style` and no script.
//!
//! ```
//! use chart::{Line, Point};
//! let years = [("2024", 142.0), ("2025", 163.4)];
//! let points = years.map(|(year, value)| Point::new(year, value));
//! let svg = Line::new("g1", "封测产业营收", "亿元").points(points).target(200.0).draw();
//! assert!(svg.to_string().starts_with("<svg"));
//! ```

mod bars;
mod boxes;
mod canvas;
mod curves;
mod histogram;
mod line;
mod map;
mod plane;
mod scale;
mod scatter;
mod shade;
mod small;
mod tiles;

pub use bars::{Bars, StackedBars};
pub use boxes::{Box, Boxes};
pub use canvas::Svg;
pub use curves::Curves;
pub use histogram::Histogram;
pub use line::{Estimate, Line, Point};
pub use map::Map;
pub use scatter::Scatter;
pub use small::{Meter, Sparkline};
pub use tiles::{Mark, RAMP, Tile, TileMap, Tone, ramp_colour};
