//! Giving and taking roles.

use accounts::organisation::OrganisationKind;
use accounts::{Command, GrantId};
use axum::extract::Path;
use kernel::{Date, OrganisationId, PersonId, Role};
use office::State;
use web::{Answer, Counter, Draft, Failure, Form, FormPage, FromFields, Page, Reader, go};

use crate::people::name_of;
use crate::person_forms::Reason;

/// A role in an organisation, from a day to a day.
pub struct Wanted {
    role: Role,
    organisation: OrganisationId,
    from: Date,
    until: Option<Date>,
}

impl FromFields for Wanted {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let keys: Vec<(String, Role)> = Role::ALL.iter().map(|role| (key(*role), *role)).collect();
        let choices: Vec<(&str, Role)> = keys.iter().map(|(key, role)| (key.as_str(), *role)).collect();
        let organisation = reader.required("organisation", "单位");
        let role = reader.choice("role", "角色", &choices);
        let from = reader.required("from", "起始日");
        let until = reader.optional("until", "截止日");
        Some(Self { organisation: organisation?, role: role?, from: from?, until: until? })
    }
}

/// A role as it stands in a form.
fn key(role: Role) -> String {
    Role::ALL.iter().position(|other| *other == role).unwrap_or_default().to_string()
}

async fn form(counter: &Counter, state: &State, person: PersonId, page: Page, draft: Draft) -> Answer {
    let day = counter.as_of.day();
    let offices = state.accounts.organisations().filter(|office| office.exists_on(day));
    let mut offices: Vec<_> = offices.filter(|office| !office.kind.roles().is_empty()).collect();
    offices.sort_by_key(|office| (office.kind, office.id.clone()));
    let offices: Vec<(String, String)> = offices
        .iter()
        .map(|office| (office.id.to_string(), format!("{}（{}）", office.name, office.kind.label())))
        .collect();
    let granted = |role: &Role| OrganisationKind::ALL.iter().any(|kind| kind.roles().contains(role));
    let roles: Vec<(String, &str)> =
        Role::ALL.iter().filter(|role| granted(role)).map(|role| (key(*role), role.label())).collect();
    let fields = [
        draft.select("organisation", "单位", &offices).required(),
        draft.select("role", "角色", &roles).hint("须是该类单位可以授予的角色").required(),
        draft.date("from", "起始日").required(),
        draft.date("until", "截止日").hint("留空为长期有效"),
    ];
    FormPage::new(format!("授予{}角色", name_of(counter, person).await?), format!("/people/{person}/grants/new"), draft)
        .intro("三员（系统、安全、审计管理员）互斥，且须由另一位管理员复核后生效。为企业办事不在这里授予：由企业法定代表人授权。")
        .group("", fields)
        .button("授予")
        .show(page.crumb("人员", "/people"))
}

/// The empty form.
pub async fn new(counter: Counter, Path(person): Path<PersonId>, page: Page) -> Answer {
    let state = counter.state()?;
    state.accounts.person(person).ok_or_else(Failure::not_found)?;
    let draft = page.form().fill([("from", counter.as_of.day().to_string())]);
    form(&counter, &state, person, page, draft).await
}

/// Grants it, or proposes it where a second person must confirm.
pub async fn grant(counter: Counter, Path(person): Path<PersonId>, page: Page, sent: Form<Wanted>) -> Answer {
    let state = counter.state()?;
    let Form { read, draft, command, .. } = sent;
    let Some(Wanted { role, organisation, from, until }) = read else {
        return form(&counter, &state, person, page, draft).await;
    };
    let id = GrantId(command.0);
    let sent = counter.submit(command, Command::Grant { id, person, role, organisation, from, until }).await;
    match draft.unless_done(sent)? {
        Some(draft) => form(&counter, &state, person, page, draft).await,
        None => Ok(go(&format!("/people/{person}"))),
    }
}

fn holder(state: &State, id: GrantId) -> Result<PersonId, Failure> {
    state.accounts.grant(id).map(|grant| grant.person).ok_or_else(Failure::not_found)
}

/// A second person confirms an administrator's role.
pub async fn confirm(counter: Counter, Path(id): Path<GrantId>, form: Form<()>) -> Answer {
    let person = holder(&counter.state()?, id)?;
    counter.submit(form.command, Command::ConfirmGrant { id }).await?;
    Ok(go(&format!("/people/{person}")))
}

async fn reason_form(
    counter: &Counter,
    id: GrantId,
    (heading, act, button): (&str, &str, &'static str),
    page: Page,
    draft: Draft,
) -> Answer {
    let state = counter.state()?;
    let grant = state.accounts.grant(id).cloned().ok_or_else(Failure::not_found)?;
    let name = name_of(counter, grant.person).await?;
    let office = state.organisation_name(&grant.organisation);
    let draft = draft.revision(grant.revision);
    let reason = draft.lines("reason", "原因").hint("进入账本，永久保留：不写姓名、电话等个人信息").required();
    FormPage::new(heading, format!("/grants/{id}/{act}"), draft)
        .intro(format!("{name}，{office} · {}，{} 起。", grant.role.label(), grant.from))
        .field(reason)
        .button(button)
        .show(page.crumb("人员", "/people").crumb(name, format!("/people/{}", grant.person)))
}

const REJECT: (&str, &str, &str) = ("不予通过", "reject", "不予通过");
const REVOKE: (&str, &str, &str) = ("收回角色", "revoke", "从今天起收回");

/// The form with which a second person turns it down.
pub async fn new_rejection(counter: Counter, Path(id): Path<GrantId>, page: Page) -> Answer {
    let draft = page.form();
    reason_form(&counter, id, REJECT, page, draft).await
}

/// A second person turns it down.
pub async fn reject(counter: Counter, Path(id): Path<GrantId>, page: Page, form: Form<Reason>) -> Answer {
    let person = holder(&counter.state()?, id)?;
    let Form { read, draft, command, .. } = form;
    let Some(Reason(reason)) = read else { return reason_form(&counter, id, REJECT, page, draft).await };
    let sent = counter.submit(command, Command::RejectGrant { id, reason }).await;
    match draft.unless_done(sent)? {
        Some(draft) => reason_form(&counter, id, REJECT, page, draft).await,
        None => Ok(go(&format!("/people/{person}"))),
    }
}

/// The form that takes a role back.
pub async fn new_revocation(counter: Counter, Path(id): Path<GrantId>, page: Page) -> Answer {
    let draft = page.form();
    reason_form(&counter, id, REVOKE, page, draft).await
}

/// Takes a role back from today.
pub async fn revoke(counter: Counter, Path(id): Path<GrantId>, page: Page, form: Form<Reason>) -> Answer {
    let person = holder(&counter.state()?, id)?;
    let Form { read, draft, command, revision } = form;
    let Some(Reason(reason)) = read else { return reason_form(&counter, id, REVOKE, page, draft).await };
    let sent = counter.submit(command, Command::RevokeGrant { id, expected: revision, reason }).await;
    match draft.unless_done(sent)? {
        Some(draft) => reason_form(&counter, id, REVOKE, page, draft).await,
        None => Ok(go(&format!("/people/{person}"))),
    }
}
