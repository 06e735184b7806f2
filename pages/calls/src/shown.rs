//! What the pages of a call share: who may open them, what they name, which files they take.

use cases::call::PlanSentence;
use cases::{Call, CallId};
use kernel::{Anchor, Digest, Evidence, Role};
use office::State;
use plan::text::Binding;
use web::{Answer, Counter, Failure, Upload};

/// Those who keep fund rules and their reviews.
pub const RULE_KEEPERS: &[Role] = &[Role::CityOfficer, Role::WorkingGroup];
/// Those who run a call.
pub const DEPARTMENT: &[Role] = &[Role::CityOfficer];
/// Those who see how a call stands.
pub const OVERSEERS: &[Role] = &[Role::CityOfficer, Role::WorkingGroup, Role::Finance, Role::Auditor];
/// Bytes of the files of one form.
pub const UPLOAD: usize = 20 << 20;
/// Files that are taken.
pub const PAPERS: &str = ".pdf,.ofd,.docx,.xlsx,.png,.jpg,.txt";

/// The call of this key.
pub fn found<'a>(state: &'a State, key: &str) -> Result<&'a Call, Failure> {
    let id: CallId = key.parse().map_err(|_| Failure::not_found())?;
    state.cases.call(id).ok_or_else(Failure::not_found)
}

/// The call of this key, for the department in charge, the finance office that pays, and those who watch over all.
pub fn found_for_office<'a>(state: &'a State, counter: &Counter, key: &str) -> Result<&'a Call, Failure> {
    let call = found(state, key)?;
    let own = counter.visitor.organisation();
    let may = match counter.visitor.role() {
        Some(Role::WorkingGroup | Role::Auditor) => true,
        Some(Role::CityOfficer) => own == Some(&call.terms.issuer),
        Some(Role::Finance) => own == Some(&call.terms.finance),
        _ => false,
    };
    if may { Ok(call) } else { Err(Failure::not_found()) }
}

/// Whether the visitor may act for the department in charge of a call, now.
pub fn is_in_charge(counter: &Counter, call: &Call) -> bool {
    let acts = counter.visitor.role() == Some(Role::CityOfficer);
    acts && counter.as_of.is_now() && counter.visitor.organisation() == Some(&call.terms.issuer)
}

/// The call of this key, for the department in charge alone.
pub fn found_in_charge<'a>(state: &'a State, counter: &Counter, key: &str) -> Result<&'a Call, Failure> {
    let call = found(state, key)?;
    if counter.visitor.organisation() == Some(&call.terms.issuer) { Ok(call) } else { Err(Failure::not_found()) }
}

/// Keeps a file as it was sent.
pub async fn keep(counter: &Counter, upload: &Upload) -> Result<Evidence, Failure> {
    counter.keep(upload).await
}

/// A kept file, to be downloaded.
pub async fn send(counter: &Counter, file: &Evidence) -> Answer {
    let content = counter.hall.file(&file.digest).await?;
    Ok(web::file(content, "application/octet-stream", &file.name))
}

/// What a benefit is called; its key when its clause is no longer in force.
pub fn benefit_title(state: &State, benefit: &cases::BenefitId) -> String {
    let clause = benefit.as_str().parse().ok().and_then(|key| state.subsidy.clause(&key).cloned());
    clause.map_or_else(|| benefit.to_string(), |clause| clause.title.to_string())
}

/// The words of a plan's sentence, as adopted.
pub fn sentence_text(state: &State, sentence: &PlanSentence) -> String {
    let plan = state.plan.document(&sentence.plan);
    plan.and_then(|plan| Some(plan.sentence(&sentence.anchor)?.text())).unwrap_or_default()
}

/// Where a sentence is read in the living document.
pub fn sentence_address(benefit: &cases::BenefitId) -> String {
    format!("/plan?open={benefit}#{benefit}")
}

/// A sentence that promises money.
pub struct Promise {
    /// Of the plan as adopted.
    pub plan: Digest,
    /// Where in it.
    pub anchor: Anchor,
    /// Of which benefit.
    pub benefit: cases::BenefitId,
    /// As published.
    pub text: String,
}

/// Sentences of the plans in force that grant a benefit, in the order of the documents.
pub fn promises(state: &State, day: kernel::Date) -> Vec<Promise> {
    let plans = state.plan.plans().filter_map(|(key, _)| state.plan.plan_on(key, day));
    let of_plan = |plan: &std::sync::Arc<plan::Plan>| {
        let places = plan.places(|binding| matches!(binding, Binding::Benefit(_))).into_iter();
        let promise = places.filter_map(|(sentence, segment)| {
            let Binding::Benefit(benefit) = &segment.binding else { return None };
            let benefit = benefit.as_str().parse().ok()?;
            Some(Promise { plan: plan.digest, anchor: sentence.anchor.clone(), benefit, text: segment.text.clone() })
        });
        promise.collect::<Vec<_>>()
    };
    plans.flat_map(of_plan).collect()
}

/// An actor by organisation and role; people's names stay in the vault.
pub fn actor_name(state: &State, actor: &kernel::Actor) -> String {
    match actor {
        kernel::Actor::System => "系统".to_owned(),
        kernel::Actor::Person { role, organisation, .. } => {
            format!("{} · {}", state.organisation_name(organisation), role.label())
        }
    }
}
