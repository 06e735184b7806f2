//! `fengce subsidy what-if`: every recorded assessment of a city computed again under other rules.

use std::io::Write;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::Context;
use kernel::{Date, Money, Rate};
use office::State;
use serde_json::{Value, json};
use subsidy::settings::Reduction;
use subsidy::what_if::{Budget, Change, History, Projection, Variant};
use subsidy::{BenefitId, Overrides, Point};

use crate::command_line::{Format, WhatIf};
use crate::{keeping, terminal};

/// One question and its answer.
struct Answered {
    question: String,
    projection: Projection,
    changes: Vec<Change>,
}

/// Answers to standard output. Without a change, every other option of every point is asked about alone.
pub async fn run(asked: &WhatIf) -> anyhow::Result<ExitCode> {
    let published = keeping::replayed(&asked.dir).await?;
    let state = &published.state;
    let history = History::of(&state.subsidy, |_| true)?;
    let recorded = history.recorded();
    let variant = variant(asked)?;
    let questions = match variant == Variant::default() {
        true => every_option(state, terminal::today()),
        false => vec![("所问".to_owned(), variant)],
    };
    let answer = |(question, variant): (String, Variant)| {
        let projection = history.project(&variant)?;
        let changes = history.changes(&recorded, &projection);
        anyhow::Ok(Answered { question, projection, changes })
    };
    let answers = questions.into_iter().map(answer).collect::<anyhow::Result<Vec<_>>>()?;
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    match asked.format {
        Format::Table => table(&mut output, state, &history, &recorded, &answers),
        Format::Json => json_lines(&mut output, &history, &answers),
        Format::Csv => csv(&mut output, &answers),
    }
    .and_then(|()| output.flush())
    .context("结果无法写出")?;
    Ok(ExitCode::SUCCESS)
}

fn variant(asked: &WhatIf) -> anyhow::Result<Variant> {
    let mut variant = Variant::default();
    for Assignment(point, option) in &asked.reading {
        let known = Point::ALL.into_iter().find(|known| known.key() == *point);
        let point = known.with_context(|| format!("没有解释点“{point}”，见 interpretations.toml"))?;
        variant.readings.insert(point, option.as_str().into());
    }
    let sharing = if asked.queue { Reduction::Queue } else { Reduction::Proportional };
    variant.caps = read(&asked.cap, |text| Ok(text.parse::<Money>()?))?;
    variant.rates = read(&asked.rate, |text| Ok(text.parse::<Rate>()?))?;
    variant.budgets = read(&asked.budget, |text| Ok(Budget { amount: text.parse()?, sharing }))?;
    let amounts = variant.caps.values().copied().chain(variant.budgets.values().map(|budget| budget.amount));
    anyhow::ensure!(amounts.into_iter().all(|amount| !amount.is_negative()), "上限与预算不能为负数");
    let whole = 0..=Rate::WHOLE;
    let shares = variant.rates.values().all(|rate| whole.contains(&rate.parts_per_million()));
    anyhow::ensure!(shares, "比例须在 0% 与 100% 之间");
    Ok(variant)
}

fn read<T>(
    assignments: &[Assignment],
    value: impl Fn(&str) -> anyhow::Result<T>,
) -> anyhow::Result<std::collections::BTreeMap<BenefitId, T>> {
    assignments.iter().map(|Assignment(benefit, text)| Ok((benefit.parse()?, value(text)?))).collect()
}

fn every_option(state: &State, day: Date) -> Vec<(String, Variant)> {
    let set = state.subsidy.interpretations();
    let is_read = |point: &Point| {
        state.subsidy.clauses().any(|clause| clause.operators().any(|(_, _, points)| points.contains(point)))
    };
    let points = set.into_iter().flat_map(|set| set.iter()).filter(|(point, _)| is_read(point));
    let others = points.flat_map(|(point, interpretation)| {
        let current = interpretation.on(day).map(|choice| choice.chosen.clone());
        let others = interpretation.options.iter().filter(move |option| current.as_ref() != Some(&option.key));
        others.map(move |option| {
            let readings = Overrides::from([(point, option.key.clone())]);
            (format!("{point}={}  {}", option.key, option.label), Variant { readings, ..Variant::default() })
        })
    });
    others.collect()
}

fn sum(projection: &Projection) -> Money {
    projection.awards.iter().copied().sum()
}

fn table(
    output: &mut impl Write,
    state: &State,
    history: &History<'_>,
    recorded: &Projection,
    answers: &[Answered],
) -> std::io::Result<()> {
    writeln!(output, "记录：{} 份申报，合计 {} 元", history.claims().len(), sum(recorded))?;
    for Answered { question, projection, changes } in answers {
        let (total, gains) =
            (sum(projection), changes.iter().filter(|change| change.difference() > Money::ZERO).count());
        let losses = changes.len() - gains;
        let difference = total - sum(recorded);
        writeln!(
            output,
            "{question}：合计 {total} 元（增减 {difference}），得到更多 {gains} 户，得到更少 {losses} 户"
        )?;
        if answers.len() > 1 {
            continue;
        }
        for (benefit, totals) in history.totals(projection) {
            writeln!(output, "  {benefit}：支持 {}/{} 份，{} 元", totals.supported, totals.claims, totals.total)?;
        }
        for used in &projection.budgets {
            let (benefit, year, amount) = (&used.benefit, used.year, used.amount);
            writeln!(output, "  {benefit} {year} 年预算 {amount} 元：应付 {}，可付 {}", used.asked, used.shared)?;
        }
        for change in changes {
            let name = state.enterprise.firm(change.firm).map_or("", |file| file.name());
            writeln!(
                output,
                "  {} {name}：{} → {}（{}）",
                change.firm,
                change.before,
                change.after,
                change.difference()
            )?;
        }
    }
    Ok(())
}

fn json_lines(output: &mut impl Write, history: &History<'_>, answers: &[Answered]) -> std::io::Result<()> {
    for Answered { question, projection, changes } in answers {
        let totals = history.totals(projection).into_iter().map(|(benefit, totals)| {
            let of = json!({"claims": totals.claims, "supported": totals.supported, "total": totals.total.plain()});
            (benefit.to_string(), of)
        });
        let budgets = projection.budgets.iter().map(|used| {
            json!({"benefit": used.benefit, "year": used.year, "budget": used.amount.plain(), "asked": used.asked.plain(),
                "shared": used.shared.plain()})
        });
        let changes = changes
            .iter()
            .map(|change| json!({"firm": change.firm, "before": change.before.plain(), "after": change.after.plain()}));
        let line = json!({"question": question, "total": sum(projection).plain(),
            "totals": totals.collect::<serde_json::Map<_, _>>(), "budgets": budgets.collect::<Vec<Value>>(),
            "changes": changes.collect::<Vec<Value>>()});
        writeln!(output, "{line}")?;
    }
    Ok(())
}

/// Quoted where it must be.
fn csv(output: &mut impl Write, answers: &[Answered]) -> std::io::Result<()> {
    writeln!(output, "question,firm,before,after,difference")?;
    for Answered { question, changes, .. } in answers {
        for change in changes {
            let (before, after) = (change.before.plain(), change.after.plain());
            let difference = change.difference().plain();
            writeln!(output, "\"{}\",{},{before},{after},{difference}", question.replace('"', "\"\""), change.firm)?;
        }
    }
    Ok(())
}

/// `KEY=VALUE` of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment(String, String);

impl FromStr for Assignment {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('=').filter(|(key, value)| !key.is_empty() && !value.is_empty());
        let (key, value) = parts.ok_or_else(|| format!("“{text}”应写成 KEY=VALUE"))?;
        Ok(Self(key.to_owned(), value.to_owned()))
    }
}
