//! Public notice (公示): what was decided, shown on the department's own site for so many working days.

use std::collections::BTreeMap;

use kernel::{Actor, Context, Date, Deadline, Evidence, Money, Refusal};
use serde::{Deserialize, Serialize};

use crate::case::{self, Happened, Stage};
use crate::document::not_later;
use crate::key::{CallId, CaseId, NoticeId};
use crate::rules::TimeLimit;
use crate::state::{Event, State};

/// A public notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Its key.
    pub id: NoticeId,
    /// Of which call.
    pub call: CallId,
    /// The official page.
    pub url: String,
    /// The page as it was published.
    pub capture: Evidence,
    /// The last day; counted from the day after publication.
    pub until: Deadline,
    /// When it was published.
    pub on: Date,
    /// What it shows: cases, with what was decided then.
    pub cases: BTreeMap<CaseId, Money>,
}

/// A notice to be published.
#[derive(Clone, Debug, PartialEq)]
pub struct Publication {
    /// Chosen by the caller.
    pub id: NoticeId,
    /// Of which call.
    pub call: CallId,
    /// The official page.
    pub url: String,
    /// The page as it was published.
    pub capture: Evidence,
    /// When it was published.
    pub on: Date,
    /// What it shows.
    pub cases: Vec<CaseId>,
}

pub(crate) fn publish(state: &State, context: &Context, publication: Publication) -> Result<Vec<Event>, Refusal> {
    let Publication { id, call, url, capture, on, cases } = publication;
    let call = state.required_call(call)?;
    call.require_department(context)?;
    if state.notice(id).is_some() {
        return Err(Refusal::conflict("这一公示已经登记，请刷新页面。"));
    }
    not_later(context, "on", "公示日期", on)?;
    let is_address = url.starts_with("https://") || url.starts_with("http://");
    if !is_address || url.contains(char::is_whitespace) {
        return Err(Refusal::invalid("url", "请填写公示页面的完整网址，以 https:// 或 http:// 开头。"));
    }
    if cases.is_empty() {
        return Err(Refusal::invalid("cases", "请选择要公示的办件。"));
    }
    let until = Deadline::working_days(&context.calendar, on, call.terms.route.notice_working_days);
    let noticed = cases.iter().map(|id_of_case| {
        let case = state.case(*id_of_case).filter(|case| case.call == call.id);
        let case = case.ok_or_else(|| Refusal::invalid("cases", format!("批次中没有办件 {id_of_case}。")))?;
        case::hands::may_handle_among(context, case)?;
        case::step(case, Happened::Noticed { notice: id, until })
    });
    let noticed: Vec<_> = noticed.collect::<Result<_, _>>()?;
    let decided = |case: CaseId| state.case(case).map(|found| (case, found.stage.decided()));
    let cases = cases.into_iter().filter_map(decided).collect();
    let notice = Notice { id, call: call.id, url, capture, on, until, cases };
    Ok([Event::NoticePublished(Box::new(notice))].into_iter().chain(noticed).collect())
}

/// What a notice that is over confirms: its cases without an open objection. Asked again when one is dismissed.
pub(crate) fn confirm(state: &State, context: &Context, id: NoticeId) -> Result<Vec<Event>, Refusal> {
    if context.actor != Actor::System {
        return Err(Refusal::not_allowed("公示期满由系统按日期办理，无需人工操作。"));
    }
    let notice = state.notice(id).ok_or_else(|| Refusal::not_found("没有这个公示。"))?;
    if context.today() <= notice.until.due {
        return Err(Refusal::conflict(format!("公示到 {} 为止，还没有期满。", notice.until.due)));
    }
    let due = state.required_rules()?.deadline(context, TimeLimit::FundingPlan)?;
    Ok(confirmable(state, notice)
        .map(|case| Event::Case { case: case.id, happened: Happened::Confirmed { due } })
        .collect())
}

/// Cases of a notice that nothing but its end keeps waiting.
pub(crate) fn confirmable<'a>(state: &'a State, notice: &'a Notice) -> impl Iterator<Item = &'a case::Case> {
    let waits = |case: &&case::Case| match &case.stage {
        Stage::Noticed { notice: of, open, .. } => *of == notice.id && open.is_empty(),
        _ => false,
    };
    notice.cases.keys().filter_map(|case| state.case(*case)).filter(waits)
}
