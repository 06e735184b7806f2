//! Results for ParaView and its kin in VTK's XML formats: rectilinear grids (`.vtr`) and even images (`.vti`).

use std::io::Write;

use crate::error::{Result, SimulationError};
use crate::grid::{Grid, Region};

/// Cell values with a name.
pub struct CellData<'a> {
    /// Name with unit, such as `temperature_C`.
    pub name: &'a str,
    /// One value per cell in the order of the grid.
    pub values: &'a dyn Fn(usize) -> f64,
}

/// Node vectors with a name.
pub struct PointData<'a> {
    /// Name with unit, such as `displacement_m`.
    pub name: &'a str,
    /// The vector at node (i, j, k).
    pub values: &'a dyn Fn(usize, usize, usize) -> [f64; 3],
}

/// Writes a grid with cell and node data.
///
/// # Errors
/// If the output cannot be written.
pub fn write(out: &mut dyn Write, path: &str, grid: &Grid, cells: &[CellData], points: &[PointData]) -> Result<()> {
    write_grid(out, grid, cells, points)
        .map_err(|e| SimulationError::File { path: path.to_owned(), reason: e.to_string() })
}

fn write_grid(out: &mut dyn Write, grid: &Grid, cells: &[CellData], points: &[PointData]) -> std::io::Result<()> {
    let [nx, ny, nz] = grid.shape();
    writeln!(
        out,
        "<?xml version=\"1.0\"?>\n<VTKFile type=\"RectilinearGrid\" version=\"0.1\" byte_order=\"LittleEndian\">"
    )?;
    writeln!(out, "<RectilinearGrid WholeExtent=\"0 {nx} 0 {ny} 0 {nz}\"><Piece Extent=\"0 {nx} 0 {ny} 0 {nz}\">")?;
    writeln!(out, "<Coordinates>")?;
    for (name, axis) in [("x", &grid.x), ("y", &grid.y), ("z", &grid.z)] {
        writeln!(out, "<DataArray type=\"Float64\" Name=\"{name}\" format=\"ascii\">")?;
        axis.planes().iter().try_for_each(|p| write!(out, "{p:e} "))?;
        writeln!(out, "</DataArray>")?;
    }
    writeln!(out, "</Coordinates><CellData>")?;
    for data in cells {
        writeln!(out, "<DataArray type=\"Float32\" Name=\"{}\" format=\"ascii\">", data.name)?;
        for k in 0..nz {
            for j in 0..ny {
                for i in 0..nx {
                    write!(out, "{} ", (data.values)(grid.index(i, j, k)) as f32)?;
                }
            }
        }
        writeln!(out, "</DataArray>")?;
    }
    writeln!(out, "</CellData><PointData>")?;
    for data in points {
        writeln!(out, "<DataArray type=\"Float32\" Name=\"{}\" NumberOfComponents=\"3\" format=\"ascii\">", data.name)?;
        for k in 0..=nz {
            for j in 0..=ny {
                for i in 0..=nx {
                    let [x, y, z] = (data.values)(i, j, k);
                    write!(out, "{} {} {} ", x as f32, y as f32, z as f32)?;
                }
            }
        }
        writeln!(out, "</DataArray>")?;
    }
    writeln!(out, "</PointData></Piece></RectilinearGrid></VTKFile>")
}

/// Writes cell values resampled onto an image of `counts` even cells in a window.
///
/// # Errors
/// If the output cannot be written.
pub fn write_image(
    out: &mut dyn Write,
    path: &str,
    grid: &Grid,
    window: &Region,
    counts: [usize; 3],
    cells: &[CellData],
) -> Result<()> {
    write_image_to(out, grid, window, counts, cells)
        .map_err(|e| SimulationError::File { path: path.to_owned(), reason: e.to_string() })
}

fn write_image_to(
    out: &mut dyn Write,
    grid: &Grid,
    window: &Region,
    counts: [usize; 3],
    cells: &[CellData],
) -> std::io::Result<()> {
    let [nx, ny, nz] = counts;
    let spacing: [f64; 3] = std::array::from_fn(|d| window.size()[d] / counts[d] as f64);
    let middle = |d: usize, n: usize| window.low[d] + spacing[d] * (n as f64 + 0.5);
    let [[x0, y0, z0], [dx, dy, dz]] = [window.low, spacing];
    writeln!(out, "<?xml version=\"1.0\"?>\n<VTKFile type=\"ImageData\" version=\"0.1\" byte_order=\"LittleEndian\">")?;
    writeln!(
        out,
        "<ImageData WholeExtent=\"0 {nx} 0 {ny} 0 {nz}\" Origin=\"{x0:e} {y0:e} {z0:e}\" \
         Spacing=\"{dx:e} {dy:e} {dz:e}\"><Piece Extent=\"0 {nx} 0 {ny} 0 {nz}\"><CellData>"
    )?;
    for data in cells {
        writeln!(out, "<DataArray type=\"Float32\" Name=\"{}\" format=\"ascii\">", data.name)?;
        for k in 0..nz {
            for j in 0..ny {
                for i in 0..nx {
                    let cell = grid.cell_at([middle(0, i), middle(1, j), middle(2, k)]);
                    write!(out, "{} ", (data.values)(cell) as f32)?;
                }
            }
        }
        writeln!(out, "</DataArray>")?;
    }
    writeln!(out, "</CellData></Piece></ImageData></VTKFile>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Axis;

    #[test]
    fn both_formats_hold_every_value() {
        let axis = |planes: &[f64]| Axis::new(planes.to_vec()).unwrap();
        let grid = Grid { x: axis(&[0.0, 1.0, 4.0]), y: axis(&[0.0, 1.0]), z: axis(&[0.0, 2.0, 3.0]) };
        let data = || CellData { name: "number", values: &|cell| cell as f64 };
        let mut file = Vec::new();
        write(&mut file, "x.vtr", &grid, &[data()], &[]).unwrap();
        let text = String::from_utf8(file).unwrap();
        assert!(text.contains("WholeExtent=\"0 2 0 1 0 2\"") && text.contains("\n0 1 2 3 </DataArray>"), "{text}");
        let mut file = Vec::new();
        let window = Region::new([0.0; 3], [4.0, 1.0, 3.0]);
        write_image(&mut file, "x.vti", &grid, &window, [4, 1, 3], &[data()]).unwrap();
        let text = String::from_utf8(file).unwrap();
        assert!(text.contains("\n0 1 1 1 0 1 1 1 2 3 3 3 </DataArray>"), "{text}");
    }
}
