//! Why a command was not carried out, in words a person can act on.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A command that is not allowed. Nothing was recorded except the refusal itself (in the access log).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// What kind of thing stands in the way.
    pub kind: RefusalKind,
    /// What was wrong, where, and what to do, in Chinese.
    pub reason: Cow<'static, str>,
    /// The form field it concerns, by its name in the form.
    pub field: Option<Cow<'static, str>>,
}

/// The kinds of refusal that a page answers differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalKind {
    /// A value is wrong: show it beside its field.
    Invalid,
    /// This person or role may not do this.
    NotAllowed,
    /// The thing does not exist, or this person may not know that it does.
    NotFound,
    /// The record changed since the form was shown, or is in another state.
    Conflict,
    /// The person must prove who they are again (approvals).
    NeedsReauthentication,
    /// The state machine, a cap, or a rule of the plan forbids it.
    Forbidden,
}

impl Refusal {
    fn new(kind: RefusalKind, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, reason: reason.into(), field: None }
    }

    /// A value is wrong.
    pub fn invalid(field: impl Into<Cow<'static, str>>, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { field: Some(field.into()), ..Self::new(RefusalKind::Invalid, reason) }
    }

    /// This person or role may not do this.
    pub fn not_allowed(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(RefusalKind::NotAllowed, reason)
    }

    /// There is no such thing.
    pub fn not_found(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(RefusalKind::NotFound, reason)
    }

    /// The thing is in a state that does not admit this.
    pub fn conflict(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(RefusalKind::Conflict, reason)
    }

    /// A rule forbids it.
    pub fn forbidden(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(RefusalKind::Forbidden, reason)
    }

    /// The record changed after the form was shown.
    pub fn stale() -> Self {
        Self::conflict("您打开页面之后，这条记录已被更新。请刷新页面核对最新内容后再提交，已填写的内容可以复制保留。")
    }

    /// The person must prove who they are again.
    pub fn needs_reauthentication() -> Self {
        Self::new(RefusalKind::NeedsReauthentication, "此操作需要再次验证身份，请输入密码后继续。")
    }
}

/// `apply` met a history that cannot have happened: the ledger or the program is damaged, start-up stops.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "账本第 {sequence} 条事件与此前的状态矛盾：{what}。请勿继续写入，先运行 fengce ledger verify，再从备份恢复或联系维护者。"
)]
pub struct Impossible {
    /// Of the event.
    pub sequence: crate::Sequence,
    /// What is contradictory.
    pub what: String,
}

impl Impossible {
    /// At this event, this is contradictory.
    pub fn at(recorded: &crate::Recorded, what: impl Into<String>) -> Self {
        Self { sequence: recorded.sequence, what: what.into() }
    }
}
