//! What the operator sets.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

static TESTER_FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();

/// Opens a folder on the server from which firms take tester files: one folder inside it for each firm, named by its
/// code. Said once, before pages are served; what is said later is not heard.
pub fn open_tester_folder(folder: Option<PathBuf>) {
    let _ = TESTER_FOLDER.set(folder);
}

/// The folder, if the operator opened one.
pub fn tester_folder() -> Option<&'static Path> {
    TESTER_FOLDER.get().and_then(Option::as_deref)
}
