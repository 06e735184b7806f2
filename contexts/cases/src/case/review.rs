//! Whether audit firms and experts may do what they ask.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::{Actor, Context, Evidence, Money, OrganisationId, PersonId, Refusal, Role};

use super::hands::may_handle;
use super::happened::{AuditReport, Complete, Next};
use super::stage::{Seat, Stage};
use super::{Case, Happened};
use crate::call::{Call, require_organisation};
use crate::relation::barring;
use crate::rules::TimeLimit;
use crate::state::State;
use crate::text;

pub(super) fn choose_auditor(
    context: &Context,
    call: &Call,
    case: &Case,
    auditor: OrganisationId,
) -> Result<Happened, Refusal> {
    call.require_department(context)?;
    super::hands::not_barred(context, case)?;
    let related = case.related.iter().flat_map(|related| related.iter());
    let own = crate::relation::Party::Organisation(auditor.clone());
    if let Some(related) = related.into_iter().find(|related| related.party == own) {
        let what = format!("审计机构与申报企业存在关联（{}），应当回避，请另选。", related.way());
        return Err(Refusal::forbidden(what));
    }
    Ok(Happened::AuditorChosen { auditor })
}

pub(super) fn file_audit(
    context: &Context,
    case: &Case,
    (verified, opinion, report): (Money, &str, Evidence),
    next: Next,
) -> Result<Happened, Refusal> {
    let Stage::Audit { auditor: Some(auditor), .. } = &case.stage else {
        return Err(Refusal::conflict(format!(
            "办件现在是“{}”，或还没有确定审计机构，不能提交审计报告。",
            case.stage.kind().label()
        )));
    };
    require_organisation(context, Role::AuditFirm, auditor)?;
    may_handle(context, case)?;
    if verified.is_negative() {
        return Err(Refusal::invalid("verified", "核定基数不能为负数。"));
    }
    let opinion = text::required("opinion", "审计意见", opinion)?;
    let audit = AuditReport { auditor: auditor.clone(), verified, opinion, report };
    Ok(Happened::Audited { audit: Arc::new(audit), next })
}

pub(super) fn seat_experts(
    context: &Context,
    call: &Call,
    case: &Case,
    seats: BTreeMap<PersonId, OrganisationId>,
) -> Result<Happened, Refusal> {
    call.require_department(context)?;
    super::hands::not_barred(context, case)?;
    let Stage::ExpertReview { seats: seated, .. } = &case.stage else {
        return Err(Refusal::conflict(format!("办件现在是“{}”，不在专家评审环节。", case.stage.kind().label())));
    };
    for (person, organisation) in &seats {
        let expert = Actor::Person { person: *person, role: Role::Expert, organisation: organisation.clone() };
        let context = Context { actor: expert, ..context.clone() };
        may_handle(&context, case).map_err(|refusal| {
            let what = format!("专家 {person}（{organisation}）不能评审这一办件：{}", refusal.reason);
            Refusal::invalid("seats", what)
        })?;
    }
    let scored = seated.iter().filter(|(person, seat)| seat.points.is_some() && !seats.contains_key(*person));
    let panel = seats.len() + scored.count();
    let needed = usize::from(call.terms.route.experts);
    if panel < needed {
        let what = format!("申报通知要求至少 {needed} 位专家，现在是 {panel} 位，请补足。");
        return Err(Refusal::invalid("seats", what));
    }
    Ok(Happened::ExpertsSeated { seats })
}

pub(super) fn score(
    state: &State,
    context: &Context,
    call: &Call,
    case: &Case,
    points: u8,
    opinion: &str,
) -> Result<Happened, Refusal> {
    let organisation = context.require(&[Role::Expert])?;
    let Stage::ExpertReview { seats, .. } = &case.stage else {
        return Err(Refusal::conflict(format!("办件现在是“{}”，不能评分。", case.stage.kind().label())));
    };
    let own = context.actor.person().and_then(|person| Some((person, seats.get(&person)?)));
    let Some((expert, seat)) = own.filter(|(_, seat)| seat.organisation == *organisation) else {
        return Err(Refusal::not_allowed("您不在这一办件的评审专家名单中。"));
    };
    may_handle(context, case)?;
    if seat.points.is_some() {
        return Err(Refusal::conflict("您已经评过分，评分不能更改。"));
    }
    if points > 100 {
        return Err(Refusal::invalid("points", "评分为 0 至 100 分。"));
    }
    let mut after = seats.clone();
    after.insert(expert, Seat { organisation: organisation.clone(), points: Some(points) });
    let complete = complete(state, context, call, &after)?;
    Ok(Happened::Scored { expert, points, opinion: text::required("opinion", "评审意见", opinion)?, complete })
}

pub(super) fn recuse(
    state: &State,
    context: &Context,
    call: &Call,
    case: &Case,
    person: PersonId,
    grounds: &str,
) -> Result<Happened, Refusal> {
    if context.actor.person() != Some(person) {
        call.require_department(context)?;
        // Whoever has a part in the case does not choose who judges it.
        super::hands::not_barred(context, case)?;
    }
    if case.recused.contains_key(&person) {
        return Err(Refusal::conflict("这位人员已经回避。"));
    }
    let grounds = text::required("grounds", "回避理由", grounds)?;
    let complete = match &case.stage {
        Stage::ExpertReview { seats, .. } if seats.contains_key(&person) => {
            let mut after = seats.clone();
            after.remove(&person);
            complete(state, context, call, &after)?
        }
        _ => None,
    };
    Ok(Happened::Recused { person, grounds, complete })
}

/// Whether nobody is left to score and enough did.
fn complete(
    state: &State,
    context: &Context,
    call: &Call,
    seats: &BTreeMap<PersonId, Seat>,
) -> Result<Option<Complete>, Refusal> {
    let points: Option<Vec<u32>> = seats.values().map(|seat| seat.points.map(u32::from)).collect();
    let enough = points.filter(|points| !points.is_empty() && points.len() >= usize::from(call.terms.route.experts));
    let Some(points) = enough else { return Ok(None) };
    let count = u32::try_from(points.len()).unwrap_or(u32::MAX);
    let due = state.required_rules()?.deadline(context, TimeLimit::CityReview)?;
    Ok(Some(Complete { average: points.iter().sum::<u32>() * 100 / count, due }))
}

/// Which of these people may not review the case, and why: to show beside their names before they are asked.
pub fn barred_experts<'a>(
    case: &'a Case,
    experts: &'a BTreeMap<PersonId, OrganisationId>,
) -> impl Iterator<Item = (PersonId, String)> + 'a {
    let related = case.related.as_deref().unwrap_or_default();
    experts.iter().filter_map(move |(person, organisation)| {
        if let Some(grounds) = case.recused.get(person) {
            return Some((*person, grounds.to_string()));
        }
        let expert = Actor::Person { person: *person, role: Role::Expert, organisation: organisation.clone() };
        barring(related, &expert).map(|related| (*person, related.way()))
    })
}
