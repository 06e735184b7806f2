//! A department runs a call, and a citizen answers it. 示例数据：all firms, people and figures are invented.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use accounts::{GrantId, OrganisationKind};
use cases::call::{self, Mode, PlanSentence, Route, Stage, Terms};
use cases::case::Act as CaseAct;
use cases::challenge::Command as Challenge;
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
use web::Method;
use web::testing::{Bench, Browser, Seen};

pub const CALL: CallId = CallId(Uuid::from_u128(0x0000_7000_8000_0000_0000_00c1));
const CASE: CaseId = CaseId(Uuid::from_u128(0x0000_7000_8000_0000_0000_00c2));
const RULE: FundRuleId = FundRuleId(Uuid::from_u128(0x0000_7000_8000_0000_0000_00c3));
const NOTICE: NoticeId = NoticeId(Uuid::from_u128(0x0000_7000_8000_0000_0000_00c4));
const MEETING: MeetingId = MeetingId(Uuid::from_u128(0x0000_7000_8000_0000_0000_00c5));
/// What each firm invoiced, in yuan; 5 % of it is its award.
const FEES: [i64; 4] = [40_000_000, 24_000_000, 16_000_000, 20_000_000];

/// A city whose department is the one the bench's municipal officer sits in.
pub struct City {
    pub hall: Hall,
    clock: Arc<SetClock>,
    sent: std::sync::atomic::AtomicU64,
    _dir: tempfile::TempDir,
}

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

pub fn unit(role: Role) -> OrganisationId {
    format!("unit-{}", number_of(role)).parse().unwrap()
}

pub fn acting(n: u128, role: Role, organisation: OrganisationId) -> Actor {
    Actor::Person { person: PersonId(Uuid::from_u128(n)), role, organisation }
}

/// The bench's account of a role.
fn account(role: Role) -> Actor {
    acting(number_of(role), role, unit(role))
}

/// A colleague of the bench's municipal officer.
pub fn colleague(n: u128) -> Actor {
    acting(100 + n, Role::CityOfficer, unit(Role::CityOfficer))
}

pub fn firm(n: usize) -> CreditCode {
    CreditCode::complete(&format!("91500118TE5T{n:05}")).unwrap()
}

pub fn case(n: usize) -> CaseId {
    if n == 1 { CASE } else { CaseId(Uuid::from_u128(0x200 + n as u128)) }
}

impl City {
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

    pub async fn file(&self, name: &str) -> Evidence {
        self.hall.keep_file(name, format!("示例数据：{name}").as_bytes()).await.unwrap()
    }

    async fn document(&self, title: &str) -> Document {
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

    fn sentence(&self) -> PlanSentence {
        let promises = super::shown::promises(&self.state(), day("2026-10-07"));
        let promise = promises.into_iter().find(|promise| promise.benefit.as_str() == "test-fee").unwrap();
        PlanSentence { plan: promise.plan, anchor: promise.anchor }
    }

    /// With a fund rule and its review, and that of the clause.
    async fn with_a_rule() -> Self {
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
            body: "示例审查小组".into(),
            on: day("2026-10-01"),
            conclusion: subsidy::event::Conclusion::Fair,
            expires: day("2028-12-31"),
            evidence: Vec::new(),
        };
        city.send(&officer, subsidy::Command::RecordReview(of_clause)).await;
        city
    }

    fn terms(&self) -> Terms {
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
            route: Route { district: false, audit: false, experts: 0, notice_working_days: 7, acceptance_months: None },
            sharing: BTreeMap::new(),
        }
    }

    async fn act(&self, actor: &Actor, act: call::Act) {
        self.send(actor, cases::Command::Call { call: CALL, expected: None, act }).await;
    }

    /// Four firms applied to a call that is closed since, and all were recommended.
    async fn recommended() -> Self {
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

    async fn apply(&self, n: usize) {
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

    async fn settled() -> Self {
        let city = Self::recommended().await;
        city.act(&colleague(1), call::Act::Settle).await;
        city
    }

    async fn decided() -> Self {
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
    async fn paid() -> Self {
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

    pub async fn bench(&self) -> Bench {
        Bench::new(crate::routes(), self.hall.clone()).await.unwrap()
    }

    pub fn stage(&self, n: usize) -> StageKind {
        self.state().cases.case(case(n)).unwrap().stage.kind()
    }
}

/// A page that was refused says why where it was typed.
pub fn told(seen: &Seen, why: &str) {
    assert!(seen.status == 422 && seen.body.contains(why), "{} {}", seen.status, seen.body);
}

pub fn location(seen: &Seen) -> String {
    assert!(seen.status.is_redirection(), "{} {}", seen.status, seen.body);
    seen.header("location").to_owned()
}

const PAPER: &[u8] = "示例数据".as_bytes();

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_rule_to_a_published_call() {
    let city = City::founded().await;
    city.on("2026-11-23").await;
    let bench = city.bench().await;
    let mut officer = bench.signed_in(Role::CityOfficer).await;
    let choose = officer.get("/calls/new").await.body;
    assert!(choose.contains("请先登记支持本事项的资金管理办法"), "{choose}");

    let sentence = city.sentence();
    let anchor = format!("{}|{}", sentence.plan, sentence.anchor);
    let typed =
        [("title", "示例办法"), ("number", "示例〔2026〕9号"), ("from", "2026-01-01"), ("benefits", "test-fee")];
    let refused = officer.post_files("/fund-rules/new", &typed, &[("file", "办法.pdf", PAPER)]).await;
    told(&refused, "请至少选择行动计划中的一句");
    let typed: Vec<_> = typed.into_iter().chain([("anchors", anchor.as_str())]).collect();
    let rule = location(&officer.post_files("/fund-rules/new", &typed, &[("file", "办法.pdf", PAPER)]).await);
    let shown = bench.browser().get(&rule).await.body;
    assert!(shown.contains("示例办法") && shown.contains("未审查"), "{shown}");
    assert!(shown.contains("封测费用5%") || shown.contains("封测费"), "the sentence itself: {shown}");

    let rule_id = rule.rsplit('/').next().unwrap().to_owned();
    let basis = format!("{rule_id}|{}", sentence.anchor);
    let form = officer.get("/calls/new?benefit=test-fee").await.body;
    assert!(
        form.contains(&basis) && form.contains("示例单位6"),
        "rule, sentence and finance office are offered: {form}"
    );
    let terms = [
        ("benefit", "test-fee"),
        ("title", "示例批次"),
        ("year", "2025"),
        ("basis", &basis),
        ("mode", "open"),
        ("from", "2026-12-01"),
        ("until", "2027-01-31"),
        ("scope", "示例范围"),
        ("item_key", ""),
        ("item_title", "申请表"),
        ("item_required", "yes"),
        ("item_key", ""),
        ("item_title", "合同"),
        ("item_required", "no"),
        ("budget", "3,000,000"),
        ("reduction", "proportional"),
        ("finance", "unit-6"),
        ("district", "on"),
        ("experts", "0"),
        ("notice_working_days", "7"),
        ("acceptance_months", ""),
    ];
    let mut short = terms;
    short[19] = ("notice_working_days", "1");
    told(&officer.post("/calls/new", &short).await, "短于现行规定的下限");
    let desk = location(&officer.post("/calls/new", &terms).await);
    let shown = officer.get(&desk).await.body;
    assert!(
        shown.contains("没有有效的公平竞争审查结论，不能发布") && shown.contains("还没有填报绩效目标表"),
        "{shown}"
    );

    let call = desk.trim_end_matches("/desk").to_owned();
    let targets = [("name", "支持企业户数"), ("kind", "output"), ("unit", "count"), ("value", "三")];
    told(&officer.post(&format!("{call}/targets"), &targets).await, "不是整数");
    let targets = [("name", "支持企业户数"), ("kind", "output"), ("unit", "count"), ("value", "3")];
    location(&officer.post(&format!("{call}/targets"), &targets).await);
    let publish = format!("{call}/publish");
    let issued = [("title", "申报通知"), ("number", "示例〔2026〕10号"), ("from", "2026-11-23")];
    let before = officer.get(&publish).await.body;
    assert!(before.contains("发布会被拒绝"), "said beforehand: {before}");
    told(&officer.post_files(&publish, &issued, &[("file", "通知.pdf", PAPER)]).await, "公平竞争审查");

    let review = format!("{rule}/review/test-fee");
    let typed =
        [("body", "示例审查小组"), ("on", "2026-11-20"), ("conclusion", "exception"), ("expires", "2028-12-31")];
    let lacking = officer.post_files(&review, &typed, &[("evidence", "审查表.pdf", PAPER)]).await;
    told(&lacking, "例外规定的依据");
    let typed = [("body", "示例审查小组"), ("on", "2026-11-20"), ("conclusion", "fair"), ("expires", "2028-12-31")];
    location(&officer.post_files(&review, &typed, &[("evidence", "审查表.pdf", PAPER)]).await);
    assert_eq!(bench.browser().get(&format!("{call}/file")).await.status, 404, "a draft is nobody's business");
    location(&officer.post_files(&publish, &issued, &[("file", "通知.pdf", PAPER)]).await);
    let state = city.state();
    let published = state.cases.calls().next().unwrap();
    assert!(matches!(published.stage, Stage::Published { .. }));
    let item = |n: usize| (published.terms.checklist[n].key.to_string(), published.terms.checklist[n].required);
    assert_eq!([item(0), item(1)], [("item-1".to_owned(), true), ("item-2".to_owned(), false)]);
    assert_eq!(bench.browser().get(&format!("{call}/file")).await.body.as_bytes(), PAPER, "everybody reads the notice");

    let again = officer.get("/calls/new?benefit=test-fee").await.body;
    assert!(again.contains("已按“示例批次”预填") && again.contains("value=\"2026\""), "{again}");
    assert!(again.contains("2027-12-01") && again.contains("value=\"3000000.00\""), "a year later: {again}");
    let mut other = bench.signed_in(Role::Finance).await;
    assert_eq!(other.get(&desk).await.status, 200, "who pays sees the desk");
    assert_eq!(other.get(&publish).await.status, 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_settled_and_a_meeting_decides() {
    let city = City::recommended().await;
    let bench = city.bench().await;
    let mut officer = bench.signed_in(Role::CityOfficer).await;
    let (settle, hold) = (format!("/calls/{CALL}/settle"), format!("/calls/{CALL}/meeting/hold"));
    // 2,000,000 + 1,200,000 + 800,000 + 1,000,000 are asked of 4,000,000: four fifths each.
    let preview = officer.get(&settle).await.body;
    for share in ["1,600,000.00", "960,000.00", "640,000.00", "800,000.00", "5,000,000.00"] {
        assert!(preview.contains(share), "{share}: {preview}");
    }
    assert_eq!(city.stage(1), StageKind::Recommended, "looking decides nothing");
    location(&officer.post(&settle, &[]).await);
    assert_eq!(city.stage(1), StageKind::Proposed);

    let pack = format!("/calls/{CALL}/meeting");
    let shown = officer.get(&pack).await.body;
    assert!(shown.contains("示例封测1有限公司") && shown.contains("4,000,000.00"), "{shown}");
    let excel = officer.get_bytes(&format!("{pack}?format=xlsx")).await;
    assert!(excel.starts_with(b"PK"), "Excel");

    let shares = [(1, "1600000.00"), (2, "960000.00"), (3, "640000.00"), (4, "")];
    let ids: Vec<_> = shares.iter().map(|(n, _)| case(*n).to_string()).collect();
    let attendee = PersonId(Uuid::from_u128(101)).to_string();
    let form = |first: &'static str| {
        let mut fields = vec![("on", "2026-11-23"), ("attendees", attendee.as_str())];
        for ((n, amount), id) in shares.iter().zip(&ids) {
            fields.push(("case", id.as_str()));
            fields.push(("amount", if *n == 1 { first } else { amount }));
        }
        fields
    };
    let minutes = [("minutes", "纪要.pdf", PAPER)];
    told(&officer.post_files(&hold, &form("1600000.01"), &minutes).await, "超过汇总测算的可支持金额");
    let shown = officer.post_files(&hold, &form("一百"), &minutes).await;
    told(&shown, "审定金额");
    assert!(shown.body.contains("value=\"一百\""), "what was typed stays");
    let meeting = location(&officer.post_files(&hold, &form("1500000"), &minutes).await);
    assert_eq!([city.stage(1), city.stage(4)], [StageKind::Decided, StageKind::Proposed], "one was left undecided");
    let shown = officer.get(&meeting).await.body;
    assert!(shown.contains("1,500,000.00") && shown.contains("示例人员101") && !shown.contains("示例封测4"), "{shown}");
    let next = officer.get(&format!("/calls/{CALL}/notice")).await.body;
    assert!(next.contains("相邻两个环节不能是同一人"), "who decided does not publish: {next}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_citizen_objects_and_reads_the_answer() {
    let city = City::decided().await;
    let bench = city.bench().await;
    let mut officer = bench.signed_in(Role::CityOfficer).await;
    let form = format!("/calls/{CALL}/notice");
    let preview = officer.get(&form).await.body;
    assert!(preview.contains("1,600,000.00") && !preview.contains("示例机密项目"), "{preview}");
    let ids: Vec<_> = (1..=4).map(|n| case(n).to_string()).collect();
    let fields = |url: &'static str| {
        let cases = ids.iter().map(|id| ("cases", id.as_str()));
        [("url", url), ("on", "2026-11-23")].into_iter().chain(cases).collect::<Vec<_>>()
    };
    let capture = [("capture", "截图.png", PAPER)];
    told(&officer.post_files(&form, &fields("example.org"), &capture).await, "完整网址");
    let notice = location(&officer.post_files(&form, &fields("https://example.org/1"), &capture).await);

    let mut citizen = bench.browser();
    assert!(citizen.get("/notices").await.body.contains(&notice), "in the list");
    let shown = citizen.get(&notice).await.body;
    assert!(
        shown.contains("示例封测1有限公司") && shown.contains("1,600,000.00") && shown.contains("到 2026-12-02 为止"),
        "{shown}"
    );
    assert!(!shown.contains("示例机密项目"), "what may be a trade secret is not told");
    assert_eq!(citizen.get(&format!("{notice}/capture")).await.body.as_bytes(), PAPER);

    let objection = format!("{notice}/objection");
    let empty = [("case", ids[0].as_str()), ("statement", "")];
    told(&citizen.post(&objection, &empty).await, "请填写");
    let said = "该企业 2025 年没有开放产能，我是其客户。";
    let contact = "13800000000";
    let fields = [("case", ids[0].as_str()), ("statement", said), ("contact", contact)];
    let thanked = citizen.post(&objection, &fields).await;
    let receipt = receipt_of(&thanked);
    let state = city.state();
    let recorded = state.cases.objections().next().unwrap();
    let sealed = city.hall.file(&recorded.said.statement.digest).await.unwrap();
    assert!(!String::from_utf8_lossy(&sealed).contains("开放产能"), "sealed");
    let opened = city.hall.statement(recorded.said.id.0, &recorded.said.statement).await.unwrap();
    assert_eq!(opened, Some((said.to_owned(), Some(contact.to_owned()))), "for whoever answers");
    assert_eq!(recorded.recorded.actor, Actor::System, "who sent it is not kept");
    assert!(citizen.get(&notice).await.body.contains("有异议，办理中"));

    let pending = citizen.post("/receipts", &[("receipt", &receipt)]).await.body;
    assert!(pending.contains("办理中") && pending.contains("答复期限"), "{pending}");
    let (id, reasons) = (recorded.said.id, "经查属实，退回重新审定".to_owned());
    let answer = Challenge::AnswerObjection { id, upheld: true, reasons };
    city.send(&colleague(2), cases::Command::Challenge(answer)).await;
    let mut anywhere = bench.browser();
    let lower = receipt.to_lowercase().replace('-', " ");
    let answered = anywhere.post("/receipts", &[("receipt", &lower)]).await.body;
    assert!(answered.contains("成立") && answered.contains("经查属实"), "{answered}");
    told(&anywhere.post("/receipts", &[("receipt", "0000-0000-0000-0000")]).await, "没有这个编号");
    assert!(citizen.get(&notice).await.body.contains("重新审定"));
    let late = citizen.post(&objection, &fields).await;
    told(&late, "不在公示期内");
    assert!(late.body.contains(said), "what was written is not lost");
}

/// The receipt that a page shows.
fn receipt_of(seen: &Seen) -> String {
    let after = seen.body.split_once("class=\"reference\">").unwrap_or_else(|| panic!("{}", seen.body)).1;
    after.split('<').next().unwrap().to_owned()
}

/// A page without what changes from one opening to the next.
fn without_tokens(page: &str) -> String {
    let parts = page.split("type=\"hidden\" name=\"_").enumerate();
    parts.map(|(n, part)| if n == 0 { part } else { part.split_once('>').map_or("", |(_, rest)| rest) }).collect()
}

/// Every page of the crate as somebody sees it; what may not be opened is left out.
async fn all_pages(browser: &mut Browser<'_>) -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    let cards: Vec<_> = crate::routes().iter().map(|route| *route.card()).collect();
    for card in cards.iter().filter(|card| card.method == Method::Get && card.sample != "/reports/new") {
        let seen = browser.get(card.sample).await;
        if seen.status == 200 {
            pages.insert(card.sample.to_owned(), without_tokens(&seen.body));
        }
    }
    pages
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_is_seen_by_no_handler() {
    let city = City::noticed().await;
    let bench = city.bench().await;
    let handlers = [Role::CityOfficer, Role::WorkingGroup, Role::Finance, Role::Auditor, Role::Expert];
    let mut before = Vec::new();
    for role in handlers {
        before.push(all_pages(&mut bench.signed_in(role).await).await);
    }
    assert!(before[0].len() > 20 && before[0].keys().any(|path| path.ends_with("/desk")), "{:?}", before[0].keys());
    let revision = city.state().cases.case(CASE).unwrap().revision;

    let mut citizen = bench.browser();
    let id = CASE.to_string();
    let fields = [("case", id.as_str()), ("statement", "发票系虚开"), ("contact", "")];
    let receipt = receipt_of(&citizen.post("/reports/new", &fields).await);
    assert!(citizen.get(&format!("/reports/new?notice={NOTICE}")).await.body.contains("示例封测1有限公司"));

    for (role, before) in handlers.into_iter().zip(before) {
        let after = all_pages(&mut bench.signed_in(role).await).await;
        for (path, page) in &before {
            assert_eq!(after.get(path), Some(page), "{role:?} {path}");
        }
    }
    assert_eq!(city.state().cases.case(CASE).unwrap().revision, revision, "nor from the case's revision");
    let (state, discipline) = (city.state(), account(Role::Discipline));
    let seen = state.cases.reports_for(&discipline).next().unwrap();
    let close = Challenge::CloseReport { id: seen.said.id, upheld: false, reasons: "查无实据".to_owned() };
    city.send(&discipline, cases::Command::Challenge(close)).await;
    let answered = citizen.post("/receipts", &[("receipt", &receipt)]).await.body;
    assert!(answered.contains("举报") && answered.contains("查无实据"), "{answered}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_complaint_reaches_those_it_does_not_speak_of() {
    let city = City::noticed().await;
    let bench = city.bench().await;
    let mut citizen = bench.browser();
    let id = CASE.to_string();
    let fields = [("case", id.as_str()), ("statement", "迟迟不答复"), ("contact", "")];
    told(&citizen.post("/complaints/new", &fields).await, "请选择投诉哪个单位");
    let fields: Vec<_> = fields.into_iter().chain([("against", "unit-3")]).collect();
    receipt_of(&citizen.post("/complaints/new", &fields).await);
    let state = city.state();
    assert_eq!(state.cases.complaints_for(&colleague(2)).count(), 0, "not to the office it speaks of");
    assert_eq!(state.cases.complaints_for(&account(Role::WorkingGroup)).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sheets_know_what_the_records_know() {
    let city = City::settled().await;
    let bench = city.bench().await;
    let mut officer = bench.signed_in(Role::CityOfficer).await;
    let (mid_year, own) = (format!("/calls/{CALL}/mid-year"), format!("/calls/{CALL}/self-assessment"));
    let form = officer.get(&mid_year).await.body;
    assert!(form.contains("按记录") && form.contains("value=\"0\""), "nobody is paid yet: {form}");
    location(&officer.post(&mid_year, &[("value", "0"), ("deviation", "")]).await);
    let missed = [("value", "0"), ("deviation", ""), ("score", "80"), ("conclusion", "示例")];
    told(&officer.post(&own, &missed).await, "请写明偏差原因");
    let told_why = [("value", "0"), ("deviation", "尚未拨付"), ("score", "80"), ("conclusion", "示例结论")];
    let sheets = location(&officer.post(&own, &told_why).await);
    let printed = officer.get(&sheets).await.body;
    for word in ["绩效目标表", "绩效年中监控", "绩效自评", "未达到", "尚未拨付", "示例结论"] {
        assert!(printed.contains(word), "{word}: {printed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_are_slowed_down() {
    let city = City::noticed().await;
    let settings = web::Settings { words_per_minute: 2, ..web::Settings::default() };
    let bench = Bench::with(crate::routes(), city.hall.clone(), settings).await.unwrap();
    let (mut citizen, id) = (bench.browser(), CASE.to_string());
    let fields = [("case", id.as_str()), ("statement", "示例"), ("contact", "")];
    for _ in 0..2 {
        receipt_of(&citizen.post("/reports/new", &fields).await);
    }
    assert_eq!(citizen.post("/reports/new", &fields).await.status, 429);
    assert_eq!(citizen.post("/receipts", &[("receipt", "0")]).await.status, 429, "nor are receipts tried out");
    assert_eq!(citizen.get("/reports/new").await.status, 200, "looking is free");
    bench.city.pass(60);
    receipt_of(&citizen.post("/reports/new", &fields).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_paid_stands_behind_the_plan() {
    use office::evidence::{Audience, observations};
    use office::spending::{payments, spending};
    use plan::parts::Figure as Value;
    let city = City::paid().await;
    let (state, today) = (city.state(), day("2026-12-08"));
    let benefit = "test-fee".parse().unwrap();
    for audience in [Audience::Offices, Audience::Public] {
        let found = spending(&state, Some(&benefit), audience);
        assert_eq!((found.decided.amount, found.decided.cases), (Money::from_yuan(4_000_000), 4));
        // 1,600,000 + 960,000 + 640,000; the fourth, 800,000, has no voucher.
        assert_eq!((found.paid.amount, found.paid.firms), (Money::from_yuan(3_200_000), 3));
        assert_eq!(spending(&state, Some(&"interest".parse().unwrap()), audience), Default::default());
    }
    assert_eq!(payments(&state).len(), 3);
    let (_, plan) = state.plan.plans().next().map(|(key, _)| (key, state.plan.plan_on(key, today).unwrap())).unwrap();
    let latest = |key: &str, audience, day| {
        let indicator = plan.indicator(&key.parse().unwrap()).unwrap();
        observations(&state, indicator, day, audience).last().map(|observation| observation.value)
    };
    let paid = Some(Value::Money(Money::from_yuan(3_200_000)));
    assert_eq!(latest("test-fee-paid", Audience::Public, today), paid);
    assert_eq!(latest("test-fee-paid", Audience::Offices, day("2026-12-06")), None, "before the vouchers");
    assert_eq!(latest("interest-paid", Audience::Offices, today), None, "no payment is no zero");
    assert_eq!(latest("supported-firms", Audience::Public, today), Some(Value::Count(3)));
    // From 8 October to 7 December 2026: 43 working days, the one of 10 October worked for the holidays among them.
    assert_eq!(latest("payment-days", Audience::Public, today), Some(Value::Count(43)));

    let bench = city.bench().await;
    bench.city.pass(15 * 86_400);
    let shown = bench.browser().get("/calls/statistics").await.body;
    assert!(shown.contains("4,000,000.00") && shown.contains("3,200,000.00"), "{shown}");
    assert!(!shown.contains("申请（元）"), "what is only applied for is not told by district: {shown}");
    let shown = bench.signed_in(Role::CityOfficer).await.get("/calls/statistics").await.body;
    assert!(shown.contains("申请（元）") && shown.contains("5,000,000.00"), "{shown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn few_firms_are_not_told_on() {
    let city = City::with_a_rule().await;
    let officer = colleague(1);
    city.act(&officer, call::Act::Draft(city.terms())).await;
    let targets = vec![Target { name: "户数".to_owned(), kind: IndicatorKind::Output, target: Figure::Count(1) }];
    city.act(&officer, call::Act::FileSheet(Sheet::Targets(targets))).await;
    city.act(&officer, call::Act::Publish { notice: city.document("通知").await }).await;
    city.on("2026-10-08").await;
    for n in 1..=2 {
        city.apply(n).await;
        let act = CaseAct::Recommend { opinion: "符合".to_owned() };
        city.send(&officer, cases::Command::Case { case: case(n), expected: None, act }).await;
    }
    city.on("2026-11-23").await;
    let bench = city.bench().await;
    let shown = bench.browser().get("/calls/statistics").await.body;
    assert!(shown.contains("企业户数过少，不公布") && shown.contains("经过的企业不足 3 户"), "{shown}");
    assert!(!shown.contains("3,200,000") && !shown.contains("320.00"), "{shown}");
    let shown = bench.signed_in(Role::Auditor).await.get("/calls/statistics").await.body;
    assert!(shown.contains("320.00") && shown.contains("待市级复核"), "{shown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_award_is_offered_or_the_firm_invited() {
    let city = City::with_a_rule().await;
    let officer = colleague(1);
    let terms = Terms {
        mode: Mode::Proactive,
        window: Period::new(day("2026-10-08"), day("2026-12-20")).unwrap(),
        ..city.terms()
    };
    city.act(&officer, call::Act::Draft(terms)).await;
    let targets = vec![Target { name: "户数".to_owned(), kind: IndicatorKind::Output, target: Figure::Count(1) }];
    city.act(&officer, call::Act::FileSheet(Sheet::Targets(targets))).await;
    city.act(&officer, call::Act::Publish { notice: city.document("通知").await }).await;
    city.on("2026-10-08").await;
    city.on("2026-11-23").await;
    let bench = city.bench().await;
    let mut officer = bench.signed_in(Role::CityOfficer).await;
    let offer = format!("/calls/{CALL}/offer");
    let form = officer.get(&format!("{offer}?firm={}", firm(1))).await.body;
    assert!(form.contains("示例封测1有限公司") && form.contains("name=\"fee1-net\""), "{form}");
    let code = firm(1).to_string();
    let other = firm(2).to_string();
    let fields = |firm: &'static str, net: &'static str, authorisation: &'static str| {
        vec![
            ("firm", firm),
            ("base", "test-fees"),
            ("year", "2025"),
            ("packaging", "yes"),
            ("opens-capacity", "yes"),
            ("fee1-net", net),
            ("fee1-tax", "0"),
            ("fee1-invoiced", "2025-05-06"),
            ("fee1-in-city", "yes"),
            ("fee1-design-firm", "yes"),
            ("fee1-open-capacity", "yes"),
            ("fact1-what", "2025 年度封测费（示例）"),
            ("fact1-supplier", "500118"),
            ("fact1-authorisation", authorisation),
            ("fact1-as-of", "2025-12-31"),
        ]
    };
    let (code, other): (&'static str, &'static str) = (code.leak(), other.leak());
    let file = [("fact1-file", "税务数据.pdf", PAPER)];
    let refused = officer.post_files(&offer, &fields(code, "0", "授权书"), &file).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    location(&officer.post_files(&offer, &fields(code, "10000000", "授权书（示例）"), &file).await);
    let state = city.state();
    let offered = state.cases.cases().next().unwrap();
    assert_eq!(offered.stage.kind(), StageKind::Offered);
    assert_eq!(offered.assessment.unwrap().award, Money::from_yuan(500_000), "5 % of ten million");
    assert_eq!(offered.material().unwrap().applied, Money::from_yuan(500_000));

    let desk = location(&officer.post_files(&offer, &fields(other, "10000000", ""), &file).await);
    let shown = officer.get(&desk).await.body;
    assert!(shown.contains("邀请自行申报") && shown.contains("缺少使用授权"), "{shown}");
    assert_eq!(city.state().cases.cases().count(), 1, "nothing was offered to the second");
}
