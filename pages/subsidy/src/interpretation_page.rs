//! A point, its readings over time, and how another reading is proposed and decided by two people.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use kernel::{Date, Role};
use office::{State, SubmitError};
use register::Light;
use subsidy::event::{Proposal, ProposalId};
use subsidy::state::{ProposalRecord, ProposalStage};
use subsidy::{Command, Point};
use web::{Answer, Counter, Draft, Failure, Field, Form, FromFields, Page, Reader};

use crate::benefit_page::{ReadingRow, period, reading_row};
use crate::typed::Day;
use crate::viewer::{IN_CHARGE, actor_name, approver_name};

#[derive(Template)]
#[template(path = "interpretation.html")]
struct PointPage {
    key: String,
    reading: ReadingRow,
    benefits: Vec<(String, String)>,
    history: Vec<(String, String, String, String)>,
    proposals: Vec<ProposalRow>,
    proposing: Option<(Draft, Vec<Field>)>,
}

struct ProposalRow {
    href: String,
    label: String,
    authority: String,
    period: String,
    stage: Light,
    proposer: String,
}

#[derive(Template)]
#[template(path = "proposal.html")]
struct ProposalPage {
    id: String,
    number: String,
    question: String,
    point: String,
    row: ProposalRow,
    current: String,
    note: Option<String>,
    deciding: Option<(Draft, Vec<Field>)>,
    waits_for_another: bool,
}

/// What an official proposes.
pub struct Proposed {
    chosen: String,
    authority: String,
    from: Date,
    until: Option<Date>,
}

impl FromFields for Proposed {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let chosen = reader.required("chosen", "读法");
        let authority = reader.text("authority", "依据", 300, true);
        let from = reader.required::<Day>("from", "生效日");
        let until = reader.optional::<Day>("until", "截止日");
        Some(Self { chosen: chosen?, authority: authority?, from: from?.0, until: until?.map(|day| day.0) })
    }
}

/// What a second person says.
pub struct Verdict {
    agrees: bool,
    reason: String,
}

impl FromFields for Verdict {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let agrees = reader.choice("verdict", "意见", &[("agree", true), ("reject", false)]);
        let reason = reader.text("reason", "理由", 500, agrees == Some(false));
        Some(Self { agrees: agrees?, reason: reason? })
    }
}

fn is_in_charge(counter: &Counter) -> bool {
    counter.as_of.is_now() && counter.visitor.role().is_some_and(|role: Role| IN_CHARGE.contains(&role))
}

fn point_of(key: &str) -> Result<Point, Failure> {
    Point::ALL.into_iter().find(|point| point.key() == key).ok_or_else(Failure::not_found)
}

fn label_of(state: &State, point: Point, option: &str) -> String {
    let found = state.subsidy.interpretations().and_then(|set| set.get(point)?.option(option));
    found.map_or_else(|| option.to_owned(), |option| option.label.to_string())
}

fn proposal_row(state: &State, record: &ProposalRecord) -> ProposalRow {
    let proposal = &record.proposal;
    ProposalRow {
        href: format!("/proposals/{}", proposal.id),
        label: label_of(state, proposal.point, &proposal.chosen),
        authority: proposal.authority.to_string(),
        period: period(proposal.from, proposal.until),
        stage: match &record.stage {
            ProposalStage::Open => Light::watch("待批准"),
            ProposalStage::Approved(_) => Light::good("已批准"),
            ProposalStage::Rejected(..) => Light::bad("未同意"),
        },
        proposer: format!("{} {}", actor_name(state, &record.recorded.actor), record.recorded.day()),
    }
}

fn show_point(counter: &Counter, page: &Page, point: Point, draft: Draft) -> Answer {
    let (state, day) = (counter.state()?, counter.as_of.day());
    let set = state.subsidy.interpretations().ok_or_else(Failure::not_found)?;
    let interpretation = set.get(point).ok_or_else(Failure::not_found)?;
    let status = if draft.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let proposing = is_in_charge(counter).then(|| {
        let options = interpretation.options.iter().map(|option| (option.key.to_string(), option.label.to_string()));
        let options: Vec<_> = options.collect();
        let fields = vec![
            draft.radios("chosen", "读法", &options).required(),
            draft.lines("authority", "依据").hint("文件名称与文号，或会议纪要").rows(2).required(),
            draft.date("from", "生效日").required(),
            draft.date("until", "截止日").hint("长期有效的留空"),
        ];
        (draft, fields)
    });
    let applies = |clause: &&Arc<subsidy::Clause>| clause.operators().any(|(_, _, points)| points.contains(&point));
    let clauses = state.subsidy.clauses().filter(applies);
    let history = interpretation.choices.iter().rev().map(|choice| {
        let label = label_of(&state, point, &choice.chosen);
        let approver = approver_name(&state, &choice.approver);
        (label, period(choice.from, choice.until), choice.authority.to_string(), approver)
    });
    let mut proposals: Vec<_> = state.subsidy.proposals().filter(|record| record.proposal.point == point).collect();
    proposals.sort_by_key(|record| std::cmp::Reverse(record.recorded.sequence));
    let content = PointPage {
        key: point.key(),
        reading: reading_row(&state, interpretation, day),
        benefits: clauses.map(|clause| (clause.benefit.to_string(), clause.title.to_string())).collect(),
        history: history.collect(),
        proposals: proposals.into_iter().map(|record| proposal_row(&state, record)).collect(),
        proposing,
    };
    let title = format!("解释口径 {}", content.reading.number);
    page.clone().title(title).status(status).crumb("解释口径台账", "/interpretations").show(&content)
}

/// A point.
pub async fn point(counter: Counter, Path(key): Path<String>, page: Page) -> Answer {
    let draft = page.form().fill([("from", counter.as_of.day().to_string())]);
    show_point(&counter, &page, point_of(&key)?, draft)
}

/// Another reading is proposed.
pub async fn propose(counter: Counter, Path(key): Path<String>, page: Page, form: Form<Proposed>) -> Answer {
    let point = point_of(&key)?;
    let Form { read, draft, command, .. } = form;
    let Some(Proposed { chosen, authority, from, until }) = read else {
        return show_point(&counter, &page, point, draft);
    };
    let id = ProposalId(command.0);
    let proposal = Proposal { id, point, chosen: chosen.into(), authority: authority.into(), from, until };
    match counter.submit(command, Command::ChooseInterpretation(proposal)).await {
        Ok(_) => Ok(Redirect::to(&format!("/proposals/{id}")).into_response()),
        Err(SubmitError::Refused(refusal)) => show_point(&counter, &page, point, draft.refused(refusal)?),
        Err(error) => Err(error.into()),
    }
}

fn found(state: &State, id: &str) -> Result<Arc<ProposalRecord>, Failure> {
    let id: ProposalId = id.parse().map_err(|_| Failure::not_found())?;
    state.subsidy.proposal(id).cloned().ok_or_else(Failure::not_found)
}

fn show_proposal(counter: &Counter, page: &Page, record: &ProposalRecord, draft: Draft) -> Answer {
    let (state, day) = (counter.state()?, counter.as_of.day());
    let point = record.proposal.point;
    let interpretation = state.subsidy.interpretations().and_then(|set| set.get(point));
    let interpretation = interpretation.ok_or_else(Failure::not_found)?;
    let status = if draft.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let is_open = record.stage == ProposalStage::Open;
    let own = counter.visitor.signed_in().is_some_and(|signed_in| Some(signed_in.person) == record.proposer);
    let deciding = (is_open && is_in_charge(counter) && !own).then(|| {
        let draft = draft.revision(record.revision);
        let fields = vec![
            draft.radios("verdict", "意见", &[("agree", "同意，自生效日起执行"), ("reject", "不同意")]).required(),
            draft.lines("reason", "理由").hint("不同意时必填").rows(3),
        ];
        (draft, fields)
    });
    let note = match &record.stage {
        ProposalStage::Open => None,
        ProposalStage::Approved(at) => Some(format!("{} 于 {} 批准", actor_name(&state, &at.actor), at.day())),
        ProposalStage::Rejected(at, reason) => {
            Some(format!("{} 于 {} 未同意：{reason}", actor_name(&state, &at.actor), at.day()))
        }
    };
    let current = interpretation.on(day).map(|choice| label_of(&state, point, &choice.chosen)).unwrap_or_default();
    let content = ProposalPage {
        id: record.proposal.id.to_string(),
        number: interpretation.number.to_string(),
        question: interpretation.question.to_string(),
        point: point.key(),
        row: proposal_row(&state, record),
        current,
        note,
        deciding,
        waits_for_another: is_open && own,
    };
    let title = format!("口径提议 {}", content.number);
    let page = page.clone().title(title).status(status).crumb("解释口径台账", "/interpretations");
    page.crumb(content.number.clone(), format!("/interpretations/{}", content.point)).show(&content)
}

/// A proposal.
pub async fn proposal(counter: Counter, Path(id): Path<String>, page: Page) -> Answer {
    let record = found(&counter.state()?, &id)?;
    let draft = page.form();
    show_proposal(&counter, &page, &record, draft)
}

/// A second person approves or turns it down.
pub async fn decide(counter: Counter, Path(id): Path<String>, page: Page, form: Form<Verdict>) -> Answer {
    let record = found(&counter.state()?, &id)?;
    let Form { read, draft, command, revision } = form;
    let Some(Verdict { agrees, reason }) = read else { return show_proposal(&counter, &page, &record, draft) };
    let proposal = record.proposal.id;
    let decided = match agrees {
        true => Command::ApproveInterpretation { proposal, expected: revision },
        false => Command::RejectInterpretation { proposal, reason, expected: revision },
    };
    match counter.submit(command, decided).await {
        Ok(_) => Ok(Redirect::to(&format!("/interpretations/{}", record.proposal.point)).into_response()),
        Err(SubmitError::Refused(refusal)) => show_proposal(&counter, &page, &record, draft.refused(refusal)?),
        Err(error) => Err(error.into()),
    }
}
