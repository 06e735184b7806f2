//! What every page of a case begins with: its number, where it stands, and its course.

use cases::case::{Level, Stage};
use cases::{Call, Case, StageKind};
use kernel::deadline::Standing;
use kernel::{Date, Deadline};
use office::State;
use register::Light;
use web::{Step, Steps};

/// 办件编号: the year it came in and its place in the ledger, which no other record has.
pub fn number(case: &Case) -> String {
    let year = case.passages.first().map_or(case.year, |passage| passage.entered.year());
    format!("{year}-{:06}", case.received.0)
}

/// Where the page of a case is that officials read. The firm stands in the address, so that the access log knows whose
/// data it is.
pub fn official_path(case: &Case) -> String {
    format!("/cases/{}/{}", case.applicant.firm, case.id)
}

/// How long there is, or how late it is.
pub fn deadline_light(state: &State, due: Deadline, day: Date) -> Light {
    let standing = due.standing(state.city.calendar(), day);
    match standing {
        Standing::Late(_) => Light::bad(standing.to_string()),
        Standing::Left(days) if days <= 3 => Light::watch(standing.to_string()),
        Standing::Left(_) => Light::good(standing.to_string()),
    }
}

/// Where a case stands, in its own words.
pub fn stage_light(kind: StageKind) -> Light {
    let word = kind.label();
    match kind {
        StageKind::Closed | StageKind::Paid | StageKind::Repaid => Light::good(word),
        StageKind::Rejected | StageKind::AcceptanceFailed | StageKind::Repaying => Light::bad(word),
        StageKind::Returned | StageKind::UnderAdverse | StageKind::Waitlisted => Light::watch(word),
        _ => Light::unknown(word),
    }
}

/// The steps of a course, each with the stages it comprises.
const COURSE: [(&str, &[StageKind]); 12] = [
    ("申报", &[StageKind::Offered]),
    ("区县初审", &[StageKind::DistrictReview]),
    ("审计", &[StageKind::Audit]),
    ("专家评审", &[StageKind::ExpertReview]),
    ("市级复核", &[StageKind::CityReview]),
    ("汇总测算", &[StageKind::Recommended, StageKind::Waitlisted]),
    ("会议审定", &[StageKind::Proposed]),
    ("公示", &[StageKind::Decided, StageKind::Noticed]),
    ("资金计划", &[StageKind::Confirmed, StageKind::Planned]),
    ("拨付", &[StageKind::Ordered]),
    ("验收", &[StageKind::Paid, StageKind::AcceptanceFailed]),
    ("办结", &[StageKind::Closed]),
];

fn place(kind: StageKind) -> Option<usize> {
    COURSE.iter().position(|(_, kinds)| kinds.contains(&kind))
}

/// Whether a case of the call takes this step at all.
fn is_on_route(call: &Call, case: &Case, step: usize) -> bool {
    let route = &call.terms.route;
    let proactive = case.passages.first().is_some_and(|passage| passage.stage == StageKind::Offered);
    match COURSE[step].0 {
        "区县初审" => route.district && !case.applicant.direct && !proactive,
        "审计" => route.audit && !proactive,
        "专家评审" => route.experts > 0 && !proactive,
        "市级复核" => !proactive,
        "验收" => route.acceptance_months.is_some(),
        _ => true,
    }
}

/// The step a case is in, with what is to be said of it.
fn current(state: &State, case: &Case, day: Date) -> (Option<usize>, Option<String>, String) {
    let standing = |due: Deadline| due.standing(state.city.calendar(), day).to_string();
    let left = |stage: &Stage| stage.due().map(standing).unwrap_or_default();
    let last_on_course = || case.passages.iter().rev().find_map(|passage| place(passage.stage));
    match &case.stage {
        Stage::Returned { by, due, .. } => {
            let review = if *by == Level::District { StageKind::DistrictReview } else { StageKind::CityReview };
            (place(review), None, format!("退回补正 · {}", standing(*due)))
        }
        Stage::UnderAdverse { before, .. } => (place(before.kind()), None, "拟作不利决定".to_owned()),
        stage => match place(stage.kind()) {
            Some(step) => (Some(step), None, left(stage)),
            None => (last_on_course(), Some(stage.kind().label().to_owned()), left(stage)),
        },
    }
}

/// The course of a case with where it stands: steps behind with the day they ended, the one it is in with what is left.
pub fn steps(state: &State, call: &Call, case: &Case, day: Date) -> Steps {
    let (at, ended, note) = current(state, case, day);
    let at = at.unwrap_or_default();
    let is_over = matches!(case.stage, Stage::Closed { .. });
    let done = |step: usize| {
        let left = case.passages.windows(2).rev().find(|pair| place(pair[0].stage) == Some(step));
        let day = if step == 0 { case.passages.first().map(|passage| passage.entered) } else { None };
        day.or(left.map(|pair| pair[1].entered)).map(|day| day.to_string()).unwrap_or_default()
    };
    let mut shown = Vec::new();
    for step in (0..COURSE.len()).filter(|step| is_on_route(call, case, *step)) {
        let label = COURSE[step].0;
        let stopped = ended.is_some();
        if step < at || (step == at && (stopped || is_over)) {
            shown.push(Step::done(label, done(step)));
        } else if step == at {
            shown.push(Step::current(label, note.clone()));
        } else if !stopped {
            shown.push(Step::ahead(label));
        }
    }
    if let Some(label) = ended {
        let entered = case.passages.last().map(|passage| passage.entered.to_string()).unwrap_or_default();
        shown.push(Step::current(label, if note.is_empty() { entered } else { note }));
    }
    Steps::new(shown)
}
