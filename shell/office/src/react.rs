//! What one context's event demands of another, in the same transaction. Never called on replay.
//!
//! A registered firm, an adopted plan's departments and the catalog's districts become organisations that people can
//! act for; the catalog's calendar becomes the city's. What is there already is left alone, so that adopting a
//! corrected edition changes only what differs. How claims, assessments and cases answer each other is in
//! [`crate::claims`].

use accounts::OrganisationKind;
use enterprise::Change;
use kernel::division::DivisionKind;
use kernel::{CreditCode, Date, Digest, Division, OrganisationId, Recorded};
use plan::parts::{Unit, UnitKind};

use crate::city;
use crate::claims;
use crate::state::{Command, Event, State};

/// Divisions without a date of establishment were there before anything recorded here: no office is older.
const SINCE_EVER: Date = jiff::civil::date(1949, 10, 1);

/// The commands that follow from an event, sent by the system. `state` is the one after the event.
pub fn react(state: &State, recorded: &Recorded, event: &Event) -> Vec<Command> {
    let today = recorded.day();
    match event {
        Event::Enterprise(enterprise::Event::Registered { firm, registration, .. }) => {
            let (id, name) = ((*firm).into(), registration.name.clone());
            open(state, id, OrganisationKind::Firm, name, registration.registered_on)
        }
        Event::Enterprise(enterprise::Event::Amended { firm, change: Change::Rename { .. } }) => renamed(state, *firm),
        Event::Enterprise(enterprise::Event::Amended {
            firm,
            change: Change::Move { .. } | Change::Classify { .. },
        }) => claims::moved(state, *firm, today),
        Event::Enterprise(enterprise::Event::Amended {
            firm,
            change: Change::Hold { .. } | Change::EndHolding { .. },
        }) => claims::ties_changed(state, *firm, today),
        Event::Accounts(accounts::Event::LegalPersonAppointed { firm, .. }) => {
            claims::ties_changed(state, *firm, today)
        }
        Event::Accounts(
            accounts::Event::AuthorisationAccepted { id } | accounts::Event::AuthorisationRevoked { id, .. },
        ) => {
            let firm = state.accounts.authorisation(*id).map(|given| given.firm);
            firm.map(|firm| claims::ties_changed(state, firm, today)).unwrap_or_default()
        }
        Event::Accounts(accounts::Event::HandedOver { firm, .. }) => claims::ties_changed(state, *firm, today),
        Event::Accounts(accounts::Event::PersonRegistered { identity: Some(identity), .. }) => {
            claims::identified(state, *identity, today)
        }
        Event::Cases(event) => {
            let of_case = match event {
                cases::Event::Case { case, happened } => claims::of_case(state, recorded, *case, happened),
                _ => Vec::new(),
            };
            of_case.into_iter().chain(claims::counted(state, event)).collect()
        }
        Event::Subsidy(subsidy::Event::AssessmentMade(decision)) => {
            claims::assessed(state, decision).into_iter().collect()
        }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use enterprise::{LegalForm, Registration, Site};
    use jiff::civil::date;
    use kernel::{Actor, CommandId, PersonId, Role, Sequence};

    use super::*;
    use crate::carry_out::{Act, Envelope, carry_out};

    /// A city that carries out commands in memory.
    struct Rehearsal {
        state: State,
        sent: u128,
    }

    impl Rehearsal {
        fn new() -> Self {
            Self { state: State::default(), sent: 0 }
        }

        /// Answers with how many lines were drafted: the command's and those that followed.
        fn send(&mut self, actor: Actor, command: impl Into<Command>) -> usize {
            self.sent += 1;
            let id = CommandId(uuid::Uuid::from_u128(self.sent));
            let at = "2026-03-02T02:00:00Z".parse().unwrap();
            let envelope = Envelope { id, actor, reauthenticated: true, act: Act::from(command) };
            let carried = carry_out(&self.state, Sequence(1000 * self.sent as u64), at, envelope).unwrap();
            self.state = carried.state;
            carried.drafts.len()
        }

        /// Somebody in a district's office: the first security administrator grants the role.
        fn officer(&mut self, district: &str) -> Actor {
            let system: OrganisationId = "system".parse().unwrap();
            let (guard, person) = (PersonId(uuid::Uuid::from_u128(8)), PersonId(uuid::Uuid::from_u128(9)));
            let from = date(2026, 3, 2);
            let open = accounts::Command::OpenOrganisation {
                id: system.clone(),
                kind: OrganisationKind::System,
                name: "本系统".to_owned(),
                from,
            };
            self.send(Actor::System, open);
            for person in [guard, person] {
                self.send(Actor::System, accounts::Command::RegisterPerson { person, identity: None });
            }
            let grant = |person: PersonId, role, organisation: &OrganisationId| accounts::Command::Grant {
                id: accounts::GrantId(person.0),
                person,
                role,
                organisation: organisation.clone(),
                from,
                until: None,
            };
            self.send(Actor::System, grant(guard, Role::SecurityAdministrator, &system));
            let guard = Actor::Person { person: guard, role: Role::SecurityAdministrator, organisation: system };
            let organisation: OrganisationId = district.parse().unwrap();
            self.send(guard, grant(person, Role::DistrictOfficer, &organisation));
            Actor::Person { person, role: Role::DistrictOfficer, organisation }
        }

        fn organisation(&self, id: &str) -> Option<&accounts::Organisation> {
            self.state.accounts.organisation(&id.parse().unwrap())
        }
    }

    fn root() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    fn catalog() -> enterprise::Command {
        let read =
            |name: &&str| ((*name).to_owned(), std::fs::read_to_string(root().join("catalog").join(name)).unwrap());
        enterprise::Command::AdoptCatalog { files: enterprise::Catalog::FILES.iter().map(read).collect() }
    }

    fn plan_files() -> BTreeMap<String, String> {
        let folder = root().join("plans/chongqing-2023");
        let files = |folder: std::path::PathBuf, prefix: &str| {
            let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
            let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
            let read = |entry: std::fs::DirEntry| {
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                (name, std::fs::read_to_string(entry.path()).unwrap())
            };
            files.map(read).collect::<Vec<_>>()
        };
        files(folder.clone(), "").into_iter().chain(files(folder.join("benefits"), "benefits/")).collect()
    }

    #[test]
    fn the_catalog_brings_its_districts_and_its_calendar() {
        let mut city = Rehearsal::new();
        city.send(Actor::System, catalog());
        let zone = city.organisation("500902").unwrap();
        assert!(zone.name.ends_with("管理委员会") && zone.until.is_none());
        assert_eq!(city.organisation("500105").unwrap().until, Some(date(2026, 1, 24)), "authority was handed over");
        assert_eq!(city.organisation("500157").unwrap().from, date(2026, 1, 25));
        assert!(!city.state.city.calendar().works_on(date(2026, 10, 1)));
    }

    #[test]
    fn a_plan_brings_its_units_and_leaves_them_alone_the_second_time() {
        let mut city = Rehearsal::new();
        let adopt = |files| plan::Command::Adopt { effective_on: date(2023, 12, 29), files };
        assert!(city.send(Actor::System, adopt(plan_files())) > 10);
        let unit = city.organisation("central-bank").unwrap();
        assert_eq!(unit.kind, OrganisationKind::CentralAgency);
        assert!(city.organisation("districts").is_none(), "有关区县 is no organisation");
        let mut files = plan_files();
        let units = files.get_mut("units.toml").unwrap();
        *units = units.replacen("重庆市教育委员会", "重庆市教育委员会（更名）", 1);
        assert_eq!(city.send(Actor::System, adopt(files)), 2, "the adoption and one new name");
        assert!(city.organisation("education").unwrap().name.ends_with("（更名）"));
    }

    #[test]
    fn a_registered_firm_can_be_acted_for_and_keeps_its_name() {
        let mut city = Rehearsal::new();
        city.send(Actor::System, catalog());
        let officer = city.officer("500902");
        let firm = CreditCode::complete("91500106000000010").unwrap();
        let site =
            Site {
                district: "500106".parse().unwrap(), township: "西永街道".to_owned(), zone: "500902".parse().ok()
            };
        let registration = Registration {
            name: "示例封装有限公司".to_owned(),
            legal_form: LegalForm::LimitedLiability,
            registered_on: date(2020, 5, 6),
            site,
        };
        let lines = city.send(officer.clone(), enterprise::Command::Register { firm, registration, scope: None });
        assert_eq!(lines, 2);
        let id = OrganisationId::from(firm);
        let opened = city.state.accounts.organisation(&id).unwrap();
        assert_eq!((opened.kind, opened.from), (OrganisationKind::Firm, date(2020, 5, 6)));
        let change = Change::Rename { name: "示例先进封装有限公司".to_owned(), from: date(2026, 1, 5) };
        city.send(officer, enterprise::Command::Amend { firm, expected: None, change });
        assert_eq!(city.state.accounts.organisation(&id).unwrap().name, "示例先进封装有限公司");
    }
}
