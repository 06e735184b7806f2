//! Returns under the Statistics Law: identifiable, used for statistics only.
//!
//! The figures of one firm cannot be read out of a [`StatisticalReturn`]; only [`aggregate`] adds them up, under the
//! same rule that governs everything published. There is no way from here to claim material.

use std::collections::BTreeMap;

use kernel::{Context, CreditCode, Money, Period, Refusal, Role};
use serde::{Deserialize, Serialize};

use crate::catalog::PublicationRule;
use crate::publication::{Cell, publish_one};
use crate::state::State;
use crate::{authority, text};

kernel::uuid_id!(
    /// A statistical return.
    ReturnId
);

/// An approved survey form (国家统计调查制度 or 部门统计调查): its number, approval, and how long it may be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// 表号
    pub number: String,
    /// 批准或备案文号
    pub approval: String,
    /// 有效期
    pub valid: Period,
}

/// What a firm returned on a survey form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatisticalReturn {
    id: ReturnId,
    firm: CreditCode,
    form: Form,
    period: Period,
    items: BTreeMap<String, Money>,
}

impl StatisticalReturn {
    /// Its key.
    pub const fn id(&self) -> ReturnId {
        self.id
    }

    /// Whose.
    pub const fn firm(&self) -> CreditCode {
        self.firm
    }

    /// On which form.
    pub const fn form(&self) -> &Form {
        &self.form
    }

    /// The period reported on.
    pub const fn period(&self) -> Period {
        self.period
    }
}

/// A firm, or the responsible department for it, hands in a return.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// Chosen by the caller.
    pub id: ReturnId,
    /// Whose.
    pub firm: CreditCode,
    /// On which form.
    pub form: Form,
    /// The period reported on.
    pub period: Period,
    /// Amounts by the form's own item codes.
    pub items: BTreeMap<String, Money>,
}

pub(crate) fn decide(state: &State, context: &Context, command: Command) -> Result<StatisticalReturn, Refusal> {
    let Command { id, firm, form, period, items } = command;
    match context.actor.role() {
        Some(Role::CityOfficer) => authority::department(context, state.required_catalog()?)?,
        _ => authority::firm(context, firm, &[Role::Enterprise, Role::Agent, Role::CityOfficer])?,
    }
    if state.firm(firm).is_none() {
        return Err(Refusal::not_found(format!("没有 {firm} 的企业档案。")));
    }
    let number = text::required("number", "表号", &form.number, 40)?;
    let approval = text::required("approval", "批准或备案文号", &form.approval, 60)?;
    if !form.valid.contains(context.today()) {
        let what =
            format!("调查表 {number} 的有效期是 {} 至 {}，今天不能使用。", form.valid.from(), form.valid.until());
        return Err(Refusal::invalid("valid", what));
    }
    let twice = state
        .returns
        .values()
        .any(|other| other.id == id || (other.firm == firm && other.form.number == number && other.period == period));
    if twice {
        return Err(Refusal::conflict("该企业这一期的调查表已经收到，不能重复报送。"));
    }
    if items.is_empty() || items.keys().any(|item| item.trim().is_empty() || item.chars().count() > 40) {
        return Err(Refusal::invalid("items", "请至少填写一个指标，指标代码不超过 40 个字。"));
    }
    Ok(StatisticalReturn { id, firm, form: Form { number, approval, ..form }, period, items })
}

/// The sum of one item over all firms' returns for a period, withheld where it would show a single firm.
pub fn aggregate(state: &State, number: &str, period: Period, item: &str, rule: &PublicationRule) -> Cell {
    let returns = state.returns.values().filter(|returned| returned.form.number == number && returned.period == period);
    let amounts: Vec<_> = returns.filter_map(|returned| returned.items.get(item).copied()).collect();
    publish_one(rule, &amounts)
}

impl State {
    /// Every return received, by key. Who returned which form for when; the figures stay inside.
    pub fn returns(&self) -> impl Iterator<Item = &StatisticalReturn> {
        self.returns.values().map(AsRef::as_ref)
    }
}
