//! Decisions against a firm: rejection, clawback, bar. All go one way, so that none is made without a cited basis, reasons,
//! the right to be heard, a notice of remedies and proof of service.
//!
//! ```text
//! 告知 ─► 陈述申辩（要求听证的先听证）─► 决定 ─► 送达 ─► 期满生效
//!   └──────────── 不再作出 ◄─┘                    └─► 复议、诉讼 ─► 维持 / 撤销
//! ```

use std::sync::Arc;

use kernel::history::Entry;
use kernel::{CreditCode, Date, Deadline, Evidence, Impossible, Money, PersonId, Recorded, Revision, timeline::Step};
use serde::{Deserialize, Serialize};

use crate::document::Citation;
use crate::key::{AdverseId, CaseId};
use crate::state::State;

mod decide;

pub(crate) use decide::{Proposal, decide, last_day, propose};

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// 不予支持
    Rejection,
    /// 追回
    Clawback(Money),
    /// 限制申报, for as long as the rules say.
    Bar,
}

impl Kind {
    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Rejection => "不予支持",
            Self::Clawback(_) => "追回资金",
            Self::Bar => "限制申报",
        }
    }
}

/// An intended decision, with what the firm was told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intended {
    /// On which case.
    pub case: CaseId,
    /// Against whom.
    pub firm: CreditCode,
    /// What.
    pub kind: Kind,
    /// 事实和理由
    pub reasons: String,
    /// 依据; never empty.
    pub basis: Vec<Citation>,
    /// 事先告知书
    pub notice: Evidence,
    /// Until when the firm may speak or ask for a hearing.
    pub until: Deadline,
}

/// What the firm said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// As it was written.
    pub file: Evidence,
    /// Whether a hearing is asked for.
    pub hearing: bool,
}

/// Where the firm may turn; stands in the decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// 行政复议机关
    pub reconsideration: String,
    /// 有管辖权的法院
    pub court: String,
}

/// A decision as made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The decision.
    pub document: Evidence,
    /// How the firm's statement was considered, where it made one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Where the firm may turn.
    pub remedy: Remedy,
    /// Last day of a bar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bar_until: Option<Date>,
}

/// How a decision reached the firm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// 直接送达
    Direct,
    /// 邮寄送达
    Post,
    /// 电子送达, with consent.
    Electronic,
    /// 留置送达
    Left,
    /// 公告送达: counts once the announcement has stood as long as the rules say.
    Announcement,
}

/// Proof of service (送达回证).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// How.
    pub method: Method,
    /// The day it counts as served.
    pub on: Date,
    /// The proof.
    pub proof: Evidence,
    /// Until when reconsideration may be asked for.
    pub reconsideration: Deadline,
    /// Until when the firm may sue.
    pub litigation: Deadline,
}

/// Where the firm turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Route {
    /// 行政复议
    Reconsideration,
    /// 行政诉讼
    Litigation,
}

/// Where a decision stands. Transitions consume the stage they start from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// 已告知
    Notified {
        /// What the firm said, once it did.
        statement: Option<Statement>,
    },
    /// 已听证
    Heard {
        /// By when it is decided.
        due: Deadline,
        /// What the firm said.
        statement: Statement,
    },
    /// 已决定，待送达
    Made {
        /// The decision.
        made: Arc<Made>,
        /// By when it is served.
        due: Deadline,
    },
    /// 已送达
    Served {
        /// The decision.
        made: Arc<Made>,
        /// Proof of service.
        service: Arc<Service>,
    },
    /// 复议、诉讼中
    Contested {
        /// The decision.
        made: Arc<Made>,
        /// Proof of service.
        service: Arc<Service>,
        /// Where.
        route: Route,
    },
    /// 已生效: nothing more can be turned to.
    Final {
        /// The decision.
        made: Arc<Made>,
    },
    /// 已撤销
    Revoked,
    /// 不再作出
    Dropped,
}

impl Stage {
    /// In Chinese.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Notified { .. } => "已告知",
            Self::Heard { .. } => "已听证",
            Self::Made { .. } => "已决定，待送达",
            Self::Served { .. } => "已送达",
            Self::Contested { .. } => "复议、诉讼中",
            Self::Final { .. } => "已生效",
            Self::Revoked => "已撤销",
            Self::Dropped => "不再作出",
        }
    }

    /// The decision, once made and as long as it stands.
    pub const fn made(&self) -> Option<&Arc<Made>> {
        match self {
            Self::Made { made, .. }
            | Self::Served { made, .. }
            | Self::Contested { made, .. }
            | Self::Final { made } => Some(made),
            _ => None,
        }
    }

    fn after(self, happened: &Happened) -> Option<Self> {
        match (self, happened) {
            (Self::Notified { statement: None }, Happened::Spoke(statement)) => {
                Some(Self::Notified { statement: Some(statement.clone()) })
            }
            (Self::Notified { statement: Some(statement) }, Happened::Heard { due, .. }) => {
                statement.hearing.then_some(Self::Heard { due: *due, statement })
            }
            (Self::Notified { .. } | Self::Heard { .. }, Happened::Dropped { .. }) => Some(Self::Dropped),
            (Self::Notified { .. } | Self::Heard { .. }, Happened::Made { made, due }) => {
                Some(Self::Made { made: Arc::clone(made), due: *due })
            }
            (Self::Made { made, .. }, Happened::Served(service)) => {
                Some(Self::Served { made, service: Arc::clone(service) })
            }
            // Somebody may turn elsewhere before the proof of service is filed, but not before being served.
            (
                Self::Served { made, service } | Self::Contested { made, service, route: Route::Reconsideration },
                Happened::Contested { route, .. },
            ) => Some(Self::Contested { made, service, route: *route }),
            (Self::Contested { .. }, Happened::Resolved { upheld: false, .. }) => Some(Self::Revoked),
            (Self::Contested { made, service, route: Route::Reconsideration }, Happened::Resolved { .. }) => {
                Some(Self::Served { made, service })
            }
            (Self::Contested { made, .. }, Happened::Resolved { .. }) => Some(Self::Final { made }),
            (Self::Served { made, .. }, Happened::BecameFinal) => Some(Self::Final { made }),
            _ => None,
        }
    }
}

/// A decision against a firm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AdverseDecision {
    /// Its key.
    pub id: AdverseId,
    /// What was intended, and told to the firm.
    pub intended: Arc<Intended>,
    /// Who intended it: may not make it.
    pub proposer: Option<PersonId>,
    /// Where it stands.
    pub stage: Stage,
    /// What happened to it.
    pub history: Vec<Arc<Entry>>,
    /// Of this decision.
    pub revision: Revision,
}

impl AdverseDecision {
    /// The last day of the bar, while it stands.
    pub fn bar_until(&self) -> Option<Date> {
        self.stage.made()?.bar_until
    }

    /// What happened, oldest first.
    pub fn timeline(&self) -> Vec<Step> {
        self.history.iter().map(|entry| entry.step()).collect()
    }
}

/// What may be done with an intended or made decision.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields are those of the records")]
pub enum Act {
    /// The firm speaks, and may ask for a hearing.
    Speak(Statement),
    /// The hearing was held.
    RecordHearing { record: Evidence },
    /// Nothing comes of it.
    Drop { reason: String },
    /// Another officer makes it.
    Make { document: Evidence, answer: Option<String>, remedy: Remedy },
    /// It was served; for an announcement `on` is the day it appeared.
    Serve { method: Method, on: Date, proof: Evidence },
    /// The firm turned to a higher authority or a court.
    Contest { route: Route, document: Evidence },
    /// That authority decided.
    Resolve { upheld: bool, document: Evidence },
    /// Nobody turned anywhere in time; sent by the program.
    BecomeFinal,
}

/// What happened to a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the fields are those of the records")]
pub enum Happened {
    /// It is intended, and the firm was told.
    Proposed(Arc<Intended>),
    /// The firm spoke.
    Spoke(Statement),
    /// It was heard.
    Heard { record: Evidence, due: Deadline },
    /// Nothing comes of it.
    Dropped { reason: String },
    /// It was made.
    Made { made: Arc<Made>, due: Deadline },
    /// It was served.
    Served(Arc<Service>),
    /// The firm turned elsewhere.
    Contested { route: Route, document: Evidence },
    /// It was upheld or revoked there.
    Resolved { upheld: bool, document: Evidence },
    /// Nobody turned anywhere in time.
    BecameFinal,
}

impl Happened {
    fn entry(&self, recorded: &Recorded) -> Arc<Entry> {
        let with = |title, note: Option<&str>, proof: &Evidence| {
            Entry::new(recorded, title, note, std::slice::from_ref(proof))
        };
        match self {
            Self::Proposed(intended) => with("告知", Some(&intended.reasons), &intended.notice),
            Self::Spoke(statement) => {
                with(if statement.hearing { "企业要求听证" } else { "企业陈述申辩" }, None, &statement.file)
            }
            Self::Heard { record, .. } => with("听证", None, record),
            Self::Dropped { reason } => Entry::new(recorded, "不再作出", Some(reason), &[]),
            Self::Made { made, .. } => with("作出决定", made.answer.as_deref(), &made.document),
            Self::Served(service) => with("送达", Some(&service.on.to_string()), &service.proof),
            Self::Contested { route: Route::Reconsideration, document } => with("申请行政复议", None, document),
            Self::Contested { document, .. } => with("提起行政诉讼", None, document),
            Self::Resolved { upheld: true, document } => with("决定被维持", None, document),
            Self::Resolved { document, .. } => with("决定被撤销", None, document),
            Self::BecameFinal => Entry::new(recorded, "期满生效", None, &[]),
        }
    }
}

impl State {
    pub(crate) fn apply_adverse(
        &mut self,
        recorded: &Recorded,
        id: AdverseId,
        happened: &Happened,
    ) -> Result<(), Impossible> {
        let entry = happened.entry(recorded);
        if let Happened::Proposed(intended) = happened {
            let decision = AdverseDecision {
                id,
                intended: Arc::clone(intended),
                proposer: recorded.actor.person(),
                stage: Stage::Notified { statement: None },
                history: vec![entry],
                revision: Revision(1),
            };
            return self.insert_adverse(recorded, decision);
        }
        let decision = self.adverse_mut(recorded, id)?;
        let from = decision.stage.label();
        let next = decision.stage.clone().after(happened);
        decision.stage = next.ok_or_else(|| Impossible::at(recorded, format!("决定 {id} 是“{from}”，不能有这一步")))?;
        decision.history.push(entry);
        decision.revision = decision.revision.next();
        Ok(())
    }
}
