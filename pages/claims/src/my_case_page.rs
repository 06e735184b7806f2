//! Where a firm's case stands: whose turn it is, what is missing, when it will be decided, what was computed and said.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use cases::adverse::{self, AdverseDecision, Method};
use cases::{AdverseId, Call, Case, CaseId, Stage};
use kernel::timeline::Step;
use kernel::{Actor, Date, Digest, Evidence, Money, Role};
use office::State;
use register::Light;
use subsidy::DecisionId;
use subsidy_pages::{OutcomeView, TraceTable};
use web::{Answer, Counter, Draft, Failure, Page, Steps, Timeline};

use super::course::{Ahead, ahead};
use super::my_acts::{self, Forms};
use super::my_case::{NextStep, found, next_steps};
use super::step::title_of;
use super::taken::spoken_size;
use cases_pages::case_head::{number, stage_light, steps};

#[derive(Template)]
#[template(path = "my_case.html")]
struct MyCase {
    number: String,
    firm: String,
    call: String,
    call_href: String,
    base: String,
    stage: Light,
    steps: Steps,
    next: Vec<NextStep>,
    missing: Vec<String>,
    returned: Option<(String, String, String)>,
    facts: Vec<[String; 5]>,
    adverse: Vec<AdverseCard>,
    money: Vec<(&'static str, String)>,
    assessment: Option<(OutcomeView, TraceTable, bool)>,
    ahead: Vec<Ahead>,
    materials: Vec<(String, Vec<FileRow>)>,
    papers: Vec<FileRow>,
    notice: Option<String>,
    received: Vec<cases::support::Received>,
    supports: Vec<String>,
    timeline: Timeline,
    versions: usize,
    draft: Draft,
    forms: Forms,
}

/// A kept file.
struct FileRow {
    name: String,
    href: String,
    size: String,
}

/// An intended or made decision against the firm.
struct AdverseCard {
    id: AdverseId,
    kind: String,
    stage: &'static str,
    reasons: String,
    basis: Vec<String>,
    notice: FileRow,
    until: String,
    may_speak: bool,
    spoke: Option<(FileRow, bool)>,
    made: Option<Made>,
}

/// A decision as made, with what can be done about it.
struct Made {
    document: FileRow,
    answer: Option<String>,
    reconsideration: String,
    court: String,
    bar_until: Option<String>,
    served: Option<Served>,
}

/// Proof of service, and until when there are remedies.
struct Served {
    method: &'static str,
    on: String,
    proof: FileRow,
    reconsideration: String,
    litigation: String,
}

const fn method(method: Method) -> &'static str {
    match method {
        Method::Direct => "直接送达",
        Method::Post => "邮寄送达",
        Method::Electronic => "电子送达",
        Method::Left => "留置送达",
        Method::Announcement => "公告送达",
    }
}

fn file_row(base: &str, file: &Evidence) -> FileRow {
    let href = format!("{base}/files/{}", file.digest);
    FileRow { name: file.name.clone(), href, size: spoken_size(file.size) }
}

fn adverse_card(base: &str, decision: &AdverseDecision, today: Date) -> AdverseCard {
    let intended = &decision.intended;
    let statement = match &decision.stage {
        adverse::Stage::Notified { statement } => statement.as_ref(),
        adverse::Stage::Heard { statement, .. } => Some(statement),
        _ => None,
    };
    let service = match &decision.stage {
        adverse::Stage::Served { service, .. } | adverse::Stage::Contested { service, .. } => Some(service),
        _ => None,
    };
    let served = service.map(|service| Served {
        method: method(service.method),
        on: service.on.to_string(),
        proof: file_row(base, &service.proof),
        reconsideration: service.reconsideration.due.to_string(),
        litigation: service.litigation.due.to_string(),
    });
    let made = decision.stage.made().map(|made| Made {
        document: file_row(base, &made.document),
        answer: made.answer.clone(),
        reconsideration: made.remedy.reconsideration.clone(),
        court: made.remedy.court.clone(),
        bar_until: made.bar_until.map(|day| day.to_string()),
        served,
    });
    let kind = match intended.kind {
        adverse::Kind::Clawback(amount) => format!("{} {amount} 元", intended.kind.label()),
        kind => kind.label().to_owned(),
    };
    let may_speak = matches!(decision.stage, adverse::Stage::Notified { statement: None });
    AdverseCard {
        id: decision.id,
        kind,
        stage: decision.stage.label(),
        reasons: intended.reasons.clone(),
        basis: intended.basis.iter().map(ToString::to_string).collect(),
        notice: file_row(base, &intended.notice),
        until: intended.until.due.to_string(),
        may_speak: may_speak && today <= intended.until.due,
        spoke: statement.map(|statement| (file_row(base, &statement.file), statement.hearing)),
        made,
    }
}

/// Decisions against the firm that are about this case.
fn decisions<'a>(state: &'a State, case: &'a Case) -> impl Iterator<Item = &'a AdverseDecision> {
    state.cases.adverse_of_firm(case.applicant.firm).filter(|decision| decision.intended.case == case.id)
}

/// The assessment in force, computed again from the ledger, with whether it agrees.
fn assessment(state: &State, case: &Case) -> Option<(OutcomeView, TraceTable, bool)> {
    let id = DecisionId(case.assessment?.id.0);
    let decision = &state.subsidy.decision(id)?.decision;
    let clause = state.subsidy.clause(&decision.claim.benefit)?;
    let again = subsidy::recompute(&state.subsidy, id).ok()?;
    let note = format!("{} 作出", decision.on);
    let explained = format!("/benefits/{}", clause.benefit);
    let outcome = OutcomeView::new(clause, &decision.outcome, decision.claim.year, "资金测算");
    Some((outcome, TraceTable::new(clause, &again.assessment.trace, note, &explained), again.agrees))
}

/// What happened, as the firm may know it: neither who the experts are nor how its ties were found.
fn timeline(state: &State, case: &Case) -> Timeline {
    const INTERNAL: [&str; 2] = ["核对关联关系", "确定评审专家"];
    let shown = |step: Step| Step {
        note: step.note.filter(|_| step.title != "回避"),
        // Kept files of a case stand in a list of their own.
        evidence: Vec::new(),
        ..step
    };
    let steps = cases::view::timeline(&state.cases, case).into_iter();
    let steps: Vec<_> = steps.filter(|step| !INTERNAL.contains(&step.title.as_str())).map(shown).collect();
    Timeline::new(&steps, |actor| match actor {
        Actor::System => "系统".to_owned(),
        Actor::Person { role: Role::Expert, .. } => Role::Expert.label().to_owned(),
        Actor::Person { role, organisation, .. } => {
            format!("{} · {}", state.organisation_name(organisation), role.label())
        }
    })
}

/// Files that offices added: reports, decisions, proofs.
fn papers(state: &State, case: &Case) -> Vec<Evidence> {
    let audit = case.audit.iter().map(|audit| audit.report.clone());
    let of_history = case.history.iter().flat_map(|entry| entry.step().evidence);
    let of_decisions = decisions(state, case).flat_map(|decision| decision.timeline()).flat_map(|step| step.evidence);
    let mut known = std::collections::BTreeSet::new();
    let all = audit.chain(of_history).chain(of_decisions);
    all.filter(|file| known.insert(file.digest)).collect()
}

fn money(case: &Case) -> Vec<(&'static str, String)> {
    let mut money = Vec::new();
    let mut say = |label, amount: Money| {
        if amount != Money::ZERO {
            money.push((label, format!("{amount} 元")));
        }
    };
    say("申请", case.material().map(|material| material.applied).unwrap_or_default());
    say("测算", case.assessment.map(|assessment| assessment.award).unwrap_or_default());
    say("预算内可支持", case.stage.ceiling());
    say("审定", case.stage.decided());
    say("到账", case.purse.paid);
    say("银行退回", case.purse.returned);
    say("已退还", case.purse.recovered);
    money
}

/// Shows a case; with the form that was refused, where one was.
pub fn show(counter: &Counter, state: &State, page: Page, (case, call): (&Case, &Call), draft: Draft) -> Answer {
    let day = counter.as_of.day();
    let base = format!("/my-cases/{}/{}", case.applicant.firm, case.id);
    let returned = match &case.stage {
        Stage::Returned { reason, due, wanted, .. } => {
            let wanted: Vec<_> = wanted.iter().map(|item| title_of(call, item)).collect();
            Some((reason.clone(), wanted.join("、"), due.due.to_string()))
        }
        _ => None,
    };
    let notice = match &case.stage {
        Stage::Noticed { notice, .. } => Some(format!("/notices/{notice}")),
        _ => None,
    };
    let material = case.material();
    let items = material.iter().flat_map(|material| &material.items);
    let materials =
        items.map(|(item, files)| (title_of(call, item), files.iter().map(|file| file_row(&base, file)).collect()));
    let facts = case.facts.iter().map(|fact| {
        let supplier = state.organisation_name(&fact.supplier);
        [fact.what.clone(), supplier, fact.authorisation.clone(), fact.file.name.clone(), fact.as_of.to_string()]
    });
    let status = if draft.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let content = MyCase {
        number: number(case),
        firm: state.organisation_name(&case.applicant.firm.into()),
        call: call.terms.title.clone(),
        call_href: format!("/calls/{}", call.id),
        stage: stage_light(case.stage.kind()),
        steps: steps(state, call, case, day),
        next: next_steps(state, case, day),
        missing: cases::view::missing(&state.cases, case),
        returned,
        facts: facts.collect(),
        adverse: decisions(state, case).map(|decision| adverse_card(&base, decision, day)).collect(),
        money: money(case),
        assessment: assessment(state, case),
        ahead: if case.stage.is_open() { ahead(state, call, Some(case), day) } else { Vec::new() },
        materials: materials.collect(),
        papers: papers(state, case).iter().map(|file| file_row(&base, file)).collect(),
        notice,
        received: material.map(|material| material.received.clone()).unwrap_or_default(),
        supports: material.iter().flat_map(|material| &material.supports).map(ToString::to_string).collect(),
        timeline: timeline(state, case),
        versions: case.versions.len(),
        forms: my_acts::forms(counter, case, &draft),
        draft: draft.revision(case.revision),
        base,
    };
    let title = format!("办件 {}", content.number);
    page.title(title).status(status).crumb("我的办件", "/my-cases").show(&content)
}

/// The case.
pub async fn my_case(counter: Counter, Path((firm, case)): Path<(String, CaseId)>, page: Page) -> Answer {
    let state = counter.state()?;
    let found = found(&counter, &state, &firm, case)?;
    let draft = page.form();
    show(&counter, &state, page, found, draft)
}

/// A file of the case. Always downloaded, never shown inside a page.
pub async fn file(counter: Counter, Path((firm, case, digest)): Path<(String, CaseId, Digest)>) -> Answer {
    let state = counter.state()?;
    let (case, _) = found(&counter, &state, &firm, case)?;
    let sent = case.versions.iter().flat_map(|version| version.material.items.values().flatten().cloned());
    let facts = case.facts.iter().map(|fact| fact.file.clone());
    let named = sent.chain(facts).chain(papers(&state, case)).find(|file| file.digest == digest);
    let named = named.ok_or_else(Failure::not_found)?;
    let content = counter.hall.file(&digest).await?;
    Ok(web::file(content, "application/octet-stream", &named.name))
}
