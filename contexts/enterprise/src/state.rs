//! Everything the context knows, and the one path by which it changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet, Vector};
use kernel::{Context, CreditCode, Digest, Impossible, Recorded, Refusal, Revision, Role, Year};
use serde::{Deserialize, Serialize};

use crate::baseline::{Baseline, BaselineId};
use crate::catalog::Catalog;
use crate::change::{self, Change};
use crate::filing::{self, Filing, FilingId};
use crate::firm::{self, FirmFile, Registration, ScopeEntry};
use crate::release::{self, Release, Released};
use crate::statistics::{self, ReturnId, StatisticalReturn};
use crate::{authority, baseline, import};

/// The enterprise files of a city. Cloning is O(1).
#[derive(Clone, Debug, Default, Serialize)]
pub struct State {
    #[serde(skip)]
    catalog: Option<Arc<Catalog>>,
    catalog_digest: Option<Digest>,
    firms: OrdMap<CreditCode, Arc<FirmFile>>,
    filings: OrdMap<FilingId, Arc<Filing>>,
    pub(crate) returns: OrdMap<ReturnId, Arc<StatisticalReturn>>,
    pub(crate) baselines: OrdMap<BaselineId, Arc<Baseline>>,
    /// What was made public, by year.
    pub(crate) releases: OrdMap<Year, Vector<Arc<Released>>>,
    /// Filings in the order they were filed, by year and firm; follows from `filings`.
    #[serde(skip)]
    years: OrdMap<Year, OrdMap<CreditCode, Vec<FilingId>>>,
    /// Filings on their way; follows from `filings`.
    #[serde(skip)]
    open: OrdSet<FilingId>,
}

/// What may be asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Puts reference data in force: the texts of [`Catalog::FILES`] by name.
    AdoptCatalog {
        /// By file name.
        files: BTreeMap<String, String>,
    },
    /// Opens a firm's file.
    Register {
        /// Its key.
        firm: CreditCode,
        /// Who and where it is.
        registration: Registration,
        /// Whether it counts as packaging and test; only officers say so.
        scope: Option<ScopeEntry>,
    },
    /// Changes a firm's file.
    Amend {
        /// Whose.
        firm: CreditCode,
        /// The revision the form showed.
        expected: Option<Revision>,
        /// What changes.
        change: Change,
    },
    /// An annual filing.
    Filing(filing::Command),
    /// A return under the Statistics Law.
    Return(statistics::Command),
    /// Pins which firms operated in scope on a day.
    TakeBaseline(baseline::Command),
    /// Makes public what may be; sent by the program.
    Publish,
    /// The rows of a table file: all of them or none.
    Import(Vec<NumberedCommand>),
}

/// A command with the number of the row it was read from.
pub type NumberedCommand = (u32, Command);

impl Command {
    /// Whether a person acting for a firm needs the authority to file (授权范围：申报材料) for it.
    pub fn files_for_a_firm(&self) -> bool {
        use filing::Command::{File, Resubmit, Withdraw};
        match self {
            Self::Filing(File { .. } | Resubmit { .. } | Withdraw { .. }) | Self::Return(_) => true,
            Self::Import(rows) => rows.iter().any(|(_, command)| command.files_for_a_firm()),
            _ => false,
        }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// Reference data came into force.
    CatalogAdopted {
        /// Of the files, as [`Catalog::parse`] computes it.
        digest: Digest,
        /// By file name.
        files: BTreeMap<String, String>,
    },
    /// A file was opened.
    Registered {
        /// Its key.
        firm: CreditCode,
        /// Who and where it is.
        registration: Registration,
        /// Whether it counts as packaging and test.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scope: Option<ScopeEntry>,
    },
    /// A file changed.
    Amended {
        /// Whose.
        firm: CreditCode,
        /// What changed.
        change: Change,
    },
    /// An annual filing moved.
    Filing(filing::Event),
    /// A statistical return was received.
    Returned(Arc<StatisticalReturn>),
    /// A baseline was taken.
    BaselineTaken(Arc<Baseline>),
    /// Figures were made public.
    Published(Vec<Release>),
}

/// Decides a command: the events it leads to, or why not.
pub fn decide(state: &State, context: &Context, command: Command) -> Result<Vec<Event>, Refusal> {
    let event = match command {
        Command::Import(rows) => return import::decide(state, context, rows),
        Command::AdoptCatalog { files } => adopt(state, context, files)?,
        Command::Register { firm, registration, scope } => {
            let catalog = state.required_catalog()?;
            if state.firm(firm).is_some() {
                return Err(Refusal::conflict(format!("{firm} 已有企业档案，请直接打开该档案办理变更。")));
            }
            let (registration, scope) = firm::decide_registration(context, catalog, firm, registration, scope)?;
            Event::Registered { firm, registration, scope }
        }
        Command::Amend { firm, expected, change } => {
            let catalog = state.required_catalog()?;
            let file = state.firm(firm).ok_or_else(|| Refusal::not_found(format!("没有 {firm} 的企业档案。")))?;
            let change = change::decide(context, catalog, file, change)?;
            file.revision.expect(expected)?;
            Event::Amended { firm, change }
        }
        Command::Filing(command) => Event::Filing(filing::decide(state, context, state.required_catalog()?, command)?),
        Command::Return(command) => Event::Returned(Arc::new(statistics::decide(state, context, command)?)),
        Command::TakeBaseline(command) => {
            Event::BaselineTaken(Arc::new(baseline::decide(state, context, state.required_catalog()?, command)?))
        }
        Command::Publish => Event::Published(release::decide(state, context)?),
    };
    Ok(vec![event])
}

fn adopt(state: &State, context: &Context, files: BTreeMap<String, String>) -> Result<Event, Refusal> {
    if context.actor != kernel::Actor::System {
        match (context.actor.role(), state.catalog()) {
            (Some(Role::CityOfficer), Some(catalog)) => authority::department(context, catalog)?,
            _ => context.require(&[Role::SystemAdministrator]).map(drop)?,
        }
        context.require_reauthentication()?;
    }
    let files: BTreeMap<_, _> = files.into_iter().filter(|(name, _)| Catalog::FILES.contains(&name.as_str())).collect();
    let catalog = Catalog::parse(&files).map_err(|error| Refusal::invalid("files", error.to_string()))?;
    if state.catalog_digest == Some(catalog.digest) {
        return Err(Refusal::conflict("这一版目录数据已经生效，无需重复采用。"));
    }
    Ok(Event::CatalogAdopted { digest: catalog.digest, files })
}

impl State {
    /// Assigns one event of the ledger.
    pub fn apply(&mut self, recorded: &Recorded, event: &Event) -> Result<(), Impossible> {
        match event {
            Event::CatalogAdopted { digest, files } => {
                let catalog = Catalog::parse(files).map_err(|error| Impossible::at(recorded, error.to_string()))?;
                if catalog.digest != *digest {
                    return Err(Impossible::at(recorded, "目录数据与其摘要不符"));
                }
                self.catalog_digest = Some(*digest);
                self.catalog = Some(Arc::new(catalog));
            }
            Event::Registered { firm, registration, scope } => {
                let file = FirmFile::new(*firm, registration, scope.as_ref(), recorded);
                if self.firms.insert(*firm, Arc::new(file)).is_some() {
                    return Err(Impossible::at(recorded, format!("企业 {firm} 重复建档")));
                }
            }
            Event::Amended { firm, change } => {
                let file = self.firms.get_mut(firm);
                let file = file.ok_or_else(|| Impossible::at(recorded, format!("没有企业 {firm} 的档案")))?;
                change::apply(Arc::make_mut(file), recorded, change)?;
            }
            Event::Filing(event) => self.apply_filing(recorded, event)?,
            Event::Returned(returned) => {
                self.returns.insert(returned.id(), Arc::clone(returned));
            }
            Event::BaselineTaken(baseline) => {
                self.baselines.insert(baseline.id, Arc::clone(baseline));
            }
            Event::Published(releases) => self.apply_release(recorded, releases),
        }
        Ok(())
    }

    /// Whether both are one and the same state, unchanged: answered by comparing pointers, so “no” may also be said of
    /// states that only look alike.
    pub fn is_unchanged(&self, other: &Self) -> bool {
        self.catalog_digest == other.catalog_digest
            && self.firms.ptr_eq(&other.firms)
            && self.filings.ptr_eq(&other.filings)
            && self.returns.ptr_eq(&other.returns)
            && self.baselines.ptr_eq(&other.baselines)
            && self.releases.ptr_eq(&other.releases)
    }

    /// Over everything in the state, in order: two replays of one ledger agree.
    pub fn digest(&self) -> Digest {
        // Every key serialises as a string and every map is ordered, so this cannot fail; an empty text would only
        // make two states look alike in a test.
        Digest::of(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// The reference data in force.
    pub fn catalog(&self) -> Option<&Arc<Catalog>> {
        self.catalog.as_ref()
    }

    /// The catalog, or what to do where none was adopted yet.
    pub fn required_catalog(&self) -> Result<&Catalog, Refusal> {
        self.catalog.as_deref().ok_or_else(|| Refusal::conflict("还没有采用目录数据，请系统管理员先导入目录文件。"))
    }

    /// By credit code.
    pub fn firm(&self, code: CreditCode) -> Option<&FirmFile> {
        self.firms.get(&code).map(AsRef::as_ref)
    }

    /// Every file, by credit code.
    pub fn firms(&self) -> impl Iterator<Item = &FirmFile> {
        self.firms.values().map(AsRef::as_ref)
    }

    /// By its key.
    pub fn filing(&self, id: FilingId) -> Option<&Filing> {
        self.filings.get(&id).map(AsRef::as_ref)
    }

    /// By its key, to be kept beyond this state.
    pub fn shared_filing(&self, id: FilingId) -> Option<&Arc<Filing>> {
        self.filings.get(&id)
    }

    /// Every filing, by key.
    pub fn filings(&self) -> impl Iterator<Item = &Arc<Filing>> {
        self.filings.values()
    }

    /// A firm's filings for a year, oldest first.
    pub fn filings_of_year(&self, firm: CreditCode, year: Year) -> impl DoubleEndedIterator<Item = &Filing> {
        let ids = self.years.get(&year).and_then(|firms| firms.get(&firm));
        ids.into_iter().flatten().filter_map(|id| self.filing(*id))
    }

    /// Every year filed for, with each firm's filings, oldest first.
    pub fn years(&self) -> impl DoubleEndedIterator<Item = Year> {
        self.years.keys().copied()
    }

    /// The firms that filed for a year, with their filings, newest first: the one that counts and the one on its way
    /// come before all that were corrected.
    pub fn filed_in(&self, year: Year) -> impl Iterator<Item = (CreditCode, impl Iterator<Item = &Filing>)> {
        let firms = self.years.get(&year).into_iter().flat_map(|firms| firms.iter());
        firms.map(|(firm, ids)| (*firm, ids.iter().rev().filter_map(|id| self.filing(*id))))
    }

    /// Whether a firm filed for a year, asked of many firms.
    pub(crate) fn who_filed_in(&self, year: Year) -> impl Fn(CreditCode) -> bool {
        let firms = self.years.get(&year);
        move |firm| firms.is_some_and(|firms| firms.contains_key(&firm))
    }

    /// Every filing by its key: the latest year first, then by firm, the latest filed first.
    pub fn filing_ids(&self) -> impl Iterator<Item = (CreditCode, impl Iterator<Item = FilingId>)> {
        let years = self.years.iter().rev().flat_map(|(_, firms)| firms.iter());
        years.map(|(firm, ids)| (*firm, ids.iter().rev().copied()))
    }

    /// Filings somebody still has to act on.
    pub fn open_filings(&self) -> impl Iterator<Item = &Filing> {
        self.open.iter().filter_map(|id| self.filing(*id))
    }

    pub(crate) fn insert_filing(&mut self, filing: Filing) {
        let firms = self.years.entry(filing.year).or_default();
        firms.entry(filing.firm).or_default().push(filing.id);
        self.open.insert(filing.id);
        self.filings.insert(filing.id, Arc::new(filing));
    }

    pub(crate) fn change_filing(
        &mut self,
        recorded: &Recorded,
        id: FilingId,
        change: impl FnOnce(&mut Filing),
    ) -> Result<(), Impossible> {
        let filing = self.filings.get_mut(&id);
        let filing = filing.ok_or_else(|| Impossible::at(recorded, format!("没有申报 {id}")))?;
        let filing = Arc::make_mut(filing);
        change(filing);
        let open = filing.stage.is_open();
        if open {
            self.open.insert(id)
        } else {
            self.open.remove(&id)
        };
        Ok(())
    }
}
