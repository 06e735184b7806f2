//! What can go wrong, said so that the person at the form can act on it.

/// A refusal of the input or an honest report that a run failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SimulationError {
    /// An input field has a value that makes no sense.
    #[error("{field}: {reason}")]
    Field {
        /// Path of the field as written in the input, such as `die.thickness`.
        field: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A text file of another tool, or a power map, cannot be read.
    #[error("{file}, line {line}: {reason}")]
    Text {
        /// Name of the file as the user gave it.
        file: String,
        /// Line, counted from one.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A file cannot be opened or written.
    #[error("{path}: {reason}")]
    File {
        /// Path as the user gave it.
        path: String,
        /// The operating system's words.
        reason: String,
    },
    /// Heat has no way out of a body, so that no steady temperature exists.
    #[error(
        "the part around ({x_mm:.3}, {y_mm:.3}, {z_mm:.3}) mm has no way to give off heat: connect it to the rest, or give \
         one of its surfaces a convection coefficient or a fixed temperature"
    )]
    NoHeatSink {
        /// A point inside the part, mm.
        x_mm: f64,
        /// A point inside the part, mm.
        y_mm: f64,
        /// A point inside the part, mm.
        z_mm: f64,
    },
    /// The iteration stopped without reaching the tolerance; there is no result to show.
    #[error(
        "{what} did not converge: relative residual {residual:.1e} after {iterations} iterations (asked: {tolerance:.1e}); \
         no result is given"
    )]
    NotConverged {
        /// Which computation.
        what: &'static str,
        /// Relative residual reached.
        residual: f64,
        /// Relative residual asked for.
        tolerance: f64,
        /// Iterations spent.
        iterations: usize,
    },
    /// The mesh would not fit the stated limit.
    #[error("the mesh needs {cells} cells, more than the limit of {limit}: use a coarser mesh setting")]
    TooManyCells {
        /// Cells needed.
        cells: usize,
        /// Limit in force.
        limit: usize,
    },
    /// Someone asked the run to stop.
    #[error("the run was cancelled")]
    Cancelled,
}

impl SimulationError {
    /// A complaint about one field.
    pub fn field(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Field { field: field.into(), reason: reason.into() }
    }

    /// A complaint about one line of a text file.
    pub fn text(file: &str, line: usize, reason: impl Into<String>) -> Self {
        Self::Text { file: file.to_owned(), line, reason: reason.into() }
    }
}

/// Result with [`SimulationError`].
pub type Result<T> = std::result::Result<T, SimulationError>;
