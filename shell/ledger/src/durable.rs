//! Files that are wholly there or not at all.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Makes the names in a directory durable: a created, renamed or removed file stays so after a power cut.
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Makes the name of this file durable.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    sync_directory(folder_of(path))
}

/// The folder a file stands in. A bare name has an empty parent, which no system opens: it stands in the current one.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a file that must not exist yet and that only its owner may read; durable when it answers.
pub(crate) fn create_secret(path: &Path, content: &[u8]) -> io::Result<()> {
    create(path, content, 0o600)
}

/// Writes a file that must not exist yet and that anyone may read; durable when it answers.
pub(crate) fn create_public(path: &Path, content: &[u8]) -> io::Result<()> {
    create(path, content, 0o644)
}

fn create(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".incomplete");
    let temporary = path.with_file_name(name);
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        // Unlike renaming, linking never replaces.
        std::fs::hard_link(&temporary, path)
    })();
    std::fs::remove_file(&temporary)?;
    written?;
    sync_parent(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_name_stands_in_the_current_folder() {
        assert_eq!(
            ["name", "a/name", "/name", "./name"].map(|path| folder_of(Path::new(path)).to_owned()),
            [".", "a", "/", "."].map(std::path::PathBuf::from)
        );
        sync_parent(Path::new("name-without-folder")).unwrap();
    }
}
