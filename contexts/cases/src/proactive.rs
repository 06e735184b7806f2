//! 免申即享: an award offered because proven facts show it, without an application.

use kernel::{Actor, Context, CreditCode, Date, Evidence, OrganisationId, Recorded, Refusal};
use serde::{Deserialize, Serialize};

use crate::call::{self, Mode};
use crate::case::{self, Applicant, Happened, Offer};
use crate::key::{CallId, CaseId};
use crate::material::Material;
use crate::rules::TimeLimit;
use crate::state::{Event, State};
use crate::support::require_no_conflict;

/// A fact as data matching found it; whatever is not known is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchedFact {
    /// What it says: “2025 年封测费 1,200,000 元”.
    pub what: String,
    /// Which organisation supplied it.
    pub supplier: Option<OrganisationId>,
    /// 授权: by what it may be used for this purpose.
    pub authorisation: Option<String>,
    /// The file it stands in.
    pub file: Option<Evidence>,
    /// The day it was true.
    pub as_of: Option<Date>,
}

/// A fact with everything a proof needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvenFact {
    /// What it says.
    pub what: String,
    /// Which organisation supplied it.
    pub supplier: OrganisationId,
    /// By what it may be used for this purpose.
    pub authorisation: String,
    /// The file it stands in.
    pub file: Evidence,
    /// The day it was true.
    pub as_of: Date,
}

impl MatchedFact {
    /// Proven, or what it lacks, in words.
    pub fn proven(self) -> Result<ProvenFact, String> {
        let authorisation = self.authorisation.filter(|text| !text.trim().is_empty());
        match (self.supplier, authorisation, self.file, self.as_of) {
            (Some(supplier), Some(authorisation), Some(file), Some(as_of)) => {
                Ok(ProvenFact { what: self.what, supplier, authorisation, file, as_of })
            }
            (supplier, authorisation, file, as_of) => {
                let lacks = [
                    (supplier.is_none(), "提供单位"),
                    (authorisation.is_none(), "使用授权"),
                    (file.is_none(), "原始文件"),
                    (as_of.is_none(), "数据日期"),
                ];
                let lacks: Vec<_> = lacks.into_iter().filter_map(|(lacks, what)| lacks.then_some(what)).collect();
                Err(format!("{}：缺少{}", self.what, lacks.join("、")))
            }
        }
    }
}

/// An award to be offered.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Chosen by the caller.
    pub case: CaseId,
    /// Of which call.
    pub call: CallId,
    /// To whom.
    pub applicant: Applicant,
    /// What the facts give as claim.
    pub material: Material,
    /// What was matched.
    pub facts: Vec<MatchedFact>,
}

/// A firm whose facts did not suffice: it may apply to the call like to any other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Invitation {
    /// What the facts lack.
    pub missing: Vec<String>,
    /// Where, when, by whom.
    pub recorded: Recorded,
}

pub(crate) fn offer(state: &State, context: &Context, proposal: Proposal) -> Result<Event, Refusal> {
    let Proposal { case, call, applicant, material, facts } = proposal;
    let call = state.required_call(call)?;
    if context.actor != Actor::System {
        call.require_department(context)?;
    }
    if call.terms.mode != Mode::Proactive {
        return Err(Refusal::conflict("这一批次是公开申报，不能推送免申即享。"));
    }
    if !matches!(call.stage, call::Stage::Open { .. }) {
        return Err(Refusal::conflict(format!("批次现在是“{}”，不能推送。", call.stage.label())));
    }
    case::is_new(state, case)?;
    if facts.is_empty() {
        return Err(Refusal::invalid("facts", "没有比对到任何事实，不能推送。"));
    }
    case::may_apply(state, context, call, applicant.firm, material.project.as_deref())?;
    let proven: Vec<_> = facts.into_iter().map(MatchedFact::proven).collect();
    let missing: Vec<_> = proven.iter().filter_map(|fact| fact.as_ref().err().cloned()).collect();
    if !missing.is_empty() {
        return fall_back(state, call.id, applicant.firm, missing);
    }
    let facts = proven.into_iter().flatten().collect();
    require_no_conflict(state, None, applicant.firm, &call.terms, &material)?;
    let due = state.required_rules()?.deadline(context, TimeLimit::Consent)?;
    let offer = Offer { call: call.id, applicant, material: material.into(), facts, due };
    Ok(Event::Case { case, happened: Happened::Offered(Box::new(offer)) })
}

fn fall_back(state: &State, call: CallId, firm: CreditCode, missing: Vec<String>) -> Result<Event, Refusal> {
    if state.invitation(call, firm).is_some() {
        return Err(Refusal::conflict("已经邀请该企业自行申报，无需再次推送。"));
    }
    Ok(Event::Invited { call, firm, missing })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_names_all_it_lacks() {
        let fact = MatchedFact {
            what: "封测费".into(),
            supplier: None,
            authorisation: Some(" ".into()),
            file: None,
            as_of: None,
        };
        assert_eq!(fact.proven(), Err("封测费：缺少提供单位、使用授权、原始文件、数据日期".into()));
    }
}
