//! The city of stories: a call from its fund rule to its last payment, sent by commands, and a bench over whichever pages
//! a crate tests. 示例数据：all firms, people and figures are invented.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use accounts::{GrantId, OrganisationKind};
use cases::call::{self, Mode, PlanSentence, Terms};
use cases::case::Act as CaseAct;
use cases::document::Document;
use cases::material::{Item, Material};
use cases::meeting::Meeting;
use cases::notice::Publication;
use cases::payment::{Channel, NewOrder};
use cases::performance::{Figure, IndicatorKind, Sheet, Target};
use cases::reduction::Reduction;
use cases::voucher::{Payee, Voucher};
use cases::{CallId, CaseId, FundRuleId, FundingPlanId, MeetingId, NoticeId, OrderId, StageKind, basis};
use enterprise::{LegalForm, Registration, Site};
use kernel::{
    Actor, CommandId, CreditCode, Date, Digest, Evidence, Money, OrganisationId, Period, PersonId, Role, Timestamp,
};
use office::{Act, Envelope, Hall, SetClock, State};
use subsidy::facts::{Facts, FeeAttributes, FeeLine, TestFees};
use subsidy::{Claim, ClaimId, Filed};
use uuid::Uuid;
use web::Route;
use web::testing::{Bench, Seen};

/// The call of the stories.
pub const CALL: CallId = CallId(Uuid::from_u128(0x0000_7000_8000_0000_0000_00c1));
/// What the first firm applied for.
pub const CASE: CaseId = CaseId(Uuid::from_u128(0x0000_7000_8000_0000_0000_00c2));
/// The fund rule behind the call.
pub const RULE: FundRuleId = FundRuleId(Uuid::from_u128(0x0000_7000_8000_0000_0000_00c3));
/// Where the four awards are published.
pub const NOTICE: NoticeId = NoticeId(Uuid::from_u128(0x0000_7000_8000_0000_0000_00c4));
const MEETING: MeetingId = MeetingId(Uuid::from_u128(0x0000_7000_8000_0000_0000_00c5));
/// What each firm invoiced, in yuan; 5 % of it is its award.
const FEES: [i64; 4] = [40_000_000, 24_000_000, 16_000_000, 20_000_000];

/// A city whose department is the one the bench's municipal officer sits in.
pub struct City {
    /// Where its pages reach it.
    pub hall: Hall,
    clock: Arc<SetClock>,
    sent: std::sync::atomic::AtomicU64,
    _dir: tempfile::TempDir,
}

/// A date as it is written.
pub fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn read(folder: &str) -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let entries = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let text = |path: std::path::PathBuf| {
        (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap())
    };
    entries.filter(|path| path.is_file()).map(text).collect()
}

fn number_of(role: Role) -> u128 {
    Role::ALL.iter().position(|other| *other == role).unwrap() as u128
}

/// The office of a role.
pub fn unit(role: Role) -> OrganisationId {
    format!("unit-{}", number_of(role)).parse().unwrap()
}

/// Person N in a role.
pub fn acting(n: u128, role: Role, organisation: OrganisationId) -> Actor {
    Actor::Person { person: PersonId(Uuid::from_u128(n)), role, organisation }
}

/// The bench's account of a role.
pub fn account(role: Role) -> Actor {
    acting(number_of(role), role, unit(role))
}

/// A colleague of the bench's municipal officer.
pub fn colleague(n: u128) -> Actor {
    acting(100 + n, Role::CityOfficer, unit(Role::CityOfficer))
}

/// Firm N, of four.
pub fn firm(n: usize) -> CreditCode {
    CreditCode::complete(&format!("91500118TE5T{n:05}")).unwrap()
}

/// What firm N applied for.
pub fn case(n: usize) -> CaseId {
    if n == 1 { CASE } else { CaseId(Uuid::from_u128(0x200 + n as u128)) }
}

impl City {
    /// As it stands.
    pub fn state(&self) -> State {
        self.hall.office.published().state.clone()
    }

    /// A form as it came to its hall.
    pub async fn try_send(&self, actor: &Actor, act: impl Into<Act>) -> Result<(), String> {
        let number = self.sent.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let id = CommandId(Uuid::from_u128(0x1000 + u128::from(number)));
        let envelope = Envelope { id, actor: actor.clone(), reauthenticated: true, act: act.into() };
        self.hall.office.submit(envelope).await.map(|_| ()).map_err(|error| error.to_string())
    }

    /// A form that is taken.
    pub async fn send(&self, actor: &Actor, act: impl Into<Act>) {
        self.try_send(actor, act).await.unwrap();
    }

    /// The clock goes on to ten in the morning of a day, and the program does what the day demands.
    pub async fn on(&self, text: &str) {
        let morning: Timestamp = format!("{text}T02:00:00Z").parse().unwrap();
        self.clock.set(morning);
        for (key, command) in office::due::commands(&self.state(), day(text)) {
            self.hall.submit_as_system(&key, command).await.unwrap();
        }
    }

    /// A kept file.
    pub async fn file(&self, name: &str) -> Evidence {
        self.hall.keep_file(name, format!("示例数据：{name}").as_bytes()).await.unwrap()
    }

    /// A document of the department.
    pub async fn document(&self, title: &str) -> Document {
        Document {
            title: title.to_owned(),
            number: "示例〔2026〕1号".to_owned(),
            issuer: unit(Role::CityOfficer),
            file: self.file(title).await,
            from: day("2024-01-01"),
            until: None,
        }
    }

    /// Plan, clauses, rules of procedure, people; no fund rule yet.
    pub async fn founded() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock::at("2026-10-07T02:00:00Z".parse().unwrap()));
        let hall = Hall::open(dir.path(), clock.clone(), |_| {}).await.unwrap();
        let city = Self { hall, clock, sent: Default::default(), _dir: dir };
        let catalog = read("catalog");
        let mut plan = read("plans/chongqing-2023");
        let benefits = read("plans/chongqing-2023/benefits");
        plan.extend(benefits.into_iter().map(|(name, text)| (format!("benefits/{name}"), text)));
        let is_clause = |name: &String| name.starts_with("benefits/") || name == "interpretations.toml";
        let clauses = plan.iter().filter(|(name, _)| is_clause(name));
        let clauses = clauses.map(|(name, text)| (name.clone(), text.clone())).collect();
        let of_firms = enterprise::Catalog::FILES.map(|name| (name.to_owned(), catalog[name].clone()));
        let system = |key: &'static str, act: Act| city.hall.submit_as_system(key, act);
        system("catalog", enterprise::Command::AdoptCatalog { files: of_firms.into() }.into()).await.unwrap();
        system("plan", plan::Command::Adopt { effective_on: day("2023-12-29"), files: plan }.into()).await.unwrap();
        let rates = subsidy::Command::AdoptRates { text: catalog["rates.toml"].clone() };
        system("rates", rates.into()).await.unwrap();
        system("clauses", subsidy::Command::AdoptClauses { files: clauses }.into()).await.unwrap();
        let rules = cases::Command::AdoptRules { text: catalog["case-rules.toml"].clone() };
        system("rules", rules.into()).await.unwrap();
        city.people().await;
        city.firms().await;
        city
    }

    async fn people(&self) {
        let from = day("2026-10-07");
        for role in Role::ALL {
            let number = number_of(role);
            let person = PersonId(Uuid::from_u128(number));
            let register = accounts::Command::RegisterPerson { person, identity: None };
            self.hall.submit_as_system(&format!("person-{number}"), register).await.unwrap();
        }
        let seats = [
            (Role::SecurityAdministrator, OrganisationKind::System),
            (Role::CityOfficer, OrganisationKind::MunicipalDepartment),
            (Role::WorkingGroup, OrganisationKind::MunicipalDepartment),
            (Role::Finance, OrganisationKind::MunicipalDepartment),
            (Role::Auditor, OrganisationKind::MunicipalDepartment),
            (Role::Discipline, OrganisationKind::MunicipalDepartment),
        ];
        for (role, kind) in seats {
            let (number, id) = (number_of(role), unit(role));
            let open = accounts::Command::OpenOrganisation { id, kind, name: format!("示例单位{number}"), from };
            self.hall.submit_as_system(&format!("unit-{number}"), open).await.unwrap();
            self.grant(number, role, unit(role)).await;
        }
        for n in [101, 102, 120, 130, 201, 202, 203, 204, 306] {
            let person = PersonId(Uuid::from_u128(n));
            let register = accounts::Command::RegisterPerson { person, identity: None };
            self.hall.submit_as_system(&format!("person-{n}"), register).await.unwrap();
            self.hall.name_person(person, &format!("示例人员{n}")).await.unwrap();
        }
        self.grant(101, Role::CityOfficer, unit(Role::CityOfficer)).await;
        self.grant(102, Role::CityOfficer, unit(Role::CityOfficer)).await;
        self.grant(306, Role::Finance, unit(Role::Finance)).await;
        self.grant(130, Role::Finance, unit(Role::Finance)).await;
        self.grant(120, Role::DistrictOfficer, "500118".parse().unwrap()).await;
    }

    async fn grant(&self, n: u128, role: Role, organisation: OrganisationId) {
        let (id, person, from) = (GrantId(Uuid::from_u128(n)), PersonId(Uuid::from_u128(n)), day("2026-10-07"));
        let grant = accounts::Command::Grant { id, person, role, organisation, from, until: None };
        if role == Role::SecurityAdministrator {
            self.hall.submit_as_system("guard", grant).await.unwrap();
        } else {
            self.send(&account(Role::SecurityAdministrator), grant).await;
        }
    }

    async fn firms(&self) {
        let district = acting(120, Role::DistrictOfficer, "500118".parse().unwrap());
        for n in 1..=4 {
            let registration = Registration {
                name: format!("示例封测{n}有限公司"),
                legal_form: LegalForm::LimitedLiability,
                registered_on: day("2020-01-02"),
                site: Site { district: "500118".parse().unwrap(), township: "示例镇".to_owned(), zone: None },
            };
            self.send(&district, enterprise::Command::Register { firm: firm(n), registration, scope: None }).await;
            let appoint = accounts::Command::AppointLegalPerson {
                firm: firm(n),
                person: PersonId(Uuid::from_u128(200 + n as u128)),
                from: day("2026-10-07"),
                evidence: vec![self.file("执照").await],
            };
            self.hall.submit_as_system(&format!("owner-{n}"), appoint).await.unwrap();
        }
    }

    /// The sentence of the plan that promises the benefit.
    pub fn sentence(&self) -> PlanSentence {
        let state = self.state();
        let (key, _) = state.plan.plans().next().unwrap();
        let plan = state.plan.plan_on(key, day("2026-10-07")).unwrap().digest;
        PlanSentence { plan, anchor: "三(二)1-句2".parse().unwrap() }
    }

    /// With a fund rule and its review, and that of the clause.
    pub async fn with_a_rule() -> Self {
        let city = Self::founded().await;
        let officer = colleague(1);
        let sentence = city.sentence();
        let rule = basis::FundRule {
            id: RULE,
            document: city.document("示例专项资金管理办法").await,
            plan: sentence.plan,
            anchors: BTreeSet::from([sentence.anchor]),
            benefits: BTreeSet::from(["test-fee".parse().unwrap()]),
        };
        let review = basis::FairCompetitionReview {
            benefit: "test-fee".parse().unwrap(),
            rule: RULE,
            reviewed: rule.document.file.digest,
            body: "示例审查小组".to_owned(),
            on: day("2026-10-01"),
            conclusion: basis::Conclusion::Fair,
            expires: day("2028-12-31"),
            evidence: city.file("审查表").await,
        };
        city.send(&officer, cases::Command::Basis(basis::Command::RecordRule(rule))).await;
        city.send(&officer, cases::Command::Basis(basis::Command::RecordReview(review))).await;
        let benefit: subsidy::BenefitId = "test-fee".parse().unwrap();
        let of_clause = subsidy::event::Review {
            clause: city.state().subsidy.clause(&benefit).unwrap().digest,
            benefit,
            parameters: None,
            body: "示例审查小组".into(),
            on: day("2026-10-01"),
            conclusion: subsidy::event::Conclusion::Fair,
            expires: day("2028-12-31"),
            evidence: Vec::new(),
        };
        city.send(&officer, subsidy::Command::RecordReview(of_clause)).await;
        city
    }

    /// Those of the call: four firms ask for more than it has.
    pub fn terms(&self) -> Terms {
        Terms {
            title: "2025年度封装测试费用支持（示例）".to_owned(),
            year: 2025,
            issuer: unit(Role::CityOfficer),
            finance: unit(Role::Finance),
            benefit: "test-fee".parse().unwrap(),
            sentence: self.sentence(),
            rule: RULE,
            mode: Mode::Open,
            window: Period::new(day("2026-10-08"), day("2026-11-20")).unwrap(),
            scope: "开放产能的封测企业".to_owned(),
            checklist: vec![Item {
                key: "application".parse().unwrap(), title: "申请表".to_owned(), required: true
            }],
            budget: Money::from_yuan(4_000_000),
            reduction: Reduction::Proportional,
            route: call::Route {
                district: false,
                audit: false,
                experts: 0,
                notice_working_days: 7,
                acceptance_months: None,
            },
            sharing: BTreeMap::new(),
        }
    }

    /// An act on the call.
    pub async fn act(&self, actor: &Actor, act: call::Act) {
        self.send(actor, cases::Command::Call { call: CALL, expected: None, act }).await;
    }

    /// Four firms applied to a call that is closed since, and all were recommended.
    pub async fn recommended() -> Self {
        let city = Self::with_a_rule().await;
        let officer = colleague(1);
        city.act(&officer, call::Act::Draft(city.terms())).await;
        let kind = IndicatorKind::Output;
        let targets = vec![Target { name: "支持企业户数".to_owned(), kind, target: Figure::Count(3) }];
        city.act(&officer, call::Act::FileSheet(Sheet::Targets(targets))).await;
        city.act(&officer, call::Act::Publish { notice: city.document("示例申报通知").await }).await;
        city.on("2026-10-08").await;
        for n in 1..=4 {
            city.apply(n).await;
        }
        city.on("2026-10-20").await;
        for n in 1..=4 {
            let act = CaseAct::Recommend { opinion: "符合条件".to_owned() };
            city.send(&officer, cases::Command::Case { case: case(n), expected: None, act }).await;
        }
        city.on("2026-11-23").await;
        city
    }

    /// Firm N applies.
    pub async fn apply(&self, n: usize) {
        let attributes = FeeAttributes {
            related: false,
            in_city: true,
            design_firm: true,
            open_capacity: true,
            supports_platform: false,
        };
        let line = FeeLine {
            number: Some(format!("示例{n:04}").into()),
            customer: None,
            net: Money::from_yuan(FEES[n - 1]),
            tax: Money::ZERO,
            invoiced: day("2025-05-06"),
            performed: None,
            attributes,
        };
        let claim = Claim {
            benefit: "test-fee".parse().unwrap(),
            year: 2025,
            project: None,
            packaging_test_firm: true,
            score: None,
            verified: None,
            district: None,
            facts: Facts::TestFees(TestFees { opens_capacity: true, lines: vec![line] }),
        };
        let material = Material {
            claim: claim.filed_digest(),
            applied: Money::from_yuan(FEES[n - 1] / 20),
            project: Some("示例机密项目".to_owned()),
            items: BTreeMap::from([("application".parse().unwrap(), vec![self.file("申请表").await])]),
            supports: BTreeSet::new(),
            received: Vec::new(),
        };
        let applicant = office::claims::applicant(&self.state(), firm(n), day("2026-10-08")).unwrap();
        let submit = cases::Command::Submit { case: case(n), call: CALL, applicant, material };
        let filed = Filed { claim_id: ClaimId(case(n).0), firm: firm(n), claim };
        let owner = acting(200 + n as u128, Role::Enterprise, firm(n).into());
        self.send(&owner, Act::from(subsidy::Command::FileClaim(filed)).and(submit)).await;
    }

    /// With its shares computed: four fifths of what each may get.
    pub async fn settled() -> Self {
        let city = Self::recommended().await;
        city.act(&colleague(1), call::Act::Settle).await;
        city
    }

    /// With its meeting held.
    pub async fn decided() -> Self {
        let city = Self::settled().await;
        let share = |n: usize| (case(n), city.state().cases.case(case(n)).unwrap().stage.ceiling());
        let meeting = Meeting {
            id: MEETING,
            call: CALL,
            on: day("2026-11-23"),
            minutes: city.file("会议纪要").await,
            attendees: BTreeSet::from([PersonId(Uuid::from_u128(102))]),
            recused: BTreeMap::new(),
        };
        let resolutions = (1..=4).map(share).collect();
        city.send(&colleague(2), cases::Command::HoldMeeting { meeting, resolutions }).await;
        city
    }

    /// With its notice published.
    pub async fn noticed() -> Self {
        let city = Self::decided().await;
        let publication = Publication {
            id: NOTICE,
            call: CALL,
            url: "https://example.org/gongshi".to_owned(),
            capture: city.file("公示截图").await,
            on: day("2026-11-23"),
            cases: (1..=4).map(case).collect(),
        };
        city.send(&colleague(1), cases::Command::PublishNotice(publication)).await;
        city
    }

    /// Three of four were paid; what the fourth is owed is on its way.
    pub async fn paid() -> Self {
        let city = Self::noticed().await;
        city.on("2026-12-03").await;
        let (plan, cases) = (FundingPlanId(Uuid::from_u128(0xc6)), (1..=4).map(case).collect());
        let (number, document) = ("示例计划".to_owned(), city.file("资金计划").await);
        city.send(&colleague(2), cases::Command::PlanFunding { plan, call: CALL, number, document, cases }).await;
        let order = |n: usize| NewOrder {
            id: OrderId(Uuid::from_u128(0x300 + n as u128)),
            case: case(n),
            channel: Channel::Treasury,
            account: Digest::ZERO,
        };
        city.send(&account(Role::Finance), cases::Command::IssueOrders((1..=4).map(order).collect())).await;
        city.on("2026-12-07").await;
        let voucher = |n: usize| Voucher {
            number: format!("示例-{n:04}").parse().unwrap(),
            amount: city.state().cases.case(case(n)).unwrap().stage.decided(),
            on: day("2026-12-07"),
            payee: Payee::Firm(firm(n)),
            order: Some(order(n).id),
        };
        let vouchers = (1..=3).map(voucher).collect();
        let file = city.file("凭证").await;
        let finance = acting(130, Role::Finance, unit(Role::Finance));
        city.send(&finance, cases::Command::ImportVouchers { file, vouchers }).await;
        city
    }

    /// A bench over pages.
    pub async fn bench(&self, routes: Vec<Route<Hall>>) -> Bench {
        Bench::new(routes, self.hall.clone()).await.unwrap()
    }

    /// Where the case of firm N stands.
    pub fn stage(&self, n: usize) -> StageKind {
        self.state().cases.case(case(n)).unwrap().stage.kind()
    }
}

/// A page that was refused says why where it was typed.
pub fn told(seen: &Seen, why: &str) {
    assert!(seen.status == 422 && seen.body.contains(why), "{} {}", seen.status, seen.body);
}

/// Where a form that was taken leads.
pub fn location(seen: &Seen) -> String {
    assert!(seen.status.is_redirection(), "{} {}", seen.status, seen.body);
    seen.header("location").to_owned()
}

/// The receipt that a page shows.
pub fn receipt_of(seen: &Seen) -> String {
    let after = seen.body.split_once("class=\"reference\">").unwrap_or_else(|| panic!("{}", seen.body)).1;
    after.split('<').next().unwrap().to_owned()
}
