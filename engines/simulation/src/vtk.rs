//! Results for ParaView and its kin: rectilinear grids in VTK's XML format (`.vtr`).

use std::io::Write;

use crate::error::{Result, SimulationError};
use crate::grid::Grid;

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
