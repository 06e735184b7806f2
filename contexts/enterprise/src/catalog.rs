//! Dated reference data the enterprise file is judged by: divisions, calendar, firm sizes, the chain, filing rules.
//!
//! The files of `catalog/` enter by command, so that an old decision can always be recomputed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kernel::division::DivisionKind;
use kernel::{
    Date, Dated, Digest, Division, DivisionCode, Divisions, Money, OrganisationId, Rate, Township, WorkingCalendar,
    Year,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The catalog in force, parsed.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalog {
    /// Of all files.
    pub digest: Digest,
    /// Districts, functional zones, and townships that moved.
    pub divisions: Divisions,
    /// On which days offices work.
    pub calendar: Arc<WorkingCalendar>,
    /// Firm sizes by the rule in force.
    pub sizes: Dated<SizeRule>,
    /// The industrial chain and industry codes.
    pub chain: Chain,
    /// How annual filings are handled.
    pub filing: FilingRules,
}

/// A catalog file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("目录数据 {file} 第 {line} 行：{what}")]
pub struct CatalogError {
    /// Its name.
    pub file: &'static str,
    /// From 1; 1 also when the whole file is meant.
    pub line: usize,
    /// What is wrong and what to do.
    pub what: String,
}

/// A tier of firm size (工信部联企业〔2011〕300号).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Size {
    /// 微型
    Micro,
    /// 小型
    Small,
    /// 中型
    Medium,
    /// 大型
    Large,
}

impl Size {
    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Micro => "微型",
            Self::Small => "小型",
            Self::Medium => "中型",
            Self::Large => "大型",
        }
    }
}

/// Lower bounds of every tier above micro, largest first.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SizeRule {
    /// First day in force.
    pub from: Date,
    /// Where it stands.
    pub document: String,
    /// Whether the figures were checked against the document.
    #[serde(default)]
    pub status: Option<String>,
    /// Largest first.
    pub tiers: Vec<Tier>,
}

/// Both bounds must be reached; failing one drops a tier.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Which tier.
    pub size: Size,
    /// Persons employed, at least.
    pub staff_at_least: u32,
    /// Operating revenue of the year, at least.
    #[serde(with = "kernel::money::in_yuan")]
    pub revenue_at_least: Money,
}

impl SizeRule {
    /// The highest tier both of whose lower bounds are reached.
    pub fn size(&self, staff: u32, revenue: Money) -> Size {
        let reached = |tier: &&Tier| staff >= tier.staff_at_least && revenue >= tier.revenue_at_least;
        self.tiers.iter().find(reached).map_or(Size::Micro, |tier| tier.size)
    }
}

/// Where a group of nodes stands in the chain model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    /// 上游
    Upstream,
    /// 中游
    Midstream,
    /// 下游
    Downstream,
}

/// A group of chain nodes, such as 先进封装.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Key.
    pub id: String,
    /// In Chinese.
    pub name: String,
    /// In the chain model.
    pub position: Position,
    /// What plans call it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Its nodes.
    pub nodes: Vec<Node>,
}

/// A node of the chain, such as 引线框架.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Key.
    pub id: String,
    /// In Chinese.
    pub name: String,
    /// What plans and people also call it.
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// An industry code (GB/T 4754).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Industry {
    /// Four digits.
    pub code: String,
    /// In Chinese.
    pub name: String,
    /// Whether the code alone does not show that a firm packages or tests.
    pub product_evidence: bool,
}

/// The industrial chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// In the order people read them.
    #[serde(rename = "group")]
    pub groups: Vec<Group>,
    /// By GB/T 4754.
    #[serde(rename = "industry")]
    pub industries: Vec<Industry>,
}

impl Chain {
    /// By key.
    pub fn node(&self, id: &str) -> Option<(&Group, &Node)> {
        self.nodes().find(|(_, node)| node.id == id)
    }

    /// By key, name or alias: the plan's words and the model's lead to the same node. A name shared by a whole group
    /// (下游材料) is not a node.
    pub fn find(&self, word: &str) -> Option<(&Group, &Node)> {
        self.nodes()
            .find(|(_, node)| node.id == word || node.name == word || node.aliases.iter().any(|alias| alias == word))
    }

    fn nodes(&self) -> impl Iterator<Item = (&Group, &Node)> {
        self.groups.iter().flat_map(|group| group.nodes.iter().map(move |node| (group, node)))
    }

    /// By GB/T 4754 code.
    pub fn industry(&self, code: &str) -> Option<&Industry> {
        self.industries.iter().find(|industry| industry.code == code)
    }
}

/// How annual filings are handled.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilingRules {
    /// Who signs off.
    pub responsible: Responsible,
    /// By when.
    pub deadlines: Deadlines,
    /// What is absurd.
    pub limits: Limits,
    /// What may be published.
    pub publication: PublicationRule,
    /// Versions of what counts as revenue.
    #[serde(rename = "scope")]
    pub scopes: Vec<Scope>,
}

/// Who signs off.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Responsible {
    /// The municipal department.
    pub department: OrganisationId,
}

/// Time limits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadlines {
    /// Month and day (`04-30`) of the following year by which a firm files.
    pub annual_due: String,
    /// For the district, counted from the day after filing.
    pub district_working_days: u16,
    /// For the city, counted from the day after verification.
    pub city_working_days: u16,
}

/// Figures beyond which a mistake of unit is more likely than the truth.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Any one amount.
    #[serde(with = "kernel::money::in_yuan")]
    pub amount_at_most: Money,
    /// Persons.
    pub staff_at_most: u32,
    /// Change against the previous year that the verifier is shown.
    pub attention_change: Rate,
}

/// When a public cell is withheld: fewer firms than this, or one firm above this share of the cell.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicationRule {
    /// Fewer firms: withheld.
    pub firms_at_least: u32,
    /// One firm above this share: withheld (dominance rule).
    pub dominant_share: Rate,
    /// Calendar months from one release of a year's figure to the next, at least.
    pub months_between: u8,
    /// Who still has to confirm it.
    #[serde(default)]
    pub status: Option<String>,
}

/// A version of what counts as packaging-and-test revenue.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Key, such as `2023-1`.
    pub id: String,
    /// In a few words, as pages call it.
    pub name: String,
    /// First reporting year.
    pub from_year: Year,
    /// Whether captive revenue is in the total (it is shown apart either way).
    pub captive_counts: bool,
    /// In words.
    pub definition: String,
    /// Who still has to confirm it.
    #[serde(default)]
    pub status: Option<String>,
}

impl FilingRules {
    /// The scope version for a reporting year.
    pub fn scope_of(&self, year: Year) -> Option<&Scope> {
        self.scopes.iter().filter(|scope| scope.from_year <= year).max_by_key(|scope| scope.from_year)
    }

    /// By key.
    pub fn scope(&self, id: &str) -> Option<&Scope> {
        self.scopes.iter().find(|scope| scope.id == id)
    }

    /// The last day on which filing for a reporting year is in time.
    pub fn annual_due(&self, year: Year) -> Option<Date> {
        format!("{:04}-{}", year.checked_add(1)?, self.deadlines.annual_due).parse().ok()
    }
}

impl Catalog {
    /// The files a catalog consists of.
    pub const FILES: [&'static str; 5] =
        ["divisions.toml", "calendar.toml", "firm-size.toml", "chain.toml", "filing.toml"];

    /// From the texts of [`Catalog::FILES`] by name; other files are not looked at and do not count in the digest.
    pub fn parse(files: &BTreeMap<String, String>) -> Result<Self, CatalogError> {
        let sizes: SizeFile = read(files, "firm-size.toml")?;
        let chain: Chain = read(files, "chain.toml")?;
        let filing: FilingRules = read(files, "filing.toml")?;
        chain_is_sound(&chain)?;
        sizes_are_sound(&sizes)?;
        filing_is_sound(&filing)?;
        let parts = Self::FILES.iter().flat_map(|name| {
            let text = files.get(*name).map_or("", String::as_str);
            [name.as_bytes(), b"\n", text.as_bytes(), b"\0"]
        });
        Ok(Self {
            digest: Digest::of_parts(parts),
            divisions: divisions(read(files, "divisions.toml")?)?,
            calendar: Arc::new(calendar(read(files, "calendar.toml")?)?),
            sizes: sizes.rules.into_iter().map(|rule| (rule.from, rule)).collect(),
            chain,
            filing,
        })
    }
}

fn read<T: DeserializeOwned>(files: &BTreeMap<String, String>, file: &'static str) -> Result<T, CatalogError> {
    let fault = |line, what| CatalogError { file, line, what };
    let text = files.get(file).ok_or_else(|| fault(1, "缺少这个文件，请连同其余目录文件一起提交".into()))?;
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
        fault(line, error.message().to_owned())
    })
}

fn fault<T>(file: &'static str, what: impl Into<String>) -> Result<T, CatalogError> {
    Err(CatalogError { file, line: 1, what: what.into() })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SizeFile {
    #[serde(rename = "rule")]
    rules: Vec<SizeRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DivisionsFile {
    #[serde(rename = "division")]
    divisions: Vec<DivisionRow>,
    #[serde(default, rename = "township")]
    townships: Vec<TownshipRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DivisionRow {
    code: DivisionCode,
    name: String,
    kind: DivisionKind,
    established: Option<Date>,
    abolished: Option<Date>,
    authority_from: Option<Date>,
    authority_until: Option<Date>,
    successor: Option<DivisionCode>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TownshipRow {
    name: String,
    from: DivisionCode,
    to: DivisionCode,
    boundary: Date,
    authority: Date,
}

fn divisions(file: DivisionsFile) -> Result<Divisions, CatalogError> {
    const FILE: &str = "divisions.toml";
    let codes: BTreeSet<_> = file.divisions.iter().map(|row| row.code).collect();
    if codes.len() != file.divisions.len() {
        return fault(FILE, "有重复的区划代码，请删除多余的一条");
    }
    let named = file.townships.iter().flat_map(|row| [row.from, row.to]);
    let succeeded = file.divisions.iter().filter_map(|row| row.successor);
    if let Some(code) = named.chain(succeeded).find(|code| !codes.contains(code)) {
        return fault(FILE, format!("引用了未列出的区划 {code}，请补充或改正"));
    }
    let divisions = file.divisions.into_iter().map(|row| Division {
        code: row.code,
        name: row.name,
        kind: row.kind,
        established: row.established,
        abolished: row.abolished,
        authority_from: row.authority_from,
        authority_until: row.authority_until,
        successor: row.successor,
    });
    let townships = file.townships.into_iter().map(|row| {
        let since = |change| [(Date::MIN, row.from), (change, row.to)].into_iter().collect();
        (row.name, Township { boundary: since(row.boundary), authority: since(row.authority) })
    });
    Ok(Divisions::new(divisions, townships))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarFile {
    settled_until: Option<Date>,
    #[serde(rename = "year")]
    years: Vec<CalendarYear>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarYear {
    year: Year,
    #[serde(rename = "document")]
    _document: String,
    working: Vec<Date>,
    holidays: Vec<Holiday>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holiday {
    name: String,
    from: Date,
    until: Date,
}

/// The working calendar alone, from the text of `calendar.toml`: one reader for whoever counts working days.
pub fn read_calendar(text: &str) -> Result<WorkingCalendar, CatalogError> {
    let name = "calendar.toml";
    calendar(read(&BTreeMap::from([(name.to_owned(), text.to_owned())]), name)?)
}

fn calendar(file: CalendarFile) -> Result<WorkingCalendar, CatalogError> {
    const FILE: &str = "calendar.toml";
    let mut closed = BTreeSet::new();
    for holiday in file.years.iter().flat_map(|year| &year.holidays) {
        let days = holiday.from.series(jiff::Span::new().days(1)).take_while(|day| *day <= holiday.until);
        let before = closed.len();
        closed.extend(days.take(31));
        if closed.len() == before {
            return fault(FILE, format!("{}（{}）没有放假的日子，请检查起止日期", holiday.name, holiday.from));
        }
    }
    for year in &file.years {
        if let Some(day) = year.working.iter().find(|day| closed.contains(day) || (**day).year() != year.year) {
            return fault(FILE, format!("{day} 不能列为 {} 年的调休上班日，请对照放假通知检查", year.year));
        }
    }
    let working = file.years.into_iter().flat_map(|year| year.working);
    Ok(WorkingCalendar::new(closed, working, file.settled_until))
}

fn chain_is_sound(chain: &Chain) -> Result<(), CatalogError> {
    let mut seen = BTreeSet::new();
    match chain.nodes().find(|(_, node)| !seen.insert(&node.id)) {
        Some((_, node)) => fault("chain.toml", format!("环节编号 {} 重复，请改用不同的编号", node.id)),
        None => Ok(()),
    }
}

fn sizes_are_sound(file: &SizeFile) -> Result<(), CatalogError> {
    let falls = |rule: &SizeRule| {
        rule.tiers.is_sorted_by(|upper, lower| {
            upper.size > lower.size
                && upper.staff_at_least >= lower.staff_at_least
                && upper.revenue_at_least >= lower.revenue_at_least
        })
    };
    match file.rules.iter().find(|rule| !falls(rule)) {
        Some(rule) => fault("firm-size.toml", format!("{} 起的规则各档须由大到小排列，下限依次不增", rule.from)),
        None => Ok(()),
    }
}

fn filing_is_sound(rules: &FilingRules) -> Result<(), CatalogError> {
    if rules.annual_due(2023).is_none() {
        return fault("filing.toml", "annual_due 应写成 月-日，例如 04-30");
    }
    let ids: BTreeSet<_> = rules.scopes.iter().map(|scope| &scope.id).collect();
    if ids.is_empty() || ids.len() != rules.scopes.len() {
        return fault("filing.toml", "至少要有一个收入口径，且编号不能重复");
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use jiff::civil::date;

    /// The catalog as shipped.
    pub(crate) fn shipped() -> BTreeMap<String, String> {
        let files = [
            include_str!("../../../catalog/divisions.toml"),
            include_str!("../../../catalog/calendar.toml"),
            include_str!("../../../catalog/firm-size.toml"),
            include_str!("../../../catalog/chain.toml"),
            include_str!("../../../catalog/filing.toml"),
        ];
        Catalog::FILES.iter().zip(files).map(|(name, text)| ((*name).to_owned(), text.to_owned())).collect()
    }

    #[test]
    fn thirty_eight_districts_before_and_thirty_seven_after() {
        let catalog = Catalog::parse(&shipped()).unwrap();
        let districts = |day| {
            let on = catalog.divisions.on(day);
            on.filter(|division| division.kind == DivisionKind::District).count()
        };
        assert_eq!(districts(date(2025, 11, 5)), 38);
        assert_eq!(districts(date(2025, 11, 6)), 37);
        let (old, zone): (DivisionCode, DivisionCode) = ("500109".parse().unwrap(), "500157".parse().unwrap());
        let competent = |day| catalog.divisions.competent(old, "水土街道", day);
        assert_eq!(competent(date(2026, 1, 24)), Some(old));
        assert_eq!(competent(date(2026, 1, 25)), Some(zone));
    }

    #[test]
    fn failing_a_lower_bound_drops_a_tier() {
        let catalog = Catalog::parse(&shipped()).unwrap();
        let (_, rule) = catalog.sizes.on(date(2024, 1, 1)).unwrap();
        let yuan = Money::from_yuan;
        assert_eq!(rule.size(1000, yuan(400_000_000)), Size::Large);
        assert_eq!(rule.size(999, yuan(400_000_000)), Size::Medium);
        assert_eq!(rule.size(5000, yuan(19_999_999)), Size::Small, "staff alone does not make a firm medium");
        assert_eq!(rule.size(19, yuan(1_000_000_000)), Size::Micro);
    }

    #[test]
    fn the_plans_words_lead_to_the_same_node() {
        let catalog = Catalog::parse(&shipped()).unwrap();
        let (group, node) = catalog.chain.find("框架").unwrap();
        assert_eq!((node.id.as_str(), group.position), ("mat-leadframe", Position::Upstream));
        assert!(group.aliases.iter().any(|alias| alias == "下游材料"));
    }

    #[test]
    fn the_calendar_counts_over_a_holiday() {
        let catalog = Catalog::parse(&shipped()).unwrap();
        assert!(!catalog.calendar.works_on(date(2026, 10, 7)));
        assert!(catalog.calendar.works_on(date(2026, 10, 10)), "a Saturday worked for National Day");
        assert!(catalog.calendar.is_settled(date(2026, 12, 31)) && !catalog.calendar.is_settled(date(2027, 1, 1)));
    }

    #[test]
    fn a_broken_file_names_its_line() {
        let mut files = shipped();
        files.insert("firm-size.toml".into(), "\n[[rule]]\nfrom = 3\n".into());
        let error = Catalog::parse(&files).unwrap_err();
        assert_eq!((error.file, error.line), ("firm-size.toml", 3));
        files.remove("chain.toml");
        files.insert("firm-size.toml".into(), shipped()["firm-size.toml"].clone());
        assert_eq!(Catalog::parse(&files).unwrap_err().file, "chain.toml");
    }
}
