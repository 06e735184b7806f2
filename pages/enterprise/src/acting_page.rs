//! Who acts for a firm: its legal person, and those it authorised.

use std::collections::BTreeMap;

use accounts::authorisation::Stage;
use accounts::{Authorisation, AuthorisationId};
use askama::Template;
use axum::extract::Path;
use kernel::{CreditCode, Date, PersonId, Role};
use office::State;
use register::Light;
use web::{Answer, Counter, Failure, Page, Timeline};

use crate::firm_page::actor_name;
use crate::registers::may_see;

#[derive(Template)]
#[template(path = "acting.html")]
struct Acting {
    code: CreditCode,
    firm: String,
    legal_person: Option<String>,
    lines: Vec<Line>,
    timeline: Timeline,
    is_legal_person: bool,
    may_appoint: bool,
    may_hand_over: bool,
}

struct Line {
    id: AuthorisationId,
    name: String,
    agency: Option<String>,
    scopes: String,
    from: Date,
    until: Date,
    light: Light,
    note: String,
    may_answer: bool,
    may_revoke: bool,
}

/// A firm's code from an address, when it has a file.
pub fn firm_of(state: &State, code: &str) -> Result<CreditCode, Failure> {
    let code = code.parse().map_err(|_| Failure::not_found())?;
    state.enterprise.firm(code).map(|file| file.code).ok_or_else(Failure::not_found)
}

/// What a person is called; their number where the vault has no name.
pub fn called(names: &BTreeMap<PersonId, String>, person: PersonId) -> String {
    names.get(&person).cloned().unwrap_or_else(|| format!("编号 {person}"))
}

fn me(counter: &Counter) -> Option<PersonId> {
    counter.visitor.signed_in().map(|signed_in| signed_in.person)
}

/// Who acts for the firm on the day.
pub async fn acting(counter: Counter, Path(code): Path<String>, page: Page) -> Answer {
    let (state, day) = (counter.state()?, counter.as_of.day());
    let code = firm_of(&state, &code)?;
    let role = counter.visitor.role();
    if role != Some(Role::SecurityAdministrator) && !may_see(&state, &counter.visitor.viewer(), code, day) {
        return Err(Failure::Forbidden("谁能为企业办事只对企业本身、属地区县、市级责任部门和安全管理员开放。".into()));
    }
    let legal_person = state.accounts.legal_person(code, day);
    let given: Vec<&Authorisation> = state.accounts.authorisations_of(code).collect();
    let people: Vec<PersonId> = given.iter().filter_map(|given| given.holder()).chain(legal_person).collect();
    let names = counter.hall.names(&people).await?;
    let now = counter.as_of.is_now();
    let own = counter.visitor.organisation().is_some_and(|organisation| organisation.as_str() == code.as_str());
    let is_legal_person = now && own && role == Some(Role::Enterprise) && me(&counter) == legal_person;
    let lines: Vec<Line> = given
        .iter()
        .map(|given| {
            let holds = now && me(&counter).is_some() && me(&counter) == given.holder();
            Line {
                may_revoke: given.stage.is_open() && (holds || is_legal_person),
                may_answer: holds && given.stage == Stage::Offered,
                ..line(&state, day, given, &names)
            }
        })
        .collect();
    let steps = state.accounts.timeline(code);
    let content = Acting {
        code,
        firm: state.organisation_name(&code.into()),
        legal_person: legal_person.map(|person| called(&names, person)),
        may_hand_over: lines.iter().any(|line| line.may_revoke),
        lines,
        timeline: Timeline::new(&steps, |actor| actor_name(&state, actor)),
        is_legal_person,
        may_appoint: now && role == Some(Role::SecurityAdministrator),
    };
    let firm = content.firm.clone();
    page.title("谁能为企业办事").crumb(firm, format!("/firms/{code}")).show(&content)
}

fn line(state: &State, day: Date, given: &Authorisation, names: &BTreeMap<PersonId, String>) -> Line {
    let holder = given.holder();
    let (light, note) = match &given.stage {
        Stage::Offered => (Light::watch("待接受"), String::new()),
        Stage::Accepted if given.until < day => (Light::unknown("已到期"), String::new()),
        Stage::Accepted if day < given.from => (Light::watch("尚未生效"), String::new()),
        Stage::Accepted => (Light::good("有效"), String::new()),
        Stage::Declined => (Light::unknown("已谢绝"), String::new()),
        Stage::Revoked { on, reason } => (Light::unknown("已撤销"), format!("{on} 起，{reason}")),
    };
    let scopes: Vec<&str> = given.scopes.iter().map(|scope| scope.label()).collect();
    Line {
        id: given.id,
        name: holder.map(|person| called(names, person)).unwrap_or_default(),
        agency: given.agency.as_ref().map(|agency| state.organisation_name(agency)),
        scopes: scopes.join("、"),
        from: given.from,
        until: given.until,
        light,
        note,
        may_answer: false,
        may_revoke: false,
    }
}
