//! The pages over a small city: the plan of Chongqing adopted, two reports, no firms.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use axum::http::StatusCode;
use kernel::{Actor, CommandId, OrganisationId, PersonId, Role};
use office::evidence::Audience;
use office::{Command, Envelope, Hall, SetClock};
use plan::progress::{Progress, ReportCommand, ReportKey};
use web::testing::Bench;

use crate::month_grid::MonthGrid;
use crate::view::View;

const REPORT: &str = "/plan/reports/chongqing-2023/%E4%BA%8C%28%E4%B8%80%291/economy-information/2024-01";

/// A city opened for business in a folder that vanishes with it.
struct City {
    hall: Hall,
    clock: Arc<SetClock>,
    commands: u128,
    _folder: tempfile::TempDir,
}

fn noon(day: &str) -> kernel::Timestamp {
    format!("{day}T04:00:00Z").parse().unwrap()
}

fn read(root: &Path, inside: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(root.join(inside)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = if inside.is_empty() { name } else { format!("{inside}/{name}") };
        match entry.file_type().unwrap().is_dir() {
            true => read(root, &path, files),
            false => drop(files.insert(path, fs::read_to_string(entry.path()).unwrap())),
        }
    }
}

fn acting(person: u128, role: Role, organisation: &str) -> Actor {
    let person = PersonId(uuid::Uuid::from_u128(person));
    Actor::Person { person, role, organisation: organisation.parse().unwrap() }
}

/// The officer who reports.
const REPORTER: u128 = 900;
/// Who grants roles.
const SECURITY: u128 = 901;

impl City {
    /// The plan adopted on the first working day of 2024; one unit reported January in time and February late.
    async fn founded() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock::at(noon("2024-01-02")));
        let hall = Hall::open(folder.path(), clock.clone(), |_| ()).await.unwrap();
        let mut city = Self { hall, clock, commands: 0, _folder: folder };
        let mut files = BTreeMap::new();
        read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plans/chongqing-2023"), "", &mut files);
        let adopt = plan::Command::Adopt { effective_on: "2024-01-01".parse().unwrap(), files };
        city.send("2024-01-02", Actor::System, adopt).await;
        city.engage().await;
        city.report("2024-02-05", "2024-01", 3).await;
        city.report("2024-04-02", "2024-02", 4).await;
        city.clock.set(noon("2026-11-23"));
        city
    }

    /// One officer who reports, and the two accounts of the bench that write.
    async fn engage(&mut self) {
        use accounts::{Command as Open, GrantId, OrganisationKind};
        let day = "2024-01-02";
        let roles = [
            (SECURITY, Role::SecurityAdministrator, "this-system", OrganisationKind::System),
            (REPORTER, Role::CityOfficer, "economy-information", OrganisationKind::MunicipalDepartment),
            (3, Role::CityOfficer, "unit-3", OrganisationKind::MunicipalDepartment),
            (4, Role::WorkingGroup, "unit-4", OrganisationKind::MunicipalDepartment),
        ];
        for (number, role, key, kind) in roles {
            let (id, from): (OrganisationId, _) = (key.parse().unwrap(), day.parse().unwrap());
            let open = Open::OpenOrganisation { id: id.clone(), kind, name: format!("示例{key}"), from };
            // The units of the plan are opened with it.
            if self.hall.office.published().state.accounts.organisation(&id).is_none() {
                self.send(day, Actor::System, open).await;
            }
            let person = PersonId(uuid::Uuid::from_u128(number));
            self.send(day, Actor::System, Open::RegisterPerson { person, identity: None }).await;
            let grant = GrantId(uuid::Uuid::from_u128(number));
            let grant = Open::Grant { id: grant, person, role, organisation: id, from, until: None };
            let by = if number == SECURITY {
                Actor::System
            } else {
                acting(SECURITY, Role::SecurityAdministrator, "this-system")
            };
            self.send(day, by, grant).await;
        }
    }

    async fn send(&mut self, day: &str, actor: Actor, command: impl Into<Command>) {
        self.clock.set(noon(day));
        self.commands += 1;
        let id = CommandId(uuid::Uuid::from_u128(self.commands));
        let envelope = Envelope { id, actor, reauthenticated: true, act: office::Act::from(command) };
        self.hall.office.submit(envelope).await.unwrap();
    }

    async fn report(&mut self, day: &str, month: &str, percent: u8) {
        let report = ReportKey {
            plan: "chongqing-2023".parse().unwrap(),
            subject: "二(一)1".parse().unwrap(),
            unit: "economy-information".parse().unwrap(),
            month: month.parse().unwrap(),
        };
        let progress = Progress {
            percent: percent.try_into().unwrap(),
            narrative: "示例数据：名单梳理".to_owned(),
            evidence: Vec::new(),
        };
        let command = ReportCommand::Submit(progress);
        let command = plan::Command::Report { report, expected: None, command };
        self.send(day, acting(REPORTER, Role::CityOfficer, "economy-information"), command).await;
    }

    async fn bench(&self) -> Bench {
        Bench::new(crate::routes(), self.hall.clone()).await.unwrap()
    }
}

/// Who may open what is walked for all roles over the whole program; here every page shows itself to whom it is meant.
#[tokio::test]
async fn every_page_opens_for_whom_it_is_meant() {
    let city = City::founded().await;
    let bench = city.bench().await;
    let (mut public, mut group) = (bench.browser(), bench.signed_in(Role::WorkingGroup).await);
    for route in crate::routes().iter().filter(|route| route.card().method == web::Method::Get) {
        let card = route.card();
        let seen = public.get(card.sample).await;
        match card.who {
            web::Who::Public => assert_eq!(seen.status, StatusCode::OK, "{}", card.sample),
            _ => assert!(seen.header("location").starts_with("/sign-in"), "{}", card.sample),
        }
        let seen = group.get(card.sample).await;
        // Nobody keeps the sample file.
        let expected = if card.sample.contains("/files/") { StatusCode::NOT_FOUND } else { StatusCode::OK };
        assert_eq!(seen.status, expected, "{}", card.sample);
    }
    for register in crate::registers() {
        let viewer = register::Viewer::new(Role::Auditor, "audit-office".parse().unwrap());
        let query = register::Query::parse(&register, &viewer, "");
        let state = city.hall.office.published().state.clone();
        let rows = register.all(&state, &viewer, &query).rows.len();
        assert_eq!(rows > 0, register.key != "observations", "{}: {rows}", register.key);
    }
}

#[tokio::test]
async fn the_public_reads_lights_and_reasons_but_not_what_units_wrote() {
    let city = City::founded().await;
    let bench = city.bench().await;
    let mut browser = bench.browser();
    let mut task = async |path: &str| browser.get(path).await.body;
    let page = task("/plan/tasks/%E4%BA%8C%28%E4%B8%80%291").await;
    for words in
        ["市经济信息委", "红灯", "原文", "总部型企业", "2024年2月：进度 4%", "逾期第 1 个月补报", "报送进度 4%"]
    {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("示例数据：名单梳理") && !page.contains("/plan/reports/"));
    let earlier = task("/plan/tasks/%E4%BA%8C%28%E4%B8%80%291?as_of=2024-02-20").await;
    assert!(earlier.contains("2024年1月：进度 3%") && !earlier.contains("2024年2月"));
    let unit = task("/plan/units/economy-information").await;
    assert!(unit.contains("逾期第 1 个月补报") && unit.contains("壮大传统封测企业规模"));
    let indicator = task("/plan/indicators/packaging-revenue?compare=2024-06-01").await;
    for words in ["尚未计量", "可比年度数据 0 个", "基数尚未签认", "对外的数值只随公布而变"]
    {
        assert!(indicator.contains(words), "{words}");
    }
    assert!(task("/plan/indicators/packaging-revenue?compare=2027-01-01").await.contains("请选择早于"));
    let register = task("/plan/tasks?format=csv").await;
    assert!(register.contains("二(一)1") && register.contains("红灯"));
    assert_eq!(browser.get("/plan/tasks/%E4%B9%9D").await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/plan/units/nobody").await.status, StatusCode::NOT_FOUND);
    assert!(browser.get(REPORT).await.header("location").starts_with("/sign-in"));
}

/// G1 is named in an early paragraph and stated in the list of goals: there it opens, and nowhere else.
#[tokio::test]
async fn what_is_opened_stands_beside_the_sentence_that_states_it() {
    let city = City::founded().await;
    let bench = city.bench().await;
    let mut browser = bench.browser();
    let closed = browser.get("/plan").await.body;
    assert!(closed.contains("class=\"margin\"") && !closed.contains("class=\"opened"));
    assert!((1..=6).contains(&closed.matches("<section class=\"figure").count()), "at most six figures");
    let page = browser.get("/plan?open=G1").await.body;
    assert_eq!(page.matches("class=\"opened").count(), 1);
    assert!(!page.contains("class=\"margin\""), "what is opened takes the margin");
    let (_, stated) = page.split_once("id=\"G1\"").unwrap();
    let (sentence, card) = stated.split_once("class=\"opened").unwrap();
    assert!(sentence.contains("产业营收突破200亿元") && !sentence.contains("id=\"G2\""), "{sentence}");
    assert!(card.contains("封测产业营收") && card.contains("收起"));
    assert_eq!(page.matches("aria-current=\"true\"").count(), 2, "both places are marked");
    let money = browser.get("/plan?open=%E8%B5%84%E9%87%91").await.body;
    assert!(money.find("class=\"opened").unwrap() < money.find("id=\"G1\"").unwrap(), "no sentence: above the text");
    assert_eq!(browser.get("/plan?open=G9").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_report_is_reviewed_once_and_a_stale_form_is_refused() {
    let city = City::founded().await;
    let bench = city.bench().await;
    let mut group = bench.signed_in(Role::WorkingGroup).await;
    let page = group.get(REPORT).await;
    assert!(page.body.contains("示例数据：名单梳理") && page.body.contains("专班审核"));
    let action = format!("{REPORT}/review");
    let silent = group.post(&action, &[("verdict", "return"), ("_revision", "1")]).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY, "a return needs a reason");
    let stale = group.post(&action, &[("verdict", "accept"), ("_revision", "0")]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    let accepted = group.post(&action, &[("verdict", "accept"), ("_revision", "1")]).await;
    assert_eq!((accepted.status, accepted.header("location")), (StatusCode::SEE_OTHER, REPORT));
    assert!(group.get(REPORT).await.body.contains("采纳报告"));
    assert_eq!(group.post(&action, &[("verdict", "accept"), ("_revision", "2")]).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn only_a_responsible_unit_finds_the_form() {
    let city = City::founded().await;
    let bench = city.bench().await;
    let mut officer = bench.signed_in(Role::CityOfficer).await;
    let refused = officer.get("/plan/reports/new?subject=%E4%BA%8C%28%E4%B8%80%291&month=2024-03").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("责任单位"));
    assert!(officer.get("/plan/reports/new").await.body.contains("无需报送"));
    let plan = View::of(city.hall.office.published().state.clone(), "2026-11-23".parse().unwrap(), Audience::Offices)
        .ok()
        .unwrap()
        .plan;
    let subject = plan.subject(&"二(三)7".parse().unwrap()).unwrap();
    let answers = |unit: &str| {
        let unit: OrganisationId = unit.parse().unwrap();
        crate::report_form::answers_for(&plan, subject, &unit)
    };
    assert!(answers("500118") && !answers("education"));
}

#[tokio::test]
async fn a_baseline_is_proposed_by_one_and_signed_by_another() {
    let city = City::founded().await;
    let bench = city.bench().await;
    let path = "/plan/goals/G2/baseline";
    let fields = |value| {
        [("as_of", "2023-12-31"), ("value", value), ("scope_version", "1"), ("source", "名录核对"), ("_revision", "0")]
    };
    let mut group = bench.signed_in(Role::WorkingGroup).await;
    let wrong = group.post(path, &fields("许多")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("请填整数") && wrong.body.contains("名录核对"), "what was typed is kept");
    assert_eq!(group.post(path, &fields("41")).await.status, StatusCode::SEE_OTHER);
    assert_eq!(group.post(path, &fields("42")).await.status, StatusCode::CONFLICT, "the form is stale");
    let mut officer = bench.signed_in(Role::CityOfficer).await;
    assert!(officer.get(path).await.body.contains("签认（需再次验证身份）"));
    let signed = officer.post(&format!("{path}/sign-off"), &[("_revision", "1")]).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.body);
    let public = bench.browser().get("/plan/indicators/new-packaging-firms").await.body;
    assert!(public.contains("41 家") && public.contains("名录核对"));
}

#[tokio::test]
async fn rules_and_judgements_are_refused_where_they_contradict() {
    let city = City::founded().await;
    let bench = city.bench().await;
    let mut group = bench.signed_in(Role::WorkingGroup).await;
    let thresholds = |red: &'static str| {
        [
            ("from", "2026-12-01"),
            ("lag_yellow_from", "10"),
            ("lag_red_above", red),
            ("start_yellow_from", "1"),
            ("start_red_from", "3"),
            ("late_yellow_from", "1"),
            ("late_red_above", "2"),
            ("report_due_working_days", "10"),
            ("forecast_green_from", "60"),
            ("forecast_yellow_from", "30"),
            ("reason", "示例数据：试行"),
            ("_revision", "1"),
        ]
    };
    let wrong = group.post("/plan/lights", &thresholds("5")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("红灯阈值应严于黄灯阈值"));
    assert_eq!(group.post("/plan/lights", &thresholds("40")).await.status, StatusCode::SEE_OTHER);
    assert!(bench.browser().get("/plan/lights").await.body.contains("调整亮灯规则"));
    let judge = "/plan/judgements/goal%3AG4";
    let ungraded = group.post(judge, &[("light", "green"), ("reason", "示例数据"), ("_revision", "0")]).await;
    assert_eq!(ungraded.status, StatusCode::UNPROCESSABLE_ENTITY);
    let graded = [("light", "green"), ("grade", "并跑"), ("reason", "示例数据"), ("_revision", "0")];
    assert_eq!(group.post(judge, &graded).await.status, StatusCode::SEE_OTHER);
    assert!(bench.browser().get("/plan/indicators/speciality-level").await.body.contains("“并跑”"));
}

#[tokio::test]
async fn the_grid_of_months_prints_as_it_always_did() {
    let city = City::founded().await;
    let state = city.hall.office.state_on("2024-05-20".parse().unwrap()).await.unwrap().unwrap();
    let view = View::of(state, "2024-05-20".parse().unwrap(), Audience::Offices).ok().unwrap();
    let task = "二(一)1".parse().unwrap();
    let grid = MonthGrid::of(&view, &task, view.task(&task).unwrap(), "?as_of=2024-05-20", true);
    insta::assert_snapshot!(grid);
}
