//! Every register as a table of one SQLite file that any tool opens: for analysts and auditors, who then need neither
//! this program nor its ledger.

mod folder;
mod sqlite;

pub use folder::{Exports, Kept};
pub use sqlite::{Standing, WriteError, write_registers};

/// Every register of the program, declared once and shared.
pub type Registers = std::sync::Arc<Vec<register::Register<office::State>>>;
