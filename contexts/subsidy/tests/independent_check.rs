//! `tools/check_decisions.py` against this crate: every option of every point on random claims, and packages that somebody
//! meddled with. Skipped without a Python that reads TOML.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kernel::{CreditCode, Digest, Money, Sequence, Timestamp};
use subsidy::account::{Entry, Origin};
use subsidy::decision::{assess_under, inputs};
use subsidy::package::{FORM, LedgerHead, Package, Packed};
use subsidy::{Account, BenefitId, Claim, ClaimId, DecisionId, Rulebook};
use support::*;

/// The checker with a package, or nothing where it cannot run.
fn checked(name: &str, package: &[u8]) -> Option<Output> {
    let python = std::env::var("FENGCE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let reads_toml = Command::new(&python).args(["-c", "import tomllib"]).output();
    if !reads_toml.is_ok_and(|output| output.status.success()) {
        let _ = writeln!(std::io::stderr(), "skipped: independent check of decisions (no Python 3.11)");
        return None;
    }
    let path: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, package).unwrap();
    let checker = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/check_decisions.py");
    Some(Command::new(python).arg(checker).arg(path).output().unwrap())
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The rulebook that chooses an option, by its file; with every rule some clause has, where asked for.
fn choosing(number: &str, option: &str) -> Rulebook {
    let mut files = files();
    let text = files.get_mut("interpretations.toml").unwrap();
    let begins = text.find(&format!("number = \"{number}\"")).unwrap();
    let chosen = begins + text[begins..].find("chosen = \"").unwrap() + "chosen = \"".len();
    let ends = chosen + text[chosen..].find('"').unwrap();
    text.replace_range(chosen..ends, option);
    let plan = Rulebook::parse(&files, "rates.toml", RATES).unwrap();
    Rulebook { parameters: rulebook().parameters.clone(), ..plan }
}

/// Random claims one after another under a rulebook.
fn decide(package: &mut Package, rulebook: &Rulebook, seed: u64, claims: u64) {
    let mut seeded = Seeded(seed);
    let firm: CreditCode = "91320200142248781B".parse().unwrap();
    let mut accounts: BTreeMap<BenefitId, Account> = BTreeMap::new();
    for key in rulebook.clauses.keys() {
        accounts.insert(key.clone(), seeded.account());
    }
    package.parameters.extend(BY_DISTRICT.map(|key| (set(key).digest(), set(key).canonical())));
    package.interpretations.insert(rulebook.interpretations.digest(), rulebook.interpretations.canonical());
    package.rates.insert(rulebook.rates.digest(), rulebook.rates.text().to_owned());
    for clause in rulebook.clauses.values() {
        package.clauses.insert(clause.digest, clause.text.to_string());
    }
    for number in 0..claims {
        let claim = seeded.claim();
        let project = seeded.percent(30).then(|| ["甲", "乙"][seeded.below(2) as usize].into());
        let claim = Claim { project, ..seeded.audited(claim) };
        // Caps are reached now and then, and left again.
        let account = match seeded.percent(40) {
            true => seeded.account(),
            false => accounts[&claim.benefit].clone(),
        };
        let on = seeded.date(2025, 2);
        let (assessment, grounds, trace) = assess_under(rulebook, &claim, &account, on).unwrap();
        let (id, claim_id) = (u128::from(seed) << 64 | u128::from(number), u128::from(seed) << 64 | u128::from(number));
        let (id, claim_id) = (DecisionId(uuid::Uuid::from_u128(id)), ClaimId(uuid::Uuid::from_u128(claim_id)));
        let amount = assessment.outcome.award();
        if amount > Money::ZERO {
            let entry = Entry { year: claim.year, project: claim.project.clone(), amount, on, decision: Some(id) };
            accounts.get_mut(&claim.benefit).unwrap().set(Origin::Claim(claim_id), entry);
        }
        package.decisions.push(Packed {
            id,
            claim_id,
            firm,
            on,
            sequence: Sequence(number),
            recorded_at: Timestamp::UNIX_EPOCH,
            grounds,
            inputs: inputs(&claim, &account),
            outcome: assessment.outcome,
            trace: assessment.trace.text(&rulebook.clauses[&claim.benefit]),
            trace_digest: trace,
        });
    }
}

fn empty() -> Package {
    Package {
        form: FORM,
        ledger: LedgerHead { sequence: Sequence(0), digest: Digest::ZERO },
        clauses: BTreeMap::new(),
        interpretations: BTreeMap::new(),
        rates: BTreeMap::new(),
        parameters: BTreeMap::new(),
        decisions: Vec::new(),
    }
}

#[test]
fn another_program_comes_to_the_same_fen_under_every_option() {
    let mut package = empty();
    let mut seed = 110;
    for (_, interpretation) in rulebook().interpretations.iter() {
        for option in &interpretation.options {
            decide(&mut package, &choosing(&interpretation.number, &option.key), seed, 80);
            seed += 1;
        }
    }
    let awarded = package.decisions.iter().filter(|decision| decision.outcome.award() > Money::ZERO).count();
    assert!(awarded * 8 > package.decisions.len(), "{awarded} of {}", package.decisions.len());
    let Some(output) = checked("every-option.json", &serde_json::to_vec(&package).unwrap()) else { return };
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn whoever_meddles_with_a_package_is_found_out() {
    let mut package = empty();
    decide(&mut package, rulebook(), 7, 60);
    let whole = serde_json::to_string(&package).unwrap();
    let Some(output) = checked("whole.json", whole.as_bytes()) else { return };
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let paid = package.decisions.iter().find(|decision| decision.outcome.award() > Money::from_yuan(1_000)).unwrap();
    let award = format!("\"award\":{}", paid.outcome.award().fen());
    let one_more = format!("\"award\":{}", paid.outcome.award().fen() + 1);
    let meddled = [
        ("one-fen.json", whole.replacen(&award, &one_more, 1), paid.id.to_string()),
        ("clause.json", whole.replacen("value = \\\"5%\\\"", "value = \\\"6%\\\"", 1), "内容与摘要不符".to_owned()),
        (
            "reading.json",
            whole.replacen("\\\"chosen\\\":\\\"half-up\\\"", "\\\"chosen\\\":\\\"down\\\"", 1),
            "内容与摘要不符".to_owned(),
        ),
        (
            "rate.json",
            whole.replacen("over_five_years = \\\"4.90%\\\"", "over_five_years = \\\"4.95%\\\"", 1),
            "内容与摘要不符".to_owned(),
        ),
        (
            "firm.json",
            whole.replacen("\\\"packaging_test_firm\\\":true", "\\\"packaging_test_firm\\\":false", 1),
            "申报与账户和摘要不符".to_owned(),
        ),
        ("trace.json", whole.replacen("本次测算 → ", "本次测算 → 1", 1), "测算过程和摘要不符".to_owned()),
        ("engine.json", whole.replacen("\"engine\":1", "\"engine\":2", 1), "第 2 版".to_owned()),
    ];
    for (name, text, told) in meddled {
        assert_ne!(text, whole, "{name}: nothing was changed");
        let output = checked(name, text.as_bytes()).unwrap();
        assert_eq!(output.status.code(), Some(1), "{name}: {}", said(&output));
        assert!(said(&output).contains(&told), "{name}: {}", said(&output));
    }
    let torn = checked("torn.json", &whole.as_bytes()[..whole.len() / 2]).unwrap();
    assert_eq!(torn.status.code(), Some(2), "{}", said(&torn));
}
