//! Name, place, operation, kinds and scope of a firm.

use std::collections::BTreeSet;

use enterprise::firm::{Membership, Operation};
use enterprise::{Catalog, Change, FirmType, ScopeEntry, Site};
use kernel::division::DivisionKind;
use kernel::{CommandId, Date, DivisionCode, Evidence, Role};
use office::Hall;
use web::{Draft, Field, FormPage, FromFields, Reader, Upload};

use crate::amend::{Amendment, FIRM_OR_GOVERNMENT, GOVERNMENT, PAPERS, Subject};

/// Divisions in charge on the day, of a kind, by code.
pub fn divisions(catalog: &Catalog, kind: DivisionKind, day: Date) -> Vec<(DivisionCode, String)> {
    let in_charge = catalog.divisions.all().filter(|one| one.kind == kind && one.has_authority_on(day));
    in_charge.map(|one| (one.code, one.name.clone())).collect()
}

/// The fields of a place.
pub fn site_fields(draft: &Draft, catalog: &Catalog, day: Date) -> [Field; 3] {
    [
        draft.select("district", "区县", &divisions(catalog, DivisionKind::District, day)).required(),
        draft.text("township", "镇街").hint("例如 大安街道；区划调整过的镇街必须填写"),
        draft
            .select("zone", "功能区", &divisions(catalog, DivisionKind::FunctionalZone, day))
            .hint("不在功能区内则留空"),
    ]
}

/// A place as typed.
pub fn read_site(reader: &mut Reader<'_>) -> Option<Site> {
    let district = reader.required("district", "区县");
    let township = reader.text("township", "镇街", 30, false);
    let zone = reader.optional("zone", "功能区");
    Some(Site { district: district?, township: township?, zone: zone? })
}

/// The fields of kinds and chain nodes.
pub fn kind_fields(draft: &Draft, catalog: &Catalog) -> [Field; 2] {
    let types = FirmType::ALL.map(|kind| (kind.label(), kind.label()));
    let nodes = catalog.chain.groups.iter().flat_map(|group| {
        let heading = (String::new(), group.name.clone());
        std::iter::once(heading).chain(group.nodes.iter().map(|node| (node.id.clone(), node.name.clone())))
    });
    [
        draft.ticks("types", "类型", &types).hint("可多选"),
        draft.ticks("segments", "产业链环节", &nodes.collect::<Vec<_>>()).hint("可多选"),
    ]
}

/// Kinds and chain nodes as ticked.
pub fn read_kinds(reader: &Reader<'_>) -> (BTreeSet<FirmType>, BTreeSet<String>) {
    let ticked = reader.all("types");
    let types = FirmType::ALL.into_iter().filter(|kind| ticked.iter().any(|label| label == kind.label()));
    (types.collect(), reader.all("segments").into_iter().collect())
}

/// The fields of a scope entry.
pub fn scope_fields(draft: &Draft, catalog: &Catalog, required: bool) -> [Field; 4] {
    let industries: Vec<(String, String)> = catalog
        .chain
        .industries
        .iter()
        .map(|industry| (industry.code.clone(), format!("{} {}", industry.code, industry.name)))
        .collect();
    [
        draft.date("from", "纳入日").hint("不早于成立日期").required_if(required),
        draft
            .select("industry", "行业代码", &industries)
            .hint("GB/T 4754；封装测试没有单独的代码")
            .required_if(required),
        draft.lines("products", "主要产品与工艺").hint("例如 QFN、FC-BGA 封装，CP、FT 测试").required_if(required),
        draft
            .upload("evidence", "产品证据", PAPERS)
            .hint("主要产品说明、工艺照片或代工合同，不超过 20 MB")
            .required_if(required),
    ]
}

/// Another name.
pub struct Rename {
    name: String,
    from: Date,
}

impl FromFields for Rename {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let name = reader.text("name", "企业名称", 100, true);
        let from = reader.required("from", "变更日");
        Some(Self { name: name?, from: from? })
    }
}

impl Amendment for Rename {
    const PATTERN: &'static str = "/firms/{code}/amend/name";
    const TITLE: &'static str = "更名";
    const ROLES: &'static [Role] = FIRM_OR_GOVERNMENT;

    fn fields(form: FormPage, draft: &Draft, _: &Subject<'_>) -> FormPage {
        let name = draft.text("name", "新名称").hint("与变更后的营业执照一致").required();
        form.field(name).field(draft.date("from", "变更日").required())
    }

    fn change(self, _: CommandId, _: Vec<Evidence>, _: &Hall) -> Change {
        Change::Rename { name: self.name, from: self.from }
    }
}

/// Another place.
pub struct Relocate {
    site: Site,
    from: Date,
}

impl FromFields for Relocate {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let site = read_site(reader);
        let from = reader.required("from", "迁入日");
        Some(Self { site: site?, from: from? })
    }
}

impl Amendment for Relocate {
    const PATTERN: &'static str = "/firms/{code}/amend/site";
    const TITLE: &'static str = "迁址";
    const ROLES: &'static [Role] = FIRM_OR_GOVERNMENT;

    fn fields(form: FormPage, draft: &Draft, subject: &Subject<'_>) -> FormPage {
        form.intro("迁到另一区县后，由迁入地办理；迁入日之前的年度仍按当时的属地统计。")
            .group("", site_fields(draft, subject.catalog, subject.day))
            .field(draft.date("from", "迁入日").required())
    }

    fn filled(subject: &Subject<'_>) -> Vec<(&'static str, String)> {
        let Some(site) = subject.file.site_on(subject.day) else { return Vec::new() };
        let zone = site.zone.map(|zone| zone.to_string()).unwrap_or_default();
        vec![("district", site.district.to_string()), ("township", site.township.clone()), ("zone", zone)]
    }

    fn change(self, _: CommandId, _: Vec<Evidence>, _: &Hall) -> Change {
        Change::Move { site: self.site, from: self.from }
    }
}

const OPERATIONS: [(&str, Operation); 3] =
    [("operating", Operation::Operating), ("suspended", Operation::Suspended), ("closed", Operation::Closed)];

/// In business, or not.
pub struct Operate {
    operation: Operation,
    from: Date,
    reason: String,
}

impl FromFields for Operate {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let operation = reader.choice("operation", "经营状态", &OPERATIONS);
        let from = reader.required("from", "起始日");
        let reason = reader.text("reason", "依据", 300, true);
        Some(Self { operation: operation?, from: from?, reason: reason? })
    }
}

impl Amendment for Operate {
    const PATTERN: &'static str = "/firms/{code}/amend/operation";
    const TITLE: &'static str = "经营状态";
    const ROLES: &'static [Role] = GOVERNMENT;

    fn fields(form: FormPage, draft: &Draft, _: &Subject<'_>) -> FormPage {
        let choices = OPERATIONS.map(|(key, operation)| (key, operation.label()));
        form.field(draft.radios("operation", "经营状态", &choices).required())
            .field(draft.date("from", "起始日").required())
            .field(draft.lines("reason", "依据").hint("例如 登记机关注销公告、现场核查").required())
    }

    fn change(self, _: CommandId, _: Vec<Evidence>, _: &Hall) -> Change {
        Change::Operate { operation: self.operation, from: self.from, reason: self.reason }
    }
}

/// Kinds and chain nodes.
pub struct Classify {
    types: BTreeSet<FirmType>,
    segments: BTreeSet<String>,
}

impl FromFields for Classify {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let (types, segments) = read_kinds(reader);
        Some(Self { types, segments })
    }
}

impl Amendment for Classify {
    const PATTERN: &'static str = "/firms/{code}/amend/types";
    const TITLE: &'static str = "类型与产业链环节";
    const ROLES: &'static [Role] = GOVERNMENT;

    fn fields(form: FormPage, draft: &Draft, subject: &Subject<'_>) -> FormPage {
        form.intro("所选内容取代原有的类型与环节。").group("", kind_fields(draft, subject.catalog))
    }

    fn filled(subject: &Subject<'_>) -> Vec<(&'static str, String)> {
        let types = subject.file.types.iter().map(|kind| ("types", kind.label().to_owned()));
        types.chain(subject.file.segments.iter().map(|node| ("segments", node.clone()))).collect()
    }

    fn change(self, _: CommandId, _: Vec<Evidence>, _: &Hall) -> Change {
        Change::Classify { types: self.types, segments: self.segments }
    }
}

/// Counts as packaging and test.
pub struct EnterScope {
    from: Date,
    industry: String,
    products: String,
    evidence: Option<Upload>,
}

impl FromFields for EnterScope {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let from = reader.required("from", "纳入日");
        let industry = reader.required("industry", "行业代码");
        let products = reader.text("products", "主要产品与工艺", 300, true);
        let evidence = reader.optional_file("evidence");
        Some(Self { from: from?, industry: industry?, products: products?, evidence })
    }
}

impl Amendment for EnterScope {
    const PATTERN: &'static str = "/firms/{code}/amend/scope";
    const TITLE: &'static str = "纳入封测口径";
    const ROLES: &'static [Role] = GOVERNMENT;

    fn fields(form: FormPage, draft: &Draft, subject: &Subject<'_>) -> FormPage {
        form.intro("纳入后计入封测产业营收与企业户数。").group("", scope_fields(draft, subject.catalog, true))
    }

    fn filled(subject: &Subject<'_>) -> Vec<(&'static str, String)> {
        match subject.file.membership.on(subject.day) {
            Some((_, Membership::Inside { industry, products })) => {
                vec![("industry", industry.clone()), ("products", products.clone())]
            }
            _ => Vec::new(),
        }
    }

    fn proof(&self) -> Option<&Upload> {
        self.evidence.as_ref()
    }

    fn change(self, _: CommandId, evidence: Vec<Evidence>, _: &Hall) -> Change {
        let Self { from, industry, products, .. } = self;
        Change::EnterScope(ScopeEntry { from, industry, products, evidence })
    }
}

/// No longer counts.
pub struct LeaveScope {
    from: Date,
    reason: String,
}

impl FromFields for LeaveScope {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let from = reader.required("from", "移出日");
        let reason = reader.text("reason", "移出原因", 300, true);
        Some(Self { from: from?, reason: reason? })
    }
}

impl Amendment for LeaveScope {
    const PATTERN: &'static str = "/firms/{code}/amend/out-of-scope";
    const TITLE: &'static str = "移出封测口径";
    const ROLES: &'static [Role] = GOVERNMENT;

    fn fields(form: FormPage, draft: &Draft, _: &Subject<'_>) -> FormPage {
        form.field(draft.date("from", "移出日").hint("不再属于封测口径的第一天").required())
            .field(draft.lines("reason", "移出原因").required())
    }

    fn change(self, _: CommandId, _: Vec<Evidence>, _: &Hall) -> Change {
        Change::LeaveScope { from: self.from, reason: self.reason }
    }
}
