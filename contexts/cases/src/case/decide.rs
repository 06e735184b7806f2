//! Whether a command on a case is allowed: the firm's own acts, district and city review, acceptance.

use std::collections::BTreeSet;
use std::sync::Arc;

use kernel::{Actor, Context, CreditCode, Money, OrganisationId, Refusal, Revision, Role};

use super::hands::may_handle;
use super::happened::{Next, Submission};
use super::stage::{Level, Stage, StageKind};
use super::{Act, Applicant, Assessment, Case, Happened, review};
use crate::call::{self, Call, Mode, require_organisation};
use crate::key::{CallId, CaseId, ItemKey};
use crate::material::{Changes, Material};
use crate::relation::{Relations, related};
use crate::rules::TimeLimit;
use crate::state::{Event, State};
use crate::support::{Received, require_no_conflict};
use crate::text;

/// Decides a command on a case.
pub(crate) fn decide(
    state: &State,
    context: &Context,
    id: CaseId,
    expected: Option<Revision>,
    act: Act,
) -> Result<Event, Refusal> {
    let case = state.case(id).ok_or_else(|| Refusal::not_found("没有这个办件，请从列表中重新打开。"))?;
    case.revision.expect(expected)?;
    let call = state.required_call(case.call)?;
    let happened = match act {
        Act::Consent { received } => consent(state, context, call, case, received)?,
        Act::Decline { reason } => {
            firm(context, case.applicant.firm)?;
            Happened::Declined { reason: text::required("reason", "放弃原因", &reason)? }
        }
        Act::Withdraw { reason } => {
            firm(context, case.applicant.firm)?;
            Happened::Withdrawn { reason: text::required("reason", "撤回原因", &reason)? }
        }
        Act::PassDistrict { opinion } => {
            district(context, case)?;
            may_handle(context, case)?;
            let opinion = text::required("opinion", "初审意见", &opinion)?;
            Happened::DistrictPassed { opinion, next: next(state, context, call, Some(StageKind::DistrictReview))? }
        }
        Act::Return { reason, wanted } => send_back(state, context, call, case, &reason, wanted)?,
        Act::Resubmit { changes } => resubmit(state, context, call, case, changes)?,
        Act::ChooseAuditor { auditor } => review::choose_auditor(context, call, case, auditor)?,
        Act::FileAudit { verified, opinion, report } => {
            let next = next(state, context, call, Some(StageKind::Audit))?;
            review::file_audit(context, case, (verified, &opinion, report), next)?
        }
        Act::SeatExperts { seats } => review::seat_experts(context, call, case, seats)?,
        Act::Score { points, opinion } => review::score(state, context, call, case, points, &opinion)?,
        Act::Recuse { person, grounds } => review::recuse(state, context, call, case, person, &grounds)?,
        Act::RecordRelations(relations) => record_relations(state, context, case, relations)?,
        Act::RecordAssessment(assessment) => record_assessment(context, case, assessment)?,
        Act::Reassign { district } => {
            by_program(context)?;
            Happened::Reassigned { district }
        }
        Act::Recommend { opinion } => recommend(state, context, call, case, &opinion)?,
        Act::Accept { passed, opinion, report } => {
            call.require_department(context)?;
            may_handle(context, case)?;
            context.require_reauthentication()?;
            Happened::Accepted { passed, opinion: text::required("opinion", "验收意见", &opinion)?, report }
        }
    };
    step(case, happened)
}

/// The event, where the case's stage admits it.
pub(crate) fn step(case: &Case, happened: Happened) -> Result<Event, Refusal> {
    if case.stage.clone().after(&happened).is_some() {
        return Ok(Event::Case { case: case.id, happened });
    }
    let now = case.stage.kind().label();
    Err(Refusal::conflict(format!("办件 {} 现在是“{now}”，不能办理这一步。请刷新页面查看最新状态。", case.id)))
}

/// Whether a firm may apply to a call today, before it has written anything: its own people, the window, the mode,
/// nothing that bars it. `project`: of a call that is about projects.
pub fn may_submit<'a>(
    state: &'a State,
    context: &Context,
    call: CallId,
    applicant: CreditCode,
    project: Option<&str>,
) -> Result<&'a Call, Refusal> {
    firm(context, applicant)?;
    let call = state.required_call(call)?;
    let today = context.today();
    // On its first day a call may not have been opened by the program yet.
    let issued = matches!(call.stage, call::Stage::Published { .. } | call::Stage::Open { .. });
    if !issued || !call.terms.window.contains(today) {
        let (from, until) = (call.terms.window.from(), call.terms.window.until());
        return Err(Refusal::conflict(format!("“{}”的申报期是 {from} 至 {until}，今天不受理。", call.terms.title)));
    }
    if call.terms.mode == Mode::Proactive && state.invitation(call.id, applicant).is_none() {
        return Err(Refusal::forbidden("这一批次是免申即享，由责任部门推送；没有收到推送的企业请申报公开申报的批次。"));
    }
    may_apply(state, context, call, applicant, project)?;
    Ok(call)
}

/// Decides a new claim.
pub(crate) fn submit(
    state: &State,
    context: &Context,
    id: CaseId,
    call: CallId,
    applicant: Applicant,
    material: Material,
) -> Result<Event, Refusal> {
    let call = may_submit(state, context, call, applicant.firm, material.project.as_deref())?;
    is_new(state, id)?;
    let material = material.checked(&call.terms.checklist)?;
    require_no_conflict(state, None, applicant.firm, &call.terms, &material)?;
    let begins = if call.terms.route.district && !applicant.direct { None } else { Some(StageKind::DistrictReview) };
    let next = next(state, context, call, begins)?;
    let submission = Submission { call: call.id, applicant, material: Arc::new(material), next };
    Ok(Event::Case { case: id, happened: Happened::Submitted(Box::new(submission)) })
}

pub(crate) fn is_new(state: &State, id: CaseId) -> Result<(), Refusal> {
    if state.case(id).is_some() {
        return Err(Refusal::conflict("这个办件编号已经用过，请刷新页面后重新填写。"));
    }
    Ok(())
}

/// Refuses a firm that is barred, owes an acceptance or a repayment, or has this claim on its way already.
pub(crate) fn may_apply(
    state: &State,
    context: &Context,
    call: &Call,
    firm: CreditCode,
    project: Option<&str>,
) -> Result<(), Refusal> {
    let today = context.today();
    if let Some((until, adverse)) = state.barred_until(firm, today) {
        let what = format!("该企业在 {until} 前被限制申报（决定 {adverse}）；对决定有异议的，请按决定载明的途径办理。");
        return Err(Refusal::forbidden(what));
    }
    for case in state.cases_of_firm(firm) {
        let owing = match &case.stage {
            Stage::Paid { due, .. } if due.due < today => "逾期没有验收",
            Stage::AcceptanceFailed { .. } => "验收未通过、尚未处理",
            Stage::Repaying { .. } => "追回款没有退清",
            _ => continue,
        };
        return Err(Refusal::forbidden(format!("办件 {} {owing}，请先办结再申报新的支持。", case.id)));
    }
    let same = |case: &&Case| {
        let own = case.material().and_then(|material| material.project.as_deref());
        case.call == call.id && case.stage.holds_supports() && own == project
    };
    match state.cases_of_firm(firm).find(same) {
        Some(case) => Err(Refusal::conflict(format!("该企业在这一批次已有办件 {}，请在那个办件上办理。", case.id))),
        None => Ok(()),
    }
}

/// The next review on the call's route after one; `None`: before the first.
fn next(state: &State, context: &Context, call: &Call, after: Option<StageKind>) -> Result<Next, Refusal> {
    let (rules, route) = (state.required_rules()?, &call.terms.route);
    let deadline = |limit| rules.deadline(context, limit);
    let past = |stage| after >= Some(stage);
    if route.district && !past(StageKind::DistrictReview) {
        Ok(Next::DistrictReview { due: deadline(TimeLimit::DistrictReview)? })
    } else if route.audit && !past(StageKind::Audit) {
        Ok(Next::Audit { due: deadline(TimeLimit::Audit)? })
    } else if route.experts > 0 && !past(StageKind::ExpertReview) {
        Ok(Next::ExpertReview { due: deadline(TimeLimit::ExpertReview)? })
    } else {
        Ok(Next::CityReview { due: deadline(TimeLimit::CityReview)? })
    }
}

/// Passes people acting for this very firm.
pub(crate) fn firm(context: &Context, firm: CreditCode) -> Result<(), Refusal> {
    let organisation = context.require(&[Role::Enterprise, Role::Agent])?;
    if organisation.as_str() == firm.as_str() {
        return Ok(());
    }
    Err(Refusal::not_allowed(format!("您现在代表的是 {organisation}，不能办理 {firm} 的办件。请切换身份后再试。")))
}

fn district(context: &Context, case: &Case) -> Result<(), Refusal> {
    require_organisation(context, Role::DistrictOfficer, &OrganisationId::from(case.applicant.district))
}

fn by_program(context: &Context) -> Result<(), Refusal> {
    if context.actor == Actor::System {
        return Ok(());
    }
    Err(Refusal::not_allowed("这一记录由系统从其他登记取得，不能人工填写。"))
}

fn consent(
    state: &State,
    context: &Context,
    call: &Call,
    case: &Case,
    received: Vec<Received>,
) -> Result<Happened, Refusal> {
    firm(context, case.applicant.firm)?;
    let received = received.into_iter().map(Received::checked).collect::<Result<Vec<_>, _>>()?;
    awarded(case)?;
    if let Some(material) = case.material() {
        let declared = material.with(&Changes { received: Some(received.clone()), ..Changes::default() });
        require_no_conflict(state, Some(case.id), case.applicant.firm, &call.terms, &declared)?;
    }
    Ok(Happened::Consented { received })
}

fn send_back(
    state: &State,
    context: &Context,
    call: &Call,
    case: &Case,
    reason: &str,
    wanted: BTreeSet<ItemKey>,
) -> Result<Happened, Refusal> {
    let by = match context.actor.role() {
        Some(Role::DistrictOfficer) => {
            district(context, case)?;
            Level::District
        }
        _ => {
            call.require_department(context)?;
            Level::City
        }
    };
    may_handle(context, case)?;
    let checklist = &call.terms.checklist;
    if let Some(foreign) = wanted.iter().find(|key| !checklist.iter().any(|item| item.key == **key)) {
        return Err(Refusal::invalid("wanted", format!("材料清单中没有 {foreign}，请从清单中选择要补正的材料。")));
    }
    let reason = text::required("reason", "退回原因", reason)?;
    let due = state.required_rules()?.deadline(context, TimeLimit::Completion)?;
    Ok(Happened::Returned { by, reason, wanted, due })
}

fn resubmit(state: &State, context: &Context, call: &Call, case: &Case, changes: Changes) -> Result<Happened, Refusal> {
    firm(context, case.applicant.firm)?;
    let Stage::Returned { by, wanted, .. } = &case.stage else {
        return Err(Refusal::conflict(format!("办件现在是“{}”，不在补正期。", case.stage.kind().label())));
    };
    if let Some(key) = wanted.iter().find(|key| !changes.items.contains_key(*key)) {
        let title = call.terms.checklist.iter().find(|item| item.key == *key).map_or("", |item| &item.title);
        return Err(Refusal::invalid("items", format!("要求补正的“{title}”还没有重新上传。")));
    }
    if changes.is_empty() {
        return Err(Refusal::invalid("items", "没有任何补正内容，请按退回原因修改或补充后再提交。"));
    }
    let current = case.material().ok_or_else(|| Refusal::conflict("办件没有材料。"))?;
    let material = current.with(&changes).checked(&call.terms.checklist)?;
    require_no_conflict(state, Some(case.id), case.applicant.firm, &call.terms, &material)?;
    let limit = if *by == Level::District { TimeLimit::DistrictReview } else { TimeLimit::CityReview };
    let due = state.required_rules()?.deadline(context, limit)?;
    Ok(Happened::Resubmitted { changes: Arc::new(changes), due })
}

fn record_relations(state: &State, context: &Context, case: &Case, relations: Relations) -> Result<Happened, Refusal> {
    by_program(context)?;
    let steps = state.required_rules()?.recusal_steps(context.today());
    let related = related(&case.applicant.firm.into(), &relations.links, steps);
    Ok(Happened::RelationsRecorded { related: related.into(), as_of: relations.as_of })
}

fn record_assessment(context: &Context, case: &Case, assessment: Assessment) -> Result<Happened, Refusal> {
    by_program(context)?;
    if case.material().is_none_or(|material| material.claim != assessment.claim) {
        return Err(Refusal::conflict("测算所依据的申报内容不是办件现在的内容，请按最新材料重新测算。"));
    }
    if assessment.award > assessment.ceiling || assessment.award.is_negative() {
        return Err(Refusal::invalid("award", "拟支持金额不能为负，也不能高于条款允许的最高额。"));
    }
    Ok(Happened::Assessed(assessment))
}

fn awarded(case: &Case) -> Result<Assessment, Refusal> {
    let assessment = case.assessment.ok_or_else(|| Refusal::conflict("还没有按现在的材料作出资金测算，请先测算。"))?;
    if assessment.award <= Money::ZERO {
        return Err(Refusal::forbidden("按资金测算，这一办件不符合支持条件；请依法告知并作出不予支持的决定。"));
    }
    Ok(assessment)
}

fn recommend(state: &State, context: &Context, call: &Call, case: &Case, opinion: &str) -> Result<Happened, Refusal> {
    call.require_department(context)?;
    may_handle(context, case)?;
    context.require_reauthentication()?;
    awarded(case)?;
    if call.terms.route.audit && case.audit.is_none() {
        return Err(Refusal::conflict("申报通知要求审计报告，还没有收到，不能通过复核。"));
    }
    if let Some(material) = case.material() {
        require_no_conflict(state, Some(case.id), case.applicant.firm, &call.terms, material)?;
    }
    Ok(Happened::Recommended { opinion: text::required("opinion", "复核意见", opinion)? })
}
