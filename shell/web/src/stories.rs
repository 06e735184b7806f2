//! What happens at the gate, told through the mounted router.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use kernel::{Money, Refusal, Role};
use ledger::access::{SignInFailure, What};

use crate::testing::{Bench, Browser, PASSWORD};
use crate::totp::Totp;
use crate::visitor::Visitor;
use crate::{Answer, AsOf, Failure, Form, FromFields, Page, Reader, Route, Settings};

#[derive(askama::Template)]
#[template(source = "<h1>{{ text }}</h1>{{ form.errors()? }}{{ form.hidden()? }}{{ field }}", ext = "html")]
struct Sample {
    text: String,
    form: crate::Draft,
    field: crate::Field,
}

struct Filing(Money);

impl FromFields for Filing {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        reader.required("revenue", "营业收入").map(Self)
    }
}

fn show(page: Page, text: String, form: crate::Draft) -> Answer {
    let field = form.money("revenue", "营业收入").required();
    page.title("样例").show(&Sample { text, form, field })
}

async fn firm(page: Page, as_of: AsOf) -> Answer {
    let form = page.form();
    show(page, format!("截至 {}", as_of.day()), form)
}

async fn file(page: Page, visitor: Visitor, form: Form<Filing>) -> Answer {
    match form.done() {
        Ok((Filing(revenue), draft)) if revenue == Money::from_yuan(1) => {
            draft.refused(Refusal::stale()).map(drop)?;
            Err(Failure::not_found())
        }
        Ok((Filing(revenue), draft)) if revenue > Money::from_yuan(1000) && !visitor.reauthenticated() => {
            draft.refused(Refusal::needs_reauthentication()).map(drop)?;
            Err(Failure::not_found())
        }
        Ok((Filing(revenue), draft)) => show(page, format!("已填报 {revenue}"), draft),
        Err(draft) => show(page.status(StatusCode::UNPROCESSABLE_ENTITY), "请更正".into(), *draft),
    }
}

async fn panic() -> Answer {
    panic!("a fault of the program")
}

async fn slow() -> Answer {
    std::future::pending().await
}

const OFFICERS: &[Role] = &[Role::DistrictOfficer, Role::CityOfficer];

fn routes() -> Vec<Route<()>> {
    vec![
        Route::get("/plan", firm).public().entry(10, "行动计划"),
        Route::get("/firms/{code}", firm).roles(OFFICERS).reads("核验企业档案").firm("code").sample("/firms/unit-1"),
        Route::post("/file", file).roles(&[Role::Enterprise, Role::CityOfficer]),
        Route::post("/approve", file).roles(&[Role::CityOfficer]).proof(),
    ]
}

fn faulty_routes() -> Vec<Route<()>> {
    vec![Route::get("/panic", panic).public(), Route::get("/slow", slow).public()]
}

async fn bench() -> Bench {
    Bench::new(routes(), ()).await.unwrap()
}

#[tokio::test]
async fn everyone_gets_in_where_they_may_and_nowhere_else() {
    assert_eq!(bench().await.walk().await, Vec::<String>::new());
}

#[tokio::test]
async fn the_walk_notices_a_route_that_fails() {
    let settings = Settings { patience: Duration::from_millis(20), ..Settings::default() };
    let bench =
        Bench::with(faulty_routes(), (), Settings { burst: u32::MAX, sign_ins_per_minute: 10_000, ..settings }).await;
    assert_eq!(bench.unwrap().walk().await.len(), 2 * (Role::ALL.len() + 1));
}

#[tokio::test]
async fn every_answer_tells_the_browser_to_be_strict() {
    let bench = bench().await;
    for path in ["/plan", "/nowhere", "/sign-in", "/firms/unit-1", "/styleguide"] {
        let seen = bench.browser().get(path).await;
        let policy = seen.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{path} {policy}");
        assert!(!policy.contains("unsafe"));
        assert_eq!(seen.header("x-content-type-options"), "nosniff");
        assert_eq!(seen.header("cache-control"), "no-store", "{path}");
        assert!(!seen.body.contains("style=") && !seen.body.contains("<script"), "{path} has inline style or script");
    }
    assert!(!bench.browser().get("/plan").await.header("set-cookie").is_empty(), "a form needs a cookie");
    assert!(bench.browser().get("/nowhere").await.header("set-cookie").is_empty(), "a page without one does not");
    let sheet = bench.browser().get(crate::asset::stylesheet()).await;
    assert_eq!(sheet.header("cache-control"), "public, max-age=31536000, immutable");
    assert!(sheet.body.len() <= 40 << 10, "the style sheet has {} bytes", sheet.body.len());
}

#[tokio::test]
async fn a_form_without_its_token_or_from_elsewhere_is_refused() {
    let bench = bench().await;
    let mut officer = bench.signed_in(Role::CityOfficer).await;
    assert_eq!(officer.post("/file", &[("revenue", "5")]).await.status, StatusCode::OK);
    let other_token = bench.signed_in(Role::CityOfficer).await.form_token().await;
    for body in ["revenue=5".to_owned(), "revenue=5&_csrf=AAAA".into(), format!("revenue=5&_csrf={other_token}")] {
        let seen = officer.post_as_it_is("/file", &body).await;
        assert_eq!(seen.status, StatusCode::FORBIDDEN, "{body}");
        assert!(seen.body.contains("表单已失效"));
    }
    let request = Request::post("/sign-out").header("sec-fetch-site", "cross-site").body(Body::empty()).unwrap();
    assert_eq!(bench.send(request).await.status, StatusCode::FORBIDDEN);
    let request = Request::post("/sign-out").header("origin", "https://example.org").header("host", "here.example");
    assert_eq!(bench.send(request.body(Body::empty()).unwrap()).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_was_typed_wrongly_comes_back_with_what_to_do() {
    let bench = bench().await;
    let mut officer = bench.signed_in(Role::CityOfficer).await;
    let seen = officer.post("/file", &[("revenue", "5亿<")]).await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(seen.body.contains("<a href=\"#field-revenue\">营业收入："), "{}", seen.body);
    assert!(seen.body.contains("value=\"5亿&#60;\""), "typed text is kept and escaped");
    let stale = officer.post("/file", &[("revenue", "1")]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.body.contains("已被更新"));
}

#[tokio::test]
async fn wrong_passwords_lock_a_login_for_longer_and_longer_whether_or_not_it_exists() {
    for login in ["role-3", "nobody"] {
        let bench = bench().await;
        let mut browser = bench.browser();
        for _ in 0..5 {
            let seen = browser.sign_in(login, "wrong password", "").await;
            assert!(seen.body.contains("登录名、密码或动态口令不正确"), "{login}");
        }
        let locked = browser.sign_in(login, PASSWORD, "").await;
        assert!(locked.body.contains("30 秒后再试"), "{login} {}", locked.body);
        bench.city.pass(31);
        browser.sign_in(login, "wrong password", "").await;
        assert!(browser.sign_in(login, PASSWORD, "").await.body.contains("60 秒后再试"), "{login}");
        bench.city.pass(61);
        let after = browser.sign_in(login, PASSWORD, "").await;
        assert_eq!(after.status == StatusCode::SEE_OTHER, login == "role-3");
        let told = bench.memory.told();
        let locked = told.iter().filter(|access| access.what == What::SignInFailed(SignInFailure::Locked));
        assert_eq!(locked.count(), 2);
    }
}

#[tokio::test]
async fn signing_in_changes_the_token_and_leads_back_inside() {
    let bench = bench().await;
    let mut browser = bench.browser();
    let before = browser.get("/sign-in?then=/plan").await;
    let fields = [("login", "role-3"), ("password", PASSWORD), ("then", "//example.org")];
    let seen = browser.post("/sign-in", &fields).await;
    assert_eq!((seen.status, seen.header("location")), (StatusCode::SEE_OTHER, "/"));
    assert_ne!(before.header("set-cookie"), seen.header("set-cookie"), "no session fixation");
    assert!(seen.header("set-cookie").contains("HttpOnly; SameSite=Lax"));
    assert!(browser.get("/plan").await.body.contains("示例单位3 · 市级经办"));
    browser.post("/sign-out", &[]).await;
    assert_eq!(browser.get("/account").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_works_once() {
    let bench = bench().await;
    let mut officer = bench.signed_in(Role::CityOfficer).await;
    let page = officer.get("/account/second-factor").await;
    let secret = page.body.split_once("name=\"secret\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let totp = Totp::from_base32(&secret).unwrap();
    let code = || totp.code(crate::ports::City::now(bench.city.as_ref()));
    let seen = officer.post("/account/second-factor", &[("secret", &secret), ("code", &code())]).await;
    assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.body);
    let mut other = bench.browser();
    assert_eq!(other.sign_in("role-3", PASSWORD, "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(other.sign_in("role-3", PASSWORD, &code()).await.status, StatusCode::UNPROCESSABLE_ENTITY, "used up");
    bench.city.pass(30);
    let now = code();
    assert_eq!(other.sign_in("role-3", PASSWORD, &now).await.status, StatusCode::SEE_OTHER);
    assert_eq!(bench.browser().sign_in("role-3", PASSWORD, &now).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

async fn resumed(browser: &mut Browser<'_>, path: &str, page: &str, more: &str) -> crate::testing::Seen {
    let kept = page.split("<form class=\"panel\"").nth(1).unwrap().split("</form>").next().unwrap();
    let hidden = kept.split("type=\"hidden\" name=\"").skip(1);
    let pairs = hidden.map(|field| {
        let (name, rest) = field.split_once("\" value=\"").unwrap();
        format!("{name}={}", rest.split('"').next().unwrap())
    });
    let body = pairs.collect::<Vec<_>>().join("&");
    browser.post_as_it_is(path, &format!("{body}&{more}")).await
}

#[tokio::test]
async fn an_approval_asks_for_the_password_and_goes_on_with_what_was_typed() {
    let bench = bench().await;
    let mut officer = bench.signed_in(Role::CityOfficer).await;
    bench.city.pass(10 * 60);
    for path in ["/approve", "/file"] {
        let asked = officer.post(path, &[("revenue", "5000")]).await;
        assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
        assert!(asked.body.contains("name=\"revenue\" value=\"5000\""), "{}", asked.body);
        let wrong = resumed(&mut officer, path, &asked.body, "_password=wrong").await;
        assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
        assert!(wrong.body.contains("name=\"revenue\" value=\"5000\"") && !wrong.body.contains("wrong"));
        let password = PASSWORD.replace(' ', "+");
        let done = resumed(&mut officer, path, &wrong.body, &format!("_password={password}")).await;
        assert_eq!(done.status, StatusCode::OK);
        assert!(done.body.contains("已填报 5,000.00"), "{}", done.body);
        bench.city.pass(6 * 60);
    }
    assert!(bench.memory.told().iter().any(|access| access.what == What::Reauthenticated));
}

#[tokio::test]
async fn an_idle_session_ends_and_its_form_survives() {
    let bench = bench().await;
    let mut officer = bench.signed_in(Role::CityOfficer).await;
    bench.city.pass(29 * 60);
    assert_eq!(officer.get("/firms/unit-1").await.status, StatusCode::OK);
    let token = officer.form_token().await;
    bench.city.pass(31 * 60);
    let asked = officer.post_as_it_is("/file", &format!("_csrf={token}&revenue=77")).await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
    let more = format!("_login=role-3&_password={}", PASSWORD.replace(' ', "+"));
    let done = resumed(&mut officer, "/file", &asked.body, &more).await;
    assert!(done.body.contains("已填报 77.00"), "{}", done.body);
    assert!(done.body.contains("示例单位3"), "and the person is signed in");
    assert_eq!(officer.get("/firms/unit-1").await.status, StatusCode::OK);
    bench.city.pass(13 * 3600);
    assert_eq!(officer.get("/firms/unit-1").await.status, StatusCode::SEE_OTHER, "no session outlives half a day");
}

#[tokio::test]
async fn a_password_set_by_others_must_be_changed_and_ends_other_sessions() {
    let bench = bench().await;
    let known = bench.memory.known("role-3").unwrap();
    let set = crate::ports::Known { must_change: true, ..known };
    crate::ports::Desk::keep_credential(bench.memory.as_ref(), set).await.unwrap();
    let (mut here, mut there) = (bench.signed_in(Role::CityOfficer).await, bench.signed_in(Role::CityOfficer).await);
    assert_eq!(here.get("/firms/unit-1").await.header("location"), "/account/password");
    let weak = here.post("/account/password", &[("new", "1111111111"), ("again", "1111111111")]).await;
    assert!(weak.body.contains("过于简单"));
    let changed = here.post("/account/password", &[("new", "three more words"), ("again", "three more words")]).await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER);
    assert_eq!(here.get("/firms/unit-1").await.status, StatusCode::OK);
    assert!(there.get("/firms/unit-1").await.header("location").starts_with("/sign-in"));
}

#[tokio::test]
async fn a_person_acts_in_one_seat_and_can_change_it() {
    let bench = bench().await;
    let mut person = bench.signed_in(Role::Enterprise).await;
    assert!(person.get("/plan").await.body.contains("示例单位0 · 企业</span>"));
    assert_eq!(person.post("/role", &[("seat", "1")]).await.status, StatusCode::SEE_OTHER);
    assert!(person.get("/plan").await.body.contains("示例单位0 · 代办</span>"));
    assert_eq!(person.post("/role", &[("seat", "9")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn reading_a_firms_data_is_told_with_its_purpose() {
    let bench = bench().await;
    bench.signed_in(Role::CityOfficer).await.get("/firms/unit-7").await;
    let told = bench.memory.told();
    let read = told.iter().find_map(|access| match &access.what {
        What::Read { firm, purpose, path, .. } => Some((firm.clone(), purpose.clone(), path.clone())),
        _ => None,
    });
    let firm = "unit-7".parse().ok();
    assert_eq!(read, Some((firm, "核验企业档案".to_owned(), "/firms/unit-7".to_owned())));
}

#[tokio::test]
async fn the_page_keeps_its_day_and_refuses_the_future() {
    let bench = bench().await;
    let past = bench.browser().get("/plan?as_of=2026-10-31&q=a").await;
    assert!(past.body.contains("截至 2026-10-31") && past.body.contains("2026-10-31</strong> 当日终了时的状态"));
    assert!(past.body.contains("href=\"/plan?as_of=2026-10-31\""), "links keep the day");
    assert!(past.body.contains("<input type=\"hidden\" name=\"q\" value=\"a\">"), "the form keeps the rest");
    assert_eq!(bench.browser().get("/plan?as_of=2030-01-01").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn too_much_and_too_often_are_refused() {
    let settings =
        Settings { burst: 3, per_minute: 60, sign_ins_per_minute: 3, form_bytes: 1000, ..Settings::default() };
    let bench = Bench::with(routes(), (), settings).await.unwrap();
    let mut browser = bench.browser();
    let token = browser.get("/sign-in").await.form_token().to_owned();
    let big = browser.post_as_it_is("/sign-in", &format!("_csrf={token}&a={}", "x".repeat(2000))).await;
    assert_eq!(big.status, StatusCode::PAYLOAD_TOO_LARGE);
    browser.get("/plan").await;
    let seen = browser.get("/plan").await;
    assert_eq!((seen.status, seen.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "1"));
    bench.city.pass(1);
    assert_eq!(browser.get("/plan").await.status, StatusCode::OK);
}

#[tokio::test]
async fn faults_are_shown_plainly_with_a_reference() {
    let settings = Settings { patience: Duration::from_millis(20), ..Settings::default() };
    let bench = Bench::with(faulty_routes(), (), settings).await.unwrap();
    let fault = bench.browser().get("/panic").await;
    assert_eq!(fault.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(fault.body.contains("编号 <strong") && !fault.body.contains("panic）"), "{}", fault.body);
    assert_eq!(bench.browser().get("/slow").await.status, StatusCode::SERVICE_UNAVAILABLE);
    let nowhere = bench.browser().get("/nowhere").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    assert!(nowhere.body.contains("没有找到") && nowhere.body.contains("<nav class=\"main-nav\""));
    let method = Request::put("/panic").header(header::HOST, "here.example").body(Body::empty()).unwrap();
    assert_eq!(bench.send(method).await.status, StatusCode::METHOD_NOT_ALLOWED);
}
