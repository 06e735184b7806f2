//! Entering a person, letting them in, suspending and restoring them.

use accounts::Command;
use accounts::person::Standing;
use askama::Template;
use axum::extract::Path;
use kernel::PersonId;
use office::State;
use web::{
    Account, Answer, Counter, Credentials, Draft, Failure, Form, FormPage, FromFields, GiveError, LoginName, Page,
    Reader, go,
};

use crate::people::name_of;

/// A person to be entered.
pub struct Newcomer {
    name: String,
    login: LoginName,
    document: Option<String>,
}

impl FromFields for Newcomer {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let name = reader.text("name", "姓名", 40, true);
        let login = reader.required("login", "登录名");
        let document = reader.optional("document", "证件号码");
        Some(Self { name: name?, login: login?, document: document? })
    }
}

/// A password that is shown once.
#[derive(Template)]
#[template(path = "one_time_password.html")]
struct Given {
    person: PersonId,
    name: String,
    login: String,
    password: String,
}

fn given(page: Page, person: PersonId, name: String, login: String, password: String) -> Answer {
    page.title("一次性密码").crumb("人员", "/people").show(&Given { person, name, login, password })
}

fn new_form(page: Page, draft: Draft) -> Answer {
    let name = draft.text("name", "姓名").hint("只存入保险库，不进账本").required();
    let login = draft.known("login", "登录名", "off").hint("3 至 32 个小写字母、数字、点或连字符").required();
    let document = draft.text("document", "证件号码").hint("只存摘要，用来防止一人登记两次；不保存号码本身");
    FormPage::new("登记人员", "/people/new", draft)
        .intro("登记后得到一次性密码，请当面或用单独渠道交给本人；角色由安全管理员另行授予。")
        .group("", [name, login, document])
        .button("登记并生成一次性密码")
        .show(page.crumb("人员", "/people"))
}

/// The empty form.
pub async fn new(page: Page) -> Answer {
    let draft = page.form();
    new_form(page, draft)
}

/// Enters a person: the pseudonym into the ledger, the name into the vault, the log-in onto the desk.
pub async fn register(counter: Counter, credentials: Credentials, page: Page, form: Form<Newcomer>) -> Answer {
    let Form { read, draft, command, .. } = form;
    let Some(Newcomer { name, login, document }) = read else { return new_form(page, draft) };
    let person = PersonId(command.0);
    if credentials.person(&login).await?.is_some_and(|other| other != person) {
        return new_form(page, draft.complain(GiveError::Taken(login).to_string()));
    }
    let identity = document.map(|document| counter.hall.identity_digest(&document));
    let sent = counter.submit(command, Command::RegisterPerson { person, identity }).await;
    if let Some(draft) = draft.clone().unless_done(sent)? {
        return new_form(page, draft);
    }
    counter.hall.name_person(person, &name).await?;
    let shown = login.to_string();
    match credentials.give(person, login).await {
        Ok(password) => given(page, person, name, shown, password),
        Err(GiveError::Failed(failure)) => Err(failure),
        Err(error) => new_form(page, draft.complain(error.to_string())),
    }
}

/// A log-in name for somebody who is entered and has none.
pub struct Login(LoginName);

impl FromFields for Login {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        reader.required("login", "登录名").map(Self)
    }
}

async fn login_form(counter: &Counter, person: PersonId, page: Page, draft: Draft) -> Answer {
    let login = draft.known("login", "登录名", "off").hint("3 至 32 个小写字母、数字、点或连字符").required();
    FormPage::new(format!("为{}开通登录", name_of(counter, person).await?), format!("/people/{person}/login"), draft)
        .field(login)
        .button("生成一次性密码")
        .show(page.crumb("人员", "/people"))
}

/// The form.
pub async fn new_login(counter: Counter, Path(person): Path<PersonId>, page: Page) -> Answer {
    living(&counter.state()?, person)?;
    let draft = page.form();
    login_form(&counter, person, page, draft).await
}

/// Lets the person in.
pub async fn give_login(
    counter: Counter,
    credentials: Credentials,
    Path(person): Path<PersonId>,
    page: Page,
    form: Form<Login>,
) -> Answer {
    living(&counter.state()?, person)?;
    let Form { read, draft, .. } = form;
    let Some(Login(login)) = read else { return login_form(&counter, person, page, draft).await };
    let shown = login.to_string();
    match credentials.give(person, login).await {
        Ok(password) => given(page, person, name_of(&counter, person).await?, shown, password),
        Err(GiveError::Failed(failure)) => Err(failure),
        Err(error) => login_form(&counter, person, page, draft.complain(error.to_string())).await,
    }
}

/// Whether the second factor goes too.
pub struct Reset {
    drop_second_factor: bool,
}

impl FromFields for Reset {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self { drop_second_factor: reader.ticked("drop") })
    }
}

/// The form that gives another password.
pub async fn reset_form(
    counter: Counter,
    credentials: Credentials,
    Path(person): Path<PersonId>,
    page: Page,
) -> Answer {
    let account: Account = credentials.of(person).await?.ok_or_else(Failure::not_found)?;
    let name = name_of(&counter, person).await?;
    let draft = page.form();
    let lost = draft.tick("drop", "同时停用动态口令（本人遗失手机时）");
    let form = FormPage::new(format!("重置{name}的密码"), format!("/people/{person}/password"), draft).intro(format!(
        "登录名 {}。原密码立即失效，所有设备上的登录全部退出；新的一次性密码只显示一次。",
        account.login
    ));
    let form = if account.has_second_factor { form.field(lost) } else { form };
    form.button("生成新的一次性密码").show(page.crumb("人员", "/people"))
}

/// Gives another password.
pub async fn reset(
    counter: Counter,
    credentials: Credentials,
    Path(person): Path<PersonId>,
    page: Page,
    form: Form<Reset>,
) -> Answer {
    not_oneself(&counter, person)?;
    let account = credentials.of(person).await?.ok_or_else(Failure::not_found)?;
    let drop = form.read.is_some_and(|reset| reset.drop_second_factor);
    let password = credentials.reset(person, drop).await?;
    given(page, person, name_of(&counter, person).await?, account.login, password)
}

/// Lets a locked log-in try again.
pub async fn unlock(counter: Counter, credentials: Credentials, Path(person): Path<PersonId>) -> Answer {
    not_oneself(&counter, person)?;
    credentials.unlock(person).await?;
    Ok(go(&format!("/people/{person}")))
}

fn not_oneself(counter: &Counter, person: PersonId) -> Result<(), Failure> {
    match counter.visitor.signed_in() {
        Some(signed_in) if signed_in.person != person => Ok(()),
        _ => Err(Failure::Forbidden("本人的密码请在“账号与安全”中修改；遗失时由另一位安全管理员重置。".into())),
    }
}

fn living(state: &State, person: PersonId) -> Result<(), Failure> {
    match state.accounts.person(person).map(|person| &person.standing) {
        None => Err(Failure::not_found()),
        Some(Standing::Erased { .. }) => Err(Failure::Unacceptable("此人的个人信息已清除，不能再开通登录。".into())),
        Some(_) => Ok(()),
    }
}

/// Why somebody may not act for now.
pub struct Reason(pub String);

impl FromFields for Reason {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        reader.text("reason", "原因", 300, true).map(Self)
    }
}

async fn suspend_form(counter: &Counter, person: PersonId, page: Page, draft: Draft) -> Answer {
    let name = name_of(counter, person).await?;
    let reason = draft.lines("reason", "原因").hint("进入账本，永久保留：不写姓名、电话等个人信息").required();
    FormPage::new(format!("停用{name}"), format!("/people/{person}/suspend"), draft)
        .intro("停用后立即不能办理任何事项，所有登录退出；可以随时恢复。")
        .field(reason)
        .button("停用")
        .show(page.crumb("人员", "/people"))
}

/// The form that stops somebody from acting.
pub async fn new_suspension(counter: Counter, Path(person): Path<PersonId>, page: Page) -> Answer {
    let draft = page.form();
    suspend_form(&counter, person, page, draft).await
}

/// Stops somebody from acting.
pub async fn suspend(
    counter: Counter,
    credentials: Credentials,
    Path(person): Path<PersonId>,
    page: Page,
    form: Form<Reason>,
) -> Answer {
    let Form { read, draft, command, .. } = form;
    let Some(Reason(reason)) = read else { return suspend_form(&counter, person, page, draft).await };
    let sent = counter.submit(command, Command::SuspendPerson { person, reason }).await;
    match draft.unless_done(sent)? {
        Some(draft) => suspend_form(&counter, person, page, draft).await,
        None => {
            credentials.sign_out(person).await?;
            Ok(go(&format!("/people/{person}")))
        }
    }
}

/// Lets somebody act again.
pub async fn restore(counter: Counter, Path(person): Path<PersonId>, form: Form<()>) -> Answer {
    counter.submit(form.command, Command::RestorePerson { person }).await?;
    Ok(go(&format!("/people/{person}")))
}
