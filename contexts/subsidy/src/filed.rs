//! What a firm claims, as it stated it: kept before anything is computed from it.

use kernel::{Actor, Context, CreditCode, Digest, Recorded, Refusal, Role};
use serde::{Deserialize, Serialize};

use crate::benefit::ClaimId;
use crate::event::Event;
use crate::facts::Claim;
use crate::state::State;

/// A claim as a firm filed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    /// Chosen by the sender; filing again under it replaces what was stated.
    pub claim_id: ClaimId,
    /// Whose.
    pub firm: CreditCode,
    /// What it states; without what offices find out (score, verified base).
    pub claim: Claim,
}

impl Filed {
    /// Of what was stated: an assessment names it, and other facts need another assessment.
    pub fn digest(&self) -> Digest {
        self.claim.filed_digest()
    }
}

/// A filed claim with where it stands in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FiledRecord {
    /// What was filed.
    pub filed: Filed,
    /// Where, when, by whom.
    pub recorded: Recorded,
}

/// Decides whether a claim may be filed: by somebody acting for the firm, or by the program for an award it offers.
pub(crate) fn file(state: &State, context: &Context, filed: Filed) -> Result<Event, Refusal> {
    if context.actor != Actor::System {
        let own = context.require(&[Role::Enterprise, Role::Agent, Role::CityOfficer])?;
        let for_itself = own.as_str() == filed.firm.as_str();
        if context.actor.role() != Some(Role::CityOfficer) && !for_itself {
            return Err(Refusal::not_allowed(format!("您现在代表的是 {own}，不能为 {} 申报。", filed.firm)));
        }
    }
    if state.clause(&filed.claim.benefit).is_none() {
        return Err(Refusal::invalid("benefit", format!("没有事项“{}”，请从惠企事项中选择。", filed.claim.benefit)));
    }
    let earlier = state.filed(filed.claim_id).map(|record| &record.filed);
    if earlier.is_some_and(|earlier| earlier.firm != filed.firm || earlier.claim.benefit != filed.claim.benefit) {
        return Err(Refusal::conflict("这一申报此前是另一家企业或另一事项的，不能改作他用。"));
    }
    let claim = filed.claim.as_filed();
    Ok(Event::ClaimFiled(Box::new(Filed { claim, ..filed })))
}
