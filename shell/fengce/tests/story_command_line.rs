//! The built program as people call it.
#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use office::city::{self, Identity};
use office::{Hall, SetClock};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The program, called from the project's root as its help assumes.
fn fengce(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fengce")).args(arguments).current_dir(root()).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn the_plan_that_comes_with_the_program_passes_its_check() {
    let output = fengce(&["plan", "check", "plans/chongqing-2023"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let said = said(&output);
    for part in ["说明文字", "%", "目标 6 个", "检查通过"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn a_plan_with_a_lost_word_fails_with_its_line() {
    let place = tempfile::tempdir().unwrap();
    let plan = place.path().join("plan");
    copy(&root().join("plans/chongqing-2023"), &plan);
    let file = plan.join("text.toml");
    let original = std::fs::read_to_string(&file).unwrap();
    let line = original.lines().position(|line| line.contains("突破200亿元")).unwrap() + 1;
    std::fs::write(&file, original.replacen("突破200亿元", "突破100亿元", 1)).unwrap();
    let output = fengce(&["plan", "check", text(&plan)]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let said = said(&output);
    assert!(said.contains("text.toml") && said.contains("处需要修改"), "{said}");
    // The finding stands at the line or at the entry that holds it.
    let near = (line.saturating_sub(12)..=line).any(|line| said.contains(&format!("{line}")));
    assert!(near, "line {line}: {said}");
}

#[test]
fn the_example_claims_are_assessed_as_ever() {
    let output = fengce(&["subsidy", "assess", "contexts/subsidy/examples/claims.csv", "--format", "csv"]);
    let answered = String::from_utf8(output.stdout).unwrap();
    assert!(answered.lines().count() > 5, "{answered}");
    assert!(answered.contains("7350000.00"), "3亿元 at 4.90 % for a year of 365 days: {answered}");
    assert!(answered.contains("2000000.00"), "the yearly cap: {answered}");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_bad_row_is_named_with_line_and_column_and_the_rest_is_answered() {
    let place = tempfile::tempdir().unwrap();
    let example = root().join("contexts/subsidy/examples/claims.csv");
    let claims = std::fs::read_to_string(example).unwrap().replacen("680000000.00", "680000000.001", 1);
    let file = place.path().join("claims.csv");
    std::fs::write(&file, claims).unwrap();
    let output = fengce(&["subsidy", "assess", text(&file), "--format", "json"]);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains('2') && errors.contains("paid_in"), "{errors}");
    assert!(errors.contains("第 2 行起的申报") && errors.contains("未测算"), "the claim is named: {errors}");
    assert!(errors.contains("其额度没有扣减"), "later claims of the firm lack what it would have used: {errors}");
    let answered = String::from_utf8(output.stdout).unwrap();
    assert_eq!(answered.lines().count(), 8, "the others are answered");
    let missing = fengce(&["subsidy", "assess", "no-such-file.csv"]);
    assert_eq!(missing.status.code(), Some(2));
}

/// A directory with a few signed batches.
async fn city(dir: &Path) {
    let clock = Arc::new(SetClock::at("2026-01-05T01:00:00Z".parse().unwrap()));
    let hall = Hall::open(dir, clock, |_| ()).await.unwrap();
    let calendar = include_str!("../../../catalog/calendar.toml").to_owned();
    hall.submit_as_system("calendar", city::Command::AdoptCalendar { text: calendar }).await.unwrap();
    let identity = Identity { name: "示例".to_owned(), demonstration: true };
    hall.submit_as_system("city", city::Command::Found(identity)).await.unwrap();
    hall.sign_checkpoints().await.unwrap();
}

/// What somebody with the file and SQL could do.
const CHANGE: &str = "drop trigger batch_never_changes;
    update batch set body = cast(replace(cast(body as text), '示例', '别的') as blob) where number = 2";
const CUT: &str = "drop trigger batch_never_goes;
    delete from command where batch = 2; delete from batch where number = 2";

async fn tamper(dir: &Path, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(dir.join("ledger.sqlite"));
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
}

fn verified(dir: &Path, checkpoints: Option<&Path>) -> Output {
    let mut arguments = vec!["ledger", "verify", "--dir", text(dir)];
    if let Some(file) = checkpoints {
        arguments.extend(["--checkpoints", text(file)]);
    }
    fengce(&arguments)
}

#[test]
fn a_ledger_is_proved_copied_restored_and_tampering_is_found() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| -> PathBuf { place.path().join(name) };
    let (dir, changed, cut) = (at("city"), at("changed"), at("cut"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for dir in [&dir, &changed, &cut] {
        runtime.block_on(city(dir));
    }
    let checkpoints = |dir: &Path| dir.join("checkpoints").join("checkpoints.jsonl");
    let whole = verified(&dir, Some(&checkpoints(&dir)));
    assert_eq!(whole.status.code(), Some(0), "{}", said(&whole));
    runtime.block_on(tamper(&changed, CHANGE));
    let found = verified(&changed, None);
    assert_eq!(found.status.code(), Some(1), "{}", said(&found));
    runtime.block_on(tamper(&cut, CUT));
    let found = verified(&cut, Some(&checkpoints(&cut)));
    assert_eq!(found.status.code(), Some(1), "{}", said(&found));
    assert!(said(&found).contains("截断"), "{}", said(&found));
    copies(&at("backup"), &at("restored"), &dir, &at("ledger.jsonl"));
}

/// The program, called from a folder as if by somebody who names files there.
fn fengce_in(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fengce")).args(arguments).current_dir(folder).output().unwrap()
}

#[test]
fn bare_names_in_the_current_folder_will_do() {
    let place = tempfile::tempdir().unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(city(&place.path().join("city")));
    for arguments in [
        &["backup", "--dir", "city", "copy"][..],
        &["restore", "copy", "--keys", "city/keys", "restored"],
        &["ledger", "verify", "--dir", "restored", "--checkpoints"],
        &["ledger", "export", "--dir", "restored", "--out", "ledger.jsonl"],
        &["registers", "--dir", "restored", "registers.sqlite"],
    ] {
        let done = fengce_in(place.path(), arguments);
        assert_eq!(done.status.code(), Some(0), "{arguments:?}: {}", said(&done));
    }
}

fn copies(backup: &Path, restored: &Path, dir: &Path, export: &Path) {
    let done = fengce(&["backup", "--dir", text(dir), text(backup)]);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let again = fengce(&["backup", "--dir", text(dir), text(backup)]);
    assert_eq!(again.status.code(), Some(1), "never over what is there");
    let keys = dir.join("keys");
    let done = fengce(&["restore", text(backup), text(restored), "--keys", text(&keys)]);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert_eq!(verified(restored, None).status.code(), Some(0));
    let done = fengce(&["ledger", "export", "--dir", text(restored), "--out", text(export)]);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let lines = std::fs::read_to_string(export).unwrap();
    assert!(lines.starts_with("{\"format\":\"fengce-export-1\"}\n"), "{lines}");
}

#[test]
fn help_lists_the_columns_of_a_claims_file() {
    let output = fengce(&["subsidy", "assess", "--help"]);
    assert!(said(&output).contains("interest_paid"), "{}", said(&output));
}
