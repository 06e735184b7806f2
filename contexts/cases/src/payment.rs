//! Payment: funding plan, order to the treasury or through the district, and what came of the order.
//!
//! A case is paid by a voucher that matches its order and by nothing else ([`crate::voucher`]).

use std::collections::BTreeMap;

use kernel::{Context, CreditCode, Date, Digest, DivisionCode, Evidence, Impossible, Money, Recorded, Refusal};
use serde::{Deserialize, Serialize};

use crate::case::{self, Case};
use crate::key::{CallId, CaseId, FundingPlanId, OrderId, VoucherNumber};
use crate::rules::TimeLimit;
use crate::state::{self, State};
use crate::support::require_no_conflict;
use crate::text;
use crate::voucher::{Receipt, SentBack};

/// 资金计划: what is to be paid out of a call, as a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FundingPlan {
    /// Its key.
    pub id: FundingPlanId,
    /// Of which call.
    pub call: CallId,
    /// 文号
    pub number: String,
    /// The plan.
    pub document: Evidence,
    /// Amounts by case.
    pub amounts: BTreeMap<CaseId, Money>,
}

impl FundingPlan {
    /// Of all cases.
    pub fn total(&self) -> Money {
        self.amounts.values().copied().sum()
    }
}

/// A funding plan as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlanRecord {
    /// The plan.
    pub plan: FundingPlan,
    /// Where, when, by whom.
    pub recorded: Recorded,
}

/// Which way the money goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// 国库直接拨付: to the firm.
    Treasury,
    /// 经区县财政拨付: to the district's finance office, which pays the firm.
    District(DivisionCode),
}

/// 拨付指令
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its key.
    pub id: OrderId,
    /// For which case.
    pub case: CaseId,
    /// To whom.
    pub firm: CreditCode,
    /// How much.
    pub amount: Money,
    /// Which way.
    pub channel: Channel,
    /// Keyed digest of the firm's account; the account is in the vault.
    pub account: Digest,
}

/// What came of an order. Transitions consume the stage they start from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrderStage {
    /// 已下达
    Issued,
    /// 已转区县
    Transferred {
        /// By which voucher.
        voucher: VoucherNumber,
    },
    /// 已到账
    Paid {
        /// By which voucher.
        voucher: VoucherNumber,
    },
    /// 银行退回
    Returned {
        /// Which voucher came to nothing.
        voucher: VoucherNumber,
        /// Why.
        reason: String,
    },
    /// 已撤销
    Cancelled {
        /// Why.
        reason: String,
    },
}

impl OrderStage {
    /// In Chinese.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Issued => "已下达",
            Self::Transferred { .. } => "已转区县",
            Self::Paid { .. } => "已到账",
            Self::Returned { .. } => "银行退回",
            Self::Cancelled { .. } => "已撤销",
        }
    }

    pub(crate) fn after(self, channel: Channel, event: &Event) -> Option<Self> {
        match (self, event) {
            (Self::Issued, Event::Cancelled { reason, .. }) => Some(Self::Cancelled { reason: reason.clone() }),
            (Self::Issued, Event::Matched { voucher, .. }) => Some(match channel {
                Channel::Treasury => Self::Paid { voucher: voucher.clone() },
                Channel::District(_) => Self::Transferred { voucher: voucher.clone() },
            }),
            (Self::Transferred { .. }, Event::Matched { voucher, .. }) => Some(Self::Paid { voucher: voucher.clone() }),
            (Self::Transferred { voucher } | Self::Paid { voucher }, Event::Returned { voucher: of, reason, .. }) => {
                (voucher == *of).then(|| Self::Returned { voucher, reason: reason.clone() })
            }
            _ => None,
        }
    }
}

/// An order and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderRecord {
    /// The order.
    pub order: Order,
    /// Where, when, by whom.
    pub recorded: Recorded,
    /// What came of it.
    pub stage: OrderStage,
}

/// An order to be issued; the amount is what the case's decision leaves to be paid.
#[derive(Clone, Debug, PartialEq)]
pub struct NewOrder {
    /// Chosen by the caller.
    pub id: OrderId,
    /// For which case.
    pub case: CaseId,
    /// Which way.
    pub channel: Channel,
    /// Keyed digest of the firm's account.
    pub account: Digest,
}

/// What happened to orders and vouchers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the fields are those of the records")]
pub enum Event {
    /// An order was issued.
    Issued(Box<Order>),
    /// An order was taken back.
    Cancelled { order: OrderId, reason: String },
    /// A file of vouchers was imported.
    Imported { file: Evidence, vouchers: Vec<crate::voucher::Voucher> },
    /// A voucher belongs to an order: it pays it, or transfers its money to the district.
    Matched { voucher: VoucherNumber, order: OrderId },
    /// The bank sent a voucher's money back.
    Returned { voucher: VoucherNumber, order: OrderId, on: Date, reason: String, proof: Evidence },
    /// A firm paid something back.
    Received { receipt: VoucherNumber, case: CaseId, amount: Money, on: Date, proof: Evidence },
}

/// Decides a funding plan over cases whose notice is over.
pub(crate) fn plan(
    state: &State,
    context: &Context,
    (id, call): (FundingPlanId, CallId),
    number: &str,
    document: Evidence,
    cases: &[CaseId],
) -> Result<Vec<state::Event>, Refusal> {
    let call = state.required_call(call)?;
    call.require_department(context)?;
    context.require_reauthentication()?;
    if state.funding_plan(id).is_some() {
        return Err(Refusal::conflict("这一资金计划已经登记，请刷新页面。"));
    }
    if cases.is_empty() {
        return Err(Refusal::invalid("cases", "请选择要列入资金计划的办件。"));
    }
    let due = state.required_rules()?.deadline(context, TimeLimit::PaymentOrder)?;
    let mut amounts = BTreeMap::new();
    let mut events = Vec::with_capacity(cases.len() + 1);
    for id_of_case in cases {
        let case = state.case(*id_of_case).filter(|case| case.call == call.id);
        let case = case.ok_or_else(|| Refusal::invalid("cases", format!("批次中没有办件 {id_of_case}。")))?;
        case::hands::may_handle_among(context, case)?;
        amounts.insert(case.id, case.stage.decided());
        events.push(case::step(case, case::Happened::Planned { plan: id, due })?);
    }
    if amounts.len() != cases.len() {
        return Err(Refusal::invalid("cases", "同一办件选了两次。"));
    }
    let number = text::required("number", "资金计划文号", number)?;
    let plan = FundingPlan { id, call: call.id, number, document, amounts };
    Ok([state::Event::Planned(Box::new(plan))].into_iter().chain(events).collect())
}

/// Decides payment orders: all of them or none.
pub(crate) fn issue(state: &State, context: &Context, orders: Vec<NewOrder>) -> Result<Vec<state::Event>, Refusal> {
    context.require_reauthentication()?;
    if orders.is_empty() {
        return Err(Refusal::invalid("orders", "请选择要拨付的办件。"));
    }
    let due = state.required_rules()?.deadline(context, TimeLimit::Transit)?;
    let mut cases = std::collections::BTreeSet::new();
    let mut ids = std::collections::BTreeSet::new();
    let mut events = Vec::with_capacity(orders.len() * 2);
    for NewOrder { id, case, channel, account } in orders {
        if state.order(id).is_some() || !ids.insert(id) || !cases.insert(case) {
            return Err(Refusal::conflict(format!("拨付指令 {id} 已经存在，或同一办件选了两次，请刷新页面。")));
        }
        let case = state.case(case).ok_or_else(|| Refusal::invalid("orders", format!("没有办件 {case}。")))?;
        let call = state.required_call(case.call)?;
        call.require_finance(context)?;
        case::hands::may_handle_among(context, case)?;
        if let Some(material) = case.material() {
            require_no_conflict(state, Some(case.id), case.applicant.firm, &call.terms, material)?;
        }
        let amount = case.outstanding();
        let ordered = case::step(case, case::Happened::Ordered { order: id, amount, due })?;
        if amount <= Money::ZERO {
            return Err(Refusal::conflict(format!("办件 {} 没有应付而未付的金额。", case.id)));
        }
        let order = Order { id, case: case.id, firm: case.applicant.firm, amount, channel, account };
        events.push(state::Event::Payment(Event::Issued(Box::new(order))));
        events.push(ordered);
    }
    Ok(events)
}

/// Decides whether an order may be taken back: before any voucher.
pub(crate) fn cancel(
    state: &State,
    context: &Context,
    id: OrderId,
    reason: &str,
) -> Result<Vec<state::Event>, Refusal> {
    let (record, case) = ordered(state, id)?;
    state.required_call(case.call)?.require_finance(context)?;
    case::hands::may_handle(context, case)?;
    let reason = text::required("reason", "撤销原因", reason)?;
    let event = Event::Cancelled { order: id, reason: reason.clone() };
    if record.stage.clone().after(record.order.channel, &event).is_none() {
        let what =
            format!("拨付指令现在是“{}”，不能撤销；已付出的，请登记银行退回或按追回办理。", record.stage.label());
        return Err(Refusal::conflict(what));
    }
    let due = state.required_rules()?.deadline(context, TimeLimit::PaymentOrder)?;
    let back = case::step(case, case::Happened::OrderCancelled { order: id, reason, due })?;
    Ok(vec![state::Event::Payment(event), back])
}

/// An order with its case.
pub(crate) fn ordered(state: &State, id: OrderId) -> Result<(&OrderRecord, &Case), Refusal> {
    let record = state.order(id).ok_or_else(|| Refusal::not_found("没有这个拨付指令。"))?;
    let case = state.case(record.order.case).ok_or_else(|| Refusal::not_found("没有拨付指令所指的办件。"))?;
    Ok((record, case))
}

impl State {
    pub(crate) fn apply_payment(&mut self, recorded: &Recorded, event: &Event) -> Result<(), Impossible> {
        match event {
            Event::Issued(order) => {
                let record =
                    OrderRecord { order: (**order).clone(), recorded: recorded.clone(), stage: OrderStage::Issued };
                self.insert_order(recorded, record)
            }
            Event::Cancelled { order, .. } => self.move_order(recorded, *order, event),
            Event::Imported { file, vouchers } => self.insert_vouchers(recorded, file, vouchers),
            Event::Matched { voucher, order } => {
                self.move_order(recorded, *order, event)?;
                self.use_voucher(recorded, voucher, crate::voucher::Use::Matched(*order))
            }
            Event::Returned { voucher, order, on, reason, proof } => {
                self.move_order(recorded, *order, event)?;
                self.use_voucher(recorded, voucher, crate::voucher::Use::Returned(*order))?;
                let (on, reason, proof) = (*on, reason.clone(), proof.clone());
                self.send_back(recorded, voucher, SentBack { on, reason, proof, recorded: recorded.clone() })
            }
            Event::Received { receipt, case, amount, on, proof } => {
                let (receipt, proof) = (receipt.clone(), proof.clone());
                let (case, amount, on, recorded) = (*case, *amount, *on, recorded.clone());
                self.insert_receipt(Receipt { receipt, case, amount, on, proof, recorded })
            }
        }
    }
}
