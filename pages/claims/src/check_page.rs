//! Everything once more before it is sent: what was answered, what is missing, what stands in the way.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use cases::support::{Conflict, Support, conflicts};
use cases::{CallId, CaseId, Command};
use kernel::{Digest, Money};
use office::Act;
use subsidy::facts::{Claim, CostPart, Facts};
use subsidy::{ClaimId, Filed};
use subsidy_pages::facts_in_words;
use subsidy_pages::precheck_answers::asks_for_the_firm;
use web::{Answer, Counter, Draft, Failure, Field, Form, FromFields, Markup, Page, Reader, go};

use super::claiming::{Claiming, Closed, own_firm};
use super::compose::{Composed, Fault};
use super::kept::{place_of_sent, value};
use super::step::{Step, title_of};
use super::step_page;
use super::wizard::case_path;

#[derive(Template)]
#[template(path = "check.html")]
struct Check<'a> {
    draft: &'a Draft,
    action: String,
    faults: Vec<(String, String)>,
    notes: Vec<String>,
    sections: Vec<Section>,
    promises: [Field; 2],
    button: &'static str,
    back: Option<String>,
}

/// What was answered in a step.
struct Section {
    label: String,
    href: String,
    lines: Vec<(String, String)>,
}

/// What the firm declares when it sends the claim.
pub struct Promises;

impl FromFields for Promises {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let truth = reader.must_tick("true", "真实性承诺");
        let secret = reader.must_tick("no-secret", "不含涉密信息");
        truth.and(secret).map(|()| Self)
    }
}

/// Shown as the last step.
pub fn body(claiming: &Claiming, draft: &Draft, composed: &Composed) -> Result<Markup, Failure> {
    let mut faults = composed.faults.clone();
    faults.extend(in_the_way(claiming, composed));
    let address = |fault: Fault| (claiming.address(&fault.step), fault.words);
    let sections = claiming.steps().into_iter().filter(|step| *step != Step::Check).map(|step| Section {
        label: step.label(&claiming.call),
        href: claiming.address(&step),
        lines: lines(claiming, &step, composed),
    });
    let promises = [
        draft.tick("true", "所填内容和材料真实、完整，与原件一致；如有虚假，依法承担责任并退回资金").required(),
        draft.tick("no-secret", "全部内容和文件不含国家秘密、工作秘密等涉密信息").required(),
    ];
    Ok(Markup::of(&Check {
        draft,
        action: format!("{}/submit", claiming.path()),
        faults: faults.into_iter().map(address).collect(),
        notes: notes(claiming, composed),
        sections: sections.collect(),
        promises,
        button: if claiming.completes.is_some() { "提交补正" } else { "提交申报" },
        back: claiming.before(&Step::Check).map(|step| claiming.address(&step)),
    })?)
}

/// What would fund the same matter twice.
fn in_the_way(claiming: &Claiming, composed: &Composed) -> Vec<Fault> {
    let Some(claim) = &composed.claim else { return Vec::new() };
    let material = composed.material(claim, composed.applied.unwrap_or(Money::from_fen(1)));
    let own = claiming.completes.as_ref().map(|case| case.id);
    let found = conflicts(&claiming.state.cases, own, claiming.firm, &claiming.call.terms, &material);
    let place = |conflict: &Conflict| match conflict {
        Conflict::Undeclared { .. } => Step::Received,
        Conflict::SupportUsed { support, .. } | Conflict::FundedElsewhere { support, .. } => match support {
            Support::Loan(_) => Step::Loans,
            Support::Invoice(_) if matches!(claim.facts, Facts::TestFees(_)) => Step::Fees,
            Support::Invoice(_) if matches!(claim.facts, Facts::EntryCost(_)) => Step::Entries,
            Support::Invoice(_) => Step::Invoices,
        },
    };
    let words = |conflict: &Conflict| match conflict {
        // Whose case it is, is nobody's business but that firm's.
        Conflict::SupportUsed { support, .. } => format!("{support} 已用于另一办件，不能重复支持，请剔除"),
        Conflict::FundedElsewhere { .. } => format!("{conflict}，不能重复支持，请剔除"),
        Conflict::Undeclared { .. } => format!("{conflict}，请在“其他资金”中列明"),
    };
    found.iter().map(|conflict| Fault { step: place(conflict), words: words(conflict) }).collect()
}

/// What is no fault, and worth knowing.
fn notes(claiming: &Claiming, composed: &Composed) -> Vec<String> {
    let mut twice = sent_twice(claiming, composed);
    let Some(Ok(estimate)) = composed.claim.as_ref().map(|claim| claiming.estimate(claim)) else { return twice };
    let mut notes = estimate.failed();
    if !notes.is_empty() {
        notes.insert(0, "按所填内容测算，有条件不符合，提交后很可能得不到支持：".to_owned());
    }
    let award = estimate.award();
    if let Some(applied) = composed.applied.filter(|applied| award > Money::ZERO && *applied != award) {
        let said = if estimate.full_score { "按满分估算最多" } else { "按所填内容测算为" };
        notes.push(format!("申请金额 {applied} 元，{said} {award} 元。如不是有意填得不同，请修改申请金额。"));
    }
    notes.append(&mut twice);
    notes
}

/// One file that stands for two items: seldom meant.
fn sent_twice(claiming: &Claiming, composed: &Composed) -> Vec<String> {
    let mut known: BTreeMap<Digest, String> = BTreeMap::new();
    let mut notes = Vec::new();
    for (item, files) in &composed.items {
        let title = title_of(&claiming.call, item);
        for file in files {
            if let Some(other) = known.insert(file.digest, title.clone()).filter(|other| *other != title) {
                notes.push(format!("“{other}”和“{title}”用了同一个文件（{}），请核对是否传错。", file.name));
            }
        }
    }
    notes
}

/// What was answered in a step, line by line.
fn lines(claiming: &Claiming, step: &Step, composed: &Composed) -> Vec<(String, String)> {
    let line = |label: &str, value: String| (label.to_owned(), value);
    let facts = composed.claim.as_ref().map(|claim| &claim.facts);
    match step {
        Step::Firm => {
            let project = composed.project.clone().map(|project| line("项目", project));
            let name = claiming.state.organisation_name(&claiming.firm.into());
            let packaging = composed.claim.as_ref().filter(|_| asks_for_the_firm(claiming.base));
            let packaging = packaging.map(|claim| line("封装测试类企业", yes(claim.packaging_test_firm).to_owned()));
            let firm = [
                line("申报单位", format!("{name}（{}）", claiming.firm)),
                line("经办人", claiming.person_name.clone()),
            ];
            firm.into_iter().chain(packaging).chain(project).collect()
        }
        Step::Material(item) => {
            claiming.kept.files(item).iter().map(|file| line(&file.kind, file.evidence.name.clone())).collect()
        }
        Step::Received if composed.received.is_empty() => match claiming.kept.answer(Step::Received.name()) {
            Some(_) => vec![line("其他财政资金", "没有".to_owned())],
            None => Vec::new(),
        },
        Step::Received => {
            let said = |received: &cases::support::Received| {
                line(&received.department, format!("{}，{} 元", received.document, received.amount))
            };
            composed.received.iter().map(said).collect()
        }
        Step::Invoices => vec![line("所依据的发票", format!("{} 张", composed.supports.len()))],
        Step::Amount => composed.applied.iter().map(|amount| line("申请金额", format!("{amount} 元"))).collect(),
        step => facts.map(|facts| of_facts(claiming, step, facts)).unwrap_or_default(),
    }
}

const fn yes(is: bool) -> &'static str {
    if is { "是" } else { "否" }
}

/// What the facts say, in the step they are asked in.
fn of_facts(claiming: &Claiming, step: &Step, facts: &Facts) -> Vec<(String, String)> {
    let line = |label: &str, value: String| (label.to_owned(), value);
    match (step, facts) {
        (Step::Investment, Facts::LoanInterest(facts)) => {
            let investment = facts.investment;
            let proof = format!("{}，{}", investment.proof.label(), investment.proven_on);
            let paid_in = format!("{} 元，建设进度 {}", investment.paid_in, investment.progress);
            vec![line("实际到位投资", paid_in), line("证明", proof)]
        }
        (Step::Loans, Facts::LoanInterest(facts)) => {
            let contracts = claiming.kept.rows("loan").iter();
            let said = facts.loans.iter().zip(contracts).map(|(loan, fields)| {
                let contract = format!("{} {}", value(fields, "lender"), value(fields, "contract"));
                let contract = if contract.trim().is_empty() { "借款".to_owned() } else { contract };
                let what = format!(
                    "本金 {} 元，{}，{}；计息期 {} 至 {}，实付利息 {} 元",
                    loan.principal,
                    loan.kind.label(),
                    loan.term.label(),
                    loan.from,
                    loan.until,
                    loan.paid
                );
                (contract, what)
            });
            said.collect()
        }
        (Step::Service, Facts::TestFees(facts)) => vec![line("开放产能", yes(facts.opens_capacity).to_owned())],
        (Step::Fees, Facts::TestFees(facts)) => {
            let net: i64 = facts.lines.iter().map(|line| line.net.fen()).fold(0, i64::saturating_add);
            let sum = line("封测费用", format!("{} 张发票，不含税合计 {} 元", facts.lines.len(), Money::from_fen(net)));
            // What was ticked invoice by invoice is what the firm answers for.
            let each = facts_in_words(&Facts::TestFees(facts.clone())).into_iter().skip(2);
            std::iter::once(sum).chain(each).collect()
        }
        (Step::Service, Facts::OperatingCost(facts)) => {
            let recognition = facts.recognition.map(|found| {
                let checked = if found.checked { "，年度考核合格" } else { "" };
                line("市级平台认定", format!("{} 至 {}{checked}", found.from, found.until))
            });
            [line("公共服务", yes(facts.public_service).to_owned())].into_iter().chain(recognition).collect()
        }
        (Step::Costs, Facts::OperatingCost(facts)) => {
            let parts = CostPart::ALL.into_iter().zip(facts.parts).filter(|(_, amount)| *amount != Money::ZERO);
            parts.map(|(part, amount)| line(part.label(), format!("{amount} 元"))).collect()
        }
        (Step::Entries, Facts::EntryCost(facts)) => {
            let lines = facts.lines.iter();
            lines.map(|entry| line(entry.part.label(), format!("{}，{} 元", entry.paid, entry.amount))).collect()
        }
        (Step::Entered, Facts::EntryCost(facts)) => vec![line("入驻协议签订日", facts.entered.to_string())],
        (Step::Revenue, Facts::AnnualRevenue(_))
        | (Step::TotalInvestment, Facts::ProjectInvestment(_))
        | (Step::Persons, Facts::TrainedPersons(_)) => facts_in_words(facts),
        _ => Vec::new(),
    }
}

/// The firm sends a new claim.
pub async fn submit(counter: Counter, Path(call): Path<CallId>, page: Page, form: Form<Promises>) -> Answer {
    match Claiming::new(&counter, call).await {
        Ok(claiming) => send(&counter, claiming, page, form).await,
        Err(Closed::Case(case)) => Ok(go(&case_path(own_firm(&counter)?, case))),
        Err(Closed::Because(failure)) => Err(failure),
    }
}

/// The firm sends a completion.
pub async fn submit_again(
    counter: Counter,
    Path((firm, case)): Path<(String, CaseId)>,
    page: Page,
    form: Form<Promises>,
) -> Answer {
    match Claiming::completion(&counter, &firm, case).await {
        Ok(claiming) => send(&counter, claiming, page, form).await,
        Err(Closed::Case(case)) => Ok(go(&case_path(own_firm(&counter)?, case))),
        Err(Closed::Because(failure)) => Err(failure),
    }
}

async fn send(counter: &Counter, claiming: Claiming, page: Page, form: Form<Promises>) -> Answer {
    let Form { read, draft, command, .. } = form;
    let composed = claiming.composing(&page.form()).composed();
    let wrong = |draft| step_page::show(&claiming, page.clone(), &Step::Check, draft, StatusCode::UNPROCESSABLE_ENTITY);
    let whole = composed.claim.as_ref().zip(composed.applied);
    let (Some(Promises), Some((claim, applied)), true) = (read, whole, composed.faults.is_empty()) else {
        return wrong(draft);
    };
    let case = claiming.completes.as_ref().map_or(CaseId(command.0), |case| case.id);
    let act = match act(&claiming, &composed, case, (claim, applied)) {
        Ok(act) => act,
        Err(refusal) => return wrong(draft.complain(refusal.reason)),
    };
    match counter.submit(command, act).await {
        Ok(_) => {}
        // Whatever stands in the way is said here, where nothing is lost.
        Err(office::SubmitError::Refused(refusal)) => return wrong(draft.complain(refusal.reason)),
        Err(error) => return Err(error.into()),
    }
    claiming.kept.save(&counter.hall, claiming.person, &place_of_sent(case)).await?;
    counter.hall.discard_draft(claiming.person, &claiming.place()).await?;
    Ok(go(&format!("{}/receipt", case_path(claiming.firm, case))))
}

/// What is sent: the facts and the material together, or what changes of them.
fn act(
    claiming: &Claiming,
    composed: &Composed,
    case: CaseId,
    (claim, applied): (&Claim, Money),
) -> Result<Act, kernel::Refusal> {
    let filed = Filed { claim_id: ClaimId(case.0), firm: claiming.firm, claim: claim.clone() };
    let file = subsidy::Command::FileClaim(filed);
    let Some(completed) = &claiming.completes else {
        let applicant = office::claims::applicant(&claiming.state, claiming.firm, claiming.today)?;
        let material = composed.material(claim, applied);
        let submit = Command::Submit { case, call: claiming.call.id, applicant, material };
        return Ok(Act::together(file, [submit.into()]));
    };
    let before = completed.material().ok_or_else(|| kernel::Refusal::conflict("办件没有材料。"))?;
    let changes = composed.changes(before, claim, applied);
    let facts_change = changes.claim.is_some();
    let act = cases::case::Act::Resubmit { changes };
    let resubmit = Command::Case { case, expected: Some(completed.revision), act };
    Ok(if facts_change { Act::together(file, [resubmit.into()]) } else { resubmit.into() })
}
