//! What is put in is what stands on paper; what people type is never code; without a font there is a clear refusal.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::Write as _;
use std::process::{Command, Stdio};

use report::{Document, Press, ReportError};
use serde_json::json;

const TEMPLATE: &str = r#"#import "/frame.typ": *
#show: paper.with(title: data.title, running: data.title, sample: data.sample, day: datetime(year: 2026, month: 11, day: 23))
= 输入
#listing(("项目", "数值"), data.rows, numbers: (1,))
#drawing(data.svg, caption: "图注")
"#;

/// Text that would be code, a call, a label, a comment or a string's end in a template.
const HOSTILE: &str = r#"#panic("x") $x^2$ *粗* _斜_ @标 <a> // 注 "引" \ #read("/etc/passwd") [甲]"#;

fn document(name: &str) -> Document {
    let svg = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 20"><text x="4" y="14" font-size="11">结温</text></svg>"#;
    let rows = json!([["名称", name], ["厚度", "0.85 mm"]]);
    let data = json!({ "title": "仿真报告", "sample": true, "rows": rows, "svg": svg });
    Document { template: TEMPLATE, data, date: jiff::civil::date(2026, 11, 23) }
}

fn press() -> Option<&'static Press> {
    match Press::installed() {
        Ok(press) => Some(press),
        Err(error) => {
            eprintln!("skipped: {error}");
            None
        }
    }
}

/// The words of a PDF by another program; nothing where it is not installed.
fn words(pdf: &[u8]) -> Option<String> {
    let spawned =
        Command::new("pdftotext").args(["-layout", "-", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut program) = spawned else {
        eprintln!("skipped: no pdftotext (poppler-utils)");
        return None;
    };
    program.stdin.take().unwrap().write_all(pdf).unwrap();
    Some(String::from_utf8(program.wait_with_output().unwrap().stdout).unwrap())
}

#[test]
fn what_is_put_in_stands_on_paper() {
    let Some(press) = press() else { return };
    let pdf = press.print(&document("甲公司 QFN 5×5")).unwrap();
    assert!(pdf.starts_with(b"%PDF-1.7"));
    let Some(words) = words(&pdf) else { return };
    for word in ["仿真报告", "示例数据", "甲公司 QFN 5×5", "0.85 mm", "图注", "结温", "第 1 页，共 1 页", "2026-11-23"]
    {
        assert!(words.contains(word), "{word} is missing in {words}");
    }
}

#[test]
fn what_people_type_is_never_code() {
    let Some(press) = press() else { return };
    let pdf = press.print(&document(HOSTILE)).unwrap();
    let Some(words) = words(&pdf) else { return };
    let plain = |text: &str| text.split_whitespace().collect::<String>();
    assert!(plain(&words).contains(&plain(HOSTILE)), "{HOSTILE} is not in {words}");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let Some(press) = press() else { return };
    let first = press.print(&document("甲")).unwrap();
    assert!(first == press.print(&document("甲")).unwrap(), "printed twice");
    assert!(first != press.print(&document("乙")).unwrap(), "another document");
}

#[test]
fn without_a_chinese_font_the_refusal_says_what_to_do() {
    let empty = tempfile::tempdir().unwrap();
    let refused = Press::with_fonts_of(empty.path()).err();
    assert_eq!(refused, Some(ReportError::NoChineseFont));
    let said = ReportError::NoChineseFont.to_string();
    assert!(said.contains("fonts-noto-cjk") && said.contains("FENGCE_FONTS"), "{said}");
    let nowhere = Press::with_fonts_of(&empty.path().join("none")).err();
    assert!(matches!(nowhere, Some(ReportError::FontFolder(_))), "{nowhere:?}");
}

#[test]
fn a_template_that_does_not_fit_its_data_is_a_fault_with_words() {
    let Some(press) = press() else { return };
    let data = json!({ "title": "仿真报告" });
    let error = press.print(&Document { data, ..document("甲") }).unwrap_err();
    assert!(matches!(&error, ReportError::Template(words) if words.contains("sample")), "{error}");
}

#[test]
fn a_drawing_becomes_a_picture_with_its_letters() {
    let Some(press) = press() else { return };
    let svg = |text: &str| {
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 20"><text x="4" y="14" font-size="11">{text}</text></svg>"#
        )
    };
    let [with, without] = [svg("结温"), svg("")].map(|svg| press.picture(&svg, 200).unwrap());
    assert!(with.starts_with(b"\x89PNG") && with != without, "the letters are drawn");
    assert!(matches!(press.picture("<svg", 200), Err(ReportError::Picture(_))));
    assert!(matches!(press.picture(&svg("甲"), 1_000_000), Err(ReportError::Picture(_))));
}
