//! Whether a command on a decision against a firm is allowed.

use std::sync::Arc;

use kernel::{Actor, Context, Date, Evidence, Money, OrganisationId, Refusal, Revision, Role};

use super::{Act, AdverseDecision, Happened, Intended, Kind, Made, Method, Remedy, Service, Stage};
use crate::call::{Call, require_organisation};
use crate::case::{self, Case};
use crate::document::{Citation, not_later};
use crate::key::{AdverseId, CaseId};
use crate::rules::TimeLimit;
use crate::state::{Event, State};
use crate::text;

/// What is intended, as an officer proposes it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Proposal {
    pub case: CaseId,
    pub kind: Kind,
    pub reasons: String,
    pub basis: Vec<Citation>,
    pub notice: Evidence,
}

/// Decides whether the firm may be told of an intended decision.
pub(crate) fn propose(
    state: &State,
    context: &Context,
    id: AdverseId,
    proposal: Proposal,
) -> Result<Vec<Event>, Refusal> {
    let Proposal { case, kind, reasons, basis, notice } = proposal;
    let case = state.case(case).ok_or_else(|| Refusal::not_found("没有这个办件，请从列表中重新打开。"))?;
    if state.adverse(id).is_some() {
        return Err(Refusal::conflict("这一编号的决定已经存在，请刷新页面。"));
    }
    let call = state.required_call(case.call)?;
    match (kind, &case.stage) {
        // The district may find in its own review that a claim is not true.
        (Kind::Rejection, case::Stage::DistrictReview { .. })
            if context.actor.role() == Some(Role::DistrictOfficer) =>
        {
            require_organisation(context, Role::DistrictOfficer, &OrganisationId::from(case.applicant.district))?;
        }
        _ => call.require_department(context)?,
    }
    // A bar moves no case, and so follows no step.
    match kind {
        Kind::Bar => case::hands::not_barred(context, case)?,
        Kind::Rejection | Kind::Clawback(_) => case::hands::may_handle(context, case)?,
    }
    amounts_fit(case, kind)?;
    if basis.is_empty() {
        return Err(Refusal::invalid("basis", "请写明所依据的文件和条款；没有依据不能作出不利决定。"));
    }
    let intended = Intended {
        case: case.id,
        firm: case.applicant.firm,
        kind,
        reasons: text::required("reasons", "事实和理由", &reasons)?,
        basis: basis.into_iter().map(Citation::checked).collect::<Result<_, _>>()?,
        notice,
        until: state.required_rules()?.deadline(context, TimeLimit::Hearing)?,
    };
    let told = Event::Adverse { adverse: id, happened: Happened::Proposed(Arc::new(intended)) };
    let clawback = match kind {
        Kind::Rejection => false,
        Kind::Clawback(_) => true,
        Kind::Bar => return Ok(vec![told]),
    };
    Ok(vec![told, case::step(case, case::Happened::AdverseProposed { adverse: id, clawback })?])
}

fn amounts_fit(case: &Case, kind: Kind) -> Result<(), Refusal> {
    let net = case.purse.net();
    match kind {
        Kind::Clawback(amount) if amount <= Money::ZERO || amount > net => {
            Err(Refusal::invalid("amount", format!("追回金额应大于 0 且不超过企业实得的 {net} 元。")))
        }
        Kind::Rejection if net > Money::ZERO => {
            Err(Refusal::forbidden(format!("这一办件已拨付 {net} 元，不能改为不予支持；应当收回的请按追回办理。")))
        }
        _ => Ok(()),
    }
}

/// Decides a command on a decision.
pub(crate) fn decide(
    state: &State,
    context: &Context,
    id: AdverseId,
    expected: Option<Revision>,
    act: Act,
) -> Result<Vec<Event>, Refusal> {
    let decision = state.adverse(id).ok_or_else(|| Refusal::not_found("没有这个决定，请从列表中重新打开。"))?;
    decision.revision.expect(expected)?;
    let lost = || Refusal::not_found("没有决定所指的办件。");
    let case = state.case(decision.intended.case).ok_or_else(lost)?;
    let call = state.required_call(case.call)?;
    let rules = state.required_rules()?;
    let happened = match act {
        Act::Speak(statement) => {
            case::require_firm(context, decision.intended.firm)?;
            let until = decision.intended.until.due;
            if context.today() > until {
                return Err(Refusal::conflict(format!("陈述申辩、要求听证的期限是 {until}，已经过去。")));
            }
            Happened::Spoke(statement)
        }
        Act::RecordHearing { record } => {
            officer(context, call, case)?;
            not_the_proposer(context, decision, "主持听证")?;
            Happened::Heard { record, due: rules.deadline(context, TimeLimit::AdverseDecision)? }
        }
        Act::Drop { reason } => {
            officer(context, call, case)?;
            not_the_proposer(context, decision, "审定")?;
            Happened::Dropped { reason: text::required("reason", "不再作出的理由", &reason)? }
        }
        Act::Make { document, answer, remedy } => {
            make(state, context, call, case, decision, (document, answer, remedy))?
        }
        Act::Serve { method, on, proof } => {
            officer(context, call, case)?;
            Happened::Served(Arc::new(serve(state, context, decision, method, on, proof)?))
        }
        Act::Contest { route, document } => {
            officer(context, call, case)?;
            Happened::Contested { route, document }
        }
        Act::Resolve { upheld, document } => {
            officer(context, call, case)?;
            context.require_reauthentication()?;
            Happened::Resolved { upheld, document }
        }
        Act::BecomeFinal => become_final(context, decision)?,
    };
    let moved = in_case(state, context, decision, case, &happened)?;
    if decision.stage.clone().after(&happened).is_none() {
        let now = decision.stage.label();
        return Err(Refusal::conflict(format!("这一决定现在是“{now}”，不能办理这一步。请刷新页面查看最新状态。")));
    }
    Ok([Event::Adverse { adverse: id, happened }].into_iter().chain(moved).collect())
}

/// Officers of the department who have no part of their own in the case.
fn officer(context: &Context, call: &Call, case: &Case) -> Result<(), Refusal> {
    call.require_department(context)?;
    case::hands::not_barred(context, case)
}

fn not_the_proposer(context: &Context, decision: &AdverseDecision, act: &str) -> Result<(), Refusal> {
    if context.actor.person() == decision.proposer {
        return Err(Refusal::forbidden(format!("拟作这一决定的人不能{act}，请由另一位人员办理。")));
    }
    Ok(())
}

fn make(
    state: &State,
    context: &Context,
    call: &Call,
    case: &Case,
    decision: &AdverseDecision,
    (document, answer, remedy): (Evidence, Option<String>, Remedy),
) -> Result<Happened, Refusal> {
    officer(context, call, case)?;
    not_the_proposer(context, decision, "作出决定")?;
    context.require_reauthentication()?;
    let until = decision.intended.until.due;
    let statement = match &decision.stage {
        Stage::Notified { statement: None } if context.today() <= until => {
            return Err(Refusal::conflict(format!("企业在 {until} 前可以陈述申辩、要求听证，期满前不能作出决定。")));
        }
        Stage::Notified { statement: Some(statement) } if statement.hearing => {
            return Err(Refusal::conflict("企业要求听证，请先举行听证并登记笔录。"));
        }
        Stage::Notified { statement } => statement.as_ref(),
        Stage::Heard { statement, .. } => Some(statement),
        _ => None,
    };
    let answer = answer.map(|answer| text::required("answer", "对陈述申辩的采纳情况", &answer)).transpose()?;
    if statement.is_some() && answer.is_none() {
        return Err(Refusal::invalid("answer", "企业作了陈述申辩，请写明是否采纳及理由。"));
    }
    let remedy = Remedy {
        reconsideration: text::required("reconsideration", "行政复议机关", &remedy.reconsideration)?,
        court: text::required("court", "受理诉讼的法院", &remedy.court)?,
    };
    let rules = state.required_rules()?;
    let bar_until = match decision.intended.kind {
        Kind::Bar => Some(rules.deadline(context, TimeLimit::Bar)?.due),
        _ => None,
    };
    let due = rules.deadline(context, TimeLimit::Service)?;
    Ok(Happened::Made { made: Arc::new(Made { document, answer, remedy, bar_until }), due })
}

fn serve(
    state: &State,
    context: &Context,
    decision: &AdverseDecision,
    method: Method,
    on: Date,
    proof: Evidence,
) -> Result<Service, Refusal> {
    let rules = state.required_rules()?;
    let made_on = decision.history.last().map(|entry| entry.recorded.day());
    if made_on.is_some_and(|made_on| on < made_on) {
        return Err(Refusal::invalid("on", "送达日期早于决定日期，请核对。"));
    }
    let on = match method {
        Method::Announcement => rules.deadline_from(context, TimeLimit::AnnouncedService, on)?.due,
        _ => on,
    };
    not_later(context, "on", "送达日期", on)?;
    Ok(Service {
        method,
        on,
        proof,
        reconsideration: rules.deadline_from(context, TimeLimit::Reconsideration, on)?,
        litigation: rules.deadline_from(context, TimeLimit::Litigation, on)?,
    })
}

fn become_final(context: &Context, decision: &AdverseDecision) -> Result<Happened, Refusal> {
    if context.actor != Actor::System {
        return Err(Refusal::not_allowed("决定生效由系统按期限办理，无需人工操作。"));
    }
    match &decision.stage {
        Stage::Served { service, .. } if context.today() <= last_day(service) => {
            Err(Refusal::conflict(format!("复议、诉讼期限到 {} 为止，还没有期满。", last_day(service))))
        }
        _ => Ok(Happened::BecameFinal),
    }
}

/// The day after which nothing can be turned to any more.
pub(crate) fn last_day(service: &Service) -> Date {
    service.reconsideration.due.max(service.litigation.due)
}

/// What the decision does to its case.
fn in_case(
    state: &State,
    context: &Context,
    decision: &AdverseDecision,
    case: &Case,
    happened: &Happened,
) -> Result<Option<Event>, Refusal> {
    let (adverse, kind) = (decision.id, decision.intended.kind);
    let deadline = |limit| state.required_rules()?.deadline(context, limit);
    let happened = match (kind, happened) {
        (Kind::Bar, _) => return Ok(None),
        (_, Happened::Dropped { .. }) => case::Happened::AdverseDropped { adverse },
        (Kind::Rejection, Happened::Made { .. }) => case::Happened::Rejected { adverse },
        (Kind::Clawback(owed), Happened::Made { .. }) => {
            case::Happened::ClawbackDecided { adverse, owed, due: deadline(TimeLimit::Repayment)? }
        }
        (_, Happened::Resolved { upheld: false, .. }) => {
            let rejection = kind == Kind::Rejection;
            let limit = if rejection { TimeLimit::CityReview } else { TimeLimit::PaymentOrder };
            case::Happened::AdverseRevoked { adverse, due: deadline(limit)? }
        }
        _ => return Ok(None),
    };
    case::hands::may_handle(context, case)?;
    case::step(case, happened).map(Some)
}
