//! 在途: vouchers that belong to no order, orders without their voucher, money that firms still owe.

use askama::Template;
use cases::payment::{OrderRecord, OrderStage};
use cases::{Case, Stage};
use kernel::{Date, Money, Role};
use office::State;
use register::{Light, Viewer};
use web::{Answer, Counter, Page};

use super::readers::{OVERSEERS, channel_words, order_light, order_number, order_path, payee_words, sees_case};
use super::voucher::{may_see_voucher, voucher_path};
use cases_pages::case_head::{deadline_light, number, official_path};
use cases_pages::viewer::{firm_name, may_see};

struct LooseVoucher {
    number: String,
    href: String,
    on: Date,
    amount: Money,
    payee: String,
    days: i32,
}

struct OpenOrder {
    number: String,
    href: String,
    firm: String,
    channel: String,
    amount: Money,
    issued: Date,
    days: i32,
    stage: Light,
    due: Option<Light>,
}

struct Owing {
    number: String,
    href: String,
    firm: String,
    owed: Money,
    received: Money,
    left: Money,
    due: Light,
    receive: Option<String>,
}

#[derive(Template)]
#[template(path = "transit.html")]
struct Transit {
    day: Date,
    vouchers: Vec<LooseVoucher>,
    orders: Vec<OpenOrder>,
    owing: Vec<Owing>,
    sees_vouchers: bool,
    may_import: bool,
}

impl Transit {
    fn loose(&self) -> Money {
        self.vouchers.iter().map(|voucher| voucher.amount).sum()
    }

    fn open(&self) -> Money {
        self.orders.iter().map(|order| order.amount).sum()
    }

    fn owed(&self) -> Money {
        self.owing.iter().map(|owing| owing.left).sum()
    }
}

/// Orders without their last voucher, the oldest first.
pub fn open_orders<'a>(state: &'a State, viewer: &Viewer) -> Vec<&'a OrderRecord> {
    let open = |record: &&OrderRecord| matches!(record.stage, OrderStage::Issued | OrderStage::Transferred { .. });
    let seen = state.cases.orders().filter(open).filter(|record| sees_case(state, viewer, record.order.case));
    let mut seen: Vec<_> = seen.collect();
    seen.sort_by_key(|record| record.recorded.sequence);
    seen
}

/// Cases whose firms still have to pay back.
pub fn owing<'a>(state: &'a State, viewer: &Viewer) -> Vec<&'a Case> {
    let owes = |case: &&Case| matches!(case.stage, Stage::Repaying { .. });
    state.cases.open_cases().filter(owes).filter(|case| may_see(state, viewer, case)).collect()
}

/// The page.
pub async fn in_transit(counter: Counter, page: Page) -> Answer {
    let (state, viewer, day) = (counter.state()?, counter.visitor.viewer(), counter.as_of.day());
    let calendar = state.city.calendar();
    let pays = viewer.role == Some(Role::Finance) && counter.as_of.is_now();
    let loose = state.cases.in_transit().filter(|record| may_see_voucher(&state, &viewer, record));
    let mut vouchers: Vec<_> = loose
        .map(|record| LooseVoucher {
            number: record.voucher.number.to_string(),
            href: voucher_path(&record.voucher.number),
            on: record.voucher.on,
            amount: record.voucher.amount,
            payee: payee_words(&state, record.voucher.payee),
            days: calendar.between(record.voucher.on, day),
        })
        .collect();
    vouchers.sort_by_key(|voucher| voucher.on);
    let orders = open_orders(&state, &viewer).into_iter().map(|record| {
        let due = state.cases.case(record.order.case).and_then(|case| case.stage.due());
        OpenOrder {
            number: order_number(record),
            href: order_path(record),
            firm: firm_name(&state, record.order.firm),
            channel: channel_words(&state, record.order.channel),
            amount: record.order.amount,
            issued: record.recorded.day(),
            days: calendar.between(record.recorded.day(), day),
            stage: order_light(&record.stage),
            due: due.map(|due| deadline_light(&state, due, day)),
        }
    });
    let owing = owing(&state, &viewer).into_iter().filter_map(|case| {
        let Stage::Repaying { owed, received, due, .. } = &case.stage else { return None };
        Some(Owing {
            number: number(case),
            href: official_path(case),
            firm: firm_name(&state, case.applicant.firm),
            owed: *owed,
            received: *received,
            left: owed.saturating_less(*received),
            due: deadline_light(&state, *due, day),
            receive: pays.then(|| format!("/vouchers/receipts/new?case={}", case.id)),
        })
    });
    let content = Transit {
        day,
        orders: orders.collect(),
        owing: owing.collect(),
        vouchers,
        sees_vouchers: viewer.role.is_some_and(|role| OVERSEERS.contains(&role)),
        may_import: pays,
    };
    page.title("在途").crumb("拨付凭证", "/vouchers").show(&content)
}
