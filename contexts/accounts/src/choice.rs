//! What a session may choose from.

use std::collections::BTreeSet;

use kernel::{Actor, Date, OrganisationId, PersonId, Refusal, Role};

use crate::authorisation::{AuthorisationId, Scope};
use crate::delegation::DelegationId;
use crate::grant::GrantId;
use crate::person::Standing;
use crate::state::State;

/// A role in which a person may act for an organisation today.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Choice {
    /// In which role.
    pub role: Role,
    /// For whom.
    pub organisation: OrganisationId,
    /// By what right.
    pub because: Because,
}

/// By what right somebody may act.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Because {
    /// The role was granted.
    Grant(GrantId),
    /// The firm's legal person (法定代表人): may do everything for it.
    LegalPerson,
    /// The firm authorised it.
    Authorisation {
        /// Which authorisation.
        id: AuthorisationId,
        /// What for.
        scopes: BTreeSet<Scope>,
        /// Last day.
        until: Date,
    },
    /// A colleague is absent.
    Delegation {
        /// Which delegation.
        id: DelegationId,
        /// Whose desk.
        of: PersonId,
        /// Last day.
        until: Date,
    },
}

/// Every role in which the person may act on the day, for whom, and by what right; in a stable order. Nothing for
/// somebody unknown or suspended.
pub fn grants_of(state: &State, person: PersonId, day: Date) -> Vec<Choice> {
    let active = state.person(person).is_some_and(|person| person.standing == Standing::Active);
    if !active {
        return Vec::new();
    }
    let exists = |organisation: &OrganisationId| {
        state.organisation(organisation).is_some_and(|organisation| organisation.exists_on(day))
    };
    let granted = state.grants_held_by(person).filter(|grant| grant.holds_on(day)).map(|grant| Choice {
        role: grant.role,
        organisation: grant.organisation.clone(),
        because: Because::Grant(grant.id),
    });
    let lent = state.delegations_to(person).filter(|delegation| delegation.holds_on(day));
    let lent = lent.filter_map(|delegation| {
        let grant = state.grant(delegation.grant).filter(|grant| grant.holds_on(day))?;
        let because = Because::Delegation { id: delegation.id, of: delegation.of, until: delegation.until };
        Some(Choice { role: grant.role, organisation: grant.organisation.clone(), because })
    });
    let mut choices: Vec<_> = granted.chain(lent).chain(for_firms(state, person, day)).collect();
    choices.retain(|choice| exists(&choice.organisation));
    choices.sort();
    choices
}

fn for_firms(state: &State, person: PersonId, day: Date) -> impl Iterator<Item = Choice> {
    let own = state.firms_of_legal_person(person, day).map(|firm| Choice {
        role: Role::Enterprise,
        organisation: firm.into(),
        because: Because::LegalPerson,
    });
    let authorised = state.authorisations_held_by(person).filter(move |given| given.lets_act(person, day));
    let authorised = authorised.filter(move |given| {
        let agency = given.agency.as_ref().and_then(|agency| state.organisation(agency));
        given.agency.is_none() || agency.is_some_and(|agency| agency.exists_on(day))
    });
    own.chain(authorised.map(|given| Choice {
        role: if given.agency.is_some() { Role::Agent } else { Role::Enterprise },
        organisation: given.firm.into(),
        because: Because::Authorisation { id: given.id, scopes: given.scopes.clone(), until: given.until },
    }))
}

/// Whether the actor may act on the day as it says it does, and, for a firm, within `scope` where the command needs
/// one. Asked before every command of a person; the program itself always may.
pub fn permits(state: &State, actor: &Actor, scope: Option<Scope>, day: Date) -> Result<(), Refusal> {
    let Actor::Person { person, role, organisation } = actor else { return Ok(()) };
    let choices = grants_of(state, *person, day);
    let mut chosen = choices.iter().filter(|choice| choice.role == *role && choice.organisation == *organisation);
    let covers = |choice: &Choice| match (&choice.because, scope) {
        (Because::Authorisation { scopes, .. }, Some(scope)) => scopes.contains(&scope),
        _ => true,
    };
    if chosen.clone().any(covers) {
        return Ok(());
    }
    Err(match (chosen.next(), scope) {
        (Some(_), Some(scope)) => Refusal::not_allowed(format!(
            "企业给您的授权不含“{}”，请联系企业法定代表人调整授权范围后再办理。",
            scope.label()
        )),
        _ => Refusal::not_allowed(format!(
            "您今天没有以“{}”身份为 {organisation} 办理的权限：可能已到期、被收回或移交，请重新选择身份。",
            role.label()
        )),
    })
}
