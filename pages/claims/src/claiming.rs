//! A claim being written: the call, the firm, the person's draft. A new one, or the completion of one that was sent back.

use std::sync::Arc;

use cases::{Call, CallId, Case, CaseId, Stage};
use kernel::{CreditCode, Date, PersonId, Timestamp};
use office::State;
use subsidy::Clause;
use subsidy::clause::Base;
use web::{Counter, Draft, Failure};

use super::compose::Composing;
use super::estimate::Estimate;
use super::kept::{Kept, place_of_claim, place_of_completion, place_of_sent};
use super::prefill;
use super::step::{Step, steps};

/// A claim being written.
pub struct Claiming {
    /// The city.
    pub state: State,
    /// Today.
    pub today: Date,
    /// Whose claim.
    pub firm: CreditCode,
    /// Who writes.
    pub person: PersonId,
    /// What they are called.
    pub person_name: String,
    /// To which call.
    pub call: Call,
    /// The clause of its benefit.
    pub clause: Arc<Clause>,
    /// What the benefit counts.
    pub base: Base,
    /// The case that is completed; none for a new claim.
    pub completes: Option<Case>,
    /// Answers so far.
    pub kept: Kept,
    /// When they were kept last.
    pub kept_at: Option<Timestamp>,
}

/// Where a claim cannot be written.
pub enum Closed {
    /// There is a case already.
    Case(CaseId),
    /// Why not.
    Because(Failure),
}

impl<E: Into<Failure>> From<E> for Closed {
    fn from(error: E) -> Self {
        Self::Because(error.into())
    }
}

/// The firm a visitor acts for.
pub fn own_firm(counter: &Counter) -> Result<CreditCode, Failure> {
    let organisation = counter.visitor.organisation().ok_or(Failure::SignInFirst)?;
    organisation.as_str().parse().map_err(|_| Failure::Forbidden("申报由企业或其授权的代办人员办理。".into()))
}

/// A refusal said before anything was typed: nothing was updated meanwhile, it is just not to be had.
pub fn unacceptable(refusal: kernel::Refusal) -> Failure {
    match Failure::from(refusal) {
        Failure::Stale(reason) => Failure::Unacceptable(reason),
        other => other,
    }
}

impl Claiming {
    /// A new claim to a call.
    pub async fn new(counter: &Counter, call: CallId) -> Result<Self, Closed> {
        let (state, firm) = (counter.hall.office.published().state.clone(), own_firm(counter)?);
        let found = state.cases.call(call).filter(|call| !matches!(call.stage, cases::call::Stage::Draft));
        let found = found.cloned().ok_or_else(Failure::not_found)?;
        let on_its_way = |case: &&Case| case.call == call && case.stage.holds_supports();
        if let Some(case) = state.cases.cases_of_firm(firm).find(on_its_way) {
            return Err(Closed::Case(case.id));
        }
        let context = counter.context()?;
        let scope = Some(accounts::Scope::Claim);
        accounts::choice::permits(&state.accounts, &context.actor, scope, context.today()).map_err(unacceptable)?;
        cases::case::may_submit(&state.cases, &context, call, firm, None).map_err(unacceptable)?;
        office::claims::applicant(&state, firm, context.today()).map_err(unacceptable)?;
        Self::open(counter, state, firm, found, None).await.map_err(Closed::Because)
    }

    /// The completion of a claim that was sent back.
    pub async fn completion(counter: &Counter, firm: &str, case: CaseId) -> Result<Self, Closed> {
        let (state, own) = (counter.hall.office.published().state.clone(), own_firm(counter)?);
        let case = state.cases.case(case).filter(|case| case.applicant.firm == own && own.as_str() == firm);
        let case = case.cloned().ok_or_else(Failure::not_found)?;
        if !matches!(case.stage, Stage::Returned { .. }) {
            return Err(Closed::Case(case.id));
        }
        let context = counter.context()?;
        let scope = Some(accounts::Scope::Claim);
        accounts::choice::permits(&state.accounts, &context.actor, scope, context.today()).map_err(unacceptable)?;
        let call = state.cases.call(case.call).cloned().ok_or_else(Failure::not_found)?;
        Self::open(counter, state, own, call, Some(case)).await.map_err(Closed::Because)
    }

    async fn open(
        counter: &Counter,
        state: State,
        firm: CreditCode,
        call: Call,
        completes: Option<Case>,
    ) -> Result<Self, Failure> {
        let signed_in = counter.visitor.signed_in().ok_or(Failure::SignInFirst)?;
        let (person, person_name) = (signed_in.person, signed_in.display_name.clone());
        let benefit: subsidy::BenefitId = call.terms.benefit.as_str().parse().map_err(|_| Failure::not_found())?;
        let clause = state.subsidy.clause(&benefit).cloned();
        let base = clause.as_ref().and_then(|clause| clause.base());
        let (Some(clause), Some(base)) = (clause, base) else {
            let why = format!("“{}”的条款还没有采纳，暂时不能申报，请联系责任部门。", call.terms.title);
            return Err(Failure::Unavailable(why.into()));
        };
        let today = counter.context()?.today();
        let (kept, kept_at) = (Kept::default(), None);
        let mut claiming =
            Self { state, today, firm, person, person_name, call, clause, base, completes, kept, kept_at };
        let loaded = Kept::load(&counter.hall, person, &claiming.place()).await?;
        match (loaded, &claiming.completes) {
            (Some((kept, at)), _) => (claiming.kept, claiming.kept_at) = (kept, Some(at)),
            (None, None) => {}
            (None, Some(case)) => {
                let sent = Kept::load(&counter.hall, person, &place_of_sent(case.id)).await?;
                let sent = sent.map(|(kept, _)| kept).filter(|kept| prefill::is_of(kept, case));
                claiming.kept = match sent {
                    Some(kept) => kept,
                    None => prefill::of_case(&claiming.state, case),
                };
            }
        }
        Ok(claiming)
    }

    /// Where the draft is kept.
    pub fn place(&self) -> String {
        match &self.completes {
            None => place_of_claim(self.call.id, self.firm),
            Some(case) => place_of_completion(case.id, case.versions.len()),
        }
    }

    /// Keeps the draft.
    pub async fn keep(&self, counter: &Counter) -> Result<(), Failure> {
        self.kept.save(&counter.hall, self.person, &self.place()).await
    }

    /// Where its steps are.
    pub fn path(&self) -> String {
        match &self.completes {
            None => format!("/calls/{}/claim", self.call.id),
            Some(case) => format!("/my-cases/{}/{}/complete", self.firm, case.id),
        }
    }

    /// The address of a step.
    pub fn address(&self, step: &Step) -> String {
        format!("{}{}", self.path(), step.query())
    }

    /// Its steps in order; a completion begins with what was sent back.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = steps(&self.call, self.base);
        if let Some(Stage::Returned { wanted, .. }) = self.completes.as_ref().map(|case| &case.stage) {
            let wanted = |step: &Step| matches!(step, Step::Material(item) if wanted.contains(item));
            steps.sort_by_key(|step| !wanted(step));
        }
        steps
    }

    /// The step after one.
    pub fn after(&self, step: &Step) -> Step {
        self.neighbour(step, 1).unwrap_or(Step::Check)
    }

    /// The step before one.
    pub fn before(&self, step: &Step) -> Option<Step> {
        let list = step.listed_in();
        if list != *step && !self.kept.rows(step.name()).is_empty() {
            return Some(list);
        }
        self.neighbour(step, -1)
    }

    fn neighbour(&self, step: &Step, by: isize) -> Option<Step> {
        let steps = self.steps();
        let at = steps.iter().position(|other| *other == step.listed_in())?;
        steps.get(at.checked_add_signed(by)?).cloned()
    }

    /// The first step that was not gone through.
    pub fn first_open(&self) -> Step {
        let unseen = |step: &Step| !self.kept.seen.contains(&step.key());
        let begins = if self.completes.is_some() { self.steps().into_iter().next() } else { None };
        begins.or_else(|| self.steps().into_iter().find(unseen)).unwrap_or(Step::Check)
    }

    /// What the answers amount to.
    pub fn composing<'a>(&'a self, blank: &'a Draft) -> Composing<'a> {
        let (kept, call, benefit) = (&self.kept, &self.call, &self.clause.benefit);
        Composing { blank, kept, call, benefit, base: self.base, completes: self.completes.as_ref() }
    }

    /// What the assessment gives for a claim, computed as it will be formally.
    pub fn estimate(&self, claim: &subsidy::Claim) -> Result<Estimate, String> {
        let account = self.state.subsidy.account(self.firm, &self.clause.benefit);
        let account = match &self.completes {
            Some(case) => account.without(office::claims::claim_of(case.id)),
            None => (*account).clone(),
        };
        let office = office::claims::applicant(&self.state, self.firm, self.today);
        let district = office.ok().filter(|_| self.clause.by_district()).map(|applicant| applicant.district);
        let claim = subsidy::Claim { district, ..claim.clone() };
        Estimate::of(&self.state, &self.clause, &claim, &account, self.today)
    }
}
