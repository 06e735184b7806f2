//! Plan folders read from disk, for tests only: the context itself reads no files.

use std::fs;
use std::path::Path;

use plan::Files;

fn read(root: &Path, inside: &str, files: &mut Files) {
    for entry in fs::read_dir(root.join(inside)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = if inside.is_empty() { name } else { format!("{inside}/{name}") };
        if entry.file_type().unwrap().is_dir() {
            read(root, &path, files);
        } else {
            files.insert(path, fs::read_to_string(entry.path()).unwrap());
        }
    }
}

/// The plan of Chongqing 2023–2027.
pub fn chongqing() -> Files {
    let mut files = Files::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plans/chongqing-2023"), "", &mut files);
    files
}

/// An invented plan of an invented city (示例数据): other numbering, other units, other thresholds.
pub fn jiangzhou() -> Files {
    let mut files = Files::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/jiangzhou"), "", &mut files);
    files
}
