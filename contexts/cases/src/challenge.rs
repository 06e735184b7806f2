//! Three different things that people may say of a case: objection (异议), complaint (投诉), report (举报).
//!
//! An objection is about an award in public notice, and holds it up. A complaint is about staff, and goes to somebody who
//! has no hand in the case. A report is about a project, goes to the discipline office alone, and leaves no trace that a
//! handler of the case could see: not on its timeline, not in its revision.
//!
//! What people write and who they are is personal: records name the sealed file and the digest of a contact in the
//! vault.

use kernel::{
    Actor, Context, Deadline, Digest, Evidence, Impossible, OrganisationId, PersonId, Recorded, Refusal, Role,
};
use serde::{Deserialize, Serialize};

use crate::case::{self, Happened, Stage};
use crate::key::{CaseId, ComplaintId, NoticeId, ObjectionId, ReportId};
use crate::rules::TimeLimit;
use crate::state::{self, State};
use crate::text;

/// An objection to what a notice shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// Its key.
    pub id: ObjectionId,
    /// About which case.
    pub case: CaseId,
    /// Shown in which notice.
    pub notice: NoticeId,
    /// What was written, sealed.
    pub statement: Evidence,
    /// Of the contact in the vault, for whoever gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Digest>,
    /// By when it is answered.
    pub due: Deadline,
}

/// Against whom a complaint is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Against {
    /// A member of staff.
    Person(PersonId),
    /// An office, when the person is not known.
    Office(OrganisationId),
}

/// A complaint about staff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    /// Its key.
    pub id: ComplaintId,
    /// In which case.
    pub case: CaseId,
    /// About whom.
    pub against: Against,
    /// What was written, sealed.
    pub statement: Evidence,
    /// Of the contact in the vault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Digest>,
    /// By when it is answered.
    pub due: Deadline,
}

/// A report against a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its key.
    pub id: ReportId,
    /// About which case.
    pub case: CaseId,
    /// What was written, sealed.
    pub statement: Evidence,
    /// Of the contact in the vault; reports may be anonymous.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Digest>,
    /// By when it is dealt with.
    pub due: Deadline,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Not yet.
    Open,
    /// 成立
    Upheld {
        /// Why.
        reasons: String,
        /// By whom.
        recorded: Recorded,
    },
    /// 不成立
    Dismissed {
        /// Why.
        reasons: String,
        /// By whom.
        recorded: Recorded,
    },
}

/// One of the three with its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answered<T> {
    /// What was said.
    pub said: T,
    /// Where, when, by whom.
    pub recorded: Recorded,
    /// How it ended.
    pub answer: Answer,
}

impl<T> Answered<T> {
    pub(crate) fn open(said: T, recorded: &Recorded) -> Self {
        Self { said, recorded: recorded.clone(), answer: Answer::Open }
    }

    /// Whether it waits for an answer.
    pub fn is_open(&self) -> bool {
        self.answer == Answer::Open
    }

    fn close(&mut self, recorded: &Recorded, upheld: bool, reasons: &str) -> Result<(), Impossible> {
        if !self.is_open() {
            return Err(Impossible::at(recorded, "已经答复"));
        }
        let (reasons, recorded) = (reasons.to_owned(), recorded.clone());
        self.answer =
            if upheld { Answer::Upheld { reasons, recorded } } else { Answer::Dismissed { reasons, recorded } };
        Ok(())
    }
}

/// What may be asked.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields are those of the records")]
pub enum Command {
    /// Anybody objects to an award in public notice.
    Object { id: ObjectionId, case: CaseId, statement: Evidence, contact: Option<Digest> },
    /// The department answers an objection.
    AnswerObjection { id: ObjectionId, upheld: bool, reasons: String },
    /// Anybody complains about staff.
    Complain { id: ComplaintId, case: CaseId, against: Against, statement: Evidence, contact: Option<Digest> },
    /// Somebody without a hand in the case answers a complaint.
    AnswerComplaint { id: ComplaintId, upheld: bool, reasons: String },
    /// Anybody reports a project.
    Report { id: ReportId, case: CaseId, statement: Evidence, contact: Option<Digest> },
    /// The discipline office closes a report.
    CloseReport { id: ReportId, upheld: bool, reasons: String },
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the fields are those of the records")]
pub enum Event {
    /// Somebody objected.
    Objected(Box<Objection>),
    /// An objection was answered.
    ObjectionAnswered { id: ObjectionId, upheld: bool, reasons: String },
    /// Somebody complained.
    Complained(Box<Complaint>),
    /// A complaint was answered.
    ComplaintAnswered { id: ComplaintId, upheld: bool, reasons: String },
    /// Somebody reported.
    Reported(Box<Report>),
    /// A report was closed.
    ReportClosed { id: ReportId, upheld: bool, reasons: String },
}

const ONCE: &str = "这一编号已经用过，请刷新页面后重新填写。";

pub(crate) fn decide(state: &State, context: &Context, command: Command) -> Result<Vec<state::Event>, Refusal> {
    let deadline = |limit| state.required_rules()?.deadline(context, limit);
    let known = |case: CaseId| state.case(case).ok_or_else(|| Refusal::not_found("没有这个办件，请核对编号。"));
    let event = match command {
        Command::Object { id, case, statement, contact } => {
            return object(state, context, (id, case, statement, contact));
        }
        Command::AnswerObjection { id, upheld, reasons } => {
            return answer_objection(state, context, id, upheld, &reasons);
        }
        Command::Complain { id, case, against, statement, contact } => {
            known(case)?;
            if state.complaint_by_key(id).is_some() {
                return Err(Refusal::conflict(ONCE));
            }
            let due = deadline(TimeLimit::ComplaintAnswer)?;
            Event::Complained(Box::new(Complaint { id, case, against, statement, contact, due }))
        }
        Command::AnswerComplaint { id, upheld, reasons } => {
            let complaint = state.complaint_by_key(id).filter(|complaint| may_see(state, &context.actor, complaint));
            let complaint = complaint.ok_or_else(|| Refusal::not_found("没有这个投诉，或不由您办理。"))?;
            open(complaint.is_open())?;
            Event::ComplaintAnswered { id, upheld, reasons: text::required("reasons", "答复理由", &reasons)? }
        }
        Command::Report { id, case, statement, contact } => {
            known(case)?;
            if state.report_by_key(id).is_some() {
                return Err(Refusal::conflict(ONCE));
            }
            let due = deadline(TimeLimit::ReportAnswer)?;
            Event::Reported(Box::new(Report { id, case, statement, contact, due }))
        }
        Command::CloseReport { id, upheld, reasons } => {
            context.require(&[Role::Discipline])?;
            let report = state.report_by_key(id).filter(|report| may_see_report(state, &context.actor, report));
            let report = report.ok_or_else(|| Refusal::not_found("没有这个举报，或不由您办理。"))?;
            open(report.is_open())?;
            Event::ReportClosed { id, upheld, reasons: text::required("reasons", "办理结论", &reasons)? }
        }
    };
    Ok(vec![state::Event::Challenge(event)])
}

fn open(is_open: bool) -> Result<(), Refusal> {
    if is_open { Ok(()) } else { Err(Refusal::conflict("已经答复，不能重复办理。")) }
}

fn object(
    state: &State,
    context: &Context,
    (id, case, statement, contact): (ObjectionId, CaseId, Evidence, Option<Digest>),
) -> Result<Vec<state::Event>, Refusal> {
    let case = state.case(case).ok_or_else(|| Refusal::not_found("没有这个办件，请核对编号。"))?;
    if state.objection(id).is_some() {
        return Err(Refusal::conflict(ONCE));
    }
    let in_time = match &case.stage {
        Stage::Noticed { notice, until, .. } if context.today() <= until.due => Some(*notice),
        _ => None,
    };
    let notice = in_time.ok_or_else(|| {
        Refusal::conflict("办件不在公示期内，不受理异议；对经办人员的意见请提出投诉，对项目的问题请举报。")
    })?;
    let due = state.required_rules()?.deadline(context, TimeLimit::ObjectionAnswer)?;
    let objection = Objection { id, case: case.id, notice, statement, contact, due };
    let held_up = case::step(case, Happened::Objected { objection: id })?;
    Ok(vec![state::Event::Challenge(Event::Objected(Box::new(objection))), held_up])
}

fn answer_objection(
    state: &State,
    context: &Context,
    id: ObjectionId,
    upheld: bool,
    reasons: &str,
) -> Result<Vec<state::Event>, Refusal> {
    let objection = state.objection(id).ok_or_else(|| Refusal::not_found("没有这个异议。"))?;
    open(objection.is_open())?;
    let case = state.case(objection.said.case).ok_or_else(|| Refusal::not_found("没有异议所指的办件。"))?;
    let call = state.required_call(case.call)?;
    call.require_department(context)?;
    case::hands::may_handle(context, case)?;
    context.require_reauthentication()?;
    let reasons = text::required("reasons", "答复理由", reasons)?;
    let answered = state::Event::Challenge(Event::ObjectionAnswered { id, upheld, reasons: reasons.clone() });
    if !matches!(&case.stage, Stage::Noticed { open, .. } if open.contains(&id)) {
        // Another objection was upheld before: the case moved on, whoever objected is answered all the same.
        return Ok(vec![answered]);
    }
    let happened = if upheld {
        let due = state.required_rules()?.deadline(context, TimeLimit::Meeting)?;
        // What the meeting had saved may have been shared out to others since.
        let share = case.stage.ceiling().min(case.stage.decided() + call.available());
        Happened::ObjectionUpheld { objection: id, reasons, share, due }
    } else {
        Happened::ObjectionDismissed { objection: id, reasons }
    };
    Ok(vec![answered, case::step(case, happened)?])
}

/// Whether a complaint may be shown to this actor: to officers and the working group who have no hand in its case, no
/// part of their own in it, and of whom it does not speak.
pub(crate) fn may_see(state: &State, actor: &Actor, complaint: &Answered<Complaint>) -> bool {
    let Actor::Person { person, role: Role::CityOfficer | Role::WorkingGroup | Role::Discipline, organisation } = actor
    else {
        return false;
    };
    let spoken_of = match &complaint.said.against {
        Against::Person(against) => against == person,
        Against::Office(office) => office == organisation,
    };
    let has_hand = state.case(complaint.said.case).is_some_and(|case| case.hands.contains(person));
    !spoken_of && !has_hand && has_no_part(state, actor, complaint.said.case)
}

/// Whether a report may be shown to this actor: to the discipline office's people who have no part of their own in its case.
pub(crate) fn may_see_report(state: &State, actor: &Actor, report: &Answered<Report>) -> bool {
    actor.role() == Some(Role::Discipline) && has_no_part(state, actor, report.said.case)
}

fn has_no_part(state: &State, actor: &Actor, case: CaseId) -> bool {
    state.case(case).is_none_or(|case| case::hands::has_no_part(actor, case).is_ok())
}

impl State {
    pub(crate) fn apply_challenge(&mut self, recorded: &Recorded, event: &Event) -> Result<(), Impossible> {
        let lost = |what: &str| Impossible::at(recorded, format!("没有{what}"));
        match event {
            Event::Objected(objection) => self.insert_objection((**objection).clone(), recorded),
            Event::Complained(complaint) => self.insert_complaint((**complaint).clone(), recorded),
            Event::Reported(report) => self.insert_report((**report).clone(), recorded),
            Event::ObjectionAnswered { id, upheld, reasons } => {
                self.objection_mut(*id).ok_or_else(|| lost("异议"))?.close(recorded, *upheld, reasons)?;
            }
            Event::ComplaintAnswered { id, upheld, reasons } => {
                self.complaint_mut(*id).ok_or_else(|| lost("投诉"))?.close(recorded, *upheld, reasons)?;
            }
            Event::ReportClosed { id, upheld, reasons } => {
                self.report_mut(*id).ok_or_else(|| lost("举报"))?.close(recorded, *upheld, reasons)?;
            }
        }
        Ok(())
    }
}
