//! Lending one's desk to a colleague during absence.

use std::collections::BTreeMap;

use accounts::{Command, Delegation, DelegationId, GrantId};
use askama::Template;
use axum::extract::Path;
use kernel::{Date, PersonId};
use office::State;
use register::Light;
use web::{Answer, Counter, Draft, Failure, Form, FormPage, FromFields, Page, Reader, go};

use crate::people::called;

#[derive(Template)]
#[template(path = "delegations.html")]
struct Delegations {
    lent: Vec<Line>,
    borrowed: Vec<Line>,
    can_lend: bool,
    draft: Draft,
}

struct Line {
    id: DelegationId,
    desk: String,
    other: String,
    from: Date,
    until: Date,
    standing: Light,
    open: bool,
}

fn me(counter: &Counter) -> Result<PersonId, Failure> {
    counter.visitor.signed_in().map(|signed_in| signed_in.person).ok_or(Failure::SignInFirst)
}

fn line(state: &State, day: Date, delegation: &Delegation, other: String) -> Line {
    let desk = state.accounts.grant(delegation.grant).map(|grant| {
        let office = state.organisation_name(&grant.organisation);
        format!("{office} · {}", grant.role.label())
    });
    let over = delegation.ended.is_some_and(|ended| ended <= day) || delegation.until < day;
    let standing = match (over, delegation.holds_on(day)) {
        (true, _) => Light::unknown("已结束"),
        (_, true) => Light::good("委托中"),
        _ => Light::watch("尚未开始"),
    };
    Line {
        id: delegation.id,
        desk: desk.unwrap_or_default(),
        other,
        from: delegation.from,
        until: delegation.until,
        standing,
        open: !over && delegation.ended.is_none(),
    }
}

/// What was lent, and borrowed.
pub async fn delegations(counter: Counter, page: Page) -> Answer {
    let (state, day, me) = (counter.state()?, counter.as_of.day(), me(&counter)?);
    let all: Vec<&Delegation> = state.accounts.delegations().filter(|one| one.of == me || one.to == me).collect();
    let people: Vec<PersonId> = all.iter().flat_map(|one| [one.of, one.to]).collect();
    let names = counter.hall.names(&people).await?;
    let lines = |mine: bool| -> Vec<Line> {
        let chosen = all.iter().filter(|one| (one.of == me) == mine);
        chosen.map(|one| line(&state, day, one, called(&names, if mine { one.to } else { one.of }))).collect()
    };
    let content = Delegations {
        lent: lines(true),
        borrowed: lines(false),
        can_lend: counter.as_of.is_now() && !desks(&state, me, day).is_empty(),
        draft: page.form(),
    };
    page.title("外出委托").show(&content)
}

/// The person's own desks that may be lent.
fn desks(state: &State, person: PersonId, day: Date) -> Vec<(GrantId, String)> {
    let lendable =
        |grant: &&accounts::Grant| grant.holds_on(day) && !accounts::organisation::ADMINISTRATORS.contains(&grant.role);
    let grants = state.accounts.grants_held_by(person).filter(lendable);
    let named = grants.map(|grant| {
        let office = state.organisation_name(&grant.organisation);
        (grant.id, format!("{office} · {}", grant.role.label()))
    });
    named.collect()
}

/// Who shares an office with the person today.
fn colleagues(state: &State, person: PersonId, day: Date) -> Vec<PersonId> {
    let offices: Vec<_> = state.accounts.grants_held_by(person).filter(|grant| grant.holds_on(day)).collect();
    let shares = |grant: &&accounts::Grant| {
        grant.person != person
            && grant.holds_on(day)
            && offices.iter().any(|office| office.organisation == grant.organisation)
    };
    let mut people: Vec<PersonId> = state.accounts.grants().filter(shares).map(|grant| grant.person).collect();
    people.sort_unstable();
    people.dedup();
    people
}

/// Which desk, to whom, when.
pub struct Lending {
    grant: GrantId,
    to: PersonId,
    from: Date,
    until: Date,
}

impl FromFields for Lending {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let grant = reader.required("grant", "岗位");
        let to = reader.required("to", "受托同事");
        let from = reader.required("from", "起始日");
        let until = reader.required("until", "截止日");
        Some(Self { grant: grant?, to: to?, from: from?, until: until? })
    }
}

async fn form(counter: &Counter, page: Page, draft: Draft) -> Answer {
    let (state, day, me) = (counter.state()?, counter.as_of.day(), me(counter)?);
    let colleagues = colleagues(&state, me, day);
    let names: BTreeMap<PersonId, String> = counter.hall.names(&colleagues).await?;
    let people: Vec<(PersonId, String)> =
        colleagues.into_iter().map(|person| (person, called(&names, person))).collect();
    let none = people.is_empty();
    let fields = [
        draft.select("grant", "岗位", &desks(&state, me, day)).required(),
        draft.select("to", "受托同事", &people).hint("同一单位在岗的同事").required(),
        draft.date("from", "起始日").required(),
        draft.date("until", "截止日").hint("最后一天").required(),
    ];
    let form = FormPage::new("委托同事代办", "/delegations/new", draft)
        .intro("委托期间同事以您的岗位办事，所办事项记在同事本人名下；四眼复核的规则不变。您回来后可提前结束。")
        .group("", fields)
        .button("委托");
    let form =
        if none { form.told("同一单位没有其他在岗同事，请联系安全管理员。") } else { form };
    form.show(page.crumb("外出委托", "/delegations"))
}

/// The empty form.
pub async fn new(counter: Counter, page: Page) -> Answer {
    let draft = page.form().fill([("from", counter.as_of.day().to_string())]);
    form(&counter, page, draft).await
}

/// Lends a desk.
pub async fn lend(counter: Counter, page: Page, sent: Form<Lending>) -> Answer {
    let Form { read, draft, command, .. } = sent;
    let Some(Lending { grant, to, from, until }) = read else { return form(&counter, page, draft).await };
    let id = DelegationId(command.0);
    let sent = counter.submit(command, Command::Delegate { id, grant, to, from, until }).await;
    match draft.unless_done(sent)? {
        Some(draft) => form(&counter, page, draft).await,
        None => Ok(go("/delegations")),
    }
}

/// Takes it back.
pub async fn end(counter: Counter, Path(id): Path<DelegationId>, sent: Form<()>) -> Answer {
    counter.submit(sent.command, Command::EndDelegation { id }).await?;
    Ok(go("/delegations"))
}
