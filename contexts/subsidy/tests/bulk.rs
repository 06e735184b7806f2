//! Claims files: the shipped example, faults by line and column, refusal of nonsense.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use subsidy::bulk::{Format, ReadClaims, assess_all, columns, read_claims, write};
use support::*;

const EXAMPLE: &str = include_str!("../examples/claims.csv");

fn output(format: Format) -> String {
    let read = read_claims(EXAMPLE.as_bytes(), rulebook());
    assert_eq!(read.errors, []);
    let (assessed, errors) = assess_all(rulebook(), day("2026-06-30"), read.claims, &mut |_, _| {}, &|| false).unwrap();
    assert_eq!(errors, []);
    let mut bytes = Vec::new();
    write(format, rulebook(), &assessed, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_example_claims() {
    insta::assert_snapshot!("example-table", output(Format::Table));
    insta::assert_snapshot!("example-csv", output(Format::Csv));
    let lines: Vec<serde_json::Value> =
        output(Format::Json).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 9);
    assert_eq!(lines[1]["award"], "7350000.00");
    assert!(lines[1]["trace"].as_array().unwrap().len() > 10);
}

#[test]
fn the_columns_document_themselves() {
    insta::assert_snapshot!("columns", columns::help());
    assert_eq!(columns::markdown().lines().filter(|line| line.starts_with("| `")).count(), columns::COLUMNS.len());
}

/// The file with one text replaced everywhere, and the errors it gives.
fn errors_with(from: &str, to: &str) -> Vec<String> {
    assert!(EXAMPLE.contains(from), "{from}");
    let read = read_claims(EXAMPLE.replacen(from, to, 1).as_bytes(), rulebook());
    read.errors.iter().map(ToString::to_string).collect()
}

#[test]
fn faults_name_line_and_column() {
    let first = EXAMPLE.lines().nth(1).unwrap().split(',').next().unwrap();
    let wrong_check = format!("{}{}", &first[..17], if first.ends_with('0') { '1' } else { '0' });
    let cases = [
        (first, wrong_check.as_str(), "第 2 行，列 credit_code：统一社会信用代码校验位不符"),
        ("3000000.00", "3百万", "第 2 行，列 received：“3百万”不是金额"),
        ("2025-11-30", "2025/11/30", "第 2 行，列 proven_on：“2025/11/30”不是日期"),
        ("100%", "100", "第 2 行，列 progress：“100”不是百分比"),
        ("五年以上", "十年", "第 2 行，列 term：“十年”应为：一年以内、一至五年、五年以上"),
        (
            "interest,2024",
            "interst,2024",
            "第 2 行，列 benefit：没有事项“interst”，可用的是：breakthrough、complex、interest、park、platform、talent、test-fee",
        ),
        ("interest,2024", "interest,24", "第 2 行，列 year：年度应在 2000 与 2100 之间"),
        ("86.50", "100.01", "第 12 行，列 score：得分应在 0 与 100 之间"),
        ("680000000.00", "99999999999999999.00", "第 2 行，列 paid_in：“99999999999999999.00”超出可受理的范围"),
        ("2024-03-01,2025-01-01", "2025-01-01,2024-03-01", "第 2 行，列 interest_until：计息截止日应晚于起始日"),
        ("credit_code,", "code,", "第 1 行：不认识的列“code”"),
        ("firm,benefit", "benefit,benefit", "第 1 行：列“benefit”出现了两次"),
        (",是,,3000000.00", ",是,3000000.00", "第 2 行：应有 39 列，实有 38 列"),
    ];
    for (from, to, expected) in cases {
        let errors = errors_with(from, to);
        assert!(errors.iter().any(|error| error.starts_with(expected)), "{from} → {to}: {errors:?}");
    }
    let latin = [EXAMPLE.as_bytes(), b"\xb3\xac,x\n"].concat();
    let read = read_claims(&latin, rulebook());
    assert!(read.errors.iter().any(|error| error.message.contains("UTF-8")), "{:?}", read.errors);
}

#[test]
fn a_claim_with_a_faulty_row_is_left_out_whole() {
    let text = EXAMPLE.replacen("16902411.37", "-", 1);
    let read = read_claims(text.as_bytes(), rulebook());
    assert_eq!(read.errors.len(), 1);
    assert!(read.claims.iter().all(|row| row.line != 6), "the two loans of line 6 and 7 are one claim");
    assert_eq!(read.claims.len(), 8);
    assert_eq!(withheld(&read), [(6, vec![6])]);
}

fn withheld(read: &ReadClaims) -> Vec<(u64, Vec<u64>)> {
    read.withheld.iter().map(|withheld| (withheld.claim.line, withheld.lines.clone())).collect()
}

/// A row whose claim cannot be told must not silently fall out of the claim it may belong to.
#[test]
fn a_claim_is_withheld_when_a_further_row_cannot_be_placed() {
    let lines: Vec<&str> = EXAMPLE.lines().collect();
    let with = |line: usize, changed: String| {
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        lines[line - 1] = changed;
        read_claims(lines.join("\n").as_bytes(), rulebook())
    };
    // The second loan of the claim of line 6, and the second fee of that of line 9.
    let (loan, fee) = (lines[6], lines[9]);
    let cases = [
        (7, loan.replacen("035M", "036M", 1), vec![(6, vec![7])], "a wrong check digit: the name tells"),
        (7, loan.replacen("interest", "intrest", 1), vec![(6, vec![7])], "no such benefit"),
        (7, loan.replacen(",2025,", ",2O25,", 1), vec![(6, vec![7])], "no year"),
        (7, loan.replacen(",2025,", ",25,", 1), vec![(6, vec![7])], "no such year"),
        (7, loan.replacen(",,", ",", 1), vec![(6, vec![7])], "a cell too few"),
        (7, format!("{loan},"), vec![(6, vec![7])], "a cell too many"),
        (7, loan.replacen("91500106MAFAKE035M", "", 1), vec![(6, vec![7])], "no code"),
        (10, fee.replacen("051P", "052P", 1), vec![(9, vec![10])], "the same for fees"),
    ];
    for (line, changed, expected, why) in cases {
        assert_ne!(changed, lines[line - 1], "{why}");
        let read = with(line, changed);
        assert_eq!(withheld(&read), expected, "{why}: {:?}", read.errors);
        assert_eq!(read.claims.len(), 8, "{why}: the others are answered");
        assert!(read.errors.iter().any(|error| error.line == line as u64), "{why}: {:?}", read.errors);
    }
    // Neither code nor name: it may be of any claim for the same benefit and year.
    let nameless = loan.replacen("91500106MAFAKE035M,示例数据·丙先进封装有限公司", "?,", 1);
    let read = with(7, nameless);
    assert_eq!(withheld(&read), [(3, vec![7]), (5, vec![7]), (6, vec![7])]);
    assert_eq!(
        read.withheld[2].to_string(),
        "第 6 行起的申报（91500106MAFAKE035M 示例数据·丙先进封装有限公司，interest，2025 年）未测算：第 7 行有误"
    );
}

#[test]
fn a_spreadsheet_accepts_what_it_wrote_and_chinese_headers() {
    let labels: Vec<&str> = EXAMPLE
        .lines()
        .next()
        .unwrap()
        .split(',')
        .map(|key| columns::COLUMNS.iter().find(|column| column.key == key).unwrap().label)
        .collect();
    let rest: Vec<&str> = EXAMPLE.lines().skip(1).collect();
    let text = format!("\u{feff}{}\r\n{}\r\n\r\n", labels.join(","), rest.join("\r\n"));
    let read = read_claims(text.as_bytes(), rulebook());
    assert_eq!(read.errors, []);
    assert_eq!(read.claims, read_claims(EXAMPLE.as_bytes(), rulebook()).claims);
}

#[test]
fn it_stops_when_asked() {
    let read = read_claims(EXAMPLE.as_bytes(), rulebook());
    let stopped = assess_all(rulebook(), day("2026-06-30"), read.claims, &mut |_, _| {}, &|| true);
    assert_eq!(stopped, Err(subsidy::bulk::BulkError::Cancelled));
}

#[test]
fn a_cell_that_would_run_as_a_formula_is_text() {
    let text = EXAMPLE.replacen("示例数据·甲封装有限公司", "=1+1", 1);
    let read = read_claims(text.as_bytes(), rulebook());
    let (assessed, _) = assess_all(rulebook(), day("2026-06-30"), read.claims, &mut |_, _| {}, &|| false).unwrap();
    let mut bytes = Vec::new();
    write(Format::Csv, rulebook(), &assessed, &mut bytes).unwrap();
    assert!(String::from_utf8(bytes).unwrap().contains(",'=1+1,"));
}
