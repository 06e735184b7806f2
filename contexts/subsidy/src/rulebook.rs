//! A plan's clauses and interpretations with the rates: all that law says, as one value.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::{Anchor, Date, Digest, DivisionCode};

use crate::benefit::BenefitId;
use crate::clause::Clause;
use crate::facts::Claim;
use crate::finding::Finding;
use crate::interpretation::{Interpretations, Overrides};
use crate::parameters::ParameterSets;
use crate::program::{CompileError, Program};
use crate::rates::Rates;
use crate::settings::{SettingError, Settings};

/// A plan's clauses by benefit.
pub type Clauses = BTreeMap<BenefitId, Arc<Clause>>;

/// Clauses and interpretations of a plan, and the rates.
#[derive(Clone, Debug)]
pub struct Rulebook {
    /// By benefit.
    pub clauses: Clauses,
    /// Every open point.
    pub interpretations: Arc<Interpretations>,
    /// Published rates.
    pub rates: Arc<Rates>,
    /// What districts grant.
    pub parameters: Arc<ParameterSets>,
}

/// The name of the interpretations' file among the files of a plan's benefits.
pub const INTERPRETATIONS_FILE: &str = "interpretations.toml";

/// Why a rulebook gives no program for a benefit on a day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulebookError {
    /// No clause file of this benefit.
    #[error("没有事项“{0}”的条款文件")]
    NoSuchBenefit(BenefitId),
    /// The readings of the day are incomplete.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The clause does not compile under them.
    #[error(transparent)]
    Compile(#[from] CompileError),
}

/// Reads clause files and `interpretations.toml`, by file name. All findings of all files come back at once.
pub fn parse_clauses(files: &BTreeMap<String, String>) -> Result<(Clauses, Arc<Interpretations>), Vec<Finding>> {
    let mut findings = Vec::new();
    let mut clauses: Clauses = BTreeMap::new();
    let mut anchors: BTreeMap<Anchor, BenefitId> = BTreeMap::new();
    let mut interpretations = None;
    for (file, text) in files {
        if file.rsplit('/').next() == Some(INTERPRETATIONS_FILE) {
            match Interpretations::parse(file, text) {
                Ok(set) => interpretations = Some(Arc::new(set)),
                Err(found) => findings.extend(found),
            }
            continue;
        }
        let whole = |message: String| Finding { file: file.clone(), line: 1, message };
        match Clause::parse(file, text) {
            Ok(clause) => {
                if let Some(other) = anchors.insert(clause.source.anchor.clone(), clause.benefit.clone()) {
                    findings.push(whole(format!("锚点 {} 已由事项“{other}”使用", clause.source.anchor)));
                }
                let benefit = clause.benefit.clone();
                if clauses.insert(benefit.clone(), Arc::new(clause)).is_some() {
                    findings.push(whole(format!("事项“{benefit}”有两个条款文件")));
                }
            }
            Err(found) => findings.extend(found),
        }
    }
    match interpretations {
        Some(interpretations) if findings.is_empty() => Ok((clauses, interpretations)),
        Some(_) => Err(findings),
        None => {
            if !findings.iter().any(|finding| finding.file.ends_with(INTERPRETATIONS_FILE)) {
                let message = "没有解释口径文件".to_owned();
                findings.push(Finding { file: INTERPRETATIONS_FILE.to_owned(), line: 1, message });
            }
            Err(findings)
        }
    }
}

impl Rulebook {
    /// Reads a plan's benefit files (`benefits/*.toml` and `interpretations.toml`, by name) and the rate file.
    pub fn parse(files: &BTreeMap<String, String>, rates_file: &str, rates: &str) -> Result<Self, Vec<Finding>> {
        match (parse_clauses(files), Rates::parse(rates_file, rates)) {
            (Ok((clauses, interpretations)), Ok(rates)) => {
                Ok(Self { clauses, interpretations, rates: Arc::new(rates), parameters: Arc::default() })
            }
            (clauses, rates) => Err([clauses.err(), rates.err()].into_iter().flatten().flatten().collect()),
        }
    }

    /// Every clause whose amounts the plan itself sets compiled for a day, with other readings in place of the chosen
    /// ones where given.
    pub fn programs(&self, on: Date, overrides: &Overrides) -> Result<BTreeMap<BenefitId, Program>, RulebookError> {
        let settings = Arc::new(self.interpretations.settings(on, overrides)?);
        let compile = |(benefit, clause): (&BenefitId, &Arc<Clause>)| {
            Ok((benefit.clone(), Program::compile(clause, &settings, &self.rates, None, on)?))
        };
        self.clauses.iter().filter(|(_, clause)| !clause.by_district()).map(compile).collect()
    }

    /// The clause of a claim compiled for a day, with other readings in place of the chosen ones where given.
    pub fn program_for(&self, claim: &Claim, on: Date, overrides: &Overrides) -> Result<Program, RulebookError> {
        let settings = Arc::new(self.interpretations.settings(on, overrides)?);
        self.program_under(&settings, &claim.benefit, claim.district, on)
    }

    /// One clause compiled under readings that were already read.
    pub(crate) fn program_under(
        &self,
        settings: &Arc<Settings>,
        benefit: &BenefitId,
        district: Option<DivisionCode>,
        on: Date,
    ) -> Result<Program, RulebookError> {
        let clause = self.clauses.get(benefit).ok_or_else(|| RulebookError::NoSuchBenefit(benefit.clone()))?;
        let set = district.and_then(|district| self.parameters.on(benefit, district, on));
        Ok(Program::compile(clause, settings, &self.rates, set, on)?)
    }

    /// Names the set of readings a decision is made under.
    pub fn interpretations_digest(&self) -> Digest {
        self.interpretations.digest()
    }
}
