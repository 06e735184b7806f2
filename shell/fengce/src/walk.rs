//! Every page of the program, opened as everyone, over a small founded city in which every sample exists.

use std::sync::Arc;

use accounts::{AuthorisationId, GrantId, OrganisationKind, Scope};
use enterprise::filing::{self, Figures, FilingId, Material};
use enterprise::{LegalForm, Registration, ScopeEntry, Site};
use exports::{Exports, Registers};
use kernel::{Actor, CommandId, CreditCode, Date, Evidence, Money, OrganisationId, PersonId, Role, Timestamp};
use office::city::Identity;
use office::{Command, Envelope, Hall, SetClock};
use plan::progress::{Progress, ReportCommand, ReportKey};
use serde_json::Value;
use subsidy::Claim;
use subsidy::event::{Conclusion, Proposal, Review};
use subsidy::facts::{Facts, Investment, InvestmentProof, Loan, LoanInterest, LoanKind, TermClass};
use tokio::sync::watch;
use uuid::Uuid;
use web::testing::Bench;
use web::{Method, Who};

use crate::foundation::Foundation;
use crate::serve::CityOfHall;
use crate::{founding, pages};

mod cases;
mod recusal;
mod report;
mod reviewing;
mod story;

/// When everything but the foundation happens: the bench's own time.
const NOW: &str = "2026-11-23T02:00:00Z";
const FIRM: &str = "91500118000000001G";
const FILING: &str = "00000000-0000-7000-8000-000000000000";
const DECISION: &str = "00000000-0000-7000-8000-000000000001";
const PROPOSAL: &str = "00000000-0000-7000-8000-000000000002";

/// A city, and who acts in it.
/// The set whose digest the samples of its pages name.
fn sample_set() -> subsidy::ParameterSet {
    use subsidy::account::{CapPeriod, CapScope};
    use subsidy::parameters::{Grant, SetCap, Tier};
    let tier = Tier { over: Money::from_yuan(100_000_000), amount: Money::from_yuan(500_000) };
    let cap = SetCap { value: Money::from_yuan(500_000), scope: CapScope::Enterprise, period: CapPeriod::Lifetime };
    subsidy::ParameterSet {
        benefit: "breakthrough".parse().unwrap(),
        district: "500118".parse().unwrap(),
        document: "示例细则".into(),
        from: day("2024-01-01"),
        until: None,
        grant: Grant::Tiers(vec![tier]),
        cap,
    }
}

struct City {
    hall: Hall,
    clock: Arc<SetClock>,
    exports: Arc<Exports>,
    sent: std::sync::atomic::AtomicU64,
    _place: tempfile::TempDir,
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The account of the bench for a role.
fn person(role: Role) -> PersonId {
    let number = Role::ALL.iter().position(|other| *other == role).unwrap();
    PersonId(Uuid::from_u128(number as u128))
}

fn acting(person: PersonId, role: Role, organisation: &str) -> Actor {
    Actor::Person { person, role, organisation: organisation.parse().unwrap() }
}

fn founder(login: &str, role: Role) -> Actor {
    acting(founding::administrator(login), role, founding::SYSTEM)
}

fn firm() -> CreditCode {
    FIRM.parse().unwrap()
}

/// Which organisation each account acts for; firms and agencies aside.
const SEATS: [(Role, &str); 11] = [
    (Role::DistrictOfficer, "500118"),
    (Role::CityOfficer, "economy-information"),
    (Role::WorkingGroup, "working-group"),
    (Role::Expert, "experts"),
    (Role::Finance, "finance"),
    (Role::AuditFirm, "audit-firm"),
    (Role::Auditor, "audit-office"),
    (Role::Discipline, "discipline"),
    (Role::SystemAdministrator, founding::SYSTEM),
    (Role::SecurityAdministrator, founding::SYSTEM),
    (Role::AuditAdministrator, founding::SYSTEM),
];

impl City {
    async fn founded() -> Self {
        let place = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock::at(instant("2024-01-02T02:00:00Z")));
        let hall = Hall::open(&place.path().join("data"), clock.clone(), |_| ()).await.unwrap();
        let registers: Registers = Arc::new(pages::registers());
        let exports = Arc::new(Exports::new(place.path().join("exports"), 3, registers));
        let city = Self { hall, clock, exports, sent: Default::default(), _place: place };
        let identity = Identity { name: "示例".to_owned(), demonstration: true };
        founding::found(&city.hall, &Foundation::embedded(), identity, async || Ok(())).await.unwrap();
        city.seat().await;
        city.report().await;
        city.clock.set(instant("2026-10-12T02:00:00Z"));
        city.file().await;
        city.assess().await;
        city.earlier_calls().await;
        city.clock.set(instant(NOW));
        city.call_and_claim().await;
        city.hall.sign_checkpoints().await.unwrap();
        city.exports.make(&city.hall, day("2026-11-23")).await.unwrap().unwrap();
        city
    }

    async fn send(&self, actor: Actor, command: impl Into<Command>) {
        self.send_act(actor, office::Act::from(command)).await;
    }

    async fn send_act(&self, actor: Actor, act: office::Act) {
        let number = self.sent.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let id = CommandId(Uuid::from_u128(u128::from(number) + 1));
        let envelope = Envelope { id, actor, reauthenticated: true, act };
        self.hall.office.submit(envelope).await.unwrap();
    }

    /// The bench's accounts get the roles whose number they bear, from the first administrators.
    async fn seat(&self) {
        use accounts::Command as Accounts;
        let (system, guard, auditor) = (
            founder("xitong", Role::SystemAdministrator),
            founder("anquan", Role::SecurityAdministrator),
            founder("anshen", Role::AuditAdministrator),
        );
        let from = day("2024-01-02");
        for (key, kind) in [
            ("experts", OrganisationKind::ExpertBody),
            ("audit-firm", OrganisationKind::AuditFirm),
            ("audit-office", OrganisationKind::MunicipalDepartment),
            ("discipline", OrganisationKind::MunicipalDepartment),
            ("agency", OrganisationKind::Agency),
        ] {
            let (id, name) = (key.parse().unwrap(), format!("示例{key}"));
            self.send(system.clone(), Accounts::OpenOrganisation { id, kind, name, from }).await;
        }
        for role in Role::ALL {
            self.send(system.clone(), Accounts::RegisterPerson { person: person(role), identity: None }).await;
        }
        for (role, organisation) in SEATS {
            let organisation: OrganisationId = organisation.parse().unwrap();
            let (id, person) = (GrantId(person(role).0), person(role));
            let grant = Accounts::Grant { id, person, role, organisation, from, until: None };
            self.send(guard.clone(), grant).await;
            if accounts::organisation::ADMINISTRATORS.contains(&role) {
                self.send(auditor.clone(), Accounts::ConfirmGrant { id }).await;
            }
        }
    }

    async fn proof(&self) -> Evidence {
        self.hall.keep_file("证明.txt", "示例证明".as_bytes()).await.unwrap()
    }

    async fn report(&self) {
        self.clock.set(instant("2024-02-05T02:00:00Z"));
        let report = ReportKey {
            plan: "chongqing-2023".parse().unwrap(),
            subject: "二(一)1".parse().unwrap(),
            unit: "economy-information".parse().unwrap(),
            month: "2024-01".parse().unwrap(),
        };
        let evidence = vec![self.proof().await];
        let progress = Progress { percent: 3.try_into().unwrap(), narrative: "示例数据".to_owned(), evidence };
        let officer = acting(person(Role::CityOfficer), Role::CityOfficer, "economy-information");
        let command = ReportCommand::Submit(progress);
        self.send(officer, plan::Command::Report { report, expected: None, command }).await;
    }

    /// A firm, its legal person and its agent, and a filing that was sent back.
    async fn file(&self) {
        use accounts::Command as Accounts;
        let officer = acting(person(Role::DistrictOfficer), Role::DistrictOfficer, "500118");
        let site = Site { district: "500118".parse().unwrap(), township: "示例街道".to_owned(), zone: None };
        let registration = Registration {
            name: "示例封装有限公司".to_owned(),
            legal_form: LegalForm::LimitedLiability,
            registered_on: day("2020-05-06"),
            site,
        };
        let (industry, products, evidence) = ("3973".to_owned(), "示例产品".to_owned(), vec![self.proof().await]);
        let scope = Some(ScopeEntry { from: day("2021-01-01"), industry, products, evidence: evidence.clone() });
        self.send(officer.clone(), enterprise::Command::Register { firm: firm(), registration, scope }).await;
        let (owner, today) = (person(Role::Enterprise), day("2026-10-12"));
        let guard = founder("anquan", Role::SecurityAdministrator);
        let appoint =
            Accounts::AppointLegalPerson { firm: firm(), person: owner, from: today, evidence: evidence.clone() };
        self.send(guard, appoint).await;
        let owner = acting(owner, Role::Enterprise, FIRM);
        let id = AuthorisationId(Uuid::from_u128(77));
        let authorise = Accounts::Authorise {
            id,
            firm: firm(),
            person: person(Role::Agent),
            agency: Some("agency".parse().unwrap()),
            scopes: [Scope::Filings].into(),
            from: today,
            until: day("2027-11-17"),
        };
        self.send(owner.clone(), authorise).await;
        let agent = acting(person(Role::Agent), Role::Agent, FIRM);
        self.send(agent, Accounts::AcceptAuthorisation { id }).await;
        let figures =
            Figures { revenue: Money::from_yuan(9), contract: Money::from_yuan(5), staff: 3, ..Figures::default() };
        let material = Material { figures, scope: "2023-1".to_owned(), evidence };
        let id: FilingId = FILING.parse().unwrap();
        let file = filing::Command::File { id, firm: firm(), year: 2025, corrects: None, material };
        self.send(owner, enterprise::Command::Filing(file)).await;
        let reason = "请附审计报告".to_owned();
        let back = filing::Command::Return { id, expected: None, reason };
        self.send(officer, enterprise::Command::Filing(back)).await;
    }

    /// A reviewed clause, one assessment, one open proposal.
    async fn assess(&self) {
        let officer = acting(person(Role::CityOfficer), Role::CityOfficer, "economy-information");
        let benefit: subsidy::BenefitId = "interest".parse().unwrap();
        let state = self.hall.office.published().state.clone();
        let review = Review {
            parameters: None,
            benefit: benefit.clone(),
            clause: state.subsidy.clause(&benefit).unwrap().digest,
            body: "审查小组（示例）".into(),
            on: day("2024-08-19"),
            conclusion: Conclusion::Fair,
            expires: day("2027-12-31"),
            evidence: Vec::new(),
        };
        self.send(officer.clone(), subsidy::Command::RecordReview(review)).await;
        let district = acting(person(Role::DistrictOfficer), Role::DistrictOfficer, "500118");
        self.send(district, subsidy::Command::AdoptParameters(sample_set())).await;
        let facts = facts();
        let claim = Claim {
            benefit,
            year: 2025,
            project: None,
            packaging_test_firm: true,
            score: None,
            verified: None,
            district: None,
            facts,
        };
        let (decision, claim_id) = (DECISION.parse().unwrap(), subsidy::ClaimId(Uuid::from_u128(3)));
        self.send(officer, subsidy::Command::Assess { decision, claim_id, firm: firm(), claim }).await;
        let point = subsidy::Point::Customers;
        let proposal = Proposal {
            id: PROPOSAL.parse().unwrap(),
            point,
            chosen: state.subsidy.interpretations().unwrap().get(point).unwrap().options[1].key.clone(),
            authority: "专题会议纪要（示例）".into(),
            from: day("2026-12-01"),
            until: None,
        };
        let group = acting(person(Role::WorkingGroup), Role::WorkingGroup, "working-group");
        self.send(group, subsidy::Command::ChooseInterpretation(proposal)).await;
    }

    async fn bench(&self) -> Bench {
        let (_, checkpoints) = watch::channel(None);
        let city = Arc::new(CityOfHall { hall: self.hall.clone(), checkpoints });
        Bench::over(pages::routes(&self.exports), self.hall.clone(), city).await.unwrap()
    }
}

fn facts() -> Facts {
    let investment = Investment {
        paid_in: Money::from_yuan(680_000_000),
        proven_on: day("2025-11-30"),
        proof: InvestmentProof::SpecialAudit,
        progress: "100%".parse().unwrap(),
    };
    let loan = Loan {
        principal: Money::from_yuan(300_000_000),
        paid: Money::from_yuan(15_000_000),
        disbursed: day("2024-03-01"),
        from: day("2025-01-01"),
        until: day("2026-01-01"),
        term: TermClass::OverFiveYears,
        kind: LoanKind::Bank,
    };
    Facts::LoanInterest(LoanInterest { investment, planned: None, loans: vec![loan] })
}

/// The whole mounted table, the shell's own routes with it, as the public and in every role.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everyone_gets_in_where_they_may_and_nowhere_else() {
    let city = City::founded().await;
    let complaints = city.bench().await.walk().await;
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

/// Routes with parameters say what they are tried with.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_has_a_path_it_can_be_tried_with() {
    let city = City::founded().await;
    for route in pages::routes(&city.exports) {
        let card = route.card();
        assert!(!card.sample.contains('{'), "{:?} {} has no sample", card.method, card.pattern);
    }
}

/// Every register has a route, and what it answers in JSON is what dictionary and interface description say of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registers_answer_as_they_are_described() {
    let city = City::founded().await;
    let bench = city.bench().await;
    let routes = pages::routes(&city.exports);
    let cards: Vec<_> = routes.iter().map(|route| *route.card()).collect();
    let mut rows = 0;
    for role in Role::ALL.map(Some).into_iter().chain([None]) {
        let mut browser = match role {
            Some(role) => bench.signed_in(role).await,
            None => bench.browser(),
        };
        let described: Value = serde_json::from_str(&browser.get("/api/openapi.json").await.body).unwrap();
        for register in pages::registers() {
            let card = cards.iter().find(|card| card.register == Some(register.key));
            let card = card.unwrap_or_else(|| panic!("no route shows the register {}", register.key));
            assert_eq!(card.method, Method::Get);
            let may = match (card.who, role) {
                (Who::Public, _) | (Who::SignedIn, Some(_)) => true,
                (Who::Roles(roles), Some(role)) => roles.contains(&role),
                (_, None) => false,
            };
            let item = &described["paths"][card.pattern]["get"];
            assert_eq!(!item.is_null(), may, "{role:?} {}", register.key);
            if !may {
                continue;
            }
            let seen = browser.get(&format!("{}?format=json", card.pattern)).await;
            let answered: Value = serde_json::from_str(&seen.body).unwrap();
            let schema = &item["responses"]["200"]["content"]["application/json"]["schema"]["properties"];
            let columns = &schema["rows"]["items"]["properties"];
            for row in answered["rows"].as_array().unwrap() {
                let keys: Vec<_> = row.as_object().unwrap().keys().collect();
                let known: Vec<_> = columns.as_object().unwrap().keys().collect();
                assert_eq!(keys, known, "{role:?} {}", register.key);
                for (key, value) in row.as_object().unwrap() {
                    assert!(fits(value, &columns[key]), "{} {key}: {value} is not {}", register.key, columns[key]);
                }
                rows += 1;
            }
        }
    }
    assert!(rows > 50, "{rows} rows were compared");
    let dictionary = bench.browser().get("/dictionary?format=json").await.body;
    let dictionary: Value = serde_json::from_str(&dictionary).unwrap();
    let columns: usize = pages::registers().iter().map(|register| register.headings().len()).sum();
    assert_eq!(dictionary["rows"].as_array().unwrap().len(), columns);
}

/// Whether a value is what a schema of ours allows: types and alternatives, which is all they use.
fn fits(value: &Value, schema: &Value) -> bool {
    if let Some(alternatives) = schema["anyOf"].as_array() {
        return alternatives.iter().any(|alternative| fits(value, alternative));
    }
    match schema["type"].as_str() {
        Some("null") => value.is_null(),
        Some("integer") => value.is_i64(),
        Some("string") => value.as_str().is_some_and(|text| shaped(text, schema)),
        Some("object") => value.as_object().is_some_and(|object| {
            let known = &schema["properties"];
            object.iter().all(|(key, value)| !known[key].is_null() && fits(value, &known[key]))
        }),
        _ => false,
    }
}

fn shaped(text: &str, schema: &Value) -> bool {
    match (schema["format"].as_str(), schema["pattern"].as_str()) {
        (Some("date"), _) => text.parse::<Date>().is_ok(),
        (Some("date-time"), _) => text.parse::<Timestamp>().is_ok(),
        (_, Some(pattern)) if pattern.ends_with("%$") => text.parse::<kernel::Rate>().is_ok(),
        (_, Some(_)) => text.parse::<Money>().is_ok(),
        _ => true,
    }
}

/// What the page tells people to type is what OpenSSL believes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_of_the_verification_page_prove_the_checkpoint() {
    let city = City::founded().await;
    let bench = city.bench().await;
    let mut public = bench.browser();
    let page = public.get("/verify").await.body;
    assert!(page.contains("fengce ledger verify") && page.contains("BEGIN PUBLIC KEY"), "{page}");
    let checkpoints = public.get("/verify/checkpoints.jsonl").await.body;
    assert_eq!(checkpoints.lines().count(), 1, "the ledger's; nobody has looked at anything yet");
    let place = tempfile::tempdir().unwrap();
    let key = public.get("/verify/public-key.pem").await.body;
    std::fs::write(place.path().join("public-key.pem"), key).unwrap();
    let begins = page.find("printf &#39;fengce-checkpoint").or(page.find("printf 'fengce-checkpoint")).unwrap();
    let commands = page[begins..].split("</pre>").next().unwrap();
    let commands = commands
        .replace("&#39;", "'")
        .replace("&quot;", "\"")
        .replace("&#62;", ">")
        .replace("&#38;", "&")
        .replace("&amp;", "&");
    let run = |commands: &str| {
        std::process::Command::new("sh").args(["-ec", commands]).current_dir(place.path()).output().unwrap()
    };
    if !run("openssl version").status.success() {
        // Past the capture of output, so that a plain run of the tests shows it.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), b"skipped: no openssl to believe a checkpoint\n");
        return;
    }
    let believed = run(&commands);
    assert!(believed.status.success(), "{commands}\n{believed:?}");
    assert!(String::from_utf8_lossy(&believed.stdout).contains("Verified OK"), "{believed:?}");
    let forged = commands.replacen("ledger", "access", 1);
    assert!(!run(&forged).status.success(), "nothing else is believed");
}
