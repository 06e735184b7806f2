//! Who sees what of cases.

use cases::{Case, Stage};
use kernel::{CreditCode, Role};
use office::State;
use register::Viewer;

/// Those who act for a firm.
pub const FIRM: &[Role] = &[Role::Enterprise, Role::Agent];
/// Those who handle cases or watch over those who do.
pub const OFFICIALS: &[Role] = &[
    Role::DistrictOfficer,
    Role::CityOfficer,
    Role::WorkingGroup,
    Role::Finance,
    Role::Expert,
    Role::AuditFirm,
    Role::Auditor,
];

/// Whether a viewer may see a case: the firm its own, a district those it is in charge of, the department and the finance
/// office those of their calls, an expert and an audit firm those they are asked about, and whoever watches over all.
pub fn may_see(state: &State, viewer: &Viewer, case: &Case) -> bool {
    if matches!(viewer.role, Some(Role::WorkingGroup | Role::Auditor)) {
        return true;
    }
    let (Some(call), Some(organisation)) = (state.cases.call(case.call), &viewer.organisation) else { return false };
    match viewer.role {
        Some(Role::Enterprise | Role::Agent) => organisation.as_str() == case.applicant.firm.as_str(),
        Some(Role::DistrictOfficer) => *organisation == case.applicant.district.into(),
        Some(Role::CityOfficer) => *organisation == call.terms.issuer,
        Some(Role::Finance) => *organisation == call.terms.finance,
        Some(Role::Expert) => is_seated(viewer, case),
        Some(Role::AuditFirm) => is_auditor(organisation, case),
        _ => false,
    }
}

/// An expert sees what they are asked about, and what they scored.
fn is_seated(viewer: &Viewer, case: &Case) -> bool {
    let Some(person) = viewer.person else { return false };
    let seated = matches!(&case.stage, Stage::ExpertReview { seats, .. } if seats.contains_key(&person));
    seated || case.opinions.contains_key(&person)
}

fn is_auditor(organisation: &kernel::OrganisationId, case: &Case) -> bool {
    let chosen = matches!(&case.stage, Stage::Audit { auditor: Some(auditor), .. } if auditor == organisation);
    chosen || case.audit.as_ref().is_some_and(|audit| audit.auditor == *organisation)
}

/// A firm by its name where a file is kept of it, else by its code.
pub fn firm_name(state: &State, firm: CreditCode) -> String {
    state.organisation_name(&firm.into())
}
