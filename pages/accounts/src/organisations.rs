//! Organisations that people act for: the register, and opening, renaming, closing one.

use accounts::organisation::OrganisationKind;
use accounts::{Command, Organisation};
use askama::Template;
use axum::extract::Path;
use kernel::{Date, OrganisationId, Role};
use office::State;
use register::{Cell, Column, Kind, Register, Viewer};
use web::{Answer, Counter, Draft, Failure, Form, FormPage, FromFields, Markup, Page, Reader, go, show_register};

/// 机构台账.
pub fn register() -> Register<State> {
    let rows = |state: &State, _: &Viewer| -> Vec<(Organisation, usize)> {
        let organisations = state.accounts.organisations();
        let people = |organisation: &Organisation| {
            let grants = state.accounts.grants().filter(|grant| grant.organisation == organisation.id);
            grants.filter(|grant| matches!(grant.stage, accounts::grant::Stage::Active)).count()
        };
        organisations.map(|organisation| (organisation.clone(), people(organisation))).collect()
    };
    type Row = (Organisation, usize);
    Register::declare(
        "organisations",
        "机构台账",
        "可以有人代表其办事的单位：部门、区县、企业、代办与第三方机构。",
        rows,
    )
    .column(
        Column::new("name", "名称", |(one, _): &Row| {
            Cell::link(one.name.clone(), format!("/organisations/{}", one.id))
        })
        .filterable()
        .sortable(),
    )
    .column(
        Column::new("key", "编号", |(one, _): &Row| Cell::text(one.id.to_string()))
            .filterable()
            .describe("部门在计划中的编号、区划代码或统一社会信用代码"),
    )
    .column(
        Column::new("kind", "类别", |(one, _): &Row| Cell::text(one.kind.label()))
            .choices(OrganisationKind::ALL.map(OrganisationKind::label))
            .sortable(),
    )
    .column(
        Column::new("people", "授予的角色", |(_, people): &Row| {
            Cell::Count(i64::try_from(*people).unwrap_or(i64::MAX))
        })
        .kind(Kind::Count)
        .sortable()
        .describe("收回之前的角色授予条数；企业由法定代表人授权，不在此列"),
    )
    .column(
        Column::new("from", "启用日", |(one, _): &Row| Cell::Date(one.from)).kind(Kind::Date).sortable().filterable(),
    )
    .column(
        Column::new("until", "关闭日", |(one, _): &Row| one.until.map_or(Cell::None, Cell::Date))
            .kind(Kind::Date)
            .sortable()
            .filterable(),
    )
    .finish()
}

#[derive(Template)]
#[template(source = r#"<p class="actions"><a class="button" href="/organisations/new">登记机构</a></p>"#, ext = "html")]
struct Above;

fn keeps(counter: &Counter) -> bool {
    counter.visitor.role() == Some(Role::SystemAdministrator) && counter.as_of.is_now()
}

/// The register.
pub async fn organisations(counter: Counter, page: Page) -> Answer {
    let above = if keeps(&counter) { Markup::of(&Above)? } else { Markup::default() };
    show_register(&counter, page, &register(), above)
}

/// An organisation to be entered.
pub struct Newcomer {
    id: OrganisationId,
    kind: OrganisationKind,
    name: String,
    from: Date,
}

/// Kinds that are entered by hand: firms come with their file, this system is there from the first day.
const BY_HAND: [OrganisationKind; 6] = [
    OrganisationKind::MunicipalDepartment,
    OrganisationKind::CentralAgency,
    OrganisationKind::DistrictGovernment,
    OrganisationKind::Agency,
    OrganisationKind::AuditFirm,
    OrganisationKind::ExpertBody,
];

impl FromFields for Newcomer {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let id = reader.required("id", "编号");
        let kind = reader.choice("kind", "类别", &BY_HAND.map(|kind| (kind.label(), kind)));
        let name = reader.text("name", "名称", 100, true);
        let from = reader.required("from", "启用日");
        Some(Self { id: id?, kind: kind?, name: name?, from: from? })
    }
}

fn new_form(page: Page, draft: Draft) -> Answer {
    let fields = [
        draft.text("name", "名称").hint("全称").required(),
        draft.select("kind", "类别", &BY_HAND.map(|kind| (kind.label(), kind.label()))).required(),
        draft
            .text("id", "编号")
            .hint("2 至 40 个英文字母、数字或连字符，登记后不变；有统一社会信用代码或区划代码的填代码")
            .required(),
        draft.date("from", "启用日").required(),
    ];
    FormPage::new("登记机构", "/organisations/new", draft)
        .intro("企业随建档自动登记，区县和责任部门随区划目录、行动计划登记；这里登记其余单位。")
        .group("", fields)
        .button("登记")
        .show(page.crumb("机构", "/organisations"))
}

/// The empty form.
pub async fn new(counter: Counter, page: Page) -> Answer {
    let draft = page.form().fill([("from", counter.as_of.day().to_string())]);
    new_form(page, draft)
}

/// Enters it.
pub async fn open(counter: Counter, page: Page, form: Form<Newcomer>) -> Answer {
    let Form { read, draft, command, .. } = form;
    let Some(Newcomer { id, kind, name, from }) = read else { return new_form(page, draft) };
    let path = format!("/organisations/{id}");
    if counter.state()?.accounts.organisation(&id).is_some_and(|known| known.name != name) {
        return new_form(page, draft.complain(format!("编号 {id} 已被另一机构使用，请换一个编号。")));
    }
    let sent = counter.submit(command, Command::OpenOrganisation { id, kind, name, from }).await;
    match draft.unless_done(sent)? {
        Some(draft) => new_form(page, draft),
        None => Ok(go(&path)),
    }
}

#[derive(Template)]
#[template(path = "organisation.html")]
struct OrganisationPage {
    organisation: Organisation,
    people: Vec<(Option<String>, String, &'static str)>,
    keeps: bool,
}

/// One organisation and who holds which role in it.
pub async fn organisation(counter: Counter, Path(id): Path<OrganisationId>, page: Page) -> Answer {
    let (state, day) = (counter.state()?, counter.as_of.day());
    let organisation = state.accounts.organisation(&id).cloned().ok_or_else(Failure::not_found)?;
    let grants = state.accounts.grants().filter(|grant| grant.organisation == id && grant.holds_on(day));
    let grants: Vec<_> = grants.map(|grant| (grant.person, grant.role)).collect();
    let names = counter.hall.names(&grants.iter().map(|(person, _)| *person).collect::<Vec<_>>()).await?;
    let role = counter.visitor.role();
    let opens = role.is_some_and(|role| accounts::organisation::ADMINISTRATORS.contains(&role));
    let people = grants.into_iter().map(|(person, role)| {
        let href = opens.then(|| format!("/people/{person}"));
        (href, crate::people::called(&names, person), role.label())
    });
    let content = OrganisationPage { organisation, people: people.collect(), keeps: keeps(&counter) };
    page.title(content.organisation.name.clone()).crumb("机构", "/organisations").show(&content)
}

/// Its new name.
pub struct Named(String);

impl FromFields for Named {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        reader.text("name", "名称", 100, true).map(Self)
    }
}

fn found(state: &State, id: &OrganisationId) -> Result<Organisation, Failure> {
    state.accounts.organisation(id).cloned().ok_or_else(Failure::not_found)
}

fn rename_form(organisation: &Organisation, page: Page, draft: Draft) -> Answer {
    let draft = draft.revision(organisation.revision);
    let name = draft.text("name", "新名称").hint("全称").required();
    FormPage::new(format!("{}更名", organisation.name), format!("/organisations/{}/rename", organisation.id), draft)
        .field(name)
        .button("更名")
        .show(page.crumb("机构", "/organisations"))
}

/// The form.
pub async fn new_name(counter: Counter, Path(id): Path<OrganisationId>, page: Page) -> Answer {
    let organisation = found(&counter.state()?, &id)?;
    let draft = page.form().fill([("name", organisation.name.clone())]);
    rename_form(&organisation, page, draft)
}

/// Gives it another name.
pub async fn rename(counter: Counter, Path(id): Path<OrganisationId>, page: Page, form: Form<Named>) -> Answer {
    let organisation = found(&counter.state()?, &id)?;
    let Form { read, draft, command, revision } = form;
    let Some(Named(name)) = read else { return rename_form(&organisation, page, draft) };
    let path = format!("/organisations/{id}");
    let sent = counter.submit(command, Command::RenameOrganisation { id, expected: revision, name }).await;
    match draft.unless_done(sent)? {
        Some(draft) => rename_form(&organisation, page, draft),
        None => Ok(go(&path)),
    }
}

/// Its last day, and why.
pub struct Ending {
    until: Date,
    reason: String,
}

impl FromFields for Ending {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let until = reader.required("until", "关闭日");
        let reason = reader.text("reason", "原因", 300, true);
        Some(Self { until: until?, reason: reason? })
    }
}

fn close_form(organisation: &Organisation, page: Page, draft: Draft) -> Answer {
    let draft = draft.revision(organisation.revision);
    let fields = [
        draft.date("until", "关闭日").hint("最后一天；次日起其人员不再有这个单位的角色").required(),
        draft.lines("reason", "原因").required(),
    ];
    FormPage::new(format!("关闭{}", organisation.name), format!("/organisations/{}/close", organisation.id), draft)
        .intro("关闭不删除记录：以往办理的事项照常可查。")
        .group("", fields)
        .button("关闭")
        .show(page.crumb("机构", "/organisations"))
}

/// The form.
pub async fn new_end(counter: Counter, Path(id): Path<OrganisationId>, page: Page) -> Answer {
    let organisation = found(&counter.state()?, &id)?;
    let draft = page.form();
    close_form(&organisation, page, draft)
}

/// Closes it.
pub async fn close(counter: Counter, Path(id): Path<OrganisationId>, page: Page, form: Form<Ending>) -> Answer {
    let organisation = found(&counter.state()?, &id)?;
    let Form { read, draft, command, revision } = form;
    let Some(Ending { until, reason }) = read else { return close_form(&organisation, page, draft) };
    let path = format!("/organisations/{id}");
    let sent = counter.submit(command, Command::CloseOrganisation { id, expected: revision, until, reason }).await;
    match draft.unless_done(sent)? {
        Some(draft) => close_form(&organisation, page, draft),
        None => Ok(go(&path)),
    }
}
