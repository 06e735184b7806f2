//! A volume says on paper what is put in, with the page of every part; packed twice, it is the same bytes.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{Cursor, Read as _, Write as _};
use std::process::{Command, Stdio};

use report::Press;
use report::archive::{Block, Filed, MANIFEST, Packed, Section, Volume};

fn volume() -> Volume {
    let pair = |label: &str, value: &str| (label.to_owned(), value.to_owned());
    let long = Block::Table(
        vec!["日期", "事项", "金额"],
        (1..=70).map(|n| vec![format!("2026-03-{:02}", n % 28 + 1), format!("第 {n} 步"), format!("{n}.00")]).collect(),
        vec![2],
    );
    Volume {
        title: "示例封测有限公司 2025 年度封装测试费用支持".into(),
        number: "2026-000042".into(),
        cover: vec![pair("企业", "示例封测有限公司"), pair("审定金额", "800,000.00 元")],
        sections: vec![
            Section::new("依据").with(Block::Text("“封测费用5%”#panic(1) $x$ *粗*".into())),
            Section::new("办理经过").with(long),
            Section::new("验收").with(Block::Pairs(vec![pair("结果", "通过")])).with(Block::Pairs(Vec::new())),
        ],
        files: vec![Filed {
            what: "申报材料 · 申请表".into(),
            name: "申请表.pdf".into(),
            path: Filed::place("申报材料", 1, "申请表.pdf"),
            size: 1024,
            digest: "ab".repeat(32),
        }],
        sample: true,
        day: jiff::civil::date(2026, 11, 24),
    }
}

fn packed() -> Vec<Packed> {
    let one = |path: &str, content: &[u8]| Packed {
        path: path.to_owned(),
        what: "文件".to_owned(),
        digest: "cd".repeat(32),
        content: content.to_vec(),
    };
    vec![one("00-案卷.pdf", b"%PDF"), one("申报材料/01-申请表.pdf", b"a form")]
}

#[test]
fn every_part_stands_in_the_index_with_its_page() {
    let press = match Press::installed() {
        Ok(press) => press,
        Err(error) => return eprintln!("skipped: {error}"),
    };
    let pdf = press.print(&volume().document()).unwrap();
    assert!(pdf == press.print(&volume().document()).unwrap(), "printed twice");
    let spawned =
        Command::new("pdftotext").args(["-layout", "-", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut program) = spawned else { return eprintln!("skipped: no pdftotext (poppler-utils)") };
    program.stdin.take().unwrap().write_all(&pdf).unwrap();
    let words = String::from_utf8(program.wait_with_output().unwrap().stdout).unwrap();
    let lines: Vec<String> = words.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for line in ["1 依据 2", "2 办理经过 2", "3 验收 3", "4 卷内文件与摘要 3"] {
        assert!(lines.iter().any(|found| found == line), "“{line}” is not in the index: {words}");
    }
    for word in ["办件 2026-000042", "示例数据", "#panic(1) $x$ *粗*", "第 70 步", "申请表.pdf", &"ab".repeat(32)]
    {
        assert!(words.contains(word), "{word} is missing in {words}");
    }
}

#[test]
fn a_packed_volume_is_the_same_bytes_and_says_what_is_in_it() {
    let first = volume().pack(&packed()).unwrap();
    assert!(first == volume().pack(&packed()).unwrap());
    let mut archive = zip::ZipArchive::new(Cursor::new(first)).unwrap();
    let mut manifest = String::new();
    archive.by_name(MANIFEST).unwrap().read_to_string(&mut manifest).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["files"][1]["path"], "申报材料/01-申请表.pdf");
    assert_eq!(manifest["files"][1]["size"], 6);
    let mut form = String::new();
    archive.by_name("申报材料/01-申请表.pdf").unwrap().read_to_string(&mut form).unwrap();
    assert_eq!(form, "a form");
    let twice = [packed(), packed()].concat();
    assert!(volume().pack(&twice).is_err(), "two files at one place");
}

#[test]
fn a_name_leads_nowhere_else() {
    assert_eq!(Filed::place("申报/材料", 3, "../../etc/pass:wd"), "申报-材料/03--..-etc-pass-wd");
    assert_eq!(Filed::place("材料", 12, "..\u{7}"), "材料/12--");
}
