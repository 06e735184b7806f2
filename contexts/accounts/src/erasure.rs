//! Forgetting a person: proposed by one administrator, carried out by another's word.
//!
//! The ledger keeps what the pseudonym did and that it was erased, on which ground. Name, log-in and everything else
//! that is personal are erased from vault and desk once the event is recorded.

use kernel::{Context, PersonId, Recorded, Refusal, Role};
use serde::{Deserialize, Serialize};

use crate::command::{known, not_oneself, not_the_last_administrator};
use crate::organisation::ADMINISTRATORS;
use crate::person::{Person, Standing};
use crate::state::State;

/// On what ground personal information is erased: the cases of 个人信息保护法 第四十七条. A choice and not a text, for
/// a text in the ledger could not be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// 第（一）项: no longer needed for its purpose.
    PurposeAchieved,
    /// 第（二）项: the service ended, or the time for which it is kept is over.
    PeriodOver,
    /// 第（三）项: the person took their consent back.
    ConsentWithdrawn,
    /// 第（四）项: handled against law or agreement, such as entered by mistake.
    Unlawful,
}

impl Ground {
    /// Every ground, as forms list them.
    pub const ALL: [Self; 4] = [Self::PurposeAchieved, Self::PeriodOver, Self::ConsentWithdrawn, Self::Unlawful];

    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::PurposeAchieved => "处理目的已实现或不再必要",
            Self::PeriodOver => "服务已停止或保存期限已满",
            Self::ConsentWithdrawn => "本人撤回同意",
            Self::Unlawful => "违法违约处理或误登记",
        }
    }

    /// As it stands in addresses and forms.
    pub const fn key(self) -> &'static str {
        match self {
            Self::PurposeAchieved => "purpose-achieved",
            Self::PeriodOver => "period-over",
            Self::ConsentWithdrawn => "consent-withdrawn",
            Self::Unlawful => "unlawful",
        }
    }
}

/// An erasure that waits for a second person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// On what ground.
    pub ground: Ground,
    /// When and by whom.
    pub recorded: Recorded,
}

/// What may be asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Proposes it.
    Propose {
        /// Whom.
        person: PersonId,
        /// On what ground.
        ground: Ground,
    },
    /// Carries it out, as a second person.
    Confirm {
        /// Whom.
        person: PersonId,
    },
    /// Turns it down, as a second person, or takes one's own proposal back.
    Reject {
        /// Whom.
        person: PersonId,
    },
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// It was proposed.
    Proposed {
        /// Whom.
        person: PersonId,
        /// On what ground.
        ground: Ground,
    },
    /// It was turned down or taken back.
    Rejected {
        /// Whom.
        person: PersonId,
    },
    /// The person is erased: never to act again under this pseudonym.
    Erased {
        /// Whom.
        person: PersonId,
        /// On what ground.
        ground: Ground,
    },
}

impl Event {
    /// Whom it concerns.
    pub const fn person(&self) -> PersonId {
        match self {
            Self::Proposed { person, .. } | Self::Rejected { person } | Self::Erased { person, .. } => *person,
        }
    }
}

pub(crate) fn decide(state: &State, context: &Context, command: Command) -> Result<Event, Refusal> {
    match command {
        Command::Propose { person, ground } => {
            context.require(&[Role::SecurityAdministrator])?;
            if known(state, person)?.erasure.is_some() {
                return Err(Refusal::conflict("已有一项待复核的清除申请，请由另一位管理员复核。"));
            }
            may_be_erased(state, context, person)?;
            context.require_reauthentication()?;
            Ok(Event::Proposed { person, ground })
        }
        Command::Confirm { person } => {
            context.require(&ADMINISTRATORS)?;
            let proposal = proposed(state, person)?;
            if context.actor.person() == proposal.recorded.actor.person() {
                return Err(Refusal::forbidden("申请人不能复核自己的申请，请由另一位管理员复核。"));
            }
            may_be_erased(state, context, person)?;
            context.require_reauthentication()?;
            Ok(Event::Erased { person, ground: proposal.ground })
        }
        Command::Reject { person } => {
            context.require(&ADMINISTRATORS)?;
            proposed(state, person)?;
            not_oneself(context, person)?;
            Ok(Event::Rejected { person })
        }
    }
}

fn proposed(state: &State, person: PersonId) -> Result<&Proposal, Refusal> {
    let proposal = known(state, person)?.erasure.as_ref();
    proposal.ok_or_else(|| Refusal::conflict("没有待复核的清除申请，请刷新页面查看最新状态。"))
}

/// Nobody may be left behind by it: a firm without its legal person, the system without an administrator.
fn may_be_erased(state: &State, context: &Context, person: PersonId) -> Result<(), Refusal> {
    not_oneself(context, person)?;
    if let Some(firm) = state.firms_of_legal_person(person, context.today()).next() {
        return Err(Refusal::forbidden(format!("此人是 {firm} 现任法定代表人，请先办理法定代表人变更。")));
    }
    not_the_last_administrator(state, context, person)
}

pub(crate) fn apply(person: &mut Person, recorded: &Recorded, event: &Event) {
    person.erasure = match event {
        Event::Proposed { ground, .. } => Some(Proposal { ground: *ground, recorded: recorded.clone() }),
        Event::Rejected { .. } | Event::Erased { .. } => None,
    };
    if let Event::Erased { ground, .. } = event {
        person.standing = Standing::Erased { on: recorded.day(), ground: *ground };
    }
    person.revision = person.revision.next();
}
