//! Asking who someone is in the middle of what they do: the form they sent is kept in the page and goes on from there.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use ledger::access::SignInFailure;

use crate::markup::Markup;
use crate::page::{Page, Visit};
use crate::shell::Turned;
use crate::submitted::Submitted;

/// Fields the gate itself takes out of a form.
pub(crate) const PASSWORD: &str = "_password";
/// The code of the second factor.
pub(crate) const CODE: &str = "_code";
/// Only asked for when nobody is signed in.
pub(crate) const LOGIN: &str = "_login";

#[derive(Template)]
#[template(path = "resume.html")]
pub(crate) struct Resume {
    action: String,
    token: String,
    kept: Vec<(String, String)>,
    is_known: bool,
    trouble: Option<String>,
}

impl Resume {
    pub fn new(visit: &Visit, submitted: Option<&Submitted>, turned: Option<&Turned>) -> Self {
        let action =
            if visit.query.is_empty() { visit.path.clone() } else { format!("{}?{}", visit.path, visit.query) };
        Self {
            action,
            token: visit.form_token(),
            kept: submitted.map(|submitted| submitted.fields.clone()).unwrap_or_default(),
            is_known: visit.visitor.signed_in().is_some(),
            trouble: turned.map(trouble),
        }
    }

    pub fn show(&self, visit: &Arc<Visit>) -> Result<Response, askama::Error> {
        let title = if self.is_known { "请再次验证身份" } else { "请重新登录" };
        let page = Page::new(visit.clone()).title(title).status(StatusCode::UNAUTHORIZED);
        page.with(Markup::of(self)?)
    }
}

/// In words that tell a stranger nothing about which logins exist.
pub(crate) fn trouble(turned: &Turned) -> String {
    match turned {
        Turned::Away(SignInFailure::Locked, seconds) => {
            let wait =
                if *seconds >= 120 { format!("{} 分钟", (seconds + 59) / 60) } else { format!("{seconds} 秒") };
            format!("连续多次失败，此登录名已暂时锁定，请 {wait}后再试。忘记密码请联系本单位的管理员。")
        }
        Turned::Away(..) => "登录名、密码或动态口令不正确，请重新输入。".to_owned(),
        Turned::Failed(failure) => failure.advice().into_owned(),
    }
}
