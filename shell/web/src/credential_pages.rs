//! A person's own account: password, second factor, the grants they hold.

use std::sync::Arc;

use askama::Template;
use axum::extract::Extension;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use ledger::access::What;
use qrcode::QrCode;

use crate::Answer;
use crate::failure::Failure;
use crate::form::{Draft, Form};
use crate::markup::Markup;
use crate::page::{Page, Visit};
use crate::password::SHORTEST;
use crate::ports::{AccessBy, Known, Seat};
use crate::reader::{FromFields, Reader};
use crate::route::Route;
use crate::totp::Totp;
use crate::visitor::{SignedIn, Visitor};

pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Vec<Route<S>> {
    vec![
        Route::get("/account", show),
        Route::get("/account/password", show_password),
        Route::post("/account/password", change_password).proof(),
        Route::get("/account/second-factor", show_second_factor),
        Route::post("/account/second-factor", turn_on).proof(),
        Route::post("/account/second-factor/off", turn_off).proof(),
    ]
}

#[derive(Template)]
#[template(path = "account.html")]
struct Account<'a> {
    person: &'a SignedIn,
    login: String,
    has_second_factor: bool,
    form: Draft,
}

impl Account<'_> {
    fn is_current(&self, seat: &Seat) -> bool {
        self.person.seat.as_ref() == Some(seat)
    }
}

fn signed_in(visitor: &Visitor) -> Result<&SignedIn, Failure> {
    visitor.signed_in().ok_or(Failure::SignInFirst)
}

async fn known(visit: &Visit) -> Result<Known, Failure> {
    let person = signed_in(&visit.visitor)?.person;
    visit.shell.desk.credential_of(person).await?.ok_or_else(Failure::not_found)
}

/// Changes how the person signs in, and tells the access log.
async fn change(visit: &Visit, change: impl FnOnce(&mut Known)) -> Result<(), Failure> {
    let login = known(visit).await?.login;
    let keep = |known: &mut Known| {
        change(known);
        Some(())
    };
    visit.shell.change_credential(&login, keep).await?.ok_or_else(Failure::not_found)?;
    Ok(visit.shell.tell(AccessBy::Who(visit.visitor.who()), What::CredentialChanged).await?)
}

async fn show(Extension(visit): Extension<Arc<Visit>>, page: Page, visitor: Visitor) -> Answer {
    let person = signed_in(&visitor)?;
    let Known { login, totp_secret, .. } = known(&visit).await?;
    let account = Account { person, login, has_second_factor: totp_secret.is_some(), form: page.form() };
    page.title("账号与安全").show(&account)
}

#[derive(Template)]
#[template(
    source = r#"<div class="narrow"><h1>修改密码</h1>{% if must_change %}<p class="lead">当前密码由管理员设定，请先改为只有您知道的密码。</p>{% endif %}
{{ form.errors()? }}
<form class="panel" action="/account/password" method="post">{{ form.hidden()? }}
{{ form.password("new", "新密码", "new-password").hint(hint).required() }}
{{ form.password("again", "再输一遍", "new-password").required() }}
<p class="actions"><button>修改密码</button></p></form>
<p class="quiet-text">修改后，其他设备上的登录会全部退出。</p></div>"#,
    ext = "html"
)]
struct Password {
    form: Draft,
    must_change: bool,
    hint: String,
}

impl Password {
    fn new(form: Draft, visitor: &Visitor) -> Self {
        let must_change = visitor.signed_in().is_some_and(|person| person.must_change);
        Self {
            form, must_change, hint: format!("至少 {SHORTEST} 个字符，可以用几个不相关的词连起来。")
        }
    }
}

async fn show_password(page: Page, visitor: Visitor) -> Answer {
    let page = page.crumb("账号与安全", "/account").title("修改密码");
    page.show(&Password::new(page.form(), &visitor))
}

struct NewPassword(String);

impl FromFields for NewPassword {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let new = reader.draft.value("new").to_owned();
        if new.is_empty() {
            reader.refuse("new", "新密码", "请填写");
        } else if new != reader.draft.value("again") {
            reader.refuse("again", "再输一遍", "两次输入不一致");
        }
        Some(Self(new))
    }
}

async fn change_password(Extension(visit): Extension<Arc<Visit>>, page: Page, form: Form<NewPassword>) -> Answer {
    let page = page.crumb("账号与安全", "/account").title("修改密码");
    let again = |form| page.clone().status(StatusCode::UNPROCESSABLE_ENTITY).show(&Password::new(form, &visit.visitor));
    let (NewPassword(new), mut draft) = match form.done() {
        Ok(read) => read,
        Err(draft) => return again(*draft),
    };
    let password_hash = match visit.shell.passwords.hash(&new).await {
        Ok(hash) => hash,
        Err(error) => {
            draft.refuse_field("new", "新密码", &error.to_string());
            return again(draft);
        }
    };
    let now = visit.shell.city.now();
    change(&visit, |known| {
        (known.password_hash, known.password_changed_at, known.must_change) = (password_hash, now, false);
    })
    .await?;
    visit.shell.change_session(&visit.token, |session| session.must_change = false).await?;
    visit.shell.desk.end_other_sessions(signed_in(&visit.visitor)?.person, visit.token.key()).await?;
    Ok(Redirect::to("/account").into_response())
}

#[derive(Template)]
#[template(path = "second_factor.html")]
struct SecondFactor {
    form: Draft,
    secret: String,
    picture: Markup,
}

impl SecondFactor {
    fn new(form: Draft, totp: &Totp, login: &str) -> Result<Self, Failure> {
        let code = QrCode::new(totp.address(login)).map_err(|error| Failure::Fault(error.to_string()))?;
        let drawn = code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(220, 220).build();
        // An XML declaration has no place inside a page.
        let picture = drawn.find("<svg").map(|start| drawn.split_at(start).1.to_owned()).unwrap_or_default();
        Ok(Self { form, secret: totp.base32(), picture: Markup::trusted(picture) })
    }
}

async fn show_second_factor(Extension(visit): Extension<Arc<Visit>>, page: Page) -> Answer {
    let totp = Totp::new().map_err(|error| Failure::Fault(error.to_string()))?;
    let page = page.crumb("账号与安全", "/account").title("启用动态口令");
    page.show(&SecondFactor::new(page.form(), &totp, &known(&visit).await?.login)?)
}

struct Enrolment {
    totp: Totp,
    code: String,
}

impl FromFields for Enrolment {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let totp = Totp::from_base32(reader.draft.value("secret"));
        let code = reader.required("code", "动态口令");
        Some(Self { totp: totp?, code: code? })
    }
}

async fn turn_on(Extension(visit): Extension<Arc<Visit>>, page: Page, form: Form<Enrolment>) -> Answer {
    let Known { login, .. } = known(&visit).await?;
    let secret = Totp::from_base32(form.draft.value("secret"));
    let (now, mut draft) = (visit.shell.city.now(), form.draft);
    let step = form.read.as_ref().and_then(|enrolment| enrolment.totp.accept(&enrolment.code, now, None));
    let (Some(enrolment), Some(step)) = (form.read, step) else {
        let totp = secret.ok_or_else(|| Failure::Unacceptable("密钥不完整，请重新打开启用页面。".into()))?;
        if !draft.has_errors() {
            draft.refuse_field("code", "动态口令", "与当前时间不符，请检查手机时间后输入最新的六位数字");
        }
        let page = page.crumb("账号与安全", "/account").title("启用动态口令");
        return page.status(StatusCode::UNPROCESSABLE_ENTITY).show(&SecondFactor::new(draft, &totp, &login)?);
    };
    let secret = enrolment.totp.secret().to_vec();
    change(&visit, |known| (known.totp_secret, known.last_totp_step) = (Some(secret), Some(step))).await?;
    Ok(Redirect::to("/account").into_response())
}

async fn turn_off(Extension(visit): Extension<Arc<Visit>>) -> Result<Redirect, Failure> {
    change(&visit, |known| (known.totp_secret, known.last_totp_step) = (None, None)).await?;
    Ok(Redirect::to("/account"))
}
