//! Every award of the demonstration city, computed again by a program that shares nothing with this one.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use kernel::{Digest, Sequence};
use subsidy::package::{LedgerHead, package};

use super::tests::CITY;

#[test]
fn another_program_comes_to_the_same_awards() {
    let ledger = LedgerHead { sequence: Sequence(0), digest: Digest::ZERO };
    let packed = package(&CITY.0.subsidy, ledger).unwrap();
    assert!(packed.decisions.len() >= 30, "{}", packed.decisions.len());
    let python = std::env::var("FENGCE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let reads_toml = Command::new(&python).args(["-c", "import tomllib"]).output();
    if !reads_toml.is_ok_and(|output| output.status.success()) {
        let _ =
            writeln!(std::io::stderr(), "skipped: independent check of the demonstration's awards (no Python 3.11)");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("decisions.json");
    std::fs::write(&path, serde_json::to_vec(&packed).unwrap()).unwrap();
    let checker = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/check_decisions.py");
    let output = Command::new(python).arg(checker).arg(&path).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("全部一致"), "{said}");
}
