//! Who may touch a case: nobody their own, nobody a related one, nobody two following steps.

use kernel::{Actor, Context, Refusal};

use super::Case;
use crate::relation::barring;

/// As [`has_no_part`], for whoever acts.
pub(crate) fn not_barred(context: &Context, case: &Case) -> Result<(), Refusal> {
    has_no_part(&context.actor, case)
}

/// Passes whoever has no part of their own in the case: did not file it, is not of the firm, is not related to it and
/// has not been recused. The program passes.
pub(crate) fn has_no_part(actor: &Actor, case: &Case) -> Result<(), Refusal> {
    let Actor::Person { person, organisation, .. } = actor else { return Ok(()) };
    if case.applicants.contains(person) || organisation.as_str() == case.applicant.firm.as_str() {
        return Err(Refusal::forbidden("您参与了这一申报，不能再经办同一办件，请由其他人员办理。"));
    }
    if let Some(grounds) = case.recused.get(person) {
        return Err(Refusal::forbidden(format!("您已回避这一办件（{grounds}），请由其他人员办理。")));
    }
    let related = case.related.as_ref().ok_or_else(|| {
        Refusal::conflict("这一办件的关联关系还没有核对，暂时不能办理。核对由系统进行，请稍后刷新页面。")
    })?;
    match barring(related, actor) {
        Some(related) => {
            Err(Refusal::forbidden(format!("您与申报企业存在关联（{}），应当回避，请由其他人员办理。", related.way())))
        }
        None => Ok(()),
    }
}

/// As [`not_barred`], and did not take the step before.
pub(crate) fn may_handle(context: &Context, case: &Case) -> Result<(), Refusal> {
    not_barred(context, case)?;
    if context.actor.person().is_some_and(|person| case.last_hands.contains(&person)) {
        return Err(Refusal::forbidden("上一环节由您办理，相邻两个环节不能是同一人，请由另一位同事办理。"));
    }
    Ok(())
}

/// As [`may_handle`], for one of the cases of an act over many. None of them is left out in silence: the act is refused,
/// and names the case that has to be left to somebody else.
pub(crate) fn may_handle_among(context: &Context, case: &Case) -> Result<(), Refusal> {
    may_handle(context, case).map_err(|refusal| named(case, refusal))
}

/// The refusal with the case and firm it is about.
pub(crate) fn named(case: &Case, refusal: Refusal) -> Refusal {
    let reason = format!("办件 {}（{}）：{}", case.id, case.applicant.firm, refusal.reason);
    Refusal { reason: reason.into(), ..refusal }
}
