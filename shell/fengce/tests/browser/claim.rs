//! A firm files a claim, one question after another, from an invoice it has as a file; its district and the city see it.

use jiff::civil::date;
use kernel::{CreditCode, Money};
use upload::example;

use crate::city::City;
use crate::eyes::{Eyes, Theme};

/// Number of the invoice; no firm of the demonstration has it.
const INVOICE: &str = "26509000000009900033";

/// The open call a firm may claim under, which is the one that is not offered without application.
async fn open_call(city: &City, eyes: &Eyes) -> String {
    eyes.open_page(city, "/desk").await;
    let call = eyes.first_link("/calls/").await;
    call.trim_end_matches("/claim").to_owned()
}

/// Files the claim, and looks at every page of the way. Answers with the case's path for its firm.
pub async fn is_filed(city: &City, eyes: &Eyes) -> String {
    eyes.sign_in(city, "qiye2").await;
    let firm = eyes.first_link("/firms/").await.split('/').nth(2).unwrap().to_owned();
    let call = open_call(city, eyes).await;
    look(city, eyes, "call", &call).await;
    let claim = format!("{call}/claim");
    look(city, eyes, "claim-firm", &claim).await;
    eyes.choose("packaging", "yes").await;
    eyes.press("button[value=next]").await;
    eyes.choose("opens-capacity", "yes").await;
    eyes.press("button[value=next]").await;
    let paper = example::pdf("申请表", &["示例数据"]);
    eyes.attach_bytes("files", "申请表-示例.pdf", &paper).await;
    eyes.press_box("not-secret").await;
    eyes.press("button[value=next]").await;
    let code: CreditCode = firm.parse().unwrap();
    let buyer = (CreditCode::complete("91500106MAEX00029").unwrap(), "示例设计有限公司");
    let (net, tax) = (Money::from_yuan(4_800_000), Money::from_yuan(288_000));
    let invoice = example::invoice(INVOICE, date(2026, 3, 18), (code, "示例企业"), buyer, net, tax);
    eyes.attach_bytes("files", "发票-示例.xml", example::xml(&invoice).as_bytes()).await;
    eyes.press_box("not-secret").await;
    eyes.press("button[value=next]").await;
    eyes.attach_bytes("files", "合同-示例.pdf", &paper).await;
    eyes.press_box("not-secret").await;
    eyes.press("button[value=next]").await;
    look(city, eyes, "claim-fees", &format!("{claim}?step=fees")).await;
    eyes.press_box("adopt").await;
    eyes.press("button[value=adopt]").await;
    eyes.press("button[value=next]").await;
    eyes.choose("elsewhere", "no").await;
    eyes.press("button[value=next]").await;
    look(city, eyes, "claim-amount", &format!("{claim}?step=amount")).await;
    eyes.press("button[value=next]").await;
    look(city, eyes, "claim-check", &format!("{claim}?step=check")).await;
    assert!(eyes.words().await.contains("240,000.00"), "5 % of 4.8 million: {}", eyes.words().await);
    eyes.press_box("true").await;
    eyes.press_box("no-secret").await;
    eyes.send("form[action$=\"/submit\"]").await;
    let receipt = eyes.path().await;
    assert!(receipt.ends_with("/receipt"), "{receipt}: {}", eyes.words().await);
    look(city, eyes, "claim-receipt", &receipt).await;
    receipt.trim_end_matches("/receipt").to_owned()
}

/// The district finds it true, and the city has it on its desk.
pub async fn is_reviewed(city: &City, eyes: &Eyes, own: &str) {
    look(city, eyes, "my-case", own).await;
    look(city, eyes, "my-cases", "/my-cases").await;
    look(city, eyes, "desk-firm", "/desk").await;
    assert!(eyes.words().await.contains("等待区县初审"), "the desk knows of it: {}", eyes.words().await);
    let case = own.replacen("/my-cases/", "/cases/", 1);
    eyes.sign_in(city, "quxian2").await;
    look(city, eyes, "case-district", &case).await;
    eyes.fill("opinion", "发票与合同一致").await;
    eyes.send("form[action$=\"/pass\"]").await;
    eyes.sign_in(city, "shiji").await;
    look(city, eyes, "case-city", &case).await;
    assert!(eyes.words().await.contains("发票与合同一致"), "what the district wrote: {}", eyes.words().await);
    look(city, eyes, "case-archive", &format!("{case}/archive")).await;
}

async fn look(city: &City, eyes: &Eyes, name: &str, path: &str) {
    for theme in [Theme::Dark, Theme::Light] {
        eyes.look(city, name, path, theme).await;
    }
}
