//! Results for people, programs and spreadsheets.

use std::io::{self, Write};
use std::str::FromStr;

use kernel::Money;
use serde_json::json;

use super::Assessed;
use crate::assess::Outcome;
use crate::rulebook::Rulebook;

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Aligned columns and a total.
    Table,
    /// One object per claim, one per line, with its trace.
    Json,
    /// With a header, for spreadsheets.
    Csv,
}

impl FromStr for Format {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "table" => Ok(Self::Table),
            "json" => Ok(Self::Json),
            "csv" => Ok(Self::Csv),
            other => Err(format!("没有“{other}”这种格式，可用的是 table、json、csv")),
        }
    }
}

/// Writes results in a format.
pub fn write(format: Format, rulebook: &Rulebook, assessed: &[Assessed], output: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Table => table(rulebook, assessed, output),
        Format::Json => assessed.iter().try_for_each(|assessed| writeln!(output, "{}", object(rulebook, assessed))),
        Format::Csv => spreadsheet(rulebook, assessed, output),
    }
}

const HEADINGS: [&str; 8] = ["行", "统一社会信用代码", "企业名称", "事项", "年度", "上限（元）", "测算（元）", "说明"];

/// The cells of one claim; amounts as `amount` writes them.
fn cells(rulebook: &Rulebook, assessed: &Assessed, amount: fn(Money) -> String) -> [String; 8] {
    let Assessed { row, assessment } = assessed;
    let title = rulebook.clauses.get(&row.claim.benefit).map_or_else(String::new, |clause| clause.title.to_string());
    let outcome = &assessment.outcome;
    [
        row.line.to_string(),
        row.firm.to_string(),
        row.name.clone(),
        title,
        row.claim.year.to_string(),
        amount(outcome.ceiling()),
        amount(outcome.award()),
        remark(outcome),
    ]
}

/// What is missing, and from when it could be met.
fn remark(outcome: &Outcome) -> String {
    let Outcome::NotEligible { failed, .. } = outcome else { return String::new() };
    let reasons: Vec<_> = failed.iter().map(|failure| failure.reason.as_str()).collect();
    match outcome.earliest() {
        Some(day) => format!("{}（最早 {day}）", reasons.join("；")),
        None => reasons.join("；"),
    }
}

fn spreadsheet(rulebook: &Rulebook, assessed: &[Assessed], output: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(output);
    writer.write_record(HEADINGS)?;
    for assessed in assessed {
        let cells = cells(rulebook, assessed, Money::plain);
        writer.write_record(cells.iter().map(|cell| harmless(cell)))?;
    }
    writer.flush()
}

/// A cell that a spreadsheet would run as a formula is written as text. Numbers keep their sign.
fn harmless(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<Money>().is_err();
    if formula { format!("'{cell}") } else { cell.to_owned() }
}

fn object(rulebook: &Rulebook, assessed: &Assessed) -> serde_json::Value {
    let Assessed { row, assessment } = assessed;
    let clause = rulebook.clauses.get(&row.claim.benefit);
    let lines = assessment.trace.lines.iter().map(|line| {
        let basis: Vec<String> = line.basis.iter().map(ToString::to_string).collect();
        json!({
            "sentence": line.place.and_then(|place| clause?.words(place)),
            "step": line.step,
            "basis": basis,
            "result": line.result.to_string(),
        })
    });
    let failed = match &assessment.outcome {
        Outcome::Eligible { .. } => Vec::new(),
        Outcome::NotEligible { failed, .. } => failed.clone(),
    };
    json!({
        "line": row.line,
        "credit_code": row.firm,
        "firm": row.name,
        "benefit": row.claim.benefit,
        "year": row.claim.year,
        "eligible": matches!(assessment.outcome, Outcome::Eligible { .. }),
        "ceiling": assessment.outcome.ceiling().plain(),
        "award": assessment.outcome.award().plain(),
        "failed": failed,
        "earliest": assessment.outcome.earliest(),
        "trace": lines.collect::<Vec<_>>(),
    })
}

fn table(rulebook: &Rulebook, assessed: &[Assessed], output: &mut dyn Write) -> io::Result<()> {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(assessed.iter().map(|assessed| cells(rulebook, assessed, |amount| amount.to_string())));
    let widths: Vec<usize> = (0..HEADINGS.len())
        .map(|column| rows.iter().map(|row| width(&row[column])).max().unwrap_or_default())
        .collect();
    for row in &rows {
        for (column, (cell, widest)) in row.iter().zip(&widths).enumerate() {
            let padding = " ".repeat(widest - width(cell));
            match column {
                0 | 5 | 6 => write!(output, "{padding}{cell}  ")?,
                7 => write!(output, "{cell}")?,
                _ => write!(output, "{cell}{padding}  ")?,
            }
        }
        writeln!(output)?;
    }
    let total: Money = assessed.iter().map(|assessed| assessed.assessment.outcome.award()).sum();
    let eligible = assessed.iter().filter(|assessed| assessed.assessment.outcome.award() > Money::ZERO).count();
    writeln!(output, "共 {} 份申报，{eligible} 份符合，测算合计 {total} 元", assessed.len())
}

/// Columns a text takes in a terminal: Chinese characters and full-width signs take two.
fn width(text: &str) -> usize {
    text.chars().map(|c| if matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{ffef}') { 2 } else { 1 }).sum()
}
