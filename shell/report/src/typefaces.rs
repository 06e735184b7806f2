//! The fonts of this machine.

use std::path::{Path, PathBuf};

use typst::text::FontStyle;
use typst_kit::fonts::{FontStore, scan, system};

use crate::ReportError;

/// The setting that names a folder of fonts beside those of the system.
pub const FONT_FOLDER: &str = "FENGCE_FONTS";

/// Families that are tried first: even stroke, complete, made for simplified characters.
const PREFERRED: [&str; 7] = [
    "noto sans cjk sc",
    "source han sans sc",
    "noto sans sc",
    "harmonyos sans sc",
    "pingfang sc",
    "microsoft yahei",
    "wenquanyi micro hei",
];

/// What a font must be able to write to be called Chinese here.
const SPECIMEN: &str = "封测仿真翘曲结温度";

/// Fonts, and the family that documents are set in.
pub(crate) struct Typefaces {
    pub store: FontStore,
    pub family: String,
}

impl Typefaces {
    /// Looks through the system's fonts and a folder.
    pub fn search(folder: Option<&Path>, with_system: bool) -> Result<Self, ReportError> {
        let mut store = FontStore::new();
        if let Some(folder) = folder {
            if !folder.is_dir() {
                return Err(ReportError::FontFolder(folder.display().to_string()));
            }
            store.extend(scan(folder));
        }
        if with_system {
            store.extend(system());
        }
        let family = Self::chinese(&store).ok_or(ReportError::NoChineseFont)?;
        Ok(Self { store, family })
    }

    /// The data of the files that hold the documents' family.
    pub fn files(&self) -> Vec<Vec<u8>> {
        let indices = self.store.book().select_family(&self.family.to_lowercase());
        let mut files: Vec<Vec<u8>> = Vec::new();
        for font in indices.filter_map(|index| self.store.font(index)) {
            // The weights of one collection share one file.
            if !files.iter().any(|file| file.as_slice() == font.data().as_slice()) {
                files.push(font.data().to_vec());
            }
        }
        files
    }

    /// The best family that can write the specimen, upright.
    fn chinese(store: &FontStore) -> Option<String> {
        let infos = (0..).map_while(|index| store.book().info(index));
        let able = infos.filter(|info| {
            info.variant.style == FontStyle::Normal
                && SPECIMEN.chars().all(|character| info.coverage.contains(character as u32))
        });
        let rank = |family: &str| {
            let family = family.to_lowercase();
            PREFERRED.iter().position(|preferred| *preferred == family).unwrap_or(PREFERRED.len())
        };
        // Among equals the first by name, so that the order of the file system does not decide.
        able.map(|info| info.family.to_string()).min_by_key(|family| (rank(family), family.clone()))
    }
}

/// The folder that the setting names.
pub(crate) fn configured() -> Option<PathBuf> {
    std::env::var_os(FONT_FOLDER).filter(|folder| !folder.is_empty()).map(PathBuf::from)
}
