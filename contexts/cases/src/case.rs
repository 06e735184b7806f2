//! A case (办件): one claim on its way from the application to the voucher, and what follows.
//!
//! ```text
//! 申报 ─► 区县初审 ─► 审计 ─► 专家评审 ─► 市级复核 ─► 待汇总 ─► 待会议审定 ─► 待公示 ─► 公示中 ─► 资金计划 ─► 拨付途中 ─► 已拨付 ─► 办结
//!          │  ▲ 退回补正 ▲  │                 ▲  候补 ▲   ▲─── 异议成立 ──┘          ▲── 银行退回 ──┘     └► 追回
//!          └──┘          └──┘     （免申即享经企业确认后从待汇总起）
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kernel::history::Entry;
use kernel::{
    CreditCode, Date, Digest, DivisionCode, Evidence, Impossible, Money, OrganisationId, PersonId, Recorded, Revision,
    Sequence, Year,
};
use serde::{Deserialize, Serialize};

use crate::key::{AssessmentId, BenefitId, CallId, CaseId, ItemKey};
use crate::material::{Changes, Material};
use crate::proactive::ProvenFact;
use crate::relation::{Related, Relations};
use crate::state::State;
use crate::support::Received;

mod decide;
pub(crate) mod hands;
mod happened;
mod review;
mod stage;
mod transition;

pub use decide::may_submit;
pub(crate) use decide::{decide, firm as require_firm, is_new, may_apply, step, submit};
pub use happened::{AuditReport, Complete, Happened, Next, Offer, Submission};
pub use review::barred_experts;
pub use stage::{Award, Level, Seat, Stage, StageKind};

/// Who applies, as the enterprise file knows the firm on the day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applicant {
    /// Its key.
    pub firm: CreditCode,
    /// The division in charge of it.
    pub district: DivisionCode,
    /// Whether it files with the city directly (a central or municipal unit).
    pub direct: bool,
    /// Whether it is a small, medium or micro firm.
    pub small_or_medium: bool,
}

/// A recorded assessment, as plain data from the context that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// Its key there.
    pub id: AssessmentId,
    /// Of the decision there: clause, readings, rates, inputs, outcome.
    pub digest: Digest,
    /// Of the claim's facts it was made from.
    pub claim: Digest,
    /// The most the clause allows; nothing when a condition is not met.
    pub ceiling: Money,
    /// What readings and score give.
    pub award: Money,
}

/// Money that moved for a case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Purse {
    /// By vouchers.
    pub paid: Money,
    /// Of this sent back by the bank.
    pub returned: Money,
    /// Of this paid back by the firm.
    pub recovered: Money,
}

impl Purse {
    /// What the firm has.
    pub fn net(&self) -> Money {
        self.paid - self.returned - self.recovered
    }
}

/// A version of the material as it was sent in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// What was sent, with what stayed.
    pub material: Arc<Material>,
    /// Where, when, by whom.
    pub recorded: Recorded,
}

/// A stage the case entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Passage {
    /// Which.
    pub stage: StageKind,
    /// When.
    pub entered: Date,
}

/// One case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Case {
    /// Its key, its claim's too.
    pub id: CaseId,
    /// Of which call.
    pub call: CallId,
    /// For which benefit.
    pub benefit: BenefitId,
    /// The year claimed for.
    pub year: Year,
    /// Whose.
    pub applicant: Applicant,
    /// Facts of a proactive award; empty for an application.
    pub facts: Vec<ProvenFact>,
    /// Every version of the material, oldest first; never empty.
    pub versions: Vec<Version>,
    /// Its place in the ledger.
    pub received: Sequence,
    /// Who is related to the applicant, once computed.
    pub related: Option<Arc<[Related]>>,
    /// Who was recused, and why.
    pub recused: BTreeMap<PersonId, Arc<str>>,
    /// The audit firm's report.
    pub audit: Option<Arc<AuditReport>>,
    /// Points of 100 that experts gave.
    pub points: BTreeMap<PersonId, u8>,
    /// Opinions of experts.
    pub opinions: BTreeMap<PersonId, Arc<str>>,
    /// Average of the experts' points, in hundredths of a point.
    pub score: Option<u32>,
    /// The assessment in force.
    pub assessment: Option<Assessment>,
    /// Where it stands.
    pub stage: Stage,
    /// Money that moved.
    pub purse: Purse,
    /// Whether its project was accepted.
    pub accepted: bool,
    /// People who filed it.
    pub applicants: BTreeSet<PersonId>,
    /// People who took the step before.
    pub last_hands: BTreeSet<PersonId>,
    /// People who acted in the step it is in.
    pub step_hands: BTreeSet<PersonId>,
    /// Everybody who ever handled it.
    pub hands: BTreeSet<PersonId>,
    /// The stages it went through.
    pub passages: Vec<Passage>,
    /// What happened to it.
    pub history: Vec<Arc<Entry>>,
    /// Of this case.
    pub revision: Revision,
}

impl Case {
    /// The material in force.
    pub fn material(&self) -> Option<&Arc<Material>> {
        self.versions.last().map(|version| &version.material)
    }

    /// What a payment order would be about: decided and not with the firm.
    pub fn outstanding(&self) -> Money {
        self.stage.decided().saturating_less(self.purse.net())
    }

    fn new(id: CaseId, recorded: &Recorded, opening: Opening<'_>) -> Self {
        let Opening { call, benefit, year, applicant, material, facts, stage, entry } = opening;
        let passage = Passage { stage: stage.kind(), entered: recorded.day() };
        Self {
            id,
            call,
            benefit,
            year,
            applicant: applicant.clone(),
            facts,
            versions: vec![Version { material: Arc::clone(material), recorded: recorded.clone() }],
            received: recorded.sequence,
            related: None,
            recused: BTreeMap::new(),
            audit: None,
            points: BTreeMap::new(),
            opinions: BTreeMap::new(),
            score: None,
            assessment: None,
            stage,
            purse: Purse::default(),
            accepted: false,
            applicants: BTreeSet::new(),
            last_hands: BTreeSet::new(),
            step_hands: BTreeSet::new(),
            hands: BTreeSet::new(),
            passages: vec![passage],
            history: vec![entry],
            revision: Revision(1),
        }
    }

    /// Takes over what happened.
    fn take(&mut self, recorded: &Recorded, happened: &Happened) -> Result<(), Impossible> {
        let before = self.stage.kind();
        let next = self.stage.clone().after(happened);
        self.stage = next.ok_or_else(|| {
            Impossible::at(recorded, format!("办件 {} 是“{}”，不能有这一步", self.id, before.label()))
        })?;
        self.remember(recorded, happened);
        self.count_hands(recorded, happened, before);
        if self.stage.kind() != before {
            self.passages.push(Passage { stage: self.stage.kind(), entered: recorded.day() });
        }
        self.history.push(happened.entry(recorded));
        self.revision = self.revision.next();
        Ok(())
    }

    fn remember(&mut self, recorded: &Recorded, happened: &Happened) {
        match happened {
            Happened::Consented { received } => {
                let changes = Changes { received: Some(received.clone()), ..Changes::default() };
                self.next_version(recorded, &changes);
            }
            Happened::Resubmitted { changes, .. } => {
                self.next_version(recorded, changes);
                let claim = self.material().map(|material| material.claim);
                // An assessment of other facts says nothing of these.
                self.assessment = self.assessment.filter(|assessment| Some(assessment.claim) == claim);
            }
            Happened::Audited { audit, .. } => self.audit = Some(Arc::clone(audit)),
            Happened::Scored { expert, points, opinion, complete } => {
                self.points.insert(*expert, *points);
                self.opinions.insert(*expert, opinion.as_str().into());
                self.score = complete.map(|complete| complete.average).or(self.score);
            }
            Happened::Recused { person, grounds, complete } => {
                self.recused.insert(*person, grounds.as_str().into());
                self.points.remove(person);
                self.opinions.remove(person);
                self.score = complete.map(|complete| complete.average).or(self.score);
            }
            Happened::RelationsRecorded { related, .. } => self.related = Some(Arc::clone(related)),
            Happened::Assessed(assessment) => self.assessment = Some(*assessment),
            Happened::Reassigned { district } => self.applicant.district = *district,
            Happened::Paid { amount, .. } => self.purse.paid = self.purse.paid + *amount,
            Happened::ReturnedByBank { amount, .. } => self.purse.returned = self.purse.returned + *amount,
            Happened::InstalmentReceived { amount, .. } => self.purse.recovered = self.purse.recovered + *amount,
            Happened::Accepted { passed, .. } => self.accepted = *passed,
            _ => {}
        }
    }

    fn next_version(&mut self, recorded: &Recorded, changes: &Changes) {
        let next = self.material().map(|material| material.with(changes));
        let version = |material| Version { material: Arc::new(material), recorded: recorded.clone() };
        self.versions.extend(next.map(version));
    }

    /// Whoever acted in a step that is over took the step before the next.
    fn count_hands(&mut self, recorded: &Recorded, happened: &Happened, before: StageKind) {
        if let Some(person) = recorded.actor.person() {
            if happened.is_by_firm() {
                self.applicants.insert(person);
            }
            if happened.is_handling() {
                self.step_hands.insert(person);
                self.hands.insert(person);
            }
        }
        if self.stage.kind() != before && !self.step_hands.is_empty() {
            self.last_hands = std::mem::take(&mut self.step_hands);
        }
        if matches!(happened, Happened::Settled { .. }) {
            // Beside whoever recommended the case: neither records what the meeting made of it.
            self.last_hands.extend(recorded.actor.person());
        }
    }
}

/// How a case begins.
struct Opening<'a> {
    call: CallId,
    benefit: BenefitId,
    year: Year,
    applicant: &'a Applicant,
    material: &'a Arc<Material>,
    facts: Vec<ProvenFact>,
    stage: Stage,
    entry: Arc<Entry>,
}

/// What may be done with one case.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields say what the variant's first line says")]
pub enum Act {
    /// The firm accepts an offer and declares what it received elsewhere.
    Consent { received: Vec<Received> },
    /// The firm declines an offer.
    Decline { reason: String },
    /// The firm takes its claim back.
    Withdraw { reason: String },
    /// The district finds it true.
    PassDistrict { opinion: String },
    /// District or city send it back for completion.
    Return { reason: String, wanted: BTreeSet<ItemKey> },
    /// The firm completes it.
    Resubmit { changes: Changes },
    /// The department chooses an audit firm.
    ChooseAuditor { auditor: OrganisationId },
    /// The audit firm reports.
    FileAudit { verified: Money, opinion: String, report: Evidence },
    /// The department names experts, each with the institution they work for; whoever scored already stays.
    SeatExperts { seats: BTreeMap<PersonId, OrganisationId> },
    /// An expert gives points of 100.
    Score { points: u8, opinion: String },
    /// Somebody recuses themselves, or the department recuses somebody.
    Recuse { person: PersonId, grounds: String },
    /// Ties around the firm as other contexts know them; sent by the program.
    RecordRelations(Relations),
    /// An assessment as its context recorded it; sent by the program.
    RecordAssessment(Assessment),
    /// Another district is in charge; sent by the program.
    Reassign { district: DivisionCode },
    /// The city recommends support.
    Recommend { opinion: String },
    /// The department accepts the project, or finds that it failed.
    Accept { passed: bool, opinion: String, report: Evidence },
}

impl State {
    pub(crate) fn apply_case(
        &mut self,
        recorded: &Recorded,
        id: CaseId,
        happened: &Happened,
    ) -> Result<(), Impossible> {
        let (call, applicant, material, facts, stage) = match happened {
            Happened::Submitted(submission) => {
                let Submission { call, applicant, material, next } = &**submission;
                (*call, applicant, material, Vec::new(), Stage::from(next))
            }
            Happened::Offered(offer) => {
                let Offer { call, applicant, material, facts, due } = &**offer;
                (*call, applicant, material, facts.clone(), Stage::Offered { due: *due })
            }
            _ => return self.change_case(recorded, id, |case| case.take(recorded, happened)),
        };
        let terms = self.call(call).map(|call| Arc::clone(&call.terms));
        let terms = terms.ok_or_else(|| Impossible::at(recorded, format!("没有批次 {call}")))?;
        let (benefit, year, entry) = (terms.benefit.clone(), terms.year, happened.entry(recorded));
        let mut case =
            Case::new(id, recorded, Opening { call, benefit, year, applicant, material, facts, stage, entry });
        let person = recorded.actor.person();
        let people = if happened.is_by_firm() { &mut case.applicants } else { &mut case.hands };
        people.extend(person);
        case.last_hands.extend(person);
        self.insert_case(recorded, case)
    }
}
