//! Parameter sets of districts: who adopts one, who may review it, and that none is used without.

use std::sync::Arc;

use kernel::{Actor, Context, Date, Digest, DivisionCode, OrganisationId, Refusal, Role};

use crate::benefit::BenefitId;
use crate::clause::Clause;
use crate::event::Event;
use crate::parameters::ParameterSet;
use crate::state::State;

/// A district sets what it grants; the department may do it for a district that has not come on line yet.
pub(super) fn adopt(state: &State, context: &Context, set: ParameterSet) -> Result<Event, Refusal> {
    let by = context.require(&[Role::DistrictOfficer, Role::CityOfficer])?;
    context.require_reauthentication()?;
    if context.actor.role() == Some(Role::DistrictOfficer) && *by != OrganisationId::from(set.district) {
        return Err(Refusal::not_allowed("区县只能为本区县制定细则。"));
    }
    let clause = super::clause(state, &set.benefit)?;
    let base = clause.base().filter(|_| clause.by_district()).ok_or_else(|| {
        Refusal::invalid("benefit", format!("“{}”的金额由计划原文规定，不由区县定额。", clause.title))
    })?;
    set.check(base)?;
    if state.parameter_set(set.digest()).is_some() {
        return Err(Refusal::conflict("同样的细则已经制定，无需再次提交。"));
    }
    Ok(Event::ParametersAdopted(set))
}

/// Whoever adopted a set does not review it.
pub(super) fn may_review(state: &State, context: &Context, benefit: &BenefitId, set: Digest) -> Result<(), Refusal> {
    let record = state.parameter_set(set).filter(|record| record.set.benefit == *benefit);
    let record = record.ok_or_else(|| Refusal::not_found("没有这份区县细则，请核对后再登记审查。"))?;
    if record.recorded.actor != Actor::System && record.recorded.actor.person() == context.actor.person() {
        return Err(Refusal::forbidden("制定细则与登记审查须由两人办理：请由另一位同事登记。"));
    }
    Ok(())
}

/// Refuses an assessment in a district whose set is missing, not reviewed, or no longer allowed.
pub(super) fn reviewed(
    state: &State,
    clause: &Arc<Clause>,
    district: Option<DivisionCode>,
    today: Date,
) -> Result<(), Refusal> {
    let title = &clause.title;
    let district =
        district.ok_or_else(|| Refusal::invalid("district", format!("“{title}”由区县定额，请先确定主管区县。")))?;
    match state.parameters_on(&clause.benefit, district, today) {
        Some(_) => Ok(()),
        None => Err(Refusal::conflict(format!(
            "“{title}”由区县定额，{district} 目前没有经公平竞争审查并在有效期内的细则，不能正式测算。"
        ))),
    }
}
