//! A firm's file: identity, place, scope, and what it holds.

use std::collections::BTreeSet;
use std::sync::Arc;

use imbl::{OrdMap, Vector};
use kernel::history::Entry;
use kernel::{Context, CreditCode, Date, Dated, DivisionCode, Evidence, Recorded, Refusal, Revision, Role};
use serde::{Deserialize, Serialize};

use crate::catalog::Catalog;
use crate::relation::{Holding, HoldingId};
use crate::standing::{Consent, ConsentId, Honour, HonourId, Recognition, RecognitionId};
use crate::{authority, text};

/// 企业类型 (legal form), coarse enough for every registry extract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LegalForm {
    /// 有限责任公司
    LimitedLiability,
    /// 股份有限公司
    JointStock,
    /// 国有独资公司
    StateOwned,
    /// 外商投资企业
    ForeignInvested,
    /// 合伙企业
    Partnership,
    /// 个人独资企业
    SoleProprietorship,
    /// 事业单位或民办非企业单位
    Institution,
    /// 分支机构
    Branch,
}

impl LegalForm {
    /// Every form, as forms and tables list them.
    pub const ALL: [Self; 8] = [
        Self::LimitedLiability,
        Self::JointStock,
        Self::StateOwned,
        Self::ForeignInvested,
        Self::Partnership,
        Self::SoleProprietorship,
        Self::Institution,
        Self::Branch,
    ];

    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::LimitedLiability => "有限责任公司",
            Self::JointStock => "股份有限公司",
            Self::StateOwned => "国有独资公司",
            Self::ForeignInvested => "外商投资企业",
            Self::Partnership => "合伙企业",
            Self::SoleProprietorship => "个人独资企业",
            Self::Institution => "事业单位",
            Self::Branch => "分支机构",
        }
    }
}

/// What kind of firm it is in the industry; a firm may be several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FirmType {
    /// 总部型
    Headquarters,
    /// 专业型: speciality packaging.
    Speciality,
    /// 先进封装
    Advanced,
    /// 独立测试
    IndependentTestHouse,
    /// IDM: designs, makes, packages its own products.
    Idm,
    /// 代工封测: packages and tests for others.
    Osat,
    /// 晶圆制造
    Foundry,
    /// 设计
    Design,
    /// 材料
    Material,
    /// 设备
    Equipment,
    /// 模组
    Module,
    /// 市属单位: owned by the city; files claims with it directly.
    Municipal,
    /// 中央在渝单位: owned by the state; files claims with the city directly.
    Central,
}

impl FirmType {
    /// Every type, as forms and tables list them.
    pub const ALL: [Self; 13] = [
        Self::Headquarters,
        Self::Speciality,
        Self::Advanced,
        Self::IndependentTestHouse,
        Self::Idm,
        Self::Osat,
        Self::Foundry,
        Self::Design,
        Self::Material,
        Self::Equipment,
        Self::Module,
        Self::Municipal,
        Self::Central,
    ];

    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Headquarters => "总部型",
            Self::Speciality => "专业型",
            Self::Advanced => "先进封装",
            Self::IndependentTestHouse => "独立测试",
            Self::Idm => "IDM",
            Self::Osat => "代工封测",
            Self::Foundry => "晶圆制造",
            Self::Design => "设计",
            Self::Material => "材料",
            Self::Equipment => "设备",
            Self::Module => "模组",
            Self::Municipal => "市属单位",
            Self::Central => "中央在渝单位",
        }
    }
}

/// Where a firm stands. The township is what lasts: which district it belongs to is dated data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// As written down on the day; [`authority::competent`] finds who is in charge on another.
    pub district: DivisionCode,
    /// 镇街; may be empty where it decides nothing.
    pub township: String,
    /// A functional zone with its own administration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<DivisionCode>,
}

/// What the first entry of a file needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// As on the business licence.
    pub name: String,
    /// In law.
    pub legal_form: LegalForm,
    /// Founded on (成立日期).
    pub registered_on: Date,
    /// Where it stands.
    pub site: Site,
}

/// Why and since when a firm counts as packaging and test. Packaging has no industry code of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeEntry {
    /// First day in scope.
    pub from: Date,
    /// GB/T 4754.
    pub industry: String,
    /// The products and processes that show it.
    pub products: String,
    /// What proves them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// Whether a firm counts as packaging and test, from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Membership {
    /// In scope: industry code and products.
    Inside {
        /// GB/T 4754.
        industry: String,
        /// The products that show it.
        products: String,
    },
    /// No longer, with the reason.
    Outside(String),
}

/// Whether a firm does business, from a day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// 在营
    Operating,
    /// 停业
    Suspended,
    /// 注销或迁出
    Closed,
}

impl Operation {
    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Operating => "在营",
            Self::Suspended => "停业",
            Self::Closed => "注销或迁出",
        }
    }
}

/// One firm. Every day on which it changed keeps a copy: what can grow is shared between them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FirmFile {
    /// Its key.
    pub code: CreditCode,
    /// Every name, by the day it was taken.
    pub names: Dated<String>,
    /// In law.
    pub legal_form: LegalForm,
    /// Founded on.
    pub registered_on: Date,
    /// Every site, by the day of the move.
    pub sites: Dated<Site>,
    /// In scope or not, by day.
    pub membership: Dated<Membership>,
    /// In business or not, by day.
    pub operation: Dated<Operation>,
    /// Kinds of firm.
    pub types: Arc<BTreeSet<FirmType>>,
    /// Nodes of the chain it covers, by their keys in the catalog.
    pub segments: Arc<BTreeSet<String>>,
    /// Titles it holds or held.
    pub honours: OrdMap<HonourId, Arc<Honour>>,
    /// Recognitions that benefits depend on.
    pub recognitions: OrdMap<RecognitionId, Arc<Recognition>>,
    /// Who owns and runs it.
    pub holdings: OrdMap<HoldingId, Arc<Holding>>,
    /// What it allowed others to see, and for what.
    pub consents: OrdMap<ConsentId, Arc<Consent>>,
    /// What happened to the file.
    pub history: Vector<Arc<Entry>>,
    /// Of the file; filings have their own.
    pub revision: Revision,
}

impl FirmFile {
    pub(crate) fn new(
        code: CreditCode,
        registration: &Registration,
        entry: Option<&ScopeEntry>,
        recorded: &Recorded,
    ) -> Self {
        let mut file = Self {
            code,
            names: Dated::default(),
            legal_form: registration.legal_form,
            registered_on: registration.registered_on,
            sites: Dated::default(),
            membership: Dated::default(),
            operation: Dated::default(),
            types: Arc::default(),
            segments: Arc::default(),
            honours: OrdMap::new(),
            recognitions: OrdMap::new(),
            holdings: OrdMap::new(),
            consents: OrdMap::new(),
            history: Vector::unit(Entry::new(recorded, "建档", Some(&registration.name), &[])),
            revision: Revision(1),
        };
        file.names.set(registration.registered_on, registration.name.clone());
        file.sites.set(registration.registered_on, registration.site.clone());
        file.operation.set(registration.registered_on, Operation::Operating);
        if let Some(entry) = entry {
            file.enter(entry);
            file.history.push_back(Entry::new(recorded, "纳入封测口径", Some(&entry.products), &entry.evidence));
        }
        file
    }

    pub(crate) fn enter(&mut self, entry: &ScopeEntry) {
        let inside = Membership::Inside { industry: entry.industry.clone(), products: entry.products.clone() };
        self.membership.set(entry.from, inside);
    }

    /// The latest name.
    pub fn name(&self) -> &str {
        self.names.rows().next_back().map_or("", |(_, name)| name)
    }

    /// The name on a day.
    pub fn name_on(&self, day: Date) -> &str {
        self.names.on(day).map_or_else(|| self.name(), |(_, name)| name)
    }

    /// Where it stood on a day; before its first day, its first site.
    pub fn site_on(&self, day: Date) -> Option<&Site> {
        self.sites.on(day).or_else(|| self.sites.rows().next()).map(|(_, site)| site)
    }

    /// Whether it files claims with the city instead of its district.
    pub fn files_directly(&self) -> bool {
        self.types.contains(&FirmType::Municipal) || self.types.contains(&FirmType::Central)
    }

    /// Whether it was in business and in scope on the day.
    pub fn operates_in_scope_on(&self, day: Date) -> bool {
        let operates = matches!(self.operation.on(day), Some((_, Operation::Operating)));
        operates && matches!(self.membership.on(day), Some((_, Membership::Inside { .. })))
    }

    /// Whether it was in scope on any day of the period.
    pub fn in_scope_during(&self, period: kernel::Period) -> bool {
        let inside = |membership: &Membership| matches!(membership, Membership::Inside { .. });
        let at_start = self.membership.on(period.from()).is_some_and(|(_, membership)| inside(membership));
        at_start || self.membership.rows().any(|(from, membership)| period.contains(from) && inside(membership))
    }

    /// The day it first entered the scope.
    pub fn entered_scope_on(&self) -> Option<Date> {
        let mut rows = self.membership.rows();
        rows.find(|(_, membership)| matches!(membership, Membership::Inside { .. })).map(|(from, _)| from)
    }
}

/// Checks a registration and who brings it: the firm itself (without a scope entry), the district in charge of the
/// place, or the responsible department.
pub(crate) fn decide_registration(
    context: &Context,
    catalog: &Catalog,
    firm: CreditCode,
    registration: Registration,
    entry: Option<ScopeEntry>,
) -> Result<(Registration, Option<ScopeEntry>), Refusal> {
    let site = checked_site(context, catalog, registration.site)?;
    authority::firm_or_government(context, catalog, firm, &site)?;
    if entry.is_some() && context.actor.role() == Some(Role::Enterprise) {
        return Err(Refusal::not_allowed("是否属于封测口径由区县或市级部门认定，企业建档时不填写。"));
    }
    let name = text::required("name", "企业名称", &registration.name, 100)?;
    if registration.registered_on > context.today() {
        return Err(Refusal::invalid("registered_on", "成立日期晚于今天，请对照营业执照检查。"));
    }
    let entry = entry.map(|entry| checked_entry(context, catalog, registration.registered_on, entry)).transpose()?;
    Ok((Registration { name, site, ..registration }, entry))
}

pub(crate) fn checked_site(context: &Context, catalog: &Catalog, site: Site) -> Result<Site, Refusal> {
    let today = context.today();
    let township = text::optional("township", "镇街", Some(&site.township), 30)?.unwrap_or_default();
    if catalog.divisions.get(site.district).is_none() {
        return Err(Refusal::invalid("district", format!("区划目录中没有 {}，请从列表中选择区县。", site.district)));
    }
    if let Some(zone) = site.zone {
        let functional = kernel::division::DivisionKind::FunctionalZone;
        if catalog.divisions.get(zone).is_none_or(|division| division.kind != functional) {
            return Err(Refusal::invalid("zone", format!("{zone} 不是功能区，请从列表中选择或留空。")));
        }
    }
    let site = Site { township, ..site };
    if authority::competent(catalog, &site, today).is_none() {
        let what = format!("{} 今天（{today}）尚未履职，无法确定属地机关：请填写职权移交前所属的区县。", site.district);
        return Err(Refusal::invalid("district", what));
    }
    Ok(site)
}

pub(crate) fn checked_entry(
    context: &Context,
    catalog: &Catalog,
    registered_on: Date,
    entry: ScopeEntry,
) -> Result<ScopeEntry, Refusal> {
    let Some(industry) = catalog.chain.industry(&entry.industry) else {
        let what = format!("行业代码 {} 不在目录所列的 GB/T 4754 代码中，请从列表中选择。", entry.industry);
        return Err(Refusal::invalid("industry", what));
    };
    if industry.product_evidence && entry.evidence.is_empty() {
        let what = format!(
            "封装测试没有单独的行业代码，{}（{}）须附产品证据，例如主要产品说明、工艺照片或代工合同。",
            industry.code, industry.name
        );
        return Err(Refusal::invalid("evidence", what));
    }
    if entry.from < registered_on || entry.from > context.today() {
        return Err(Refusal::invalid("from", "纳入口径的日期应在成立日期与今天之间。"));
    }
    let products = text::required("products", "主要产品与工艺", &entry.products, 300)?;
    Ok(ScopeEntry { products, ..entry })
}
