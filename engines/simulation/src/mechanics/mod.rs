//! Thermo-elastic deformation: on a tensor grid, and of bricks of any shape.

mod body;
mod layered_plate;
mod mapped;
mod multigrid;
mod operator;

pub use body::{Deformed, Loading, Solid, SolidBody, Stress, Symmetry, equivalent, largest_principal};
pub use layered_plate::layered_plate;
pub use mapped::MappedBody;
