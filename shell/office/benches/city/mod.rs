//! An invented city of any size, made only by commands (示例数据): what the benchmarks of the office and of the pages
//! run on. Each firm follows a script of its own: it files, is verified and signed off, corrects, gives and takes back
//! consents; units report on tasks and the working group accepts.

mod script;

use std::collections::BTreeMap;
use std::sync::Arc;

use enterprise::{LegalForm, Registration, ScopeEntry, Site};
use jiff::civil::date;
use kernel::{Actor, CommandId, CreditCode, Date, Digest, Evidence, Money, OrganisationId, PersonId, Role, Timestamp};
use office::city::Identity;
use office::{Command, Envelope, Office, SetClock};
use plan::parts::UnitKind;
use plan::{Month, Plan, PlanKey};
use uuid::Uuid;

use crate::embedded;

pub use script::Script;

/// The day on which the city begins.
pub const BEGINS: Date = date(2024, 1, 2);
/// Where firms stand: district, township.
const PLACES: [(&str, &str); 6] = [
    ("500116", "双福街道"),
    ("500113", "界石镇"),
    ("500118", "大安街道"),
    ("500120", "璧泉街道"),
    ("500102", "李渡街道"),
    ("500117", "草街街道"),
];

/// Who acts, and on what.
pub struct City {
    /// The plan carried out.
    pub plan: Plan,
    /// By their number.
    pub firms: Vec<Firm>,
    /// An officer of each district that firms stand in.
    pub districts: BTreeMap<&'static str, Actor>,
    /// The responsible department's officer.
    pub city: Actor,
    /// The working group's.
    pub working_group: Actor,
    /// The treasury's.
    pub finance: Actor,
    /// What units report on: task or measure, and who reports.
    pub reports: Vec<(kernel::Anchor, Actor)>,
    security: Actor,
}

/// One invented firm.
#[derive(Clone, Debug)]
pub struct Firm {
    /// Its code.
    pub code: CreditCode,
    /// Its legal person.
    pub person: Actor,
    /// The district it stands in.
    pub district: &'static str,
    number: u64,
}

/// An id that is a function of what it names.
pub fn id(kind: &str, number: u64) -> Uuid {
    let digest = Digest::of_parts([kind.as_bytes(), &number.to_be_bytes()[..]]);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_bytes()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

fn actor(name: &str, role: Role, organisation: &str) -> Actor {
    Actor::Person { person: PersonId(id(name, 0)), role, organisation: organisation.parse().unwrap() }
}

/// A file that proves something.
pub fn evidence(name: &str) -> Evidence {
    Evidence { digest: Digest::of(name.as_bytes()), name: format!("{name}（示例）.pdf"), size: 183_402 }
}

/// An instant of a day's hour in China.
pub fn at(day: Date, hour: i8) -> Timestamp {
    jiff::tz::offset(8).to_timestamp(day.at(hour, 0, 0, 0)).unwrap()
}

/// Every day from [`BEGINS`] to `last`.
pub fn days(last: Date) -> impl Iterator<Item = Date> {
    BEGINS.series(jiff::Span::new().days(1)).take_while(move |day| *day <= last)
}

impl Firm {
    fn new(number: u64) -> Self {
        let district = PLACES[number as usize % PLACES.len()].0;
        let organisation = format!("0000{:04}", number + 1);
        let first_17 = format!("91{district}{organisation}{}", CreditCode::organisation_check(&organisation));
        let code = CreditCode::complete(&first_17).unwrap();
        let person = Actor::Person {
            person: PersonId(id("legal person", number)),
            role: Role::Enterprise,
            organisation: code.into(),
        };
        Self { code, person, district, number }
    }

    fn registration(&self) -> Registration {
        let (district, township) = PLACES[self.number as usize % PLACES.len()];
        Registration {
            name: format!("重庆示例第{}封装测试有限公司", self.number + 1),
            legal_form: LegalForm::LimitedLiability,
            registered_on: date(2012, 5, 6),
            site: Site { district: district.parse().unwrap(), township: township.to_owned(), zone: None },
        }
    }
}

impl City {
    /// So many firms.
    pub fn of(firms: u64) -> Self {
        let plan = Plan::read(&embedded::plan()).unwrap_or_else(|_| panic!("the plan reads"));
        let districts = PLACES.map(|(code, _)| (code, actor(code, Role::DistrictOfficer, code)));
        let districts = BTreeMap::from(districts);
        let unit = |unit: &plan::parts::Unit| {
            let role = if unit.kind == UnitKind::WorkingGroup { Role::WorkingGroup } else { Role::CityOfficer };
            actor(unit.key.as_str(), role, unit.key.as_str())
        };
        let subjects = plan.tasks.iter().flat_map(|task| {
            let measures = task.measures.iter().map(move |measure| plan::document::Subject::Measure(task, measure));
            std::iter::once(plan::document::Subject::Task(task)).chain(measures)
        });
        let mut reports = Vec::new();
        for subject in subjects {
            let anchor = match subject {
                plan::document::Subject::Task(task) => &task.anchor,
                plan::document::Subject::Measure(_, measure) => &measure.anchor,
            };
            for listed in plan.units_of(subject) {
                match listed.kind {
                    UnitKind::Districts => {
                        reports.extend(districts.values().map(|officer| (anchor.clone(), officer.clone())));
                    }
                    _ => reports.push((anchor.clone(), unit(listed))),
                }
            }
        }
        reports.sort_by_key(|(anchor, actor)| (anchor.clone(), actor.organisation().cloned()));
        reports.dedup();
        Self {
            firms: (0..firms).map(Firm::new).collect(),
            districts,
            city: actor("economy-information", Role::CityOfficer, "economy-information"),
            working_group: plan.units.iter().find(|unit| unit.kind == UnitKind::WorkingGroup).map(unit).unwrap(),
            finance: actor("treasury", Role::Finance, "finance"),
            security: actor("security", Role::SecurityAdministrator, "system"),
            reports,
            plan,
        }
    }

    /// The plan's key.
    pub fn key(&self) -> PlanKey {
        self.plan.meta.key.clone()
    }

    /// Who can sign in to the city when it is served, by log-in name.
    pub fn log_ins(&self) -> Vec<(&'static str, Actor)> {
        let mut log_ins = vec![
            ("city", self.city.clone()),
            ("group", self.working_group.clone()),
            ("finance", self.finance.clone()),
            ("security", self.security.clone()),
        ];
        log_ins.extend(self.firms.first().map(|firm| ("firm", firm.person.clone())));
        log_ins.extend(self.districts.values().next().map(|officer| ("district", officer.clone())));
        log_ins
    }

    /// Everybody with an office.
    fn officers(&self) -> Vec<Actor> {
        let mut officers: Vec<Actor> = self.reports.iter().map(|(_, officer)| officer.clone()).collect();
        officers.extend(self.districts.values().cloned());
        officers.extend([self.city.clone(), self.working_group.clone(), self.finance.clone()]);
        officers.sort_by_key(Actor::person);
        officers.dedup();
        officers
    }

    /// What the city begins with, in an order that works.
    pub fn beginnings(&self) -> Vec<Envelope> {
        let mut commands: Vec<(Actor, Command)> = Vec::new();
        let system = |command: Command| (Actor::System, command);
        let calendar = embedded::catalog("calendar.toml").to_owned();
        commands.push(system(office::city::Command::AdoptCalendar { text: calendar }.into()));
        commands.push(system(enterprise::Command::AdoptCatalog { files: enterprise_catalog() }.into()));
        let effective_on = self.plan.meta.issued;
        commands.push(system(plan::Command::Adopt { effective_on, files: embedded::plan() }.into()));
        let rates = embedded::catalog("rates.toml").to_owned();
        commands.push(system(subsidy::Command::AdoptRates { text: rates }.into()));
        commands.push(system(subsidy::Command::AdoptClauses { files: embedded::clauses_of(&embedded::plan()) }.into()));
        let open = accounts::Command::OpenOrganisation {
            id: "system".parse().unwrap(),
            kind: accounts::OrganisationKind::System,
            name: "本系统".to_owned(),
            from: BEGINS,
        };
        commands.push(system(open.into()));
        let grants = std::iter::once(self.security.clone()).chain(self.officers());
        for officer in grants {
            let (Some(person), Some(role), Some(organisation)) =
                (officer.person(), officer.role(), officer.organisation().cloned())
            else {
                continue;
            };
            let granted_by = if role == Role::SecurityAdministrator { Actor::System } else { self.security.clone() };
            commands.push(system(accounts::Command::RegisterPerson { person, identity: None }.into()));
            let id = accounts::GrantId(person.0);
            let grant = accounts::Command::Grant { id, person, role, organisation, from: BEGINS, until: None };
            commands.push((granted_by, grant.into()));
        }
        commands.extend(self.reviews());
        for firm in &self.firms {
            commands.extend(firm.opening(&self.districts[firm.district]));
        }
        let baseline = enterprise::baseline::Command {
            id: enterprise::baseline::BaselineId(id("baseline", 0)),
            day: date(2023, 12, 31),
            basis: "2023 年末在营封测企业名录（示例）".to_owned(),
            evidence: vec![evidence("基期名录")],
        };
        commands.push((self.city.clone(), enterprise::Command::TakeBaseline(baseline).into()));
        let identity = Identity { name: "示例市".to_owned(), demonstration: true };
        commands.push(system(office::city::Command::Found(identity).into()));
        let numbered = commands.into_iter().zip(0..);
        numbered.map(|((actor, command), number)| envelope("beginning", number, actor, command)).collect()
    }

    /// A fair-competition review of every clause.
    fn reviews(&self) -> Vec<(Actor, Command)> {
        let (clauses, _) = subsidy::rulebook::parse_clauses(&embedded::clauses_of(&embedded::plan())).unwrap();
        let reviewed = clauses.into_iter().map(|(benefit, clause): (subsidy::BenefitId, Arc<subsidy::Clause>)| {
            let review = subsidy::event::Review {
                parameters: None,
                benefit,
                clause: clause.digest,
                body: "市级部门公平竞争审查小组（示例）".into(),
                on: date(2023, 12, 29),
                conclusion: subsidy::event::Conclusion::Fair,
                expires: date(2027, 12, 31),
                evidence: vec![evidence("公平竞争审查表")],
            };
            (self.city.clone(), subsidy::Command::RecordReview(review).into())
        });
        reviewed.collect()
    }
}

impl Firm {
    /// Its file, opened by the district, and its legal person.
    fn opening(&self, officer: &Actor) -> Vec<(Actor, Command)> {
        let scope = ScopeEntry {
            from: date(2023, 1, 1).saturating_add(jiff::Span::new().days(self.number as i64 % 360 + 1)),
            industry: "3973".to_owned(),
            products: "SOT、QFP、QFN 封装代工（示例）".to_owned(),
            evidence: vec![evidence("主要产品说明")],
        };
        let register =
            enterprise::Command::Register { firm: self.code, registration: self.registration(), scope: Some(scope) };
        let Some(person) = self.person.person() else { return Vec::new() };
        let known = accounts::Command::RegisterPerson { person, identity: None };
        let appoint = accounts::Command::AppointLegalPerson {
            firm: self.code,
            person,
            from: date(2020, 1, 1),
            evidence: vec![evidence("营业执照")],
        };
        vec![(officer.clone(), register.into()), (Actor::System, known.into()), (Actor::System, appoint.into())]
    }
}

/// A command on its way, with an id of its own.
pub fn envelope(kind: &str, number: u64, actor: Actor, command: Command) -> Envelope {
    Envelope { id: CommandId(id(kind, number)), actor, reauthenticated: true, act: office::Act::from(command) }
}

/// Sends commands at once and waits for all.
pub async fn send(office: &Office, envelopes: impl IntoIterator<Item = Envelope>) {
    let sent = envelopes.into_iter().map(async |envelope| {
        let what = format!("{:?} {:?}", envelope.actor, envelope.act);
        if let Err(error) = office.submit(envelope).await {
            panic!("{error}: {}", what.chars().take(600).collect::<String>());
        }
    });
    futures::future::join_all(sent).await;
}

/// Founds the city and lets every firm follow its script until so many events are recorded. Answers with the scripts
/// as they then stand.
pub async fn grow(office: &Office, clock: &SetClock, city: &City, events: u64, last: Date) -> Vec<Script> {
    clock.set(at(BEGINS, 8));
    for envelope in city.beginnings() {
        send(office, [envelope]).await;
    }
    let mut scripts = Script::of(city);
    let days: Vec<Date> = days(last).collect();
    let begun = office.published().head.sequence.0;
    for (nth, day) in days.iter().enumerate() {
        // As much each day as brings the last day to the number wanted.
        let wanted = begun + (events.saturating_sub(begun)) * (nth as u64 + 1) / days.len() as u64;
        if day.day() == 1 {
            // As the hour does: what may be made public, is. Nothing new is no failure.
            let publish = enterprise::Command::Publish.into();
            let _ = office.submit(envelope("publish", nth as u64, Actor::System, publish)).await;
        }
        let mut hour = 9;
        while office.published().head.sequence.0 < wanted && hour < 23 {
            clock.set(at(*day, hour));
            let left = wanted - office.published().head.sequence.0;
            let turns = left.min(scripts.len() as u64) as usize;
            let wave: Vec<Envelope> =
                scripts.iter_mut().take(turns).filter_map(|script| script.next(city, *day)).collect();
            send(office, wave).await;
            scripts.rotate_left(turns);
            hour += 1;
        }
    }
    scripts
}

/// A sum of money that depends on a number.
pub fn yuan(number: u64, most: i64) -> Money {
    Money::from_yuan((number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20) as i64 % most)
}

/// The month before the day's.
pub fn month_before(day: Date) -> Month {
    Month::of(day).previous()
}

/// An organisation that is there.
pub fn organisation(key: &str) -> OrganisationId {
    key.parse().unwrap()
}

fn enterprise_catalog() -> BTreeMap<String, String> {
    let files = enterprise::Catalog::FILES.map(|name| (name.to_owned(), embedded::catalog(name).to_owned()));
    files.into()
}
