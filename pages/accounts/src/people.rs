//! Who there is: the list of people, and one person with roles, log-in and what can be done.

use std::collections::BTreeMap;

use accounts::grant::Stage;
use accounts::person::Standing;
use accounts::{Authorisation, Grant, Person};
use askama::Template;
use axum::extract::{Path, Query};
use kernel::date::minute;
use kernel::{Date, PersonId, Role};
use office::State;
use register::Light;
use serde::Deserialize;
use web::{Account, Answer, Counter, Credentials, Draft, Failure, Page};

/// People shown at once; a search finds the others.
const MOST: usize = 200;

/// What a person is called on pages of administrators; their number where the vault has no name.
pub fn called(names: &BTreeMap<PersonId, String>, person: PersonId) -> String {
    names.get(&person).cloned().unwrap_or_else(|| format!("编号 {person}"))
}

/// The name of one person.
pub async fn name_of(counter: &Counter, person: PersonId) -> Result<String, Failure> {
    Ok(called(&counter.hall.names(&[person]).await?, person))
}

/// Whether the account is in use, as a light.
pub fn standing(person: &Person) -> Light {
    match (&person.standing, &person.erasure) {
        (_, Some(_)) => Light::watch("清除待复核"),
        (Standing::Active, _) => Light::good(person.standing.label()),
        (Standing::Suspended { .. }, _) => Light::bad(person.standing.label()),
        (Standing::Erased { .. }, _) => Light::unknown(person.standing.label()),
    }
}

#[derive(Deserialize)]
pub struct Sought {
    #[serde(default)]
    q: String,
}

#[derive(Template)]
#[template(path = "people.html")]
struct People {
    sought: String,
    rows: Vec<Row>,
    matching: usize,
    total: usize,
    may_register: bool,
}

struct Row {
    person: PersonId,
    name: String,
    roles: String,
    from: Date,
    standing: Light,
}

/// Everybody, with names.
pub async fn people(counter: Counter, Query(Sought { q }): Query<Sought>, page: Page) -> Answer {
    let (state, day) = (counter.state()?, counter.as_of.day());
    let ids: Vec<PersonId> = state.accounts.people().map(|person| person.id).collect();
    let names = counter.hall.names(&ids).await?;
    let sought = q.trim().to_lowercase();
    let row = |person: &Person| Row {
        person: person.id,
        name: called(&names, person.id),
        roles: roles(&state, person.id, day),
        from: person.from,
        standing: standing(person),
    };
    let found = |row: &Row| {
        let words = [&row.name, &row.roles].map(|words| words.to_lowercase());
        sought.is_empty() || words.iter().any(|words| words.contains(&sought))
    };
    let mut rows: Vec<Row> = state.accounts.people().map(row).filter(found).collect();
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    let (matching, total) = (rows.len(), ids.len());
    rows.truncate(MOST);
    let may_register = counter.visitor.role() == Some(Role::SystemAdministrator) && counter.as_of.is_now();
    page.title("人员").show(&People { sought: q, rows, matching, total, may_register })
}

/// What the person may act as on the day, in words.
fn roles(state: &State, person: PersonId, day: Date) -> String {
    let choices = accounts::grants_of(&state.accounts, person, day);
    let words = choices.iter().map(|choice| {
        let office = state.organisation_name(&choice.organisation);
        format!("{office} · {}", choice.role.label())
    });
    words.collect::<Vec<_>>().join("；")
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    person: Person,
    name: String,
    standing: Light,
    account: Option<Account>,
    grants: Vec<GrantLine>,
    for_firms: Vec<FirmLine>,
    changed: String,
    suspended: bool,
    proposer: Option<String>,
    proposed_at: String,
    acts: Acts,
    draft: Draft,
}

struct GrantLine {
    grant: Grant,
    organisation: String,
    stage: &'static str,
    note: String,
}

struct FirmLine {
    firm: String,
    code: String,
    what: String,
}

/// What the visitor may do here. The contexts decide; this only spares people buttons that would be refused.
#[derive(Clone, Copy)]
struct Acts {
    give_login: bool,
    secure: bool,
    second: bool,
    now: bool,
}

/// One person.
pub async fn person(counter: Counter, credentials: Credentials, Path(id): Path<PersonId>, page: Page) -> Answer {
    let (state, day) = (counter.state()?, counter.as_of.day());
    let person = state.accounts.person(id).cloned().ok_or_else(Failure::not_found)?;
    let proposal = person.erasure.as_ref().and_then(|proposal| proposal.recorded.actor.person());
    let asked: Vec<PersonId> = std::iter::once(id).chain(proposal).collect();
    let names = counter.hall.names(&asked).await?;
    let account = credentials.of(id).await?;
    let role = counter.visitor.role();
    let me = counter.visitor.signed_in().map(|signed_in| signed_in.person);
    let lives = !matches!(person.standing, Standing::Erased { .. });
    let now = counter.as_of.is_now() && lives && me != Some(id);
    let acts = Acts {
        give_login: now && role == Some(Role::SystemAdministrator) && account.is_none(),
        secure: now && role == Some(Role::SecurityAdministrator),
        second: now && role.is_some_and(|role| accounts::organisation::ADMINISTRATORS.contains(&role)),
        now,
    };
    let content = PersonPage {
        name: called(&names, id),
        standing: standing(&person),
        changed: account.as_ref().map(|account| minute(account.password_changed_at)).unwrap_or_default(),
        suspended: matches!(person.standing, Standing::Suspended { .. }),
        proposed_at: person.erasure.as_ref().map(|proposal| minute(proposal.recorded.at)).unwrap_or_default(),
        account,
        grants: state.accounts.grants_held_by(id).map(|grant| line(&state, grant)).collect(),
        for_firms: firms(&state, id, day),
        proposer: proposal.map(|proposer| called(&names, proposer)),
        acts,
        draft: page.form().revision(person.revision),
        person,
    };
    page.title(content.name.clone()).crumb("人员", "/people").show(&content)
}

fn line(state: &State, grant: &Grant) -> GrantLine {
    let note = match &grant.stage {
        Stage::Rejected { reason } => reason.clone(),
        Stage::Revoked { on, reason } => format!("{on} 起，{reason}"),
        Stage::Proposed | Stage::Active => String::new(),
    };
    let organisation = state.organisation_name(&grant.organisation);
    GrantLine { grant: grant.clone(), organisation, stage: grant.stage.label(), note }
}

impl GrantLine {
    fn waits(&self) -> bool {
        matches!(self.grant.stage, Stage::Proposed)
    }

    fn holds(&self) -> bool {
        matches!(self.grant.stage, Stage::Active)
    }
}

/// What the person does for firms: as legal person, or by authorisation.
fn firms(state: &State, person: PersonId, day: Date) -> Vec<FirmLine> {
    let line = |code: kernel::CreditCode, what: String| FirmLine {
        firm: state.organisation_name(&code.into()),
        code: code.to_string(),
        what,
    };
    let owned = state.accounts.firms_of_legal_person(person, day).map(|code| line(code, "法定代表人".to_owned()));
    let given = state.accounts.authorisations_held_by(person).filter(|given| given.holder() == Some(person));
    let given = given.map(|given| line(given.firm, authorised(given)));
    owned.chain(given).collect()
}

/// An authorisation in a line.
pub fn authorised(given: &Authorisation) -> String {
    let scopes: Vec<&str> = given.scopes.iter().map(|scope| scope.label()).collect();
    format!("{}，{} 至 {}，{}", scopes.join("、"), given.from, given.until, given.stage.label())
}
