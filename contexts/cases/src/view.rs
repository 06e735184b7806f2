//! What pages show of a case: what happened, what is missing, whose turn it is.

use kernel::timeline::Step;
use kernel::{Actor, Context, CreditCode, Date, Deadline};

use crate::call::{self, Call, Mode};
use crate::case::{Case, Stage, hands};
use crate::due::{Who, expected};
use crate::key::{CaseId, ItemKey};
use crate::state::State;

/// Everything that happened to a case and to decisions on it, oldest first. Complaints and reports are no part of it.
pub fn timeline(state: &State, case: &Case) -> Vec<Step> {
    let mut steps: Vec<_> = case.history.iter().map(|entry| entry.step()).collect();
    for decision in state.adverse_of_firm(case.applicant.firm).filter(|decision| decision.intended.case == case.id) {
        let kind = decision.intended.kind.label();
        let of_decision = decision.timeline().into_iter();
        steps.extend(of_decision.map(|step| Step { title: format!("{kind}：{}", step.title), ..step }));
    }
    steps.sort_by_key(|step| step.recorded.sequence);
    steps
}

/// What a case lacks for its next step, in words.
pub fn missing(state: &State, case: &Case) -> Vec<String> {
    let Some(call) = state.call(case.call) else { return Vec::new() };
    let title = |key: &ItemKey| {
        let item = call.terms.checklist.iter().find(|item| item.key == *key);
        item.map_or_else(|| key.to_string(), |item| item.title.clone())
    };
    let mut missing = Vec::new();
    if case.related.is_none() {
        missing.push("关联关系核对".to_owned());
    }
    match &case.stage {
        Stage::Returned { wanted, .. } => missing.extend(wanted.iter().map(title)),
        Stage::Audit { auditor: None, .. } => missing.push("审计机构".to_owned()),
        Stage::Audit { .. } => missing.push("审计报告".to_owned()),
        Stage::ExpertReview { seats, .. } => {
            let scored = seats.values().filter(|seat| seat.points.is_some()).count();
            let panel = seats.len().max(usize::from(call.terms.route.experts));
            missing.push(format!("专家评分 {} 份", panel - scored));
        }
        Stage::Offered { .. } | Stage::CityReview { .. } if case.assessment.is_none() => {
            missing.push("资金测算".to_owned());
        }
        Stage::Noticed { open, .. } if !open.is_empty() => missing.push(format!("异议答复 {} 份", open.len())),
        Stage::Ordered { .. } => missing.push("拨付凭证".to_owned()),
        Stage::Paid { .. } => missing.push("验收报告".to_owned()),
        _ => {}
    }
    missing
}

/// Calls that a firm could apply to on a day: open, and no case of its own on the way in them.
pub fn open_to(state: &State, firm: CreditCode, day: Date) -> impl Iterator<Item = &Call> {
    let is_open = move |call: &&Call| {
        let issued = matches!(call.stage, call::Stage::Published { .. } | call::Stage::Open { .. });
        issued && call.terms.window.contains(day)
    };
    let is_for = move |call: &&Call| call.terms.mode == Mode::Open || state.invitation(call.id, firm).is_some();
    let has_none =
        move |call: &&Call| !state.cases_of_firm(firm).any(|case| case.call == call.id && case.stage.holds_supports());
    state.calls().filter(is_open).filter(is_for).filter(has_none)
}

/// A case that waits for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Which.
    pub case: CaseId,
    /// What is to be done.
    pub step: &'static str,
    /// By when.
    pub due: Deadline,
    /// Why this very person may not do it: somebody else of the office has to.
    pub barred: Option<String>,
}

/// The cases that wait for whoever acts, most pressing first.
pub fn queue(state: &State, context: &Context) -> Vec<Waiting> {
    let waiting = state.open_cases().flat_map(|case| {
        let own = expected(state, case).into_iter().filter(|expected| is_for(&context.actor, &expected.who));
        own.map(|expected| Waiting {
            case: case.id,
            step: expected.step,
            due: expected.due,
            barred: match expected.who {
                Who::Firm(_) => None,
                _ => barred(context, case),
            },
        })
    });
    let mut waiting: Vec<_> = waiting.collect();
    waiting.sort_by_key(|waiting| (waiting.due.due, waiting.case));
    waiting
}

/// Why whoever acts may not take the next step of a case, or nothing: to be said before they have filled in a form.
pub fn barred(context: &Context, case: &Case) -> Option<String> {
    hands::may_handle(context, case).err().map(|refusal| refusal.reason.into_owned())
}

/// Why whoever acts may have no part in a case at all, be it only to choose who reviews it, or nothing.
pub fn unfit(context: &Context, case: &Case) -> Option<String> {
    hands::not_barred(context, case).err().map(|refusal| refusal.reason.into_owned())
}

fn is_for(actor: &Actor, who: &Who) -> bool {
    let Actor::Person { person, role, organisation } = actor else { return false };
    match who {
        Who::Office(of, office) => role == of && organisation == office,
        Who::Holders(of) => role == of,
        Who::Firm(firm) => organisation.as_str() == firm.as_str(),
        Who::Person(of) => person == of,
    }
}
