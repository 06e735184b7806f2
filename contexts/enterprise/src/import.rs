//! Rows of a table file turned into commands, with every mistake named by row and column.
//!
//! Reading the file is the caller's work. [`Outcome`] holds both the commands and the errors; [`Command::Import`] takes
//! all commands or none, and [`check`] says beforehand what would stand in its way.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::str::FromStr;

use kernel::{Context, CreditCode, Date, DivisionCode, Evidence, Money, Refusal, Year};

use crate::catalog::Catalog;
use crate::filing::{self, Figures, FilingId, Material};
use crate::firm::{LegalForm, Registration, Site};
use crate::state::{Command, Event, NumberedCommand, State};

/// A column of a table file, as templates, help texts and errors show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The heading, unit included.
    pub name: &'static str,
    /// Whether an empty cell is an error.
    pub required: bool,
    /// What to write, with an example.
    pub explained: &'static str,
}

const fn column(name: &'static str, required: bool, explained: &'static str) -> Column {
    Column { name, required, explained }
}

/// Columns of a file of registrations.
pub const REGISTRATION: [Column; 7] = [
    column("统一社会信用代码", true, "18 位，与营业执照一致，例如 91330100799655058B"),
    column("企业名称", true, "营业执照上的全称"),
    column(
        "企业类型",
        true,
        "有限责任公司、股份有限公司、国有独资公司、外商投资企业、合伙企业、个人独资企业、事业单位或分支机构",
    ),
    column("成立日期", true, "例如 2021-03-15"),
    column("区县", true, "区县名称或六位代码，例如 永川区 或 500118"),
    column("镇街", false, "例如 大安街道；区划调整过的镇街必须填写"),
    column("功能区", false, "名称或六位内部代码；不在功能区内则留空"),
];

/// Columns of a file of annual filings. Amounts in 万元 with at most six decimals.
pub const FILING: [Column; 11] = [
    column("统一社会信用代码", true, "18 位，须已建档"),
    column("年度", true, "已结束的年度，例如 2025"),
    column("营业收入（万元）", true, "全部业务的不含税营业收入，例如 12345.67"),
    column("封测收入-对外代工（万元）", true, "为其他企业封装、测试的不含税收入；没有填 0"),
    column("封测收入-自封自测（万元）", true, "自有产品的封装、测试，按内部结算价；没有填 0"),
    column("封测收入合计（万元）", false, "填写时须等于前两列之和"),
    column("研发费用（万元）", true, "例如 860"),
    column("资产总计（万元）", true, "年末数"),
    column("从业人员（人）", true, "年末数，整数"),
    column("研发人员（人）", true, "年末数，整数"),
    column("口径版本", false, "留空即用该年度适用的口径"),
];

/// A row of cells with its number in the file.
pub type NumberedRow = (u32, Vec<String>);

/// What is wrong in a file, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("第 {row} 行“{column}”：{what}")]
pub struct RowError {
    /// As the file numbers it; the heading row for a missing column.
    pub row: u32,
    /// The heading of the column.
    pub column: String,
    /// What was wrong and what to do.
    pub what: String,
}

/// What a file came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Commands of the rows that are right, with their row numbers.
    pub commands: Vec<NumberedCommand>,
    /// Everything that is wrong, in the order of the file.
    pub errors: Vec<RowError>,
}

/// What stands in the way of each command on its own, by row and column. No two rows of a file concern the same record,
/// so that what holds for each on its own holds for all together.
pub fn check(state: &State, context: &Context, commands: &[NumberedCommand]) -> Vec<RowError> {
    let refused = commands.iter().filter_map(|(row, command)| {
        let refusal = crate::decide(state, context, command.clone()).err()?;
        let column = refusal.field.as_deref().and_then(heading_of).unwrap_or_else(|| heading(command));
        Some(RowError { row: *row, column: column.to_owned(), what: refusal.reason.into_owned() })
    });
    refused.collect()
}

/// All rows or none.
pub(crate) fn decide(state: &State, context: &Context, rows: Vec<NumberedCommand>) -> Result<Vec<Event>, Refusal> {
    let mut seen = HashSet::new();
    let mut events = Vec::with_capacity(rows.len());
    for (row, command) in rows {
        let at_row =
            |refusal: Refusal| Refusal { reason: format!("第 {row} 行：{}", refusal.reason).into(), ..refusal };
        let key = key(&command).ok_or_else(|| at_row(Refusal::forbidden("表格只能建档或报送年度数据。")))?;
        if !seen.insert(key) {
            return Err(at_row(Refusal::forbidden("与前面的行重复，请只保留一行。")));
        }
        events.extend(crate::decide(state, context, command).map_err(at_row)?);
    }
    if events.is_empty() {
        return Err(Refusal::invalid("file", "表格中没有可导入的行，请填写后再上传。"));
    }
    Ok(events)
}

/// The record a row concerns; `None` for what no table file holds.
fn key(command: &Command) -> Option<(CreditCode, Option<Year>)> {
    match command {
        Command::Register { firm, .. } => Some((*firm, None)),
        Command::Filing(filing::Command::File { firm, year, .. }) => Some((*firm, Some(*year))),
        _ => None,
    }
}

/// The column shown with what concerns the row as a whole.
fn heading(command: &Command) -> &'static str {
    match command {
        Command::Filing(_) => FILING[0].name,
        _ => REGISTRATION[0].name,
    }
}

/// The column of a field as refusals name it.
fn heading_of(field: &str) -> Option<&'static str> {
    Some(match field {
        "name" => "企业名称",
        "registered_on" => "成立日期",
        "district" => "区县",
        "township" => "镇街",
        "zone" => "功能区",
        "year" => "年度",
        "revenue" => "营业收入（万元）",
        "contract" => "封测收入-对外代工（万元）",
        "captive" => "封测收入-自封自测（万元）",
        "research" => "研发费用（万元）",
        "assets" => "资产总计（万元）",
        "staff" => "从业人员（人）",
        "research_staff" => "研发人员（人）",
        "scope" => "口径版本",
        _ => return None,
    })
}

/// Registrations from rows under the headings of [`REGISTRATION`]; columns may stand in any order, empty rows are
/// passed over.
pub fn registrations(catalog: &Catalog, heading: &NumberedRow, rows: &[NumberedRow]) -> Outcome {
    read(&REGISTRATION, heading, rows, 1, |row| {
        let firm: Option<CreditCode> = row.parsed("统一社会信用代码");
        let name = row.text("企业名称").map(str::to_owned);
        let legal_form =
            row.chosen("企业类型", |text| LegalForm::ALL.into_iter().find(|form| form.label() == text));
        let registered_on: Option<Date> = row.parsed("成立日期");
        let district = row.chosen("区县", |text| division(catalog, text));
        let township = row.optional("镇街").unwrap_or_default().to_owned();
        let zone = row.optional("功能区").map(str::to_owned);
        let zone = zone.map(|_| row.chosen("功能区", |text| division(catalog, text)));
        let site = Site { district: district?, township, zone: zone.flatten() };
        let registration = Registration { name: name?, legal_form: legal_form?, registered_on: registered_on?, site };
        Some(Command::Register { firm: firm?, registration, scope: None })
    })
}

/// Filings from rows under the headings of [`FILING`], each with an id from `ids` and this evidence (the file they
/// came in, as a rule).
pub fn filings(
    catalog: &Catalog,
    heading: &NumberedRow,
    rows: &[NumberedRow],
    evidence: &[Evidence],
    mut ids: impl FnMut() -> FilingId,
) -> Outcome {
    read(&FILING, heading, rows, 2, |row| {
        let firm: Option<CreditCode> = row.parsed("统一社会信用代码");
        let year: Option<Year> = row.parsed("年度");
        let revenue = row.ten_thousands("营业收入（万元）");
        let contract = row.ten_thousands("封测收入-对外代工（万元）");
        let captive = row.ten_thousands("封测收入-自封自测（万元）");
        let research = row.ten_thousands("研发费用（万元）");
        let assets = row.ten_thousands("资产总计（万元）");
        let staff: Option<u32> = row.parsed("从业人员（人）");
        let research_staff: Option<u32> = row.parsed("研发人员（人）");
        if let (Some(contract), Some(captive)) = (contract, captive) {
            row.sum("封测收入合计（万元）", contract + captive);
        }
        let scope = row.optional("口径版本").map(str::to_owned);
        let in_force = year.and_then(|year| catalog.filing.scope_of(year)).map(|scope| scope.id.clone());
        if year.is_some() && in_force.is_none() {
            row.wrong("年度", "这一年度没有可用的收入口径，请检查年度".into());
        }
        let figures = Figures {
            revenue: revenue?,
            contract: contract?,
            captive: captive?,
            research: research?,
            assets: assets?,
            staff: staff?,
            research_staff: research_staff?,
        };
        let material = Material { figures, scope: scope.or(in_force)?, evidence: evidence.to_vec() };
        let file = filing::Command::File { id: ids(), firm: firm?, year: year?, corrects: None, material };
        Some(Command::Filing(file))
    })
}

fn division(catalog: &Catalog, text: &str) -> Option<DivisionCode> {
    let by_code = text.parse().ok().filter(|code| catalog.divisions.get(*code).is_some());
    by_code.or_else(|| catalog.divisions.all().find(|division| division.name == text).map(|division| division.code))
}

/// Reads row by row; the first `keys` columns together may not repeat.
fn read(
    columns: &[Column],
    heading: &NumberedRow,
    rows: &[NumberedRow],
    keys: usize,
    mut command: impl FnMut(&mut Row<'_>) -> Option<Command>,
) -> Outcome {
    let mut outcome = Outcome::default();
    let places = places(columns, heading, &mut outcome.errors);
    if !outcome.errors.is_empty() {
        return outcome;
    }
    let mut seen: HashMap<Vec<String>, u32> = HashMap::new();
    for (number, cells) in rows {
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let mut row = Row { number: *number, cells, places: &places, columns, errors: Vec::new() };
        let made = command(&mut row);
        let key: Vec<String> = columns.iter().take(keys).map(|column| row.cell(column.name).to_owned()).collect();
        if let Some(first) = seen.insert(key, *number) {
            row.wrong(columns[0].name, format!("与第 {first} 行重复，请只保留一行"));
        }
        match made {
            Some(command) if row.errors.is_empty() => outcome.commands.push((*number, command)),
            _ => outcome.errors.append(&mut row.errors),
        }
    }
    outcome
}

/// Where each column stands.
fn places(columns: &[Column], heading: &NumberedRow, errors: &mut Vec<RowError>) -> HashMap<&'static str, usize> {
    let (number, headings) = heading;
    let error = |column: &str, what: &str| RowError { row: *number, column: column.to_owned(), what: what.to_owned() };
    let mut places = HashMap::new();
    for (index, found) in headings.iter().map(|heading| heading.trim()).enumerate() {
        match columns.iter().find(|column| column.name == found) {
            None if found.is_empty() => {}
            None => errors.push(error(found, "不是模板中的列，请下载模板对照列名")),
            Some(column) => {
                if places.insert(column.name, index).is_some() {
                    errors.push(error(found, "这一列出现了两次，请删除一列"));
                }
            }
        }
    }
    for column in columns.iter().filter(|column| column.required && !places.contains_key(column.name)) {
        errors.push(error(column.name, "缺少这一列，请下载模板对照列名"));
    }
    places
}

struct Row<'a> {
    number: u32,
    cells: &'a [String],
    places: &'a HashMap<&'static str, usize>,
    columns: &'a [Column],
    errors: Vec<RowError>,
}

impl Row<'_> {
    fn wrong(&mut self, column: &str, what: String) {
        self.errors.push(RowError { row: self.number, column: column.to_owned(), what });
    }

    fn cell(&self, column: &str) -> &str {
        let place = self.places.get(column).copied();
        place.and_then(|place| self.cells.get(place)).map_or("", |cell| cell.trim())
    }

    fn optional(&self, column: &str) -> Option<&str> {
        Some(self.cell(column)).filter(|cell| !cell.is_empty())
    }

    fn text(&mut self, column: &'static str) -> Option<&str> {
        if self.cell(column).is_empty() {
            let explained = self.columns.iter().find(|known| known.name == column).map_or("", |known| known.explained);
            self.wrong(column, format!("没有填写；{explained}"));
            return None;
        }
        self.optional(column)
    }

    /// As the type parses it; its own message for what only it can say, the column's explanation otherwise.
    fn parsed<T: FromStr<Err: Display>>(&mut self, column: &'static str) -> Option<T> {
        let parsed = self.text(column)?.parse::<T>();
        parsed.map_err(|error| self.explain(column, &error.to_string())).ok()
    }

    fn chosen<T>(&mut self, column: &'static str, choose: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let chosen = choose(self.text(column)?);
        if chosen.is_none() {
            self.explain(column, "不在可选范围内");
        }
        chosen
    }

    fn explain(&mut self, column: &'static str, what: &str) {
        let found = self.cell(column).to_owned();
        let explained = self.columns.iter().find(|known| known.name == column).map_or("", |known| known.explained);
        // Messages written for people are Chinese; those of the standard library are not shown.
        let what = if what.is_ascii() { format!("“{found}”无法识别") } else { what.to_owned() };
        self.wrong(column, format!("{what}；{explained}"));
    }

    fn ten_thousands(&mut self, column: &'static str) -> Option<Money> {
        let parsed = in_ten_thousands(self.text(column)?);
        parsed.map_err(|what| self.explain(column, &what)).ok()
    }

    /// An optional control total.
    fn sum(&mut self, column: &'static str, sum: Money) {
        let Some(stated) = self.optional(column).map(in_ten_thousands) else { return };
        match stated {
            Err(what) => self.explain(column, &what),
            Ok(stated) if stated != sum => {
                let what = format!("合计 {} 万元不等于各项之和 {} 万元，请核对", exact(stated), exact(sum));
                self.wrong(column, what);
            }
            Ok(_) => {}
        }
    }
}

/// 万元 as typed, exact to the fen: at most six decimals.
fn in_ten_thousands(text: &str) -> Result<Money, String> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let plain = !decimals.is_empty() && decimals.bytes().all(|byte| byte.is_ascii_digit());
    if !plain || decimals.len() > 6 {
        return Err(format!("“{text}”不是以万元为单位的金额（最多六位小数，精确到分）"));
    }
    // Grouping and signs are the whole number's; its parser says what is wrong with them.
    whole.parse::<Money>().map_err(|error| error.to_string())?;
    let digits: String = whole.chars().filter(|c| !matches!(c, ',' | '，')).collect();
    let decimals = format!("{decimals:0<6}");
    let (yuan, fen) = decimals.split_at(4);
    format!("{digits}{yuan}.{fen}").parse().map_err(|error: kernel::money::MoneyError| error.to_string())
}

/// 万元 with all digits that matter.
fn exact(money: Money) -> String {
    let fen = money.fen();
    let text = format!("{}.{:06}", fen / 1_000_000, (fen % 1_000_000).abs());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::tests::shipped;

    fn row(number: u32, cells: &[&str]) -> NumberedRow {
        (number, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    fn heading(columns: &[Column]) -> NumberedRow {
        (1, columns.iter().map(|column| column.name.to_owned()).collect())
    }

    #[test]
    fn ten_thousands_are_exact_to_the_fen() {
        let fen = |text: &str| in_ten_thousands(text).map(Money::fen);
        assert_eq!(fen("1"), Ok(1_000_000));
        assert_eq!(fen("12,345.67"), Ok(12_345_670_000));
        assert_eq!(fen("0.000001"), Ok(1));
        assert_eq!(fen("-3.5"), Ok(-3_500_000));
        for bad in ["", ".5", "1.", "1.0000001", "一万", "1,23", "1.5.2", "99999999999999999999"] {
            assert!(fen(bad).is_err(), "{bad}");
        }
        assert_eq!(exact(Money::from_fen(12_345_670_000)), "12345.67");
    }

    #[test]
    fn registrations_name_row_and_column() {
        let catalog = Catalog::parse(&shipped()).unwrap();
        let good = ["91330100799655058B", "示例封测", "有限责任公司", "2021-03-15", "永川区", "", ""];
        let rows = [
            row(2, &good),
            row(3, &["", "", "", "", "", "", ""]),
            row(4, &["913206001383081969", "示例", "公司", "去年", "成都市", "", "不是功能区"]),
            row(5, &good),
        ];
        let outcome = registrations(&catalog, &heading(&REGISTRATION), &rows);
        assert_eq!(outcome.commands.len(), 1);
        let wrong: Vec<_> = outcome.errors.iter().map(|error| (error.row, error.column.as_str())).collect();
        let expected = ["统一社会信用代码", "企业类型", "成立日期", "区县", "功能区"].map(|column| (4, column));
        assert_eq!(wrong[..5], expected);
        assert_eq!(outcome.errors[5].to_string(), "第 5 行“统一社会信用代码”：与第 2 行重复，请只保留一行");
        assert!(outcome.errors[0].what.contains("应为“5”"), "the code's own message: {}", outcome.errors[0].what);
    }

    #[test]
    fn filings_check_the_control_total() {
        let catalog = Catalog::parse(&shipped()).unwrap();
        let cells =
            |sum| ["91330100799655058B", "2025", "20000", "9000.5", "500", sum, "860", "30000", "320", "40", ""];
        let rows = [row(2, &cells("9500.5")), row(3, &cells("9500")), row(4, &cells("九千"))];
        let id = || FilingId(uuid::Uuid::nil());
        let outcome = filings(&catalog, &heading(&FILING), &rows, &[], id);
        let [(2, Command::Filing(filing::Command::File { material, .. }))] = outcome.commands.as_slice() else {
            panic!("{outcome:?}")
        };
        assert_eq!(material.figures.packaging(), Money::from_yuan(95_005_000));
        assert_eq!(material.scope, "2023-1");
        assert!(outcome.errors[0].what.contains("9500.5"), "{}", outcome.errors[0]);
    }

    /// An officer of Yongchuan on an ordinary day.
    fn officer() -> Context {
        let organisation = "500118".parse().unwrap();
        let person = kernel::PersonId(uuid::Uuid::from_u128(1));
        let actor = kernel::Actor::Person { person, role: kernel::Role::DistrictOfficer, organisation };
        let now = "2026-03-02T01:00:00Z".parse().unwrap();
        Context { now, actor, reauthenticated: false, calendar: std::sync::Arc::default() }
    }

    fn adopted() -> State {
        let mut state = State::default();
        let digest = Catalog::parse(&shipped()).unwrap().digest;
        let recorded =
            kernel::Recorded { sequence: kernel::Sequence(1), at: officer().now, actor: kernel::Actor::System };
        state.apply(&recorded, &Event::CatalogAdopted { digest, files: shipped() }).unwrap();
        state
    }

    #[test]
    fn a_file_is_taken_whole_or_not_at_all() {
        let (state, officer) = (adopted(), officer());
        let catalog = state.catalog().unwrap();
        let good = ["91330100799655058B", "示例封测", "有限责任公司", "2021-03-15", "永川区", "", ""];
        let elsewhere = ["91110000802100433B", "示例测试", "有限责任公司", "2021-03-15", "北碚区", "", ""];
        let early = ["9144030071526726XG", "示例材料", "有限责任公司", "2027-03-15", "永川区", "", ""];
        let rows = [row(2, &good), row(3, &elsewhere), row(4, &early)];
        let outcome = registrations(catalog, &heading(&REGISTRATION), &rows);
        assert!(outcome.errors.is_empty(), "{:?}", outcome.errors);
        let wrong = check(&state, &officer, &outcome.commands);
        let places: Vec<_> = wrong.iter().map(|error| (error.row, error.column.as_str())).collect();
        assert_eq!(places, [(3, "统一社会信用代码"), (4, "成立日期")]);
        let all = |commands: &[NumberedCommand]| decide(&state, &officer, commands.to_vec());
        let refusal = all(&outcome.commands).unwrap_err();
        assert!(refusal.reason.starts_with("第 3 行：") && refusal.reason.contains("北碚区"), "{}", refusal.reason);
        assert_eq!(all(&outcome.commands[..1]).unwrap().len(), 1);
        let twice = [outcome.commands[0].clone(), (9, outcome.commands[0].1.clone())];
        assert!(all(&twice).unwrap_err().reason.contains("第 9 行：与前面的行重复"));
        assert!(all(&[]).is_err());
        let nested = [(2, Command::Import(Vec::new()))];
        assert!(all(&nested).is_err(), "nothing but what a table holds");
    }

    #[test]
    fn headings_are_checked_first() {
        let catalog = Catalog::parse(&shipped()).unwrap();
        let outcome = registrations(&catalog, &row(1, &["企业名称", "名称"]), &[row(2, &["甲", "乙"])]);
        assert!(outcome.commands.is_empty());
        assert_eq!(outcome.errors[0].column, "名称");
        assert_eq!(outcome.errors.len(), 5, "one unknown column, four required ones missing");
    }
}
