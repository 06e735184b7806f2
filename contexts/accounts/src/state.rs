//! Everything the context knows, and how recorded events change it.

use std::collections::BTreeSet;
use std::sync::Arc;

use imbl::OrdMap;
use kernel::timeline::Step;
use kernel::{
    CreditCode, Date, Dated, Digest, Evidence, Impossible, OrganisationId, PersonId, Recorded, Revision, Role,
};
use serde::{Deserialize, Serialize};

use crate::authorisation::{self, Authorisation, AuthorisationId, Scope};
use crate::delegation::{Delegation, DelegationId};
use crate::erasure;
use crate::grant::{self, Grant, GrantId};
use crate::organisation::{Organisation, OrganisationKind};
use crate::person::{Person, Standing};

/// Organisations, people and rights of a city. Cloning is O(1).
#[derive(Clone, Debug, Default, Serialize)]
pub struct State {
    organisations: OrdMap<OrganisationId, Arc<Organisation>>,
    people: OrdMap<PersonId, Arc<Person>>,
    grants: OrdMap<GrantId, Arc<Grant>>,
    legal_persons: OrdMap<CreditCode, Arc<Dated<PersonId>>>,
    authorisations: OrdMap<AuthorisationId, Arc<Authorisation>>,
    delegations: OrdMap<DelegationId, Arc<Delegation>>,
    /// What happened to each firm's rights, for its timeline.
    histories: OrdMap<OrganisationId, Vec<Arc<Entry>>>,
    /// What each person ever held; follows from the records above.
    #[serde(skip)]
    held: OrdMap<PersonId, Held>,
    /// Identity digests in use; follows from `people`.
    #[serde(skip)]
    identities: OrdMap<Digest, PersonId>,
}

#[derive(Clone, Debug, Default)]
struct Held {
    grants: Vec<GrantId>,
    authorisations: Vec<AuthorisationId>,
    delegations: Vec<DelegationId>,
    firms: Vec<CreditCode>,
}

#[derive(Clone, Debug, Serialize)]
struct Entry {
    recorded: Recorded,
    title: &'static str,
    note: Option<String>,
    evidence: Vec<Evidence>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// An organisation was entered.
    OrganisationOpened {
        /// Its key.
        id: OrganisationId,
        /// What it is.
        kind: OrganisationKind,
        /// Full name.
        name: String,
        /// First day.
        from: Date,
    },
    /// It took another name.
    OrganisationRenamed {
        /// Which.
        id: OrganisationId,
        /// Full name.
        name: String,
    },
    /// It was closed.
    OrganisationClosed {
        /// Which.
        id: OrganisationId,
        /// Last day.
        until: Date,
        /// Why.
        reason: String,
    },
    /// A person was entered.
    PersonRegistered {
        /// The pseudonym.
        person: PersonId,
        /// Keyed digest of the identity document.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        identity: Option<Digest>,
    },
    /// A person may not act for now.
    PersonSuspended {
        /// Who.
        person: PersonId,
        /// Why.
        reason: String,
    },
    /// A person may act again.
    PersonRestored {
        /// Who.
        person: PersonId,
    },
    /// A person is to be forgotten, or was.
    Erasure(erasure::Event),
    /// A role was given, or proposed where a second person must confirm.
    Granted {
        /// Its key.
        id: GrantId,
        /// Who.
        person: PersonId,
        /// As what.
        role: Role,
        /// For whom.
        organisation: OrganisationId,
        /// First day.
        from: Date,
        /// Last day.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Date>,
        /// Whether it waits for a second person.
        proposed: bool,
    },
    /// A second person confirmed it.
    GrantConfirmed {
        /// Which.
        id: GrantId,
    },
    /// A second person rejected it.
    GrantRejected {
        /// Which.
        id: GrantId,
        /// Why.
        reason: String,
    },
    /// The role was taken back.
    GrantRevoked {
        /// Which.
        id: GrantId,
        /// First day without it.
        on: Date,
        /// Why.
        reason: String,
    },
    /// A firm's legal person was verified.
    LegalPersonAppointed {
        /// Which firm.
        firm: CreditCode,
        /// Who.
        person: PersonId,
        /// First day.
        from: Date,
        /// What proves it.
        evidence: Vec<Evidence>,
    },
    /// A firm offered a person to act for it.
    Authorised {
        /// Its key.
        id: AuthorisationId,
        /// Which firm.
        firm: CreditCode,
        /// Who.
        person: PersonId,
        /// Through which agency.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agency: Option<OrganisationId>,
        /// What for.
        scopes: BTreeSet<Scope>,
        /// First day.
        from: Date,
        /// Last day.
        until: Date,
    },
    /// The person accepted.
    AuthorisationAccepted {
        /// Which.
        id: AuthorisationId,
    },
    /// The person declined.
    AuthorisationDeclined {
        /// Which.
        id: AuthorisationId,
    },
    /// It was taken back, or given up.
    AuthorisationRevoked {
        /// Which.
        id: AuthorisationId,
        /// First day without it.
        on: Date,
        /// Why.
        reason: String,
    },
    /// Everything a person did for a firm passed to a successor.
    HandedOver {
        /// Which firm.
        firm: CreditCode,
        /// Whose work.
        from: PersonId,
        /// Who goes on.
        to: PersonId,
        /// First day of the successor.
        on: Date,
        /// All that passed.
        authorisations: Vec<AuthorisationId>,
    },
    /// An officer's desk was lent.
    Delegated {
        /// Its key.
        id: DelegationId,
        /// The grant that is lent.
        grant: GrantId,
        /// Who acts.
        to: PersonId,
        /// First day.
        from: Date,
        /// Last day.
        until: Date,
    },
    /// The officer is back early.
    DelegationEnded {
        /// Which.
        id: DelegationId,
        /// First day without it.
        on: Date,
    },
}

impl State {
    /// Assigns one event of the ledger.
    pub fn apply(&mut self, recorded: &Recorded, event: &Event) -> Result<(), Impossible> {
        match event {
            Event::OrganisationOpened { .. } | Event::OrganisationRenamed { .. } | Event::OrganisationClosed { .. } => {
                self.apply_organisation(recorded, event)
            }
            Event::PersonRegistered { .. } | Event::PersonSuspended { .. } | Event::PersonRestored { .. } => {
                self.apply_person(recorded, event)
            }
            Event::Erasure(event) => {
                erasure::apply(changed(&mut self.people, &event.person(), recorded)?, recorded, event);
                Ok(())
            }
            Event::Granted { .. }
            | Event::GrantConfirmed { .. }
            | Event::GrantRejected { .. }
            | Event::GrantRevoked { .. } => self.apply_grant(recorded, event),
            Event::Delegated { .. } | Event::DelegationEnded { .. } => self.apply_delegation(recorded, event),
            _ => self.apply_authorisation(recorded, event),
        }
    }

    fn apply_organisation(&mut self, recorded: &Recorded, event: &Event) -> Result<(), Impossible> {
        match event {
            Event::OrganisationOpened { id, kind, name, from } => {
                let organisation = Organisation {
                    id: id.clone(),
                    kind: *kind,
                    name: name.clone(),
                    from: *from,
                    until: None,
                    revision: Revision(1),
                };
                self.organisations.insert(id.clone(), Arc::new(organisation));
            }
            Event::OrganisationRenamed { id, name } => {
                let organisation = changed(&mut self.organisations, id, recorded)?;
                organisation.name.clone_from(name);
                organisation.revision = organisation.revision.next();
            }
            Event::OrganisationClosed { id, until, .. } => {
                let organisation = changed(&mut self.organisations, id, recorded)?;
                organisation.until = Some(*until);
                organisation.revision = organisation.revision.next();
            }
            _ => {}
        }
        Ok(())
    }

    fn apply_person(&mut self, recorded: &Recorded, event: &Event) -> Result<(), Impossible> {
        match event {
            Event::PersonRegistered { person: id, identity } => {
                let (from, standing) = (recorded.day(), Standing::Active);
                let (erasure, revision) = (None, Revision(1));
                let person = Person { id: *id, identity: *identity, from, standing, erasure, revision };
                self.people.insert(*id, Arc::new(person));
                if let Some(identity) = identity {
                    self.identities.insert(*identity, *id);
                }
            }
            Event::PersonSuspended { person, reason } => {
                let person = changed(&mut self.people, person, recorded)?;
                person.standing = Standing::Suspended { since: recorded.day(), reason: reason.clone() };
                person.revision = person.revision.next();
            }
            Event::PersonRestored { person } => {
                let person = changed(&mut self.people, person, recorded)?;
                person.standing = Standing::Active;
                person.revision = person.revision.next();
            }
            _ => {}
        }
        Ok(())
    }

    fn apply_grant(&mut self, recorded: &Recorded, event: &Event) -> Result<(), Impossible> {
        let mut advance = |id: &GrantId, step: &dyn Fn(grant::Stage) -> Option<grant::Stage>| {
            let grant = changed(&mut self.grants, id, recorded)?;
            let next = step(grant.stage.clone());
            grant.stage = next.ok_or_else(|| Impossible::at(recorded, format!("角色授予 {id} 不允许这一步")))?;
            grant.revision = grant.revision.next();
            Ok(())
        };
        match event {
            Event::Granted { id, person, role, organisation, from, until, proposed } => {
                let grant = Grant {
                    id: *id,
                    person: *person,
                    role: *role,
                    organisation: organisation.clone(),
                    from: *from,
                    until: *until,
                    given: recorded.clone(),
                    stage: if *proposed { grant::Stage::Proposed } else { grant::Stage::Active },
                    revision: Revision(1),
                };
                self.grants.insert(*id, Arc::new(grant));
                self.held.entry(*person).or_default().grants.push(*id);
                Ok(())
            }
            Event::GrantConfirmed { id } => advance(id, &grant::Stage::confirm),
            Event::GrantRejected { id, reason } => advance(id, &|stage| stage.reject(reason.clone())),
            Event::GrantRevoked { id, on, reason } => advance(id, &|stage| stage.revoke(*on, reason.clone())),
            _ => Ok(()),
        }
    }

    fn apply_delegation(&mut self, recorded: &Recorded, event: &Event) -> Result<(), Impossible> {
        match event {
            Event::Delegated { id, grant, to, from, until } => {
                let lent = self.grants.get(grant).ok_or_else(|| Impossible::at(recorded, "委托的角色不存在"))?;
                let delegation = Delegation {
                    id: *id,
                    grant: *grant,
                    of: lent.person,
                    to: *to,
                    from: *from,
                    until: *until,
                    ended: None,
                    revision: Revision(1),
                };
                self.delegations.insert(*id, Arc::new(delegation));
                self.held.entry(*to).or_default().delegations.push(*id);
            }
            Event::DelegationEnded { id, on } => {
                let delegation = changed(&mut self.delegations, id, recorded)?;
                delegation.ended = Some(*on);
                delegation.revision = delegation.revision.next();
            }
            _ => {}
        }
        Ok(())
    }

    fn apply_authorisation(&mut self, recorded: &Recorded, event: &Event) -> Result<(), Impossible> {
        match event {
            Event::LegalPersonAppointed { firm, person, from, evidence } => {
                let dated = self.legal_persons.entry(*firm).or_default();
                Arc::make_mut(dated).set(*from, *person);
                self.held.entry(*person).or_default().firms.push(*firm);
                self.remember(*firm, recorded, "核验法定代表人", None, evidence);
                Ok(())
            }
            Event::Authorised { id, firm, person, agency, scopes, from, until } => {
                let authorisation = Authorisation {
                    id: *id,
                    firm: *firm,
                    // Whoever holds it first holds it from the beginning of time: `from` is kept beside.
                    holders: [(Date::MIN, *person)].into_iter().collect(),
                    agency: agency.clone(),
                    scopes: scopes.clone(),
                    from: *from,
                    until: *until,
                    stage: authorisation::Stage::Offered,
                    revision: Revision(1),
                };
                self.authorisations.insert(*id, Arc::new(authorisation));
                self.held.entry(*person).or_default().authorisations.push(*id);
                self.remember(*firm, recorded, "企业授权", None, &[]);
                Ok(())
            }
            Event::AuthorisationAccepted { id } => {
                self.advance(recorded, id, "接受授权", None, |stage| stage.accept())
            }
            Event::AuthorisationDeclined { id } => {
                self.advance(recorded, id, "谢绝授权", None, |stage| stage.decline())
            }
            Event::AuthorisationRevoked { id, on, reason } => {
                self.advance(recorded, id, "撤销授权", Some(reason), |stage| stage.revoke(*on, reason.clone()))
            }
            Event::HandedOver { firm, to, on, authorisations, .. } => {
                for id in authorisations {
                    let authorisation = changed(&mut self.authorisations, id, recorded)?;
                    authorisation.holders.set(*on, *to);
                    authorisation.revision = authorisation.revision.next();
                    self.held.entry(*to).or_default().authorisations.push(*id);
                }
                self.remember(*firm, recorded, "移交授权", None, &[]);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn advance(
        &mut self,
        recorded: &Recorded,
        id: &AuthorisationId,
        title: &'static str,
        note: Option<&str>,
        step: impl FnOnce(authorisation::Stage) -> Option<authorisation::Stage>,
    ) -> Result<(), Impossible> {
        let authorisation = changed(&mut self.authorisations, id, recorded)?;
        let next = step(authorisation.stage.clone());
        authorisation.stage = next.ok_or_else(|| Impossible::at(recorded, format!("授权 {id} 不允许这一步")))?;
        authorisation.revision = authorisation.revision.next();
        let firm = authorisation.firm;
        self.remember(firm, recorded, title, note, &[]);
        Ok(())
    }

    fn remember(
        &mut self,
        firm: CreditCode,
        recorded: &Recorded,
        title: &'static str,
        note: Option<&str>,
        evidence: &[Evidence],
    ) {
        let note = note.map(str::to_owned);
        let entry = Entry { recorded: recorded.clone(), title, note, evidence: evidence.to_vec() };
        self.histories.entry(firm.into()).or_default().push(Arc::new(entry));
    }

    /// Over everything in the state, in order: two replays of one ledger agree.
    pub fn digest(&self) -> Digest {
        // Every key serialises as a string and every map is ordered, so this cannot fail; an empty text would only
        // make two states look alike in a test.
        Digest::of(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// By key.
    pub fn organisation(&self, id: &OrganisationId) -> Option<&Organisation> {
        self.organisations.get(id).map(AsRef::as_ref)
    }

    /// Every organisation, by key.
    pub fn organisations(&self) -> impl Iterator<Item = &Organisation> {
        self.organisations.values().map(AsRef::as_ref)
    }

    /// By pseudonym.
    pub fn person(&self, id: PersonId) -> Option<&Person> {
        self.people.get(&id).map(AsRef::as_ref)
    }

    /// Every person, by pseudonym.
    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.people.values().map(AsRef::as_ref)
    }

    /// The person registered with this keyed identity digest.
    pub fn identified(&self, identity: Digest) -> Option<PersonId> {
        self.identities.get(&identity).copied()
    }

    /// By key.
    pub fn grant(&self, id: GrantId) -> Option<&Grant> {
        self.grants.get(&id).map(AsRef::as_ref)
    }

    /// Every grant, by key.
    pub fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.grants.values().map(AsRef::as_ref)
    }

    /// Everything ever granted to a person.
    pub fn grants_held_by(&self, person: PersonId) -> impl Iterator<Item = &Grant> {
        let ids = self.held.get(&person).into_iter().flat_map(|held| &held.grants);
        ids.filter_map(|id| self.grant(*id))
    }

    /// By key.
    pub fn authorisation(&self, id: AuthorisationId) -> Option<&Authorisation> {
        self.authorisations.get(&id).map(AsRef::as_ref)
    }

    /// Every authorisation of every firm.
    pub fn authorisations(&self) -> impl Iterator<Item = &Authorisation> {
        self.authorisations.values().map(AsRef::as_ref)
    }

    /// Every authorisation a firm gave.
    pub fn authorisations_of(&self, firm: CreditCode) -> impl Iterator<Item = &Authorisation> {
        self.authorisations.values().map(AsRef::as_ref).filter(move |given| given.firm == firm)
    }

    /// Everything firms ever authorised a person to.
    pub fn authorisations_held_by(&self, person: PersonId) -> impl Iterator<Item = &Authorisation> {
        let ids = self.held.get(&person).into_iter().flat_map(|held| &held.authorisations);
        // After there and back again a record stands in the list twice.
        let ids: BTreeSet<_> = ids.copied().collect();
        ids.into_iter().filter_map(|id| self.authorisation(id))
    }

    /// By key.
    pub fn delegation(&self, id: DelegationId) -> Option<&Delegation> {
        self.delegations.get(&id).map(AsRef::as_ref)
    }

    /// Every delegation, by key.
    pub fn delegations(&self) -> impl Iterator<Item = &Delegation> {
        self.delegations.values().map(AsRef::as_ref)
    }

    /// Every desk ever lent to a person.
    pub fn delegations_to(&self, person: PersonId) -> impl Iterator<Item = &Delegation> {
        let ids = self.held.get(&person).into_iter().flat_map(|held| &held.delegations);
        ids.filter_map(|id| self.delegation(*id))
    }

    /// A firm's legal person on the day.
    pub fn legal_person(&self, firm: CreditCode, day: Date) -> Option<PersonId> {
        self.legal_persons.get(&firm)?.on(day).map(|(_, person)| *person)
    }

    /// The firms whose legal person this is on the day.
    pub fn firms_of_legal_person(&self, person: PersonId, day: Date) -> impl Iterator<Item = CreditCode> {
        let firms = self.held.get(&person).into_iter().flat_map(|held| &held.firms);
        let firms: BTreeSet<_> = firms.copied().collect();
        firms.into_iter().filter(move |firm| self.legal_person(*firm, day) == Some(person))
    }

    /// What happened to the rights to act for a firm, oldest first.
    pub fn timeline(&self, firm: CreditCode) -> Vec<Step> {
        let entries = self.histories.get(&OrganisationId::from(firm)).into_iter().flatten();
        let steps = entries.map(|entry| Step {
            recorded: entry.recorded.clone(),
            title: entry.title.to_owned(),
            note: entry.note.clone(),
            evidence: entry.evidence.clone(),
        });
        steps.collect()
    }
}

fn changed<'a, K: Ord + Clone + std::fmt::Display, V: Clone>(
    records: &'a mut OrdMap<K, Arc<V>>,
    id: &K,
    recorded: &Recorded,
) -> Result<&'a mut V, Impossible> {
    let record = records.get_mut(id).ok_or_else(|| Impossible::at(recorded, format!("没有编号为 {id} 的记录")))?;
    Ok(Arc::make_mut(record))
}
