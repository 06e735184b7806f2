//! What a district types to set what it grants: its document, how the amount follows from the base, and the cap.

use kernel::{Date, DivisionCode, Money, Rate};
use subsidy::account::{CapPeriod, CapScope};
use subsidy::clause::Base;
use subsidy::facts::EntryPart;
use subsidy::parameters::{Grant, SetCap, Tier};
use subsidy::{BenefitId, ParameterSet};
use web::{Draft, Field, FromFields, Reader};

use crate::precheck_answers::{BASE, BASES, DISTRICT, amount, is_filled};
use crate::precheck_rows::{Named, TIERS};
use crate::typed::Percent;

/// Share of each part of entry cost, in the order of [`EntryPart::ALL`].
const SHARES: [Named; EntryPart::ALL.len()] = [
    ("share-rent", "租金比例（%）"),
    ("share-purchase", "购房比例（%）"),
    ("share-fit-out", "装修比例（%）"),
    ("share-utilities", "水电气比例（%）"),
    ("share-telecom", "通讯比例（%）"),
];
const PER_PERSON: [Named; 2] = [("each-trained", "培训每人金额（元）"), ("each-hired", "用工每人金额（元）")];
const SHARE: Named = ("share", "占项目总投资的比例（%）");
const SCOPES: [(&str, (CapScope, CapPeriod)); 4] = [
    ("enterprise-year", (CapScope::Enterprise, CapPeriod::Year)),
    ("enterprise-lifetime", (CapScope::Enterprise, CapPeriod::Lifetime)),
    ("project-year", (CapScope::Project, CapPeriod::Year)),
    ("project-lifetime", (CapScope::Project, CapPeriod::Lifetime)),
];
const SCOPE_LABELS: [(&str, &str); 4] = [
    ("enterprise-year", "同一企业每年"),
    ("enterprise-lifetime", "同一企业历年累计"),
    ("project-year", "同一项目每年"),
    ("project-lifetime", "同一项目历年累计"),
];

/// What was typed.
pub struct Typed {
    /// For which kind of base.
    pub base: Base,
    district: DivisionCode,
    document: String,
    from: Date,
    until: Option<Date>,
    grant: Grant,
    cap: SetCap,
}

impl Typed {
    /// As the set of a benefit.
    pub fn set(self, benefit: BenefitId) -> ParameterSet {
        let Self { district, document, from, until, grant, cap, .. } = self;
        ParameterSet { benefit, district, document: document.into(), from, until, grant, cap }
    }
}

impl FromFields for Typed {
    fn from_fields(reader: &mut Reader<'_>) -> Option<Self> {
        let base = reader.choice(BASE, "事项", &BASES)?;
        let district = reader.required::<DivisionCode>(DISTRICT.0, "区县");
        let document = reader.text("document", "文件名称与文号", 200, true);
        let from = reader.day("from", "施行日期");
        let until = reader.optional_day("until", "有效期至");
        let grant = grant(reader, base);
        let value = amount(reader, ("cap", "上限（元）"));
        let scope = reader.choice("cap-scope", "上限按什么累计", &SCOPES);
        let (scope, period) = scope?;
        let cap = SetCap { value: value?, scope, period };
        let (district, document, from, until) = (district?, document?, from?, until?);
        Some(Self { base, district, document, from, until, grant: grant?, cap })
    }
}

fn grant(reader: &mut Reader<'_>, base: Base) -> Option<Grant> {
    match base {
        Base::EntryCost => {
            let rates = SHARES.map(|(name, label)| reader.optional::<Percent>(name, label));
            let rates: Option<Vec<Rate>> =
                rates.into_iter().map(|rate| Some(rate?.map_or(Rate::default(), |rate| rate.0))).collect();
            Some(Grant::ByPart(rates?.try_into().ok()?))
        }
        Base::TrainedPersons => {
            let [trained, hired] = PER_PERSON.map(|named| amount(reader, named));
            Some(Grant::PerPerson { trained: trained?, hired: hired? })
        }
        Base::ProjectInvestment => match reader.optional::<Percent>(SHARE.0, SHARE.1)? {
            Some(share) => Some(Grant::Share(share.0)),
            None => tiers(reader),
        },
        _ => tiers(reader),
    }
}

fn tiers(reader: &mut Reader<'_>) -> Option<Grant> {
    let mut tiers = Vec::new();
    for (index, row) in TIERS.iter().enumerate() {
        if index == 0 || is_filled(reader, &[row.over.0, row.amount.0]) {
            let (over, granted) = (amount(reader, row.over), amount(reader, row.amount));
            tiers.push(over.zip(granted).map(|(over, amount): (Money, Money)| Tier { over, amount }));
        }
    }
    Some(Grant::Tiers(tiers.into_iter().collect::<Option<_>>()?))
}

/// The fields for a kind of base, in groups.
pub fn groups(draft: &Draft, base: Base, districts: &[(DivisionCode, String)]) -> Vec<(&'static str, Vec<Field>)> {
    let document = vec![
        draft.select(DISTRICT.0, "区县", districts).required(),
        draft.text("document", "文件名称与文号").hint("例如 XX府办发〔2024〕12号《……实施细则》").required(),
        draft.date("from", "施行日期").hint("从这一天起的测算适用").required(),
        draft.date("until", "有效期至").hint("没有写明的留空"),
    ];
    let cap = vec![
        draft.money("cap", "上限（元）").required(),
        draft.radios("cap-scope", "上限按什么累计", &SCOPE_LABELS).required(),
    ];
    vec![("文件", document), ("标准", grant_fields(draft, base)), ("上限", cap)]
}

fn grant_fields(draft: &Draft, base: Base) -> Vec<Field> {
    match base {
        Base::EntryCost => {
            let share = |(name, label): Named| draft.count(name, label).hint("不支持的留空");
            SHARES.into_iter().map(share).collect()
        }
        Base::TrainedPersons => {
            let each = |(name, label): Named| draft.money(name, label).hint("不补贴的填 0").required();
            PER_PERSON.into_iter().map(each).collect()
        }
        Base::ProjectInvestment => {
            let share = draft.count(SHARE.0, SHARE.1).hint("按比例补助的填这里；按额度补助的留空，填下面各档");
            std::iter::once(share).chain(tier_fields(draft, false)).collect()
        }
        _ => tier_fields(draft, true),
    }
}

fn tier_fields(draft: &Draft, is_required: bool) -> Vec<Field> {
    let fields = TIERS.iter().enumerate().flat_map(|(index, row)| {
        let fields = [draft.money(row.over.0, row.over.1), draft.money(row.amount.0, row.amount.1)];
        if is_required && index == 0 { fields.map(Field::required) } else { fields }
    });
    fields.collect()
}
