//! Who sees what of benefits.

use kernel::{Actor, CreditCode, Date, OrganisationId, Role};
use office::State;
use register::Viewer;
use subsidy::BenefitId;

/// Those who see assessments of other firms.
pub const OFFICIALS: &[Role] = &[Role::CityOfficer, Role::WorkingGroup, Role::Finance, Role::Auditor];
/// Those in charge of clauses, readings and reviews.
pub const IN_CHARGE: &[Role] = &[Role::CityOfficer, Role::WorkingGroup];
/// Those who set what a district grants.
pub const SETTERS: &[Role] = &[Role::DistrictOfficer, Role::CityOfficer];
/// Those who import payments made elsewhere.
pub const PAYERS: &[Role] = &[Role::CityOfficer, Role::Finance];
/// Those who see their own.
pub const FIRM: &[Role] = &[Role::Enterprise, Role::Agent];
/// Both.
pub const READERS: &[Role] =
    &[Role::Enterprise, Role::Agent, Role::CityOfficer, Role::WorkingGroup, Role::Finance, Role::Auditor];

/// Whether a viewer may see what a firm claimed and received under a benefit: the firm itself, the municipal
/// department the plan makes responsible, and those who watch over all of them.
pub fn may_see(state: &State, viewer: &Viewer, firm: CreditCode, benefit: &BenefitId) -> bool {
    match (viewer.role, &viewer.organisation) {
        (Some(Role::Enterprise | Role::Agent), Some(organisation)) => organisation.as_str() == firm.as_str(),
        _ => may_see_benefit(state, viewer, benefit),
    }
}

/// Whether an official may see what all firms claimed and received under a benefit.
pub fn may_see_benefit(state: &State, viewer: &Viewer, benefit: &BenefitId) -> bool {
    match (viewer.role, &viewer.organisation) {
        (Some(Role::CityOfficer), Some(organisation)) => is_responsible(state, benefit, organisation),
        (Some(role), _) => OFFICIALS.contains(&role),
        (None, _) => false,
    }
}

/// Whether a plan in force lists the organisation among the units responsible for the benefit's measure.
fn is_responsible(state: &State, benefit: &BenefitId, organisation: &OrganisationId) -> bool {
    let Ok(key) = benefit.as_str().parse::<plan::BenefitKey>() else { return false };
    let mut plans = state.plan.plans().filter_map(|(plan, _)| state.plan.plan_on(plan, Date::MAX));
    plans.any(|plan| {
        let subject = plan.measure_of_benefit(&key);
        subject.is_some_and(|subject| plan.units_of(subject).iter().any(|unit| unit.key == *organisation))
    })
}

/// A firm by its name where a file is kept of it, else by its code.
pub fn firm_name(state: &State, firm: CreditCode) -> String {
    state.enterprise.firm(firm).map_or_else(|| firm.to_string(), |file| file.name().to_owned())
}

/// An actor by organisation and role; people's names stay in the vault.
pub fn actor_name(state: &State, actor: &Actor) -> String {
    match actor {
        Actor::System => "系统".to_owned(),
        Actor::Person { role, organisation, .. } => {
            format!("{} · {}", state.organisation_name(organisation), role.label())
        }
    }
}

/// Who approved a reading, as it was recorded: an organisation's id with a role, or words.
pub fn approver_name(state: &State, approver: &str) -> String {
    let named = approver.split_once(' ').and_then(|(organisation, role)| {
        let organisation: OrganisationId = organisation.parse().ok()?;
        Some(format!("{} · {role}", state.organisation_name(&organisation)))
    });
    named.unwrap_or_else(|| approver.to_owned())
}

/// What a benefit is called; its key when its clause is no longer in force.
pub fn benefit_title(state: &State, benefit: &BenefitId) -> String {
    state.subsidy.clause(benefit).map_or_else(|| benefit.to_string(), |clause| clause.title.to_string())
}
