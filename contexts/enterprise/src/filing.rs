//! A firm's annual filing: what it earned, spent and employed in a year, checked twice.

use std::sync::Arc;

use kernel::history::Entry;
use kernel::{
    CreditCode, Deadline, DivisionCode, Evidence, Impossible, Money, PersonId, Recorded, Revision, Role, Year,
};
use serde::{Deserialize, Serialize};

use crate::state::State;

mod decide;

pub(crate) use decide::decide;

kernel::uuid_id!(
    /// One filing. A correction is a filing of its own.
    FilingId
);

/// A year in figures. Claim material: a statistical return never becomes one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// 营业收入, all business, without VAT.
    pub revenue: Money,
    /// 封测收入：对外代工, packaging and test done for others.
    pub contract: Money,
    /// 封测收入：自封自测, of the firm's own products, at internal settlement prices.
    pub captive: Money,
    /// 研发费用.
    pub research: Money,
    /// 资产总计 at the end of the year.
    pub assets: Money,
    /// 从业人员 at the end of the year, persons.
    pub staff: u32,
    /// Of these in research and development, persons.
    pub research_staff: u32,
}

impl Figures {
    /// Packaging-and-test revenue, contract and captive.
    pub fn packaging(&self) -> Money {
        self.contract + self.captive
    }
}

/// What a firm sends in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Material {
    /// The year in figures.
    pub figures: Figures,
    /// The version of what counts as revenue, by its key in the catalog.
    pub scope: String,
    /// Audit report, financial statements.
    pub evidence: Vec<Evidence>,
}

/// One version of the material as it was sent in; none is ever overwritten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Submission {
    /// What was sent.
    pub material: Arc<Material>,
    /// When and by whom.
    pub recorded: Recorded,
}

/// Who sent a filing back to the firm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ReturnedBy {
    /// The firm took it back before the district verified it.
    Firm,
    /// The district.
    District,
    /// The city.
    City,
}

/// Where a filing stands. Transitions consume the stage they start from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Stage {
    /// 待区县核实
    Filed {
        /// By when the district answers.
        due: Deadline,
    },
    /// 退回企业
    Returned {
        /// By whom.
        by: ReturnedBy,
        /// What to do.
        reason: String,
    },
    /// 待市级签核
    Verified {
        /// Who verified: may not sign off.
        by: PersonId,
        /// The district in charge on that day.
        division: DivisionCode,
        /// By when the city answers.
        due: Deadline,
    },
    /// 已签核: counts.
    SignedOff {
        /// Who verified.
        verified_by: PersonId,
        /// Who signed off.
        by: PersonId,
        /// The district that verified.
        division: DivisionCode,
    },
    /// 已被更正: a later filing of the same year counts instead.
    Superseded {
        /// The correction.
        by: FilingId,
    },
}

/// The stages without their content, for columns, filters and counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StageKind {
    /// 待区县核实
    Filed,
    /// 退回企业
    Returned,
    /// 待市级签核
    Verified,
    /// 已签核
    SignedOff,
    /// 已被更正
    Superseded,
}

impl StageKind {
    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Filed => "待区县核实",
            Self::Returned => "退回企业",
            Self::Verified => "待市级签核",
            Self::SignedOff => "已签核",
            Self::Superseded => "已被更正",
        }
    }
}

impl Stage {
    /// Which stage.
    pub const fn kind(&self) -> StageKind {
        match self {
            Self::Filed { .. } => StageKind::Filed,
            Self::Returned { .. } => StageKind::Returned,
            Self::Verified { .. } => StageKind::Verified,
            Self::SignedOff { .. } => StageKind::SignedOff,
            Self::Superseded { .. } => StageKind::Superseded,
        }
    }

    /// What is due, when somebody is expected to act.
    pub const fn due(&self) -> Option<Deadline> {
        match self {
            Self::Filed { due } | Self::Verified { due, .. } => Some(*due),
            _ => None,
        }
    }

    /// Whether it is still on its way.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Filed { .. } | Self::Returned { .. } | Self::Verified { .. })
    }

    fn resubmit(self, due: Deadline) -> Option<Self> {
        matches!(self, Self::Returned { .. }).then_some(Self::Filed { due })
    }

    fn withdraw(self, reason: String) -> Option<Self> {
        matches!(self, Self::Filed { .. }).then_some(Self::Returned { by: ReturnedBy::Firm, reason })
    }

    fn verify(self, by: PersonId, division: DivisionCode, due: Deadline) -> Option<Self> {
        matches!(self, Self::Filed { .. }).then_some(Self::Verified { by, division, due })
    }

    fn send_back(self, reason: String) -> Option<Self> {
        match self {
            Self::Filed { .. } => Some(Self::Returned { by: ReturnedBy::District, reason }),
            Self::Verified { .. } => Some(Self::Returned { by: ReturnedBy::City, reason }),
            _ => None,
        }
    }

    fn sign_off(self, by: PersonId) -> Option<Self> {
        match self {
            Self::Verified { by: verified_by, division, .. } => Some(Self::SignedOff { verified_by, by, division }),
            _ => None,
        }
    }

    fn supersede(self, by: FilingId) -> Option<Self> {
        matches!(self, Self::SignedOff { .. }).then_some(Self::Superseded { by })
    }
}

/// One filing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Filing {
    /// Its key.
    pub id: FilingId,
    /// Whose.
    pub firm: CreditCode,
    /// The year reported on.
    pub year: Year,
    /// The signed-off filing it corrects, and why.
    pub corrects: Option<(FilingId, String)>,
    /// Every version sent in, oldest first; never empty.
    pub submissions: Vec<Submission>,
    /// Where it stands.
    pub stage: Stage,
    /// What happened to it.
    pub history: Vec<Arc<Entry>>,
    /// Of this filing.
    pub revision: Revision,
}

impl Filing {
    /// The version that counts.
    pub fn current(&self) -> Option<&Submission> {
        self.submissions.last()
    }

    /// The figures that count.
    pub fn figures(&self) -> Figures {
        self.current().map(|submission| submission.material.figures).unwrap_or_default()
    }

    /// The scope version of the figures.
    pub fn scope(&self) -> &str {
        self.current().map_or("", |submission| &submission.material.scope)
    }
}

/// What may be asked of filings.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// The firm files a year, or corrects a signed-off one.
    File {
        /// Chosen by the caller.
        id: FilingId,
        /// For which firm.
        firm: CreditCode,
        /// The year reported on; over by now.
        year: Year,
        /// The signed-off filing this corrects, and why.
        corrects: Option<(FilingId, String)>,
        /// What is sent in.
        material: Material,
    },
    /// The firm sends a returned filing again.
    Resubmit {
        /// Which.
        id: FilingId,
        /// The revision the form showed.
        expected: Option<Revision>,
        /// What is sent in now.
        material: Material,
    },
    /// The firm takes a filing back before the district verified it.
    Withdraw {
        /// Which.
        id: FilingId,
        /// The revision the form showed.
        expected: Option<Revision>,
        /// Why.
        reason: String,
    },
    /// The district in charge finds it true.
    Verify {
        /// Which.
        id: FilingId,
        /// The revision the form showed.
        expected: Option<Revision>,
        /// In words.
        opinion: Option<String>,
    },
    /// The district or the city sends it back to the firm.
    Return {
        /// Which.
        id: FilingId,
        /// The revision the form showed.
        expected: Option<Revision>,
        /// What to put right.
        reason: String,
    },
    /// The city accepts it: from now on it counts.
    SignOff {
        /// Which.
        id: FilingId,
        /// The revision the form showed.
        expected: Option<Revision>,
        /// In words.
        opinion: Option<String>,
    },
}

/// What happened to filings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A firm filed.
    Filed {
        /// Which.
        id: FilingId,
        /// Whose.
        firm: CreditCode,
        /// The year reported on.
        year: Year,
        /// What it corrects, and why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        corrects: Option<(FilingId, String)>,
        /// What was sent in.
        material: Arc<Material>,
        /// By when the district answers.
        due: Deadline,
    },
    /// A firm filed again after a return.
    Resubmitted {
        /// Which.
        id: FilingId,
        /// What was sent in.
        material: Arc<Material>,
        /// By when the district answers.
        due: Deadline,
    },
    /// A firm took its filing back.
    Withdrawn {
        /// Which.
        id: FilingId,
        /// Why.
        reason: String,
    },
    /// The district verified.
    Verified {
        /// Which.
        id: FilingId,
        /// The district in charge on that day.
        division: DivisionCode,
        /// In words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opinion: Option<String>,
        /// By when the city answers.
        due: Deadline,
    },
    /// The district or the city sent it back.
    Returned {
        /// Which.
        id: FilingId,
        /// What to put right.
        reason: String,
    },
    /// The city signed off.
    SignedOff {
        /// Which.
        id: FilingId,
        /// In words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opinion: Option<String>,
        /// The filing that stops counting.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        supersedes: Option<FilingId>,
    },
}

impl State {
    pub(crate) fn apply_filing(&mut self, recorded: &Recorded, event: &Event) -> Result<(), Impossible> {
        match event {
            Event::Filed { id, firm, year, corrects, material, due } => {
                let title = if corrects.is_some() { "企业报送更正" } else { "企业报送" };
                let note = corrects.as_ref().map(|(_, reason)| reason.as_str());
                self.insert_filing(Filing {
                    id: *id,
                    firm: *firm,
                    year: *year,
                    corrects: corrects.clone(),
                    submissions: vec![Submission { material: Arc::clone(material), recorded: recorded.clone() }],
                    stage: Stage::Filed { due: *due },
                    history: vec![Entry::new(recorded, title, note, &material.evidence)],
                    revision: Revision(1),
                });
                Ok(())
            }
            Event::Resubmitted { id, material, due } => {
                let entry = Entry::new(recorded, "企业重新报送", None, &material.evidence);
                self.advance(recorded, *id, entry, |stage| stage.resubmit(*due))?;
                let submission = Submission { material: Arc::clone(material), recorded: recorded.clone() };
                self.change_filing(recorded, *id, |filing| filing.submissions.push(submission))
            }
            Event::Withdrawn { id, reason } => {
                let entry = Entry::new(recorded, "企业撤回", Some(reason), &[]);
                self.advance(recorded, *id, entry, |stage| stage.withdraw(reason.clone()))
            }
            Event::Verified { id, division, opinion, due } => {
                let person = acting(recorded)?;
                let entry = Entry::new(recorded, "区县核实", opinion.as_deref(), &[]);
                self.advance(recorded, *id, entry, |stage| stage.verify(person, *division, *due))
            }
            Event::Returned { id, reason } => {
                let district = recorded.actor.role() == Some(Role::DistrictOfficer);
                let title = if district { "区县退回" } else { "市级退回" };
                let entry = Entry::new(recorded, title, Some(reason), &[]);
                self.advance(recorded, *id, entry, |stage| stage.send_back(reason.clone()))
            }
            Event::SignedOff { id, opinion, supersedes } => {
                let person = acting(recorded)?;
                if let Some(old) = supersedes {
                    let entry = Entry::new(recorded, "已被更正", None, &[]);
                    self.advance(recorded, *old, entry, |stage| stage.supersede(*id))?;
                }
                let entry = Entry::new(recorded, "市级签核", opinion.as_deref(), &[]);
                self.advance(recorded, *id, entry, |stage| stage.sign_off(person))
            }
        }
    }

    fn advance(
        &mut self,
        recorded: &Recorded,
        id: FilingId,
        entry: Arc<Entry>,
        step: impl FnOnce(Stage) -> Option<Stage>,
    ) -> Result<(), Impossible> {
        let mut moved = false;
        self.change_filing(recorded, id, |filing| {
            if let Some(next) = step(filing.stage.clone()) {
                filing.stage = next;
                filing.history.push(entry);
                filing.revision = filing.revision.next();
                moved = true;
            }
        })?;
        if moved { Ok(()) } else { Err(Impossible::at(recorded, format!("申报 {id} 的状态不允许这一步"))) }
    }
}

fn acting(recorded: &Recorded) -> Result<PersonId, Impossible> {
    recorded.actor.person().ok_or_else(|| Impossible::at(recorded, "核实和签核应由人办理"))
}
