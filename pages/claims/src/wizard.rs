//! The claim, one question at a time: showing a step, taking its answer, going on.
//!
//! Whatever is sent is kept first and judged after, so that nothing typed is ever lost: not by an error, not by going
//! back, not by a session that ends.

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use cases::{CallId, CaseId};
use kernel::Digest;
use web::{Answer, Counter, Draft, Failure, Form, FromFields, Page, go};

use super::answers::{
    self, AmountAnswer, CapacityAnswer, CostAnswer, EnteredAnswer, EntryAnswer, FeeAnswer, FirmAnswer,
    InvestmentAnswer, LoanAnswer, PersonsAnswer, PlatformAnswer, ReceiptAnswer, ReceivedAnswer, RevenueAnswer,
    TotalInvestmentAnswer,
};
use super::claiming::{Claiming, Closed};
use super::files_step;
use super::kept::{Fields, typed};
use super::lists_step;
use super::prefill;
use super::step::{Asked, Step};
use super::step_page;

/// Where the case of a firm is.
pub fn case_path(firm: kernel::CreditCode, case: CaseId) -> String {
    format!("/my-cases/{firm}/{case}")
}

/// On to the case that is there already, or why not.
fn elsewhere(counter: &Counter, closed: Closed) -> Answer {
    match closed {
        Closed::Because(failure) => Err(failure),
        Closed::Case(case) => Ok(go(&case_path(super::claiming::own_firm(counter)?, case))),
    }
}

/// A step of a new claim.
pub async fn ask(counter: Counter, Path(call): Path<CallId>, Query(asked): Query<Asked>, page: Page) -> Answer {
    match Claiming::new(&counter, call).await {
        Ok(claiming) => show(&claiming, page, &asked),
        Err(closed) => elsewhere(&counter, closed),
    }
}

/// The answer to a step of a new claim.
pub async fn answer(
    counter: Counter,
    Path(call): Path<CallId>,
    Query(asked): Query<Asked>,
    page: Page,
    form: Form<()>,
) -> Answer {
    match Claiming::new(&counter, call).await {
        Ok(claiming) => take(counter, claiming, asked, page, form.draft).await,
        Err(closed) => elsewhere(&counter, closed),
    }
}

/// A step of a completion.
pub async fn ask_again(
    counter: Counter,
    Path((firm, case)): Path<(String, CaseId)>,
    Query(asked): Query<Asked>,
    page: Page,
) -> Answer {
    match Claiming::completion(&counter, &firm, case).await {
        Ok(claiming) => show(&claiming, page, &asked),
        Err(closed) => elsewhere(&counter, closed),
    }
}

/// The answer to a step of a completion.
pub async fn answer_again(
    counter: Counter,
    Path((firm, case)): Path<(String, CaseId)>,
    Query(asked): Query<Asked>,
    page: Page,
    form: Form<()>,
) -> Answer {
    match Claiming::completion(&counter, &firm, case).await {
        Ok(claiming) => take(counter, claiming, asked, page, form.draft).await,
        Err(closed) => elsewhere(&counter, closed),
    }
}

/// A file of the draft of a new claim.
pub async fn file(counter: Counter, Path((call, digest)): Path<(CallId, Digest)>) -> Answer {
    match Claiming::new(&counter, call).await {
        Ok(claiming) => kept_file(&counter, &claiming, digest).await,
        Err(closed) => elsewhere(&counter, closed),
    }
}

/// A file of the draft of a completion.
pub async fn file_again(counter: Counter, Path((firm, case, digest)): Path<(String, CaseId, Digest)>) -> Answer {
    match Claiming::completion(&counter, &firm, case).await {
        Ok(claiming) => kept_file(&counter, &claiming, digest).await,
        Err(closed) => elsewhere(&counter, closed),
    }
}

/// Always downloaded, never shown inside a page.
async fn kept_file(counter: &Counter, claiming: &Claiming, digest: Digest) -> Answer {
    let file = claiming.kept.file(digest).ok_or_else(Failure::not_found)?;
    let content = counter.hall.file(&digest).await?;
    Ok(web::file(content, "application/octet-stream", &file.evidence.name))
}

fn show(claiming: &Claiming, page: Page, asked: &Asked) -> Answer {
    let step = asked.step().unwrap_or_else(|| claiming.first_open());
    // A list without rows asks for the first.
    let step = match step {
        Step::Loans if claiming.kept.rows("loan").is_empty() => Step::Loan(1),
        Step::Entries if claiming.kept.rows("entry").is_empty() && claiming.kept.invoices().next().is_none() => {
            Step::Entry(1)
        }
        step => step,
    };
    let draft = filled(claiming, &page, &step);
    step_page::show(claiming, page, &step, draft, StatusCode::OK)
}

/// The form of a step with what was typed, or with what is known already.
fn filled(claiming: &Claiming, page: &Page, step: &Step) -> Draft {
    let blank = page.form();
    let kept = match step {
        Step::Loan(n) | Step::Fee(n) | Step::Entry(n) | Step::Receipt(n) => claiming.kept.rows(step.name()).get(n - 1),
        step => claiming.kept.answer(step.name()),
    };
    match kept {
        Some(fields) => {
            let mut draft = blank.restore(fields.iter().cloned());
            check(step, claiming, &mut draft);
            draft
        }
        None => {
            let of = (step, claiming.call.terms.year);
            blank.restore(prefill::of_step(&claiming.state, claiming.firm, of, claiming.today))
        }
    }
}

/// Notes what is wrong with a step's form; whether it can be read.
fn check(step: &Step, claiming: &Claiming, draft: &mut Draft) -> bool {
    fn fits<T: FromFields>(draft: &mut Draft) -> bool {
        draft.read::<T>().is_some()
    }
    match step {
        Step::Firm => fits::<FirmAnswer>(draft),
        Step::Investment => fits::<InvestmentAnswer>(draft),
        Step::Loan(_) => fits::<LoanAnswer>(draft),
        Step::Service if claiming.base == subsidy::clause::Base::TestFees => fits::<CapacityAnswer>(draft),
        Step::Service => fits::<PlatformAnswer>(draft),
        Step::Costs => fits::<CostAnswer>(draft),
        Step::Revenue => fits::<RevenueAnswer>(draft),
        Step::TotalInvestment => fits::<TotalInvestmentAnswer>(draft),
        Step::Entered => fits::<EnteredAnswer>(draft),
        Step::Entry(_) => fits::<EntryAnswer>(draft),
        Step::Persons => fits::<PersonsAnswer>(draft),
        Step::Fee(_) => fits::<FeeAnswer>(draft),
        Step::Receipt(_) => fits::<ReceiptAnswer>(draft),
        Step::Received => fits::<ReceivedAnswer>(draft),
        Step::Amount => fits::<AmountAnswer>(draft),
        Step::Loans | Step::Fees | Step::Entries | Step::Invoices | Step::Material(_) | Step::Check => true,
    }
}

/// Fields of a form that are answers, without the buttons.
fn answered(draft: &Draft) -> Fields {
    const BUTTONS: [&str; 4] = ["act", "remove", "adopt", "all"];
    let mut fields = typed(draft);
    fields.retain(|(name, _)| !BUTTONS.contains(&name.as_str()));
    fields
}

async fn take(counter: Counter, mut claiming: Claiming, asked: Asked, page: Page, draft: Draft) -> Answer {
    let step = asked.step().unwrap_or_else(|| claiming.first_open());
    match &step {
        Step::Material(item) => {
            let item = item.clone();
            files_step::take(&counter, claiming, page, item, draft).await
        }
        Step::Loans | Step::Fees | Step::Entries | Step::Received => {
            let next = lists_step::take(&mut claiming, &step, &draft);
            claiming.kept.seen.insert(step.key());
            claiming.keep(&counter).await?;
            match next {
                lists_step::Next::Stay => Ok(go(&claiming.address(&step))),
                lists_step::Next::Step(next) => Ok(go(&claiming.address(&next))),
                lists_step::Next::On => on(&claiming, &step),
                lists_step::Next::Wrong(message) => {
                    let draft = filled(&claiming, &page, &step).complain(message);
                    step_page::show(&claiming, page, &step, draft, StatusCode::UNPROCESSABLE_ENTITY)
                }
            }
        }
        Step::Loan(n) | Step::Fee(n) | Step::Entry(n) | Step::Receipt(n) => {
            claiming.kept.keep_row(step.name(), *n, answered(&draft));
            if matches!(step, Step::Receipt(_)) {
                claiming.kept.answers.insert(Step::Received.name().to_owned(), answers::received_typed(true));
            }
            claiming.kept.seen.insert(step.listed_in().key());
            kept_then(&counter, &claiming, page, &step, draft, step.listed_in()).await
        }
        Step::Check => Ok(go(&claiming.address(&step))),
        step => {
            claiming.kept.answers.insert(step.name().to_owned(), answered(&draft));
            claiming.kept.seen.insert(step.key());
            let next = claiming.after(step);
            kept_then(&counter, &claiming, page, step, draft, next).await
        }
    }
}

/// Keeps what was typed, then goes on, or shows what is wrong with it.
async fn kept_then(
    counter: &Counter,
    claiming: &Claiming,
    page: Page,
    step: &Step,
    mut draft: Draft,
    next: Step,
) -> Answer {
    claiming.keep(counter).await?;
    if check(step, claiming, &mut draft) {
        return Ok(go(&claiming.address(&next)));
    }
    step_page::show(claiming, page, step, draft, StatusCode::UNPROCESSABLE_ENTITY)
}

fn on(claiming: &Claiming, step: &Step) -> Result<Response, Failure> {
    Ok(go(&claiming.address(&claiming.after(step))))
}
