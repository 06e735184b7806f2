//! From what a run left to drawings: the same for pages, files and the report.

use chart::{Curves, Map};

use crate::outcome::{Field, Impedance, Shape, View, VoidPoint, Warpage};

/// Height that a section is stretched to, as a share of its width.
const SECTION_SHARE: f64 = 0.42;

/// What lies at a point of a view.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Place in the view, mm.
    pub place: (f64, f64),
    /// °C; nothing in a void.
    pub celsius: Option<f32>,
    /// Material there.
    pub material: String,
}

/// A view by its key; the first where there is no such view.
pub fn view<'a>(field: &'a Field, key: &str) -> Option<&'a View> {
    field.views.iter().find(|view| view.key == key).or(field.views.first())
}

/// The cell of an axis that holds a place.
fn cell_at(planes: &[f64], place: f64) -> usize {
    planes.partition_point(|plane| *plane <= place).clamp(1, (planes.len() - 1).max(1)) - 1
}

/// Borders of the cells between two places, and the number of the first cell.
fn between(planes: &[f64], low: f64, high: f64) -> (usize, Vec<f64>) {
    let (first, last) = (cell_at(planes, low + 1e-9), cell_at(planes, high - 1e-9));
    let mut borders = planes[first..=last + 1].to_vec();
    let end = borders.len() - 1;
    borders[0] = borders[0].max(low);
    borders[end] = borders[end].min(high);
    (first, borders)
}

/// The cell of the engine's grid at numbers in x, y and z.
fn index(field: &Field, [i, j, k]: [usize; 3]) -> usize {
    let (nx, nz) = (field.planes[0].len() - 1, field.planes[2].len() - 1);
    (j * nz + k) * nx + i
}

/// A view of the temperatures.
pub fn temperature(id: &str, field: &Field, view: &View, probe: Option<(f64, f64)>) -> Map {
    let (up, cut) = if view.plan { (1, 2) } else { (2, 1) };
    let [left, bottom, right, top] = view.window;
    let (column, across) = between(&field.planes[0], left, right);
    let (row, upward) = between(&field.planes[up], bottom, top);
    let layer = cell_at(&field.planes[cut], view.at);
    let value = |i: usize, u: usize| {
        let place = if view.plan { [column + i, row + u, layer] } else { [column + i, layer, row + u] };
        field.celsius.get(index(field, place)).copied().flatten().map(f64::from)
    };
    let stretch = if view.plan { 1.0 } else { (SECTION_SHARE * (right - left) / (top - bottom)).max(1.0) };
    let outlines = field
        .outlines
        .iter()
        .filter(|(_, low, high)| view.plan || (low[cut] <= view.at && high[cut] >= view.at && high[2] - low[2] > 1e-6));
    let outlines =
        outlines.map(|(_, low, high)| [low[0].max(left), low[up].max(bottom), high[0].min(right), high[up].min(top)]);
    let title = format!("温度：{}", view.label);
    Map::new(id, title, "°C", &across, &upward, value)
        .named("x", if view.plan { "y" } else { "z" })
        .stretched(stretch)
        .outlines(outlines)
        .probe(probe)
}

/// What is at a point of a view.
pub fn read(field: &Field, view: &View, (x, u): (f64, f64)) -> Reading {
    let [left, bottom, right, top] = view.window;
    let place = (x.clamp(left, right), u.clamp(bottom, top));
    let (y, z) = if view.plan { (place.1, view.at) } else { (view.at, place.1) };
    let cell =
        index(field, [cell_at(&field.planes[0], place.0), cell_at(&field.planes[1], y), cell_at(&field.planes[2], z)]);
    let material = field.materials.get(cell).copied().unwrap_or(0);
    let name = usize::from(material).checked_sub(1).and_then(|number| field.names.get(number));
    Reading {
        place,
        celsius: field.celsius.get(cell).copied().flatten(),
        material: name.cloned().unwrap_or_else(|| "空气（不计算）".to_owned()),
    }
}

/// The underside's displacement at one temperature; the node values stand for the area half-way to the neighbours.
pub fn displacement(id: &str, shape: &Shape) -> Map {
    let borders = |nodes: &[f64]| {
        let ends = [nodes.first(), nodes.last()].map(|end| end.copied());
        let middles = nodes.windows(2).map(|pair| 0.5 * (pair[0] + pair[1]));
        ends[0].into_iter().chain(middles).chain(ends[1]).collect::<Vec<f64>>()
    };
    let wide = shape.nodes[0].len();
    let value = |i: usize, j: usize| shape.lift_um.get(j * wide + i).copied().flatten().map(f64::from);
    let title = format!("底面竖向位移，{:.0} °C", shape.temperature_c);
    Map::new(id, title, "µm", &borders(&shape.nodes[0]), &borders(&shape.nodes[1]), value).decimals(2)
}

/// Heating curves by name.
pub fn heating<'a>(id: &str, curves: impl IntoIterator<Item = (String, &'a Impedance)>) -> Curves {
    let chart = Curves::new(id, "瞬态热阻抗", ("时间", "s"), ("Zth", "K/W")).logarithmic();
    curves.into_iter().fold(chart, |chart, (name, impedance)| chart.series(name, impedance.curve.iter().copied()))
}

/// The structure function: capacitance passed over resistance passed, its capacitance by powers of ten.
pub fn structure(id: &str, impedance: &Impedance) -> Curves {
    let points = impedance.structure.iter().filter(|(_, c)| *c > 0.0).map(|(r, c)| (*r, c.log10()));
    Curves::new(id, "积分结构函数", ("自结起的热阻", "K/W"), ("热容的常用对数，lg C", "C：J/K"))
        .series("积分结构函数", points)
        .decimals(1)
}

/// The junction over the share of void.
pub fn voids(id: &str, points: &[VoidPoint]) -> Curves {
    Curves::new(id, "空洞率与结温", ("空洞率", "%"), ("结温", "°C"))
        .series("均匀分布", points.iter().map(|point| (point.voids_percent, point.spread_c)))
        .series("集中在中心", points.iter().map(|point| (point.voids_percent, point.centre_c)))
        .decimals(1)
}

/// Warpage over the reflow profile.
pub fn warpage(id: &str, warpage: &Warpage) -> Curves {
    let chart = Curves::new(id, "回流温度与翘曲", ("温度", "°C"), ("翘曲", "µm"))
        .series("有限元", warpage.points.iter().map(|point| (point.temperature_c, point.warpage_um)))
        .series("层合板估算", warpage.points.iter().map(|point| (point.temperature_c, point.layered_plate_um)))
        .decimals(1);
    match warpage.limit_um {
        Some(limit) => chart.limit("允许", limit).limit("允许", -limit),
        None => chart,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field() -> Field {
        let view = |key: &str, plan, at, window| View { key: key.into(), label: key.into(), plan, at, window };
        Field {
            planes: [vec![-1.0, 0.0, 1.0], vec![-1.0, 0.0, 1.0], vec![0.0, 0.5, 1.0]],
            celsius: (0..8).map(|n| (n != 7).then_some(n as f32)).collect(),
            materials: vec![1, 1, 2, 2, 1, 1, 2, 0],
            names: vec!["铜".into(), "硅".into()],
            views: vec![
                view("plan", true, 0.75, [-1.0, -1.0, 1.0, 1.0]),
                view("cut", false, -0.5, [-1.0, 0.0, 1.0, 1.0]),
            ],
            outlines: vec![],
        }
    }

    #[test]
    fn a_reading_is_the_cell_at_the_place() {
        let field = field();
        // (j * nz + k) * nx + i: at x < 0, y < 0, upper layer that is cell 2.
        let reading = read(&field, view(&field, "plan").unwrap(), (-0.5, -0.5));
        assert_eq!((reading.celsius, reading.material.as_str()), (Some(2.0), "硅"));
        let void = read(&field, view(&field, "plan").unwrap(), (0.5, 0.5));
        assert_eq!((void.celsius, void.material.as_str()), (None, "空气（不计算）"));
        let section = read(&field, view(&field, "cut").unwrap(), (0.5, 0.1));
        assert_eq!(section.celsius, Some(1.0));
        let far = read(&field, view(&field, "plan").unwrap(), (99.0, f64::INFINITY));
        assert_eq!(far.place, (1.0, 1.0));
    }

    #[test]
    fn a_map_and_a_reading_agree() {
        let field = field();
        let map = temperature("t", &field, view(&field, "nowhere").unwrap(), None);
        assert_eq!(map.extremes(), Some((2.0, 6.0)));
        assert!(map.draw().to_string().contains("最高 6 °C"));
    }

    #[test]
    fn a_window_cuts_cells() {
        let (first, borders) = between(&[0.0, 1.0, 2.0, 4.0], 0.5, 3.0);
        assert_eq!((first, borders), (0, vec![0.5, 1.0, 2.0, 3.0]));
    }
}
