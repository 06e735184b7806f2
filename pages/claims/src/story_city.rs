//! A city in which firms claim: plan, clauses, rules, offices, three firms, a call for each municipal benefit.
//! 示例数据：all firms, people and figures are invented.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use accounts::{AuthorisationId, GrantId, OrganisationKind, Scope};
use cases::call::{self, Mode, PlanSentence, Route, Terms};
use cases::document::Document;
use cases::material::Item;
use cases::performance::{Figure, IndicatorKind, Sheet, Target};
use cases::reduction::Reduction;
use cases::{CallId, Case, FundRuleId, basis};
use enterprise::{LegalForm, Registration, ScopeEntry, Site};
use kernel::{Actor, CommandId, CreditCode, Date, Evidence, Money, OrganisationId, Period, PersonId, Role, Timestamp};
use office::{Act, Envelope, Hall, SetClock, State};
use uuid::Uuid;
use web::ports::{self, Footing, Seat};
use web::testing::{Bench, Browser, PASSWORD};

/// An item of a checklist: key, title, whether it is required.
type Listed = (&'static str, &'static str, bool);

/// A benefit with its anchor in the plan and the checklist of its call.
pub const BENEFITS: [(&str, &str, &[Listed]); 6] = [
    (
        "interest",
        "三(二)1-句1",
        &[
            ("investment-proof", "投资专项审计报告", true),
            ("loan-contracts", "借款合同与利息单", true),
            ("other", "其他说明", false),
        ],
    ),
    ("test-fee", "三(二)1-句2", &[("invoices", "封测费用发票", true)]),
    ("breakthrough", "三(二)1-句3", &[("audit-report", "年度审计报告", true)]),
    ("complex", "三(二)2-句2", &[("filing", "项目备案证", true)]),
    ("park", "二(三)7-句3", &[("agreement", "入驻协议", true), ("invoices", "费用发票", false)]),
    ("platform", "三(二)2-句1", &[("recognition", "市级平台认定文件", true), ("costs", "运营费专项审计报告", true)]),
];

/// What the district of the firms grants. 示例数据.
fn set(benefit: &str) -> Option<subsidy::ParameterSet> {
    use subsidy::account::{CapPeriod, CapScope};
    use subsidy::parameters::{Grant, SetCap, Tier};
    let share = |percent: i64| kernel::Rate::from_parts_per_million(percent * 10_000);
    let tier = |over, amount| Tier { over: Money::from_yuan(over), amount: Money::from_yuan(amount) };
    let (grant, scope) = match benefit {
        "breakthrough" => {
            let tiers = vec![tier(100_000_000, 500_000), tier(500_000_000, 2_000_000)];
            (Grant::Tiers(tiers), CapScope::Enterprise)
        }
        "complex" => (Grant::Share(share(10)), CapScope::Project),
        "park" => (Grant::ByPart([50, 0, 20, 10, 0].map(share)), CapScope::Enterprise),
        _ => return None,
    };
    Some(subsidy::ParameterSet {
        benefit: benefit.parse().unwrap(),
        district: "500118".parse().unwrap(),
        document: "示例区实施细则（示例数据）".into(),
        from: day("2026-01-01"),
        until: None,
        grant,
        cap: SetCap { value: Money::from_yuan(8_000_000), scope, period: CapPeriod::Lifetime },
    })
}

const RULE: FundRuleId = FundRuleId(Uuid::from_u128(0xc3));
const FROM: &str = "2026-10-08";

/// The city of the stories.
pub struct City {
    pub hall: Hall,
    clock: Arc<SetClock>,
    sent: AtomicU64,
    _dir: tempfile::TempDir,
}

/// Who may act as what, as the hall knows it.
struct OfHall(Hall);

impl ports::City for OfHall {
    fn name(&self) -> String {
        "示例市".to_owned()
    }
    fn is_demonstration(&self) -> bool {
        true
    }
    fn now(&self) -> Timestamp {
        self.0.office.now()
    }
    fn first_day(&self) -> Option<Date> {
        None
    }
    fn footing(&self) -> Footing {
        Footing { sequence: self.0.office.published().head.sequence, checkpoint: None }
    }
    fn seats(&self, person: PersonId) -> Vec<Seat> {
        let published = self.0.office.published();
        let choices = accounts::grants_of(&published.state.accounts, person, kernel::date::civil(self.now()));
        let seat = |choice: accounts::Choice| Seat {
            role: choice.role,
            organisation_name: published.state.organisation_name(&choice.organisation),
            organisation: choice.organisation,
        };
        choices.into_iter().map(seat).collect()
    }
}

pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn call(benefit: &str) -> CallId {
    let number = BENEFITS.iter().position(|(key, ..)| *key == benefit).unwrap();
    CallId(Uuid::from_u128(0xc100 + number as u128))
}

pub fn firm(n: usize) -> CreditCode {
    CreditCode::complete(&format!("91500118TE5T{n:05}")).unwrap()
}

/// The bench signs in as person N by the login `role-N`.
pub const OWNER: u128 = 0;
pub const AGENT: u128 = 1;
pub const DISTRICT: u128 = 2;
pub const OFFICER: u128 = 3;
pub const COLLEAGUE: u128 = 4;
pub const OTHER_OWNER: u128 = 5;
pub const NARROW_AGENT: u128 = 6;
const GUARD: u128 = 7;

pub fn acting(n: u128, role: Role, organisation: &str) -> Actor {
    Actor::Person { person: PersonId(Uuid::from_u128(n)), role, organisation: organisation.parse().unwrap() }
}

pub fn officer() -> Actor {
    acting(OFFICER, Role::CityOfficer, "economy-information")
}

pub fn colleague() -> Actor {
    acting(COLLEAGUE, Role::CityOfficer, "economy-information")
}

pub fn district() -> Actor {
    acting(DISTRICT, Role::DistrictOfficer, "500118")
}

fn texts(folder: &str) -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let entries = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let text = |path: std::path::PathBuf| {
        (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap())
    };
    entries.filter(|path| path.is_file()).map(text).collect()
}

pub fn route() -> Route {
    Route { district: true, audit: false, experts: 0, notice_working_days: 5, acceptance_months: None }
}

impl City {
    pub fn state(&self) -> State {
        self.hall.office.published().state.clone()
    }

    pub async fn send(&self, actor: &Actor, act: impl Into<Act>) {
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        let id = CommandId(Uuid::from_u128(0x1000 + u128::from(number)));
        let envelope = Envelope { id, actor: actor.clone(), reauthenticated: true, act: act.into() };
        self.hall.office.submit(envelope).await.unwrap();
    }

    async fn system(&self, act: impl Into<Act>) {
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        self.hall.submit_as_system(&number.to_string(), act).await.unwrap();
    }

    pub async fn file(&self, name: &str) -> Evidence {
        self.hall.keep_file(name, format!("示例数据：{name}").as_bytes()).await.unwrap()
    }

    /// The clock goes on to ten in the morning of a day, and the program does what the day demands.
    pub async fn on(&self, text: &str) {
        self.clock.set(format!("{text}T02:00:00Z").parse().unwrap());
        for (key, command) in office::due::commands(&self.state(), day(text)) {
            self.hall.submit_as_system(&key, command).await.unwrap();
        }
    }

    /// The one case of a firm.
    pub fn case_of(&self, n: usize) -> Case {
        self.state().cases.cases_of_firm(firm(n)).next().unwrap().clone()
    }

    pub async fn bench(&self) -> Bench {
        let routes = crate::routes();
        Bench::over(routes, self.hall.clone(), Arc::new(OfHall(self.hall.clone()))).await.unwrap()
    }

    /// With calls for its benefits, open from 2026-10-09 to 2026-11-30.
    pub async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock::at(format!("{FROM}T02:00:00Z").parse().unwrap()));
        let hall = Hall::open(dir.path(), clock.clone(), |_| {}).await.unwrap();
        let city = Self { hall, clock, sent: AtomicU64::default(), _dir: dir };
        let catalog = texts("catalog");
        let mut plan = texts("plans/chongqing-2023");
        let benefits = texts("plans/chongqing-2023/benefits");
        plan.extend(benefits.into_iter().map(|(name, text)| (format!("benefits/{name}"), text)));
        let is_clause = |name: &String| name.starts_with("benefits/") || name == "interpretations.toml";
        let clauses = plan.iter().filter(|(name, _)| is_clause(name));
        let clauses = clauses.map(|(name, text)| (name.clone(), text.clone())).collect();
        let of_firms = enterprise::Catalog::FILES.map(|name| (name.to_owned(), catalog[name].clone()));
        city.system(office::city::Command::AdoptCalendar { text: catalog["calendar.toml"].clone() }).await;
        city.system(enterprise::Command::AdoptCatalog { files: of_firms.into() }).await;
        city.system(plan::Command::Adopt { effective_on: day("2023-12-29"), files: plan }).await;
        city.system(subsidy::Command::AdoptRates { text: catalog["rates.toml"].clone() }).await;
        city.system(subsidy::Command::AdoptClauses { files: clauses }).await;
        city.system(cases::Command::AdoptRules { text: catalog["case-rules.toml"].clone() }).await;
        city.people().await;
        city.firms().await;
        city.calls().await;
        city.on("2026-10-09").await;
        city
    }

    async fn people(&self) {
        let (id, name) = ("system".parse().unwrap(), "系统".to_owned());
        let kind = OrganisationKind::System;
        self.system(accounts::Command::OpenOrganisation { id, kind, name, from: day(FROM) }).await;
        for n in 0..8 {
            let person = PersonId(Uuid::from_u128(n));
            self.system(accounts::Command::RegisterPerson { person, identity: None }).await;
        }
        let grant = |n: u128, role, organisation: &str| accounts::Command::Grant {
            id: GrantId(Uuid::from_u128(n)),
            person: PersonId(Uuid::from_u128(n)),
            role,
            organisation: organisation.parse::<OrganisationId>().unwrap(),
            from: day(FROM),
            until: None,
        };
        self.system(grant(GUARD, Role::SecurityAdministrator, "system")).await;
        let guard = acting(GUARD, Role::SecurityAdministrator, "system");
        self.send(&guard, grant(DISTRICT, Role::DistrictOfficer, "500118")).await;
        self.send(&guard, grant(OFFICER, Role::CityOfficer, "economy-information")).await;
        self.send(&guard, grant(COLLEAGUE, Role::CityOfficer, "economy-information")).await;
    }

    /// Two firms, each with its legal person; two agents of the first, of whom one may claim.
    async fn firms(&self) {
        for (n, owner) in [(1, OWNER), (2, OTHER_OWNER), (3, 99)] {
            let site = Site { district: "500118".parse().unwrap(), township: "示例镇".to_owned(), zone: None };
            let (name, legal_form) = (format!("示例封测{n}有限公司"), LegalForm::LimitedLiability);
            let registration = Registration { name, legal_form, registered_on: day("2020-01-02"), site };
            let (industry, products, evidence) =
                ("3973".to_owned(), "示例封装".to_owned(), vec![self.file("产品").await]);
            let scope = Some(ScopeEntry { from: day("2021-01-01"), industry, products, evidence });
            self.send(&district(), enterprise::Command::Register { firm: firm(n), registration, scope }).await;
            if owner < 90 {
                let (person, evidence) = (PersonId(Uuid::from_u128(owner)), vec![self.file("执照").await]);
                let from = day(FROM);
                self.system(accounts::Command::AppointLegalPerson { firm: firm(n), person, from, evidence }).await;
            }
        }
        let kind = OrganisationKind::Agency;
        let (id, name) = ("agency".parse().unwrap(), "示例代办".to_owned());
        self.system(accounts::Command::OpenOrganisation { id, kind, name, from: day(FROM) }).await;
        for (n, scope) in [(AGENT, Scope::Claim), (NARROW_AGENT, Scope::Filings)] {
            let id = AuthorisationId(Uuid::from_u128(n));
            let authorise = accounts::Command::Authorise {
                id,
                firm: firm(1),
                person: PersonId(Uuid::from_u128(n)),
                agency: Some("agency".parse().unwrap()),
                scopes: [scope].into(),
                from: day(FROM),
                until: day("2027-10-07"),
            };
            self.send(&acting(OWNER, Role::Enterprise, firm(1).as_str()), authorise).await;
            let agent = acting(n, Role::Agent, firm(1).as_str());
            self.send(&agent, accounts::Command::AcceptAuthorisation { id }).await;
        }
    }

    async fn document(&self, title: &str) -> Document {
        Document {
            title: title.to_owned(),
            number: "示例〔2026〕1号".to_owned(),
            issuer: "economy-information".parse().unwrap(),
            file: self.file(title).await,
            from: day("2024-01-01"),
            until: None,
        }
    }

    async fn calls(&self) {
        let state = self.state();
        let (key, _) = state.plan.plans().next().unwrap();
        let plan = state.plan.plan_on(key, day(FROM)).unwrap().digest;
        let rule = basis::FundRule {
            id: RULE,
            document: self.document("示例专项资金管理办法").await,
            plan,
            anchors: BENEFITS.iter().map(|(_, anchor, _)| anchor.parse().unwrap()).collect::<BTreeSet<_>>(),
            benefits: BENEFITS.iter().map(|(key, ..)| key.parse().unwrap()).collect(),
        };
        let reviewed = rule.document.file.digest;
        self.send(&officer(), cases::Command::Basis(basis::Command::RecordRule(rule))).await;
        for (key, anchor, items) in BENEFITS {
            let review = basis::FairCompetitionReview {
                benefit: key.parse().unwrap(),
                rule: RULE,
                reviewed,
                body: "示例审查小组".to_owned(),
                on: day("2026-09-01"),
                conclusion: basis::Conclusion::Fair,
                expires: day("2028-12-31"),
                evidence: self.file("审查").await,
            };
            self.send(&officer(), cases::Command::Basis(basis::Command::RecordReview(review))).await;
            let of_clause = subsidy::event::Review {
                parameters: None,
                benefit: key.parse().unwrap(),
                clause: state.subsidy.clause(&key.parse().unwrap()).unwrap().digest,
                body: "示例审查小组".into(),
                on: day("2026-09-01"),
                conclusion: subsidy::event::Conclusion::Fair,
                expires: day("2028-12-31"),
                evidence: Vec::new(),
            };
            if let Some(set) = set(key) {
                let of_set = subsidy::event::Review { parameters: Some(set.digest()), ..of_clause.clone() };
                self.send(&district(), subsidy::Command::AdoptParameters(set)).await;
                self.send(&officer(), subsidy::Command::RecordReview(of_set)).await;
            }
            self.send(&officer(), subsidy::Command::RecordReview(of_clause)).await;
            let item = |(key, title, required): &(&str, &str, bool)| Item {
                key: key.parse().unwrap(),
                title: (*title).to_owned(),
                required: *required,
            };
            let terms = Terms {
                title: format!("2025 年度 {key} 示例批次"),
                year: 2025,
                issuer: "economy-information".parse().unwrap(),
                finance: "finance".parse().unwrap(),
                benefit: key.parse().unwrap(),
                sentence: PlanSentence { plan, anchor: anchor.parse().unwrap() },
                rule: RULE,
                mode: Mode::Open,
                window: Period::new(day("2026-10-09"), day("2026-11-30")).unwrap(),
                scope: "本市集成电路封装测试企业（示例）".to_owned(),
                checklist: items.iter().map(item).collect(),
                budget: Money::from_yuan(20_000_000),
                reduction: Reduction::Proportional,
                route: route(),
                sharing: BTreeMap::new(),
            };
            let of_call = |act| cases::Command::Call { call: call(key), expected: None, act };
            let target =
                Target { name: "支持企业数".to_owned(), kind: IndicatorKind::Output, target: Figure::Count(1) };
            self.send(&officer(), of_call(call::Act::Draft(terms))).await;
            self.send(&officer(), of_call(call::Act::FileSheet(Sheet::Targets(vec![target])))).await;
            let notice = self.document("示例申报通知").await;
            self.send(&colleague(), of_call(call::Act::Publish { notice })).await;
        }
    }
}

/// A browser signed in as person N.
pub async fn signed_in(bench: &Bench, n: u128) -> Browser<'_> {
    let mut browser = bench.browser();
    browser.sign_in(&format!("role-{n}"), PASSWORD, "").await;
    browser
}
