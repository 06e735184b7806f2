//! Issuing orders: cases in a plan, each with the way its money goes and the account it goes to.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Query;
use cases::payment::{Channel, NewOrder};
use cases::{Case, CaseId, Command, OrderId, Stage};
use kernel::{CreditCode, Digest, Money};
use office::{BankAccount, State};
use register::Light;
use serde::Deserialize;
use web::{Answer, Counter, Draft, Empty, Failure, Form, FromFields, Page, Reader, go};

use super::readers::division_name;
use super::reconciliation::plan_of;
use super::typed::derived;
use cases_pages::case_head::{deadline_light, number, official_path};
use cases_pages::viewer::firm_name;

/// Which plan's cases are shown; all where none is named.
#[derive(Deserialize)]
pub struct Asked {
    plan: Option<String>,
}

struct Choice {
    id: String,
    number: String,
    href: String,
    firm: String,
    plan: String,
    amount: Money,
    account: Option<String>,
    district: String,
    due: Option<Light>,
    chosen: bool,
    through_district: bool,
    barred: Option<String>,
}

#[derive(Template)]
#[template(path = "order_new.html")]
struct NewPage {
    draft: Draft,
    empty: Option<Empty>,
    cases: Vec<Choice>,
    total: Money,
}

/// The account a firm is paid to now, with the digest an order names it by.
type Accounts = BTreeMap<CreditCode, (Digest, BankAccount)>;

/// Cases that wait for an order of this finance office.
fn waiting<'a>(counter: &Counter, state: &'a State) -> Vec<&'a Case> {
    let own = |case: &&Case| {
        let finance = state.cases.call(case.call).map(|call| &call.terms.finance);
        matches!(case.stage, Stage::Planned { .. }) && finance == counter.visitor.organisation()
    };
    let mut waiting: Vec<_> = state.cases.open_cases().filter(own).collect();
    waiting.sort_by_key(|case| (case.stage.due().map(|due| due.due), case.received));
    waiting
}

async fn accounts(counter: &Counter, cases: &[&Case]) -> Result<Accounts, Failure> {
    let mut accounts = Accounts::new();
    for case in cases {
        let firm = case.applicant.firm;
        if let (false, Some(account)) = (accounts.contains_key(&firm), counter.hall.account(firm).await?) {
            accounts.insert(firm, account);
        }
    }
    Ok(accounts)
}

/// Why this person may not order a case's payment, as the command would say.
fn barred(counter: &Counter, state: &State, case: &Case) -> Result<Option<String>, Failure> {
    let context = kernel::Context { reauthenticated: true, ..counter.context()? };
    let order = NewOrder { id: OrderId(case.id.0), case: case.id, channel: Channel::Treasury, account: Digest::ZERO };
    let refused = cases::decide(&state.cases, &context, Command::IssueOrders(vec![order])).err();
    Ok(refused.map(|refusal| refusal.reason.into_owned()))
}

async fn show(counter: &Counter, state: &State, page: Page, plan: Option<&str>, draft: Draft) -> Answer {
    let day = counter.as_of.day();
    let of_plan = |case: &&Case| plan.is_none_or(|plan| plan_of(&case.stage).is_some_and(|of| of.to_string() == plan));
    let cases: Vec<_> = waiting(counter, state).into_iter().filter(of_plan).collect();
    let accounts = accounts(counter, &cases).await?;
    let mut choices = Vec::with_capacity(cases.len());
    for case in cases {
        let (id, record) = (case.id.to_string(), plan_of(&case.stage).and_then(|plan| state.cases.funding_plan(plan)));
        let account = accounts.get(&case.applicant.firm);
        let barred = barred(counter, state, case)?;
        choices.push(Choice {
            chosen: if draft.has_errors() {
                draft.all("case").any(|chosen| chosen == id)
            } else {
                account.is_some() && barred.is_none()
            },
            through_district: draft.all("way").any(|way| way == format!("{id} district")),
            number: number(case),
            href: official_path(case),
            firm: firm_name(state, case.applicant.firm),
            plan: record.map(|record| record.plan.number.clone()).unwrap_or_default(),
            amount: case.outstanding(),
            account: account
                .map(|(_, account)| format!("{} · {} {}", account.holder(), account.bank(), account.masked())),
            district: division_name(state, case.applicant.district),
            due: case.stage.due().map(|due| deadline_light(state, due, day)),
            barred,
            id,
        });
    }
    let empty = choices.is_empty().then(|| {
        let text = "部门编制资金计划后，办件会出现在这里；银行退回和撤销的指令也回到这里。";
        Empty::new("没有等待下达指令的办件", text).action("查看拨付指令", "/orders")
    });
    let status =
        if draft.has_errors() { axum::http::StatusCode::UNPROCESSABLE_ENTITY } else { axum::http::StatusCode::OK };
    let content = NewPage { total: choices.iter().map(|choice| choice.amount).sum(), cases: choices, empty, draft };
    page.title("下达拨付指令").status(status).crumb("拨付指令", "/orders").show(&content)
}

/// Cases that wait for an order.
pub async fn new(counter: Counter, page: Page, Query(asked): Query<Asked>) -> Answer {
    let state = counter.state()?;
    let draft = page.form();
    show(&counter, &state, page, asked.plan.as_deref().filter(|plan| !plan.is_empty()), draft).await
}

/// Chosen cases, each with whether its money goes through the district.
pub struct Typed(Vec<(CaseId, bool)>);

impl FromFields for Typed {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let ways = reader.all("way");
        let read = |id: &String| {
            let through_district = ways.iter().any(|way| *way == format!("{id} district"));
            Some((id.parse().ok()?, through_district))
        };
        let chosen: Option<Vec<_>> = reader.all("case").iter().map(read).collect();
        let chosen = chosen.filter(|chosen| !chosen.is_empty());
        if chosen.is_none() {
            reader.refuse("case", "办件", "请至少选择一件要拨付的办件");
        }
        chosen.map(Self)
    }
}

/// Issues orders, all or none.
pub async fn issue(counter: Counter, page: Page, form: Form<Typed>) -> Answer {
    let state = counter.state()?;
    let Form { read, draft, command, .. } = form;
    let Some(Typed(chosen)) = read else { return show(&counter, &state, page, None, draft).await };
    let mut orders = Vec::with_capacity(chosen.len());
    for (place, (id, through_district)) in chosen.into_iter().enumerate() {
        let waits = waiting(&counter, &state).into_iter().find(|case| case.id == id);
        // Sent twice, the cases no longer wait: the office then answers as it did the first time.
        let Some(case) = waits.or_else(|| state.cases.case(id)) else { return Err(Failure::not_found()) };
        let Some((account, _)) = counter.hall.account(case.applicant.firm).await? else {
            let what = format!(
                "{} 还没有提供收款账户，请企业在“收款账户”页填写后再下达。",
                firm_name(&state, case.applicant.firm)
            );
            return show(&counter, &state, page, None, draft.complain(what)).await;
        };
        let channel = if through_district { Channel::District(case.applicant.district) } else { Channel::Treasury };
        orders.push(NewOrder { id: OrderId(derived(command, "order", place)), case: id, channel, account });
    }
    let sent = counter.submit(command, Command::IssueOrders(orders)).await;
    match draft.unless_done(sent)? {
        None => Ok(go("/orders")),
        Some(draft) => show(&counter, &state, page, None, draft).await,
    }
}
