//! Rules on what stands behind the text: every reference found, nothing defined in vain, numbers as in the text.

use std::collections::BTreeSet;

use kernel::{Anchor, Money, OrganisationId};

use super::Finding;
use super::text::{first_number, without_names};
use crate::month::Month;
use crate::parts::{Comparator, Figure, Goal, Measure, Query, Target, TaskKind, UnitKind};
use crate::source::{Located, Source, SourceTask};
use crate::text::Binding;

pub(super) fn findings(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let anchors = |row: &Located<SourceTask>| row.value.task.anchor.to_string();
    findings.extend(repeated(&source.units, |row| row.value.key.to_string()));
    findings.extend(repeated(&source.goals, |row| row.value.key.to_string()));
    findings.extend(repeated(&source.tasks, anchors));
    findings.extend(repeated(&source.records, |row| row.value.key.to_string()));
    findings.extend(repeated(&source.indicators, |row| row.value.key.to_string()));
    findings.extend(period(source));
    source.units.iter().for_each(|row| findings.extend(unit(source, row)));
    source.goals.iter().for_each(|row| findings.extend(goal(source, row)));
    source.tasks.iter().for_each(|row| findings.extend(task(source, row)));
    findings.extend(unused(source));
    source.indicators.iter().for_each(|row| findings.extend(scopes(source, row)));
    source.schedules.iter().for_each(|row| findings.extend(schedule(source, row)));
    findings.extend(lights(source));
    findings
}

fn finding<T>(at: &Located<T>, problem: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding::new(at.file, at.line, problem, remedy)
}

fn repeated<T>(rows: &[Located<T>], key: impl Fn(&Located<T>) -> String) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let repeated = rows.iter().filter_map(|row| {
        let key = key(row);
        let problem = format!("{key} 重复定义");
        (!seen.insert(key)).then(|| finding(row, problem, "请合并或改名"))
    });
    repeated.collect()
}

fn period(source: &Source) -> Option<Finding> {
    let meta = &source.meta;
    (meta.value.until < meta.value.from).then(|| finding(meta, "until 早于 from", "请改正规划期"))
}

fn segments(source: &Source) -> impl Iterator<Item = (&Anchor, &str, &Binding)> {
    let sentences = source.blocks.iter().flat_map(|block| &block.value.sentences);
    sentences.flat_map(|row| {
        let anchor = &row.value.anchor;
        row.value.segments.iter().map(move |s| (anchor, s.value.text.as_str(), &s.value.binding))
    })
}

fn has_unit(source: &Source, key: &OrganisationId) -> bool {
    source.units.iter().any(|unit| unit.value.key == *key)
}

fn unit(source: &Source, row: &Located<crate::parts::Unit>) -> Vec<Finding> {
    let unit = &row.value;
    let mut findings = Vec::new();
    if let Some(host) = unit.hosted_by.as_ref().filter(|host| !has_unit(source, host)) {
        findings.push(finding(row, format!("{} 所在单位 {host} 不存在", unit.name), "请改正 hosted-by"));
    }
    let listed = segments(source).any(|(_, text, binding)| match binding {
        Binding::Units(units) => units.contains(&unit.key),
        _ => unit.kind == UnitKind::WorkingGroup && unit.in_text.iter().any(|name| text.contains(name)),
    });
    if !listed {
        let problem = format!("{} 在正文中没有出现", unit.name);
        findings.push(finding(row, problem, "请核对 in-text 与名单，或删去该单位"));
    }
    findings
}

/// Its number, words, comparator and deadline are those of the text.
fn goal(source: &Source, row: &Located<Goal>) -> Vec<Finding> {
    let goal = &row.value;
    let mut findings = Vec::new();
    let meta = &source.meta.value;
    if goal.deadline < meta.from || goal.deadline > meta.until {
        findings.push(finding(row, format!("{} 的期限不在规划期内", goal.key), "请改正 deadline"));
    }
    let indicator = source.indicators.iter().find(|indicator| indicator.value.key == goal.indicator);
    if indicator.is_none() {
        let problem = format!("{} 的指标 {} 不存在", goal.key, goal.indicator);
        findings.push(finding(row, problem, "请在 indicators.toml 中定义，或改正键名"));
    }
    let stated = segments(source).filter(|(_, _, b)| **b == Binding::Goal(goal.key.clone())).map(|(_, text, _)| text);
    let stated: String = stated.collect();
    if stated.is_empty() {
        findings.push(finding(row, format!("{} 在正文中没有对应文字", goal.key), "请把原文绑定到该目标"));
    }
    let mut rest = without_names(&stated).replace(&format!("{}年", goal.deadline.year()), "");
    let mut numbers = Vec::new();
    if let Target::Number { comparator, figure, words, .. } = &goal.target {
        numbers.push((words, *comparator, *figure));
    }
    if let Some(Query::NewFirmsAboveRevenue { comparator, revenue, words }) = indicator.map(|row| &row.value.query) {
        numbers.push((words, *comparator, Figure::Money(*revenue)));
    }
    for (words, comparator, figure) in numbers {
        if !stated.contains(words.as_str()) {
            findings.push(finding(row, format!("{} 的 words 不在原文中", goal.key), "请照抄原文").quoting(words));
        }
        if read_number(words) != Some((comparator, figure)) {
            let problem = format!("{} 的数值或比较方式与原文用词不符", goal.key);
            let remedy = "突破、超过为 more-than，以上、不少于为 at-least，数值应与原文相等";
            findings.push(finding(row, problem, remedy).quoting(words));
        }
        rest = rest.replacen(words.as_str(), "", 1);
    }
    if let Some(number) = first_number(&rest) {
        let problem = format!("{} 的原文中还有数量“{number}”没有对应数据", goal.key);
        findings.push(finding(row, problem, "请补上目标值、期限或指标参数").quoting(&stated));
    }
    findings
}

/// What a text such as `突破200亿元` or `10家以上` says in numbers.
fn read_number(words: &str) -> Option<(Comparator, Figure)> {
    const AT_LEAST: [&str; 5] = ["以上", "不低于", "不少于", "至少", "达到"];
    const MORE_THAN: [&str; 2] = ["突破", "超过"];
    let has = |list: &[&str]| list.iter().any(|word| words.contains(word));
    let comparator = match (has(&AT_LEAST), has(&MORE_THAN) && !words.contains("不超过")) {
        (true, false) => Comparator::AtLeast,
        (false, true) => Comparator::MoreThan,
        _ => return None,
    };
    let start = words.find(|c: char| c.is_ascii_digit())?;
    let digits: String = words[start..].chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let unit = &words[start + digits.len()..];
    let yuan = |factor: i64| -> Option<Figure> {
        let money: Money = digits.parse().ok()?;
        money.times_ratio(factor, 1, kernel::money::Rounding::Down).map(Figure::Money)
    };
    let figure = match unit {
        _ if unit.starts_with("亿元") => yuan(100_000_000)?,
        _ if unit.starts_with("万元") => yuan(10_000)?,
        _ if unit.starts_with('元') => yuan(1)?,
        _ => Figure::Count(digits.parse().ok()?),
    };
    Some((comparator, figure))
}

fn task(source: &Source, row: &Located<SourceTask>) -> Vec<Finding> {
    let task = &row.value.task;
    let mut findings = Vec::new();
    let has_heading = source.blocks.iter().any(|block| block.value.anchor == task.anchor);
    if !has_heading {
        findings.push(finding(row, "任务的锚点在正文中不存在", "请改正锚点").in_place(&task.anchor));
    }
    if task.measures.is_empty() {
        findings.push(finding(row, "任务没有举措", "请写明 [[task.measure]]").in_place(&task.anchor));
    }
    let units = units_listed(source, &task.anchor);
    if units.is_empty() && task.kind != TaskKind::Path {
        let remedy = "请把责任单位名单绑定为 units，或把 kind 改为 path";
        findings.push(finding(row, "任务没有责任单位", remedy).in_place(&task.anchor));
    }
    let mut seen = BTreeSet::new();
    for (measure, line) in task.measures.iter().zip(&row.value.measure_lines) {
        let at = Located { file: row.file, line: *line, value: () };
        if !seen.insert(&measure.anchor) {
            findings.push(finding(&at, "举措锚点重复", "请另编").in_place(&measure.anchor));
        }
        findings.extend(measure_findings(source, task, measure, &at));
    }
    findings
}

fn measure_findings(source: &Source, task: &crate::parts::Task, measure: &Measure, at: &Located<()>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut say = |problem: String, remedy: &str| findings.push(finding(at, problem, remedy).in_place(&measure.anchor));
    if !measure.anchor.is_within(&task.anchor) {
        say("举措不在所属任务之内".into(), "举措锚点应以任务锚点开头");
    }
    let carried = segments(source).any(|(_, _, binding)| match binding {
        Binding::Measure(anchor) => *anchor == measure.anchor,
        Binding::Benefit(key) => measure.benefit.as_ref() == Some(key),
        _ => false,
    });
    if !carried {
        say("举措没有绑定任何原文".into(), "请在 text.toml 中把对应文字绑定到它，或删去");
    }
    for unit in measure.units.iter().filter(|unit| !has_unit(source, unit)) {
        say(format!("责任单位 {unit} 不存在"), "请改正键名");
    }
    if measure.records.is_empty() {
        say("举措没有承接它的记录类型".into(), "请写明 records");
    }
    for record in measure.records.iter().filter(|key| !source.records.iter().any(|row| row.value.key == **key)) {
        say(format!("记录类型 {record} 不存在"), "请在 records.toml 中定义，或改正键名");
    }
    for key in measure.indicators.iter().filter(|key| !source.indicators.iter().any(|row| row.value.key == **key)) {
        say(format!("指标 {key} 不存在"), "请在 indicators.toml 中定义，或改正键名");
    }
    findings
}

/// Units that the text lists within an anchor.
fn units_listed(source: &Source, anchor: &Anchor) -> Vec<OrganisationId> {
    let lists = segments(source).filter(|(place, _, _)| place.is_within(anchor)).filter_map(|(_, _, b)| match b {
        Binding::Units(units) => Some(units),
        _ => None,
    });
    lists.flatten().cloned().collect()
}

/// Record types and indicators that nothing refers to.
fn unused(source: &Source) -> Vec<Finding> {
    let measures: Vec<_> = source.tasks.iter().flat_map(|row| &row.value.task.measures).collect();
    let records = source.records.iter().filter(|row| !measures.iter().any(|m| m.records.contains(&row.value.key)));
    let records = records.map(|row| finding(row, format!("记录类型 {} 没有举措使用", row.value.key), "请绑定或删去"));
    let indicators = source.indicators.iter().filter(|row| {
        let key = &row.value.key;
        !measures.iter().any(|m| m.indicators.contains(key)) && !source.goals.iter().any(|g| g.value.indicator == *key)
    });
    let indicators =
        indicators.map(|row| finding(row, format!("指标 {} 没有目标或举措使用", row.value.key), "请绑定或删去"));
    records.chain(indicators).collect()
}

fn scopes(source: &Source, row: &Located<crate::parts::Indicator>) -> Vec<Finding> {
    let indicator = &row.value;
    let mut findings = Vec::new();
    if let Some(producer) = indicator.producer.as_ref().filter(|key| !has_unit(source, key)) {
        findings.push(finding(row, format!("产出单位 {producer} 不存在"), "请改正 producer"));
    }
    let ascending =
        indicator.scopes.windows(2).all(|pair| pair[0].version < pair[1].version && pair[0].from < pair[1].from);
    if indicator.scopes.is_empty() || !ascending {
        let problem = format!("指标 {} 的口径缺失，或版本与日期未递增", indicator.key);
        findings.push(finding(row, problem, "请按版本依次写明 [[indicator.scope]]"));
    }
    findings
}

fn schedule(source: &Source, row: &Located<(Anchor, crate::parts::Schedule)>) -> Vec<Finding> {
    let (anchor, schedule) = &row.value;
    let mut findings = Vec::new();
    let mut say = |problem: String, remedy: &str| findings.push(finding(row, problem, remedy).in_place(anchor));
    if !source.tasks.iter().any(|task| task.value.task.anchor == *anchor) {
        say("进度安排所指的任务不存在".into(), "请改正锚点");
        return findings;
    }
    let listed = units_listed(source, anchor);
    if let Some(lead) = schedule.lead.as_ref().filter(|lead| !listed.contains(lead)) {
        say(format!("牵头单位 {lead} 不在原文所列责任单位之中"), "牵头只能从原文责任单位中选定");
    }
    let names_districts =
        source.units.iter().any(|u| u.value.kind == UnitKind::Districts && listed.contains(&u.value.key));
    if !schedule.districts.is_empty() && !names_districts {
        say("原文未将该任务交给区县".into(), "请删去 districts");
    }
    if let Err(problem) = schedule.validate() {
        say(problem.to_string(), "请改正 start 与 milestone");
    }
    let meta = &source.meta.value;
    if schedule.start < Month::of(meta.from) || schedule.end() > Month::of(meta.until) {
        say("进度安排超出规划期".into(), "请改在规划期之内");
    }
    findings
}

fn lights(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for row in &source.lights {
        if let Err(problem) = row.value.1.validate() {
            findings.push(finding(row, problem.to_string(), "请改正阈值"));
        }
    }
    if !source.lights.iter().any(|row| row.value.0 <= source.meta.value.from) {
        let problem = "规划期首日没有可用的亮灯规则";
        findings.push(Finding::new("lights.toml", 1, problem, "请补上自规划期首日或更早起施行的规则"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_numbers() {
        let yuan = |yuan| Figure::Money(Money::from_yuan(yuan));
        assert_eq!(read_number("突破200亿元"), Some((Comparator::MoreThan, yuan(20_000_000_000))));
        assert_eq!(read_number("1.5万元以上"), Some((Comparator::AtLeast, yuan(15_000))));
        assert_eq!(read_number("10家以上"), Some((Comparator::AtLeast, Figure::Count(10))));
        assert_eq!(read_number("不超过2000万元"), None, "a ceiling is no goal");
        assert_eq!(read_number("10家"), None, "without a comparator nothing is promised");
    }
}
