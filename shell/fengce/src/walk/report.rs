//! A report is seen by nobody who handles the case, on none of the pages of cases.

use std::collections::BTreeMap;

use cases::challenge::Command as Challenge;
use cases_pages::testing::{CASE, City, NOTICE, account, firm, receipt_of};
use kernel::Role;
use office::Hall;
use web::testing::Browser;
use web::{Method, Route};

/// Every page about cases.
fn routes() -> Vec<Route<Hall>> {
    let parts = [claims_pages::routes(), reviews_pages::routes(), calls_pages::routes(), payments_pages::routes()];
    parts.into_iter().flatten().collect()
}

/// A page without what changes from one opening to the next.
fn without_tokens(page: &str) -> String {
    let parts = page.split("type=\"hidden\" name=\"_").enumerate();
    parts.map(|(n, part)| if n == 0 { part } else { part.split_once('>').map_or("", |(_, rest)| rest) }).collect()
}

/// Every page as somebody sees it, those of the reported case among them; what may not be opened is left out.
async fn all_pages(browser: &mut Browser<'_>) -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    let cards: Vec<_> = routes().iter().map(|route| *route.card()).collect();
    for card in cards.iter().filter(|card| card.method == Method::Get && card.sample != "/reports/new") {
        let path = card.sample.replace(super::FIRM, firm(1).as_str());
        let seen = browser.get(&path).await;
        if seen.status == 200 {
            pages.insert(path, without_tokens(&seen.body));
        }
    }
    pages
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_is_seen_by_no_handler() {
    let city = City::noticed().await;
    let bench = city.bench(routes()).await;
    let handlers = [Role::CityOfficer, Role::WorkingGroup, Role::Finance, Role::Auditor, Role::Expert];
    let mut before = Vec::new();
    for role in handlers {
        before.push(all_pages(&mut bench.signed_in(role).await).await);
    }
    let opened = |page: &str| before[0].keys().any(|path| path.ends_with(page));
    let (case, archive) = (format!("/cases/{}/{CASE}", firm(1)), "/archive");
    assert!(before[0].len() > 20 && opened("/desk") && opened(&case) && opened(archive), "{:?}", before[0].keys());
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
