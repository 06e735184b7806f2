//! A small city for tests: two districts, the responsible department, firms, and a ledger kept as text.
#![allow(dead_code, reason = "every test file uses another part")]

use std::collections::BTreeMap;
use std::sync::Arc;

use enterprise::filing::{self, Figures, FilingId, Material};
use enterprise::{Catalog, Command, Event, Registration, ScopeEntry, Site, State, decide};
use kernel::{
    Actor, Context, CreditCode, Date, Digest, Evidence, Money, PersonId, Recorded, Refusal, Role, Sequence, Timestamp,
    WorkingCalendar, Year,
};
use uuid::Uuid;

pub const BEIBEI: &str = "500109";
pub const YUBEI: &str = "500112";
pub const YONGCHUAN: &str = "500118";
pub const LIANGJIANG: &str = "500157";
pub const DEPARTMENT: &str = "economy-information";

/// The catalog as shipped.
pub fn catalog_files() -> BTreeMap<String, String> {
    let texts = [
        include_str!("../../../../catalog/divisions.toml"),
        include_str!("../../../../catalog/calendar.toml"),
        include_str!("../../../../catalog/firm-size.toml"),
        include_str!("../../../../catalog/chain.toml"),
        include_str!("../../../../catalog/filing.toml"),
    ];
    Catalog::FILES.iter().zip(texts).map(|(name, text)| ((*name).to_owned(), text.to_owned())).collect()
}

/// State and ledger.
pub struct City {
    pub state: State,
    pub lines: Vec<String>,
    pub now: Timestamp,
}

impl City {
    /// With the catalog adopted, on a morning.
    pub fn on(day: &str) -> Self {
        let mut city = Self { state: State::default(), lines: Vec::new(), now: morning(day) };
        city.accepts(Actor::System, Command::AdoptCatalog { files: catalog_files() });
        city
    }

    pub fn today(&mut self, day: &str) {
        self.now = morning(day);
    }

    pub fn context(&self, actor: Actor) -> Context {
        let calendar = self
            .state
            .catalog()
            .map_or_else(|| Arc::new(WorkingCalendar::default()), |catalog| Arc::clone(&catalog.calendar));
        Context { now: self.now, actor, reauthenticated: true, calendar }
    }

    pub fn send(&mut self, actor: Actor, command: Command) -> Result<(), Refusal> {
        let context = self.context(actor.clone());
        for event in decide(&self.state, &context, command)? {
            let sequence = Sequence(self.lines.len() as u64 + 1);
            let recorded = Recorded { sequence, at: self.now, actor: actor.clone() };
            // Through text and back, as the ledger does.
            let line = serde_json::to_string(&(&recorded, &event)).unwrap();
            let (recorded, event): (Recorded, Event) = serde_json::from_str(&line).unwrap();
            self.state.apply(&recorded, &event).unwrap();
            self.lines.push(line);
        }
        Ok(())
    }

    #[track_caller]
    pub fn accepts(&mut self, actor: Actor, command: Command) {
        self.send(actor, command).unwrap();
    }

    #[track_caller]
    pub fn refuses(&mut self, actor: Actor, command: Command, because: &str) {
        let before = self.state.digest();
        let refusal = self.send(actor, command).expect_err("should have been refused");
        assert!(refusal.reason.contains(because), "refused, but because: {}", refusal.reason);
        assert_eq!(before, self.state.digest(), "a refusal changes nothing");
    }

    /// A new state from the ledger's text.
    pub fn replayed(&self) -> State {
        let mut state = State::default();
        for line in &self.lines {
            let (recorded, event): (Recorded, Event) = serde_json::from_str(line).unwrap();
            state.apply(&recorded, &event).unwrap();
        }
        state
    }

    /// A firm on file and in scope, entered by the department.
    pub fn found(&mut self, firm: CreditCode, name: &str, site: Site) {
        let command =
            Command::Register { firm, registration: registration(name, site), scope: Some(entry("2021-06-01")) };
        self.accepts(department(90), command);
    }
}

pub fn morning(day: &str) -> Timestamp {
    let day: Date = day.parse().unwrap();
    jiff::tz::offset(8).to_timestamp(day.at(9, 0, 0, 0)).unwrap()
}

/// The n-th invented firm.
pub fn firm(n: u32) -> CreditCode {
    let organisation = format!("TEST{n:04}").replace('S', "5");
    let check = CreditCode::organisation_check(&organisation);
    CreditCode::complete(&format!("91500000{organisation}{check}")).unwrap()
}

pub fn person(n: u128) -> PersonId {
    PersonId(Uuid::from_u128(n))
}

pub fn filing_id(n: u128) -> FilingId {
    FilingId(Uuid::from_u128(n))
}

fn acting(n: u128, role: Role, organisation: &str) -> Actor {
    Actor::Person { person: person(n), role, organisation: organisation.parse().unwrap() }
}

pub fn enterprise(n: u128, firm: CreditCode) -> Actor {
    acting(n, Role::Enterprise, firm.as_str())
}

pub fn agent(n: u128, firm: CreditCode) -> Actor {
    acting(n, Role::Agent, firm.as_str())
}

pub fn district(n: u128, division: &str) -> Actor {
    acting(n, Role::DistrictOfficer, division)
}

pub fn department(n: u128) -> Actor {
    acting(n, Role::CityOfficer, DEPARTMENT)
}

pub fn other_department(n: u128) -> Actor {
    acting(n, Role::CityOfficer, "science-technology")
}

pub fn site(district: &str, township: &str) -> Site {
    Site { district: district.parse().unwrap(), township: township.into(), zone: None }
}

pub fn registration(name: &str, site: Site) -> Registration {
    Registration {
        name: name.into(),
        legal_form: enterprise::LegalForm::LimitedLiability,
        registered_on: "2020-05-20".parse().unwrap(),
        site,
    }
}

pub fn entry(from: &str) -> ScopeEntry {
    ScopeEntry {
        from: from.parse().unwrap(),
        industry: "3973".into(),
        products: "QFN 封装与成品测试".into(),
        evidence: vec![evidence("产品说明.pdf")],
    }
}

pub fn evidence(name: &str) -> Evidence {
    Evidence { digest: Digest::of(name.as_bytes()), name: name.into(), size: 1024 }
}

/// Contract and captive revenue in yuan; the rest follows.
pub fn material(contract: i64, captive: i64) -> Material {
    let figures = Figures {
        revenue: Money::from_yuan(contract + captive + 1_000_000),
        contract: Money::from_yuan(contract),
        captive: Money::from_yuan(captive),
        research: Money::from_yuan(500_000),
        assets: Money::from_yuan(80_000_000),
        staff: 320,
        research_staff: 40,
    };
    Material { figures, scope: "2023-1".into(), evidence: vec![evidence("审计报告.pdf")] }
}

pub fn file(n: u128, firm: CreditCode, year: Year, material: Material) -> Command {
    Command::Filing(filing::Command::File { id: filing_id(n), firm, year, corrects: None, material })
}

pub fn correct(n: u128, old: u128, firm: CreditCode, year: Year, material: Material) -> Command {
    let corrects = Some((filing_id(old), "审计调整".to_owned()));
    Command::Filing(filing::Command::File { id: filing_id(n), firm, year, corrects, material })
}

pub fn resubmit(n: u128, material: Material) -> Command {
    Command::Filing(filing::Command::Resubmit { id: filing_id(n), expected: None, material })
}

pub fn withdraw(n: u128) -> Command {
    Command::Filing(filing::Command::Withdraw { id: filing_id(n), expected: None, reason: "填错年度".into() })
}

pub fn verify(n: u128) -> Command {
    Command::Filing(filing::Command::Verify { id: filing_id(n), expected: None, opinion: None })
}

pub fn send_back(n: u128) -> Command {
    Command::Filing(filing::Command::Return { id: filing_id(n), expected: None, reason: "请附审计报告".into() })
}

pub fn sign_off(n: u128) -> Command {
    Command::Filing(filing::Command::SignOff { id: filing_id(n), expected: None, opinion: None })
}
