//! A call as a document to be read: what it rests on, who may apply with what, how long it takes, what happens when the
//! budget does not suffice.

use askama::Template;
use axum::extract::Path;
use cases::call::{Mode, Stage};
use cases::case::may_submit;
use cases::document::Document;
use cases::reduction::{Last, Order, Reduction};
use cases::{Call, CallId};
use kernel::Date;
use office::State;
use web::{Answer, Counter, Failure, Page};

use super::call_list::{CallCard, When, card, when};
use super::course::{Ahead, ahead};
use cases_pages::viewer::FIRM;

#[derive(Template)]
#[template(path = "call.html")]
struct CallPage {
    id: CallId,
    card: CallCard,
    key: String,
    day: Date,
    number: Option<String>,
    chain: Vec<Basis>,
    checklist: Vec<(String, bool)>,
    ahead: Vec<Ahead>,
    reduction: String,
    acceptance: Option<u16>,
    is_proactive: bool,
    may_claim: bool,
    /// Why this firm may not apply.
    obstacle: Option<String>,
    own: Option<String>,
}

/// A document a call rests on.
struct Basis {
    label: &'static str,
    words: String,
    note: String,
    href: Option<String>,
}

/// What happens when more is asked than there is.
fn reduction(call: &Call) -> String {
    match call.terms.reduction {
        Reduction::Proportional => "截止后汇总；预算不足时，所有通过的申报按同一比例核减，精确到分。".to_owned(),
        Reduction::Queue { order, last } => {
            let order = match order {
                Order::Received => "按受理先后",
                Order::Score => "按评审得分，同分的按受理先后",
            };
            let last = match last {
                Last::Partly => "轮到而余额不足的，给到余额为止",
                Last::Nothing => "轮到而余额不足的，列为候补",
            };
            format!("截止后汇总；预算不足时{order}依次安排，{last}，其后的候补。")
        }
    }
}

/// Plan sentence, fund rule, notice: each a dated document.
fn chain(state: &State, call: &Call, card: &CallCard, day: Date) -> Vec<Basis> {
    let (text, href) = card.sentence.clone();
    let note = format!("行动计划 {}", call.terms.sentence.anchor);
    let mut chain = vec![Basis { label: "行动计划", words: text, note, href: Some(href) }];
    let file = |document: &Document| format!("/calls/{}/files/{}", call.id, document.file.digest);
    let document = |label, document: &Document| Basis {
        label,
        words: format!("《{}》", document.title),
        note: format!("{}，{} 起施行", document.number, document.from),
        href: Some(file(document)),
    };
    if let Some(rule) = state.cases.fund_rule(call.terms.rule) {
        chain.push(document("资金管理办法", &rule.document));
    }
    if let Some(record) = state.cases.fair_competition(&call.terms.benefit, call.terms.rule, day) {
        let review = &record.review;
        let words = format!("{}：{}", review.body, review.conclusion.label());
        let note = format!("{} 审查，有效至 {}", review.on, review.expires);
        chain.push(Basis { label: "公平竞争审查", words, note, href: None });
    }
    if let Some(notice) = notice(call) {
        chain.push(document("申报通知", notice));
    }
    chain
}

/// The notice as issued.
fn notice(call: &Call) -> Option<&Document> {
    match &call.stage {
        Stage::Draft => None,
        Stage::Published { notice }
        | Stage::Open { notice }
        | Stage::Closed { notice, .. }
        | Stage::Settled { notice } => Some(notice),
    }
}

/// A published call; of a draft, nobody but its department is told.
fn found(state: &State, id: CallId) -> Result<&Call, Failure> {
    state.cases.call(id).filter(|call| call.stage != Stage::Draft).ok_or_else(Failure::not_found)
}

/// The call.
pub async fn call(counter: Counter, Path(id): Path<CallId>, page: Page) -> Answer {
    let (state, day) = (counter.state()?, counter.as_of.day());
    let call = found(&state, id)?;
    let card = card(&state, call, day);
    let is_firm = counter.visitor.role().is_some_and(|role| FIRM.contains(&role));
    let firm = counter.visitor.organisation().filter(|_| is_firm).and_then(|own| own.as_str().parse().ok());
    let own = firm.and_then(|firm| {
        let case = state.cases.cases_of_firm(firm).find(|case| case.call == id && case.stage.holds_supports())?;
        Some(format!("/my-cases/{firm}/{}", case.id))
    });
    let may_claim = is_firm && counter.as_of.is_now() && when(call, day) == Some(When::Open);
    let obstacle = match firm.filter(|_| may_claim) {
        Some(firm) => may_submit(&state.cases, &counter.context()?, id, firm, None).err(),
        None => None,
    };
    let title = call.terms.title.clone();
    let content = CallPage {
        id,
        key: call.terms.benefit.to_string(),
        day,
        number: notice(call).map(|notice| notice.number.clone()),
        chain: chain(&state, call, &card, day),
        checklist: call.terms.checklist.iter().map(|item| (item.title.clone(), item.required)).collect(),
        ahead: ahead(&state, call, None, day),
        reduction: reduction(call),
        acceptance: call.terms.route.acceptance_months,
        is_proactive: call.terms.mode == Mode::Proactive,
        may_claim,
        obstacle: obstacle.map(|refusal| refusal.reason.into_owned()),
        own,
        card,
    };
    page.title(title).crumb("申报批次", "/calls").show(&content)
}

/// The notice or the fund rule, as issued: public documents.
pub async fn file(counter: Counter, Path((id, digest)): Path<(CallId, kernel::Digest)>) -> Answer {
    let state = counter.state()?;
    let call = found(&state, id)?;
    let rule = state.cases.fund_rule(call.terms.rule).map(|rule| &rule.document.file);
    let named = notice(call).map(|notice| &notice.file).into_iter().chain(rule);
    let evidence = named.into_iter().find(|file| file.digest == digest).cloned().ok_or_else(Failure::not_found)?;
    let content = counter.hall.file(&digest).await?;
    Ok(web::file(content, "application/octet-stream", &evidence.name))
}
