//! What goes wrong, and what a person can do about it.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kernel::refusal::{Refusal, RefusalKind};

use crate::ports::PortError;

/// Why a request gets another page than it asked for. The gate shows it inside the layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Only for those who have signed in.
    SignInFirst,
    /// The person must prove again who they are.
    ProveFirst,
    /// This person or role may not.
    Forbidden(Cow<'static, str>),
    /// There is no such page or record.
    NotFound(Cow<'static, str>),
    /// The address or what was sent makes no sense here, or a rule forbids it.
    Unacceptable(Cow<'static, str>),
    /// The record changed since the form was shown.
    Stale(Cow<'static, str>),
    /// The body is larger than this many bytes.
    TooLarge(usize),
    /// Too many requests; try again after so many seconds.
    TooMany(u64),
    /// The form was not made for this visit (cross-site token).
    Foreign,
    /// The method does not fit the page.
    WrongMethod,
    /// It took too long.
    TookTooLong,
    /// The ledger cannot be written now.
    Unavailable(Cow<'static, str>),
    /// A fault of the program; the detail is for the log, the person gets a reference number.
    Fault(String),
}

impl Failure {
    /// There is no such record.
    pub fn not_found() -> Self {
        Self::NotFound("没有找到这个页面或记录，可能是地址有误，或者它已经被合并、撤回。".into())
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::SignInFirst | Self::ProveFirst => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) | Self::Foreign => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Unacceptable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Stale(_) => StatusCode::CONFLICT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::TookTooLong | Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Head of the error page.
    pub fn title(&self) -> &'static str {
        match self {
            Self::SignInFirst => "请先登录",
            Self::ProveFirst => "请再次验证身份",
            Self::Forbidden(_) => "您不能查看或办理此项",
            Self::NotFound(_) => "没有找到",
            Self::Unacceptable(_) => "无法受理",
            Self::Stale(_) => "内容已被更新",
            Self::TooLarge(_) => "提交的内容太大",
            Self::TooMany(_) => "操作太频繁",
            Self::Foreign => "表单已失效",
            Self::WrongMethod => "不支持的操作方式",
            Self::TookTooLong => "处理超时",
            Self::Unavailable(_) => "暂时不能办理",
            Self::Fault(_) => "系统出错了",
        }
    }

    /// What happened and what to do.
    pub fn advice(&self) -> Cow<'static, str> {
        match self {
            Self::SignInFirst => "这一页需要登录后查看。".into(),
            Self::ProveFirst => "此操作需要再次验证身份，请输入密码后继续。".into(),
            Self::Forbidden(reason)
            | Self::NotFound(reason)
            | Self::Unacceptable(reason)
            | Self::Stale(reason)
            | Self::Unavailable(reason) => reason.clone(),
            Self::TooLarge(limit) => format!("一次最多提交 {}，请压缩或拆分后再试。", spoken_size(*limit)).into(),
            Self::TooMany(seconds) => format!("请 {seconds} 秒后再试。频繁的自动访问请改用数据接口或导出文件。").into(),
            Self::Foreign => "这张表单不是在本次访问中打开的，或者浏览器没有保存 Cookie。\
                 请返回上一页刷新后重新提交；您填写的内容在返回后通常仍在。"
                .into(),
            Self::WrongMethod => "请从页面上的链接或按钮进入，不要直接输入提交地址。".into(),
            Self::TookTooLong => {
                "服务器没有在规定时间内完成。您的操作若已提交，不会重复办理，可以稍后用原页面重试。".into()
            }
            Self::Fault(_) => "出错的细节已经记录。请稍后重试；若仍不成功，请把下面的编号告诉系统管理员。".into(),
        }
    }
}

fn spoken_size(bytes: usize) -> String {
    if bytes >= 1 << 20 { format!("{} MB", bytes >> 20) } else { format!("{} KB", bytes >> 10) }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal.kind {
            RefusalKind::Invalid | RefusalKind::Forbidden => Self::Unacceptable(refusal.reason),
            RefusalKind::NotAllowed => Self::Forbidden(refusal.reason),
            RefusalKind::NotFound => Self::NotFound(refusal.reason),
            RefusalKind::Conflict => Self::Stale(refusal.reason),
            RefusalKind::NeedsReauthentication => Self::ProveFirst,
        }
    }
}

impl From<askama::Error> for Failure {
    fn from(error: askama::Error) -> Self {
        Self::Fault(error.to_string())
    }
}

impl From<PortError> for Failure {
    fn from(error: PortError) -> Self {
        Self::Fault(error.to_string())
    }
}

impl IntoResponse for Failure {
    /// Bare: the gate finds the failure in the extensions and shows it inside the layout.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Self::TooMany(seconds) = self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}
