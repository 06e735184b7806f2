//! Vouchers of treasury and bank: what was really paid. Imported from their files, matched with orders; a voucher that
//! matches no order is in transit, and so is an order without one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kernel::{Actor, Context, CreditCode, Date, Digest, DivisionCode, Evidence, Money, Recorded, Refusal, Role};
use serde::{Deserialize, Serialize};

use crate::case::{self, Case, Stage};
use crate::document::not_later;
use crate::key::{CaseId, OrderId, VoucherNumber};
use crate::payment::{Channel, Event, OrderRecord, OrderStage, ordered};
use crate::rules::{Length, TimeLimit};
use crate::state::{self, State};
use crate::text;

/// Whom a voucher pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Payee {
    /// The firm.
    Firm(CreditCode),
    /// The finance office of a district.
    District(DivisionCode),
}

/// A row of a treasury's or bank's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voucher {
    /// As the bank numbers it; unique.
    pub number: VoucherNumber,
    /// How much.
    pub amount: Money,
    /// When.
    pub on: Date,
    /// To whom.
    pub payee: Payee,
    /// The order it names, where the file tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
}

/// What a voucher is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Use {
    /// 在途: matches no order yet.
    InTransit,
    /// It carries out this order, or its first leg.
    Matched(OrderId),
    /// Its money came back; it was for this order.
    Returned(OrderId),
}

/// A voucher and what it is good for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VoucherRecord {
    /// The voucher.
    pub voucher: Voucher,
    /// Of the file it was read from.
    pub file: Digest,
    /// Where, when, by whom.
    pub recorded: Recorded,
    /// What it is good for.
    pub used: Use,
    /// How its money came back, where the bank sent it back.
    pub back: Option<Arc<SentBack>>,
}

/// How a voucher's money came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SentBack {
    /// When.
    pub on: Date,
    /// Why.
    pub reason: String,
    /// What proves it.
    pub proof: Evidence,
    /// Where, when, by whom.
    pub recorded: Recorded,
}

/// 退款: what a firm paid back of what is clawed back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// As the bank numbers it; unique, among vouchers too.
    pub receipt: VoucherNumber,
    /// For which case.
    pub case: CaseId,
    /// How much.
    pub amount: Money,
    /// When.
    pub on: Date,
    /// What proves it.
    pub proof: Evidence,
    /// Where, when, by whom.
    pub recorded: Recorded,
}

/// Whom an order waits to see paid; nobody once it is paid, returned or taken back.
pub fn awaited(record: &OrderRecord) -> Option<Payee> {
    awaited_at(record, matches!(record.stage, OrderStage::Transferred { .. }))
        .filter(|_| matches!(record.stage, OrderStage::Issued | OrderStage::Transferred { .. }))
}

fn awaited_at(record: &OrderRecord, transferred: bool) -> Option<Payee> {
    match record.order.channel {
        Channel::District(district) if !transferred => Some(Payee::District(district)),
        _ => Some(Payee::Firm(record.order.firm)),
    }
}

/// Decides an import: all rows or none, and no row twice. Whatever is unmistakable is matched at once.
pub(crate) fn import(
    state: &State,
    context: &Context,
    file: Evidence,
    vouchers: Vec<Voucher>,
) -> Result<Vec<state::Event>, Refusal> {
    if context.actor != Actor::System {
        context.require(&[Role::Finance])?;
    }
    if state.voucher_file(&file.digest) {
        return Err(Refusal::conflict(format!("文件“{}”已经导入过，不能重复导入。", file.name)));
    }
    if vouchers.is_empty() {
        return Err(Refusal::invalid("file", "文件里没有凭证。"));
    }
    let mut numbers = BTreeSet::new();
    for (row, voucher) in vouchers.iter().enumerate() {
        let at = |what: String| Refusal::invalid("file", format!("第 {} 行：{what}", row + 1));
        if state.voucher(&voucher.number).is_some() || !numbers.insert(&voucher.number) {
            return Err(at(format!("凭证 {} 已经导入或在文件中重复，整个文件都没有导入，请核对。", voucher.number)));
        }
        if voucher.amount <= Money::ZERO || voucher.amount > Money::LIMIT {
            return Err(at("金额应大于 0 且不超过 90 万亿元。".to_owned()));
        }
        not_later(context, "file", "凭证日期", voucher.on).map_err(|refusal| at(refusal.reason.into_owned()))?;
    }
    let mut matching = Matching::new(state, context);
    let mut matched = Vec::new();
    for voucher in &vouchers {
        // What cannot be matched, or not by this person, stays in transit for somebody to look at.
        if let Some(order) = matching.unmistakable(voucher) {
            matched.extend(matching.matched(voucher, order).unwrap_or_default());
        }
    }
    Ok([state::Event::Payment(Event::Imported { file, vouchers })].into_iter().chain(matched).collect())
}

/// Decides whether a voucher in transit belongs to an order.
pub(crate) fn match_by_hand(
    state: &State,
    context: &Context,
    number: &VoucherNumber,
    order: OrderId,
) -> Result<Vec<state::Event>, Refusal> {
    let record = state.voucher(number).ok_or_else(|| Refusal::not_found(format!("没有凭证 {number}。")))?;
    if record.used != Use::InTransit {
        return Err(Refusal::conflict(format!("凭证 {number} 已经对应了拨付指令，不能再次使用。")));
    }
    Matching::new(state, context).matched(&record.voucher, order)
}

/// Matching one voucher after another: an order's district leg may precede its last leg in the same file.
struct Matching<'a> {
    state: &'a State,
    context: &'a Context,
    /// Legs matched here, by order.
    legs: BTreeMap<OrderId, u8>,
    /// Orders whose money reached the district here, by whom they wait to see paid next.
    half_way: BTreeMap<(Payee, Money), BTreeSet<OrderId>>,
}

impl<'a> Matching<'a> {
    const fn new(state: &'a State, context: &'a Context) -> Self {
        Self { state, context, legs: BTreeMap::new(), half_way: BTreeMap::new() }
    }

    /// The order a voucher names, or the only one of this payee and amount.
    fn unmistakable(&self, voucher: &Voucher) -> Option<OrderId> {
        if voucher.order.is_some() {
            return voucher.order;
        }
        let here = self.half_way.get(&(voucher.payee, voucher.amount)).into_iter().flatten().copied();
        let fits = |id: &OrderId| self.fits(voucher, *id).is_ok();
        let open: BTreeSet<_> = self.state.orders_awaiting(voucher.payee, voucher.amount).chain(here).collect();
        let mut fitting = open.into_iter().filter(fits);
        let first = fitting.next()?;
        fitting.next().is_none().then_some(first)
    }

    /// The order and case, where payee, amount, date and stage agree; whether this leg is the last.
    fn fits(&self, voucher: &Voucher, id: OrderId) -> Result<(&OrderRecord, &Case, bool), Refusal> {
        let (record, case) = ordered(self.state, id)?;
        let legs = self.legs.get(&id).copied().unwrap_or_default();
        let transferred = matches!(record.stage, OrderStage::Transferred { .. });
        let legs = legs + u8::from(transferred);
        let needed = if matches!(record.order.channel, Channel::District(_)) { 2 } else { 1 };
        let open = matches!(record.stage, OrderStage::Issued | OrderStage::Transferred { .. }) && legs < needed;
        let wrong = |what: String| Err(Refusal::conflict(format!("凭证 {} 与指令不符：{what}", voucher.number)));
        if !open {
            return wrong(format!("拨付指令是“{}”，不再等待凭证。", record.stage.label()));
        }
        if voucher.amount != record.order.amount {
            return wrong(format!("凭证 {} 元，指令 {} 元。", voucher.amount, record.order.amount));
        }
        if awaited_at(record, legs > 0) != Some(voucher.payee) {
            return wrong("收款人不是指令这一步的收款人。".to_owned());
        }
        if voucher.on < record.recorded.day() {
            return wrong(format!("凭证日期 {} 早于指令下达日 {}。", voucher.on, record.recorded.day()));
        }
        Ok((record, case, legs + 1 == needed))
    }

    fn matched(&mut self, voucher: &Voucher, id: OrderId) -> Result<Vec<state::Event>, Refusal> {
        let (record, case, last) = self.fits(voucher, id)?;
        if self.context.actor != Actor::System {
            self.state.required_call(case.call)?.require_finance(self.context)?;
        }
        case::hands::may_handle(self.context, case)?;
        let matched = state::Event::Payment(Event::Matched { voucher: voucher.number.clone(), order: id });
        let mut events = vec![matched];
        if last {
            let paid = case::Happened::Paid {
                order: id,
                voucher: voucher.number.clone(),
                amount: record.order.amount,
                on: voucher.on,
                acceptance: self.acceptance(case, voucher.on)?,
            };
            events.push(case::step(case, paid)?);
        } else {
            let next = (Payee::Firm(record.order.firm), record.order.amount);
            self.half_way.entry(next).or_default().insert(id);
        }
        *self.legs.entry(id).or_default() += 1;
        Ok(events)
    }

    /// By when the project is accepted; `None` where nothing is, or was already.
    fn acceptance(&self, case: &Case, paid: Date) -> Result<Option<kernel::Deadline>, Refusal> {
        let months = self.state.required_call(case.call)?.terms.route.acceptance_months.filter(|_| !case.accepted);
        Ok(months.map(|months| Length::Months(months).deadline(&self.context.calendar, paid)))
    }
}

/// Decides that the bank sent a voucher's money back.
pub(crate) fn give_back(
    state: &State,
    context: &Context,
    number: &VoucherNumber,
    (on, reason, proof): (Date, &str, Evidence),
) -> Result<Vec<state::Event>, Refusal> {
    let record = state.voucher(number).ok_or_else(|| Refusal::not_found(format!("没有凭证 {number}。")))?;
    let Use::Matched(id) = record.used else {
        return Err(Refusal::conflict(format!("凭证 {number} 没有对应的拨付指令，或已经退回，不能登记退回。")));
    };
    let (order, case) = ordered(state, id)?;
    state.required_call(case.call)?.require_finance(context)?;
    case::hands::may_handle(context, case)?;
    not_later(context, "on", "退回日期", on)?;
    if on < record.voucher.on {
        return Err(Refusal::invalid("on", format!("退回日期早于凭证日期 {}，请核对。", record.voucher.on)));
    }
    let reason = text::required("reason", "退回原因", reason)?;
    let voucher = number.clone();
    let event = Event::Returned { voucher: voucher.clone(), order: id, on, reason: reason.clone(), proof };
    if order.stage.clone().after(order.order.channel, &event).is_none() {
        let what = format!("拨付指令现在是“{}”，这张凭证不能退回。", order.stage.label());
        return Err(Refusal::conflict(what));
    }
    let due = state.required_rules()?.deadline(context, TimeLimit::PaymentOrder)?;
    let happened = if matches!(order.stage, OrderStage::Paid { .. }) {
        case::Happened::ReturnedByBank { order: id, voucher, amount: order.order.amount, reason, due }
    } else {
        // The first leg came back: the firm never had it.
        case::Happened::OrderCancelled { order: id, reason, due }
    };
    Ok(vec![state::Event::Payment(event), case::step(case, happened)?])
}

/// Decides that a firm paid back something of what is clawed back.
pub(crate) fn receive(
    state: &State,
    context: &Context,
    (receipt, case): (VoucherNumber, CaseId),
    (amount, on, proof): (Money, Date, Evidence),
) -> Result<Vec<state::Event>, Refusal> {
    let case = state.case(case).ok_or_else(|| Refusal::not_found("没有这个办件。"))?;
    state.required_call(case.call)?.require_finance(context)?;
    case::hands::may_handle(context, case)?;
    if state.receipt(&receipt).is_some() || state.voucher(&receipt).is_some() {
        return Err(Refusal::conflict(format!("凭证 {receipt} 已经登记过，不能重复登记。")));
    }
    not_later(context, "on", "退款日期", on)?;
    if let Stage::Repaying { owed, received, .. } = &case.stage {
        let left = owed.saturating_less(*received);
        if amount <= Money::ZERO || amount > left {
            return Err(Refusal::invalid("amount", format!("退款金额应大于 0 且不超过尚欠的 {left} 元。")));
        }
    }
    let returned = case::Happened::InstalmentReceived { receipt: receipt.clone(), amount, on };
    let moved = case::step(case, returned)?;
    Ok(vec![state::Event::Payment(Event::Received { receipt, case: case.id, amount, on, proof }), moved])
}
