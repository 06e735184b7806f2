//! The meeting (审定会议): its agenda on paper and in Excel, what it decided, and the record of it.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use cases::case::Stage;
use cases::meeting::{Meeting, must_leave};
use cases::{Call, Case, CaseId, MeetingId};
use kernel::{Date, Money, OrganisationId, PersonId, Role};
use office::State;
use register::{Cell, Column, Query, Register, Viewer};
use web::{
    Answer, Counter, Draft, Failure, Form, FromFields, Markup, Page, Reader, RegisterTable, Upload, go, show_rows,
};

use super::settle_page::score_text;
use super::shown::{PAPERS, found_for_office, found_in_charge, keep, send};
use cases_pages::viewer::firm_name;

/// A case on the agenda.
#[derive(Clone)]
struct Item {
    case: CaseId,
    firm: String,
    code: String,
    district: String,
    applied: Money,
    assessed: Money,
    score: Option<String>,
    share: Money,
    opinions: String,
    related: String,
}

/// What a meeting sees of a call.
struct Agenda(Vec<Item>);

fn district_name(state: &State, case: &Case) -> String {
    let code = case.applicant.district;
    let division = state.enterprise.catalog().and_then(|catalog| catalog.divisions.get(code));
    division.map_or_else(|| code.to_string(), |division| division.name.clone())
}

fn proposed<'a>(state: &'a State, call: &Call) -> impl Iterator<Item = (&'a Case, Money)> {
    state.cases.cases_of(call.id).filter_map(|case| match &case.stage {
        Stage::Proposed { share, .. } => Some((case, *share)),
        _ => None,
    })
}

/// Parties within reach of recusal, and how: the way to each.
fn related(state: &State, case: &Case) -> String {
    let way = |related: &cases::relation::Related| {
        let party = match &related.party {
            cases::relation::Party::Organisation(organisation) => state.organisation_name(organisation),
            cases::relation::Party::Person(_) => "系统内人员".to_owned(),
            cases::relation::Party::Outside(_) => "系统外一方".to_owned(),
        };
        format!("{party}（{}）", related.way())
    };
    let parties = case.related.iter().flat_map(|related| related.iter()).map(way);
    parties.collect::<Vec<_>>().join("；")
}

fn agenda(state: &State, call: &Call) -> Agenda {
    let mut items: Vec<_> = proposed(state, call).collect();
    items.sort_by_key(|(case, share)| (std::cmp::Reverse(*share), case.received));
    let item = |(case, share): (&Case, Money)| Item {
        case: case.id,
        firm: firm_name(state, case.applicant.firm),
        code: case.applicant.firm.to_string(),
        district: district_name(state, case),
        applied: case.material().map(|material| material.applied).unwrap_or_default(),
        assessed: case.assessment.map(|assessment| assessment.award).unwrap_or_default(),
        score: case.score.map(score_text),
        share,
        opinions: case.opinions.values().map(AsRef::as_ref).collect::<Vec<_>>().join("；"),
        related: related(state, case),
    };
    Agenda(items.into_iter().map(item).collect())
}

fn register(title: &str) -> Register<Agenda> {
    let rows = |agenda: &Agenda, _: &Viewer| agenda.0.clone();
    Register::declare("meeting-agenda", format!("会议材料：{title}"), "待会议审定的办件。", rows)
        .column(
            Column::new("firm", "企业", |item: &Item| {
                Cell::link(item.firm.clone(), format!("/cases/{}/{}", item.code, item.case))
            })
            .sortable(),
        )
        .column(Column::new("code", "统一社会信用代码", |item: &Item| Cell::text(item.code.clone())))
        .column(Column::new("district", "主管区县", |item: &Item| Cell::text(item.district.clone())).sortable())
        .column(Column::new("applied", "申请金额", |item: &Item| item.applied.into()).money().sortable())
        .column(Column::new("assessed", "测算金额", |item: &Item| item.assessed.into()).money().sortable())
        .column(Column::new("score", "专家评分", |item: &Item| item.score.clone().map_or(Cell::None, Cell::text)))
        .column(Column::new("share", "分配金额", |item: &Item| item.share.into()).money().sortable())
        .column(Column::new("opinions", "评审意见", |item: &Item| Cell::text(item.opinions.clone())))
        .column(
            Column::new("related", "关联方（应当回避）", |item: &Item| Cell::text(item.related.clone()))
                .describe("两步以内的关联方；参会人员在其中的，应当离席"),
        )
        .finish()
}

#[derive(Template)]
#[template(path = "agenda.html")]
struct AgendaPage<'a> {
    id: String,
    title: String,
    benefit: String,
    budget: Money,
    cases: usize,
    applied: Money,
    assessed: Money,
    share: Money,
    acts: bool,
    table: RegisterTable<'a>,
}

/// The agenda: a page that prints, and Excel.
pub async fn pack(counter: Counter, Path(key): Path<String>, page: Page) -> Answer {
    let state = counter.state()?;
    let call = found_for_office(&state, &counter, &key)?;
    let (agenda, register) = (agenda(&state, call), register(&call.terms.title));
    let query = Query::parse(&register, &counter.visitor.viewer(), page.query());
    let sum = |amount: fn(&Item) -> Money| agenda.0.iter().map(amount).sum::<Money>();
    let page = page.title(register.title.clone()).crumb(call.terms.title.clone(), format!("/calls/{}/desk", call.id));
    let content = |table: RegisterTable<'_>| {
        Markup::of(&AgendaPage {
            id: call.id.to_string(),
            title: call.terms.title.clone(),
            benefit: super::shown::benefit_title(&state, &call.terms.benefit),
            budget: call.terms.budget,
            cases: agenda.0.len(),
            applied: sum(|item| item.applied),
            assessed: sum(|item| item.assessed),
            share: sum(|item| item.share),
            acts: super::shown::is_in_charge(&counter, call),
            table,
        })
    };
    show_rows(&counter, page, &register, &agenda, &query, content)
}

/// What a meeting decided, as typed.
pub struct Minutes {
    on: Date,
    minutes: Upload,
    attendees: BTreeSet<PersonId>,
    recused: BTreeMap<CaseId, BTreeSet<PersonId>>,
    resolutions: BTreeMap<CaseId, Money>,
}

impl FromFields for Minutes {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let on = reader.day("on", "会议日期");
        let minutes = reader.file("minutes", "会议纪要");
        let attendees = reader.all("attendees").iter().filter_map(|typed| typed.parse().ok()).collect();
        let mut recused: BTreeMap<CaseId, BTreeSet<PersonId>> = BTreeMap::new();
        for typed in reader.all("recused") {
            let pair = typed.split_once('|').and_then(|(case, who)| Some((case.parse().ok()?, who.parse().ok()?)));
            if let Some((case, who)) = pair {
                recused.entry(case).or_default().insert(who);
            }
        }
        let resolutions = read_resolutions(reader);
        Some(Self { on: on?, minutes: minutes?, attendees, recused, resolutions: resolutions? })
    }
}

fn read_resolutions(reader: &mut Reader<'_>) -> Option<BTreeMap<CaseId, Money>> {
    let (cases, amounts) = (reader.all("case"), reader.all("amount"));
    let mut resolutions = BTreeMap::new();
    let mut wrong = Vec::new();
    for (place, (case, amount)) in cases.iter().zip(&amounts).enumerate() {
        // What is left empty was not decided on.
        if amount.trim().is_empty() {
            continue;
        }
        match (case.parse::<CaseId>(), amount.parse::<Money>()) {
            (Ok(case), Ok(amount)) => {
                resolutions.insert(case, amount);
            }
            (_, Err(why)) => wrong.push(format!("第 {} 行：{why}", place + 1)),
            (Err(_), _) => wrong.push(format!("第 {} 行的办件编号无法识别", place + 1)),
        }
    }
    if wrong.is_empty() {
        return Some(resolutions);
    }
    reader.refuse("resolutions", "审定金额", &wrong.join("；"));
    None
}

struct ResolutionRow {
    case: CaseId,
    firm: String,
    share: Money,
    amount: String,
    barred: Option<String>,
}

struct Leaving {
    value: String,
    label: String,
    ticked: bool,
}

#[derive(Template)]
#[template(path = "hold.html")]
struct HoldPage {
    id: String,
    title: String,
    rows: Vec<ResolutionRow>,
    total: Money,
    leaving: Vec<Leaving>,
    attendees: web::Field,
    on: web::Field,
    minutes: web::Field,
    draft: Draft,
}

/// Officers of the department and the working group: those who may sit in its meetings.
fn members(state: &State, issuer: &OrganisationId, today: Date) -> Vec<(PersonId, OrganisationId)> {
    let sits = |grant: &&accounts::Grant| {
        let role = matches!(grant.role, Role::CityOfficer | Role::WorkingGroup | Role::Finance);
        role && grant.holds_on(today) && (grant.organisation == *issuer || grant.role != Role::CityOfficer)
    };
    let mut seen = BTreeSet::new();
    let grants = state.accounts.grants().filter(sits).filter(|grant| seen.insert(grant.person));
    grants.map(|grant| (grant.person, grant.organisation.clone())).collect()
}

async fn show_hold(state: &State, counter: &Counter, page: Page, call: &Call, draft: Draft) -> Answer {
    let today = counter.as_of.day();
    let members = members(state, &call.terms.issuer, today);
    let people: Vec<_> = members.iter().map(|(person, _)| *person).collect();
    let names = counter.hall.names(&people).await?;
    let name = |person: &PersonId| names.get(person).cloned().unwrap_or_else(|| person.to_string());
    let attendees: Vec<_> = members
        .iter()
        .map(|(person, office)| (*person, format!("{}（{}）", name(person), state.organisation_name(office))))
        .collect();
    let context = counter.context()?;
    let typed: BTreeMap<_, _> = draft.all("case").zip(draft.all("amount")).collect();
    let ticked: BTreeSet<_> = draft.all("recused").collect();
    let (mut rows, mut leaving) = (Vec::new(), Vec::new());
    for (case, share) in proposed(state, call) {
        let firm = firm_name(state, case.applicant.firm);
        let barred = cases::view::barred(&context, case);
        // What somebody else has to record is left empty: whoever records the rest need not look for it.
        let offered = if barred.is_some() { String::new() } else { share.plain() };
        let amount = typed.get(case.id.to_string().as_str()).map_or(offered, |typed| (*typed).to_owned());
        for (person, _) in &members {
            let Some(why) = must_leave(&context, case, *person, &call.terms.issuer) else { continue };
            let value = format!("{}|{person}", case.id);
            let is_ticked = ticked.contains(value.as_str());
            leaving.push(Leaving { label: format!("{}：{}。{why}", firm, name(person)), ticked: is_ticked, value });
        }
        rows.push(ResolutionRow { case: case.id, firm, share, amount, barred });
    }
    let status = if draft.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let content = HoldPage {
        id: call.id.to_string(),
        title: call.terms.title.clone(),
        total: rows.iter().map(|row| row.share).sum(),
        rows,
        leaving,
        attendees: draft.ticks("attendees", "参会人员", &attendees).required(),
        on: draft.date("on", "会议日期").required(),
        minutes: draft.upload("minutes", "会议纪要", PAPERS).hint("不超过 20 MB").required(),
        draft,
    };
    let page = page.title("登记会议审定").status(status);
    page.crumb(call.terms.title.clone(), format!("/calls/{}/desk", call.id)).show(&content)
}

/// The form of a meeting.
pub async fn ask(counter: Counter, Path(key): Path<String>, page: Page) -> Answer {
    let state = counter.state()?;
    let call = found_in_charge(&state, &counter, &key)?;
    let draft = page.form().fill([("on", counter.as_of.day().to_string())]);
    show_hold(&state, &counter, page, call, draft).await
}

/// Records what a meeting decided.
pub async fn hold(counter: Counter, Path(key): Path<String>, page: Page, form: Form<Minutes>) -> Answer {
    let state = counter.state()?;
    let call = found_in_charge(&state, &counter, &key)?;
    let Form { read, draft, command, .. } = form;
    let Some(typed) = read else { return show_hold(&state, &counter, page, call, draft).await };
    let Minutes { on, minutes, attendees, recused, resolutions } = typed;
    let minutes = keep(&counter, &minutes).await?;
    let id = MeetingId(command.0);
    let meeting = Meeting { id, call: call.id, on, minutes, attendees, recused };
    let sent = counter.submit(command, cases::Command::HoldMeeting { meeting, resolutions }).await;
    match draft.unless_done(sent)? {
        Some(draft) => show_hold(&state, &counter, page, call, draft).await,
        None => Ok(go(&format!("/meetings/{id}"))),
    }
}

struct DecidedRow {
    firm: String,
    href: String,
    share: Money,
    amount: Money,
    left: String,
    stage: register::Light,
}

#[derive(Template)]
#[template(path = "meeting.html")]
struct MeetingPage {
    id: MeetingId,
    on: Date,
    call: (String, String),
    minutes: String,
    attendees: Vec<String>,
    rows: Vec<DecidedRow>,
    total: Money,
}

fn meeting_of<'a>(state: &'a State, counter: &Counter, key: &str) -> Result<(&'a Meeting, &'a Call), Failure> {
    let id: MeetingId = key.parse().map_err(|_| Failure::not_found())?;
    let meeting = state.cases.meeting(id).ok_or_else(Failure::not_found)?;
    Ok((meeting, found_for_office(state, counter, &meeting.call.to_string())?))
}

/// What a meeting decided and still stands.
pub async fn meeting(counter: Counter, Path(key): Path<String>, page: Page) -> Answer {
    let state = counter.state()?;
    let (meeting, call) = meeting_of(&state, &counter, &key)?;
    let recused: BTreeSet<_> = meeting.recused.values().flatten().copied().collect();
    let people: Vec<_> = meeting.attendees.iter().copied().chain(recused).collect();
    let names = counter.hall.names(&people).await?;
    let name = |person: &PersonId| names.get(person).cloned().unwrap_or_else(|| person.to_string());
    let decided = state.cases.cases_of(meeting.call).filter_map(|case| {
        let award = case.stage.award().filter(|award| award.meeting == meeting.id)?;
        let left = meeting.recused.get(&case.id).into_iter().flatten().map(name).collect::<Vec<_>>();
        Some(DecidedRow {
            firm: firm_name(&state, case.applicant.firm),
            href: cases_pages::case_head::official_path(case),
            share: award.share,
            amount: award.amount,
            left: left.join("、"),
            stage: cases_pages::case_head::stage_light(case.stage.kind()),
        })
    });
    let rows: Vec<_> = decided.collect();
    let content = MeetingPage {
        id: meeting.id,
        on: meeting.on,
        call: (call.id.to_string(), call.terms.title.clone()),
        minutes: meeting.minutes.name.clone(),
        attendees: meeting.attendees.iter().map(name).collect(),
        total: rows.iter().map(|row| row.amount).sum(),
        rows,
    };
    let page = page.title(format!("{} 审定会议", meeting.on));
    page.crumb(call.terms.title.clone(), format!("/calls/{}/desk", call.id)).show(&content)
}

/// The minutes of a meeting.
pub async fn minutes(counter: Counter, Path(key): Path<String>) -> Answer {
    let state = counter.state()?;
    let (meeting, _) = meeting_of(&state, &counter, &key)?;
    send(&counter, &meeting.minutes).await
}
