//! `fengce plan check`: is every sentence bound, or prose that demands nothing?

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::embedded;

/// Reads a plan folder: every text file by its path inside it, parts joined by `/`.
pub fn read(dir: &Path) -> anyhow::Result<plan::Files> {
    let mut files = plan::Files::new();
    if !dir.is_dir() {
        bail!("没有规划目录 {}，请检查路径。", dir.display());
    }
    walk(dir, "", &mut files)?;
    Ok(files)
}

fn walk(dir: &Path, prefix: &str, files: &mut plan::Files) -> anyhow::Result<()> {
    let failed = || format!("规划目录 {} 无法读取", dir.display());
    for entry in std::fs::read_dir(dir).with_context(failed)? {
        let entry = entry.with_context(failed)?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().with_context(failed)?.is_dir() {
            walk(&entry.path(), &format!("{name}/"), files)?;
        } else {
            let text = std::fs::read_to_string(entry.path());
            files.insert(name.clone(), text.with_context(|| format!("{name} 不是可读的 UTF-8 文本"))?);
        }
    }
    Ok(())
}

/// Prints findings with their lines, or what the plan holds; exit 1 on any finding.
pub fn run(dir: &Path) -> anyhow::Result<ExitCode> {
    let files = read(dir)?;
    let report = plan::check::check(&files);
    let mut findings: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    if let Err(found) = subsidy::rulebook::parse_clauses(&embedded::clauses_of(&files)) {
        findings.extend(found.iter().map(ToString::to_string));
    }
    for finding in &findings {
        println!("{finding}");
    }
    let coverage = report.coverage;
    if coverage.characters > 0 {
        let share = |part: usize| format!("{:.1}%", 100.0 * part as f64 / coverage.characters as f64);
        println!(
            "正文 {} 字：已绑定 {}，说明文字 {}（第二人确认 {} 处），公文格式 {}",
            coverage.characters,
            share(coverage.bound_characters),
            share(coverage.prose_characters),
            coverage.confirmed,
            share(coverage.form_characters)
        );
        println!(
            "{} 句（{} 句全部绑定），责任单位名单 {} 处，共 {} 段",
            coverage.sentences, coverage.bound_sentences, coverage.unit_lists, coverage.segments
        );
    }
    if let (Some(plan), true) = (&report.plan, findings.is_empty()) {
        let measures: usize = plan.tasks.iter().map(|task| task.measures.len()).sum();
        let (goals, tasks, units) = (plan.goals.len(), plan.tasks.len(), plan.units.len());
        println!("{}：目标 {goals} 个，任务 {tasks} 项，举措 {measures} 条，责任单位 {units} 个", plan.meta.title);
        println!("检查通过，摘要 {}", plan.digest.short());
        return Ok(ExitCode::SUCCESS);
    }
    println!("共 {} 处需要修改，不能采纳。", findings.len());
    Ok(ExitCode::FAILURE)
}
