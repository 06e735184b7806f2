//! What a run leaves in its folder, and reading it again.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use web::Failure;

use crate::outcome::{Field, Outcome, Shape};
use crate::run::Found;

/// The results.
pub const OUTCOME: &str = "result.json";
const FIELD: &str = "field.json";
const SHAPES: &str = "shapes.json";

/// Writes everything; the results last, so that where they are, the rest is.
///
/// # Errors
/// As the file system says.
pub fn keep(folder: &Path, found: &Found) -> std::io::Result<()> {
    if let Some(field) = &found.field {
        write(folder, FIELD, field)?;
    }
    write(folder, SHAPES, &found.shapes)?;
    for (name, bytes) in &found.grids {
        std::fs::write(folder.join(name), bytes)?;
    }
    write(folder, OUTCOME, &found.outcome)
}

fn write(folder: &Path, name: &str, value: &impl Serialize) -> std::io::Result<()> {
    std::fs::write(folder.join(name), serde_json::to_vec(value)?)
}

/// The results of a finished run.
pub async fn outcome(folder: &Path) -> Result<Outcome, Failure> {
    read(folder, OUTCOME).await
}

/// Its temperature field.
pub async fn field(folder: &Path) -> Result<Field, Failure> {
    read(folder, FIELD).await
}

/// Its deformed undersides; none for runs without warpage.
pub async fn shapes(folder: &Path) -> Result<Vec<Shape>, Failure> {
    read(folder, SHAPES).await
}

/// A file as it is; not found where it is not.
pub async fn bytes(folder: &Path, name: &str) -> Result<Vec<u8>, Failure> {
    match tokio::fs::read(folder.join(name)).await {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Failure::not_found()),
        Err(error) => Err(Failure::Fault(format!("{name}: {error}"))),
    }
}

async fn read<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<T, Failure> {
    let bytes = bytes(folder, name).await?;
    serde_json::from_slice(&bytes).map_err(|error| Failure::Fault(format!("{name}: {error}")))
}
