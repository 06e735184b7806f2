//! What one context's event demands of another, in the same transaction. Never called on replay.
//!
//! A registered firm, an adopted plan's departments and the catalog's districts become organisations that people can
//! act for; the catalog's calendar becomes the city's. What is there already is left alone, so that adopting a
//! corrected edition changes only what differs.

use accounts::OrganisationKind;
use enterprise::Change;
use kernel::division::DivisionKind;
use kernel::{CreditCode, Date, Digest, Division, OrganisationId};
use plan::parts::{Unit, UnitKind};

use crate::city;
use crate::state::{Command, Event, State};

/// Divisions without a date of establishment were there before anything recorded here: no office is older.
const SINCE_EVER: Date = jiff::civil::date(1949, 10, 1);

/// The commands that follow from an event, sent by the system. `state` is the one after the event.
pub fn react(state: &State, event: &Event) -> Vec<Command> {
    match event {
        Event::Enterprise(enterprise::Event::Registered { firm, registration, .. }) => {
            let (id, name) = ((*firm).into(), registration.name.clone());
            open(state, id, OrganisationKind::Firm, name, registration.registered_on)
        }
        Event::Enterprise(enterprise::Event::Amended { firm, change: Change::Rename { .. } }) => renamed(state, *firm),
        Event::Enterprise(enterprise::Event::CatalogAdopted { files, .. }) => {
            let calendar = files.get("calendar.toml").map(|text| calendar(state, text));
            calendar.into_iter().flatten().chain(districts(state)).collect()
        }
        Event::Plan(plan::Event::Adopted { digest, .. }) => units(state, digest),
        _ => Vec::new(),
    }
}

/// The organisation under this name: opened, renamed, or left as it is.
fn open(state: &State, id: OrganisationId, kind: OrganisationKind, name: String, from: Date) -> Vec<Command> {
    let command = match state.accounts.organisation(&id) {
        None => accounts::Command::OpenOrganisation { id, kind, name, from },
        Some(known) if known.name != name => {
            accounts::Command::RenameOrganisation { id, expected: Some(known.revision), name }
        }
        Some(_) => return Vec::new(),
    };
    vec![command.into()]
}

fn renamed(state: &State, firm: CreditCode) -> Vec<Command> {
    let Some(file) = state.enterprise.firm(firm) else { return Vec::new() };
    open(state, firm.into(), OrganisationKind::Firm, file.name().to_owned(), file.registered_on)
}

fn units(state: &State, edition: &Digest) -> Vec<Command> {
    let Some(plan) = state.plan.document(edition) else { return Vec::new() };
    let unit = |unit: &Unit| {
        let kind = match unit.kind {
            UnitKind::Municipal | UnitKind::WorkingGroup => OrganisationKind::MunicipalDepartment,
            UnitKind::Central => OrganisationKind::CentralAgency,
            // 有关区县 stands for whichever districts a schedule names: those come from the catalog.
            UnitKind::Districts => return Vec::new(),
        };
        open(state, unit.key.clone(), kind, unit.full_name.clone(), plan.meta.issued)
    };
    plan.units.iter().flat_map(unit).collect()
}

fn districts(state: &State) -> Vec<Command> {
    let Some(catalog) = state.enterprise.catalog() else { return Vec::new() };
    catalog.divisions.all().flat_map(|division| district(state, division)).collect()
}

/// A division's government: there from the day it decides, until the day another takes over.
fn district(state: &State, division: &Division) -> Vec<Command> {
    let id = OrganisationId::from(division.code);
    let from = division.authority_from.or(division.established).unwrap_or(SINCE_EVER);
    let suffix = match division.kind {
        DivisionKind::District => "人民政府",
        DivisionKind::FunctionalZone => "管理委员会",
    };
    let name = format!("{}{suffix}", division.name);
    let mut commands = open(state, id.clone(), OrganisationKind::DistrictGovernment, name, from);
    let closed = state.accounts.organisation(&id).is_some_and(|known| known.until.is_some());
    if let Some(until) = division.authority_until.or(division.abolished).filter(|_| !closed) {
        let reason = "区划调整，职权由承继单位行使".to_owned();
        commands.push(accounts::Command::CloseOrganisation { id, expected: None, until, reason }.into());
    }
    commands
}

fn calendar(state: &State, text: &str) -> Option<Command> {
    let adopted = city::read_calendar(text).ok()?;
    let differs = adopted != **state.city.calendar();
    differs.then(|| city::Command::AdoptCalendar { text: text.to_owned() }.into())
}
