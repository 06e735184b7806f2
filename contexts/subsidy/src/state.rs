//! What the ledger says about benefits.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::{OrdMap, Vector};
use kernel::{CreditCode, Date, Digest, DivisionCode, Impossible, Money, PersonId, Recorded, Revision};
use serde::Serialize;

use crate::account::{Account, Change, Entry, Origin};
use crate::assess::Outcome;
use crate::benefit::{BenefitId, ClaimId, DecisionId};
use crate::clause::Clause;
use crate::decision::{AssessError, Decision, Grounds};
use crate::event::{EarlierPayment, Event, Proposal, ProposalId, Review};
use crate::filed::FiledRecord;
use crate::interpretation::{Choice, Interpretations, Point};
use crate::parameters::{ParameterRecord, ParameterSet, ParameterSets};
use crate::rates::Rates;
use crate::rulebook::{Clauses, Rulebook, parse_clauses};

/// A proposal and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProposalRecord {
    /// What is proposed.
    pub proposal: Proposal,
    /// Who proposed it.
    pub proposer: Option<PersonId>,
    /// Where it stands.
    pub stage: ProposalStage,
    /// How often it changed.
    pub revision: Revision,
    /// Where in the ledger.
    pub recorded: Recorded,
}

/// Where a proposal stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProposalStage {
    /// Waits for a second person.
    Open,
    /// Holds from its date on.
    Approved(Recorded),
    /// Turned down, and why.
    Rejected(Recorded, String),
}

impl ProposalStage {
    fn close(self, next: impl FnOnce() -> Self) -> Option<Self> {
        match self {
            Self::Open => Some(next()),
            Self::Approved(_) | Self::Rejected(..) => None,
        }
    }
}

/// A decision and where it stands in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DecisionRecord {
    /// The decision.
    pub decision: Decision,
    /// Where, when, by whom.
    pub recorded: Recorded,
}

/// A review and where it stands in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReviewRecord {
    /// The review.
    pub review: Review,
    /// Where, when, by whom.
    pub recorded: Recorded,
}

/// All benefits of a city. Cloning is O(1).
#[derive(Clone, Default)]
pub struct State {
    clauses: OrdMap<Digest, Arc<Clause>>,
    interpretations: OrdMap<Digest, Arc<Interpretations>>,
    rates: OrdMap<Digest, Arc<Rates>>,
    current: Option<Current>,
    current_rates: Option<Arc<Rates>>,
    approved: Vector<(Point, Choice)>,
    parameters: OrdMap<Digest, Arc<ParameterRecord>>,
    /// Those reviewed; follows from `parameters` and `reviews`.
    in_force: Arc<ParameterSets>,
    reviews: OrdMap<BenefitId, Vector<Arc<ReviewRecord>>>,
    proposals: OrdMap<ProposalId, Arc<ProposalRecord>>,
    accounts: OrdMap<(CreditCode, BenefitId), Arc<Account>>,
    vouchers: OrdMap<Arc<str>, Arc<EarlierPayment>>,
    decisions: OrdMap<DecisionId, Arc<DecisionRecord>>,
    decided: OrdMap<ClaimId, DecisionId>,
    filed: OrdMap<ClaimId, Arc<FiledRecord>>,
    /// How each assessment changed what is awarded, by benefit and in order; follows from `decisions`.
    awarded: OrdMap<BenefitId, Vector<Awarded>>,
}

/// By how much an assessment changed what is awarded under a benefit: the award, less what an earlier assessment of the
/// same claim awarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Awarded {
    /// When it was recorded.
    pub day: Date,
    /// Whose claim.
    pub firm: CreditCode,
    /// May be negative.
    pub change: Money,
}

#[derive(Clone)]
struct Current {
    digest: Digest,
    clauses: Arc<Clauses>,
    interpretations: Arc<Interpretations>,
}

impl State {
    /// Clauses, readings and rates in force; `None` until both files were adopted.
    pub fn rulebook(&self) -> Option<Rulebook> {
        let current = self.current.as_ref()?;
        Some(Rulebook {
            clauses: (*current.clauses).clone(),
            interpretations: current.interpretations.clone(),
            rates: self.current_rates.clone()?,
            parameters: self.in_force.clone(),
        })
    }

    /// Digest of the clause files in force.
    pub fn clauses_digest(&self) -> Option<Digest> {
        self.current.as_ref().map(|current| current.digest)
    }

    /// The points and their readings in force.
    pub fn interpretations(&self) -> Option<&Arc<Interpretations>> {
        self.current.as_ref().map(|current| &current.interpretations)
    }

    /// The clause in force for a benefit.
    pub fn clause(&self, benefit: &BenefitId) -> Option<&Arc<Clause>> {
        self.current.as_ref()?.clauses.get(benefit)
    }

    /// All clauses in force.
    pub fn clauses(&self) -> impl Iterator<Item = &Arc<Clause>> {
        self.current.iter().flat_map(|current| current.clauses.values())
    }

    /// The rates in force.
    pub fn rates(&self) -> Option<&Arc<Rates>> {
        self.current_rates.as_ref()
    }

    /// Clause, readings and rates an old decision was made under.
    pub fn rulebook_of(&self, grounds: &Grounds) -> Result<Rulebook, AssessError> {
        let clause = self.clauses.get(&grounds.clause).ok_or(AssessError::Lost("条款文件", grounds.clause))?;
        let interpretations = self.interpretations.get(&grounds.interpretations);
        let interpretations = interpretations.ok_or(AssessError::Lost("解释口径", grounds.interpretations))?;
        let rates = self.rates.get(&grounds.rates).ok_or(AssessError::Lost("利率表", grounds.rates))?;
        let parameters = grounds.parameters.map(|digest| {
            let record = self.parameters.get(&digest).ok_or(AssessError::Lost("区县细则", digest))?;
            Ok::<_, AssessError>(Arc::new(ParameterSets::from(record.set.clone())))
        });
        Ok(Rulebook {
            clauses: [(clause.benefit.clone(), clause.clone())].into(),
            interpretations: interpretations.clone(),
            rates: rates.clone(),
            parameters: parameters.transpose()?.unwrap_or_default(),
        })
    }

    /// The review that lets the clause in force be carried out on a day.
    pub fn review_on(&self, benefit: &BenefitId, day: Date) -> Option<&Arc<ReviewRecord>> {
        let clause = self.clause(benefit)?.digest;
        let of_clause =
            |record: &&Arc<ReviewRecord>| record.review.clause == clause && record.review.parameters.is_none();
        self.reviews.get(benefit)?.iter().rfind(of_clause).filter(|last| last.review.allows_on(day))
    }

    /// A district's parameter set, reviewed or not.
    pub fn parameter_set(&self, digest: Digest) -> Option<&Arc<ParameterRecord>> {
        self.parameters.get(&digest)
    }

    /// All parameter sets of a benefit, in the order they were adopted in.
    pub fn parameter_sets(&self, benefit: &BenefitId) -> Vec<&Arc<ParameterRecord>> {
        let mut sets: Vec<_> = self.parameters.values().filter(|record| record.set.benefit == *benefit).collect();
        sets.sort_by_key(|record| record.recorded.sequence);
        sets
    }

    /// The set a district's firms are assessed by on a day, while its review holds.
    pub fn parameters_on(&self, benefit: &BenefitId, district: DivisionCode, day: Date) -> Option<&Arc<ParameterSet>> {
        let set = self.in_force.on(benefit, district, day)?;
        self.review_of_parameters(set, day).map(|_| set)
    }

    /// The review that lets a parameter set be carried out on a day.
    pub fn review_of_parameters(&self, set: &ParameterSet, day: Date) -> Option<&Arc<ReviewRecord>> {
        let digest = set.digest();
        let of_set = |record: &&Arc<ReviewRecord>| record.review.parameters == Some(digest);
        self.reviews.get(&set.benefit)?.iter().rfind(of_set).filter(|last| last.review.allows_on(day))
    }

    /// All reviews of a benefit's clauses, oldest first.
    pub fn reviews(&self, benefit: &BenefitId) -> impl Iterator<Item = &Arc<ReviewRecord>> {
        self.reviews.get(benefit).into_iter().flatten()
    }

    /// All proposals, oldest id first.
    pub fn proposals(&self) -> impl Iterator<Item = &Arc<ProposalRecord>> {
        self.proposals.values()
    }

    /// A proposal.
    pub fn proposal(&self, id: ProposalId) -> Option<&Arc<ProposalRecord>> {
        self.proposals.get(&id)
    }

    /// What a firm received under a benefit; empty when nothing.
    pub fn account(&self, firm: CreditCode, benefit: &BenefitId) -> Arc<Account> {
        self.accounts.get(&(firm, benefit.clone())).cloned().unwrap_or_default()
    }

    /// All cap accounts.
    pub fn accounts(&self) -> impl Iterator<Item = (&(CreditCode, BenefitId), &Arc<Account>)> {
        self.accounts.iter()
    }

    /// A payment imported under a voucher number.
    pub fn voucher(&self, number: &str) -> Option<&Arc<EarlierPayment>> {
        self.vouchers.get(number)
    }

    /// All imported payments, by voucher number.
    pub fn vouchers(&self) -> impl Iterator<Item = &Arc<EarlierPayment>> {
        self.vouchers.values()
    }

    /// A recorded assessment.
    pub fn decision(&self, id: DecisionId) -> Option<&Arc<DecisionRecord>> {
        self.decisions.get(&id)
    }

    /// All recorded assessments, oldest id first.
    pub fn decisions(&self) -> impl Iterator<Item = &Arc<DecisionRecord>> {
        self.decisions.values()
    }

    /// How what is awarded under a benefit grew, oldest first.
    pub fn awarded(&self, benefit: &BenefitId) -> impl Iterator<Item = &Awarded> {
        self.awarded.get(benefit).into_iter().flatten()
    }

    /// The latest decision on a claim.
    pub fn decision_on(&self, claim: ClaimId) -> Option<&Arc<DecisionRecord>> {
        self.decisions.get(self.decided.get(&claim)?)
    }

    /// What a firm stated under a claim, as it stands now.
    pub fn filed(&self, claim: ClaimId) -> Option<&Arc<FiledRecord>> {
        self.filed.get(&claim)
    }

    /// Over everything that was recorded, in canonical order.
    pub fn digest(&self) -> Digest {
        let current = self.current.as_ref().map(|current| (current.digest, current.interpretations.digest()));
        let rates = self.current_rates.as_ref().map(|rates| rates.digest());
        let files = (keys(&self.clauses), keys(&self.interpretations), keys(&self.rates), current, rates);
        let reviews: Vec<_> = self.reviews.iter().collect();
        let accounts: Vec<_> = self.accounts.iter().collect();
        let records = (
            (&self.approved, self.parameters.iter().collect::<Vec<_>>()),
            reviews,
            self.proposals.iter().collect::<Vec<_>>(),
            accounts,
            self.vouchers.iter().collect::<Vec<_>>(),
            self.decisions.iter().collect::<Vec<_>>(),
            self.decided.iter().collect::<Vec<_>>(),
            self.filed.iter().collect::<Vec<_>>(),
        );
        Digest::of(&serde_json::to_vec(&(files, records)).unwrap_or_default())
    }

    /// Takes an event up. Assigns only: whether it was lawful was decided before it was recorded.
    pub fn apply(&mut self, recorded: &Recorded, event: &Event) -> Result<(), Impossible> {
        match event {
            Event::ClausesAdopted { digest, files } => self.adopt(recorded, *digest, files),
            Event::RatesAdopted { digest, text } => {
                let rates =
                    Rates::parse("rates.toml", text).map_err(|_| Impossible::at(recorded, "利率文件无法读取"))?;
                if rates.digest() != *digest {
                    return Err(Impossible::at(recorded, "利率文件与其摘要不符"));
                }
                let rates = Arc::new(rates);
                self.rates.insert(*digest, rates.clone());
                self.current_rates = Some(rates);
                Ok(())
            }
            Event::ParametersAdopted(set) => {
                let record = ParameterRecord { set: Arc::new(set.clone()), recorded: recorded.clone() };
                match self.parameters.insert(set.digest(), Arc::new(record)) {
                    Some(_) => Err(Impossible::at(recorded, format!("区县细则“{}”已存在", set.document))),
                    None => Ok(()),
                }
            }
            Event::FairCompetitionReviewed(review) => {
                let record = Arc::new(ReviewRecord { review: review.clone(), recorded: recorded.clone() });
                self.review_parameters(recorded, review)?;
                self.reviews.entry(review.benefit.clone()).or_default().push_back(record);
                Ok(())
            }
            Event::InterpretationChosen(proposal) => {
                let record = ProposalRecord {
                    proposal: proposal.clone(),
                    proposer: recorded.actor.person(),
                    stage: ProposalStage::Open,
                    revision: Revision::default(),
                    recorded: recorded.clone(),
                };
                match self.proposals.insert(proposal.id, Arc::new(record)) {
                    Some(_) => Err(Impossible::at(recorded, format!("口径提议 {} 已存在", proposal.id))),
                    None => Ok(()),
                }
            }
            Event::InterpretationApproved { proposal, approver } => {
                let proposed = self.close(recorded, *proposal, || ProposalStage::Approved(recorded.clone()))?;
                self.choose(recorded, proposed, approver.clone())
            }
            Event::InterpretationRejected { proposal, reason } => {
                let stage = || ProposalStage::Rejected(recorded.clone(), reason.clone());
                self.close(recorded, *proposal, stage).map(drop)
            }
            Event::EarlierPaymentImported(payment) => self.import(recorded, payment),
            Event::ClaimFiled(filed) => {
                let record = FiledRecord { filed: (**filed).clone(), recorded: recorded.clone() };
                self.filed.insert(filed.claim_id, Arc::new(record));
                Ok(())
            }
            Event::AssessmentMade(decision) => self.record(recorded, decision),
            Event::AccountChanged { claim_id, change } => self.change_account(recorded, *claim_id, *change),
        }
    }

    fn adopt(
        &mut self,
        recorded: &Recorded,
        digest: Digest,
        files: &BTreeMap<String, String>,
    ) -> Result<(), Impossible> {
        let (clauses, mut interpretations) =
            parse_clauses(files).map_err(|_| Impossible::at(recorded, "条款文件无法读取"))?;
        if files_digest(files) != digest {
            return Err(Impossible::at(recorded, "条款文件与其摘要不符"));
        }
        let set = Arc::make_mut(&mut interpretations);
        for (point, choice) in &self.approved {
            set.choose(*point, choice.clone());
        }
        for clause in clauses.values() {
            self.clauses.insert(clause.digest, clause.clone());
        }
        self.interpretations.insert(interpretations.digest(), interpretations.clone());
        self.current = Some(Current { digest, clauses: Arc::new(clauses), interpretations });
        Ok(())
    }

    /// What a review allows is in force, what it forbids is not.
    fn review_parameters(&mut self, recorded: &Recorded, review: &Review) -> Result<(), Impossible> {
        let Some(digest) = review.parameters else { return Ok(()) };
        let record = self.parameters.get(&digest);
        let set = record.ok_or_else(|| Impossible::at(recorded, "审查的区县细则不在账本中"))?.set.clone();
        let in_force = Arc::make_mut(&mut self.in_force);
        if review.conclusion.allows() {
            in_force.put(set)
        } else {
            in_force.take(&set)
        }
        Ok(())
    }

    fn close(
        &mut self,
        recorded: &Recorded,
        id: ProposalId,
        stage: impl FnOnce() -> ProposalStage,
    ) -> Result<Proposal, Impossible> {
        let record = self.proposals.get_mut(&id).map(Arc::make_mut);
        let record = record.ok_or_else(|| Impossible::at(recorded, format!("没有口径提议 {id}")))?;
        let closed = record.stage.clone().close(stage);
        record.stage = closed.ok_or_else(|| Impossible::at(recorded, format!("口径提议 {id} 已办结")))?;
        record.revision = record.revision.next();
        Ok(record.proposal.clone())
    }

    fn choose(&mut self, recorded: &Recorded, proposed: Proposal, approver: Arc<str>) -> Result<(), Impossible> {
        let current = self.current.as_mut().ok_or_else(|| Impossible::at(recorded, "批准口径时没有条款文件"))?;
        let Proposal { point, chosen, authority, from, until, .. } = proposed;
        let choice = Choice { chosen, authority, approver, from, until };
        Arc::make_mut(&mut current.interpretations).choose(point, choice.clone());
        self.interpretations.insert(current.interpretations.digest(), current.interpretations.clone());
        self.approved.push_back((point, choice));
        Ok(())
    }

    fn import(&mut self, recorded: &Recorded, payment: &EarlierPayment) -> Result<(), Impossible> {
        if self.vouchers.insert(payment.voucher.clone(), Arc::new(payment.clone())).is_some() {
            return Err(Impossible::at(recorded, format!("凭证 {} 已导入", payment.voucher)));
        }
        let EarlierPayment { voucher, firm, benefit, year, project, amount, on } = payment.clone();
        let account = self.accounts.entry((firm, benefit)).or_default();
        let entry = Entry { year, project, amount, on, decision: None };
        Arc::make_mut(account).set(Origin::Voucher(voucher), entry);
        Ok(())
    }

    fn record(&mut self, recorded: &Recorded, decision: &Decision) -> Result<(), Impossible> {
        let record = DecisionRecord { decision: decision.clone(), recorded: recorded.clone() };
        if self.decisions.insert(decision.id, Arc::new(record)).is_some() {
            return Err(Impossible::at(recorded, format!("测算 {} 已存在", decision.id)));
        }
        let before = self.decided.insert(decision.claim_id, decision.id).and_then(|id| self.decisions.get(&id));
        let before = before.map_or(Money::ZERO, |record| record.decision.outcome.award());
        let change = decision.outcome.award() - before;
        let awarded = self.awarded.entry(decision.claim.benefit.clone()).or_default();
        awarded.push_back(Awarded { day: recorded.day(), firm: decision.firm, change });
        let account = self.accounts.entry((decision.firm, decision.claim.benefit.clone())).or_default();
        let account = Arc::make_mut(account);
        let origin = Origin::Claim(decision.claim_id);
        match &decision.outcome {
            Outcome::Eligible { award, .. } => {
                let entry = Entry {
                    year: decision.claim.year,
                    project: decision.claim.project.clone(),
                    amount: *award,
                    on: decision.on,
                    decision: Some(decision.id),
                };
                account.set(origin, entry);
            }
            Outcome::NotEligible { .. } => {
                account.remove(&origin);
            }
        }
        Ok(())
    }
}

impl State {
    fn change_account(&mut self, recorded: &Recorded, claim: ClaimId, change: Change) -> Result<(), Impossible> {
        let decision = self.decision_on(claim).map(|record| &record.decision);
        let decision = decision.ok_or_else(|| Impossible::at(recorded, format!("申报 {claim} 没有测算")))?;
        let key = (decision.firm, decision.claim.benefit.clone());
        Arc::make_mut(self.accounts.entry(key).or_default()).change(claim, change);
        Ok(())
    }
}

fn keys<V>(map: &OrdMap<Digest, V>) -> Vec<&Digest> {
    map.keys().collect()
}

/// Of names and texts of a set of files, each length-prefixed.
pub fn files_digest(files: &BTreeMap<String, String>) -> Digest {
    let mut bytes = Vec::new();
    for part in files.iter().flat_map(|(name, text)| [name, text]) {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    Digest::of(&bytes)
}
