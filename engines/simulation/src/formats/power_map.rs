//! Power maps as CSV: a grid of watts, or a list of blocks.

use crate::error::{Result, SimulationError};
use crate::grid::Region;
use crate::reason::Reason;
use crate::scene::Source;

/// Heat over the face of a die.
#[derive(Debug, Clone, PartialEq)]
pub enum PowerMap {
    /// Rows of W per cell; the first row is the one at the highest y, as seen from above.
    Grid(Vec<Vec<f64>>),
    /// Blocks of (name, x, y, width, height in metres from the lower left corner of the die, W).
    Blocks(Vec<(String, [f64; 4], f64)>),
}

/// Columns of the list form; the units stand in the names.
const COLUMNS: [&str; 6] = ["name", "x_mm", "y_mm", "width_mm", "height_mm", "power_w"];

/// Reads a power map. A first line with the column names `name,x_mm,y_mm,width_mm,height_mm,power_W` makes it a list of
/// blocks; numbers alone make it a grid.
pub fn read(file: &str, text: &str) -> Result<PowerMap> {
    let lines: Vec<(usize, Vec<&str>)> = text
        .lines()
        .enumerate()
        .map(|(n, line)| (n + 1, line.trim().trim_start_matches('\u{feff}')))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(n, line)| (n, line.split([',', ';', '\t']).map(str::trim).collect()))
        .collect();
    let Some((first, head)) = lines.first() else {
        return Err(SimulationError::text(file, 1, Reason::EmptyFile));
    };
    if head[0].parse::<f64>().is_ok() {
        return grid(file, &lines);
    }
    let names: Vec<String> = head.iter().map(|h| h.to_lowercase()).collect();
    if names != COLUMNS {
        return Err(SimulationError::text(file, *first, Reason::Columns { names: COLUMNS.join(",") }));
    }
    let mut blocks = Vec::new();
    for (line, fields) in &lines[1..] {
        if fields.len() != COLUMNS.len() {
            let reason = Reason::ColumnCount { found: fields.len(), needed: COLUMNS.len() };
            return Err(SimulationError::text(file, *line, reason));
        }
        let mut numbers = [0.0; 5];
        for (at, number) in numbers.iter_mut().enumerate() {
            *number = watts(file, *line, fields[at + 1])?;
        }
        let [x, y, width, height, power] = numbers;
        if width <= 0.0 || height <= 0.0 {
            return Err(SimulationError::text(file, *line, Reason::NoExtent));
        }
        blocks.push((fields[0].to_owned(), [x, y, width, height].map(|v| v * 1e-3), power));
    }
    Ok(PowerMap::Blocks(blocks))
}

fn watts(file: &str, line: usize, text: &str) -> Result<f64> {
    match text.parse::<f64>() {
        Ok(value) if value >= 0.0 && value.is_finite() => Ok(value),
        _ => Err(SimulationError::text(file, line, Reason::NotPositive { text: text.to_owned() })),
    }
}

fn grid(file: &str, lines: &[(usize, Vec<&str>)]) -> Result<PowerMap> {
    let width = lines[0].1.len();
    let mut rows = Vec::with_capacity(lines.len());
    for (line, fields) in lines {
        if fields.len() != width {
            let reason = Reason::ColumnCount { found: fields.len(), needed: width };
            return Err(SimulationError::text(file, *line, reason));
        }
        rows.push(fields.iter().map(|f| watts(file, *line, f)).collect::<Result<Vec<f64>>>()?);
    }
    Ok(PowerMap::Grid(rows))
}

impl PowerMap {
    /// The map laid over the active layer of a die, scaled to `total` W if given.
    ///
    /// # Errors
    /// A reason, if blocks stand out beyond the die or there is no power.
    pub fn sources(&self, die: &str, active: Region, total: Option<f64>) -> std::result::Result<Vec<Source>, Reason> {
        let [width, height, _] = active.size();
        let place = |x: f64, y: f64, w: f64, h: f64| {
            let (low, high) = (active.low, active.high);
            Region::new([low[0] + x, low[1] + y, low[2]], [low[0] + x + w, low[1] + y + h, high[2]])
        };
        let mut sources = Vec::new();
        match self {
            Self::Grid(rows) => {
                let (dx, dy) = (width / rows[0].len() as f64, height / rows.len() as f64);
                for (r, row) in rows.iter().rev().enumerate() {
                    for (c, power) in row.iter().enumerate().filter(|(_, p)| **p > 0.0) {
                        let region = place(c as f64 * dx, r as f64 * dy, dx, dy);
                        sources.push(Source { name: die.to_owned(), region, power: *power });
                    }
                }
            }
            Self::Blocks(blocks) => {
                for (name, [x, y, w, h], power) in blocks {
                    let beyond = |at: f64, size: f64, limit: f64| at < -1e-9 || at + size > limit + 1e-9;
                    if beyond(*x, *w, width) || beyond(*y, *h, height) {
                        return Err(Reason::BlockBeyondDie { name: name.clone() });
                    }
                    sources.push(Source { name: die.to_owned(), region: place(*x, *y, *w, *h), power: *power });
                }
            }
        }
        let sum: f64 = sources.iter().map(|s| s.power).sum();
        if sum <= 0.0 {
            return Err(Reason::MapWithoutPower);
        }
        if let Some(total) = total {
            sources.iter_mut().for_each(|s| s.power *= total / sum);
        }
        Ok(sources)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_keep_the_power() {
        let active = Region::new([-1e-3, -1e-3, 0.0], [1e-3, 1e-3, 1e-5]);
        let grid = read("g.csv", "1,0\n0,2\n").unwrap().sources("a", active, None).unwrap();
        assert_eq!(grid.len(), 2);
        assert!(grid[0].region.low[1] < grid[1].region.low[1] && grid[0].power == 2.0);
        let list = read("b.csv", "name,x_mm,y_mm,width_mm,height_mm,power_W\ncore,0,0,1,1,0.5\n").unwrap();
        let list = list.sources("a", active, Some(3.0)).unwrap();
        assert!((list[0].power - 3.0).abs() < 1e-12);
    }

    #[test]
    fn refusals_name_file_and_line() {
        let error = read("g.csv", "1,0\n0,-2\n").unwrap_err().to_string();
        assert!(error.contains("g.csv, line 2"), "{error}");
        let error = read("g.csv", "1,0\n0\n").unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
    }
}
