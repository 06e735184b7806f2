//! `fengce subsidy assess`: every claim of a file, with a trace an official can read.

use std::collections::HashMap;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressDrawTarget};
use kernel::CreditCode;
use subsidy::bulk;
use subsidy::{BenefitId, Rulebook};

use crate::command_line::Format;
use crate::{embedded, plan_check, terminal};

/// The columns of a claims file, for `--help`.
pub fn columns_help() -> String {
    format!(
        "The claims file is UTF-8 CSV with a header row. Columns:\n\n{}\nA claim with a row that cannot be read is not \
         assessed at all; nor is one to which such a row may belong.\n\nExit codes: 0 all claims assessed; 1 some claims \
         were not assessed (each is named, their rows with line and column, the others are answered); 2 nothing was \
         assessed.",
        bulk::columns::help()
    )
}

/// Nothing was assessed.
const NOTHING: u8 = 2;

/// Assesses a file of claims to standard output; row errors go to standard error.
pub fn run(plan: &Path, rates: &Path, format: Format, claims: &Path) -> anyhow::Result<ExitCode> {
    match answer(plan, rates, format, claims) {
        Ok(true) => Ok(ExitCode::SUCCESS),
        Ok(false) => Ok(ExitCode::FAILURE),
        Err(error) => {
            eprintln!("{error:#}");
            Ok(ExitCode::from(NOTHING))
        }
    }
}

/// Whether every claim was assessed.
fn answer(plan: &Path, rates: &Path, format: Format, claims: &Path) -> anyhow::Result<bool> {
    let rulebook = rulebook(plan, rates)?;
    let file = std::fs::read(claims).with_context(|| format!("申报文件 {} 无法读取", claims.display()))?;
    let bulk::ReadClaims { claims: rows, withheld, mut errors } = bulk::read_claims(&file, &rulebook);
    let caps: HashMap<u64, Cap> = rows.iter().map(|row| (row.line, cap(row))).collect();
    let bar = ProgressBar::new(rows.len() as u64);
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let stopped = terminal::interrupted();
    let mut progress = |done: usize, _: usize| bar.set_position(done as u64);
    let cancelled = || AtomicBool::load(&stopped, Ordering::Relaxed);
    let (assessed, uncomputable) = bulk::assess_all(&rulebook, terminal::today(), rows, &mut progress, &cancelled)?;
    bar.finish_and_clear();
    let of_withheld = withheld.iter().map(|withheld| (cap(&withheld.claim), withheld.claim.line));
    let of_others = uncomputable.iter().filter_map(|error| Some((caps.get(&error.line)?.clone(), error.line)));
    let missing: Vec<(Cap, u64)> = of_withheld.chain(of_others).collect();
    errors.extend(uncomputable);
    errors.sort_by_key(|error| error.line);
    for error in &errors {
        eprintln!("{error}");
    }
    for withheld in &withheld {
        eprintln!("{withheld}");
    }
    for (line, earlier) in without_earlier(&assessed, &missing) {
        eprintln!(
            "第 {line} 行起的申报已测算，但同一企业同一事项在前的第 {earlier} 行起的申报未测算，其额度没有扣减：\
             改正后请一并重算。"
        );
    }
    let format = match format {
        Format::Table => bulk::Format::Table,
        Format::Json => bulk::Format::Json,
        Format::Csv => bulk::Format::Csv,
    };
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    bulk::write(format, &rulebook, &assessed, &mut output).and_then(|()| output.flush()).context("结果无法写出")?;
    if !errors.is_empty() {
        let (faults, left_out) = (errors.len(), missing.len());
        eprintln!("共 {faults} 处有误，{left_out} 份申报因此未测算；其余 {} 份申报已测算。", assessed.len());
    }
    if assessed.is_empty() && !errors.is_empty() {
        bail!("没有一份申报可以测算，请按上面的提示修改 {}。", claims.display());
    }
    Ok(errors.is_empty())
}

/// Against which cap a claim counts.
type Cap = (CreditCode, BenefitId);

fn cap(row: &bulk::ClaimRow) -> Cap {
    (row.firm, row.claim.benefit.clone())
}

/// Lines of claims that were assessed although an earlier one against the same cap was not, with the line of that.
fn without_earlier(assessed: &[bulk::Assessed], missing: &[(Cap, u64)]) -> Vec<(u64, u64)> {
    let mut first: HashMap<&Cap, u64> = HashMap::new();
    for (cap, line) in missing {
        first.entry(cap).and_modify(|first| *first = (*first).min(*line)).or_insert(*line);
    }
    let lines = assessed.iter().filter_map(|one| Some((one.row.line, *first.get(&cap(&one.row))?)));
    lines.filter(|(line, earlier)| earlier < line).collect()
}

fn rulebook(plan: &Path, rates: &Path) -> anyhow::Result<Rulebook> {
    let files = embedded::clauses_of(&plan_check::read(plan)?);
    let text = std::fs::read_to_string(rates).with_context(|| format!("利率文件 {} 无法读取", rates.display()))?;
    let name = rates.to_string_lossy();
    Rulebook::parse(&files, &name, &text).map_err(|findings| {
        let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("条款文件不能使用：\n{}", lines.join("\n"))
    })
}
