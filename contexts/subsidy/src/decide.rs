//! What may be done, by whom.

mod parameters;

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::{Actor, Context, CreditCode, Money, OrganisationId, Period, Refusal, Revision, Role};

use crate::account::{Account, Change};
use crate::benefit::{BenefitId, ClaimId, DecisionId};
use crate::decision::{AssessError, Decision, assess_under};
use crate::event::{EarlierPayment, Event, Proposal, ProposalId, Review};
use crate::facts::Claim;
use crate::filed::{self, Filed};
use crate::finding::Finding;
use crate::parameters::ParameterSet;
use crate::rates::Rates;
use crate::rulebook::parse_clauses;
use crate::settings::Settings;
use crate::state::{ProposalRecord, ProposalStage, State, files_digest};

/// What can be asked of benefits.
#[derive(Clone, Debug)]
pub enum Command {
    /// Put clause files and interpretations in force.
    AdoptClauses {
        /// Name → text, `interpretations.toml` among them.
        files: BTreeMap<String, String>,
    },
    /// Put the rate file in force.
    AdoptRates {
        /// `rates.toml`.
        text: String,
    },
    /// Set what a district grants under a clause that leaves the amount to it.
    AdoptParameters(ParameterSet),
    /// Record a fair-competition review of a clause in force, or of a parameter set.
    RecordReview(Review),
    /// Propose to read a point otherwise.
    ChooseInterpretation(Proposal),
    /// Approve a proposal of someone else.
    ApproveInterpretation {
        /// Which.
        proposal: ProposalId,
        /// The revision the form showed.
        expected: Option<Revision>,
    },
    /// Turn a proposal of someone else down.
    RejectInterpretation {
        /// Which.
        proposal: ProposalId,
        /// Why.
        reason: String,
        /// The revision the form showed.
        expected: Option<Revision>,
    },
    /// Count a payment made outside this system.
    ImportEarlierPayment(EarlierPayment),
    /// State what is claimed, or state it anew.
    FileClaim(Filed),
    /// Count what became of an assessed claim; sent by the program.
    ChangeAccount {
        /// Of which claim.
        claim_id: ClaimId,
        /// What became of it.
        change: Change,
    },
    /// Assess a claim formally: the award counts towards the cap.
    Assess {
        /// Chosen by the caller.
        decision: DecisionId,
        /// The claim it decides.
        claim_id: ClaimId,
        /// Whose claim.
        firm: CreditCode,
        /// What is claimed.
        claim: Claim,
    },
}

/// Who is in charge of clauses, readings and rates: the municipal department and the working group.
const IN_CHARGE: [Role; 2] = [Role::CityOfficer, Role::WorkingGroup];

/// Decides a command.
pub fn decide(state: &State, context: &Context, command: Command) -> Result<Vec<Event>, Refusal> {
    let event = match command {
        Command::AdoptClauses { files } => adopt_clauses(state, context, files)?,
        Command::AdoptRates { text } => adopt_rates(state, context, text)?,
        Command::AdoptParameters(set) => parameters::adopt(state, context, set)?,
        Command::RecordReview(review) => record_review(state, context, review)?,
        Command::ChooseInterpretation(proposal) => choose(state, context, proposal)?,
        Command::ApproveInterpretation { proposal, expected } => approve(state, context, proposal, expected)?,
        Command::RejectInterpretation { proposal, reason, expected } => {
            reject(state, context, proposal, reason, expected)?
        }
        Command::ImportEarlierPayment(payment) => import(state, context, payment)?,
        Command::FileClaim(filed) => filed::file(state, context, filed)?,
        Command::ChangeAccount { claim_id, change } => change_account(state, context, claim_id, change)?,
        Command::Assess { decision, claim_id, firm, claim } => {
            assess_formally(state, context, decision, claim_id, firm, claim)?
        }
    };
    Ok(vec![event])
}

/// At most ten findings, so that a page can show them.
fn findings(field: &'static str, findings: &[Finding]) -> Refusal {
    let shown: Vec<String> = findings.iter().take(10).map(ToString::to_string).collect();
    let more = findings.len().saturating_sub(10);
    let more = if more > 0 { format!("\n……另有 {more} 处") } else { String::new() };
    Refusal::invalid(field, format!("文件有 {} 处需要修改：\n{}{more}", findings.len(), shown.join("\n")))
}

fn adopt_clauses(state: &State, context: &Context, files: BTreeMap<String, String>) -> Result<Event, Refusal> {
    may_adopt(context)?;
    let (_, interpretations) = parse_clauses(&files).map_err(|found| findings("files", &found))?;
    let digest = files_digest(&files);
    if state.clauses_digest() == Some(digest) {
        return Err(Refusal::conflict("这一版条款文件已经生效，无需再次采纳。"));
    }
    let kept = state.interpretations().into_iter().flat_map(|set| set.iter());
    for (point, kept) in kept {
        let missing = kept
            .choices
            .iter()
            .skip(1)
            .find(|choice| interpretations.get(point).is_none_or(|new| new.option(&choice.chosen).is_none()));
        if let Some(choice) = missing {
            return Err(Refusal::invalid(
                "files",
                format!("解释点“{point}”已批准的选项“{}”在新文件中不存在，请保留该选项后再采纳。", choice.chosen),
            ));
        }
    }
    Ok(Event::ClausesAdopted { digest, files })
}

fn adopt_rates(state: &State, context: &Context, text: String) -> Result<Event, Refusal> {
    may_adopt(context)?;
    let rates = Rates::parse("rates.toml", &text).map_err(|found| findings("text", &found))?;
    if state.rates().is_some_and(|current| current.digest() == rates.digest()) {
        return Err(Refusal::conflict("这一版利率表已经生效，无需再次采纳。"));
    }
    Ok(Event::RatesAdopted { digest: rates.digest(), text })
}

fn record_review(state: &State, context: &Context, review: Review) -> Result<Event, Refusal> {
    in_charge(context)?;
    context.require_reauthentication()?;
    let clause = clause(state, &review.benefit)?;
    if clause.digest != review.clause {
        return Err(Refusal::conflict("审查针对的条款文本不是现行文本，请核对后按现行文本重新审查。"));
    }
    if let Some(digest) = review.parameters {
        parameters::may_review(state, context, &review.benefit, digest)?;
    }
    Period::new(review.on, review.expires).map_err(|error| Refusal::invalid("expires", error.to_string()))?;
    if review.on > context.today() {
        return Err(Refusal::invalid("on", format!("审查日期 {} 在今天之后。", review.on)));
    }
    if review.body.trim().is_empty() {
        return Err(Refusal::invalid("body", "请写明审查机构。"));
    }
    Ok(Event::FairCompetitionReviewed(review))
}

fn choose(state: &State, context: &Context, proposal: Proposal) -> Result<Event, Refusal> {
    in_charge(context)?;
    let set = state.interpretations().ok_or_else(|| Refusal::conflict("还没有采纳条款文件。"))?;
    if state.proposal(proposal.id).is_some() {
        return Err(Refusal::conflict("这一编号的口径提议已经存在。"));
    }
    let interpretation = set.get(proposal.point);
    let option = interpretation.and_then(|point| point.option(&proposal.chosen));
    let Some(option) = option else {
        return Err(Refusal::invalid("chosen", format!("解释点“{}”没有选项“{}”。", proposal.point, proposal.chosen)));
    };
    Settings::check(proposal.point, option).map_err(|error| Refusal::invalid("chosen", error.to_string()))?;
    if proposal.authority.trim().is_empty() {
        return Err(Refusal::invalid("authority", "请写明依据：文件名称与文号，或会议纪要。"));
    }
    if let Some(until) = proposal.until {
        Period::new(proposal.from, until).map_err(|error| Refusal::invalid("until", error.to_string()))?;
    }
    Ok(Event::InterpretationChosen(proposal))
}

/// An open proposal of someone else, as the form showed it.
fn open_of_another(
    state: &State,
    context: &Context,
    id: ProposalId,
    expected: Option<Revision>,
) -> Result<Arc<ProposalRecord>, Refusal> {
    in_charge(context)?;
    context.require_reauthentication()?;
    let record = state.proposal(id).ok_or_else(|| Refusal::not_found("没有这条口径提议。"))?;
    record.revision.expect(expected)?;
    if record.stage != ProposalStage::Open {
        return Err(Refusal::conflict("这条口径提议已经办结。"));
    }
    if record.proposer.is_none() || record.proposer == context.actor.person() {
        return Err(Refusal::forbidden("提议与批准须由两人办理：请由另一位同事批准。"));
    }
    Ok(record.clone())
}

fn approve(state: &State, context: &Context, id: ProposalId, expected: Option<Revision>) -> Result<Event, Refusal> {
    let record = open_of_another(state, context, id, expected)?;
    let option =
        state.interpretations().and_then(|set| set.get(record.proposal.point)?.option(&record.proposal.chosen));
    if option.is_none() {
        return Err(Refusal::conflict("条款文件已更新，所提选项不再存在，请退回后重新提议。"));
    }
    let approver = match &context.actor {
        Actor::Person { role, organisation, .. } => format!("{organisation} {}", role.label()),
        Actor::System => "系统".to_owned(),
    };
    Ok(Event::InterpretationApproved { proposal: id, approver: approver.into() })
}

fn reject(
    state: &State,
    context: &Context,
    id: ProposalId,
    reason: String,
    expected: Option<Revision>,
) -> Result<Event, Refusal> {
    open_of_another(state, context, id, expected)?;
    if reason.trim().is_empty() {
        return Err(Refusal::invalid("reason", "请写明不同意的理由。"));
    }
    Ok(Event::InterpretationRejected { proposal: id, reason })
}

fn import(state: &State, context: &Context, payment: EarlierPayment) -> Result<Event, Refusal> {
    context.require(&[Role::CityOfficer, Role::Finance])?;
    clause(state, &payment.benefit)?;
    if payment.voucher.trim().is_empty() {
        return Err(Refusal::invalid("voucher", "请填写拨款凭证号。"));
    }
    if let Some(known) = state.voucher(&payment.voucher) {
        let reason = format!("凭证 {} 已于 {} 记入 {} 的账户，不能重复导入。", known.voucher, known.on, known.firm);
        return Err(Refusal::conflict(reason));
    }
    if payment.amount <= Money::ZERO || payment.amount > Money::LIMIT {
        return Err(Refusal::invalid("amount", "拨付金额应大于 0 且不超过 90 万亿元。"));
    }
    if payment.on > context.today() {
        return Err(Refusal::invalid("on", format!("拨付日期 {} 在今天之后。", payment.on)));
    }
    Ok(Event::EarlierPaymentImported(payment))
}

fn assess_formally(
    state: &State,
    context: &Context,
    id: DecisionId,
    claim_id: ClaimId,
    firm: CreditCode,
    claim: Claim,
) -> Result<Event, Refusal> {
    if context.actor != Actor::System {
        context.require(&[Role::CityOfficer])?;
    }
    let clause = clause(state, &claim.benefit)?;
    let today = context.today();
    if state.review_on(&claim.benefit, today).is_none() {
        let reason = format!("“{}”没有有效的公平竞争审查记录，不能正式测算；请先登记审查结论。", clause.title);
        return Err(Refusal::forbidden(reason));
    }
    if clause.by_district() {
        parameters::reviewed(state, clause, claim.district, today)?;
    }
    if state.decision(id).is_some() {
        return Err(Refusal::conflict("这一编号的测算已经存在。"));
    }
    let earlier = state.decision_on(claim_id).map(|record| &record.decision);
    if earlier.is_some_and(|earlier| earlier.firm != firm || earlier.claim.benefit != claim.benefit) {
        return Err(Refusal::conflict("这一申报此前是另一家企业或另一事项的，不能改作他用。"));
    }
    let rulebook = state.rulebook().ok_or_else(|| Refusal::conflict("还没有采纳利率表。"))?;
    let account: Account = state.account(firm, &claim.benefit).without(claim_id);
    let assessed = assess_under(&rulebook, &claim, &account, today);
    let (assessment, grounds, trace) = assessed.map_err(|error| match error {
        AssessError::Claim(error) => Refusal::invalid("claim", error.to_string()),
        other => Refusal::conflict(other.to_string()),
    })?;
    let outcome = assessment.outcome;
    let decision = Decision { id, claim_id, firm, claim, account, on: today, grounds, outcome, trace };
    Ok(Event::AssessmentMade(Box::new(decision)))
}

fn change_account(state: &State, context: &Context, claim_id: ClaimId, change: Change) -> Result<Event, Refusal> {
    if context.actor != Actor::System {
        return Err(Refusal::not_allowed("资金账户随办件的审定、拨付和追回变动，不能人工填写。"));
    }
    if state.decision_on(claim_id).is_none() {
        return Err(Refusal::not_found(format!("申报 {claim_id} 没有资金测算，账户没有可变动的记录。")));
    }
    Ok(Event::AccountChanged { claim_id, change })
}

/// Those in charge, and the program itself when it founds a city.
fn may_adopt(context: &Context) -> Result<(), Refusal> {
    if context.actor == Actor::System {
        return Ok(());
    }
    in_charge(context)?;
    context.require_reauthentication()
}

fn in_charge(context: &Context) -> Result<&OrganisationId, Refusal> {
    context.require(&IN_CHARGE)
}

fn clause<'a>(state: &'a State, benefit: &BenefitId) -> Result<&'a Arc<crate::clause::Clause>, Refusal> {
    state.clause(benefit).ok_or_else(|| Refusal::invalid("benefit", format!("没有事项“{benefit}”，请先采纳条款文件。")))
}
