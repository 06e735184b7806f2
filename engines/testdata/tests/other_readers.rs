//! The Parquet store as other programs read it: DuckDB, else PyArrow, when Python has them
//!
//! `FENGCE_PYTHON` names the interpreter (otherwise `python3`); without either library the test prints that it skips.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::process::Command;

use stdf::generate;
use testdata::ingest::{Options, read_files};
use testdata::selection::{Retest, select};
use testdata::{store, yields};

/// Prints rows, sum of valid values, passed parts, wafers, and the name of the test with most results
const DUCKDB: &str = r#"
import duckdb, sys
folder = sys.argv[1]
results = f"read_parquet('{folder}/product=*/lot=*/wafer=*/results-*.parquet', hive_partitioning=true)"
parts = f"read_parquet('{folder}/product=*/lot=*/wafer=*/parts-*.parquet', hive_partitioning=true)"
tests = f"read_parquet('{folder}/tests.parquet')"
one = lambda query: duckdb.sql(query).fetchall()[0][0]
print(one(f"select count(*) from {results}"))
print(repr(one(f"select sum(value::double) from {results} where not isnan(value)")))
print(one(f"select count(*) from {parts} where passed"))
print(one(f"select count(distinct wafer) from {parts} where lot = 'SYNTHETIC-LOT-1'"))
print(one(f"select count(*) from {results} join {tests} using (test) where name = 'Ron_2'"))
"#;

const PYARROW: &str = r#"
import glob, math, sys
import pyarrow.parquet as parquet
folder = sys.argv[1]
rows, total, passed, wafers, ron = 0, 0.0, 0, set(), 0
tests = parquet.ParquetFile(f"{folder}/tests.parquet").read().to_pylist()
wanted = {test["test"] for test in tests if test["name"] == "Ron_2"}
for path in sorted(glob.glob(f"{folder}/product=*/lot=*/wafer=*/*.parquet")):
    table = parquet.ParquetFile(path).read()
    if "/results-" in path:
        rows += table.num_rows
        total += sum(value for value in table["value"].to_pylist() if not math.isnan(value))
        ron += sum(test in wanted for test in table["test"].to_pylist())
    else:
        passed += sum(bool(value) for value in table["passed"].to_pylist())
        wafers.add(path.split("wafer=")[1].split("/")[0])
print(rows, repr(total), passed, len(wafers), ron, sep="\n")
"#;

#[test]
fn others_read_the_same_numbers() {
    let python = std::env::var("FENGCE_PYTHON").unwrap_or_else(|_| "python3".into());
    let has = |library: &str| {
        Command::new(&python)
            .args(["-c", &format!("import {library}")])
            .output()
            .is_ok_and(|output| output.status.success())
    };
    let script = if has("duckdb") {
        DUCKDB
    } else if has("pyarrow.parquet") {
        PYARROW
    } else {
        // Past the capture of the test harness, which hides what a passing test prints
        let why = format!("skipped: {python} has neither duckdb nor pyarrow to read the Parquet store with");
        let _ = writeln!(std::io::stderr(), "{why}");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lot.stdf");
    let plan = generate::Plan { wafers: 2, diameter: 12, parametric: 8, ..generate::Plan::default() };
    generate::generate(&plan, std::fs::File::create(&path).unwrap(), |_| true).unwrap();
    let dataset = read_files(&[&path], &Options::default(), |_, _| true).unwrap();
    let target = folder.path().join("store");
    let written = store::write(&dataset, &target).unwrap();

    let output = Command::new(&python).args(["-c", script]).arg(&target).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let values = |test: usize| dataset.column(test).unwrap().value.clone();
    let sum: f64 = (0..dataset.tests.len()).flat_map(values).filter(|v| !v.is_nan()).map(f64::from).sum();
    let passed = yields::report(&dataset, Retest::All).total.passed;
    let ron = dataset.tests.iter().position(|test| test.name == "Ron_2").unwrap();
    assert_eq!(lines[0], written.rows.to_string());
    assert!((lines[1].parse::<f64>().unwrap() - sum).abs() < 1e-9 * sum.abs(), "{} instead of {sum}", lines[1]);
    assert_eq!(lines[2], passed.to_string());
    assert_eq!((lines[3], lines[4]), ("2", dataset.column(ron).unwrap().len().to_string().as_str()));
    assert_eq!(select(&dataset, Retest::All).attempts, dataset.parts.len());
}
