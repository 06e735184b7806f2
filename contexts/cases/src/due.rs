//! What dates demand: of the program, and of people.

use kernel::deadline::Standing;
use kernel::{CreditCode, Date, Deadline, Digest, OrganisationId, PersonId, Role, WorkingCalendar};

use crate::adverse::{self, AdverseDecision};
use crate::call::{self, Call};
use crate::case::{Case, Stage};
use crate::key::{AdverseId, CallId, CaseId, ComplaintId, ObjectionId, ReportId};
use crate::notice;
use crate::state::{Command, State};

/// What the program itself has to do on the day, each under a key that happens once.
pub fn commands(state: &State, today: Date) -> Vec<(String, Command)> {
    let calls = state.calls().filter_map(|call| {
        let act = match &call.stage {
            call::Stage::Published { .. } if call.terms.window.from() <= today => call::Act::Open,
            call::Stage::Open { .. } if call.terms.window.until() < today => call::Act::Close,
            _ => return None,
        };
        let key = format!("call:{}:{}", call.id, call.revision);
        Some((key, Command::Call { call: call.id, expected: None, act }))
    });
    let notices = state.open_notices().filter(|notice| notice.until.due < today).filter_map(|notice| {
        let cases: Vec<_> = notice::confirmable(state, notice).map(|case| case.id).collect();
        // Asked again when an objection was dismissed: the cases then are others.
        let of = Digest::of_parts(cases.iter().map(|case| &case.0.as_bytes()[..])).short();
        let command = Command::ConfirmNotice { notice: notice.id };
        (!cases.is_empty()).then(|| (format!("notice:{}:{of}", notice.id), command))
    });
    let decisions = state.adverse_decisions().filter_map(|decision| {
        let adverse::Stage::Served { service, .. } = &decision.stage else { return None };
        let act = adverse::Act::BecomeFinal;
        let command = Command::Adverse { adverse: decision.id, expected: None, act };
        let key = format!("final:{}:{}", decision.id, decision.revision);
        (adverse::last_day(service) < today).then_some((key, command))
    });
    calls.chain(notices).chain(decisions).collect()
}

/// Who is expected to act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever holds the role in the organisation.
    Office(Role, OrganisationId),
    /// Whoever holds the role.
    Holders(Role),
    /// The firm.
    Firm(CreditCode),
    /// One person.
    Person(PersonId),
}

/// What is waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A case.
    Case(CaseId),
    /// A call.
    Call(CallId),
    /// A decision against a firm.
    Adverse(AdverseId),
    /// An objection.
    Objection(ObjectionId),
    /// A complaint.
    Complaint(ComplaintId),
    /// A report; told to the discipline office only.
    Report(ReportId),
}

/// Something somebody has to do by a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// About what.
    pub subject: Subject,
    /// What is to be done, in a few words.
    pub step: &'static str,
    /// By whom.
    pub who: Who,
    /// By when.
    pub deadline: Deadline,
    /// What is left, or how late it is.
    pub standing: Standing,
}

/// Everything people have to do by a day, most pressing first.
pub fn due(state: &State, calendar: &WorkingCalendar, today: Date) -> Vec<Due> {
    let mut waiting: Vec<(Subject, Expected)> = Vec::new();
    for case in state.open_cases() {
        let of_case = expected(state, case).into_iter();
        waiting.extend(of_case.map(|expected| (Subject::Case(case.id), expected)));
    }
    for call in state.calls() {
        if let call::Stage::Closed { due, .. } = &call.stage {
            waiting.push((Subject::Call(call.id), Expected::new("汇总测算", department(call), *due)));
        }
    }
    for decision in state.adverse_decisions() {
        let of_decision = of_adverse(state, decision, today);
        waiting.extend(of_decision.map(|expected| (Subject::Adverse(decision.id), expected)));
    }
    waiting.extend(of_challenges(state));
    let mut due: Vec<_> = waiting
        .into_iter()
        .map(|(subject, Expected { step, who, due })| Due {
            subject,
            step,
            who,
            deadline: due,
            standing: due.standing(calendar, today),
        })
        .collect();
    due.sort_by_key(|due| (due.deadline.due, due.subject));
    due
}

/// An act somebody owes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// What is to be done, in a few words.
    pub step: &'static str,
    /// By whom.
    pub who: Who,
    /// By when.
    pub due: Deadline,
}

impl Expected {
    const fn new(step: &'static str, who: Who, due: Deadline) -> Self {
        Self { step, who, due }
    }
}

fn department(call: &Call) -> Who {
    Who::Office(Role::CityOfficer, call.terms.issuer.clone())
}

/// Who has to do what about a case where it stands.
pub fn expected(state: &State, case: &Case) -> Vec<Expected> {
    let Some(call) = state.call(case.call) else { return Vec::new() };
    let one = |step, who, due: &Deadline| vec![Expected::new(step, who, *due)];
    let finance = || Who::Office(Role::Finance, call.terms.finance.clone());
    let firm = || Who::Firm(case.applicant.firm);
    match &case.stage {
        Stage::Offered { due } => one("确认免申即享", firm(), due),
        Stage::DistrictReview { due } => {
            one("区县初审", Who::Office(Role::DistrictOfficer, case.applicant.district.into()), due)
        }
        Stage::Audit { due, auditor: None } => one("确定审计机构", department(call), due),
        Stage::Audit { due, auditor: Some(auditor) } => {
            one("提交审计报告", Who::Office(Role::AuditFirm, auditor.clone()), due)
        }
        Stage::ExpertReview { due, seats } => {
            let unscored = seats.iter().filter(|(_, seat)| seat.points.is_none());
            let mut experts: Vec<_> =
                unscored.map(|(person, _)| Expected::new("专家评分", Who::Person(*person), *due)).collect();
            if seats.len() < usize::from(call.terms.route.experts) || experts.is_empty() {
                experts.push(Expected::new("确定评审专家", department(call), *due));
            }
            experts
        }
        Stage::CityReview { due } => one("市级复核", department(call), due),
        Stage::Returned { due, .. } => one("补正材料", firm(), due),
        Stage::Proposed { due, .. } => one("会议审定", department(call), due),
        Stage::Decided { due, .. } => one("发布公示", department(call), due),
        Stage::Confirmed { due, .. } => one("列入资金计划", department(call), due),
        Stage::Planned { due, .. } => one("下达拨付指令", finance(), due),
        Stage::Ordered { due, .. } => one("核对到账凭证", finance(), due),
        Stage::Paid { due, .. } => one("项目验收", department(call), due),
        Stage::Repaying { due, .. } => one("退还资金", firm(), due),
        _ => Vec::new(),
    }
}

fn of_adverse<'a>(state: &'a State, decision: &'a AdverseDecision, today: Date) -> impl Iterator<Item = Expected> + 'a {
    let call = state.case(decision.intended.case).and_then(|case| state.call(case.call));
    let (until, firm) = (decision.intended.until, decision.intended.firm);
    let expected = call.and_then(|call| match &decision.stage {
        adverse::Stage::Notified { statement: None } if today <= until.due => {
            Some(Expected::new("陈述申辩、要求听证", Who::Firm(firm), until))
        }
        adverse::Stage::Notified { statement: Some(statement) } if statement.hearing => {
            Some(Expected::new("举行听证", department(call), until))
        }
        adverse::Stage::Notified { .. } => Some(Expected::new("作出决定", department(call), until)),
        adverse::Stage::Heard { due, .. } => Some(Expected::new("作出决定", department(call), *due)),
        adverse::Stage::Made { due, .. } => Some(Expected::new("送达决定", department(call), *due)),
        _ => None,
    });
    expected.into_iter()
}

fn of_challenges(state: &State) -> impl Iterator<Item = (Subject, Expected)> {
    let objections = state.objections().filter(|objection| objection.is_open()).filter_map(|objection| {
        let call = state.call(state.case(objection.said.case)?.call)?;
        let expected = Expected::new("答复异议", department(call), objection.said.due);
        Some((Subject::Objection(objection.said.id), expected))
    });
    let complaints = state.all_complaints().filter(|complaint| complaint.is_open()).map(|complaint| {
        let expected = Expected::new("答复投诉", Who::Holders(Role::WorkingGroup), complaint.said.due);
        (Subject::Complaint(complaint.said.id), expected)
    });
    let reports = state.all_reports().filter(|report| report.is_open()).map(|report| {
        let expected = Expected::new("办理举报", Who::Holders(Role::Discipline), report.said.due);
        (Subject::Report(report.said.id), expected)
    });
    objections.chain(complaints).chain(reports)
}
