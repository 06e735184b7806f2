//! Payment: plans, orders, vouchers, what is still on its way, what the public reads of it, and the archive of a case.

mod archive;
mod funding_plan;
mod links;
mod order;
mod order_new;
mod other_funding;
mod payee_account;
mod payment;
mod readers;
mod receipt;
mod reconciliation;
mod rows;
#[cfg(test)]
mod stories;
mod table_file;
mod transit;
mod treasury_file;
mod typed;
mod voucher;

use office::{Hall, State};
use register::Register;
use web::Route;

use payee_account::OWNERS;
use readers::{DEPARTMENT, FINANCE, IMPORTERS, LISTS, READERS};

/// Every page of this crate.
pub fn routes() -> Vec<Route<Hall>> {
    [plans(), orders(), vouchers(), imports(), public(), archive::routes()].into_iter().flatten().collect()
}

fn plans() -> Vec<Route<Hall>> {
    const PLAN: &str = "/funding-plans/00000000-0000-7000-8000-0000000000c6";
    vec![
        Route::get("/funding-plans", funding_plan::list)
            .register("funding-plans")
            .roles(READERS)
            .reads("查看资金计划台账"),
        Route::get("/funding-plans/new", funding_plan::new).roles(DEPARTMENT).reads("编制资金计划"),
        Route::post("/funding-plans/new", funding_plan::make).roles(DEPARTMENT).proof().upload(funding_plan::UPLOAD),
        Route::get("/funding-plans/draft", funding_plan::draft_of_call)
            .roles(DEPARTMENT)
            .reads("打印资金计划代拟稿")
            .sample("/funding-plans/draft?call=00000000-0000-7000-8000-0000000000c1"),
        Route::get("/funding-plans/{plan}", funding_plan::plan)
            .roles(READERS)
            .hidden()
            .reads("查看资金计划")
            .sample(PLAN),
        Route::get("/funding-plans/{plan}/draft", funding_plan::draft_of_plan)
            .roles(READERS)
            .hidden()
            .reads("打印资金计划代拟稿")
            .sample("/funding-plans/00000000-0000-7000-8000-0000000000c6/draft"),
        Route::get("/funding-plans/{plan}/document", funding_plan::document)
            .roles(READERS)
            .hidden()
            .reads("下载资金计划文件")
            .sample("/funding-plans/00000000-0000-7000-8000-0000000000c6/document"),
    ]
}

fn orders() -> Vec<Route<Hall>> {
    vec![
        Route::get("/orders", order::list).register("orders").roles(READERS).reads("查看拨付指令台账"),
        Route::get("/orders/new", order_new::new).roles(FINANCE).reads("下达拨付指令"),
        Route::post("/orders/new", order_new::issue).roles(FINANCE).proof(),
        Route::get("/orders/file", treasury_file::file).roles(FINANCE).proof().reads("导出国库拨付文件（含银行账号）"),
        Route::get("/orders/{order}", order::order)
            .roles(READERS)
            .hidden()
            .reads("查看拨付指令")
            .sample("/orders/00000000-0000-7000-8000-0000000000c7"),
        Route::post("/orders/{order}/cancel", order::cancel)
            .roles(FINANCE)
            .sample("/orders/00000000-0000-7000-8000-0000000000c7/cancel"),
        Route::get("/payee-account", payee_account::form).roles(OWNERS),
        Route::post("/payee-account", payee_account::keep).roles(OWNERS).proof(),
    ]
}

fn vouchers() -> Vec<Route<Hall>> {
    // 示例-0001
    const VOUCHER: &str = "/vouchers/%E7%A4%BA%E4%BE%8B-0001";
    vec![
        Route::get("/vouchers", voucher::list).register("vouchers").roles(READERS).reads("查看拨付凭证台账"),
        Route::get("/vouchers/in-transit", transit::in_transit).roles(READERS).entry(55, "在途").reads("查看在途资金"),
        Route::get("/vouchers/receipts", receipt::list).register("receipts").roles(READERS).reads("查看企业退款台账"),
        Route::get("/vouchers/receipts/new", receipt::new).roles(FINANCE).reads("登记企业退款"),
        Route::post("/vouchers/receipts/new", receipt::receive).roles(FINANCE).upload(voucher::UPLOAD),
        Route::get("/vouchers/receipts/{digest}/proof", receipt::proof)
            .roles(READERS)
            .hidden()
            .reads("下载缴款凭证")
            .sample("/vouchers/receipts/0000/proof"),
        Route::get("/vouchers/{voucher}", voucher::voucher)
            .roles(READERS)
            .hidden()
            .reads("查看拨付凭证")
            .sample(VOUCHER),
        Route::get("/vouchers/{voucher}/proof", voucher::proof)
            .roles(READERS)
            .hidden()
            .reads("下载退票通知")
            .sample("/vouchers/%E7%A4%BA%E4%BE%8B-0001/proof"),
        Route::post("/vouchers/{voucher}/match", voucher::match_by_hand)
            .roles(FINANCE)
            .sample("/vouchers/%E7%A4%BA%E4%BE%8B-0001/match"),
        Route::post("/vouchers/{voucher}/return", voucher::give_back)
            .roles(FINANCE)
            .upload(voucher::UPLOAD)
            .sample("/vouchers/%E7%A4%BA%E4%BE%8B-0001/return"),
    ]
}

fn imports() -> Vec<Route<Hall>> {
    use table_file::{UPLOAD, confirm, new, template, upload};
    vec![
        Route::get("/vouchers/import", new).roles(FINANCE),
        Route::post("/vouchers/import", upload).roles(FINANCE).upload(UPLOAD),
        Route::get("/vouchers/import/template", template).roles(FINANCE),
        Route::post("/vouchers/import/confirm", confirm).roles(FINANCE),
        Route::get("/other-funding", other_funding::list)
            .register("other-funding")
            .roles(LISTS)
            .reads("查看其他部门资金台账"),
        Route::get("/other-funding/import", new).roles(IMPORTERS),
        Route::post("/other-funding/import", upload).roles(IMPORTERS).upload(UPLOAD),
        Route::get("/other-funding/import/template", template).roles(IMPORTERS),
        Route::post("/other-funding/import/confirm", confirm).roles(IMPORTERS),
    ]
}

fn public() -> Vec<Route<Hall>> {
    vec![
        Route::get("/payments", payment::list).register("payments").public().entry(26, "拨付公开"),
        Route::get("/payments/reconciliation", reconciliation::reconciliation).roles(READERS).reads("拨付对账"),
    ]
}

/// Every register of this crate.
pub fn registers() -> Vec<Register<State>> {
    vec![
        funding_plan::register(),
        order::register(),
        voucher::register(),
        receipt::register(),
        other_funding::register(),
        payment::register(),
    ]
}
