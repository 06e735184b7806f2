//! Heat conduction on a tensor grid: finite volumes, steady and over time.

mod body;
mod conjugate;
mod film;
mod multigrid;
mod steady;
pub(crate) mod stencil;
mod step_response;
mod transient;

pub use body::{Conductor, Contact, Facing, Surface, ThermalBody};
pub use conjugate::{Convergence, Tolerance};
pub use film::Film;
pub use steady::{SteadyField, steady, steady_from};
pub use step_response::StepResponse;
pub use transient::{Drive, TimeMethod, Transient};
