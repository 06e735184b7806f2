//! The files a city begins with: those that come with the program, or another plan and catalogs from folders.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;

use crate::founding::FoundError;
use crate::{embedded, plan_check};

/// A plan folder, its clauses and interpretations among it, and the catalogs.
#[derive(Clone, Debug)]
pub struct Foundation {
    plan: plan::Files,
    /// By name: `calendar.toml`.
    catalog: BTreeMap<String, String>,
}

const CALENDAR: &str = "calendar.toml";
const RATES: &str = "rates.toml";
const CASE_RULES: &str = cases::Rules::FILE;

/// The names of the catalogs a city begins with.
fn catalog_names() -> impl Iterator<Item = &'static str> {
    let of_enterprises = enterprise::Catalog::FILES;
    let others = [CALENDAR, RATES, CASE_RULES].into_iter().filter(move |name| !of_enterprises.contains(name));
    of_enterprises.into_iter().chain(others)
}

impl Foundation {
    /// What comes with the program.
    pub fn embedded() -> Self {
        let catalog = catalog_names().map(|name| (name.to_owned(), embedded::catalog(name).to_owned()));
        Self { plan: embedded::plan(), catalog: catalog.collect() }
    }

    /// With a plan folder or a folder of catalogs of its own where one is named.
    pub fn read(plan: Option<&Path>, catalog: Option<&Path>) -> anyhow::Result<Self> {
        let mut foundation = Self::embedded();
        if let Some(dir) = plan {
            foundation.plan = plan_check::read(dir)?;
        }
        if let Some(dir) = catalog {
            for (name, text) in &mut foundation.catalog {
                let path = dir.join(name);
                *text = std::fs::read_to_string(&path).with_context(|| {
                    format!("目录数据 {} 无法读取：--catalog 的目录须含 {}", path.display(), names())
                })?;
            }
        }
        foundation.document()?;
        Ok(foundation)
    }

    /// The plan as read, after everything was found to be usable: nothing of a city is recorded before that.
    pub fn document(&self) -> Result<plan::Plan, FoundError> {
        let unusable = |error: &dyn std::fmt::Display| FoundError::Files(error.to_string());
        let first = |findings: Vec<plan::check::Finding>| {
            let more = findings.len().saturating_sub(1);
            let first = findings.first().map(ToString::to_string).unwrap_or_default();
            FoundError::Files(format!("{first}（另有 {more} 处，请用 fengce plan check 查看）"))
        };
        let document = plan::Plan::read(&self.plan).map_err(first)?;
        enterprise::Catalog::parse(&self.enterprise_catalog()).map_err(|error| unusable(&error))?;
        let rulebook = subsidy::Rulebook::parse(&self.clauses(), RATES, self.rates());
        rulebook
            .map_err(|findings| FoundError::Files(findings.first().map(ToString::to_string).unwrap_or_default()))?;
        cases::Rules::parse(self.case_rules()).map_err(|error| unusable(&error))?;
        Ok(document)
    }

    /// The plan folder.
    pub fn plan(&self) -> &plan::Files {
        &self.plan
    }

    /// Its clause files and interpretations.
    pub fn clauses(&self) -> BTreeMap<String, String> {
        embedded::clauses_of(&self.plan)
    }

    /// The working calendar.
    pub fn calendar(&self) -> &str {
        self.catalog.get(CALENDAR).map_or("", String::as_str)
    }

    /// The rate tables.
    pub fn rates(&self) -> &str {
        self.catalog.get(RATES).map_or("", String::as_str)
    }

    /// The time limits of cases.
    pub fn case_rules(&self) -> &str {
        self.catalog.get(CASE_RULES).map_or("", String::as_str)
    }

    /// The files of the enterprise catalog, by name.
    pub fn enterprise_catalog(&self) -> BTreeMap<String, String> {
        let of_enterprises =
            self.catalog.iter().filter(|(name, _)| enterprise::Catalog::FILES.contains(&name.as_str()));
        of_enterprises.map(|(name, text)| (name.clone(), text.clone())).collect()
    }
}

fn names() -> String {
    catalog_names().collect::<Vec<_>>().join("、")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_like_those_of_the_program_are_the_same_foundation() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let read = Foundation::read(Some(&root.join("plans/chongqing-2023")), Some(&root.join("catalog"))).unwrap();
        let embedded = Foundation::embedded();
        assert_eq!((read.plan, read.catalog), (embedded.plan, embedded.catalog));
    }

    #[test]
    fn what_cannot_be_used_is_named_before_anything_is_recorded() {
        let place = tempfile::tempdir().unwrap();
        let missing = Foundation::read(None, Some(place.path())).unwrap_err();
        assert!(format!("{missing:#}").contains("calendar.toml"), "{missing:#}");
        std::fs::write(place.path().join("plan.toml"), "title = 1").unwrap();
        let broken = Foundation::read(Some(place.path()), None).unwrap_err();
        assert!(format!("{broken:#}").contains("plan check"), "{broken:#}");
    }
}
