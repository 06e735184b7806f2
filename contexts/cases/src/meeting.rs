//! A meeting decides (会议审定): whom to support and with how much, recorded with its minutes.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Actor, Context, Date, Evidence, Money, OrganisationId, PersonId, Refusal, Role};
use serde::{Deserialize, Serialize};

use crate::case::{self, Case, Happened, Stage};
use crate::document::not_later;
use crate::key::{CallId, CaseId, MeetingId};
use crate::rules::TimeLimit;
use crate::state::{Event, State};
use crate::support::require_no_conflict;

/// A meeting as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meeting {
    /// Its key.
    pub id: MeetingId,
    /// On which call.
    pub call: CallId,
    /// When it was held.
    pub on: Date,
    /// 会议纪要
    pub minutes: Evidence,
    /// Who took part.
    pub attendees: BTreeSet<PersonId>,
    /// Who left for which case.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub recused: BTreeMap<CaseId, BTreeSet<PersonId>>,
}

/// Decides what a meeting resolved: amounts by case.
pub(crate) fn hold(
    state: &State,
    context: &Context,
    meeting: Meeting,
    resolutions: &BTreeMap<CaseId, Money>,
) -> Result<Vec<Event>, Refusal> {
    let call = state.required_call(meeting.call)?;
    call.require_department(context)?;
    context.require_reauthentication()?;
    if state.meeting(meeting.id).is_some() {
        return Err(Refusal::conflict("这次会议已经登记，请刷新页面。"));
    }
    not_later(context, "on", "会议日期", meeting.on)?;
    if meeting.attendees.is_empty() {
        return Err(Refusal::invalid("attendees", "请登记参会人员，用于核对回避。"));
    }
    if resolutions.is_empty() {
        return Err(Refusal::invalid("resolutions", "会议没有审定任何办件。"));
    }
    let due = state.required_rules()?.deadline(context, TimeLimit::NoticePublication)?;
    let decided = resolutions.iter().map(|(id, amount)| {
        let case = state.case(*id).filter(|case| case.call == call.id);
        let case = case.ok_or_else(|| Refusal::invalid("resolutions", format!("批次中没有办件 {id}。")))?;
        case::hands::may_handle_among(context, case)?;
        attendees_are_free(context, &meeting, case)?;
        within_share(case, *amount)?;
        if let Some(material) = case.material() {
            require_no_conflict(state, Some(case.id), case.applicant.firm, &call.terms, material)?;
        }
        case::step(case, Happened::Decided { amount: *amount, meeting: meeting.id, due })
    });
    let decided: Vec<_> = decided.collect::<Result<_, _>>()?;
    Ok([Event::MeetingHeld(Box::new(meeting))].into_iter().chain(decided).collect())
}

fn within_share(case: &Case, amount: Money) -> Result<(), Refusal> {
    let Stage::Proposed { share, .. } = &case.stage else { return Ok(()) };
    if amount <= Money::ZERO {
        let what = format!("办件 {} 的审定金额应大于 0；不予支持的，请另行告知并作出决定。", case.id);
        return Err(Refusal::invalid("resolutions", what));
    }
    if amount > *share {
        let what = format!("办件 {} 审定 {amount} 元，超过汇总测算的可支持金额 {share} 元，请核减。", case.id);
        return Err(Refusal::invalid("resolutions", what));
    }
    Ok(())
}

/// Whoever has a part of their own in a case leaves the meeting for it.
fn attendees_are_free(context: &Context, meeting: &Meeting, case: &Case) -> Result<(), Refusal> {
    let left = meeting.recused.get(&case.id);
    let mut staying = meeting.attendees.iter().filter(|person| left.is_none_or(|left| !left.contains(*person)));
    if staying.next().is_none() {
        let what = format!("办件 {} 的参会人员全部回避，没有人审定，请另行开会。", case.id);
        return Err(Refusal::invalid("recused", what));
    }
    let Some(organisation) = context.actor.organisation() else { return Ok(()) };
    for person in meeting.attendees.iter().filter(|person| left.is_none_or(|left| !left.contains(*person))) {
        if must_leave(context, case, *person, organisation).is_some() {
            let what = format!("参会人员 {person} 与办件 {} 有利害关系，应登记其对该件回避。", case.id);
            return Err(Refusal::invalid("recused", what));
        }
    }
    Ok(())
}

/// Why somebody who takes part in a meeting has to leave it for a case; `None` when nothing ties them to it.
/// Members sit for the government: their own relations count.
pub fn must_leave(context: &Context, case: &Case, person: PersonId, organisation: &OrganisationId) -> Option<String> {
    let member = Actor::Person { person, role: Role::CityOfficer, organisation: organisation.clone() };
    let context = Context { actor: member, ..context.clone() };
    case::hands::not_barred(&context, case).err().map(|refusal| refusal.reason.into_owned())
}
