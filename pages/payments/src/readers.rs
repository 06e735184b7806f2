//! Who sees what of payments, and what plans, orders and vouchers are called.

use cases::payment::{Channel, OrderRecord, OrderStage};
use cases::voucher::Payee;
use cases::{CallId, Case, CaseId};
use kernel::{DivisionCode, Role};
use office::State;
use register::{Cell, Light, Viewer};

use cases_pages::case_head::{number, official_path};
use cases_pages::viewer::{firm_name, may_see};

/// Those who pay.
pub const FINANCE: &[Role] = &[Role::Finance];
/// Those who plan what is paid.
pub const DEPARTMENT: &[Role] = &[Role::CityOfficer];
/// Those who see plans, orders and vouchers, each those of the cases they may see.
pub const READERS: &[Role] =
    &[Role::DistrictOfficer, Role::CityOfficer, Role::WorkingGroup, Role::Finance, Role::Auditor];
/// Those who see money that belongs to no case yet.
pub const OVERSEERS: &[Role] = &[Role::WorkingGroup, Role::Finance, Role::Auditor];
/// Those who list other departments' money, and those who watch over them.
pub const LISTS: &[Role] = &[Role::CityOfficer, Role::WorkingGroup, Role::Finance, Role::Auditor];
/// Those who may import it.
pub const IMPORTERS: &[Role] = &[Role::CityOfficer, Role::Finance];

/// Whether a viewer may see a case, by its id.
pub fn sees_case(state: &State, viewer: &Viewer, case: CaseId) -> bool {
    state.cases.case(case).is_some_and(|case| may_see(state, viewer, case))
}

/// 指令编号: the year it was issued in and its place in the ledger, which no other record has.
pub fn order_number(record: &OrderRecord) -> String {
    format!("ZF{}-{:06}", record.recorded.day().year(), record.recorded.sequence.0)
}

/// Where an order is read.
pub fn order_path(record: &OrderRecord) -> String {
    format!("/orders/{}", record.order.id)
}

/// What a call is called.
pub fn call_title(state: &State, call: CallId) -> String {
    state.cases.call(call).map_or_else(|| call.to_string(), |call| call.terms.title.clone())
}

/// A case by its number, with where it is read.
pub fn case_cell(case: &Case) -> Cell {
    Cell::link(number(case), official_path(case))
}

/// A case by its number; its id when there is none.
pub fn case_number(state: &State, case: CaseId) -> String {
    state.cases.case(case).map_or_else(|| case.to_string(), number)
}

/// A division by its name.
pub fn division_name(state: &State, code: DivisionCode) -> String {
    let catalog = state.enterprise.catalog();
    let division = catalog.and_then(|catalog| catalog.divisions.get(code)).map(|division| division.name.to_string());
    division.unwrap_or_else(|| state.organisation_name(&code.into()))
}

/// Which way the money goes, in words.
pub fn channel_words(state: &State, channel: Channel) -> String {
    match channel {
        Channel::Treasury => "国库直接拨付".to_owned(),
        Channel::District(district) => format!("经{}财政", division_name(state, district)),
    }
}

/// Whom a voucher pays, in words.
pub fn payee_words(state: &State, payee: Payee) -> String {
    match payee {
        Payee::Firm(firm) => firm_name(state, firm),
        Payee::District(district) => format!("{}财政局", division_name(state, district)),
    }
}

/// What came of an order, as a light.
pub fn order_light(stage: &OrderStage) -> Light {
    let word = stage.label();
    match stage {
        OrderStage::Paid { .. } => Light::good(word),
        OrderStage::Issued | OrderStage::Transferred { .. } => Light::watch(word),
        OrderStage::Returned { .. } => Light::bad(word),
        OrderStage::Cancelled { .. } => Light::unknown(word),
    }
}

/// Everything an order's light can say.
pub const ORDER_STAGES: [&str; 5] = ["已下达", "已转区县", "已到账", "银行退回", "已撤销"];
