//! Who acts, in what role, for whom, and when.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::calendar::WorkingCalendar;
use crate::date::{Date, Timestamp, civil};
use crate::id::{OrganisationId, PersonId, Sequence};
use crate::refusal::Refusal;

/// What a person may be to the system. A person holds roles through grants; each act is done in exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// 企业: acts for its own firm.
    Enterprise,
    /// 代办: acts for a firm that authorised it.
    Agent,
    /// 区县: officer of a district government.
    DistrictOfficer,
    /// 市级: officer of a municipal department.
    CityOfficer,
    /// 专班: the working group's office.
    WorkingGroup,
    /// 专家: reviews what it is asked to.
    Expert,
    /// 财政: funding plans and payments.
    Finance,
    /// 第三方审计机构: reports on claims it is given.
    AuditFirm,
    /// 审计: reads everything, changes nothing.
    Auditor,
    /// 机关纪委: reports (举报), invisible to others.
    Discipline,
    /// 系统管理员 (三员分立).
    SystemAdministrator,
    /// 安全管理员 (三员分立).
    SecurityAdministrator,
    /// 安全审计员 (三员分立).
    AuditAdministrator,
}

impl Role {
    /// Every role, in the order people read them.
    pub const ALL: [Self; 13] = [
        Self::Enterprise,
        Self::Agent,
        Self::DistrictOfficer,
        Self::CityOfficer,
        Self::WorkingGroup,
        Self::Expert,
        Self::Finance,
        Self::AuditFirm,
        Self::Auditor,
        Self::Discipline,
        Self::SystemAdministrator,
        Self::SecurityAdministrator,
        Self::AuditAdministrator,
    ];

    /// In Chinese, as pages show it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Enterprise => "企业",
            Self::Agent => "代办",
            Self::DistrictOfficer => "区县经办",
            Self::CityOfficer => "市级经办",
            Self::WorkingGroup => "工作专班",
            Self::Expert => "评审专家",
            Self::Finance => "财政",
            Self::AuditFirm => "第三方审计机构",
            Self::Auditor => "审计监督",
            Self::Discipline => "机关纪委",
            Self::SystemAdministrator => "系统管理员",
            Self::SecurityAdministrator => "安全管理员",
            Self::AuditAdministrator => "安全审计员",
        }
    }
}

/// Who sent a command.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// A person in a role, for an organisation.
    Person {
        /// Who.
        person: PersonId,
        /// In which role.
        role: Role,
        /// For whom: their own unit, or the firm they are authorised for.
        organisation: OrganisationId,
    },
    /// The program itself: what dates demand and what follows from events.
    System,
}

impl Actor {
    /// The organisation acted for.
    pub const fn organisation(&self) -> Option<&OrganisationId> {
        match self {
            Self::Person { organisation, .. } => Some(organisation),
            Self::System => None,
        }
    }

    /// The role acted in.
    pub const fn role(&self) -> Option<Role> {
        match self {
            Self::Person { role, .. } => Some(*role),
            Self::System => None,
        }
    }

    /// The person acting.
    pub const fn person(&self) -> Option<PersonId> {
        match self {
            Self::Person { person, .. } => Some(*person),
            Self::System => None,
        }
    }
}

/// What a decision may know besides state and command. Nothing else: no clock, no randomness, no environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// When the command is decided; never before an earlier command's.
    pub now: Timestamp,
    /// Who sent it.
    pub actor: Actor,
    /// Whether the person proved who they are again just before (approvals).
    pub reauthenticated: bool,
    /// The working calendar in force, from which deadlines are counted.
    pub calendar: Arc<WorkingCalendar>,
}

impl Context {
    /// Today in China.
    pub fn today(&self) -> Date {
        civil(self.now)
    }

    /// Refuses anyone not in one of these roles; answers with the organisation acted for.
    pub fn require(&self, roles: &[Role]) -> Result<&OrganisationId, Refusal> {
        match &self.actor {
            Actor::Person { role, organisation, .. } if roles.contains(role) => Ok(organisation),
            _ => {
                let names: Vec<_> = roles.iter().map(|role| role.label()).collect();
                Err(Refusal::not_allowed(format!("此操作只能由{}办理。", names.join("、"))))
            }
        }
    }

    /// Refuses an approval by a person who has not proved who they are again just before.
    pub fn require_reauthentication(&self) -> Result<(), Refusal> {
        if self.reauthenticated { Ok(()) } else { Err(Refusal::needs_reauthentication()) }
    }
}

/// Where and when an event was recorded, and by whom. `apply` receives it beside the event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Of the event.
    pub sequence: Sequence,
    /// When its command was decided.
    pub at: Timestamp,
    /// Who sent the command.
    pub actor: Actor,
}

impl Recorded {
    /// The civil day in China on which it was recorded.
    pub fn day(&self) -> Date {
        civil(self.at)
    }
}
