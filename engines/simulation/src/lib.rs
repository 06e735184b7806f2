//! Thermal, warpage and parasitics of a package.
//!
//! Engineers describe a package (a form or a TOML file), and get temperatures, resistances, warpage and electrical
//! parasitics in seconds. Lengths are metres, temperatures kelvin and everything else SI unless a name says otherwise.

mod coarsening;
#[cfg(feature = "command-line")]
pub mod command_line;
pub mod drawing;
pub mod error;
pub mod formats;
pub mod grid;
pub mod impedance;
pub mod life;
pub mod material;
pub mod mechanics;
pub mod mesh;
pub mod metrics;
pub mod over_time;
pub mod package;
pub mod parasitics;
pub mod power_cycling;
pub mod quantity;
pub mod raster;
pub mod reason;
pub mod scene;
mod small_matrix;
pub mod thermal;
mod vectors;
pub mod vtk;
pub mod warpage;

pub use error::{Computation, Result, SimulationError, UnreadInput};
pub use reason::Reason;
