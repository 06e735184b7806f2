//! The command line as a test engineer uses it
#![cfg(feature = "command-line")]
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use clap::Parser;
use stdf::generate;
use testdata::command_line::{Command, CommandError, Painter, run};

#[derive(Parser)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

fn said(arguments: &[&str], painter: Option<Painter<'_>>) -> Result<String, CommandError> {
    let mut out = Vec::new();
    run(Program::parse_from([&["testdata"], arguments].concat()).command, painter, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

fn worn(folder: &Path) -> PathBuf {
    let path = folder.join("worn.stdf");
    let plan =
        generate::Plan { diameter: 24, parametric: 40, functional: 0, worn_site: Some(3), ..generate::Plan::default() };
    generate::generate(&plan, std::fs::File::create(&path).unwrap(), |_| true).unwrap();
    path
}

#[test]
fn yields_are_told_in_chinese_and_english_and_name_the_failing_site() {
    let folder = tempfile::tempdir().unwrap();
    let path = worn(folder.path());
    let file = path.to_str().unwrap();
    let chinese = said(&["yield", file], None).unwrap();
    let line = chinese.lines().find(|line| line.contains("失效比其他测试座多")).unwrap();
    assert!(line.starts_with("测试头 1 测试座 3"), "{line}");
    assert!(chinese.contains("没有复测标志") && !chinese.contains("Method"));
    let english = said(&["yield", file, "--lang", "en"], None).unwrap();
    let line = english.lines().find(|line| line.contains("fails more than the others")).unwrap();
    assert!(line.starts_with("head 1 site 3"), "{line}");
    assert!(english.is_ascii() || !english.chars().any(|c| ('\u{4e00}'..'\u{9fff}').contains(&c)), "{english}");
    let json = said(&["yield", file, "--json"], None).unwrap();
    assert_eq!(json, said(&["yield", file, "--json", "--lang", "en"], None).unwrap());
}

#[test]
fn every_command_answers_in_both_languages() {
    let folder = tempfile::tempdir().unwrap();
    let path = worn(folder.path());
    let file = path.to_str().unwrap();
    let output = folder.path().join("out");
    let output = output.to_str().unwrap();
    for arguments in [
        vec!["capability", file, "--test", "1001", "--plots", output],
        vec!["correlation", file, "--test", "Vdd", "--plots", output],
        vec!["pat", file],
        vec!["spc", file, "--test", "1001", "--plots", output],
        vec!["map", file, "-o", output],
        vec!["map", file, "-o", output, "--stacked"],
        vec!["map", file, "-o", output, "--test", "1001"],
        vec!["store", file, "-o", output],
    ] {
        let has_chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..'\u{9fff}').contains(&c));
        let chinese = said(&arguments, None).unwrap();
        assert!(has_chinese(&chinese) || arguments[0] == "map", "{arguments:?}: {chinese}");
        let english = said(&[&arguments[..], &["--lang", "en"]].concat(), None).unwrap();
        assert!(!english.is_empty() && !has_chinese(&english), "{arguments:?}: {english}");
    }
}

#[test]
fn plots_are_drawn_as_png_by_who_can() {
    let folder = tempfile::tempdir().unwrap();
    let path = worn(folder.path());
    let output = folder.path().join("plots");
    let arguments = ["map", path.to_str().unwrap(), "-o", output.to_str().unwrap(), "--png"];
    let refused = said(&arguments, None).unwrap_err().to_string();
    assert!(refused.contains("PNG"), "{refused}");
    let paint = |svg: &str, width: u32| Ok(format!("{width} {}", svg.len()).into_bytes());
    let told = said(&arguments, Some(&paint)).unwrap();
    let files: Vec<&str> = told.lines().collect();
    assert_eq!(files.len(), 2, "{told}");
    let (svg, png) = (std::fs::read(files[0]).unwrap(), std::fs::read_to_string(files[1]).unwrap());
    assert!(files[0].ends_with(".svg") && files[1].ends_with(".png"));
    assert_eq!(png, format!("1280 {}", svg.len()));
    let failing = |_: &str, _: u32| Err("no fonts".to_owned());
    assert_eq!(said(&arguments, Some(&failing)).unwrap_err().to_string(), "no fonts");
}
