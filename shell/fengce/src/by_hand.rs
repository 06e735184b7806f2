//! An empty founded city filled by hand, page by page, as people do it: from three administrators to a signed-off
//! filing, and to somebody being forgotten. 示例数据：all people, firms and figures are invented.

use std::sync::Arc;

use axum::http::StatusCode;
use exports::Exports;
use kernel::{CreditCode, Date, Timestamp};
use office::city::Identity;
use office::{Hall, SetClock, State};
use register::{Sheet, SheetRow};
use web::testing::{Bench, Browser, Seen};
use web::{OnLedger, Settings, Shell};

use crate::foundation::Foundation;
use crate::serve::CityOfHall;
use crate::{founding, pages};

const FIRST: &str = "first words of a founding";
const LATER: &str = "three other words";

struct City {
    hall: Hall,
    bench: Bench,
    clock: Arc<SetClock>,
    folder: tempfile::TempDir,
}

fn firm(number: u32) -> CreditCode {
    let organisation = format!("0000{number:04}");
    let first_17 = format!("91500118{organisation}{}", CreditCode::organisation_check(&organisation));
    CreditCode::complete(&first_17).unwrap()
}

impl City {
    /// The embedded plan and catalog, three administrators, nothing else.
    async fn founded() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock::at("2026-11-23T01:00:00Z".parse().unwrap()));
        let hall = Hall::open(folder.path(), clock.clone(), |_| ()).await.unwrap();
        let identity = Identity { name: "示例市".to_owned(), demonstration: true };
        founding::found(&hall, &Foundation::embedded(), identity, async || Ok(())).await.unwrap();
        let hash = web::Passwords::new().unwrap().hash(FIRST).await.unwrap();
        for (login, name) in [("xitong", "系统员"), ("anquan", "安全员"), ("anshen", "审计员")] {
            let person = founding::administrator(login);
            hall.name_person(person, name).await.unwrap();
            founding::keep_credential(&hall, person, login, &hash, true).await.unwrap();
        }
        let registers = Arc::new(pages::registers());
        let exports = Arc::new(Exports::new(folder.path().join("exports"), 1, registers));
        let (_, checkpoints) = tokio::sync::watch::channel(None);
        let place = CityOfHall { hall: hall.clone(), checkpoints };
        let desk = Arc::new(OnLedger::new(hall.store().clone()));
        let passwords = web::Passwords::new().unwrap();
        let shell = Shell::new(Arc::new(place), desk.clone(), desk, passwords, Settings::default()).unwrap();
        let bench = Bench::around(web::mount(pages::routes(&exports), hall.clone(), shell));
        Self { hall, bench, clock, folder }
    }

    fn state(&self) -> State {
        self.hall.office.published().state.clone()
    }

    /// Time passes, so that nobody signs in too often.
    fn pass(&self, seconds: i64) {
        let now: Timestamp = self.hall.office.now();
        self.clock.set(now.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap());
    }

    /// Somebody's browser, signed in.
    async fn signed_in(&self, login: &str, password: &str) -> Browser<'_> {
        self.pass(30);
        let mut browser = self.bench.browser();
        let seen = browser.sign_in(login, password, "").await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{login}: {}", seen.words());
        browser
    }

    /// As [`City::signed_in`] with a password somebody else set, which is changed first.
    async fn first_time(&self, login: &str, password: &str) -> Browser<'_> {
        let mut browser = self.signed_in(login, password).await;
        assert_eq!(browser.get("/desk").await.header("location"), "/account/password", "to be changed first");
        let changed = browser.post("/account/password", &[("new", LATER), ("again", LATER)]).await;
        assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.words());
        browser
    }

    /// The system administrator enters somebody. Answers with their page and one-time password.
    async fn enter(&self, system: &mut Browser<'_>, login: &str) -> (String, String) {
        let (name, document) = (named(login), format!("示例证件-{login}"));
        let fields = [("name", name.as_str()), ("login", login), ("document", &document)];
        let seen = system.post("/people/new", &fields).await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.words());
        let secrets: Vec<&str> = seen.body.split("class=\"secret\">").skip(1).collect();
        let password = secrets[1].split('<').next().unwrap().to_owned();
        let page = seen.body.split("href=\"/people/").last().unwrap().split('"').next().unwrap();
        (format!("/people/{page}"), password)
    }
}

/// What the person of a log-in is called here.
fn named(login: &str) -> String {
    format!("示例{login}")
}

#[track_caller]
fn done(seen: &Seen, to: &str) {
    assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.words());
    assert!(seen.header("location").starts_with(to), "{} is not {to}", seen.header("location"));
}

#[track_caller]
fn refused(seen: &Seen, because: &str) {
    assert!(seen.status.is_client_error() && seen.body.contains(because), "{}", seen.words());
}

/// A workbook with these headings and rows.
fn workbook(head: &[&str], rows: &[&[&str]]) -> Vec<u8> {
    let cells = |row: &[&str]| row.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
    let rows = (2..).zip(rows).map(|(number, row)| SheetRow { number, cells: cells(row) }).collect();
    let sheet = Sheet { name: "数据".to_owned(), head: cells(head), rows, errors: Vec::new() };
    sheet.with_errors(&[], "2026-11-23T01:00:00Z".parse().unwrap()).unwrap()
}

const FIRM_HEAD: [&str; 7] = ["统一社会信用代码", "企业名称", "企业类型", "成立日期", "区县", "镇街", "功能区"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_city_is_filled_by_hand() {
    let city = City::founded().await;
    let mut system = city.first_time("xitong", FIRST).await;
    let mut security = city.first_time("anquan", FIRST).await;
    let mut people = Vec::new();
    for login in ["qu.1", "shi.1", "faren.1", "yuangong.1", "jiebanren"] {
        people.push(city.enter(&mut system, login).await);
    }
    let again = [("name", "另一人"), ("login", "qu.1"), ("document", "")];
    refused(&system.post("/people/new", &again).await, "已被使用");
    let twice = [("name", "同一人"), ("login", "qu.2"), ("document", "示例证件-QU.1")];
    refused(&system.post("/people/new", &twice).await, "已经登记过账号");
    refused(&system.get(&format!("{}/grants/new", people[0].0)).await, "您当前的身份不能");
    officers_are_appointed(&city, &mut security, &people).await;
    let mut district = city.first_time("qu.1", &people[0].1).await;
    firms_are_registered(&city, &mut district).await;
    let code = firm(1).to_string();
    let acting = format!("/firms/{code}/acting");
    let appoint = format!("{acting}/legal-person");
    let licence = [("evidence", "营业执照.txt", "示例数据".as_bytes())];
    let unknown = [("login", "nobody.1"), ("from", "2021-03-15")];
    refused(&security.post_files(&appoint, &unknown, &licence).await, "没有登录名为");
    let known = [("login", "faren.1"), ("from", "2021-03-15")];
    refused(&security.post_files(&appoint, &known, &[]).await, "请选择文件");
    done(&security.post_files(&appoint, &known, &licence).await, &acting);
    let mut owner = city.first_time("faren.1", &people[2].1).await;
    let mut staff = city.first_time("yuangong.1", &people[3].1).await;
    staff_are_authorised(&city, &mut owner, &mut staff, &acting).await;
    let mut officer = filed_and_signed_off(&city, &mut staff, &mut district, &people[1].1).await;
    a_desk_is_lent(&city, &mut security, &mut officer, &people[4]).await;
    consents_and_returns(&city, &mut owner).await;
    work_is_handed_over(&city, &mut owner, &acting).await;
}

async fn officers_are_appointed(city: &City, security: &mut Browser<'_>, people: &[(String, String)]) {
    let grant = |role: &'static str, organisation: &'static str| {
        [("role", role), ("organisation", organisation), ("from", "2026-11-23"), ("until", "")]
    };
    // Roles stand in the form by their place in the list people read.
    let (district, city_officer, security_role) = ("2", "3", "11");
    let new = |page: &str| format!("{page}/grants/new");
    refused(&security.post(&new(&people[0].0), &grant(city_officer, "500118")).await, "不能授予");
    done(&security.post(&new(&people[0].0), &grant(district, "500118")).await, &people[0].0);
    done(&security.post(&new(&people[1].0), &grant(city_officer, "economy-information")).await, &people[1].0);
    // A second security administrator takes two people, and nobody holds two of the three roles.
    done(&security.post(&new(&people[4].0), &grant(security_role, "system")).await, &people[4].0);
    let id = city.state().accounts.grants().find(|grant| grant.stage.label() == "待复核").unwrap().id;
    let confirm = format!("/grants/{id}/confirm");
    refused(&security.post(&confirm, &[]).await, "授予人不能复核自己的授予");
    let mut audit = city.first_time("anshen", FIRST).await;
    assert!(audit.get("/desk").await.body.contains("授予安全管理员"), "it waits on the desk of the others");
    done(&audit.post(&confirm, &[]).await, &people[4].0);
    let reject = format!("/grants/{id}/reject");
    assert_eq!(audit.post(&reject, &[("reason", "晚了")]).await.status, StatusCode::CONFLICT);
    let revoke = format!("/grants/{id}/revoke");
    assert!(security.get(&revoke).await.body.contains("示例jiebanren"));
    done(&security.post(&revoke, &[("reason", "试用期满"), ("_revision", "2")]).await, &people[4].0);
    let list = security.get("/people").await;
    assert!(list.body.contains("示例qu.1") && list.body.contains("永川区人民政府 · 区县经办"), "{}", list.words());
    assert!(!security.get("/people?q=shi.1").await.body.contains("示例qu.1"));
    let who = security.get(&people[0].0).await;
    assert!(who.body.contains("一次性密码，尚未修改") && who.body.contains("只存摘要"), "{}", who.words());
}

async fn firms_are_registered(city: &City, district: &mut Browser<'_>) {
    let code = firm(1).to_string();
    let mut fields = vec![
        ("code", code.as_str()),
        ("name", "示例封装测试有限公司"),
        ("legal_form", "有限责任公司"),
        ("registered_on", "2021-03-15"),
        ("district", "500118"),
        ("township", "大安街道"),
        ("types", "代工封测"),
        ("types", "独立测试"),
        ("segments", "pkg-qfn"),
        ("in_scope", "on"),
        ("from", "2021-03-15"),
        ("industry", "3973"),
        ("products", "QFN 封装与成品测试"),
    ];
    let photo = [("evidence", "产品说明.txt", "示例数据：QFN".as_bytes())];
    refused(&district.post_files("/firms/new", &fields, &[]).await, "须附产品证据");
    fields[4].1 = "500109";
    refused(&district.post_files("/firms/new", &fields, &photo).await, "请由该地经办人员办理");
    fields[4].1 = "500118";
    done(&district.post_files("/firms/new", &fields, &photo).await, &format!("/firms/{code}"));
    refused(&district.post_files("/firms/new", &fields, &photo).await, "已有企业档案");
    let page = district.get(&format!("/firms/{code}")).await;
    for word in ["自 2021-03-15 纳入", "代工封测", "QFN", "尚未核验"] {
        assert!(page.body.contains(word), "{word}: {}", page.words());
    }
    let rename = format!("/firms/{code}/amend/name");
    assert!(district.get(&rename).await.body.contains("示例封装测试有限公司"));
    let stale = [("name", "示例封测有限公司"), ("from", "2024-05-01"), ("_revision", "1")];
    assert_eq!(district.post_files(&rename, &stale, &[]).await.status, StatusCode::CONFLICT);
    let fresh = [("name", "示例封测有限公司"), ("from", "2024-05-01")];
    done(&district.post_files(&rename, &fresh, &[]).await, &format!("/firms/{code}/amend"));
    assert_eq!(city.state().organisation_name(&firm(1).into()), "示例封测有限公司", "the organisation too");
    let honour = [
        ("title", "专精特新中小企业（示例）"),
        ("level", "city"),
        ("document", "示例〔2025〕1号"),
        ("valid_from", "2025-01-01"),
        ("valid_until", "2027-12-31"),
    ];
    done(&district.post_files(&format!("/firms/{code}/amend/honour"), &honour, &[]).await, "/firms/");
    let holding = [
        ("sort", "person"),
        ("name", "示例股东甲"),
        ("document", "示例证件-股东甲"),
        ("kind", "shareholder"),
        ("share", "60%"),
        ("from", "2021-03-15"),
    ];
    let held = format!("/firms/{code}/amend/holding");
    done(&district.post_files(&held, &holding, &[]).await, "/firms/");
    refused(&district.post_files(&held, &holding, &[]).await, "合计不超过 100%");
    let amend = district.get(&format!("/firms/{code}/amend")).await;
    for word in ["专精特新中小企业", "示例股东甲", "股东，持股 60%"] {
        assert!(amend.body.contains(word), "{word}: {}", amend.words());
    }
    firms_come_by_excel(city, district).await;
}

async fn firms_come_by_excel(city: &City, district: &mut Browser<'_>) {
    let template = district.get("/import/firms/template").await;
    assert!(template.header("content-disposition").contains("xlsx"));
    let codes = [firm(2).to_string(), firm(3).to_string()];
    let good = |code: usize| [codes[code].as_str(), "示例材料", "股份有限公司", "2022-01-10", "永川区", "", ""];
    let mut elsewhere = good(1);
    elsewhere[4] = "北碚区";
    let mut wrong = good(1);
    wrong[3] = "去年";
    for (rows, place) in [([good(0), elsewhere], "请由该地经办人员办理"), ([good(0), wrong], "成立日期")]
    {
        let bytes = workbook(&FIRM_HEAD, &[&rows[0], &rows[1]]);
        let seen = district.post_files("/import/firms", &[], &[("workbook", "企业.xlsx", &bytes)]).await;
        refused(&seen, place);
        assert!(seen.body.contains("<td class=\"number\">3</td>"), "{}", seen.words());
        let file = [("workbook", "企业.xlsx", bytes.as_slice())];
        let marked = district.post_files("/import/firms", &[("marked", "on")], &file).await;
        assert!(marked.header("content-disposition").contains("xlsx"), "the workbook comes back");
    }
    assert_eq!(city.state().enterprise.firms().count(), 1, "nothing of a faulty file is taken");
    let bytes = workbook(&FIRM_HEAD, &[&good(0), &good(1)]);
    let preview = district.post_files("/import/firms", &[], &[("workbook", "企业.xlsx", &bytes)]).await;
    assert!(preview.body.contains("2 行检查通过，尚未导入"), "{}", preview.words());
    assert_eq!(city.state().enterprise.firms().count(), 1, "a preview takes nothing");
    let digest = preview.body.split("name=\"digest\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let confirmed = [("digest", digest), ("name", "企业.xlsx")];
    done(&district.post("/import/firms/confirm", &confirmed).await, "/firms");
    assert_eq!(city.state().enterprise.firms().count(), 3);
    refused(&district.post("/import/firms/confirm", &confirmed).await, "已有企业档案");
    refused(&district.get("/import/filings").await, "您当前的身份不能");
}

async fn staff_are_authorised(city: &City, owner: &mut Browser<'_>, staff: &mut Browser<'_>, acting: &str) {
    assert!(owner.get("/desk").await.body.contains("谁能为企业办事"));
    assert!(staff.get("/desk").await.body.contains("您的账号还没有身份"));
    let mut fields = vec![("login", "yuangong.1"), ("agency", ""), ("from", "2026-11-23"), ("until", "2027-12-31")];
    let authorise = format!("{acting}/authorise");
    refused(&owner.post(&authorise, &fields).await, "请至少选择一项授权范围");
    fields.push(("scopes", "filings"));
    done(&owner.post(&authorise, &fields).await, acting);
    let desk = staff.get("/desk").await;
    assert!(desk.body.contains("href=\"/authorisations\""), "{}", desk.words());
    let offers = staff.get("/authorisations").await;
    assert!(offers.body.contains("报送材料") && offers.body.contains("待接受"), "{}", offers.words());
    let accept = offers.body.split("action=\"").find(|form| form.contains("/accept\"")).unwrap();
    let accept = accept.split('"').next().unwrap();
    assert_eq!(owner.post(accept, &[]).await.status, StatusCode::NOT_FOUND, "an offer is its holder's");
    done(&staff.post(accept, &[]).await, "/desk");
    assert!(staff.get("/desk").await.body.contains("报送 2025 年度数据"));
    // Whoever finds the form: only the legal person's offer is taken, and of nobody to themselves.
    refused(&staff.post(&authorise, &fields).await, "现任法定代表人可以办理");
    let page = owner.get(acting).await;
    assert!(page.body.contains("示例yuangong.1") && page.body.contains("有效"), "{}", page.words());
    assert_eq!(city.state().accounts.authorisations_of(firm(1)).count(), 1);
}

async fn filed_and_signed_off<'a>(
    city: &'a City,
    staff: &mut Browser<'_>,
    district: &mut Browser<'_>,
    password: &str,
) -> Browser<'a> {
    let head = enterprise::import::FILING.map(|column| column.name);
    let code = firm(1).to_string();
    let row =
        |year, scope| [code.as_str(), year, "20000", "9000.5", "500", "9500.5", "860", "30000", "320", "40", scope];
    let faulty = workbook(&head, &[&row("2023", ""), &row("2024", ""), &row("2030", "")]);
    refused(&staff.post_files("/import/filings", &[], &[("workbook", "年报.xlsx", &faulty)]).await, "尚未结束");
    let good = workbook(&head, &[&row("2023", ""), &row("2024", "")]);
    let preview = staff.post_files("/import/filings", &[], &[("workbook", "年报.xlsx", &good)]).await;
    assert!(preview.body.contains("2 行检查通过"), "{}", preview.words());
    let digest = preview.body.split("name=\"digest\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    done(&staff.post("/import/filings/confirm", &[("digest", digest), ("name", "年报.xlsx")]).await, "/filings");
    let fields = [
        ("year", "2025"),
        ("revenue", "680000000"),
        ("contract", "500000000"),
        ("captive", "0"),
        ("research", "30000000"),
        ("assets", "900000000"),
        ("staff", "320"),
        ("research_staff", "40"),
        ("not_secret", "on"),
    ];
    let report = [("evidence", "审计报告.txt", "示例数据".as_bytes())];
    let filed = staff.post_files("/filings/new", &fields, &report).await;
    done(&filed, "/firms/");
    let place = filed.header("location").to_owned();
    let id = place.rsplit('/').next().unwrap().to_owned();
    let agree = [("verdict", "agree"), ("opinion", ""), ("_revision", "1")];
    done(&district.post(&format!("/filings/{id}/verify"), &agree).await, &place);
    let mut officer = city.first_time("shi.1", password).await;
    assert!(officer.get("/desk").await.body.contains("示例封测有限公司 2025 年度"));
    let sign = [("verdict", "agree"), ("opinion", ""), ("_revision", "2")];
    done(&officer.post(&format!("/filings/{id}/sign-off"), &sign).await, &place);
    let state = city.state();
    let signed = state.enterprise.latest_signed(firm(1), 2025).unwrap();
    assert_eq!(signed.figures().packaging(), kernel::Money::from_yuan(500_000_000));
    let (goal, day): (_, Date) = ("G1".parse().unwrap(), "2026-11-23".parse().unwrap());
    let plan = state.plan.plan_on(&"chongqing-2023".parse().unwrap(), day).unwrap();
    let indicator = plan.indicator(&plan.goal(&goal).unwrap().indicator).unwrap();
    let seen = office::evidence::observations(&state, indicator, day, office::evidence::Audience::Offices);
    assert_eq!(seen.len(), 1, "the goal has its first figure");
    officer
}

async fn a_desk_is_lent(
    city: &City,
    security: &mut Browser<'_>,
    officer: &mut Browser<'_>,
    (page, password): &(String, String),
) {
    let grant = [("role", "3"), ("organisation", "economy-information"), ("from", "2026-11-23"), ("until", "")];
    done(&security.post(&format!("{page}/grants/new"), &grant).await, page);
    let colleague = page.rsplit('/').next().unwrap();
    let form = officer.get("/delegations/new").await;
    assert!(form.body.contains("示例jiebanren"), "{}", form.words());
    let desk = form.body.split("id=\"field-grant\"").nth(1).unwrap().split("<option value=\"").nth(2).unwrap();
    let desk = desk.split('"').next().unwrap().to_owned();
    let lend = |until| [("grant", desk.as_str()), ("to", colleague), ("from", "2026-11-23"), ("until", until)];
    refused(&officer.post("/delegations/new", &lend("2026-11-01")).await, "截止日不早于起始日");
    done(&officer.post("/delegations/new", &lend("2026-11-30")).await, "/delegations");
    let mut other = city.first_time("jiebanren", password).await;
    assert!(other.get("/delegations").await.body.contains("示例shi.1"));
    let id = city.state().accounts.delegations().next().unwrap().id;
    done(&officer.post(&format!("/delegations/{id}/end"), &[]).await, "/delegations");
    assert!(officer.get("/delegations").await.body.contains("已结束"));
}

async fn consents_and_returns(city: &City, owner: &mut Browser<'_>) {
    let code = firm(1);
    let consent = [
        ("to", "economy-information"),
        ("what", "2025 年度申报"),
        ("purpose", "贴息审计（示例）"),
        ("valid_from", "2026-11-23"),
        ("valid_until", "2027-12-31"),
    ];
    let amend = format!("/firms/{code}/amend");
    done(&owner.post_files(&format!("{amend}/consent"), &consent, &[]).await, &amend);
    let id = *city.state().enterprise.firm(code).unwrap().consents.keys().next().unwrap();
    let id = id.to_string();
    let withdraw = [("id", id.as_str()), ("on", "2026-11-23")];
    done(&owner.post_files(&format!("{amend}/consent-withdrawn"), &withdraw, &[]).await, &amend);
    assert!(owner.get(&amend).await.body.contains("已撤回"));
    let survey = |items| {
        [
            ("number", "示例101表"),
            ("approval", "示例统制〔2026〕1号"),
            ("valid_from", "2026-01-01"),
            ("valid_until", "2027-12-31"),
            ("period_from", "2026-07-01"),
            ("period_until", "2026-09-30"),
            ("items", items),
        ]
    };
    refused(&owner.post("/returns/new", &survey("101=12345.67\n102=许多")).await, "第 2 行");
    done(&owner.post("/returns/new", &survey("101=12345.67\n102 300")).await, "/returns");
    let page = owner.get("/returns").await;
    assert!(page.body.contains("示例101表") && !page.body.contains("12345"), "which form, and no figures");
}

async fn work_is_handed_over(city: &City, owner: &mut Browser<'_>, acting: &str) {
    let from = city.state().accounts.authorisations_of(firm(1)).next().unwrap().holder().unwrap().to_string();
    let over = format!("{acting}/hand-over");
    assert!(owner.get(&over).await.body.contains("示例yuangong.1"));
    done(&owner.post(&over, &[("from", &from), ("login", "jiebanren")]).await, "/desk");
    let page = owner.get(acting).await;
    assert!(page.body.contains("示例jiebanren") && !page.body.contains("示例yuangong.1"), "{}", page.words());
    let id = city.state().accounts.authorisations_of(firm(1)).next().unwrap().id;
    done(&owner.post(&format!("/authorisations/{id}/revoke"), &[("reason", "业务终止")]).await, "/desk");
    assert!(owner.get(acting).await.body.contains("已撤销"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_forgotten_through_pages_by_two_people() {
    let city = City::founded().await;
    let mut system = city.first_time("xitong", FIRST).await;
    let mut security = city.first_time("anquan", FIRST).await;
    let (page, password) = city.enter(&mut system, "wangji.me").await;
    let name = named("wangji.me");
    let mut person = city.first_time("wangji.me", &password).await;
    assert!(person.get("/account").await.body.contains("wangji.me"));
    // Password forgotten: a new one, once, and other sessions end.
    let reset = security.post(&format!("{page}/password"), &[]).await;
    assert!(reset.body.contains("一次性密码"), "{}", reset.words());
    assert!(person.get("/account").await.header("location").starts_with("/sign-in"), "signed out everywhere");
    done(&security.post(&format!("{page}/suspend"), &[("reason", "离岗")]).await, &page);
    assert!(security.get(&page).await.body.contains("离岗"));
    done(&security.post(&format!("{page}/restore"), &[]).await, &page);
    for _ in 0..6 {
        city.bench.browser().sign_in("wangji.me", "wrong words", "").await;
    }
    assert!(security.get(&page).await.body.contains("解锁"), "locked after too many failures");
    done(&security.post(&format!("{page}/unlock"), &[]).await, &page);
    let erase = format!("{page}/erase");
    refused(&security.post(&erase, &[("ground", "consent-withdrawn")]).await, "请勾选确认");
    done(&security.post(&erase, &[("ground", "consent-withdrawn"), ("understood", "on")]).await, &page);
    let confirm = format!("{erase}/confirm");
    refused(&security.post(&confirm, &[]).await, "不能复核自己");
    let mut audit = city.first_time("anshen", FIRST).await;
    assert!(audit.get("/desk").await.body.contains("清除个人信息"));
    assert!(audit.get(&page).await.body.contains(&name));
    done(&audit.post(&confirm, &[]).await, &page);
    let after = audit.get(&page).await;
    assert!(!after.body.contains(&name) && after.body.contains("已清除个人信息"), "{}", after.words());
    let seen = city.bench.browser().sign_in("wangji.me", LATER, "").await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY, "nobody has this log-in any more");
    assert!(audit.get("/access-log").await.body.contains("清除个人信息：本人撤回同意"));
    let bytes = every_byte(city.folder.path());
    for trace in [name.as_bytes(), b"wangji.me"] {
        assert!(!bytes.windows(trace.len()).any(|window| window == trace), "{}", String::from_utf8_lossy(trace));
    }
    assert!(city.hall.finish_erasures().await.unwrap().is_empty(), "done once");
}

fn every_byte(folder: &std::path::Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            bytes.extend(every_byte(&path));
        } else {
            bytes.extend(std::fs::read(&path).unwrap_or_default());
        }
    }
    bytes
}
