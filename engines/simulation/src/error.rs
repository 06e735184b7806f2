//! What can go wrong, said so that the person at the form can act on it.

use std::fmt;

use serde::de::DeserializeOwned;

use crate::quantity::UnreadQuantity;
use crate::reason::Reason;

/// Why an input file cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{shown}")]
pub struct UnreadInput {
    /// Line, counted from one, where it is known.
    pub line: Option<usize>,
    /// What stands in that line.
    pub written: String,
    /// Path of the field, list entries left out, where it is known.
    pub field: Option<String>,
    /// What is wrong.
    pub reason: Reason,
    /// All of it in English, with the line itself.
    shown: String,
}

/// A refusal of the input or an honest report that a run failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SimulationError {
    /// An input field has a value that makes no sense.
    #[error("{field}: {reason}")]
    Field {
        /// Path of the field as written in the input, such as `die.thickness`.
        field: String,
        /// What is wrong.
        reason: Reason,
    },
    /// The input is no TOML, or a value in it is not what its field holds.
    #[error(transparent)]
    Input(Box<UnreadInput>),
    /// A text file of another tool, or a power map, cannot be read.
    #[error("{file}, line {line}: {reason}")]
    Text {
        /// Name of the file as the user gave it.
        file: String,
        /// Line, counted from one.
        line: usize,
        /// What is wrong.
        reason: Reason,
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
        what: Computation,
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
    pub fn field(field: impl Into<String>, reason: impl Into<Reason>) -> Self {
        Self::Field { field: field.into(), reason: reason.into() }
    }

    /// A complaint about one line of a text file.
    pub fn text(file: &str, line: usize, reason: impl Into<Reason>) -> Self {
        Self::Text { file: file.to_owned(), line, reason: reason.into() }
    }

    /// What the reader of TOML says about a text.
    pub fn toml(text: &str, error: &toml::de::Error) -> Self {
        let line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        let written = line.and_then(|line| text.lines().nth(line - 1)).unwrap_or_default().trim().to_owned();
        let (message, field) = with_path(error.message());
        let reason = if text.parse::<toml::Table>().is_err() { Reason::NotToml } else { worded(message) };
        let shown = match &reason {
            Reason::Quantity(quantity) => error.to_string().replace(message, &quantity.to_string()),
            _ => error.to_string(),
        };
        Self::Input(Box::new(UnreadInput { line, written, field, reason, shown: shown.trim_end().to_owned() }))
    }
}

/// Reads a TOML text.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| SimulationError::toml(text, &error))
}

/// Reads a TOML value.
pub(crate) fn read_value<T: DeserializeOwned>(value: toml::Value) -> Result<T> {
    value.try_into().map_err(|error: toml::de::Error| {
        let shown = error.to_string();
        let (message, field) = with_path(&shown);
        let reason = worded(message);
        let shown = match &reason {
            Reason::Quantity(quantity) => shown.replace(message, &quantity.to_string()),
            _ => shown.clone(),
        };
        let shown = shown.trim_end().to_owned();
        SimulationError::Input(Box::new(UnreadInput { line: None, written: String::new(), field, reason, shown }))
    })
}

/// A message of the reader and the path that stands under it.
fn with_path(message: &str) -> (&str, Option<String>) {
    match message.trim_end().split_once("\nin `") {
        Some((message, path)) => (message, Some(path.trim_end_matches('`').to_owned())),
        None => (message.trim_end(), None),
    }
}

/// The reader's own complaints, and those of quantities that passed through it.
fn worded(message: &str) -> Reason {
    let name = || message.split('`').nth(1).unwrap_or_default().to_owned();
    if let Some(quantity) = UnreadQuantity::from_message(message) {
        Reason::Quantity(Box::new(quantity))
    } else if message.starts_with("missing field") {
        Reason::MissingField { name: name() }
    } else if message.starts_with("unknown field") {
        Reason::UnknownField { name: name() }
    } else {
        Reason::Unreadable { words: message.to_owned() }
    }
}

/// What did not converge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Computation {
    /// Temperatures.
    Temperature,
    /// Properties that depend on the temperature.
    Properties,
    /// Displacements.
    Displacement,
    /// The direct solution on the coarsest grid of displacements.
    Factorisation,
}

impl fmt::Display for Computation {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Temperature => "the temperature",
            Self::Properties => "the iteration over temperature-dependent properties",
            Self::Displacement => "the displacement",
            Self::Factorisation => "the factorisation of the coarsest grid",
        })
    }
}

/// Result with [`SimulationError`].
pub type Result<T> = std::result::Result<T, SimulationError>;
