//! Rules on the text: as published, every stretch bound, nothing demanded in prose.

use std::collections::BTreeMap;

use kernel::{Anchor, prose};
use serde::Deserialize;

use super::{Finding, assemble};
use crate::document::{Files, unit_pieces};
use crate::key::BenefitKey;
use crate::source::{Located, Source, SourceBlock, SourceSentence};
use crate::text::{Binding, Content, Segment, UnitPiece};

pub(super) fn findings(source: &Source, files: &Files) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(differs_from_published(source));
    findings.extend(repeated_anchors(source));
    for block in &source.blocks {
        findings.extend(form(source, block));
        for sentence in &block.value.sentences {
            if !sentence.value.anchor.is_within(&block.value.anchor) {
                let remedy = format!("句子的锚点应以 {} 开头", block.value.anchor);
                findings.push(finding(sentence, &sentence.value.anchor, "句子不在所属段落之内", remedy));
            }
            if sentence.value.segments.is_empty() {
                findings.push(finding(sentence, &sentence.value.anchor, "句子没有文字", "请写明 segments"));
            }
            for segment in &sentence.value.segments {
                findings.extend(bound(source, files, &sentence.value, segment));
            }
        }
    }
    findings
}

fn finding<T>(at: &Located<T>, anchor: &Anchor, problem: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding::new(at.file, at.line, problem, remedy).in_place(anchor)
}

/// The joined text against the published one, white space aside.
fn differs_from_published(source: &Source) -> Option<Finding> {
    let ours = source.blocks.iter().flat_map(|row| {
        let text: Vec<char> = assemble(&row.value).text().chars().filter(|c| !c.is_whitespace()).collect();
        text.into_iter().map(move |c| (c, row))
    });
    let mut line = 1;
    let numbered = source.published.chars().filter_map(|c| {
        let here = line;
        line += usize::from(c == '\n');
        (!c.is_whitespace()).then_some((c, here))
    });
    let ours: Vec<_> = ours.collect();
    let theirs: Vec<_> = numbered.collect();
    let same = ours.iter().zip(&theirs).take_while(|((a, _), (b, _))| a == b).count();
    if same == ours.len() && same == theirs.len() {
        return None;
    }
    let excerpt: String = theirs.iter().skip(same.saturating_sub(6)).take(18).map(|(c, _)| *c).collect();
    let published_line = theirs.get(same).or(theirs.last()).map_or(1, |(_, line)| *line);
    let place = ours.get(same).or(ours.last()).map(|(_, row)| *row);
    let (line, anchor) = place.map_or((1, None), |row| (row.line, Some(row.value.anchor.clone())));
    let problem = format!("与 published.txt 第 {published_line} 行起的原文不一致");
    let finding = Finding::new("text.toml", line, problem, "原文一字不可增减，请逐字核对").quoting(&excerpt);
    Some(Finding { anchor, ..finding })
}

fn repeated_anchors(source: &Source) -> Vec<Finding> {
    let mut seen: BTreeMap<&Anchor, usize> = BTreeMap::new();
    let sentences = source.blocks.iter().flat_map(|block| &block.value.sentences);
    let headings = source.blocks.iter().filter(|block| has_heading(&block.value));
    let places = headings.map(|row| (row.line, &row.value.anchor));
    let places = places.chain(sentences.map(|row| (row.line, &row.value.anchor)));
    let repeated = |(line, anchor)| {
        let first = seen.insert(anchor, line)?;
        let remedy = "锚点发布后不可更改，也不可重复，请另编";
        Some(Finding::new("text.toml", line, format!("锚点与第 {first} 行重复"), remedy).in_place(anchor))
    };
    places.filter_map(repeated).collect()
}

fn has_heading(block: &SourceBlock) -> bool {
    matches!(&block.content, Content::Heading { .. } | Content::Paragraph { lead: Some(_), .. })
}

/// Titles, numbers, dates, forms and headings: nothing may hide in them.
fn form(source: &Source, block: &Located<SourceBlock>) -> Vec<Finding> {
    let meta = &source.meta.value;
    let anchor = &block.value.anchor;
    let expect = |text: &str, expected: &str, name: &str| {
        let same = squeezed(text) == squeezed(expected);
        (!same).then(|| {
            finding(block, anchor, format!("{name}与 plan.toml 不一致"), format!("应为“{expected}”")).quoting(text)
        })
    };
    let found = match &block.value.content {
        Content::Title(text) => expect(text, &meta.title, "标题"),
        Content::Number(text) => expect(text, &meta.number, "文号"),
        Content::Date(text) => {
            let issued = meta.issued;
            expect(text, &format!("{}年{}月{}日", issued.year(), issued.month(), issued.day()), "成文日期")
        }
        Content::Formal(text) => prose::first_demand(&without_title(source, text)).map(|(_, word)| {
            finding(block, anchor, format!("公文格式文字中出现“{word}”"), "如有要求，请改为 paragraph 并绑定")
                .quoting(text)
        }),
        Content::Heading { text, .. } => return heading(source, block, text),
        Content::Paragraph { lead: Some(text), .. } => return heading(source, block, text),
        Content::Paragraph { lead: None, .. } => None,
    };
    found.into_iter().collect()
}

/// A heading names what stands beneath it: no amounts of its own, and something bound beneath.
fn heading(source: &Source, block: &Located<SourceBlock>, text: &str) -> Vec<Finding> {
    let anchor = &block.value.anchor;
    let own_number = |c: char| c.is_ascii_digit() || "﹒.．、（）()".contains(c);
    let mut findings = Vec::new();
    if let Some(number) = first_number(text.trim_start_matches(own_number)) {
        let remedy = "带数量的要求不能只写在标题里，请作为句子绑定";
        findings.push(finding(block, anchor, format!("标题中出现数量“{number}”"), remedy).quoting(text));
    }
    let sentences = source.blocks.iter().flat_map(|block| &block.value.sentences);
    let mut beneath = sentences.filter(|row| row.value.anchor.is_within(anchor)).flat_map(|row| &row.value.segments);
    if !beneath.any(|segment| !matches!(segment.value.binding, Binding::Prose { .. })) {
        let remedy = "请在该标题之下绑定举措、目标或事项，或核对锚点";
        findings.push(finding(block, anchor, "标题之下没有任何绑定", remedy).quoting(text));
    }
    findings
}

/// One stretch of text and what it is bound to.
fn bound(source: &Source, files: &Files, sentence: &SourceSentence, row: &Located<Segment>) -> Vec<Finding> {
    let Segment { text, binding } = &row.value;
    let say = |problem: String, remedy: &str| finding(row, &sentence.anchor, problem, remedy).quoting(text);
    if text.trim().is_empty() {
        return vec![say("空的文字段".into(), "请删去或写明文字")];
    }
    let mut findings = Vec::new();
    match binding {
        Binding::Goal(key) => {
            if !source.goals.iter().any(|goal| goal.value.key == *key) {
                findings.push(say(format!("目标 {key} 不存在"), "请在 goals.toml 中定义，或改正键名"));
            }
        }
        Binding::Measure(anchor) => {
            let task = source.tasks.iter().find(|task| task.value.task.measures.iter().any(|m| m.anchor == *anchor));
            match task {
                None => findings.push(say(format!("举措 {anchor} 不存在"), "请在 tasks.toml 中定义，或改正锚点")),
                Some(task) if !sentence.anchor.is_within(&task.value.task.anchor) => {
                    let problem = format!("举措 {anchor} 属于任务 {}，不在此处", task.value.task.anchor);
                    findings.push(say(problem, "请绑定本任务的举措"));
                }
                Some(_) => {}
            }
            if let Some(number) = first_number(&without_names(text)) {
                let problem = format!("举措文字中有数量“{number}”，却没有目标或事项承接");
                findings.push(say(problem, "请把这段文字绑定到 goal 或 benefit"));
            }
        }
        Binding::Units(units) => {
            findings.extend(unit_list(source, units, text).map(|(problem, remedy)| say(problem, remedy)))
        }
        Binding::Benefit(key) => {
            findings.extend(benefit(source, files, sentence, key).map(|(problem, remedy)| say(problem, remedy)))
        }
        Binding::Summary(anchors) => {
            if anchors.is_empty() {
                findings.push(say("概述没有指明由何处承接".into(), "请列出承接它的锚点"));
            }
            for anchor in anchors.iter().filter(|anchor| !carries(source, anchor)) {
                findings.push(say(format!("{anchor} 之下没有目标或举措"), "请改正概述所指的锚点"));
            }
        }
        Binding::Prose { reason, confirmed } => {
            if reason.trim().is_empty() {
                findings.push(say("叙述没有理由".into(), "请写明为何不含要求"));
            }
            let confirmed = confirmed.as_ref().is_some_and(|reader| !reader.name.trim().is_empty());
            if let (false, Some((_, word))) = (confirmed, prose::first_demand(&without_title(source, text))) {
                let remedy = "请绑定到目标、举措、责任单位或事项；确属叙述的，由第二人具名确认（confirmed）";
                findings.push(say(format!("叙述中出现要求“{word}”"), remedy));
            }
        }
    }
    findings
}

/// Whether a goal is stated or a measure demanded within an anchor.
fn carries(source: &Source, anchor: &Anchor) -> bool {
    let sentences = source.blocks.iter().flat_map(|block| &block.value.sentences);
    let mut within = sentences.filter(|row| row.value.anchor.is_within(anchor)).flat_map(|row| &row.value.segments);
    within.any(|row| matches!(row.value.binding, Binding::Goal(_) | Binding::Measure(_) | Binding::Benefit(_)))
}

/// A list of responsible units is their names, each once, and nothing else but brackets and punctuation.
fn unit_list(source: &Source, keys: &[kernel::OrganisationId], text: &str) -> Option<(String, &'static str)> {
    let units: Vec<_> = keys.iter().filter_map(|key| source.units.iter().find(|u| u.value.key == *key)).collect();
    if let Some(unknown) = keys.iter().find(|key| !units.iter().any(|unit| unit.value.key == **key)) {
        return Some((format!("责任单位 {unknown} 不存在"), "请在 units.toml 中定义，或改正键名"));
    }
    let units: Vec<_> = units.into_iter().map(|unit| &unit.value).collect();
    let pieces = unit_pieces(&units, text);
    let named = pieces.iter().filter_map(|piece| match piece {
        UnitPiece::Unit(key, _) => Some(*key),
        UnitPiece::Between(_) => None,
    });
    let named: Vec<_> = named.collect();
    if named != keys.iter().collect::<Vec<_>>() {
        return Some(("名单中的单位与 units 所列不一致（含次序）".into(), "请按原文次序列出全部单位"));
    }
    let words = &source.meta.value.unit_list_words;
    let rest = pieces.iter().filter_map(|piece| match piece {
        UnitPiece::Between(between) => {
            Some(words.iter().fold((*between).to_owned(), |rest, word| rest.replace(word, "")))
        }
        UnitPiece::Unit(..) => None,
    });
    let rest: String = rest.collect::<String>().chars().filter(|c| !"（）〔〕()[]：:、，,；;。".contains(*c)).collect();
    (!rest.is_empty())
        .then(|| (format!("名单中有未识别的文字“{rest}”"), "请在 units.toml 的 in-text 中补上该单位的写法"))
}

/// The part of a clause file that says which words it implements.
#[derive(Deserialize)]
struct ClauseFile {
    source: ClauseSource,
}

#[derive(Deserialize)]
struct ClauseSource {
    anchor: Anchor,
    quote: String,
}

fn benefit(
    source: &Source,
    files: &Files,
    sentence: &SourceSentence,
    key: &BenefitKey,
) -> Option<(String, &'static str)> {
    let granted = source.tasks.iter().flat_map(|task| &task.value.task.measures);
    if !granted.into_iter().any(|measure| measure.benefit.as_ref() == Some(key)) {
        return Some((format!("事项 {key} 不属于任何举措"), "请在 tasks.toml 的举措上写明 benefit"));
    }
    let file = format!("benefits/{key}.toml");
    let Some(text) = files.get(&file) else {
        return Some((format!("缺少条款文件 {file}"), "请补上条款文件，或改正键名"));
    };
    let clause = match toml::from_str::<ClauseFile>(text) {
        Ok(clause) => clause.source,
        Err(error) => {
            return Some((format!("{file} 的 [source] 无法读取：{}", error.message()), "请写明 anchor 与 quote"));
        }
    };
    if clause.anchor != sentence.anchor {
        return Some((format!("{file} 引用的是 {}", clause.anchor), "请让条款文件的 source.anchor 指向本句"));
    }
    let bound = sentence.segments.iter().filter(|row| row.value.binding == Binding::Benefit(key.clone()));
    let quoted: String = bound.map(|row| row.value.text.as_str()).collect();
    let same = squeezed(&clause.quote) == squeezed(&quoted);
    (!same).then(|| (format!("{file} 的引文与原文不一致"), "请让条款文件的 source.quote 与本句逐字相同"))
}

/// The first number, share or amount in a text.
pub(super) fn first_number(text: &str) -> Option<String> {
    const CHINESE: &str = "一二三四五六七八九十百千万亿两";
    let words =
        ["%", "％", "百分之", "万元", "亿元"].iter().filter_map(|word| Some((text.find(word)?, (*word).to_owned())));
    let digits = text.find(|c: char| c.is_numeric() && !CHINESE.contains(c)).map(|at| {
        let run: String = text[at..].chars().take_while(|c| c.is_numeric() || *c == '.').collect();
        (at, run)
    });
    words.chain(digits).min().map(|(_, word)| word)
}

/// Without names in quotation marks: “33618” is a name, not a quantity.
pub(super) fn without_names(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once('“') {
        kept.push_str(before);
        rest = after.split_once('”').map_or("", |(_, after)| after);
    }
    kept + rest
}

/// Without the plan's own title in 《》, which demands nothing by being named.
fn without_title(source: &Source, text: &str) -> String {
    text.replace(&format!("《{}》", source.meta.value.title), "")
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}
