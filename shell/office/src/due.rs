//! What dates demand: commands of the program, and reminders to people. Both have stable keys: asked every hour, each
//! is carried out, or reaches its reader, once.
//!
//! Grants, honours, readings and lights are computed from their dates and need no command. What is made public does:
//! it is decided once and stays.

use std::collections::{BTreeMap, BTreeSet};

use cases::CaseId;
use cases::due::{Subject, Who};
use enterprise::view;
use kernel::{Date, DivisionCode, OrganisationId, PersonId, Role, WorkingCalendar};
use plan::{Month, PlanKey};

use crate::claims;
use crate::state::{Command, State};

/// Something a person should know of today.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// For whom.
    pub to: PersonId,
    /// What it is about, the same every time it is asked: told once.
    pub key: String,
    /// One line.
    pub title: String,
    /// What is to be done.
    pub body: String,
    /// Page to go to.
    pub link: String,
}

/// Something to be done by an office, whoever holds it.
struct Task {
    role: Role,
    organisation: OrganisationId,
    key: String,
    title: String,
    body: String,
    link: String,
}

/// Working days before a deadline on which people are reminded of it.
const AHEAD: i32 = 3;

/// What the program itself has to do on the day, each under a key that happens once.
pub fn commands(state: &State, today: Date) -> Vec<(String, Command)> {
    let publish = !enterprise::release::due(&state.enterprise, today).is_empty();
    let publish = publish.then(|| (format!("publish:{today}"), enterprise::Command::Publish.into()));
    let of_cases = cases::due::commands(&state.cases, today).into_iter().map(|(key, command)| (key, command.into()));
    let of_people = claims::orphaned(state, today).into_iter().chain(claims::ties_of_the_day(state, today));
    publish.into_iter().chain(of_cases).chain(of_people).collect()
}

/// Everything people should be told on the day, in the order of people and keys.
pub fn due(state: &State, today: Date) -> Vec<Due> {
    let calendar = state.city.calendar();
    let mut tasks = of_the_plan(state, calendar, today);
    tasks.extend(of_filings(state, calendar, today));
    let mut due: Vec<Due> = tasks.iter().flat_map(|task| told(state, task, today)).collect();
    due.extend(of_firms(state, today));
    due.extend(of_cases(state, calendar, today));
    due.sort();
    due
}

/// The task as a reminder to everyone who holds the office on the day.
fn told<'a>(state: &'a State, task: &'a Task, today: Date) -> impl Iterator<Item = Due> + 'a {
    let holders = state.accounts.grants().filter(move |grant| {
        grant.role == task.role && grant.organisation == task.organisation && grant.holds_on(today)
    });
    holders.map(move |grant| Due {
        to: grant.person,
        key: task.key.clone(),
        title: task.title.clone(),
        body: task.body.clone(),
        link: task.link.clone(),
    })
}

/// Reports missed or soon due, one reminder per unit and month; reports to read; baselines to propose or sign.
fn of_the_plan(state: &State, calendar: &WorkingCalendar, today: Date) -> Vec<Task> {
    let mut months: BTreeMap<(PlanKey, OrganisationId, Month), Vec<String>> = BTreeMap::new();
    let mut reviews: BTreeMap<(PlanKey, Month), usize> = BTreeMap::new();
    let mut tasks = Vec::new();
    for due in plan::due::due(&state.plan, calendar, today) {
        let label = due.label();
        match due {
            plan::due::Due::Report { report, deadline, .. } => {
                if calendar.between(today, deadline.due) <= AHEAD {
                    months.entry((report.plan, report.unit, report.month)).or_default().push(label);
                }
            }
            plan::due::Due::Review { report } => *reviews.entry((report.plan, report.month)).or_default() += 1,
            plan::due::Due::Baseline { plan, goal, proposed } => {
                let Some(catalog) = state.enterprise.catalog() else { continue };
                let step = if proposed { "sign" } else { "propose" };
                tasks.push(Task {
                    role: Role::CityOfficer,
                    organisation: catalog.filing.responsible.department.clone(),
                    key: format!("baseline:{plan}:{goal}:{step}"),
                    title: label.clone(),
                    body: format!("{label}。原文未给出基数，须一人提出、另一人签认。"),
                    link: format!("/plan/goals/{goal}/baseline"),
                });
            }
        }
    }
    for ((plan, unit, month), labels) in months {
        let role =
            if unit.as_str().parse::<DivisionCode>().is_ok() { Role::DistrictOfficer } else { Role::CityOfficer };
        tasks.push(Task {
            role,
            key: format!("report:{plan}:{unit}:{month}"),
            title: format!("{}进度报告待报送：{} 项", month.label(), labels.len()),
            body: labels.join("\n"),
            link: "/plan/reports".to_owned(),
            organisation: unit,
        });
    }
    let working_groups = state.plan.plans().filter_map(|(key, _)| {
        let plan = state.plan.plan_on(key, today)?;
        let unit = plan.units.iter().find(|unit| unit.kind == plan::parts::UnitKind::WorkingGroup)?;
        Some((key.clone(), unit.key.clone()))
    });
    let working_groups: BTreeMap<_, _> = working_groups.collect();
    for ((plan, month), count) in reviews {
        let Some(organisation) = working_groups.get(&plan).cloned() else { continue };
        tasks.push(Task {
            role: Role::WorkingGroup,
            organisation,
            key: format!("review:{plan}:{month}"),
            title: format!("{}进度报告待审核：{count} 份", month.label()),
            body: "请采纳，或退回并说明需要补正之处。".to_owned(),
            link: "/plan/reports".to_owned(),
        });
    }
    tasks
}

/// Filings whose time limit is near or past, one reminder each.
fn of_filings(state: &State, calendar: &WorkingCalendar, today: Date) -> Vec<Task> {
    let Some(catalog) = state.enterprise.catalog() else { return Vec::new() };
    let offices = catalog.divisions.all().map(|division| {
        let waiting = view::waiting_for_district(&state.enterprise, division.code, today);
        (Role::DistrictOfficer, division.code.into(), "核实", waiting)
    });
    let city = view::waiting_for_city(&state.enterprise);
    let city = (Role::CityOfficer, catalog.filing.responsible.department.clone(), "签核", city);
    let tasks = offices.chain([city]).flat_map(|(role, organisation, act, waiting)| {
        let near = waiting.into_iter().filter(|filing| calendar.between(today, filing.due.due) <= AHEAD);
        let near: Vec<_> = near.collect();
        near.into_iter().map(move |filing| Task {
            role,
            organisation: OrganisationId::clone(&organisation),
            key: format!("filing:{}:{act}:{}", filing.filing, filing.due.due),
            title: format!("{} {} 年度申报待{act}，限 {}", filing.name, filing.year, filing.due.due),
            body: "临近或已过办理时限，请核实后办理，或退回并说明原因。".to_owned(),
            link: format!("/firms/{}/filings/{}", filing.firm, filing.filing),
        })
    });
    tasks.collect()
}

/// Filings sent back, and years not filed after their last day: to the firm's legal person.
fn of_firms(state: &State, today: Date) -> Vec<Due> {
    let mut due = Vec::new();
    for filing in state.enterprise.open_filings() {
        let enterprise::Stage::Returned { reason, .. } = &filing.stage else { continue };
        let Some(to) = state.accounts.legal_person(filing.firm, today) else { continue };
        due.push(Due {
            to,
            key: format!("returned:{}:{}", filing.id, filing.revision),
            title: format!("{} 年度申报被退回，请补正", filing.year),
            body: reason.clone(),
            link: format!("/firms/{}/filings/{}", filing.firm, filing.id),
        });
    }
    let year = today.year() - 1;
    let Some((last, firms)) = view::not_filed(&state.enterprise, year) else { return due };
    for firm in firms.into_iter().filter(|_| today > last) {
        let Some(to) = state.accounts.legal_person(firm, today) else { continue };
        due.push(Due {
            to,
            key: format!("not-filed:{firm}:{year}"),
            title: format!("{year} 年度申报尚未报送"),
            body: format!("截止日是 {last}，请尽快报送；逾期的年度数据不计入全市合计。"),
            link: format!("/firms/{firm}"),
        });
    }
    due
}

/// What cases, decisions and what was said against them wait for, one reminder each: when it is near or late, and to a
/// firm at once, for only the firm can go on.
fn of_cases(state: &State, calendar: &WorkingCalendar, today: Date) -> Vec<Due> {
    let waiting = cases::due::due(&state.cases, calendar, today);
    let near = waiting
        .into_iter()
        .filter(|due| matches!(due.who, Who::Firm(_)) || calendar.between(today, due.deadline.due) <= AHEAD);
    near.flat_map(|due| of_case(state, &due, today)).collect()
}

fn of_case(state: &State, due: &cases::due::Due, today: Date) -> Vec<Due> {
    let about = |case: CaseId| {
        let case = state.cases.case(case)?;
        let firm = case.applicant.firm;
        Some((format!("/cases/{firm}/{}", case.id), state.organisation_name(&firm.into())))
    };
    let found = match due.subject {
        Subject::Case(case) => about(case),
        Subject::Call(call) => {
            state.cases.call(call).map(|known| (format!("/calls/{call}"), known.terms.title.clone()))
        }
        Subject::Adverse(id) => state.cases.adverse(id).and_then(|decision| about(decision.intended.case)),
        Subject::Objection(id) => state.cases.objection(id).and_then(|objection| about(objection.said.case)),
        Subject::Complaint(id) => Some((format!("/complaints/{id}"), "投诉".to_owned())),
        Subject::Report(id) => Some((format!("/reports/{id}"), "举报".to_owned())),
    };
    let Some((link, name)) = found else { return Vec::new() };
    let told = |to: PersonId| Due {
        to,
        key: format!("case:{:?}:{}:{}", due.subject, due.step, due.deadline.due),
        title: format!("{name}：{}，限 {}", due.step, due.deadline.due),
        body: "请在办理期限内办结；不能办理的，请说明原因或转交同事。".to_owned(),
        link: link.clone(),
    };
    due_to(state, &due.who, today).into_iter().map(told).collect()
}

/// The people an act is expected of on a day.
fn due_to(state: &State, who: &Who, today: Date) -> BTreeSet<PersonId> {
    let holding = |wanted: Role, organisation: Option<&OrganisationId>| {
        let held = state.accounts.grants().filter(|grant| grant.role == wanted && grant.holds_on(today));
        let held = held.filter(|grant| organisation.is_none_or(|organisation| grant.organisation == *organisation));
        held.map(|grant| grant.person).collect()
    };
    match who {
        Who::Office(role, organisation) => holding(*role, Some(organisation)),
        Who::Holders(role) => holding(*role, None),
        Who::Firm(firm) => state.accounts.legal_person(*firm, today).into_iter().collect(),
        Who::Person(person) => BTreeSet::from([*person]),
    }
}
