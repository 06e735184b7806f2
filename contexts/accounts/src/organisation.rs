//! Organisations that people act for.

use kernel::{Date, OrganisationId, Revision, Role};
use serde::{Deserialize, Serialize};

/// What an organisation is, and so which roles its people may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrganisationKind {
    /// 市级部门
    MunicipalDepartment,
    /// 中央在渝单位 and the like: reports, is not supervised.
    CentralAgency,
    /// 区县政府或功能区管委会
    DistrictGovernment,
    /// 企业
    Firm,
    /// 代办机构
    Agency,
    /// 第三方审计机构
    AuditFirm,
    /// 专家库管理单位
    ExpertBody,
    /// 本系统: its three administrators.
    System,
}

impl OrganisationKind {
    /// Every kind, as forms list them.
    pub const ALL: [Self; 8] = [
        Self::MunicipalDepartment,
        Self::CentralAgency,
        Self::DistrictGovernment,
        Self::Firm,
        Self::Agency,
        Self::AuditFirm,
        Self::ExpertBody,
        Self::System,
    ];

    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::MunicipalDepartment => "市级部门",
            Self::CentralAgency => "中央驻地单位",
            Self::DistrictGovernment => "区县政府或功能区管委会",
            Self::Firm => "企业",
            Self::Agency => "代办机构",
            Self::AuditFirm => "第三方审计机构",
            Self::ExpertBody => "专家库管理单位",
            Self::System => "本系统",
        }
    }

    /// The roles that can be granted in such an organisation. For firms and agencies there are none: people act for a
    /// firm by its own authorisation.
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::MunicipalDepartment => {
                &[Role::CityOfficer, Role::WorkingGroup, Role::Finance, Role::Auditor, Role::Discipline]
            }
            Self::CentralAgency => &[Role::CityOfficer],
            Self::DistrictGovernment => &[Role::DistrictOfficer, Role::Finance],
            Self::Firm | Self::Agency => &[],
            Self::AuditFirm => &[Role::AuditFirm],
            Self::ExpertBody => &[Role::Expert],
            Self::System => &ADMINISTRATORS,
        }
    }
}

/// 系统、安全、审计三员: nobody holds two of them.
pub const ADMINISTRATORS: [Role; 3] =
    [Role::SystemAdministrator, Role::SecurityAdministrator, Role::AuditAdministrator];

/// One organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Organisation {
    /// Its key: department key, division code, or credit code.
    pub id: OrganisationId,
    /// What it is.
    pub kind: OrganisationKind,
    /// Full name.
    pub name: String,
    /// First day people may act for it.
    pub from: Date,
    /// Last day, once closed: its people lose their roles the day after.
    pub until: Option<Date>,
    /// Of this record.
    pub revision: Revision,
}

impl Organisation {
    /// Whether people may act for it on the day.
    pub fn exists_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}
