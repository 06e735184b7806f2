//! A small city, and people who use its pages. 示例数据：all firms and figures are invented.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use askama::Template as _;
use kernel::{Actor, CommandId, CreditCode, Date, Money, PersonId, Role, Timestamp};
use office::{Envelope, Hall, SetClock, State};
use subsidy::account::{CapPeriod, CapScope};
use subsidy::event::{Conclusion, EarlierPayment, Proposal, ProposalId, Review};
use subsidy::facts::{Facts, Investment, InvestmentProof, Loan, LoanInterest, LoanKind, OperatingCost, TermClass};
use subsidy::parameters::{Grant, ParameterSet, SetCap, Tier};
use subsidy::state::ProposalStage;
use subsidy::{Answers, Claim, ClaimId, Command, Point};
use uuid::Uuid;
use web::testing::{Bench, Browser, Seen};

use crate::outcome_view::OutcomeView;
use crate::trace_table::TraceTable;

const DECISION: &str = "00000000-0000-7000-8000-000000000001";
const PROPOSAL: &str = "00000000-0000-7000-8000-000000000002";

/// A city with plan, clauses, rates; one firm that received money before and has one assessment; one open proposal.
pub struct City {
    hall: Hall,
    _dir: tempfile::TempDir,
}

fn read(folder: &str, names: &[&str]) -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    names.iter().map(|name| ((*name).to_owned(), std::fs::read_to_string(root.join(name)).unwrap())).collect()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn number_of(role: Role) -> usize {
    Role::ALL.iter().position(|other| *other == role).unwrap()
}

/// The account the bench has for a role.
fn person(role: Role) -> Actor {
    let number = number_of(role);
    let organisation = format!("unit-{number}").parse().unwrap();
    Actor::Person { person: PersonId(Uuid::from_u128(number as u128)), role, organisation }
}

impl City {
    pub fn firm() -> CreditCode {
        CreditCode::complete("91500118000000001").unwrap()
    }

    /// The bench's day.
    pub fn day() -> Date {
        day("2026-11-23")
    }

    pub fn state(&self) -> State {
        self.hall.office.published().state.clone()
    }

    async fn submit(&self, id: u128, role: Role, command: impl Into<office::Command>) {
        let (id, actor) = (CommandId(Uuid::from_u128(id)), person(role));
        self.hall
            .office
            .submit(Envelope { id, actor, reauthenticated: true, act: office::Act::from(command) })
            .await
            .unwrap();
    }

    pub async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let now = Timestamp::from_second(1_795_399_200).unwrap();
        let hall = Hall::open(dir.path(), Arc::new(SetClock::at(now)), |_| {}).await.unwrap();
        let catalog =
            enterprise::Command::AdoptCatalog { files: read("catalog", enterprise::Catalog::FILES.as_slice()) };
        hall.submit_as_system("catalog", catalog).await.unwrap();
        let city = Self { hall, _dir: dir };
        city.adopt().await;
        for role in [Role::SecurityAdministrator, Role::CityOfficer, Role::WorkingGroup, Role::Finance] {
            city.seat(role).await;
        }
        city.live().await;
        city
    }

    /// The department the plan makes responsible is the one the bench's municipal officer sits in.
    async fn adopt(&self) {
        let responsible = format!("unit-{}", number_of(Role::CityOfficer));
        let names = [
            "plan.toml",
            "text.toml",
            "published.txt",
            "units.toml",
            "goals.toml",
            "indicators.toml",
            "lights.toml",
            "records.toml",
            "schedule.toml",
            "tasks.toml",
            "interpretations.toml",
            "benefits/interest.toml",
            "benefits/test-fee.toml",
            "benefits/platform.toml",
            "benefits/breakthrough.toml",
            "benefits/complex.toml",
            "benefits/park.toml",
            "benefits/talent.toml",
        ];
        let files = read("plans/chongqing-2023", &names);
        let renamed =
            files.iter().map(|(name, text)| (name.clone(), text.replace("economy-information", &responsible)));
        let plan = plan::Command::Adopt { effective_on: day("2023-12-29"), files: renamed.collect() };
        self.hall.submit_as_system("plan", plan).await.unwrap();
        let is_clause = |name: &str| name.starts_with("benefits/") || name == "interpretations.toml";
        let clauses = files.into_iter().filter(|(name, _)| is_clause(name)).collect();
        self.hall.submit_as_system("clauses", Command::AdoptClauses { files: clauses }).await.unwrap();
        let text = read("catalog", &["rates.toml"]).remove("rates.toml").unwrap();
        self.hall.submit_as_system("rates", Command::AdoptRates { text }).await.unwrap();
    }

    /// Gives the bench's account of a role that role, in an organisation that the plan may already have opened. The
    /// first security administrator is the program's, who then grants the others.
    async fn seat(&self, role: Role) {
        let Actor::Person { person: who, organisation, .. } = person(role) else { return };
        let (number, from) = (number_of(role), Self::day());
        if self.state().accounts.organisation(&organisation).is_none() {
            let kind = match role {
                Role::SecurityAdministrator => accounts::OrganisationKind::System,
                _ => accounts::OrganisationKind::MunicipalDepartment,
            };
            let (id, name) = (organisation.clone(), format!("示例单位{number}"));
            let open = accounts::Command::OpenOrganisation { id, kind, name, from };
            self.hall.submit_as_system(&format!("open-{number}"), open).await.unwrap();
        }
        let register = accounts::Command::RegisterPerson { person: who, identity: None };
        self.hall.submit_as_system(&format!("register-{number}"), register).await.unwrap();
        let id = accounts::GrantId(Uuid::from_u128(1000 + number as u128));
        let grant = accounts::Command::Grant { id, person: who, role, organisation, from, until: None };
        if role == Role::SecurityAdministrator {
            self.hall.submit_as_system("grant", grant).await.unwrap();
        } else {
            self.submit(1000 + number as u128, Role::SecurityAdministrator, grant).await;
        }
    }

    async fn live(&self) {
        let benefit: subsidy::BenefitId = "interest".parse().unwrap();
        let clause = self.state().subsidy.clause(&benefit).unwrap().digest;
        let body = "审查小组（示例）".into();
        let (on, expires) = (day("2024-08-19"), day("2027-12-31"));
        let review = Review {
            benefit: benefit.clone(),
            clause,
            parameters: None,
            body,
            on,
            conclusion: Conclusion::Fair,
            expires,
            evidence: vec![],
        };
        self.submit(1, Role::CityOfficer, Command::RecordReview(review)).await;
        self.submit(5, Role::CityOfficer, Command::AdoptParameters(sample_set())).await;
        let payment = EarlierPayment {
            voucher: "示例-2022-1".into(),
            firm: Self::firm(),
            benefit: benefit.clone(),
            year: 2022,
            project: None,
            amount: Money::from_yuan(12_600_000),
            on: day("2022-12-20"),
        };
        self.submit(2, Role::Finance, Command::ImportEarlierPayment(payment)).await;
        let facts = interest();
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
        let (decision, claim_id) = (DECISION.parse().unwrap(), ClaimId(Uuid::from_u128(3)));
        let assess = Command::Assess { decision, claim_id, firm: Self::firm(), claim };
        self.submit(3, Role::CityOfficer, assess).await;
        let state = self.state();
        let options = &state.subsidy.interpretations().unwrap().get(Point::Customers).unwrap().options;
        let proposal = Proposal {
            id: PROPOSAL.parse().unwrap(),
            point: Point::Customers,
            chosen: options[1].key.clone(),
            authority: "专题会议纪要（示例）".into(),
            from: day("2026-01-01"),
            until: None,
        };
        self.submit(4, Role::WorkingGroup, Command::ChooseInterpretation(proposal)).await;
    }

    pub async fn bench(&self) -> Bench {
        Bench::new(crate::routes(), self.hall.clone()).await.unwrap()
    }
}

/// The set whose digest the samples of its pages name.
fn sample_set() -> ParameterSet {
    let tier = Tier { over: Money::from_yuan(100_000_000), amount: Money::from_yuan(500_000) };
    let cap = SetCap { value: Money::from_yuan(500_000), scope: CapScope::Enterprise, period: CapPeriod::Lifetime };
    ParameterSet {
        benefit: "breakthrough".parse().unwrap(),
        district: "500118".parse().unwrap(),
        document: "示例细则".into(),
        from: day("2024-01-01"),
        until: None,
        grant: Grant::Tiers(vec![tier]),
        cap,
    }
}

fn interest() -> Facts {
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

const INTEREST: [(&str, &str); 16] = [
    ("base", "loan-interest"),
    ("year", "2025"),
    ("packaging", "yes"),
    ("paid-in", "680,000,000"),
    ("proven-on", "2025-11-30"),
    ("proof", "audit"),
    ("progress", "100"),
    ("loan1-principal", "300000000"),
    ("loan1-paid", "15000000.00"),
    ("loan1-disbursed", "2024-03-01"),
    ("loan1-from", "2025-01-01"),
    ("loan1-until", "2026-01-01"),
    ("loan1-term", "over-five"),
    ("loan1-kind", "bank"),
    ("received1-year", "2022"),
    ("received1-amount", "12600000"),
];

/// The answers shown must be those of the check itself, to the letter.
fn agrees(city: &City, seen: &Seen, answers: &Answers) {
    let state = city.state();
    let rulebook = state.subsidy.rulebook().unwrap();
    let reviewed = |benefit: &subsidy::BenefitId| state.subsidy.review_on(benefit, City::day()).is_some();
    for checked in subsidy::precheck(&rulebook, answers, City::day(), reviewed).unwrap() {
        let assessment = checked.assessment.unwrap();
        let clause = &rulebook.clauses[&assessment.benefit];
        let note = format!("按 {} 的条款与口径试算", City::day());
        let explained = format!("/benefits/{}", clause.benefit);
        let trace = TraceTable::new(clause, &assessment.trace, note, &explained).to_string();
        let outcome = OutcomeView::new(clause, &assessment.outcome, assessment.year, "预计可享受").to_string();
        assert!(seen.body.contains(&trace), "{}\n{trace}", seen.body);
        assert!(seen.body.contains(&outcome), "{}\n{outcome}", seen.body);
        assert_eq!(seen.body.contains("这是估算"), checked.estimate.is_some());
    }
}

#[tokio::test]
async fn anyone_checks_what_they_could_receive() {
    let city = City::open().await;
    let bench = city.bench().await;
    let mut browser = bench.browser();
    let empty = browser.get("/precheck?benefit=interest").await;
    assert!(empty.body.contains("第 1 笔借款") && empty.body.contains("不会保存"), "{}", empty.body);

    let seen = browser.post("/precheck?benefit=interest", &INTEREST).await;
    assert_eq!(seen.status, 200, "{}", seen.body);
    let benefit: subsidy::BenefitId = "interest".parse().unwrap();
    let answers = Answers {
        year: 2025,
        district: None,
        packaging_test_firm: true,
        score: None,
        facts: [(benefit.clone(), interest())].into(),
        received: vec![(benefit, 2022, Money::from_yuan(12_600_000))],
    };
    agrees(&city, &seen, &answers);
    assert!(seen.body.contains("7,350,000.00") && seen.body.contains("value=\"680,000,000\""), "typed values are kept");
    assert!(bench.memory.told().is_empty(), "who asks without a name leaves no trace");
}

#[tokio::test]
async fn a_missing_recognition_is_named_and_only_an_estimate_is_given() {
    let city = City::open().await;
    let bench = city.bench().await;
    let fields = [
        ("base", "operating-cost"),
        ("year", "2025"),
        ("public-service", "yes"),
        ("score", "86.5"),
        ("cost-staff", "8000000"),
        ("cost-depreciation", "3000000"),
    ];
    let seen = bench.browser().post("/precheck?benefit=platform", &fields).await;
    let mut parts = [Money::ZERO; 8];
    (parts[0], parts[5]) = (Money::from_yuan(8_000_000), Money::from_yuan(3_000_000));
    let facts = Facts::OperatingCost(OperatingCost { public_service: true, recognition: None, parts });
    let answers = Answers {
        year: 2025,
        district: None,
        packaging_test_firm: false,
        score: subsidy::facts::Score::from_hundredths(8650),
        facts: [("platform".parse().unwrap(), facts)].into(),
        received: vec![],
    };
    agrees(&city, &seen, &answers);
    assert!(seen.body.contains("没有市级平台认定文件") && seen.body.contains("这是估算"), "{}", seen.body);
}

#[tokio::test]
async fn what_cannot_be_read_is_said_at_its_field() {
    let city = City::open().await;
    let bench = city.bench().await;
    let mut fields = INTEREST;
    fields[3].1 = "六亿八千万";
    fields[11].1 = "2024-12-31";
    fields[12].1 = "";
    let seen = bench.browser().post("/precheck?benefit=interest", &fields).await;
    assert_eq!(seen.status, 422);
    for expected in ["#field-paid-in", "六亿八千万", "#field-loan1-until", "应晚于计息期起始日", "#field-loan1-term"]
    {
        assert!(seen.body.contains(expected), "{expected}\n{}", seen.body);
    }
    // Every faulty row group at once, in the order of the form, each linked and its rows unfolded.
    let second = [("loan2-kind", "bank"), ("received2-amount", "一百万"), ("planned-by", "2027-06-31")];
    let all: Vec<_> = fields.iter().copied().chain(second).collect();
    let seen = bench.browser().post("/precheck?benefit=interest", &all).await;
    let list = seen.body.split("</section>").find(|part| part.contains("errors-head")).unwrap();
    let places = [
        "#field-paid-in",
        "#field-planned-by",
        "#field-planned-paid-in",
        "#field-loan1-until",
        "#field-loan1-term",
        "#field-loan2-principal",
        "#field-loan2-term",
        "#field-received2-year",
        "#field-received2-amount",
    ];
    let found: Vec<_> = places.iter().map(|place| list.find(&format!("\"{place}\""))).collect();
    assert!(found.iter().all(Option::is_some) && found.is_sorted(), "{found:?}\n{list}");
    let open = seen.body.matches("<details class=\"panel kept\" open>").count();
    assert_eq!(open, 3, "the plan, the second loan, what was received");
    let other = bench.browser().post("/precheck?benefit=platform", &INTEREST).await;
    assert!(other.status == 422 && other.body.contains("问题已经更新"), "{}", other.body);
    let fees =
        [("base", "test-fees"), ("year", "2025"), ("packaging", "yes"), ("opens-capacity", "no"), ("fee1-net", "5")];
    let fees = bench.browser().post("/precheck?benefit=test-fee", &fees).await;
    assert!(fees.status == 200 && fees.body.contains("没有向行业企业开放产能"), "{}", fees.body);
}

#[tokio::test]
async fn every_page_opens_for_those_who_may() {
    let city = City::open().await;
    let mut complaints = city.bench().await.walk().await;
    // The bench's firm is nobody's firm: decisions of others stay closed to it.
    complaints.retain(|line| !(line.contains("/decisions/") && (line.starts_with("企业") || line.starts_with("代办"))));
    assert!(complaints.is_empty(), "{complaints:#?}");
}

async fn opened(browser: &mut Browser<'_>, path: &str, expected: &[&str]) {
    let seen = browser.get(path).await;
    for words in expected {
        assert!(seen.body.contains(words), "{path}：{words}\n{}", seen.body);
    }
}

#[tokio::test]
async fn a_clause_and_an_assessment_are_explained() {
    let city = City::open().await;
    let bench = city.bench().await;
    let mut public = bench.browser();
    let of_public =
        ["审查有效至 2027-12-31", "取实付与基准孰低", "4.90%", "企业户数过少，不公布", "/plan?open=interest#interest"];
    opened(&mut public, "/benefits/interest", &of_public).await;
    opened(&mut public, "/benefits/platform", &["尚无有效的公平竞争审查", "90 分起 10%"]).await;
    let mut auditor = bench.signed_in(Role::Auditor).await;
    let path = format!("/decisions/{}/{DECISION}", City::firm());
    let shown = ["可重算一致", "7,350,000.00", "19,950,000.00", "凭证 示例-2022-1", "换一种读法"];
    opened(&mut auditor, &path, &shown).await;
    opened(&mut auditor, "/decisions", &[&path, "符合"]).await;
    assert_eq!(auditor.get(&format!("/decisions/{DECISION}")).await.header("location"), path);
    let told = bench.memory.told();
    assert!(
        told.iter().any(|access| format!("{access:?}").contains(City::firm().as_str())),
        "the firm sees who looked"
    );
}

/// From the district's document to a figure a stranger gets.
#[tokio::test]
async fn a_district_sets_what_it_grants() {
    let city = City::open().await;
    let bench = city.bench().await;
    let mut officer = bench.signed_in(Role::CityOfficer).await;
    let new = "/benefits/park/parameters/new";
    opened(&mut officer, new, &["录入", "永川区", "装修比例（%）"]).await;
    let fields = [
        ("base", "entry-cost"),
        ("district", "500118"),
        ("document", "示例区〔2024〕3号《入驻支持办法》"),
        ("from", "2024-02-01"),
        ("share-rent", "50"),
        ("share-fit-out", "20"),
        ("cap", "300000"),
        ("cap-scope", "enterprise-year"),
    ];
    let mut nothing = fields;
    (nothing[4].1, nothing[5].1) = ("", "");
    let refused = officer.post(new, &nothing).await;
    assert!(refused.status == 422 && refused.body.contains("至少一项费用的比例"), "{}", refused.body);
    let adopted = officer.post(new, &fields).await;
    let set = adopted.header("location").to_owned();
    assert!(set.starts_with("/benefits/park/parameters/"), "{} {}", adopted.status, adopted.body);
    opened(&mut officer, &set, &["等待公平竞争审查", "租金 50%", "同一企业每年"]).await;
    assert!(!officer.get(&set).await.body.contains("登记审查结论"), "who adopted it does not review it");

    let asked = [
        ("base", "entry-cost"),
        ("year", "2025"),
        ("district", "500118"),
        ("packaging", "yes"),
        ("entered", "2025-01-31"),
        ("entry1-part", "rent"),
        ("entry1-amount", "400000"),
        ("entry1-paid", "2025-03-31"),
        ("entry2-part", "fit-out"),
        ("entry2-amount", "300000"),
        ("entry2-paid", "2025-02-10"),
    ];
    let none = bench.browser().post("/precheck?benefit=park", &asked).await;
    assert!(none.body.contains("没有现行有效的细则"), "{}", none.body);
    let mut group = bench.signed_in(Role::WorkingGroup).await;
    opened(&mut group, &format!("{set}/review"), &["审查针对这份细则", "装修 20%"]).await;
    let digest = set.rsplit('/').next().unwrap().parse().unwrap();
    let review = Review {
        benefit: "park".parse().unwrap(),
        clause: city.state().subsidy.clause(&"park".parse().unwrap()).unwrap().digest,
        parameters: Some(digest),
        body: "审查小组（示例）".into(),
        on: day("2024-01-20"),
        conclusion: Conclusion::Fair,
        expires: day("2027-12-31"),
        evidence: vec![],
    };
    city.submit(6, Role::WorkingGroup, Command::RecordReview(review)).await;
    let found = bench.browser().post("/precheck?benefit=park", &asked).await;
    // 400,000 × 50 % + 300,000 × 20 %.
    assert!(found.body.contains("260,000.00") && found.body.contains("由区县财政拨付给申报企业"), "{}", found.body);
    opened(&mut group, "/benefits/park", &["现行，审查有效至 2027-12-31", "示例区〔2024〕3号"]).await;
    opened(&mut group, "/benefits/breakthrough", &["等待公平竞争审查", "超过 100,000,000.00 元：500,000.00 元"]).await;
}

#[tokio::test]
async fn two_people_change_a_reading() {
    let city = City::open().await;
    let bench = city.bench().await;
    let path = format!("/proposals/{PROPOSAL}");
    let mut proposer = bench.signed_in(Role::WorkingGroup).await;
    opened(&mut proposer, &path, &["正在等待另一位同事"]).await;
    let own = proposer.post(&path, &[("verdict", "agree")]).await;
    assert!(own.body.contains("提议与批准须由两人办理"), "{}", own.body);
    let mut officer = bench.signed_in(Role::CityOfficer).await;
    let unexplained = officer.post(&path, &[("verdict", "reject")]).await;
    assert!(unexplained.status == 422 && unexplained.body.contains("#field-reason"), "{}", unexplained.body);
    let decided = officer.post(&path, &[("verdict", "agree"), ("_revision", "0")]).await;
    assert_eq!(decided.header("location"), "/interpretations/customers");
    let state = city.state();
    let record = state.subsidy.proposal(PROPOSAL.parse::<ProposalId>().unwrap()).unwrap();
    assert!(matches!(record.stage, ProposalStage::Approved(_)));
    opened(&mut officer, "/interpretations/customers", &["已批准", "仅集成电路设计企业"]).await;
}

#[tokio::test]
async fn a_voucher_is_imported_once() {
    let city = City::open().await;
    let bench = city.bench().await;
    let mut finance = bench.signed_in(Role::Finance).await;
    let firm = City::firm().to_string();
    let fields = [
        ("voucher", "示例-2023-9"),
        ("firm", "123"),
        ("benefit", "interest"),
        ("year", "2023"),
        ("amount", "100"),
        ("on", "2023-12-01"),
    ];
    let wrong = finance.post("/earlier-payments/new", &fields).await;
    assert!(wrong.status == 422 && wrong.body.contains("#field-firm") && wrong.body.contains("示例-2023-9"));
    let mut right = fields;
    right[1].1 = &firm;
    assert_eq!(finance.post("/earlier-payments/new", &right).await.header("location"), "/earlier-payments");
    opened(&mut finance, "/earlier-payments", &["示例-2023-9", "100.00"]).await;
    let again = finance.post("/earlier-payments/new", &right).await;
    assert!(again.status == 422 && again.body.contains("不能重复导入"), "{}", again.body);
}

#[tokio::test]
async fn the_trace_table_reads_as_it_always_did() {
    let city = City::open().await;
    let state = city.state();
    let record = state.subsidy.decision(DECISION.parse().unwrap()).unwrap();
    let again = subsidy::recompute(&state.subsidy, record.decision.id).unwrap();
    let clause = state.subsidy.clause(&record.decision.claim.benefit).unwrap();
    let trace = TraceTable::new(clause, &again.assessment.trace, "示例", "/benefits/interest");
    insta::assert_snapshot!(trace.render().unwrap());
}
