//! Changing a firm's file: one form for each kind of change, and the page that lists them beside what they change.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Path;
use enterprise::{Catalog, Change, Command, FirmFile};
use kernel::{CommandId, CreditCode, Date, Evidence, PersonId, Role};
use office::{Hall, State};
use register::Light;
use web::{Answer, Counter, Draft, Failure, Form, FormPage, FromFields, Page, Route, Upload, go};

use crate::acting_page::{called, firm_of};
use crate::registers::may_see;

/// Files of one change, in bytes.
pub const UPLOAD: usize = 20 << 20;
/// What an award or a recognition comes on.
pub const PAPERS: &str = ".pdf,.ofd,.png,.jpg,.txt";

/// Officers who keep firms' files.
pub const GOVERNMENT: &[Role] = &[Role::DistrictOfficer, Role::CityOfficer];
/// The firm itself, and they.
pub const FIRM_OR_GOVERNMENT: &[Role] = &[Role::Enterprise, Role::DistrictOfficer, Role::CityOfficer];
/// The responsible department.
pub const DEPARTMENT: &[Role] = &[Role::CityOfficer];
/// The firm alone.
pub const FIRM: &[Role] = &[Role::Enterprise];

/// What a form may know of the firm it changes.
pub struct Subject<'a> {
    /// Everything.
    pub state: &'a State,
    /// Reference data.
    pub catalog: &'a Catalog,
    /// The file.
    pub file: &'a FirmFile,
    /// Today.
    pub day: Date,
}

/// One kind of change, as its form reads it.
pub trait Amendment: FromFields + Send + Sync + 'static {
    /// Where its form is.
    const PATTERN: &'static str;
    /// What it is called.
    const TITLE: &'static str;
    /// Who may bring it; the context decides for which firms.
    const ROLES: &'static [Role];

    /// Adds the fields.
    fn fields(form: FormPage, draft: &Draft, subject: &Subject<'_>) -> FormPage;

    /// What the form begins with.
    fn filled(_: &Subject<'_>) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// The file that proves it.
    fn proof(&self) -> Option<&Upload> {
        None
    }

    /// The name of a natural person it brings, for the vault: they are known there by the id of the command.
    fn person(&self) -> Option<&str> {
        None
    }

    /// The change. New records take the id of the command.
    fn change(self, id: CommandId, evidence: Vec<Evidence>, hall: &Hall) -> Change;
}

/// The two routes of a kind of change.
pub fn routes<A: Amendment>() -> [Route<Hall>; 2] {
    let sample = SAMPLES.iter().find(|(pattern, _)| *pattern == A::PATTERN).map_or(A::PATTERN, |(_, path)| path);
    [
        Route::get(A::PATTERN, show::<A>).roles(A::ROLES).reads("变更企业档案").firm("code").proof().sample(sample),
        Route::post(A::PATTERN, send::<A>).roles(A::ROLES).proof().upload(UPLOAD).sample(sample),
    ]
}

macro_rules! samples {
    ($($what:literal),+ $(,)?) => {
        [$((concat!("/firms/{code}/amend/", $what), concat!("/firms/91500118000000001G/amend/", $what))),+]
    };
}

/// Patterns, and the same of the firm of the city in which every route is tried.
const SAMPLES: [(&str, &str); 15] = samples![
    "name",
    "site",
    "operation",
    "types",
    "scope",
    "out-of-scope",
    "honour",
    "honour-revoked",
    "recognition",
    "recognition-check",
    "recognition-withdrawn",
    "holding",
    "holding-ended",
    "consent",
    "consent-withdrawn",
];

fn path_of<A: Amendment>(code: CreditCode) -> String {
    A::PATTERN.replace("{code}", code.as_str())
}

fn with_subject<T>(
    state: &State,
    code: CreditCode,
    day: Date,
    then: impl FnOnce(&Subject<'_>) -> T,
) -> Result<T, Failure> {
    let catalog = state.enterprise.catalog().ok_or_else(Failure::not_found)?;
    let file = state.enterprise.firm(code).ok_or_else(Failure::not_found)?;
    Ok(then(&Subject { state, catalog, file, day }))
}

/// The firm of the address, when the visitor may see its file.
fn seen(counter: &Counter, state: &State, code: &str) -> Result<CreditCode, Failure> {
    let code = firm_of(state, code)?;
    if may_see(state, &counter.visitor.viewer(), code, counter.as_of.day()) {
        Ok(code)
    } else {
        Err(Failure::Forbidden("企业档案只对企业本身、属地区县和市级责任部门开放。".into()))
    }
}

fn form<A: Amendment>(state: &State, code: CreditCode, day: Date, page: Page, draft: Draft) -> Answer {
    let name = state.organisation_name(&code.into());
    let shown = with_subject(state, code, day, |subject| {
        let draft = draft.revision(subject.file.revision);
        let form = FormPage::new(A::TITLE, path_of::<A>(code), draft.clone()).intro(name.clone()).files();
        A::fields(form, &draft, subject)
    })?;
    shown.button("登记变更").show(page.crumb(name, format!("/firms/{code}")).crumb("档案变更", amend_path(code)))
}

fn amend_path(code: CreditCode) -> String {
    format!("/firms/{code}/amend")
}

async fn show<A: Amendment>(counter: Counter, Path(code): Path<String>, page: Page) -> Answer {
    let (state, day) = (counter.state()?, counter.as_of.day());
    let code = seen(&counter, &state, &code)?;
    let filled = with_subject(&state, code, day, A::filled)?;
    // Where the file says nothing, it is today: the first value of a field counts.
    let draft = page.form().fill(filled).fill(["from", "on"].map(|field| (field, day.to_string())));
    form::<A>(&state, code, day, page, draft)
}

async fn send<A: Amendment>(counter: Counter, Path(code): Path<String>, page: Page, sent: Form<A>) -> Answer {
    let (state, day) = (counter.state()?, counter.as_of.day());
    let firm = seen(&counter, &state, &code)?;
    let Form { read, draft, command, revision } = sent;
    let Some(amendment) = read else { return form::<A>(&state, firm, day, page, draft) };
    let mut evidence = Vec::new();
    if let Some(proof) = amendment.proof() {
        evidence.push(counter.keep(proof).await?);
    }
    let person = amendment.person().map(str::to_owned);
    let change = amendment.change(command, evidence, &counter.hall);
    let sent = counter.submit(command, Command::Amend { firm, expected: revision, change }).await;
    match draft.unless_done(sent)? {
        Some(draft) => form::<A>(&state, firm, day, page, draft),
        None => {
            if let Some(name) = person {
                counter.hall.name_person(PersonId(command.0), &name).await?;
            }
            Ok(go(&amend_path(firm)))
        }
    }
}

#[derive(Template)]
#[template(path = "amend.html")]
struct AmendPage {
    code: CreditCode,
    firm: String,
    basics: Vec<(&'static str, String)>,
    standing: Vec<(&'static str, String)>,
    relations: Vec<(&'static str, String)>,
    consents: Vec<(&'static str, String)>,
    honours: Vec<Title>,
    recognitions: Vec<Title>,
    holdings: Vec<Part>,
    given: Vec<Allowed>,
}

struct Title {
    title: String,
    document: String,
    from: Date,
    until: Date,
    light: Light,
    note: String,
}

struct Part {
    who: String,
    what: String,
    from: Date,
    until: Option<Date>,
}

struct Allowed {
    to: String,
    what: String,
    purpose: String,
    until: Date,
    light: Light,
}

/// What the file holds that changes, and the forms that change it.
pub async fn amend(counter: Counter, Path(code): Path<String>, page: Page) -> Answer {
    let (state, day) = (counter.state()?, counter.as_of.day());
    let code = seen(&counter, &state, &code)?;
    let file = state.enterprise.firm(code).ok_or_else(Failure::not_found)?;
    let people: Vec<PersonId> = file.holdings.values().filter_map(|holding| person_of(&holding.holder)).collect();
    let names = counter.hall.names(&people).await?;
    let role = counter.visitor.role().filter(|_| counter.as_of.is_now());
    let links = |all: &[(&'static str, &str, &[Role])]| {
        let may = all.iter().filter(|(_, _, roles)| role.is_some_and(|role| roles.contains(&role)));
        may.map(|(label, what, _)| (*label, format!("{}/{what}", amend_path(code)))).collect()
    };
    let content = AmendPage {
        code,
        firm: file.name_on(day).to_owned(),
        basics: links(&[
            ("更名", "name", FIRM_OR_GOVERNMENT),
            ("迁址", "site", FIRM_OR_GOVERNMENT),
            ("经营状态", "operation", GOVERNMENT),
            ("类型与产业链环节", "types", GOVERNMENT),
            ("纳入封测口径", "scope", GOVERNMENT),
            ("移出封测口径", "out-of-scope", GOVERNMENT),
        ]),
        standing: links(&[
            ("登记荣誉", "honour", GOVERNMENT),
            ("撤销荣誉", "honour-revoked", GOVERNMENT),
            ("登记认定", "recognition", DEPARTMENT),
            ("登记年检", "recognition-check", DEPARTMENT),
            ("撤销认定", "recognition-withdrawn", DEPARTMENT),
        ]),
        relations: links(&[
            ("登记股东、董监高或控制人", "holding", FIRM_OR_GOVERNMENT),
            ("登记退出", "holding-ended", FIRM_OR_GOVERNMENT),
        ]),
        consents: links(&[("同意他方查看", "consent", FIRM), ("撤回同意", "consent-withdrawn", FIRM)]),
        honours: honours(file, day),
        recognitions: recognitions(file, day),
        holdings: holdings(file, &names),
        given: consents(&state, file, day),
    };
    let firm = content.firm.clone();
    page.title("档案变更").crumb("企业台账", "/firms").crumb(firm, format!("/firms/{code}")).show(&content)
}

/// The person of a holding, as the vault knows them.
pub fn person_of(holder: &enterprise::relation::Holder) -> Option<PersonId> {
    match holder {
        enterprise::relation::Holder::Person { subject, .. } => Some(PersonId(subject.0)),
        _ => None,
    }
}

fn in_force(holds: bool, ended: bool) -> Light {
    match (holds, ended) {
        (true, _) => Light::good("有效"),
        (_, true) => Light::bad("已撤销"),
        _ => Light::unknown("不在有效期"),
    }
}

fn honours(file: &FirmFile, day: Date) -> Vec<Title> {
    let title = |honour: &enterprise::standing::Honour| Title {
        title: format!("{}（{}）", honour.title, honour.level.label()),
        document: honour.document.clone(),
        from: honour.valid.from(),
        until: honour.valid.until(),
        light: in_force(honour.holds_on(day), honour.revoked.is_some()),
        note: honour.revoked.as_ref().map(|(on, reason)| format!("{on} 起，{reason}")).unwrap_or_default(),
    };
    file.honours.values().map(|honour| title(honour)).collect()
}

fn recognitions(file: &FirmFile, day: Date) -> Vec<Title> {
    let title = |recognition: &enterprise::standing::Recognition| {
        let withdrawn = recognition.withdrawn.as_ref().map(|(on, reason)| format!("{on} 起撤销，{reason}"));
        let checks = recognition
            .checks
            .iter()
            .map(|(year, check)| format!("{year} 年检{}", if check.passed { "合格" } else { "不合格" }));
        Title {
            title: recognition.kind.clone(),
            document: recognition.document.clone(),
            from: recognition.valid.from(),
            until: recognition.valid.until(),
            light: in_force(recognition.holds_on(day), withdrawn.is_some()),
            note: checks.chain(withdrawn).collect::<Vec<_>>().join("；"),
        }
    };
    file.recognitions.values().map(|recognition| title(recognition)).collect()
}

/// Who has the part, in words.
pub fn holder(holder: &enterprise::relation::Holder, names: &BTreeMap<PersonId, String>) -> String {
    use enterprise::relation::Holder;
    match holder {
        Holder::Organisation { code, name } => format!("{name}（{code}）"),
        Holder::Foreign { name } => name.clone(),
        Holder::Person { subject, .. } => called(names, PersonId(subject.0)),
    }
}

/// What the part is, in words.
pub fn part(kind: &enterprise::relation::HoldingKind) -> String {
    use enterprise::relation::HoldingKind;
    match kind {
        HoldingKind::Shareholder(share) => format!("股东，持股 {share}"),
        HoldingKind::Officer(post) => post.clone(),
        HoldingKind::Controller => "实际控制人".to_owned(),
    }
}

fn holdings(file: &FirmFile, names: &BTreeMap<PersonId, String>) -> Vec<Part> {
    let part = |holding: &enterprise::relation::Holding| Part {
        who: holder(&holding.holder, names),
        what: part(&holding.kind),
        from: holding.from,
        until: holding.until,
    };
    file.holdings.values().map(|holding| part(holding)).collect()
}

fn consents(state: &State, file: &FirmFile, day: Date) -> Vec<Allowed> {
    let allowed = |consent: &enterprise::standing::Consent| Allowed {
        to: state.organisation_name(&consent.to),
        what: consent.what.clone(),
        purpose: consent.purpose.clone(),
        until: consent.withdrawn.unwrap_or(consent.valid.until()),
        light: match (consent.holds_on(day), consent.withdrawn) {
            (true, _) => Light::good("有效"),
            (_, Some(_)) => Light::unknown("已撤回"),
            _ => Light::unknown("不在有效期"),
        },
    };
    file.consents.values().map(|consent| allowed(consent)).collect()
}
