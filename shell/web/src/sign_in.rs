//! Coming in, going out, changing seats.

use std::sync::Arc;

use askama::Template;
use axum::extract::Extension;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use ledger::access::What;
use ledger::desk::Grant;

use crate::Answer;
use crate::failure::Failure;
use crate::form::{Draft, Form};
use crate::page::{Page, Visit};
use crate::ports::AccessBy;
use crate::reader::{FromFields, Reader};
use crate::resume::trouble;
use crate::route::{Route, Who};
use crate::shell::{Turned, Typed};
use crate::visitor::Visitor;

pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Vec<Route<S>> {
    vec![
        Route::get("/sign-in", show).public(),
        Route::post("/sign-in", sign_in).public(),
        Route::post("/sign-out", sign_out).public(),
        Route::post("/role", choose_seat).who(Who::SignedIn),
        Route::get("/prove", show_proof).who(Who::SignedIn),
        Route::post("/prove", prove).who(Who::SignedIn).proof(),
    ]
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    form: Draft,
    then: String,
}

/// Where to go afterwards, as the address says.
fn then_of(page: &Page) -> String {
    let mut pairs = form_urlencoded::parse(page.query().as_bytes());
    let then = pairs.find(|(name, _)| name == "then").map(|(_, value)| value.into_owned());
    inward(&then.unwrap_or_default()).to_owned()
}

/// A path of this site, or the home page: never another site.
fn inward(then: &str) -> &str {
    let is_path = then.starts_with('/') && !then.starts_with("//") && !then.contains('\\');
    if is_path && !then.chars().any(char::is_control) { then } else { "/" }
}

async fn show(page: Page, visitor: Visitor) -> Answer {
    let then = then_of(&page);
    if visitor.signed_in().is_some() {
        return Ok(Redirect::to(&then).into_response());
    }
    page.clone().title("登录").show(&SignIn { form: page.form(), then })
}

struct Coming {
    typed: Typed,
    then: String,
}

impl FromFields for Coming {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let login = reader.required("login", "登录名");
        let password = reader.draft.value("password").to_owned();
        if password.is_empty() {
            reader.refuse("password", "密码", "请填写");
        }
        let code = reader.draft.value("code").to_owned();
        let then = inward(reader.draft.value("then")).to_owned();
        Some(Self { typed: Typed { login: login?, password, code }, then })
    }
}

async fn sign_in(Extension(visit): Extension<Arc<Visit>>, page: Page, form: Form<Coming>) -> Answer {
    let page = page.title("登录");
    let then = inward(form.draft.value("then")).to_owned();
    let again = |form| page.clone().status(StatusCode::UNPROCESSABLE_ENTITY).show(&SignIn { form, then });
    let (Coming { typed, then: to }, draft) = match form.done() {
        Ok(read) => read,
        Err(draft) => return again(*draft),
    };
    match visit.shell.sign_in(&typed, &visit.client).await {
        Ok((token, _)) => {
            // The former session of this browser, if any, is not left behind.
            visit.shell.desk.end_session(visit.token.key()).await?;
            let cookie = token.cookie(visit.shell.settings.secure);
            let cookie = cookie.ok_or_else(|| Failure::Fault("无法设置 Cookie".to_owned()))?;
            Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&to)).into_response())
        }
        Err(Turned::Failed(failure)) => Err(failure),
        Err(turned) => again(draft.complain(trouble(&turned))),
    }
}

async fn sign_out(Extension(visit): Extension<Arc<Visit>>) -> Result<Redirect, Failure> {
    visit.shell.desk.end_session(visit.token.key()).await?;
    let who = visit.visitor.who();
    visit.shell.tell(AccessBy::Who(who), What::SignedOut { expired: false }).await?;
    Ok(Redirect::to("/"))
}

/// Which of one's grants to act in, by its place in the list.
struct Chosen(usize);

impl FromFields for Chosen {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        reader.required("seat", "身份").map(Self)
    }
}

async fn choose_seat(
    Extension(visit): Extension<Arc<Visit>>,
    visitor: Visitor,
    form: Form<Chosen>,
) -> Result<Response, Failure> {
    let seat = form.read.and_then(|chosen| visitor.signed_in()?.seats.get(chosen.0).cloned());
    let seat = seat.ok_or_else(|| Failure::Unacceptable("您选择的身份已不再有效，请刷新页面后重选。".into()))?;
    let grant = Grant { role: seat.role, organisation: seat.organisation };
    visit.shell.change_session(&visit.token, |session| session.chosen = Some(grant)).await?;
    Ok(Redirect::to("/").into_response())
}

#[derive(Template)]
#[template(
    source = r#"<div class="narrow"><h1>请再次验证身份</h1><p class="lead">下一步需要确认是您本人，验证后几分钟内有效。</p>
<form class="panel" action="/prove" method="post">{{ form.hidden()? }}<input type="hidden" name="then" value="{{ then }}">
<p class="actions"><button>输入密码</button></p></form></div>"#,
    ext = "html"
)]
struct Proof {
    form: Draft,
    then: String,
}

async fn show_proof(page: Page) -> Answer {
    let then = then_of(&page);
    page.clone().title("请再次验证身份").show(&Proof { form: page.form(), then })
}

/// Only reached once the gate has seen the proof.
async fn prove(form: Form<()>) -> Redirect {
    Redirect::to(inward(form.draft.value("then")))
}

#[cfg(test)]
mod tests {
    use super::inward;

    #[test]
    fn nobody_is_led_to_another_site() {
        for outward in ["https://example.org", "//example.org", "/\\example.org", "javascript:1", "", "/a\nb"] {
            assert_eq!(inward(outward), "/", "{outward:?}");
        }
        assert_eq!(inward("/plan?as_of=2026-01-01#g1"), "/plan?as_of=2026-01-01#g1");
    }
}
