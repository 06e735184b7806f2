//! Thermo-elastic deformation on a tensor grid.

mod body;
mod multigrid;
mod operator;

pub use body::{Deformed, Solid, SolidBody, Stress, Symmetry, equivalent, largest_principal};
