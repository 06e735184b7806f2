//! Appointing a legal person, authorising people, their answer, revocation and handover.

use std::collections::BTreeSet;

use accounts::authorisation::Stage;
use accounts::organisation::OrganisationKind;
use accounts::{Authorisation, AuthorisationId, Command, Scope};
use askama::Template;
use axum::extract::Path;
use kernel::{CreditCode, Date, OrganisationId, PersonId, Role};
use office::State;
use web::{
    Answer, Counter, Credentials, Draft, Failure, Form, FormPage, FromFields, LoginName, Page, Reader, Upload, go,
};

use crate::acting_page::{called, firm_of};

/// A file that proves something.
const PAPERS: &str = ".pdf,.ofd,.png,.jpg,.txt";

fn back(code: CreditCode) -> String {
    format!("/firms/{code}/acting")
}

fn crumbs(page: Page, state: &State, code: CreditCode) -> Page {
    page.crumb(state.organisation_name(&code.into()), format!("/firms/{code}")).crumb("谁能为企业办事", back(code))
}

/// The person behind a log-in name, or what is wrong with it, said at the field.
async fn whom(credentials: &Credentials, login: &LoginName, draft: Draft) -> Result<Result<PersonId, Draft>, Failure> {
    Ok(match credentials.person(login).await? {
        Some(person) => Ok(person),
        None => {
            let what = format!("没有登录名为“{login}”的人员，请向本人核对；还没有登记的，请先联系系统管理员登记。");
            Err(draft.refused(kernel::Refusal::invalid("login", what))?)
        }
    })
}

/// Who is a firm's legal person, since when, and what proves it.
pub struct Appointment {
    login: LoginName,
    from: Date,
    evidence: Upload,
}

impl FromFields for Appointment {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let login = reader.required("login", "登录名");
        let from = reader.required("from", "任职起始日");
        let evidence = reader.file("evidence", "证明材料");
        Some(Self { login: login?, from: from?, evidence: evidence? })
    }
}

fn appoint_form(state: &State, code: CreditCode, page: Page, draft: Draft) -> Answer {
    let fields = [
        draft.known("login", "法定代表人的登录名", "off").hint("须已登记为人员").required(),
        draft.date("from", "任职起始日").required(),
        draft.upload("evidence", "营业执照或电子营业执照核验记录", PAPERS).hint("不超过 20 MB").required(),
    ];
    FormPage::new("核验法定代表人", format!("{}/legal-person", back(code)), draft)
        .intro(state.organisation_name(&code.into()))
        .intro("新的法定代表人登记后，原任自起始日起不再能办理；原有的授权仍然有效，请新任核对。")
        .group("", fields)
        .files()
        .button("登记")
        .show(crumbs(page, state, code))
}

/// The form.
pub async fn new_legal_person(counter: Counter, Path(code): Path<String>, page: Page) -> Answer {
    let state = counter.state()?;
    let (code, draft) = (firm_of(&state, &code)?, page.form());
    appoint_form(&state, code, page, draft)
}

/// Records who is the firm's legal person.
pub async fn appoint(
    counter: Counter,
    credentials: Credentials,
    Path(code): Path<String>,
    page: Page,
    form: Form<Appointment>,
) -> Answer {
    let state = counter.state()?;
    let firm = firm_of(&state, &code)?;
    let Form { read, draft, command, .. } = form;
    let Some(Appointment { login, from, evidence }) = read else { return appoint_form(&state, firm, page, draft) };
    let person = match whom(&credentials, &login, draft.clone()).await? {
        Ok(person) => person,
        Err(draft) => return appoint_form(&state, firm, page, draft),
    };
    let evidence = vec![counter.keep(&evidence).await?];
    let sent = counter.submit(command, Command::AppointLegalPerson { firm, person, from, evidence }).await;
    match draft.unless_done(sent)? {
        Some(draft) => appoint_form(&state, firm, page, draft),
        None => Ok(go(&back(firm))),
    }
}

/// Who may do what for the firm, and until when.
pub struct Offer {
    login: LoginName,
    agency: Option<OrganisationId>,
    scopes: BTreeSet<Scope>,
    from: Date,
    until: Date,
}

fn scope_key(scope: Scope) -> &'static str {
    match scope {
        Scope::Filings => "filings",
        Scope::Claim => "claim",
        Scope::Order => "order",
    }
}

impl FromFields for Offer {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let login = reader.required("login", "登录名");
        let agency = reader.optional("agency", "代办机构");
        let ticked = reader.all("scopes");
        let scopes = Scope::ALL.into_iter().filter(|scope| ticked.iter().any(|key| key == scope_key(*scope))).collect();
        let from = reader.required("from", "起始日");
        let until = reader.required("until", "截止日");
        Some(Self { login: login?, agency: agency?, scopes, from: from?, until: until? })
    }
}

fn offer_form(state: &State, code: CreditCode, day: Date, page: Page, draft: Draft) -> Answer {
    let agencies = state.accounts.organisations().filter(|one| one.kind == OrganisationKind::Agency);
    let agencies: Vec<(String, String)> =
        agencies.filter(|one| one.exists_on(day)).map(|one| (one.id.to_string(), one.name.clone())).collect();
    let scopes = Scope::ALL.map(|scope| (scope_key(scope), scope.label()));
    let fields = [
        draft.known("login", "被授权人的登录名", "off").hint("请向本人索取").required(),
        draft.select("agency", "代办机构", &agencies).hint("本企业员工留空；代办人员选所在机构"),
        draft.ticks("scopes", "授权范围", &scopes).hint("报送材料含年度申报和统计调查表").required(),
        draft.date("from", "起始日").required(),
        draft.date("until", "截止日").hint("最后一天；可以提前撤销").required(),
    ];
    FormPage::new("授权他人办事", format!("{}/authorise", back(code)), draft)
        .intro(state.organisation_name(&code.into()))
        .intro("对方接受后生效。所办事项记在对方本人名下，您随时可以查看和撤销。")
        .group("", fields)
        .button("发出授权")
        .show(crumbs(page, state, code))
}

/// The form.
pub async fn new_offer(counter: Counter, Path(code): Path<String>, page: Page) -> Answer {
    let (state, day) = (counter.state()?, counter.as_of.day());
    let code = firm_of(&state, &code)?;
    let draft = page.form().fill([("from", day.to_string())]);
    offer_form(&state, code, day, page, draft)
}

/// The legal person offers somebody to act for the firm.
pub async fn authorise(
    counter: Counter,
    credentials: Credentials,
    Path(code): Path<String>,
    page: Page,
    form: Form<Offer>,
) -> Answer {
    let (state, day) = (counter.state()?, counter.as_of.day());
    let firm = firm_of(&state, &code)?;
    let Form { read, draft, command, .. } = form;
    let Some(Offer { login, agency, scopes, from, until }) = read else {
        return offer_form(&state, firm, day, page, draft);
    };
    let person = match whom(&credentials, &login, draft.clone()).await? {
        Ok(person) => person,
        Err(draft) => return offer_form(&state, firm, day, page, draft),
    };
    let id = AuthorisationId(command.0);
    let authorise = Command::Authorise { id, firm, person, agency, scopes, from, until };
    match draft.unless_done(counter.submit(command, authorise).await)? {
        Some(draft) => offer_form(&state, firm, day, page, draft),
        None => Ok(go(&back(firm))),
    }
}

#[derive(Template)]
#[template(path = "authorisations.html")]
struct Mine {
    lines: Vec<Line>,
    draft: Draft,
}

struct Line {
    id: AuthorisationId,
    firm: String,
    agency: Option<String>,
    scopes: String,
    from: Date,
    until: Date,
    stage: &'static str,
    offered: bool,
}

fn me(counter: &Counter) -> Result<PersonId, Failure> {
    counter.visitor.signed_in().map(|signed_in| signed_in.person).ok_or(Failure::SignInFirst)
}

/// What firms let this person do, and offers that wait for an answer.
pub async fn mine(counter: Counter, page: Page) -> Answer {
    let (state, me) = (counter.state()?, me(&counter)?);
    let held = state.accounts.authorisations_held_by(me).filter(|given| given.holder() == Some(me));
    let line = |given: &Authorisation| Line {
        id: given.id,
        firm: state.organisation_name(&given.firm.into()),
        agency: given.agency.as_ref().map(|agency| state.organisation_name(agency)),
        scopes: given.scopes.iter().map(|scope| scope.label()).collect::<Vec<_>>().join("、"),
        from: given.from,
        until: given.until,
        stage: given.stage.label(),
        offered: given.stage == Stage::Offered && counter.as_of.is_now(),
    };
    let mut lines: Vec<Line> = held.map(line).collect();
    lines.sort_by_key(|line| (!line.offered, std::cmp::Reverse(line.from)));
    let content = Mine { lines, draft: page.form() };
    page.title("企业授权").show(&content)
}

/// An authorisation, for whom it was given to. Nobody else learns that there is one.
fn my_own(counter: &Counter, state: &State, id: AuthorisationId) -> Result<Authorisation, Failure> {
    let me = me(counter)?;
    let given = state.accounts.authorisation(id).filter(|given| given.holder() == Some(me));
    given.cloned().ok_or_else(Failure::not_found)
}

async fn answer(counter: &Counter, id: AuthorisationId, form: Form<()>, command: Command) -> Answer {
    let given = my_own(counter, &counter.state()?, id)?;
    let role = if given.agency.is_some() { Role::Agent } else { Role::Enterprise };
    counter.answer(form.command, (role, given.firm.into()), command).await?;
    Ok(go("/desk"))
}

/// The person accepts.
pub async fn accept(counter: Counter, Path(id): Path<AuthorisationId>, form: Form<()>) -> Answer {
    answer(&counter, id, form, Command::AcceptAuthorisation { id }).await
}

/// The person declines.
pub async fn decline(counter: Counter, Path(id): Path<AuthorisationId>, form: Form<()>) -> Answer {
    answer(&counter, id, form, Command::DeclineAuthorisation { id }).await
}

/// Why it is taken back.
pub struct Reason(String);

impl FromFields for Reason {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        reader.text("reason", "撤销原因", 300, true).map(Self)
    }
}

/// An authorisation, for its holder and for people acting for the firm.
fn concerned(counter: &Counter, state: &State, id: AuthorisationId) -> Result<Authorisation, Failure> {
    let given = state.accounts.authorisation(id).cloned().ok_or_else(Failure::not_found)?;
    let acts = counter.visitor.organisation().is_some_and(|one| one.as_str() == given.firm.as_str());
    if acts { Ok(given) } else { my_own(counter, state, id) }
}

fn revoke_form(state: &State, given: &Authorisation, page: Page, draft: Draft) -> Answer {
    let draft = draft.revision(given.revision);
    let reason = draft.lines("reason", "撤销原因").hint("进入账本，永久保留：不写个人信息").required();
    FormPage::new("撤销授权", format!("/authorisations/{}/revoke", given.id), draft)
        .intro(format!("{}，{} 至 {}。", state.organisation_name(&given.firm.into()), given.from, given.until))
        .intro("从今天起失效；已经报送的材料不受影响。")
        .field(reason)
        .button("撤销授权")
        .show(crumbs(page, state, given.firm))
}

/// The form.
pub async fn new_revocation(counter: Counter, Path(id): Path<AuthorisationId>, page: Page) -> Answer {
    let state = counter.state()?;
    let (given, draft) = (concerned(&counter, &state, id)?, page.form());
    revoke_form(&state, &given, page, draft)
}

/// The legal person takes it back, or its holder gives it up.
pub async fn revoke(counter: Counter, Path(id): Path<AuthorisationId>, page: Page, form: Form<Reason>) -> Answer {
    let state = counter.state()?;
    let given = concerned(&counter, &state, id)?;
    let Form { read, draft, command, revision } = form;
    let Some(Reason(reason)) = read else { return revoke_form(&state, &given, page, draft) };
    let sent = counter.submit(command, Command::RevokeAuthorisation { id, expected: revision, reason }).await;
    match draft.unless_done(sent)? {
        Some(draft) => revoke_form(&state, &given, page, draft),
        // Whoever gave up their own authorisation no longer sees the firm's page.
        None => Ok(go("/desk")),
    }
}

/// Whose work passes to whom.
pub struct Handover {
    from: PersonId,
    login: LoginName,
}

impl FromFields for Handover {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let from = reader.required("from", "移交人");
        let login = reader.required("login", "接手人的登录名");
        Some(Self { from: from?, login: login? })
    }
}

async fn handover_form(counter: &Counter, state: &State, code: CreditCode, page: Page, draft: Draft) -> Answer {
    let me = counter.visitor.signed_in().map(|signed_in| signed_in.person);
    let leads = state.accounts.legal_person(code, counter.as_of.day()) == me;
    let open = state.accounts.authorisations_of(code).filter(|given| given.stage.is_open());
    let mut holders: Vec<PersonId> = open.filter_map(Authorisation::holder).collect();
    holders.retain(|holder| leads || Some(*holder) == me);
    holders.sort_unstable();
    holders.dedup();
    let names = counter.hall.names(&holders).await?;
    let holders: Vec<(PersonId, String)> = holders.into_iter().map(|one| (one, called(&names, one))).collect();
    let fields = [
        draft.select("from", "移交人", &holders).required(),
        draft.known("login", "接手人的登录名", "off").hint("须已登记且在用").required(),
    ];
    FormPage::new("移交授权", format!("{}/hand-over", back(code)), draft)
        .intro(state.organisation_name(&code.into()))
        .intro("移交人在本企业的全部授权从今天起由接手人承接，范围、期限和在办事项不变。")
        .group("", fields)
        .button("移交")
        .show(crumbs(page, state, code))
}

/// The form.
pub async fn new_handover(counter: Counter, Path(code): Path<String>, page: Page) -> Answer {
    let state = counter.state()?;
    let (code, draft) = (firm_of(&state, &code)?, page.form());
    acts_for(&counter, code)?;
    handover_form(&counter, &state, code, page, draft).await
}

fn acts_for(counter: &Counter, code: CreditCode) -> Result<(), Failure> {
    let acts = counter.visitor.organisation().is_some_and(|one| one.as_str() == code.as_str());
    if acts {
        Ok(())
    } else {
        Err(Failure::Forbidden("移交由企业法定代表人或移交人本人办理，请切换身份。".into()))
    }
}

/// Everything one person does for the firm passes to another.
pub async fn hand_over(
    counter: Counter,
    credentials: Credentials,
    Path(code): Path<String>,
    page: Page,
    form: Form<Handover>,
) -> Answer {
    let state = counter.state()?;
    let firm = firm_of(&state, &code)?;
    acts_for(&counter, firm)?;
    let Form { read, draft, command, .. } = form;
    let Some(Handover { from, login }) = read else {
        return handover_form(&counter, &state, firm, page, draft).await;
    };
    let to = match whom(&credentials, &login, draft.clone()).await? {
        Ok(person) => person,
        Err(draft) => return handover_form(&counter, &state, firm, page, draft).await,
    };
    match draft.unless_done(counter.submit(command, Command::HandOver { firm, from, to }).await)? {
        Some(draft) => handover_form(&counter, &state, firm, page, draft).await,
        None => Ok(go("/desk")),
    }
}
