//! A case before somebody who may see it.

use std::collections::BTreeMap;

use cases::adverse::AdverseDecision;
use cases::challenge::{Answered, Objection};
use cases::{AdverseId, Call, Case, CaseId, ObjectionId};
use kernel::{Actor, Context, Date, Digest, Evidence, OrganisationId, PersonId, Role};
use office::State;
use web::{Counter, Failure};

use cases_pages::viewer::may_see;

/// The parameters of an address: firm, case, and what is below it.
pub type Address = BTreeMap<String, String>;

/// A case with all that its page and its forms may ask.
pub struct Seen<'a> {
    /// Everything, on the day asked for.
    pub state: &'a State,
    /// The case.
    pub case: &'a Case,
    /// Its call.
    pub call: &'a Call,
    /// The decision against the firm that the address names.
    pub adverse: Option<&'a AdverseDecision>,
    /// The objection that the address names.
    pub objection: Option<&'a Answered<Objection>>,
    /// What it says and how to reach whoever said it, for the department; `None` once it was forgotten.
    pub statement: Option<(String, Option<String>)>,
    /// What the scanner said of its material.
    pub verdicts: BTreeMap<Digest, &'static str>,
    /// Who looks, for what they would send; `None` when looking back.
    pub context: Option<Context>,
    /// Who looks.
    pub viewer: register::Viewer,
    /// As of when.
    pub day: Date,
    /// Names of people this page may say.
    pub names: BTreeMap<PersonId, String>,
}

impl<'a> Seen<'a> {
    /// The case of an address. For whoever may not see it there is none.
    pub async fn find(counter: &Counter, state: &'a State, address: &Address) -> Result<Seen<'a>, Failure> {
        let named = |key: &str| address.get(key).map(String::as_str).unwrap_or_default();
        let id: CaseId = named("case").parse().map_err(|_| Failure::not_found())?;
        let case = state.cases.case(id).filter(|case| case.applicant.firm.as_str() == named("firm"));
        let case = case.ok_or_else(Failure::not_found)?;
        let call = state.cases.call(case.call).ok_or_else(Failure::not_found)?;
        let viewer = counter.visitor.viewer();
        if !may_see(state, &viewer, case) {
            return Err(Failure::not_found());
        }
        let adverse = match address.get("adverse") {
            None => None,
            Some(key) => {
                let id: AdverseId = key.parse().map_err(|_| Failure::not_found())?;
                let of_case = state.cases.adverse(id).filter(|decision| decision.intended.case == case.id);
                Some(of_case.ok_or_else(Failure::not_found)?)
            }
        };
        let objection = match address.get("objection") {
            None => None,
            Some(key) => {
                let id: ObjectionId = key.parse().map_err(|_| Failure::not_found())?;
                let of_case = state.cases.objection(id).filter(|objection| objection.said.case == case.id);
                Some(of_case.ok_or_else(Failure::not_found)?)
            }
        };
        let context = if counter.as_of.is_now() { Some(counter.context()?) } else { None };
        let (day, names) = (counter.as_of.day(), BTreeMap::new());
        let mut verdicts = BTreeMap::new();
        for file in case.material().iter().flat_map(|material| material.items.values().flatten()) {
            verdicts.insert(file.digest, counter.hall.verdict(file.digest).await?.label());
        }
        let statement = None;
        let mut seen = Self { state, case, call, adverse, objection, statement, verdicts, context, viewer, day, names };
        if seen.is_department() {
            seen.names = counter.hall.names(&seen.people()).await?;
            if let Some(said) = objection.map(|objection| &objection.said) {
                seen.statement = counter.hall.statement(said.id.0, &said.statement).await?;
            }
        }
        Ok(seen)
    }

    /// The role acted in.
    pub fn role(&self) -> Option<Role> {
        self.viewer.role
    }

    /// Whether an officer of the department in charge looks.
    pub fn is_department(&self) -> bool {
        self.role() == Some(Role::CityOfficer) && self.viewer.organisation.as_ref() == Some(&self.call.terms.issuer)
    }

    /// Whether somebody looks who is asked about the claim only: an expert or an audit firm.
    pub fn is_consulted(&self) -> bool {
        matches!(self.role(), Some(Role::Expert | Role::AuditFirm))
    }

    /// Why whoever looks may not take the next step.
    pub fn barred(&self) -> Option<String> {
        cases::view::barred(self.context.as_ref()?, self.case)
    }

    /// Why whoever looks may have no part in the case at all.
    pub fn unfit(&self) -> Option<String> {
        cases::view::unfit(self.context.as_ref()?, self.case)
    }

    /// Everybody who could sit on its panel, with the institution they work for.
    pub fn experts(&self) -> BTreeMap<PersonId, OrganisationId> {
        let held = self.state.accounts.grants().filter(|grant| grant.role == Role::Expert && grant.holds_on(self.day));
        held.map(|grant| (grant.person, grant.organisation.clone())).collect()
    }

    /// Whose names the department may read here: experts and whoever handled the case, was recused or is related.
    fn people(&self) -> Vec<PersonId> {
        use cases::relation::Party;
        let related = self.case.related.iter().flat_map(|related| related.iter());
        let related = related.filter_map(|related| match &related.party {
            Party::Person(person) => Some(*person),
            _ => None,
        });
        let others = self.case.hands.iter().chain(self.case.recused.keys()).chain(self.case.opinions.keys()).copied();
        let on_panel = matches!(self.case.stage, cases::Stage::ExpertReview { .. });
        let asked = on_panel.then(|| self.experts().into_keys()).into_iter().flatten();
        let mut people: Vec<_> = asked.chain(others).chain(related).collect();
        people.sort();
        people.dedup();
        people
    }

    /// What somebody is called here; a short number for those who may not read names.
    pub fn called(&self, person: PersonId) -> String {
        self.names.get(&person).cloned().unwrap_or_else(|| {
            let id = person.to_string();
            format!("人员 {}", id.get(id.len().saturating_sub(6)..).unwrap_or(&id))
        })
    }

    /// Who did something: the office and role, with the name where it may be read.
    pub fn actor(&self, actor: &Actor) -> String {
        let office = subsidy_pages::actor_name(self.state, actor);
        match actor.person().and_then(|person| self.names.get(&person)) {
            Some(name) => format!("{name} · {office}"),
            None => office,
        }
    }

    /// Where its page is.
    pub fn path(&self) -> String {
        cases_pages::case_head::official_path(self.case)
    }

    /// Where a file of the case is opened.
    pub fn file_path(&self, file: &Evidence) -> String {
        format!("{}/files/{}", self.path(), file.digest)
    }

    /// Decisions against the firm in this case.
    pub fn adverse_decisions(&self) -> impl Iterator<Item = &'a AdverseDecision> {
        let case = self.case.id;
        let all = self.state.cases.adverse_of_firm(self.case.applicant.firm);
        all.filter(move |decision| decision.intended.case == case)
    }

    /// A file that the case's records name, for whoever sees them.
    pub fn file(&self, digest: Digest) -> Option<Evidence> {
        let material = self.case.versions.iter().flat_map(|version| version.material.items.values().flatten());
        let said = (!self.is_consulted()).then(|| {
            let history = cases::view::timeline(&self.state.cases, self.case);
            history.into_iter().flat_map(|step| step.evidence)
        });
        let facts = self.case.facts.iter().map(|fact| &fact.file);
        let own = self.case.audit.iter().map(|audit| &audit.report);
        let named = material.chain(facts).chain(own).cloned().chain(said.into_iter().flatten());
        named.into_iter().find(|file| file.digest == digest)
    }
}
