//! Baselines: which firms operated in scope on a day, pinned by a signed record.

use std::collections::BTreeSet;

use kernel::{Context, CreditCode, Date, Evidence, Refusal};
use serde::{Deserialize, Serialize};

use crate::catalog::Catalog;
use crate::state::State;
use crate::{authority, text};

kernel::uuid_id!(
    /// A baseline.
    BaselineId
);

/// The firms operating in scope on a day, as the responsible department signed them off. Later changes to the files
/// do not change it: whoever was not in it is new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// Its key.
    pub id: BaselineId,
    /// The day.
    pub day: Date,
    /// Who was there.
    pub firms: BTreeSet<CreditCode>,
    /// What it rests on.
    pub basis: String,
    /// The signed list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// Asks for a baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// Chosen by the caller.
    pub id: BaselineId,
    /// The day, not in the future.
    pub day: Date,
    /// What it rests on.
    pub basis: String,
    /// The signed list.
    pub evidence: Vec<Evidence>,
}

pub(crate) fn decide(
    state: &State,
    context: &Context,
    catalog: &Catalog,
    command: Command,
) -> Result<Baseline, Refusal> {
    let Command { id, day, basis, evidence } = command;
    authority::department(context, catalog)?;
    context.require_reauthentication()?;
    if day > context.today() {
        return Err(Refusal::invalid("day", "基期日不能晚于今天。"));
    }
    if state.baseline(id).is_some() {
        return Err(Refusal::conflict("这个基期编号已经用过，请刷新页面后重新填写。"));
    }
    let basis = text::required("basis", "依据", &basis, 300)?;
    let firms = state.in_scope_on(day).map(|file| file.code).collect();
    Ok(Baseline { id, day, firms, basis, evidence })
}

impl State {
    /// By key.
    pub fn baseline(&self, id: BaselineId) -> Option<&Baseline> {
        self.baselines.get(&id).map(AsRef::as_ref)
    }

    /// Every baseline, in the order of their keys.
    pub fn baselines(&self) -> impl Iterator<Item = &Baseline> {
        self.baselines.values().map(AsRef::as_ref)
    }
}
