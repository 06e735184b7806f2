//! 对账: for each call, what was decided, planned, ordered and paid, each counted from records of its own, and every case
//! in which two of them disagree.

use std::collections::BTreeMap;

use askama::Template;
use cases::payment::OrderStage;
use cases::voucher::Use;
use cases::{Call, Case, CaseId, FundingPlanId, Stage};
use kernel::Money;
use office::State;
use register::Viewer;
use web::{Answer, Counter, Page};

use super::readers::case_number;
use cases_pages::case_head::official_path;
use cases_pages::viewer::{firm_name, may_see};

/// The plan a case stands in.
pub fn plan_of(stage: &Stage) -> Option<FundingPlanId> {
    match stage {
        Stage::Planned { plan, .. }
        | Stage::Ordered { plan, .. }
        | Stage::Paid { plan, .. }
        | Stage::AcceptanceFailed { plan, .. }
        | Stage::Closed { plan, .. }
        | Stage::Repaying { plan, .. }
        | Stage::Repaid { plan, .. } => Some(*plan),
        Stage::UnderAdverse { before, .. } => plan_of(before),
        _ => None,
    }
}

/// Sums of one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Decisions that stand, by the cases.
    pub decided: Money,
    /// Of these in a plan, by the plans.
    pub planned: Money,
    /// Of these in none yet, by the cases.
    pub not_planned: Money,
    /// Orders given and not taken back.
    pub ordered: Money,
    /// Of these paid, by vouchers.
    pub paid: Money,
    /// Of these without the last voucher.
    pub in_transit: Money,
    /// Of these sent back by the bank, by vouchers.
    pub returned: Money,
    /// Paid back by firms, by receipts.
    pub recovered: Money,
    /// Where two records disagree.
    pub differences: Vec<(CaseId, String)>,
}

impl Sums {
    /// Whether both sides of both equations agree.
    pub fn balances(&self) -> bool {
        self.differences.is_empty()
            && self.decided == self.planned + self.not_planned
            && self.ordered == self.paid + self.in_transit + self.returned
    }
}

/// What one case comes to by orders, vouchers and receipts.
#[derive(Default)]
struct OfCase {
    ordered: Money,
    paid: Money,
    in_transit: Money,
    returned: Money,
    recovered: Money,
}

/// Adds up the records of every case that orders, vouchers or receipts name.
fn by_case(state: &State) -> BTreeMap<CaseId, OfCase> {
    let mut sums: BTreeMap<CaseId, OfCase> = BTreeMap::new();
    for record in state.cases.orders() {
        let of = sums.entry(record.order.case).or_default();
        let amount = record.order.amount;
        match &record.stage {
            OrderStage::Cancelled { .. } => continue,
            OrderStage::Issued | OrderStage::Transferred { .. } => of.in_transit = of.in_transit + amount,
            OrderStage::Paid { .. } | OrderStage::Returned { .. } => {}
        }
        of.ordered = of.ordered + amount;
    }
    for record in state.cases.vouchers() {
        let (Use::Matched(order) | Use::Returned(order)) = record.used else { continue };
        let Some(order) = state.cases.order(order) else { continue };
        let of = sums.entry(order.order.case).or_default();
        match &order.stage {
            OrderStage::Paid { voucher } if *voucher == record.voucher.number => {
                of.paid = of.paid + record.voucher.amount
            }
            OrderStage::Returned { voucher, .. } if *voucher == record.voucher.number => {
                of.returned = of.returned + record.voucher.amount;
            }
            // The first leg of an order through a district: its last leg counts.
            _ => {}
        }
    }
    for receipt in state.cases.receipts() {
        let of = sums.entry(receipt.case).or_default();
        of.recovered = of.recovered + receipt.amount;
    }
    sums
}

fn differences(state: &State, case: &Case, of: &OfCase) -> Vec<String> {
    let mut found = Vec::new();
    let mut differs = |what: &str, one: Money, other: Money| {
        if one != other {
            found.push(format!("{what}：{one} 元与 {other} 元"));
        }
    };
    differs("办件记载的实付与凭证合计不一致", case.purse.paid - case.purse.returned, of.paid);
    differs("办件记载的退还与退款凭证合计不一致", case.purse.recovered, of.recovered);
    if let Some(plan) = plan_of(&case.stage) {
        let planned = state.cases.funding_plan(plan).and_then(|record| record.plan.amounts.get(&case.id).copied());
        differs("审定金额与资金计划不一致", case.stage.decided(), planned.unwrap_or_default());
    }
    if of.paid > case.stage.decided() {
        found.push(format!("实付 {} 元多于审定 {} 元", of.paid, case.stage.decided()));
    }
    let ordered = of.paid + of.in_transit + of.returned;
    if ordered != of.ordered {
        found.push(format!("指令 {} 元，到账、在途与退回合计 {ordered} 元", of.ordered));
    }
    found
}

/// The sums of a call over the cases a viewer may see.
#[cfg(test)]
pub fn sums(state: &State, viewer: &Viewer, call: &Call) -> Sums {
    sums_of(state, viewer, call, &by_case(state))
}

fn sums_of(state: &State, viewer: &Viewer, call: &Call, by_case: &BTreeMap<CaseId, OfCase>) -> Sums {
    let nothing = OfCase::default();
    let mut sums = Sums::default();
    for case in state.cases.cases_of(call.id).filter(|case| may_see(state, viewer, case)) {
        let of = by_case.get(&case.id).unwrap_or(&nothing);
        let decided = case.stage.decided();
        sums.decided = sums.decided + decided;
        match plan_of(&case.stage).and_then(|plan| state.cases.funding_plan(plan)) {
            Some(record) => {
                let planned = record.plan.amounts.get(&case.id).copied().unwrap_or_default();
                sums.planned = sums.planned + planned;
            }
            None => sums.not_planned = sums.not_planned + decided,
        }
        sums.ordered = sums.ordered + of.ordered;
        sums.paid = sums.paid + of.paid;
        sums.in_transit = sums.in_transit + of.in_transit;
        sums.returned = sums.returned + of.returned;
        sums.recovered = sums.recovered + of.recovered;
        sums.differences.extend(differences(state, case, of).into_iter().map(|what| (case.id, what)));
    }
    sums
}

struct CallRow {
    title: String,
    id: String,
    sums: Sums,
    differences: Vec<Difference>,
}

struct Difference {
    number: String,
    href: String,
    firm: String,
    what: String,
}

#[derive(Template)]
#[template(path = "reconciliation.html")]
struct Reconciliation {
    day: kernel::Date,
    calls: Vec<CallRow>,
    unmatched: (usize, Money),
}

/// 对账表.
pub async fn reconciliation(counter: Counter, page: Page) -> Answer {
    let (state, viewer) = (counter.state()?, counter.visitor.viewer());
    let by_case = by_case(&state);
    let mut calls: Vec<_> = state.cases.calls().collect();
    calls.sort_by_key(|call| std::cmp::Reverse(call.terms.window.from()));
    let rows = calls.into_iter().map(|call| {
        let sums = sums_of(&state, &viewer, call, &by_case);
        let named = sums.differences.iter().filter_map(|(id, what)| {
            let case = state.cases.case(*id)?;
            Some(Difference {
                number: case_number(&state, *id),
                href: official_path(case),
                firm: firm_name(&state, case.applicant.firm),
                what: what.clone(),
            })
        });
        let differences = named.collect();
        CallRow { title: call.terms.title.clone(), id: call.id.to_string(), sums, differences }
    });
    let calls = rows.filter(|row| row.sums.decided > Money::ZERO || row.sums.ordered > Money::ZERO).collect();
    let unmatched = state
        .cases
        .in_transit()
        .fold((0, Money::ZERO), |(count, total), record| (count + 1, total + record.voucher.amount));
    let content = Reconciliation { day: counter.as_of.day(), calls, unmatched };
    page.title("拨付对账").crumb("拨付公开", "/payments").show(&content)
}
