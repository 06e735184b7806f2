//! A claim between contexts: `subsidy` computes, `cases` carries the procedure, and neither knows the other.
//!
//! ```text
//! form ─► FileClaim + Submit ─► Submitted ─► RecordRelations
//!                                  └───────► Assess ─► AssessmentMade ─► RecordAssessment
//! scored, audited, completed ──────────────► Assess          Decided, Released, ClawedBack ─► ChangeAccount
//! ```

use std::collections::BTreeSet;

use cases::account::Change as Became;
use cases::case::{Act, Assessment, Happened};
use cases::relation::Relations;
use cases::{AssessmentId, Case, CaseId, StageKind};
use enterprise::Size;
use enterprise::authority::competent_for;
use kernel::{CommandId, CreditCode, Date, Recorded, Refusal};
use subsidy::facts::Score;
use subsidy::{ClaimId, Decision, DecisionId, Outcome};

use crate::relations;
use crate::state::{Command, State};

/// Who applies, as the enterprise file knows the firm on the day.
pub fn applicant(state: &State, firm: CreditCode, today: Date) -> Result<cases::case::Applicant, Refusal> {
    let file = state
        .enterprise
        .firm(firm)
        .ok_or_else(|| Refusal::not_found(format!("{firm} 还没有企业档案，请先联系所在区县建立一企一档，再申报。")))?;
    let catalog = state.enterprise.required_catalog()?;
    let district = competent_for(catalog, file, today)
        .ok_or_else(|| Refusal::conflict("企业档案中的住所在今天没有主管区县，请先更正企业档案的地址，再申报。"))?;
    // Nobody told its size: it is not counted among the small ones.
    let size = state.enterprise.size(firm, today);
    Ok(cases::case::Applicant {
        firm,
        district,
        direct: file.files_directly(),
        small_or_medium: size.is_some_and(|found| found.size != Size::Large),
    })
}

/// The id of the case a claim belongs to, and of the claim a case is about: the same.
pub fn claim_of(case: CaseId) -> ClaimId {
    ClaimId(case.0)
}

/// What follows when something happened to a case.
pub(crate) fn of_case(state: &State, recorded: &Recorded, case: CaseId, happened: &Happened) -> Vec<Command> {
    let Some(case) = state.cases.case(case) else { return Vec::new() };
    let begins = matches!(happened, Happened::Submitted(_) | Happened::Offered(_));
    let related = begins.then(|| record_relations(state, case, recorded.day()));
    let computes = begins
        || match happened {
            Happened::Resubmitted { changes, .. } => changes.claim.is_some(),
            Happened::Scored { complete, .. } | Happened::Recused { complete, .. } => complete.is_some(),
            Happened::Audited { .. } => true,
            _ => false,
        };
    let assessed = computes.then(|| assess(state, case, recorded)).flatten();
    related.into_iter().chain(assessed).collect()
}

/// The ties around a case's firm, as they are on a day.
fn record_relations(state: &State, case: &Case, today: Date) -> Command {
    let relations = relations::around(state, case.applicant.firm, today, recusal_steps(state, today));
    recorded_as(case, relations)
}

fn recorded_as(case: &Case, relations: Relations) -> Command {
    cases::Command::Case { case: case.id, expected: None, act: Act::RecordRelations(relations) }.into()
}

/// How many ties recusal reaches over; none before any rule was adopted.
fn recusal_steps(state: &State, today: Date) -> u8 {
    state.cases.rules().map_or(0, |rules| rules.recusal_steps(today))
}

/// An assessment of what a case claims, with what offices found out; none while the clause may not be carried out, or
/// where nothing was filed under its id. An officer can then have it made when that has changed.
pub fn assess(state: &State, case: &Case, recorded: &Recorded) -> Option<Command> {
    let claim_id = claim_of(case.id);
    let claim = assessable(state, case)?;
    state.subsidy.review_on(&claim.benefit, recorded.day())?;
    let id = CommandId::derived([b"assessment:", &recorded.sequence.0.to_be_bytes()[..]]);
    let decision = DecisionId(id.0);
    let command = subsidy::Command::Assess { decision, claim_id, firm: case.applicant.firm, claim };
    let context = kernel::Context {
        now: recorded.at,
        actor: kernel::Actor::System,
        reauthenticated: true,
        calendar: state.city.calendar().clone(),
    };
    // What was filed may be beyond what the clause can compute: the case then shows that it has no assessment, and the
    // claim is not lost for it.
    subsidy::decide(&state.subsidy, &context, command.clone()).is_ok().then(|| command.into())
}

/// What was filed for a case, with the score and the audited base once they are known.
pub fn assessable(state: &State, case: &Case) -> Option<subsidy::Claim> {
    let filed = &state.subsidy.filed(claim_of(case.id))?.filed;
    let mut claim = filed.claim.clone();
    claim.score = case.score.and_then(|score| Score::from_hundredths(u16::try_from(score).ok()?));
    claim.verified = case.audit.as_ref().map(|audit| audit.verified);
    // Whose amounts apply follows from where the firm is, not from what it says.
    let by_district = state.subsidy.clause(&claim.benefit).is_some_and(|clause| clause.by_district());
    claim.district = by_district.then_some(case.applicant.district);
    Some(claim)
}

/// Whether a person may have a claim assessed. One that belongs to a case is assessed as it was filed and as offices
/// found it, by somebody of the department in charge who has no part of their own in it.
pub(crate) fn may_assess(
    state: &State,
    context: &kernel::Context,
    claim_id: ClaimId,
    claim: &subsidy::Claim,
) -> Result<(), Refusal> {
    let Some(case) = state.cases.case(CaseId(claim_id.0)).filter(|_| context.actor != kernel::Actor::System) else {
        return Ok(());
    };
    let issuer = state.cases.call(case.call).map(|call| &call.terms.issuer);
    if context.actor.organisation() != issuer {
        return Err(Refusal::not_allowed("办件的资金测算由责任部门办理，请由该部门人员办理。"));
    }
    if let Some(reason) = cases::view::unfit(context, case) {
        return Err(Refusal::forbidden(reason));
    }
    if assessable(state, case).as_ref() != Some(claim) {
        return Err(Refusal::forbidden("办件只能按企业申报的内容和已登记的评分、核定基数测算，不能另填。"));
    }
    Ok(())
}

/// Whether a person may have a claim filed. What a case is about, only the firm's own people state again, when they
/// complete it: an officer would change what others are judging.
pub(crate) fn may_file(state: &State, context: &kernel::Context, filed: &subsidy::Filed) -> Result<(), Refusal> {
    let of_firm = context.actor.organisation().is_some_and(|own| own.as_str() == filed.firm.as_str());
    if context.actor == kernel::Actor::System || of_firm || state.cases.case(CaseId(filed.claim_id.0)).is_none() {
        return Ok(());
    }
    Err(Refusal::not_allowed("这一申报已经有办件，申报内容只能由企业按补正要求更改。"))
}

/// Whether a person may offer a firm an award (免申即享): nobody who is related to it. There is no case yet that would
/// know who is, so the ties are looked up now.
pub(crate) fn may_offer(
    state: &State,
    context: &kernel::Context,
    proposal: &cases::proactive::Proposal,
) -> Result<(), Refusal> {
    not_related(state, context, proposal.applicant.firm)
}

/// Whether a person may record that a tie of a firm's has ended: the firm itself, and officials whom no tie to it bars.
/// They would otherwise clear their own way to its cases.
pub(crate) fn may_end_tie(state: &State, context: &kernel::Context, firm: CreditCode) -> Result<(), Refusal> {
    if context.actor.organisation().is_some_and(|own| own.as_str() == firm.as_str()) {
        return Ok(());
    }
    not_related(state, context, firm)
}

fn not_related(state: &State, context: &kernel::Context, firm: CreditCode) -> Result<(), Refusal> {
    let today = context.today();
    let steps = recusal_steps(state, today);
    let ties = relations::around(state, firm, today, steps);
    let related = cases::relation::related(&firm.into(), &ties.links, steps);
    match cases::relation::barring(&related, &context.actor) {
        Some(related) => {
            Err(Refusal::forbidden(format!("您与 {firm} 存在关联（{}），应当回避，请由其他人员办理。", related.way())))
        }
        None => Ok(()),
    }
}

/// What a case learns of its assessment.
pub(crate) fn assessed(state: &State, decision: &Decision) -> Option<Command> {
    let case = state.cases.case(CaseId(decision.claim_id.0))?;
    let (ceiling, award) = match &decision.outcome {
        Outcome::Eligible { ceiling, award, .. } => (*ceiling, *award),
        Outcome::NotEligible { .. } => (kernel::Money::ZERO, kernel::Money::ZERO),
    };
    let assessment = Assessment {
        id: AssessmentId(decision.id.0),
        digest: decision.digest(),
        claim: decision.claim.filed_digest(),
        ceiling,
        award,
    };
    Some(cases::Command::Case { case: case.id, expected: None, act: Act::RecordAssessment(assessment) }.into())
}

/// What the cap account learns of a case.
pub(crate) fn counted(state: &State, event: &cases::Event) -> Option<Command> {
    let effect = cases::account::effect(&state.cases, event)?;
    let change = match effect.change {
        Became::Decided(amount) => subsidy::account::Change::Decided(amount),
        Became::Released => subsidy::account::Change::Released,
        Became::ClawedBack(amount) => subsidy::account::Change::ClawedBack(amount),
        // What is paid was decided and counts already; what comes back from the bank is to be paid again.
        Became::Paid(_) | Became::Returned(_) => return None,
    };
    let claim_id = claim_of(effect.case);
    state.subsidy.decision_on(claim_id)?;
    Some(subsidy::Command::ChangeAccount { claim_id, change }.into())
}

/// Open cases of firms near one whose ties changed, where what is known of their relations is no longer true.
pub(crate) fn ties_changed(state: &State, firm: CreditCode, today: Date) -> Vec<Command> {
    ties_changed_of(state, &BTreeSet::from([firm]), today)
}

fn ties_changed_of(state: &State, firms: &BTreeSet<CreditCode>, today: Date) -> Vec<Command> {
    use cases::relation::Party;
    let steps = recusal_steps(state, today);
    let organisation = |firm: &CreditCode| Party::Organisation(kernel::OrganisationId::from(*firm));
    let changed: BTreeSet<Party> = firms.iter().map(organisation).collect();
    let near = firms.iter().flat_map(|firm| {
        let links = relations::around(state, *firm, today, steps).links;
        cases::relation::related(&(*firm).into(), &links, steps).into_iter().map(|related| related.party)
    });
    let near: BTreeSet<Party> = near.chain(changed.iter().cloned()).collect();
    let knew = |case: &Case| {
        case.related.iter().flat_map(|related| related.iter()).any(|related| changed.contains(&related.party))
    };
    let concerned =
        state.cases.open_cases().filter(|case| near.contains(&organisation(&case.applicant.firm)) || knew(case));
    let differing = concerned.filter_map(|case| {
        let relations = relations::around(state, case.applicant.firm, today, steps);
        relations::differs(case, &relations, steps).then(|| recorded_as(case, relations))
    });
    differing.collect()
}

/// Open cases near a firm in which somebody has a part who turns out to be a person with an account.
pub(crate) fn identified(state: &State, identity: kernel::Digest, today: Date) -> Vec<Command> {
    let is_holder = |holding: &enterprise::Holding| matches!(&holding.holder, enterprise::relation::Holder::Person { identity: of, .. } if *of == identity);
    let holds = |file: &&enterprise::FirmFile| file.holdings.values().any(|holding| is_holder(holding));
    let firms: BTreeSet<_> = state.enterprise.firms().filter(holds).map(|file| file.code).collect();
    if firms.is_empty() { Vec::new() } else { ties_changed_of(state, &firms, today) }
}

/// Open cases near firms for which somebody began or ceased to act by the date alone, as was agreed earlier.
pub(crate) fn ties_of_the_day(state: &State, today: Date) -> Vec<(String, Command)> {
    // A week: the program may have stood still for some days.
    let since = today.saturating_sub(jiff::Span::new().days(7));
    let recent = |day: Date| since < day && day <= today;
    let turned = state.accounts.authorisations().filter(|given| {
        let ended = given.until.tomorrow().is_ok_and(recent);
        matches!(given.stage, accounts::authorisation::Stage::Accepted) && (recent(given.from) || ended)
    });
    let firms: BTreeSet<_> = turned.map(|given| given.firm).collect();
    if firms.is_empty() {
        return Vec::new();
    }
    let changed = ties_changed_of(state, &firms, today).into_iter();
    changed.map(|command| (format!("ties:{today}:{command:?}"), command)).collect()
}

/// Cases that wait for the district of a firm that another district is in charge of now.
pub(crate) fn moved(state: &State, firm: CreditCode, today: Date) -> Vec<Command> {
    let Ok(now) = applicant(state, firm, today) else { return Vec::new() };
    let waits = |case: &&Case| {
        matches!(case.stage.kind(), StageKind::DistrictReview | StageKind::Returned)
            && case.applicant.district != now.district
    };
    let reassign = |case: &Case| {
        cases::Command::Case { case: case.id, expected: None, act: Act::Reassign { district: now.district } }.into()
    };
    state.cases.cases_of_firm(firm).filter(waits).map(reassign).collect()
}

/// Divisions whose authority passed on are asked for every day: cases waiting at an office that is no longer in charge.
pub(crate) fn orphaned(state: &State, today: Date) -> Vec<(String, Command)> {
    let firms: BTreeSet<_> = state.cases.open_cases().map(|case| case.applicant.firm).collect();
    let moves = firms.into_iter().flat_map(|firm| moved(state, firm, today));
    moves.map(|command| (format!("reassign:{today}:{command:?}"), command)).collect()
}
