//! A register goes out to files and comes back.
#![allow(clippy::unwrap_used)]

use std::io::{Cursor, Write as _};

use jiff::civil::date;
use kernel::{Money, OrganisationId, Rate, Role, Timestamp};
use proptest::prelude::*;
use register::{
    Cell, Column, Filter, Kind, Light, Limits, Provenance, Query, Register, RowError, Sheet, SheetError, Viewer,
    Visibility,
};

#[derive(Clone)]
struct Firm {
    name: String,
    revenue: Option<Money>,
    staff: i64,
}

fn firms() -> Register<Vec<Firm>> {
    let own = |state: &Vec<Firm>, _: &Viewer| state.clone();
    Register::declare("firms", "企业台账", "在册企业。", own)
        .column(Column::new("name", "企业名称", |row: &Firm| Cell::text(row.name.clone())).filterable().sortable())
        .column(Column::new("revenue", "营业收入", |row: &Firm| row.revenue.into()).money().filterable().sortable())
        .column(Column::new("staff", "从业人员", |row: &Firm| row.staff.into()).kind(Kind::Count).unit("人").sortable())
        .column(
            Column::new("share", "研发占比", |_: &Firm| Rate::from_parts_per_million(49_000).into()).kind(Kind::Rate),
        )
        .column(
            Column::new("filed", "填报日期", |_: &Firm| date(2026, 3, 4).into())
                .kind(Kind::Date)
                .filterable()
                .describe("企业提交年度填报的日期。"),
        )
        .column(
            Column::new("light", "状态", |row: &Firm| {
                if row.staff > 100 { Light::good("按期").into() } else { Light::bad("逾期").into() }
            })
            .kind(Kind::Light)
            .choices(["按期", "逾期"])
            .visible_to(Visibility::Roles(&[Role::CityOfficer])),
        )
        .finish()
}

fn firm(name: &str, fen: i64, staff: i64) -> Firm {
    Firm { name: name.into(), revenue: (fen != 0).then(|| Money::from_fen(fen)), staff }
}

fn officer() -> Viewer {
    let organisation: OrganisationId = "economy-information".parse().unwrap();
    Viewer::new(Role::CityOfficer, organisation)
}

fn provenance() -> Provenance {
    let made_at: Timestamp = "2026-11-23T02:00:00Z".parse().unwrap();
    Provenance { title: "企业台账".into(), lines: vec![("截至".into(), "2026-11-23".into())], made_at }
}

#[test]
fn a_query_chooses_orders_and_pages() {
    let (register, city) =
        (firms(), vec![firm("甲", 300, 5), firm("乙", 0, 200), firm("丙", 200, 300), firm("甲二", 100, 1)]);
    let names = |raw: &str| {
        let query = Query::parse(&register, &officer(), raw);
        let page = register.page(&city, &officer(), &query);
        page.rows.iter().map(|row| row[0].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names("sort=-revenue"), ["甲", "丙", "甲二", "乙"], "what is not known comes last");
    assert_eq!(names("sort=revenue"), ["甲二", "丙", "甲", "乙"]);
    assert_eq!(names("q=甲"), ["甲", "甲二"]);
    assert_eq!(names("revenue.from=2&revenue.to=3"), ["甲", "丙"]);
    assert_eq!(names("light=按期&sort=name"), ["丙", "乙"]);
    let page = register.page(&city, &officer(), &Query { size: 3, page: 99, ..Query::default() });
    assert_eq!(
        (page.number, page.pages, page.rows.len(), page.matching),
        (2, 2, 1, 4),
        "past the end is the last page"
    );
}

#[test]
fn a_column_that_is_not_seen_is_not_there_at_all() {
    let (register, city, public) = (firms(), vec![firm("甲", 300, 5)], Viewer::public());
    let query = Query::parse(&register, &public, "light=按期&sort=light&nothing=1");
    assert_eq!((query.filters.len(), query.sort.len(), query.problems.len()), (0, 0, 3), "{:?}", query.problems);
    let page = register.all(&city, &public, &query);
    assert!(page.headings.iter().all(|heading| heading.key != "light"));
    assert!(!page.json().to_string().contains("逾期"));
    assert!(!register.openapi(&public).to_string().contains("light"));
    assert!(register.openapi(&officer()).to_string().contains("light"));
}

#[test]
fn excel_comes_back_as_it_went_out() {
    let (register, city) = (firms(), vec![firm("=cmd()", 735_000_001, 12), firm("乙", 0, 200)]);
    let page = register.all(&city, &officer(), &Query::default());
    let workbook = page.excel(&provenance()).unwrap();
    assert_eq!(workbook, page.excel(&provenance()).unwrap(), "the same page gives the same bytes");
    let sheet = Sheet::read(&workbook, &Limits::default()).unwrap();
    assert_eq!(sheet.head, ["企业名称", "营业收入（元）", "从业人员（人）", "研发占比", "填报日期", "状态"]);
    assert_eq!(sheet.rows[0].number, 2);
    assert_eq!(sheet.rows[0].cells, ["=cmd()", "7350000.01", "12", "0.049", "2026-03-04", "逾期"]);
    assert_eq!(sheet.rows[1].cells[1], "");
    assert_eq!(sheet.places(&["从业人员", "企业名称"]).unwrap(), [2, 0], "the unit may be left out");
    assert!(matches!(sheet.places(&["税号"]), Err(SheetError::MissingColumns(missing)) if missing == "税号"));
    let wrong = [RowError { row: 3, column: Some("营业收入（元）".into()), message: "请填写".into() }];
    let returned = Sheet::read(&sheet.with_errors(&wrong, provenance().made_at).unwrap(), &Limits::default()).unwrap();
    assert_eq!(returned.rows[1].cells[6], "营业收入（元）：请填写");
    assert_eq!(returned.rows[0].cells[6], "");
    assert_eq!(returned.without_errors(), sheet, "and is sent again as it is");
}

#[test]
fn csv_harms_no_spreadsheet() {
    let city = ["=1+1", "+1", "-1", "@x", "\tx", "a,\"b\"", "甲"].map(|name| firm(name, -100, 1)).to_vec();
    let bytes = firms().all(&city, &Viewer::public(), &Query::default()).csv(true);
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.starts_with("\u{feff}企业名称,营业收入（元）"));
    let names: Vec<&str> = text.split("\r\n").skip(1).map(|line| line.split(",-1.00").next().unwrap()).collect();
    assert_eq!(names[..7], ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "\"a,\"\"b\"\"\"", "甲"]);
    assert!(text.contains(",-1.00,"), "a negative number is a number");
}

fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn what_is_no_honest_workbook_is_refused() {
    let limits = Limits { unpacked_bytes: 1 << 20, ..Limits::default() };
    let bomb = archive(&[("xl/worksheets/sheet1.xml", &vec![b' '; 4 << 20])]);
    assert!(bomb.len() < 20_000, "it is small as it comes");
    assert!(matches!(Sheet::read(&bomb, &limits), Err(SheetError::Bomb { .. })));
    let many: Vec<(String, &[u8])> = (0..600).map(|n| (format!("p{n}"), &b""[..])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, content)| (name.as_str(), *content)).collect();
    assert!(matches!(Sheet::read(&archive(&many), &limits), Err(SheetError::Bomb { .. })));
    assert!(matches!(Sheet::read(b"not a workbook", &limits), Err(SheetError::Unreadable(_))));
    let large = Limits { file_bytes: 3, ..limits };
    assert!(matches!(Sheet::read(b"long", &large), Err(SheetError::TooLarge { .. })));
}

#[test]
fn a_cell_far_away_costs_nothing_and_is_refused() {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_string(0, 0, "企业名称").unwrap();
    sheet.write_string(1_048_575, 16_383, "x").unwrap();
    let bytes = workbook.save_to_buffer().unwrap();
    assert!(matches!(Sheet::read(&bytes, &Limits::default()), Err(SheetError::TooManyCells { .. })));
}

#[test]
fn numbers_excel_has_spoilt_are_noticed() {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, label) in [(0, "税号"), (1, "名称")] {
        sheet.write_string(0, column, label).unwrap();
    }
    sheet.write_number(1, 0, 915_001_180_000_000_000.0).unwrap();
    let sheet = Sheet::read(&workbook.save_to_buffer().unwrap(), &Limits::default()).unwrap();
    assert_eq!((sheet.errors[0].row, sheet.errors[0].column.as_deref()), (2, Some("税号")));
}

#[test]
fn what_programs_see() {
    let (register, city) = (firms(), vec![firm("甲", 300, 5)]);
    let page = register.all(&city, &officer(), &Query::default());
    insta::assert_json_snapshot!("rows", page.json());
    insta::assert_json_snapshot!("openapi", register.openapi(&officer()));
}

proptest! {
    #[test]
    fn an_address_keeps_its_query(
        text in proptest::option::of("[a-z甲乙&=%+# ]{1,8}"),
        low in 0i64..1_000_000,
        sorted in any::<bool>(),
        page in 1usize..50,
    ) {
        let register = firms();
        let mut query = Query { page, ..Query::default() };
        query.text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let from = Cell::Money(Money::from_fen(low));
        query.filters.insert("revenue", Filter::Between(from, Cell::None));
        if sorted {
            query = Query { page, ..query.sorted_by("name").sorted_by("name") };
        }
        prop_assert_eq!(Query::parse(&register, &officer(), &query.address()), query);
    }
}

#[test]
fn a_template_is_read_back_with_its_headings() {
    let columns = [("统一社会信用代码", true, "18 位"), ("镇街", false, "例如 大安街道")];
    let made_at = "2026-11-23T06:05:00Z".parse().unwrap();
    let workbook = Sheet::template(&columns, made_at).unwrap();
    let sheet = Sheet::read(&workbook, &Limits::default()).unwrap();
    assert_eq!((sheet.name.as_str(), sheet.head.len(), sheet.rows.len()), ("数据", 2, 0));
    assert_eq!(sheet.places(&["镇街"]).unwrap(), [1]);
}

proptest! {
    // A workbook is slow to write without optimisation.
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn amounts_survive_excel(fen in proptest::collection::vec(-90_000_000_000_000i64..90_000_000_000_000, 1..20)) {
        let city: Vec<Firm> = fen.iter().map(|fen| firm("甲", *fen, 1)).collect();
        let workbook = firms().all(&city, &Viewer::public(), &Query::default()).excel(&provenance()).unwrap();
        let sheet = Sheet::read(&workbook, &Limits::default()).unwrap();
        for (row, fen) in sheet.rows.iter().zip(fen) {
            prop_assert_eq!(row.cells[1].parse::<Money>().unwrap_or_default().fen(), fen);
        }
    }
}
