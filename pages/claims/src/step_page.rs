//! A step as it is shown: the question at the left; the steps, what is missing and what it would give at the right.

use std::collections::BTreeSet;

use askama::Template;
use axum::http::StatusCode;
use register::Light;
use subsidy::clause::Base;
use subsidy_pages::precheck_answers::asks_for_the_firm;
use subsidy_pages::precheck_form as ask;
use web::{Answer, Draft, Failure, Field, Markup, Page};

use super::answers;
use super::claiming::Claiming;
use super::compose::Composed;
use super::firm_facts::FirmFacts;
use super::step::Step;
use super::{check_page, list_bodies};

#[derive(Template)]
#[template(path = "step.html")]
struct StepPage {
    question: String,
    call: String,
    returned: Option<String>,
    draft: Draft,
    body: Markup,
    steps: Vec<Listed>,
    at: usize,
    estimate: Option<Summary>,
    kept_at: Option<String>,
}

/// A step in the list of steps.
struct Listed {
    label: String,
    href: String,
    is_current: bool,
    light: Light,
}

/// What the answers would give, in short.
struct Summary {
    amount: String,
    full_score: bool,
    failed: Vec<String>,
}

#[derive(Template)]
#[template(path = "question.html")]
struct Question<'a> {
    above: Markup,
    hint: &'static str,
    action: String,
    draft: &'a Draft,
    carried: Vec<(&'static str, String)>,
    fields: Vec<Field>,
    is_dense: bool,
    back: Option<String>,
}

/// What is asked, in words.
fn question(claiming: &Claiming, step: &Step) -> String {
    let year = claiming.call.terms.year;
    match step {
        Step::Firm => "由谁申报？".to_owned(),
        Step::Investment => "项目实际到位投资是多少？".to_owned(),
        Step::Loans => format!("{year} 年度付了哪些借款的利息？"),
        Step::Service if claiming.base == Base::TestFees => "是否开放产能？".to_owned(),
        Step::Service => "平台提供什么服务？".to_owned(),
        Step::Costs => format!("{year} 年度运营费有哪些？"),
        Step::Revenue => format!("{year} 年度营业收入是多少？"),
        Step::TotalInvestment => "项目总投资是多少？".to_owned(),
        Step::Entered => "什么时候入驻？".to_owned(),
        Step::Entries => format!("{year} 年度为入驻付了哪些费用？"),
        Step::Persons => format!("{year} 年度培训、招用了多少人？"),
        Step::Fees => format!("{year} 年度有哪些封测费用发票？"),
        Step::Invoices => "本次申报依据哪些发票？".to_owned(),
        Step::Received => "同一事项还获得过别的财政资金吗？".to_owned(),
        Step::Amount => "申请多少？".to_owned(),
        step => step.label(&claiming.call),
    }
}

/// Shows a step; the status is that of an answer to be put right, where one is.
pub fn show(claiming: &Claiming, page: Page, step: &Step, draft: Draft, status: StatusCode) -> Answer {
    let blank = page.form();
    let composed = claiming.composing(&blank).composed();
    let body = body(claiming, step, &draft, &composed)?;
    let question = question(claiming, step);
    let (steps, at) = listed(claiming, step, &composed);
    let title = format!("{question} · {}", claiming.call.terms.title);
    let returned = claiming.completes.as_ref().and_then(|case| match &case.stage {
        cases::Stage::Returned { reason, .. } => Some(reason.clone()),
        _ => None,
    });
    let content = StepPage {
        question,
        call: claiming.call.terms.title.clone(),
        returned,
        draft,
        body,
        steps,
        at,
        estimate: summary(claiming, &composed),
        kept_at: claiming.kept_at.map(kernel::date::minute),
    };
    let page = page.title(title).status(status).crumb("申报批次", "/calls");
    page.crumb(claiming.call.terms.title.clone(), format!("/calls/{}", claiming.call.id)).show(&content)
}

fn summary(claiming: &Claiming, composed: &Composed) -> Option<Summary> {
    let estimate = claiming.estimate(composed.claim.as_ref()?).ok()?;
    let amount = estimate.award().to_string();
    Some(Summary { amount, full_score: estimate.full_score, failed: estimate.failed() })
}

/// The steps with their state, and the number of the one shown.
fn listed(claiming: &Claiming, step: &Step, composed: &Composed) -> (Vec<Listed>, usize) {
    let wrong: BTreeSet<String> = composed.faults.iter().map(|fault| fault.step.listed_in().key()).collect();
    let steps = claiming.steps();
    let current = step.listed_in();
    let at = steps.iter().position(|other| *other == current).unwrap_or_default();
    let required = |step: &Step| match step {
        Step::Material(item) => {
            claiming.call.terms.checklist.iter().any(|listed| listed.key == *item && listed.required)
        }
        _ => true,
    };
    let listed = steps.iter().map(|step| {
        let key = step.key();
        let seen = claiming.kept.seen.contains(&key) || claiming.completes.is_some();
        let light = match (wrong.contains(&key), seen) {
            _ if *step == Step::Check => {
                Light::unknown(if composed.faults.is_empty() { "可以提交" } else { "待提交" })
            }
            (true, true) => Light::watch("有缺漏"),
            (false, true) => Light::good("已填"),
            (_, false) if required(step) => Light::unknown("未填"),
            (_, false) => Light::unknown("选填"),
        };
        let href = claiming.address(step);
        Listed { label: step.label(&claiming.call), href, is_current: *step == current, light }
    });
    (listed.collect(), at + 1)
}

fn body(claiming: &Claiming, step: &Step, draft: &Draft, composed: &Composed) -> Result<Markup, Failure> {
    match step {
        Step::Loans => list_bodies::loans(claiming, draft),
        Step::Fees => list_bodies::fees(claiming, draft),
        Step::Entries => list_bodies::entries(claiming, draft),
        Step::Received => list_bodies::received(claiming, draft),
        Step::Invoices => list_bodies::invoices(claiming, draft),
        Step::Material(item) => list_bodies::files(claiming, item, draft),
        Step::Amount => list_bodies::amount(claiming, draft, composed),
        Step::Check => check_page::body(claiming, draft, composed),
        step => asked(claiming, step, draft),
    }
}

/// A step that is a form.
fn asked(claiming: &Claiming, step: &Step, draft: &Draft) -> Result<Markup, Failure> {
    let mut carried = Vec::new();
    let mut above = Markup::default();
    let (hint, fields) = match step {
        Step::Firm => {
            above = Markup::of(&FirmFacts::of(claiming))?;
            let mut fields = Vec::new();
            if asks_for_the_firm(claiming.base) {
                carried.push(("asks-packaging", "on".to_owned()));
                fields.push(ask::packaging(draft));
            }
            if claiming.base == Base::LoanInterest {
                fields.push(draft.text("project", "项目名称").hint("借款用于哪个项目"));
            }
            if claiming.base == Base::ProjectInvestment {
                fields.push(draft.text("project", "项目名称").hint("与项目备案证一致").required());
            }
            ("", fields)
        }
        Step::Investment => ("以验资报告或专项审计报告为准；后面会请您上传。", ask::investment(draft)),
        Step::Loan(_) => {
            let as_filed = !draft.value("as-filed").is_empty();
            if as_filed {
                carried.push(("as-filed", "on".to_owned()));
            }
            ("按借款合同逐笔填写，只填这一年度支付的利息。", answers::loan_fields(draft, as_filed))
        }
        Step::Service if claiming.base == Base::TestFees => ("", vec![ask::opens_capacity(draft)]),
        Step::Service => ("认定有效期取自企业档案，可以更正。", ask::service(draft)),
        Step::Costs => ("以元为单位；没有的项目留空。哪些计入，按口径自动判断。", ask::costs(draft)),
        Step::Revenue => ("以年度审计报告为准；统计报表只用于统计，不会带入这里。", ask::revenue(draft)),
        Step::TotalInvestment => ("以项目备案证为准；后面会请您上传。", vec![ask::total_investment(draft)]),
        Step::Entered => ("以入驻协议为准；后面会请您上传。", vec![ask::entered(draft)]),
        Step::Entry(_) => ("同一张发票里有几种费用的，分几笔填写，只在一笔写发票号码。", answers::entry_fields(draft)),
        Step::Persons => ("名册与证书、劳动合同后面会请您上传；不要填写个人信息。", ask::persons(draft)),
        Step::Fee(_) => ("", answers::fee_fields(draft)),
        _ => ("", answers::receipt_fields(draft)),
    };
    let is_dense = matches!(step, Step::Loan(_) | Step::Fee(_) | Step::Entry(_) | Step::Costs);
    let back = claiming.before(step).map(|step| claiming.address(&step));
    let action = claiming.address(step);
    Ok(Markup::of(&Question { above, hint, action, draft, carried, fields, is_dense, back })?)
}
