//! The registers of firms and filings, declared once.

use std::sync::Arc;

use enterprise::filing::{Filing, StageKind};
use enterprise::view::Summary;
use kernel::{CreditCode, Date, Money, OrganisationId, Role, Year, date::civil};
use office::State;
use register::{Cell, Column, Found, Kind, Register, Viewer, Visibility};

/// Who sees firms one by one. The public and other firms see aggregates.
pub const OFFICIALS: &[Role] =
    &[Role::DistrictOfficer, Role::CityOfficer, Role::WorkingGroup, Role::Finance, Role::Auditor];

/// Whether a viewer may see this firm's file on the day: the firm itself, the district in charge, the city's own.
pub fn may_see(state: &State, viewer: &Viewer, firm: CreditCode, day: Date) -> bool {
    match (viewer.role, &viewer.organisation) {
        (Some(Role::Enterprise | Role::Agent), Some(organisation)) => organisation.as_str() == firm.as_str(),
        (Some(Role::DistrictOfficer), Some(organisation)) => {
            let catalog = state.enterprise.catalog();
            let file = state.enterprise.firm(firm);
            let in_charge =
                catalog.zip(file).and_then(|(catalog, file)| enterprise::authority::competent_for(catalog, file, day));
            in_charge.is_some_and(|division| OrganisationId::from(division) == *organisation)
        }
        (Some(role), _) => OFFICIALS.contains(&role),
        (None, _) => false,
    }
}

/// The last day recorded in a State: registers speak as of it.
fn day_of(state: &State) -> Date {
    state
        .enterprise
        .firms()
        .flat_map(|firm| firm.history.last())
        .map(|entry| civil(entry.recorded.at))
        .max()
        .unwrap_or(Date::MIN)
}

/// A division by its name where the catalog knows it.
pub fn division_name(state: &State, code: kernel::DivisionCode) -> String {
    let division = state.enterprise.catalog().and_then(|catalog| catalog.divisions.get(code));
    division.map_or_else(|| code.to_string(), |division| division.name.clone())
}

struct FirmRow {
    summary: Summary,
    division: String,
    /// Of the latest year signed off.
    packaging: Option<Money>,
}

fn found_firms<'a>(state: &'a State, viewer: &Viewer) -> Found<'a, FirmRow> {
    let Some(catalog) = state.enterprise.catalog() else { return Found::none() };
    let day = day_of(state);
    let seen = state.enterprise.firms().filter(|firm| may_see(state, viewer, firm.code, day));
    let sited = seen.filter_map(|firm| Some((firm, firm.site_on(day)?)));
    Found::each(sited.collect(), move |(firm, site)| {
        let summary = enterprise::view::summary_of(&state.enterprise, catalog, (firm, site), day);
        let division = summary.competent.map(|code| division_name(state, code)).unwrap_or_default();
        let signed = state.enterprise.latest_signed(firm.code, Year::MAX);
        let packaging = signed.map(|filing| filing.figures().packaging());
        Some(FirmRow { summary, division, packaging })
    })
}

/// 企业台账.
pub fn firms() -> Register<State> {
    let types = enterprise::FirmType::ALL.map(enterprise::FirmType::label);
    let about = "一企一档：纳入封测口径或建有档案的企业，每户一行。";
    Register::declare_long("firms", "企业台账", about, found_firms)
        .column(
            Column::new("name", "企业名称", |row: &FirmRow| {
                Cell::link(row.summary.name.clone(), format!("/firms/{}", row.summary.firm))
            })
            .filterable()
            .sortable()
            .describe("营业执照上的名称"),
        )
        .column(
            Column::new("code", "统一社会信用代码", |row: &FirmRow| Cell::text(row.summary.firm.to_string()))
                .filterable()
                .describe("GB 32100-2015"),
        )
        .column(
            Column::new("division", "属地", |row: &FirmRow| Cell::text(row.division.clone()))
                .filterable()
                .sortable()
                .describe("当日履行管理职权的区县或功能区"),
        )
        .column(
            Column::new("types", "类型", |row: &FirmRow| {
                let labels: Vec<_> = row.summary.types.iter().map(|kind| kind.label()).collect();
                Cell::text(labels.join("、"))
            })
            .filterable()
            .describe(format!("可多选：{}", types.join("、"))),
        )
        .column(
            Column::new("scale", "规模", |row: &FirmRow| match &row.summary.size {
                Some(found) => Cell::text(found.size.label()),
                None => Cell::None,
            })
            .filterable()
            .describe("按最近一年已签核申报与当日生效的划型规则计算"),
        )
        .column(
            Column::new("entered", "纳入口径", |row: &FirmRow| {
                row.summary.in_scope_since.map_or(Cell::None, Cell::Date)
            })
            .kind(Kind::Date)
            .sortable()
            .filterable()
            .describe("纳入封测口径的起始日；空白为不在口径内"),
        )
        .column(
            Column::new("operation", "状态", |row: &FirmRow| {
                row.summary.operation.map_or(Cell::None, |operation| Cell::text(operation.label()))
            })
            .filterable()
            .describe("在营、停业、注销或迁出"),
        )
        .column(
            Column::new("honours", "荣誉", |row: &FirmRow| Cell::text(row.summary.honours.join("、")))
                .filterable()
                .describe("当日有效的荣誉称号"),
        )
        .column(
            Column::new("packaging", "最近年度封测收入", |row: &FirmRow| {
                row.packaging.map_or(Cell::None, Into::into)
            })
            .money()
            .sortable()
            .filterable()
            .visible_to(Visibility::SignedIn)
            .describe("最近一年已签核申报的封测收入（代工与自用合计）"),
        )
        .finish()
}

struct FilingRow {
    filing: Arc<Filing>,
    firm: String,
    division: String,
}

fn found_filings<'a>(state: &'a State, viewer: &Viewer) -> Found<'a, FilingRow> {
    let day = day_of(state);
    let seen = state.enterprise.filing_ids().filter(|(firm, _)| may_see(state, viewer, *firm, day));
    let filings = seen.flat_map(|(_, filings)| filings).collect();
    Found::each(filings, move |id| {
        let filing = state.enterprise.shared_filing(*id)?;
        let file = state.enterprise.firm(filing.firm);
        let catalog = state.enterprise.catalog();
        let competent =
            catalog.zip(file).and_then(|(catalog, file)| enterprise::authority::competent_for(catalog, file, day));
        Some(FilingRow {
            filing: Arc::clone(filing),
            firm: file.map_or_else(String::new, |file| file.name().to_owned()),
            division: competent.map(|code| division_name(state, code)).unwrap_or_default(),
        })
    })
}

/// 年度申报台账.
pub fn filings() -> Register<State> {
    let stages =
        [StageKind::Filed, StageKind::Returned, StageKind::Verified, StageKind::SignedOff, StageKind::Superseded];
    Register::declare_long("filings", "年度申报台账", "企业年度申报：报送、核实、签核，每份一行。", found_filings)
        .column(
            Column::new("firm", "企业", |row: &FilingRow| {
                Cell::link(row.firm.clone(), crate::filing_page::path(&row.filing))
            })
            .filterable()
            .sortable(),
        )
        .column(
            Column::new("code", "统一社会信用代码", |row: &FilingRow| Cell::text(row.filing.firm.to_string()))
                .filterable(),
        )
        .column(
            Column::new("year", "年度", |row: &FilingRow| Cell::text(row.filing.year.to_string()))
                .filterable()
                .sortable(),
        )
        .column(
            Column::new("stage", "状态", |row: &FilingRow| Cell::text(row.filing.stage.kind().label()))
                .choices(stages.map(StageKind::label))
                .sortable(),
        )
        .column(
            Column::new("division", "属地", |row: &FilingRow| Cell::text(row.division.clone())).filterable().sortable(),
        )
        .column(
            Column::new("packaging", "封测收入", |row: &FilingRow| row.filing.figures().packaging().into())
                .money()
                .sortable()
                .filterable()
                .describe("代工与自用合计，不含税"),
        )
        .column(
            Column::new("contract", "其中代工", |row: &FilingRow| row.filing.figures().contract.into())
                .money()
                .sortable(),
        )
        .column(
            Column::new("revenue", "营业收入", |row: &FilingRow| row.filing.figures().revenue.into())
                .money()
                .sortable(),
        )
        .column(
            Column::new("research", "研发费用", |row: &FilingRow| row.filing.figures().research.into())
                .money()
                .sortable(),
        )
        .column(
            Column::new("staff", "从业人员", |row: &FilingRow| Cell::Count(i64::from(row.filing.figures().staff)))
                .kind(Kind::Count)
                .unit("人")
                .sortable(),
        )
        .column(
            Column::new("due", "办理时限", |row: &FilingRow| {
                row.filing.stage.due().map_or(Cell::None, |deadline| Cell::Date(deadline.due))
            })
            .kind(Kind::Date)
            .sortable()
            .filterable(),
        )
        .column(
            Column::new("scope", "口径", |row: &FilingRow| Cell::text(row.filing.scope().to_owned()))
                .describe("收入口径版本，定义见目录数据 filing.toml"),
        )
        .finish()
}
