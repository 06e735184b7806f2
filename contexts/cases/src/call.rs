//! A call (申报批次): who may ask for what, until when, out of which budget, and what became of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::history::Entry;
use kernel::{
    Anchor, Context, Deadline, Digest, Evidence, Impossible, Money, OrganisationId, Period, Recorded, Refusal,
    Revision, Role, Year,
};
use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::key::{BenefitId, CallId, FundRuleId};
use crate::material::Item;
use crate::performance::Sheet;
use crate::reduction::Reduction;
use crate::state::State;

mod decide;

pub(crate) use decide::decide;
pub use decide::preview;

/// A sentence of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanSentence {
    /// Of the plan as adopted.
    pub plan: Digest,
    /// Where in it.
    pub anchor: Anchor,
}

/// How cases reach a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// 公开申报: firms apply.
    Open,
    /// 免申即享: the office offers what proven facts show; whoever they do not suffice for is invited to apply.
    Proactive,
}

/// Which steps the cases of a call take, besides those all take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Whether the district reviews first; central and municipal units go to the city directly all the same.
    pub district: bool,
    /// Whether an audit firm reports.
    pub audit: bool,
    /// Experts who score; 0 where none do.
    pub experts: u8,
    /// Working days of public notice; at least what the rules demand.
    pub notice_working_days: u16,
    /// Months after payment by which the project is accepted; `None` where nothing is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acceptance_months: Option<u16>,
}

/// 申报通知 in terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// As the notice is called.
    pub title: String,
    /// The year claimed for.
    pub year: Year,
    /// The department in charge.
    pub issuer: OrganisationId,
    /// The finance office that pays.
    pub finance: OrganisationId,
    /// Which benefit.
    pub benefit: BenefitId,
    /// The promise it keeps.
    pub sentence: PlanSentence,
    /// The rule it follows.
    pub rule: FundRuleId,
    /// How cases reach it.
    pub mode: Mode,
    /// First and last day of applications.
    pub window: Period,
    /// 申报范围和条件, in words.
    pub scope: String,
    /// 材料清单
    pub checklist: Vec<Item>,
    /// What there is to give.
    pub budget: Money,
    /// What happens when it does not suffice.
    pub reduction: Reduction,
    /// Which steps cases take.
    pub route: Route,
    /// Benefits with which an invoice or loan may be shared, each with the interpretation that says so.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sharing: BTreeMap<BenefitId, String>,
}

/// Where a call stands. Transitions consume the stage they start from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// 拟制
    Draft,
    /// 已发布, not yet open.
    Published {
        /// The notice as issued.
        notice: Arc<Document>,
    },
    /// 申报中
    Open {
        /// The notice as issued.
        notice: Arc<Document>,
    },
    /// 已截止, not yet settled.
    Closed {
        /// The notice as issued.
        notice: Arc<Document>,
        /// By when it is settled.
        due: Deadline,
    },
    /// 已汇总: the budget is shared out; what remains may be shared out again.
    Settled {
        /// The notice as issued.
        notice: Arc<Document>,
    },
}

impl Stage {
    /// In Chinese.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Draft => "拟制",
            Self::Published { .. } => "已发布",
            Self::Open { .. } => "申报中",
            Self::Closed { .. } => "已截止",
            Self::Settled { .. } => "已汇总",
        }
    }

    fn after(self, happened: &Happened) -> Option<Self> {
        match (self, happened) {
            (Self::Draft, Happened::Amended(_)) => Some(Self::Draft),
            (Self::Draft, Happened::Published { notice }) => Some(Self::Published { notice: Arc::clone(notice) }),
            (Self::Published { notice }, Happened::Opened) => Some(Self::Open { notice }),
            (Self::Open { notice }, Happened::Closed { due }) => Some(Self::Closed { notice, due: *due }),
            (Self::Closed { notice, .. } | Self::Settled { notice }, Happened::Settled(_)) => {
                Some(Self::Settled { notice })
            }
            (stage, Happened::SheetFiled(_)) => Some(stage),
            _ => None,
        }
    }
}

/// A sheet as it was filed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FiledSheet {
    /// The sheet.
    pub sheet: Sheet,
    /// Where, when, by whom.
    pub recorded: Recorded,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Call {
    /// Its key.
    pub id: CallId,
    /// What it offers.
    pub terms: Arc<Terms>,
    /// Where it stands.
    pub stage: Stage,
    /// Performance sheets, oldest first.
    pub sheets: Vec<Arc<FiledSheet>>,
    /// Of its budget: shared out, decided or paid, and not given back.
    pub committed: Money,
    /// What happened to it.
    pub history: Vec<Arc<Entry>>,
    /// Of this call.
    pub revision: Revision,
}

impl Call {
    /// What may still be shared out.
    pub fn available(&self) -> Money {
        self.terms.budget.saturating_less(self.committed)
    }

    /// The targets in force.
    pub fn targets(&self) -> Option<&[crate::performance::Target]> {
        self.sheets.iter().rev().find_map(|filed| match &filed.sheet {
            Sheet::Targets(targets) => Some(targets.as_slice()),
            _ => None,
        })
    }

    /// Passes officers of the department in charge.
    pub(crate) fn require_department(&self, context: &Context) -> Result<(), Refusal> {
        require_organisation(context, Role::CityOfficer, &self.terms.issuer)
    }

    /// Passes officers of the finance office that pays.
    pub(crate) fn require_finance(&self, context: &Context) -> Result<(), Refusal> {
        require_organisation(context, Role::Finance, &self.terms.finance)
    }
}

/// Passes people acting in this role for this organisation.
pub(crate) fn require_organisation(
    context: &Context,
    role: Role,
    organisation: &OrganisationId,
) -> Result<(), Refusal> {
    let own = context.require(&[role])?;
    if own == organisation {
        return Ok(());
    }
    Err(Refusal::not_allowed(format!(
        "此操作由 {organisation} 的{}办理，您所在的机构是 {own}，请由该机构人员办理。",
        role.label()
    )))
}

/// What may be done with one call.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Drafts it.
    Draft(Terms),
    /// Changes a draft.
    Amend(Terms),
    /// Issues it.
    Publish {
        /// The notice as issued.
        notice: Document,
    },
    /// The window begins; sent by the program.
    Open,
    /// The window is over; sent by the program.
    Close,
    /// Shares out the budget among the cases recommended.
    Settle,
    /// Files a performance sheet.
    FileSheet(Sheet),
}

/// How a budget was shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// How.
    pub reduction: Reduction,
    /// What there was.
    pub available: Money,
    /// What was asked.
    pub asked: Money,
    /// What was given.
    pub given: Money,
    /// Among so many cases.
    pub cases: u32,
}

/// What happened to a call. What settling gives each case is told by that case's own event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Happened {
    /// Drafted.
    Drafted(Arc<Terms>),
    /// The draft changed.
    Amended(Arc<Terms>),
    /// Issued.
    Published {
        /// As issued.
        notice: Arc<Document>,
    },
    /// The window began.
    Opened,
    /// The window is over.
    Closed {
        /// By when the budget is shared out.
        due: Deadline,
    },
    /// The budget was shared out.
    Settled(Settlement),
    /// A performance sheet was filed.
    SheetFiled(Sheet),
}

impl Happened {
    fn entry(&self, recorded: &Recorded) -> Arc<Entry> {
        let entry = |title, note: Option<&str>, proof: &[Evidence]| Entry::new(recorded, title, note, proof);
        match self {
            Self::Drafted(_) => entry("拟制申报通知", None, &[]),
            Self::Amended(_) => entry("修改申报通知", None, &[]),
            Self::Published { notice } => entry("发布", Some(&notice.number), std::slice::from_ref(&notice.file)),
            Self::Opened => entry("开始申报", None, &[]),
            Self::Closed { .. } => entry("申报截止", None, &[]),
            Self::Settled(settlement) => {
                let Settlement { reduction, available, asked, given, cases } = settlement;
                let note =
                    format!("{cases} 件，可用 {available} 元，拟支持 {asked} 元，{}后 {given} 元", reduction.label());
                entry("汇总测算", Some(&note), &[])
            }
            Self::SheetFiled(sheet) => entry(sheet.label(), None, &[]),
        }
    }
}

impl State {
    pub(crate) fn apply_call(
        &mut self,
        recorded: &Recorded,
        id: CallId,
        happened: &Happened,
    ) -> Result<(), Impossible> {
        let entry = happened.entry(recorded);
        if let Happened::Drafted(terms) = happened {
            let call = Call {
                id,
                terms: Arc::clone(terms),
                stage: Stage::Draft,
                sheets: Vec::new(),
                committed: Money::ZERO,
                history: vec![entry],
                revision: Revision(1),
            };
            return self.insert_call(recorded, call);
        }
        let call = self.call_mut(recorded, id)?;
        let from = call.stage.label();
        let next = call.stage.clone().after(happened);
        call.stage = next.ok_or_else(|| Impossible::at(recorded, format!("批次 {id} 是“{from}”，不能有这一步")))?;
        match happened {
            Happened::Amended(terms) => call.terms = Arc::clone(terms),
            Happened::SheetFiled(sheet) => {
                call.sheets.push(Arc::new(FiledSheet { sheet: sheet.clone(), recorded: recorded.clone() }));
            }
            _ => {}
        }
        call.history.push(entry);
        call.revision = call.revision.next();
        Ok(())
    }
}
