//! The plan folder and the catalogs as they were when the program was built: a new city needs no other file.

use std::collections::BTreeMap;

/// One declared list of paths below the project's root; a test holds it against the files on disk.
macro_rules! embedded {
    ($($path:literal),+ $(,)?) => {
        /// Every file a new city begins with: path below the project's root, text.
        pub const FILES: &[(&str, &str)] = &[$(($path, include_str!(concat!("../../../", $path)))),+];
    };
}

embedded![
    "catalog/calendar.toml",
    "catalog/case-rules.toml",
    "catalog/chain.toml",
    "catalog/divisions.toml",
    "catalog/filing.toml",
    "catalog/firm-size.toml",
    "catalog/rates.toml",
    "plans/chongqing-2023/benefits/breakthrough.toml",
    "plans/chongqing-2023/benefits/complex.toml",
    "plans/chongqing-2023/benefits/interest.toml",
    "plans/chongqing-2023/benefits/park.toml",
    "plans/chongqing-2023/benefits/platform.toml",
    "plans/chongqing-2023/benefits/talent.toml",
    "plans/chongqing-2023/benefits/test-fee.toml",
    "plans/chongqing-2023/goals.toml",
    "plans/chongqing-2023/indicators.toml",
    "plans/chongqing-2023/interpretations.toml",
    "plans/chongqing-2023/lights.toml",
    "plans/chongqing-2023/plan.toml",
    "plans/chongqing-2023/published.txt",
    "plans/chongqing-2023/records.toml",
    "plans/chongqing-2023/schedule.toml",
    "plans/chongqing-2023/tasks.toml",
    "plans/chongqing-2023/text.toml",
    "plans/chongqing-2023/units.toml",
];

const PLAN: &str = "plans/chongqing-2023/";
const CATALOG: &str = "catalog/";

/// Files below a folder, by their path inside it.
fn below(folder: &str) -> BTreeMap<String, String> {
    let inside = FILES.iter().filter_map(|(path, text)| Some((path.strip_prefix(folder)?, text)));
    inside.map(|(path, text)| (path.to_owned(), (*text).to_owned())).collect()
}

/// The whole plan folder, benefits included.
pub fn plan() -> plan::Files {
    below(PLAN)
}

/// The clause files and `interpretations.toml` of any plan folder.
pub fn clauses_of(plan: &plan::Files) -> BTreeMap<String, String> {
    let wanted = |path: &str| path.starts_with("benefits/") || path == subsidy::rulebook::INTERPRETATIONS_FILE;
    plan.iter().filter(|(path, _)| wanted(path)).map(|(path, text)| (path.clone(), text.clone())).collect()
}

/// One catalog file's text.
pub fn catalog(name: &str) -> &'static str {
    let found = FILES.iter().find(|(path, _)| path.strip_prefix(CATALOG) == Some(name));
    found.map_or("", |(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// Reference data no city begins with: what engines carry themselves.
    const NOT_BEGUN_WITH: [&str; 1] = ["catalog/materials.toml"];

    fn walk(root: &Path, folder: &str, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.file_type().unwrap().is_dir() {
                walk(root, &path, found);
            } else {
                found.insert(path);
            }
        }
    }

    #[test]
    fn the_list_names_exactly_the_files_on_disk() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut found = BTreeSet::new();
        walk(&root, "plans/chongqing-2023", &mut found);
        walk(&root, "catalog", &mut found);
        let known = FILES.iter().map(|(path, _)| *path).chain(NOT_BEGUN_WITH);
        let listed: BTreeSet<String> = known.map(str::to_owned).collect();
        assert_eq!(found, listed);
    }

    #[test]
    fn what_is_embedded_can_be_used() {
        assert!(crate::foundation::Foundation::embedded().document().is_ok());
    }
}
